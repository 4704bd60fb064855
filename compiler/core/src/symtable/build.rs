//! The first pass: which block mentions which name, and how.
//!
//! Invariant: what is recorded here says nothing of other blocks but for three cases that CPython settles at once: a
//! `global` is noted in the module too, a named expression in a comprehension binds in the block around it, and an
//! annotation block is entered again for each annotation of its module or class. Next: [`visit`](super::visit) walks
//! the tree, [`analyze`](super::analyze) decides the scopes.

use super::{Block, BlockId, BlockKey, BlockRole, BlockType, ComprehensionType, Symbol, Symtable, flags};
use crate::ast::{ExprContext, Loc, Mod};
use crate::error::CompileError;
use crate::future::{CO_FUTURE_ANNOTATIONS, FutureFeatures, doc_string};
use crate::names::{Name, Names};

/// `PyCF_ALLOW_TOP_LEVEL_AWAIT`
const ALLOW_TOP_LEVEL_AWAIT: u32 = 0x2000;

/// The error is in [`Builder::error`]: a result that passes through every level of a deep tree is kept small.
#[derive(Debug)]
pub(super) struct Failed;

pub(super) type Visit = Result<(), Failed>;

/// A block that the walk is within, innermost last, with what CPython keeps in the entry during the walk alone.
#[derive(Clone, Copy)]
pub(super) struct Frame {
    pub block: BlockId,
    /// The node that opened it.
    pub key: BlockKey,
    pub in_conditional_block: bool,
    pub in_unevaluated_annotation: bool,
    pub comp_iter_target: bool,
    /// How many comprehension iterables the walk is within; a block inherits the count.
    pub comp_iter_expr: u32,
}

pub(super) struct Builder<'s, 'n, 'a> {
    pub st: &'s mut Symtable,
    pub names: &'n Names<'a>,
    pub future: &'n FutureFeatures,
    /// Where the walk is.
    pub frame: Frame,
    /// What it is within, innermost last.
    outer: Vec<Frame>,
    /// The innermost class, for mangling.
    pub private: Option<Name>,
    pub depth: u32,
    error: Option<CompileError>,
}

impl<'s, 'n, 'a> Builder<'s, 'n, 'a> {
    pub fn new(st: &'s mut Symtable, names: &'n Names<'a>, future: &'n FutureFeatures) -> Self {
        let frame = Frame {
            block: BlockId(0),
            key: BlockKey { node: 0, role: BlockRole::Body },
            in_conditional_block: false,
            in_unevaluated_annotation: false,
            comp_iter_target: false,
            comp_iter_expr: 0,
        };
        Builder { st, names, future, frame, outer: Vec::new(), private: None, depth: 0, error: None }
    }

    pub fn build(mut self, module: &Mod<'a>) -> Result<(), CompileError> {
        let result = self.visit_mod(module);
        match self.error.take() {
            Some(error) => Err(error),
            None => result.map_err(|Failed| CompileError::recursion()),
        }
    }

    fn visit_mod(&mut self, module: &Mod<'a>) -> Visit {
        let loc = Loc { lineno: 0, end_lineno: 0, col_offset: 0, end_col_offset: 0 };
        self.enter_block(Name::TOP, BlockType::Module, BlockKey::new(module, BlockRole::Body), loc)?;
        match module {
            Mod::Module { body, .. } => {
                self.cur().has_docstring = doc_string(body).is_some();
                self.visit_stmts(body)?;
            }
            Mod::Interactive { body } => self.visit_stmts(body)?,
            Mod::Expression { body } => self.visit_expr(body)?,
            Mod::FunctionType { .. } => {
                self.error = Some(CompileError::plain(
                    crate::error::ErrorKind::SystemError,
                    "this compiler does not handle FunctionTypes",
                ));
                return Err(Failed);
            }
        }
        self.exit_block();
        Ok(())
    }

    /// Raises a SyntaxError at a node.
    #[cold]
    pub fn raise<T>(&mut self, message: impl Into<String>, loc: Loc) -> Result<T, Failed> {
        self.error = Some(CompileError::syntax(message, loc));
        Err(Failed)
    }

    /// As [`Builder::raise`], with the name put in for `{}`.
    #[cold]
    pub fn raise_for<T>(&mut self, template: &str, name: Name, loc: Loc) -> Result<T, Failed> {
        let message = template.replacen("{}", self.names.text(name), 1);
        self.raise(message, loc)
    }

    /// The current block (`st_cur`).
    pub fn cur(&mut self) -> &mut Block {
        self.block(self.frame.block)
    }

    pub fn block(&mut self, id: BlockId) -> &mut Block {
        &mut self.st.blocks[id.0 as usize]
    }

