//! Frames.
use crate::error::PyResult;
use crate::types::dict::Dict;
use crate::types::frame::Frame;
use crate::types::generator::Activation;
use crate::vm::Vm;
use bunpy_heap::{Gc, Tracer, Value};
pub struct Stack {}
impl Stack {
    pub fn new() -> Stack {
        Stack {}
    }
    pub fn trace(&self, _: &mut Tracer<'_>) {}
}
pub fn current_globals(_vm: &Vm) -> Option<Gc<Dict>> {
    None
}
pub fn locals(vm: &Vm) -> PyResult<Value> {
    Err(vm.runtime_error("no frame"))
}
pub fn get_frame(vm: &Vm, _depth: Option<i32>) -> PyResult<Value> {
    Err(vm.runtime_error("no frame"))
}
pub fn super_arguments(vm: &Vm) -> PyResult<(Value, Value)> {
    Err(vm.runtime_error("no frame"))
}
pub fn frame_locals(vm: &Vm, _f: Gc<Frame>) -> PyResult<Value> {
    Err(vm.runtime_error("no frame"))
}
pub fn frame_of_activation(_vm: &Vm, _a: Activation) -> PyResult<Value> {
    Ok(Value::none())
}
impl Vm {
    pub(crate) fn init_native_limit(&self) {}
}
