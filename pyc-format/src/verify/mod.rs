//! The verifier: what a code object must satisfy before a virtual machine trusts it.
//!
//! Invariant: total over any bytes; linear in the size of the code and its tables (but for a binary search per target);
//! what CPython's compiler writes passes, and a [`Verified`] code object can't make a machine that keeps the obligations
//! below read or write outside its frame, constants, names or code.
//!
//! The chapter for readers is docs/verify.md; [`Rule`] has the rules. The steps:
//! ```text
//! layout    counts, flags, slots of localsplus                      layout.rs
//! tables    exception table, later the line table                   tables.rs     marks handlers and boundaries
//! code      every instruction once: opcode, caches, operand ranges  operands.rs   marks starts and targets
//!           every reached one once: stack depth                     flow.rs       drives
//! targets   the marks agree                                         operands.rs
//! ```
//! [`tree`] applies them to every code object of a file.
//!
//! # What only a machine can check
//!
//! The verifier counts items; it does not know their types. At run time these may be anything, and a machine that reads them
//! as what the compiler meant must look first (CPython, which trusts its compiler, does not):
//!
//! * an unbound local: LOAD_FAST and kin may read a slot that holds NULL, and LOAD_FAST_AND_CLEAR pushes such a NULL;
//! * NULL as an item: PUSH_NULL, LOAD_GLOBAL, LOAD_ATTR, LOAD_SUPER_ATTR and LOAD_SPECIAL push it, and any instruction may
//!   take it; CALL and CALL_KW find callable, self or NULL, arguments; CALL_FUNCTION_EX's last item is NULL or a mapping;
//! * a slot of kind cell or free may hold no cell: before MAKE_CELL, or after a STORE_FAST over it (inlined comprehensions
//!   do that): LOAD_DEREF, STORE_DEREF, DELETE_DEREF, LOAD_FROM_DICT_OR_DEREF;
//! * a function's closure may be missing, no tuple, too short, or hold no cells: COPY_FREE_VARS;
//! * SET_FUNCTION_ATTRIBUTE's value: tuple, dict, tuple of cells...; the item below the function is the value;
//! * LIST_APPEND, LIST_EXTEND, SET_ADD, SET_UPDATE, MAP_ADD, DICT_UPDATE, DICT_MERGE: the container below;
//! * BUILD_STRING, FORMAT_WITH_SPEC, BUILD_INTERPOLATION, BUILD_TEMPLATE, MATCH_KEYS: str and tuple operands;
//! * the item that PUSH_EXC_INFO, POP_EXCEPT, CHECK_EXC_MATCH, CHECK_EG_MATCH, CLEANUP_THROW, END_ASYNC_FOR, RERAISE and
//!   WITH_EXCEPT_START take for an exception (or None), the one they take for the int `lasti`, and whether `lasti` is an
//!   instruction of this code;
//! * FOR_ITER, SEND, GET_ANEXT, END_SEND: the iterator; YIELD_VALUE 1: the item below the value, which `gi_yieldfrom` shows;
//! * END_FOR is reached only behind a FOR_ITER in CPython's code; elsewhere it is a POP_TOP;
//! * LOAD_NAME, STORE_NAME, DELETE_NAME, LOAD_LOCALS, SETUP_ANNOTATIONS, IMPORT_STAR: the frame may have no mapping of locals;
//! * what handlers and names mean: that a generator converts StopIteration, that `with` calls `__exit__`.

mod flow;
mod layout;
mod operands;
mod rules;
mod tables;
pub mod tree;

pub use rules::Rule;

use std::fmt;

/// A code object as the verifier sees it: borrowed from wherever it lives.
#[derive(Clone, Copy, Debug)]
pub struct Parts<'a> {
    pub argcount: i32,
    pub posonlyargcount: i32,
    pub kwonlyargcount: i32,
    pub stacksize: i32,
    pub flags: i32,
    pub firstlineno: i32,
    pub code: &'a [u8],
    /// How many names `localsplusnames` has.
    pub n_localsplusnames: usize,
    pub localspluskinds: &'a [u8],
    pub n_consts: usize,
    pub n_names: usize,
    pub linetable: &'a [u8],
    pub exceptiontable: &'a [u8],
}

/// What the verifier needs to know of a constant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ConstKind {
    Code,
    /// A tuple of nothing but str, and its length.
    StrTuple(usize),
    Other,
}

/// A broken rule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    pub rule: Rule,
    /// Where: a byte offset in `co_code`, or in the table that the rule is about.
    pub offset: Option<usize>,
    /// What was found.
    pub text: String,
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.rule.name(), self.text)?;
        if let Some(offset) = self.offset { write!(f, " (offset {offset})") } else { Ok(()) }
    }
}

impl std::error::Error for Fault {}

/// An entry of the exception table; positions are in code units.
pub use crate::exceptiontable::Entry as Handler;

