//! The cleaning of docstrings (`_PyCompile_CleanDoc`).
//!
//! Invariant: cleaning keeps every line, so that line numbers within a docstring stay true.

use pyc_text::{Wtf8, Wtf8Buf};

use super::{CResult, Codegen};
use crate::ast::{Constant, Expr, ExprKind};
use crate::constants::ObjId;
use crate::error::{CompileError, ErrorKind};

impl<'a> Codegen<'_, 'a> {
    /// The cleaned docstring, a new object.
    pub(super) fn clean_doc(&mut self, doc: &Expr<'a>) -> CResult<ObjId> {
        let ExprKind::Constant { value: Constant::Str(doc), .. } = doc.kind else {
            return Err(self.system_error("docstring is no string"));
        };
        let expanded = expand_tabs(doc, self.arena);
        let Some(text) = expanded.as_str() else {
            return Err(Box::new(surrogates_not_allowed(expanded)));
        };
        let cleaned = clean(text, self.arena);
        Ok(self.objects.str(cleaned.into()))
    }
}

/// `str.expandtabs()`: to columns of eight, counted from the last LF or CR.
fn expand_tabs<'a>(doc: Wtf8<'a>, arena: &'a bumpalo::Bump) -> Wtf8<'a> {
    let bytes = doc.as_bytes();
    if !bytes.contains(&b'\t') {
        return doc;
    }
    let mut expanded = Wtf8Buf::with_capacity(bytes.len() + 64);
    let mut column = 0usize;
    for c in doc.code_points() {
        match char::from_u32(c) {
            Some('\t') => {
                for _ in 0..8 - column % 8 {
                    expanded.push_str(" ");
                }
                column = 0;
            }
            Some('\n' | '\r') => {
                expanded.push(c);
                column = 0;
            }
            _ => {
                expanded.push(c);
                column += 1;
            }
        }
    }
    let bytes = arena.alloc_slice_copy(expanded.as_bytes());
    Wtf8::new(bytes).unwrap_or(doc)
}

/// Strips the first line's indentation and the other lines' common one.
fn clean<'a>(doc: &'a str, arena: &'a bumpalo::Bump) -> &'a str {
    let (first, rest) = match doc.find('\n') {
        Some(at) => doc.split_at(at + 1),
        None => (doc, ""),
    };
    let margin = rest
        .split_inclusive('\n')
        .filter_map(|line| {
            let text = line.trim_start_matches(' ');
            (!text.is_empty() && !text.starts_with('\n')).then(|| line.len() - text.len())
        })
        .min()
        .unwrap_or(0);
    let start = first.trim_start_matches(' ');
    if margin == 0 {
        // Only the beginning can change: no copy.
        return &doc[first.len() - start.len()..];
    }
    let mut cleaned = bumpalo::collections::String::with_capacity_in(doc.len(), arena);
    cleaned.push_str(start);
    for line in rest.split_inclusive('\n') {
        let indent = line.len() - line.trim_start_matches(' ').len();
        cleaned.push_str(&line[indent.min(margin)..]);
    }
    cleaned.into_bump_str()
}

/// UTF-8 has no surrogates: what `PyUnicode_AsUTF8` raises for the first run of them.
fn surrogates_not_allowed(text: Wtf8<'_>) -> CompileError {
    let is_surrogate = |c: &u32| (0xd800..0xe000).contains(c);
    let start = text.code_points().position(|c| is_surrogate(&c)).unwrap_or(0);
    let run = text.code_points().skip(start).take_while(is_surrogate).count();
    let first = text.code_points().nth(start).unwrap_or(0xd800);
    let what = if run == 1 {
        format!("character '\\u{first:04x}' in position {start}")
    } else {
        format!("characters in position {start}-{}", start + run - 1)
    };
    CompileError::plain(
        ErrorKind::UnicodeEncodeError,
        format!("'utf-8' codec can't encode {what}: surrogates not allowed"),
    )
}

#[cfg(test)]
mod tests {
    use bumpalo::Bump;

    fn cleaned(doc: &str) -> String {
        let arena = Bump::new();
        let doc = arena.alloc_str(doc);
        super::clean(super::expand_tabs((&*doc).into(), &arena).as_str().unwrap_or(""), &arena).to_owned()
    }

    #[test]
    fn keeps_lines_and_takes_the_margin() {
        assert_eq!(cleaned("  one\n    two\n      three\n    "), "one\ntwo\n  three\n");
        assert_eq!(cleaned("one\n\n  two\n \n"), "one\n\ntwo\n\n");
        assert_eq!(cleaned("one\n\ttwo\n"), "one\ntwo\n");
        assert_eq!(cleaned("one\ntwo\n"), "one\ntwo\n");
        assert_eq!(cleaned("   \n"), "\n");
        assert_eq!(cleaned("a\tb\n"), "a       b\n");
    }
}
