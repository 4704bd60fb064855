//! Rust source of tables: arrays, byte strings, two-stage splits.
//!
//! Invariant: lines stay below 120 columns and the text is a function of the data alone.

use std::collections::HashMap;
use std::fmt::{Display, Write};
use std::path::PathBuf;

/// `pyc-format/text/src/tables`, found from this crate's own directory.
pub fn tables_dir() -> Result<PathBuf, String> {
    let dir = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../pyc-format/text/src/tables");
    std::fs::create_dir_all(&dir).map_err(|e| format!("{}: {e}", dir.display()))?;
    Ok(dir)
}

pub fn header(what: &str) -> String {
    format!(
        "//! {what}\n//!\n//! @generated flat table: from Unicode 16.0.0 by `cargo x ucd DIR` (tools/ucd); not edited by hand.\n//! \
         Data: Copyright Unicode, Inc., under the Unicode License V3.\n\n"
    )
}

pub fn array<T: Display>(out: &mut String, name: &str, ty: &str, items: &[T]) {
    let _ = writeln!(out, "pub static {name}: [{ty}; {}] = [", items.len());
    let mut line = String::from("   ");
    for item in items {
        let text = item.to_string();
        if line.len() + text.len() + 2 > 118 {
            out.push_str(&line);
            out.push('\n');
            line = String::from("   ");
        }
        let _ = write!(line, " {text},");
    }
    if line.len() > 3 {
        out.push_str(&line);
        out.push('\n');
    }
    out.push_str("];\n\n");
}

pub fn bytes(out: &mut String, name: &str, data: &[u8]) {
    let _ = writeln!(out, "pub static {name}: [u8; {}] = *b\"\\", data.len());
    let mut line = String::new();
    for &b in data {
        let piece = match b {
            b' ' if line.is_empty() => "\\x20".to_owned(),
            b'"' | b'\\' => format!("\\{}", char::from(b)),
            b'\n' => "\\n".to_owned(),
            b'\t' => "\\t".to_owned(),
            b'\r' => "\\r".to_owned(),
            0 => "\\x00".to_owned(),
            0x20..=0x7E => char::from(b).to_string(),
            _ => format!("\\x{b:02x}"),
        };
        if line.len() + piece.len() > 116 {
            out.push_str(&line);
            out.push_str("\\\n");
            line.clear();
            line.push_str(if b == b' ' { "\\x20" } else { &piece });
        } else {
            line.push_str(&piece);
        }
    }
    out.push_str(&line);
    out.push_str("\";\n\n");
}

/// Splits `values` (one a code point) into blocks of `1 << shift`; equal blocks are shared.
pub fn two_stage(out: &mut String, name: &str, values: &[u16]) -> Result<(), String> {
    let mut best: Option<(usize, u32, Vec<u16>, Vec<u16>)> = None;
    for shift in 4..=8 {
        let mut seen: HashMap<&[u16], u16> = HashMap::new();
        let (mut first, mut second) = (Vec::new(), Vec::new());
        for block in values.chunks(1 << shift) {
            let next = u16::try_from(seen.len()).map_err(|_| format!("{name}: too many blocks"))?;
            let id = *seen.entry(block).or_insert_with(|| {
                second.extend_from_slice(block);
                next
            });
            first.push(id);
        }
        let size = first.len() * 2 + second.len() * 2;
        if best.as_ref().is_none_or(|b| size < b.0) {
            best = Some((size, shift, first, second));
        }
    }
    let (_, shift, first, second) = best.ok_or("no table")?;
    let _ = writeln!(out, "pub const {name}_SHIFT: u32 = {shift};");
    array(out, &format!("{name}_INDEX"), "u16", &first);
    array(out, &format!("{name}_BLOCKS"), "u16", &second);
    Ok(())
}
