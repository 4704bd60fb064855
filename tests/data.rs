//! Runs every data file as one test: `cargo test -p bunpy-tests -- FILTER`.
//!
//! Invariant: the tests are those of [`bunpy_tests::KINDS`]; nothing is skipped.

use bunpy_tests::{KINDS, files, id, known_failures};
use libtest_mimic::{Arguments, Failed, Trial};

fn main() {
    let known = known_failures();
    let mut trials = Vec::new();
    for kind in KINDS {
        for file in files(kind) {
            let id = id(kind, &file);
            let expected_failure = known.get(&id).cloned();
            let judge = kind.judge;
            trials.push(Trial::test(id, move || match (judge(&file), expected_failure) {
                (Ok(()), None) | (Err(_), Some(_)) => Ok(()),
                (Err(report), None) => Err(Failed::from(report)),
                (Ok(()), Some(why)) => {
                    Err(Failed::from(format!("passes now: take it out of known-failures.txt ({why})")))
                }
            }));
        }
    }
    libtest_mimic::run(&Arguments::from_args(), trials).exit();
}
