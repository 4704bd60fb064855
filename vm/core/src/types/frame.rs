//! frame: an activation as Python sees it, made only when asked for.
//!
//! Invariant: a frame object of a running activation is found through its register file; when the activation ends the values
//! of its locals are copied here.

use crate::error::PyResult;
use crate::native::get;
use crate::object::slots::SlotTable;
use crate::types::code::Code;
use crate::types::type_::TypeSpec;
use crate::vm::Vm;
use bunpy_heap::{Gc, Kind, Slot, Value, payload};
use std::sync::atomic::{AtomicI32, AtomicUsize, Ordering::Relaxed};

payload! {
    pub struct Frame: Frame {
        pub code: Slot,
        pub func: Slot,
        pub globals: Slot,
        pub builtins: Slot,
        /// Names and values: the mapping of a class body or module, else a snapshot.
        pub locals: Slot,
        pub back: Slot,
        pub lasti: AtomicI32,
        /// Address of the activation's registers while it runs, 0 afterwards.
        pub registers: AtomicUsize,
        pub trace: Slot,
    }
}
fn this(vm: &Vm, v: Value) -> PyResult<Gc<Frame>> {
    vm.expect::<Frame>(v, "descriptor receiver")
}
/// The line that a frame is at.
pub fn line(vm: &Vm, f: Gc<Frame>) -> i32 {
    crate::engine::frame::refresh(vm, f);
    match f.code.cast::<Code>() {
        Some(c) => crate::engine::frame::line_of(c, f.lasti.load(Relaxed).max(0) as u32 / 2),
        None => -1,
    }
}
pub static FRAME: TypeSpec = TypeSpec {
    name: "frame",
    kind: Kind::Frame,
    slots: SlotTable {
        repr: Some(|vm, v| {
            let f = this(vm, v)?;
            let c = vm.expect::<Code>(f.code.get(), "f_code")?;
            Ok(vm.str(&format!(
                "<frame at {:#x}, file {}, line {}, code {}>",
                v.address(),
                vm.repr_text(c.filename.get())?,
                line(vm, f),
                vm.to_str(c.name.get())?.to_lossy()
            )))
        }),
        ..SlotTable::EMPTY
    },
    getset: &[
        get("f_code", |vm, v| Ok(this(vm, v)?.code.get())),
        get("f_globals", |vm, v| Ok(this(vm, v)?.globals.get())),
        get("f_builtins", |vm, v| Ok(this(vm, v)?.builtins.get())),
        get("f_back", |vm, v| {
            let f = this(vm, v)?;
            crate::engine::frame::refresh(vm, f);
            Ok(f.back.bound().unwrap_or(Value::none()))
        }),
        get("f_lasti", |vm, v| {
            let f = this(vm, v)?;
            crate::engine::frame::refresh(vm, f);
            Ok(vm.int(f.lasti.load(Relaxed) as i64))
        }),
        get("f_lineno", |vm, v| Ok(vm.int(line(vm, this(vm, v)?) as i64))),
        get("f_locals", |vm, v| crate::engine::frame::frame_locals(vm, this(vm, v)?)),
    ],
    ..TypeSpec::EMPTY
};
