//! generator, coroutine, async generator: suspended activations.
//!
//! Invariant: `frame` holds the register file while the activation can still run; `state` says whether it runs now. The
//! engine resumes them (engine/generators.rs); here is what Python sees.

use crate::engine::generators::{self, Resume};
use crate::error::PyResult;
use crate::native::{Args, GetSetDef, MethodDef, get, get_set, method, raw};
use crate::object::generic;
use crate::object::slots::SlotTable;
use crate::types::type_::TypeSpec;
use crate::vm::Vm;
use bunpy_heap::{Kind, Slot, Str, Value, payload};
use std::sync::atomic::{AtomicU8, AtomicUsize, Ordering::Relaxed};

/// States of an activation.
pub const CREATED: u8 = 0;
pub const SUSPENDED: u8 = 1;
pub const RUNNING: u8 = 2;
pub const FINISHED: u8 = 3;

macro_rules! activations { ($($name:ident)*) => { $( payload! {
    pub struct $name: $name {
        pub frame: Slot,
        pub func: Slot,
        pub name: Slot,
        pub qualname: Slot,
        /// Register code address to go on at.
        pub pc: AtomicUsize,
        pub state: AtomicU8,
        /// The exception that it is handling while suspended.
        pub handled: Slot,
        /// The exception that the resumer was handling, while it runs.
        pub outer: Slot,
        /// `cr_origin`, the finaliser of an async generator.
        pub extra: Slot,
    }
} )* } }
activations!(Generator Coroutine AsyncGenerator);

/// Any of the three; their payloads have the same fields.
#[derive(Clone, Copy)]
pub struct Activation(Value);
pub struct Fields<'a> {
    pub frame: &'a Slot,
    pub func: &'a Slot,
    pub name: &'a Slot,
    pub qualname: &'a Slot,
    pub pc: &'a AtomicUsize,
    pub state: &'a AtomicU8,
    pub handled: &'a Slot,
    pub outer: &'a Slot,
    pub extra: &'a Slot,
}
macro_rules! fields {
    ($g:expr) => {
        Fields {
            frame: &$g.frame,
            func: &$g.func,
            name: &$g.name,
            qualname: &$g.qualname,
            pc: &$g.pc,
            state: &$g.state,
            handled: &$g.handled,
            outer: &$g.outer,
            extra: &$g.extra,
        }
    };
}
impl Activation {
    pub fn of(v: Value) -> Option<Activation> {
        matches!(v.kind(), Kind::Generator | Kind::Coroutine | Kind::AsyncGenerator).then_some(Activation(v))
    }
    pub fn value(self) -> Value {
        self.0
    }
    pub fn fields(&self) -> Option<Fields<'_>> {
        if let Some(g) = self.0.payload::<Generator>() {
            return Some(fields!(g));
        }
        if let Some(g) = self.0.payload::<Coroutine>() {
            return Some(fields!(g));
        }
        self.0.payload::<AsyncGenerator>().map(|g| fields!(g))
    }
    pub fn state(self) -> u8 {
        self.fields().map_or(FINISHED, |f| f.state.load(Relaxed))
    }
}
pub fn new(vm: &Vm, kind: Kind, func: Value, name: Value, qualname: Value, frame: Value, pc: usize) -> Value {
    macro_rules! make {
        ($t:ident) => {
            vm.heap
                .alloc($t {
                    frame: frame.into(),
                    func: func.into(),
                    name: name.into(),
                    qualname: qualname.into(),
                    pc: AtomicUsize::new(pc),
                    state: AtomicU8::new(CREATED),
                    handled: Slot::unbound(),
                    outer: Slot::unbound(),
                    extra: Slot::unbound(),
                })
                .value()
        };
    }
    match kind {
        Kind::Coroutine => make!(Coroutine),
        Kind::AsyncGenerator => make!(AsyncGenerator),
        _ => make!(Generator),
    }
}
fn this(vm: &Vm, v: Value) -> PyResult<Activation> {
    Activation::of(v).ok_or_else(|| vm.type_error("descriptor requires a generator"))
}

