//! The borrowed form of marshal data: objects are opened where they lie, nothing is copied or built.
//!
//! Invariant: one scan over the bytes, made when it is first needed, notes where flagged objects, containers and the
//! parts of code objects are and checks their structure; after that every object opens in constant time and no
//! object is looked into unless asked for. Two uses of one object have one [`Obj::id`].
//!
//! What the scan leaves to [`Obj::value`]: UTF-8, digits of long ints, floats as text, the fields of code objects.
//! What it leaves to the reader of a set or dict: whether elements have a hash.
//! Next: `marshal::read` builds the same objects.
//!
//! ```text
//! refs:   offset of the object with each reference index
//! spans:  start..end of each container that is not empty (skipping one is a binary search)
//! codes:  start..end of each code object and the offsets of its ten objects
//! ```

use std::borrow::Cow;
use std::sync::OnceLock;

use crate::marshal::types::*;
use crate::marshal::{BigInt, ErrorKind, ReadError};
use crate::marshal::{read, utf8};
use crate::verify::{self, ConstKind, Fault, Parts, Rule, Verified};

/// A mapped or borrowed .pyc body, opened lazily. `D` owns or borrows the bytes.
#[derive(Debug)]
pub struct Lazy<D> {
    data: D,
    /// Where the marshal data starts in `data`.
    start: usize,
    index: OnceLock<Result<Index, ReadError>>,
}

impl<D: AsRef<[u8]>> Lazy<D> {
    /// Marshal data from offset `start` on (16 in a .pyc whose header was checked). Looks at nothing yet.
    pub fn new(data: D, start: usize) -> Lazy<D> {
        Lazy { data, start, index: OnceLock::new() }
    }

    fn view(&self) -> Result<View<'_>, ReadError> {
        let data = self.data.as_ref().get(self.start..).unwrap_or_default();
        let index = self.index.get_or_init(|| scan(data)).as_ref().map_err(Clone::clone)?;
        Ok(View { data, index })
    }

    /// The top object. The first call scans the bytes; errors are those of `marshal.loads`, offsets count from
    /// `start`.
    pub fn root(&self) -> Result<Obj<'_>, ReadError> {
        Ok(Obj { view: self.view()?, at: 0 })
    }

    /// The object with this [`Obj::id`].
    pub fn object(&self, id: u32) -> Result<Obj<'_>, ReadError> {
        Ok(Obj { view: self.view()?, at: id })
    }

    /// Every code object in the order of the file, the top one first.
    pub fn codes(&self) -> Result<impl Iterator<Item = Obj<'_>>, ReadError> {
        let view = self.view()?;
        Ok(view.index.codes.iter().map(move |entry| Obj { view, at: entry.start }))
    }

    /// Where the root object ends; what follows is ignored.
    pub fn end(&self) -> Result<usize, ReadError> {
        Ok(self.view()?.index.end)
    }
}

#[derive(Debug, Clone, Copy)]
struct View<'l> {
    data: &'l [u8],
    index: &'l Index,
}

#[derive(Debug, Default)]
struct Index {
    refs: Vec<u32>,
    spans: Vec<Span>,
    codes: Vec<CodeEntry>,
    end: usize,
}

#[derive(Debug, Clone, Copy)]
struct Span {
    start: u32,
    end: u32,
}

#[derive(Debug, Clone, Copy)]
struct CodeEntry {
    start: u32,
    end: u32,
    objects: [u32; 10],
}

/// An object in the bytes; cheap to copy.
#[derive(Clone, Copy)]
pub struct Obj<'l> {
    view: View<'l>,
    at: u32,
}

impl std::fmt::Debug for Obj<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Obj({})", self.id())
    }
}

/// A str. Borrowed, but for Latin-1 above 0x7f under an "ASCII" letter, which no CPython writes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Str<'l> {
    /// WTF-8, as in [`crate::marshal::Str`].
    pub bytes: Cow<'l, [u8]>,
    pub interned: bool,
    pub ascii: bool,
}

