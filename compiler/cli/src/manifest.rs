//! What a run remembers of a tree, so that the next one reads no source: `ROOT/__pycache__/.bunpy-manifest`.
//!
//! ```text
//! manifest := magic  setting:u64  count:u32  entry*  blake3 of all before: 32 bytes
//! entry    := len:u16 path  source:stat  hash:u64  cache*3
//! stat     := inode:u64 size:u64 mtime:i64 ctime:i64                 times in nanoseconds
//! cache    := 0:u8 | flags+1:u8 inode:u64 size:u64 mtime:i64         one a level 0, 1, 2; flags of the header
//! ```
//!
//! Invariant: an entry says "when the source's stat was this, its hash was that, and this cache, with this stat, was made of
//! it". It is believed only while both stats are the same, so a manifest that is old, foreign or lost costs time, never
//! correctness. A source that was changed so lately that a further change might not show in its stat is not entered.

use std::collections::HashMap;
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

use crate::paths::CACHE_DIR;

const MAGIC: &[u8; 16] = b"bunpy-manifest 1";
const NAME: &str = ".bunpy-manifest";
const SECOND: i64 = 1_000_000_000;

/// What tells one state of a file from another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stat {
    pub inode: u64,
    pub size: u64,
    pub mtime: i64,
    pub ctime: i64,
}

fn nanoseconds(seconds: i64, nanos: i64) -> i64 {
    seconds.saturating_mul(SECOND).saturating_add(nanos)
}

impl Stat {
    pub fn of(meta: &fs::Metadata) -> Stat {
        Stat {
            inode: meta.ino(),
            size: meta.size(),
            mtime: nanoseconds(meta.mtime(), meta.mtime_nsec()),
            ctime: nanoseconds(meta.ctime(), meta.ctime_nsec()),
        }
    }

    /// True if the file was changed so shortly before `now` that another change may leave the same stat. Where times
    /// are whole seconds, the file system counts in seconds, or in twos.
    pub fn is_racy(&self, now: i64) -> bool {
        let window = if self.mtime % SECOND == 0 && self.ctime % SECOND == 0 { 2 * SECOND } else { SECOND / 10 };
        self.mtime.max(self.ctime).saturating_add(window) >= now
    }
}

pub fn now() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_nanos()).unwrap_or(i64::MAX)
}

/// A cache as it was left. Its ctime is not looked at: the rename that puts it in place changes it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cache {
    /// The header's flags: the invalidation mode.
    pub flags: u8,
    pub inode: u64,
    pub size: u64,
    pub mtime: i64,
}

impl Cache {
    pub fn of(flags: u32, meta: &fs::Metadata) -> Cache {
        let Stat { inode, size, mtime, .. } = Stat::of(meta);
        Cache { flags: flags as u8, inode, size, mtime }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Entry {
    pub source: Stat,
    pub hash: u64,
    pub caches: [Option<Cache>; 3],
}

/// By path below the root.
#[derive(Debug, Default)]
pub struct Manifest {
    pub entries: HashMap<Vec<u8>, Entry>,
}

pub fn path(root: &Path) -> PathBuf {
    root.join(CACHE_DIR).join(NAME)
}

/// The path of a source below its root, as the key of its entry.
pub fn key<'a>(source: &'a Path, root: &Path) -> &'a [u8] {
    source.strip_prefix(root).unwrap_or(source).as_os_str().as_bytes()
}

/// Reads what `Manifest::write` wrote.
struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    fn take(&mut self, n: usize) -> Option<&'a [u8]> {
        let (head, rest) = self.0.split_at_checked(n)?;
        self.0 = rest;
        Some(head)
    }

    fn array<const N: usize>(&mut self) -> Option<[u8; N]> {
        self.take(N)?.first_chunk().copied()
    }

    fn u64(&mut self) -> Option<u64> {
        self.array().map(u64::from_le_bytes)
    }

    fn i64(&mut self) -> Option<i64> {
        self.array().map(i64::from_le_bytes)
    }

    fn cache(&mut self) -> Option<Option<Cache>> {
        let [tag] = self.array()?;
        let Some(flags) = tag.checked_sub(1) else { return Some(None) };
        Some(Some(Cache { flags, inode: self.u64()?, size: self.u64()?, mtime: self.i64()? }))
    }

    fn entry(&mut self) -> Option<(Vec<u8>, Entry)> {
        let len = u16::from_le_bytes(self.array()?);
        let path = self.take(usize::from(len))?.to_vec();
        let source = Stat { inode: self.u64()?, size: self.u64()?, mtime: self.i64()?, ctime: self.i64()? };
        let hash = self.u64()?;
        Some((path, Entry { source, hash, caches: [self.cache()?, self.cache()?, self.cache()?] }))
    }
}

