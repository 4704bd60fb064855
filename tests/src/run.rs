//! run/NAME.py: bunpy-vm prints NAME.out (standard output, standard error behind it, then the exit status), as the oracle did.
//!
//! Invariant: the folder's own path is written `{dir}` on both sides, so that tracebacks compare anywhere.

use std::path::Path;
use std::process::Command;

/// What a program printed, in the form of an `.out` file: the interpreter run on `source` from within its folder.
pub fn transcript(interpreter: &Path, source: &Path) -> Result<Vec<u8>, String> {
    let folder = source.parent().unwrap_or(Path::new("."));
    let output = Command::new(interpreter)
        .arg(source.file_name().unwrap_or_default())
        .current_dir(folder)
        .env("PYTHONHASHSEED", "0")
        .env("PYTHONDONTWRITEBYTECODE", "1")
        .env("NO_COLOR", "1")
        .stdin(std::process::Stdio::null())
        .output()
        .map_err(|e| format!("cannot run {}: {e}", interpreter.display()))?;
    let status = match output.status.code() {
        Some(code) => format!("exit {code}\n"),
        None => format!("{}\n", output.status),
    };
    let text = [output.stdout, output.stderr, status.into_bytes()].concat();
    Ok(replace(&text, folder.to_string_lossy().as_bytes(), b"{dir}"))
}

fn replace(text: &[u8], from: &[u8], to: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.windows(from.len()).position(|w| w == from) {
        out.extend_from_slice(&rest[..at]);
        out.extend_from_slice(to);
        rest = &rest[at + from.len()..];
    }
    out.extend_from_slice(rest);
    out
}

pub fn judge(source: &Path) -> Result<(), String> {
    let expected =
        std::fs::read(source.with_extension("out")).map_err(|e| format!("no expectation (cargo x bless): {e}"))?;
    let ours = transcript(&super::program("bunpy-vm"), source)?;
    if ours == expected {
        return Ok(());
    }
    Err(format!("--- expected\n{}--- ours\n{}", String::from_utf8_lossy(&expected), String::from_utf8_lossy(&ours)))
}

pub fn bless(python: &Path, source: &Path) -> Result<bool, String> {
    super::write_if_changed(&source.with_extension("out"), &transcript(python, source)?)
}
