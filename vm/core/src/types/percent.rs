//! `str % args` and `str.format`.
//!
//! Invariant: field by field from the left; errors as CPython's `unicode_format.c` and `PyUnicode_Format`.

use crate::error::PyResult;
use crate::native::Args;
use crate::vm::Vm;
use bunpy_heap::{Str, Tuple, Value};

pub fn format(vm: &Vm, a: Value, b: Value) -> PyResult<Value> {
    let Some(s) = a.cast::<Str>() else { return Ok(Value::not_implemented()) };
    let text: Vec<char> = s.code_points().map(|c| char::from_u32(c).unwrap_or('\u{FFFD}')).collect();
    let args: Vec<Value> = match b.cast::<Tuple>() {
        Some(t) => t.items().to_vec(),
        None => vec![b],
    };
    let is_mapping = b.cast::<Tuple>().is_none() && b.cast::<Str>().is_none() && vm.is_mapping(b);
    let mut next = 0;
    let mut used_keys = false;
    let mut out = String::new();
    let mut i = 0;
    let take = |next: &mut usize| -> PyResult<Value> {
        let v = args.get(*next).copied().ok_or_else(|| vm.type_error("not enough arguments for format string"))?;
        *next += 1;
        Ok(v)
    };
    while i < text.len() {
        if text[i] != '%' {
            out.push(text[i]);
            i += 1;
            continue;
        }
        i += 1;
        let mut value = None;
        if text.get(i) == Some(&'(') {
            if !is_mapping {
                return Err(vm.type_error("format requires a mapping"));
            }
            let (mut depth, start) = (1, i + 1);
            i += 1;
            while depth > 0 {
                match text.get(i) {
                    Some('(') => depth += 1,
                    Some(')') => depth -= 1,
                    Some(_) => {}
                    None => return Err(vm.value_error("incomplete format key")),
                }
                i += 1;
            }
            let key: String = text[start..i - 1].iter().collect();
            value = Some(vm.get_item(b, vm.str(&key))?);
            used_keys = true;
        }
        let mut flags = String::new();
        while let Some(c) = text.get(i).filter(|c| "-+ #0".contains(**c)) {
            flags.push(*c);
            i += 1;
        }
        let number = |i: &mut usize, next: &mut usize| -> PyResult<Option<i64>> {
            if text.get(*i) == Some(&'*') {
                *i += 1;
                let v = take(next)?;
                return match v.as_int() {
                    Some(n) => Ok(Some(n)),
                    None => Err(vm.type_error("* wants int")),
                };
            }
            let start = *i;
            let mut n = 0i64;
            while let Some(d) = text.get(*i).and_then(|c| c.to_digit(10)) {
                n = n.saturating_mul(10).saturating_add(d as i64);
                *i += 1;
            }
            if n > i32::MAX as i64 {
                return Err(vm.value_error("width too big"));
            }
            Ok((*i > start).then_some(n))
        };
        let mut width = number(&mut i, &mut next)?.unwrap_or(0);
        if width < 0 {
            flags.push('-');
            width = -width;
        }
        let mut precision = None;
        if text.get(i) == Some(&'.') {
            i += 1;
            precision = Some(number(&mut i, &mut next)?.unwrap_or(0).max(0) as usize);
        }
        while text.get(i).is_some_and(|c| "hlL".contains(*c)) {
            i += 1;
        }
        let Some(&kind) = text.get(i) else { return Err(vm.value_error("incomplete format")) };
        i += 1;
        if kind == '%' {
            out.push('%');
            continue;
        }
        let v = match value {
            Some(v) => v,
            None => take(&mut next)?,
        };
        let (sign, body) = convert(vm, kind, v, &flags, precision, i - 1)?;
        let len = sign.chars().count() + body.chars().count();
        let pad = (width as usize).saturating_sub(len);
        if flags.contains('-') {
            out.push_str(&sign);
            out.push_str(&body);
            out.push_str(&" ".repeat(pad));
        } else if flags.contains('0') && !"csra".contains(kind) {
            out.push_str(&sign);
            out.push_str(&"0".repeat(pad));
            out.push_str(&body);
        } else {
            out.push_str(&" ".repeat(pad));
            out.push_str(&sign);
            out.push_str(&body);
        }
    }
    if next < args.len() && !(is_mapping && (used_keys || b.cast::<Tuple>().is_none())) {
        return Err(vm.type_error("not all arguments converted during string formatting"));
    }
    Ok(vm.str(&out))
}
fn convert(
    vm: &Vm,
    kind: char,
    v: Value,
    flags: &str,
    precision: Option<usize>,
    at: usize,
) -> PyResult<(String, String)> {
    let cut = |s: String| match precision {
        Some(p) => s.chars().take(p).collect(),
        None => s,
    };
    let sign_of = |negative: bool| {
        if negative {
            "-"
        } else if flags.contains('+') {
            "+"
        } else if flags.contains(' ') {
            " "
        } else {
            ""
        }
    };
    Ok(match kind {
        's' => (String::new(), cut(vm.to_str(v)?.to_lossy())),
        'r' => (String::new(), cut(vm.repr_text(v)?)),
        'a' => {
            (String::new(), cut(pyc_text::repr::backslashreplace(pyc_text::wtf8::Wtf8::from_str(&vm.repr_text(v)?))))
        }
        'c' => {
            if let Some(s) = v.cast::<Str>() {
                if s.len() != 1 {
                    return Err(vm.type_error(
                        "%c requires an int or a unicode character, not a string of length ".to_owned()
                            + &s.len().to_string(),
                    ));
                }
                return Ok((String::new(), s.to_lossy()));
            }
            if !vm.has_index(v) {
                return Err(
                    vm.type_error(format!("%c requires an int or a unicode character, not {}", vm.type_name(v)))
                );
            }
            let i = vm.index_as_isize(v)?;
            match u32::try_from(i).ok().and_then(char::from_u32) {
                Some(c) => (String::new(), c.to_string()),
                None => return Err(vm.overflow_error("%c arg not in range(0x110000)")),
            }
        }
        'd' | 'i' | 'u' | 'o' | 'x' | 'X' => {
            let n = if crate::types::int::is_int(v) {
                v
            } else if "oxX".contains(kind) {
                if !vm.has_index(v) {
                    return Err(
                        vm.type_error(format!("%{kind} format: an integer is required, not {}", vm.type_name(v)))
                    );
                }
                vm.index(v)?
            } else {
                let t = vm.type_of(v);
                if t.slots.int.address() == 0 && t.slots.index.address() == 0 {
                    return Err(
                        vm.type_error(format!("%{kind} format: a real number is required, not {}", vm.type_name(v)))
                    );
                }
                crate::types::int_methods::to_int(vm, v)?
            };
            let big = crate::types::int::to_big(n);
            let radix = match kind {
                'o' => 8,
                'x' | 'X' => 16,
                _ => 10,
            };
            let mut digits = big.magnitude().to_str_radix(radix);
            if let Some(p) = precision {
                digits = "0".repeat(p.saturating_sub(digits.len())) + &digits;
            }
            let prefix = match kind {
                'o' if flags.contains('#') => "0o",
                'x' if flags.contains('#') => "0x",
                'X' if flags.contains('#') => "0X",
                _ => "",
            };
            if kind == 'X' {
                digits = digits.to_uppercase();
            }
            (format!("{}{prefix}", sign_of(vm.is_negative_int(n))), digits)
        }
        'e' | 'E' | 'f' | 'F' | 'g' | 'G' => {
            if crate::types::float::as_f64(v).is_none() && !crate::types::int::is_int(v) {
                let t = vm.type_of(v);
                if t.slots.float.address() == 0 && t.slots.index.address() == 0 {
                    return Err(vm.type_error(format!("must be real number, not {}", vm.type_name(v))));
                }
            }
            let x = vm.to_f64(v)?;
            use pyc_text::float_text::{Conversion, Flags};
            let conversion = match kind.to_ascii_lowercase() {
                'e' => Conversion::Exponent,
                'f' => Conversion::Fixed,
                _ => Conversion::General,
            };
            let f = Flags { alternate: flags.contains('#'), uppercase: kind.is_uppercase(), ..Flags::default() };
            let text = pyc_text::float_text::format(x.abs(), conversion, precision.unwrap_or(6), f);
            (sign_of(x.is_sign_negative() && !x.is_nan()).to_owned(), text)
        }
        c => {
            return Err(vm.value_error(format!("unsupported format character '{c}' ({:#x}) at index {at}", c as u32)));
        }
    })
}

