//! The 16 bytes before the marshal data of a .pyc, and the names of cache files.
//!
//! Invariant: [`Header::parse`] followed by [`Header::to_bytes`] gives the same bytes, and every error is the one that
//! importlib raises for the same file. Next: [`crate::marshal`].
//!
//! ```text
//! header := magic:u16 '\r' '\n'  flags:u32  check:8 bytes
//! check  := mtime:u32 size:u32        flags 0: both of the source, modulo 2**32
//!         | hash:u64                  flags 1 (never checked) or 3 (checked): SipHash-1-3 of the source
//! ```

use std::fmt;
use std::path::{Path, PathBuf};

/// The number in the magic of CPython 3.14.
pub const MAGIC_NUMBER: u16 = 3627;
/// The first four bytes of every .pyc of CPython 3.14.
pub const MAGIC: [u8; 4] = [0x2b, 0x0e, b'\r', b'\n'];
/// How long a header is.
pub const HEADER_SIZE: usize = 16;
/// `sys.implementation.cache_tag`
pub const CACHE_TAG: &str = "cpython-314";

const HASH_BASED: u32 = 1;
const CHECK_SOURCE: u32 = 2;

/// How a .pyc is told stale.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Validation {
    /// Modification time in seconds and size in bytes of the source, both modulo 2**32.
    Timestamp { mtime: u32, size: u32 },
    /// [`source_hash`] of the source; `checked` says whether an import compares it.
    Hash { checked: bool, hash: u64 },
}

/// A header with CPython 3.14's magic.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Header {
    pub flags: u32,
    /// The last eight bytes.
    pub check: u64,
}

/// Why bytes don't start with a header of CPython 3.14.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HeaderError {
    /// ImportError: the first bytes of the file (fewer than four of a short one).
    BadMagic { found: [u8; 4], len: usize },
    /// EOFError: shorter than a header.
    TooShort { len: usize },
    /// ImportError: flags that 3.14 doesn't know.
    InvalidFlags { flags: u32 },
}

impl HeaderError {
    /// The exception that importing the file raises.
    pub fn exception(self) -> &'static str {
        if matches!(self, HeaderError::TooShort { .. }) { "EOFError" } else { "ImportError" }
    }

    /// importlib's text; `name` is the module's, as `repr()` writes it.
    pub fn import_message(self, name: &str) -> String {
        match self {
            HeaderError::BadMagic { found, len } => {
                let shown: String = found.iter().take(len).map(|&byte| repr_byte(byte)).collect();
                format!("bad magic number in {name}: b'{shown}'")
            }
            HeaderError::TooShort { .. } => format!("reached EOF while reading pyc header of {name}"),
            HeaderError::InvalidFlags { flags } => format!("invalid flags {flags} in {name}"),
        }
    }

    /// Where in the file, and what should have stood there.
    pub fn expected(self) -> (usize, &'static str) {
        match self {
            HeaderError::BadMagic { .. } => (0, "the magic number of CPython 3.14 (2b 0e 0d 0a)"),
            HeaderError::TooShort { len } => (len, "a header of 16 bytes"),
            HeaderError::InvalidFlags { .. } => (4, "flags 0, 1 or 3"),
        }
    }
}

/// A byte as in the repr of bytes between single quotes.
fn repr_byte(byte: u8) -> String {
    match byte {
        b'\n' => "\\n".into(),
        b'\r' => "\\r".into(),
        b'\t' => "\\t".into(),
        b'\'' | b'\\' => format!("\\{}", char::from(byte)),
        0x20..=0x7e => char::from(byte).to_string(),
        _ => format!("\\x{byte:02x}"),
    }
}

impl fmt::Display for HeaderError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            HeaderError::BadMagic { found, .. } => {
                f.write_str("bad magic number")?;
                match writer_of(found) {
                    Some(version) => write!(f, ": written by Python {version}, not 3.14"),
                    None => f.write_str(": not a .pyc of CPython 3.14"),
                }
            }
            HeaderError::TooShort { len } => write!(f, "reached EOF while reading pyc header ({len} of 16 bytes)"),
            HeaderError::InvalidFlags { flags } => write!(f, "invalid flags {flags}"),
        }
    }
}

impl std::error::Error for HeaderError {}

