//! Leaving frames: by return, by yield, by exception.
//!
//! Invariant: whoever leaves a frame pops it exactly once; an exception that leaves a frame has a traceback entry for it.
#![allow(unsafe_code)]

use super::frame::{self, FrameRef, Pc, Regs, ret};
use super::generators;
use super::regcode::offset_of;
use crate::error::{PyResult, Raised};
use crate::types::exception::Exception;
use crate::types::traceback::Traceback;
use crate::vm::Vm;
use bunpy_heap::{Gc, Value};

/// Where the engine goes on after a frame has been left.
pub enum Left {
    Caller(Pc, Regs),
    /// A nested run ends.
    Native(Value),
    /// An exception is pending at this instruction of the caller.
    Raise(Pc, Regs),
}

/// Returns `v` from a frame of any kind.
#[inline(never)]
pub unsafe fn leave(vm: &Vm, regs: Regs, v: Value) -> PyResult<Left> {
    // SAFETY: `regs` is the innermost frame.
    unsafe {
        let f = FrameRef(regs);
        let kind = f.kind();
        let (pc, caller, dst) = (f.return_pc(), f.caller(), f.dst());
        let extra = f.extra();
        if kind & ret::GENERATOR != 0 {
            generators::finish(vm, extra);
        }
        frame::pop(vm, regs);
        vm.stack.regs.set(caller);
        vm.stack.pc.set(pc.wrapping_sub(1));
        match kind & ret::KIND {
            ret::NATIVE => return Ok(Left::Native(v)),
            ret::INIT => {
                if !v.is_none() {
                    vm.type_error(format!("__init__() should return None, not '{}'", vm.type_name(v)));
                    return Ok(Left::Raise(pc.sub(1), caller));
                }
                *caller.add(dst) = extra;
            }
            // The instruction before the return address is the FOR_ITER or SEND, whose branch leads past the loop.
            ret::FOR => return Ok(Left::Caller(pc.sub(1).offset(offset_of(*pc.sub(1))), caller)),
            ret::SEND => {
                *caller.add(dst) = v;
                return Ok(Left::Caller(pc.sub(1).offset(offset_of(*pc.sub(1))), caller));
            }
            ret::DISCARD => {}
            _ => *caller.add(dst) = v,
        }
        Ok(Left::Caller(pc, caller))
    }
}

/// Suspends a generator's frame with `v`; what is sent back will arrive in its register `sent`.
pub unsafe fn leave_yielding(vm: &Vm, next: Pc, regs: Regs, v: Value, sent: usize) -> Left {
    // SAFETY: `regs` is the innermost frame, a generator's (the verifier lets no other code yield).
    unsafe {
        let f = FrameRef(regs);
        let kind = f.kind();
        let (pc, caller, dst) = (f.return_pc(), f.caller(), f.dst());
        generators::suspend(vm, f, next, sent);
        vm.stack.depth.set(vm.stack.depth.get() - 1);
        vm.stack.regs.set(caller);
        vm.stack.pc.set(pc.wrapping_sub(1));
        match kind & ret::KIND {
            ret::NATIVE => Left::Native(v),
            _ => {
                *caller.add(dst) = v;
                Left::Caller(pc, caller)
            }
        }
    }
}

/// The pending exception meets the frame at `regs`, whose instruction at `pc` raised it: the nearest handler in this run, or
/// `None` when the run ends with it.
#[cold]
#[inline(never)]
pub unsafe fn unwind(vm: &Vm, pc: Pc, regs: Regs) -> Option<(Pc, Regs)> {
    let (mut pc, mut regs) = (pc, regs);
    // SAFETY: the chain of frames is live down to the run's first one.
    unsafe {
        loop {
            vm.stack.regs.set(regs);
            vm.stack.pc.set(pc);
            let exc = match vm.pending() {
                Some(v) => v,
                None => {
                    let _: Raised = crate::raise!(vm, SystemError, "error return without exception set");
                    vm.pending()?
                }
            };
            let f = FrameRef(regs);
            if let Some(rc) = f.regcode() {
                let origin = rc.origin(frame::word_index(rc, pc));
                let unit = origin.map_or(0, |o| o.unit);
                if let Some(e) = exc.cast::<Exception>() {
                    add_traceback(vm, e, f, pc, unit);
                }
                if let Some(h) = rc.handler(unit) {
                    vm.clear_pending();
                    let stack = regs.add(rc.stack as usize);
                    let mut d = h.depth as usize;
                    if h.lasti {
                        *stack.add(d) = Value::int(unit as i64 * 2);
                        d += 1;
                    }
                    *stack.add(d) = exc;
                    return Some((rc.start().add(h.target as usize), regs));
                }
            }
            let kind = f.kind();
            let (rpc, caller) = (f.return_pc(), f.caller());
            if kind & ret::GENERATOR != 0 {
                generators::finish(vm, f.extra());
            }
            frame::pop(vm, regs);
            vm.stack.regs.set(caller);
            vm.stack.pc.set(rpc.wrapping_sub(1));
            if kind & ret::KIND == ret::NATIVE {
                return None;
            }
            regs = caller;
            pc = rpc.sub(1);
        }
    }
}
/// `PyTraceBack_Here`.
unsafe fn add_traceback(vm: &Vm, e: Gc<Exception>, f: FrameRef, pc: Pc, unit: u32) {
    // SAFETY: the frame is live.
    unsafe {
        if vm.take_reraise(unit) {
            return;
        }
        let object = frame::object_of(vm, f, pc);
        let code = f.function().map_or(Value::none(), |f| f.code.get());
        let tb = vm.heap.alloc(Traceback {
            next: e.traceback.get().into(),
            frame: object.into(),
            code: code.into(),
            lasti: unit as i32 * 2,
        });
        e.traceback.set(e, tb.value());
    }
}
impl Vm {
    /// Whether the exception on its way is a RERAISE, which adds no entry for its own frame.
    pub(crate) fn take_reraise(&self, _unit: u32) -> bool {
        self.reraising.replace(false)
    }
}
