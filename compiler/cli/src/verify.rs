//! `bunpy-compile verify PATH...`: are the .pyc readable, valid, and what CPython would write?
//!
//! Invariant: one line for a bad file, nothing for a good one, status 1 if one was bad; files in the order of their
//! paths. Next: [`pyc_format::marshal`].

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use clap::{Parser, ValueEnum};
use pyc_format::header::HEADER_SIZE;
use pyc_format::{marshal, read_pyc, verify};

use crate::FAILED;
use crate::output::{self, Problem};

/// Checks that .pyc files can be read, are valid, and are written back to the same bytes.
#[derive(Parser)]
struct Arguments {
    /// .pyc files, and directories with such files below
    #[arg(required = true)]
    paths: Vec<PathBuf>,
    /// How problems are reported
    #[arg(long, value_enum, default_value_t = Format::Human)]
    message_format: Format,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    Human,
    Json,
}

pub fn run(args: Vec<OsString>) -> u8 {
    let arguments: Arguments = match output::arguments(args) {
        Ok(arguments) => arguments,
        Err(status) => return status,
    };
    let mut files = Vec::new();
    arguments.paths.iter().for_each(|path| find(path, &mut files));
    let mut status = 0;
    for path in &files {
        let problem = match std::fs::read(path) {
            Ok(file) => check(&file).err(),
            Err(error) => Some(Problem::io(&error)),
        };
        let Some(problem) = problem else { continue };
        status = FAILED;
        match arguments.message_format {
            Format::Human => eprintln!("{}", problem.line(path)),
            Format::Json => {
                output::print((problem.json(path) + "\n").as_bytes());
            }
        }
    }
    status
}

/// The path itself if it is no directory, else every .pyc below in order. Links to directories are not followed.
fn find(path: &Path, files: &mut Vec<PathBuf>) {
    let mut open = vec![path.to_owned()];
    while let Some(path) = open.pop() {
        let Ok(entries) = std::fs::read_dir(&path) else {
            files.push(path);
            continue;
        };
        let is_pyc = |path: &Path| path.extension().is_some_and(|extension| extension == "pyc");
        let wanted = entries
            .flatten()
            .filter(|entry| entry.file_type().is_ok_and(|kind| kind.is_dir()) || is_pyc(&entry.path()));
        let mut below: Vec<PathBuf> = wanted.map(|entry| entry.path()).collect();
        below.sort_unstable_by(|one, other| other.cmp(one));
        open.extend(below);
    }
}

fn check(file: &[u8]) -> Result<(), Problem> {
    let (header, loaded) = read_pyc(file).map_err(|error| Problem::pyc(&error))?;
    let marshal::Loaded { graph, root, .. } = &loaded;
    verify::tree::verify_graph(graph, *root, |_, _, _| ()).map_err(|error| Problem {
        kind: "invalid".into(),
        message: error.to_string(),
        ..Problem::default()
    })?;
    let not_canonical = |message: String, offset| Problem {
        kind: "not-canonical".into(),
        message,
        offset,
        expected: Some("what CPython writes".into()),
    };
    // what is written back is as long as what was read, or not the same
    let body = file.get(HEADER_SIZE..).unwrap_or_default();
    let written = marshal::write_limited(graph, *root, marshal::VERSION, body.len());
    let written = written.map_err(|error| not_canonical(error.to_string(), None))?;
    if header.to_bytes() != file.get(..HEADER_SIZE).unwrap_or_default() || written != body {
        let same = written.iter().zip(body).take_while(|(one, other)| one == other).count();
        return Err(not_canonical("is written back differently".into(), Some(HEADER_SIZE + same)));
    }
    Ok(())
}
