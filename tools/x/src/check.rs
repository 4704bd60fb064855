//! `cargo x check`: what a reviewer should not have to look for.
//!
//! Invariant: every rule names the file and line it objects to; a rule that finds nothing prints nothing.

use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

use crate::oracle::root;

/// Who may depend on whom, by folder: docs/architecture.md. A crate may depend on what its row lists, and nothing else of ours.
const MAY_DEPEND: &[(&str, &[&str])] = &[
    ("pyc-format", &["pyc-format/text"]),
    ("pyc-format/text", &[]),
    ("compiler/core", &["pyc-format", "pyc-format/text"]),
    ("compiler/cli", &["compiler/core", "pyc-format", "pyc-format/text"]),
    ("vm/heap", &["pyc-format/text"]),
    ("vm/number", &["pyc-format/text"]),
    ("vm/core", &["vm/heap", "vm/number", "pyc-format", "pyc-format/text"]),
    ("vm/cli", &["vm/core", "vm/heap", "compiler/core", "pyc-format", "pyc-format/text", "stdlib"]),
    ("stdlib", &["stdlib", "vm/core", "vm/number", "vm/heap", "pyc-format", "pyc-format/text", "compiler/core"]),
];

/// The longest a source file may be unless it is a flat table, in lines; STYLE of the project, docs/style.md.
const MAX_LINES: usize = 1500;

pub fn run(_: &[String]) -> ExitCode {
    let root = root();
    let mut faults = Vec::new();
    cargo(&["fmt", "--all", "--check"], "formatting: run cargo fmt", &mut faults);
    cargo(&["clippy", "--quiet", "--workspace", "--all-targets", "--", "-D", "warnings"], "clippy", &mut faults);
    let mut files = Vec::new();
    walk(&root, &root, &mut files);
    for file in &files {
        let Ok(text) = std::fs::read_to_string(root.join(file)) else { continue };
        match file.extension().and_then(|e| e.to_str()) {
            Some("rs") => source(file, &text, &mut faults),
            Some("toml") if file.ends_with("Cargo.toml") => manifest(file, &text, &mut faults),
            _ => {}
        }
    }
    for fault in &faults {
        println!("{fault}");
    }
    if faults.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn cargo(args: &[&str], what: &str, faults: &mut Vec<String>) {
    if !Command::new("cargo").args(args).status().is_ok_and(|s| s.success()) {
        faults.push(format!("cargo {}: {what}", args[0]));
    }
}

fn walk(root: &Path, dir: &Path, files: &mut Vec<PathBuf>) {
    let Ok(entries) = std::fs::read_dir(dir) else { return };
    let mut paths: Vec<PathBuf> = entries.flatten().map(|e| e.path()).collect();
    paths.sort();
    for path in paths {
        let name = path.file_name().unwrap_or_default();
        if path.is_dir() {
            if name != "target" && name != ".git" {
                walk(root, &path, files);
            }
        } else if let Ok(relative) = path.strip_prefix(root) {
            files.push(relative.to_owned());
        }
    }
}

/// A source file opens with `//!` and is not longer than it should be.
fn source(file: &Path, text: &str, faults: &mut Vec<String>) {
    if !text.starts_with("//!") && !text.starts_with("// @generated") {
        faults.push(format!("{}:1: opens with `//!`: what it is for and its invariant", file.display()));
    }
    let lines = text.lines().count();
    let table = text.lines().take(12).any(|l| l.contains("flat table") || l.contains("@generated"));
    if lines > MAX_LINES && !table {
        faults.push(format!(
            "{}: {lines} lines; past {MAX_LINES} a file is a flat table (and says so) or two files",
            file.display()
        ));
    }
    if text.contains(concat!("#[", "ignore")) {
        faults.push(format!(
            "{}: an ignored test: assert the wrong result under a named known failure instead",
            file.display()
        ));
    }
}

/// Our own dependencies follow [`MAY_DEPEND`]; others are named in the root manifest with a reason.
fn manifest(file: &Path, text: &str, faults: &mut Vec<String>) {
    let dir = file.parent().unwrap_or(Path::new(""));
    let mut section = "";
    for (number, line) in text.lines().enumerate().map(|(i, l)| (i + 1, l.trim())) {
        if line.starts_with('[') {
            section = line;
        } else if section == "[workspace.dependencies]"
            && line.contains('=')
            && !line.contains("path = ")
            && !line.contains('#')
        {
            faults.push(format!("{}:{number}: a dependency without its reason", file.display()));
        } else if section == "[dependencies]" && line.ends_with(".workspace = true") {
            let name = line.trim_end_matches(".workspace = true");
            let Some(target) = folder_of(name) else { continue };
            let rules = MAY_DEPEND
                .iter()
                .find(|(from, _)| dir == Path::new(from) || (*from == "stdlib" && dir.starts_with("stdlib")));
            if let Some((from, to)) = rules
                && !to.iter().any(|t| target == *t || (*t == "stdlib" && target.starts_with("stdlib")))
            {
                faults.push(format!("{}:{number}: {from} may not depend on {target}", file.display()));
            }
        }
    }
}

fn folder_of(name: &str) -> Option<&'static str> {
    Some(match name {
        "pyc-format" => "pyc-format",
        "pyc-text" => "pyc-format/text",
        "bunpy-compiler" => "compiler/core",
        "bunpy-heap" => "vm/heap",
        "bunpy-number" => "vm/number",
        "bunpy-core" => "vm/core",
        n if n.starts_with("bunpy-std") => "stdlib",
        _ => return None,
    })
}
