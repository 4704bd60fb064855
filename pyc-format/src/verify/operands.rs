//! Opcodes, caches and operands: every instruction once, in the order of the code.
//!
//! Invariant: afterwards every instruction's opcode, caches and operand are good, its first unit is marked, and so is every
//! unit that a jump leads to. [`check_targets`] then compares the marks. Next: `flow.rs` drives.

use super::layout::Layout;
use super::{ConstKind, Fault, Handler, Parts, Rule, Unit, fault};
use crate::code::{CO_FAST_CELL, CO_FAST_FREE};
use crate::opcode::{
    BinaryOp, CommonConstant, CompareOp, Conversion, FunctionAttribute, Instruction, Intrinsic1, Intrinsic2, Opcode,
    Operand, SpecialMethod,
};

/// Opcodes of the class Real that CPython writes only into code of its own making, or nowhere.
pub(super) const fn is_internal(op: Opcode) -> bool {
    matches!(
        op,
        Opcode::CACHE | Opcode::RESERVED | Opcode::INTERPRETER_EXIT | Opcode::EXIT_INIT_CHECK | Opcode::ENTER_EXECUTOR
    )
}

/// What an operand is compared with, by far most often all that there is to check.
#[derive(Clone, Copy, Debug)]
#[repr(u8)]
pub(super) enum Limit {
    /// No operand is good without a closer look.
    Nothing,
    /// Every operand is good.
    All,
    Consts,
    Names,
    Slots,
    CompareOps,
    BinaryOps,
    SmallInts,
}

/// The limit of an opcode's operand, and how far the operand is shifted before. Says yes only where [`Operands::operand`] does
/// (a test compares them); what it leaves open is looked at there.
pub(super) const fn quick(op: Opcode) -> (u8, Limit) {
    match op.operand() {
        _ if matches!(op, Opcode::MAKE_FUNCTION | Opcode::CALL_KW | Opcode::MATCH_CLASS) => (0, Limit::Nothing),
        Operand::None | Operand::Count | Operand::UnpackEx | Operand::Reraise => (0, Limit::All),
        Operand::Const => (0, Limit::Consts),
        Operand::Name => (0, Limit::Names),
        Operand::NameNull | Operand::NameMethod => (1, Limit::Names),
        Operand::NameSuper => (2, Limit::Names),
        Operand::Local => (0, Limit::Slots),
        Operand::Compare => (5, Limit::CompareOps),
        Operand::BinaryOp => (0, Limit::BinaryOps),
        Operand::SmallInt => (0, Limit::SmallInts),
        _ => (0, Limit::Nothing),
    }
}

pub(super) struct Operands<'a, K> {
    /// By [`Limit`].
    limits: [u32; 8],
    parts: &'a Parts<'a>,
    layout: &'a Layout,
    kind: &'a K,
    /// The instruction before this one in the code.
    previous: Opcode,
    previous_oparg: u32,
    /// Nothing but COPY_FREE_VARS, MAKE_CELL and NOP so far.
    prologue: bool,
    saw_generator: bool,
    saw_free_vars: bool,
}

impl<'a, K: Fn(usize) -> ConstKind> Operands<'a, K> {
    pub fn new(parts: &'a Parts<'a>, layout: &'a Layout, kind: &'a K) -> Self {
        let (previous, previous_oparg) = (Opcode::NOP, 0);
        let count = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
        let limits = [
            0,
            u32::MAX,
            count(parts.n_consts),
            count(parts.n_names),
            count(parts.localspluskinds.len()),
            CompareOp::ALL.len() as u32,
            BinaryOp::ALL.len() as u32,
            256,
        ];
        Operands {
            limits,
            parts,
            layout,
            kind,
            previous,
            previous_oparg,
            prologue: true,
            saw_generator: false,
            saw_free_vars: false,
        }
    }

    #[inline]
    pub fn is_below(&self, operand: u32, limit: Limit) -> bool {
        self.limits.get(limit as usize).is_some_and(|&limit| operand < limit)
    }

