//! Slots and dunder names: the wrappers that show a builtin type's slots to Python (`int.__add__`), and the generic slot
//! functions that call a Python class's dunder methods.
//!
//! Invariant: a row's wrapper calls exactly the slot that its generic function implements, so a class that inherits the
//! wrapper also inherits the native function (`update_slots_for`). Order and texts of rows are CPython's `slotdefs`.

use crate::error::PyResult;
use crate::native::Args;
use crate::object::slots::{Cmp, SlotId, Slots};
use crate::types::descr::{MethodWrapper, WrapperDescriptor};
use crate::types::dict::{Dict, DictExt};
use crate::types::function::BuiltinFunction;
use crate::types::type_::{Type, TypeSpec};
use crate::vm::Vm;
use bunpy_heap::{Gc, Slot, Str, Value};

/// One dunder name over one slot.
pub struct SlotDef {
    pub name: &'static str,
    pub slot: SlotId,
    /// `__doc__` of the wrapper, whose first line gives `__text_signature__`.
    pub doc: &'static str,
    pub signature: &'static str,
    /// Calls the slot of `slots` with the wrapper's arguments.
    pub wrap: fn(&Vm, &Slots, Value, Args<'_>) -> PyResult<Value>,
    /// Puts the generic function, which calls the dunder, into `slots`. None for slots that classes never fill so.
    pub generic: Option<fn(&Slots)>,
}

fn args_n<'a>(vm: &Vm, a: Args<'a>, n: usize) -> PyResult<&'a [Value]> {
    if a.n_kw() > 0 {
        return Err(vm.type_error("wrapper takes no keyword arguments"));
    }
    if a.values.len() != n {
        let s = if n == 1 { "" } else { "s" };
        return Err(vm.type_error(format!("expected {n} argument{s}, got {}", a.values.len())));
    }
    Ok(a.values)
}
fn missing(vm: &Vm) -> crate::Raised {
    vm.type_error("slot wrapper of a type without this slot")
}

macro_rules! unary {
    ($name:literal, $slot:ident, $doc:literal, $gen:expr) => {
        SlotDef {
            name: $name,
            slot: SlotId::$slot,
            doc: $doc,
            signature: "($self, /)",
            wrap: |vm, s, me, a| {
                args_n(vm, a, 0)?;
                s.$slot.get().ok_or_else(|| missing(vm))?(vm, me)
            },
            generic: Some(|s| s.$slot.set(Some($gen))),
        }
    };
}
macro_rules! left {
    ($name:literal, $slot:ident, $doc:literal, $gen:expr) => {
        SlotDef {
            name: $name,
            slot: SlotId::$slot,
            doc: $doc,
            signature: "($self, value, /)",
            wrap: |vm, s, me, a| {
                let a = args_n(vm, a, 1)?;
                s.$slot.get().ok_or_else(|| missing(vm))?(vm, me, a[0])
            },
            generic: $gen,
        }
    };
}
macro_rules! right {
    ($name:literal, $slot:ident, $doc:literal, $gen:expr) => {
        SlotDef {
            name: $name,
            slot: SlotId::$slot,
            doc: $doc,
            signature: "($self, value, /)",
            wrap: |vm, s, me, a| {
                let a = args_n(vm, a, 1)?;
                s.$slot.get().ok_or_else(|| missing(vm))?(vm, a[0], me)
            },
            generic: $gen,
        }
    };
}
macro_rules! compare {
    ($name:literal, $cmp:ident, $sym:literal) => {
        SlotDef {
            name: $name,
            slot: SlotId::richcompare,
            doc: concat!("Return self", $sym, "value."),
            signature: "($self, value, /)",
            wrap: |vm, s, me, a| {
                let a = args_n(vm, a, 1)?;
                s.richcompare.get().ok_or_else(|| missing(vm))?(vm, me, a[0], Cmp::$cmp)
            },
            generic: Some(|s| s.richcompare.set(Some(slot_richcompare))),
        }
    };
}
/// A generic function for an operator with a reflected form.
macro_rules! binary_generic {
    ($f:ident, $slot:ident, $name:ident, $rname:ident) => {
        fn $f(vm: &Vm, a: Value, b: Value) -> PyResult<Value> {
            let (ta, tb) = (vm.type_of(a), vm.type_of(b));
            let ours = |t: Gc<Type>| {
                t.slots
                    .$slot
                    .get()
                    .is_some_and(|f| std::ptr::fn_addr_eq(f, $f as fn(&Vm, Value, Value) -> PyResult<Value>))
            };
            let mut other = ta != tb && ours(tb);
            if ours(ta) {
                if other && vm.is_subtype(tb, ta) && vm.lookup(tb, vm.names.$rname) != vm.lookup(ta, vm.names.$rname) {
                    let r = call_maybe(vm, b, vm.names.$rname, &[a])?;
                    if !r.is_not_implemented() {
                        return Ok(r);
                    }
                    other = false;
                }
                let r = call_maybe(vm, a, vm.names.$name, &[b])?;
                if !r.is_not_implemented() || ta == tb {
                    return Ok(r);
                }
            }
            if other { call_maybe(vm, b, vm.names.$rname, &[a]) } else { Ok(Value::not_implemented()) }
        }
    };
}
macro_rules! inplace_generic { ($($f:ident $name:ident),*) => { $(
    fn $f(vm: &Vm, a: Value, b: Value) -> PyResult<Value> { call_maybe(vm, a, vm.names.$name, &[b]) }
)* } }
macro_rules! unary_generic { ($($f:ident $name:ident),*) => { $(
    fn $f(vm: &Vm, a: Value) -> PyResult<Value> { call_method(vm, a, vm.names.$name, &[]) }
)* } }

