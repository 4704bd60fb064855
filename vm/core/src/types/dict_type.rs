//! dict's surface: its table, methods, views and iterators.
//!
//! Invariant: an iterator stops with RuntimeError when the dict's size is not what it was when the iterator was made.

use crate::error::{OrRaise, PyResult};
use crate::native::{Args, MethodDef, method, raw};
use crate::object::generic;
use crate::object::slots::{Cmp, SlotTable};
use crate::types::dict::{Dict, DictExt};
use crate::types::type_::{Type, TypeSpec, flags};
use crate::vm::Vm;
use bunpy_heap::{Gc, Kind, Payload, Slot, Value, payload};
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

pub static DICT: TypeSpec = TypeSpec {
    name: "dict",
    kind: Kind::Dict,
    flags: flags::BASETYPE | flags::MAPPING | flags::MATCH_SELF,
    doc: "dict() -> new empty dictionary\ndict(mapping) -> new dictionary initialized from a mapping object's\n    (key, value) pairs\ndict(iterable) -> new dictionary initialized as if via:\n    d = {}\n    for k, v in iterable:\n        d[k] = v\ndict(**kwargs) -> new dictionary initialized with the name=value pairs\n    in the keyword argument list.  For example:  dict(one=1, two=2)",
    slots: SlotTable {
        new: Some(new),
        init: Some(|vm, v, a| update_args(vm, this(vm, v)?, "dict", a)),
        repr: Some(repr),
        hash: Some(generic::hash_not_implemented),
        richcompare: Some(richcompare),
        iter: Some(|vm, v| Ok(iterate(vm, this(vm, v)?))),
        length: Some(|vm, v| Ok(this(vm, v)?.len())),
        contains: Some(|vm, v, k| Ok(this(vm, v)?.get(vm, k)?.is_some())),
        subscript: Some(subscript),
        ass_subscript: Some(ass_subscript),
        or: Some(or),
        inplace_or: Some(|vm, a, b| {
            update(vm, this(vm, a)?, b)?;
            Ok(a)
        }),
        ..SlotTable::EMPTY
    },
    methods: METHODS,
    ..TypeSpec::EMPTY
};
static METHODS: &[MethodDef] = &[
    method("get", "($self, key, default=None, /)", |vm: &Vm, d: Gc<Dict>, k: Value, default: Option<Value>| {
        d.get(vm, k).map(|v| v.or(default).unwrap_or(Value::none()))
    })
    .doc("Return the value for key if key is in the dictionary, else default."),
    method("setdefault", "($self, key, default=None, /)", setdefault)
        .doc("Insert key with a value of default if key is not in the dictionary.\n\nReturn the value for key if key is in the dictionary, else default."),
    method("pop", "($self, key, default=<unrepresentable>, /)", pop)
        .doc("D.pop(k[,d]) -> v, remove specified key and return the corresponding value.\n\nIf the key is not found, return the default if given; otherwise,\nraise a KeyError."),
    method("popitem", "($self, /)", popitem)
        .doc("Remove and return a (key, value) pair as a 2-tuple.\n\nPairs are returned in LIFO (last-in, first-out) order.\nRaises KeyError if the dict is empty."),
    method("keys", "($self, /)", |vm: &Vm, d: Gc<Dict>| vm.heap.alloc(DictKeys { dict: d.into() }).value())
        .doc("Return a set-like object providing a view on the dict's keys."),
    method("items", "($self, /)", |vm: &Vm, d: Gc<Dict>| vm.heap.alloc(DictItems { dict: d.into() }).value())
        .doc("Return a set-like object providing a view on the dict's items."),
    method("values", "($self, /)", |vm: &Vm, d: Gc<Dict>| vm.heap.alloc(DictValues { dict: d.into() }).value())
        .doc("Return an object providing a view on the dict's values."),
    raw("update", "($self, /, *args, **kwargs)", |vm: &Vm, a: Args<'_>| {
        let (d, a) = receiver(vm, a)?;
        update_args(vm, d, "update", a).map(|()| Value::none())
    })
    .without_signature(),
    method("clear", "($self, /)", |_: &Vm, d: Gc<Dict>| d.clear()).doc("Remove all items from the dict."),
    method("copy", "($self, /)", |vm: &Vm, d: Gc<Dict>| d.copy(vm)).doc("Return a shallow copy of the dict."),
    method("fromkeys", "($type, iterable, value=None, /)", fromkeys)
        .class_method()
        .doc("Create a new dictionary with keys from iterable and values set to value."),
    method("__reversed__", "($self, /)", |vm: &Vm, d: Gc<Dict>| reverse_iterate(vm, d)),
    raw("__class_getitem__", "($type, object, /)", crate::types::generic_alias::class_getitem).class_method(),
];
fn this(vm: &Vm, v: Value) -> PyResult<Gc<Dict>> {
    vm.expect::<Dict>(v, "descriptor receiver")
}
fn receiver<'a>(vm: &Vm, a: Args<'a>) -> PyResult<(Gc<Dict>, Args<'a>)> {
    match a.values.split_first() {
        Some((d, rest)) => Ok((this(vm, *d)?, Args { values: rest, kwnames: a.kwnames })),
        None => Err(vm.type_error("descriptor needs an argument")),
    }
}
fn new(vm: &Vm, cls: Gc<Type>, _: Args<'_>) -> PyResult<Value> {
    Ok(vm.heap.alloc_shaped(cls.root_shape.load(Relaxed), Dict::empty()).value())
}
pub fn update_args(vm: &Vm, d: Gc<Dict>, name: &str, a: Args<'_>) -> PyResult<()> {
    match a.positional() {
        [] => {}
        [x] => update(vm, d, *x)?,
        v => return Err(vm.type_error(format!("{name} expected at most 1 argument, got {}", v.len()))),
    }
    for (k, v) in a.keywords() {
        d.set(vm, k, v)?;
    }
    Ok(())
}
/// `d.update(x)`: a mapping (anything with `keys`) or an iterable of pairs.
pub fn update(vm: &Vm, d: Gc<Dict>, x: Value) -> PyResult<()> {
    if let Some(o) = x.cast::<Dict>()
        && vm.type_of(x).slots.iter.address() == vm.types().dict().slots.iter.address()
    {
        return d.update_from(vm, o);
    }
    if vm.get_attr_opt(x, vm.names.keys)?.is_some() {
        let keys = vm.call_method_name(x, vm.names.keys, &[])?;
        return vm.for_each(keys, |k| {
            let v = vm.get_item(x, k)?;
            d.set(vm, k, v)
        });
    }
    let mut i = 0;
    vm.for_each(x, |pair| {
        let items = match vm.collect_values(pair) {
            Ok(v) => v,
            Err(e) => {
                if vm.pending_is(crate::types::exception::Exc::TypeError) {
                    vm.clear_pending();
                    return Err(
                        vm.type_error(format!("cannot convert dictionary update sequence element #{i} to a sequence"))
                    );
                }
                return Err(e);
            }
        };
        let [k, v] = items[..] else {
            return Err(vm.value_error(format!(
                "dictionary update sequence element #{i} has length {}; 2 is required",
                items.len()
            )));
        };
        i += 1;
        d.set(vm, k, v)
    })
}
fn repr(vm: &Vm, v: Value) -> PyResult<Value> {
    let d = this(vm, v)?;
    if d.is_empty() {
        return Ok(vm.str("{}"));
    }
    let text = vm.repr_guarded(v, || {
        let mut out = vec![vm.intern("{")];
        let mut pos = 0;
        let mut first = true;
        while let Some((k, x)) = d.next_item(&mut pos) {
            if !first {
                out.push(vm.intern(", "));
            }
            first = false;
            out.push(vm.repr(k)?);
            out.push(vm.intern(": "));
            out.push(vm.repr(x)?);
        }
        out.push(vm.intern("}"));
        vm.heap.concat_all(&out).or_raise(vm)
    })?;
    Ok(text.map_or_else(|| vm.str("{...}"), |s| s.value()))
}
fn richcompare(vm: &Vm, a: Value, b: Value, op: Cmp) -> PyResult<Value> {
    let (Some(x), Some(y)) = (a.cast::<Dict>(), b.cast::<Dict>()) else { return Ok(Value::not_implemented()) };
    if !matches!(op, Cmp::Eq | Cmp::Ne) {
        return Ok(Value::not_implemented());
    }
    Ok(Value::bool(equal(vm, x, y)? == (op == Cmp::Eq)))
}
fn equal(vm: &Vm, x: Gc<Dict>, y: Gc<Dict>) -> PyResult<bool> {
    if x.len() != y.len() {
        return Ok(false);
    }
    let mut pos = 0;
    while let Some((k, v)) = x.next_item(&mut pos) {
        match y.get(vm, k)? {
            Some(w) if vm.is_equal(v, w)? => {}
            _ => return Ok(false),
        }
    }
    Ok(true)
}
fn subscript(vm: &Vm, v: Value, k: Value) -> PyResult<Value> {
    let d = this(vm, v)?;
    match d.get(vm, k)? {
        Some(x) => Ok(x),
        None => {
            if !d.is_exact()
                && let Some(r) = vm.call_special(v, vm.names.__missing__, &[k])?
            {
                return Ok(r);
            }
            Err(vm.key_error(k))
        }
    }
}
fn ass_subscript(vm: &Vm, v: Value, k: Value, x: Option<Value>) -> PyResult<()> {
    let d = this(vm, v)?;
    match x {
        Some(x) => d.set(vm, k, x),
        None => match d.remove(vm, k)? {
            Some(_) => Ok(()),
            None => Err(vm.key_error(k)),
        },
    }
}
fn or(vm: &Vm, a: Value, b: Value) -> PyResult<Value> {
    let (Some(x), Some(y)) = (a.cast::<Dict>(), b.cast::<Dict>()) else { return Ok(Value::not_implemented()) };
    let d = x.copy(vm)?;
    d.update_from(vm, y)?;
    Ok(d.value())
}
fn setdefault(vm: &Vm, d: Gc<Dict>, k: Value, default: Option<Value>) -> PyResult<Value> {
    let hash = vm.hash(k)?;
    if let Some(v) = d.get_hashed(vm, k, hash)? {
        return Ok(v);
    }
    let v = default.unwrap_or(Value::none());
    d.set_hashed(vm, k, hash, v)?;
    Ok(v)
}
fn pop(vm: &Vm, d: Gc<Dict>, k: Value, default: Option<Value>) -> PyResult<Value> {
    match d.remove(vm, k)?.or(default) {
        Some(v) => Ok(v),
        None => Err(vm.key_error(k)),
    }
}
fn popitem(vm: &Vm, d: Gc<Dict>) -> PyResult<Value> {
    let mut pos = d.end_position();
    match d.prev_item(&mut pos) {
        Some((k, v)) => {
            d.remove(vm, k)?;
            Ok(vm.heap.tuple(&[k, v]).value())
        }
        None => Err(vm.key_error(vm.str("popitem(): dictionary is empty"))),
    }
}
fn fromkeys(vm: &Vm, cls: Gc<Type>, iterable: Value, value: Option<Value>) -> PyResult<Value> {
    let value = value.unwrap_or(Value::none());
    let d = vm.call(cls.value(), &[])?;
    match d.cast_exact::<Dict>() {
        Some(d) => vm.for_each(iterable, |k| d.set(vm, k, value))?,
        None => vm.for_each(iterable, |k| vm.set_item(d, k, value))?,
    }
    Ok(d)
}