/// Items on the stack at a handler's target: those that it keeps, `lasti` if it asks for it, the exception.
pub const fn target_depth(handler: &Handler) -> u32 {
    handler.depth + 1 + handler.lasti as u32
}

/// What the verifier found out about one code unit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct Unit(u32);

impl Unit {
    const DEPTH: u32 = (1 << 24) - 1;
    /// An instruction begins here (at its EXTENDED_ARG if it has one).
    const START: u32 = 1 << 24;
    /// A jump leads here.
    const TARGET: u32 = 1 << 25;
    /// An exception handler begins here.
    const HANDLER: u32 = 1 << 26;
    /// An entry of the exception table begins or ends here.
    const BOUNDARY: u32 = 1 << 27;
    /// No jump may lead here: the instruction belongs to the one before it.
    const BOUND: u32 = 1 << 28;
    /// Reached from the code's beginning; the depth is known.
    const REACHED: u32 = 1 << 29;
    /// The first unit, or behind a reached jump or end.
    const BEHIND: u32 = 1 << 30;
    /// An END_ASYNC_FOR says that its loop is here.
    const LOOP: u32 = 1 << 31;

    /// An instruction begins at this unit.
    #[inline]
    pub const fn is_start(self) -> bool {
        self.0 & Unit::START != 0
    }

    /// A basic block begins here: control comes here, or leaves before here, by more than going on. (Where an entry of the
    /// exception table begins or ends is another thing: [`Unit::is_boundary`].)
    #[inline]
    pub const fn is_leader(self) -> bool {
        self.0 & (Unit::TARGET | Unit::HANDLER | Unit::BEHIND) != 0
    }

    /// An entry of the exception table begins or ends here.
    #[inline]
    pub const fn is_boundary(self) -> bool {
        self.0 & Unit::BOUNDARY != 0
    }

    /// Something jumps here, or an exception is handled here.
    #[inline]
    pub const fn is_target(self) -> bool {
        self.0 & (Unit::TARGET | Unit::HANDLER) != 0
    }

    /// An exception handler begins here.
    #[inline]
    pub const fn is_handler(self) -> bool {
        self.0 & Unit::HANDLER != 0
    }

    /// Items on the stack before the instruction that begins here; none if it is never reached.
    #[inline]
    pub const fn depth(self) -> Option<u32> {
        if self.0 & Unit::REACHED != 0 { Some(self.0 & Unit::DEPTH) } else { None }
    }
}

/// Proof that [`verify`] accepted a code object, with what it found on the way.
#[derive(Clone, Debug)]
pub struct Verified {
    /// One for each code unit.
    pub units: Vec<Unit>,
    /// The exception table, in order.
    pub handlers: Vec<Handler>,
    /// The most items that the stack ever holds; at most `co_stacksize`.
    pub max_depth: u32,
    pub n_locals: u32,
    /// Cells that are no locals; their slots follow the locals.
    pub n_cells: u32,
    /// Free variables; their slots are the last.
    pub n_frees: u32,
    /// Whether the code runs in a generator, coroutine or asynchronous generator.
    pub is_generator: bool,
}

impl Verified {
    /// The handler of the instruction at `unit`.
    pub fn handler(&self, unit: usize) -> Option<&Handler> {
        let at = self.handlers.partition_point(|h| h.end as usize <= unit);
        self.handlers.get(at).filter(|h| h.start as usize <= unit)
    }
}

/// Checks one code object; `kind` tells about its constants by index (asked only below `n_consts`).
pub fn verify(parts: &Parts<'_>, kind: impl Fn(usize) -> ConstKind) -> Result<Verified, Box<Fault>> {
    let verified = verify_without_lines(parts, kind)?;
    tables::check_lines(parts, verified.units.len())?;
    Ok(verified)
}

/// [`verify`], but any bytes may be the line table: what `code.replace(co_linetable=b"")` makes runs in CPython, and
/// [`linetable`](crate::linetable) decodes as much as there is.
pub fn verify_without_lines(parts: &Parts<'_>, kind: impl Fn(usize) -> ConstKind) -> Result<Verified, Box<Fault>> {
    let layout = layout::check(parts)?;
    let mut units = vec![Unit::default(); layout.n_units];
    let handlers = tables::check_exceptions(parts, &mut units)?;
    let max_depth = flow::check(parts, &layout, &kind, &mut units, &handlers)?;
    operands::check_targets(parts, &units, &handlers)?;
    Ok(Verified {
        units,
        handlers,
        max_depth,
        n_locals: layout.n_locals,
        n_cells: layout.n_cells,
        n_frees: layout.n_frees,
        is_generator: layout.is_generator,
    })
}

/// The one way to make a fault. Boxed: what every step returns stays in a register.
#[cold]
fn fault<T>(rule: Rule, offset: impl Into<Option<usize>>, text: impl Into<String>) -> Result<T, Box<Fault>> {
    Err(Box::new(Fault { rule, offset: offset.into(), text: text.into() }))
}

#[cfg(test)]
mod tests;
