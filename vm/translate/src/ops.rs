//! The instructions of register code: a flat table, and the words they are written in.
//!
//! ```text
//! word 0      op:u8  x:u8  a:u16  b:u16  c:u16          little endian, op in the lowest byte
//!             op:u8  x:u8  a:u16  bc:i32                where the table says bc
//! word 1..    ext: the low half of the first is the payload (jump offset, name index, fourth register), the rest is the
//!             engine's inline cache, zero at first
//! ```
//!
//! `a b c` are registers, `R[a]` their contents; offsets count words from word 0 of the instruction that jumps. A jump taken
//! with a negative offset polls (safepoint), except `JumpNoPoll`. `NULL` and `UNBOUND` are values like any other.
//!
//! Invariant: a row here is the only place that says how many words an instruction has.

/// Calls `$m` with every row: `Name words "effect"`.
#[macro_export]
macro_rules! for_each_reg_op {
    ($m:ident) => {
        $m! {
            // moves
            Move 1 "R[a] = R[b]";
            LoadConst 1 "R[a] = co_consts[bc]";
            LoadInt 1 "R[a] = bc";
            LoadNone 1 "R[a] = None";
            LoadNull 1 "R[a] = NULL";
            LoadCommon 1 "R[a] = common constant x";
            // locals, cells
            Unbind 1 "R[a] = UNBOUND";
            CheckLocal 1 "UnboundLocalError if R[a] is UNBOUND; local a";
            DeleteFast 1 "CheckLocal, then R[a] = UNBOUND";
            MakeCell 1 "R[a] = cell(R[a])";
            CopyFreeVars 1 "the last bc of localsplus = the function's closure";
            LoadDeref 1 "R[a] = contents of cell R[b]; NameError or UnboundLocalError if empty";
            StoreDeref 1 "contents of cell R[a] = R[b]";
            DeleteDeref 1 "empty the cell R[a]; error if it is";
            LoadFromDictOrDeref 1 "R[a] = R[b][name of localsplus c], else contents of cell R[c]";
            LoadFromDictOrGlobals 2 "R[a] = R[b][name ext], else global, else builtin";
            // names
            LoadGlobal 3 "R[a] = global or builtin, name ext";
            LoadName 2 "R[a] = local, global or builtin, name ext";
            StoreName 2 "locals[name ext] = R[a]";
            DeleteName 2 "del locals[name ext]";
            StoreGlobal 2 "globals[name ext] = R[a]";
            DeleteGlobal 2 "del globals[name ext]";
            LoadLocals 1 "R[a] = the frame's mapping of locals";
            LoadBuildClass 1 "R[a] = builtins.__build_class__";
            SetupAnnotations 1 "locals['__annotations__'] = {} unless there";
            // arithmetic: x is CPython's NB_ number, in place or not; c an immediate i16 in the I forms
            Add 1 "R[a] = R[b] + R[c]";
            Sub 1 "R[a] = R[b] - R[c]";
            Mul 1 "R[a] = R[b] * R[c]";
            AddI 1 "R[a] = R[b] + int c";
            SubI 1 "R[a] = R[b] - int c";
            TrueDiv 1 "R[a] = R[b] / R[c]";
            FloorDiv 1 "R[a] = R[b] // R[c]";
            Mod 1 "R[a] = R[b] % R[c]";
            And 1 "R[a] = R[b] & R[c]";
            Or 1 "R[a] = R[b] | R[c]";
            Xor 1 "R[a] = R[b] ^ R[c]";
            LShift 1 "R[a] = R[b] << R[c]";
            RShift 1 "R[a] = R[b] >> R[c]";
            Binary 1 "R[a] = R[b] op x R[c]: power, matrix product";
            Negative 1 "R[a] = -R[b]";
            Invert 1 "R[a] = ~R[b]";
            Not 1 "R[a] = not R[b], a bool";
            ToBool 1 "R[a] = bool(R[b])";
            // comparison: x is 1 if the result is wanted as a bool
            Lt 1 "R[a] = R[b] < R[c]";
            Le 1 "R[a] = R[b] <= R[c]";
            Eq 1 "R[a] = R[b] == R[c]";
            Ne 1 "R[a] = R[b] != R[c]";
            Gt 1 "R[a] = R[b] > R[c]";
            Ge 1 "R[a] = R[b] >= R[c]";
            Is 1 "R[a] = R[b] is R[c], negated if x";
            Contains 1 "R[a] = R[b] in R[c], negated if x";
            // jumps
            Jump 1 "go bc words on";
            JumpNoPoll 1 "Jump that does not poll";
            JumpIfTrue 1 "Jump bc if R[a] is True (a bool)";
            JumpIfFalse 1 "Jump bc if R[a] is False (a bool)";
            JumpIfTruthy 1 "Jump bc if bool(R[a])";
            JumpIfFalsy 1 "Jump bc if not bool(R[a])";
            JumpIfNone 1 "Jump bc if R[a] is None";
            JumpIfNotNone 1 "Jump bc if R[a] is not None";
            JumpLt 2 "Jump ext if R[a] < R[b]";
            JumpLe 2 "Jump ext if R[a] <= R[b]";
            JumpEq 2 "Jump ext if R[a] == R[b]";
            JumpNe 2 "Jump ext if R[a] != R[b]";
            JumpGt 2 "Jump ext if R[a] > R[b]";
            JumpGe 2 "Jump ext if R[a] >= R[b]";
            JumpNotLt 2 "Jump ext unless R[a] < R[b]";
            JumpNotLe 2 "Jump ext unless R[a] <= R[b]";
            JumpNotEq 2 "Jump ext unless R[a] == R[b]";
            JumpNotNe 2 "Jump ext unless R[a] != R[b]";
            JumpNotGt 2 "Jump ext unless R[a] > R[b]";
            JumpNotGe 2 "Jump ext unless R[a] >= R[b]";
            JumpLtI 2 "Jump ext if R[a] < int b";
            JumpLeI 2 "Jump ext if R[a] <= int b";
            JumpEqI 2 "Jump ext if R[a] == int b";
            JumpNeI 2 "Jump ext if R[a] != int b";
            JumpGtI 2 "Jump ext if R[a] > int b";
            JumpGeI 2 "Jump ext if R[a] >= int b";
            JumpNotLtI 2 "Jump ext unless R[a] < int b";
            JumpNotLeI 2 "Jump ext unless R[a] <= int b";
            JumpNotEqI 2 "Jump ext unless R[a] == int b";
            JumpNotNeI 2 "Jump ext unless R[a] != int b";
            JumpNotGtI 2 "Jump ext unless R[a] > int b";
            JumpNotGeI 2 "Jump ext unless R[a] >= int b";
            JumpIs 2 "Jump ext if (R[a] is R[b]) is x";
            JumpContains 2 "Jump ext if (R[a] in R[b]) is x";
            // iteration
            GetIter 1 "R[a] = iter(R[b])";
            ForIter 3 "R[a] = next(R[b]); jump ext when it is exhausted";
            ForIterBack 3 "poll; R[a] = next(R[b]) and jump ext; go on when it is exhausted";
            GetYieldFromIter 1 "R[a] = iterator of R[b] for yield from";
            UnpackSequence 2 "R[a+c-1], ..., R[a] = R[b], exactly c of them";
            UnpackEx 2 "c items, a list, ext items of R[b]; the first at the highest register, R[a] the last at the lowest";
            // calls: R[b] callable, R[b+1] self or NULL, R[b+2].. arguments; what is between R[b] and the end is dead afterwards
            Call 2 "R[a] = R[b](c arguments); R[b+1] is not looked at";
            CallMethod 2 "R[a] = R[b](R[b+1] unless NULL, c arguments)";
            CallKw 2 "CallMethod; the last arguments are named by the tuple R[ext]";
            CallEx 2 "R[a] = R[b](*R[c], **R[ext]); R[ext] may be NULL";
            Return 1 "leave the frame with R[a]";
            ReturnGenerator 1 "leave with a generator that owns the frame; R[a] is what is sent first";
            Yield 1 "leave with R[b], R[a] = what is sent; x as YIELD_VALUE's operand";
            Send 2 "send R[c] to R[b]; R[a] = what it yields, or what it returned and jump ext";
            CleanupThrow 1 "R[a] = value of the StopIteration R[b], else raise R[b]";
            GetAwaitable 1 "R[a] = awaitable iterator of R[b]; x says for what (1 __aenter__, 2 __aexit__)";
            GetAIter 1 "R[a] = aiter(R[b])";
            GetANext 1 "R[a] = awaitable of R[b].__anext__()";
            EndAsyncFor 1 "go on if R[b] is StopAsyncIteration, else raise it; R[a] the awaitable";
            // attributes and items
            LoadAttr 3 "R[a] = R[b].name ext";
            LoadMethod 4 "R[a], R[a+1] = function, self of R[b].name ext; or the attribute, NULL";
            StoreAttr 3 "R[a].name ext = R[b]";
            DeleteAttr 2 "del R[a].name ext";
            LoadSuperAttr 2 "R[a] = R[b](R[b+1], R[b+2]).name ext; x bit 0: as LoadMethod, bit 1: super had two arguments";
            LoadSpecial 2 "R[a], R[a+1] = special method x of R[b], self; or the attribute, NULL";
            GetItem 1 "R[a] = R[b][R[c]]";
            SetItem 1 "R[a][R[b]] = R[c]";
            DeleteItem 1 "del R[a][R[b]]";
            GetSlice 2 "R[a] = R[b][R[c]:R[ext]]";
            SetSlice 2 "R[a][R[b]:R[c]] = R[ext]";
            // displays: items in R[b]..
            BuildTuple 1 "R[a] = (c items)";
            BuildList 1 "R[a] = [c items]";
            BuildSet 1 "R[a] = {c items}";
            BuildMap 1 "R[a] = {c pairs}";
            BuildString 1 "R[a] = ''.join(c items), all str";
            BuildSlice 1 "R[a] = slice(c items), 2 or 3";
            BuildTemplate 1 "R[a] = Template of strings R[b] and interpolations R[c]";
            BuildInterpolation 1 "R[a] = Interpolation(R[b], R[b+1], conversion x >> 2, R[b+2] if x & 1)";
            ListAppend 1 "R[a].append(R[b])";
            ListExtend 1 "R[a].extend(R[b])";
            SetAdd 1 "R[a].add(R[b])";
            SetUpdate 1 "R[a].update(R[b])";
            MapAdd 1 "R[a][R[b]] = R[c]";
            DictUpdate 1 "R[a].update(R[b]), a mapping";
            DictMerge 1 "R[a].update(R[b]), no key twice; R[c] is the callable in the error";
            // modules, functions, intrinsics
            ImportName 2 "R[a] = import of name ext, level R[b], fromlist R[c]";
            ImportFrom 2 "R[a] = R[b].name ext";
            Intrinsic1 1 "R[a] = intrinsic x of R[b]";
            Intrinsic2 1 "R[a] = intrinsic x of R[b], R[c]";
            MakeFunction 1 "R[a] = function of code R[b]";
            SetFunctionAttribute 1 "attribute x of the function R[a] = R[b]";
            // exceptions
            PushExcInfo 1 "R[a] = the exception being handled; R[b] is handled from now on";
            PopExcept 1 "R[a] is handled from now on";
            CheckExcMatch 1 "R[a] = does R[b] match R[c]";
            CheckEgMatch 1 "R[a], R[a+1] = rest and match of R[b] by R[c]";
            Raise 1 "raise, x operands: R[a] from R[b]";
            Reraise 1 "raise R[a] again; the frame's place is R[b], an int, if x";
            WithExceptStart 1 "R[a] = R[b](R[b+1] unless NULL, type, value, traceback of R[b+4])";
            // text and matching
            FormatSimple 1 "R[a] = format(R[b], '')";
            FormatWithSpec 1 "R[a] = format(R[b], R[c])";
            ConvertValue 1 "R[a] = conversion x of R[b]: 1 str, 2 repr, 3 ascii";
            GetLen 1 "R[a] = len(R[b])";
            MatchMapping 1 "R[a] = is R[b] a mapping";
            MatchSequence 1 "R[a] = is R[b] a sequence";
            MatchKeys 1 "R[a] = tuple of R[b]'s values for the keys R[c], or None";
            MatchClass 2 "R[a] = tuple of attributes of R[b] as R[c] with ext.lo names R[..], ext.hi positions, or None";
        }
    };
}

