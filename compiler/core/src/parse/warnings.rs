//! Warnings of the tokenizer and the parser for programs that are accepted.
//!
//! Invariant: in the order of the source, as CPython's own parser meets them; a program without any costs one byte
//! comparison a number and nothing a string.

use crate::error::{CompileWarning, WarningCategory};

/// The warnings of one file.
#[derive(Default)]
pub struct Warnings {
    pub list: Vec<(u32, CompileWarning)>,
}

impl Warnings {
    /// `at` orders the warnings; `offset` counts from 1.
    pub fn push(&mut self, at: u32, message: String, lineno: i32, offset: i32, end_offset: i32) {
        let lineno = lineno.max(0) as u32;
        self.list.push((
            at,
            CompileWarning {
                category: WarningCategory::SyntaxWarning,
                message,
                lineno,
                offset: i64::from(offset),
                end_lineno: lineno,
                end_offset: i64::from(end_offset),
            },
        ));
    }

    /// All of them in the order of the source.
    pub fn into_sorted(mut self) -> Vec<CompileWarning> {
        self.list.sort_by_key(|(at, _)| *at);
        self.list.into_iter().map(|(_, warning)| warning).collect()
    }
}

/// The text for an escape that means nothing: `escape` is the character or the three octal digits.
pub fn invalid_escape_message(escape: &str) -> String {
    let octal = if escape.len() == 3 { "octal " } else { "" };
    format!(
        "\"\\{escape}\" is an invalid {octal}escape sequence. Such sequences will not work in the future. \
         Did you mean \"\\\\{escape}\"? A raw string is also an option."
    )
}