/// One object, opened.
#[derive(Debug, Clone)]
pub enum Value<'l> {
    None,
    False,
    True,
    Ellipsis,
    StopIteration,
    Int(i64),
    BigInt(BigInt<'l>),
    /// The bits of the double.
    Float(u64),
    /// The bits of real and imaginary part.
    Complex(u64, u64),
    Bytes(&'l [u8]),
    Str(Str<'l>),
    Tuple(Items<'l>),
    List(Items<'l>),
    /// Key, value, key, value...
    Dict(Items<'l>),
    Set(Items<'l>),
    FrozenSet(Items<'l>),
    /// start, stop, step
    Slice(Items<'l>),
    Code(Code<'l>),
}

impl<'l> Obj<'l> {
    /// Where the object itself is, references followed: equal for uses of one object, different for others.
    pub fn id(self) -> u32 {
        let data = self.view.data;
        if data.get(self.at as usize).is_some_and(|code| code & !FLAG_REF == TYPE_REF) {
            let index = u32_at(data, self.at as usize + 1).unwrap_or(u32::MAX);
            return self.view.index.refs.get(index as usize).copied().unwrap_or(self.at);
        }
        self.at
    }

    /// Is FLAG_REF set on the object?
    pub fn flag(self) -> bool {
        self.view.data.get(self.id() as usize).is_some_and(|code| code & FLAG_REF != 0 && !is_singleton(*code))
    }

    fn letter(self) -> u8 {
        self.view.data.get(self.id() as usize).map_or(TYPE_NULL, |code| code & !FLAG_REF)
    }

    /// Opens the object.
    pub fn value(self) -> Result<Value<'l>, ReadError> {
        let data = self.view.data;
        let at = self.id() as usize;
        let payload = at + 1;
        let short = || read::too_short(payload, "a whole object");
        let bytes = |start: usize, n: usize| data.get(start..start.saturating_add(n)).ok_or_else(short);
        let size = || u32_at(data, payload).map(|n| n as usize).ok_or_else(short);
        let small = || data.get(payload).map(|&n| usize::from(n)).ok_or_else(short);
        let u64_at = |at: usize| {
            data.get(at..).and_then(|rest| rest.first_chunk()).map(|bytes| u64::from_le_bytes(*bytes)).ok_or_else(short)
        };
        let items = |start, left| Items { view: self.view, next: start, left };
        let letter = self.letter();
        Ok(match letter {
            TYPE_NONE => Value::None,
            TYPE_FALSE => Value::False,
            TYPE_TRUE => Value::True,
            TYPE_ELLIPSIS => Value::Ellipsis,
            TYPE_STOPITER => Value::StopIteration,
            TYPE_INT => Value::Int(i64::from(size()? as u32 as i32)),
            TYPE_INT64 => Value::Int(u64_at(payload)? as i64),
            TYPE_LONG => {
                let long = read::parse_long(data, payload)?;
                match long.small {
                    Some(value) => Value::Int(value),
                    None => Value::BigInt(BigInt {
                        negative: long.negative,
                        digits: bytes(long.start, long.end - long.start)?,
                    }),
                }
            }
            TYPE_BINARY_FLOAT => Value::Float(u64_at(payload)?),
            TYPE_BINARY_COMPLEX => Value::Complex(u64_at(payload)?, u64_at(payload + 8)?),
            TYPE_FLOAT => Value::Float(read::parse_float_str(data, payload)?.0.to_bits()),
            TYPE_COMPLEX => {
                let (real, next) = read::parse_float_str(data, payload)?;
                Value::Complex(real.to_bits(), read::parse_float_str(data, next)?.0.to_bits())
            }
            TYPE_STRING => Value::Bytes(bytes(payload + 4, size()?)?),
            TYPE_SHORT_ASCII | TYPE_SHORT_ASCII_INTERNED => {
                Value::Str(latin1(bytes(payload + 1, small()?)?, letter == TYPE_SHORT_ASCII_INTERNED))
            }
            TYPE_ASCII | TYPE_ASCII_INTERNED => {
                Value::Str(latin1(bytes(payload + 4, size()?)?, letter == TYPE_ASCII_INTERNED))
            }
            TYPE_UNICODE | TYPE_INTERNED => {
                let text = bytes(payload + 4, size()?)?;
                let ascii = utf8::check(text).map_err(|message| {
                    read::error(ErrorKind::UnicodeDecodeError, payload + 4, message, "UTF-8 with surrogates")
                })?;
                Value::Str(Str { bytes: text.into(), interned: letter == TYPE_INTERNED, ascii })
            }
            TYPE_SMALL_TUPLE => Value::Tuple(items(payload + 1, small()? as u32)),
            TYPE_TUPLE => Value::Tuple(items(payload + 4, size()? as u32)),
            TYPE_LIST => Value::List(items(payload + 4, size()? as u32)),
            TYPE_SET => Value::Set(items(payload + 4, size()? as u32)),
            TYPE_FROZENSET => Value::FrozenSet(items(payload + 4, size()? as u32)),
            TYPE_DICT => Value::Dict(items(payload, ENDLESS)),
            TYPE_SLICE => Value::Slice(items(payload, 3)),
            TYPE_CODE => Value::Code(self.code()?),
            _ => return Err(read::null_error(payload, "object")),
        })
    }

    /// Opens a code object and checks the types of its fields.
    pub fn code(self) -> Result<Code<'l>, ReadError> {
        let at = self.id();
        let error = || read::error(ErrorKind::SystemError, at as usize, read::BAD_CODE_SLOT, "a valid code object");
        let codes = &self.view.index.codes;
        let entry = codes.binary_search_by_key(&at, |entry| entry.start).ok().and_then(|found| codes.get(found));
        let code = Code { view: self.view, entry: entry.ok_or_else(error)? };
        code.check().then_some(code).ok_or_else(error)
    }

    pub fn as_bytes(self) -> Option<&'l [u8]> {
        if let Ok(Value::Bytes(bytes)) = self.value() { Some(bytes) } else { None }
    }

    pub fn as_str(self) -> Option<Str<'l>> {
        if let Ok(Value::Str(text)) = self.value() { Some(text) } else { None }
    }
}

fn latin1(bytes: &[u8], interned: bool) -> Str<'_> {
    if bytes.is_ascii() {
        return Str { bytes: bytes.into(), interned, ascii: true };
    }
    let mut text = Vec::with_capacity(bytes.len() * 2);
    utf8::from_latin1(bytes, &mut text);
    Str { bytes: text.into(), interned, ascii: false }
}

/// The items of a container, in order.
#[derive(Debug, Clone)]
pub struct Items<'l> {
    view: View<'l>,
    next: usize,
    /// [`ENDLESS`] and one less take turns in a dict, which ends with NULL: before a key, before a value.
    left: u32,
}

const ENDLESS: u32 = u32::MAX;

impl Items<'_> {
    /// How many there are; None for a dict, which has to be walked.
    pub fn n_items(&self) -> Option<usize> {
        (self.left < ENDLESS - 1).then_some(self.left as usize)
    }
}

impl<'l> Iterator for Items<'l> {
    type Item = Obj<'l>;

    fn next(&mut self) -> Option<Obj<'l>> {
        if self.left == 0 {
            return None;
        }
        let at = u32::try_from(self.next).ok()?;
        let is_null = |at: usize| self.view.data.get(at).is_none_or(|code| code & !FLAG_REF == TYPE_NULL);
        let next = skip(self.view, self.next)?;
        // a key with NULL for its value ends the dict and is dropped
        let is_key = self.left == ENDLESS;
        if self.left >= ENDLESS - 1 && (is_null(self.next) || is_key && is_null(next)) {
            self.left = 0;
            return None;
        }
        self.left = if self.left == ENDLESS - 1 { ENDLESS } else { self.left - 1 };
        self.next = next;
        Some(Obj { view: self.view, at })
    }
}

/// The letters of str, and those that a verifier asks about.
const STR: &[u8] =
    &[TYPE_SHORT_ASCII, TYPE_SHORT_ASCII_INTERNED, TYPE_ASCII, TYPE_ASCII_INTERNED, TYPE_UNICODE, TYPE_INTERNED];
const TUPLE_OR_CODE: &[u8] = &[TYPE_TUPLE, TYPE_SMALL_TUPLE, TYPE_CODE];

/// A code object in the bytes.
#[derive(Clone, Copy)]
pub struct Code<'l> {
    view: View<'l>,
    entry: &'l CodeEntry,
}

