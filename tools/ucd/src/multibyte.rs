//! `tables/multibyte.rs`: the double-byte codecs of East Asia, as the oracle decodes them.
//!
//! Invariant: rows that are equal in two codecs are stored once; a value in the surrogates' range stands for an entry of
//! `EXTRA`: a code point beyond U+FFFF, or two.

use crate::output::{array, bytes, header};
use std::collections::{BTreeMap, HashMap};
use std::fmt::Write as _;

#[derive(Default)]
struct Codec {
    single: Vec<u16>,
    rows: BTreeMap<u8, usize>,
    /// After 0x8F.
    three: BTreeMap<u8, usize>,
}

#[derive(Default)]
struct Tables {
    codecs: Vec<(String, Codec)>,
    rows: Vec<(u8, Vec<u16>)>,
    seen: HashMap<(u8, Vec<u16>), usize>,
    extra: Vec<String>,
    ranges: Vec<String>,
}

impl Tables {
    fn value(&mut self, codes: &str) -> Result<u16, String> {
        let single = u32::from_str_radix(codes, 16).ok().and_then(|c| u16::try_from(c).ok());
        if let Some(c) = single.filter(|c| *c != 0 && !(0xD800..0xE000).contains(c)) {
            return Ok(c);
        }
        let mut parts = codes.split('+').map(|c| u32::from_str_radix(c, 16).map_err(|e| e.to_string()));
        let first = parts.next().ok_or("no code")??;
        let second = parts.next().transpose()?.unwrap_or(0);
        let text = format!("[{first}, {second}]");
        let i = self.extra.iter().position(|e| *e == text).unwrap_or_else(|| {
            self.extra.push(text);
            self.extra.len() - 1
        });
        u16::try_from(0xD800 + i).ok().filter(|v| *v < 0xE000).ok_or("too many extra values".to_owned())
    }

    fn line(&mut self, line: &str) -> Result<(), String> {
        if let Some(range) = line.strip_prefix('=') {
            let parts: Vec<&str> = range.split('|').collect();
            let [first, code, count] = parts[..] else { return Err(format!("range {range}")) };
            self.ranges.push(format!("({first}, 0x{code}, {count})"));
            return Ok(());
        }
        let parts: Vec<&str> = line.split('|').collect();
        let [name, lead, items] = parts[..] else { return Err(format!("line {line}")) };
        if self.codecs.last().is_none_or(|c| c.0 != name) {
            self.codecs.push((name.to_owned(), Codec::default()));
        }
        let mut values = vec![0u16; 256];
        for item in items.split(',') {
            let (byte, codes) = item.split_once('=').ok_or("an item without a value")?;
            let byte = usize::from_str_radix(byte, 16).map_err(|e| e.to_string())?;
            // A byte 0 is the only one that stands for 0; it is told from "undefined" by the decoder.
            values[byte] = if byte == 0 && codes == "0" { 0 } else { self.value(codes)? };
        }
        let row = if lead.is_empty() { None } else { Some(self.row(&values)) };
        let codec = self.codecs.last_mut().map(|c| &mut c.1).ok_or("no codec")?;
        let lead_byte = |s: &str| u8::from_str_radix(s, 16).map_err(|e| e.to_string());
        match (row, lead.len()) {
            (None, _) => codec.single = values,
            (Some(row), 2) => _ = codec.rows.insert(lead_byte(lead)?, row),
            (Some(row), _) => _ = codec.three.insert(lead_byte(&lead[2..])?, row),
        }
        Ok(())
    }

    /// A row's number, without the undefined values at its ends; row 0 is empty.
    fn row(&mut self, values: &[u16]) -> usize {
        let min = values.iter().position(|&v| v != 0).unwrap_or(0);
        let end = values.iter().rposition(|&v| v != 0).map_or(0, |i| i + 1);
        let key = (min as u8, values[min..end].to_vec());
        if let Some(&i) = self.seen.get(&key) {
            return i;
        }
        self.rows.push(key.clone());
        self.seen.insert(key, self.rows.len());
        self.rows.len()
    }
}

pub fn tables(said: &str) -> Result<String, String> {
    let mut t = Tables::default();
    for line in said.lines() {
        t.line(line)?;
    }
    let mut out = header("Double-byte encodings: rows of values by lead byte.");
    out.push_str("use crate::codecs::multibyte::Table;\n\n");
    let (mut pool, mut rows) = (Vec::new(), vec!["(0, 0, 0)".to_owned()]);
    for (min, values) in &t.rows {
        rows.push(format!("({}, {min}, {})", pool.len(), values.len()));
        pool.extend(values.iter().flat_map(|v| v.to_le_bytes()));
    }
    bytes(&mut out, "POOL", &pool);
    out.push_str("/// Where a row starts in POOL, its first trail byte, how many values it has.\n");
    array(&mut out, "ROWS", "(u32, u8, u16)", &rows);
    out.push_str("/// What the values from 0xD800 on stand for; the second may be 0: none.\n");
    array(&mut out, "EXTRA", "[u32; 2]", &t.extra);
    out.push_str("/// gb18030's four-byte sequences: first linear index, code point, count.\n");
    array(&mut out, "RANGES", "(u32, u32, u32)", &t.ranges);
    let _ = writeln!(out, "pub static CODECS: [(&str, Table); {}] = [", t.codecs.len());
    for (name, codec) in &t.codecs {
        let by_lead = |rows: &BTreeMap<u8, usize>| {
            let all: Vec<String> = (0..=255u8).map(|b| rows.get(&b).copied().unwrap_or(0).to_string()).collect();
            all.chunks(24).map(|c| c.join(", ")).collect::<Vec<_>>().join(",\n        ")
        };
        let single: Vec<String> = codec.single.iter().map(u16::to_string).collect();
        let single: Vec<String> = single.chunks(20).map(|c| c.join(", ")).collect();
        let three = if codec.three.is_empty() {
            "None".to_owned()
        } else {
            format!("Some([\n        {}\n    ])", by_lead(&codec.three))
        };
        let _ = writeln!(
            out,
            "    ({name:?}, Table {{ single: [\n        {}\n    ], rows: [\n        {}\n    ], three: {three} }}),",
            single.join(",\n        "),
            by_lead(&codec.rows)
        );
    }
    out.push_str("];\n");
    Ok(out)
}
