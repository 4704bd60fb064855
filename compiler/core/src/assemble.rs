//! From the finished graph to a code object: jump distances, tables, names and kinds of slots (CPython's assemble.c).
//!
//! Invariant: what CPython sends through the const cache goes through it here, in the same order.

use pyc_format::exceptiontable::{self, Entry};
use pyc_format::linetable;
use pyc_format::opcode::Opcode;

use crate::ast::Loc;
use crate::code::Code;
use crate::constants::{ObjId, Objects};
use crate::flowgraph::cfg::{BlockId, Cfg, JUMP, Malformed, SCOPE_EXIT, facts};
use crate::flowgraph::{Frame, Unit, local_of_cell};
use crate::instruction_sequence::CodeUnitMetadata;

/// From a SEND to the END_SEND of its loop, in code units.
const END_SEND_OFFSET: u32 = 5;

const CO_VARARGS: u32 = 4;
const CO_VARKEYWORDS: u32 = 8;

/// Kinds of slots, `CO_FAST_*`.
mod kind {
    pub const ARG_POS: u8 = 0x02;
    pub const ARG_KW: u8 = 0x04;
    pub const ARG_VAR: u8 = 0x08;
    pub const HIDDEN: u8 = 0x10;
    pub const LOCAL: u8 = 0x20;
    pub const CELL: u8 = 0x40;
    pub const FREE: u8 = 0x80;
}

/// Caches by opcode.
static CACHES: [u8; 512] = {
    let mut caches = [0; 512];
    let mut i = 0;
    while i < Opcode::ALL.len() {
        let op = Opcode::ALL[i];
        caches[op as usize] = op.caches() as u8;
        i += 1;
    }
    caches
};

/// Code units of the instruction, EXTENDED_ARGs and caches included.
#[inline]
fn size(opcode: Opcode, oparg: u32) -> u32 {
    let extended = u32::from(oparg > 0xFF) + u32::from(oparg > 0xFFFF) + u32::from(oparg > 0xFF_FFFF);
    extended + 1 + u32::from(CACHES[opcode as usize & 511])
}

/// A block in the order of emission.
#[derive(Clone, Copy, Debug)]
struct Placed {
    block: BlockId,
    /// Code units without its jump.
    units: u32,
    /// Where it starts, in code units.
    offset: u32,
    /// Its jump, in `Assembler::jumps`.
    jump: Option<u32>,
}

/// A jump: the distance depends on sizes in between, its size on the distance.
#[derive(Clone, Copy, Debug)]
struct Jump {
    opcode: Opcode,
    oparg: u32,
    target: BlockId,
    /// Code units of its block before it.
    before: u32,
}

/// Buffers of assembling, kept from one code unit to the next.
#[derive(Default)]
pub(crate) struct Assembler {
    placed: Vec<Placed>,
    jumps: Vec<Jump>,
    /// By block: the index of its first instruction.
    first: Vec<u32>,
    /// By block: where it starts, in code units.
    starts: Vec<u32>,
    bytes: Vec<u8>,
    lines: Vec<u8>,
    handlers: Vec<Entry>,
    ids: Vec<ObjId>,
    kinds: Vec<u8>,
}

impl Assembler {
    /// `_PyAssemble_MakeCodeObject`
    pub fn make_code(
        &mut self,
        cfg: &mut Cfg,
        objects: &mut Objects<'_>,
        metadata: &CodeUnitMetadata,
        consts: &[ObjId],
        frame: Frame,
        unit: Unit,
    ) -> Result<ObjId, Malformed> {
        self.place(cfg);
        if cfg.has_next_location {
            self.resolve_next_locations(cfg);
        }
        let units = self.resolve_jumps()?;
        self.emit(cfg, units, metadata.firstlineno);
        let code = objects.arena.alloc_slice_copy(&self.bytes);
        self.place_handlers()?;
        let exceptiontable = if self.handlers.is_empty() {
            ObjId::EMPTY_BYTES
        } else {
            let table = exceptiontable::encode(&self.handlers);
            let table = objects.arena.alloc_slice_copy(&table);
            objects.unshared_bytes(table)
        };
        let exceptiontable = objects.merge_shallow(exceptiontable);
        let linetable = objects.arena.alloc_slice_copy(&self.lines);
        let linetable = objects.unshared_bytes(linetable);
        let linetable = objects.merge_shallow(linetable);

        self.ids.clear();
        for &name in &metadata.names {
            self.ids.push(objects.name(name));
        }
        let names = objects.tuple(&self.ids);
        let names = objects.merge_shallow(names);
        let consts = objects.tuple(consts);
        let consts = objects.merge_shallow(consts);
        self.name_slots(objects, metadata, unit);
        if self.ids.len() != frame.n_localsplus {
            return Err(Malformed);
        }
        let localsplusnames = objects.tuple(&self.ids);
        let localsplusnames = objects.merge_shallow(localsplusnames);
        let localspluskinds = objects.arena.alloc_slice_copy(&self.kinds);

        // `intern_code_constants` and `init_code`
        objects.intern_strings(names);
        objects.intern_constants(consts);
        objects.intern_strings(localsplusnames);
        let filename = objects.intern(unit.filename);
        let name = objects.name(metadata.name.ok_or(Malformed)?);
        let qualname = match metadata.qualname {
            Some(qualname) => objects.intern_qualname(qualname),
            None => name,
        };
        Ok(objects.code(Code {
            argcount: metadata.posonlyargcount + metadata.argcount,
            posonlyargcount: metadata.posonlyargcount,
            kwonlyargcount: metadata.kwonlyargcount,
            stacksize: frame.stack_depth.max(1),
            flags: unit.code_flags,
            code,
            consts,
            names,
            localsplusnames,
            localspluskinds,
            filename,
            name,
            qualname,
            firstlineno: metadata.firstlineno,
            linetable,
            exceptiontable,
        }))
    }

