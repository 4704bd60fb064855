//! Register code as text, for developers (`-X trace=ops`, `cargo x regcode`).
//!
//! Invariant: total; what is no instruction is printed as a number.

use std::fmt::Write;

use crate::code::RegCode;
use crate::ops::{Op, Word};

/// A line an instruction: word, operation, fields, ext; `u` the bytecode's unit where it begins a new one.
pub fn disassemble(code: &RegCode) -> String {
    let mut out = String::new();
    let mut at = 0;
    while at < code.words.len() {
        let word = Word(code.words[at]);
        let unit = code.sites.iter().rev().find(|s| s.word as usize == at).map(|s| s.unit);
        let unit = unit.map_or(String::new(), |u| format!("u{u}"));
        let Some(op) = Op::from_u8(word.op()) else {
            let _ = writeln!(out, "{at:5} {unit:>6}  {:#018x}", word.0);
            at += 1;
            continue;
        };
        let _ = write!(out, "{at:5} {unit:>6}  {:<16}", op.name());
        let ext = code.words.get(at + 1).copied().unwrap_or(0);
        if op.jumps_by_bc() {
            let _ = write!(out, " x{} a{} -> {}", word.x(), word.a(), at as i64 + i64::from(word.bc()));
        } else {
            let _ = write!(out, " x{} a{} b{} c{}", word.x(), word.a(), word.b(), word.c());
            if op.jumps_by_ext() {
                let _ = write!(out, " -> {}", at as i64 + i64::from(ext as u32 as i32));
            } else if op.words() > 1 {
                let _ = write!(out, " ext {}", ext as u32);
            }
        }
        let _ = writeln!(out, "  ; {}", op.effect());
        at += op.words();
    }
    for h in &code.handlers {
        let _ = writeln!(
            out,
            "handler {}..{} -> {} depth {}{}",
            h.start,
            h.end,
            h.target,
            h.depth,
            if h.lasti { " lasti" } else { "" }
        );
    }
    out
}
