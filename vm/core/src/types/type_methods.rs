//! type's own surface: calling a class, attributes of classes, `type`'s methods and getsets.
//!
//! Invariant: a class's attributes are read through its MRO and its metatype (`getattr`), written through `set_type_attr`.

use crate::error::{PyResult, Raised};
use crate::native::{Args, GetSetDef, MethodDef, get, get_set, method};
use crate::object::slots::SlotTable;
use crate::types::class_build;
use crate::types::dict::{Dict, DictExt};
use crate::types::list::List;
use crate::types::type_::{Type, TypeSpec, compute_mro, flags};
use crate::vm::Vm;
use bunpy_heap::{Gc, Kind, Str, Tuple, Value};
use std::sync::atomic::Ordering::Relaxed;

pub static TYPE: TypeSpec = TypeSpec {
    name: "type",
    kind: Kind::Type,
    flags: flags::BASETYPE,
    doc: "type(object) -> the object's type\ntype(name, bases, dict, **kwds) -> a new type",
    slots: SlotTable {
        new: Some(class_build::type_new),
        init: Some(|vm, _, a| match a.positional().len() {
            1 | 3 => Ok(()),
            _ => Err(vm.type_error("type.__init__() takes 1 or 3 arguments")),
        }),
        repr: Some(repr),
        call: Some(call),
        getattro: Some(getattr),
        setattro: Some(setattr),
        or: Some(crate::types::generic_alias::type_or),
        ..SlotTable::EMPTY
    },
    methods: METHODS,
    getset: GETSET,
    ..TypeSpec::EMPTY
};
static METHODS: &[MethodDef] = &[
    method("mro", "($self, /)", |vm: &Vm, t: Gc<Type>| -> PyResult<Vec<Value>> {
        let bases: Vec<Gc<Type>> = bases_of(t);
        compute_mro(vm, t, &bases)
    })
    .doc("Return a type's method resolution order."),
    method("__subclasses__", "($self, /)", |vm: &Vm, t: Gc<Type>| -> Vec<Value> {
        vm.subclasses(t).into_iter().map(|t| t.value()).collect()
    })
    .doc("Return a list of immediate subclasses."),
    method(
        "__prepare__",
        "($cls, name, bases, /, **kwds)",
        |vm: &Vm, _c: Value, _n: Option<Value>, _b: Option<Value>, _k: Value| Dict::new(vm),
    )
    .class_method()
    .doc("Create the namespace for the class statement"),
    method("__instancecheck__", "($self, instance, /)", |vm: &Vm, t: Gc<Type>, v: Value| {
        class_build::real_isinstance(vm, v, t.value())
    })
    .doc("Check if an object is an instance."),
    method("__subclasscheck__", "($self, subclass, /)", |vm: &Vm, t: Gc<Type>, c: Value| {
        class_build::real_issubclass(vm, c, t.value())
    })
    .doc("Check if a class is a subclass."),
    method("__dir__", "($self, /)", |vm: &Vm, t: Gc<Type>| -> PyResult<Value> {
        let names = Dict::new(vm);
        merge_class_dict(vm, names, t)?;
        let keys: Vec<Value> = names.items().into_iter().map(|(k, _)| k).collect();
        Ok(List::from_slice(vm, &keys).value())
    })
    .doc("Specialized __dir__ implementation for types."),
    method("__sizeof__", "($self, /)", |_: &Vm, _t: Gc<Type>| 1064i64)
        .doc("Return memory consumption of the type object."),
];
static GETSET: &[GetSetDef] = &[
    get_set(
        "__name__",
        |vm, v| Ok(this(vm, v)?.name.get()),
        |vm, v, x| {
            let t = mutable(vm, v, "__name__")?;
            match x.and_then(|x| x.cast::<Str>()) {
                Some(s) => {
                    t.name.set(t, s.value());
                    Ok(())
                }
                None => Err(vm.type_error(format!(
                    "can only assign string to {}.__name__, not '{}'",
                    t.name_text(),
                    x.map_or("NULL".to_owned(), |x| vm.type_name(x))
                ))),
            }
        },
    ),
    get_set(
        "__qualname__",
        |vm, v| Ok(this(vm, v)?.qualname.get()),
        |vm, v, x| {
            let t = mutable(vm, v, "__qualname__")?;
            match x.and_then(|x| x.cast::<Str>()) {
                Some(s) => {
                    t.qualname.set(t, s.value());
                    Ok(())
                }
                None => Err(vm.type_error(format!(
                    "can only assign string to {}.__qualname__, not '{}'",
                    t.name_text(),
                    x.map_or("NULL".to_owned(), |x| vm.type_name(x))
                ))),
            }
        },
    ),
    get_set("__bases__", |vm, v| Ok(this(vm, v)?.bases.get()), class_build::set_bases),
    get("__mro__", |vm, v| Ok(this(vm, v)?.mro.bound().unwrap_or(Value::none()))),
    get("__base__", |vm, v| Ok(this(vm, v)?.base.bound().unwrap_or(Value::none()))),
    get_set(
        "__module__",
        |vm, v| {
            let t = this(vm, v)?;
            module_of(vm, t).ok_or_else(|| vm.attribute_error_name(v, vm.names.__module__))
        },
        |vm, v, x| {
            let t = mutable(vm, v, "__module__")?;
            vm.set_type_attr(t, vm.names.__module__, x)
        },
    ),
    get("__dict__", |vm, v| {
        let t = this(vm, v)?;
        Ok(crate::types::property::new_mapping_proxy(vm, t.dict.get()))
    }),
    get_set("__doc__", get_doc, |vm, v, x| {
        let t = mutable(vm, v, "__doc__")?;
        vm.set_type_attr(t, vm.names.__doc__, Some(x.unwrap_or(Value::none())))
    }),
    get("__text_signature__", |vm, v| {
        let t = this(vm, v)?;
        Ok(if t.has(flags::HEAPTYPE) || t.spec.signature.is_empty() { Value::none() } else { vm.str(t.spec.signature) })
    }),
    get("__flags__", |vm, v| Ok(vm.int(this(vm, v)?.flags.load(Relaxed) as i64))),
    get("__basicsize__", |_, _| Ok(Value::int(16))),
    get("__itemsize__", |_, _| Ok(Value::int(0))),
    get("__dictoffset__", |vm, v| Ok(Value::int(if this(vm, v)?.has(flags::HAS_DICT) { -1 } else { 0 }))),
    get("__weakrefoffset__", |_, _| Ok(Value::int(0))),
    get_set(
        "__abstractmethods__",
        |vm, v| {
            let t = this(vm, v)?;
            let own = if v == vm.types().type_().value() {
                None
            } else {
                t.dict().and_then(|d| d.get_text(vm, "__abstractmethods__"))
            };
            own.ok_or_else(|| vm.attribute_error_name(v, vm.intern("__abstractmethods__")))
        },
        |vm, v, x| {
            let t = this(vm, v)?;
            let on = match x {
                Some(x) => vm.is_true(x)?,
                None => false,
            };
            vm.set_type_attr(t, vm.intern("__abstractmethods__"), x)?;
            if on {
                t.flags.fetch_or(flags::ABSTRACT, Relaxed)
            } else {
                t.flags.fetch_and(!flags::ABSTRACT, Relaxed)
            };
            Ok(())
        },
    ),
    get_set("__annotations__", class_build::get_annotations, class_build::set_annotations),
    get_set("__annotate__", class_build::get_annotate, class_build::set_annotate),
    get_set(
        "__type_params__",
        |vm, v| Ok(this(vm, v)?.dict().and_then(|d| d.get_str(vm, vm.names.__type_params__)).unwrap_or(vm.empty_tuple)),
        |vm, v, x| {
            let t = mutable(vm, v, "__type_params__")?;
            vm.set_type_attr(t, vm.names.__type_params__, x)
        },
    ),
];
fn this(vm: &Vm, v: Value) -> PyResult<Gc<Type>> {
    vm.expect::<Type>(v, "descriptor receiver")
}
pub fn mutable(vm: &Vm, v: Value, name: &str) -> PyResult<Gc<Type>> {
    let t = this(vm, v)?;
    if t.has(flags::IMMUTABLE) {
        return Err(vm.type_error(format!("cannot set '{name}' attribute of immutable type '{}'", vm.tp_name(t))));
    }
    Ok(t)
}
pub fn bases_of(t: Gc<Type>) -> Vec<Gc<Type>> {
    t.bases.cast::<Tuple>().map_or_else(Vec::new, |b| b.items().iter().filter_map(|b| b.cast::<Type>()).collect())
}
/// `t.__module__`.
pub fn module_of(vm: &Vm, t: Gc<Type>) -> Option<Value> {
    if let Some(m) = t.dict()?.get_str(vm, vm.names.__module__)
        && (t.has(flags::HEAPTYPE) || m.kind() == Kind::Str)
    {
        return Some(m);
    }
    if t.has(flags::HEAPTYPE) {
        return None;
    }
    Some(match t.spec.name.rsplit_once('.') {
        Some((m, _)) => vm.intern(m).value(),
        None => vm.names.builtins.value(),
    })
}
fn get_doc(vm: &Vm, v: Value) -> PyResult<Value> {
    let t = this(vm, v)?;
    let Some(d) = t.dict().and_then(|d| d.get_str(vm, vm.names.__doc__)) else { return Ok(Value::none()) };
    match vm.type_of(d).slots.descr_get.get() {
        Some(f) if t.has(flags::HEAPTYPE) => f(vm, d, None, Some(v)),
        _ => Ok(d),
    }
}
fn repr(vm: &Vm, v: Value) -> PyResult<Value> {
    let t = this(vm, v)?;
    Ok(vm.str(&format!("<class '{}'>", vm.qualified_name(t))))
}
/// Names of a class and its bases, for `dir`.
pub fn merge_class_dict(vm: &Vm, into: Gc<Dict>, t: Gc<Type>) -> PyResult<()> {
    if let Some(d) = t.dict() {
        into.update_from(vm, d)?;
    }
    for b in bases_of(t) {
        merge_class_dict(vm, into, b)?;
    }
    Ok(())
}

