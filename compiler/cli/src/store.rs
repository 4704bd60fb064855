//! `--store DIR`: compiled code by the content of its source, shared between trees.
//!
//! ```text
//! DIR/v1/ab/cdef...   := magic  at:u32  kind:u8  rest  blake3 of all before: 32 bytes
//! key                 := blake3 of (this program, magic number, level, source)
//! ```
//!
//! Invariant: what comes out is what the compiler would give for this source, level *and file name*. The file name is an
//! object of its own in the marshal data, written out once and referred to elsewhere, so it is cut out at `at` and put in
//! again under the name that is asked for; data in which it can't be told for certain is not stored, nor is code that warns.

use crate::atomic;
use pyc_format::header::MAGIC;
use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

const STORE_MAGIC: &[u8; 8] = b"bunpyst1";
const FLAG_REF: u8 = 0x80;

pub struct Store {
    dir: PathBuf,
    /// Tells this program from another build of it.
    program: [u8; 32],
    durable: bool,
}

pub struct Key(PathBuf);

impl Store {
    pub fn new(dir: &Path, durable: bool) -> Store {
        let mut hasher = blake3::Hasher::new();
        hasher.update(env!("CARGO_PKG_VERSION").as_bytes());
        if let Ok(meta) = std::env::current_exe().and_then(fs::metadata) {
            hasher.update(&meta.size().to_le_bytes());
            hasher.update(&meta.mtime().to_le_bytes());
            hasher.update(&meta.mtime_nsec().to_le_bytes());
        }
        Store { dir: dir.join("v1"), program: *hasher.finalize().as_bytes(), durable }
    }

    pub fn key(&self, source: &[u8], level: u8) -> Key {
        let mut hasher = blake3::Hasher::new();
        hasher.update(&self.program).update(&MAGIC).update(&[level]).update(source);
        let hex = hasher.finalize().to_hex();
        let (head, tail) = hex.as_str().split_at(2);
        Key(self.dir.join(head).join(tail))
    }

    /// The marshal data under this file name, if it is there and whole.
    pub fn get(&self, key: &Key, filename: &[u8]) -> Option<Vec<u8>> {
        let file = fs::read(&key.0).ok()?;
        let (body, sum) = file.split_last_chunk::<32>()?;
        if blake3::hash(body) != *sum {
            return None;
        }
        let (at, rest) = body.strip_prefix(STORE_MAGIC)?.split_first_chunk::<4>()?;
        let (&flag, rest) = rest.split_first()?;
        let (before, after) = rest.split_at_checked(u32::from_le_bytes(*at) as usize)?;
        Some([before, &encode(filename, flag)?, after].concat())
    }

    /// Stores marshal data; that it fails only means that it is compiled again.
    pub fn put(&self, key: &Key, filename: &[u8], data: &[u8]) {
        if let Some((at, flag, len)) = find(data, filename)
            && let Ok(at32) = u32::try_from(at)
            && let (Some(before), Some(after)) = (data.get(..at), data.get(at + len..))
        {
            let body = [STORE_MAGIC, &at32.to_le_bytes()[..], &[flag], before, after].concat();
            let sum = blake3::hash(&body);
            let _ = atomic::write(&key.0, &[&body, sum.as_bytes()], 0o666, self.durable);
        }
    }
}

/// A file name as marshal writes it, an interned str. None: it is no UTF-8 (CPython then writes surrogates), or it could
/// be the name of an imported module too (`a.py` in `import a.py`), with which it would be shared.
fn encode(name: &[u8], flag: u8) -> Option<Vec<u8>> {
    let text = std::str::from_utf8(name).ok().filter(|text| text.contains('/'))?;
    let long = u32::try_from(name.len()).ok()?.to_le_bytes();
    let mut out = Vec::with_capacity(name.len() + 5);
    match u8::try_from(name.len()) {
        Ok(short) if text.is_ascii() => out.extend([b'Z' | flag, short]),
        _ => {
            out.push(if text.is_ascii() { b'A' } else { b't' } | flag);
            out.extend(long);
        }
    }
    out.extend_from_slice(name);
    Some(out)
}

/// Where the file name stands: offset, flag and length. None if it is not found exactly once.
fn find(data: &[u8], name: &[u8]) -> Option<(usize, u8, usize)> {
    let mut found = None;
    for flag in [0, FLAG_REF] {
        let wanted = encode(name, flag)?;
        let mut from = 0;
        while let Some(i) = data.get(from..).and_then(|rest| memchr::memmem::find(rest, &wanted)) {
            if found.is_some() {
                return None;
            }
            found = Some((from + i, flag, wanted.len()));
            from += i + 1;
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_exchanged() {
        let data = [&b"head"[..], b"\xda\x06d/a.py", b"tail"].concat();
        assert_eq!(find(&data, b"d/a.py"), Some((4, FLAG_REF, 8)));
        assert_eq!(find(&[&data[..], b"Z\x06d/a.py"].concat(), b"d/a.py"), None);
        assert_eq!(find(&data, b"d/b.py"), None);
        assert_eq!(encode("é/a".as_bytes(), FLAG_REF).as_deref(), Some(&b"\xf4\x04\0\0\0\xc3\xa9/a"[..]));
        assert_eq!((encode(b"/\xff.py", 0), encode(b"a.py", 0)), (None, None));
        assert_eq!(encode(&[b'/'; 300], 0).map(|v| v[..5].to_vec()).as_deref(), Some(&b"A\x2c\x01\0\0"[..]));
    }
}
