//! math: the C library's functions with CPython's errors, and integer arithmetic.
//!
//! Invariant: a finite input that gives NaN is a ValueError, a finite input that gives an infinity an OverflowError, unless
//! the function is exact there; the texts are rows of the table.

use bunpy_core::modules::ModuleSpec;
use bunpy_core::native::{Args, MethodDef, function, raw};
use bunpy_core::types::dict::{Dict, DictExt};
use bunpy_core::types::int;
use bunpy_core::{PyResult, Raised, Vm, raise};
use bunpy_heap::{Gc, Value};
use num_bigint::{BigInt, Sign};
use num_integer::Integer;
use num_traits::{One, Signed, ToPrimitive, Zero};
use pyc_format::opcode::BinaryOp;

pub static MODULE: ModuleSpec = ModuleSpec {
    name: "math",
    doc: "This module provides access to the mathematical functions\ndefined by the C standard.",
    functions: FUNCTIONS,
    init,
    ..ModuleSpec::EMPTY
};

fn init(vm: &Vm, d: Gc<Dict>) -> PyResult<()> {
    for (name, x) in [
        ("pi", std::f64::consts::PI),
        ("e", std::f64::consts::E),
        ("tau", std::f64::consts::TAU),
        ("inf", f64::INFINITY),
        ("nan", f64::NAN),
    ] {
        d.set_text(vm, name, Value::float(x))?;
    }
    Ok(())
}

const NOT_FINITE: &str = "expected a finite input, got ";
const NOT_UNIT: &str = "expected a number in range from -1 up to 1, got ";
const NOT_POSITIVE: &str = "expected a positive input, got ";
const POLE: &str = "expected a noninteger or positive integer, got ";

/// A row for a function of one float: name, its doc, the function, the text for a value outside its domain.
macro_rules! real {
    ($name:literal, $doc:literal, $f:expr, $domain:expr) => {
        function($name, "($module, x, /)", |vm: &Vm, x: f64| -> PyResult<f64> { checked(vm, x, $f(x), $domain) })
            .doc($doc)
    };
}

/// The result, or what CPython raises for it.
fn checked(vm: &Vm, x: f64, y: f64, domain: &str) -> PyResult<f64> {
    if y.is_nan() && !x.is_nan() {
        return Err(out_of_domain(vm, x, domain));
    }
    if y.is_infinite() && x.is_finite() {
        return Err(vm.overflow_error("math range error"));
    }
    Ok(y)
}

fn out_of_domain(vm: &Vm, x: f64, domain: &str) -> Raised {
    if domain.is_empty() {
        return vm.value_error("math domain error");
    }
    vm.value_error(format!("{domain}{}", pyc_text::float_text::repr(x)))
}

/// The result of a function that says itself what is outside its domain.
fn guarded(vm: &Vm, x: f64, inside: bool, domain: &str, f: impl Fn(f64) -> f64) -> PyResult<f64> {
    if !inside && !x.is_nan() { Err(out_of_domain(vm, x, domain)) } else { Ok(f(x)) }
}