    /// Puts the blocks in a row, with sizes; decides the direction of jumps (`resolve_unconditional_jumps`).
    fn place(&mut self, cfg: &Cfg) {
        self.first.clear();
        self.first.resize(cfg.n_blocks(), 0);
        self.placed.clear();
        let mut index = 0;
        let mut b = BlockId::ENTRY;
        while b.is_some() {
            if let Some(first) = self.first.get_mut(b.0 as usize) {
                *first = index;
            }
            self.placed.push(Placed { block: b, units: 0, offset: 0, jump: None });
            index += cfg.block(b).len() as u32;
            b = cfg.next(b);
        }
        self.jumps.clear();
        let mut index = 0;
        for placed in &mut self.placed {
            for instr in cfg.instrs(placed.block) {
                if facts(instr.opcode) & JUMP == 0 {
                    placed.units += size(instr.opcode, instr.oparg);
                } else {
                    let target = self.first.get(instr.target.0 as usize).copied().unwrap_or(0);
                    let opcode = match (instr.opcode, target > index) {
                        (Opcode::JUMP | Opcode::JUMP_NO_INTERRUPT, true) => Opcode::JUMP_FORWARD,
                        (Opcode::JUMP, false) => Opcode::JUMP_BACKWARD,
                        (Opcode::JUMP_NO_INTERRUPT, false) => Opcode::JUMP_BACKWARD_NO_INTERRUPT,
                        (other, _) => other,
                    };
                    placed.jump = Some(self.jumps.len() as u32);
                    self.jumps.push(Jump { opcode, oparg: target, target: instr.target, before: placed.units });
                }
                index += 1;
            }
        }
    }

    /// `resolve_jump_offsets`: sizes depend on distances and distances on sizes, so until no size changes; from the same
    /// start as CPython (the target's index as distance), since there can be more than one end. The size of all.
    fn resolve_jumps(&mut self) -> Result<u32, Malformed> {
        self.starts.clear();
        self.starts.resize(self.first.len(), 0);
        loop {
            let mut at = 0;
            for placed in &mut self.placed {
                placed.offset = at;
                if let Some(start) = self.starts.get_mut(placed.block.0 as usize) {
                    *start = at;
                }
                at += placed.units;
                if let Some(jump) = placed.jump.and_then(|jump| self.jumps.get(jump as usize)) {
                    at += size(jump.opcode, jump.oparg);
                }
            }
            let mut again = false;
            for placed in &self.placed {
                let Some(jump) = placed.jump.and_then(|jump| self.jumps.get_mut(jump as usize)) else { continue };
                let before = size(jump.opcode, jump.oparg);
                // Distances count from the next instruction.
                let end = placed.offset + jump.before + before;
                let target = *self.starts.get(jump.target.0 as usize).ok_or(Malformed)?;
                jump.oparg = if jump.opcode == Opcode::END_ASYNC_FOR {
                    end.saturating_sub(target).saturating_sub(END_SEND_OFFSET)
                } else {
                    end.abs_diff(target)
                };
                again |= size(jump.opcode, jump.oparg) != before;
            }
            if !again {
                return Ok(at);
            }
        }
    }

    fn resolve_next_locations(&mut self, cfg: &mut Cfg) {
        let mut next = Loc::NONE;
        for placed in self.placed.iter().rev() {
            for instr in cfg.instrs_mut(placed.block).iter_mut().rev() {
                if instr.loc.lineno == Loc::NEXT.lineno && instr.loc == Loc::NEXT {
                    let is_terminator = facts(instr.opcode) & (JUMP | SCOPE_EXIT) != 0;
                    instr.loc = if is_terminator { Loc::NONE } else { next };
                }
                next = instr.loc;
            }
        }
    }

