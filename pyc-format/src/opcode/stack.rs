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

    /// `[a, b, c]` where the count is `a + b * oparg + c * (oparg & 1)`; none if it is of another form.
    pub const fn linear(self) -> Option<[u8; 3]> {
        if self.fixed < 0 || self.low_byte != 0 || self.high_part != 0 {
            return None;
        }
        Some([self.fixed as u8, self.per_arg, self.low_bit])
    }
}

/// Splits a stack column at `--` and counts three things: the items before, those after, and those that both sides begin with.
pub(super) const fn parse(column: &str) -> [Count; 3] {
    let text = column.as_bytes();
    let mut middle = 0;
    while !(text[middle] == b'-' && text[middle + 1] == b'-') {
        middle += 1;
    }
    let (mut before, mut after, mut kept) = (Count::NONE, Count::NONE, Count::NONE);
    let (mut left, mut right) = (0, middle + 2);
    let mut same = true;
    loop {
        let (a, b) = (item(text, left, middle), item(text, right, text.len()));
        if a.count.is_none() && b.count.is_none() {
            return [before, after, kept];
        }
        same = same && same_bytes(text, a, b);
        if let Some(count) = a.count {
            before = add(before, count);
            if same {
                kept = add(kept, count);
            }
        }
        if let Some(count) = b.count {
            after = add(after, count);
        }
        (left, right) = (a.end, b.end);
    }
}

/// One item of a side, `text[start..end]`; no count at the end of the side.
#[derive(Clone, Copy)]
struct Item {
    start: usize,
    end: usize,
    count: Option<Count>,
}

/// The next item in `text[at..limit]`: a name with an optional `[how many]`.
const fn item(text: &[u8], mut at: usize, limit: usize) -> Item {
    while at < limit && (text[at] == b' ' || text[at] == b',') {
        at += 1;
    }
    let start = at;
    while at < limit && (text[at].is_ascii_alphanumeric() || text[at] == b'_') {
        at += 1;
    }
    let name_end = at;
    if at < limit && text[at] == b'[' {
        while text[at] != b']' {
            at += 1;
        }
        return Item { start, end: at + 1, count: Some(term(text, name_end + 1, at)) };
    }
    assert!(at == limit || text[at] == b' ' || text[at] == b',', "a stack column holds names and names[count]");
    let count = if start == at { None } else { Some(Count { fixed: 1, ..Count::NONE }) };
    Item { start, end: at, count }
}

const fn same_bytes(text: &[u8], a: Item, b: Item) -> bool {
    if a.end - a.start != b.end - b.start {
        return false;
    }
    let mut i = 0;
    while i < a.end - a.start {
        if text[a.start + i] != text[b.start + i] {
            return false;
        }
        i += 1;
    }
    true
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
