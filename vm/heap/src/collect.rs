//! The collector: stop, mark precisely from the roots, let allocation sweep lazily.
//!
//! Invariant: runs only at a safepoint where every live value is reachable from what `roots` visits: no native frame
//! is live. Marks are out of line, in the bitmap of the new epoch; the old bitmap is the next cycle's.

use crate::alloc::{BLOCK, BLOCK_SHIFT, BREAK_COLLECT, CLASS_SIZES, GRANULE, Heap};
use crate::cell::{Gc, HEADER, Header, Payload};
use crate::shape::ShapeId;
use crate::value::{Slot, Value};
use std::cell::RefCell;
use std::rc::Rc;
use std::sync::atomic::Ordering;

/// What a dead cell is filled with in poisoned builds: as a header no shape, as a word a float.
const POISON: u64 = 0xFDFD_FDFD_FDFD_FDFD;

/// Visits references while marking.
pub struct Tracer<'a> {
    heap: &'a Heap,
    stack: Vec<*const Header>,
    live: usize,
}

impl Tracer<'_> {
    /// Marks the object that `v` refers to, if any.
    #[inline(always)]
    pub fn value(&mut self, v: Value) {
        if v.is_object() && self.heap.contains(v.address()) && self.heap.mark(v.address()) {
            self.stack.push(v.address() as *const Header);
        }
    }
    pub fn gc<T: Payload>(&mut self, g: Gc<T>) {
        self.value(g.value())
    }
    pub fn slots(&mut self, slots: &[Slot]) {
        for s in slots {
            self.value(s.get())
        }
    }
    fn drain(&mut self) {
        while let Some(h) = self.stack.pop() {
            // SAFETY: marked cells are whole; their kind names their payload.
            unsafe {
                let info = (&(*self.heap.kinds.get()))[(*h).kind as usize];
                (info.trace)(h, self);
                let entry = self.heap.entry((*h).shape());
                self.value(entry.class.get());
                self.live += HEADER + info.payload_bytes as usize + (info.tail_bytes)(h);
                if entry.attr_words() != 0 {
                    let v = Value::from_bits(h as u64);
                    for s in self.heap.attrs(&v) {
                        self.value(s.get())
                    }
                }
            }
        }
    }
}

/// Whether objects survived, asked between marking and sweeping.
pub struct Survivors<'a>(&'a Heap);
impl Survivors<'_> {
    pub fn is_live(&self, v: Value) -> bool {
        !v.is_object() || !self.0.contains(v.address()) || self.0.is_marked(v.address())
    }
}

#[derive(Clone, Copy, Debug, Default)]
pub struct CollectStats {
    pub live_bytes: usize,
    pub freed_large: usize,
}

impl Heap {
    #[inline(always)]
    fn mark_word(&self, address: usize) -> (&std::sync::atomic::AtomicU64, u64) {
        let off = address - self.base;
        let g = (off & (BLOCK - 1)) / GRANULE;
        (&self.meta(off >> BLOCK_SHIFT).marks[self.epoch.get() & 1][g / 64], 1 << (g % 64))
    }
    #[inline(always)]
    fn mark(&self, address: usize) -> bool {
        let (word, bit) = self.mark_word(address);
        let old = word.load(Ordering::Relaxed);
        word.store(old | bit, Ordering::Relaxed);
        old & bit == 0
    }
    fn is_marked(&self, address: usize) -> bool {
        let (word, bit) = self.mark_word(address);
        word.load(Ordering::Relaxed) & bit != 0
    }

    /// Whether the engine should collect at this safepoint.
    pub fn wants_collection(&self) -> bool {
        self.enabled.get() && (self.stress.get() || self.allocated.get() >= self.threshold.get())
    }
    pub fn set_enabled(&self, on: bool) {
        self.enabled.set(on)
    }
    pub fn is_enabled(&self) -> bool {
        self.enabled.get()
    }
    pub fn collections(&self) -> u64 {
        self.collections.get()
    }
    pub fn live_bytes(&self) -> usize {
        self.live.get()
    }

