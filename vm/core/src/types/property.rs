//! property, staticmethod, classmethod, super, mappingproxy, and the `__dict__` and `__weakref__` of instances.
//!
//! Invariant: these bind attributes and keep nothing of their own besides what they wrap.

use crate::error::PyResult;
use crate::native::{GetSetDef, MethodDef, get, get_set, method};
use crate::object::slots::{Cmp, SlotTable};
use crate::object::{generic, shapes};
use crate::types::descr::{GetSetDescriptor, GetSetRef};
use crate::types::dict::{Dict, DictExt};
use crate::types::type_::{Type, TypeSpec, flags};
use crate::vm::Vm;
use bunpy_heap::{Gc, Kind, Slot, Str, Value, payload};
use std::sync::atomic::Ordering::Relaxed;

payload! { pub struct Property: Property { pub fget: Slot, pub fset: Slot, pub fdel: Slot, pub doc: Slot, pub name: Slot } }
payload! { pub struct StaticMethod: StaticMethod { pub func: Slot, dict: Slot } }
payload! { pub struct ClassMethod: ClassMethod { pub func: Slot, dict: Slot } }
payload! { pub struct Super: Super { pub this_class: Slot, pub obj: Slot, pub obj_type: Slot } }
payload! { pub struct MappingProxy: MappingProxy { pub mapping: Slot } }

// ---- property

