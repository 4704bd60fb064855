//! Frames: registers on the thread's stack (or in a generator's buffer), six words before them, and what Python may ask
//! about them.
//!
//! Invariant: `Stack::regs` is the innermost running frame whenever a native runs, `Stack::pc` the instruction it is at; the
//! chain of caller's registers ends with null. Registers `0 .. stack` and the homes that the origin's mask names hold values;
//! the collector overwrites the rest.
#![allow(unsafe_code)]

use super::regcode::RegCode;
use crate::error::{PyResult, Raised};
use crate::types::cell::Cell as PyCell;
use crate::types::code::Code;
use crate::types::dict::{Dict, DictExt};
use crate::types::frame::Frame;
use crate::types::function::Function;
use crate::types::generator::{Activation, FINISHED};
use crate::vm::Vm;
use bunpy_heap::table::FRAME_WORDS;
use bunpy_heap::{FrameBuf, Gc, Slot, Str, Tracer, Tuple, Value};
use pyc_format::code as pyc;
use std::cell::Cell;
use std::sync::atomic::{AtomicI32, AtomicUsize, Ordering::Relaxed};

pub type Regs = *mut Value;
pub type Pc = *const u64;

/// What happens with a frame's result, in the upper half of its return word.
pub mod ret {
    /// Into the caller's register `dst`.
    pub const PLAIN: u64 = 0;
    /// Ends a nested run of the engine.
    pub const NATIVE: u64 = 1;
    /// `__init__`: must be None; the instance in the extra word goes to `dst`.
    pub const INIT: u64 = 2;
    /// A generator that FOR_ITER resumed; at its end the caller jumps.
    pub const FOR: u64 = 3;
    /// A generator that SEND resumed.
    pub const SEND: u64 = 4;
    /// The result is dropped.
    pub const DISCARD: u64 = 5;
    pub const KIND: u64 = 0xFF;
    /// A frame object exists.
    pub const HAS_FRAME: u64 = 0x100;
    /// The registers are a generator's.
    pub const GENERATOR: u64 = 0x200;
}

const STACK_WORDS: usize = 1 << 20;

/// One thread's registers.
pub struct Stack {
    words: Box<[u64]>,
    /// First free word.
    pub sp: Cell<Regs>,
    pub limit: Regs,
    pub regs: Cell<Regs>,
    pub pc: Cell<Pc>,
    pub depth: Cell<usize>,
    /// Native frames between the engine's loops.
    pub native_depth: Cell<usize>,
}
impl Stack {
    pub fn new() -> Stack {
        let words = vec![0u64; STACK_WORDS].into_boxed_slice();
        let base = words.as_ptr() as Regs;
        Stack {
            // SAFETY: inside the allocation.
            limit: unsafe { base.add(STACK_WORDS - 64) },
            sp: Cell::new(base),
            words,
            regs: Cell::new(std::ptr::null_mut()),
            pc: Cell::new(std::ptr::null()),
            depth: Cell::new(0),
            native_depth: Cell::new(0),
        }
    }
    /// Marks what the frames hold.
    pub fn trace(&self, t: &mut Tracer<'_>) {
        let _ = &self.words;
        let (mut regs, mut pc) = (self.regs.get(), self.pc.get());
        while !regs.is_null() {
            // SAFETY: the chain leads through live frames.
            unsafe {
                let f = FrameRef(regs);
                t.value(f.func());
                t.value(f.extra());
                t.value(f.frame_object());
                if let Some(rc) = f.regcode() {
                    for i in 0..rc.stack as usize {
                        t.value(*regs.add(i));
                    }
                    let live = rc.origin(word_index(rc, pc)).map_or(0, |o| o.live);
                    for d in 0..(rc.n_regs - rc.stack) as usize {
                        let r = regs.add(rc.stack as usize + d);
                        if live == u64::MAX || d < 64 && live >> d & 1 != 0 {
                            if live != u64::MAX || f.kind() & ret::GENERATOR == 0 {
                                t.value(*r);
                            }
                        } else {
                            *r = Value::unbound();
                        }
                    }
                }
                pc = f.return_pc().wrapping_sub(1);
                regs = f.caller();
            }
        }
    }
}
impl Default for Stack {
    fn default() -> Stack {
        Stack::new()
    }
}

/// Index of the word at `pc` in its code.
pub fn word_index(rc: &RegCode, pc: Pc) -> usize {
    (pc as usize).wrapping_sub(rc.start() as usize) / 8
}

