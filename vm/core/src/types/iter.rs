//! Iterators over sequences, and the builtin iterator types (enumerate, zip, map, filter, reversed, callable_iterator).
//!
//! Invariant: an exhausted iterator forgets its source and stays exhausted.

use crate::error::PyResult;
use crate::native::{Args, MethodDef, method, raw};
use crate::object::generic;
use crate::object::slots::{IterNext, SlotTable};
use crate::types::exception::Exc;
use crate::types::list::List;
use crate::types::str_;
use crate::types::type_::{Type, TypeSpec, flags};
use crate::vm::Vm;
use bunpy_heap::{Bytes, Gc, Kind, Slot, Str, Tuple, Value, payload};
use std::sync::atomic::{AtomicI64, AtomicUsize, Ordering::Relaxed};

payload! { pub struct ListIterator: ListIterator { pub source: Slot, pub pos: AtomicUsize } }
payload! { pub struct ListReverseIterator: ListReverseIterator { source: Slot, pos: AtomicI64 } }
payload! { pub struct TupleIterator: TupleIterator { pub source: Slot, pub pos: AtomicUsize } }
payload! { pub struct StrIterator: StrIterator { source: Slot, pos: AtomicUsize } }
payload! { pub struct BytesIterator: BytesIterator { source: Slot, pos: AtomicUsize } }
payload! { pub struct SeqIterator: SeqIterator { source: Slot, pos: AtomicUsize } }
payload! { pub struct CallableIterator: CallableIterator { callable: Slot, sentinel: Slot } }
payload! { pub struct Enumerate: Enumerate { iter: Slot, count: Slot } }
payload! { pub struct Reversed: Reversed { source: Slot, pos: AtomicI64 } }
payload! { pub struct Zip: Zip { iters: Slot, strict: bool } }
payload! { pub struct Map: Map { func: Slot, iters: Slot, strict: bool } }
payload! { pub struct Filter: Filter { func: Slot, iter: Slot } }

const fn iterator(name: &'static str, kind: Kind, next: IterNext) -> TypeSpec {
    TypeSpec {
        name,
        kind,
        slots: SlotTable { iter: Some(generic::iter_self), iternext: Some(next), ..SlotTable::EMPTY },
        ..TypeSpec::EMPTY
    }
}
pub static LIST_ITERATOR: TypeSpec = iterator("list_iterator", Kind::ListIterator, list_next);
pub static LIST_REVERSE_ITERATOR: TypeSpec =
    iterator("list_reverseiterator", Kind::ListReverseIterator, list_reverse_next);
pub static TUPLE_ITERATOR: TypeSpec = iterator("tuple_iterator", Kind::TupleIterator, tuple_next);
pub static STR_ITERATOR: TypeSpec = iterator("str_iterator", Kind::StrIterator, str_next);
pub static BYTES_ITERATOR: TypeSpec = iterator("bytes_iterator", Kind::BytesIterator, bytes_next);
pub static SEQ_ITERATOR: TypeSpec = iterator("iterator", Kind::SeqIterator, seq_next);
pub static CALLABLE_ITERATOR: TypeSpec = iterator("callable_iterator", Kind::CallableIterator, callable_next);

pub fn list_iter(vm: &Vm, v: Value) -> PyResult<Value> {
    Ok(vm.heap.alloc(ListIterator { source: v.into(), pos: AtomicUsize::new(0) }).value())
}
pub fn list_reversed(vm: &Vm, l: Gc<List>) -> Value {
    let pos = AtomicI64::new(l.len() as i64 - 1);
    vm.heap.alloc(ListReverseIterator { source: l.into(), pos }).value()
}
pub fn tuple_iter(vm: &Vm, v: Value) -> PyResult<Value> {
    Ok(vm.heap.alloc(TupleIterator { source: v.into(), pos: AtomicUsize::new(0) }).value())
}
pub fn str_iter(vm: &Vm, v: Value) -> PyResult<Value> {
    Ok(vm.heap.alloc(StrIterator { source: v.into(), pos: AtomicUsize::new(0) }).value())
}
pub fn bytes_iter(vm: &Vm, v: Value) -> PyResult<Value> {
    Ok(vm.heap.alloc(BytesIterator { source: v.into(), pos: AtomicUsize::new(0) }).value())
}
/// Iteration by `v[0]`, `v[1]`, ...
pub fn seq_iter(vm: &Vm, v: Value) -> PyResult<Value> {
    Ok(vm.heap.alloc(SeqIterator { source: v.into(), pos: AtomicUsize::new(0) }).value())
}
pub fn callable_iter(vm: &Vm, f: Value, sentinel: Value) -> Value {
    vm.heap.alloc(CallableIterator { callable: f.into(), sentinel: sentinel.into() }).value()
}

