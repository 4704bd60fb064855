//! `unicode_escape` and `raw_unicode_escape`.
//!
//! Invariant: every other byte is Latin-1; a bad escape is an error that covers what was read of it.

use super::DecodeError;
use crate::names;
use crate::wtf8::{MAX, Wtf8Buf};

/// Reads `digits` hexadecimal digits at `at`: the value, or how many there are.
fn hex(input: &[u8], at: usize, digits: usize) -> Result<u32, usize> {
    let mut value: u32 = 0;
    for i in 0..digits {
        match input.get(at + i).and_then(|&b| char::from(b).to_digit(16)) {
            Some(d) => value = value.wrapping_mul(16) | d,
            None => return Err(i),
        }
    }
    Ok(value)
}

pub fn raw_unicode_escape(input: &[u8]) -> Result<Wtf8Buf, DecodeError> {
    let mut out = Wtf8Buf::with_capacity(input.len());
    let mut at = 0;
    while let Some(&b) = input.get(at) {
        let (digits, truncated) = match (b, input.get(at + 1)) {
            (b'\\', Some(b'u')) => (4, "truncated \\uXXXX escape"),
            (b'\\', Some(b'U')) => (8, "truncated \\UXXXXXXXX escape"),
            (b'\\', Some(&next)) => {
                out.extend([0x5C, u32::from(next)]);
                at += 2;
                continue;
            }
            _ => {
                out.push(u32::from(b));
                at += 1;
                continue;
            }
        };
        let error = |end, reason| DecodeError::new("rawunicodeescape", input, at, end, reason);
        match hex(input, at + 2, digits) {
            Ok(c @ 0..=MAX) => out.push(c),
            Ok(_) => return Err(error(at + 2 + digits, "\\Uxxxxxxxx out of range")),
            Err(read) => return Err(error(at + 2 + read, truncated)),
        }
        at += 2 + digits;
    }
    Ok(out)
}

pub fn unicode_escape(input: &[u8]) -> Result<Wtf8Buf, DecodeError> {
    let mut out = Wtf8Buf::with_capacity(input.len());
    let mut at = 0;
    while let Some(&b) = input.get(at) {
        if b != b'\\' {
            out.push(u32::from(b));
            at += 1;
            continue;
        }
        at += one_escape(input, at, &mut out)?;
    }
    Ok(out)
}

/// Decodes the escape at `at`; its length.
fn one_escape(input: &[u8], at: usize, out: &mut Wtf8Buf) -> Result<usize, DecodeError> {
    let error = |end, reason| DecodeError::new("unicodeescape", input, at, end, reason);
    let Some(&letter) = input.get(at + 1) else { return Err(error(at + 1, "\\ at end of string")) };
    let simple = match letter {
        b'\n' => return Ok(2),
        b'\\' | b'\'' | b'"' => letter,
        b'b' => 0x08,
        b't' => b'\t',
        b'n' => b'\n',
        b'r' => b'\r',
        b'f' => 0x0C,
        b'v' => 0x0B,
        b'a' => 0x07,
        b'0'..=b'7' => {
            let octal = input.get(at + 1..).unwrap_or_default().iter().take(3).take_while(|b| matches!(b, b'0'..=b'7'));
            let (value, n) = octal.fold((0, 0), |(v, n), &b| (v * 8 + u32::from(b - b'0'), n + 1));
            out.push(value);
            return Ok(1 + n);
        }
        b'x' | b'u' | b'U' => {
            let (digits, truncated) = match letter {
                b'x' => (2, "truncated \\xXX escape"),
                b'u' => (4, "truncated \\uXXXX escape"),
                _ => (8, "truncated \\UXXXXXXXX escape"),
            };
            return match hex(input, at + 2, digits) {
                Ok(c @ 0..=MAX) => {
                    out.push(c);
                    Ok(2 + digits)
                }
                Ok(_) => Err(error(at + 2 + digits, "illegal Unicode character")),
                Err(read) => Err(error(at + 2 + read, truncated)),
            };
        }
        b'N' => {
            let malformed = "malformed \\N character escape";
            if input.get(at + 2) != Some(&b'{') {
                return Err(error(at + 2, malformed));
            }
            let rest = input.get(at + 3..).unwrap_or_default();
            return match rest.iter().position(|&b| b == b'}') {
                None => Err(error(input.len(), malformed)),
                Some(0) => Err(error(at + 3, malformed)),
                Some(n) => match rest.get(..n).and_then(names::escape) {
                    Some(c) => {
                        out.push(c);
                        Ok(n + 4)
                    }
                    None => Err(error(at + n + 4, "unknown Unicode character name")),
                },
            };
        }
        other => {
            out.push(0x5C);
            other
        }
    };
    out.push(u32::from(simple));
    Ok(2)
}
