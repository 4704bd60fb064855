//! `bunpy-compile dis FILE`: the text of CPython's `dis` for a .pyc, or for a source compiled on the way.
//!
//! Invariant: any file gives text, cut with a marker if it would explode, or one error. Next: [`pyc_format::dis`].

use std::ffi::OsString;
use std::fmt;
use std::io::{BufWriter, Write};
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use clap::Parser;
use pyc_format::dis::{self, Limited, Options, output_limit};
use pyc_format::{marshal, read_pyc};

use crate::diagnostic::Diagnostic;
use crate::host::{self, Outcome, Request, STACK_SIZE};
use crate::output::{self, Problem};
use crate::{FAILED, INTERNAL};

/// Shows the instructions of a .pyc file, or of a Python source, as `python -m dis` does.
#[derive(Parser)]
struct Arguments {
    /// A .pyc file of CPython 3.14, or a .py file
    file: PathBuf,
    /// Show inline caches
    #[arg(short = 'C', long)]
    show_caches: bool,
    /// Show instruction offsets
    #[arg(short = 'O', long)]
    show_offsets: bool,
    /// Show source positions
    #[arg(short = 'P', long)]
    show_positions: bool,
    /// Show opcodes as they are stored
    #[arg(short = 'S', long)]
    specialized: bool,
    /// Optimization level for a source: 0, 1 or 2
    #[arg(short = 'o', default_value_t = 0, value_parser = clap::value_parser!(u8).range(0..=2))]
    optimize: u8,
}

pub fn run(args: Vec<OsString>) -> u8 {
    let arguments: Arguments = match output::arguments(args) {
        Ok(arguments) => arguments,
        Err(status) => return status,
    };
    let path = &arguments.file;
    let file = match output::read(path) {
        Ok(file) => file,
        Err(status) => return status,
    };
    let loaded = if path.extension().is_some_and(|extension| extension == "py") {
        match compile(path, &file, arguments.optimize) {
            Ok(loaded) => loaded,
            Err(status) => return status,
        }
    } else {
        match read_pyc(&file) {
            Ok((_, loaded)) => loaded,
            Err(error) => {
                eprintln!("{}", Problem::pyc(&error).line(path));
                return FAILED;
            }
        }
    };
    let options = Options {
        show_caches: arguments.show_caches,
        show_offsets: arguments.show_offsets,
        show_positions: arguments.show_positions,
        adaptive: arguments.specialized,
        ..Options::default()
    };
    let mut out = Limited::new(Stdout::default(), output_limit(file.len()));
    // an error is the limit, of which the text tells, or standard output's, which it keeps
    let _ = dis::dis(&loaded.graph, loaded.root, &options, &mut out);
    out.into_inner().finish()
}

/// Compiles a source on a thread with the stack that this takes.
fn compile(path: &Path, source: &[u8], optimize: u8) -> Result<marshal::Loaded, u8> {
    let name = path.as_os_str().as_bytes();
    let work = || host::core(&Request { source, filename: name, optimize });
    let outcome = std::thread::scope(|scope| {
        let thread = std::thread::Builder::new().stack_size(STACK_SIZE).spawn_scoped(scope, work);
        thread.map(std::thread::ScopedJoinHandle::join)
    });
    let failed = |diagnostic: Diagnostic, status| {
        eprint!("{}", diagnostic.render(name, name, false));
        status
    };
    let Outcome { result, .. } = match outcome {
        Ok(Ok(outcome)) => outcome,
        Ok(Err(_)) => return Err(failed(Diagnostic::Internal("the compiler panicked".into()), INTERNAL)),
        Err(error) => return Err(failed(Diagnostic::Io(error.to_string()), FAILED)),
    };
    let body = result.map_err(|error| failed(Diagnostic::Error(error), FAILED))?;
    marshal::read(&body).map_err(|error| failed(Diagnostic::Internal(error.to_string()), INTERNAL))
}

/// Standard output for text, with its first error.
struct Stdout {
    out: BufWriter<std::io::Stdout>,
    error: Option<std::io::Error>,
}

impl Default for Stdout {
    fn default() -> Stdout {
        Stdout { out: BufWriter::with_capacity(1 << 16, std::io::stdout()), error: None }
    }
}

impl fmt::Write for Stdout {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        self.out.write_all(text.as_bytes()).map_err(|error| {
            self.error = Some(error);
            fmt::Error
        })
    }
}

impl Stdout {
    fn finish(mut self) -> u8 {
        match self.error.take().map_or_else(|| self.out.flush(), Err) {
            Ok(()) => 0,
            Err(error) if error.kind() == std::io::ErrorKind::BrokenPipe => 0,
            Err(_) => FAILED,
        }
    }
}