    /// Checks the next instruction in the order of the code, and marks it and what it refers to. `end`: the unit behind its
    /// caches, `good`: the operand needs no closer look.
    #[inline]
    pub fn check(
        &mut self,
        units: &mut [Unit],
        i: &Instruction,
        end: usize,
        op: Opcode,
        operand: Operand,
        good: bool,
    ) -> Result<(), Box<Fault>> {
        if i.at != i.start && (i.at - i.start > 3 || i.oparg > i32::MAX as u32) {
            return bad_prefixes(*i, op);
        }
        if end > i.at + 1 {
            match self.parts.code.get(2 * i.at + 2..2 * end) {
                Some(caches) if caches.iter().fold(0, |all, byte| all | byte) == 0 => (),
                Some(_) => return bad_caches(*i, op, "are not zero"),
                None => return bad_caches(*i, op, "are cut off"),
            }
        }
        let mut mark = Unit::START;
        if self.prologue {
            mark |= self.prologue(i, op)?;
        } else if op == Opcode::RETURN_GENERATOR {
            return bad_generator(i.at, "RETURN_GENERATOR behind the prologue");
        }
        if !good && self.operand(units, i, end, op, operand)? {
            mark |= Unit::BOUND;
        }
        if let Some(unit) = units.get_mut(i.start) {
            unit.0 |= mark;
        }
        self.previous = op;
        self.previous_oparg = i.oparg;
        Ok(())
    }

    /// What must have been seen once the code is through.
    pub fn finish(&self) -> Result<(), Box<Fault>> {
        if self.layout.n_frees > 0 && !self.saw_free_vars {
            return fault(Rule::FreeVars, 0, format!("COPY_FREE_VARS of {} does not come first", self.layout.n_frees));
        }
        if self.layout.is_generator && !self.saw_generator {
            return fault(Rule::Generator, None, "the prologue has no RETURN_GENERATOR");
        }
        Ok(())
    }

    /// An instruction of the prologue, or the first behind it; the mark it gets.
    #[inline(never)]
    fn prologue(&mut self, i: &Instruction, op: Opcode) -> Result<u32, Box<Fault>> {
        self.prologue = matches!(op, Opcode::COPY_FREE_VARS | Opcode::MAKE_CELL | Opcode::NOP);
        if op == Opcode::RETURN_GENERATOR && !self.layout.is_generator {
            return fault(Rule::Generator, i.at * 2, "RETURN_GENERATOR in code that is no generator's");
        }
        self.saw_generator |= op == Opcode::RETURN_GENERATOR;
        self.saw_free_vars |= op == Opcode::COPY_FREE_VARS;
        // A generator is made once, free variables are copied once: nothing leads back before that.
        let once = self.layout.is_generator || op == Opcode::COPY_FREE_VARS;
        Ok(if once { Unit::BOUND } else { 0 })
    }

