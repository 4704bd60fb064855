//! dict: compact and ordered, with CPython's iteration order.
//!
//! Invariant: entries of a table are appended and never moved; a deleted entry's key is unbound; a change of the table
//! (growth, compaction, clear) makes a new `DictTable`. Iterators hold (table, position) and notice a change of `used`.
//! `__eq__` of keys may run Python, so a probe re-checks the table after it. Next: `dict_views.rs`, `dict_methods.rs`.

use crate::error::{OrRaise, PyResult};
use crate::vm::Vm;
use bunpy_heap::table::{INDEX_DUMMY, INDEX_EMPTY};
use bunpy_heap::{DictTable, Gc, Slot, Str, Value, payload};
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

payload! {
    pub struct Dict: Dict {
        /// Unbound for an empty dict that never held anything.
        table: Slot,
        used: AtomicUsize,
        /// Counts structural changes; what an inline cache over a namespace compares.
        version: AtomicUsize,
    }
}

const MIN_LOG2: u8 = 3;
/// Entries that fit a table of `1 << log2` places.
const fn usable(log2: u8) -> usize {
    (1usize << log2) * 2 / 3
}

/// Where a key is.
enum Found {
    Entry(usize),
    Missing,
}

impl Dict {
    pub fn new(vm: &Vm) -> Gc<Dict> {
        vm.heap.alloc(Dict::empty())
    }
    pub fn empty() -> Dict {
        Dict { table: Slot::unbound(), used: AtomicUsize::new(0), version: AtomicUsize::new(0) }
    }
    /// An empty dict with room for `n` items.
    pub fn with_capacity(vm: &Vm, n: usize) -> PyResult<Gc<Dict>> {
        let d = Dict::new(vm);
        if n > 0 {
            let log2 = log2_for(n);
            d.table.set(d, vm.heap.dict_table(log2, usable(log2)).or_raise(vm)?.value());
        }
        Ok(d)
    }
    pub fn len(&self) -> usize {
        self.used.load(Relaxed)
    }
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
    pub fn version(&self) -> usize {
        self.version.load(Relaxed)
    }
    #[inline(always)]
    pub fn table(&self) -> Option<Gc<DictTable>> {
        self.table.cast::<DictTable>()
    }
}

fn log2_for(n: usize) -> u8 {
    let mut log2 = MIN_LOG2;
    while usable(log2) < n && log2 < 31 {
        log2 += 1;
    }
    log2
}

/// The hash of a key, or the TypeError that names the use.
#[inline]
pub fn hash_key(vm: &Vm, key: Value) -> PyResult<i64> {
    vm.hash(key).map_err(|e| unhashable(vm, e, key, "a dict key"))
}
#[cold]
pub fn unhashable(vm: &Vm, e: crate::Raised, key: Value, role: &str) -> crate::Raised {
    use crate::types::exception::Exc;
    if !vm.pending().is_some_and(|x| vm.type_of(x) == vm.exc_type(Exc::TypeError)) {
        return e;
    }
    let x = vm.take_exception(e);
    let text = match vm.to_str(x.value()) {
        Ok(t) => t.to_lossy(),
        Err(e) => return e,
    };
    let new = crate::raise!(vm, TypeError, "cannot use '{}' as {role} ({text})", vm.type_name(key));
    if let Some(n) = vm.pending().and_then(|n| n.cast::<crate::types::exception::Exception>()) {
        n.cause.set(n, x.value());
        n.suppress_context.store(true, Relaxed);
    }
    new
}

