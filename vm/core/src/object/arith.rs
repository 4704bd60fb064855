//! Binary and unary operators.
//!
//! Invariant: the order of attempts is CPython's `binary_op1`: the right operand's type first if it is a proper subclass
//! with a slot of its own, then left, then right; in-place slots before all; sequence concatenation and repetition last.

use crate::error::{PyResult, Raised};
use crate::object::slots::{Binary, SlotFn, Slots};
use crate::vm::Vm;
use bunpy_heap::Value;
use pyc_format::opcode::BinaryOp;

type Pick = fn(&Slots) -> &SlotFn<Binary>;
/// A binary operator's slots.
struct Op {
    slot: Pick,
    inplace: Option<Pick>,
}
macro_rules! op {
    ($s:ident) => {
        Op { slot: |s| &s.$s, inplace: None }
    };
    ($s:ident $i:ident) => {
        Op { slot: |s| &s.$s, inplace: Some(|s| &s.$i) }
    };
}

fn op_of(op: BinaryOp) -> Op {
    use BinaryOp::*;
    match op {
        NB_ADD => op!(add),
        NB_AND => op!(and),
        NB_FLOOR_DIVIDE => op!(floor_divide),
        NB_LSHIFT => op!(lshift),
        NB_MATRIX_MULTIPLY => op!(matrix_multiply),
        NB_MULTIPLY => op!(multiply),
        NB_REMAINDER => op!(remainder),
        NB_OR => op!(or),
        NB_RSHIFT => op!(rshift),
        NB_SUBTRACT => op!(subtract),
        NB_TRUE_DIVIDE => op!(true_divide),
        NB_XOR => op!(xor),
        NB_INPLACE_ADD => op!(add inplace_add),
        NB_INPLACE_AND => op!(and inplace_and),
        NB_INPLACE_FLOOR_DIVIDE => op!(floor_divide inplace_floor_divide),
        NB_INPLACE_LSHIFT => op!(lshift inplace_lshift),
        NB_INPLACE_MATRIX_MULTIPLY => op!(matrix_multiply inplace_matrix_multiply),
        NB_INPLACE_MULTIPLY => op!(multiply inplace_multiply),
        NB_INPLACE_REMAINDER => op!(remainder inplace_remainder),
        NB_INPLACE_OR => op!(or inplace_or),
        NB_INPLACE_RSHIFT => op!(rshift inplace_rshift),
        NB_INPLACE_SUBTRACT => op!(subtract inplace_subtract),
        NB_INPLACE_TRUE_DIVIDE => op!(true_divide inplace_true_divide),
        NB_INPLACE_XOR => op!(xor inplace_xor),
        NB_POWER | NB_INPLACE_POWER | NB_SUBSCR => op!(add),
    }
}

