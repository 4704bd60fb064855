//! int, and bool.
//!
//! Invariant: a number that fits 48 bits is a word, never a cell, unless its class is a subclass; `num-bigint` is the
//! algorithm library of what does not fit, and its values never outlive a call. Next: `int_methods.rs`.

use crate::error::{OrRaise, PyResult};
use crate::object::slots::{Cmp, SlotTable};
use crate::types::type_::{Type, TypeSpec, flags};
use crate::vm::Vm;
use bunpy_heap::{Gc, Int, Kind, Value};
use num_bigint::{BigInt, BigUint, Sign};
use num_integer::Integer;
use num_traits::{One, Signed, ToPrimitive, Zero};
use std::sync::atomic::Ordering::Relaxed;

pub static INT: TypeSpec = TypeSpec {
    name: "int",
    kind: Kind::Int,
    flags: flags::BASETYPE | flags::MATCH_SELF,
    doc: "int([x]) -> integer\nint(x, base=10) -> integer\n\nConvert a number or string to an integer, or return 0 if no arguments\nare given.  If x is a number, return x.__int__().  For floating-point\nnumbers, this truncates towards zero.\n\nIf x is not a number or if base is given, then x must be a string,\nbytes, or bytearray instance representing an integer literal in the\ngiven base.  The literal can be preceded by '+' or '-' and be surrounded\nby whitespace.  The base defaults to 10.  Valid bases are 0 and 2-36.\nBase 0 means to interpret the base from the string as an integer literal.\n>>> int('0b100', base=0)\n4",
    new: Some(super::int_methods::NEW),
    slots: SlotTable {
        repr: Some(repr),
        hash: Some(hash),
        richcompare: Some(richcompare),
        add: Some(|vm, a, b| arith(vm, a, b, Op::Add)),
        subtract: Some(|vm, a, b| arith(vm, a, b, Op::Sub)),
        multiply: Some(|vm, a, b| arith(vm, a, b, Op::Mul)),
        remainder: Some(|vm, a, b| arith(vm, a, b, Op::Mod)),
        floor_divide: Some(|vm, a, b| arith(vm, a, b, Op::FloorDiv)),
        divmod: Some(divmod),
        true_divide: Some(true_divide),
        power: Some(power),
        lshift: Some(lshift),
        rshift: Some(rshift),
        and: Some(|vm, a, b| arith(vm, a, b, Op::And)),
        or: Some(|vm, a, b| arith(vm, a, b, Op::Or)),
        xor: Some(|vm, a, b| arith(vm, a, b, Op::Xor)),
        negative: Some(negative),
        positive: Some(|vm, v| Ok(exact(vm, v))),
        absolute: Some(|vm, v| if vm.is_negative_int(v) { negative(vm, v) } else { Ok(exact(vm, v)) }),
        bool: Some(|vm, v| Ok(!is_zero(vm, v))),
        invert: Some(|vm, v| {
            let minus_one = Value::int(-1);
            arith(vm, exact(vm, v), minus_one, Op::Xor)
        }),
        int: Some(|vm, v| Ok(exact(vm, v))),
        float: Some(|vm, v| Ok(Value::float(to_f64(vm, v)?))),
        index: Some(|vm, v| Ok(exact(vm, v))),
        ..SlotTable::EMPTY
    },
    methods: super::int_methods::METHODS,
    getset: super::int_methods::GETSET,
    ..TypeSpec::EMPTY
};

#[derive(Clone, Copy)]
enum Op {
    Add,
    Sub,
    Mul,
    Mod,
    FloorDiv,
    And,
    Or,
    Xor,
}