    /// `ste_new`: a block that is not entered yet.
    pub fn new_block(&mut self, name: Name, block_type: BlockType, key: BlockKey, loc: Loc) -> BlockId {
        let parent = (!self.st.blocks.is_empty()).then_some(self.frame.block);
        let mut block = match self.st.spare.pop() {
            Some(spare) => spare.recycle(name, block_type, loc, parent),
            None => Block::new(name, block_type, loc, parent),
        };
        if let Some(parent) = parent.and_then(|parent| self.st.block(parent)) {
            block.nested = parent.nested || parent.is_function_like();
            block.method = parent.block_type == BlockType::Class && block_type == BlockType::Function;
        }
        let id = BlockId(self.st.blocks.len() as u32);
        self.st.blocks.push(block);
        self.st.by_node.insert(key, id);
        id
    }

    pub fn enter_existing_block(&mut self, id: BlockId, key: BlockKey, add_to_children: bool) {
        let prev = self.frame;
        self.outer.push(prev);
        // No assignment expression may stand in the outermost iterable of a comprehension, not even within a lambda
        // or a comprehension there: the count is inherited.
        self.frame = Frame {
            block: id,
            key,
            in_conditional_block: false,
            in_unevaluated_annotation: false,
            comp_iter_target: false,
            comp_iter_expr: prev.comp_iter_expr,
        };
        if id == prev.block {
            return;
        }
        let mangled_names = self.block(prev.block).mangled_names;
        let future_annotations = self.future.features & CO_FUTURE_ANNOTATIONS != 0;
        let block = self.block(id);
        // In a class every name is mangled.
        if mangled_names.is_some() && block.block_type != BlockType::Class {
            block.mangled_names = mangled_names;
        }
        // String annotations are no code: their names must not count.
        if future_annotations && block.block_type == BlockType::Annotation {
            return;
        }
        if add_to_children {
            self.block(prev.block).children.push(id);
        }
    }

    pub fn enter_block(&mut self, name: Name, block_type: BlockType, key: BlockKey, loc: Loc) -> Visit {
        let id = self.new_block(name, block_type, key, loc);
        self.enter_existing_block(id, key, true);
        if matches!(block_type, BlockType::Annotation | BlockType::TypeVariable | BlockType::TypeAlias) {
            // The code made for the block checks this parameter.
            self.add_def(Name::DOT_FORMAT, flags::DEF_PARAM, loc)?;
            self.add_def(Name::DOT_FORMAT, flags::USE, loc)?;
        }
        Ok(())
    }

    pub fn exit_block(&mut self) {
        if let Some(frame) = self.outer.pop() {
            self.frame = frame;
        }
    }

    /// The identifier as the current block stores it.
    pub fn mangled(&self, name: Name) -> Name {
        if self.private.is_none() {
            return name;
        }
        match self.st.block(self.frame.block) {
            Some(block) => self.st.maybe_mangle(self.names, self.private, block, name),
            None => name,
        }
    }

    /// `symtable_lookup_entry`: the flags of a name in a block, 0 if it is not there.
    pub fn lookup_entry(&self, id: BlockId, name: Name) -> u32 {
        let Some(block) = self.st.block(id) else { return 0 };
        block.flags(self.st.maybe_mangle(self.names, self.private, block, name))
    }

    pub fn lookup(&self, name: Name) -> u32 {
        self.lookup_entry(self.frame.block, name)
    }

    /// `symtable_add_def`: what is not a mere use is a store.
    pub fn add_def(&mut self, name: Name, flag: u32, loc: Loc) -> Visit {
        let ctx = if flag == flags::USE { ExprContext::Load } else { ExprContext::Store };
        self.add_def_ctx(name, flag, loc, ctx)
    }

    pub fn add_def_ctx(&mut self, name: Name, flag: u32, loc: Loc, ctx: ExprContext) -> Visit {
        if flag & flags::DEF_BOUND != 0 {
            self.check_name(name, loc, ctx)?;
        }
        if flag & flags::DEF_TYPE_PARAM != 0
            && let Some(set) = self.cur().mangled_names
            && let Some(set) = self.st.mangled_names.get_mut(set as usize)
            && !set.contains(&name)
        {
            set.push(name);
        }
        self.add_def_in(self.frame.block, name, flag, loc)
    }

