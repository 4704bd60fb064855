//! type: classes, their making, their method resolution order, lookup of attributes through it.
//!
//! Invariant: a type's `mro`, `slots` and shapes are complete before anything else sees it; every change of a type's dict
//! goes through `set_type_attr`, which bumps versions of the type and its subclasses (0 means "ask again") and
//! recomputes slots. Next: `class_build.rs` (class statements and `type(...)`), `object/slotdefs.rs` (slots and dunders).

use crate::error::PyResult;
use crate::native::{GetSetDef, MethodDef};
use crate::object::shapes;
use crate::object::slotdefs;
use crate::object::slots::{SlotTable, Slots};
use crate::types::descr;
use crate::types::dict::{Dict, DictExt};
use crate::types::exception::Exc;
use crate::vm::Vm;
use bunpy_heap::cell::Opaque;
use bunpy_heap::{Gc, Kind, Slot, Str, Trace, Tracer, Tuple, Value, payload};
use std::sync::atomic::{AtomicU16, AtomicU32, Ordering::Relaxed};

/// What may be done with a type; CPython's `Py_TPFLAGS_` in spirit.
pub mod flags {
    /// May be subclassed.
    pub const BASETYPE: u32 = 1;
    /// Attributes of the type itself may not be assigned (builtin types).
    pub const IMMUTABLE: u32 = 2;
    /// Made by a class statement or `type(...)`.
    pub const HEAPTYPE: u32 = 4;
    pub const SEQUENCE: u32 = 8;
    pub const MAPPING: u32 = 16;
    /// Cannot be called to make an instance.
    pub const NO_NEW: u32 = 32;
    /// `obj.method()` needs no bound method (functions, method descriptors).
    pub const METHOD_DESCRIPTOR: u32 = 64;
    pub const ABSTRACT: u32 = 128;
    /// Patterns `case int(x)` bind the subject itself.
    pub const MATCH_SELF: u32 = 256;
    /// Instances have a `__dict__`.
    pub const HAS_DICT: u32 = 512;
    pub const HAS_WEAKREF: u32 = 1024;
}

payload! {
    pub struct Type: Type {
        pub name: Slot,
        pub qualname: Slot,
        pub bases: Slot,
        pub mro: Slot,
        pub base: Slot,
        pub dict: Slot,
        /// A dict of the direct subclasses: the type object to itself.
        pub subclasses: Slot,
        pub slots: Slots,
        pub flags: AtomicU32,
        /// 0 when nothing cached about this type may be believed.
        pub version: AtomicU32,
        /// Kind of the instances' payload.
        pub instance_kind: u16,
        /// Words of `__slots__` members, inherited ones included.
        pub n_members: AtomicU16,
        /// Attribute words after the dict word that new instances get.
        pub inline_cap: AtomicU16,
        /// Shape of a fresh instance, of one whose attributes are in a dict.
        pub root_shape: AtomicU32,
        pub dict_shape: AtomicU32,
        /// Where instances' payload has their dict, if not in an attribute word.
        pub dict_slot: Opaque<Option<DictSlot>>,
        pub spec: &'static TypeSpec,
    }
}

/// The field of a payload that holds an instance's dict.
pub type DictSlot = fn(&Value) -> Option<&Slot>;

