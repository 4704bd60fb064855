//! Comprehensions, inlined and not, and generator expressions.
//!
//! Invariant: the outermost iterable is evaluated in the scope around; an inlined comprehension leaves the names that
//! it binds as they were, also when it raises.

use pyc_format::opcode::Opcode;

use super::fblock::{Datum, FBlockType};
use super::unit::{InlinedComprehensionState, ScopeType};
use super::{CResult, Codegen};
use crate::ast::{Comprehension, Expr, ExprKind, Loc};
use crate::names::Name;
use crate::symtable::{BlockKey, BlockRole};

/// What each turn of the innermost loop does with its element.
#[derive(Clone, Copy)]
enum Element<'a> {
    Yield(&'a Expr<'a>),
    ListAppend(&'a Expr<'a>),
    SetAdd(&'a Expr<'a>),
    MapAdd(&'a Expr<'a>, &'a Expr<'a>),
}

impl<'a> Element<'a> {
    /// The instruction that makes the container, and the name of the scope.
    fn container(self) -> (Option<Opcode>, Name) {
        match self {
            Element::Yield(_) => (None, Name::ANGLE_GENEXPR),
            Element::ListAppend(_) => (Some(Opcode::BUILD_LIST), Name::ANGLE_LISTCOMP),
            Element::SetAdd(_) => (Some(Opcode::BUILD_SET), Name::ANGLE_SETCOMP),
            Element::MapAdd(..) => (Some(Opcode::BUILD_MAP), Name::ANGLE_DICTCOMP),
        }
    }

    /// Where the jump back to a loop stands that is not the innermost.
    fn first_loc(self) -> Loc {
        match self {
            Element::Yield(e) | Element::ListAppend(e) | Element::SetAdd(e) | Element::MapAdd(e, _) => e.loc,
        }
    }
}

