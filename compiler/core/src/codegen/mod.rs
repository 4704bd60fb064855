//! From tree and symbol table to instruction sequences, construct by construct (CPython's Python/codegen.c and the
//! units of Python/compile.c).
//!
//! Invariant: every instruction, its operand, its location and the place of every label are those of CPython, also
//! where it looks redundant: later passes decide by them what is removed and which line a jump carries.
//! Where to read next: `unit.rs` for scopes and names, `stmt.rs` and `expr.rs` for the two dispatches; the other
//! files hold one construct each, their functions named as CPython's `codegen_*`.

mod annotations;
mod assign;
mod call;
mod class;
mod comprehension;
mod display;
mod docstring;
mod dump;
mod expr;
mod fblock;
mod fstring;
mod function;
mod import;
mod match_;
mod name_map;
mod pattern;
mod stmt;
mod try_;
mod typeparams;
mod unit;
mod warn;
mod with_;

use bumpalo::Bump;
use pyc_format::opcode::Opcode;

use crate::ast::{Loc, Mod, Stmt};
use crate::constants::{ObjId, Objects};
use crate::error::{CompileError, CompileWarning, ErrorKind};
use crate::flowgraph::Flowgraph;
use crate::future::{CO_FUTURE_ANNOTATIONS, doc_string};
use crate::instruction_sequence::Label;
use crate::names::{Name, Names};
use crate::symtable::{Block, BlockId, BlockKey, BlockRole, Scope, Symtable};
use crate::{MAX_DEPTH, Options};

pub use dump::Sequence;
use unit::{ScopeType, Unit};

/// Boxed, so that the ordinary way out of a visit is one register wide.
type CResult<T = ()> = Result<T, Box<CompileError>>;

/// `_PY_STACK_USE_GUIDELINE`: more than this many values are not left on the stack while a display or call is built.
const STACK_USE_GUIDELINE: usize = 30;

/// What code generation takes besides the tree; outlives it, because the results point into it.
pub struct Input<'c, 'a> {
    pub arena: &'a Bump,
    pub names: &'c Names<'a>,
    pub objects: &'c mut Objects<'a>,
    pub flowgraph: &'c mut Flowgraph,
    /// Of the same tree, by address. Inlined comprehensions change it while they last.
    pub symtable: &'c mut Symtable,
    pub warnings: &'c mut Vec<CompileWarning>,
    /// `co_filename` of every code object.
    pub filename: ObjId,
    /// `flags` has the `__future__` features of the source in it.
    pub options: Options,
}

/// The code object of a module, an interactive statement or an expression (`_PyAST_Compile` after the symbol table).
///
/// # Errors
/// The SyntaxErrors that CPython's codegen raises, RecursionError for a tree that is too deep, SystemError for a tree
/// that no parser makes.
pub fn compile<'a>(input: Input<'_, 'a>, tree: &'a Mod<'a>) -> Result<ObjId, CompileError> {
    let mut c = Codegen::new(input, false);
    c.codegen(tree).map_err(|error| *error)?;
    let add_none = !matches!(tree, Mod::Expression { .. });
    Ok(c.optimize_and_assemble(add_none).map_err(|error| *error)?.id)
}

/// The instruction sequences before the flow graph, as `_testinternalcapi.compiler_codegen` shows them.
///
/// # Errors
/// As [`compile`].
pub fn sequences<'a>(input: Input<'_, 'a>, tree: &'a Mod<'a>) -> Result<Sequence, CompileError> {
    let mut c = Codegen::new(input, true);
    c.codegen(tree).map_err(|error| *error)?;
    c.add_return_at_end(!matches!(tree, Mod::Expression { .. }));
    Ok(c.take_sequence())
}

/// CPython's `struct _PyCompiler`.
struct Codegen<'c, 'a> {
    arena: &'a Bump,
    names: &'c Names<'a>,
    objects: &'c mut Objects<'a>,
    flowgraph: &'c mut Flowgraph,
    symtable: &'c mut Symtable,
    warnings: &'c mut Vec<CompileWarning>,
    filename: ObjId,
    optimize: u8,
    flags: u32,
    interactive: bool,
    /// Keep the sequences of nested code for [`sequences`].
    save_nested: bool,
    disable_warning: u32,
    depth: u32,
    /// The unit being filled.
    u: Box<Unit<'a>>,
    /// The units around it, the module first.
    #[allow(clippy::vec_box)] // a unit is large, and swapped with `u`
    stack: Vec<Box<Unit<'a>>>,
    /// Units that are done, for their buffers.
    #[allow(clippy::vec_box)]
    spare: Vec<Box<Unit<'a>>>,
    /// Objects of a tuple that is being made.
    items: Vec<ObjId>,
}

impl<'c, 'a> Codegen<'c, 'a> {
    fn new(input: Input<'c, 'a>, save_nested: bool) -> Self {
        Codegen {
            arena: input.arena,
            names: input.names,
            objects: input.objects,
            flowgraph: input.flowgraph,
            symtable: input.symtable,
            warnings: input.warnings,
            filename: input.filename,
            optimize: input.options.optimize,
            flags: input.options.flags,
            interactive: false,
            save_nested,
            disable_warning: 0,
            depth: 0,
            u: Box::default(),
            stack: Vec::new(),
            spare: Vec::new(),
            items: Vec::new(),
        }
    }

