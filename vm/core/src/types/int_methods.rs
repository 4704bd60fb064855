//! int's constructor and methods.
//!
//! Invariant: every method works on the number alone, so it serves subclasses and bool too.

use crate::error::{OrRaise, PyResult};
use crate::native::{GetSetDef, MethodDef, get, method};
use crate::types::int::{exact, from_big, is_int, of_class, to_big};
use crate::types::type_::Type;
use crate::vm::Vm;
use bunpy_heap::{Gc, Int, Str, Value};
use num_bigint::{BigInt, BigUint, Sign};
use num_integer::Integer;
use num_traits::{One, Signed, Zero};

pub const NEW: MethodDef = method("__new__", "($type, x=0, /, base=10)", new);
pub static METHODS: &[MethodDef] = &[
    method("conjugate", "($self, /)", |vm: &Vm, v: Value| exact(vm, v))
        .doc("Returns self, the complex conjugate of any int."),
    method("bit_length", "($self, /)", |vm: &Vm, v: Value| vm.int_u64(to_big(v).bits()))
        .doc("Number of bits necessary to represent self in binary.\n\n>>> bin(37)\n'0b100101'\n>>> (37).bit_length()\n6"),
    method("bit_count", "($self, /)", |vm: &Vm, v: Value| {
        vm.int_u64(to_big(v).magnitude().iter_u64_digits().map(|d| d.count_ones() as u64).sum())
    })
    .doc("Number of ones in the binary representation of the absolute value of self.\n\nAlso known as the population count.\n\n>>> bin(13)\n'0b1101'\n>>> (13).bit_count()\n3"),
    method("to_bytes", "($self, /, length=1, byteorder='big', *, signed=False)", to_bytes),
    method("from_bytes", "($type, /, bytes, byteorder='big', *, signed=False)", from_bytes).class_method(),
    method("as_integer_ratio", "($self, /)", |vm: &Vm, v: Value| (exact(vm, v), Value::int(1))),
    method("__trunc__", "($self, /)", |vm: &Vm, v: Value| exact(vm, v)).doc("Truncating an Integral returns itself."),
    method("__floor__", "($self, /)", |vm: &Vm, v: Value| exact(vm, v)).doc("Flooring an Integral returns itself."),
    method("__ceil__", "($self, /)", |vm: &Vm, v: Value| exact(vm, v)).doc("Ceiling of an Integral returns itself."),
    method("__round__", "($self, ndigits=None, /)", round),
    method("__getnewargs__", "($self, /)", |vm: &Vm, v: Value| vm.heap.tuple(&[exact(vm, v)])),
    method("__format__", "($self, format_spec, /)", crate::types::format::format_int),
    method("__sizeof__", "($self, /)", |_: &Vm, v: Value| 24 + 4 * to_big(v).bits().div_ceil(30).max(1) as i64)
        .doc("Returns size in memory, in bytes."),
    method("is_integer", "($self, /)", |_: &Vm, _v: Value| true)
        .doc("Returns True. Exists for duck type compatibility with float.is_integer."),
];
pub static GETSET: &[GetSetDef] = &[
    get("real", |vm, v| Ok(exact(vm, v))).doc("the real part of a complex number"),
    get("imag", |_, _| Ok(Value::int(0))).doc("the imaginary part of a complex number"),
    get("numerator", |vm, v| Ok(exact(vm, v))).doc("the numerator of a rational number in lowest terms"),
    get("denominator", |_, _| Ok(Value::int(1))).doc("the denominator of a rational number in lowest terms"),
];

const DEFAULT_MAX_STR_DIGITS: usize = 4300;
pub fn max_str_digits(vm: &Vm) -> usize {
    match vm.module_root("int_max_str_digits") {
        Some(v) => vm.int_as_i64(v).unwrap_or(0).max(0) as usize,
        None => DEFAULT_MAX_STR_DIGITS,
    }
}

