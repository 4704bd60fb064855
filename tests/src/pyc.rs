//! pyc/NAME.py: CPython made NAME.pyc of it, and NAME.facts says what CPython reads there. No oracle is needed to judge.
//!
//! Invariant: every fact is read from the .pyc by both forms of pyc-format's own reader; a source whose name ends in
//! `_o1` or `_o2` is compiled at that level. Next: `forms`, `bless_pyc.py` for what the facts are.

use std::fmt::Write;
use std::path::Path;
use std::process::Command;

use pyc_format::code::{CODE_FLAGS, Code, localsplus_counts};
use pyc_format::header::source_hash;
use pyc_format::marshal::{Graph, ObjRef, Value};
use pyc_format::{exceptiontable, linetable, read_pyc};

pub fn judge(source: &Path) -> Result<(), String> {
    let read = |path: &Path| std::fs::read(path).map_err(|e| format!("{}: {e} (cargo x bless)", path.display()));
    let (text, file) = (read(source)?, read(&source.with_extension("pyc"))?);
    let expected = String::from_utf8_lossy(&read(&source.with_extension("facts"))?).into_owned();
    super::forms::round_trip(&file)?;
    // the first line names the release that wrote the file: others write other bytes under the same magic number
    let Some((release, expected)) = expected.split_once('\n').filter(|(first, _)| first.starts_with("python 3.14."))
    else {
        return Err("the facts don't say which CPython they are of (cargo x bless)".into());
    };
    let ours = facts(&text, &file)?;
    match expected.lines().zip(ours.lines()).find(|(theirs, ours)| theirs != ours) {
        Some((theirs, ours)) => Err(format!("{release} reads\n{theirs}\nours is\n{ours}")),
        None if expected.lines().count() != ours.lines().count() => Err("facts are missing".into()),
        None => Ok(()),
    }
}

pub fn bless(python: &Path, source: &Path) -> Result<bool, String> {
    let stem = source.file_stem().unwrap_or_default().to_string_lossy();
    let optimize = ["0", "1", "2"].into_iter().find(|level| stem.ends_with(&format!("_o{level}"))).unwrap_or("0");
    let cfile = source.with_extension("pyc");
    let before = std::fs::read(&cfile).ok();
    let output = Command::new(python)
        .args(["-I", "-X", "utf8", "-c", include_str!("bless_pyc.py")])
        .args([source, &cfile])
        .arg(optimize)
        .output()
        .map_err(|e| e.to_string())?;
    if !output.status.success() {
        return Err(String::from_utf8_lossy(&output.stderr).into_owned());
    }
    let facts = super::write_if_changed(&source.with_extension("facts"), &output.stdout)?;
    Ok(facts || std::fs::read(&cfile).ok() != before)
}

/// The facts of a file in the form of `bless_pyc.py`.
fn facts(source: &[u8], file: &[u8]) -> Result<String, String> {
    let (header, loaded) = read_pyc(file).map_err(|error| error.to_string())?;
    let mut out = format!("header {} {}\n", hex(&header.to_bytes()), hex(&source_hash(source).to_le_bytes()));
    let mut open = vec![loaded.root];
    while let Some(obj) = open.pop() {
        let graph = &loaded.graph;
        let code = graph.as_code(obj).ok_or("no code object")?;
        code_facts(graph, code, &mut out).map_err(|error| error.to_string())?;
        open.extend(graph.items(code.consts).iter().rev().filter(|&&item| graph.as_code(item).is_some()));
    }
    Ok(out)
}

