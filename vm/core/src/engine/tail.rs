//! The tail-call driver: one handler for each hot instruction, each ending in a jump to the next; everything else is one step
//! of `run::run_loop`.
//!
//! Invariant: a handler's body makes no call and takes no local's address before its last jump, and a miss is a jump to
//! `cold`; otherwise the optimiser saves registers on the fast path, or keeps a stack frame for each instruction. Semantics are
//! those of `run.rs`: a handler only repeats its fast path.
#![allow(unsafe_code)]

use super::attr;
use super::frame::{FrameRef, Pc, Regs, ret};
use super::regcode::*;
use super::run::{Stepped, run_loop};
use crate::error::{PyResult, Raised};
use crate::types::cell::Cell as PyCell;
use crate::types::dict::Dict;
use crate::types::function::Function;
use crate::types::list::List;
use crate::types::range::RangeIterator;
use crate::vm::Vm;
use bunpy_heap::table::FRAME_WORDS;
use bunpy_heap::value::INT_TAG;
use bunpy_heap::{Gc, Kind, Slot, Value};
use std::sync::atomic::Ordering::Relaxed;

/// `(pc, registers, machine, handlers, int tag)`; the result's bits, or 0 for an exception.
type Handler = unsafe extern "C-unwind" fn(Pc, Regs, *const Vm, *const Entry, u64) -> u64;
#[derive(Clone, Copy)]
#[repr(transparent)]
struct Entry(Handler);

/// Runs like `run_loop::<false>`.
pub unsafe fn run(vm: &Vm, pc: Pc, regs: Regs) -> PyResult<Value> {
    // SAFETY: the caller's promise; results are bits of values.
    unsafe {
        let h = TABLE[op_of(*pc) as usize].0;
        match h(pc, regs, vm, TABLE.as_ptr(), INT_TAG) {
            0 => Err(Raised),
            bits => Ok(Value::from_bits(bits)),
        }
    }
}

macro_rules! next {
    ($pc:expr, $regs:expr, $vm:ident, $t:ident, $tag:ident) => {{
        let pc: Pc = $pc;
        let h = (*$t.add(op_of(*pc) as usize)).0;
        return h(pc, $regs, $vm, $t, $tag);
    }};
}
macro_rules! handler {
    ($name:ident, $pc:ident, $regs:ident, $vm:ident, $t:ident, $tag:ident, $w:ident, $body:block) => {
        #[allow(unreachable_code, reason = "a handler without a miss ends in its own jump")]
        unsafe extern "C-unwind" fn $name($pc: Pc, $regs: Regs, $vm: *const Vm, $t: *const Entry, $tag: u64) -> u64 {
            // SAFETY: translated code is trusted.
            unsafe {
                let $w = *$pc;
                $body
                cold($pc, $regs, $vm, $t, $tag)
            }
        }
    };
}
macro_rules! r {
    ($regs:ident, $i:expr) => {
        *$regs.add($i)
    };
}

/// Where a step went: the next instruction, or, with a null pc, the result's bits.
#[repr(C)]
struct Went(Pc, Regs);
#[inline(never)]
unsafe extern "C-unwind" fn step(pc: Pc, regs: Regs, vm: *const Vm) -> Went {
    // SAFETY: the caller's promise.
    match unsafe { run_loop::<true>(&*vm, pc, regs) } {
        Stepped::At(p, r) => Went(p, r),
        Stepped::Done(Ok(v)) => Went(std::ptr::null(), v.bits() as Regs),
        Stepped::Done(Err(Raised)) => Went(std::ptr::null(), std::ptr::null_mut()),
    }
}
#[inline(never)]
unsafe extern "C-unwind" fn cold(pc: Pc, regs: Regs, vm: *const Vm, t: *const Entry, tag: u64) -> u64 {
    // SAFETY: the caller's promise.
    unsafe {
        let w = step(pc, regs, vm);
        if w.0.is_null() {
            return w.1 as u64;
        }
        next!(w.0, w.1, vm, t, tag)
    }
}

