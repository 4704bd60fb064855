//! Bytes of a source file to the text that the passes see.
//!
//! Invariant: the text is UTF-8 without BOM and NUL, lines end in `\n`, in a module the last one too. Errors are those that
//! CPython's tokenizer raises before it reads a token. Next: [`parse`](crate::parse).

use std::borrow::Cow;

use pyc_text::codecs::{Kind, cookie, lookup, normal_cookie};

use crate::Mode;
use crate::error::{CompileError, ErrorKind};

/// Decodes and normalises the source of a module. Borrows if nothing had to change.
pub fn decode(bytes: &[u8]) -> Result<Cow<'_, str>, CompileError> {
    decode_mode(bytes, Mode::Exec)
}

/// Decodes and normalises source of any kind.
pub fn decode_mode(bytes: &[u8], mode: Mode) -> Result<Cow<'_, str>, CompileError> {
    if memchr::memchr(0, bytes).is_some() {
        return Err(error("source code string cannot contain null bytes".to_owned(), None));
    }
    let (bytes, bom) = match bytes.strip_prefix(b"\xef\xbb\xbf") {
        Some(rest) => (rest, true),
        None => (bytes, false),
    };
    let declared = declared_encoding(bytes);
    if let (true, Some((name, lineno, line))) = (bom, declared)
        && name != "utf-8"
    {
        // CPython's second line has its end with it.
        let range = Range {
            lineno,
            offset: 0,
            end_offset: line.len() as i64 + i64::from(lineno) - 1,
            line: String::from_utf8_lossy(line).into(),
        };
        return Err(error(format!("encoding problem: {name} with BOM"), Some(range)));
    }
    let text = match declared {
        Some((name, ..)) if name != "utf-8" => Cow::Owned(recode(bytes, name)?),
        _ => Cow::Borrowed(std::str::from_utf8(bytes).map_err(|e| not_utf8(bytes, e.valid_up_to()))?),
    };
    // CPython reads the text of a codec as a C string.
    let text = match memchr::memchr(0, text.as_bytes()) {
        Some(end) => Cow::Owned(text.get(..end).unwrap_or_default().to_owned()),
        None => text,
    };
    Ok(normalise(text, mode))
}

/// Normalises source that is text already; a cookie in it means nothing.
pub fn from_str(text: &str, mode: Mode) -> Result<Cow<'_, str>, CompileError> {
    if memchr::memchr(0, text.as_bytes()).is_some() {
        return Err(error("source code string cannot contain null bytes".to_owned(), None));
    }
    Ok(normalise(Cow::Borrowed(text), mode))
}

/// The encoding that the first or second line names, that line's number and the line. A line counts only if it has an end,
/// the second only if the first holds nothing but a comment.
fn declared_encoding(bytes: &[u8]) -> Option<(&str, u32, &[u8])> {
    let mut rest = bytes;
    for lineno in 1..=2 {
        let end = memchr::memchr2(b'\n', b'\r', rest);
        // A module gets a last newline before this is looked at, so a line without one counts too.
        let line = rest.get(..end.unwrap_or(rest.len())).unwrap_or_default();
        if let Some(name) = cookie(line) {
            return Some((normal_cookie(name), lineno, line));
        }
        let text = line.iter().find(|b| !matches!(b, b' ' | b'\t' | b'\x0c'));
        if text.is_some_and(|&b| b != b'#') {
            return None;
        }
        let end = end?;
        let crlf = rest.get(end..end + 2) == Some(b"\r\n");
        rest = rest.get(end + if crlf { 2 } else { 1 }..).unwrap_or_default();
    }
    None
}

