//! The pass: every reached instruction once, in the order of the bytecode.
//!
//! Invariant: at a unit that something jumps to, all items are at home; fused instructions are those whose second half
//! nothing jumps to.

use pyc_format::opcode::{BinaryOp, Instruction, Opcode, instruction_at};
use pyc_format::verify::Verified;

use crate::code::{Handler, RegCode, Site};
use crate::ops::{Op, Word};
pub use crate::stack::TooLarge;
use crate::stack::{Item, Stack};

/// What of a constant matters here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ConstKind {
    None,
    /// An int that fits 32 bits.
    Int(i32),
    Other,
}

/// A code object, verified.
#[derive(Clone, Copy, Debug)]
pub struct Input<'a> {
    pub code: &'a [u8],
    pub verified: &'a Verified,
    /// Names in localsplus.
    pub n_localsplus: u32,
}

/// Translates a code object; `kind` tells about its constants by index.
pub fn translate(input: &Input<'_>, kind: impl Fn(u32) -> ConstKind) -> Result<RegCode, TooLarge> {
    // SWAP and COPY shuffle items that the verifier counted; two more leave room for a fused pair's operands.
    let stack = Stack::new(input.n_localsplus, input.verified.max_depth + 2)?;
    let n = input.verified.units.len();
    let mut t = Translator {
        input,
        stack,
        pos: vec![0; n + 1],
        fixups: Vec::new(),
        sites: Vec::with_capacity(n / 2),
        loops: loops(input.code, n),
        unit: 0,
        dead: false,
    };
    t.run(&kind);
    if t.stack.is_full() {
        return Err(TooLarge);
    }
    Ok(t.finish())
}

/// How many loops each unit is inside of, as differences.
fn loops(code: &[u8], n: usize) -> Vec<i32> {
    let mut loops = vec![0; n + 1];
    for instruction in pyc_format::opcode::instructions(code) {
        if instruction.op() == Some(Opcode::JUMP_BACKWARD)
            && let Some(target) = instruction.end().checked_sub(instruction.oparg as usize)
            && target < instruction.at
            && instruction.at < n
        {
            loops[target] += 1;
            loops[instruction.at + 1] -= 1;
        }
    }
    loops
}

struct Translator<'a> {
    input: &'a Input<'a>,
    stack: Stack,
    /// Unit to word.
    pos: Vec<u32>,
    /// Words whose jump offset is the way to a unit.
    fixups: Vec<(usize, usize)>,
    sites: Vec<Site>,
    loops: Vec<i32>,
    unit: usize,
    /// The place is not reached from above.
    dead: bool,
}

