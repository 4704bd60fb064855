//! What may be asked of any value: attributes, truth, text, hash, comparison, iteration, items, length, numbers.
//!
//! Invariant: each function does what CPython's function of the abstract object layer does, in its order and with its texts;
//! fast paths for words and exact builtin types stand before the slots and say the same.

use crate::error::PyResult;
use crate::object::generic;
use crate::object::slots::Cmp;
use crate::types::dict::{Dict, DictExt};
use crate::types::exception::Exc;
use crate::types::list::List;
use crate::types::type_::{Type, flags};
use crate::vm::Vm;
use bunpy_heap::{Bytes, Gc, Int, Kind, Str, Tuple, Value};

impl Vm {
    // ---- attributes

    #[inline]
    pub fn get_attr(&self, v: Value, name: Gc<Str>) -> PyResult<Value> {
        match self.type_of(v).slots.getattro.get() {
            Some(f) => f(self, v, name),
            None => Err(self.attribute_error_name(v, name)),
        }
    }
    pub fn get_attr_text(&self, v: Value, name: &str) -> PyResult<Value> {
        self.get_attr(v, self.intern(name))
    }
    /// `None` where AttributeError would be raised.
    pub fn get_attr_opt(&self, v: Value, name: Gc<Str>) -> PyResult<Option<Value>> {
        let t = self.type_of(v);
        if t.slots.getattro.address() == generic::getattr as *const () as usize {
            return match generic::getattr_opt(self, v, name) {
                Err(e) if self.pending_is(Exc::AttributeError) => {
                    let _ = e;
                    self.clear_pending();
                    Ok(None)
                }
                r => r,
            };
        }
        match self.get_attr(v, name) {
            Ok(x) => Ok(Some(x)),
            Err(e) => {
                if self.pending_is(Exc::AttributeError) {
                    self.clear_pending();
                    return Ok(None);
                }
                Err(e)
            }
        }
    }
    pub fn set_attr(&self, v: Value, name: Gc<Str>, value: Value) -> PyResult<()> {
        self.set_or_delete_attr(v, name, Some(value))
    }
    pub fn del_attr(&self, v: Value, name: Gc<Str>) -> PyResult<()> {
        self.set_or_delete_attr(v, name, None)
    }
    pub fn set_or_delete_attr(&self, v: Value, name: Gc<Str>, value: Option<Value>) -> PyResult<()> {
        match self.type_of(v).slots.setattro.get() {
            Some(f) => f(self, v, self.intern_str(name), value),
            None => Err(self.attribute_error_name(v, name)),
        }
    }
    /// An attribute name given at run time, interned.
    pub fn expect_attr_name(&self, v: Value) -> PyResult<Gc<Str>> {
        match v.cast::<Str>() {
            Some(s) => Ok(self.intern_str(s)),
            None => Err(self.type_error(format!("attribute name must be string, not '{}'", self.type_name(v)))),
        }
    }

    // ---- truth, text

    #[inline]
    pub fn is_true(&self, v: Value) -> PyResult<bool> {
        if v.is_true() {
            return Ok(true);
        }
        if v.is_false() || v.is_none() {
            return Ok(false);
        }
        if let Some(i) = v.as_int() {
            return Ok(i != 0);
        }
        let t = self.type_of(v);
        if let Some(f) = t.slots.bool.get() {
            return f(self, v);
        }
        if let Some(f) = t.slots.length.get() {
            return Ok(f(self, v)? != 0);
        }
        Ok(true)
    }
    pub fn repr(&self, v: Value) -> PyResult<Gc<Str>> {
        self.check_native_stack(" while getting the repr of an object")?;
        let r = match self.type_of(v).slots.repr.get() {
            Some(f) => f(self, v)?,
            None => generic::repr(self, v)?,
        };
        r.cast::<Str>()
            .ok_or_else(|| self.type_error(format!("__repr__ returned non-string (type {})", self.type_name(r))))
    }
    pub fn to_str(&self, v: Value) -> PyResult<Gc<Str>> {
        if let Some(s) = v.cast_exact::<Str>() {
            return Ok(s);
        }
        self.check_native_stack(" while getting the str of an object")?;
        let r = match self.type_of(v).slots.str.get() {
            Some(f) => f(self, v)?,
            None => return self.repr(v),
        };
        r.cast::<Str>()
            .ok_or_else(|| self.type_error(format!("__str__ returned non-string (type {})", self.type_name(r))))
    }
    /// `repr(v)` as Rust text, for messages.
    pub fn repr_text(&self, v: Value) -> PyResult<String> {
        self.repr(v).map(|s| s.to_lossy())
    }
    pub fn format(&self, v: Value, spec: Gc<Str>) -> PyResult<Value> {
        if spec.is_empty() && matches!(v.shape(), s if s == Kind::Str as u32) {
            return Ok(v);
        }
        if spec.is_empty() && v.shape() == Kind::Int as u32 {
            return self.to_str(v).map(|s| s.value());
        }
        let Some(f) = self.lookup_special(v, self.names.__format__) else {
            return Err(self.type_error(format!("Type {} doesn't define __format__", self.type_name(v))));
        };
        let r = self.call_bound(f, v, crate::native::Args::positional_only(&[spec.value()]))?;
        if r.cast::<Str>().is_none() {
            return Err(self.type_error(format!("__format__ must return a str, not {}", self.type_name(r))));
        }
        Ok(r)
    }
    /// Runs `f` unless `v`'s repr is already under way (then `None`): recursive containers show `[...]`.
    pub fn repr_guarded<T>(&self, v: Value, f: impl FnOnce() -> PyResult<T>) -> PyResult<Option<T>> {
        if self.repr_stack.borrow().contains(&v) {
            return Ok(None);
        }
        self.repr_stack.borrow_mut().push(v);
        let r = f();
        self.repr_stack.borrow_mut().pop();
        r.map(Some)
    }