/// Dict operations as methods of the reference, since a store needs to know its owner.
pub trait DictExt {
    /// The value of a key that hashes and compares by Python's rules.
    fn get(self, vm: &Vm, key: Value) -> PyResult<Option<Value>>;
    fn get_hashed(self, vm: &Vm, key: Value, hash: i64) -> PyResult<Option<Value>>;
    /// The value of a string key; no Python code runs.
    fn get_str(self, vm: &Vm, key: Gc<Str>) -> Option<Value>;
    fn get_text(self, vm: &Vm, key: &str) -> Option<Value>;
    fn set(self, vm: &Vm, key: Value, value: Value) -> PyResult<()>;
    fn set_hashed(self, vm: &Vm, key: Value, hash: i64, value: Value) -> PyResult<()>;
    fn set_str(self, vm: &Vm, key: Gc<Str>, value: Value) -> PyResult<()>;
    fn set_text(self, vm: &Vm, key: &str, value: Value) -> PyResult<()>;
    /// Removes the key and gives its value.
    fn remove(self, vm: &Vm, key: Value) -> PyResult<Option<Value>>;
    fn remove_hashed(self, vm: &Vm, key: Value, hash: i64) -> PyResult<Option<Value>>;
    /// The item at or after position `*pos`, which moves past it.
    fn next_item(self, pos: &mut usize) -> Option<(Value, Value)>;
    /// The item at or before position `*pos - 1`, going down.
    fn prev_item(self, pos: &mut usize) -> Option<(Value, Value)>;
    /// A position past the last entry.
    fn end_position(self) -> usize;
    fn items(self) -> Vec<(Value, Value)>;
    fn clear(self);
    fn copy(self, vm: &Vm) -> PyResult<Gc<Dict>>;
    /// Every item of `other`, later ones winning.
    fn update_from(self, vm: &Vm, other: Gc<Dict>) -> PyResult<()>;
    /// The address of the value's slot and its table, for inline caches over namespaces.
    fn slot_of_str(self, vm: &Vm, key: Gc<Str>) -> Option<(Gc<DictTable>, usize)>;
}

/// Slots `i`, `i*5 + perturb + 1`, ... as CPython probes.
struct Probe {
    i: usize,
    perturb: usize,
    mask: usize,
}
impl Probe {
    #[inline(always)]
    fn new(hash: i64, mask: usize) -> Probe {
        Probe { i: hash as usize & mask, perturb: hash as usize, mask }
    }
    #[inline(always)]
    fn step(&mut self) {
        self.perturb >>= 5;
        self.i = (self.i.wrapping_mul(5).wrapping_add(self.perturb).wrapping_add(1)) & self.mask;
    }
}

#[inline]
fn find_str(t: Gc<DictTable>, key: Gc<Str>, hash: i64) -> Found {
    let entries = t.entries();
    let mut p = Probe::new(hash, t.mask());
    loop {
        let ix = t.index(p.i);
        if ix == INDEX_EMPTY {
            return Found::Missing;
        }
        if let Some(e) = entries.get(ix as usize) {
            let k = e.key.get();
            if k == key.value() {
                return Found::Entry(ix as usize);
            }
            // A key of a subclass of str may have its own `__eq__`; only exact strings are compared by text here.
            if e.hash.load(Relaxed) == hash
                && let Some(k) = k.cast::<Str>()
                && k.same_text(&key)
            {
                return Found::Entry(ix as usize);
            }
        }
        p.step();
    }
}

fn find(vm: &Vm, d: Gc<Dict>, key: Value, hash: i64) -> PyResult<Found> {
    'restart: loop {
        let Some(t) = d.table() else { return Ok(Found::Missing) };
        let entries = t.entries();
        let mut p = Probe::new(hash, t.mask());
        loop {
            let ix = t.index(p.i);
            if ix == INDEX_EMPTY {
                return Ok(Found::Missing);
            }
            if let Some(e) = entries.get(ix as usize) {
                let k = e.key.get();
                if k == key {
                    return Ok(Found::Entry(ix as usize));
                }
                if e.hash.load(Relaxed) == hash && !k.is_unbound() {
                    let same = vm.is_equal(k, key)?;
                    if d.table.get() != t.value() || e.key.get() != k {
                        continue 'restart;
                    }
                    if same {
                        return Ok(Found::Entry(ix as usize));
                    }
                }
            }
            p.step();
        }
    }
}

/// Bit of the header's flags: some key may be no exact string.
const GENERAL: u8 = 1;

