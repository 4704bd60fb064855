//! Where an instance's attributes stand: in inline words named by its shape, or in a dict.
//!
//! ```text
//! attribute words of an instance   | __slots__ members ... | dict word | inline words ... |
//! ```
//! Invariant: all shapes that grow from one root have the same number of words, so an instance changes its shape in place
//! and its words never move. The dict word is unbound until the attributes are in a dict, and from then on the inline
//! words are unbound and the shape is the root's dict shape. Types whose payload has a dict field of its own (functions,
//! modules, exceptions) have no dict word.

use crate::error::PyResult;
use crate::types::dict::{Dict, DictExt};
use crate::types::type_::{Type, flags};
use crate::vm::Vm;
use bunpy_heap::{Gc, Kind, ShapeId, Slot, Str, Tracer, Value};
use std::cell::RefCell;
use std::sync::atomic::Ordering::Relaxed;

/// What the object model keeps about a shape.
pub struct ShapeInfo {
    /// Names of the inline words in order.
    names: Vec<Gc<Str>>,
    /// The shape after an attribute of that name is added.
    transitions: Vec<(Gc<Str>, ShapeId)>,
    dict_shape: ShapeId,
    /// Index of the dict word.
    dict_at: u16,
    inline_cap: u16,
    in_dict: bool,
}

/// The machine's shape infos; number 0 means "no attributes".
#[derive(Default)]
pub struct Shapes(RefCell<Vec<ShapeInfo>>);
impl Shapes {
    pub fn trace(&self, t: &mut Tracer<'_>) {
        for i in self.0.borrow().iter() {
            for n in &i.names {
                t.gc(*n);
            }
            for (n, _) in &i.transitions {
                t.gc(*n);
            }
        }
    }
}

const MAX_INLINE: u16 = 30;

/// Gives a type its shapes once its base, flags and members are known.
pub fn init_type_shapes(vm: &Vm, t: Gc<Type>, base: Option<Gc<Type>>) {
    if let Some(b) = base
        && t.n_members.load(Relaxed) < b.n_members.load(Relaxed)
    {
        t.n_members.store(b.n_members.load(Relaxed), Relaxed);
    }
    new_root(vm, t);
}

/// A new root shape: at first, and when the class's instances turn out to have more attributes than they have room for.
fn new_root(vm: &Vm, t: Gc<Type>) {
    let kind = t.kind();
    let members = t.n_members.load(Relaxed);
    let dict_word = t.has(flags::HAS_DICT) && t.dict_slot.0.is_none();
    let has_tail = matches!(kind, Kind::Tuple | Kind::Bytes | Kind::Int | Kind::Str);
    let inline_cap = if dict_word && !has_tail { t.inline_cap.load(Relaxed).min(MAX_INLINE) } else { 0 };
    let words = members + if dict_word { 1 + inline_cap } else { 0 };
    let own_kind = vm.heap.entry(kind as ShapeId).class.get() == t.value();
    if words == 0 && own_kind {
        t.root_shape.store(kind as ShapeId, Relaxed);
        return;
    }
    let Some(root) = vm.heap.new_shape(kind, t.value(), words) else { return };
    t.root_shape.store(root, Relaxed);
    t.dict_shape.store(root, Relaxed);
    if !dict_word {
        return;
    }
    let Some(in_dict) = vm.heap.new_shape(kind, t.value(), words) else { return };
    t.dict_shape.store(in_dict, Relaxed);
    let mut infos = vm.shapes.0.borrow_mut();
    for (id, in_dict_mode) in [(root, inline_cap == 0), (in_dict, true)] {
        infos.push(ShapeInfo {
            names: Vec::new(),
            transitions: Vec::new(),
            dict_shape: in_dict,
            dict_at: members,
            inline_cap,
            in_dict: in_dict_mode,
        });
        vm.heap.entry(id).info.store(infos.len() as u32, Relaxed);
    }
}

/// Where an attribute of an instance is, for inline caches.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// Attribute word number.
    Word(usize),
    /// In the dict at this attribute word.
    Dict(usize),
    Absent,
}