/// One step over something indexed.
fn step(owner: Value, source: &Slot, pos: &AtomicUsize, get: impl FnOnce(usize) -> Option<Value>) -> Option<Value> {
    let i = pos.load(Relaxed);
    match get(i) {
        Some(x) => {
            pos.store(i + 1, Relaxed);
            Some(x)
        }
        None => {
            source.set(owner, Value::unbound());
            None
        }
    }
}
pub fn list_next(vm: &Vm, v: Value) -> PyResult<Option<Value>> {
    let it = vm.expect::<ListIterator>(v, "self")?;
    let Some(l) = it.source.cast::<List>() else { return Ok(None) };
    Ok(step(v, &it.source, &it.pos, |i| l.get(i)))
}
fn list_reverse_next(vm: &Vm, v: Value) -> PyResult<Option<Value>> {
    let it = vm.expect::<ListReverseIterator>(v, "self")?;
    let Some(l) = it.source.cast::<List>() else { return Ok(None) };
    let i = it.pos.load(Relaxed);
    match usize::try_from(i).ok().and_then(|i| l.get(i)) {
        Some(x) => {
            it.pos.store(i - 1, Relaxed);
            Ok(Some(x))
        }
        None => {
            it.source.set(v, Value::unbound());
            Ok(None)
        }
    }
}
pub fn tuple_next(vm: &Vm, v: Value) -> PyResult<Option<Value>> {
    let it = vm.expect::<TupleIterator>(v, "self")?;
    let Some(t) = it.source.cast::<Tuple>() else { return Ok(None) };
    Ok(step(v, &it.source, &it.pos, |i| t.get(i)))
}
fn str_next(vm: &Vm, v: Value) -> PyResult<Option<Value>> {
    let it = vm.expect::<StrIterator>(v, "self")?;
    let Some(s) = it.source.cast::<Str>() else { return Ok(None) };
    let i = it.pos.load(Relaxed);
    if i >= s.len() {
        it.source.set(v, Value::unbound());
        return Ok(None);
    }
    it.pos.store(i + 1, Relaxed);
    str_::from_char(vm, s.char_at(i)).map(Some)
}
fn bytes_next(vm: &Vm, v: Value) -> PyResult<Option<Value>> {
    let it = vm.expect::<BytesIterator>(v, "self")?;
    let Some(b) = it.source.cast::<Bytes>() else { return Ok(None) };
    Ok(step(v, &it.source, &it.pos, |i| b.as_bytes().get(i).map(|c| Value::int(*c as i64))))
}
fn seq_next(vm: &Vm, v: Value) -> PyResult<Option<Value>> {
    let it = vm.expect::<SeqIterator>(v, "self")?;
    let Some(s) = it.source.bound() else { return Ok(None) };
    let i = it.pos.load(Relaxed);
    match vm.get_item(s, vm.int(i as i64)) {
        Ok(x) => {
            it.pos.store(i + 1, Relaxed);
            Ok(Some(x))
        }
        Err(e) => {
            if vm.pending_is(Exc::IndexError) || vm.pending_is(Exc::StopIteration) {
                vm.clear_pending();
                it.source.set(v, Value::unbound());
                return Ok(None);
            }
            Err(e)
        }
    }
}
fn callable_next(vm: &Vm, v: Value) -> PyResult<Option<Value>> {
    let it = vm.expect::<CallableIterator>(v, "self")?;
    let Some(f) = it.callable.bound() else { return Ok(None) };
    let r = match vm.call(f, &[]) {
        Ok(r) => r,
        Err(e) => {
            let end = vm.stop_iteration_is_end(e)?;
            it.callable.set(v, Value::unbound());
            return Ok(end);
        }
    };
    if vm.is_equal(r, it.sentinel.get())? {
        it.callable.set(v, Value::unbound());
        return Ok(None);
    }
    Ok(Some(r))
}

// ---- enumerate, reversed, zip, map, filter

