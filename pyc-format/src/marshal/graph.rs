//! The owned form of marshal data: an arena of objects.
//!
//! Invariant: an [`ObjRef`] names one object of one graph; equal ObjRefs are one Python object. Children lie side by
//! side in one vector, text and bytes in one pool, so a graph is four allocations however many objects it holds.
//! Graphs that were read may be cyclic (a list in itself): walk them with a visited set.
//!
//! ```text
//! nodes:    [Node; 12 bytes each] --a,b--> children[a..a+b]   (tuple, list, dict as key value key value, sets, slice)
//!                                 --a,b--> pool[a..a+b]       (str as WTF-8, bytes, digits of a big int, complex)
//!                                 --a----> codes[a]
//! ```
//! Next: [`crate::code::Code`], `read`, `write`.

use crate::code::Code;

/// One object of a [`Graph`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ObjRef(pub(crate) u32);

impl ObjRef {
    pub const NULL: ObjRef = ObjRef(0);
    pub const NONE: ObjRef = ObjRef(1);
    pub const FALSE: ObjRef = ObjRef(2);
    pub const TRUE: ObjRef = ObjRef(3);
    pub const ELLIPSIS: ObjRef = ObjRef(4);
    pub const STOP_ITERATION: ObjRef = ObjRef(5);

    /// A dense index, for side tables of `graph.len()` entries.
    pub fn index(self) -> usize {
        self.0 as usize
    }

    /// None, True, False, Ellipsis, StopIteration or NULL: never flagged, never in the reference table.
    pub fn is_singleton(self) -> bool {
        self.0 <= ObjRef::STOP_ITERATION.0
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub(crate) enum Tag {
    Null,
    None,
    False,
    True,
    Ellipsis,
    StopIteration,
    Int,
    BigInt,
    Float,
    Complex,
    Bytes,
    Str,
    Tuple,
    List,
    Dict,
    Set,
    FrozenSet,
    Slice,
    Code,
}

/// FLAG_REF was set on this object, or shall be.
const FLAG: u8 = 1;
const INTERNED: u8 = 2;
const ASCII: u8 = 4;
/// Still being read: its children are not known yet.
pub(crate) const UNFINISHED: u8 = 8;
/// Has no hash, or contains something that has none.
pub(crate) const UNHASHABLE: u8 = 16;
/// A big int below zero.
const NEGATIVE: u8 = 32;
/// A tuple of nothing but str: hostile files share one among many code objects, each of which asks.
pub(crate) const STR_TUPLE: u8 = 64;

#[derive(Debug, Clone, Copy)]
pub(crate) struct Node {
    pub tag: Tag,
    pub bits: u8,
    pub a: u32,
    pub b: u32,
}

/// An int outside i64: `digits` are 15 bits each in two little-endian bytes, least significant first, the last not 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BigInt<'g> {
    pub negative: bool,
    pub digits: &'g [u8],
}

/// A str: WTF-8 in which every surrogate stands alone as three bytes, also two that would form a pair.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Str<'g> {
    pub bytes: &'g [u8],
    pub interned: bool,
    pub ascii: bool,
}

