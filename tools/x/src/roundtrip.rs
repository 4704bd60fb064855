//! `cargo x roundtrip PATH...`: every .pyc below is read and written back, and all that derives from it is made anew.
//!
//! Invariant: a file passes when marshal data, FLAG_REF as a rule, line tables and exception tables give its bytes
//! again, and the lazy form shows the same objects as the owned one. Next: `bunpy_tests::forms`.

use std::process::ExitCode;

use crate::pyc_files;
use bunpy_tests::forms::round_trip;

pub fn run(args: &[String]) -> ExitCode {
    let files = pyc_files::load(args);
    let mut failed = 0;
    for (path, file) in &files {
        if let Err(why) = round_trip(file) {
            failed += 1;
            println!("{}: {why}", pyc_files::show(path));
        }
    }
    println!("roundtrip: {} files, {failed} failed", files.len());
    if failed == 0 && !files.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
