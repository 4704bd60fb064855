//! A tree to compile, and the program around the stub compiler (examples/stub-compile.rs, which `cargo test` builds).
#![allow(dead_code, clippy::unwrap_used, clippy::expect_used, clippy::panic)] // a test's failure is a panic

use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, SystemTime};

/// The program under test.
pub fn program() -> PathBuf {
    let here = std::env::current_exe().unwrap();
    let path = here.parent().unwrap().parent().unwrap().join("examples/stub-compile");
    assert!(path.exists(), "{} is missing: run cargo test on the whole package", path.display());
    path
}

/// A directory of its own, removed at the end.
pub struct Tree(pub PathBuf);

impl Tree {
    pub fn new() -> Tree {
        static COUNT: AtomicUsize = AtomicUsize::new(0);
        let n = COUNT.fetch_add(1, Ordering::Relaxed);
        let dir = std::env::temp_dir().join(format!("bunpy-cli-test-{}-{n}", std::process::id()));
        fs::create_dir_all(&dir).unwrap();
        Tree(dir)
    }

    /// A tree with these files, old enough for the manifest to trust their stats.
    pub fn with(files: &[(&str, &str)]) -> Tree {
        let tree = Tree::new();
        for (name, text) in files {
            tree.write(name, text);
        }
        tree
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }

    pub fn write(&self, name: &str, text: &str) {
        let path = self.path(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    pub fn cache(&self, name: &str) -> Vec<u8> {
        fs::read(self.path(name)).unwrap_or_else(|e| panic!("{name}: {e}"))
    }

    /// Runs the program in the tree, without its own configuration's surroundings.
    pub fn run<S: AsRef<OsStr>>(&self, args: &[S]) -> Run {
        Run::of(self.command(args).output().unwrap())
    }

    pub fn command<S: AsRef<OsStr>>(&self, args: &[S]) -> Command {
        let mut command = Command::new(program());
        command.args(args).current_dir(&self.0).stdin(Stdio::null());
        command.env_remove("NO_COLOR").env_remove("FORCE_COLOR");
        command
    }

    /// Every file below, with its content, but for manifests.
    pub fn snapshot(&self) -> Vec<(PathBuf, Vec<u8>)> {
        let mut out = Vec::new();
        collect(&self.0, &mut out);
        out.sort();
        out.into_iter()
            .filter(|p| p.file_name().unwrap() != ".bunpy-manifest")
            .map(|p| (p.clone(), fs::read(p).unwrap_or_default()))
            .collect()
    }

    pub fn temporaries(&self) -> Vec<PathBuf> {
        let mut out = Vec::new();
        collect(&self.0, &mut out);
        out.retain(|p| p.file_name().unwrap().to_string_lossy().ends_with(".tmp"));
        out
    }
}

fn collect(dir: &Path, out: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(dir).into_iter().flatten().flatten() {
        match entry.file_type() {
            Ok(t) if t.is_dir() => collect(&entry.path(), out),
            _ => out.push(entry.path()),
        }
    }
}

impl Drop for Tree {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// How a run ended.
#[derive(Debug)]
pub struct Run {
    pub status: i32,
    pub out: String,
    pub err: String,
}

impl Run {
    pub fn of(o: Output) -> Run {
        let text = |b: Vec<u8>| String::from_utf8_lossy(&b).into_owned();
        Run { status: o.status.code().unwrap_or(-1), out: text(o.stdout), err: text(o.stderr) }
    }

    #[track_caller]
    pub fn expect(&self, status: i32) -> &Run {
        assert_eq!(self.status, status, "{self:#?}");
        self
    }

    /// The summary without its time: "Compiled 2 files (1 unchanged)".
    pub fn summary(&self) -> String {
        let line = self.out.lines().last().unwrap_or_default();
        let (head, rest) = line.split_once(" in ").unwrap_or((line, ""));
        let tail = rest.split_once(" s").map_or("", |r| r.1);
        format!("{head}{tail}")
    }
}

/// Waits until a change now has another time stamp, and is no longer racy.
pub fn settle() {
    std::thread::sleep(Duration::from_millis(150));
}

/// Checks that a cache is whole: the stub's checksum holds.
pub fn is_whole(pyc: &[u8]) -> bool {
    let Some((body, sum)) = pyc.get(16..).and_then(|b| b.split_last_chunk::<8>()) else { return false };
    let want = body.iter().fold(0u64, |h, &b| (h ^ u64::from(b)).wrapping_mul(0x100_0000_01b3));
    u64::from_le_bytes(*sum) == want
}

pub fn set_time(path: &Path, time: SystemTime) {
    fs::File::options().write(true).open(path).unwrap().set_modified(time).unwrap();
}