/// A live frame.
#[derive(Clone, Copy)]
pub struct FrameRef(pub Regs);
impl FrameRef {
    /// # Safety
    /// The frame is live, here and in all methods below.
    pub unsafe fn func(self) -> Value {
        // SAFETY: the caller's promise.
        unsafe { *self.0.sub(1) }
    }
    pub unsafe fn return_pc(self) -> Pc {
        // SAFETY: as above.
        unsafe { *(self.0.sub(2) as *const Pc) }
    }
    pub unsafe fn caller(self) -> Regs {
        // SAFETY: as above.
        unsafe { *(self.0.sub(3) as *const Regs) }
    }
    pub unsafe fn set_return(self, pc: Pc, caller: Regs, dst: usize, kind: u64) {
        // SAFETY: as above.
        unsafe {
            *(self.0.sub(2) as *mut Pc) = pc;
            *(self.0.sub(3) as *mut Regs) = caller;
            *(self.0.sub(4) as *mut u64) = dst as u64 | kind << 32;
        }
    }
    pub unsafe fn dst(self) -> usize {
        // SAFETY: as above.
        unsafe { *(self.0.sub(4) as *const u64) as u32 as usize }
    }
    pub unsafe fn kind(self) -> u64 {
        // SAFETY: as above.
        unsafe { *(self.0.sub(4) as *const u64) >> 32 }
    }
    pub unsafe fn set_kind(self, kind: u64) {
        // SAFETY: as above.
        unsafe { *(self.0.sub(4) as *mut u64) = self.dst() as u64 | kind << 32 }
    }
    /// The instance of an `__init__`, the mapping of a class body or module, a generator's activation.
    pub unsafe fn extra(self) -> Value {
        // SAFETY: as above.
        unsafe { *self.0.sub(5) }
    }
    pub unsafe fn set_extra(self, v: Value) {
        // SAFETY: as above.
        unsafe { *self.0.sub(5) = v }
    }
    pub unsafe fn frame_object(self) -> Value {
        // SAFETY: as above.
        unsafe { *self.0.sub(6) }
    }
    pub unsafe fn function(self) -> Option<Gc<Function>> {
        // SAFETY: as above.
        unsafe { self.func().cast::<Function>() }
    }
    pub unsafe fn regcode<'a>(self) -> Option<&'a RegCode> {
        // SAFETY: the machine's arena keeps translated code for as long as the machine lives.
        unsafe { self.function()?.entry.0.load(Relaxed).as_ref() }
    }
}

/// A new frame's registers above everything in use: header set, all locals unbound. RecursionError when there is no room.
///
/// # Safety
/// `rc` is `f`'s code; the caller sets the arguments and then runs the frame.
#[inline]
pub unsafe fn push(
    vm: &Vm,
    f: Gc<Function>,
    rc: &RegCode,
    pc: Pc,
    caller: Regs,
    dst: usize,
    kind: u64,
) -> PyResult<Regs> {
    let s = &vm.stack;
    // SAFETY: bounds are checked before anything is written.
    unsafe {
        let regs = s.sp.get().add(FRAME_WORDS);
        let end = regs.wrapping_add(rc.n_regs as usize);
        if end >= s.limit || s.depth.get() >= vm.recursion_limit.get() {
            return Err(too_deep(vm));
        }
        s.depth.set(s.depth.get() + 1);
        s.sp.set(end);
        *regs.sub(1) = f.value();
        *regs.sub(5) = Value::unbound();
        *regs.sub(6) = Value::unbound();
        FrameRef(regs).set_return(pc, caller, dst, kind);
        for i in 0..rc.n_locals as usize {
            *regs.add(i) = Value::unbound();
        }
        Ok(regs)
    }
}
#[cold]
fn too_deep(vm: &Vm) -> Raised {
    // Room for the handling of the error itself.
    let limit = vm.recursion_limit.get();
    vm.recursion_limit.set(limit + 50);
    let r = vm.recursion_error("");
    vm.recursion_limit.set(limit);
    r
}
/// Takes the innermost frame off the stack; what its frame object shows is copied out of the registers first.
///
/// # Safety
/// `regs` is the innermost live frame.
#[inline]
pub unsafe fn pop(vm: &Vm, regs: Regs) {
    let f = FrameRef(regs);
    // SAFETY: the caller's promise.
    unsafe {
        let kind = f.kind();
        vm.stack.depth.set(vm.stack.depth.get() - 1);
        if kind & ret::HAS_FRAME != 0 {
            detach(vm, f);
        }
        if kind & ret::GENERATOR == 0 {
            vm.stack.sp.set(regs.sub(FRAME_WORDS));
        }
    }
}
/// A frame object outlives its registers.
#[cold]
unsafe fn detach(vm: &Vm, f: FrameRef) {
    // SAFETY: `pop`'s promise.
    unsafe {
        if let Some(o) = f.frame_object().cast::<Frame>() {
            if o.locals.bound().is_none()
                && let Ok(d) = snapshot(vm, f)
            {
                o.locals.set(o, d);
            }
            // The caller's frame object, if there is one, stays reachable.
            let caller = f.caller();
            if !caller.is_null() {
                o.back.set(o, FrameRef(caller).frame_object().bound().unwrap_or(Value::none()));
            }
            o.registers.store(0, Relaxed);
        }
    }
}

