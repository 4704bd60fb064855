//! What the commands that look into files share: arguments, reading, printing, error lines.
//!
//! Invariant: an error is one line on standard error, or one JSON object with `--message-format json` on standard
//! output; a reader that goes away ends the output without a fuss. Next: `inspect`, `verify`.

use std::ffi::OsString;
use std::fmt::Write as _;
use std::io::Write as _;
use std::path::Path;

use clap::Parser;
use pyc_format::PycError;
use pyc_format::inspect::push_json;

use crate::{FAILED, USAGE};

/// Parses the arguments of a command, or prints clap's help or complaint and gives the exit status.
pub fn arguments<A: Parser>(args: Vec<OsString>) -> Result<A, u8> {
    A::try_parse_from(args).map_err(|error| {
        let _ = error.print();
        if error.use_stderr() { USAGE } else { 0 }
    })
}

/// Prints to standard output; the exit status says whether it went out.
pub fn print(text: &[u8]) -> u8 {
    let mut stdout = std::io::stdout().lock();
    match stdout.write_all(text).and_then(|()| stdout.flush()) {
        Ok(()) => 0,
        Err(error) if error.kind() == std::io::ErrorKind::BrokenPipe => 0,
        Err(_) => FAILED,
    }
}

/// What is wrong with a file.
#[derive(Debug, Default)]
pub struct Problem {
    /// "OSError", the exception that CPython raises for the file, "not-canonical", or "invalid" with a broken rule.
    pub kind: String,
    pub message: String,
    /// In the file, if the problem has a place there.
    pub offset: Option<usize>,
    pub expected: Option<String>,
}

impl Problem {
    pub fn io(error: &std::io::Error) -> Problem {
        // "No such file or directory (os error 2)" without the number
        let text = error.to_string();
        let message = text.split(" (os error").next().unwrap_or_default().to_owned();
        Problem { kind: "OSError".into(), message, ..Problem::default() }
    }

    pub fn pyc(error: &PycError) -> Problem {
        let (kind, message, offset, expected) = match error {
            PycError::Header(error) => {
                let (offset, expected) = error.expected();
                (error.exception(), error.to_string(), offset, expected)
            }
            PycError::Body(error) => (error.kind.name(), error.message.to_string(), error.offset, error.expected),
        };
        Problem { kind: kind.into(), message, offset: Some(offset), expected: Some(expected.into()) }
    }

    /// One line: file, kind, message, offset and what was expected.
    pub fn line(&self, path: &Path) -> String {
        let mut line = format!("{}: {}: {}", path.display(), self.kind, self.message.replace(['\n', '\r'], " "));
        let place = match (self.offset, &self.expected) {
            (Some(offset), Some(expected)) => format!(" (at offset {offset}, expected {expected})"),
            (Some(offset), None) => format!(" (at offset {offset})"),
            _ => String::new(),
        };
        line.push_str(&place);
        line
    }

    /// One JSON object on one line.
    pub fn json(&self, path: &Path) -> String {
        let mut out = String::from("{\"file\":");
        push_json(&mut out, &path.to_string_lossy());
        out.push_str(",\"status\":\"error\",\"kind\":");
        push_json(&mut out, &self.kind);
        out.push_str(",\"message\":");
        push_json(&mut out, &self.message);
        if let Some(offset) = self.offset {
            let _ = write!(out, ",\"offset\":{offset}");
        }
        if let Some(expected) = &self.expected {
            out.push_str(",\"expected\":");
            push_json(&mut out, expected);
        }
        out.push('}');
        out
    }
}

/// Reads a file to look into; its problem as one line on standard error, and the exit status.
pub fn read(path: &Path) -> Result<Vec<u8>, u8> {
    std::fs::read(path).map_err(|error| {
        eprintln!("{}", Problem::io(&error).line(path));
        FAILED
    })
}
