//! slice.
//!
//! Invariant: `indices` gives a start, step and count that stay inside `0..len` for every index it produces.

use crate::error::PyResult;
use crate::native::{get, method};
use crate::object::generic;
use crate::object::slots::{Cmp, SlotTable};
use crate::types::type_::{Type, TypeSpec};
use crate::vm::Vm;
use bunpy_heap::{Gc, Kind, Value, payload};

payload! { pub struct SliceObject: Slice { pub start: bunpy_heap::Slot, pub stop: bunpy_heap::Slot, pub step: bunpy_heap::Slot } }

pub static SLICE: TypeSpec = TypeSpec {
    name: "slice",
    kind: Kind::Slice,
    doc: "slice(stop)\nslice(start, stop[, step])\n\nCreate a slice object.  This is used for extended slicing (e.g. a[0:10:2]).",
    new: Some(method("__new__", "($type, start, stop=None, step=None, /)", new_row)),
    slots: SlotTable { repr: Some(repr), hash: Some(hash), richcompare: Some(richcompare), ..SlotTable::EMPTY },
    methods: &[
        method("indices", "($self, object, /)", indices_method),
        method("__reduce__", "($self, /)", |vm: &Vm, s: Gc<SliceObject>| {
            let args = vm.heap.tuple(&[s.start.get(), s.stop.get(), s.step.get()]);
            vm.heap.tuple(&[vm.types().slice().value(), args.value()]).value()
        }),
    ],
    getset: &[
        get("start", |vm, v| Ok(vm.expect::<SliceObject>(v, "self")?.start.get())),
        get("stop", |vm, v| Ok(vm.expect::<SliceObject>(v, "self")?.stop.get())),
        get("step", |vm, v| Ok(vm.expect::<SliceObject>(v, "self")?.step.get())),
    ],
    ..TypeSpec::EMPTY
};

pub fn new(vm: &Vm, start: Value, stop: Value, step: Value) -> Value {
    vm.heap.alloc(SliceObject { start: start.into(), stop: stop.into(), step: step.into() }).value()
}
fn new_row(vm: &Vm, _: Gc<Type>, a: Value, b: Option<Value>, c: Option<Value>) -> Value {
    match b {
        None => new(vm, Value::none(), a, Value::none()),
        Some(b) => new(vm, a, b, c.unwrap_or(Value::none())),
    }
}
/// `(start, step, count)` of a slice of a sequence of `len` items.
pub fn indices(vm: &Vm, s: Gc<SliceObject>, len: usize) -> PyResult<(isize, isize, usize)> {
    let bound = |v: Value| -> PyResult<isize> {
        if !vm.has_index(v) {
            return Err(vm.type_error("slice indices must be integers or None or have an __index__ method"));
        }
        vm.index_clamped(v)
    };
    let step = match s.step.get() {
        v if v.is_none() => 1,
        v => bound(v)?.max(-isize::MAX),
    };
    if step == 0 {
        return Err(vm.value_error("slice step cannot be zero"));
    }
    let len = len as isize;
    let (low, high) = if step < 0 { (-1, len - 1) } else { (0, len) };
    let clamp = |v: Value, default: isize| -> PyResult<isize> {
        if v.is_none() {
            return Ok(default);
        }
        let i = bound(v)?;
        let i = if i < 0 { i.saturating_add(len) } else { i };
        Ok(i.clamp(low, high))
    };
    let start = clamp(s.start.get(), if step < 0 { high } else { low })?;
    let stop = clamp(s.stop.get(), if step < 0 { low } else { high })?;
    let n = if step > 0 {
        if start < stop { ((stop - start - 1) / step + 1) as usize } else { 0 }
    } else if stop < start {
        ((start - stop - 1) / -step + 1) as usize
    } else {
        0
    };
    Ok((start, step, n))
}
fn indices_method(vm: &Vm, s: Gc<SliceObject>, len: isize) -> PyResult<Value> {
    if len < 0 {
        return Err(vm.value_error("length should not be negative"));
    }
    let (start, step, n) = indices(vm, s, len as usize)?;
    let stop = match s.stop.get() {
        v if v.is_none() => {
            if step < 0 {
                -1
            } else {
                len
            }
        }
        v => {
            let i = vm.index_clamped(v)?;
            let (low, high) = if step < 0 { (-1, len - 1) } else { (0, len) };
            (if i < 0 { i.saturating_add(len) } else { i }).clamp(low, high)
        }
    };
    let _ = n;
    Ok(vm.heap.tuple(&[vm.int(start as i64), vm.int(stop as i64), vm.int(step as i64)]).value())
}
fn repr(vm: &Vm, v: Value) -> PyResult<Value> {
    let s = vm.expect::<SliceObject>(v, "self")?;
    let t = |x: Value| vm.repr_text(x);
    Ok(vm.str(&format!("slice({}, {}, {})", t(s.start.get())?, t(s.stop.get())?, t(s.step.get())?)))
}
fn hash(vm: &Vm, v: Value) -> PyResult<i64> {
    let s = vm.expect::<SliceObject>(v, "self")?;
    let h = [vm.hash(s.start.get())?, vm.hash(s.stop.get())?, vm.hash(s.step.get())?];
    Ok(crate::hash::tuple(h.into_iter()))
}
fn richcompare(vm: &Vm, a: Value, b: Value, op: Cmp) -> PyResult<Value> {
    let (Some(x), Some(y)) = (a.cast::<SliceObject>(), b.cast::<SliceObject>()) else {
        return generic::richcompare(vm, a, b, op).map(|_| Value::not_implemented());
    };
    let t = |s: Gc<SliceObject>| vm.heap.tuple(&[s.start.get(), s.stop.get(), s.step.get()]).value();
    vm.compare(t(x), t(y), op)
}