/// A builtin type as its file writes it: one table on one screen.
#[derive(Clone, Copy)]
pub struct TypeSpec {
    /// CPython's `tp_name`: `list`, `collections.deque`.
    pub name: &'static str,
    pub kind: Kind,
    pub flags: u32,
    pub doc: &'static str,
    /// `(iterable=(), /)`; empty where CPython has none.
    pub signature: &'static str,
    /// `__new__` as a row; its receiver is the class. `slots.new` wins if both are there.
    pub new: Option<MethodDef>,
    /// `__init__` as a row.
    pub init: Option<MethodDef>,
    pub slots: SlotTable,
    pub methods: &'static [MethodDef],
    pub getset: &'static [GetSetDef],
    /// Where the payload has a field for `__dict__` (then `flags::HAS_DICT` is set too).
    pub dict_slot: Option<DictSlot>,
    /// `__match_args__` and other constants are set by `finish`, which gets the type when it is ready.
    pub finish: Option<fn(&Vm, Gc<Type>) -> PyResult<()>>,
}
impl TypeSpec {
    pub const EMPTY: TypeSpec = TypeSpec {
        name: "",
        kind: Kind::Object,
        flags: 0,
        doc: "",
        signature: "",
        new: None,
        init: None,
        slots: SlotTable::EMPTY,
        methods: &[],
        getset: &[],
        dict_slot: None,
        finish: None,
    };
}
pub static HEAP_TYPE: TypeSpec = TypeSpec { name: "", ..TypeSpec::EMPTY };

impl Trace for &'static TypeSpec {
    fn trace(&self, _: &mut Tracer<'_>) {}
}

impl Type {
    pub fn new(name: Value, kind: Kind, flags: u32, spec: &'static TypeSpec) -> Type {
        Type {
            name: Slot::new(name),
            qualname: Slot::new(name),
            bases: Slot::unbound(),
            mro: Slot::unbound(),
            base: Slot::unbound(),
            dict: Slot::unbound(),
            subclasses: Slot::unbound(),
            slots: Slots::new(&spec.slots),
            flags: AtomicU32::new(flags),
            version: AtomicU32::new(0),
            instance_kind: kind as u16,
            n_members: AtomicU16::new(0),
            inline_cap: AtomicU16::new(0),
            root_shape: AtomicU32::new(kind as u32),
            dict_shape: AtomicU32::new(kind as u32),
            dict_slot: Opaque(spec.dict_slot),
            spec,
        }
    }
    #[inline(always)]
    pub fn has(&self, flag: u32) -> bool {
        self.flags.load(Relaxed) & flag != 0
    }
    #[inline(always)]
    pub fn dict(&self) -> Option<Gc<Dict>> {
        self.dict.cast::<Dict>()
    }
    #[inline(always)]
    pub fn mro(&self) -> Option<Gc<Tuple>> {
        self.mro.cast::<Tuple>()
    }
    pub fn base(&self) -> Option<Gc<Type>> {
        self.base.cast::<Type>()
    }
    pub fn kind(&self) -> Kind {
        Kind::ALL[self.instance_kind as usize]
    }
    /// The bare name.
    pub fn name_text(&self) -> String {
        self.name.cast::<Str>().map_or_else(|| "?".to_owned(), |s| s.to_lossy())
    }
}

impl Vm {
    /// The class of any value.
    #[inline(always)]
    pub fn type_of(&self, v: Value) -> Gc<Type> {
        match self.heap.class_of(v).cast::<Type>() {
            Some(t) => t,
            None => self.types().object(),
        }
    }
    /// The name of a value's class, for messages: with its module where CPython's `tp_name` has one.
    pub fn type_name(&self, v: Value) -> String {
        self.tp_name(self.type_of(v))
    }
    pub fn tp_name(&self, t: Gc<Type>) -> String {
        if t.has(flags::HEAPTYPE) || t.spec.name.is_empty() { t.name_text() } else { t.spec.name.to_owned() }
    }

    #[inline]
    pub fn is_subtype(&self, t: Gc<Type>, of: Gc<Type>) -> bool {
        if t == of {
            return true;
        }
        match t.mro() {
            Some(mro) => mro.items().contains(&of.value()),
            None => {
                // While a type is being made.
                let mut b = t.base();
                while let Some(x) = b {
                    if x == of {
                        return true;
                    }
                    b = x.base();
                }
                of == self.types().object()
            }
        }
    }
    #[inline]
    pub fn is_instance_of(&self, v: Value, t: Gc<Type>) -> bool {
        self.is_subtype(self.type_of(v), t)
    }

