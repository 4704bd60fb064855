//! `cargo x syntax`: refused programs and warnings against CPython's, and mutated programs without any oracle.
//!
//! ```text
//! --diff-cpython --tests MODULE...                     programs that CPython's tests compile (test.test_syntax ...)
//! --diff-cpython --mutate N [--seed S] FILE...         N mutations of pieces of files
//! --diff-cpython --corpus CORPUS                       what tools/oracle/syntax_corpus.py wrote before
//! --fuzz N [--seed S] PATH...                          N mutated programs: no panic, no more than SLOWEST each
//! ```
//! `--parser` compares the parser alone; `--show N` differences are printed.
//!
//! Invariant: messages and all four positions are compared. Next: tools/oracle/syntax_corpus.py.

use std::io::{BufRead, BufReader};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};
use std::time::{Duration, Instant};

use bunpy_compiler::compile::Compiler;
use bunpy_compiler::error::{CompileError, CompileWarning, ErrorKind};
use bunpy_compiler::{Mode, Options, names, parse, source};
use pyc_text::Wtf8;
use serde_json::{Value, json};

use crate::mutate::Random;
use crate::oracle;
use crate::passes::find_py;

const SLOWEST: Duration = Duration::from_secs(10);
const USAGE: &str = "usage: cargo x syntax --diff-cpython (--tests MODULE... | --mutate N [--seed S] FILE... | --corpus FILE) \
                     [--parser] [--show N]\n       cargo x syntax --fuzz N [--seed S] PATH...";

#[derive(Default)]
struct Arguments {
    fuzz: Option<u64>,
    mutate: Option<String>,
    tests: bool,
    corpus: Option<PathBuf>,
    seed: u64,
    parser_only: bool,
    shown: usize,
    rest: Vec<String>,
}

