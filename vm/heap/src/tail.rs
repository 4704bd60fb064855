//! Cells with a tail: text, bytes, ints, tuples, and the growable buffers behind lists, bytearrays and long strings.
//!
//! Invariant: a tail's length stands in the cell and never changes, so a reference to the items is good for as long as the
//! cell lives. Contents of `Str`, `Bytes`, `Int`, `Tuple` are immutable; buffers are read and written by whole items.

use crate::alloc::{Heap, OutOfMemory};
use crate::cell::{Gc, Payload};
use crate::collect::Tracer;
use crate::kinds::Kind;
use crate::shape::ShapeId;
use crate::value::{Slot, Value};
use std::sync::atomic::*;

// ---- tuple

/// `hash` is -1 until computed.
#[repr(C)]
pub struct Tuple {
    pub hash: AtomicI64,
    len: usize,
}
impl Payload for Tuple {
    const KIND: Kind = Kind::Tuple;
    fn trace(&self, t: &mut Tracer<'_>) {
        // SAFETY: the items follow the payload.
        t.slots(unsafe { std::slice::from_raw_parts((self as *const Tuple).add(1) as *const Slot, self.len) })
    }
    fn tail_bytes(&self) -> usize {
        self.len * 8
    }
}
impl Gc<Tuple> {
    #[inline(always)]
    pub fn len(&self) -> usize {
        self.len
    }
    #[inline(always)]
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }
    #[inline(always)]
    pub fn slots(&self) -> &[Slot] {
        // SAFETY: the tail has `len` words.
        unsafe { std::slice::from_raw_parts(self.tail_ptr() as *const Slot, self.len) }
    }
    /// The items. A tuple's words never change, so they may be read as plain values.
    #[inline(always)]
    pub fn items(&self) -> &[Value] {
        // SAFETY: as above; `Slot` and `Value` are the same word, and tuples are immutable after construction.
        unsafe { std::slice::from_raw_parts(self.tail_ptr() as *const Value, self.len) }
    }
    #[inline(always)]
    pub fn get(&self, i: usize) -> Option<Value> {
        self.slots().get(i).map(Slot::get)
    }
}

// ---- slot buffer

/// The items of a list, a deque's block: `cap` words, unbound where unused.
#[repr(C)]
pub struct SlotBuf {
    cap: usize,
}
impl Payload for SlotBuf {
    const KIND: Kind = Kind::SlotBuf;
    fn trace(&self, t: &mut Tracer<'_>) {
        // SAFETY: the items follow the payload.
        t.slots(unsafe { std::slice::from_raw_parts((self as *const SlotBuf).add(1) as *const Slot, self.cap) })
    }
    fn tail_bytes(&self) -> usize {
        self.cap * 8
    }
}
impl Gc<SlotBuf> {
    #[inline(always)]
    pub fn slots(&self) -> &[Slot] {
        // SAFETY: the tail has `cap` words.
        unsafe { std::slice::from_raw_parts(self.tail_ptr() as *const Slot, self.cap) }
    }
    #[inline(always)]
    pub fn cap(&self) -> usize {
        self.cap
    }
}

// ---- bytes

/// `hash` is -1 until computed.
#[repr(C)]
pub struct Bytes {
    pub hash: AtomicI64,
    len: usize,
}
impl Payload for Bytes {
    const KIND: Kind = Kind::Bytes;
    fn trace(&self, _: &mut Tracer<'_>) {}
    fn tail_bytes(&self) -> usize {
        self.len
    }
}
impl Gc<Bytes> {
    #[inline(always)]
    pub fn as_bytes(&self) -> &[u8] {
        // SAFETY: the tail has `len` bytes.
        unsafe { std::slice::from_raw_parts(self.tail_ptr(), self.len) }
    }
    #[inline(always)]
    pub fn len(&self) -> usize {
        self.len
    }
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }
}

