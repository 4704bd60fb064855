//! The test harness: what a data file under tests/ means and how it is judged.
//!
//! Invariant: one test id a file, `FOLDER/NAME`; the expectation stands beside it and was written by the oracle
//! (`cargo x bless`). A test named in tests/known-failures.txt must fail: when it passes, the run fails until its row goes.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)] // a test's failure is its report

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

pub mod answers;
pub mod compile;
pub mod dis;
pub mod forms;
pub mod marshal;
pub mod programs;
pub mod pyc;
pub mod run;
pub mod syntax;

/// A folder of tests: its name, the ending of its inputs, and how one is judged.
pub struct Kind {
    pub folder: &'static str,
    pub extension: &'static str,
    /// `Err` says what differs.
    pub judge: fn(&Path) -> Result<(), String>,
    /// Writes the expectation with the oracle's interpreter; says whether it changed.
    pub bless: fn(&Path, &Path) -> Result<bool, String>,
}

/// Every kind of data test.
pub const KINDS: &[Kind] = &[
    Kind { folder: "compile", extension: "py", judge: compile::judge, bless: compile::bless },
    Kind { folder: "dis", extension: "py", judge: dis::judge, bless: dis::bless },
    Kind { folder: "answers", extension: "hex", judge: answers::judge, bless: answers::bless },
    Kind { folder: "marshal", extension: "py", judge: marshal::judge, bless: marshal::bless },
    Kind { folder: "programs", extension: "py", judge: programs::judge, bless: programs::bless },
    Kind { folder: "pyc", extension: "py", judge: pyc::judge, bless: pyc::bless },
    Kind { folder: "run", extension: "py", judge: run::judge, bless: run::bless },
    Kind { folder: "syntax", extension: "py", judge: syntax::judge, bless: syntax::bless },
    Kind { folder: "regress", extension: "py", judge: run::judge, bless: run::bless },
];

/// The folder that holds the data.
pub fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

/// The data files of a kind, in order of their names.
pub fn files(kind: &Kind) -> Vec<PathBuf> {
    let Ok(entries) = std::fs::read_dir(root().join(kind.folder)) else { return Vec::new() };
    let mut files: Vec<PathBuf> = entries.flatten().map(|e| e.path()).collect();
    files.retain(|p| p.extension().is_some_and(|e| e == kind.extension));
    files.sort();
    files
}

/// Known failures by test id, with their reasons: rows `FOLDER/NAME  why`.
pub fn known_failures() -> BTreeMap<String, String> {
    let text = std::fs::read_to_string(root().join("known-failures.txt")).unwrap_or_default();
    let rows = text.lines().filter(|l| !l.starts_with('#')).filter_map(|l| l.trim().split_once(char::is_whitespace));
    rows.map(|(id, why)| (id.to_owned(), why.trim().to_owned())).collect()
}

/// A test's id: `FOLDER/NAME`.
pub fn id(kind: &Kind, file: &Path) -> String {
    format!("{}/{}", kind.folder, file.file_stem().unwrap_or_default().to_string_lossy())
}

/// A program of ours, built beside this test.
pub fn program(name: &str) -> PathBuf {
    let exe = std::env::current_exe().expect("a test knows its own path");
    exe.parent().and_then(Path::parent).expect("target/PROFILE/deps").join(name)
}

/// Writes a file if its content changes, and says whether it did.
pub fn write_if_changed(path: &Path, content: &[u8]) -> Result<bool, String> {
    if std::fs::read(path).is_ok_and(|old| old == content) {
        return Ok(false);
    }
    std::fs::write(path, content).map_err(|e| format!("{}: {e}", path.display()))?;
    Ok(true)
}
