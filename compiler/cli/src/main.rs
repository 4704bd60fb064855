//! `bunpy-compile`: see the library of this crate.
use std::process::ExitCode;

fn main() -> ExitCode {
    bunpy_compile::main(&bunpy_compile::host::core)
}
