//! What can be wrong with marshal data, in CPython's words, and what can't be written.
//!
//! Invariant: `message` is the text of the exception that `marshal.loads` raises for the same bytes; offset and
//! expectation are ours and never part of it. Next: `read`.

use std::borrow::Cow;
use std::fmt;

/// The exception class that CPython raises.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ErrorKind {
    EOFError,
    ValueError,
    TypeError,
    /// A subclass of ValueError: text that is not UTF-8.
    UnicodeDecodeError,
    /// A code object whose fields have the wrong types.
    SystemError,
}

impl ErrorKind {
    /// The name of the Python exception class.
    pub fn name(self) -> &'static str {
        match self {
            ErrorKind::EOFError => "EOFError",
            ErrorKind::ValueError => "ValueError",
            ErrorKind::TypeError => "TypeError",
            ErrorKind::UnicodeDecodeError => "UnicodeDecodeError",
            ErrorKind::SystemError => "SystemError",
        }
    }
}

/// Why bytes could not be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReadError {
    pub kind: ErrorKind,
    /// CPython's text.
    pub message: Cow<'static, str>,
    /// Offset in the bytes given to the reader: where the part that is wrong begins.
    pub offset: usize,
    /// What should have stood there.
    pub expected: &'static str,
}

impl fmt::Display for ReadError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {} (at offset {}, expected {})", self.kind.name(), self.message, self.offset, self.expected)
    }
}

impl std::error::Error for ReadError {}

/// Why a graph could not be written; `Display` is the text of CPython's ValueError.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WriteError {
    /// A NULL code field, a slice before version 5, a code object or slice that contains itself, too large.
    Unmarshallable,
    /// Deeper than [`super::MAX_DEPTH`].
    NestedTooDeep,
    /// The output passed the caller's limit (shared containers grow without bound before version 3).
    TooLarge,
}

impl fmt::Display for WriteError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            WriteError::Unmarshallable => "unmarshallable object",
            WriteError::NestedTooDeep => "object too deeply nested to marshal",
            WriteError::TooLarge => "marshal data too large",
        })
    }
}

impl std::error::Error for WriteError {}