pub static ENUMERATE: TypeSpec = TypeSpec {
    name: "enumerate",
    flags: flags::BASETYPE,
    doc: "Return an enumerate object.\n\n  iterable\n    an object supporting iteration\n\nThe enumerate object yields pairs containing a count (from start, which\ndefaults to zero) and a value yielded by the iterable argument.\n\nenumerate is useful for obtaining an indexed list:\n    (0, seq[0]), (1, seq[1]), (2, seq[2]), ...",
    signature: "(iterable, start=0)",
    new: Some(method(
        "__new__",
        "($type, iterable, start=0)",
        |vm: &Vm, cls: Gc<Type>, x: Value, start: Option<Value>| -> PyResult<Value> {
            let count = match start {
                Some(s) => vm.index(s)?,
                None => Value::int(0),
            };
            let e = Enumerate { iter: vm.iter(x)?.into(), count: count.into() };
            Ok(vm.heap.alloc_shaped(cls.root_shape.load(Relaxed), e).value())
        },
    )),
    methods: CLASS_GETITEM,
    ..iterator("enumerate", Kind::Enumerate, enumerate_next)
};
static CLASS_GETITEM: &[MethodDef] =
    &[raw("__class_getitem__", "($type, object, /)", crate::types::generic_alias::class_getitem).class_method()];
