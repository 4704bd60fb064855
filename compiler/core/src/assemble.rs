//! From the finished graph to a code object: jump distances, tables, names and kinds of slots (CPython's assemble.c).
//!
//! Invariant: what CPython sends through the const cache goes through it here, in the same order.

use pyc_format::exceptiontable::{self, Entry};
use pyc_format::linetable;
use pyc_format::opcode::Opcode;

use crate::ast::Loc;
use crate::code::Code;
use crate::constants::{ObjId, Objects};
use crate::flowgraph::cfg::{BlockId, Cfg, Instr, JUMP, Malformed, SCOPE_EXIT, facts};
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

/// Buffers of assembling, kept from one code unit to the next.
#[derive(Default)]
pub(crate) struct Assembler {
    /// All instructions in order.
    instrs: Vec<Instr>,
    /// The indices of those that jump.
    jumps: Vec<u32>,
    /// By block: the index of its first instruction.
    first: Vec<u32>,
    /// By instruction: where it starts, in code units.
    offsets: Vec<u32>,
    bytes: Vec<u8>,
    handlers: Vec<Entry>,
    ids: Vec<ObjId>,
    kinds: Vec<u8>,
}

impl Assembler {
    /// `_PyAssemble_MakeCodeObject`
    pub fn make_code(
        &mut self,
        cfg: &Cfg,
        objects: &mut Objects<'_>,
        metadata: &CodeUnitMetadata,
        consts: &[ObjId],
        frame: Frame,
        unit: Unit,
    ) -> Result<ObjId, Malformed> {
        self.flatten(cfg);
        self.resolve_jumps()?;
        if cfg.has_next_location {
            self.resolve_next_locations();
        }

        let code = self.emit_code();
        let code = objects.arena.alloc_slice_copy(code);
        self.emit_handlers(cfg);
        let exceptiontable = if self.handlers.is_empty() {
            ObjId::EMPTY_BYTES
        } else {
            let table = exceptiontable::encode(&self.handlers);
            let table = objects.arena.alloc_slice_copy(&table);
            objects.unshared_bytes(table)
        };
        let exceptiontable = objects.merge_shallow(exceptiontable);
        let linetable = self.emit_lines(metadata.firstlineno);
        let linetable = objects.arena.alloc_slice_copy(linetable);
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

    /// Puts the blocks' instructions in a row.
    fn flatten(&mut self, cfg: &Cfg) {
        self.instrs.clear();
        self.first.clear();
        self.first.resize(cfg.n_blocks(), 0);
        let mut b = BlockId::ENTRY;
        while b.is_some() {
            if let Some(first) = self.first.get_mut(b.0 as usize) {
                *first = self.instrs.len() as u32;
            }
            self.instrs.extend_from_slice(cfg.instrs(b));
            b = cfg.next(b);
        }
    }

    /// The index of a block's first instruction.
    fn first_of(&self, b: BlockId) -> Option<u32> {
        self.first.get(b.0 as usize).copied()
    }

    /// `resolve_unconditional_jumps` and `resolve_jump_offsets`: sizes depend on distances and distances on sizes, so
    /// until no size changes; from the same start as CPython, since there can be more than one end.
    fn resolve_jumps(&mut self) -> Result<(), Malformed> {
        self.jumps.clear();
        for (i, instr) in self.instrs.iter_mut().enumerate() {
            if facts(instr.opcode) & JUMP == 0 {
                continue;
            }
            self.jumps.push(i as u32);
            let target = *self.first.get(instr.target.0 as usize).ok_or(Malformed)?;
            instr.oparg = target;
            // From here on: the index of the instruction.
            instr.target = BlockId(target);
            instr.opcode = match (instr.opcode, target as usize > i) {
                (Opcode::JUMP | Opcode::JUMP_NO_INTERRUPT, true) => Opcode::JUMP_FORWARD,
                (Opcode::JUMP, false) => Opcode::JUMP_BACKWARD,
                (Opcode::JUMP_NO_INTERRUPT, false) => Opcode::JUMP_BACKWARD_NO_INTERRUPT,
                (other, _) => other,
            };
        }
        loop {
            self.offsets.clear();
            let mut at = 0u32;
            for instr in &self.instrs {
                self.offsets.push(at);
                at += size(instr.opcode, instr.oparg);
            }
            self.offsets.push(at);
            let mut again = false;
            for &i in &self.jumps {
                let Some(instr) = self.instrs.get_mut(i as usize) else { continue };
                let before = size(instr.opcode, instr.oparg);
                // Distances count from the next instruction.
                let end = self.offsets.get(i as usize).copied().unwrap_or(0) + before;
                let target = *self.offsets.get(instr.target.0 as usize).ok_or(Malformed)?;
                instr.oparg = if instr.opcode == Opcode::END_ASYNC_FOR {
                    end.saturating_sub(target).saturating_sub(END_SEND_OFFSET)
                } else {
                    end.abs_diff(target)
                };
                again |= size(instr.opcode, instr.oparg) != before;
            }
            if !again {
                return Ok(());
            }
        }
    }

    fn resolve_next_locations(&mut self) {
        let mut next = Loc::NONE;
        for instr in self.instrs.iter_mut().rev() {
            if instr.loc.lineno == Loc::NEXT.lineno && instr.loc == Loc::NEXT {
                let is_terminator = facts(instr.opcode) & (JUMP | SCOPE_EXIT) != 0;
                instr.loc = if is_terminator { Loc::NONE } else { next };
            }
            next = instr.loc;
        }
    }

    fn emit_code(&mut self) -> &[u8] {
        // Zeros are the caches.
        self.bytes.clear();
        self.bytes.resize(self.offsets.last().copied().unwrap_or(0) as usize * 2, 0);
        for (instr, &offset) in self.instrs.iter().zip(&self.offsets) {
            let oparg = instr.oparg;
            let mut at = offset as usize * 2;
            let mut put = |opcode: u8, oparg: u32| {
                if let Some([op, arg]) = self.bytes.get_mut(at..at + 2) {
                    (*op, *arg) = (opcode, oparg as u8);
                }
                at += 2;
            };
            if oparg > 0xFF {
                const EXTENDED_ARG: u8 = Opcode::EXTENDED_ARG as u8;
                if oparg > 0xFF_FFFF {
                    put(EXTENDED_ARG, oparg >> 24);
                }
                if oparg > 0xFFFF {
                    put(EXTENDED_ARG, oparg >> 16);
                }
                put(EXTENDED_ARG, oparg >> 8);
            }
            put(instr.opcode as u8, oparg);
        }
        &self.bytes
    }

    /// `assemble_location_info`
    fn emit_lines(&mut self, firstlineno: i32) -> &[u8] {
        let mut encoder = linetable::Encoder::new(std::mem::take(&mut self.bytes), firstlineno);
        let mut starts = self.offsets.iter().copied();
        let mut run = (Loc::NONE, starts.next().unwrap_or(0));
        for (instr, start) in self.instrs.iter().zip(&self.offsets) {
            if instr.loc != run.0 {
                encoder.run(location(run.0), start - run.1);
                run = (instr.loc, *start);
            }
        }
        encoder.run(location(run.0), self.offsets.last().copied().unwrap_or(0) - run.1);
        self.bytes = encoder.finish();
        &self.bytes
    }

    /// `assemble_exception_table`: runs of instructions with one handler.
    fn emit_handlers(&mut self, cfg: &Cfg) {
        self.handlers.clear();
        if !cfg.has_handlers {
            return;
        }
        let mut run = (BlockId::NONE, 0);
        for i in 0..=self.instrs.len() {
            let except = self.instrs.get(i).map_or(BlockId::NONE, |instr| instr.except);
            if except == run.0 {
                continue;
            }
            let at = self.offsets.get(i).copied().unwrap_or(0);
            if run.0.is_some() {
                let handler = cfg.block(run.0);
                let target = self.first_of(run.0).and_then(|first| self.offsets.get(first as usize).copied());
                let pushed = 1 + i32::from(handler.preserve_lasti);
                self.handlers.push(Entry {
                    start: run.1,
                    end: at,
                    target: target.unwrap_or(0),
                    depth: (handler.startdepth - pushed).max(0) as u32,
                    lasti: handler.preserve_lasti,
                });
            }
            run = (except, at);
        }
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

fn location(loc: Loc) -> linetable::Location {
    let Loc { lineno, end_lineno, col_offset, end_col_offset } = loc;
    linetable::Location { lineno, end_lineno, col_offset, end_col_offset }
}
