//! `Vm`: one machine, reached as the first parameter of everything.
//!
//! Invariant: no state of a machine lives outside its `Vm`; two machines in one process share nothing that changes. What is
//! here is used by one thread; what threads will share is marked where it stands.
//! Read next: `boot.rs` (how a machine comes to be), `engine` (how it runs), `object` (what values do).

use crate::engine::frame::Stack;
use crate::error::{PyResult, Raised};
use crate::hash::{self, HashKey};
use crate::names::Names;
use crate::object::shapes::Shapes;
use crate::types::dict::{Dict, DictExt};
use crate::types::exception::{Exc, ExcTypes, Exception};
use crate::types::type_::Type;
use bunpy_heap::{Gc, Heap, Kind, Str, Tracer, Value};
use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::sync::atomic::Ordering::Relaxed;

pub struct Vm {
    pub heap: Heap,
    pub names: Names,
    pub shapes: Shapes,
    pub exceptions: ExcTypes,
    pub method_cache: MethodCache,
    /// Registers and frames of this thread.
    pub stack: Stack,
    /// The exception of an `Err(Raised)`.
    pending: Cell<Option<Value>>,
    /// The exception being handled (`sys.exception()`), or None.
    pub handled: Cell<Value>,
    /// `sys.modules`, the builtins' dict, the sys module's dict.
    pub modules: Gc<Dict>,
    pub builtins: Gc<Dict>,
    interned: RefCell<HashMap<i64, Vec<Gc<Str>>>>,
    hash_key: HashKey,
    next_type_version: Cell<u32>,
    /// `sys.setrecursionlimit`.
    pub recursion_limit: Cell<usize>,
    /// The lowest address that nested native code may reach.
    pub native_limit: Cell<usize>,
    /// Objects whose `repr` is under way.
    pub repr_stack: RefCell<Vec<Value>>,
    /// Native modules by name.
    pub native_modules: RefCell<HashMap<&'static str, &'static crate::modules::ModuleSpec>>,
    /// Translated code that outlives its code object's cells.
    pub code_arena: RefCell<Vec<Box<crate::engine::regcode::RegCode>>>,
    pub settings: Settings,
    /// Compiles source text; set by whoever made the machine.
    pub compiler: RefCell<Option<Box<dyn crate::source::SourceCompiler>>>,
    /// Finds source files of modules by dotted name: path and text, and whether it is a package.
    pub find_source: RefCell<Option<Box<dyn Fn(&str, &[String]) -> Option<(String, Vec<u8>, bool)>>>>,
    pub empty_tuple: Value,
    pub empty_str: Gc<Str>,
    /// Single characters below 256.
    pub latin1: Vec<Gc<Str>>,
    /// The exception on its way was raised anew by RERAISE in the frame that it is in.
    pub(crate) reraising: Cell<bool>,
    /// What modules keep that is no Python object, by type.
    pub extensions: RefCell<HashMap<std::any::TypeId, Box<dyn std::any::Any>>>,
    /// Values that modules keep, by name; roots.
    pub module_roots: RefCell<HashMap<&'static str, Value>>,
}

/// How the command line and the environment want the machine.
#[derive(Clone, Debug, Default)]
pub struct Settings {
    pub hash_seed: u32,
    pub argv: Vec<String>,
    pub path: Vec<String>,
    /// Log every executed instruction (`-X trace=ops`).
    pub trace_ops: bool,
    pub optimize: u8,
    pub verbose: u8,
}

/// Looked-up attributes by (type version, name). Weak: emptied by each collection.
pub struct MethodCache(Box<[Cell<(u32, usize, u64)>]>);
const CACHE_SIZE: usize = 4096;
impl MethodCache {
    fn new() -> MethodCache {
        MethodCache(vec![Cell::new((0, 0, 0)); CACHE_SIZE].into_boxed_slice())
    }
    #[inline(always)]
    fn at(&self, version: u32, name: Gc<Str>) -> &Cell<(u32, usize, u64)> {
        let i = (version as usize).wrapping_mul(31) ^ (name.value().address() >> 4);
        &self.0[i & (CACHE_SIZE - 1)]
    }
    #[inline(always)]
    pub fn get(&self, version: u32, name: Gc<Str>) -> Option<Value> {
        let (v, n, bits) = self.at(version, name).get();
        if v == version && n == name.value().address() { Some(value_of_bits(bits)) } else { None }
    }
    pub fn put(&self, version: u32, name: Gc<Str>, v: Value) {
        self.at(version, name).set((version, name.value().address(), v.bits()))
    }
    fn clear(&self) {
        for c in &self.0 {
            c.set((0, 0, 0))
        }
    }
}
#[allow(unsafe_code)]
fn value_of_bits(bits: u64) -> Value {
    // SAFETY: the cache stores bits of values only, and is emptied before any of them dies.
    unsafe { Value::from_bits(bits) }
}

