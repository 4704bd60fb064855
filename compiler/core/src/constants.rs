//! Constant objects of one compilation, with the identity that CPython's compiler would give them.
//!
//! Invariant: one [`ObjId`] is one Python object. Which slots share an object decides the reference flags in the bytes;
//! values alone do not. Two objects have the same class if and only if `_PyCode_ConstantKey` gives them equal keys
//! (1, 1.0, True and 1+0j differ, 0.0 and -0.0 differ, every NaN is its own), so [`Objects::merge`], the const cache of
//! `compile.c`, is a table by class. Next: `code.rs` for code objects, `sharing.rs` for interning and the bytes.

use std::collections::HashSet;
use std::hash::{BuildHasher, Hash};

use bumpalo::Bump;
use foldhash::fast::FixedState;
use hashbrown::HashTable;
use pyc_text::Wtf8;

use crate::ast::{Constant, Int};
use crate::code::Code;
use crate::fold;
use crate::names::{Name, Names};

/// A constant object, by number within its compilation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ObjId(pub u32);

/// A code object, by number within its compilation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct CodeId(pub u32);

/// The singletons, and the objects that exist once in every process.
impl ObjId {
    pub const NONE: ObjId = ObjId(0);
    pub const TRUE: ObjId = ObjId(1);
    pub const FALSE: ObjId = ObjId(2);
    pub const ELLIPSIS: ObjId = ObjId(3);
    pub const EMPTY_TUPLE: ObjId = ObjId(4);
    pub const EMPTY_BYTES: ObjId = ObjId(5);
    pub const EMPTY_STR: ObjId = ObjId(6);

    pub const fn bool(value: bool) -> ObjId {
        if value { ObjId::TRUE } else { ObjId::FALSE }
    }
}

