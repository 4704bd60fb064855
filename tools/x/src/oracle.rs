//! Where the oracle is: a CPython 3.14 with its library and tests, installed by tools/oracle/install.
//!
//! Invariant: `$ORACLE` names its prefix, else `~/.cache/cpython-3.14`; nothing else is ever asked.

use std::io::Write;
use std::path::PathBuf;
use std::process::{Command, ExitCode, Stdio};

/// The oracle's prefix, whether or not it is installed.
pub fn prefix() -> PathBuf {
    match std::env::var_os("ORACLE") {
        Some(path) => path.into(),
        None => PathBuf::from(std::env::var_os("HOME").expect("HOME or ORACLE is set")).join(".cache/cpython-3.14"),
    }
}

/// The interpreter, if it is installed.
pub fn python() -> Option<PathBuf> {
    let path = prefix().join("usr/bin/python3.14");
    path.exists().then_some(path)
}

/// Runs a script in a fresh oracle, with `args` as its `sys.argv[1:]` and `input` on its standard input; its output.
pub fn ask(script: &str, args: &[&str], input: &str) -> Result<Vec<u8>, String> {
    let python = python().ok_or("the oracle is not installed: `cargo x oracle`")?;
    let mut child = Command::new(python)
        .args(["-I", "-X", "utf8", "-c", script])
        .args(args)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .map_err(|e| format!("the oracle does not start: {e}"))?;
    let stdin = child.stdin.take();
    let input = input.to_owned();
    // A thread of its own: both pipes may fill up.
    let feeder = std::thread::spawn(move || stdin.map(|mut pipe| pipe.write_all(input.as_bytes())));
    let output = child.wait_with_output().map_err(|e| format!("the oracle was lost: {e}"))?;
    drop(feeder.join());
    if output.status.success() { Ok(output.stdout) } else { Err(format!("the oracle failed: {}", output.status)) }
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
