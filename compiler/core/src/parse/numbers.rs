//! Integer literals of any size.
//!
//! Invariant: a magnitude has no leading zero digit and is beyond i64. CPython refuses decimal literals of more than
//! 4,300 digits (`sys.int_info.default_max_str_digits`), so the quadratic conversion is bounded.

use bumpalo::Bump;

use crate::ast::Int;

/// `sys.int_info.default_max_str_digits`
pub const MAX_STR_DIGITS: usize = 4300;

/// The literal has this many digits, more than CPython converts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TooManyDigits(pub usize);

/// The value of an integer literal as it stands in the source: prefix, underscores.
pub fn parse_int<'a>(token: &str, arena: &'a Bump) -> Result<Int<'a>, TooManyDigits> {
    let bytes = token.as_bytes();
    let (bits, digits) = match bytes {
        [b'0', b'x' | b'X', rest @ ..] => (4, rest),
        [b'0', b'o' | b'O', rest @ ..] => (3, rest),
        [b'0', b'b' | b'B', rest @ ..] => (1, rest),
        _ => (0, bytes),
    };
    let digits = digits.iter().filter_map(|&b| (b as char).to_digit(16));
    let limbs = if bits == 0 { decimal(digits)? } else { binary(digits, bits) };
    Ok(from_limbs(&limbs, arena))
}

fn binary(digits: impl DoubleEndedIterator<Item = u32>, bits: u32) -> Vec<u32> {
    let mut limbs = Vec::new();
    let (mut limb, mut filled) = (0u64, 0);
    for digit in digits.rev() {
        limb |= u64::from(digit) << filled;
        filled += bits;
        if filled >= 32 {
            limbs.push(limb as u32);
            limb >>= 32;
            filled -= 32;
        }
    }
    limbs.push(limb as u32);
    limbs
}

fn decimal(digits: impl Iterator<Item = u32> + Clone) -> Result<Vec<u32>, TooManyDigits> {
    let n_digits = digits.clone().count();
    if n_digits > MAX_STR_DIGITS {
        return Err(TooManyDigits(n_digits));
    }
    let mut limbs: Vec<u32> = Vec::with_capacity(n_digits / 9 + 1);
    let (mut chunk, mut scale) = (0u32, 1u32);
    let mut absorb = |chunk: u32, scale: u32| {
        let mut carry = u64::from(chunk);
        for limb in &mut limbs {
            let t = u64::from(*limb) * u64::from(scale) + carry;
            *limb = t as u32;
            carry = t >> 32;
        }
        if carry != 0 {
            limbs.push(carry as u32);
        }
    };
    for digit in digits {
        chunk = chunk * 10 + digit;
        scale *= 10;
        if scale == 1_000_000_000 {
            absorb(chunk, scale);
            (chunk, scale) = (0, 1);
        }
    }
    absorb(chunk, scale);
    Ok(limbs)
}

fn from_limbs<'a>(limbs: &[u32], arena: &'a Bump) -> Int<'a> {
    let used = limbs.iter().rposition(|&l| l != 0).map_or(0, |i| i + 1);
    let magnitude = limbs.get(..used).unwrap_or_default();
    let low = |i: usize| i64::from(magnitude.get(i).copied().unwrap_or(0));
    if used < 2 || used == 2 && low(1) < 1 << 31 {
        return Int::Small(low(1) << 32 | low(0));
    }
    Int::Big { negative: false, magnitude: arena.alloc_slice_copy(magnitude) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn literals() {
        let arena = Bump::new();
        for (token, expected) in [
            ("0", 0),
            ("0_0", 0),
            ("0x_ff", 255),
            ("0O17", 15),
            ("0b101", 5),
            ("9223372036854775807", i64::MAX),
            ("0x7fff_ffff_ffff_ffff", i64::MAX),
            ("1_000_000_000_000", 1_000_000_000_000),
        ] {
            assert_eq!(parse_int(token, &arena), Ok(Int::Small(expected)), "{token}");
        }
        let big = |magnitude| Ok(Int::Big { negative: false, magnitude });
        assert_eq!(parse_int("9223372036854775808", &arena), big(&[0, 1 << 31]));
        assert_eq!(parse_int("0o2000000000000000000000", &arena), big(&[0, 0, 1]));
        assert_eq!(parse_int("18446744073709551616", &arena), big(&[0, 0, 1]));
        assert_eq!(parse_int("0x1_0000_0000_0000_0000_0000_0001", &arena), big(&[1, 0, 0, 1]));
        assert!(parse_int(&"9".repeat(4300), &arena).is_ok());
        assert_eq!(parse_int(&"9".repeat(4301), &arena), Err(TooManyDigits(4301)));
    }
}
