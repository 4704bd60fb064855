//! Python's `repr` of constants.
//!
//! Invariant: what CPython prints for the same value, but for addresses (`0x...`) and ints that it refuses to print; ends
//! for cyclic values too.

use std::collections::HashMap;
use std::fmt::{self, Write};

use pyc_text::{Wtf8, bytes_repr, float_text, str_repr};

use crate::marshal::{BigInt, Graph, MAX_DEPTH, ObjRef, Value};

/// `sys.get_int_max_str_digits()`
const MAX_STR_DIGITS: usize = 4300;

/// Writes `repr(obj)`; `sort_sets`: elements of sets in the order of their text.
pub fn write(graph: &Graph, obj: ObjRef, sort_sets: bool, out: &mut impl Write) -> fmt::Result {
    Repr::new(graph, sort_sets).value(obj, out)
}

/// Writes any number of objects of one graph.
pub struct Repr<'g> {
    graph: &'g Graph,
    sort_sets: bool,
    depth: usize,
    /// Lists, dicts and sets that are being printed: every cycle goes through one of them.
    active: Vec<ObjRef>,
    /// Decimal digits take time in the square of their number: big ints are converted once.
    big_ints: HashMap<ObjRef, String>,
}

impl<'g> Repr<'g> {
    pub fn new(graph: &'g Graph, sort_sets: bool) -> Repr<'g> {
        Repr { graph, sort_sets, depth: 0, active: Vec::new(), big_ints: HashMap::new() }
    }

    /// Writes `repr(obj)`.
    pub fn value(&mut self, obj: ObjRef, out: &mut impl Write) -> fmt::Result {
        match self.graph.get(obj) {
            Value::Null => out.write_str("<NULL>"),
            Value::None => out.write_str("None"),
            Value::False => out.write_str("False"),
            Value::True => out.write_str("True"),
            Value::Ellipsis => out.write_str("Ellipsis"),
            Value::StopIteration => out.write_str("<class 'StopIteration'>"),
            Value::Int(value) => write!(out, "{value}"),
            Value::BigInt(value) => {
                let text = self.big_ints.entry(obj).or_insert_with(|| big_int(value));
                out.write_str(text)
            }
            Value::Float(bits) => out.write_str(&float_text::repr(f64::from_bits(bits))),
            Value::Complex(real, imag) => write_complex(f64::from_bits(real), f64::from_bits(imag), out),
            Value::Bytes(bytes) => out.write_str(&bytes_repr(bytes)),
            Value::Str(text) => match Wtf8::new(text.bytes) {
                Ok(text) => out.write_str(&str_repr(text)),
                Err(_) => out.write_str("<str>"),
            },
            Value::Tuple([one]) => self.nest(obj, ["(", ",)"], &[*one], out),
            Value::Tuple(items) => self.nest(obj, ["(", ")"], items, out),
            Value::List(items) => self.nest(obj, ["[", "]"], items, out),
            Value::Dict(entries) => self.dict(obj, entries, out),
            Value::Set([]) => out.write_str("set()"),
            Value::Set(items) => self.set(obj, ["{", "}"], items, out),
            Value::FrozenSet([]) => out.write_str("frozenset()"),
            Value::FrozenSet(items) => self.set(obj, ["frozenset({", "})"], items, out),
            Value::Slice(parts) => self.nest(obj, ["slice(", ")"], &parts, out),
            Value::Code(code) => {
                out.write_str("<code object ")?;
                super::write_str(self.graph, code.name, out)?;
                out.write_str(" at 0x..., file \"")?;
                super::write_str(self.graph, code.filename, out)?;
                write!(out, "\", line {}>", if code.firstlineno == 0 { -1 } else { code.firstlineno })
            }
        }
    }

    /// Enters a container; false if it is being printed already (or too deep), and then `...` stands for it.
    fn enter(&mut self, obj: ObjRef) -> bool {
        let mutable = matches!(self.graph.get(obj), Value::List(_) | Value::Dict(_) | Value::Set(_));
        if self.depth > MAX_DEPTH || mutable && self.active.contains(&obj) {
            return false;
        }
        self.depth += 1;
        if mutable {
            self.active.push(obj);
        }
        true
    }

    fn leave(&mut self, obj: ObjRef) {
        self.depth -= 1;
        if self.active.last() == Some(&obj) {
            self.active.pop();
        }
    }

    fn nest(&mut self, obj: ObjRef, [open, close]: [&str; 2], items: &[ObjRef], out: &mut impl Write) -> fmt::Result {
        if items.is_empty() {
            return write!(out, "{open}{close}");
        }
        if !self.enter(obj) {
            return write!(out, "{open}...{}", close.trim_start_matches(','));
        }
        out.write_str(open)?;
        for (index, &item) in items.iter().enumerate() {
            if index > 0 {
                out.write_str(", ")?;
            }
            self.value(item, out)?;
        }
        self.leave(obj);
        out.write_str(close)
    }

    fn dict(&mut self, obj: ObjRef, entries: &[ObjRef], out: &mut impl Write) -> fmt::Result {
        if !self.enter(obj) {
            return out.write_str("{...}");
        }
        out.write_str("{")?;
        for (index, entry) in entries.chunks(2).enumerate() {
            if index > 0 {
                out.write_str(", ")?;
            }
            for (index, &item) in entry.iter().enumerate() {
                if index > 0 {
                    out.write_str(": ")?;
                }
                self.value(item, out)?;
            }
        }
        self.leave(obj);
        out.write_str("}")
    }

    fn set(&mut self, obj: ObjRef, [open, close]: [&str; 2], items: &[ObjRef], out: &mut impl Write) -> fmt::Result {
        if !self.sort_sets || !self.enter(obj) {
            return self.nest(obj, [open, close], items, out);
        }
        let mut texts = Vec::with_capacity(items.len());
        for &item in items {
            let mut text = String::new();
            self.value(item, &mut text)?;
            texts.push(text);
        }
        self.leave(obj);
        texts.sort();
        write!(out, "{open}{}{close}", texts.join(", "))
    }
}

/// `repr(complex)`: no real part if it is +0.0, no `.0`.
fn write_complex(real: f64, imag: f64, out: &mut impl Write) -> fmt::Result {
    let part = |x| float_text::format(x, float_text::Conversion::Repr, 0, float_text::Flags::default());
    if real == 0.0 && real.is_sign_positive() {
        return write!(out, "{}j", part(imag));
    }
    let imag = part(imag);
    let sign = if imag.starts_with('-') { "" } else { "+" };
    write!(out, "({}{sign}{imag}j)", part(real))
}

/// Decimal digits, up to CPython's limit.
fn big_int(value: BigInt<'_>) -> String {
    const CHUNK: u64 = 1_000_000_000;
    let bits = value.digits.len() / 2 * 15;
    let too_long = format!("<int of about {bits} bits>");
    // log10(2) is a little above 0.3: no int of CPython's limit is refused here.
    if bits * 3 / 10 > MAX_STR_DIGITS + 30 {
        return too_long;
    }
    // Limbs of 30 bits, least significant first, divided until nothing is left.
    let digit = |pair: &[u8; 2]| u64::from(u16::from_le_bytes(*pair) & 0x7fff);
    let digits = value.digits.as_chunks::<2>().0;
    let mut limbs: Vec<u64> = digits
        .chunks(2)
        .map(|limb| limb.iter().enumerate().fold(0, |sum, (at, pair)| sum | digit(pair) << (15 * at)))
        .collect();
    let mut chunks = Vec::new();
    while !limbs.is_empty() {
        let mut rest = 0;
        for limb in limbs.iter_mut().rev() {
            let sum = rest << 30 | *limb;
            *limb = sum / CHUNK;
            rest = sum % CHUNK;
        }
        chunks.push(rest);
        while limbs.last() == Some(&0) {
            limbs.pop();
        }
    }
    let mut text = chunks.pop().unwrap_or(0).to_string();
    for chunk in chunks.iter().rev() {
        text.push_str(&format!("{chunk:09}"));
    }
    if text.len() > MAX_STR_DIGITS {
        return too_long;
    }
    if value.negative { format!("-{text}") } else { text }
}
