//! Codecs of one byte a character: ASCII and the charmap family.
//!
//! Invariant: a table has 256 entries; 0xFFFE in it is "undefined".

use super::DecodeError;
use crate::wtf8::Wtf8Buf;

pub const UNDEFINED: u16 = 0xFFFE;

pub fn ascii(input: &[u8]) -> Result<&str, DecodeError> {
    let bad = |start| DecodeError::new("ascii", input, start, start + 1, "ordinal not in range(128)");
    match input.iter().position(|b| !b.is_ascii()) {
        Some(at) => Err(bad(at)),
        None => std::str::from_utf8(input).map_err(|e| bad(e.valid_up_to())),
    }
}

pub fn decode(input: &[u8], table: &[u16; 256]) -> Result<Wtf8Buf, DecodeError> {
    let mut out = Wtf8Buf::with_capacity(input.len());
    for (start, &b) in input.iter().enumerate() {
        match table[usize::from(b)] {
            UNDEFINED => {
                let reason = "character maps to <undefined>";
                return Err(DecodeError::new("charmap", input, start, start + 1, reason));
            }
            c => out.push(u32::from(c)),
        }
    }
    Ok(out)
}
