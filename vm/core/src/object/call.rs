//! Calling from Rust.
//!
//! Invariant: whatever is called, the caller's values may be stale afterwards where they came from a mutable container.
//! A Python function runs in a nested engine loop; the engine itself pushes frames instead (engine/call.rs).

use crate::error::PyResult;
use crate::native::Args;
use crate::types::function::Function;
use crate::types::type_::flags;
use crate::vm::Vm;
use bunpy_heap::{Gc, Str, Value};

impl Vm {
    /// `f(*args)`.
    pub fn call(&self, f: Value, args: &[Value]) -> PyResult<Value> {
        self.call_args(f, Args::positional_only(args))
    }
    pub fn call_args(&self, f: Value, args: Args<'_>) -> PyResult<Value> {
        if let Some(f) = f.cast_exact::<Function>() {
            return crate::engine::call_python(self, f, args);
        }
        match self.type_of(f).slots.call.get() {
            Some(c) => {
                self.check_native_stack("")?;
                c(self, f, args)
            }
            None => Err(self.type_error(format!("'{}' object is not callable", self.type_name(f)))),
        }
    }
    /// `f(first, *args)`.
    pub fn call_prepend(&self, f: Value, first: Value, args: Args<'_>) -> PyResult<Value> {
        let n = args.values.len();
        let mut few = [Value::none(); 8];
        if n < few.len() {
            few[0] = first;
            few[1..=n].copy_from_slice(args.values);
            return self.call_args(f, Args { values: &few[..=n], kwnames: args.kwnames });
        }
        let mut many = Vec::with_capacity(n + 1);
        many.push(first);
        many.extend_from_slice(args.values);
        self.call_args(f, Args { values: &many, kwnames: args.kwnames })
    }
    /// Calls an attribute `f` found on the type of `v` as a method of `v`.
    pub fn call_bound(&self, f: Value, v: Value, args: Args<'_>) -> PyResult<Value> {
        let t = self.type_of(f);
        if t.has(flags::METHOD_DESCRIPTOR) {
            return self.call_prepend(f, v, args);
        }
        match t.slots.descr_get.get() {
            Some(get) => {
                let bound = get(self, f, Some(v), Some(self.type_of(v).value()))?;
                self.call_args(bound, args)
            }
            None => self.call_args(f, args),
        }
    }
    /// `type(v).name(v, *args)`; `None` where the type has no such attribute.
    pub fn call_special(&self, v: Value, name: Gc<Str>, args: &[Value]) -> PyResult<Option<Value>> {
        match self.lookup_special(v, name) {
            Some(f) => self.call_bound(f, v, Args::positional_only(args)).map(Some),
            None => Ok(None),
        }
    }
    /// `v.name(*args)`.
    pub fn call_method(&self, v: Value, name: &str, args: &[Value]) -> PyResult<Value> {
        self.call_method_name(v, self.intern(name), args)
    }
    pub fn call_method_name(&self, v: Value, name: Gc<Str>, args: &[Value]) -> PyResult<Value> {
        let f = self.get_attr(v, name)?;
        self.call(f, args)
    }
    /// `f(*args, **{names: values})`.
    pub fn call_kw(&self, f: Value, args: &[Value], kw: &[(&str, Value)]) -> PyResult<Value> {
        let names: Vec<Value> = kw.iter().map(|(k, _)| self.intern(k).value()).collect();
        let mut values = args.to_vec();
        values.extend(kw.iter().map(|(_, v)| *v));
        let kwnames = self.heap.tuple(&names);
        self.call_args(f, Args { values: &values, kwnames: Some(kwnames) })
    }
    pub fn is_callable(&self, v: Value) -> bool {
        self.type_of(v).slots.call.address() != 0
    }
}
