//! What the exception classes show: `args`, `__traceback__` and kin, and each class's own attributes and `__str__`.
//!
//! Invariant: the attributes of a row of `exceptions!` are getset descriptors over `extra`, in the row's order.

use crate::error::PyResult;
use crate::native::{Args, GetSetDef, MethodDef, get_set, method};
use crate::object::slots::SlotTable;
use crate::types::descr::MemberDescriptor;
use crate::types::dict::{Dict, DictExt};
use crate::types::exception::{self, Exc, Exception, FLAGS};
use crate::types::traceback::Traceback;
use crate::types::type_::{Type, TypeSpec};
use crate::vm::Vm;
use bunpy_heap::{Gc, Kind, Slot, Str, Tuple, Value};
use std::sync::atomic::Ordering::Relaxed;

pub static EXCEPTION_SPEC: TypeSpec = TypeSpec {
    kind: Kind::Exception,
    flags: FLAGS,
    slots: SlotTable { new: Some(new), init: Some(init), ..SlotTable::EMPTY },
    dict_slot: Some(dict_slot),
    ..TypeSpec::EMPTY
};
pub static BASE_SPEC: TypeSpec = TypeSpec {
    name: "BaseException",
    doc: "Common base class for all exceptions.",
    slots: SlotTable { new: Some(new), init: Some(init), repr: Some(repr), str: Some(str), ..SlotTable::EMPTY },
    methods: METHODS,
    getset: GETSET,
    ..EXCEPTION_SPEC
};

static METHODS: &[MethodDef] = &[
    method("__reduce__", "($self, /)", reduce),
    method("__setstate__", "($self, object, /)", setstate),
    method("with_traceback", "($self, object, /)", with_traceback).doc("Set self.__traceback__ to tb and return self."),
    method("add_note", "($self, object, /)", add_note).doc("Add a note to the exception"),
];
static GETSET: &[GetSetDef] = &[
    get_set("args", get_args, set_args),
    get_set("__traceback__", get_traceback, set_traceback),
    get_set("__context__", get_context, set_context),
    get_set("__cause__", get_cause, set_cause),
    get_set("__suppress_context__", get_suppress, set_suppress),
];

fn dict_slot(v: &Value) -> Option<&Slot> {
    // SAFETY-free: the reference lives as long as the value it came from.
    exception_ref(v).map(|e| &e.dict)
}
fn exception_ref(v: &Value) -> Option<&Exception> {
    v.payload::<Exception>()
}
fn this(vm: &Vm, v: Value) -> PyResult<Gc<Exception>> {
    vm.expect::<Exception>(v, "descriptor receiver")
}

pub fn new(vm: &Vm, cls: Gc<Type>, args: Args<'_>) -> PyResult<Value> {
    Ok(exception::alloc(vm, cls, args.positional()).value())
}

/// `__init__` of every builtin exception class: what its row of attributes takes from the arguments.
pub fn init(vm: &Vm, v: Value, args: Args<'_>) -> PyResult<()> {
    let e = this(vm, v)?;
    let positional = args.positional();
    e.args.set(e, vm.heap.tuple(positional).value());
    let class = exception::class(vm, e);
    let is = |x: Exc| vm.is_subtype(class, vm.exc_type(x));
    let named: &[&str] = if is(Exc::ImportError) {
        &["name", "path", "name_from"]
    } else if is(Exc::AttributeError) {
        &["name", "obj"]
    } else if is(Exc::NameError) {
        &["name"]
    } else {
        &[]
    };
    for (k, x) in args.keywords() {
        let k = vm.expect_str(k, "keyword")?;
        match named.iter().find(|n| k.is_text(n)) {
            Some(n) => set_extra(vm, e, n, x),
            None if named.is_empty() => {
                return Err(vm.type_error(format!("{}() takes no keyword arguments", vm.tp_name(class))));
            }
            None => {
                let shown = [Exc::ImportError, Exc::AttributeError, Exc::NameError].into_iter().find(|x| is(*x));
                return Err(vm.type_error(format!(
                    "{}() got an unexpected keyword argument '{}'",
                    shown.map_or("exception", Exc::name),
                    k.to_lossy()
                )));
            }
        }
    }
    if is(Exc::StopIteration) {
        e.extra[0].set(e, positional.first().copied().unwrap_or(Value::none()));
    } else if is(Exc::SystemExit) {
        let code = match positional {
            [] => Value::none(),
            [x] => *x,
            _ => e.args.get(),
        };
        e.extra[0].set(e, code);
    } else if is(Exc::ImportError) {
        if let [msg] = positional {
            e.extra[0].set(e, *msg);
        }
    } else if is(Exc::OSError) {
        init_os_error(vm, e, positional)?;
    } else if is(Exc::SyntaxError) {
        super::exception_extra::init_syntax_error(vm, e, positional)?;
    } else if is(Exc::UnicodeError) {
        super::exception_extra::init_unicode_error(vm, e, positional)?;
    }
    Ok(())
}
fn init_os_error(vm: &Vm, e: Gc<Exception>, args: &[Value]) -> PyResult<()> {
    if !(2..=5).contains(&args.len()) {
        return Ok(());
    }
    e.extra[0].set(e, args[0]);
    e.extra[1].set(e, args[1]);
    if let Some(f) = args.get(2).filter(|f| !f.is_none()) {
        e.extra[2].set(e, *f);
        if let Some(f2) = args.get(4).filter(|f| !f.is_none()) {
            e.extra[3].set(e, *f2);
        }
        e.args.set(e, vm.heap.tuple(&args[..2]).value());
    }
    Ok(())
}

