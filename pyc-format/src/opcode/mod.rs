//! Opcodes: the enum and its lookups, derived from the table.
//!
//! Invariant: nothing here states a fact about one opcode that the table states; the few classes below (`is_terminator`
//! and kin) are those of CPython's `pycore_opcode_utils.h`. Next: `table.rs` for the facts, `operand.rs` for operands.
//!
//! To add an opcode: a row in `table.rs`; the names of its cache fields in `dis/caches.rs`, if it has any; a variant of
//! [`Operand`] if it means something new, and the compiler points at `dis/argument.rs` and `verify/operands.rs`. Then
//! `cargo x opcheck`.

mod instructions;
mod kinds;
mod operand;
mod stack;
mod table;

pub use instructions::{Instruction, Instructions, instruction_at, instructions};
pub use kinds::{
    BinaryOp, CommonConstant, CompareOp, Conversion, FunctionAttribute, Intrinsic1, Intrinsic2, SpecialMethod,
};
pub use operand::Operand;
pub use stack::Count;

use crate::for_each_op;

/// COMPARE_OP's bit that asks for a bool.
pub const COMPARE_TO_BOOL: u32 = 16;
/// RESUME's places, in [`RESUME_LOCATION_MASK`].
pub const RESUME_AT_FUNC_START: u32 = 0;
pub const RESUME_AFTER_YIELD: u32 = 1;
pub const RESUME_AFTER_YIELD_FROM: u32 = 2;
pub const RESUME_AFTER_AWAIT: u32 = 3;
pub const RESUME_LOCATION_MASK: u32 = 3;
/// RESUME's bit for exactly one enclosing exception handler (a generator's own).
pub const RESUME_DEPTH1_MASK: u32 = 4;

/// Numbers of the enum: 256 that a byte can hold, then the pseudo-instructions.
pub const N_OPCODES: usize = 267;

/// The flags of one opcode, as CPython's `HAS_..._FLAG`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Flags(u16);

/// `FLAG method "what it says"` a row: the constant and the method of [`Opcode`].
macro_rules! flags {
    ($($bit:literal $flag:ident $method:ident $doc:literal;)*) => {
        impl Flags {
            $(#[doc = $doc] pub const $flag: Flags = Flags(1 << $bit);)*

            pub const fn contains(self, other: Flags) -> bool {
                self.0 & other.0 == other.0
            }

            const fn or(self, other: Flags) -> Flags {
                Flags(self.0 | other.0)
            }
        }
        impl Opcode {
            $(#[doc = $doc]
            #[inline]
            pub const fn $method(self) -> bool {
                self.flags().contains(Flags::$flag)
            })*
        }
    };
}

flags! {
    0  ARG          has_arg          "Looks at its operand.";
    1  CONST        has_const        "Reads `co_consts`.";
    2  NAME         has_name         "Reads `co_names`.";
    3  JUMP         has_jump         "May jump to where its operand says (END_ASYNC_FOR only says it).";
    4  FREE         has_free         "Operand is a cell or free variable.";
    5  LOCAL        has_local        "Operand is a local (LOAD_DEREF is counted here, as CPython does).";
    6  EVAL_BREAK   has_eval_break   "Looks for pending signals, thread switches, collections.";
    7  DEOPT        has_deopt        "Specialised: may fall back to its base.";
    8  ERROR        has_error        "May raise.";
    9  ESCAPES      has_escapes      "May run arbitrary code.";
    10 EXIT         has_exit         "Specialised: may leave a trace.";
    11 PURE         has_pure         "Depends on and changes nothing but the stack.";
    12 ERROR_NO_POP has_error_no_pop "May raise with its inputs still on the stack, or already gone.";
    13 NO_SAVE_IP   has_no_save_ip   "Does not record its own address.";
}

/// Where an opcode stands in the table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Class {
    /// May stand in a .pyc file.
    Real,
    /// Written over a real one while it runs.
    Specialized,
    /// Written over a real one while it is monitored.
    Instrumented,
    /// Only inside the compiler.
    Pseudo,
}

/// One row, in the form that lookups want.
struct Row {
    name: &'static str,
    stack: &'static str,
    popped: Count,
    pushed: Count,
    /// Inputs that it leaves where they are.
    kept: Count,
    operand: Operand,
    flags: Flags,
    class: Class,
    caches: u8,
    /// Itself, the base of a specialised or instrumented opcode.
    base: u16,
    targets: &'static [Opcode],
}

