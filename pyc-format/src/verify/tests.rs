//! Hand-made code objects: good ones that pass, bad ones that each break one rule.
//!
//! What CPython compiled is tested on whole libraries (`cargo x verify`); here every rule is shown to hold something off.
#![allow(clippy::unwrap_used, clippy::panic)] // a failed test's report

use super::*;
use crate::code::*;
use crate::opcode::Opcode::{self, *};

/// A code object to be spoilt.
struct Sample {
    argcount: i32,
    posonlyargcount: i32,
    kwonlyargcount: i32,
    stacksize: i32,
    flags: i32,
    code: Vec<u8>,
    n_localsplusnames: usize,
    kinds: Vec<u8>,
    consts: Vec<ConstKind>,
    n_names: usize,
    linetable: Option<Vec<u8>>,
    exceptiontable: Vec<u8>,
}

/// Instructions to bytes, with their prefixes and caches.
fn asm(instructions: &[(Opcode, u32)]) -> Vec<u8> {
    let mut code = Vec::new();
    for &(op, oparg) in instructions {
        for shift in [24, 16, 8] {
            if oparg >> shift != 0 {
                code.extend([EXTENDED_ARG as u8, (oparg >> shift) as u8]);
            }
        }
        code.extend([op as u8, oparg as u8]);
        code.resize(code.len() + 2 * op.caches(), 0);
    }
    code
}

fn sample(instructions: &[(Opcode, u32)]) -> Sample {
    Sample {
        argcount: 0,
        posonlyargcount: 0,
        kwonlyargcount: 0,
        stacksize: 8,
        flags: CO_OPTIMIZED | CO_NEWLOCALS,
        code: asm(instructions),
        // a local, a cell, a free variable... none by default
        n_localsplusnames: 0,
        kinds: Vec::new(),
        consts: vec![ConstKind::Other, ConstKind::Code, ConstKind::StrTuple(2)],
        n_names: 2,
        linetable: None,
        exceptiontable: Vec::new(),
    }
}

impl Sample {
    fn with(mut self, change: impl FnOnce(&mut Sample)) -> Sample {
        change(&mut self);
        self
    }

    fn locals(self, kinds: &[u8]) -> Sample {
        self.with(|s| (s.kinds, s.n_localsplusnames) = (kinds.to_vec(), kinds.len()))
    }

    fn handlers(self, entries: &[Handler]) -> Sample {
        self.with(|s| s.exceptiontable = crate::exceptiontable::encode(entries))
    }

    fn generator(self) -> Sample {
        self.with(|s| s.flags |= CO_GENERATOR)
    }

    fn verify(&self) -> Result<Verified, Box<Fault>> {
        // One entry without location for every eight units.
        let no_lines = |units: usize| -> Vec<u8> {
            (0..units).step_by(8).map(|at| 0xF8 | ((units - at).min(8) - 1) as u8).collect()
        };
        let linetable = self.linetable.clone().unwrap_or_else(|| no_lines(self.code.len() / 2));
        let parts = Parts {
            argcount: self.argcount,
            posonlyargcount: self.posonlyargcount,
            kwonlyargcount: self.kwonlyargcount,
            stacksize: self.stacksize,
            flags: self.flags,
            firstlineno: 1,
            code: &self.code,
            n_localsplusnames: self.n_localsplusnames,
            localspluskinds: &self.kinds,
            n_consts: self.consts.len(),
            n_names: self.n_names,
            linetable: &linetable,
            exceptiontable: &self.exceptiontable,
        };
        verify(&parts, |index| self.consts[index])
    }
}

const fn handler(start: u32, end: u32, target: u32, depth: u32, lasti: bool) -> Handler {
    Handler { start, end, target, depth, lasti }
}

/// `return None`
const RETURN: [(Opcode, u32); 2] = [(LOAD_CONST, 0), (RETURN_VALUE, 0)];

fn returning(instructions: &[(Opcode, u32)]) -> Sample {
    sample(&[instructions, &RETURN].concat())
}

