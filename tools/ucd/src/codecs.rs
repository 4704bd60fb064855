//! `tables/codecs.rs`: the names, aliases and charmaps of the oracle's `encodings` package.
//!
//! Invariant: what `encodings.py` prints is all that goes in. `--check` decodes the same bytes on both sides.

use crate::output::{array, header};
use std::fmt::Write as _;
use std::io::Write;
use std::process::{Command, Stdio};

pub fn python(script: &str, input: &str) -> Result<String, String> {
    let mut child = Command::new(crate::check::oracle()?)
        .args(["-I", "-W", "ignore", "-c", script])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .map_err(|e| e.to_string())?;
    let mut stdin = child.stdin.take().ok_or("no standard input")?;
    let input = input.to_owned();
    let feeder = std::thread::spawn(move || stdin.write_all(input.as_bytes()));
    let out = child.wait_with_output().map_err(|e| e.to_string())?;
    let _ = feeder.join();
    if !out.status.success() {
        return Err(format!("the oracle failed: {}", out.status));
    }
    String::from_utf8(out.stdout).map_err(|e| e.to_string())
}

pub fn tables() -> Result<String, String> {
    let said = python(include_str!("encodings.py"), "")?;
    let mut out = header("Encodings by name, their aliases, and the tables of the charmap family.");
    out.push_str("use crate::codecs::{Kind, Order};\n\n");
    let (mut codecs, mut aliases, mut maps) = (Vec::new(), Vec::new(), Vec::<Vec<&str>>::new());
    for line in said.lines() {
        if let Some(code) = line.strip_prefix('#') {
            maps.last_mut().ok_or("a charmap's row without its name")?.push(code);
        } else if let Some(alias) = line.strip_prefix('=') {
            let (a, m) = alias.split_once('|').ok_or("an alias without a module")?;
            aliases.push(format!("({a:?}, {m:?})"));
        } else {
            let parts: Vec<&str> = line.split('|').collect();
            let [module, name, kind] = parts[..] else { return Err(format!("unexpected line {line}")) };
            let kind = if kind == "Charmap" {
                maps.push(Vec::new());
                format!("Charmap({})", maps.len() - 1)
            } else {
                kind.replace('(', "(Order::")
            };
            codecs.push(format!("({module:?}, {name:?}, Kind::{kind})"));
        }
    }
    out.push_str("/// Module, name, what decodes it; by module.\n");
    array(&mut out, "CODECS", "(&str, &str, Kind)", &codecs);
    out.push_str("/// Alias and module; by alias.\n");
    array(&mut out, "ALIASES", "(&str, &str)", &aliases);
    let _ = writeln!(out, "pub static CHARMAPS: [[u16; 256]; {}] = [", maps.len());
    for map in &maps {
        if map.len() != 256 {
            return Err("a charmap has 256 entries".to_owned());
        }
        for (i, row) in map.chunks(16).enumerate() {
            let open = if i == 0 { "    [\n" } else { "" };
            let _ = writeln!(out, "{open}        {},", row.join(", "));
        }
        out.push_str("    ],\n");
    }
    out.push_str("];\n");
    Ok(out)
}

pub fn multibyte_tables() -> Result<String, String> {
    crate::multibyte::tables(&python(include_str!("multibyte.py"), "")?)
}

const CHECK: &str = r#"
import codecs
for line in open(0):
    name, data = line.rstrip("\n").split(" ")
    data = bytes.fromhex(data)
    try:
        print(codecs.lookup(name).name, " ".join(f"{ord(c):x}" for c in data.decode(name)))
    except UnicodeDecodeError as e:
        print(codecs.lookup(name).name, "!", str(e))
    except LookupError as e:
        print("unknown")
"#;