impl Vm {
    /// `a op b`.
    pub fn binary(&self, a: Value, b: Value, op: BinaryOp) -> PyResult<Value> {
        match op {
            BinaryOp::NB_SUBSCR => return self.get_item(a, b),
            BinaryOp::NB_POWER => return self.power(a, b, Value::none()),
            BinaryOp::NB_INPLACE_POWER => {
                if let Some(f) = self.type_of(a).slots.inplace_power.get() {
                    let r = f(self, a, b, Value::none())?;
                    if !r.is_not_implemented() {
                        return Ok(r);
                    }
                }
                return self.power_named(a, b, Value::none(), "**=");
            }
            _ => {}
        }
        let slots = op_of(op);
        let (ta, tb) = (self.type_of(a), self.type_of(b));
        if let Some(pick) = slots.inplace
            && let Some(f) = pick(&ta.slots).get()
        {
            let r = f(self, a, b)?;
            if !r.is_not_implemented() {
                return Ok(r);
            }
        }
        let r = self.binary_slots(a, b, slots.slot)?;
        if !r.is_not_implemented() {
            return Ok(r);
        }
        match op {
            BinaryOp::NB_ADD | BinaryOp::NB_INPLACE_ADD => {
                if op == BinaryOp::NB_INPLACE_ADD
                    && let Some(f) = ta.slots.inplace_concat.get()
                {
                    return f(self, a, b);
                }
                if let Some(f) = ta.slots.concat.get() {
                    return f(self, a, b);
                }
            }
            BinaryOp::NB_MULTIPLY | BinaryOp::NB_INPLACE_MULTIPLY => {
                if op == BinaryOp::NB_INPLACE_MULTIPLY
                    && let Some(f) = ta.slots.inplace_repeat.get()
                {
                    return f(self, a, self.repeat_count(b)?);
                }
                if let Some(f) = ta.slots.repeat.get() {
                    return f(self, a, self.repeat_count(b)?);
                }
                if let Some(f) = tb.slots.repeat.get() {
                    return f(self, b, self.repeat_count(a)?);
                }
            }
            _ => {}
        }
        Err(self.unsupported(a, b, op.text()))
    }
    fn repeat_count(&self, n: Value) -> PyResult<isize> {
        if !self.has_index(n) {
            return Err(self.type_error(format!("can't multiply sequence by non-int of type '{}'", self.type_name(n))));
        }
        self.index_or_overflow(n)
    }
    fn index_or_overflow(&self, n: Value) -> PyResult<isize> {
        let i = self.index(n)?;
        match self.int_as_i64(i) {
            Some(i) => Ok(i as isize),
            None => Err(self.overflow_error(format!("cannot fit '{}' into an index-sized integer", self.type_name(n)))),
        }
    }
    fn binary_slots(&self, a: Value, b: Value, slot: Pick) -> PyResult<Value> {
        let (ta, tb) = (self.type_of(a), self.type_of(b));
        let fa = slot(&ta.slots).get();
        let mut fb = if ta == tb { None } else { slot(&tb.slots).get() };
        if slot(&ta.slots).address() == slot(&tb.slots).address() {
            fb = None;
        }
        if let Some(f) = fa {
            if let Some(g) = fb
                && self.is_subtype(tb, ta)
            {
                let r = g(self, a, b)?;
                if !r.is_not_implemented() {
                    return Ok(r);
                }
                fb = None;
            }
            let r = f(self, a, b)?;
            if !r.is_not_implemented() {
                return Ok(r);
            }
        }
        match fb {
            Some(g) => g(self, a, b),
            None => Ok(Value::not_implemented()),
        }
    }
    #[cold]
    fn unsupported(&self, a: Value, b: Value, symbol: &str) -> Raised {
        let hint = if symbol == ">>" && a == self.builtin("print").unwrap_or(Value::unbound()) {
            ". Did you mean \"print(<message>, file=<output_stream>)\"?"
        } else {
            ""
        };
        self.type_error(format!(
            "unsupported operand type(s) for {symbol}: '{}' and '{}'{hint}",
            self.type_name(a),
            self.type_name(b)
        ))
    }
    pub fn power(&self, a: Value, b: Value, m: Value) -> PyResult<Value> {
        self.power_named(a, b, m, "** or pow()")
    }
    fn power_named(&self, a: Value, b: Value, m: Value, symbol: &str) -> PyResult<Value> {
        let (ta, tb) = (self.type_of(a), self.type_of(b));
        let fa = ta.slots.power.get();
        let mut fb =
            if ta == tb || ta.slots.power.address() == tb.slots.power.address() { None } else { tb.slots.power.get() };
        if let Some(f) = fa {
            if let Some(g) = fb
                && self.is_subtype(tb, ta)
            {
                let r = g(self, a, b, m)?;
                if !r.is_not_implemented() {
                    return Ok(r);
                }
                fb = None;
            }
            let r = f(self, a, b, m)?;
            if !r.is_not_implemented() {
                return Ok(r);
            }
        }
        if let Some(g) = fb {
            let r = g(self, a, b, m)?;
            if !r.is_not_implemented() {
                return Ok(r);
            }
        }
        if !m.is_none() {
            return Err(self.type_error(format!(
                "unsupported operand type(s) for ** or pow(): '{}', '{}', '{}'",
                self.type_name(a),
                self.type_name(b),
                self.type_name(m)
            )));
        }
        Err(self.unsupported(a, b, symbol))
    }
    pub fn divmod(&self, a: Value, b: Value) -> PyResult<Value> {
        let r = self.binary_slots(a, b, |s| &s.divmod)?;
        if r.is_not_implemented() { Err(self.unsupported(a, b, "divmod()")) } else { Ok(r) }
    }
    pub fn add(&self, a: Value, b: Value) -> PyResult<Value> {
        self.binary(a, b, BinaryOp::NB_ADD)
    }
    pub fn negative(&self, v: Value) -> PyResult<Value> {
        match self.type_of(v).slots.negative.get() {
            Some(f) => f(self, v),
            None => Err(self.bad_unary(v, "-")),
        }
    }
    pub fn positive(&self, v: Value) -> PyResult<Value> {
        match self.type_of(v).slots.positive.get() {
            Some(f) => f(self, v),
            None => Err(self.bad_unary(v, "+")),
        }
    }
    pub fn invert(&self, v: Value) -> PyResult<Value> {
        match self.type_of(v).slots.invert.get() {
            Some(f) => f(self, v),
            None => Err(self.bad_unary(v, "~")),
        }
    }
    fn bad_unary(&self, v: Value, symbol: &str) -> Raised {
        self.type_error(format!("bad operand type for unary {symbol}: '{}'", self.type_name(v)))
    }
}
