//! Removal of what does nothing: unreachable blocks, jumps to the next instruction, NOPs whose line is seen anyway.
//!
//! Invariant: a NOP goes only if no line event is lost with it.

use super::cfg::{BLOCK_PUSH, BlockId, Cfg, Graph, Instr, TARGET, UNCONDITIONAL, facts};
use crate::ast::Loc;
use pyc_format::opcode::Opcode;

/// A block of at most this many instructions is copied to where it is jumped to, if it leaves the frame.
const MAX_COPY_SIZE: usize = 4;

impl Cfg {
    /// `inline_small_or_no_lineno_blocks`
    pub fn inline_small_or_no_lineno_blocks(&mut self) {
        loop {
            let mut changes = false;
            let mut b = BlockId::ENTRY;
            while b.is_some() {
                changes |= self.inline_jump_target(b);
                b = self.next(b);
            }
            if !changes {
                return;
            }
        }
    }

    /// Appends the target of an unconditional jump in place of the jump, if the target is small or has no lines.
    fn inline_jump_target(&mut self, b: BlockId) -> bool {
        let Some(&last) = self.last(b) else { return false };
        if facts(last.opcode) & UNCONDITIONAL == 0 {
            return false;
        }
        let target = last.target;
        let small_exit_block = self.block(target).len() <= MAX_COPY_SIZE && self.exits_scope(target);
        let no_lineno_no_fallthrough = self.no_fallthrough(target) && self.has_no_lineno(target);
        if !small_exit_block && !no_lineno_no_fallthrough {
            return false;
        }
        let removed = last.opcode;
        if let Some(last) = self.instrs_mut(b).last_mut() {
            last.set_nop();
        }
        self.append(b, target);
        if no_lineno_no_fallthrough
            && let Some(last) = self.instrs_mut(b).last_mut()
            && facts(last.opcode) & UNCONDITIONAL != 0
            && removed == Opcode::JUMP
        {
            // A check of the eval breaker must not be lost.
            last.opcode = Opcode::JUMP;
        }
        self.block_mut(target).predecessors -= 1;
        true
    }

    /// `remove_unreachable`: counts predecessors, empties blocks that have none.
    pub fn remove_unreachable(&mut self) {
        self.start_traversal();
        for b in 0..self.n_blocks() as u32 {
            self.block_mut(BlockId(b)).predecessors = 0;
        }
        reach(&mut self.graph, BlockId::ENTRY);
        while let Some(b) = self.graph.stack.pop() {
            let (next, pushes) = (self.next(b), self.block(b).facts & BLOCK_PUSH != 0);
            if next.is_some() && !self.no_fallthrough(b) {
                reach(&mut self.graph, next);
            }
            let (instrs, graph) = self.parts(b);
            let from = if pushes { 0 } else { instrs.len().saturating_sub(1) };
            for instr in instrs.iter().skip(from) {
                if facts(instr.opcode) & TARGET != 0 {
                    reach(graph, instr.target);
                }
            }
        }
        let mut b = BlockId::ENTRY;
        while b.is_some() {
            if self.block(b).predecessors == 0 {
                self.truncate(b, 0);
                self.block_mut(b).except_handler = false;
            }
            b = self.next(b);
        }
    }

    /// `basicblock_remove_redundant_nops`: whether it removed some.
    pub fn remove_redundant_nops_in(&mut self, b: BlockId) -> bool {
        if !self.block(b).nops {
            return false;
        }
        let instrs = self.instrs_mut(b);
        let Some(first) = instrs.iter().position(|instr| instr.opcode == Opcode::NOP) else {
            self.block_mut(b).nops = false;
            return false;
        };
        let mut kept = false;
        let len = instrs.len();
        let mut dest = first;
        let mut prev_lineno = match first.checked_sub(1).and_then(|before| instrs.get(before)) {
            Some(before) => before.loc.lineno,
            None => Loc::NONE.lineno,
        };
        for src in first..len {
            let instr = instrs[src];
            let lineno = instr.loc.lineno;
            if instr.opcode == Opcode::NOP {
                if lineno < 0 || prev_lineno == lineno {
                    continue;
                }
                match instrs.get_mut(src + 1) {
                    Some(next) => {
                        if next.loc.lineno == lineno {
                            continue;
                        }
                        if next.loc.lineno < 0 {
                            next.loc = instr.loc;
                            continue;
                        }
                    }
                    None => {
                        if self.first_line_after(b) == lineno {
                            break;
                        }
                        self.instrs_mut(b)[dest] = instr;
                        dest += 1;
                        kept = true;
                        break;
                    }
                }
                kept = true;
            }
            instrs[dest] = instr;
            dest += 1;
            prev_lineno = lineno;
        }
        self.truncate(b, dest);
        self.block_mut(b).nops = kept;
        dest != len
    }