/// One object, opened.
#[derive(Debug, Clone, Copy)]
pub enum Value<'g> {
    Null,
    None,
    False,
    True,
    Ellipsis,
    StopIteration,
    Int(i64),
    BigInt(BigInt<'g>),
    /// The bits of the double.
    Float(u64),
    /// The bits of real and imaginary part.
    Complex(u64, u64),
    Bytes(&'g [u8]),
    Str(Str<'g>),
    Tuple(&'g [ObjRef]),
    List(&'g [ObjRef]),
    /// Key, value, key, value... as stored; a later equal key wins.
    Dict(&'g [ObjRef]),
    /// As stored: equal elements are not merged.
    Set(&'g [ObjRef]),
    FrozenSet(&'g [ObjRef]),
    /// start, stop, step
    Slice([ObjRef; 3]),
    Code(&'g Code),
}

/// An arena of Python objects.
#[derive(Debug, Clone)]
pub struct Graph {
    pub(crate) nodes: Vec<Node>,
    pub(crate) children: Vec<ObjRef>,
    pub(crate) codes: Vec<Code>,
    pub(crate) pool: Vec<u8>,
}

impl Default for Graph {
    fn default() -> Self {
        Graph::new()
    }
}

impl Graph {
    /// A graph of the singletons alone.
    pub fn new() -> Graph {
        let mut nodes = Vec::with_capacity(64);
        for tag in [Tag::Null, Tag::None, Tag::False, Tag::True, Tag::Ellipsis, Tag::StopIteration] {
            nodes.push(Node { tag, bits: 0, a: 0, b: 0 });
        }
        Graph { nodes, children: Vec::new(), codes: Vec::new(), pool: Vec::new() }
    }

    /// How many objects there are; every ObjRef's index is below.
    pub fn len(&self) -> usize {
        self.nodes.len()
    }

    /// Bytes of text, bytes and numbers: what work on all of them should be in proportion to.
    pub fn pool_size(&self) -> usize {
        self.pool.len()
    }

    /// No object but the singletons.
    pub fn is_empty(&self) -> bool {
        self.nodes.len() <= ObjRef::STOP_ITERATION.index() + 1
    }

    // ---- building. Sizes are bounded by u32; what passes it becomes NULL, which no version of marshal writes.

    pub(crate) fn push(&mut self, tag: Tag, bits: u8, a: u32, b: u32) -> ObjRef {
        let Ok(index) = u32::try_from(self.nodes.len()) else { return ObjRef::NULL };
        self.nodes.push(Node { tag, bits, a, b });
        ObjRef(index)
    }

    pub(crate) fn push_bytes(&mut self, tag: Tag, bits: u8, bytes: &[u8]) -> ObjRef {
        let (Ok(a), Ok(b)) = (u32::try_from(self.pool.len()), u32::try_from(bytes.len())) else { return ObjRef::NULL };
        self.pool.extend_from_slice(bytes);
        self.push(tag, bits, a, b)
    }

    fn push_children(&mut self, tag: Tag, items: &[ObjRef]) -> ObjRef {
        let (Ok(a), Ok(b)) = (u32::try_from(self.children.len()), u32::try_from(items.len())) else {
            return ObjRef::NULL;
        };
        self.children.extend_from_slice(items);
        self.push(tag, 0, a, b)
    }

    pub fn bool(&self, value: bool) -> ObjRef {
        if value { ObjRef::TRUE } else { ObjRef::FALSE }
    }

    /// An int that fits i64; larger ones go through [`Graph::big_int`].
    pub fn int(&mut self, value: i64) -> ObjRef {
        self.push(Tag::Int, 0, value as u32, (value >> 32) as u32)
    }

    /// An int from base 2**15 digits, least significant first; leading zeros are dropped and small values become
    /// the same object kind that [`Graph::int`] makes.
    pub fn big_int(&mut self, negative: bool, digits: &[u16]) -> ObjRef {
        let used = digits.iter().rposition(|&d| d & 0x7fff != 0).map_or(0, |at| at + 1);
        let digits = digits.get(..used).unwrap_or_default();
        if let Some(small) = small_value(negative, digits.iter().copied(), digits.len()) {
            return self.int(small);
        }
        let bytes: Vec<u8> = digits.iter().flat_map(|&d| (d & 0x7fff).to_le_bytes()).collect();
        self.push_bytes(Tag::BigInt, if negative { NEGATIVE } else { 0 }, &bytes)
    }

    pub fn float(&mut self, value: f64) -> ObjRef {
        self.float_bits(value.to_bits())
    }

    pub fn float_bits(&mut self, bits: u64) -> ObjRef {
        self.push(Tag::Float, 0, bits as u32, (bits >> 32) as u32)
    }

    pub fn complex(&mut self, real: f64, imag: f64) -> ObjRef {
        self.complex_bits(real.to_bits(), imag.to_bits())
    }

    pub fn complex_bits(&mut self, real: u64, imag: u64) -> ObjRef {
        let mut bytes = [0; 16];
        let (low, high) = bytes.split_at_mut(8);
        low.copy_from_slice(&real.to_le_bytes());
        high.copy_from_slice(&imag.to_le_bytes());
        self.push_bytes(Tag::Complex, 0, &bytes)
    }

    pub fn bytes(&mut self, value: &[u8]) -> ObjRef {
        self.push_bytes(Tag::Bytes, 0, value)
    }

    /// `wtf8`: UTF-8 in which each lone surrogate is three bytes (`ed a0..bf xx`).
    pub fn str(&mut self, wtf8: &[u8], interned: bool) -> ObjRef {
        let bits = if wtf8.is_ascii() { ASCII } else { 0 } | if interned { INTERNED } else { 0 };
        self.push_bytes(Tag::Str, bits, wtf8)
    }

    pub fn tuple(&mut self, items: &[ObjRef]) -> ObjRef {
        self.push_children(Tag::Tuple, items)
    }

    pub fn list(&mut self, items: &[ObjRef]) -> ObjRef {
        self.push_children(Tag::List, items)
    }

    pub fn set(&mut self, items: &[ObjRef]) -> ObjRef {
        self.push_children(Tag::Set, items)
    }

    /// Elements in any order: the writer orders them as CPython does.
    pub fn frozenset(&mut self, items: &[ObjRef]) -> ObjRef {
        self.push_children(Tag::FrozenSet, items)
    }

    /// Entries in insertion order.
    pub fn dict(&mut self, entries: &[(ObjRef, ObjRef)]) -> ObjRef {
        let flat: Vec<ObjRef> = entries.iter().flat_map(|&(key, value)| [key, value]).collect();
        self.push_children(Tag::Dict, &flat)
    }

    pub fn slice(&mut self, start: ObjRef, stop: ObjRef, step: ObjRef) -> ObjRef {
        self.push_children(Tag::Slice, &[start, stop, step])
    }

    pub fn code(&mut self, code: Code) -> ObjRef {
        let Ok(index) = u32::try_from(self.codes.len()) else { return ObjRef::NULL };
        self.codes.push(code);
        self.push(Tag::Code, 0, index, 0)
    }

    // ---- changing. Singletons don't change; calls on them, or on the wrong kind, do nothing.

    fn set_bit(&mut self, obj: ObjRef, bit: u8, on: bool) {
        if let Some(node) = self.nodes.get_mut(obj.index())
            && !obj.is_singleton()
        {
            node.bits = if on { node.bits | bit } else { node.bits & !bit };
        }
    }

    /// FLAG_REF: the object is written with the flag the first time, as a reference afterwards. An object without
    /// it is written out at each use. [`Graph::set_flags`] sets all as CPython does.
    pub fn set_flag(&mut self, obj: ObjRef, flag: bool) {
        self.set_bit(obj, FLAG, flag);
    }

    /// Makes a str interned, or not.
    pub fn set_interned(&mut self, obj: ObjRef, interned: bool) {
        if matches!(self.get(obj), Value::Str(_)) {
            self.set_bit(obj, INTERNED, interned);
        }
    }

    /// The items of a container in place: `intern_constants` replaces items of tuples that others hold already.
    pub fn items_mut(&mut self, obj: ObjRef) -> &mut [ObjRef] {
        let node = self.node(obj);
        match node.tag {
            Tag::Tuple | Tag::List | Tag::Dict | Tag::Set | Tag::FrozenSet | Tag::Slice => {
                self.children.get_mut(range(node)).unwrap_or_default()
            }
            _ => &mut [],
        }
    }

    pub fn code_mut(&mut self, obj: ObjRef) -> Option<&mut Code> {
        let node = self.node(obj);
        if node.tag == Tag::Code { self.codes.get_mut(node.a as usize) } else { None }
    }

    // ---- looking

    pub(crate) fn node(&self, obj: ObjRef) -> Node {
        const NULL: Node = Node { tag: Tag::Null, bits: 0, a: 0, b: 0 };
        self.nodes.get(obj.index()).copied().unwrap_or(NULL)
    }

    /// Is FLAG_REF set?
    pub fn flag(&self, obj: ObjRef) -> bool {
        self.node(obj).bits & FLAG != 0
    }

    /// Opens an object; an ObjRef of another graph may open as NULL.
    pub fn get(&self, obj: ObjRef) -> Value<'_> {
        let node = self.node(obj);
        let bytes = || self.pool.get(range(node)).unwrap_or_default();
        let items = || self.children.get(range(node)).unwrap_or_default();
        match node.tag {
            Tag::Null => Value::Null,
            Tag::None => Value::None,
            Tag::False => Value::False,
            Tag::True => Value::True,
            Tag::Ellipsis => Value::Ellipsis,
            Tag::StopIteration => Value::StopIteration,
            Tag::Int => Value::Int((u64::from(node.a) | u64::from(node.b) << 32) as i64),
            Tag::BigInt => Value::BigInt(BigInt { negative: node.bits & NEGATIVE != 0, digits: bytes() }),
            Tag::Float => Value::Float(u64::from(node.a) | u64::from(node.b) << 32),
            Tag::Complex => match bytes().as_chunks::<8>().0 {
                [real, imag] => Value::Complex(u64::from_le_bytes(*real), u64::from_le_bytes(*imag)),
                _ => Value::Null,
            },
            Tag::Bytes => Value::Bytes(bytes()),
            Tag::Str => {
                Value::Str(Str { bytes: bytes(), interned: node.bits & INTERNED != 0, ascii: node.bits & ASCII != 0 })
            }
            Tag::Tuple => Value::Tuple(items()),
            Tag::List => Value::List(items()),
            Tag::Dict => Value::Dict(items()),
            Tag::Set => Value::Set(items()),
            Tag::FrozenSet => Value::FrozenSet(items()),
            Tag::Slice => match *items() {
                [start, stop, step] => Value::Slice([start, stop, step]),
                _ => Value::Null,
            },
            Tag::Code => self.codes.get(node.a as usize).map_or(Value::Null, Value::Code),
        }
    }

    /// The children of a container, empty for anything else.
    pub fn items(&self, obj: ObjRef) -> &[ObjRef] {
        let node = self.node(obj);
        match node.tag {
            Tag::Tuple | Tag::List | Tag::Dict | Tag::Set | Tag::FrozenSet | Tag::Slice => {
                self.children.get(range(node)).unwrap_or_default()
            }
            _ => &[],
        }
    }

    pub fn as_code(&self, obj: ObjRef) -> Option<&Code> {
        if let Value::Code(code) = self.get(obj) { Some(code) } else { None }
    }

    pub fn as_bytes(&self, obj: ObjRef) -> Option<&[u8]> {
        if let Value::Bytes(bytes) = self.get(obj) { Some(bytes) } else { None }
    }

    pub fn as_str(&self, obj: ObjRef) -> Option<Str<'_>> {
        if let Value::Str(text) = self.get(obj) { Some(text) } else { None }
    }

    pub fn as_tuple(&self, obj: ObjRef) -> Option<&[ObjRef]> {
        if let Value::Tuple(items) = self.get(obj) { Some(items) } else { None }
    }

    /// Every object in the order in which it was made, singletons left out.
    pub fn objects(&self) -> impl Iterator<Item = ObjRef> + use<> {
        let end = u32::try_from(self.nodes.len()).unwrap_or(u32::MAX);
        (ObjRef::STOP_ITERATION.0 + 1..end).map(ObjRef)
    }

    /// Every code object in the order in which it was made.
    pub fn code_objects(&self) -> impl Iterator<Item = (ObjRef, &Code)> {
        let codes = self.nodes.iter().zip(0..).filter(|(node, _)| node.tag == Tag::Code);
        codes.filter_map(|(node, index)| Some((ObjRef(index), self.codes.get(node.a as usize)?)))
    }

    // ---- for the reader

    pub(crate) fn push_span(&mut self, tag: Tag, offset: usize, len: usize) -> ObjRef {
        self.push(tag, 0, offset as u32, len as u32)
    }

    pub(crate) fn push_str_span(&mut self, offset: usize, len: usize, interned: bool, ascii: bool) -> ObjRef {
        let bits = if ascii { ASCII } else { 0 } | if interned { INTERNED } else { 0 };
        self.push(Tag::Str, bits, offset as u32, len as u32)
    }

    pub(crate) fn push_big_span(&mut self, negative: bool, offset: usize, len: usize) -> ObjRef {
        self.push(Tag::BigInt, if negative { NEGATIVE } else { 0 }, offset as u32, len as u32)
    }
}

fn range(node: Node) -> std::ops::Range<usize> {
    let start = node.a as usize;
    start..start.saturating_add(node.b as usize)
}

/// The value of base 2**15 digits if it fits i64; `len` is how many digits there are.
pub(crate) fn small_value(negative: bool, digits: impl Iterator<Item = u16>, len: usize) -> Option<i64> {
    if len > 5 {
        return None;
    }
    let magnitude = digits.enumerate().fold(0i128, |sum, (at, digit)| sum | i128::from(digit & 0x7fff) << (15 * at));
    i64::try_from(if negative { -magnitude } else { magnitude }).ok()
}