/// The number of an attribute in `extra`.
pub fn extra_index(vm: &Vm, e: Gc<Exception>, name: &str) -> Option<usize> {
    let class = exception::class(vm, e);
    let mro = class.mro()?;
    mro.items().iter().find_map(|c| {
        let c = c.cast::<Type>()?;
        let x = Exc::ALL.iter().find(|x| vm.exceptions.get(**x) == c)?;
        x.attrs().iter().position(|a| *a == name)
    })
}
pub fn get_extra(vm: &Vm, e: Gc<Exception>, name: &str) -> Option<Value> {
    e.extra.get(extra_index(vm, e, name)?)?.bound()
}
pub fn set_extra(vm: &Vm, e: Gc<Exception>, name: &str, v: Value) {
    if let Some(s) = extra_index(vm, e, name).and_then(|i| e.extra.get(i)) {
        s.set(e, v)
    }
}

/// Member descriptors for the row's attributes that its base does not have.
pub fn add_attributes(vm: &Vm, t: Gc<Type>, e: Exc) -> PyResult<()> {
    let inherited = e.base().map_or(&[][..], Exc::attrs);
    let Some(dict) = t.dict() else { return Ok(()) };
    for (i, name) in e.attrs().iter().enumerate() {
        if inherited.contains(name) {
            continue;
        }
        let name = vm.intern(name);
        let m = vm.heap.alloc(MemberDescriptor {
            owner: t.into(),
            name: name.into(),
            place: crate::types::descr::MEMBER_EXCEPTION + i as u32,
        });
        dict.set_str(vm, name, m.value())?;
    }
    super::exception_extra::add_methods(vm, t, e)
}

