//! Floats and complex numbers. Mixed operands follow C's Annex G, as CPython does since 3.14: a real operand is not made
//! complex first.
//!
//! Invariant: the platform's `pow`, `hypot`, `atan2`, `exp`, `log`, `sin` and `cos` are called with CPython's operands, and
//! what CPython keeps from them is kept from them here.

use pyc_format::opcode::BinaryOp;

use super::{Number, int};
use crate::constants::{ObjId, Objects};

#[derive(Clone, Copy)]
struct Complex {
    real: f64,
    imag: f64,
}

const ONE: Complex = Complex { real: 1.0, imag: 0.0 };

fn real(value: Number<'_>) -> Option<f64> {
    match value {
        Number::Int(value) => int::to_f64(value),
        Number::Float(value) => Some(value),
        Number::Complex(..) => None,
    }
}

/// At least one operand is no int.
pub(super) fn binary(objects: &mut Objects<'_>, a: Number<'_>, op: BinaryOp, b: Number<'_>) -> Option<ObjId> {
    let result = match (a, b) {
        (Number::Complex(ar, ai), Number::Complex(br, bi)) => {
            let (a, b) = (Complex { real: ar, imag: ai }, Complex { real: br, imag: bi });
            match op {
                BinaryOp::NB_ADD => Complex { real: a.real + b.real, imag: a.imag + b.imag },
                BinaryOp::NB_SUBTRACT => Complex { real: a.real - b.real, imag: a.imag - b.imag },
                BinaryOp::NB_MULTIPLY => product(a, b),
                BinaryOp::NB_TRUE_DIVIDE => quotient(a, b)?,
                BinaryOp::NB_POWER => complex_power(a, b)?,
                _ => return None,
            }
        }
        (Number::Complex(ar, ai), b) => {
            let (a, b) = (Complex { real: ar, imag: ai }, real(b)?);
            match op {
                BinaryOp::NB_ADD => Complex { real: a.real + b, ..a },
                BinaryOp::NB_SUBTRACT => Complex { real: a.real - b, ..a },
                BinaryOp::NB_MULTIPLY => Complex { real: a.real * b, imag: a.imag * b },
                BinaryOp::NB_TRUE_DIVIDE if b == 0.0 => return None,
                BinaryOp::NB_TRUE_DIVIDE => Complex { real: a.real / b, imag: a.imag / b },
                BinaryOp::NB_POWER => complex_power(a, Complex { real: b, imag: 0.0 })?,
                _ => return None,
            }
        }
        (a, Number::Complex(br, bi)) => {
            let (a, b) = (real(a)?, Complex { real: br, imag: bi });
            match op {
                BinaryOp::NB_ADD => Complex { real: b.real + a, ..b },
                BinaryOp::NB_SUBTRACT => Complex { real: a - b.real, imag: -b.imag },
                BinaryOp::NB_MULTIPLY => Complex { real: b.real * a, imag: b.imag * a },
                BinaryOp::NB_TRUE_DIVIDE => real_quotient(a, b)?,
                BinaryOp::NB_POWER => complex_power(Complex { real: a, imag: 0.0 }, b)?,
                _ => return None,
            }
        }
        (a, b) => {
            let (a, b) = (real(a)?, real(b)?);
            let value = match op {
                BinaryOp::NB_ADD => a + b,
                BinaryOp::NB_SUBTRACT => a - b,
                BinaryOp::NB_MULTIPLY => a * b,
                BinaryOp::NB_TRUE_DIVIDE if b != 0.0 => a / b,
                BinaryOp::NB_FLOOR_DIVIDE if b != 0.0 => floor_divide(a, b),
                BinaryOp::NB_REMAINDER if b != 0.0 => remainder(a, b),
                BinaryOp::NB_POWER => return power(objects, a, b),
                _ => return None,
            };
            return Some(objects.float(value));
        }
    };
    Some(objects.complex(result.real, result.imag))
}

/// `float_rem`: the sign is the divisor's.
fn remainder(a: f64, b: f64) -> f64 {
    let rest = a % b;
    if rest == 0.0 {
        0.0f64.copysign(b)
    } else if (b < 0.0) != (rest < 0.0) {
        rest + b
    } else {
        rest
    }
}

