//! Stack effects: the const parser of the table's stack column.
//!
//! Invariant: a column that the parser does not understand fails the build, so an effect is never guessed. Next: `table.rs`
//! has the columns.

/// A number of stack items as a function of the operand: a sum of the forms that the table uses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Count {
    /// Items that are there whatever the operand is. Negative where a term says `oparg - n`.
    fixed: i8,
    /// Factor of `oparg`.
    per_arg: u8,
    /// Factor of `oparg & 1`.
    low_bit: u8,
    /// Factors of `oparg & 0xFF` and of `oparg >> 8`.
    low_byte: u8,
    high_part: u8,
}

impl Count {
    pub(super) const NONE: Count = Count { fixed: 0, per_arg: 0, low_bit: 0, low_byte: 0, high_part: 0 };

    /// The count for one operand. May be negative for operands that no compiler writes (`COPY 0`).
    #[inline]
    pub const fn eval(self, oparg: u32) -> i64 {
        let (arg, fixed) = (oparg as i64, self.fixed as i64);
        if self.is_fixed() {
            return fixed;
        }
        fixed
            + self.per_arg as i64 * arg
            + self.low_bit as i64 * (arg & 1)
            + self.low_byte as i64 * (arg & 0xFF)
            + self.high_part as i64 * (arg >> 8)
    }

    /// Whether the operand has no influence.
    #[inline]
    pub const fn is_fixed(self) -> bool {
        (self.per_arg | self.low_bit | self.low_byte | self.high_part) == 0
    }
}

/// Splits a stack column at `--` and counts both sides.
pub(super) const fn parse(column: &str) -> (Count, Count) {
    let text = column.as_bytes();
    let mut at = 0;
    while !(text[at] == b'-' && text[at + 1] == b'-') {
        at += 1;
    }
    (side(text, 0, at), side(text, at + 2, text.len()))
}

/// Counts the items of `text[start..end]`: names, each with an optional `[how many]`.
const fn side(text: &[u8], start: usize, end: usize) -> Count {
    let mut count = Count::NONE;
    let mut at = start;
    while at < end {
        if text[at] == b' ' || text[at] == b',' {
            at += 1;
            continue;
        }
        while at < end && (text[at].is_ascii_alphanumeric() || text[at] == b'_') {
            at += 1;
        }
        if at < end && text[at] == b'[' {
            let open = at + 1;
            while text[at] != b']' {
                at += 1;
            }
            count = add(count, term(text, open, at));
            at += 1;
        } else {
            assert!(at == end || text[at] == b' ' || text[at] == b',', "a stack column holds names and names[count]");
            count.fixed += 1;
        }
    }
    count
}

const TERMS: [(&str, Count); 7] = [
    ("oparg", Count { per_arg: 1, ..Count::NONE }),
    ("oparg * 2", Count { per_arg: 2, ..Count::NONE }),
    ("oparg - 1", Count { per_arg: 1, fixed: -1, ..Count::NONE }),
    ("oparg - 2", Count { per_arg: 1, fixed: -2, ..Count::NONE }),
    ("oparg & 1", Count { low_bit: 1, ..Count::NONE }),
    ("oparg & 0xFF", Count { low_byte: 1, ..Count::NONE }),
    ("oparg >> 8", Count { high_part: 1, ..Count::NONE }),
];

#[allow(clippy::panic)] // at compile time only
const fn term(text: &[u8], start: usize, end: usize) -> Count {
    let mut i = 0;
    while i < TERMS.len() {
        let known = TERMS[i].0.as_bytes();
        let mut same = known.len() == end - start;
        let mut at = 0;
        while same && at < known.len() {
            same = known[at] == text[start + at];
            at += 1;
        }
        if same {
            return TERMS[i].1;
        }
        i += 1;
    }
    panic!("a count in a stack column is one of TERMS")
}

const fn add(a: Count, b: Count) -> Count {
    Count {
        fixed: a.fixed + b.fixed,
        per_arg: a.per_arg + b.per_arg,
        low_bit: a.low_bit + b.low_bit,
        low_byte: a.low_byte + b.low_byte,
        high_part: a.high_part + b.high_part,
    }
}