impl Manifest {
    /// The manifest of a root; empty if there is none, if it is damaged, or if it was made under another `setting`.
    pub fn read(root: &Path, setting: u64) -> Manifest {
        fs::read(path(root)).ok().and_then(|bytes| Manifest::parse(&bytes, setting)).unwrap_or_default()
    }

    fn parse(bytes: &[u8], setting: u64) -> Option<Manifest> {
        let (body, sum) = bytes.split_last_chunk::<32>()?;
        let mut r = Reader(body);
        if r.take(MAGIC.len())? != MAGIC || r.u64()? != setting || blake3::hash(body) != *sum {
            return None;
        }
        let count = u32::from_le_bytes(r.array()?);
        let mut entries = HashMap::with_capacity(count.min(1 << 20) as usize);
        for _ in 0..count {
            let (path, entry) = r.entry()?;
            entries.insert(path, entry);
        }
        Some(Manifest { entries })
    }

    fn to_bytes(&self, setting: u64) -> Vec<u8> {
        let mut out = MAGIC.to_vec();
        out.extend(setting.to_le_bytes());
        let mut sorted: Vec<_> = self.entries.iter().filter(|(path, _)| path.len() <= usize::from(u16::MAX)).collect();
        sorted.sort_unstable_by(|a, b| a.0.cmp(b.0));
        out.extend((sorted.len() as u32).to_le_bytes());
        for (path, entry) in sorted {
            out.extend((path.len() as u16).to_le_bytes());
            out.extend_from_slice(path);
            let Stat { inode, size, mtime, ctime } = entry.source;
            out.extend([inode, size, mtime as u64, ctime as u64, entry.hash].map(u64::to_le_bytes).as_flattened());
            for cache in &entry.caches {
                match cache {
                    None => out.push(0),
                    Some(c) => {
                        out.push(c.flags.wrapping_add(1));
                        out.extend([c.inode, c.size, c.mtime as u64].map(u64::to_le_bytes).as_flattened());
                    }
                }
            }
        }
        let sum = blake3::hash(&out);
        out.extend_from_slice(sum.as_bytes());
        out
    }

    /// Puts the manifest in place. That it can fail (a read-only tree) only costs the next run time.
    pub fn write(&self, root: &Path, setting: u64) {
        let _ = crate::atomic::write(&path(root), &[&self.to_bytes(setting)], 0o666, false);
    }
}

/// Tells settings apart under which a cache has another content or place.
pub fn setting(legacy: bool, rename: &crate::paths::Rename) -> u64 {
    let text = [&[u8::from(legacy)][..], &rename.fingerprint(), env!("CARGO_PKG_VERSION").as_bytes()].concat();
    blake3::hash(&text).as_bytes().first_chunk().map_or(0, |b| u64::from_le_bytes(*b))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample() -> Manifest {
        let source = Stat { inode: 1, size: 2, mtime: -3, ctime: 4 };
        let cache = Some(Cache { flags: 3, inode: 5, size: 6, mtime: 7 });
        let entry = Entry { source, hash: 8, caches: [cache, None, cache] };
        Manifest { entries: HashMap::from([(b"a.py".to_vec(), entry), (b"b/\xff.py".to_vec(), entry)]) }
    }

    #[test]
    fn there_and_back() {
        let bytes = sample().to_bytes(9);
        let back = Manifest::parse(&bytes, 9).unwrap_or_default();
        assert_eq!(back.entries, sample().entries);
        assert!(Manifest::parse(&bytes, 10).is_none());
    }

    #[test]
    fn damage_is_seen() {
        let bytes = sample().to_bytes(9);
        for at in 0..bytes.len() {
            let mut bad = bytes.clone();
            bad[at] ^= 1;
            assert!(Manifest::parse(&bad, 9).is_none(), "{at}");
            assert!(Manifest::parse(&bytes[..at], 9).is_none(), "{at}");
        }
    }

    #[test]
    fn a_change_just_now_is_racy() {
        let stat = |mtime| Stat { inode: 0, size: 0, mtime, ctime: 1 };
        assert!(stat(10 * SECOND + 5).is_racy(10 * SECOND + 50));
        assert!(!stat(10 * SECOND + 5).is_racy(11 * SECOND));
        assert!(Stat { inode: 0, size: 0, mtime: 10 * SECOND, ctime: 10 * SECOND }.is_racy(11 * SECOND));
    }
}
