//! `try`: except, except*, finally.
//!
//! Invariant: a handler's label has `[.., exc]` on the stack; its SETUP_CLEANUP makes that `[.., lasti, exc]` for the
//! cleanup behind it, which restores the exception state and raises again.

use pyc_format::opcode::{Intrinsic2, Opcode};

use super::fblock::{Datum, FBlockType};
use super::{CResult, Codegen};
use crate::ast::{ExceptHandler, Loc, Try};
use crate::instruction_sequence::Label;
use crate::names::Name;

impl<'a> Codegen<'_, 'a> {
    pub(super) fn try_(&mut self, loc: Loc, try_: &'a Try<'a>) -> CResult {
        if try_.finalbody.is_empty() { self.try_handlers(loc, try_) } else { self.try_finally(loc, try_) }
    }

    fn try_handlers(&mut self, loc: Loc, try_: &'a Try<'a>) -> CResult {
        if try_.is_star { self.try_star_except(loc, try_) } else { self.try_except(loc, try_) }
    }

    /// ```text
    ///         SETUP_FINALLY   end
    ///         <body>
    ///         POP_BLOCK
    ///         <finalbody>
    ///         JUMP            exit
    /// end:    <finalbody>
    ///         RERAISE
    /// exit:
    /// ```
    fn try_finally(&mut self, loc: Loc, try_: &'a Try<'a>) -> CResult {
        let body = self.new_label();
        let end = self.new_label();
        let exit = self.new_label();
        let cleanup = self.new_label();

        self.addop_j(loc, Opcode::SETUP_FINALLY, end);
        self.use_label(body);
        self.push_fblock(loc, FBlockType::FinallyTry, Some(body), Some(end), Datum::Finally(&try_.finalbody))?;
        if try_.handlers.is_empty() {
            self.visit_body(&try_.body)?;
        } else {
            self.try_handlers(loc, try_)?;
        }
        self.addop(Loc::NONE, Opcode::POP_BLOCK);
        self.pop_fblock();
        self.visit_body(&try_.finalbody)?;
        self.addop_j(Loc::NONE, Opcode::JUMP_NO_INTERRUPT, exit);

        self.use_label(end);
        let loc = Loc::NONE;
        self.addop_j(loc, Opcode::SETUP_CLEANUP, cleanup);
        self.addop(loc, Opcode::PUSH_EXC_INFO);
        self.push_fblock(loc, FBlockType::FinallyEnd, Some(end), None, Datum::None)?;
        self.visit_body(&try_.finalbody)?;
        self.pop_fblock();
        self.addop_i(loc, Opcode::RERAISE, 0);

        self.use_label(cleanup);
        self.pop_except_and_reraise(loc);

        self.use_label(exit);
        Ok(())
    }

    /// ```text
    ///         SETUP_FINALLY       except
    ///         <body>
    ///         POP_BLOCK
    ///         <orelse>
    ///         JUMP                end
    /// except: [exc]        PUSH_EXC_INFO, <type>, CHECK_EXC_MATCH, POP_JUMP_IF_FALSE next
    ///         [exc]        store the name, <handler>, unbind it, POP_EXCEPT, JUMP end
    /// next:   ...
    ///         RERAISE
    /// end:
    /// ```
    fn try_except(&mut self, loc: Loc, try_: &'a Try<'a>) -> CResult {
        let body = self.new_label();
        let except = self.new_label();
        let end = self.new_label();
        let cleanup = self.new_label();

        self.addop_j(loc, Opcode::SETUP_FINALLY, except);
        self.use_label(body);
        self.push_fblock(loc, FBlockType::TryExcept, Some(body), None, Datum::None)?;
        self.visit_body(&try_.body)?;
        self.pop_fblock();
        self.addop(Loc::NONE, Opcode::POP_BLOCK);
        self.visit_body(&try_.orelse)?;
        self.addop_j(Loc::NONE, Opcode::JUMP_NO_INTERRUPT, end);

        self.use_label(except);
        self.addop_j(Loc::NONE, Opcode::SETUP_CLEANUP, cleanup);
        self.addop(Loc::NONE, Opcode::PUSH_EXC_INFO);
        self.push_fblock(loc, FBlockType::ExceptionHandler, None, None, Datum::None)?;
        for (i, handler) in try_.handlers.iter().enumerate() {
            let loc = handler.loc;
            if handler.type_.is_none() && i + 1 < try_.handlers.len() {
                return Err(self.error(loc, "default 'except:' must be last"));
            }
            let next_except = self.new_label();
            if let Some(type_) = &handler.type_ {
                self.visit_expr(type_)?;
                self.addop(loc, Opcode::CHECK_EXC_MATCH);
                self.addop_j(loc, Opcode::POP_JUMP_IF_FALSE, next_except);
            }
            match handler.name {
                Some(name) => self.named_handler(handler, name, end)?,
                None => {
                    let cleanup_body = self.new_label();
                    self.addop(loc, Opcode::POP_TOP);
                    self.use_label(cleanup_body);
                    self.push_fblock(loc, FBlockType::HandlerCleanup, Some(cleanup_body), None, Datum::Name(None))?;
                    self.visit_body(&handler.body)?;
                    self.pop_fblock();
                    self.addop(Loc::NONE, Opcode::POP_BLOCK);
                    self.addop(Loc::NONE, Opcode::POP_EXCEPT);
                    self.addop_j(Loc::NONE, Opcode::JUMP_NO_INTERRUPT, end);
                }
            }
            self.use_label(next_except);
        }
        self.pop_fblock();
        self.addop_i(Loc::NONE, Opcode::RERAISE, 0);

        self.use_label(cleanup);
        self.pop_except_and_reraise(Loc::NONE);

        self.use_label(end);
        Ok(())
    }

    /// `except T as name`: a `try: body finally: name = None; del name`; the assignment is for a body that unbinds
    /// the name itself.
    fn named_handler(&mut self, handler: &'a ExceptHandler<'a>, name: Name, end: Label) -> CResult {
        let loc = handler.loc;
        let cleanup_end = self.new_label();
        let cleanup_body = self.new_label();
        self.nameop_store(loc, name);
        self.addop_j(loc, Opcode::SETUP_CLEANUP, cleanup_end);
        self.use_label(cleanup_body);
        self.push_fblock(loc, FBlockType::HandlerCleanup, Some(cleanup_body), None, Datum::Name(Some(name)))?;
        self.visit_body(&handler.body)?;
        self.pop_fblock();
        self.addop(Loc::NONE, Opcode::POP_BLOCK);
        self.addop(Loc::NONE, Opcode::POP_BLOCK);
        self.addop(Loc::NONE, Opcode::POP_EXCEPT);
        self.unbind_handler_name(Loc::NONE, name);
        self.addop_j(Loc::NONE, Opcode::JUMP_NO_INTERRUPT, end);

        self.use_label(cleanup_end);
        self.unbind_handler_name(Loc::NONE, name);
        self.addop_i(Loc::NONE, Opcode::RERAISE, 1);
        Ok(())
    }

    /// `name = None; del name`
    pub(super) fn unbind_handler_name(&mut self, loc: Loc, name: Name) {
        self.load_none(loc);
        self.nameop_store(loc, name);
        self.nameop(loc, name, crate::ast::ExprContext::Del);
    }

    /// ```text
    ///                               SETUP_FINALLY   except
    ///                               <body>
    ///                               POP_BLOCK
    ///                               JUMP            orelse
    /// except:    [exc]              BUILD_LIST, COPY 2: what handlers raise is collected beside the original
    ///            [orig, res, exc]   <type>, CHECK_EG_MATCH, COPY 1, POP_JUMP_IF_NONE no_match
    ///            [orig, res, rest, match]  store the name, SETUP_CLEANUP raised
    ///            [orig, res, rest]         <handler>, JUMP next
    /// raised:    [orig, res, rest, lasti, exc]  LIST_APPEND 3, POP_TOP
    /// next:      ...
    ///            [orig, res, rest]  LIST_APPEND 1
    ///            [orig, res]        PREP_RERAISE_STAR, COPY 1, POP_JUMP_IF_NOT_NONE reraise
    /// ```
    fn try_star_except(&mut self, loc: Loc, try_: &'a Try<'a>) -> CResult {
        let body = self.new_label();
        let except = self.new_label();
        let orelse = self.new_label();
        let end = self.new_label();
        let cleanup = self.new_label();
        let reraise_star = self.new_label();

        self.addop_j(loc, Opcode::SETUP_FINALLY, except);
        self.use_label(body);
        self.push_fblock(loc, FBlockType::TryExcept, Some(body), None, Datum::None)?;
        self.visit_body(&try_.body)?;
        self.pop_fblock();
        self.addop(Loc::NONE, Opcode::POP_BLOCK);
        self.addop_j(Loc::NONE, Opcode::JUMP_NO_INTERRUPT, orelse);

        self.use_label(except);
        self.addop_j(Loc::NONE, Opcode::SETUP_CLEANUP, cleanup);
        self.addop(Loc::NONE, Opcode::PUSH_EXC_INFO);
        self.push_fblock(loc, FBlockType::ExceptionGroupHandler, None, None, Datum::None)?;
        for (i, handler) in try_.handlers.iter().enumerate() {
            let is_last = i + 1 == try_.handlers.len();
            if i == 0 {
                self.addop_i(handler.loc, Opcode::BUILD_LIST, 0);
                self.addop_i(handler.loc, Opcode::COPY, 2);
            }
            self.star_handler(handler)?;
            if is_last {
                // What no handler took, or None.
                self.addop_i(Loc::NONE, Opcode::LIST_APPEND, 1);
                self.addop_j(Loc::NONE, Opcode::JUMP_NO_INTERRUPT, reraise_star);
            }
        }
        self.pop_fblock();
        let reraise = self.new_label();

        self.use_label(reraise_star);
        let prep_reraise_star = Intrinsic2::INTRINSIC_PREP_RERAISE_STAR.number() as usize;
        self.addop_i(Loc::NONE, Opcode::CALL_INTRINSIC_2, prep_reraise_star);
        self.addop_i(Loc::NONE, Opcode::COPY, 1);
        self.addop_j(Loc::NONE, Opcode::POP_JUMP_IF_NOT_NONE, reraise);

        self.addop(Loc::NONE, Opcode::POP_TOP);
        self.addop(Loc::NONE, Opcode::POP_BLOCK);
        self.addop(Loc::NONE, Opcode::POP_EXCEPT);
        self.addop_j(Loc::NONE, Opcode::JUMP_NO_INTERRUPT, end);

        self.use_label(reraise);
        self.addop(Loc::NONE, Opcode::POP_BLOCK);
        self.addop_i(Loc::NONE, Opcode::SWAP, 2);
        self.addop(Loc::NONE, Opcode::POP_EXCEPT);
        self.addop_i(Loc::NONE, Opcode::RERAISE, 0);

        self.use_label(cleanup);
        self.pop_except_and_reraise(Loc::NONE);

        self.use_label(orelse);
        self.visit_body(&try_.orelse)?;

        self.use_label(end);
        Ok(())
    }

    fn star_handler(&mut self, handler: &'a ExceptHandler<'a>) -> CResult {
        let loc = handler.loc;
        let next_except = self.new_label();
        let except_with_error = self.new_label();
        let no_match = self.new_label();
        if let Some(type_) = &handler.type_ {
            self.visit_expr(type_)?;
            self.addop(loc, Opcode::CHECK_EG_MATCH);
            self.addop_i(loc, Opcode::COPY, 1);
            self.addop_j(loc, Opcode::POP_JUMP_IF_NONE, no_match);
        }
        let cleanup_end = self.new_label();
        let cleanup_body = self.new_label();
        match handler.name {
            Some(name) => self.nameop_store(loc, name),
            None => self.addop(loc, Opcode::POP_TOP),
        }
        self.addop_j(loc, Opcode::SETUP_CLEANUP, cleanup_end);
        self.use_label(cleanup_body);
        self.push_fblock(loc, FBlockType::HandlerCleanup, Some(cleanup_body), None, Datum::Name(handler.name))?;
        self.visit_body(&handler.body)?;
        self.pop_fblock();
        self.addop(Loc::NONE, Opcode::POP_BLOCK);
        if let Some(name) = handler.name {
            self.unbind_handler_name(Loc::NONE, name);
        }
        self.addop_j(Loc::NONE, Opcode::JUMP_NO_INTERRUPT, next_except);

        self.use_label(cleanup_end);
        if let Some(name) = handler.name {
            self.unbind_handler_name(Loc::NONE, name);
        }
        self.addop_i(Loc::NONE, Opcode::LIST_APPEND, 3);
        self.addop(Loc::NONE, Opcode::POP_TOP);
        self.addop_j(Loc::NONE, Opcode::JUMP_NO_INTERRUPT, except_with_error);

        self.use_label(next_except);
        // Holds a location that is propagated to it.
        self.addop(Loc::NONE, Opcode::NOP);
        self.addop_j(Loc::NONE, Opcode::JUMP_NO_INTERRUPT, except_with_error);

        self.use_label(no_match);
        self.addop(loc, Opcode::POP_TOP);

        self.use_label(except_with_error);
        Ok(())
    }
}