/// The bytes of a bytearray and other writable memory.
#[repr(C)]
pub struct ByteBuf {
    cap: usize,
}
impl Payload for ByteBuf {
    const KIND: Kind = Kind::ByteBuf;
    fn trace(&self, _: &mut Tracer<'_>) {}
    fn tail_bytes(&self) -> usize {
        self.cap
    }
}
impl Gc<ByteBuf> {
    #[inline(always)]
    pub fn bytes(&self) -> &[AtomicU8] {
        // SAFETY: the tail has `cap` bytes.
        unsafe { std::slice::from_raw_parts(self.tail_ptr() as *const AtomicU8, self.cap) }
    }
    pub fn cap(&self) -> usize {
        self.cap
    }
    /// A copy of a range, cut to the buffer.
    pub fn to_vec(&self, from: usize, to: usize) -> Vec<u8> {
        let b = self.bytes();
        let to = to.min(b.len());
        b[from.min(to)..to].iter().map(|x| x.load(Ordering::Relaxed)).collect()
    }
    /// Writes `data` at `at`, cut to the buffer.
    pub fn write(&self, at: usize, data: &[u8]) {
        if let Some(to) = self.bytes().get(at..) {
            for (t, d) in to.iter().zip(data) {
                t.store(*d, Ordering::Relaxed);
            }
        }
    }
}

// ---- int

/// An int in limbs: the exact type beyond 48 bits, an instance of a subclass of any size.
#[repr(C)]
pub struct Int {
    negative: bool,
    len: usize,
}
impl Payload for Int {
    const KIND: Kind = Kind::Int;
    fn trace(&self, _: &mut Tracer<'_>) {}
    fn tail_bytes(&self) -> usize {
        self.len * 8
    }
}
impl Gc<Int> {
    pub fn is_negative(&self) -> bool {
        self.negative
    }
    /// The magnitude, least significant limb first, without leading zeros; empty for 0.
    #[inline]
    pub fn limbs(&self) -> &[u64] {
        // SAFETY: the tail has `len` limbs.
        unsafe { std::slice::from_raw_parts(self.tail_ptr() as *const u64, self.len) }
    }
}

// ---- str

pub const STR_KIND: u8 = 3;
pub const STR_INTERNED: u8 = 4;
/// The text stands in a `StrBuf` that later concatenations may extend.
pub const STR_SHARED: u8 = 8;

/// How wide a string's characters are; PEP 393's kinds, with ASCII apart from Latin-1.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
#[repr(u8)]
pub enum StrKind {
    Ascii,
    Latin1,
    Ucs2,
    Ucs4,
}
impl StrKind {
    /// log2 of the bytes of a character.
    #[inline(always)]
    pub const fn shift(self) -> u32 {
        match self {
            StrKind::Ascii | StrKind::Latin1 => 0,
            StrKind::Ucs2 => 1,
            StrKind::Ucs4 => 2,
        }
    }
    pub const fn of_max(max: u32) -> StrKind {
        match max {
            0..0x80 => StrKind::Ascii,
            0x80..0x100 => StrKind::Latin1,
            0x100..0x10000 => StrKind::Ucs2,
            _ => StrKind::Ucs4,
        }
    }
    const fn from_bits(b: u8) -> StrKind {
        match b & STR_KIND {
            0 => StrKind::Ascii,
            1 => StrKind::Latin1,
            2 => StrKind::Ucs2,
            _ => StrKind::Ucs4,
        }
    }
}

/// Text: `len` characters at `data`, in this cell's tail or in a shared `StrBuf`. The kind is the narrowest possible.
/// `hash` is -1 until computed.
#[repr(C)]
pub struct Str {
    pub hash: AtomicI64,
    len: usize,
    data: usize,
    /// Bytes in the tail; 0 when shared.
    inline: usize,
}
impl Payload for Str {
    const KIND: Kind = Kind::Str;
    fn trace(&self, t: &mut Tracer<'_>) {
        if self.inline == 0 && self.len != 0 {
            // SAFETY: a string without inline text stands at the start of a StrBuf's tail.
            t.value(unsafe { Value::from_bits((self.data - 8 - size_of::<StrBuf>()) as u64) })
        }
    }
    fn tail_bytes(&self) -> usize {
        self.inline
    }
}
/// A text buffer: `used` bytes of the tail belong to some string.
#[repr(C)]
pub struct StrBuf {
    cap: usize,
    used: AtomicUsize,
}
impl Payload for StrBuf {
    const KIND: Kind = Kind::StrBuf;
    fn trace(&self, _: &mut Tracer<'_>) {}
    fn tail_bytes(&self) -> usize {
        self.cap
    }
}

/// A string's characters by kind.
#[derive(Clone, Copy)]
pub enum StrData<'a> {
    Ascii(&'a [u8]),
    Latin1(&'a [u8]),
    Ucs2(&'a [u16]),
    Ucs4(&'a [u32]),
}

impl Gc<Str> {
    /// Length in characters.
    #[inline(always)]
    pub fn len(&self) -> usize {
        self.len
    }
    #[inline(always)]
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }
    #[inline(always)]
    pub fn kind(&self) -> StrKind {
        StrKind::from_bits(self.header().flags.load(Ordering::Relaxed))
    }
    #[inline(always)]
    pub fn is_interned(&self) -> bool {
        self.header().flags.load(Ordering::Relaxed) & STR_INTERNED != 0
    }
    pub fn set_interned(&self) {
        self.header().flags.fetch_or(STR_INTERNED, Ordering::Relaxed);
    }
    /// The characters' bytes in their own width.
    #[inline(always)]
    pub fn raw(&self) -> &[u8] {
        // SAFETY: `len` characters stand at `data`, alive with this string.
        unsafe { std::slice::from_raw_parts(self.data as *const u8, self.len << self.kind().shift()) }
    }
    #[inline]
    pub fn data(&self) -> StrData<'_> {
        // SAFETY: as above; tails are 8-byte aligned.
        unsafe {
            match self.kind() {
                StrKind::Ascii => StrData::Ascii(self.raw()),
                StrKind::Latin1 => StrData::Latin1(self.raw()),
                StrKind::Ucs2 => StrData::Ucs2(std::slice::from_raw_parts(self.data as *const u16, self.len)),
                StrKind::Ucs4 => StrData::Ucs4(std::slice::from_raw_parts(self.data as *const u32, self.len)),
            }
        }
    }
    /// The text if it is ASCII.
    #[inline(always)]
    pub fn as_ascii(&self) -> Option<&str> {
        // SAFETY: ASCII is UTF-8.
        if self.kind() == StrKind::Ascii { Some(unsafe { std::str::from_utf8_unchecked(self.raw()) }) } else { None }
    }
    /// Character `i`, which must be below `len` (0 otherwise).
    #[inline]
    pub fn char_at(&self, i: usize) -> u32 {
        match self.data() {
            StrData::Ascii(s) | StrData::Latin1(s) => s.get(i).map_or(0, |&c| c as u32),
            StrData::Ucs2(s) => s.get(i).map_or(0, |&c| c as u32),
            StrData::Ucs4(s) => s.get(i).copied().unwrap_or(0),
        }
    }
    /// The code points, surrogates included.
    pub fn code_points(&self) -> CodePoints<'_> {
        CodePoints { data: self.data(), at: 0, len: self.len }
    }
    /// The text in Rust's terms; lone surrogates become U+FFFD.
    pub fn to_lossy(&self) -> String {
        match self.as_ascii() {
            Some(s) => s.to_owned(),
            None => self.code_points().map(|c| char::from_u32(c).unwrap_or('\u{FFFD}')).collect(),
        }
    }
    /// The text in Rust's terms; `None` if it holds a lone surrogate.
    pub fn to_utf8(&self) -> Option<std::borrow::Cow<'_, str>> {
        match self.as_ascii() {
            Some(s) => Some(std::borrow::Cow::Borrowed(s)),
            None => self.code_points().map(char::from_u32).collect::<Option<String>>().map(std::borrow::Cow::Owned),
        }
    }
    #[inline]
    pub fn same_text(&self, other: &Gc<Str>) -> bool {
        self == other || self.len == other.len && self.kind() == other.kind() && self.raw() == other.raw()
    }
    pub fn is_text(&self, text: &str) -> bool {
        match self.as_ascii() {
            Some(s) => s == text,
            None => self.code_points().eq(text.chars().map(u32::from)),
        }
    }
}

pub struct CodePoints<'a> {
    data: StrData<'a>,
    at: usize,
    len: usize,
}
impl Iterator for CodePoints<'_> {
    type Item = u32;
    #[inline]
    fn next(&mut self) -> Option<u32> {
        if self.at >= self.len {
            return None;
        }
        let i = self.at;
        self.at += 1;
        match self.data {
            StrData::Ascii(s) | StrData::Latin1(s) => s.get(i).map(|&c| c as u32),
            StrData::Ucs2(s) => s.get(i).map(|&c| c as u32),
            StrData::Ucs4(s) => s.get(i).copied(),
        }
    }
    fn size_hint(&self) -> (usize, Option<usize>) {
        (self.len - self.at, Some(self.len - self.at))
    }
}
impl DoubleEndedIterator for CodePoints<'_> {
    fn next_back(&mut self) -> Option<u32> {
        if self.at >= self.len {
            return None;
        }
        self.len -= 1;
        let i = self.len;
        match self.data {
            StrData::Ascii(s) | StrData::Latin1(s) => s.get(i).map(|&c| c as u32),
            StrData::Ucs2(s) => s.get(i).map(|&c| c as u32),
            StrData::Ucs4(s) => s.get(i).copied(),
        }
    }
}
impl ExactSizeIterator for CodePoints<'_> {}