macro_rules! define_ops {
    ($($name:ident $words:literal $effect:literal;)*) => {
        /// An instruction; numbers are dense from 0.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        #[repr(u8)]
        pub enum Op { $(#[doc = $effect] $name,)* }

        impl Op {
            /// Every instruction, by number.
            pub const ALL: &[Op] = &[$(Op::$name,)*];
            const NAMES: &[&str] = &[$(stringify!($name),)*];
            const EFFECTS: &[&str] = &[$($effect,)*];
            const WORDS: &[u8] = &[$($words,)*];
        }
    };
}
for_each_reg_op!(define_ops);

impl Op {
    #[inline]
    pub const fn from_u8(number: u8) -> Option<Op> {
        if (number as usize) < Op::ALL.len() { Some(Op::ALL[number as usize]) } else { None }
    }

    pub const fn name(self) -> &'static str {
        Op::NAMES[self as usize]
    }

    /// What it does, as the table says.
    pub const fn effect(self) -> &'static str {
        Op::EFFECTS[self as usize]
    }

    /// Words it takes, word 0 included.
    #[inline]
    pub const fn words(self) -> usize {
        Op::WORDS[self as usize] as usize
    }

    /// Its jump offset is in the first ext word.
    pub const fn jumps_by_ext(self) -> bool {
        self as u8 >= Op::JumpLt as u8 && self as u8 <= Op::JumpContains as u8
            || matches!(self, Op::ForIter | Op::ForIterBack | Op::Send)
    }

    /// Its jump offset is in bc.
    pub const fn jumps_by_bc(self) -> bool {
        self as u8 >= Op::Jump as u8 && self as u8 <= Op::JumpIfNotNone as u8
    }
}

