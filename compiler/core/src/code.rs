//! Code objects as the assembler leaves them.
//!
//! Invariant: fields are constant objects, because which of them are shared decides the bytes; fields that CPython never
//! shares between code objects (`co_code`, `co_localspluskinds`) are plain bytes. Next: `sharing.rs` writes them.

use crate::constants::{Class, ObjId};

/// A code object's fields, those that are written to a file.
#[derive(Clone, Copy, Debug)]
pub struct Code<'a> {
    /// Positional-only ones included.
    pub argcount: u32,
    pub posonlyargcount: u32,
    pub kwonlyargcount: u32,
    pub stacksize: u32,
    pub flags: u32,
    pub code: &'a [u8],
    pub consts: ObjId,
    pub names: ObjId,
    pub localsplusnames: ObjId,
    pub localspluskinds: &'a [u8],
    pub filename: ObjId,
    pub name: ObjId,
    pub qualname: ObjId,
    pub firstlineno: i32,
    pub linetable: ObjId,
    pub exceptiontable: ObjId,
}

impl Code<'_> {
    /// `code_richcompare`: qualname, filename, stack size and kinds of locals do not count.
    pub(crate) fn equal(&self, other: &Self, class: impl Fn(ObjId) -> Class) -> bool {
        // Names are interned: equal ones are one object.
        self.name == other.name
            && self.argcount == other.argcount
            && self.posonlyargcount == other.posonlyargcount
            && self.kwonlyargcount == other.kwonlyargcount
            && self.flags == other.flags
            && self.firstlineno == other.firstlineno
            && self.code == other.code
            && [
                (self.consts, other.consts),
                (self.names, other.names),
                (self.localsplusnames, other.localsplusnames),
                (self.linetable, other.linetable),
                (self.exceptiontable, other.exceptiontable),
            ]
            .iter()
            .all(|&(a, b)| class(a) == class(b))
    }
}
