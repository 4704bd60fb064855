//! LOAD_FAST to LOAD_FAST_BORROW where the local outlives the value on the stack.
//!
//! Invariant: a load is borrowed only if its value is consumed within the block, while the local still holds it, and is
//! not stored to a local. The stack is followed per block; what stands on it at the start has no known origin.

use super::cfg::{BLOCK_PUSH, Block, BlockId, Cfg, LOAD, Malformed, SCOPE_EXIT, UNCONDITIONAL, facts};
use super::exceptions::popped_pushed;
use pyc_format::opcode::Opcode;

/// A value on the simulated stack.
#[derive(Clone, Copy, Debug)]
struct Ref {
    /// The instruction of this block that pushed it.
    instr: u32,
    /// The local that it is a reference to.
    local: u32,
}

const NO_INSTR: u32 = u32::MAX;
const NOT_LOCAL: u32 = u32::MAX;
const UNKNOWN: Ref = Ref { instr: NO_INSTR, local: NOT_LOCAL };

/// Buffers of this pass.
#[derive(Debug, Default)]
pub(super) struct Scratch {
    refs: Vec<Ref>,
    /// By instruction: it must own what it pushes.
    owned: Vec<bool>,
}

impl Scratch {
    fn push(&mut self, instr: usize, local: u32) {
        self.refs.push(Ref { instr: instr as u32, local });
    }

    fn pop(&mut self) -> Result<Ref, Malformed> {
        self.refs.pop().ok_or(Malformed)
    }

    fn own(&mut self, value: Ref) {
        if let Some(owned) = self.owned.get_mut(value.instr as usize) {
            *owned = true;
        }
    }

    /// The local gets another value: those on the stack that came from it lose their support.
    fn kill_local(&mut self, local: u32) {
        for value in &self.refs {
            if value.local == local
                && let Some(owned) = self.owned.get_mut(value.instr as usize)
            {
                *owned = true;
            }
        }
    }

    fn store_local(&mut self, local: u32) -> Result<(), Malformed> {
        let value = self.pop()?;
        self.kill_local(local);
        self.own(value);
        Ok(())
    }

    /// `oparg` counts from the top, 1 is the top.
    fn index(&self, oparg: u32) -> Result<usize, Malformed> {
        self.refs.len().checked_sub(oparg as usize).filter(|_| oparg > 0).ok_or(Malformed)
    }
}

impl Cfg {
    /// `optimize_load_fast`
    pub(super) fn optimize_load_fast(&mut self, scratch: &mut Scratch) -> Result<(), Malformed> {
        self.start_traversal();
        self.block_mut(BlockId::ENTRY).startdepth = 0;
        self.graph.visit(BlockId::ENTRY);
        while let Some(b) = self.graph.stack.pop() {
            self.borrow_in_block(b, scratch)?;
        }
        Ok(())
    }

    fn borrow_in_block(&mut self, b: BlockId, scratch: &mut Scratch) -> Result<(), Malformed> {
        let Block { next, startdepth, facts: bits, .. } = *self.block(b);
        let (instrs, graph) = self.parts(b);
        // As CPython: an empty block is the end of the way.
        if next.is_some()
            && let Some(last) = instrs.last()
            && facts(last.opcode) & (UNCONDITIONAL | SCOPE_EXIT) == 0
        {
            graph.visit(next);
        }
        // The jump may have a NOT_TAKEN behind it.
        for instr in instrs.iter().rev().take(2) {
            if instr.has_target() {
                graph.visit(instr.target);
            }
        }
        if bits & LOAD == 0 {
            return Ok(());
        }
        scratch.owned.clear();
        scratch.owned.resize(instrs.len(), false);
        scratch.refs.clear();
        scratch.refs.resize(startdepth.max(0) as usize, UNKNOWN);
        for (i, instr) in instrs.iter().enumerate() {
            step(scratch, i, instr.opcode, instr.oparg)?;
        }
        while let Some(left) = scratch.refs.pop() {
            scratch.own(left);
        }
        for (instr, &owned) in instrs.iter_mut().zip(&scratch.owned) {
            if !owned {
                match instr.opcode {
                    Opcode::LOAD_FAST => instr.opcode = Opcode::LOAD_FAST_BORROW,
                    Opcode::LOAD_FAST_LOAD_FAST => instr.opcode = Opcode::LOAD_FAST_BORROW_LOAD_FAST_BORROW,
                    _ => {}
                }
            }
        }
        Ok(())
    }
}