/// Whether the value is an int, a bool, or an instance of a subclass.
pub fn is_int(v: Value) -> bool {
    matches!(v.kind(), Kind::Int | Kind::Bool)
}
fn is_zero(vm: &Vm, v: Value) -> bool {
    vm.int_as_i64(v) == Some(0)
}
/// The same number as an exact int.
pub fn exact(vm: &Vm, v: Value) -> Value {
    if v.is_int() {
        return v;
    }
    if v.kind() == Kind::Bool {
        return Value::int(v.is_true() as i64);
    }
    match v.cast::<Int>() {
        Some(g) if !g.is_exact() => vm.int_limbs(g.is_negative(), g.limbs()),
        _ => v,
    }
}
/// An instance of a subclass with this number.
pub fn of_class(vm: &Vm, cls: Gc<Type>, v: Value) -> PyResult<Value> {
    let b = to_big(v);
    let (sign, limbs) = (b.sign(), b.magnitude().to_u64_digits());
    let g = vm.heap.int_shaped(cls.root_shape.load(Relaxed), sign == Sign::Minus, &limbs).or_raise(vm)?;
    Ok(g.value())
}
pub fn to_big(v: Value) -> BigInt {
    if let Some(i) = v.as_int() {
        return BigInt::from(i);
    }
    if v.kind() == Kind::Bool {
        return BigInt::from(v.is_true() as i64);
    }
    match v.cast::<Int>() {
        Some(g) => {
            let digits: Vec<u32> = g.limbs().iter().flat_map(|l| [*l as u32, (*l >> 32) as u32]).collect();
            BigInt::from_biguint(if g.is_negative() { Sign::Minus } else { Sign::Plus }, BigUint::new(digits))
        }
        None => BigInt::zero(),
    }
}
pub fn from_big(vm: &Vm, b: &BigInt) -> Value {
    match b.to_i64() {
        Some(i) => vm.int(i),
        None => vm.int_limbs(b.sign() == Sign::Minus, &b.magnitude().to_u64_digits()),
    }
}

