//! Compiles the files in a list and writes nothing: the whole of the compiler's work, for a profiler.
//!
//!     compile_all LEVEL FILES-LIST
#![allow(clippy::unwrap_used)]

use bunpy_compiler::Options;
use bunpy_compiler::compile::Compiler;

fn main() {
    // As deep as a tree may be.
    let worker = std::thread::Builder::new().stack_size(256 << 20).spawn(run).unwrap();
    worker.join().unwrap();
}

fn run() {
    let mut args = std::env::args().skip(1);
    let optimize = args.next().unwrap().parse().unwrap();
    let list = std::fs::read_to_string(args.next().unwrap()).unwrap();
    let mut compiler = Compiler::new();
    let (mut compiled, mut refused, mut bytes) = (0, 0, 0);
    for path in list.lines() {
        let source = std::fs::read(path).unwrap_or_default();
        let options = Options { optimize, ..Options::default() };
        match compiler.compile(&source, path.into(), options, &mut Vec::new()) {
            Ok(pyc) => {
                compiled += 1;
                bytes += pyc.len();
            }
            Err(_) => refused += 1,
        }
    }
    println!("{compiled} compiled to {bytes} bytes, {refused} refused");
}