impl Header {
    pub fn new(validation: Validation) -> Header {
        match validation {
            Validation::Timestamp { mtime, size } => {
                Header { flags: 0, check: u64::from(mtime) | u64::from(size) << 32 }
            }
            Validation::Hash { checked, hash } => {
                Header { flags: HASH_BASED | if checked { CHECK_SOURCE } else { 0 }, check: hash }
            }
        }
    }

    /// Reads the header and returns it with the marshal data behind it. Checks as importlib does, in its order.
    pub fn parse(file: &[u8]) -> Result<(Header, &[u8]), HeaderError> {
        if !file.starts_with(&MAGIC) {
            let mut found = [0; 4];
            let len = file.len().min(4);
            found.iter_mut().zip(file).for_each(|(to, &from)| *to = from);
            return Err(HeaderError::BadMagic { found, len });
        }
        let Some((&header, body)) = file.split_first_chunk::<HEADER_SIZE>() else {
            return Err(HeaderError::TooShort { len: file.len() });
        };
        let word = u128::from_le_bytes(header);
        let flags = (word >> 32) as u32;
        if flags & !(HASH_BASED | CHECK_SOURCE) != 0 {
            return Err(HeaderError::InvalidFlags { flags });
        }
        Ok((Header { flags, check: (word >> 64) as u64 }, body))
    }

    pub fn to_bytes(self) -> [u8; HEADER_SIZE] {
        let magic = u128::from(u32::from_le_bytes(MAGIC));
        (magic | u128::from(self.flags) << 32 | u128::from(self.check) << 64).to_le_bytes()
    }

    /// CPython looks at the lowest flag first: 2 without 1 is a timestamp.
    pub fn validation(self) -> Validation {
        if self.flags & HASH_BASED == 0 {
            Validation::Timestamp { mtime: self.check as u32, size: (self.check >> 32) as u32 }
        } else {
            Validation::Hash { checked: self.flags & CHECK_SOURCE != 0, hash: self.check }
        }
    }
}

/// `importlib.util.source_hash`: SipHash-1-3 of the raw source bytes, keyed with the magic word.
pub fn source_hash(source: &[u8]) -> u64 {
    let key = u64::from(u32::from_le_bytes(MAGIC));
    let mut v =
        [key ^ 0x736f_6d65_7073_6575, 0x646f_7261_6e64_6f6d, key ^ 0x6c79_6765_6e65_7261, 0x7465_6462_7974_6573];
    let (words, tail) = source.as_chunks::<8>();
    for word in words {
        absorb(&mut v, u64::from_le_bytes(*word));
    }
    let last = tail.iter().rev().fold(0, |sum, &byte| sum << 8 | u64::from(byte));
    absorb(&mut v, last | (source.len() as u64) << 56);
    v[2] ^= 0xff;
    (0..3).for_each(|_| sip_round(&mut v));
    v[0] ^ v[1] ^ v[2] ^ v[3]
}

fn absorb(v: &mut [u64; 4], word: u64) {
    v[3] ^= word;
    sip_round(v);
    v[0] ^= word;
}

fn sip_round([v0, v1, v2, v3]: &mut [u64; 4]) {
    *v0 = v0.wrapping_add(*v1);
    *v2 = v2.wrapping_add(*v3);
    *v1 = v1.rotate_left(13) ^ *v0;
    *v3 = v3.rotate_left(16) ^ *v2;
    *v0 = v0.rotate_left(32);
    *v2 = v2.wrapping_add(*v1);
    *v0 = v0.wrapping_add(*v3);
    *v1 = v1.rotate_left(17) ^ *v2;
    *v3 = v3.rotate_left(21) ^ *v0;
    *v2 = v2.rotate_left(32);
}

/// `importlib.util.cache_from_source(path, optimization=...)`; `optimize` 0 leaves the tag away.
pub fn cache_from_source(source: &Path, optimize: u8) -> PathBuf {
    let mut cached = match (source.file_stem(), source.extension()) {
        (Some(base), Some(_)) => base.to_owned(),
        // no dot, or one at the start alone, which CPython takes for the end of an empty base
        (name, _) => {
            let name = name.unwrap_or_default();
            match name.to_str().and_then(|name| name.strip_prefix('.')) {
                Some(rest) => rest.into(),
                None => name.to_owned(),
            }
        }
    };
    if source.file_name().is_some_and(|name| name.as_encoded_bytes().contains(&b'.')) {
        cached.push(".");
    }
    cached.push(CACHE_TAG);
    if optimize > 0 {
        cached.push(format!(".opt-{optimize}"));
    }
    cached.push(".pyc");
    source.with_file_name("__pycache__").join(cached)
}

