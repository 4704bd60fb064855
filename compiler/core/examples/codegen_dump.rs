//! Writes our instruction sequences of the files in a list, as tools/oracle/codegen.py writes CPython's.
//!
//!     codegen_dump LEVEL FILES-LIST OUT
#![allow(clippy::unwrap_used)]

use std::fmt::Write as _;
use std::io::{BufRead, Write};

use bumpalo::Bump;
use bunpy_compiler::codegen::{self, Input};
use bunpy_compiler::constants::Objects;
use bunpy_compiler::error::{CompileError, CompileWarning, ErrorKind};
use bunpy_compiler::flowgraph::Flowgraph;
use bunpy_compiler::names::Names;
use bunpy_compiler::symtable::Symtable;
use bunpy_compiler::{Mode, Options, future, parse, preprocess, source};

fn main() {
    // As deep as a tree may be.
    let worker = std::thread::Builder::new().stack_size(1 << 30).spawn(run).unwrap();
    worker.join().unwrap();
}

fn run() {
    let mut args = std::env::args().skip(1);
    let optimize = args.next().unwrap().parse().unwrap();
    let list = std::io::BufReader::new(std::fs::File::open(args.next().unwrap()).unwrap());
    let mut out = std::io::BufWriter::new(std::fs::File::create(args.next().unwrap()).unwrap());
    for path in list.lines() {
        let path = path.unwrap();
        let bytes = std::fs::read(&path).unwrap_or_default();
        let mut warnings = Vec::new();
        let mut dumped = dump(&bytes, optimize, &mut warnings).unwrap_or_else(|error| shown(&error));
        for warning in warnings {
            writeln!(dumped, "WARNING {}: {}", warning.lineno, warning.message).unwrap();
        }
        write!(out, "== {path}\n{dumped}").unwrap();
    }
}

fn shown(error: &CompileError) -> String {
    let CompileError { kind, message, lineno, offset, end_lineno, end_offset, .. } = error;
    let mut shown = format!("ERROR {kind:?}: {message}");
    if *kind == ErrorKind::SyntaxError {
        let number = |n: Option<i64>| n.map_or("None".to_owned(), |n| n.to_string());
        for n in [lineno.map(i64::from), *offset, end_lineno.map(i64::from), *end_offset] {
            write!(shown, " {}", number(n)).unwrap();
        }
    }
    shown.push('\n');
    shown
}

fn dump(bytes: &[u8], optimize: u8, warnings: &mut Vec<CompileWarning>) -> Result<String, CompileError> {
    let arena = Bump::new();
    let names = Names::new(&arena);
    let text = source::decode(bytes)?;
    let text = arena.alloc_str(&text);
    let parsed = parse::parse_module(text, Mode::Exec, 0, &arena, &names)?;
    let tree = arena.alloc(parsed.module);
    let features = future::future_from_ast(&names, tree)?;
    preprocess::preprocess(&arena, tree, optimize, features.features, warnings)?;
    let tree = &*tree;
    let mut symtable = Symtable::default();
    symtable.build(&names, tree, &features)?;
    let mut objects = Objects::new(&arena, &names);
    let filename = objects.str("<file>".into());
    let input = Input {
        arena: &arena,
        names: &names,
        objects: &mut objects,
        flowgraph: &mut Flowgraph::default(),
        symtable: &mut symtable,
        warnings,
        filename,
        options: Options { mode: Mode::Exec, optimize, flags: features.features },
    };
    let sequence = codegen::sequences(input, tree)?;
    let mut out = String::new();
    sequence.write(&mut out, 0);
    Ok(out)
}
