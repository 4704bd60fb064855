//! Text as Python sees it.
//!
//! Invariant: Unicode data is version 16.0, CPython 3.14's; Rust's own tables are another version and are not used.
#![forbid(unsafe_code)]