impl Translator<'_> {
    fn run(&mut self, kind: &dyn Fn(u32) -> ConstKind) {
        let (code, verified) = (self.input.code, self.input.verified);
        let n = verified.units.len();
        let mut handlers = verified.handlers.iter().peekable();
        let (mut start, mut depth_of_loops, mut counted) = (0, 0, 0);
        while let Some(instruction) = instruction_at(code, start) {
            let unit = verified.units.get(start).copied().unwrap_or_default();
            if unit.is_target() {
                if !self.dead {
                    self.stack.bring_all_home(0, usize::MAX);
                }
                if let Some(depth) = unit.depth() {
                    self.stack.reset(depth as usize);
                    self.dead = false;
                }
            }
            for p in &mut self.pos[start..=instruction.at.min(n)] {
                *p = self.stack.words.len() as u32;
            }
            if self.dead || unit.depth().is_none() {
                start = instruction.end();
                continue;
            }
            while counted <= instruction.at && counted < n {
                depth_of_loops += self.loops[counted];
                counted += 1;
            }
            self.stack.in_loop = depth_of_loops > 0;
            self.unit = instruction.at;
            while handlers.next_if(|h| h.end as usize <= start).is_some() {}
            let before = self.stack.words.len();
            if let Some(handler) = handlers.peek()
                && handler.start as usize <= start
            {
                let keep = handler.depth as usize;
                if (0..keep.min(self.stack.items.len())).any(|k| self.stack.items[k] != Item::Reg(self.stack.home(k))) {
                    self.stack.bring_all_home(0, keep);
                }
            }
            let depth = self.stack.live();
            self.stack.pinned.clear();
            start = self.step(&instruction, kind);
            if self.stack.words.len() > before {
                self.sites.push(Site { word: before as u32, unit: self.unit as u32, depth });
            }
        }
        for p in &mut self.pos[start.min(n)..] {
            *p = self.stack.words.len() as u32;
        }
    }

    fn finish(self) -> RegCode {
        let mut words = self.stack.prologue();
        let shift = words.len() as u32;
        let n_regs = self.stack.n_regs();
        let mut body = self.stack.words;
        for (at, unit) in self.fixups {
            let offset = self.pos[unit] as i32 - at as i32;
            let word = Word(body[at]);
            match Op::from_u8(word.op()) {
                Some(op) if op.jumps_by_ext() => body[at + 1] = body[at + 1] & !0xffff_ffff | u64::from(offset as u32),
                _ => body[at] = word.with_bc(offset).0,
            }
        }
        words.append(&mut body);
        let mut sites = Vec::with_capacity(self.sites.len() + 1);
        sites.push(Site { word: 0, unit: 0, depth: 0 });
        sites.extend(self.sites.iter().map(|s| Site { word: s.word + shift, ..*s }));
        let word = |unit: u32| self.pos.get(unit as usize).map_or(0, |p| p + shift);
        let handlers = self.input.verified.handlers.iter().map(|h| Handler {
            start: word(h.start),
            end: word(h.end),
            target: word(h.target),
            depth: h.depth,
            lasti: h.lasti,
        });
        RegCode {
            words,
            n_regs,
            temp_base: self.input.n_localsplus,
            sites,
            handlers: handlers.filter(|h| h.start < h.end).collect(),
        }
    }

    /// An ext word.
    fn ext(&mut self, payload: u64) {
        let last = self.stack.last;
        self.stack.emit(Word(payload));
        self.stack.last = last;
    }

    /// The ext words of the instruction just emitted: the payload, then zeros.
    fn exts(&mut self, op: Op, payload: u32) {
        self.ext(u64::from(payload));
        for _ in 2..op.words() {
            self.ext(0);
        }
    }

    /// `n` operands are popped; their registers in `r`, then the result is pushed.
    fn op<const N: usize>(&mut self, op: Op, x: u8) {
        let r = self.take::<N>();
        let (b, c) = (r.first().copied().unwrap_or(0), r.get(1).copied().unwrap_or(0));
        self.stack.push_result(Word::new(op, x, 0, b, c));
    }

    /// Registers of the `N` topmost items, which are popped.
    fn take<const N: usize>(&mut self) -> [u16; N] {
        let first = self.stack.below_top(N);
        let registers = std::array::from_fn(|i| self.stack.operand(first + i));
        for _ in 0..N {
            self.stack.pop();
        }
        self.stack.pinned.extend(registers);
        registers
    }

    /// Items in a row: everything from `first` on at home, then popped; its register.
    fn take_row(&mut self, first: usize) -> u16 {
        self.stack.bring_all_home(first, usize::MAX);
        self.stack.items.truncate(first);
        self.stack.home(first)
    }

    /// A row of `n` items becomes one result.
    fn build(&mut self, op: Op, x: u8, n: usize, count: u32) {
        let first = self.stack.below_top(n);
        let row = self.take_row(first);
        self.stack.push_result(Word::new(op, x, 0, row, count as u16));
    }

    fn name(&mut self, op: Op, x: u8, index: u32, b: u16, c: u16) {
        self.stack.push_result(Word::new(op, x, 0, b, c));
        self.exts(op, index);
    }

    /// A statement without a result.
    fn effect(&mut self, op: Op, x: u8, a: u16, b: u16, c: u16) {
        self.stack.emit(Word::new(op, x, a, b, c));
    }

    fn named_effect(&mut self, op: Op, a: u16, b: u16, index: u32) {
        self.effect(op, 0, a, b, 0);
        self.exts(op, index);
    }

    /// Two results of one instruction, at `first` and the next home.
    fn push_pair(&mut self, word: Word) {
        let d = self.stack.items.len();
        self.stack.claim(d, 2);
        self.stack.emit(word.with_a(self.stack.home(d)));
        let pair = [Item::Reg(self.stack.home(d)), Item::Reg(self.stack.home(d + 1))];
        self.stack.items.extend(pair);
    }

    fn jump(&mut self, op: Op, a: u16, target: usize) {
        let at = self.stack.emit(Word::new_bc(op, 0, a, 0));
        self.fixups.push((at, target.min(self.pos.len() - 1)));
    }

    fn jump_ext(&mut self, word: Word, target: usize) {
        let at = self.stack.emit(word);
        if let Some(op) = Op::from_u8(word.op()) {
            self.exts(op, 0);
        }
        self.fixups.push((at, target.min(self.pos.len() - 1)));
    }

    /// The conditional jump on the item just computed that follows at `next`, if nothing else jumps to it: its opcode,
    /// target and end.
    fn fusable(&mut self, next: usize) -> Option<(Opcode, usize, usize)> {
        if self.input.verified.units.get(next)?.is_target() {
            return None;
        }
        let jump = instruction_at(self.input.code, next)?;
        let op = jump.op().filter(|op| matches!(op, Opcode::POP_JUMP_IF_FALSE | Opcode::POP_JUMP_IF_TRUE))?;
        Some((op, jump.end() + jump.oparg as usize, jump.end()))
    }

    /// The fused jump at `next..end` is done: its units lead behind it.
    fn fused(&mut self, next: usize, end: usize) -> usize {
        let here = self.stack.words.len() as u32;
        for p in &mut self.pos[next..end] {
            *p = here;
        }
        end
    }

    /// Everything below the `n` topmost items at home, then the registers of those, which are popped.
    fn take_flushed<const N: usize>(&mut self) -> [u16; N] {
        let first = self.stack.below_top(N);
        self.stack.bring_all_home(0, first);
        self.take::<N>()
    }

    /// Where the jump at word `at` leads, as a unit.
    fn exit_of(&self, at: usize) -> Option<usize> {
        self.fixups.iter().rev().find(|f| f.0 == at).map(|f| f.1)
    }

    /// A jump back to `target`. If the loop begins with a test, the test is repeated here with the opposite sense, so that an
    /// iteration runs one jump.
    fn jump_backward(&mut self, target: usize) {
        self.stack.bring_all_home(0, usize::MAX);
        let header = self.pos[target] as usize;
        let word = Word(self.stack.words.get(header).copied().unwrap_or(0));
        let op = Op::from_u8(word.op());
        if let (Some(op), Some(exit)) = (op, self.exit_of(header))
            && let Some(inverse) = inverse(op)
        {
            let at = self.stack.words.len();
            let back = (header + op.words()) as i32 - at as i32;
            // These keep their number and turn the sense in x.
            let sense = u64::from(inverse == op) << 8;
            let copy = Word((word.0 & !0xff | inverse as u64) ^ sense);
            if inverse.jumps_by_ext() {
                self.stack.emit(copy);
                self.exts(inverse, back as u32);
            } else {
                self.stack.emit(copy.with_bc(back));
            }
            self.jump(Op::Jump, 0, exit);
        } else {
            self.jump(Op::Jump, 0, target);
        }
        self.dead = true;
    }

    fn leave(&mut self) {
        self.dead = true;
        self.stack.reset(0);
    }

    /// The immediate that item `k` is.
    fn immediate(&self, k: usize) -> Option<u16> {
        match self.stack.items.get(k) {
            Some(&Item::Int(v)) => i16::try_from(v).ok().map(|v| v as u16),
            _ => None,
        }
    }

    /// Translates one instruction; where the next one begins.
    fn step(&mut self, i: &Instruction, kind: &dyn Fn(u32) -> ConstKind) -> usize {
        use Opcode::*;
        let (arg, next) = (i.oparg, i.end());
        let n = arg as usize;
        let Some(opcode) = i.op() else { return next };
        match opcode {
            NOP | NOT_TAKEN | RESUME | CACHE | EXTENDED_ARG | RESERVED => {}
            LOAD_CONST => self.stack.push(match kind(arg) {
                ConstKind::None => Item::None,
                ConstKind::Int(v) => Item::Int(v),
                ConstKind::Other => Item::Const(arg),
            }),
            LOAD_SMALL_INT => self.stack.push(Item::Int(arg as i32)),
            LOAD_FAST | LOAD_FAST_BORROW => self.stack.push(Item::Reg(arg as u16)),
            LOAD_FAST_LOAD_FAST | LOAD_FAST_BORROW_LOAD_FAST_BORROW => {
                self.stack.push(Item::Reg((arg >> 4) as u16));
                self.stack.push(Item::Reg((arg & 15) as u16));
            }
            LOAD_FAST_CHECK => {
                self.effect(Op::CheckLocal, 0, arg as u16, 0, 0);
                self.stack.push(Item::Reg(arg as u16));
            }
            LOAD_FAST_AND_CLEAR => {
                self.stack.push_result(Word::new(Op::Move, 0, 0, arg as u16, 0));
                self.stack.release_local(arg as u16);
                self.effect(Op::Unbind, 0, arg as u16, 0, 0);
            }
            STORE_FAST => self.stack.store_local(arg as u16),
            STORE_FAST_STORE_FAST => {
                self.stack.store_local((arg >> 4) as u16);
                self.stack.store_local((arg & 15) as u16);
            }
            STORE_FAST_LOAD_FAST => {
                self.stack.store_local((arg >> 4) as u16);
                self.stack.push(Item::Reg((arg & 15) as u16));
            }
            DELETE_FAST => {
                self.stack.release_local(arg as u16);
                self.effect(Op::DeleteFast, 0, arg as u16, 0, 0);
            }
            PUSH_NULL => self.stack.push(Item::Null),
            POP_TOP | POP_ITER | END_FOR => {
                self.stack.pop();
            }
            COPY => {
                let item = self.stack.items.get(self.stack.below_top(n)).copied().unwrap_or(Item::Null);
                self.stack.push(item);
            }
            SWAP => {
                let (top, other) = (self.stack.below_top(1), self.stack.below_top(n));
                if top < self.stack.items.len() {
                    self.stack.items.swap(top, other);
                }
                self.stack.last = None;
            }
            BINARY_OP => self.binary_op(arg),
            COMPARE_OP | IS_OP | CONTAINS_OP => return self.comparison(opcode, arg, next),
            TO_BOOL => {
                if let Some((jump, target, end)) = self.fusable(next) {
                    let [a] = self.take_flushed();
                    let op = if jump == POP_JUMP_IF_TRUE { Op::JumpIfTruthy } else { Op::JumpIfFalsy };
                    self.jump(op, a, target);
                    return self.fused(next, end);
                }
                self.op::<1>(Op::ToBool, 0);
            }
            POP_JUMP_IF_TRUE | POP_JUMP_IF_FALSE | POP_JUMP_IF_NONE | POP_JUMP_IF_NOT_NONE => {
                let [a] = self.take_flushed();
                let op = match opcode {
                    POP_JUMP_IF_TRUE => Op::JumpIfTrue,
                    POP_JUMP_IF_FALSE => Op::JumpIfFalse,
                    POP_JUMP_IF_NONE => Op::JumpIfNone,
                    _ => Op::JumpIfNotNone,
                };
                self.jump(op, a, next + n);
            }
            JUMP_FORWARD => {
                self.stack.bring_all_home(0, usize::MAX);
                self.jump(Op::Jump, 0, next + n);
                self.leave();
            }
            JUMP_BACKWARD => self.jump_backward(next.saturating_sub(n)),
            JUMP_BACKWARD_NO_INTERRUPT => {
                self.stack.bring_all_home(0, usize::MAX);
                self.jump(Op::JumpNoPoll, 0, next.saturating_sub(n));
                self.leave();
            }
            GET_ITER => self.op::<1>(Op::GetIter, 0),
            FOR_ITER => {
                self.stack.bring_all_home(0, usize::MAX);
                let iter = self.stack.operand(self.stack.below_top(1));
                let at = self.stack.push_result(Word::new(Op::ForIter, 0, 0, iter, 0));
                self.exts(Op::ForIter, 0);
                self.fixups.push((at, (next + n).min(self.pos.len() - 1)));
            }
            CALL | CALL_KW | CALL_FUNCTION_EX => self.call(opcode, n),
            RETURN_VALUE => {
                let [a] = self.take();
                self.effect(Op::Return, 0, a, 0, 0);
                self.leave();
            }
            _ => self.other(opcode, arg, next),
        }
        next
    }

    fn binary_op(&mut self, arg: u32) {
        use BinaryOp::*;
        let Some(kind) = BinaryOp::from_number(arg) else { return };
        let top = self.stack.below_top(1);
        if matches!(kind, NB_ADD | NB_INPLACE_ADD | NB_SUBTRACT | NB_INPLACE_SUBTRACT)
            && let Some(immediate) = self.immediate(top)
        {
            let op = if matches!(kind, NB_ADD | NB_INPLACE_ADD) { Op::AddI } else { Op::SubI };
            self.stack.pop();
            let [b] = self.take();
            self.stack.push_result(Word::new(op, arg as u8, 0, b, immediate));
            return;
        }
        let op = match kind {
            NB_ADD | NB_INPLACE_ADD => Op::Add,
            NB_SUBTRACT | NB_INPLACE_SUBTRACT => Op::Sub,
            NB_MULTIPLY | NB_INPLACE_MULTIPLY => Op::Mul,
            NB_TRUE_DIVIDE | NB_INPLACE_TRUE_DIVIDE => Op::TrueDiv,
            NB_FLOOR_DIVIDE | NB_INPLACE_FLOOR_DIVIDE => Op::FloorDiv,
            NB_REMAINDER | NB_INPLACE_REMAINDER => Op::Mod,
            NB_AND | NB_INPLACE_AND => Op::And,
            NB_OR | NB_INPLACE_OR => Op::Or,
            NB_XOR | NB_INPLACE_XOR => Op::Xor,
            NB_LSHIFT | NB_INPLACE_LSHIFT => Op::LShift,
            NB_RSHIFT | NB_INPLACE_RSHIFT => Op::RShift,
            NB_SUBSCR => Op::GetItem,
            NB_POWER | NB_INPLACE_POWER | NB_MATRIX_MULTIPLY | NB_INPLACE_MATRIX_MULTIPLY => Op::Binary,
        };
        self.op::<2>(op, arg as u8);
    }

    /// A comparison, and the jump on it if one follows.
    fn comparison(&mut self, opcode: Opcode, arg: u32, next: usize) -> usize {
        let fused = self.fusable(next).filter(|_| opcode != Opcode::COMPARE_OP || arg & 16 != 0);
        let invert = arg & 1 != 0;
        let Some((jump, target, end)) = fused else {
            match opcode {
                Opcode::IS_OP => self.op::<2>(Op::Is, u8::from(invert)),
                Opcode::CONTAINS_OP => self.op::<2>(Op::Contains, u8::from(invert)),
                _ => self.op::<2>(COMPARE[compare_index(arg)], u8::from(arg & 16 != 0)),
            }
            return next;
        };
        let sense = jump == Opcode::POP_JUMP_IF_TRUE;
        if opcode == Opcode::COMPARE_OP {
            let row = compare_index(arg) + if sense { 0 } else { 6 };
            if let Some(immediate) = self.immediate(self.stack.below_top(1)) {
                self.stack.pop();
                let [a] = self.take_flushed();
                self.jump_ext(Word::new(JUMP_I[row], 0, a, immediate, 0), target);
            } else {
                let [a, b] = self.take_flushed();
                self.jump_ext(Word::new(JUMP[row], 0, a, b, 0), target);
            }
        } else {
            let op = if opcode == Opcode::IS_OP { Op::JumpIs } else { Op::JumpContains };
            let [a, b] = self.take_flushed();
            self.jump_ext(Word::new(op, u8::from(sense != invert), a, b, 0), target);
        }
        self.fused(next, end)
    }

    fn call(&mut self, opcode: Opcode, n: usize) {
        match opcode {
            Opcode::CALL => {
                let f = self.stack.below_top(n + 2);
                let function = self.stack.items.get(f + 1) == Some(&Item::Null);
                self.stack.bring_all_home(f, f + 1);
                if !function {
                    self.stack.bring_all_home(f + 1, f + 2);
                }
                self.stack.bring_all_home(f + 2, usize::MAX);
                self.stack.items.truncate(f);
                let op = if function { Op::Call } else { Op::CallMethod };
                self.stack.push_result(Word::new(op, 0, 0, self.stack.home(f), n as u16));
                self.exts(op, 0);
            }
            Opcode::CALL_KW => {
                let f = self.stack.below_top(n + 3);
                let top = self.stack.below_top(1);
                self.stack.bring_all_home(f, top);
                let [names] = self.take();
                let row = self.take_row(f);
                self.stack.push_result(Word::new(Op::CallKw, 0, 0, row, n as u16));
                self.exts(Op::CallKw, names.into());
            }
            _ => {
                let [function, _, args, kwargs] = self.take();
                self.stack.push_result(Word::new(Op::CallEx, 0, 0, function, args));
                self.exts(Op::CallEx, kwargs.into());
            }
        }
    }

    /// The instructions that are one row each.
    fn other(&mut self, opcode: Opcode, arg: u32, next: usize) {
        use Opcode::*;
        let n = arg as usize;
        let (reg, x) = (arg as u16, arg as u8);
        match opcode {
            // cells and names
            MAKE_CELL => {
                self.stack.release_local(reg);
                self.effect(Op::MakeCell, 0, reg, 0, 0);
            }
            COPY_FREE_VARS => {
                self.stack.emit(Word::new_bc(Op::CopyFreeVars, 0, 0, arg as i32));
            }
            LOAD_DEREF => {
                self.stack.push_result(Word::new(Op::LoadDeref, 0, 0, reg, 0));
            }
            STORE_DEREF => {
                let [v] = self.take();
                self.effect(Op::StoreDeref, 0, reg, v, 0);
            }
            DELETE_DEREF => self.effect(Op::DeleteDeref, 0, reg, 0, 0),
            LOAD_FROM_DICT_OR_DEREF => {
                let [dict] = self.take();
                self.stack.push_result(Word::new(Op::LoadFromDictOrDeref, 0, 0, dict, reg));
            }
            LOAD_FROM_DICT_OR_GLOBALS => {
                let [dict] = self.take();
                self.name(Op::LoadFromDictOrGlobals, 0, arg, dict, 0);
            }
            LOAD_GLOBAL => {
                self.name(Op::LoadGlobal, 0, arg >> 1, 0, 0);
                if arg & 1 != 0 {
                    self.stack.push(Item::Null);
                }
            }
            LOAD_NAME => self.name(Op::LoadName, 0, arg, 0, 0),
            STORE_NAME | STORE_GLOBAL => {
                let [v] = self.take();
                let op = if opcode == STORE_NAME { Op::StoreName } else { Op::StoreGlobal };
                self.named_effect(op, v, 0, arg);
            }
            DELETE_NAME => self.named_effect(Op::DeleteName, 0, 0, arg),
            DELETE_GLOBAL => self.named_effect(Op::DeleteGlobal, 0, 0, arg),
            LOAD_LOCALS => self.op::<0>(Op::LoadLocals, 0),
            LOAD_BUILD_CLASS => self.op::<0>(Op::LoadBuildClass, 0),
            LOAD_COMMON_CONSTANT => self.op::<0>(Op::LoadCommon, x),
            SETUP_ANNOTATIONS => self.effect(Op::SetupAnnotations, 0, 0, 0, 0),
            // operators
            UNARY_NEGATIVE => self.op::<1>(Op::Negative, 0),
            UNARY_INVERT => self.op::<1>(Op::Invert, 0),
            UNARY_NOT => self.op::<1>(Op::Not, 0),
            // attributes and items
            LOAD_ATTR => {
                let [owner] = self.take();
                if arg & 1 == 0 {
                    self.name(Op::LoadAttr, 0, arg >> 1, owner, 0);
                } else {
                    self.push_pair(Word::new(Op::LoadMethod, 0, 0, owner, 0));
                    self.exts(Op::LoadMethod, arg >> 1);
                }
            }
            STORE_ATTR => {
                let [v, owner] = self.take();
                self.named_effect(Op::StoreAttr, owner, v, arg);
            }
            DELETE_ATTR => {
                let [owner] = self.take();
                self.named_effect(Op::DeleteAttr, owner, 0, arg);
            }
            LOAD_SUPER_ATTR => {
                let row = self.take_row(self.stack.below_top(3));
                let word = Word::new(Op::LoadSuperAttr, x & 3, 0, row, 0);
                if arg & 1 == 0 {
                    self.stack.push_result(word);
                } else {
                    self.push_pair(word);
                }
                self.exts(Op::LoadSuperAttr, arg >> 2);
            }
            LOAD_SPECIAL => {
                let [owner] = self.take();
                self.push_pair(Word::new(Op::LoadSpecial, x, 0, owner, 0));
                self.exts(Op::LoadSpecial, 0);
            }
            STORE_SUBSCR => {
                let [v, container, key] = self.take();
                self.effect(Op::SetItem, 0, container, key, v);
            }
            DELETE_SUBSCR => {
                let [container, key] = self.take();
                self.effect(Op::DeleteItem, 0, container, key, 0);
            }
            BINARY_SLICE => {
                let [container, from, to] = self.take();
                self.name(Op::GetSlice, 0, to.into(), container, from);
            }
            STORE_SLICE => {
                let [v, container, from, to] = self.take();
                self.effect(Op::SetSlice, 0, container, from, to);
                self.exts(Op::SetSlice, v.into());
            }
            UNPACK_SEQUENCE | UNPACK_EX => {
                let [source] = self.take();
                let (op, before, after) = match opcode {
                    UNPACK_SEQUENCE => (Op::UnpackSequence, n, 0),
                    _ => (Op::UnpackEx, n & 0xff, n >> 8),
                };
                let count = if opcode == UNPACK_SEQUENCE { n } else { before + 1 + after };
                let d = self.stack.items.len();
                self.stack.claim(d, count);
                self.effect(op, 0, self.stack.home(d), source, before as u16);
                self.exts(op, after as u32);
                for k in d..d + count {
                    let home = self.stack.home(k);
                    self.stack.items.push(Item::Reg(home));
                }
            }
            // displays
            BUILD_TUPLE => self.build(Op::BuildTuple, 0, n, arg),
            BUILD_LIST => self.build(Op::BuildList, 0, n, arg),
            BUILD_SET => self.build(Op::BuildSet, 0, n, arg),
            BUILD_MAP => self.build(Op::BuildMap, 0, 2 * n, arg),
            BUILD_STRING => self.build(Op::BuildString, 0, n, arg),
            BUILD_SLICE => self.build(Op::BuildSlice, 0, n, arg),
            BUILD_INTERPOLATION => self.build(Op::BuildInterpolation, x, 2 + (n & 1), 0),
            BUILD_TEMPLATE => self.op::<2>(Op::BuildTemplate, 0),
            LIST_APPEND | LIST_EXTEND | SET_ADD | SET_UPDATE | DICT_UPDATE | DICT_MERGE => {
                let container = self.stack.below_top(1 + n);
                let a = self.stack.operand(container);
                let c = if opcode == DICT_MERGE { self.stack.operand(container.saturating_sub(3)) } else { 0 };
                let [v] = self.take();
                let op = match opcode {
                    LIST_APPEND => Op::ListAppend,
                    LIST_EXTEND => Op::ListExtend,
                    SET_ADD => Op::SetAdd,
                    SET_UPDATE => Op::SetUpdate,
                    DICT_UPDATE => Op::DictUpdate,
                    _ => Op::DictMerge,
                };
                self.effect(op, 0, a, v, c);
            }
            MAP_ADD => {
                let dict = self.stack.operand(self.stack.below_top(2 + n));
                let [key, value] = self.take();
                self.effect(Op::MapAdd, 0, dict, key, value);
            }
            // modules, functions, intrinsics
            IMPORT_NAME => {
                let [level, from] = self.take();
                self.name(Op::ImportName, 0, arg, level, from);
            }
            IMPORT_FROM => {
                let module = self.stack.operand(self.stack.below_top(1));
                self.name(Op::ImportFrom, 0, arg, module, 0);
            }
            CALL_INTRINSIC_1 => self.op::<1>(Op::Intrinsic1, x),
            CALL_INTRINSIC_2 => self.op::<2>(Op::Intrinsic2, x),
            MAKE_FUNCTION => self.op::<1>(Op::MakeFunction, 0),
            SET_FUNCTION_ATTRIBUTE => {
                let function = self.stack.items.last().copied().unwrap_or(Item::Null);
                let [value, f] = self.take();
                self.effect(Op::SetFunctionAttribute, x, f, value, 0);
                let item = if matches!(function, Item::Reg(_)) { function } else { Item::Reg(f) };
                self.stack.push(item);
            }
            // generators
            RETURN_GENERATOR => self.op::<0>(Op::ReturnGenerator, 0),
            YIELD_VALUE => self.op::<1>(Op::Yield, x),
            SEND => {
                let first = self.stack.below_top(2);
                self.stack.bring_all_home(0, first + 1);
                let receiver = self.stack.operand(first);
                let [v] = self.take();
                let home = self.stack.home(self.stack.items.len());
                self.stack.claim(self.stack.items.len(), 1);
                self.jump_ext(Word::new(Op::Send, 0, home, receiver, v), next + n);
                self.stack.push(Item::Reg(home));
            }
            END_SEND => {
                let value = self.stack.pop();
                self.stack.pop();
                self.stack.push(value);
            }
            CLEANUP_THROW => {
                let [_, _, exception] = self.take();
                self.stack.push(Item::None);
                self.stack.push_result(Word::new(Op::CleanupThrow, 0, 0, exception, 0));
            }
            GET_AWAITABLE => self.op::<1>(Op::GetAwaitable, x),
            GET_AITER => self.op::<1>(Op::GetAIter, 0),
            GET_ANEXT => {
                let iterator = self.stack.operand(self.stack.below_top(1));
                self.stack.push_result(Word::new(Op::GetANext, 0, 0, iterator, 0));
            }
            END_ASYNC_FOR => {
                let [awaitable, exception] = self.take();
                self.effect(Op::EndAsyncFor, 0, awaitable, exception, 0);
            }
            GET_YIELD_FROM_ITER => self.op::<1>(Op::GetYieldFromIter, 0),
            // exceptions
            PUSH_EXC_INFO => {
                self.stack.bring_all_home(self.stack.below_top(1), usize::MAX);
                let d = self.stack.below_top(1);
                self.stack.claim(d + 1, 1);
                let (previous, exception) = (self.stack.home(d), self.stack.home(d + 1));
                self.effect(Op::Move, 0, exception, previous, 0);
                self.effect(Op::PushExcInfo, 0, previous, exception, 0);
                self.stack.push(Item::Reg(exception));
            }
            POP_EXCEPT => {
                let [a] = self.take();
                self.effect(Op::PopExcept, 0, a, 0, 0);
            }
            CHECK_EXC_MATCH => {
                let exception = self.stack.operand(self.stack.below_top(2));
                let [kind] = self.take();
                self.stack.push_result(Word::new(Op::CheckExcMatch, 0, 0, exception, kind));
            }
            CHECK_EG_MATCH => {
                let [exception, kind] = self.take();
                self.push_pair(Word::new(Op::CheckEgMatch, 0, 0, exception, kind));
            }
            RAISE_VARARGS => {
                let (a, b) = match n {
                    0 => (0, 0),
                    1 => (self.take::<1>()[0], 0),
                    _ => {
                        let [exception, cause] = self.take();
                        (exception, cause)
                    }
                };
                self.effect(Op::Raise, x, a, b, 0);
                self.leave();
            }
            RERAISE => {
                let lasti = if n > 0 { self.stack.operand(self.stack.below_top(1 + n)) } else { 0 };
                let [exception] = self.take();
                self.effect(Op::Reraise, u8::from(n > 0), exception, lasti, 0);
                self.leave();
            }
            WITH_EXCEPT_START => {
                let first = self.stack.below_top(5);
                self.stack.bring_all_home(first, usize::MAX);
                self.stack.push_result(Word::new(Op::WithExceptStart, 0, 0, self.stack.home(first), 0));
            }
            // text and matching
            FORMAT_SIMPLE => self.op::<1>(Op::FormatSimple, 0),
            FORMAT_WITH_SPEC => self.op::<2>(Op::FormatWithSpec, 0),
            CONVERT_VALUE => self.op::<1>(Op::ConvertValue, x),
            GET_LEN | MATCH_MAPPING | MATCH_SEQUENCE => {
                let subject = self.stack.operand(self.stack.below_top(1));
                let op = match opcode {
                    GET_LEN => Op::GetLen,
                    MATCH_MAPPING => Op::MatchMapping,
                    _ => Op::MatchSequence,
                };
                self.stack.push_result(Word::new(op, 0, 0, subject, 0));
            }
            MATCH_KEYS => {
                let first = self.stack.below_top(2);
                let (subject, keys) = (self.stack.operand(first), self.stack.operand(first + 1));
                self.stack.push_result(Word::new(Op::MatchKeys, 0, 0, subject, keys));
            }
            MATCH_CLASS => {
                let [subject, class, names] = self.take();
                self.stack.push_result(Word::new(Op::MatchClass, 0, 0, subject, class));
                self.ext(u64::from(names) | u64::from(arg) << 32);
            }
            // The verifier leaves no other.
            _ => {}
        }
    }
}

