//! Exception handlers and stack depth: which handler covers which instruction, how deep the stack is where.
//!
//! Invariant: after [`Cfg::label_exception_targets`] no POP_BLOCK is left, and `except` of every instruction is final.

use super::cfg::{BLOCK_PUSH, BlockId, Cfg, Handlers, Malformed, SCOPE_EXIT, UNCONDITIONAL, facts};
use pyc_format::opcode::{Opcode, RESUME_AT_FUNC_START, RESUME_DEPTH1_MASK};

impl Cfg {
    /// `mark_except_handlers`
    pub fn mark_except_handlers(&mut self) {
        for b in 0..self.n_blocks() as u32 {
            for i in 0..self.block(BlockId(b)).len() {
                let instr = self.instrs(BlockId(b))[i];
                if facts(instr.opcode) & BLOCK_PUSH != 0 {
                    self.block_mut(instr.target).except_handler = true;
                }
            }
        }
    }

    /// `label_exception_targets`: walks the graph with the stack of pushed handlers.
    pub fn label_exception_targets(&mut self) -> Result<(), Malformed> {
        self.start_traversal();
        self.handlers.clear();
        self.handlers.push(Handlers { handler: BlockId::NONE, outer: 0, depth: 0 });
        self.visit_with_handlers(BlockId::ENTRY, 0);
        while let Some(b) = self.stack.pop() {
            let mut top = self.block(b).handlers;
            let mut handler = self.handlers[top as usize].handler;
            let mut last_yield_depth = None;
            for i in 0..self.block(b).len() {
                let instr = self.instrs(b)[i];
                if facts(instr.opcode) & BLOCK_PUSH != 0 {
                    self.visit_with_handlers(instr.target, top);
                    if instr.opcode != Opcode::SETUP_FINALLY {
                        self.block_mut(instr.target).preserve_lasti = true;
                    }
                    let depth = self.handlers[top as usize].depth + 1;
                    self.handlers.push(Handlers { handler: instr.target, outer: top, depth });
                    top = self.handlers.len() as u32 - 1;
                    handler = instr.target;
                    continue;
                }
                if instr.opcode == Opcode::POP_BLOCK {
                    if top == 0 {
                        return Err(Malformed);
                    }
                    top = self.handlers[top as usize].outer;
                    handler = self.handlers[top as usize].handler;
                    self.instrs_mut(b)[i].set_nop();
                    continue;
                }
                let slot = &mut self.instrs_mut(b)[i];
                slot.except = handler;
                match instr.opcode {
                    Opcode::YIELD_VALUE => last_yield_depth = Some(self.handlers[top as usize].depth),
                    Opcode::RESUME if instr.oparg != RESUME_AT_FUNC_START => {
                        if last_yield_depth == Some(1) {
                            slot.oparg |= RESUME_DEPTH1_MASK;
                        }
                        last_yield_depth = None;
                    }
                    _ if instr.is_jump() => self.visit_with_handlers(instr.target, top),
                    _ => {}
                }
            }
            let next = self.next(b);
            if next.is_some() && !self.no_fallthrough(b) {
                self.visit_with_handlers(next, top);
            }
        }
        Ok(())
    }

    fn visit_with_handlers(&mut self, b: BlockId, handlers: u32) {
        let block = self.block_mut(b);
        if !block.visited {
            block.visited = true;
            block.handlers = handlers;
            self.stack.push(b);
        }
    }

    /// `calculate_stackdepth`: the depth at each block's start, and the greatest depth before any instruction.
    pub fn calculate_stackdepth(&mut self) -> Result<u32, Malformed> {
        for b in 0..self.n_blocks() as u32 {
            self.block_mut(BlockId(b)).startdepth = i32::MIN;
        }
        self.stack.clear();
        let mut max_depth = 0;
        self.enter_at_depth(BlockId::ENTRY, 0)?;
        while let Some(b) = self.stack.pop() {
            let mut depth = self.block(b).startdepth;
            let mut next = self.next(b);
            for i in 0..self.block(b).len() {
                let instr = self.instrs(b)[i];
                max_depth = max_depth.max(depth);
                let bits = facts(instr.opcode);
                let after = if bits & BLOCK_PUSH != 0 { depth } else { depth + effect(instr.opcode, instr.oparg)? };
                if after < 0 {
                    return Err(Malformed);
                }
                if instr.has_target() && instr.opcode != Opcode::END_ASYNC_FOR {
                    self.enter_at_depth(instr.target, depth + effect(instr.opcode, instr.oparg)?)?;
                }
                depth = after;
                if bits & (UNCONDITIONAL | SCOPE_EXIT) != 0 {
                    next = BlockId::NONE;
                    break;
                }
            }
            if next.is_some() {
                self.enter_at_depth(next, depth)?;
            }
        }
        Ok(max_depth as u32)
    }

    fn enter_at_depth(&mut self, b: BlockId, depth: i32) -> Result<(), Malformed> {
        let block = self.block_mut(b);
        if block.startdepth < 0 {
            block.startdepth = depth;
            self.stack.push(b);
        } else if block.startdepth != depth {
            return Err(Malformed);
        }
        Ok(())
    }
}

/// `after - before` when it jumps, if it can.
fn effect(opcode: Opcode, oparg: u32) -> Result<i32, Malformed> {
    let (popped, pushed) = (popped(opcode, oparg), pushed(opcode, oparg));
    if popped < 0 || pushed < 0 {
        return Err(Malformed);
    }
    i32::try_from(pushed - popped).map_err(|_| Malformed)
}

/// Items that the instruction takes.
#[inline]
pub(super) fn popped(opcode: Opcode, oparg: u32) -> i64 {
    opcode.popped().eval(oparg)
}

/// Items that the instruction leaves.
#[inline]
pub(super) fn pushed(opcode: Opcode, oparg: u32) -> i64 {
    opcode.pushed().eval(oparg)
}
