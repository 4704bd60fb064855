//! Verified bytecode of CPython 3.14 to register code, in one forward pass.
//!
//! ```text
//! registers of a frame:   0 ......... n_locals ......... const_base ......... n_regs
//!                         localsplus  stack temporaries   constants of loops
//!                                     + 2 scratch
//! ```
//!
//! The stack exists only while translating: an entry is a register (a local, a temporary, a hoisted constant) or a constant
//! that has no register yet. Item `d` has a home, register `temp_base + d`; where control flow meets, at handlers, and for
//! instructions that want items in a row, entries are brought home. So most loads, stores and stack shuffles cost nothing.
//!
//! Invariants: every operand of every word is below `n_regs`, every jump leads to a word that begins an instruction (the
//! engine does not check either again); while an exception may be raised in a handler's range, the items that the handler
//! keeps are at home; a local is not read through an older alias after it was stored to.
//!
//! Where to read next: [`ops`], what each instruction does; [`translate`].
#![forbid(unsafe_code)]

pub mod code;
pub mod disasm;
pub mod ops;
mod stack;
pub mod translate;

pub use code::{Handler, RegCode, Site};
pub use ops::{Op, Word};
pub use translate::{ConstKind, Input, TooLarge, translate};