fn compare_index(arg: u32) -> usize {
    (arg >> 5).min(5) as usize
}

const COMPARE: [Op; 6] = [Op::Lt, Op::Le, Op::Eq, Op::Ne, Op::Gt, Op::Ge];
/// Jump if it holds, then unless it holds.
const JUMP: [Op; 12] = [
    Op::JumpLt,
    Op::JumpLe,
    Op::JumpEq,
    Op::JumpNe,
    Op::JumpGt,
    Op::JumpGe,
    Op::JumpNotLt,
    Op::JumpNotLe,
    Op::JumpNotEq,
    Op::JumpNotNe,
    Op::JumpNotGt,
    Op::JumpNotGe,
];
const JUMP_I: [Op; 12] = [
    Op::JumpLtI,
    Op::JumpLeI,
    Op::JumpEqI,
    Op::JumpNeI,
    Op::JumpGtI,
    Op::JumpGeI,
    Op::JumpNotLtI,
    Op::JumpNotLeI,
    Op::JumpNotEqI,
    Op::JumpNotNeI,
    Op::JumpNotGtI,
    Op::JumpNotGeI,
];

/// The jump with the opposite sense, for a loop's end.
fn inverse(op: Op) -> Option<Op> {
    for table in [&JUMP, &JUMP_I] {
        if let Some(at) = table.iter().position(|&o| o == op) {
            return Some(table[(at + 6) % 12]);
        }
    }
    Some(match op {
        Op::ForIter => Op::ForIterBack,
        Op::JumpIs | Op::JumpContains => op,
        Op::JumpIfTrue => Op::JumpIfFalse,
        Op::JumpIfFalse => Op::JumpIfTrue,
        Op::JumpIfTruthy => Op::JumpIfFalsy,
        Op::JumpIfFalsy => Op::JumpIfTruthy,
        Op::JumpIfNone => Op::JumpIfNotNone,
        Op::JumpIfNotNone => Op::JumpIfNone,
        _ => return None,
    })
}