/// Calls a special method; `NotImplemented` where the type has none.
pub fn call_maybe(vm: &Vm, v: Value, name: Gc<Str>, args: &[Value]) -> PyResult<Value> {
    Ok(vm.call_special(v, name, args)?.unwrap_or(Value::not_implemented()))
}
/// Calls a special method; AttributeError where the type has none.
pub fn call_method(vm: &Vm, v: Value, name: Gc<Str>, args: &[Value]) -> PyResult<Value> {
    match vm.call_special(v, name, args)? {
        Some(r) => Ok(r),
        None => Err(vm.attribute_error_name(v, name)),
    }
}

binary_generic!(slot_add, add, __add__, __radd__);
binary_generic!(slot_subtract, subtract, __sub__, __rsub__);
binary_generic!(slot_multiply, multiply, __mul__, __rmul__);
binary_generic!(slot_remainder, remainder, __mod__, __rmod__);
binary_generic!(slot_divmod, divmod, __divmod__, __rdivmod__);
binary_generic!(slot_lshift, lshift, __lshift__, __rlshift__);
binary_generic!(slot_rshift, rshift, __rshift__, __rrshift__);
binary_generic!(slot_and, and, __and__, __rand__);
binary_generic!(slot_xor, xor, __xor__, __rxor__);
binary_generic!(slot_or, or, __or__, __ror__);
binary_generic!(slot_floor_divide, floor_divide, __floordiv__, __rfloordiv__);
binary_generic!(slot_true_divide, true_divide, __truediv__, __rtruediv__);
binary_generic!(slot_matrix_multiply, matrix_multiply, __matmul__, __rmatmul__);
inplace_generic!(
    slot_inplace_add __iadd__, slot_inplace_subtract __isub__, slot_inplace_multiply __imul__,
    slot_inplace_remainder __imod__, slot_inplace_lshift __ilshift__, slot_inplace_rshift __irshift__,
    slot_inplace_and __iand__, slot_inplace_xor __ixor__, slot_inplace_or __ior__,
    slot_inplace_floor_divide __ifloordiv__, slot_inplace_true_divide __itruediv__,
    slot_inplace_matrix_multiply __imatmul__
);
unary_generic!(
    slot_negative __neg__, slot_positive __pos__, slot_absolute __abs__, slot_invert __invert__, slot_int __int__,
    slot_float __float__, slot_index __index__, slot_await __await__, slot_aiter __aiter__, slot_anext __anext__
);

