//! Rewrites of neighbouring instructions within a block, and jumps to jumps.
//!
//! Invariant: code never grows but for a threaded jump; what falls away becomes a NOP in its place.

use super::cfg::{BlockId, Cfg, Instr, LOAD, LOADS_CONST, LOCAL, Malformed, REWRITTEN, facts};
use super::consts::{self, Consts};
use crate::ast::Loc;
use pyc_format::opcode::{COMPARE_TO_BOOL, Intrinsic1, Opcode};

const LIST_TO_TUPLE: u32 = Intrinsic1::INTRINSIC_LIST_TO_TUPLE.number();
const UNARY_POSITIVE: u32 = Intrinsic1::INTRINSIC_UNARY_POSITIVE.number();

/// Whether some rewrite of this file starts at the opcode.
pub(super) const fn starts_rewrite(opcode: Opcode) -> bool {
    matches!(
        opcode,
        Opcode::BUILD_TUPLE
            | Opcode::BUILD_LIST
            | Opcode::BUILD_SET
            | Opcode::LIST_APPEND
            | Opcode::SET_ADD
            | Opcode::STORE_FAST
            | Opcode::SWAP
            | Opcode::LOAD_GLOBAL
            | Opcode::COMPARE_OP
            | Opcode::CONTAINS_OP
            | Opcode::IS_OP
            | Opcode::TO_BOOL
            | Opcode::UNARY_NOT
            | Opcode::UNARY_INVERT
            | Opcode::UNARY_NEGATIVE
            | Opcode::CALL_INTRINSIC_1
            | Opcode::BINARY_OP
            | Opcode::POP_JUMP_IF_NOT_NONE
            | Opcode::POP_JUMP_IF_NONE
            | Opcode::POP_JUMP_IF_FALSE
            | Opcode::POP_JUMP_IF_TRUE
            | Opcode::JUMP_IF_FALSE
            | Opcode::JUMP_IF_TRUE
            | Opcode::JUMP
            | Opcode::JUMP_NO_INTERRUPT
    )
}

/// Buffers of this pass.
#[derive(Debug, Default)]
pub(super) struct Scratch {
    found: Vec<usize>,
    stack: Vec<u32>,
}

impl Cfg {
    /// `optimize_basic_block`
    pub(super) fn optimize_basic_block(
        &mut self,
        b: BlockId,
        consts: &mut Consts<'_, '_>,
        scratch: &mut Scratch,
    ) -> Result<(), Malformed> {
        if self.block(b).facts & REWRITTEN == 0 {
            return Ok(());
        }
        // An empty display becomes a constant without there having been one.
        self.block_mut(b).facts |= LOADS_CONST;
        let mut i = 0;
        let mut has_swap = false;
        while let Some(skip) = self.instrs(b)[i..].iter().position(|instr| facts(instr.opcode) & REWRITTEN != 0) {
            i += skip;
            let instr = &self.instrs(b)[i];
            if instr.has_target() {
                // A rewritten jump is looked at again.
                if !self.optimize_jump(b, i)? {
                    i += 1;
                }
            } else {
                has_swap |= optimize_instr(self.instrs_mut(b), i, consts, &mut scratch.found)?;
                i += 1;
            }
        }
        if has_swap {
            let instrs = self.instrs_mut(b);
            let mut i = 0;
            while i < instrs.len() {
                if instrs[i].opcode == Opcode::SWAP {
                    i += swaptimize(&mut instrs[i..], &mut scratch.stack)?;
                    apply_static_swaps(instrs, i);
                }
                i += 1;
            }
        }
        Ok(())
    }

    /// A jump whose target starts with a jump. Whether the instruction at `i` is another one now.
    fn optimize_jump(&mut self, b: BlockId, i: usize) -> Result<bool, Malformed> {
        let instr = self.instrs(b)[i];
        let Some(&target) = self.instrs(instr.target).first() else { return Err(Malformed) };
        let threaded = match (instr.opcode, target.opcode) {
            (
                Opcode::POP_JUMP_IF_NOT_NONE
                | Opcode::POP_JUMP_IF_NONE
                | Opcode::POP_JUMP_IF_FALSE
                | Opcode::POP_JUMP_IF_TRUE,
                Opcode::JUMP,
            ) => instr.opcode,
            (Opcode::JUMP_IF_FALSE, Opcode::JUMP | Opcode::JUMP_IF_FALSE)
            | (Opcode::JUMP_IF_TRUE, Opcode::JUMP | Opcode::JUMP_IF_TRUE) => instr.opcode,
            (Opcode::JUMP_IF_FALSE, Opcode::JUMP_IF_TRUE) | (Opcode::JUMP_IF_TRUE, Opcode::JUMP_IF_FALSE) => {
                let after = self.next(instr.target);
                if after.is_none() {
                    return Err(Malformed);
                }
                self.instrs_mut(b)[i].target = after;
                return Ok(true);
            }
            (Opcode::JUMP | Opcode::JUMP_NO_INTERRUPT, Opcode::JUMP) => Opcode::JUMP,
            (Opcode::JUMP | Opcode::JUMP_NO_INTERRUPT, Opcode::JUMP_NO_INTERRUPT) => instr.opcode,
            _ => return Ok(false),
        };
        // A jump to itself would be threaded for ever.
        if instr.target == target.target {
            return Ok(false);
        }
        self.instrs_mut(b)[i].set_nop();
        self.add(b, threaded, 0, target.target, target.loc);
        Ok(true)
    }
}

