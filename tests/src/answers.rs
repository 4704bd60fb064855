//! answers/NAME.hex: marshal data, one body a line; NAME.answers has what `marshal.loads` of CPython makes of each.
//!
//! Invariant: an answer is a description of the value, or the exception with its text. What is equal in a set or a dict is
//! merged by CPython and kept by our reader, so these are not described further. Next: `answers.py`.

use std::fmt::Write;
use std::path::Path;
use std::process::{Command, Stdio};

use pyc_format::code::localsplus_counts;
use pyc_format::marshal::{self, Graph, ObjRef, Value};

/// The oracle's side: bodies in hex on standard input, answers on standard output.
pub const SCRIPT: &str = include_str!("answers.py");

/// As in answers.py.
const BUDGET: i64 = 3000;
const DEPTH: usize = 100;

/// The bodies of a file; `HEX*N` stands for N times the bytes, `#` starts a comment.
fn bodies(source: &Path) -> Result<Vec<Vec<u8>>, String> {
    let text = std::fs::read_to_string(source).map_err(|e| e.to_string())?;
    let lines = text.lines().map(|line| line.split('#').next().unwrap_or_default().trim());
    lines.filter(|line| !line.is_empty()).map(|line| body(line).ok_or_else(|| format!("not hex: {line}"))).collect()
}

fn body(line: &str) -> Option<Vec<u8>> {
    let mut bytes = Vec::new();
    for piece in line.split_whitespace() {
        let (digits, times) = piece.split_once('*').unwrap_or((piece, "1"));
        let pair = |at: usize| u8::from_str_radix(digits.get(at..at + 2)?, 16).ok();
        let piece: Vec<u8> = (0..digits.len()).step_by(2).map(pair).collect::<Option<_>>()?;
        bytes.extend(piece.repeat(times.parse().ok()?));
    }
    Some(bytes)
}

pub fn judge(source: &Path) -> Result<(), String> {
    let expected = std::fs::read_to_string(source.with_extension("answers"))
        .map_err(|e| format!("no expectation (cargo x bless): {e}"))?;
    let bodies = bodies(source)?;
    if bodies.len() != expected.lines().count() {
        return Err("answers are missing (cargo x bless)".into());
    }
    let mut wrong = String::new();
    for (at, (body, theirs)) in bodies.iter().zip(expected.lines()).enumerate() {
        let ours = answer(body);
        if ours != theirs {
            let _ = writeln!(wrong, "body {}\nCPython {theirs}\nours    {ours}", at + 1);
        }
    }
    if wrong.is_empty() { Ok(()) } else { Err(wrong) }
}

pub fn bless(python: &Path, source: &Path) -> Result<bool, String> {
    let mut input = String::new();
    for body in bodies(source)? {
        body.iter().for_each(|byte| {
            let _ = write!(input, "{byte:02x}");
        });
        input.push('\n');
    }
    let mut child = Command::new(python)
        .args(["-I", "-X", "utf8", "-c", SCRIPT])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .map_err(|e| e.to_string())?;
    let stdin = child.stdin.take();
    // the script reads all before it answers
    let written = stdin.map(|mut pipe| std::io::Write::write_all(&mut pipe, input.as_bytes()));
    written.transpose().map_err(|e| e.to_string())?;
    let output = child.wait_with_output().map_err(|e| e.to_string())?;
    if !output.status.success() {
        return Err(format!("the oracle failed: {}", output.status));
    }
    super::write_if_changed(&source.with_extension("answers"), &output.stdout)
}

/// Our answer in the oracle's words.
pub fn answer(body: &[u8]) -> String {
    match marshal::read(body) {
        Ok(loaded) => {
            let mut describe = Describe { graph: &loaded.graph, left: BUDGET, out: String::from("ok ") };
            describe.show(loaded.root, 0);
            describe.out
        }
        Err(error) => {
            let text = error.message.chars();
            let quote = if error.message.contains('\'') && !error.message.contains('"') { '"' } else { '\'' };
            let mut shown = String::new();
            for c in text {
                match c {
                    '\\' => shown.push_str("\\\\"),
                    '\'' if quote == '\'' => shown.push_str("\\'"),
                    '\n' => shown.push_str("\\n"),
                    '\r' => shown.push_str("\\r"),
                    '\t' => shown.push_str("\\t"),
                    ' '..='~' => shown.push(c),
                    '\0'..='\u{ff}' => shown.push_str(&format!("\\x{:02x}", u32::from(c))),
                    '\u{100}'..='\u{ffff}' => shown.push_str(&format!("\\u{:04x}", u32::from(c))),
                    _ => shown.push_str(&format!("\\U{:08x}", u32::from(c))),
                }
            }
            format!("{}: {quote}{shown}{quote}", error.kind.name())
        }
    }
}

