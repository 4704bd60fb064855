//! Identifiers of one compilation, each text once.
//!
//! Invariant: two [`Name`]s are equal if and only if their texts are; the well-known names below have the same
//! number in every compilation, so that a pass can compare against a constant.

use std::cell::RefCell;
use std::hash::BuildHasher;

use bumpalo::Bump;
use foldhash::fast::FixedState;
use hashbrown::HashTable;

/// An identifier (NFKC-normalised by the parser, or made by the compiler), by number. The topmost bit says that a class
/// mangles it, so that asking costs no look at the text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Name(u32);

macro_rules! well_known {
    ($($ident:ident = $text:literal),* $(,)?) => {
        #[allow(non_camel_case_types, clippy::upper_case_acronyms)]
        enum Index { $($ident),* }
        /// Names that the compiler itself knows.
        impl Name { $(pub const $ident: Name = Name(Index::$ident as u32);)* }
        const WELL_KNOWN: &[&str] = &[$($text),*];
    };
}

well_known! {
    EMPTY = "", DOT_ZERO = ".0", DOT_FORMAT = ".format", DOT_DEFAULTS = ".defaults", DOT_KWDEFAULTS = ".kwdefaults",
    DOT_TYPE_PARAMS = ".type_params", DOT_GENERIC_BASE = ".generic_base", FORMAT = "format",
    TOP = "top", LAMBDA = "lambda", ANGLE_MODULE = "<module>", ANGLE_LAMBDA = "<lambda>", ANGLE_GENEXPR = "<genexpr>",
    ANGLE_LISTCOMP = "<listcomp>", ANGLE_SETCOMP = "<setcomp>", ANGLE_DICTCOMP = "<dictcomp>",
    CLASS = "__class__", CLASSDICT = "__classdict__", CLASSCELL = "__classcell__", CLASSDICTCELL = "__classdictcell__",
    CONDITIONAL_ANNOTATIONS = "__conditional_annotations__", ANNOTATE = "__annotate__", ANNOTATE_FUNC = "__annotate_func__",
    ANNOTATIONS = "__annotations__", NAME = "__name__", MODULE = "__module__", QUALNAME = "__qualname__", DOC = "__doc__",
    FIRSTLINENO = "__firstlineno__", STATIC_ATTRIBUTES = "__static_attributes__", TYPE_PARAMS = "__type_params__",
    DEBUG = "__debug__", SUPER = "super", SELF = "self", ALL = "all", ANY = "any", TUPLE = "tuple", RETURN = "return",
    GENEXPR = "genexpr", LISTCOMP = "listcomp", SETCOMP = "setcomp", DICTCOMP = "dictcomp",
    STAR = "*", FUTURE = "__future__", UNDERSCORE = "_", JOIN = "join",
}

/// The names of one compilation.
pub struct Names<'a> {
    arena: &'a Bump,
    table: RefCell<Table<'a>>,
}

struct Table<'a> {
    texts: Vec<&'a str>,
    /// By text. Looked up, never iterated.
    table: HashTable<Name>,
    hasher: FixedState,
}

impl<'a> Names<'a> {
    pub fn new(arena: &'a Bump) -> Self {
        let texts = Vec::with_capacity(256);
        let mut table = Table { texts, table: HashTable::with_capacity(256), hasher: FixedState::default() };
        for text in WELL_KNOWN {
            let hash = table.hasher.hash_one(text);
            table.insert(hash, text);
        }
        Names { arena, table: RefCell::new(table) }
    }

    /// The name with this text.
    pub fn intern(&self, text: &str) -> Name {
        let mut table = self.table.borrow_mut();
        let hash = table.hasher.hash_one(text);
        match table.find(hash, text) {
            Some(name) => name,
            None => table.insert(hash, self.arena.alloc_str(text)),
        }
    }

    /// The name with this text, if there is one.
    pub fn lookup(&self, text: &str) -> Option<Name> {
        let table = self.table.borrow();
        table.find(table.hasher.hash_one(text), text)
    }

    /// The text of a name of this compilation; empty for a name of another.
    pub fn text(&self, name: Name) -> &'a str {
        self.table.borrow().texts.get(name.index()).copied().unwrap_or("")
    }

    /// How many names there are; names are numbered from 0.
    pub fn len(&self) -> usize {
        self.table.borrow().texts.len()
    }

    /// Never true: the well-known names are always there.
    pub fn is_empty(&self) -> bool {
        false
    }
}

impl<'a> Table<'a> {
    fn find(&self, hash: u64, text: &str) -> Option<Name> {
        self.table.find(hash, |name| self.texts.get(name.index()).is_some_and(|&other| other == text)).copied()
    }

    /// A new name; no name has this text yet.
    fn insert(&mut self, hash: u64, text: &'a str) -> Name {
        let private = text.starts_with("__") && !text.ends_with("__") && !text.contains('.');
        let name = Name(self.texts.len() as u32 | if private { PRIVATE } else { 0 });
        self.texts.push(text);
        let Table { texts, table, hasher } = self;
        table.insert_unique(hash, name, |name| hasher.hash_one(texts.get(name.index()).copied().unwrap_or("")));
        name
    }
}

const PRIVATE: u32 = 1 << 31;

impl Name {
    /// The name's number, for tables indexed by name.
    pub fn index(self) -> usize {
        (self.0 & !PRIVATE) as usize
    }

    /// Whether it is private to a class: begins with two underscores, does not end with two, has no dot.
    pub fn is_private(self) -> bool {
        self.0 & PRIVATE != 0
    }
}
