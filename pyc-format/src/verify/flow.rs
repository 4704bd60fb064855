//! The pass over the code: operands, and the stack's depth at every instruction that can be reached.
//!
//! Invariant: an instruction is walked when its depth becomes known, once; every other way to it is only compared. So the
//! work is linear, whatever the jumps look like. Nearly all depths are known when the pass in the order of the code gets
//! there; the rest (code that is reached from behind only) waits in `pending`.
//!
//! ```text
//! depth -> instruction -> depth -> ...            until one that was reached already, or nothing follows
//!     \              \
//!      jumps          handler, once per table entry     -> compared, or given a depth, or made pending too
//! ```

use super::layout::Layout;
use super::operands::{Operands, bad_opcode, is_internal};
use super::{ConstKind, Fault, Handler, Parts, Rule, Unit, fault, target_depth};
use crate::opcode::{Class, Count, Instruction, Opcode, Operand, instruction_at};

/// What the pass wants to know of an opcode, side by side.
#[derive(Clone, Copy)]
struct Facts {
    op: Opcode,
    operand: Operand,
    /// Popped, pushed and kept items, where the operand has no influence.
    fixed: Option<(u8, u8, u8)>,
    popped: Count,
    pushed: Count,
    kept: Count,
    /// The next instruction is not reached from it.
    ends: bool,
    raises: bool,
    jump: Option<Direction>,
    /// Has a rule of its own in [`Flow::special`].
    special: bool,
}

#[derive(Clone, Copy, PartialEq)]
enum Direction {
    Forward,
    Backward,
}

/// By byte; none for a byte that may not stand where an opcode is looked for.
static FACTS: [Option<Facts>; 256] = {
    let mut facts = [None; 256];
    let mut i = 0;
    while i < 256 {
        if let Some(op) = Opcode::from_u8(i as u8)
            && matches!(op.class(), Class::Real)
            && !is_internal(op)
            && !matches!(op, Opcode::EXTENDED_ARG)
        {
            facts[i] = Some(Facts::of(op));
        }
        i += 1;
    }
    facts
};

impl Facts {
    const fn of(op: Opcode) -> Facts {
        let jump = match op.operand() {
            Operand::JumpForward => Some(Direction::Forward),
            Operand::JumpBackward => Some(Direction::Backward),
            _ => None,
        };
        let (popped, pushed, kept) = (op.popped(), op.pushed(), op.kept());
        let fixed = if popped.is_fixed() && pushed.is_fixed() && kept.is_fixed() {
            Some((popped.eval(0) as u8, pushed.eval(0) as u8, kept.eval(0) as u8))
        } else {
            None
        };
        let ends = op.is_scope_exit() || op.is_unconditional_jump();
        let special = matches!(op, Opcode::RETURN_VALUE | Opcode::YIELD_VALUE | Opcode::FOR_ITER);
        let operand = op.operand();
        Facts { op, operand, fixed, popped, pushed, kept, ends, raises: op.has_error(), jump, special }
    }

    /// Popped, pushed and kept items.
    #[inline]
    fn effect(&self, oparg: u32) -> (i64, i64, i64) {
        match self.fixed {
            Some((popped, pushed, kept)) => (popped.into(), pushed.into(), kept.into()),
            None => (self.popped.eval(oparg), self.pushed.eval(oparg), self.kept.eval(oparg)),
        }
    }
}

/// Checks the code and sets marks and depths in `units`; the greatest depth.
pub(super) fn check(
    parts: &Parts<'_>,
    layout: &Layout,
    kind: &impl Fn(usize) -> ConstKind,
    units: &mut [Unit],
    handlers: &[Handler],
) -> Result<u32, Box<Fault>> {
    let mut operands = Operands::new(parts, layout, kind);
    let taken = vec![false; handlers.len()];
    let stacksize = parts.stacksize.into();
    let mut flow = Flow { parts, handlers, stacksize, pending: Vec::new(), taken, max: 0, passed: 0 };
    flow.arrive(units, 0, 0, 0)?;
    let mut entry = 0;
    while let Some(i) = instruction_at(parts.code, flow.passed) {
        let Some(facts) = &FACTS[i.byte as usize] else { return bad_opcode(&i) };
        operands.check(units, &i, facts.op, facts.operand)?;
        if let Some(depth) = units.get(i.start).and_then(|unit| unit.depth()) {
            flow.step(units, &i, facts, depth, &mut entry)?;
        }
        flow.passed = i.end();
    }
    operands.finish()?;
    while let Some(start) = flow.pending.pop() {
        flow.walk(units, start as usize)?;
    }
    Ok(flow.max)
}

struct Flow<'a> {
    parts: &'a Parts<'a>,
    handlers: &'a [Handler],
    stacksize: i64,
    /// Reached units that the pass in order has gone by.
    pending: Vec<u32>,
    /// Handlers that were reached.
    taken: Vec<bool>,
    max: u32,
    /// Where the pass in order is.
    passed: usize,
}

