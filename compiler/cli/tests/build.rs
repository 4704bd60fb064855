//! The default command end to end: statuses, options, freshness, reports. Behaviour of our own but where it says CPython.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)] // a test's failure is a panic

mod common;

use common::{Tree, is_whole, set_time, settle};
use std::ffi::OsStr;
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{MetadataExt, PermissionsExt, symlink};
use std::time::{Duration, SystemTime};

const A: &str = "__pycache__/a.cpython-314.pyc";

#[test]
fn statuses() {
    let t = Tree::with(&[("a.py", "x = 1"), ("sub/b.py", "y = 2")]);
    assert_eq!(t.run(&["."]).expect(0).summary(), "Compiled 2 files");
    assert!(is_whole(&t.cache(A)) && is_whole(&t.cache("sub/__pycache__/b.cpython-314.pyc")));
    assert_eq!(t.run(&["."]).expect(0).summary(), "Compiled 0 files (2 unchanged)");
    t.run(&["--check", "."]).expect(0);
    t.write("c.py", "!syntax");
    t.run(&["--check", "."]).expect(3);
    t.run(&["."]).expect(1);
    t.write("c.py", "!panic");
    let r = t.run(&["."]);
    assert!(r.expect(70).err.contains("internal error: ./c.py: "), "{r:#?}");
    t.run(&["nowhere"]).expect(1);
    t.run::<&str>(&[]).expect(2);
    let r = t.run(&["--inavlidation-mode", "timestamp", "."]);
    assert!(r.expect(2).err.contains("--invalidation-mode"), "{r:#?}");
    t.run(&["-o", "3", "."]).expect(2);
    t.run(&["-d", "x", "-s", "y", "."]).expect(2);
    t.run(&["--hardlink-dupes", "."]).expect(2);
    t.run(&["--help"]).expect(0);
}

#[test]
fn one_bad_file_hides_no_other() {
    let t = Tree::with(&[("a.py", "!syntax"), ("b.py", "fine"), ("c.py", "!syntax"), ("d.py", "!panic")]);
    let r = t.run(&["."]);
    assert_eq!(r.expect(70).summary(), "Compiled 1 file (3 failed)");
    let error = |f: &str| format!("  File \"./{f}\", line 1\n    a b\n      ^\nSyntaxError: invalid syntax\n");
    assert!(r.err.starts_with(&(error("a.py") + &error("c.py"))), "{}", r.err);
    let colored = t.run(&["--color", "always", "a.py"]);
    assert!(colored.err.contains("\x1b[1;35mSyntaxError\x1b[0m: \x1b[35minvalid syntax\x1b[0m"), "{}", colored.err);
    assert_eq!(t.run(&["-q", "a.py"]).out, "");
    let silent = t.run(&["-qq", "a.py"]);
    assert_eq!((silent.status, silent.out.as_str(), silent.err.as_str()), (1, "", ""));
}

#[test]
fn warnings_are_said_once() {
    let t = Tree::with(&[("a.py", "'\\d'  # !warn")]);
    let r = t.run(&["-o", "0", "-o", "1", "-o", "2", "."]);
    assert_eq!(r.err, "./a.py:1: SyntaxWarning: invalid escape sequence '\\d'\n  '\\d'  # !warn\n");
}