static FUNCTIONS: &[MethodDef] = &[
    real!("acos", "Return the arc cosine (measured in radians) of x.\n\nThe result is between 0 and pi.", f64::acos, NOT_UNIT),
    real!("acosh", "Return the inverse hyperbolic cosine of x.", libm::acosh, "expected argument value not less than 1, got "),
    real!("asin", "Return the arc sine (measured in radians) of x.\n\nThe result is between -pi/2 and pi/2.", f64::asin, NOT_UNIT),
    real!("asinh", "Return the inverse hyperbolic sine of x.", libm::asinh, ""),
    real!("atan", "Return the arc tangent (measured in radians) of x.\n\nThe result is between -pi/2 and pi/2.", f64::atan, ""),
    function("atan2", "($module, y, x, /)", |_: &Vm, y: f64, x: f64| y.atan2(x)).doc(
        "Return the arc tangent (measured in radians) of y/x.\n\nUnlike atan(y/x), the signs of both x and y are considered.",
    ),
    function("atanh", "($module, x, /)", |vm: &Vm, x: f64| {
        guarded(vm, x, x.abs() < 1.0, "expected a number between -1 and 1, got ", libm::atanh)
    })
    .doc("Return the inverse hyperbolic tangent of x."),
    real!("cbrt", "Return the cube root of x.", f64::cbrt, ""),
    function("ceil", "($module, x, /)", |vm: &Vm, x: Value| integral(vm, x, "__ceil__", f64::ceil))
        .doc("Return the ceiling of x as an Integral.\n\nThis is the smallest integer >= x."),
    function("comb", "($module, n, k, /)", comb).doc("Number of ways to choose k items from n items without repetition and without order."),
    function("copysign", "($module, x, y, /)", |_: &Vm, x: f64, y: f64| x.copysign(y))
        .doc("Return a float with the magnitude (absolute value) of x but the sign of y."),
    real!("cos", "Return the cosine of x (measured in radians).", f64::cos, NOT_FINITE),
    real!("cosh", "Return the hyperbolic cosine of x.", f64::cosh, ""),
    function("degrees", "($module, x, /)", |_: &Vm, x: f64| x * (180.0 / std::f64::consts::PI))
        .doc("Convert angle x from radians to degrees."),
    function("dist", "($module, p, q, /)", dist).doc("Return the Euclidean distance between two points p and q."),
    real!("erf", "Error function at x.", libm::erf, ""),
    real!("erfc", "Complementary error function at x.", libm::erfc, ""),
    real!("exp", "Return e raised to the power of x.", f64::exp, ""),
    real!("exp2", "Return 2 raised to the power of x.", f64::exp2, ""),
    real!("expm1", "Return exp(x)-1.", f64::exp_m1, ""),
    function("fabs", "($module, x, /)", |_: &Vm, x: f64| x.abs()).doc("Return the absolute value of the float x."),
    function("factorial", "($module, n, /)", factorial).doc("Find n!."),
    function("floor", "($module, x, /)", |vm: &Vm, x: Value| integral(vm, x, "__floor__", f64::floor))
        .doc("Return the floor of x as an Integral.\n\nThis is the largest integer <= x."),
    function("fma", "($module, x, y, z, /)", fma).doc("Fused multiply-add operation.\n\nCompute (x * y) + z with a single round."),
    function("fmod", "($module, x, y, /)", |vm: &Vm, x: f64, y: f64| both(vm, x, y, libm::fmod(x, y)))
        .doc("Return fmod(x, y), according to platform C.\n\nx % y may differ."),
    function("frexp", "($module, x, /)", |_: &Vm, x: f64| {
        let (m, e) = if x.is_finite() { libm::frexp(x) } else { (x, 0) };
        (m, e)
    })
    .doc("Return the mantissa and exponent of x, as pair (m, e)."),
    function("fsum", "($module, seq, /)", fsum).doc("Return an accurate floating-point sum of values in the iterable seq."),
    function("gamma", "($module, x, /)", |vm: &Vm, x: f64| -> PyResult<f64> {
        let pole = x == 0.0 || x == f64::NEG_INFINITY || (x < 0.0 && x == x.floor());
        guarded(vm, x, !pole, POLE, |x| x)?;
        checked(vm, x, libm::tgamma(x), POLE)
    })
    .doc("Gamma function at x."),
    raw("gcd", "($module, /, *integers)", |vm, a| fold(vm, a, "gcd", BigInt::zero(), |x, y| x.gcd(y)))
        .doc("Greatest Common Divisor."),
    raw("hypot", "($module, /, *coordinates)", hypot).doc("Multidimensional Euclidean distance from the origin to a point."),
    function("isclose", "($module, /, a, b, *, rel_tol=1e-09, abs_tol=0.0)", isclose)
        .doc("Determine whether two floating-point numbers are close in value."),
    function("isfinite", "($module, x, /)", |_: &Vm, x: f64| x.is_finite())
        .doc("Return True if x is neither an infinity nor a NaN, and False otherwise."),
    function("isinf", "($module, x, /)", |_: &Vm, x: f64| x.is_infinite())
        .doc("Return True if x is a positive or negative infinity, and False otherwise."),
    function("isnan", "($module, x, /)", |_: &Vm, x: f64| x.is_nan())
        .doc("Return True if x is a NaN (not a number), and False otherwise."),
    function("isqrt", "($module, n, /)", isqrt).doc("Return the integer part of the square root of the input."),
    raw("lcm", "($module, /, *integers)", |vm, a| fold(vm, a, "lcm", BigInt::one(), |x, y| x.lcm(y)))
        .doc("Least Common Multiple."),
    function("ldexp", "($module, x, i, /)", ldexp).doc("Return x * (2**i).\n\nThis is essentially the inverse of frexp()."),
    function("lgamma", "($module, x, /)", |vm: &Vm, x: f64| -> PyResult<f64> {
        let pole = x == 0.0 || (x < 0.0 && x.is_finite() && x == x.floor());
        guarded(vm, x, !pole, POLE, |x| x)?;
        checked(vm, x, if x.is_infinite() { f64::INFINITY } else { libm::lgamma(x) }, POLE)
    })
    .doc("Natural logarithm of absolute value of Gamma function at x."),
    raw("log", "($module, x, base=math.e, /)", log)
        .without_signature()
        .doc("log(x, [base=math.e])\nReturn the logarithm of x to the given base.\n\nIf the base is not specified, returns the natural logarithm (base e) of x."),
    function("log10", "($module, x, /)", |vm: &Vm, x: Value| log_of(vm, x, f64::log10)).doc("Return the base 10 logarithm of x."),
    function("log1p", "($module, x, /)", |vm: &Vm, x: f64| guarded(vm, x, x > -1.0, "expected argument value > -1, got ", f64::ln_1p))
        .doc("Return the natural logarithm of 1+x (base e).\n\nThe result is computed in a way which is accurate for x near zero."),
    function("log2", "($module, x, /)", |vm: &Vm, x: Value| log_of(vm, x, f64::log2)).doc("Return the base 2 logarithm of x."),
    function("modf", "($module, x, /)", |_: &Vm, x: f64| {
        if x.is_infinite() { (0.0f64.copysign(x), x) } else { ((x - x.trunc()).copysign(x), x.trunc()) }
    })
    .doc("Return the fractional and integer parts of x.\n\nBoth results carry the sign of x and are floats."),
    function("nextafter", "($module, x, y, /, *, steps=None)", nextafter)
        .doc("Return the floating-point value the given number of steps after x towards y."),
    function("perm", "($module, n, k=None, /)", perm).doc("Number of ways to choose k items from n items without repetition and with order."),
    function("pow", "($module, x, y, /)", pow).doc("Return x**y (x to the power of y)."),
    function("prod", "($module, iterable, /, *, start=1)", prod).doc("Calculate the product of all the elements in the input iterable."),
    function("radians", "($module, x, /)", |_: &Vm, x: f64| x * (std::f64::consts::PI / 180.0))
        .doc("Convert angle x from degrees to radians."),
    function("remainder", "($module, x, y, /)", |vm: &Vm, x: f64, y: f64| {
        let r = if y.is_infinite() && x.is_finite() { x } else { libm::remainder(x, y) };
        both(vm, x, y, r)
    })
    .doc("Difference between x and the closest integer multiple of y."),
    real!("sin", "Return the sine of x (measured in radians).", f64::sin, NOT_FINITE),
    real!("sinh", "Return the hyperbolic sine of x.", f64::sinh, ""),
    real!("sqrt", "Return the square root of x.", f64::sqrt, "expected a nonnegative input, got "),
    function("sumprod", "($module, p, q, /)", sumprod).doc("Return the sum of products of values from two iterables p and q."),
    real!("tan", "Return the tangent of x (measured in radians).", f64::tan, NOT_FINITE),
    real!("tanh", "Return the hyperbolic tangent of x.", f64::tanh, ""),
    function("trunc", "($module, x, /)", trunc).doc("Truncates the Real x to the nearest Integral toward 0.\n\nUses the __trunc__ magic method."),
    function("ulp", "($module, x, /)", |_: &Vm, x: f64| {
        let x = x.abs();
        if x.is_nan() || x.is_infinite() {
            x
        } else {
            let next = x.next_up();
            if next.is_infinite() { x - x.next_down() } else { next - x }
        }
    })
    .doc("Return the value of the least significant bit of the float x."),
];