/// An object's value. Floats are bits, so that NaN and -0.0 keep theirs.
#[derive(Clone, Copy, Debug)]
pub enum Object<'a> {
    None,
    True,
    False,
    Ellipsis,
    Int(Int<'a>),
    Float(u64),
    Complex { real: u64, imag: u64 },
    Str(Wtf8<'a>),
    Bytes(&'a [u8]),
    Tuple(&'a [ObjId]),
    FrozenSet(&'a [ObjId]),
    Slice([ObjId; 3]),
    Code(CodeId),
}

/// What `_PyCode_ConstantKey` distinguishes, by number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct Class(u32);

impl Class {
    /// A code object's class is found when it is first asked for: its compilation may still replace a field.
    const UNKNOWN: Class = Class(u32::MAX);
}

/// Facts about one object besides its value.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Header {
    pub class: Class,
    /// One object a process: small ints, `b''`, one-byte bytes, `()`. Marshal flags it always.
    pub immortal: bool,
    /// A string in the interpreter's table of interned strings.
    pub interned: bool,
    /// A string that was interned while parsing: an identifier, `''`, a Latin-1 character.
    pub early: bool,
}

/// One row a class.
#[derive(Clone, Copy, Debug)]
struct ClassRow {
    hash: u64,
    /// The object that stands for the class when two values are compared.
    example: ObjId,
    /// The const cache's entry.
    cached: Option<ObjId>,
    /// For strings: the interned object with this text.
    interned: Option<ObjId>,
}

impl ClassRow {
    /// The class was made for an object that is just being made.
    const NO_EXAMPLE: ObjId = ObjId(u32::MAX);
}

/// All constant objects of one compilation.
pub struct Objects<'a> {
    pub(crate) arena: &'a Bump,
    pub(crate) names: &'a Names<'a>,
    values: Vec<Object<'a>>,
    headers: Vec<Header>,
    classes: Vec<ClassRow>,
    /// Classes by value. Looked up, never iterated.
    table: HashTable<Class>,
    hasher: FixedState,
    /// Name number to object.
    by_name: Vec<Option<ObjId>>,
    small_ints: [Option<ObjId>; SMALL_INTS],
    one_byte: [Option<ObjId>; 256],
    pub(crate) codes: Vec<Code<'a>>,
    /// Scratch for keys of tuples.
    key: Vec<Class>,
}

/// -5 to 256.
const SMALL_INTS: usize = 262;

/// The kinds of key, for the hash.
#[derive(Hash)]
enum Kind {
    Int,
    Float,
    Complex,
    Str,
    Bytes,
    Tuple,
    FrozenSet,
    Slice,
    Code,
}

impl<'a> Objects<'a> {
    pub fn new(arena: &'a Bump, names: &'a Names<'a>) -> Self {
        let mut objects = Objects {
            arena,
            names,
            values: Vec::with_capacity(256),
            headers: Vec::with_capacity(256),
            classes: Vec::with_capacity(256),
            table: HashTable::with_capacity(256),
            hasher: FixedState::default(),
            by_name: Vec::with_capacity(256),
            small_ints: [None; SMALL_INTS],
            one_byte: [None; 256],
            codes: Vec::new(),
            key: Vec::new(),
        };
        // In the order of the numbers in `impl ObjId`.
        for singleton in [Object::None, Object::True, Object::False, Object::Ellipsis] {
            let class = objects.new_class(0);
            objects.push(singleton, Header { class, immortal: true, interned: false, early: false });
        }
        objects.add(Object::Tuple(&[]), true);
        objects.add(Object::Bytes(b""), true);
        objects.add_interned(Wtf8::from_str(""));
        objects
    }

    /// The object's value.
    #[inline]
    pub fn get(&self, id: ObjId) -> Object<'a> {
        self.values.get(id.0 as usize).copied().unwrap_or(Object::None)
    }

    #[inline]
    pub(crate) fn header(&self, id: ObjId) -> Header {
        match self.headers.get(id.0 as usize) {
            Some(&header) => header,
            None => Header { class: Class(0), immortal: true, interned: false, early: false },
        }
    }

    /// How many objects there are; they are numbered from 0.
    pub fn len(&self) -> usize {
        self.values.len()
    }

    /// Never true: the singletons are always there.
    pub fn is_empty(&self) -> bool {
        false
    }

    /// A fresh object as the parser makes it; singletons are shared.
    pub fn from_constant(&mut self, constant: &Constant<'a>) -> ObjId {
        match *constant {
            Constant::None => ObjId::NONE,
            Constant::True => ObjId::TRUE,
            Constant::False => ObjId::FALSE,
            Constant::Ellipsis => ObjId::ELLIPSIS,
            Constant::Int(value) => self.integer(value),
            Constant::Float(value) => self.float(value),
            Constant::Complex { real, imag } => self.complex(real, imag),
            Constant::Str(text) => self.str(text),
            Constant::Bytes(bytes) => self.bytes(bytes),
            Constant::Tuple(items) => {
                let items: Vec<ObjId> = items.iter().map(|item| self.from_constant(item)).collect();
                self.tuple(&items)
            }
            Constant::FrozenSet(items) => {
                let items: Vec<ObjId> = items.iter().map(|item| self.from_constant(item)).collect();
                self.frozenset(&items)
            }
        }
    }

    /// The interned object of an identifier.
    pub fn name(&mut self, name: Name) -> ObjId {
        if let Some(&Some(id)) = self.by_name.get(name.index()) {
            return id;
        }
        let id = self.add_interned(Wtf8::from_str(self.names.text(name)));
        if self.by_name.len() <= name.index() {
            self.by_name.resize(self.names.len().max(name.index() + 1), None);
        }
        if let Some(slot) = self.by_name.get_mut(name.index()) {
            *slot = Some(id);
        }
        id
    }

    /// A fresh string; `''` and single Latin-1 characters are shared.
    pub fn str(&mut self, text: Wtf8<'a>) -> ObjId {
        match text.as_bytes() {
            [] => ObjId::EMPTY_STR,
            [_] | [0xC2 | 0xC3, _] => self.add_interned(text),
            _ => self.add(Object::Str(text), false),
        }
    }

    /// A fresh string even if it is one character: `%%` of a format becomes such an object (`str.replace` makes it).
    pub fn unshared_str(&mut self, text: Wtf8<'a>) -> ObjId {
        self.add(Object::Str(text), false)
    }

    /// A fresh bytes object; those of at most one byte are shared.
    pub fn bytes(&mut self, bytes: &'a [u8]) -> ObjId {
        match *bytes {
            [] => ObjId::EMPTY_BYTES,
            [byte] => {
                if let Some(&Some(id)) = self.one_byte.get(byte as usize) {
                    return id;
                }
                let id = self.add(Object::Bytes(bytes), true);
                if let Some(slot) = self.one_byte.get_mut(byte as usize) {
                    *slot = Some(id);
                }
                id
            }
            _ => self.add(Object::Bytes(bytes), false),
        }
    }

    /// A fresh bytes object of any length: what the assembler makes, before merging.
    pub(crate) fn unshared_bytes(&mut self, bytes: &'a [u8]) -> ObjId {
        self.add(Object::Bytes(bytes), false)
    }

    /// A fresh int; -5 to 256 are shared.
    pub fn int(&mut self, value: i64) -> ObjId {
        if !(-5..=256).contains(&value) {
            return self.add(Object::Int(Int::Small(value)), false);
        }
        let at = (value + 5) as usize;
        if let Some(&Some(id)) = self.small_ints.get(at) {
            return id;
        }
        let id = self.add(Object::Int(Int::Small(value)), true);
        if let Some(slot) = self.small_ints.get_mut(at) {
            *slot = Some(id);
        }
        id
    }

    /// A fresh int of any size.
    pub fn integer(&mut self, value: Int<'a>) -> ObjId {
        match value {
            Int::Small(value) => self.int(value),
            big => self.add(Object::Int(big), false),
        }
    }

    pub fn float(&mut self, value: f64) -> ObjId {
        self.add(Object::Float(value.to_bits()), false)
    }

    pub fn complex(&mut self, real: f64, imag: f64) -> ObjId {
        self.add(Object::Complex { real: real.to_bits(), imag: imag.to_bits() }, false)
    }

    /// A fresh tuple; `()` is shared.
    pub fn tuple(&mut self, items: &[ObjId]) -> ObjId {
        if items.is_empty() {
            return ObjId::EMPTY_TUPLE;
        }
        let items = self.arena.alloc_slice_copy(items);
        self.add(Object::Tuple(items), false)
    }

    /// A fresh frozenset of the items; of items that Python calls equal the first stays.
    pub fn frozenset(&mut self, items: &[ObjId]) -> ObjId {
        let mut distinct: Vec<ObjId> = Vec::with_capacity(items.len());
        let mut seen = HashSet::with_capacity_and_hasher(items.len(), FixedState::default());
        for &item in items {
            let value = self.canonical(item);
            if seen.insert(self.class(value)) {
                distinct.push(item);
            }
        }
        let items = self.arena.alloc_slice_copy(&distinct);
        self.add(Object::FrozenSet(items), false)
    }

    /// An object of the same class for all constants that Python calls equal: 1 for 1.0, True and 1+0j.
    fn canonical(&mut self, id: ObjId) -> ObjId {
        match self.get(id) {
            Object::True => self.int(1),
            Object::False => self.int(0),
            Object::Float(bits) => match fold::int_of_float(self.arena, f64::from_bits(bits)) {
                Some(value) => self.integer(value),
                None => id,
            },
            Object::Complex { real, imag } if f64::from_bits(imag) == 0.0 => {
                let real = self.add(Object::Float(real), false);
                self.canonical(real)
            }
            Object::Tuple(items) => {
                let items: Vec<ObjId> = items.iter().map(|&item| self.canonical(item)).collect();
                self.tuple(&items)
            }
            Object::Slice(parts) => {
                let parts = parts.map(|part| self.canonical(part));
                self.slice(parts)
            }
            _ => id,
        }
    }

    /// A fresh slice of start, stop and step.
    pub fn slice(&mut self, parts: [ObjId; 3]) -> ObjId {
        self.add(Object::Slice(parts), false)
    }

    /// A fresh code object.
    pub(crate) fn code(&mut self, code: Code<'a>) -> ObjId {
        let id = CodeId(self.codes.len() as u32);
        self.codes.push(code);
        self.push(Object::Code(id), Header { class: Class::UNKNOWN, immortal: false, interned: false, early: false })
    }

    /// The const cache: the first object of this class that entered it. Items of tuples and frozensets are merged as
    /// well, in place. This is what LOAD_CONST does with its constant.
    pub fn merge(&mut self, id: ObjId) -> ObjId {
        let (merged, is_new) = self.cache(id);
        if is_new && let Object::Tuple(items) | Object::FrozenSet(items) = self.get(id) {
            let merged = self.arena.alloc_slice_copy(items);
            for item in merged.iter_mut() {
                *item = self.merge(*item);
            }
            self.set_items(id, merged);
        }
        merged
    }

    /// The const cache without a look at items: what folding and assembling do.
    pub fn merge_shallow(&mut self, id: ObjId) -> ObjId {
        self.cache(id).0
    }

    /// Whether the object itself is what the cache holds for its class.
    pub(crate) fn is_cached(&self, id: ObjId) -> bool {
        self.classes.get(self.header(id).class.0 as usize).is_some_and(|row| row.cached == Some(id))
    }

    /// The cache's entry for the class of `id`, and whether it was made now.
    fn cache(&mut self, id: ObjId) -> (ObjId, bool) {
        let class = self.class(id);
        match self.classes.get_mut(class.0 as usize) {
            Some(ClassRow { cached: Some(cached), .. }) => (*cached, false),
            Some(row) => {
                row.cached = Some(id);
                (id, true)
            }
            None => (id, false),
        }
    }

    /// What codegen does to the `__annotate__` function that it made: its parameter `.format` is shown as `format`. The
    /// tuple of names is a fresh one, shared with no other code object.
    pub fn rename_format_parameter(&mut self, code: ObjId) {
        let Object::Code(code) = self.get(code) else { return };
        let Some(Object::Tuple([_, rest @ ..])) = self.codes.get(code.0 as usize).map(|c| self.get(c.localsplusnames))
        else {
            return;
        };
        let mut names = vec![self.name(Name::FORMAT)];
        names.extend_from_slice(rest);
        let names = self.unshared_tuple(&names);
        if let Some(code) = self.codes.get_mut(code.0 as usize) {
            code.localsplusnames = names;
        }
    }

    /// Replaces the items of a tuple or frozenset by others of the same classes, or by rebuilt frozensets.
    pub(crate) fn set_items(&mut self, id: ObjId, items: &'a [ObjId]) {
        if let Some(Object::Tuple(slot) | Object::FrozenSet(slot)) = self.values.get_mut(id.0 as usize) {
            *slot = items;
        }
    }

    /// A frozenset with these items beside one that has equal ones.
    pub(crate) fn rebuilt_frozenset(&mut self, like: ObjId, items: &'a [ObjId]) -> ObjId {
        let class = self.class(like);
        self.push(Object::FrozenSet(items), Header { class, immortal: false, interned: false, early: false })
    }

    /// A tuple beside an equal one that may be in the cache.
    pub(crate) fn unshared_tuple(&mut self, items: &[ObjId]) -> ObjId {
        let items = self.arena.alloc_slice_copy(items);
        self.add(Object::Tuple(items), false)
    }

    /// The interned string with the text of string `id`, if there is one.
    pub(crate) fn interned(&self, id: ObjId) -> Option<ObjId> {
        self.classes.get(self.header(id).class.0 as usize)?.interned
    }

    /// Enters string `id` into the table of interned strings unless an equal one is there; the one that is there.
    pub(crate) fn intern(&mut self, id: ObjId) -> ObjId {
        let class = self.header(id).class;
        let Some(row) = self.classes.get_mut(class.0 as usize) else { return id };
        let interned = *row.interned.get_or_insert(id);
        if interned == id
            && let Some(header) = self.headers.get_mut(id.0 as usize)
        {
            header.interned = true;
        }
        interned
    }

    /// The interned string of a text that was interned before compilation began.
    fn add_interned(&mut self, text: Wtf8<'a>) -> ObjId {
        let class = self.class_of(Object::Str(text));
        if let Some(id) = self.classes.get(class.0 as usize).and_then(|row| row.interned) {
            return id;
        }
        let id = self.push(Object::Str(text), Header { class, immortal: false, interned: true, early: true });
        if let Some(row) = self.classes.get_mut(class.0 as usize) {
            row.interned = Some(id);
        }
        id
    }

    fn add(&mut self, value: Object<'a>, immortal: bool) -> ObjId {
        let class = self.class_of(value);
        self.push(value, Header { class, immortal, interned: false, early: false })
    }

    fn push(&mut self, value: Object<'a>, header: Header) -> ObjId {
        let id = ObjId(self.values.len() as u32);
        self.values.push(value);
        self.headers.push(header);
        if let Some(row) = self.classes.get_mut(header.class.0 as usize)
            && row.example == ClassRow::NO_EXAMPLE
        {
            row.example = id;
        }
        id
    }

    fn new_class(&mut self, hash: u64) -> Class {
        let class = Class(self.classes.len() as u32);
        self.classes.push(ClassRow { hash, example: ClassRow::NO_EXAMPLE, cached: None, interned: None });
        class
    }

    /// The object's class.
    pub(crate) fn class(&mut self, id: ObjId) -> Class {
        let class = self.header(id).class;
        if class != Class::UNKNOWN {
            return class;
        }
        let class = self.class_of(self.get(id));
        if let Some(row) = self.classes.get_mut(class.0 as usize)
            && row.example == ClassRow::NO_EXAMPLE
        {
            row.example = id;
        }
        if let Some(header) = self.headers.get_mut(id.0 as usize) {
            header.class = class;
        }
        class
    }

    /// The class of a value whose items have theirs. A new class has no example until its object is pushed.
    fn class_of(&mut self, value: Object<'a>) -> Class {
        let mut key = std::mem::take(&mut self.key);
        key.clear();
        match value {
            Object::Tuple(items) | Object::FrozenSet(items) => {
                for &item in items {
                    let class = self.class(item);
                    key.push(class);
                }
                if matches!(value, Object::FrozenSet(_)) {
                    key.sort_unstable();
                }
            }
            Object::Slice(parts) => {
                for part in parts {
                    let class = self.class(part);
                    key.push(class);
                }
            }
            _ => {}
        }
        let class = self.find_class(value, &key);
        self.key = key;
        class
    }

    fn find_class(&mut self, value: Object<'a>, key: &[Class]) -> Class {
        let hash = match value {
            Object::None | Object::True | Object::False | Object::Ellipsis => {
                return match value {
                    Object::None => Class(0),
                    Object::True => Class(1),
                    Object::False => Class(2),
                    _ => Class(3),
                };
            }
            Object::Float(bits) if f64::from_bits(bits).is_nan() => return self.new_class(0),
            Object::Complex { real, imag } if f64::from_bits(real).is_nan() || f64::from_bits(imag).is_nan() => {
                return self.new_class(0);
            }
            Object::Int(value) => self.hash((Kind::Int, value)),
            Object::Float(bits) => self.hash((Kind::Float, bits)),
            Object::Complex { real, imag } => self.hash((Kind::Complex, real, imag)),
            Object::Str(text) => self.hash((Kind::Str, text.as_bytes())),
            Object::Bytes(bytes) => self.hash((Kind::Bytes, bytes)),
            Object::Tuple(_) => self.hash((Kind::Tuple, key)),
            Object::FrozenSet(_) => self.hash((Kind::FrozenSet, key)),
            Object::Slice(_) => self.hash((Kind::Slice, key)),
            Object::Code(id) => match self.codes.get(id.0 as usize) {
                Some(code) => self.hash((Kind::Code, code.name, code.firstlineno, code.code)),
                None => self.hash(Kind::Code),
            },
        };
        let (values, headers, classes, codes) = (&self.values, &self.headers, &self.classes, &self.codes);
        let class_at = |id: ObjId| headers.get(id.0 as usize).map_or(Class::UNKNOWN, |header| header.class);
        let found = self.table.find(hash, |class| {
            let example = classes.get(class.0 as usize).map_or(ClassRow::NO_EXAMPLE, |row| row.example);
            let Some(&other) = values.get(example.0 as usize) else { return false };
            match (value, other) {
                (Object::Int(a), Object::Int(b)) => a == b,
                (Object::Float(a), Object::Float(b)) => a == b,
                (Object::Complex { real: a, imag: b }, Object::Complex { real: c, imag: d }) => a == c && b == d,
                (Object::Str(a), Object::Str(b)) => a == b,
                (Object::Bytes(a), Object::Bytes(b)) => a == b,
                (Object::Tuple(_), Object::Tuple(items)) => items.iter().map(|&i| class_at(i)).eq(key.iter().copied()),
                (Object::FrozenSet(_), Object::FrozenSet(items)) => {
                    items.len() == key.len() && items.iter().all(|&i| key.binary_search(&class_at(i)).is_ok())
                }
                (Object::Slice(_), Object::Slice(parts)) => parts.iter().map(|&i| class_at(i)).eq(key.iter().copied()),
                (Object::Code(a), Object::Code(b)) => match (codes.get(a.0 as usize), codes.get(b.0 as usize)) {
                    (Some(a), Some(b)) => a.equal(b, class_at),
                    _ => false,
                },
                _ => false,
            }
        });
        if let Some(&class) = found {
            return class;
        }
        let class = self.new_class(hash);
        let classes = &self.classes;
        self.table.insert_unique(hash, class, |class| classes.get(class.0 as usize).map_or(0, |row| row.hash));
        class
    }

    fn hash(&self, key: impl Hash) -> u64 {
        self.hasher.hash_one(key)
    }
}

impl<'a> Objects<'a> {
    /// The fields of a code object.
    pub fn code_of(&self, id: ObjId) -> Option<&Code<'a>> {
        match self.get(id) {
            Object::Code(code) => self.codes.get(code.0 as usize),
            _ => None,
        }
    }
}
