//! Making classes: `type(name, bases, namespace)`, `__build_class__`, layouts, `__slots__`, isinstance and issubclass.
//!
//! Invariant: a new class's payload kind is its best base's; members of `__slots__` come before all other attribute words,
//! the base's first, so that an instance of a subclass is laid out as its base expects.

use crate::error::PyResult;
use crate::native::Args;
use crate::object::{shapes, slotdefs};
use crate::types::cell::Cell;
use crate::types::descr::MemberDescriptor;
use crate::types::dict::{Dict, DictExt};
use crate::types::function::Function;
use crate::types::property;
use crate::types::type_::{HEAP_TYPE, Type, compute_mro, flags};
use crate::types::type_methods::{bases_of, mutable};
use crate::vm::Vm;
use bunpy_heap::{Gc, Kind, Slot, Str, Tuple, Value};
use std::sync::atomic::Ordering::Relaxed;

/// `type.__new__`.
pub fn type_new(vm: &Vm, meta: Gc<Type>, args: Args<'_>) -> PyResult<Value> {
    let [name, bases, ns] = args.positional() else {
        return Err(
            vm.type_error(format!("type.__new__() takes exactly 3 arguments ({} given)", args.positional().len()))
        );
    };
    let arg = |i: usize, what: &str, v: Value| {
        vm.type_error(format!("type.__new__() argument {i} must be {what}, not {}", vm.type_name(v)))
    };
    let name = name.cast::<Str>().ok_or_else(|| arg(1, "str", *name))?;
    let bases = bases.cast::<Tuple>().ok_or_else(|| arg(2, "tuple", *bases))?;
    let ns = ns.cast::<Dict>().ok_or_else(|| arg(3, "dict", *ns))?;
    for b in bases.items() {
        if b.cast::<Type>().is_none() && vm.get_attr_opt(*b, vm.names.__mro_entries__)?.is_some() {
            return Err(vm.type_error("type() doesn't support MRO entry resolution; use types.new_class()"));
        }
    }
    let winner = calculate_metaclass(vm, meta, bases.items())?;
    if winner != meta
        && let Some(f) = winner.slots.new.get()
        && winner.slots.new.address() != type_new as *const () as usize
    {
        return f(vm, winner, args);
    }
    let t = new_class(vm, winner, name, bases, ns)?;
    let kw: Vec<(Value, Value)> = args.keywords().collect();
    set_names(vm, t)?;
    init_subclass(vm, t, &kw)?;
    Ok(t.value())
}

/// The most derived metaclass of `meta` and the bases' classes.
pub fn calculate_metaclass(vm: &Vm, meta: Gc<Type>, bases: &[Value]) -> PyResult<Gc<Type>> {
    let mut winner = meta;
    for b in bases {
        let m = vm.type_of(*b);
        if vm.is_subtype(winner, m) {
            continue;
        }
        if vm.is_subtype(m, winner) {
            winner = m;
            continue;
        }
        return Err(vm.type_error(
            "metaclass conflict: the metaclass of a derived class must be a (non-strict) subclass of the metaclasses of all its bases",
        ));
    }
    Ok(winner)
}

/// The nearest class that decides the layout: one with a payload of its own or `__slots__`.
#[allow(clippy::only_used_in_recursion, reason = "the context is the first parameter of everything")]
fn solid_base(vm: &Vm, t: Gc<Type>) -> Gc<Type> {
    match t.base() {
        Some(b) => {
            let s = solid_base(vm, b);
            if t.kind() != s.kind() || t.n_members.load(Relaxed) > s.n_members.load(Relaxed) { t } else { s }
        }
        None => t,
    }
}
fn best_base(vm: &Vm, bases: &[Gc<Type>]) -> PyResult<Gc<Type>> {
    let mut winner: Option<(Gc<Type>, Gc<Type>)> = None;
    for &b in bases {
        if !b.has(flags::BASETYPE) {
            return Err(vm.type_error(format!("type '{}' is not an acceptable base type", vm.tp_name(b))));
        }
        let s = solid_base(vm, b);
        winner = match winner {
            None => Some((b, s)),
            Some((w, ws)) if vm.is_subtype(ws, s) => Some((w, ws)),
            Some((_, ws)) if vm.is_subtype(s, ws) => Some((b, s)),
            Some(_) => return Err(vm.type_error("multiple bases have instance lay-out conflict")),
        };
    }
    Ok(winner.map_or(vm.types().object(), |w| w.0))
}

