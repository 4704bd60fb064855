//! Bytes to a [`Graph`]: every type and version that CPython 3.14's `marshal.loads` reads, with its exceptions.
//!
//! Invariant: no length is trusted. Nothing is allocated for items that have not been read, nesting lives on a stack
//! of our own that ends at [`MAX_DEPTH`], and arena growth never passes what the rest of the input could fill.
//! Unlike CPython, equal elements of sets and equal keys of dicts are kept, so that they are written back.
//!
//! Items of open containers wait on `scratch`; a container that is complete moves its own to the graph in one piece.
//! Next: `write`; [`crate::lazy`] reads the same bytes without building.

use std::borrow::Cow;

use super::error::{ErrorKind, ReadError};
use super::graph::{self, Graph, ObjRef, STR_TUPLE, Tag, UNFINISHED, UNHASHABLE};
use super::types::*;
use super::{float_text, utf8};
use crate::code::{self, Code};

/// What [`read`] built.
#[derive(Debug, Clone)]
pub struct Loaded {
    pub graph: Graph,
    pub root: ObjRef,
    /// Where the root object ended; bytes after it are ignored, as `marshal.loads` does.
    pub end: usize,
}

/// `marshal.loads(data)`.
pub fn read(data: &[u8]) -> Result<Loaded, ReadError> {
    read_with(data, true)
}

/// `marshal.loads(data, allow_code=allow_code)`.
pub fn read_with(data: &[u8], allow_code: bool) -> Result<Loaded, ReadError> {
    if u32::try_from(data.len()).is_err() {
        return Err(value_error(0, "bad marshal data (too large)", "at most 4 GiB"));
    }
    let mut graph = Graph::new();
    // typical .pyc: an object every 12 bytes, an item every 8
    graph.nodes.reserve(data.len() / 12);
    graph.children.reserve(data.len() / 8);
    graph.pool.extend_from_slice(data);
    let mut reader =
        Reader { data, pos: 0, allow_code, graph, refs: Vec::new(), scratch: Vec::new(), stack: Vec::new() };
    let root = reader.run()?;
    Ok(Loaded { graph: reader.graph, root, end: reader.pos })
}

/// How many objects a code object holds, and after how many of them `firstlineno` stands.
const CODE_OBJECTS: u32 = 10;
const CODE_OBJECTS_AFTER_LINE: u32 = 2;

/// An open container.
struct Frame {
    node: ObjRef,
    tag: Tag,
    /// Items still to come; `u32::MAX` for a dict, which ends with NULL.
    left: u32,
    /// Its items are `scratch[base..]`.
    base: usize,
}

enum Step {
    Object(ObjRef),
    Opened,
}

struct Reader<'d> {
    data: &'d [u8],
    pos: usize,
    allow_code: bool,
    graph: Graph,
    refs: Vec<ObjRef>,
    scratch: Vec<ObjRef>,
    stack: Vec<Frame>,
}

pub(crate) fn error(
    kind: ErrorKind,
    offset: usize,
    message: impl Into<Cow<'static, str>>,
    expected: &'static str,
) -> ReadError {
    ReadError { kind, message: message.into(), offset, expected }
}

pub(crate) fn value_error(offset: usize, message: impl Into<Cow<'static, str>>, expected: &'static str) -> ReadError {
    error(ErrorKind::ValueError, offset, message, expected)
}

pub(crate) fn too_short(offset: usize, expected: &'static str) -> ReadError {
    error(ErrorKind::EOFError, offset, "marshal data too short", expected)
}

pub(crate) const BAD_CODE_SLOT: &str = "../Objects/codeobject.c:465: bad argument to internal function";