pub static PROPERTY: TypeSpec = TypeSpec {
    name: "property",
    kind: Kind::Property,
    flags: flags::BASETYPE,
    doc: "Property attribute.\n\n  fget\n    function to be used for getting an attribute value\n  fset\n    function to be used for setting an attribute value\n  fdel\n    function to be used for del'ing an attribute\n  doc\n    docstring\n\nTypical use is to define a managed attribute x:\n\nclass C(object):\n    def getx(self): return self._x\n    def setx(self, value): self._x = value\n    def delx(self): del self._x\n    x = property(getx, setx, delx, \"I'm the 'x' property.\")\n\nDecorators make defining new properties or modifying existing ones easy:\n\nclass C(object):\n    @property\n    def x(self):\n        \"I am the 'x' property.\"\n        return self._x\n    @x.setter\n    def x(self, value):\n        self._x = value\n    @x.deleter\n    def x(self):\n        del self._x",
    signature: "(fget=None, fset=None, fdel=None, doc=None)",
    init: Some(method("__init__", "($self, fget=None, fset=None, fdel=None, doc=None)", property_init)),
    slots: SlotTable {
        new: Some(|vm, cls, _| Ok(vm.heap.alloc_shaped(cls.root_shape.load(Relaxed), empty_property()).value())),
        descr_get: Some(property_get),
        descr_set: Some(property_set),
        ..SlotTable::EMPTY
    },
    methods: &[
        method("getter", "($self, object, /)", |vm: &Vm, p: Gc<Property>, f: Value| copy_with(vm, p, 0, f))
            .doc("Descriptor to obtain a copy of the property with a different getter."),
        method("setter", "($self, object, /)", |vm: &Vm, p: Gc<Property>, f: Value| copy_with(vm, p, 1, f))
            .doc("Descriptor to obtain a copy of the property with a different setter."),
        method("deleter", "($self, object, /)", |vm: &Vm, p: Gc<Property>, f: Value| copy_with(vm, p, 2, f))
            .doc("Descriptor to obtain a copy of the property with a different deleter."),
        method("__set_name__", "($self, owner, name, /)", |_: &Vm, p: Gc<Property>, _o: Value, n: Value| {
            p.name.set(p, n)
        })
        .doc("Method to set name of a property."),
    ],
    getset: &[
        get("fget", |vm, v| Ok(prop(vm, v)?.fget.get())),
        get("fset", |vm, v| Ok(prop(vm, v)?.fset.get())),
        get("fdel", |vm, v| Ok(prop(vm, v)?.fdel.get())),
        get_set(
            "__doc__",
            |vm, v| Ok(prop(vm, v)?.doc.get()),
            |vm, v, x| {
                let p = prop(vm, v)?;
                p.doc.set(p, x.unwrap_or(Value::none()));
                Ok(())
            },
        ),
        get_set(
            "__name__",
            |vm, v| match property_name(vm, prop(vm, v)?)? {
                Some(n) => Ok(n),
                None => Err(vm.attribute_error_name(v, vm.names.__name__)),
            },
            |vm, v, x| {
                let p = prop(vm, v)?;
                p.name.set(p, Value::or_unbound(x));
                Ok(())
            },
        ),
        get("__isabstractmethod__", |vm, v| {
            let p = prop(vm, v)?;
            for f in [p.fget.get(), p.fset.get(), p.fdel.get()] {
                if is_abstract(vm, f)? {
                    return Ok(Value::bool(true));
                }
            }
            Ok(Value::bool(false))
        }),
    ],
    ..TypeSpec::EMPTY
};
fn empty_property() -> Property {
    let none = || Slot::new(Value::none());
    Property { fget: none(), fset: none(), fdel: none(), doc: none(), name: Slot::unbound() }
}
fn prop(vm: &Vm, v: Value) -> PyResult<Gc<Property>> {
    vm.expect::<Property>(v, "descriptor receiver")
}
fn is_abstract(vm: &Vm, f: Value) -> PyResult<bool> {
    match vm.get_attr_opt(f, vm.names.__isabstractmethod__)? {
        Some(x) => vm.is_true(x),
        None => Ok(false),
    }
}
fn property_name(vm: &Vm, p: Gc<Property>) -> PyResult<Option<Value>> {
    match p.name.bound() {
        Some(n) => Ok(Some(n)),
        None if p.fget.get().is_none() => Ok(None),
        None => vm.get_attr_opt(p.fget.get(), vm.names.__name__),
    }
}
fn property_init(
    vm: &Vm,
    p: Gc<Property>,
    fget: Option<Value>,
    fset: Option<Value>,
    fdel: Option<Value>,
    doc: Option<Value>,
) -> PyResult<()> {
    let or_none = |v: Option<Value>| v.unwrap_or(Value::none());
    p.fget.set(p, or_none(fget));
    p.fset.set(p, or_none(fset));
    p.fdel.set(p, or_none(fdel));
    let mut d = or_none(doc);
    if d.is_none()
        && let Some(f) = fget.filter(|f| !f.is_none())
        && let Some(x) = vm.get_attr_opt(f, vm.names.__doc__)?
    {
        d = x;
    }
    p.doc.set(p, d);
    Ok(())
}
fn copy_with(vm: &Vm, p: Gc<Property>, which: usize, f: Value) -> PyResult<Value> {
    let mut parts = [p.fget.get(), p.fset.get(), p.fdel.get(), p.doc.get()];
    if let Some(x) = parts.get_mut(which) {
        *x = f;
    }
    if which == 0 {
        parts[3] = Value::none();
    }
    let new = vm.call(vm.type_of(p.value()).value(), &parts)?;
    if let (Some(q), Some(n)) = (new.cast::<Property>(), p.name.bound()) {
        q.name.set(q, n);
    }
    Ok(new)
}
fn property_get(vm: &Vm, v: Value, obj: Option<Value>, _: Option<Value>) -> PyResult<Value> {
    let p = prop(vm, v)?;
    let Some(o) = obj else { return Ok(v) };
    let f = p.fget.get();
    if f.is_none() {
        return Err(no_accessor(vm, p, o, "getter")?);
    }
    vm.call(f, &[o])
}
fn property_set(vm: &Vm, v: Value, obj: Value, x: Option<Value>) -> PyResult<()> {
    let p = prop(vm, v)?;
    let (f, what) = match x {
        Some(_) => (p.fset.get(), "setter"),
        None => (p.fdel.get(), "deleter"),
    };
    if f.is_none() {
        return Err(no_accessor(vm, p, obj, what)?);
    }
    match x {
        Some(x) => vm.call(f, &[obj, x])?,
        None => vm.call(f, &[obj])?,
    };
    Ok(())
}
fn no_accessor(vm: &Vm, p: Gc<Property>, obj: Value, what: &str) -> PyResult<crate::Raised> {
    let t = vm.type_of(obj);
    let owner = vm.repr_text(t.qualname.get())?;
    Ok(match property_name(vm, p)? {
        Some(n) => {
            let text = format!("property {} of {owner} object has no {what}", vm.repr_text(n)?);
            crate::raise!(vm, AttributeError, "{text}")
        }
        None => crate::raise!(vm, AttributeError, "property of {owner} object has no {what}"),
    })
}