fn slot_power(vm: &Vm, a: Value, b: Value, m: Value) -> PyResult<Value> {
    fn two(vm: &Vm, a: Value, b: Value) -> PyResult<Value> {
        let (ta, tb) = (vm.type_of(a), vm.type_of(b));
        let ours = |t: Gc<Type>| t.slots.power.address() == slot_power as *const () as usize;
        let mut other = ta != tb && ours(tb);
        if ours(ta) {
            if other && vm.is_subtype(tb, ta) && vm.lookup(tb, vm.names.__rpow__) != vm.lookup(ta, vm.names.__rpow__) {
                let r = call_maybe(vm, b, vm.names.__rpow__, &[a])?;
                if !r.is_not_implemented() {
                    return Ok(r);
                }
                other = false;
            }
            let r = call_maybe(vm, a, vm.names.__pow__, &[b])?;
            if !r.is_not_implemented() || ta == tb {
                return Ok(r);
            }
        }
        if other { call_maybe(vm, b, vm.names.__rpow__, &[a]) } else { Ok(Value::not_implemented()) }
    }
    if m.is_none() {
        return two(vm, a, b);
    }
    if vm.type_of(a).slots.power.address() == slot_power as *const () as usize {
        return call_maybe(vm, a, vm.names.__pow__, &[b, m]);
    }
    Ok(Value::not_implemented())
}
fn slot_inplace_power(vm: &Vm, a: Value, b: Value, _: Value) -> PyResult<Value> {
    call_maybe(vm, a, vm.names.__ipow__, &[b])
}
fn slot_bool(vm: &Vm, v: Value) -> PyResult<bool> {
    if let Some(r) = vm.call_special(v, vm.names.__bool__, &[])? {
        if r.is_true() || r.is_false() {
            return Ok(r.is_true());
        }
        return Err(vm.type_error(format!("__bool__ should return bool, returned {}", vm.type_name(r))));
    }
    match vm.call_special(v, vm.names.__len__, &[])? {
        Some(r) => length_result(vm, r).map(|n| n != 0),
        None => Ok(true),
    }
}
fn length_result(vm: &Vm, r: Value) -> PyResult<usize> {
    let i = vm.index(r)?;
    if vm.is_negative_int(i) {
        return Err(vm.value_error("__len__() should return >= 0"));
    }
    let n = vm.index_as_isize(i)?;
    Ok(n as usize)
}
fn slot_length(vm: &Vm, v: Value) -> PyResult<usize> {
    length_result(vm, call_method(vm, v, vm.names.__len__, &[])?)
}
fn slot_repr(vm: &Vm, v: Value) -> PyResult<Value> {
    match vm.call_special(v, vm.names.__repr__, &[])? {
        Some(r) => Ok(r),
        None => crate::object::generic::repr(vm, v),
    }
}
fn slot_str(vm: &Vm, v: Value) -> PyResult<Value> {
    call_method(vm, v, vm.names.__str__, &[])
}
fn slot_hash(vm: &Vm, v: Value) -> PyResult<i64> {
    match vm.lookup_special(v, vm.names.__hash__) {
        None => crate::object::generic::hash_not_implemented(vm, v),
        Some(f) if f.is_none() => crate::object::generic::hash_not_implemented(vm, v),
        Some(_) => {
            let r = call_method(vm, v, vm.names.__hash__, &[])?;
            if r.kind() != bunpy_heap::Kind::Int && r.kind() != bunpy_heap::Kind::Bool {
                return Err(vm.type_error("__hash__ method should return an integer"));
            }
            Ok(match vm.int_as_i64(r) {
                Some(i) => crate::hash::not_minus_one(i),
                None => vm.hash(r)?,
            })
        }
    }
}
fn slot_call(vm: &Vm, v: Value, a: Args<'_>) -> PyResult<Value> {
    match vm.lookup_special(v, vm.names.__call__) {
        Some(f) => vm.call_bound(f, v, a),
        None => Err(vm.attribute_error_name(v, vm.names.__call__)),
    }
}
fn slot_getattr(vm: &Vm, v: Value, name: Gc<Str>) -> PyResult<Value> {
    let t = vm.type_of(v);
    let hook = vm.lookup(t, vm.names.__getattr__);
    let r = match vm.lookup(t, vm.names.__getattribute__) {
        Some(f) if is_object_getattribute(f) => crate::object::generic::getattr(vm, v, name),
        Some(f) => vm.call_bound(f, v, Args::positional_only(&[name.value()])),
        None => crate::object::generic::getattr(vm, v, name),
    };
    match (r, hook) {
        (Err(e), Some(hook)) => {
            if !vm.pending_is(crate::types::exception::Exc::AttributeError) {
                return Err(e);
            }
            vm.clear_pending();
            vm.call_bound(hook, v, Args::positional_only(&[name.value()]))
        }
        (r, _) => r,
    }
}
fn is_object_getattribute(f: Value) -> bool {
    f.cast::<WrapperDescriptor>().is_some_and(|w| {
        w.def().slot == SlotId::getattro
            && w.owner
                .cast::<Type>()
                .is_some_and(|o| o.slots.getattro.address() == crate::object::generic::getattr as *const () as usize)
    })
}
fn slot_setattr(vm: &Vm, v: Value, name: Gc<Str>, value: Option<Value>) -> PyResult<()> {
    match value {
        Some(x) => call_method(vm, v, vm.names.__setattr__, &[name.value(), x])?,
        None => call_method(vm, v, vm.names.__delattr__, &[name.value()])?,
    };
    Ok(())
}
fn slot_richcompare(vm: &Vm, a: Value, b: Value, op: Cmp) -> PyResult<Value> {
    call_maybe(vm, a, cmp_name(vm, op), &[b])
}
pub fn cmp_name(vm: &Vm, op: Cmp) -> Gc<Str> {
    let n = &vm.names;
    match op {
        Cmp::Lt => n.__lt__,
        Cmp::Le => n.__le__,
        Cmp::Eq => n.__eq__,
        Cmp::Ne => n.__ne__,
        Cmp::Gt => n.__gt__,
        Cmp::Ge => n.__ge__,
    }
}
fn slot_iter(vm: &Vm, v: Value) -> PyResult<Value> {
    match vm.lookup_special(v, vm.names.__iter__) {
        Some(f) if f.is_none() => Err(vm.type_error(format!("'{}' object is not iterable", vm.type_name(v)))),
        Some(_) => call_method(vm, v, vm.names.__iter__, &[]),
        None if vm.lookup_special(v, vm.names.__getitem__).is_some() => crate::types::iter::seq_iter(vm, v),
        None => Err(vm.type_error(format!("'{}' object is not iterable", vm.type_name(v)))),
    }
}
fn slot_iternext(vm: &Vm, v: Value) -> PyResult<Option<Value>> {
    match call_method(vm, v, vm.names.__next__, &[]) {
        Ok(x) => Ok(Some(x)),
        Err(e) => vm.stop_iteration_is_end(e),
    }
}
fn slot_descr_get(vm: &Vm, d: Value, obj: Option<Value>, owner: Option<Value>) -> PyResult<Value> {
    match vm.lookup_special(d, vm.names.__get__) {
        Some(f) => {
            let args = [obj.unwrap_or(Value::none()), owner.unwrap_or(Value::none())];
            vm.call_bound(f, d, Args::positional_only(&args))
        }
        None => Ok(d),
    }
}
fn slot_descr_set(vm: &Vm, d: Value, obj: Value, value: Option<Value>) -> PyResult<()> {
    match value {
        Some(v) => call_method(vm, d, vm.names.__set__, &[obj, v])?,
        None => call_method(vm, d, vm.names.__delete__, &[obj])?,
    };
    Ok(())
}
pub fn slot_init(vm: &Vm, v: Value, a: Args<'_>) -> PyResult<()> {
    let Some(f) = vm.lookup_special(v, vm.names.__init__) else { return Ok(()) };
    let r = vm.call_bound(f, v, a)?;
    if !r.is_none() {
        return Err(vm.type_error(format!("__init__() should return None, not '{}'", vm.type_name(r))));
    }
    Ok(())
}
pub fn slot_new(vm: &Vm, cls: Gc<Type>, a: Args<'_>) -> PyResult<Value> {
    let f = vm.get_attr(cls.value(), vm.names.__new__)?;
    let mut values = Vec::with_capacity(a.values.len() + 1);
    values.push(cls.value());
    values.extend_from_slice(a.values);
    vm.call_args(f, Args { values: &values, kwnames: a.kwnames })
}
fn slot_finalize(vm: &Vm, v: Value) -> PyResult<()> {
    vm.call_special(v, vm.names.__del__, &[])?;
    Ok(())
}
fn slot_subscript(vm: &Vm, v: Value, k: Value) -> PyResult<Value> {
    call_method(vm, v, vm.names.__getitem__, &[k])
}
fn slot_ass_subscript(vm: &Vm, v: Value, k: Value, x: Option<Value>) -> PyResult<()> {
    match x {
        Some(x) => call_method(vm, v, vm.names.__setitem__, &[k, x])?,
        None => call_method(vm, v, vm.names.__delitem__, &[k])?,
    };
    Ok(())
}
fn slot_contains(vm: &Vm, v: Value, x: Value) -> PyResult<bool> {
    match vm.lookup_special(v, vm.names.__contains__) {
        Some(f) if f.is_none() => Err(vm.type_error(format!("'{}' object is not a container", vm.type_name(v)))),
        Some(_) => {
            let r = call_method(vm, v, vm.names.__contains__, &[x])?;
            vm.is_true(r)
        }
        None => vm.iter_contains(v, x),
    }
}
fn wrap_index(vm: &Vm, s: &Slots, me: Value, i: Value) -> PyResult<isize> {
    let i = vm.index_as_isize(i)?;
    if i < 0
        && let Some(len) = s.length.get()
    {
        return Ok(i + len(vm, me)? as isize);
    }
    Ok(i)
}

