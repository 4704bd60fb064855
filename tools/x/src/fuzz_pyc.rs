//! `cargo x fuzz-pyc [--count N] [--seed S] [--start I] [PATH...]`: mutated .pyc through all that reads them.
//!
//! Invariant: an input is a function of seed and index, so `--start I --count 1` repeats one. Each must end without a
//! panic, within [`SLOWEST`], with at most [`MEMORY`] + 16 times its size of memory; the forms must agree.
//! Next: `mutate`.

use std::hint::black_box;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::process::ExitCode;
use std::time::{Duration, Instant};

use crate::mutate::{self, Random, Specimen};
use crate::pyc_files;
use bunpy_tests::forms;
use pyc_format::header::HEADER_SIZE;
use pyc_format::lazy::Lazy;
use pyc_format::{dis, exceptiontable, inspect, linetable, marshal, read_pyc, verify};

#[global_allocator]
static MEMORY_USE: peak_alloc::PeakAlloc = peak_alloc::PeakAlloc;

const SLOWEST: Duration = Duration::from_secs(1);
const MEMORY: usize = 64 << 20;
/// Larger files are left out of the specimens: mutations of small ones say as much.
const LARGEST: usize = 40_000;

pub struct Options {
    pub count: u64,
    pub seed: u64,
    pub start: u64,
    pub paths: Vec<String>,
}