    // ---- hash and comparison

    #[inline]
    pub fn hash(&self, v: Value) -> PyResult<i64> {
        if let Some(s) = v.cast_exact::<Str>() {
            return Ok(self.hash_str(s));
        }
        if let Some(i) = v.as_int() {
            return Ok(crate::hash::int(i));
        }
        match self.type_of(v).slots.hash.get() {
            Some(f) => f(self, v),
            None => generic::hash_not_implemented(self, v),
        }
    }
    /// `a is b or a == b`, as containers compare.
    #[inline]
    pub fn is_equal(&self, a: Value, b: Value) -> PyResult<bool> {
        if a == b {
            return Ok(true);
        }
        self.compare_bool(a, b, Cmp::Eq)
    }
    pub fn compare_bool(&self, a: Value, b: Value, op: Cmp) -> PyResult<bool> {
        if Value::both_int(a, b) {
            return Ok(op.of(a.int_unchecked().cmp(&b.int_unchecked())));
        }
        if let (Some(x), Some(y)) = (a.cast_exact::<Str>(), b.cast_exact::<Str>())
            && matches!(op, Cmp::Eq | Cmp::Ne)
        {
            return Ok(x.same_text(&y) == (op == Cmp::Eq));
        }
        let r = self.compare(a, b, op)?;
        self.is_true(r)
    }
    /// `a op b` (`PyObject_RichCompare`).
    pub fn compare(&self, a: Value, b: Value, op: Cmp) -> PyResult<Value> {
        if Value::both_int(a, b) {
            return Ok(Value::bool(op.of(a.int_unchecked().cmp(&b.int_unchecked()))));
        }
        self.check_native_stack(" in comparison")?;
        let (ta, tb) = (self.type_of(a), self.type_of(b));
        let mut reversed = false;
        if ta != tb
            && self.is_subtype(tb, ta)
            && let Some(f) = tb.slots.richcompare.get()
        {
            reversed = true;
            let r = f(self, b, a, op.swapped())?;
            if !r.is_not_implemented() {
                return Ok(r);
            }
        }
        if let Some(f) = ta.slots.richcompare.get() {
            let r = f(self, a, b, op)?;
            if !r.is_not_implemented() {
                return Ok(r);
            }
        }
        if !reversed && let Some(f) = tb.slots.richcompare.get() {
            let r = f(self, b, a, op.swapped())?;
            if !r.is_not_implemented() {
                return Ok(r);
            }
        }
        match op {
            Cmp::Eq => Ok(Value::bool(a == b)),
            Cmp::Ne => Ok(Value::bool(a != b)),
            _ => Err(self.type_error(format!(
                "'{}' not supported between instances of '{}' and '{}'",
                op.symbol(),
                self.tp_name(ta),
                self.tp_name(tb)
            ))),
        }
    }

    // ---- iteration