struct Describe<'g> {
    graph: &'g Graph,
    left: i64,
    out: String,
}

impl Describe<'_> {
    fn show(&mut self, obj: ObjRef, depth: usize) {
        self.left -= 1;
        if self.left < 0 || depth > DEPTH {
            return self.out.push_str("...");
        }
        let hex = |bytes: &[u8]| {
            let shown: String = bytes.iter().take(100).map(|byte| format!("{byte:02x}")).collect();
            shown + &bytes.len().to_string()
        };
        let text = match self.graph.get(obj) {
            Value::Null => "NULL".into(),
            Value::None => "None".into(),
            Value::False => "False".into(),
            Value::True => "True".into(),
            Value::Ellipsis => "Ellipsis".into(),
            Value::StopIteration => "StopIteration".into(),
            Value::Int(value) => format!("i{}{:#x}", if value < 0 { "-" } else { "" }, value.unsigned_abs()),
            Value::BigInt(big) => format!("i{}{}", if big.negative { "-" } else { "" }, big_hex(big.digits)),
            Value::Float(bits) => format!("f{bits:016x}"),
            Value::Complex(real, imag) => format!("c{real:016x}{imag:016x}"),
            Value::Bytes(bytes) => format!("b{}", hex(bytes)),
            Value::Str(text) => format!("s{}", hex(text.bytes)),
            Value::Dict(_) => "dict".into(),
            Value::Set(_) => "set".into(),
            Value::FrozenSet(_) => "frozenset".into(),
            Value::Tuple(items) => return self.items("tuple(", items, depth),
            Value::List(items) => return self.items("list(", items, depth),
            Value::Slice(items) => return self.fields("slice(", &items, depth),
            Value::Code(code) => {
                let bytes = |obj| self.graph.as_bytes(obj).unwrap_or_default();
                let (locals, cells, frees) = localsplus_counts(bytes(code.localspluskinds));
                let mut head = String::new();
                let _ = write!(
                    head,
                    "code({} {} {} {} {:#x} {} {locals} {cells} {frees} ",
                    code.argcount,
                    code.posonlyargcount,
                    code.kwonlyargcount,
                    code.stacksize.max(1),
                    code.flags,
                    bytes(code.code).len()
                );
                let objects = code.objects();
                let shown = [1, 2, 5, 6, 7, 8, 9].map(|field: usize| objects[field]);
                return self.fields(&head, &shown, depth);
            }
        };
        self.out.push_str(&text);
    }

    fn items(&mut self, head: &str, items: &[ObjRef], depth: usize) {
        self.out.push_str(head);
        for &item in items {
            if self.left < 0 {
                break;
            }
            self.show(item, depth + 1);
            self.out.push(',');
        }
        self.out.push(')');
    }

    fn fields(&mut self, head: &str, items: &[ObjRef], depth: usize) {
        self.out.push_str(head);
        for &item in items {
            self.show(item, depth + 1);
            self.out.push(',');
        }
        self.out.push(')');
    }
}

/// `hex()` of base 2**15 digits.
pub fn big_hex(digits: &[u8]) -> String {
    let digits = digits.as_chunks::<2>().0.iter().map(|pair| u16::from_le_bytes(*pair));
    let bits: Vec<bool> = digits.flat_map(|digit| (0..15).map(move |at| digit >> at & 1 != 0)).collect();
    let nibbles = bits.chunks(4).rev().map(|four| four.iter().rev().fold(0, |sum, &bit| sum << 1 | u8::from(bit)));
    let text: String = nibbles.map(|nibble| format!("{nibble:x}")).collect();
    format!("0x{}", text.trim_start_matches('0'))
}
