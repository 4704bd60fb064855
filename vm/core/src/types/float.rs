//! float.
//!
//! Invariant: a float of the exact class is a word; an instance of a subclass is a cell with the same number.

use crate::error::PyResult;
use crate::native::{get, method};
use crate::object::slots::{Cmp, SlotTable};
use crate::types::int;
use crate::types::type_::{Type, TypeSpec, flags};
use crate::vm::Vm;
use bunpy_heap::{Gc, Kind, Str, Value, payload};
use num_bigint::BigInt;
use num_traits::FromPrimitive;
use std::cmp::Ordering;
use std::sync::atomic::Ordering::Relaxed;

payload! { pub struct FloatObject: Float { value: f64 } }

pub static FLOAT: TypeSpec = TypeSpec {
    name: "float",
    kind: Kind::Float,
    flags: flags::BASETYPE | flags::MATCH_SELF,
    doc: "Convert a string or number to a floating-point number, if possible.",
    signature: "(x=0, /)",
    new: Some(method("__new__", "($type, x=0, /)", new)),
    slots: SlotTable {
        repr: Some(repr),
        hash: Some(hash),
        richcompare: Some(richcompare),
        add: Some(|vm, a, b| op(vm, a, b, |_, x, y| Ok(x + y))),
        subtract: Some(|vm, a, b| op(vm, a, b, |_, x, y| Ok(x - y))),
        multiply: Some(|vm, a, b| op(vm, a, b, |_, x, y| Ok(x * y))),
        true_divide: Some(|vm, a, b| op(vm, a, b, |vm, x, y| non_zero(vm, y, "division by zero").map(|()| x / y))),
        remainder: Some(|vm, a, b| op(vm, a, b, |vm, x, y| non_zero(vm, y, "division by zero").map(|()| modulo(x, y)))),
        floor_divide: Some(|vm, a, b| {
            op(vm, a, b, |vm, x, y| non_zero(vm, y, "division by zero").map(|()| floor_div(x, y)))
        }),
        divmod: Some(divmod),
        power: Some(power),
        negative: Some(|vm, v| Ok(Value::float(-vm.to_f64(v)?))),
        positive: Some(|vm, v| Ok(Value::float(vm.to_f64(v)?))),
        absolute: Some(|vm, v| Ok(Value::float(vm.to_f64(v)?.abs()))),
        bool: Some(|vm, v| Ok(vm.to_f64(v)? != 0.0)),
        int: Some(trunc),
        float: Some(|vm, v| Ok(Value::float(vm.to_f64(v)?))),
        ..SlotTable::EMPTY
    },
    methods: &[
        method("conjugate", "($self, /)", |vm: &Vm, v: Value| vm.to_f64(v).map(Value::float)),
        method("__trunc__", "($self, /)", trunc),
        method("as_integer_ratio", "($self, /)", ratio),
        method("__round__", "($self, ndigits=None, /)", round),
        method("__floor__", "($self, /)", |vm: &Vm, v: Value| vm.to_f64(v).and_then(|f| to_integer(vm, f.floor()))),
        method("__ceil__", "($self, /)", |vm: &Vm, v: Value| vm.to_f64(v).and_then(|f| to_integer(vm, f.ceil()))),
        method("hex", "($self, /)", |vm: &Vm, v: Value| vm.to_f64(v).map(pyc_text::float_text::to_hex)),
        method("fromhex", "($type, string, /)", |vm: &Vm, cls: Gc<Type>, s: Gc<Str>| -> PyResult<Value> {
            let f = match pyc_text::float_text::from_hex(&s.to_lossy()) {
                Ok(f) => Value::float(f),
                Err(pyc_text::float_text::HexError::TooLarge) => {
                    return Err(vm.overflow_error("hexadecimal value too large to represent as a float"));
                }
                Err(_) => return Err(vm.value_error("invalid hexadecimal floating-point string")),
            };
            if cls == vm.types().float() { Ok(f) } else { vm.call(cls.value(), &[f]) }
        })
        .class_method(),
        method("__getnewargs__", "($self, /)", |vm: &Vm, v: Value| {
            vm.to_f64(v).map(|f| vm.heap.tuple(&[Value::float(f)]))
        }),
        method("is_integer", "($self, /)", |vm: &Vm, v: Value| vm.to_f64(v).map(|f| f.is_finite() && f.fract() == 0.0)),
        method("__format__", "($self, format_spec, /)", crate::types::format::format_float),
    ],
    getset: &[
        get("real", |vm, v| Ok(Value::float(vm.to_f64(v)?))).doc("the real part of a complex number"),
        get("imag", |_, _| Ok(Value::float(0.0))).doc("the imaginary part of a complex number"),
    ],
    ..TypeSpec::EMPTY
};

