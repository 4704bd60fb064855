//! Case of text: the full mappings and the predicates of `str`.
//!
//! Invariant: as CPython's unicodeobject.c: the only mapping that looks at context is the final sigma. ASCII text takes a
//! path without tables. Next: `chars.rs` for single characters.

use crate::chars;
use crate::tables::props as t;
use crate::wtf8::{Wtf8, Wtf8Buf};

/// One to three code points, padded with zeros.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Mapping([u32; 3]);

impl Mapping {
    const fn single(c: u32) -> Self {
        Mapping([c, 0, 0])
    }

    pub fn iter(self) -> impl Iterator<Item = u32> {
        let [a, b, c] = self.0;
        std::iter::once(a).chain([b, c].into_iter().take_while(|&x| x != 0))
    }
}

const LOWER: usize = 0;
const TITLE: usize = 1;
const UPPER: usize = 2;
const FOLD: usize = 3;

fn special(c: u32, which: usize) -> Option<Mapping> {
    if !chars::is_special_case(c) {
        return None;
    }
    let i = t::SPECIAL_CASE.binary_search_by_key(&c, |row| row.0).ok()?;
    t::SPECIAL_CASE.get(i)?.1.get(which).copied().map(Mapping)
}

/// The full mapping to lower case, without context.
pub fn lower_full(c: u32) -> Mapping {
    special(c, LOWER).unwrap_or_else(|| Mapping::single(chars::to_lower(c)))
}

/// The full mapping to title case.
pub fn title_full(c: u32) -> Mapping {
    special(c, TITLE).unwrap_or_else(|| Mapping::single(chars::to_title(c)))
}

/// The full mapping to upper case.
pub fn upper_full(c: u32) -> Mapping {
    special(c, UPPER).unwrap_or_else(|| Mapping::single(chars::to_upper(c)))
}

/// The full case folding.
pub fn fold_full(c: u32) -> Mapping {
    special(c, FOLD).unwrap_or_else(|| Mapping::single(chars::to_lower(c)))
}

const CAPITAL_SIGMA: u32 = 0x3A3;
const FINAL_SIGMA: u32 = 0x3C2;
const SMALL_SIGMA: u32 = 0x3C3;

/// Lower case of the code point at `at`: a capital sigma that ends a word is the final one. A word's cased letters are
/// looked for across case-ignorable characters on both sides.
fn lower_in_context(s: Wtf8<'_>, at: usize, c: u32) -> Mapping {
    if c != CAPITAL_SIGMA {
        return lower_full(c);
    }
    let decisive = |c: &u32| !chars::is_case_ignorable(*c);
    let before = s.slice(0, at).unwrap_or_default();
    let after = s.slice(at + 2, s.len()).unwrap_or_default();
    let cased_before = rev_code_points(before).find(decisive).is_some_and(chars::is_cased);
    let cased_after = after.code_points().find(decisive).is_some_and(chars::is_cased);
    Mapping::single(if cased_before && !cased_after { FINAL_SIGMA } else { SMALL_SIGMA })
}

fn rev_code_points(s: Wtf8<'_>) -> impl Iterator<Item = u32> {
    let mut end = s.len();
    std::iter::from_fn(move || {
        let b = s.as_bytes();
        let mut start = end.checked_sub(1)?;
        while start > 0 && matches!(b.get(start), Some(0x80..=0xBF)) {
            start -= 1;
        }
        let c = Wtf8::trusted(b.get(start..end)?).code_points().next();
        end = start;
        c
    })
}

fn map(s: Wtf8<'_>, f: impl Fn(usize, u32) -> Mapping) -> Wtf8Buf {
    let mut out = Wtf8Buf::with_capacity(s.len());
    for (at, c) in s.code_point_indices() {
        out.extend(f(at, c).iter());
    }
    out
}

fn ascii(bytes: Vec<u8>) -> Wtf8Buf {
    Wtf8Buf::from_vec(bytes).unwrap_or_default()
}

/// `str.lower`.
pub fn lower(s: Wtf8<'_>) -> Wtf8Buf {
    if s.is_ascii() {
        return ascii(s.as_bytes().to_ascii_lowercase());
    }
    map(s, |at, c| lower_in_context(s, at, c))
}

