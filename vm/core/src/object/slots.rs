//! A type's slots: the functions by which the engine and the builtins work on its instances.
//!
//! Invariant: a slot holds a function of exactly its field's type or nothing; `get` gives back what `set` took. The names
//! are CPython's less their prefixes (`tp_`, `nb_`, `sq_`, `mp_`, `am_`). `SlotTable` is the constant form that a builtin
//! type's table has, `Slots` the form inside a type object. Next: `slotdefs.rs` ties slots to dunder names.
#![allow(unsafe_code)]

use crate::error::PyResult;
use crate::native::Args;
use crate::types::type_::Type;
use crate::vm::Vm;
use bunpy_heap::{Gc, Str, Trace, Tracer, Value};
use std::marker::PhantomData;
use std::sync::atomic::{AtomicUsize, Ordering};

/// `<`, `<=`, `==`, `!=`, `>`, `>=`, numbered as COMPARE_OP does.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(u8)]
pub enum Cmp {
    Lt,
    Le,
    Eq,
    Ne,
    Gt,
    Ge,
}
impl Cmp {
    pub const ALL: [Cmp; 6] = [Cmp::Lt, Cmp::Le, Cmp::Eq, Cmp::Ne, Cmp::Gt, Cmp::Ge];
    pub const fn swapped(self) -> Cmp {
        match self {
            Cmp::Lt => Cmp::Gt,
            Cmp::Le => Cmp::Ge,
            Cmp::Gt => Cmp::Lt,
            Cmp::Ge => Cmp::Le,
            c => c,
        }
    }
    pub const fn symbol(self) -> &'static str {
        match self {
            Cmp::Lt => "<",
            Cmp::Le => "<=",
            Cmp::Eq => "==",
            Cmp::Ne => "!=",
            Cmp::Gt => ">",
            Cmp::Ge => ">=",
        }
    }
    /// What the comparison says of two values in this order.
    #[inline]
    pub fn of(self, o: std::cmp::Ordering) -> bool {
        match self {
            Cmp::Lt => o.is_lt(),
            Cmp::Le => o.is_le(),
            Cmp::Eq => o.is_eq(),
            Cmp::Ne => o.is_ne(),
            Cmp::Gt => o.is_gt(),
            Cmp::Ge => o.is_ge(),
        }
    }
}

