//! Integers of any size. Those that fit an `i64` are computed without allocation where the result fits an `i128`.
//!
//! Invariant: an [`Int`] is `Small` whenever it fits, so equal values look equal.

use bumpalo::Bump;
use num_bigint::{BigInt, BigUint, Sign};
use pyc_format::opcode::BinaryOp;

use super::{Unary, float};
use crate::ast::Int;
use crate::constants::{ObjId, Objects};

/// Longest result of multiplication, power and left shift, in bits (`MAX_INT_SIZE`).
const MAX_INT_SIZE: u64 = 128;

/// The integer that equals the float, if there is one.
pub(crate) fn int_of_float(arena: &Bump, value: f64) -> Option<Int<'_>> {
    if !value.is_finite() || value.fract() != 0.0 {
        return None;
    }
    if value.abs() < 9.0e18 {
        return Some(Int::Small(value as i64));
    }
    let bits = value.abs().to_bits();
    let mantissa = (bits & ((1 << 52) - 1)) | (1 << 52);
    let shift = (bits >> 52).saturating_sub(1075);
    let magnitude = BigUint::from(mantissa) << shift;
    Some(from_big(arena, BigInt::from_biguint(if value < 0.0 { Sign::Minus } else { Sign::Plus }, magnitude)))
}

fn to_big(value: Int<'_>) -> BigInt {
    match value {
        Int::Small(value) => BigInt::from(value),
        Int::Big { negative, magnitude } => {
            BigInt::from_biguint(if negative { Sign::Minus } else { Sign::Plus }, BigUint::from_slice(magnitude))
        }
    }
}

fn from_big(arena: &Bump, value: BigInt) -> Int<'_> {
    match i64::try_from(&value) {
        Ok(value) => Int::Small(value),
        Err(_) => {
            let (sign, digits) = value.to_u32_digits();
            Int::Big { negative: sign == Sign::Minus, magnitude: arena.alloc_slice_copy(&digits) }
        }
    }
}

fn from_i128(arena: &Bump, value: i128) -> Int<'_> {
    match i64::try_from(value) {
        Ok(value) => Int::Small(value),
        Err(_) => from_big(arena, BigInt::from(value)),
    }
}

/// `int.bit_length`
fn bits(value: Int<'_>) -> u64 {
    match value {
        Int::Small(value) => u64::from(64 - value.unsigned_abs().leading_zeros()),
        Int::Big { magnitude, .. } => match magnitude.split_last() {
            Some((top, rest)) => rest.len() as u64 * 32 + u64::from(32 - top.leading_zeros()),
            None => 0,
        },
    }
}

fn is_negative(value: Int<'_>) -> bool {
    match value {
        Int::Small(value) => value < 0,
        Int::Big { negative, .. } => negative,
    }
}

/// `float(value)`, correctly rounded; none if it overflows.
pub(super) fn to_f64(value: Int<'_>) -> Option<f64> {
    match value {
        Int::Small(value) => Some(value as f64),
        big => ratio(&to_big(big), &BigInt::from(1)),
    }
}

pub(super) fn unary(objects: &mut Objects<'_>, op: Unary, value: Int<'_>) -> Option<ObjId> {
    let result = match (op, value) {
        (Unary::Negative, Int::Small(value)) => from_i128(objects.arena, -i128::from(value)),
        (Unary::Invert, Int::Small(value)) => Int::Small(!value),
        (Unary::Negative, big) => from_big(objects.arena, -to_big(big)),
        (Unary::Invert, big) => from_big(objects.arena, !to_big(big)),
        _ => return None,
    };
    Some(objects.integer(result))
}

