//! f64 as text, and text as f64, as CPython's `PyOS_double_to_string` and `float()` do.
//!
//! Invariant: digits are exact: shortest round-trip for repr, correctly rounded (half to even) at a precision.
//! Source: CPython Python/pystrtod.c's documented behaviour; the digits come from Rust's own exact conversions.

/// A conversion letter of the format mini-language and of `%`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Conversion {
    /// `e`, `E`: one digit before the point.
    Exponent,
    /// `f`, `F`: no exponent.
    Fixed,
    /// `g`, `G`: whichever is shorter; `precision` counts significant digits.
    General,
    /// `r`: shortest digits that read back; `precision` is not used.
    Repr,
}

/// What else shapes the text.
#[derive(Clone, Copy, Debug, Default)]
pub struct Flags {
    /// `#`: keep the point and trailing zeros.
    pub alternate: bool,
    /// `z`: a result that rounds to zero has no sign.
    pub no_negative_zero: bool,
    /// Append `.0` to what would look like an integer (repr and str).
    pub add_dot_zero: bool,
    pub uppercase: bool,
}

/// `repr(x)`: shortest digits, exponent below 1e-4 and from 1e16, always a point, an exponent, `inf` or `nan`.
pub fn repr(x: f64) -> String {
    format(x, Conversion::Repr, 0, Flags { add_dot_zero: true, ..Flags::default() })
}

/// The number's text. `precision`: digits after the point (Exponent, Fixed) or significant digits (General, 0 acts as 1).
pub fn format(x: f64, conversion: Conversion, precision: usize, flags: Flags) -> String {
    if !x.is_finite() {
        let text = if x.is_nan() {
            "nan"
        } else if x > 0.0 {
            "inf"
        } else {
            "-inf"
        };
        return if flags.uppercase { text.to_ascii_uppercase() } else { text.to_owned() };
    }
    let (mut negative, digits, exponent) = decimal(x, conversion, precision);
    if flags.no_negative_zero && digits.bytes().all(|d| d == b'0') {
        negative = false;
    }
    let mut text = String::with_capacity(digits.len() + 8);
    if negative {
        text.push('-');
    }
    let scientific = match conversion {
        Conversion::Exponent => true,
        Conversion::Fixed => false,
        Conversion::General => exponent < -4 || exponent >= precision.max(1) as i32,
        Conversion::Repr => !(-4..16).contains(&exponent),
    };
    // How many digits the text shows: %g without # drops trailing zeros, everything else keeps what was rounded to.
    let shown = match conversion {
        Conversion::General if !flags.alternate => digits.trim_end_matches('0'),
        _ => digits.as_str(),
    };
    let shown = if shown.is_empty() { "0" } else { shown };
    if scientific {
        let (first, rest) = shown.split_at(1);
        text.push_str(first);
        if !rest.is_empty() || flags.alternate {
            text.push('.');
            text.push_str(rest);
        }
        text.push(if flags.uppercase { 'E' } else { 'e' });
        text.push(if exponent < 0 { '-' } else { '+' });
        text.push_str(&format!("{:02}", exponent.unsigned_abs()));
        return text;
    }
    let fraction = if exponent < 0 {
        text.push('0');
        format!("{}{shown}", "0".repeat(exponent.unsigned_abs() as usize - 1))
    } else {
        let whole = exponent as usize + 1;
        if shown.len() <= whole {
            text.push_str(shown);
            text.extend(std::iter::repeat_n('0', whole - shown.len()));
            String::new()
        } else {
            text.push_str(&shown[..whole]);
            shown[whole..].to_owned()
        }
    };
    if !fraction.is_empty() {
        text.push('.');
        text.push_str(&fraction);
    } else if flags.add_dot_zero {
        text.push_str(".0");
    } else if flags.alternate {
        text.push('.');
    }
    text
}

/// No f64 has more digits than this behind its first one; beyond it a precision only adds zeros.
const EXACT: usize = 1100;

