//! Lowering ruff's tree to ours: what all of it shares.
//!
//! Invariant: one pass, no allocation per node outside the arena, no unbounded recursion on one stack: every
//! [`CHECK_EVERY`] levels the stack is looked at and continued elsewhere if it runs short.
//! Next: `stmt.rs`, `expr.rs`, `strings.rs`.

use bumpalo::Bump;
use ruff_python_ast as ruff;
use ruff_text_size::{Ranged, TextRange};

use super::location::Lines;
use super::warnings::Warnings;
use crate::ast::{Box, List, Loc};
use crate::names::{Name, Names};

/// Levels of recursion between two looks at the stack.
const CHECK_EVERY: u32 = 32;
/// What [`CHECK_EVERY`] levels may take, with room to spare.
const RED_ZONE: usize = 256 * 1024;
const STACK_SEGMENT: usize = 4 * 1024 * 1024;

/// ruff's tree is fine but CPython's parser refuses the program; the slow path finds the words.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Refused;

/// The state of one lowering.
pub struct Lower<'a, 'n> {
    pub source: &'a str,
    pub arena: &'a Bump,
    pub names: &'n Names<'a>,
    pub lines: Lines,
    pub warnings: Warnings,
    /// Something was found that CPython refuses; what is built from here on is thrown away.
    pub refused: bool,
    /// CPython's parser must be asked whether it accepts the program.
    pub suspicious: bool,
    depth: u32,
    pub block_depth: u32,
    pub fstring_depth: u32,
    pub spec_depth: u32,
    /// The deepest that the recursion went.
    pub max_depth: u32,
}

impl<'a, 'n> Lower<'a, 'n> {
    pub fn new(source: &'a str, arena: &'a Bump, names: &'n Names<'a>) -> Self {
        Lower {
            source,
            arena,
            names,
            lines: Lines::new(source),
            warnings: Warnings::default(),
            refused: false,
            suspicious: false,
            depth: 0,
            block_depth: 0,
            fstring_depth: 0,
            spec_depth: 0,
            max_depth: 0,
        }
    }

    /// Runs one level of recursion.
    #[inline]
    pub fn nested<T>(&mut self, f: impl FnOnce(&mut Self) -> T) -> T {
        self.depth += 1;
        let result = if self.depth.is_multiple_of(CHECK_EVERY) {
            self.max_depth = self.max_depth.max(self.depth);
            stacker::maybe_grow(RED_ZONE, STACK_SEGMENT, || f(self))
        } else {
            f(self)
        };
        self.depth -= 1;
        result
    }

    #[inline]
    pub fn loc(&mut self, node: &impl Ranged) -> Loc {
        self.lines.loc(node.range())
    }

    pub fn text(&self, range: TextRange) -> &'a str {
        self.source.get(range.start().to_usize()..range.end().to_usize()).unwrap_or_default()
    }

    #[inline]
    pub fn boxed<T>(&self, value: T) -> Box<'a, T> {
        Box::new_in(value, self.arena)
    }

    /// Lowers each item, in place.
    #[inline]
    pub fn list<R, T>(&mut self, items: &[R], mut lower: impl FnMut(&mut Self, &R) -> T) -> List<'a, T> {
        if items.is_empty() {
            return Box::empty();
        }
        let arena = self.arena;
        Box::from_iter_in(items.iter().map(|item| lower(self, item)), arena)
    }

    #[inline]
    pub fn name(&mut self, identifier: &ruff::Identifier) -> Name {
        self.name_text(identifier.id.as_str(), identifier.range)
    }

    /// A name as ruff normalised it; only ASCII is taken from it, the rest is normalised with Python's own tables.
    #[inline]
    pub fn name_text(&mut self, id: &str, range: TextRange) -> Name {
        if id.is_ascii() && range.len().to_usize() == id.len() {
            return self.names.intern(id);
        }
        let text = self.text(range);
        // A dotted name may hold blanks and comments between its parts: ruff has removed them.
        let text =
            if text.bytes().any(|b| b.is_ascii() && !b.is_ascii_alphanumeric() && b != b'_') { id } else { text };
        let name = pyc_text::ident::nfkc(text);
        self.refused |= matches!(&*name, "None" | "True" | "False");
        self.names.intern(&name)
    }
}