impl std::fmt::Debug for Code<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Code({})", self.entry.start)
    }
}

/// An accessor a field, in the order of marshal; names as CPython's less `co_`.
macro_rules! code_fields {
    (ints: $($int:ident $at:literal),*; bytes: $($bytes:ident $b:literal),*; tuples: $($tuple:ident $t:literal),*;
     strs: $($str:ident $s:literal),*) => {
        $(pub fn $int(self) -> i32 { self.int_at(self.entry.start as usize + $at) })*
        $(pub fn $bytes(self) -> &'l [u8] { self.object($b).as_bytes().unwrap_or_default() })*
        $(pub fn $tuple(self) -> Items<'l> { self.tuple($t) })*
        $(pub fn $str(self) -> Obj<'l> { self.object($s) })*
    };
}

impl<'l> Code<'l> {
    code_fields! {
        ints: argcount 1, posonlyargcount 5, kwonlyargcount 9, stacksize 13, flags 17;
        bytes: code 0, localspluskinds 4, linetable 8, exceptiontable 9;
        tuples: consts 1, names 2, localsplusnames 3;
        strs: filename 5, name 6, qualname 7
    }

    pub fn firstlineno(self) -> i32 {
        self.int_at((self.entry.objects[8] as usize).saturating_sub(4))
    }

    /// The offsets start..end in the marshal data.
    pub fn range(self) -> std::ops::Range<usize> {
        self.entry.start as usize..self.entry.end as usize
    }

    /// One of the ten objects, in the order of [`crate::code::OBJECT_FIELDS`].
    pub fn object(self, field: usize) -> Obj<'l> {
        let at = self.entry.objects.get(field).copied().unwrap_or(self.entry.start);
        Obj { view: self.view, at }
    }

    /// The fields as the verifier takes them; None if a name is no str.
    pub fn parts(self) -> Option<Parts<'l>> {
        let is_str = |obj: Obj<'_>| STR.contains(&obj.letter());
        let (mut names, mut locals) = (self.names(), self.localsplusnames());
        let counts = [&self.consts(), &names, &locals].map(|items| items.n_items().unwrap_or_default());
        (names.all(is_str) && locals.all(is_str)).then(|| Parts {
            argcount: self.argcount(),
            posonlyargcount: self.posonlyargcount(),
            kwonlyargcount: self.kwonlyargcount(),
            stacksize: self.stacksize(),
            flags: self.flags(),
            firstlineno: self.firstlineno(),
            code: self.code(),
            n_localsplusnames: counts[2],
            localspluskinds: self.localspluskinds(),
            n_consts: counts[0],
            n_names: counts[1],
            linetable: self.linetable(),
            exceptiontable: self.exceptiontable(),
        })
    }

    /// Verifies this code object alone, looking at no other one.
    pub fn verify(self) -> Result<Verified, Box<Fault>> {
        let Some(parts) = self.parts() else {
            let text = "a name is no str".into();
            return Err(Box::new(Fault { rule: Rule::FieldType, offset: None, text }));
        };
        let consts: Vec<Obj<'_>> = self.consts().collect();
        verify::verify(&parts, |index| {
            let Some(constant) = consts.get(index).filter(|constant| TUPLE_OR_CODE.contains(&constant.letter())) else {
                return ConstKind::Other;
            };
            match constant.value() {
                Ok(Value::Code(_)) => ConstKind::Code,
                Ok(Value::Tuple(mut items)) => match items.n_items() {
                    Some(count) if items.all(|item| STR.contains(&item.letter())) => ConstKind::StrTuple(count),
                    _ => ConstKind::Other,
                },
                _ => ConstKind::Other,
            }
        })
    }

    fn int_at(self, at: usize) -> i32 {
        u32_at(self.view.data, at).unwrap_or_default() as i32
    }

    fn tuple(self, field: usize) -> Items<'l> {
        match self.object(field).value() {
            Ok(Value::Tuple(items)) => items,
            _ => Items { view: self.view, next: 0, left: 0 },
        }
    }

    fn check(self) -> bool {
        const BYTES: &[u8] = &[TYPE_STRING];
        const TUPLE: &[u8] = &[TYPE_TUPLE, TYPE_SMALL_TUPLE];
        let letters = [BYTES, TUPLE, TUPLE, TUPLE, BYTES, STR, STR, STR, BYTES, BYTES];
        let typed = letters.iter().enumerate().all(|(field, letters)| letters.contains(&self.object(field).letter()));
        typed
            && self.argcount() >= self.posonlyargcount()
            && [self.posonlyargcount(), self.kwonlyargcount(), self.stacksize(), self.flags()].iter().all(|&n| n >= 0)
            && self.localsplusnames().n_items() == Some(self.localspluskinds().len())
            && self.code().len().is_multiple_of(2)
    }
}

