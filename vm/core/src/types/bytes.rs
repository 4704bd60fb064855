//! bytes, and the codecs that `str.encode` and `bytes.decode` use directly.
//!
//! Invariant: the payload is the heap's; immutable.

use crate::error::{OrRaise, PyResult};
use crate::native::{MethodDef, method};
use crate::object::slots::{Cmp, SlotTable};
use crate::types::exception::Exc;
use crate::types::slice;
use crate::types::type_::{Type, TypeSpec, flags};
use crate::vm::Vm;
use bunpy_heap::{Bytes, Gc, Kind, Str, Value};
use std::sync::atomic::Ordering::Relaxed;

pub static BYTES: TypeSpec = TypeSpec {
    name: "bytes",
    kind: Kind::Bytes,
    flags: flags::BASETYPE | flags::MATCH_SELF,
    doc: "bytes(iterable_of_ints) -> bytes\nbytes(string, encoding[, errors]) -> bytes\nbytes(bytes_or_buffer) -> immutable copy of bytes_or_buffer\nbytes(int) -> bytes object of size given by the parameter initialized with null bytes\nbytes() -> empty bytes object\n\nConstruct an immutable array of bytes from:\n  - an iterable yielding integers in range(256)\n  - a text string encoded using the specified encoding\n  - any object implementing the buffer API.\n  - an integer",
    new: Some(method("__new__", "($type, source=b'', encoding='utf-8', errors='strict')", new)),
    slots: SlotTable {
        repr: Some(|vm, v| Ok(vm.str(&pyc_text::repr::bytes_repr(this(vm, v)?.as_bytes())))),
        hash: Some(hash),
        richcompare: Some(richcompare),
        iter: Some(crate::types::iter::bytes_iter),
        length: Some(|vm, v| Ok(this(vm, v)?.len())),
        concat: Some(concat),
        repeat: Some(repeat),
        contains: Some(contains),
        subscript: Some(subscript),
        ..SlotTable::EMPTY
    },
    methods: METHODS,
    ..TypeSpec::EMPTY
};
static METHODS: &[MethodDef] = &[
    method(
        "decode",
        "($self, /, encoding='utf-8', errors='strict')",
        |vm: &Vm, b: Gc<Bytes>, e: Option<Value>, r: Option<Value>| decode(vm, b.as_bytes(), e, r),
    ),
    method("__bytes__", "($self, /)", |_: &Vm, b: Gc<Bytes>| b),
    method("__getnewargs__", "($self, /)", |vm: &Vm, b: Gc<Bytes>| vm.heap.tuple(&[b.value()])),
];
fn this(vm: &Vm, v: Value) -> PyResult<Gc<Bytes>> {
    vm.expect::<Bytes>(v, "descriptor receiver")
}
pub fn new_bytes(vm: &Vm, data: &[u8]) -> PyResult<Value> {
    Ok(vm.heap.bytes(data).or_raise(vm)?.value())
}
fn new(
    vm: &Vm,
    cls: Gc<Type>,
    source: Option<Value>,
    encoding: Option<Value>,
    errors: Option<Value>,
) -> PyResult<Value> {
    let data = match source {
        None => {
            if encoding.is_some() || errors.is_some() {
                return Err(vm.type_error("string argument without an encoding"));
            }
            Vec::new()
        }
        Some(s) => {
            if let Some(t) = s.cast::<Str>() {
                if encoding.is_none() {
                    return Err(vm.type_error("string argument without an encoding"));
                }
                let b = encode(vm, t, encoding, errors)?;
                vm.bytes_like(b)?
            } else if encoding.is_some() || errors.is_some() {
                return Err(vm.type_error("encoding without a string argument"));
            } else {
                match vm.call_special(s, vm.names.__bytes__, &[])? {
                    Some(r) => match r.cast::<Bytes>() {
                        Some(b) if cls == vm.types().bytes() => return Ok(b.value()),
                        Some(b) => b.as_bytes().to_vec(),
                        None => {
                            return Err(
                                vm.type_error(format!("__bytes__ returned non-bytes (type {})", vm.type_name(r)))
                            );
                        }
                    },
                    None => crate::types::buffer::bytes_from_any(vm, s, "bytes")?,
                }
            }
        }
    };
    Ok(vm.heap.bytes_shaped(cls.root_shape.load(Relaxed), &data).or_raise(vm)?.value())
}
fn hash(vm: &Vm, v: Value) -> PyResult<i64> {
    let b = this(vm, v)?;
    let h = b.hash.load(Relaxed);
    if h != -1 {
        return Ok(h);
    }
    let h = vm.hash_bytes(b.as_bytes());
    b.hash.store(h, Relaxed);
    Ok(h)
}
fn richcompare(vm: &Vm, a: Value, b: Value, op: Cmp) -> PyResult<Value> {
    match (crate::types::buffer::bytes_of(vm, a)?, crate::types::buffer::bytes_of(vm, b)?) {
        (Some(x), Some(y)) => Ok(Value::bool(op.of(x.cmp(&y)))),
        _ => Ok(Value::not_implemented()),
    }
}
fn concat(vm: &Vm, a: Value, b: Value) -> PyResult<Value> {
    match (crate::types::buffer::bytes_of(vm, a)?, crate::types::buffer::bytes_of(vm, b)?) {
        (Some(mut x), Some(y)) => {
            x.extend(y);
            new_bytes(vm, &x)
        }
        _ => Err(vm.type_error(format!("can't concat {} to {}", vm.type_name(b), vm.type_name(a)))),
    }
}
fn repeat(vm: &Vm, v: Value, n: isize) -> PyResult<Value> {
    let b = this(vm, v)?;
    let n = n.max(0) as usize;
    let total = b.len().checked_mul(n).filter(|t| *t < isize::MAX as usize).ok_or_else(|| vm.memory_error())?;
    let mut out = Vec::new();
    out.try_reserve_exact(total).map_err(|_| vm.memory_error())?;
    for _ in 0..if b.is_empty() { 0 } else { n } {
        out.extend_from_slice(b.as_bytes());
    }
    new_bytes(vm, &out)
}
fn contains(vm: &Vm, v: Value, x: Value) -> PyResult<bool> {
    let b = this(vm, v)?;
    if let Some(sub) = crate::types::buffer::bytes_of(vm, x)? {
        return Ok(memchr::memmem::find(b.as_bytes(), &sub).is_some());
    }
    if !vm.has_index(x) {
        return Err(vm.type_error(format!("a bytes-like object is required, not '{}'", vm.type_name(x))));
    }
    let i = vm.index_as_isize(x)?;
    match u8::try_from(i) {
        Ok(c) => Ok(b.as_bytes().contains(&c)),
        Err(_) => Err(vm.value_error("byte must be in range(0, 256)")),
    }
}
fn subscript(vm: &Vm, v: Value, key: Value) -> PyResult<Value> {
    let b = this(vm, v)?;
    if let Some(s) = key.cast::<slice::SliceObject>() {
        let (start, step, n) = slice::indices(vm, s, b.len())?;
        let d = b.as_bytes();
        let out: Vec<u8> = (0..n).filter_map(|k| d.get((start + k as isize * step) as usize).copied()).collect();
        return new_bytes(vm, &out);
    }
    if !vm.has_index(key) {
        return Err(vm.type_error(format!("byte indices must be integers or slices, not {}", vm.type_name(key))));
    }
    let mut i = vm.index_or_index_error(key)?;
    if i < 0 {
        i += b.len() as isize;
    }
    match usize::try_from(i).ok().and_then(|i| b.as_bytes().get(i)) {
        Some(c) => Ok(Value::int(*c as i64)),
        None => Err(vm.index_error("index out of range")),
    }
}