    pub fn iter(&self, v: Value) -> PyResult<Value> {
        let t = self.type_of(v);
        if let Some(f) = t.slots.iter.get() {
            let it = f(self, v)?;
            if self.type_of(it).slots.iternext.address() == 0 {
                return Err(self.type_error(format!("iter() returned non-iterator of type '{}'", self.type_name(it))));
            }
            return Ok(it);
        }
        if self.is_sequence(v) {
            return crate::types::iter::seq_iter(self, v);
        }
        Err(self.type_error(format!("'{}' object is not iterable", self.type_name(v))))
    }
    /// The next item, `None` at the end.
    #[inline]
    pub fn next(&self, it: Value) -> PyResult<Option<Value>> {
        match self.type_of(it).slots.iternext.get() {
            Some(f) => match f(self, it) {
                Err(e) => self.stop_iteration_is_end(e),
                r => r,
            },
            None => Err(self.type_error(format!("'{}' object is not an iterator", self.type_name(it)))),
        }
    }
    /// Calls `f` with every item.
    pub fn for_each(&self, v: Value, mut f: impl FnMut(Value) -> PyResult<()>) -> PyResult<()> {
        if let Some(t) = v.cast_exact::<Tuple>() {
            for x in t.items() {
                f(*x)?;
            }
            return Ok(());
        }
        if let Some(l) = v.cast_exact::<List>() {
            let mut i = 0;
            while let Some(x) = l.get(i) {
                f(x)?;
                i += 1;
            }
            return Ok(());
        }
        let it = self.iter(v)?;
        while let Some(x) = self.next(it)? {
            f(x)?;
        }
        Ok(())
    }
    /// Every item of an iterable.
    pub fn collect_values(&self, v: Value) -> PyResult<Vec<Value>> {
        if let Some(t) = v.cast_exact::<Tuple>() {
            return Ok(t.items().to_vec());
        }
        if let Some(l) = v.cast_exact::<List>() {
            return Ok(l.to_vec());
        }
        let mut all = Vec::new();
        self.for_each(v, |x| {
            all.push(x);
            Ok(())
        })?;
        Ok(all)
    }
    pub fn tuple_from_iterable(&self, v: Value) -> PyResult<Gc<Tuple>> {
        if let Some(t) = v.cast_exact::<Tuple>() {
            return Ok(t);
        }
        let items = self.collect_values(v)?;
        Ok(self.heap.tuple(&items))
    }
    /// `x in v` by iteration.
    pub fn iter_contains(&self, v: Value, x: Value) -> PyResult<bool> {
        let it = match self.iter(v) {
            Ok(it) => it,
            Err(e) => {
                if self.pending_is(Exc::TypeError) && self.type_of(v).slots.iter.address() == 0 {
                    self.clear_pending();
                    return Err(self.type_error(format!(
                        "argument of type '{}' is not a container or iterable",
                        self.type_name(v)
                    )));
                }
                return Err(e);
            }
        };
        while let Some(y) = self.next(it)? {
            if self.is_equal(y, x)? {
                return Ok(true);
            }
        }
        Ok(false)
    }
    pub fn contains(&self, v: Value, x: Value) -> PyResult<bool> {
        match self.type_of(v).slots.contains.get() {
            Some(f) => f(self, v, x),
            None => self.iter_contains(v, x),
        }
    }
    /// How many items an iterable may give: its length, `__length_hint__`, or `default`.
    pub fn length_hint(&self, v: Value, default: usize) -> PyResult<usize> {
        if let Some(f) = self.type_of(v).slots.length.get() {
            return match f(self, v) {
                Err(e) if !self.pending_is(Exc::TypeError) => Err(e),
                Err(_) => {
                    self.clear_pending();
                    Ok(default)
                }
                n => n,
            };
        }
        let r = match self.call_special(v, self.names.__length_hint__, &[]) {
            Ok(Some(r)) => r,
            Ok(None) => return Ok(default),
            Err(e) => {
                if self.pending_is(Exc::TypeError) {
                    self.clear_pending();
                    return Ok(default);
                }
                return Err(e);
            }
        };
        if r.is_not_implemented() {
            return Ok(default);
        }
        match self.int_as_i64(r) {
            Some(n) if n >= 0 => Ok(n as usize),
            Some(_) => Err(self.value_error("__length_hint__() should return >= 0")),
            None => Err(self.type_error(format!("__length_hint__ must be an integer, not {}", self.type_name(r)))),
        }
    }

    // ---- items

