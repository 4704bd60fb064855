//! `cargo x bench compile [TREE]`: bunpy-compile against compileall on the same tree, in one run, as ratios.
//!
//! Invariant: each figure is the best of [`ROUNDS`] rounds; ours and CPython's take turns. Processor time is what the kernel
//! counts for the finished child (ticks of 10 ms, so short runs are repeated). The tree is a copy on the fastest file
//! system at hand; without an argument it is the oracle's library with its tests.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Stdio};
use std::time::{Duration, Instant};

use crate::oracle;

const ROUNDS: usize = 3;
/// How often a run that does nothing is repeated within a measurement.
const REPEATS: u32 = 20;

#[derive(Clone, Copy, Debug)]
struct Cost {
    cpu: f64,
    wall: f64,
    /// Peak resident memory in bytes, as far as it was seen.
    memory: u64,
}

impl Cost {
    const WORST: Cost = Cost { cpu: f64::INFINITY, wall: f64::INFINITY, memory: 0 };

    fn best(self, other: Cost) -> Cost {
        Cost { cpu: self.cpu.min(other.cpu), wall: self.wall.min(other.wall), memory: self.memory.max(other.memory) }
    }
}

pub fn run(args: &[String]) -> ExitCode {
    match bench(args.first().map(PathBuf::from)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(why) => {
            eprintln!("cargo x bench compile: {why}");
            ExitCode::from(2)
        }
    }
}

/// Seconds of processor time of all finished children: fields 16 and 17 of /proc/self/stat.
fn children_cpu() -> f64 {
    let stat = fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let fields: Vec<&str> = stat.rsplit_once(") ").map_or(Vec::new(), |r| r.1.split(' ').collect());
    let ticks = |i: usize| fields.get(i).and_then(|f| f.parse::<f64>().ok()).unwrap_or(0.0);
    (ticks(13) + ticks(14)) / 100.0
}

fn peak_memory(pid: u32) -> Option<u64> {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
    let line = status.lines().find_map(|l| l.strip_prefix("VmHWM:"))?;
    Some(line.trim().split(' ').next()?.parse::<u64>().ok()? * 1024)
}

fn measure(command: &mut Command, repeats: u32) -> Result<Cost, String> {
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    let (cpu, began, mut memory) = (children_cpu(), Instant::now(), 0);
    for _ in 0..repeats {
        let mut child = command.spawn().map_err(|e| format!("{command:?}: {e}"))?;
        while child.try_wait().map_err(|e| e.to_string())?.is_none() {
            memory = memory.max(peak_memory(child.id()).unwrap_or(0));
            std::thread::sleep(Duration::from_millis(if repeats > 1 { 1 } else { 10 }));
        }
    }
    let n = f64::from(repeats);
    Ok(Cost { cpu: (children_cpu() - cpu) / n, wall: began.elapsed().as_secs_f64() / n, memory })
}

/// Removes every `__pycache__` below.
fn clean(dir: &Path) {
    for entry in fs::read_dir(dir).into_iter().flatten().flatten() {
        if entry.file_type().is_ok_and(|t| t.is_dir()) {
            if entry.file_name() == "__pycache__" {
                let _ = fs::remove_dir_all(entry.path());
            } else {
                clean(&entry.path());
            }
        }
    }
}

fn copy(from: &Path, to: &Path, files: &mut usize) -> std::io::Result<()> {
    fs::create_dir_all(to)?;
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        let (name, kind) = (entry.file_name(), entry.file_type()?);
        if kind.is_dir() && name != "__pycache__" {
            copy(&entry.path(), &to.join(name), files)?;
        } else if kind.is_file() && entry.path().extension().is_some_and(|e| e == "py") {
            fs::copy(entry.path(), to.join(name))?;
            *files += 1;
        }
    }
    Ok(())
}

/// A copy of the tree that is removed at the end.
struct Copy(PathBuf);

impl Drop for Copy {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

fn program() -> Result<PathBuf, String> {
    let built = Command::new("cargo")
        .args(["build", "--quiet", "--release", "-p", "bunpy-compile"])
        .current_dir(oracle::root())
        .status()
        .map_err(|e| e.to_string())?;
    if !built.success() {
        return Err("cargo build failed".into());
    }
    let target = std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| oracle::root().join("target"), PathBuf::from);
    Ok(target.join("release/bunpy-compile"))
}

fn bench(tree: Option<PathBuf>) -> Result<(), String> {
    let python = oracle::python().ok_or("no oracle: cargo x oracle installs it")?;
    let program = program()?;
    let from = tree.unwrap_or_else(|| oracle::prefix().join("usr/lib/python3.14"));
    let memory = Path::new("/dev/shm");
    let base = if memory.is_dir() { memory.to_owned() } else { std::env::temp_dir() };
    let tree = Copy(base.join(format!("bunpy-bench-{}", std::process::id())));
    let mut files = 0;
    copy(&from, &tree.0, &mut files).map_err(|e| format!("{}: {e}", from.display()))?;

    let compileall = |args: &[&str]| {
        let mut c = Command::new(&python);
        c.args(["-m", "compileall", "-q"]).args(args).arg(&tree.0);
        c
    };
    let ours = |args: &[&str]| {
        let mut c = Command::new(&program);
        c.args(["-q", "--no-config", "--no-ignore"]).args(args).arg(&tree.0);
        c
    };
    let modes = ["checked-hash", "unchecked-hash", "timestamp"];
    // CPython's modules that compileall itself needs are compiled before the clock starts.
    measure(&mut compileall(&["-j", "1"]), 1)?;
    let mut best = [Cost::WORST; 4 + 3];
    for _ in 0..ROUNDS {
        let mut note = |i: usize, cost: Cost| best[i] = best[i].best(cost);
        clean(&tree.0);
        note(0, measure(&mut compileall(&["-f", "-j", "1"]), 1)?);
        note(1, measure(&mut compileall(&["-j", "1"]), REPEATS / 4)?);
        clean(&tree.0);
        note(2, measure(&mut ours(&["-f", "-j", "1"]), 1)?);
        clean(&tree.0);
        note(3, measure(&mut ours(&["-f", "-j", "2"]), 1)?);
        for (i, mode) in modes.iter().enumerate() {
            measure(&mut ours(&["--invalidation-mode", mode]), 1)?;
            std::thread::sleep(Duration::from_millis(200));
            measure(&mut ours(&["--invalidation-mode", mode]), 1)?;
            note(4 + i, measure(&mut ours(&["--invalidation-mode", mode]), REPEATS)?);
        }
    }
    println!("{files} files, best of {ROUNDS}");
    println!("{:<42} {:>9} {:>9} {:>8} {:>8} {:>8}", "", "cpu s", "wall s", "cpu x", "wall x", "MB");
    let row = |name: &str, cost: Cost, than: Cost| {
        let (cpu, wall) = (than.cpu / cost.cpu, than.wall / cost.wall);
        let mb = cost.memory as f64 / 1e6;
        println!("{name:<42} {:>9.3} {:>9.3} {cpu:>8.1} {wall:>8.1} {mb:>8.0}", cost.cpu, cost.wall);
    };
    let [all, again, one, two, ..] = best;
    row("compileall -f -j 1", all, all);
    row("bunpy-compile -f -j 1", one, all);
    row("bunpy-compile -f -j 2", two, all);
    row("compileall, nothing changed", again, again);
    for (mode, cost) in modes.iter().zip(&best[4..]) {
        row(&format!("bunpy-compile, nothing changed, {mode}"), *cost, again);
    }
    Ok(())
}
