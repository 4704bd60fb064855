//! Verified bytecode to register code, in one forward pass over an abstract stack.
//!
//! Invariant: stack slot `d` has one home register, `stack + d`. An abstract item is in its home, or it is an alias (a local, a
//! small int, a constant, NULL) that costs nothing until an instruction needs it there: before a store to that local, at every
//! join, and below the depth of any handler that covers the instruction. Instructions without a form of their own run in
//! stack form (`Op::Stack`) over homes alone.

use super::regcode::{Handler, Op, Origin, RegCode, word};
use crate::error::PyResult;
use crate::types::code::Code;
use crate::vm::Vm;
use bunpy_heap::{Bytes, Gc, Kind, Str, Tuple, Value};
use pyc_format::code as pyc;
use pyc_format::opcode::{BinaryOp, Instruction, Opcode, instructions};
use pyc_format::verify::{self, ConstKind, Parts, Verified};
use std::collections::HashMap;

/// An item of the abstract stack.
#[derive(Clone, Copy, PartialEq, Debug)]
enum Item {
    Home,
    Local(u16),
    Int(i16),
    Const(u32),
    Null,
}

const MAX_REGS: usize = 60_000;
/// Items whose place a mask knows.
const MASK: usize = 64;
/// Constants of loops that get a register.
const MAX_LOOP_CONSTS: usize = 24;

/// Translates a code object; ValueError when the verifier refuses it.
pub fn translate(vm: &Vm, code: Gc<Code>) -> PyResult<Box<RegCode>> {
    let bytes = |v: Value| vm.expect::<Bytes>(v, "code field");
    let (bytecode, kinds) = (bytes(code.code.get())?, bytes(code.localspluskinds.get())?);
    let (lines, exceptions) = (bytes(code.linetable.get())?, bytes(code.exceptiontable.get())?);
    let consts = vm.expect_tuple(code.consts.get(), "co_consts")?;
    let names = vm.expect_tuple(code.names.get(), "co_names")?;
    let localsplus = vm.expect_tuple(code.localsplusnames.get(), "co_localsplusnames")?;
    let parts = Parts {
        argcount: code.argcount,
        posonlyargcount: code.posonlyargcount,
        kwonlyargcount: code.kwonlyargcount,
        stacksize: code.stacksize,
        flags: code.flags,
        firstlineno: code.firstlineno,
        code: bytecode.as_bytes(),
        n_localsplusnames: localsplus.len(),
        localspluskinds: kinds.as_bytes(),
        n_consts: consts.len(),
        n_names: names.len(),
        linetable: lines.as_bytes(),
        exceptiontable: exceptions.as_bytes(),
    };
    let verified = verify::verify_without_lines(&parts, |i| match consts.get(i) {
        Some(v) if v.kind() == Kind::Code => ConstKind::Code,
        Some(v) => match v.cast::<Tuple>() {
            Some(t) if t.items().iter().all(|x| x.cast::<Str>().is_some()) => ConstKind::StrTuple(t.len()),
            _ => ConstKind::Other,
        },
        None => ConstKind::Other,
    })
    .map_err(|f| vm.value_error(format!("code object is malformed: {f}")))?;
    let n_locals = localsplus.len();
    let list: Vec<Instruction> = instructions(bytecode.as_bytes()).collect();
    let loop_consts = loop_constants(&list, consts);
    let stack = n_locals + loop_consts.len();
    let n_regs = stack + code.stacksize as usize + 4;
    if n_regs > MAX_REGS {
        return Err(vm.memory_error());
    }
    let mut t = Translator {
        code: bytecode,
        consts,
        verified: &verified,
        list: &list,
        n_locals: n_locals as u16,
        loop_consts,
        out: Vec::with_capacity(list.len() * 2),
        origins: Vec::with_capacity(list.len()),
        at_unit: vec![u32::MAX; verified.units.len() + 1],
        fixes: Vec::new(),
        items: Vec::with_capacity(code.stacksize as usize),
        last: None,
        live: true,
        heads: HashMap::new(),
    };
    t.run();
    t.patch();
    let handlers = verified
        .handlers
        .iter()
        .filter(|h| t.at_unit[h.target as usize] != u32::MAX)
        .map(|h| Handler {
            start: h.start,
            end: h.end,
            target: t.at_unit[h.target as usize],
            depth: h.depth,
            lasti: h.lasti,
        })
        .collect();
    let plain = !code.has(pyc::CO_VARARGS)
        && !code.has(pyc::CO_VARKEYWORDS)
        && code.kwonlyargcount == 0
        && !verified.is_generator;
    let words = t.out.into_iter().map(std::sync::atomic::AtomicU64::new).collect();
    Ok(Box::new(RegCode {
        words,
        n_regs: n_regs as u32,
        n_locals: n_locals as u32,
        stack: stack as u32,
        n_params: code.n_params() as u32,
        simple_args: if plain { code.argcount as u16 } else { u16::MAX },
        origins: t.origins,
        handlers,
        code: code.value(),
        is_generator: verified.is_generator,
    }))
}