impl<'a> Codegen<'_, 'a> {
    pub(super) fn comprehension(&mut self, e: &'a Expr<'a>) -> CResult {
        let (generators, element): (&'a [Comprehension<'a>], _) = match &e.kind {
            ExprKind::GeneratorExp { elt, generators } => (generators, Element::Yield(elt)),
            ExprKind::ListComp { elt, generators } => (generators, Element::ListAppend(elt)),
            ExprKind::SetComp { elt, generators } => (generators, Element::SetAdd(elt)),
            ExprKind::DictComp { key, value, generators } => (generators, Element::MapAdd(key, value)),
            _ => return Ok(()),
        };
        let Some(outermost) = generators.first() else {
            return Err(self.system_error("comprehension with no generators"));
        };
        let loc = e.loc;
        let (build, name) = element.container();
        let block = self.lookup(BlockKey::new(e, BlockRole::Body))?;
        if self.block(block).comp_inlined {
            self.comprehension_iter(outermost)?;
            let mut state = InlinedComprehensionState::default();
            self.tweak_inlined_comprehension_scopes(block, &mut state);
            self.push_inlined_comprehension_locals(loc, block, &mut state);
            if let Some(build) = build {
                self.addop_i(loc, build, 0);
                self.addop_i(loc, Opcode::SWAP, 2);
            }
            self.comprehension_generator(loc, generators, true, 0, element, true)?;
            self.pop_inlined_comprehension_locals(loc, &state);
            self.revert_inlined_comprehension_scopes(state);
            return Ok(());
        }

        let is_async = self.block(block).coroutine;
        self.enter_scope(name, ScopeType::Comprehension, block, loc.lineno, None, [1, 0, 0])?;
        if let Some(build) = build {
            self.addop_i(loc, build, 0);
        }
        self.comprehension_generator(loc, generators, true, 0, element, false)?;
        match build {
            Some(_) => self.addop(loc, Opcode::RETURN_VALUE),
            None => self.wrap_in_stopiteration_handler(),
        }
        let code = self.optimize_and_assemble(true)?;
        self.make_closure(loc, &code, 0)?;
        self.comprehension_iter(outermost)?;
        self.addop_i(loc, Opcode::CALL, 0);
        if is_async && build.is_some() {
            self.addop_i(loc, Opcode::GET_AWAITABLE, 0);
            self.load_none(loc);
            self.add_await(loc);
        }
        Ok(())
    }

    fn comprehension_iter(&mut self, generator: &'a Comprehension<'a>) -> CResult {
        self.visit_expr(&generator.iter)?;
        let op = if generator.is_async { Opcode::GET_AITER } else { Opcode::GET_ITER };
        self.addop(generator.iter.loc, op);
        Ok(())
    }

    /// The loops of `generators` and the element within the last. `depth` counts the iterators between the container
    /// and the top of the stack; the first generator's may be on the stack or be the function's argument.
    fn comprehension_generator(
        &mut self,
        loc: Loc,
        generators: &'a [Comprehension<'a>],
        is_first: bool,
        depth: usize,
        element: Element<'a>,
        iter_on_stack: bool,
    ) -> CResult {
        let Some((generator, rest)) = generators.split_first() else { return Ok(()) };
        self.enter_recursive_call()?;
        if is_first && !iter_on_stack {
            self.addop_i(loc, Opcode::LOAD_FAST, 0);
        }
        if generator.is_async {
            self.async_comprehension_generator(loc, (generator, rest), is_first, depth, element)?;
        } else {
            self.sync_comprehension_generator(loc, (generator, rest), is_first, depth, element)?;
        }
        self.depth -= 1;
        Ok(())
    }

    fn sync_comprehension_generator(
        &mut self,
        loc: Loc,
        (generator, rest): (&'a Comprehension<'a>, &'a [Comprehension<'a>]),
        is_first: bool,
        mut depth: usize,
        element: Element<'a>,
    ) -> CResult {
        let start = self.new_label();
        let if_cleanup = self.new_label();
        let anchor = self.new_label();

        let mut is_loop = true;
        if !is_first {
            match single_element(&generator.iter) {
                Some(value) => {
                    self.visit_expr(value)?;
                    is_loop = false;
                }
                None => self.comprehension_iter(generator)?,
            }
        }
        if is_loop {
            depth += 1;
            self.use_label(start);
            self.addop_j(generator.iter.loc, Opcode::FOR_ITER, anchor);
        }
        self.visit_expr(&generator.target)?;
        for test in generator.ifs.iter() {
            self.jump_if(loc, test, if_cleanup, false)?;
        }
        let element_loc = self.comprehension_rest(loc, rest, depth, element)?;

        self.use_label(if_cleanup);
        if is_loop {
            self.addop_j(element_loc, Opcode::JUMP, start);
            self.use_label(anchor);
            self.addop(Loc::NONE, Opcode::END_FOR);
            self.addop(Loc::NONE, Opcode::POP_ITER);
        }
        Ok(())
    }

    fn async_comprehension_generator(
        &mut self,
        loc: Loc,
        (generator, rest): (&'a Comprehension<'a>, &'a [Comprehension<'a>]),
        is_first: bool,
        depth: usize,
        element: Element<'a>,
    ) -> CResult {
        let start = self.new_label();
        let send = self.new_label();
        let except = self.new_label();
        let if_cleanup = self.new_label();

        if !is_first {
            self.comprehension_iter(generator)?;
        }
        self.use_label(start);
        self.push_fblock(loc, FBlockType::AsyncComprehensionGenerator, Some(start), None, Datum::None)?;
        self.addop_j(loc, Opcode::SETUP_FINALLY, except);
        self.addop(loc, Opcode::GET_ANEXT);
        self.load_none(loc);
        self.use_label(send);
        self.add_await(loc);
        self.addop(loc, Opcode::POP_BLOCK);
        self.visit_expr(&generator.target)?;
        for test in generator.ifs.iter() {
            self.jump_if(loc, test, if_cleanup, false)?;
        }
        let element_loc = self.comprehension_rest(loc, rest, depth + 1, element)?;

        self.use_label(if_cleanup);
        self.addop_j(element_loc, Opcode::JUMP, start);
        self.pop_fblock();

        self.use_label(except);
        self.addop_j(loc, Opcode::END_ASYNC_FOR, send);
        Ok(())
    }

    /// The inner loops or the element; where the jump back belongs.
    fn comprehension_rest(
        &mut self,
        loc: Loc,
        rest: &'a [Comprehension<'a>],
        depth: usize,
        element: Element<'a>,
    ) -> CResult<Loc> {
        if !rest.is_empty() {
            self.comprehension_generator(loc, rest, false, depth, element, false)?;
            return Ok(element.first_loc());
        }
        let (add, value) = match element {
            Element::Yield(value) => {
                self.visit_expr(value)?;
                self.addop_yield(value.loc);
                self.addop(value.loc, Opcode::POP_TOP);
                return Ok(value.loc);
            }
            Element::MapAdd(key, value) => {
                self.visit_expr(key)?;
                self.visit_expr(value)?;
                let loc = Loc { end_lineno: value.loc.end_lineno, end_col_offset: value.loc.end_col_offset, ..key.loc };
                self.addop_i(loc, Opcode::MAP_ADD, depth + 1);
                return Ok(loc);
            }
            Element::ListAppend(value) => (Opcode::LIST_APPEND, value),
            Element::SetAdd(value) => (Opcode::SET_ADD, value),
        };
        self.visit_expr(value)?;
        self.addop_i(value.loc, add, depth + 1);
        Ok(value.loc)
    }

    fn pop_inlined_comprehension_locals(&mut self, loc: Loc, state: &InlinedComprehensionState) {
        let Some(cleanup) = state.cleanup else { return };
        self.addop(Loc::NONE, Opcode::POP_BLOCK);
        let end = self.new_label();
        self.addop_j(Loc::NONE, Opcode::JUMP_NO_INTERRUPT, end);

        self.use_label(cleanup);
        // The unfinished container is below the exception.
        self.addop_i(Loc::NONE, Opcode::SWAP, 2);
        self.addop(Loc::NONE, Opcode::POP_TOP);
        self.restore_inlined_comprehension_locals(loc, state);
        self.addop_i(Loc::NONE, Opcode::RERAISE, 0);

        self.use_label(end);
        self.restore_inlined_comprehension_locals(loc, state);
    }

    fn restore_inlined_comprehension_locals(&mut self, loc: Loc, state: &InlinedComprehensionState) {
        self.addop_i(loc, Opcode::SWAP, state.pushed_locals.len() + 1);
        for &name in state.pushed_locals.iter().rev() {
            let mangled = self.maybe_mangle(name);
            let arg = self.u.varnames.add(mangled);
            self.addop_i(loc, Opcode::STORE_FAST_MAYBE_NULL, arg);
        }
    }
}

/// `for y in [value]` is an assignment.
fn single_element<'a>(iter: &'a Expr<'a>) -> Option<&'a Expr<'a>> {
    match &iter.kind {
        ExprKind::List { elts, .. } | ExprKind::Tuple { elts, .. } => match &**elts {
            [value] if !matches!(value.kind, ExprKind::Starred { .. }) => Some(value),
            _ => None,
        },
        _ => None,
    }
}
