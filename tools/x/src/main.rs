//! `cargo x`: the project's own commands, in plain Rust.
//!
//! Invariant: a command is one row of [`COMMANDS`] and one file; it returns the process's exit status.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)] // a developer's tool: a panic is its error report

mod bench_compile;
mod bench_pyc;
mod bless;
mod check;
mod compile_diff;
mod dis;
mod fuzz_code;
mod fuzz_compile;
mod fuzz_pyc;
mod marshal_diff;
mod mutate;
mod opcheck;
mod oracle;
mod passes;
mod pyc_files;
mod roundtrip;
mod syntax;
mod test;
mod walk;
mod worst;

use std::process::ExitCode;

/// A subcommand: name, arguments and summary for the help text, function.
struct Command {
    name: &'static str,
    usage: &'static str,
    summary: &'static str,
    run: fn(&[String]) -> ExitCode,
}

const COMMANDS: &[Command] = &[
    Command {
        name: "bench",
        usage: "pyc PATH... | compile [TREE]",
        summary: "decoding .pyc against CPython's marshal.loads, compiling against compileall",
        run: bench,
    },
    Command {
        name: "bless",
        usage: "[FILTER]",
        summary: "write the expectations of data tests anew, by the oracle",
        run: bless::run,
    },
    Command {
        name: "check",
        usage: "",
        summary: "formatting, clippy, dependency rules, file headers",
        run: check::run,
    },
    Command {
        name: "fuzz-compile",
        usage: "[--count N] [--seed S] [--start I] [--alone] PATH...",
        summary: "mutated programs: the same bytes as CPython's, or both reject",
        run: fuzz_compile::run,
    },
    Command {
        name: "fuzz-compile-show",
        usage: "SEED INDEX PATH...",
        summary: "one of fuzz-compile's programs",
        run: fuzz_compile::show,
    },
    Command {
        name: "fuzz-code",
        usage: "[--count N] [--seed S] [PATH...]",
        summary: "mutated code objects through the verifier, random walks through what it accepts",
        run: fuzz_code::run,
    },
    Command {
        name: "fuzz-pyc",
        usage: "[--count N] [--seed S] [PATH...]",
        summary: "mutated .pyc through all that reads them",
        run: fuzz_pyc::run,
    },
    Command {
        name: "dis",
        usage: "[--diff-cpython] PATH...",
        summary: "dis text of .pyc files, or its differences from CPython's (--caches, --offsets, --positions, --info)",
        run: dis::run,
    },
    Command {
        name: "marshal-diff",
        usage: "[--count N] [--seed S] [PATH...]",
        summary: "mutated marshal data: values and exceptions against CPython's marshal.loads",
        run: marshal_diff::run,
    },
    Command {
        name: "compile-diff",
        usage: "[-O LEVEL] TREE...",
        summary: "compile a tree, compare the bytes with CPython's beside the sources",
        run: compile_diff::run,
    },
    Command {
        name: "opcheck",
        usage: "",
        summary: "the opcode table against CPython's own answers",
        run: opcheck::run,
    },
    Command {
        name: "oracle",
        usage: "",
        summary: "install CPython 3.14, the oracle, if it is not there",
        run: oracle::run,
    },
    Command {
        name: "passes",
        usage: "[-O LEVEL] PATH...",
        summary: "each pass's result against CPython's, the first that differs",
        run: passes::run,
    },
    Command {
        name: "roundtrip",
        usage: "PATH...",
        summary: "read and write back every .pyc below, and all that derives from it",
        run: roundtrip::run,
    },
    Command {
        name: "syntax",
        usage: "--diff-cpython ... | --fuzz N PATH...",
        summary: "refused programs and warnings against CPython's; mutated programs",
        run: syntax::run,
    },
    Command {
        name: "test",
        usage: "[FILTER]",
        summary: "all tests, or those whose name contains FILTER",
        run: test::run,
    },
    Command {
        name: "ucd",
        usage: "DIR | --check",
        summary: "make the Unicode tables of pyc-text, or compare them with CPython",
        run: ucd::run,
    },
];

/// What is measured is the first argument.
fn bench(args: &[String]) -> ExitCode {
    match args.split_first() {
        Some((what, rest)) if what == "compile" => bench_compile::run(rest),
        _ => bench_pyc::run(args),
    }
}

fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let Some((name, rest)) = args.split_first() else {
        help();
        return ExitCode::from(2);
    };
    if matches!(name.as_str(), "help" | "-h" | "--help") {
        help();
        return ExitCode::SUCCESS;
    }
    match COMMANDS.iter().find(|c| c.name == name) {
        Some(command) => (command.run)(rest),
        None => {
            eprintln!("cargo x: no command {name:?}; `cargo x help` lists them");
            ExitCode::from(2)
        }
    }
}

fn help() {
    println!("usage: cargo x COMMAND [ARGUMENTS]\n");
    for c in COMMANDS {
        println!("  {:<34} {}", format!("{} {}", c.name, c.usage), c.summary);
    }
}
