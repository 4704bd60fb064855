//! What compilation can raise, with CPython's words and positions.
//!
//! Invariant: columns here are what CPython's exception shows: `offset` counts characters from 1, 0 means none.

use crate::ast::Loc;

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

impl CompileError {
    /// A SyntaxError that the passes after the parser raise at a node. CPython shows the node's columns as they are,
    /// in UTF-8 bytes, plus one; the source line is the driver's to add.
    pub fn syntax(message: impl Into<String>, loc: Loc) -> Self {
        CompileError {
            kind: ErrorKind::SyntaxError,
            message: message.into(),
            lineno: u32::try_from(loc.lineno).ok(),
            offset: Some(i64::from(loc.col_offset) + 1),
            end_lineno: u32::try_from(loc.end_lineno).ok(),
            end_offset: Some(i64::from(loc.end_col_offset) + 1),
            text: None,
        }
    }

    /// An exception of another kind, without a place.
    pub fn plain(kind: ErrorKind, message: impl Into<String>) -> Self {
        CompileError {
            kind,
            message: message.into(),
            lineno: None,
            offset: None,
            end_lineno: None,
            end_offset: None,
            text: None,
        }
    }

    /// The tree is deeper than [`MAX_DEPTH`](crate::MAX_DEPTH).
    pub fn recursion() -> Self {
        CompileError::plain(ErrorKind::RecursionError, "maximum recursion depth exceeded during compilation")
    }
}

impl CompileWarning {
    /// A SyntaxWarning at a node, with the columns that [`CompileError::syntax`] would have.
    pub fn syntax(message: impl Into<String>, loc: Loc) -> Self {
        CompileWarning {
            category: WarningCategory::SyntaxWarning,
            message: message.into(),
            lineno: u32::try_from(loc.lineno).unwrap_or(0),
            offset: i64::from(loc.col_offset) + 1,
            end_lineno: u32::try_from(loc.end_lineno).unwrap_or(0),
            end_offset: i64::from(loc.end_col_offset) + 1,
        }
    }
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
