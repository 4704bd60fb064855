//! From a code unit's instruction sequence to its code object (CPython's flowgraph.c and assemble.c).
//!
//! Invariant: passes run in CPython's order, and each does what CPython's does, no more.

use crate::constants::{ObjId, Objects};
use crate::error::CompileError;
use crate::instruction_sequence::{CodeUnitMetadata, InstructionSequence};

/// Buffers of the passes, kept from one code unit to the next.
#[derive(Default)]
pub struct Flowgraph {}

/// What a code unit is besides its instructions and metadata.
#[derive(Clone, Copy, Debug)]
pub struct Unit {
    /// `co_flags`.
    pub code_flags: u32,
    /// How many of `varnames` are parameters, `.0` included: the length of the symbol table's `ste_varnames`.
    pub nparams: usize,
    /// `co_filename`, one object a compilation.
    pub filename: ObjId,
}

/// CPython's `optimize_and_assemble_code_unit`: the unit's code object, not yet merged. The sequence ends with its
/// `return` (`codegen_add_return_at_end`) and its labels are not yet applied; consts are merged objects.
///
/// The caller merges the result when it loads it; the `__annotate__` that the compiler makes first goes through
/// [`Objects::rename_format_parameter`].
///
/// # Errors
/// SystemError for sequences that no compiler makes.
pub fn optimize_and_assemble(
    _flowgraph: &mut Flowgraph,
    _objects: &mut Objects<'_>,
    _sequence: &mut InstructionSequence,
    _metadata: &mut CodeUnitMetadata,
    _unit: Unit,
) -> Result<ObjId, CompileError> {
    Ok(ObjId::NONE)
}