/// fmod and remainder: NaN from numbers is outside the domain.
fn both(vm: &Vm, x: f64, y: f64, r: f64) -> PyResult<f64> {
    if r.is_nan() && !x.is_nan() && !y.is_nan() { Err(vm.value_error("math domain error")) } else { Ok(r) }
}

fn integral(vm: &Vm, v: Value, special: &str, round: fn(f64) -> f64) -> PyResult<Value> {
    let x = match v.as_float() {
        Some(x) => x,
        None => match vm.lookup_special(v, vm.intern(special)) {
            Some(f) => return vm.call_bound(f, v, Args::NONE),
            None => vm.to_f64(v)?,
        },
    };
    float_to_int(vm, round(x))
}

fn float_to_int(vm: &Vm, x: f64) -> PyResult<Value> {
    if x.is_nan() {
        return Err(vm.value_error("cannot convert float NaN to integer"));
    }
    match num_traits::FromPrimitive::from_f64(x) {
        Some(big) => Ok(int::from_big(vm, &big)),
        None => Err(vm.overflow_error("cannot convert float infinity to integer")),
    }
}

fn trunc(vm: &Vm, v: Value) -> PyResult<Value> {
    if let Some(x) = v.as_float() {
        return float_to_int(vm, x.trunc());
    }
    match vm.lookup_special(v, vm.intern("__trunc__")) {
        Some(f) => vm.call_bound(f, v, Args::NONE),
        None => Err(vm.type_error(format!("type {} doesn't define __trunc__ method", vm.type_name(v)))),
    }
}

