//! The allocator: one reserved arena, blocks of 64 KiB of one size class, bump allocation in runs of dead cells.
//!
//! ```text
//! arena   | block 0 | block 1 | ... | large object: n blocks | ...
//! block   | cell | cell | ...                                   metadata out of line: class, two mark bitmaps
//! run     cur ──► end     the cells between are free; at the end the next run of unmarked cells is searched (lazy sweep)
//! ```
//! Invariant: a cell is live if it is marked in the bitmap of the current epoch or was allocated since the last
//! collection; nothing else may be read. Allocation writes the whole cell before it returns the reference.

use crate::cell::{Gc, HEADER, Header, Payload};
use crate::collect::RootTable;
use crate::kinds::{Kind, KindInfo};
use crate::os;
use crate::shape::{MAX_SHAPES, ShapeEntry, ShapeId};
use crate::value::{Slot, Value};
use std::any::TypeId;
use std::cell::{Cell, RefCell, UnsafeCell};
use std::rc::Rc;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};

pub(crate) const BLOCK_SHIFT: usize = 16;
pub(crate) const BLOCK: usize = 1 << BLOCK_SHIFT;
pub(crate) const GRANULE: usize = 16;
pub(crate) const MARK_WORDS: usize = BLOCK / GRANULE / 64;
const N_CLASSES: usize = 32;
/// Larger cells are runs of whole blocks.
pub(crate) const MAX_SMALL: usize = CLASS_SIZES[N_CLASSES - 1] as usize;
/// Arena sizes tried in turn.
const ARENAS: [usize; 5] = [1 << 38, 1 << 36, 1 << 34, 1 << 32, 1 << 30];

/// Breaker bits: why the engine's poll must take its slow path.
pub const BREAK_COLLECT: u32 = 1;
pub const BREAK_INTERRUPT: u32 = 2;

const fn class_sizes() -> [u32; N_CLASSES] {
    let mut t = [0u32; N_CLASSES];
    let mut i = 0;
    while i < 8 {
        t[i] = 16 * (i as u32 + 1);
        i += 1;
    }
    let mut base = 128u32;
    while i < N_CLASSES {
        let mut k = 1;
        while k <= 4 && i < N_CLASSES {
            t[i] = base + base / 4 * k;
            i += 1;
            k += 1;
        }
        base *= 2;
    }
    t
}
pub(crate) const CLASS_SIZES: [u32; N_CLASSES] = class_sizes();
#[inline(always)]
const fn class_of(n: usize) -> usize {
    if n <= 128 {
        n.div_ceil(16).saturating_sub(1)
    } else {
        let m = n - 1;
        let lg = 63 - m.leading_zeros() as usize;
        8 + (lg - 7) * 4 + ((m >> (lg - 2)) & 3)
    }
}

/// The arena (or the limit that was asked for) has no room.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OutOfMemory;

#[derive(Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub(crate) enum BlockKind {
    Free,
    Small,
    /// First block of a large object; `run` blocks belong to it.
    Large,
    LargeRest,
}

#[repr(C)]
pub(crate) struct BlockMeta {
    pub kind: BlockKind,
    pub class: u8,
    pub run: u32,
    pub marks: [[AtomicU64; MARK_WORDS]; 2],
}

#[derive(Clone, Copy)]
struct Run {
    cur: usize,
    end: usize,
    block: usize,
}
const NO_RUN: Run = Run { cur: 0, end: 0, block: usize::MAX };

