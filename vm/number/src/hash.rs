//! Hashes whose values programs can see, because iteration order of sets and `hash()` follow from them.
//!
//! Invariant: equal numbers of different types hash alike (arithmetic modulo the prime 2**61 - 1); -1 is never a hash.
//! Sources: CPython Doc/library/stdtypes.rst "Hashing of numeric types"; xxHash; SipHash (Aumasson, Bernstein).

use num_bigint::BigUint;

/// The modulus of numeric hashes, `sys.hash_info.modulus`.
pub const MODULUS: u64 = (1 << 61) - 1;
/// `sys.hash_info.inf`; minus infinity hashes to its negative.
pub const INF: i64 = 314159;
/// `sys.hash_info.imag`: what a complex number's imaginary part is multiplied by.
pub const IMAG: i64 = 1_000_003;

fn never_minus_one(hash: i64) -> i64 {
    if hash == -1 { -2 } else { hash }
}

/// Hash of an integer that fits 64 bits.
#[inline]
pub fn of_i64(value: i64) -> i64 {
    let magnitude = (value.unsigned_abs() % MODULUS) as i64;
    never_minus_one(if value < 0 { -magnitude } else { magnitude })
}

/// Hash of an integer of any size: its limbs of 64 bits, least significant first.
pub fn of_limbs(negative: bool, limbs: impl DoubleEndedIterator<Item = u64>) -> i64 {
    // 2**64 is 8 modulo 2**61 - 1, so each step is a multiplication by 8.
    let mut rest: u64 = 0;
    for limb in limbs.rev() {
        rest = ((u128::from(rest) * 8 + u128::from(limb)) % u128::from(MODULUS)) as u64;
    }
    let hash = rest as i64;
    never_minus_one(if negative { -hash } else { hash })
}

/// Hash of an integer of any size.
pub fn of_biguint(negative: bool, magnitude: &BigUint) -> i64 {
    of_limbs(negative, magnitude.iter_u64_digits())
}

/// Hash of a float; NaN's is the caller's (it follows identity).
pub fn of_f64(value: f64) -> i64 {
    if value.is_infinite() {
        return if value > 0.0 { INF } else { -INF };
    }
    if value == 0.0 || value.is_nan() {
        return 0;
    }
    let bits = value.to_bits();
    let biased = (bits >> 52 & 0x7ff) as i64;
    let fraction = bits & ((1 << 52) - 1);
    let (mantissa, exponent) = if biased == 0 { (fraction, -1074) } else { (fraction | 1 << 52, biased - 1075) };
    // mantissa * 2**exponent modulo 2**61 - 1: multiplying by 2**e rotates 61 bits by e.
    let shift = exponent.rem_euclid(61) as u32;
    let m = mantissa % MODULUS;
    let rotated = if shift == 0 { m } else { ((m << shift) & MODULUS) | m >> (61 - shift) };
    let hash = (rotated % MODULUS) as i64;
    never_minus_one(if value < 0.0 { -hash } else { hash })
}

/// Hash of a complex number from the hashes of its parts.
pub fn of_complex(real: i64, imag: i64) -> i64 {
    never_minus_one(real.wrapping_add(IMAG.wrapping_mul(imag)))
}

const XXPRIME_1: u64 = 11_400_714_785_074_694_791;
const XXPRIME_2: u64 = 14_029_467_366_897_019_727;
const XXPRIME_5: u64 = 2_870_177_450_012_600_261;

/// Hash of a tuple from its items' hashes (xxHash's lanes).
pub fn of_tuple(items: impl ExactSizeIterator<Item = i64>) -> i64 {
    let length = items.len() as u64;
    let mut acc = XXPRIME_5;
    for lane in items {
        acc = acc.wrapping_add((lane as u64).wrapping_mul(XXPRIME_2)).rotate_left(31).wrapping_mul(XXPRIME_1);
    }
    acc = acc.wrapping_add(length ^ (XXPRIME_5 ^ 3_527_539));
    if acc == u64::MAX { 1_546_275_796 } else { acc as i64 }
}