pub fn run(args: &[String]) -> ExitCode {
    let Some(arguments) = arguments(args) else {
        eprintln!("{USAGE}");
        return ExitCode::from(2);
    };
    let ok = match arguments.fuzz {
        Some(count) => fuzz(count, arguments.seed, &arguments.rest),
        None => match corpus(&arguments) {
            Ok(path) => compare(&path, &arguments),
            Err(message) => {
                eprintln!("cargo x syntax: {message}");
                return ExitCode::from(2);
            }
        },
    };
    if ok { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn arguments(args: &[String]) -> Option<Arguments> {
    let mut found = Arguments { seed: 1, shown: 20, ..Arguments::default() };
    let mut args = args.iter();
    while let Some(arg) = args.next() {
        match arg.as_str() {
            "--diff-cpython" => {}
            "--fuzz" => found.fuzz = Some(args.next()?.parse().ok()?),
            "--mutate" => found.mutate = Some(args.next()?.clone()),
            "--tests" => found.tests = true,
            "--corpus" => found.corpus = Some(args.next()?.into()),
            "--seed" => found.seed = args.next()?.parse().ok()?,
            "--show" => found.shown = args.next()?.parse().ok()?,
            "--parser" => found.parser_only = true,
            flag if flag.starts_with('-') => return None,
            _ => found.rest.push(arg.clone()),
        }
    }
    let asked = [found.fuzz.is_some(), found.mutate.is_some(), found.tests, found.corpus.is_some()];
    (asked.iter().filter(|&&asked| asked).count() == 1).then_some(found)
}

/// The corpus asked for, made by the oracle if need be.
fn corpus(arguments: &Arguments) -> Result<PathBuf, String> {
    if let Some(path) = &arguments.corpus {
        return Ok(path.clone());
    }
    let python = oracle::python().ok_or("the oracle is not installed: `cargo x oracle`")?;
    let out = std::env::temp_dir().join(format!("syntax-{}.jsonl", std::process::id()));
    let mut command = Command::new(python);
    command.arg(oracle::root().join("tools/oracle/syntax_corpus.py"));
    match &arguments.mutate {
        Some(count) => command.arg("mutate").arg(&out).arg(count).arg(arguments.seed.to_string()),
        None => command.arg("tests").arg(&out),
    };
    let status = command.args(&arguments.rest).current_dir(std::env::temp_dir()).status();
    match status {
        Ok(status) if status.success() => Ok(out),
        other => Err(format!("the oracle failed: {other:?}")),
    }
}

fn decode64(text: &str) -> Vec<u8> {
    let digit = |b: u8| match b {
        b'A'..=b'Z' => b - b'A',
        b'a'..=b'z' => b - b'a' + 26,
        b'0'..=b'9' => b - b'0' + 52,
        b'+' => 62,
        _ => 63,
    };
    let mut out = Vec::new();
    let (mut bits, mut n) = (0u32, 0);
    for b in text.bytes().filter(|&b| b != b'=') {
        bits = bits << 6 | u32::from(digit(b));
        n += 6;
        if n >= 8 {
            n -= 8;
            out.push((bits >> n) as u8);
        }
    }
    out
}

fn error_json(e: &CompileError) -> Value {
    let kind = match e.kind {
        ErrorKind::IncompleteInputError => "_IncompleteInputError".to_owned(),
        kind => format!("{kind:?}"),
    };
    json!([kind, e.message, e.lineno, e.offset, e.end_lineno, e.end_offset])
}

fn warnings_json(warnings: &[CompileWarning]) -> Value {
    warnings.iter().map(|w| json!([w.message, w.lineno])).collect()
}

/// What we say of a program: the error or null, the warnings.
fn ours(compiler: &mut Compiler, record: &Value, bytes: &[u8], parser_only: bool) -> (Value, Value) {
    let mode = match record["mode"].as_str() {
        Some("eval") => Mode::Eval,
        Some("single") => Mode::Single,
        _ => Mode::Exec,
    };
    let flags = record["flags"].as_u64().unwrap_or(0) as u32;
    let text = if record["bytes"] == json!(true) {
        source::decode_mode(bytes, mode)
    } else {
        source::from_str(std::str::from_utf8(bytes).expect("the corpus is UTF-8"), mode)
    };
    let mut warnings = Vec::new();
    let result = text.and_then(|text| {
        if parser_only {
            let arena = bumpalo::Bump::new();
            let names = names::Names::new(&arena);
            let parsed = parse::parse_module(arena.alloc_str(&text), mode, flags, &arena, &names)?;
            warnings = parsed.warnings;
            return Ok(());
        }
        let options = Options { mode, flags, ..Options::default() };
        compiler.compile_text(&text, Wtf8::from_str("<string>"), options, &mut warnings).map(|_| ())
    });
    (result.err().map_or(Value::Null, |e| error_json(&e)), warnings_json(&warnings))
}

fn compare(corpus: &Path, arguments: &Arguments) -> bool {
    let corpus = BufReader::new(std::fs::File::open(corpus).expect("the corpus can be read"));
    let (error, warnings) =
        if arguments.parser_only { ("parse_error", "parse_warnings") } else { ("error", "warnings") };
    let mut compiler = Compiler::new();
    let (mut total, mut refused, mut verdict, mut exact, mut message_only, mut warned) = (0, 0, 0, 0, 0, 0);
    let mut n_shown = 0;
    for line in corpus.lines() {
        let record: Value = serde_json::from_str(&line.expect("the corpus is text")).expect("a line is JSON");
        let bytes = decode64(record["source"].as_str().unwrap_or_default());
        let started = Instant::now();
        let (ours, our_warnings) = ours(&mut compiler, &record, &bytes, arguments.parser_only);
        if started.elapsed() > SLOWEST {
            println!("{:?} for one program", started.elapsed());
        }
        let expected = &record[error];
        total += 1;
        refused += usize::from(!expected.is_null());
        verdict += usize::from(ours.is_null() == expected.is_null());
        let same = ours == *expected;
        exact += usize::from(same && !expected.is_null());
        message_only += usize::from(!same && ours[1] == expected[1]);
        let same_warnings = our_warnings == record[warnings];
        warned += usize::from(!same_warnings);
        if !(same && same_warnings) && n_shown < arguments.shown {
            n_shown += 1;
            let shown = String::from_utf8_lossy(&bytes);
            println!("---- {} {}\n{:.1500}", record["mode"], record["flags"], shown);
            println!("  CPython {expected} {}\n  ours    {ours} {our_warnings}", record[warnings]);
        }
    }
    let share = 100.0 * f64::from(exact as u32) / f64::from((refused as u32).max(1));
    println!(
        "{total} programs, {refused} refused; same verdict {verdict}; message and positions equal {exact} ({share:.2} %), \
         message alone {message_only}; warnings differ {warned}"
    );
    verdict == total && warned == 0
}

fn fuzz(count: u64, seed: u64, paths: &[String]) -> bool {
    let files: Vec<String> = find_py(paths)
        .into_iter()
        .filter_map(|path| std::fs::read_to_string(path).ok())
        .filter(|text| text.len() < 40_000 && !text.is_empty())
        .collect();
    if files.is_empty() {
        eprintln!("cargo x syntax: no .py found");
        return false;
    }
    let mut compiler = Compiler::new();
    let (mut accepted, mut panics, mut slow) = (0, 0, 0);
    let mut slowest = Duration::ZERO;
    for index in 0..count {
        let mut random = Random::new(seed, index);
        let file = &files[random.below(files.len())];
        let program = mutated(file, &mut random);
        let started = Instant::now();
        let outcome = catch_unwind(AssertUnwindSafe(|| {
            let name = Wtf8::from_str("<fuzz>");
            compiler.compile(program.as_bytes(), name, Options::default(), &mut Vec::new()).is_ok()
        }));
        slowest = slowest.max(started.elapsed());
        slow += usize::from(started.elapsed() > SLOWEST);
        match outcome {
            Ok(ok) => accepted += usize::from(ok),
            Err(_) => {
                panics += 1;
                compiler = Compiler::new();
                println!("panic: seed {seed} index {index}\n{program}");
            }
        }
    }
    println!(
        "{count} programs of {} files, seed {seed}: {accepted} accepted, {panics} panics, {slow} slow, slowest {slowest:?}",
        files.len()
    );
    panics == 0 && slow == 0
}

/// Texts that are put into programs.
const POOL: &[&str] = &[
    "(",
    ")",
    "[",
    "]",
    "{",
    "}",
    ":",
    ",",
    ";",
    ".",
    "=",
    "==",
    ":=",
    "->",
    "+",
    "-",
    "*",
    "**",
    "//",
    "@",
    "<>",
    "!=",
    "!",
    "not ",
    " in ",
    " is ",
    " and ",
    " if ",
    " else ",
    "elif ",
    "for ",
    "while ",
    "def ",
    "class ",
    "return ",
    "yield ",
    "await ",
    "async ",
    "lambda ",
    "with ",
    " as ",
    "try:",
    "except ",
    "finally:",
    "raise ",
    " from ",
    "import ",
    "global ",
    "del ",
    "match ",
    "case ",
    "type ",
    "_",
    "None",
    "print ",
    "0x",
    "1e",
    "0777",
    "1_",
    "'",
    "\"",
    "f'{",
    "f\"",
    "t'''",
    "b'",
    "'''",
    "\"\"\"",
    "\\",
    "#",
    "$",
    "?",
    "`",
    "\u{e9}",
    "\u{20ac}",
    "\0",
    "\r",
    "\u{c}",
    "\n",
    "\n    ",
    "\n\t",
    "\\\n",
    "f'{x!r:>{w}}'",
    "*a",
    "**k",
    "...",
    "{x=}",
    "\\N{DASH}",
    "\\x4",
    "\u{feff}",
    "# coding: latin-1\n",
];

/// A program with a few tokens or characters changed.
fn mutated(source: &str, random: &mut Random) -> String {
    let mut tokens: Vec<&str> = Vec::new();
    let mut start = 0;
    let word = |c: char| c.is_alphanumeric() || c == '_';
    for (i, pair) in source.char_indices().zip(source.chars().skip(1)).map(|((i, a), b)| (i + a.len_utf8(), (a, b))) {
        if !(word(pair.0) && word(pair.1) || pair == (' ', ' ')) {
            tokens.push(&source[start..i]);
            start = i;
        }
    }
    tokens.push(&source[start..]);
    let from = random.below(tokens.len());
    let to = tokens.len().min(from + 20 + random.below(600));
    let mut tokens = if random.below(3) == 0 { tokens } else { tokens[from..to].to_vec() };
    for _ in 0..=random.below(4) {
        if tokens.is_empty() {
            break;
        }
        let i = random.below(tokens.len());
        match random.below(6) {
            0 => drop(tokens.remove(i)),
            1 => tokens.insert(i, tokens[i]),
            2 => {
                let j = random.below(tokens.len());
                tokens.swap(i, j);
            }
            3 => tokens.insert(i, POOL[random.below(POOL.len())]),
            4 => tokens[i] = POOL[random.below(POOL.len())],
            _ => {
                let piece = POOL[random.below(POOL.len())];
                for _ in 0..random.below(300) {
                    tokens.insert(i, piece);
                }
            }
        }
    }
    tokens.concat()
}
