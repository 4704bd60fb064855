//! Compares errors and warnings of the parser with what CPython said (tools/oracle/syntax_corpus.py wrote it).
//!
//!     syntax CORPUS [SHOWN]
#![allow(clippy::unwrap_used)]

use std::io::BufRead;

use bunpy_compiler::error::CompileError;
use bunpy_compiler::{Mode, parse, source};
use serde_json::{Value, json};

fn decode64(text: &str) -> Vec<u8> {
    let digit = |b: u8| match b {
        b'A'..=b'Z' => b - b'A',
        b'a'..=b'z' => b - b'a' + 26,
        b'0'..=b'9' => b - b'0' + 52,
        b'+' => 62,
        _ => 63,
    };
    let mut out = Vec::new();
    let (mut bits, mut n) = (0u32, 0);
    for b in text.bytes().filter(|&b| b != b'=') {
        bits = bits << 6 | u32::from(digit(b));
        n += 6;
        if n >= 8 {
            n -= 8;
            out.push((bits >> n) as u8);
        }
    }
    out
}

fn error_json(e: &CompileError) -> Value {
    json!([format!("{:?}", e.kind), e.message, e.lineno, e.offset, e.end_lineno, e.end_offset])
}

fn main() {
    let mut args = std::env::args().skip(1);
    let corpus = std::io::BufReader::new(std::fs::File::open(args.next().unwrap()).unwrap());
    let shown: usize = args.next().map_or(20, |n| n.parse().unwrap());
    let (mut total, mut refused, mut verdict, mut exact, mut message_only, mut warnings) = (0, 0, 0, 0, 0, 0);
    let mut n_shown = 0;
    for line in corpus.lines() {
        let record: Value = serde_json::from_str(&line.unwrap()).unwrap();
        let bytes = decode64(record["source"].as_str().unwrap());
        let mode = match record["mode"].as_str().unwrap() {
            "exec" => Mode::Exec,
            "eval" => Mode::Eval,
            _ => Mode::Single,
        };
        let flags = record["flags"].as_u64().unwrap() as u32;
        let arena = bumpalo::Bump::new();
        let names = bunpy_compiler::names::Names::new(&arena);
        let started = std::time::Instant::now();
        let text = if record["bytes"].as_bool().unwrap() {
            source::decode_mode(&bytes, mode).map(|s| s.into_owned())
        } else {
            source::from_str(std::str::from_utf8(&bytes).unwrap(), mode).map(|s| s.into_owned())
        };
        let result = text.and_then(|text| parse::parse_module(arena.alloc_str(&text), mode, flags, &arena, &names));
        if started.elapsed().as_secs() >= 5 {
            println!("SLOW {:?}", started.elapsed());
        }
        let expected = &record["error"];
        total += 1;
        refused += usize::from(!expected.is_null());
        let (ours, warned) = match &result {
            Ok(parsed) => {
                (Value::Null, parsed.warnings.iter().map(|w| json!([w.message, w.lineno])).collect::<Vec<_>>())
            }
            Err(e) => (error_json(e), Vec::new()),
        };
        let same_verdict = ours.is_null() == expected.is_null() && ours[0] != json!("SystemError");
        verdict += usize::from(same_verdict);
        let mut differs = ours != *expected;
        if !differs {
            exact += usize::from(!expected.is_null());
        } else if ours[1] == expected[1] {
            message_only += 1;
        }
        if expected.is_null() && ours.is_null() && json!(warned) != record["warnings"] {
            warnings += 1;
            differs = true;
        }
        if differs && n_shown < shown {
            n_shown += 1;
            println!("---- {} {} {}", record["mode"], flags, String::from_utf8_lossy(&bytes[..bytes.len().min(1500)]));
            println!("  oracle {expected}  {}\n  ours   {ours} {}", record["warnings"], json!(warned));
        }
    }
    println!(
        "{total} programs, {refused} refused; same verdict {verdict}; exact {exact} ({:.2} %); message only {message_only}; warnings differ {warnings}",
        100.0 * exact as f64 / (refused as f64).max(1.0)
    );
}
