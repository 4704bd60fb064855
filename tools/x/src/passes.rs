//! `cargo x passes [-O LEVEL] PATH...`: each pass's result compared with CPython's, the first that differs shown.
//!
//! Invariant: a pass is judged alone, from the source on: a difference in one does not hide one in a later pass. A file
//! that CPython rejects is equal only with the same message and place.

use std::collections::{BTreeMap, HashMap};
use std::path::PathBuf;
use std::process::ExitCode;

use bumpalo::Bump;
use bunpy_compiler::compile::{Compiler, Passes};
use bunpy_compiler::constants::Objects;
use bunpy_compiler::error::{CompileError, CompileWarning, ErrorKind};
use bunpy_compiler::flowgraph::Flowgraph;
use bunpy_compiler::future::future_from_ast;
use bunpy_compiler::names::Names;
use bunpy_compiler::parse::parse_module;
use bunpy_compiler::symtable::Symtable;
use bunpy_compiler::{Mode, Options, ast_dump, codegen, preprocess, source, symtable};

use pyc_text::Wtf8;

use crate::oracle;

const SCRIPT: &str = include_str!("../../oracle/passes.py");
/// Files that one oracle process answers for: its answer is held in memory.
const BATCH: usize = 200;

type Dump = fn(&str, u8) -> Result<String, CompileError>;
const PASSES: [(&str, Dump); 5] = [
    ("tree", tree),
    ("preprocessed", preprocessed),
    ("symbols", symbols),
    ("sequences", sequences),
    ("warnings", warnings),
];

pub fn run(args: &[String]) -> ExitCode {
    let (optimize, paths) = crate::compile_diff::level_and_paths(args);
    // As deep as a tree may be.
    let worker = std::thread::Builder::new().stack_size(256 << 20);
    let worker = worker.spawn(move || compare_all(&find_py(&paths), optimize)).expect("a thread starts");
    match worker.join() {
        Ok(Ok(0)) => ExitCode::SUCCESS,
        Ok(Ok(_)) => ExitCode::FAILURE,
        Ok(Err(error)) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
        Err(_) => ExitCode::FAILURE,
    }
}

/// The number of files that differ.
fn compare_all(files: &[PathBuf], optimize: u8) -> Result<usize, String> {
    let folder = oracle::root().join("tools/oracle");
    let arguments = [folder.to_string_lossy().into_owned(), optimize.to_string()];
    let mut different: BTreeMap<&str, usize> = BTreeMap::new();
    let mut n_different = 0;
    for batch in files.chunks(BATCH) {
        let ask = |paths: &[PathBuf]| {
            let names: String = paths.iter().map(|path| format!("{}\n", path.display())).collect();
            let answer = oracle::ask(SCRIPT, &arguments.each_ref().map(String::as_str), &names)?;
            Ok::<_, String>(String::from_utf8_lossy(&answer).into_owned())
        };
        let mut answer = format!("\n{}", ask(batch)?);
        // The oracle's own test module crashes now and then, by the seed of its hashes: another process, another seed.
        for path in batch {
            for _ in 0..8 {
                if answer.contains(&format!("\n== {}\n", path.display())) {
                    break;
                }
                answer.push_str(&ask(std::slice::from_ref(path))?);
            }
        }
        let answers: HashMap<&str, &str> =
            answer.split("\n== ").filter_map(|of_file| of_file.split_once('\n')).collect();
        for path in batch {
            let of_file = answers.get(&*path.to_string_lossy()).copied().unwrap_or_default();
            let of_file = split_passes(of_file);
            let bytes = std::fs::read(path).unwrap_or_default();
            let text = source::decode(&bytes);
            let mut shown = false;
            for (pass, dump) in PASSES {
                let expected = of_file.get(pass).copied().unwrap_or("the oracle says nothing").trim_end();
                let got = text.as_ref().map_err(CompileError::clone).and_then(|text| dump(text, optimize));
                let got = got.unwrap_or_else(show_error);
                if got.trim_end() == expected {
                    continue;
                }
                *different.entry(pass).or_default() += 1;
                if !std::mem::replace(&mut shown, true) {
                    n_different += 1;
                    show_difference(&path.display().to_string(), pass, expected, &got);
                }
            }
        }
    }
    for (pass, count) in different {
        println!("{count:6} {pass}");
    }
    println!("{} files, {n_different} differ", files.len());
    Ok(n_different)
}

/// The lines below each line `-- PASS`.
fn split_passes(text: &str) -> HashMap<&str, &str> {
    let mut passes = HashMap::new();
    let mut rest = text;
    while let Some(start) = rest.strip_prefix("-- ") {
        let (name, below) = start.split_once('\n').unwrap_or((start, ""));
        let end = if below.starts_with("-- ") { 0 } else { below.find("\n-- ").map_or(below.len(), |at| at + 1) };
        passes.insert(name, &below[..end]);
        rest = &below[end..];
    }
    passes
}