/// `float_floor_div`
fn floor_divide(a: f64, b: f64) -> f64 {
    let rest = a % b;
    let mut quotient = (a - rest) / b;
    if rest != 0.0 && (b < 0.0) != (rest < 0.0) {
        quotient -= 1.0;
    }
    if quotient == 0.0 {
        return 0.0f64.copysign(a / b);
    }
    let floor = quotient.floor();
    if quotient - floor > 0.5 { floor + 1.0 } else { floor }
}

fn is_odd_integer(value: f64) -> bool {
    (value.abs() % 2.0) == 1.0
}

/// `float_pow`; a negative base under a fraction gives a complex number.
pub(super) fn power(objects: &mut Objects<'_>, base: f64, exponent: f64) -> Option<ObjId> {
    let mut base = base;
    let value = if exponent == 0.0 {
        1.0
    } else if base.is_nan() {
        base
    } else if exponent.is_nan() {
        if base == 1.0 { 1.0 } else { exponent }
    } else if exponent.is_infinite() {
        base = base.abs();
        if base == 1.0 {
            1.0
        } else if (exponent > 0.0) == (base > 1.0) {
            exponent.abs()
        } else {
            0.0
        }
    } else if base.is_infinite() {
        match (exponent > 0.0, is_odd_integer(exponent)) {
            (true, true) => base,
            (true, false) => base.abs(),
            (false, true) => 0.0f64.copysign(base),
            (false, false) => 0.0,
        }
    } else if base == 0.0 {
        if exponent < 0.0 {
            return None;
        }
        if is_odd_integer(exponent) { base } else { 0.0 }
    } else {
        let mut negate = false;
        if base < 0.0 {
            if exponent != exponent.floor() {
                let (base, exponent) = (Complex { real: base, imag: 0.0 }, Complex { real: exponent, imag: 0.0 });
                let value = complex_power(base, exponent)?;
                return Some(objects.complex(value.real, value.imag));
            }
            base = -base;
            negate = is_odd_integer(exponent);
        }
        let value = if base == 1.0 { 1.0 } else { base.powf(exponent) };
        if value.is_infinite() {
            return None;
        }
        if negate { -value } else { value }
    };
    Some(objects.float(value))
}

/// Both stand for an infinite factor: its infinities become 1, all else 0, signs stay.
fn boxed(z: Complex) -> Complex {
    let unit = |x: f64| if x.is_infinite() { 1.0f64 } else { 0.0 }.copysign(x);
    Complex { real: unit(z.real), imag: unit(z.imag) }
}

fn nan_to_zero(z: Complex) -> Complex {
    let zero = |x: f64| if x.is_nan() { 0.0f64.copysign(x) } else { x };
    Complex { real: zero(z.real), imag: zero(z.imag) }
}

impl Complex {
    fn is_infinite(self) -> bool {
        self.real.is_infinite() || self.imag.is_infinite()
    }
    fn is_finite(self) -> bool {
        self.real.is_finite() && self.imag.is_finite()
    }
    fn is_nan(self) -> bool {
        self.real.is_nan() && self.imag.is_nan()
    }
}

/// `_Py_c_prod`
fn product(z: Complex, w: Complex) -> Complex {
    let (ac, bd, ad, bc) = (z.real * w.real, z.imag * w.imag, z.real * w.imag, z.imag * w.real);
    let result = Complex { real: ac - bd, imag: ad + bc };
    if !result.is_nan() {
        return result;
    }
    // Infinities that were computed as NaN.
    let (mut z, mut w, mut again) = (z, w, false);
    if z.is_infinite() {
        z = boxed(z);
        w = nan_to_zero(w);
        again = true;
    }
    if w.is_infinite() {
        w = boxed(w);
        z = nan_to_zero(z);
        again = true;
    }
    if !again && [ac, bd, ad, bc].iter().any(|x| x.is_infinite()) {
        z = nan_to_zero(z);
        w = nan_to_zero(w);
        again = true;
    }
    if !again {
        return result;
    }
    Complex {
        real: f64::INFINITY * (z.real * w.real - z.imag * w.imag),
        imag: f64::INFINITY * (z.real * w.imag + z.imag * w.real),
    }
}

