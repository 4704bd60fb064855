//! Parameter and result types of native functions.
//!
//! Invariant: a conversion either gives the Rust value or raises what CPython raises for that argument. A parameter whose
//! argument the call left out is `Option`: `None` then, and only then (Python's `None` is `Some(none)`).

use crate::bind;
use crate::error::{PyResult, Raised};
use crate::native::MethodDef;
use crate::types::dict::Dict;
use crate::types::list::List;
use crate::types::type_::Type;
use crate::vm::Vm;
use bunpy_heap::{Bytes, Gc, Payload, Str, Tuple, Value};

/// A type that a native function's parameter may have. `i` is the parameter's number, for texts.
pub trait FromArg: Sized {
    fn from_arg(vm: &Vm, v: Value, i: usize) -> PyResult<Self>;
}
impl FromArg for Value {
    #[inline(always)]
    fn from_arg(_: &Vm, v: Value, _: usize) -> PyResult<Value> {
        Ok(v)
    }
}
impl<T: FromArg> FromArg for Option<T> {
    #[inline(always)]
    fn from_arg(vm: &Vm, v: Value, i: usize) -> PyResult<Option<T>> {
        if v.is_unbound() { Ok(None) } else { T::from_arg(vm, v, i).map(Some) }
    }
}
impl<T: Payload> FromArg for Gc<T> {
    #[inline(always)]
    fn from_arg(vm: &Vm, v: Value, i: usize) -> PyResult<Gc<T>> {
        match v.cast::<T>() {
            Some(g) => Ok(g),
            None => Err(wrong_type(vm, T::KIND.name(), v, i)),
        }
    }
}
#[cold]
fn wrong_type(vm: &Vm, expected: &str, v: Value, i: usize) -> Raised {
    vm.type_error(format!("argument {i} must be {expected}, not {}", vm.type_name_or_none(v)))
}
/// Truth, as `bool: bool` of Argument Clinic.
impl FromArg for bool {
    fn from_arg(vm: &Vm, v: Value, _: usize) -> PyResult<bool> {
        vm.is_true(v)
    }
}
/// A number that fits a C `Py_ssize_t`, through `__index__`.
impl FromArg for isize {
    #[inline]
    fn from_arg(vm: &Vm, v: Value, _: usize) -> PyResult<isize> {
        match v.as_int() {
            Some(i) => Ok(i as isize),
            None => vm.index_as_isize(v),
        }
    }
}
impl FromArg for i64 {
    #[inline]
    fn from_arg(vm: &Vm, v: Value, i: usize) -> PyResult<i64> {
        isize::from_arg(vm, v, i).map(|x| x as i64)
    }
}
/// A C `int`.
impl FromArg for i32 {
    fn from_arg(vm: &Vm, v: Value, i: usize) -> PyResult<i32> {
        let x = i64::from_arg(vm, v, i)?;
        i32::try_from(x).map_err(|_| {
            vm.overflow_error(if x < 0 {
                "signed integer is less than minimum"
            } else {
                "signed integer is greater than maximum"
            })
        })
    }
}
impl FromArg for f64 {
    #[inline]
    fn from_arg(vm: &Vm, v: Value, _: usize) -> PyResult<f64> {
        match v.as_float() {
            Some(f) => Ok(f),
            None => vm.to_f64(v),
        }
    }
}

/// What a native function may return.
pub trait IntoResult {
    fn into_result(self, vm: &Vm) -> PyResult<Value>;
}
impl<T: IntoValue> IntoResult for PyResult<T> {
    #[inline(always)]
    fn into_result(self, vm: &Vm) -> PyResult<Value> {
        match self {
            Ok(v) => Ok(v.into_value(vm)),
            Err(Raised) => Err(Raised),
        }
    }
}
impl<T: IntoValue> IntoResult for T {
    #[inline(always)]
    fn into_result(self, vm: &Vm) -> PyResult<Value> {
        Ok(self.into_value(vm))
    }
}

