//! What compilation can raise, with CPython's words and positions.
//!
//! Invariant: columns here are what CPython's exception shows: `offset` counts characters from 1, 0 means none.

/// The exception's class.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ErrorKind {
    SyntaxError,
    IndentationError,
    TabError,
    /// `_IncompleteInputError` for `PyCF_ALLOW_INCOMPLETE_INPUT`.
    IncompleteInputError,
    UnicodeDecodeError,
    UnicodeEncodeError,
    ValueError,
    OverflowError,
    RecursionError,
    MemoryError,
    SystemError,
}

/// A compilation's failure: the exception CPython raises.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CompileError {
    pub kind: ErrorKind,
    /// The text: `SyntaxError.msg`, or `str(exception)` of the other kinds.
    pub message: String,
    /// Line from 1; `None` where CPython sets none.
    pub lineno: Option<u32>,
    /// Column in characters from 1 (0: unknown).
    pub offset: Option<i64>,
    pub end_lineno: Option<u32>,
    pub end_offset: Option<i64>,
    /// The source line shown (`SyntaxError.text`), with its newline as CPython keeps it.
    pub text: Option<String>,
}

/// A warning's class.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WarningCategory {
    SyntaxWarning,
    DeprecationWarning,
}

/// A warning raised during compilation, in CPython's order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CompileWarning {
    pub category: WarningCategory,
    pub message: String,
    /// Line from 1.
    pub lineno: u32,
    /// Where an error would point if the warning were one: as [`CompileError::offset`].
    pub offset: i64,
    pub end_lineno: u32,
    pub end_offset: i64,
}