/// Copies characters between widths; `from` holds no character that `to` cannot.
fn widen(from: StrData<'_>, to: StrKind, out: *mut u8) {
    // SAFETY: the callers give room for all characters in the wider kind.
    unsafe {
        match (from, to) {
            (StrData::Ascii(s) | StrData::Latin1(s), StrKind::Ascii | StrKind::Latin1) => {
                std::ptr::copy_nonoverlapping(s.as_ptr(), out, s.len())
            }
            (StrData::Ascii(s) | StrData::Latin1(s), StrKind::Ucs2) => {
                for (i, &c) in s.iter().enumerate() {
                    (out as *mut u16).add(i).write(c as u16)
                }
            }
            (StrData::Ascii(s) | StrData::Latin1(s), StrKind::Ucs4) => {
                for (i, &c) in s.iter().enumerate() {
                    (out as *mut u32).add(i).write(c as u32)
                }
            }
            (StrData::Ucs2(s), StrKind::Ucs2) => {
                std::ptr::copy_nonoverlapping(s.as_ptr() as *const u8, out, s.len() * 2)
            }
            (StrData::Ucs2(s), _) => {
                for (i, &c) in s.iter().enumerate() {
                    (out as *mut u32).add(i).write(c as u32)
                }
            }
            (StrData::Ucs4(s), _) => std::ptr::copy_nonoverlapping(s.as_ptr() as *const u8, out, s.len() * 4),
        }
    }
}