fn big(vm: &Vm, v: Value) -> PyResult<BigInt> {
    Ok(int::to_big(int::exact(vm, vm.index(v)?)))
}

/// The longest result that is tried, in bits.
const MAX_BITS: u64 = 1 << 33;

fn factorial(vm: &Vm, n: Value) -> PyResult<Value> {
    let n = big(vm, n)?;
    if n.is_negative() {
        return Err(vm.value_error("factorial() not defined for negative values"));
    }
    let Some(n) = n.to_u64().filter(|&n| n <= i64::MAX as u64) else {
        return Err(vm.overflow_error(format!("factorial() argument should not exceed {}", i64::MAX)));
    };
    if n.saturating_mul(u64::from(64 - n.leading_zeros())) > MAX_BITS {
        return Err(vm.memory_error());
    }
    Ok(int::from_big(vm, &product(1, n)))
}

/// The product of `low..=high` by halves, so that factors stay of one length.
fn product(low: u64, high: u64) -> BigInt {
    if high < low {
        return BigInt::one();
    }
    if high - low < 16 {
        return (low..=high).fold(BigInt::one(), |acc, k| acc * k);
    }
    let middle = low + (high - low) / 2;
    product(low, middle) * product(middle + 1, high)
}

fn counts(vm: &Vm, n: Value, k: Value) -> PyResult<(BigInt, BigInt)> {
    let (n, k) = (big(vm, n)?, big(vm, k)?);
    if n.is_negative() {
        return Err(vm.value_error("n must be a non-negative integer"));
    }
    if k.is_negative() {
        return Err(vm.value_error("k must be a non-negative integer"));
    }
    Ok((n, k))
}

fn comb(vm: &Vm, n: Value, k: Value) -> PyResult<Value> {
    let (n, k) = counts(vm, n, k)?;
    if k > n {
        return Ok(Value::int(0));
    }
    let k = (&n - &k).min(k);
    let Some(k) = k.to_u64().filter(|&k| k <= i64::MAX as u64) else {
        return Err(vm.overflow_error(format!("min(n - k, k) must not exceed {}", i64::MAX)));
    };
    if k.saturating_mul(n.bits()) > MAX_BITS {
        return Err(vm.memory_error());
    }
    let mut result = BigInt::one();
    for i in 0..k {
        result = result * (&n - i) / (i + 1);
    }
    Ok(int::from_big(vm, &result))
}