/// The rewrites of one instruction that is not a jump. Whether it is a SWAP that stays, or became one.
fn optimize_instr(
    instrs: &mut [Instr],
    i: usize,
    consts: &mut Consts<'_, '_>,
    found: &mut Vec<usize>,
) -> Result<bool, Malformed> {
    let Instr { opcode, oparg, loc, .. } = instrs[i];
    // CPython's 0 for "none" is CACHE's number.
    let (next, next_oparg, next_line) = match instrs.get(i + 1) {
        Some(next) => (next.opcode, next.oparg, next.loc.lineno),
        None => (Opcode::CACHE, 0, Loc::NONE.lineno),
    };
    // Turns the instruction into a NOP and what follows into `$new`.
    macro_rules! merge_into_next {
        ($new:expr, $oparg:expr) => {{
            instrs[i].set_nop();
            instrs[i + 1].set($new, $oparg);
        }};
    }
    match opcode {
        Opcode::BUILD_TUPLE => {
            if next == Opcode::UNPACK_SEQUENCE && next_oparg == oparg {
                match oparg {
                    1 => {
                        merge_into_next!(Opcode::NOP, 0);
                        return Ok(false);
                    }
                    2 | 3 => {
                        merge_into_next!(Opcode::SWAP, oparg);
                        return Ok(true);
                    }
                    _ => {}
                }
            }
            consts::fold_tuple_of_constants(instrs, i, consts, found)?;
        }
        Opcode::BUILD_LIST | Opcode::BUILD_SET => {
            consts::optimize_lists_and_sets(instrs, i, next, consts, found)?;
        }
        Opcode::LIST_APPEND | Opcode::SET_ADD
            if oparg == 1 && matches!(next, Opcode::GET_ITER | Opcode::CONTAINS_OP) =>
        {
            consts::fold_long_display(instrs, i, consts, found)?;
        }
        Opcode::STORE_FAST => {
            if next == opcode && next_oparg == oparg && next_line == loc.lineno {
                instrs[i].set(Opcode::POP_TOP, 0);
            }
        }
        Opcode::SWAP => {
            if oparg == 1 {
                instrs[i].set_nop();
            } else {
                return Ok(true);
            }
        }
        Opcode::LOAD_GLOBAL => {
            if next == Opcode::PUSH_NULL && oparg & 1 == 0 {
                instrs[i].oparg = oparg | 1;
                instrs[i + 1].set_nop();
            }
        }
        Opcode::COMPARE_OP => {
            if next == Opcode::TO_BOOL {
                merge_into_next!(Opcode::COMPARE_OP, oparg | COMPARE_TO_BOOL);
            }
        }
        Opcode::CONTAINS_OP | Opcode::IS_OP => match next {
            Opcode::TO_BOOL => merge_into_next!(opcode, oparg),
            Opcode::UNARY_NOT => merge_into_next!(opcode, oparg ^ 1),
            _ => {}
        },
        Opcode::TO_BOOL => {
            if next == Opcode::TO_BOOL {
                instrs[i].set_nop();
            }
        }
        Opcode::UNARY_NOT => match next {
            Opcode::TO_BOOL => merge_into_next!(Opcode::UNARY_NOT, 0),
            Opcode::UNARY_NOT => merge_into_next!(Opcode::NOP, 0),
            _ => consts::fold_const_unaryop(instrs, i, consts, found)?,
        },
        Opcode::UNARY_INVERT | Opcode::UNARY_NEGATIVE => consts::fold_const_unaryop(instrs, i, consts, found)?,
        Opcode::CALL_INTRINSIC_1 => match oparg {
            LIST_TO_TUPLE => {
                // Iterating needs no tuple.
                if !consts::fold_list_to_tuple(instrs, i, consts, found)? && next == Opcode::GET_ITER {
                    instrs[i].set_nop();
                }
            }
            UNARY_POSITIVE => consts::fold_const_unaryop(instrs, i, consts, found)?,
            _ => {}
        },
        Opcode::BINARY_OP => consts::fold_const_binop(instrs, i, consts, found)?,
        _ => {}
    }
    Ok(false)
}