// ---- staticmethod, classmethod

const WRAPPER_GETSET: [GetSetDef; 3] = [
    get("__func__", |_, v| Ok(wrapped(v))),
    get("__wrapped__", |_, v| Ok(wrapped(v))),
    get("__isabstractmethod__", |vm, v| is_abstract(vm, wrapped(v)).map(Value::bool)),
];
fn wrapped(v: Value) -> Value {
    if let Some(s) = v.cast::<StaticMethod>() {
        return s.func.get();
    }
    v.cast::<ClassMethod>().map_or(Value::none(), |c| c.func.get())
}
pub static STATIC_METHOD: TypeSpec = TypeSpec {
    name: "staticmethod",
    kind: Kind::StaticMethod,
    flags: flags::BASETYPE | flags::HAS_DICT,
    doc: "Convert a function to be a static method.\n\nA static method does not receive an implicit first argument.\nTo declare a static method, use this idiom:\n\n     class C:\n         @staticmethod\n         def f(arg1, arg2, argN):\n             ...\n\nIt can be called either on the class (e.g. C.f()) or on an instance\n(e.g. C().f()). Both the class and the instance are ignored, and\nneither is passed implicitly as the first argument to the method.\n\nStatic methods in Python are similar to those found in Java or C++.\nFor a more advanced concept, see the classmethod builtin.",
    signature: "(function, /)",
    new: Some(method("__new__", "($type, function, /)", |vm: &Vm, cls: Gc<Type>, f: Value| -> PyResult<Value> {
        let s = StaticMethod { func: f.into(), dict: Slot::unbound() };
        let v = vm.heap.alloc_shaped(cls.root_shape.load(Relaxed), s).value();
        copy_function_attributes(vm, v, f)?;
        Ok(v)
    })),
    slots: SlotTable {
        repr: Some(|vm, v| Ok(vm.str(&format!("<staticmethod({})>", vm.repr_text(wrapped(v))?)))),
        call: Some(|vm, v, a| vm.call_args(wrapped(v), a)),
        descr_get: Some(|_, v, _, _| Ok(wrapped(v))),
        ..SlotTable::EMPTY
    },
    getset: &WRAPPER_GETSET,
    dict_slot: Some(|v| v.payload::<StaticMethod>().map(|s| &s.dict)),
    ..TypeSpec::EMPTY
};
pub static CLASS_METHOD: TypeSpec = TypeSpec {
    name: "classmethod",
    kind: Kind::ClassMethod,
    flags: flags::BASETYPE | flags::HAS_DICT,
    doc: "Convert a function to be a class method.\n\nA class method receives the class as implicit first argument,\njust like an instance method receives the instance.\nTo declare a class method, use this idiom:\n\n  class C:\n      @classmethod\n      def f(cls, arg1, arg2, argN):\n          ...\n\nIt can be called either on the class (e.g. C.f()) or on an instance\n(e.g. C().f()).  The instance is ignored except for its class.\nIf a class method is called for a derived class, the derived class\nobject is passed as the implied first argument.\n\nClass methods are different than C++ or Java static methods.\nIf you want those, see the staticmethod builtin.",
    signature: "(function, /)",
    new: Some(method("__new__", "($type, function, /)", |vm: &Vm, cls: Gc<Type>, f: Value| -> PyResult<Value> {
        let s = ClassMethod { func: f.into(), dict: Slot::unbound() };
        let v = vm.heap.alloc_shaped(cls.root_shape.load(Relaxed), s).value();
        copy_function_attributes(vm, v, f)?;
        Ok(v)
    })),
    slots: SlotTable {
        repr: Some(|vm, v| Ok(vm.str(&format!("<classmethod({})>", vm.repr_text(wrapped(v))?)))),
        descr_get: Some(|vm, v, obj, owner| {
            let cls = owner.or(obj.map(|o| vm.type_of(o).value())).unwrap_or(Value::none());
            Ok(crate::types::function::new_bound(vm, wrapped(v), cls))
        }),
        ..SlotTable::EMPTY
    },
    getset: &WRAPPER_GETSET,
    dict_slot: Some(|v| v.payload::<ClassMethod>().map(|s| &s.dict)),
    ..TypeSpec::EMPTY
};
fn copy_function_attributes(vm: &Vm, v: Value, f: Value) -> PyResult<()> {
    let n = &vm.names;
    for name in [n.__module__, n.__name__, n.__qualname__, n.__doc__] {
        if let Some(x) = vm.get_attr_opt(f, name)? {
            shapes::set(vm, v, name, x)?;
        }
    }
    Ok(())
}
pub fn new_static_method(vm: &Vm, f: Value) -> Value {
    vm.heap.alloc(StaticMethod { func: f.into(), dict: Slot::unbound() }).value()
}
pub fn new_class_method(vm: &Vm, f: Value) -> Value {
    vm.heap.alloc(ClassMethod { func: f.into(), dict: Slot::unbound() }).value()
}

