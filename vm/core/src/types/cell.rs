//! cell: a variable shared by closures.
//!
//! Invariant: `value` is unbound while the variable is.

use crate::error::PyResult;
use crate::native::{get_set, method};
use crate::object::slots::{Cmp, SlotTable};
use crate::types::type_::{Type, TypeSpec};
use crate::vm::Vm;
use bunpy_heap::{Gc, Kind, Slot, Value, payload};

payload! { pub struct Cell: Cell { pub value: Slot } }

pub fn new(vm: &Vm, v: Value) -> Value {
    vm.heap.alloc(Cell { value: v.into() }).value()
}
pub static CELL: TypeSpec = TypeSpec {
    name: "cell",
    kind: Kind::Cell,
    doc: "Create a new cell object.\n\n  contents\n    the contents of the cell. If not specified, the cell will be empty,\n    and \n further attempts to access its cell_contents attribute will\n    raise a ValueError.",
    signature: "([contents])",
    new: Some(method("__new__", "($type, contents=None, /)", |vm: &Vm, _: Gc<Type>, v: Option<Value>| {
        new(vm, Value::or_unbound(v))
    })),
    slots: SlotTable {
        repr: Some(|vm, v| {
            let c = vm.expect::<Cell>(v, "self")?;
            Ok(vm.str(&match c.value.bound() {
                None => format!("<cell at {:#x}: empty>", v.address()),
                Some(x) => format!("<cell at {:#x}: {} object at {:#x}>", v.address(), vm.type_name(x), x.address()),
            }))
        }),
        richcompare: Some(compare),
        ..SlotTable::EMPTY
    },
    getset: &[get_set(
        "cell_contents",
        |vm, v| vm.expect::<Cell>(v, "self")?.value.bound().ok_or_else(|| vm.value_error("cell is empty")),
        |vm, v, x| {
            let c = vm.expect::<Cell>(v, "self")?;
            c.value.set(c, Value::or_unbound(x));
            Ok(())
        },
    )],
    ..TypeSpec::EMPTY
};
fn compare(vm: &Vm, a: Value, b: Value, op: Cmp) -> PyResult<Value> {
    let (Some(x), Some(y)) = (a.cast::<Cell>(), b.cast::<Cell>()) else { return Ok(Value::not_implemented()) };
    match (x.value.bound(), y.value.bound()) {
        (Some(p), Some(q)) => vm.compare(p, q, op),
        (p, q) => Ok(Value::bool(op.of(p.is_some().cmp(&q.is_some())))),
    }
}
