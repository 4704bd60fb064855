//! Strings that a fresh `python3.14 -m py_compile` has interned before it compiles: they break sharing (PYC-BYTES.md
//! section 1.5) where a module uses one of them as a class's qualified name or in a frozenset.
//!
//! Invariant: `interned.txt` has one string a line, sorted by bytes: names of letters, digits and underscores, and dotted
//! qualnames. `tools/oracle/interned.py` writes it from the oracle, whose version stands in its first line.

use pyc_text::Wtf8;

static TABLE: &str = include_str!("interned.txt");

/// Whether the process has interned this string.
pub(crate) fn contains(text: Wtf8<'_>) -> bool {
    let wanted = text.as_bytes();
    let table = TABLE.as_bytes();
    // Lines that start within low..high are candidates.
    let (mut low, mut high) = (0, table.len());
    while low < high {
        let middle = low + (high - low) / 2;
        let start =
            low + table.get(low..middle).and_then(|part| part.iter().rposition(|&b| b == b'\n')).map_or(0, |at| at + 1);
        let Some(rest) = table.get(start..high) else { return false };
        let len = rest.iter().position(|&b| b == b'\n').unwrap_or(rest.len());
        match rest.get(..len).unwrap_or_default().cmp(wanted) {
            std::cmp::Ordering::Equal => return true,
            std::cmp::Ordering::Less => low = start + len + 1,
            std::cmp::Ordering::Greater => high = start,
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_line_is_found_and_nothing_else() {
        let lines: Vec<&str> = TABLE.lines().collect();
        assert!(lines.is_sorted());
        for line in lines {
            assert!(contains(Wtf8::from_str(line)), "{line}");
            assert!(!contains(Wtf8::from_str(&format!("{line}~"))), "{line}");
        }
        assert!(!contains(Wtf8::from_str("")));
        assert!(!contains(Wtf8::from_str("~~~")));
    }
}
