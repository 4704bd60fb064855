//! `cargo x symtables PATH...`: the symbol tables of Python files against CPython's.
//!
//! Invariant: a file that CPython rejects counts as equal only with the same message and place.

use std::path::PathBuf;
use std::process::ExitCode;

use bumpalo::Bump;
use bunpy_compiler::error::{CompileError, ErrorKind};
use bunpy_compiler::future::future_from_ast;
use bunpy_compiler::names::Names;
use bunpy_compiler::parse::parse_module;
use bunpy_compiler::symtable::{Symtable, dump};
use bunpy_compiler::{Mode, source};

use crate::oracle;

const SCRIPT: &str = include_str!("../../oracle/symtable_dump.py");

pub fn run(args: &[String]) -> ExitCode {
    let files = find_py(args);
    let names: String = files.iter().map(|path| format!("{}\n", path.display())).collect();
    let answer = match oracle::ask(SCRIPT, &[], &names) {
        Ok(answer) => String::from_utf8_lossy(&answer).into_owned(),
        Err(error) => {
            eprintln!("{error}");
            return ExitCode::FAILURE;
        }
    };
    let (mut n_files, mut n_blocks, mut n_different) = (0, 0, 0);
    let mut table = Symtable::default();
    for section in answer.split("== ").skip(1) {
        let Some((path, expected)) = section.split_once('\n') else { continue };
        n_files += 1;
        n_blocks += expected.lines().count();
        let got = ours(&mut table, path);
        if got == expected {
            continue;
        }
        n_different += 1;
        let line = expected.lines().zip(got.lines()).position(|(a, b)| a != b);
        let line = line.unwrap_or(expected.lines().count().min(got.lines().count()));
        println!("{path}: block {line}");
        println!("  CPython: {}", expected.lines().nth(line).unwrap_or("(no more)"));
        println!("  here:    {}", got.lines().nth(line).unwrap_or("(no more)"));
    }
    println!("{n_files} files, {n_blocks} blocks, {n_different} files differ");
    if n_different == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// The file's table, or its error, as the oracle's script writes it.
fn ours(table: &mut Symtable, path: &str) -> String {
    let arena = Bump::new();
    let names = Names::new(&arena);
    let mut build = || -> Result<String, CompileError> {
        let bytes = std::fs::read(path).unwrap_or_default();
        let text = source::decode(&bytes)?;
        let parsed = parse_module(arena.alloc_str(&text), Mode::Exec, 0, &arena, &names)?;
        let future = future_from_ast(&names, &parsed.module)?;
        table.build(&names, &parsed.module, &future)?;
        Ok(dump(table, &names))
    };
    build().unwrap_or_else(|error| {
        let show = |number: Option<i64>| number.map_or("-".into(), |number| number.to_string());
        match error.kind {
            ErrorKind::SyntaxError => format!(
                "SyntaxError {}:{}-{}:{} {}\n",
                show(error.lineno.map(i64::from)),
                show(error.offset),
                show(error.end_lineno.map(i64::from)),
                show(error.end_offset),
                error.message
            ),
            kind => format!("{kind:?}\n"),
        }
    })
}

/// All .py below the given files and directories, in the order of their paths.
pub fn find_py(paths: &[String]) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut open: Vec<PathBuf> = paths.iter().map(PathBuf::from).collect();
    while let Some(path) = open.pop() {
        if path.is_dir() {
            open.extend(std::fs::read_dir(&path).into_iter().flatten().flatten().map(|entry| entry.path()));
        } else if path.extension().is_some_and(|extension| extension == "py") {
            found.push(path);
        }
    }
    found.sort();
    found
}
