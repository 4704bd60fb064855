//! What the loop calls when an instruction's fast path does not fit.
//!
//! Invariant: nothing here moves `pc` or frames, except by saying so in its result.
#![allow(unsafe_code)]

use super::call::Called;
use super::frame::{FrameRef, Pc, Regs};
use super::regcode::{Op, a_of, b_of, c_of, op_of};
use crate::error::{PyResult, Raised};
use crate::object::slots::Cmp;
use crate::types::code::Code;
use crate::types::exception::{self, Exc};
use crate::types::list::List;
use crate::vm::Vm;
use bunpy_heap::alloc::{BREAK_COLLECT, BREAK_INTERRUPT};
use bunpy_heap::{Gc, Kind, Str, Tuple, Value};
use pyc_format::code as pyc;
use pyc_format::opcode::BinaryOp;
use std::sync::atomic::Ordering::Relaxed;

/// Collections and interrupts, at a back-edge or call.
#[cold]
pub fn poll(vm: &Vm) -> PyResult<()> {
    let bits = vm.heap.breaker.load(Relaxed);
    if bits & BREAK_COLLECT != 0 && vm.stack.native_depth.get() <= 1 && vm.heap.wants_collection() {
        vm.collect();
    }
    if bits & BREAK_INTERRUPT != 0 {
        vm.heap.breaker.fetch_and(!BREAK_INTERRUPT, Relaxed);
        return Err(vm.raise_args(Exc::KeyboardInterrupt, &[]));
    }
    Ok(())
}
#[cold]
pub fn trace(_vm: &Vm, op: Op, w: u64, pc: Pc, regs: Regs) {
    eprintln!("{pc:?} {regs:?} {} a={} b={} c={} ({:#x})", op.name(), a_of(w), b_of(w), c_of(w), op_of(w));
}

