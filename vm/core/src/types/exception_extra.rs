//! The exception classes with a text or a constructor of their own: KeyError, OSError, ImportError, SyntaxError, Unicode*.
//!
//! Invariant: each function does what the class's own C function does; the shared part is `exception_types.rs`.

use crate::error::PyResult;
use crate::object::slots::SlotTable;
use crate::types::exception::{self, Exc, Exception};
use crate::types::exception_types::{get_extra, set_extra, str as base_str};
use crate::types::type_::Type;
use crate::vm::Vm;
use bunpy_heap::{Gc, Str, Tuple, Value};

/// Slots that a class has beyond BaseException's.
fn own_slots(e: Exc) -> SlotTable {
    let mut s = SlotTable::EMPTY;
    s.str = match e {
        Exc::KeyError => Some(key_error_str),
        Exc::OSError => Some(os_error_str),
        Exc::ImportError => Some(import_error_str),
        Exc::SyntaxError => Some(syntax_error_str),
        Exc::UnicodeDecodeError | Exc::UnicodeEncodeError | Exc::UnicodeTranslateError => Some(unicode_error_str),
        _ => None,
    };
    s
}
pub fn add_methods(vm: &Vm, t: Gc<Type>, e: Exc) -> PyResult<()> {
    if let Some(f) = own_slots(e).str {
        t.slots.str.set(Some(f));
        let w = vm.heap.alloc(crate::types::descr::WrapperDescriptor {
            def: crate::types::descr::slotdef_index("__str__"),
            owner: t.into(),
        });
        if let Some(d) = t.dict() {
            crate::types::dict::DictExt::set_str(d, vm, vm.names.__str__, w.value())?;
        }
    }
    Ok(())
}

fn exc(vm: &Vm, v: Value) -> PyResult<Gc<Exception>> {
    vm.expect::<Exception>(v, "self")
}
fn key_error_str(vm: &Vm, v: Value) -> PyResult<Value> {
    match exception::args(exc(vm, v)?).map(|a| a.items().to_vec()).as_deref() {
        Some([k]) => vm.repr(*k).map(|s| s.value()),
        _ => base_str(vm, v),
    }
}
fn import_error_str(vm: &Vm, v: Value) -> PyResult<Value> {
    match get_extra(vm, exc(vm, v)?, "msg") {
        Some(m) if m.cast_exact::<Str>().is_some() => Ok(m),
        _ => base_str(vm, v),
    }
}
fn os_error_str(vm: &Vm, v: Value) -> PyResult<Value> {
    let e = exc(vm, v)?;
    let get = |n: &str| get_extra(vm, e, n);
    let text = |v: Option<Value>| vm.to_str(v.unwrap_or(Value::none())).map(|s| s.to_lossy());
    if let Some(f) = get("filename") {
        let (n, s) = (text(get("errno"))?, text(get("strerror"))?);
        return Ok(match get("filename2") {
            Some(f2) => vm.str(&format!("[Errno {n}] {s}: {} -> {}", vm.repr_text(f)?, vm.repr_text(f2)?)),
            None => vm.str(&format!("[Errno {n}] {s}: {}", vm.repr_text(f)?)),
        });
    }
    match (get("errno"), get("strerror")) {
        (Some(n), Some(s)) => Ok(vm.str(&format!("[Errno {}] {}", text(Some(n))?, text(Some(s))?))),
        _ => base_str(vm, v),
    }
}

/// Attributes of a SyntaxError are in its dict, under CPython's names.
const SYNTAX_ATTRS: [&str; 8] =
    ["msg", "filename", "lineno", "offset", "text", "end_lineno", "end_offset", "print_file_and_line"];