pub type Unary = fn(&Vm, Value) -> PyResult<Value>;
pub type Binary = fn(&Vm, Value, Value) -> PyResult<Value>;
pub type Ternary = fn(&Vm, Value, Value, Value) -> PyResult<Value>;
pub type Inquiry = fn(&Vm, Value) -> PyResult<bool>;
pub type LenFn = fn(&Vm, Value) -> PyResult<usize>;
pub type HashFn = fn(&Vm, Value) -> PyResult<i64>;
pub type CallFn = fn(&Vm, Value, Args<'_>) -> PyResult<Value>;
pub type GetAttr = fn(&Vm, Value, Gc<Str>) -> PyResult<Value>;
/// `None` deletes.
pub type SetAttr = fn(&Vm, Value, Gc<Str>, Option<Value>) -> PyResult<()>;
pub type RichCompare = fn(&Vm, Value, Value, Cmp) -> PyResult<Value>;
/// `Ok(None)` is the end.
pub type IterNext = fn(&Vm, Value) -> PyResult<Option<Value>>;
/// `(descriptor, object, owner)`.
pub type DescrGet = fn(&Vm, Value, Option<Value>, Option<Value>) -> PyResult<Value>;
pub type DescrSet = fn(&Vm, Value, Value, Option<Value>) -> PyResult<()>;
pub type NewFn = fn(&Vm, Gc<Type>, Args<'_>) -> PyResult<Value>;
pub type InitFn = fn(&Vm, Value, Args<'_>) -> PyResult<()>;
pub type Indexed = fn(&Vm, Value, isize) -> PyResult<Value>;
pub type SetIndexed = fn(&Vm, Value, isize, Option<Value>) -> PyResult<()>;
pub type Contains = fn(&Vm, Value, Value) -> PyResult<bool>;
pub type SetItem = fn(&Vm, Value, Value, Option<Value>) -> PyResult<()>;
pub type Finalize = fn(&Vm, Value) -> PyResult<()>;

/// A slot inside a type object.
pub struct SlotFn<F: Copy + 'static>(AtomicUsize, PhantomData<fn(F) -> F>);
impl<F: Copy + 'static> SlotFn<F> {
    fn new(f: Option<F>) -> SlotFn<F> {
        let s = SlotFn(AtomicUsize::new(0), PhantomData);
        s.set(f);
        s
    }
    #[inline(always)]
    pub fn get(&self) -> Option<F> {
        const { assert!(size_of::<F>() == size_of::<usize>()) };
        let p = self.0.load(Ordering::Relaxed);
        // SAFETY: `set` stored a function pointer of type `F`, or zero.
        if p == 0 { None } else { Some(unsafe { std::mem::transmute_copy::<usize, F>(&p) }) }
    }
    pub fn set(&self, f: Option<F>) {
        // SAFETY: a function pointer is as large as a usize (asserted in `get`).
        let p = f.map_or(0, |f| unsafe { std::mem::transmute_copy::<F, usize>(&f) });
        self.0.store(p, Ordering::Relaxed);
    }
    pub fn address(&self) -> usize {
        self.0.load(Ordering::Relaxed)
    }
}

macro_rules! slots { ($($(#[$d:meta])* $name:ident : $t:ty),* $(,)?) => {
    /// A builtin type's slots, in its table.
    #[derive(Clone, Copy)]
    pub struct SlotTable { $($(#[$d])* pub $name: Option<$t>),* }
    impl SlotTable {
        pub const EMPTY: SlotTable = SlotTable { $($name: None),* };
    }
    pub struct Slots { $(pub $name: SlotFn<$t>),* }
    impl Slots {
        pub fn new(t: &SlotTable) -> Slots {
            Slots { $($name: SlotFn::new(t.$name)),* }
        }
        /// Takes from `base` every slot that is still empty here.
        pub fn inherit_empty(&self, base: &Slots) {
            $(if self.$name.address() == 0 { self.$name.set(base.$name.get()); })*
        }
    }
    /// The address of a slot by its number, for comparisons between types.
    #[derive(Clone, Copy, PartialEq, Eq, Debug)]
    #[allow(non_camel_case_types, reason = "named as the fields are")]
    #[repr(u8)]
    pub enum SlotId { $($name),* }
    impl Slots {
        pub fn address_of(&self, id: SlotId) -> usize {
            match id { $(SlotId::$name => self.$name.address()),* }
        }
        pub fn copy_slot(&self, id: SlotId, from: &Slots) {
            match id { $(SlotId::$name => self.$name.set(from.$name.get())),* }
        }
        pub fn clear_slot(&self, id: SlotId) {
            match id { $(SlotId::$name => self.$name.set(None)),* }
        }
    }
} }
slots! {
    repr: Unary, str: Unary, hash: HashFn, call: CallFn, getattro: GetAttr, setattro: SetAttr, richcompare: RichCompare,
    iter: Unary, iternext: IterNext, descr_get: DescrGet, descr_set: DescrSet, new: NewFn, init: InitFn, finalize: Finalize,
    add: Binary, subtract: Binary, multiply: Binary, remainder: Binary, divmod: Binary, power: Ternary, negative: Unary,
    positive: Unary, absolute: Unary, bool: Inquiry, invert: Unary, lshift: Binary, rshift: Binary, and: Binary,
    xor: Binary, or: Binary, int: Unary, float: Unary, inplace_add: Binary, inplace_subtract: Binary,
    inplace_multiply: Binary, inplace_remainder: Binary, inplace_power: Ternary, inplace_lshift: Binary,
    inplace_rshift: Binary, inplace_and: Binary, inplace_xor: Binary, inplace_or: Binary, floor_divide: Binary,
    true_divide: Binary, inplace_floor_divide: Binary, inplace_true_divide: Binary, index: Unary,
    matrix_multiply: Binary, inplace_matrix_multiply: Binary,
    /// `sq_length` and `mp_length` are one slot here.
    length: LenFn,
    concat: Binary, repeat: Indexed, item: Indexed, ass_item: SetIndexed, contains: Contains, inplace_concat: Binary,
    inplace_repeat: Indexed,
    subscript: Binary, ass_subscript: SetItem,
    await_: Unary, aiter: Unary, anext: Unary,
}
impl Trace for Slots {
    fn trace(&self, _: &mut Tracer<'_>) {}
}
