//! The .pyc format of CPython 3.14.
//!
//! Invariant: no IO and no unsafe; every function is total over bytes from anywhere.
#![forbid(unsafe_code)]
pub mod dis;
pub mod opcode;
