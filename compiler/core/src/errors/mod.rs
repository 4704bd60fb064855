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
use crate::error::{CompileError, ErrorKind};
use notation::Grammar;
use recognise::Parser;
use token::Kind;
use tokenizer::Done;

const GRAMMAR: &str = include_str!("python.peg");
/// `CO_FUTURE_BARRY_AS_BDFL`
pub const BARRY_AS_BDFL: u32 = 0x40_0000;
/// Stack for the recogniser's deepest recursion.
const STACK_SIZE: usize = 48 * 1024 * 1024;

/// A program that CPython's parser accepts, with the places of `<>` if that is how it spells `!=`.
#[derive(Debug, PartialEq, Eq)]
pub struct Accepted {
    pub not_equals: Vec<usize>,
}

/// Whether CPython's parser accepts a program, or how it refuses it.
pub fn check(source: &str, mode: Mode, flags: u32) -> Result<Accepted, CompileError> {
    stacker::maybe_grow(STACK_SIZE, STACK_SIZE, || check_on_this_stack(source, mode, flags))
}

fn check_on_this_stack(source: &str, mode: Mode, flags: u32) -> Result<Accepted, CompileError> {
    let grammar = Grammar::new(GRAMMAR);
    let mut parser = Parser::new(&grammar, source, mode);
    let barry = flags & BARRY_AS_BDFL != 0;
    parser.barry_as_flufl = barry;
    if let Ok(Some(_)) = parser.parse() {
        if mode == Mode::Single && parser.more_statements() {
            let message = "multiple statements found while compiling a single statement";
            parser.raise_last(ErrorKind::SyntaxError, message);
            return Err(parser.take_error());
        }
        let is_old = |token: &&token::Token| parser.text(**token) == b"<>";
        return Ok(Accepted { not_equals: parser.tokens.iter().filter(is_old).map(|t| t.start as usize).collect() });
    }
    let outside_of_syntax = |error: &CompileError| {
        !matches!(error.kind, ErrorKind::SyntaxError | ErrorKind::IndentationError | ErrorKind::TabError)
    };
    if parser.error.as_ref().is_some_and(outside_of_syntax) {
        return Err(parser.take_error());
    }
    let last_token = parser.tokens.last().copied();
    if parser.error.is_none() {
        parser.reset_for_error_pass();
        let _ = parser.parse();
    }
    if parser.error.is_some() {
        let tokenizer_ok = parser.tokenizer.done == Done::Ok;
        if tokenizer_ok && !parser.error.as_ref().is_some_and(outside_of_syntax) {
            parser.tokenize_full_source_to_check_for_errors();
        }
        return Err(parser.take_error());
    }
    let Some(last_token) = last_token else {
        return Err(parser.take_error());
    };
    match last_token.kind {
        Kind::INDENT => {
            parser.raise_last(ErrorKind::IndentationError, "unexpected indent");
        }
        Kind::DEDENT => {
            parser.raise_last(ErrorKind::IndentationError, "unexpected unindent");
        }
        _ => {
            parser.raise_at(last_token.span, "invalid syntax");
            parser.tokenize_full_source_to_check_for_errors();
        }
    }
    Err(parser.take_error())
}

impl Parser<'_, '_> {
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
        let check = |source: &str| match check(source, Mode::Exec, 0) {
            Ok(_) => "ok".to_owned(),
            Err(e) => format!("{:?} {:?} {:?} {:?}", e.message, e.lineno, e.offset, e.end_offset),
        };
        assert_eq!(check("x = f(1, *a, b=2)[0]\nif x:\n  pass\nelse:\n  del x\n"), "ok");
        assert_eq!(check("x = (1,\n"), "\"'(' was never closed\" Some(1) Some(5) Some(0)");
        assert_eq!(check("f(a b)\n"), "\"invalid syntax. Perhaps you forgot a comma?\" Some(1) Some(3) Some(6)");
    }
}
