//! Identifiers: what `str.isidentifier` accepts and the NFKC form in which the compiler keeps them.
//!
//! Invariant: ASCII names touch no table and are never copied.

use crate::chars;
use crate::normalize::{Form, normalize};
use crate::wtf8::Wtf8;
use std::borrow::Cow;

/// May start an identifier.
pub fn is_start(c: u32) -> bool {
    if c < 0x80 { c == 0x5F || (c as u8).is_ascii_alphabetic() } else { chars::is_xid_start(c) }
}

/// May continue an identifier.
pub fn is_continue(c: u32) -> bool {
    if c < 0x80 { c == 0x5F || (c as u8).is_ascii_alphanumeric() } else { chars::is_xid_continue(c) }
}

/// `str.isidentifier`.
pub fn is_identifier(s: Wtf8<'_>) -> bool {
    first_invalid(s).is_none() && !s.is_empty()
}

/// The first code point that cannot stand where it does, with its byte offset.
pub fn first_invalid(s: Wtf8<'_>) -> Option<(usize, u32)> {
    s.code_point_indices().find(|&(at, c)| if at == 0 { !is_start(c) } else { !is_continue(c) })
}

/// The name as the compiler keeps it: NFKC.
pub fn nfkc(name: &str) -> Cow<'_, str> {
    if name.is_ascii() {
        return Cow::Borrowed(name);
    }
    match normalize(Wtf8::from_str(name), Form::Nfkc) {
        Cow::Borrowed(_) => Cow::Borrowed(name),
        Cow::Owned(bytes) => match String::from_utf8(bytes) {
            Ok(s) => Cow::Owned(s),
            Err(_) => Cow::Borrowed(name), // normalising makes no surrogates
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names() {
        for good in ["a", "_", "a1", "\u{e9}", "\u{1d400}", "\u{2118}", "x\u{b7}"] {
            assert!(is_identifier(Wtf8::from_str(good)), "{good}");
        }
        for bad in ["", "1", "a-b", "\u{b7}", "\u{37a}", "a b"] {
            assert!(!is_identifier(Wtf8::from_str(bad)), "{bad}");
        }
        assert_eq!(nfkc("\u{1d400}\u{fb01}"), "Afi");
    }
}
