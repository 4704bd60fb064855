//! The virtual machine: translator, engine, object model, builtin types.
//!
//! Invariant: everything a machine knows hangs off `Vm`; natives are safe functions over `Value` and `Gc<T>`; what may run
//! Python (calls, comparisons, conversions) may change any mutable object that the caller looked at before.
//!
//! ```text
//! vm, boot            the machine and how it comes to be
//! engine/             register code, translator, interpreter, frames, generators
//! object/             slots, shapes, the operations on any value
//! native, bind,       native functions: tables, argument binding, parameter and result types
//!   convert
//! types/, modules/    builtin types and modules, one file each
//! ```
#![deny(unsafe_code)]

pub mod bind;
pub mod boot;
pub mod carets;
pub mod convert;
pub mod engine;
pub mod error;
pub mod hash;
pub mod import;
pub mod modules;
pub mod names;
pub mod native;
pub mod object;
pub mod source;
pub mod traceback_text;
pub mod types;
pub mod vm;

pub use error::{OrRaise, PyResult, Raised};
pub use native::Args;
pub use vm::{Settings, Vm};