#[inline]
fn lookup(vm: &Vm, d: Gc<Dict>, key: Value, hash: i64) -> PyResult<Found> {
    if let Some(s) = key.cast_exact::<Str>()
        && d.header().flags.load(Relaxed) & GENERAL == 0
    {
        return Ok(d.table().map_or(Found::Missing, |t| find_str(t, s, hash)));
    }
    find(vm, d, key, hash)
}

/// A table with room for one more entry than now, holding the live entries in order.
fn grow(vm: &Vm, d: Gc<Dict>, want: usize) -> PyResult<Gc<DictTable>> {
    let log2 = log2_for(want.max(1));
    let new = vm.heap.dict_table(log2, usable(log2)).or_raise(vm)?;
    if let Some(old) = d.table() {
        let n = old.n_entries.load(Relaxed).min(old.cap());
        for e in &old.entries()[..n] {
            if !e.key.get().is_unbound() {
                append(new, e.key.get(), e.hash.load(Relaxed), e.value.get());
            }
        }
    }
    d.table.set(d, new.value());
    d.version.fetch_add(1, Relaxed);
    Ok(new)
}

fn append(t: Gc<DictTable>, key: Value, hash: i64, value: Value) {
    let n = t.n_entries.load(Relaxed);
    let mut p = Probe::new(hash, t.mask());
    while t.index(p.i) < INDEX_DUMMY {
        p.step();
    }
    if let Some(e) = t.entries().get(n) {
        e.hash.store(hash, Relaxed);
        e.value.set(t, value);
        e.key.set(t, key);
        t.set_index(p.i, n as u32);
        t.n_entries.store(n + 1, std::sync::atomic::Ordering::Release);
    }
}

fn insert_new(vm: &Vm, d: Gc<Dict>, key: Value, hash: i64, value: Value) -> PyResult<()> {
    if key.cast_exact::<Str>().is_none() {
        d.header().flags.fetch_or(GENERAL, Relaxed);
    }
    let t = match d.table() {
        Some(t) if t.n_entries.load(Relaxed) < t.cap() => t,
        _ => grow(vm, d, d.len() * 2 + 1)?,
    };
    append(t, key, hash, value);
    d.used.fetch_add(1, Relaxed);
    d.version.fetch_add(1, Relaxed);
    Ok(())
}

