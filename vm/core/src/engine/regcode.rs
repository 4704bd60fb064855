//! Register code: the instruction set, its encoding, and what a translated code object carries.
//!
//! ```text
//! word    op:8 | a:16 | b:16 | c:16 | x:8        registers a, b, c; a branch has its offset (in words, 24 bits, signed)
//!                                                in c and x, counted from its own word
//! frame   regs[-6 .. -1]  frame object, extra value, return (dst | kind << 32), caller's registers, return pc, function
//!         regs[0 ..]      locals, cells, free variables | constants of loops | the stack, slot d at `stack + d`
//! ```
//! Invariant: translated code is trusted, so only the translator writes it, from verified bytecode. Cache words may be
//! overwritten at any time by the engine; every use checks what it finds.

use crate::types::code::Code;
use crate::vm::Vm;
use bunpy_heap::{Gc, Tracer, Value};
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

macro_rules! ops { ($($(#[$d:meta])* $name:ident $words:literal),* $(,)?) => {
    /// Register instructions. The number is how many words one has, its own included.
    #[derive(Clone, Copy, PartialEq, Eq, Debug)]
    #[repr(u8)]
    pub enum Op { $($(#[$d])* $name),* }
    impl Op {
        pub const ALL: &'static [Op] = &[$(Op::$name),*];
        pub const fn words(self) -> usize { match self { $(Op::$name => $words),* } }
        pub const fn name(self) -> &'static str { match self { $(Op::$name => stringify!($name)),* } }
    }
} }
ops! {
    /// a = b
    Move 1,
    /// a = int b (16 bits, signed)
    LoadInt 1,
    /// a = the value in the next word
    LoadConst 2,
    /// a and b change places
    Swap 1,
    /// a must be bound: local b
    CheckBound 1,
    /// local a must be bound and becomes unbound
    DeleteFast 1,
    /// a = b; b becomes unbound
    LoadAndClear 1,
    /// a = b + c, a = b - c, a = b * c; x says which operator in full (in-place or not)
    Add 1, Sub 1, Mul 1,
    /// a = b + int c
    AddInt 1,
    AddFloat 1, SubFloat 1, MulFloat 1,
    /// a = b op(x) c
    Binary 1,
    /// a = b[c]
    GetItem 1,
    /// b[c] = a
    SetItem 1,
    /// a = b cmp(x) c as a value, or as a bool (bit 7 of x)
    Compare 1,
    /// Jump if not `a cmp b`; then the same against an int in b; then with the sense turned.
    JNotLt 1, JNotLe 1, JNotEq 1, JNotNe 1, JNotGt 1, JNotGe 1,
    JNotLtI 1, JNotLeI 1, JNotEqI 1, JNotNeI 1, JNotGtI 1, JNotGeI 1,
    JLt 1, JLe 1, JEq 1, JNe 1, JGt 1, JGe 1,
    JLtI 1, JLeI 1, JEqI 1, JNeI 1, JGtI 1, JGeI 1,
    Jump 1,
    /// A backward jump, with a poll.
    Loop 1,
    JTrue 1, JFalse 1, JNone 1, JNotNone 1,
    /// Jump if a is (x = 0) or is not b.
    JIs 1, JIsNot 1,
    /// a = bool(b), a = not b
    ToBool 1, Not 1,
    /// a = b is c (x inverts)
    Is 1,
    /// a = b in c (x inverts)
    Contains 1,
    /// a = global of name b: words: version of the globals, address of the value's slot, version of the builtins or 0
    LoadGlobal 4,
    /// a = b.name(c): words: kind | word << 8 | shape << 32, type version, value
    LoadAttr 4,
    /// a = function, a+1 = self of b.name(c): the same words
    LoadMethod 4,
    /// b.name(c) = a: the same words
    StoreAttr 4,
    /// a = cell b's value; b's value = a
    LoadDeref 1, StoreDeref 1,
    /// c = call with callable a, self or unbound a+1 (x = 1: known unbound), b arguments from a+2
    Call 1,
    /// the same; the names of the last arguments are in the register after them
    CallKw 1,
    Return 1,
    /// a = iter(b)
    GetIter 1,
    /// a = next(b), or jump
    ForIter 1,
    /// receiver a, sent value and result b; jump with the result in b at the end
    Send 1,
    /// Yield b; the value sent back arrives in a
    Yield 1,
    /// Make the activation; the first sent value arrives in a
    ReturnGenerator 1,
    BuildTuple 1, BuildList 1,
    /// a.append(b)
    ListAppend 1,
    /// c items of b to a, a-1, ... (the last on top)
    Unpack 1,
    /// A bytecode instruction in stack form: depth a, opcode b; word: operand
    Stack 2,
    /// A local's cell is made, free variables are copied: opcode b; word: operand
    Prologue 2,
    /// Ends a nested run.
    Halt 1,
}

pub const fn word(op: Op, a: u16, b: u16, c: u16, x: u8) -> u64 {
    op as u64 | (a as u64) << 8 | (b as u64) << 24 | (c as u64) << 40 | (x as u64) << 56
}
#[inline(always)]
pub const fn op_of(w: u64) -> u8 {
    w as u8
}
#[inline(always)]
pub const fn a_of(w: u64) -> usize {
    (w >> 8) as u16 as usize
}
#[inline(always)]
pub const fn b_of(w: u64) -> usize {
    (w >> 24) as u16 as usize
}
#[inline(always)]
pub const fn c_of(w: u64) -> usize {
    (w >> 40) as u16 as usize
}
#[inline(always)]
pub const fn x_of(w: u64) -> u8 {
    (w >> 56) as u8
}
/// A branch's offset in words.
#[inline(always)]
pub const fn offset_of(w: u64) -> isize {
    (w as i64 >> 40) as isize
}

/// Where an instruction came from.
#[derive(Clone, Copy, Debug)]
pub struct Origin {
    /// First word.
    pub pc: u32,
    /// Code unit of the bytecode.
    pub unit: u32,
    /// Items on the stack before it.
    pub depth: u32,
    /// Which of them are in their homes (bit d); the collector forgets the others.
    pub live: u64,
}
/// A handler in register code: `unit` ranges as in the exception table.
#[derive(Clone, Copy, Debug)]
pub struct Handler {
    pub start: u32,
    pub end: u32,
    pub target: u32,
    pub depth: u32,
    pub lasti: bool,
}

/// A translated code object.
pub struct RegCode {
    pub words: Box<[AtomicU64]>,
    pub n_regs: u32,
    /// Locals, cells and free variables.
    pub n_locals: u32,
    /// First register of the stack.
    pub stack: u32,
    /// Register of the first cell that is no local, and how many parameters there are.
    pub n_params: u32,
    /// Arguments of a call that needs no binding; u16::MAX if all need it.
    pub simple_args: u16,
    pub origins: Vec<Origin>,
    pub handlers: Vec<Handler>,
    /// The `Code` this was made from; it keeps the constants alive.
    pub code: Value,
    pub is_generator: bool,
}
impl RegCode {
    pub fn trace(&self, t: &mut Tracer<'_>) {
        t.value(self.code)
    }
    pub fn start(&self) -> *const u64 {
        self.words.as_ptr() as *const u64
    }
    /// Where the instruction that holds word `pc` came from.
    pub fn origin(&self, pc: usize) -> Option<Origin> {
        let i = self.origins.partition_point(|o| o.pc as usize <= pc);
        self.origins.get(i.checked_sub(1)?).copied()
    }
    /// The handler for an exception raised at code unit `unit`.
    pub fn handler(&self, unit: u32) -> Option<Handler> {
        let i = self.handlers.partition_point(|h| h.end <= unit);
        self.handlers.get(i).copied().filter(|h| h.start <= unit)
    }
    pub fn code(&self) -> Option<Gc<Code>> {
        self.code.cast::<Code>()
    }
    /// The code for people: one instruction a line.
    pub fn disassemble(&self, vm: &Vm) -> String {
        use std::fmt::Write;
        let _ = vm;
        let mut out = String::new();
        let mut i = 0;
        while let Some(w) = self.words.get(i) {
            let w = w.load(Relaxed);
            let Some(op) = Op::ALL.get(op_of(w) as usize) else { break };
            let unit = self.origin(i).map_or(0, |o| o.unit);
            let _ = writeln!(
                out,
                "{i:5} {:16} a={} b={} c={} x={} off={}   ; unit {unit}",
                op.name(),
                a_of(w),
                b_of(w) as i16,
                c_of(w),
                x_of(w),
                offset_of(w)
            );
            i += op.words();
        }
        out
    }
}
