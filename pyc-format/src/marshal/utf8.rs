//! UTF-8 with surrogates (CPython's handler `surrogatepass`): validation, and the text of UnicodeDecodeError.
//!
//! Invariant: what passes here is exactly what `bytes.decode("utf-8", "surrogatepass")` accepts. Next: `read`.

use std::borrow::Cow;

/// Is it ASCII, or why not UTF-8?
pub fn check(bytes: &[u8]) -> Result<bool, Cow<'static, str>> {
    if bytes.is_ascii() {
        return Ok(true);
    }
    let mut at = 0;
    while let Err(error) = std::str::from_utf8(bytes.get(at..).unwrap_or_default()) {
        at += error.valid_up_to();
        let rest = bytes.get(at..).unwrap_or_default();
        match *rest {
            [0xed, 0xa0..=0xbf, 0x80..=0xbf, ..] => at += 3,
            _ => return Err(decode_error(rest, at).into()),
        }
    }
    Ok(false)
}

/// CPython's message for the sequence that starts `rest`, which stands at `position`.
fn decode_error(rest: &[u8], position: usize) -> String {
    let lead = rest.first().copied().unwrap_or_default();
    let second_range = match lead {
        0xe0 => 0xa0..=0xbf,
        0xed => 0x80..=0x9f,
        0xf0 => 0x90..=0xbf,
        0xf4 => 0x80..=0x8f,
        _ => 0x80..=0xbf,
    };
    let needed = match lead {
        0xc2..=0xdf => 2,
        0xe0..=0xef => 3,
        0xf0..=0xf4 => 4,
        _ => 0,
    };
    let fits = |(at, &byte): (usize, &u8)| {
        if at == 0 { second_range.contains(&byte) } else { (0x80..=0xbf).contains(&byte) }
    };
    let good = 1 + rest.iter().skip(1).take(3).enumerate().take_while(|&pair| fits(pair)).count();
    let (len, reason) = if needed == 0 {
        (1, "invalid start byte")
    } else if good >= rest.len() {
        (rest.len(), "unexpected end of data")
    } else {
        (good, "invalid continuation byte")
    };
    // surrogatepass asks for three bytes; of a surrogate cut short CPython reports all that is there
    if len <= 1 {
        format!("'utf-8' codec can't decode byte 0x{lead:02x} in position {position}: {reason}")
    } else {
        let last = position + len - 1;
        format!("'utf-8' codec can't decode bytes in position {position}-{last}: {reason}")
    }
}

/// Latin-1 bytes as UTF-8.
pub fn from_latin1(bytes: &[u8], out: &mut Vec<u8>) {
    for &byte in bytes {
        if byte < 0x80 {
            out.push(byte);
        } else {
            out.extend([0xc0 | byte >> 6, 0x80 | byte & 0x3f]);
        }
    }
}
