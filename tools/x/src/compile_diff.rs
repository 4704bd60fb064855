//! `cargo x compile-diff [-O LEVEL] TREE...`: every file of a tree compiled, its bytes compared with the reference.
//!
//! The reference is the .pyc that CPython wrote beside the source, in `__pycache__` (reference.py); its co_filename
//! says under which name the file is compiled.
//!
//! Invariant: the comparison is of bytes. Fields are looked at only where the bytes differ, to name the first one.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use bunpy_compiler::Options;
use bunpy_compiler::compile::Compiler;
use pyc_format::code::{Code, OBJECT_FIELDS};
use pyc_format::marshal::{self, Graph, ObjRef, Value};
use pyc_text::Wtf8;

use crate::passes::find_py;

pub fn run(args: &[String]) -> ExitCode {
    let (optimize, paths) = level_and_paths(args);
    // As deep as a tree may be.
    let worker = std::thread::Builder::new().stack_size(256 << 20);
    let worker = worker.spawn(move || compare_all(&paths, optimize)).expect("a thread starts");
    if worker.join().unwrap_or(false) { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// The arguments `[-O LEVEL] PATH...`.
pub fn level_and_paths(args: &[String]) -> (u8, Vec<String>) {
    let (mut optimize, mut paths) = (0, Vec::new());
    let mut rest = args.iter();
    while let Some(arg) = rest.next() {
        match arg.as_str() {
            "-O" => optimize = rest.next().and_then(|level| level.parse().ok()).unwrap_or(0),
            _ => paths.push(arg.clone()),
        }
    }
    (optimize, paths)
}

fn compare_all(paths: &[String], optimize: u8) -> bool {
    let mut compiler = Compiler::new();
    let mut kinds: BTreeMap<String, usize> = BTreeMap::new();
    let (mut n_files, mut n_equal) = (0, 0);
    for path in find_py(paths) {
        let reference = cache_of(&path, optimize);
        let Ok(reference) = std::fs::read(&reference) else { continue };
        n_files += 1;
        match compare(&mut compiler, &path, &reference, optimize) {
            Ok(()) => n_equal += 1,
            Err(difference) => {
                *kinds.entry(difference.kind.clone()).or_default() += 1;
                println!("{}: {}: {}\n{}", path.display(), difference.place, difference.kind, difference.detail);
            }
        }
    }
    for (kind, count) in kinds {
        println!("{count:6} {kind}");
    }
    println!("{n_equal} of {n_files} files equal");
    n_equal == n_files
}

/// PEP 3147's place for the file's cache.
fn cache_of(path: &Path, optimize: u8) -> PathBuf {
    let stem = path.file_stem().unwrap_or_default().to_string_lossy();
    let level = if optimize == 0 { String::new() } else { format!(".opt-{optimize}") };
    path.with_file_name("__pycache__").join(format!("{stem}.cpython-314{level}.pyc"))
}

struct Difference {
    /// The code object's qualified name.
    place: String,
    kind: String,
    detail: String,
}

impl Difference {
    fn new(place: &str, kind: &str, detail: impl Into<String>) -> Self {
        Difference { place: place.into(), kind: kind.into(), detail: detail.into() }
    }
}

fn compare(compiler: &mut Compiler, path: &Path, reference: &[u8], optimize: u8) -> Result<(), Difference> {
    let unreadable = |error: String| Difference::new("", "unreadable", error);
    let source = std::fs::read(path).map_err(|error| unreadable(error.to_string()))?;
    let (_, expected) = pyc_format::read_pyc(reference).map_err(|error| unreadable(error.to_string()))?;
    let filename = match expected.graph.as_code(expected.root).map(|code| expected.graph.get(code.filename)) {
        Some(Value::Str(text)) => text.bytes.to_vec(),
        _ => return Err(unreadable("no code object".into())),
    };
    let options = Options { optimize, ..Options::default() };
    let mut warnings = Vec::new();
    let body = reference.get(pyc_format::header::HEADER_SIZE..).unwrap_or_default();
    let compiled = compiler.compile(&source, Wtf8::trusted(&filename), options, &mut warnings);
    let compiled = compiled.map_err(|error| Difference::new("", "rejected", format!("{error:?}")))?;
    if compiled == body {
        return Ok(());
    }
    let got = marshal::read(&compiled).map_err(|error| Difference::new("", "malformed output", error.to_string()))?;
    let sides = Sides { expected: &expected.graph, got: &got.graph };
    sides.code(expected.root, got.root)?;
    let at = compiled.iter().zip(body).position(|(a, b)| a != b).unwrap_or(compiled.len().min(body.len()));
    let show = |bytes: &[u8]| {
        format!("{:02x?}", bytes.get(at.saturating_sub(4)..(at + 12).min(bytes.len())).unwrap_or_default())
    };
    let detail = format!("  at byte {at} of the body\n  CPython {}\n  here    {}", show(body), show(&compiled));
    Err(Difference::new("", "references", detail))
}

struct Sides<'g> {
    expected: &'g Graph,
    got: &'g Graph,
}

impl Sides<'_> {
    /// The first difference of two code objects, those within included. What follows from another difference comes
    /// after it: constants before names, instructions before their tables, inner code objects last.
    fn code(&self, expected: ObjRef, got: ObjRef) -> Result<(), Difference> {
        let (Some(a), Some(b)) = (self.expected.as_code(expected), self.got.as_code(got)) else {
            return Err(Difference::new("", "no code object", ""));
        };
        let place = show(self.expected, a.qualname);
        for (field, a, b) in [
            ("co_argcount", a.argcount, b.argcount),
            ("co_posonlyargcount", a.posonlyargcount, b.posonlyargcount),
            ("co_kwonlyargcount", a.kwonlyargcount, b.kwonlyargcount),
            ("co_flags", a.flags, b.flags),
            ("co_firstlineno", a.firstlineno, b.firstlineno),
        ] {
            if a != b {
                return Err(Difference::new(&place, field, format!("  CPython {a:#x}\n  here    {b:#x}")));
            }
        }
        let fields = OBJECT_FIELDS.iter().zip(a.objects().into_iter().zip(b.objects()));
        // Code and its tables last: they are shown by instruction.
        let (tables, plain): (Vec<_>, Vec<_>) =
            fields.partition(|(field, _)| matches!(**field, "co_code" | "co_linetable" | "co_exceptiontable"));
        self.instructions(&place, a, b)?;
        for (field, (a, b)) in plain.into_iter().chain(tables) {
            let (a, b) = (show(self.expected, a), show(self.got, b));
            if a != b {
                return Err(Difference::new(&place, field, format!("  CPython {a}\n  here    {b}")));
            }
        }
        if a.stacksize != b.stacksize {
            let detail = format!("  CPython {}\n  here    {}", a.stacksize, b.stacksize);
            return Err(Difference::new(&place, "co_stacksize", detail));
        }
        let inner = |graph: &Graph, consts: ObjRef| -> Vec<ObjRef> {
            let items = graph.as_tuple(consts).unwrap_or_default().iter().copied();
            items.filter(|&item| graph.as_code(item).is_some()).collect()
        };
        for (a, b) in inner(self.expected, a.consts).into_iter().zip(inner(self.got, b.consts)) {
            self.code(a, b)?;
        }
        Ok(())
    }

    fn instructions(&self, place: &str, a: &Code, b: &Code) -> Result<(), Difference> {
        let (expected, got) = (listing(self.expected, a), listing(self.got, b));
        if expected == got {
            return Ok(());
        }
        let at = expected.iter().zip(&got).position(|(a, b)| a != b).unwrap_or(expected.len().min(got.len()));
        let mut detail = String::new();
        for (side, lines) in [("CPython", &expected), ("here   ", &got)] {
            for (index, line) in lines.iter().enumerate().skip(at.saturating_sub(3)).take(7) {
                detail.push_str(&format!("  {side} {} {line}\n", if index == at { '>' } else { ' ' }));
            }
        }
        let word = |lines: &[String]| lines.get(at).and_then(|line| line.split(' ').nth(1)).unwrap_or("end").to_owned();
        let (a, b) = (word(&expected), word(&got));
        let kind = if a == b { format!("operand or place of {a}") } else { format!("{a} became {b}") };
        Err(Difference::new(place, &kind, detail))
    }
}

