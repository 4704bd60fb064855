//! Making, resuming and ending generators, coroutines and async generators.
//!
//! Invariant: a suspended activation's registers are its own `FrameBuf`; while it runs they are a frame of the engine whose
//! return kind has `ret::GENERATOR` and whose extra word is the activation. `state` is `RUNNING` exactly then.
#![allow(unsafe_code)]

use super::frame::{self, FrameRef, Pc, Regs, ret};
use super::{run, unwind};
use crate::error::{PyResult, Raised};
use crate::types::code::Code;
use crate::types::exception::{self, Exc, Exception};
use crate::types::generator::{self, Activation, CREATED, FINISHED, RUNNING, SUSPENDED};
use crate::types::traceback::Traceback;
use crate::types::type_::Type;
use crate::vm::Vm;
use bunpy_heap::{FrameBuf, Kind, Tuple, Value};
use pyc_format::code as pyc;
use std::sync::atomic::Ordering::Relaxed;

pub enum Resume {
    Send(Value),
    Throw(Value),
}
pub enum Step {
    Yield(Value),
    Return(Value),
}

/// The activation of a frame that has just bound its arguments; `sent` is the register of the first sent value.
pub unsafe fn make(vm: &Vm, pc: Pc, regs: Regs, sent: usize) -> Value {
    // SAFETY: `regs` is the innermost frame.
    unsafe {
        let f = FrameRef(regs);
        let (Some(rc), Some(func)) = (f.regcode(), f.function()) else { return Value::none() };
        let buf = vm.heap.frame_buf(rc.n_regs as usize);
        let to = buf.registers();
        for i in 0..rc.stack as usize {
            *to.add(i) = *regs.add(i);
        }
        *to.sub(1) = func.value();
        let kind = match func.code.cast::<Code>() {
            Some(c) if c.has(pyc::CO_ASYNC_GENERATOR) => Kind::AsyncGenerator,
            Some(c) if c.has(pyc::CO_COROUTINE) => Kind::Coroutine,
            _ => Kind::Generator,
        };
        let v = generator::new(vm, kind, func.value(), func.name.get(), func.qualname.get(), buf.value(), pc as usize);
        *to.sub(5) = v;
        FrameRef(to).set_return(std::ptr::null(), std::ptr::null_mut(), sent, ret::GENERATOR);
        v
    }
}
/// Whether `enter` may be used: the activation waits.
pub fn can_enter(v: Value) -> bool {
    Activation::of(v).is_some_and(|a| a.state() <= SUSPENDED)
}
/// Pushes a waiting activation's frame over the running one: `(return pc, caller, register for the result, kind)`.
pub unsafe fn enter(vm: &Vm, v: Value, sent: Value, at: (Pc, Regs, usize, u64)) -> PyResult<(Pc, Regs)> {
    // SAFETY: the registers are the activation's own.
    unsafe {
        let Some(a) = Activation::of(v) else { return Err(vm.type_error("not a generator")) };
        let Some(f) = a.fields() else { return Err(vm.type_error("not a generator")) };
        let Some(buf) = f.frame.cast::<FrameBuf>() else { return Err(vm.runtime_error("generator without frame")) };
        if f.state.load(Relaxed) == CREATED && !sent.is_none() {
            let what = kind_name(v);
            return Err(vm.type_error(format!("can't send non-None value to a just-started {what}")));
        }
        if vm.stack.depth.get() >= vm.recursion_limit.get() {
            return Err(vm.recursion_error(""));
        }
        vm.stack.depth.set(vm.stack.depth.get() + 1);
        let regs = buf.registers();
        let r = FrameRef(regs);
        *regs.add(r.dst()) = sent;
        let kept = r.kind() & ret::HAS_FRAME;
        r.set_return(at.0, at.1, at.2, at.3 | ret::GENERATOR | kept);
        f.state.store(RUNNING, Relaxed);
        swap_handled(vm, a);
        Ok((f.pc.load(Relaxed) as Pc, regs))
    }
}
/// The exception that the activation was handling becomes the thread's, and the thread's is kept for later.
fn swap_handled(vm: &Vm, a: Activation) {
    let Some(f) = a.fields() else { return };
    let outer = vm.handled.get();
    if let Some(inner) = f.handled.bound() {
        vm.handled.set(inner);
    }
    f.outer.set(a.value(), outer);
}
fn restore_handled(vm: &Vm, a: Activation, suspended: bool) {
    let Some(f) = a.fields() else { return };
    let outer = f.outer.bound().unwrap_or(Value::none());
    let inner = vm.handled.get();
    let keep = suspended && inner != outer && !inner.is_none();
    f.handled.set(a.value(), if keep { inner } else { Value::unbound() });
    f.outer.set(a.value(), Value::unbound());
    vm.handled.set(outer);
}
/// The frame yields: its registers wait.
pub unsafe fn suspend(vm: &Vm, r: FrameRef, next: Pc, sent: usize) {
    // SAFETY: `r` is the running frame of an activation.
    unsafe {
        let Some(a) = Activation::of(r.extra()) else { return };
        if let Some(f) = a.fields() {
            f.pc.store(next as usize, Relaxed);
            f.state.store(SUSPENDED, Relaxed);
        }
        let kept = r.kind() & ret::HAS_FRAME;
        r.set_return(std::ptr::null(), std::ptr::null_mut(), sent, ret::GENERATOR | kept);
        restore_handled(vm, a, true);
    }
}
/// The activation has returned or raised.
pub fn finish(vm: &Vm, v: Value) {
    if let Some(a) = Activation::of(v) {
        if let Some(f) = a.fields() {
            f.state.store(FINISHED, Relaxed);
            f.frame.set(v, Value::unbound());
        }
        restore_handled(vm, a, false);
    }
}
fn kind_name(v: Value) -> &'static str {
    match v.kind() {
        Kind::Coroutine => "coroutine",
        Kind::AsyncGenerator => "async generator",
        _ => "generator",
    }
}