    /// The line of the next block's first instruction that stays.
    fn first_line_after(&self, b: BlockId) -> i32 {
        let next = self.next_nonempty(self.next(b));
        if next.is_none() {
            return Loc::NONE.lineno;
        }
        // NOPs without a line will be removed.
        let stays = self.instrs(next).iter().find(|instr| instr.opcode != Opcode::NOP || instr.loc.lineno >= 0);
        stays.map_or(Loc::NONE.lineno, |instr| instr.loc.lineno)
    }

    /// `remove_redundant_nops`
    pub fn remove_redundant_nops(&mut self) -> bool {
        let mut changes = false;
        let mut b = BlockId::ENTRY;
        while b.is_some() {
            changes |= self.remove_redundant_nops_in(b);
            b = self.next(b);
        }
        changes
    }

    /// `remove_redundant_nops_and_pairs`: also a value that is popped as soon as it is pushed.
    pub fn remove_redundant_nops_and_pairs(&mut self) {
        loop {
            let mut done = true;
            // The last block with instructions, if control falls from it into this one alone.
            let mut before = BlockId::NONE;
            let mut b = BlockId::ENTRY;
            while b.is_some() {
                self.remove_redundant_nops_in(b);
                if self.block(b).labelled {
                    before = BlockId::NONE;
                }
                if self.instrs(b).first().is_some_and(|first| first.opcode == Opcode::POP_TOP)
                    && before.is_some()
                    && let Some(last) = self.instrs_mut(before).last_mut()
                    && pushes_only(last)
                {
                    last.set_nop();
                    self.instrs_mut(b)[0].set_nop();
                    self.block_mut(before).nops = true;
                    self.block_mut(b).nops = true;
                    done = false;
                }
                let mut found = false;
                let instrs = self.instrs_mut(b);
                for i in 1..instrs.len() {
                    let [push, pop] = &mut instrs[i - 1..=i] else { continue };
                    if pop.opcode == Opcode::POP_TOP && pushes_only(push) {
                        push.set_nop();
                        pop.set_nop();
                        found = true;
                    }
                }
                if found {
                    self.block_mut(b).nops = true;
                    done = false;
                }
                if !self.block(b).is_empty() {
                    before = if self.no_fallthrough(b) { BlockId::NONE } else { b };
                }
                b = self.next(b);
            }
            if done {
                return;
            }
        }
    }

    /// `remove_redundant_jumps`: jumps to where control runs on anyway.
    fn remove_redundant_jumps(&mut self) -> bool {
        let mut changes = false;
        let mut b = BlockId::ENTRY;
        while b.is_some() {
            if let Some(&last) = self.last(b)
                && facts(last.opcode) & UNCONDITIONAL != 0
                && self.next_nonempty(last.target) == self.next_nonempty(self.next(b))
            {
                changes = true;
                self.block_mut(b).nops = true;
                if let Some(last) = self.instrs_mut(b).last_mut() {
                    last.set_nop();
                }
            }
            b = self.next(b);
        }
        changes
    }

    /// `remove_redundant_nops_and_jumps`
    pub fn remove_redundant_nops_and_jumps(&mut self) {
        loop {
            let nops = self.remove_redundant_nops();
            let jumps = self.remove_redundant_jumps();
            if !nops && !jumps {
                return;
            }
        }
    }
}

/// All that it does is push a value that is there anyway.
fn pushes_only(instr: &Instr) -> bool {
    matches!(instr.opcode, Opcode::LOAD_CONST | Opcode::LOAD_SMALL_INT)
        || instr.opcode == Opcode::COPY && instr.oparg == 1
}

fn reach(graph: &mut Graph, b: BlockId) {
    graph.block(b).predecessors += 1;
    graph.visit(b);
}
