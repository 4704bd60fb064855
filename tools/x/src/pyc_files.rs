//! Finding .pyc files for the commands that take many.
//!
//! Invariant: files come in the order of their paths. Next: `roundtrip`, `bench_pyc`, `fuzz_pyc`.

use std::path::{Path, PathBuf};

/// All .pyc below the given files and directories.
pub fn find(paths: &[String]) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut open: Vec<PathBuf> = paths.iter().map(PathBuf::from).collect();
    while let Some(path) = open.pop() {
        if path.is_dir() {
            open.extend(std::fs::read_dir(&path).into_iter().flatten().flatten().map(|entry| entry.path()));
        } else if path.extension().is_some_and(|extension| extension == "pyc") {
            found.push(path);
        }
    }
    found.sort();
    found
}

/// All .pyc below, with their contents.
pub fn load(paths: &[String]) -> Vec<(PathBuf, Vec<u8>)> {
    find(paths).into_iter().filter_map(|path| Some((path.clone(), std::fs::read(&path).ok()?))).collect()
}

/// A path as a test or report names it.
pub fn show(path: &Path) -> String {
    path.display().to_string()
}