/// Resumes from Rust.
pub fn resume(vm: &Vm, a: Activation, how: Resume) -> PyResult<Step> {
    let v = a.value();
    let state = a.state();
    if state == RUNNING {
        return Err(vm.value_error(format!("{} already executing", kind_name(v))));
    }
    if state == FINISHED {
        return match how {
            Resume::Throw(e) => Err(throw_value(vm, e)),
            Resume::Send(_) if v.kind() == Kind::Coroutine => {
                Err(vm.runtime_error("cannot reuse already awaited coroutine"))
            }
            Resume::Send(_) => Ok(Step::Return(Value::none())),
        };
    }
    vm.check_native_stack("")?;
    // The frame below must be found again by tracebacks and `sys._getframe`.
    let here = (vm.stack.pc.get().wrapping_add(1), vm.stack.regs.get(), 0, ret::NATIVE);
    // SAFETY: the frame that `enter` pushes is run to its next yield or end.
    unsafe {
        let sent = match how {
            Resume::Send(x) => x,
            Resume::Throw(_) => Value::none(),
        };
        let (pc, regs) = enter(vm, v, sent, here)?;
        let r = match how {
            Resume::Send(_) => run::run_nested(vm, pc, regs),
            Resume::Throw(e) => {
                throw_value(vm, e);
                let saved = (vm.stack.regs.get(), vm.stack.pc.get());
                // The instruction that was suspended is the one that raises.
                match unwind::unwind(vm, pc.wrapping_sub(1), regs) {
                    Some((pc, regs)) => {
                        vm.stack.regs.set(saved.0);
                        vm.stack.pc.set(saved.1);
                        run::run_nested(vm, pc, regs)
                    }
                    None => {
                        vm.stack.regs.set(saved.0);
                        vm.stack.pc.set(saved.1);
                        Err(Raised)
                    }
                }
            }
        }?;
        Ok(if a.state() == FINISHED { Step::Return(r) } else { Step::Yield(r) })
    }
}
/// Makes `e` pending as it is: its traceback and context stay.
fn throw_value(vm: &Vm, e: Value) -> Raised {
    vm.raise_value(e)
}
/// One step of anything that SEND meets.
pub fn send(vm: &Vm, receiver: Value, v: Value) -> PyResult<Step> {
    if let Some(a) = Activation::of(receiver) {
        return resume(vm, a, Resume::Send(v));
    }
    let t = vm.type_of(receiver);
    let r = if v.is_none() && t.has(crate::types::type_::flags::HEAPTYPE) && vm.lookup(t, vm.names.__next__).is_some() {
        // The slot would lose the value of a StopIteration.
        crate::object::slotdefs::call_method(vm, receiver, vm.names.__next__, &[])
    } else if v.is_none() && t.slots.iternext.address() != 0 {
        match vm.type_of(receiver).slots.iternext.get() {
            Some(f) => match f(vm, receiver) {
                Ok(Some(x)) => return Ok(Step::Yield(x)),
                Ok(None) => return Ok(Step::Return(Value::none())),
                Err(e) => Err(e),
            },
            None => Err(vm.type_error("not an iterator")),
        }
    } else {
        vm.call_method_name(receiver, vm.names.send, &[v])
    };
    match r {
        Ok(x) => Ok(Step::Yield(x)),
        Err(e) => {
            if vm.pending_is(Exc::StopIteration) {
                let x = vm.take_exception(e);
                return Ok(Step::Return(x.extra[0].bound().unwrap_or(Value::none())));
            }
            Err(e)
        }
    }
}
/// StopIteration with a value, wrapped so that a tuple or exception stays one argument.
pub fn stop_iteration(vm: &Vm, v: Value) -> Raised {
    if v.is_none() {
        return vm.stop_iteration();
    }
    vm.raise_args(Exc::StopIteration, &[v])
}
/// The exception of `throw(type, value=None, traceback=None)`.
pub fn thrown(vm: &Vm, args: &[Value]) -> PyResult<Value> {
    let (typ, val, tb) = match args {
        [t] => (*t, Value::none(), Value::none()),
        [t, v] => (*t, *v, Value::none()),
        [t, v, b] => (*t, *v, *b),
        [] => return Err(vm.type_error("throw expected at least 1 argument, got 0")),
        v => return Err(vm.type_error(format!("throw expected at most 3 arguments, got {}", v.len()))),
    };
    if !tb.is_none() && tb.cast::<Traceback>().is_none() {
        return Err(vm.type_error("throw() third argument must be a traceback object"));
    }
    let exc = if let Some(t) = typ.cast::<Type>().filter(|_| vm.is_exception_class(typ)) {
        if val.cast::<Exception>().is_some() && vm.is_instance_of(val, t) {
            val
        } else if let Some(a) = val.cast::<Tuple>() {
            vm.call(typ, a.items())?
        } else if val.is_none() {
            vm.call(typ, &[])?
        } else {
            vm.call(typ, &[val])?
        }
    } else if typ.cast::<Exception>().is_some() {
        if !val.is_none() {
            return Err(vm.type_error("instance exception may not have a separate value"));
        }
        typ
    } else {
        return Err(vm.type_error(format!(
            "exceptions must be classes or instances deriving from BaseException, not {}",
            vm.type_name(typ)
        )));
    };
    if let (Some(e), false) = (exc.cast::<Exception>(), tb.is_none()) {
        e.traceback.set(e, tb);
    }
    Ok(exc)
}
/// `close()`.
pub fn close(vm: &Vm, a: Activation) -> PyResult<Value> {
    match a.state() {
        CREATED => {
            finish(vm, a.value());
            return Ok(Value::none());
        }
        FINISHED => return Ok(Value::none()),
        RUNNING => return Err(vm.value_error(format!("{} already executing", kind_name(a.value())))),
        _ => {}
    }
    let e = exception::new_args(vm, Exc::GeneratorExit, &[]);
    match resume(vm, a, Resume::Throw(e.value())) {
        Ok(Step::Yield(_)) => Err(vm.runtime_error(format!("{} ignored GeneratorExit", kind_name(a.value())))),
        Ok(Step::Return(v)) => Ok(v),
        Err(e) => {
            if vm.pending_is(Exc::GeneratorExit) || vm.pending_is(Exc::StopIteration) {
                let x = vm.take_exception(e);
                let stop = vm.is_instance_of(x.value(), vm.exc_type(Exc::StopIteration));
                return Ok(if stop { x.extra[0].bound().unwrap_or(Value::none()) } else { Value::none() });
            }
            Err(e)
        }
    }
}
/// `gi_yieldfrom`: what a suspended activation delegates to.
pub fn yield_from(vm: &Vm, a: Activation) -> PyResult<Value> {
    let _ = (vm, frame::ret::KIND);
    let Some(f) = a.fields().filter(|_| a.state() == SUSPENDED) else { return Ok(Value::none()) };
    let Some(buf) = f.frame.cast::<FrameBuf>() else { return Ok(Value::none()) };
    // SAFETY: the registers of a suspended activation.
    unsafe {
        let r = FrameRef(buf.registers());
        let pc = (f.pc.load(Relaxed) as Pc).wrapping_sub(1);
        let Some(rc) = r.regcode() else { return Ok(Value::none()) };
        let Some(code) = rc.code() else { return Ok(Value::none()) };
        let Some(o) = rc.origin(frame::word_index(rc, pc)) else { return Ok(Value::none()) };
        let bytes = vm.expect_bytes(code.code.get(), "co_code")?;
        // YIELD_VALUE 1 is the yield of a delegation; the receiver stands below the value.
        let unit = pyc_format::opcode::instruction_at(bytes.as_bytes(), o.unit as usize);
        match unit {
            Some(i) if i.op() == Some(pyc_format::opcode::Opcode::YIELD_VALUE) && i.oparg & 1 != 0 && o.depth >= 2 => {
                Ok(*buf.registers().add(rc.stack as usize + o.depth as usize - 2))
            }
            _ => Ok(Value::none()),
        }
    }
}
