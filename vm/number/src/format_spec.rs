//! The format mini-language: `[[fill]align][sign][z][#][0][width][grouping][.precision[grouping]][type]`.
//!
//! Invariant: errors are CPython's ValueErrors, word for word; which fields a type allows is decided here, what the
//! number's digits are is not. Sources: PEP 3101, 378, 515, 682; Lib/test/test_format.py's behaviour.

use pyc_text::float_text::{self, Conversion, Flags};

/// A parsed format specification.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Spec {
    pub fill: char,
    pub align: Align,
    pub sign: Sign,
    /// `z`
    pub no_negative_zero: bool,
    /// `#`
    pub alternate: bool,
    pub width: Option<usize>,
    pub grouping: Option<Grouping>,
    pub precision: Option<usize>,
    /// The separator behind the point (3.14).
    pub fraction_grouping: Option<Grouping>,
    /// The type letter, `None` if left out.
    pub kind: Option<char>,
    /// An alignment was written out, or `0` implied one.
    pub align_given: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Align {
    Left,
    Right,
    Center,
    /// `=`: padding between sign and digits.
    AfterSign,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sign {
    Default,
    Minus,
    Plus,
    Space,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Grouping {
    Comma,
    Underscore,
}

impl Grouping {
    fn char(self) -> char {
        match self {
            Grouping::Comma => ',',
            Grouping::Underscore => '_',
        }
    }
}

/// The text of a ValueError.
pub type Error = String;

fn align_of(c: char) -> Option<Align> {
    Some(match c {
        '<' => Align::Left,
        '>' => Align::Right,
        '^' => Align::Center,
        '=' => Align::AfterSign,
        _ => return None,
    })
}

/// Parses a specification. `default_align` is Left for strings, Right for numbers; `type_name` names the value's type in
/// errors; `decimal` gives the value of a decimal digit of any script.
pub fn parse(
    spec: &[char],
    default_align: Align,
    type_name: &str,
    decimal: fn(char) -> Option<u32>,
) -> Result<Spec, Error> {
    let mut out = Spec {
        fill: ' ',
        align: default_align,
        sign: Sign::Default,
        no_negative_zero: false,
        alternate: false,
        width: None,
        grouping: None,
        precision: None,
        fraction_grouping: None,
        kind: None,
        align_given: false,
    };
    let mut at = 0;
    let mut fill_given = false;
    let peek = |at: usize| spec.get(at).copied();
    if let Some(align) = peek(1).and_then(align_of) {
        (out.fill, out.align, out.align_given, fill_given) = (spec[0], align, true, true);
        at = 2;
    } else if let Some(align) = peek(0).and_then(align_of) {
        (out.align, out.align_given) = (align, true);
        at = 1;
    }
    let sign = match peek(at) {
        Some('+') => Some(Sign::Plus),
        Some('-') => Some(Sign::Minus),
        Some(' ') => Some(Sign::Space),
        _ => None,
    };
    if let Some(sign) = sign {
        out.sign = sign;
        at += 1;
    }
    if peek(at) == Some('z') {
        out.no_negative_zero = true;
        at += 1;
    }
    if peek(at) == Some('#') {
        out.alternate = true;
        at += 1;
    }
    if !fill_given && peek(at) == Some('0') {
        out.fill = '0';
        if !out.align_given && default_align == Align::Right {
            out.align = Align::AfterSign;
            out.align_given = true;
        }
        at += 1;
    }
    out.width = integer(spec, &mut at, decimal)?;
    out.grouping = grouping(spec, &mut at)?;
    if peek(at) == Some('.') {
        at += 1;
        out.precision = integer(spec, &mut at, decimal)?;
        out.fraction_grouping = grouping(spec, &mut at)?;
        if out.precision.is_none() && out.fraction_grouping.is_none() {
            return Err("Format specifier missing precision".into());
        }
    }
    if spec.len() > at + 1 {
        let text: String = spec.iter().collect();
        return Err(format!("Invalid format specifier '{text}' for object of type '{type_name}'"));
    }
    out.kind = peek(at);
    if let Some(group) = out.grouping {
        let allowed = match out.kind {
            None | Some('d' | 'e' | 'f' | 'g' | 'E' | 'G' | '%' | 'F') => true,
            Some('b' | 'o' | 'x' | 'X') => group == Grouping::Underscore,
            _ => false,
        };
        if !allowed {
            return Err(cannot_group(group, out.kind));
        }
    }
    if let (Some('n'), Some(group)) = (out.kind, out.fraction_grouping) {
        return Err(cannot_group(group, out.kind));
    }
    Ok(out)
}

fn cannot_group(group: Grouping, kind: Option<char>) -> Error {
    let group = group.char();
    match kind.unwrap_or('\0') {
        kind @ '!'..='\x7f' => format!("Cannot specify '{group}' with '{kind}'."),
        kind => format!("Cannot specify '{group}' with '\\x{:x}'.", kind as u32),
    }
}

/// `,` or `_` at this place; both are an error.
fn grouping(spec: &[char], at: &mut usize) -> Result<Option<Grouping>, Error> {
    let both = || Err("Cannot specify both ',' and '_'.".into());
    let mut found = None;
    if spec.get(*at) == Some(&',') {
        found = Some(Grouping::Comma);
        *at += 1;
    }
    if spec.get(*at) == Some(&'_') {
        if found.is_some() {
            return both();
        }
        found = Some(Grouping::Underscore);
        *at += 1;
    }
    if spec.get(*at) == Some(&',') && found == Some(Grouping::Underscore) {
        return both();
    }
    Ok(found)
}

fn integer(spec: &[char], at: &mut usize, decimal: fn(char) -> Option<u32>) -> Result<Option<usize>, Error> {
    let start = *at;
    let mut value: usize = 0;
    while let Some(digit) = spec.get(*at).and_then(|&c| decimal(c)) {
        value = value
            .checked_mul(10)
            .and_then(|v| v.checked_add(digit as usize))
            .filter(|&v| v <= isize::MAX as usize)
            .ok_or("Too many decimal digits in format string")?;
        *at += 1;
    }
    Ok((*at > start).then_some(value))
}

/// `Unknown format code 'x' for object of type 'T'`.
pub fn unknown_code(kind: char, type_name: &str) -> Error {
    match kind {
        '!'..='\x7f' => format!("Unknown format code '{kind}' for object of type '{type_name}'"),
        _ => format!("Unknown format code '\\x{:x}' for object of type '{type_name}'", kind as u32),
    }
}

/// How many fill characters stand left and right of a text of `length` characters.
pub fn padding(spec: &Spec, length: usize) -> (usize, usize) {
    let free = spec.width.unwrap_or(0).saturating_sub(length);
    match spec.align {
        Align::Right => (free, 0),
        Align::Center => (free / 2, free - free / 2),
        Align::Left | Align::AfterSign => (0, free),
    }
}

/// Checks a specification for `str.__format__`; the caller cuts to `precision` characters and pads.
pub fn check_str(spec: &Spec, type_name: &str) -> Result<(), Error> {
    match spec.kind {
        None | Some('s') => {}
        Some(kind) => return Err(unknown_code(kind, type_name)),
    }
    match spec.sign {
        Sign::Default => {}
        Sign::Space => return Err("Space not allowed in string format specifier".into()),
        Sign::Plus | Sign::Minus => return Err("Sign not allowed in string format specifier".into()),
    }
    if spec.no_negative_zero {
        return Err("Negative zero coercion (z) not allowed in string format specifier".into());
    }
    if spec.alternate {
        return Err("Alternate form (#) not allowed in string format specifier".into());
    }
    if let Some(group) = spec.grouping {
        return Err(cannot_group(group, Some('s')));
    }
    if spec.align == Align::AfterSign && spec.align_given {
        return Err("'=' alignment not allowed in string format specifier".into());
    }
    Ok(())
}

/// A number's parts before layout.
#[derive(Clone, Copy, Debug)]
struct Parts<'a> {
    negative: bool,
    /// `0x`, `0b`, `0o` or nothing.
    prefix: &'a str,
    whole: &'a str,
    point: bool,
    fraction: &'a str,
    /// Exponent, percent sign, or the letters of inf and nan.
    rest: &'a str,
}

/// Lays a number out: padding, sign, prefix, grouped digits, point, grouped fraction, rest.
fn lay_out(spec: &Spec, parts: Parts, every: usize) -> String {
    let sign = match (spec.sign, parts.negative) {
        (_, true) => "-",
        (Sign::Plus, false) => "+",
        (Sign::Space, false) => " ",
        _ => "",
    };
    let mut fraction = String::new();
    for (i, digit) in parts.fraction.chars().enumerate() {
        if let Some(group) = spec.fraction_grouping
            && i > 0
            && i % 3 == 0
        {
            fraction.push(group.char());
        }
        fraction.push(digit);
    }
    let around = sign.len() + parts.prefix.len() + usize::from(parts.point) + fraction.len() + parts.rest.len();
    // Zero padding belongs to the digits, so that it is grouped with them.
    let zero_fill = spec.fill == '0' && spec.align == Align::AfterSign;
    let least = if zero_fill { spec.width.unwrap_or(0).saturating_sub(around) } else { 0 };
    let whole = group(parts.whole, least, spec.grouping, every);
    let free = spec.width.unwrap_or(0).saturating_sub(around + whole.len());
    let (left, inner, right) = match spec.align {
        Align::Left => (0, 0, free),
        Align::Right => (free, 0, 0),
        Align::Center => (free / 2, 0, free - free / 2),
        Align::AfterSign => (0, free, 0),
    };
    let mut out = String::with_capacity(around + whole.len() + free * spec.fill.len_utf8());
    out.extend(std::iter::repeat_n(spec.fill, left));
    out.push_str(sign);
    out.push_str(parts.prefix);
    out.extend(std::iter::repeat_n(spec.fill, inner));
    out.push_str(&whole);
    if parts.point {
        out.push('.');
    }
    out.push_str(&fraction);
    out.push_str(parts.rest);
    out.extend(std::iter::repeat_n(spec.fill, right));
    out
}

/// Digits with separators, and zeros in front up to `least` characters; a separator never stands first.
fn group(digits: &str, least: usize, separator: Option<Grouping>, every: usize) -> String {
    let Some(separator) = separator.map(Grouping::char) else {
        return format!("{}{digits}", "0".repeat(least.saturating_sub(digits.len())));
    };
    if digits.is_empty() {
        return String::new();
    }
    let mut reversed = Vec::with_capacity(digits.len() + digits.len() / every + 1);
    let mut zeros = std::iter::repeat(b'0');
    let mut source = digits.bytes().rev();
    let mut written = 0;
    while let Some(digit) = source.next().or_else(|| if reversed.len() < least { zeros.next() } else { None }) {
        if written > 0 && written % every == 0 {
            reversed.push(separator as u8);
        }
        reversed.push(digit);
        written += 1;
    }
    reversed.iter().rev().map(|&b| b as char).collect()
}

/// `int.__format__` for the types of integers. `digits(base)` gives the magnitude's digits, lower case.
///
/// Types `e E f F g G %` are the caller's: they format the value as a float.
pub fn format_int(spec: &Spec, negative: bool, digits: impl FnOnce(u32) -> String) -> Result<String, Error> {
    if spec.precision.is_some() {
        return Err("Precision not allowed in integer format specifier".into());
    }
    if spec.no_negative_zero {
        return Err("Negative zero coercion (z) not allowed in integer format specifier".into());
    }
    let (base, prefix) = match spec.kind {
        Some('b') => (2, "0b"),
        Some('o') => (8, "0o"),
        Some('x') => (16, "0x"),
        Some('X') => (16, "0X"),
        _ => (10, ""),
    };
    let mut text = digits(base);
    if spec.kind == Some('X') {
        text.make_ascii_uppercase();
    }
    let prefix = if spec.alternate { prefix } else { "" };
    let parts = Parts { negative, prefix, whole: &text, point: false, fraction: "", rest: "" };
    Ok(lay_out(spec, parts, if base == 10 { 3 } else { 4 }))
}

/// `int.__format__` with type `c`: one character.
pub fn format_char(spec: &Spec, character: &str) -> Result<String, Error> {
    if spec.precision.is_some() {
        return Err("Precision not allowed in integer format specifier".into());
    }
    if spec.no_negative_zero {
        return Err("Negative zero coercion (z) not allowed in integer format specifier".into());
    }
    if spec.sign != Sign::Default {
        return Err("Sign not allowed with integer format specifier 'c'".into());
    }
    if spec.alternate {
        return Err("Alternate form (#) not allowed with integer format specifier 'c'".into());
    }
    let count = character.chars().count();
    let free = spec.width.unwrap_or(0).saturating_sub(count);
    let (left, right) = match spec.align {
        Align::Left => (0, free),
        Align::Center => (free / 2, free - free / 2),
        Align::Right | Align::AfterSign => (free, 0),
    };
    let fill = |n| std::iter::repeat_n(spec.fill, n);
    Ok(fill(left).chain(character.chars()).chain(fill(right)).collect())
}

/// Precisions beyond a C int are refused.
const MAX_PRECISION: usize = i32::MAX as usize;

/// The conversion behind a float type letter, and its digits for `x`.
fn float_digits(spec: &Spec, x: f64, repr_default: bool) -> Result<String, Error> {
    let precision = spec.precision;
    if precision.is_some_and(|p| p > MAX_PRECISION) {
        return Err("precision too big".into());
    }
    let flags = Flags {
        alternate: spec.alternate,
        no_negative_zero: spec.no_negative_zero,
        add_dot_zero: repr_default && spec.kind.is_none(),
        uppercase: matches!(spec.kind, Some('E' | 'F' | 'G')),
    };
    let (conversion, default, value) = match spec.kind {
        Some('e' | 'E') => (Conversion::Exponent, 6, x),
        Some('f' | 'F') => (Conversion::Fixed, 6, x),
        Some('%') => (Conversion::Fixed, 6, x * 100.0),
        Some('g' | 'G' | 'n') => (Conversion::General, 6, x),
        _ if precision.is_some() => (Conversion::General, 0, x),
        _ => (Conversion::Repr, 0, x),
    };
    let mut text = float_text::format(value, conversion, precision.unwrap_or(default), flags);
    if flags.add_dot_zero && conversion == Conversion::General {
        text = general_as_str(value, precision.unwrap_or(0), flags);
    }
    if spec.kind == Some('%') {
        text.push('%');
    }
    Ok(text)
}

/// A precision without a type is `g`, but shows an exponent one digit earlier, so that `.0` fits the precision.
fn general_as_str(x: f64, precision: usize, flags: Flags) -> String {
    let precision = precision.max(1);
    let scientific = float_text::format(x, Conversion::Exponent, precision - 1, Flags { add_dot_zero: false, ..flags });
    let exponent: Option<i32> = scientific.split_once('e').and_then(|(_, e)| e.parse().ok());
    if exponent.is_some_and(|e| e == precision as i32 - 1 && x.is_finite() && e >= 0) {
        // At exactly `precision` whole digits `g` would print an integer; str-like output switches to an exponent.
        let (mantissa, tail) = scientific.split_once('e').unwrap_or((&scientific, ""));
        let mantissa = if flags.alternate || !mantissa.contains('.') {
            mantissa
        } else {
            mantissa.trim_end_matches('0').trim_end_matches('.')
        };
        return format!("{mantissa}e{tail}");
    }
    float_text::format(x, Conversion::General, precision, flags)
}

fn split(text: &str) -> Parts<'_> {
    let (negative, text) = match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text),
    };
    let end = |t: &str| t.find(|c: char| !c.is_ascii_digit()).unwrap_or(t.len());
    let (whole, rest) = text.split_at(end(text));
    let (point, rest) = match rest.strip_prefix('.') {
        Some(rest) => (true, rest),
        None => (false, rest),
    };
    let (fraction, rest) = if point { rest.split_at(end(rest)) } else { ("", rest) };
    Parts { negative, prefix: "", whole, point, fraction, rest }
}

