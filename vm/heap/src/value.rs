//! The 8-byte word that every Python value is.
//!
//! ```text
//! top 16 bits   0            address of an object: its header may be loaded without another check
//!               1 ..= 0xFFF9 float: its bits plus 1 << 48
//!               0xFFFF       int of 48 bits, two's complement
//! ```
//! Invariant: a word whose top 16 bits are zero is the address of a whole object. None, the booleans and the two words
//! that no program may see (`UNBOUND`, a missing operand) are static objects, so that a wrong operand fails every shape
//! guard and reaches a slow path. `Value` is neither `Send` nor `Sync`; what a heap object holds is a `Slot`.

use crate::cell::{Gc, Header, Payload};
use crate::kinds::Kind;
use std::marker::PhantomData;
use std::num::NonZeroU64;
use std::sync::atomic::{AtomicU64, Ordering};

/// A Python value in a register or a Rust local.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
#[repr(transparent)]
pub struct Value(NonZeroU64, PhantomData<*mut ()>);

pub const INT_TAG: u64 = 0xFFFF << 48;
const FLOAT_OFFSET: u64 = 1 << 48;
const FLOAT_MAX: u64 = 0xFFF8 << 48;
/// Smallest and largest int that a word holds.
pub const INT_MIN: i64 = -(1 << 47);
pub const INT_MAX: i64 = (1 << 47) - 1;

#[repr(C, align(16))]
struct StaticObject {
    header: Header,
    pad: u64,
}
const fn object(kind: Kind) -> StaticObject {
    StaticObject { header: Header::new(kind as u32, kind), pad: 0 }
}
static NONE: StaticObject = object(Kind::NoneType);
static BOOLS: [StaticObject; 2] = [object(Kind::Bool), object(Kind::Bool)];
static ELLIPSIS: StaticObject = object(Kind::Ellipsis);
static NOT_IMPLEMENTED: StaticObject = object(Kind::NotImplementedType);
static UNBOUND: StaticObject = object(Kind::Unbound);

impl Value {
    /// # Safety
    /// `bits` obey the table at the head of this file.
    #[inline(always)]
    pub const unsafe fn from_bits(bits: u64) -> Value {
        // SAFETY: no valid word is zero.
        Value(unsafe { NonZeroU64::new_unchecked(bits) }, PhantomData)
    }
    #[inline(always)]
    pub const fn bits(self) -> u64 {
        self.0.get()
    }
    #[inline(always)]
    fn of(object: &'static StaticObject) -> Value {
        // SAFETY: the address of an object with a header.
        unsafe { Value::from_bits(object as *const StaticObject as u64) }
    }
    #[inline(always)]
    pub fn none() -> Value {
        Value::of(&NONE)
    }
    #[inline(always)]
    pub fn bool(b: bool) -> Value {
        Value::of(&BOOLS[b as usize])
    }
    #[inline(always)]
    pub fn ellipsis() -> Value {
        Value::of(&ELLIPSIS)
    }
    #[inline(always)]
    pub fn not_implemented() -> Value {
        Value::of(&NOT_IMPLEMENTED)
    }
    /// An unassigned local, an empty cell, an absent argument, C's NULL. No Python program sees it.
    #[inline(always)]
    pub fn unbound() -> Value {
        Value::of(&UNBOUND)
    }
    #[inline(always)]
    pub fn is_none(self) -> bool {
        self == Value::none()
    }
    #[inline(always)]
    pub fn is_true(self) -> bool {
        self == Value::bool(true)
    }
    #[inline(always)]
    pub fn is_false(self) -> bool {
        self == Value::bool(false)
    }
    #[inline(always)]
    pub fn is_unbound(self) -> bool {
        self == Value::unbound()
    }
    #[inline(always)]
    pub fn is_not_implemented(self) -> bool {
        self == Value::not_implemented()
    }
    /// `Some` unless absent.
    #[inline(always)]
    pub fn bound(self) -> Option<Value> {
        if self.is_unbound() { None } else { Some(self) }
    }
    #[inline(always)]
    pub fn or_unbound(v: Option<Value>) -> Value {
        match v {
            Some(v) => v,
            None => Value::unbound(),
        }
    }