pub(super) fn binary(objects: &mut Objects<'_>, a: Int<'_>, op: BinaryOp, b: Int<'_>, bools: bool) -> Option<ObjId> {
    const ZERO: Int<'_> = Int::Small(0);
    let arena = objects.arena;
    let result = match op {
        BinaryOp::NB_ADD => match (a, b) {
            (Int::Small(a), Int::Small(b)) => from_i128(arena, i128::from(a) + i128::from(b)),
            _ => from_big(arena, to_big(a) + to_big(b)),
        },
        BinaryOp::NB_SUBTRACT => match (a, b) {
            (Int::Small(a), Int::Small(b)) => from_i128(arena, i128::from(a) - i128::from(b)),
            _ => from_big(arena, to_big(a) - to_big(b)),
        },
        BinaryOp::NB_MULTIPLY => {
            if a != ZERO && b != ZERO && bits(a) + bits(b) > MAX_INT_SIZE {
                return None;
            }
            match (a, b) {
                (Int::Small(a), Int::Small(b)) => from_i128(arena, i128::from(a) * i128::from(b)),
                _ => from_big(arena, to_big(a) * to_big(b)),
            }
        }
        BinaryOp::NB_TRUE_DIVIDE => {
            if b == ZERO {
                return None;
            }
            if a == ZERO {
                return Some(objects.float(if is_negative(b) { -0.0 } else { 0.0 }));
            }
            let quotient = ratio(&to_big(a), &to_big(b))?;
            return Some(objects.float(quotient));
        }
        BinaryOp::NB_FLOOR_DIVIDE | BinaryOp::NB_REMAINDER => {
            if b == ZERO {
                return None;
            }
            let (quotient, remainder) = match (a, b) {
                (Int::Small(a), Int::Small(b)) => {
                    let (a, b) = (i128::from(a), i128::from(b));
                    // The remainder has the divisor's sign.
                    let (mut q, mut r) = (a / b, a % b);
                    if r != 0 && (r < 0) != (b < 0) {
                        q -= 1;
                        r += b;
                    }
                    (from_i128(arena, q), from_i128(arena, r))
                }
                _ => {
                    let (a, b) = (to_big(a), to_big(b));
                    let (mut q, mut r) = (&a / &b, &a % &b);
                    if r.sign() != Sign::NoSign && r.sign() != b.sign() {
                        q -= 1;
                        r += &b;
                    }
                    (from_big(arena, q), from_big(arena, r))
                }
            };
            if op == BinaryOp::NB_REMAINDER { remainder } else { quotient }
        }
        BinaryOp::NB_POWER => return power(objects, a, b),
        BinaryOp::NB_LSHIFT => {
            if is_negative(b) {
                return None;
            }
            if a == ZERO || b == ZERO {
                a_in(arena, a)
            } else {
                let Int::Small(shift) = b else { return None };
                let shift = u64::try_from(shift).ok()?;
                if shift > MAX_INT_SIZE || bits(a) > MAX_INT_SIZE - shift {
                    return None;
                }
                from_big(arena, to_big(a) << shift)
            }
        }
        BinaryOp::NB_RSHIFT => {
            if is_negative(b) {
                return None;
            }
            match (a, b) {
                (Int::Small(a), Int::Small(shift)) => Int::Small(a >> shift.min(63)),
                (_, Int::Small(shift)) if (shift as u64) < bits(a) => from_big(arena, to_big(a) >> (shift as u64)),
                _ => Int::Small(if is_negative(a) { -1 } else { 0 }),
            }
        }
        BinaryOp::NB_AND | BinaryOp::NB_OR | BinaryOp::NB_XOR => {
            let result = match (a, b) {
                (Int::Small(a), Int::Small(b)) => Int::Small(match op {
                    BinaryOp::NB_AND => a & b,
                    BinaryOp::NB_OR => a | b,
                    _ => a ^ b,
                }),
                _ => {
                    let (a, b) = (to_big(a), to_big(b));
                    from_big(
                        arena,
                        match op {
                            BinaryOp::NB_AND => a & b,
                            BinaryOp::NB_OR => a | b,
                            _ => a ^ b,
                        },
                    )
                }
            };
            if bools {
                return Some(ObjId::bool(result != ZERO));
            }
            result
        }
        _ => return None,
    };
    Some(objects.integer(result))
}

