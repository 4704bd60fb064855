//! The double-byte codecs of East Asia (cjkcodecs): Big5, EUC, GBK, GB18030, Shift_JIS, Johab and their kin.
//!
//! Invariant: the tables are what CPython decodes, sequence by sequence (`cargo x ucd --check`). A byte that can't start a
//! sequence, or a pair that is none, is an error of one byte.

use super::DecodeError;
use crate::tables::multibyte as t;
use crate::wtf8::Wtf8Buf;

/// One codec. Values are those of the generated tables: 0 is undefined, but for the byte 0.
#[derive(Debug)]
pub struct Table {
    pub(crate) single: [u16; 256],
    /// Row numbers by lead byte; 0 is no lead.
    pub(crate) rows: [u16; 256],
    /// Rows by the second byte, after 0x8F (EUC-JP's third set).
    pub(crate) three: Option<[u16; 256]>,
}

/// The index of a codec in the tables.
pub(super) fn index(name: &str) -> Option<u8> {
    t::CODECS.iter().position(|c| c.0 == name).and_then(|i| u8::try_from(i).ok())
}

fn value(row: u16, trail: u8) -> Option<u16> {
    let &(start, first, len) = t::ROWS.get(usize::from(row))?;
    let i = u32::from(trail.checked_sub(first)?);
    if i >= u32::from(len) {
        return None;
    }
    let at = (start + 2 * i) as usize;
    let pair = t::POOL.get(at..)?.first_chunk::<2>()?;
    Some(u16::from_le_bytes(*pair)).filter(|&v| v != 0)
}

fn push(out: &mut Wtf8Buf, value: u16) {
    match value.checked_sub(0xD800).and_then(|i| t::EXTRA.get(usize::from(i))) {
        Some(&[c, second]) if value < 0xE000 => {
            out.push(c);
            if second != 0 {
                out.push(second);
            }
        }
        _ => out.push(u32::from(value)),
    }
}

pub(super) fn decode(input: &[u8], codec: u8) -> Option<Result<Wtf8Buf, DecodeError>> {
    let (name, table) = t::CODECS.get(usize::from(codec))?;
    Some(run(input, name, table))
}

fn run(input: &[u8], name: &'static str, table: &Table) -> Result<Wtf8Buf, DecodeError> {
    let four = name == "gb18030";
    let mut out = Wtf8Buf::with_capacity(input.len());
    let mut at = 0;
    while let Some(&b) = input.get(at) {
        let single = table.single[usize::from(b)];
        if single != 0 || b == 0 {
            push(&mut out, single);
            at += 1;
            continue;
        }
        let incomplete = || Err(DecodeError::new(name, input, at, input.len(), "incomplete multibyte sequence"));
        let illegal_to = |end: usize| Err(DecodeError::new(name, input, at, end, "illegal multibyte sequence"));
        let illegal = || illegal_to(at + 1);
        // Only Shift_JIS looks at the lead before it asks for the next byte.
        let never_leads = match name {
            "shift_jis" => !matches!(b, 0x81..=0x9F | 0xE0..=0xEA),
            "shift_jis_2004" | "shift_jisx0213" => !matches!(b, 0x81..=0x9F | 0xE0..=0xFC),
            _ => false,
        };
        if never_leads {
            return illegal();
        }
        let Some(&trail) = input.get(at + 1) else { return incomplete() };
        if let Some(three) = table.three.as_ref().filter(|_| b == 0x8F) {
            let Some(&last) = input.get(at + 2) else { return incomplete() };
            match value(three[usize::from(trail)], last) {
                Some(v) => push(&mut out, v),
                None => return illegal(),
            }
            at += 3;
        } else if four && trail.is_ascii_digit() {
            let Some(rest) = input.get(at + 2..at + 4) else { return incomplete() };
            match rest {
                &[c, d] => match four_bytes(b, trail, c, d) {
                    Some(code) => out.push(code),
                    None => return illegal(),
                },
                _ => return incomplete(),
            }
            at += 4;
        } else {
            match value(table.rows[usize::from(b)], trail) {
                Some(v) => push(&mut out, v),
                None if newer_has(name, b, trail) => return illegal_to(at + 2),
                None if name == "euc_kr" && (b, trail) == (0xA4, 0xD4) => {
                    let Some(spelt) = input.get(at..at + 8) else { return incomplete() };
                    match spelt_syllable(spelt) {
                        Some(c) => out.push(c),
                        None => return illegal(),
                    }
                    at += 6;
                }
                None => return illegal(),
            }
            at += 2;
        }
    }
    Ok(out)
}

/// JIS X 0213:2000 knows the characters that 2004 added, as errors of two bytes.
fn newer_has(name: &str, lead: u8, trail: u8) -> bool {
    let newer = match name {
        "euc_jisx0213" => "euc_jis_2004",
        "shift_jisx0213" => "shift_jis_2004",
        _ => return false,
    };
    t::CODECS.iter().any(|(n, table)| *n == newer && value(table.rows[usize::from(lead)], trail).is_some())
}

/// KS X 1001's way to spell a syllable that has no code: a filler, then three letters, each in two bytes from A4 on.
fn spelt_syllable(spelt: &[u8]) -> Option<u32> {
    const NONE: u8 = 0xFF;
    /// By letter from A4A1 on: its number as a leading and as a trailing consonant.
    const LEADING: [u8; 30] = [
        0, 1, NONE, 2, NONE, NONE, 3, 4, 5, NONE, NONE, NONE, NONE, NONE, NONE, NONE, 6, 7, 8, NONE, 9, 10, 11, 12, 13,
        14, 15, 16, 17, 18,
    ];
    const TRAILING: [u8; 30] = [
        1, 2, 3, 4, 5, 6, 7, NONE, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, NONE, 18, 19, 20, 21, 22, NONE, 23, 24, 25,
        26, 27,
    ];
    let &[0xA4, 0xD4, 0xA4, l, 0xA4, v, 0xA4, t] = spelt else { return None };
    let letter = |table: &[u8; 30], b: u8| {
        let n = *table.get(usize::from(b.checked_sub(0xA1)?))?;
        (n != NONE).then_some(u32::from(n))
    };
    let vowel = v.checked_sub(0xBF).filter(|&v| v < 21)?;
    let trailing = if t == 0xD4 { 0 } else { letter(&TRAILING, t)? };
    Some(crate::normalize::hangul_syllable(letter(&LEADING, l)?, u32::from(vowel), trailing))
}

/// gb18030: linear ranges below U+FFFF, one beyond.
fn four_bytes(a: u8, b: u8, c: u8, d: u8) -> Option<u32> {
    let (c, d) = (c.checked_sub(0x81).filter(|&c| c < 126)?, d.checked_sub(b'0').filter(|&d| d < 10)?);
    let low = u32::from(b - b'0') * 1260 + u32::from(c) * 10 + u32::from(d);
    if let Some(a) = a.checked_sub(0x90) {
        return Some(0x10000 + u32::from(a) * 12600 + low).filter(|&code| code <= crate::wtf8::MAX);
    }
    let linear = u32::from(a.checked_sub(0x81)?) * 12600 + low;
    let i = t::RANGES.partition_point(|r| r.0 <= linear).checked_sub(1)?;
    let &(first, code, count) = t::RANGES.get(i)?;
    Some(linear - first).filter(|&n| n < count).map(|n| code + n)
}
