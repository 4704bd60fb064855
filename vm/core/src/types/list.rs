//! list.
//!
//! Invariant: items are words `0..len` of the buffer `buf`, whose capacity stands in it; a reader checks its index against
//! both. Growth makes a new buffer. Sorting works on a copy and the list is empty meanwhile, as CPython's.

use crate::error::{OrRaise, PyResult};
use crate::native::{Args, GetSetDef, MethodDef, method, raw};
use crate::object::generic;
use crate::object::slots::{Cmp, SlotTable};
use crate::types::slice;
use crate::types::type_::{Type, TypeSpec, flags};
use crate::vm::Vm;
use bunpy_heap::{Gc, Kind, Slot, SlotBuf, Value, payload};
use std::sync::atomic::{AtomicUsize, Ordering::*};

payload! {
    pub struct List: List {
        /// Unbound while the list never held anything.
        pub buf: Slot,
        pub len: AtomicUsize,
    }
}

pub static LIST: TypeSpec = TypeSpec {
    name: "list",
    kind: Kind::List,
    flags: flags::BASETYPE | flags::SEQUENCE | flags::MATCH_SELF,
    doc: "Built-in mutable sequence.\n\nIf no argument is given, the constructor creates a new empty list.\nThe argument must be an iterable if specified.",
    signature: "(iterable=(), /)",
    init: Some(method("__init__", "($self, iterable=(), /)", init)),
    slots: SlotTable {
        new: Some(new),
        repr: Some(repr),
        hash: Some(generic::hash_not_implemented),
        richcompare: Some(richcompare),
        iter: Some(crate::types::iter::list_iter),
        length: Some(|vm, v| Ok(this(vm, v)?.len())),
        concat: Some(concat),
        repeat: Some(repeat),
        item: Some(item),
        ass_item: Some(ass_item),
        contains: Some(contains),
        inplace_concat: Some(inplace_concat),
        inplace_repeat: Some(inplace_repeat),
        subscript: Some(subscript),
        ass_subscript: Some(ass_subscript),
        ..SlotTable::EMPTY
    },
    methods: METHODS,
    getset: GETSET,
    ..TypeSpec::EMPTY
};
static GETSET: &[GetSetDef] = &[];
static METHODS: &[MethodDef] = &[
    method("__reversed__", "($self, /)", reversed).doc("Return a reverse iterator over the list."),
    method("__sizeof__", "($self, /)", sizeof).doc("Return the size of the list in memory, in bytes."),
    method("clear", "($self, /)", clear).doc("Remove all items from list."),
    method("copy", "($self, /)", copy).doc("Return a shallow copy of the list."),
    method("append", "($self, object, /)", append).doc("Append object to the end of the list."),
    method("insert", "($self, index, object, /)", insert).doc("Insert object before index."),
    method("extend", "($self, iterable, /)", extend).doc("Extend list by appending elements from the iterable."),
    method("pop", "($self, index=-1, /)", pop)
        .doc("Remove and return item at index (default last).\n\nRaises IndexError if list is empty or index is out of range."),
    method("remove", "($self, value, /)", remove)
        .doc("Remove first occurrence of value.\n\nRaises ValueError if the value is not present."),
    method("index", "($self, value, start=0, stop=sys.maxsize, /)", index)
        .doc("Return first index of value.\n\nRaises ValueError if the value is not present."),
    method("count", "($self, value, /)", count).doc("Return number of occurrences of value."),
    method("reverse", "($self, /)", reverse).doc("Reverse *IN PLACE*."),
    method("sort", "($self, /, *, key=None, reverse=False)", sort).doc(
        "Sort the list in ascending order and return None.\n\nThe sort is in-place (i.e. the list itself is modified) and stable (i.e. the\norder of two equal elements is maintained).\n\nIf a key function is given, apply it once to each list item and sort them,\nascending or descending, according to their function values.\n\nThe reverse flag can be set to sort in descending order.",
    ),
    raw("__class_getitem__", "($type, object, /)", crate::types::generic_alias::class_getitem)
        .class_method()
        .doc("See PEP 585"),
];