    /// `symtable_add_def_helper`: notes the name in a block; it is mangled as in the current one.
    pub fn add_def_in(&mut self, id: BlockId, name: Name, flag: u32, loc: Loc) -> Visit {
        let mangled = self.mangled(name);
        // A block that is not the current one is never at a comprehension's target: what is added there comes from
        // a named expression further in.
        let comp_iter_target = id == self.frame.block && self.frame.comp_iter_target;
        let block = self.block(id);
        let position = block.position(mangled);
        let known = position.and_then(|at| block.symbols.get(at)).map_or(0, |symbol| symbol.flags);
        if flag & known & (flags::DEF_PARAM | flags::DEF_TYPE_PARAM) != 0 {
            let template = if flag & known & flags::DEF_PARAM != 0 {
                "duplicate argument '{}' in function definition"
            } else {
                "duplicate type parameter '{}'"
            };
            return self.raise_for(template, name, loc);
        }
        let mut value = known | flag;
        if comp_iter_target {
            if value & (flags::DEF_GLOBAL | flags::DEF_NONLOCAL) != 0 {
                let template = "comprehension inner loop cannot rebind assignment expression target '{}'";
                return self.raise_for(template, name, loc);
            }
            value |= flags::DEF_COMP_ITER;
        }
        set_flags(self.block(id), position, mangled, value);
        if flag & flags::DEF_PARAM != 0 {
            self.block(id).varnames.push(mangled);
        } else if flag & flags::DEF_GLOBAL != 0 {
            let module = self.block(BlockId(0));
            let position = module.position(mangled);
            let known = position.and_then(|at| module.symbols.get(at)).map_or(0, |symbol| symbol.flags);
            set_flags(module, position, mangled, known | flag);
        }
        Ok(())
    }

    /// `__debug__` is neither assigned nor deleted.
    pub fn check_name(&mut self, name: Name, loc: Loc, ctx: ExprContext) -> Visit {
        if name != Name::DEBUG {
            return Ok(());
        }
        match ctx {
            ExprContext::Store => self.raise("cannot assign to __debug__", loc),
            ExprContext::Del => self.raise("cannot delete __debug__", loc),
            ExprContext::Load => Ok(()),
        }
    }

    pub fn record_directive(&mut self, name: Name, loc: Loc) {
        let mangled = self.mangled(name);
        self.cur().directives.push((mangled, loc));
    }

    pub fn allows_top_level_await(&mut self) -> bool {
        self.future.features & ALLOW_TOP_LEVEL_AWAIT != 0 && self.cur().block_type == BlockType::Module
    }

    /// Whether the current block is the body of an `async def` (or of a function that turned out asynchronous).
    pub fn is_async_def(&mut self) -> bool {
        let block = self.cur();
        block.block_type == BlockType::Function && block.coroutine
    }

    /// A named expression within a comprehension binds in the nearest block that is none.
    pub fn extend_namedexpr_scope(&mut self, target: Name, loc: Loc) -> Visit {
        let current = self.frame.block;
        for at in (0..=self.outer.len()).rev() {
            let id = self.outer.get(at).map_or(current, |frame| frame.block);
            let (block_type, comprehension) = (self.block(id).block_type, self.block(id).comprehension);
            if comprehension != ComprehensionType::NoComprehension {
                let known = self.lookup_entry(id, target);
                if known & flags::DEF_COMP_ITER != 0 && known & flags::DEF_LOCAL != 0 {
                    let template = "assignment expression cannot rebind comprehension iteration variable '{}'";
                    return self.raise_for(template, target, loc);
                }
                continue;
            }
            let place = match block_type {
                BlockType::Function | BlockType::Module => {
                    let (here, there) = if block_type == BlockType::Module {
                        (flags::DEF_GLOBAL, flags::DEF_GLOBAL)
                    } else if self.lookup_entry(id, target) & flags::DEF_GLOBAL != 0 {
                        (flags::DEF_GLOBAL, flags::DEF_LOCAL)
                    } else {
                        (flags::DEF_NONLOCAL, flags::DEF_LOCAL)
                    };
                    self.add_def(target, here, loc)?;
                    self.record_directive(target, loc);
                    return self.add_def_in(id, target, there, loc);
                }
                // Not an error, and no target either: the search goes on outwards.
                BlockType::Annotation => continue,
                BlockType::Class => "used in a class body",
                BlockType::TypeParameters => "used within the definition of a generic",
                BlockType::TypeAlias => "used in a type alias",
                BlockType::TypeVariable => "used in a TypeVar bound",
            };
            return self.raise(format!("assignment expression within a comprehension cannot be {place}"), loc);
        }
        Ok(())
    }
}

fn set_flags(block: &mut Block, position: Option<usize>, name: Name, flags: u32) {
    match position.and_then(|at| block.symbols.get_mut(at)) {
        Some(symbol) => symbol.flags = flags,
        None => block.push(Symbol { name, flags, scope: None }),
    }
}
