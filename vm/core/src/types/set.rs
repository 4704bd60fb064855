//! set and frozenset, with CPython's probing and so its iteration order.
//!
//! Invariant: a set's order is its table's order: linear probes of nine entries, then perturbation (`set_lookkey`); growth
//! by four below 50,000 and by two beyond. Source: Objects/setobject.c's documented strategy.

use crate::error::{OrRaise, PyResult};
use crate::native::{Args, MethodDef, method, raw};
use crate::object::generic;
use crate::object::slots::{Cmp, SlotTable};
use crate::types::type_::{Type, TypeSpec, flags};
use crate::vm::Vm;
use bunpy_heap::{Gc, Kind, SetTable, Slot, Value, payload};
use std::sync::atomic::{AtomicI64, AtomicUsize, Ordering::Relaxed};

payload! {
    pub struct Set: Set { table: Slot, used: AtomicUsize }
}
payload! {
    pub struct FrozenSet: FrozenSet { table: Slot, used: AtomicUsize, hash: AtomicI64 }
}

/// A set or a frozenset.
#[derive(Clone, Copy)]
pub struct AnySet(Value);
impl AnySet {
    pub fn of(v: Value) -> Option<AnySet> {
        matches!(v.kind(), Kind::Set | Kind::FrozenSet).then_some(AnySet(v))
    }
    pub fn value(self) -> Value {
        self.0
    }
    fn fields<R>(&self, f: impl FnOnce(&Slot, &AtomicUsize) -> R) -> Option<R> {
        if let Some(s) = self.0.payload::<Set>() {
            return Some(f(&s.table, &s.used));
        }
        self.0.payload::<FrozenSet>().map(|s| f(&s.table, &s.used))
    }
    pub fn len(self) -> usize {
        self.fields(|_, u| u.load(Relaxed)).unwrap_or(0)
    }
    pub fn is_empty(self) -> bool {
        self.len() == 0
    }
    pub fn table(self) -> Option<Gc<SetTable>> {
        self.fields(|t, _| t.cast::<SetTable>()).flatten()
    }
    fn set_table(self, t: Value) {
        self.fields(|s, _| s.set(self.0, t));
    }
    fn set_used(self, n: usize) {
        self.fields(|_, u| u.store(n, Relaxed));
    }
    /// Live entries in order.
    pub fn entries(self) -> Vec<(Value, i64)> {
        let Some(t) = self.table() else { return Vec::new() };
        t.entries().iter().filter_map(|e| live(e.key.get()).map(|k| (k, e.hash.load(Relaxed)))).collect()
    }
    /// The item at or after position `*pos`, which moves past it.
    pub fn next_entry(self, pos: &mut usize) -> Option<Value> {
        let t = self.table()?;
        let entries = t.entries();
        while let Some(e) = entries.get(*pos) {
            *pos += 1;
            if let Some(k) = live(e.key.get()) {
                return Some(k);
            }
        }
        None
    }
    pub fn contains(self, vm: &Vm, key: Value, hash: i64) -> PyResult<bool> {
        Ok(matches!(find(vm, self, key, hash)?, Found::At(_)))
    }
    pub fn add(self, vm: &Vm, key: Value) -> PyResult<()> {
        let hash = hash_element(vm, key)?;
        self.add_hashed(vm, key, hash)
    }
    pub fn add_hashed(self, vm: &Vm, key: Value, hash: i64) -> PyResult<()> {
        let Found::Free(mut i) = find(vm, self, key, hash)? else { return Ok(()) };
        let t = match self.table() {
            Some(t) => t,
            None => {
                let t = vm.heap.set_table(7).or_raise(vm)?;
                self.set_table(t.value());
                i = hash as usize & 7;
                t
            }
        };
        if let Some(e) = t.entries().get(i) {
            let fresh = e.key.get().is_unbound();
            e.hash.store(hash, Relaxed);
            e.key.set(t, key);
            if fresh {
                t.fill.fetch_add(1, Relaxed);
            }
        }
        let used = self.len() + 1;
        self.set_used(used);
        if t.fill.load(Relaxed) * 5 >= t.mask() * 3 {
            self.resize(vm, if used > 50000 { used * 2 } else { used * 4 })?;
        }
        Ok(())
    }
    fn resize(self, vm: &Vm, min: usize) -> PyResult<()> {
        let mut size = 8;
        while size <= min {
            size <<= 1;
        }
        let new = vm.heap.set_table(size - 1).or_raise(vm)?;
        for (k, h) in self.entries() {
            insert_clean(new, k, h);
        }
        self.set_table(new.value());
        Ok(())
    }
    pub fn discard(self, vm: &Vm, key: Value, hash: i64) -> PyResult<bool> {
        let Found::At(i) = find(vm, self, key, hash)? else { return Ok(false) };
        if let Some(t) = self.table()
            && let Some(e) = t.entries().get(i)
        {
            e.key.set(t, DUMMY());
            e.hash.store(-1, Relaxed);
            self.set_used(self.len() - 1);
        }
        Ok(true)
    }
    pub fn clear(self) {
        self.set_table(Value::unbound());
        self.set_used(0);
    }
    /// Adds every item of another set (in table order) or iterable.
    pub fn update(self, vm: &Vm, x: Value) -> PyResult<()> {
        if let Some(o) = AnySet::of(x) {
            if o.is_empty() {
                return Ok(());
            }
            let fill = self.table().map_or(0, |t| t.fill.load(Relaxed));
            let mask = self.table().map_or(7, |t| t.mask());
            if (fill + o.len()) * 5 >= mask * 3 {
                self.resize(vm, (self.len() + o.len()) * 2)?;
            }
            // An empty set takes over another's table as it stands, or in table order: this is visible in the order.
            if self.table().is_none_or(|t| t.fill.load(Relaxed) == 0) {
                let Some(from) = o.table() else { return Ok(()) };
                let mask = self.table().map_or(7, |t| t.mask());
                let new = vm.heap.set_table(mask).or_raise(vm)?;
                if mask == from.mask() && from.fill.load(Relaxed) == o.len() {
                    for (a, b) in new.entries().iter().zip(from.entries()) {
                        a.hash.store(b.hash.load(Relaxed), Relaxed);
                        a.key.set(new, b.key.get());
                    }
                    new.fill.store(o.len(), Relaxed);
                } else {
                    for (k, h) in o.entries() {
                        insert_clean(new, k, h);
                    }
                }
                self.set_table(new.value());
                self.set_used(o.len());
                return Ok(());
            }
            for (k, h) in o.entries() {
                self.add_hashed(vm, k, h)?;
            }
            return Ok(());
        }
        if let Some(d) = x.cast_exact::<crate::types::dict::Dict>() {
            // One resize at the start, as CPython does for a dict.
            let fill = self.table().map_or(0, |t| t.fill.load(Relaxed));
            let mask = self.table().map_or(7, |t| t.mask());
            if (fill + d.len()) * 5 >= mask * 3 {
                self.resize(vm, (self.len() + d.len()) * 2)?;
            }
        }
        vm.for_each(x, |k| self.add(vm, k))
    }
}
/// What stands in place of a deleted key.
#[allow(non_snake_case, reason = "a constant in all but form")]
fn DUMMY() -> Value {
    Value::not_implemented()
}
fn live(k: Value) -> Option<Value> {
    if k.is_unbound() || k == DUMMY() { None } else { Some(k) }
}
enum Found {
    At(usize),
    /// Not there; here it would go.
    Free(usize),
}
const LINEAR_PROBES: usize = 9;
fn find(vm: &Vm, s: AnySet, key: Value, hash: i64) -> PyResult<Found> {
    'restart: loop {
        let Some(t) = s.table() else { return Ok(Found::Free(0)) };
        let entries = t.entries();
        let mask = t.mask();
        let mut perturb = hash as usize;
        let mut i = hash as usize & mask;
        loop {
            let probes = if i + LINEAR_PROBES <= mask { LINEAR_PROBES } else { 0 };
            for j in i..=i + probes {
                let Some(e) = entries.get(j) else { break };
                let k = e.key.get();
                if k.is_unbound() {
                    return Ok(Found::Free(j));
                }
                // The place of a deleted key is not used again before the next resize.
                if k == DUMMY() {
                    continue;
                }
                if k == key {
                    return Ok(Found::At(j));
                }
                if e.hash.load(Relaxed) == hash {
                    let same = vm.is_equal(k, key)?;
                    if s.table() != Some(t) || e.key.get() != k {
                        continue 'restart;
                    }
                    if same {
                        return Ok(Found::At(j));
                    }
                }
            }
            perturb >>= 5;
            i = (i.wrapping_mul(5).wrapping_add(1).wrapping_add(perturb)) & mask;
        }
    }
}
fn insert_clean(t: Gc<SetTable>, key: Value, hash: i64) {
    let entries = t.entries();
    let mask = t.mask();
    let mut perturb = hash as usize;
    let mut i = hash as usize & mask;
    loop {
        let probes = if i + LINEAR_PROBES <= mask { LINEAR_PROBES } else { 0 };
        for e in entries.iter().skip(i).take(probes + 1) {
            if e.key.get().is_unbound() {
                e.hash.store(hash, Relaxed);
                e.key.set(t, key);
                t.fill.fetch_add(1, Relaxed);
                return;
            }
        }
        perturb >>= 5;
        i = (i.wrapping_mul(5).wrapping_add(1).wrapping_add(perturb)) & mask;
    }
}