pub static SLOTDEFS: &[SlotDef] = &[
    SlotDef {
        name: "__getattribute__",
        slot: SlotId::getattro,
        doc: "Return getattr(self, name).",
        signature: "($self, name, /)",
        wrap: |vm, s, me, a| {
            let a = args_n(vm, a, 1)?;
            let name = vm.expect_attr_name(a[0])?;
            s.getattro.get().ok_or_else(|| missing(vm))?(vm, me, name)
        },
        generic: Some(|s| s.getattro.set(Some(slot_getattr))),
    },
    SlotDef {
        name: "__getattr__",
        slot: SlotId::getattro,
        doc: "",
        signature: "",
        wrap: |vm, _, _, _| Err(missing(vm)),
        generic: Some(|s| s.getattro.set(Some(slot_getattr))),
    },
    SlotDef {
        name: "__setattr__",
        slot: SlotId::setattro,
        doc: "Implement setattr(self, name, value).",
        signature: "($self, name, value, /)",
        wrap: |vm, s, me, a| {
            let a = args_n(vm, a, 2)?;
            let name = vm.expect_attr_name(a[0])?;
            s.setattro.get().ok_or_else(|| missing(vm))?(vm, me, name, Some(a[1])).map(|()| Value::none())
        },
        generic: Some(|s| s.setattro.set(Some(slot_setattr))),
    },
    SlotDef {
        name: "__delattr__",
        slot: SlotId::setattro,
        doc: "Implement delattr(self, name).",
        signature: "($self, name, /)",
        wrap: |vm, s, me, a| {
            let a = args_n(vm, a, 1)?;
            let name = vm.expect_attr_name(a[0])?;
            s.setattro.get().ok_or_else(|| missing(vm))?(vm, me, name, None).map(|()| Value::none())
        },
        generic: Some(|s| s.setattro.set(Some(slot_setattr))),
    },
    unary!("__repr__", repr, "Return repr(self).", slot_repr),
    SlotDef {
        name: "__hash__",
        slot: SlotId::hash,
        doc: "Return hash(self).",
        signature: "($self, /)",
        wrap: |vm, s, me, a| {
            args_n(vm, a, 0)?;
            let h = s.hash.get().ok_or_else(|| missing(vm))?(vm, me)?;
            Ok(vm.int(h))
        },
        generic: Some(|s| s.hash.set(Some(slot_hash))),
    },
    SlotDef {
        name: "__call__",
        slot: SlotId::call,
        doc: "Call self as a function.",
        signature: "($self, /, *args, **kwargs)",
        wrap: |vm, s, me, a| s.call.get().ok_or_else(|| missing(vm))?(vm, me, a),
        generic: Some(|s| s.call.set(Some(slot_call))),
    },
    unary!("__str__", str, "Return str(self).", slot_str),
    compare!("__lt__", Lt, "<"),
    compare!("__le__", Le, "<="),
    compare!("__eq__", Eq, "=="),
    compare!("__ne__", Ne, "!="),
    compare!("__gt__", Gt, ">"),
    compare!("__ge__", Ge, ">="),
    unary!("__iter__", iter, "Implement iter(self).", slot_iter),
    SlotDef {
        name: "__next__",
        slot: SlotId::iternext,
        doc: "Implement next(self).",
        signature: "($self, /)",
        wrap: |vm, s, me, a| {
            args_n(vm, a, 0)?;
            match s.iternext.get().ok_or_else(|| missing(vm))?(vm, me)? {
                Some(x) => Ok(x),
                None => Err(vm.stop_iteration()),
            }
        },
        generic: Some(|s| s.iternext.set(Some(slot_iternext))),
    },
    SlotDef {
        name: "__get__",
        slot: SlotId::descr_get,
        doc: "Return an attribute of instance, which is of type owner.",
        signature: "($self, instance, owner=None, /)",
        wrap: |vm, s, me, a| {
            let (o, t) = match a.values {
                [o] => (*o, Value::none()),
                [o, t] => (*o, *t),
                v => return Err(vm.type_error(format!("expected at least 1 argument, got {}", v.len()))),
            };
            if o.is_none() && t.is_none() {
                return Err(vm.type_error("__get__(None, None) is invalid"));
            }
            let some = |v: Value| if v.is_none() { None } else { Some(v) };
            s.descr_get.get().ok_or_else(|| missing(vm))?(vm, me, some(o), some(t))
        },
        generic: Some(|s| s.descr_get.set(Some(slot_descr_get))),
    },
    SlotDef {
        name: "__set__",
        slot: SlotId::descr_set,
        doc: "Set an attribute of instance to value.",
        signature: "($self, instance, value, /)",
        wrap: |vm, s, me, a| {
            let a = args_n(vm, a, 2)?;
            s.descr_set.get().ok_or_else(|| missing(vm))?(vm, me, a[0], Some(a[1])).map(|()| Value::none())
        },
        generic: Some(|s| s.descr_set.set(Some(slot_descr_set))),
    },
    SlotDef {
        name: "__delete__",
        slot: SlotId::descr_set,
        doc: "Delete an attribute of instance.",
        signature: "($self, instance, /)",
        wrap: |vm, s, me, a| {
            let a = args_n(vm, a, 1)?;
            s.descr_set.get().ok_or_else(|| missing(vm))?(vm, me, a[0], None).map(|()| Value::none())
        },
        generic: Some(|s| s.descr_set.set(Some(slot_descr_set))),
    },
    SlotDef {
        name: "__init__",
        slot: SlotId::init,
        doc: "Initialize self.  See help(type(self)) for accurate signature.",
        signature: "($self, /, *args, **kwargs)",
        wrap: |vm, s, me, a| s.init.get().ok_or_else(|| missing(vm))?(vm, me, a).map(|()| Value::none()),
        generic: Some(|s| s.init.set(Some(slot_init))),
    },
    SlotDef {
        name: "__del__",
        slot: SlotId::finalize,
        doc: "Called when the instance is about to be destroyed.",
        signature: "($self, /)",
        wrap: |vm, s, me, a| {
            args_n(vm, a, 0)?;
            s.finalize.get().ok_or_else(|| missing(vm))?(vm, me).map(|()| Value::none())
        },
        generic: Some(|s| s.finalize.set(Some(slot_finalize))),
    },
    unary!("__await__", await_, "Return an iterator to be used in await expression.", slot_await),
    unary!("__aiter__", aiter, "Return an awaitable, that resolves in asynchronous iterator.", slot_aiter),
    unary!("__anext__", anext, "Return a value or raise StopAsyncIteration.", slot_anext),
    left!("__add__", add, "Return self+value.", Some(|s| s.add.set(Some(slot_add)))),
    right!("__radd__", add, "Return value+self.", Some(|s| s.add.set(Some(slot_add)))),
    left!("__sub__", subtract, "Return self-value.", Some(|s| s.subtract.set(Some(slot_subtract)))),
    right!("__rsub__", subtract, "Return value-self.", Some(|s| s.subtract.set(Some(slot_subtract)))),
    left!("__mul__", multiply, "Return self*value.", Some(|s| s.multiply.set(Some(slot_multiply)))),
    right!("__rmul__", multiply, "Return value*self.", Some(|s| s.multiply.set(Some(slot_multiply)))),
    left!("__mod__", remainder, "Return self%value.", Some(|s| s.remainder.set(Some(slot_remainder)))),
    right!("__rmod__", remainder, "Return value%self.", Some(|s| s.remainder.set(Some(slot_remainder)))),
    left!("__divmod__", divmod, "Return divmod(self, value).", Some(|s| s.divmod.set(Some(slot_divmod)))),
    right!("__rdivmod__", divmod, "Return divmod(value, self).", Some(|s| s.divmod.set(Some(slot_divmod)))),
    SlotDef {
        name: "__pow__",
        slot: SlotId::power,
        doc: "Return pow(self, value, mod).",
        signature: "($self, value, mod=None, /)",
        wrap: |vm, s, me, a| {
            let f = s.power.get().ok_or_else(|| missing(vm))?;
            match a.values {
                [b] => f(vm, me, *b, Value::none()),
                [b, m] => f(vm, me, *b, *m),
                v => Err(vm.type_error(format!("__pow__ expected at least 1 argument, got {}", v.len()))),
            }
        },
        generic: Some(|s| s.power.set(Some(slot_power))),
    },
    SlotDef {
        name: "__rpow__",
        slot: SlotId::power,
        doc: "Return pow(value, self, mod).",
        signature: "($self, value, mod=None, /)",
        wrap: |vm, s, me, a| {
            let f = s.power.get().ok_or_else(|| missing(vm))?;
            match a.values {
                [b] => f(vm, *b, me, Value::none()),
                [b, m] => f(vm, *b, me, *m),
                v => Err(vm.type_error(format!("__rpow__ expected at least 1 argument, got {}", v.len()))),
            }
        },
        generic: Some(|s| s.power.set(Some(slot_power))),
    },
    unary!("__neg__", negative, "-self", slot_negative),
    unary!("__pos__", positive, "+self", slot_positive),
    unary!("__abs__", absolute, "abs(self)", slot_absolute),
    SlotDef {
        name: "__bool__",
        slot: SlotId::bool,
        doc: "True if self else False",
        signature: "($self, /)",
        wrap: |vm, s, me, a| {
            args_n(vm, a, 0)?;
            s.bool.get().ok_or_else(|| missing(vm))?(vm, me).map(Value::bool)
        },
        generic: Some(|s| s.bool.set(Some(slot_bool))),
    },
    unary!("__invert__", invert, "~self", slot_invert),
    left!("__lshift__", lshift, "Return self<<value.", Some(|s| s.lshift.set(Some(slot_lshift)))),
    right!("__rlshift__", lshift, "Return value<<self.", Some(|s| s.lshift.set(Some(slot_lshift)))),
    left!("__rshift__", rshift, "Return self>>value.", Some(|s| s.rshift.set(Some(slot_rshift)))),
    right!("__rrshift__", rshift, "Return value>>self.", Some(|s| s.rshift.set(Some(slot_rshift)))),
    left!("__and__", and, "Return self&value.", Some(|s| s.and.set(Some(slot_and)))),
    right!("__rand__", and, "Return value&self.", Some(|s| s.and.set(Some(slot_and)))),
    left!("__xor__", xor, "Return self^value.", Some(|s| s.xor.set(Some(slot_xor)))),
    right!("__rxor__", xor, "Return value^self.", Some(|s| s.xor.set(Some(slot_xor)))),
    left!("__or__", or, "Return self|value.", Some(|s| s.or.set(Some(slot_or)))),
    right!("__ror__", or, "Return value|self.", Some(|s| s.or.set(Some(slot_or)))),
    unary!("__int__", int, "int(self)", slot_int),
    unary!("__float__", float, "float(self)", slot_float),
    left!("__iadd__", inplace_add, "Return self+=value.", Some(|s| s.inplace_add.set(Some(slot_inplace_add)))),
    left!(
        "__isub__",
        inplace_subtract,
        "Return self-=value.",
        Some(|s| s.inplace_subtract.set(Some(slot_inplace_subtract)))
    ),
    left!(
        "__imul__",
        inplace_multiply,
        "Return self*=value.",
        Some(|s| s.inplace_multiply.set(Some(slot_inplace_multiply)))
    ),
    left!(
        "__imod__",
        inplace_remainder,
        "Return self%=value.",
        Some(|s| s.inplace_remainder.set(Some(slot_inplace_remainder)))
    ),
    SlotDef {
        name: "__ipow__",
        slot: SlotId::inplace_power,
        doc: "Return self**=value.",
        signature: "($self, value, /)",
        wrap: |vm, s, me, a| {
            let a = args_n(vm, a, 1)?;
            s.inplace_power.get().ok_or_else(|| missing(vm))?(vm, me, a[0], Value::none())
        },
        generic: Some(|s| s.inplace_power.set(Some(slot_inplace_power))),
    },
    left!(
        "__ilshift__",
        inplace_lshift,
        "Return self<<=value.",
        Some(|s| s.inplace_lshift.set(Some(slot_inplace_lshift)))
    ),
    left!(
        "__irshift__",
        inplace_rshift,
        "Return self>>=value.",
        Some(|s| s.inplace_rshift.set(Some(slot_inplace_rshift)))
    ),
    left!("__iand__", inplace_and, "Return self&=value.", Some(|s| s.inplace_and.set(Some(slot_inplace_and)))),
    left!("__ixor__", inplace_xor, "Return self^=value.", Some(|s| s.inplace_xor.set(Some(slot_inplace_xor)))),
    left!("__ior__", inplace_or, "Return self|=value.", Some(|s| s.inplace_or.set(Some(slot_inplace_or)))),
    left!("__floordiv__", floor_divide, "Return self//value.", Some(|s| s.floor_divide.set(Some(slot_floor_divide)))),
    right!("__rfloordiv__", floor_divide, "Return value//self.", Some(|s| s.floor_divide.set(Some(slot_floor_divide)))),
    left!("__truediv__", true_divide, "Return self/value.", Some(|s| s.true_divide.set(Some(slot_true_divide)))),
    right!("__rtruediv__", true_divide, "Return value/self.", Some(|s| s.true_divide.set(Some(slot_true_divide)))),
    left!(
        "__ifloordiv__",
        inplace_floor_divide,
        "Return self//=value.",
        Some(|s| s.inplace_floor_divide.set(Some(slot_inplace_floor_divide)))
    ),
    left!(
        "__itruediv__",
        inplace_true_divide,
        "Return self/=value.",
        Some(|s| s.inplace_true_divide.set(Some(slot_inplace_true_divide)))
    ),
    unary!(
        "__index__",
        index,
        "Return self converted to an integer, if self is suitable for use as an index into a list.",
        slot_index
    ),
    left!(
        "__matmul__",
        matrix_multiply,
        "Return self@value.",
        Some(|s| s.matrix_multiply.set(Some(slot_matrix_multiply)))
    ),
    right!(
        "__rmatmul__",
        matrix_multiply,
        "Return value@self.",
        Some(|s| s.matrix_multiply.set(Some(slot_matrix_multiply)))
    ),
    left!(
        "__imatmul__",
        inplace_matrix_multiply,
        "Return self@=value.",
        Some(|s| s.inplace_matrix_multiply.set(Some(slot_inplace_matrix_multiply)))
    ),
    SlotDef {
        name: "__len__",
        slot: SlotId::length,
        doc: "Return len(self).",
        signature: "($self, /)",
        wrap: |vm, s, me, a| {
            args_n(vm, a, 0)?;
            let n = s.length.get().ok_or_else(|| missing(vm))?(vm, me)?;
            Ok(vm.int_u64(n as u64))
        },
        generic: Some(|s| s.length.set(Some(slot_length))),
    },
    left!("__getitem__", subscript, "Return self[key].", Some(|s| s.subscript.set(Some(slot_subscript)))),
    SlotDef {
        name: "__setitem__",
        slot: SlotId::ass_subscript,
        doc: "Set self[key] to value.",
        signature: "($self, key, value, /)",
        wrap: |vm, s, me, a| {
            let a = args_n(vm, a, 2)?;
            s.ass_subscript.get().ok_or_else(|| missing(vm))?(vm, me, a[0], Some(a[1])).map(|()| Value::none())
        },
        generic: Some(|s| s.ass_subscript.set(Some(slot_ass_subscript))),
    },
    SlotDef {
        name: "__delitem__",
        slot: SlotId::ass_subscript,
        doc: "Delete self[key].",
        signature: "($self, key, /)",
        wrap: |vm, s, me, a| {
            let a = args_n(vm, a, 1)?;
            s.ass_subscript.get().ok_or_else(|| missing(vm))?(vm, me, a[0], None).map(|()| Value::none())
        },
        generic: Some(|s| s.ass_subscript.set(Some(slot_ass_subscript))),
    },
    left!("__add__", concat, "Return self+value.", None),
    SlotDef {
        name: "__mul__",
        slot: SlotId::repeat,
        doc: "Return self*value.",
        signature: "($self, value, /)",
        wrap: |vm, s, me, a| {
            let a = args_n(vm, a, 1)?;
            let n = vm.index_as_isize(a[0])?;
            s.repeat.get().ok_or_else(|| missing(vm))?(vm, me, n)
        },
        generic: None,
    },
    SlotDef {
        name: "__rmul__",
        slot: SlotId::repeat,
        doc: "Return value*self.",
        signature: "($self, value, /)",
        wrap: |vm, s, me, a| {
            let a = args_n(vm, a, 1)?;
            let n = vm.index_as_isize(a[0])?;
            s.repeat.get().ok_or_else(|| missing(vm))?(vm, me, n)
        },
        generic: None,
    },
    SlotDef {
        name: "__getitem__",
        slot: SlotId::item,
        doc: "Return self[key].",
        signature: "($self, key, /)",
        wrap: |vm, s, me, a| {
            let a = args_n(vm, a, 1)?;
            let i = wrap_index(vm, s, me, a[0])?;
            s.item.get().ok_or_else(|| missing(vm))?(vm, me, i)
        },
        generic: None,
    },
    SlotDef {
        name: "__contains__",
        slot: SlotId::contains,
        doc: "Return bool(key in self).",
        signature: "($self, key, /)",
        wrap: |vm, s, me, a| {
            let a = args_n(vm, a, 1)?;
            s.contains.get().ok_or_else(|| missing(vm))?(vm, me, a[0]).map(Value::bool)
        },
        generic: Some(|s| s.contains.set(Some(slot_contains))),
    },
    left!("__iadd__", inplace_concat, "Implement self+=value.", None),
    SlotDef {
        name: "__imul__",
        slot: SlotId::inplace_repeat,
        doc: "Implement self*=value.",
        signature: "($self, value, /)",
        wrap: |vm, s, me, a| {
            let a = args_n(vm, a, 1)?;
            let n = vm.index_as_isize(a[0])?;
            s.inplace_repeat.get().ok_or_else(|| missing(vm))?(vm, me, n)
        },
        generic: None,
    },
];

