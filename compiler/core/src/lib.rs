//! Python 3.14 source text to CPython's code objects, one file a CPython pass, in this order:
//!
//! ```text
//! source ─► parse ─► ast ─► future ─► preprocess ─► symtable ─► codegen ─► flowgraph ─► assemble ─► marshal
//! bytes     tokens,  Python.asdl's    constant      scopes      instruction  CFG, folding  tables     bytes
//!           ruff     shape            folding left              sequences    jumps, lines
//! ```
//!
//! Invariant: pure. No IO, no threads, no globals, no clock: the result depends on the arguments alone.
//! Where to read next: [`ast`] for the tree, [`instruction_sequence`] for what codegen hands on, [`constants`] for
//! object identity, which decides the reference flags in the bytes.
#![forbid(unsafe_code)]

mod assemble;
pub mod ast;
pub mod ast_dump;
pub mod code;
pub mod codegen;
pub mod compile;
pub mod constants;
pub mod error;
pub mod errors;
pub mod flowgraph;
mod fold;
pub mod future;
pub mod instruction_sequence;
mod interned;
pub mod mangle;
pub mod names;
pub mod parse;
pub mod preprocess;
pub mod sharing;
pub mod source;
pub mod symtable;
pub mod unparse;

/// How deep a tree may be for the passes after the parser. CPython's bound is its C stack: 8 MB carry between 30,000
/// and 40,000 levels of an expression such as `a + a + ...`. A thread that compiles needs a stack for as many.
pub const MAX_DEPTH: u32 = 32_000;

/// What is compiled: a module's file, one expression, or one interactive statement (`compile()`'s mode).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    Exec,
    Eval,
    Single,
}

/// Flags of `compile()` and the optimisation level.
#[derive(Clone, Copy, Debug)]
pub struct Options {
    pub mode: Mode,
    /// 0, 1 (`-O`) or 2 (`-OO`).
    pub optimize: u8,
    /// `PyCF_*` and `CO_FUTURE_*` bits as given to `compile()`.
    pub flags: u32,
}

impl Default for Options {
    fn default() -> Self {
        Options { mode: Mode::Exec, optimize: 0, flags: 0 }
    }
}