impl Heap {
    /// A tuple of `items`.
    pub fn tuple(&self, items: &[Value]) -> Gc<Tuple> {
        match self.tuple_shaped(Kind::Tuple as ShapeId, items) {
            Ok(t) => t,
            Err(e) => std::panic::resume_unwind(Box::new(e)),
        }
    }
    /// A tuple of shape `shape`, whose kind must be `Tuple`.
    pub fn tuple_shaped(&self, shape: ShapeId, items: &[Value]) -> Result<Gc<Tuple>, OutOfMemory> {
        let payload = Tuple { hash: AtomicI64::new(-1), len: items.len() };
        // SAFETY: the tail has room for the items.
        self.alloc_tail(shape, payload, |p| unsafe {
            std::ptr::copy_nonoverlapping(items.as_ptr(), p as *mut Value, items.len())
        })
    }
    /// A buffer of `cap` words that starts with `items` (cut to `cap`) and is unbound beyond.
    pub fn slot_buf(&self, cap: usize, items: &[Value]) -> Result<Gc<SlotBuf>, OutOfMemory> {
        if cap > usize::MAX / 16 {
            return Err(OutOfMemory);
        }
        let n = items.len().min(cap);
        // SAFETY: the tail has room for `cap` words.
        self.alloc_tail(Kind::SlotBuf as ShapeId, SlotBuf { cap }, |p| unsafe {
            let p = p as *mut Value;
            std::ptr::copy_nonoverlapping(items.as_ptr(), p, n);
            for i in n..cap {
                p.add(i).write(Value::unbound());
            }
        })
    }
    /// A buffer of `cap` words copied from `from` (cut), unbound beyond.
    pub fn grow_slots(&self, from: &[Slot], cap: usize) -> Result<Gc<SlotBuf>, OutOfMemory> {
        if cap > usize::MAX / 16 {
            return Err(OutOfMemory);
        }
        let n = from.len().min(cap);
        // SAFETY: as above.
        self.alloc_tail(Kind::SlotBuf as ShapeId, SlotBuf { cap }, |p| unsafe {
            let p = p as *mut Value;
            for (i, s) in from.iter().take(n).enumerate() {
                p.add(i).write(s.get());
            }
            for i in n..cap {
                p.add(i).write(Value::unbound());
            }
        })
    }
    pub fn bytes(&self, data: &[u8]) -> Result<Gc<Bytes>, OutOfMemory> {
        self.bytes_shaped(Kind::Bytes as ShapeId, data)
    }
    pub fn bytes_shaped(&self, shape: ShapeId, data: &[u8]) -> Result<Gc<Bytes>, OutOfMemory> {
        let payload = Bytes { hash: AtomicI64::new(-1), len: data.len() };
        // SAFETY: the tail has room for the data.
        self.alloc_tail(shape, payload, |p| unsafe { std::ptr::copy_nonoverlapping(data.as_ptr(), p, data.len()) })
    }
    /// `len` zero bytes.
    pub fn bytes_zeroed(&self, len: usize) -> Result<Gc<Bytes>, OutOfMemory> {
        let payload = Bytes { hash: AtomicI64::new(-1), len };
        // SAFETY: the tail has room for `len` bytes.
        self.alloc_tail(Kind::Bytes as ShapeId, payload, |p| unsafe { std::ptr::write_bytes(p, 0, len) })
    }
    /// A buffer of `cap` bytes that starts with `data` (cut) and is zero beyond.
    pub fn byte_buf(&self, cap: usize, data: &[u8]) -> Result<Gc<ByteBuf>, OutOfMemory> {
        let n = data.len().min(cap);
        // SAFETY: the tail has room for `cap` bytes.
        self.alloc_tail(Kind::ByteBuf as ShapeId, ByteBuf { cap }, |p| unsafe {
            std::ptr::copy_nonoverlapping(data.as_ptr(), p, n);
            std::ptr::write_bytes(p.add(n), 0, cap - n);
        })
    }
    /// An int cell of the given limbs (leading zeros are cut). `shape`'s kind must be `Int`. The exact type's callers
    /// make a word of what fits one first.
    pub fn int_shaped(&self, shape: ShapeId, negative: bool, limbs: &[u64]) -> Result<Gc<Int>, OutOfMemory> {
        let len = limbs.iter().rposition(|&l| l != 0).map_or(0, |i| i + 1);
        // SAFETY: the tail has room for the limbs.
        self.alloc_tail(shape, Int { negative: negative && len != 0, len }, |p| unsafe {
            std::ptr::copy_nonoverlapping(limbs.as_ptr(), p as *mut u64, len)
        })
    }

