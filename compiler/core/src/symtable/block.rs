//! One block of a symbol table and its symbols.
//!
//! Invariant: `symbols` keeps the order of first mention; the index over it exists only beyond [`LINEAR`] symbols,
//! and then holds every one of them. Most blocks have a handful of names: a scan of them beats any hash.

use super::{BlockId, BlockType, ComprehensionType, Symbol};
use crate::ast::Loc;
use crate::names::Name;

/// Up to so many symbols are searched one by one.
const LINEAR: usize = 12;

/// One block: CPython's `PySTEntryObject`.
#[derive(Debug)]
pub struct Block {
    pub name: Name,
    pub block_type: BlockType,
    pub symbols: Vec<Symbol>,
    /// Open addressing, a power of two long, at most half full; a position in `symbols` plus one, or 0.
    index: Vec<u32>,
    /// Parameters in the order of co_varnames.
    pub varnames: Vec<Name>,
    pub children: Vec<BlockId>,
    pub parent: Option<BlockId>,
    /// Where `global` and `nonlocal` statements named a name.
    pub directives: Vec<(Name, Loc)>,
    /// The set's number, see [`Symtable::maybe_mangle`](super::Symtable::maybe_mangle).
    pub mangled_names: Option<u32>,
    pub scope_info: Option<&'static str>,
    pub comprehension: ComprehensionType,
    pub annotation_block: Option<BlockId>,
    pub loc: Loc,
    pub nested: bool,
    pub generator: bool,
    pub coroutine: bool,
    pub annotations_used: bool,
    pub varargs: bool,
    pub varkeywords: bool,
    pub returns_value: bool,
    pub needs_class_closure: bool,
    pub needs_classdict: bool,
    pub comp_inlined: bool,
    pub can_see_class_scope: bool,
    pub has_docstring: bool,
    pub method: bool,
    pub has_conditional_annotations: bool,
}

impl Block {
    pub(super) fn new(name: Name, block_type: BlockType, loc: Loc, parent: Option<BlockId>) -> Self {
        Block {
            name,
            block_type,
            symbols: Vec::new(),
            index: Vec::new(),
            varnames: Vec::new(),
            children: Vec::new(),
            parent,
            directives: Vec::new(),
            mangled_names: None,
            scope_info: None,
            comprehension: ComprehensionType::NoComprehension,
            annotation_block: None,
            loc,
            nested: false,
            generator: false,
            coroutine: false,
            annotations_used: false,
            varargs: false,
            varkeywords: false,
            returns_value: false,
            needs_class_closure: false,
            needs_classdict: false,
            comp_inlined: false,
            can_see_class_scope: false,
            has_docstring: false,
            method: false,
            has_conditional_annotations: false,
        }
    }

    /// As [`Block::new`], with the buffers of a block that is no longer needed.
    pub(super) fn recycle(self, name: Name, block_type: BlockType, loc: Loc, parent: Option<BlockId>) -> Self {
        let Block { mut symbols, mut index, mut varnames, mut children, mut directives, .. } = self;
        symbols.clear();
        index.clear();
        varnames.clear();
        children.clear();
        directives.clear();
        Block { symbols, index, varnames, children, directives, ..Block::new(name, block_type, loc, parent) }
    }

    pub fn symbol(&self, name: Name) -> Option<&Symbol> {
        self.symbols.get(self.position(name)?)
    }

    /// The name's def-use bits, 0 for a name that the block does not mention.
    pub fn flags(&self, name: Name) -> u32 {
        self.symbol(name).map_or(0, |symbol| symbol.flags)
    }

    /// Function, lambda, comprehension, annotation and type-parameter blocks: all but modules and classes.
    pub fn is_function_like(&self) -> bool {
        !matches!(self.block_type, BlockType::Module | BlockType::Class)
    }

    /// Where in `symbols` the name stands.
    pub fn position(&self, name: Name) -> Option<usize> {
        if self.index.is_empty() {
            return self.symbols.iter().position(|symbol| symbol.name == name);
        }
        let mask = self.index.len() - 1;
        let mut slot = hash(name) & mask;
        loop {
            let at = (*self.index.get(slot)? as usize).checked_sub(1)?;
            if self.symbols.get(at)?.name == name {
                return Some(at);
            }
            slot = (slot + 1) & mask;
        }
    }

    /// Adds a symbol that the block does not have yet.
    pub(super) fn push(&mut self, symbol: Symbol) {
        self.symbols.push(symbol);
        let count = self.symbols.len();
        if count > LINEAR {
            if count * 2 > self.index.len() {
                self.rebuild_index();
            } else {
                self.enter(symbol.name, count);
            }
        }
    }

    /// Sets or adds a symbol: codegen lends an inlined comprehension's to the block around it.
    pub fn set_symbol(&mut self, symbol: Symbol) {
        match self.position(symbol.name).and_then(|at| self.symbols.get_mut(at)) {
            Some(slot) => *slot = symbol,
            None => self.push(symbol),
        }
    }

    pub(super) fn remove(&mut self, name: Name) {
        if let Some(at) = self.position(name) {
            self.symbols.remove(at);
            self.rebuild_index();
        }
    }

    fn rebuild_index(&mut self) {
        self.index.clear();
        if self.symbols.len() > LINEAR {
            self.index.resize((self.symbols.len() * 4).next_power_of_two(), 0);
            for at in 0..self.symbols.len() {
                if let Some(symbol) = self.symbols.get(at) {
                    self.enter(symbol.name, at + 1);
                }
            }
        }
    }

    fn enter(&mut self, name: Name, value: usize) {
        let mask = self.index.len() - 1;
        let mut slot = hash(name) & mask;
        while let Some(taken) = self.index.get_mut(slot) {
            if *taken == 0 {
                *taken = value as u32;
                return;
            }
            slot = (slot + 1) & mask;
        }
    }
}

fn hash(name: Name) -> usize {
    name.index().wrapping_mul(0x9E37_79B1) >> 7
}
