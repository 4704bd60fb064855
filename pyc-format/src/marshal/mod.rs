//! marshal, the serialisation inside every .pyc: the object graph, its reader and its writer.
//!
//! Invariant: sharing is part of the value. Two uses of one object are one [`ObjRef`], and FLAG_REF and the
//! interned letters are stored per object, so what CPython wrote is read and written back to the same bytes.
//!
//! ```text
//! object := type:u8 payload              bit 0x80 of type (FLAG_REF): the object enters the reference table
//! payload of a container := count, objects        'r' index:u32 stands for an object of that table
//! ```
//!
//! Read on in `types` (the letters), [`graph`] (the model), `read`, `write`, and `flags` (when CPython sets FLAG_REF).

mod error;
mod flags;
mod float_text;
pub mod graph;
pub(crate) mod read;
pub(crate) mod types;
pub(crate) mod utf8;
mod write;

pub use error::{ErrorKind, ReadError, WriteError};
pub use graph::{BigInt, Graph, ObjRef, Str, Value};
pub use read::{Loaded, read, read_with};
pub use types::{MAX_DEPTH, VERSION};
pub use write::{write, write_limited};
