//! Constants of one code unit: folding of what is made of constants alone, and removal of those that are not used.
//!
//! Invariant: a folded constant enters the const cache without its items, at the end of the unit's constants; its
//! operands become NOPs without location, so that they leave no line behind.

use super::cfg::{BlockId, Cfg, Instr, LOADS_CONST, Malformed};
use crate::ast::{Int, Loc};
use crate::constants::{ObjId, Object, Objects};
use crate::fold::{self, Unary};
use pyc_format::opcode::{BinaryOp, Intrinsic1, Opcode};

/// Longest display whose items all stand on the stack (`_PY_STACK_USE_GUIDELINE`).
const STACK_USE_GUIDELINE: usize = 30;
/// Shorter displays of constants are built item by item.
const MIN_CONST_SEQUENCE_SIZE: usize = 3;

/// `co_consts` of the unit in hand.
pub(super) struct Consts<'c, 'a> {
    pub objects: &'c mut Objects<'a>,
    pub list: &'c mut Vec<ObjId>,
    pub slots: &'c mut Slots,
}

/// Which slot of the list an object has: by object, valid if it bears the current unit's stamp.
#[derive(Debug, Default)]
pub(super) struct Slots {
    rows: Vec<(u32, u32)>,
    stamp: u32,
}

impl Slots {
    pub fn start(&mut self, list: &[ObjId]) {
        self.stamp = self.stamp.wrapping_add(1);
        if self.stamp == 0 {
            self.rows.clear();
            self.stamp = 1;
        }
        for (slot, &id) in list.iter().enumerate() {
            if self.get(id).is_none() {
                self.set(id, slot as u32);
            }
        }
    }

    fn get(&self, id: ObjId) -> Option<u32> {
        self.rows.get(id.0 as usize).filter(|row| row.0 == self.stamp).map(|row| row.1)
    }

    fn set(&mut self, id: ObjId, slot: u32) {
        let at = id.0 as usize;
        if self.rows.len() <= at {
            self.rows.resize(at + 64, (0, 0));
        }
        if let Some(row) = self.rows.get_mut(at) {
            *row = (self.stamp, slot);
        }
    }
}

pub(super) fn loads_const(opcode: Opcode) -> bool {
    matches!(opcode, Opcode::LOAD_CONST | Opcode::LOAD_SMALL_INT)
}

impl Consts<'_, '_> {
    /// `get_const_value`
    fn value(&mut self, instr: Instr) -> Result<ObjId, Malformed> {
        if instr.opcode == Opcode::LOAD_SMALL_INT {
            return Ok(self.objects.int(i64::from(instr.oparg)));
        }
        self.list.get(instr.oparg as usize).copied().ok_or(Malformed)
    }

    /// `add_const`: the slot of a constant.
    fn add(&mut self, id: ObjId) -> u32 {
        let id = self.objects.merge_shallow(id);
        if let Some(slot) = self.slots.get(id) {
            return slot;
        }
        let slot = self.list.len() as u32;
        self.list.push(id);
        self.slots.set(id, slot);
        slot
    }

    /// What `maybe_instr_make_load_smallint` loads.
    fn small_int(&self, id: ObjId) -> Option<u32> {
        match self.objects.get(id) {
            Object::Int(Int::Small(value @ 0..=255)) => Some(value as u32),
            _ => None,
        }
    }

    /// `instr_make_load_const`
    fn load(&mut self, instr: &mut Instr, id: ObjId) {
        match self.small_int(id) {
            Some(value) => instr.set(Opcode::LOAD_SMALL_INT, value),
            None => {
                let slot = self.add(id);
                instr.set(Opcode::LOAD_CONST, slot);
            }
        }
    }
}

/// `get_const_loading_instrs`: the `size` instructions before `end`, NOPs aside, if all load constants. In order.
fn const_loading_instrs(instrs: &[Instr], end: usize, size: usize, found: &mut Vec<usize>) -> bool {
    found.clear();
    for (at, instr) in instrs.iter().enumerate().take(end).rev() {
        if found.len() == size {
            break;
        }
        if loads_const(instr.opcode) {
            found.push(at);
        } else if instr.opcode != Opcode::NOP {
            return false;
        }
    }
    found.reverse();
    found.len() == size
}

