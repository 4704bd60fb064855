//! The .pyc format of CPython 3.14.
//!
//! Invariant: no IO and no unsafe; every function is total over bytes from anywhere, and reading what CPython wrote
//! and writing it back gives the same bytes.
//!
//! ```text
//! file := header                  [`header`]: magic, invalidation mode, cache file names
//!         marshal(code)           [`marshal`]: objects, sharing, FLAG_REF    (owned: `Graph`)
//!                                 [`lazy`]: the same over borrowed bytes, decoded on demand
//! code := ints, objects           [`code`]: fields, flags, kinds of locals
//!         co_linetable            [`linetable`]
//!         co_exceptiontable       [`exceptiontable`]
//! ```
//!
//! To build a file: make objects in a [`marshal::Graph`], share ObjRefs where CPython shares objects, call
//! [`marshal::Graph::set_flags`], then [`write_pyc`]. To read one: [`read_pyc`], or [`lazy::Lazy`] for a mapped file.
//! Where to read next: `header`, then `marshal::graph`.
#![forbid(unsafe_code)]

pub mod code;
pub mod dis;
pub mod exceptiontable;
pub mod header;
pub mod inspect;
pub mod lazy;
pub mod linetable;
pub mod marshal;
pub mod opcode;
pub mod verify;

use header::{Header, HeaderError};
use marshal::{Graph, Loaded, ObjRef, ReadError, WriteError};

/// Why a file is not a .pyc of CPython 3.14.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PycError {
    Header(HeaderError),
    /// Offsets count from the start of the file.
    Body(ReadError),
}

impl std::fmt::Display for PycError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            PycError::Header(error) => {
                let (offset, expected) = error.expected();
                write!(f, "{}: {error} (at offset {offset}, expected {expected})", error.exception())
            }
            PycError::Body(error) => error.fmt(f),
        }
    }
}

impl std::error::Error for PycError {}

/// Reads a whole .pyc.
pub fn read_pyc(file: &[u8]) -> Result<(Header, Loaded), PycError> {
    let (header, body) = Header::parse(file).map_err(PycError::Header)?;
    let loaded = marshal::read(body).map_err(|mut error| {
        error.offset += header::HEADER_SIZE;
        PycError::Body(error)
    })?;
    Ok((header, loaded))
}

/// Writes a whole .pyc.
pub fn write_pyc(header: Header, graph: &Graph, root: ObjRef) -> Result<Vec<u8>, WriteError> {
    let mut file = header.to_bytes().to_vec();
    file.extend(marshal::write(graph, root, marshal::VERSION)?);
    Ok(file)
}