/// `float.__format__`, for the types `e E f F g G n %` and none; others are the caller's [`unknown_code`].
pub fn format_float(spec: &Spec, x: f64) -> Result<String, Error> {
    let text = float_digits(spec, x, true)?;
    Ok(lay_out(spec, split(&text), 3))
}

/// `complex.__format__`.
pub fn format_complex(spec: &Spec, real: f64, imag: f64) -> Result<String, Error> {
    if spec.precision.is_some_and(|p| p > MAX_PRECISION) {
        return Err("precision too big".into());
    }
    if spec.fill == '0' {
        return Err("Zero padding is not allowed in complex format specifier".into());
    }
    if spec.align == Align::AfterSign {
        return Err("'=' alignment flag is not allowed in complex format specifier".into());
    }
    let skip_real = spec.kind.is_none() && real == 0.0 && real.is_sign_positive();
    let parentheses = spec.kind.is_none() && !skip_real;
    let bare = Spec { fill: '\0', align: Align::Left, width: None, ..*spec };
    let part = |x: f64, spec: &Spec| -> Result<String, Error> {
        let text = float_digits(spec, x, false)?;
        Ok(lay_out(spec, split(&text), 3))
    };
    let mut text = String::new();
    if !skip_real {
        text.push_str(&part(real, &bare)?);
    }
    let signed = if skip_real { bare } else { Spec { sign: Sign::Plus, ..bare } };
    text.push_str(&part(imag, &signed)?);
    text.push('j');
    if parentheses {
        text = format!("({text})");
    }
    let (left, right) = padding(spec, text.chars().count());
    let fill = |n| std::iter::repeat_n(spec.fill, n);
    Ok(fill(left).chain(text.chars()).chain(fill(right)).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn spec(text: &str) -> Result<Spec, Error> {
        parse(&text.chars().collect::<Vec<_>>(), Align::Right, "int", |c| c.to_digit(10))
    }

    #[test]
    fn errors() {
        assert_eq!(spec(",_"), Err("Cannot specify both ',' and '_'.".into()));
        assert_eq!(spec("_,"), Err("Cannot specify both ',' and '_'.".into()));
        assert_eq!(spec("."), Err("Format specifier missing precision".into()));
        assert_eq!(spec("dd"), Err("Invalid format specifier 'dd' for object of type 'int'".into()));
        assert_eq!(spec(",x"), Err("Cannot specify ',' with 'x'.".into()));
        assert_eq!(spec(&"9".repeat(30)), Err("Too many decimal digits in format string".into()));
    }

    #[test]
    fn grouping_and_zero_padding() {
        let int = |s: &str, v: &str| format_int(&spec(s).unwrap_or_else(|e| panic!("{e}")), false, |_| v.into());
        assert_eq!(int("010,", "1234567"), Ok("01,234,567".into()));
        assert_eq!(int("09,", "1234"), Ok("0,001,234".into()));
        assert_eq!(int("08,", "1234"), Ok("0,001,234".into()));
        assert_eq!(int("07,", "1234"), Ok("001,234".into()));
        assert_eq!(int("#_x", "ffffffff"), Ok("0xffff_ffff".into()));
        assert_eq!(int("*^9", "42"), Ok("***42****".into()));
    }
}
