//! `cargo x dis`: the dis text of .pyc files, alone or against CPython's.
//!
//! Invariant: one oracle process serves all files; addresses are masked and elements of sets sorted on both sides, nothing
//! else is. Next: `dis.py` of the test harness for the oracle's side.

use std::io::{BufRead, BufReader, Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitCode, Stdio};

use crate::{oracle, pyc_files};

const WORDS: [&str; 4] = ["caches", "offsets", "positions", "info"];

pub fn run(args: &[String]) -> ExitCode {
    let (mut diff, mut words, mut paths) = (false, Vec::new(), Vec::new());
    for arg in args {
        match arg.strip_prefix("--") {
            Some("diff-cpython") => diff = true,
            Some(word) if WORDS.contains(&word) => words.push(word),
            Some(_) => {
                eprintln!("cargo x dis: no option {arg}");
                return ExitCode::from(2);
            }
            None => paths.push(arg.clone()),
        }
    }
    let paths = pyc_files::find(&paths);
    match if diff { compare(&words, &paths) } else { show(&words, &paths) } {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(why) => {
            eprintln!("cargo x dis: {why}");
            ExitCode::from(2)
        }
    }
}

fn show(words: &[&str], paths: &[PathBuf]) -> Result<bool, String> {
    for path in paths {
        std::io::stdout().write_all(our_text(path, words)?.as_bytes()).map_err(|e| e.to_string())?;
    }
    Ok(true)
}

fn our_text(path: &Path, words: &[&str]) -> Result<String, String> {
    let file = std::fs::read(path).map_err(|e| format!("{}: {e}", path.display()))?;
    let (_, loaded) = pyc_format::read_pyc(&file).map_err(|e| format!("{}: {e}", path.display()))?;
    Ok(bunpy_tests::dis::text(&loaded.graph, loaded.root, words, pyc_format::dis::output_limit(file.len())))
}

fn compare(words: &[&str], paths: &[PathBuf]) -> Result<bool, String> {
    let mut child = start(words, paths)?;
    let mut theirs = BufReader::new(child.stdout.take().ok_or("no pipe to the oracle")?);
    let (mut lines, mut different) = (0, 0);
    for path in paths {
        let expected = next_text(&mut theirs).map_err(|e| format!("{}: the oracle: {e}", path.display()))?;
        let text = our_text(path, words).unwrap_or_else(|why| why);
        lines += expected.iter().filter(|&&byte| byte == b'\n').count();
        if expected != text.as_bytes() {
            different += 1;
            report(path, &expected, &text);
        }
    }
    child.wait().map_err(|e| e.to_string())?;
    println!("dis: {} files, {lines} lines, {different} files differ", paths.len());
    Ok(different == 0)
}

/// An oracle that prints the text of each file.
fn start(words: &[&str], paths: &[PathBuf]) -> Result<Child, String> {
    let python = oracle::python().ok_or("the oracle is not installed: `cargo x oracle`")?;
    let mut child = Command::new(python)
        .args(["-I", "-X", "utf8", "-c", bunpy_tests::dis::SCRIPT])
        .args(words)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .map_err(|e| e.to_string())?;
    let mut list = String::new();
    for path in paths {
        list.push_str(path.to_str().ok_or("a path is not UTF-8")?);
        list.push('\n');
    }
    // It reads all names before it writes anything.
    child.stdin.take().ok_or("no pipe to the oracle")?.write_all(list.as_bytes()).map_err(|e| e.to_string())?;
    Ok(child)
}

fn next_text(pipe: &mut impl BufRead) -> Result<Vec<u8>, String> {
    let mut length = String::new();
    pipe.read_line(&mut length).map_err(|e| e.to_string())?;
    let length: u64 = length.trim().parse().map_err(|_| "it stopped".to_owned())?;
    let mut text = Vec::new();
    pipe.take(length).read_to_end(&mut text).map_err(|e| e.to_string())?;
    Ok(text)
}

/// The first line that differs.
fn report(path: &Path, theirs: &[u8], ours: &str) {
    let theirs = String::from_utf8_lossy(theirs);
    let (mut their_lines, mut our_lines) = (theirs.lines(), ours.lines());
    for number in 1.. {
        let (their, our) = (their_lines.next(), our_lines.next());
        if their != our || their.is_none() {
            println!("{} differs at line {number}:", path.display());
            println!("  CPython {}", their.unwrap_or("(ends)"));
            println!("  ours    {}", our.unwrap_or("(ends)"));
            return;
        }
    }
}