#[test]
fn a_loop_with_a_handler_passes() {
    // for x in LOCAL: try: NAME(x) except: pass
    let good = sample(&[
        (RESUME, 0),                      // 0
        (LOAD_FAST, 0),                   // 1
        (GET_ITER, 0),                    // 2
        (FOR_ITER, 18),                   // 3
        (STORE_FAST, 0),                  // 5
        (LOAD_GLOBAL, 1),                 // 6
        (LOAD_FAST_BORROW, 0),            // 11
        (CALL, 1),                        // 12
        (POP_TOP, 0),                     // 16
        (JUMP_BACKWARD, 16),              // 17
        (PUSH_EXC_INFO, 0),               // 19
        (POP_TOP, 0),                     // 20
        (POP_EXCEPT, 0),                  // 21
        (JUMP_BACKWARD_NO_INTERRUPT, 20), // 22
        (END_FOR, 0),                     // 23
        (POP_ITER, 0),                    // 24
        (LOAD_CONST, 0),                  // 25
        (RETURN_VALUE, 0),                // 26
    ]);
    let good = good.locals(&[CO_FAST_LOCAL]).handlers(&[handler(6, 17, 19, 1, false)]);
    let verified = good.verify().unwrap();
    assert_eq!(verified.max_depth, 4);
    assert_eq!((verified.n_locals, verified.n_cells, verified.n_frees), (1, 0, 0));
    assert_eq!(verified.units[3].depth(), Some(1));
    assert!(verified.units[3].is_target() && verified.units[19].is_handler());
    assert_eq!(verified.units[19].depth(), Some(2));
    let all = |holds: fn(Unit) -> bool| (0..27).filter(|&unit| holds(verified.units[unit])).collect::<Vec<_>>();
    assert_eq!(all(Unit::is_leader), [0, 3, 5, 19, 23]);
    assert_eq!(all(Unit::is_boundary), [6, 17]);
    assert_eq!(verified.units[4].depth(), None);
    assert_eq!(verified.handler(12).map(|h| h.target), Some(19));
    assert_eq!(verified.handler(17), None);
}

#[test]
fn a_generator_passes() {
    let good = sample(&[
        (COPY_FREE_VARS, 1),
        (MAKE_CELL, 1),
        (RETURN_GENERATOR, 0),
        (POP_TOP, 0),
        (RESUME, 0),
        (LOAD_DEREF, 2),
        (YIELD_VALUE, 0),
        (RESUME, 5),
        (STORE_DEREF, 1),
        (LOAD_CONST, 0),
        (RETURN_VALUE, 0),
        (CALL_INTRINSIC_1, 3),
        (RERAISE, 1),
    ]);
    let good =
        good.generator().locals(&[CO_FAST_LOCAL, CO_FAST_CELL, CO_FAST_FREE]).handlers(&[handler(4, 11, 11, 0, true)]);
    let verified = good.verify().unwrap();
    assert!(verified.is_generator);
    assert_eq!((verified.n_locals, verified.n_cells, verified.n_frees), (1, 1, 1));
    assert_eq!(verified.units[11].depth(), Some(2));
}

#[test]
fn code_that_is_reached_from_behind_only_is_walked() {
    // 0: jump to 3; 1: return; 3: const, jump back to 1
    let good = sample(&[(JUMP_FORWARD, 1), (RETURN_VALUE, 0), (LOAD_CONST, 0), (JUMP_BACKWARD_NO_INTERRUPT, 3)]);
    assert_eq!(good.verify().unwrap().units[1].depth(), Some(1));
    let bad = sample(&[(JUMP_FORWARD, 1), (NOP, 0), (LOAD_CONST, 0), (JUMP_BACKWARD_NO_INTERRUPT, 3)]);
    assert_eq!(bad.verify().unwrap_err().rule, Rule::StackJoin);
}

#[test]
fn unreached_code_is_checked_but_has_no_depth() {
    let good = sample(&[(LOAD_CONST, 0), (RETURN_VALUE, 0), (POP_TOP, 0), (RETURN_VALUE, 0)]);
    assert_eq!(good.verify().unwrap().units[2].depth(), None);
}

