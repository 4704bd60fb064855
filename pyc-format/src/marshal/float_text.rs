//! Floats as text, in versions 0 and 1: `%.17g` and back.
//!
//! Invariant: `parse(format(x))` has the bits of x, except that a NaN loses its payload. Next: `write`.

/// C's `%.17g`.
pub fn format(value: f64) -> String {
    if value.is_nan() {
        return "nan".into();
    }
    if value.is_infinite() {
        return if value > 0.0 { "inf".into() } else { "-inf".into() };
    }
    let scientific = format!("{value:.16e}");
    let Some((mantissa, exponent)) = scientific.split_once('e') else { return scientific };
    let exponent: i32 = exponent.parse().unwrap_or_default();
    if (-4..17).contains(&exponent) {
        let decimals = usize::try_from(16 - exponent).unwrap_or_default();
        return trim(&format!("{value:.decimals$}")).into();
    }
    let sign = if exponent < 0 { '-' } else { '+' };
    format!("{}e{sign}{:02}", trim(mantissa), exponent.unsigned_abs())
}

/// Drops zeros at the end of a fraction.
fn trim(text: &str) -> &str {
    if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.') } else { text }
}

/// The text up to its first NUL, if the whole of that is a float.
pub fn parse(text: &[u8]) -> Result<f64, String> {
    let text = text.split(|&byte| byte == 0).next().unwrap_or_default();
    std::str::from_utf8(text)
        .ok()
        .and_then(|text| text.parse().ok())
        .ok_or_else(|| format!("could not convert string to float: '{}'", shown(text)))
}

/// C's `%.200s` in an exception's text: what is cut within a character loses that character.
fn shown(text: &[u8]) -> String {
    const MOST: usize = 200;
    let cut = text.get(..MOST).unwrap_or(text);
    let mut shown = String::new();
    let mut end = 0;
    for chunk in cut.utf8_chunks() {
        end += chunk.valid().len() + chunk.invalid().len();
        shown.push_str(chunk.valid());
        let unfinished = std::str::from_utf8(chunk.invalid()).is_err_and(|error| error.error_len().is_none());
        if !(chunk.invalid().is_empty() || unfinished && end == MOST) {
            shown.push('\u{fffd}');
        }
    }
    shown
}