// ---- what Python asks

fn innermost(vm: &Vm) -> Option<FrameRef> {
    let r = vm.stack.regs.get();
    if r.is_null() { None } else { Some(FrameRef(r)) }
}
/// The globals of the running function.
pub fn current_globals(vm: &Vm) -> Option<Gc<Dict>> {
    // SAFETY: the innermost frame is live.
    unsafe { innermost(vm)?.function()?.globals.cast::<Dict>() }
}
/// `locals()`.
pub fn locals(vm: &Vm) -> PyResult<Value> {
    match innermost(vm) {
        // SAFETY: as above.
        Some(f) => unsafe { snapshot(vm, f) },
        None => Err(vm.runtime_error("no current frame")),
    }
}
/// The mapping of a module's or class body's frame; a dict of the bound variables of a function's.
unsafe fn snapshot(vm: &Vm, f: FrameRef) -> PyResult<Value> {
    // SAFETY: the caller's promise.
    unsafe {
        if f.kind() & ret::GENERATOR == 0
            && let Some(ns) = f.extra().bound()
            && f.kind() & ret::KIND != ret::INIT
        {
            return Ok(ns);
        }
        let d = Dict::new(vm);
        let Some(code) = f.function().and_then(|f| f.code.cast::<Code>()) else { return Ok(d.value()) };
        let Some(names) = code.localsplusnames.cast::<Tuple>() else { return Ok(d.value()) };
        for (i, (name, kind)) in names.items().iter().zip(code.kinds()).enumerate() {
            if kind & pyc::CO_FAST_HIDDEN != 0 {
                continue;
            }
            let mut v = *f.0.add(i);
            if kind & (pyc::CO_FAST_CELL | pyc::CO_FAST_FREE) != 0
                && let Some(c) = v.cast::<PyCell>()
            {
                v = c.value.get();
            }
            if let (Some(name), Some(v)) = (name.cast::<Str>(), v.bound()) {
                d.set_str(vm, name, v)?;
            }
        }
        Ok(d.value())
    }
}
pub fn frame_locals(vm: &Vm, f: Gc<Frame>) -> PyResult<Value> {
    if let Some(l) = f.locals.bound() {
        return Ok(l);
    }
    let regs = f.registers.load(Relaxed) as Regs;
    if regs.is_null() {
        return Ok(Dict::new(vm).value());
    }
    // SAFETY: `registers` is zeroed when the frame ends.
    unsafe { snapshot(vm, FrameRef(regs)) }
}
/// The class cell and first argument of the running method, for `super()`.
pub fn super_arguments(vm: &Vm) -> PyResult<(Value, Value)> {
    let Some(f) = innermost(vm) else { return Err(vm.runtime_error("super(): no current frame")) };
    // SAFETY: as above.
    unsafe {
        let Some(code) = f.function().and_then(|f| f.code.cast::<Code>()) else {
            return Err(vm.runtime_error("super(): no code object"));
        };
        if code.argcount == 0 {
            return Err(vm.runtime_error("super(): no arguments"));
        }
        let mut first = *f.0;
        if code.kinds().first().is_some_and(|k| k & pyc::CO_FAST_CELL != 0)
            && let Some(c) = first.cast::<PyCell>()
        {
            first = c.value.get();
        }
        if first.is_unbound() {
            return Err(vm.runtime_error("super(): arg[0] deleted"));
        }
        let Some(names) = code.localsplusnames.cast::<Tuple>() else {
            return Err(vm.runtime_error("super(): no code object"));
        };
        for (i, (n, k)) in names.items().iter().zip(code.kinds()).enumerate() {
            if k & pyc::CO_FAST_FREE != 0 && n.cast::<Str>().is_some_and(|n| n.is_text("__class__")) {
                return match (*f.0.add(i)).cast::<PyCell>().and_then(|c| c.value.bound()) {
                    Some(c) => Ok((c, first)),
                    None => Err(vm.runtime_error("super(): empty __class__ cell")),
                };
            }
        }
        Err(vm.runtime_error("super(): __class__ cell not found"))
    }
}

