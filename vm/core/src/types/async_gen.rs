//! Async generators: their awaitables, and the wrapper that tells a yielded value from an awaited one.
//!
//! Invariant: a value that an async generator yields reaches its driver wrapped, what it awaits does not; one awaitable of a
//! generator runs at a time.

use crate::engine::generators::{self, Resume, Step};
use crate::error::{PyResult, Raised};
use crate::native::{Args, method, raw};
use crate::object::generic;
use crate::object::slots::SlotTable;
use crate::types::exception::{self, Exc};
use crate::types::generator::{Activation, FINISHED};
use crate::types::type_::TypeSpec;
use crate::vm::Vm;
use bunpy_heap::{Kind, Slot, Value, payload};
use std::sync::atomic::{AtomicU8, Ordering::Relaxed};

payload! { pub struct AsyncGenWrappedValue: AsyncGenWrappedValue { pub value: Slot } }
payload! {
    /// `agen.asend(v)`, `agen.__anext__()`, `agen.athrow(...)`, `agen.aclose()`.
    pub struct AsyncGenASend: AsyncGenASend {
        pub generator: Slot,
        /// What the first step sends, or the exception that it throws.
        pub value: Slot,
        pub state: AtomicU8,
        pub how: u8,
    }
}
const SEND: u8 = 0;
const THROW: u8 = 1;
const CLOSE: u8 = 2;
const INIT: u8 = 0;
const ITER: u8 = 1;
const CLOSED: u8 = 2;

pub fn wrap(vm: &Vm, v: Value) -> Value {
    vm.heap.alloc(AsyncGenWrappedValue { value: v.into() }).value()
}
fn awaitable(vm: &Vm, g: Value, value: Value, how: u8) -> Value {
    let a = AsyncGenASend { generator: g.into(), value: value.into(), state: AtomicU8::new(INIT), how };
    vm.heap.alloc(a).value()
}
pub fn anext(vm: &Vm, g: Value) -> PyResult<Value> {
    Ok(awaitable(vm, g, Value::none(), SEND))
}
pub fn asend(vm: &Vm, g: Value, v: Value) -> Value {
    awaitable(vm, g, v, SEND)
}
pub fn athrow(vm: &Vm, a: Args<'_>) -> PyResult<Value> {
    let [g, args @ ..] = a.values else { return Err(vm.type_error("athrow expected at least 1 argument, got 0")) };
    let exc = generators::thrown(vm, args)?;
    Ok(awaitable(vm, *g, exc, THROW))
}
pub fn aclose(vm: &Vm, g: Value) -> Value {
    awaitable(vm, g, Value::none(), CLOSE)
}

