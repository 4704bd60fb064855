//! Locals and cells: loads that must check for unbound locals, slots of cells, the instructions at the start of a frame.
//!
//! Invariant: slots are locals (parameters first), then cells that are no locals, then free variables.

use super::cfg::{BlockId, CELL, Cfg, Graph, Instr, LOCAL, Malformed, facts};
use crate::ast::Loc;
use crate::instruction_sequence::CodeUnitMetadata;
use crate::names::Name;
use pyc_format::opcode::Opcode;

/// Locals that are followed through the whole graph; those beyond are looked at block by block.
const FOLLOWED: usize = 64;

impl Cfg {
    /// `add_checks_for_loads_of_uninitialized_variables`
    pub fn add_checks_for_loads_of_uninitialized_variables(
        &mut self,
        n_locals: usize,
        n_params: usize,
        bound_in: &mut Vec<u32>,
    ) {
        if n_locals == 0 {
            return;
        }
        if n_locals > FOLLOWED {
            self.scan_many_locals(n_locals, bound_in);
        }
        self.start_traversal();
        let mut unbound: u64 = 0;
        for local in n_params..n_locals.min(FOLLOWED) {
            unbound |= 1 << local;
        }
        add_unsafe_locals(&mut self.graph, BlockId::ENTRY, unbound);
        // Every block once: it may hold a DELETE_FAST. Then again those that a fact reaches.
        let mut b = BlockId::ENTRY;
        while b.is_some() {
            self.scan_block_for_locals(b);
            b = self.next(b);
        }
        while let Some(b) = self.graph.stack.pop() {
            self.block_mut(b).visited = false;
            self.scan_block_for_locals(b);
        }
    }

    fn scan_block_for_locals(&mut self, b: BlockId) {
        let next = self.next(b);
        let falls_through = next.is_some() && !self.no_fallthrough(b);
        let has_handlers = self.has_handlers;
        let (instrs, graph) = self.parts(b);
        let mut unbound = graph.block(b).unsafe_locals;
        // What the handler was told last.
        let mut told = (BlockId::NONE, 0);
        let matters = has_handlers || graph.block(b).facts & LOCAL != 0;
        for instr in instrs.iter_mut().take(if matters { usize::MAX } else { 0 }) {
            if has_handlers && instr.except.is_some() && told != (instr.except, unbound) {
                add_unsafe_locals(graph, instr.except, unbound);
                told = (instr.except, unbound);
            }
            if facts(instr.opcode) & LOCAL == 0 || instr.oparg as usize >= FOLLOWED {
                continue;
            }
            let bit = 1u64 << instr.oparg;
            match instr.opcode {
                Opcode::DELETE_FAST | Opcode::LOAD_FAST_AND_CLEAR | Opcode::STORE_FAST_MAYBE_NULL => unbound |= bit,
                // What did not raise is bound.
                Opcode::LOAD_FAST if unbound & bit != 0 => {
                    instr.opcode = Opcode::LOAD_FAST_CHECK;
                    unbound &= !bit;
                }
                _ => unbound &= !bit,
            }
        }
        if falls_through {
            add_unsafe_locals(graph, next, unbound);
        }
        if let Some(last) = instrs.last()
            && last.is_jump()
        {
            add_unsafe_locals(graph, last.target, unbound);
        }
    }

    /// `fast_scan_many_locals`: `bound_in` says in which block a local was last known to be bound.
    fn scan_many_locals(&mut self, n_locals: usize, bound_in: &mut Vec<u32>) {
        bound_in.clear();
        bound_in.resize(n_locals - FOLLOWED, 0);
        let mut number = 0;
        let mut b = BlockId::ENTRY;
        while b.is_some() {
            number += 1;
            for instr in self.instrs_mut(b) {
                let Some(local) = (instr.oparg as usize).checked_sub(FOLLOWED) else { continue };
                let Some(bound) = bound_in.get_mut(local) else { continue };
                match instr.opcode {
                    Opcode::DELETE_FAST | Opcode::LOAD_FAST_AND_CLEAR | Opcode::STORE_FAST_MAYBE_NULL => {
                        *bound = number - 1;
                    }
                    Opcode::STORE_FAST => *bound = number,
                    Opcode::LOAD_FAST => {
                        if *bound != number {
                            instr.opcode = Opcode::LOAD_FAST_CHECK;
                        }
                        *bound = number;
                    }
                    _ => {}
                }
            }
            b = self.next(b);
        }
    }

