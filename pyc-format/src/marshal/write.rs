//! A [`Graph`] to bytes, in versions 0 to 5.
//!
//! Invariant: for a graph that was read from what CPython wrote, version 5 gives the same bytes. Elements of sets are
//! written in the order of `marshal.dumps(element)`, which is why all orders are known before the first byte goes out.
//!
//! | from version | |
//! |---|---|
//! | 2 | floats as 8 bytes, before as text |
//! | 3 | FLAG_REF and references; the letter of interned str |
//! | 4 | short tuples, ASCII str |
//! | 5 | slices |
//!
//! Next: `flags` for when FLAG_REF is set.

use super::error::WriteError;
use super::float_text;
use super::graph::{Graph, ObjRef, Str, Tag, Value};
use super::types::*;

/// `marshal.dumps(root, version)`.
pub fn write(graph: &Graph, root: ObjRef, version: i32) -> Result<Vec<u8>, WriteError> {
    write_limited(graph, root, version, SIZE32_MAX as usize)
}

/// As [`write`], but gives up when the output would pass `limit` bytes, the sort keys of one set 4 times that, or those
/// of all sets 32 times that (and a mebibyte). No file of a compiler comes near: a set's keys are about its own size.
pub fn write_limited(graph: &Graph, root: ObjRef, version: i32, limit: usize) -> Result<Vec<u8>, WriteError> {
    let orders = set_orders(graph, root, version, limit)?;
    let mut writer = Writer::new(graph, version, limit, &orders);
    writer.dump(root, false)?;
    Ok(writer.out)
}

/// Where the elements of the sets stand in order: a range of `items` for each set, by node.
#[derive(Default)]
struct Orders {
    items: Vec<ObjRef>,
    /// (set, start in `items`), sorted by set
    starts: Vec<(ObjRef, usize)>,
}

impl Orders {
    fn get(&self, set: ObjRef, stored: &[ObjRef]) -> Option<usize> {
        let at = self.starts.binary_search_by_key(&set, |&(set, _)| set).ok()?;
        self.starts.get(at).map(|&(_, start)| start).filter(|start| start + stored.len() <= self.items.len())
    }
}

/// The element orders of all sets that `root` reaches, inner sets first: the key of an element needs theirs.
fn set_orders(graph: &Graph, root: ObjRef, version: i32, limit: usize) -> Result<Orders, WriteError> {
    let mut orders = Orders::default();
    let one_set = limit.saturating_mul(4).saturating_add(1 << 20);
    let mut all_sets = limit.saturating_mul(32).saturating_add(1 << 20);
    let is_wide = |obj| matches!(graph.get(obj), Value::Set(items) | Value::FrozenSet(items) if items.len() > 1);
    if !graph.objects().any(is_wide) {
        return Ok(orders);
    }
    for set in post_order(graph, root).into_iter().filter(|&obj| is_wide(obj)) {
        let elements = graph.items(set);
        let mut writer = Writer::new(graph, version, one_set.min(all_sets), &orders);
        let mut keys = Vec::with_capacity(elements.len());
        for &element in elements {
            let start = writer.out.len();
            writer.forget();
            writer.dump(element, true)?;
            keys.push((start..writer.out.len(), element));
        }
        let bytes = writer.out;
        all_sets = all_sets.saturating_sub(bytes.len());
        keys.sort_by(|(one, _), (other, _)| bytes.get(one.clone()).cmp(&bytes.get(other.clone())));
        let start = orders.items.len();
        orders.items.extend(keys.into_iter().map(|(_, element)| element));
        let at = orders.starts.partition_point(|&(earlier, _)| earlier < set);
        orders.starts.insert(at, (set, start));
    }
    Ok(orders)
}

/// All that `root` reaches, each after what it contains (but for cycles).
fn post_order(graph: &Graph, root: ObjRef) -> Vec<ObjRef> {
    let mut seen = vec![false; graph.len()];
    let mut done = Vec::new();
    let mut stack = vec![(root, false)];
    while let Some((obj, closing)) = stack.pop() {
        if closing {
            done.push(obj);
            continue;
        }
        match seen.get_mut(obj.index()) {
            Some(seen) if !*seen => *seen = true,
            _ => continue,
        }
        stack.push((obj, true));
        match graph.get(obj) {
            Value::Code(code) => stack.extend(code.objects().map(|child| (child, false))),
            _ => stack.extend(graph.items(obj).iter().map(|&child| (child, false))),
        }
    }
    done
}

/// A container whose items are being written.
struct Frame {
    obj: ObjRef,
    tag: Tag,
    next: usize,
    end: usize,
    /// Items are `graph.children[next..end]`, or `orders.items[next..end]`, or fields of a code object.
    ordered: bool,
}

/// The reference table: which index an object has, valid if written in the current round.
#[derive(Clone, Copy, Default)]
struct Entry {
    round: u32,
    index: u32,
}