/// A row as a method of a class made by `type(...)`.
pub fn new_repr(vm: &Vm, def: &'static MethodDef) -> Value {
    let owner = vm.types().object();
    vm.heap
        .alloc(crate::types::descr::MethodDescriptor { def: crate::types::function::DefRef(def), owner: owner.into() })
        .value()
}

// ---- super

pub static SUPER: TypeSpec = TypeSpec {
    name: "super",
    kind: Kind::Super,
    flags: flags::BASETYPE,
    doc: "super() -> same as super(__class__, <first argument>)\nsuper(type) -> unbound super object\nsuper(type, obj) -> bound super object; requires isinstance(obj, type)\nsuper(type, type2) -> bound super object; requires issubclass(type2, type)\nTypical use to call a cooperative superclass method:\nclass C(B):\n    def meth(self, arg):\n        super().meth(arg)\nThis works for class methods too:\nclass C(B):\n    @classmethod\n    def cmeth(cls, arg):\n        super().cmeth(arg)\n",
    init: Some(method("__init__", "($self, type=None, object_or_type=None, /)", super_init)),
    slots: SlotTable {
        new: Some(|vm, cls, _| {
            let s = Super { this_class: Slot::unbound(), obj: Slot::unbound(), obj_type: Slot::unbound() };
            Ok(vm.heap.alloc_shaped(cls.root_shape.load(Relaxed), s).value())
        }),
        repr: Some(super_repr),
        getattro: Some(super_getattr),
        descr_get: Some(super_get),
        ..SlotTable::EMPTY
    },
    getset: &[
        get("__thisclass__", |vm, v| Ok(sup(vm, v)?.this_class.bound().unwrap_or(Value::none())))
            .doc("the class invoking super()"),
        get("__self__", |vm, v| Ok(sup(vm, v)?.obj.bound().unwrap_or(Value::none())))
            .doc("the instance invoking super(); may be None"),
        get("__self_class__", |vm, v| Ok(sup(vm, v)?.obj_type.bound().unwrap_or(Value::none())))
            .doc("the type of the instance invoking super(); may be None"),
    ],
    ..TypeSpec::EMPTY
};
fn sup(vm: &Vm, v: Value) -> PyResult<Gc<Super>> {
    vm.expect::<Super>(v, "descriptor receiver")
}
fn super_repr(vm: &Vm, v: Value) -> PyResult<Value> {
    let s = sup(vm, v)?;
    let name = |s: &Slot| s.cast::<Type>().map_or("NULL".to_owned(), |t| t.name_text());
    Ok(vm.str(&match s.obj_type.bound() {
        Some(_) => format!("<super: <class '{}'>, <{} object>>", name(&s.this_class), name(&s.obj_type)),
        None => format!("<super: <class '{}'>, NULL>", name(&s.this_class)),
    }))
}
/// The type in whose MRO `super(cls, obj)` looks.
fn super_check(vm: &Vm, cls: Gc<Type>, obj: Value) -> PyResult<Gc<Type>> {
    if let Some(t) = obj.cast::<Type>()
        && vm.is_subtype(t, cls)
    {
        return Ok(t);
    }
    let t = vm.type_of(obj);
    if vm.is_subtype(t, cls) {
        return Ok(t);
    }
    if let Some(c) = vm.get_attr_opt(obj, vm.names.__class__)?.and_then(|c| c.cast::<Type>())
        && c != t
        && vm.is_subtype(c, cls)
    {
        return Ok(c);
    }
    let what = match obj.cast::<Type>() {
        Some(t) => format!("type '{}'", vm.tp_name(t)),
        None => format!("instance of '{}'", vm.type_name(obj)),
    };
    Err(vm.type_error(
        format!(
            "super(type, obj): obj ({what}) is not an instance or subtype of type ({}).",
            vm.repr_text(cls.value())?
        )
        .replace("({<class", "(<class"),
    ))
}
fn super_init(vm: &Vm, s: Gc<Super>, cls: Option<Value>, obj: Option<Value>) -> PyResult<()> {
    let (cls, obj) = match cls {
        Some(c) => (c, obj.filter(|o| !o.is_none())),
        None => {
            let (c, o) = crate::engine::frame::super_arguments(vm)?;
            (c, Some(o))
        }
    };
    let Some(c) = cls.cast::<Type>() else {
        return Err(vm.type_error(format!("super() argument 1 must be a type, not {}", vm.type_name(cls))));
    };
    if let Some(o) = obj {
        let t = super_check(vm, c, o)?;
        s.obj_type.set(s, t.value());
        s.obj.set(s, o);
    }
    s.this_class.set(s, cls);
    Ok(())
}
/// The attribute after `cls` in the MRO of `start`, bound to `obj`.
fn super_find(vm: &Vm, cls: Gc<Type>, start: Gc<Type>, obj: Value, name: Gc<Str>) -> PyResult<Option<Value>> {
    let Some(mro) = start.mro() else { return Ok(None) };
    let after = mro.items().iter().position(|c| *c == cls.value()).map_or(mro.len(), |i| i + 1);
    let name = vm.intern_str(name);
    for c in mro.items()[after..].iter().filter_map(|c| c.cast::<Type>()) {
        if let Some(a) = c.dict().and_then(|d| d.get_str(vm, name)) {
            return match vm.type_of(a).slots.descr_get.get() {
                Some(g) => {
                    let o = if obj == start.value() { None } else { Some(obj) };
                    g(vm, a, o, Some(start.value())).map(Some)
                }
                None => Ok(Some(a)),
            };
        }
    }
    Ok(None)
}
/// `super(cls, obj).name`.
pub fn super_lookup(vm: &Vm, cls: Gc<Type>, obj: Value, name: Gc<Str>) -> PyResult<Value> {
    let start = super_check(vm, cls, obj)?;
    if name != vm.names.__class__
        && let Some(x) = super_find(vm, cls, start, obj, name)?
    {
        return Ok(x);
    }
    let text = format!("'super' object has no attribute '{}'", name.to_lossy());
    Err(vm.attribute_error(obj, name, &text))
}
fn super_getattr(vm: &Vm, v: Value, name: Gc<Str>) -> PyResult<Value> {
    let s = sup(vm, v)?;
    if !name.is_text("__class__")
        && let (Some(c), Some(t)) = (s.this_class.cast::<Type>(), s.obj_type.cast::<Type>())
        && let Some(x) = super_find(vm, c, t, s.obj.get(), name)?
    {
        return Ok(x);
    }
    generic::getattr(vm, v, name)
}
fn super_get(vm: &Vm, v: Value, obj: Option<Value>, _: Option<Value>) -> PyResult<Value> {
    let s = sup(vm, v)?;
    let Some(o) = obj.filter(|o| !o.is_none() && s.obj.bound().is_none()) else { return Ok(v) };
    let cls = vm.expect_type(s.this_class.get(), "super")?;
    let t = super_check(vm, cls, o)?;
    let new = Super { this_class: cls.into(), obj: o.into(), obj_type: t.into() };
    Ok(vm.heap.alloc(new).value())
}