fn perm(vm: &Vm, n: Value, k: Option<Value>) -> PyResult<Value> {
    let k = match k {
        None => return factorial(vm, n),
        Some(k) if k.is_none() => return factorial(vm, n),
        Some(k) => k,
    };
    let (n, k) = counts(vm, n, k)?;
    if k > n {
        return Ok(Value::int(0));
    }
    let Some(k) = k.to_u64().filter(|&k| k <= i64::MAX as u64) else {
        return Err(vm.overflow_error(format!("k must not exceed {}", i64::MAX)));
    };
    if k.saturating_mul(n.bits()) > MAX_BITS {
        return Err(vm.memory_error());
    }
    let mut result = BigInt::one();
    for i in 0..k {
        result *= &n - i;
    }
    Ok(int::from_big(vm, &result))
}

fn fold(vm: &Vm, args: Args<'_>, name: &str, start: BigInt, f: fn(&BigInt, &BigInt) -> BigInt) -> PyResult<Value> {
    if args.n_kw() > 0 {
        return Err(vm.type_error(format!("math.{name}() takes no keyword arguments")));
    }
    let mut acc = start;
    for &v in args.positional() {
        acc = f(&acc, &big(vm, v)?);
    }
    Ok(int::from_big(vm, &acc.abs()))
}

fn isqrt(vm: &Vm, n: Value) -> PyResult<Value> {
    let n = big(vm, n)?;
    if n.is_negative() {
        return Err(vm.value_error("isqrt() argument must be nonnegative"));
    }
    Ok(int::from_big(vm, &n.sqrt()))
}

/// A logarithm of an int of any size or a float.
fn log_of(vm: &Vm, v: Value, f: fn(f64) -> f64) -> PyResult<f64> {
    if int::is_int(v) {
        let n = int::to_big(v);
        if n.sign() != Sign::Plus {
            return Err(vm.value_error(format!("{NOT_POSITIVE}{n}")));
        }
        if n.bits() > 1000 {
            // log(m * 2**e) = log(m) + e * log(2)
            let shift = n.bits() - 64;
            let mantissa = (&n >> shift).to_f64().unwrap_or(f64::MAX);
            return Ok(f(mantissa) + shift as f64 * f(2.0));
        }
    }
    let x = vm.to_f64(v)?;
    guarded(vm, x, x > 0.0, NOT_POSITIVE, f)
}

fn log(vm: &Vm, args: Args<'_>) -> PyResult<Value> {
    if args.n_kw() > 0 {
        return Err(vm.type_error("math.log() takes no keyword arguments"));
    }
    match *args.positional() {
        [x] => Ok(Value::float(log_of(vm, x, f64::ln)?)),
        [x, base] => {
            let (x, base) = (log_of(vm, x, f64::ln)?, log_of(vm, base, f64::ln)?);
            if base == 0.0 {
                return Err(raise!(vm, ZeroDivisionError, "division by zero"));
            }
            Ok(Value::float(x / base))
        }
        [] => Err(vm.type_error("log expected at least 1 argument, got 0")),
        ref more => Err(vm.type_error(format!("log expected at most 2 arguments, got {}", more.len()))),
    }
}

fn ldexp(vm: &Vm, x: f64, i: Value) -> PyResult<f64> {
    if !int::is_int(i) {
        return Err(vm.type_error("Expected an int as second argument to ldexp."));
    }
    let exponent = match vm.int_as_i64(i) {
        Some(e) => e.clamp(-100_000, 100_000) as i32,
        None if vm.is_negative_int(i) => -100_000,
        None => 100_000,
    };
    if x == 0.0 || !x.is_finite() {
        return Ok(x);
    }
    let y = libm::ldexp(x, exponent);
    if y.is_infinite() { Err(vm.overflow_error("math range error")) } else { Ok(y) }
}

fn pow(vm: &Vm, x: f64, y: f64) -> PyResult<f64> {
    let r = x.powf(y);
    if x.is_finite() && y.is_finite() {
        if r.is_nan() || r.is_infinite() && x == 0.0 {
            return Err(vm.value_error("math domain error"));
        }
        if r.is_infinite() {
            return Err(vm.overflow_error("math range error"));
        }
    }
    Ok(r)
}

