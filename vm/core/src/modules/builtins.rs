//! builtins: the functions. The types come from `boot.rs`.
//!
//! Invariant: the module's dict is `Vm::builtins`.

use crate::error::{OrRaise, PyResult};
use crate::modules::ModuleSpec;
use crate::native::{Args, MethodDef, function, raw};
use crate::object::slots::Cmp;
use crate::types::class_build;
use crate::types::dict::DictExt;
use crate::types::exception::Exc;
use crate::types::iter;
use crate::types::list::List;
use crate::types::sort;
use crate::types::str_;
use crate::vm::Vm;
use bunpy_heap::{Gc, Str, Value};
use std::io::Write;

pub static BUILTINS: ModuleSpec = ModuleSpec {
    name: "builtins",
    doc: "Built-in functions, types, exceptions, and other objects.\n\nThis module provides direct access to all 'built-in'\nidentifiers of Python; for example, builtins.len is\nthe full name for the built-in function len().\n\nThis module is not normally accessed explicitly by most\napplications, but can be useful in modules that provide\nobjects with the same name as a builtin and need it.",
    functions: FUNCTIONS,
    ..ModuleSpec::EMPTY
};
static FUNCTIONS: &[MethodDef] = &[
    raw("__build_class__", "($module, func, name, /, *bases, metaclass=None, **kwds)", |vm: &Vm, a: Args<'_>| class_build::build_class(vm, a))
        .without_signature()
        .doc("__build_class__(func, name, /, *bases, [metaclass], **kwds) -> class\n\nInternal helper function used by the class statement."),
    function("__import__", "($module, /, name, globals=None, locals=None, fromlist=(), level=0)", crate::import::dunder_import),
    function("abs", "($module, x, /)", |vm: &Vm, x: Value| match vm.type_of(x).slots.absolute.get() {
        Some(f) => f(vm, x),
        None => Err(vm.type_error(format!("bad operand type for abs(): '{}'", vm.type_name(x)))),
    })
    .doc("Return the absolute value of the argument."),
    function("all", "($module, iterable, /)", |vm: &Vm, x: Value| any_all(vm, x, false))
        .doc("Return True if bool(x) is True for all values x in the iterable.\n\nIf the iterable is empty, return True."),
    function("any", "($module, iterable, /)", |vm: &Vm, x: Value| any_all(vm, x, true))
        .doc("Return True if bool(x) is True for any x in the iterable.\n\nIf the iterable is empty, return False."),
    function("ascii", "($module, obj, /)", |vm: &Vm, x: Value| -> PyResult<Value> {
        let r = vm.repr(x)?;
        Ok(vm.str(&pyc_text::repr::backslashreplace(str_::wtf8(r).as_wtf8())))
    }),
    function("bin", "($module, number, /)", |vm: &Vm, x: Value| radix(vm, x, 2, "0b")),
    function(
        "compile",
        "($module, /, source, filename, mode, flags=0, dont_inherit=False, optimize=-1, *, _feature_version=-1)",
        crate::source::compile,
    ),
    raw("eval", "($module, source, /, globals=None, locals=None)", crate::source::eval),
    raw("exec", "($module, source, /, globals=None, locals=None, *, closure=None)", crate::source::exec),
    function("anext", "($module, aiterator, default=<unrepresentable>, /)", |vm: &Vm, it: Value, d: Option<Value>| -> PyResult<Value> {
        let Some(f) = vm.type_of(it).slots.anext.get() else {
            return Err(vm.type_error(format!("'{}' object is not an async iterator", vm.type_name(it))));
        };
        let a = f(vm, it)?;
        Ok(match d {
            None => a,
            Some(d) => crate::types::async_gen::with_default(vm, a, d),
        })
    }),
    function("aiter", "($module, async_iterable, /)", |vm: &Vm, v: Value| match vm.type_of(v).slots.aiter.get() {
        Some(f) => f(vm, v),
        None => Err(vm.type_error(format!("'{}' object is not an async iterable", vm.type_name(v)))),
    }),
    function("callable", "($module, obj, /)", |vm: &Vm, x: Value| vm.is_callable(x)),
    function("chr", "($module, i, /)", |vm: &Vm, i: Value| -> PyResult<Value> {
        let i = vm.index_as_isize(i)?;
        match u32::try_from(i) {
            Ok(c) if c < 0x110000 => str_::from_char(vm, c),
            _ => Err(vm.value_error("chr() arg not in range(0x110000)")),
        }
    })
    .doc("Return a Unicode string of one character with ordinal i; 0 <= i <= 0x10ffff."),
    function("delattr", "($module, obj, name, /)", |vm: &Vm, o: Value, n: Value| -> PyResult<()> {
        let n = vm.expect_attr_name(n)?;
        vm.del_attr(o, n)
    }),
    raw("dir", "($module, object=<unrepresentable>, /)", dir).without_signature(),
    function("divmod", "($module, x, y, /)", |vm: &Vm, a: Value, b: Value| vm.divmod(a, b))
        .doc("Return the tuple (x//y, x%y).  Invariant: div*y + mod == x."),
    function("format", "($module, value, format_spec='', /)", |vm: &Vm, v: Value, s: Option<Gc<Str>>| vm.format(v, s.unwrap_or(vm.empty_str))),
    raw("getattr", "($module, object, name, default=<unrepresentable>, /)", getattr).without_signature(),
    function("globals", "($module, /)", |vm: &Vm| match crate::engine::frame::current_globals(vm) {
        Some(g) => g.value(),
        None => Value::none(),
    }),
    function("hasattr", "($module, obj, name, /)", |vm: &Vm, o: Value, n: Value| -> PyResult<bool> {
        let n = vm.expect_attr_name(n)?;
        Ok(vm.get_attr_opt(o, n)?.is_some())
    }),
    function("hash", "($module, obj, /)", |vm: &Vm, x: Value| vm.hash(x)),
    function("hex", "($module, number, /)", |vm: &Vm, x: Value| radix(vm, x, 16, "0x")),
    function("id", "($module, obj, /)", |vm: &Vm, x: Value| vm.int_u64(x.bits())),
    function("isinstance", "($module, obj, class_or_tuple, /)", |vm: &Vm, o: Value, c: Value| vm.isinstance(o, c)),
    function("issubclass", "($module, cls, class_or_tuple, /)", |vm: &Vm, o: Value, c: Value| vm.issubclass(o, c)),
    raw("iter", "($module, object, sentinel=<unrepresentable>, /)", |vm: &Vm, a: Args<'_>| match a.values {
        [x] => vm.iter(*x),
        [f, s] => {
            if !vm.is_callable(*f) {
                return Err(vm.type_error("iter(v, w): v must be callable"));
            }
            Ok(iter::callable_iter(vm, *f, *s))
        }
        [] => Err(vm.type_error("iter expected at least 1 argument, got 0")),
        v => Err(vm.type_error(format!("iter expected at most 2 arguments, got {}", v.len()))),
    })
    .without_signature(),
    function("len", "($module, obj, /)", |vm: &Vm, x: Value| vm.len(x)).doc("Return the number of items in a container."),
    function("locals", "($module, /)", |vm: &Vm| crate::engine::frame::locals(vm)),
    raw("max", "($module, *args, **kwargs)", |vm: &Vm, a: Args<'_>| min_max(vm, a, "max", Cmp::Gt)).without_signature(),
    raw("min", "($module, *args, **kwargs)", |vm: &Vm, a: Args<'_>| min_max(vm, a, "min", Cmp::Lt)).without_signature(),
    raw("next", "($module, iterator, default=<unrepresentable>, /)", next).without_signature(),
    function("oct", "($module, number, /)", |vm: &Vm, x: Value| radix(vm, x, 8, "0o")),
    function("ord", "($module, c, /)", ord).doc("Return the Unicode code point for a one-character string."),
    function("pow", "($module, /, base, exp, mod=None)", |vm: &Vm, a: Value, b: Value, m: Option<Value>| vm.power(a, b, m.unwrap_or(Value::none()))),
    raw("print", "($module, /, *args, sep=' ', end='\\n', file=None, flush=False)", print),
    function("repr", "($module, obj, /)", |vm: &Vm, x: Value| vm.repr(x)),
    function("round", "($module, /, number, ndigits=None)", |vm: &Vm, x: Value, n: Option<Value>| -> PyResult<Value> {
        let Some(f) = vm.lookup_special(x, vm.names.__round__) else {
            return Err(vm.type_error(format!("type {} doesn't define __round__ method", vm.type_name(x))));
        };
        match n.filter(|n| !n.is_none()) {
            Some(n) => vm.call_bound(f, x, Args::positional_only(&[n])),
            None => vm.call_bound(f, x, Args::NONE),
        }
    }),
    function("setattr", "($module, obj, name, value, /)", |vm: &Vm, o: Value, n: Value, x: Value| -> PyResult<()> {
        let n = vm.expect_attr_name(n)?;
        vm.set_attr(o, n, x)
    }),
    function("sorted", "($module, iterable, /, *, key=None, reverse=False)", |vm: &Vm, x: Value, key: Option<Value>, rev: Option<bool>| -> PyResult<Value> {
        let items = vm.collect_values(x)?;
        let s = sort::sorted(vm, items, key.filter(|k| !k.is_none()), rev.unwrap_or(false))?;
        Ok(List::from_slice(vm, &s).value())
    }),
    function("sum", "($module, iterable, /, start=0)", sum),
    raw("vars", "($module, object=<unrepresentable>, /)", vars).without_signature(),
];

fn any_all(vm: &Vm, x: Value, stop: bool) -> PyResult<bool> {
    let it = vm.iter(x)?;
    while let Some(v) = vm.next(it)? {
        if vm.is_true(v)? == stop {
            return Ok(stop);
        }
    }
    Ok(!stop)
}
fn radix(vm: &Vm, x: Value, base: u32, prefix: &str) -> PyResult<Value> {
    let i = vm.index(x)?;
    let b = crate::types::int::to_big(i);
    let sign = if vm.is_negative_int(i) { "-" } else { "" };
    Ok(vm.str(&format!("{sign}{prefix}{}", b.magnitude().to_str_radix(base))))
}
fn ord(vm: &Vm, c: Value) -> PyResult<Value> {
    if let Some(s) = c.cast::<Str>() {
        if s.len() == 1 {
            return Ok(Value::int(s.char_at(0) as i64));
        }
        return Err(vm.type_error(format!("ord() expected a character, but string of length {} found", s.len())));
    }
    match crate::types::buffer::exact_bytes(vm, c) {
        Some(b) if b.len() == 1 => Ok(Value::int(b[0] as i64)),
        Some(b) => Err(vm.type_error(format!("ord() expected a character, but string of length {} found", b.len()))),
        None => Err(vm.type_error(format!("ord() expected string of length 1, but {} found", vm.type_name(c)))),
    }
}
fn getattr(vm: &Vm, a: Args<'_>) -> PyResult<Value> {
    match a.values {
        [o, n] => {
            let n = vm.expect_attr_name(*n)?;
            vm.get_attr(*o, n)
        }
        [o, n, d] => {
            let n = vm.expect_attr_name(*n)?;
            Ok(vm.get_attr_opt(*o, n)?.unwrap_or(*d))
        }
        v if v.len() < 2 => Err(vm.type_error(format!("getattr expected at least 2 arguments, got {}", v.len()))),
        v => Err(vm.type_error(format!("getattr expected at most 3 arguments, got {}", v.len()))),
    }
}
fn next(vm: &Vm, a: Args<'_>) -> PyResult<Value> {
    let (it, default) = match a.values {
        [it] => (*it, None),
        [it, d] => (*it, Some(*d)),
        [] => return Err(vm.type_error("next expected at least 1 argument, got 0")),
        v => return Err(vm.type_error(format!("next expected at most 2 arguments, got {}", v.len()))),
    };
    let Some(f) = vm.type_of(it).slots.iternext.get() else {
        return Err(vm.type_error(format!("'{}' object is not an iterator", vm.type_name(it))));
    };
    match f(vm, it) {
        Ok(Some(x)) => Ok(x),
        Ok(None) => default.ok_or_else(|| vm.stop_iteration()),
        Err(e) => match default {
            Some(d) if vm.pending_is(Exc::StopIteration) => {
                vm.clear_pending();
                Ok(d)
            }
            _ => Err(e),
        },
    }
}
fn dir(vm: &Vm, a: Args<'_>) -> PyResult<Value> {
    let names = match a.values {
        [] => {
            let l = crate::engine::frame::locals(vm)?;
            vm.call_method(l, "keys", &[])?
        }
        [x] => match vm.call_special(*x, vm.names.__dir__, &[])? {
            Some(r) => r,
            None => return Err(vm.type_error("object does not provide __dir__")),
        },
        v => return Err(vm.type_error(format!("dir expected at most 1 argument, got {}", v.len()))),
    };
    let items = vm.collect_values(names)?;
    Ok(List::from_slice(vm, &sort::sorted(vm, items, None, false)?).value())
}
fn vars(vm: &Vm, a: Args<'_>) -> PyResult<Value> {
    match a.values {
        [] => crate::engine::frame::locals(vm),
        [x] => match vm.get_attr_opt(*x, vm.names.__dict__)? {
            Some(d) => Ok(d),
            None => Err(vm.type_error("vars() argument must have __dict__ attribute")),
        },
        v => Err(vm.type_error(format!("vars expected at most 1 argument, got {}", v.len()))),
    }
}
fn min_max(vm: &Vm, a: Args<'_>, name: &str, op: Cmp) -> PyResult<Value> {
    let (mut key, mut default) = (None, None);
    for (k, v) in a.keywords() {
        let k = vm.expect_str(k, "keyword")?;
        match k.as_ascii() {
            Some("key") => key = Some(v).filter(|v| !v.is_none()),
            Some("default") => default = Some(v),
            _ => {
                return Err(vm.type_error(format!("{name}() got an unexpected keyword argument '{}'", k.to_lossy())));
            }
        }
    }
    let items = match a.positional() {
        [] => return Err(vm.type_error(format!("{name} expected at least 1 argument, got 0"))),
        [x] => vm.collect_values(*x)?,
        v if default.is_some() => {
            let _ = v;
            return Err(
                vm.type_error(format!("Cannot specify a default for {name}() with multiple positional arguments"))
            );
        }
        v => v.to_vec(),
    };
    let mut best: Option<(Value, Value)> = None;
    for x in items {
        let k = match key {
            Some(f) => vm.call(f, &[x])?,
            None => x,
        };
        best = match best {
            Some((bk, bx)) if !vm.compare_bool(k, bk, op)? => Some((bk, bx)),
            _ => Some((k, x)),
        };
    }
    match best.map(|b| b.1).or(default) {
        Some(x) => Ok(x),
        None => Err(vm.value_error(format!("{name}() iterable argument is empty"))),
    }
}
fn sum(vm: &Vm, x: Value, start: Option<Value>) -> PyResult<Value> {
    let mut acc = start.unwrap_or(Value::int(0));
    match acc.kind() {
        bunpy_heap::Kind::Str => {
            return Err(vm.type_error("sum() can't sum strings [use ''.join(seq) instead]"));
        }
        bunpy_heap::Kind::Bytes => {
            return Err(vm.type_error("sum() can't sum bytes [use b''.join(seq) instead]"));
        }
        bunpy_heap::Kind::ByteArray => {
            return Err(vm.type_error("sum() can't sum bytearray [use b''.join(seq) instead]"));
        }
        _ => {}
    }
    // Floats are added with Neumaier's compensation, as CPython does.
    let mut compensation = 0.0f64;
    vm.for_each(x, |v| {
        if let (Some(a), Some(b)) = (acc.as_float(), v.as_float().or(v.as_int().map(|i| i as f64))) {
            let t = a + b;
            compensation += if a.abs() >= b.abs() { (a - t) + b } else { (b - t) + a };
            acc = Value::float(t);
            return Ok(());
        }
        acc = vm.add(acc, v)?;
        Ok(())
    })?;
    if let Some(a) = acc.as_float()
        && compensation != 0.0
        && compensation.is_finite()
    {
        return Ok(Value::float(a + compensation));
    }
    Ok(acc)
}
fn print(vm: &Vm, a: Args<'_>) -> PyResult<Value> {
    let (mut sep, mut end, mut file, mut flush) = (None, None, None, false);
    for (k, v) in a.keywords() {
        let k = vm.expect_str(k, "keyword")?;
        let given = Some(v).filter(|v| !v.is_none());
        match k.as_ascii() {
            Some("sep") => sep = given,
            Some("end") => end = given,
            Some("file") => file = given,
            Some("flush") => flush = vm.is_true(v)?,
            _ => {
                return Err(vm.type_error(format!("print() got an unexpected keyword argument '{}'", k.to_lossy())));
            }
        }
    }
    let text = |v: Option<Value>, name: &str, default: &str| -> PyResult<Gc<Str>> {
        match v {
            None => Ok(vm.intern(default)),
            Some(v) => v
                .cast::<Str>()
                .ok_or_else(|| vm.type_error(format!("{name} must be None or a string, not {}", vm.type_name(v)))),
        }
    };
    let (sep, end) = (text(sep, "sep", " ")?, text(end, "end", "\n")?);
    let mut parts = Vec::with_capacity(a.positional().len() * 2 + 1);
    for (i, x) in a.positional().iter().enumerate() {
        if i > 0 {
            parts.push(sep);
        }
        parts.push(vm.to_str(*x)?);
    }
    parts.push(end);
    let line = vm.heap.concat_all(&parts).or_raise(vm)?;
    let out = match file {
        Some(f) => Some(f),
        None => sys_stdout(vm),
    };
    match out {
        Some(f) if f.is_none() => {}
        Some(f) => {
            vm.call_method_name(f, vm.names.write, &[line.value()])?;
            if flush {
                vm.call_method_name(f, vm.names.flush, &[])?;
            }
        }
        // Before `sys.stdout` exists text goes straight to the descriptor.
        None => {
            let mut o = std::io::stdout().lock();
            let bytes = str_::wtf8(line).into_bytes();
            if o.write_all(&bytes).is_err() || flush && o.flush().is_err() {
                return Err(crate::raise!(vm, OSError, "cannot write to standard output"));
            }
        }
    }
    Ok(Value::none())
}
fn sys_stdout(vm: &Vm) -> Option<Value> {
    let sys = vm.modules.get_text(vm, "sys")?;
    crate::types::module::dict_of(sys)?.get_str(vm, vm.names.stdout)
}