fn nop_out(instr: &mut Instr) {
    instr.set_nop();
    instr.loc = Loc::NONE;
}

/// `fold_tuple_of_constants`: BUILD_TUPLE at `i` of constants.
pub(super) fn fold_tuple_of_constants(
    instrs: &mut [Instr],
    i: usize,
    consts: &mut Consts<'_, '_>,
    found: &mut Vec<usize>,
) -> Result<(), Malformed> {
    let size = instrs[i].oparg as usize;
    if size > STACK_USE_GUIDELINE || !const_loading_instrs(instrs, i, size, found) {
        return Ok(());
    }
    let mut items = Vec::with_capacity(size);
    for &at in &*found {
        items.push(consts.value(instrs[at])?);
        nop_out(&mut instrs[at]);
    }
    let tuple = consts.objects.tuple(&items);
    consts.load(&mut instrs[i], tuple);
    Ok(())
}

/// Where the items of a display that is built one by one are: BUILD_LIST 0 or BUILD_SET 0, then constant and append in
/// turn, up to before `end`.
fn appended_constants(
    instrs: &[Instr],
    end: usize,
    build: Opcode,
    append: Opcode,
    found: &mut Vec<usize>,
) -> Option<usize> {
    found.clear();
    let mut expect_append = true;
    for (at, instr) in instrs.iter().enumerate().take(end).rev() {
        if instr.opcode == Opcode::NOP {
            continue;
        }
        if instr.opcode == build && instr.oparg == 0 {
            found.reverse();
            return expect_append.then_some(at);
        }
        if expect_append {
            if instr.opcode != append || instr.oparg != 1 {
                return None;
            }
        } else {
            if !loads_const(instr.opcode) {
                return None;
            }
            found.push(at);
        }
        expect_append = !expect_append;
    }
    None
}

/// Folds the run that [`appended_constants`] finds before `end` into one constant, loaded at `i`.
fn fold_appended_constants(
    instrs: &mut [Instr],
    i: usize,
    end: usize,
    (build, append): (Opcode, Opcode),
    consts: &mut Consts<'_, '_>,
    found: &mut Vec<usize>,
) -> Result<bool, Malformed> {
    let Some(start) = appended_constants(instrs, end, build, append, found) else { return Ok(false) };
    let mut items = Vec::with_capacity(found.len());
    for &at in &*found {
        items.push(consts.value(instrs[at])?);
    }
    for instr in &mut instrs[start..end] {
        if instr.opcode != Opcode::NOP {
            nop_out(instr);
        }
    }
    let value =
        if build == Opcode::BUILD_SET { consts.objects.frozenset(&items) } else { consts.objects.tuple(&items) };
    consts.load(&mut instrs[i], value);
    Ok(true)
}

/// `fold_constant_intrinsic_list_to_tuple`: a tuple display of more constants than the stack takes.
pub(super) fn fold_list_to_tuple(
    instrs: &mut [Instr],
    i: usize,
    consts: &mut Consts<'_, '_>,
    found: &mut Vec<usize>,
) -> Result<bool, Malformed> {
    fold_appended_constants(instrs, i, i, (Opcode::BUILD_LIST, Opcode::LIST_APPEND), consts, found)
}

/// The last LIST_APPEND or SET_ADD of a long display that is only iterated or searched (since 3.14.8): the constant is
/// loaded in place of that instruction, which loses its location like the others.
pub(super) fn fold_long_display(
    instrs: &mut [Instr],
    i: usize,
    consts: &mut Consts<'_, '_>,
    found: &mut Vec<usize>,
) -> Result<bool, Malformed> {
    let kinds = match instrs[i].opcode {
        Opcode::SET_ADD => (Opcode::BUILD_SET, Opcode::SET_ADD),
        _ => (Opcode::BUILD_LIST, Opcode::LIST_APPEND),
    };
    fold_appended_constants(instrs, i, i + 1, kinds, consts, found)
}

