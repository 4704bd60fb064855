//! The object protocol: attributes, slots, shapes, and the operations that every type answers.
//!
//! Invariant: nothing here knows a builtin type's payload except through slots; the engine and the natives meet here.
//! Read next: `slots` (functions of a type), `slotdefs` (their dunder names), `shapes` (where attributes stand), `generic`
//! (what `object` does), `protocol` (what the operators and builtins do).

pub mod arith;
pub mod call;
pub mod generic;
pub mod protocol;
pub mod shapes;
pub mod slotdefs;
pub mod slots;