/// `str.upper`.
pub fn upper(s: Wtf8<'_>) -> Wtf8Buf {
    if s.is_ascii() {
        return ascii(s.as_bytes().to_ascii_uppercase());
    }
    map(s, |_, c| upper_full(c))
}

/// `str.casefold`.
pub fn casefold(s: Wtf8<'_>) -> Wtf8Buf {
    if s.is_ascii() {
        return ascii(s.as_bytes().to_ascii_lowercase());
    }
    map(s, |_, c| fold_full(c))
}

/// `str.swapcase`.
pub fn swapcase(s: Wtf8<'_>) -> Wtf8Buf {
    map(s, |at, c| {
        if chars::is_upper(c) {
            lower_in_context(s, at, c)
        } else if chars::is_lower(c) {
            upper_full(c)
        } else {
            Mapping::single(c)
        }
    })
}

/// `str.capitalize`.
pub fn capitalize(s: Wtf8<'_>) -> Wtf8Buf {
    map(s, |at, c| if at == 0 { title_full(c) } else { lower_in_context(s, at, c) })
}

/// `str.title`.
pub fn title(s: Wtf8<'_>) -> Wtf8Buf {
    let mut out = Wtf8Buf::with_capacity(s.len());
    let mut in_word = false;
    for (at, c) in s.code_point_indices() {
        out.extend(if in_word { lower_in_context(s, at, c) } else { title_full(c) }.iter());
        in_word = chars::is_cased(c);
    }
    out
}

/// True if the text is not empty and every code point satisfies `f`: `str.isalpha` and its kin.
pub fn all(s: Wtf8<'_>, f: impl Fn(u32) -> bool) -> bool {
    !s.is_empty() && s.code_points().all(f)
}

/// `str.islower`.
pub fn is_lower(s: Wtf8<'_>) -> bool {
    !s.code_points().any(|c| chars::is_upper(c) || chars::is_title(c)) && s.code_points().any(chars::is_lower)
}

/// `str.isupper`.
pub fn is_upper(s: Wtf8<'_>) -> bool {
    !s.code_points().any(|c| chars::is_lower(c) || chars::is_title(c)) && s.code_points().any(chars::is_upper)
}

/// `str.istitle`.
pub fn is_title(s: Wtf8<'_>) -> bool {
    let (mut cased, mut in_word) = (false, false);
    for c in s.code_points() {
        let starts = chars::is_upper(c) || chars::is_title(c);
        let goes_on = chars::is_lower(c);
        if (starts && in_word) || (goes_on && !starts && !in_word) {
            return false;
        }
        in_word = starts || goes_on;
        cased |= in_word;
    }
    cased
}

/// `str.isprintable`: true of the empty text.
pub fn is_printable(s: Wtf8<'_>) -> bool {
    s.code_points().all(chars::is_printable)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn w(s: &str) -> Wtf8<'_> {
        Wtf8::from_str(s)
    }

    #[test]
    fn sigma_looks_around() {
        for (s, want) in [
            ("\u{3a3}", "\u{3c3}"),
            ("A\u{3a3}", "a\u{3c2}"),
            ("A\u{3a3}B", "a\u{3c3}b"),
            ("A.\u{3a3}.", "a.\u{3c2}."),
            ("A\u{345}\u{3a3}\u{345}a", "a\u{345}\u{3c3}\u{345}a"),
            ("\u{345}\u{3a3}", "\u{345}\u{3c3}"),
        ] {
            assert_eq!(lower(w(s)), Wtf8Buf::from(want), "{s}");
        }
    }

    #[test]
    fn long_mappings() {
        assert_eq!(upper(w("stra\u{df}e\u{149}")), Wtf8Buf::from("STRASSE\u{2bc}N"));
        assert_eq!(casefold(w("\u{df}\u{130}\u{13a0}")), Wtf8Buf::from("ssi\u{307}\u{13a0}"));
        assert_eq!(title(w("\u{1c6}\u{1c6} \u{fb01}")), Wtf8Buf::from("\u{1c5}\u{1c6} Fi"));
    }

    #[test]
    fn predicates_of_text() {
        assert!(is_title(w("Abc Def")) && !is_title(w("ABc")) && !is_title(w("")) && !is_title(w("abc")));
        assert!(is_lower(w("a1")) && !is_lower(w("1")) && !is_lower(w("a\u{1c5}")));
        assert!(is_upper(w("A1")) && !is_upper(w("")));
    }
}