/// Adds a wrapper descriptor for every slot that a builtin type's own table fills.
pub fn add_wrappers(vm: &Vm, t: Gc<Type>, spec: &'static TypeSpec, dict: Gc<Dict>) -> PyResult<()> {
    let own = Slots::new(&spec.slots);
    for (i, def) in SLOTDEFS.iter().enumerate() {
        if own.address_of(def.slot) == 0 || def.signature.is_empty() {
            continue;
        }
        let name = vm.intern(def.name);
        if dict.get_str(vm, name).is_some() {
            continue;
        }
        if def.slot == SlotId::hash
            && own.address_of(SlotId::hash) == crate::object::generic::hash_not_implemented as *const () as usize
        {
            dict.set_str(vm, name, Value::none())?;
            continue;
        }
        let w = vm.heap.alloc(WrapperDescriptor { def: i as u32, owner: Slot::new(t.value()) });
        dict.set_str(vm, name, w.value())?;
    }
    // An own comparison without an own hash makes the type unhashable, visibly.
    if own.address_of(SlotId::richcompare) != 0
        && own.address_of(SlotId::hash) == 0
        && t.slots.hash.address() == crate::object::generic::hash_not_implemented as *const () as usize
    {
        dict.set_str(vm, vm.names.__hash__, Value::none())?;
    }
    Ok(())
}

