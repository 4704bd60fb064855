//! Callables: Python functions, native functions, bound methods.
//!
//! Invariant: a function's `code` is a `Code`; what the engine's fast call needs (`entry`) is computed when the function is
//! made or its code or defaults are assigned, and never believed across such an assignment.

use crate::bind;
use crate::engine::regcode::RegCode;
use crate::error::PyResult;
use crate::native::{Args, GetSetDef, MethodDef, get, get_set, method};
use crate::object::slots::SlotTable;
use crate::types::code::Code;
use crate::types::dict::{Dict, DictExt};
use crate::types::type_::{Type, TypeSpec, flags};
use crate::vm::Vm;
use bunpy_heap::{Gc, Kind, Slot, Str, Trace, Tracer, Tuple, Value, payload};
use std::sync::atomic::{AtomicPtr, AtomicU16, Ordering::Relaxed};

payload! {
    pub struct Function: Function {
        pub code: Slot,
        pub globals: Slot,
        pub builtins: Slot,
        pub name: Slot,
        pub qualname: Slot,
        /// A tuple or None.
        pub defaults: Slot,
        /// A dict or None.
        pub kwdefaults: Slot,
        /// A tuple of cells or None.
        pub closure: Slot,
        pub doc: Slot,
        pub module: Slot,
        pub annotations: Slot,
        pub annotate: Slot,
        pub type_params: Slot,
        pub dict: Slot,
        /// Translated code, once a call has asked for it.
        pub entry: Entry,
        /// Number of arguments of a call that needs no binding; u16::MAX when every call does.
        pub simple_args: AtomicU16,
    }
}
/// Translated code of a function; the machine's code arena owns it.
pub struct Entry(pub AtomicPtr<RegCode>);
impl Trace for Entry {
    fn trace(&self, _: &mut Tracer<'_>) {}
}

payload! {
    /// A method bound to its receiver.
    pub struct Method: Method { pub func: Slot, pub receiver: Slot }
}

payload! {
    /// A row of a table as an object: a module's function, a bound builtin method, `T.__new__`.
    pub struct BuiltinFunction: BuiltinFunction {
        pub def: DefRef,
        /// Unbound for a plain function.
        pub receiver: Slot,
        pub module: Slot,
        /// For `__new__`: the type whose constructor it is.
        pub new_type: Slot,
    }
}
/// A reference to a table's row.
pub struct DefRef(pub &'static MethodDef);
impl Trace for DefRef {
    fn trace(&self, _: &mut Tracer<'_>) {}
}
impl BuiltinFunction {
    /// The type whose `__new__` this is.
    pub fn new_of(&self) -> Option<Gc<Type>> {
        self.new_type.cast::<Type>()
    }
}

pub static FUNCTION: TypeSpec = TypeSpec {
    name: "function",
    kind: Kind::Function,
    flags: flags::METHOD_DESCRIPTOR | flags::HAS_DICT,
    doc: "Create a function object.\n\n  code\n    a code object\n  globals\n    the globals dictionary\n  name\n    a string that overrides the name from the code object\n  argdefs\n    a tuple that specifies the default argument values\n  closure\n    a tuple that supplies the bindings for free variables\n  kwdefaults\n    a dictionary that specifies the default keyword argument values",
    signature: "(code, globals, name=None, argdefs=None, closure=None,\n         kwdefaults=None)",
    new: Some(method(
        "__new__",
        "($type, code, globals, name=None, argdefs=None, closure=None, kwdefaults=None)",
        new_function,
    )),
    slots: SlotTable {
        repr: Some(function_repr),
        call: Some(call_function),
        descr_get: Some(bind_function),
        ..SlotTable::EMPTY
    },
    getset: FUNCTION_GETSET,
    dict_slot: Some(|v| v.payload::<Function>().map(|f| &f.dict)),
    ..TypeSpec::EMPTY
};
pub static METHOD: TypeSpec = TypeSpec {
    name: "method",
    kind: Kind::Method,
    doc: "Create a bound instance method object.",
    signature: "(function, instance, /)",
    new: Some(method("__new__", "($type, function, instance, /)", new_method)),
    slots: SlotTable {
        repr: Some(method_repr),
        call: Some(call_method),
        hash: Some(method_hash),
        richcompare: Some(method_compare),
        getattro: Some(method_getattr),
        ..SlotTable::EMPTY
    },
    methods: &[method("__reduce__", "($self, /)", method_reduce)],
    getset: &[
        get("__func__", |vm, v| Ok(expect_method(vm, v)?.func.get())),
        get("__self__", |vm, v| Ok(expect_method(vm, v)?.receiver.get())),
    ],
    ..TypeSpec::EMPTY
};
pub static BUILTIN_FUNCTION: TypeSpec = TypeSpec {
    name: "builtin_function_or_method",
    kind: Kind::BuiltinFunction,
    slots: SlotTable {
        repr: Some(builtin_repr),
        call: Some(call_builtin),
        hash: Some(builtin_hash),
        richcompare: Some(builtin_compare),
        ..SlotTable::EMPTY
    },
    methods: &[method("__reduce__", "($self, /)", builtin_reduce)],
    getset: &[
        get("__name__", |vm, v| Ok(vm.intern(expect_builtin(vm, v)?.def.0.name).value())),
        get("__qualname__", builtin_qualname),
        get("__doc__", |vm, v| Ok(doc_of(vm, expect_builtin(vm, v)?.def.0))),
        get("__text_signature__", |vm, v| Ok(signature_of(vm, expect_builtin(vm, v)?.def.0))),
        get("__self__", |vm, v| {
            let f = expect_builtin(vm, v)?;
            Ok(f.receiver.bound().or(f.new_type.bound()).unwrap_or(Value::none()))
        }),
        get_set(
            "__module__",
            |vm, v| Ok(expect_builtin(vm, v)?.module.bound().unwrap_or(Value::none())),
            |vm, v, x| {
                let f = expect_builtin(vm, v)?;
                f.module.set(f, x.unwrap_or(Value::none()));
                Ok(())
            },
        ),
    ],
    ..TypeSpec::EMPTY
};

/// `__doc__` of a row.
pub fn doc_of(vm: &Vm, def: &MethodDef) -> Value {
    if def.doc.is_empty() { Value::none() } else { vm.str(def.doc) }
}
/// `__text_signature__` of a row.
pub fn signature_of(vm: &Vm, def: &MethodDef) -> Value {
    if def.signature.is_empty() { Value::none() } else { vm.str(def.signature) }
}

// ---- Python functions

/// A new function over `code` with the globals' builtins.
pub fn new(vm: &Vm, code: Gc<Code>, globals: Gc<Dict>) -> Gc<Function> {
    let builtins = vm.builtins_of(globals);
    let module = globals.get_str(vm, vm.names.__name__).unwrap_or(Value::none());
    let doc = crate::types::code::docstring(code);
    vm.heap.alloc(Function {
        code: code.into(),
        globals: globals.into(),
        builtins: builtins.into(),
        name: Slot::new(code.name.get()),
        qualname: Slot::new(code.qualname.get()),
        defaults: Slot::new(Value::none()),
        kwdefaults: Slot::new(Value::none()),
        closure: Slot::new(Value::none()),
        doc: Slot::new(doc),
        module: Slot::new(module),
        annotations: Slot::unbound(),
        annotate: Slot::new(Value::none()),
        type_params: Slot::new(vm.empty_tuple),
        dict: Slot::unbound(),
        entry: Entry(AtomicPtr::new(std::ptr::null_mut())),
        simple_args: AtomicU16::new(u16::MAX),
    })
}
fn new_function(
    vm: &Vm,
    _cls: Gc<Type>,
    code: Gc<Code>,
    globals: Gc<Dict>,
    name: Option<Value>,
    defaults: Option<Value>,
    closure: Option<Value>,
    kwdefaults: Option<Value>,
) -> PyResult<Value> {
    let given = |v: Option<Value>| v.filter(|v| !v.is_none());
    let f = new(vm, code, globals);
    if let Some(n) = given(name) {
        if n.cast::<Str>().is_none() {
            return Err(vm.type_error("arg 3 (name) must be None or string"));
        }
        f.name.set(f, n);
    }
    if let Some(d) = given(defaults) {
        if d.cast::<Tuple>().is_none() {
            return Err(vm.type_error("arg 4 (defaults) must be None or tuple"));
        }
        f.defaults.set(f, d);
    }
    let n_free = code.n_free();
    match given(closure) {
        Some(c) => {
            let Some(cells) = c.cast::<Tuple>() else {
                return Err(vm.type_error("arg 5 (closure) must be None or tuple"));
            };
            if cells.len() != n_free {
                return Err(vm.value_error(format!(
                    "{} requires closure of length {n_free}, not {}",
                    vm.to_str(code.name.get())?.to_lossy(),
                    cells.len()
                )));
            }
            if let Some(x) = cells.items().iter().find(|c| c.kind() != Kind::Cell) {
                return Err(vm.type_error(format!("arg 5 (closure) expected cell, found {}", vm.type_name(*x))));
            }
            f.closure.set(f, c);
        }
        None if n_free != 0 => return Err(vm.type_error("arg 5 (closure) must be tuple")),
        None => {}
    }
    if let Some(k) = given(kwdefaults) {
        if k.cast::<Dict>().is_none() {
            return Err(vm.type_error("arg 6 (kwdefaults) must be None or dict"));
        }
        f.kwdefaults.set(f, k);
    }
    Ok(f.value())
}
fn expect_function(vm: &Vm, v: Value) -> PyResult<Gc<Function>> {
    vm.expect::<Function>(v, "descriptor receiver")
}
fn function_repr(vm: &Vm, v: Value) -> PyResult<Value> {
    let f = expect_function(vm, v)?;
    let name = vm.to_str(f.qualname.get())?.to_lossy();
    Ok(vm.str(&format!("<function {name} at {:#x}>", v.address())))
}
fn call_function(vm: &Vm, v: Value, args: Args<'_>) -> PyResult<Value> {
    crate::engine::call_python(vm, expect_function(vm, v)?, args)
}
fn bind_function(vm: &Vm, f: Value, obj: Option<Value>, _: Option<Value>) -> PyResult<Value> {
    Ok(match obj {
        Some(o) => new_bound(vm, f, o),
        None => f,
    })
}
/// What the engine knew about the function's calls is void.
pub fn forget_entry(f: Gc<Function>) {
    f.entry.0.store(std::ptr::null_mut(), Relaxed);
    f.simple_args.store(u16::MAX, Relaxed);
}

static FUNCTION_GETSET: &[GetSetDef] = &[
    get_set(
        "__code__",
        |vm, v| Ok(expect_function(vm, v)?.code.get()),
        |vm, v, x| {
            let f = expect_function(vm, v)?;
            let Some(code) = x.and_then(|x| x.cast::<Code>()) else {
                return Err(vm.type_error("__code__ must be set to a code object"));
            };
            let n = f.closure.cast::<Tuple>().map_or(0, |t| t.len());
            if n != code.n_free() {
                return Err(vm.value_error(format!(
                    "{}() requires a code object with {n} free vars, not {}",
                    vm.to_str(f.name.get())?.to_lossy(),
                    code.n_free()
                )));
            }
            f.code.set(f, code.value());
            forget_entry(f);
            Ok(())
        },
    ),
    get_set(
        "__defaults__",
        |vm, v| Ok(expect_function(vm, v)?.defaults.get()),
        |vm, v, x| {
            let f = expect_function(vm, v)?;
            let x = x.unwrap_or(Value::none());
            if !x.is_none() && x.cast::<Tuple>().is_none() {
                return Err(vm.type_error("__defaults__ must be set to a tuple object"));
            }
            f.defaults.set(f, x);
            forget_entry(f);
            Ok(())
        },
    ),
    get_set(
        "__kwdefaults__",
        |vm, v| Ok(expect_function(vm, v)?.kwdefaults.get()),
        |vm, v, x| {
            let f = expect_function(vm, v)?;
            let x = x.unwrap_or(Value::none());
            if !x.is_none() && x.cast::<Dict>().is_none() {
                return Err(vm.type_error("__kwdefaults__ must be set to a dict object"));
            }
            f.kwdefaults.set(f, x);
            forget_entry(f);
            Ok(())
        },
    ),
    get_set(
        "__name__",
        |vm, v| Ok(expect_function(vm, v)?.name.get()),
        |vm, v, x| {
            let f = expect_function(vm, v)?;
            match x.filter(|x| x.cast::<Str>().is_some()) {
                Some(x) => f.name.set(f, x),
                None => return Err(vm.type_error("__name__ must be set to a string object")),
            }
            Ok(())
        },
    ),
    get_set(
        "__qualname__",
        |vm, v| Ok(expect_function(vm, v)?.qualname.get()),
        |vm, v, x| {
            let f = expect_function(vm, v)?;
            match x.filter(|x| x.cast::<Str>().is_some()) {
                Some(x) => f.qualname.set(f, x),
                None => return Err(vm.type_error("__qualname__ must be set to a string object")),
            }
            Ok(())
        },
    ),
    get_set(
        "__doc__",
        |vm, v| Ok(expect_function(vm, v)?.doc.get()),
        |vm, v, x| {
            let f = expect_function(vm, v)?;
            f.doc.set(f, x.unwrap_or(Value::none()));
            Ok(())
        },
    ),
    get_set(
        "__module__",
        |vm, v| Ok(expect_function(vm, v)?.module.get()),
        |vm, v, x| {
            let f = expect_function(vm, v)?;
            f.module.set(f, x.unwrap_or(Value::none()));
            Ok(())
        },
    ),
    get("__globals__", |vm, v| Ok(expect_function(vm, v)?.globals.get())),
    get("__builtins__", |vm, v| Ok(expect_function(vm, v)?.builtins.get())),
    get("__closure__", |vm, v| Ok(expect_function(vm, v)?.closure.get())),
    get_set("__annotations__", get_annotations, |vm, v, x| {
        let f = expect_function(vm, v)?;
        match x {
            Some(x) if !x.is_none() && x.cast::<Dict>().is_none() => {
                return Err(vm.type_error("__annotations__ must be set to a dict object"));
            }
            Some(x) if !x.is_none() => f.annotations.set(f, x),
            _ => f.annotations.set(f, Value::unbound()),
        }
        f.annotate.set(f, Value::none());
        Ok(())
    }),
    get_set(
        "__annotate__",
        |vm, v| Ok(expect_function(vm, v)?.annotate.get()),
        |vm, v, x| {
            let f = expect_function(vm, v)?;
            let Some(x) = x else { return Err(vm.type_error("__annotate__ cannot be deleted")) };
            if !x.is_none() && !vm.is_callable(x) {
                return Err(vm.type_error("__annotate__ must be callable or None"));
            }
            f.annotate.set(f, x);
            if !x.is_none() {
                f.annotations.set(f, Value::unbound());
            }
            Ok(())
        },
    ),
    get_set(
        "__type_params__",
        |vm, v| Ok(expect_function(vm, v)?.type_params.get()),
        |vm, v, x| {
            let f = expect_function(vm, v)?;
            match x.filter(|x| x.cast::<Tuple>().is_some()) {
                Some(x) => f.type_params.set(f, x),
                None => return Err(vm.type_error("__type_params__ must be set to a tuple")),
            }
            Ok(())
        },
    ),
];
fn get_annotations(vm: &Vm, v: Value) -> PyResult<Value> {
    let f = expect_function(vm, v)?;
    if let Some(a) = f.annotations.bound() {
        return Ok(a);
    }
    let annotate = f.annotate.get();
    let d = if annotate.is_none() {
        Dict::new(vm).value()
    } else {
        let d = vm.call(annotate, &[Value::int(1)])?;
        if d.cast::<Dict>().is_none() {
            return Err(vm.type_error(format!("__annotate__() must return a dict, not {}", vm.type_name(d))));
        }
        d
    };
    f.annotations.set(f, d);
    Ok(d)
}

// ---- bound methods

pub fn new_bound(vm: &Vm, func: Value, receiver: Value) -> Value {
    vm.heap.alloc(Method { func: func.into(), receiver: receiver.into() }).value()
}
fn expect_method(vm: &Vm, v: Value) -> PyResult<Gc<Method>> {
    vm.expect::<Method>(v, "descriptor receiver")
}
fn new_method(vm: &Vm, _cls: Gc<Type>, func: Value, instance: Value) -> PyResult<Value> {
    if !vm.is_callable(func) {
        return Err(vm.type_error("first argument must be callable"));
    }
    if instance.is_none() {
        return Err(vm.type_error("instance must not be None"));
    }
    Ok(new_bound(vm, func, instance))
}
fn method_repr(vm: &Vm, v: Value) -> PyResult<Value> {
    let m = expect_method(vm, v)?;
    let name = match vm.get_attr_opt(m.func.get(), vm.names.__qualname__)? {
        Some(n) if n.cast::<Str>().is_some() => vm.to_str(n)?.to_lossy(),
        _ => "?".to_owned(),
    };
    Ok(vm.str(&format!("<bound method {name} of {}>", vm.repr_text(m.receiver.get())?)))
}
fn call_method(vm: &Vm, v: Value, args: Args<'_>) -> PyResult<Value> {
    let m = expect_method(vm, v)?;
    vm.call_prepend(m.func.get(), m.receiver.get(), args)
}
fn method_hash(vm: &Vm, v: Value) -> PyResult<i64> {
    let m = expect_method(vm, v)?;
    let h = crate::hash::pointer(m.receiver.get().address()) ^ vm.hash(m.func.get())?;
    Ok(crate::hash::not_minus_one(h))
}
fn method_compare(vm: &Vm, a: Value, b: Value, op: crate::object::slots::Cmp) -> PyResult<Value> {
    use crate::object::slots::Cmp;
    let (Some(x), Some(y)) = (a.cast::<Method>(), b.cast::<Method>()) else { return Ok(Value::not_implemented()) };
    if !matches!(op, Cmp::Eq | Cmp::Ne) {
        return Ok(Value::not_implemented());
    }
    let eq = x.receiver.get() == y.receiver.get() && vm.is_equal(x.func.get(), y.func.get())?;
    Ok(Value::bool(eq == (op == Cmp::Eq)))
}
fn method_getattr(vm: &Vm, v: Value, name: Gc<Str>) -> PyResult<Value> {
    let m = expect_method(vm, v)?;
    let t = vm.type_of(v);
    match vm.lookup(t, name) {
        Some(d) => match vm.type_of(d).slots.descr_get.get() {
            Some(f) => f(vm, d, Some(v), Some(t.value())),
            None => Ok(d),
        },
        None => vm.get_attr(m.func.get(), name),
    }
}
fn method_reduce(vm: &Vm, m: Gc<Method>) -> PyResult<Value> {
    let name = vm.get_attr(m.func.get(), vm.names.__name__)?;
    let getattr = vm.builtin("getattr").unwrap_or(Value::none());
    let args = vm.heap.tuple(&[m.receiver.get(), name]);
    Ok(vm.heap.tuple(&[getattr, args.value()]).value())
}

// ---- native functions

pub fn new_builtin(vm: &Vm, def: &'static MethodDef, receiver: Value, module: Value) -> Value {
    let f = BuiltinFunction {
        def: DefRef(def),
        receiver: receiver.into(),
        module: module.into(),
        new_type: Slot::unbound(),
    };
    vm.heap.alloc(f).value()
}
fn expect_builtin(vm: &Vm, v: Value) -> PyResult<Gc<BuiltinFunction>> {
    vm.expect::<BuiltinFunction>(v, "descriptor receiver")
}
fn call_builtin(vm: &Vm, v: Value, args: Args<'_>) -> PyResult<Value> {
    let f = expect_builtin(vm, v)?;
    if let Some(t) = f.new_of() {
        return crate::types::descr::call_new_wrapper(vm, t, args);
    }
    match f.receiver.bound() {
        Some(r) if f.def.0.params.receiver => bind::call_native(vm, f.def.0, Some(r), args),
        _ => bind::call_native(vm, f.def.0, None, args),
    }
}
fn builtin_qualname(vm: &Vm, v: Value) -> PyResult<Value> {
    let f = expect_builtin(vm, v)?;
    let name = f.def.0.name;
    Ok(match f.receiver.bound().or(f.new_type.bound()) {
        Some(r) if r.kind() != Kind::Module && !r.is_none() => match r.cast::<Type>() {
            Some(t) => vm.str(&format!("{}.{name}", vm.to_str(t.qualname.get())?.to_lossy())),
            None => vm.str(&format!("{}.{name}", vm.type_of(r).name_text())),
        },
        _ => vm.intern(name).value(),
    })
}
fn builtin_repr(vm: &Vm, v: Value) -> PyResult<Value> {
    let f = expect_builtin(vm, v)?;
    let name = f.def.0.name;
    Ok(vm.str(&match f.receiver.bound().or(f.new_type.bound()) {
        Some(r) if r.kind() != Kind::Module && !r.is_none() => {
            format!("<built-in method {name} of {} object at {:#x}>", vm.type_name(r), r.address())
        }
        _ => format!("<built-in function {name}>"),
    }))
}
fn builtin_hash(vm: &Vm, v: Value) -> PyResult<i64> {
    let f = expect_builtin(vm, v)?;
    Ok(crate::hash::pointer(f.def.0 as *const MethodDef as usize ^ f.receiver.get().address()))
}
fn builtin_compare(_vm: &Vm, a: Value, b: Value, op: crate::object::slots::Cmp) -> PyResult<Value> {
    use crate::object::slots::Cmp;
    let (Some(x), Some(y)) = (a.cast::<BuiltinFunction>(), b.cast::<BuiltinFunction>()) else {
        return Ok(Value::not_implemented());
    };
    if !matches!(op, Cmp::Eq | Cmp::Ne) {
        return Ok(Value::not_implemented());
    }
    let eq =
        std::ptr::eq(x.def.0, y.def.0) && x.receiver.get() == y.receiver.get() && x.new_type.get() == y.new_type.get();
    Ok(Value::bool(eq == (op == Cmp::Eq)))
}
fn builtin_reduce(vm: &Vm, f: Gc<BuiltinFunction>) -> PyResult<Value> {
    let name = vm.intern(f.def.0.name).value();
    Ok(match f.receiver.bound() {
        Some(r) if r.kind() != Kind::Module => {
            let getattr = vm.builtin("getattr").unwrap_or(Value::none());
            let args = vm.heap.tuple(&[r, name]);
            vm.heap.tuple(&[getattr, args.value()]).value()
        }
        _ => name,
    })
}
