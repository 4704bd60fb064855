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
use super::operands::{Limit, Operands, bad_opcode, is_internal, quick};
use super::{ConstKind, Fault, Handler, Parts, Rule, Unit, fault, target_depth};
use crate::opcode::{Class, Instruction, Opcode, Operand, instruction_at};

/// What the pass wants to know of an opcode, in sixteen bytes.
#[derive(Clone, Copy)]
#[repr(align(16))]
struct Facts {
    op: Opcode,
    operand: Operand,
    bits: u8,
    /// [`Count::linear`](crate::opcode::Count::linear) of each, unless [`IRREGULAR`] is set.
    popped: [u8; 3],
    pushed: [u8; 3],
    kept: [u8; 3],
    /// The operand is good if `oparg >> shift` is below this limit; if not, [`Operands::check`] looks closer.
    shift: u8,
    limit: Limit,
}

/// May stand where an opcode is looked for.
const VALID: u8 = 1;
/// UNPACK_EX: its count has a form of its own.
const IRREGULAR: u8 = 2;
/// The next instruction is not reached from it.
const ENDS: u8 = 4;
const RAISES: u8 = 8;
const JUMPS_FORWARD: u8 = 16;
const JUMPS_BACKWARD: u8 = 32;
/// Has a rule of its own in [`Flow::special`].
const SPECIAL: u8 = 64;

static FACTS: [Facts; 256] = {
    let nothing = Facts { bits: 0, ..Facts::of(Opcode::NOP) };
    let mut facts = [nothing; 256];
    let mut i = 0;
    while i < 256 {
        if let Some(op) = Opcode::from_u8(i as u8)
            && matches!(op.class(), Class::Real)
            && !is_internal(op)
            && !matches!(op, Opcode::EXTENDED_ARG)
        {
            facts[i] = Facts::of(op);
        }
        i += 1;
    }
    facts
};

impl Facts {
    const fn of(op: Opcode) -> Facts {
        let (popped, pushed, kept) = (op.popped(), op.pushed(), op.kept());
        let mut bits = VALID;
        let counts = match (popped.linear(), pushed.linear(), kept.linear()) {
            (Some(popped), Some(pushed), Some(kept)) => [popped, pushed, kept],
            _ => {
                bits |= IRREGULAR;
                [[0; 3]; 3]
            }
        };
        if op.is_scope_exit() || op.is_unconditional_jump() {
            bits |= ENDS;
        }
        if op.has_error() {
            bits |= RAISES;
        }
        match op.operand() {
            Operand::JumpForward => bits |= JUMPS_FORWARD,
            Operand::JumpBackward => bits |= JUMPS_BACKWARD,
            _ => (),
        }
        if matches!(op, Opcode::RETURN_VALUE | Opcode::YIELD_VALUE | Opcode::FOR_ITER) {
            bits |= SPECIAL;
        }
        let [popped, pushed, kept] = counts;
        let (shift, limit) = quick(op);
        Facts { op, operand: op.operand(), bits, popped, pushed, kept, shift, limit }
    }

    #[inline]
    const fn has(&self, bit: u8) -> bool {
        self.bits & bit != 0
    }

    /// Popped, pushed and kept items.
    #[inline]
    fn effect(&self, oparg: u32) -> (u32, u32, u32) {
        if self.has(IRREGULAR) {
            return irregular_effect(self.op, oparg);
        }
        // No factor is above 2, `extended-arg` keeps operands below 2**31, and nothing with factor 2 has a fixed part.
        let items = |[fixed, per_arg, low_bit]: [u8; 3]| {
            (u32::from(fixed) + u32::from(low_bit) * (oparg & 1)).wrapping_add(u32::from(per_arg).wrapping_mul(oparg))
        };
        (items(self.popped), items(self.pushed), items(self.kept))
    }
}

