//! bunpy-compile: Python sources to the .pyc files of CPython 3.14, and commands that look into such files.
//!
//! Invariant: a command is one row of [`COMMANDS`] and one file. Only this crate prints, exits and reads files; what
//! it prints is made by pure functions of `pyc-format` and the compiler.

mod inspect;
mod output;
mod verify;

use std::ffi::OsString;
use std::process::ExitCode;

/// Exit statuses (docs/contract.md).
pub const FAILED: u8 = 1;
pub const USAGE: u8 = 2;

/// A command by its first argument (a directory of that name is given as ./NAME), and what runs it: it gets its own
/// name and its arguments, and returns the exit status.
type Command = (&'static str, fn(Vec<OsString>) -> u8);
const COMMANDS: &[Command] = &[("inspect", inspect::run), ("verify", verify::run)];

fn main() -> ExitCode {
    let mut args: Vec<OsString> = std::env::args_os().skip(1).collect();
    let command = args.first().and_then(|name| COMMANDS.iter().find(|(command, _)| name == command));
    match command {
        Some((name, run)) => {
            args[0] = format!("bunpy-compile {name}").into();
            ExitCode::from(run(args))
        }
        None => {
            let names: Vec<&str> = COMMANDS.iter().map(|&(name, _)| name).collect();
            eprintln!("usage: bunpy-compile {} ...", names.join("|"));
            ExitCode::from(USAGE)
        }
    }
}
