//! `cargo x dis`: the dis text of .pyc files, alone or against CPython's.
//!
//! Invariant: one oracle process serves all files; addresses are masked and elements of sets sorted on both sides, nothing
//! else is. Next: `dis.py` for the oracle's side.

use std::io::{BufRead, BufReader, Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitCode, Stdio};

use pyc_format::dis::{self, Options};
use pyc_format::marshal::{Graph, ObjRef};

use crate::{oracle, pyc_files};

/// What is asked for: `--diff-cpython`, `--caches`, `--offsets`, `--positions`, `--info`, paths.
struct Request {
    diff: bool,
    info: bool,
    options: Options,
    paths: Vec<PathBuf>,
}

pub fn run(args: &[String]) -> ExitCode {
    let mut request = Request {
        diff: false,
        info: false,
        options: Options { sort_sets: true, ..Options::default() },
        paths: Vec::new(),
    };
    let mut paths = Vec::new();
    for arg in args {
        match arg.as_str() {
            "--diff-cpython" => request.diff = true,
            "--caches" => request.options.show_caches = true,
            "--offsets" => request.options.show_offsets = true,
            "--positions" => request.options.show_positions = true,
            "--info" => request.info = true,
            path => paths.push(path.to_owned()),
        }
    }
    request.paths = pyc_files::find(&paths);
    let result = if request.diff { compare(&request) } else { show(&request) };
    match result {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(why) => {
            eprintln!("cargo x dis: {why}");
            ExitCode::from(2)
        }
    }
}

fn show(request: &Request) -> Result<bool, String> {
    for path in &request.paths {
        let text = our_text(path, request)?;
        std::io::stdout().write_all(text.as_bytes()).map_err(|e| e.to_string())?;
    }
    Ok(true)
}

fn our_text(path: &Path, request: &Request) -> Result<String, String> {
    let file = std::fs::read(path).map_err(|e| format!("{}: {e}", path.display()))?;
    let (_, loaded) = pyc_format::read_pyc(&file).map_err(|e| format!("{}: {e}", path.display()))?;
    if !request.info {
        return Ok(dis::dis_text(&loaded.graph, loaded.root, &request.options, dis::output_limit(file.len())));
    }
    let mut text = String::new();
    info(&loaded.graph, loaded.root, &mut text);
    Ok(text)
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

fn compare(request: &Request) -> Result<bool, String> {
    let Options { show_caches, show_offsets, show_positions, .. } = request.options;
    let words =
        [(show_caches, "caches"), (show_offsets, "offsets"), (show_positions, "positions"), (request.info, "info")];
    let words: Vec<&str> = words.iter().filter(|(on, _)| *on).map(|(_, word)| *word).collect();
    let mut child = start(&words, &request.paths)?;
    let mut theirs = BufReader::new(child.stdout.take().ok_or("no pipe to the oracle")?);
    let (mut lines, mut different) = (0, 0);
    for path in &request.paths {
        let expected = next_text(&mut theirs).map_err(|e| format!("{}: the oracle: {e}", path.display()))?;
        let text = our_text(path, request).unwrap_or_else(|why| why);
        lines += expected.iter().filter(|&&byte| byte == b'\n').count();
        if expected != text.as_bytes() {
            different += 1;
            report(path, &expected, &text);
        }
    }
    child.wait().map_err(|e| e.to_string())?;
    println!("dis: {} files, {lines} lines, {different} files differ", request.paths.len());
    Ok(different == 0)
}

/// An oracle that prints the text of each file.
fn start(words: &[&str], paths: &[PathBuf]) -> Result<Child, String> {
    let python = oracle::python().ok_or("the oracle is not installed: `cargo x oracle`")?;
    let mut child = Command::new(python)
        .args(["-I", "-X", "utf8", "-c", include_str!("dis.py")])
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
