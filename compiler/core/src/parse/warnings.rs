//! Warnings of the tokenizer and the parser for programs that are accepted.
//!
//! Invariant: in the order of the source, as CPython's own parser meets them; a program without any costs one byte
//! comparison a number and nothing a string.

use super::escapes::InvalidEscape;
use crate::error::{CompileWarning, WarningCategory};

/// The warnings of one file.
#[derive(Default)]
pub struct Warnings {
    pub list: Vec<(u32, CompileWarning)>,
}

impl Warnings {
    /// `at` orders the warnings; `offset` counts from 1.
    pub fn push(&mut self, at: u32, message: String, lineno: i32, offset: i32, end_offset: i32) {
        self.list.push((at, warning(message, lineno, offset, end_offset)));
    }

    /// All of them in the order of the source.
    pub fn into_sorted(mut self) -> Vec<CompileWarning> {
        self.list.sort_by_key(|(at, _)| *at);
        self.list.into_iter().map(|(_, warning)| warning).collect()
    }
}

/// The token from which CPython counts to an escape: line, column, and how many quotes stand before its text.
pub struct Anchor {
    pub lineno: i32,
    pub col: i32,
    pub n_quotes: i32,
}

/// The warning for an escape that means nothing, in the body of a literal.
pub fn invalid_escape(body: &str, escape: InvalidEscape, anchor: &Anchor) -> CompileWarning {
    let rest = body.get(escape.at..).unwrap_or_default();
    let octal = rest.starts_with(['4', '5', '6', '7']);
    let shown: String = rest.chars().take(if octal { 3 } else { 1 }).collect();
    let before = body.get(..escape.at).unwrap_or_default();
    let newlines = memchr::memchr_iter(b'\n', before.as_bytes()).count() as i32;
    let width = |text: &str| text.chars().map(|c| if c.is_ascii() { 1 } else { 10 }).sum::<i32>();
    let col = match before.rfind('\n') {
        None => anchor.col + escape.expanded_at as i32 + anchor.n_quotes,
        Some(last) => width(before.get(last + 1..).unwrap_or_default()),
    };
    warning(invalid_escape_message(&shown), anchor.lineno + newlines, col, col + 2)
}

/// A SyntaxWarning on one line; columns count from 1.
pub fn warning(message: String, lineno: i32, offset: i32, end_offset: i32) -> CompileWarning {
    let lineno = lineno.max(0) as u32;
    CompileWarning {
        category: WarningCategory::SyntaxWarning,
        message,
        lineno,
        offset: i64::from(offset),
        end_lineno: lineno,
        end_offset: i64::from(end_offset),
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
