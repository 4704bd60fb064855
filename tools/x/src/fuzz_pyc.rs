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
use crate::{pyc_files, walk, worst};
use bunpy_tests::forms;
use pyc_format::header::HEADER_SIZE;
use pyc_format::lazy::Lazy;
use pyc_format::{dis, exceptiontable, inspect, linetable, marshal, read_pyc, verify};

#[global_allocator]
static MEMORY_USE: peak_alloc::PeakAlloc = peak_alloc::PeakAlloc;

const SLOWEST: Duration = Duration::from_secs(1);
const MEMORY: usize = 64 << 20;
/// The size of the worst inputs, and how long one may take in a stage.
const WORST: usize = if cfg!(debug_assertions) { 1 << 20 } else { 8 << 20 };
const WORST_SLOWEST: Duration = Duration::from_secs(2);
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
    for (name, input) in worst::inputs(WORST) {
        tally.run(&input, WORST_SLOWEST, |why| println!("worst input, {name} ({} bytes): {why}", input.len()));
    }
    println!("worst inputs: {tally:?}");
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
        self.run(&input, SLOWEST, |why| {
            println!("--seed {seed} --start {index} ({}, {done:?}, {} bytes): {why}", specimen.name, input.len());
        });
    }

    /// Runs one input through everything; `slowest` bounds each stage.
    fn run(&mut self, input: &[u8], slowest: Duration, report: impl Fn(&str)) {
        let mut meter = Meter { base: MEMORY_USE.current_usage(), stages: Vec::new() };
        let outcome = catch_unwind(AssertUnwindSafe(|| exercise(input, &mut meter)));
        let mut failures = Vec::new();
        match outcome {
            Ok(Ok(Outcome { readable, valid })) => {
                self.readable += u64::from(readable);
                self.valid += u64::from(valid);
            }
            Ok(Err(why)) => failures.push(why),
            Err(panic) => {
                let text = panic.downcast_ref::<String>().map(String::as_str);
                let text = text.or_else(|| panic.downcast_ref::<&str>().copied()).unwrap_or_default();
                failures.push(format!("panic: {text}"));
            }
        }
        for &(stage, took, memory) in &meter.stages {
            self.slowest = self.slowest.max(took);
            self.most_memory = self.most_memory.max(memory);
            if took > slowest {
                failures.push(format!("{stage} took {took:?}"));
            }
            if memory > MEMORY + 16 * input.len() {
                failures.push(format!("{stage} took {memory} bytes of memory, {} a byte", memory / input.len().max(1)));
            }
        }
        if !failures.is_empty() {
            self.failures += 1;
            report(&failures.join("; "));
        }
    }
}

struct Outcome {
    readable: bool,
    valid: bool,
}