fn arith(vm: &Vm, a: Value, b: Value, op: Op) -> PyResult<Value> {
    if !is_int(a) || !is_int(b) {
        return Ok(Value::not_implemented());
    }
    if let (Some(x), Some(y)) = (vm.int_as_i64(a), vm.int_as_i64(b)) {
        let r = match op {
            Op::Add => x.checked_add(y),
            Op::Sub => x.checked_sub(y),
            Op::Mul => x.checked_mul(y),
            Op::And => Some(x & y),
            Op::Or => Some(x | y),
            Op::Xor => Some(x ^ y),
            Op::Mod | Op::FloorDiv if y == 0 => return Err(zero_division(vm, op)),
            Op::Mod => Some(if y == -1 { 0 } else { x.mod_floor(&y) }),
            Op::FloorDiv if y == -1 => x.checked_neg(),
            Op::FloorDiv => Some(Integer::div_floor(&x, &y)),
        };
        if let Some(r) = r {
            return Ok(vm.int(r));
        }
    }
    let (x, y) = (to_big(a), to_big(b));
    Ok(from_big(
        vm,
        &match op {
            Op::Add => x + y,
            Op::Sub => x - y,
            Op::Mul => x * y,
            Op::And => x & y,
            Op::Or => x | y,
            Op::Xor => x ^ y,
            Op::Mod | Op::FloorDiv if y.is_zero() => return Err(zero_division(vm, op)),
            Op::Mod => x.mod_floor(&y),
            Op::FloorDiv => x.div_floor(&y),
        },
    ))
}
fn zero_division(vm: &Vm, op: Op) -> crate::Raised {
    let _ = op;
    crate::raise!(vm, ZeroDivisionError, "division by zero")
}
fn divmod(vm: &Vm, a: Value, b: Value) -> PyResult<Value> {
    if !is_int(a) || !is_int(b) {
        return Ok(Value::not_implemented());
    }
    let (q, r) = (arith(vm, a, b, Op::FloorDiv)?, arith(vm, a, b, Op::Mod)?);
    Ok(vm.heap.tuple(&[q, r]).value())
}
fn true_divide(vm: &Vm, a: Value, b: Value) -> PyResult<Value> {
    if !is_int(a) || !is_int(b) {
        return Ok(Value::not_implemented());
    }
    if is_zero(vm, b) {
        return Err(crate::raise!(vm, ZeroDivisionError, "division by zero"));
    }
    const EXACT: i64 = 1 << 53;
    if let (Some(x), Some(y)) = (vm.int_as_i64(a), vm.int_as_i64(b))
        && (-EXACT..=EXACT).contains(&x)
        && (-EXACT..=EXACT).contains(&y)
    {
        return Ok(Value::float(x as f64 / y as f64));
    }
    match big_divide(&to_big(a), &to_big(b)) {
        Some(f) => Ok(Value::float(f)),
        None => Err(vm.overflow_error("integer division result too large for a float")),
    }
}
/// The correctly rounded quotient; `None` where it overflows.
fn big_divide(a: &BigInt, b: &BigInt) -> Option<f64> {
    if a.is_zero() {
        return Some(0.0);
    }
    let negative = a.is_negative() != b.is_negative();
    let (a, b) = (a.magnitude(), b.magnitude());
    // A quotient of 66 bits or more, with a sticky bit for what is lost, rounds once when it becomes a float; results in
    // the subnormal range keep fewer bits so that the one rounding happens at the right place.
    let diff = a.bits() as i64 - b.bits() as i64;
    if diff > 1025 {
        return None;
    }
    if diff < -1077 {
        return Some(if negative { -0.0 } else { 0.0 });
    }
    let shift = 64 - diff;
    let (n, d) = if shift >= 0 { (a << shift as u64, b.clone()) } else { (a.clone(), b << (-shift) as u64) };
    let (q, r) = n.div_rem(&d);
    let mut q = q.to_u128()?;
    if !r.is_zero() {
        q |= 1;
    }
    let f = scale(q, -shift)?;
    Some(if negative { -f } else { f })
}
/// `q * 2^e` rounded once to nearest even; `None` where it overflows.
fn scale(q: u128, e: i64) -> Option<f64> {
    let bits = 128 - q.leading_zeros() as i64;
    // Bits that must go: beyond 53, or more below the smallest subnormal.
    let drop = (bits - 53).max(-1074 - e).max(0);
    let m = if drop >= 128 {
        0
    } else {
        let (keep, rest, half) =
            (q >> drop, q & ((1u128 << drop) - 1), if drop == 0 { 0 } else { 1u128 << (drop - 1) });
        if drop > 0 && (rest > half || rest == half && keep & 1 == 1) { keep + 1 } else { keep }
    };
    let e = e + drop;
    let f = m as f64;
    let f = if e > 971 {
        return None;
    } else if e < -1022 {
        f * f64::from_bits(1) * 2f64.powi((e + 1074) as i32)
    } else {
        f * 2f64.powi(e as i32)
    };
    if f.is_infinite() { None } else { Some(f) }
}
/// The correctly rounded float of an int.
pub fn to_f64(vm: &Vm, v: Value) -> PyResult<f64> {
    if let Some(i) = vm.int_as_i64(v) {
        return Ok(i as f64);
    }
    big_divide(&to_big(v), &BigInt::one()).ok_or_else(|| vm.overflow_error("int too large to convert to float"))
}
fn power(vm: &Vm, a: Value, b: Value, m: Value) -> PyResult<Value> {
    if !is_int(a) || !is_int(b) || !m.is_none() && !is_int(m) {
        return Ok(Value::not_implemented());
    }
    if !m.is_none() {
        return super::int_methods::pow_mod(vm, a, b, m);
    }
    if vm.is_negative_int(b) {
        let (x, y) = (to_f64(vm, a)?, to_f64(vm, b)?);
        return vm.power(Value::float(x), Value::float(y), Value::none());
    }
    let e = vm.int_as_i64(b);
    let (Some(e), base) = (e, exact(vm, a)) else {
        return match vm.int_as_i64(a) {
            Some(0) => Ok(Value::int(0)),
            Some(1) => Ok(Value::int(1)),
            Some(-1) => Ok(Value::int(if to_big(b).is_even() { 1 } else { -1 })),
            _ => Err(vm.memory_error()),
        };
    };
    if let Some(x) = vm.int_as_i64(base)
        && let Ok(e) = u32::try_from(e)
        && let Some(r) = x.checked_pow(e)
    {
        return Ok(vm.int(r));
    }
    let big = to_big(base);
    if big.magnitude().is_one() || big.is_zero() {
        return Ok(vm.int(if big.is_zero() {
            0
        } else if big.is_negative() && e % 2 == 1 {
            -1
        } else {
            1
        }));
    }
    check_bits(vm, (big.bits() as u128) * e as u128)?;
    let Ok(e) = u32::try_from(e) else { return Err(vm.memory_error()) };
    Ok(from_big(vm, &big.pow(e)))
}
/// Refuses results that no memory holds, before the library allocates.
pub fn check_bits(vm: &Vm, bits: u128) -> PyResult<()> {
    if bits > 1 << 36 { Err(vm.memory_error()) } else { Ok(()) }
}
fn lshift(vm: &Vm, a: Value, b: Value) -> PyResult<Value> {
    if !is_int(a) || !is_int(b) {
        return Ok(Value::not_implemented());
    }
    if vm.is_negative_int(b) {
        return Err(vm.value_error("negative shift count"));
    }
    if is_zero(vm, a) {
        return Ok(Value::int(0));
    }
    let Some(n) = vm.int_as_i64(b) else { return Err(vm.overflow_error("too many digits in integer")) };
    if let Some(x) = vm.int_as_i64(a)
        && n < 63
        && (x << n) >> n == x
    {
        return Ok(vm.int(x << n));
    }
    let x = to_big(a);
    check_bits(vm, x.bits() as u128 + n as u128)?;
    Ok(from_big(vm, &(x << n as u64)))
}
fn rshift(vm: &Vm, a: Value, b: Value) -> PyResult<Value> {
    if !is_int(a) || !is_int(b) {
        return Ok(Value::not_implemented());
    }
    if vm.is_negative_int(b) {
        return Err(vm.value_error("negative shift count"));
    }
    let n = vm.int_as_i64(b).unwrap_or(i64::MAX);
    if let Some(x) = vm.int_as_i64(a) {
        return Ok(vm.int(x >> n.min(63)));
    }
    let x = to_big(a);
    if n as u64 > x.bits() {
        return Ok(Value::int(if x.is_negative() { -1 } else { 0 }));
    }
    Ok(from_big(vm, &(x >> n as u64)))
}
fn negative(vm: &Vm, v: Value) -> PyResult<Value> {
    match vm.int_as_i64(v).and_then(i64::checked_neg) {
        Some(i) => Ok(vm.int(i)),
        None => Ok(from_big(vm, &-to_big(v))),
    }
}
/// Decimal text; ValueError beyond the limit of `sys.set_int_max_str_digits`.
pub fn repr(vm: &Vm, v: Value) -> PyResult<Value> {
    if let Some(i) = vm.int_as_i64(v) {
        return Ok(vm.str(&i.to_string()));
    }
    let b = to_big(v);
    let limit = super::int_methods::max_str_digits(vm);
    if limit > 0 && b.bits() as f64 * std::f64::consts::LOG10_2 > limit as f64 {
        let text = b.magnitude().to_string();
        if text.len() > limit {
            return Err(vm.value_error(format!(
                "Exceeds the limit ({limit} digits) for integer string conversion; use sys.set_int_max_str_digits() to increase the limit"
            )));
        }
    }
    Ok(vm.str(&b.to_string()))
}
fn hash(vm: &Vm, v: Value) -> PyResult<i64> {
    if let Some(i) = vm.int_as_i64(v) {
        return Ok(crate::hash::int(i));
    }
    Ok(v.cast::<Int>().map_or(0, |g| crate::hash::limbs(g.is_negative(), g.limbs())))
}
pub fn cmp(vm: &Vm, a: Value, b: Value) -> std::cmp::Ordering {
    match (vm.int_as_i64(a), vm.int_as_i64(b)) {
        (Some(x), Some(y)) => x.cmp(&y),
        _ => to_big(a).cmp(&to_big(b)),
    }
}
fn richcompare(vm: &Vm, a: Value, b: Value, op: Cmp) -> PyResult<Value> {
    if !is_int(a) || !is_int(b) {
        return Ok(Value::not_implemented());
    }
    Ok(Value::bool(op.of(cmp(vm, a, b))))
}

