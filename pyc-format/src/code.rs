//! The code object: fields, flags and kinds of locals by CPython's names.
//!
//! Invariant: a [`Code`] holds exactly what marshal stores of a code object; `co_varnames` and the like are derived
//! from `localsplusnames` and `localspluskinds`. Next: [`crate::lazy`] for the form that copies nothing.

use crate::marshal::{Graph, ObjRef};

/// A code object of a [`Graph`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Code {
    /// Positional-only ones included.
    pub argcount: i32,
    pub posonlyargcount: i32,
    pub kwonlyargcount: i32,
    pub stacksize: i32,
    /// `CO_*`
    pub flags: i32,
    pub firstlineno: i32,
    /// bytes: the instructions
    pub code: ObjRef,
    /// tuple
    pub consts: ObjRef,
    /// tuple of str
    pub names: ObjRef,
    /// tuple of str: arguments, locals, cells, free variables in slot order
    pub localsplusnames: ObjRef,
    /// bytes: one `CO_FAST_*` set a slot
    pub localspluskinds: ObjRef,
    /// str
    pub filename: ObjRef,
    /// str
    pub name: ObjRef,
    /// str
    pub qualname: ObjRef,
    /// bytes: see [`crate::linetable`]
    pub linetable: ObjRef,
    /// bytes: see [`crate::exceptiontable`]
    pub exceptiontable: ObjRef,
}

impl Code {
    /// A code object of zeros and NULLs, to be filled.
    pub const EMPTY: Code = Code {
        argcount: 0,
        posonlyargcount: 0,
        kwonlyargcount: 0,
        stacksize: 0,
        flags: 0,
        firstlineno: 0,
        code: ObjRef::NULL,
        consts: ObjRef::NULL,
        names: ObjRef::NULL,
        localsplusnames: ObjRef::NULL,
        localspluskinds: ObjRef::NULL,
        filename: ObjRef::NULL,
        name: ObjRef::NULL,
        qualname: ObjRef::NULL,
        linetable: ObjRef::NULL,
        exceptiontable: ObjRef::NULL,
    };

    /// The ten objects in the order in which marshal writes them (`firstlineno` stands between the 8th and the 9th).
    pub fn objects(&self) -> [ObjRef; 10] {
        [
            self.code,
            self.consts,
            self.names,
            self.localsplusnames,
            self.localspluskinds,
            self.filename,
            self.name,
            self.qualname,
            self.linetable,
            self.exceptiontable,
        ]
    }

    pub(crate) fn set_objects(&mut self, objects: [ObjRef; 10]) {
        [
            self.code,
            self.consts,
            self.names,
            self.localsplusnames,
            self.localspluskinds,
            self.filename,
            self.name,
            self.qualname,
            self.linetable,
            self.exceptiontable,
        ] = objects;
    }

    /// The bytes of `co_code`; empty if the field is not bytes.
    pub fn bytecode<'g>(&self, graph: &'g Graph) -> &'g [u8] {
        graph.as_bytes(self.code).unwrap_or_default()
    }
}

/// The names of [`Code::objects`], in order.
pub const OBJECT_FIELDS: [&str; 10] = [
    "co_code",
    "co_consts",
    "co_names",
    "co_localsplusnames",
    "co_localspluskinds",
    "co_filename",
    "co_name",
    "co_qualname",
    "co_linetable",
    "co_exceptiontable",
];