    pub fn len(&self, v: Value) -> PyResult<usize> {
        match self.type_of(v).slots.length.get() {
            Some(f) => f(self, v),
            None => Err(self.type_error(format!("object of type '{}' has no len()", self.type_name(v)))),
        }
    }
    pub fn get_item(&self, v: Value, key: Value) -> PyResult<Value> {
        let t = self.type_of(v);
        if let Some(f) = t.slots.subscript.get() {
            return f(self, v, key);
        }
        if let Some(f) = t.slots.item.get() {
            if !self.has_index(key) {
                return Err(self.type_error(format!("sequence index must be integer, not '{}'", self.type_name(key))));
            }
            let mut i = self.index_as_isize(key)?;
            if i < 0
                && let Some(len) = t.slots.length.get()
            {
                i += len(self, v)? as isize;
            }
            return f(self, v, i);
        }
        if let Some(c) = v.cast::<Type>() {
            if c == self.types().type_() {
                return crate::types::generic_alias::new(self, v, key);
            }
            if let Some(f) = self.get_attr_opt(v, self.names.__class_getitem__)?
                && !f.is_none()
            {
                return self.call(f, &[key]);
            }
            return Err(self.type_error(format!("type '{}' is not subscriptable", self.tp_name(c))));
        }
        Err(self.type_error(format!("'{}' object is not subscriptable", self.type_name(v))))
    }
    pub fn set_item(&self, v: Value, key: Value, x: Value) -> PyResult<()> {
        self.set_or_delete_item(v, key, Some(x), "assignment")
    }
    pub fn del_item(&self, v: Value, key: Value) -> PyResult<()> {
        self.set_or_delete_item(v, key, None, "deletion")
    }
    fn set_or_delete_item(&self, v: Value, key: Value, x: Option<Value>, what: &str) -> PyResult<()> {
        let t = self.type_of(v);
        if let Some(f) = t.slots.ass_subscript.get() {
            return f(self, v, key, x);
        }
        if let Some(f) = t.slots.ass_item.get() {
            let i = self.index_as_isize(key)?;
            return f(self, v, i, x);
        }
        Err(self.type_error(format!("'{}' object does not support item {what}", self.type_name(v))))
    }
    /// Whether the value can be indexed like a sequence (`PySequence_Check`).
    pub fn is_sequence(&self, v: Value) -> bool {
        if v.kind() == Kind::Dict {
            return false;
        }
        let s = &self.type_of(v).slots;
        s.item.address() != 0 || self.type_of(v).has(flags::HEAPTYPE) && s.subscript.address() != 0
    }
    /// Whether the value can be subscripted as a mapping (`PyMapping_Check`).
    pub fn is_mapping(&self, v: Value) -> bool {
        self.type_of(v).slots.subscript.address() != 0
    }

    // ---- numbers

