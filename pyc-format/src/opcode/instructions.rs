//! The instructions of a `co_code`, one at a time.
//!
//! Invariant: total over any bytes, and every item lies inside them: a chain of EXTENDED_ARG is one instruction with what it
//! extends, caches belong to the instruction before them, an odd last byte is not looked at.
//!
//! ```text
//! code        := instruction*
//! instruction := (EXTENDED_ARG:u8 high:u8)*  opcode:u8 low:u8  (0 0)*        as many zero units as the opcode has caches
//! ```

use super::{Opcode, caches_of_byte};

const EXTENDED_ARG: u8 = Opcode::EXTENDED_ARG as u8;

/// One instruction. Positions are in code units of two bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Instruction {
    /// Where it begins: its first EXTENDED_ARG, or its opcode.
    pub start: usize,
    /// Where its opcode is.
    pub at: usize,
    /// The opcode as stored; EXTENDED_ARG itself where the code ends in one.
    pub byte: u8,
    /// The operand with its prefixes; only the last four bytes of a longer chain count.
    pub oparg: u32,
}

impl Instruction {
    #[inline]
    pub const fn op(&self) -> Option<Opcode> {
        Opcode::from_u8(self.byte)
    }

    /// The unit after its caches: where jumps count from and the next instruction begins. May pass the end of the code.
    #[inline]
    pub const fn end(&self) -> usize {
        self.at + 1 + caches_of_byte(self.byte)
    }
}

/// The instruction that begins at unit `start`; none at the end.
#[inline]
pub fn instruction_at(code: &[u8], start: usize) -> Option<Instruction> {
    let units = code.as_chunks::<2>().0;
    let mut at = start;
    let &[mut byte, low] = units.get(at)?;
    let mut oparg = u32::from(low);
    while byte == EXTENDED_ARG
        && let Some(&[next, low]) = units.get(at + 1)
    {
        at += 1;
        byte = next;
        oparg = oparg << 8 | u32::from(low);
    }
    Some(Instruction { start, at, byte, oparg })
}

/// Iterates over [`Instruction`]s.
#[derive(Clone, Debug)]
pub struct Instructions<'a> {
    code: &'a [u8],
    start: usize,
}

/// The instructions of `code`, in order.
pub fn instructions(code: &[u8]) -> Instructions<'_> {
    Instructions { code, start: 0 }
}

impl Iterator for Instructions<'_> {
    type Item = Instruction;

    #[inline]
    fn next(&mut self) -> Option<Instruction> {
        let instruction = instruction_at(self.code, self.start)?;
        self.start = instruction.end();
        Some(instruction)
    }
}