/// `optimize_lists_and_sets`: BUILD_LIST or BUILD_SET at `i`.
pub(super) fn optimize_lists_and_sets(
    instrs: &mut [Instr],
    i: usize,
    next: Opcode,
    consts: &mut Consts<'_, '_>,
    found: &mut Vec<usize>,
) -> Result<(), Malformed> {
    let Instr { opcode, oparg, loc, .. } = instrs[i];
    let contains_or_iter = matches!(next, Opcode::GET_ITER | Opcode::CONTAINS_OP);
    let size = oparg as usize;
    if size > STACK_USE_GUIDELINE || size < MIN_CONST_SEQUENCE_SIZE && !contains_or_iter {
        return Ok(());
    }
    if !const_loading_instrs(instrs, i, size, found) {
        if contains_or_iter && opcode == Opcode::BUILD_LIST {
            instrs[i].opcode = Opcode::BUILD_TUPLE;
        }
        return Ok(());
    }
    let mut items = Vec::with_capacity(size);
    for &at in &*found {
        items.push(consts.value(instrs[at])?);
        nop_out(&mut instrs[at]);
    }
    let is_set = opcode == Opcode::BUILD_SET;
    let value = if is_set { consts.objects.frozenset(&items) } else { consts.objects.tuple(&items) };
    let slot = consts.add(value);
    if contains_or_iter {
        instrs[i].set(Opcode::LOAD_CONST, slot);
    } else {
        let [.., build, load, extend] = &mut instrs[..=i] else { return Err(Malformed) };
        build.loc = loc;
        build.set(opcode, 0);
        load.set(Opcode::LOAD_CONST, slot);
        extend.set(if is_set { Opcode::SET_UPDATE } else { Opcode::LIST_EXTEND }, 1);
    }
    Ok(())
}

/// `fold_const_binop`
pub(super) fn fold_const_binop(
    instrs: &mut [Instr],
    i: usize,
    consts: &mut Consts<'_, '_>,
    found: &mut Vec<usize>,
) -> Result<(), Malformed> {
    if !const_loading_instrs(instrs, i, 2, found) {
        return Ok(());
    }
    let [left, right] = found[..] else { return Ok(()) };
    let Some(op) = BinaryOp::from_number(instrs[i].oparg) else { return Err(Malformed) };
    let (lhs, rhs) = (consts.value(instrs[left])?, consts.value(instrs[right])?);
    if let Some(value) = fold::binary(consts.objects, lhs, op, rhs) {
        nop_out(&mut instrs[left]);
        nop_out(&mut instrs[right]);
        consts.load(&mut instrs[i], value);
    }
    Ok(())
}

/// `fold_const_unaryop`
pub(super) fn fold_const_unaryop(
    instrs: &mut [Instr],
    i: usize,
    consts: &mut Consts<'_, '_>,
    found: &mut Vec<usize>,
) -> Result<(), Malformed> {
    if !const_loading_instrs(instrs, i, 1, found) {
        return Ok(());
    }
    let [operand] = found[..] else { return Ok(()) };
    let op = match instrs[i].opcode {
        Opcode::UNARY_NEGATIVE => Unary::Negative,
        Opcode::UNARY_INVERT => Unary::Invert,
        Opcode::UNARY_NOT => Unary::Not,
        Opcode::CALL_INTRINSIC_1 if instrs[i].oparg == Intrinsic1::INTRINSIC_UNARY_POSITIVE.number() => Unary::Positive,
        _ => return Ok(()),
    };
    let value = consts.value(instrs[operand])?;
    if let Some(value) = fold::unary(consts.objects, op, value) {
        nop_out(&mut instrs[operand]);
        consts.load(&mut instrs[i], value);
    }
    Ok(())
}