    pub fn has_index(&self, v: Value) -> bool {
        v.is_int() || self.type_of(v).slots.index.address() != 0
    }
    /// `operator.index`: an int.
    pub fn index(&self, v: Value) -> PyResult<Value> {
        if v.kind() == Kind::Int {
            return Ok(v);
        }
        if v.kind() == Kind::Bool {
            return Ok(Value::int(v.is_true() as i64));
        }
        match self.type_of(v).slots.index.get() {
            Some(f) => {
                let r = f(self, v)?;
                match r.kind() {
                    Kind::Int => Ok(r),
                    Kind::Bool => Ok(Value::int(r.is_true() as i64)),
                    _ => Err(self.type_error(format!("__index__ returned non-int (type {})", self.type_name(r)))),
                }
            }
            None => Err(self.type_error(format!("'{}' object cannot be interpreted as an integer", self.type_name(v)))),
        }
    }
    /// `__index__` as a C `Py_ssize_t`; OverflowError where it does not fit.
    pub fn index_as_isize(&self, v: Value) -> PyResult<isize> {
        if let Some(i) = v.as_int() {
            return Ok(i as isize);
        }
        let i = self.index(v)?;
        match self.int_as_i64(i) {
            Some(i) => Ok(i as isize),
            None => Err(self.overflow_error("Python int too large to convert to C ssize_t")),
        }
    }
    /// `__index__` as an index; IndexError where it does not fit.
    pub fn index_or_index_error(&self, v: Value) -> PyResult<isize> {
        let i = self.index(v)?;
        match self.int_as_i64(i) {
            Some(i) => Ok(i as isize),
            None => Err(self.index_error(format!("cannot fit '{}' into an index-sized integer", self.type_name(v)))),
        }
    }
    /// `__index__` cut to the range of `isize`, as slices want it.
    pub fn index_clamped(&self, v: Value) -> PyResult<isize> {
        let i = self.index(v)?;
        Ok(match self.int_as_i64(i) {
            Some(i) => i as isize,
            None if self.is_negative_int(i) => isize::MIN,
            None => isize::MAX,
        })
    }
    /// An int (or bool, or an instance of a subclass) as an `i64`, if it is one and fits.
    pub fn int_as_i64(&self, v: Value) -> Option<i64> {
        if let Some(i) = v.as_int() {
            return Some(i);
        }
        if v.kind() == Kind::Bool {
            return Some(v.is_true() as i64);
        }
        let g = v.cast::<Int>()?;
        match g.limbs() {
            [] => Some(0),
            [l] if g.is_negative() && *l <= 1 << 63 => Some((*l as i64).wrapping_neg()),
            [l] if *l < 1 << 63 => Some(*l as i64),
            _ => None,
        }
    }
    pub fn is_negative_int(&self, v: Value) -> bool {
        match v.as_int() {
            Some(i) => i < 0,
            None => v.cast::<Int>().is_some_and(|g| g.is_negative()),
        }
    }
    /// An int of any `i64`.
    #[inline]
    pub fn int(&self, i: i64) -> Value {
        match Value::try_int(i) {
            Some(v) => v,
            None => self.int_limbs(i < 0, &[i.unsigned_abs()]),
        }
    }
    pub fn int_u64(&self, i: u64) -> Value {
        match i64::try_from(i) {
            Ok(i) => self.int(i),
            Err(_) => self.int_limbs(false, &[i]),
        }
    }
    /// An exact int from its magnitude: a word where it fits.
    pub fn int_limbs(&self, negative: bool, limbs: &[u64]) -> Value {
        let n = limbs.iter().rposition(|l| *l != 0).map_or(0, |i| i + 1);
        if n <= 1 {
            let l = limbs.first().copied().unwrap_or(0);
            if l <= 1 << 47 {
                let i = if negative { -(l as i64) } else { l as i64 };
                if let Some(v) = Value::try_int(i) {
                    return v;
                }
            }
        }
        match self.heap.int_shaped(Kind::Int as u32, negative, &limbs[..n]) {
            Ok(g) => g.value(),
            Err(e) => std::panic::resume_unwind(Box::new(e)),
        }
    }
    /// `float(v)` for a number (`PyFloat_AsDouble`).
    pub fn to_f64(&self, v: Value) -> PyResult<f64> {
        if let Some(f) = v.as_float() {
            return Ok(f);
        }
        if let Some(f) = crate::types::float::as_f64(v) {
            return Ok(f);
        }
        let t = self.type_of(v);
        if v.kind() == Kind::Int || v.kind() == Kind::Bool {
            return crate::types::int::to_f64(self, v);
        }
        if let Some(f) = t.slots.float.get() {
            let r = f(self, v)?;
            return match crate::types::float::as_f64(r) {
                Some(x) => Ok(x),
                None => Err(self.type_error(format!(
                    "{}.__float__ returned non-float (type {})",
                    self.type_name(v),
                    self.type_name(r)
                ))),
            };
        }
        if t.slots.index.address() != 0 {
            let i = self.index(v)?;
            return crate::types::int::to_f64(self, i);
        }
        Err(self.type_error(format!("must be real number, not {}", self.type_name(v))))
    }

    // ---- bytes-like

    /// A copy of the bytes of a bytes-like object; TypeError otherwise.
    pub fn bytes_like(&self, v: Value) -> PyResult<Vec<u8>> {
        if let Some(b) = v.cast::<Bytes>() {
            return Ok(b.as_bytes().to_vec());
        }
        match crate::types::buffer::bytes_of(self, v)? {
            Some(b) => Ok(b),
            None => Err(self.type_error(format!("a bytes-like object is required, not '{}'", self.type_name(v)))),
        }
    }

    /// The builtins that code with these globals sees.
    pub fn builtins_of(&self, globals: Gc<Dict>) -> Gc<Dict> {
        match globals.get_str(self, self.names.__builtins__) {
            Some(v) => match v.cast::<Dict>() {
                Some(d) => d,
                None => crate::types::module::dict_of(v).unwrap_or(self.builtins),
            },
            None => self.builtins,
        }
    }
}
