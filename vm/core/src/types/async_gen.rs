//! Async generators: the wrapper that tells a yielded value from an awaited one.
//!
//! Invariant: a value that an async generator yields reaches its driver wrapped, what it awaits does not.

use crate::vm::Vm;
use bunpy_heap::{Slot, Value, payload};

payload! { pub struct AsyncGenWrappedValue: AsyncGenWrappedValue { pub value: Slot } }

pub fn wrap(vm: &Vm, v: Value) -> Value {
    vm.heap.alloc(AsyncGenWrappedValue { value: v.into() }).value()
}