/// Byte strings that reach every branch: all bytes and pairs, escapes, and random ones weighted to what codecs look for.
fn inputs() -> Vec<Vec<u8>> {
    let mut out: Vec<Vec<u8>> = (0..=255).map(|b| vec![b]).collect();
    let pieces: [&[u8]; 32] = [
        b"a",
        b"+",
        b"-",
        b"+AGE-",
        b"2AA",
        b"/",
        b"\\u12",
        b"34",
        b"\\U0001",
        b"f600",
        b"\\N{SPACE}",
        b"\\N{x}",
        b"\\x4",
        b"1",
        b"\\",
        b"\n",
        b"\\77",
        b"\xff\xfe",
        b"\xfe\xff",
        b"\0",
        b"\xd8",
        b"\xdc\0",
        b"\xe2",
        b"\x82",
        b"\xf0\x9f",
        b"\x98\x80",
        b"\xed\xa0",
        b"\xf4\x90",
        b"\xef\xbb\xbf",
        b"\xc0",
        b"\xe0\x80",
        b"\x11",
    ];
    let mut state = 7u64;
    let mut rand = move |n: usize| {
        state = state.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
        (state >> 33) as usize % n
    };
    // What double-byte codecs look at: every pair with a high lead, cut short, and runs of them.
    for lead in 0x80..=0xFFu8 {
        out.extend((0x20..=0xFFu8).step_by(3).map(|trail| vec![b'a', lead, trail]));
        out.extend((0x30..=0x3Au8).map(|b| vec![lead, b, 0x81 + b % 7, 0x30 + b % 9]));
    }
    for _ in 0..3000 {
        // A Korean syllable spelt in eight bytes.
        let mut letter = |from: usize, n: usize| [0xA4, (from + rand(n)) as u8];
        out.push([[0xA4, 0xD4], letter(0xA0, 32), letter(0xBE, 24), letter(0xA0, 53)].concat());
        let n = 1 + rand(9);
        out.push((0..n).map(|_| if rand(8) == 0 { rand(256) as u8 } else { 0x81 + rand(0x7E) as u8 }).collect());
        let n = 1 + rand(7);
        out.push((0..n).flat_map(|_| pieces[rand(pieces.len())].to_vec()).collect());
    }
    out
}

pub fn check() -> Result<String, String> {
    let listed = python(include_str!("encodings.py"), "")?;
    let mut names: Vec<String> = Vec::new();
    for line in listed.lines().filter(|l| !l.starts_with(['#', '='])) {
        let (name, _) = line.split_once('|').ok_or("unexpected line")?;
        if !line.ends_with("|Missing") && !line.ends_with("|NotText") {
            names.push(name.to_owned());
        }
    }
    let inputs = inputs();
    let (mut asked, mut ours) = (String::new(), Vec::new());
    let mut ask = |name: &str, data: &[u8]| {
        let hex: String = data.iter().map(|b| format!("{b:02x}")).collect();
        let _ = writeln!(asked, "{name} {hex}");
        ours.push(match pyc_text::codecs::lookup(name).map(|c| (c.name, c.decode(data))) {
            None => "unknown".to_owned(),
            Some((n, None)) => format!("{n} ?"),
            Some((n, Some(Err(e)))) => format!("{n} ! {}", e.message()),
            Some((n, Some(Ok(s)))) => {
                let codes: Vec<String> = s.as_wtf8().code_points().map(|c| format!("{c:x}")).collect();
                format!("{n} {}", codes.join(" "))
            }
        });
    };
    for name in &names {
        for data in &inputs {
            ask(name, data);
        }
    }
    for line in listed.lines().filter_map(|l| l.strip_prefix('=')) {
        let (alias, module) = line.split_once('|').ok_or("unexpected line")?;
        if names.iter().any(|n| n == module) {
            ask(&alias.to_uppercase().replace('_', "-"), b"a");
        }
    }
    let theirs = python(CHECK, &asked)?;
    let mut different = 0;
    for ((question, our), their) in asked.lines().zip(&ours).zip(theirs.lines()) {
        if our != their {
            different += 1;
            if different <= 20 {
                println!("{question}\n  CPython: {their}\n  pyc-text: {our}");
            }
        }
    }
    if different > 0 || theirs.lines().count() != ours.len() {
        return Err(format!("{different} of {} decodings differ", ours.len()));
    }
    Ok(format!("{} decodings compared with CPython, 0 differences", ours.len()))
}