fn codec_name(vm: &Vm, v: Option<Value>) -> PyResult<String> {
    match v {
        None => Ok("utf-8".to_owned()),
        Some(v) => Ok(vm.expect_str(v, "encoding")?.to_lossy()),
    }
}
/// `str.encode` of the codecs that the machine itself has; others go through the codecs module.
pub fn encode(vm: &Vm, s: Gc<Str>, encoding: Option<Value>, errors: Option<Value>) -> PyResult<Value> {
    let name = codec_name(vm, encoding)?;
    let handler = match errors {
        Some(e) => vm.expect_str(e, "errors")?.to_lossy(),
        None => "strict".to_owned(),
    };
    let limit = match name.to_ascii_lowercase().replace(['-', ' '], "_").as_str() {
        "utf_8" | "utf8" | "u8" => 0x110000u32,
        "latin_1" | "latin1" | "iso_8859_1" | "iso8859_1" | "8859" | "l1" => 0x100,
        "ascii" | "us_ascii" | "646" => 0x80,
        _ => return via_codecs(vm, "encode", s.value(), &name, &handler),
    };
    let utf8 = limit == 0x110000;
    if let Some(t) = s.as_ascii() {
        return new_bytes(vm, t.as_bytes());
    }
    let mut out = Vec::with_capacity(s.len() * 2);
    for (i, c) in s.code_points().enumerate() {
        let fits = c < limit && !(utf8 && (0xD800..0xE000).contains(&c));
        if fits && utf8 {
            let mut b = [0; 4];
            out.extend_from_slice(char::from_u32(c).unwrap_or('?').encode_utf8(&mut b).as_bytes());
        } else if fits {
            out.push(c as u8);
        } else {
            match handler.as_str() {
                "ignore" => {}
                "replace" => out.push(b'?'),
                "backslashreplace" => {
                    let mut t = String::new();
                    pyc_text::repr::push_escape(&mut t, c);
                    out.extend_from_slice(t.as_bytes());
                }
                "xmlcharrefreplace" => out.extend_from_slice(format!("&#{c};").as_bytes()),
                "surrogateescape" if (0xDC80..0xDD00).contains(&c) => out.push((c - 0xDC00) as u8),
                "surrogatepass" if utf8 => out.extend_from_slice(&[
                    0xE0 | (c >> 12) as u8,
                    0x80 | (c >> 6 & 0x3F) as u8,
                    0x80 | (c & 0x3F) as u8,
                ]),
                "strict" | "surrogateescape" | "surrogatepass" => {
                    let (codec, reason) = match limit {
                        0x80 => ("ascii", "ordinal not in range(128)"),
                        0x100 => ("latin-1", "ordinal not in range(256)"),
                        _ => ("utf-8", "surrogates not allowed"),
                    };
                    let bad = |c: u32| c >= limit || utf8 && (0xD800..0xE000).contains(&c);
                    let end = i + s.code_points().skip(i).take_while(|c| bad(*c)).count();
                    return Err(vm.raise_args(
                        Exc::UnicodeEncodeError,
                        &[vm.str(codec), s.value(), vm.int(i as i64), vm.int(end as i64), vm.str(reason)],
                    ));
                }
                _ => return via_codecs(vm, "encode", s.value(), &name, &handler),
            }
        }
    }
    new_bytes(vm, &out)
}
/// `bytes.decode`, likewise.
pub fn decode(vm: &Vm, data: &[u8], encoding: Option<Value>, errors: Option<Value>) -> PyResult<Gc<Str>> {
    let name = codec_name(vm, encoding)?;
    let handler = match errors {
        Some(e) => vm.expect_str(e, "errors")?.to_lossy(),
        None => "strict".to_owned(),
    };
    match name.to_ascii_lowercase().replace(['-', ' '], "_").as_str() {
        "utf_8" | "utf8" | "u8" => decode_utf8(vm, data, &handler),
        "latin_1" | "latin1" | "iso_8859_1" | "iso8859_1" | "8859" | "l1" => vm.heap.str_ascii(data).or_raise(vm),
        "ascii" | "us_ascii" | "646" if data.is_ascii() => vm.heap.str_ascii(data).or_raise(vm),
        "ascii" | "us_ascii" | "646" => {
            let mut out = Vec::with_capacity(data.len());
            for (i, &b) in data.iter().enumerate() {
                if b < 0x80 {
                    out.push(b as u32);
                } else {
                    handle(vm, "ascii", data, i, i + 1, "ordinal not in range(128)", &handler, &mut out)?;
                }
            }
            vm.heap.str_from_code_points(&out).or_raise(vm)
        }
        _ => {
            let b = new_bytes(vm, data)?;
            let r = via_codecs(vm, "decode", b, &name, &handler)?;
            vm.expect_str(r, "decoder result")
        }
    }
}
fn handle(
    vm: &Vm,
    codec: &str,
    data: &[u8],
    start: usize,
    end: usize,
    reason: &str,
    handler: &str,
    out: &mut Vec<u32>,
) -> PyResult<()> {
    match handler {
        "ignore" => {}
        "replace" => out.push(0xFFFD),
        "backslashreplace" => {
            for b in &data[start..end] {
                out.extend(format!("\\x{b:02x}").chars().map(u32::from));
            }
        }
        "surrogateescape" if data[start..end].iter().all(|b| *b >= 0x80) => {
            out.extend(data[start..end].iter().map(|b| 0xDC00 + *b as u32))
        }
        "strict" | "surrogateescape" | "surrogatepass" => {
            let object = new_bytes(vm, data)?;
            return Err(vm.raise_args(
                Exc::UnicodeDecodeError,
                &[vm.str(codec), object, vm.int(start as i64), vm.int(end as i64), vm.str(reason)],
            ));
        }
        _ => {
            return Err(crate::raise!(vm, LookupError, "unknown error handler name '{handler}'"));
        }
    }
    Ok(())
}
fn decode_utf8(vm: &Vm, data: &[u8], handler: &str) -> PyResult<Gc<Str>> {
    if data.is_ascii() {
        return vm.heap.str_ascii(data).or_raise(vm);
    }
    let mut out: Vec<u32> = Vec::with_capacity(data.len());
    let mut i = 0;
    while i < data.len() {
        let rest = &data[i..];
        match std::str::from_utf8(rest) {
            Ok(t) => {
                out.extend(t.chars().map(u32::from));
                break;
            }
            Err(e) => {
                let good = e.valid_up_to();
                out.extend(String::from_utf8_lossy(&rest[..good]).chars().map(u32::from));
                i += good;
                let bad = &data[i..];
                if handler == "surrogatepass"
                    && let [0xED, b @ 0xA0..=0xBF, c @ 0x80..=0xBF, ..] = bad
                {
                    out.push(0xD000 | (*b as u32 & 0x3F) << 6 | *c as u32 & 0x3F);
                    i += 3;
                    continue;
                }
                let n = e.error_len().unwrap_or(bad.len());
                let reason = match e.error_len() {
                    None => "unexpected end of data",
                    Some(_) if matches!(bad[0], 0x80..=0xC1 | 0xF5..=0xFF) => "invalid start byte",
                    Some(_) => "invalid continuation byte",
                };
                handle(vm, "utf-8", data, i, i + n, reason, handler, &mut out)?;
                i += n;
            }
        }
    }
    vm.heap.str_from_code_points(&out).or_raise(vm)
}
/// Through the `_codecs` module, once it is there.
fn via_codecs(vm: &Vm, what: &str, v: Value, encoding: &str, errors: &str) -> PyResult<Value> {
    match crate::types::dict::DictExt::get_text(vm.modules, vm, "_codecs")
        .or_else(|| crate::modules::import_native(vm, "_codecs"))
    {
        Some(m) => {
            let f = vm.get_attr_text(m, what)?;
            vm.call(f, &[v, vm.str(encoding), vm.str(errors)])
        }
        None => Err(crate::raise!(vm, LookupError, "unknown encoding: {encoding}")),
    }
}