macro_rules! define_opcodes {
    (
        real { $($r_num:literal $r_name:ident $r_operand:ident $r_stack:literal $r_caches:literal [$($r_flag:ident)*];)* }
        specialized { $($s_num:literal $s_name:ident $s_base:ident $s_stack:literal [$($s_flag:ident)*];)* }
        instrumented { $($i_num:literal $i_name:ident $i_base:ident $i_stack:literal [$($i_flag:ident)*];)* }
        pseudo { $($p_num:literal $p_name:ident $p_operand:ident $p_stack:literal [$($p_target:ident)*] [$($p_flag:ident)*];)* }
    ) => {
        /// An instruction's kind, numbered as CPython numbers it. See `table.rs` for what each does to the stack.
        #[allow(non_camel_case_types)] // CPython's spelling
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        #[repr(u16)]
        pub enum Opcode {
            $(#[doc = $r_stack] $r_name = $r_num,)*
            $(#[doc = $s_stack] $s_name = $s_num,)*
            $(#[doc = $i_stack] $i_name = $i_num,)*
            $(#[doc = $p_stack] $p_name = $p_num,)*
        }

        impl Opcode {
            /// Every opcode, class by class.
            pub const ALL: &[Opcode] = &[
                $(Opcode::$r_name,)* $(Opcode::$s_name,)* $(Opcode::$i_name,)* $(Opcode::$p_name,)*
            ];
        }

        const ROWS: [Row; N_OPCODES] = {
            let mut rows = [const { Row::hole() }; N_OPCODES];
            $(
                rows[$r_num] = Row::new(
                    stringify!($r_name), $r_stack, Class::Real, Operand::$r_operand, $r_caches, $r_num,
                    Flags(0)$(.or(Flags::$r_flag))*, &[],
                );
            )*
            $(rows[$s_num] = Row::over(
                stringify!($s_name), $s_stack, Class::Specialized, &rows[Opcode::$s_base as usize],
                Flags(0)$(.or(Flags::$s_flag))*,
            );)*
            $(rows[$i_num] = Row::over(
                stringify!($i_name), $i_stack, Class::Instrumented, &rows[Opcode::$i_base as usize],
                Flags(0)$(.or(Flags::$i_flag))*,
            );)*
            $(
                rows[$p_num] = Row::new(
                    stringify!($p_name), $p_stack, Class::Pseudo, Operand::$p_operand, 0, $p_num,
                    Flags(0)$(.or(Flags::$p_flag))*, &[$(Opcode::$p_target),*],
                );
            )*
            rows
        };
    };
}

for_each_op!(define_opcodes);

impl Row {
    const fn hole() -> Row {
        let none = Count::NONE;
        let (name, stack, operand, class) = ("", "--", Operand::None, Class::Real);
        Row {
            name,
            stack,
            popped: none,
            pushed: none,
            kept: none,
            operand,
            flags: Flags(0),
            class,
            caches: 0,
            base: 0,
            targets: &[],
        }
    }

    #[allow(clippy::too_many_arguments)] // one a column
    const fn new(
        name: &'static str,
        stack: &'static str,
        class: Class,
        operand: Operand,
        caches: u8,
        base: u16,
        flags: Flags,
        targets: &'static [Opcode],
    ) -> Row {
        let [popped, pushed, kept] = stack::parse(stack);
        Row { name, stack, popped, pushed, kept, operand, flags, class, caches, base, targets }
    }

    /// A row that stands over `base` at run time: same operand, same caches.
    const fn over(name: &'static str, stack: &'static str, class: Class, base: &Row, flags: Flags) -> Row {
        Row::new(name, stack, class, base.operand, base.caches, base.base, flags, &[])
    }
}

static TABLE: [Row; N_OPCODES] = ROWS;

const BY_NUMBER: [Option<Opcode>; N_OPCODES] = {
    let mut by_number = [None; N_OPCODES];
    let mut i = 0;
    while i < Opcode::ALL.len() {
        let op = Opcode::ALL[i];
        assert!(by_number[op as usize].is_none(), "two rows of one number");
        by_number[op as usize] = Some(op);
        i += 1;
    }
    by_number
};

/// Opcodes by byte: what a decoder looks at first.
static BY_BYTE: [Option<Opcode>; 256] = {
    let mut by_byte = [None; 256];
    let mut i = 0;
    while i < 256 {
        by_byte[i] = BY_NUMBER[i];
        i += 1;
    }
    by_byte
};

/// Cache entries by byte; 0 for a byte that is no opcode.
static CACHES: [u8; 256] = {
    let mut caches = [0; 256];
    let mut i = 0;
    while i < 256 {
        caches[i] = ROWS[i].caches;
        i += 1;
    }
    caches
};

/// Code units of cache that follow the opcode `byte`; 0 for a byte that is no opcode.
#[inline]
pub const fn caches_of_byte(byte: u8) -> usize {
    CACHES[byte as usize] as usize
}

impl Opcode {
    /// The opcode that a code unit's first byte means, specialised and instrumented ones included.
    #[inline]
    pub const fn from_u8(byte: u8) -> Option<Opcode> {
        BY_BYTE[byte as usize]
    }

    /// The opcode of a number, pseudo-instructions included.
    pub const fn from_number(number: u16) -> Option<Opcode> {
        if (number as usize) < N_OPCODES { BY_NUMBER[number as usize] } else { None }
    }

    /// The opcode of CPython's name.
    pub fn from_name(name: &str) -> Option<Opcode> {
        Opcode::ALL.iter().copied().find(|op| op.name() == name)
    }

    #[inline]
    const fn row(self) -> &'static Row {
        &TABLE[self as usize]
    }

    #[inline]
    pub const fn number(self) -> u16 {
        self as u16
    }

    pub const fn name(self) -> &'static str {
        self.row().name
    }

    /// The stack column: `before -- after`.
    pub const fn stack(self) -> &'static str {
        self.row().stack
    }

    #[inline]
    pub const fn operand(self) -> Operand {
        self.row().operand
    }

    #[inline]
    pub const fn flags(self) -> Flags {
        self.row().flags
    }

    #[inline]
    pub const fn class(self) -> Class {
        self.row().class
    }

    #[inline]
    pub const fn is_pseudo(self) -> bool {
        self as u16 > 255
    }

    /// Code units of inline cache that follow it; a specialised or instrumented one has its base's.
    #[inline]
    pub const fn caches(self) -> usize {
        self.row().caches as usize
    }

    /// The opcode that stands in a file where this one runs: CPython's `_PyOpcode_Deopt` and de-instrumentation.
    /// INSTRUMENTED_LINE and INSTRUMENTED_INSTRUCTION stand for any opcode and give NOP.
    pub const fn deopt(self) -> Opcode {
        match BY_NUMBER[self.row().base as usize] {
            Some(base) => base,
            None => self,
        }
    }

    /// What a pseudo-instruction becomes in the end (one of them, or all in a row for the JUMP_IFs); empty for others.
    pub const fn pseudo_targets(self) -> &'static [Opcode] {
        self.row().targets
    }

    /// Items that it takes, without a jump.
    #[inline]
    pub const fn popped(self) -> Count {
        self.row().popped
    }

    /// Items that it leaves, without a jump.
    #[inline]
    pub const fn pushed(self) -> Count {
        self.row().pushed
    }

    /// Of the items that it takes, those that stay where they are: the names that both sides of its stack column begin with.
    /// They are below the stack's top whenever the instruction raises.
    #[inline]
    pub const fn kept(self) -> Count {
        self.row().kept
    }

    /// `after - before` as CPython's `dis.stack_effect(opcode, oparg, jump=jump)`: none for specialised opcodes, and for
    /// operands whose count has no 32-bit value. The SETUP pseudo-instructions have an effect only when they "jump".
    pub const fn stack_effect(self, oparg: u32, jump: bool) -> Option<i32> {
        if matches!(self.class(), Class::Specialized) {
            return None;
        }
        let (popped, pushed) = (self.popped().eval(oparg), self.pushed().eval(oparg));
        if popped < 0 || pushed < 0 || popped > i32::MAX as i64 || pushed > i32::MAX as i64 {
            return None;
        }
        if self.is_block_push() && !jump {
            return Some(0);
        }
        Some((pushed - popped) as i32)
    }

    /// Has an exception handler as its target: CPython's `has_exc`.
    pub const fn has_exc(self) -> bool {
        self.is_block_push()
    }

    /// SETUP_FINALLY, SETUP_CLEANUP, SETUP_WITH.
    #[inline]
    pub const fn is_block_push(self) -> bool {
        matches!(self, Opcode::SETUP_FINALLY | Opcode::SETUP_CLEANUP | Opcode::SETUP_WITH)
    }

    /// Has a label as operand, jump or handler.
    pub const fn has_target(self) -> bool {
        self.has_jump() || self.is_block_push()
    }

    /// Ends the frame's run: RETURN_VALUE, RAISE_VARARGS, RERAISE.
    #[inline]
    pub const fn is_scope_exit(self) -> bool {
        matches!(self, Opcode::RETURN_VALUE | Opcode::RAISE_VARARGS | Opcode::RERAISE)
    }

    /// Must be the last of its basic block: jumps and scope exits.
    #[inline]
    pub const fn is_terminator(self) -> bool {
        self.has_jump() || self.is_scope_exit()
    }

    /// The next instruction is not reached from this one.
    #[inline]
    pub const fn is_unconditional_jump(self) -> bool {
        matches!(
            self,
            Opcode::JUMP
                | Opcode::JUMP_NO_INTERRUPT
                | Opcode::JUMP_FORWARD
                | Opcode::JUMP_BACKWARD
                | Opcode::JUMP_BACKWARD_NO_INTERRUPT
        )
    }

    /// POP_JUMP_IF_...
    pub const fn is_conditional_jump(self) -> bool {
        matches!(
            self,
            Opcode::POP_JUMP_IF_FALSE
                | Opcode::POP_JUMP_IF_TRUE
                | Opcode::POP_JUMP_IF_NONE
                | Opcode::POP_JUMP_IF_NOT_NONE
        )
    }

    /// Written by the assembler only: codegen writes JUMP.
    pub const fn is_assembler(self) -> bool {
        matches!(self, Opcode::JUMP_FORWARD | Opcode::JUMP_BACKWARD | Opcode::JUMP_BACKWARD_NO_INTERRUPT)
    }
}

#[cfg(test)]
mod tests;