/// A code object or slice that is still being written: it may not be referred to.
const RECURSING: u32 = 0x8000_0000;

struct Writer<'g> {
    graph: &'g Graph,
    version: i32,
    limit: usize,
    orders: &'g Orders,
    out: Vec<u8>,
    table: Vec<Entry>,
    round: u32,
    n_refs: u32,
    stack: Vec<Frame>,
}

impl<'g> Writer<'g> {
    fn new(graph: &'g Graph, version: i32, limit: usize, orders: &'g Orders) -> Writer<'g> {
        let table = if version >= 3 { vec![Entry::default(); graph.len()] } else { Vec::new() };
        Writer { graph, version, limit, orders, out: Vec::new(), table, round: 1, n_refs: 0, stack: Vec::new() }
    }

    /// Starts an empty reference table.
    fn forget(&mut self) {
        self.round += 1;
        self.n_refs = 0;
    }

    /// Writes one object. `held` says that the caller of `marshal.dumps` holds it too, which flags it.
    fn dump(&mut self, root: ObjRef, held: bool) -> Result<(), WriteError> {
        self.stack.clear();
        self.object(root, held)?;
        while let Some(frame) = self.stack.last_mut() {
            if frame.next == frame.end {
                let (obj, tag) = (frame.obj, frame.tag);
                self.stack.pop();
                self.complete(obj, tag);
                continue;
            }
            let at = frame.next;
            frame.next += 1;
            let item = if frame.tag == Tag::Code {
                let Value::Code(code) = self.graph.get(frame.obj) else { return Err(WriteError::Unmarshallable) };
                if at == 8 {
                    self.out.extend_from_slice(&code.firstlineno.to_le_bytes());
                }
                code.objects().get(at).copied()
            } else if frame.ordered {
                self.orders.items.get(at).copied()
            } else {
                self.graph.children.get(at).copied()
            };
            self.object(item.unwrap_or(ObjRef::NULL), false)?;
            if self.out.len() > self.limit {
                return Err(WriteError::TooLarge);
            }
        }
        Ok(())
    }

    fn complete(&mut self, obj: ObjRef, tag: Tag) {
        match tag {
            Tag::Dict => self.out.push(TYPE_NULL),
            Tag::Code | Tag::Slice => {
                if let Some(entry) = self.table.get_mut(obj.index()) {
                    entry.index &= !RECURSING;
                }
            }
            _ => {}
        }
    }

    fn object(&mut self, obj: ObjRef, held: bool) -> Result<(), WriteError> {
        if self.stack.len() >= MAX_DEPTH {
            return Err(WriteError::NestedTooDeep);
        }
        let value = self.graph.get(obj);
        let letter = match value {
            Value::None => TYPE_NONE,
            Value::False => TYPE_FALSE,
            Value::True => TYPE_TRUE,
            Value::Ellipsis => TYPE_ELLIPSIS,
            Value::StopIteration => TYPE_STOPITER,
            // NULL ends a dict and is written nowhere else
            Value::Null => return Err(WriteError::Unmarshallable),
            _ => {
                let mut flag = 0;
                if (held || self.graph.flag(obj))
                    && let Some(entry) = self.table.get_mut(obj.index())
                {
                    if entry.round == self.round {
                        if entry.index & RECURSING != 0 {
                            return Err(WriteError::Unmarshallable);
                        }
                        let index = entry.index;
                        self.out.push(TYPE_REF);
                        self.out.extend_from_slice(&index.to_le_bytes());
                        return Ok(());
                    }
                    let recursing = if matches!(value, Value::Code(_) | Value::Slice(_)) { RECURSING } else { 0 };
                    *entry = Entry { round: self.round, index: self.n_refs | recursing };
                    self.n_refs += 1;
                    flag = FLAG_REF;
                }
                return self.complex_object(obj, value, flag);
            }
        };
        self.out.push(letter);
        Ok(())
    }

    fn complex_object(&mut self, obj: ObjRef, value: Value<'g>, flag: u8) -> Result<(), WriteError> {
        match value {
            Value::Int(value) => self.int(value, flag),
            Value::BigInt(big) => {
                let count = i32::try_from(big.digits.len() / 2).map_err(|_| WriteError::Unmarshallable)?;
                self.out.push(TYPE_LONG | flag);
                self.long(if big.negative { -count } else { count });
                self.out.extend_from_slice(big.digits);
            }
            Value::Float(bits) if self.version > 1 => {
                self.out.push(TYPE_BINARY_FLOAT | flag);
                self.out.extend_from_slice(&bits.to_le_bytes());
            }
            Value::Float(bits) => {
                self.out.push(TYPE_FLOAT | flag);
                self.float_str(bits);
            }
            Value::Complex(real, imag) if self.version > 1 => {
                self.out.push(TYPE_BINARY_COMPLEX | flag);
                self.out.extend_from_slice(&real.to_le_bytes());
                self.out.extend_from_slice(&imag.to_le_bytes());
            }
            Value::Complex(real, imag) => {
                self.out.push(TYPE_COMPLEX | flag);
                self.float_str(real);
                self.float_str(imag);
            }
            Value::Bytes(bytes) => self.pstring(TYPE_STRING | flag, bytes)?,
            Value::Str(text) => self.str(text, flag)?,
            Value::Tuple(items) if self.version >= 4 && items.len() < 256 => {
                self.out.push(TYPE_SMALL_TUPLE | flag);
                self.out.push(items.len() as u8);
                self.open(obj, Tag::Tuple, items.len(), false);
            }
            Value::Tuple(items) => self.container(obj, Tag::Tuple, TYPE_TUPLE | flag, items)?,
            Value::List(items) => self.container(obj, Tag::List, TYPE_LIST | flag, items)?,
            Value::Set(items) => self.container(obj, Tag::Set, TYPE_SET | flag, items)?,
            Value::FrozenSet(items) => self.container(obj, Tag::FrozenSet, TYPE_FROZENSET | flag, items)?,
            Value::Dict(items) => {
                self.out.push(TYPE_DICT | flag);
                self.open(obj, Tag::Dict, items.len(), false);
            }
            Value::Slice(_) if self.version < 5 => return Err(WriteError::Unmarshallable),
            Value::Slice(_) => {
                self.out.push(TYPE_SLICE | flag);
                self.open(obj, Tag::Slice, 3, false);
            }
            Value::Code(code) => {
                self.out.push(TYPE_CODE | flag);
                for field in [code.argcount, code.posonlyargcount, code.kwonlyargcount, code.stacksize, code.flags] {
                    self.long(field);
                }
                self.stack.push(Frame { obj, tag: Tag::Code, next: 0, end: 10, ordered: false });
            }
            Value::Null | Value::None | Value::False | Value::True | Value::Ellipsis | Value::StopIteration => {}
        }
        Ok(())
    }

    fn container(&mut self, obj: ObjRef, tag: Tag, letter: u8, items: &[ObjRef]) -> Result<(), WriteError> {
        let count = i32::try_from(items.len()).map_err(|_| WriteError::Unmarshallable)?;
        self.out.push(letter);
        self.long(count);
        match self.orders.get(obj, items) {
            Some(start) if matches!(tag, Tag::Set | Tag::FrozenSet) => {
                self.stack.push(Frame { obj, tag, next: start, end: start + items.len(), ordered: true });
            }
            _ => self.open(obj, tag, items.len(), false),
        }
        Ok(())
    }

    fn open(&mut self, obj: ObjRef, tag: Tag, count: usize, ordered: bool) {
        let start = self.graph.node(obj).a as usize;
        self.stack.push(Frame { obj, tag, next: start, end: start + count, ordered });
    }

    fn long(&mut self, value: i32) {
        self.out.extend_from_slice(&value.to_le_bytes());
    }

    fn int(&mut self, value: i64, flag: u8) {
        if let Ok(small) = i32::try_from(value) {
            self.out.push(TYPE_INT | flag);
            return self.long(small);
        }
        self.out.push(TYPE_LONG | flag);
        let magnitude = value.unsigned_abs();
        let count = (64 - magnitude.leading_zeros()).div_ceil(15) as i32;
        self.long(if value < 0 { -count } else { count });
        for at in 0..count {
            self.out.extend_from_slice(&((magnitude >> (15 * at)) as u16 & 0x7fff).to_le_bytes());
        }
    }

    fn float_str(&mut self, bits: u64) {
        let text = float_text::format(f64::from_bits(bits));
        self.out.push(text.len() as u8);
        self.out.extend_from_slice(text.as_bytes());
    }

    fn pstring(&mut self, letter: u8, bytes: &[u8]) -> Result<(), WriteError> {
        let len = i32::try_from(bytes.len()).map_err(|_| WriteError::Unmarshallable)?;
        if self.out.len() + bytes.len() > self.limit {
            return Err(WriteError::TooLarge);
        }
        self.out.push(letter);
        self.long(len);
        self.out.extend_from_slice(bytes);
        Ok(())
    }

    fn str(&mut self, text: Str<'_>, flag: u8) -> Result<(), WriteError> {
        if self.version >= 4 && text.ascii {
            let Ok(len) = u8::try_from(text.bytes.len()) else {
                let letter = if text.interned { TYPE_ASCII_INTERNED } else { TYPE_ASCII };
                return self.pstring(letter | flag, text.bytes);
            };
            let letter = if text.interned { TYPE_SHORT_ASCII_INTERNED } else { TYPE_SHORT_ASCII };
            self.out.extend_from_slice(&[letter | flag, len]);
            self.out.extend_from_slice(text.bytes);
            return Ok(());
        }
        let letter = if self.version >= 3 && text.interned { TYPE_INTERNED } else { TYPE_UNICODE };
        self.pstring(letter | flag, text.bytes)
    }
}
