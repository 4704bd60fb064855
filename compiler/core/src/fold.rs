//! Arithmetic on constants, with CPython's limits and exact results.
//!
//! Invariant: `None` means "leave it to run time": what raises, or would be too large. A result is never approximate.

use bumpalo::Bump;

use crate::ast::Int;

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
    let shift = (bits >> 52) as usize - 1075;
    let magnitude = num_bigint::BigUint::from(mantissa) << shift;
    Some(Int::Big { negative: value < 0.0, magnitude: arena.alloc_slice_copy(&magnitude.to_u32_digits()) })
}