/// The hash of an element, or the TypeError that names the use.
fn hash_element(vm: &Vm, key: Value) -> PyResult<i64> {
    vm.hash(key).map_err(|e| crate::types::dict::unhashable(vm, e, key, "a set element"))
}
pub fn new_set(vm: &Vm) -> AnySet {
    AnySet(vm.heap.alloc(Set { table: Slot::unbound(), used: AtomicUsize::new(0) }).value())
}
pub fn new_frozenset(vm: &Vm) -> AnySet {
    let s = FrozenSet { table: Slot::unbound(), used: AtomicUsize::new(0), hash: AtomicI64::new(-1) };
    AnySet(vm.heap.alloc(s).value())
}
pub fn set_of(vm: &Vm, items: &[Value]) -> PyResult<Value> {
    let s = new_set(vm);
    for x in items {
        s.add(vm, *x)?;
    }
    Ok(s.value())
}
pub fn frozenset_of(vm: &Vm, items: &[Value]) -> PyResult<Value> {
    let s = new_frozenset(vm);
    for x in items {
        s.add(vm, *x)?;
    }
    Ok(s.value())
}
fn like(vm: &Vm, v: Value) -> AnySet {
    if v.kind() == Kind::FrozenSet { new_frozenset(vm) } else { new_set(vm) }
}
fn this(vm: &Vm, v: Value) -> PyResult<AnySet> {
    AnySet::of(v).ok_or_else(|| vm.type_error("descriptor requires a 'set' object"))
}

