//! The engine's loop over register code.
//!
//! Invariant: `pc` and `regs` are published (`Stack::pc`, `Stack::regs`) before anything that may raise, call or collect; an
//! instruction that raises has stored no result. A miss of a fast path goes to a named function of `slow.rs`, `attr.rs` or
//! `call.rs`; semantics and texts are never here.
#![allow(unsafe_code)]

use super::frame::{FrameRef, Pc, Regs, ret};
use super::regcode::*;
use super::{attr, call, generators, slow, stackops, unwind};
use crate::error::{PyResult, Raised};
use crate::object::slots::Cmp;
use crate::types::cell::Cell as PyCell;
use crate::types::dict::Dict;
use crate::types::function::Function;
use crate::types::generator::{self, Generator};
use crate::types::iter::{ListIterator, TupleIterator};
use crate::types::list::List;
use crate::types::range::RangeIterator;
use crate::vm::Vm;
use bunpy_heap::table::FRAME_WORDS;
use bunpy_heap::{Kind, Slot, Tuple, Value};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::Ordering::Relaxed;

/// Runs until the frame at `regs`, whose return kind is `NATIVE`, returns. A panic of a native is a SystemError, failed
/// allocation a MemoryError, each at the instruction that was running.
pub unsafe fn run(vm: &Vm, pc: Pc, regs: Regs) -> PyResult<Value> {
    let (mut pc, mut regs) = (pc, regs);
    loop {
        // SAFETY: the caller's promise.
        match catch_unwind(AssertUnwindSafe(|| unsafe { drive(vm, pc, regs) })) {
            Ok(r) => return r,
            Err(payload) => {
                let _: Raised = if payload.is::<bunpy_heap::OutOfMemory>() {
                    vm.memory_error()
                } else {
                    let text = payload
                        .downcast_ref::<&str>()
                        .map(|s| (*s).to_owned())
                        .or_else(|| payload.downcast_ref::<String>().cloned())
                        .unwrap_or_else(|| "panic".to_owned());
                    crate::raise!(vm, SystemError, "internal error: {text}")
                };
                // SAFETY: what was published last is a live frame of this run.
                match unsafe { unwind::unwind(vm, vm.stack.pc.get(), vm.stack.regs.get()) } {
                    Some(at) => (pc, regs) = at,
                    None => return Err(Raised),
                }
            }
        }
    }
}

macro_rules! r {
    ($regs:expr, $i:expr) => {
        *$regs.add($i)
    };
}

/// An int operation on words, if both are ints and the result fits.
macro_rules! int_op {
    ($x:expr, $y:expr, $f:ident) => {{
        let (x, y) = ($x.bits(), $y.bits());
        if x & y >= bunpy_heap::value::INT_TAG {
            let (v, o) = ((x << 16) as i64).$f((y << 16) as i64);
            if !o { Some(Value::from_bits((v as u64 >> 16) | bunpy_heap::value::INT_TAG)) } else { None }
        } else {
            None
        }
    }};
}
macro_rules! float_op { ($x:expr, $y:expr, $op:tt) => {
    match ($x.as_float(), $y.as_float()) { (Some(x), Some(y)) => Some(Value::float_of_arithmetic(x $op y)), _ => None }
} }

/// The driver of this build: tail calls where they are real jumps, else the loop.
unsafe fn drive(vm: &Vm, pc: Pc, regs: Regs) -> PyResult<Value> {
    // SAFETY: the caller's promise.
    unsafe {
        #[cfg(tailcall)]
        if !vm.settings.trace_ops {
            return super::tail::run(vm, pc, regs);
        }
        match run_loop::<false>(vm, pc, regs) {
            Stepped::Done(r) => r,
            Stepped::At(..) => Err(slow::bad(vm, "the loop stopped")),
        }
    }
}