/// Constants that are loaded between a backward jump and its target.
fn loop_constants(list: &[Instruction], consts: Gc<Tuple>) -> Vec<u32> {
    let mut loops: Vec<(usize, usize)> = Vec::new();
    for i in list {
        if matches!(i.op(), Some(Opcode::JUMP_BACKWARD | Opcode::JUMP_BACKWARD_NO_INTERRUPT)) {
            loops.push((i.end().saturating_sub(i.oparg as usize), i.start));
        }
    }
    let mut found = Vec::new();
    for i in list {
        if i.op() == Some(Opcode::LOAD_CONST)
            && found.len() < MAX_LOOP_CONSTS
            && !found.contains(&i.oparg)
            && loops.iter().any(|(a, b)| *a <= i.start && i.start < *b)
            && consts.get(i.oparg as usize).is_some_and(|v| small_int(v).is_none() && v.kind() != Kind::Code)
        {
            found.push(i.oparg);
        }
    }
    found
}
fn small_int(v: Value) -> Option<i16> {
    i16::try_from(v.as_int()?).ok()
}

/// A field of an emitted word that names the result's register.
#[derive(Clone, Copy)]
enum Field {
    A,
    C,
}
struct Translator<'a> {
    code: Gc<Bytes>,
    consts: Gc<Tuple>,
    verified: &'a Verified,
    list: &'a [Instruction],
    n_locals: u16,
    loop_consts: Vec<u32>,
    out: Vec<u64>,
    origins: Vec<Origin>,
    /// First word of what a unit became.
    at_unit: Vec<u32>,
    /// Branches whose target unit is not yet placed.
    fixes: Vec<(usize, usize)>,
    items: Vec<Item>,
    /// The instruction that put the top item into its home, whose result may go elsewhere instead.
    last: Option<(usize, Field)>,
    live: bool,
    /// Fused comparisons at the head of a loop: word of the comparison by unit of the head, exit unit.
    heads: HashMap<usize, (usize, usize)>,
}

