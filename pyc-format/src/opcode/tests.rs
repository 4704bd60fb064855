//! The derived lookups agree with themselves; agreement with CPython is `cargo x opcheck`.

use super::*;

#[test]
fn numbers_and_names_lead_back() {
    for &op in Opcode::ALL {
        assert_eq!(Opcode::from_number(op.number()), Some(op));
        assert_eq!(Opcode::from_name(op.name()), Some(op));
        assert_eq!(format!("{op:?}"), op.name());
        if op.number() < 256 {
            assert_eq!(Opcode::from_u8(op.number() as u8), Some(op));
            assert_eq!(caches_of_byte(op.number() as u8), op.caches());
        }
    }
    assert_eq!(Opcode::from_u8(121), None);
    assert_eq!(Opcode::from_number(267), None);
}

#[test]
fn classes_have_their_ranges_and_bases() {
    for &op in Opcode::ALL {
        match op.class() {
            Class::Real | Class::Pseudo => assert_eq!(op.deopt(), op),
            Class::Specialized | Class::Instrumented => assert_eq!(op.deopt().class(), Class::Real),
        }
        assert_eq!(op.is_pseudo(), op.class() == Class::Pseudo);
        assert!(!op.has_arg() || op.operand() != Operand::None, "{}", op.name());
        assert_eq!(op.pseudo_targets().is_empty(), !op.is_pseudo());
    }
}

#[test]
fn effects_follow_the_operand() {
    assert_eq!(Opcode::CALL.stack_effect(3, false), Some(-4));
    assert_eq!(Opcode::UNPACK_EX.stack_effect(0x302, false), Some(5));
    assert_eq!(Opcode::BUILD_MAP.stack_effect(u32::MAX, false), None);
    assert_eq!(Opcode::SETUP_CLEANUP.stack_effect(0, true), Some(2));
    assert_eq!(Opcode::SETUP_CLEANUP.stack_effect(0, false), Some(0));
    assert_eq!(Opcode::BINARY_OP_ADD_INT.stack_effect(0, false), None);
    assert_eq!(Opcode::COPY.popped().eval(0), 0);
}

#[test]
fn inputs_that_stay_are_known() {
    let kept = |op: Opcode, oparg| op.kept().eval(oparg);
    assert_eq!(kept(Opcode::BINARY_OP, 0), 0);
    assert_eq!(kept(Opcode::FOR_ITER, 9), 1);
    assert_eq!(kept(Opcode::LIST_APPEND, 3), 3);
    assert_eq!(kept(Opcode::COPY, 4), 4);
    assert_eq!(kept(Opcode::SWAP, 4), 0);
    assert_eq!(kept(Opcode::WITH_EXCEPT_START, 0), 5);
}

#[test]
fn instructions_take_their_prefixes_and_caches() {
    let ext = Opcode::EXTENDED_ARG as u8;
    let code = [ext, 1, ext, 2, Opcode::JUMP_BACKWARD as u8, 3, 0, 0, Opcode::NOP as u8, 9, ext, 7, 1];
    let all: Vec<Instruction> = instructions(&code).collect();
    let starts: Vec<(usize, usize, u32)> = all.iter().map(|i| (i.start, i.at, i.oparg)).collect();
    assert_eq!(starts, [(0, 2, 0x10203), (4, 4, 9), (5, 5, 7)]);
    assert_eq!(all[0].end(), 4);
    assert_eq!(all[2].op(), Some(Opcode::EXTENDED_ARG));
}