// ---- bool

pub static BOOL: TypeSpec = TypeSpec {
    name: "bool",
    kind: Kind::Bool,
    flags: flags::MATCH_SELF,
    doc: "Returns True when the argument is true, False otherwise.\nThe builtins True and False are the only two instances of the class bool.\nThe class bool is a subclass of the class int, and cannot be subclassed.",
    signature: "(object=False, /)",
    new: Some(crate::native::method(
        "__new__",
        "($type, object=False, /)",
        |vm: &Vm, _: Gc<Type>, x: Option<Value>| -> PyResult<bool> { x.map_or(Ok(false), |x| vm.is_true(x)) },
    )),
    slots: SlotTable {
        repr: Some(|vm, v| Ok(vm.str(if v.is_true() { "True" } else { "False" }))),
        and: Some(|vm, a, b| logic(vm, a, b, |x, y| x & y, Op::And)),
        or: Some(|vm, a, b| logic(vm, a, b, |x, y| x | y, Op::Or)),
        xor: Some(|vm, a, b| logic(vm, a, b, |x, y| x ^ y, Op::Xor)),
        ..SlotTable::EMPTY
    },
    ..TypeSpec::EMPTY
};
fn logic(vm: &Vm, a: Value, b: Value, f: fn(bool, bool) -> bool, op: Op) -> PyResult<Value> {
    if a.kind() == Kind::Bool && b.kind() == Kind::Bool {
        return Ok(Value::bool(f(a.is_true(), b.is_true())));
    }
    arith(vm, a, b, op)
}
