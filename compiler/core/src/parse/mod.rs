//! Source text to our tree.
//!
//! ruff's parser reads the text, `lower.rs` and the files behind it turn its tree into ours. Where ruff or the lowering
//! refuses, [`errors`](crate::errors) reads the text a second time and finds CPython's words.
//!
//! Invariant: what comes out is CPython's tree with CPython's locations, or the error that CPython raises.
//! Next: `lower.rs`, `strings.rs`, `escapes.rs`.

mod depth;
pub mod escapes;
mod expr;
mod location;
mod lower;
pub mod numbers;
mod stmt;
mod strings;
pub mod warnings;

use bumpalo::Bump;
use ruff_python_ast as ruff;
use ruff_python_ast::token::{TokenKind, Tokens};
use ruff_python_parser::{Mode as RuffMode, ParseOptions, parse_unchecked};

use self::lower::{Lower, Refused};
use crate::Mode;
use crate::ast::Mod;
use crate::error::{CompileError, CompileWarning, ErrorKind};
use crate::errors::BARRY_AS_BDFL;
use crate::names::Names;

/// A program that CPython's parser accepts.
pub struct Parsed<'a> {
    pub module: Mod<'a>,
    /// Of the tokenizer and the parser, in the order of the source.
    pub warnings: Vec<CompileWarning>,
    /// So deep, or indented so, that CPython's parser must be asked too.
    suspicious: bool,
}

/// Parses normalised source text ([`source`](crate::source)): UTF-8, no BOM, lines end in `\n`, no NUL.
///
/// # Errors
/// What CPython's tokenizer and parser raise.
pub fn parse_module<'a>(
    source: &'a str,
    mode: Mode,
    flags: u32,
    arena: &'a Bump,
    names: &Names<'a>,
) -> Result<Parsed<'a>, CompileError> {
    parse_module_warning(source, mode, flags, arena, names, &mut Vec::new())
}

/// As [`parse_module`]; the warnings that CPython gives before an error are appended to `warnings`.
///
/// # Errors
/// As [`parse_module`].
pub fn parse_module_warning<'a>(
    source: &'a str,
    mode: Mode,
    flags: u32,
    arena: &'a Bump,
    names: &Names<'a>,
    warnings: &mut Vec<CompileWarning>,
) -> Result<Parsed<'a>, CompileError> {
    if source.len() > MAX_SOURCE {
        return Err(CompileError::plain(ErrorKind::MemoryError, ""));
    }
    // What one statement or one expression is, ruff's parser takes wider than CPython's.
    if mode == Mode::Exec
        && flags & BARRY_AS_BDFL == 0
        && let Ok(parsed) = try_parse(source, mode, arena, names)
        && !parsed.suspicious
    {
        return Ok(parsed);
    }
    let accepted = crate::errors::check(source, mode, flags, warnings)?;
    let source = if accepted.not_equals.is_empty() { source } else { respell(source, &accepted.not_equals, arena) };
    if depth::bound(source).is_none() {
        return Err(CompileError::recursion());
    }
    try_parse(source, mode, arena, names).map_err(|Refused| internal_error())
}

/// Levels of a tree above which CPython's parser may run out of its stack.
const SUSPICIOUS_DEPTH: u32 = 1000;

/// Offsets are 32 bits wide, and positions signed.
const MAX_SOURCE: usize = i32::MAX as usize - 16;

/// Open brackets that CPython's tokenizer allows.
const MAXLEVEL: u32 = 200;

/// Spells `<>` as `!=`, which takes as much room.
fn respell<'a>(source: &str, not_equals: &[usize], arena: &'a Bump) -> &'a str {
    let mut out = String::with_capacity(source.len());
    let mut at = 0;
    for &next in not_equals {
        out += source.get(at..next).unwrap_or_default();
        out += "!=";
        at = next + 2;
    }
    out += source.get(at..).unwrap_or_default();
    arena.alloc_str(&out)
}

/// CPython's parser accepts what ruff's does not: a gap of ours.
fn internal_error() -> CompileError {
    CompileError::plain(ErrorKind::SystemError, "program refused by one parser only")
}

/// Whether some lines are indented by tabs and others by spaces: CPython has rules for that.
fn tabs_and_spaces(source: &str) -> bool {
    let bytes = source.as_bytes();
    if memchr::memchr2(b'\t', b'\x0c', bytes).is_none() {
        return false;
    }
    let (mut tabs, mut spaces) = (bytes.first() == Some(&b'\t'), bytes.first() == Some(&b' '));
    for i in memchr::memchr_iter(b'\n', bytes) {
        let mut rest = bytes.get(i + 1..).unwrap_or_default();
        while let Some((first @ (b' ' | b'\t' | b'\x0c'), behind)) = rest.split_first() {
            tabs |= *first == b'\t';
            spaces |= *first == b' ';
            rest = behind;
        }
    }
    tabs && spaces
}

fn deepest_bracket(tokens: &Tokens) -> u32 {
    let (mut level, mut deepest) = (0u32, 0);
    for token in tokens {
        match token.kind() {
            TokenKind::Lpar | TokenKind::Lsqb | TokenKind::Lbrace => {
                level += 1;
                deepest = deepest.max(level);
            }
            TokenKind::Rpar | TokenKind::Rsqb | TokenKind::Rbrace => level = level.saturating_sub(1),
            _ => {}
        }
    }
    deepest
}

fn try_parse<'a>(source: &'a str, mode: Mode, arena: &'a Bump, names: &Names<'a>) -> Result<Parsed<'a>, Refused> {
    let depth = depth::bound(source).ok_or(Refused)?;
    // ruff's parser grows the stack itself; its tree is dropped by recursion.
    stacker::maybe_grow(depth.stack_size(), depth.stack_size(), || {
        let ruff_mode = match mode {
            Mode::Exec | Mode::Single => RuffMode::Module,
            Mode::Eval => RuffMode::Expression,
        };
        let options = ParseOptions::from(ruff_mode).with_target_version(ruff::PythonVersion::PY314);
        let parsed = parse_unchecked(source, options);
        if parsed.has_syntax_errors() {
            return Err(Refused);
        }
        let mut lower = Lower::new(source, arena, names);
        let module = match (parsed.syntax(), mode) {
            (ruff::Mod::Module(module), Mode::Single) => Mod::Interactive { body: lower.stmts(&module.body) },
            (ruff::Mod::Module(module), _) => {
                Mod::Module { body: lower.stmts(&module.body), type_ignores: crate::ast::Box::empty() }
            }
            (ruff::Mod::Expression(expression), _) => Mod::Expression { body: lower.boxed_expr(&expression.body) },
        };
        if lower.refused {
            return Err(Refused);
        }
        let suspicious = lower.suspicious
            || deepest_bracket(parsed.tokens()) > MAXLEVEL
            || tabs_and_spaces(source)
            || lower.max_depth > SUSPICIOUS_DEPTH;
        Ok(Parsed { suspicious, module, warnings: lower.warnings.into_sorted() })
    })
}
