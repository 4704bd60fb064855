//! Names of characters and their lookup: `unicodedata.name`, `unicodedata.lookup`, `\N{...}`.
//!
//! Invariant: a name that `name` gives finds its code point with `lookup`. Hangul syllables and CJK ideographs have names by
//! rule (NR1, NR2), the others are phrases over a table of words.

use crate::normalize::{hangul_parts, hangul_syllable};
use crate::tables::names as t;
use std::cmp::Ordering;

/// What a name stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Named {
    CodePoint(u32),
    /// The code point's other name (NameAliases.txt).
    Alias(u32),
    /// Several code points (NamedSequences.txt): `unicodedata.lookup` takes it, `\N{...}` does not.
    Sequence(&'static [u32]),
}

/// The longest name that `unicodedata.lookup` looks at; beyond, "name too long".
pub const MAX_LEN: usize = 256;

const JAMO_L: [&str; 19] =
    ["G", "GG", "N", "D", "DD", "R", "M", "B", "BB", "S", "SS", "", "J", "JJ", "C", "K", "T", "P", "H"];
const JAMO_V: [&str; 21] = [
    "A", "AE", "YA", "YAE", "EO", "E", "YEO", "YE", "O", "WA", "WAE", "OE", "YO", "U", "WEO", "WE", "WI", "YU", "EU",
    "YI", "I",
];
const JAMO_T: [&str; 28] = [
    "", "G", "GG", "GS", "N", "NJ", "NH", "D", "L", "LG", "LM", "LB", "LS", "LT", "LP", "LH", "M", "B", "BS", "S",
    "SS", "NG", "J", "C", "K", "T", "P", "H",
];
const HANGUL: &str = "HANGUL SYLLABLE ";

/// The unified ideographs of 16.0. (Tangut ones have names by the same rule; CPython 3.14 gives them none.)
const IDEOGRAPHS: [(u32, u32); 10] = [
    (0x3400, 0x4DBF),
    (0x4E00, 0x9FFF),
    (0x20000, 0x2A6DF),
    (0x2A700, 0x2B739),
    (0x2B740, 0x2B81D),
    (0x2B820, 0x2CEA1),
    (0x2CEB0, 0x2EBE0),
    (0x2EBF0, 0x2EE5D),
    (0x30000, 0x3134A),
    (0x31350, 0x323AF),
];
const CJK: &str = "CJK UNIFIED IDEOGRAPH-";

fn is_ideograph(c: u32) -> bool {
    IDEOGRAPHS.iter().any(|r| (r.0..=r.1).contains(&c))
}

/// The `i`th item of a packed list.
fn item(bytes: &'static [u8], bases: &[u32], lens: &[u8], i: usize) -> &'static [u8] {
    let block = i / t::STRIDE;
    let skip: usize = lens.get(block * t::STRIDE..i).unwrap_or_default().iter().map(|&l| usize::from(l)).sum();
    let start = bases.get(block).map_or(0, |&b| b as usize) + skip;
    let len = lens.get(i).map_or(0, |&l| usize::from(l));
    bytes.get(start..start + len).unwrap_or_default()
}

/// The words of an entry's name.
fn words(entry: usize) -> impl Iterator<Item = &'static [u8]> {
    let mut phrase = item(&t::PHRASE_BYTES, &t::PHRASE_BASES, &t::PHRASE_LENS, entry).iter().map(|&b| usize::from(b));
    std::iter::from_fn(move || {
        let first = phrase.next()?;
        let id = if first < t::SINGLE { first } else { t::SINGLE + (first - t::SINGLE) * 256 + phrase.next()? };
        Some(item(&t::WORD_BYTES, &t::WORD_BASES, &t::WORD_LENS, id))
    })
}

fn spell(entry: usize, mut f: impl FnMut(&[u8])) {
    let mut glued = true;
    for word in words(entry) {
        if !glued {
            f(b" ");
        }
        f(word);
        glued = matches!(word.last(), Some(b'-' | b' '));
    }
}

/// `unicodedata.name`.
pub fn name(c: u32) -> Option<String> {
    if let Some((l, v, t)) = hangul_parts(c) {
        let part = |list: &[&'static str], i: u32| list.get(i as usize).copied().unwrap_or("");
        return Some([HANGUL, part(&JAMO_L, l), part(&JAMO_V, v), part(&JAMO_T, t)].concat());
    }
    if is_ideograph(c) {
        return Some(format!("{CJK}{c:X}"));
    }
    let i = t::RANGES.partition_point(|r| r.0 <= c).checked_sub(1)?;
    let &(first, count, entry) = t::RANGES.get(i)?;
    let offset = (c - first) as usize;
    if offset >= usize::from(count) {
        return None;
    }
    let mut out = String::new();
    spell(usize::from(entry) + offset, |w| out.extend(w.iter().map(|&b| char::from(b))));
    Some(out)
}

fn strip_prefix<'a>(name: &'a [u8], prefix: &str) -> Option<&'a [u8]> {
    let (head, rest) = name.split_at_checked(prefix.len())?;
    head.eq_ignore_ascii_case(prefix.as_bytes()).then_some(rest)
}

