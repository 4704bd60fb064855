//! `cargo run -p ucd -- ...`: the same as `cargo x ucd ...`.
use std::process::ExitCode;

fn main() -> ExitCode {
    ucd::run(&std::env::args().skip(1).collect::<Vec<_>>())
}