fn new_class(vm: &Vm, meta: Gc<Type>, name: Gc<Str>, bases: Gc<Tuple>, ns: Gc<Dict>) -> PyResult<Gc<Type>> {
    let object = vm.types().object();
    let bases = if bases.is_empty() { vm.heap.tuple(&[object.value()]) } else { bases };
    let mut types = Vec::with_capacity(bases.len());
    for b in bases.items() {
        match b.cast::<Type>() {
            Some(t) => types.push(t),
            None => return Err(vm.type_error("bases must be types")),
        }
    }
    let base = best_base(vm, &types)?;
    if name.code_points().any(|c| c == 0) {
        return Err(vm.value_error("type name must not contain null characters"));
    }
    let dict = ns.copy(vm)?;
    let slots = match dict.get_str(vm, vm.names.__slots__) {
        Some(s) => Some(slot_names(vm, s, name)?),
        None => None,
    };
    let inherited = base.flags.load(Relaxed) & (flags::SEQUENCE | flags::MAPPING | flags::MATCH_SELF);
    let has_dict = types.iter().any(|b| b.has(flags::HAS_DICT));
    let has_weakref = types.iter().any(|b| b.has(flags::HAS_WEAKREF));
    let wants = |n: &str| slots.as_ref().is_none_or(|s| s.iter().any(|x| x.is_text(n)));
    let mut f = flags::BASETYPE | flags::HEAPTYPE | inherited;
    for b in &types {
        f |= b.flags.load(Relaxed) & (flags::SEQUENCE | flags::MAPPING);
    }
    if has_dict || wants("__dict__") {
        f |= flags::HAS_DICT;
    }
    if has_weakref || wants("__weakref__") {
        f |= flags::HAS_WEAKREF;
    }
    let mut payload = Type::new(vm.intern_str(name).value(), base.kind(), f, &HEAP_TYPE);
    payload.dict_slot = bunpy_heap::cell::Opaque(base.dict_slot.0);
    let t = vm.heap.alloc_shaped(meta.root_shape.load(Relaxed), payload);
    t.dict.set(t, dict.value());
    t.bases.set(t, bases.value());
    t.base.set(t, base.value());
    set_standard_attributes(vm, t, dict)?;
    add_members(vm, t, base, dict, slots.as_deref(), has_dict, has_weakref)?;
    if let Some(attrs) = dict.get_str(vm, vm.names.__static_attributes__).and_then(|a| a.cast::<Tuple>()) {
        let inherited = base.inline_cap.load(Relaxed) as usize;
        // A class that assigns no attribute through `self` gets them from outside.
        let n = attrs.len() + inherited;
        t.inline_cap.store(if n == 0 { 4 } else { n.min(30) } as u16, Relaxed);
    } else {
        t.inline_cap.store(base.inline_cap.load(Relaxed).max(4), Relaxed);
    }
    shapes::init_type_shapes(vm, t, Some(base));
    let mro = class_mro(vm, meta, t, &types)?;
    t.mro.set(t, vm.heap.tuple(&mro).value());
    for b in &types {
        vm.add_subclass(*b, t)?;
    }
    // Comparison makes a class unhashable unless it says otherwise.
    if dict.get_str(vm, vm.names.__eq__).is_some() && dict.get_str(vm, vm.names.__hash__).is_none() {
        dict.set_str(vm, vm.names.__hash__, Value::none())?;
    }
    slotdefs::compute_slots(vm, t);
    Ok(t)
}
fn class_mro(vm: &Vm, meta: Gc<Type>, t: Gc<Type>, bases: &[Gc<Type>]) -> PyResult<Vec<Value>> {
    let mro_name = vm.intern("mro");
    let plain = vm.types().type_().dict().and_then(|d| d.get_str(vm, mro_name));
    match vm.lookup(meta, mro_name) {
        Some(f) if meta != vm.types().type_() && Some(f) != plain => {
            let r = vm.call_bound(f, t.value(), Args::NONE)?;
            let items = vm.collect_values(r)?;
            for x in &items {
                if x.cast::<Type>().is_none() {
                    return Err(vm.type_error(format!("mro() returned a non-class ('{}')", vm.type_name(*x))));
                }
            }
            Ok(items)
        }
        _ => {
            for (i, b) in bases.iter().enumerate() {
                if bases[..i].contains(b) {
                    return Err(vm.type_error(format!("duplicate base class {}", b.name_text())));
                }
            }
            compute_mro(vm, t, bases)
        }
    }
}
fn set_standard_attributes(vm: &Vm, t: Gc<Type>, dict: Gc<Dict>) -> PyResult<()> {
    let n = &vm.names;
    if dict.get_str(vm, n.__module__).is_none()
        && let Some(m) = crate::engine::frame::current_globals(vm).and_then(|g| g.get_str(vm, n.__name__))
    {
        dict.set_str(vm, n.__module__, m)?;
    }
    if let Some(q) = dict.remove(vm, n.__qualname__.value())? {
        if q.cast::<Str>().is_none() {
            return Err(vm.type_error(format!("type __qualname__ must be a str, not {}", vm.type_name(q))));
        }
        t.qualname.set(t, q);
    }
    if dict.get_str(vm, n.__doc__).is_none() {
        dict.set_str(vm, n.__doc__, Value::none())?;
    }
    if let Some(f) = dict.get_str(vm, n.__new__)
        && f.cast::<Function>().is_some()
    {
        dict.set_str(vm, n.__new__, property::new_static_method(vm, f))?;
    }
    for name in [n.__init_subclass__, n.__class_getitem__] {
        if let Some(f) = dict.get_str(vm, name)
            && f.cast::<Function>().is_some()
        {
            dict.set_str(vm, name, property::new_class_method(vm, f))?;
        }
    }
    if let Some(c) = dict.remove(vm, n.__classcell__.value())? {
        match c.cast::<Cell>() {
            Some(c) => c.value.set(c, t.value()),
            None => {
                return Err(vm.type_error(format!(
                    "__classcell__ must be a nonlocal cell, not {}",
                    vm.repr_text(vm.type_of(c).value())?
                )));
            }
        }
    }
    if let Some(c) = dict.remove(vm, n.__classdictcell__.value())?.and_then(|c| c.cast::<Cell>()) {
        c.value.set(c, dict.value());
    }
    Ok(())
}
/// The names of a `__slots__`, checked and mangled.
fn slot_names(vm: &Vm, v: Value, class: Gc<Str>) -> PyResult<Vec<Gc<Str>>> {
    let items = if v.cast::<Str>().is_some() { vec![v] } else { vm.collect_values(v)? };
    let mut names = Vec::new();
    for x in items {
        let Some(s) = x.cast::<Str>() else {
            return Err(vm.type_error(format!("__slots__ items must be strings, not '{}'", vm.type_name(x))));
        };
        if !pyc_text::ident::is_identifier(crate::types::str_::wtf8(s).as_wtf8()) {
            return Err(vm.type_error("__slots__ must be identifiers"));
        }
        names.push(vm.intern(&mangle(&class.to_lossy(), &s.to_lossy())));
    }
    Ok(names)
}
fn mangle(class: &str, name: &str) -> String {
    let c = class.trim_start_matches('_');
    if !name.starts_with("__") || name.ends_with("__") || c.is_empty() {
        return name.to_owned();
    }
    format!("_{c}{name}")
}
fn add_members(
    vm: &Vm,
    t: Gc<Type>,
    base: Gc<Type>,
    dict: Gc<Dict>,
    slots: Option<&[Gc<Str>]>,
    had_dict: bool,
    had_weakref: bool,
) -> PyResult<()> {
    let mut place = base.n_members.load(Relaxed) as u32;
    let mut seen = Vec::new();
    for name in slots.unwrap_or(&[]) {
        if name.is_text("__dict__") {
            if had_dict {
                return Err(vm.type_error("__dict__ slot disallowed: we already got one"));
            }
            continue;
        }
        if name.is_text("__weakref__") {
            if had_weakref {
                return Err(vm.type_error("__weakref__ slot disallowed: we already got one"));
            }
            continue;
        }
        if matches!(base.kind(), Kind::Tuple | Kind::Bytes | Kind::Int) {
            return Err(
                vm.type_error(format!("nonempty __slots__ not supported for subtype of '{}'", vm.tp_name(base)))
            );
        }
        if dict.get_str(vm, *name).is_some() && !seen.contains(name) {
            return Err(vm.value_error(format!("'{}' in __slots__ conflicts with class variable", name.to_lossy())));
        }
        if seen.contains(name) {
            continue;
        }
        seen.push(*name);
        let m = MemberDescriptor { owner: t.into(), name: (*name).into(), place };
        dict.set_str(vm, *name, vm.heap.alloc(m).value())?;
        place += 1;
    }
    t.n_members.store(place as u16, Relaxed);
    if t.has(flags::HAS_DICT) && !had_dict {
        dict.set_str_if_missing(vm, vm.names.__dict__, || property::dict_descriptor(vm, t))?;
    }
    if t.has(flags::HAS_WEAKREF) && !had_weakref {
        dict.set_str_if_missing(vm, vm.names.__weakref__, || property::weakref_descriptor(vm, t))?;
    }
    Ok(())
}
trait SetIfMissing {
    fn set_str_if_missing(self, vm: &Vm, name: Gc<Str>, make: impl FnOnce() -> Value) -> PyResult<()>;
}
impl SetIfMissing for Gc<Dict> {
    fn set_str_if_missing(self, vm: &Vm, name: Gc<Str>, make: impl FnOnce() -> Value) -> PyResult<()> {
        if self.get_str(vm, name).is_none() { self.set_str(vm, name, make()) } else { Ok(()) }
    }
}
fn set_names(vm: &Vm, t: Gc<Type>) -> PyResult<()> {
    let Some(d) = t.dict() else { return Ok(()) };
    for (k, v) in d.items() {
        if let Some(f) = vm.lookup_special(v, vm.names.__set_name__)
            && let Err(e) = vm.call_bound(f, v, Args::positional_only(&[t.value(), k]))
        {
            let x = vm.take_exception(e);
            let note = format!(
                "Error calling __set_name__ on '{}' instance {} in '{}'",
                vm.type_name(v),
                vm.repr_text(k)?,
                t.name_text()
            );
            vm.call_method_name(x.value(), vm.names.add_note, &[vm.str(&note)])?;
            return Err(vm.set_pending(x.value()));
        }
    }
    Ok(())
}
fn init_subclass(vm: &Vm, t: Gc<Type>, kw: &[(Value, Value)]) -> PyResult<()> {
    let sup = crate::types::property::super_lookup(vm, t, t.value(), vm.names.__init_subclass__)?;
    let names: Vec<Value> = kw.iter().map(|(k, _)| *k).collect();
    let values: Vec<Value> = kw.iter().map(|(_, v)| *v).collect();
    let kwnames = if names.is_empty() { None } else { Some(vm.heap.tuple(&names)) };
    vm.call_args(sup, Args { values: &values, kwnames })?;
    Ok(())
}

