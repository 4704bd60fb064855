//! Object memory: values, cells, shapes, the allocator and the collector.
//!
//! Invariant: this is the only crate that touches object memory. A `Slot` or a register always holds a valid `Value`;
//! every cell that a `Value` reaches is whole (header, payload, tail) before the reference to it exists; cells die
//! only in `Heap::collect`, which its caller runs at a safepoint. Above this crate a heap object is a `Gc<T>`, which
//! is shared (`&T`) and never exclusive.
//!
//! Read next: `value` (the word), `cell` (header and `Gc`), `kinds` (what payloads exist), `tail` (strings, tuples,
//! bytes, ints, buffers), `shape`, `alloc`, `collect`.
#![allow(unsafe_code)]

pub mod alloc;
pub mod cell;
pub mod collect;
pub mod kinds;
mod os;
pub mod shape;
pub mod table;
pub mod tail;
pub mod value;

pub use alloc::{Heap, OutOfMemory};
pub use cell::{Gc, Header, Payload, Trace};
pub use collect::{Root, Tracer};
pub use kinds::Kind;
pub use shape::{ShapeEntry, ShapeId};
pub use table::{DictEntry, DictTable, FrameBuf, SetEntry, SetTable};
pub use tail::{ByteBuf, Bytes, Int, SlotBuf, Str, StrData, StrKind, Tuple};
pub use value::{Slot, Value};

/// ```compile_fail
/// use bunpy_heap::Value;
/// static V: Value = Value::int(1);
/// ```
/// ```compile_fail
/// use bunpy_heap::Value;
/// let v = Value::int(1);
/// std::thread::spawn(move || v.bits());
/// ```
/// ```compile_fail
/// use bunpy_heap::Value;
/// std::thread_local! { static V: Value = const { Value::int(1) }; }
/// fn needs_sync<T: Sync>(_: &'static T) {}
/// V.with(|v| needs_sync(v));
/// ```
/// A payload field must be `Sync` and traceable: no plain value, no cell, no `RefCell`.
/// ```compile_fail
/// bunpy_heap::payload! { pub struct Bad: List { v: bunpy_heap::Value } }
/// ```
/// ```compile_fail
/// bunpy_heap::payload! { pub struct Bad: List { v: std::cell::RefCell<u32> } }
/// ```
/// ```compile_fail
/// use bunpy_heap::{Gc, Tuple};
/// fn exclusive(mut t: Gc<Tuple>) { let _: &mut Tuple = &mut *t; }
/// ```
#[cfg(doctest)]
pub struct CompileFail;