    /// Checks the operand; true if the instruction belongs to the one before it.
    #[inline(never)]
    pub(super) fn operand(
        &self,
        units: &mut [Unit],
        i: &Instruction,
        end: usize,
        op: Opcode,
        operand: Operand,
    ) -> Result<bool, Box<Fault>> {
        let oparg = i.oparg;
        let index = oparg as usize;
        let n_slots = self.parts.localspluskinds.len();
        let (good, rule) = match operand {
            Operand::None if op == Opcode::MAKE_FUNCTION => {
                return self.needs(i, op, |pass| pass.previous_const() == Some(ConstKind::Code));
            }
            Operand::None | Operand::Container | Operand::StackItem | Operand::UnpackEx | Operand::Reraise => {
                // COPY, SWAP and containers count from 1; the flow pass compares them with the depth.
                let counts = matches!(operand, Operand::Container | Operand::StackItem);
                (!counts || oparg > 0, Rule::Operand)
            }
            Operand::Count if op == Opcode::CALL_KW => {
                return self.needs(
                    i,
                    op,
                    |pass| matches!(pass.previous_const(), Some(ConstKind::StrTuple(n)) if n <= index),
                );
            }
            Operand::Count if op == Opcode::MATCH_CLASS => {
                return self.needs(i, op, |pass| matches!(pass.previous_const(), Some(ConstKind::StrTuple(_))));
            }
            Operand::Count => (true, Rule::Operand),
            Operand::Const => (index < self.parts.n_consts, Rule::ConstIndex),
            Operand::Name => (index < self.parts.n_names, Rule::NameIndex),
            Operand::NameNull | Operand::NameMethod => (index >> 1 < self.parts.n_names, Rule::NameIndex),
            Operand::NameSuper => (index >> 2 < self.parts.n_names, Rule::NameIndex),
            Operand::Local => (index < n_slots, Rule::LocalIndex),
            Operand::LocalPair => (index >> 4 < n_slots && index & 15 < n_slots, Rule::LocalIndex),
            Operand::Deref => {
                let kinds = CO_FAST_CELL | CO_FAST_FREE;
                (self.parts.localspluskinds.get(index).is_some_and(|kind| kind & kinds != 0), Rule::Deref)
            }
            Operand::JumpForward => (mark(units, end.checked_add(index), Unit::TARGET), Rule::JumpTarget),
            Operand::JumpBackward => (mark(units, end.checked_sub(index), Unit::TARGET), Rule::JumpTarget),
            // Not a way for control: it only has to be an instruction.
            Operand::AsyncFor => (mark(units, end.checked_sub(index), Unit::LOOP), Rule::JumpTarget),
            Operand::Compare => (CompareOp::from_number(oparg >> 5).is_some(), Rule::Operand),
            Operand::BinaryOp => (BinaryOp::from_number(oparg).is_some(), Rule::Operand),
            Operand::Intrinsic1 => (oparg > 0 && Intrinsic1::from_number(oparg).is_some(), Rule::Operand),
            Operand::Intrinsic2 => (oparg > 0 && Intrinsic2::from_number(oparg).is_some(), Rule::Operand),
            Operand::CommonConstant => (CommonConstant::from_number(oparg).is_some(), Rule::Operand),
            Operand::SpecialMethod => (SpecialMethod::from_number(oparg).is_some(), Rule::Operand),
            Operand::Conversion => (oparg > 0 && Conversion::from_number(oparg).is_some(), Rule::Operand),
            Operand::Interpolation => (Conversion::from_number(oparg >> 2).is_some(), Rule::Operand),
            Operand::FunctionAttribute if FunctionAttribute::from_number(oparg).is_some() => {
                return self.needs(i, op, |pass| {
                    matches!(pass.previous, Opcode::MAKE_FUNCTION | Opcode::SET_FUNCTION_ATTRIBUTE)
                });
            }
            Operand::FunctionAttribute => (false, Rule::Operand),
            Operand::SmallInt => (oparg < 256, Rule::Operand),
            Operand::SliceArgs => (oparg == 2 || oparg == 3, Rule::Operand),
            Operand::FreeVars => (i.start == 0 && oparg == self.layout.n_frees && oparg > 0, Rule::FreeVars),
            Operand::Invert => (oparg < 2, Rule::Operand),
            Operand::RaiseArgs | Operand::Awaitable => (oparg < 3, Rule::Operand),
            Operand::Yield if !self.layout.is_generator => (false, Rule::Generator),
            Operand::Yield => (oparg < 2, Rule::Operand),
            Operand::Resume => (oparg < 8, Rule::Operand),
            // Neither stands in a file: `opcode`.
            Operand::Label | Operand::Extended => (false, Rule::Opcode),
        };
        if op == Opcode::SEND && !self.layout.is_generator {
            return bad_generator(i.at, "SEND in code that is no generator's");
        }
        if good { Ok(false) } else { self.bad_operand(*i, op, rule) }
    }

    /// The instruction works on what the one before it has pushed.
    fn needs(&self, i: &Instruction, op: Opcode, holds: impl Fn(&Self) -> bool) -> Result<bool, Box<Fault>> {
        if holds(self) {
            return Ok(true);
        }
        let before = self.previous.name();
        fault(
            Rule::TypedConstant,
            i.at * 2,
            format!("{} {} follows {before} {}", op.name(), i.oparg, self.previous_oparg),
        )
    }

    fn previous_const(&self) -> Option<ConstKind> {
        // Its index is good: the instruction before was checked.
        (self.previous == Opcode::LOAD_CONST).then(|| (self.kind)(self.previous_oparg as usize))
    }

