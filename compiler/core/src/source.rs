//! Bytes of a source file to the text that the passes see.
//!
//! Invariant: the text is UTF-8 without BOM and NUL, lines end in `\n`, the last one too.

use std::borrow::Cow;

use crate::Mode;
use crate::error::{CompileError, ErrorKind};

/// Decodes and normalises a source file. Borrows if nothing had to change.
pub fn decode(bytes: &[u8], mode: Mode) -> Result<Cow<'_, str>, CompileError> {
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    let text = match std::str::from_utf8(bytes) {
        Ok(text) => Cow::Borrowed(text),
        Err(_) => Cow::Owned(bytes.iter().map(|&b| b as char).collect()),
    };
    refuse_nul(&text)?;
    Ok(normalise(text, mode))
}

/// Normalises source that is text already; a cookie in it means nothing.
pub fn from_str(text: &str, mode: Mode) -> Result<Cow<'_, str>, CompileError> {
    refuse_nul(text)?;
    Ok(normalise(Cow::Borrowed(text), mode))
}

fn refuse_nul(text: &str) -> Result<(), CompileError> {
    if memchr::memchr(0, text.as_bytes()).is_some() {
        return Err(error("source code string cannot contain null bytes"));
    }
    Ok(())
}

fn error(message: &str) -> CompileError {
    CompileError {
        kind: ErrorKind::SyntaxError,
        message: message.to_owned(),
        lineno: None,
        offset: None,
        end_lineno: None,
        end_offset: None,
        text: None,
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
