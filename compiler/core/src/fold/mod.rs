//! Operators on constants, with CPython's limits and exact results.
//!
//! Invariant: `None` means "leave it to run time": what raises, or would be too large. A result is never approximate, and
//! has the type that CPython gives it. Next: `int.rs`, `float.rs`, `sequence.rs`.

mod float;
mod int;
mod sequence;

use crate::ast::Int;
use crate::constants::{ObjId, Object, Objects};
use pyc_format::opcode::BinaryOp;

pub(crate) use self::int::int_of_float;

/// Operators of one operand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Unary {
    Negative,
    Positive,
    Invert,
    Not,
}

/// `bool(value)`
pub(crate) fn is_true(objects: &Objects<'_>, id: ObjId) -> bool {
    match objects.get(id) {
        Object::None | Object::False => false,
        Object::True | Object::Ellipsis | Object::Slice(_) | Object::Code(_) => true,
        Object::Int(value) => value != Int::Small(0),
        Object::Float(bits) => f64::from_bits(bits) != 0.0,
        Object::Complex { real, imag } => f64::from_bits(real) != 0.0 || f64::from_bits(imag) != 0.0,
        Object::Str(text) => !text.is_empty(),
        Object::Bytes(bytes) => !bytes.is_empty(),
        Object::Tuple(items) | Object::FrozenSet(items) => !items.is_empty(),
    }
}

/// `eval_const_unaryop`
pub(crate) fn unary(objects: &mut Objects<'_>, op: Unary, id: ObjId) -> Option<ObjId> {
    if op == Unary::Not {
        return Some(ObjId::bool(!is_true(objects, id)));
    }
    // ~True is deprecated, so it stays where it is seen.
    if op == Unary::Invert && matches!(objects.get(id), Object::True | Object::False) {
        return None;
    }
    match (number(objects, id)?, op) {
        (Number::Int(_), Unary::Positive) if !matches!(objects.get(id), Object::Int(_)) => {
            let value = i64::from(id == ObjId::TRUE);
            Some(objects.int(value))
        }
        (_, Unary::Positive) => Some(id),
        (Number::Int(value), _) => int::unary(objects, op, value),
        (Number::Float(value), Unary::Negative) => Some(objects.float(-value)),
        (Number::Complex(real, imag), Unary::Negative) => Some(objects.complex(-real, -imag)),
        _ => None,
    }
}

/// An operand of arithmetic; bools are ints.
#[derive(Clone, Copy, Debug)]
enum Number<'a> {
    Int(Int<'a>),
    Float(f64),
    Complex(f64, f64),
}

fn number<'a>(objects: &Objects<'a>, id: ObjId) -> Option<Number<'a>> {
    Some(match objects.get(id) {
        Object::True => Number::Int(Int::Small(1)),
        Object::False => Number::Int(Int::Small(0)),
        Object::Int(value) => Number::Int(value),
        Object::Float(bits) => Number::Float(f64::from_bits(bits)),
        Object::Complex { real, imag } => Number::Complex(f64::from_bits(real), f64::from_bits(imag)),
        _ => return None,
    })
}

/// `eval_const_binop`
pub(crate) fn binary(objects: &mut Objects<'_>, left: ObjId, op: BinaryOp, right: ObjId) -> Option<ObjId> {
    if op == BinaryOp::NB_SUBSCR {
        return sequence::subscript(objects, left, right);
    }
    match (number(objects, left), number(objects, right)) {
        (Some(Number::Int(a)), Some(Number::Int(b))) => {
            let bools = [left, right].iter().all(|&id| matches!(objects.get(id), Object::True | Object::False));
            int::binary(objects, a, op, b, bools)
        }
        (Some(a), Some(b)) => float::binary(objects, a, op, b),
        (a, b) => match op {
            BinaryOp::NB_ADD => sequence::concat(objects, left, right),
            BinaryOp::NB_MULTIPLY => match (a, b) {
                (None, Some(Number::Int(times))) => sequence::repeat(objects, left, times),
                (Some(Number::Int(times)), None) => sequence::repeat(objects, right, times),
                _ => None,
            },
            _ => None,
        },
    }
}
