//! range.
//!
//! Invariant: start, stop, step and length are exact ints; `step` is not zero; `RangeIterator` serves what fits 64 bits.

use crate::error::PyResult;
use crate::native::{get, method};
use crate::object::generic;
use crate::object::slots::{Cmp, SlotTable};
use crate::types::int;
use crate::types::slice;
use crate::types::type_::{Type, TypeSpec, flags};
use crate::vm::Vm;
use bunpy_heap::{Gc, Kind, Slot, Value, payload};
use num_bigint::BigInt;
use num_integer::Integer;
use num_traits::{One, Signed, Zero};
use std::sync::atomic::{AtomicI64, Ordering::Relaxed};

payload! { pub struct Range: Range { start: Slot, stop: Slot, step: Slot, length: Slot } }
payload! { pub struct RangeIterator: RangeIterator { pub next: AtomicI64, pub left: AtomicI64, pub step: i64 } }
payload! { pub struct LongRangeIterator: LongRangeIterator { next: Slot, left: Slot, step: Slot } }

pub static RANGE: TypeSpec = TypeSpec {
    name: "range",
    kind: Kind::Range,
    flags: flags::SEQUENCE,
    doc: "range(stop) -> range object\nrange(start, stop[, step]) -> range object\n\nReturn an object that produces a sequence of integers from start (inclusive)\nto stop (exclusive) by step.  range(i, j) produces i, i+1, i+2, ..., j-1.\nstart defaults to 0, and stop is omitted!  range(4) produces 0, 1, 2, 3.\nThese are exactly the valid indices for a list of 4 elements.\nWhen step is given, it specifies the increment (or decrement).",
    new: Some(method("__new__", "($type, start, stop=None, step=None, /)", new)),
    slots: SlotTable {
        repr: Some(repr),
        hash: Some(hash),
        richcompare: Some(richcompare),
        iter: Some(iterate),
        length: Some(|vm, v| {
            let n = this(vm, v)?.length.get();
            match vm.int_as_i64(n) {
                Some(n) => Ok(n as usize),
                None => Err(vm.overflow_error("Python int too large to convert to C ssize_t")),
            }
        }),
        bool: Some(|vm, v| vm.is_true(this(vm, v)?.length.get())),
        contains: Some(contains),
        subscript: Some(subscript),
        ..SlotTable::EMPTY
    },
    methods: &[
        method("__reversed__", "($self, /)", reversed).doc("Return a reverse iterator."),
        method("count", "($self, value, /)", |vm: &Vm, r: Gc<Range>, x: Value| {
            contains(vm, r.value(), x).map(|b| b as i64)
        }),
        method("index", "($self, value, /)", index),
        method("__reduce__", "($self, /)", |vm: &Vm, r: Gc<Range>| {
            let args = vm.heap.tuple(&[r.start.get(), r.stop.get(), r.step.get()]);
            vm.heap.tuple(&[vm.types().range().value(), args.value()])
        }),
    ],
    getset: &[
        get("start", |vm, v| Ok(this(vm, v)?.start.get())),
        get("stop", |vm, v| Ok(this(vm, v)?.stop.get())),
        get("step", |vm, v| Ok(this(vm, v)?.step.get())),
    ],
    ..TypeSpec::EMPTY
};
fn this(vm: &Vm, v: Value) -> PyResult<Gc<Range>> {
    vm.expect::<Range>(v, "descriptor receiver")
}
fn new(vm: &Vm, _: Gc<Type>, a: Value, b: Option<Value>, c: Option<Value>) -> PyResult<Value> {
    let (start, stop) = match b {
        Some(b) => (vm.index(a)?, vm.index(b)?),
        None => (Value::int(0), vm.index(a)?),
    };
    let step = match c {
        Some(c) => vm.index(c)?,
        None => Value::int(1),
    };
    make(vm, int::exact(vm, start), int::exact(vm, stop), int::exact(vm, step))
}
fn make(vm: &Vm, start: Value, stop: Value, step: Value) -> PyResult<Value> {
    if step == Value::int(0) {
        return Err(vm.value_error("range() arg 3 must not be zero"));
    }
    let length = length(vm, start, stop, step);
    Ok(vm
        .heap
        .alloc(Range { start: start.into(), stop: stop.into(), step: step.into(), length: length.into() })
        .value())
}
fn length(vm: &Vm, start: Value, stop: Value, step: Value) -> Value {
    if let (Some(a), Some(b), Some(s)) = (start.as_int(), stop.as_int(), step.as_int()) {
        let n = if s > 0 && a < b {
            (b - a - 1) / s + 1
        } else if s < 0 && a > b {
            (a - b - 1) / -s + 1
        } else {
            0
        };
        return vm.int(n);
    }
    let (a, b, s) = (int::to_big(start), int::to_big(stop), int::to_big(step));
    let one = BigInt::one();
    let n = if s.is_positive() && a < b {
        (b - a - &one).div_floor(&s) + one
    } else if s.is_negative() && a > b {
        (a - b - &one).div_floor(&-s) + one
    } else {
        BigInt::zero()
    };
    int::from_big(vm, &n)
}
fn at(vm: &Vm, r: Gc<Range>, i: Value) -> PyResult<Value> {
    let offset = vm.binary(i, r.step.get(), pyc_format::opcode::BinaryOp::NB_MULTIPLY)?;
    vm.add(r.start.get(), offset)
}
fn repr(vm: &Vm, v: Value) -> PyResult<Value> {
    let r = this(vm, v)?;
    let t = |s: &Slot| vm.repr_text(s.get());
    Ok(vm.str(&if r.step.get() == Value::int(1) {
        format!("range({}, {})", t(&r.start)?, t(&r.stop)?)
    } else {
        format!("range({}, {}, {})", t(&r.start)?, t(&r.stop)?, t(&r.step)?)
    }))
}
/// What two ranges that are equal have in common.
fn identity(vm: &Vm, r: Gc<Range>) -> [Value; 3] {
    let n = r.length.get();
    match n.as_int() {
        Some(0) => [n, Value::none(), Value::none()],
        Some(1) => [n, r.start.get(), Value::none()],
        _ => {
            let _ = vm;
            [n, r.start.get(), r.step.get()]
        }
    }
}
fn hash(vm: &Vm, v: Value) -> PyResult<i64> {
    let t = vm.heap.tuple(&identity(vm, this(vm, v)?));
    vm.hash(t.value())
}
fn richcompare(vm: &Vm, a: Value, b: Value, op: Cmp) -> PyResult<Value> {
    let (Some(x), Some(y)) = (a.cast::<Range>(), b.cast::<Range>()) else { return Ok(Value::not_implemented()) };
    if !matches!(op, Cmp::Eq | Cmp::Ne) {
        return Ok(Value::not_implemented());
    }
    let (x, y) = (identity(vm, x), identity(vm, y));
    let mut eq = true;
    for (p, q) in x.iter().zip(&y) {
        eq = eq && vm.is_equal(*p, *q)?;
    }
    Ok(Value::bool(eq == (op == Cmp::Eq)))
}
fn contains(vm: &Vm, v: Value, x: Value) -> PyResult<bool> {
    let r = this(vm, v)?;
    if !(x.is_int() || x.kind() == Kind::Bool || x.shape() == Kind::Int as u32) {
        return vm.iter_contains(v, x);
    }
    Ok(position(r, x).is_some())
}
/// Where an int stands in a range.
fn position(r: Gc<Range>, x: Value) -> Option<BigInt> {
    let (a, b, s, x) =
        (int::to_big(r.start.get()), int::to_big(r.stop.get()), int::to_big(r.step.get()), int::to_big(x));
    let inside = if s.is_positive() { a <= x && x < b } else { b < x && x <= a };
    let (q, m) = (x - a).div_mod_floor(&s);
    (inside && m.is_zero()).then_some(q)
}
fn index(vm: &Vm, r: Gc<Range>, x: Value) -> PyResult<Value> {
    if int::is_int(x) {
        return match position(r, x) {
            Some(q) => Ok(int::from_big(vm, &q)),
            None => Err(vm.value_error(format!("{} is not in range", vm.repr_text(x)?))),
        };
    }
    let it = vm.iter(r.value())?;
    let mut i = 0;
    while let Some(y) = vm.next(it)? {
        if vm.is_equal(y, x)? {
            return Ok(vm.int(i));
        }
        i += 1;
    }
    Err(vm.value_error("sequence.index(x): x not in sequence"))
}
fn subscript(vm: &Vm, v: Value, key: Value) -> PyResult<Value> {
    let r = this(vm, v)?;
    if let Some(s) = key.cast::<slice::SliceObject>() {
        let len = vm.int_as_i64(r.length.get()).unwrap_or(i64::MAX) as usize;
        let (start, step, n) = slice::indices(vm, s, len)?;
        let new_step = vm.binary(r.step.get(), vm.int(step as i64), pyc_format::opcode::BinaryOp::NB_MULTIPLY)?;
        let first = at(vm, r, vm.int(start as i64))?;
        let stop = at(vm, r, vm.int(slice_stop(start, step, n, s, vm, len)? as i64))?;
        return make(vm, first, stop, new_step);
    }
    if !vm.has_index(key) {
        return Err(vm.type_error(format!("range indices must be integers or slices, not {}", vm.type_name(key))));
    }
    let mut i = vm.index(key)?;
    if vm.is_negative_int(i) {
        i = vm.add(i, r.length.get())?;
    }
    if vm.is_negative_int(i) || int::cmp(vm, i, r.length.get()).is_ge() {
        return Err(vm.index_error("range object index out of range"));
    }
    at(vm, r, i)
}
fn slice_stop(start: isize, step: isize, n: usize, s: Gc<slice::SliceObject>, vm: &Vm, len: usize) -> PyResult<isize> {
    let stop = s.stop.get();
    let (low, high) = if step < 0 { (-1, len as isize - 1) } else { (0, len as isize) };
    let _ = (start, n);
    if stop.is_none() {
        return Ok(if step < 0 { low } else { high });
    }
    let i = vm.index_clamped(stop)?;
    Ok((if i < 0 { i.saturating_add(len as isize) } else { i }).clamp(low, high))
}
fn new_iterator(vm: &Vm, start: Value, n: Value, step: Value) -> Value {
    if let (Some(a), Some(n), Some(s)) = (start.as_int(), n.as_int(), step.as_int())
        && n.checked_mul(s).and_then(|d| d.checked_add(a)).is_some()
    {
        return vm.heap.alloc(RangeIterator { next: AtomicI64::new(a), left: AtomicI64::new(n), step: s }).value();
    }
    vm.heap.alloc(LongRangeIterator { next: start.into(), left: n.into(), step: step.into() }).value()
}
fn iterate(vm: &Vm, v: Value) -> PyResult<Value> {
    let r = this(vm, v)?;
    Ok(new_iterator(vm, r.start.get(), r.length.get(), r.step.get()))
}
fn reversed(vm: &Vm, r: Gc<Range>) -> PyResult<Value> {
    let last = vm.add(r.length.get(), Value::int(-1))?;
    Ok(new_iterator(vm, at(vm, r, last)?, r.length.get(), vm.negative(r.step.get())?))
}
pub fn range_next(vm: &Vm, v: Value) -> PyResult<Option<Value>> {
    let it = vm.expect::<RangeIterator>(v, "self")?;
    let n = it.left.load(Relaxed);
    if n <= 0 {
        return Ok(None);
    }
    it.left.store(n - 1, Relaxed);
    let x = it.next.load(Relaxed);
    it.next.store(x.wrapping_add(it.step), Relaxed);
    Ok(Some(vm.int(x)))
}
fn long_next(vm: &Vm, v: Value) -> PyResult<Option<Value>> {
    let it = vm.expect::<LongRangeIterator>(v, "self")?;
    let n = it.left.get();
    if n == Value::int(0) {
        return Ok(None);
    }
    it.left.set(v, vm.add(n, Value::int(-1))?);
    let x = it.next.get();
    it.next.set(v, vm.add(x, it.step.get())?);
    Ok(Some(x))
}
pub static RANGE_ITERATOR: TypeSpec = TypeSpec {
    name: "range_iterator",
    kind: Kind::RangeIterator,
    slots: SlotTable { iter: Some(generic::iter_self), iternext: Some(range_next), ..SlotTable::EMPTY },
    methods: &[method("__length_hint__", "($self, /)", |_: &Vm, it: Gc<RangeIterator>| it.left.load(Relaxed))],
    ..TypeSpec::EMPTY
};
pub static LONG_RANGE_ITERATOR: TypeSpec = TypeSpec {
    name: "longrange_iterator",
    kind: Kind::LongRangeIterator,
    slots: SlotTable { iter: Some(generic::iter_self), iternext: Some(long_next), ..SlotTable::EMPTY },
    ..TypeSpec::EMPTY
};
