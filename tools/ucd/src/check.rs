//! `cargo x ucd --check`: what pyc-text says of every code point against the oracle's unicodedata and str.
//!
//! Invariant: both sides write the same lines (`oracle.py` is the other side); the first differences are shown and any
//! difference fails.

use pyc_text::normalize::{self, Form};
use pyc_text::{UNIDATA_VERSION, Wtf8, Wtf8Buf, case, chars, ident, names, old, repr};
use std::fmt::Write as _;
use std::io::{BufRead, BufReader, Write};
use std::path::PathBuf;
use std::process::{Command, Stdio};

const SCRIPT: &str = include_str!("oracle.py");
const FORMS: [Form; 4] = [Form::Nfc, Form::Nfd, Form::Nfkc, Form::Nfkd];

pub fn oracle() -> Result<PathBuf, String> {
    let prefix = match std::env::var_os("ORACLE") {
        Some(p) => PathBuf::from(p),
        None => PathBuf::from(std::env::var_os("HOME").ok_or("HOME is not set")?).join(".cache/cpython-3.14"),
    };
    let python = prefix.join("usr/bin/python3.14");
    if python.exists() { Ok(python) } else { Err(format!("no oracle at {}", python.display())) }
}

fn hexes(codes: impl Iterator<Item = u32>) -> String {
    codes.map(|c| format!("{c:x}")).collect::<Vec<_>>().join(" ")
}

fn text(b: &Wtf8Buf) -> String {
    hexes(b.as_wtf8().code_points())
}

fn number(v: Option<f64>) -> String {
    v.map_or("-".to_owned(), |v| if v.abs() >= 1e16 { python_exponent(v) } else { format!("{v:?}") })
}

/// Python writes `1e+16` where Rust writes `1e16`.
fn python_exponent(v: f64) -> String {
    format!("{v:e}").replace('e', "e+")
}

fn bits(of: &[bool]) -> String {
    of.iter().map(|&b| if b { '1' } else { '0' }).collect()
}

fn forms(out: &mut String, s: Wtf8<'_>) {
    for form in FORMS {
        let n = normalize::normalize(s, form);
        let yes = u8::from(normalize::is_normalized(s, form));
        let _ = write!(out, "|{}{yes}", hexes(Wtf8::trusted(&n).code_points()));
    }
}

fn of_code_point(c: u32) -> String {
    let s: Wtf8Buf = [c].into_iter().collect();
    let s = s.as_wtf8();
    let after_a: Wtf8Buf = [0x61, c].into_iter().collect();
    let flags = [
        case::all(s, chars::is_alpha),
        case::all(s, chars::is_decimal),
        case::all(s, chars::is_digit),
        case::all(s, chars::is_numeric),
        case::all(s, chars::is_alnum),
        case::all(s, chars::is_space),
        case::is_printable(s),
        case::is_lower(s),
        case::is_upper(s),
        case::is_title(s),
        ident::is_identifier(s),
    ];
    let mut line = format!(
        "{c:x}|{}|{}|{}|{}|{}|{}|{}|{}|{}|{}|{}|{}|{}|{}|{}|{}|{}|{}",
        chars::category(c),
        chars::bidirectional(c),
        chars::combining(c),
        chars::east_asian_width(c),
        u8::from(chars::mirrored(c)),
        number(chars::decimal(c).map(f64::from)),
        number(chars::digit(c).map(f64::from)),
        number(chars::numeric(c)),
        normalize::decomposition_text(c),
        names::name(c).as_deref().unwrap_or("-"),
        bits(&flags),
        u8::from(ident::is_identifier(after_a.as_wtf8())),
        1 + u8::from(chars::is_line_break(c)),
        text(&case::lower(s)),
        text(&case::upper(s)),
        text(&case::title(s)),
        text(&case::casefold(s)),
        text(&case::swapcase(s)),
    );
    forms(&mut line, s);
    let _ = write!(line, "|{}", repr::str_repr(s));
    of_old(&mut line, c, s);
    line
}

/// The same of Unicode 3.2.0.
fn of_old(line: &mut String, c: u32, s: Wtf8<'_>) {
    let _ = write!(
        line,
        "|{}|{}|{}|{}|{}|{}|{}|{}|{}|{}",
        old::category(c),
        old::bidirectional(c),
        old::combining(c),
        old::east_asian_width(c),
        u8::from(old::mirrored(c)),
        number(old::decimal(c).map(f64::from)),
        number(old::digit(c).map(f64::from)),
        number(old::numeric(c)),
        old::decomposition_text(c),
        old::name(c).as_deref().unwrap_or("-"),
    );
    for form in FORMS {
        let _ = write!(line, "|{}", hexes(old::normalize(s, form).as_wtf8().code_points()));
    }
}