    /// The int `i`, which must lie in `INT_MIN..=INT_MAX` (other bits are cut off).
    #[inline(always)]
    pub const fn int(i: i64) -> Value {
        // SAFETY: the tag makes a valid int of any low bits.
        unsafe { Value::from_bits(INT_TAG | (i as u64 & 0x0000_FFFF_FFFF_FFFF)) }
    }
    /// The int `i` if a word holds it.
    #[inline(always)]
    pub const fn try_int(i: i64) -> Option<Value> {
        if i >= INT_MIN && i <= INT_MAX { Some(Value::int(i)) } else { None }
    }
    #[inline(always)]
    pub const fn is_int(self) -> bool {
        self.bits() >= INT_TAG
    }
    /// The number of an int word; meaningless for another.
    #[inline(always)]
    pub const fn int_unchecked(self) -> i64 {
        ((self.bits() << 16) as i64) >> 16
    }
    /// The number of an int word: not of a large int, of a bool, or of an instance of a subclass.
    #[inline(always)]
    pub const fn as_int(self) -> Option<i64> {
        if self.is_int() { Some(self.int_unchecked()) } else { None }
    }
    #[inline(always)]
    pub fn both_int(a: Value, b: Value) -> bool {
        (a.bits() & b.bits()) >= INT_TAG
    }
    #[inline(always)]
    pub fn float(f: f64) -> Value {
        // A NaN of another payload (struct.unpack, a .pyc) would leave the range of floats.
        let f = if f.is_nan() { f64::from_bits(f.to_bits() & (1 << 63) | 0x7FF8 << 48) } else { f };
        // SAFETY: the offset moves every float above zero's top 16 bits and below the int tag.
        unsafe { Value::from_bits(f.to_bits().wrapping_add(FLOAT_OFFSET)) }
    }
    /// A float that arithmetic made: such a NaN is canonical already.
    #[inline(always)]
    pub fn float_of_arithmetic(f: f64) -> Value {
        // SAFETY: as `float`; the processor's default NaNs are 0x7FF8 and 0xFFF8.
        unsafe { Value::from_bits(f.to_bits().wrapping_add(FLOAT_OFFSET)) }
    }
    /// The number of a float word: not of an instance of a subclass of float.
    #[inline(always)]
    pub fn as_float(self) -> Option<f64> {
        let bits = self.bits().wrapping_sub(FLOAT_OFFSET);
        if bits <= FLOAT_MAX { Some(f64::from_bits(bits)) } else { None }
    }
    #[inline(always)]
    pub fn is_float(self) -> bool {
        self.bits().wrapping_sub(FLOAT_OFFSET) <= FLOAT_MAX
    }

    /// Whether the word is the address of an object.
    #[inline(always)]
    pub const fn is_object(self) -> bool {
        self.bits() >> 48 == 0
    }
    #[inline(always)]
    pub fn header(&self) -> Option<&Header> {
        // SAFETY: a word with zero top bits is the address of a header.
        if self.is_object() { Some(unsafe { &*(self.bits() as *const Header) }) } else { None }
    }
    /// The address of an object, or the word itself: equal for equal identity.
    #[inline(always)]
    pub fn address(self) -> usize {
        self.bits() as usize
    }
    /// What payload the value carries (an int word counts as `Int`, a float word as `Float`).
    #[inline(always)]
    pub fn kind(self) -> Kind {
        match self.header() {
            Some(h) => h.kind,
            None if self.is_int() => Kind::Int,
            None => Kind::Float,
        }
    }
    /// The shape of the value: for an exact builtin type the number of its kind.
    #[inline(always)]
    pub fn shape(self) -> u32 {
        match self.header() {
            Some(h) => h.shape(),
            None if self.is_int() => Kind::Int as u32,
            None => Kind::Float as u32,
        }
    }
    /// The object as a payload `T`, an instance of a subclass included.
    #[inline(always)]
    pub fn cast<T: Payload>(self) -> Option<Gc<T>> {
        match self.header() {
            // SAFETY: a kind names one payload type.
            Some(h) if h.kind as u16 == T::KIND as u16 => Some(unsafe { Gc::from_value(self) }),
            _ => None,
        }
    }
    /// As `cast`, of the exact builtin type only.
    #[inline(always)]
    pub fn cast_exact<T: Payload>(self) -> Option<Gc<T>> {
        match self.header() {
            // SAFETY: a shape below the number of kinds belongs to that kind.
            Some(h) if h.shape() == T::KIND as u32 => Some(unsafe { Gc::from_value(self) }),
            _ => None,
        }
    }
}