handler!(t_move, pc, regs, vm, t, tag, w, {
    r!(regs, a_of(w)) = r!(regs, b_of(w));
    next!(pc.add(1), regs, vm, t, tag)
});
handler!(t_load_int, pc, regs, vm, t, tag, w, {
    r!(regs, a_of(w)) = Value::int(b_of(w) as i16 as i64);
    next!(pc.add(1), regs, vm, t, tag)
});
handler!(t_load_const, pc, regs, vm, t, tag, w, {
    r!(regs, a_of(w)) = Value::from_bits(*pc.add(1));
    next!(pc.add(2), regs, vm, t, tag)
});
macro_rules! arith { ($name:ident, $int:ident, $op:tt) => {
    handler!($name, pc, regs, vm, t, tag, w, {
        let (x, y) = (r!(regs, b_of(w)), r!(regs, c_of(w)));
        if x.bits() & y.bits() >= tag {
            let (v, o) = ((x.bits() << 16) as i64).$int((y.bits() << 16) as i64);
            if !o {
                r!(regs, a_of(w)) = Value::from_bits((v as u64 >> 16) | tag);
                next!(pc.add(1), regs, vm, t, tag)
            }
        } else if let (Some(p), Some(q)) = (x.as_float(), y.as_float()) {
            r!(regs, a_of(w)) = Value::float_of_arithmetic(p $op q);
            next!(pc.add(1), regs, vm, t, tag)
        }
    });
} }
arith!(t_add, overflowing_add, +);
arith!(t_sub, overflowing_sub, -);
handler!(t_mul, pc, regs, vm, t, tag, w, {
    let (x, y) = (r!(regs, b_of(w)), r!(regs, c_of(w)));
    if let (Some(p), Some(q)) = (x.as_float(), y.as_float()) {
        r!(regs, a_of(w)) = Value::float_of_arithmetic(p * q);
        next!(pc.add(1), regs, vm, t, tag)
    }
    if x.bits() & y.bits() >= tag {
        // One factor shifted up: an overflow of 64 bits is an overflow of 48.
        let (v, o) = ((x.bits() << 16) as i64).overflowing_mul(y.int_unchecked());
        if !o {
            r!(regs, a_of(w)) = Value::from_bits((v as u64 >> 16) | tag);
            next!(pc.add(1), regs, vm, t, tag)
        }
    }
});
handler!(t_add_int, pc, regs, vm, t, tag, w, {
    let x = r!(regs, b_of(w)).bits();
    if x >= tag {
        let (v, o) = ((x << 16) as i64).overflowing_add((c_of(w) as i16 as i64) << 16);
        if !o {
            r!(regs, a_of(w)) = Value::from_bits((v as u64 >> 16) | tag);
            next!(pc.add(1), regs, vm, t, tag)
        }
    }
});
macro_rules! compare { ($($name:ident $op:tt $sense:literal $imm:literal;)*) => { $(
    handler!($name, pc, regs, vm, t, tag, w, {
        let x = r!(regs, a_of(w));
        let y = if $imm { Value::int(b_of(w) as i16 as i64) } else { r!(regs, b_of(w)) };
        let hit = if x.bits() & y.bits() >= tag {
            ((x.bits() << 16) as i64) $op ((y.bits() << 16) as i64)
        } else if let (Some(p), Some(q)) = (x.as_float(), y.as_float()) {
            p $op q
        } else {
            return cold(pc, regs, vm, t, tag);
        };
        if hit == $sense {
            if $sense && (*vm).heap.breaker.load(Relaxed) != 0 {
                return cold(pc, regs, vm, t, tag);
            }
            next!(pc.offset(offset_of(w)), regs, vm, t, tag)
        }
        next!(pc.add(1), regs, vm, t, tag)
    });
)* } }
compare! {
    n_lt < false false; n_le <= false false; n_eq == false false; n_ne != false false; n_gt > false false; n_ge >= false false;
    n_lt_i < false true; n_le_i <= false true; n_eq_i == false true; n_ne_i != false true; n_gt_i > false true; n_ge_i >= false true;
    j_lt < true false; j_le <= true false; j_eq == true false; j_ne != true false; j_gt > true false; j_ge >= true false;
    j_lt_i < true true; j_le_i <= true true; j_eq_i == true true; j_ne_i != true true; j_gt_i > true true; j_ge_i >= true true;
}
handler!(t_jump, pc, regs, vm, t, tag, w, { next!(pc.offset(offset_of(w)), regs, vm, t, tag) });
handler!(t_loop, pc, regs, vm, t, tag, w, {
    if (*vm).heap.breaker.load(Relaxed) == 0 {
        next!(pc.offset(offset_of(w)), regs, vm, t, tag)
    }
});
macro_rules! truth {
    ($name:ident $sense:literal) => {
        handler!($name, pc, regs, vm, t, tag, w, {
            let v = r!(regs, a_of(w));
            if v == Value::bool($sense) {
                next!(pc.offset(offset_of(w)), regs, vm, t, tag)
            }
            if v == Value::bool(!$sense) {
                next!(pc.add(1), regs, vm, t, tag)
            }
        });
    };
}
truth!(t_true true);
truth!(t_false false);
handler!(t_none, pc, regs, vm, t, tag, w, {
    if r!(regs, a_of(w)).is_none() {
        next!(pc.offset(offset_of(w)), regs, vm, t, tag)
    }
    next!(pc.add(1), regs, vm, t, tag)
});
handler!(t_not_none, pc, regs, vm, t, tag, w, {
    if !r!(regs, a_of(w)).is_none() {
        next!(pc.offset(offset_of(w)), regs, vm, t, tag)
    }
    next!(pc.add(1), regs, vm, t, tag)
});
handler!(t_get_item, pc, regs, vm, t, tag, w, {
    let (o, k) = (r!(regs, b_of(w)), r!(regs, c_of(w)));
    if k.is_int()
        && let Some(l) = o.cast_exact::<List>()
        && let Some(v) = l.get(k.int_unchecked() as usize)
    {
        r!(regs, a_of(w)) = v;
        next!(pc.add(1), regs, vm, t, tag)
    }
});
handler!(t_load_global, pc, regs, vm, t, tag, w, {
    let version = *pc.add(1);
    let f: Gc<Function> = Gc::from_value(*regs.sub(1));
    if version != 0
        && let Some(g) = f.globals.cast::<Dict>()
        && g.version() as u64 == version
    {
        let builtins = *pc.add(3);
        if builtins == 0 || f.builtins.cast::<Dict>().is_some_and(|b| b.version() as u64 == builtins) {
            r!(regs, a_of(w)) = (*(*pc.add(2) as *const Slot)).get();
            next!(pc.add(4), regs, vm, t, tag)
        }
    }
});
handler!(t_load_attr, pc, regs, vm, t, tag, w, {
    let o = r!(regs, b_of(w));
    let ic = *pc.add(1);
    if o.is_object() && o.shape() == (ic >> 32) as u32 && ic as u8 == attr::IC_WORD {
        let v = (*(o.bits() as *const Slot).add((ic as u32 >> 8) as usize)).get();
        if !v.is_unbound() {
            r!(regs, a_of(w)) = v;
            next!(pc.add(4), regs, vm, t, tag)
        }
    }
});
handler!(t_load_method, pc, regs, vm, t, tag, w, {
    let o = r!(regs, b_of(w));
    let ic = *pc.add(1);
    if o.is_object() && o.shape() == (ic >> 32) as u32 && ic as u8 == attr::IC_METHOD {
        let class = (*vm).heap.entry((ic >> 32) as u32).class.get();
        if let Some(c) = class.cast::<crate::types::type_::Type>()
            && c.version.load(Relaxed) as u64 == *pc.add(2)
        {
            let a = a_of(w);
            r!(regs, a + 1) = o;
            r!(regs, a) = Value::from_bits(*pc.add(3));
            next!(pc.add(4), regs, vm, t, tag)
        }
    }
});
handler!(t_store_attr, pc, regs, vm, t, tag, w, {
    let o = r!(regs, b_of(w));
    let ic = *pc.add(1);
    if o.is_object() && o.shape() == (ic >> 32) as u32 && ic as u8 == attr::IC_WORD {
        (*(o.bits() as *const Slot).add((ic as u32 >> 8) as usize)).set(o, r!(regs, a_of(w)));
        next!(pc.add(4), regs, vm, t, tag)
    }
});
handler!(t_load_deref, pc, regs, vm, t, tag, w, {
    if let Some(v) = r!(regs, b_of(w)).cast::<PyCell>().and_then(|c| c.value.bound()) {
        r!(regs, a_of(w)) = v;
        next!(pc.add(1), regs, vm, t, tag)
    }
});
handler!(t_check_bound, pc, regs, vm, t, tag, w, {
    if !r!(regs, a_of(w)).is_unbound() {
        next!(pc.add(1), regs, vm, t, tag)
    }
});
handler!(t_call, pc, regs, vm, t, tag, w, {
    let a = a_of(w);
    let f = r!(regs, a);
    let (mut n, mut first) = (b_of(w), a + 2);
    if x_of(w) == 0 && !r!(regs, a + 1).is_unbound() {
        n += 1;
        first -= 1;
    }
    if let Some(func) = f.cast_exact::<Function>()
        && func.simple_args.load(Relaxed) as usize == n
    {
        let rc = func.entry.0.load(Relaxed);
        let s = &(*vm).stack;
        let new = s.sp.get().add(FRAME_WORDS);
        let end = new.wrapping_add((*rc).n_regs as usize);
        let depth = s.depth.get();
        if end < s.limit && depth < (*vm).recursion_limit.get() && (*vm).heap.breaker.load(Relaxed) == 0 {
            s.depth.set(depth + 1);
            s.sp.set(end);
            *new.sub(1) = f;
            *new.sub(5) = Value::unbound();
            *new.sub(6) = Value::unbound();
            FrameRef(new).set_return(pc.add(1), regs, c_of(w), ret::PLAIN);
            let mut i = 0;
            while i < n {
                *new.add(i) = r!(regs, first + i);
                i += 1;
            }
            let locals = (*rc).n_locals as usize;
            while i < locals {
                *new.add(i) = Value::unbound();
                i += 1;
            }
            next!((*rc).start(), new, vm, t, tag)
        }
    }
});
handler!(t_return, pc, regs, vm, t, tag, w, {
    let v = r!(regs, a_of(w));
    let f = FrameRef(regs);
    if f.kind() == ret::PLAIN {
        let s = &(*vm).stack;
        s.depth.set(s.depth.get() - 1);
        s.sp.set(regs.sub(FRAME_WORDS));
        let caller = f.caller();
        *caller.add(f.dst()) = v;
        next!(f.return_pc(), caller, vm, t, tag)
    }
    let _ = pc;
});
handler!(t_for_iter, pc, regs, vm, t, tag, w, {
    let it = r!(regs, b_of(w));
    if it.is_object() && it.shape() == Kind::RangeIterator as u32 {
        let it = Gc::<RangeIterator>::from_value(it);
        let n = it.left.load(Relaxed);
        if n > 0 {
            let x = it.next.load(Relaxed);
            if let Some(v) = Value::try_int(x) {
                it.left.store(n - 1, Relaxed);
                it.next.store(x.wrapping_add(it.step), Relaxed);
                r!(regs, a_of(w)) = v;
                next!(pc.add(1), regs, vm, t, tag)
            }
        } else {
            next!(pc.offset(offset_of(w)), regs, vm, t, tag)
        }
    }
});

