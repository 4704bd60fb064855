//! Bytes to text, for the encodings that a source file may name and that `bytes.decode` knows.
//!
//! Invariant: strict decoding with CPython's error text and positions; names and aliases are those of CPython's `encodings`
//! package. Next: `utf.rs`, `charmap.rs`.
//!
//! Known gap: `hz`, the `iso2022` family, `idna`, `punycode` and `undefined` are known by name and answer
//! [`Kind::Missing`].

mod charmap;
mod escape;
pub(crate) mod multibyte;
mod utf;

use crate::tables::codecs as t;
use crate::wtf8::{Wtf8, Wtf8Buf};

pub use utf::{utf8, utf8_prefix};

/// An entry of the registry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Codec {
    /// `codecs.lookup(name).name`, such as `"iso8859-1"`.
    pub name: &'static str,
    pub kind: Kind,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Utf8,
    Utf8Sig,
    Utf7,
    Utf16(Order),
    Utf32(Order),
    Ascii,
    Latin1,
    /// An index into the generated tables.
    Charmap(u8),
    /// A double-byte encoding, by the name of its table.
    Multibyte,
    UnicodeEscape,
    RawUnicodeEscape,
    /// Not from bytes to text (`rot13`, `hex`): "is not a text encoding".
    NotText,
    /// CPython has it, this crate does not.
    Missing,
}

/// Byte order of UTF-16 and UTF-32; `Marked` looks for a byte order mark and falls back on little endian.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Order {
    Little,
    Big,
    Marked,
}

/// What a `UnicodeDecodeError` says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DecodeError {
    /// As the error names it, which is not always the codec's name (`charmap`, `utf7`, `utf-16-le`).
    pub encoding: &'static str,
    /// The byte at `start`.
    pub byte: u8,
    pub start: usize,
    pub end: usize,
    pub reason: &'static str,
}

impl DecodeError {
    fn new(encoding: &'static str, input: &[u8], start: usize, end: usize, reason: &'static str) -> Self {
        DecodeError { encoding, byte: input.get(start).copied().unwrap_or(0), start, end, reason }
    }

    /// `str()` of the `UnicodeDecodeError`.
    pub fn message(&self) -> String {
        let DecodeError { encoding, byte, start, end, reason } = self;
        if *end == start + 1 {
            return format!("'{encoding}' codec can't decode byte 0x{byte:02x} in position {start}: {reason}");
        }
        let last = end.saturating_sub(1);
        format!("'{encoding}' codec can't decode bytes in position {start}-{last}: {reason}")
    }
}

/// `encodings.normalize_encoding` after the registry's own lowering and its spaces to underscores.
pub fn normalize(name: &str) -> String {
    let mut out = String::with_capacity(name.len());
    let mut punct = false;
    for c in name.chars() {
        // The registry lowers ASCII only; what is not ASCII separates nothing if it is alphanumeric, and is dropped.
        if c.is_ascii_alphanumeric() || c == '.' || (!c.is_ascii() && crate::chars::is_alnum(c as u32)) {
            if punct && !out.is_empty() {
                out.push('_');
            }
            if c.is_ascii() {
                out.push(c.to_ascii_lowercase());
            }
            punct = false;
        } else {
            punct = true;
        }
    }
    out
}

/// `codecs.lookup`: None is "unknown encoding: NAME".
pub fn lookup(name: &str) -> Option<Codec> {
    let normal = normalize(name);
    let alias = |n: &str| t::ALIASES.binary_search_by(|a| a.0.cmp(n)).ok().and_then(|i| t::ALIASES.get(i)).map(|a| a.1);
    let aliased = alias(&normal).or_else(|| alias(&normal.replace('.', "_")));
    [aliased, Some(normal.as_str())].into_iter().flatten().find_map(|module| {
        let i = t::CODECS.binary_search_by(|c| c.0.cmp(module)).ok()?;
        t::CODECS.get(i).map(|&(_, name, kind)| Codec { name, kind })
    })
}

impl Codec {
    /// Decodes strictly. `None`: this codec is not from bytes to text, or missing here.
    pub fn decode(self, input: &[u8]) -> Option<Result<Wtf8Buf, DecodeError>> {
        Some(match self.kind {
            Kind::Utf8 => utf::utf8(input).map(owned),
            Kind::Utf8Sig => utf::utf8_sig(input).map(owned),
            Kind::Utf7 => utf::utf7(input),
            Kind::Utf16(order) => utf::utf16(input, order),
            Kind::Utf32(order) => utf::utf32(input, order),
            Kind::Ascii => charmap::ascii(input).map(owned),
            Kind::Latin1 => Ok(input.iter().map(|&b| u32::from(b)).collect()),
            Kind::Charmap(i) => charmap::decode(input, t::CHARMAPS.get(usize::from(i))?),
            Kind::Multibyte => multibyte::decode(input, multibyte::index(self.name)?)?,
            Kind::UnicodeEscape => escape::unicode_escape(input),
            Kind::RawUnicodeEscape => escape::raw_unicode_escape(input),
            Kind::NotText | Kind::Missing => return None,
        })
    }
}