// Include/cpython/code.h
pub const CO_OPTIMIZED: i32 = 0x1;
pub const CO_NEWLOCALS: i32 = 0x2;
pub const CO_VARARGS: i32 = 0x4;
pub const CO_VARKEYWORDS: i32 = 0x8;
pub const CO_NESTED: i32 = 0x10;
pub const CO_GENERATOR: i32 = 0x20;
pub const CO_NOFREE: i32 = 0x40;
pub const CO_COROUTINE: i32 = 0x80;
pub const CO_ITERABLE_COROUTINE: i32 = 0x100;
pub const CO_ASYNC_GENERATOR: i32 = 0x200;
pub const CO_FUTURE_DIVISION: i32 = 0x2_0000;
pub const CO_FUTURE_ABSOLUTE_IMPORT: i32 = 0x4_0000;
pub const CO_FUTURE_WITH_STATEMENT: i32 = 0x8_0000;
pub const CO_FUTURE_PRINT_FUNCTION: i32 = 0x10_0000;
pub const CO_FUTURE_UNICODE_LITERALS: i32 = 0x20_0000;
pub const CO_FUTURE_BARRY_AS_BDFL: i32 = 0x40_0000;
pub const CO_FUTURE_GENERATOR_STOP: i32 = 0x80_0000;
pub const CO_FUTURE_ANNOTATIONS: i32 = 0x100_0000;
pub const CO_NO_MONITORING_EVENTS: i32 = 0x200_0000;
pub const CO_HAS_DOCSTRING: i32 = 0x400_0000;
pub const CO_METHOD: i32 = 0x800_0000;

/// Each flag of `co_flags` with its name less `CO_`.
pub const CODE_FLAGS: [(i32, &str); 21] = [
    (CO_OPTIMIZED, "OPTIMIZED"),
    (CO_NEWLOCALS, "NEWLOCALS"),
    (CO_VARARGS, "VARARGS"),
    (CO_VARKEYWORDS, "VARKEYWORDS"),
    (CO_NESTED, "NESTED"),
    (CO_GENERATOR, "GENERATOR"),
    (CO_NOFREE, "NOFREE"),
    (CO_COROUTINE, "COROUTINE"),
    (CO_ITERABLE_COROUTINE, "ITERABLE_COROUTINE"),
    (CO_ASYNC_GENERATOR, "ASYNC_GENERATOR"),
    (CO_FUTURE_DIVISION, "FUTURE_DIVISION"),
    (CO_FUTURE_ABSOLUTE_IMPORT, "FUTURE_ABSOLUTE_IMPORT"),
    (CO_FUTURE_WITH_STATEMENT, "FUTURE_WITH_STATEMENT"),
    (CO_FUTURE_PRINT_FUNCTION, "FUTURE_PRINT_FUNCTION"),
    (CO_FUTURE_UNICODE_LITERALS, "FUTURE_UNICODE_LITERALS"),
    (CO_FUTURE_BARRY_AS_BDFL, "FUTURE_BARRY_AS_BDFL"),
    (CO_FUTURE_GENERATOR_STOP, "FUTURE_GENERATOR_STOP"),
    (CO_FUTURE_ANNOTATIONS, "FUTURE_ANNOTATIONS"),
    (CO_NO_MONITORING_EVENTS, "NO_MONITORING_EVENTS"),
    (CO_HAS_DOCSTRING, "HAS_DOCSTRING"),
    (CO_METHOD, "METHOD"),
];

// Include/internal/pycore_code.h: what a slot of localsplus is.
pub const CO_FAST_ARG_POS: u8 = 0x02;
pub const CO_FAST_ARG_KW: u8 = 0x04;
pub const CO_FAST_ARG_VAR: u8 = 0x08;
pub const CO_FAST_ARG: u8 = CO_FAST_ARG_POS | CO_FAST_ARG_KW | CO_FAST_ARG_VAR;
pub const CO_FAST_HIDDEN: u8 = 0x10;
pub const CO_FAST_LOCAL: u8 = 0x20;
pub const CO_FAST_CELL: u8 = 0x40;
pub const CO_FAST_FREE: u8 = 0x80;

/// (nlocals, ncellvars, nfreevars) of `localspluskinds`, as CPython counts them.
pub fn localsplus_counts(kinds: &[u8]) -> (usize, usize, usize) {
    kinds.iter().fold((0, 0, 0), |(locals, cells, frees), &kind| {
        if kind & CO_FAST_LOCAL != 0 {
            (locals + 1, cells + usize::from(kind & CO_FAST_CELL != 0), frees)
        } else if kind & CO_FAST_CELL != 0 {
            (locals, cells + 1, frees)
        } else {
            (locals, cells, frees + usize::from(kind & CO_FAST_FREE != 0))
        }
    })
}