/// (first magic number, last one, what wrote them). From the list in CPython's pycore_magic_number.h.
const KNOWN: [(u16, u16, &str); 30] = [
    (20121, 20121, "1.5"),
    (50428, 50428, "1.6"),
    (50823, 50823, "2.0"),
    (60202, 60202, "2.1"),
    (60717, 60717, "2.2"),
    (62011, 62021, "2.3"),
    (62041, 62061, "2.4"),
    (62071, 62131, "2.5"),
    (62151, 62161, "2.6"),
    (62171, 62211, "2.7"),
    (3000, 3131, "3.0"),
    (3141, 3151, "3.1"),
    (3160, 3180, "3.2"),
    (3190, 3230, "3.3"),
    (3250, 3310, "3.4"),
    (3320, 3351, "3.5"),
    (3360, 3379, "3.6"),
    (3390, 3399, "3.7"),
    (3400, 3419, "3.8"),
    (3420, 3429, "3.9"),
    (3430, 3449, "3.10"),
    (3450, 3499, "3.11"),
    (3500, 3549, "3.12"),
    (3550, 3599, "3.13"),
    (3600, 3622, "3.14 (alpha)"),
    (3623, 3625, "3.14 (beta)"),
    (3626, 3626, "3.14 (release candidate)"),
    (3627, 3649, "3.14"),
    (3650, 3699, "3.15"),
    (3700, 3749, "3.16"),
];

/// The Python version that starts its files with these bytes.
pub fn writer_of(magic: [u8; 4]) -> Option<&'static str> {
    let [low, high, b'\r', b'\n'] = magic else { return None };
    let number = u16::from_le_bytes([low, high]);
    // Python 2 and 3.0 add 1 for -U, or to tell unicode literals apart
    let by_number = |number: u16| KNOWN.iter().find(|(first, last, _)| (*first..=*last).contains(&number));
    by_number(number).or_else(|| by_number(number.checked_sub(1)?)).map(|&(_, _, version)| version)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn source_hash_of_nothing_is_the_known_one() {
        assert_eq!(source_hash(b"").to_le_bytes(), 0x61f5_b7cb_653a_6aa4_u64.to_be_bytes());
    }

    #[test]
    fn headers_round_trip() {
        for validation in [
            Validation::Timestamp { mtime: 0x6543_2101, size: 77 },
            Validation::Hash { checked: false, hash: 0x0102_0304_0506_0708 },
            Validation::Hash { checked: true, hash: u64::MAX },
        ] {
            let bytes = Header::new(validation).to_bytes();
            let (header, rest) = Header::parse(&bytes).unwrap_or_else(|error| unreachable!("{error}"));
            assert_eq!((header.validation(), rest.len()), (validation, 0));
        }
    }

    #[test]
    fn a_bad_magic_names_who_wrote_it() {
        let error = Header::parse(&[0xcb, 0x0d, b'\r', b'\n', 0, 0, 0, 0]).err();
        let texts = error.map(|error| (error.to_string(), error.import_message("'m'")));
        let expected =
            ("bad magic number: written by Python 3.12, not 3.14", "bad magic number in 'm': b'\\xcb\\r\\r\\n'");
        assert_eq!(texts, Some((expected.0.into(), expected.1.into())));
        assert!(matches!(Header::parse(&MAGIC), Err(HeaderError::TooShort { len: 4 })));
        assert!(matches!(Header::parse(&[&MAGIC[..], &[4; 12]].concat()), Err(HeaderError::InvalidFlags { .. })));
    }

    #[test]
    fn cache_names() {
        let name = |path: &str, optimize| cache_from_source(Path::new(path), optimize).display().to_string();
        assert_eq!(name("a/b.py", 0), "a/__pycache__/b.cpython-314.pyc");
        assert_eq!(name("foo", 0), "__pycache__/foocpython-314.pyc");
        assert_eq!(name("/d/.py", 1), "/d/__pycache__/py.cpython-314.opt-1.pyc");
        assert_eq!(name("b.", 0), "__pycache__/b.cpython-314.pyc");
        assert_eq!(name("b.c.py", 2), "__pycache__/b.c.cpython-314.opt-2.pyc");
    }
}