/// The same value with its digits in the arena.
fn a_in<'a>(arena: &'a Bump, value: Int<'_>) -> Int<'a> {
    match value {
        Int::Small(value) => Int::Small(value),
        Int::Big { negative, magnitude } => Int::Big { negative, magnitude: arena.alloc_slice_copy(magnitude) },
    }
}

fn power(objects: &mut Objects<'_>, a: Int<'_>, b: Int<'_>) -> Option<ObjId> {
    if is_negative(b) {
        return float::power(objects, to_f64(a)?, to_f64(b)?);
    }
    let result = match (a, b) {
        (_, Int::Small(0)) => Int::Small(1),
        (Int::Small(0), _) => Int::Small(0),
        (_, Int::Small(exponent)) => {
            let exponent = u64::try_from(exponent).ok()?;
            if bits(a) > MAX_INT_SIZE / exponent {
                return None;
            }
            from_big(objects.arena, to_big(a).pow(u32::try_from(exponent).ok()?))
        }
        _ => return None,
    };
    Some(objects.integer(result))
}

/// `a / b` rounded to nearest, ties to even; `b` is not zero. None if it overflows.
fn ratio(a: &BigInt, b: &BigInt) -> Option<f64> {
    let negative = (a.sign() == Sign::Minus) != (b.sign() == Sign::Minus);
    let (a, b) = (a.magnitude(), b.magnitude());
    // A quotient of 64 or 65 bits, of which the lowest stands for all that is cut off; fewer where the result is
    // subnormal, so that it is rounded once.
    let mut shift = a.bits() as i64 - b.bits() as i64 - 64;
    shift = shift.max(-1074 - 2);
    let (a, b) = if shift < 0 { (a << (-shift) as u64, b.clone()) } else { (a.clone(), b << shift as u64) };
    let mut quotient = &a / &b;
    let inexact = &quotient * &b != a;
    // Down to 55 significant bits: 53 and two to round with.
    let excess = (quotient.bits() as i64 - 55).max(0) as u64;
    let kept = &quotient >> excess;
    let sticky = inexact || (&kept << excess) != quotient;
    quotient = kept;
    let exponent = shift + excess as i64;
    // Now value = quotient * 2**exponent, with at most 55 bits and a sticky flag.
    let mantissa = u64::try_from(&quotient).ok()? << 2 | u64::from(sticky);
    let value = scale(mantissa, exponent - 2)?;
    Some(if negative { -value } else { value })
}

/// `mantissa * 2**exponent` rounded once; the mantissa's last bit may be sticky.
fn scale(mantissa: u64, exponent: i64) -> Option<f64> {
    if mantissa == 0 {
        return Some(0.0);
    }
    let bits = 64 - i64::from(mantissa.leading_zeros());
    // The exponent of the result's last place.
    let last = (bits + exponent - 53).max(-1074);
    let drop = last - exponent;
    let rounded = if drop <= 0 {
        mantissa << (-drop).min(63)
    } else if drop > 63 {
        0
    } else {
        let (kept, rest, half) = (mantissa >> drop, mantissa & ((1 << drop) - 1), 1u64 << (drop - 1));
        kept + u64::from(rest > half || rest == half && kept & 1 == 1)
    };
    if rounded == 0 {
        return Some(0.0);
    }
    // At most 2**53 now, and exact from here on.
    if rounded < 1 << 52 {
        return Some(f64::from_bits(rounded));
    }
    let (fraction, last) = if rounded == 1 << 53 { (1 << 52, last + 1) } else { (rounded, last) };
    let biased = last + 1075;
    if biased >= 2047 {
        return None;
    }
    Some(f64::from_bits((biased as u64) << 52 | (fraction & ((1 << 52) - 1))))
}
