//! complex.
//!
//! Invariant: real and imaginary part are floats; arithmetic with a real number is done by parts, as C's is.

use crate::error::PyResult;
use crate::native::{get, method};
use crate::object::slots::{Cmp, SlotTable};
use crate::types::type_::{Type, TypeSpec, flags};
use crate::types::{float, int};
use crate::vm::Vm;
use bunpy_heap::{Gc, Kind, Str, Value, payload};
use pyc_text::float_text::{self, Conversion, Flags};
use std::sync::atomic::Ordering::Relaxed;

payload! { pub struct Complex: Complex { pub re: f64, pub im: f64 } }

pub static COMPLEX: TypeSpec = TypeSpec {
    name: "complex",
    kind: Kind::Complex,
    flags: flags::BASETYPE,
    doc: "Create a complex number from a string or numbers.\n\nIf a string is given, parse it as a complex number.\nIf a single number is given, convert it to a complex number.\nIf the 'real' or 'imag' arguments are given, create a complex number\nwith the specified real and imaginary components.",
    signature: "(real=0, imag=0)",
    new: Some(method("__new__", "($type, real=0, imag=0)", new)),
    slots: SlotTable {
        repr: Some(repr),
        hash: Some(hash),
        richcompare: Some(compare),
        add: Some(|vm, a, b| op(vm, a, b, |_, x, y| Ok((x.0 + y.0, x.1 + y.1)))),
        subtract: Some(|vm, a, b| op(vm, a, b, |_, x, y| Ok((x.0 - y.0, x.1 - y.1)))),
        multiply: Some(|vm, a, b| op(vm, a, b, |_, x, y| Ok(mul(x, y)))),
        true_divide: Some(|vm, a, b| op(vm, a, b, div)),
        power: Some(power),
        negative: Some(|vm, v| parts(vm, v).map(|(r, i)| make(vm, -r, -i))),
        positive: Some(|vm, v| parts(vm, v).map(|(r, i)| make(vm, r, i))),
        absolute: Some(|vm, v| parts(vm, v).map(|(r, i)| Value::float(r.hypot(i)))),
        bool: Some(|vm, v| parts(vm, v).map(|(r, i)| r != 0.0 || i != 0.0)),
        ..SlotTable::EMPTY
    },
    methods: &[
        method("conjugate", "($self, /)", |vm: &Vm, v: Value| parts(vm, v).map(|(r, i)| make(vm, r, -i))),
        method("__complex__", "($self, /)", |vm: &Vm, v: Value| parts(vm, v).map(|(r, i)| make(vm, r, i))),
        method("__getnewargs__", "($self, /)", |vm: &Vm, v: Value| -> PyResult<(Value, Value)> {
            parts(vm, v).map(|(r, i)| (Value::float(r), Value::float(i)))
        }),
    ],
    getset: &[
        get("real", |vm, v| Ok(Value::float(parts(vm, v)?.0))).doc("the real part of a complex number"),
        get("imag", |vm, v| Ok(Value::float(parts(vm, v)?.1))).doc("the imaginary part of a complex number"),
    ],
    ..TypeSpec::EMPTY
};
type Pair = (f64, f64);
pub fn make(vm: &Vm, re: f64, im: f64) -> Value {
    vm.heap.alloc(Complex { re, im }).value()
}
fn parts(vm: &Vm, v: Value) -> PyResult<Pair> {
    let c = vm.expect::<Complex>(v, "descriptor receiver")?;
    Ok((c.re, c.im))
}
/// A number as a complex one, `None` for another type.
pub fn operand(vm: &Vm, v: Value) -> PyResult<Option<Pair>> {
    if let Some(c) = v.cast::<Complex>() {
        return Ok(Some((c.re, c.im)));
    }
    if let Some(f) = float::as_f64(v) {
        return Ok(Some((f, 0.0)));
    }
    if int::is_int(v) {
        return Ok(Some((int::to_f64(vm, v)?, 0.0)));
    }
    Ok(None)
}
fn op(vm: &Vm, a: Value, b: Value, f: fn(&Vm, Pair, Pair) -> PyResult<Pair>) -> PyResult<Value> {
    match (operand(vm, a)?, operand(vm, b)?) {
        (Some(x), Some(y)) => f(vm, x, y).map(|(r, i)| make(vm, r, i)),
        _ => Ok(Value::not_implemented()),
    }
}
fn mul(x: Pair, y: Pair) -> Pair {
    (x.0 * y.0 - x.1 * y.1, x.0 * y.1 + x.1 * y.0)
}
fn div(vm: &Vm, x: Pair, y: Pair) -> PyResult<Pair> {
    let (ar, ai) = (y.0.abs(), y.1.abs());
    if ar == 0.0 && ai == 0.0 {
        return Err(crate::raise!(vm, ZeroDivisionError, "division by zero"));
    }
    Ok(if ar >= ai {
        let q = y.1 / y.0;
        let d = y.0 + y.1 * q;
        ((x.0 + x.1 * q) / d, (x.1 - x.0 * q) / d)
    } else {
        let q = y.0 / y.1;
        let d = y.0 * q + y.1;
        ((x.0 * q + x.1) / d, (x.1 * q - x.0) / d)
    })
}
fn power(vm: &Vm, a: Value, b: Value, m: Value) -> PyResult<Value> {
    let (Some(x), Some(y)) = (operand(vm, a)?, operand(vm, b)?) else { return Ok(Value::not_implemented()) };
    if !m.is_none() {
        return Err(vm.value_error("complex modulo"));
    }
    let zero = x == (0.0, 0.0);
    let r = if y == (0.0, 0.0) {
        (1.0, 0.0)
    } else if zero {
        if y.1 != 0.0 || y.0 < 0.0 {
            return Err(crate::raise!(vm, ZeroDivisionError, "zero to a negative or complex power"));
        }
        (0.0, 0.0)
    } else if y.1 == 0.0 && y.0 == y.0.floor() && y.0.abs() <= 100.0 {
        let (mut base, mut n) = (x, y.0.abs() as u32);
        let mut acc = (1.0, 0.0);
        while n > 0 {
            if n & 1 == 1 {
                acc = mul(acc, base);
            }
            base = mul(base, base);
            n >>= 1;
        }
        if y.0 < 0.0 { div(vm, (1.0, 0.0), acc)? } else { acc }
    } else {
        let (len, at) = (x.0.hypot(x.1), x.1.atan2(x.0));
        let mut size = len.powf(y.0);
        let mut phase = at * y.0;
        if y.1 != 0.0 {
            size *= (-at * y.1).exp();
            phase += y.1 * len.ln();
        }
        (size * phase.cos(), size * phase.sin())
    };
    if r.0.is_infinite() || r.1.is_infinite() {
        return Err(vm.overflow_error("complex exponentiation"));
    }
    Ok(make(vm, r.0, r.1))
}
fn repr(vm: &Vm, v: Value) -> PyResult<Value> {
    let (re, im) = parts(vm, v)?;
    let text = |x: f64| float_text::format(x, Conversion::Repr, 0, Flags::default());
    if re == 0.0 && re.is_sign_positive() {
        return Ok(vm.str(&format!("{}j", text(im))));
    }
    let sign = if im.is_sign_negative() && !im.is_nan() { "" } else { "+" };
    Ok(vm.str(&format!("({}{sign}{}j)", text(re), text(im))))
}
fn hash(vm: &Vm, v: Value) -> PyResult<i64> {
    let (re, im) = parts(vm, v)?;
    let h = |x: f64| crate::hash::float(x).unwrap_or_else(|| crate::hash::pointer(v.address()));
    Ok(crate::hash::not_minus_one(h(re).wrapping_add(h(im).wrapping_mul(1000003))))
}
fn compare(vm: &Vm, a: Value, b: Value, op: Cmp) -> PyResult<Value> {
    if !matches!(op, Cmp::Eq | Cmp::Ne) {
        return Ok(Value::not_implemented());
    }
    let (re, im) = parts(vm, a)?;
    let eq = if int::is_int(b) {
        im == 0.0 && vm.is_equal(Value::float(re), b)?
    } else {
        match operand(vm, b)? {
            Some(y) => (re, im) == y,
            None => return Ok(Value::not_implemented()),
        }
    };
    Ok(Value::bool(eq == (op == Cmp::Eq)))
}
fn new(vm: &Vm, cls: Gc<Type>, re: Option<Value>, im: Option<Value>) -> PyResult<Value> {
    let (r, i) = match (re, im) {
        (Some(s), im) if s.cast::<Str>().is_some() => {
            if im.is_some() {
                return Err(vm.type_error("complex() can't take second arg if first is a string"));
            }
            parse(vm, &s.cast::<Str>().map_or_else(String::new, |s| s.to_lossy()))?
        }
        (re, im) => {
            let one = |v: Option<Value>, what: &str| -> PyResult<Pair> {
                let Some(v) = v else { return Ok((0.0, 0.0)) };
                if let Some(p) = operand(vm, v)? {
                    return Ok(p);
                }
                if let Some(c) = vm.call_special(v, vm.names.__complex__, &[])? {
                    return parts(vm, c);
                }
                let t = vm.type_of(v);
                if t.slots.float.address() == 0 && t.slots.index.address() == 0 {
                    return Err(
                        vm.type_error(format!("complex() argument {what} must be a number, not {}", vm.type_name(v)))
                    );
                }
                Ok((vm.to_f64(v)?, 0.0))
            };
            let ((a, b), (c, d)) = (one(re, "'real'")?, one(im, "'imag'")?);
            (a - d, b + c)
        }
    };
    Ok(vm.heap.alloc_shaped(cls.root_shape.load(Relaxed), Complex { re: r, im: i }).value())
}
fn parse(vm: &Vm, text: &str) -> PyResult<Pair> {
    let bad = || vm.value_error("complex() arg is a malformed string");
    let mut s = text.trim();
    if let Some(inner) = s.strip_prefix('(').and_then(|s| s.strip_suffix(')')) {
        s = inner.trim();
    }
    let number = |t: &str| -> PyResult<f64> {
        match t {
            "" | "+" => Ok(1.0),
            "-" => Ok(-1.0),
            t => float_text::parse(t).ok_or_else(bad),
        }
    };
    let Some(body) = s.strip_suffix(['j', 'J']) else {
        return Ok((float_text::parse(s).ok_or_else(bad)?, 0.0));
    };
    // The sign that starts the imaginary part: the last one that is not an exponent's.
    let b = body.as_bytes();
    let at = (1..b.len()).rev().find(|&i| (b[i] == b'+' || b[i] == b'-') && !matches!(b[i - 1], b'e' | b'E'));
    match at {
        Some(i) => Ok((float_text::parse(&body[..i]).ok_or_else(bad)?, number(&body[i..])?)),
        None => Ok((0.0, number(body)?)),
    }
}
