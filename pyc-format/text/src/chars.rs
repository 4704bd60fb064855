//! Properties of one code point, as `unicodedata` and the `str` methods of CPython have them.
//!
//! Invariant: the answers are CPython's for every code point (`cargo x ucd --check`). Next: `case.rs`.

use crate::tables::props as t;

/// What the database says of a code point; case mappings are distances.
#[derive(Debug)]
pub struct Record {
    category: u8,
    bidi: u8,
    combining: u8,
    width: u8,
    mirrored: bool,
    quick_check: u8,
    decimal: u8,
    digit: u8,
    flags: u16,
    lower: i32,
    title: i32,
    upper: i32,
}

impl Record {
    #[allow(clippy::too_many_arguments)] // a row of a generated table
    pub(crate) const fn new(
        category: u8,
        bidi: u8,
        combining: u8,
        width: u8,
        mirrored: bool,
        quick_check: u8,
        decimal: u8,
        digit: u8,
        flags: u16,
        lower: i32,
        title: i32,
        upper: i32,
    ) -> Self {
        Record { category, bidi, combining, width, mirrored, quick_check, decimal, digit, flags, lower, title, upper }
    }
}

/// Looks a code point up in a table of two stages; 0 beyond its end.
#[inline]
pub(crate) fn two_stage(index: &[u16], blocks: &[u16], shift: u32, c: u32) -> usize {
    let Some(&block) = index.get((c >> shift) as usize) else { return 0 };
    let at = (usize::from(block) << shift) + (c & ((1 << shift) - 1)) as usize;
    blocks.get(at).copied().map_or(0, usize::from)
}

#[inline]
fn record(c: u32) -> &'static Record {
    let c = if c > crate::wtf8::MAX { 0xFFFF } else { c };
    let i = two_stage(&t::RECORD_INDEX, &t::RECORD_BLOCKS, t::RECORD_SHIFT, c);
    t::RECORDS.get(i).unwrap_or(&t::RECORDS[0])
}

#[inline]
fn has(c: u32, flag: u16) -> bool {
    record(c).flags & flag != 0
}

/// `str.isalpha`.
pub fn is_alpha(c: u32) -> bool {
    has(c, t::ALPHA)
}

/// `str.isdecimal`.
pub fn is_decimal(c: u32) -> bool {
    has(c, t::DECIMAL)
}

/// `str.isdigit`.
pub fn is_digit(c: u32) -> bool {
    has(c, t::DIGIT)
}

/// `str.isnumeric`.
pub fn is_numeric(c: u32) -> bool {
    has(c, t::NUMERIC)
}

/// `str.isalnum`.
pub fn is_alnum(c: u32) -> bool {
    has(c, t::ALPHA | t::DECIMAL | t::DIGIT | t::NUMERIC)
}

/// `str.isspace`: what `str.split()` and `str.strip()` take.
pub fn is_space(c: u32) -> bool {
    has(c, t::SPACE)
}

/// What ends a line for `str.splitlines`.
pub fn is_line_break(c: u32) -> bool {
    has(c, t::LINE_BREAK)
}

/// `str.isprintable`: what `repr` shows as itself.
pub fn is_printable(c: u32) -> bool {
    if c < 0x7F { c >= 0x20 } else { has(c, t::PRINTABLE) }
}

/// The derived property Lowercase (`str.islower` of one character).
pub fn is_lower(c: u32) -> bool {
    has(c, t::LOWER)
}

/// The derived property Uppercase (`str.isupper` of one character).
pub fn is_upper(c: u32) -> bool {
    has(c, t::UPPER)
}

/// Category Lt.
pub fn is_title(c: u32) -> bool {
    has(c, t::TITLE)
}

pub fn is_cased(c: u32) -> bool {
    has(c, t::CASED)
}

pub fn is_case_ignorable(c: u32) -> bool {
    has(c, t::CASE_IGNORABLE)
}

pub fn is_xid_start(c: u32) -> bool {
    has(c, t::XID_START)
}

pub fn is_xid_continue(c: u32) -> bool {
    has(c, t::XID_CONTINUE)
}

/// True if the mappings of the code point are not all single and equal to its fold.
pub(crate) fn is_special_case(c: u32) -> bool {
    has(c, t::EXTENDED_CASE)
}

/// `unicodedata.category`.
pub fn category(c: u32) -> &'static str {
    t::CATEGORIES.get(usize::from(record(c).category)).copied().unwrap_or("Cn")
}

/// `unicodedata.bidirectional`; empty if none is defined.
pub fn bidirectional(c: u32) -> &'static str {
    t::BIDIRECTIONAL.get(usize::from(record(c).bidi)).copied().unwrap_or("")
}

/// `unicodedata.combining`.
pub fn combining(c: u32) -> u8 {
    if c < 0x300 { 0 } else { record(c).combining }
}

/// `unicodedata.east_asian_width`.
pub fn east_asian_width(c: u32) -> &'static str {
    t::WIDTHS.get(usize::from(record(c).width)).copied().unwrap_or("N")
}

/// `unicodedata.mirrored`.
pub fn mirrored(c: u32) -> bool {
    record(c).mirrored
}

/// Two bits each, from the lowest: NFD, NFKD, NFC, NFKC; 0 yes, 1 maybe, 2 no.
pub(crate) fn quick_check(c: u32) -> u8 {
    record(c).quick_check
}

/// `unicodedata.decimal`: the value of a decimal digit, what `int('…')` reads.
pub fn decimal(c: u32) -> Option<u8> {
    Some(record(c).decimal).filter(|&d| d != 255)
}

/// `unicodedata.digit`.
pub fn digit(c: u32) -> Option<u8> {
    Some(record(c).digit).filter(|&d| d != 255)
}

/// `unicodedata.numeric`.
pub fn numeric(c: u32) -> Option<f64> {
    if !is_numeric(c) {
        return None;
    }
    let i = t::NUMERIC_CODES.binary_search(&c).ok()?;
    t::NUMERIC_VALUES.get(usize::from(*t::NUMERIC_WHICH.get(i)?)).copied()
}

/// The single-character mapping to lower case.
pub fn to_lower(c: u32) -> u32 {
    c.wrapping_add_signed(record(c).lower)
}

/// The single-character mapping to upper case.
pub fn to_upper(c: u32) -> u32 {
    c.wrapping_add_signed(record(c).upper)
}

/// The single-character mapping to title case.
pub fn to_title(c: u32) -> u32 {
    c.wrapping_add_signed(record(c).title)
}
