//! `cargo x opcheck`: the opcode table against CPython's own answers.
//!
//! Invariant: every fact that the oracle prints is looked up here, and a fact that has no counterpart is a difference.
//! Next: `opcheck.py` for what is asked.

use std::process::ExitCode;

use crate::oracle;
use pyc_format::dis::cache_format;
use pyc_format::opcode::{
    BinaryOp, CommonConstant, CompareOp, Conversion, FunctionAttribute, Intrinsic1, Intrinsic2, Opcode, SpecialMethod,
};

pub fn run(_: &[String]) -> ExitCode {
    match compare() {
        Ok(0) => ExitCode::SUCCESS,
        Ok(_) => ExitCode::FAILURE,
        Err(why) => {
            eprintln!("cargo x opcheck: {why}");
            ExitCode::from(2)
        }
    }
}

/// Prints every difference; their number, or why nothing could be compared.
fn compare() -> Result<usize, String> {
    let output = oracle::ask(include_str!("opcheck.py"), &[], "")?;
    let output = String::from_utf8(output).map_err(|e| e.to_string())?;
    let (mut facts, mut differences) = (0, 0);
    for line in output.lines() {
        let mut fields = line.splitn(3, '\t');
        let (Some(kind), Some(subject), Some(theirs)) = (fields.next(), fields.next(), fields.next()) else {
            return Err(format!("the oracle printed {line:?}"));
        };
        let number: u32 = subject.parse().map_err(|_| format!("the oracle printed {line:?}"))?;
        facts += 1;
        let ours = answer(kind, number).unwrap_or_else(|| "unknown".into());
        if ours != theirs {
            differences += 1;
            let name = Opcode::from_number(number as u16).map_or("?", Opcode::name);
            println!("{kind} of {number} ({name}): CPython says {theirs:?}, the table {ours:?}");
        }
    }
    if facts < 10_000 {
        return Err(format!("the oracle told only {facts} facts"));
    }
    println!("opcheck: {facts} facts of {} opcodes, {differences} differences", Opcode::ALL.len());
    Ok(differences)
}

/// Our answer in the oracle's words.
fn answer(kind: &str, number: u32) -> Option<String> {
    let list = match kind {
        "binary_op" => BinaryOp::from_number(number).map(|op| format!("{} {}", op.name(), op.text())),
        "compare_op" => CompareOp::from_number(number).map(|op| op.text().into()),
        "intrinsic_1" => Intrinsic1::from_number(number).map(|f| f.text().into()),
        "intrinsic_2" => Intrinsic2::from_number(number).map(|f| f.text().into()),
        "common_constant" => CommonConstant::from_number(number).map(|c| c.text().into()),
        "special_method" => SpecialMethod::from_number(number).map(|m| m.text().into()),
        "function_attribute" => FunctionAttribute::from_number(number).map(|a| a.text().into()),
        "conversion" => Conversion::from_number(number).map(|c| c.text().into()),
        _ => None,
    };
    if list.is_some() {
        return list;
    }
    let op = u16::try_from(number).ok().and_then(Opcode::from_number);
    if kind == "name" {
        return Some(op.map_or("", Opcode::name).to_owned());
    }
    let op = op?;
    let truth = |yes: bool| Some(if yes { "True" } else { "False" }.to_owned());
    match kind {
        "caches" => Some(op.caches().to_string()),
        "cache_format" => {
            Some(cache_format(op).iter().map(|(name, size)| format!("{name}:{size}")).collect::<Vec<_>>().join(" "))
        }
        "base" => Some(op.deopt().name().to_owned()),
        "has_arg" => truth(op.has_arg()),
        "has_const" => truth(op.has_const()),
        "has_exc" => truth(op.has_exc()),
        "has_free" => truth(op.has_free()),
        "has_jump" => truth(op.has_jump()),
        "has_local" => truth(op.has_local()),
        "has_name" => truth(op.has_name()),
        _ => {
            let mut words = kind.strip_prefix("effect ")?.split(' ');
            let oparg = words.next()?.parse().ok()?;
            let jump = words.next()? == "True";
            Some(op.stack_effect(oparg, jump).map_or("none".into(), |effect| effect.to_string()))
        }
    }
}
