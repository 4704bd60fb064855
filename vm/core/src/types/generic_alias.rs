//! types.GenericAlias and unions (`list[int]`, `int | str`).
//!
//! Invariant: an alias holds its origin and a tuple of arguments, both as given.

use crate::error::PyResult;
use crate::native::{Args, get};
use crate::object::slots::SlotTable;
use crate::types::type_::TypeSpec;
use crate::vm::Vm;
use bunpy_heap::{Kind, Slot, Tuple, Value, payload};

payload! { pub struct GenericAlias: GenericAlias { pub origin: Slot, pub args: Slot, pub starred: bool } }

/// `origin[item]`.
pub fn new(vm: &Vm, origin: Value, item: Value) -> PyResult<Value> {
    let args = match item.cast::<Tuple>() {
        Some(_) => item,
        None => vm.heap.tuple(&[item]).value(),
    };
    Ok(vm.heap.alloc(GenericAlias { origin: origin.into(), args: args.into(), starred: false }).value())
}
/// The row's function of every `__class_getitem__` that makes an alias.
pub fn class_getitem(vm: &Vm, a: Args<'_>) -> PyResult<Value> {
    match a.values {
        [cls, item] => new(vm, *cls, *item),
        v => Err(vm.type_error(format!(
            "__class_getitem__() takes exactly one argument ({} given)",
            v.len().saturating_sub(1)
        ))),
    }
}
/// `type | type`. Unions are made by their own file once it stands.
pub fn type_or(_vm: &Vm, _a: Value, _b: Value) -> PyResult<Value> {
    Ok(Value::not_implemented())
}
pub static GENERIC_ALIAS: TypeSpec = TypeSpec {
    name: "types.GenericAlias",
    kind: Kind::GenericAlias,
    slots: SlotTable {
        call: Some(|vm, v, a| {
            let g = vm.expect::<GenericAlias>(v, "self")?;
            vm.call_args(g.origin.get(), a)
        }),
        ..SlotTable::EMPTY
    },
    getset: &[
        get("__origin__", |vm, v| Ok(vm.expect::<GenericAlias>(v, "self")?.origin.get())),
        get("__args__", |vm, v| Ok(vm.expect::<GenericAlias>(v, "self")?.args.get())),
    ],
    ..TypeSpec::EMPTY
};