impl<'d> Reader<'d> {
    fn run(&mut self) -> Result<ObjRef, ReadError> {
        'object: loop {
            let mut obj = match self.object()? {
                Step::Object(obj) => obj,
                Step::Opened => continue,
            };
            // hand it to the innermost container; one that is complete is itself such an object
            loop {
                let Some(frame) = self.stack.last_mut() else {
                    if obj == ObjRef::NULL {
                        return Err(null_error(self.pos, "object"));
                    }
                    return Ok(obj);
                };
                if obj == ObjRef::NULL || frame.tag as u8 >= Tag::Dict as u8 {
                    match self.special_item(obj)? {
                        Step::Object(done) => obj = done,
                        Step::Opened => continue 'object,
                    }
                    continue;
                }
                self.scratch.push(obj);
                frame.left -= 1;
                if frame.left > 0 {
                    continue 'object;
                }
                obj = self.close()?;
            }
        }
    }

    /// An item that is NULL, or one of a dict, set, slice or code object. Says `Opened` if more items follow.
    #[inline]
    fn special_item(&mut self, obj: ObjRef) -> Result<Step, ReadError> {
        let pos = self.pos;
        let Some(frame) = self.stack.last_mut() else { return Ok(Step::Object(obj)) };
        let is_key = (self.scratch.len() - frame.base).is_multiple_of(2);
        match frame.tag {
            Tag::Dict if obj == ObjRef::NULL => {
                // NULL as a value ends the dict as well, and its key is dropped
                if !is_key {
                    self.scratch.pop();
                }
                return self.close().map(Step::Object);
            }
            Tag::Dict => {
                self.scratch.push(obj);
                if is_key {
                    return Ok(Step::Opened);
                }
                // CPython hashes the key when it has the value
                let key = self.scratch.get(self.scratch.len() - 2).copied().unwrap_or(ObjRef::NULL);
                self.check_hashable(key, "a dict key")?;
                return Ok(Step::Opened);
            }
            Tag::Slice if obj == ObjRef::NULL => {
                // CPython gives up on the slice without an exception: it is NULL itself
                self.scratch.truncate(frame.base);
                self.stack.pop();
                return Ok(Step::Object(ObjRef::NULL));
            }
            Tag::Code if obj == ObjRef::NULL => return Err(null_error(pos, "code object")),
            Tag::Tuple if obj == ObjRef::NULL => return Err(null_error(pos, "tuple")),
            Tag::List if obj == ObjRef::NULL => return Err(null_error(pos, "list")),
            _ if obj == ObjRef::NULL => return Err(null_error(pos, "set")),
            Tag::Set | Tag::FrozenSet => self.check_hashable(obj, "a set element")?,
            _ => {}
        }
        self.scratch.push(obj);
        let Some(frame) = self.stack.last_mut() else { return Ok(Step::Object(obj)) };
        frame.left -= 1;
        match (frame.left, frame.tag) {
            (0, _) => self.close().map(Step::Object),
            (CODE_OBJECTS_AFTER_LINE, Tag::Code) => {
                let node = frame.node;
                let line = self.long("firstlineno")?;
                if let Some(code) = self.graph.code_mut(node) {
                    code.firstlineno = line;
                }
                Ok(Step::Opened)
            }
            _ => Ok(Step::Opened),
        }
    }

    /// Ends the innermost container, whose items are all there.
    fn close(&mut self) -> Result<ObjRef, ReadError> {
        let Some(frame) = self.stack.pop() else { return Ok(ObjRef::NULL) };
        let mut bits = 0;
        if frame.tag == Tag::Code {
            self.close_code(&frame)?;
        } else {
            let items = self.scratch.get(frame.base..).unwrap_or_default();
            let (start, count) = (self.graph.children.len(), items.len());
            if self.graph.children.capacity() - start < count {
                // every further item takes a byte, or stands on scratch already
                let most = self.data.len() - self.pos + self.scratch.len();
                grow(&mut self.graph.children, count, most);
            }
            self.graph.children.extend_from_slice(items);
            bits = match frame.tag {
                Tag::Tuple | Tag::Slice => {
                    items.iter().fold(0, |bits, &item| bits | unhashable_bits(&self.graph, item))
                }
                Tag::FrozenSet => 0,
                _ => UNHASHABLE,
            };
            if let Some(node) = self.graph.nodes.get_mut(frame.node.index()) {
                (node.a, node.b) = (start as u32, count as u32);
            }
        }
        self.scratch.truncate(frame.base);
        if let Some(node) = self.graph.nodes.get_mut(frame.node.index()) {
            node.bits = node.bits & !UNFINISHED | bits;
        }
        Ok(frame.node)
    }

    /// `_PyCode_Validate`, and what `_PyCode_New` wants of the names.
    fn close_code(&mut self, frame: &Frame) -> Result<(), ReadError> {
        let graph = &mut self.graph;
        let items = self.scratch.get(frame.base..).unwrap_or_default();
        let Some(code) = graph.code_mut(frame.node) else { return Ok(()) };
        if let Ok(objects) = <[ObjRef; 10]>::try_from(items) {
            code.set_objects(objects);
        }
        let code = *code;
        check_code(graph, &code).map_err(|(kind, message)| error(kind, self.pos, message, "a valid code object"))?;
        for obj in [code.names, code.localsplusnames] {
            if let Some(node) = self.graph.nodes.get_mut(obj.index()) {
                node.bits |= STR_TUPLE;
            }
        }
        Ok(())
    }

    /// The items of a container, of an open one those that it has so far.
    fn items(&self, obj: ObjRef) -> &[ObjRef] {
        if self.graph.node(obj).bits & UNFINISHED == 0 {
            return self.graph.items(obj);
        }
        let Some(at) = self.stack.iter().position(|frame| frame.node == obj) else { return &[] };
        let base = |at: usize| self.stack.get(at).map_or(self.scratch.len(), |frame| frame.base);
        self.scratch.get(base(at)..base(at + 1)).unwrap_or_default()
    }

    fn check_hashable(&self, obj: ObjRef, role: &str) -> Result<(), ReadError> {
        if unhashable_bits(&self.graph, obj) == 0 {
            return Ok(());
        }
        // the type that refuses is the first such one found in order, as tuple and slice hash their items
        let mut inner = obj;
        for _ in 0..MAX_DEPTH {
            let next = self.items(inner).iter().find(|&&item| unhashable_bits(&self.graph, item) != 0);
            match next {
                Some(&next) if matches!(self.graph.node(inner).tag, Tag::Tuple | Tag::Slice) => inner = next,
                _ => break,
            }
        }
        // where CPython hashes a tuple that is not complete, it crashes
        let node = self.graph.node(inner);
        if node.tag == Tag::Tuple && node.bits & UNFINISHED != 0 {
            return Err(value_error(self.pos, "bad marshal data (invalid reference)", "an object that is complete"));
        }
        let (outer, inner) = (type_name(self.graph.node(obj).tag), type_name(self.graph.node(inner).tag));
        let message = format!("cannot use '{outer}' as {role} (unhashable type: '{inner}')");
        Err(error(ErrorKind::TypeError, self.pos, message, "a hashable object"))
    }

    // ---- primitives

    #[inline(always)]
    fn take(&mut self, n: usize, expected: &'static str) -> Result<usize, ReadError> {
        let at = self.pos;
        if n > self.data.len() - at {
            return Err(too_short(at, expected));
        }
        self.pos = at + n;
        Ok(at)
    }

    #[inline(always)]
    fn byte(&mut self, expected: &'static str) -> Result<u8, ReadError> {
        match self.data.get(self.pos) {
            Some(&byte) => {
                self.pos += 1;
                Ok(byte)
            }
            None => Err(error(ErrorKind::EOFError, self.pos, "EOF read where not expected", expected)),
        }
    }

    #[inline(always)]
    fn long(&mut self, expected: &'static str) -> Result<i32, ReadError> {
        match self.data.get(self.pos..).and_then(|rest| rest.first_chunk()) {
            Some(bytes) => {
                self.pos += 4;
                Ok(i32::from_le_bytes(*bytes))
            }
            None => Err(too_short(self.pos, expected)),
        }
    }

    #[inline(always)]
    fn u64(&mut self, expected: &'static str) -> Result<u64, ReadError> {
        match self.data.get(self.pos..).and_then(|rest| rest.first_chunk()) {
            Some(bytes) => {
                self.pos += 8;
                Ok(u64::from_le_bytes(*bytes))
            }
            None => Err(too_short(self.pos, expected)),
        }
    }

    /// A length field; `message` is CPython's complaint about a negative one.
    #[inline(always)]
    fn size(&mut self, message: &'static str) -> Result<u32, ReadError> {
        let n = self.long("a length")?;
        u32::try_from(n).map_err(|_| value_error(self.pos - 4, message, "a length from 0 to 2**31-1"))
    }

    // ---- objects

    /// Reads one object, or opens a container.
    #[inline(always)]
    fn object(&mut self) -> Result<Step, ReadError> {
        let at = self.pos;
        let Some(&code) = self.data.get(at) else {
            return Err(error(ErrorKind::EOFError, at, "EOF read where object expected", "an object"));
        };
        self.pos = at + 1;
        if self.stack.len() >= MAX_DEPTH {
            return Err(value_error(at, "recursion limit exceeded", "at most 2000 levels"));
        }
        let flag = code & FLAG_REF != 0;
        let obj = match code & !FLAG_REF {
            TYPE_NULL => return Ok(Step::Object(ObjRef::NULL)),
            TYPE_NONE => return Ok(Step::Object(ObjRef::NONE)),
            TYPE_FALSE => return Ok(Step::Object(ObjRef::FALSE)),
            TYPE_TRUE => return Ok(Step::Object(ObjRef::TRUE)),
            TYPE_ELLIPSIS => return Ok(Step::Object(ObjRef::ELLIPSIS)),
            TYPE_STOPITER => return Ok(Step::Object(ObjRef::STOP_ITERATION)),
            TYPE_REF => return self.reference(),
            TYPE_SHORT_ASCII => self.short_ascii(false)?,
            TYPE_SHORT_ASCII_INTERNED => self.short_ascii(true)?,
            TYPE_SMALL_TUPLE => {
                let n = self.byte("the length of a tuple")?;
                return Ok(self.open(Tag::Tuple, flag, u32::from(n)));
            }
            TYPE_INT => {
                let value = self.long("an int of 4 bytes")?;
                self.room();
                self.graph.int(i64::from(value))
            }
            TYPE_STRING => {
                let n = self.size("bad marshal data (bytes object size out of range)")? as usize;
                let start = self.take(n, "that many bytes")?;
                self.room();
                self.graph.push_span(Tag::Bytes, start, n)
            }
            TYPE_CODE => return self.open_code(at, flag),
            TYPE_ASCII => self.ascii(false)?,
            TYPE_ASCII_INTERNED => self.ascii(true)?,
            TYPE_UNICODE => self.unicode(false)?,
            TYPE_INTERNED => self.unicode(true)?,
            TYPE_BINARY_FLOAT => {
                let bits = self.u64("a float of 8 bytes")?;
                self.room();
                self.graph.float_bits(bits)
            }
            TYPE_BINARY_COMPLEX => {
                self.u64("a real part of 8 bytes")?;
                self.u64("an imaginary part of 8 bytes")?;
                self.room();
                self.graph.push_span(Tag::Complex, at + 1, 16)
            }
            TYPE_TUPLE => {
                let n = self.size("bad marshal data (tuple size out of range)")?;
                return Ok(self.open(Tag::Tuple, flag, n));
            }
            TYPE_LIST => {
                let n = self.size("bad marshal data (list size out of range)")?;
                return Ok(self.open(Tag::List, flag, n));
            }
            TYPE_DICT => return Ok(self.open(Tag::Dict, flag, u32::MAX)),
            TYPE_SET => {
                let n = self.size("bad marshal data (set size out of range)")?;
                return Ok(self.open(Tag::Set, flag, n));
            }
            TYPE_FROZENSET => {
                let n = self.size("bad marshal data (set size out of range)")?;
                return Ok(self.open(Tag::FrozenSet, flag, n));
            }
            TYPE_SLICE => return Ok(self.open(Tag::Slice, flag, 3)),
            other => self.rare(other, at)?,
        };
        if flag {
            self.graph.set_flag(obj, true);
            self.refs.push(obj);
        }
        Ok(Step::Object(obj))
    }

    /// Long ints, and what only old versions wrote.
    #[cold]
    fn rare(&mut self, letter: u8, at: usize) -> Result<ObjRef, ReadError> {
        Ok(match letter {
            TYPE_LONG => self.py_long()?,
            TYPE_INT64 => {
                let bits = self.u64("an int of 8 bytes")?;
                self.graph.int(bits as i64)
            }
            TYPE_FLOAT => {
                let value = self.float_str()?;
                self.graph.float(value)
            }
            TYPE_COMPLEX => {
                let (real, imag) = (self.float_str()?, self.float_str()?);
                self.graph.complex(real, imag)
            }
            _ => return Err(value_error(at, "bad marshal data (unknown type code)", "a type code")),
        })
    }

    /// Makes room for one node. Growing by doubling must not pass what the rest of the input could fill: an object
    /// with a node takes two bytes or more.
    #[inline(always)]
    fn room(&mut self) {
        if self.graph.nodes.len() == self.graph.nodes.capacity() {
            let most = (self.data.len() - self.pos) / 2 + 1;
            grow(&mut self.graph.nodes, 1, most);
        }
    }

    #[inline(always)]
    fn reference(&mut self) -> Result<Step, ReadError> {
        let at = self.pos;
        let n = self.long("the index of a reference")?;
        let found = usize::try_from(n).ok().and_then(|n| self.refs.get(n)).copied();
        let Some(obj) = found.filter(|&obj| self.may_refer(obj)) else {
            return Err(value_error(at, "bad marshal data (invalid reference)", "the index of an earlier object"));
        };
        Ok(Step::Object(obj))
    }

    /// Tuples, lists, dicts and sets may be referred to from within; what is immutable may not.
    #[inline(always)]
    fn may_refer(&self, obj: ObjRef) -> bool {
        let node = self.graph.node(obj);
        node.bits & UNFINISHED == 0 || matches!(node.tag, Tag::Tuple | Tag::List | Tag::Dict | Tag::Set)
    }

    #[inline(always)]
    fn open(&mut self, tag: Tag, flag: bool, left: u32) -> Step {
        self.room();
        if left == 0 {
            let start = self.graph.children.len() as u32;
            let bits = if matches!(tag, Tag::Tuple | Tag::FrozenSet) { 0 } else { UNHASHABLE };
            let node = self.graph.push(tag, bits, start, 0);
            self.enter(node, flag);
            return Step::Object(node);
        }
        let node = self.graph.push(tag, UNFINISHED, 0, 0);
        self.enter(node, flag);
        self.stack.push(Frame { node, tag, left, base: self.scratch.len() });
        Step::Opened
    }

    #[inline(always)]
    fn enter(&mut self, node: ObjRef, flag: bool) {
        if flag {
            self.graph.set_flag(node, true);
            self.refs.push(node);
        }
    }

    fn open_code(&mut self, at: usize, flag: bool) -> Result<Step, ReadError> {
        if !self.allow_code {
            return Err(value_error(at, "unmarshalling code objects is disallowed", "no code object"));
        }
        let code = Code {
            argcount: self.long("argcount")?,
            posonlyargcount: self.long("posonlyargcount")?,
            kwonlyargcount: self.long("kwonlyargcount")?,
            stacksize: self.long("stacksize")?,
            flags: self.long("flags")?,
            ..Code::EMPTY
        };
        let index = self.graph.codes.len() as u32;
        if self.graph.codes.len() == self.graph.codes.capacity() {
            // the smallest code object takes 35 bytes; those still open are at most MAX_DEPTH
            let most = (self.data.len() - self.pos) / 21 + 1;
            grow(&mut self.graph.codes, 1, most);
        }
        self.graph.codes.push(code);
        self.room();
        let node = self.graph.push(Tag::Code, UNFINISHED, index, 0);
        self.enter(node, flag);
        self.stack.push(Frame { node, tag: Tag::Code, left: CODE_OBJECTS, base: self.scratch.len() });
        Ok(Step::Opened)
    }

    #[inline(always)]
    fn short_ascii(&mut self, interned: bool) -> Result<ObjRef, ReadError> {
        let n = self.byte("the length of a string")?;
        self.latin1(usize::from(n), interned)
    }

    fn ascii(&mut self, interned: bool) -> Result<ObjRef, ReadError> {
        let n = self.size("bad marshal data (string size out of range)")?;
        self.latin1(n as usize, interned)
    }

    /// The "ASCII" letters take any byte in CPython: above 0x7f it is Latin-1.
    #[inline(always)]
    fn latin1(&mut self, n: usize, interned: bool) -> Result<ObjRef, ReadError> {
        let start = self.take(n, "that many characters")?;
        self.room();
        let text = self.data.get(start..self.pos).unwrap_or_default();
        if text.is_ascii() {
            return Ok(self.graph.push_str_span(start, n, interned, true));
        }
        let at = self.graph.pool.len();
        utf8::from_latin1(text, &mut self.graph.pool);
        let len = self.graph.pool.len() - at;
        if u32::try_from(at + len).is_err() {
            return Err(value_error(start, "bad marshal data (too large)", "at most 4 GiB"));
        }
        Ok(self.graph.push_str_span(at, len, interned, false))
    }

    fn unicode(&mut self, interned: bool) -> Result<ObjRef, ReadError> {
        let n = self.size("bad marshal data (string size out of range)")? as usize;
        let start = self.take(n, "that many bytes of UTF-8")?;
        let text = self.data.get(start..self.pos).unwrap_or_default();
        let ascii = utf8::check(text)
            .map_err(|message| error(ErrorKind::UnicodeDecodeError, start, message, "UTF-8 with surrogates"))?;
        self.room();
        Ok(self.graph.push_str_span(start, n, interned, ascii))
    }

    fn py_long(&mut self) -> Result<ObjRef, ReadError> {
        let long = parse_long(self.data, self.pos)?;
        self.pos = long.end;
        self.room();
        Ok(match long.small {
            Some(value) => self.graph.int(value),
            None => self.graph.push_big_span(long.negative, long.start, long.end - long.start),
        })
    }

    fn float_str(&mut self) -> Result<f64, ReadError> {
        let (value, end) = parse_float_str(self.data, self.pos)?;
        self.pos = end;
        Ok(value)
    }
}

