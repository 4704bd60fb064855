//! Text that may hold lone surrogates: generalised UTF-8, what CPython's `surrogatepass` reads and writes.
//!
//! Invariant: the bytes of a [`Wtf8`] are well-formed UTF-8, except that U+D800..U+DFFF may stand as three bytes each. A
//! high surrogate followed by a low one stays two code points and is never merged: a Python `str` is a sequence of code
//! points, not of UTF-16 units. Byte order is code point order, so the derived `Ord` is Python's `<` on `str`.
//! Next: `repr.rs`, `chars.rs`.

use std::fmt;

/// The largest code point.
pub const MAX: u32 = 0x10FFFF;

/// Borrowed text. Two words, `Copy`; equality, order and hash are those of the code points.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Wtf8<'a>(&'a [u8]);

/// Where bytes stop being generalised UTF-8: the start of the first bad sequence.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Malformed {
    pub valid_up_to: usize,
}

impl fmt::Display for Malformed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "malformed text at byte {}", self.valid_up_to)
    }
}

impl std::error::Error for Malformed {}

impl<'a> Wtf8<'a> {
    /// Validates `bytes`.
    pub fn new(bytes: &'a [u8]) -> Result<Self, Malformed> {
        let mut at = 0;
        loop {
            let rest = bytes.get(at..).unwrap_or_default();
            match std::str::from_utf8(rest) {
                Ok(_) => return Ok(Wtf8(bytes)),
                Err(e) => {
                    at += e.valid_up_to();
                    match bytes.get(at..at + 3) {
                        Some([0xED, 0xA0..=0xBF, 0x80..=0xBF]) => at += 3,
                        _ => return Err(Malformed { valid_up_to: at }),
                    }
                }
            }
        }
    }

    /// Takes bytes that were validated before (a mapped file that was checked once). Bytes that break the promise give
    /// meaningless code points, never a panic or an endless loop.
    pub const fn trusted(bytes: &'a [u8]) -> Self {
        Wtf8(bytes)
    }

    /// Validates that every byte is ASCII.
    pub fn from_ascii(bytes: &'a [u8]) -> Option<Self> {
        bytes.is_ascii().then_some(Wtf8(bytes))
    }

    #[allow(clippy::should_implement_trait)] // it borrows, and it cannot fail
    pub const fn from_str(s: &'a str) -> Self {
        Wtf8(s.as_bytes())
    }

    pub const fn as_bytes(self) -> &'a [u8] {
        self.0
    }

    /// The text as UTF-8, or None if it holds a surrogate.
    pub fn as_str(self) -> Option<&'a str> {
        std::str::from_utf8(self.0).ok()
    }

    /// For messages: surrogates become U+FFFD.
    pub fn to_string_lossy(self) -> String {
        self.code_points().map(|c| char::from_u32(c).unwrap_or('\u{FFFD}')).collect()
    }

    pub const fn is_empty(self) -> bool {
        self.0.is_empty()
    }

    /// Length in bytes.
    pub const fn len(self) -> usize {
        self.0.len()
    }

    pub const fn is_ascii(self) -> bool {
        self.0.is_ascii()
    }

    /// Length in code points: Python's `len`.
    pub fn char_count(self) -> usize {
        self.0.iter().filter(|&&b| !matches!(b, 0x80..=0xBF)).count()
    }

    /// The largest code point (0 for the empty text): what decides CPython's kind (ASCII, Latin-1, UCS-2, UCS-4).
    pub fn max_code_point(self) -> u32 {
        if self.is_ascii() { if self.is_empty() { 0 } else { 0x7F } } else { self.code_points().max().unwrap_or(0) }
    }

    pub fn code_points(self) -> CodePoints<'a> {
        CodePoints { bytes: self.0, at: 0 }
    }

    /// Like `code_points`, each with its byte offset.
    pub fn code_point_indices(self) -> impl Iterator<Item = (usize, u32)> + 'a {
        let mut it = self.code_points();
        std::iter::from_fn(move || {
            let at = it.at;
            it.next().map(|c| (at, c))
        })
    }

    /// True if some code point is a surrogate.
    pub fn has_surrogates(self) -> bool {
        self.as_str().is_none()
    }

    /// The part between two byte offsets, or None if they are out of range or inside a code point.
    pub fn slice(self, start: usize, end: usize) -> Option<Wtf8<'a>> {
        let boundary = |i: usize| i == self.0.len() || self.0.get(i).is_some_and(|b| !matches!(b, 0x80..=0xBF));
        (boundary(start) && boundary(end)).then(|| self.0.get(start..end).map(Wtf8)).flatten()
    }
}

impl<'a> From<&'a str> for Wtf8<'a> {
    fn from(s: &'a str) -> Self {
        Wtf8::from_str(s)
    }
}

impl fmt::Debug for Wtf8<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&crate::repr::str_repr(*self))
    }
}

/// The code points of a [`Wtf8`], surrogates included.
#[derive(Clone, Debug)]
pub struct CodePoints<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl CodePoints<'_> {
    /// Byte offset of the next code point.
    pub const fn offset(&self) -> usize {
        self.at
    }
}