fn fma(vm: &Vm, x: f64, y: f64, z: f64) -> PyResult<f64> {
    let r = x.mul_add(y, z);
    if r.is_nan() && !x.is_nan() && !y.is_nan() && !z.is_nan() {
        return Err(vm.value_error("invalid operation in fma"));
    }
    if r.is_infinite() && x.is_finite() && y.is_finite() && z.is_finite() {
        return Err(vm.overflow_error("overflow in fma"));
    }
    Ok(r)
}

fn isclose(vm: &Vm, a: f64, b: f64, rel: Option<f64>, abs: Option<f64>) -> PyResult<bool> {
    let (rel, abs) = (rel.unwrap_or(1e-9), abs.unwrap_or(0.0));
    if rel < 0.0 || abs < 0.0 {
        return Err(vm.value_error("tolerances must be non-negative"));
    }
    if a == b {
        return Ok(true);
    }
    if a.is_infinite() || b.is_infinite() {
        return Ok(false);
    }
    let diff = (b - a).abs();
    Ok(diff <= (rel * b).abs() || diff <= (rel * a).abs() || diff <= abs)
}

fn nextafter(vm: &Vm, x: f64, y: f64, steps: Option<Value>) -> PyResult<f64> {
    let steps = match steps.filter(|s| !s.is_none()) {
        None => 1,
        Some(s) => {
            let n = big(vm, s)?;
            if n.is_negative() {
                return Err(vm.value_error("steps must be a non-negative integer"));
            }
            n.to_u64().unwrap_or(u64::MAX)
        }
    };
    if x.is_nan() || y.is_nan() {
        return Ok(x + y);
    }
    // Floats as ordered integers: neighbours differ by one.
    let key = |f: f64| {
        let bits = f.to_bits() as i64;
        i128::from(if bits < 0 { i64::MIN.wrapping_sub(bits) } else { bits })
    };
    if steps == 0 || x == y {
        return Ok(if steps == 0 { x } else { y });
    }
    let (from, to) = (key(x), key(y));
    let k = if from < to { (from + i128::from(steps)).min(to) } else { (from - i128::from(steps)).max(to) };
    if k == to {
        return Ok(y);
    }
    Ok(if k < 0 || k == 0 && x < 0.0 { -f64::from_bits((-k) as u64) } else { f64::from_bits(k as u64) })
}

fn floats(vm: &Vm, v: Value) -> PyResult<Vec<f64>> {
    vm.collect_values(v)?.into_iter().map(|x| vm.to_f64(x)).collect()
}

fn hypot(vm: &Vm, args: Args<'_>) -> PyResult<Value> {
    if args.n_kw() > 0 {
        return Err(vm.type_error("math.hypot() takes no keyword arguments"));
    }
    let xs: Vec<f64> = args.positional().iter().map(|&v| vm.to_f64(v)).collect::<PyResult<_>>()?;
    Ok(Value::float(norm(&xs)))
}

fn dist(vm: &Vm, p: Value, q: Value) -> PyResult<f64> {
    let (p, q) = (floats(vm, p)?, floats(vm, q)?);
    if p.len() != q.len() {
        return Err(vm.value_error("both points must have the same number of dimensions"));
    }
    Ok(norm(&p.iter().zip(&q).map(|(a, b)| a - b).collect::<Vec<_>>()))
}

/// The Euclidean norm: scaled by a power of two, squares summed with their rounding errors, corrected once.
fn norm(xs: &[f64]) -> f64 {
    let largest = xs.iter().fold(0.0f64, |m, x| m.max(x.abs()));
    if xs.iter().any(|x| x.is_infinite()) {
        return f64::INFINITY;
    }
    if xs.iter().any(|x| x.is_nan()) {
        return f64::NAN;
    }
    if largest == 0.0 || xs.len() == 1 {
        return largest;
    }
    let (_, exponent) = libm::frexp(largest);
    if exponent < -1023 {
        // Subnormal: scaling by the power would overflow.
        let scale = f64::MIN_POSITIVE;
        return scale * norm(&xs.iter().map(|x| x / scale).collect::<Vec<_>>());
    }
    let scale = libm::ldexp(1.0, -exponent);
    let (mut sum, mut lost) = (1.0f64, 0.0f64);
    for x in xs {
        let x = x * scale;
        let square = x * x;
        let error = x.mul_add(x, -square);
        let next = sum + square;
        lost += (sum - next) + square + error;
        sum = next;
    }
    let h = (sum - 1.0 + lost).sqrt();
    let square = h * h;
    let error = h.mul_add(h, -square);
    // What is left of the sum after taking h*h away, halved over h.
    let next = sum - square;
    lost += (sum - next) - square - error;
    let rest = next - 1.0 + lost;
    (h + rest / (2.0 * h)) / scale
}