impl List {
    pub fn len(&self) -> usize {
        self.len.load(Relaxed)
    }
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
    /// A new list of these items.
    pub fn from_slice(vm: &Vm, items: &[Value]) -> Gc<List> {
        let buf = match vm.heap.slot_buf(items.len(), items) {
            Ok(b) if !items.is_empty() => b.value(),
            Ok(_) => Value::unbound(),
            Err(e) => std::panic::resume_unwind(Box::new(e)),
        };
        vm.heap.alloc(List { buf: buf.into(), len: AtomicUsize::new(items.len()) })
    }
    #[inline(always)]
    pub fn buffer(&self) -> Option<Gc<SlotBuf>> {
        self.buf.cast::<SlotBuf>()
    }
    #[inline]
    pub fn get(&self, i: usize) -> Option<Value> {
        if i >= self.len() {
            return None;
        }
        self.buffer()?.slots().get(i)?.bound()
    }
    pub fn to_vec(&self) -> Vec<Value> {
        let n = self.len();
        match self.buffer() {
            Some(b) => b.slots().iter().take(n).filter_map(Slot::bound).collect(),
            None => Vec::new(),
        }
    }
}
fn this(vm: &Vm, v: Value) -> PyResult<Gc<List>> {
    vm.expect::<List>(v, "descriptor receiver")
}
/// Stores at an index below the length.
pub fn store(l: Gc<List>, i: usize, x: Value) {
    if i < l.len()
        && let Some(b) = l.buffer()
        && let Some(s) = b.slots().get(i)
    {
        s.set(b, x)
    }
}
/// Room for `n` items in all; CPython's growth pattern.
fn reserve(vm: &Vm, l: Gc<List>, n: usize) -> PyResult<Gc<SlotBuf>> {
    if let Some(b) = l.buffer()
        && b.cap() >= n
    {
        return Ok(b);
    }
    let cap = n.saturating_add(n >> 3).saturating_add(6) & !3;
    let new = match l.buffer() {
        Some(b) => vm.heap.grow_slots(&b.slots()[..l.len().min(b.cap())], cap),
        None => vm.heap.slot_buf(cap, &[]),
    }
    .or_raise(vm)?;
    l.buf.set(l, new.value());
    Ok(new)
}
/// Replaces all items.
pub fn replace_all(vm: &Vm, l: Gc<List>, items: &[Value]) -> PyResult<()> {
    let new = vm.heap.slot_buf(items.len(), items).or_raise(vm)?;
    l.len.store(0, Relaxed);
    l.buf.set(l, new.value());
    l.len.store(items.len(), Release);
    Ok(())
}
#[inline]
pub fn append(vm: &Vm, l: Gc<List>, x: Value) -> PyResult<()> {
    let n = l.len();
    let b = reserve(vm, l, n + 1)?;
    if let Some(s) = b.slots().get(n) {
        s.set(b, x);
    }
    l.len.store(n + 1, Release);
    Ok(())
}
pub fn extend(vm: &Vm, l: Gc<List>, iterable: Value) -> PyResult<()> {
    if iterable == l.value()
        || iterable.cast_exact::<List>().is_some()
        || iterable.cast_exact::<bunpy_heap::Tuple>().is_some()
    {
        let items = vm.collect_values(iterable)?;
        return extend_slice(vm, l, &items);
    }
    vm.for_each(iterable, |x| append(vm, l, x))
}
pub fn extend_slice(vm: &Vm, l: Gc<List>, items: &[Value]) -> PyResult<()> {
    let n = l.len();
    let b = reserve(vm, l, n + items.len())?;
    for (s, x) in b.slots()[n.min(b.cap())..].iter().zip(items) {
        s.set(b, *x);
    }
    l.len.store(n + items.len(), Release);
    Ok(())
}