fn new(vm: &Vm, cls: Gc<Type>, x: Option<Value>, base: Option<Value>) -> PyResult<Value> {
    let v = match (x, base) {
        (None, None) => Value::int(0),
        (None, Some(_)) => return Err(vm.type_error("int() missing string argument")),
        (Some(x), None) => to_int(vm, x)?,
        (Some(x), Some(b)) => {
            let base = vm.index_as_isize(b)?;
            if base != 0 && !(2..=36).contains(&base) {
                return Err(vm.value_error("int() base must be >= 2 and <= 36, or 0"));
            }
            if let Some(s) = x.cast::<Str>() {
                from_text(vm, &s.to_lossy(), base as u32, x)?
            } else if let Some(b) = crate::types::buffer::exact_bytes(vm, x) {
                from_text(vm, &String::from_utf8_lossy(&b), base as u32, x)?
            } else {
                return Err(vm.type_error("int() can't convert non-string with explicit base"));
            }
        }
    };
    if cls == vm.types().int() { Ok(exact(vm, v)) } else { of_class(vm, cls, v) }
}
/// `int(x)` (`PyNumber_Long`).
pub fn to_int(vm: &Vm, x: Value) -> PyResult<Value> {
    if is_int(x) && (x.is_int() || vm.type_of(x) == vm.types().int()) {
        return Ok(x);
    }
    let t = vm.type_of(x);
    if let Some(f) = t.slots.int.get() {
        let r = f(vm, x)?;
        if !is_int(r) {
            return Err(vm.type_error(format!("__int__ returned non-int (type {})", vm.type_name(r))));
        }
        return Ok(r);
    }
    if t.slots.index.address() != 0 {
        return vm.index(x);
    }
    if let Some(s) = x.cast::<Str>() {
        return from_text(vm, &s.to_lossy(), 10, x);
    }
    if let Some(b) = crate::types::buffer::exact_bytes(vm, x) {
        return from_text(vm, &String::from_utf8_lossy(&b), 10, x);
    }
    Err(vm.type_error(format!(
        "int() argument must be a string, a bytes-like object or a real number, not '{}'",
        vm.type_name(x)
    )))
}
/// An integer literal in `base`, with sign, spaces and underscores as `int()` takes them.
fn from_text(vm: &Vm, text: &str, base: u32, original: Value) -> PyResult<Value> {
    let bad = || -> PyResult<Value> {
        let shown = vm.repr_text(original)?;
        Err(vm.value_error(format!("invalid literal for int() with base {base}: {shown}")))
    };
    let decimal: String = text
        .chars()
        .map(|c| match pyc_text::chars::decimal(c as u32) {
            Some(d) => (b'0' + d) as char,
            None if pyc_text::chars::is_space(c as u32) => ' ',
            None => c,
        })
        .collect();
    let s = decimal.trim_matches(' ');
    let (negative, s) = match s.strip_prefix('-') {
        Some(r) => (true, r),
        None => (false, s.strip_prefix('+').unwrap_or(s)),
    };
    let lower = s.to_ascii_lowercase();
    let prefix = |p: &str| lower.strip_prefix(p).map(|r| r.strip_prefix('_').unwrap_or(r).to_owned());
    let (base, digits) = match base {
        0 => match (prefix("0x"), prefix("0o"), prefix("0b")) {
            (Some(r), _, _) => (16, r),
            (_, Some(r), _) => (8, r),
            (_, _, Some(r)) => (2, r),
            _ => {
                if lower.starts_with('0') && lower.bytes().any(|c| c != b'0' && c != b'_') {
                    return bad();
                }
                (10, lower.clone())
            }
        },
        16 => (16, prefix("0x").unwrap_or_else(|| lower.clone())),
        8 => (8, prefix("0o").unwrap_or_else(|| lower.clone())),
        2 => (2, prefix("0b").unwrap_or_else(|| lower.clone())),
        b => (b, lower.clone()),
    };
    if digits.is_empty() || digits.starts_with('_') || digits.ends_with('_') || digits.contains("__") {
        return bad();
    }
    let digits: Vec<u8> = digits.bytes().filter(|c| *c != b'_').collect();
    let mut values = Vec::with_capacity(digits.len());
    for d in &digits {
        match (*d as char).to_digit(base) {
            Some(v) => values.push(v as u8),
            None => return bad(),
        }
    }
    if values.len() <= 11 {
        let n = values.iter().fold(0i64, |n, d| n * base as i64 + *d as i64);
        return Ok(vm.int(if negative { -n } else { n }));
    }
    let limit = max_str_digits(vm);
    if limit > 0 && !base.is_power_of_two() && values.len() > limit {
        return Err(vm.value_error(format!(
            "Exceeds the limit ({limit} digits) for integer string conversion: value has {} digits; use sys.set_int_max_str_digits() to increase the limit",
            values.len()
        )));
    }
    let Some(b) = BigUint::from_radix_be(&values, base) else { return bad() };
    Ok(from_big(vm, &BigInt::from_biguint(if negative { Sign::Minus } else { Sign::Plus }, b)))
}
pub fn pow_mod(vm: &Vm, a: Value, b: Value, m: Value) -> PyResult<Value> {
    let (mut a, mut b, m) = (to_big(a), to_big(b), to_big(m));
    if m.is_zero() {
        return Err(vm.value_error("pow() 3rd argument cannot be 0"));
    }
    if b.is_negative() {
        let modulus = m.abs();
        let g = a.mod_floor(&modulus).extended_gcd(&modulus);
        if !g.gcd.is_one() && !modulus.is_one() {
            return Err(vm.value_error("base is not invertible for the given modulus"));
        }
        a = g.x.mod_floor(&modulus);
        b = -b;
    }
    Ok(from_big(vm, &a.modpow(&b, &m)))
}
fn round(vm: &Vm, v: Value, ndigits: Option<Value>) -> PyResult<Value> {
    let Some(n) = ndigits.filter(|n| !n.is_none()) else { return Ok(exact(vm, v)) };
    let n = vm.index_as_isize(n)?;
    if n >= 0 {
        return Ok(exact(vm, v));
    }
    let b = to_big(v);
    if n.unsigned_abs() as u64 > b.bits() {
        return Ok(Value::int(0));
    }
    let p = BigInt::from(10).pow(n.unsigned_abs() as u32);
    let (q, r) = b.div_mod_floor(&p);
    let twice = &r * 2;
    let up = twice > p || twice == p && q.is_odd();
    Ok(from_big(vm, &((if up { q + 1 } else { q }) * p)))
}
fn byteorder(vm: &Vm, v: Option<Value>) -> PyResult<bool> {
    let Some(v) = v else { return Ok(true) };
    let s = vm.expect_str(v, "byteorder")?;
    match s.as_ascii() {
        Some("big") => Ok(true),
        Some("little") => Ok(false),
        _ => Err(vm.value_error("byteorder must be either 'little' or 'big'")),
    }
}
fn to_bytes(vm: &Vm, v: Value, length: Option<isize>, order: Option<Value>, signed: Option<bool>) -> PyResult<Value> {
    let big = byteorder(vm, order)?;
    let length = length.unwrap_or(1);
    if length < 0 {
        return Err(vm.value_error("length argument must be non-negative"));
    }
    let length = length as usize;
    let b = to_big(v);
    let signed = signed.unwrap_or(false);
    if b.is_negative() && !signed {
        return Err(vm.overflow_error("can't convert negative int to unsigned"));
    }
    let mut bytes = if signed && !b.is_zero() { b.to_signed_bytes_le() } else { b.magnitude().to_bytes_le() };
    if b.is_zero() {
        bytes.clear();
    }
    if bytes.len() > length {
        return Err(vm.overflow_error("int too big to convert"));
    }
    let fill = if b.is_negative() { 0xFF } else { 0 };
    bytes.try_reserve_exact(length - bytes.len()).map_err(|_| vm.memory_error())?;
    bytes.resize(length, fill);
    if big {
        bytes.reverse();
    }
    Ok(vm.heap.bytes(&bytes).or_raise(vm)?.value())
}
fn from_bytes(vm: &Vm, cls: Gc<Type>, bytes: Value, order: Option<Value>, signed: Option<bool>) -> PyResult<Value> {
    let big = byteorder(vm, order)?;
    let mut data = match vm.call_special(bytes, vm.names.__bytes__, &[])? {
        Some(b) => vm.bytes_like(b)?,
        None => match crate::types::buffer::bytes_of(vm, bytes)? {
            Some(b) => b,
            None => {
                let mut out = Vec::new();
                vm.for_each(bytes, |x| {
                    let i = vm.index_as_isize(x)?;
                    out.push(u8::try_from(i).map_err(|_| vm.value_error("bytes must be in range(0, 256)"))?);
                    Ok(())
                })?;
                out
            }
        },
    };
    if big {
        data.reverse();
    }
    let b = if signed.unwrap_or(false) {
        BigInt::from_signed_bytes_le(&data)
    } else {
        BigInt::from_bytes_le(Sign::Plus, &data)
    };
    let v = from_big(vm, &b);
    if cls == vm.types().int() { Ok(v) } else { vm.call(cls.value(), &[v]) }
}
/// Number of limbs, for sizes.
pub fn n_limbs(v: Value) -> usize {
    v.cast::<Int>().map_or(1, |g| g.limbs().len())
}
