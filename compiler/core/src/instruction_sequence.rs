//! What codegen makes and flowgraph takes: instructions with labels, and the facts about one code unit.
//!
//! Invariant: a label names the instruction that follows it at the time of [`InstructionSequence::use_label`];
//! jump operands are labels until [`InstructionSequence::apply_label_map`].

use pyc_format::opcode::Opcode;

use crate::ast::Loc;
use crate::constants::ObjId;
use crate::names::Name;

/// A jump target, by number within its sequence.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Label(pub u32);

#[derive(Clone, Copy, Debug)]
pub struct Instruction {
    pub opcode: Opcode,
    /// The operand; for jumps and SETUP_* a label's number, after `apply_label_map` an instruction's index.
    pub oparg: i32,
    pub loc: Loc,
}

/// CPython's `_PyInstructionSequence`.
#[derive(Debug, Default)]
pub struct InstructionSequence {
    pub instrs: Vec<Instruction>,
    /// Label number to index in `instrs`.
    pub label_map: Vec<Option<u32>>,
    /// The module's or class's annotation code, spliced in at ANNOTATIONS_PLACEHOLDER.
    pub annotations_code: Option<Box<InstructionSequence>>,
}

impl InstructionSequence {
    pub fn new_label(&mut self) -> Label {
        self.label_map.push(None);
        Label(self.label_map.len() as u32 - 1)
    }

    /// The label stands before the next instruction to be added.
    pub fn use_label(&mut self, label: Label) {
        if let Some(slot) = self.label_map.get_mut(label.0 as usize) {
            *slot = Some(self.instrs.len() as u32);
        }
    }

    pub fn addop(&mut self, opcode: Opcode, oparg: i32, loc: Loc) {
        self.instrs.push(Instruction { opcode, oparg, loc });
    }

    /// Inserts before `pos`; labels that stand after move along.
    pub fn insert(&mut self, pos: u32, opcode: Opcode, oparg: i32, loc: Loc) {
        self.instrs.insert(pos as usize, Instruction { opcode, oparg, loc });
        for at in self.label_map.iter_mut().flatten() {
            if *at >= pos {
                *at += 1;
            }
        }
    }
}

/// CPython's `_PyCompile_CodeUnitMetadata`: what assembling needs besides the instructions.
#[derive(Debug, Default)]
pub struct CodeUnitMetadata {
    pub name: Name0,
    /// The object that becomes co_qualname; see PYC-BYTES 1.5 for why its identity matters.
    pub qualname: Option<ObjId>,
    /// co_consts so far, in order of first LOAD_CONST.
    pub consts: Vec<ObjId>,
    /// co_names in order of first reference.
    pub names: Vec<Name>,
    /// Parameters, then locals in order of first reference.
    pub varnames: Vec<Name>,
    /// Sorted cells, then the class's own.
    pub cellvars: Vec<Name>,
    pub freevars: Vec<Name>,
    /// Fast locals of inlined comprehensions at module or class level (CO_FAST_HIDDEN).
    pub fasthidden: Vec<Name>,
    /// `argcount` leaves out the positional-only ones, as `u_argcount` does.
    pub argcount: u32,
    pub posonlyargcount: u32,
    pub kwonlyargcount: u32,
    pub firstlineno: i32,
}

/// A name that may not be set yet.
pub type Name0 = Option<Name>;