static TABLE: [Entry; 256] = {
    let mut t = [Entry(cold as Handler); 256];
    macro_rules! set { ($($op:ident $f:ident),* $(,)?) => { $(t[Op::$op as usize] = Entry($f);)* } }
    set!(
        Move t_move, LoadInt t_load_int, LoadConst t_load_const, Add t_add, Sub t_sub, Mul t_mul, AddInt t_add_int,
        JNotLt n_lt, JNotLe n_le, JNotEq n_eq, JNotNe n_ne, JNotGt n_gt, JNotGe n_ge,
        JNotLtI n_lt_i, JNotLeI n_le_i, JNotEqI n_eq_i, JNotNeI n_ne_i, JNotGtI n_gt_i, JNotGeI n_ge_i,
        JLt j_lt, JLe j_le, JEq j_eq, JNe j_ne, JGt j_gt, JGe j_ge,
        JLtI j_lt_i, JLeI j_le_i, JEqI j_eq_i, JNeI j_ne_i, JGtI j_gt_i, JGeI j_ge_i,
        Jump t_jump, Loop t_loop, JTrue t_true, JFalse t_false, JNone t_none, JNotNone t_not_none,
        GetItem t_get_item, LoadGlobal t_load_global, LoadAttr t_load_attr, LoadMethod t_load_method,
        StoreAttr t_store_attr, LoadDeref t_load_deref, CheckBound t_check_bound, Call t_call, Return t_return,
        ForIter t_for_iter,
    );
    t
};