impl Iterator for CodePoints<'_> {
    type Item = u32;

    #[inline]
    fn next(&mut self) -> Option<u32> {
        let rest = self.bytes.get(self.at..)?;
        let &first = rest.first()?;
        let follow = |i: usize| u32::from(rest.get(i).copied().unwrap_or(0) & 0x3F);
        let (n, c) = match first {
            0..=0xBF => (1, u32::from(first)),
            0xC0..=0xDF => (2, u32::from(first & 0x1F) << 6 | follow(1)),
            0xE0..=0xEF => (3, u32::from(first & 0x0F) << 12 | follow(1) << 6 | follow(2)),
            _ => (4, (u32::from(first & 0x07) << 18 | follow(1) << 12 | follow(2) << 6 | follow(3)).min(MAX)),
        };
        self.at += n;
        Some(c)
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        let left = self.bytes.len().saturating_sub(self.at);
        (left.div_ceil(4), Some(left))
    }
}

/// Owned text.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Wtf8Buf(Vec<u8>);

impl Wtf8Buf {
    pub const fn new() -> Self {
        Wtf8Buf(Vec::new())
    }

    pub fn with_capacity(bytes: usize) -> Self {
        Wtf8Buf(Vec::with_capacity(bytes))
    }

    /// Validates `bytes`; gives them back where they are malformed.
    pub fn from_vec(bytes: Vec<u8>) -> Result<Self, (Malformed, Vec<u8>)> {
        match Wtf8::new(&bytes) {
            Ok(_) => Ok(Wtf8Buf(bytes)),
            Err(e) => Err((e, bytes)),
        }
    }

    pub fn as_wtf8(&self) -> Wtf8<'_> {
        Wtf8(&self.0)
    }

    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    pub fn into_bytes(self) -> Vec<u8> {
        self.0
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Appends one code point; a low surrogate after a high one stays a code point of its own. What is beyond
    /// [`MAX`] is U+FFFD.
    pub fn push(&mut self, c: u32) {
        let cont = |shift: u32| (c >> shift) as u8 & 0x3F | 0x80;
        match c {
            0..=0x7F => self.0.push(c as u8),
            0x80..=0x7FF => self.0.extend([(c >> 6) as u8 | 0xC0, cont(0)]),
            0x800..=0xFFFF => self.0.extend([(c >> 12) as u8 | 0xE0, cont(6), cont(0)]),
            0x10000..=MAX => self.0.extend([(c >> 18) as u8 | 0xF0, cont(12), cont(6), cont(0)]),
            _ => self.push(0xFFFD),
        }
    }

    pub fn push_str(&mut self, s: &str) {
        self.0.extend_from_slice(s.as_bytes());
    }

    pub fn push_wtf8(&mut self, s: Wtf8<'_>) {
        self.0.extend_from_slice(s.0);
    }

    /// The text as a String, or itself if it holds a surrogate.
    pub fn into_string(self) -> Result<String, Self> {
        String::from_utf8(self.0).map_err(|e| Wtf8Buf(e.into_bytes()))
    }
}

impl fmt::Debug for Wtf8Buf {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.as_wtf8().fmt(f)
    }
}

impl From<String> for Wtf8Buf {
    fn from(s: String) -> Self {
        Wtf8Buf(s.into_bytes())
    }
}

impl From<&str> for Wtf8Buf {
    fn from(s: &str) -> Self {
        Wtf8Buf(s.as_bytes().to_vec())
    }
}

impl FromIterator<u32> for Wtf8Buf {
    fn from_iter<I: IntoIterator<Item = u32>>(it: I) -> Self {
        let mut out = Wtf8Buf::new();
        out.extend(it);
        out
    }
}

impl Extend<u32> for Wtf8Buf {
    fn extend<I: IntoIterator<Item = u32>>(&mut self, it: I) {
        let it = it.into_iter();
        self.0.reserve(it.size_hint().0);
        it.for_each(|c| self.push(c));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_point_comes_back() {
        for c in 0..=MAX {
            let mut b = Wtf8Buf::new();
            b.push(c);
            let checked = Wtf8::new(b.as_bytes()).map(|w| (w.char_count(), w.code_points().collect::<Vec<_>>()));
            assert_eq!(checked, Ok((1, vec![c])));
        }
    }

    #[test]
    fn pairs_stay_apart() {
        let b: Wtf8Buf = [0xD83D, 0xDE00, 0x1F600].into_iter().collect();
        assert_eq!(b.as_bytes(), b"\xed\xa0\xbd\xed\xb8\x80\xf0\x9f\x98\x80");
        assert_eq!(b.as_wtf8().char_count(), 3);
        assert!(b.as_wtf8().has_surrogates());
    }

    #[test]
    fn malformed_is_refused_where_it_starts() {
        for (bytes, at) in [
            (&b"ab\xff"[..], 2),
            (b"\xc0\x80", 0),
            (b"a\xed\xa0", 1),
            (b"\xed\xa0\x80\xf4\x90\x80\x80", 3),
            (b"\xe2\x82", 0),
            (b"\x80", 0),
        ] {
            assert_eq!(Wtf8::new(bytes), Err(Malformed { valid_up_to: at }), "{bytes:?}");
        }
    }

    #[test]
    fn trusting_garbage_is_harmless() {
        assert_eq!(Wtf8::trusted(b"\xff\xe2\x80").code_points().count(), 1);
    }
}