/// The instructions with their places: offset, name, operand, line, columns.
fn listing(graph: &Graph, code: &Code) -> Vec<String> {
    let linetable = graph.as_bytes(code.linetable).unwrap_or_default();
    let mut positions = pyc_format::linetable::positions(linetable, code.firstlineno);
    let mut lines = Vec::new();
    for (unit, word) in code.bytecode(graph).chunks_exact(2).enumerate() {
        let &[opcode, oparg] = word else { break };
        let name = pyc_format::opcode::Opcode::from_u8(opcode).map_or("CACHE", |opcode| opcode.name());
        let place = positions.next();
        if name != "CACHE" {
            lines.push(format!("{unit} {name} {oparg} {place:?}"));
        }
    }
    lines
}

/// An object's value as text; code objects by name alone.
fn show(graph: &Graph, object: ObjRef) -> String {
    let items = |items: &[ObjRef]| items.iter().map(|&item| show(graph, item)).collect::<Vec<_>>().join(", ");
    match graph.get(object) {
        Value::Str(text) => Wtf8::trusted(text.bytes).repr(),
        Value::Bytes(bytes) => pyc_text::bytes_repr(bytes),
        Value::Tuple(list) => format!("({})", items(list)),
        Value::FrozenSet(list) => format!("frozenset({})", items(list)),
        Value::Slice(parts) => format!("slice({})", items(&parts)),
        Value::Float(bits) => pyc_text::float_text::repr(f64::from_bits(bits)),
        Value::Code(code) => format!("<code {}>", show(graph, code.qualname)),
        value => format!("{value:?}"),
    }
}