/// One step of an awaitable: a value for the event loop, or the end by StopIteration or an exception.
fn step(vm: &Vm, v: Value, how: Resume) -> PyResult<Value> {
    let a = vm.expect::<AsyncGenASend>(v, "self")?;
    let Some(g) = Activation::of(a.generator.get()) else { return Err(vm.type_error("not an async generator")) };
    let name = ["asend", "athrow", "aclose"][a.how.min(2) as usize];
    let first = match a.state.load(Relaxed) {
        CLOSED => {
            return Err(vm.runtime_error(if a.how == SEND {
                "cannot reuse already awaited __anext__()/asend()".to_owned()
            } else {
                "cannot reuse already awaited aclose()/athrow()".to_owned()
            }));
        }
        INIT => true,
        _ => false,
    };
    if first && g.state() == crate::types::generator::RUNNING {
        a.state.store(CLOSED, Relaxed);
        return Err(vm.runtime_error(format!("{name}(): asynchronous generator is already running")));
    }
    a.state.store(ITER, Relaxed);
    if g.state() == FINISHED {
        a.state.store(CLOSED, Relaxed);
        return match (a.how, how) {
            (CLOSE, _) => Err(vm.stop_iteration()),
            (_, Resume::Throw(e)) => Err(vm.raise_value(e)),
            _ => Err(vm.raise_args(Exc::StopAsyncIteration, &[])),
        };
    }
    let how = match (first, a.how, how) {
        (true, SEND, Resume::Send(x)) if x.is_none() => Resume::Send(a.value.get()),
        (true, THROW, Resume::Send(_)) => Resume::Throw(a.value.get()),
        (true, CLOSE, Resume::Send(_)) => Resume::Throw(exception::new_args(vm, Exc::GeneratorExit, &[]).value()),
        (_, _, how) => how,
    };
    let close = |e: Raised| {
        a.state.store(CLOSED, Relaxed);
        e
    };
    match generators::resume(vm, g, how) {
        Ok(Step::Yield(x)) => match x.cast::<AsyncGenWrappedValue>() {
            Some(w) if a.how == CLOSE => {
                let _ = w;
                Err(close(vm.runtime_error("async generator ignored GeneratorExit")))
            }
            Some(w) => Err(close(generators::stop_iteration(vm, w.value.get()))),
            None => Ok(x),
        },
        Ok(Step::Return(_)) if a.how == CLOSE => Err(close(vm.stop_iteration())),
        Ok(Step::Return(_)) => Err(close(vm.raise_args(Exc::StopAsyncIteration, &[]))),
        Err(e) => {
            a.state.store(CLOSED, Relaxed);
            if a.how == CLOSE && (vm.pending_is(Exc::StopAsyncIteration) || vm.pending_is(Exc::GeneratorExit)) {
                vm.clear_pending();
                return Err(vm.stop_iteration());
            }
            Err(e)
        }
    }
}
payload! {
    /// `anext(it, default)`.
    pub struct AnextAwaitable: AnextAwaitable { wrapped: Slot, default: Slot }
}
pub fn with_default(vm: &Vm, a: Value, default: Value) -> Value {
    vm.heap.alloc(AnextAwaitable { wrapped: a.into(), default: default.into() }).value()
}
/// The default instead of StopAsyncIteration.
fn or_default(vm: &Vm, v: Value, r: PyResult<Value>) -> PyResult<Value> {
    let a = vm.expect::<AnextAwaitable>(v, "self")?;
    match r {
        Err(_) if vm.pending_is(Exc::StopAsyncIteration) => {
            vm.clear_pending();
            Err(generators::stop_iteration(vm, a.default.get()))
        }
        r => r,
    }
}
fn anext_step(vm: &Vm, v: Value) -> PyResult<Option<Value>> {
    let a = vm.expect::<AnextAwaitable>(v, "self")?;
    let inner = match crate::engine::stackops::awaitable_iter(vm, a.wrapped.get())? {
        Some(i) => i,
        None => return Err(vm.type_error(format!("'{}' object can't be awaited", vm.type_name(a.wrapped.get())))),
    };
    // The awaited iterator is kept, so that the next step goes on with it.
    a.wrapped.set(a, inner);
    let r = match generators::send(vm, inner, Value::none()) {
        Ok(Step::Yield(x)) => Ok(x),
        Ok(Step::Return(x)) => Err(generators::stop_iteration(vm, x)),
        Err(e) => Err(e),
    };
    or_default(vm, v, r).map(Some)
}
pub static ANEXT_AWAITABLE: TypeSpec = TypeSpec {
    name: "anext_awaitable",
    kind: Kind::AnextAwaitable,
    slots: SlotTable {
        iter: Some(generic::iter_self),
        iternext: Some(anext_step),
        await_: Some(generic::iter_self),
        ..SlotTable::EMPTY
    },
    ..TypeSpec::EMPTY
};
fn next(vm: &Vm, v: Value) -> PyResult<Option<Value>> {
    step(vm, v, Resume::Send(Value::none())).map(Some)
}
pub static ASYNC_GEN_ASEND: TypeSpec = TypeSpec {
    name: "async_generator_asend",
    kind: Kind::AsyncGenASend,
    slots: SlotTable {
        iter: Some(generic::iter_self),
        iternext: Some(next),
        await_: Some(generic::iter_self),
        ..SlotTable::EMPTY
    },
    methods: &[
        method("send", "($self, value, /)", |vm: &Vm, v: Value, x: Value| step(vm, v, Resume::Send(x))),
        raw("throw", "($self, typ, val=None, tb=None, /)", |vm: &Vm, a: Args<'_>| {
            let [v, args @ ..] = a.values else { return Err(vm.type_error("throw needs an argument")) };
            let exc = generators::thrown(vm, args)?;
            step(vm, *v, Resume::Throw(exc))
        }),
        method("close", "($self, /)", |vm: &Vm, v: Value| -> PyResult<()> {
            let a = vm.expect::<AsyncGenASend>(v, "self")?;
            a.state.store(CLOSED, Relaxed);
            Ok(())
        }),
    ],
    ..TypeSpec::EMPTY
};