/// Sign, decimal digits and the exponent of the first digit: `d.ddd * 10**exponent`.
fn decimal(x: f64, conversion: Conversion, precision: usize) -> (bool, String, i32) {
    let negative = x.is_sign_negative();
    let exact = precision.min(EXACT);
    let zeros = "0".repeat(if conversion == Conversion::Repr { 0 } else { precision - exact });
    let scientific = match conversion {
        Conversion::Repr => shortest(x.abs()),
        Conversion::Exponent => format!("{:.*e}", exact, x.abs()),
        Conversion::General => format!("{:.*e}", exact.max(1) - 1, x.abs()),
        Conversion::Fixed => {
            let fixed = format!("{:.*}", exact, x.abs());
            let (whole, fraction) = fixed.split_once('.').unwrap_or((&fixed, ""));
            // Below one the digits begin right behind the point, so that the zeros there are shown.
            return if whole == "0" && !fraction.is_empty() {
                (negative, [fraction, &zeros].concat(), -1)
            } else {
                (negative, [whole, fraction, &zeros].concat(), whole.len() as i32 - 1)
            };
        }
    };
    let (mantissa, exponent) = scientific.split_once('e').unwrap_or((&scientific, "0"));
    let mut digits: String = mantissa.chars().filter(char::is_ascii_digit).collect();
    digits.push_str(&zeros);
    (negative, digits, exponent.parse().unwrap_or(0))
}

/// The shortest digits that read back as `x`, in scientific form; of two equally near ones the even one, as CPython's
/// dtoa chooses (`72540133139806.12`, where others print `.13`).
fn shortest(x: f64) -> String {
    let text = format!("{x:e}");
    let mantissa = text.split('e').next().unwrap_or("");
    // Ties need a value with few bits left behind the point: all digits of the mantissa but one or two are used.
    if mantissa.len() < 15 || !matches!(mantissa.as_bytes().last(), Some(b'1' | b'3' | b'5' | b'7' | b'9')) {
        return text;
    }
    let even = format!("{:.*e}", mantissa.len() - 2, x);
    if even.parse() == Ok(x) { even } else { text }
}

/// What `float(text)` reads, after the caller turned Unicode decimal digits and blanks into ASCII: blanks around it,
/// a sign, digits with single underscores between them, a point, an exponent; `inf`, `infinity`, `nan` in any case.
pub fn parse(text: &str) -> Option<f64> {
    let text = text
        .trim_matches(|c: char| matches!(c, ' ' | '\t' | '\n' | '\r' | '\x0b' | '\x0c' | '\x1c'..='\x1f' | '\u{85}'));
    let (negative, body) = match text.as_bytes().first()? {
        b'-' => (true, &text[1..]),
        b'+' => (false, &text[1..]),
        _ => (false, text),
    };
    let sign = |x: f64| if negative { -x } else { x };
    if ["inf", "infinity"].iter().any(|w| body.eq_ignore_ascii_case(w)) {
        return Some(sign(f64::INFINITY));
    }
    if body.eq_ignore_ascii_case("nan") {
        return Some(if negative { -f64::NAN.abs() } else { f64::NAN.abs() });
    }
    let bytes = body.as_bytes();
    let (mut digits, mut i) = (0, 0);
    let mut clean = String::with_capacity(bytes.len());
    let mut seen = (false, false); // a point, an exponent
    while i < bytes.len() {
        match bytes[i] {
            d @ b'0'..=b'9' => {
                clean.push(d as char);
                digits += 1;
            }
            b'_' => {
                let between =
                    i > 0 && bytes[i - 1].is_ascii_digit() && bytes.get(i + 1).is_some_and(u8::is_ascii_digit);
                if !between {
                    return None;
                }
            }
            b'.' if !seen.0 && !seen.1 => {
                seen.0 = true;
                clean.push('.');
            }
            b'e' | b'E' if !seen.1 && digits > 0 => {
                seen.1 = true;
                clean.push('e');
                if let Some(&s @ (b'+' | b'-')) = bytes.get(i + 1) {
                    clean.push(s as char);
                    i += 1;
                }
                if !bytes.get(i + 1).is_some_and(u8::is_ascii_digit) {
                    return None;
                }
            }
            _ => return None,
        }
        i += 1;
    }
    if digits == 0 {
        return None;
    }
    clean.parse().ok().map(sign)
}

