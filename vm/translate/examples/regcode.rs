//! Translates every code object of .pyc files, checks the result, and says what it cost; `--show` prints the code.
//!
//! `cargo run --release -p bunpy-translate --example regcode -- [--show] PYC_OR_FOLDER...`
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use bunpy_translate::{ConstKind, Input, disasm, translate};
use pyc_format::marshal::{Graph, Value};
use pyc_format::verify::tree::Facts;

#[derive(Default)]
struct Totals {
    codes: usize,
    units: usize,
    words: usize,
    bad: usize,
    verify: Duration,
    translate: Duration,
}

fn files(path: &Path, out: &mut Vec<PathBuf>) {
    if path.is_dir() {
        let mut entries: Vec<PathBuf> =
            std::fs::read_dir(path).into_iter().flatten().flatten().map(|e| e.path()).collect();
        entries.sort();
        entries.iter().for_each(|e| files(e, out));
    } else if path.extension().is_some_and(|e| e == "pyc") {
        out.push(path.to_owned());
    }
}

fn file(path: &Path, graph: &Graph, show: bool, totals: &mut Totals) {
    let mut facts = Facts::new(graph);
    for code in graph.objects().filter_map(|o| graph.as_code(o)) {
        let start = Instant::now();
        let Ok(verified) = facts.verify(code) else {
            println!("{}: not valid", path.display());
            totals.bad += 1;
            continue;
        };
        totals.verify += start.elapsed();
        let consts = graph.as_tuple(code.consts).unwrap_or_default();
        let n_localsplus = graph.as_tuple(code.localsplusnames).map_or(0, <[_]>::len) as u32;
        let input = Input { code: graph.as_bytes(code.code).unwrap_or_default(), verified: &verified, n_localsplus };
        let start = Instant::now();
        let result = translate(&input, |k| match consts.get(k as usize).map(|&c| graph.get(c)) {
            Some(Value::None) => ConstKind::None,
            Some(Value::Int(v)) => i32::try_from(v).map_or(ConstKind::Other, ConstKind::Int),
            _ => ConstKind::Other,
        });
        totals.translate += start.elapsed();
        totals.codes += 1;
        totals.units += verified.units.len();
        let name =
            graph.as_str(code.qualname).map(|s| String::from_utf8_lossy(s.bytes).into_owned()).unwrap_or_default();
        match result {
            Ok(code) => {
                totals.words += code.words.len();
                if let Err(fault) = code.check() {
                    totals.bad += 1;
                    println!("{} {name}: {fault}", path.display());
                }
                if show {
                    println!(
                        "{name}: {} registers, temporaries from {}\n{}",
                        code.n_regs,
                        code.temp_base,
                        disasm::disassemble(&code)
                    );
                }
            }
            Err(fault) => {
                totals.bad += 1;
                println!("{} {name}: {fault:?}", path.display());
            }
        }
    }
}

fn main() {
    let mut show = false;
    let mut paths = Vec::new();
    for arg in std::env::args().skip(1) {
        if arg == "--show" { show = true } else { files(Path::new(&arg), &mut paths) }
    }
    let mut totals = Totals::default();
    for path in &paths {
        match std::fs::read(path)
            .map_err(|e| e.to_string())
            .and_then(|b| pyc_format::read_pyc(&b).map_err(|e| e.to_string()))
        {
            Ok((_, loaded)) => file(path, &loaded.graph, show, &mut totals),
            Err(error) => println!("{}: {error}", path.display()),
        }
    }
    let per = |d: Duration| d.as_nanos() as f64 / totals.units.max(1) as f64;
    println!(
        "{} code objects, {} units, {} words; verify {:.1} ns a unit, translate {:.1} ns a unit; {} bad",
        totals.codes,
        totals.units,
        totals.words,
        per(totals.verify),
        per(totals.translate),
        totals.bad
    );
    std::process::exit(i32::from(totals.bad > 0 || totals.codes == 0));
}
