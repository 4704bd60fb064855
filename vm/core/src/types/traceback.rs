//! traceback.
//!
//! Invariant: `lasti` is a byte offset into the frame's code; the chain ends with None.

use crate::error::PyResult;
use crate::native::{get, get_set};
use crate::object::slots::SlotTable;
use crate::types::code::Code;
use crate::types::type_::TypeSpec;
use crate::vm::Vm;
use bunpy_heap::{Gc, Kind, Slot, Value, payload};

payload! {
    pub struct Traceback: Traceback {
        pub next: Slot,
        /// A frame.
        pub frame: Slot,
        /// A code object: what a traceback shows needs no more than this and `lasti`.
        pub code: Slot,
        pub lasti: i32,
    }
}
/// The line of the instruction.
pub fn line(t: Gc<Traceback>) -> i32 {
    t.code.cast::<Code>().map_or(-1, |c| crate::engine::frame::line_of(c, t.lasti.max(0) as u32 / 2))
}
fn this(vm: &Vm, v: Value) -> PyResult<Gc<Traceback>> {
    vm.expect::<Traceback>(v, "descriptor receiver")
}
pub static TRACEBACK: TypeSpec = TypeSpec {
    name: "traceback",
    kind: Kind::Traceback,
    doc: "Create a new traceback object.",
    slots: SlotTable::EMPTY,
    getset: &[
        get_set(
            "tb_next",
            |vm, v| Ok(this(vm, v)?.next.get()),
            |vm, v, x| {
                let t = this(vm, v)?;
                let x = x.unwrap_or(Value::none());
                if !x.is_none() && x.cast::<Traceback>().is_none() {
                    return Err(vm.type_error(format!("expected traceback object, got '{}'", vm.type_name(x))));
                }
                let mut c = x.cast::<Traceback>();
                while let Some(y) = c {
                    if y == t {
                        return Err(vm.value_error("traceback loop detected"));
                    }
                    c = y.next.cast::<Traceback>();
                }
                t.next.set(t, x);
                Ok(())
            },
        ),
        get("tb_frame", |vm, v| Ok(this(vm, v)?.frame.get())),
        get("tb_lasti", |vm, v| Ok(vm.int(this(vm, v)?.lasti as i64))),
        get("tb_lineno", |vm, v| Ok(vm.int(line(this(vm, v)?) as i64))),
    ],
    ..TypeSpec::EMPTY
};
