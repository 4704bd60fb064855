//! From a code unit's instruction sequence to its code object (CPython's flowgraph.c; its assemble.c is `assemble`).
//!
//! Invariant: passes run in CPython's order, and each does what CPython's does, no more: where a pass stops short of an
//! obvious gain, the bytes stop there too. The order is that of [`Flowgraph::optimize`] and [`Flowgraph::finish`].
//! Next: `cfg.rs` for the graph.

mod borrow;
pub(crate) mod cfg;
mod consts;
mod exceptions;
mod lines;
mod locals;
mod order;
mod peephole;
mod simplify;

use self::cfg::{BlockId, Cfg, LOADS_CONST, Malformed};
use self::consts::{Consts, Slots};
use crate::assemble::Assembler;
use crate::constants::{ObjId, Objects};
use crate::error::{CompileError, ErrorKind};
use crate::instruction_sequence::{CodeUnitMetadata, InstructionSequence};

pub(crate) use self::locals::local_of_cell;

/// Buffers of the passes, kept from one code unit to the next.
#[derive(Default)]
pub struct Flowgraph {
    cfg: Cfg,
    slots: Slots,
    peephole: peephole::Scratch,
    borrow: borrow::Scratch,
    numbers: Vec<u32>,
    assembler: Assembler,
}

/// What a code unit is besides its instructions and metadata.
#[derive(Clone, Copy, Debug)]
pub struct Unit {
    /// `co_flags`.
    pub code_flags: u32,
    /// How many of `varnames` are parameters, `.0` included: the length of the symbol table's `ste_varnames`.
    pub nparams: usize,
    /// `co_filename`, one object a compilation.
    pub filename: ObjId,
}

const CO_GENERATOR: u32 = 0x20;
const CO_COROUTINE: u32 = 0x80;
const CO_ASYNC_GENERATOR: u32 = 0x200;

impl Unit {
    fn is_generator(&self) -> bool {
        self.code_flags & (CO_GENERATOR | CO_COROUTINE | CO_ASYNC_GENERATOR) != 0
    }
}

/// CPython's `optimize_and_assemble_code_unit`: the unit's code object, not yet merged. The sequence ends with its
/// `return` (`codegen_add_return_at_end`) and its labels are not yet applied; consts are merged objects.
///
/// The caller merges the result when it loads it; the `__annotate__` that the compiler makes first goes through
/// [`Objects::rename_format_parameter`].
///
/// # Errors
/// SystemError for sequences that no compiler makes.
pub fn optimize_and_assemble(
    flowgraph: &mut Flowgraph,
    objects: &mut Objects<'_>,
    sequence: &InstructionSequence,
    metadata: &mut CodeUnitMetadata,
    unit: Unit,
) -> Result<ObjId, CompileError> {
    let mut list = std::mem::take(&mut metadata.consts);
    let made = flowgraph.optimize(objects, sequence, metadata, &mut list, unit).and_then(|()| {
        let frame = flowgraph.finish(metadata, unit)?;
        flowgraph.assembler.make_code(&mut flowgraph.cfg, objects, metadata, &list, frame, unit)
    });
    metadata.consts = list;
    made.map_err(|Malformed| CompileError {
        kind: ErrorKind::SystemError,
        message: "malformed control flow graph.".into(),
        lineno: None,
        offset: None,
        end_lineno: None,
        end_offset: None,
        text: None,
    })
}

/// The size of a frame.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Frame {
    pub stack_depth: u32,
    pub n_localsplus: usize,
}

impl Flowgraph {
    /// `_PyCfg_OptimizeCodeUnit`
    fn optimize(
        &mut self,
        objects: &mut Objects<'_>,
        sequence: &InstructionSequence,
        metadata: &CodeUnitMetadata,
        list: &mut Vec<ObjId>,
        unit: Unit,
    ) -> Result<(), Malformed> {
        let cfg = &mut self.cfg;
        cfg.build(sequence)?;
        cfg.label_exception_targets()?;

        self.slots.start(list);
        let mut consts = Consts { objects, list, slots: &mut self.slots };
        cfg.check()?;
        cfg.inline_small_or_no_lineno_blocks();
        cfg.remove_unreachable();
        cfg.resolve_line_numbers();
        let mut b = BlockId::ENTRY;
        while b.is_some() {
            if cfg.block(b).facts & LOADS_CONST != 0 {
                consts::optimize_load_const(cfg.instrs_mut(b), &mut consts)?;
            }
            b = cfg.next(b);
        }
        let mut b = BlockId::ENTRY;
        while b.is_some() {
            cfg.optimize_basic_block(b, &mut consts, &mut self.peephole)?;
            b = cfg.next(b);
        }
        cfg.remove_redundant_nops_and_pairs();
        cfg.remove_unreachable();
        cfg.remove_redundant_nops_and_jumps();

        consts::remove_unused_consts(cfg, list, &mut self.numbers)?;
        cfg.add_checks_for_loads_of_uninitialized_variables(metadata.varnames.len(), unit.nparams, &mut self.numbers);
        peephole::insert_superinstructions(cfg);
        cfg.push_cold_blocks_to_end();
        cfg.resolve_line_numbers();
        Ok(())
    }

    /// `_PyCfg_OptimizedCfgToInstructionSequence`
    fn finish(&mut self, metadata: &CodeUnitMetadata, unit: Unit) -> Result<Frame, Malformed> {
        let cfg = &mut self.cfg;
        cfg.convert_pseudo_conditional_jumps();
        let stack_depth = cfg.calculate_stackdepth()?;
        let n_localsplus = cfg.prepare_localsplus(metadata, unit.is_generator(), &mut self.numbers)?;
        cfg.convert_pseudo_ops();
        cfg.normalize_jumps()?;
        cfg.optimize_load_fast(&mut self.borrow)?;
        Ok(Frame { stack_depth, n_localsplus })
    }
}
