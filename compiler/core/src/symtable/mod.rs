//! Symbol tables: which scope each name of each block belongs to (CPython's Python/symtable.c).
//!
//! Invariant: `symbols` keeps the order of first mention, as CPython's `ste_symbols` does; codegen's order of cells,
//! inlined comprehension variables and parameters depends on it.

mod analyze;
mod block;
mod build;
mod dump;
mod visit;

use std::collections::HashMap;

use crate::ast::Mod;
use crate::error::CompileError;
use crate::future::FutureFeatures;
use crate::mangle::mangle;
use crate::names::{Name, Names};

pub use block::Block;
pub use dump::dump;

/// A block of a [`Symtable`], by number in order of entering; 0 is the module.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct BlockId(pub u32);

/// CPython's `_Py_block_ty`, in its order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum BlockType {
    Function,
    Class,
    Module,
    Annotation,
    TypeAlias,
    TypeParameters,
    TypeVariable,
}

/// CPython's `_Py_comprehension_ty`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ComprehensionType {
    NoComprehension,
    ListComprehension,
    DictComprehension,
    SetComprehension,
    GeneratorExpression,
}

/// The scope that analysis gives a name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scope {
    Local,
    GlobalExplicit,
    GlobalImplicit,
    Free,
    Cell,
}

/// Def-use bits of a symbol (CPython's DEF_*), by CPython's values.
pub mod flags {
    pub const DEF_GLOBAL: u32 = 1;
    pub const DEF_LOCAL: u32 = 2;
    pub const DEF_PARAM: u32 = 4;
    pub const DEF_NONLOCAL: u32 = 8;
    pub const USE: u32 = 16;
    pub const DEF_FREE_CLASS: u32 = 64;
    pub const DEF_IMPORT: u32 = 128;
    pub const DEF_ANNOT: u32 = 256;
    pub const DEF_COMP_ITER: u32 = 512;
    pub const DEF_TYPE_PARAM: u32 = 1024;
    pub const DEF_COMP_CELL: u32 = 2048;
    pub const DEF_BOUND: u32 = DEF_LOCAL | DEF_PARAM | DEF_IMPORT;
}

#[derive(Clone, Copy, Debug)]
pub struct Symbol {
    pub name: Name,
    /// [`flags`]
    pub flags: u32,
    /// `None` until analysis.
    pub scope: Option<Scope>,
}

/// Which block a tree node opens: the node's address and what of it (a `def` opens its own block, one for its
/// annotations and one for its type parameters). Looked up, never iterated.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct BlockKey {
    node: usize,
    role: BlockRole,
}

/// What of a node opens the block.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum BlockRole {
    /// The function, class, lambda, comprehension, alias value or module itself.
    Body,
    /// A `def`'s: those of its parameters and return value.
    Annotations,
    /// Those of the block's own variables: [`Block::annotation_block`].
    VariableAnnotations,
    TypeParams,
    /// A type variable's bound or constraints.
    Bound,
    /// A type parameter's default.
    Default,
}

impl BlockKey {
    /// `node` is the `Stmt`, `Expr`, `TypeParam` or `Mod` that opens the block.
    pub fn new<T>(node: &T, role: BlockRole) -> Self {
        BlockKey { node: std::ptr::from_ref(node).addr(), role }
    }
}

/// All blocks of a tree.
#[derive(Debug, Default)]
pub struct Symtable {
    /// In order of creation; the module is the first.
    pub blocks: Vec<Block>,
    pub by_node: HashMap<BlockKey, BlockId, foldhash::fast::FixedState>,
    /// The sets that [`Block::mangled_names`] numbers; a set is shared by the blocks within a generic class's header.
    mangled_names: Vec<Vec<Name>>,
    /// Blocks of earlier compilations, kept for their buffers.
    spare: Vec<Block>,
}

impl Symtable {
    /// Collects the names of all blocks and decides each one's scope (CPython's `_PySymtable_Build`), replacing what
    /// the table held before and reusing its buffers.
    ///
    /// Errors: the SyntaxErrors of Python/symtable.c, RecursionError for a tree deeper than
    /// [`MAX_DEPTH`](crate::MAX_DEPTH).
    pub fn build<'a>(
        &mut self,
        names: &Names<'a>,
        module: &Mod<'a>,
        future: &FutureFeatures,
    ) -> Result<(), CompileError> {
        self.clear();
        build::Builder::new(self, names, future).build(module)?;
        analyze::analyze(self, names)
    }

    /// The block that a node opens.
    pub fn lookup(&self, key: BlockKey) -> Option<BlockId> {
        self.by_node.get(&key).copied()
    }

    pub fn block(&self, id: BlockId) -> Option<&Block> {
        self.blocks.get(id.0 as usize)
    }

    /// The identifier as it is stored in `block` within the class `private` (CPython's `_Py_MaybeMangle`): in the
    /// header of `class C[__T]` only its type parameters are private.
    pub fn maybe_mangle(&self, names: &Names<'_>, private: Option<Name>, block: &Block, ident: Name) -> Name {
        if !ident.is_private() {
            return ident;
        }
        if let Some(set) = block.mangled_names.and_then(|set| self.mangled_names.get(set as usize))
            && !set.contains(&ident)
        {
            return ident;
        }
        mangle(names, private, ident)
    }

    fn clear(&mut self) {
        self.spare.append(&mut self.blocks);
        self.by_node.clear();
        self.mangled_names.clear();
    }
}