    #[cold]
    #[inline(never)]
    fn bad_operand(&self, i: Instruction, op: Opcode, rule: Rule) -> Result<bool, Box<Fault>> {
        let there_are = match rule {
            Rule::ConstIndex => format!(" with {} constants", self.parts.n_consts),
            Rule::NameIndex => format!(" with {} names", self.parts.n_names),
            Rule::LocalIndex | Rule::Deref => format!(" with {} slots", self.parts.localspluskinds.len()),
            Rule::FreeVars => format!(" with {} free variables", self.layout.n_frees),
            Rule::JumpTarget => format!(" in {} units", self.parts.code.len() / 2),
            _ => String::new(),
        };
        fault(rule, i.at * 2, format!("{} {}{there_are}", op.name(), i.oparg))
    }
}

#[inline]
fn mark(units: &mut [Unit], target: Option<usize>, mark: u32) -> bool {
    match target.and_then(|unit| units.get_mut(unit)) {
        Some(unit) => {
            unit.0 |= mark;
            true
        }
        None => false,
    }
}

#[cold]
#[inline(never)]
fn bad_generator<T>(at: usize, text: &str) -> Result<T, Box<Fault>> {
    fault(Rule::Generator, at * 2, text)
}

#[cold]
#[inline(never)]
fn bad_prefixes<T>(i: Instruction, op: Opcode) -> Result<T, Box<Fault>> {
    fault(Rule::ExtendedArg, i.start * 2, format!("{} prefixes to {}", i.at - i.start, op.name()))
}

#[cold]
#[inline(never)]
fn bad_caches<T>(i: Instruction, op: Opcode, what: &str) -> Result<T, Box<Fault>> {
    fault(Rule::Cache, i.at * 2, format!("the caches of {} {what}", op.name()))
}

#[cold]
#[inline(never)]
pub(super) fn bad_opcode<T>(i: Instruction) -> Result<T, Box<Fault>> {
    if i.op() == Some(Opcode::EXTENDED_ARG) {
        return fault(Rule::ExtendedArg, i.at * 2, "the code ends in EXTENDED_ARG");
    }
    let what = match i.op() {
        None => "is unknown".to_owned(),
        Some(op) => format!("({}) stands in no file", op.name()),
    };
    fault(Rule::Opcode, i.at * 2, format!("opcode {} {what}", i.byte))
}

/// Every jump, handler and boundary of the exception table is at the first unit of an instruction, and no jump leads
/// between two that belong together.
pub(super) fn check_targets(parts: &Parts<'_>, units: &[Unit], handlers: &[Handler]) -> Result<(), Box<Fault>> {
    // Bits only: the compiler makes vectors of it.
    let bad = |unit: &Unit| {
        let bit = |mask: u32| unit.0 >> mask.trailing_zeros() & 1;
        let led_to = bit(Unit::TARGET) | bit(Unit::HANDLER);
        let inside = bit(Unit::START) ^ 1;
        led_to & (inside | bit(Unit::BOUND)) | (bit(Unit::BOUNDARY) | bit(Unit::LOOP)) & inside
    };
    if units.iter().fold(0, |all, unit| all | bad(unit)) == 0 {
        return Ok(());
    }
    let Some(at) = units.iter().position(|unit| bad(unit) != 0) else { return Ok(()) };
    let unit = units.get(at).copied().unwrap_or_default();
    let text = if unit.is_start() {
        "is led to, but belongs to the instruction before it or to the prologue"
    } else {
        "is inside an instruction"
    };
    // Say who leads there, if it is a jump.
    let jump = crate::opcode::instructions(parts.code).find(|i| {
        let op = i.op().map(Opcode::operand);
        op == Some(Operand::JumpForward) && i.end() + i.oparg as usize == at
            || op == Some(Operand::JumpBackward) && i.end().checked_sub(i.oparg as usize) == Some(at)
    });
    match jump {
        _ if !unit.is_target() => {
            let entry = handlers.iter().position(|h| h.start as usize == at || h.end as usize == at);
            match entry {
                Some(entry) => fault(Rule::ExceptionTable, at * 2, format!("a boundary of entry {entry} {text}")),
                None => fault(Rule::JumpTarget, at * 2, format!("unit {at}, a loop of END_ASYNC_FOR, {text}")),
            }
        }
        Some(jump) => fault(Rule::JumpTarget, jump.at * 2, format!("unit {at} {text}")),
        None => fault(Rule::JumpTarget, at * 2, format!("unit {at}, a handler, {text}")),
    }
}
