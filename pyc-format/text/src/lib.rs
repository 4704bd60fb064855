//! Text as Python sees it, one source for compiler, format and VM.
//!
//! Invariant: Unicode data is version 16.0, CPython 3.14's; Rust's own tables are another version and are not used. A code
//! point is a `u32`, surrogates are code points, and every function is total: what is above U+10FFFF is unassigned.
//!
//! - `wtf8`: text that may hold lone surrogates. `repr`: `repr` and `ascii` of str and bytes.
//! - `chars`: properties of a code point. `case`: case mappings and predicates of text.
//! - `float_text`: f64 as text and back.
//! - `ident`: identifiers, their NFKC. `normalize`: NFC, NFD, NFKC, NFKD. `names`: `\N{...}`.
//! - `codecs`: bytes to text for every encoding that a source file may name.
//! - `old`: what Unicode 3.2.0 said (`unicodedata.ucd_3_2_0`, which `stringprep` and IDNA stand on).
//! - `tables`: generated (`cargo x ucd`).
#![forbid(unsafe_code)]

pub mod case;
pub mod chars;
pub mod codecs;
pub mod float_text;
pub mod ident;
pub mod names;
pub mod normalize;
pub mod old;
pub mod repr;
#[rustfmt::skip]
mod tables;
pub mod wtf8;

pub use repr::{bytes_repr, repr, str_repr};
pub use wtf8::{Malformed, Wtf8, Wtf8Buf};

/// `unicodedata.unidata_version`.
pub const UNIDATA_VERSION: &str = "16.0.0";
