//! `from __future__ import ...` at the head of a file (CPython's Python/future.c).
//!
//! Invariant: only what may precede a future statement (a docstring, other future statements) is looked past; a later
//! one is an error that the symbol table raises, with [`FutureFeatures::location`] as the border.

use crate::ast::{Alias, ExprKind, Loc, Mod, Stmt, StmtKind};
use crate::ast::{Constant, Expr};
use crate::error::CompileError;
use crate::names::{Name, Names};

pub const CO_FUTURE_BARRY_AS_BDFL: u32 = 0x40_0000;
pub const CO_FUTURE_ANNOTATIONS: u32 = 0x100_0000;

/// CPython's `_PyFutureFeatures`.
#[derive(Clone, Copy, Debug)]
pub struct FutureFeatures {
    /// `CO_FUTURE_*` bits; the driver adds the `PyCF_*` flags that `compile()` was given.
    pub features: u32,
    /// The last future statement, or [`Loc::NONE`].
    pub location: Loc,
}

/// The features that the tree asks for.
///
/// Errors: SyntaxError for a feature that does not exist.
pub fn future_from_ast(names: &Names<'_>, module: &Mod<'_>) -> Result<FutureFeatures, CompileError> {
    let mut future = FutureFeatures { features: 0, location: Loc::NONE };
    let (Mod::Module { body, .. } | Mod::Interactive { body }) = module else {
        return Ok(future);
    };
    let skip = usize::from(doc_string(body).is_some());
    for stmt in body.iter().skip(skip) {
        match &stmt.kind {
            StmtKind::ImportFrom { module: Some(Name::FUTURE), names: aliases, level: 0 } => {
                for alias in aliases.iter() {
                    future.features |= feature(names, alias)?;
                }
                future.location = stmt.loc;
            }
            _ => break,
        }
    }
    Ok(future)
}

/// The first statement's value, where that makes it a docstring (`_PyAST_GetDocString`).
pub fn doc_string<'t, 'a>(body: &'t [Stmt<'a>]) -> Option<&'t Expr<'a>> {
    match &body.first()?.kind {
        StmtKind::Expr { value } => {
            matches!(value.kind, ExprKind::Constant { value: Constant::Str(_), .. }).then_some(value)
        }
        _ => None,
    }
}

fn feature(names: &Names<'_>, alias: &Alias) -> Result<u32, CompileError> {
    let text = names.text(alias.name);
    match text {
        "nested_scopes" | "generators" | "division" | "absolute_import" | "with_statement" | "print_function"
        | "unicode_literals" | "generator_stop" => Ok(0),
        "barry_as_FLUFL" => Ok(CO_FUTURE_BARRY_AS_BDFL),
        "annotations" => Ok(CO_FUTURE_ANNOTATIONS),
        "braces" => Err(CompileError::syntax("not a chance", alias.loc)),
        _ => {
            // CPython formats the name with "%.100s": the first hundred bytes.
            let shown = String::from_utf8_lossy(text.as_bytes().get(..100).unwrap_or(text.as_bytes()));
            Err(CompileError::syntax(format!("future feature {shown} is not defined"), alias.loc))
        }
    }
}
