//! `bunpy-compile` with another compiler, for tests of everything around it.
//!
//! Invariant: the body says what it was made of and proves that it is whole: the level, the file name as marshal writes it,
//! the source, filler, and a checksum. Words in the source ask for failures: `!syntax`, `!panic`, `!warn`, `!slow`.

use bunpy_compile::host::{Outcome, Request};
use bunpy_compiler::error::{CompileError, CompileWarning, ErrorKind, WarningCategory};
use std::process::ExitCode;
use std::time::Duration;

/// Enough for a write to be torn.
const FILLER: usize = 1 << 17;

fn compile(request: &Request<'_>) -> Outcome {
    let asks = |word: &[u8]| request.source.windows(word.len()).any(|w| w == word);
    if asks(b"!panic") {
        assert_eq!(request.source.len(), 0, "asked to panic");
    }
    if asks(b"!slow") {
        std::thread::sleep(Duration::from_millis(200));
    }
    let mut warnings = Vec::new();
    if asks(b"!warn") {
        let message = "invalid escape sequence '\\d'".to_owned();
        let category = WarningCategory::SyntaxWarning;
        warnings.push(CompileWarning { category, message, lineno: 1, offset: 1, end_lineno: 1, end_offset: 3 });
    }
    if asks(b"!syntax") {
        let error = CompileError {
            kind: ErrorKind::SyntaxError,
            message: "invalid syntax".to_owned(),
            lineno: Some(1),
            offset: Some(3),
            end_lineno: Some(1),
            end_offset: Some(4),
            text: Some("a b\n".to_owned()),
        };
        return Outcome { result: Err(error), warnings };
    }
    let level = if asks(b"!same") { 0 } else { request.optimize };
    let name = request.filename;
    let mut body = vec![level, b'Z' | 0x80, name.len() as u8];
    body.extend_from_slice(name);
    body.extend_from_slice(request.source);
    if !asks(b"!small") {
        body.resize(body.len() + FILLER, b'.');
    }
    let sum = body.iter().fold(0u64, |h, &b| (h ^ u64::from(b)).wrapping_mul(0x100_0000_01b3));
    body.extend_from_slice(&sum.to_le_bytes());
    Outcome { result: Ok(body), warnings }
}

fn main() -> ExitCode {
    bunpy_compile::main(&compile)
}
