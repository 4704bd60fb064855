//! programs/NAME.py: programs, each after a line `### MODE`; NAME.facts has what CPython makes of each at -O0 and -O2:
//! `code LENGTH HASH` of the marshalled code object, or the exception, then the warnings.
//!
//! Invariant: equal bytes or the same exception at the same place, and the same warnings in the same order. What differs
//! in the bytes is for `cargo x passes` and `cargo x compile-diff` to say. Next: `programs.py`.

use std::fmt::Write;
use std::path::Path;
use std::process::Command;

use bunpy_compiler::compile::Compiler;
use bunpy_compiler::error::{CompileError, ErrorKind};
use bunpy_compiler::{Mode, Options};
use pyc_format::header::source_hash;

const SCRIPT: &str = include_str!("programs.py");

pub fn judge(source: &Path) -> Result<(), String> {
    let read =
        |path: &Path| std::fs::read_to_string(path).map_err(|e| format!("{}: {e} (cargo x bless)", path.display()));
    let expected = read(&source.with_extension("facts"))?;
    let got = facts(&read(source)?);
    let mut about = "";
    for (theirs, ours) in expected.lines().zip(got.lines()) {
        if theirs != ours {
            return Err(format!("{about}\nCPython {theirs}\nours    {ours}"));
        }
        if theirs.starts_with('#') {
            about = theirs;
        }
    }
    if expected.len() == got.len() { Ok(()) } else { Err("one has more facts".into()) }
}

pub fn bless(python: &Path, source: &Path) -> Result<bool, String> {
    let output = Command::new(python)
        .args(["-I", "-X", "utf8", "-c", SCRIPT])
        .arg(source)
        .output()
        .map_err(|e| format!("{}: {e}", python.display()))?;
    if !output.status.success() {
        return Err(String::from_utf8_lossy(&output.stderr).into_owned());
    }
    super::write_if_changed(&source.with_extension("facts"), &output.stdout)
}

/// Ours, in the script's form.
fn facts(programs: &str) -> String {
    let mut out = String::new();
    let mut compiler = Compiler::new();
    for (number, program) in programs.split("### ").skip(1).enumerate() {
        let (name, source) = program.split_once('\n').unwrap_or((program, ""));
        let mode = match name {
            "eval" => Mode::Eval,
            "single" => Mode::Single,
            _ => Mode::Exec,
        };
        for optimize in [0, 2] {
            let _ = writeln!(out, "# {number} {name} -O{optimize}");
            let mut warnings = Vec::new();
            let options = Options { mode, optimize, ..Options::default() };
            let _ = match compiler.compile(source.as_bytes(), "<test>".into(), options, &mut warnings) {
                Ok(body) => writeln!(out, "code {} {}", body.len(), hash(&body)),
                Err(error) => writeln!(out, "{}", shown(&error)),
            };
            for warning in warnings {
                let _ = writeln!(out, "warning {} {}", warning.lineno, warning.message);
            }
        }
    }
    out
}

fn hash(body: &[u8]) -> String {
    source_hash(body).to_le_bytes().iter().map(|byte| format!("{byte:02x}")).collect()
}

fn shown(error: &CompileError) -> String {
    let CompileError { kind, message, lineno, offset, end_lineno, end_offset, .. } = error;
    if !matches!(kind, ErrorKind::SyntaxError | ErrorKind::IndentationError | ErrorKind::TabError) {
        return format!("{kind:?} {message}");
    }
    let number = |n: Option<i64>| n.map_or("None".to_owned(), |n| n.to_string());
    let (lineno, end_lineno) = (lineno.map(i64::from), end_lineno.map(i64::from));
    let at = [lineno, *offset, end_lineno, *end_offset].map(number).join(" ");
    format!("{kind:?} {at} {message}")
}
