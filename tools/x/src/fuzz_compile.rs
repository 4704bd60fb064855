//! `cargo x fuzz-compile [--count N] [--seed S] [--start I] [--alone] PATH...`: mutated programs, compiled here and by CPython.
//!
//! Invariant: a program is a function of seed and index. Both compile it to the same bytes or both reject it; nothing
//! panics or takes longer than [`SLOWEST`]. Wording and places of errors are `cargo x syntax`'s business.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::process::ExitCode;
use std::time::{Duration, Instant};

use bunpy_compiler::compile::Compiler;
use bunpy_compiler::{Mode, Options};
use pyc_text::Wtf8;

use crate::mutate::Random;
use crate::oracle;
use crate::passes::find_py;

const SCRIPT: &str = include_str!("../../oracle/compile_batch.py");
const SLOWEST: Duration = Duration::from_secs(10);
/// Larger files are cut at a statement: small programs are compiled faster and say as much.
const LARGEST: usize = 6_000;
const BATCH: u64 = 500;

const WORDS: &[&str] = &[
    "if",
    "else",
    "while",
    "for",
    "in",
    "try",
    "except",
    "finally",
    "with",
    "as",
    "def",
    "class",
    "lambda",
    "return",
    "yield",
    "await",
    "async",
    "del",
    "global",
    "nonlocal",
    "import",
    "from",
    "not",
    "and",
    "or",
    "is",
    "None",
    "True",
    "match",
    "case",
    "type",
    "pass",
    "break",
    "continue",
    "raise",
    "assert",
    "self",
    "super",
    "__class__",
    "__debug__",
    "__x",
    "x",
    "_",
    "0",
    "1",
    "-1",
    "2.5",
    "3j",
    "''",
    "f'{x}'",
    "b''",
    "[]",
    "()",
    "{}",
    "...",
    "*",
    "**",
    ":=",
    "->",
    "=",
    "+=",
    "==",
    "<",
    "|",
    "%",
    "@",
    "~",
    ",",
    ":",
    ";",
    ".",
    "(",
    ")",
    "[",
    "]",
    "{",
    "}",
];
const PREFIXES: &[&str] = &[
    "if x: ",
    "while x: ",
    "return ",
    "yield ",
    "x = yield ",
    "await ",
    "async ",
    "del ",
    "x = ",
    "x: ",
    "x += ",
    "*x, y = ",
    "for x in y: ",
    "with x: ",
    "with x as y, z: ",
    "lambda: ",
    "assert ",
    "raise ",
    "not ",
    "[x for x in y], ",
    "try: ",
    "finally: ",
    "else: ",
    "except: ",
    "except* x: ",
    "match ",
    "case ",
    "type x = ",
    "global ",
    "nonlocal ",
    "from x import ",
    "@",
    "def f(): ",
    "async def f(): ",
    "class C: ",
    "def f[T](x: T): ",
    "x if y else ",
    "f'{x}' ",
    "x and ",
    "(x := 1), ",
];

pub fn run(args: &[String]) -> ExitCode {
    let (mut count, mut seed, mut start, mut alone, mut paths) = (10_000, 1, 0, false, Vec::new());
    let mut rest = args.iter();
    while let Some(arg) = rest.next() {
        let mut number = || rest.next().and_then(|number| number.parse().ok()).unwrap_or(0);
        match arg.as_str() {
            "--count" => count = number(),
            "--seed" => seed = number(),
            "--start" => start = number(),
            "--alone" => alone = true,
            _ => paths.push(arg.clone()),
        }
    }
    let programs: Vec<Vec<String>> = find_py(&paths).iter().filter_map(|path| lines_of(path)).collect();
    if programs.is_empty() {
        eprintln!("cargo x fuzz-compile: no programs found");
        return ExitCode::from(2);
    }
    std::panic::set_hook(Box::new(|_| {}));
    // As deep as a tree may be.
    let worker = std::thread::Builder::new().stack_size(256 << 20);
    let worker = worker.spawn(move || {
        let mut tally = Tally { alone, ..Tally::default() };
        let end = start + count;
        for first in (start..end).step_by(BATCH as usize) {
            tally.batch(&programs, seed, first..(first + BATCH).min(end));
        }
        println!("{} programs, {} compiled, {} faults", tally.n_programs, tally.n_compiled, tally.n_faults);
        tally.n_faults == 0
    });
    match worker.expect("a thread starts").join() {
        Ok(true) => ExitCode::SUCCESS,
        _ => ExitCode::FAILURE,
    }
}

fn lines_of(path: &std::path::Path) -> Option<Vec<String>> {
    let text = std::fs::read_to_string(path).ok()?;
    let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
    let mut size = 0;
    let fits = lines.iter().take_while(|line| {
        size += line.len();
        size < LARGEST
    });
    let fits = fits.count();
    if fits < lines.len() {
        // Back to the start of a statement of the module.
        let cut =
            lines.get(..fits)?.iter().rposition(|line| line.starts_with(|c: char| c.is_alphabetic() || c == '@'))?;
        lines.truncate(cut);
    }
    (lines.len() > 3).then_some(lines)
}

#[derive(Default)]
struct Tally {
    alone: bool,
    n_programs: u64,
    n_compiled: u64,
    n_faults: u64,
}

