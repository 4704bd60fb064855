//! UTF-8, UTF-16, UTF-32 and UTF-7.
//!
//! Invariant: what is accepted is what CPython accepts, and an error stands where CPython puts it: UTF-8's covers the
//! longest valid prefix of a sequence.

use super::{DecodeError, Order};
use crate::wtf8::Wtf8Buf;

/// Strict UTF-8.
pub fn utf8(input: &[u8]) -> Result<&str, DecodeError> {
    std::str::from_utf8(input).map_err(|e| {
        let start = e.valid_up_to();
        let (end, reason) = match (e.error_len(), input.get(start)) {
            (None, _) => (input.len(), "unexpected end of data"),
            (Some(_), Some(0x80..=0xC1 | 0xF5..=0xFF)) => (start + 1, "invalid start byte"),
            (Some(n), _) => (start + n, "invalid continuation byte"),
        };
        DecodeError::new("utf-8", input, start, end, reason)
    })
}

/// The valid part before the first error, and the error.
pub fn utf8_prefix(input: &[u8]) -> (&str, Option<DecodeError>) {
    match utf8(input) {
        Ok(s) => (s, None),
        Err(e) => (input.get(..e.start).and_then(|b| std::str::from_utf8(b).ok()).unwrap_or(""), Some(e)),
    }
}

/// UTF-8 with an optional byte order mark, which is dropped. Positions count from after the mark, as CPython's do.
pub fn utf8_sig(input: &[u8]) -> Result<&str, DecodeError> {
    utf8(input.strip_prefix(b"\xef\xbb\xbf").unwrap_or(input))
}

/// The order after a mark, and how many bytes the mark takes.
fn mark(input: &[u8], order: Order, little: &[u8]) -> (bool, usize) {
    match order {
        Order::Little => (true, 0),
        Order::Big => (false, 0),
        Order::Marked if input.starts_with(little) => (true, little.len()),
        Order::Marked if input.iter().take(little.len()).rev().eq(little.iter()) => (false, little.len()),
        Order::Marked => (true, 0),
    }
}

pub fn utf16(input: &[u8], order: Order) -> Result<Wtf8Buf, DecodeError> {
    let (little, mut at) = mark(input, order, b"\xff\xfe");
    let encoding = if little { "utf-16-le" } else { "utf-16-be" };
    let error = |start, end, reason| Err(DecodeError::new(encoding, input, start, end, reason));
    let unit = |at: usize| {
        let pair = input.get(at..at + 2)?.first_chunk::<2>()?;
        Some(u32::from(if little { u16::from_le_bytes(*pair) } else { u16::from_be_bytes(*pair) }))
    };
    let mut out = Wtf8Buf::with_capacity(input.len());
    while let Some(c) = unit(at) {
        match c {
            0xD800..=0xDBFF => match unit(at + 2) {
                Some(low @ 0xDC00..=0xDFFF) => {
                    out.push(0x10000 + ((c - 0xD800) << 10) + (low - 0xDC00));
                    at += 2;
                }
                Some(_) => return error(at, at + 2, "illegal UTF-16 surrogate"),
                None => return error(at, input.len(), "unexpected end of data"),
            },
            0xDC00..=0xDFFF => return error(at, at + 2, "illegal encoding"),
            _ => out.push(c),
        }
        at += 2;
    }
    if at < input.len() { error(at, input.len(), "truncated data") } else { Ok(out) }
}

pub fn utf32(input: &[u8], order: Order) -> Result<Wtf8Buf, DecodeError> {
    let (little, mut at) = mark(input, order, b"\xff\xfe\0\0");
    let encoding = if little { "utf-32-le" } else { "utf-32-be" };
    let error = |start, end, reason| Err(DecodeError::new(encoding, input, start, end, reason));
    let mut out = Wtf8Buf::with_capacity(input.len());
    while let Some(four) = input.get(at..).and_then(|rest| rest.first_chunk::<4>()) {
        let c = if little { u32::from_le_bytes(*four) } else { u32::from_be_bytes(*four) };
        match c {
            0xD800..=0xDFFF => {
                return error(at, at + 4, "code point in surrogate code point range(0xd800, 0xe000)");
            }
            0x110000.. => return error(at, at + 4, "code point not in range(0x110000)"),
            _ => out.push(c),
        }
        at += 4;
    }
    if at < input.len() { error(at, input.len(), "truncated data") } else { Ok(out) }
}

fn base64(b: u8) -> Option<u32> {
    Some(u32::from(match b {
        b'A'..=b'Z' => b - b'A',
        b'a'..=b'z' => b - b'a' + 26,
        b'0'..=b'9' => b - b'0' + 52,
        b'+' => 62,
        b'/' => 63,
        _ => return None,
    }))
}

/// A base-64 section of UTF-7 under way.
struct Shift {
    /// Where its `+` stands.
    start: usize,
    bits: u32,
    buffer: u32,
    /// A high surrogate that waits for its low one.
    high: Option<u32>,
}

impl Shift {
    fn feed(&mut self, value: u32, out: &mut Wtf8Buf) {
        self.buffer = self.buffer << 6 | value;
        self.bits += 6;
        if self.bits < 16 {
            return;
        }
        self.bits -= 16;
        let unit = self.buffer >> self.bits;
        self.buffer &= (1 << self.bits) - 1;
        if let Some(high) = self.high.take() {
            if let 0xDC00..=0xDFFF = unit {
                out.push(0x10000 + ((high - 0xD800) << 10) + (unit - 0xDC00));
                return;
            }
            out.push(high);
        }
        if let 0xD800..=0xDBFF = unit { self.high = Some(unit) } else { out.push(unit) }
    }
}

pub fn utf7(input: &[u8]) -> Result<Wtf8Buf, DecodeError> {
    let error = |start, end, reason| Err(DecodeError::new("utf7", input, start, end, reason));
    let mut out = Wtf8Buf::with_capacity(input.len());
    let mut shift: Option<Shift> = None;
    let mut at = 0;
    while let Some(&b) = input.get(at) {
        let direct = b < 0x80 && b != b'+';
        if let Some(s) = &mut shift {
            if let Some(value) = base64(b) {
                s.feed(value, &mut out);
                at += 1;
                continue;
            }
            if s.bits >= 6 {
                return error(s.start, at + 1, "partial character in shift sequence");
            }
            if s.bits > 0 && s.buffer != 0 {
                return error(s.start, at + 1, "non-zero padding bits in shift sequence");
            }
            if let Some(high) = s.high.filter(|_| direct) {
                out.push(high);
            }
            shift = None;
            at += usize::from(b == b'-');
        } else if b == b'+' {
            match input.get(at + 1) {
                Some(b'-') => {
                    out.push(u32::from(b'+'));
                    at += 2;
                }
                Some(&next) if base64(next).is_none() => return error(at, at + 2, "ill-formed sequence"),
                _ => {
                    shift = Some(Shift { start: at, bits: 0, buffer: 0, high: None });
                    at += 1;
                }
            }
        } else if direct {
            out.push(u32::from(b));
            at += 1;
        } else {
            return error(at, at + 1, "unexpected special character");
        }
    }
    match shift {
        Some(s) if s.high.is_some() || s.bits >= 6 || (s.bits > 0 && s.buffer != 0) => {
            error(s.start, input.len(), "unterminated shift sequence")
        }
        _ => Ok(out),
    }
}
