//! The layout of inline caches, by field: only dis prints it.
//!
//! Invariant: the sizes of an opcode's fields add up to the table's cache column (a test says so).

use crate::opcode::Opcode;

/// Names and sizes in code units of the cache fields that follow `op`, in order; empty when it has none.
pub const fn cache_format(op: Opcode) -> &'static [(&'static str, usize)] {
    match op.deopt() {
        Opcode::LOAD_GLOBAL => &[("counter", 1), ("index", 1), ("module_keys_version", 1), ("builtin_keys_version", 1)],
        Opcode::BINARY_OP => &[("counter", 1), ("descr", 4)],
        Opcode::LOAD_ATTR => &[("counter", 1), ("version", 2), ("keys_version", 2), ("descr", 4)],
        Opcode::STORE_ATTR => &[("counter", 1), ("version", 2), ("index", 1)],
        Opcode::CALL | Opcode::CALL_KW => &[("counter", 1), ("func_version", 2)],
        Opcode::TO_BOOL => &[("counter", 1), ("version", 2)],
        Opcode::UNPACK_SEQUENCE
        | Opcode::COMPARE_OP
        | Opcode::CONTAINS_OP
        | Opcode::FOR_ITER
        | Opcode::LOAD_SUPER_ATTR
        | Opcode::STORE_SUBSCR
        | Opcode::SEND
        | Opcode::JUMP_BACKWARD
        | Opcode::POP_JUMP_IF_TRUE
        | Opcode::POP_JUMP_IF_FALSE
        | Opcode::POP_JUMP_IF_NONE
        | Opcode::POP_JUMP_IF_NOT_NONE => &[("counter", 1)],
        _ => &[],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_fill_the_cache() {
        for &op in Opcode::ALL {
            let sum: usize = cache_format(op).iter().map(|(_, size)| size).sum();
            assert_eq!(sum, op.caches(), "{}", op.name());
        }
    }
}