fn u32_at(data: &[u8], at: usize) -> Option<u32> {
    data.get(at..)?.first_chunk().map(|bytes| u32::from_le_bytes(*bytes))
}

fn is_singleton(code: u8) -> bool {
    matches!(
        code & !FLAG_REF,
        TYPE_NULL | TYPE_NONE | TYPE_FALSE | TYPE_TRUE | TYPE_ELLIPSIS | TYPE_STOPITER | TYPE_REF
    )
}

/// Where the object at `at` ends.
fn skip(view: View<'_>, at: usize) -> Option<usize> {
    match part(view.data, at).ok()? {
        Part::Leaf { end } => Some(end),
        Part::Container { .. } => {
            let start = u32::try_from(at).ok()?;
            let spans = &view.index.spans;
            let found = spans.binary_search_by_key(&start, |span| span.start).ok()?;
            spans.get(found).map(|span| span.end as usize)
        }
        Part::Code { .. } => {
            let start = u32::try_from(at).ok()?;
            let codes = &view.index.codes;
            let found = codes.binary_search_by_key(&start, |entry| entry.start).ok()?;
            codes.get(found).map(|entry| entry.end as usize)
        }
    }
}

/// The first bytes of an object, understood.
enum Part {
    Leaf { end: usize },
    Container { items: usize, count: u32, letter: u8 },
    Code { items: usize },
}