fn owned(s: &str) -> Wtf8Buf {
    Wtf8Buf::from(s)
}

/// The encoding that a source line's cookie names: PEP 263's `^[ \t\f]*#.*?coding[:=][ \t]*([-\w.]+)`, as CPython's
/// tokenizer finds it. `line` has no line end.
pub fn cookie(line: &[u8]) -> Option<&str> {
    let start = line.iter().position(|b| !matches!(b, b' ' | b'\t' | 0x0C))?;
    let line = line.get(start..)?.strip_prefix(b"#")?;
    let mut at = 0;
    while let Some(i) = line.get(at..).and_then(|l| l.windows(6).position(|w| w == b"coding")) {
        at += i + 6;
        let rest = line.get(at..).unwrap_or_default();
        if !matches!(rest.first(), Some(b':' | b'=')) {
            continue;
        }
        let rest = rest.get(1..).unwrap_or_default();
        let skip = rest.iter().position(|b| !matches!(b, b' ' | b'\t')).unwrap_or(rest.len());
        let rest = rest.get(skip..).unwrap_or_default();
        let is_name = |b: &u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.');
        let len = rest.iter().position(|b| !is_name(b)).unwrap_or(rest.len());
        if len > 0 {
            return rest.get(..len).and_then(|n| std::str::from_utf8(n).ok());
        }
    }
    None
}

/// The tokenizer's short cut: `utf-8` and `iso-8859-1` by their usual spellings (it looks at the first 12 characters).
pub fn normal_cookie(name: &str) -> &str {
    let head: String = name.chars().take(12).map(|c| if c == '_' { '-' } else { c.to_ascii_lowercase() }).collect();
    let is = |full: &str| head == full || head.strip_prefix(full).is_some_and(|rest| rest.starts_with('-'));
    if is("utf-8") {
        "utf-8"
    } else if ["latin-1", "iso-8859-1", "iso-latin-1"].into_iter().any(is) {
        "iso-8859-1"
    } else {
        name
    }
}

impl<'a> Wtf8<'a> {
    /// Strict UTF-8, with CPython's error.
    pub fn from_utf8(bytes: &'a [u8]) -> Result<Wtf8<'a>, DecodeError> {
        utf8(bytes).map(Wtf8::from_str)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names() {
        for (name, want) in [
            ("UTF-8", "utf-8"),
            ("latin-1", "iso8859-1"),
            ("L1", "iso8859-1"),
            ("  Windows--1252 ", "cp1252"),
            ("ansi_x3.4_1968", "ascii"),
            ("koi8-r", "koi8-r"),
            ("utf_8_sig", "utf-8-sig"),
        ] {
            assert_eq!(lookup(name).map(|c| c.name), Some(want), "{name}");
        }
        assert_eq!(lookup("no-such"), None);
        assert_eq!(lookup("aliases"), None);
        assert_eq!(lookup("rot13").map(|c| c.kind), Some(Kind::NotText));
    }

    #[test]
    fn cookies() {
        for (line, want) in [
            (&b"# -*- coding: latin-1 -*-"[..], Some("latin-1")),
            (b"  \t\x0c# vim: set fileencoding=cp1252 :", Some("cp1252")),
            (b"# coding coding:x", Some("x")),
            (b"x = 1 # coding: latin-1", None),
            (b"# coding:", None),
            (b"", None),
        ] {
            assert_eq!(cookie(line), want);
        }
        assert_eq!(normal_cookie("UTF_8-unix"), "utf-8");
        assert_eq!(normal_cookie("iso-latin-1-dos"), "iso-8859-1");
        assert_eq!(normal_cookie("utf-8x"), "utf-8x");
    }

    #[test]
    fn messages() {
        let said = |name: &str, b: &[u8]| lookup(name).and_then(|c| c.decode(b)).map(|r| r.map_err(|e| e.message()));
        let err = |m: &str| Some(Err(m.to_owned()));
        let start = "'utf-8' codec can't decode";
        for (b, want) in [
            (&b"a\xff"[..], format!("{start} byte 0xff in position 1: invalid start byte")),
            (b"\xe2\x82", format!("{start} bytes in position 0-1: unexpected end of data")),
            (b"\xe2\x82(", format!("{start} bytes in position 0-1: invalid continuation byte")),
            (b"\xed\xa0\x80", format!("{start} byte 0xed in position 0: invalid continuation byte")),
        ] {
            assert_eq!(said("utf8", b), err(&want));
        }
        assert_eq!(
            said("cp1252", b"\x80\x81"),
            err("'charmap' codec can't decode byte 0x81 in position 1: character maps to <undefined>")
        );
        assert_eq!(
            said("ascii", b"\x80"),
            err("'ascii' codec can't decode byte 0x80 in position 0: ordinal not in range(128)")
        );
    }
}
