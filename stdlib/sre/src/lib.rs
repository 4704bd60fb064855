//! Regular expressions as CPython's `_sre` runs them, without objects: the code that `re._compiler` makes is checked and
//! turned into a [`Program`], which a backtracking machine runs over text of one, two or four bytes a character.
//!
//! ```text
//! re/_compiler.py ─► code words ─► program::Program::new ─► nodes ─► machine::Machine::{search, match_}
//! ```
//!
//! Invariants: any code words give a program or an error, and any program runs within bounds; native recursion does not
//! grow with the text; memory that grows with the text is asked for fallibly.
#![forbid(unsafe_code)]

pub mod charset;
pub mod machine;
pub mod program;

pub use machine::{Groups, Machine, Request, Stop, Text};
pub use program::{Invalid, Program};

/// `_sre.MAGIC`: the version of the code words, checked by `re._compiler`.
pub const MAGIC: u32 = 20230612;
/// `_sre.CODESIZE`: bytes of a code word.
pub const CODESIZE: u32 = 4;
/// `_sre.MAXREPEAT`: a repeat without an upper limit.
pub const MAXREPEAT: u32 = u32::MAX;
/// `_sre.MAXGROUPS`
pub const MAXGROUPS: u32 = 1_073_741_823;