/// Looks at the object at `at` without its items.
#[inline(always)]
fn part(data: &[u8], at: usize) -> Result<Part, ReadError> {
    let Some(&code) = data.get(at) else {
        return Err(read::error(ErrorKind::EOFError, at, "EOF read where object expected", "an object"));
    };
    let payload = at + 1;
    let letter = code & !FLAG_REF;
    let fixed = |n: usize| {
        if n <= data.len() - payload {
            Ok(Part::Leaf { end: payload + n })
        } else {
            Err(read::too_short(payload, "a whole object"))
        }
    };
    let byte = |at: usize| {
        let eof = || read::error(ErrorKind::EOFError, at, "EOF read where not expected", "a length");
        data.get(at).map(|&byte| usize::from(byte)).ok_or_else(eof)
    };
    let size = |message: &'static str| {
        let n = u32_at(data, payload).ok_or_else(|| read::too_short(payload, "a length"))?;
        if n > SIZE32_MAX {
            return Err(read::value_error(payload, message, "a length from 0 to 2**31-1"));
        }
        Ok(n)
    };
    let container = |items: usize, count: u32| {
        if count == 0 { Part::Leaf { end: items } } else { Part::Container { items, count, letter } }
    };
    match letter {
        TYPE_NULL | TYPE_NONE | TYPE_FALSE | TYPE_TRUE | TYPE_ELLIPSIS | TYPE_STOPITER => fixed(0),
        TYPE_REF | TYPE_INT => fixed(4),
        TYPE_SHORT_ASCII | TYPE_SHORT_ASCII_INTERNED => fixed(1 + byte(payload)?),
        TYPE_SMALL_TUPLE => Ok(container(payload + 1, byte(payload)? as u32)),
        TYPE_STRING => fixed(4 + size("bad marshal data (bytes object size out of range)")? as usize),
        TYPE_ASCII | TYPE_ASCII_INTERNED | TYPE_UNICODE | TYPE_INTERNED => {
            fixed(4 + size("bad marshal data (string size out of range)")? as usize)
        }
        TYPE_CODE => match fixed(20)? {
            Part::Leaf { end } => Ok(Part::Code { items: end }),
            other => Ok(other),
        },
        TYPE_BINARY_FLOAT | TYPE_INT64 => fixed(8),
        TYPE_BINARY_COMPLEX => fixed(16),
        TYPE_FLOAT => fixed(1 + byte(payload)?),
        TYPE_COMPLEX => {
            let real = 1 + byte(payload)?;
            fixed(real + 1 + byte(payload + real)?)
        }
        TYPE_LONG => {
            let count = u32_at(data, payload).ok_or_else(|| read::too_short(payload, "the number of digits"))? as i32;
            if count == i32::MIN {
                let message = "bad marshal data (long size out of range)";
                return Err(read::value_error(payload, message, "a number of digits"));
            }
            fixed(4 + 2 * count.unsigned_abs() as usize)
        }
        TYPE_TUPLE => Ok(container(payload + 4, size("bad marshal data (tuple size out of range)")?)),
        TYPE_LIST => Ok(container(payload + 4, size("bad marshal data (list size out of range)")?)),
        TYPE_SET | TYPE_FROZENSET => Ok(container(payload + 4, size("bad marshal data (set size out of range)")?)),
        TYPE_DICT => Ok(container(payload, ENDLESS)),
        TYPE_SLICE => Ok(container(payload, 3)),
        _ => Err(read::value_error(at, "bad marshal data (unknown type code)", "a type code")),
    }
}