pub fn init_syntax_error(vm: &Vm, e: Gc<Exception>, args: &[Value]) -> PyResult<()> {
    for name in SYNTAX_ATTRS {
        vm.set_attr(e.value(), vm.intern(name), Value::none())?;
    }
    if let Some(m) = args.first() {
        vm.set_attr(e.value(), vm.names.msg, *m)?;
    }
    if let [_, info] = args {
        let info: Gc<Tuple> = vm.tuple_from_iterable(*info)?;
        if info.len() < 4 {
            let n = info.len();
            return Err(vm.type_error(format!(
                "function missing required argument '{}' (pos {})",
                SYNTAX_ATTRS[n + 1],
                n + 1
            )));
        }
        if info.len() == 5 {
            return Err(vm.type_error("end_offset must be provided when end_lineno is provided"));
        }
        for (name, v) in SYNTAX_ATTRS[1..].iter().zip(info.items()).take(6) {
            vm.set_attr(e.value(), vm.intern(name), *v)?;
        }
    }
    Ok(())
}
fn syntax_error_str(vm: &Vm, v: Value) -> PyResult<Value> {
    let get = |n: &str| vm.get_attr_opt(v, vm.intern(n));
    let msg = vm.to_str(get("msg")?.unwrap_or(Value::none()))?.to_lossy();
    let file = get("filename")?.and_then(|f| f.cast::<Str>()).map(|f| f.to_lossy());
    let file = file.map(|f| f.rsplit('/').next().unwrap_or("").to_owned());
    let line = get("lineno")?.and_then(|l| vm.int_as_i64(l));
    Ok(vm.str(&match (file, line) {
        (Some(f), Some(l)) => format!("{msg} ({f}, line {l})"),
        (Some(f), None) => format!("{msg} ({f})"),
        (None, Some(l)) => format!("{msg} (line {l})"),
        (None, None) => msg,
    }))
}

pub fn init_unicode_error(vm: &Vm, e: Gc<Exception>, args: &[Value]) -> PyResult<()> {
    let class = exception::class(vm, e);
    let names: &[&str] = if vm.is_subtype(class, vm.exc_type(Exc::UnicodeTranslateError)) {
        &["object", "start", "end", "reason"]
    } else if vm.is_subtype(class, vm.exc_type(Exc::UnicodeDecodeError))
        || vm.is_subtype(class, vm.exc_type(Exc::UnicodeEncodeError))
    {
        &["encoding", "object", "start", "end", "reason"]
    } else {
        return Ok(());
    };
    if args.len() != names.len() {
        return Err(vm.type_error(format!("function takes exactly {} arguments ({} given)", names.len(), args.len())));
    }
    for (n, v) in names.iter().zip(args) {
        set_extra(vm, e, n, *v);
    }
    Ok(())
}
fn unicode_error_str(vm: &Vm, v: Value) -> PyResult<Value> {
    let e = exc(vm, v)?;
    let Some(object) = get_extra(vm, e, "object") else { return Ok(vm.str("")) };
    let text = |n: &str| vm.to_str(get_extra(vm, e, n).unwrap_or(Value::none())).map(|s| s.to_lossy());
    let int = |n: &str| get_extra(vm, e, n).and_then(|v| vm.int_as_i64(v)).unwrap_or(0);
    let (start, end, reason) = (int("start"), int("end"), text("reason")?);
    let one = end == start + 1;
    let at = |i: i64| -> Option<u32> {
        let i = usize::try_from(i).ok()?;
        if let Some(s) = object.cast::<Str>() {
            return (i < s.len()).then(|| s.char_at(i));
        }
        object.cast::<bunpy_heap::Bytes>()?.as_bytes().get(i).map(|b| *b as u32)
    };
    let shown = |c: u32| match c {
        0..0x100 => format!("\\x{c:02x}"),
        0x100..0x10000 => format!("\\u{c:04x}"),
        _ => format!("\\U{c:08x}"),
    };
    let class = exception::class(vm, e);
    let is = |x: Exc| vm.is_subtype(class, vm.exc_type(x));
    Ok(vm.str(&match at(start) {
        Some(c) if one && is(Exc::UnicodeDecodeError) => {
            format!("'{}' codec can't decode byte 0x{c:02x} in position {start}: {reason}", text("encoding")?)
        }
        Some(c) if one && is(Exc::UnicodeEncodeError) => {
            format!("'{}' codec can't encode character '{}' in position {start}: {reason}", text("encoding")?, shown(c))
        }
        Some(c) if one => format!("can't translate character '{}' in position {start}: {reason}", shown(c)),
        _ if is(Exc::UnicodeDecodeError) => {
            format!("'{}' codec can't decode bytes in position {start}-{}: {reason}", text("encoding")?, end - 1)
        }
        _ if is(Exc::UnicodeEncodeError) => {
            format!("'{}' codec can't encode characters in position {start}-{}: {reason}", text("encoding")?, end - 1)
        }
        _ => format!("can't translate characters in position {start}-{}: {reason}", end - 1),
    }))
}