/// `__build_class__(func, name, *bases, metaclass=..., **kwds)`.
pub fn build_class(vm: &Vm, args: Args<'_>) -> PyResult<Value> {
    let [func, name, bases @ ..] = args.positional() else {
        return Err(vm.type_error("__build_class__: not enough arguments"));
    };
    let Some(func) = func.cast::<Function>() else {
        return Err(vm.type_error("__build_class__: func must be a function"));
    };
    if name.cast::<Str>().is_none() {
        return Err(vm.type_error("__build_class__: name is not a string"));
    }
    let orig = vm.heap.tuple(bases);
    let resolved = resolve_bases(vm, bases)?;
    let bases = match &resolved {
        Some(b) => vm.heap.tuple(b),
        None => orig,
    };
    let mut kw: Vec<(Value, Value)> = Vec::new();
    let mut meta = None;
    for (k, v) in args.keywords() {
        if k.cast::<Str>().is_some_and(|k| k.is_text("metaclass")) { meta = Some(v) } else { kw.push((k, v)) }
    }
    let meta = match meta {
        Some(m) => m,
        None => bases.get(0).map_or(vm.types().type_().value(), |b| vm.type_of(b).value()),
    };
    let meta = match meta.cast::<Type>() {
        Some(m) => calculate_metaclass(vm, m, bases.items())?.value(),
        None => meta,
    };
    let kwnames = |kw: &[(Value, Value)]| {
        if kw.is_empty() { None } else { Some(vm.heap.tuple(&kw.iter().map(|k| k.0).collect::<Vec<_>>())) }
    };
    let with_kw = |mut values: Vec<Value>| {
        values.extend(kw.iter().map(|k| k.1));
        values
    };
    let ns = match vm.get_attr_opt(meta, vm.names.__prepare__)? {
        None => Dict::new(vm).value(),
        Some(prep) => {
            let values = with_kw(vec![*name, bases.value()]);
            let ns = vm.call_args(prep, Args { values: &values, kwnames: kwnames(&kw) })?;
            if !vm.is_mapping(ns) {
                let who = meta.cast::<Type>().map_or("<metaclass>".to_owned(), |m| m.name_text());
                return Err(vm.type_error(format!(
                    "{who}.__prepare__() must return a mapping, not {}",
                    vm.type_name_or_none(ns)
                )));
            }
            ns
        }
    };
    let cell = crate::engine::run_class_body(vm, func, ns)?;
    if resolved.is_some() {
        vm.set_item(ns, vm.names.__orig_bases__.value(), orig.value())?;
    }
    let values = with_kw(vec![*name, bases.value(), ns]);
    let cls = vm.call_args(meta, Args { values: &values, kwnames: kwnames(&kw) })?;
    if let (Some(c), Some(_)) = (cell.cast::<Cell>(), cls.cast::<Type>()) {
        match c.value.bound() {
            None => {
                return Err(crate::raise!(
                    vm,
                    RuntimeError,
                    "__class__ not set defining {} as {}. Was __classcell__ propagated to type.__new__?",
                    vm.repr_text(*name)?,
                    vm.repr_text(cls)?
                ));
            }
            Some(x) if x != cls => {
                return Err(vm.type_error(format!(
                    "__class__ set to {} defining {} as {}",
                    vm.repr_text(x)?,
                    vm.repr_text(*name)?,
                    vm.repr_text(cls)?
                )));
            }
            _ => {}
        }
    }
    Ok(cls)
}
/// Bases after `__mro_entries__`; `None` when nothing changed.
pub fn resolve_bases(vm: &Vm, bases: &[Value]) -> PyResult<Option<Vec<Value>>> {
    let mut out = Vec::with_capacity(bases.len());
    let mut changed = false;
    for b in bases {
        if b.cast::<Type>().is_none()
            && let Some(f) = vm.get_attr_opt(*b, vm.names.__mro_entries__)?
        {
            let r = vm.call(f, &[vm.heap.tuple(bases).value()])?;
            let Some(t) = r.cast::<Tuple>() else {
                return Err(vm.type_error("__mro_entries__ must return a tuple"));
            };
            out.extend_from_slice(t.items());
            changed = true;
        } else {
            out.push(*b);
        }
    }
    Ok(changed.then_some(out))
}

