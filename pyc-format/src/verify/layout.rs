//! The layout of a code object: counts, flags and the slots of `localsplus`.
//!
//! Invariant: after this, an index below the number of slots is a slot of the frame, whose kind is known.

use super::{Fault, Parts, Rule, Unit, fault};
use crate::code::{
    CO_ASYNC_GENERATOR, CO_COROUTINE, CO_FAST_ARG, CO_FAST_ARG_KW, CO_FAST_ARG_POS, CO_FAST_ARG_VAR, CO_FAST_CELL,
    CO_FAST_FREE, CO_FAST_HIDDEN, CO_FAST_LOCAL, CO_GENERATOR, CO_VARARGS, CO_VARKEYWORDS,
};

pub(super) struct Layout {
    pub n_units: usize,
    pub n_locals: u32,
    pub n_cells: u32,
    pub n_frees: u32,
    pub is_generator: bool,
}

pub(super) fn check(parts: &Parts<'_>) -> Result<Layout, Box<Fault>> {
    let counts = [
        ("argcount", parts.argcount),
        ("posonlyargcount", parts.posonlyargcount),
        ("kwonlyargcount", parts.kwonlyargcount),
        ("stacksize", parts.stacksize),
        ("flags", parts.flags),
    ];
    for (name, value) in counts {
        if value < 0 {
            return fault(Rule::Counts, None, format!("co_{name} is {value}"));
        }
    }
    if parts.posonlyargcount > parts.argcount {
        let (posonly, all) = (parts.posonlyargcount, parts.argcount);
        return fault(Rule::Counts, None, format!("{posonly} of {all} arguments are positional-only"));
    }
    let slots = parts.localspluskinds.len();
    if parts.n_localsplusnames != slots {
        return fault(Rule::LocalsCount, None, format!("{} names for {slots} slots", parts.n_localsplusnames));
    }
    if slots as u64 + parts.stacksize as u64 > u64::from(Unit::DEPTH) {
        return fault(Rule::FrameSize, None, format!("{slots} locals and a stack of {}", parts.stacksize));
    }
    let is_generator = match parts.flags & (CO_GENERATOR | CO_COROUTINE | CO_ASYNC_GENERATOR) {
        0 => false,
        CO_GENERATOR | CO_COROUTINE | CO_ASYNC_GENERATOR => true,
        _ => {
            return fault(
                Rule::Generator,
                None,
                format!("flags {:#x} name more than one kind of generator", parts.flags),
            );
        }
    };
    let n_units = parts.code.len() / 2;
    if n_units == 0 || !parts.code.len().is_multiple_of(2) || n_units >= 1 << 30 {
        return fault(Rule::CodeSize, None, format!("the code is {} bytes", parts.code.len()));
    }
    let (n_locals, n_cells, n_frees) = check_slots(parts)?;
    Ok(Layout { n_units, n_locals, n_cells, n_frees, is_generator })
}

/// Counts of locals, cells that are no locals, and free variables.
fn check_slots(parts: &Parts<'_>) -> Result<(u32, u32, u32), Box<Fault>> {
    // The argument bits that the first slots have, run by run.
    let posonly = parts.posonlyargcount as u64;
    let runs = [
        (posonly, CO_FAST_ARG_POS),
        (parts.argcount as u64 - posonly, CO_FAST_ARG_POS | CO_FAST_ARG_KW),
        (parts.kwonlyargcount as u64, CO_FAST_ARG_KW),
        (u64::from(parts.flags & CO_VARARGS != 0), CO_FAST_ARG_VAR | CO_FAST_ARG_POS),
        (u64::from(parts.flags & CO_VARKEYWORDS != 0), CO_FAST_ARG_VAR | CO_FAST_ARG_KW),
    ];
    let n_args: u64 = runs.iter().map(|&(count, _)| count).sum();
    let mut expected = runs.iter().flat_map(|&(count, bits)| std::iter::repeat_n(bits, count as usize));
    let (mut n_locals, mut n_cells, mut n_frees) = (0, 0, 0);
    for (slot, &kind) in parts.localspluskinds.iter().enumerate() {
        let bad = || fault(Rule::LocalsKind, slot, format!("slot {slot} is of kind {kind:#x}"));
        // `code.replace` and `types.CodeType` make slots without argument bits.
        let argument = kind & CO_FAST_ARG;
        if kind & !(CO_FAST_ARG | CO_FAST_HIDDEN | CO_FAST_LOCAL | CO_FAST_CELL | CO_FAST_FREE) != 0
            || argument != expected.next().unwrap_or(0) && argument != 0
        {
            return bad();
        }
        match kind & (CO_FAST_LOCAL | CO_FAST_CELL | CO_FAST_FREE) {
            // An argument or local that is a cell too has both bits: 0x60.
            CO_FAST_LOCAL | 0x60 if n_cells + n_frees == 0 => n_locals += 1,
            CO_FAST_CELL if n_frees == 0 => n_cells += 1,
            CO_FAST_FREE => n_frees += 1,
            _ => return bad(),
        }
    }
    if n_args > n_locals {
        return fault(Rule::LocalsCount, None, format!("{n_args} arguments in {n_locals} locals"));
    }
    // The sum is below 2**24: `frame-size`.
    Ok((n_locals as u32, n_cells, n_frees))
}