/// Operators on words that need no machine.
#[inline]
pub fn fast_binary(x: Value, y: Value, op: u8) -> Option<Value> {
    let op = BinaryOp::from_number(op as u32)?;
    if Value::both_int(x, y) {
        let (a, b) = (x.int_unchecked(), y.int_unchecked());
        return match op {
            BinaryOp::NB_AND | BinaryOp::NB_INPLACE_AND => Some(Value::int(a & b)),
            BinaryOp::NB_OR | BinaryOp::NB_INPLACE_OR => Some(Value::int(a | b)),
            BinaryOp::NB_XOR | BinaryOp::NB_INPLACE_XOR => Some(Value::int(a ^ b)),
            BinaryOp::NB_REMAINDER | BinaryOp::NB_INPLACE_REMAINDER if b > 0 => Some(Value::int(a.rem_euclid(b))),
            BinaryOp::NB_FLOOR_DIVIDE | BinaryOp::NB_INPLACE_FLOOR_DIVIDE if b > 0 => Some(Value::int(a.div_euclid(b))),
            BinaryOp::NB_TRUE_DIVIDE | BinaryOp::NB_INPLACE_TRUE_DIVIDE if b != 0 => {
                Some(Value::float_of_arithmetic(a as f64 / b as f64))
            }
            BinaryOp::NB_RSHIFT | BinaryOp::NB_INPLACE_RSHIFT if (0..48).contains(&b) => Some(Value::int(a >> b)),
            BinaryOp::NB_LSHIFT | BinaryOp::NB_INPLACE_LSHIFT if (0..15).contains(&b) => Value::try_int(a << b),
            _ => None,
        };
    }
    if let (Some(a), Some(b)) = (x.as_float(), y.as_float())
        && matches!(op, BinaryOp::NB_TRUE_DIVIDE | BinaryOp::NB_INPLACE_TRUE_DIVIDE)
        && b != 0.0
    {
        return Some(Value::float_of_arithmetic(a / b));
    }
    None
}
#[inline(never)]
pub fn binary(vm: &Vm, x: Value, y: Value, op: u8) -> PyResult<Value> {
    let op = BinaryOp::from_number(op as u32).unwrap_or(BinaryOp::NB_ADD);
    if matches!(op, BinaryOp::NB_ADD | BinaryOp::NB_INPLACE_ADD)
        && x.cast_exact::<Str>().is_some()
        && y.cast_exact::<Str>().is_some()
    {
        return crate::types::str_::concat(vm, x, y);
    }
    // A float and an int meet often.
    let mixed = |a: Value, b: Value| Some((a.as_float()?, b.as_int()? as f64));
    if let Some((a, b)) = mixed(x, y).or_else(|| mixed(y, x).map(|(b, a)| (a, b))) {
        match op {
            BinaryOp::NB_ADD | BinaryOp::NB_INPLACE_ADD => return Ok(Value::float(a + b)),
            BinaryOp::NB_SUBTRACT | BinaryOp::NB_INPLACE_SUBTRACT => return Ok(Value::float(a - b)),
            BinaryOp::NB_MULTIPLY | BinaryOp::NB_INPLACE_MULTIPLY => return Ok(Value::float(a * b)),
            _ => {}
        }
    }
    vm.binary(x, y, op)
}
/// `x + k` or `x - k`, as the operator says; `k` has the sign for an addition.
#[inline(never)]
pub fn add_int(vm: &Vm, x: Value, k: i16, op: u8) -> PyResult<Value> {
    let minus = matches!(BinaryOp::from_number(op as u32), Some(BinaryOp::NB_SUBTRACT | BinaryOp::NB_INPLACE_SUBTRACT));
    if let Some(f) = x.as_float() {
        return Ok(Value::float(f + k as f64));
    }
    binary(vm, x, Value::int(if minus { -(k as i64) } else { k as i64 }), op)
}
#[inline(never)]
pub fn compare_bool(vm: &Vm, x: Value, y: Value, op: Cmp) -> PyResult<bool> {
    vm.compare_bool(x, y, op)
}
#[inline(never)]
pub fn compare(vm: &Vm, x: Value, y: Value, op: u8) -> PyResult<Value> {
    let cmp = Cmp::ALL[(op & 7) as usize % 6];
    if op & 0x80 != 0 { vm.compare_bool(x, y, cmp).map(Value::bool) } else { vm.compare(x, y, cmp) }
}
#[inline(never)]
pub unsafe fn get_item(vm: &Vm, _pc: Pc, _regs: Regs, w: u64, o: Value, k: Value) -> PyResult<Called> {
    let v = match o.shape() {
        s if s == Kind::Dict as u32 => {
            let d = o.cast::<crate::types::dict::Dict>();
            match d {
                Some(d) => match crate::types::dict::DictExt::get(d, vm, k)? {
                    Some(v) => v,
                    None => return Err(vm.key_error(k)),
                },
                None => vm.get_item(o, k)?,
            }
        }
        _ => vm.get_item(o, k)?,
    };
    Ok(Called::Value(a_of(w), v, 1))
}
#[inline(never)]
pub fn set_item(vm: &Vm, o: Value, k: Value, v: Value) -> PyResult<()> {
    vm.set_item(o, k, v)
}
#[inline(never)]
pub fn get_iter(vm: &Vm, v: Value) -> PyResult<Value> {
    if v.shape() == Kind::Generator as u32 {
        return Ok(v);
    }
    vm.iter(v)
}
#[cold]
pub unsafe fn unbound_local(vm: &Vm, regs: Regs, i: usize) -> PyResult<()> {
    // SAFETY: `regs` is the running frame.
    let name = unsafe { name_of(regs, i) };
    let text = format!("cannot access local variable '{name}' where it is not associated with a value");
    let e = exception::new_text(vm, Exc::UnboundLocalError, &text);
    e.extra[0].set(e, vm.str(&name));
    Err(vm.raise_value(e.value()))
}
#[cold]
pub unsafe fn unbound_deref(vm: &Vm, regs: Regs, i: usize) -> PyResult<()> {
    // SAFETY: as above.
    unsafe {
        let name = name_of(regs, i);
        let free = FrameRef(regs)
            .function()
            .and_then(|f| f.code.cast::<Code>())
            .is_some_and(|c| c.kinds().get(i).is_some_and(|k| k & pyc::CO_FAST_FREE != 0));
        if !free {
            return unbound_local(vm, regs, i);
        }
        let text =
            format!("cannot access free variable '{name}' where it is not associated with a value in enclosing scope");
        let e = exception::new_text(vm, Exc::NameError, &text);
        e.extra[0].set(e, vm.str(&name));
        Err(vm.raise_value(e.value()))
    }
}
unsafe fn name_of(regs: Regs, i: usize) -> String {
    // SAFETY: as above.
    unsafe {
        FrameRef(regs)
            .function()
            .and_then(|f| f.code.cast::<Code>())
            .and_then(|c| c.localsplusnames.cast::<Tuple>()?.get(i)?.cast::<Str>())
            .map_or_else(|| "?".to_owned(), |s| s.to_lossy())
    }
}
/// Items of a sequence into registers, the first on top.
#[inline(never)]
pub unsafe fn unpack(vm: &Vm, regs: Regs, w: u64) -> PyResult<()> {
    let (base, n) = (a_of(w), c_of(w));
    // SAFETY: the registers belong to the running frame.
    unsafe {
        let v = *regs.add(b_of(w));
        let put = |i: usize, x: Value| *regs.add(base + n - 1 - i) = x;
        if let Some(t) = v.cast_exact::<Tuple>()
            && t.len() == n
        {
            for (i, x) in t.items().iter().enumerate() {
                put(i, *x);
            }
            return Ok(());
        }
        if let Some(l) = v.cast_exact::<List>()
            && l.len() == n
        {
            for (i, x) in l.to_vec().into_iter().enumerate() {
                put(i, x);
            }
            return Ok(());
        }
        let items = unpack_items(vm, v, n, None)?;
        for (i, x) in items.into_iter().enumerate() {
            put(i, x);
        }
        Ok(())
    }
}
/// `n` items of an iterable, exactly; with `after`, the rest as a list and then `after` more.
pub fn unpack_items(vm: &Vm, v: Value, n: usize, after: Option<usize>) -> PyResult<Vec<Value>> {
    if vm.type_of(v).slots.iter.address() == 0 && !vm.is_sequence(v) {
        return Err(vm.type_error(format!("cannot unpack non-iterable {} object", vm.type_name(v))));
    }
    let it = vm.iter(v)?;
    let mut items = Vec::with_capacity(n);
    for i in 0..n {
        match vm.next(it)? {
            Some(x) => items.push(x),
            None => {
                let least = if after.is_some() { "at least " } else { "" };
                let want = n + after.unwrap_or(0);
                return Err(vm.value_error(format!("not enough values to unpack (expected {least}{want}, got {i})")));
            }
        }
    }
    match after {
        None => {
            if vm.next(it)?.is_some() {
                let got = match v.kind() {
                    Kind::Tuple | Kind::List | Kind::Dict => format!(", got {}", vm.len(v)?),
                    _ => String::new(),
                };
                return Err(vm.value_error(format!("too many values to unpack (expected {n}{got})")));
            }
        }
        Some(after) => {
            let mut rest = Vec::new();
            while let Some(x) = vm.next(it)? {
                rest.push(x);
            }
            if rest.len() < after {
                return Err(vm.value_error(format!(
                    "not enough values to unpack (expected at least {}, got {})",
                    n + after,
                    n + rest.len()
                )));
            }
            let tail = rest.split_off(rest.len() - after);
            items.push(List::from_slice(vm, &rest).value());
            items.extend(tail);
        }
    }
    Ok(items)
}
pub fn bad(vm: &Vm, what: &str) -> Raised {
    crate::raise!(vm, SystemError, "{what}")
}
pub fn expect_tuple(vm: &Vm, v: Value) -> PyResult<Gc<Tuple>> {
    vm.expect_tuple(v, "operand")
}