/// Fresh is what the stats, and failing that the contents, say.
#[test]
fn what_changes_is_compiled_again() {
    let t = Tree::with(&[("a.py", "one"), ("b.py", "two")]);
    let all = "Compiled 0 files (2 unchanged)";
    let one = "Compiled 1 file (1 unchanged)";
    settle();
    t.run(&["."]).expect(0);
    // The same content at another time: a hash does not care.
    set_time(&t.path("a.py"), SystemTime::now() - Duration::from_secs(99));
    assert_eq!(t.run(&["."]).summary(), all);
    // Another content of the same size at the same time: the inode's change time tells.
    let time = fs::metadata(t.path("a.py")).unwrap().modified().unwrap();
    settle();
    t.run(&["."]).expect(0);
    t.write("a.py", "eno");
    set_time(&t.path("a.py"), time);
    assert_eq!(t.run(&["."]).summary(), one);
    // A cache that is gone, cut off, or somebody else's.
    fs::remove_file(t.path(A)).unwrap();
    assert_eq!(t.run(&["."]).summary(), one);
    fs::write(t.path(A), &t.cache(A)[..16]).unwrap();
    assert_eq!(t.run(&["."]).summary(), one);
    fs::write(t.path(A), b"\xcb\x0d\r\n............").unwrap();
    assert_eq!(t.run(&["."]).summary(), one);
    assert!(is_whole(&t.cache(A)));
    // The manifest is only an aid.
    let manifest = t.path("__pycache__/.bunpy-manifest");
    settle();
    assert_eq!(t.run(&["."]).summary(), all);
    assert!(manifest.exists());
    fs::write(&manifest, b"bunpy-manifest 1 and rubbish").unwrap();
    assert_eq!(t.run(&["."]).summary(), all);
    fs::remove_file(&manifest).unwrap();
    assert_eq!(t.run(&["."]).summary(), all);
    assert_eq!(t.run(&["-f", "."]).summary(), "Compiled 2 files");
}

/// A change directly after a run, within a time stamp's grain, is not lost.
#[test]
fn a_racing_change_is_seen() {
    let t = Tree::with(&[("a.py", "0")]);
    for i in 1..20 {
        t.run(&["-q", "."]).expect(0);
        t.write("a.py", &(i % 10).to_string());
        assert_eq!(t.run(&["."]).summary(), "Compiled 1 file", "{i}");
    }
}

#[test]
fn modes_and_levels() {
    let t = Tree::with(&[("a.py", "x")]);
    let flags = |t: &Tree| t.cache(A)[4];
    t.run(&["."]).expect(0);
    assert_eq!(flags(&t), 3);
    assert_eq!(t.run(&["--invalidation-mode", "unchecked-hash", "."]).summary(), "Compiled 1 file");
    assert_eq!(flags(&t), 1);
    assert_eq!(t.run(&["--invalidation-mode", "timestamp", "."]).summary(), "Compiled 1 file");
    let meta = fs::metadata(t.path("a.py")).unwrap();
    let head = t.cache(A)[..16].to_vec();
    assert_eq!(head[4..8], [0; 4]);
    assert_eq!(head[8..12], (meta.mtime() as u32).to_le_bytes());
    assert_eq!(head[12..16], (meta.size() as u32).to_le_bytes());
    assert_eq!(t.run(&["--invalidation-mode", "timestamp", "."]).summary(), "Compiled 0 files (1 unchanged)");
    // A timestamp's cache is stale as soon as the time differs.
    set_time(&t.path("a.py"), SystemTime::now() - Duration::from_secs(99));
    assert_eq!(t.run(&["--invalidation-mode", "timestamp", "."]).summary(), "Compiled 1 file");
    assert_eq!(t.run(&["."]).summary(), "Compiled 1 file");
    // Levels have caches of their own; several are made in one pass.
    t.run(&["-o", "2", "-o", "0", "-o", "1", "."]).expect(0);
    for (level, tag) in [(0, ""), (1, ".opt-1"), (2, ".opt-2")] {
        assert_eq!(t.cache(&format!("__pycache__/a.cpython-314{tag}.pyc"))[16], level);
    }
    assert_eq!(t.run(&["-o", "1", "."]).summary(), "Compiled 0 files (1 unchanged)");
}

#[test]
fn nothing_but_caches_is_written() {
    let t = Tree::with(&[("a.py", "x")]);
    let before = t.snapshot();
    t.run(&["--check", "."]).expect(3);
    assert_eq!(t.snapshot(), before);
    assert!(!t.path("__pycache__").exists());
    t.run(&["."]).expect(0);
    let names: Vec<_> = t.snapshot().into_iter().map(|f| f.0).collect();
    assert_eq!(names, [t.path(A), t.path("a.py")]);
}

