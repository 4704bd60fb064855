//! str's methods beyond those that the machine itself uses.
//!
//! Invariant: a method that finds nothing to change gives an exact str with the same text.

use crate::error::{OrRaise, PyResult};
use crate::types::dict::{Dict, DictExt};
use crate::types::str_::{find, from_wtf8, search_range, wtf8};
use crate::vm::Vm;
use bunpy_heap::{Gc, Kind, Str, Value};
use pyc_text::chars;
use pyc_text::wtf8::{Wtf8, Wtf8Buf};

pub fn mapped(vm: &Vm, s: Gc<Str>, f: fn(Wtf8<'_>) -> Wtf8Buf) -> PyResult<Gc<Str>> {
    from_wtf8(vm, f(wtf8(s).as_wtf8()).as_wtf8())
}
/// Whether the string is not empty and all its characters have a property.
pub fn all_chars(s: Gc<Str>, f: fn(u32) -> bool) -> bool {
    !s.is_empty() && s.code_points().all(f)
}
pub fn is_text(s: Gc<Str>, f: fn(Wtf8<'_>) -> bool) -> bool {
    f(wtf8(s).as_wtf8())
}
pub fn is_ascii(s: Gc<Str>) -> bool {
    s.as_ascii().is_some()
}
pub fn is_printable(s: Gc<Str>) -> bool {
    s.code_points().all(chars::is_printable)
}
fn sub(vm: &Vm, s: Gc<Str>, a: usize, b: usize) -> PyResult<Value> {
    Ok(vm.heap.substr(s, a, b).or_raise(vm)?.value())
}
pub fn rfind_at(s: Gc<Str>, x: Gc<Str>, from: usize, to: usize) -> Option<usize> {
    let to = to.min(s.len());
    if from > to || x.len() > to - from {
        return None;
    }
    (from..=to - x.len()).rev().find(|i| (0..x.len()).all(|k| s.char_at(i + k) == x.char_at(k)))
}
pub fn rfind(vm: &Vm, s: Gc<Str>, x: Gc<Str>, start: Option<Value>, end: Option<Value>) -> PyResult<i64> {
    let (from, to) = search_range(vm, s.len(), start, end)?;
    Ok(rfind_at(s, x, from, to).map_or(-1, |i| i as i64))
}
pub fn index(vm: &Vm, s: Gc<Str>, x: Gc<Str>, start: Option<Value>, end: Option<Value>) -> PyResult<i64> {
    let (from, to) = search_range(vm, s.len(), start, end)?;
    find(s, x, from, to).map(|i| i as i64).ok_or_else(|| vm.value_error("substring not found"))
}
pub fn rindex(vm: &Vm, s: Gc<Str>, x: Gc<Str>, start: Option<Value>, end: Option<Value>) -> PyResult<i64> {
    let (from, to) = search_range(vm, s.len(), start, end)?;
    rfind_at(s, x, from, to).map(|i| i as i64).ok_or_else(|| vm.value_error("substring not found"))
}
pub fn count(vm: &Vm, s: Gc<Str>, x: Gc<Str>, start: Option<Value>, end: Option<Value>) -> PyResult<i64> {
    let (from, to) = search_range(vm, s.len(), start, end)?;
    if x.is_empty() {
        return Ok(if from > to { 0 } else { (to - from) as i64 + 1 });
    }
    let (mut at, mut n) = (from, 0);
    while let Some(i) = find(s, x, at, to) {
        n += 1;
        at = i + x.len();
    }
    Ok(n)
}
fn fill_char(vm: &Vm, fill: Option<Value>) -> PyResult<u32> {
    let Some(f) = fill else { return Ok(' ' as u32) };
    match f.cast::<Str>() {
        Some(s) if s.len() == 1 => Ok(s.char_at(0)),
        Some(_) => Err(vm.type_error("The fill character must be exactly one character long")),
        None => Err(vm.type_error(format!("The fill character must be a unicode character, not {}", vm.type_name(f)))),
    }
}
fn padded(vm: &Vm, s: Gc<Str>, left: usize, right: usize, fill: u32) -> PyResult<Value> {
    let total = s.len().checked_add(left).and_then(|n| n.checked_add(right)).ok_or_else(|| vm.memory_error())?;
    let mut out = Vec::new();
    out.try_reserve_exact(total).map_err(|_| vm.memory_error())?;
    out.extend(std::iter::repeat_n(fill, left));
    out.extend(s.code_points());
    out.extend(std::iter::repeat_n(fill, right));
    Ok(vm.heap.str_from_code_points(&out).or_raise(vm)?.value())
}
pub fn center(vm: &Vm, s: Gc<Str>, width: isize, fill: Option<Value>) -> PyResult<Value> {
    let fill = fill_char(vm, fill)?;
    let pad = (width.max(0) as usize).saturating_sub(s.len());
    let left = pad / 2 + (pad & width as usize & 1);
    padded(vm, s, left, pad - left, fill)
}
pub fn ljust(vm: &Vm, s: Gc<Str>, width: isize, fill: Option<Value>) -> PyResult<Value> {
    let fill = fill_char(vm, fill)?;
    padded(vm, s, 0, (width.max(0) as usize).saturating_sub(s.len()), fill)
}
pub fn rjust(vm: &Vm, s: Gc<Str>, width: isize, fill: Option<Value>) -> PyResult<Value> {
    let fill = fill_char(vm, fill)?;
    padded(vm, s, (width.max(0) as usize).saturating_sub(s.len()), 0, fill)
}
pub fn zfill(vm: &Vm, s: Gc<Str>, width: isize) -> PyResult<Value> {
    let pad = (width.max(0) as usize).saturating_sub(s.len());
    if pad > 0 && !s.is_empty() && (s.char_at(0) == '+' as u32 || s.char_at(0) == '-' as u32) {
        let rest = vm.heap.substr(s, 1, s.len()).or_raise(vm)?;
        let zeros = padded(vm, rest, pad, 0, '0' as u32)?;
        let head = vm.heap.substr(s, 0, 1).or_raise(vm)?;
        return crate::types::str_::concat(vm, head.value(), zeros);
    }
    padded(vm, s, pad, 0, '0' as u32)
}
pub fn partition(vm: &Vm, s: Gc<Str>, sep: Gc<Str>) -> PyResult<Value> {
    split_in_three(vm, s, sep, find(s, sep, 0, s.len()), false)
}
pub fn rpartition(vm: &Vm, s: Gc<Str>, sep: Gc<Str>) -> PyResult<Value> {
    split_in_three(vm, s, sep, rfind_at(s, sep, 0, s.len()), true)
}
fn split_in_three(vm: &Vm, s: Gc<Str>, sep: Gc<Str>, at: Option<usize>, right: bool) -> PyResult<Value> {
    if sep.is_empty() {
        return Err(vm.value_error("empty separator"));
    }
    let (e, whole) = (vm.empty_str.value(), sub(vm, s, 0, s.len())?);
    let parts = match at {
        Some(i) => [sub(vm, s, 0, i)?, sep.value(), sub(vm, s, i + sep.len(), s.len())?],
        None if right => [e, e, whole],
        None => [whole, e, e],
    };
    Ok(vm.heap.tuple(&parts).value())
}
pub fn remove_prefix(vm: &Vm, s: Gc<Str>, p: Gc<Str>) -> PyResult<Value> {
    let hit = p.len() <= s.len() && find(s, p, 0, p.len()) == Some(0);
    sub(vm, s, if hit { p.len() } else { 0 }, s.len())
}
pub fn remove_suffix(vm: &Vm, s: Gc<Str>, p: Gc<Str>) -> PyResult<Value> {
    let hit = !p.is_empty() && p.len() <= s.len() && find(s, p, s.len() - p.len(), s.len()).is_some();
    sub(vm, s, 0, if hit { s.len() - p.len() } else { s.len() })
}
pub fn rsplit(vm: &Vm, s: Gc<Str>, sep: Option<Value>, maxsplit: Option<isize>) -> PyResult<Vec<Value>> {
    let max = maxsplit.filter(|m| *m >= 0).map_or(usize::MAX, |m| m as usize);
    let mut out = Vec::new();
    let mut end = s.len();
    match sep.filter(|v| !v.is_none()) {
        None => {
            let space = |i: usize| chars::is_space(s.char_at(i));
            loop {
                while end > 0 && space(end - 1) {
                    end -= 1;
                }
                if end == 0 {
                    break;
                }
                if out.len() >= max {
                    let start = (0..end).find(|i| !space(*i)).unwrap_or(0);
                    out.push(sub(vm, s, start, end)?);
                    break;
                }
                let mut start = end;
                while start > 0 && !space(start - 1) {
                    start -= 1;
                }
                out.push(sub(vm, s, start, end)?);
                end = start;
            }
        }
        Some(v) => {
            let Some(sep) = v.cast::<Str>() else {
                return Err(vm.type_error(format!("must be str or None, not {}", vm.type_name(v))));
            };
            if sep.is_empty() {
                return Err(vm.value_error("empty separator"));
            }
            while out.len() < max
                && let Some(i) = rfind_at(s, sep, 0, end)
            {
                out.push(sub(vm, s, i + sep.len(), end)?);
                end = i;
            }
            out.push(sub(vm, s, 0, end)?);
        }
    }
    out.reverse();
    Ok(out)
}
pub fn splitlines(vm: &Vm, s: Gc<Str>, keepends: Option<bool>) -> PyResult<Vec<Value>> {
    let keep = keepends.unwrap_or(false);
    let mut out = Vec::new();
    let (mut start, mut i, n) = (0, 0, s.len());
    while i < n {
        let c = s.char_at(i);
        if !chars::is_line_break(c) {
            i += 1;
            continue;
        }
        let end = if c == '\r' as u32 && i + 1 < n && s.char_at(i + 1) == '\n' as u32 { i + 2 } else { i + 1 };
        out.push(sub(vm, s, start, if keep { end } else { i })?);
        (start, i) = (end, end);
    }
    if start < n {
        out.push(sub(vm, s, start, n)?);
    }
    Ok(out)
}
pub fn expandtabs(vm: &Vm, s: Gc<Str>, tabsize: Option<isize>) -> PyResult<Value> {
    let size = tabsize.unwrap_or(8);
    let mut out: Vec<u32> = Vec::with_capacity(s.len());
    let mut column = 0usize;
    for c in s.code_points() {
        match c {
            9 => {
                if size > 0 {
                    let n = size as usize - column % size as usize;
                    out.try_reserve(n).map_err(|_| vm.overflow_error("result too long"))?;
                    out.extend(std::iter::repeat_n(32, n));
                    column += n;
                }
            }
            _ => {
                column = if c == 10 || c == 13 { 0 } else { column + 1 };
                out.push(c);
            }
        }
    }
    Ok(vm.heap.str_from_code_points(&out).or_raise(vm)?.value())
}
pub fn translate(vm: &Vm, s: Gc<Str>, table: Value) -> PyResult<Value> {
    let mut out: Vec<u32> = Vec::with_capacity(s.len());
    for c in s.code_points() {
        let v = match vm.get_item(table, Value::int(c as i64)) {
            Ok(v) => v,
            Err(e) => {
                if vm.pending_is(crate::types::exception::Exc::LookupError) {
                    vm.clear_pending();
                    out.push(c);
                    continue;
                }
                return Err(e);
            }
        };
        if v.is_none() {
            continue;
        }
        if let Some(t) = v.cast::<Str>() {
            out.extend(t.code_points());
        } else if let Some(i) = vm.int_as_i64(v) {
            match u32::try_from(i) {
                Ok(c) if c < 0x110000 => out.push(c),
                _ => return Err(vm.value_error("character mapping must be in range(0x110000)")),
            }
        } else {
            return Err(vm.type_error("character mapping must return integer, None or str"));
        }
    }
    Ok(vm.heap.str_from_code_points(&out).or_raise(vm)?.value())
}
pub fn maketrans(vm: &Vm, x: Value, y: Option<Value>, z: Option<Value>) -> PyResult<Value> {
    let d = Dict::new(vm);
    if let Some(y) = y {
        let (Some(a), Some(b)) = (x.cast::<Str>(), y.cast::<Str>()) else {
            return Err(vm.type_error("first maketrans argument must be a string if there is a second argument"));
        };
        if a.len() != b.len() {
            return Err(vm.value_error("the first two maketrans arguments must have equal length"));
        }
        for (p, q) in a.code_points().zip(b.code_points()) {
            d.set(vm, Value::int(p as i64), Value::int(q as i64))?;
        }
        if let Some(z) = z {
            for c in vm.expect_str(z, "maketrans() argument 3")?.code_points() {
                d.set(vm, Value::int(c as i64), Value::none())?;
            }
        }
        return Ok(d.value());
    }
    let Some(m) = x.cast::<Dict>() else {
        return Err(vm.type_error("if you give only one argument to maketrans it must be a dict"));
    };
    for (k, v) in m.items() {
        let key = match k.cast::<Str>() {
            Some(s) if s.len() == 1 => Value::int(s.char_at(0) as i64),
            Some(_) => return Err(vm.value_error("string keys in translate table must be of length 1")),
            None if matches!(k.kind(), Kind::Int | Kind::Bool) => k,
            None => return Err(vm.type_error("keys in translate table must be strings or integers")),
        };
        d.set(vm, key, v)?;
    }
    Ok(d.value())
}