    /// The attribute `name` of the types in `t`'s MRO (`_PyType_Lookup`), through the machine's cache.
    #[inline]
    pub fn lookup(&self, t: Gc<Type>, name: Gc<Str>) -> Option<Value> {
        if name.is_interned() {
            let version = t.version.load(Relaxed);
            if version != 0
                && let Some(hit) = self.method_cache.get(version, name)
            {
                return hit.bound();
            }
        }
        self.lookup_slow(t, name)
    }
    fn lookup_slow(&self, t: Gc<Type>, name: Gc<Str>) -> Option<Value> {
        let found = self.lookup_mro(t, name).map(|(v, _)| v);
        if name.is_interned() {
            let mut version = t.version.load(Relaxed);
            if version == 0 {
                version = self.new_type_version();
                t.version.store(version, Relaxed);
            }
            if version != 0 {
                self.method_cache.put(version, name, Value::or_unbound(found));
            }
        }
        found
    }
    /// As `lookup`, with the type in whose dict the attribute stands.
    pub fn lookup_mro(&self, t: Gc<Type>, name: Gc<Str>) -> Option<(Value, Gc<Type>)> {
        let mro = t.mro()?;
        mro.items().iter().find_map(|&c| {
            let c = c.cast::<Type>()?;
            Some((c.dict()?.get_str(self, name)?, c))
        })
    }
    /// A special method of the value's type, unbound (`_PyObject_LookupSpecial` without the binding).
    #[inline]
    pub fn lookup_special(&self, v: Value, name: Gc<Str>) -> Option<Value> {
        self.lookup(self.type_of(v), name)
    }

    /// Nothing cached about `t` or its subclasses may be believed any more.
    pub fn type_modified(&self, t: Gc<Type>) {
        t.version.store(0, Relaxed);
        for s in self.subclasses(t) {
            self.type_modified(s);
        }
    }
    pub fn subclasses(&self, t: Gc<Type>) -> Vec<Gc<Type>> {
        match t.subclasses.cast::<Dict>() {
            Some(d) => d.items().iter().filter_map(|(k, _)| k.cast::<Type>()).collect(),
            None => Vec::new(),
        }
    }

    /// Sets or deletes an attribute in the type's own dict, without looking at the metatype.
    pub fn set_type_attr(&self, t: Gc<Type>, name: Gc<Str>, value: Option<Value>) -> PyResult<()> {
        let name = self.intern_str(name);
        let Some(d) = t.dict() else { return Ok(()) };
        match value {
            Some(v) => d.set_str(self, name, v)?,
            None => {
                if d.remove(self, name.value())?.is_none() {
                    return Err(crate::raise!(
                        self,
                        AttributeError,
                        "type object '{}' has no attribute '{}'",
                        t.name_text(),
                        name.to_lossy()
                    ));
                }
            }
        }
        self.type_modified(t);
        slotdefs::update_slots_for(self, t, name);
        Ok(())
    }

