//! Character sets and categories, and the three ways to ignore case.
//!
//! Invariant: a [`Charset`] answers as CPython's `SRE(charset)` does on the same words; characters below 256 by one bit test.

use pyc_text::chars;

use crate::program::Invalid;

/// How case is ignored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fold {
    None,
    /// `re.ASCII`: A to Z only.
    Ascii,
    /// `re.LOCALE`: of the C locale, A to Z only.
    Locale,
    Unicode,
}

impl Fold {
    #[inline]
    pub fn lower(self, c: u32) -> u32 {
        match self {
            Fold::None => c,
            Fold::Ascii | Fold::Locale => {
                if (65..=90).contains(&c) {
                    c + 32
                } else {
                    c
                }
            }
            Fold::Unicode => {
                if c < 128 {
                    Fold::Ascii.lower(c)
                } else {
                    chars::to_lower(c)
                }
            }
        }
    }

    #[inline]
    pub fn upper(self, c: u32) -> u32 {
        match self {
            Fold::Unicode => chars::to_upper(c),
            _ => {
                if (97..=122).contains(&c) {
                    c - 32
                } else {
                    c
                }
            }
        }
    }
}

/// `CATEGORY_*`, by CPython's numbers.
pub fn category(code: u32, c: u32) -> bool {
    let ascii = u8::try_from(c).ok().filter(u8::is_ascii);
    let ascii_word = ascii.is_some_and(|b| b.is_ascii_alphanumeric() || b == b'_');
    match code {
        0 => ascii.is_some_and(|b| b.is_ascii_digit()),
        1 => !category(0, c),
        2 => matches!(c, 9..=13 | 32),
        3 => !category(2, c),
        4 | 8 => ascii_word,
        5 | 9 => !ascii_word,
        6 => c == 10,
        7 => c != 10,
        10 => chars::is_decimal(c),
        11 => !chars::is_decimal(c),
        12 => chars::is_space(c),
        13 => !chars::is_space(c),
        14 => unicode_word(c),
        15 => !unicode_word(c),
        16 => chars::is_line_break(c),
        17 => !chars::is_line_break(c),
        _ => false,
    }
}

/// A letter, digit or underscore of any script.
#[inline]
pub fn unicode_word(c: u32) -> bool {
    if c < 128 { (c as u8).is_ascii_alphanumeric() || c == 95 } else { chars::is_alnum(c) }
}

#[derive(Clone, Debug)]
enum Item {
    Literal(u32),
    Range(u32, u32),
    /// Also matches if the character's upper case is in the range.
    RangeIgnore(u32, u32),
    Category(u32),
    /// 256 bits.
    Bits(Box<[u32]>),
    /// A block number for each high byte, then blocks of 256 bits.
    Big {
        blocks: Box<[u8]>,
        bits: Box<[u32]>,
    },
    Negate,
}

/// A set of characters.
#[derive(Clone, Debug)]
pub struct Charset {
    low: [u64; 4],
    items: Box<[Item]>,
}

/// Words of a 256-bit set.
const BITS: usize = 8;
/// Words of a big set's 256 block numbers.
const BLOCKS: usize = 64;

impl Charset {
    /// Reads the words of a set, without the FAILURE that ends it.
    pub fn new(words: &[u32]) -> Result<Charset, Invalid> {
        let mut items = Vec::new();
        let mut rest = words;
        let mut take = |n: usize| -> Result<&[u32], Invalid> {
            let (head, tail) = rest.split_at_checked(n).ok_or(Invalid)?;
            rest = tail;
            Ok(head)
        };
        while let Ok(&[op]) = take(1) {
            items.push(match op {
                16 => Item::Literal(take(1)?[0]),
                22 | 42 => {
                    let (low, high) = (take(1)?[0], take(1)?[0]);
                    if op == 22 { Item::Range(low, high) } else { Item::RangeIgnore(low, high) }
                }
                8 => Item::Category(take(1)?.first().copied().filter(|&c| c < 18).ok_or(Invalid)?),
                9 => Item::Bits(take(BITS)?.into()),
                10 => {
                    let count = take(1)?[0] as usize;
                    let blocks: Box<[u8]> = take(BLOCKS)?.iter().flat_map(|w| w.to_le_bytes()).collect();
                    if blocks.iter().any(|&b| b as usize >= count) {
                        return Err(Invalid);
                    }
                    let bits = take(count.checked_mul(BITS).ok_or(Invalid)?)?.into();
                    Item::Big { blocks, bits }
                }
                21 => Item::Negate,
                _ => return Err(Invalid),
            });
        }
        let mut set = Charset { low: [0; 4], items: items.into() };
        for c in 0..256 {
            if set.evaluate(c) {
                set.low[c as usize / 64] |= 1 << (c % 64);
            }
        }
        Ok(set)
    }

    #[inline]
    pub fn contains(&self, c: u32) -> bool {
        if c < 256 { self.low[c as usize >> 6] >> (c & 63) & 1 != 0 } else { self.evaluate(c) }
    }

    fn evaluate(&self, c: u32) -> bool {
        let mut ok = true;
        for item in &self.items {
            let hit = match item {
                Item::Negate => {
                    ok = !ok;
                    continue;
                }
                Item::Literal(l) => c == *l,
                Item::Range(low, high) => (*low..=*high).contains(&c),
                Item::RangeIgnore(low, high) => {
                    (*low..=*high).contains(&c) || (*low..=*high).contains(&Fold::Unicode.upper(c))
                }
                Item::Category(code) => category(*code, c),
                Item::Bits(bits) => c < 256 && bits[c as usize / 32] >> (c % 32) & 1 != 0,
                Item::Big { blocks, bits } => {
                    c < 65536 && {
                        let bit = blocks[c as usize >> 8] as usize * 256 + (c as usize & 255);
                        bits.get(bit / 32).is_some_and(|w| w >> (bit % 32) & 1 != 0)
                    }
                }
            };
            if hit {
                return ok;
            }
        }
        !ok
    }
}