fn of_string(s: Wtf8<'_>) -> String {
    let mut line = hexes(s.code_points());
    for f in [case::lower, case::upper, case::title, case::capitalize, case::swapcase, case::casefold] {
        let _ = write!(line, "|{}", text(&f(s)));
    }
    let flags = [case::is_lower(s), case::is_upper(s), case::is_title(s), case::is_printable(s)];
    let _ = write!(line, "|{}", bits(&flags));
    forms(&mut line, s);
    line
}

/// The strings that `oracle.py` makes.
fn strings() -> impl Iterator<Item = Wtf8Buf> {
    let odd = |&c: &u32| {
        let s: Wtf8Buf = [c].into_iter().collect();
        chars::combining(c) != 0 || normalize::decomposition(c).is_some() || case::swapcase(s.as_wtf8()) != s
    };
    let mut pool: Vec<u32> = (0..0x110000).filter(odd).collect();
    (0..4).for_each(|_| pool.extend(0x20..0x7F));
    pool.extend((0x1100..0x1200).chain(0xAC00..0xAD00));
    pool.extend([0x3A3; 400]);
    pool.extend([0x345, 0xB7, 0xD800]);
    let mut state = 1u64;
    let mut rand = move |n: usize| {
        state = state.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
        (state >> 33) as usize % n
    };
    (0..100_000).map(move |_| {
        // The length is drawn first, as Python evaluates the range before the items.
        let n = 1 + rand(8);
        (0..n).map(|_| pool[rand(pool.len())]).collect()
    })
}

/// Names to look up: every one there is, in lower case, and broken ones.
fn queries() -> Vec<String> {
    let mut out: Vec<String> = Vec::new();
    for n in (0..0x110000).filter_map(names::name) {
        out.push(n.to_lowercase());
        if out.len().is_multiple_of(7) {
            out.push(format!("{n}X"));
            out.push(n[..n.len() - 1].to_owned());
            out.push(n.replacen(' ', "  ", 1));
        }
    }
    for extra in names::extra_names() {
        out.push(extra);
    }
    for s in ["", "HANGUL SYLLABLE", "HANGUL SYLLABLE A", "HANGUL SYLLABLE GAGX", "CJK UNIFIED IDEOGRAPH-", "LATIN"] {
        out.push(s.to_owned());
    }
    out
}

fn of_query(q: &str) -> String {
    match names::lookup(q.as_bytes()) {
        None => "-".to_owned(),
        Some(names::Named::CodePoint(c) | names::Named::Alias(c)) => format!("{c:x}"),
        Some(names::Named::Sequence(s)) => hexes(s.iter().copied()),
    }
}

pub fn check() -> Result<String, String> {
    let queries = queries();
    let mut child = Command::new(oracle()?)
        .args(["-I", "-c", SCRIPT])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .map_err(|e| e.to_string())?;
    let mut stdin = child.stdin.take().ok_or("no standard input")?;
    let stdout = child.stdout.take().ok_or("no standard output")?;
    let asked = queries.join("\n") + "\n";
    let feeder = std::thread::spawn(move || stdin.write_all(asked.as_bytes()));

    let mut theirs = BufReader::new(stdout).split(b'\n');
    let ours = std::iter::once(UNIDATA_VERSION.to_owned())
        .chain((0..0x110000).map(of_code_point))
        .chain(strings().map(|s| of_string(s.as_wtf8())))
        .chain(queries.iter().map(|q| of_query(q)));
    let (mut compared, mut different) = (0usize, 0usize);
    for (i, line) in ours.enumerate() {
        let their = match theirs.next() {
            Some(Ok(t)) => String::from_utf8_lossy(&t).into_owned(),
            Some(Err(e)) => return Err(e.to_string()),
            None => return Err(format!("the oracle stopped after {compared} lines")),
        };
        compared += 1;
        if line != their {
            different += 1;
            if different <= 20 {
                println!("line {i}\n  CPython: {their}\n  pyc-text: {line}");
            }
        }
    }
    let _ = feeder.join();
    let status = child.wait().map_err(|e| e.to_string())?;
    if different != 0 || !status.success() {
        return Err(format!("{different} of {compared} lines differ ({status})"));
    }
    Ok(format!("{compared} lines compared with CPython, 0 differences"))
}