/// The longest item that `s` starts with: its index and the rest of `s`.
fn jamo<'a>(s: &'a [u8], list: &[&str]) -> Option<(u32, &'a [u8])> {
    let (i, found) =
        list.iter().enumerate().filter(|(_, j)| strip_prefix(s, j).is_some()).max_by_key(|(_, j)| j.len())?;
    Some((i as u32, s.get(found.len()..)?))
}

fn hangul(rest: &[u8]) -> Option<u32> {
    let (l, rest) = jamo(rest, &JAMO_L)?;
    let (v, rest) = jamo(rest, &JAMO_V)?;
    let (t, rest) = jamo(rest, &JAMO_T)?;
    rest.is_empty().then(|| hangul_syllable(l, v, t))
}

/// A code point of four to six hexadecimal digits without leading zeros.
fn hex_code(s: &[u8]) -> Option<u32> {
    if !(4..=6).contains(&s.len()) || s.first() == Some(&b'0') {
        return None;
    }
    s.iter().try_fold(0u32, |v, &b| Some(v * 16 + char::from(b).to_digit(16)?))
}

/// Compares an entry's name with `name`, which is in upper case.
fn compare(entry: usize, name: &[u8]) -> Ordering {
    let mut rest = name;
    let mut order = Ordering::Equal;
    spell(entry, |word| {
        if order == Ordering::Equal {
            let n = word.len().min(rest.len());
            let (head, tail) = rest.split_at(n);
            order = word.cmp(head);
            rest = tail;
        }
    });
    order.then(0.cmp(&rest.len()))
}

/// Finds a name, in any case. `\N{...}` takes code points and aliases, `unicodedata.lookup` sequences too.
pub fn lookup(name: &[u8]) -> Option<Named> {
    if let Some(rest) = strip_prefix(name, HANGUL) {
        return hangul(rest).map(Named::CodePoint);
    }
    if let Some(rest) = strip_prefix(name, CJK) {
        return hex_code(rest).filter(|&c| is_ideograph(c)).map(Named::CodePoint);
    }
    if name.len() > t::MAX_LEN || !name.is_ascii() {
        return None;
    }
    let name = name.to_ascii_uppercase();
    let at = t::BY_NAME.binary_search_by(|&e| compare(usize::from(e), &name)).ok()?;
    let entry = usize::from(*t::BY_NAME.get(at)?);
    if let Some(extra) = entry.checked_sub(t::NAMED) {
        return Some(match t::ALIASES.get(extra) {
            Some(&c) => Named::Alias(c),
            None => Named::Sequence(t::SEQUENCES.get(extra - t::ALIASES.len())?),
        });
    }
    let i = t::RANGES.partition_point(|r| usize::from(r.2) <= entry).checked_sub(1)?;
    let &(first, _, base) = t::RANGES.get(i)?;
    Some(Named::CodePoint(first + (entry - usize::from(base)) as u32))
}

/// The names of aliases and sequences, in the database's order.
pub fn extra_names() -> impl Iterator<Item = String> {
    (t::NAMED..t::NAMED + t::ALIASES.len() + t::SEQUENCES.len()).map(|entry| {
        let mut out = String::new();
        spell(entry, |w| out.extend(w.iter().map(|&b| char::from(b))));
        out
    })
}

/// What `\N{name}` in a literal stands for.
pub fn escape(name: &[u8]) -> Option<u32> {
    match lookup(name)? {
        Named::CodePoint(c) | Named::Alias(c) => Some(c),
        Named::Sequence(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_and_back() {
        for (c, n) in [
            (0x20, "SPACE"),
            (0xF0B, "TIBETAN MARK INTERSYLLABIC TSHEG"),
            (0xF0A, "TIBETAN MARK BKA- SHOG YIG MGO"),
            (0xF39, "TIBETAN MARK TSA -PHRU"),
            (0xAC01, "HANGUL SYLLABLE GAG"),
            (0x4E00, "CJK UNIFIED IDEOGRAPH-4E00"),
            (0xF900, "CJK COMPATIBILITY IDEOGRAPH-F900"),
            (0x1F600, "GRINNING FACE"),
        ] {
            assert_eq!(name(c).as_deref(), Some(n));
            assert_eq!(lookup(n.to_ascii_lowercase().as_bytes()), Some(Named::CodePoint(c)));
        }
        assert_eq!(escape(b"NULL"), Some(0));
        assert_eq!(escape(b"KEYCAP DIGIT ONE"), None);
        assert_eq!(lookup(b"KEYCAP DIGIT ONE"), Some(Named::Sequence(&[0x31, 0xFE0F, 0x20E3])));
        for bad in [&b"SPACEX"[..], b"SPAC", b"", b"CJK UNIFIED IDEOGRAPH-04E00", b"HANGUL SYLLABLE ", b"\xff"] {
            assert_eq!(lookup(bad), None);
        }
        assert_eq!(name(0), None);
    }
}