/// A Rust value as a Python one.
pub trait IntoValue {
    fn into_value(self, vm: &Vm) -> Value;
}
impl IntoValue for Value {
    #[inline(always)]
    fn into_value(self, _: &Vm) -> Value {
        self
    }
}
impl<T: Payload> IntoValue for Gc<T> {
    #[inline(always)]
    fn into_value(self, _: &Vm) -> Value {
        self.value()
    }
}
impl IntoValue for () {
    fn into_value(self, _: &Vm) -> Value {
        Value::none()
    }
}
impl IntoValue for bool {
    fn into_value(self, _: &Vm) -> Value {
        Value::bool(self)
    }
}
impl IntoValue for i64 {
    fn into_value(self, vm: &Vm) -> Value {
        vm.int(self)
    }
}
impl IntoValue for isize {
    fn into_value(self, vm: &Vm) -> Value {
        vm.int(self as i64)
    }
}
impl IntoValue for i32 {
    fn into_value(self, _: &Vm) -> Value {
        Value::int(self as i64)
    }
}
impl IntoValue for usize {
    fn into_value(self, vm: &Vm) -> Value {
        vm.int_u64(self as u64)
    }
}
impl IntoValue for u64 {
    fn into_value(self, vm: &Vm) -> Value {
        vm.int_u64(self)
    }
}
impl IntoValue for f64 {
    fn into_value(self, _: &Vm) -> Value {
        Value::float(self)
    }
}
impl IntoValue for &str {
    fn into_value(self, vm: &Vm) -> Value {
        vm.str(self)
    }
}
impl IntoValue for String {
    fn into_value(self, vm: &Vm) -> Value {
        vm.str(&self)
    }
}
/// `None` is Python's `None`.
impl<T: IntoValue> IntoValue for Option<T> {
    fn into_value(self, vm: &Vm) -> Value {
        self.map_or(Value::none(), |v| v.into_value(vm))
    }
}
impl<A: IntoValue, B: IntoValue> IntoValue for (A, B) {
    fn into_value(self, vm: &Vm) -> Value {
        let items = [self.0.into_value(vm), self.1.into_value(vm)];
        vm.heap.tuple(&items).value()
    }
}
impl IntoValue for Vec<Value> {
    /// A list.
    fn into_value(self, vm: &Vm) -> Value {
        List::from_slice(vm, &self).value()
    }
}

/// `replace() argument 1 must be str, not int`, `argument 'x'` for a keyword, no number for an only argument.
pub fn bad_argument(vm: &Vm, def: &MethodDef, i: usize, expected: &str, v: Value) -> Raised {
    let which = if def.params.positional == 1 && def.params.positional_only == 1 {
        "argument".to_owned()
    } else if i >= def.params.positional_only as usize {
        format!("argument '{}'", bind::param_name(def, i))
    } else {
        format!("argument {}", i + 1)
    };
    vm.type_error(format!("{}() {which} must be {expected}, not {}", def.name, vm.type_name_or_none(v)))
}

impl Vm {
    /// The value as a `T` or `<what> must be <expected>, not <type>`.
    pub fn expect<T: Payload>(&self, v: Value, what: &str) -> PyResult<Gc<T>> {
        v.cast::<T>()
            .ok_or_else(|| self.type_error(format!("{what} must be {}, not {}", T::KIND.name(), self.type_name(v))))
    }
    pub fn expect_str(&self, v: Value, what: &str) -> PyResult<Gc<Str>> {
        self.expect::<Str>(v, what)
    }
    pub fn expect_tuple(&self, v: Value, what: &str) -> PyResult<Gc<Tuple>> {
        self.expect::<Tuple>(v, what)
    }
    pub fn expect_dict(&self, v: Value, what: &str) -> PyResult<Gc<Dict>> {
        self.expect::<Dict>(v, what)
    }
    pub fn expect_bytes(&self, v: Value, what: &str) -> PyResult<Gc<Bytes>> {
        self.expect::<Bytes>(v, what)
    }
    pub fn expect_type(&self, v: Value, what: &str) -> PyResult<Gc<Type>> {
        self.expect::<Type>(v, what)
    }
    /// A type's name, with None's as messages have it.
    pub fn type_name_or_none(&self, v: Value) -> String {
        if v.is_none() { "None".to_owned() } else { self.type_name(v) }
    }
}
