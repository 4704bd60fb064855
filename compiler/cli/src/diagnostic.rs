//! What is said of a file: errors and warnings, as CPython's traceback and warnings modules write them, or as JSON.
//!
//! Invariant: without colour the text of a SyntaxError is that of `traceback.format_exception_only`, and of a warning that of
//! `warnings.formatwarning`, both for a file of that name.

use crate::paths::json_string;
use bunpy_compiler::error::{CompileError, CompileWarning, ErrorKind, WarningCategory};
use std::fmt::Write as _;

/// One thing to say.
#[derive(Debug)]
pub enum Diagnostic {
    /// `source`: the line that a warning is about.
    Warning(CompileWarning, String),
    Error(CompileError),
    /// The file could not be read, or a cache not written.
    Io(String),
    /// A defect of this program: the panic's message.
    Internal(String),
}

/// The colours of CPython's traceback theme; empty strings without colour.
struct Theme {
    kind: &'static str,
    text: &'static str,
    highlight: &'static str,
    reset: &'static str,
}

const PLAIN: Theme = Theme { kind: "", text: "", highlight: "", reset: "" };
const COLORED: Theme = Theme { kind: "\x1b[1;35m", text: "\x1b[35m", highlight: "\x1b[1;31m", reset: "\x1b[0m" };

pub fn kind_name(kind: ErrorKind) -> &'static str {
    match kind {
        ErrorKind::SyntaxError => "SyntaxError",
        ErrorKind::IndentationError => "IndentationError",
        ErrorKind::TabError => "TabError",
        ErrorKind::IncompleteInputError => "_IncompleteInputError",
        ErrorKind::UnicodeDecodeError => "UnicodeDecodeError",
        ErrorKind::UnicodeEncodeError => "UnicodeEncodeError",
        ErrorKind::ValueError => "ValueError",
        ErrorKind::OverflowError => "OverflowError",
        ErrorKind::RecursionError => "RecursionError",
        ErrorKind::MemoryError => "MemoryError",
        ErrorKind::SystemError => "SystemError",
    }
}

fn category_name(category: WarningCategory) -> &'static str {
    match category {
        WarningCategory::SyntaxWarning => "SyntaxWarning",
        WarningCategory::DeprecationWarning => "DeprecationWarning",
    }
}

impl Diagnostic {
    pub fn is_error(&self) -> bool {
        !matches!(self, Diagnostic::Warning(..))
    }

    /// For people. `name` is what the code calls its file, `path` where the file is.
    pub fn render(&self, name: &[u8], path: &[u8], color: bool) -> String {
        let theme = if color { &COLORED } else { &PLAIN };
        let (name, path) = (String::from_utf8_lossy(name), String::from_utf8_lossy(path));
        let Theme { kind, text, reset, .. } = theme;
        match self {
            Diagnostic::Warning(w, line) => {
                let category = category_name(w.category);
                let shown = line.trim();
                let line = if shown.is_empty() { String::new() } else { format!("  {shown}\n") };
                format!("{name}:{}: {kind}{category}{reset}: {}\n{line}", w.lineno, w.message)
            }
            Diagnostic::Error(e) => error(e, &name, theme),
            Diagnostic::Io(message) => format!("{kind}error{reset}: {text}{path}: {message}{reset}\n"),
            Diagnostic::Internal(message) => format!(
                "{kind}internal error{reset}: {text}{path}: {message}{reset}\n  This is a bug of bunpy-compile; please report it with the file.\n"
            ),
        }
    }

    /// One object, one line; docs/bunpy-compile.md has the fields.
    pub fn json(&self, name: &[u8], path: &[u8]) -> String {
        let quote = |s: &str| json_string(s.as_bytes());
        let mut out = format!(
            "{{\"reason\":\"diagnostic\",\"level\":\"{}\",\"path\":{}",
            if self.is_error() { "error" } else { "warning" },
            json_string(path)
        );
        let mut field = |key: &str, value: String| _ = write!(out, ",\"{key}\":{value}");
        let number = |n: Option<i64>| n.map_or("null".to_owned(), |n| n.to_string());
        match self {
            Diagnostic::Warning(w, line) => {
                field("filename", json_string(name));
                field("type", quote(category_name(w.category)));
                field("message", quote(&w.message));
                field("line", w.lineno.to_string());
                field("column", w.offset.to_string());
                field("end_line", w.end_lineno.to_string());
                field("end_column", w.end_offset.to_string());
                field("text", quote(line));
            }
            Diagnostic::Error(e) => {
                field("filename", json_string(name));
                field("type", quote(kind_name(e.kind)));
                field("message", quote(&e.message));
                field("line", number(e.lineno.map(i64::from)));
                field("column", number(e.offset));
                field("end_line", number(e.end_lineno.map(i64::from)));
                field("end_column", number(e.end_offset));
                field("text", e.text.as_deref().map_or("null".to_owned(), quote));
            }
            Diagnostic::Io(message) => {
                field("type", quote("OSError"));
                field("message", quote(message));
            }
            Diagnostic::Internal(message) => {
                field("type", quote("InternalError"));
                field("message", quote(message));
            }
        }
        field("rendered", quote(&self.render(name, path, false)));
        out.push('}');
        out
    }
}

