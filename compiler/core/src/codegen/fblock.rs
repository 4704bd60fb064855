//! Frame blocks: the loops, handlers and finally bodies around a statement, and leaving them by return, break or
//! continue.
//!
//! Invariant: while blocks are unwound, those left are popped, so that a `finally` body compiled on the way sees only
//! what is around it; they are all pushed again afterwards.

use pyc_format::opcode::{Opcode, RESUME_AFTER_AWAIT, RESUME_AFTER_YIELD_FROM};

use super::{CResult, Codegen};
use crate::ast::{Loc, Stmt};
use crate::instruction_sequence::Label;
use crate::names::Name;

/// `CO_MAXBLOCKS`
const MAX_BLOCKS: usize = 21;

/// CPython's `COMPILE_FBLOCK_*`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum FBlockType {
    WhileLoop,
    ForLoop,
    TryExcept,
    FinallyTry,
    FinallyEnd,
    With,
    AsyncWith,
    HandlerCleanup,
    PopValue,
    ExceptionHandler,
    ExceptionGroupHandler,
    AsyncComprehensionGenerator,
    StopIteration,
}

/// What unwinding a block needs to know besides its type.
#[derive(Clone, Copy)]
pub(super) enum Datum<'a> {
    None,
    /// The `finally` body.
    Finally(&'a [Stmt<'a>]),
    /// The `as` name of a handler.
    Name(Option<Name>),
}

#[derive(Clone, Copy)]
pub(super) struct FBlock<'a> {
    pub kind: FBlockType,
    /// Where `continue` goes.
    pub block: Option<Label>,
    pub loc: Loc,
    /// Where `break` goes.
    pub exit: Option<Label>,
    pub datum: Datum<'a>,
}