impl Vm {
    pub(crate) fn with_heap(heap: Heap, settings: Settings) -> Vm {
        let hash_key = HashKey::from_seed(settings.hash_seed);
        let interned: RefCell<HashMap<i64, Vec<Gc<Str>>>> = RefCell::default();
        let names = Names::new(&|text| intern_in(&heap, &interned, hash_key, heap.str(text)));
        let modules = heap.alloc(Dict::empty());
        let builtins = heap.alloc(Dict::empty());
        let empty_str = intern_in(&heap, &interned, hash_key, heap.str(""));
        let latin1 = (0..256u32)
            .map(|c| match heap.str_from_code_points(&[c]) {
                Ok(s) => intern_in(&heap, &interned, hash_key, s),
                Err(_) => empty_str,
            })
            .collect();
        let empty_tuple = heap.tuple(&[]).value();
        Vm {
            names,
            shapes: Shapes::default(),
            exceptions: ExcTypes::new(),
            method_cache: MethodCache::new(),
            stack: Stack::new(),
            pending: Cell::new(None),
            handled: Cell::new(Value::none()),
            modules,
            builtins,
            interned,
            hash_key,
            next_type_version: Cell::new(1),
            recursion_limit: Cell::new(1000),
            native_limit: Cell::new(0),
            repr_stack: RefCell::default(),
            native_modules: RefCell::default(),
            code_arena: RefCell::default(),
            settings,
            compiler: RefCell::new(None),
            find_source: RefCell::new(None),
            empty_tuple,
            empty_str,
            latin1,
            reraising: Cell::new(false),
            extensions: RefCell::default(),
            module_roots: RefCell::default(),
            heap,
        }
    }

    /// Everything that is live outside the heap, for the collector.
    pub(crate) fn trace_roots(&self, t: &mut Tracer<'_>) {
        self.names.trace(t);
        self.shapes.trace(t);
        self.exceptions.trace(t);
        self.stack.trace(t);
        if let Some(v) = self.pending.get() {
            t.value(v);
        }
        t.value(self.handled.get());
        t.gc(self.modules);
        t.gc(self.builtins);
        t.value(self.empty_tuple);
        t.gc(self.empty_str);
        for s in &self.latin1 {
            t.gc(*s);
        }
        for s in self.interned.borrow().values().flatten() {
            t.gc(*s);
        }
        for v in self.repr_stack.borrow().iter() {
            t.value(*v);
        }
        #[allow(clippy::iter_over_hash_type, reason = "the order of marking is not seen")]
        for v in self.module_roots.borrow().values() {
            t.value(*v);
        }
        for c in self.code_arena.borrow().iter() {
            c.trace(t);
        }
    }
    /// Collects now. Only for a safepoint where no native frame is live.
    pub fn collect(&self) {
        self.method_cache.clear();
        self.heap.collect(&mut |t| self.trace_roots(t), &mut |s| crate::types::weakref::clear_dead(self, s));
    }

    // ---- types

