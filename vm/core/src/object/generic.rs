//! What `object` gives every type: attribute access, repr, identity comparison, hash.
//!
//! Invariant: `getattr` is CPython's `PyObject_GenericGetAttr`: data descriptors of the type, then the instance, then other
//! attributes of the type.

use crate::error::PyResult;
use crate::object::shapes;
use crate::object::slots::Cmp;
use crate::types::type_::Type;
use crate::vm::Vm;
use bunpy_heap::{Gc, Str, Value};

pub fn getattr(vm: &Vm, v: Value, name: Gc<Str>) -> PyResult<Value> {
    match getattr_opt(vm, v, name)? {
        Some(x) => Ok(x),
        None => Err(vm.attribute_error_name(v, name)),
    }
}
/// As `getattr`, but `None` for an attribute that is not there.
pub fn getattr_opt(vm: &Vm, v: Value, name: Gc<Str>) -> PyResult<Option<Value>> {
    let t = vm.type_of(v);
    let found = vm.lookup(t, name);
    let mut getter = None;
    if let Some(d) = found {
        let dt = vm.type_of(d);
        getter = dt.slots.descr_get.get();
        if let Some(g) = getter
            && dt.slots.descr_set.address() != 0
        {
            return g(vm, d, Some(v), Some(t.value())).map(Some);
        }
    }
    if let Some(x) = shapes::get(vm, v, name) {
        return Ok(Some(x));
    }
    match (found, getter) {
        (Some(d), Some(g)) => g(vm, d, Some(v), Some(t.value())).map(Some),
        (d, _) => Ok(d),
    }
}
pub fn setattr(vm: &Vm, v: Value, name: Gc<Str>, value: Option<Value>) -> PyResult<()> {
    let t = vm.type_of(v);
    let found = vm.lookup(t, name);
    if let Some(d) = found
        && let Some(set) = vm.type_of(d).slots.descr_set.get()
    {
        return set(vm, d, v, value);
    }
    let done = match value {
        Some(x) => shapes::set(vm, v, name, x)?,
        None => shapes::delete(vm, v, name)?,
    };
    if done {
        return Ok(());
    }
    if value.is_none() && shapes::has_dict(vm, v) {
        return Err(vm.attribute_error_name(v, name));
    }
    let (tn, n) = (vm.type_name(v), name.to_lossy());
    let text = if found.is_some() {
        format!("'{tn}' object attribute '{n}' is read-only")
    } else if shapes::has_dict(vm, v) {
        format!("'{tn}' object has no attribute '{n}'")
    } else if t.slots.setattro.address() == setattr as *const () as usize {
        format!("'{tn}' object has no attribute '{n}' and no __dict__ for setting new attributes")
    } else {
        format!("'{tn}' object has no attribute '{n}'")
    };
    Err(vm.attribute_error(v, name, &text))
}
pub fn repr(vm: &Vm, v: Value) -> PyResult<Value> {
    let t = vm.type_of(v);
    let name = vm.qualified_name(t);
    Ok(vm.str(&format!("<{name} object at {:#x}>", v.address())))
}
pub fn str(vm: &Vm, v: Value) -> PyResult<Value> {
    vm.repr(v).map(|s| s.value())
}
pub fn hash(_: &Vm, v: Value) -> PyResult<i64> {
    Ok(crate::hash::pointer(v.address()))
}
pub fn hash_not_implemented(vm: &Vm, v: Value) -> PyResult<i64> {
    Err(vm.type_error(format!("unhashable type: '{}'", vm.type_name(v))))
}
pub fn richcompare(vm: &Vm, a: Value, b: Value, op: Cmp) -> PyResult<Value> {
    match op {
        Cmp::Eq if a == b => Ok(Value::bool(true)),
        Cmp::Ne => match vm.type_of(a).slots.richcompare.get() {
            None => Ok(Value::not_implemented()),
            Some(f) => {
                let r = f(vm, a, b, Cmp::Eq)?;
                if r.is_not_implemented() { Ok(r) } else { Ok(Value::bool(!vm.is_true(r)?)) }
            }
        },
        _ => Ok(Value::not_implemented()),
    }
}
/// An iterator's `__iter__`.
pub fn iter_self(_: &Vm, v: Value) -> PyResult<Value> {
    Ok(v)
}

impl Vm {
    /// `module.qualname`, without the module for builtins.
    pub fn qualified_name(&self, t: Gc<Type>) -> String {
        let q = t.qualname.cast::<Str>().map_or_else(|| t.name_text(), |q| q.to_lossy());
        match crate::types::type_methods::module_of(self, t).and_then(|m| m.cast::<Str>()) {
            Some(m) if !m.is_text("builtins") => format!("{}.{q}", m.to_lossy()),
            _ => q,
        }
    }
}