/// Text in another encoding than UTF-8.
fn recode(bytes: &[u8], name: &str) -> Result<String, CompileError> {
    let codec = lookup(name).ok_or_else(|| initial_error(format!("unknown encoding: {name}")))?;
    let decoded = codec.decode(bytes).ok_or_else(|| {
        if codec.kind == Kind::Missing {
            // A gap of ours (the multibyte codecs of East Asia).
            return initial_error(format!("encoding not supported: {name}"));
        }
        let message = format!("'{name}' is not a text encoding; use codecs.decode() to handle arbitrary codecs");
        initial_error(message)
    })?;
    match decoded.map_err(|e| initial_error(e.message()))?.into_string() {
        Ok(text) => Ok(text),
        Err(text) => {
            let at = text.as_wtf8().code_points().position(|c| (0xD800..0xE000).contains(&c)).unwrap_or(0);
            let c = text.as_wtf8().code_points().nth(at).unwrap_or(0);
            let message =
                format!("'utf-8' codec can't encode character '\\u{c:04x}' in position {at}: surrogates not allowed");
            Err(initial_error(message))
        }
    }
}

/// An error that CPython's tokenizer meets while it is set up.
fn initial_error(message: String) -> CompileError {
    CompileError { lineno: Some(0), offset: Some(-1), ..error(message, None) }
}

fn not_utf8(bytes: &[u8], at: usize) -> CompileError {
    let before = bytes.get(..at).unwrap_or_default();
    // Lines are counted after CR and CRLF have become LF.
    let mut lineno = 1;
    let mut start = 0;
    for i in memchr::memchr2_iter(b'\n', b'\r', before) {
        start = i + 1;
        let crlf = before.get(i) == Some(&b'\r') && bytes.get(i + 1) == Some(&b'\n');
        lineno += u32::from(!crlf);
    }
    let on_line = before.get(start..).unwrap_or_default();
    let column = String::from_utf8_lossy(on_line).chars().count() as i64 + 1;
    let rest = bytes.get(start..).unwrap_or_default();
    let line = rest.get(..memchr::memchr2(b'\n', b'\r', rest).unwrap_or(rest.len())).unwrap_or_default();
    let byte = bytes.get(at).copied().unwrap_or(0);
    let message = format!(
        "Non-UTF-8 code starting with '\\x{byte:02x}' on line {lineno}, but no encoding declared; see \
         https://peps.python.org/pep-0263/ for details"
    );
    let line = String::from_utf8_lossy(line).into();
    error(message, Some(Range { lineno, offset: column, end_offset: column, line }))
}

/// A place on one line.
struct Range {
    lineno: u32,
    offset: i64,
    end_offset: i64,
    line: String,
}

fn error(message: String, range: Option<Range>) -> CompileError {
    let lineno = range.as_ref().map(|r| r.lineno);
    CompileError {
        kind: ErrorKind::SyntaxError,
        message,
        lineno,
        offset: range.as_ref().map(|r| r.offset),
        end_lineno: lineno,
        end_offset: range.as_ref().map(|r| r.end_offset),
        text: range.map(|r| r.line),
    }
}

/// CR and CRLF become LF, and the last line of a module gets one.
fn normalise(text: Cow<'_, str>, mode: Mode) -> Cow<'_, str> {
    let has_cr = memchr::memchr(b'\r', text.as_bytes()).is_some();
    let complete = mode != Mode::Exec || text.is_empty() || text.ends_with(['\n', '\r']);
    if !has_cr && complete {
        return text;
    }
    let mut out = if has_cr { text.replace("\r\n", "\n").replace('\r', "\n") } else { text.into_owned() };
    if !complete {
        out.push('\n');
    }
    Cow::Owned(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(bytes: &[u8]) -> String {
        match decode(bytes) {
            Ok(text) => text.into_owned(),
            Err(e) => format!("{} {:?} {:?}", e.message, e.lineno, e.offset),
        }
    }

    #[test]
    fn encodings() {
        assert_eq!(told(b"# coding: latin-1\nx = '\xe9'\r\ny"), "# coding: latin-1\nx = 'é'\ny\n");
        assert_eq!(told(b"\xef\xbb\xbf# coding: utf8\n"), "encoding problem: utf8 with BOM Some(1) Some(0)");
        assert_eq!(told(b"#\n# coding: none\n"), "unknown encoding: none Some(0) Some(-1)");
        assert_eq!(told(b"x\n# coding: none\n"), "x\n# coding: none\n");
        assert!(told(b"a\r\n\xc3\xa9\xff").ends_with("Some(2) Some(2)"));
        assert!(told(b"a\0b").starts_with("source code string cannot contain null bytes"));
    }
}
