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
use ruff_python_parser::{Mode as RuffMode, ParseOptions, parse_unchecked};

use self::lower::{Lower, Refused};
use crate::Mode;
use crate::ast::Mod;
use crate::error::{CompileError, CompileWarning};
use crate::names::Names;

/// A program that CPython's parser accepts.
pub struct Parsed<'a> {
    pub module: Mod<'a>,
    /// Of the tokenizer and the parser, in the order of the source.
    pub warnings: Vec<CompileWarning>,
}

/// Parses normalised source text ([`source`](crate::source)): UTF-8, no BOM, lines end in `\n`, no NUL.
pub fn parse_module<'a>(
    source: &'a str,
    mode: Mode,
    flags: u32,
    arena: &'a Bump,
    names: &Names<'a>,
) -> Result<Parsed<'a>, CompileError> {
    match try_parse(source, mode, arena, names) {
        Ok(parsed) => Ok(parsed),
        Err(Refused) => Err(crate::errors::syntax_error(source, mode, flags)),
    }
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
        Ok(Parsed { module, warnings: lower.warnings.into_sorted() })
    })
}