/// Bytecode offset of a frame that is at `pc`.
pub unsafe fn lasti(f: FrameRef, pc: Pc) -> i32 {
    // SAFETY: the caller's promise.
    unsafe {
        let Some(rc) = f.regcode() else { return -1 };
        rc.origin(word_index(rc, pc)).map_or(0, |o| o.unit) as i32 * 2
    }
}
/// Brings a frame object of a running activation up to date.
pub fn refresh(vm: &Vm, o: Gc<Frame>) {
    let target = o.registers.load(Relaxed) as Regs;
    if target.is_null() {
        return;
    }
    let (mut regs, mut pc) = (vm.stack.regs.get(), vm.stack.pc.get());
    // SAFETY: the chain leads through live frames.
    unsafe {
        while !regs.is_null() {
            let f = FrameRef(regs);
            if regs == target {
                o.lasti.store(lasti(f, pc), Relaxed);
                let caller = f.caller();
                let back = if caller.is_null() {
                    Value::none()
                } else {
                    object_of(vm, FrameRef(caller), f.return_pc().wrapping_sub(1))
                };
                o.back.set(o, back);
                return;
            }
            pc = f.return_pc().wrapping_sub(1);
            regs = f.caller();
        }
    }
    // A suspended generator's.
    o.back.set(o, Value::none());
}
/// The line of a code unit; -1 where there is none. An instruction with EXTENDED_ARG has its line everywhere.
pub fn line_of(code: Gc<Code>, unit: u32) -> i32 {
    let Some(t) = code.linetable.cast::<bunpy_heap::Bytes>() else { return -1 };
    pyc_format::linetable::line_of(t.as_bytes(), code.firstlineno, unit).unwrap_or(-1)
}

/// The frame object of a live frame, made on the first request.
pub unsafe fn object_of(vm: &Vm, f: FrameRef, pc: Pc) -> Value {
    // SAFETY: the caller's promise.
    unsafe {
        let lasti = lasti(f, pc);
        if let Some(o) = f.frame_object().cast::<Frame>() {
            o.lasti.store(lasti, Relaxed);
            return o.value();
        }
        let (code, globals, builtins) = match f.function() {
            Some(f) => (f.code.get(), f.globals.get(), f.builtins.get()),
            None => (Value::none(), Value::none(), Value::none()),
        };
        let o = vm.heap.alloc(Frame {
            code: code.into(),
            func: f.func().into(),
            globals: globals.into(),
            builtins: builtins.into(),
            locals: Slot::unbound(),
            back: Slot::unbound(),
            lasti: AtomicI32::new(lasti),
            registers: AtomicUsize::new(f.0 as usize),
            trace: Slot::new(Value::none()),
        });
        *f.0.sub(6) = o.value();
        f.set_kind(f.kind() | ret::HAS_FRAME);
        o.value()
    }
}
/// `sys._getframe(depth)`.
pub fn get_frame(vm: &Vm, depth: Option<i32>) -> PyResult<Value> {
    let (mut regs, mut pc) = (vm.stack.regs.get(), vm.stack.pc.get());
    let mut n = depth.unwrap_or(0).max(0);
    // SAFETY: the chain leads through live frames.
    unsafe {
        while !regs.is_null() {
            if n == 0 {
                return Ok(object_of(vm, FrameRef(regs), pc));
            }
            n -= 1;
            pc = FrameRef(regs).return_pc().wrapping_sub(1);
            regs = FrameRef(regs).caller();
        }
    }
    Err(vm.value_error("call stack is not deep enough"))
}
/// `gi_frame`: None once the activation has ended.
pub fn frame_of_activation(vm: &Vm, a: Activation) -> PyResult<Value> {
    if a.state() == FINISHED {
        return Ok(Value::none());
    }
    let Some(fields) = a.fields() else { return Ok(Value::none()) };
    let Some(buf) = fields.frame.cast::<FrameBuf>() else { return Ok(Value::none()) };
    let pc = (fields.pc.load(Relaxed) as Pc).wrapping_sub(1);
    // SAFETY: an activation that has not ended owns its registers.
    Ok(unsafe { object_of(vm, FrameRef(buf.registers()), pc) })
}

impl Vm {
    /// Remembers how deep native code may go on this thread. Called on the thread that will run the machine.
    pub fn init_native_limit(&self) {
        let here = 0u8;
        // Threads of the standard library have 2 MiB, the main thread 8 MiB; a quarter is kept for what does not ask.
        self.native_limit.set((&raw const here as usize).saturating_sub(NATIVE_STACK));
    }
}
const NATIVE_STACK: usize = 1 << 20;