// ---- views

payload! { pub struct DictKeys: DictKeys { pub dict: Slot } }
payload! { pub struct DictValues: DictValues { pub dict: Slot } }
payload! { pub struct DictItems: DictItems { pub dict: Slot } }
/// The dict behind any view.
pub fn dict_of_view(v: Value) -> Option<Gc<Dict>> {
    match v.kind() {
        Kind::DictKeys => v.cast::<DictKeys>()?.dict.cast(),
        Kind::DictValues => v.cast::<DictValues>()?.dict.cast(),
        Kind::DictItems => v.cast::<DictItems>()?.dict.cast(),
        _ => None,
    }
}
fn viewed(vm: &Vm, v: Value) -> PyResult<Gc<Dict>> {
    dict_of_view(v).ok_or_else(|| vm.type_error("not a dict view"))
}
fn view_repr(vm: &Vm, v: Value) -> PyResult<Value> {
    let name = vm.type_name(v);
    let text = vm.repr_guarded(v, || {
        let l = crate::types::list::List::from_slice(vm, &vm.collect_values(v)?);
        vm.repr_text(l.value())
    })?;
    Ok(vm.str(&format!("{name}({})", text.unwrap_or_else(|| "...".to_owned()))))
}
fn keys_contains(vm: &Vm, v: Value, k: Value) -> PyResult<bool> {
    Ok(viewed(vm, v)?.get(vm, k)?.is_some())
}
fn items_contains(vm: &Vm, v: Value, x: Value) -> PyResult<bool> {
    let Some(t) = x.cast::<bunpy_heap::Tuple>() else { return Ok(false) };
    let [k, y] = t.items() else { return Ok(false) };
    match viewed(vm, v)?.get(vm, *k)? {
        Some(z) => vm.is_equal(z, *y),
        None => Ok(false),
    }
}
const VIEW: SlotTable =
    SlotTable { repr: Some(view_repr), length: Some(|vm, v| Ok(viewed(vm, v)?.len())), ..SlotTable::EMPTY };