/// How a letter's payload is measured.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Class {
    /// A leaf of this many bytes.
    Fixed(u8),
    /// One byte of length, then that many bytes.
    Short,
    /// Four bytes of length, then that many bytes.
    Long,
    /// A container, a reference, or what is rare: [`part`] decides.
    Other,
}

/// The class of each type byte; FLAG_REF makes no difference.
const CLASSES: [Class; 256] = {
    let mut classes = [Class::Other; 256];
    let known = [
        (TYPE_NONE, Class::Fixed(0)),
        (TYPE_FALSE, Class::Fixed(0)),
        (TYPE_TRUE, Class::Fixed(0)),
        (TYPE_ELLIPSIS, Class::Fixed(0)),
        (TYPE_INT, Class::Fixed(4)),
        (TYPE_BINARY_FLOAT, Class::Fixed(8)),
        (TYPE_BINARY_COMPLEX, Class::Fixed(16)),
        (TYPE_SHORT_ASCII, Class::Short),
        (TYPE_SHORT_ASCII_INTERNED, Class::Short),
        (TYPE_STRING, Class::Long),
        (TYPE_ASCII, Class::Long),
        (TYPE_ASCII_INTERNED, Class::Long),
        (TYPE_UNICODE, Class::Long),
        (TYPE_INTERNED, Class::Long),
    ];
    let mut at = 0;
    while at < known.len() {
        let (letter, class) = known[at];
        classes[letter as usize] = class;
        classes[(letter | FLAG_REF) as usize] = class;
        at += 1;
    }
    classes
};

/// Where a leaf ends, if it is one of the common ones and all there.
#[inline(always)]
fn leaf_end(data: &[u8], at: usize, code: u8) -> Option<usize> {
    let end = match CLASSES[code as usize] {
        Class::Fixed(n) => at + 1 + n as usize,
        Class::Short => at + 2 + *data.get(at + 1)? as usize,
        Class::Long => match u32_at(data, at + 1)? {
            n @ 0..=SIZE32_MAX => at + 5 + n as usize,
            _ => return None,
        },
        Class::Other => return None,
    };
    (end <= data.len()).then_some(end)
}

/// An open container of the scan.
struct Frame {
    letter: u8,
    /// Items still to come.
    left: u32,
    /// In `spans` or `codes`.
    index: usize,
    /// The reference that may not be used until the container is complete.
    pending: Option<usize>,
}

/// Marks a reference to a container that is not complete.
const PENDING: u32 = u32::MAX;