/// Every rule with code objects that break it and nothing before it.
fn bad() -> Vec<(Rule, Sample)> {
    use ConstKind::{Code, StrTuple};
    let local = &[CO_FAST_LOCAL];
    vec![
        (Rule::Counts, returning(&[]).with(|s| s.argcount = -1)),
        (Rule::Counts, returning(&[]).with(|s| s.stacksize = i32::MIN)),
        (Rule::Counts, returning(&[]).with(|s| s.posonlyargcount = 1)),
        (Rule::FrameSize, returning(&[]).with(|s| s.stacksize = 1 << 24)),
        (Rule::CodeSize, sample(&[])),
        (Rule::CodeSize, returning(&[]).with(|s| s.code.push(0))),
        (Rule::LocalsCount, returning(&[]).with(|s| s.n_localsplusnames = 1)),
        (Rule::LocalsCount, returning(&[]).with(|s| s.argcount = 1)),
        (Rule::LocalsCount, returning(&[]).with(|s| s.flags |= CO_VARARGS)),
        (Rule::LocalsKind, returning(&[]).locals(&[0])),
        (Rule::LocalsKind, returning(&[]).locals(&[CO_FAST_LOCAL | 1])),
        (Rule::LocalsKind, returning(&[]).locals(&[CO_FAST_LOCAL | CO_FAST_ARG_POS])),
        (Rule::LocalsKind, returning(&[]).locals(&[CO_FAST_LOCAL | CO_FAST_FREE])),
        (Rule::LocalsKind, returning(&[]).locals(&[CO_FAST_CELL, CO_FAST_LOCAL])),
        (Rule::LocalsKind, returning(&[]).locals(&[CO_FAST_FREE, CO_FAST_CELL])),
        (Rule::LocalsKind, returning(&[]).locals(&[CO_FAST_LOCAL | CO_FAST_ARG_KW]).with(|s| s.argcount = 1)),
        (Rule::Opcode, returning(&[(CACHE, 0)])),
        (Rule::Opcode, returning(&[(RESERVED, 0)])),
        (Rule::Opcode, returning(&[(INTERPRETER_EXIT, 0)])),
        (Rule::Opcode, returning(&[(ENTER_EXECUTOR, 0)])),
        (Rule::Opcode, returning(&[(RESUME_CHECK, 0)])),
        (Rule::Opcode, returning(&[(INSTRUMENTED_RESUME, 0)])),
        (Rule::Opcode, returning(&[]).with(|s| s.code[0] = 121)),
        (Rule::ExtendedArg, returning(&[]).with(|s| s.code.extend([EXTENDED_ARG as u8, 1]))),
        (Rule::ExtendedArg, returning(&[(EXTENDED_ARG, 0), (RESUME, 1 << 24)])),
        (Rule::ExtendedArg, returning(&[(RESUME, 1 << 31)])),
        (Rule::Cache, sample(&[(LOAD_CONST, 0), (TO_BOOL, 0)]).with(|s| s.code.truncate(6))),
        (Rule::Cache, returning(&[(LOAD_CONST, 0), (TO_BOOL, 0), (POP_TOP, 0)]).with(|s| s.code[7] = 1)),
        (Rule::ConstIndex, returning(&[(LOAD_CONST, 3), (POP_TOP, 0)])),
        (Rule::NameIndex, returning(&[(LOAD_NAME, 2), (POP_TOP, 0)])),
        (Rule::NameIndex, returning(&[(LOAD_GLOBAL, 4), (POP_TOP, 0)])),
        (Rule::NameIndex, returning(&[(LOAD_CONST, 0), (LOAD_ATTR, 4), (POP_TOP, 0)])),
        (
            Rule::NameIndex,
            returning(&[(LOAD_CONST, 0), (LOAD_CONST, 0), (LOAD_CONST, 0), (LOAD_SUPER_ATTR, 8), (POP_TOP, 0)]),
        ),
        (Rule::LocalIndex, returning(&[(LOAD_FAST, 0), (POP_TOP, 0)])),
        (Rule::LocalIndex, returning(&[(LOAD_FAST_LOAD_FAST, 0x10), (POP_TOP, 0), (POP_TOP, 0)]).locals(local)),
        (Rule::LocalIndex, returning(&[(LOAD_FAST_LOAD_FAST, 0x01), (POP_TOP, 0), (POP_TOP, 0)]).locals(local)),
        (Rule::Deref, returning(&[(MAKE_CELL, 0)]).locals(local)),
        (Rule::Deref, returning(&[(LOAD_DEREF, 1), (POP_TOP, 0)]).locals(&[CO_FAST_CELL])),
        (Rule::Operand, returning(&[(LOAD_CONST, 0), (LOAD_CONST, 0), (BINARY_OP, 27), (POP_TOP, 0)])),
        (Rule::Operand, returning(&[(LOAD_CONST, 0), (LOAD_CONST, 0), (COMPARE_OP, 6 << 5), (POP_TOP, 0)])),
        (Rule::Operand, returning(&[(LOAD_CONST, 0), (CALL_INTRINSIC_1, 0), (POP_TOP, 0)])),
        (Rule::Operand, returning(&[(LOAD_CONST, 0), (CALL_INTRINSIC_1, 12), (POP_TOP, 0)])),
        (Rule::Operand, returning(&[(LOAD_COMMON_CONSTANT, 5), (POP_TOP, 0)])),
        (Rule::Operand, returning(&[(LOAD_CONST, 0), (LOAD_SPECIAL, 4), (POP_TOP, 0), (POP_TOP, 0)])),
        (Rule::Operand, returning(&[(LOAD_CONST, 0), (CONVERT_VALUE, 4), (POP_TOP, 0)])),
        (Rule::Operand, returning(&[(LOAD_SMALL_INT, 256), (POP_TOP, 0)])),
        (Rule::Operand, returning(&[(LOAD_CONST, 0), (COPY, 0), (POP_TOP, 0), (POP_TOP, 0)])),
        (Rule::Operand, returning(&[(LOAD_CONST, 0), (LOAD_CONST, 0), (LIST_APPEND, 0), (POP_TOP, 0)])),
        (Rule::Operand, sample(&[(RAISE_VARARGS, 3)])),
        (Rule::FreeVars, returning(&[(COPY_FREE_VARS, 1)])),
        (Rule::FreeVars, returning(&[]).locals(&[CO_FAST_FREE])),
        (Rule::FreeVars, returning(&[(COPY_FREE_VARS, 2)]).locals(&[CO_FAST_FREE])),
        (Rule::FreeVars, returning(&[(NOP, 0), (COPY_FREE_VARS, 1)]).locals(&[CO_FAST_FREE])),
        (Rule::Generator, returning(&[]).generator()),
        (Rule::Generator, returning(&[(RETURN_GENERATOR, 0), (POP_TOP, 0)])),
        (Rule::Generator, returning(&[(RESUME, 0), (RETURN_GENERATOR, 0), (POP_TOP, 0)]).generator()),
        (
            Rule::Generator,
            returning(&[(RETURN_GENERATOR, 0), (POP_TOP, 0), (RETURN_GENERATOR, 0), (POP_TOP, 0)]).generator(),
        ),
        (Rule::Generator, returning(&[(LOAD_CONST, 0), (YIELD_VALUE, 0), (POP_TOP, 0)])),
        (Rule::Generator, returning(&[(LOAD_CONST, 0), (LOAD_CONST, 0), (SEND, 0), (POP_TOP, 0), (POP_TOP, 0)])),
        (Rule::Generator, returning(&[]).with(|s| s.flags |= CO_GENERATOR | CO_COROUTINE)),
        (Rule::TypedConstant, returning(&[(LOAD_CONST, 0), (MAKE_FUNCTION, 0), (POP_TOP, 0)])),
        (Rule::TypedConstant, returning(&[(LOAD_CONST, 1), (NOP, 0), (MAKE_FUNCTION, 0), (POP_TOP, 0)])),
        (
            Rule::TypedConstant,
            returning(&[(LOAD_CONST, 0), (LOAD_CONST, 0), (SET_FUNCTION_ATTRIBUTE, 1), (POP_TOP, 0)]),
        ),
        (
            // One value, two keyword names.
            Rule::TypedConstant,
            returning(&[(LOAD_CONST, 0), (PUSH_NULL, 0), (LOAD_CONST, 0), (LOAD_CONST, 2), (CALL_KW, 1), (POP_TOP, 0)]),
        ),
        (
            Rule::TypedConstant,
            returning(&[(LOAD_CONST, 0), (LOAD_CONST, 0), (LOAD_CONST, 1), (MATCH_CLASS, 0), (POP_TOP, 0)]),
        ),
        (
            // A jump between a constant and what needs it.
            Rule::JumpTarget,
            returning(&[
                (LOAD_CONST, 0),
                (JUMP_FORWARD, 2),
                (POP_TOP, 0),
                (LOAD_CONST, 1),
                (MAKE_FUNCTION, 0),
                (POP_TOP, 0),
            ]),
        ),
        (Rule::JumpTarget, returning(&[(JUMP_FORWARD, 3)])),
        (Rule::JumpTarget, returning(&[(JUMP_BACKWARD_NO_INTERRUPT, 2)])),
        (Rule::JumpTarget, returning(&[(JUMP_FORWARD, 1), (LOAD_CONST, 256), (POP_TOP, 0)]).with(|s| s.code[3] = 0)),
        (Rule::JumpTarget, returning(&[(JUMP_FORWARD, 2), (LOAD_CONST, 0), (TO_BOOL, 0), (POP_TOP, 0)])),
        (
            // A generator that makes itself again.
            Rule::JumpTarget,
            sample(&[(RETURN_GENERATOR, 0), (POP_TOP, 0), (JUMP_BACKWARD_NO_INTERRUPT, 3)]).generator(),
        ),
        (Rule::JumpTarget, returning(&[(RESUME, 0)]).handlers(&[handler(0, 1, 9, 0, false)])),
        (
            Rule::JumpTarget,
            returning(&[(LOAD_CONST, 0), (TO_BOOL, 0), (POP_TOP, 0)]).handlers(&[handler(0, 1, 3, 0, false)]),
        ),
        (
            Rule::ForIter,
            sample(&[
                (LOAD_CONST, 0),
                (GET_ITER, 0),
                (FOR_ITER, 0),
                (POP_TOP, 0),
                (POP_TOP, 0),
                (LOAD_CONST, 0),
                (RETURN_VALUE, 0),
            ]),
        ),
        (Rule::StackUnderflow, returning(&[(POP_TOP, 0)])),
        (Rule::StackUnderflow, returning(&[(LOAD_CONST, 0), (COPY, 2), (POP_TOP, 0), (POP_TOP, 0)])),
        (Rule::StackUnderflow, returning(&[(LOAD_CONST, 0), (SWAP, 2), (POP_TOP, 0)])),
        (Rule::StackUnderflow, returning(&[(LOAD_CONST, 0), (BUILD_MAP, u32::MAX >> 1), (POP_TOP, 0)])),
        (Rule::StackOverflow, returning(&[]).with(|s| s.stacksize = 0)),
        (Rule::StackOverflow, returning(&[(LOAD_CONST, 0), (UNPACK_SEQUENCE, u32::MAX >> 1), (POP_TOP, 0)])),
        (
            Rule::StackOverflow,
            sample(&[(RESUME, 0), (LOAD_CONST, 0), (RETURN_VALUE, 0), (RERAISE, 0)])
                .with(|s| s.stacksize = 1)
                .handlers(&[handler(0, 1, 3, 0, true)]),
        ),
        (Rule::StackJoin, returning(&[(LOAD_CONST, 0), (POP_JUMP_IF_TRUE, 1), (LOAD_CONST, 0), (NOP, 0)])),
        (Rule::StackJoin, sample(&[(LOAD_CONST, 0), (JUMP_BACKWARD_NO_INTERRUPT, 2)])),
        (Rule::ReturnDepth, sample(&[(LOAD_CONST, 0), (LOAD_CONST, 0), (RETURN_VALUE, 0)])),
        (
            Rule::YieldFrom,
            returning(&[(RETURN_GENERATOR, 0), (POP_TOP, 0), (LOAD_CONST, 0), (YIELD_VALUE, 1), (POP_TOP, 0)])
                .generator(),
        ),
        (Rule::FallsOff, sample(&[(NOP, 0)])),
        (Rule::FallsOff, sample(&[(LOAD_CONST, 0), (POP_TOP, 0)])),
        (Rule::ExceptionTable, returning(&[(RESUME, 0)]).with(|s| s.exceptiontable = vec![0x80, 1])),
        (Rule::ExceptionTable, returning(&[(RESUME, 0)]).with(|s| s.exceptiontable = vec![0, 1, 0, 0])),
        (Rule::ExceptionTable, returning(&[(RESUME, 0)]).handlers(&[handler(0, 0, 1, 0, false)])),
        (Rule::ExceptionTable, returning(&[(RESUME, 0)]).handlers(&[handler(0, 9, 1, 0, false)])),
        (
            Rule::ExceptionTable,
            returning(&[(RESUME, 0)]).handlers(&[handler(0, 2, 1, 0, false), handler(1, 3, 1, 0, false)]),
        ),
        (
            Rule::ExceptionTable,
            sample(&[(LOAD_CONST, 0), (TO_BOOL, 0), (RETURN_VALUE, 0), (RERAISE, 0)])
                .handlers(&[handler(0, 3, 6, 0, false)]),
        ),
        (
            Rule::ExceptionDepth,
            sample(&[(LOAD_CONST, 0), (GET_LEN, 0), (POP_TOP, 0), (RETURN_VALUE, 0), (POP_TOP, 0), (RETURN_VALUE, 0)])
                .handlers(&[handler(0, 1, 4, 1, false)]),
        ),
        (
            // GET_ITER has taken its input when it raises.
            Rule::ExceptionDepth,
            sample(&[(LOAD_CONST, 0), (GET_ITER, 0), (RETURN_VALUE, 0), (POP_TOP, 0), (RETURN_VALUE, 0)])
                .handlers(&[handler(1, 2, 3, 1, false)]),
        ),
        (Rule::LineTable, returning(&[]).with(|s| s.linetable = Some(vec![]))),
        (Rule::LineTable, returning(&[]).with(|s| s.linetable = Some(vec![0xFA]))),
        (Rule::LineTable, returning(&[]).with(|s| s.linetable = Some(vec![0x81]))),
        (Rule::LineTable, returning(&[]).with(|s| s.linetable = Some(vec![0xE9, 0x40]))),
        (Rule::LineTable, returning(&[]).with(|s| s.linetable = Some(vec![0x01, 0x01]))),
        // The same without the mistake passes: see `the_kin_of_bad_samples_pass`.
        (
            Rule::TypedConstant,
            returning(&[(LOAD_CONST, 1), (MAKE_FUNCTION, 0), (POP_TOP, 0)]).with(|s| s.consts[1] = StrTuple(0)),
        ),
        (
            Rule::TypedConstant,
            returning(&[(LOAD_CONST, 0), (LOAD_CONST, 0), (LOAD_CONST, 2), (MATCH_CLASS, 0), (POP_TOP, 0)])
                .with(|s| s.consts[2] = Code),
        ),
    ]
}