fn send(vm: &Vm, v: Value, x: Value) -> PyResult<Value> {
    finish(vm, generators::resume(vm, this(vm, v)?, Resume::Send(x))?)
}
/// A return value becomes StopIteration, as `send` and `throw` show it.
fn finish(vm: &Vm, r: generators::Step) -> PyResult<Value> {
    match r {
        generators::Step::Yield(x) => Ok(x),
        generators::Step::Return(x) => Err(generators::stop_iteration(vm, x)),
    }
}
fn next(vm: &Vm, v: Value) -> PyResult<Option<Value>> {
    match generators::resume(vm, this(vm, v)?, Resume::Send(Value::none()))? {
        generators::Step::Yield(x) => Ok(Some(x)),
        generators::Step::Return(x) if x.is_none() => Ok(None),
        generators::Step::Return(x) => Err(generators::stop_iteration(vm, x)),
    }
}
fn throw(vm: &Vm, a: Args<'_>) -> PyResult<Value> {
    let [v, args @ ..] = a.values else { return Err(vm.type_error("throw expected at least 1 argument, got 0")) };
    let exc = generators::thrown(vm, args)?;
    finish(vm, generators::resume(vm, this(vm, *v)?, Resume::Throw(exc))?)
}
fn close(vm: &Vm, v: Value) -> PyResult<Value> {
    generators::close(vm, this(vm, v)?)
}
fn repr(vm: &Vm, v: Value) -> PyResult<Value> {
    let g = this(vm, v)?;
    let q = g.fields().map_or(Value::none(), |f| f.qualname.get());
    Ok(vm.str(&format!("<{} object {} at {:#x}>", vm.type_name(v), vm.to_str(q)?.to_lossy(), v.address())))
}
fn set_name(vm: &Vm, v: Value, x: Option<Value>, qual: bool) -> PyResult<()> {
    let what = if qual { "__qualname__" } else { "__name__" };
    let Some(x) = x.filter(|x| x.cast::<Str>().is_some()) else {
        return Err(vm.type_error(format!("{what} must be set to a string object")));
    };
    if let Some(f) = this(vm, v)?.fields() {
        if qual { f.qualname.set(v, x) } else { f.name.set(v, x) }
    }
    Ok(())
}
fn running(vm: &Vm, v: Value) -> PyResult<Value> {
    Ok(Value::bool(this(vm, v)?.state() == RUNNING))
}
fn suspended(vm: &Vm, v: Value) -> PyResult<Value> {
    Ok(Value::bool(this(vm, v)?.state() == SUSPENDED))
}
fn code(vm: &Vm, v: Value) -> PyResult<Value> {
    let g = this(vm, v)?;
    Ok(g.fields()
        .and_then(|f| f.func.cast::<crate::types::function::Function>())
        .map_or(Value::none(), |f| f.code.get()))
}
fn frame(vm: &Vm, v: Value) -> PyResult<Value> {
    crate::engine::frame::frame_of_activation(vm, this(vm, v)?)
}
fn yield_from(vm: &Vm, v: Value) -> PyResult<Value> {
    generators::yield_from(vm, this(vm, v)?)
}
const NAME: GetSetDef = get_set(
    "__name__",
    |vm, v| Ok(this(vm, v)?.fields().map_or(Value::none(), |f| f.name.get())),
    |vm, v, x| set_name(vm, v, x, false),
);
const QUALNAME: GetSetDef = get_set(
    "__qualname__",
    |vm, v| Ok(this(vm, v)?.fields().map_or(Value::none(), |f| f.qualname.get())),
    |vm, v, x| set_name(vm, v, x, true),
);
static METHODS: &[MethodDef] = &[
    method("send", "($self, value, /)", send).without_signature(),
    raw("throw", "($self, typ, val=None, tb=None, /)", throw).without_signature(),
    method("close", "($self, /)", close).without_signature(),
    raw("__class_getitem__", "($type, object, /)", crate::types::generic_alias::class_getitem).class_method(),
];
const SLOTS: SlotTable = SlotTable { repr: Some(repr), ..SlotTable::EMPTY };
pub static GENERATOR: TypeSpec = TypeSpec {
    name: "generator",
    kind: Kind::Generator,
    slots: SlotTable { iter: Some(generic::iter_self), iternext: Some(next), ..SLOTS },
    methods: METHODS,
    getset: &[
        NAME,
        QUALNAME,
        get("gi_running", running),
        get("gi_suspended", suspended),
        get("gi_code", code),
        get("gi_frame", frame),
        get("gi_yieldfrom", yield_from),
    ],
    ..TypeSpec::EMPTY
};
pub static COROUTINE: TypeSpec = TypeSpec {
    name: "coroutine",
    kind: Kind::Coroutine,
    slots: SlotTable { await_: Some(|vm, v| Ok(new_wrapper(vm, v))), ..SLOTS },
    methods: METHODS,
    getset: &[
        NAME,
        QUALNAME,
        get("cr_running", running),
        get("cr_suspended", suspended),
        get("cr_code", code),
        get("cr_frame", frame),
        get("cr_await", yield_from),
        get("cr_origin", |vm, v| Ok(this(vm, v)?.fields().and_then(|f| f.extra.bound()).unwrap_or(Value::none()))),
    ],
    ..TypeSpec::EMPTY
};

