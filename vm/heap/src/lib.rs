//! Object memory.