/// How `run_loop` came back.
pub enum Stepped {
    Done(PyResult<Value>),
    /// One instruction was executed (`STEP`); here it goes on.
    At(Pc, Regs),
}

/// Runs until the run ends, or, with `STEP`, one instruction.
#[inline(never)]
pub unsafe fn run_loop<const STEP: bool>(vm: &Vm, mut pc: Pc, mut regs: Regs) -> Stepped {
    // SAFETY: translated code is trusted: registers and branches are inside their frame and code.
    unsafe {
        macro_rules! publish {
            () => {
                vm.stack.pc.set(pc);
                vm.stack.regs.set(regs);
            };
        }
        macro_rules! raise {
            () => {{
                match unwind::unwind(vm, pc, regs) {
                    Some((p, r)) => {
                        pc = p;
                        regs = r;
                        continue;
                    }
                    None => return Stepped::Done(Err(Raised)),
                }
            }};
        }
        macro_rules! check {
            ($e:expr) => {{
                publish!();
                match $e {
                    Ok(v) => v,
                    Err(Raised) => raise!(),
                }
            }};
        }
        macro_rules! set {
            ($a:expr, $v:expr, $n:literal) => {{
                r!(regs, $a) = $v;
                pc = pc.add($n);
            }};
        }
        macro_rules! poll {
            () => {
                if vm.heap.breaker.load(Relaxed) != 0 {
                    check!(slow::poll(vm));
                }
            };
        }
        macro_rules! arith {
            ($w:ident, $int:ident, $fop:tt) => {{
                let (x, y) = (r!(regs, b_of($w)), r!(regs, c_of($w)));
                if let Some(v) = int_op!(x, y, $int) {
                    set!(a_of($w), v, 1);
                } else if let Some(v) = float_op!(x, y, $fop) {
                    set!(a_of($w), v, 1);
                } else {
                    let v = check!(slow::binary(vm, x, y, x_of($w)));
                    set!(a_of($w), v, 1);
                }
            }};
        }
        macro_rules! branch {
            ($w:ident) => {
                pc = pc.offset(offset_of($w))
            };
        }
        macro_rules! compare_jump {
            ($w:ident, $cmp:ident, $op:tt, $sense:literal, $imm:literal) => {{
                let x = r!(regs, a_of($w));
                let y = if $imm { Value::int(b_of($w) as i16 as i64) } else { r!(regs, b_of($w)) };
                let t = if Value::both_int(x, y) {
                    ((x.bits() << 16) as i64) $op ((y.bits() << 16) as i64)
                } else if let (Some(p), Some(q)) = (x.as_float(), y.as_float()) {
                    p $op q
                } else {
                    check!(slow::compare_bool(vm, x, y, Cmp::$cmp))
                };
                if t == $sense {
                    if $sense {
                        poll!();
                    }
                    branch!($w);
                } else {
                    pc = pc.add(1);
                }
            }};
        }
        macro_rules! enter {
            ($e:expr) => {
                match check!($e) {
                    call::Called::Value(dst, v, words) => {
                        r!(regs, dst) = v;
                        pc = pc.add(words);
                    }
                    call::Called::Frame(p, rg) => {
                        pc = p;
                        regs = rg;
                    }
                }
            };
        }
        let mut stepped = false;
        loop {
            if STEP {
                if stepped {
                    return Stepped::At(pc, regs);
                }
                stepped = true;
            }
            let w = *pc;
            // SAFETY: the translator writes only numbers of `Op`.
            let op: Op = std::mem::transmute::<u8, Op>(op_of(w));
            if cfg!(debug_assertions) && vm.settings.trace_ops {
                slow::trace(vm, op, w, pc, regs);
            }
            match op {
                Op::Move => set!(a_of(w), r!(regs, b_of(w)), 1),
                Op::LoadInt => set!(a_of(w), Value::int(b_of(w) as i16 as i64), 1),
                Op::LoadConst => set!(a_of(w), Value::from_bits(*pc.add(1)), 2),
                Op::Swap => {
                    let (a, b) = (a_of(w), b_of(w));
                    let t = r!(regs, a);
                    r!(regs, a) = r!(regs, b);
                    set!(b, t, 1);
                }
                Op::CheckBound => {
                    if r!(regs, a_of(w)).is_unbound() {
                        check!(slow::unbound_local(vm, regs, b_of(w)));
                    }
                    pc = pc.add(1);
                }
                Op::DeleteFast => {
                    if r!(regs, a_of(w)).is_unbound() {
                        check!(slow::unbound_local(vm, regs, a_of(w)));
                    }
                    set!(a_of(w), Value::unbound(), 1);
                }
                Op::LoadAndClear => {
                    r!(regs, a_of(w)) = r!(regs, b_of(w));
                    set!(b_of(w), Value::unbound(), 1);
                }
                Op::Add => arith!(w, overflowing_add, +),
                Op::Sub => arith!(w, overflowing_sub, -),
                Op::Mul => {
                    let (x, y) = (r!(regs, b_of(w)), r!(regs, c_of(w)));
                    if let Some(v) = float_op!(x, y, *) {
                        set!(a_of(w), v, 1);
                    } else if Value::both_int(x, y)
                        && let Some(p) = x.int_unchecked().checked_mul(y.int_unchecked())
                        && let Some(v) = Value::try_int(p)
                    {
                        set!(a_of(w), v, 1);
                    } else {
                        let v = check!(slow::binary(vm, x, y, x_of(w)));
                        set!(a_of(w), v, 1);
                    }
                }
                Op::AddInt => {
                    let x = r!(regs, b_of(w));
                    let k = Value::int(c_of(w) as i16 as i64);
                    if let Some(v) = int_op!(x, k, overflowing_add) {
                        set!(a_of(w), v, 1);
                    } else {
                        let v = check!(slow::add_int(vm, x, c_of(w) as i16, x_of(w)));
                        set!(a_of(w), v, 1);
                    }
                }
                Op::AddFloat => arith!(w, overflowing_add, +),
                Op::SubFloat => arith!(w, overflowing_sub, -),
                Op::MulFloat | Op::Binary => {
                    let (x, y) = (r!(regs, b_of(w)), r!(regs, c_of(w)));
                    let v = match slow::fast_binary(x, y, x_of(w)) {
                        Some(v) => v,
                        None => check!(slow::binary(vm, x, y, x_of(w))),
                    };
                    set!(a_of(w), v, 1);
                }
                Op::GetItem => {
                    let (o, k) = (r!(regs, b_of(w)), r!(regs, c_of(w)));
                    if k.is_int()
                        && let Some(l) = o.cast_exact::<List>()
                        && let Some(v) = l.get(k.int_unchecked() as usize)
                    {
                        set!(a_of(w), v, 1);
                    } else {
                        enter!(slow::get_item(vm, pc, regs, w, o, k));
                    }
                }
                Op::SetItem => {
                    let (o, k) = (r!(regs, b_of(w)), r!(regs, c_of(w)));
                    let v = r!(regs, a_of(w));
                    if k.is_int()
                        && let Some(l) = o.cast_exact::<List>()
                        && (k.int_unchecked() as usize) < l.len()
                    {
                        crate::types::list::store(l, k.int_unchecked() as usize, v);
                    } else {
                        check!(slow::set_item(vm, o, k, v));
                    }
                    pc = pc.add(1);
                }
                Op::Compare => {
                    let v = check!(slow::compare(vm, r!(regs, b_of(w)), r!(regs, c_of(w)), x_of(w)));
                    set!(a_of(w), v, 1);
                }
                Op::JNotLt => compare_jump!(w, Lt, <, false, false),
                Op::JNotLe => compare_jump!(w, Le, <=, false, false),
                Op::JNotEq => compare_jump!(w, Eq, ==, false, false),
                Op::JNotNe => compare_jump!(w, Ne, !=, false, false),
                Op::JNotGt => compare_jump!(w, Gt, >, false, false),
                Op::JNotGe => compare_jump!(w, Ge, >=, false, false),
                Op::JNotLtI => compare_jump!(w, Lt, <, false, true),
                Op::JNotLeI => compare_jump!(w, Le, <=, false, true),
                Op::JNotEqI => compare_jump!(w, Eq, ==, false, true),
                Op::JNotNeI => compare_jump!(w, Ne, !=, false, true),
                Op::JNotGtI => compare_jump!(w, Gt, >, false, true),
                Op::JNotGeI => compare_jump!(w, Ge, >=, false, true),
                Op::JLt => compare_jump!(w, Lt, <, true, false),
                Op::JLe => compare_jump!(w, Le, <=, true, false),
                Op::JEq => compare_jump!(w, Eq, ==, true, false),
                Op::JNe => compare_jump!(w, Ne, !=, true, false),
                Op::JGt => compare_jump!(w, Gt, >, true, false),
                Op::JGe => compare_jump!(w, Ge, >=, true, false),
                Op::JLtI => compare_jump!(w, Lt, <, true, true),
                Op::JLeI => compare_jump!(w, Le, <=, true, true),
                Op::JEqI => compare_jump!(w, Eq, ==, true, true),
                Op::JNeI => compare_jump!(w, Ne, !=, true, true),
                Op::JGtI => compare_jump!(w, Gt, >, true, true),
                Op::JGeI => compare_jump!(w, Ge, >=, true, true),
                Op::Jump => branch!(w),
                Op::Loop => {
                    poll!();
                    branch!(w);
                }
                Op::JTrue | Op::JFalse => {
                    let v = r!(regs, a_of(w));
                    let t = if v.is_true() {
                        true
                    } else if v.is_false() {
                        false
                    } else {
                        check!(vm.is_true(v))
                    };
                    if t == (op == Op::JTrue) {
                        branch!(w);
                    } else {
                        pc = pc.add(1);
                    }
                }
                Op::JNone => {
                    if r!(regs, a_of(w)).is_none() {
                        branch!(w);
                    } else {
                        pc = pc.add(1);
                    }
                }
                Op::JNotNone => {
                    if !r!(regs, a_of(w)).is_none() {
                        branch!(w);
                    } else {
                        pc = pc.add(1);
                    }
                }
                Op::JIs => {
                    if r!(regs, a_of(w)) == r!(regs, b_of(w)) {
                        branch!(w);
                    } else {
                        pc = pc.add(1);
                    }
                }
                Op::JIsNot => {
                    if r!(regs, a_of(w)) != r!(regs, b_of(w)) {
                        branch!(w);
                    } else {
                        pc = pc.add(1);
                    }
                }
                Op::ToBool => {
                    let t = check!(vm.is_true(r!(regs, b_of(w))));
                    set!(a_of(w), Value::bool(t), 1);
                }
                Op::Not => {
                    let t = check!(vm.is_true(r!(regs, b_of(w))));
                    set!(a_of(w), Value::bool(!t), 1);
                }
                Op::Is => {
                    let t = (r!(regs, b_of(w)) == r!(regs, c_of(w))) != (x_of(w) != 0);
                    set!(a_of(w), Value::bool(t), 1);
                }
                Op::Contains => {
                    let t = check!(vm.contains(r!(regs, c_of(w)), r!(regs, b_of(w))));
                    set!(a_of(w), Value::bool(t != (x_of(w) != 0)), 1);
                }
                Op::LoadGlobal => {
                    // A namespace's version is unique among all namespaces, so a match says that the slot's address is good.
                    let version = *pc.add(1);
                    let f: bunpy_heap::Gc<Function> = bunpy_heap::Gc::from_value(r!(regs.sub(1), 0));
                    if version != 0
                        && let Some(g) = f.globals.cast::<Dict>()
                        && g.version() as u64 == version
                    {
                        let builtins = *pc.add(3);
                        if builtins == 0 || f.builtins.cast::<Dict>().is_some_and(|b| b.version() as u64 == builtins) {
                            let v = (*(*pc.add(2) as *const Slot)).get();
                            set!(a_of(w), v, 4);
                            continue;
                        }
                    }
                    let v = check!(attr::load_global(vm, f, b_of(w), pc));
                    set!(a_of(w), v, 4);
                }
                Op::LoadAttr => {
                    let o = r!(regs, b_of(w));
                    let ic = *pc.add(1);
                    if o.is_object()
                        && o.shape() == (ic >> 32) as u32
                        && ic as u8 == attr::IC_WORD
                        && let v = (*(o.bits() as *const Slot).add((ic as u32 >> 8) as usize)).get()
                        && !v.is_unbound()
                    {
                        set!(a_of(w), v, 4);
                    } else {
                        enter!(attr::load_attr(vm, pc, regs, w));
                    }
                }
                Op::LoadMethod => {
                    let o = r!(regs, b_of(w));
                    let ic = *pc.add(1);
                    if o.shape() == (ic >> 32) as u32
                        && ic as u8 == attr::IC_METHOD
                        && vm.type_of(o).version.load(Relaxed) as u64 == *pc.add(2)
                    {
                        let a = a_of(w);
                        r!(regs, a + 1) = o;
                        set!(a, Value::from_bits(*pc.add(3)), 4);
                    } else {
                        let (f, me) = check!(attr::load_method(vm, pc, regs, w));
                        let a = a_of(w);
                        r!(regs, a + 1) = me;
                        set!(a, f, 4);
                    }
                }
                Op::StoreAttr => {
                    let o = r!(regs, b_of(w));
                    let v = r!(regs, a_of(w));
                    let ic = *pc.add(1);
                    if o.is_object() && o.shape() == (ic >> 32) as u32 && ic as u8 == attr::IC_WORD {
                        (*(o.bits() as *const Slot).add((ic as u32 >> 8) as usize)).set(o, v);
                    } else {
                        check!(attr::store_attr(vm, pc, regs, w));
                    }
                    pc = pc.add(4);
                }
                Op::LoadDeref => match r!(regs, b_of(w)).cast::<PyCell>().and_then(|c| c.value.bound()) {
                    Some(v) => set!(a_of(w), v, 1),
                    None => {
                        check!(slow::unbound_deref(vm, regs, b_of(w)));
                        pc = pc.add(1);
                    }
                },
                Op::StoreDeref => {
                    match r!(regs, b_of(w)).cast::<PyCell>() {
                        Some(c) => c.value.set(c, r!(regs, a_of(w))),
                        None => {
                            check!(slow::unbound_deref(vm, regs, b_of(w)));
                        }
                    }
                    pc = pc.add(1);
                }
                Op::Call => {
                    let a = a_of(w);
                    let f = r!(regs, a);
                    let mut n = b_of(w);
                    let mut first = a + 2;
                    if x_of(w) == 0 && !r!(regs, a + 1).is_unbound() {
                        n += 1;
                        first -= 1;
                    }
                    if let Some(func) = f.cast_exact::<Function>()
                        && func.simple_args.load(Relaxed) as usize == n
                    {
                        let rc = &*func.entry.0.load(Relaxed);
                        let s = &vm.stack;
                        let new = s.sp.get().add(FRAME_WORDS);
                        let end = new.wrapping_add(rc.n_regs as usize);
                        if end < s.limit
                            && s.depth.get() < vm.recursion_limit.get()
                            && vm.heap.breaker.load(Relaxed) == 0
                        {
                            s.depth.set(s.depth.get() + 1);
                            s.sp.set(end);
                            *new.sub(1) = f;
                            *new.sub(5) = Value::unbound();
                            *new.sub(6) = Value::unbound();
                            FrameRef(new).set_return(pc.add(1), regs, c_of(w), ret::PLAIN);
                            let from = regs.add(first);
                            for i in 0..n {
                                *new.add(i) = *from.add(i);
                            }
                            for i in n..rc.n_locals as usize {
                                *new.add(i) = Value::unbound();
                            }
                            regs = new;
                            pc = rc.start();
                            continue;
                        }
                    }
                    poll!();
                    enter!(call::call(vm, pc, regs, f, first, n, c_of(w)));
                }
                Op::CallKw => {
                    poll!();
                    enter!(call::call_kw(vm, pc, regs, w));
                }
                Op::Return => {
                    let v = r!(regs, a_of(w));
                    let f = FrameRef(regs);
                    if f.kind() == ret::PLAIN {
                        vm.stack.depth.set(vm.stack.depth.get() - 1);
                        vm.stack.sp.set(regs.sub(FRAME_WORDS));
                        pc = f.return_pc();
                        let dst = f.dst();
                        regs = f.caller();
                        r!(regs, dst) = v;
                        continue;
                    }
                    publish!();
                    match unwind::leave(vm, regs, v) {
                        Ok(unwind::Left::Caller(p, rg)) => {
                            pc = p;
                            regs = rg;
                        }
                        Ok(unwind::Left::Native(v)) => return Stepped::Done(Ok(v)),
                        Ok(unwind::Left::Raise(p, rg)) => {
                            pc = p;
                            regs = rg;
                            raise!();
                        }
                        Err(Raised) => raise!(),
                    }
                }
                Op::GetIter => {
                    let v = check!(slow::get_iter(vm, r!(regs, b_of(w))));
                    set!(a_of(w), v, 1);
                }
                Op::ForIter => {
                    let it = r!(regs, b_of(w));
                    let next = match it.shape() {
                        s if s == Kind::ListIterator as u32 => {
                            let it = bunpy_heap::Gc::<ListIterator>::from_value(it);
                            let i = it.pos.load(Relaxed);
                            let x = it.source.cast::<List>().and_then(|l| l.get(i));
                            if x.is_some() {
                                it.pos.store(i + 1, Relaxed);
                            } else {
                                it.source.set(it, Value::unbound());
                            }
                            x
                        }
                        s if s == Kind::RangeIterator as u32 => {
                            let it = bunpy_heap::Gc::<RangeIterator>::from_value(it);
                            let n = it.left.load(Relaxed);
                            if n > 0 {
                                it.left.store(n - 1, Relaxed);
                                let x = it.next.load(Relaxed);
                                it.next.store(x.wrapping_add(it.step), Relaxed);
                                Some(vm.int(x))
                            } else {
                                None
                            }
                        }
                        s if s == Kind::TupleIterator as u32 => {
                            let it = bunpy_heap::Gc::<TupleIterator>::from_value(it);
                            let i = it.pos.load(Relaxed);
                            let x = it.source.cast::<Tuple>().and_then(|l| l.get(i));
                            if x.is_some() {
                                it.pos.store(i + 1, Relaxed);
                            } else {
                                it.source.set(it, Value::unbound());
                            }
                            x
                        }
                        s if s == Kind::Generator as u32 => {
                            let g = bunpy_heap::Gc::<Generator>::from_value(it);
                            if g.state.load(Relaxed) <= generator::SUSPENDED {
                                let at = (pc.add(1), regs, a_of(w), ret::FOR);
                                (pc, regs) = check!(generators::enter(vm, it, Value::none(), at));
                                continue;
                            }
                            check!(vm.next(it))
                        }
                        _ => check!(vm.next(it)),
                    };
                    match next {
                        Some(v) => set!(a_of(w), v, 1),
                        None => branch!(w),
                    }
                }
                Op::Send => {
                    let receiver = r!(regs, a_of(w));
                    let v = r!(regs, b_of(w));
                    if matches!(receiver.kind(), Kind::Generator | Kind::Coroutine) && generators::can_enter(receiver) {
                        let at = (pc.add(1), regs, b_of(w), ret::SEND);
                        let (p, rg) = check!(generators::enter(vm, receiver, v, at));
                        pc = p;
                        regs = rg;
                        continue;
                    }
                    match check!(generators::send(vm, receiver, v)) {
                        generators::Step::Yield(v) => set!(b_of(w), v, 1),
                        generators::Step::Return(v) => {
                            r!(regs, b_of(w)) = v;
                            branch!(w);
                        }
                    }
                }
                Op::Yield => {
                    publish!();
                    let v = r!(regs, b_of(w));
                    match unwind::leave_yielding(vm, pc.add(1), regs, v, a_of(w)) {
                        unwind::Left::Caller(p, rg) => {
                            pc = p;
                            regs = rg;
                        }
                        unwind::Left::Native(v) => return Stepped::Done(Ok(v)),
                        unwind::Left::Raise(p, rg) => {
                            pc = p;
                            regs = rg;
                            raise!();
                        }
                    }
                }
                Op::ReturnGenerator => {
                    publish!();
                    let v = generators::make(vm, pc.add(1), regs, a_of(w));
                    match unwind::leave(vm, regs, v) {
                        Ok(unwind::Left::Caller(p, rg)) => {
                            pc = p;
                            regs = rg;
                        }
                        Ok(unwind::Left::Native(v)) => return Stepped::Done(Ok(v)),
                        _ => raise!(),
                    }
                }
                Op::BuildTuple => {
                    let n = c_of(w);
                    let v = if n == 0 {
                        vm.empty_tuple
                    } else {
                        vm.heap.tuple(std::slice::from_raw_parts(regs.add(b_of(w)), n)).value()
                    };
                    set!(a_of(w), v, 1);
                }
                Op::BuildList => {
                    let items = std::slice::from_raw_parts(regs.add(b_of(w)), c_of(w));
                    set!(a_of(w), List::from_slice(vm, items).value(), 1);
                }
                Op::ListAppend => {
                    match r!(regs, a_of(w)).cast::<List>() {
                        Some(l) => check!(crate::types::list::append(vm, l, r!(regs, b_of(w)))),
                        None => check!(Err(vm.runtime_error("LIST_APPEND without a list"))),
                    }
                    pc = pc.add(1);
                }
                Op::Unpack => {
                    check!(slow::unpack(vm, regs, w));
                    pc = pc.add(1);
                }
                Op::Stack => {
                    publish!();
                    match stackops::run(vm, pc, regs, w, *pc.add(1) as u32) {
                        Ok(stackops::Next::Go) => pc = pc.add(2),
                        Ok(stackops::Next::Frame(p, rg)) => {
                            pc = p;
                            regs = rg;
                        }
                        Err(Raised) => raise!(),
                    }
                }
                Op::Prologue => {
                    check!(stackops::prologue(vm, regs, b_of(w) as u16, *pc.add(1) as usize));
                    pc = pc.add(2);
                }
                Op::Halt => return Stepped::Done(Ok(r!(regs, a_of(w)))),
            }
        }
    }
}

/// Runs a frame that was pushed with return kind `NATIVE`.
pub unsafe fn run_nested(vm: &Vm, pc: Pc, regs: Regs) -> PyResult<Value> {
    let s = &vm.stack;
    let saved = (s.regs.get(), s.pc.get());
    s.native_depth.set(s.native_depth.get() + 1);
    // SAFETY: the caller pushed the frame.
    let r = unsafe { run(vm, pc, regs) };
    s.native_depth.set(s.native_depth.get() - 1);
    s.regs.set(saved.0);
    s.pc.set(saved.1);
    r
}