pub fn run(args: &[String]) -> ExitCode {
    let Some(options) = options(args) else {
        eprintln!("usage: cargo x fuzz-pyc [--count N] [--seed S] [--start I] [PATH...]");
        return ExitCode::from(2);
    };
    let files = pyc_files::load(&options.paths).into_iter().filter(|(_, file)| file.len() <= LARGEST);
    let specimens: Vec<Specimen> =
        files.filter_map(|(path, file)| Specimen::new(pyc_files::show(&path), file)).collect();
    if specimens.is_empty() {
        eprintln!("cargo x fuzz-pyc: no .pyc found");
        return ExitCode::from(2);
    }
    std::panic::set_hook(Box::new(|_| {}));
    let mut tally = Tally::default();
    for index in options.start..options.start.saturating_add(options.count) {
        tally.input(&specimens, options.seed, index);
        if index % 100_000 == 99_999 {
            println!("{}: {tally:?}", index + 1);
        }
    }
    let _ = std::panic::take_hook();
    println!("fuzz-pyc: {} inputs of {} specimens, seed {}: {tally:?}", options.count, specimens.len(), options.seed);
    if tally.failures == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

pub fn options(args: &[String]) -> Option<Options> {
    let mut options = Options { count: 10_000, seed: 1, start: 0, paths: Vec::new() };
    let mut args = args.iter();
    while let Some(arg) = args.next() {
        let number = match arg.as_str() {
            "--count" => &mut options.count,
            "--seed" => &mut options.seed,
            "--start" => &mut options.start,
            _ if arg.starts_with('-') => return None,
            _ => {
                options.paths.push(arg.clone());
                continue;
            }
        };
        *number = args.next()?.parse().ok()?;
    }
    if options.paths.is_empty() {
        options.paths.push(bunpy_tests::root().join("pyc").display().to_string());
    }
    Some(options)
}

#[derive(Debug, Default)]
struct Tally {
    failures: u64,
    readable: u64,
    valid: u64,
    /// The slowest input and the most memory, for the record.
    slowest: Duration,
    most_memory: usize,
}

impl Tally {
    fn input(&mut self, specimens: &[Specimen], seed: u64, index: u64) {
        let mut random = Random::new(seed, index);
        let specimen = &specimens[random.below(specimens.len())];
        let donor = &specimens[random.below(specimens.len())];
        let (input, done) = mutate::mutate(&mut random, specimen, donor);
        let before = MEMORY_USE.current_usage();
        MEMORY_USE.reset_peak_usage();
        let start = Instant::now();
        let outcome = catch_unwind(AssertUnwindSafe(|| exercise(&input)));
        let (took, memory) = (start.elapsed(), MEMORY_USE.peak_usage().saturating_sub(before));
        let failure = match outcome {
            Ok(Ok(Outcome { readable, valid })) => {
                self.readable += u64::from(readable);
                self.valid += u64::from(valid);
                None
            }
            Ok(Err(why)) => Some(why),
            Err(panic) => {
                let text = panic.downcast_ref::<String>().map(String::as_str);
                let text = text.or_else(|| panic.downcast_ref::<&str>().copied()).unwrap_or_default();
                Some(format!("panic: {text}"))
            }
        };
        let failure = failure
            .or_else(|| (took > SLOWEST).then(|| format!("took {took:?}")))
            .or_else(|| (memory > MEMORY + 16 * input.len()).then(|| format!("took {memory} bytes of memory")));
        self.slowest = self.slowest.max(took);
        self.most_memory = self.most_memory.max(memory);
        if let Some(why) = failure {
            self.failures += 1;
            println!("--seed {seed} --start {index} ({}, {done:?}, {} bytes): {why}", specimen.name, input.len());
        }
    }
}

struct Outcome {
    readable: bool,
    valid: bool,
}

/// Runs one input through everything.
fn exercise(input: &[u8]) -> Result<Outcome, String> {
    let lazy = Lazy::new(input, HEADER_SIZE);
    let loaded = match read_pyc(input) {
        Ok((_, loaded)) => loaded,
        Err(error) => {
            black_box(error.to_string());
            let _ = black_box(lazy.root().map(|root| root.value().is_ok()));
            return Ok(Outcome { readable: false, valid: false });
        }
    };
    black_box(inspect::inspect(input).map(|report| (report.text("file"), report.json("file"))).is_ok());
    let marshal::Loaded { mut graph, root, .. } = loaded;
    match lazy.root() {
        Ok(lazy_root) => {
            if let Some(difference) = forms::difference(&graph, root, lazy_root) {
                return Err(format!("the lazy form differs: {difference}"));
            }
        }
        // the one input that is an object for CPython only: a dict that ends with a slice of NULL
        Err(error) if error.message.ends_with("for object") => {}
        Err(error) => return Err(format!("readable, but not lazily: {error}")),
    }
    let limit = input.len() * 2 + 1024;
    let written = marshal::write_limited(&graph, root, marshal::VERSION, limit);
    if let Ok(written) = &written {
        // what was written must read as the same, and be written the same
        let again = marshal::read(written).map_err(|error| format!("what was written does not read: {error}"))?;
        if marshal::write_limited(&again.graph, again.root, marshal::VERSION, limit).as_ref() != Ok(written) {
            return Err("is written differently the second time".into());
        }
    }
    for version in 0..marshal::VERSION {
        let _ = black_box(marshal::write_limited(&graph, root, version, limit));
    }
    for obj in graph.objects() {
        if let Some(code) = graph.as_code(obj) {
            let table = graph.as_bytes(code.linetable).unwrap_or_default();
            black_box(linetable::entries(table, code.firstlineno).count());
            black_box(linetable::remove_column_info(table));
            let table = graph.as_bytes(code.exceptiontable).unwrap_or_default();
            black_box(exceptiontable::entries(table).count());
        }
    }
    let valid = verify::tree::verify_graph(&graph, root, |_, _, verified| {
        black_box(verified.max_depth);
    });
    let valid = valid.map_err(|error| black_box(error.to_string())).is_ok();
    show(&graph, root, input.len());
    graph.set_flags(root);
    let _ = black_box(marshal::write_limited(&graph, root, marshal::VERSION, limit));
    Ok(Outcome { readable: true, valid })
}

/// dis with everything that it can show, `code_info` of each code object, `repr` of the rest.
fn show(graph: &marshal::Graph, root: marshal::ObjRef, len: usize) {
    let options = dis::Options { show_caches: true, show_offsets: true, show_positions: true, ..Default::default() };
    black_box(dis::dis_text(graph, root, &options, dis::output_limit(len)));
    let mut out = dis::Limited::new(String::new(), dis::output_limit(len));
    for obj in graph.objects() {
        let cut = match graph.as_code(obj) {
            Some(code) => dis::info::code_info(graph, code, false, &mut out),
            None => dis::repr::write(graph, obj, false, &mut out),
        };
        if cut.is_err() {
            break;
        }
    }
    black_box(out.into_inner());
}