/// `swaptimize`: replaces the run of SWAPs and NOPs at the start by a shortest one of the same effect. How far it looked,
/// less one.
fn swaptimize(instrs: &mut [Instr], stack: &mut Vec<u32>) -> Result<usize, Malformed> {
    let len = instrs.iter().take_while(|instr| matches!(instr.opcode, Opcode::SWAP | Opcode::NOP)).count();
    let run = &mut instrs[..len];
    let swaps = run.iter().filter(|instr| instr.opcode == Opcode::SWAP);
    if swaps.clone().count() < 2 {
        return Ok(0);
    }
    let depth = swaps.map(|instr| instr.oparg).max().unwrap_or(0);
    // What the run does to the stack; the top is number 0.
    stack.clear();
    stack.extend(0..depth);
    for instr in run.iter().filter(|instr| instr.opcode == Opcode::SWAP) {
        let at = (instr.oparg as usize).checked_sub(1).ok_or(Malformed)?;
        stack.swap(0, at);
    }
    // A permutation is undone cycle by cycle with swaps of the top, so written from the end it is done.
    const VISITED: u32 = u32::MAX;
    let mut current = len;
    for i in 0..depth {
        if stack[i as usize] == VISITED || stack[i as usize] == i {
            continue;
        }
        let mut j = i;
        loop {
            if j != 0 {
                current = current.checked_sub(1).ok_or(Malformed)?;
                run[current].set(Opcode::SWAP, j + 1);
            }
            let next = std::mem::replace(&mut stack[j as usize], VISITED);
            if next == VISITED {
                break;
            }
            j = next;
        }
    }
    for instr in &mut run[..current] {
        instr.set_nop();
    }
    Ok(len - 1)
}

/// Instructions that may change places: they take the top of the stack and run no code.
fn swappable(opcode: Opcode) -> bool {
    matches!(opcode, Opcode::STORE_FAST | Opcode::STORE_FAST_MAYBE_NULL | Opcode::POP_TOP)
}

fn stores_to(instr: Instr) -> Option<u32> {
    matches!(instr.opcode, Opcode::STORE_FAST | Opcode::STORE_FAST_MAYBE_NULL).then_some(instr.oparg)
}

/// `next_swappable_instruction`; `lineno` is the line to stay on, if it matters.
fn next_swappable(instrs: &[Instr], after: usize, lineno: Option<i32>) -> Option<usize> {
    for (i, instr) in instrs.iter().enumerate().skip(after + 1) {
        if lineno.is_some_and(|line| line >= 0 && line != instr.loc.lineno) {
            return None;
        }
        if instr.opcode == Opcode::NOP {
            continue;
        }
        return swappable(instr.opcode).then_some(i);
    }
    None
}

/// `apply_static_swaps`: swaps instructions instead of stack items.
fn apply_static_swaps(instrs: &mut [Instr], from: usize) {
    for i in (0..=from).rev() {
        let swap = instrs[i];
        if swap.opcode != Opcode::SWAP {
            if swap.opcode == Opcode::NOP || swappable(swap.opcode) {
                continue;
            }
            return;
        }
        let Some(j) = next_swappable(instrs, i, None) else { return };
        let line = instrs[j].loc.lineno;
        let mut k = j;
        for _ in 1..swap.oparg {
            match next_swappable(instrs, k, Some(line)) {
                Some(next) => k = next,
                None => return,
            }
        }
        // Stores to one local keep their order.
        let (store_j, store_k) = (stores_to(instrs[j]), stores_to(instrs[k]));
        if store_j.is_some() || store_k.is_some() {
            if store_j == store_k {
                return;
            }
            let between = instrs.get(j + 1..k).unwrap_or_default();
            if between.iter().any(|&instr| {
                let store = stores_to(instr);
                store.is_some() && (store == store_j || store == store_k)
            }) {
                return;
            }
        }
        instrs[i].set_nop();
        instrs.swap(j, k);
    }
}

/// `insert_superinstructions`
pub(super) fn insert_superinstructions(cfg: &mut Cfg) {
    let mut b = BlockId::ENTRY;
    while b.is_some() {
        // STORE_FAST alone is LOCAL.
        if cfg.block(b).facts & (LOAD | LOCAL) == 0 {
            b = cfg.next(b);
            continue;
        }
        let mut made = false;
        let instrs = cfg.instrs_mut(b);
        for i in 1..instrs.len() {
            let [first, second] = &mut instrs[i - 1..=i] else { continue };
            let superinstruction = match (first.opcode, second.opcode) {
                (Opcode::LOAD_FAST, Opcode::LOAD_FAST) => Opcode::LOAD_FAST_LOAD_FAST,
                (Opcode::STORE_FAST, Opcode::LOAD_FAST) => Opcode::STORE_FAST_LOAD_FAST,
                (Opcode::STORE_FAST, Opcode::STORE_FAST) => Opcode::STORE_FAST_STORE_FAST,
                _ => continue,
            };
            let (line, next_line) = (first.loc.lineno, second.loc.lineno);
            let same_line = line < 0 || next_line < 0 || line == next_line;
            if same_line && first.oparg < 16 && second.oparg < 16 {
                first.set(superinstruction, first.oparg << 4 | second.oparg);
                second.set_nop();
                made = true;
            }
        }
        // Other blocks have had theirs removed, and their lines are as they were.
        if made {
            cfg.block_mut(b).nops = true;
            cfg.remove_redundant_nops_in(b);
        }
        b = cfg.next(b);
    }
}
