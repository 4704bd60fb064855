//! `[tool.bunpy]` of pyproject.toml: defaults for the command line.
//!
//! Invariant: a key is one row of [`KEYS`]; an unknown one, or a value of another type, is a usage error that names the file.
//! Relative paths in it are relative to the file's directory.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use toml::{Table, Value};

/// What the file says; None where it says nothing.
#[derive(Debug, Default)]
pub struct Config {
    pub paths: Option<Vec<PathBuf>>,
    pub exclude: Option<Vec<String>>,
    pub ignore: Option<bool>,
    pub optimize: Option<Vec<i64>>,
    pub invalidation_mode: Option<String>,
    pub jobs: Option<i64>,
    pub store: Option<PathBuf>,
    pub durable: Option<bool>,
    pub hardlink_dupes: Option<bool>,
    pub prune: Option<bool>,
}

type Set = fn(&mut Config, &Value, &Path) -> bool;

/// False if there is nothing to put: the value is of another type.
fn put<T>(slot: &mut Option<T>, value: Option<T>) -> bool {
    *slot = value;
    slot.is_some()
}

/// Key, what its value must be, where it goes.
const KEYS: &[(&str, &str, Set)] = &[
    ("durable", "true or false", |c, v, _| put(&mut c.durable, v.as_bool())),
    ("exclude", "a list of patterns", |c, v, _| put(&mut c.exclude, strings(v))),
    ("hardlink-dupes", "true or false", |c, v, _| put(&mut c.hardlink_dupes, v.as_bool())),
    ("ignore", "true or false", |c, v, _| put(&mut c.ignore, v.as_bool())),
    ("invalidation-mode", "a string", |c, v, _| put(&mut c.invalidation_mode, v.as_str().map(str::to_owned))),
    ("jobs", "a number", |c, v, _| put(&mut c.jobs, v.as_integer())),
    ("optimize", "a level or a list of levels", |c, v, _| put(&mut c.optimize, levels(v))),
    ("paths", "a list of paths", |c, v, dir| {
        put(&mut c.paths, strings(v).map(|list| list.into_iter().map(|p| dir.join(p)).collect()))
    }),
    ("prune", "true or false", |c, v, _| put(&mut c.prune, v.as_bool())),
    ("store", "a path", |c, v, dir| put(&mut c.store, v.as_str().map(|p| dir.join(p)))),
];

fn strings(v: &Value) -> Option<Vec<String>> {
    v.as_array()?.iter().map(|v| v.as_str().map(str::to_owned)).collect()
}

fn levels(v: &Value) -> Option<Vec<i64>> {
    match v.as_array() {
        Some(list) => list.iter().map(Value::as_integer).collect(),
        None => Some(vec![v.as_integer()?]),
    }
}

/// The pyproject.toml in or above a directory.
pub fn find(from: &Path) -> Option<PathBuf> {
    let full = fs::canonicalize(from).ok()?;
    full.ancestors().map(|dir| dir.join("pyproject.toml")).find(|file| file.is_file())
}

/// Reads a file's table; the error is ready to be shown.
pub fn read(file: &Path) -> Result<Config, String> {
    let shown = file.display();
    let text = match fs::read(file) {
        Ok(bytes) => String::from_utf8(bytes).map_err(|_| format!("{shown}: is not UTF-8"))?,
        Err(e) if e.kind() == io::ErrorKind::NotFound => return Err(format!("{shown}: there is no such file")),
        Err(e) => return Err(format!("{shown}: {e}")),
    };
    parse(&text).map_err(|e| format!("{shown}: {e}")).and_then(|table| match table {
        Some(table) => apply(&table, file.parent().unwrap_or(Path::new("."))).map_err(|e| format!("{shown}: {e}")),
        None => Ok(Config::default()),
    })
}

fn parse(text: &str) -> Result<Option<Table>, String> {
    let mut whole: Table = text.parse().map_err(|e: toml::de::Error| e.to_string())?;
    let Some(Value::Table(mut tool)) = whole.remove("tool") else { return Ok(None) };
    match tool.remove("bunpy") {
        Some(Value::Table(table)) => Ok(Some(table)),
        Some(_) => Err("[tool.bunpy] must be a table".to_owned()),
        None => Ok(None),
    }
}

fn apply(table: &Table, dir: &Path) -> Result<Config, String> {
    let mut config = Config::default();
    for (key, value) in table {
        let Some((_, wanted, set)) = KEYS.iter().find(|k| k.0 == key) else {
            let near = crate::args::nearest(key, KEYS.iter().map(|k| k.0));
            let hint = near.map_or(String::new(), |n| format!("; did you mean '{n}'?"));
            return Err(format!("[tool.bunpy] has no key '{key}'{hint}"));
        };
        if !set(&mut config, value, dir) {
            return Err(format!("[tool.bunpy] {key}: must be {wanted}"));
        }
    }
    Ok(config)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn config(text: &str) -> Result<Config, String> {
        parse(text).and_then(|t| apply(&t.unwrap_or_default(), Path::new("/p")))
    }

    #[test]
    fn values_and_faults() {
        let c = config("[tool.bunpy]\npaths = ['src']\noptimize = 2\nexclude = ['a/*']\n[tool.other]\nx = 1")
            .unwrap_or_default();
        assert_eq!(c.paths, Some(vec![PathBuf::from("/p/src")]));
        assert_eq!((c.optimize, c.jobs), (Some(vec![2]), None));
        assert!(config("").is_ok_and(|c| c.paths.is_none()));
        assert_eq!(
            config("[tool.bunpy]\nexlude = []").err().as_deref(),
            Some("[tool.bunpy] has no key 'exlude'; did you mean 'exclude'?")
        );
        assert_eq!(config("[tool.bunpy]\njobs = 'x'").err().as_deref(), Some("[tool.bunpy] jobs: must be a number"));
        assert!(config("[tool").is_err());
    }
}
