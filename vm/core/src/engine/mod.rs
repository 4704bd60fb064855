//! Running Python code.
//!
//! Invariant: see `regcode` for the instruction set, `frame` for what a frame is.

pub mod frame;
pub mod generators;
pub mod regcode;

use crate::error::PyResult;
use crate::native::Args;
use crate::types::function::Function;
use crate::vm::Vm;
use bunpy_heap::{Gc, Value};

/// Calls a Python function from Rust.
pub fn call_python(vm: &Vm, _f: Gc<Function>, _args: Args<'_>) -> PyResult<Value> {
    Err(vm.runtime_error("the engine is not there yet"))
}
/// Runs a class body with `ns` as its locals; gives the `__class__` cell or None.
pub fn run_class_body(vm: &Vm, _f: Gc<Function>, _ns: Value) -> PyResult<Value> {
    Err(vm.runtime_error("the engine is not there yet"))
}
