//! The real program beside CPython: the same bytes in every mode and level, the same text for what is refused.
//! Skipped, and says so, where there is no oracle.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)] // a test's failure is a panic

mod common;

use common::{Run, Tree};
use std::fs;
use std::path::PathBuf;
use std::process::{Command, Stdio};

fn python() -> Option<PathBuf> {
    let prefix = match std::env::var_os("ORACLE") {
        Some(p) => PathBuf::from(p),
        None => PathBuf::from(std::env::var_os("HOME")?).join(".cache/cpython-3.14"),
    };
    let python = prefix.join("usr/bin/python3.14");
    if !python.exists() {
        eprintln!("skipped: no oracle at {}", python.display());
        return None;
    }
    Some(python)
}

fn ours(t: &Tree, args: &[&str]) -> Run {
    let mut command = Command::new(env!("CARGO_BIN_EXE_bunpy-compile"));
    Run::of(command.args(args).arg("--no-config").current_dir(&t.0).stdin(Stdio::null()).output().unwrap())
}

fn theirs(t: &Tree, python: &PathBuf, script: &str, args: &[&str]) -> String {
    let out =
        Command::new(python).args(["-I", "-W", "ignore", "-c", script]).args(args).current_dir(&t.0).output().unwrap();
    assert!(out.status.success(), "{}", String::from_utf8_lossy(&out.stderr));
    String::from_utf8(out.stdout).unwrap()
}

const GOOD: &[(&str, &[u8])] = &[
    (
        "plain.py",
        b"def f(a, *b, c=1, **d):\n    \"doc\"\n    assert a\n    return [x for x in b if x], lambda: (c, d)\n",
    ),
    ("crlf.py", b"x = 1\r\nif x:\r\n    y = '\\u00e9'\r\n"),
    ("bom.py", b"\xef\xbb\xbfx = 'caf\xc3\xa9'\n"),
    ("latin.py", b"# -*- coding: latin-1 -*-\nx = 'caf\xe9'\n"),
    ("koi.py", b"# vim: set fileencoding=koi8-r :\nx = '\xd0\xd2\xc9\xd7\xc5\xd4'\n"),
    ("sjis.py", b"# coding: shift_jis\nx = '\x93\xfa\x96\x7b'\n"),
    ("gbk.py", b"# coding: gbk\nx = '\xc4\xe3\xba\xc3'\n"),
    ("names.py", "\u{fb01}n\u{ff41}l = '\\N{GREEK SMALL LETTER ALPHA}\\N{NBSP}'\n".as_bytes()),
    ("surrogates.py", b"x = '\\ud800', '\\udc00\\ud800', b'\\xff'\n"),
    ("empty.py", b""),
    ("no_newline.py", b"class C[T]:\n    async def g(self): yield await self"),
];

/// One directory, three modes, three levels: CPython's bytes, header and all.
#[test]
fn same_bytes() {
    let Some(python) = python() else { return };
    let t = Tree::new();
    for (name, text) in GOOD {
        fs::write(t.path(name), text).unwrap();
    }
    fs::write(t.path("caf\u{e9}.py"), "x = __file__\n").unwrap();
    let dir = t.0.to_str().unwrap().to_owned();
    for mode in ["checked-hash", "unchecked-hash", "timestamp"] {
        let script = "import py_compile, sys, glob\n\
                      mode = py_compile.PycInvalidationMode[sys.argv[2]]\n\
                      for f in glob.glob(sys.argv[1] + '/*.py'):\n    \
                          for o in 0, 1, 2: py_compile.compile(f, doraise=True, optimize=o, invalidation_mode=mode)\n";
        theirs(&t, &python, script, &[&dir, &mode.to_uppercase().replace('-', "_")]);
        let want = t.snapshot();
        fs::remove_dir_all(t.path("__pycache__")).unwrap();
        let r = ours(&t, &["-o0", "-o1", "-o2", "--invalidation-mode", mode, &dir]);
        assert_eq!(r.expect(0).err, "");
        let got = t.snapshot();
        assert_eq!(got.iter().map(|f| &f.0).collect::<Vec<_>>(), want.iter().map(|f| &f.0).collect::<Vec<_>>());
        for (got, want) in got.iter().zip(&want) {
            assert!(got.1 == want.1, "{} differs, {mode}", got.0.display());
        }
        assert_eq!(want.len(), 4 * (GOOD.len() + 1));
    }
}

/// Code out of the store is the code that is compiled, under whatever name.
#[test]
fn same_bytes_from_the_store() {
    let t = Tree::new();
    let sources = |dir: &str| {
        for (name, text) in GOOD {
            fs::create_dir_all(t.path(dir)).unwrap();
            fs::write(t.path(dir).join(name), text).unwrap();
        }
    };
    let caches =
        || -> Vec<_> { t.snapshot().into_iter().filter(|f| f.0.extension().is_some_and(|e| e == "pyc")).collect() };
    sources("one");
    ours(&t, &["--store", "store", "one"]).expect(0);
    let stored = t.snapshot().iter().filter(|f| f.0.starts_with(t.path("store"))).count();
    assert_eq!(stored, GOOD.len());
    fs::remove_dir_all(t.path("one")).unwrap();
    for dir in
        ["two", "caf\u{e9}/a rather long name of a directory, so that the length of the path takes more than it did"]
    {
        sources(dir);
        ours(&t, &["--store", "store", dir]).expect(0);
        let from_store = caches();
        assert_eq!(from_store.len(), GOOD.len());
        ours(&t, &["-f", dir]).expect(0);
        assert!(caches() == from_store, "{dir}");
        fs::remove_dir_all(t.path(dir.split('/').next().unwrap())).unwrap();
    }
}

const BAD: &[&str] = &[
    "a b\n",
    "def f(:\n    pass\n",
    "if x:\npass\n",
    "  x\n y\n",
    "x = (1,\n",
    "x = 'abc\n",
    "return 1\n",
    "def f():\n\tx\n        y\n",
    "f(**a, *b)\n",
    "print 'x'\n",
    "\u{e9}\u{e9} \u{201c}x\u{201d}\n",
    "class C:\n    nonlocal x\n",
    "f'{a b}'\n",
    "import a.b as c.d\n",
    "x = 1 +\n",
    "break\n",
    "def f(a, a): pass\n",
    "from __future__ import nothing\n",
    "match x:\n    case a: pass\n    case b: pass\n",
    "x = '\\N{NO SUCH NAME}'\n",
];

/// What is refused is shown as `traceback` shows it. (Its guesses at mistyped keywords are not made: none is in the list.)
#[test]
fn same_words() {
    let Some(python) = python() else { return };
    let t = Tree::new();
    for (i, text) in BAD.iter().enumerate() {
        fs::write(t.path(&format!("m{i:02}.py")), text).unwrap();
    }
    let script = "import glob, traceback\n\
                  for f in sorted(glob.glob('m*.py')):\n    \
                      try: compile(open(f, 'rb').read(), f, 'exec')\n    \
                      except SyntaxError as e: print(''.join(traceback.format_exception_only(e)), end='')\n    \
                      else: print(f, 'compiles')\n";
    let want = theirs(&t, &python, script, &[]);
    let files: Vec<String> = (0..BAD.len()).map(|i| format!("m{i:02}.py")).collect();
    let args: Vec<&str> = files.iter().map(String::as_str).collect();
    let r = ours(&t, &args);
    assert_eq!(r.expect(1).err, want);
}