    /// Code units into `bytes`, locations into `lines` (`assemble_location_info`), and the runs of instructions with one
    /// handler into `handlers` (`assemble_exception_table`).
    fn emit(&mut self, cfg: &Cfg, units: u32, firstlineno: i32) {
        let mut encoder = linetable::Encoder::new(std::mem::take(&mut self.lines), firstlineno);
        // Zeros are the caches.
        self.bytes.clear();
        self.bytes.resize(units as usize * 2, 0);
        self.handlers.clear();
        let len = self.bytes.len();
        let mut rest = &mut self.bytes[..];
        let mut run = (Loc::NONE, 0);
        let mut covered = (BlockId::NONE, 0);
        for placed in &self.placed {
            let jump = placed.jump.and_then(|jump| self.jumps.get(jump as usize));
            for instr in cfg.instrs(placed.block) {
                let at = ((len - rest.len()) / 2) as u32;
                if instr.loc != run.0 {
                    encoder.run(location(run.0), at - run.1);
                    run = (instr.loc, at);
                }
                if instr.except != covered.0 {
                    if covered.0.is_some() {
                        self.handlers.push(handler(cfg, covered.0, covered.1, at));
                    }
                    covered = (instr.except, at);
                }
                let (opcode, oparg) = match jump {
                    Some(jump) if facts(instr.opcode) & JUMP != 0 => (jump.opcode, jump.oparg),
                    _ => (instr.opcode, instr.oparg),
                };
                if oparg > 0xFF {
                    put_extended(&mut rest, oparg);
                }
                put(&mut rest, opcode as u8, oparg, CACHES[opcode as usize & 511]);
            }
        }
        encoder.run(location(run.0), units - run.1);
        self.lines = encoder.finish();
        if covered.0.is_some() {
            self.handlers.push(handler(cfg, covered.0, covered.1, units));
        }
    }

    /// Handlers' blocks to code units.
    fn place_handlers(&mut self) -> Result<(), Malformed> {
        for entry in &mut self.handlers {
            entry.target = *self.starts.get(entry.target as usize).ok_or(Malformed)?;
        }
        Ok(())
    }

    /// `compute_localsplus_info`: names and kinds of all slots.
    fn name_slots(&mut self, objects: &mut Objects<'_>, metadata: &CodeUnitMetadata, unit: Unit) {
        self.ids.clear();
        self.kinds.clear();
        let parameters = [
            (metadata.posonlyargcount, kind::ARG_POS),
            (metadata.argcount, kind::ARG_POS | kind::ARG_KW),
            (metadata.kwonlyargcount, kind::ARG_KW),
            (u32::from(unit.code_flags & CO_VARARGS != 0), kind::ARG_VAR | kind::ARG_POS),
            (u32::from(unit.code_flags & CO_VARKEYWORDS != 0), kind::ARG_VAR | kind::ARG_KW),
        ];
        let mut kinds = parameters.iter().flat_map(|&(count, kind)| std::iter::repeat_n(kind, count as usize));
        for &name in &metadata.varnames {
            let mut kind = kind::LOCAL | kinds.next().unwrap_or(0);
            if metadata.fasthidden.contains(&name) {
                kind |= kind::HIDDEN;
            }
            if metadata.cellvars.contains(&name) {
                kind |= kind::CELL;
            }
            self.ids.push(objects.name(name));
            self.kinds.push(kind);
        }
        for &name in &metadata.cellvars {
            if local_of_cell(metadata, name).is_none() {
                self.ids.push(objects.name(name));
                self.kinds.push(kind::CELL);
            }
        }
        for &name in &metadata.freevars {
            self.ids.push(objects.name(name));
            self.kinds.push(kind::FREE);
        }
    }
}

/// A run of instructions whose exceptions go to one handler; `target` is the handler's block as yet.
fn handler(cfg: &Cfg, block: BlockId, start: u32, end: u32) -> Entry {
    let handler = cfg.block(block);
    let pushed = 1 + i32::from(handler.preserve_lasti);
    let depth = (handler.startdepth - pushed).max(0) as u32;
    Entry { start, end, target: block.0, depth, lasti: handler.preserve_lasti }
}

#[cold]
fn put_extended(rest: &mut &mut [u8], oparg: u32) {
    const EXTENDED_ARG: u8 = Opcode::EXTENDED_ARG as u8;
    for shift in [24, 16, 8] {
        if oparg >> shift != 0 {
            put(rest, EXTENDED_ARG, oparg >> shift, 0);
        }
    }
}

/// Writes a code unit and skips its caches.
#[inline]
fn put(rest: &mut &mut [u8], opcode: u8, oparg: u32, caches: u8) {
    if let Some((unit, after)) = std::mem::take(rest).split_at_mut_checked(2 + 2 * caches as usize) {
        if let [op, arg, ..] = unit {
            (*op, *arg) = (opcode, oparg as u8);
        }
        *rest = after;
    }
}

fn location(loc: Loc) -> linetable::Location {
    let Loc { lineno, end_lineno, col_offset, end_col_offset } = loc;
    linetable::Location { lineno, end_lineno, col_offset, end_col_offset }
}