/// Hash of a frozenset from its elements' hashes; the order does not matter.
pub fn of_frozenset(items: impl ExactSizeIterator<Item = i64>) -> i64 {
    let length = items.len() as u64;
    let shuffle = |h: u64| (h ^ 89_869_747 ^ h << 16).wrapping_mul(3_644_798_167);
    let mut hash = items.fold(0u64, |acc, h| acc ^ shuffle(h as u64));
    hash ^= length.wrapping_add(1).wrapping_mul(1_927_868_237);
    hash ^= hash >> 11 ^ hash >> 25;
    hash = hash.wrapping_mul(69_069).wrapping_add(907_133_923);
    if hash == u64::MAX { 590_923_713 } else { hash as i64 }
}

/// The two keys of SipHash, from PYTHONHASHSEED or from the system.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Key {
    pub k0: u64,
    pub k1: u64,
}

impl Key {
    /// The key that PYTHONHASHSEED=`seed` gives; 0 is the zero key (CPython's lcg_urandom).
    pub fn from_seed(seed: u32) -> Key {
        if seed == 0 {
            return Key { k0: 0, k1: 0 };
        }
        let mut x = seed;
        let mut word = || {
            let mut bytes = [0; 8];
            for byte in &mut bytes {
                x = x.wrapping_mul(214_013).wrapping_add(2_531_011);
                *byte = (x >> 16) as u8;
            }
            u64::from_le_bytes(bytes)
        };
        Key { k0: word(), k1: word() }
    }
}

/// Hash of a string's or bytes object's storage: SipHash-1-3; empty is 0.
pub fn of_bytes(key: Key, data: &[u8]) -> i64 {
    if data.is_empty() {
        return 0;
    }
    never_minus_one(siphash13(key, data) as i64)
}

fn siphash13(key: Key, data: &[u8]) -> u64 {
    let mut v = [
        key.k0 ^ 0x736f_6d65_7073_6575,
        key.k1 ^ 0x646f_7261_6e64_6f6d,
        key.k0 ^ 0x6c79_6765_6e65_7261,
        key.k1 ^ 0x7465_6462_7974_6573,
    ];
    let mut words = data.chunks_exact(8);
    for word in &mut words {
        let m = u64::from_le_bytes(word.try_into().unwrap_or_default());
        v[3] ^= m;
        round(&mut v);
        v[0] ^= m;
    }
    let mut last = (data.len() as u64) << 56;
    for (i, &byte) in words.remainder().iter().enumerate() {
        last |= u64::from(byte) << (8 * i);
    }
    v[3] ^= last;
    round(&mut v);
    v[0] ^= last;
    v[2] ^= 0xff;
    for _ in 0..3 {
        round(&mut v);
    }
    v[0] ^ v[1] ^ v[2] ^ v[3]
}

#[inline]
fn round(v: &mut [u64; 4]) {
    v[0] = v[0].wrapping_add(v[1]);
    v[2] = v[2].wrapping_add(v[3]);
    v[1] = v[1].rotate_left(13) ^ v[0];
    v[3] = v[3].rotate_left(16) ^ v[2];
    v[0] = v[0].rotate_left(32);
    v[2] = v[2].wrapping_add(v[1]);
    v[0] = v[0].wrapping_add(v[3]);
    v[1] = v[1].rotate_left(17) ^ v[2];
    v[3] = v[3].rotate_left(21) ^ v[0];
    v[2] = v[2].rotate_left(32);
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Values of CPython 3.14 with PYTHONHASHSEED=0 and 1.
    #[test]
    fn as_cpython() {
        assert_eq!(of_i64(-1), -2);
        assert_eq!(of_i64(MODULUS as i64), 0);
        assert_eq!(of_f64(0.5), 1 << 60);
        assert_eq!(of_f64(3.0), 3);
        assert_eq!(of_f64(-1.0), -2);
        assert_eq!(of_limbs(false, [0u64, 1].into_iter()), 8);
        assert_eq!(of_tuple([].into_iter()), 5_740_354_900_026_072_187);
        assert_eq!(of_tuple([1, 2, 3].into_iter()), 529_344_067_295_497_451);
        assert_eq!(of_frozenset([].into_iter()), 133_146_708_735_736);
    }
}
