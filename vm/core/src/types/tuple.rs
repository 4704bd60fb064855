//! tuple.
//!
//! Invariant: items never change after construction; the payload is the heap's (`bunpy_heap::Tuple`).

use crate::error::{OrRaise, PyResult};
use crate::native::{MethodDef, method, raw};
use crate::object::slots::{Cmp, SlotTable};
use crate::types::slice;
use crate::types::type_::{Type, TypeSpec, flags};
use crate::vm::Vm;
use bunpy_heap::{Gc, Kind, Tuple, Value};
use std::sync::atomic::Ordering::Relaxed;

pub static TUPLE: TypeSpec = TypeSpec {
    name: "tuple",
    kind: Kind::Tuple,
    flags: flags::BASETYPE | flags::SEQUENCE | flags::MATCH_SELF,
    doc: "Built-in immutable sequence.\n\nIf no argument is given, the constructor returns an empty tuple.\nIf iterable is specified the tuple is initialized from iterable's items.\n\nIf the argument is a tuple, the return value is the same object.",
    signature: "(iterable=(), /)",
    new: Some(method("__new__", "($type, iterable=(), /)", new)),
    slots: SlotTable {
        repr: Some(repr),
        hash: Some(hash),
        richcompare: Some(richcompare),
        iter: Some(crate::types::iter::tuple_iter),
        length: Some(|vm, v| Ok(this(vm, v)?.len())),
        concat: Some(concat),
        repeat: Some(repeat),
        item: Some(item),
        contains: Some(contains),
        subscript: Some(subscript),
        ..SlotTable::EMPTY
    },
    methods: METHODS,
    ..TypeSpec::EMPTY
};
static METHODS: &[MethodDef] = &[
    method("__getnewargs__", "($self, /)", |vm: &Vm, t: Gc<Tuple>| {
        let copy = vm.heap.tuple(t.items()).value();
        vm.heap.tuple(&[copy]).value()
    }),
    method("index", "($self, value, start=0, stop=sys.maxsize, /)", index)
        .doc("Return first index of value.\n\nRaises ValueError if the value is not present."),
    method("count", "($self, value, /)", count).doc("Return number of occurrences of value."),
    raw("__class_getitem__", "($type, object, /)", crate::types::generic_alias::class_getitem)
        .class_method()
        .doc("See PEP 585"),
];
fn this(vm: &Vm, v: Value) -> PyResult<Gc<Tuple>> {
    vm.expect::<Tuple>(v, "descriptor receiver")
}
fn new(vm: &Vm, cls: Gc<Type>, iterable: Option<Value>) -> PyResult<Value> {
    let exact = cls == vm.types().tuple();
    match iterable {
        None if exact => Ok(vm.empty_tuple),
        Some(it) if exact && it.cast_exact::<Tuple>().is_some() => Ok(it),
        _ => {
            let items = match iterable {
                Some(it) => vm.collect_values(it)?,
                None => Vec::new(),
            };
            if exact && items.is_empty() {
                return Ok(vm.empty_tuple);
            }
            Ok(vm.heap.tuple_shaped(cls.root_shape.load(Relaxed), &items).or_raise(vm)?.value())
        }
    }
}
fn repr(vm: &Vm, v: Value) -> PyResult<Value> {
    let t = this(vm, v)?;
    if t.is_empty() {
        return Ok(vm.str("()"));
    }
    let text = vm.repr_guarded(v, || {
        let mut out = vec![vm.intern("(")];
        for (i, x) in t.items().iter().enumerate() {
            if i > 0 {
                out.push(vm.intern(", "));
            }
            out.push(vm.repr(*x)?);
        }
        out.push(vm.intern(if t.len() == 1 { ",)" } else { ")" }));
        vm.heap.concat_all(&out).or_raise(vm)
    })?;
    Ok(text.map_or_else(|| vm.str("(...)"), |s| s.value()))
}
fn hash(vm: &Vm, v: Value) -> PyResult<i64> {
    let t = this(vm, v)?;
    let h = t.hash.load(Relaxed);
    if h != -1 {
        return Ok(h);
    }
    vm.check_native_stack("")?;
    let mut hashes = Vec::with_capacity(t.len());
    for x in t.items() {
        hashes.push(vm.hash(*x)?);
    }
    let h = crate::hash::tuple(hashes.into_iter());
    t.hash.store(h, Relaxed);
    Ok(h)
}
fn richcompare(vm: &Vm, a: Value, b: Value, op: Cmp) -> PyResult<Value> {
    let (Some(x), Some(y)) = (a.cast::<Tuple>(), b.cast::<Tuple>()) else { return Ok(Value::not_implemented()) };
    for (p, q) in x.items().iter().zip(y.items()) {
        if !vm.is_equal(*p, *q)? {
            return match op {
                Cmp::Eq => Ok(Value::bool(false)),
                Cmp::Ne => Ok(Value::bool(true)),
                _ => vm.compare(*p, *q, op),
            };
        }
    }
    Ok(Value::bool(op.of(x.len().cmp(&y.len()))))
}
fn contains(vm: &Vm, v: Value, x: Value) -> PyResult<bool> {
    for y in this(vm, v)?.items() {
        if vm.is_equal(*y, x)? {
            return Ok(true);
        }
    }
    Ok(false)
}
fn concat(vm: &Vm, a: Value, b: Value) -> PyResult<Value> {
    let x = this(vm, a)?;
    let Some(y) = b.cast::<Tuple>() else {
        return Err(vm.type_error(format!("can only concatenate tuple (not \"{}\") to tuple", vm.type_name(b))));
    };
    if x.is_empty() && y.is_exact() {
        return Ok(b);
    }
    if y.is_empty() && x.is_exact() {
        return Ok(a);
    }
    let mut all = x.items().to_vec();
    all.extend_from_slice(y.items());
    Ok(vm.heap.tuple(&all).value())
}
fn repeat(vm: &Vm, v: Value, n: isize) -> PyResult<Value> {
    let t = this(vm, v)?;
    if n == 1 && t.is_exact() {
        return Ok(v);
    }
    let n = n.max(0) as usize;
    if n == 0 || t.is_empty() {
        return Ok(vm.empty_tuple);
    }
    let total = t.len().checked_mul(n).filter(|t| *t < isize::MAX as usize / 8).ok_or_else(|| vm.memory_error())?;
    let mut all = Vec::new();
    all.try_reserve_exact(total).map_err(|_| vm.memory_error())?;
    for _ in 0..n {
        all.extend_from_slice(t.items());
    }
    Ok(vm.heap.tuple_shaped(Kind::Tuple as u32, &all).or_raise(vm)?.value())
}
fn item(vm: &Vm, v: Value, i: isize) -> PyResult<Value> {
    let t = this(vm, v)?;
    usize::try_from(i).ok().and_then(|i| t.get(i)).ok_or_else(|| vm.index_error("tuple index out of range"))
}
fn subscript(vm: &Vm, v: Value, key: Value) -> PyResult<Value> {
    let t = this(vm, v)?;
    if let Some(s) = key.cast::<slice::SliceObject>() {
        let (start, step, n) = slice::indices(vm, s, t.len())?;
        if n == t.len() && step == 1 && t.is_exact() {
            return Ok(v);
        }
        if n == 0 {
            return Ok(vm.empty_tuple);
        }
        let picked: Vec<Value> = (0..n).filter_map(|k| t.get((start + k as isize * step) as usize)).collect();
        return Ok(vm.heap.tuple(&picked).value());
    }
    if !vm.has_index(key) {
        return Err(vm.type_error(format!("tuple indices must be integers or slices, not {}", vm.type_name(key))));
    }
    let mut i = vm.index_or_index_error(key)?;
    if i < 0 {
        i += t.len() as isize;
    }
    item(vm, v, i)
}
fn index(vm: &Vm, t: Gc<Tuple>, value: Value, start: Option<Value>, stop: Option<Value>) -> PyResult<i64> {
    let n = t.len() as isize;
    let clamp = |v: Option<Value>, default: isize| -> PyResult<usize> {
        let Some(v) = v else { return Ok(default as usize) };
        let i = vm.index_clamped(v)?;
        Ok(if i < 0 { i.saturating_add(n).max(0) } else { i } as usize)
    };
    let (start, stop) = (clamp(start, 0)?, clamp(stop, isize::MAX)?);
    for (i, x) in t.items().iter().enumerate().take(stop).skip(start) {
        if vm.is_equal(*x, value)? {
            return Ok(i as i64);
        }
    }
    Err(vm.value_error("tuple.index(x): x not in tuple"))
}
fn count(vm: &Vm, t: Gc<Tuple>, value: Value) -> PyResult<i64> {
    let mut n = 0;
    for x in t.items() {
        n += vm.is_equal(*x, value)? as i64;
    }
    Ok(n)
}
