//! Normalisation forms (UAX 15) as `unicodedata.normalize` and `is_normalized`.
//!
//! Invariant: Hangul is arithmetic, everything else is in the tables; text that a quick check accepts is returned as it is.

use crate::chars;
use crate::tables::normal as t;
use crate::wtf8::{Wtf8, Wtf8Buf};
use std::borrow::Cow;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    Nfc,
    Nfd,
    Nfkc,
    Nfkd,
}

impl Form {
    /// `"NFC"` and so on.
    pub fn from_name(name: &[u8]) -> Option<Form> {
        Some(match name {
            b"NFC" => Form::Nfc,
            b"NFD" => Form::Nfd,
            b"NFKC" => Form::Nfkc,
            b"NFKD" => Form::Nfkd,
            _ => return None,
        })
    }

    const fn compatible(self) -> bool {
        matches!(self, Form::Nfkc | Form::Nfkd)
    }

    const fn composes(self) -> bool {
        matches!(self, Form::Nfc | Form::Nfkc)
    }

    /// Where the form's two bits are in a quick check byte.
    const fn shift(self) -> u8 {
        match self {
            Form::Nfd => 0,
            Form::Nfkd => 2,
            Form::Nfc => 4,
            Form::Nfkc => 6,
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Quick {
    Yes,
    Maybe,
    No,
}

const S_BASE: u32 = 0xAC00;
const L_BASE: u32 = 0x1100;
const V_BASE: u32 = 0x1161;
const T_BASE: u32 = 0x11A7;
const L_COUNT: u32 = 19;
const V_COUNT: u32 = 21;
const T_COUNT: u32 = 28;
pub(crate) const S_COUNT: u32 = L_COUNT * V_COUNT * T_COUNT;

/// The indices of a Hangul syllable's leading consonant, vowel and trailing consonant.
pub(crate) fn hangul_parts(c: u32) -> Option<(u32, u32, u32)> {
    let s = c.checked_sub(S_BASE).filter(|&s| s < S_COUNT)?;
    Some((s / (V_COUNT * T_COUNT), s / T_COUNT % V_COUNT, s % T_COUNT))
}

pub(crate) fn hangul_syllable(l: u32, v: u32, t: u32) -> u32 {
    S_BASE + (l * V_COUNT + v) * T_COUNT + t
}

/// The mapping of UnicodeData.txt: its prefix (`"<compat>"`, empty for a canonical one) and code points.
pub fn decomposition(c: u32) -> Option<(&'static str, &'static [u32])> {
    let i = chars::two_stage(&t::DECOMPOSITION_INDEX, &t::DECOMPOSITION_BLOCKS, t::DECOMPOSITION_SHIFT, c);
    if i == 0 {
        return None;
    }
    let &head = t::DATA.get(i)?;
    let codes = t::DATA.get(i + 1..i + 1 + (head >> 8) as usize)?;
    Some((t::PREFIXES.get((head & 0xFF) as usize)?, codes))
}

/// `unicodedata.decomposition`'s text.
pub fn decomposition_text(c: u32) -> String {
    text_of(c, decomposition)
}

pub(crate) fn text_of(c: u32, mapping: Mapping) -> String {
    if let Some((l, v, t)) = hangul_parts(c) {
        let tail = if t == 0 { String::new() } else { format!(" {:04X}", T_BASE + t) };
        return format!("{:04X} {:04X}{tail}", L_BASE + l, V_BASE + v);
    }
    let Some((prefix, codes)) = mapping(c) else { return String::new() };
    let mut out = prefix.to_owned();
    for code in codes {
        if !out.is_empty() {
            out.push(' ');
        }
        out.push_str(&format!("{code:04X}"));
    }
    out
}

/// The mapping of a code point, but for Hangul: `decomposition`, or that of an older database.
pub(crate) type Mapping = fn(u32) -> Option<(&'static str, &'static [u32])>;

fn push_decomposed(c: u32, compatible: bool, mapping: Mapping, out: &mut Vec<u32>) {
    if c < 0xA0 {
        out.push(c);
    } else if let Some((l, v, t)) = hangul_parts(c) {
        out.extend([L_BASE + l, V_BASE + v]);
        if t != 0 {
            out.push(T_BASE + t);
        }
    } else {
        match mapping(c) {
            // The tables nest a few levels deep, no more.
            Some((prefix, codes)) if prefix.is_empty() || compatible => {
                codes.iter().for_each(|&c| push_decomposed(c, compatible, mapping, out));
            }
            _ => out.push(c),
        }
    }
}

fn decompose(s: Wtf8<'_>, compatible: bool, mapping: Mapping) -> Vec<u32> {
    let mut out = Vec::with_capacity(s.len());
    s.code_points().for_each(|c| push_decomposed(c, compatible, mapping, &mut out));
    // Canonical order: runs of combining characters sorted by class, stably.
    for run in out.chunk_by_mut(|_, &next| chars::combining(next) != 0) {
        let marks = match run {
            [first, rest @ ..] if chars::combining(*first) == 0 => rest,
            all => all,
        };
        if !marks.is_sorted_by_key(|&c| chars::combining(c)) {
            marks.sort_by_cached_key(|&c| chars::combining(c));
        }
    }
    out
}

/// The primary composite of a pair, Hangul included.
fn compose_pair(first: u32, second: u32) -> Option<u32> {
    if let (Some(l), Some(v)) = (index_in(first, L_BASE, L_COUNT), index_in(second, V_BASE, V_COUNT)) {
        return Some(hangul_syllable(l, v, 0));
    }
    if let (Some((l, v, 0)), Some(t)) = (hangul_parts(first), index_in(second, T_BASE, T_COUNT))
        && t != 0
    {
        return Some(hangul_syllable(l, v, t));
    }
    let i = t::PAIRS.binary_search(&(u64::from(first) << 32 | u64::from(second))).ok()?;
    t::COMPOSED.get(i).copied()
}

fn index_in(c: u32, base: u32, count: u32) -> Option<u32> {
    c.checked_sub(base).filter(|&i| i < count)
}

fn compose(decomposed: &[u32]) -> Vec<u32> {
    let mut out: Vec<u32> = Vec::with_capacity(decomposed.len());
    let mut starter: Option<usize> = None;
    // Class of the last character after the starter that was not composed away; None directly after it.
    let mut last: Option<u8> = None;
    for &c in decomposed {
        let class = chars::combining(c);
        if let Some(i) = starter
            && last.is_none_or(|l| l < class)
            && let Some(base) = out.get_mut(i)
            && let Some(composed) = compose_pair(*base, c)
        {
            *base = composed;
            continue;
        }
        if class == 0 {
            (starter, last) = (Some(out.len()), None);
        } else {
            last = Some(class);
        }
        out.push(c);
    }
    out
}

fn quick_check(s: Wtf8<'_>, form: Form) -> Quick {
    if s.is_ascii() {
        return Quick::Yes;
    }
    let (mut result, mut previous) = (Quick::Yes, 0);
    for c in s.code_points() {
        let class = chars::combining(c);
        if class != 0 && previous > class {
            return Quick::No;
        }
        previous = class;
        match chars::quick_check(c) >> form.shift() & 3 {
            0 => {}
            1 => result = Quick::Maybe,
            _ => return Quick::No,
        }
    }
    result
}

/// `unicodedata.normalize`.
pub fn normalize(s: Wtf8<'_>, form: Form) -> Cow<'_, [u8]> {
    if quick_check(s, form) == Quick::Yes {
        return Cow::Borrowed(s.as_bytes());
    }
    Cow::Owned(normalize_by(s, form, decomposition).into_bytes())
}

/// Normalises without a quick check, by the given mapping.
pub(crate) fn normalize_by(s: Wtf8<'_>, form: Form, mapping: Mapping) -> Wtf8Buf {
    let mut codes = decompose(s, form.compatible(), mapping);
    if form.composes() {
        codes = compose(&codes);
    }
    codes.into_iter().collect()
}

/// `unicodedata.is_normalized`.
pub fn is_normalized(s: Wtf8<'_>, form: Form) -> bool {
    match quick_check(s, form) {
        Quick::Yes => true,
        Quick::No => false,
        Quick::Maybe => *normalize(s, form) == *s.as_bytes(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn forms() {
        let n = |s: &str, f| String::from_utf8(normalize(Wtf8::from_str(s), f).into_owned()).unwrap_or_default();
        assert_eq!(n("e\u{301}\u{fb01}", Form::Nfc), "\u{e9}\u{fb01}");
        assert_eq!(n("e\u{301}\u{fb01}", Form::Nfkc), "\u{e9}fi");
        assert_eq!(n("\u{1e9b}\u{323}", Form::Nfkd), "s\u{323}\u{307}");
        assert_eq!(n("\u{1100}\u{1161}\u{11a8}", Form::Nfc), "\u{ac01}");
        assert_eq!(n("\u{958}\u{2126}", Form::Nfc), "\u{915}\u{93c}\u{3a9}");
        assert_eq!(n("a\u{315}\u{300}\u{5ae}\u{300}b", Form::Nfc), "\u{e0}\u{5ae}\u{300}\u{315}b");
    }
}
