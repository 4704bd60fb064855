//! Running Python code.
//!
//! Invariant: Python calls Python without native recursion: a call pushes a frame and the same loop goes on (`call`, `run`); only
//! natives that call back nest a loop.
//!
//! ```text
//! translate   verified bytecode -> register code (`regcode`)
//! run         the loop; slow, attr, call, stackops: what it calls out to
//! frame       registers, frame words, frame objects      unwind      leaving frames
//! generators  suspended frames
//! ```

pub mod attr;
pub mod call;
pub mod frame;
pub mod generators;
pub mod regcode;
pub mod run;
pub mod slow;
pub mod stackops;
#[cfg(tailcall)]
pub mod tail;
pub mod translate;
pub mod unwind;

use crate::error::PyResult;
use crate::native::Args;
use crate::types::code::Code;
use crate::types::dict::Dict;
use crate::types::function::{self, Function};
use crate::vm::Vm;
use bunpy_heap::{Gc, Value};
use frame::{FrameRef, ret};

/// Calls a Python function from Rust.
pub fn call_python(vm: &Vm, f: Gc<Function>, args: Args<'_>) -> PyResult<Value> {
    nested(vm, f, args, Value::unbound())
}
#[allow(unsafe_code)]
fn nested(vm: &Vm, f: Gc<Function>, args: Args<'_>, namespace: Value) -> PyResult<Value> {
    vm.check_native_stack("")?;
    let s = &vm.stack;
    // SAFETY: the pushed frame is run to its end; its caller is the frame below, which tracebacks walk to.
    unsafe {
        match call::enter_function(vm, f, args, s.pc.get().wrapping_add(1), s.regs.get(), 0, ret::NATIVE)? {
            call::Called::Frame(pc, regs) => {
                FrameRef(regs).set_extra(namespace);
                run::run_nested(vm, pc, regs)
            }
            call::Called::Value(_, v, _) => Ok(v),
        }
    }
}
/// Runs a class body with `ns` as its locals; gives the `__class__` cell or None.
pub fn run_class_body(vm: &Vm, f: Gc<Function>, ns: Value) -> PyResult<Value> {
    nested(vm, f, Args::NONE, ns)
}
/// Runs a module's code (or that of `exec`) in `globals` with `locals` as its namespace.
pub fn exec_code(vm: &Vm, code: Gc<Code>, globals: Gc<Dict>, locals: Value) -> PyResult<Value> {
    exec_closure(vm, code, globals, locals, None)
}
/// As `exec_code`, for code with free variables.
pub fn exec_closure(
    vm: &Vm,
    code: Gc<Code>,
    globals: Gc<Dict>,
    locals: Value,
    closure: Option<Value>,
) -> PyResult<Value> {
    let f = function::new(vm, code, globals);
    if let Some(c) = closure {
        f.closure.set(f, c);
    }
    nested(vm, f, Args::NONE, locals)
}
