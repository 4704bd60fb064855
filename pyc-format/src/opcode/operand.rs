//! What the operand of an instruction means.
//!
//! Invariant: a variant says all that is needed to check an operand's range and to print it; no consumer needs to know the
//! opcode as well. Next: `kinds.rs` for the operands that index a fixed list.

/// The meaning of an operand (`oparg`, after its EXTENDED_ARG prefixes). Sizes are in code units of two bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Operand {
    /// No operand: the byte is not looked at.
    None,
    /// Index into `co_consts`.
    Const,
    /// Index into `co_names`.
    Name,
    /// LOAD_GLOBAL: name index is `oparg >> 1`; bit 0: push a NULL after the value.
    NameNull,
    /// LOAD_ATTR: name index is `oparg >> 1`; bit 0: push method and self, or value and NULL.
    NameMethod,
    /// LOAD_SUPER_ATTR: name index is `oparg >> 2`; bit 0 as NameMethod; bit 1: `super` was called with two arguments.
    NameSuper,
    /// Index into the frame's locals (`localsplus`) of a plain value.
    Local,
    /// Two of them in four bits each: `oparg >> 4` comes first, then `oparg & 15`.
    LocalPair,
    /// Index into `localsplus` of a cell or free variable.
    Deref,
    /// Distance forward, from the end of the instruction and its caches.
    JumpForward,
    /// Distance back, from the end of the instruction and its caches.
    JumpBackward,
    /// END_ASYNC_FOR: distance back from the end of the instruction to the END_SEND of its loop, or to the CLEANUP_THROW before
    /// it (CPython subtracts a constant). Says where the loop is, for monitoring; execution never goes there.
    AsyncFor,
    /// A label of the compiler (pseudo-instructions only).
    Label,
    /// `oparg >> 5` is a [`CompareOp`](super::CompareOp); bit 4: convert the result to bool; bits 0 to 3: for specialisation.
    Compare,
    BinaryOp,
    Intrinsic1,
    Intrinsic2,
    CommonConstant,
    SpecialMethod,
    /// CONVERT_VALUE: 1 str, 2 repr, 3 ascii.
    Conversion,
    /// One [`FunctionAttribute`](super::FunctionAttribute) bit.
    FunctionAttribute,
    /// The int itself, 0 to 255.
    SmallInt,
    /// A number of items that the stack column explains.
    Count,
    /// COPY, SWAP: a stack item, 1 is the top.
    StackItem,
    /// LIST_APPEND and kin: the container is the `oparg`-th item once the values to add are popped, 1 is the top.
    Container,
    /// UNPACK_EX: `oparg & 0xFF` values before the starred list, `oparg >> 8` after it.
    UnpackEx,
    /// BUILD_SLICE: 2 or 3.
    SliceArgs,
    /// BUILD_INTERPOLATION: bit 0: a format spec is on the stack; `oparg >> 2`: the conversion.
    Interpolation,
    /// COPY_FREE_VARS: the number of free variables.
    FreeVars,
    /// IS_OP, CONTAINS_OP: 1 inverts.
    Invert,
    /// RAISE_VARARGS: 0, 1 or 2 values.
    RaiseArgs,
    /// RERAISE: number of values below the exception, the first of them is the lasti to restore; 0 for none.
    Reraise,
    /// GET_AWAITABLE: 0; 1 in `async with` on `__aenter__`, 2 on `__aexit__` (for the error's text).
    Awaitable,
    /// YIELD_VALUE: 1 when it is part of `yield from` or `await`.
    Yield,
    /// RESUME: bits 0 and 1: at start, after yield, after yield from, after await; bit 2: at exception depth 1.
    Resume,
    /// EXTENDED_ARG: the high bits of the next instruction's operand.
    Extended,
}
