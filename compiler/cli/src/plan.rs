//! Whether a cache is fresh, and why not.
//!
//! Invariant: a cache counts as fresh only if CPython's import would use it for this source *and* it is of the mode that is
//! asked for. The order of evidence: the manifest (stats alone), the header's mode, then for timestamps the source's stat,
//! for hashes the source itself.

use crate::manifest::{Cache, Entry};
use crate::options::Mode;
use crate::walk::Source;
use pyc_format::header::{HEADER_SIZE, Header, HeaderError, Validation, writer_of};
use std::fmt;
use std::fs::{self, File};
use std::io::{self, Read};
use std::os::unix::fs::MetadataExt;
use std::path::Path;

/// Why a cache is used or not.
#[derive(Debug)]
pub enum Verdict {
    /// The stats of source and cache are those of the manifest.
    FreshByManifest,
    /// The header agrees with the source.
    FreshByHeader,
    Missing,
    Unreadable(io::Error),
    NotAFile,
    BadHeader(HeaderError),
    OtherMode {
        found: Mode,
    },
    OtherTime {
        found: u32,
        wanted: u32,
    },
    OtherSize {
        found: u32,
        wanted: u32,
    },
    OtherHash {
        found: u64,
        wanted: u64,
    },
    Empty,
    Forced,
}

impl Verdict {
    pub fn is_fresh(&self) -> bool {
        matches!(self, Verdict::FreshByManifest | Verdict::FreshByHeader)
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Verdict::FreshByManifest => f.write_str("used: source and cache are as the manifest remembers them"),
            Verdict::FreshByHeader => f.write_str("used: its header agrees with the source"),
            Verdict::Missing => f.write_str("not used: there is none"),
            Verdict::Unreadable(e) => write!(f, "not used: it can't be read: {e}"),
            Verdict::NotAFile => f.write_str("not used: it is no regular file"),
            Verdict::BadHeader(HeaderError::BadMagic { found, .. }) => match writer_of(*found) {
                Some(version) => write!(f, "not used: Python {version} wrote it"),
                None => f.write_str("not used: it is no .pyc (bad magic number)"),
            },
            Verdict::BadHeader(HeaderError::TooShort { len }) => {
                write!(f, "not used: its header is cut off after {len} bytes")
            }
            Verdict::BadHeader(HeaderError::InvalidFlags { flags }) => {
                write!(f, "not used: its header has unknown flags ({flags:#x})")
            }
            Verdict::OtherMode { found } => write!(f, "not used: its invalidation mode is {}", found.name()),
            Verdict::OtherTime { found, wanted } => {
                write!(f, "not used: it was made of a source of time {found}, the source's is {wanted}")
            }
            Verdict::OtherSize { found, wanted } => {
                write!(f, "not used: it was made of a source of {found} bytes, the source has {wanted}")
            }
            Verdict::OtherHash { found, wanted } => {
                write!(f, "not used: it was made of a source with hash {found:016x}, the source's is {wanted:016x}")
            }
            Verdict::Empty => f.write_str("not used: nothing follows its header"),
            Verdict::Forced => f.write_str("not used: everything is to be compiled (-f)"),
        }
    }
}

/// A wanted cache in the manifest's eyes: the entry is of this source, and the cache is what it was.
pub fn fresh_by_manifest(source: &Source, entry: &Entry, level: u8, mode: Mode, cache: &Path) -> Option<Cache> {
    let known = entry.caches.get(usize::from(level)).copied().flatten()?;
    if entry.source != source.stat || u32::from(known.flags) != mode.flags() {
        return None;
    }
    let meta = fs::symlink_metadata(cache).ok()?;
    (meta.is_file() && Cache::of(mode.flags(), &meta) == known).then_some(known)
}

/// A cache's header, with the stat of the file that it was read from.
pub struct Found {
    pub validation: Validation,
    pub meta: fs::Metadata,
}

/// Reads a cache's header.
pub fn read_header(cache: &Path) -> Result<Found, Verdict> {
    let meta = match fs::symlink_metadata(cache) {
        Ok(meta) => meta,
        Err(e) if e.kind() == io::ErrorKind::NotFound => return Err(Verdict::Missing),
        Err(e) => return Err(Verdict::Unreadable(e)),
    };
    if !meta.is_file() {
        return Err(Verdict::NotAFile);
    }
    let mut head = [0; HEADER_SIZE];
    let mut file = File::open(cache).map_err(Verdict::Unreadable)?;
    let meta = file.metadata().map_err(Verdict::Unreadable)?;
    let mut len = 0;
    while let Some(rest) = head.get_mut(len..).filter(|rest| !rest.is_empty()) {
        match file.read(rest) {
            Ok(0) => break,
            Ok(n) => len += n,
            Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
            Err(e) => return Err(Verdict::Unreadable(e)),
        }
    }
    let (header, _) = Header::parse(head.get(..len).unwrap_or_default()).map_err(Verdict::BadHeader)?;
    if meta.len() <= HEADER_SIZE as u64 {
        return Err(Verdict::Empty);
    }
    Ok(Found { validation: header.validation(), meta })
}

fn mode_of(validation: Validation) -> Mode {
    match validation {
        Validation::Timestamp { .. } => Mode::Timestamp,
        Validation::Hash { checked: true, .. } => Mode::CheckedHash,
        Validation::Hash { checked: false, .. } => Mode::UncheckedHash,
    }
}

/// What a header of this mode says of a source; `hash` is asked for only if it matters.
pub fn expected(mode: Mode, meta: &fs::Metadata, hash: impl FnOnce() -> u64) -> Validation {
    match mode {
        Mode::Timestamp => Validation::Timestamp { mtime: meta.mtime() as u32, size: meta.size() as u32 },
        Mode::CheckedHash => Validation::Hash { checked: true, hash: hash() },
        Mode::UncheckedHash => Validation::Hash { checked: false, hash: hash() },
    }
}

/// Compares a header with what it should say.
pub fn compare(found: Validation, wanted: Validation) -> Verdict {
    let (have, want) = (mode_of(found), mode_of(wanted));
    if have != want {
        return Verdict::OtherMode { found: have };
    }
    match (found, wanted) {
        (Validation::Timestamp { mtime: found, .. }, Validation::Timestamp { mtime: wanted, .. })
            if found != wanted =>
        {
            Verdict::OtherTime { found, wanted }
        }
        (Validation::Timestamp { size: found, .. }, Validation::Timestamp { size: wanted, .. }) if found != wanted => {
            Verdict::OtherSize { found, wanted }
        }
        (Validation::Hash { hash: found, .. }, Validation::Hash { hash: wanted, .. }) if found != wanted => {
            Verdict::OtherHash { found, wanted }
        }
        _ => Verdict::FreshByHeader,
    }
}

/// True if the header's mode is the wanted one: then it is worth reading the source to compare hashes.
pub fn same_mode(found: Validation, mode: Mode) -> bool {
    mode_of(found) == mode
}
