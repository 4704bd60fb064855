//! `tables/props.rs` (properties and case) and `tables/normal.rs` (decomposition and composition).
//!
//! Invariant: flags are computed as CPython's makeunicodedata.py computes its masks.

use crate::database::{Database, N_CODE_POINTS};
use crate::output::{array, header, two_stage};
use std::collections::HashMap;
use std::fmt::Write;

const CATEGORIES: [&str; 30] = [
    "Cn", "Lu", "Ll", "Lt", "Mn", "Mc", "Me", "Nd", "Nl", "No", "Zs", "Zl", "Zp", "Cc", "Cf", "Cs", "Co", "Lm", "Lo",
    "Pc", "Pd", "Ps", "Pe", "Pi", "Pf", "Po", "Sm", "Sc", "Sk", "So",
];
const BIDIRECTIONAL: [&str; 24] = [
    "", "L", "LRE", "LRO", "R", "AL", "RLE", "RLO", "PDF", "EN", "ES", "ET", "AN", "CS", "NSM", "BN", "B", "S", "WS",
    "ON", "LRI", "RLI", "FSI", "PDI",
];
const WIDTHS: [&str; 6] = ["N", "H", "W", "Na", "A", "F"];

const FLAGS: [&str; 15] = [
    "ALPHA",
    "DECIMAL",
    "DIGIT",
    "LOWER",
    "LINE_BREAK",
    "SPACE",
    "TITLE",
    "UPPER",
    "XID_START",
    "XID_CONTINUE",
    "PRINTABLE",
    "NUMERIC",
    "CASE_IGNORABLE",
    "CASED",
    "EXTENDED_CASE",
];

fn index(list: &[&str], item: &str) -> Result<u8, String> {
    list.iter().position(|&x| x == item).map(|i| i as u8).ok_or_else(|| format!("unknown value {item}"))
}

#[derive(Clone, PartialEq, Eq, Hash)]
struct Record {
    category: u8,
    bidi: u8,
    combining: u8,
    width: u8,
    mirrored: bool,
    quick_check: u8,
    decimal: u8,
    digit: u8,
    flags: u16,
    lower: i32,
    title: i32,
    upper: i32,
}

/// A row of the table of mappings that are longer than one code point or fold differently: lower, title, upper, fold.
type SpecialRow = (u32, [Vec<u32>; 4]);

fn record(db: &Database, c: usize, special: &mut Vec<SpecialRow>) -> Result<Record, String> {
    let width = db.widths[c].as_deref().map_or(Ok(0), |w| index(&WIDTHS, w))?;
    let none = Record {
        category: 0,
        bidi: 0,
        combining: 0,
        width,
        mirrored: false,
        quick_check: 0,
        decimal: 255,
        digit: 255,
        flags: 0,
        lower: 0,
        title: 0,
        upper: 0,
    };
    let Some(char) = &db.chars[c] else { return Ok(none) };
    let code = c as u32;
    let category = char.category.as_str();
    let bidi = char.bidi.as_str();
    let has = |p| char.properties.contains(p);

    let upper = char.upper.unwrap_or(code);
    let lower = char.lower.unwrap_or(code);
    let title = char.title.unwrap_or(upper);
    let fold = db.case_folding.get(&code).cloned().unwrap_or_else(|| vec![code]);
    let full = match db.special_casing.get(&code) {
        Some(s) => Some([s.lower.clone(), s.title.clone(), s.upper.clone(), fold]),
        None if fold != [lower] => Some([vec![lower], vec![title], vec![upper], fold]),
        None => None,
    };
    let simple = |i: usize, single: u32| full.as_ref().and_then(|f| f[i].first().copied()).unwrap_or(single);
    let delta = |to: u32| to as i32 - code as i32;
    let (lower, title, upper) = (delta(simple(0, lower)), delta(simple(1, title)), delta(simple(2, upper)));

    let flags = [
        matches!(category, "Lm" | "Lt" | "Lu" | "Ll" | "Lo"),
        char.decimal.is_some(),
        char.digit.is_some(),
        has("Lowercase"),
        has("Line_Break") || bidi == "B",
        category == "Zs" || matches!(bidi, "WS" | "B" | "S"),
        category == "Lt",
        has("Uppercase"),
        has("XID_Start"),
        has("XID_Continue"),
        c == 0x20 || !category.starts_with(['C', 'Z']),
        char.numeric.is_some(),
        has("Case_Ignorable"),
        has("Cased"),
        full.is_some(),
    ];
    if let Some(full) = full {
        special.push((code, full));
    }
    Ok(Record {
        category: index(&CATEGORIES, category)?,
        bidi: index(&BIDIRECTIONAL, bidi)?,
        combining: char.combining,
        mirrored: char.mirrored,
        quick_check: char.quick_check,
        decimal: char.decimal.unwrap_or(255),
        digit: char.digit.unwrap_or(255),
        flags: flags.iter().enumerate().map(|(i, &f)| u16::from(f) << i).sum(),
        lower,
        title,
        upper,
        ..none
    })
}