pub static DICT_KEYS: TypeSpec = TypeSpec {
    name: "dict_keys",
    kind: Kind::DictKeys,
    slots: SlotTable {
        iter: Some(|vm, v| Ok(iterate(vm, viewed(vm, v)?))),
        contains: Some(keys_contains),
        richcompare: Some(crate::types::set::view_compare),
        and: Some(crate::types::set::view_and),
        or: Some(crate::types::set::view_or),
        subtract: Some(crate::types::set::view_sub),
        xor: Some(crate::types::set::view_xor),
        ..VIEW
    },
    methods: &[method("__reversed__", "($self, /)", |vm: &Vm, v: Gc<DictKeys>| {
        v.dict.cast::<Dict>().map(|d| reverse_iterate(vm, d))
    })],
    ..TypeSpec::EMPTY
};
pub static DICT_VALUES: TypeSpec = TypeSpec {
    name: "dict_values",
    kind: Kind::DictValues,
    slots: SlotTable {
        iter: Some(|vm, v| Ok(new_iterator(vm, viewed(vm, v)?, |c| DictValueIterator { cursor: c }))),
        ..VIEW
    },
    ..TypeSpec::EMPTY
};
pub static DICT_ITEMS: TypeSpec = TypeSpec {
    name: "dict_items",
    kind: Kind::DictItems,
    slots: SlotTable {
        iter: Some(|vm, v| Ok(new_iterator(vm, viewed(vm, v)?, |c| DictItemIterator { cursor: c }))),
        contains: Some(items_contains),
        richcompare: Some(crate::types::set::view_compare),
        and: Some(crate::types::set::view_and),
        or: Some(crate::types::set::view_or),
        subtract: Some(crate::types::set::view_sub),
        xor: Some(crate::types::set::view_xor),
        ..VIEW
    },
    ..TypeSpec::EMPTY
};

