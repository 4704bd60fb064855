//! The command `bunpy-compile`: whole projects of Python source to CPython 3.14's .pyc files, in parallel.
//!
//! ```text
//! args, config ─► walk ─► plan (manifest, headers) ─► pool: read, compile, write ─► report ─► exit status
//! ```
//!
//! Invariant: a cache file is whole or not there: every write goes through `atomic`. Only this crate prints, exits or reads
//! the environment; the compiler itself is a function that it is given ([`host::Compile`]), so that tests can give another.
//! Where to read next: `build` for the main job, `plan` for what fresh means.
#![forbid(unsafe_code)]

mod args;
mod atomic;
mod build;
mod config;
mod diagnostic;
mod dis;
mod explain;
pub mod host;
mod inspect;
mod job;
mod manifest;
mod options;
mod output;
mod paths;
mod plan;
mod pool;
mod prune;
mod report;
mod signals;
mod store;
mod verify;
mod walk;

use std::ffi::OsString;
use std::process::ExitCode;

// Exit statuses: docs/contract.md, "Command line".
pub(crate) const SUCCESS: u8 = 0;
pub(crate) const FAILED: u8 = 1;
pub(crate) const USAGE: u8 = 2;
pub(crate) const STALE: u8 = 3;
pub(crate) const INTERNAL: u8 = 70;

/// A command by its first argument. A file or directory of that name is given as `./NAME`.
pub(crate) struct Command {
    pub name: &'static str,
    pub usage: &'static str,
    pub summary: &'static str,
    /// Takes "bunpy-compile NAME" and the arguments after it; the result is the exit status.
    pub run: fn(Vec<OsString>) -> u8,
}

pub(crate) const COMMANDS: &[Command] = &[
    Command {
        name: "dis",
        usage: "FILE",
        summary: "the instructions of a .pyc or a source, as python -m dis shows them",
        run: dis::run,
    },
    Command {
        name: "explain",
        usage: "FILE...",
        summary: "why a file's caches are or are not used",
        run: explain::run,
    },
    Command {
        name: "inspect",
        usage: "FILE",
        summary: "what a .pyc holds: header, code objects, sizes",
        run: inspect::run,
    },
    Command {
        name: "verify",
        usage: "PATH...",
        summary: "check that .pyc files are readable, valid and canonical",
        run: verify::run,
    },
];

/// The whole program. `compile` is the compiler.
pub fn main(compile: &host::Compile) -> ExitCode {
    let mut args: Vec<OsString> = std::env::args_os().skip(1).collect();
    let command = args.first().and_then(|first| COMMANDS.iter().find(|c| first == c.name));
    ExitCode::from(match command {
        Some(c) => {
            if let Some(first) = args.first_mut() {
                *first = format!("bunpy-compile {}", c.name).into();
            }
            (c.run)(args)
        }
        None => build::run(&args, compile),
    })
}
