//! Resuming activations.
use crate::error::{PyResult, Raised};
use crate::types::generator::Activation;
use crate::vm::Vm;
use bunpy_heap::Value;
pub enum Resume {
    Send(Value),
    Throw(Value),
}
pub enum Step {
    Yield(Value),
    Return(Value),
}
pub fn resume(vm: &Vm, _a: Activation, _r: Resume) -> PyResult<Step> {
    Err(vm.runtime_error("no engine"))
}
pub fn stop_iteration(vm: &Vm, _v: Value) -> Raised {
    vm.stop_iteration()
}
pub fn thrown(vm: &Vm, _args: &[Value]) -> PyResult<Value> {
    Err(vm.runtime_error("no engine"))
}
pub fn close(vm: &Vm, _a: Activation) -> PyResult<Value> {
    Err(vm.runtime_error("no engine"))
}
pub fn yield_from(_vm: &Vm, _a: Activation) -> PyResult<Value> {
    Ok(Value::none())
}
