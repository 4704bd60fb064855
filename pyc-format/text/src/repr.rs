//! `repr` of str and bytes, and the escapes of `ascii`, as CPython writes them.
//!
//! Invariant: what is written is a literal that evaluates to the value; quotes are single unless the text holds a single
//! quote and no double one. Next: `chars.rs` for `is_printable`.

use crate::chars;
use crate::wtf8::{Wtf8, Wtf8Buf};

const HEX: &[u8; 16] = b"0123456789abcdef";

/// CPython's choice of quote (unicode_repr, PyBytes_Repr).
fn quote_of(bytes: &[u8]) -> u8 {
    if bytes.contains(&b'\'') && !bytes.contains(&b'"') { b'"' } else { b'\'' }
}

fn push_hex(out: &mut String, letter: char, value: u32, digits: u32) {
    out.push('\\');
    out.push(letter);
    for i in (0..digits).rev() {
        out.push(char::from(HEX[(value >> (4 * i) & 15) as usize]));
    }
}

/// `\xNN`, `\uNNNN` or `\UNNNNNNNN`, the shortest that fits.
pub fn push_escape(out: &mut String, c: u32) {
    match c {
        0..=0xFF => push_hex(out, 'x', c, 2),
        0x100..=0xFFFF => push_hex(out, 'u', c, 4),
        _ => push_hex(out, 'U', c, 8),
    }
}

/// True if the code point stands for itself in an ASCII literal with this quote; writes the two-letter escapes.
fn push_common(out: &mut String, c: u32, quote: u8) -> bool {
    match c {
        0x5C => out.push_str("\\\\"),
        0x09 => out.push_str("\\t"),
        0x0A => out.push_str("\\n"),
        0x0D => out.push_str("\\r"),
        _ if c == u32::from(quote) => {
            out.push('\\');
            out.push(char::from(quote));
        }
        0x20..=0x7E => out.push(c as u8 as char),
        _ => return false,
    }
    true
}

/// `repr(s)`. Surrogates are escaped, so the result is a `String`.
pub fn str_repr(s: Wtf8<'_>) -> String {
    let quote = quote_of(s.as_bytes());
    let mut out = String::with_capacity(s.len() + 2);
    out.push(char::from(quote));
    for c in s.code_points() {
        if !push_common(&mut out, c, quote) {
            match char::from_u32(c) {
                Some(ch) if c > 0x7F && chars::is_printable(c) => out.push(ch),
                _ => push_escape(&mut out, c),
            }
        }
    }
    out.push(char::from(quote));
    out
}

/// `ascii(s)`: like `repr`, everything beyond ASCII escaped.
pub fn str_ascii(s: Wtf8<'_>) -> String {
    let quote = quote_of(s.as_bytes());
    let mut out = String::with_capacity(s.len() + 2);
    out.push(char::from(quote));
    for c in s.code_points() {
        if !push_common(&mut out, c, quote) {
            push_escape(&mut out, c);
        }
    }
    out.push(char::from(quote));
    out
}

/// The `backslashreplace` error handler over the code points that `str::encode('ascii')` refuses.
pub fn backslashreplace(s: Wtf8<'_>) -> String {
    let mut out = String::with_capacity(s.len());
    for c in s.code_points() {
        if c < 0x80 { out.push(c as u8 as char) } else { push_escape(&mut out, c) }
    }
    out
}

/// `repr(b)`, with its `b` prefix.
pub fn bytes_repr(b: &[u8]) -> String {
    let mut out = String::with_capacity(b.len() + 3);
    out.push('b');
    push_bytes_literal(&mut out, b, quote_of(b));
    out
}

/// The quoted part of a bytes literal with a given quote (`bytearray`'s repr shares it).
pub fn push_bytes_literal(out: &mut String, b: &[u8], quote: u8) {
    out.push(char::from(quote));
    for &byte in b {
        let c = u32::from(byte);
        if !push_common(out, c, quote) {
            push_hex(out, 'x', c, 2);
        }
    }
    out.push(char::from(quote));
}

/// `repr` of text that is known to be UTF-8.
pub fn repr(s: &str) -> String {
    str_repr(Wtf8::from_str(s))
}

impl Wtf8<'_> {
    /// Python's `repr`.
    pub fn repr(self) -> String {
        str_repr(self)
    }
}

impl Wtf8Buf {
    /// Python's `repr`.
    pub fn repr(&self) -> String {
        str_repr(self.as_wtf8())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn strings() {
        for (s, want) in [
            ("", "''"),
            ("a'b", "\"a'b\""),
            ("a'\"b", "'a\\'\"b'"),
            ("\t\n\r\\\x00\x7f", "'\\t\\n\\r\\\\\\x00\\x7f'"),
            ("\u{e9}\u{a0}\u{ad}\u{3000}\u{4e00}", "'\u{e9}\\xa0\\xad\\u3000\u{4e00}'"),
            ("\u{1f600}\u{e0001}\u{10ffff}", "'\u{1f600}\\U000e0001\\U0010ffff'"),
        ] {
            assert_eq!(repr(s), want);
        }
        assert_eq!(str_repr(Wtf8::trusted(b"\xed\xa0\x80")), "'\\ud800'");
        assert_eq!(str_ascii(Wtf8::from_str("\u{e9}\u{4e00}'")), "\"\\xe9\\u4e00'\"");
    }

    #[test]
    fn bytes() {
        assert_eq!(bytes_repr(b"a\x00'\xff\n"), "b\"a\\x00'\\xff\\n\"");
    }
}