/// `text.format(*args, **kwargs)`; the receiver is the first value.
pub fn str_format(vm: &Vm, args: Args<'_>) -> PyResult<Value> {
    let Some((s, rest)) = args.values.split_first() else { return Err(vm.type_error("format() needs an argument")) };
    let s = vm.expect_str(*s, "self")?;
    let args = Args { values: rest, kwnames: args.kwnames };
    let text: Vec<char> = s.code_points().map(|c| char::from_u32(c).unwrap_or('\u{FFFD}')).collect();
    let mut auto = Auto::Unknown(0);
    Ok(vm.str(&expand(vm, &text, args, &mut auto, 2)?))
}
/// `text.format_map(mapping)`.
pub fn format_map(vm: &Vm, s: bunpy_heap::Gc<Str>, map: Value) -> PyResult<Value> {
    let text: Vec<char> = s.code_points().map(|c| char::from_u32(c).unwrap_or('\u{FFFD}')).collect();
    let mut auto = Auto::Map(map);
    Ok(vm.str(&expand(vm, &text, Args::NONE, &mut auto, 2)?))
}
enum Auto {
    /// Names are looked up here.
    Map(Value),
    Unknown(usize),
    Automatic(usize),
    Manual,
}
fn expand(vm: &Vm, text: &[char], args: Args<'_>, auto: &mut Auto, depth: u32) -> PyResult<String> {
    if depth == 0 {
        return Err(vm.value_error("Max string recursion exceeded"));
    }
    let mut out = String::new();
    let mut i = 0;
    while i < text.len() {
        let c = text[i];
        i += 1;
        if c == '}' {
            if text.get(i) != Some(&'}') {
                return Err(vm.value_error("Single '}' encountered in format string"));
            }
            i += 1;
            out.push('}');
            continue;
        }
        if c != '{' {
            out.push(c);
            continue;
        }
        if text.get(i) == Some(&'{') {
            i += 1;
            out.push('{');
            continue;
        }
        if i >= text.len() {
            return Err(vm.value_error("Single '{' encountered in format string"));
        }
        let start = i;
        let mut nest = 1;
        let mut bracket = false;
        while nest > 0 {
            match text.get(i) {
                Some('[') => bracket = true,
                Some(']') => bracket = false,
                Some('{') if !bracket => nest += 1,
                Some('}') if !bracket => nest -= 1,
                Some(_) => {}
                None => return Err(vm.value_error("expected '}' before end of string")),
            }
            i += 1;
        }
        out.push_str(&field(vm, &text[start..i - 1], args, auto, depth)?);
    }
    Ok(out)
}
fn field(vm: &Vm, text: &[char], args: Args<'_>, auto: &mut Auto, depth: u32) -> PyResult<String> {
    let mut end = 0;
    let mut bracket = false;
    while end < text.len() {
        match text[end] {
            '[' => bracket = true,
            ']' => bracket = false,
            '!' | ':' if !bracket => break,
            '{' if !bracket => return Err(vm.value_error("unexpected '{' in field name")),
            _ => {}
        }
        end += 1;
    }
    let name: String = text[..end].iter().collect();
    let mut rest = &text[end..];
    let mut conversion = None;
    if rest.first() == Some(&'!') {
        conversion =
            Some(*rest.get(1).ok_or_else(|| vm.value_error("end of string while looking for conversion specifier"))?);
        rest = &rest[2..];
        if rest.first().is_some_and(|c| *c != ':') {
            return Err(vm.value_error("expected ':' after conversion specifier"));
        }
    }
    let mut v = lookup(vm, &name, args, auto)?;
    v = match conversion {
        None => v,
        Some('r') => vm.repr(v)?.value(),
        Some('s') => vm.to_str(v)?.value(),
        Some('a') => vm.str(&pyc_text::repr::backslashreplace(pyc_text::wtf8::Wtf8::from_str(&vm.repr_text(v)?))),
        Some(c) => return Err(vm.value_error(format!("Unknown conversion specifier '{c}'"))),
    };
    let spec = rest.get(1..).unwrap_or(&[]);
    let spec = if spec.iter().any(|c| *c == '{' || *c == '}') {
        expand(vm, spec, args, auto, depth - 1)?
    } else {
        spec.iter().collect()
    };
    let r = vm.format(v, vm.heap.str(&spec))?;
    Ok(vm.to_str(r)?.to_lossy())
}
fn lookup(vm: &Vm, name: &str, args: Args<'_>, auto: &mut Auto) -> PyResult<Value> {
    let split = name.find(['.', '[']).unwrap_or(name.len());
    let (first, mut rest) = name.split_at(split);
    let index = if let Auto::Map(_) = auto {
        if first.is_empty() || first.bytes().all(|c| c.is_ascii_digit()) {
            return Err(vm.value_error("Format string contains positional fields"));
        }
        None
    } else if first.is_empty() {
        match auto {
            Auto::Map(_) => None,
            Auto::Manual => {
                return Err(
                    vm.value_error("cannot switch from manual field specification to automatic field numbering")
                );
            }
            Auto::Unknown(n) | Auto::Automatic(n) => {
                let i = *n;
                *auto = Auto::Automatic(i + 1);
                Some(i)
            }
        }
    } else if first.bytes().all(|c| c.is_ascii_digit()) {
        if matches!(auto, Auto::Automatic(_)) {
            return Err(vm.value_error("cannot switch from automatic field numbering to manual field specification"));
        }
        *auto = Auto::Manual;
        Some(first.parse().map_err(|_| vm.value_error("Too many decimal digits in format string"))?)
    } else {
        None
    };
    let mut v = match index {
        Some(i) => match args.positional().get(i) {
            Some(v) => *v,
            None => {
                return Err(vm.index_error(format!("Replacement index {i} out of range for positional args tuple")));
            }
        },
        None => {
            let key = vm.intern(first);
            if let Auto::Map(m) = auto {
                vm.get_item(*m, key.value())?
            } else {
                args.keyword(key).ok_or_else(|| vm.key_error(key.value()))?
            }
        }
    };
    while !rest.is_empty() {
        if let Some(r) = rest.strip_prefix('.') {
            let n = r.find(['.', '[']).unwrap_or(r.len());
            if n == 0 {
                return Err(vm.value_error("Empty attribute in format string"));
            }
            v = vm.get_attr_text(v, &r[..n])?;
            rest = &r[n..];
        } else if let Some(r) = rest.strip_prefix('[') {
            let Some(n) = r.find(']') else { return Err(vm.value_error("Missing ']' in format string")) };
            if n == 0 {
                return Err(vm.value_error("Empty attribute in format string"));
            }
            let key = match r[..n].parse::<i64>() {
                Ok(i) if r.as_bytes()[0].is_ascii_digit() => vm.int(i),
                _ => vm.str(&r[..n]),
            };
            v = vm.get_item(v, key)?;
            rest = &r[n + 1..];
            if !rest.is_empty() && !rest.starts_with(['.', '[']) {
                return Err(vm.value_error("Only '.' or '[' may follow ']' in format field specifier"));
            }
        } else {
            break;
        }
    }
    Ok(v)
}
