//! Symbol tables: which scope each name of each block belongs to (CPython's Python/symtable.c).
//!
//! Invariant: `symbols` keeps the order of first mention, as CPython's `ste_symbols` does; codegen's order of cells,
//! inlined comprehension variables and parameters depends on it.

use std::collections::HashMap;

use crate::ast::Loc;
use crate::names::Name;

/// A block of a [`Symtable`], by number in order of entering; 0 is the module.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct BlockId(pub u32);

/// CPython's `_Py_block_ty`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum BlockType {
    Function,
    Class,
    Module,
    Annotation,
    TypeVariable,
    TypeAlias,
    TypeParameters,
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

/// One block: CPython's `PySTEntryObject`.
#[derive(Debug)]
pub struct Block {
    pub name: Name,
    pub block_type: BlockType,
    pub symbols: Vec<Symbol>,
    pub index: HashMap<Name, u32, foldhash::fast::FixedState>,
    /// Parameters in the order of co_varnames.
    pub varnames: Vec<Name>,
    pub children: Vec<BlockId>,
    pub parent: Option<BlockId>,
    /// Where `global` and `nonlocal` statements named a name.
    pub directives: Vec<(Name, Loc)>,
    /// Within `class C[T]`: the only names that are mangled there.
    pub mangled_names: Option<Vec<Name>>,
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
    pub fn symbol(&self, name: Name) -> Option<&Symbol> {
        self.symbols.get(*self.index.get(&name)? as usize)
    }
    /// Function, lambda, comprehension, annotation and type-parameter blocks: all but modules and classes.
    pub fn is_function_like(&self) -> bool {
        !matches!(self.block_type, BlockType::Module | BlockType::Class)
    }
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
    Annotations,
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
    pub blocks: Vec<Block>,
    pub by_node: HashMap<BlockKey, BlockId, foldhash::fast::FixedState>,
}
