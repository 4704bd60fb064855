//! Reads the cases of tools/oracle/number.py on standard input and prints those that we answer otherwise.
//!
//! `$ORACLE/usr/bin/python3.14 tools/oracle/number.py 200000 1 | cargo run -p bunpy-number --example diff`
use std::io::BufRead;

use bunpy_number::{format_spec, hash};
use num_bigint::BigInt;
use pyc_text::float_text;

fn answer(fields: &[&str]) -> Option<String> {
    let bits = |t: &str| u64::from_str_radix(t, 16).ok().map(f64::from_bits);
    let decimal = |c: char| c.to_digit(10);
    let spec =
        |t: &str, name| format_spec::parse(&t.chars().collect::<Vec<_>>(), format_spec::Align::Right, name, decimal);
    let show = |r: Result<String, String>| r.unwrap_or_else(|e| format!("!{e}"));
    Some(match *fields {
        ["float", s, x] => show(spec(s, "float").and_then(|s| match s.kind {
            None | Some('e' | 'E' | 'f' | 'F' | 'g' | 'G' | 'n' | '%') => {
                format_spec::format_float(&s, bits(x).unwrap_or(0.0))
            }
            Some(kind) => Err(format_spec::unknown_code(kind, "float")),
        })),
        ["complex", s, re, im] => show(spec(s, "complex").and_then(|s| match s.kind {
            None | Some('e' | 'E' | 'f' | 'F' | 'g' | 'G' | 'n') => {
                format_spec::format_complex(&s, bits(re).unwrap_or(0.0), bits(im).unwrap_or(0.0))
            }
            Some(kind) => Err(format_spec::unknown_code(kind, "complex")),
        })),
        ["int", s, x] => show(spec(s, "int").and_then(|s| {
            let value: BigInt = x.parse().unwrap_or_default();
            match s.kind {
                None | Some('b' | 'd' | 'n' | 'o' | 'x' | 'X') => {
                    format_spec::format_int(&s, x.starts_with('-'), |base| value.magnitude().to_str_radix(base))
                }
                Some('e' | 'E' | 'f' | 'F' | 'g' | 'G' | '%') => {
                    format_spec::format_float(&s, x.parse().unwrap_or(0.0))
                }
                Some('c') => format_spec::format_char(&s, "A"),
                Some(kind) => Err(format_spec::unknown_code(kind, "int")),
            }
        })),
        ["hex", x] => float_text::to_hex(bits(x)?),
        ["fromhex", t] => match float_text::from_hex(t) {
            Ok(x) => format!("{:016x}", x.to_bits()),
            Err(float_text::HexError::Invalid) => "!invalid hexadecimal floating-point string".into(),
            Err(float_text::HexError::TooLarge) => "!hexadecimal value too large to represent as a float".into(),
        },
        ["parse", t] => float_text::parse(t).map_or("!".into(), |x| format!("{:016x}", x.to_bits())),
        ["hashf", x] => hash::of_f64(bits(x)?).to_string(),
        ["hashi", x] => {
            let value: BigInt = x.parse().ok()?;
            hash::of_biguint(x.starts_with('-'), value.magnitude()).to_string()
        }
        ["hashs", seed, t] => hash::of_bytes(hash::Key::from_seed(seed.parse().ok()?), t.as_bytes()).to_string(),
        _ => return None,
    })
}

fn main() {
    let (mut cases, mut different) = (0, 0);
    for line in std::io::stdin().lock().lines().map_while(Result::ok) {
        let fields: Vec<&str> = line.split('\t').collect();
        let Some((expected, input)) = fields.split_last() else { continue };
        cases += 1;
        let ours = answer(input).unwrap_or_else(|| "no such case".into());
        if ours != *expected {
            different += 1;
            if different <= 40 {
                println!("{input:?}\n  expected {expected:?}\n  ours     {ours:?}");
            }
        }
    }
    println!("{cases} cases, {different} differ");
    std::process::exit(i32::from(different > 0 || cases == 0));
}
