//! `cargo x test [FILTER]`: every test of the workspace, and one closing line that sums them up.
//!
//! Invariant: the exit status is 0 only if cargo's was and at least one test ran.

use std::io::{BufRead, BufReader};
use std::process::{Command, ExitCode, Stdio};

pub fn run(args: &[String]) -> ExitCode {
    // The data tests run the programs themselves, which `cargo test` alone does not build.
    if !Command::new("cargo").args(["build", "--package", "bunpy-vm"]).status().is_ok_and(|s| s.success()) {
        return ExitCode::FAILURE;
    }
    let mut cargo = Command::new("cargo");
    cargo.args(["test", "--workspace", "--no-fail-fast"]).args(args).stdout(Stdio::piped());
    let mut child = match cargo.spawn() {
        Ok(child) => child,
        Err(error) => {
            eprintln!("cargo x test: cannot start cargo: {error}");
            return ExitCode::FAILURE;
        }
    };
    let (mut passed, mut failed, mut skipped) = (0u64, 0u64, 0u64);
    for line in BufReader::new(child.stdout.take().expect("stdout is piped")).lines().map_while(Result::ok) {
        println!("{line}");
        if let Some(summary) = line.strip_prefix("test result: ") {
            passed += count(summary, " passed");
            failed += count(summary, " failed");
            skipped += count(summary, " ignored");
        }
    }
    let status = child.wait();
    println!("{passed} passed, {failed} failed, {skipped} skipped");
    match status {
        Ok(status) if status.success() && passed > 0 => ExitCode::SUCCESS,
        _ => ExitCode::FAILURE,
    }
}

/// The number before `word` in `ok. 3 passed; 0 failed; ...`.
fn count(summary: &str, word: &str) -> u64 {
    let Some(at) = summary.find(word) else { return 0 };
    let digits = summary[..at].rsplit(|c: char| !c.is_ascii_digit()).next().unwrap_or("");
    digits.parse().unwrap_or(0)
}
