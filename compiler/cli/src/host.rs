//! The compiler as this crate sees it: a function from source to the marshal data of a code object.
//!
//! Invariant: pure; the same request gives the same bytes, on any thread.

use bunpy_compiler::Options;
use bunpy_compiler::compile::Compiler;
use bunpy_compiler::error::{CompileError, CompileWarning};
use pyc_text::Wtf8Buf;
use std::cell::Cell;

pub struct Request<'a> {
    pub source: &'a [u8],
    /// `co_filename`, as bytes of the file system.
    pub filename: &'a [u8],
    /// 0, 1 or 2.
    pub optimize: u8,
}

pub struct Outcome {
    /// The marshal data that follows the header.
    pub result: Result<Vec<u8>, CompileError>,
    pub warnings: Vec<CompileWarning>,
}

pub type Compile = dyn Fn(&Request<'_>) -> Outcome + Sync;

/// How much stack a thread that compiles has: what the compiler wants left, and as much again for what stands below it.
pub const STACK_SIZE: usize = 2 * bunpy_compiler::compile::STACK_SIZE;

thread_local! {
    /// A thread's compiler, for its buffers; taken out while it works, so that a panic loses it and nothing else.
    static COMPILER: Cell<Option<Box<Compiler>>> = const { Cell::new(None) };
}

/// The real one.
pub fn core(request: &Request<'_>) -> Outcome {
    let mut compiler = COMPILER.take().unwrap_or_default();
    let mut warnings = Vec::new();
    let options = Options { optimize: request.optimize, ..Options::default() };
    let name = fsdecode(request.filename);
    let result = compiler.compile(request.source, name.as_wtf8(), options, &mut warnings);
    COMPILER.set(Some(compiler));
    Outcome { result, warnings }
}

/// `os.fsdecode`: UTF-8 with surrogateescape.
fn fsdecode(bytes: &[u8]) -> Wtf8Buf {
    let mut out = Wtf8Buf::with_capacity(bytes.len());
    for chunk in bytes.utf8_chunks() {
        out.push_str(chunk.valid());
        out.extend(chunk.invalid().iter().map(|&b| 0xDC00 + u32::from(b)));
    }
    out
}