fn error(e: &CompileError, name: &str, theme: &Theme) -> String {
    let Theme { kind, text, reset, .. } = theme;
    let mut out = String::new();
    let mut suffix = String::new();
    match e.lineno {
        Some(line) => _ = writeln!(out, "  File {text}\"{name}\"{reset}, line {text}{line}{reset}"),
        None => suffix = format!(" ({name})"),
    }
    if let Some(line) = &e.text {
        source_line(&mut out, e, line, theme);
    }
    let _ = writeln!(out, "{kind}{}{reset}: {text}{}{reset}{suffix}", kind_name(e.kind), e.message);
    out
}

/// The line and its carets: TracebackException._format_syntax_error.
fn source_line(out: &mut String, e: &CompileError, text: &str, theme: &Theme) {
    let right = text.trim_end_matches('\n');
    let left = right.trim_start_matches([' ', '\n', '\x0c']);
    let Some(offset) = e.offset else {
        let _ = writeln!(out, "    {left}");
        return;
    };
    let length = |s: &str| i64::try_from(s.chars().count()).unwrap_or(i64::MAX);
    let (text_len, right_len) = (length(text), length(right));
    let spaces = right_len - length(left);
    let mut start = offset;
    let mut end = if e.lineno == e.end_lineno {
        e.end_offset.filter(|&end| end != 0).unwrap_or(offset)
    } else {
        right_len.saturating_add(1)
    };
    if text_len > 0 && start > text_len {
        start = right_len + 1;
    }
    if text_len > 0 && end > text_len {
        end = right_len + 1;
    }
    if start >= end || end < 0 {
        end = start.saturating_add(1);
    }
    let (column, end_column) = (start.saturating_sub(1 + spaces), end.saturating_sub(1 + spaces));
    let Ok(at) = usize::try_from(column) else {
        let _ = writeln!(out, "    {left}");
        return;
    };
    let upto = usize::try_from(end_column).unwrap_or(at);
    let part = |from: usize, n: usize| left.chars().skip(from).take(n).collect::<String>();
    let (before, marked, after) = (part(0, at), part(at, upto - at), part(upto, usize::MAX));
    let Theme { highlight, reset, .. } = theme;
    let _ = writeln!(out, "    {before}{highlight}{marked}{reset}{after}");
    // Other white space than spaces keeps the carets in line.
    let pad: String = before.chars().map(|c| if pyc_text::chars::is_space(c as u32) { c } else { ' ' }).collect();
    let _ = writeln!(out, "    {pad}{highlight}{}{reset}", "^".repeat(upto - at));
}

/// The text of a line, for warnings: CPython's linecache gives it. Bytes that are no UTF-8 are replaced.
pub fn line_of(source: &[u8], line: u32) -> String {
    let index = (line as usize).saturating_sub(1);
    let bytes = source.split(|&b| b == b'\n').nth(index).unwrap_or_default();
    let text = bytes.strip_prefix(b"\xef\xbb\xbf").filter(|_| index == 0).unwrap_or(bytes);
    String::from_utf8_lossy(text).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str, offset: i64, end: i64) -> CompileError {
        CompileError {
            kind: ErrorKind::SyntaxError,
            message: "invalid syntax".to_owned(),
            lineno: Some(3),
            offset: Some(offset),
            end_lineno: Some(3),
            end_offset: Some(end),
            text: Some(text.to_owned()),
        }
    }

    fn plain(e: CompileError) -> String {
        Diagnostic::Error(e).render(b"x.py", b"x.py", false)
    }

    #[test]
    fn carets() {
        let head = "  File \"x.py\", line 3\n";
        let tail = "SyntaxError: invalid syntax\n";
        assert_eq!(plain(at("  a b\n", 5, 6)), format!("{head}    a b\n      ^\n{tail}"));
        assert_eq!(plain(at("a bcd\n", 3, 6)), format!("{head}    a bcd\n      ^^^\n{tail}"));
        assert_eq!(plain(at("a b\n", 99, 0)), format!("{head}    a b\n       ^\n{tail}"));
        assert_eq!(plain(at("\ta b\n", 4, 5)), format!("{head}    \ta b\n    \t  ^\n{tail}"));
        assert_eq!(plain(at("  a\n", 1, 2)), format!("{head}    a\n{tail}"));
        assert_eq!(plain(at("é b\n", 3, 4)), format!("{head}    é b\n      ^\n{tail}"));
    }

    #[test]
    fn without_a_place() {
        let e = CompileError::plain(ErrorKind::ValueError, "no");
        assert_eq!(plain(e), "ValueError: no (x.py)\n");
    }

    #[test]
    fn hostile_columns_are_harmless() {
        for offset in [i64::MIN, -1, 0, i64::MAX] {
            for end in [i64::MIN, -1, 0, i64::MAX] {
                plain(at("abc\n", offset, end));
                plain(at("", offset, end));
            }
        }
    }
}