fn with_info<R>(vm: &Vm, shape: ShapeId, f: impl FnOnce(&ShapeInfo) -> R) -> Option<R> {
    let i = vm.heap.entry(shape).info.load(Relaxed);
    if i == 0 {
        return None;
    }
    vm.shapes.0.borrow().get(i as usize - 1).map(f)
}

/// Where `name` (interned) stands in instances of `shape`.
pub fn place(vm: &Vm, shape: ShapeId, name: Gc<Str>) -> Place {
    with_info(vm, shape, |i| match i.names.iter().position(|n| *n == name) {
        _ if i.in_dict => Place::Dict(i.dict_at as usize),
        Some(p) => Place::Word(i.dict_at as usize + 1 + p),
        None => Place::Absent,
    })
    .unwrap_or(Place::Absent)
}

/// The slot that holds an instance's dict, where its type has one.
fn dict_slot<'a>(vm: &Vm, v: &'a Value) -> Option<&'a Slot> {
    let t = vm.type_of(*v);
    if let Some(f) = t.dict_slot.0 {
        return f(v);
    }
    if !t.has(flags::HAS_DICT) {
        return None;
    }
    vm.heap.attrs(v).get(t.n_members.load(Relaxed) as usize)
}

/// Whether instances like `v` have a `__dict__`.
pub fn has_dict(vm: &Vm, v: Value) -> bool {
    dict_slot(vm, &v).is_some()
}

/// An instance attribute, without regard to the class.
#[inline]
pub fn get(vm: &Vm, v: Value, name: Gc<Str>) -> Option<Value> {
    let words = vm.heap.attrs(&v);
    if !words.is_empty() {
        let name = if name.is_interned() { name } else { vm.intern_str(name) };
        match place(vm, v.shape(), name) {
            Place::Word(i) => return words.get(i)?.bound(),
            Place::Dict(i) => return words.get(i)?.cast::<Dict>()?.get_str(vm, name),
            Place::Absent => {}
        }
    }
    let t = vm.type_of(v);
    t.dict_slot.0?(&v)?.cast::<Dict>()?.get_str(vm, name)
}

/// Sets an instance attribute. False where instances have no dict.
pub fn set(vm: &Vm, v: Value, name: Gc<Str>, value: Value) -> PyResult<bool> {
    let name = vm.intern_str(name);
    let words = vm.heap.attrs(&v);
    let shape = v.shape();
    let info = vm.heap.entry(shape).info.load(Relaxed);
    if info != 0 {
        match place(vm, shape, name) {
            Place::Word(i) => {
                if let Some(s) = words.get(i) {
                    s.set(v, value);
                    return Ok(true);
                }
            }
            Place::Absent => {
                if let Some((to, word)) = transition(vm, v, shape, name)
                    && let Some(s) = words.get(word)
                {
                    s.set(v, value);
                    vm.heap.set_shape(v, to);
                    return Ok(true);
                }
                widen(vm, v);
            }
            Place::Dict(_) => {}
        }
    }
    match dict_of(vm, v)? {
        Some(d) => {
            d.set_str(vm, name, value)?;
            Ok(true)
        }
        None => Ok(false),
    }
}

/// The shape that `shape` becomes by adding `name`, and the new attribute's word.
fn transition(vm: &Vm, v: Value, shape: ShapeId, name: Gc<Str>) -> Option<(ShapeId, usize)> {
    let info = vm.heap.entry(shape).info.load(Relaxed) as usize;
    let (names, dict_shape, dict_at, inline_cap) = {
        let infos = vm.shapes.0.borrow();
        let i = infos.get(info.checked_sub(1)?)?;
        let word = i.dict_at as usize + 1 + i.names.len();
        if let Some((_, to)) = i.transitions.iter().find(|(n, _)| *n == name) {
            return Some((*to, word));
        }
        if i.in_dict || i.names.len() >= i.inline_cap as usize {
            return None;
        }
        let mut names = i.names.clone();
        names.push(name);
        (names, i.dict_shape, i.dict_at, i.inline_cap)
    };
    let entry = vm.heap.entry(shape);
    let to = vm.heap.new_shape(v.kind(), entry.class.get(), entry.attr_words() as u16)?;
    let word = dict_at as usize + names.len();
    let mut infos = vm.shapes.0.borrow_mut();
    infos.push(ShapeInfo { names, transitions: Vec::new(), dict_shape, dict_at, inline_cap, in_dict: false });
    vm.heap.entry(to).info.store(infos.len() as u32, Relaxed);
    if let Some(i) = infos.get_mut(info - 1) {
        i.transitions.push((name, to));
    }
    Some((to, word))
}