impl Flow<'_> {
    /// Walks from a unit whose depth is known until the way ends or joins another.
    fn walk(&mut self, units: &mut [Unit], mut start: usize) -> Result<(), Box<Fault>> {
        let mut entry = self.handlers.partition_point(|h| h.end as usize <= start);
        while let (Some(i), Some(depth)) =
            (instruction_at(self.parts.code, start), units.get(start).and_then(|u| u.depth()))
            && let Some(facts) = &FACTS[i.byte as usize]
            && self.step(units, &i, facts, depth, &mut entry)?
        {
            start = i.end();
        }
        Ok(())
    }

    /// One instruction, reached with `depth` items; true if it is the first way to the next one. `entry` is an entry of the
    /// exception table at or before the one that covers it.
    #[inline]
    fn step(
        &mut self,
        units: &mut [Unit],
        i: &Instruction,
        facts: &Facts,
        depth: u32,
        entry: &mut usize,
    ) -> Result<bool, Box<Fault>> {
        let (popped, pushed, kept) = facts.effect(i.oparg);
        let below = i64::from(depth) - popped;
        if below < 0 {
            let text = format!("{} {} takes {popped} items of {depth}", facts.op.name(), i.oparg);
            return fault(Rule::StackUnderflow, i.at * 2, text);
        }
        while let Some(handler) = self.handlers.get(*entry) {
            if handler.end as usize <= i.start {
                *entry += 1;
                continue;
            }
            if handler.start as usize <= i.start {
                // What can't raise may pass below the handler's depth, but a trace function can raise before anything.
                let left = if facts.raises { below + kept } else { i64::from(depth) };
                if left < i64::from(handler.depth) {
                    let (name, wants) = (facts.op.name(), handler.depth);
                    let text = format!("{name} {} leaves {left} items, its handler wants {wants}", i.oparg);
                    return fault(Rule::ExceptionDepth, i.at * 2, text);
                }
                if self.taken.get_mut(*entry).is_some_and(|taken| !std::mem::replace(taken, true)) {
                    self.arrive(units, handler.target as usize, target_depth(handler), i.at)?;
                }
            }
            break;
        }
        let after = below + pushed;
        if after > self.stacksize {
            let text = format!("{after} items in a stack of {}", self.stacksize);
            return fault(Rule::StackOverflow, i.at * 2, text);
        }
        let after = after as u32; // at most the stack size: 24 bits
        self.max = self.max.max(after);
        if facts.special {
            self.special(i, facts.op, depth)?;
        }
        if let Some(direction) = facts.jump {
            self.arrive(units, target(i, direction), after, i.at)?;
        }
        if facts.ends {
            return Ok(false);
        }
        let end = i.end();
        match units.get_mut(end) {
            None => fault(Rule::FallsOff, i.at * 2, "the code goes on behind its end"),
            Some(unit) => match unit.depth() {
                None => {
                    unit.0 |= Unit::REACHED | after;
                    Ok(true)
                }
                Some(known) => join(known, after, end, i.at).map(|()| false),
            },
        }
    }

    /// Rules of single opcodes.
    fn special(&self, i: &Instruction, op: Opcode, depth: u32) -> Result<(), Box<Fault>> {
        match op {
            Opcode::RETURN_VALUE if depth != 1 => {
                fault(Rule::ReturnDepth, i.at * 2, format!("RETURN_VALUE with {depth} items"))
            }
            Opcode::YIELD_VALUE if i.oparg == 1 && depth < 2 => {
                fault(Rule::YieldFrom, i.at * 2, format!("YIELD_VALUE 1 with {depth} items"))
            }
            Opcode::FOR_ITER => {
                let target = target(i, Direction::Forward);
                match self.parts.code.get(target * 2) {
                    Some(&byte) if byte == Opcode::END_FOR as u8 => Ok(()),
                    _ => {
                        fault(Rule::ForIter, i.at * 2, format!("FOR_ITER leads to unit {target}, which is no END_FOR"))
                    }
                }
            }
            _ => Ok(()),
        }
    }

    /// A way from the instruction at `from` leads to `target` with `depth` items.
    #[inline]
    fn arrive(&mut self, units: &mut [Unit], target: usize, depth: u32, from: usize) -> Result<(), Box<Fault>> {
        if i64::from(depth) > self.stacksize {
            let text = format!("{depth} items in a stack of {}", self.stacksize);
            return fault(Rule::StackOverflow, from * 2, text);
        }
        self.max = self.max.max(depth);
        let Some(unit) = units.get_mut(target) else { return Ok(()) };
        if let Some(known) = unit.depth() {
            return join(known, depth, target, from);
        }
        unit.0 |= Unit::REACHED | depth;
        if target <= self.passed && self.passed > 0 {
            self.pending.push(target as u32);
        }
        Ok(())
    }
}

/// In range: `jump-target`.
#[inline]
fn target(i: &Instruction, direction: Direction) -> usize {
    let oparg = i.oparg as usize;
    if direction == Direction::Forward { i.end() + oparg } else { i.end() - oparg }
}

#[inline]
fn join(known: u32, depth: u32, target: usize, from: usize) -> Result<(), Box<Fault>> {
    if known == depth {
        return Ok(());
    }
    fault(Rule::StackJoin, from * 2, format!("unit {target} is reached with {known} items and with {depth}"))
}
