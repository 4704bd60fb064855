//! compile/NAME.py: compiled at each level, its bytes are those of CPython's NAME.oLEVEL.pyc. No oracle is needed to judge.
//!
//! Invariant: the comparison is of bytes. Fields are looked at only where the bytes differ, to name the first one.

use std::path::Path;
use std::process::Command;

use bunpy_compiler::Options;
use bunpy_compiler::compile::Compiler;
use pyc_format::code::{Code, OBJECT_FIELDS};
use pyc_format::header::HEADER_SIZE;
use pyc_format::marshal::{self, Graph, ObjRef, Value};
use pyc_text::Wtf8;

const BLESS: &str = "\
import os, py_compile, sys
source, cfile, level = sys.argv[1:]
mode = py_compile.PycInvalidationMode.UNCHECKED_HASH
py_compile.compile(source, cfile, os.path.basename(source), True, int(level), mode)
";

pub fn judge(source: &Path) -> Result<(), String> {
    let read = |path: &Path| std::fs::read(path).map_err(|e| format!("{}: {e} (cargo x bless)", path.display()));
    let text = read(source)?;
    let filename = source.file_name().unwrap_or_default().to_string_lossy();
    let mut compiler = Compiler::new();
    for optimize in 0..=2 {
        let expected = read(&source.with_extension(format!("o{optimize}.pyc")))?;
        let options = Options { optimize, ..Options::default() };
        let got = compiler
            .compile(&text, Wtf8::from_str(&filename), options, &mut Vec::new())
            .map_err(|error| format!("rejected: {error:?}"))?;
        if let Some(found) = difference(expected.get(HEADER_SIZE..).unwrap_or_default(), &got) {
            return Err(format!("level {optimize}, {}: {}\n{}", found.place, found.kind, found.detail));
        }
    }
    Ok(())
}

pub fn bless(python: &Path, source: &Path) -> Result<bool, String> {
    let mut changed = false;
    for level in ["0", "1", "2"] {
        let cfile = source.with_extension(format!("o{level}.pyc"));
        let before = std::fs::read(&cfile).ok();
        let mut command = Command::new(python);
        command.args(["-I", "-X", "utf8", "-W", "ignore", "-c", BLESS]).args([source, &cfile]).arg(level);
        let output = command.output().map_err(|e| e.to_string())?;
        if !output.status.success() {
            return Err(String::from_utf8_lossy(&output.stderr).into_owned());
        }
        changed |= std::fs::read(&cfile).ok() != before;
    }
    Ok(changed)
}

/// Where two bodies of .pyc files part.
pub struct Difference {
    /// The code object's qualified name.
    pub place: String,
    pub kind: String,
    pub detail: String,
}

impl Difference {
    pub fn new(place: &str, kind: &str, detail: impl Into<String>) -> Self {
        Difference { place: place.into(), kind: kind.into(), detail: detail.into() }
    }
}

/// What differs first, None for equal bytes.
pub fn difference(expected: &[u8], got: &[u8]) -> Option<Difference> {
    if expected == got {
        return None;
    }
    let unreadable = |side: &str, error: String| Some(Difference::new("", side, error));
    let expected_side = match marshal::read(expected) {
        Ok(side) => side,
        Err(error) => return unreadable("malformed reference", error.to_string()),
    };
    let got_side = match marshal::read(got) {
        Ok(side) => side,
        Err(error) => return unreadable("malformed output", error.to_string()),
    };
    let sides = Sides { expected: &expected_side.graph, got: &got_side.graph };
    if let Err(difference) = sides.code(expected_side.root, got_side.root) {
        return Some(difference);
    }
    let at = expected.iter().zip(got).position(|(a, b)| a != b).unwrap_or(expected.len().min(got.len()));
    let show = |bytes: &[u8]| {
        format!("{:02x?}", bytes.get(at.saturating_sub(4)..(at + 12).min(bytes.len())).unwrap_or_default())
    };
    let detail = format!("  at byte {at} of the body\n  CPython {}\n  here    {}", show(expected), show(got));
    Some(Difference::new("", "references", detail))
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