pub static ASYNC_GENERATOR: TypeSpec = TypeSpec {
    name: "async_generator",
    kind: Kind::AsyncGenerator,
    slots: SlotTable { aiter: Some(generic::iter_self), anext: Some(crate::types::async_gen::anext), ..SLOTS },
    methods: &[
        method("asend", "($self, value, /)", |vm: &Vm, v: Value, x: Value| crate::types::async_gen::asend(vm, v, x))
            .without_signature(),
        raw("athrow", "($self, typ, val=None, tb=None, /)", crate::types::async_gen::athrow).without_signature(),
        method("aclose", "($self, /)", |vm: &Vm, v: Value| crate::types::async_gen::aclose(vm, v)).without_signature(),
        raw("__class_getitem__", "($type, object, /)", crate::types::generic_alias::class_getitem).class_method(),
    ],
    getset: &[
        NAME,
        QUALNAME,
        get("ag_running", running),
        get("ag_suspended", suspended),
        get("ag_code", code),
        get("ag_frame", frame),
        get("ag_await", yield_from),
    ],
    ..TypeSpec::EMPTY
};

// ---- coroutine_wrapper: what `coroutine.__await__()` gives

payload! { pub struct CoroutineWrapper: CoroutineWrapper { pub coroutine: Slot } }
fn new_wrapper(vm: &Vm, v: Value) -> Value {
    vm.heap.alloc(CoroutineWrapper { coroutine: v.into() }).value()
}
fn wrapped(vm: &Vm, v: Value) -> PyResult<Value> {
    Ok(vm.expect::<CoroutineWrapper>(v, "self")?.coroutine.get())
}
pub static COROUTINE_WRAPPER: TypeSpec = TypeSpec {
    name: "coroutine_wrapper",
    kind: Kind::CoroutineWrapper,
    slots: SlotTable {
        iter: Some(generic::iter_self),
        iternext: Some(|vm, v| next(vm, wrapped(vm, v)?)),
        ..SlotTable::EMPTY
    },
    methods: &[
        method("send", "($self, value, /)", |vm: &Vm, v: Value, x: Value| send(vm, wrapped(vm, v)?, x)),
        raw("throw", "($self, typ, val=None, tb=None, /)", |vm: &Vm, a: Args<'_>| {
            let [v, rest @ ..] = a.values else { return Err(vm.type_error("throw needs an argument")) };
            let mut values = vec![wrapped(vm, *v)?];
            values.extend_from_slice(rest);
            throw(vm, Args { values: &values, kwnames: None })
        }),
        method("close", "($self, /)", |vm: &Vm, v: Value| close(vm, wrapped(vm, v)?)),
    ],
    ..TypeSpec::EMPTY
};
