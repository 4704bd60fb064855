//! Unicode 3.2.0 as `unicodedata.ucd_3_2_0` has it: `stringprep` and with it IDNA are defined over that version.
//!
//! Invariant: the answers are those of the current tables but where `tables/old.rs` says otherwise; code points that were
//! unassigned then have no properties. As in CPython, canonical composition knows the current pairs.

use crate::normalize::{self, Form};
use crate::tables::old as t;
use crate::wtf8::{Wtf8, Wtf8Buf};
use crate::{chars, names};

/// What was otherwise; None: as now.
#[derive(Debug)]
pub struct Change {
    pub(crate) category: Option<&'static str>,
    pub(crate) bidirectional: Option<&'static str>,
    pub(crate) east_asian_width: Option<&'static str>,
    pub(crate) mirrored: Option<bool>,
    pub(crate) decimal: Option<Option<u8>>,
    pub(crate) numeric: Option<Option<f64>>,
}

impl Change {
    pub(crate) const NONE: Change = Change {
        category: None,
        bidirectional: None,
        east_asian_width: None,
        mirrored: None,
        decimal: None,
        numeric: None,
    };
}

/// True of what has been assigned since.
fn is_new(c: u32) -> bool {
    let i = t::UNASSIGNED.partition_point(|r| r.1 < c);
    t::UNASSIGNED.get(i).is_some_and(|r| r.0 <= c)
}

fn change(c: u32) -> &'static Change {
    let i = t::CHANGED.partition_point(|r| r.1 < c);
    t::CHANGED.get(i).filter(|r| r.0 <= c).map_or(&Change::NONE, |r| &r.2)
}

pub fn category(c: u32) -> &'static str {
    if is_new(c) { "Cn" } else { change(c).category.unwrap_or_else(|| chars::category(c)) }
}

pub fn bidirectional(c: u32) -> &'static str {
    if is_new(c) { "" } else { change(c).bidirectional.unwrap_or_else(|| chars::bidirectional(c)) }
}

pub fn combining(c: u32) -> u8 {
    if is_new(c) { 0 } else { chars::combining(c) }
}

pub fn east_asian_width(c: u32) -> &'static str {
    if is_new(c) { "N" } else { change(c).east_asian_width.unwrap_or_else(|| chars::east_asian_width(c)) }
}

pub fn mirrored(c: u32) -> bool {
    !is_new(c) && change(c).mirrored.unwrap_or_else(|| chars::mirrored(c))
}

pub fn decimal(c: u32) -> Option<u8> {
    if is_new(c) { None } else { change(c).decimal.unwrap_or_else(|| chars::decimal(c)) }
}

/// CPython looks this one up in the current tables.
pub fn digit(c: u32) -> Option<u8> {
    chars::digit(c)
}

pub fn numeric(c: u32) -> Option<f64> {
    if is_new(c) { None } else { change(c).numeric.unwrap_or_else(|| chars::numeric(c)) }
}

pub fn name(c: u32) -> Option<String> {
    if is_new(c) { None } else { names::name(c) }
}

/// The mapping of `unicodedata.ucd_3_2_0.decomposition`, which shows the corrected ones.
fn shown(c: u32) -> Option<(&'static str, &'static [u32])> {
    if is_new(c) { None } else { normalize::decomposition(c) }
}

/// The mapping that normalisation uses: corrections of later versions are taken back.
fn mapping(c: u32) -> Option<(&'static str, &'static [u32])> {
    match t::CORRECTIONS.iter().find(|r| r.0 == c) {
        Some(r) => Some(("", std::slice::from_ref(&r.1))),
        None => shown(c),
    }
}

pub fn decomposition_text(c: u32) -> String {
    if is_new(c) { String::new() } else { normalize::text_of(c, shown) }
}

pub fn normalize(s: Wtf8<'_>, form: Form) -> Wtf8Buf {
    normalize::normalize_by(s, form, mapping)
}

pub fn is_normalized(s: Wtf8<'_>, form: Form) -> bool {
    normalize(s, form).as_wtf8() == s
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn then_and_now() {
        assert_eq!((category(0x221), chars::category(0x221)), ("Cn", "Ll"));
        assert_eq!((decimal(0xB2), chars::decimal(0xB2)), (Some(2), None));
        let s = Wtf8Buf::from_iter([0x2F868]);
        assert_eq!(normalize(s.as_wtf8(), Form::Nfc), Wtf8Buf::from_iter([0x2136A]));
    }
}