    /// The builtin type of a kind.
    #[inline(always)]
    pub fn type_for(&self, kind: Kind) -> Gc<Type> {
        match self.heap.entry(kind as u32).class.get().cast::<Type>() {
            Some(t) => t,
            None => self.object_type(),
        }
    }
    fn object_type(&self) -> Gc<Type> {
        match self.heap.entry(Kind::Object as u32).class.get().cast::<Type>() {
            Some(t) => t,
            #[allow(clippy::panic, reason = "boot alone can get here")]
            None => std::panic::panic_any("the machine is not booted"),
        }
    }
    pub fn types(&self) -> Types<'_> {
        Types(self)
    }
    pub(crate) fn new_type_version(&self) -> u32 {
        let v = self.next_type_version.get();
        if v == u32::MAX {
            return 0;
        }
        self.next_type_version.set(v + 1);
        v
    }

    // ---- text

    /// A new str.
    pub fn str(&self, text: &str) -> Value {
        match text.len() {
            0 => self.empty_str.value(),
            1 => self.latin1[text.as_bytes()[0] as usize].value(),
            _ => self.heap.str(text).value(),
        }
    }
    /// The interned string of this text.
    pub fn intern(&self, text: &str) -> Gc<Str> {
        if text.is_ascii() {
            let h = hash::bytes(self.hash_key, text.as_bytes());
            if let Some(s) = self.interned.borrow().get(&h).and_then(|l| l.iter().find(|s| s.is_text(text))) {
                return *s;
            }
        }
        intern_in(&self.heap, &self.interned, self.hash_key, self.heap.str(text))
    }
    /// The interned string with the text of `s`.
    #[inline]
    pub fn intern_str(&self, s: Gc<Str>) -> Gc<Str> {
        if s.is_interned() { s } else { intern_in(&self.heap, &self.interned, self.hash_key, s) }
    }
    #[inline]
    pub fn hash_str(&self, s: Gc<Str>) -> i64 {
        let h = s.hash.load(Relaxed);
        if h != -1 {
            return h;
        }
        let h = hash::bytes(self.hash_key, s.raw());
        s.hash.store(h, Relaxed);
        h
    }
    pub fn hash_bytes(&self, b: &[u8]) -> i64 {
        hash::bytes(self.hash_key, b)
    }

    // ---- the pending exception

    pub fn set_pending(&self, exc: Value) -> Raised {
        self.pending.set(Some(exc));
        Raised
    }
    pub fn take_pending(&self) -> Option<Value> {
        self.pending.take()
    }
    /// The exception of the `Err(Raised)` at hand.
    pub fn take_exception(&self, _: Raised) -> Gc<Exception> {
        match self.pending.take().and_then(|v| v.cast::<Exception>()) {
            Some(e) => e,
            None => crate::types::exception::new_text(self, Exc::SystemError, "error return without exception set"),
        }
    }
    pub fn pending(&self) -> Option<Value> {
        self.pending.get()
    }
    pub fn clear_pending(&self) {
        self.pending.set(None)
    }
    /// Whether the pending exception is an instance of `e`.
    pub fn pending_is(&self, e: Exc) -> bool {
        self.pending.get().is_some_and(|v| self.is_instance_of(v, self.exc_type(e)))
    }
    /// For `__next__` and kin: a StopIteration is the end, anything else goes on.
    pub fn stop_iteration_is_end<T>(&self, e: Raised) -> PyResult<Option<T>> {
        if self.pending_is(Exc::StopIteration) {
            self.clear_pending();
            return Ok(None);
        }
        Err(e)
    }
    /// Runs `f` with what is pending put aside; `f`'s own exception is dropped.
    pub fn quietly<T>(&self, f: impl FnOnce() -> PyResult<T>) -> Option<T> {
        let saved = self.pending.take();
        let r = f().ok();
        self.pending.set(saved);
        r
    }

    /// A value that a module keeps alive under a name of its own.
    pub fn module_root(&self, name: &'static str) -> Option<Value> {
        self.module_roots.borrow().get(name).copied()
    }
    pub fn set_module_root(&self, name: &'static str, v: Value) {
        self.module_roots.borrow_mut().insert(name, v);
    }

    /// Enters native recursion: Err(RecursionError) when the native stack is nearly used up.
    #[inline]
    pub fn check_native_stack(&self, where_: &str) -> PyResult<()> {
        let here = 0u8;
        if (&raw const here as usize) < self.native_limit.get() {
            return Err(self.recursion_error(where_));
        }
        Ok(())
    }

    pub fn builtin(&self, name: &str) -> Option<Value> {
        self.builtins.get_text(self, name)
    }
}

fn intern_in(heap: &Heap, table: &RefCell<HashMap<i64, Vec<Gc<Str>>>>, key: HashKey, s: Gc<Str>) -> Gc<Str> {
    let h = hash::bytes(key, s.raw());
    let mut table = table.borrow_mut();
    let list = table.entry(h).or_default();
    if let Some(found) = list.iter().find(|t| t.same_text(&s)) {
        return *found;
    }
    let s = if s.is_exact() {
        s
    } else {
        match heap.str_shaped(Kind::Str as u32, s) {
            Ok(s) => s,
            Err(_) => s,
        }
    };
    s.hash.store(h, Relaxed);
    s.set_interned();
    list.push(s);
    s
}

/// The builtin types by name.
#[derive(Clone, Copy)]
pub struct Types<'a>(&'a Vm);
macro_rules! types { ($($f:ident $k:ident)*) => { impl Types<'_> { $(
    #[inline(always)]
    pub fn $f(self) -> Gc<Type> { self.0.type_for(Kind::$k) }
)* } } }
types! {
    object Object type_ Type int Int bool Bool float Float complex Complex str Str bytes Bytes bytearray ByteArray
    tuple Tuple list List dict Dict set Set frozenset FrozenSet range Range slice Slice function Function method Method
    module Module none NoneType base_exception Exception property Property generator Generator coroutine Coroutine
    super_ Super cell Cell code Code static_method StaticMethod class_method ClassMethod
}
