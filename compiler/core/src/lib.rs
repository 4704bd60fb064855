//! Python 3.14 source text to CPython's code objects.
//!
//! Invariant: pure. No IO, no threads, no globals, no clock: the result depends on the arguments alone.
#![forbid(unsafe_code)]