    /// CPython's `compiler_codegen`: fills the outermost unit.
    fn codegen(&mut self, tree: &'a Mod<'a>) -> CResult {
        let block = self.lookup(BlockKey::new(tree, BlockRole::Body))?;
        self.enter_scope(Name::ANGLE_MODULE, ScopeType::Module, block, 1, None, [0; 3])?;
        match tree {
            Mod::Module { body, .. } => self.module(body, false),
            Mod::Interactive { body } => {
                self.interactive = true;
                self.module(body, true)
            }
            Mod::Expression { body } => self.visit_expr(body),
            Mod::FunctionType { .. } => Err(self.system_error("module kind 4 should not be possible")),
        }
    }

    fn module(&mut self, stmts: &'a [Stmt<'a>], is_interactive: bool) -> CResult {
        let loc = match stmts.first() {
            Some(stmt) => stmt.loc,
            None => Loc { lineno: 1, end_lineno: 1, col_offset: 0, end_col_offset: 0 },
        };
        if self.ste().has_conditional_annotations {
            self.addop_i(loc, Opcode::BUILD_SET, 0);
            let arg = self.u.names.add(Name::CONDITIONAL_ANNOTATIONS);
            self.addop_i(loc, Opcode::STORE_NAME, arg);
        }
        self.body(loc, stmts, is_interactive)
    }

    /// A module's or class's statements, with docstring and annotations.
    fn body(&mut self, loc: Loc, stmts: &'a [Stmt<'a>], is_interactive: bool) -> CResult {
        if self.future_annotations() && self.ste().annotations_used {
            self.addop(loc, Opcode::SETUP_ANNOTATIONS);
        }
        if stmts.is_empty() {
            return Ok(());
        }
        let mut rest = stmts;
        if !is_interactive
            && self.ste().has_docstring
            && let Some(doc) = doc_string(stmts)
        {
            rest = &stmts[1..];
            let cleaned = self.clean_doc(doc)?;
            self.load_const(doc.loc, cleaned);
            self.nameop_store(Loc::NONE, Name::DOC);
        }
        for stmt in rest {
            self.visit_stmt(stmt)?;
        }
        if !self.future_annotations() {
            self.process_deferred_annotations(loc)?;
        }
        Ok(())
    }

    fn future_annotations(&self) -> bool {
        self.flags & CO_FUTURE_ANNOTATIONS != 0
    }

    fn is_interactive_top_level(&self) -> bool {
        self.interactive && self.stack.is_empty()
    }

    // Emitting.

    fn addop(&mut self, loc: Loc, opcode: Opcode) {
        self.u.seq.addop(opcode, 0, loc);
    }

    /// An operand is a count or an index; no source is large enough for one beyond i32.
    fn addop_i(&mut self, loc: Loc, opcode: Opcode, oparg: usize) {
        self.u.seq.addop(opcode, i32::try_from(oparg).unwrap_or(i32::MAX), loc);
    }

    fn addop_j(&mut self, loc: Loc, opcode: Opcode, target: Label) {
        self.addop_i(loc, opcode, target.0 as usize);
    }

    fn new_label(&mut self) -> Label {
        self.u.seq.new_label()
    }

    fn use_label(&mut self, label: Label) {
        self.u.seq.use_label(label);
    }

    /// The object's number in `co_consts`, merged into the compilation's constants.
    fn add_const(&mut self, object: ObjId) -> usize {
        let merged = self.objects.merge(object);
        self.u.consts.add(merged)
    }

    fn load_const(&mut self, loc: Loc, object: ObjId) {
        let arg = self.add_const(object);
        self.addop_i(loc, Opcode::LOAD_CONST, arg);
    }

    fn load_none(&mut self, loc: Loc) {
        let arg = self.u.consts.add(ObjId::NONE);
        self.addop_i(loc, Opcode::LOAD_CONST, arg);
    }

    fn load_int(&mut self, loc: Loc, value: usize) {
        let object = self.objects.int(i64::try_from(value).unwrap_or(i64::MAX));
        self.load_const(loc, object);
    }

    /// LOAD_CONST of a tuple of names.
    fn load_names_const(&mut self, loc: Loc, names: impl Iterator<Item = Name>) {
        let mut items = std::mem::take(&mut self.items);
        items.clear();
        items.extend(names.map(|name| self.objects.name(name)));
        let tuple = self.objects.tuple(&items);
        self.items = items;
        self.load_const(loc, tuple);
    }

    fn load_name_const(&mut self, loc: Loc, name: Name) {
        let object = self.objects.name(name);
        self.load_const(loc, object);
    }

    // Symbol table.

    /// Block numbers come from the table itself.
    fn block(&self, block: BlockId) -> &Block {
        &self.symtable.blocks[block.0 as usize]
    }

    fn ste(&self) -> &Block {
        self.block(self.u.ste)
    }

    fn scope_of(&self, name: Name) -> Option<Scope> {
        self.ste().symbol(name)?.scope
    }

    fn lookup(&self, key: BlockKey) -> CResult<BlockId> {
        self.symtable.lookup(key).ok_or_else(|| self.system_error("unknown symbol table entry"))
    }

    // Errors.

    fn enter_recursive_call(&mut self) -> CResult {
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            return Err(Box::new(CompileError::recursion()));
        }
        Ok(())
    }

    /// A SyntaxError at the location.
    #[cold]
    fn error(&self, loc: Loc, message: impl Into<String>) -> Box<CompileError> {
        Box::new(CompileError::syntax(message, loc))
    }

    /// A tree that no parser makes.
    #[cold]
    fn system_error(&self, message: &str) -> Box<CompileError> {
        Box::new(CompileError::plain(ErrorKind::SystemError, message))
    }

    fn text(&self, name: Name) -> &'a str {
        self.names.text(name)
    }
}
