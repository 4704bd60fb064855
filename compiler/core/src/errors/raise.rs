//! Raising: where an error points, in CPython's way of counting.
//!
//! Invariant: columns come in bytes and leave in characters from 1, counted in the line where the error starts even if it
//! ends on another, as CPython does. Next: `actions.rs`.

use super::recognise::{Parser, Raised};
use super::token::{Kind, Span};
use super::tokenizer::{Done, Paren};
use crate::error::{CompileError, ErrorKind};

/// An end of a range that CPython takes from where its tokenizer stands.
pub const CURRENT_POS: i32 = -5;

impl Parser<'_, '_> {
    fn set(&mut self, error: CompileError) -> Raised {
        if self.error.is_none() {
            self.error = Some(error);
        }
        Raised
    }

    /// An exception without a place.
    pub fn raise_plain(&mut self, kind: ErrorKind, message: String) -> Raised {
        self.set(CompileError::plain(kind, message))
    }

    pub fn stack_overflow(&mut self) -> Raised {
        let message = "Parser stack overflowed - Python source too complex to parse";
        self.raise_plain(ErrorKind::MemoryError, message.to_owned())
    }

    /// `_PyPegen_raise_error_known_location`: columns in bytes from 1, 0 or less for none.
    fn raise_located(&mut self, kind: ErrorKind, span: Span, message: &str) -> Raised {
        let tok = &self.tokenizer;
        let end_lineno = if span.end_lineno == CURRENT_POS { tok.lineno } else { span.end_lineno };
        let end_col = if span.end_col == CURRENT_POS { tok.col() } else { span.end_col };
        let line = self.error_line(span.lineno);
        let chars = |col: i32| {
            let col = (col.max(0) as usize).min(line.len() + 1);
            let part = line.get(..col.min(line.len())).unwrap_or_default();
            // A column behind the end counts the terminator too.
            (String::from_utf8_lossy(part).chars().count() + col.saturating_sub(line.len())) as i64
        };
        let offset = chars(span.col);
        let end_offset = if end_col > 0 { chars(end_col) } else { i64::from(end_col) };
        let mut text = String::from_utf8_lossy(line).into_owned();
        if !text.ends_with('\n') {
            text.push('\n');
        }
        self.set(CompileError {
            kind,
            message: message.to_owned(),
            lineno: Some(span.lineno.max(0) as u32),
            offset: Some(offset),
            end_lineno: Some(end_lineno.max(0) as u32),
            end_offset: Some(end_offset),
            text: Some(text),
        })
    }

    /// The line; CPython takes the last one from its buffer, with its end.
    fn error_line(&self, lineno: i32) -> &[u8] {
        let tok = &self.tokenizer;
        if tok.lineno <= lineno && tok.inp > tok.buf {
            return tok.source.get(tok.line_start..tok.inp).unwrap_or_default();
        }
        let mut rest = tok.source;
        for _ in 1..lineno {
            let end = memchr::memchr(b'\n', rest).map_or(rest.len(), |n| n + 1);
            rest = rest.get(end..).unwrap_or_default();
        }
        rest.get(..memchr::memchr(b'\n', rest).unwrap_or(rest.len())).unwrap_or_default()
    }

    /// `RAISE_ERROR_KNOWN_LOCATION`: columns in bytes from 0.
    pub fn raise_known(&mut self, kind: ErrorKind, mut span: Span, message: &str) -> Raised {
        span.col += i32::from(span.col != CURRENT_POS);
        span.end_col += i32::from(span.end_col != CURRENT_POS);
        self.raise_located(kind, span, message)
    }

    pub fn raise_at(&mut self, span: Span, message: &str) -> Raised {
        self.raise_known(ErrorKind::SyntaxError, span, message)
    }

    pub fn raise_range(&mut self, from: Span, to: Span, message: &str) -> Raised {
        let span = Span { end_lineno: to.end_lineno, end_col: to.end_col, ..from };
        self.raise_at(span, message)
    }

    pub fn raise_starting_from(&mut self, from: Span, message: &str) -> Raised {
        self.raise_at(Span { end_lineno: CURRENT_POS, end_col: CURRENT_POS, ..from }, message)
    }

    /// At the last token read.
    pub fn raise_last(&mut self, kind: ErrorKind, message: &str) -> Raised {
        self.raise_on(kind, self.tokens.len().saturating_sub(1), message)
    }

    /// At the token that would be matched next.
    pub fn raise_next(&mut self, message: &str) -> Raised {
        match self.peek() {
            Ok(_) => self.raise_on(ErrorKind::SyntaxError, self.mark, message),
            Err(raised) => raised,
        }
    }

    fn raise_on(&mut self, kind: ErrorKind, index: usize, message: &str) -> Raised {
        let span = self.token(index as u32).span;
        let tok = &self.tokenizer;
        let col = match span.col {
            -1 if tok.cur == tok.buf => 0,
            -1 => tok.col(),
            col => col + 1,
        };
        let end_col = if span.end_col == -1 { -1 } else { span.end_col + 1 };
        self.raise_located(kind, Span { col, end_col, ..span }, message)
    }

    pub fn raise_unclosed(&mut self, paren: Paren) -> Raised {
        let span = Span { lineno: paren.lineno, col: paren.col, end_lineno: paren.lineno, end_col: -1 };
        self.raise_at(span, &format!("'{}' was never closed", char::from(paren.bracket)))
    }

    /// What an ERRORTOKEN means.
    pub fn tokenizer_error(&mut self) -> Raised {
        if let Some(error) = self.tokenizer.error.clone() {
            return self.set(error);
        }
        let tok = &self.tokenizer;
        let mut col = 0;
        let (kind, message) = match tok.done {
            Done::Eof => {
                return match tok.parens.last().copied() {
                    Some(paren) => self.raise_unclosed(paren),
                    None => self.raise_last(ErrorKind::SyntaxError, "unexpected EOF while parsing"),
                };
            }
            Done::Dedent => {
                let message = "unindent does not match any outer indentation level";
                return self.raise_last(ErrorKind::IndentationError, message);
            }
            Done::TabSpace => (ErrorKind::TabError, "inconsistent use of tabs and spaces in indentation"),
            Done::TooDeep => (ErrorKind::IndentationError, "too many levels of indentation"),
            Done::LineCont => {
                col = (tok.cur as i32 - tok.buf as i32 - 1).max(0);
                (ErrorKind::SyntaxError, "unexpected character after line continuation character")
            }
            Done::Ok | Done::Error | Done::Eofs | Done::Eols => (ErrorKind::SyntaxError, "unknown parsing error"),
        };
        let lineno = tok.lineno;
        self.raise_known(kind, Span { lineno, col, end_lineno: lineno, end_col: -1 }, message)
    }

    /// An error of the tokenizer further on counts more than what the parser has to say, if it comes from a bracket left open
    /// on a line before, or is no matter of brackets.
    pub fn tokenize_full_source_to_check_for_errors(&mut self) {
        let current = self.tokens.last().map_or(0, |token| token.span.lineno);
        let before = self.error.take();
        loop {
            match self.tokenizer.get().kind {
                Kind::ERRORTOKEN => {
                    if let Some(error) = self.tokenizer.error.clone() {
                        self.error = Some(error);
                    } else if let Some(paren) = self.tokenizer.parens.last().copied()
                        && current > paren.lineno
                    {
                        self.raise_unclosed(paren);
                    }
                    break;
                }
                Kind::ENDMARKER => break,
                _ => {}
            }
        }
        if self.error.is_none() || self.tokenizer.inside_fstring() {
            self.error = before;
        }
    }
}
