//! `bunpy-compile inspect FILE`: header, flags, code tree and sizes of a .pyc.
//!
//! Invariant: any file gives an answer or one error line. Next: [`pyc_format::inspect`].

use std::ffi::OsString;
use std::path::PathBuf;

use clap::Parser;

use crate::FAILED;
use crate::output::{self, Problem};

/// Shows what a .pyc file holds: header, flags, the tree of code objects, sizes.
#[derive(Parser)]
struct Arguments {
    /// A .pyc file of CPython 3.14
    file: PathBuf,
    /// One JSON object instead of text
    #[arg(long)]
    json: bool,
}

pub fn run(args: Vec<OsString>) -> u8 {
    let arguments: Arguments = match output::arguments(args) {
        Ok(arguments) => arguments,
        Err(status) => return status,
    };
    let path = &arguments.file;
    let file = match output::read(path) {
        Ok(file) => file,
        Err(status) => return status,
    };
    match pyc_format::inspect::inspect(&file) {
        Ok(report) => {
            let name = path.to_string_lossy();
            output::print(if arguments.json { report.json(&name) } else { report.text(&name) }.as_bytes())
        }
        Err(error) => {
            let problem = Problem::pyc(&error);
            if arguments.json {
                output::print((problem.json(path) + "\n").as_bytes());
            } else {
                eprintln!("{}", problem.line(path));
            }
            FAILED
        }
    }
}