/// A float as text at `at`, and where it ends.
pub(crate) fn parse_float_str(data: &[u8], at: usize) -> Result<(f64, usize), ReadError> {
    let Some(&n) = data.get(at) else {
        return Err(error(ErrorKind::EOFError, at, "EOF read where not expected", "the length of a float's text"));
    };
    let start = at + 1;
    let end = start + usize::from(n);
    let text = data.get(start..end).ok_or_else(|| too_short(start, "that many characters of a float"))?;
    let value = float_text::parse(text).map_err(|message| value_error(start, message, "the text of a float"))?;
    Ok((value, end))
}

/// What stands after the letter of a long int.
pub(crate) struct Long {
    pub negative: bool,
    /// The value, if it fits.
    pub small: Option<i64>,
    /// The digits are the bytes start..end.
    pub start: usize,
    pub end: usize,
}

pub(crate) fn parse_long(data: &[u8], at: usize) -> Result<Long, ReadError> {
    let Some(head) = data.get(at..).and_then(|rest| rest.first_chunk()) else {
        return Err(too_short(at, "the number of digits"));
    };
    let n = i32::from_le_bytes(*head);
    if n == i32::MIN {
        return Err(value_error(at, "bad marshal data (long size out of range)", "a number of digits"));
    }
    let count = n.unsigned_abs() as usize;
    let start = at + 4;
    let digits = data.get(start..).unwrap_or_default().as_chunks::<2>().0;
    let is_short = digits.len() < count;
    let digits = digits.get(..count).unwrap_or(digits).iter().map(|pair| u16::from_le_bytes(*pair));
    let mut last = 1;
    for (index, digit) in digits.clone().enumerate() {
        if digit > 0x7fff {
            let offset = start + 2 * index;
            return Err(value_error(offset, "bad marshal data (digit out of range in long)", "a digit of 15 bits"));
        }
        last = digit;
    }
    if is_short {
        return Err(too_short(start, "that many digits of 2 bytes"));
    }
    let end = start + 2 * count;
    if count > 0 && last == 0 {
        let expected = "a digit other than 0";
        return Err(value_error(end - 2, "bad marshal data (unnormalized long data)", expected));
    }
    Ok(Long { negative: n < 0, small: graph::small_value(n < 0, digits, count), start, end })
}