// ---- mappingproxy

pub fn new_mapping_proxy(vm: &Vm, mapping: Value) -> Value {
    vm.heap.alloc(MappingProxy { mapping: mapping.into() }).value()
}
fn proxied(vm: &Vm, v: Value) -> PyResult<Value> {
    Ok(vm.expect::<MappingProxy>(v, "descriptor receiver")?.mapping.get())
}
static PROXY_METHODS: &[MethodDef] = &[
    method("get", "($self, key, default=None, /)", |vm: &Vm, v: Value, k: Value, d: Option<Value>| {
        vm.call_method(proxied(vm, v)?, "get", &[k, d.unwrap_or(Value::none())])
    }),
    method("keys", "($self, /)", |vm: &Vm, v: Value| vm.call_method(proxied(vm, v)?, "keys", &[])),
    method("values", "($self, /)", |vm: &Vm, v: Value| vm.call_method(proxied(vm, v)?, "values", &[])),
    method("items", "($self, /)", |vm: &Vm, v: Value| vm.call_method(proxied(vm, v)?, "items", &[])),
    method("copy", "($self, /)", |vm: &Vm, v: Value| vm.call_method(proxied(vm, v)?, "copy", &[])),
    method("__reversed__", "($self, /)", |vm: &Vm, v: Value| vm.call_method(proxied(vm, v)?, "__reversed__", &[])),
];
pub static MAPPING_PROXY: TypeSpec = TypeSpec {
    name: "mappingproxy",
    kind: Kind::MappingProxy,
    flags: flags::MAPPING,
    doc: "Read-only proxy of a mapping.",
    signature: "(mapping)",
    new: Some(method("__new__", "($type, mapping)", |vm: &Vm, _: Gc<Type>, m: Value| -> PyResult<Value> {
        if !vm.is_mapping(m) || matches!(m.kind(), Kind::List | Kind::Tuple) {
            return Err(vm.type_error(format!("mappingproxy() argument must be a mapping, not {}", vm.type_name(m))));
        }
        Ok(new_mapping_proxy(vm, m))
    })),
    slots: SlotTable {
        repr: Some(|vm, v| Ok(vm.str(&format!("mappingproxy({})", vm.repr_text(proxied(vm, v)?)?)))),
        str: Some(|vm, v| Ok(vm.to_str(proxied(vm, v)?)?.value())),
        hash: Some(|vm, v| vm.hash(proxied(vm, v)?)),
        iter: Some(|vm, v| vm.iter(proxied(vm, v)?)),
        length: Some(|vm, v| vm.len(proxied(vm, v)?)),
        contains: Some(|vm, v, x| vm.contains(proxied(vm, v)?, x)),
        subscript: Some(|vm, v, k| vm.get_item(proxied(vm, v)?, k)),
        richcompare: Some(|vm, a, b, op: Cmp| match a.cast::<MappingProxy>() {
            Some(p) => vm.compare(p.mapping.get(), b, op),
            None => Ok(Value::not_implemented()),
        }),
        or: Some(|vm, a, b| {
            let plain = |v: Value| v.cast::<MappingProxy>().map_or(v, |p| p.mapping.get());
            vm.binary(plain(a), plain(b), pyc_format::opcode::BinaryOp::NB_OR)
        }),
        ..SlotTable::EMPTY
    },
    methods: PROXY_METHODS,
    ..TypeSpec::EMPTY
};