/// Time and memory by stage. Memory counts what earlier stages left, as the graph, but not what the fuzzer itself uses.
struct Meter {
    base: usize,
    stages: Vec<(&'static str, Duration, usize)>,
}

impl Meter {
    fn stage<T>(&mut self, name: &'static str, work: impl FnOnce() -> T) -> T {
        MEMORY_USE.reset_peak_usage();
        let start = cpu_time();
        let result = work();
        let took = cpu_time().saturating_sub(start);
        self.stages.push((name, took, MEMORY_USE.peak_usage().saturating_sub(self.base)));
        result
    }
}

/// The time that this thread has run: other work on the machine does not count. Wall time where that is not told.
fn cpu_time() -> Duration {
    static START: std::sync::OnceLock<Instant> = std::sync::OnceLock::new();
    let told = std::fs::read_to_string("/proc/thread-self/schedstat").ok();
    let nanoseconds = told.and_then(|text| text.split(' ').next()?.parse().ok());
    nanoseconds.map_or_else(|| START.get_or_init(Instant::now).elapsed(), Duration::from_nanos)
}

fn exercise(input: &[u8], meter: &mut Meter) -> Result<Outcome, String> {
    let lazy = Lazy::new(input, HEADER_SIZE);
    meter.stage("lazy", || black_box(lazy.root().map(|root| root.value().is_ok())).is_ok());
    meter.base = MEMORY_USE.current_usage();
    let read = meter.stage("read", || read_pyc(input));
    let loaded = match read {
        Ok((_, loaded)) => loaded,
        Err(error) => {
            black_box(error.to_string());
            return Ok(Outcome { readable: false, valid: false });
        }
    };
    let marshal::Loaded { mut graph, root, .. } = loaded;
    match lazy.root() {
        Ok(lazy_root) if input.len() < WORST / 2 => {
            if let Some(difference) = forms::difference(&graph, root, lazy_root) {
                return Err(format!("the lazy form differs: {difference}"));
            }
        }
        Ok(_) => {}
        // the one input that is an object for CPython only: a dict that ends with a slice of NULL
        Err(error) if error.message.ends_with("for object") => {}
        Err(error) => return Err(format!("readable, but not lazily: {error}")),
    }
    let limit = input.len() + input.len() / 2 + 1024;
    let written = meter.stage("write", || marshal::write_limited(&graph, root, marshal::VERSION, limit));
    if let Ok(written) = written
        && input.len() < WORST / 2
    {
        // what was written must read as the same, and be written the same
        let again = marshal::read(&written).map_err(|error| format!("what was written does not read: {error}"))?;
        if marshal::write_limited(&again.graph, again.root, marshal::VERSION, limit).as_ref() != Ok(&written) {
            return Err("is written differently the second time".into());
        }
    }
    for version in 0..marshal::VERSION {
        let _ = meter.stage("write an old version", || black_box(marshal::write_limited(&graph, root, version, limit)));
    }
    meter.stage("tables", || tables(&graph));
    let valid = meter.stage("verify", || {
        let valid = verify::tree::verify_graph(&graph, root, |_, _, verified| {
            black_box(verified.max_depth);
        });
        valid.map_err(|error| black_box(error.to_string())).is_ok()
    });
    if let Some(broken) = meter.stage("walk", || walk_valid(&graph)) {
        return Err(format!("verified, but {broken}"));
    }
    if input.len() < WORST / 2 && lazy_valid(&lazy).is_some_and(|lazily| lazily != valid) {
        return Err(format!("valid is {valid}, and the opposite when lazy"));
    }
    meter.stage("dis", || {
        let options =
            dis::Options { show_caches: true, show_offsets: true, show_positions: true, ..Default::default() };
        let mut out = dis::Limited::new(Discard, dis::output_limit(input.len()));
        let _cut = dis::dis(&graph, root, &options, &mut out);
    });
    meter.stage("code_info and repr", || info(&graph, input.len()));
    meter.stage("set_flags", || graph.set_flags(root));
    let _ = meter.stage("write", || black_box(marshal::write_limited(&graph, root, marshal::VERSION, limit)));
    drop(graph);
    meter.stage("inspect", || black_box(inspect::inspect(input).map(|report| report.text("file"))).is_ok());
    meter.stage("inspect --json", || black_box(inspect::inspect(input).map(|report| report.json("file"))).is_ok());
    Ok(Outcome { readable: true, valid })
}

/// Random walks through the code objects that the verifier accepts; the promise that was broken.
fn walk_valid(graph: &marshal::Graph) -> Option<String> {
    let mut facts = verify::tree::Facts::new(graph);
    for (index, code) in graph.objects().filter_map(|obj| graph.as_code(obj)).enumerate().take(200) {
        let (Ok(parts), Ok(verified)) = (facts.parts(code), facts.verify(code)) else { continue };
        let mut random = Random::new(graph.len() as u64, index as u64);
        for _ in 0..3 {
            if let Err(broken) = walk::walk(&parts, &verified, &mut random) {
                return Some(broken);
            }
        }
    }
    None
}

/// Whether all code objects are valid when lazy; None if the file is not readable in that form.
fn lazy_valid(lazy: &Lazy<&[u8]>) -> Option<bool> {
    let root = lazy.root().ok()?;
    Some(root.code().is_ok() && lazy.codes().ok()?.all(|obj| obj.code().is_ok_and(|code| code.verify().is_ok())))
}

/// Decodes each line table and exception table once.
fn tables(graph: &marshal::Graph) {
    let mut seen = std::collections::HashSet::new();
    for code in graph.objects().filter_map(|obj| graph.as_code(obj)) {
        if seen.insert(code.linetable) {
            let table = graph.as_bytes(code.linetable).unwrap_or_default();
            black_box(linetable::entries(table, code.firstlineno).count());
            black_box(linetable::remove_column_info(table));
        }
        if seen.insert(code.exceptiontable) {
            black_box(exceptiontable::entries(graph.as_bytes(code.exceptiontable).unwrap_or_default()).count());
        }
    }
}

/// `code_info` of each code object, `repr` of the rest.
fn info(graph: &marshal::Graph, len: usize) {
    let mut out = dis::Limited::new(Discard, dis::output_limit(len));
    for obj in graph.objects() {
        let cut = match graph.as_code(obj) {
            Some(code) => dis::info::code_info(graph, code, false, &mut out),
            None => dis::repr::write(graph, obj, false, &mut out),
        };
        if cut.is_err() {
            break;
        }
    }
}

/// Where text goes: the command writes it out as it comes.
struct Discard;

impl std::fmt::Write for Discard {
    fn write_str(&mut self, text: &str) -> std::fmt::Result {
        black_box(text);
        Ok(())
    }
}