pub fn props(db: &Database) -> Result<String, String> {
    let mut out = header("Properties and case mappings of every code point, in two stages.");
    out.push_str("use crate::chars::Record;\n\n");
    let (mut records, mut seen, mut special) = (Vec::new(), HashMap::new(), Vec::new());
    let mut values = Vec::with_capacity(N_CODE_POINTS);
    for c in 0..N_CODE_POINTS {
        let r = record(db, c, &mut special)?;
        let next = u16::try_from(records.len()).map_err(|_| "too many records")?;
        values.push(*seen.entry(r.clone()).or_insert_with(|| {
            records.push(r);
            next
        }));
    }
    for (i, flag) in FLAGS.iter().enumerate() {
        let _ = writeln!(out, "pub const {flag}: u16 = {:#x};", 1 << i);
    }
    let quoted = |list: &[&str]| list.iter().map(|s| format!("{s:?}")).collect::<Vec<_>>();
    out.push('\n');
    array(&mut out, "CATEGORIES", "&str", &quoted(&CATEGORIES));
    array(&mut out, "BIDIRECTIONAL", "&str", &quoted(&BIDIRECTIONAL));
    array(&mut out, "WIDTHS", "&str", &quoted(&WIDTHS));
    let _ = writeln!(out, "pub static RECORDS: [Record; {}] = [", records.len());
    for r in &records {
        let _ = writeln!(
            out,
            "    Record::new({}, {}, {}, {}, {}, {}, {}, {}, {:#x}, {}, {}, {}),",
            r.category,
            r.bidi,
            r.combining,
            r.width,
            r.mirrored,
            r.quick_check,
            r.decimal,
            r.digit,
            r.flags,
            r.lower,
            r.title,
            r.upper
        );
    }
    out.push_str("];\n\n");
    two_stage(&mut out, "RECORD", &values)?;

    out.push_str("/// By code point: full lower, title, upper and fold, padded with zeros.\n");
    let _ = writeln!(out, "pub static SPECIAL_CASE: [(u32, [[u32; 3]; 4]); {}] = [", special.len());
    for (c, maps) in &special {
        let mut rows = [[0u32; 3]; 4];
        for (row, map) in rows.iter_mut().zip(maps) {
            if map.is_empty() || map.len() > 3 {
                return Err(format!("case mapping of {c:04X}"));
            }
            row[..map.len()].copy_from_slice(map);
        }
        let _ = writeln!(out, "    ({c}, {rows:?}),");
    }
    out.push_str("];\n\n");
    numeric(db, &mut out)?;
    Ok(out)
}

fn numeric(db: &Database, out: &mut String) -> Result<(), String> {
    let (mut texts, mut codes, mut which) = (Vec::<&str>::new(), Vec::new(), Vec::new());
    for (c, char) in db.chars.iter().enumerate() {
        if let Some(v) = char.as_ref().and_then(|char| char.numeric.as_deref()) {
            let i = texts.iter().position(|&t| t == v).unwrap_or_else(|| {
                texts.push(v);
                texts.len() - 1
            });
            codes.push(c as u32);
            which.push(u8::try_from(i).map_err(|_| "too many numeric values")?);
        }
    }
    let mut values = Vec::new();
    for t in texts {
        let parts =
            t.split('/').map(str::parse::<f64>).collect::<Result<Vec<_>, _>>().map_err(|e| format!("{t}: {e}"))?;
        values.push(match parts[..] {
            [n] => format!("{n:?}"),
            [n, d] => format!("{n:?} / {d:?}"),
            _ => return Err(format!("numeric value {t}")),
        });
    }
    array(out, "NUMERIC_CODES", "u32", &codes);
    array(out, "NUMERIC_WHICH", "u8", &which);
    array(out, "NUMERIC_VALUES", "f64", &values);
    Ok(())
}