impl Translator<'_> {
    fn home(&self, d: usize) -> u16 {
        self.n_locals + self.loop_consts.len() as u16 + d as u16
    }
    fn depth(&self) -> usize {
        self.items.len()
    }
    /// Which items are in their homes. Stacks deeper than a mask hold no aliases.
    fn live_mask(&self) -> u64 {
        if self.items.len() > MASK {
            return u64::MAX;
        }
        self.items.iter().enumerate().fold(0, |m, (d, i)| m | ((*i == Item::Home) as u64) << d)
    }
    fn emit(&mut self, op: Op, a: u16, b: u16, c: u16, x: u8) -> usize {
        let live = self.live_mask();
        if let Some(o) = self.origins.last()
            && o.live != live
        {
            let o = Origin { pc: self.out.len() as u32, live, ..*o };
            self.origins.push(o);
        }
        self.out.push(word(op, a, b, c, x));
        self.out.len() - 1
    }
    fn emit_branch(&mut self, op: Op, a: u16, b: u16, target: usize) {
        let at = self.emit(op, a, b, 0, 0);
        self.fixes.push((at, target));
    }
    fn push(&mut self, i: Item) {
        self.items.push(i);
        self.last = None;
    }
    /// A result in the home of the new top item.
    fn push_result(&mut self, at: usize, field: Field) {
        self.items.push(Item::Home);
        self.last = Some((at, field));
    }
    fn pop(&mut self) -> Item {
        self.items.pop().unwrap_or(Item::Null)
    }
    fn load_const(&mut self, r: u16, k: u32) {
        let v = self.consts.get(k as usize).unwrap_or(Value::none());
        match small_int(v) {
            Some(i) => {
                self.emit(Op::LoadInt, r, i as u16, 0, 0);
            }
            None => {
                self.emit(Op::LoadConst, r, 0, 0, 0);
                self.out.push(v.bits());
            }
        }
    }
    fn load_unbound(&mut self, r: u16) {
        self.emit(Op::LoadConst, r, 0, 0, 0);
        self.out.push(Value::unbound().bits());
    }
    /// The register that holds item `d`, its home if it must be made.
    fn reg(&mut self, d: usize) -> u16 {
        let home = self.home(d);
        match self.items[d] {
            Item::Home => home,
            Item::Local(x) => x,
            Item::Const(k) => match self.loop_consts.iter().position(|c| *c == k) {
                Some(i) => self.n_locals + i as u16,
                None => {
                    self.load_const(home, k);
                    self.settle(d)
                }
            },
            Item::Int(i) => {
                self.emit(Op::LoadInt, home, i as u16, 0, 0);
                self.settle(d)
            }
            Item::Null => {
                self.load_unbound(home);
                self.settle(d)
            }
        }
    }
    fn settle(&mut self, d: usize) -> u16 {
        self.items[d] = Item::Home;
        self.last = None;
        self.home(d)
    }
    /// Puts item `d` into its home.
    fn force(&mut self, d: usize) {
        if self.items[d] == Item::Home {
            return;
        }
        let (r, home) = (self.reg(d), self.home(d));
        if r != home {
            self.emit(Op::Move, home, r, 0, 0);
        }
        self.settle(d);
    }
    fn force_all(&mut self) {
        self.force_below(self.depth());
    }
    fn force_below(&mut self, n: usize) {
        for d in 0..n.min(self.depth()) {
            self.force(d);
        }
    }
    /// Item `d` is an int that fits an operand.
    fn int_item(&self, d: usize) -> Option<i16> {
        match self.items[d] {
            Item::Int(i) => Some(i),
            Item::Const(k) => self.consts.get(k as usize).and_then(small_int),
            _ => None,
        }
    }

    fn run(&mut self) {
        for i in 0..self.loop_consts.len() {
            self.load_const(self.n_locals + i as u16, self.loop_consts[i]);
        }
        let mut skip = 0;
        for at in 0..self.list.len() {
            let i = self.list[at];
            let Some(op) = i.op() else { continue };
            let op = op.deopt();
            let unit = self.verified.units[i.start];
            let Some(depth) = unit.depth() else {
                self.live = false;
                continue;
            };
            if unit.is_target() || !self.live {
                if self.live {
                    self.force_all();
                }
                self.items.clear();
                self.items.resize(depth as usize, Item::Home);
                self.last = None;
                self.live = true;
            }
            if skip > 0 {
                skip -= 1;
                continue;
            }
            if let Some(h) = self.verified.handler(i.start) {
                self.force_below(h.depth as usize);
            }
            if self.depth() > MASK - 2 {
                self.force_all();
            }
            self.at_unit[i.start] = self.out.len() as u32;
            let (depth, live) = (self.depth() as u32, self.live_mask());
            self.origins.push(Origin { pc: self.out.len() as u32, unit: i.start as u32, depth, live });
            skip = self.instruction(at, i, op);
        }
    }
    /// Places the branches.
    fn patch(&mut self) {
        for (at, target) in std::mem::take(&mut self.fixes) {
            let to = self.at_unit.get(target).copied().unwrap_or(u32::MAX);
            let off = if to == u32::MAX { 0 } else { to as i64 - at as i64 };
            self.out[at] = self.out[at] & 0xFF_FFFF_FFFF | (off as u64) << 40;
        }
    }
    /// The instruction after `at` if no jump leads to it.
    fn following(&self, at: usize) -> Option<(Opcode, Instruction)> {
        let n = *self.list.get(at + 1)?;
        let u = self.verified.units.get(n.start)?;
        if u.is_target() || u.depth().is_none() {
            return None;
        }
        Some((n.op()?.deopt(), n))
    }

    fn store_local(&mut self, x: u16) {
        let value = self.pop();
        let d = self.depth();
        for k in 0..d {
            if self.items[k] == Item::Local(x) {
                self.force(k);
            }
        }
        match value {
            Item::Home => match self.last.take() {
                Some((at, Field::A)) => self.out[at] = self.out[at] & !0xFF_FF00 | (x as u64) << 8,
                Some((at, Field::C)) => self.out[at] = self.out[at] & !(0xFFFF << 40) | (x as u64) << 40,
                None => {
                    self.emit(Op::Move, x, self.home(d), 0, 0);
                }
            },
            Item::Local(y) if y == x => {}
            Item::Local(y) => {
                self.emit(Op::Move, x, y, 0, 0);
            }
            Item::Int(i) => {
                self.emit(Op::LoadInt, x, i as u16, 0, 0);
            }
            Item::Const(k) => match self.loop_consts.iter().position(|c| *c == k) {
                Some(i) => {
                    self.emit(Op::Move, x, self.n_locals + i as u16, 0, 0);
                }
                None => self.load_const(x, k),
            },
            Item::Null => self.load_unbound(x),
        }
        self.last = None;
    }
    fn load_local(&mut self, x: usize) {
        self.push(Item::Local(x as u16));
    }
    /// Two operands and a result in the home of the first.
    fn two(&mut self, op: Op, x: u8) {
        let d = self.depth() - 2;
        let (l, r) = (self.reg(d), self.reg(d + 1));
        let at = self.emit(op, self.home(d), l, r, x);
        self.items.truncate(d);
        self.push_result(at, Field::A);
    }
    fn one(&mut self, op: Op, x: u8) {
        let d = self.depth() - 1;
        let r = self.reg(d);
        let at = self.emit(op, self.home(d), r, 0, x);
        self.items.truncate(d);
        self.push_result(at, Field::A);
    }
    /// The generic form: everything in its home, depths from the opcode's effect.
    fn stack_form(&mut self, op: Opcode, i: Instruction) {
        self.force_all();
        let d = self.depth();
        self.emit(Op::Stack, d as u16, op as u16, 0, 0);
        self.out.push(i.oparg as u64);
        let effect = op.stack_effect(i.oparg, false).unwrap_or(0);
        let n = (d as i64 + effect as i64).max(0) as usize;
        self.items.clear();
        self.items.resize(n, Item::Home);
        self.last = None;
        if op.is_scope_exit() {
            self.live = false;
        }
    }
    fn jump_back(&mut self, i: Instruction) {
        self.force_all();
        let target = i.end() - i.oparg as usize;
        if let Some((at, exit)) = self.heads.get(&target).copied()
            && let Some(op) = turned(self.out[at])
        {
            // The test at the head of the loop is made again here, so that an iteration costs one branch.
            let w = self.out[at];
            let here = self.emit(op, (w >> 8) as u16, (w >> 24) as u16, 0, 0);
            let off = (at as i64 + 1) - here as i64;
            self.out[here] |= (off as u64) << 40;
            self.emit_branch(Op::Jump, 0, 0, exit);
        } else {
            self.emit_branch(Op::Loop, 0, 0, target);
        }
        self.live = false;
    }
    /// `a cmp b` that a jump follows, as one instruction. Gives how many instructions were taken.
    fn compare_jump(&mut self, at: usize, i: Instruction) -> Option<usize> {
        let (op, j) = self.following(at)?;
        let sense = match op {
            Opcode::POP_JUMP_IF_FALSE => false,
            Opcode::POP_JUMP_IF_TRUE => true,
            _ => return None,
        };
        let cmp = (i.oparg >> 5) as usize;
        let d = self.depth() - 2;
        let head = self.at_unit[i.start] as usize;
        let base = match (self.int_item(d + 1), sense) {
            (Some(_), false) => Op::JNotLtI,
            (Some(_), true) => Op::JLtI,
            (None, false) => Op::JNotLt,
            (None, true) => Op::JLt,
        };
        let op = *Op::ALL.get(base as usize + cmp)?;
        let l = self.reg(d);
        let r = match self.int_item(d + 1) {
            Some(k) => k as u16,
            None => self.reg(d + 1),
        };
        self.items.truncate(d);
        self.last = None;
        self.force_all();
        let target = j.end() + j.oparg as usize;
        let _ = head;
        let here = self.out.len();
        self.emit_branch(op, l, r, target);
        // A loop whose head is nothing but this test can be turned.
        if let Some((unit, _)) = self.loop_head(here, l)
            && !sense
        {
            self.heads.insert(unit, (here, target));
        }
        let live = self.live_mask();
        self.origins.push(Origin { pc: self.out.len() as u32, unit: j.start as u32, depth: d as u32, live });
        Some(1)
    }
    /// The unit of a join whose first word is `here`, if operands are registers that survive the loop.
    fn loop_head(&self, here: usize, l: u16) -> Option<(usize, u16)> {
        let first = self.origins.iter().rev().take_while(|o| o.pc as usize == here).last()?;
        let stack = self.home(0);
        if l >= stack || !self.verified.units.get(first.unit as usize)?.is_target() {
            return None;
        }
        let w = self.out[here];
        let immediate = (w as u8) >= Op::JNotLtI as u8 && (w as u8) <= Op::JNotGeI as u8
            || (w as u8) >= Op::JLtI as u8 && (w as u8) <= Op::JGeI as u8;
        if !immediate && (w >> 24) as u16 >= stack {
            return None;
        }
        Some((first.unit as usize, l))
    }

    /// Emits one instruction; gives how many following ones it has taken with it.
    fn instruction(&mut self, at: usize, i: Instruction, op: Opcode) -> usize {
        use Opcode::*;
        let arg = i.oparg as usize;
        let d = self.depth();
        match op {
            NOP | NOT_TAKEN | RESUME | CACHE | EXTENDED_ARG => {}
            LOAD_FAST | LOAD_FAST_BORROW => self.load_local(arg),
            LOAD_FAST_LOAD_FAST | LOAD_FAST_BORROW_LOAD_FAST_BORROW => {
                self.load_local(arg >> 4);
                self.load_local(arg & 15);
            }
            LOAD_FAST_CHECK => {
                self.emit(Op::CheckBound, arg as u16, arg as u16, 0, 0);
                self.load_local(arg);
            }
            LOAD_FAST_AND_CLEAR => {
                for k in 0..d {
                    if self.items[k] == Item::Local(arg as u16) {
                        self.force(k);
                    }
                }
                self.emit(Op::LoadAndClear, self.home(d), arg as u16, 0, 0);
                self.push(Item::Home);
            }
            STORE_FAST => self.store_local(arg as u16),
            STORE_FAST_STORE_FAST => {
                self.store_local((arg >> 4) as u16);
                self.store_local((arg & 15) as u16);
            }
            STORE_FAST_LOAD_FAST => {
                self.store_local((arg >> 4) as u16);
                self.load_local(arg & 15);
            }
            DELETE_FAST => {
                for k in 0..d {
                    if self.items[k] == Item::Local(arg as u16) {
                        self.force(k);
                    }
                }
                self.emit(Op::DeleteFast, arg as u16, 0, 0, 0);
                self.last = None;
            }
            LOAD_CONST => match self.consts.get(arg).and_then(small_int) {
                Some(k) => self.push(Item::Int(k)),
                None => self.push(Item::Const(arg as u32)),
            },
            LOAD_SMALL_INT => self.push(Item::Int(arg as i16)),
            PUSH_NULL => self.push(Item::Null),
            POP_TOP | END_FOR | POP_ITER => {
                self.pop();
                self.last = None;
            }
            COPY => match self.items[d - arg] {
                Item::Home => {
                    self.emit(Op::Move, self.home(d), self.home(d - arg), 0, 0);
                    self.push(Item::Home);
                }
                alias => self.push(alias),
            },
            SWAP => {
                let (x, y) = (d - arg, d - 1);
                if self.items[x] == Item::Home || self.items[y] == Item::Home {
                    self.force(x);
                    self.force(y);
                    self.emit(Op::Swap, self.home(x), self.home(y), 0, 0);
                } else {
                    self.items.swap(x, y);
                }
                self.last = None;
            }
            BINARY_OP => self.binary(arg as u32),
            COMPARE_OP => {
                if let Some(n) = self.compare_jump(at, i) {
                    return n;
                }
                self.two(Op::Compare, (arg >> 5) as u8 | if arg & 16 != 0 { 0x80 } else { 0 });
            }
            IS_OP => {
                if let Some((j, n)) = self.following(at)
                    && matches!(j, POP_JUMP_IF_FALSE | POP_JUMP_IF_TRUE)
                {
                    let (l, r) = (self.reg(d - 2), self.reg(d - 1));
                    self.items.truncate(d - 2);
                    self.last = None;
                    self.force_all();
                    let jump_if_same = (j == POP_JUMP_IF_TRUE) == (arg == 0);
                    let op = if jump_if_same { Op::JIs } else { Op::JIsNot };
                    self.emit_branch(op, l, r, n.end() + n.oparg as usize);
                    return 1;
                }
                self.two(Op::Is, arg as u8);
            }
            CONTAINS_OP => self.two(Op::Contains, arg as u8),
            UNARY_NOT => self.one(Op::Not, 0),
            TO_BOOL => {
                if let Some((POP_JUMP_IF_FALSE | POP_JUMP_IF_TRUE | UNARY_NOT, _)) = self.following(at) {
                    return 0;
                }
                self.one(Op::ToBool, 0);
            }
            POP_JUMP_IF_FALSE | POP_JUMP_IF_TRUE | POP_JUMP_IF_NONE | POP_JUMP_IF_NOT_NONE => {
                let r = self.reg(d - 1);
                self.items.truncate(d - 1);
                self.last = None;
                self.force_all();
                let op = match op {
                    POP_JUMP_IF_FALSE => Op::JFalse,
                    POP_JUMP_IF_TRUE => Op::JTrue,
                    POP_JUMP_IF_NONE => Op::JNone,
                    _ => Op::JNotNone,
                };
                self.emit_branch(op, r, 0, i.end() + arg);
            }
            JUMP_FORWARD => {
                self.force_all();
                self.emit_branch(Op::Jump, 0, 0, i.end() + arg);
                self.live = false;
            }
            JUMP_BACKWARD => self.jump_back(i),
            JUMP_BACKWARD_NO_INTERRUPT => {
                self.force_all();
                self.emit_branch(Op::Jump, 0, 0, i.end() - arg);
                self.live = false;
            }
            LOAD_GLOBAL => {
                let r = self.emit(Op::LoadGlobal, self.home(d), (arg >> 1) as u16, 0, 0);
                self.out.extend([0, 0, 0]);
                self.push_result(r, Field::A);
                if arg & 1 != 0 {
                    self.push(Item::Null);
                }
            }
            LOAD_ATTR => {
                let r = self.reg(d - 1);
                let method = arg & 1 != 0;
                let op = if method { Op::LoadMethod } else { Op::LoadAttr };
                let w = self.emit(op, self.home(d - 1), r, (arg >> 1) as u16, 0);
                self.out.extend([0, 0, 0]);
                self.items.truncate(d - 1);
                self.push_result(w, Field::A);
                if method {
                    self.push(Item::Home);
                }
            }
            STORE_ATTR => {
                let (v, o) = (self.reg(d - 2), self.reg(d - 1));
                self.emit(Op::StoreAttr, v, o, arg as u16, 0);
                self.out.extend([0, 0, 0]);
                self.items.truncate(d - 2);
                self.last = None;
            }
            STORE_SUBSCR => {
                let (v, o, k) = (self.reg(d - 3), self.reg(d - 2), self.reg(d - 1));
                self.emit(Op::SetItem, v, o, k, 0);
                self.items.truncate(d - 3);
                self.last = None;
            }
            LOAD_DEREF => {
                let w = self.emit(Op::LoadDeref, self.home(d), arg as u16, 0, 0);
                self.push_result(w, Field::A);
            }
            STORE_DEREF => {
                let r = self.reg(d - 1);
                self.emit(Op::StoreDeref, r, arg as u16, 0, 0);
                self.pop();
                self.last = None;
            }
            MAKE_CELL | COPY_FREE_VARS => {
                for k in 0..d {
                    self.force(k);
                }
                self.emit(Op::Prologue, 0, op as u16, 0, 0);
                self.out.push(arg as u64);
            }
            CALL => self.call(Op::Call, arg, 0),
            CALL_KW => self.call(Op::CallKw, arg, 1),
            RETURN_VALUE => {
                let r = self.reg(d - 1);
                self.emit(Op::Return, r, 0, 0, 0);
                self.pop();
                self.live = false;
            }
            GET_ITER => self.one(Op::GetIter, 0),
            FOR_ITER => {
                self.force_all();
                let w = self.out.len();
                self.emit_branch(Op::ForIter, self.home(d), self.home(d - 1), i.end() + arg);
                self.push_result(w, Field::A);
            }
            SEND => {
                self.force_all();
                self.emit_branch(Op::Send, self.home(d - 2), self.home(d - 1), i.end() + arg);
                self.last = None;
            }
            YIELD_VALUE => {
                self.force_below(d - 1);
                let r = self.reg(d - 1);
                self.emit(Op::Yield, self.home(d - 1), r, 0, 0);
                self.items.truncate(d - 1);
                self.push(Item::Home);
            }
            RETURN_GENERATOR => {
                self.force_all();
                self.emit(Op::ReturnGenerator, self.home(d), 0, 0, 0);
                self.push(Item::Home);
            }
            BUILD_TUPLE | BUILD_LIST => {
                for k in d - arg..d {
                    self.force(k);
                }
                let base = self.home(d - arg);
                let op = if op == BUILD_TUPLE { Op::BuildTuple } else { Op::BuildList };
                let w = self.emit(op, base, base, arg as u16, 0);
                self.items.truncate(d - arg);
                self.push_result(w, Field::A);
            }
            LIST_APPEND => {
                self.force(d - 1 - arg);
                let v = self.reg(d - 1);
                self.emit(Op::ListAppend, self.home(d - 1 - arg), v, 0, 0);
                self.pop();
                self.last = None;
            }
            UNPACK_SEQUENCE => {
                let r = self.reg(d - 1);
                self.items.truncate(d - 1);
                self.emit(Op::Unpack, self.home(d - 1), r, arg as u16, 0);
                for _ in 0..arg {
                    self.push(Item::Home);
                }
            }
            _ => self.stack_form(op, i),
        }
        0
    }
    fn binary(&mut self, arg: u32) {
        let d = self.depth() - 2;
        let x = arg as u8;
        match BinaryOp::from_number(arg) {
            Some(BinaryOp::NB_SUBSCR) => self.two(Op::GetItem, x),
            Some(
                op @ (BinaryOp::NB_ADD
                | BinaryOp::NB_INPLACE_ADD
                | BinaryOp::NB_SUBTRACT
                | BinaryOp::NB_INPLACE_SUBTRACT),
            ) => {
                let minus = matches!(op, BinaryOp::NB_SUBTRACT | BinaryOp::NB_INPLACE_SUBTRACT);
                match self.int_item(d + 1).filter(|k| *k != i16::MIN) {
                    Some(k) => {
                        let l = self.reg(d);
                        let k = if minus { -k } else { k };
                        let at = self.emit(Op::AddInt, self.home(d), l, k as u16, x);
                        self.items.truncate(d);
                        self.push_result(at, Field::A);
                    }
                    None => self.two(if minus { Op::Sub } else { Op::Add }, x),
                }
            }
            Some(BinaryOp::NB_MULTIPLY | BinaryOp::NB_INPLACE_MULTIPLY) => self.two(Op::Mul, x),
            _ => self.two(Op::Binary, x),
        }
    }
    fn call(&mut self, op: Op, argc: usize, extra: usize) {
        let d = self.depth() - argc - 2 - extra;
        let known_null = self.items[d + 1] == Item::Null;
        for k in d..self.depth() {
            if k != d + 1 || !known_null {
                self.force(k);
            }
        }
        self.force_below(d);
        let home = self.home(d);
        let at = self.emit(op, home, argc as u16, home, known_null as u8);
        self.items.truncate(d);
        self.push_result(at, Field::C);
        let _ = self.code;
    }
}

/// The comparison of a branch with its sense turned.
fn turned(w: u64) -> Option<Op> {
    let n = w as u8;
    let (from, to) = if (Op::JNotLt as u8..=Op::JNotGe as u8).contains(&n) {
        (Op::JNotLt, Op::JLt)
    } else if (Op::JNotLtI as u8..=Op::JNotGeI as u8).contains(&n) {
        (Op::JNotLtI, Op::JLtI)
    } else {
        return None;
    };
    Op::ALL.get((n - from as u8 + to as u8) as usize).copied()
}