/// `cls(...)`.
pub fn call(vm: &Vm, v: Value, args: Args<'_>) -> PyResult<Value> {
    let t = this(vm, v)?;
    if t == vm.types().type_() && args.kwnames.is_none() {
        match args.values {
            [x] => return Ok(vm.type_of(*x).value()),
            [_, _, _] => {}
            _ => return Err(vm.type_error("type() takes 1 or 3 arguments")),
        }
    }
    let Some(new) = t.slots.new.get().filter(|_| !t.has(flags::NO_NEW) && can_make(t)) else {
        return Err(vm.type_error(format!("cannot create '{}' instances", vm.tp_name(t))));
    };
    let obj = new(vm, t, args)?;
    let ot = vm.type_of(obj);
    if vm.is_subtype(ot, t)
        && let Some(init) = ot.slots.init.get()
    {
        init(vm, obj, args)?;
    }
    Ok(obj)
}
/// Builtin types without a constructor of their own cannot be called, except `object` and types without payload.
fn can_make(t: Gc<Type>) -> bool {
    t.has(flags::HEAPTYPE) || t.spec.new.is_some() || t.spec.slots.new.is_some()
}

/// `type.__getattribute__`.
pub fn getattr(vm: &Vm, v: Value, name: Gc<Str>) -> PyResult<Value> {
    let t = this(vm, v)?;
    let meta = vm.type_of(v);
    let meta_attr = vm.lookup(meta, name);
    let mut meta_get = None;
    if let Some(m) = meta_attr {
        let mt = vm.type_of(m);
        meta_get = mt.slots.descr_get.get();
        if let Some(g) = meta_get
            && mt.slots.descr_set.address() != 0
        {
            return g(vm, m, Some(v), Some(meta.value()));
        }
    }
    if let Some(a) = vm.lookup(t, name) {
        return match vm.type_of(a).slots.descr_get.get() {
            Some(g) => g(vm, a, None, Some(v)),
            None => Ok(a),
        };
    }
    match (meta_attr, meta_get) {
        (Some(m), Some(g)) => g(vm, m, Some(v), Some(meta.value())),
        (Some(m), None) => Ok(m),
        _ => Err(vm.attribute_error_name(v, name)),
    }
}
fn setattr(vm: &Vm, v: Value, name: Gc<Str>, x: Option<Value>) -> PyResult<()> {
    let t = this(vm, v)?;
    if t.has(flags::IMMUTABLE) {
        return Err(immutable(vm, t, name));
    }
    let meta = vm.type_of(v);
    if let Some(m) = vm.lookup(meta, name)
        && let Some(set) = vm.type_of(m).slots.descr_set.get()
    {
        return set(vm, m, v, x);
    }
    vm.set_type_attr(t, name, x)
}
fn immutable(vm: &Vm, t: Gc<Type>, name: Gc<Str>) -> Raised {
    vm.type_error(format!("cannot set '{}' attribute of immutable type '{}'", name.to_lossy(), vm.tp_name(t)))
}