/// `basicblock_optimize_load_const`
pub(super) fn optimize_load_const(instrs: &mut [Instr], consts: &mut Consts<'_, '_>) -> Result<(), Malformed> {
    // The constant on top of the stack: this instruction's, or the one that it copies.
    let mut loaded = Instr::UNUSED;
    for i in 0..instrs.len() {
        let mut instr = instrs[i];
        if instr.opcode == Opcode::LOAD_CONST {
            let id = consts.value(instr)?;
            if let Some(value) = consts.small_int(id) {
                instr.set(Opcode::LOAD_SMALL_INT, value);
                instrs[i] = instr;
            }
        }
        if !(loaded.opcode == Opcode::LOAD_CONST && instr.opcode == Opcode::COPY && instr.oparg == 1) {
            loaded = instr;
        }
        if !loads_const(loaded.opcode) {
            continue;
        }
        let [this, rest @ ..] = &mut instrs[i..] else { continue };
        let Some(next) = rest.first_mut() else { continue };
        match next.opcode {
            Opcode::POP_JUMP_IF_FALSE | Opcode::POP_JUMP_IF_TRUE | Opcode::JUMP_IF_FALSE | Opcode::JUMP_IF_TRUE => {
                let id = consts.value(loaded)?;
                if matches!(next.opcode, Opcode::POP_JUMP_IF_FALSE | Opcode::POP_JUMP_IF_TRUE) {
                    this.set_nop();
                }
                let jump_if_true = matches!(next.opcode, Opcode::POP_JUMP_IF_TRUE | Opcode::JUMP_IF_TRUE);
                if fold::is_true(consts.objects, id) == jump_if_true {
                    next.opcode = Opcode::JUMP;
                } else {
                    next.set_nop();
                }
            }
            Opcode::IS_OP => {
                if consts.value(loaded)? == ObjId::NONE {
                    fold_is_none(this, rest);
                }
            }
            Opcode::TO_BOOL => {
                let id = consts.value(loaded)?;
                let slot = consts.add(ObjId::bool(fold::is_true(consts.objects, id)));
                this.set_nop();
                next.set(Opcode::LOAD_CONST, slot);
            }
            _ => {}
        }
    }
    Ok(())
}

/// `x is None`, `x is not None` before a conditional jump: POP_JUMP_IF_NONE, POP_JUMP_IF_NOT_NONE.
fn fold_is_none(load: &mut Instr, rest: &mut [Instr]) {
    let [is_op, rest @ ..] = rest else { return };
    let jump = match rest {
        [to_bool, rest @ ..] if to_bool.opcode == Opcode::TO_BOOL => {
            to_bool.set_nop();
            rest.first_mut()
        }
        rest => rest.first_mut(),
    };
    let Some(jump) = jump else { return };
    let invert = match jump.opcode {
        Opcode::POP_JUMP_IF_TRUE => is_op.oparg != 0,
        Opcode::POP_JUMP_IF_FALSE => is_op.oparg == 0,
        _ => return,
    };
    load.set_nop();
    is_op.set_nop();
    jump.opcode = if invert { Opcode::POP_JUMP_IF_NOT_NONE } else { Opcode::POP_JUMP_IF_NONE };
}

/// `remove_unused_consts`: the first constant stays whether it is used or not, it may be the docstring.
pub(super) fn remove_unused_consts(cfg: &mut Cfg, list: &mut Vec<ObjId>, map: &mut Vec<u32>) -> Result<(), Malformed> {
    if list.is_empty() {
        return Ok(());
    }
    const UNUSED: u32 = u32::MAX;
    map.clear();
    map.resize(list.len(), UNUSED);
    if let Some(first) = map.first_mut() {
        *first = 0;
    }
    let mut b = BlockId::ENTRY;
    while b.is_some() {
        let instrs = if cfg.block(b).facts & LOADS_CONST != 0 { cfg.instrs(b) } else { &[] };
        for instr in instrs {
            if instr.opcode == Opcode::LOAD_CONST {
                *map.get_mut(instr.oparg as usize).ok_or(Malformed)? = 0;
            }
        }
        b = cfg.next(b);
    }
    if !map.contains(&UNUSED) {
        return Ok(());
    }
    let mut used = 0;
    for (slot, at) in map.iter_mut().enumerate() {
        if *at != UNUSED {
            *at = used;
            list[used as usize] = list[slot];
            used += 1;
        }
    }
    list.truncate(used as usize);
    let mut b = BlockId::ENTRY;
    while b.is_some() {
        for instr in cfg.instrs_mut(b) {
            if instr.opcode == Opcode::LOAD_CONST {
                instr.oparg = map[instr.oparg as usize];
            }
        }
        b = cfg.next(b);
    }
    Ok(())
}