/// Word 0 of an instruction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Word(pub u64);

impl Word {
    #[inline]
    pub const fn new(op: Op, x: u8, a: u16, b: u16, c: u16) -> Word {
        Word(op as u64 | (x as u64) << 8 | (a as u64) << 16 | (b as u64) << 32 | (c as u64) << 48)
    }
    #[inline]
    pub const fn new_bc(op: Op, x: u8, a: u16, bc: i32) -> Word {
        Word(op as u64 | (x as u64) << 8 | (a as u64) << 16 | (bc as u32 as u64) << 32)
    }
    #[inline]
    pub const fn op(self) -> u8 {
        self.0 as u8
    }
    #[inline]
    pub const fn x(self) -> u8 {
        (self.0 >> 8) as u8
    }
    #[inline]
    pub const fn a(self) -> u16 {
        (self.0 >> 16) as u16
    }
    #[inline]
    pub const fn b(self) -> u16 {
        (self.0 >> 32) as u16
    }
    #[inline]
    pub const fn c(self) -> u16 {
        (self.0 >> 48) as u16
    }
    #[inline]
    pub const fn bc(self) -> i32 {
        (self.0 >> 32) as i32
    }
    /// The same with another destination.
    #[inline]
    pub const fn with_a(self, a: u16) -> Word {
        Word(self.0 & !0xffff_0000 | (a as u64) << 16)
    }
    #[inline]
    pub const fn with_bc(self, bc: i32) -> Word {
        Word(self.0 & 0xffff_ffff | (bc as u32 as u64) << 32)
    }
}