impl<'a> Codegen<'_, 'a> {
    pub(super) fn push_fblock(
        &mut self,
        loc: Loc,
        kind: FBlockType,
        block: Option<Label>,
        exit: Option<Label>,
        datum: Datum<'a>,
    ) -> CResult {
        self.push_fblock_again(FBlock { kind, block, loc, exit, datum })
    }

    fn push_fblock_again(&mut self, fblock: FBlock<'a>) -> CResult {
        if self.u.fblocks.len() >= MAX_BLOCKS {
            return Err(self.error(fblock.loc, "too many statically nested blocks"));
        }
        self.u.fblocks.push(fblock);
        if fblock.kind == FBlockType::FinallyEnd {
            // The same body has been compiled with warnings for the way without an exception.
            self.disable_warning += 1;
        }
        Ok(())
    }

    pub(super) fn pop_fblock(&mut self) {
        if let Some(fblock) = self.u.fblocks.pop()
            && fblock.kind == FBlockType::FinallyEnd
        {
            self.disable_warning -= 1;
        }
    }

    pub(super) fn call_exit_with_nones(&mut self, loc: Loc) {
        self.load_none(loc);
        self.load_none(loc);
        self.load_none(loc);
        self.addop_i(loc, Opcode::CALL, 3);
    }

    /// `yield from` of what is on the stack, with None to send above it.
    pub(super) fn add_yield_from(&mut self, loc: Loc) {
        self.add_send_loop(loc, RESUME_AFTER_YIELD_FROM as usize);
    }

    /// `await` of what is on the stack, with None to send above it.
    pub(super) fn add_await(&mut self, loc: Loc) {
        self.add_send_loop(loc, RESUME_AFTER_AWAIT as usize);
    }

    fn add_send_loop(&mut self, loc: Loc, resume: usize) {
        let send = self.new_label();
        let fail = self.new_label();
        let exit = self.new_label();

        self.use_label(send);
        self.addop_j(loc, Opcode::SEND, exit);
        // YIELD_VALUE raises only through close() and throw(): then CLEANUP_THROW looks for a StopIteration.
        self.addop_j(loc, Opcode::SETUP_FINALLY, fail);
        self.addop_i(loc, Opcode::YIELD_VALUE, 1);
        self.addop(Loc::NONE, Opcode::POP_BLOCK);
        self.addop_i(loc, Opcode::RESUME, resume);
        self.addop_j(loc, Opcode::JUMP_NO_INTERRUPT, send);

        self.use_label(fail);
        self.addop(loc, Opcode::CLEANUP_THROW);

        self.use_label(exit);
        self.addop(loc, Opcode::END_SEND);
    }

    /// `[exc_info, lasti, exc]` on the stack.
    pub(super) fn pop_except_and_reraise(&mut self, loc: Loc) {
        self.addop_i(loc, Opcode::COPY, 3);
        self.addop(loc, Opcode::POP_EXCEPT);
        self.addop_i(loc, Opcode::RERAISE, 1);
    }

    /// Leaves one block. `loc` becomes artificial after code that does not belong to the leaving statement.
    pub(super) fn unwind_fblock(&mut self, loc: &mut Loc, info: FBlock<'a>, preserve_tos: bool) -> CResult {
        match info.kind {
            FBlockType::WhileLoop
            | FBlockType::ExceptionHandler
            | FBlockType::ExceptionGroupHandler
            | FBlockType::AsyncComprehensionGenerator
            | FBlockType::StopIteration => {}

            FBlockType::ForLoop | FBlockType::PopValue => {
                if preserve_tos {
                    self.addop_i(*loc, Opcode::SWAP, 2);
                }
                self.addop(*loc, Opcode::POP_TOP);
            }

            FBlockType::TryExcept => self.addop(*loc, Opcode::POP_BLOCK),

            FBlockType::FinallyTry => {
                self.addop(*loc, Opcode::POP_BLOCK);
                if preserve_tos {
                    self.push_fblock(*loc, FBlockType::PopValue, None, None, Datum::None)?;
                }
                if let Datum::Finally(body) = info.datum {
                    self.visit_body(body)?;
                }
                if preserve_tos {
                    self.pop_fblock();
                }
                *loc = Loc::NONE;
            }

            FBlockType::FinallyEnd => {
                if preserve_tos {
                    self.addop_i(*loc, Opcode::SWAP, 2);
                }
                self.addop(*loc, Opcode::POP_TOP);
                if preserve_tos {
                    self.addop_i(*loc, Opcode::SWAP, 2);
                }
                self.addop(*loc, Opcode::POP_BLOCK);
                self.addop(*loc, Opcode::POP_EXCEPT);
            }

            FBlockType::With | FBlockType::AsyncWith => {
                *loc = info.loc;
                self.addop(*loc, Opcode::POP_BLOCK);
                if preserve_tos {
                    self.addop_i(*loc, Opcode::SWAP, 3);
                    self.addop_i(*loc, Opcode::SWAP, 2);
                }
                self.call_exit_with_nones(*loc);
                if info.kind == FBlockType::AsyncWith {
                    self.addop_i(*loc, Opcode::GET_AWAITABLE, 2);
                    self.load_none(*loc);
                    self.add_await(*loc);
                }
                self.addop(*loc, Opcode::POP_TOP);
                *loc = Loc::NONE;
            }

            FBlockType::HandlerCleanup => {
                let name = match info.datum {
                    Datum::Name(name) => name,
                    Datum::None | Datum::Finally(_) => None,
                };
                if name.is_some() {
                    self.addop(*loc, Opcode::POP_BLOCK);
                }
                if preserve_tos {
                    self.addop_i(*loc, Opcode::SWAP, 2);
                }
                self.addop(*loc, Opcode::POP_BLOCK);
                self.addop(*loc, Opcode::POP_EXCEPT);
                if let Some(name) = name {
                    self.unbind_handler_name(*loc, name);
                }
            }
        }
        Ok(())
    }

    /// Leaves all blocks or, for break and continue, those up to the innermost loop, which is returned.
    pub(super) fn unwind_fblock_stack(
        &mut self,
        loc: &mut Loc,
        preserve_tos: bool,
        to_loop: bool,
    ) -> CResult<Option<FBlock<'a>>> {
        let Some(&top) = self.u.fblocks.last() else {
            return Ok(None);
        };
        if top.kind == FBlockType::ExceptionGroupHandler {
            return Err(self.error(*loc, "'break', 'continue' and 'return' cannot appear in an except* block"));
        }
        if to_loop && matches!(top.kind, FBlockType::WhileLoop | FBlockType::ForLoop) {
            return Ok(Some(top));
        }
        self.pop_fblock();
        self.unwind_fblock(loc, top, preserve_tos)?;
        let found = self.unwind_fblock_stack(loc, preserve_tos, to_loop)?;
        self.push_fblock_again(top)?;
        Ok(found)
    }
}
