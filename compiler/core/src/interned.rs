//! Strings that a fresh `python3.14 -m py_compile` has interned before it compiles: they break sharing (PYC-BYTES.md
//! section 1.5) where a module uses one of them as a class's qualified name or in a frozenset.
//!
//! Invariant: `interned.txt` has one string a line, sorted by bytes: names of letters, digits and underscores, and dotted
//! qualnames. `tools/oracle/interned.py` writes it from the oracle, whose version stands in its first line.

use pyc_text::Wtf8;

static TABLE: &[u8] = include_bytes!("interned.txt");

/// Where each line starts, and where the last ends.
static STARTS: [u32; N_LINES + 1] = {
    let mut starts = [0; N_LINES + 1];
    let (mut at, mut line) = (0, 1);
    while at < TABLE.len() {
        if TABLE[at] == b'\n' {
            starts[line] = at as u32 + 1;
            line += 1;
        }
        at += 1;
    }
    starts
};

const N_LINES: usize = {
    let (mut at, mut lines) = (0, 0);
    while at < TABLE.len() {
        if TABLE[at] == b'\n' {
            lines += 1;
        }
        at += 1;
    }
    lines
};

/// Whether the process has interned this string.
pub(crate) fn contains(text: Wtf8<'_>) -> bool {
    let line = |at: usize| match (STARTS.get(at), STARTS.get(at + 1)) {
        (Some(&start), Some(&next)) => TABLE.get(start as usize..next as usize - 1).unwrap_or_default(),
        _ => &[],
    };
    let (mut low, mut high) = (0, N_LINES);
    while low < high {
        let middle = low + (high - low) / 2;
        match line(middle).cmp(text.as_bytes()) {
            std::cmp::Ordering::Equal => return true,
            std::cmp::Ordering::Less => low = middle + 1,
            std::cmp::Ordering::Greater => high = middle,
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_line_is_found_and_nothing_else() {
        let lines: Vec<&str> = std::str::from_utf8(TABLE).unwrap_or_default().lines().collect();
        assert_eq!(lines.len(), N_LINES);
        assert!(lines.is_sorted());
        for line in lines {
            assert!(contains(Wtf8::from_str(line)), "{line}");
            assert!(!contains(Wtf8::from_str(&format!("{line}~"))), "{line}");
        }
        assert!(!contains(Wtf8::from_str("")));
        assert!(!contains(Wtf8::from_str("~~~")));
    }
}
