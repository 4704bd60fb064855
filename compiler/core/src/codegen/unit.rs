//! Code units: entering and leaving scopes, qualified names, and what each name compiles to.
//!
//! Invariant: `u` is the innermost unit and `stack` those around it, so `stack` is empty exactly in the module's own.
//! Next: `fblock.rs` for what surrounds a statement within its unit.

use pyc_format::opcode::{Opcode, RESUME_AT_FUNC_START};

use super::fblock::FBlock;
use super::name_map::OrderedSet;
use super::{CResult, Codegen, Sequence};
use crate::ast::{Expr, ExprContext, ExprKind, Loc, Stmt};
use crate::constants::ObjId;
use crate::error::{CompileError, ErrorKind};
use crate::flowgraph;
use crate::instruction_sequence::{CodeUnitMetadata, InstructionSequence, Label};
use crate::mangle::mangle;
use crate::names::Name;
use crate::symtable::{BlockId, BlockType, Scope, Symbol, flags};

/// CPython's `COMPILE_SCOPE_*`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum ScopeType {
    #[default]
    Module,
    Class,
    Function,
    AsyncFunction,
    Lambda,
    Comprehension,
    Annotations,
}

/// CPython's `struct compiler_unit`.
#[derive(Default)]
pub(super) struct Unit<'a> {
    pub ste: BlockId,
    pub scope_type: ScopeType,
    /// The class whose name mangles private names.
    pub private: Option<Name>,
    /// Of a class: attributes stored through `self` in functions below it.
    pub static_attributes: OrderedSet<Name>,
    /// `x: T` statements whose annotations go into `__annotate__`, with the number by which the condition that
    /// reached them is recorded.
    pub deferred_annotations: Vec<(&'a Stmt<'a>, Option<usize>)>,
    pub next_conditional_annotation_index: usize,
    pub seq: InstructionSequence,
    /// The module's sequence while its annotations are compiled.
    stashed_seq: Option<InstructionSequence>,
    pub fblocks: Vec<FBlock<'a>>,
    pub in_inlined_comp: u32,
    pub in_conditional_block: u32,
    pub consts: OrderedSet<ObjId>,
    pub names: OrderedSet<Name>,
    pub varnames: OrderedSet<Name>,
    pub cellvars: OrderedSet<Name>,
    pub freevars: OrderedSet<Name>,
    /// Names that are or were fast locals within an inlined comprehension only; true while they are.
    fasthidden: Vec<(Name, bool)>,
    name: Name0,
    pub qualname: Option<ObjId>,
    qualname_text: &'a str,
    pub argcount: usize,
    pub posonlyargcount: usize,
    kwonlyargcount: usize,
    pub firstlineno: i32,
    /// Sequences of the units inside, when they are asked for.
    nested: Vec<Sequence>,
}

type Name0 = Option<Name>;

impl Unit<'_> {
    /// Makes the unit as good as new but for its buffers and the names, which the next scope fills.
    fn recycle(&mut self) {
        self.static_attributes.refill([]);
        self.deferred_annotations.clear();
        self.next_conditional_annotation_index = 0;
        self.seq.instrs.clear();
        self.seq.label_map.clear();
        self.seq.annotations_code = None;
        self.stashed_seq = None;
        self.fblocks.clear();
        self.in_inlined_comp = 0;
        self.in_conditional_block = 0;
        self.fasthidden.clear();
        self.qualname = None;
        self.qualname_text = "";
        self.nested.clear();
    }
}

/// A finished code object and what its closure takes.
pub(super) struct Code {
    pub id: ObjId,
    pub freevars: Vec<Name>,
}

/// CPython's `_PyCompile_optype`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum OpType {
    Fast,
    Global,
    Deref,
    Name,
}

/// Nested scopes beyond this many CPython's parser gives up on (2,983 lambdas). Their qualified names grow with the
/// square of the depth.
const MAX_SCOPES: usize = 3_000;

/// What an inlined comprehension has to put back when it ends.
#[derive(Default)]
pub(super) struct InlinedComprehensionState {
    temp_symbols: Vec<Symbol>,
    fast_hidden: Vec<Name>,
    pub pushed_locals: Vec<Name>,
    pub cleanup: Option<Label>,
}

