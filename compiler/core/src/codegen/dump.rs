//! Instruction sequences of a whole compilation, for comparison with `_testinternalcapi.compiler_codegen`.
//!
//! Invariant: operands of jumps are indices of instructions here, as CPython shows them.

use std::fmt::Write;

use crate::ast::Loc;
use crate::instruction_sequence::{Instruction, InstructionSequence};

/// One unit's instructions before the flow graph and those of the units within it, in order of leaving them.
#[derive(Debug, Default)]
pub struct Sequence {
    pub name: String,
    pub instrs: Vec<Instruction>,
    pub nested: Vec<Sequence>,
}

impl Sequence {
    pub(super) fn new(seq: &InstructionSequence, name: String, nested: Vec<Sequence>) -> Self {
        let instrs = seq
            .instrs
            .iter()
            .map(|instr| {
                let mut instr = *instr;
                if instr.opcode.has_target() {
                    let label = usize::try_from(instr.oparg).unwrap_or(usize::MAX);
                    let target = seq.label_map.get(label).copied().flatten();
                    instr.oparg = target.map_or(-1, |at| at as i32);
                }
                instr
            })
            .collect();
        Sequence { name, instrs, nested }
    }

    /// One line an instruction: opcode's number, operand, line, end line, column, end column; a unit begins with
    /// `>depth name`.
    pub fn write(&self, out: &mut String, depth: usize) {
        let _ = writeln!(out, ">{depth}");
        for Instruction { opcode, oparg, loc } in &self.instrs {
            let Loc { lineno, end_lineno, col_offset, end_col_offset } = loc;
            let opcode = *opcode as u16;
            let _ = writeln!(out, "{opcode} {oparg} {lineno} {end_lineno} {col_offset} {end_col_offset}");
        }
        for nested in &self.nested {
            nested.write(out, depth + 1);
        }
    }
}
