//! Numbers as Python writes, reads and hashes them, without objects.
//!
//! ```text
//! format_spec   the format mini-language (PEP 3101, 378, 515): parse, then lay out a number or a string
//! hash          the hashes whose values programs can see: numbers, tuples, strings (SipHash-1-3)
//! ```
//!
//! f64 as text is in [`pyc_text::float_text`].
//!
//! Invariant: pure functions over plain values; no unsafe, no panic on any input, sizes are the caller's to bound.
#![forbid(unsafe_code)]

pub mod format_spec;
pub mod hash;
