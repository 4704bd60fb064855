//! Why a program is refused, in CPython's words and places.
//!
//! ```text
//! source ─► tokenizer ─► recogniser over python.peg, first without, then with the rules for invalid programs ─► error
//! ```
//!
//! This is the slow path: it runs on programs that ruff's parser or the lowering refused, and decides by itself whether
//! CPython would. Invariant: what CPython's parser accepts is accepted, whatever ruff thinks.
//! Next: `recognise.rs`, `python.peg`.

mod actions;
mod literals;
mod node;
mod notation;
mod raise;
mod recognise;
mod token;
mod tokenizer;

use crate::Mode;
use crate::error::{CompileError, CompileWarning, ErrorKind};
use notation::Grammar;
use recognise::Parser;
use token::Kind;
use tokenizer::Done;

const GRAMMAR: &str = include_str!("python.peg");
/// `CO_FUTURE_BARRY_AS_BDFL`
pub const BARRY_AS_BDFL: u32 = 0x40_0000;
/// `PyCF_DONT_IMPLY_DEDENT`: interactive input does not end its blocks by itself.
const DONT_IMPLY_DEDENT: u32 = 0x200;
/// `PyCF_ALLOW_INCOMPLETE_INPUT`: a program that more lines may complete raises an exception of its own.
const ALLOW_INCOMPLETE_INPUT: u32 = 0x4000;
/// Stack for the recogniser's deepest recursion.
const STACK_SIZE: usize = 48 * 1024 * 1024;

/// A program that CPython's parser accepts, with the places of `<>` if that is how it spells `!=`.
#[derive(Debug, PartialEq, Eq)]
pub struct Accepted {
    pub not_equals: Vec<usize>,
}

/// Whether CPython's parser accepts a program, or how it refuses it, with the warnings before that.
pub fn check(
    source: &str,
    mode: Mode,
    flags: u32,
    warnings: &mut Vec<CompileWarning>,
) -> Result<Accepted, CompileError> {
    stacker::maybe_grow(STACK_SIZE, STACK_SIZE, || {
        let grammar = Grammar::new(GRAMMAR);
        let mut parser = Parser::new(&grammar, source, mode);
        let result = parser.verdict(flags);
        if result.is_err() {
            warnings.append(&mut parser.tokenizer.warnings);
        }
        result
    })
}

impl Parser<'_, '_> {
    fn verdict(&mut self, flags: u32) -> Result<Accepted, CompileError> {
        self.imply_dedent = flags & DONT_IMPLY_DEDENT == 0;
        self.barry_as_flufl = flags & BARRY_AS_BDFL != 0;
        if let Ok(Some(_)) = self.parse() {
            if self.mode == Mode::Single && self.more_statements() {
                let message = "multiple statements found while compiling a single statement";
                self.raise_last(ErrorKind::SyntaxError, message);
                return Err(self.take_error());
            }
            let is_old = |token: &&token::Token| self.text(**token) == b"<>";
            return Ok(Accepted { not_equals: self.tokens.iter().filter(is_old).map(|t| t.start as usize).collect() });
        }
        if flags & ALLOW_INCOMPLETE_INPUT != 0 && self.tokenizer.at_end_of_source() {
            self.error = None;
            self.raise_last(ErrorKind::IncompleteInputError, "incomplete input");
            return Err(self.take_error());
        }
        let outside_of_syntax = |error: &CompileError| {
            !matches!(error.kind, ErrorKind::SyntaxError | ErrorKind::IndentationError | ErrorKind::TabError)
        };
        if self.error.as_ref().is_some_and(outside_of_syntax) {
            return Err(self.take_error());
        }
        let last_token = self.tokens.last().copied();
        if self.error.is_none() {
            self.reset_for_error_pass();
            let _ = self.parse();
        }
        if self.error.is_some() {
            let tokenizer_ok = self.tokenizer.done == Done::Ok;
            if tokenizer_ok && !self.error.as_ref().is_some_and(outside_of_syntax) {
                self.tokenize_full_source_to_check_for_errors();
            }
            return Err(self.take_error());
        }
        let Some(last_token) = last_token else {
            return Err(self.take_error());
        };
        match last_token.kind {
            Kind::INDENT => {
                self.raise_last(ErrorKind::IndentationError, "unexpected indent");
            }
            Kind::DEDENT => {
                self.raise_last(ErrorKind::IndentationError, "unexpected unindent");
            }
            _ => {
                let mut span = last_token.span;
                if self.text(last_token) == b"<>" {
                    // Two tokens to CPython where no operator can stand.
                    span.end_col = span.col + 1;
                }
                self.raise_at(span, "invalid syntax");
                self.tokenize_full_source_to_check_for_errors();
            }
        }
        Err(self.take_error())
    }

    fn take_error(&mut self) -> CompileError {
        self.error.take().unwrap_or_else(|| CompileError::plain(ErrorKind::SyntaxError, "invalid syntax"))
    }

    /// Anything but blanks and comments behind a single statement.
    fn more_statements(&self) -> bool {
        let mut rest = self.tokenizer.source.get(self.tokenizer.cur..).unwrap_or_default();
        loop {
            rest = rest.trim_ascii_start();
            match rest.first() {
                None => return false,
                Some(b'#') => {
                    let len = memchr::memchr(b'\n', rest).unwrap_or(rest.len());
                    rest = rest.get(len..).unwrap_or_default();
                }
                Some(_) => return true,
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_of_the_table_is_a_rule() {
        let grammar = Grammar::new(GRAMMAR);
        let text = format!("{grammar:?}");
        assert!(!text.contains(&format!("Rule({})", notation::RuleId::MAX)));
        assert!(!text.contains(&usize::MAX.to_string()));
        assert!(grammar.rules.iter().all(|rule| !rule.alts.is_empty()));
    }

    #[test]
    fn accepts_and_refuses() {
        let check = |source: &str| match check(source, Mode::Exec, 0, &mut Vec::new()) {
            Ok(_) => "ok".to_owned(),
            Err(e) => format!("{:?} {:?} {:?} {:?}", e.message, e.lineno, e.offset, e.end_offset),
        };
        assert_eq!(check("x = f(1, *a, b=2)[0]\nif x:\n  pass\nelse:\n  del x\n"), "ok");
        assert_eq!(check("x = (1,\n"), "\"'(' was never closed\" Some(1) Some(5) Some(0)");
        assert_eq!(check("f(a b)\n"), "\"invalid syntax. Perhaps you forgot a comma?\" Some(1) Some(3) Some(6)");
    }
}
