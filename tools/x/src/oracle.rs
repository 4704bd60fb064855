//! Where the oracle is: a CPython 3.14 with its library and tests, installed by tools/oracle/install.
//!
//! Invariant: `$ORACLE` names its prefix, else `~/.cache/cpython-3.14`; nothing else is ever asked.

use std::path::PathBuf;
use std::process::{Command, ExitCode};

/// The oracle's prefix, whether or not it is installed.
pub fn prefix() -> PathBuf {
    match std::env::var_os("ORACLE") {
        Some(path) => path.into(),
        None => PathBuf::from(std::env::var_os("HOME").expect("HOME or ORACLE is set")).join(".cache/cpython-3.14"),
    }
}

/// The interpreter, if it is installed.
#[allow(dead_code)] // commands that compare with it come and go
pub fn python() -> Option<PathBuf> {
    let path = prefix().join("usr/bin/python3.14");
    path.exists().then_some(path)
}

/// The project's root folder.
pub fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize().expect("the workspace is where it was built")
}

pub fn run(_: &[String]) -> ExitCode {
    match Command::new(root().join("tools/oracle/install")).arg(prefix()).status() {
        Ok(status) if status.success() => ExitCode::SUCCESS,
        _ => ExitCode::FAILURE,
    }
}
