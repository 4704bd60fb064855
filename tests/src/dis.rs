//! dis/NAME.py: CPython made NAME.pyc of it, and NAME.txt is the text of its dis for that. No oracle is needed to judge.
//!
//! Invariant: three texts in one file, each after a line of its own (`PARTS`); addresses are masked, elements of sets sorted.
//! Next: `dis.py`, which `cargo x dis --diff-cpython` runs over whole libraries.

use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};

use pyc_format::dis::{self, Options};
use pyc_format::marshal::{Graph, ObjRef};
use pyc_format::read_pyc;

/// Prints the dis text of .pyc files as CPython writes it; its head says how it is asked.
pub const SCRIPT: &str = include_str!("dis.py");

/// The words that the script is asked with.
const PARTS: [&[&str]; 3] = [&[], &["caches", "offsets", "positions"], &["info"]];

pub fn judge(source: &Path) -> Result<(), String> {
    let read = |path: &Path| std::fs::read(path).map_err(|e| format!("{}: {e} (cargo x bless)", path.display()));
    let expected = String::from_utf8_lossy(&read(&source.with_extension("txt"))?).into_owned();
    let (_, loaded) = read_pyc(&read(&source.with_extension("pyc"))?).map_err(|error| error.to_string())?;
    let mut ours = String::new();
    for words in PARTS {
        ours.push_str(&title(words));
        ours.push_str(&text(&loaded.graph, loaded.root, words, usize::MAX));
    }
    match expected.lines().zip(ours.lines()).enumerate().find(|(_, (theirs, ours))| theirs != ours) {
        Some((at, (theirs, ours))) => Err(format!("line {}: CPython writes\n{theirs}\nours is\n{ours}", at + 1)),
        None if expected.len() != ours.len() => Err("one text is longer".into()),
        None => Ok(()),
    }
}

pub fn bless(python: &Path, source: &Path) -> Result<bool, String> {
    let compiled = source.with_extension("pyc");
    let before = std::fs::read(&compiled).ok();
    let compile = "import os, py_compile as c, sys; s, f = sys.argv[1:]\n\
        c.compile(s, f, os.path.basename(s), doraise=True, invalidation_mode=c.PycInvalidationMode.CHECKED_HASH)";
    run(python, compile, &[&source.to_string_lossy(), &compiled.to_string_lossy()], "")?;
    let mut expected = Vec::new();
    for words in PARTS {
        let output = run(python, SCRIPT, words, &compiled.to_string_lossy())?;
        let at = output.iter().position(|&byte| byte == b'\n').ok_or("the oracle printed nothing")?;
        expected.extend(title(words).into_bytes());
        expected.extend(&output[at + 1..]);
    }
    let text = super::write_if_changed(&source.with_extension("txt"), &expected)?;
    Ok(text || std::fs::read(&compiled).ok() != before)
}

/// The text that the script gives for these words.
pub fn text(graph: &Graph, root: ObjRef, words: &[&str], limit: usize) -> String {
    let asked = |word| words.contains(&word);
    if asked("info") {
        let mut out = String::new();
        info(graph, root, &mut out);
        return out;
    }
    let options = Options {
        show_caches: asked("caches"),
        show_offsets: asked("offsets"),
        show_positions: asked("positions"),
        sort_sets: true,
        ..Options::default()
    };
    dis::dis_text(graph, root, &options, limit)
}

/// `code_info` of a code object and of those nested in it.
fn info(graph: &Graph, obj: ObjRef, out: &mut String) {
    let Some(code) = graph.as_code(obj) else { return };
    if !out.is_empty() {
        out.push('\n');
    }
    dis::info::code_info(graph, code, true, out).expect("a String takes everything");
    for &item in graph.as_tuple(code.consts).unwrap_or_default() {
        info(graph, item, out);
    }
}

fn title(words: &[&str]) -> String {
    format!("==== {}\n", if words.is_empty() { "plain".into() } else { words.join(" ") })
}

fn run(python: &Path, script: &str, args: &[&str], input: &str) -> Result<Vec<u8>, String> {
    let mut child = Command::new(python)
        .args(["-I", "-X", "utf8", "-c", script])
        .args(args)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .map_err(|e| e.to_string())?;
    child.stdin.take().ok_or("no pipe")?.write_all(input.as_bytes()).map_err(|e| e.to_string())?;
    let output = child.wait_with_output().map_err(|e| e.to_string())?;
    if output.status.success() { Ok(output.stdout) } else { Err(format!("the oracle: {}", output.status)) }
}