pub struct Heap {
    pub(crate) base: usize,
    size: usize,
    meta: *mut BlockMeta,
    runs: UnsafeCell<[Run; N_CLASSES]>,
    /// Bits `BREAK_*`; read by every poll of the engine.
    pub breaker: AtomicU32,
    pub(crate) epoch: Cell<usize>,
    pub(crate) next_block: Cell<usize>,
    /// Blocks that may have free cells, by class; then all blocks of a class.
    queue: RefCell<Vec<Vec<u32>>>,
    pub(crate) blocks: RefCell<Vec<u32>>,
    pub(crate) large: RefCell<Vec<u32>>,
    free_blocks: RefCell<Vec<(u32, u32)>>,
    shapes: *mut ShapeEntry,
    n_shapes: Cell<usize>,
    pub(crate) kinds: UnsafeCell<Vec<KindInfo>>,
    /// Bytes handed out since the last collection, and how many may be before the next.
    pub(crate) allocated: Cell<usize>,
    pub(crate) threshold: Cell<usize>,
    pub(crate) live: Cell<usize>,
    pub(crate) limit: Cell<usize>,
    pub(crate) collections: Cell<u64>,
    pub(crate) enabled: Cell<bool>,
    pub(crate) stress: Cell<bool>,
    pub(crate) poison: Cell<bool>,
    pub(crate) roots: Rc<RefCell<RootTable>>,
}

impl Heap {
    /// `None` where not even the smallest arena can be reserved.
    pub fn new() -> Option<Heap> {
        let (p, size) = ARENAS.iter().find_map(|&n| os::reserve(n + BLOCK).map(|p| (p as usize, n)))?;
        let meta = os::reserve((size >> BLOCK_SHIFT) * size_of::<BlockMeta>())? as *mut BlockMeta;
        let shapes = os::reserve(MAX_SHAPES * size_of::<ShapeEntry>())? as *mut ShapeEntry;
        let heap = Heap {
            base: p.next_multiple_of(BLOCK),
            size,
            meta,
            runs: UnsafeCell::new([NO_RUN; N_CLASSES]),
            breaker: AtomicU32::new(0),
            epoch: Cell::new(0),
            next_block: Cell::new(0),
            queue: RefCell::new(vec![Vec::new(); N_CLASSES]),
            blocks: RefCell::default(),
            large: RefCell::default(),
            free_blocks: RefCell::default(),
            shapes,
            n_shapes: Cell::new(Kind::COUNT),
            kinds: UnsafeCell::new(vec![KindInfo::EMPTY; Kind::COUNT]),
            allocated: Cell::new(0),
            threshold: Cell::new(32 << 20),
            live: Cell::new(0),
            limit: Cell::new(size),
            collections: Cell::new(0),
            enabled: Cell::new(true),
            stress: Cell::new(cfg!(feature = "collect-always")),
            poison: Cell::new(cfg!(feature = "poison")),
            roots: Rc::default(),
        };
        for &k in Kind::ALL {
            heap.entry(k as ShapeId).publish(k, Value::none(), 0);
        }
        heap.register::<crate::Str>();
        heap.register::<crate::tail::StrBuf>();
        heap.register::<crate::Bytes>();
        heap.register::<crate::ByteBuf>();
        heap.register::<crate::Int>();
        heap.register::<crate::Tuple>();
        heap.register::<crate::SlotBuf>();
        heap.register_tables();
        Some(heap)
    }

    /// Tells the collector about a payload type. Called once for each before its first cell.
    ///
    /// # Panics
    /// If another type already has this kind: a mistake in `kinds.rs`, found by the first start.
    pub fn register<T: Payload>(&self) {
        // SAFETY: no reference into the table outlives a call.
        let slot = unsafe { &mut (&mut *self.kinds.get())[T::KIND as usize] };
        let taken = slot.type_id.is_some_and(|t| t != TypeId::of::<T>());
        assert!(!taken, "kind {:?} has two payload types", T::KIND);
        *slot = KindInfo::of::<T>();
    }

    /// Every allocation at a safepoint is followed by a collection (tests), and dead cells are overwritten.
    pub fn set_stress(&self, collect_always: bool, poison: bool) {
        self.stress.set(collect_always);
        self.poison.set(poison);
        if collect_always {
            self.breaker.fetch_or(BREAK_COLLECT, Ordering::Relaxed);
        }
    }
    /// Bounds the heap; what does not fit is a `MemoryError`.
    pub fn set_limit(&self, bytes: usize) {
        self.limit.set(bytes.min(self.size));
    }

    // ---- shapes

