//! The text of CPython's `dis` for a code object.
//!
//! Invariant: pure; the same text as `dis.dis(code)` of CPython 3.14 for every code object that its compiler makes.

mod caches;

pub use caches::cache_format;