    /// Collects. `roots` visits everything that is live outside the heap; `weak` runs after marking, before dead cells
    /// may be reused, and clears what refers to the dead.
    pub fn collect(
        &self,
        roots: &mut dyn FnMut(&mut Tracer<'_>),
        weak: &mut dyn FnMut(&Survivors<'_>),
    ) -> CollectStats {
        self.epoch.set(self.epoch.get() + 1);
        let current = self.epoch.get() & 1;
        for &b in self.blocks.borrow().iter().chain(self.large.borrow().iter()) {
            for w in &self.meta(b as usize).marks[current] {
                w.store(0, Ordering::Relaxed);
            }
        }
        let mut t = Tracer { heap: self, stack: Vec::with_capacity(4096), live: 0 };
        for id in 0..self.n_shapes() {
            t.value(self.entry(id as ShapeId).class.get());
        }
        roots(&mut t);
        for v in self.roots.borrow().values.iter().flatten() {
            t.value(*v);
        }
        t.drain();
        let live = t.live;
        weak(&Survivors(self));
        let mut stats = CollectStats { live_bytes: live, freed_large: 0 };
        self.large.borrow_mut().retain(|&b| {
            let keep = self.is_marked(self.base + b as usize * BLOCK);
            if !keep {
                self.free_large(b as usize);
                stats.freed_large += 1;
            }
            keep
        });
        if self.poison.get() {
            self.poison_dead();
        }
        self.restart_runs();
        self.live.set(live);
        self.allocated.set(0);
        self.threshold.set((32 << 20).max(live / 4 * 3));
        self.collections.set(self.collections.get() + 1);
        if !self.stress.get() {
            self.breaker.fetch_and(!BREAK_COLLECT, Ordering::Relaxed);
        }
        stats
    }

    fn poison_dead(&self) {
        for &b in self.blocks.borrow().iter() {
            let size = CLASS_SIZES[self.meta(b as usize).class as usize] as usize;
            let start = self.base + b as usize * BLOCK;
            for i in 0..BLOCK / size {
                let p = start + i * size;
                if !self.is_marked(p) {
                    for w in 0..size / 8 {
                        // SAFETY: the cell is dead, and blocks are mapped.
                        unsafe { ((p + w * 8) as *mut u64).write(POISON) };
                    }
                }
            }
        }
    }

    /// Visits every object that survived the last collection; meaningful right after one.
    pub fn each_survivor(&self, mut f: impl FnMut(Value)) {
        let current = self.epoch.get() & 1;
        for &b in self.blocks.borrow().iter().chain(self.large.borrow().iter()) {
            let start = self.base + b as usize * BLOCK;
            for (i, w) in self.meta(b as usize).marks[current].iter().enumerate() {
                let mut bits = w.load(Ordering::Relaxed);
                while bits != 0 {
                    let g = i * 64 + bits.trailing_zeros() as usize;
                    bits &= bits - 1;
                    // SAFETY: a marked granule is the start of a whole cell.
                    f(unsafe { Value::from_bits((start + g * GRANULE) as u64) });
                }
            }
        }
    }

    /// Visits what an object refers to (`gc.get_referents`).
    pub fn each_referent(&self, v: Value, f: &mut dyn FnMut(Value)) {
        let Some(h) = v.header() else { return };
        if !self.contains(v.address()) {
            return;
        }
        // Marks of a tracer of its own would disturb the live ones, so the references are taken from a fresh mark stack.
        let mut t = Tracer { heap: self, stack: Vec::new(), live: 0 };
        let saved = self.epoch.get();
        let (word_state, marks) = (saved + 1, (saved + 1) & 1);
        for &b in self.blocks.borrow().iter().chain(self.large.borrow().iter()) {
            for w in &self.meta(b as usize).marks[marks] {
                w.store(0, Ordering::Relaxed);
            }
        }
        self.epoch.set(word_state);
        // SAFETY: the kind names the payload.
        unsafe { ((&(*self.kinds.get()))[h.kind as usize].trace)(h, &mut t) };
        t.slots(self.attrs(&v));
        self.epoch.set(saved);
        for p in t.stack {
            // SAFETY: the stack holds addresses of objects.
            f(unsafe { Value::from_bits(p as u64) });
        }
    }

    /// Keeps `v` alive until the handle is dropped.
    pub fn root(&self, v: Value) -> Root {
        let mut t = self.roots.borrow_mut();
        let i = match t.free.pop() {
            Some(i) => {
                t.values[i] = Some(v);
                i
            }
            None => {
                t.values.push(Some(v));
                t.values.len() - 1
            }
        };
        Root { index: i, table: self.roots.clone() }
    }
}

#[derive(Default)]
pub(crate) struct RootTable {
    values: Vec<Option<Value>>,
    free: Vec<usize>,
}

/// A registered root: a value that something other than a Rust local or a heap object holds.
pub struct Root {
    index: usize,
    table: Rc<RefCell<RootTable>>,
}
impl Root {
    pub fn get(&self) -> Value {
        self.table.borrow().values[self.index].unwrap_or(Value::none())
    }
}
impl Drop for Root {
    fn drop(&mut self) {
        let mut t = self.table.borrow_mut();
        t.values[self.index] = None;
        t.free.push(self.index);
    }
}