const NAN: Complex = Complex { real: f64::NAN, imag: f64::NAN };

/// `_Py_c_quot`; none by zero.
fn quotient(a: Complex, b: Complex) -> Option<Complex> {
    let result = if b.real.abs() >= b.imag.abs() {
        if b.real == 0.0 {
            return None;
        }
        let ratio = b.imag / b.real;
        let denominator = b.real + b.imag * ratio;
        Complex { real: (a.real + a.imag * ratio) / denominator, imag: (a.imag - a.real * ratio) / denominator }
    } else if b.imag.abs() >= b.real.abs() {
        let ratio = b.real / b.imag;
        let denominator = b.real * ratio + b.imag;
        Complex { real: (a.real * ratio + a.imag) / denominator, imag: (a.imag * ratio - a.real) / denominator }
    } else {
        NAN
    };
    if !result.is_nan() {
        return Some(result);
    }
    if a.is_infinite() && b.is_finite() {
        let a = boxed(a);
        return Some(Complex {
            real: f64::INFINITY * (a.real * b.real + a.imag * b.imag),
            imag: f64::INFINITY * (a.imag * b.real - a.real * b.imag),
        });
    }
    if b.is_infinite() && a.is_finite() {
        let b = boxed(b);
        return Some(Complex {
            real: 0.0 * (a.real * b.real + a.imag * b.imag),
            imag: 0.0 * (a.imag * b.real - a.real * b.imag),
        });
    }
    Some(result)
}

/// `_Py_rc_quot`; none by zero.
fn real_quotient(a: f64, b: Complex) -> Option<Complex> {
    let result = if b.real.abs() >= b.imag.abs() {
        if b.real == 0.0 {
            return None;
        }
        let ratio = b.imag / b.real;
        let denominator = b.real + b.imag * ratio;
        Complex { real: a / denominator, imag: (-a * ratio) / denominator }
    } else if b.imag.abs() >= b.real.abs() {
        let ratio = b.real / b.imag;
        let denominator = b.real * ratio + b.imag;
        Complex { real: (a * ratio) / denominator, imag: -a / denominator }
    } else {
        NAN
    };
    if result.is_nan() && a.is_finite() && b.is_infinite() {
        let b = boxed(b);
        return Some(Complex { real: 0.0 * (a * b.real), imag: 0.0 * (-a * b.imag) });
    }
    Some(result)
}

/// `complex_pow`: small integers by multiplication. None if it raises.
fn complex_power(a: Complex, b: Complex) -> Option<Complex> {
    let result = if b.imag == 0.0 && b.real == b.real.floor() && b.real.abs() <= 100.0 {
        let exponent = b.real as i32;
        if exponent > 0 { integer_power(a, exponent) } else { quotient(ONE, integer_power(a, -exponent))? }
    } else if b.real == 0.0 && b.imag == 0.0 {
        ONE
    } else if a.real == 0.0 && a.imag == 0.0 {
        if b.imag != 0.0 || b.real < 0.0 {
            return None;
        }
        return Some(Complex { real: 0.0, imag: 0.0 });
    } else {
        let modulus = a.real.hypot(a.imag);
        let mut length = modulus.powf(b.real);
        let angle = a.imag.atan2(a.real);
        let mut phase = angle * b.real;
        if b.imag != 0.0 {
            length *= (-angle * b.imag).exp();
            phase += b.imag * modulus.ln();
        }
        // C's cos and sin report a domain error.
        if phase.is_infinite() {
            return None;
        }
        Complex { real: length * phase.cos(), imag: length * phase.sin() }
    };
    (!result.is_infinite()).then_some(result)
}

/// `c_powu`
fn integer_power(x: Complex, n: i32) -> Complex {
    let (mut result, mut square, mut mask) = (ONE, x, 1);
    while n >= mask {
        if n & mask != 0 {
            result = product(result, square);
        }
        mask <<= 1;
        square = product(square, square);
    }
    result
}
