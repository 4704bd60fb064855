//! Names of caches and of code: which .pyc belongs to a source, and what `co_filename` says.
//!
//! Invariant: paths are bytes; nothing here needs them to be UTF-8, and none is normalised beyond what CPython does.

use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::{Path, PathBuf};

pub const CACHE_DIR: &str = "__pycache__";

/// compileall's `-d`, `-s` and `-p`: what becomes of the path that is compiled into the code.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Rename {
    pub destination: Option<OsString>,
    pub strip: Option<OsString>,
    pub prepend: Option<OsString>,
}

/// `os.path.join`.
fn join(a: &[u8], b: &[u8]) -> Vec<u8> {
    if b.starts_with(b"/") || a.is_empty() {
        return b.to_vec();
    }
    let slash: &[u8] = if a.ends_with(b"/") { b"" } else { b"/" };
    [a, slash, b].concat()
}

impl Rename {
    /// `co_filename` of a source found below `root` (the directory that was given), or given itself (None).
    /// The second value is false if `-s` does not apply to it.
    pub fn apply(&self, path: &Path, root: Option<&Path>) -> (Vec<u8>, bool) {
        let full = path.as_os_str().as_bytes();
        let (strip, prepend) = match (&self.destination, root) {
            (Some(d), Some(root)) => (Some(root.as_os_str().as_bytes()), Some(d.as_bytes())),
            (Some(d), None) => {
                let name = path.file_name().unwrap_or_default().as_bytes();
                return (join(d.as_bytes(), name), true);
            }
            (None, _) => (self.strip.as_deref().map(OsStr::as_bytes), self.prepend.as_deref().map(OsStr::as_bytes)),
        };
        let mut applies = true;
        let mut name = None;
        if let Some(strip) = strip {
            let parts: Vec<&[u8]> = full.split(|&b| b == b'/').collect();
            let strip: Vec<&[u8]> = strip.split(|&b| b == b'/').collect();
            match parts.strip_prefix(&strip[..]) {
                Some(rest) => name = Some(rest.iter().fold(Vec::new(), |a, b| join(&a, b))),
                None => applies = false,
            }
        }
        let name = match prepend {
            Some(prepend) => join(prepend, name.as_deref().unwrap_or(full)),
            None => name.unwrap_or_else(|| full.to_vec()),
        };
        (name, applies)
    }

    /// Tells one setting from another in a manifest.
    pub fn fingerprint(&self) -> Vec<u8> {
        [("d", &self.destination), ("s", &self.strip), ("p", &self.prepend)]
            .into_iter()
            .filter_map(|(k, v)| v.as_ref().map(|v| [k.as_bytes(), v.as_bytes(), b"\0"].concat()))
            .flatten()
            .collect()
    }
}

/// The cache of a source: `importlib.util.cache_from_source`, or the legacy place beside it.
pub fn cache_path(source: &Path, level: u8, legacy: bool) -> PathBuf {
    let mut name = source.file_name().unwrap_or_default().to_os_string();
    if legacy {
        name.push("c");
        return source.with_file_name(name);
    }
    source.with_file_name(CACHE_DIR).join(cache_name(&name, level))
}

/// The cache's file name below `__pycache__`.
pub fn cache_name(source: &OsStr, level: u8) -> OsString {
    let mut name = source.as_bytes();
    if let Some(dot) = name.iter().rposition(|&b| b == b'.') {
        let (base, rest) = name.split_at(dot);
        name = if base.is_empty() { rest.get(1..).unwrap_or_default() } else { base };
    }
    let mut out = name.to_vec();
    out.push(b'.');
    out.extend_from_slice(pyc_format::header::CACHE_TAG.as_bytes());
    if level > 0 {
        out.extend_from_slice(format!(".opt-{level}").as_bytes());
    }
    out.extend_from_slice(b".pyc");
    OsString::from_vec(out)
}

/// The source name and level of a cache name with our tag.
pub fn source_of_cache(cache: &[u8]) -> Option<(&[u8], u8)> {
    let name = cache.strip_suffix(b".pyc")?;
    let (name, level) = match name {
        [head @ .., b'.', b'o', b'p', b't', b'-', digit @ b'1'..=b'2'] => (head, digit - b'0'),
        _ => (name, 0),
    };
    let name = name.strip_suffix(pyc_format::header::CACHE_TAG.as_bytes())?.strip_suffix(b".")?;
    (!name.is_empty()).then_some((name, level))
}

/// A path for people: as it is, with what is not UTF-8 replaced.
pub fn show(path: &Path) -> String {
    path.to_string_lossy().into_owned()
}

/// Bytes of the file system as Python's `os.fsdecode` gives them, in JSON's escapes where they are no UTF-8.
pub fn json_string(bytes: &[u8]) -> String {
    let mut out = String::from("\"");
    for chunk in bytes.utf8_chunks() {
        // A JSON string's escapes of valid text; the quotes around it are cut off.
        let quoted = serde_json::Value::from(chunk.valid()).to_string();
        out.push_str(quoted.get(1..quoted.len() - 1).unwrap_or_default());
        for b in chunk.invalid() {
            out.push_str(&format!("\\udc{b:02x}"));
        }
    }
    out.push('"');
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_caches() {
        let name = |s: &str, l| cache_name(OsStr::new(s), l).into_string().unwrap_or_default();
        assert_eq!(name("a.py", 0), "a.cpython-314.pyc");
        assert_eq!(name("a.b.py", 2), "a.b.cpython-314.opt-2.pyc");
        assert_eq!(name(".py", 0), "py.cpython-314.pyc");
        assert_eq!(source_of_cache(b"a.b.cpython-314.opt-1.pyc"), Some((&b"a.b"[..], 1)));
        assert_eq!(source_of_cache(b"a.cpython-313.pyc"), None);
    }

    #[test]
    fn names_of_code() {
        let apply = |r: &Rename, p: &str, root: Option<&str>| {
            let (name, applies) = r.apply(Path::new(p), root.map(Path::new));
            (String::from_utf8(name).unwrap_or_default(), applies)
        };
        let r = |d: Option<&str>, s: Option<&str>, p: Option<&str>| Rename {
            destination: d.map(OsString::from),
            strip: s.map(OsString::from),
            prepend: p.map(OsString::from),
        };
        let is = |name: &str, applies| (name.to_owned(), applies);
        assert_eq!(apply(&r(None, None, None), "a/b.py", Some("a")), is("a/b.py", true));
        assert_eq!(apply(&r(Some("/x"), None, None), "a/b/c.py", Some("a")), is("/x/b/c.py", true));
        assert_eq!(apply(&r(Some("/x"), None, None), "a/b/c.py", None), is("/x/c.py", true));
        assert_eq!(apply(&r(None, Some("a"), None), "a/b/c.py", Some("a")), is("b/c.py", true));
        assert_eq!(apply(&r(None, Some("q"), Some("/y")), "a/c.py", Some("a")), is("/y/a/c.py", false));
        assert_eq!(apply(&r(None, Some("/build"), Some("/")), "/build/a/c.py", None), is("/a/c.py", true));
    }

    #[test]
    fn strings_for_json() {
        assert_eq!(json_string(b"a\"\xffb"), r#""a\"\udcffb""#);
    }
}
