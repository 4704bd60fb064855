//! Writes our trees of the files in a list, as tools/oracle/ast_dump.py writes CPython's.
//!
//!     ast_dump FILES-LIST OUT
#![allow(clippy::unwrap_used)]

use std::io::{BufRead, Write};

fn main() {
    let mut args = std::env::args().skip(1);
    let list = std::io::BufReader::new(std::fs::File::open(args.next().unwrap()).unwrap());
    let mut out = std::io::BufWriter::new(std::fs::File::create(args.next().unwrap()).unwrap());
    for path in list.lines() {
        let path = path.unwrap();
        let bytes = std::fs::read(&path).unwrap_or_default();
        writeln!(out, "== {path}").unwrap();
        let arena = bumpalo::Bump::new();
        let names = bunpy_compiler::names::Names::new(&arena);
        let dumped = bunpy_compiler::source::decode(&bytes).and_then(|source| {
            let source = arena.alloc_str(&source);
            let parsed = bunpy_compiler::parse::parse_module(source, bunpy_compiler::Mode::Exec, 0, &arena, &names)?;
            Ok(bunpy_compiler::ast_dump::dump(&parsed.module, &names))
        });
        match dumped {
            Ok(text) => out.write_all(text.as_bytes()).unwrap(),
            Err(e) => writeln!(out, "ERROR {:?}: {}", e.kind, e.message).unwrap(),
        }
    }
}
