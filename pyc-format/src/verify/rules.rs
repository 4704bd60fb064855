//! The rules of the verifier, each with its name and its sentence.
//!
//! Invariant: an error names exactly one of these; docs/verify.md has the same list (a test compares them).

macro_rules! rules {
    ($($rule:ident $name:literal $sentence:literal;)*) => {
        /// What a code object must satisfy.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum Rule { $(#[doc = $sentence] $rule,)* }

        impl Rule {
            pub const ALL: &[Rule] = &[$(Rule::$rule,)*];

            /// The rule's name in messages and tests.
            pub const fn name(self) -> &'static str {
                match self { $(Rule::$rule => $name,)* }
            }

            /// The rule itself, as a sentence.
            pub const fn sentence(self) -> &'static str {
                match self { $(Rule::$rule => $sentence,)* }
            }
        }
    };
}

rules! {
    FieldType "field-type" "Each field of a code object has its type; names are tuples of str.";
    Counts "counts" "Argument counts, stack size and flags are not negative; positional-only arguments are positional.";
    FrameSize "frame-size" "Locals and stack together fit a frame: no more than 2**24 - 1 slots.";
    CodeSize "code-size" "The code is a whole number of code units, at least one and less than 2**30.";
    LocalsCount "locals-count" "Every slot of localsplus has a name and a kind; the arguments come first and are locals.";
    LocalsKind "locals-kind" "A slot is a local (perhaps a cell too), a cell or a free variable, in this order; its argument bits, if it has any, agree with the counts and flags.";
    Opcode "opcode" "Every opcode is one that a compiler writes: known, not specialised, not instrumented, not of the interpreter's own.";
    ExtendedArg "extended-arg" "At most three EXTENDED_ARG stand before an opcode, and their operand stays below 2**31.";
    Cache "cache" "The caches of an instruction follow it and are zero.";
    ConstIndex "const-index" "A constant's index is below the number of constants.";
    NameIndex "name-index" "A name's index is below the number of names.";
    LocalIndex "local-index" "A local's index is below the number of slots.";
    Deref "deref" "The slot of a cell instruction is a cell or a free variable (MAKE_CELL too: inlined comprehensions make cells in free slots).";
    Operand "operand" "An operand that numbers a fixed list, or a bit set, is one that CPython knows.";
    FreeVars "free-vars" "Code with free variables begins with COPY_FREE_VARS of all of them; other code has none.";
    Generator "generator" "RETURN_GENERATOR stands in the prologue of generators, coroutines and asynchronous generators and nowhere else; only they yield and send.";
    TypedConstant "typed-constant" "CALL_KW follows the constant tuple of its keyword names, MATCH_CLASS that of its attributes, MAKE_FUNCTION its code object, SET_FUNCTION_ATTRIBUTE the function; nothing jumps between them.";
    JumpTarget "jump-target" "Jumps and handlers lead to the first unit of an instruction: never into caches, behind an EXTENDED_ARG, into the prologue or out of the code.";
    ForIter "for-iter" "FOR_ITER leads to an END_FOR.";
    StackUnderflow "stack-underflow" "No instruction takes more items than the stack has.";
    StackOverflow "stack-overflow" "The stack never holds more items than the stack size.";
    StackJoin "stack-join" "All ways to an instruction arrive with the same number of items.";
    ReturnDepth "return-depth" "RETURN_VALUE takes the stack's only item.";
    YieldFrom "yield-from" "A YIELD_VALUE of yield from or await has the iterator below its value.";
    FallsOff "falls-off" "The last instruction that is reached does not go on to the next.";
    ExceptionTable "exception-table" "The exception table is whole entries, in order, without overlap, each over at least one unit of the code and from instruction to instruction.";
    ExceptionDepth "exception-depth" "Under a handler there are never fewer items than it keeps where an instruction begins, nor when one raises, which may have taken its own.";
    LineTable "line-table" "The line table is whole entries that cover the code exactly.";
    TooLarge "too-large" "The code objects of one file, counted as often as they occur, are in proportion to the file.";
}