// ---- isinstance, issubclass

pub fn real_isinstance(vm: &Vm, v: Value, cls: Value) -> PyResult<bool> {
    if let Some(t) = cls.cast::<Type>() {
        if vm.is_instance_of(v, t) {
            return Ok(true);
        }
        // A proxy may pretend through `__class__`.
        return Ok(match vm.get_attr_opt(v, vm.names.__class__)?.and_then(|c| c.cast::<Type>()) {
            Some(c) if c != vm.type_of(v) => vm.is_subtype(c, t),
            _ => false,
        });
    }
    check_class(vm, cls, "isinstance() arg 2 must be a type, a tuple of types, or a union")?;
    match vm.get_attr_opt(v, vm.names.__class__)? {
        Some(c) => abstract_issubclass(vm, c, cls),
        None => Ok(false),
    }
}
pub fn real_issubclass(vm: &Vm, c: Value, cls: Value) -> PyResult<bool> {
    if let (Some(a), Some(b)) = (c.cast::<Type>(), cls.cast::<Type>()) {
        return Ok(vm.is_subtype(a, b));
    }
    check_class(vm, c, "issubclass() arg 1 must be a class")?;
    check_class(vm, cls, "issubclass() arg 2 must be a class, a tuple of classes, or a union")?;
    abstract_issubclass(vm, c, cls)
}
fn check_class(vm: &Vm, c: Value, text: &str) -> PyResult<()> {
    match vm.get_attr_opt(c, vm.names.__bases__)? {
        Some(b) if b.cast::<Tuple>().is_some() => Ok(()),
        _ => Err(vm.type_error(text)),
    }
}
fn abstract_issubclass(vm: &Vm, c: Value, cls: Value) -> PyResult<bool> {
    if c == cls {
        return Ok(true);
    }
    let Some(bases) = vm.get_attr_opt(c, vm.names.__bases__)?.and_then(|b| b.cast::<Tuple>()) else {
        return Ok(false);
    };
    vm.check_native_stack(" in __subclasscheck__")?;
    for b in bases.items() {
        if abstract_issubclass(vm, *b, cls)? {
            return Ok(true);
        }
    }
    Ok(false)
}
impl Vm {
    /// `isinstance(v, cls)`.
    pub fn isinstance(&self, v: Value, cls: Value) -> PyResult<bool> {
        if self.type_of(v).value() == cls {
            return Ok(true);
        }
        if let Some(t) = cls.cast::<Type>()
            && self.type_of(cls) == self.types().type_()
        {
            return real_isinstance(self, v, t.value());
        }
        if let Some(t) = cls.cast::<Tuple>() {
            self.check_native_stack(" in __instancecheck__")?;
            for c in t.items() {
                if self.isinstance(v, *c)? {
                    return Ok(true);
                }
            }
            return Ok(false);
        }
        match self.call_special(cls, self.names.__instancecheck__, &[v])? {
            Some(r) => self.is_true(r),
            None => real_isinstance(self, v, cls),
        }
    }
    /// `issubclass(c, cls)`.
    pub fn issubclass(&self, c: Value, cls: Value) -> PyResult<bool> {
        if c == cls && c.cast::<Type>().is_some() {
            return Ok(true);
        }
        if let Some(t) = cls.cast::<Tuple>() {
            self.check_native_stack(" in __subclasscheck__")?;
            for x in t.items() {
                if self.issubclass(c, *x)? {
                    return Ok(true);
                }
            }
            return Ok(false);
        }
        match self.call_special(cls, self.names.__subclasscheck__, &[c])? {
            Some(r) => self.is_true(r),
            None => real_issubclass(self, c, cls),
        }
    }
}

