//! The last passes before assembling: blocks that rarely run go to the end, pseudo-instructions become real ones, and
//! conditional jumps jump forward.
//!
//! Invariant: the order of blocks is final after [`Cfg::normalize_jumps`].

use super::cfg::{BlockId, CONDITIONAL, Cfg, Instr, Malformed, PSEUDO, facts};
use crate::ast::Loc;
use pyc_format::opcode::Opcode;

impl Cfg {
    /// `mark_warm` and `mark_cold`: what normal flow reaches is warm; handlers, and what only they reach, are cold.
    fn mark_cold(&mut self) {
        self.start_traversal();
        self.block_mut(BlockId::ENTRY).visited = true;
        self.graph.stack.push(BlockId::ENTRY);
        while let Some(b) = self.graph.stack.pop() {
            self.block_mut(b).warm = true;
            self.visit_successors(b);
        }
        // Warm blocks stay visited, so that only what is not warm is entered.
        let mut b = BlockId::ENTRY;
        while b.is_some() {
            if self.block(b).except_handler {
                self.block_mut(b).visited = true;
                self.graph.stack.push(b);
            }
            b = self.next(b);
        }
        while let Some(b) = self.graph.stack.pop() {
            self.block_mut(b).cold = true;
            self.visit_successors(b);
        }
    }

    fn visit_successors(&mut self, b: BlockId) {
        let next = self.next(b);
        if next.is_some() && !self.no_fallthrough(b) {
            self.graph.visit(next);
        }
        if let Some(&last) = self.last(b)
            && last.is_jump()
        {
            self.graph.visit(last.target);
        }
    }

    /// `push_cold_blocks_to_end`
    pub fn push_cold_blocks_to_end(&mut self) {
        // Without handlers nothing is cold.
        if !self.has_handlers || self.next(BlockId::ENTRY).is_none() {
            return;
        }
        self.mark_cold();
        // A cold block that falls through to a warm one needs a jump.
        let mut b = BlockId::ENTRY;
        while b.is_some() {
            let next = self.next(b);
            if self.block(b).cold && next.is_some() && self.block(next).warm && !self.no_fallthrough(b) {
                self.block_mut(next).labelled = true;
                let jump = self.new_block();
                self.add(jump, Opcode::JUMP_NO_INTERRUPT, 0, next, Loc::NONE);
                let block = self.block_mut(jump);
                block.cold = true;
                block.next = next;
                block.predecessors = 1;
                self.block_mut(b).next = jump;
            }
            b = self.next(b);
        }
        // Cold blocks keep their order, behind the last that is not.
        let (mut kept, mut first_cold, mut last_cold) = (BlockId::ENTRY, BlockId::NONE, BlockId::NONE);
        let mut b = self.next(BlockId::ENTRY);
        while b.is_some() {
            if self.block(b).cold {
                if last_cold.is_some() {
                    self.block_mut(last_cold).next = b;
                } else {
                    first_cold = b;
                }
                last_cold = b;
            } else {
                self.block_mut(kept).next = b;
                kept = b;
            }
            b = self.next(b);
        }
        self.block_mut(kept).next = first_cold;
        if first_cold.is_some() {
            self.block_mut(last_cold).next = BlockId::NONE;
            self.remove_redundant_nops_and_jumps();
        }
    }

    /// `convert_pseudo_conditional_jumps`: JUMP_IF_... become COPY 1, TO_BOOL, POP_JUMP_IF_...
    pub fn convert_pseudo_conditional_jumps(&mut self) {
        let mut b = BlockId::ENTRY;
        while b.is_some() {
            if let Some(&jump) = self.last(b) {
                let real = match jump.opcode {
                    Opcode::JUMP_IF_FALSE => Some(Opcode::POP_JUMP_IF_FALSE),
                    Opcode::JUMP_IF_TRUE => Some(Opcode::POP_JUMP_IF_TRUE),
                    _ => None,
                };
                if let Some(real) = real {
                    let at = self.block(b).len() - 1;
                    self.instrs_mut(b)[at].opcode = real;
                    let plain = Instr { target: BlockId::NONE, ..jump };
                    self.insert(b, at, Instr { opcode: Opcode::COPY, oparg: 1, ..plain });
                    self.insert(b, at + 1, Instr { opcode: Opcode::TO_BOOL, oparg: 0, ..plain });
                }
            }
            b = self.next(b);
        }
    }

    /// `convert_pseudo_ops`
    pub fn convert_pseudo_ops(&mut self) {
        let mut b = BlockId::ENTRY;
        while b.is_some() {
            if self.block(b).facts & PSEUDO != 0 {
                self.block_mut(b).nops = true;
                for instr in self.instrs_mut(b) {
                    match instr.opcode {
                        Opcode::LOAD_CLOSURE => instr.opcode = Opcode::LOAD_FAST,
                        Opcode::STORE_FAST_MAYBE_NULL => instr.opcode = Opcode::STORE_FAST,
                        Opcode::SETUP_FINALLY | Opcode::SETUP_CLEANUP | Opcode::SETUP_WITH => instr.set_nop(),
                        _ => {}
                    }
                }
            }
            b = self.next(b);
        }
        self.remove_redundant_nops_and_jumps();
    }

    /// `normalize_jumps`: a conditional jump forward is followed by NOT_TAKEN; one backward is inverted and hops over an
    /// unconditional jump.
    pub fn normalize_jumps(&mut self) -> Result<(), Malformed> {
        self.start_traversal();
        let mut b = BlockId::ENTRY;
        while b.is_some() {
            self.block_mut(b).visited = true;
            if let Some(&last) = self.last(b)
                && facts(last.opcode) & CONDITIONAL != 0
            {
                if self.block(last.target).visited {
                    self.invert_backward_jump(b, last)?;
                } else {
                    self.add(b, Opcode::NOT_TAKEN, 0, BlockId::NONE, last.loc);
                }
            }
            b = self.next(b);
        }
        Ok(())
    }

    fn invert_backward_jump(&mut self, b: BlockId, jump: Instr) -> Result<(), Malformed> {
        let inverted = match jump.opcode {
            Opcode::POP_JUMP_IF_NOT_NONE => Opcode::POP_JUMP_IF_NONE,
            Opcode::POP_JUMP_IF_NONE => Opcode::POP_JUMP_IF_NOT_NONE,
            Opcode::POP_JUMP_IF_FALSE => Opcode::POP_JUMP_IF_TRUE,
            _ => Opcode::POP_JUMP_IF_FALSE,
        };
        let next = self.next(b);
        if next.is_none() {
            return Err(Malformed);
        }
        let backwards = self.new_block();
        self.add(backwards, Opcode::NOT_TAKEN, 0, BlockId::NONE, jump.loc);
        self.add(backwards, Opcode::JUMP, 0, jump.target, jump.loc);
        let (startdepth, cold) = (self.block(jump.target).startdepth, self.block(b).cold);
        let block = self.block_mut(backwards);
        block.startdepth = startdepth;
        block.cold = cold;
        block.next = next;
        self.block_mut(b).next = backwards;
        if let Some(last) = self.instrs_mut(b).last_mut() {
            last.opcode = inverted;
            last.target = next;
        }
        Ok(())
    }
}