const SLOTS: SlotTable = SlotTable {
    repr: Some(repr),
    richcompare: Some(richcompare),
    iter: Some(iterate),
    length: Some(|vm, v| Ok(this(vm, v)?.len())),
    contains: Some(contains),
    and: Some(|vm, a, b| binary(vm, a, b, intersection)),
    or: Some(|vm, a, b| binary(vm, a, b, union)),
    subtract: Some(|vm, a, b| binary(vm, a, b, difference)),
    xor: Some(|vm, a, b| binary(vm, a, b, symmetric_difference)),
    ..SlotTable::EMPTY
};
pub static SET: TypeSpec = TypeSpec {
    name: "set",
    kind: Kind::Set,
    flags: flags::BASETYPE | flags::MATCH_SELF,
    doc: "Build an unordered collection of unique elements.",
    signature: "(iterable=(), /)",
    init: Some(method("__init__", "($self, iterable=(), /)", |vm: &Vm, v: Value, x: Option<Value>| -> PyResult<()> {
        let s = this(vm, v)?;
        s.clear();
        x.map_or(Ok(()), |x| s.update(vm, x))
    })),
    slots: SlotTable {
        new: Some(|vm, cls, _| {
            let s = Set { table: Slot::unbound(), used: AtomicUsize::new(0) };
            Ok(vm.heap.alloc_shaped(cls.root_shape.load(Relaxed), s).value())
        }),
        hash: Some(generic::hash_not_implemented),
        inplace_or: Some(|vm, a, b| in_place(vm, a, b, |vm, s, o| s.update(vm, o))),
        inplace_and: Some(|vm, a, b| {
            in_place(vm, a, b, |vm, s, o| intersection(vm, s.0, o).and_then(|r| take_over(vm, s.0, r)))
        }),
        inplace_subtract: Some(|vm, a, b| {
            in_place(vm, a, b, |vm, s, o| difference(vm, s.0, o).and_then(|r| take_over(vm, s.0, r)))
        }),
        inplace_xor: Some(|vm, a, b| {
            in_place(vm, a, b, |vm, s, o| symmetric_difference(vm, s.0, o).and_then(|r| take_over(vm, s.0, r)))
        }),
        ..SLOTS
    },
    methods: SET_METHODS,
    ..TypeSpec::EMPTY
};
pub static FROZENSET: TypeSpec = TypeSpec {
    name: "frozenset",
    kind: Kind::FrozenSet,
    flags: flags::BASETYPE | flags::MATCH_SELF,
    doc: "Build an immutable unordered collection of unique elements.",
    signature: "(iterable=(), /)",
    new: Some(method(
        "__new__",
        "($type, iterable=(), /)",
        |vm: &Vm, cls: Gc<Type>, x: Option<Value>| -> PyResult<Value> {
            if let Some(x) = x
                && cls == vm.types().frozenset()
                && x.cast_exact::<FrozenSet>().is_some()
            {
                return Ok(x);
            }
            let s = FrozenSet { table: Slot::unbound(), used: AtomicUsize::new(0), hash: AtomicI64::new(-1) };
            let s = AnySet(vm.heap.alloc_shaped(cls.root_shape.load(Relaxed), s).value());
            if let Some(x) = x {
                s.update(vm, x)?;
            }
            Ok(s.value())
        },
    )),
    slots: SlotTable { hash: Some(hash), ..SLOTS },
    methods: SHARED_METHODS,
    ..TypeSpec::EMPTY
};
static SHARED_METHODS: &[MethodDef] = &[
    raw("union", "($self, /, *others)", |vm: &Vm, a: Args<'_>| fold(vm, a, union)),
    raw("intersection", "($self, /, *others)", |vm: &Vm, a: Args<'_>| fold(vm, a, intersection)),
    raw("difference", "($self, /, *others)", |vm: &Vm, a: Args<'_>| fold(vm, a, difference)),
    method("isdisjoint", "($self, other, /)", |vm: &Vm, v: Value, o: Value| -> PyResult<bool> {
        let i = intersection(vm, v, o)?;
        Ok(this(vm, i)?.is_empty())
    }),
    method("issubset", "($self, other, /)", |vm: &Vm, v: Value, o: Value| -> PyResult<bool> {
        let o = AnySet(if AnySet::of(o).is_some() { o } else { as_set(vm, o)? });
        subset(vm, this(vm, v)?, o)
    }),
    method("issuperset", "($self, other, /)", |vm: &Vm, v: Value, o: Value| -> PyResult<bool> {
        let o = AnySet(if AnySet::of(o).is_some() { o } else { as_set(vm, o)? });
        subset(vm, o, this(vm, v)?)
    }),
    method("symmetric_difference", "($self, other, /)", |vm: &Vm, v: Value, o: Value| -> PyResult<Value> {
        let o = if AnySet::of(o).is_some() { o } else { as_set(vm, o)? };
        symmetric_difference(vm, v, o)
    }),
    method("__reduce__", "($self, /)", |vm: &Vm, v: Value| -> PyResult<Value> {
        let items: Vec<Value> = this(vm, v)?.entries().into_iter().map(|e| e.0).collect();
        let args = vm.heap.tuple(&[crate::types::list::List::from_slice(vm, &items).value()]);
        let state = crate::types::object::getstate(vm, v)?;
        Ok(vm.heap.tuple(&[vm.type_of(v).value(), args.value(), state]).value())
    }),
    raw("__class_getitem__", "($type, object, /)", crate::types::generic_alias::class_getitem).class_method(),
    method("copy", "($self, /)", |vm: &Vm, v: Value| union(vm, v, v)).doc("Return a shallow copy of a set."),
];
static SET_METHODS: &[MethodDef] = &[
    SHARED_METHODS[0],
    SHARED_METHODS[1],
    SHARED_METHODS[2],
    SHARED_METHODS[3],
    SHARED_METHODS[4],
    SHARED_METHODS[5],
    SHARED_METHODS[6],
    SHARED_METHODS[7],
    SHARED_METHODS[8],
    SHARED_METHODS[9],
    raw("intersection_update", "($self, /, *others)", |vm: &Vm, a: Args<'_>| replace_with(vm, a, intersection)),
    raw("difference_update", "($self, /, *others)", |vm: &Vm, a: Args<'_>| replace_with(vm, a, difference)),
    method("symmetric_difference_update", "($self, other, /)", |vm: &Vm, v: Value, o: Value| -> PyResult<()> {
        let o = if AnySet::of(o).is_some() { o } else { as_set(vm, o)? };
        let r = symmetric_difference(vm, v, o)?;
        take_over(vm, v, r)
    }),
    method("add", "($self, object, /)", |vm: &Vm, v: Value, x: Value| this(vm, v)?.add(vm, x))
        .doc("Add an element to a set.\n\nThis has no effect if the element is already present."),
    method("discard", "($self, object, /)", |vm: &Vm, v: Value, x: Value| -> PyResult<()> {
        let h = hash_element(vm, x)?;
        this(vm, v)?.discard(vm, x, h).map(drop)
    }),
    method("remove", "($self, object, /)", |vm: &Vm, v: Value, x: Value| -> PyResult<()> {
        let h = hash_element(vm, x)?;
        if this(vm, v)?.discard(vm, x, h)? { Ok(()) } else { Err(vm.key_error(x)) }
    }),
    method("clear", "($self, /)", |vm: &Vm, v: Value| this(vm, v).map(AnySet::clear))
        .doc("Remove all elements from this set."),
    method("pop", "($self, /)", pop),
    raw("update", "($self, /, *others)", |vm: &Vm, a: Args<'_>| {
        let Some((v, rest)) = a.values.split_first() else { return Err(vm.type_error("update() needs a set")) };
        let s = this(vm, *v)?;
        for o in rest {
            s.update(vm, *o)?;
        }
        Ok(Value::none())
    }),
];
fn take_over(vm: &Vm, v: Value, r: Value) -> PyResult<()> {
    let (s, r) = (this(vm, v)?, this(vm, r)?);
    s.set_table(r.table().map_or(Value::unbound(), |t| t.value()));
    s.set_used(r.len());
    Ok(())
}
fn replace_with(vm: &Vm, a: Args<'_>, f: fn(&Vm, Value, Value) -> PyResult<Value>) -> PyResult<Value> {
    let r = fold(vm, a, f)?;
    if let Some(v) = a.values.first() {
        take_over(vm, *v, r)?;
    }
    Ok(Value::none())
}
fn pop(vm: &Vm, v: Value) -> PyResult<Value> {
    let s = this(vm, v)?;
    let mut pos = 0;
    match s.next_entry(&mut pos) {
        Some(k) => {
            let h = hash_element(vm, k)?;
            s.discard(vm, k, h)?;
            Ok(k)
        }
        None => Err(vm.key_error(vm.str("pop from an empty set"))),
    }
}
fn fold(vm: &Vm, a: Args<'_>, f: fn(&Vm, Value, Value) -> PyResult<Value>) -> PyResult<Value> {
    let Some((v, rest)) = a.values.split_first() else { return Err(vm.type_error("a set is needed")) };
    let mut r = union(vm, *v, *v)?;
    for o in rest {
        r = f(vm, r, *o)?;
    }
    Ok(r)
}
fn binary(vm: &Vm, a: Value, b: Value, f: fn(&Vm, Value, Value) -> PyResult<Value>) -> PyResult<Value> {
    if AnySet::of(a).is_none() || AnySet::of(b).is_none() { Ok(Value::not_implemented()) } else { f(vm, a, b) }
}
fn in_place(vm: &Vm, a: Value, b: Value, f: fn(&Vm, AnySet, Value) -> PyResult<()>) -> PyResult<Value> {
    if AnySet::of(b).is_none() {
        return Ok(Value::not_implemented());
    }
    f(vm, this(vm, a)?, b)?;
    Ok(a)
}
fn union(vm: &Vm, a: Value, b: Value) -> PyResult<Value> {
    let s = like(vm, a);
    s.update(vm, a)?;
    if a != b {
        s.update(vm, b)?;
    }
    Ok(s.value())
}
fn intersection(vm: &Vm, a: Value, b: Value) -> PyResult<Value> {
    let s = like(vm, a);
    let x = this(vm, a)?;
    match AnySet::of(b) {
        Some(y) => {
            let (small, large) = if y.len() > x.len() { (x, y) } else { (y, x) };
            for (k, h) in small.entries() {
                if large.contains(vm, k, h)? {
                    s.add_hashed(vm, k, h)?;
                }
            }
        }
        None => vm.for_each(b, |k| {
            let h = hash_element(vm, k)?;
            if x.contains(vm, k, h)? { s.add_hashed(vm, k, h) } else { Ok(()) }
        })?,
    }
    Ok(s.value())
}
fn difference(vm: &Vm, a: Value, b: Value) -> PyResult<Value> {
    let s = like(vm, a);
    let other = match AnySet::of(b) {
        Some(o) => o,
        None => {
            let o = new_set(vm);
            o.update(vm, b)?;
            o
        }
    };
    let x = this(vm, a)?;
    // A small set to take away is taken out of a copy; CPython decides by the same sizes.
    if x.len() >> 2 > other.len() {
        s.update(vm, a)?;
        for (k, h) in other.entries() {
            s.discard(vm, k, h)?;
        }
        return Ok(s.value());
    }
    for (k, h) in x.entries() {
        if !other.contains(vm, k, h)? {
            s.add_hashed(vm, k, h)?;
        }
    }
    Ok(s.value())
}
fn symmetric_difference(vm: &Vm, a: Value, b: Value) -> PyResult<Value> {
    // CPython starts from a copy of the right operand.
    let s = like(vm, a);
    s.update(vm, b)?;
    for (k, h) in this(vm, a)?.entries() {
        if !s.discard(vm, k, h)? {
            s.add_hashed(vm, k, h)?;
        }
    }
    Ok(s.value())
}
fn contains(vm: &Vm, v: Value, x: Value) -> PyResult<bool> {
    let s = this(vm, v)?;
    let h = hash_element(vm, x)?;
    s.contains(vm, x, h)
}
fn hash(vm: &Vm, v: Value) -> PyResult<i64> {
    let Some(f) = v.cast::<FrozenSet>() else { return generic::hash_not_implemented(vm, v) };
    let h = f.hash.load(Relaxed);
    if h != -1 {
        return Ok(h);
    }
    let s = this(vm, v)?;
    let h = crate::hash::frozenset(s.entries().into_iter().map(|(_, h)| h), s.len());
    f.hash.store(h, Relaxed);
    Ok(h)
}
fn subset(vm: &Vm, a: AnySet, b: AnySet) -> PyResult<bool> {
    if a.len() > b.len() {
        return Ok(false);
    }
    for (k, h) in a.entries() {
        if !b.contains(vm, k, h)? {
            return Ok(false);
        }
    }
    Ok(true)
}
fn richcompare(vm: &Vm, a: Value, b: Value, op: Cmp) -> PyResult<Value> {
    let (Some(x), Some(y)) = (AnySet::of(a), AnySet::of(b)) else { return Ok(Value::not_implemented()) };
    compare(vm, x, y, op)
}
fn compare(vm: &Vm, x: AnySet, y: AnySet, op: Cmp) -> PyResult<Value> {
    let r = match op {
        Cmp::Eq => x.len() == y.len() && subset(vm, x, y)?,
        Cmp::Ne => !(x.len() == y.len() && subset(vm, x, y)?),
        Cmp::Le => subset(vm, x, y)?,
        Cmp::Lt => x.len() < y.len() && subset(vm, x, y)?,
        Cmp::Ge => subset(vm, y, x)?,
        Cmp::Gt => y.len() < x.len() && subset(vm, y, x)?,
    };
    Ok(Value::bool(r))
}
fn repr(vm: &Vm, v: Value) -> PyResult<Value> {
    let s = this(vm, v)?;
    let name = vm.type_of(v).name_text();
    if s.is_empty() {
        return Ok(vm.str(&format!("{name}()")));
    }
    let text = vm.repr_guarded(v, || {
        let mut parts = Vec::new();
        for (k, _) in s.entries() {
            parts.push(vm.repr_text(k)?);
        }
        Ok(parts.join(", "))
    })?;
    Ok(vm.str(&match (text, v.shape() == Kind::Set as u32) {
        (None, _) => format!("{name}(...)"),
        (Some(t), true) => format!("{{{t}}}"),
        (Some(t), false) => format!("{name}({{{t}}})"),
    }))
}

payload! { pub struct SetIterator: SetIterator { set: Slot, pos: AtomicUsize, used: usize } }
fn iterate(vm: &Vm, v: Value) -> PyResult<Value> {
    let s = this(vm, v)?;
    Ok(vm.heap.alloc(SetIterator { set: v.into(), pos: AtomicUsize::new(0), used: s.len() }).value())
}
fn next(vm: &Vm, v: Value) -> PyResult<Option<Value>> {
    let it = vm.expect::<SetIterator>(v, "self")?;
    let Some(s) = it.set.bound().and_then(AnySet::of) else { return Ok(None) };
    if s.len() != it.used {
        return Err(vm.runtime_error("Set changed size during iteration"));
    }
    let mut pos = it.pos.load(Relaxed);
    let r = s.next_entry(&mut pos);
    it.pos.store(pos, Relaxed);
    if r.is_none() {
        it.set.set(v, Value::unbound());
    }
    Ok(r)
}
pub static SET_ITERATOR: TypeSpec = TypeSpec {
    name: "set_iterator",
    kind: Kind::SetIterator,
    slots: SlotTable { iter: Some(generic::iter_self), iternext: Some(next), ..SlotTable::EMPTY },
    ..TypeSpec::EMPTY
};

// ---- dict views as sets

fn as_set(vm: &Vm, v: Value) -> PyResult<Value> {
    let s = new_set(vm);
    let dict = if v.kind() == Kind::DictKeys { crate::types::dict_type::dict_of_view(v) } else { None };
    s.update(vm, dict.map_or(v, |d| d.value()))?;
    Ok(s.value())
}
pub fn view_compare(vm: &Vm, a: Value, b: Value, op: Cmp) -> PyResult<Value> {
    let setlike = |v: Value| matches!(v.kind(), Kind::Set | Kind::FrozenSet | Kind::DictKeys | Kind::DictItems);
    if !setlike(a) || !setlike(b) {
        return Ok(Value::not_implemented());
    }
    let (x, y) = (as_set(vm, a)?, as_set(vm, b)?);
    compare(vm, AnySet(x), AnySet(y), op)
}
pub fn view_and(vm: &Vm, a: Value, b: Value) -> PyResult<Value> {
    intersection(vm, as_set(vm, a)?, b)
}
pub fn view_or(vm: &Vm, a: Value, b: Value) -> PyResult<Value> {
    union(vm, as_set(vm, a)?, b)
}
pub fn view_sub(vm: &Vm, a: Value, b: Value) -> PyResult<Value> {
    let s = AnySet(as_set(vm, a)?);
    vm.for_each(b, |k| {
        let h = hash_element(vm, k)?;
        s.discard(vm, k, h).map(drop)
    })?;
    Ok(s.value())
}
pub fn view_xor(vm: &Vm, a: Value, b: Value) -> PyResult<Value> {
    symmetric_difference(vm, as_set(vm, a)?, as_set(vm, b)?)
}