// ---- attributes of classes

pub fn set_bases(vm: &Vm, v: Value, x: Option<Value>) -> PyResult<()> {
    let t = mutable(vm, v, "__bases__")?;
    let Some(x) = x else { return Err(vm.type_error(format!("can't delete {}.__bases__", t.name_text()))) };
    let Some(new) = x.cast::<Tuple>() else {
        return Err(vm.type_error(format!(
            "can only assign tuple to {}.__bases__, not {}",
            t.name_text(),
            vm.type_name(x)
        )));
    };
    if new.is_empty() {
        return Err(vm.type_error(format!("can only assign non-empty tuple to {}.__bases__, not ()", t.name_text())));
    }
    let mut types = Vec::new();
    for b in new.items() {
        let Some(b) = b.cast::<Type>() else {
            return Err(vm.type_error(format!(
                "{}.__bases__ must be tuple of classes, not '{}'",
                t.name_text(),
                vm.type_name(*b)
            )));
        };
        if vm.is_subtype(b, t) {
            return Err(vm.type_error("a __bases__ item causes an inheritance cycle"));
        }
        types.push(b);
    }
    let base = best_base(vm, &types)?;
    if solid_base(vm, base) != t.base().map_or(base, |b| solid_base(vm, b)) {
        return Err(vm.type_error(format!(
            "__bases__ assignment: '{}' object layout differs from '{}'",
            vm.tp_name(base),
            t.base().map_or("?".to_owned(), |b| vm.tp_name(b))
        )));
    }
    let mro = class_mro(vm, vm.type_of(v), t, &types)?;
    for b in bases_of(t) {
        if let Some(d) = b.subclasses.cast::<Dict>() {
            d.remove_hashed(vm, v, crate::hash::pointer(v.address()))?;
        }
    }
    t.bases.set(t, new.value());
    t.base.set(t, base.value());
    t.mro.set(t, vm.heap.tuple(&mro).value());
    for b in types {
        vm.add_subclass(b, t)?;
    }
    refresh(vm, t)
}
/// Recomputes what a class derives from its MRO, and the same for its subclasses.
fn refresh(vm: &Vm, t: Gc<Type>) -> PyResult<()> {
    vm.type_modified(t);
    slotdefs::compute_slots(vm, t);
    for s in vm.subclasses(t) {
        let mro = class_mro(vm, vm.type_of(s.value()), s, &bases_of(s))?;
        s.mro.set(s, vm.heap.tuple(&mro).value());
        refresh(vm, s)?;
    }
    Ok(())
}
fn own(vm: &Vm, t: Gc<Type>, name: Gc<Str>) -> Option<Value> {
    t.dict()?.get_str(vm, name)
}
pub fn get_annotate(vm: &Vm, v: Value) -> PyResult<Value> {
    let t = vm.expect::<Type>(v, "self")?;
    if !t.has(flags::HEAPTYPE) {
        return Err(vm.attribute_error_name(v, vm.names.__annotate__));
    }
    Ok(own(vm, t, vm.names.__annotate_func__).or(own(vm, t, vm.names.__annotate__)).unwrap_or(Value::none()))
}
pub fn set_annotate(vm: &Vm, v: Value, x: Option<Value>) -> PyResult<()> {
    let t = mutable(vm, v, "__annotate__")?;
    let Some(x) = x else { return Err(vm.type_error("cannot delete __annotate__ attribute")) };
    if !x.is_none() && !vm.is_callable(x) {
        return Err(vm.type_error("__annotate__ must be callable or None"));
    }
    vm.set_type_attr(t, vm.names.__annotate_func__, Some(x))?;
    if !x.is_none() && own(vm, t, vm.names.__annotations_cache__).is_some() {
        vm.set_type_attr(t, vm.names.__annotations_cache__, None)?;
    }
    Ok(())
}
pub fn get_annotations(vm: &Vm, v: Value) -> PyResult<Value> {
    let t = vm.expect::<Type>(v, "self")?;
    if !t.has(flags::HEAPTYPE) {
        return Err(vm.attribute_error_name(v, vm.names.__annotations__));
    }
    for n in [vm.names.__annotations__, vm.names.__annotations_cache__] {
        if let Some(a) = own(vm, t, n) {
            return match vm.type_of(a).slots.descr_get.get() {
                Some(g) => g(vm, a, None, Some(v)),
                None => Ok(a),
            };
        }
    }
    let f = get_annotate(vm, v)?;
    let d = if f.is_none() { Dict::new(vm).value() } else { vm.call(f, &[Value::int(1)])? };
    if d.cast::<Dict>().is_none() {
        return Err(vm.type_error(format!("__annotate__() must return a dict, not {}", vm.type_name(d))));
    }
    vm.set_type_attr(t, vm.names.__annotations_cache__, Some(d))?;
    Ok(d)
}
pub fn set_annotations(vm: &Vm, v: Value, x: Option<Value>) -> PyResult<()> {
    let t = mutable(vm, v, "__annotations__")?;
    let name = if own(vm, t, vm.names.__annotations__).is_some() {
        vm.names.__annotations__
    } else {
        vm.names.__annotations_cache__
    };
    if x.is_none() && own(vm, t, name).is_none() {
        return Err(vm.attribute_error_name(v, vm.names.__annotations__));
    }
    vm.set_type_attr(t, name, x)?;
    if own(vm, t, vm.names.__annotate_func__).is_some() {
        vm.set_type_attr(t, vm.names.__annotate_func__, Some(Value::none()))?;
    }
    Ok(())
}