#[test]
fn bad_samples_break_their_rule() {
    for (index, (rule, sample)) in bad().iter().enumerate() {
        match sample.verify() {
            Ok(_) => panic!("sample {index} passes, it should break {}", rule.name()),
            Err(fault) => assert_eq!(fault.rule, *rule, "sample {index}: {fault}"),
        }
    }
}

#[test]
fn every_rule_has_a_bad_sample() {
    // Rules about a whole file have theirs in tree.rs.
    let elsewhere = [Rule::FieldType, Rule::TooLarge];
    let samples = bad();
    for rule in Rule::ALL {
        assert!(elsewhere.contains(rule) || samples.iter().any(|(r, _)| r == rule), "no sample for {}", rule.name());
    }
}

#[test]
fn the_kin_of_bad_samples_pass() {
    let good = [
        returning(&[(LOAD_CONST, 1), (MAKE_FUNCTION, 0), (POP_TOP, 0)]),
        returning(&[(LOAD_CONST, 0), (LOAD_CONST, 1), (MAKE_FUNCTION, 0), (SET_FUNCTION_ATTRIBUTE, 1), (POP_TOP, 0)]),
        returning(&[(LOAD_CONST, 0), (LOAD_CONST, 0), (LOAD_CONST, 2), (MATCH_CLASS, 0), (POP_TOP, 0)]),
        returning(&[(RESUME, 0), (LOAD_CONST, 0), (LOAD_CONST, 0), (SWAP, 2), (POP_TOP, 0), (POP_TOP, 0)]),
        returning(&[(MAKE_CELL, 0)]).locals(&[CO_FAST_LOCAL | CO_FAST_CELL]),
        returning(&[(COPY_FREE_VARS, 1)]).locals(&[CO_FAST_FREE]),
        returning(&[(COPY_FREE_VARS, 300)]).locals(&[CO_FAST_FREE; 300]),
        // As `code.replace` makes them.
        returning(&[]).locals(&[CO_FAST_LOCAL, CO_FAST_LOCAL | CO_FAST_CELL]).with(|s| s.argcount = 2),
        sample(&[(LOAD_CONST, 0), (GET_ITER, 0), (RETURN_VALUE, 0), (POP_TOP, 0), (RETURN_VALUE, 0)])
            .handlers(&[handler(1, 2, 4, 0, false)]),
    ];
    for (index, sample) in good.iter().enumerate() {
        if let Err(fault) = sample.verify() {
            panic!("sample {index}: {fault}");
        }
    }
}