/// Grows by doubling, but not beyond `most` more than there are.
#[cold]
fn grow<T>(items: &mut Vec<T>, count: usize, most: usize) {
    let more = items.len().max(64).min(most).max(count);
    items.reserve_exact(more);
}

pub(crate) fn null_error(offset: usize, what: &'static str) -> ReadError {
    let message = match what {
        "tuple" => "NULL object in marshal data for tuple",
        "list" => "NULL object in marshal data for list",
        "set" => "NULL object in marshal data for set",
        "code object" => "NULL object in marshal data for code object",
        _ => "NULL object in marshal data for object",
    };
    error(ErrorKind::TypeError, offset.saturating_sub(1), message, "an object")
}

fn unhashable_bits(graph: &Graph, obj: ObjRef) -> u8 {
    if graph.node(obj).bits & (UNHASHABLE | UNFINISHED) != 0 { UNHASHABLE } else { 0 }
}

fn type_name(tag: Tag) -> &'static str {
    match tag {
        Tag::List => "list",
        Tag::Dict => "dict",
        Tag::Set => "set",
        Tag::Slice => "slice",
        Tag::FrozenSet => "frozenset",
        Tag::Code => "code",
        _ => "tuple",
    }
}

/// The checks of `_PyCode_Validate` and `intern_strings`, with CPython's exception.
fn check_code(graph: &Graph, code: &Code) -> Result<(), (ErrorKind, &'static str)> {
    use ErrorKind::{SystemError, ValueError};
    let finished = |obj: ObjRef| graph.node(obj).bits & UNFINISHED == 0;
    let tuple = |obj| graph.as_tuple(obj).filter(|_| finished(obj));
    let is_str = |obj: ObjRef| graph.node(obj).tag == Tag::Str;
    let bad = (SystemError, BAD_CODE_SLOT);
    let (Some(instructions), Some(_), Some(_)) = (graph.as_bytes(code.code), tuple(code.consts), tuple(code.names))
    else {
        return Err(bad);
    };
    let (Some(locals), Some(kinds)) = (tuple(code.localsplusnames), graph.as_bytes(code.localspluskinds)) else {
        return Err(bad);
    };
    if code.argcount < code.posonlyargcount
        || code.posonlyargcount < 0
        || code.kwonlyargcount < 0
        || code.stacksize < 0
        || code.flags < 0
        || locals.len() != kinds.len()
        || ![code.name, code.qualname, code.filename].into_iter().all(is_str)
        || graph.as_bytes(code.linetable).is_none()
        || graph.as_bytes(code.exceptiontable).is_none()
    {
        return Err(bad);
    }
    if instructions.len() % 2 != 0 {
        return Err((ValueError, "code: co_code is malformed"));
    }
    let (n_locals, _, _) = code::localsplus_counts(kinds);
    let n_args = i64::from(code.argcount)
        + i64::from(code.kwonlyargcount)
        + i64::from(code.flags & code::CO_VARARGS != 0)
        + i64::from(code.flags & code::CO_VARKEYWORDS != 0);
    if (n_locals as i64) < n_args {
        return Err((ValueError, "code: co_varnames is too small"));
    }
    for obj in [code.names, code.localsplusnames] {
        if graph.node(obj).bits & STR_TUPLE != 0 {
            continue;
        }
        if !tuple(obj).is_some_and(|names| names.iter().all(|&name| is_str(name))) {
            return Err((SystemError, "non-string found in code slot"));
        }
    }
    Ok(())
}
