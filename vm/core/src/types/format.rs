//! Format specifications: `format(x, ">10")` of str, int and float.
//!
//! Invariant: `Spec::parse` accepts exactly CPython's mini-language; each type refuses what it does not know.

use crate::error::PyResult;
use crate::vm::Vm;
use bunpy_heap::{Gc, Str, Value};

/// A parsed specification.
#[derive(Clone, Debug, Default)]
pub struct Spec {
    pub fill: Option<char>,
    pub align: Option<char>,
    pub sign: Option<char>,
    pub no_negative_zero: bool,
    pub alternate: bool,
    pub width: usize,
    pub grouping: Option<char>,
    pub precision: Option<usize>,
    pub kind: Option<char>,
}
impl Spec {
    pub fn parse(vm: &Vm, text: &str, type_name: &str) -> PyResult<Spec> {
        let c: Vec<char> = text.chars().collect();
        let mut s = Spec::default();
        let mut i = 0;
        let is_align = |c: Option<&char>| c.is_some_and(|c| "<>=^".contains(*c));
        if is_align(c.get(1)) {
            (s.fill, s.align) = (Some(c[0]), Some(c[1]));
            i = 2;
        } else if is_align(c.first()) {
            s.align = Some(c[0]);
            i = 1;
        }
        if let Some(&x) = c.get(i).filter(|x| "+- ".contains(**x)) {
            s.sign = Some(x);
            i += 1;
        }
        if c.get(i) == Some(&'z') {
            s.no_negative_zero = true;
            i += 1;
        }
        if c.get(i) == Some(&'#') {
            s.alternate = true;
            i += 1;
        }
        if c.get(i) == Some(&'0') && s.fill.is_none() {
            s.fill = Some('0');
            s.align = s.align.or(Some('='));
            i += 1;
        }
        let number = |i: &mut usize| -> PyResult<Option<usize>> {
            let start = *i;
            let mut n = 0usize;
            while let Some(d) = c.get(*i).and_then(|d| d.to_digit(10)) {
                n = n
                    .checked_mul(10)
                    .and_then(|n| n.checked_add(d as usize))
                    .filter(|n| *n < isize::MAX as usize)
                    .ok_or_else(|| vm.value_error("Too many decimal digits in format string"))?;
                *i += 1;
            }
            Ok((*i > start).then_some(n))
        };
        s.width = number(&mut i)?.unwrap_or(0);
        while let Some(&g) = c.get(i).filter(|g| **g == ',' || **g == '_') {
            if let Some(old) = s.grouping {
                return Err(vm.value_error(if old == g {
                    format!("Cannot specify '{g}' with '{g}'.")
                } else {
                    "Cannot specify both ',' and '_'.".to_owned()
                }));
            }
            s.grouping = Some(g);
            i += 1;
        }
        if c.get(i) == Some(&'.') {
            i += 1;
            s.precision = Some(number(&mut i)?.ok_or_else(|| vm.value_error("Format specifier missing precision"))?);
        }
        match c.len() - i {
            0 => {}
            1 => s.kind = Some(c[i]),
            _ => {
                return Err(
                    vm.value_error(format!("Invalid format specifier '{text}' for object of type '{type_name}'"))
                );
            }
        }
        if let (Some(g), Some(k)) = (s.grouping, s.kind)
            && !("deEfFgG%".contains(k) || g == '_' && "bBoxX".contains(k))
        {
            return Err(vm.value_error(format!("Cannot specify '{g}' with '{k}'.")));
        }
        Ok(s)
    }
    /// `body` padded; `default` is the alignment without one. `prefix` (sign, `0x`) stands before `=` padding.
    pub fn pad(&self, prefix: &str, body: &str, default: char) -> String {
        let len = prefix.chars().count() + body.chars().count();
        let n = self.width.saturating_sub(len);
        let fill = |n: usize| self.fill.unwrap_or(' ').to_string().repeat(n);
        match self.align.unwrap_or(default) {
            '<' => format!("{prefix}{body}{}", fill(n)),
            '^' => format!("{}{prefix}{body}{}", fill(n / 2), fill(n - n / 2)),
            '=' => format!("{prefix}{}{body}", fill(n)),
            _ => format!("{}{prefix}{body}", fill(n)),
        }
    }
    /// Groups digits from the right.
    fn group(&self, digits: &str, size: usize, prefix_len: usize) -> String {
        let Some(g) = self.grouping else { return digits.to_owned() };
        let zero_fill = self.fill == Some('0') && self.align == Some('=');
        let mut digits = digits.to_owned();
        let build = |d: &str| {
            let n = d.len();
            let mut out = String::new();
            for (i, c) in d.chars().enumerate() {
                if i > 0 && (n - i).is_multiple_of(size) {
                    out.push(g);
                }
                out.push(c);
            }
            out
        };
        // Zero padding is grouped too.
        if zero_fill {
            while build(&digits).len() + prefix_len < self.width {
                digits.insert(0, '0');
            }
        }
        build(&digits)
    }
    fn sign_of(&self, negative: bool) -> &'static str {
        match (negative, self.sign) {
            (true, _) => "-",
            (false, Some('+')) => "+",
            (false, Some(' ')) => " ",
            _ => "",
        }
    }
}

fn unknown_code(vm: &Vm, kind: char, type_name: &str) -> crate::Raised {
    vm.value_error(format!("Unknown format code '{kind}' for object of type '{type_name}'"))
}