#[test]
fn the_chapter_names_every_rule() {
    let chapter = include_str!("../../../docs/verify.md");
    for rule in Rule::ALL {
        let row = format!("| `{}` | {} |", rule.name(), rule.sentence());
        assert!(chapter.contains(&row), "docs/verify.md lacks {row}");
    }
}

/// What the quick look at an operand accepts, the full one accepts too.
#[test]
fn quick_limits_agree_with_the_full_check() {
    let sample = returning(&[]).locals(&[CO_FAST_LOCAL; 3]);
    let linetable = [];
    let parts = Parts {
        argcount: 0,
        posonlyargcount: 0,
        kwonlyargcount: 0,
        stacksize: 8,
        flags: 0,
        firstlineno: 1,
        code: &sample.code,
        n_localsplusnames: 3,
        localspluskinds: &sample.kinds,
        n_consts: 3,
        n_names: 2,
        linetable: &linetable,
        exceptiontable: &[],
    };
    let kind = |_| ConstKind::Other;
    let layout = layout::check(&parts).unwrap();
    let full = operands::Operands::new(&parts, &layout, &kind);
    let mut accepted = 0;
    for &op in Opcode::ALL.iter().filter(|op| op.number() < 256) {
        let (shift, limit) = operands::quick(op);
        for oparg in (0..1100).chain([u32::MAX >> 1]) {
            if !full.is_below(oparg >> shift, limit) {
                continue;
            }
            accepted += 1;
            let i = crate::opcode::Instruction { start: 0, at: 0, byte: op as u8, oparg };
            let closer = full.operand(&mut [Unit::default(); 2], &i, 1, op, op.operand());
            assert_eq!(closer, Ok(false), "{} {oparg}", op.name());
        }
    }
    assert!(accepted > 10_000);
}
