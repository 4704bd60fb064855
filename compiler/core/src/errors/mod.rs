//! Why a program is refused, in CPython's words.

use crate::Mode;
use crate::error::{CompileError, ErrorKind};

/// The error of a program that ruff's parser or the lowering refused.
pub fn syntax_error(_source: &str, _mode: Mode, _flags: u32) -> CompileError {
    CompileError {
        kind: ErrorKind::SyntaxError,
        message: "invalid syntax".to_owned(),
        lineno: None,
        offset: None,
        end_lineno: None,
        end_offset: None,
        text: None,
    }
}