fn repr(vm: &Vm, v: Value) -> PyResult<Value> {
    let e = this(vm, v)?;
    let name = exception::class(vm, e).name_text();
    let Some(args) = exception::args(e) else { return Ok(vm.str(&name)) };
    match args.items() {
        [x] => Ok(vm.str(&format!("{name}({})", vm.repr_text(*x)?))),
        _ => Ok(vm.str(&format!("{name}{}", vm.repr_text(args.value())?))),
    }
}
pub fn str(vm: &Vm, v: Value) -> PyResult<Value> {
    let e = this(vm, v)?;
    let Some(args) = exception::args(e) else { return Ok(vm.str("")) };
    match args.items() {
        [] => Ok(vm.str("")),
        [x] => vm.to_str(*x).map(|s| s.value()),
        _ => vm.to_str(args.value()).map(|s| s.value()),
    }
}
fn reduce(vm: &Vm, e: Gc<Exception>) -> PyResult<Value> {
    let cls = exception::class(vm, e).value();
    Ok(match e.dict.cast::<Dict>() {
        Some(d) => vm.heap.tuple(&[cls, e.args.get(), d.value()]).value(),
        None => vm.heap.tuple(&[cls, e.args.get()]).value(),
    })
}
fn setstate(vm: &Vm, e: Gc<Exception>, state: Value) -> PyResult<()> {
    if state.is_none() {
        return Ok(());
    }
    let Some(d) = state.cast::<Dict>() else { return Err(vm.type_error("state is not a dictionary")) };
    for (k, v) in d.items() {
        let k = vm.expect_attr_name(k)?;
        vm.set_attr(e.value(), k, v)?;
    }
    Ok(())
}
fn with_traceback(vm: &Vm, e: Gc<Exception>, tb: Value) -> PyResult<Value> {
    set_traceback(vm, e.value(), Some(tb))?;
    Ok(e.value())
}
fn add_note(vm: &Vm, e: Gc<Exception>, note: Value) -> PyResult<()> {
    if note.cast::<Str>().is_none() {
        return Err(vm.type_error(format!("note must be a str, not '{}'", vm.type_name(note))));
    }
    let notes = match vm.get_attr_opt(e.value(), vm.names.__notes__)? {
        Some(n) => n,
        None => {
            let n = crate::types::list::List::from_slice(vm, &[]).value();
            vm.set_attr(e.value(), vm.names.__notes__, n)?;
            n
        }
    };
    match notes.cast::<crate::types::list::List>() {
        Some(l) => crate::types::list::append(vm, l, note),
        None => Err(vm.type_error("Cannot add note: __notes__ is not a list")),
    }
}

fn get_args(vm: &Vm, v: Value) -> PyResult<Value> {
    Ok(this(vm, v)?.args.get())
}
fn set_args(vm: &Vm, v: Value, x: Option<Value>) -> PyResult<()> {
    let e = this(vm, v)?;
    let Some(x) = x else { return Err(vm.type_error("args may not be deleted")) };
    let t: Gc<Tuple> = vm.tuple_from_iterable(x)?;
    e.args.set(e, t.value());
    Ok(())
}
fn get_traceback(vm: &Vm, v: Value) -> PyResult<Value> {
    Ok(this(vm, v)?.traceback.get())
}
fn set_traceback(vm: &Vm, v: Value, x: Option<Value>) -> PyResult<()> {
    let e = this(vm, v)?;
    let Some(x) = x else { return Err(vm.type_error("__traceback__ may not be deleted")) };
    if !x.is_none() && x.cast::<Traceback>().is_none() {
        return Err(vm.type_error("__traceback__ must be a traceback or None"));
    }
    e.traceback.set(e, x);
    Ok(())
}
fn get_context(vm: &Vm, v: Value) -> PyResult<Value> {
    Ok(this(vm, v)?.context.get())
}
fn set_context(vm: &Vm, v: Value, x: Option<Value>) -> PyResult<()> {
    let e = this(vm, v)?;
    match x {
        None => Err(vm.type_error("__context__ may not be deleted")),
        Some(x) if x.is_none() || x.cast::<Exception>().is_some() => {
            e.context.set(e, x);
            Ok(())
        }
        Some(_) => Err(vm.type_error("exception context must be None or derive from BaseException")),
    }
}
fn get_cause(vm: &Vm, v: Value) -> PyResult<Value> {
    Ok(this(vm, v)?.cause.get())
}
fn set_cause(vm: &Vm, v: Value, x: Option<Value>) -> PyResult<()> {
    let e = this(vm, v)?;
    match x {
        None => Err(vm.type_error("__cause__ may not be deleted")),
        Some(x) if x.is_none() || x.cast::<Exception>().is_some() => {
            e.cause.set(e, x);
            e.suppress_context.store(true, Relaxed);
            Ok(())
        }
        Some(_) => Err(vm.type_error("exception cause must be None or derive from BaseException")),
    }
}
fn get_suppress(vm: &Vm, v: Value) -> PyResult<Value> {
    Ok(Value::bool(this(vm, v)?.suppress_context.load(Relaxed)))
}
fn set_suppress(vm: &Vm, v: Value, x: Option<Value>) -> PyResult<()> {
    let e = this(vm, v)?;
    let on = match x {
        Some(x) => vm.is_true(x)?,
        None => return Err(vm.type_error("can't delete numeric/char attribute")),
    };
    e.suppress_context.store(on, Relaxed);
    Ok(())
}