fn new(vm: &Vm, cls: Gc<Type>, _: Args<'_>) -> PyResult<Value> {
    let l = List { buf: Slot::unbound(), len: AtomicUsize::new(0) };
    Ok(vm.heap.alloc_shaped(cls.root_shape.load(Relaxed), l).value())
}
fn init(vm: &Vm, l: Gc<List>, iterable: Option<Value>) -> PyResult<()> {
    clear(vm, l);
    match iterable {
        Some(it) => extend(vm, l, it),
        None => Ok(()),
    }
}
fn repr(vm: &Vm, v: Value) -> PyResult<Value> {
    let l = this(vm, v)?;
    if l.is_empty() {
        return Ok(vm.str("[]"));
    }
    let text = vm.repr_guarded(v, || {
        let mut out = vec![vm.intern("[")];
        let mut i = 0;
        while let Some(x) = l.get(i) {
            if i > 0 {
                out.push(vm.intern(", "));
            }
            out.push(vm.repr(x)?);
            i += 1;
        }
        out.push(vm.intern("]"));
        vm.heap.concat_all(&out).or_raise(vm)
    })?;
    Ok(text.map_or_else(|| vm.str("[...]"), |s| s.value()))
}
fn richcompare(vm: &Vm, a: Value, b: Value, op: Cmp) -> PyResult<Value> {
    let (Some(x), Some(y)) = (a.cast::<List>(), b.cast::<List>()) else { return Ok(Value::not_implemented()) };
    if x.len() != y.len() && matches!(op, Cmp::Eq | Cmp::Ne) {
        return Ok(Value::bool(op == Cmp::Ne));
    }
    let mut i = 0;
    while let (Some(p), Some(q)) = (x.get(i), y.get(i)) {
        if !vm.is_equal(p, q)? {
            return match op {
                Cmp::Eq => Ok(Value::bool(false)),
                Cmp::Ne => Ok(Value::bool(true)),
                _ => vm.compare(p, q, op),
            };
        }
        i += 1;
    }
    Ok(Value::bool(op.of(x.len().cmp(&y.len()))))
}
fn contains(vm: &Vm, v: Value, x: Value) -> PyResult<bool> {
    let l = this(vm, v)?;
    let mut i = 0;
    while let Some(y) = l.get(i) {
        if vm.is_equal(y, x)? {
            return Ok(true);
        }
        i += 1;
    }
    Ok(false)
}
fn concat(vm: &Vm, a: Value, b: Value) -> PyResult<Value> {
    let x = this(vm, a)?;
    let Some(y) = b.cast::<List>() else {
        return Err(vm.type_error(format!("can only concatenate list (not \"{}\") to list", vm.type_name(b))));
    };
    let mut all = x.to_vec();
    all.extend(y.to_vec());
    Ok(List::from_slice(vm, &all).value())
}
fn repeated(vm: &Vm, l: Gc<List>, n: isize) -> PyResult<Vec<Value>> {
    let items = l.to_vec();
    let n = n.max(0) as usize;
    let total = items.len().checked_mul(n).filter(|t| *t < isize::MAX as usize / 8).ok_or_else(|| vm.memory_error())?;
    let mut all = Vec::new();
    all.try_reserve_exact(total).map_err(|_| vm.memory_error())?;
    for _ in 0..if items.is_empty() { 0 } else { n } {
        all.extend_from_slice(&items);
    }
    Ok(all)
}
fn repeat(vm: &Vm, v: Value, n: isize) -> PyResult<Value> {
    Ok(List::from_slice(vm, &repeated(vm, this(vm, v)?, n)?).value())
}
fn inplace_concat(vm: &Vm, a: Value, b: Value) -> PyResult<Value> {
    extend(vm, this(vm, a)?, b)?;
    Ok(a)
}
fn inplace_repeat(vm: &Vm, v: Value, n: isize) -> PyResult<Value> {
    let l = this(vm, v)?;
    let all = repeated(vm, l, n)?;
    replace_all(vm, l, &all)?;
    Ok(v)
}
fn item(vm: &Vm, v: Value, i: isize) -> PyResult<Value> {
    let l = this(vm, v)?;
    usize::try_from(i).ok().and_then(|i| l.get(i)).ok_or_else(|| vm.index_error("list index out of range"))
}
fn ass_item(vm: &Vm, v: Value, i: isize, x: Option<Value>) -> PyResult<()> {
    let l = this(vm, v)?;
    let Some(i) = usize::try_from(i).ok().filter(|i| *i < l.len()) else {
        return Err(vm.index_error("list assignment index out of range"));
    };
    match x {
        Some(x) => store(l, i, x),
        None => {
            remove_at(l, i);
        }
    }
    Ok(())
}
/// Takes out item `i`; the rest moves down.
fn remove_at(l: Gc<List>, i: usize) -> Option<Value> {
    let x = l.get(i)?;
    let b = l.buffer()?;
    let n = l.len();
    let s = b.slots();
    for k in i..n - 1 {
        s.get(k)?.set(b, s.get(k + 1)?.get());
    }
    s.get(n - 1)?.set(b, Value::unbound());
    l.len.store(n - 1, Release);
    Some(x)
}
fn subscript(vm: &Vm, v: Value, key: Value) -> PyResult<Value> {
    let l = this(vm, v)?;
    if let Some(s) = key.cast::<slice::SliceObject>() {
        let (start, step, n) = slice::indices(vm, s, l.len())?;
        let items = l.to_vec();
        let picked: Vec<Value> =
            (0..n).filter_map(|k| items.get((start + k as isize * step) as usize).copied()).collect();
        return Ok(List::from_slice(vm, &picked).value());
    }
    if !vm.has_index(key) {
        return Err(vm.type_error(format!("list indices must be integers or slices, not {}", vm.type_name(key))));
    }
    let mut i = vm.index_or_index_error(key)?;
    if i < 0 {
        i += l.len() as isize;
    }
    item(vm, v, i)
}
fn ass_subscript(vm: &Vm, v: Value, key: Value, x: Option<Value>) -> PyResult<()> {
    let l = this(vm, v)?;
    if let Some(s) = key.cast::<slice::SliceObject>() {
        return ass_slice(vm, l, s, x);
    }
    if !vm.has_index(key) {
        return Err(vm.type_error(format!("list indices must be integers or slices, not {}", vm.type_name(key))));
    }
    let mut i = vm.index_or_index_error(key)?;
    if i < 0 {
        i += l.len() as isize;
    }
    ass_item(vm, v, i, x)
}
fn ass_slice(vm: &Vm, l: Gc<List>, s: Gc<slice::SliceObject>, x: Option<Value>) -> PyResult<()> {
    let new = match x {
        Some(x) => Some(match vm.collect_values(x) {
            Ok(items) => items,
            Err(e) if vm.type_of(x).slots.iter.address() == 0 && !vm.is_sequence(x) => {
                let _ = e;
                vm.clear_pending();
                let step_one = s.step.get().is_none() || s.step.get() == Value::int(1);
                return Err(vm.type_error(if step_one {
                    "can only assign an iterable".to_owned()
                } else {
                    "must assign iterable to extended slice".to_owned()
                }));
            }
            Err(e) => return Err(e),
        }),
        None => None,
    };
    let (start, step, n) = slice::indices(vm, s, l.len())?;
    let mut items = l.to_vec();
    if step == 1 {
        let at = start.max(0) as usize;
        items.splice(at..at + n, new.unwrap_or_default());
    } else {
        match new {
            Some(new) if new.len() != n => {
                return Err(vm.value_error(format!(
                    "attempt to assign sequence of size {} to extended slice of size {n}",
                    new.len()
                )));
            }
            Some(new) => {
                for (k, x) in new.into_iter().enumerate() {
                    if let Some(slot) = items.get_mut((start + k as isize * step) as usize) {
                        *slot = x;
                    }
                }
            }
            None => {
                let mut gone = vec![false; items.len()];
                for k in 0..n {
                    if let Some(g) = gone.get_mut((start + k as isize * step) as usize) {
                        *g = true;
                    }
                }
                let mut i = 0;
                items.retain(|_| {
                    i += 1;
                    !gone[i - 1]
                });
            }
        }
    }
    replace_all(vm, l, &items)
}

