//! Constant objects of one compilation, with the identity that CPython's compiler would give them.
//!
//! Invariant: one [`ObjId`] is one Python object. Which slots share an object decides the reference flags in the bytes
//! (docs/pyc-format.md); values alone do not. `merge` is the const cache of `compile.c`.

use pyc_text::Wtf8;

use crate::ast::Int;

/// A constant object, by number within its compilation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ObjId(pub u32);

/// A code object, by number within its compilation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct CodeId(pub u32);

/// An object's value. Floats are bits, so that NaN and -0.0 keep theirs.
#[derive(Clone, Copy, Debug)]
pub enum Object<'a> {
    None,
    True,
    False,
    Ellipsis,
    Int(Int<'a>),
    Float(u64),
    Complex { real: u64, imag: u64 },
    Str(Wtf8<'a>),
    Bytes(&'a [u8]),
    Tuple(&'a [ObjId]),
    FrozenSet(&'a [ObjId]),
    Slice([ObjId; 3]),
    Code(CodeId),
}