    /// Makes a builtin type from its table. `base` `None` is for `object` alone.
    pub fn new_builtin_type(&self, spec: &'static TypeSpec, base: Option<Gc<Type>>) -> PyResult<Gc<Type>> {
        let short = spec.name.rsplit('.').next().unwrap_or(spec.name);
        let name = self.intern(short);
        let t = self.heap.alloc(Type::new(name.value(), spec.kind, spec.flags | flags::IMMUTABLE, spec));
        self.finish_builtin_type(t, spec, base)?;
        Ok(t)
    }
    /// The second half of `new_builtin_type`: `t`'s cell exists (bootstrap makes `type` and `object` before all else).
    pub fn finish_builtin_type(&self, t: Gc<Type>, spec: &'static TypeSpec, base: Option<Gc<Type>>) -> PyResult<()> {
        let dict = Dict::new(self);
        t.dict.set(t, dict.value());
        let shared_kind =
            matches!(spec.kind, Kind::Exception) && self.heap.entry(spec.kind as u32).class.get() != Value::none();
        let own_kind = !shared_kind && base.is_none_or(|b| b.kind() != spec.kind);
        if own_kind && (spec.kind != Kind::Object || base.is_none()) {
            self.heap.entry(spec.kind as u32).class.set(Value::none(), t.value());
        }
        if let Some(b) = base {
            t.base.set(t, b.value());
            t.bases.set(t, self.heap.tuple(&[b.value()]).value());
            let mut mro = vec![t.value()];
            if let Some(m) = b.mro() {
                mro.extend_from_slice(m.items());
            }
            t.mro.set(t, self.heap.tuple(&mro).value());
            t.slots.inherit_base(self, t, b);
            t.flags.fetch_or(
                b.flags.load(Relaxed)
                    & (flags::SEQUENCE | flags::MAPPING | flags::MATCH_SELF | flags::HAS_DICT | flags::HAS_WEAKREF),
                Relaxed,
            );
            self.add_subclass(b, t)?;
        } else {
            t.bases.set(t, self.heap.tuple(&[]).value());
            t.mro.set(t, self.heap.tuple(&[t.value()]).value());
        }
        shapes::init_type_shapes(self, t, base);
        descr::add_spec_attributes(self, t, spec, dict)?;
        slotdefs::add_wrappers(self, t, spec, dict)?;
        if let Some(f) = spec.finish {
            f(self, t)?;
        }
        Ok(())
    }
    pub fn add_subclass(&self, base: Gc<Type>, t: Gc<Type>) -> PyResult<()> {
        let d = match base.subclasses.cast::<Dict>() {
            Some(d) => d,
            None => {
                let d = Dict::new(self);
                base.subclasses.set(base, d.value());
                d
            }
        };
        d.set_hashed(self, t.value(), crate::hash::pointer(t.value().address()), t.value())
    }
    /// A type object for an exception that a table names, or for any error.
    pub fn exc_type(&self, e: Exc) -> Gc<Type> {
        self.exceptions.get(e)
    }
}

impl Slots {
    /// What a type without a say of its own takes from its base: every slot, hash and comparison together.
    pub fn inherit_base(&self, _vm: &Vm, _t: Gc<Type>, base: Gc<Type>) {
        let own_compare = self.richcompare.address() != 0;
        let own_hash = self.hash.address() != 0;
        self.inherit_empty(&base.slots);
        if own_compare && !own_hash {
            self.hash.set(Some(crate::object::generic::hash_not_implemented));
        }
    }
}

/// The C3 linearisation of `bases`' MROs.
pub fn compute_mro(vm: &Vm, t: Gc<Type>, bases: &[Gc<Type>]) -> PyResult<Vec<Value>> {
    let mut lists: Vec<Vec<Value>> =
        bases.iter().map(|b| b.mro().map_or_else(Vec::new, |m| m.items().to_vec())).collect();
    lists.push(bases.iter().map(|b| b.value()).collect());
    let mut heads = vec![0usize; lists.len()];
    let mut mro = vec![t.value()];
    loop {
        let mut done = true;
        let mut picked = None;
        for (i, l) in lists.iter().enumerate() {
            let Some(&c) = l.get(heads[i]) else { continue };
            done = false;
            let blocked = lists.iter().zip(&heads).any(|(m, &h)| m.get(h + 1..).is_some_and(|rest| rest.contains(&c)));
            if !blocked {
                picked = Some(c);
                break;
            }
        }
        match picked {
            Some(c) => {
                mro.push(c);
                for (l, h) in lists.iter().zip(heads.iter_mut()) {
                    if l.get(*h) == Some(&c) {
                        *h += 1;
                    }
                }
            }
            None if done => return Ok(mro),
            None => {
                let mut names = Vec::new();
                for (l, &h) in lists.iter().zip(&heads) {
                    if let Some(c) = l.get(h).and_then(|c| c.cast::<Type>())
                        && !names.contains(&c.name_text())
                    {
                        names.push(c.name_text());
                    }
                }
                return Err(vm.type_error(format!(
                    "Cannot create a consistent method resolution order (MRO) for bases {}",
                    names.join(", ")
                )));
            }
        }
    }
}
