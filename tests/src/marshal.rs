//! marshal/NAME.py: values, one a line; NAME.facts has what CPython writes for each in versions 0 to 5.
//!
//! Invariant: what CPython wrote in version 5 is read, and written as CPython writes it in every version, errors
//! included; each of the older forms reads, too, and is written back. Next: `bless_marshal.py`.

use std::path::Path;
use std::process::Command;

use pyc_format::marshal::{self, Loaded};

pub fn judge(source: &Path) -> Result<(), String> {
    let facts = source.with_extension("facts");
    let facts = std::fs::read_to_string(&facts).map_err(|e| format!("no expectation (cargo x bless): {e}"))?;
    let mut lines = facts.lines().peekable();
    while let Some(line) = lines.next() {
        let value = line.strip_prefix("value ").ok_or("a line of facts without a value")?;
        let mut versions = Vec::new();
        while let Some(line) = lines.next_if(|line| !line.starts_with("value ")) {
            let (version, written) = line.split_once(' ').ok_or("a line of facts without a version")?;
            versions.push((version.parse::<i32>().map_err(|e| e.to_string())?, written));
        }
        check(&versions).map_err(|why| format!("{value}: {why}"))?;
    }
    Ok(())
}

fn check(versions: &[(i32, &str)]) -> Result<(), String> {
    let newest = versions.last().map(|(_, written)| unhex(written)).unwrap_or_default();
    let newest = marshal::read(&newest).map_err(|error| error.to_string())?;
    for &(version, theirs) in versions {
        let ours = written(&newest, version);
        if ours != theirs {
            return Err(format!("version {version}\nCPython {theirs}\nours    {ours}"));
        }
        let bytes = unhex(theirs);
        if bytes.is_empty() {
            continue;
        }
        let again = marshal::read(&bytes).map_err(|error| format!("version {version}: {error}"))?;
        if written(&again, version) != theirs {
            return Err(format!("version {version} is written back as {}", written(&again, version)));
        }
    }
    Ok(())
}

/// As the oracle prints it.
fn written(loaded: &Loaded, version: i32) -> String {
    match marshal::write(&loaded.graph, loaded.root, version) {
        Ok(bytes) => bytes.iter().map(|byte| format!("{byte:02x}")).collect(),
        Err(error) => format!("ValueError: {error}"),
    }
}

/// Bytes from hex; none from anything else.
fn unhex(text: &str) -> Vec<u8> {
    let pairs: Option<Vec<u8>> =
        (0..text.len() / 2).map(|at| u8::from_str_radix(text.get(2 * at..2 * at + 2)?, 16).ok()).collect();
    pairs.unwrap_or_default()
}

pub fn bless(python: &Path, source: &Path) -> Result<bool, String> {
    let output = Command::new(python)
        .args(["-I", "-X", "utf8", "-c", include_str!("bless_marshal.py")])
        .arg(source)
        .output()
        .map_err(|e| e.to_string())?;
    if !output.status.success() {
        return Err(String::from_utf8_lossy(&output.stderr).into_owned());
    }
    super::write_if_changed(&source.with_extension("facts"), &output.stdout)
}
