//! The commands that look into files: inspect, verify, dis, run as programs on the golden .pyc.
//!
//! Invariant: a good file gives status 0 and no error line; a bad one gives status 1 and one line that names it.
#![allow(clippy::unwrap_used, clippy::panic)] // a test's failure is its report

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

fn golden() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/pyc")
}

fn run(args: &[&str], path: &Path) -> Output {
    Command::new(env!("CARGO_BIN_EXE_bunpy-compile")).args(args).arg(path).output().unwrap()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// A folder for one test's files, empty at first.
fn scratch(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    let _ = std::fs::remove_dir_all(&folder);
    std::fs::create_dir_all(&folder).unwrap();
    folder
}

#[test]
fn verify_accepts_what_cpython_wrote() {
    let output = run(&["verify"], &golden());
    assert_eq!((output.status.code(), text(&output.stderr).as_str()), (Some(0), ""));
}

#[test]
fn verify_gives_a_line_for_each_bad_file() {
    let folder = scratch("verify");
    let good = std::fs::read(golden().join("functions.pyc")).unwrap();
    std::fs::write(folder.join("good.pyc"), &good).unwrap();
    std::fs::write(folder.join("cut.pyc"), &good[..good.len() / 2]).unwrap();
    std::fs::write(folder.join("header.pyc"), &good[..9]).unwrap();
    std::fs::write(folder.join("old.pyc"), [&[0xcb, 0x0d, b'\r', b'\n'][..], &good[4..]].concat()).unwrap();
    std::fs::write(folder.join("longer.pyc"), [&good[..], b"more"].concat()).unwrap();
    // the first instruction, RESUME 0, becomes one that no compiler writes
    let mut odd = good.clone();
    let resume = odd.windows(2).position(|two| two == [0x80, 0]).unwrap();
    odd[resume] = 0xfe;
    std::fs::write(folder.join("odd.pyc"), &odd).unwrap();
    let output = run(&["verify"], &folder);
    assert_eq!(output.status.code(), Some(1));
    let lines = text(&output.stderr);
    let expected = [
        ("cut.pyc", "EOFError: "),
        ("header.pyc", "EOFError: reached EOF while reading pyc header"),
        ("longer.pyc", "not-canonical: "),
        ("odd.pyc", "invalid: "),
        ("old.pyc", "ImportError: bad magic number: written by Python 3.12, not 3.14"),
    ];
    assert_eq!(lines.lines().count(), expected.len(), "{lines}");
    for (line, (name, start)) in lines.lines().zip(expected) {
        let (path, rest) = line.split_once(": ").unwrap();
        assert!(path.ends_with(name) && rest.starts_with(start), "{line}");
    }
    let output = run(&["verify", "--message-format", "json"], &folder);
    let kinds = text(&output.stdout);
    let kinds: Vec<serde_json::Value> = kinds.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(kinds.len(), expected.len());
    assert!(kinds.iter().all(|problem| problem["status"] == "error" && problem["file"].is_string()));
}

#[test]
fn inspect_shows_the_tree() {
    let file = golden().join("functions.pyc");
    let output = run(&["inspect"], &file);
    assert_eq!(output.status.code(), Some(0));
    assert!(text(&output.stdout).contains("closure.<locals>.inner.<locals>.innermost, line 19"));
    let output = run(&["inspect", "--json"], &file);
    let report: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(report["validation"], "checked-hash");
    assert_eq!(report["code"]["code"][1]["code"][0]["code"][0]["flag_names"][0], "OPTIMIZED");
}

#[test]
fn dis_of_a_source_is_dis_of_its_cache_file() {
    for name in ["functions", "handlers", "locations", "constants"] {
        let (source, cached) = (golden().join(name).with_extension("py"), golden().join(name).with_extension("pyc"));
        let [compiled, stored] = [&source, &cached].map(|path| {
            let output = run(&["dis"], path);
            assert_eq!((output.status.code(), text(&output.stderr).as_str()), (Some(0), ""), "{}", path.display());
            text(&output.stdout).replace(&source.display().to_string(), &format!("{name}.py"))
        });
        assert!(stored.contains(" RESUME ") && compiled == stored, "{name}");
    }
}

#[test]
fn a_missing_file_is_one_line() {
    for command in ["inspect", "verify", "dis"] {
        let output = run(&[command], Path::new("nowhere.pyc"));
        assert_eq!(output.status.code(), Some(1));
        assert_eq!(text(&output.stderr), "nowhere.pyc: OSError: No such file or directory\n");
    }
}