/// Recomputes the slots behind one dunder name, here and in the subclasses that inherit them.
pub fn update_slots_for(vm: &Vm, t: Gc<Type>, name: Gc<Str>) {
    let Some(text) = name.as_ascii() else { return };
    if !text.starts_with("__") {
        return;
    }
    if text == "__new__" {
        update_new(vm, t);
    }
    for (i, def) in SLOTDEFS.iter().enumerate() {
        if def.name == text && !SLOTDEFS[..i].iter().any(|d| d.name == text && d.slot == def.slot) {
            update_slot(vm, t, def.slot);
        }
    }
    for s in vm.subclasses(t) {
        if s.dict().is_none_or(|d| d.get_str(vm, name).is_none()) {
            update_slots_for(vm, s, name);
        }
    }
}
/// Computes all slots of a new class.
pub fn compute_slots(vm: &Vm, t: Gc<Type>) {
    update_new(vm, t);
    let mut done = [false; 256];
    for def in SLOTDEFS {
        if !std::mem::replace(&mut done[def.slot as usize], true) {
            update_slot(vm, t, def.slot);
        }
    }
}

fn update_new(vm: &Vm, t: Gc<Type>) {
    match vm.lookup(t, vm.names.__new__).and_then(|f| f.cast::<BuiltinFunction>()).and_then(|f| f.new_of()) {
        Some(owner) => t.slots.new.set(owner.slots.new.get()),
        None => t.slots.new.set(Some(slot_new)),
    }
}