// ---- the `__dict__` and `__weakref__` of instances

pub static DICT_GETSET: GetSetDef = get_set("__dict__", get_instance_dict, set_instance_dict);
static WEAKREF_GETSET: GetSetDef = get("__weakref__", |_, _| Ok(Value::none()));
pub fn get_instance_dict(vm: &Vm, v: Value) -> PyResult<Value> {
    match shapes::dict_of(vm, v)? {
        Some(d) => Ok(d.value()),
        None => Err(vm.attribute_error_name(v, vm.names.__dict__)),
    }
}
pub fn set_instance_dict(vm: &Vm, v: Value, x: Option<Value>) -> PyResult<()> {
    let d = match x {
        None => None,
        Some(x) => Some(x.cast::<Dict>().ok_or_else(|| {
            vm.type_error(format!("__dict__ must be set to a dictionary, not a '{}'", vm.type_name(x)))
        })?),
    };
    if shapes::set_dict(vm, v, d)? {
        return Ok(());
    }
    Err(vm.attribute_error_name(v, vm.names.__dict__))
}
pub fn dict_descriptor(vm: &Vm, owner: Gc<Type>) -> Value {
    vm.heap.alloc(GetSetDescriptor { def: GetSetRef(&DICT_GETSET), owner: owner.into() }).value()
}
pub fn weakref_descriptor(vm: &Vm, owner: Gc<Type>) -> Value {
    vm.heap.alloc(GetSetDescriptor { def: GetSetRef(&WEAKREF_GETSET), owner: owner.into() }).value()
}