fn reversed(vm: &Vm, l: Gc<List>) -> Value {
    crate::types::iter::list_reversed(vm, l)
}
fn sizeof(l_vm: &Vm, l: Gc<List>) -> i64 {
    let _ = l_vm;
    40 + 8 * l.buffer().map_or(0, |b| b.cap()) as i64
}
fn clear(_: &Vm, l: Gc<List>) {
    l.len.store(0, Relaxed);
    l.buf.set(l, Value::unbound());
}
fn copy(vm: &Vm, l: Gc<List>) -> Gc<List> {
    List::from_slice(vm, &l.to_vec())
}
pub fn insert(vm: &Vm, l: Gc<List>, index: isize, object: Value) -> PyResult<()> {
    let n = l.len();
    let at = if index < 0 { (index + n as isize).max(0) as usize } else { (index as usize).min(n) };
    let b = reserve(vm, l, n + 1)?;
    let s = b.slots();
    for k in (at..n).rev() {
        if let (Some(to), Some(from)) = (s.get(k + 1), s.get(k)) {
            to.set(b, from.get());
        }
    }
    if let Some(to) = s.get(at) {
        to.set(b, object);
    }
    l.len.store(n + 1, Release);
    Ok(())
}
pub fn pop(vm: &Vm, l: Gc<List>, index: Option<isize>) -> PyResult<Value> {
    if l.is_empty() {
        return Err(vm.index_error("pop from empty list"));
    }
    let mut i = index.unwrap_or(-1);
    if i < 0 {
        i += l.len() as isize;
    }
    usize::try_from(i).ok().and_then(|i| remove_at(l, i)).ok_or_else(|| vm.index_error("pop index out of range"))
}
fn remove(vm: &Vm, l: Gc<List>, value: Value) -> PyResult<()> {
    let mut i = 0;
    while let Some(x) = l.get(i) {
        if vm.is_equal(x, value)? {
            remove_at(l, i);
            return Ok(());
        }
        i += 1;
    }
    Err(vm.value_error("list.remove(x): x not in list"))
}
fn index(vm: &Vm, l: Gc<List>, value: Value, start: Option<Value>, stop: Option<Value>) -> PyResult<i64> {
    let n = l.len() as isize;
    let clamp = |v: Option<Value>, default: isize| -> PyResult<isize> {
        let Some(v) = v else { return Ok(default) };
        let i = vm.index_clamped(v)?;
        Ok(if i < 0 { (i.saturating_add(n)).max(0) } else { i })
    };
    let (start, stop) = (clamp(start, 0)?, clamp(stop, isize::MAX)?);
    let mut i = start as usize;
    while (i as isize) < stop {
        let Some(x) = l.get(i) else { break };
        if vm.is_equal(x, value)? {
            return Ok(i as i64);
        }
        i += 1;
    }
    Err(vm.value_error("list.index(x): x not in list"))
}
fn count(vm: &Vm, l: Gc<List>, value: Value) -> PyResult<i64> {
    let (mut i, mut n) = (0, 0);
    while let Some(x) = l.get(i) {
        n += vm.is_equal(x, value)? as i64;
        i += 1;
    }
    Ok(n)
}
fn reverse(vm: &Vm, l: Gc<List>) -> PyResult<()> {
    let mut items = l.to_vec();
    items.reverse();
    replace_all(vm, l, &items)
}
fn sort(vm: &Vm, l: Gc<List>, key: Option<Value>, reverse: Option<bool>) -> PyResult<()> {
    let items = l.to_vec();
    clear(vm, l);
    let r = crate::types::sort::sorted(vm, items.clone(), key.filter(|k| !k.is_none()), reverse.unwrap_or(false));
    let changed = !l.is_empty() || l.buffer().is_some();
    match r {
        Ok(s) => {
            replace_all(vm, l, &s)?;
            if changed { Err(vm.value_error("list modified during sort")) } else { Ok(()) }
        }
        Err(e) => {
            replace_all(vm, l, &items)?;
            Err(e)
        }
    }
}
