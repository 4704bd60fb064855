//! object.
//!
//! Invariant: `object.__new__` and `object.__init__` refuse arguments exactly as CPython's do, depending on which of the two
//! the class overrides.

use crate::error::PyResult;
use crate::native::{Args, MethodDef, get_set, method, raw};
use crate::object::slots::SlotTable;
use crate::object::{generic, shapes};
use crate::types::type_::{Type, TypeSpec, flags};
use crate::vm::Vm;
use bunpy_heap::{Gc, Kind, Str, Value, payload};
use std::sync::atomic::Ordering::Relaxed;

payload! {
    /// An instance without a payload of its own.
    pub struct Object: Object {}
}

pub static OBJECT: TypeSpec = TypeSpec {
    name: "object",
    kind: Kind::Object,
    flags: flags::BASETYPE,
    doc: "The base class of the class hierarchy.\n\nWhen called, it accepts no arguments and returns a new featureless\ninstance that has no instance attributes and cannot be given any.\n",
    signature: "()",
    slots: SlotTable {
        new: Some(new),
        init: Some(init),
        repr: Some(generic::repr),
        str: Some(generic::str),
        hash: Some(generic::hash),
        richcompare: Some(generic::richcompare),
        getattro: Some(generic::getattr),
        setattro: Some(generic::setattr),
        ..SlotTable::EMPTY
    },
    methods: METHODS,
    getset: &[get_set("__class__", |vm, v| Ok(vm.type_of(v).value()), set_class).doc("the object's class")],
    ..TypeSpec::EMPTY
};
static METHODS: &[MethodDef] = &[
    raw("__init_subclass__", "($type, /, *args, **kwargs)", |vm: &Vm, a: Args<'_>| match a.values.len() {
        1 => Ok(Value::none()),
        _ => {
            let name = a.values.first().and_then(|c| c.cast::<Type>()).map_or("object".to_owned(), |t| t.name_text());
            Err(vm.type_error(if a.n_kw() > 0 {
                format!("{name}.__init_subclass__() takes no keyword arguments")
            } else {
                format!("{name}.__init_subclass__() takes no arguments ({} given)", a.values.len() - 1)
            }))
        }
    })
    .class_method()
    .without_signature(),
    raw("__subclasshook__", "($type, /, *args)", |_: &Vm, _: Args<'_>| Ok(Value::not_implemented()))
        .class_method()
        .without_signature(),
    method("__format__", "($self, format_spec, /)", |vm: &Vm, v: Value, spec: Gc<Str>| -> PyResult<Value> {
        if !spec.is_empty() {
            return Err(vm.type_error(format!("unsupported format string passed to {}.__format__", vm.type_name(v))));
        }
        vm.to_str(v).map(|s| s.value())
    })
    .doc("Default object formatter.\n\nReturn str(self) if format_spec is empty. Raise TypeError otherwise."),
    method("__sizeof__", "($self, /)", |vm: &Vm, v: Value| 16 + 8 * vm.heap.attrs(&v).len() as i64)
        .doc("Size of object in memory, in bytes."),
    method("__dir__", "($self, /)", dir).doc("Default dir() implementation."),
    method("__reduce__", "($self, /)", |vm: &Vm, v: Value| reduce(vm, v, 0)).doc("Helper for pickle."),
    method("__reduce_ex__", "($self, protocol, /)", reduce_ex).doc("Helper for pickle."),
    method("__getstate__", "($self, /)", getstate).doc("Helper for pickle."),
];