    /// `prepare_localsplus`: puts the frame's first instructions in place and gives cells their slots. How many slots.
    pub fn prepare_localsplus(
        &mut self,
        metadata: &CodeUnitMetadata,
        is_generator: bool,
        slots: &mut Vec<u32>,
    ) -> Result<usize, Malformed> {
        let n_locals = metadata.varnames.len();
        let n_cells = metadata.cellvars.len();
        let n_free = metadata.freevars.len();
        // `build_cellfixedoffsets`: a cell that is a local as well has that local's slot.
        slots.clear();
        for (i, cell) in metadata.cellvars.iter().enumerate() {
            let local = local_of_cell(metadata, *cell);
            slots.push(local.unwrap_or(n_locals + i) as u32);
        }
        slots.extend((n_cells..n_cells + n_free).map(|i| (n_locals + i) as u32));

        self.insert_prefix_instructions(metadata, is_generator, slots);

        // `fix_cell_offsets`: the others close up.
        let mut dropped = 0;
        for (i, slot) in slots.iter_mut().enumerate() {
            if *slot as usize == n_locals + i {
                *slot -= dropped;
            } else {
                dropped += 1;
            }
        }
        let mut b = BlockId::ENTRY;
        while b.is_some() {
            if self.block(b).facts & CELL != 0 {
                for instr in self.instrs_mut(b) {
                    if facts(instr.opcode) & CELL != 0 {
                        instr.oparg = *slots.get(instr.oparg as usize).ok_or(Malformed)?;
                    }
                }
            }
            b = self.next(b);
        }
        Ok(n_locals + n_cells + n_free - dropped as usize)
    }

    /// COPY_FREE_VARS, MAKE_CELL in the order of slots, RETURN_GENERATOR, POP_TOP.
    fn insert_prefix_instructions(&mut self, metadata: &CodeUnitMetadata, is_generator: bool, slots: &[u32]) {
        let mut at = 0;
        let mut insert = |cfg: &mut Cfg, opcode, oparg, loc| {
            cfg.insert(BlockId::ENTRY, at, Instr { opcode, oparg, loc, ..Instr::UNUSED });
            at += 1;
        };
        let n_cells = metadata.cellvars.len();
        let n_free = metadata.freevars.len();
        if n_free > 0 {
            insert(self, Opcode::COPY_FREE_VARS, n_free as u32, Loc::NONE);
        }
        if n_cells > 0 {
            let mut sorted: Vec<(u32, u32)> = slots.iter().copied().take(n_cells).zip(0..).collect();
            sorted.sort_unstable();
            for (_, cell) in sorted {
                insert(self, Opcode::MAKE_CELL, cell, Loc::NONE);
            }
        }
        if is_generator {
            let line = metadata.firstlineno;
            let loc = Loc { lineno: line, end_lineno: line, col_offset: -1, end_col_offset: -1 };
            insert(self, Opcode::RETURN_GENERATOR, 0, loc);
            insert(self, Opcode::POP_TOP, 0, loc);
        }
    }
}

/// `maybe_push`; `visited` means "on the stack" here.
#[inline]
fn add_unsafe_locals(graph: &mut Graph, b: BlockId, unbound: u64) {
    let block = graph.block(b);
    let both = block.unsafe_locals | unbound;
    if both != block.unsafe_locals {
        block.unsafe_locals = both;
        if !block.visited {
            block.visited = true;
            graph.stack.push(b);
        }
    }
}

/// The slot of the local that a cell is as well.
pub(crate) fn local_of_cell(metadata: &CodeUnitMetadata, cell: Name) -> Option<usize> {
    metadata.varnames.iter().position(|&name| name == cell)
}