/// The number of a float or an instance of a subclass.
#[inline]
pub fn as_f64(v: Value) -> Option<f64> {
    v.as_float().or_else(|| v.cast::<FloatObject>().map(|f| f.value))
}
fn operand(vm: &Vm, v: Value) -> PyResult<Option<f64>> {
    if let Some(f) = as_f64(v) {
        return Ok(Some(f));
    }
    if int::is_int(v) { int::to_f64(vm, v).map(Some) } else { Ok(None) }
}
fn op(vm: &Vm, a: Value, b: Value, f: fn(&Vm, f64, f64) -> PyResult<f64>) -> PyResult<Value> {
    match (operand(vm, a)?, operand(vm, b)?) {
        (Some(x), Some(y)) => f(vm, x, y).map(Value::float),
        _ => Ok(Value::not_implemented()),
    }
}
fn non_zero(vm: &Vm, y: f64, text: &str) -> PyResult<()> {
    if y == 0.0 { Err(crate::raise!(vm, ZeroDivisionError, "{text}")) } else { Ok(()) }
}
/// The remainder with the sign of the divisor.
pub fn modulo(x: f64, y: f64) -> f64 {
    let m = x % y;
    if m == 0.0 {
        0f64.copysign(y)
    } else if (y < 0.0) != (m < 0.0) {
        m + y
    } else {
        m
    }
}
pub fn floor_div(x: f64, y: f64) -> f64 {
    let m = x % y;
    let mut d = (x - m) / y;
    if m != 0.0 && (y < 0.0) != (m < 0.0) {
        d -= 1.0;
    }
    if d == 0.0 {
        return 0f64.copysign(x / y);
    }
    let f = d.floor();
    if d - f > 0.5 { f + 1.0 } else { f }
}
fn divmod(vm: &Vm, a: Value, b: Value) -> PyResult<Value> {
    match (operand(vm, a)?, operand(vm, b)?) {
        (Some(x), Some(y)) => {
            non_zero(vm, y, "division by zero")?;
            Ok(vm.heap.tuple(&[Value::float(floor_div(x, y)), Value::float(modulo(x, y))]).value())
        }
        _ => Ok(Value::not_implemented()),
    }
}
fn power(vm: &Vm, a: Value, b: Value, m: Value) -> PyResult<Value> {
    if !m.is_none() {
        return Err(vm.type_error("pow() 3rd argument not allowed unless all arguments are integers"));
    }
    let (Some(x), Some(y)) = (operand(vm, a)?, operand(vm, b)?) else { return Ok(Value::not_implemented()) };
    if x == 0.0 && y < 0.0 {
        return Err(crate::raise!(vm, ZeroDivisionError, "zero to a negative power"));
    }
    if x < 0.0 && x.is_finite() && y.is_finite() && y.fract() != 0.0 {
        // A negative base to a fraction is complex.
        return vm.power(vm.call(vm.types().complex().value(), &[Value::float(x)])?, Value::float(y), Value::none());
    }
    let r = x.powf(y);
    if r.is_infinite() && x.is_finite() && y.is_finite() {
        return Err(vm.raise_args(
            crate::types::exception::Exc::OverflowError,
            &[Value::int(34), vm.str("Numerical result out of range")],
        ));
    }
    Ok(Value::float(r))
}
fn trunc(vm: &Vm, v: Value) -> PyResult<Value> {
    let f = vm.to_f64(v)?;
    to_integer(vm, f.trunc())
}
/// An integral float as an int.
pub fn to_integer(vm: &Vm, f: f64) -> PyResult<Value> {
    if f.is_nan() {
        return Err(vm.value_error("cannot convert float NaN to integer"));
    }
    if f.is_infinite() {
        return Err(vm.overflow_error("cannot convert float infinity to integer"));
    }
    if f.abs() < 1e15 {
        return Ok(vm.int(f as i64));
    }
    match BigInt::from_f64(f) {
        Some(b) => Ok(int::from_big(vm, &b)),
        None => Ok(Value::int(0)),
    }
}
fn ratio(vm: &Vm, v: Value) -> PyResult<(Value, Value)> {
    let f = vm.to_f64(v)?;
    if f.is_nan() {
        return Err(vm.value_error("cannot convert NaN to integer ratio"));
    }
    if f.is_infinite() {
        return Err(vm.overflow_error("cannot convert Infinity to integer ratio"));
    }
    if f == 0.0 {
        return Ok((Value::int(0), Value::int(1)));
    }
    let bits = f.abs().to_bits();
    let e = ((bits >> 52) as i32).max(1) - 1075;
    let m = bits & ((1 << 52) - 1) | if bits >> 52 == 0 { 0 } else { 1 << 52 };
    let shift = (m.trailing_zeros() as i32).min((-e).max(0));
    let (m, e) = (BigInt::from(m >> shift), e + shift);
    let n = if f < 0.0 { -m } else { m };
    Ok(if e >= 0 {
        (int::from_big(vm, &(n << e as u32)), Value::int(1))
    } else {
        (int::from_big(vm, &n), int::from_big(vm, &(BigInt::from(1) << (-e) as u32)))
    })
}
fn round(vm: &Vm, v: Value, ndigits: Option<Value>) -> PyResult<Value> {
    let f = vm.to_f64(v)?;
    let Some(n) = ndigits.filter(|n| !n.is_none()) else { return to_integer(vm, f.round_ties_even()) };
    let n = vm.index_clamped(n)?;
    if !f.is_finite() || n > 323 {
        return Ok(Value::float(f));
    }
    if n < -308 {
        return Ok(Value::float(0f64.copysign(f)));
    }
    use pyc_text::float_text::{Conversion, Flags};
    if n >= 0 {
        // Correctly rounded decimal digits, read back.
        let text = pyc_text::float_text::format(f, Conversion::Fixed, n as usize, Flags::default());
        return Ok(Value::float(pyc_text::float_text::parse(&text).unwrap_or(f)));
    }
    let p = 10f64.powi(-n as i32);
    let r = (f / p).round_ties_even() * p;
    if r.is_infinite() {
        return Err(vm.overflow_error("rounded value too large to represent"));
    }
    Ok(Value::float(r))
}
fn repr(vm: &Vm, v: Value) -> PyResult<Value> {
    Ok(vm.str(&pyc_text::float_text::repr(vm.to_f64(v)?)))
}
fn hash(vm: &Vm, v: Value) -> PyResult<i64> {
    Ok(crate::hash::float(vm.to_f64(v)?).unwrap_or_else(|| crate::hash::pointer(v.address())))
}
fn richcompare(vm: &Vm, a: Value, b: Value, op: Cmp) -> PyResult<Value> {
    let (x, y) = match (as_f64(a), as_f64(b)) {
        (Some(x), Some(y)) => (x, y),
        (Some(x), None) if int::is_int(b) => return Ok(Value::bool(cmp_int(vm, x, b, op))),
        (None, Some(y)) if int::is_int(a) => return Ok(Value::bool(cmp_int(vm, y, a, op.swapped()))),
        _ => return Ok(Value::not_implemented()),
    };
    Ok(Value::bool(match x.partial_cmp(&y) {
        Some(o) => op.of(o),
        None => op == Cmp::Ne,
    }))
}
/// A float against an int of any size, exactly.
fn cmp_int(vm: &Vm, x: f64, i: Value, op: Cmp) -> bool {
    if x.is_nan() {
        return op == Cmp::Ne;
    }
    if x.is_infinite() {
        return op.of(if x > 0.0 { Ordering::Greater } else { Ordering::Less });
    }
    if let Some(i) = vm.int_as_i64(i)
        && i.unsigned_abs() <= 1 << 53
    {
        return x.partial_cmp(&(i as f64)).is_some_and(|o| op.of(o));
    }
    let whole = BigInt::from_f64(x.trunc()).unwrap_or_default();
    let o = whole.cmp(&int::to_big(i)).then(x.fract().partial_cmp(&0.0).unwrap_or(Ordering::Equal));
    op.of(o)
}
fn new(vm: &Vm, cls: Gc<Type>, x: Option<Value>) -> PyResult<Value> {
    let f = match x {
        None => 0.0,
        Some(x) => match x.cast::<Str>() {
            Some(s) => parse(vm, &s.to_lossy(), x)?,
            None => match crate::types::buffer::exact_bytes(vm, x) {
                Some(b) => parse(vm, &String::from_utf8_lossy(&b), x)?,
                None if vm.type_of(x).slots.float.address() == 0 && !vm.has_index(x) => {
                    return Err(vm.type_error(format!(
                        "float() argument must be a string or a real number, not '{}'",
                        vm.type_name(x)
                    )));
                }
                None => vm.to_f64(x)?,
            },
        },
    };
    if cls == vm.types().float() {
        return Ok(Value::float(f));
    }
    Ok(vm.heap.alloc_shaped(cls.root_shape.load(Relaxed), FloatObject { value: f }).value())
}
fn parse(vm: &Vm, text: &str, original: Value) -> PyResult<f64> {
    let t: String = text
        .chars()
        .map(|c| match pyc_text::chars::decimal(c as u32) {
            Some(d) => (b'0' + d) as char,
            None if pyc_text::chars::is_space(c as u32) => ' ',
            None => c,
        })
        .collect();
    match pyc_text::float_text::parse(t.trim_matches(' ')) {
        Some(f) => Ok(f),
        None => Err(vm.value_error(format!("could not convert string to float: {}", vm.repr_text(original)?))),
    }
}
