//! `cargo x bless [FILTER]`: writes the expectations of data tests anew. The oracle writes them, a person reviews the diff.
//!
//! Invariant: only files beside a test's input are written, and only where the content changes.

use std::process::ExitCode;

use bunpy_tests::{KINDS, files, id};

use crate::oracle;

pub fn run(args: &[String]) -> ExitCode {
    let Some(python) = oracle::python() else {
        eprintln!("cargo x bless: the oracle is not installed; run cargo x oracle");
        return ExitCode::FAILURE;
    };
    let filter = args.first().map_or("", String::as_str);
    let mut failed = false;
    for kind in KINDS {
        for file in files(kind) {
            let id = id(kind, &file);
            if !id.contains(filter) {
                continue;
            }
            match (kind.bless)(&python, &file) {
                Ok(true) => println!("{id}: written"),
                Ok(false) => {}
                Err(error) => {
                    eprintln!("{id}: {error}");
                    failed = true;
                }
            }
        }
    }
    if failed { ExitCode::FAILURE } else { ExitCode::SUCCESS }
}
