//! Python's `repr` of constants.
//!
//! Invariant: what CPython prints for the same value, but for addresses (`0x...`) and ints that it refuses to print; ends
//! for cyclic values too.

use std::fmt::{self, Write};

use pyc_text::{Wtf8, bytes_repr, float_text, str_repr};

use crate::marshal::{BigInt, Graph, MAX_DEPTH, ObjRef, Value};

/// `sys.get_int_max_str_digits()`
const MAX_STR_DIGITS: usize = 4300;

/// Writes `repr(obj)`; `sort_sets`: elements of sets in the order of their text.
pub fn write(graph: &Graph, obj: ObjRef, sort_sets: bool, out: &mut impl Write) -> fmt::Result {
    Repr { graph, sort_sets, depth: 0, active: Vec::new() }.value(obj, out)
}

struct Repr<'g> {
    graph: &'g Graph,
    sort_sets: bool,
    depth: usize,
    /// Lists, dicts and sets that are being printed: every cycle goes through one of them.
    active: Vec<ObjRef>,
}

impl Repr<'_> {
    fn value(&mut self, obj: ObjRef, out: &mut impl Write) -> fmt::Result {
        match self.graph.get(obj) {
            Value::Null => out.write_str("<NULL>"),
            Value::None => out.write_str("None"),
            Value::False => out.write_str("False"),
            Value::True => out.write_str("True"),
            Value::Ellipsis => out.write_str("Ellipsis"),
            Value::StopIteration => out.write_str("<class 'StopIteration'>"),
            Value::Int(value) => write!(out, "{value}"),
            Value::BigInt(value) => write_big_int(value, out),
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

fn write_big_int(value: BigInt<'_>, out: &mut impl Write) -> fmt::Result {
    /// The largest power of ten in 60 bits.
    const CHUNK: u128 = 10u128.pow(18);
    let bits = value.digits.len() / 2 * 15;
    // log10(2) is a little above 0.3: no int of CPython's limit is refused here.
    if bits * 3 / 10 > MAX_STR_DIGITS + 30 {
        return write!(out, "<int of about {bits} bits>");
    }
    // Limbs of 60 bits, least significant first, divided until nothing is left.
    let digit = |pair: &[u8; 2]| u128::from(u16::from_le_bytes(*pair) & 0x7fff);
    let digits = value.digits.as_chunks::<2>().0;
    let mut limbs: Vec<u128> = digits
        .chunks(4)
        .map(|limb| limb.iter().enumerate().fold(0, |sum, (at, pair)| sum | digit(pair) << (15 * at)))
        .collect();
    let mut chunks = Vec::new();
    while !limbs.is_empty() {
        let mut rest = 0;
        for limb in limbs.iter_mut().rev() {
            let sum = rest << 60 | *limb;
            *limb = sum / CHUNK;
            rest = sum % CHUNK;
        }
        chunks.push(rest);
        while limbs.last() == Some(&0) {
            limbs.pop();
        }
    }
    let mut chunks = chunks.iter().rev();
    let mut text = if value.negative { String::from("-") } else { String::new() };
    write!(text, "{}", chunks.next().unwrap_or(&0))?;
    for chunk in chunks {
        write!(text, "{chunk:018}")?;
    }
    if text.len() > MAX_STR_DIGITS + usize::from(value.negative) {
        return write!(out, "<int of about {bits} bits>");
    }
    out.write_str(&text)
}
