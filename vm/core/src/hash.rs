//! Hash functions with CPython's results: SipHash-1-3 of text, xxHash of tuples, numbers modulo 2^61 - 1.
//!
//! Invariant: a hash is never -1; equal numbers of different types hash alike. Sources: `Python/pyhash.c`,
//! `Objects/tupleobject.c`, docs of `sys.hash_info`.

/// Modulus of the hash of numbers.
pub const MODULUS: u64 = (1 << 61) - 1;
const BITS: u32 = 61;
pub const HASH_INF: i64 = 314159;

#[inline]
pub const fn not_minus_one(h: i64) -> i64 {
    if h == -1 { -2 } else { h }
}

/// The secret of one machine's text hashes.
#[derive(Clone, Copy, Debug)]
pub struct HashKey(pub u64, pub u64);
impl HashKey {
    /// The key that PYTHONHASHSEED=`seed` gives; 0 turns randomisation off.
    pub fn from_seed(seed: u32) -> HashKey {
        if seed == 0 {
            return HashKey(0, 0);
        }
        // CPython's linear congruential generator.
        let mut x = seed;
        let mut bytes = [0u8; 16];
        for b in &mut bytes {
            x = x.wrapping_mul(214013).wrapping_add(2531011);
            *b = (x >> 16) as u8;
        }
        let word = |i: usize| {
            let mut w = [0; 8];
            w.copy_from_slice(&bytes[i..i + 8]);
            u64::from_le_bytes(w)
        };
        HashKey(word(0), word(8))
    }
}

#[inline(always)]
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

/// The hash of a string's or bytes' memory; 0 for none.
pub fn bytes(key: HashKey, data: &[u8]) -> i64 {
    if data.is_empty() {
        return 0;
    }
    let mut v = [
        key.0 ^ 0x736f_6d65_7073_6575,
        key.1 ^ 0x646f_7261_6e64_6f6d,
        key.0 ^ 0x6c79_6765_6e65_7261,
        key.1 ^ 0x7465_6462_7974_6573,
    ];
    let mut chunks = data.chunks_exact(8);
    for c in &mut chunks {
        let mut w = [0; 8];
        w.copy_from_slice(c);
        let m = u64::from_le_bytes(w);
        v[3] ^= m;
        round(&mut v);
        v[0] ^= m;
    }
    let mut last = [0u8; 8];
    let rest = chunks.remainder();
    last[..rest.len()].copy_from_slice(rest);
    let b = u64::from_le_bytes(last) | (data.len() as u64) << 56;
    v[3] ^= b;
    round(&mut v);
    v[0] ^= b;
    v[2] ^= 0xFF;
    round(&mut v);
    round(&mut v);
    round(&mut v);
    not_minus_one((v[0] ^ v[1] ^ v[2] ^ v[3]) as i64)
}

#[inline]
pub fn int(i: i64) -> i64 {
    let m = (i.unsigned_abs() % MODULUS) as i64;
    not_minus_one(if i < 0 { -m } else { m })
}
pub fn limbs(negative: bool, limbs: &[u64]) -> i64 {
    let mut x: u64 = 0;
    for &l in limbs.iter().rev() {
        // x * 2^64 + l modulo 2^61 - 1: multiplying by 2^64 is multiplying by 2^3.
        let t = ((x as u128) << 64 | l as u128) % MODULUS as u128;
        x = t as u64;
    }
    let h = x as i64;
    not_minus_one(if negative { -h } else { h })
}
/// `None` for a NaN, whose hash is its object's.
pub fn float(v: f64) -> Option<i64> {
    if v.is_nan() {
        return None;
    }
    if v.is_infinite() {
        return Some(if v > 0.0 { HASH_INF } else { -HASH_INF });
    }
    if v.fract() == 0.0 && v.abs() < 9.0e18 {
        return Some(int(v as i64));
    }
    // Mantissa and exponent, 28 bits at a time, as the numeric hash of the language reference is defined.
    let bits = v.abs().to_bits();
    let (mut exponent, mantissa) = ((bits >> 52) as i32, bits & ((1 << 52) - 1));
    let mantissa = if exponent == 0 {
        exponent = 1;
        mantissa
    } else {
        mantissa | 1 << 52
    };
    let e = (exponent - 1075).rem_euclid(BITS as i32) as u32;
    let m = mantissa % MODULUS;
    let x = if e == 0 { m } else { ((m << e) & MODULUS) | (m >> (BITS - e)) };
    let x = (x % MODULUS) as i64;
    Some(not_minus_one(if v < 0.0 { -x } else { x }))
}

const P1: u64 = 11400714785074694791;
const P2: u64 = 14029467366897019727;
const P5: u64 = 2870177450012600261;
/// The hash of a tuple from its items' hashes.
pub fn tuple(items: impl ExactSizeIterator<Item = i64>) -> i64 {
    let n = items.len() as u64;
    let mut acc = P5;
    for h in items {
        acc = acc.wrapping_add((h as u64).wrapping_mul(P2));
        acc = acc.rotate_left(31).wrapping_mul(P1);
    }
    acc = acc.wrapping_add(n ^ (P5 ^ 3527539));
    if acc == u64::MAX { 1546275796 } else { acc as i64 }
}
/// The hash of an address (`object.__hash__`).
pub fn pointer(address: usize) -> i64 {
    not_minus_one((address as u64).rotate_right(4) as i64)
}

/// The hash of a set from its items' hashes: order does not matter.
pub fn frozenset(items: impl Iterator<Item = i64>, len: usize) -> i64 {
    let mut h: u64 = 0;
    for x in items {
        let x = x as u64;
        h ^= ((x ^ 89869747) ^ (x << 16)).wrapping_mul(3644798167);
    }
    h ^= (len as u64 + 1).wrapping_mul(1927868237);
    h ^= (h >> 11) ^ (h >> 25);
    h = h.wrapping_mul(69069).wrapping_add(907133923);
    if h == u64::MAX { 590923713 } else { h as i64 }
}

#[cfg(test)]
mod tests {
    use super::*;
    /// `PYTHONHASHSEED=0 python3.14 -c 'print(hash("abc"), hash("é"), hash(""), hash(0.5), hash((1, 2)), hash(-1))'`
    #[test]
    fn as_cpython() {
        let k = HashKey(0, 0);
        assert_eq!(bytes(k, b"abc"), -4594863902769663758);
        assert_eq!(bytes(k, b""), 0);
        assert_eq!(float(0.5), Some(1152921504606846976));
        assert_eq!(float(1e300), Some(1224995262755759164));
        assert_eq!(float(-0.1), Some(-230584300921369408));
        assert_eq!(tuple([1, 2].into_iter()), -3550055125485641917);
        assert_eq!(int(-1), -2);
        assert_eq!(limbs(true, &[0, 1]), -8);
    }
}
