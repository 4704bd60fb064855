//! The builtin types, one file each; a type's surface is one table (`TypeSpec`) near the top of its file.
//!
//! Invariant: payloads hold `Slot`s and atomics only; natives are safe Rust. How to add one: docs/how-to-add-a-type.md.

pub mod async_gen;
pub mod buffer;
pub mod bytes;
pub mod cell;
pub mod class_build;
pub mod code;
pub mod complex;
pub mod descr;
pub mod dict;
pub mod dict_type;
pub mod exception;
pub mod exception_extra;
pub mod exception_group;
pub mod exception_types;
pub mod float;
pub mod format;
pub mod frame;
pub mod function;
pub mod generator;
pub mod generic_alias;
pub mod int;
pub mod int_methods;
pub mod iter;
pub mod list;
pub mod module;
pub mod object;
pub mod property;
pub mod range;
pub mod set;
pub mod singletons;
pub mod slice;
pub mod sort;
pub mod str_;
pub mod str_methods;
pub mod suggest;
pub mod traceback;
pub mod tuple;
pub mod type_;
pub mod type_methods;
pub mod weakref;

use crate::error::PyResult;
use crate::native::Args;
use crate::vm::Vm;
use bunpy_heap::Value;

/// `str % args`. Until its own file stands: the common conversions.
pub(crate) fn str_percent(vm: &Vm, a: Value, b: Value) -> PyResult<Value> {
    percent::format(vm, a, b)
}
/// `str.format`.
pub(crate) fn str_format(vm: &Vm, args: Args<'_>) -> PyResult<Value> {
    percent::str_format(vm, args)
}
pub mod percent;