pub fn normal(db: &Database) -> Result<String, String> {
    let mut out = header("Decompositions and canonical compositions.");
    let mut prefixes = vec![""];
    let mut data = vec![0u32];
    let mut seen: HashMap<Vec<u32>, u16> = HashMap::new();
    let mut values = vec![0u16; N_CODE_POINTS];
    let mut pairs = Vec::new();
    for (c, char) in db.chars.iter().enumerate() {
        let Some(char) = char.as_ref().filter(|char| !char.decomposition.is_empty()) else { continue };
        let mut parts = char.decomposition.split(' ').peekable();
        let prefix = parts.next_if(|p| p.starts_with('<')).unwrap_or("");
        let codes = parts
            .map(|p| u32::from_str_radix(p, 16).map_err(|_| format!("decomposition of {c:04X}")))
            .collect::<Result<Vec<_>, _>>()?;
        let id = prefixes.iter().position(|&p| p == prefix).unwrap_or_else(|| {
            prefixes.push(prefix);
            prefixes.len() - 1
        });
        if let [l, r] = codes[..] {
            let starter = db.chars[l as usize].as_ref().is_some_and(|x| x.combining == 0);
            if id == 0 && starter && !db.exclusions.contains(&(c as u32)) {
                pairs.push((u64::from(l) << 32 | u64::from(r), c));
            }
        }
        let mut key = vec![id as u32 | (codes.len() as u32) << 8];
        key.extend(&codes);
        let next = u16::try_from(data.len()).map_err(|_| "too much decomposition data")?;
        values[c] = *seen.entry(key.clone()).or_insert_with(|| {
            data.extend(&key);
            next
        });
    }
    pairs.sort_unstable();
    array(&mut out, "PREFIXES", "&str", &prefixes.iter().map(|p| format!("{p:?}")).collect::<Vec<_>>());
    out.push_str(
        "/// At each index that `DECOMPOSITION` gives: prefix | length << 8, then the code points. 0: none.\n",
    );
    array(&mut out, "DATA", "u32", &data);
    two_stage(&mut out, "DECOMPOSITION", &values)?;
    out.push_str("/// first << 32 | second, ascending.\n");
    array(&mut out, "PAIRS", "u64", &pairs.iter().map(|p| p.0).collect::<Vec<_>>());
    array(&mut out, "COMPOSED", "u32", &pairs.iter().map(|p| p.1).collect::<Vec<_>>());
    Ok(out)
}

/// `tables/old.rs` from what `old.py` says.
pub fn old(said: &str) -> Result<String, String> {
    let mut out = header("What Unicode 3.2.0 says otherwise of code points, as CPython has it.");
    out.push_str("use crate::old::Change;\n\n");
    let (mut unassigned, mut changed, mut corrections) = (Vec::new(), Vec::new(), Vec::new());
    for line in said.lines() {
        if let Some(pair) = line.strip_prefix('=') {
            corrections.push(format!("({})", pair.replace('|', ", ")));
            continue;
        }
        let parts: Vec<&str> = line.split('|').collect();
        let [first, last, what] = parts[..] else { return Err(format!("line {line}")) };
        if what == "-" {
            unassigned.push(format!("({first}, {last})"));
            continue;
        }
        let mut fields = Vec::new();
        for change in what.split(',') {
            let (key, value) = change.split_once('=').ok_or("a change without a value")?;
            let quoted = format!("Some({value:?})");
            let number = |zero: &str| {
                if value == "none" { "Some(None)".to_owned() } else { format!("Some(Some({value}{zero}))") }
            };
            fields.push(match key {
                "category" | "bidirectional" | "east_asian_width" => format!("{key}: {quoted}"),
                "mirrored" => format!("mirrored: Some({})", value == "1"),
                "decimal" | "digit" | "numeric" => format!("{key}: {}", number("")),
                _ => return Err(format!("field {key}")),
            });
        }
        changed.push(format!("({first}, {last}, Change {{ {}, ..Change::NONE }})", fields.join(", ")));
    }
    out.push_str("/// Assigned now, not then: first and last.\n");
    array(&mut out, "UNASSIGNED", "(u32, u32)", &unassigned);
    out.push_str("/// First, last, what they were.\n");
    array(&mut out, "CHANGED", "(u32, u32, Change)", &changed);
    out.push_str("/// Code point, and the one it decomposed to.\n");
    array(&mut out, "CORRECTIONS", "(u32, u32)", &corrections);
    Ok(out)
}
