//! The values of string and bytes literals: backslash escapes.
//!
//! Invariant: positions in a [`DecodeError`] and in an invalid escape are those of the text that CPython decodes, in
//! which every character beyond ASCII has become `\UXXXXXXXX` (ten bytes); messages show them.
//! Next: `strings.rs` for the tokens, `errors/` for the words.

use bumpalo::Bump;
use bumpalo::collections::Vec as BumpVec;
use pyc_text::Wtf8;

/// An escape that cannot be decoded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DecodeError {
    /// First and last byte of the escape in CPython's intermediate text.
    pub start: usize,
    pub end: usize,
    pub reason: &'static str,
}

/// The first escape of a literal that means nothing, kept as it stands: CPython warns about it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct InvalidEscape {
    /// Byte offset of the character after the backslash, in the body of the literal.
    pub at: usize,
    /// The same in CPython's intermediate text.
    pub expanded_at: usize,
}

/// A decoded literal.
#[derive(Clone, Copy, Debug)]
pub struct Decoded<T> {
    pub value: T,
    pub invalid_escape: Option<InvalidEscape>,
}

/// What a one-character escape stands for.
fn simple_escape(c: u8) -> Option<u8> {
    Some(match c {
        b'\\' | b'\'' | b'"' => c,
        b'b' => 8,
        b'f' => 12,
        b't' => b'\t',
        b'n' => b'\n',
        b'r' => b'\r',
        b'v' => 11,
        b'a' => 7,
        _ => return None,
    })
}

/// Up to three octal digits; their value and number.
fn octal(bytes: &[u8]) -> (u32, usize) {
    let digits = bytes.iter().take(3).take_while(|b| (b'0'..=b'7').contains(b));
    digits.fold((0, 0), |(value, n), b| (value << 3 | u32::from(b - b'0'), n + 1))
}

fn push_code_point(out: &mut BumpVec<'_, u8>, c: u32) {
    let cont = |shift: u32| (c >> shift) as u8 & 0x3F | 0x80;
    match c {
        0..=0x7F => out.push(c as u8),
        0x80..=0x7FF => out.extend([(c >> 6) as u8 | 0xC0, cont(0)]),
        0x800..=0xFFFF => out.extend([(c >> 12) as u8 | 0xE0, cont(6), cont(0)]),
        _ => out.extend([(c >> 18) as u8 | 0xF0, cont(12), cont(6), cont(0)]),
    }
}

/// What a body belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Body {
    /// A str literal.
    Plain,
    /// A piece of an f- or t-string, which ends before or with a brace: the tokenizer has seen to `\\{`.
    Piece,
}

/// Decodes the body of a str literal (between the quotes), or of a literal piece of an f- or t-string.
pub fn decode_str<'a>(body: &str, kind: Body, arena: &'a Bump) -> Result<Decoded<Wtf8<'a>>, DecodeError> {
    let mut out = BumpVec::with_capacity_in(body.len(), arena);
    let bytes = body.as_bytes();
    let mut invalid_escape = None;
    // CPython's text is `widened` bytes longer up to here.
    let (mut at, mut widened) = (0, 0);
    while let Some(rest) = bytes.get(at..).filter(|rest| !rest.is_empty()) {
        let n = memchr::memchr(b'\\', rest).unwrap_or(rest.len());
        let run = rest.get(..n).unwrap_or_default();
        if !run.is_ascii() {
            widened += run.iter().fold(0isize, |w, &b| match b {
                0x80..=0xBF => w - 1,
                0xC0.. => w + 9,
                _ => w,
            });
        }
        out.extend_from_slice_copy(run);
        at += n;
        if n < rest.len() {
            at = decode_escape(body, at, &mut widened, kind, &mut out, &mut invalid_escape)?;
        }
    }
    Ok(Decoded { value: Wtf8::trusted(out.into_bump_slice()), invalid_escape })
}

/// Decodes the escape at `at` (a backslash) and gives the offset behind it.
fn decode_escape(
    body: &str,
    at: usize,
    widened: &mut isize,
    kind: Body,
    out: &mut BumpVec<'_, u8>,
    invalid_escape: &mut Option<InvalidEscape>,
) -> Result<usize, DecodeError> {
    let bytes = body.as_bytes();
    let expanded = at.saturating_add_signed(*widened);
    let invalid = |invalid_escape: &mut Option<InvalidEscape>| {
        invalid_escape.get_or_insert(InvalidEscape { at: at + 1, expanded_at: expanded + 1 });
    };
    let Some(&c) = bytes.get(at + 1) else {
        // Only before a brace of an f-string: the backslash is text.
        out.push(b'\\');
        return Ok(at + 1);
    };
    let digits = match c {
        b'\n' => return Ok(at + 2),
        b'0'..=b'7' => {
            let (value, n) = octal(bytes.get(at + 1..).unwrap_or_default());
            if value > 0o377 {
                invalid(invalid_escape);
            }
            push_code_point(out, value);
            return Ok(at + 1 + n);
        }
        b'x' => 2,
        b'u' => 4,
        b'U' => 8,
        b'N' => return named_escape(body, at, expanded, out),
        _ => {
            if let Some(value) = simple_escape(c) {
                out.push(value);
                return Ok(at + 2);
            }
            out.push(b'\\');
            if c >= 0x80 {
                // CPython writes the backslash itself as \u005c here, so nothing is invalid.
                *widened += 5;
            } else if !(kind == Body::Piece && matches!(c, b'{' | b'}')) {
                invalid(invalid_escape);
            }
            return Ok(at + 1);
        }
    };
    let mut value = 0u32;
    for i in 0..digits {
        let digit = bytes.get(at + 2 + i).and_then(|&b| (b as char).to_digit(16));
        let Some(digit) = digit else {
            let reason = match c {
                b'x' => "truncated \\xXX escape",
                b'u' => "truncated \\uXXXX escape",
                _ => "truncated \\UXXXXXXXX escape",
            };
            return Err(DecodeError { start: expanded, end: expanded + 1 + i, reason });
        };
        value = value << 4 | digit;
    }
    if value > pyc_text::wtf8::MAX {
        return Err(DecodeError { start: expanded, end: expanded + 9, reason: "illegal Unicode character" });
    }
    push_code_point(out, value);
    Ok(at + 2 + digits)
}