/// `float.hex()`.
pub fn to_hex(x: f64) -> String {
    if !x.is_finite() {
        return repr(x);
    }
    let bits = x.to_bits();
    let sign = if x.is_sign_negative() { "-" } else { "" };
    let (fraction, biased) = (bits & ((1 << 52) - 1), (bits >> 52) as i32 & 0x7ff);
    match (biased, fraction) {
        (0, 0) => format!("{sign}0x0.0p+0"),
        (0, _) => format!("{sign}0x0.{fraction:013x}p-1022"),
        _ => {
            let exponent = biased - 1023;
            format!("{sign}0x1.{fraction:013x}p{}{}", if exponent < 0 { '-' } else { '+' }, exponent.abs())
        }
    }
}

/// Why [`from_hex`] refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HexError {
    /// `ValueError: invalid hexadecimal floating-point string`
    Invalid,
    /// `OverflowError: hexadecimal value too large to represent as a float`
    TooLarge,
}

/// `float.fromhex()`: rounds to nearest, ties to even.
pub fn from_hex(text: &str) -> Result<f64, HexError> {
    let text = text.trim_matches([' ', '\t', '\n', '\r', '\x0b', '\x0c']);
    let (negative, body) = match text.as_bytes().first() {
        Some(b'-') => (true, &text[1..]),
        Some(b'+') => (false, &text[1..]),
        _ => (false, text),
    };
    let sign = |x: f64| if negative { -x } else { x };
    if ["inf", "infinity"].iter().any(|w| body.eq_ignore_ascii_case(w)) {
        return Ok(sign(f64::INFINITY));
    }
    if body.eq_ignore_ascii_case("nan") {
        return Ok(sign(f64::NAN.abs()));
    }
    let body = body.strip_prefix("0x").or_else(|| body.strip_prefix("0X")).unwrap_or(body);
    let (mantissa, exponent) = match body.find(['p', 'P']) {
        Some(at) => {
            let (digits, tail) = (&body[..at], &body[at + 1..]);
            let number = tail.strip_prefix(['+', '-']).unwrap_or(tail);
            if number.is_empty() || !number.bytes().all(|d| d.is_ascii_digit()) {
                return Err(HexError::Invalid);
            }
            let magnitude = number.trim_start_matches('0');
            // Beyond nine digits only the direction matters.
            let value = if magnitude.len() > 9 { 1_000_000_000_i64 } else { magnitude.parse().unwrap_or(0) };
            (digits, if tail.starts_with('-') { -value } else { value })
        }
        None => (body, 0),
    };
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    if whole.len() + fraction.len() == 0 || !whole.bytes().chain(fraction.bytes()).all(|d| d.is_ascii_hexdigit()) {
        return Err(HexError::Invalid);
    }
    // The first 16 significant hex digits decide the value, whatever is behind them only breaks a tie (sticky bit).
    let mut bits: u64 = 0;
    let mut scale: i64 = exponent - 4 * fraction.len() as i64;
    let mut sticky = false;
    let mut taken = 0;
    let digits = || whole.bytes().chain(fraction.bytes()).map(|d| (d as char).to_digit(16).unwrap_or(0) as u64);
    let total = whole.len() + fraction.len();
    for (index, digit) in digits().enumerate() {
        if taken == 0 && digit == 0 {
            continue;
        }
        if taken < 15 {
            bits = bits << 4 | digit;
            taken += 1;
        } else {
            sticky |= digit != 0;
            if index + 1 == total {
                break;
            }
        }
    }
    if bits == 0 {
        return Ok(sign(0.0));
    }
    let significant = digits().skip_while(|&d| d == 0).count();
    scale += 4 * significant.saturating_sub(taken) as i64;
    compose(bits, scale, sticky).map(sign).ok_or(HexError::TooLarge)
}