impl Tally {
    fn batch(&mut self, programs: &[Vec<String>], seed: u64, indices: std::ops::Range<u64>) {
        let mut compiler = Compiler::new();
        let (mut ours, mut input) = (Vec::new(), String::new());
        for index in indices.clone() {
            let (mode, program) = mutated(programs, seed, index);
            let level = (index % 3) as u8;
            let begin = Instant::now();
            let result = catch_unwind(AssertUnwindSafe(|| {
                let options = Options { mode, optimize: level, ..Options::default() };
                compiler.compile(program.as_bytes(), Wtf8::from_str("<program>"), options, &mut Vec::new())
            }));
            self.n_programs += 1;
            let verdict = match &result {
                Err(_) => {
                    compiler = Compiler::new();
                    "panic".into()
                }
                Ok(Ok(body)) => {
                    self.n_compiled += 1;
                    format!("ok {} {}", body.len(), crc32(body))
                }
                Ok(Err(error)) => format!("no {:?} {} {}", error.kind, error.lineno.unwrap_or(0), error.message),
            };
            if verdict == "panic" || begin.elapsed() > SLOWEST {
                self.fault(index, &verdict, "a panic, or too slow");
            }
            ours.push(verdict);
            input.push_str(&format!("{level} {} ", format!("{mode:?}").to_lowercase()));
            input.extend(program.bytes().map(|byte| format!("{byte:02x}")));
            input.push('\n');
        }
        if self.alone {
            return;
        }
        let answer = match oracle::ask(SCRIPT, &[], &input) {
            Ok(answer) => String::from_utf8_lossy(&answer).into_owned(),
            Err(error) => return self.fault(indices.start, "", &error),
        };
        for ((index, ours), theirs) in indices.zip(ours).zip(answer.lines()) {
            let both_reject = ours.starts_with("no ") && theirs.starts_with("no ");
            if ours != theirs && !both_reject && theirs != "lost" {
                self.fault(index, &ours, theirs);
            }
        }
    }

    fn fault(&mut self, index: u64, ours: &str, theirs: &str) {
        self.n_faults += 1;
        println!("{index}: here {ours}\n  CPython {theirs}");
    }
}

/// `cargo x fuzz-compile --show`'s program: the one of this index.
pub fn show(args: &[String]) -> ExitCode {
    let number = |at: usize| args.get(at).and_then(|number| number.parse().ok()).unwrap_or(0);
    let programs: Vec<Vec<String>> =
        find_py(args.get(2..).unwrap_or_default()).iter().filter_map(|p| lines_of(p)).collect();
    print!("{}", mutated(&programs, number(0), number(1)).1);
    ExitCode::SUCCESS
}

/// Of ten programs one is an interactive statement and one an expression: a line of a file.
fn mutated(programs: &[Vec<String>], seed: u64, index: u64) -> (Mode, String) {
    let mut random = Random::new(seed, index);
    let mut lines = programs[random.below(programs.len())].clone();
    let mode = match index % 10 {
        8 => Mode::Single,
        9 => Mode::Eval,
        _ => Mode::Exec,
    };
    if mode != Mode::Exec {
        let line = lines[random.below(lines.len())].trim_start();
        let expression = line.split_once(" = ").map_or(line, |(_, value)| value);
        lines = vec![if mode == Mode::Eval { expression } else { line }.to_owned()];
        if random.below(2) == 0 {
            lines.push(String::new());
            return (mode, lines.join("\n"));
        }
    }
    for _ in 0..1 + random.below(3) {
        if lines.is_empty() {
            break;
        }
        let at = random.below(lines.len());
        let donor = &programs[random.below(programs.len())];
        let donor = &donor[random.below(donor.len())];
        let indent: String = lines[at].chars().take_while(|c| c.is_whitespace()).collect();
        match random.below(8) {
            0 => lines.insert(at, format!("{indent}{}", donor.trim_start())),
            1 => {
                lines.remove(at);
            }
            2 => {
                let to = random.below(lines.len());
                lines.swap(at, to);
            }
            3 => lines[at] = format!("{indent}{}{}", PREFIXES[random.below(PREFIXES.len())], lines[at].trim_start()),
            4 => lines[at] = format!("    {}", lines[at]),
            5 => lines[at] = lines[at].strip_prefix("    ").unwrap_or(donor).to_owned(),
            _ => lines[at] = with_other_token(&mut random, &lines[at], donor),
        }
    }
    lines.push(String::new());
    (mode, lines.join("\n"))
}

/// A token of the line dropped, doubled, or replaced by a known one or by one of the donor's.
fn with_other_token(random: &mut Random, line: &str, donor: &str) -> String {
    let mut tokens = tokens(line);
    let donors = self::tokens(donor);
    if tokens.is_empty() || donors.is_empty() {
        return donor.to_owned();
    }
    let at = random.below(tokens.len());
    let new = match random.below(2) {
        0 => WORDS[random.below(WORDS.len())].to_owned(),
        _ => donors[random.below(donors.len())].clone(),
    };
    match random.below(4) {
        0 => {
            tokens.remove(at);
        }
        1 => tokens.insert(at, format!("{new} ")),
        _ => tokens[at] = new,
    }
    tokens.concat()
}

/// Words, blanks, and single other characters.
fn tokens(line: &str) -> Vec<String> {
    let class = |c: char| match c {
        c if c.is_alphanumeric() || c == '_' => 1,
        c if c.is_whitespace() => 2,
        _ => 0,
    };
    let mut tokens: Vec<String> = Vec::new();
    let mut last = 0;
    for c in line.chars() {
        match tokens.last_mut() {
            Some(token) if class(c) != 0 && class(c) == last => token.push(c),
            _ => tokens.push(c.into()),
        }
        last = class(c);
    }
    tokens
}

fn crc32(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(!0, |crc: u32, &byte| {
        (0..8).fold(crc ^ u32::from(byte), |crc, _| if crc & 1 != 0 { crc >> 1 ^ 0xEDB8_8320 } else { crc >> 1 })
    })
}
