//! The tables behind dict and set, and the register file of a suspended frame.
//!
//! Invariant: capacities stand in the cell and never change; entries of a `DictTable` are append-only, so the address of an
//! entry is good for as long as the table is. How a table is probed is the types' business (vm/core).

use crate::alloc::{Heap, OutOfMemory};
use crate::cell::{Gc, Payload};
use crate::collect::Tracer;
use crate::kinds::Kind;
use crate::shape::ShapeId;
use crate::value::{Slot, Value};
use std::sync::atomic::*;

/// ```text
/// | payload | entries: cap * (hash, key, value) | indices: 1 << log2, of 1 or 4 bytes |
/// ```
#[repr(C)]
pub struct DictTable {
    /// Entries appended so far, deleted ones included.
    pub n_entries: AtomicUsize,
    cap: u32,
    log2: u8,
}
#[repr(C)]
pub struct DictEntry {
    pub hash: AtomicI64,
    /// Unbound when deleted.
    pub key: Slot,
    pub value: Slot,
}
pub const INDEX_EMPTY: u32 = u32::MAX;
pub const INDEX_DUMMY: u32 = u32::MAX - 1;
const WIDE: u8 = 8;

impl Payload for DictTable {
    const KIND: Kind = Kind::DictTable;
    fn trace(&self, t: &mut Tracer<'_>) {
        let n = self.n_entries.load(Ordering::Acquire).min(self.cap as usize);
        // SAFETY: the entries follow the payload.
        for e in unsafe { std::slice::from_raw_parts((self as *const DictTable).add(1) as *const DictEntry, n) } {
            t.value(e.key.get());
            t.value(e.value.get());
        }
    }
    fn tail_bytes(&self) -> usize {
        self.cap as usize * size_of::<DictEntry>() + (1 << self.log2) * if self.log2 < WIDE { 1 } else { 4 }
    }
}
impl Gc<DictTable> {
    #[inline(always)]
    pub fn log2(&self) -> u8 {
        self.log2
    }
    #[inline(always)]
    pub fn mask(&self) -> usize {
        (1 << self.log2) - 1
    }
    #[inline(always)]
    pub fn cap(&self) -> usize {
        self.cap as usize
    }
    /// All entries, those not yet appended included (their keys are unbound).
    #[inline(always)]
    pub fn entries(&self) -> &[DictEntry] {
        // SAFETY: the tail starts with `cap` entries.
        unsafe { std::slice::from_raw_parts(self.tail_ptr() as *const DictEntry, self.cap as usize) }
    }
    /// What the index says at place `i` (masked).
    #[inline(always)]
    pub fn index(&self, i: usize) -> u32 {
        let i = i & self.mask();
        // SAFETY: the indices follow the entries; `i` is masked.
        unsafe {
            let p = self.tail_ptr().add(self.cap as usize * size_of::<DictEntry>());
            if self.log2 < WIDE {
                let b = (*(p.add(i) as *const AtomicU8)).load(Ordering::Acquire);
                if b >= 0xFE { 0xFFFF_FF00 | b as u32 } else { b as u32 }
            } else {
                (*(p.add(i * 4) as *const AtomicU32)).load(Ordering::Acquire)
            }
        }
    }
    #[inline(always)]
    pub fn set_index(&self, i: usize, to: u32) {
        let i = i & self.mask();
        // SAFETY: as above.
        unsafe {
            let p = self.tail_ptr().add(self.cap as usize * size_of::<DictEntry>());
            if self.log2 < WIDE {
                (*(p.add(i) as *const AtomicU8)).store(to as u8, Ordering::Release)
            } else {
                (*(p.add(i * 4) as *const AtomicU32)).store(to, Ordering::Release)
            }
        }
    }
}

#[repr(C)]
pub struct SetTable {
    /// Entries ever filled, deleted ones included.
    pub fill: AtomicUsize,
    mask: usize,
}
#[repr(C)]
pub struct SetEntry {
    pub hash: AtomicI64,
    /// Unbound when never used; a deleted entry holds `NotImplemented` with hash -1.
    pub key: Slot,
}
impl Payload for SetTable {
    const KIND: Kind = Kind::SetTable;
    fn trace(&self, t: &mut Tracer<'_>) {
        // SAFETY: the entries follow the payload.
        let entries =
            unsafe { std::slice::from_raw_parts((self as *const SetTable).add(1) as *const SetEntry, self.mask + 1) };
        for e in entries {
            t.value(e.key.get())
        }
    }
    fn tail_bytes(&self) -> usize {
        (self.mask + 1) * size_of::<SetEntry>()
    }
}
impl Gc<SetTable> {
    #[inline(always)]
    pub fn mask(&self) -> usize {
        self.mask
    }
    #[inline(always)]
    pub fn entries(&self) -> &[SetEntry] {
        // SAFETY: the tail has `mask + 1` entries.
        unsafe { std::slice::from_raw_parts(self.tail_ptr() as *const SetEntry, self.mask + 1) }
    }
}

