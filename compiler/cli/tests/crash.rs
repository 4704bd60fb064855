//! Caches are whole whatever happens: killed compilers, several at once, full disks, limits.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)] // a test's failure is a panic

mod common;

use common::{Run, Tree, is_whole, program};
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

/// How many rounds of four compilers are killed; BUNPY_KILLS=200 for the long run.
fn rounds() -> u64 {
    std::env::var("BUNPY_KILLS").ok().and_then(|n| n.parse().ok()).unwrap_or(25)
}

fn tree() -> Tree {
    let t = Tree::new();
    for i in 0..24 {
        t.write(&format!("p{}/m{i}.py", i % 4), &format!("text of {i} {}", "#".repeat(i * 100)));
    }
    t
}

fn spawn(t: &Tree) -> Child {
    t.command(&["-q", "-f", "-j", "2", "."]).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap()
}

fn assert_whole(t: &Tree) -> usize {
    let caches: Vec<_> = t.snapshot().into_iter().filter(|f| f.0.extension().is_some_and(|e| e == "pyc")).collect();
    for (path, bytes) in &caches {
        assert!(is_whole(bytes), "{} is torn: {} bytes", path.display(), bytes.len());
    }
    caches.len()
}

#[test]
fn killed_at_any_moment() {
    let t = tree();
    let mut state = 0x9e37_79b9_7f4a_7c15u64;
    for _ in 0..rounds() {
        let mut children: Vec<Child> = (0..4).map(|_| spawn(&t)).collect();
        for child in &mut children {
            state = state.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
            std::thread::sleep(Duration::from_micros((state >> 33) % 20_000));
            child.kill().unwrap();
        }
        children.iter_mut().for_each(|c| _ = c.wait());
        assert_whole(&t);
    }
    t.run(&["."]).expect(0);
    assert_eq!(assert_whole(&t), 24);
    assert_eq!(t.temporaries(), Vec::<std::path::PathBuf>::new());
}

fn signal(child: &Child, name: &str) {
    assert!(Command::new("kill").args([name, &child.id().to_string()]).status().unwrap().success());
}

/// A compiler that is stopped in the middle of a write is alive: its temporary is left alone until it is dead.
#[test]
fn live_temporaries_are_left_alone() {
    let t = tree();
    for attempt in 0..2000u64 {
        let mut child = spawn(&t);
        std::thread::sleep(Duration::from_micros(500 + attempt * 137 % 20_000));
        signal(&child, "-STOP");
        std::thread::sleep(Duration::from_millis(2));
        let caught = t.temporaries();
        // On a busy machine a thread may still finish what it was at before the signal reaches it.
        std::thread::sleep(Duration::from_millis(20));
        let done = caught.is_empty() || t.temporaries() != caught;
        if !done {
            t.run(&["."]).expect(0);
            assert_eq!(t.temporaries(), caught);
        }
        child.kill().unwrap();
        child.wait().unwrap();
        if !done {
            t.run(&["."]).expect(0);
            assert!(t.temporaries().is_empty());
            return;
        }
    }
    panic!("no compiler was caught writing");
}

/// Four at once leave what one leaves.
#[test]
fn beside_each_other() {
    let t = tree();
    let mut children: Vec<Child> = (0..4).map(|_| spawn(&t)).collect();
    for child in &mut children {
        assert!(child.wait().unwrap().success());
    }
    assert_eq!(assert_whole(&t), 24);
    assert!(t.temporaries().is_empty());
}

/// A file size limit: the write fails, the old cache stays, the status and the message say so.
#[test]
fn file_size_limit() {
    let t = Tree::with(&[("a.py", "!small"), ("b.py", "large")]);
    t.run(&["."]).expect(0);
    let before = t.snapshot();
    let script = format!("ulimit -f 16; exec {} -f .", program().display());
    let r = Run::of(Command::new("sh").args(["-c", &script]).current_dir(&t.0).output().unwrap());
    assert!(r.expect(1).err.contains("can't write ./__pycache__/b.cpython-314.pyc: File too large"), "{r:#?}");
    assert_eq!(r.summary(), "Compiled 1 file (1 failed)");
    assert_eq!(t.snapshot(), before);
}

/// A full disk, on a small tmpfs; only the super-user can mount one.
#[test]
fn full_disk() {
    let t = Tree::new();
    let mounted = Command::new("mount")
        .args(["-t", "tmpfs", "-o", "size=512k", "bunpy-test"])
        .arg(&t.0)
        .stderr(Stdio::null())
        .status()
        .is_ok_and(|s| s.success());
    if !mounted {
        eprintln!("full_disk: skipped, no tmpfs can be mounted");
        return;
    }
    for i in 0..8 {
        t.write(&format!("m{i}.py"), &format!("text {i}"));
    }
    let r = t.run(&["-j", "2", "."]);
    let (files, temporaries) = (assert_whole(&t), t.temporaries());
    let _ = Command::new("umount").arg("-l").arg(&t.0).status();
    assert!(r.expect(1).err.contains("No space left on device"), "{r:#?}");
    assert!((1..8).contains(&files), "{files}");
    assert!(temporaries.is_empty(), "{temporaries:?}");
}

#[test]
fn read_only_directory() {
    let t = Tree::with(&[("a.py", "x"), ("ok/b.py", "x")]);
    fs::create_dir(t.path("__pycache__")).unwrap();
    fs::set_permissions(t.path("__pycache__"), fs::Permissions::from_mode(0o555)).unwrap();
    let root = fs::write(t.path("__pycache__/probe"), "").is_ok();
    let r = t.run(&["."]);
    fs::set_permissions(t.path("__pycache__"), fs::Permissions::from_mode(0o755)).unwrap();
    if root {
        eprintln!("read_only_directory: the super-user can write everywhere");
        r.expect(0);
    } else {
        assert!(r.expect(1).err.contains("can't write ./__pycache__/a.cpython-314.pyc"), "{r:#?}");
        assert_eq!(r.summary(), "Compiled 1 file (1 failed)");
    }
}

/// The signal ends the run between files; it dies by it, and leaves no temporary.
#[test]
fn interrupted() {
    let t = Tree::new();
    for i in 0..40 {
        t.write(&format!("m{i}.py"), "!slow");
    }
    let mut child = t.command(&["-j", "1", "."]).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    std::thread::sleep(Duration::from_millis(700));
    signal(&child, "-INT");
    let status = child.wait().unwrap();
    assert_eq!(std::os::unix::process::ExitStatusExt::signal(&status), Some(2), "{status}");
    assert!(assert_whole(&t) < 40);
    assert!(t.temporaries().is_empty());
}