// ---- pickling

/// Values of `__slots__` members as a dict, for `__getstate__`.
pub fn slot_state(vm: &Vm, v: Value) -> PyResult<Option<Value>> {
    let t = vm.type_of(v);
    let Some(mro) = t.mro() else { return Ok(None) };
    let d = Dict::new(vm);
    for c in mro.items().iter().filter_map(|c| c.cast::<Type>()).filter(|c| c.has(flags::HEAPTYPE)) {
        for (k, m) in c.dict().map_or_else(Vec::new, |d| d.items()) {
            if let (Some(m), Some(k)) = (m.cast::<MemberDescriptor>(), k.cast::<Str>())
                && let Some(x) = vm.heap.attrs(&v).get(m.place as usize).and_then(Slot::bound)
            {
                d.set_str(vm, k, x)?;
            }
        }
    }
    Ok((!d.is_empty()).then(|| d.value()))
}
/// `object.__reduce_ex__` of protocol 2 and later.
pub fn reduce_newobj(vm: &Vm, v: Value, copyreg: Value) -> PyResult<Value> {
    let cls = vm.type_of(v);
    if cls.slots.new.address() == 0 {
        return Err(vm.type_error(format!("cannot pickle '{}' object", vm.type_name(v))));
    }
    let get = |name: Gc<Str>| vm.call_special(v, name, &[]);
    let (args, kwargs) = match get(vm.names.__getnewargs_ex__)? {
        Some(r) => {
            let t = vm.expect_tuple(r, "__getnewargs_ex__ result")?;
            let [a, k] = t.items() else {
                return Err(
                    vm.value_error(format!("__getnewargs_ex__ should return a tuple of length 2, not {}", t.len()))
                );
            };
            (vm.expect_tuple(*a, "args")?, Some(vm.expect_dict(*k, "kwargs")?))
        }
        None => match get(vm.names.__getnewargs__)? {
            Some(r) => match r.cast::<Tuple>() {
                Some(t) => (t, None),
                None => {
                    return Err(
                        vm.type_error(format!("__getnewargs__ should return a tuple, not '{}'", vm.type_name(r)))
                    );
                }
            },
            None => (vm.heap.tuple(&[]), None),
        },
    };
    let state = vm.call_method_name(v, vm.names.__getstate__, &[])?;
    let builtin_payload = !matches!(
        cls.kind(),
        Kind::Object
            | Kind::List
            | Kind::Dict
            | Kind::Exception
            | Kind::Int
            | Kind::Float
            | Kind::Str
            | Kind::Bytes
            | Kind::Tuple
            | Kind::Set
            | Kind::FrozenSet
            | Kind::Complex
    );
    if builtin_payload && args.is_empty() && state.is_none() {
        return Err(vm.type_error(format!("cannot pickle '{}' object", vm.type_name(v))));
    }
    let (f, call_args) = match kwargs.filter(|k| !k.is_empty()) {
        Some(k) => {
            (vm.get_attr_text(copyreg, "__newobj_ex__")?, vm.heap.tuple(&[cls.value(), args.value(), k.value()]))
        }
        None => {
            let mut a = vec![cls.value()];
            a.extend_from_slice(args.items());
            (vm.get_attr_text(copyreg, "__newobj__")?, vm.heap.tuple(&a))
        }
    };
    let list_items = if v.kind() == Kind::List { vm.iter(v)? } else { Value::none() };
    let dict_items = if v.kind() == Kind::Dict {
        let items = vm.call_method_name(v, vm.names.items, &[])?;
        vm.iter(items)?
    } else {
        Value::none()
    };
    Ok(vm.heap.tuple(&[f, call_args.value(), state, list_items, dict_items]).value())
}
