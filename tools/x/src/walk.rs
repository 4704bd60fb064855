//! Random walks through verified code: what the verifier promises, tried out.
//!
//! Invariant: knows nothing of the verifier but its promises; depth, operands and handlers are worked out anew at every step,
//! the way an interpreter does it. Next: `fuzz_pyc`, which walks through what mutation left valid.

use pyc_format::code::{CO_FAST_CELL, CO_FAST_FREE};
use pyc_format::exceptiontable;
use pyc_format::opcode::{Opcode, Operand, instruction_at};
use pyc_format::verify::{Parts, Verified};

use crate::mutate::Random;

const STEPS: usize = 300;

/// Where a walk is.
struct Walk<'a> {
    parts: &'a Parts<'a>,
    verified: &'a Verified,
    unit: usize,
    depth: i64,
}

/// Walks once from the beginning, taking branches and raising exceptions at random; what promise was broken.
pub fn walk(parts: &Parts<'_>, verified: &Verified, random: &mut Random) -> Result<(), String> {
    let mut walk = Walk { parts, verified, unit: 0, depth: 0 };
    for _ in 0..STEPS {
        let at = walk.unit;
        match walk.step(random) {
            Ok(true) => {}
            Ok(false) => break,
            Err(why) => return Err(format!("unit {at}: {why}")),
        }
    }
    Ok(())
}

impl Walk<'_> {
    /// One instruction; false at the end.
    fn step(&mut self, random: &mut Random) -> Result<bool, String> {
        let unit = self.verified.units.get(self.unit).ok("control left the code")?;
        ensure(unit.is_start(), "control is inside an instruction")?;
        ensure(unit.depth().map(i64::from) == Some(self.depth), "the depth is not the one that was promised")?;
        ensure(self.depth <= self.parts.stacksize.into(), "the stack is too small")?;
        let i = instruction_at(self.parts.code, self.unit).ok("no instruction")?;
        let op = i.op().ok("no opcode")?;
        self.operand(op, i.oparg)?;
        let [popped, pushed, kept] = [op.popped(), op.pushed(), op.kept()].map(|count| count.eval(i.oparg));
        ensure(popped >= 0 && popped <= self.depth, "the stack is too short")?;
        // A trace function raises before the instruction, the instruction itself when its inputs may be gone.
        if random.below(4) == 0 {
            let left = if op.has_error() && random.below(2) == 0 { self.depth - popped + kept } else { self.depth };
            return self.raise(left);
        }
        let below = self.depth - popped;
        self.depth = below + pushed;
        match op {
            Opcode::RETURN_VALUE => ensure(below == 0, "something is left on the stack").map(|()| false),
            Opcode::RAISE_VARARGS | Opcode::RERAISE => self.raise(below + kept),
            Opcode::FOR_ITER if random.below(2) == 0 => {
                let end_for = i.end() + i.oparg as usize;
                let there = instruction_at(self.parts.code, end_for).and_then(|i| i.op());
                ensure(there == Some(Opcode::END_FOR), "an exhausted iterator finds no END_FOR")?;
                self.depth -= 1;
                self.go(end_for + 1)
            }
            _ => {
                let jumps = op.is_unconditional_jump() || random.below(2) == 0;
                match op.operand() {
                    Operand::JumpForward if jumps && op != Opcode::FOR_ITER => self.go(i.end() + i.oparg as usize),
                    Operand::JumpBackward => {
                        self.go(i.end().checked_sub(i.oparg as usize).ok("a jump before the code")?)
                    }
                    _ => self.go(i.end()),
                }
            }
        }
    }

    fn go(&mut self, unit: usize) -> Result<bool, String> {
        self.unit = unit;
        Ok(true)
    }

    fn raise(&mut self, left: i64) -> Result<bool, String> {
        let Some(handler) = exceptiontable::find(self.parts.exceptiontable, self.unit as u32) else { return Ok(false) };
        ensure(left >= handler.depth.into(), "a handler wants more items than there are")?;
        self.depth = i64::from(handler.depth) + 1 + i64::from(handler.lasti);
        self.go(handler.target as usize)
    }

    fn operand(&self, op: Opcode, oparg: u32) -> Result<(), String> {
        let index = oparg as usize;
        let kinds = self.parts.localspluskinds;
        let good = match op.operand() {
            Operand::Const => index < self.parts.n_consts,
            Operand::Name => index < self.parts.n_names,
            Operand::NameNull | Operand::NameMethod => index / 2 < self.parts.n_names,
            Operand::NameSuper => index / 4 < self.parts.n_names,
            Operand::Local => index < kinds.len(),
            Operand::LocalPair => index / 16 < kinds.len() && index % 16 < kinds.len(),
            Operand::Deref => kinds.get(index).is_some_and(|kind| kind & (CO_FAST_CELL | CO_FAST_FREE) != 0),
            Operand::StackItem | Operand::Container => oparg > 0,
            _ => true,
        };
        ensure(good, "an operand is out of range")
    }
}

fn ensure(holds: bool, why: &str) -> Result<(), String> {
    if holds { Ok(()) } else { Err(why.into()) }
}

/// `Option::ok_or` with a text.
trait Found<T> {
    fn ok(self, why: &str) -> Result<T, String>;
}

impl<T> Found<T> for Option<T> {
    fn ok(self, why: &str) -> Result<T, String> {
        self.ok_or_else(|| why.to_owned())
    }
}