/// Code flags (`CO_*`) that codegen sets.
mod co {
    pub const OPTIMIZED: u32 = 0x1;
    pub const NEWLOCALS: u32 = 0x2;
    pub const VARARGS: u32 = 0x4;
    pub const VARKEYWORDS: u32 = 0x8;
    pub const NESTED: u32 = 0x10;
    pub const GENERATOR: u32 = 0x20;
    pub const COROUTINE: u32 = 0x80;
    pub const ASYNC_GENERATOR: u32 = 0x200;
    pub const HAS_DOCSTRING: u32 = 0x400_0000;
    pub const METHOD: u32 = 0x800_0000;
    /// `PyCF_MASK`: the `CO_FUTURE_*` bits.
    pub const FUTURE_MASK: u32 = 0x1fe_0000;
}

impl<'a> Codegen<'_, 'a> {
    /// `_PyCompile_EnterScope` and the RESUME that every unit begins with. `args` are the counts of arguments,
    /// positional-only ones and keyword-only ones, as `co_argcount` and kin but for the first, which leaves out the
    /// positional-only ones.
    pub(super) fn enter_scope(
        &mut self,
        name: Name,
        scope_type: ScopeType,
        ste: BlockId,
        lineno: i32,
        private: Option<Name>,
        args: [usize; 3],
    ) -> CResult {
        if self.stack.len() >= MAX_SCOPES {
            let message = "Parser stack overflowed - Python source too complex to parse";
            return Err(Box::new(CompileError::plain(ErrorKind::MemoryError, message)));
        }
        let mut unit = self.spare.pop().unwrap_or_default();
        unit.ste = ste;
        unit.scope_type = scope_type;
        unit.private = private.or(self.u.private);
        unit.name = Some(name);
        [unit.argcount, unit.posonlyargcount, unit.kwonlyargcount] = args;
        unit.firstlineno = lineno;
        self.fill_names(&mut unit, ste);
        let parent = std::mem::replace(&mut self.u, unit);
        if scope_type != ScopeType::Module {
            self.stack.push(parent);
            self.set_qualname(name);
        }
        let mut loc = Loc { lineno, end_lineno: lineno, col_offset: 0, end_col_offset: 0 };
        if scope_type == ScopeType::Module {
            loc.lineno = 0;
        }
        self.addop_i(loc, Opcode::RESUME, RESUME_AT_FUNC_START as usize);
        if scope_type == ScopeType::Module {
            self.addop(loc, Opcode::ANNOTATIONS_PLACEHOLDER);
        }
        Ok(())
    }

    /// Parameters, cells and free variables as the symbol table has them. Cells and free variables are in code point
    /// order (which is UTF-8's byte order); the class's own cells follow.
    fn fill_names(&self, unit: &mut Unit<'a>, ste: BlockId) {
        let block = self.block(ste);
        unit.varnames.refill(block.varnames.iter().copied());
        let by_type = |scope: Scope, flag: u32| {
            let found = move |symbol: &&Symbol| symbol.scope == Some(scope) || symbol.flags & flag != 0;
            block.symbols.iter().filter(found).map(|symbol| symbol.name)
        };
        unit.cellvars.refill(by_type(Scope::Cell, flags::DEF_COMP_CELL));
        unit.cellvars.sort_by_key(|name| self.text(name));
        let own = [
            (block.needs_class_closure, Name::CLASS),
            (block.needs_classdict, Name::CLASSDICT),
            (block.has_conditional_annotations, Name::CONDITIONAL_ANNOTATIONS),
        ];
        for (needed, name) in own {
            if needed {
                unit.cellvars.add(name);
            }
        }
        unit.freevars.refill(by_type(Scope::Free, flags::DEF_FREE_CLASS));
        unit.freevars.sort_by_key(|name| self.text(name));
    }

    fn set_qualname(&mut self, name: Name) {
        let own = self.text(name);
        let mut base = None;
        let mut at = self.stack.len() - 1;
        if at > 0 {
            if self.stack[at].scope_type == ScopeType::Annotations {
                at -= 1;
            }
            // A class or function directly within an annotation scope of the module has no prefix.
            if at > 0 {
                base = self.qualname_base(name, at);
            }
        }
        let (text, object) = match base {
            None => (own, self.objects.name(name)),
            Some(base) => {
                let locals = matches!(
                    self.stack[at].scope_type,
                    ScopeType::Function | ScopeType::AsyncFunction | ScopeType::Lambda
                );
                let infix = if locals { ".<locals>." } else { "." };
                let mut text =
                    bumpalo::collections::String::with_capacity_in(base.len() + infix.len() + own.len(), self.arena);
                text.push_str(base);
                text.push_str(infix);
                text.push_str(own);
                let text: &'a str = text.into_bump_str();
                (text, self.objects.str(text.into()))
            }
        };
        self.u.qualname = Some(object);
        self.u.qualname_text = text;
    }

    /// The qualified name that prefixes this one's; none if the parent declares the name global.
    fn qualname_base(&self, name: Name, at: usize) -> Option<&'a str> {
        let parent = &self.stack[at];
        if matches!(self.u.scope_type, ScopeType::Function | ScopeType::AsyncFunction | ScopeType::Class) {
            let mangled = mangle(self.names, parent.private, name);
            let scope = self.block(parent.ste).symbol(mangled).and_then(|symbol| symbol.scope);
            if scope == Some(Scope::GlobalExplicit) {
                return None;
            }
        }
        Some(parent.qualname_text)
    }

    /// The unit's instructions so far with the nested ones', for comparison with CPython's.
    pub(super) fn take_sequence(&mut self) -> Sequence {
        Sequence::new(
            &self.u.seq,
            self.u.name.map(|name| self.text(name).to_owned()).unwrap_or_default(),
            std::mem::take(&mut self.u.nested),
        )
    }

    /// `_PyCodegen_AddReturnAtEnd`: whatever falls off the end returns None.
    pub(super) fn add_return_at_end(&mut self, add_none: bool) {
        if add_none {
            self.load_none(Loc::NONE);
        }
        self.addop(Loc::NONE, Opcode::RETURN_VALUE);
    }

    /// `_PyCompile_OptimizeAndAssemble` and `_PyCompile_ExitScope`, which CPython always calls in turn.
    pub(super) fn optimize_and_assemble(&mut self, add_none: bool) -> CResult<Code> {
        let code_flags = self.compute_code_flags();
        self.add_return_at_end(add_none);
        let nparams = self.ste().varnames.len();
        let u = &mut self.u;
        let mut metadata = CodeUnitMetadata {
            name: u.name,
            qualname: u.qualname,
            consts: u.consts.lend(),
            names: u.names.lend(),
            varnames: u.varnames.lend(),
            cellvars: u.cellvars.lend(),
            freevars: u.freevars.lend(),
            fasthidden: u.fasthidden.iter().map(|&(name, _)| name).collect(),
            argcount: u.argcount as u32,
            posonlyargcount: u.posonlyargcount as u32,
            kwonlyargcount: u.kwonlyargcount as u32,
            firstlineno: u.firstlineno,
        };
        let freevars = metadata.freevars.clone();
        let saved = self.save_nested.then(|| self.take_sequence());
        let unit = flowgraph::Unit { code_flags, nparams, filename: self.filename };
        let seq = &self.u.seq;
        let id = flowgraph::optimize_and_assemble(self.flowgraph, self.objects, seq, &mut metadata, unit)
            .map_err(Box::new)?;
        let u = &mut self.u;
        u.consts.give_back(metadata.consts);
        u.names.give_back(metadata.names);
        u.varnames.give_back(metadata.varnames);
        u.cellvars.give_back(metadata.cellvars);
        u.freevars.give_back(metadata.freevars);
        if let Some(parent) = self.stack.pop() {
            let mut done = std::mem::replace(&mut self.u, parent);
            done.recycle();
            self.spare.push(done);
            self.u.nested.extend(saved);
        }
        Ok(Code { id, freevars })
    }

    fn compute_code_flags(&self) -> u32 {
        let ste = self.ste();
        let mut code_flags = 0;
        if ste.is_function_like() {
            code_flags |= co::NEWLOCALS | co::OPTIMIZED;
            let bits = [
                (ste.nested, co::NESTED),
                (ste.generator && !ste.coroutine, co::GENERATOR),
                (ste.generator && ste.coroutine, co::ASYNC_GENERATOR),
                (ste.varargs, co::VARARGS),
                (ste.varkeywords, co::VARKEYWORDS),
                (ste.has_docstring, co::HAS_DOCSTRING),
                (ste.method, co::METHOD),
            ];
            for (set, bit) in bits {
                if set {
                    code_flags |= bit;
                }
            }
        }
        if ste.coroutine && !ste.generator {
            code_flags |= co::COROUTINE;
        }
        code_flags | (self.flags & co::FUTURE_MASK)
    }

    // The module's annotations have a sequence of their own, which the flow graph puts at the placeholder.

    pub(super) fn start_annotation_setup(&mut self) {
        let own = std::mem::take(&mut self.u.seq);
        self.u.stashed_seq = Some(own);
    }

    pub(super) fn end_annotation_setup(&mut self) {
        if let Some(own) = self.u.stashed_seq.take() {
            let annotations = std::mem::replace(&mut self.u.seq, own);
            self.u.seq.annotations_code = Some(Box::new(annotations));
            // CPython hangs the nested sequence on the one that it hides here.
            self.u.nested.pop();
        }
    }

    // Names.

    pub(super) fn mangle(&self, name: Name) -> Name {
        mangle(self.names, self.u.private, name)
    }

    pub(super) fn maybe_mangle(&self, name: Name) -> Name {
        if !name.is_private() || self.u.private.is_none() {
            return name;
        }
        self.symtable.maybe_mangle(self.names, self.u.private, self.ste(), name)
    }

    /// An instruction on `co_names`; attribute and method loads have their own below.
    pub(super) fn addop_name(&mut self, loc: Loc, opcode: Opcode, name: Name) {
        let arg = self.name_index(name);
        self.addop_i(loc, opcode, arg);
    }

    /// The number of a name, mangled, in `co_names`.
    pub(super) fn name_index(&mut self, name: Name) -> usize {
        let mangled = self.maybe_mangle(name);
        self.u.names.add(mangled)
    }

    pub(super) fn addop_load_attr(&mut self, loc: Loc, name: Name) {
        let arg = self.name_index(name) << 1;
        self.addop_i(loc, Opcode::LOAD_ATTR, arg);
    }

    /// CPython's LOAD_METHOD: LOAD_ATTR that may leave an unbound method and its self.
    pub(super) fn addop_load_method(&mut self, loc: Loc, name: Name) {
        let arg = self.name_index(name) << 1 | 1;
        self.addop_i(loc, Opcode::LOAD_ATTR, arg);
    }

    /// The number of a free variable among cells and frees.
    pub(super) fn freevar_index(&mut self, name: Name) -> usize {
        let at = match self.u.freevars.get(name) {
            Some(at) => at,
            None => self.u.freevars.add(name),
        };
        at + self.u.cellvars.len()
    }

    /// `_PyCompile_GetRefType`
    pub(super) fn ref_type(&self, name: Name) -> Option<Scope> {
        if self.u.scope_type == ScopeType::Class
            && matches!(name, Name::CLASS | Name::CLASSDICT | Name::CONDITIONAL_ANNOTATIONS)
        {
            return Some(Scope::Cell);
        }
        self.scope_of(name)
    }

    /// `_PyCompile_LookupArg`: where the enclosing unit has what a closure takes. A name that is local and free in a
    /// class is taken as the free one.
    pub(super) fn lookup_arg(&mut self, name: Name) -> CResult<usize> {
        let found = if self.ref_type(name) == Some(Scope::Cell) {
            self.u.cellvars.get(name)
        } else {
            self.u.freevars.get(name).map(|at| at + self.u.cellvars.len())
        };
        match found {
            Some(at) => Ok(at),
            None => Err(self.system_error("compiler_lookup_arg failed")),
        }
    }

    /// `_PyCompile_ResolveNameop`: the kind of access and, but for fast locals, its operand.
    fn resolve_nameop(&mut self, mangled: Name, scope: Option<Scope>) -> (OpType, usize) {
        match scope {
            Some(Scope::Free) => (OpType::Deref, self.freevar_index(mangled)),
            Some(Scope::Cell) => (OpType::Deref, self.u.cellvars.add(mangled)),
            Some(Scope::Local) if self.ste().is_function_like() || self.is_fast_hidden(mangled) => (OpType::Fast, 0),
            Some(Scope::GlobalImplicit) if self.ste().is_function_like() => (OpType::Global, self.u.names.add(mangled)),
            Some(Scope::GlobalExplicit) => (OpType::Global, self.u.names.add(mangled)),
            Some(Scope::Local | Scope::GlobalImplicit) | None => (OpType::Name, self.u.names.add(mangled)),
        }
    }

    fn is_fast_hidden(&self, name: Name) -> bool {
        self.u.fasthidden.iter().any(|&(hidden, now)| hidden == name && now)
    }

    pub(super) fn nameop_load(&mut self, loc: Loc, name: Name) {
        self.nameop(loc, name, ExprContext::Load);
    }

    pub(super) fn nameop_store(&mut self, loc: Loc, name: Name) {
        self.nameop(loc, name, ExprContext::Store);
    }

    pub(super) fn nameop(&mut self, loc: Loc, name: Name, ctx: ExprContext) {
        use ExprContext::{Del, Load, Store};
        let mangled = self.maybe_mangle(name);
        let scope = self.scope_of(mangled);
        let (optype, arg) = self.resolve_nameop(mangled, scope);
        let in_class = self.ste().block_type == BlockType::Class;
        let sees_class = self.ste().can_see_class_scope;
        let op = match (optype, ctx) {
            (OpType::Deref, Load) => {
                if in_class && self.u.in_inlined_comp == 0 {
                    self.addop(loc, Opcode::LOAD_LOCALS);
                    Opcode::LOAD_FROM_DICT_OR_DEREF
                } else if sees_class {
                    self.load_classdict_freevar(loc);
                    Opcode::LOAD_FROM_DICT_OR_DEREF
                } else {
                    Opcode::LOAD_DEREF
                }
            }
            (OpType::Deref, Store) => Opcode::STORE_DEREF,
            (OpType::Deref, Del) => Opcode::DELETE_DEREF,
            (OpType::Fast, _) => {
                let op = match ctx {
                    Load => Opcode::LOAD_FAST,
                    Store => Opcode::STORE_FAST,
                    Del => Opcode::DELETE_FAST,
                };
                let arg = self.u.varnames.add(mangled);
                return self.addop_i(loc, op, arg);
            }
            (OpType::Global, Load) => {
                if sees_class && scope == Some(Scope::GlobalImplicit) {
                    self.load_classdict_freevar(loc);
                    Opcode::LOAD_FROM_DICT_OR_GLOBALS
                } else {
                    Opcode::LOAD_GLOBAL
                }
            }
            (OpType::Global, Store) => Opcode::STORE_GLOBAL,
            (OpType::Global, Del) => Opcode::DELETE_GLOBAL,
            (OpType::Name, Load) => {
                if in_class && self.u.in_inlined_comp > 0 {
                    Opcode::LOAD_GLOBAL
                } else {
                    Opcode::LOAD_NAME
                }
            }
            (OpType::Name, Store) => Opcode::STORE_NAME,
            (OpType::Name, Del) => Opcode::DELETE_NAME,
        };
        let arg = if op == Opcode::LOAD_GLOBAL { arg << 1 } else { arg };
        self.addop_i(loc, op, arg);
    }

    fn load_classdict_freevar(&mut self, loc: Loc) {
        let arg = self.freevar_index(Name::CLASSDICT);
        self.addop_i(loc, Opcode::LOAD_DEREF, arg);
    }

    /// `self.x = ...` in a function within a class: the innermost class around notes `x`.
    pub(super) fn maybe_add_static_attribute_to_class(&mut self, value: &Expr<'a>, attr: Name, ctx: ExprContext) {
        if ctx != ExprContext::Store || !matches!(value.kind, ExprKind::Name { id: Name::SELF, .. }) {
            return;
        }
        if let Some(class) = self.stack.iter_mut().rev().find(|unit| unit.scope_type == ScopeType::Class) {
            class.static_attributes.add(attr);
        }
    }

    // Inlined comprehensions borrow the scopes that their names would have had in a function of their own.

    pub(super) fn tweak_inlined_comprehension_scopes(&mut self, comp: BlockId, state: &mut InlinedComprehensionState) {
        let in_class_block = self.ste().block_type == BlockType::Class && self.u.in_inlined_comp == 0;
        self.u.in_inlined_comp += 1;
        let is_function_like = self.ste().is_function_like();
        for at in 0..self.block(comp).symbols.len() {
            let symbol = self.block(comp).symbols[at];
            let name = symbol.name;
            let outer = self.symbol_or_empty(name);
            // What is free in the comprehension is accessed as the enclosing scope would; a cell here that is free
            // outside stays the outer one's, *_DEREF works for both.
            if (symbol.scope != outer.scope
                && symbol.scope != Some(Scope::Free)
                && !(symbol.scope == Some(Scope::Cell) && outer.scope == Some(Scope::Free)))
                || in_class_block
            {
                self.symtable.blocks[self.u.ste.0 as usize].set_symbol(symbol);
                state.temp_symbols.push(outer);
            }
            if (is_bound_locally(symbol) || in_class_block) && !is_function_like && !self.is_fast_hidden(name) {
                match self.u.fasthidden.iter_mut().find(|(hidden, _)| *hidden == name) {
                    Some((_, now)) => *now = true,
                    None => self.u.fasthidden.push((name, true)),
                }
                state.fast_hidden.push(name);
            }
        }
    }

    pub(super) fn push_inlined_comprehension_locals(
        &mut self,
        loc: Loc,
        comp: BlockId,
        state: &mut InlinedComprehensionState,
    ) {
        for at in 0..self.block(comp).symbols.len() {
            let symbol = self.block(comp).symbols[at];
            let outer = self.symbol_or_empty(symbol.name);
            if !is_bound_locally(symbol) {
                continue;
            }
            // Pushes NULL if unbound; of a cell, the cell itself, which is put back afterwards.
            let mangled = self.maybe_mangle(symbol.name);
            let arg = self.u.varnames.add(mangled);
            self.addop_i(loc, Opcode::LOAD_FAST_AND_CLEAR, arg);
            if symbol.scope == Some(Scope::Cell) {
                let arg = if outer.scope == Some(Scope::Free) {
                    self.freevar_index(mangled)
                } else {
                    self.u.cellvars.add(mangled)
                };
                self.addop_i(loc, Opcode::MAKE_CELL, arg);
            }
            state.pushed_locals.push(symbol.name);
        }
        if !state.pushed_locals.is_empty() {
            // The iterable is below them: bring it up. The result swaps with it at the end, which undoes the turn.
            self.addop_i(loc, Opcode::SWAP, state.pushed_locals.len() + 1);
            let cleanup = self.new_label();
            state.cleanup = Some(cleanup);
            self.addop_j(loc, Opcode::SETUP_FINALLY, cleanup);
        }
    }

    pub(super) fn revert_inlined_comprehension_scopes(&mut self, state: InlinedComprehensionState) {
        self.u.in_inlined_comp -= 1;
        for symbol in state.temp_symbols {
            self.symtable.blocks[self.u.ste.0 as usize].set_symbol(symbol);
        }
        for (name, now) in &mut self.u.fasthidden {
            if state.fast_hidden.contains(name) {
                *now = false;
            }
        }
    }

    fn symbol_or_empty(&self, name: Name) -> Symbol {
        self.ste().symbol(name).copied().unwrap_or(Symbol { name, flags: 0, scope: None })
    }
}

/// An assignment expression binds a name of the comprehension elsewhere: DEF_NONLOCAL.
fn is_bound_locally(symbol: Symbol) -> bool {
    symbol.flags & flags::DEF_LOCAL != 0 && symbol.flags & flags::DEF_NONLOCAL == 0
}
