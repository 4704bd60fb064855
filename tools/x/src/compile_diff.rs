//! `cargo x compile-diff [-O LEVEL] TREE...`: every file of a tree compiled, its bytes compared with the reference.
//!
//! The reference is the .pyc that CPython wrote beside the source, in `__pycache__` (reference.py); its co_filename
//! says under which name the file is compiled.
//!
//! Invariant: the comparison is of bytes; what differs is named by [`bunpy_tests::compile`].

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use bunpy_compiler::Options;
use bunpy_compiler::compile::Compiler;
use bunpy_tests::compile::{Difference, difference};
use pyc_format::marshal::Value;
use pyc_text::Wtf8;

use crate::passes::find_py;

pub fn run(args: &[String]) -> ExitCode {
    let (optimize, paths) = level_and_paths(args);
    // As deep as a tree may be.
    let worker = std::thread::Builder::new().stack_size(256 << 20);
    let worker = worker.spawn(move || compare_all(&paths, optimize)).expect("a thread starts");
    if worker.join().unwrap_or(false) { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// The arguments `[-O LEVEL] PATH...`.
pub fn level_and_paths(args: &[String]) -> (u8, Vec<String>) {
    let (mut optimize, mut paths) = (0, Vec::new());
    let mut rest = args.iter();
    while let Some(arg) = rest.next() {
        match arg.as_str() {
            "-O" => optimize = rest.next().and_then(|level| level.parse().ok()).unwrap_or(0),
            _ => paths.push(arg.clone()),
        }
    }
    (optimize, paths)
}

fn compare_all(paths: &[String], optimize: u8) -> bool {
    let mut compiler = Compiler::new();
    let mut kinds: BTreeMap<String, usize> = BTreeMap::new();
    let (mut n_files, mut n_equal) = (0, 0);
    for path in find_py(paths) {
        let reference = cache_of(&path, optimize);
        let Ok(reference) = std::fs::read(&reference) else { continue };
        n_files += 1;
        match compare(&mut compiler, &path, &reference, optimize) {
            Ok(()) => n_equal += 1,
            Err(difference) => {
                *kinds.entry(difference.kind.clone()).or_default() += 1;
                println!("{}: {}: {}\n{}", path.display(), difference.place, difference.kind, difference.detail);
            }
        }
    }
    for (kind, count) in kinds {
        println!("{count:6} {kind}");
    }
    println!("{n_equal} of {n_files} files equal");
    n_equal == n_files
}

/// PEP 3147's place for the file's cache.
fn cache_of(path: &Path, optimize: u8) -> PathBuf {
    let stem = path.file_stem().unwrap_or_default().to_string_lossy();
    let level = if optimize == 0 { String::new() } else { format!(".opt-{optimize}") };
    path.with_file_name("__pycache__").join(format!("{stem}.cpython-314{level}.pyc"))
}

fn compare(compiler: &mut Compiler, path: &Path, reference: &[u8], optimize: u8) -> Result<(), Difference> {
    let unreadable = |error: String| Difference::new("", "unreadable", error);
    let source = std::fs::read(path).map_err(|error| unreadable(error.to_string()))?;
    let (_, expected) = pyc_format::read_pyc(reference).map_err(|error| unreadable(error.to_string()))?;
    let filename = match expected.graph.as_code(expected.root).map(|code| expected.graph.get(code.filename)) {
        Some(Value::Str(text)) => text.bytes.to_vec(),
        _ => return Err(unreadable("no code object".into())),
    };
    let options = Options { optimize, ..Options::default() };
    let compiled = compiler.compile(&source, Wtf8::trusted(&filename), options, &mut Vec::new());
    let compiled = compiled.map_err(|error| Difference::new("", "rejected", format!("{error:?}")))?;
    let body = reference.get(pyc_format::header::HEADER_SIZE..).unwrap_or_default();
    difference(body, &compiled).map_or(Ok(()), Err)
}
