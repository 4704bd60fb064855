//! What translation makes: the words, and the tables that lead back to the bytecode.
//!
//! Invariant: `sites` ascends by word; handlers are in the order of the exception table, whose ranges do not overlap.

use crate::ops::{Op, Word};

/// A register code object.
#[derive(Clone, Debug, Default)]
pub struct RegCode {
    pub words: Vec<u64>,
    /// Registers of a frame.
    pub n_regs: u32,
    /// The first temporary: item `d` of the stack has its home at `temp_base + d`.
    pub temp_base: u32,
    pub sites: Vec<Site>,
    pub handlers: Vec<Handler>,
}

/// Where an instruction came from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Site {
    /// Its first word.
    pub word: u32,
    /// The bytecode instruction's opcode, in code units (`f_lasti / 2`).
    pub unit: u32,
    /// How many temporaries may hold something alive before it; those behind hold nothing alive. A temporary below may still
    /// be stale (its item is read from elsewhere), so a collector scans temporaries as it scans native stacks.
    pub depth: u32,
}

/// What is done when an instruction in `start..end` (words) raises.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Handler {
    pub start: u32,
    pub end: u32,
    /// The word to go on at.
    pub target: u32,
    /// Items kept. `temp_base + depth` takes the raising unit's byte offset if `lasti`, the next one the exception.
    pub depth: u32,
    pub lasti: bool,
}

impl RegCode {
    /// Where the instruction that contains `word` came from.
    pub fn site(&self, word: u32) -> Option<&Site> {
        let at = self.sites.partition_point(|s| s.word <= word);
        self.sites.get(at.checked_sub(1)?)
    }

    /// The handler for an instruction that begins at `word`.
    pub fn handler(&self, word: u32) -> Option<&Handler> {
        let at = self.handlers.partition_point(|h| h.end <= word);
        self.handlers.get(at).filter(|h| h.start <= word)
    }
}

impl RegCode {
    /// Checks what the engine trusts: operands below `n_regs`, jumps to words that begin an instruction, the last instruction
    /// leaving. The table's texts say which fields are registers.
    pub fn check(&self) -> Result<(), String> {
        let mut starts = vec![false; self.words.len() + 1];
        let mut at = 0;
        let mut last = None;
        while at < self.words.len() {
            let word = Word(self.words[at]);
            let op = Op::from_u8(word.op()).ok_or_else(|| format!("{at}: no instruction"))?;
            starts[at] = true;
            let ext = self.words.get(at + 1).copied().unwrap_or(0) as u32;
            let (a, b, c) = (u32::from(word.a()), u32::from(word.b()), u32::from(word.c()));
            let fields = [
                ("R[a]", a),
                ("R[a+1]", a + 1),
                ("R[a+c-1]", (a + c).saturating_sub(1)),
                ("the last at", a + c + ext),
                ("R[b]", b),
                ("R[b+1]", b + 1),
                ("R[b+2]", b + 2),
                ("arguments)", b + 1 + c),
                ("c items", (b + c).saturating_sub(1)),
                ("c pairs", (b + 2 * c).saturating_sub(1)),
                ("R[c]", c),
                ("R[ext]", ext),
            ];
            for (text, register) in fields {
                if op.effect().contains(text) && register >= self.n_regs {
                    return Err(format!("{at}: {} {text} is {register} of {}", op.name(), self.n_regs));
                }
            }
            at += op.words();
            last = Some(op);
        }
        if at != self.words.len() {
            return Err("the last instruction is cut".into());
        }
        if !matches!(last, None | Some(Op::Return | Op::Raise | Op::Reraise | Op::Jump | Op::JumpNoPoll)) {
            return Err(format!("{last:?} runs off the end"));
        }
        for (at, _) in starts.iter().enumerate().filter(|(_, start)| **start) {
            let word = Word(self.words[at]);
            let op = Op::from_u8(word.op()).ok_or("no instruction")?;
            let offset = if op.jumps_by_bc() {
                word.bc()
            } else if op.jumps_by_ext() {
                self.words[at + 1] as u32 as i32
            } else {
                continue;
            };
            let target = usize::try_from(at as i64 + i64::from(offset)).unwrap_or(usize::MAX);
            if !starts.get(target).copied().unwrap_or(false) {
                return Err(format!("{at}: {} leads to {target}", op.name()));
            }
        }
        for h in &self.handlers {
            if !starts.get(h.target as usize).copied().unwrap_or(false) || h.end as usize > self.words.len() {
                return Err(format!("handler {h:?}"));
            }
            if self.temp_base + h.depth + u32::from(h.lasti) >= self.n_regs {
                return Err(format!("handler {h:?} keeps more than {} registers", self.n_regs));
            }
        }
        Ok(())
    }
}
