//! `with` and `async with`.
//!
//! Invariant: while the block runs, the bound `__exit__` and its self stand below whatever it pushes.

use pyc_format::opcode::{Opcode, SpecialMethod};

use super::fblock::{Datum, FBlockType};
use super::{CResult, Codegen};
use crate::ast::{Loc, With, WithItem};
use crate::instruction_sequence::Label;

impl<'a> Codegen<'_, 'a> {
    /// Evaluates the context manager; leaves its exit method and the value of its enter method.
    fn enter_context(&mut self, item: &'a WithItem<'a>, enter: SpecialMethod, exit: SpecialMethod) -> CResult {
        self.visit_expr(&item.context_expr)?;
        let loc = item.context_expr.loc;
        self.addop_i(loc, Opcode::COPY, 1);
        self.addop_i(loc, Opcode::LOAD_SPECIAL, exit.number() as usize);
        self.addop_i(loc, Opcode::SWAP, 2);
        self.addop_i(loc, Opcode::SWAP, 3);
        self.addop_i(loc, Opcode::LOAD_SPECIAL, enter.number() as usize);
        self.addop_i(loc, Opcode::CALL, 0);
        Ok(())
    }

    /// Awaits what `__aenter__` (1) or `__aexit__` (2) returned.
    fn await_context(&mut self, loc: Loc, which: usize) {
        self.addop_i(loc, Opcode::GET_AWAITABLE, which);
        self.load_none(loc);
        self.add_await(loc);
    }

    /// `items` are those not entered yet.
    pub(super) fn with_inner(&mut self, with: &'a With<'a>, items: &'a [WithItem<'a>]) -> CResult {
        let Some((item, items)) = items.split_first() else {
            return Err(self.system_error("empty items on With"));
        };
        self.enter_recursive_call()?;
        let block = self.new_label();
        let final_ = self.new_label();
        let exit = self.new_label();
        let cleanup = self.new_label();

        self.enter_context(item, SpecialMethod::SPECIAL___ENTER__, SpecialMethod::SPECIAL___EXIT__)?;
        let loc = item.context_expr.loc;
        self.addop_j(loc, Opcode::SETUP_WITH, final_);

        self.use_label(block);
        self.push_fblock(loc, FBlockType::With, Some(block), Some(final_), Datum::None)?;
        match &item.optional_vars {
            Some(vars) => self.visit_expr(vars)?,
            None => self.addop(loc, Opcode::POP_TOP),
        }
        if items.is_empty() {
            self.visit_body(&with.body)?;
        } else {
            self.with_inner(with, items)?;
        }
        self.addop(Loc::NONE, Opcode::POP_BLOCK);
        self.pop_fblock();

        self.call_exit_with_nones(loc);
        self.addop(loc, Opcode::POP_TOP);
        self.addop_j(loc, Opcode::JUMP, exit);

        self.use_label(final_);
        self.addop_j(loc, Opcode::SETUP_CLEANUP, cleanup);
        self.addop(loc, Opcode::PUSH_EXC_INFO);
        self.addop(loc, Opcode::WITH_EXCEPT_START);
        self.with_except_finish(cleanup);

        self.use_label(exit);
        self.depth -= 1;
        Ok(())
    }

    pub(super) fn async_with_inner(&mut self, with: &'a With<'a>, items: &'a [WithItem<'a>]) -> CResult {
        let Some((item, items)) = items.split_first() else {
            return Err(self.system_error("empty items on AsyncWith"));
        };
        self.enter_recursive_call()?;
        let block = self.new_label();
        let final_ = self.new_label();
        let exit = self.new_label();
        let cleanup = self.new_label();

        self.enter_context(item, SpecialMethod::SPECIAL___AENTER__, SpecialMethod::SPECIAL___AEXIT__)?;
        let loc = item.context_expr.loc;
        self.await_context(loc, 1);
        self.addop_j(loc, Opcode::SETUP_WITH, final_);

        self.use_label(block);
        self.push_fblock(loc, FBlockType::AsyncWith, Some(block), Some(final_), Datum::None)?;
        match &item.optional_vars {
            Some(vars) => self.visit_expr(vars)?,
            None => self.addop(loc, Opcode::POP_TOP),
        }
        if items.is_empty() {
            self.visit_body(&with.body)?;
        } else {
            self.async_with_inner(with, items)?;
        }
        self.pop_fblock();
        self.addop(loc, Opcode::POP_BLOCK);

        self.call_exit_with_nones(loc);
        self.await_context(loc, 2);
        self.addop(loc, Opcode::POP_TOP);
        self.addop_j(loc, Opcode::JUMP, exit);

        self.use_label(final_);
        self.addop_j(loc, Opcode::SETUP_CLEANUP, cleanup);
        self.addop(loc, Opcode::PUSH_EXC_INFO);
        self.addop(loc, Opcode::WITH_EXCEPT_START);
        self.await_context(loc, 2);
        self.with_except_finish(cleanup);

        self.use_label(exit);
        self.depth -= 1;
        Ok(())
    }

    /// After the exit method has seen an exception: raises it again unless the answer is true.
    fn with_except_finish(&mut self, cleanup: Label) {
        let suppress = self.new_label();
        self.addop(Loc::NONE, Opcode::TO_BOOL);
        self.addop_j(Loc::NONE, Opcode::POP_JUMP_IF_TRUE, suppress);
        self.addop_i(Loc::NONE, Opcode::RERAISE, 2);

        self.use_label(suppress);
        self.addop(Loc::NONE, Opcode::POP_TOP);
        self.addop(Loc::NONE, Opcode::POP_BLOCK);
        self.addop(Loc::NONE, Opcode::POP_EXCEPT);
        self.addop(Loc::NONE, Opcode::POP_TOP);
        self.addop(Loc::NONE, Opcode::POP_TOP);
        self.addop(Loc::NONE, Opcode::POP_TOP);
        let exit = self.new_label();
        self.addop_j(Loc::NONE, Opcode::JUMP_NO_INTERRUPT, exit);

        self.use_label(cleanup);
        self.pop_except_and_reraise(Loc::NONE);

        self.use_label(exit);
    }
}
