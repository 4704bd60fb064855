//! What no compiler writes: cycles, explosions, indices out of range. Ordinary text is tested under tests/dis.

use super::*;
use crate::code::Code;
use crate::opcode::Opcode;

fn code(graph: &mut Graph, units: &[(Opcode, u8)], consts: &[ObjRef]) -> Code {
    let bytes: Vec<u8> = units.iter().flat_map(|&(op, oparg)| [op as u8, oparg]).collect();
    let name = graph.str(b"f", false);
    let empty = graph.tuple(&[]);
    let nothing = graph.bytes(b"");
    Code {
        code: graph.bytes(&bytes),
        consts: graph.tuple(consts),
        names: empty,
        localsplusnames: empty,
        localspluskinds: nothing,
        filename: name,
        name,
        qualname: name,
        linetable: nothing,
        exceptiontable: nothing,
        ..Code::EMPTY
    }
}

fn text(graph: &mut Graph, units: &[(Opcode, u8)], consts: &[ObjRef]) -> String {
    let code = code(graph, units, consts);
    let code = graph.code(code);
    dis_text(graph, code, &Options::default(), 10_000)
}

fn repr_of(graph: &Graph, obj: ObjRef) -> String {
    let mut out = Limited::new(String::new(), 10_000);
    let _cut = repr::write(graph, obj, false, &mut out);
    out.into_inner()
}

#[test]
fn what_an_index_does_not_find_is_a_question_mark() {
    let units = [
        (Opcode::LOAD_CONST, 9),
        (Opcode::LOAD_NAME, 9),
        (Opcode::LOAD_FAST_LOAD_FAST, 0x12),
        (Opcode::COMPARE_OP, 0xFF),
        (Opcode::CACHE, 0),
        (Opcode::CALL_INTRINSIC_1, 77),
        (Opcode::JUMP_BACKWARD_NO_INTERRUPT, 200),
    ];
    let mut graph = Graph::new();
    let text = text(&mut graph, &units, &[]);
    let lines: Vec<&str> = text.lines().map(str::trim).collect();
    assert_eq!(
        lines,
        [
            "LOAD_CONST               9 (?)",
            "LOAD_NAME                9 (?)",
            "LOAD_FAST_LOAD_FAST     18 (?, ?)",
            "COMPARE_OP             255 (?)",
            "CALL_INTRINSIC_1        77 (?)",
            "JUMP_BACKWARD_NO_INTERRUPT 200 (to L1)",
        ]
    );
}

#[test]
fn unknown_opcodes_and_odd_code_are_listed() {
    let mut graph = Graph::new();
    let code = code(&mut graph, &[], &[]);
    let odd = graph.bytes(&[121, 5, 69, 1, 82]);
    let code = graph.code(Code { code: odd, ..code });
    let text = dis_text(&graph, code, &Options::default(), 1000);
    let lines: Vec<&str> = text.lines().map(str::trim).collect();
    assert_eq!(lines, ["<121>", "EXTENDED_ARG             1"]);
}

#[test]
fn specialised_opcodes_show_only_when_asked_for() {
    let mut graph = Graph::new();
    let code = code(&mut graph, &[(Opcode::RESUME_CHECK, 0), (Opcode::LOAD_CONST_MORTAL, 0)], &[ObjRef::TRUE]);
    let code = graph.code(code);
    let show = |adaptive| {
        let text = dis_text(&graph, code, &Options { adaptive, ..Options::default() }, 1000);
        text.lines().map(|line| line.trim().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(show(false), ["RESUME                   0", "LOAD_CONST               0 (True)"]);
    assert_eq!(show(true), ["RESUME_CHECK             0", "LOAD_CONST_MORTAL        0 (True)"]);
}

#[test]
fn shared_values_are_cut() {
    let mut graph = Graph::new();
    let mut value = graph.int(1);
    for _ in 0..1000 {
        value = graph.tuple(&[value, value]);
    }
    let text = text(&mut graph, &[(Opcode::LOAD_CONST, 0)], &[value]);
    assert!(text.ends_with(limit::CUT) && text.len() < 10_100);
}

#[test]
fn shared_code_is_cut() {
    let mut graph = Graph::new();
    let mut inner = ObjRef::NONE;
    for _ in 0..100 {
        let code = code(&mut graph, &[(Opcode::NOP, 0)], &[inner, inner]);
        inner = graph.code(code);
    }
    let text = dis_text(&graph, inner, &Options::default(), 10_000);
    assert!(text.ends_with(limit::CUT) && text.len() < 10_100);
    let once = dis_text(&graph, inner, &Options { depth: Some(1), ..Options::default() }, 10_000);
    assert_eq!(once.matches("Disassembly of").count(), 2);
}

#[test]
fn cycles_end() {
    let mut graph = Graph::new();
    let list = graph.list(&[ObjRef::NONE, ObjRef::TRUE]);
    let tuple = graph.tuple(&[list]);
    graph.items_mut(list)[0] = tuple;
    assert_eq!(repr_of(&graph, list), "[([...],), True]");
    let dict = graph.dict(&[(ObjRef::NONE, ObjRef::NONE)]);
    graph.items_mut(dict)[1] = dict;
    assert_eq!(repr_of(&graph, dict), "{None: {...}}");
}

#[test]
fn deep_values_end() {
    let mut graph = Graph::new();
    let mut value = graph.tuple(&[]);
    for _ in 0..1000 {
        value = graph.list(&[value]);
    }
    assert_eq!(repr_of(&graph, value), "[".repeat(1000) + "()" + &"]".repeat(1000));
    for _ in 0..20_000 {
        value = graph.slice(value, ObjRef::NONE, ObjRef::NONE);
    }
    assert!(repr_of(&graph, value).contains("slice(slice("));
}

#[test]
fn big_ints_are_decimal_up_to_the_limit_of_cpython() {
    let mut graph = Graph::new();
    let power = graph.big_int(true, &[0, 0, 0, 0, 1 << 10]);
    assert_eq!(repr_of(&graph, power), "-1180591620717411303424");
    let huge = graph.big_int(false, &[1; 20_000]);
    assert_eq!(repr_of(&graph, huge), "<int of about 300000 bits>");
    let first = graph.big_int(false, &[0, 0, 0, 0, 16]);
    assert_eq!(repr_of(&graph, first), "18446744073709551616");
}

#[test]
fn complex_numbers_keep_their_signs() {
    let mut graph = Graph::new();
    for (real, imag, expected) in [
        (0.0, 1.0, "1j"),
        (-0.0, 1.0, "(-0+1j)"),
        (1.5, -0.0, "(1.5-0j)"),
        (f64::NAN, f64::NEG_INFINITY, "(nan-infj)"),
        (0.0, f64::NAN, "nanj"),
        (1e16, 1e-5, "(1e+16+1e-05j)"),
    ] {
        let value = graph.complex(real, imag);
        assert_eq!(repr_of(&graph, value), expected);
    }
}

#[test]
fn lone_surrogates_are_escaped() {
    let mut graph = Graph::new();
    let name = graph.str(b"a\xed\xa0\x80", false);
    let code = code(&mut graph, &[], &[]);
    let code = graph.code(Code { name, ..code });
    assert_eq!(repr_of(&graph, code), "<code object a\\ud800 at 0x..., file \"f\", line -1>");
}
