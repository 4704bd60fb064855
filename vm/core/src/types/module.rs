//! module.
//!
//! Invariant: a module's dict is its namespace and the globals of its functions.

use crate::error::PyResult;
use crate::native::{Args, get, get_set, method};
use crate::object::generic;
use crate::object::slots::SlotTable;
use crate::types::dict::{Dict, DictExt};
use crate::types::type_::{TypeSpec, flags};
use crate::vm::Vm;
use bunpy_heap::{Gc, Kind, Slot, Str, Value, payload};
use std::sync::atomic::Ordering::Relaxed;

payload! { pub struct Module: Module { pub dict: Slot } }

pub static MODULE: TypeSpec = TypeSpec {
    name: "module",
    kind: Kind::Module,
    flags: flags::BASETYPE | flags::HAS_DICT,
    doc: "Create a module object.\n\nThe name must be a string; the optional docstring can have any type.",
    signature: "(name, doc=None)",
    init: Some(method(
        "__init__",
        "($self, name, doc=None)",
        |vm: &Vm, m: Gc<Module>, name: Gc<Str>, doc: Option<Value>| {
            init(vm, m, name.value(), doc.unwrap_or(Value::none()))
        },
    )),
    slots: SlotTable {
        new: Some(|vm, cls, _: Args<'_>| {
            let m = Module { dict: Dict::new(vm).into() };
            Ok(vm.heap.alloc_shaped(cls.root_shape.load(Relaxed), m).value())
        }),
        repr: Some(repr),
        getattro: Some(getattr),
        ..SlotTable::EMPTY
    },
    methods: &[method("__dir__", "($self, /)", dir)],
    getset: &[
        get("__dict__", |vm, v| Ok(vm.expect::<Module>(v, "self")?.dict.get())),
        get_set("__annotations__", annotations, |vm, v, x| {
            let d = namespace(vm, v)?;
            match x {
                Some(x) => d.set_str(vm, vm.names.__annotations__, x),
                None => match d.remove(vm, vm.names.__annotations__.value())? {
                    Some(_) => Ok(()),
                    None => Err(vm.attribute_error_name(v, vm.names.__annotations__)),
                },
            }
        }),
        get_set(
            "__annotate__",
            |vm, v| Ok(namespace(vm, v)?.get_str(vm, vm.names.__annotate__).unwrap_or(Value::none())),
            |vm, v, x| namespace(vm, v)?.set_str(vm, vm.names.__annotate__, x.unwrap_or(Value::none())),
        ),
    ],
    dict_slot: Some(|v| v.payload::<Module>().map(|m| &m.dict)),
    ..TypeSpec::EMPTY
};
fn namespace(vm: &Vm, v: Value) -> PyResult<Gc<Dict>> {
    dict_of(v).ok_or_else(|| vm.type_error("module without a dict"))
}
/// A module's namespace.
pub fn dict_of(v: Value) -> Option<Gc<Dict>> {
    v.cast::<Module>()?.dict.cast::<Dict>()
}
/// The name for `module 'x' has no attribute`.
pub fn name_for_error(vm: &Vm, v: Value) -> Option<String> {
    Some(dict_of(v)?.get_str(vm, vm.names.__name__)?.cast::<Str>()?.to_lossy())
}
pub fn new(vm: &Vm, name: &str) -> PyResult<Gc<Module>> {
    let m = vm.heap.alloc(Module { dict: Dict::new(vm).into() });
    init(vm, m, vm.intern(name).value(), Value::none())?;
    Ok(m)
}
fn init(vm: &Vm, m: Gc<Module>, name: Value, doc: Value) -> PyResult<()> {
    let d = namespace(vm, m.value())?;
    let n = &vm.names;
    d.set_str(vm, n.__name__, name)?;
    d.set_str(vm, n.__doc__, doc)?;
    for k in [n.__package__, n.__loader__, n.__spec__] {
        d.set_str(vm, k, Value::none())?;
    }
    Ok(())
}
fn repr(vm: &Vm, v: Value) -> PyResult<Value> {
    if let Some(f) = vm.module_root("importlib.module_repr") {
        return vm.call(f, &[v]);
    }
    let name = name_for_error(vm, v).unwrap_or_else(|| "?".to_owned());
    let file = dict_of(v).and_then(|d| d.get_str(vm, vm.names.__file__)).and_then(|f| f.cast::<Str>());
    Ok(vm.str(&match file {
        Some(f) => format!("<module '{name}' from {}>", vm.repr_text(f.value())?),
        None => format!("<module '{name}' (built-in)>"),
    }))
}
fn getattr(vm: &Vm, v: Value, name: Gc<Str>) -> PyResult<Value> {
    if let Some(x) = generic::getattr_opt(vm, v, name)? {
        return Ok(x);
    }
    if let Some(d) = dict_of(v)
        && let Some(f) = d.get_str(vm, vm.names.__getattr__)
    {
        return vm.call(f, &[name.value()]);
    }
    match name_for_error(vm, v) {
        Some(m) => {
            let text = format!("module '{m}' has no attribute '{}'", name.to_lossy());
            Err(vm.attribute_error(v, name, &text))
        }
        None => Err(vm.attribute_error(v, name, &format!("module has no attribute '{}'", name.to_lossy()))),
    }
}
fn dir(vm: &Vm, v: Value) -> PyResult<Value> {
    let d = namespace(vm, v)?;
    if let Some(f) = d.get_text(vm, "__dir__") {
        return vm.call(f, &[]);
    }
    let keys: Vec<Value> = d.items().into_iter().map(|(k, _)| k).collect();
    Ok(crate::types::list::List::from_slice(vm, &keys).value())
}
fn annotations(vm: &Vm, v: Value) -> PyResult<Value> {
    let d = namespace(vm, v)?;
    if let Some(a) = d.get_str(vm, vm.names.__annotations__) {
        return Ok(a);
    }
    let a = match d.get_str(vm, vm.names.__annotate__).filter(|f| !f.is_none()) {
        Some(f) => vm.call(f, &[Value::int(1)])?,
        None => Dict::new(vm).value(),
    };
    d.set_str(vm, vm.names.__annotations__, a)?;
    Ok(a)
}