    fn str_cell(
        &self,
        shape: ShapeId,
        kind: StrKind,
        len: usize,
        fill: impl FnOnce(*mut u8),
    ) -> Result<Gc<Str>, OutOfMemory> {
        let bytes = len.checked_shl(kind.shift()).filter(|b| b >> kind.shift() == len).ok_or(OutOfMemory)?;
        // The text starts after the cell is placed, so the address goes in from within the fill.
        let payload = Str { hash: AtomicI64::new(-1), len, data: 0, inline: bytes };
        let g = self.alloc_tail(shape, payload, |p| {
            fill(p);
            // SAFETY: the payload stands right before the tail and nobody has seen it yet.
            unsafe { (*(p as *mut Str).sub(1)).data = p as usize };
        })?;
        g.header().flags.store(kind as u8, Ordering::Relaxed);
        Ok(g)
    }
    pub fn str(&self, text: &str) -> Gc<Str> {
        let r = if text.is_ascii() {
            self.str_ascii(text.as_bytes())
        } else {
            let cps: Vec<u32> = text.chars().map(u32::from).collect();
            self.str_from_code_points(&cps)
        };
        match r {
            Ok(s) => s,
            Err(e) => std::panic::resume_unwind(Box::new(e)),
        }
    }
    /// # Panics
    /// Never: bytes above 0x7F make a Latin-1 string.
    pub fn str_ascii(&self, text: &[u8]) -> Result<Gc<Str>, OutOfMemory> {
        let kind = if text.is_ascii() { StrKind::Ascii } else { StrKind::Latin1 };
        // SAFETY: the tail has room for the text.
        self.str_cell(Kind::Str as ShapeId, kind, text.len(), |p| unsafe {
            std::ptr::copy_nonoverlapping(text.as_ptr(), p, text.len())
        })
    }
    /// A string of code points, surrogates allowed, in the narrowest kind.
    pub fn str_from_code_points(&self, text: &[u32]) -> Result<Gc<Str>, OutOfMemory> {
        let kind = StrKind::of_max(text.iter().fold(0, |m, &c| m | c));
        self.str_cell(Kind::Str as ShapeId, kind, text.len(), |p| {
            // SAFETY: the tail has room for all characters in `kind`, which holds the largest.
            unsafe {
                for (i, &c) in text.iter().enumerate() {
                    match kind.shift() {
                        0 => p.add(i).write(c as u8),
                        1 => (p as *mut u16).add(i).write(c as u16),
                        _ => (p as *mut u32).add(i).write(c),
                    }
                }
            }
        })
    }
    /// Characters `from..to` of `s` (cut to it) in the narrowest kind.
    pub fn substr(&self, s: Gc<Str>, from: usize, to: usize) -> Result<Gc<Str>, OutOfMemory> {
        let to = to.min(s.len());
        let from = from.min(to);
        if from == 0 && to == s.len() && s.is_exact() {
            return Ok(s);
        }
        match s.data() {
            StrData::Ascii(d) | StrData::Latin1(d) => self.str_ascii(&d[from..to]),
            StrData::Ucs2(d) => {
                let d: Vec<u32> = d[from..to].iter().map(|&c| c as u32).collect();
                self.str_from_code_points(&d)
            }
            StrData::Ucs4(d) => self.str_from_code_points(&d[from..to]),
        }
    }
    /// A copy of `s` as an instance of another class.
    pub fn str_shaped(&self, shape: ShapeId, s: Gc<Str>) -> Result<Gc<Str>, OutOfMemory> {
        let d = s.data();
        self.str_cell(shape, s.kind(), s.len(), |p| widen(d, s.kind(), p))
    }
    /// The strings one after the other.
    pub fn concat_all(&self, parts: &[Gc<Str>]) -> Result<Gc<Str>, OutOfMemory> {
        let mut len = 0usize;
        let mut kind = StrKind::Ascii;
        for p in parts {
            len = len.checked_add(p.len()).ok_or(OutOfMemory)?;
            kind = kind.max(p.kind());
        }
        self.str_cell(Kind::Str as ShapeId, kind, len, |mut out| {
            for p in parts {
                widen(p.data(), kind, out);
                // SAFETY: the tail has room for all parts.
                out = unsafe { out.add(p.len() << kind.shift()) };
            }
        })
    }
    /// `a + b`. Long results stand in a buffer that the next concatenation to them extends in place, so that
    /// `s += t` in a loop is linear.
    pub fn concat(&self, a: Gc<Str>, b: Gc<Str>) -> Result<Gc<Str>, OutOfMemory> {
        let kind = a.kind().max(b.kind());
        let total = a.len().checked_add(b.len()).ok_or(OutOfMemory)?;
        if total < 128 || b.len() > a.len() {
            return self.concat_all(&[a, b]);
        }
        let shift = kind.shift();
        let (a_bytes, b_bytes) = (a.len() << shift, b.len() << shift);
        let shared = a.header().flags.load(Ordering::Relaxed) & STR_SHARED != 0;
        if shared && a.kind() == kind {
            // SAFETY: a shared string's text starts its StrBuf's tail.
            let buf: Gc<StrBuf> =
                unsafe { Gc::from_value(Value::from_bits((a.data - 8 - size_of::<StrBuf>()) as u64)) };
            if a_bytes + b_bytes <= buf.cap
                && buf.used.compare_exchange(a_bytes, a_bytes + b_bytes, Ordering::AcqRel, Ordering::Relaxed).is_ok()
            {
                // SAFETY: the exchange made the bytes from `a_bytes` ours alone.
                widen(b.data(), kind, unsafe { buf.tail_ptr().add(a_bytes) });
                return Ok(self.shared_str(buf, total, kind));
            }
        }
        let need = total.checked_mul(1 << shift).ok_or(OutOfMemory)?;
        let cap = need + need / 2;
        let buf = self.alloc_tail(Kind::StrBuf as ShapeId, StrBuf { cap, used: AtomicUsize::new(need) }, |p| {
            widen(a.data(), kind, p);
            // SAFETY: the tail has room for both.
            widen(b.data(), kind, unsafe { p.add(a_bytes) });
        })?;
        Ok(self.shared_str(buf, total, kind))
    }
    fn shared_str(&self, buf: Gc<StrBuf>, len: usize, kind: StrKind) -> Gc<Str> {
        let g = self.alloc(Str { hash: AtomicI64::new(-1), len, data: buf.tail_ptr() as usize, inline: 0 });
        g.header().flags.store(kind as u8 | STR_SHARED, Ordering::Relaxed);
        g
    }
}