fn enumerate_next(vm: &Vm, v: Value) -> PyResult<Option<Value>> {
    let it = vm.expect::<Enumerate>(v, "self")?;
    let Some(x) = vm.next(it.iter.get())? else { return Ok(None) };
    let n = it.count.get();
    it.count.set(v, vm.add(n, Value::int(1))?);
    Ok(Some(vm.heap.tuple(&[n, x]).value()))
}
pub static REVERSED: TypeSpec = TypeSpec {
    name: "reversed",
    flags: flags::BASETYPE,
    doc: "Return a reverse iterator over the values of the given sequence.",
    signature: "(object, /)",
    new: Some(method("__new__", "($type, object, /)", |vm: &Vm, cls: Gc<Type>, x: Value| -> PyResult<Value> {
        match vm.lookup_special(x, vm.names.__reversed__) {
            Some(f) if f.is_none() => {
                return Err(vm.type_error(format!("'{}' object is not reversible", vm.type_name(x))));
            }
            Some(f) => return vm.call_bound(f, x, Args::NONE),
            None => {}
        }
        if !vm.is_sequence(x) {
            return Err(vm.type_error(format!("'{}' object is not reversible", vm.type_name(x))));
        }
        let r = Reversed { pos: AtomicI64::new(vm.len(x)? as i64 - 1), source: x.into() };
        Ok(vm.heap.alloc_shaped(cls.root_shape.load(Relaxed), r).value())
    })),
    ..iterator("reversed", Kind::Reversed, reversed_next)
};
fn reversed_next(vm: &Vm, v: Value) -> PyResult<Option<Value>> {
    let it = vm.expect::<Reversed>(v, "self")?;
    let i = it.pos.load(Relaxed);
    let (Some(s), true) = (it.source.bound(), i >= 0) else { return Ok(None) };
    it.pos.store(i - 1, Relaxed);
    match vm.get_item(s, vm.int(i)) {
        Ok(x) => Ok(Some(x)),
        Err(e) => {
            it.source.set(v, Value::unbound());
            if vm.pending_is(Exc::IndexError) || vm.pending_is(Exc::StopIteration) {
                vm.clear_pending();
                return Ok(None);
            }
            Err(e)
        }
    }
}
/// `strict=` of zip and map, and the iterables as a tuple of iterators.
fn iterators(vm: &Vm, name: &str, args: &[Value], a: Args<'_>) -> PyResult<(Value, bool)> {
    let mut strict = false;
    for (k, v) in a.keywords() {
        let k = vm.expect_str(k, "keyword")?;
        if !k.is_text("strict") {
            return Err(vm.type_error(format!("{name}() got an unexpected keyword argument '{}'", k.to_lossy())));
        }
        strict = vm.is_true(v)?;
    }
    let mut iters = Vec::with_capacity(args.len());
    for x in args {
        iters.push(vm.iter(*x)?);
    }
    Ok((vm.heap.tuple(&iters).value(), strict))
}
/// The next item of each iterator; `None` when one ends.
fn next_of_all(vm: &Vm, iters: &[Value], strict: bool, name: &str) -> PyResult<Option<Vec<Value>>> {
    let mut items = Vec::with_capacity(iters.len());
    for (i, it) in iters.iter().enumerate() {
        match vm.next(*it)? {
            Some(x) => items.push(x),
            None if !strict => return Ok(None),
            None if i > 0 => {
                let plural = if i == 1 { " " } else { "s 1-" };
                return Err(vm.value_error(format!("{name}() argument {} is shorter than argument{plural}{i}", i + 1)));
            }
            None => {
                for (j, it) in iters.iter().enumerate().skip(1) {
                    if vm.next(*it)?.is_some() {
                        let plural = if j == 1 { " " } else { "s 1-" };
                        return Err(
                            vm.value_error(format!("{name}() argument {} is longer than argument{plural}{j}", j + 1))
                        );
                    }
                }
                return Ok(None);
            }
        }
    }
    Ok(Some(items))
}
pub static ZIP: TypeSpec = TypeSpec {
    flags: flags::BASETYPE,
    doc: "The zip object yields n-length tuples, where n is the number of iterables\npassed as positional arguments to zip().  The i-th element in every tuple\ncomes from the i-th iterable argument to zip().  This continues until the\nshortest argument is exhausted.\n\nIf strict is true and one of the arguments is exhausted before the others,\nraise a ValueError.\n\n   >>> list(zip('abcdefg', range(3), range(4)))\n   [('a', 0, 0), ('b', 1, 1), ('c', 2, 2)]",
    slots: SlotTable {
        new: Some(|vm, cls, a| {
            let (iters, strict) = iterators(vm, "zip", a.positional(), a)?;
            Ok(vm.heap.alloc_shaped(cls.root_shape.load(Relaxed), Zip { iters: iters.into(), strict }).value())
        }),
        iter: Some(generic::iter_self),
        iternext: Some(|vm, v| {
            let z = vm.expect::<Zip>(v, "self")?;
            let iters = vm.expect_tuple(z.iters.get(), "iterators")?;
            if iters.is_empty() {
                return Ok(None);
            }
            Ok(next_of_all(vm, iters.items(), z.strict, "zip")?.map(|v| vm.heap.tuple(&v).value()))
        }),
        ..SlotTable::EMPTY
    },
    name: "zip",
    kind: Kind::Zip,
    ..TypeSpec::EMPTY
};
pub static MAP: TypeSpec = TypeSpec {
    flags: flags::BASETYPE,
    doc: "Make an iterator that computes the function using arguments from\neach of the iterables.  Stops when the shortest iterable is exhausted.\n\nIf strict is true and one of the arguments is exhausted before the others,\nraise a ValueError.",
    slots: SlotTable {
        new: Some(|vm, cls, a| {
            let [f, rest @ ..] = a.positional() else {
                return Err(vm.type_error("map() must have at least two arguments."));
            };
            if rest.is_empty() {
                return Err(vm.type_error("map() must have at least two arguments."));
            }
            let (iters, strict) = iterators(vm, "map", rest, a)?;
            let m = Map { func: (*f).into(), iters: iters.into(), strict };
            Ok(vm.heap.alloc_shaped(cls.root_shape.load(Relaxed), m).value())
        }),
        iter: Some(generic::iter_self),
        iternext: Some(|vm, v| {
            let m = vm.expect::<Map>(v, "self")?;
            let iters = vm.expect_tuple(m.iters.get(), "iterators")?;
            match next_of_all(vm, iters.items(), m.strict, "map")? {
                Some(items) => vm.call(m.func.get(), &items).map(Some),
                None => Ok(None),
            }
        }),
        ..SlotTable::EMPTY
    },
    name: "map",
    kind: Kind::Map,
    ..TypeSpec::EMPTY
};
pub static FILTER: TypeSpec = TypeSpec {
    flags: flags::BASETYPE,
    doc: "Return an iterator yielding those items of iterable for which function(item)\nis true. If function is None, return the items that are true.",
    signature: "(function, iterable, /)",
    new: Some(method(
        "__new__",
        "($type, function, iterable, /)",
        |vm: &Vm, cls: Gc<Type>, f: Value, x: Value| -> PyResult<Value> {
            let it = Filter { func: f.into(), iter: vm.iter(x)?.into() };
            Ok(vm.heap.alloc_shaped(cls.root_shape.load(Relaxed), it).value())
        },
    )),
    ..iterator("filter", Kind::Filter, |vm, v| {
        let it = vm.expect::<Filter>(v, "self")?;
        let f = it.func.get();
        while let Some(x) = vm.next(it.iter.get())? {
            let keep = if f.is_none() || f == vm.types().bool().value() { x } else { vm.call(f, &[x])? };
            if vm.is_true(keep)? {
                return Ok(Some(x));
            }
        }
        Ok(None)
    })
};