/// The register file of a generator: `FRAME_WORDS` raw words, then registers.
#[repr(C)]
pub struct FrameBuf {
    n: usize,
}
/// Words before a frame's registers (vm/core's engine says what they hold; they are not values).
pub const FRAME_WORDS: usize = 6;
impl Payload for FrameBuf {
    const KIND: Kind = Kind::FrameBuf;
    fn trace(&self, t: &mut Tracer<'_>) {
        // SAFETY: words and registers follow the payload.
        unsafe {
            let p = (self as *const FrameBuf).add(1) as *const Slot;
            t.value((*p.add(FRAME_WORDS - 1)).get());
            t.value((*p.add(FRAME_WORDS - 5)).get());
            t.value((*p.add(FRAME_WORDS - 6)).get());
            t.slots(std::slice::from_raw_parts(p.add(FRAME_WORDS), self.n))
        }
    }
    fn tail_bytes(&self) -> usize {
        (self.n + FRAME_WORDS) * 8
    }
}
impl Gc<FrameBuf> {
    /// The first register; the raw words stand before it.
    pub fn registers(&self) -> *mut Value {
        // SAFETY: inside the tail.
        unsafe { (self.tail_ptr() as *mut Value).add(FRAME_WORDS) }
    }
    pub fn n_registers(&self) -> usize {
        self.n
    }
}

impl Heap {
    /// An empty table of `1 << log2` places and `cap` entries.
    pub fn dict_table(&self, log2: u8, cap: usize) -> Result<Gc<DictTable>, OutOfMemory> {
        if log2 > 30 {
            return Err(OutOfMemory);
        }
        let payload = DictTable { n_entries: AtomicUsize::new(0), cap: cap as u32, log2 };
        self.alloc_tail(Kind::DictTable as ShapeId, payload, |p| {
            // SAFETY: the tail has room for entries and indices; 0xFF bytes are `INDEX_EMPTY` in both widths.
            unsafe {
                let words = p as *mut u64;
                let unbound = Value::unbound().bits();
                for i in 0..cap {
                    words.add(i * 3).write(0);
                    words.add(i * 3 + 1).write(unbound);
                    words.add(i * 3 + 2).write(unbound);
                }
                let index = p.add(cap * size_of::<DictEntry>());
                std::ptr::write_bytes(index, 0xFF, (1 << log2) * if log2 < WIDE { 1 } else { 4 });
            }
        })
    }
    /// An empty table of `mask + 1` entries, a power of two.
    pub fn set_table(&self, mask: usize) -> Result<Gc<SetTable>, OutOfMemory> {
        if mask > usize::MAX / 64 {
            return Err(OutOfMemory);
        }
        self.alloc_tail(Kind::SetTable as ShapeId, SetTable { fill: AtomicUsize::new(0), mask }, |p| {
            // SAFETY: the tail has `mask + 1` entries of two words.
            unsafe {
                let words = p as *mut u64;
                for i in 0..=mask {
                    words.add(i * 2).write(0);
                    words.add(i * 2 + 1).write(Value::unbound().bits());
                }
            }
        })
    }
    /// A register file of `n` unbound registers.
    pub fn frame_buf(&self, n: usize) -> Gc<FrameBuf> {
        let r = self.alloc_tail(Kind::FrameBuf as ShapeId, FrameBuf { n }, |p| {
            // SAFETY: the tail has room for words and registers.
            unsafe {
                for i in 0..n + FRAME_WORDS {
                    (p as *mut Value).add(i).write(Value::unbound());
                }
            }
        });
        match r {
            Ok(b) => b,
            Err(e) => std::panic::resume_unwind(Box::new(e)),
        }
    }
    pub(crate) fn register_tables(&self) {
        self.register::<DictTable>();
        self.register::<SetTable>();
        self.register::<FrameBuf>();
    }
}