/// What instruction `i` does to the stack of references.
fn step(s: &mut Scratch, i: usize, opcode: Opcode, oparg: u32) -> Result<(), Malformed> {
    match opcode {
        Opcode::DELETE_FAST => s.kill_local(oparg),
        Opcode::LOAD_FAST => s.push(i, oparg),
        Opcode::LOAD_FAST_AND_CLEAR => {
            s.kill_local(oparg);
            s.push(i, oparg);
        }
        Opcode::LOAD_FAST_LOAD_FAST => {
            s.push(i, oparg >> 4);
            s.push(i, oparg & 15);
        }
        Opcode::STORE_FAST => s.store_local(oparg)?,
        Opcode::STORE_FAST_LOAD_FAST => {
            s.store_local(oparg >> 4)?;
            s.push(i, oparg & 15);
        }
        Opcode::STORE_FAST_STORE_FAST => {
            s.store_local(oparg >> 4)?;
            s.store_local(oparg & 15)?;
        }
        Opcode::COPY => {
            let at = s.index(oparg)?;
            let value = s.refs[at];
            s.refs.push(value);
        }
        Opcode::SWAP => {
            let (at, top) = (s.index(oparg)?, s.index(1)?);
            s.refs.swap(at, top);
        }
        // Leave their inputs. CPython numbers the new values from the block's first instruction (an inner loop hides the
        // outer one's index), so that one is held responsible for what becomes of them.
        Opcode::FORMAT_SIMPLE
        | Opcode::GET_ANEXT
        | Opcode::GET_LEN
        | Opcode::GET_YIELD_FROM_ITER
        | Opcode::IMPORT_FROM
        | Opcode::MATCH_KEYS
        | Opcode::MATCH_MAPPING
        | Opcode::MATCH_SEQUENCE
        | Opcode::WITH_EXCEPT_START => {
            let (popped, pushed) = popped_pushed(opcode, oparg);
            for instr in 0..(pushed - popped).max(0) as usize {
                s.push(instr, NOT_LOCAL);
            }
        }
        // Take some of their inputs, push nothing new.
        Opcode::DICT_MERGE
        | Opcode::DICT_UPDATE
        | Opcode::LIST_APPEND
        | Opcode::LIST_EXTEND
        | Opcode::MAP_ADD
        | Opcode::RERAISE
        | Opcode::SET_ADD
        | Opcode::SET_UPDATE => {
            let (popped, pushed) = popped_pushed(opcode, oparg);
            for _ in pushed..popped {
                s.pop()?;
            }
        }
        Opcode::END_SEND | Opcode::SET_FUNCTION_ATTRIBUTE => {
            let top = s.pop()?;
            s.pop()?;
            s.refs.push(top);
        }
        Opcode::CHECK_EXC_MATCH => {
            s.pop()?;
            s.push(i, NOT_LOCAL);
        }
        Opcode::FOR_ITER => s.push(i, NOT_LOCAL),
        Opcode::LOAD_ATTR | Opcode::LOAD_SUPER_ATTR => {
            let this = s.pop()?;
            if opcode == Opcode::LOAD_SUPER_ATTR {
                s.pop()?;
                s.pop()?;
            }
            s.push(i, NOT_LOCAL);
            if oparg & 1 != 0 {
                // A method call: the object itself may be pushed back.
                s.refs.push(this);
            }
        }
        Opcode::LOAD_SPECIAL | Opcode::PUSH_EXC_INFO => {
            let top = s.pop()?;
            s.push(i, NOT_LOCAL);
            s.refs.push(top);
        }
        Opcode::SEND => {
            s.pop()?;
            s.push(i, NOT_LOCAL);
        }
        _ if facts(opcode) & BLOCK_PUSH != 0 => {}
        _ => {
            let (popped, pushed) = popped_pushed(opcode, oparg);
            let left = s.refs.len().checked_sub(popped.max(0) as usize).ok_or(Malformed)?;
            s.refs.truncate(left);
            for _ in 0..pushed {
                s.push(i, NOT_LOCAL);
            }
        }
    }
    Ok(())
}