fn code_facts(graph: &Graph, code: &Code, out: &mut String) -> std::fmt::Result {
    let bytes = |obj| graph.as_bytes(obj).unwrap_or_default();
    let [qualname, name, filename] = [code.qualname, code.name, code.filename].map(|obj| text(graph, obj));
    writeln!(out, "code {qualname} {name} {filename} {}", code.firstlineno)?;
    let (locals, cells, frees) = localsplus_counts(bytes(code.localspluskinds));
    writeln!(
        out,
        " counts {} {} {} {} {locals} {cells} {frees}",
        code.argcount, code.posonlyargcount, code.kwonlyargcount, code.stacksize
    )?;
    writeln!(out, " flags {}", pretty_flags(code.flags))?;
    let names: String = graph.items(code.names).iter().map(|&name| format!(" {}", text(graph, name))).collect();
    writeln!(out, " names{names}")?;
    for &item in graph.items(code.consts) {
        writeln!(out, " const {}", constant(graph, item))?;
    }
    let table = bytes(code.linetable);
    write!(out, " lines")?;
    for (start, end, line) in linetable::lines(table, code.firstlineno) {
        write!(out, " {}-{}:{}", start * 2, end * 2, line.map_or("None".into(), |line| line.to_string()))?;
    }
    write!(out, "\n positions")?;
    for location in linetable::positions(table, code.firstlineno) {
        let linetable::Location { lineno, end_lineno, col_offset, end_col_offset } = location;
        let parts = [lineno, end_lineno, col_offset, end_col_offset];
        let parts = parts.map(|part| if part == -1 { "None".into() } else { part.to_string() });
        write!(out, " {}", parts.join(","))?;
    }
    writeln!(out)?;
    for entry in exceptiontable::entries(bytes(code.exceptiontable)).flatten() {
        let (start, end, target) = (entry.start * 2, entry.end * 2, entry.target * 2);
        let lasti = if entry.lasti { "True" } else { "False" };
        writeln!(out, " handler {start} {end} {target} {} {lasti}", entry.depth)?;
    }
    Ok(())
}

/// `dis.pretty_flags`, which knows neither futures nor NO_MONITORING_EVENTS by name.
fn pretty_flags(flags: i32) -> String {
    const UNNAMED: std::ops::Range<i32> = 0x400..0x400_0000;
    let show = |&(flag, name): &(i32, &str)| {
        if UNNAMED.contains(&flag) { format!("{flag:#x}") } else { name.to_owned() }
    };
    let shown: Vec<String> = CODE_FLAGS.iter().filter(|(flag, _)| flags & flag != 0).map(show).collect();
    if shown.is_empty() { "0x0".into() } else { shown.join(" ") }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn text(graph: &Graph, obj: ObjRef) -> String {
    match graph.as_str(obj) {
        Some(text) if !text.bytes.is_empty() => hex(text.bytes),
        _ => "-".into(),
    }
}

fn constant(graph: &Graph, obj: ObjRef) -> String {
    let all = |items: &[ObjRef]| items.iter().map(|&item| constant(graph, item)).collect::<Vec<_>>();
    match graph.get(obj) {
        Value::Null => "NULL".into(),
        Value::None => "None".into(),
        Value::False => "False".into(),
        Value::True => "True".into(),
        Value::Ellipsis => "Ellipsis".into(),
        Value::StopIteration => "StopIteration".into(),
        Value::Int(value) => format!("int {}{:#x}", if value < 0 { "-" } else { "" }, value.unsigned_abs()),
        Value::BigInt(big) => {
            let mut bits: Vec<bool> = Vec::new();
            for pair in big.digits.as_chunks::<2>().0 {
                let digit = u16::from_le_bytes(*pair);
                bits.extend((0..15).map(|at| digit >> at & 1 != 0));
            }
            let nibbles = bits.chunks(4).map(|four| four.iter().rev().fold(0, |sum, &bit| sum << 1 | u8::from(bit)));
            let text: String = nibbles.collect::<Vec<_>>().iter().rev().map(|nibble| format!("{nibble:x}")).collect();
            format!("int {}0x{}", if big.negative { "-" } else { "" }, text.trim_start_matches('0'))
        }
        Value::Float(bits) => format!("float {bits:016x}"),
        Value::Complex(real, imag) => format!("complex {real:016x}{imag:016x}"),
        Value::Bytes([]) => "bytes -".into(),
        Value::Bytes(bytes) => format!("bytes {}", hex(bytes)),
        Value::Str(_) => format!("str {}", text(graph, obj)),
        Value::Tuple(items) => format!("tuple({})", all(items).join(", ")),
        Value::List(items) => format!("list({})", all(items).join(", ")),
        Value::Dict(items) => format!("dict({})", all(items).join(", ")),
        Value::Set(items) => format!("set({})", all(items).join(", ")),
        Value::FrozenSet(items) => {
            let mut items = all(items);
            items.sort();
            format!("frozenset({})", items.join(", "))
        }
        Value::Slice(items) => format!("slice({})", all(&items).join(", ")),
        Value::Code(code) => format!("code {}", text(graph, code.qualname)),
    }
}