impl From<bool> for Value {
    fn from(b: bool) -> Value {
        Value::bool(b)
    }
}
impl<T: Payload> From<Gc<T>> for Value {
    #[inline(always)]
    fn from(g: Gc<T>) -> Value {
        g.value()
    }
}
impl std::fmt::Debug for Value {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        if let Some(i) = self.as_int() {
            write!(f, "{i}")
        } else if let Some(x) = self.as_float() {
            write!(f, "{x:?}")
        } else {
            write!(f, "<{:?} at {:#x}>", self.kind(), self.bits())
        }
    }
}

/// A field of a heap object. Reads and writes are whole words at any interleaving.
#[repr(transparent)]
pub struct Slot(AtomicU64);

impl Slot {
    #[inline(always)]
    pub fn new(v: Value) -> Slot {
        Slot(AtomicU64::new(v.bits()))
    }
    #[inline(always)]
    pub fn unbound() -> Slot {
        Slot::new(Value::unbound())
    }
    #[inline(always)]
    pub fn get(&self) -> Value {
        // SAFETY: only valid words are stored.
        unsafe { Value::from_bits(self.0.load(Ordering::Acquire)) }
    }
    /// The store barrier: `owner` is the object (or buffer cell) that this slot is a part of.
    #[inline(always)]
    pub fn set(&self, owner: impl Into<Owner>, v: Value) {
        let _ = owner;
        self.0.store(v.bits(), Ordering::Release)
    }
    #[inline(always)]
    pub fn bound(&self) -> Option<Value> {
        self.get().bound()
    }
    #[inline(always)]
    pub fn cast<T: Payload>(&self) -> Option<Gc<T>> {
        self.get().cast::<T>()
    }
}
impl Default for Slot {
    fn default() -> Slot {
        Slot::unbound()
    }
}
impl From<Value> for Slot {
    fn from(v: Value) -> Slot {
        Slot::new(v)
    }
}
impl<T: Payload> From<Gc<T>> for Slot {
    fn from(g: Gc<T>) -> Slot {
        Slot::new(g.value())
    }
}

/// The object that a store writes into.
#[derive(Clone, Copy)]
pub struct Owner(#[allow(dead_code, reason = "read once minor collections exist")] Value);
impl From<Value> for Owner {
    #[inline(always)]
    fn from(v: Value) -> Owner {
        Owner(v)
    }
}
impl<T: Payload> From<Gc<T>> for Owner {
    #[inline(always)]
    fn from(g: Gc<T>) -> Owner {
        Owner(g.value())
    }
}

const _: () = assert!(std::mem::size_of::<Option<Value>>() == 8);

impl Value {
    /// The payload as a `T`, borrowed for as long as the word is.
    #[inline]
    pub fn payload<T: Payload>(&self) -> Option<&T> {
        match self.header() {
            // SAFETY: the kind names the payload, which follows the header.
            Some(h) if h.kind as u16 == T::KIND as u16 => Some(unsafe { &*((h as *const Header).add(1) as *const T) }),
            _ => None,
        }
    }
}