/// The one pass over the bytes.
fn scan(data: &[u8]) -> Result<Index, ReadError> {
    if u32::try_from(data.len()).is_err() {
        return Err(read::value_error(0, "bad marshal data (too large)", "at most 4 GiB"));
    }
    let mut index = Index::default();
    // typical .pyc: a flagged object every 35 bytes, a container every 100, a code object every 600
    index.refs.reserve(data.len() / 32);
    index.spans.reserve(data.len() / 96);
    index.codes.reserve(data.len() / 512);
    let mut stack: Vec<Frame> = Vec::new();
    let mut at = 0;
    loop {
        let code = data.get(at).copied().unwrap_or_default();
        if stack.len() >= MAX_DEPTH && at < data.len() {
            return Err(read::value_error(at, "recursion limit exceeded", "at most 2000 levels"));
        }
        let is_null = code & !FLAG_REF == TYPE_NULL;
        if let Some(end) = leaf_end(data, at, code) {
            if code & FLAG_REF != 0 && !is_singleton(code) {
                index.refs.push(at as u32);
            }
            at = end;
        } else {
            let part = part(data, at)?;
            let flagged = code & FLAG_REF != 0 && !is_singleton(code);
            if flagged {
                index.refs.push(at as u32);
            }
            let reference = if flagged { index.refs.len().checked_sub(1) } else { None };
            match part {
                Part::Leaf { end } => {
                    if code & !FLAG_REF == TYPE_REF {
                        check_reference(&index, data, at + 1)?;
                    }
                    at = end;
                }
                Part::Container { items, count, letter } => {
                    index.spans.push(Span { start: at as u32, end: 0 });
                    let pending = reference.filter(|_| matches!(letter, TYPE_FROZENSET | TYPE_SLICE));
                    set_pending(&mut index, pending);
                    stack.push(Frame { letter, left: count, index: index.spans.len() - 1, pending });
                    at = items;
                    continue;
                }
                Part::Code { items } => {
                    index.codes.push(CodeEntry { start: at as u32, end: 0, objects: [items as u32; 10] });
                    set_pending(&mut index, reference);
                    let index = index.codes.len() - 1;
                    stack.push(Frame { letter: TYPE_CODE, left: 10, index, pending: reference });
                    at = items;
                    continue;
                }
            }
        }
        // an object is complete: so may be the containers that it ends
        let mut is_null = is_null;
        while let Some(frame) = stack.last_mut() {
            if is_null || frame.letter == TYPE_DICT {
                frame.left = null_or_dict(frame, is_null, at)?;
            } else {
                frame.left -= 1;
            }
            if frame.left > 0 {
                if frame.letter == TYPE_CODE
                    && let Some(entry) = index.codes.get_mut(frame.index)
                {
                    let done = 10 - frame.left as usize;
                    if done == 8 {
                        u32_at(data, at).ok_or_else(|| read::too_short(at, "firstlineno"))?;
                        at += 4;
                    }
                    if let Some(object) = entry.objects.get_mut(done) {
                        *object = at as u32;
                    }
                }
                break;
            }
            close(&mut index, frame, at);
            stack.pop();
            is_null = false;
        }
        if stack.is_empty() {
            if is_null {
                return Err(read::null_error(at, "object"));
            }
            index.end = at;
            return Ok(index);
        }
    }
}

fn set_pending(index: &mut Index, reference: Option<usize>) {
    if let Some(at) = reference.and_then(|reference| index.refs.get_mut(reference)) {
        *at = PENDING;
    }
}

fn close(index: &mut Index, frame: &Frame, end: usize) {
    let start = if frame.letter == TYPE_CODE {
        index.codes.get_mut(frame.index).map(|entry| {
            entry.end = end as u32;
            entry.start
        })
    } else {
        index.spans.get_mut(frame.index).map(|span| {
            span.end = end as u32;
            span.start
        })
    };
    if let (Some(start), Some(at)) = (start, frame.pending.and_then(|pending| index.refs.get_mut(pending))) {
        *at = start;
    }
}

fn check_reference(index: &Index, data: &[u8], at: usize) -> Result<(), ReadError> {
    let n = u32_at(data, at).unwrap_or(u32::MAX) as usize;
    if index.refs.get(n).is_none_or(|&target| target == PENDING) {
        let message = "bad marshal data (invalid reference)";
        return Err(read::value_error(at, message, "the index of an earlier object"));
    }
    Ok(())
}

/// What is left of a dict after an object, or of any container after NULL.
fn null_or_dict(frame: &Frame, is_null: bool, at: usize) -> Result<u32, ReadError> {
    match frame.letter {
        TYPE_DICT if is_null => Ok(0),
        TYPE_DICT => Ok(frame.left),
        TYPE_TUPLE | TYPE_SMALL_TUPLE => Err(read::null_error(at, "tuple")),
        TYPE_LIST => Err(read::null_error(at, "list")),
        TYPE_CODE => Err(read::null_error(at, "code object")),
        // CPython takes a slice with NULL in it for NULL itself
        TYPE_SLICE => Err(read::null_error(at, "object")),
        _ => Err(read::null_error(at, "set")),
    }
}
