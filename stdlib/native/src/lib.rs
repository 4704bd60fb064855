//! Native modules of the standard library, one file each under its Python name.
//!
//! Invariant: no unsafe; a module is one static table that [`MODULES`] lists. How to add one:
//! docs/how-to-add-a-native-module.md.
#![forbid(unsafe_code)]

mod _bisect;
mod _heapq;
mod _operator;
mod _sre;
mod itertools;
mod math;

use bunpy_core::modules::ModuleSpec;

/// Every module of this crate, for `Vm::add_modules`.
pub static MODULES: &[&ModuleSpec] =
    &[&_bisect::MODULE, &_heapq::MODULE, &_operator::MODULE, &_sre::MODULE, &itertools::MODULE, &math::MODULE];