/// `bits * 2**scale`, rounded to nearest even, with more nonzero bits behind if `sticky`; `None` on overflow.
fn compose(bits: u64, scale: i64, sticky: bool) -> Option<f64> {
    let top = 63 - i64::from(bits.leading_zeros());
    let exponent = scale + top;
    if exponent > 1024 {
        return None;
    }
    // The value's last place: 2**-1074 for subnormals, else 52 places below the first bit.
    let last = (exponent - 52).max(-1074);
    let drop = last - scale;
    let (mut mantissa, rounded_up) = if drop <= 0 {
        (bits << (-drop).min(63), false)
    } else if drop > 64 {
        (0, false)
    } else {
        let kept = if drop == 64 { 0 } else { bits >> drop };
        let half = 1u64 << (drop - 1);
        let rest = if drop == 64 { bits } else { bits & ((1u64 << drop) - 1) };
        let up = rest > half || rest == half && (sticky || kept & 1 == 1);
        (kept, up)
    };
    mantissa += u64::from(rounded_up);
    // mantissa < 2**53 + 1, exact as f64; two exact steps keep subnormals exact.
    let result = mantissa as f64 * exp2(last.max(-1000)) * exp2(last - last.max(-1000));
    result.is_finite().then_some(result)
}

fn exp2(exponent: i64) -> f64 {
    if exponent >= -1022 {
        f64::from_bits(((exponent.min(1023) + 1023) as u64) << 52) * if exponent > 1023 { 2.0 } else { 1.0 }
    } else {
        f64::from_bits(1u64 << (exponent + 1074).clamp(0, 63))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn repr_as_cpython() {
        for (x, text) in [
            (0.0, "0.0"),
            (-0.0, "-0.0"),
            (1.0, "1.0"),
            (0.1, "0.1"),
            (1e16, "1e+16"),
            (1e15, "1000000000000000.0"),
            (0.0001, "0.0001"),
            (0.00001, "1e-05"),
            (1e300, "1e+300"),
            (5e-324, "5e-324"),
            (123456789.125, "123456789.125"),
            (f64::from_bits(0x42d0_7e64_3789_5788), "72540133139806.12"),
            (f64::NAN, "nan"),
            (f64::NEG_INFINITY, "-inf"),
        ] {
            assert_eq!(repr(x), text);
        }
    }

    #[test]
    fn fixed_and_general() {
        let f = |x, c, p| format(x, c, p, Flags::default());
        assert_eq!(f(2.5, Conversion::Fixed, 0), "2");
        assert_eq!(f(0.05, Conversion::Fixed, 1), "0.1");
        assert_eq!(f(0.001, Conversion::Fixed, 2), "0.00");
        assert_eq!(f(0.00123, Conversion::Fixed, 5), "0.00123");
        assert_eq!(f(0.5, Conversion::Fixed, 0), "0");
        assert_eq!(f(1234567.0, Conversion::General, 6), "1.23457e+06");
        assert_eq!(f(0.0, Conversion::General, 6), "0");
        assert_eq!(f(100000.0, Conversion::General, 6), "100000");
        assert_eq!(f(0.0, Conversion::Exponent, 3), "0.000e+00");
        assert_eq!(format(1.0, Conversion::General, 3, Flags { alternate: true, ..Flags::default() }), "1.00");
    }

    #[test]
    fn hex_round_trips() {
        for x in [0.0, 1.0, -1.5, 5e-324, 2.2250738585072014e-308, 1.7976931348623157e308, 0.1, 3.0e-310] {
            assert_eq!(from_hex(&to_hex(x)), Ok(x));
        }
        assert_eq!(from_hex("0x1.fffffffffffff8p+1023"), Err(HexError::TooLarge));
        assert_eq!(from_hex("0x1p1024"), Err(HexError::TooLarge));
        assert_eq!(from_hex("0x1p-1075"), Ok(0.0));
        assert_eq!(from_hex("0x1.8p-1075"), Ok(5e-324));
        assert_eq!(from_hex("0x"), Err(HexError::Invalid));
    }

    #[test]
    fn parse_as_float() {
        assert_eq!(parse(" 1_0.5e1_0\n"), Some(10.5e10));
        for bad in ["", "_1", "1_", "1__0", "e5", ".", "1e", "1e+", "0x1", "1 2", "--1"] {
            assert_eq!(parse(bad), None, "{bad}");
        }
        assert_eq!(parse("-Infinity"), Some(f64::NEG_INFINITY));
        assert_eq!(parse("1e400"), Some(f64::INFINITY));
    }
}
