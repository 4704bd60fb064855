//! The table of shapes: what class a cell has and how many attribute words follow its payload.
//!
//! Invariant: shape `k` for `k < Kind::COUNT` belongs to the exact builtin type of kind `k`; an entry's kind and attribute
//! offset never change after it is published, and ids are never reused. What a shape's words are called is the object
//! model's business (vm/core).

use crate::kinds::Kind;
use crate::value::{Slot, Value};
use std::sync::atomic::{AtomicU16, AtomicU32, Ordering};

pub type ShapeId = u32;
/// Beyond so many shapes new classes keep their attributes in dicts only.
pub const MAX_SHAPES: usize = 1 << 20;

#[repr(C)]
pub struct ShapeEntry {
    pub class: Slot,
    kind: AtomicU16,
    attr_words: AtomicU16,
    /// What the object model keeps about this shape.
    pub info: AtomicU32,
}
impl ShapeEntry {
    /// Words of attributes after the payload (after the tail where the kind has one).
    #[inline(always)]
    pub fn attr_words(&self) -> usize {
        self.attr_words.load(Ordering::Relaxed) as usize
    }
    pub fn kind(&self) -> u16 {
        self.kind.load(Ordering::Relaxed)
    }
    pub(crate) fn publish(&self, kind: Kind, class: Value, words: u16) {
        self.kind.store(kind as u16, Ordering::Relaxed);
        self.attr_words.store(words, Ordering::Relaxed);
        self.class.set(Value::none(), class);
    }
}
const _: () = assert!(std::mem::size_of::<ShapeEntry>() == 16);