    #[inline(always)]
    pub fn entry(&self, id: ShapeId) -> &ShapeEntry {
        debug_assert!((id as usize) < MAX_SHAPES);
        // SAFETY: the table is reserved for MAX_SHAPES entries; ids come from headers and `new_shape`.
        unsafe { &*self.shapes.add(id as usize & (MAX_SHAPES - 1)) }
    }
    pub fn n_shapes(&self) -> usize {
        self.n_shapes.get()
    }
    /// A new shape of cells of `kind` and class `class` with `words` attribute words; `None` when the table is full.
    pub fn new_shape(&self, kind: Kind, class: Value, words: u16) -> Option<ShapeId> {
        let id = self.n_shapes.get();
        if id >= MAX_SHAPES {
            return None;
        }
        self.n_shapes.set(id + 1);
        self.entry(id as ShapeId).publish(kind, class, words);
        Some(id as ShapeId)
    }
    /// The class of any value; for a builtin kind without a class yet, None.
    #[inline(always)]
    pub fn class_of(&self, v: Value) -> Value {
        self.entry(v.shape()).class.get()
    }
    /// Moves an object to another shape of the same kind whose attribute words fit the cell. False if they don't.
    pub fn set_shape(&self, v: Value, to: ShapeId) -> bool {
        let Some(h) = v.header() else { return false };
        let (old, new) = (self.entry(h.shape()), self.entry(to));
        if new.kind() != h.kind as u16 || new.attr_words() != old.attr_words() {
            return false;
        }
        h.store_shape(to);
        true
    }
    /// Words from the start of a cell of `kind` to its attribute words, for kinds without a tail.
    pub fn attr_offset(&self, kind: Kind) -> usize {
        // SAFETY: read only.
        HEADER / 8 + unsafe { &(&*self.kinds.get())[kind as usize] }.payload_bytes as usize / 8
    }
    /// The attribute words of an object (empty for values without any).
    #[inline]
    pub fn attrs<'a>(&self, v: &'a Value) -> &'a [Slot] {
        let Some(h) = v.header() else { return &[] };
        let n = self.entry(h.shape()).attr_words();
        if n == 0 {
            return &[];
        }
        // SAFETY: the cell was allocated with its shape's words after payload and tail; `set_shape` keeps their number.
        unsafe {
            let info = &(&*self.kinds.get())[h.kind as usize];
            let tail = (info.tail_bytes)(h).next_multiple_of(8);
            let p = (h as *const Header as *const u8).add(HEADER + info.payload_bytes as usize + tail);
            std::slice::from_raw_parts(p as *const Slot, n)
        }
    }

    // ---- cells

    /// A cell of the exact builtin type.
    #[inline(always)]
    pub fn alloc<T: Payload>(&self, payload: T) -> Gc<T> {
        let p = self.alloc_small(HEADER + size_of::<T>());
        // SAFETY: the cell has room for header and payload, both are written before the reference exists.
        unsafe {
            (p as *mut Header).write(Header::new(T::KIND as u32, T::KIND));
            (p.add(HEADER) as *mut T).write(payload);
            Gc::from_value(Value::from_bits(p as u64))
        }
    }
    /// A cell of shape `shape`, whose kind must be `T`'s; attribute words start unbound.
    #[inline]
    pub fn alloc_shaped<T: Payload>(&self, shape: ShapeId, payload: T) -> Gc<T> {
        let entry = self.entry(shape);
        assert!(entry.kind() == T::KIND as u16 && payload.tail_bytes() == 0, "shape of another kind");
        let words = entry.attr_words();
        let size = HEADER + size_of::<T>().next_multiple_of(8);
        let p = self.alloc_small(size + words * 8);
        // SAFETY: as `alloc`; the attribute words follow the payload.
        unsafe {
            (p as *mut Header).write(Header::new(shape, T::KIND));
            (p.add(HEADER) as *mut T).write(payload);
            let attrs = p.add(size) as *mut Value;
            for i in 0..words {
                attrs.add(i).write(Value::unbound());
            }
            Gc::from_value(Value::from_bits(p as u64))
        }
    }
    /// A cell with a tail of `payload.tail_bytes()` zero bytes, which `fill` overwrites before the reference exists.
    #[inline]
    pub(crate) fn alloc_tail<T: Payload>(
        &self,
        shape: ShapeId,
        payload: T,
        fill: impl FnOnce(*mut u8),
    ) -> Result<Gc<T>, OutOfMemory> {
        let entry = self.entry(shape);
        assert!(entry.kind() == T::KIND as u16, "shape of another kind");
        let words = entry.attr_words();
        let tail = payload.tail_bytes();
        let fixed = HEADER + size_of::<T>().next_multiple_of(8) + words * 8 + 8;
        let size = tail.checked_add(fixed).ok_or(OutOfMemory)?;
        let p = self.alloc_bytes(if words == 0 { size - 8 } else { size })?;
        // SAFETY: the cell has room; the tail is filled before the reference exists.
        unsafe {
            (p as *mut Header).write(Header::new(shape, T::KIND));
            (p.add(HEADER) as *mut T).write(payload);
            let start = p.add(HEADER + size_of::<T>().next_multiple_of(8));
            fill(start);
            let attrs = start.add(tail.next_multiple_of(8)) as *mut Value;
            for i in 0..words {
                attrs.add(i).write(Value::unbound());
            }
            Ok(Gc::from_value(Value::from_bits(p as u64)))
        }
    }

    #[inline(always)]
    fn alloc_small(&self, bytes: usize) -> *mut u8 {
        if bytes <= MAX_SMALL {
            let class = class_of(bytes);
            // SAFETY: one thread uses a heap; no reference into the table is kept.
            unsafe {
                let run = &mut (*self.runs.get())[class];
                let p = run.cur;
                let n = p + CLASS_SIZES[class] as usize;
                if n <= run.end {
                    run.cur = n;
                    return p as *mut u8;
                }
            }
            match self.refill(class) {
                Ok(p) => p,
                Err(e) => std::panic::resume_unwind(Box::new(e)),
            }
        } else {
            match self.alloc_large(bytes) {
                Ok(p) => p,
                Err(e) => std::panic::resume_unwind(Box::new(e)),
            }
        }
    }
    #[inline]
    fn alloc_bytes(&self, bytes: usize) -> Result<*mut u8, OutOfMemory> {
        if bytes > MAX_SMALL { self.alloc_large(bytes) } else { Ok(self.alloc_small(bytes)) }
    }

    #[inline(always)]
    pub(crate) fn meta(&self, block: usize) -> &BlockMeta {
        // SAFETY: metadata is reserved for every block of the arena.
        unsafe { &*self.meta.add(block) }
    }
    fn set_meta(&self, block: usize, kind: BlockKind, class: u8, run: u32) {
        // SAFETY: no reference to these three fields is kept anywhere.
        unsafe {
            let m = self.meta.add(block);
            (*m).kind = kind;
            (*m).class = class;
            (*m).run = run;
        }
    }

    /// The next run of dead cells of `class`: in the current block, in another, in a new one.
    #[cold]
    #[inline(never)]
    fn refill(&self, class: usize) -> Result<*mut u8, OutOfMemory> {
        let size = CLASS_SIZES[class] as usize;
        let current = self.epoch.get() & 1;
        // SAFETY: as in `alloc_small`.
        let run = unsafe { &mut (*self.runs.get())[class] };
        loop {
            if run.block != usize::MAX {
                let base = self.base + run.block * BLOCK;
                let marks = &self.meta(run.block).marks[current];
                let limit = base + BLOCK / size * size;
                let marked = |p: usize| {
                    let g = (p - base) / GRANULE;
                    marks[g / 64].load(Ordering::Relaxed) >> (g % 64) & 1 != 0
                };
                let mut p = run.end.max(base);
                while p < limit && marked(p) {
                    p += size;
                }
                if p < limit {
                    let mut end = p + size;
                    while end < limit && !marked(end) {
                        end += size;
                    }
                    run.cur = p + size;
                    run.end = end;
                    self.charge(end - p);
                    return Ok(p as *mut u8);
                }
            }
            let next = self.queue.borrow_mut()[class].pop();
            let block = match next {
                Some(b) => b as usize,
                None => {
                    let b = self.take_blocks(1)?;
                    self.set_meta(b, BlockKind::Small, class as u8, 1);
                    self.blocks.borrow_mut().push(b as u32);
                    b
                }
            };
            let start = self.base + block * BLOCK;
            *run = Run { cur: start, end: start, block };
        }
    }

    fn charge(&self, bytes: usize) {
        let n = self.allocated.get() + bytes;
        self.allocated.set(n);
        if n >= self.threshold.get() && self.enabled.get() {
            self.breaker.fetch_or(BREAK_COLLECT, Ordering::Relaxed);
        }
    }
    /// Memory outside the arena that an object keeps alive (a mapping, a library's buffer) hastens the next collection.
    pub fn charge_external(&self, bytes: usize) {
        self.charge(bytes)
    }

    /// `n` blocks in a row whose current marks are clear.
    fn take_blocks(&self, n: usize) -> Result<usize, OutOfMemory> {
        let mut free = self.free_blocks.borrow_mut();
        if let Some(i) = free.iter().position(|&(_, len)| len as usize >= n) {
            let (start, len) = free[i];
            if len as usize == n {
                free.swap_remove(i);
            } else {
                free[i] = (start + n as u32, len - n as u32);
            }
            for b in start as usize..start as usize + n {
                for m in self.meta(b).marks.iter().flatten() {
                    m.store(0, Ordering::Relaxed);
                }
            }
            return Ok(start as usize);
        }
        let b = self.next_block.get();
        let end = b.checked_add(n).ok_or(OutOfMemory)?;
        if end << BLOCK_SHIFT > self.limit.get() {
            return Err(OutOfMemory);
        }
        self.next_block.set(end);
        Ok(b)
    }

    #[cold]
    #[inline(never)]
    fn alloc_large(&self, bytes: usize) -> Result<*mut u8, OutOfMemory> {
        if bytes > self.limit.get() {
            return Err(OutOfMemory);
        }
        let n = bytes.div_ceil(BLOCK);
        let b = self.take_blocks(n)?;
        self.set_meta(b, BlockKind::Large, 0, n as u32);
        for rest in b + 1..b + n {
            self.set_meta(rest, BlockKind::LargeRest, 0, 0);
        }
        self.large.borrow_mut().push(b as u32);
        self.charge(n * BLOCK);
        Ok((self.base + b * BLOCK) as *mut u8)
    }
    /// After marking: gives back the blocks of a dead large object.
    pub(crate) fn free_large(&self, block: usize) {
        let n = self.meta(block).run;
        for b in block..block + n as usize {
            self.set_meta(b, BlockKind::Free, 0, 0);
        }
        // SAFETY: the object is dead; its pages stay mapped and read as zero.
        unsafe { os::discard((self.base + block * BLOCK) as *mut u8, n as usize * BLOCK) };
        self.free_blocks.borrow_mut().push((block as u32, n));
    }
    /// After marking: allocation starts again from the dead cells of every block.
    pub(crate) fn restart_runs(&self) {
        let mut queue = self.queue.borrow_mut();
        for q in queue.iter_mut() {
            q.clear();
        }
        for &b in self.blocks.borrow().iter().rev() {
            queue[self.meta(b as usize).class as usize].push(b);
        }
        // SAFETY: as in `alloc_small`.
        unsafe { *self.runs.get() = [NO_RUN; N_CLASSES] };
    }

    /// Whether the address lies in a block that was handed out.
    #[inline(always)]
    pub(crate) fn contains(&self, address: usize) -> bool {
        address.wrapping_sub(self.base) < self.next_block.get() << BLOCK_SHIFT
    }
}

impl Drop for Heap {
    fn drop(&mut self) {
        // SAFETY: a heap is dropped with its machine; no value outlives it.
        unsafe {
            os::release((self.base & !(BLOCK - 1)) as *mut u8, self.size);
            os::release(self.meta as *mut u8, (self.size >> BLOCK_SHIFT) * size_of::<BlockMeta>());
            os::release(self.shapes as *mut u8, MAX_SHAPES * size_of::<ShapeEntry>());
        }
    }
}