fn show_difference(path: &str, pass: &str, expected: &str, got: &str) {
    let (expected, got): (Vec<_>, Vec<_>) = (expected.lines().collect(), got.lines().collect());
    let at = expected.iter().zip(&got).position(|(a, b)| a != b).unwrap_or(expected.len().min(got.len()));
    println!("{path}: {pass}, line {at}");
    for (side, lines) in [("CPython", &expected), ("here   ", &got)] {
        println!("  {side} {}", lines.get(at).unwrap_or(&"(no more)"));
    }
}

fn show_error(error: CompileError) -> String {
    if !matches!(error.kind, ErrorKind::SyntaxError) {
        return format!("{:?}\n", error.kind);
    }
    let show = |number: Option<i64>| number.map_or("-".into(), |number| number.to_string());
    format!(
        "SyntaxError {}:{}-{}:{} {}\n",
        show(error.lineno.map(i64::from)),
        show(error.offset),
        show(error.end_lineno.map(i64::from)),
        show(error.end_offset),
        error.message
    )
}

fn tree(text: &str, _: u8) -> Result<String, CompileError> {
    let arena = Bump::new();
    let names = Names::new(&arena);
    let parsed = parse_module(arena.alloc_str(text), Mode::Exec, 0, &arena, &names)?;
    Ok(ast_dump::dump(&parsed.module, &names))
}

fn preprocessed(text: &str, optimize: u8) -> Result<String, CompileError> {
    let arena = Bump::new();
    let names = Names::new(&arena);
    let mut parsed = parse_module(arena.alloc_str(text), Mode::Exec, 0, &arena, &names)?;
    let future = future_from_ast(&names, &parsed.module)?;
    preprocess::preprocess(&arena, &mut parsed.module, optimize, future.features, &mut Vec::new())?;
    Ok(ast_dump::dump(&parsed.module, &names))
}

fn symbols(text: &str, _: u8) -> Result<String, CompileError> {
    let arena = Bump::new();
    let names = Names::new(&arena);
    let parsed = parse_module(arena.alloc_str(text), Mode::Exec, 0, &arena, &names)?;
    let future = future_from_ast(&names, &parsed.module)?;
    let mut table = Symtable::default();
    table.build(&names, &parsed.module, &future)?;
    Ok(symtable::dump(&table, &names))
}

fn sequences(text: &str, optimize: u8) -> Result<String, CompileError> {
    let arena = Bump::new();
    let names = Names::new(&arena);
    let mut objects = Objects::new(&arena, &names);
    let (mut symtable, mut flowgraph, mut warnings) = (Symtable::default(), Flowgraph::default(), Vec::new());
    let mut passes = Passes {
        arena: &arena,
        names: &names,
        objects: &mut objects,
        symtable: &mut symtable,
        flowgraph: &mut flowgraph,
        warnings: &mut warnings,
    };
    let text = arena.alloc_str(text);
    let analyzed = passes.analyze(text, Options { optimize, ..Options::default() })?;
    let filename = passes.objects.str("<file>".into());
    let sequence = codegen::sequences(passes.input(filename, analyzed.options), analyzed.tree)?;
    let mut out = String::new();
    sequence.write(&mut out, 0);
    // The oracle starts from a tree: the parser's are not shown.
    let n_of_parser = parse_module(text, Mode::Exec, 0, &arena, &names)?.warnings.len();
    for warning in warnings.iter().skip(n_of_parser) {
        out.push_str(&format!("WARNING {}: {}\n", warning.lineno, warning.message));
    }
    Ok(out)
}

fn warnings(text: &str, optimize: u8) -> Result<String, CompileError> {
    let mut warnings = Vec::new();
    let options = Options { optimize, ..Options::default() };
    Compiler::new().compile_text(text, Wtf8::from_str("<file>"), options, &mut warnings)?;
    let line = |warning: &CompileWarning| format!("{:?} {}: {}\n", warning.category, warning.lineno, warning.message);
    Ok(warnings.iter().map(line).collect())
}

/// All .py below the given files and directories, in the order of their paths.
pub fn find_py(paths: &[String]) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut open: Vec<PathBuf> = paths.iter().map(PathBuf::from).collect();
    while let Some(path) = open.pop() {
        if path.is_dir() {
            open.extend(std::fs::read_dir(&path).into_iter().flatten().flatten().map(|entry| entry.path()));
        } else if path.extension().is_some_and(|extension| extension == "py") && path.exists() {
            found.push(path);
        }
    }
    found.sort();
    found
}
