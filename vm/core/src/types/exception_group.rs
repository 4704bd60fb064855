//! Exception groups: `except*` and the classes.
//!
//! Invariant: a group's `exceptions` is a non-empty tuple of exceptions; splitting keeps notes, cause and traceback.

use crate::error::PyResult;
use crate::native::{Args, MethodDef, method, raw};
use crate::object::slots::SlotTable;
use crate::types::exception::{self, Exc, Exception};
use crate::types::exception_types::EXCEPTION_SPEC;
use crate::types::type_::{Type, TypeSpec};
use crate::vm::Vm;
use bunpy_heap::{Gc, Str, Tuple, Value};
use std::sync::atomic::Ordering::Relaxed;

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

/// `BaseExceptionGroup.__new__(cls, message, exceptions)`.
fn new(vm: &Vm, cls: Gc<Type>, args: Args<'_>) -> PyResult<Value> {
    let [message, excs] = args.positional() else {
        return Err(vm.type_error(format!(
            "BaseExceptionGroup.__new__() takes exactly 2 arguments ({} given)",
            args.positional().len()
        )));
    };
    if message.cast::<Str>().is_none() {
        return Err(vm.type_error(format!("argument 1 must be str, not {}", vm.type_name(*message))));
    }
    if !vm.is_sequence(*excs) {
        return Err(vm.type_error("second argument (exceptions) must be a sequence"));
    }
    let items = vm.collect_values(*excs)?;
    if items.is_empty() {
        return Err(vm.value_error("second argument (exceptions) must be a non-empty sequence"));
    }
    let plain = vm.exc_type(Exc::Exception);
    let mut all_plain = true;
    for (i, x) in items.iter().enumerate() {
        if x.cast::<Exception>().is_none() {
            return Err(vm.value_error(format!("Item {i} of second argument (exceptions) is not an exception")));
        }
        all_plain = all_plain && vm.is_instance_of(*x, plain);
    }
    let base = vm.exc_type(Exc::BaseExceptionGroup);
    let mut cls = cls;
    if cls == base {
        if all_plain && let Some(g) = vm.exceptions.exception_group() {
            cls = g;
        }
    } else if !all_plain && vm.is_subtype(cls, plain) {
        let text = if Some(cls) == vm.exceptions.exception_group() {
            "Cannot nest BaseExceptions in an ExceptionGroup".to_owned()
        } else {
            format!("Cannot nest BaseExceptions in '{}'", cls.name_text())
        };
        return Err(vm.type_error(text));
    }
    let e = exception::alloc(vm, cls, &[*message, *excs]);
    e.extra[0].set(e, *message);
    e.extra[1].set(e, vm.heap.tuple(&items).value());
    Ok(e.value())
}
fn init(vm: &Vm, v: Value, args: Args<'_>) -> PyResult<()> {
    if args.n_kw() > 0 {
        return Err(vm.type_error("BaseExceptionGroup() takes no keyword arguments"));
    }
    if let Some(e) = v.cast::<Exception>() {
        e.args.set(e, vm.heap.tuple(args.positional()).value());
    }
    Ok(())
}
fn str(vm: &Vm, v: Value) -> PyResult<Value> {
    let (m, n) = (vm.to_str(field(vm, v, 0)?)?.to_lossy(), members(vm, v)?.len());
    Ok(vm.str(&format!("{m} ({n} sub-exception{})", if n == 1 { "" } else { "s" })))
}
fn repr(vm: &Vm, v: Value) -> PyResult<Value> {
    let items = members(vm, v)?;
    // Shown as the sequence that it was made from.
    let given = v.cast::<Exception>().and_then(exception::args).and_then(|a| a.get(1));
    let shown = match given {
        Some(g) if g.cast::<Tuple>().is_some() => vm.heap.tuple(&items).value(),
        _ => crate::types::list::List::from_slice(vm, &items).value(),
    };
    let name = vm.type_of(v).name_text();
    Ok(vm.str(&format!("{name}({}, {})", vm.repr_text(field(vm, v, 0)?)?, vm.repr_text(shown)?)))
}
fn field(vm: &Vm, v: Value, i: usize) -> PyResult<Value> {
    let e = vm.expect::<Exception>(v, "self")?;
    Ok(e.extra[i].bound().unwrap_or(Value::none()))
}
/// The exceptions of a group.
pub fn members(vm: &Vm, v: Value) -> PyResult<Vec<Value>> {
    Ok(vm.expect_tuple(field(vm, v, 1)?, "exceptions")?.items().to_vec())
}
fn is_group(vm: &Vm, v: Value) -> bool {
    vm.is_instance_of(v, vm.exc_type(Exc::BaseExceptionGroup))
}
/// A group of `excs` like `v`, with its cause, context, traceback and notes.
fn like(vm: &Vm, v: Value, excs: &[Value]) -> PyResult<Value> {
    let list = crate::types::list::List::from_slice(vm, excs);
    let r = vm.call_method(v, "derive", &[list.value()])?;
    if !is_group(vm, r) {
        return Err(vm.type_error("derive must return an instance of BaseExceptionGroup"));
    }
    if let (Some(from), Some(to)) = (v.cast::<Exception>(), r.cast::<Exception>()) {
        to.traceback.set(to, from.traceback.get());
        to.context.set(to, from.context.get());
        to.cause.set(to, from.cause.get());
        to.suppress_context.store(from.suppress_context.load(Relaxed), Relaxed);
        if let Some(n) = vm.get_attr_opt(v, vm.names.__notes__)? {
            let copy = crate::types::list::List::from_slice(vm, &vm.collect_values(n)?);
            vm.set_attr(r, vm.names.__notes__, copy.value())?;
        }
    }
    Ok(r)
}
enum Match {
    Types(Vec<Value>),
    Predicate(Value),
}
impl Match {
    fn of(vm: &Vm, v: Value) -> PyResult<Match> {
        let bad = "expected an exception type, a tuple of exception types, or a callable (other than a class)";
        if let Some(t) = v.cast::<Tuple>() {
            if t.items().iter().any(|c| !vm.is_exception_class(*c)) {
                return Err(vm.type_error(bad));
            }
            return Ok(Match::Types(t.items().to_vec()));
        }
        if vm.is_exception_class(v) {
            return Ok(Match::Types(vec![v]));
        }
        if v.cast::<Type>().is_none() && vm.is_callable(v) {
            return Ok(Match::Predicate(v));
        }
        Err(vm.type_error(bad))
    }
    fn hits(&self, vm: &Vm, e: Value) -> PyResult<bool> {
        match self {
            Match::Types(t) => Ok(t.iter().any(|c| c.cast::<Type>().is_some_and(|c| vm.is_instance_of(e, c)))),
            Match::Predicate(f) => {
                let r = vm.call(*f, &[e])?;
                vm.is_true(r)
            }
        }
    }
}
/// `(matching, rest)` of an exception or group, each None when empty.
fn split_by(vm: &Vm, v: Value, m: &Match) -> PyResult<(Value, Value)> {
    if m.hits(vm, v)? {
        return Ok((v, Value::none()));
    }
    if !is_group(vm, v) {
        return Ok((Value::none(), v));
    }
    vm.check_native_stack(" in exception group")?;
    let (mut yes, mut no) = (Vec::new(), Vec::new());
    for e in members(vm, v)? {
        let (a, b) = split_by(vm, e, m)?;
        yes.extend(Some(a).filter(|a| !a.is_none()));
        no.extend(Some(b).filter(|b| !b.is_none()));
    }
    let make = |l: &[Value]| if l.is_empty() { Ok(Value::none()) } else { like(vm, v, l) };
    Ok((make(&yes)?, make(&no)?))
}
pub static METHODS: &[MethodDef] = &[
    method("derive", "($self, excs, /)", |vm: &Vm, v: Value, excs: Value| -> PyResult<Value> {
        vm.call(vm.exc_type(Exc::BaseExceptionGroup).value(), &[field(vm, v, 0)?, excs])
    }),
    method("split", "($self, matcher_value, /)", |vm: &Vm, v: Value, m: Value| -> PyResult<(Value, Value)> {
        split_by(vm, v, &Match::of(vm, m)?)
    }),
    method("subgroup", "($self, matcher_value, /)", |vm: &Vm, v: Value, m: Value| -> PyResult<Value> {
        Ok(split_by(vm, v, &Match::of(vm, m)?)?.0)
    }),
    raw("__class_getitem__", "($type, object, /)", crate::types::generic_alias::class_getitem).class_method(),
];
pub static SPEC: TypeSpec = TypeSpec {
    name: "BaseExceptionGroup",
    doc: "A combination of multiple unrelated exceptions.",
    slots: SlotTable { new: Some(new), init: Some(init), repr: Some(repr), str: Some(str), ..SlotTable::EMPTY },
    methods: METHODS,
    ..EXCEPTION_SPEC
};
/// `class ExceptionGroup(BaseExceptionGroup, Exception)`.
pub fn boot(vm: &Vm) -> PyResult<()> {
    let bases = vm.heap.tuple(&[vm.exc_type(Exc::BaseExceptionGroup).value(), vm.exc_type(Exc::Exception).value()]);
    let ns = crate::types::dict::Dict::new(vm);
    let name = vm.intern("ExceptionGroup");
    crate::types::dict::DictExt::set_str(ns, vm, vm.names.__module__, vm.names.builtins.value())?;
    let t = vm.call(vm.types().type_().value(), &[name.value(), bases.value(), ns.value()])?;
    if let Some(t) = t.cast::<Type>() {
        vm.exceptions.set_exception_group(t);
        crate::types::dict::DictExt::set_str(vm.builtins, vm, name, t.value())?;
    }
    Ok(())
}
