//! Exception groups: `except*` and the classes.
//!
//! Invariant: a group's `exceptions` is a non-empty tuple of exceptions; splitting keeps notes, cause and traceback.

use crate::error::PyResult;
use crate::types::exception::{Exc, Exception};
use crate::types::type_::Type;
use crate::vm::Vm;
use bunpy_heap::{Tuple, Value};

/// `(rest, matched)` of an exception against the type of an `except*` clause.
pub fn eg_match(vm: &Vm, exc: Value, what: Value) -> PyResult<(Value, Value)> {
    let group = vm.exc_type(Exc::BaseExceptionGroup);
    let classes: Vec<Value> = match what.cast::<Tuple>() {
        Some(t) => t.items().to_vec(),
        None => vec![what],
    };
    for c in &classes {
        if !vm.is_exception_class(*c) {
            return Err(vm.type_error("catching classes that do not inherit from BaseException is not allowed"));
        }
        if c.cast::<Type>().is_some_and(|c| vm.is_subtype(c, group)) {
            return Err(vm.type_error("catching ExceptionGroup with except* is not allowed. Use except instead."));
        }
    }
    if exc.is_none() {
        return Ok((Value::none(), Value::none()));
    }
    let matches = classes.iter().any(|c| c.cast::<Type>().is_some_and(|c| vm.is_instance_of(exc, c)));
    if matches {
        if vm.is_instance_of(exc, group) {
            return Ok((Value::none(), exc));
        }
        let items = vm.heap.tuple(&[exc]);
        let wrapped = vm.call(group_class(vm), &[vm.str(""), items.value()])?;
        if let (Some(w), Some(e)) = (wrapped.cast::<Exception>(), exc.cast::<Exception>()) {
            w.traceback.set(w, e.traceback.get());
        }
        return Ok((Value::none(), wrapped));
    }
    if vm.is_instance_of(exc, group) {
        let pair = vm.call_method(exc, "split", &[what])?;
        let t = vm.expect_tuple(pair, "split() result")?;
        if let [matched, rest, ..] = t.items() {
            return Ok((*rest, *matched));
        }
    }
    Ok((exc, Value::none()))
}
fn group_class(vm: &Vm) -> Value {
    vm.exceptions.exception_group().map_or(vm.exc_type(Exc::BaseExceptionGroup).value(), |t| t.value())
}
/// What is raised after the clauses of a `try` with `except*` (`_PyExc_PrepReraiseStar`).
pub fn prep_reraise_star(vm: &Vm, orig: Value, excs: Value) -> PyResult<Value> {
    let list = vm.collect_values(excs)?;
    let rest: Vec<Value> = list.into_iter().filter(|e| !e.is_none()).collect();
    if rest.is_empty() {
        return Ok(Value::none());
    }
    if !vm.is_instance_of(orig, vm.exc_type(Exc::BaseExceptionGroup)) {
        return Ok(rest[0]);
    }
    match &rest[..] {
        [one] => Ok(*one),
        _ => {
            let items = vm.heap.tuple(&rest);
            vm.call(group_class(vm), &[vm.str(""), items.value()])
        }
    }
}
