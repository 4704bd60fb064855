//! The compiler as this crate sees it: a function from source to the marshal data of a code object.
//!
//! Invariant: pure; the same request gives the same bytes, on any thread.

use bunpy_compiler::error::{CompileError, CompileWarning};

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

/// How much stack a thread that compiles needs: a few kilobytes for each of `bunpy_compiler::MAX_DEPTH` levels.
pub const STACK_SIZE: usize = 512 << 20;

/// The real one.
pub fn core(request: &Request<'_>) -> Outcome {
    let _ = request;
    let message = "the compiler's passes are not joined yet";
    Outcome {
        result: Err(CompileError::plain(bunpy_compiler::error::ErrorKind::SystemError, message)),
        warnings: Vec::new(),
    }
}
