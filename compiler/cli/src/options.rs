//! What a run is asked to do, after the command line and the configuration have been joined.
//!
//! Invariant: everything here is valid: levels are sorted and distinct, expressions compiled, conflicts refused.

use crate::paths::Rename;
use std::path::PathBuf;

/// How a cache is told stale; `py_compile.PycInvalidationMode`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    CheckedHash,
    UncheckedHash,
    Timestamp,
}

impl Mode {
    pub const NAMES: [&'static str; 3] = ["checked-hash", "unchecked-hash", "timestamp"];

    pub fn from_name(name: &str) -> Option<Mode> {
        match name {
            "checked-hash" => Some(Mode::CheckedHash),
            "unchecked-hash" => Some(Mode::UncheckedHash),
            "timestamp" => Some(Mode::Timestamp),
            _ => None,
        }
    }

    pub const fn name(self) -> &'static str {
        match self {
            Mode::CheckedHash => "checked-hash",
            Mode::UncheckedHash => "unchecked-hash",
            Mode::Timestamp => "timestamp",
        }
    }

    /// The flags word of the header.
    pub const fn flags(self) -> u32 {
        match self {
            Mode::CheckedHash => 3,
            Mode::UncheckedHash => 1,
            Mode::Timestamp => 0,
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    Human,
    Json,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Color {
    Auto,
    Always,
    Never,
}

#[derive(Debug)]
pub struct Options {
    pub paths: Vec<PathBuf>,
    /// How many directory levels below a given directory are entered; None: all.
    pub max_levels: Option<usize>,
    pub force: bool,
    pub quiet: u8,
    /// `-b`: caches beside the sources, `x.pyc`.
    pub legacy: bool,
    pub rename: Rename,
    pub skip: Option<regex::bytes::Regex>,
    pub exclude: Vec<String>,
    /// Directory that symbolic links must stay in.
    pub limit_links: Option<PathBuf>,
    pub ignore_files: bool,
    /// 0: one worker a core.
    pub jobs: usize,
    pub levels: Vec<u8>,
    pub mode: Mode,
    pub hardlink_dupes: bool,
    pub check: bool,
    pub prune: bool,
    pub durable: bool,
    pub store: Option<PathBuf>,
    pub color: Color,
    pub format: Format,
    pub verbose: bool,
}

impl Options {
    /// Worker threads.
    pub fn workers(&self) -> usize {
        match self.jobs {
            0 => std::thread::available_parallelism().map_or(1, usize::from),
            n => n,
        }
    }
}
