//! str.
//!
//! Invariant: the payload is the heap's (`bunpy_heap::Str`): characters of the narrowest width, immutable. What depends on
//! Unicode is `pyc_text`'s. Next: `str_methods` rows below; `format.rs`.

use crate::error::{OrRaise, PyResult};
use crate::native::{Args, MethodDef, method, raw};
use crate::object::slots::{Cmp, SlotTable};
use crate::types::slice;
use crate::types::str_methods as m;
use crate::types::type_::{Type, TypeSpec, flags};
use crate::vm::Vm;
use bunpy_heap::tail::StrData;
use bunpy_heap::{Gc, Kind, Str, Value};
use pyc_text::wtf8::{Wtf8, Wtf8Buf};
use std::sync::atomic::Ordering::Relaxed;

pub static STR: TypeSpec = TypeSpec {
    name: "str",
    kind: Kind::Str,
    flags: flags::BASETYPE | flags::MATCH_SELF,
    doc: "str(object='') -> str\nstr(bytes_or_buffer[, encoding[, errors]]) -> str\n\nCreate a new string object from the given object. If encoding or\nerrors is specified, then the object must expose a data buffer\nthat will be decoded using the given encoding and error handler.\nOtherwise, returns the result of object.__str__() (if defined)\nor repr(object).\nencoding defaults to 'utf-8'.\nerrors defaults to 'strict'.",
    new: Some(method("__new__", "($type, object='', encoding='utf-8', errors='strict')", new)),
    slots: SlotTable {
        repr: Some(repr),
        str: Some(|vm, v| Ok(exact(vm, this(vm, v)?)?.value())),
        hash: Some(|vm, v| Ok(vm.hash_str(this(vm, v)?))),
        richcompare: Some(richcompare),
        iter: Some(crate::types::iter::str_iter),
        length: Some(|vm, v| Ok(this(vm, v)?.len())),
        concat: Some(concat),
        repeat: Some(repeat),
        item: Some(item),
        contains: Some(contains),
        subscript: Some(subscript),
        remainder: Some(crate::types::str_percent),
        ..SlotTable::EMPTY
    },
    methods: METHODS,
    ..TypeSpec::EMPTY
};
static METHODS: &[MethodDef] = &[
    method("capitalize", "($self, /)", |vm: &Vm, s: Gc<Str>| m::mapped(vm, s, pyc_text::case::capitalize)),
    method("casefold", "($self, /)", |vm: &Vm, s: Gc<Str>| m::mapped(vm, s, pyc_text::case::casefold)),
    method("title", "($self, /)", |vm: &Vm, s: Gc<Str>| m::mapped(vm, s, pyc_text::case::title)),
    method("swapcase", "($self, /)", |vm: &Vm, s: Gc<Str>| m::mapped(vm, s, pyc_text::case::swapcase)),
    method("center", "($self, width, fillchar=' ', /)", m::center),
    method("ljust", "($self, width, fillchar=' ', /)", m::ljust),
    method("rjust", "($self, width, fillchar=' ', /)", m::rjust),
    method("zfill", "($self, width, /)", m::zfill),
    method("count", "($self, sub, start=None, end=None, /)", m::count).without_signature(),
    method("index", "($self, sub, start=None, end=None, /)", m::index).without_signature(),
    method("rfind", "($self, sub, start=None, end=None, /)", m::rfind).without_signature(),
    method("rindex", "($self, sub, start=None, end=None, /)", m::rindex).without_signature(),
    method("partition", "($self, sep, /)", m::partition),
    method("rpartition", "($self, sep, /)", m::rpartition),
    method("removeprefix", "($self, prefix, /)", m::remove_prefix),
    method("removesuffix", "($self, suffix, /)", m::remove_suffix),
    method("rsplit", "($self, /, sep=None, maxsplit=-1)", m::rsplit),
    method("splitlines", "($self, /, keepends=False)", m::splitlines),
    method("expandtabs", "($self, /, tabsize=8)", m::expandtabs),
    method("translate", "($self, table, /)", m::translate),
    method("maketrans", "(x, y=<unrepresentable>, z=<unrepresentable>, /)", m::maketrans).static_method(),
    method("isalpha", "($self, /)", |_: &Vm, s: Gc<Str>| m::all_chars(s, pyc_text::chars::is_alpha)),
    method("isalnum", "($self, /)", |_: &Vm, s: Gc<Str>| m::all_chars(s, pyc_text::chars::is_alnum)),
    method("isdecimal", "($self, /)", |_: &Vm, s: Gc<Str>| m::all_chars(s, pyc_text::chars::is_decimal)),
    method("isdigit", "($self, /)", |_: &Vm, s: Gc<Str>| m::all_chars(s, pyc_text::chars::is_digit)),
    method("isnumeric", "($self, /)", |_: &Vm, s: Gc<Str>| m::all_chars(s, pyc_text::chars::is_numeric)),
    method("isspace", "($self, /)", |_: &Vm, s: Gc<Str>| m::all_chars(s, pyc_text::chars::is_space)),
    method("isascii", "($self, /)", |_: &Vm, s: Gc<Str>| m::is_ascii(s)),
    method("isprintable", "($self, /)", |_: &Vm, s: Gc<Str>| m::is_printable(s)),
    method("islower", "($self, /)", |_: &Vm, s: Gc<Str>| m::is_text(s, pyc_text::case::is_lower)),
    method("isupper", "($self, /)", |_: &Vm, s: Gc<Str>| m::is_text(s, pyc_text::case::is_upper)),
    method("istitle", "($self, /)", |_: &Vm, s: Gc<Str>| m::is_text(s, pyc_text::case::is_title)),
    method("format_map", "($self, mapping, /)", |vm: &Vm, s: Gc<Str>, map: Value| {
        crate::types::percent::format_map(vm, s, map)
    }),
    method("join", "($self, iterable, /)", join),
    method("split", "($self, /, sep=None, maxsplit=-1)", split),
    method("strip", "($self, chars=None, /)", |vm: &Vm, s: Gc<Str>, c: Option<Value>| strip(vm, s, c, true, true)),
    method("lstrip", "($self, chars=None, /)", |vm: &Vm, s: Gc<Str>, c: Option<Value>| strip(vm, s, c, true, false)),
    method("rstrip", "($self, chars=None, /)", |vm: &Vm, s: Gc<Str>, c: Option<Value>| strip(vm, s, c, false, true)),
    method("upper", "($self, /)", |vm: &Vm, s: Gc<Str>| map_text(vm, s, pyc_text::case::upper)),
    method("lower", "($self, /)", |vm: &Vm, s: Gc<Str>| map_text(vm, s, pyc_text::case::lower)),
    method("replace", "($self, old, new, /, count=-1)", replace),
    method("startswith", "($self, prefix, start=None, end=None, /)", starts_with).without_signature(),
    method("endswith", "($self, suffix, start=None, end=None, /)", ends_with).without_signature(),
    method("find", "($self, sub, start=None, end=None, /)", find_method).without_signature(),
    method("encode", "($self, /, encoding='utf-8', errors='strict')", encode),
    raw("format", "($self, /, *args, **kwargs)", |vm: &Vm, a: Args<'_>| crate::types::str_format(vm, a)),
    method("isidentifier", "($self, /)", |vm: &Vm, s: Gc<Str>| {
        let _ = vm;
        pyc_text::ident::is_identifier(wtf8(s).as_wtf8())
    }),
    method("__format__", "($self, format_spec, /)", crate::types::format::format_str),
    method("__getnewargs__", "($self, /)", |vm: &Vm, s: Gc<Str>| vm.heap.tuple(&[s.value()])),
];

fn this(vm: &Vm, v: Value) -> PyResult<Gc<Str>> {
    vm.expect::<Str>(v, "descriptor receiver")
}
/// The text in generalised UTF-8.
pub fn wtf8(s: Gc<Str>) -> Wtf8Buf {
    let mut b = Wtf8Buf::default();
    match s.as_ascii() {
        Some(t) => b.push_str(t),
        None => s.code_points().for_each(|c| b.push(c)),
    }
    b
}
/// A str of generalised UTF-8.
pub fn from_wtf8(vm: &Vm, t: Wtf8<'_>) -> PyResult<Gc<Str>> {
    if let Some(s) = t.as_str()
        && s.is_ascii()
    {
        return vm.heap.str_ascii(s.as_bytes()).or_raise(vm);
    }
    let cps: Vec<u32> = t.code_points().collect();
    vm.heap.str_from_code_points(&cps).or_raise(vm)
}
fn map_text(vm: &Vm, s: Gc<Str>, f: fn(Wtf8<'_>) -> Wtf8Buf) -> PyResult<Gc<Str>> {
    from_wtf8(vm, f(wtf8(s).as_wtf8()).as_wtf8())
}
fn exact(vm: &Vm, s: Gc<Str>) -> PyResult<Gc<Str>> {
    if s.is_exact() { Ok(s) } else { vm.heap.str_shaped(Kind::Str as u32, s).or_raise(vm) }
}
/// The one-character string of a code point.
pub fn from_char(vm: &Vm, c: u32) -> PyResult<Value> {
    match vm.latin1.get(c as usize) {
        Some(s) => Ok(s.value()),
        None => Ok(vm.heap.str_from_code_points(&[c]).or_raise(vm)?.value()),
    }
}
fn new(
    vm: &Vm,
    cls: Gc<Type>,
    object: Option<Value>,
    encoding: Option<Value>,
    errors: Option<Value>,
) -> PyResult<Value> {
    let s = match object {
        None => vm.empty_str,
        Some(o) if encoding.is_none() && errors.is_none() => vm.to_str(o)?,
        Some(o) => {
            if o.cast::<Str>().is_some() {
                return Err(vm.type_error("decoding str is not supported"));
            }
            let data = crate::types::buffer::bytes_of(vm, o)?.ok_or_else(|| {
                vm.type_error(format!("decoding to str: need a bytes-like object, {} found", vm.type_name(o)))
            })?;
            crate::types::bytes::decode(vm, &data, encoding, errors)?
        }
    };
    if cls == vm.types().str() {
        return Ok(exact(vm, s)?.value());
    }
    Ok(vm.heap.str_shaped(cls.root_shape.load(Relaxed), s).or_raise(vm)?.value())
}
fn repr(vm: &Vm, v: Value) -> PyResult<Value> {
    Ok(vm.str(&pyc_text::repr::str_repr(wtf8(this(vm, v)?).as_wtf8())))
}
fn compare(a: Gc<Str>, b: Gc<Str>) -> std::cmp::Ordering {
    match (a.data(), b.data()) {
        (StrData::Ascii(x) | StrData::Latin1(x), StrData::Ascii(y) | StrData::Latin1(y)) => x.cmp(y),
        _ => a.code_points().cmp(b.code_points()),
    }
}
fn richcompare(_: &Vm, a: Value, b: Value, op: Cmp) -> PyResult<Value> {
    let (Some(x), Some(y)) = (a.cast::<Str>(), b.cast::<Str>()) else { return Ok(Value::not_implemented()) };
    Ok(Value::bool(match op {
        Cmp::Eq => x.same_text(&y),
        Cmp::Ne => !x.same_text(&y),
        _ => op.of(compare(x, y)),
    }))
}
pub fn concat(vm: &Vm, a: Value, b: Value) -> PyResult<Value> {
    let x = this(vm, a)?;
    let Some(y) = b.cast::<Str>() else {
        return Err(vm.type_error(format!("can only concatenate str (not \"{}\") to str", vm.type_name(b))));
    };
    if x.is_empty() && y.is_exact() {
        return Ok(b);
    }
    if y.is_empty() && x.is_exact() {
        return Ok(a);
    }
    Ok(vm.heap.concat(x, y).or_raise(vm)?.value())
}
fn repeat(vm: &Vm, v: Value, n: isize) -> PyResult<Value> {
    let s = this(vm, v)?;
    let n = n.max(0) as usize;
    if n == 1 && s.is_exact() {
        return Ok(v);
    }
    if n == 0 || s.is_empty() {
        return Ok(vm.empty_str.value());
    }
    let total = s.len().checked_mul(n).filter(|t| *t < isize::MAX as usize / 4).ok_or_else(|| vm.memory_error())?;
    let mut parts = Vec::new();
    parts.try_reserve_exact(n.min(total)).map_err(|_| vm.memory_error())?;
    parts.resize(n, s);
    Ok(vm.heap.concat_all(&parts).or_raise(vm)?.value())
}
fn item(vm: &Vm, v: Value, i: isize) -> PyResult<Value> {
    let s = this(vm, v)?;
    match usize::try_from(i).ok().filter(|i| *i < s.len()) {
        Some(i) => from_char(vm, s.char_at(i)),
        None => Err(vm.index_error("string index out of range")),
    }
}
fn subscript(vm: &Vm, v: Value, key: Value) -> PyResult<Value> {
    let s = this(vm, v)?;
    if let Some(k) = key.cast::<slice::SliceObject>() {
        let (start, step, n) = slice::indices(vm, k, s.len())?;
        if step == 1 {
            return Ok(vm.heap.substr(s, start as usize, start as usize + n).or_raise(vm)?.value());
        }
        let cps: Vec<u32> = (0..n).map(|i| s.char_at((start + i as isize * step) as usize)).collect();
        return Ok(vm.heap.str_from_code_points(&cps).or_raise(vm)?.value());
    }
    if !vm.has_index(key) {
        return Err(vm.type_error(format!("string indices must be integers, not '{}'", vm.type_name(key))));
    }
    let mut i = vm.index_or_index_error(key)?;
    if i < 0 {
        i += s.len() as isize;
    }
    item(vm, v, i)
}
/// Where `sub` starts in characters `from..to` of `s`.
pub fn find(s: Gc<Str>, sub: Gc<Str>, from: usize, to: usize) -> Option<usize> {
    let to = to.min(s.len());
    if from > to || sub.len() > to - from {
        return None;
    }
    match (s.data(), sub.data()) {
        (StrData::Ascii(h) | StrData::Latin1(h), StrData::Ascii(n) | StrData::Latin1(n)) => {
            memchr::memmem::find(&h[from..to], n).map(|i| from + i)
        }
        _ => {
            let n = sub.len();
            (from..=to - n).find(|i| (0..n).all(|k| s.char_at(i + k) == sub.char_at(k)))
        }
    }
}
fn contains(vm: &Vm, v: Value, x: Value) -> PyResult<bool> {
    let s = this(vm, v)?;
    match x.cast::<Str>() {
        Some(sub) => Ok(find(s, sub, 0, s.len()).is_some()),
        None => Err(vm.type_error(format!("'in <string>' requires string as left operand, not {}", vm.type_name(x)))),
    }
}
fn join(vm: &Vm, s: Gc<Str>, iterable: Value) -> PyResult<Value> {
    let items = match vm.collect_values(iterable) {
        Ok(i) => i,
        Err(e) => {
            if vm.type_of(iterable).slots.iter.address() == 0 && !vm.is_sequence(iterable) {
                vm.clear_pending();
                return Err(vm.type_error("can only join an iterable"));
            }
            return Err(e);
        }
    };
    if let [x] = items[..]
        && x.cast_exact::<Str>().is_some()
    {
        return Ok(x);
    }
    let mut parts = Vec::with_capacity(items.len() * 2);
    for (i, x) in items.iter().enumerate() {
        let Some(t) = x.cast::<Str>() else {
            return Err(vm.type_error(format!("sequence item {i}: expected str instance, {} found", vm.type_name(*x))));
        };
        if i > 0 && !s.is_empty() {
            parts.push(s);
        }
        parts.push(t);
    }
    Ok(vm.heap.concat_all(&parts).or_raise(vm)?.value())
}
fn split(vm: &Vm, s: Gc<Str>, sep: Option<Value>, maxsplit: Option<isize>) -> PyResult<Vec<Value>> {
    let max = maxsplit.filter(|m| *m >= 0).map_or(usize::MAX, |m| m as usize);
    let mut out = Vec::new();
    let part = |a: usize, b: usize| vm.heap.substr(s, a, b).or_raise(vm).map(|s| s.value());
    match sep.filter(|v| !v.is_none()) {
        None => {
            let mut i = 0;
            let n = s.len();
            loop {
                while i < n && pyc_text::chars::is_space(s.char_at(i)) {
                    i += 1;
                }
                if i >= n {
                    break;
                }
                if out.len() >= max {
                    let mut end = n;
                    while end > i && pyc_text::chars::is_space(s.char_at(end - 1)) {
                        end -= 1;
                    }
                    out.push(part(i, end)?);
                    break;
                }
                let start = i;
                while i < n && !pyc_text::chars::is_space(s.char_at(i)) {
                    i += 1;
                }
                out.push(part(start, i)?);
            }
        }
        Some(v) => {
            let Some(sep) = v.cast::<Str>() else {
                return Err(vm.type_error(format!("must be str or None, not {}", vm.type_name(v))));
            };
            if sep.is_empty() {
                return Err(vm.value_error("empty separator"));
            }
            let mut at = 0;
            while out.len() < max
                && let Some(i) = find(s, sep, at, s.len())
            {
                out.push(part(at, i)?);
                at = i + sep.len();
            }
            out.push(part(at, s.len())?);
        }
    }
    Ok(out)
}
fn strip(vm: &Vm, s: Gc<Str>, chars: Option<Value>, left: bool, right: bool) -> PyResult<Gc<Str>> {
    let set: Option<Vec<u32>> = match chars.filter(|c| !c.is_none()) {
        None => None,
        Some(c) => match c.cast::<Str>() {
            Some(c) => Some(c.code_points().collect()),
            None => {
                let name = if left && right {
                    "strip"
                } else if left {
                    "lstrip"
                } else {
                    "rstrip"
                };
                return Err(vm.type_error(format!("{name} arg must be None or str")));
            }
        },
    };
    let hit = |c: u32| set.as_ref().map_or_else(|| pyc_text::chars::is_space(c), |s| s.contains(&c));
    let (mut a, mut b) = (0, s.len());
    while left && a < b && hit(s.char_at(a)) {
        a += 1;
    }
    while right && b > a && hit(s.char_at(b - 1)) {
        b -= 1;
    }
    vm.heap.substr(s, a, b).or_raise(vm)
}
fn replace(vm: &Vm, s: Gc<Str>, old: Gc<Str>, new: Gc<Str>, count: Option<isize>) -> PyResult<Gc<Str>> {
    let max = count.filter(|c| *c >= 0).map_or(usize::MAX, |c| c as usize);
    let mut parts = Vec::new();
    let mut at = 0;
    let mut n = 0;
    if old.is_empty() {
        let mut i = 0;
        while n < max && i <= s.len() {
            parts.push(new);
            n += 1;
            if i < s.len() {
                parts.push(vm.heap.substr(s, i, i + 1).or_raise(vm)?);
            }
            i += 1;
        }
        at = i.min(s.len());
    } else {
        while n < max
            && let Some(i) = find(s, old, at, s.len())
        {
            parts.push(vm.heap.substr(s, at, i).or_raise(vm)?);
            parts.push(new);
            at = i + old.len();
            n += 1;
        }
        if n == 0 {
            return exact(vm, s);
        }
    }
    parts.push(vm.heap.substr(s, at, s.len()).or_raise(vm)?);
    vm.heap.concat_all(&parts).or_raise(vm)
}
/// `start` and `end` of a search, cut to the string.
pub fn search_range(vm: &Vm, len: usize, start: Option<Value>, end: Option<Value>) -> PyResult<(usize, usize)> {
    let one = |v: Option<Value>, default: usize| -> PyResult<usize> {
        let Some(v) = v.filter(|v| !v.is_none()) else { return Ok(default) };
        let i = vm.index_clamped(v)?;
        Ok(if i < 0 { i.saturating_add(len as isize).max(0) as usize } else { i as usize })
    };
    Ok((one(start, 0)?, one(end, len)?.min(len)))
}
fn affix(
    vm: &Vm,
    s: Gc<Str>,
    x: Value,
    range: (Option<Value>, Option<Value>),
    name: &str,
    hit: fn(Gc<Str>, Gc<Str>, usize, usize) -> bool,
) -> PyResult<bool> {
    let (from, to) = search_range(vm, s.len(), range.0, range.1)?;
    let one = |p: Value| p.cast::<Str>().map(|p| from <= to && p.len() <= to - from && hit(s, p, from, to));
    if let Some(t) = x.cast::<bunpy_heap::Tuple>() {
        for p in t.items() {
            match one(*p) {
                Some(true) => return Ok(true),
                Some(false) => {}
                None => {
                    return Err(
                        vm.type_error(format!("tuple for {name} must only contain str, not {}", vm.type_name(*p)))
                    );
                }
            }
        }
        return Ok(false);
    }
    one(x).ok_or_else(|| {
        vm.type_error(format!("{name} first arg must be str or a tuple of str, not {}", vm.type_name(x)))
    })
}
fn same_at(s: Gc<Str>, p: Gc<Str>, at: usize) -> bool {
    (0..p.len()).all(|k| s.char_at(at + k) == p.char_at(k))
}
fn starts_with(vm: &Vm, s: Gc<Str>, x: Value, start: Option<Value>, end: Option<Value>) -> PyResult<bool> {
    affix(vm, s, x, (start, end), "startswith", |s, p, from, _| same_at(s, p, from))
}
fn ends_with(vm: &Vm, s: Gc<Str>, x: Value, start: Option<Value>, end: Option<Value>) -> PyResult<bool> {
    affix(vm, s, x, (start, end), "endswith", |s, p, _, to| same_at(s, p, to - p.len()))
}
fn find_method(vm: &Vm, s: Gc<Str>, sub: Gc<Str>, start: Option<Value>, end: Option<Value>) -> PyResult<i64> {
    let (from, to) = search_range(vm, s.len(), start, end)?;
    Ok(find(s, sub, from, to).map_or(-1, |i| i as i64))
}
fn encode(vm: &Vm, s: Gc<Str>, encoding: Option<Value>, errors: Option<Value>) -> PyResult<Value> {
    crate::types::bytes::encode(vm, s, encoding, errors)
}
