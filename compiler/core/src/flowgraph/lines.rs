//! Lines of instructions that have none of their own.
//!
//! Invariant: afterwards every instruction that leaves the frame or checks the eval breaker has a line if it can have one
//! (PEP 626). A location is passed on whole, columns included.

use super::cfg::{BlockId, Cfg, EVAL_BREAK, facts};
use crate::ast::Loc;

impl Cfg {
    /// `resolve_line_numbers`
    pub fn resolve_line_numbers(&mut self) {
        self.duplicate_exits_without_lineno();
        self.propagate_line_numbers();
    }

    fn is_exit_or_eval_check_without_lineno(&self, b: BlockId) -> bool {
        // The cheap question first: most blocks have a line on their first instruction.
        self.has_no_lineno(b)
            && (self.exits_scope(b) || self.instrs(b).iter().any(|instr| facts(instr.opcode) & EVAL_BREAK != 0))
    }

    /// Gives every jump to an exit without line its own copy, with the jump's line.
    fn duplicate_exits_without_lineno(&mut self) {
        let mut b = BlockId::ENTRY;
        while b.is_some() {
            if let Some(&last) = self.last(b)
                && last.is_jump()
            {
                let target = self.next_nonempty(last.target);
                if target.is_some()
                    && self.block(target).predecessors > 1
                    && self.is_exit_or_eval_check_without_lineno(target)
                {
                    let copy = self.new_block();
                    self.append(copy, target);
                    if let Some(first) = self.instrs_mut(copy).first_mut() {
                        first.loc = last.loc;
                    }
                    if let Some(last) = self.instrs_mut(b).last_mut() {
                        last.target = copy;
                    }
                    let next = self.next(target);
                    self.block_mut(target).predecessors -= 1;
                    self.block_mut(target).next = copy;
                    let block = self.block_mut(copy);
                    block.predecessors = 1;
                    block.next = next;
                    block.labelled = true;
                }
            }
            b = self.next(b);
        }
        // What is left is reached by falling through only, from one block.
        let mut b = BlockId::ENTRY;
        while b.is_some() {
            let next = self.next(b);
            if next.is_some()
                && let Some(&last) = self.last(b)
                && !self.no_fallthrough(b)
                && self.is_exit_or_eval_check_without_lineno(next)
                && let Some(first) = self.instrs_mut(next).first_mut()
            {
                first.loc = last.loc;
            }
            b = next;
        }
    }

    /// `propagate_line_numbers`
    fn propagate_line_numbers(&mut self) {
        let mut b = BlockId::ENTRY;
        while b.is_some() {
            let next = self.next(b);
            let Some(&last) = self.last(b) else {
                b = next;
                continue;
            };
            let mut previous = Loc::NONE;
            for instr in self.instrs_mut(b) {
                if instr.loc.lineno == Loc::NONE.lineno {
                    instr.loc = previous;
                } else {
                    previous = instr.loc;
                }
            }
            if next.is_some() && !self.no_fallthrough(b) {
                self.inherit_location(next, previous);
            }
            if last.is_jump() {
                self.inherit_location(last.target, previous);
            }
            b = next;
        }
    }

    /// The first instruction of a block with a single predecessor gets that one's location.
    fn inherit_location(&mut self, b: BlockId, location: Loc) {
        if self.block(b).predecessors == 1
            && let Some(first) = self.instrs_mut(b).first_mut()
            && first.loc.lineno == Loc::NONE.lineno
        {
            first.loc = location;
        }
    }
}