impl DictExt for Gc<Dict> {
    fn get(self, vm: &Vm, key: Value) -> PyResult<Option<Value>> {
        let hash = hash_key(vm, key)?;
        self.get_hashed(vm, key, hash)
    }
    fn get_hashed(self, vm: &Vm, key: Value, hash: i64) -> PyResult<Option<Value>> {
        Ok(match lookup(vm, self, key, hash)? {
            Found::Entry(i) => self.table().and_then(|t| t.entries().get(i).and_then(|e| e.value.bound())),
            Found::Missing => None,
        })
    }
    #[inline]
    fn get_str(self, vm: &Vm, key: Gc<Str>) -> Option<Value> {
        let t = self.table()?;
        match find_str(t, key, vm.hash_str(key)) {
            Found::Entry(i) => t.entries().get(i)?.value.bound(),
            Found::Missing => None,
        }
    }
    fn get_text(self, vm: &Vm, key: &str) -> Option<Value> {
        self.get_str(vm, vm.intern(key))
    }
    fn set(self, vm: &Vm, key: Value, value: Value) -> PyResult<()> {
        let hash = hash_key(vm, key)?;
        self.set_hashed(vm, key, hash, value)
    }
    fn set_hashed(self, vm: &Vm, key: Value, hash: i64, value: Value) -> PyResult<()> {
        if let Found::Entry(i) = lookup(vm, self, key, hash)?
            && let Some(t) = self.table()
            && let Some(e) = t.entries().get(i)
        {
            e.value.set(t, value);
            return Ok(());
        }
        insert_new(vm, self, key, hash, value)
    }
    fn set_str(self, vm: &Vm, key: Gc<Str>, value: Value) -> PyResult<()> {
        let hash = vm.hash_str(key);
        if let Some(t) = self.table()
            && let Found::Entry(i) = find_str(t, key, hash)
            && let Some(e) = t.entries().get(i)
        {
            e.value.set(t, value);
            return Ok(());
        }
        insert_new(vm, self, key.value(), hash, value)
    }
    fn set_text(self, vm: &Vm, key: &str, value: Value) -> PyResult<()> {
        self.set_str(vm, vm.intern(key), value)
    }
    fn remove(self, vm: &Vm, key: Value) -> PyResult<Option<Value>> {
        let hash = hash_key(vm, key)?;
        self.remove_hashed(vm, key, hash)
    }
    fn remove_hashed(self, vm: &Vm, key: Value, hash: i64) -> PyResult<Option<Value>> {
        let Found::Entry(i) = lookup(vm, self, key, hash)? else { return Ok(None) };
        let Some(t) = self.table() else { return Ok(None) };
        let Some(e) = t.entries().get(i) else { return Ok(None) };
        let value = e.value.get();
        let mut p = Probe::new(hash, t.mask());
        loop {
            match t.index(p.i) {
                INDEX_EMPTY => break,
                ix if ix as usize == i => {
                    t.set_index(p.i, INDEX_DUMMY);
                    break;
                }
                _ => p.step(),
            }
        }
        e.key.set(t, Value::unbound());
        e.value.set(t, Value::unbound());
        self.used.fetch_sub(1, Relaxed);
        self.version.fetch_add(1, Relaxed);
        Ok(Some(value))
    }
    #[inline]
    fn next_item(self, pos: &mut usize) -> Option<(Value, Value)> {
        let t = self.table()?;
        let n = t.n_entries.load(Relaxed);
        let entries = t.entries();
        while *pos < n {
            let e = entries.get(*pos)?;
            *pos += 1;
            if let Some(k) = e.key.bound()
                && let Some(v) = e.value.bound()
            {
                return Some((k, v));
            }
        }
        None
    }
    fn prev_item(self, pos: &mut usize) -> Option<(Value, Value)> {
        let t = self.table()?;
        let entries = t.entries();
        while *pos > 0 {
            *pos -= 1;
            if let Some(e) = entries.get(*pos)
                && let Some(k) = e.key.bound()
                && let Some(v) = e.value.bound()
            {
                return Some((k, v));
            }
        }
        None
    }
    fn end_position(self) -> usize {
        self.table().map_or(0, |t| t.n_entries.load(Relaxed))
    }
    fn items(self) -> Vec<(Value, Value)> {
        let mut pos = 0;
        let mut all = Vec::with_capacity(self.len());
        while let Some(kv) = self.next_item(&mut pos) {
            all.push(kv);
        }
        all
    }
    fn clear(self) {
        self.table.set(self, Value::unbound());
        self.used.store(0, Relaxed);
        self.version.fetch_add(1, Relaxed);
    }
    fn copy(self, vm: &Vm) -> PyResult<Gc<Dict>> {
        let d = Dict::with_capacity(vm, self.len())?;
        d.update_from(vm, self)?;
        Ok(d)
    }
    fn update_from(self, vm: &Vm, other: Gc<Dict>) -> PyResult<()> {
        let mut pos = 0;
        let used = other.len();
        while let Some(t) = other.table() {
            let n = t.n_entries.load(Relaxed);
            let Some(e) = (pos < n).then(|| t.entries().get(pos)).flatten() else { break };
            pos += 1;
            if let (Some(k), Some(v)) = (e.key.bound(), e.value.bound()) {
                self.set_hashed(vm, k, e.hash.load(Relaxed), v)?;
                if other.len() != used {
                    return Err(vm.runtime_error("dict mutated during update"));
                }
            }
        }
        Ok(())
    }
    fn slot_of_str(self, vm: &Vm, key: Gc<Str>) -> Option<(Gc<DictTable>, usize)> {
        let t = self.table()?;
        match find_str(t, key, vm.hash_str(key)) {
            Found::Entry(i) => Some((t, i)),
            Found::Missing => None,
        }
    }
}