pub fn format_str(vm: &Vm, v: Value, spec: Gc<Str>) -> PyResult<Value> {
    let s = vm.expect_str(v, "self")?;
    if spec.is_empty() {
        return vm.to_str(v).map(|s| s.value());
    }
    let f = Spec::parse(vm, &spec.to_lossy(), &vm.type_name(v))?;
    if let Some(k) = f.kind.filter(|k| *k != 's') {
        return Err(unknown_code(vm, k, &vm.type_name(v)));
    }
    if f.sign.is_some() {
        return Err(vm.value_error(if f.sign == Some(' ') {
            "Space not allowed in string format specifier"
        } else {
            "Sign not allowed in string format specifier"
        }));
    }
    if f.alternate {
        return Err(vm.value_error("Alternate form (#) not allowed in string format specifier"));
    }
    if f.align == Some('=') && f.fill != Some('0') {
        return Err(vm.value_error("'=' alignment not allowed in string format specifier"));
    }
    if let Some(g) = f.grouping {
        return Err(vm.value_error(format!("Cannot specify '{g}' with 's'.")));
    }
    let text: String = match f.precision {
        Some(p) => s.to_lossy().chars().take(p).collect(),
        None => s.to_lossy(),
    };
    let mut f = f;
    if f.align == Some('=') {
        f.align = Some('<');
    }
    Ok(vm.str(&f.pad("", &text, '<')))
}

pub fn format_int(vm: &Vm, v: Value, spec: Gc<Str>) -> PyResult<Value> {
    if spec.is_empty() {
        return vm.to_str(v).map(|s| s.value());
    }
    let name = vm.type_name(v);
    let f = Spec::parse(vm, &spec.to_lossy(), &name)?;
    let kind = f.kind.unwrap_or('d');
    let (radix, prefix) = match kind {
        'd' | 'n' => (10, ""),
        'b' => (2, "0b"),
        'o' => (8, "0o"),
        'x' => (16, "0x"),
        'X' => (16, "0X"),
        'c' => (0, ""),
        'e' | 'E' | 'f' | 'F' | 'g' | 'G' | '%' => {
            let x = crate::types::int::to_f64(vm, v)?;
            return format_number(vm, x, &f, &name);
        }
        k => return Err(unknown_code(vm, k, &name)),
    };
    if f.precision.is_some() {
        return Err(vm.value_error("Precision not allowed in integer format specifier"));
    }
    if f.no_negative_zero {
        return Err(
            vm.value_error("Negative zero coercion (z) not allowed in format specifier with integer presentation type")
        );
    }
    if kind == 'c' {
        if f.sign.is_some() {
            return Err(vm.value_error("Sign not allowed with integer format specifier 'c'"));
        }
        if f.alternate {
            return Err(vm.value_error("Alternate form (#) not allowed with integer format specifier 'c'"));
        }
        let c = vm.int_as_i64(v).and_then(|i| u32::try_from(i).ok()).and_then(char::from_u32);
        let Some(c) = c else { return Err(vm.overflow_error("%c arg not in range(0x110000)")) };
        return Ok(vm.str(&f.pad("", &c.to_string(), '<')));
    }
    let big = crate::types::int::to_big(v);
    let digits = if radix == 10 {
        let text = vm.to_str(crate::types::int::repr(vm, v)?)?.to_lossy();
        text.trim_start_matches('-').to_owned()
    } else {
        big.magnitude().to_str_radix(radix)
    };
    let digits = if kind == 'X' { digits.to_uppercase() } else { digits };
    let sign = f.sign_of(vm.is_negative_int(v));
    let lead = format!("{sign}{}", if f.alternate { prefix } else { "" });
    let size = if radix == 10 { 3 } else { 4 };
    let body = f.group(&digits, size, lead.len());
    Ok(vm.str(&f.pad(&lead, &body, '>')))
}

pub fn format_float(vm: &Vm, v: Value, spec: Gc<Str>) -> PyResult<Value> {
    if spec.is_empty() {
        return vm.to_str(v).map(|s| s.value());
    }
    let name = vm.type_name(v);
    let f = Spec::parse(vm, &spec.to_lossy(), &name)?;
    format_number(vm, vm.to_f64(v)?, &f, &name)
}
fn format_number(vm: &Vm, x: f64, f: &Spec, name: &str) -> PyResult<Value> {
    use pyc_text::float_text::{self, Conversion, Flags};
    let kind = f.kind.unwrap_or('r');
    if !"eEfFgGnr%".contains(kind) {
        return Err(unknown_code(vm, kind, name));
    }
    if f.precision.is_some_and(|p| p > i32::MAX as usize) {
        return Err(vm.value_error("precision too big"));
    }
    let negative = x.is_sign_negative() && !x.is_nan();
    let a = if kind == '%' { x.abs() * 100.0 } else { x.abs() };
    let (conversion, precision) = match (kind, f.precision) {
        ('e' | 'E', p) => (Conversion::Exponent, p.unwrap_or(6)),
        ('f' | 'F' | '%', p) => (Conversion::Fixed, p.unwrap_or(6)),
        ('r', None) => (Conversion::Repr, 0),
        (_, p) => (Conversion::General, p.unwrap_or(6)),
    };
    let add_dot_zero = kind == 'r';
    let mut text = float_text::format(
        a,
        conversion,
        precision,
        Flags { alternate: f.alternate, add_dot_zero, ..Flags::default() },
    );
    if kind == 'E' || kind == 'G' || kind == 'F' {
        text = text.to_uppercase();
    }
    if kind == '%' {
        text.push('%');
    }
    let zero = f.no_negative_zero && text.chars().all(|c| !c.is_ascii_digit() || c == '0');
    let sign = f.sign_of(negative && !zero);
    let split = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let (whole, rest) = text.split_at(split);
    let body =
        if whole.is_empty() { text.clone() } else { format!("{}{rest}", f.group(whole, 3, sign.len() + rest.len())) };
    Ok(vm.str(&f.pad(sign, &body, '>')))
}