/// `_PyType_UpdateSlot` for one slot: the native function if every dunder found is a wrapper of it, else the generic one.
fn update_slot(vm: &Vm, t: Gc<Type>, slot: SlotId) {
    let mut native: Option<Gc<Type>> = None;
    let mut generic = None;
    let mut mixed = false;
    for (i, def) in SLOTDEFS.iter().enumerate().filter(|(_, d)| d.slot == slot) {
        let Some(found) = vm.lookup(t, vm.intern(def.name)) else { continue };
        if let Some(w) = found.cast::<WrapperDescriptor>()
            && w.def().name == def.name
            && let Some(owner) = w.owner.cast::<Type>()
            && vm.is_subtype(t, owner)
        {
            if w.def as usize != i && w.def().slot != slot {
                continue;
            }
            match native {
                Some(o) if o.slots.address_of(slot) != owner.slots.address_of(slot) => mixed = true,
                _ => native = Some(owner),
            }
            generic = generic.or(def.generic);
        } else if found.is_none() && slot == SlotId::hash {
            t.slots.hash.set(Some(crate::object::generic::hash_not_implemented));
            return;
        } else {
            mixed = true;
            generic = generic.or(def.generic);
        }
    }
    match (mixed, native, generic) {
        (false, Some(o), _) => t.slots.copy_slot(slot, &o.slots),
        (true, _, Some(g)) => g(&t.slots),
        _ => {
            // No dunder: what the base has without a name (a builtin's own slot), or nothing.
            match t.base() {
                Some(b) if t.has(crate::types::type_::flags::HEAPTYPE) && !mixed => t.slots.copy_slot(slot, &b.slots),
                _ => t.slots.clear_slot(slot),
            }
        }
    }
}

/// Calls a slot wrapper: `int.__add__(1, 2)`, `(1).__add__(2)`.
pub fn call_wrapper(vm: &Vm, w: Gc<WrapperDescriptor>, me: Value, args: Args<'_>) -> PyResult<Value> {
    let Some(owner) = w.owner.cast::<Type>() else { return Err(missing(vm)) };
    (w.def().wrap)(vm, &owner.slots, me, args)
}
pub fn bind_wrapper(vm: &Vm, w: Gc<WrapperDescriptor>, me: Value) -> Value {
    vm.heap.alloc(MethodWrapper { descr: w.into(), receiver: me.into() }).value()
}
