//! Exception handlers and stack depth: which handler covers which instruction, how deep the stack is where.
//!
//! Invariant: after [`Cfg::label_exception_targets`] no reachable POP_BLOCK is left, and `except` is final.

use super::cfg::{
    BLOCK_PUSH, BlockId, Cfg, Graph, Handlers, JUMP, Malformed, SCOPE_EXIT, TARGET, UNCONDITIONAL, facts,
};
use pyc_format::opcode::{Opcode, RESUME_AT_FUNC_START, RESUME_DEPTH1_MASK};

impl Cfg {
    /// `label_exception_targets`: walks the graph with the stack of pushed handlers.
    pub fn label_exception_targets(&mut self) -> Result<(), Malformed> {
        // Without handlers there is nothing to pop, and no RESUME stands within one.
        if !self.has_handlers {
            return Ok(());
        }
        self.start_traversal();
        self.handlers.clear();
        self.handlers.push(Handlers { handler: BlockId::NONE, outer: 0, depth: 0 });
        enter_with_handlers(&mut self.graph, BlockId::ENTRY, 0);
        while let Some(b) = self.graph.stack.pop() {
            let mut top = self.block(b).handlers;
            let mut handler = self.handlers[top as usize].handler;
            let mut last_yield_depth = None;
            let mut handlers = std::mem::take(&mut self.handlers);
            let (instrs, graph) = self.parts(b);
            for instr in instrs {
                let bits = facts(instr.opcode);
                if bits & BLOCK_PUSH != 0 {
                    enter_with_handlers(graph, instr.target, top);
                    if instr.opcode != Opcode::SETUP_FINALLY {
                        graph.block(instr.target).preserve_lasti = true;
                    }
                    let depth = handlers[top as usize].depth + 1;
                    handlers.push(Handlers { handler: instr.target, outer: top, depth });
                    top = handlers.len() as u32 - 1;
                    handler = instr.target;
                    continue;
                }
                match instr.opcode {
                    Opcode::POP_BLOCK => {
                        if top == 0 {
                            return Err(Malformed);
                        }
                        top = handlers[top as usize].outer;
                        handler = handlers[top as usize].handler;
                        instr.set_nop();
                        continue;
                    }
                    Opcode::YIELD_VALUE => last_yield_depth = Some(handlers[top as usize].depth),
                    Opcode::RESUME if instr.oparg != RESUME_AT_FUNC_START => {
                        if last_yield_depth == Some(1) {
                            instr.oparg |= RESUME_DEPTH1_MASK;
                        }
                        last_yield_depth = None;
                    }
                    _ if bits & JUMP != 0 => enter_with_handlers(graph, instr.target, top),
                    _ => {}
                }
                instr.except = handler;
            }
            self.handlers = handlers;
            let next = self.next(b);
            if next.is_some() && !self.no_fallthrough(b) {
                enter_with_handlers(&mut self.graph, next, top);
            }
        }
        Ok(())
    }

    /// `calculate_stackdepth`: the depth at each block's start, and the greatest depth before any instruction.
    pub fn calculate_stackdepth(&mut self) -> Result<u32, Malformed> {
        for b in 0..self.n_blocks() as u32 {
            self.block_mut(BlockId(b)).startdepth = i32::MIN;
        }
        self.graph.stack.clear();
        let mut max_depth = 0;
        enter_at_depth(&mut self.graph, BlockId::ENTRY, 0)?;
        while let Some(b) = self.graph.stack.pop() {
            let mut depth = self.block(b).startdepth;
            let mut next = self.next(b);
            let (instrs, graph) = self.parts(b);
            for instr in instrs {
                max_depth = max_depth.max(depth);
                let bits = facts(instr.opcode);
                let effect = effect(instr.opcode, instr.oparg)?;
                if bits & TARGET != 0 {
                    if instr.opcode != Opcode::END_ASYNC_FOR {
                        enter_at_depth(graph, instr.target, depth + effect)?;
                    }
                    // Pushing a handler changes the stack only where the handler starts.
                    if bits & BLOCK_PUSH != 0 {
                        continue;
                    }
                }
                depth += effect;
                if depth < 0 {
                    return Err(Malformed);
                }
                if bits & (UNCONDITIONAL | SCOPE_EXIT) != 0 {
                    next = BlockId::NONE;
                    break;
                }
            }
            if next.is_some() {
                enter_at_depth(graph, next, depth)?;
            }
        }
        Ok(max_depth as u32)
    }
}

fn enter_with_handlers(graph: &mut Graph, b: BlockId, handlers: u32) {
    let block = graph.block(b);
    if !block.visited {
        block.visited = true;
        block.handlers = handlers;
        graph.stack.push(b);
    }
}

fn enter_at_depth(graph: &mut Graph, b: BlockId, depth: i32) -> Result<(), Malformed> {
    let block = graph.block(b);
    if block.startdepth < 0 {
        block.startdepth = depth;
        graph.stack.push(b);
    } else if block.startdepth != depth {
        return Err(Malformed);
    }
    Ok(())
}

/// Items taken and left by opcode, where the operand has no influence; [`BY_OPARG`] where it has.
static FIXED: [(u8, u8); 512] = {
    let mut fixed = [(BY_OPARG, BY_OPARG); 512];
    let mut i = 0;
    while i < Opcode::ALL.len() {
        let op = Opcode::ALL[i];
        if op.popped().is_fixed() && op.pushed().is_fixed() {
            fixed[op as usize] = (op.popped().eval(0) as u8, op.pushed().eval(0) as u8);
        }
        i += 1;
    }
    fixed
};
const BY_OPARG: u8 = u8::MAX;

/// `after - before`; of a pushed handler, where that starts.
#[inline]
fn effect(opcode: Opcode, oparg: u32) -> Result<i32, Malformed> {
    let (popped, pushed) = FIXED[opcode as usize & 511];
    if popped != BY_OPARG {
        return Ok(i32::from(pushed) - i32::from(popped));
    }
    let (popped, pushed) = by_oparg(opcode, oparg);
    if popped < 0 || pushed < 0 {
        return Err(Malformed);
    }
    i32::try_from(pushed - popped).map_err(|_| Malformed)
}

/// Items that the instruction takes, and items that it leaves.
#[inline]
pub(super) fn popped_pushed(opcode: Opcode, oparg: u32) -> (i64, i64) {
    let (popped, pushed) = FIXED[opcode as usize & 511];
    if popped != BY_OPARG {
        return (i64::from(popped), i64::from(pushed));
    }
    by_oparg(opcode, oparg)
}

/// The table's answer, at once for those that are most of all code.
#[inline]
fn by_oparg(opcode: Opcode, oparg: u32) -> (i64, i64) {
    let (n, low) = (i64::from(oparg), i64::from(oparg & 1));
    match opcode {
        Opcode::LOAD_GLOBAL => (0, 1 + low),
        Opcode::LOAD_ATTR => (1, 1 + low),
        Opcode::CALL => (2 + n, 1),
        Opcode::BUILD_TUPLE | Opcode::BUILD_LIST | Opcode::BUILD_STRING => (n, 1),
        _ => (opcode.popped().eval(oparg), opcode.pushed().eval(oparg)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shortcuts_agree_with_the_table() {
        for &opcode in Opcode::ALL {
            for oparg in [0, 1, 2, 3, 255, 256, 65_537] {
                let table = (opcode.popped().eval(oparg), opcode.pushed().eval(oparg));
                assert_eq!(popped_pushed(opcode, oparg), table, "{opcode:?} {oparg}");
            }
        }
    }
}
