//! A cell: header, payload, and for some kinds a tail or an area of attributes.
//!
//! ```text
//!  0        4     5      6        8                    8 + size_of::<T>()
//!  | shape  |lock|flags | kind    | payload T           | tail items, or attribute words |
//! ```
//! Invariant: `kind` never changes and names the Rust type of the payload; `shape` says the class and the attribute
//! words, and its kind is the cell's. `Gc<T>` is only ever made from a value of kind `T::KIND`.

use crate::collect::Tracer;
use crate::kinds::Kind;
use crate::value::{Slot, Value};
use std::marker::PhantomData;
use std::ops::Deref;
use std::ptr::NonNull;
use std::sync::atomic::*;

#[repr(C)]
pub struct Header {
    shape: AtomicU32,
    /// The byte lock of VM.md's threads: 0 is free.
    pub lock: AtomicU8,
    /// Bits that belong to the kind (see `tail::STR_*`) and, from the top, to the collector.
    pub flags: AtomicU8,
    pub kind: Kind,
}

impl Header {
    pub(crate) const fn new(shape: u32, kind: Kind) -> Header {
        Header { shape: AtomicU32::new(shape), lock: AtomicU8::new(0), flags: AtomicU8::new(0), kind }
    }
    #[inline(always)]
    pub fn shape(&self) -> u32 {
        self.shape.load(Ordering::Relaxed)
    }
    /// The caller has made sure that the new shape's attribute words fit this cell (`Heap::set_shape`).
    #[inline(always)]
    pub(crate) fn store_shape(&self, shape: u32) {
        self.shape.store(shape, Ordering::Release)
    }
}

/// The Rust type that a kind of cell carries after its header. Written by `payload!`.
pub trait Payload: Sync + 'static {
    const KIND: Kind;
    /// Visit every slot of the payload and its tail.
    fn trace(&self, t: &mut Tracer<'_>);
    /// Bytes of items after the payload.
    fn tail_bytes(&self) -> usize {
        0
    }
}

/// A field that `payload!` accepts.
pub trait Trace: Sync {
    fn trace(&self, t: &mut Tracer<'_>);
}
impl Trace for Slot {
    #[inline(always)]
    fn trace(&self, t: &mut Tracer<'_>) {
        t.value(self.get())
    }
}
impl<T: Trace, const N: usize> Trace for [T; N] {
    fn trace(&self, t: &mut Tracer<'_>) {
        for x in self {
            x.trace(t)
        }
    }
}
macro_rules! no_slots { ($($t:ty),*) => { $(impl Trace for $t { #[inline(always)] fn trace(&self, _: &mut Tracer<'_>) {} })* } }
no_slots!(
    AtomicBool,
    AtomicI32,
    AtomicU8,
    AtomicU16,
    AtomicU32,
    AtomicU64,
    AtomicI64,
    AtomicUsize,
    AtomicIsize,
    bool,
    u8,
    u16,
    u32,
    u64,
    i8,
    i16,
    i32,
    i64,
    usize,
    isize,
    f64,
    char,
    &'static str
);
/// Data without any slot, immutable or with its own synchronisation; it is never dropped.
pub struct Opaque<T: Sync + 'static>(pub T);
impl<T: Sync + 'static> Trace for Opaque<T> {
    fn trace(&self, _: &mut Tracer<'_>) {}
}
impl<T: Sync + 'static> Deref for Opaque<T> {
    type Target = T;
    fn deref(&self) -> &T {
        &self.0
    }
}

/// Defines a payload: its fields, its kind, its tracing.
/// `payload! { pub struct List: List { buf: Slot, len: AtomicUsize } }`
#[macro_export]
macro_rules! payload {
    ($(#[$m:meta])* $v:vis struct $name:ident : $kind:ident { $($(#[$fm:meta])* $fv:vis $f:ident : $t:ty),* $(,)? }) => {
        $(#[$m])* #[repr(C)] $v struct $name { $($(#[$fm])* $fv $f: $t),* }
        impl $crate::Payload for $name {
            const KIND: $crate::Kind = $crate::Kind::$kind;
            #[allow(unused_variables, reason = "a payload without fields")]
            fn trace(&self, t: &mut $crate::Tracer<'_>) { $($crate::Trace::trace(&self.$f, t);)* }
        }
    };
}

/// A reference to a cell whose payload is a `T`.
#[repr(transparent)]
pub struct Gc<T>(NonNull<Header>, PhantomData<*const T>);
impl<T> Clone for Gc<T> {
    #[inline(always)]
    fn clone(&self) -> Gc<T> {
        *self
    }
}
impl<T> Copy for Gc<T> {}
impl<T> PartialEq for Gc<T> {
    #[inline(always)]
    fn eq(&self, other: &Gc<T>) -> bool {
        self.0 == other.0
    }
}
impl<T> Eq for Gc<T> {}

pub const HEADER: usize = std::mem::size_of::<Header>();

impl<T: Payload> Gc<T> {
    /// # Safety
    /// `v` is an object of kind `T::KIND`.
    #[inline(always)]
    pub unsafe fn from_value(v: Value) -> Gc<T> {
        // SAFETY: objects have non-zero addresses.
        Gc(unsafe { NonNull::new_unchecked(v.bits() as *mut Header) }, PhantomData)
    }
    #[inline(always)]
    pub fn value(self) -> Value {
        // SAFETY: the address of a whole object.
        unsafe { Value::from_bits(self.0.as_ptr() as u64) }
    }
    #[inline(always)]
    pub fn header(&self) -> &Header {
        // SAFETY: as above.
        unsafe { self.0.as_ref() }
    }
    /// Whether the object's class is the builtin type itself.
    #[inline(always)]
    pub fn is_exact(self) -> bool {
        self.header().shape() == T::KIND as u32
    }
    /// The bytes after the payload.
    #[inline(always)]
    pub(crate) fn tail_ptr(self) -> *mut u8 {
        // SAFETY: the payload follows the header.
        unsafe { (self.0.as_ptr() as *mut u8).add(HEADER + std::mem::size_of::<T>()) }
    }
}
impl<T: Payload> Deref for Gc<T> {
    type Target = T;
    #[inline(always)]
    fn deref(&self) -> &T {
        // SAFETY: kind and payload agree; cells are whole before they are referenced.
        unsafe { &*((self.0.as_ptr() as *const u8).add(HEADER) as *const T) }
    }
}
impl<T: Payload> std::fmt::Debug for Gc<T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.value().fmt(f)
    }
}

const _: () = assert!(HEADER == 8);
