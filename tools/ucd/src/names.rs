//! `tables/names.rs`: names as phrases over a table of words.
//!
//! Invariant: a word is followed by a space in a name unless it ends with a hyphen or a space itself; words are numbered
//! by falling frequency, the most frequent take one byte in a phrase, the others two.

use crate::database::Database;
use crate::output::{array, bytes, header};
use std::collections::HashMap;
use std::fmt::Write;

/// Positions are kept for every 32nd item, lengths for each.
const STRIDE: usize = 32;

fn words(name: &str) -> Vec<&str> {
    let (mut out, mut start) = (Vec::new(), 0);
    let b = name.as_bytes();
    for i in 0..b.len() {
        match b[i] {
            b' ' if i > start && b[i - 1] != b'-' => {
                out.push(&name[start..i]);
                start = i + 1;
            }
            b'-' if b.get(i + 1) != Some(&b' ') => {
                out.push(&name[start..=i]);
                start = i + 1;
            }
            b' ' if i > start => {
                out.push(&name[start..=i]);
                start = i + 1;
            }
            _ => {}
        }
    }
    if start < name.len() {
        out.push(&name[start..]);
    }
    out
}

fn packed(out: &mut String, name: &str, items: &[Vec<u8>]) -> Result<(), String> {
    let (mut all, mut bases, mut lens) = (Vec::new(), Vec::new(), Vec::new());
    for (i, item) in items.iter().enumerate() {
        if i % STRIDE == 0 {
            bases.push(all.len());
        }
        lens.push(u8::try_from(item.len()).map_err(|_| "item too long")?);
        all.extend_from_slice(item);
    }
    bytes(out, &format!("{name}_BYTES"), &all);
    array(out, &format!("{name}_BASES"), "u32", &bases);
    bytes(out, &format!("{name}_LENS"), &lens);
    Ok(())
}

pub fn names(db: &Database) -> Result<String, String> {
    let mut out = header("Names of code points, aliases and named sequences, compressed by a table of words.");
    let mut entries: Vec<&str> = Vec::new();
    let mut ranges: Vec<(u32, u32, u32)> = Vec::new();
    for (c, char) in db.chars.iter().enumerate() {
        let Some(char) = char.as_ref().filter(|char| !char.name.is_empty()) else { continue };
        match ranges.last_mut() {
            Some(r) if r.0 + r.1 == c as u32 => r.1 += 1,
            _ => ranges.push((c as u32, 1, entries.len() as u32)),
        }
        entries.push(&char.name);
    }
    let named = entries.len();
    entries.extend(db.aliases.iter().map(|a| a.0.as_str()));
    entries.extend(db.sequences.iter().map(|s| s.0.as_str()));

    let mut counts: HashMap<&str, usize> = HashMap::new();
    for name in &entries {
        for w in words(name) {
            *counts.entry(w).or_default() += 1;
        }
    }
    let mut lexicon: Vec<(&str, usize)> = counts.into_iter().collect();
    lexicon.sort_unstable_by(|a, b| b.1.cmp(&a.1).then(a.0.cmp(b.0)));
    // The largest number of one-byte words that leaves enough two-byte ones.
    let single = (0..256).rev().find(|s| s + (256 - s) * 256 >= lexicon.len()).ok_or("too many words")?;
    let ids: HashMap<&str, usize> = lexicon.iter().enumerate().map(|(i, w)| (w.0, i)).collect();
    let phrases: Vec<Vec<u8>> = entries
        .iter()
        .map(|name| {
            let mut phrase = Vec::new();
            for w in words(name) {
                match ids[w] {
                    id if id < single => phrase.push(id as u8),
                    id => phrase.extend([(single + (id - single) / 256) as u8, ((id - single) % 256) as u8]),
                }
            }
            phrase
        })
        .collect();
    let mut order: Vec<usize> = (0..entries.len()).collect();
    order.sort_unstable_by_key(|&i| entries[i]);
    if order.windows(2).any(|w| entries[w[0]] == entries[w[1]]) || order.len() > 0xFFFF {
        return Err("names are not distinct, or too many".to_owned());
    }

    let _ = writeln!(out, "pub const STRIDE: usize = {STRIDE};\n/// Words below this take one byte.");
    let _ =
        writeln!(out, "pub const SINGLE: usize = {single};\n/// Entries: code points, then aliases, then sequences.");
    let _ = writeln!(out, "pub const NAMED: usize = {named};\npub const MAX_LEN: usize = {};\n", {
        entries.iter().map(|e| e.len()).max().unwrap_or(0)
    });
    out.push_str("/// First code point, how many, the first one's entry.\n");
    array(&mut out, "RANGES", "(u32, u16, u16)", &ranges.iter().map(|r| format!("{r:?}")).collect::<Vec<_>>());
    let lexicon: Vec<Vec<u8>> = lexicon.iter().map(|w| w.0.as_bytes().to_vec()).collect();
    packed(&mut out, "WORD", &lexicon)?;
    packed(&mut out, "PHRASE", &phrases)?;
    out.push_str("/// Entries in the order of their names.\n");
    array(&mut out, "BY_NAME", "u16", &order);
    array(&mut out, "ALIASES", "u32", &db.aliases.iter().map(|a| a.1).collect::<Vec<_>>());
    let sequences: Vec<String> = db.sequences.iter().map(|s| format!("&{:?}", s.1)).collect();
    array(&mut out, "SEQUENCES", "&[u32]", &sequences);
    Ok(out)
}