/// CPython: `(mode | 0o200) & 0o666`, less the umask.
#[test]
fn a_cache_has_its_sources_mode() {
    let t = Tree::with(&[("a.py", "x")]);
    for (mode, want) in [(0o444, 0o644), (0o600, 0o600), (0o755, 0o644), (0o640, 0o640)] {
        fs::set_permissions(t.path("a.py"), fs::Permissions::from_mode(mode)).unwrap();
        t.run(&["-f", "."]).expect(0);
        let umask = 0o022;
        assert_eq!(fs::metadata(t.path(A)).unwrap().mode() & 0o777, want & !umask, "{mode:o}");
    }
}

#[test]
fn a_cache_that_is_a_link_is_refused() {
    let t = Tree::with(&[("a.py", "x"), ("elsewhere", "precious")]);
    fs::create_dir(t.path("__pycache__")).unwrap();
    symlink("../elsewhere", t.path(A)).unwrap();
    let r = t.run(&["."]);
    assert!(r.expect(1).err.contains("is a symlink and will be changed into a regular file"), "{r:#?}");
    assert_eq!(t.cache("elsewhere"), b"precious");
    assert!(t.temporaries().is_empty());
}

#[test]
fn links_and_odd_names() {
    let t = Tree::with(&[("pkg/a.py", "x"), ("other/o.py", "x")]);
    symlink("..", t.path("pkg/loop")).unwrap();
    symlink("../other/o.py", t.path("pkg/link.py")).unwrap();
    symlink("nowhere.py", t.path("pkg/dangling.py")).unwrap();
    fs::create_dir(t.path("pkg/dir.py")).unwrap();
    let odd = t.path("pkg").join(OsStr::from_bytes(b"\xff\xfe.py"));
    fs::write(&odd, "x").unwrap();
    assert_eq!(t.run(&["pkg"]).expect(0).summary(), "Compiled 3 files");
    assert!(t.path("pkg/__pycache__").join(OsStr::from_bytes(b"\xff\xfe.cpython-314.pyc")).exists());
    let r = t.run(&["-e", "pkg", "-f", "pkg"]);
    assert_eq!(r.summary(), "Compiled 2 files");
    fs::write(&odd, "!syntax").unwrap();
    let r = t.run(&["--message-format", "json", "pkg"]);
    assert!(r.expect(1).out.contains(r#""path":"pkg/\udcff\udcfe.py""#), "{r:#?}");
}

#[test]
fn an_unreadable_directory_or_file_is_an_error_of_its_own() {
    let t = Tree::with(&[("a.py", "x"), ("shut/b.py", "x"), ("c.py", "x")]);
    fs::set_permissions(t.path("shut"), fs::Permissions::from_mode(0o0)).unwrap();
    fs::set_permissions(t.path("c.py"), fs::Permissions::from_mode(0o0)).unwrap();
    let root = fs::read_dir(t.path("shut")).is_ok();
    let r = t.run(&["."]);
    fs::set_permissions(t.path("shut"), fs::Permissions::from_mode(0o755)).unwrap();
    if root {
        // Nothing is unreadable for the super-user.
        assert_eq!(r.expect(0).summary(), "Compiled 3 files");
    } else {
        assert_eq!(r.expect(1).summary(), "Compiled 1 file (2 failed)");
    }
}

#[test]
fn what_is_left_out() {
    let t = Tree::with(&[
        ("a.py", "x"),
        ("gen/b.py", "x"),
        ("sub/c.py", "x"),
        ("sub/skip.py", "x"),
        ("sub/deep/d.py", "x"),
        (".gitignore", "gen/\n"),
        ("sub/.gitignore", "skip.py\n"),
    ]);
    let count = |args: &[&str]| t.run(&[&["-f"], args].concat()).expect(0).summary();
    assert_eq!(count(&["."]), "Compiled 3 files");
    assert_eq!(count(&["--no-ignore", "."]), "Compiled 5 files");
    assert_eq!(count(&["gen/b.py"]), "Compiled 1 file");
    assert_eq!(count(&["--exclude", "deep", "."]), "Compiled 2 files");
    assert_eq!(count(&["--exclude", "/sub/*.py", "."]), "Compiled 2 files");
    assert_eq!(count(&["-x", "deep/d", "--no-ignore", "."]), "Compiled 4 files");
    assert_eq!(count(&["-l", "."]), "Compiled 1 file");
    assert_eq!(count(&["-r", "1", "."]), "Compiled 2 files");
    assert_eq!(count(&["-l", "-r", "1", "."]), "Compiled 2 files");
    t.write("list", "a.py\nsub\n");
    assert_eq!(count(&["-i", "list"]), "Compiled 3 files");
    assert_eq!(count(&["a.py", "./a.py", "."]), "Compiled 4 files");
}

#[test]
fn names_in_the_code() {
    let t = Tree::with(&[("src/a.py", "x")]);
    let name = |args: &[&str]| {
        t.run(&[&["-f"], args].concat()).expect(0);
        let pyc = t.cache("src/__pycache__/a.cpython-314.pyc");
        let len = usize::from(pyc[18]);
        String::from_utf8(pyc[19..19 + len].to_vec()).unwrap()
    };
    assert_eq!(name(&["src"]), "src/a.py");
    assert_eq!(name(&["src/"]), "src/a.py");
    assert_eq!(name(&["-d", "/lib", "src"]), "/lib/a.py");
    assert_eq!(name(&["-s", "src", "-p", "/usr", "src"]), "/usr/a.py");
    assert_eq!(name(&["-s", "other", "src"]), "src/a.py");
    // Under another name a fresh cache is of another setting: the manifest does not vouch for it, the header does.
    t.run(&["-b", "src"]).expect(0);
    assert!(t.path("src/a.pyc").exists());
}

#[test]
fn twins_are_linked() {
    let t = Tree::with(&[("a.py", "!same"), ("b.py", "x")]);
    t.run(&["-o0", "-o1", "-o2", "--hardlink-dupes", "."]).expect(0);
    let inode =
        |n: &str, tag: &str| fs::metadata(t.path(&format!("__pycache__/{n}.cpython-314{tag}.pyc"))).unwrap().ino();
    assert_eq!(inode("a", ""), inode("a", ".opt-1"));
    assert_eq!(inode("a", ""), inode("a", ".opt-2"));
    assert_ne!(inode("b", ""), inode("b", ".opt-1"));
    t.run(&["-f", "-o0", "-o1", "--hardlink-dupes", "."]).expect(0);
    assert_eq!(inode("a", ""), inode("a", ".opt-1"));
    assert!(t.temporaries().is_empty());
}

#[test]
fn orphans_are_pruned() {
    let t = Tree::with(&[("a.py", "x"), ("gone/b.py", "x"), ("__pycache__/z.cpython-313.pyc", "other")]);
    t.run(&["-o0", "-o2", "."]).expect(0);
    fs::remove_file(t.path("gone/b.py")).unwrap();
    t.run(&["--check", "--prune", "."]).expect(3);
    assert!(t.path("gone/__pycache__/b.cpython-314.pyc").exists());
    assert_eq!(t.run(&["--prune", "."]).expect(0).summary(), "Compiled 0 files (1 unchanged, 2 pruned)");
    assert!(!t.path("gone/__pycache__").exists());
    assert!(t.path(A).exists() && t.path("__pycache__/z.cpython-313.pyc").exists());
}

#[test]
fn the_store_is_shared_under_any_name() {
    let t = Tree::with(&[("one/a.py", "text"), ("two/deeper/b.py", "text"), ("two/w.py", "!warn")]);
    t.run(&["--store", "store", "one"]).expect(0);
    let stored = || t.snapshot().iter().filter(|f| f.0.starts_with(t.path("store"))).count();
    assert_eq!(stored(), 1);
    t.run(&["--store", "store", "two"]).expect(0);
    assert_eq!(stored(), 1, "the same source is stored once, what warns is not");
    let with = t.cache("two/deeper/__pycache__/b.cpython-314.pyc");
    t.run(&["-f", "two"]).expect(0);
    // The checksum of the stub is over the name as well: all but it is as the compiler made it.
    let without = t.cache("two/deeper/__pycache__/b.cpython-314.pyc");
    assert_eq!(with[..with.len() - 8], without[..without.len() - 8]);
}

#[test]
fn json_is_one_object_a_line() {
    let t = Tree::with(&[("a.py", "!syntax"), ("b.py", "!warn"), ("c.py", "!panic")]);
    let r = t.run(&["--message-format", "json", "."]);
    let objects: Vec<serde_json::Value> = r.out.lines().map(|l| serde_json::from_str(l).unwrap()).collect();
    let reasons: Vec<&str> = objects.iter().map(|o| o["reason"].as_str().unwrap()).collect();
    assert_eq!(reasons, ["diagnostic", "diagnostic", "compiled", "diagnostic", "summary"]);
    assert_eq!(objects[0]["type"], "SyntaxError");
    assert_eq!(objects[0]["column"], 3);
    assert_eq!(objects[1]["level"], "warning");
    assert_eq!(objects[2]["cache"], "./__pycache__/b.cpython-314.pyc");
    assert_eq!(objects[4]["failed"], 2);
    assert_eq!(r.err, "");
}

#[test]
fn configuration() {
    let t = Tree::with(&[
        ("src/a.py", "x"),
        ("src/vendor/v.py", "x"),
        ("pyproject.toml", "[tool.bunpy]\npaths = ['src']\nexclude = ['vendor']\noptimize = [0, 1]\n"),
    ]);
    assert_eq!(t.run::<&str>(&[]).expect(0).summary(), "Compiled 1 file");
    assert!(t.path("src/__pycache__/a.cpython-314.opt-1.pyc").exists());
    assert_eq!(t.run(&["--no-config", "src"]).summary(), "Compiled 1 file (1 unchanged)");
    t.write("pyproject.toml", "[tool.bunpy]\noptimise = 1\n");
    let r = t.run(&["src"]);
    assert!(r.expect(2).err.contains("did you mean 'optimize'?"), "{r:#?}");
}

#[test]
fn explanations() {
    let t = Tree::with(&[("a.py", "x")]);
    let said = |t: &Tree, args: &[&str]| t.run(&[&["explain"], args].concat()).expect(0).out.clone();
    assert!(said(&t, &["a.py"]).contains("not used: there is none"));
    settle();
    t.run(&["."]).expect(0);
    assert!(said(&t, &["a.py"]).contains("used: source and cache are as the manifest remembers them"));
    assert!(said(&t, &["--invalidation-mode", "timestamp", "a.py"]).contains("its invalidation mode is checked-hash"));
    t.write("a.py", "y");
    assert!(said(&t, &["a.py"]).contains("not used: it was made of a source with hash"));
    t.run(&["explain", "nowhere.py"]).expect(1);
}

/// The same bytes whatever the number of workers, and the same words in the same order.
#[test]
fn workers_do_not_show() {
    let mut seen = Vec::new();
    for jobs in ["1", "2", "16", "0"] {
        let t = Tree::new();
        for i in 0..60 {
            let text = format!("{}{}", if i % 7 == 0 { "!syntax" } else { "!small" }, "#".repeat(i * 37 % 501));
            t.write(&format!("p{}/m{i}.py", i % 5), &text);
        }
        let r = t.run(&["-j", jobs, "-o0", "-o2", "."]);
        r.expect(1);
        let files: Vec<_> =
            t.snapshot().into_iter().map(|(p, b)| (p.strip_prefix(&t.0).unwrap().to_owned(), b)).collect();
        seen.push((files, r.err, r.out.lines().count()));
    }
    assert!(seen.windows(2).all(|w| w[0] == w[1]));
}