/// Whether `cls` overrides `object`'s slot function.
fn overrides_new(vm: &Vm, cls: Gc<Type>) -> bool {
    let _ = vm;
    cls.slots.new.address() != new as *const () as usize
}
fn overrides_init(vm: &Vm, cls: Gc<Type>) -> bool {
    let _ = vm;
    cls.slots.init.address() != init as *const () as usize
}
pub fn new(vm: &Vm, cls: Gc<Type>, args: Args<'_>) -> PyResult<Value> {
    if !args.is_empty() {
        if overrides_new(vm, cls) {
            return Err(vm.type_error("object.__new__() takes exactly one argument (the type to instantiate)"));
        }
        if !overrides_init(vm, cls) {
            return Err(vm.type_error(format!("{}() takes no arguments", cls.name_text())));
        }
    }
    if cls.has(flags::ABSTRACT) {
        return Err(abstract_error(vm, cls));
    }
    Ok(vm.heap.alloc_shaped(cls.root_shape.load(Relaxed), Object {}).value())
}
fn abstract_error(vm: &Vm, cls: Gc<Type>) -> crate::Raised {
    let names = cls.dict().and_then(|d| crate::types::dict::DictExt::get_text(d, vm, "__abstractmethods__"));
    let mut all: Vec<String> = Vec::new();
    if let Some(n) = names {
        let r = vm.for_each(n, |x| {
            all.push(vm.to_str(x)?.to_lossy());
            Ok(())
        });
        if let Err(e) = r {
            return e;
        }
    }
    all.sort();
    let s = if all.len() == 1 { "" } else { "s" };
    let list: Vec<String> = all.iter().map(|n| format!("'{n}'")).collect();
    vm.type_error(format!(
        "Can't instantiate abstract class {} without an implementation for abstract method{s} {}",
        cls.name_text(),
        list.join(", ")
    ))
}
pub fn init(vm: &Vm, v: Value, args: Args<'_>) -> PyResult<()> {
    if args.is_empty() {
        return Ok(());
    }
    let cls = vm.type_of(v);
    if overrides_init(vm, cls) {
        return Err(vm.type_error("object.__init__() takes exactly one argument (the instance to initialize)"));
    }
    if !overrides_new(vm, cls) {
        return Err(vm.type_error(format!(
            "{}.__init__() takes exactly one argument (the instance to initialize)",
            cls.name_text()
        )));
    }
    Ok(())
}
fn set_class(vm: &Vm, v: Value, x: Option<Value>) -> PyResult<()> {
    let Some(x) = x else { return Err(vm.type_error("can't delete __class__ attribute")) };
    let Some(new) = x.cast::<Type>() else {
        return Err(vm.type_error(format!("__class__ must be set to a class, not '{}' object", vm.type_name(x))));
    };
    let old = vm.type_of(v);
    if old == new {
        return Ok(());
    }
    let mutable = |t: Gc<Type>| t.has(flags::HEAPTYPE);
    let both_modules = v.kind() == Kind::Module && new.kind() == Kind::Module;
    if !both_modules && (!mutable(old) || !mutable(new)) {
        return Err(vm.type_error("__class__ assignment only supported for mutable types or ModuleType subclasses"));
    }
    let same_layout = old.kind() == new.kind()
        && old.n_members.load(Relaxed) == new.n_members.load(Relaxed)
        && old.has(flags::HAS_DICT) == new.has(flags::HAS_DICT);
    // Attributes move to the dict, whose word both classes have at the same place; the new class gets a shape of this width.
    let done = same_layout && {
        shapes::dict_of(vm, v)?;
        shapes::adopt(vm, v, new)
    };
    if done {
        return Ok(());
    }
    Err(vm.type_error(format!(
        "__class__ assignment: '{}' object layout differs from '{}'",
        vm.tp_name(new),
        vm.tp_name(old)
    )))
}
fn dir(vm: &Vm, v: Value) -> PyResult<Value> {
    let names = crate::types::dict::Dict::new(vm);
    if let Some(d) = vm.get_attr_opt(v, vm.names.__dict__)?.and_then(|d| d.cast::<crate::types::dict::Dict>()) {
        crate::types::dict::DictExt::update_from(names, vm, d)?;
    }
    if let Some(c) = vm.get_attr_opt(v, vm.names.__class__)?.and_then(|c| c.cast::<Type>()) {
        crate::types::type_methods::merge_class_dict(vm, names, c)?;
    }
    let keys: Vec<Value> = crate::types::dict::DictExt::items(names).into_iter().map(|(k, _)| k).collect();
    Ok(crate::types::list::List::from_slice(vm, &keys).value())
}
fn reduce(vm: &Vm, v: Value, protocol: i64) -> PyResult<Value> {
    let copyreg = crate::import::import_module(vm, "copyreg")?;
    if protocol >= 2 {
        return crate::types::class_build::reduce_newobj(vm, v, copyreg);
    }
    let f = vm.get_attr_text(copyreg, "_reduce_ex")?;
    vm.call(f, &[v, vm.int(protocol)])
}
fn reduce_ex(vm: &Vm, v: Value, protocol: i64) -> PyResult<Value> {
    let own = vm.get_attr(v, vm.names.__reduce__)?;
    let class_reduce = vm.lookup_special(v, vm.names.__reduce__);
    let object_reduce =
        vm.types().object().dict().and_then(|d| crate::types::dict::DictExt::get_str(d, vm, vm.names.__reduce__));
    if class_reduce != object_reduce {
        return vm.call(own, &[]);
    }
    reduce(vm, v, protocol)
}
pub fn getstate(vm: &Vm, v: Value) -> PyResult<Value> {
    let dict = match shapes::dict_of(vm, v)? {
        Some(d) if !crate::types::dict::Dict::is_empty(&d) => crate::types::dict::DictExt::copy(d, vm)?.value(),
        _ => Value::none(),
    };
    let slots = crate::types::class_build::slot_state(vm, v)?;
    Ok(match slots {
        Some(s) => vm.heap.tuple(&[dict, s]).value(),
        None => dict,
    })
}
