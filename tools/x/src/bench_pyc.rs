//! `cargo x bench pyc PATH...`: decoding .pyc, owned and lazily, against CPython's `marshal.loads` on the same bytes.
//!
//! Invariant: every figure is a sum of each file's best of [`ROUNDS`] rounds, which other work on the machine disturbs
//! least; bytes are in memory before the clock starts, objects are built and dropped inside. Build with --release.
//! Next: `bench_pyc.py`.

use std::hint::black_box;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use crate::{oracle, pyc_files};
use pyc_format::header::HEADER_SIZE;
use pyc_format::lazy::{self, Lazy};
use pyc_format::marshal;

const ROUNDS: usize = 7;
/// How many of the largest files are shown one by one.
const SHOWN: usize = 20;

pub fn run(args: &[String]) -> ExitCode {
    match args.split_first() {
        Some((what, paths)) if what == "pyc" && !paths.is_empty() => match bench(paths) {
            Ok(()) => ExitCode::SUCCESS,
            Err(why) => {
                eprintln!("cargo x bench pyc: {why}");
                ExitCode::from(2)
            }
        },
        _ => {
            eprintln!("usage: cargo x bench pyc PATH...");
            ExitCode::from(2)
        }
    }
}

fn bench(paths: &[String]) -> Result<(), String> {
    let mut files = pyc_files::load(paths);
    files.retain(|(_, file)| pyc_format::read_pyc(file).is_ok());
    files.sort_by_key(|(path, file)| (std::cmp::Reverse(file.len()), path.clone()));
    if files.is_empty() {
        return Err("no .pyc found".into());
    }
    let names: String = files.iter().map(|(path, _)| pyc_files::show(path) + "\n").collect();
    let output = oracle::ask(include_str!("bench_pyc.py"), &[&ROUNDS.to_string()], &names)?;
    let theirs: Vec<f64> = String::from_utf8_lossy(&output).lines().filter_map(|line| line.parse().ok()).collect();
    if theirs.len() != files.len() {
        return Err("the oracle did not print a time a file".into());
    }
    let theirs_all: f64 = theirs.iter().sum();
    let bodies: Vec<&[u8]> = files.iter().map(|(_, file)| file.get(HEADER_SIZE..).unwrap_or_default()).collect();
    let bytes: usize = bodies.iter().map(|body| body.len()).sum();

    let over_all = |work: fn(&[u8])| bodies.iter().map(|body| best(|| work(body))).sum::<f64>();
    let (owned, top, walked) = (over_all(decode), over_all(open_top), over_all(open_all));
    println!("{} files, {:.1} MB, best of {ROUNDS}", files.len(), bytes as f64 / 1e6);
    let row = |name: &str, seconds: f64| {
        println!(
            "{name:<44} {:>9.2} ms {:>8.0} MB/s {:>7.2} x",
            seconds * 1e3,
            bytes as f64 / 1e6 / seconds,
            theirs_all / seconds
        );
    };
    row("CPython marshal.loads", theirs_all);
    row("owned form, every object built", owned);
    row("lazy form, top code object opened", top);
    row("lazy form, every object opened", walked);

    println!("\nthe {SHOWN} largest: microseconds for CPython, whole (owned), top only (lazy), and whole / top only");
    for ((path, _), (body, theirs)) in files.iter().zip(bodies.iter().zip(&theirs)).take(SHOWN) {
        let (whole, top) = (best(|| decode(body)), best(|| open_top(body)));
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        println!(
            "{name:<44} {:>8} B {:>9.0} {:>8.0} {:>7.0} {:>6.1}",
            body.len(),
            theirs * 1e6,
            whole * 1e6,
            top * 1e6,
            whole / top
        );
    }
    Ok(())
}

/// The best time of several rounds, in seconds.
fn best(work: impl Fn()) -> f64 {
    let once = || {
        let start = Instant::now();
        work();
        start.elapsed()
    };
    (0..ROUNDS).map(|_| once()).min().unwrap_or(Duration::MAX).as_secs_f64()
}

fn decode(body: &[u8]) {
    let _ = black_box(marshal::read(black_box(body)));
}

/// Opens the top code object and its fields, as a VM does before it runs a module.
fn open_top(body: &[u8]) {
    let lazy = Lazy::new(black_box(body), 0);
    if let Ok(code) = lazy.root().and_then(lazy::Obj::code) {
        black_box((code.code(), code.flags(), code.firstlineno(), code.linetable(), code.exceptiontable()));
        for names in [code.names(), code.localsplusnames()] {
            names.for_each(|name| {
                black_box(name.as_str());
            });
        }
        code.consts().for_each(|constant| {
            black_box(constant.id());
        });
    }
}

/// Opens everything, each use anew.
fn open_all(body: &[u8]) {
    fn open(obj: lazy::Obj<'_>) {
        match black_box(obj.value()) {
            Ok(lazy::Value::Tuple(items) | lazy::Value::FrozenSet(items) | lazy::Value::Slice(items)) => {
                items.for_each(open);
            }
            Ok(lazy::Value::Code(code)) => (0..10).for_each(|field| open(code.object(field))),
            _ => {}
        }
    }
    let lazy = Lazy::new(black_box(body), 0);
    if let Ok(root) = lazy.root() {
        open(root);
    }
}