/// The exact sum, rounded once: partial sums that do not overlap (Shewchuk).
fn fsum(vm: &Vm, seq: Value) -> PyResult<f64> {
    let mut partials: Vec<f64> = Vec::new();
    let (mut special, mut infinities) = (0.0, 0.0);
    vm.for_each(seq, |v| {
        let original = vm.to_f64(v)?;
        let mut x = original;
        let mut kept = 0;
        for j in 0..partials.len() {
            let mut y = partials[j];
            if x.abs() < y.abs() {
                std::mem::swap(&mut x, &mut y);
            }
            let high = x + y;
            let low = y - (high - x);
            if low != 0.0 {
                partials[kept] = low;
                kept += 1;
            }
            x = high;
        }
        partials.truncate(kept);
        if x != 0.0 {
            if !x.is_finite() {
                if original.is_finite() {
                    return Err(vm.overflow_error("intermediate overflow in fsum"));
                }
                if original.is_infinite() {
                    infinities += original;
                }
                special += original;
                partials.clear();
            } else {
                partials.push(x);
            }
        }
        Ok(())
    })?;
    if special != 0.0 {
        return if infinities.is_nan() { Err(vm.value_error("-inf + inf in fsum")) } else { Ok(special) };
    }
    let Some(mut high) = partials.pop() else { return Ok(0.0) };
    let mut low = 0.0;
    while let Some(y) = partials.pop() {
        let x = high;
        high = x + y;
        low = y - (high - x);
        if low != 0.0 {
            break;
        }
    }
    // Half-way cases: the next partial decides.
    if let Some(&next) = partials.last()
        && (low < 0.0 && next < 0.0 || low > 0.0 && next > 0.0)
    {
        let y = low * 2.0;
        let x = high + y;
        if y == x - high {
            high = x;
        }
    }
    Ok(high)
}

fn prod(vm: &Vm, iterable: Value, start: Option<Value>) -> PyResult<Value> {
    let mut acc = start.unwrap_or(Value::int(1));
    vm.for_each(iterable, |v| {
        acc = vm.binary(acc, v, BinaryOp::NB_MULTIPLY)?;
        Ok(())
    })?;
    Ok(acc)
}

fn sumprod(vm: &Vm, p: Value, q: Value) -> PyResult<Value> {
    let (p, q) = (vm.collect_values(p)?, vm.collect_values(q)?);
    if p.len() != q.len() {
        return Err(vm.value_error("Inputs are not the same length"));
    }
    let float = |v: &Value| v.as_float().or_else(|| v.as_int().map(|i| i as f64));
    if p.iter().chain(&q).all(|v| float(v).is_some()) && p.iter().chain(&q).any(|v| v.as_float().is_some()) {
        // Products and sum with their rounding errors (TripleLength of CPython, in two words).
        let (mut sum, mut lost) = (0.0f64, 0.0f64);
        for (a, b) in p.iter().zip(&q) {
            let (a, b) = (float(a).unwrap_or(0.0), float(b).unwrap_or(0.0));
            let product = a * b;
            let error = a.mul_add(b, -product);
            let next = sum + product;
            let back = next - sum;
            lost += (sum - (next - back)) + (product - back) + error;
            sum = next;
        }
        if sum.is_finite() {
            return Ok(Value::float(sum + lost));
        }
    }
    let mut acc = Value::int(0);
    for (a, b) in p.iter().zip(&q) {
        let product = vm.binary(*a, *b, BinaryOp::NB_MULTIPLY)?;
        acc = vm.add(acc, product)?;
    }
    Ok(acc)
}
