//! None, Ellipsis, NotImplemented.
//!
//! Invariant: each type has one instance, a static object of the heap crate.

use crate::native::method;
use crate::object::slots::SlotTable;
use crate::types::type_::{Type, TypeSpec};
use crate::vm::Vm;
use bunpy_heap::{Gc, Kind, Value};

pub static NONE_TYPE: TypeSpec = TypeSpec {
    name: "NoneType",
    kind: Kind::NoneType,
    doc: "The type of the None singleton.",
    new: Some(method("__new__", "($type)", |_: &Vm, _: Gc<Type>| Value::none())),
    slots: SlotTable {
        repr: Some(|vm, _| Ok(vm.str("None"))),
        bool: Some(|_, _| Ok(false)),
        hash: Some(|_, _| Ok(0xFCA86420)),
        ..SlotTable::EMPTY
    },
    ..TypeSpec::EMPTY
};
pub static ELLIPSIS: TypeSpec = TypeSpec {
    name: "ellipsis",
    kind: Kind::Ellipsis,
    doc: "The type of the Ellipsis singleton.",
    new: Some(method("__new__", "($type)", |_: &Vm, _: Gc<Type>| Value::ellipsis())),
    slots: SlotTable { repr: Some(|vm, _| Ok(vm.str("Ellipsis"))), ..SlotTable::EMPTY },
    methods: &[method("__reduce__", "($self, /)", |vm: &Vm, _v: Value| vm.str("Ellipsis"))],
    ..TypeSpec::EMPTY
};
pub static NOT_IMPLEMENTED: TypeSpec = TypeSpec {
    name: "NotImplementedType",
    kind: Kind::NotImplementedType,
    doc: "The type of the NotImplemented singleton.",
    new: Some(method("__new__", "($type)", |_: &Vm, _: Gc<Type>| Value::not_implemented())),
    slots: SlotTable {
        repr: Some(|vm, _| Ok(vm.str("NotImplemented"))),
        bool: Some(|vm, _| Err(vm.type_error("NotImplemented should not be used in a boolean context"))),
        ..SlotTable::EMPTY
    },
    methods: &[method("__reduce__", "($self, /)", |vm: &Vm, _v: Value| vm.str("NotImplemented"))],
    ..TypeSpec::EMPTY
};