/// An instance needed more words than it has: later instances of its class get more.
fn widen(vm: &Vm, v: Value) {
    let t = vm.type_of(v);
    let cap = t.inline_cap.load(Relaxed);
    let now = with_info(vm, v.shape(), |i| i.inline_cap).unwrap_or(cap);
    if cap == now && cap < MAX_INLINE && !matches!(t.kind(), Kind::Tuple | Kind::Bytes | Kind::Int | Kind::Str) {
        t.inline_cap.store((cap * 2).clamp(4, MAX_INLINE), Relaxed);
        new_root(vm, t);
    }
}

/// Deletes an instance attribute; false if there is none.
pub fn delete(vm: &Vm, v: Value, name: Gc<Str>) -> PyResult<bool> {
    if get(vm, v, name).is_none() {
        return Ok(false);
    }
    match dict_of(vm, v)? {
        Some(d) => Ok(d.remove(vm, name.value())?.is_some()),
        None => Ok(false),
    }
}

/// The instance's `__dict__` as a dict, to which its attributes move if they were inline. `None` without one.
pub fn dict_of(vm: &Vm, v: Value) -> PyResult<Option<Gc<Dict>>> {
    let Some(slot) = dict_slot(vm, &v) else { return Ok(None) };
    if let Some(d) = slot.cast::<Dict>() {
        return Ok(Some(d));
    }
    let d = Dict::new(vm);
    move_to(vm, v, d)?;
    slot.set(v, d.value());
    Ok(Some(d))
}
/// Copies inline attributes into `d` and moves the instance to its dict shape.
fn move_to(vm: &Vm, v: Value, d: Gc<Dict>) -> PyResult<()> {
    let Some((names, at, to)) = with_info(vm, v.shape(), |i| (i.names.clone(), i.dict_at as usize + 1, i.dict_shape))
    else {
        return Ok(());
    };
    let words = vm.heap.attrs(&v);
    for (i, n) in names.iter().enumerate() {
        if let Some(s) = words.get(at + i)
            && let Some(x) = s.bound()
        {
            d.set_str(vm, *n, x)?;
            s.set(v, Value::unbound());
        }
    }
    vm.heap.set_shape(v, to);
    Ok(())
}
/// `v.__dict__ = d`; false where instances have none. `None` forgets the dict.
pub fn set_dict(vm: &Vm, v: Value, d: Option<Gc<Dict>>) -> PyResult<bool> {
    let Some(slot) = dict_slot(vm, &v) else { return Ok(false) };
    move_to(vm, v, Dict::new(vm))?;
    slot.set(v, d.unwrap_or_else(|| Dict::new(vm)).value());
    Ok(true)
}

/// Gives an instance in dict mode another class of the same layout: a dict shape of that class with this many words.
pub fn adopt(vm: &Vm, v: Value, new: Gc<Type>) -> bool {
    let words = vm.heap.entry(v.shape()).attr_words();
    let dict_shape = new.dict_shape.load(Relaxed);
    if vm.heap.entry(dict_shape).attr_words() == words && vm.heap.set_shape(v, dict_shape) {
        return true;
    }
    let Some(shape) = vm.heap.new_shape(v.kind(), new.value(), words as u16) else { return false };
    if vm.heap.entry(v.shape()).info.load(Relaxed) != 0 {
        let mut infos = vm.shapes.0.borrow_mut();
        let dict_at = new.n_members.load(Relaxed);
        infos.push(ShapeInfo {
            names: Vec::new(),
            transitions: Vec::new(),
            dict_shape: shape,
            dict_at,
            inline_cap: 0,
            in_dict: true,
        });
        vm.heap.entry(shape).info.store(infos.len() as u32, Relaxed);
    }
    vm.heap.set_shape(v, shape)
}