/// `\N{NAME}`
fn named_escape(body: &str, at: usize, expanded: usize, out: &mut BumpVec<'_, u8>) -> Result<usize, DecodeError> {
    let malformed =
        |len: usize| DecodeError { start: expanded, end: expanded + len - 1, reason: "malformed \\N character escape" };
    if body.as_bytes().get(at + 2) != Some(&b'{') {
        return Err(malformed(2));
    }
    let rest = body.get(at + 3..).unwrap_or_default();
    let expanded_len = |s: &str| s.chars().map(|c| if c.is_ascii() { 1 } else { 10 }).sum::<usize>();
    let Some(len) = rest.find('}') else {
        return Err(malformed(3 + expanded_len(rest)));
    };
    let name = rest.get(..len).unwrap_or_default();
    if name.is_empty() {
        return Err(malformed(3));
    }
    match pyc_text::names::escape(name.as_bytes()) {
        Some(c) => {
            push_code_point(out, c);
            Ok(at + 4 + len)
        }
        None => Err(DecodeError {
            start: expanded,
            end: expanded + 3 + expanded_len(name),
            reason: "unknown Unicode character name",
        }),
    }
}

/// Why a bytes literal cannot be decoded: `invalid \x escape at position N`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BytesDecodeError {
    pub at: usize,
}

/// Decodes the body of a bytes literal, which holds ASCII only.
pub fn decode_bytes<'a>(body: &[u8], arena: &'a Bump) -> Result<Decoded<&'a [u8]>, BytesDecodeError> {
    let mut out = BumpVec::with_capacity_in(body.len(), arena);
    let mut invalid_escape = None;
    let mut at = 0;
    while let Some(&c) = body.get(at) {
        if c != b'\\' {
            out.push(c);
            at += 1;
            continue;
        }
        let next = body.get(at + 1).copied().unwrap_or(b'\\');
        at += 2;
        match next {
            b'\n' => {}
            b'0'..=b'7' => {
                let (value, n) = octal(body.get(at - 1..).unwrap_or_default());
                if value > 0o377 {
                    invalid_escape.get_or_insert(InvalidEscape { at: at - 1, expanded_at: at - 1 });
                }
                out.push(value as u8);
                at += n - 1;
            }
            b'x' => {
                let digit = |i: usize| body.get(i).and_then(|&b| (b as char).to_digit(16));
                let (Some(high), Some(low)) = (digit(at), digit(at + 1)) else {
                    return Err(BytesDecodeError { at: at - 2 });
                };
                out.push((high << 4 | low) as u8);
                at += 2;
            }
            _ => match simple_escape(next) {
                Some(value) => out.push(value),
                None => {
                    invalid_escape.get_or_insert(InvalidEscape { at: at - 1, expanded_at: at - 1 });
                    out.push(b'\\');
                    at -= 1;
                }
            },
        }
    }
    Ok(Decoded { value: out.into_bump_slice(), invalid_escape })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(body: &str) -> (Vec<u32>, Option<usize>) {
        let arena = Bump::new();
        match decode_str(body, Body::Plain, &arena) {
            Ok(d) => (d.value.code_points().collect(), d.invalid_escape.map(|i| i.expanded_at)),
            Err(e) => panic!("{e:?}"),
        }
    }

    #[test]
    fn escapes() {
        assert_eq!(text(r"\ud83d\ude00"), (vec![0xD83D, 0xDE00], None));
        assert_eq!(text("a\\\nb"), (vec![97, 98], None));
        assert_eq!(text(r"\400\x41\N{DIGIT ONE}"), (vec![256, 65, 49], Some(1)));
        assert_eq!(text("é\\d\\q"), (vec![0xE9, 92, 100, 92, 113], Some(11)));
        assert_eq!(text("\\é\\d"), (vec![92, 0xE9, 92, 100], Some(17)));
    }

    #[test]
    fn errors() {
        let arena = Bump::new();
        let error = |body| decode_str(body, Body::Plain, &arena).map(|_| ()).map_err(|e| (e.start, e.end, e.reason));
        assert_eq!(error(r"\x1"), Err((0, 2, "truncated \\xXX escape")));
        assert_eq!(error(r"é\u12g"), Err((10, 13, "truncated \\uXXXX escape")));
        assert_eq!(error(r"\U00110000"), Err((0, 9, "illegal Unicode character")));
        assert_eq!(error(r"\N"), Err((0, 1, "malformed \\N character escape")));
        assert_eq!(error(r"\N{}"), Err((0, 2, "malformed \\N character escape")));
        assert_eq!(error(r"\N{zzz}"), Err((0, 6, "unknown Unicode character name")));
        assert_eq!(decode_bytes(br"ab\xg", &arena).map(|_| ()), Err(BytesDecodeError { at: 2 }));
    }
}