#[inline(never)]
fn irregular_effect(op: Opcode, oparg: u32) -> (u32, u32, u32) {
    let items = |count: i64| count.clamp(0, i64::from(u32::MAX >> 1)) as u32;
    (items(op.popped().eval(oparg)), items(op.pushed().eval(oparg)), items(op.kept().eval(oparg)))
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
    // Not negative: `counts`.
    let stacksize = parts.stacksize as u32;
    let mut flow = Flow { parts, handlers, stacksize, pending: Vec::new(), taken, max: 0, passed: 0 };
    flow.arrive(units, 0, 0, 0)?;
    if let Some(first) = units.first_mut() {
        first.0 |= Unit::BEHIND;
    }
    let mut entry = 0;
    while let Some(i) = instruction_at(parts.code, flow.passed) {
        let facts = FACTS[i.byte as usize];
        if !facts.has(VALID) {
            return bad_opcode(i);
        }
        let end = i.end();
        let good = operands.is_below(i.oparg >> facts.shift, facts.limit);
        operands.check(units, &i, end, facts.op, facts.operand, good)?;
        if let Some(depth) = units.get(i.start).and_then(|unit| unit.depth()) {
            flow.step(units, &i, end, &facts, depth, &mut entry)?;
        }
        flow.passed = end;
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
    stacksize: u32,
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
            && self.step(units, &i, i.end(), &FACTS[i.byte as usize], depth, &mut entry)?
        {
            start = i.end();
        }
        Ok(())
    }

    /// One instruction, reached with `depth` items; true if it is the first way to the next one. `entry` is an entry of the
    /// exception table at or before the one that covers it,
    /// `end` the unit behind its caches.
    #[inline(always)] // into the pass in order, which is nearly all of the time
    fn step(
        &mut self,
        units: &mut [Unit],
        i: &Instruction,
        end: usize,
        facts: &Facts,
        depth: u32,
        entry: &mut usize,
    ) -> Result<bool, Box<Fault>> {
        let (popped, pushed, kept) = facts.effect(i.oparg);
        let Some(below) = depth.checked_sub(popped) else {
            return underflow(*i, facts.op, popped, depth);
        };
        while let Some(handler) = self.handlers.get(*entry) {
            if handler.end as usize <= i.start {
                *entry += 1;
                continue;
            }
            if handler.start as usize <= i.start {
                // What can't raise may pass below the handler's depth, but a trace function can raise before anything.
                let left = if facts.has(RAISES) { below + kept } else { depth };
                if left < handler.depth {
                    return bad_handler_depth(*i, facts.op, left, *handler);
                }
                if self.taken.get_mut(*entry).is_some_and(|taken| !std::mem::replace(taken, true)) {
                    self.arrive(units, handler.target as usize, target_depth(handler), i.at)?;
                }
            }
            break;
        }
        let after = below + pushed;
        if after > self.stacksize {
            return overflow(i.at, after, self.stacksize);
        }
        self.max = self.max.max(after);
        if facts.has(SPECIAL) {
            self.special(i, facts, depth)?;
        }
        if facts.has(JUMPS_FORWARD | JUMPS_BACKWARD) {
            self.arrive(units, target(i, facts), after, i.at)?;
        }
        if facts.has(JUMPS_FORWARD | JUMPS_BACKWARD | ENDS)
            && let Some(unit) = units.get_mut(end)
        {
            unit.0 |= Unit::BEHIND;
        }
        if facts.has(ENDS) {
            return Ok(false);
        }
        match units.get_mut(end) {
            None => falls_off(i.at),
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
    fn special(&self, i: &Instruction, facts: &Facts, depth: u32) -> Result<(), Box<Fault>> {
        match facts.op {
            Opcode::RETURN_VALUE if depth != 1 => {
                fault(Rule::ReturnDepth, i.at * 2, format!("RETURN_VALUE with {depth} items"))
            }
            Opcode::YIELD_VALUE if i.oparg == 1 && depth < 2 => {
                fault(Rule::YieldFrom, i.at * 2, format!("YIELD_VALUE 1 with {depth} items"))
            }
            Opcode::FOR_ITER => {
                let target = target(i, facts);
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
        if depth > self.stacksize {
            return overflow(from, depth, self.stacksize);
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
fn target(i: &Instruction, facts: &Facts) -> usize {
    let oparg = i.oparg as usize;
    if facts.has(JUMPS_FORWARD) { i.end() + oparg } else { i.end() - oparg }
}

#[inline]
fn join(known: u32, depth: u32, target: usize, from: usize) -> Result<(), Box<Fault>> {
    if known == depth { Ok(()) } else { bad_join(known, depth, target, from) }
}

// Faults stand apart and take values, so that what the pass works on stays in registers.

#[cold]
#[inline(never)]
fn underflow<T>(i: Instruction, op: Opcode, popped: u32, depth: u32) -> Result<T, Box<Fault>> {
    fault(Rule::StackUnderflow, i.at * 2, format!("{} {} takes {popped} items of {depth}", op.name(), i.oparg))
}

#[cold]
#[inline(never)]
fn overflow<T>(at: usize, items: u32, stacksize: u32) -> Result<T, Box<Fault>> {
    fault(Rule::StackOverflow, at * 2, format!("{items} items in a stack of {stacksize}"))
}

#[cold]
#[inline(never)]
fn bad_handler_depth<T>(i: Instruction, op: Opcode, left: u32, handler: Handler) -> Result<T, Box<Fault>> {
    let (name, wants) = (op.name(), handler.depth);
    let text = format!("{name} {} leaves {left} items, its handler wants {wants}", i.oparg);
    fault(Rule::ExceptionDepth, i.at * 2, text)
}

#[cold]
#[inline(never)]
fn falls_off<T>(at: usize) -> Result<T, Box<Fault>> {
    fault(Rule::FallsOff, at * 2, "the code goes on behind its end")
}

#[cold]
#[inline(never)]
fn bad_join<T>(known: u32, depth: u32, target: usize, from: usize) -> Result<T, Box<Fault>> {
    fault(Rule::StackJoin, from * 2, format!("unit {target} is reached with {known} items and with {depth}"))
}