// ---- iterators

/// A place in a dict: unbound dict at the end.
pub struct Cursor {
    pub dict: Slot,
    pub pos: AtomicUsize,
    pub used: usize,
}
impl bunpy_heap::Trace for Cursor {
    fn trace(&self, t: &mut bunpy_heap::Tracer<'_>) {
        t.value(self.dict.get())
    }
}
payload! { pub struct DictKeyIterator: DictKeyIterator { pub cursor: Cursor } }
payload! { pub struct DictValueIterator: DictValueIterator { pub cursor: Cursor } }
payload! { pub struct DictItemIterator: DictItemIterator { pub cursor: Cursor } }
payload! { pub struct DictReverseKeyIterator: DictReverseKeyIterator { pub cursor: Cursor } }

fn new_iterator<T: Payload>(vm: &Vm, d: Gc<Dict>, f: fn(Cursor) -> T) -> Value {
    vm.heap.alloc(f(Cursor { dict: d.into(), pos: AtomicUsize::new(0), used: d.len() })).value()
}
/// `iter(d)`.
pub fn iterate(vm: &Vm, d: Gc<Dict>) -> Value {
    new_iterator(vm, d, |c| DictKeyIterator { cursor: c })
}
fn reverse_iterate(vm: &Vm, d: Gc<Dict>) -> Value {
    let c = Cursor { dict: d.into(), pos: AtomicUsize::new(d.end_position()), used: d.len() };
    vm.heap.alloc(DictReverseKeyIterator { cursor: c }).value()
}
fn step(vm: &Vm, owner: Value, c: &Cursor, forward: bool) -> PyResult<Option<(Value, Value)>> {
    let Some(d) = c.dict.cast::<Dict>() else { return Ok(None) };
    if d.len() != c.used {
        return Err(vm.runtime_error("dictionary changed size during iteration"));
    }
    let mut pos = c.pos.load(Relaxed);
    let item = if forward { d.next_item(&mut pos) } else { d.prev_item(&mut pos) };
    c.pos.store(pos, Relaxed);
    if item.is_none() {
        c.dict.set(owner, Value::unbound());
    }
    Ok(item)
}
pub fn key_next(vm: &Vm, v: Value) -> PyResult<Option<Value>> {
    let it = vm.expect::<DictKeyIterator>(v, "self")?;
    Ok(step(vm, v, &it.cursor, true)?.map(|(k, _)| k))
}
fn value_next(vm: &Vm, v: Value) -> PyResult<Option<Value>> {
    let it = vm.expect::<DictValueIterator>(v, "self")?;
    Ok(step(vm, v, &it.cursor, true)?.map(|(_, x)| x))
}
fn item_next(vm: &Vm, v: Value) -> PyResult<Option<Value>> {
    let it = vm.expect::<DictItemIterator>(v, "self")?;
    Ok(step(vm, v, &it.cursor, true)?.map(|(k, x)| vm.heap.tuple(&[k, x]).value()))
}
fn reverse_next(vm: &Vm, v: Value) -> PyResult<Option<Value>> {
    let it = vm.expect::<DictReverseKeyIterator>(v, "self")?;
    Ok(step(vm, v, &it.cursor, false)?.map(|(k, _)| k))
}
const fn iterator(name: &'static str, kind: Kind, next: crate::object::slots::IterNext) -> TypeSpec {
    TypeSpec {
        name,
        kind,
        slots: SlotTable { iter: Some(generic::iter_self), iternext: Some(next), ..SlotTable::EMPTY },
        ..TypeSpec::EMPTY
    }
}
pub static DICT_KEY_ITERATOR: TypeSpec = iterator("dict_keyiterator", Kind::DictKeyIterator, key_next);
pub static DICT_VALUE_ITERATOR: TypeSpec = iterator("dict_valueiterator", Kind::DictValueIterator, value_next);
pub static DICT_ITEM_ITERATOR: TypeSpec = iterator("dict_itemiterator", Kind::DictItemIterator, item_next);
pub static DICT_REVERSE_KEY_ITERATOR: TypeSpec =
    iterator("dict_reversekeyiterator", Kind::DictReverseKeyIterator, reverse_next);
