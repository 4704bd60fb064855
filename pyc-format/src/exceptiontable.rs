//! `co_exceptiontable`: which handler covers which instructions. Decoder and encoder side by side.
//!
//! Invariant: [`encode`] of decoded entries gives the same bytes; the decoder is total over any bytes.
//! Next: [`crate::code`]. (InternalDocs/exception_handling.md)
//!
//! ```text
//! table := entry*                 in the order of start
//! entry := start size target depth << 1 | lasti      counted in code units
//! each number: 6 bits a byte, most significant first, 0x40 on all but the last; 0x80 on the first byte of an entry
//! ```

use crate::linetable::TableError;

/// The code units start..end are covered by the handler at `target`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Entry {
    pub start: u32,
    pub end: u32,
    pub target: u32,
    /// How deep the stack is cut before the exception is pushed.
    pub depth: u32,
    /// Is the offset of the raising instruction pushed before the exception?
    pub lasti: bool,
}

/// Encodes entries; start must not lie behind end, numbers are below 2**30.
pub fn encode(entries: &[Entry]) -> Vec<u8> {
    let mut out = Vec::with_capacity(entries.len() * 8);
    for entry in entries {
        number(&mut out, entry.start, 0x80);
        number(&mut out, entry.end.saturating_sub(entry.start), 0);
        number(&mut out, entry.target, 0);
        number(&mut out, entry.depth << 1 | u32::from(entry.lasti), 0);
    }
    out
}

fn number(out: &mut Vec<u8>, value: u32, mut first: u8) {
    for shift in [24, 18, 12, 6] {
        if value >> shift != 0 {
            out.push((value >> shift & 0x3f) as u8 | 0x40 | first);
            first = 0;
        }
    }
    out.push((value & 0x3f) as u8 | first);
}

/// A handler as the compiler's assembler knows it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Handler {
    /// What tells handlers apart: the index of the handler's first instruction.
    pub label: u32,
    /// The code unit of that instruction.
    pub target: u32,
    /// Stack depth at the start of the handler.
    pub start_depth: u32,
    pub preserve_lasti: bool,
}

/// The entries of a whole code object: each instruction's size in code units and its handler, in order. Runs of one
/// handler become one entry.
pub fn assemble(instructions: &[(u32, Option<Handler>)]) -> Vec<Entry> {
    let mut entries = Vec::new();
    let mut close = |start: u32, end: u32, handler: Option<Handler>| {
        if let Some(handler) = handler {
            let pushed = 1 + u32::from(handler.preserve_lasti);
            let depth = handler.start_depth.saturating_sub(pushed);
            entries.push(Entry { start, end, target: handler.target, depth, lasti: handler.preserve_lasti });
        }
    };
    let (mut start, mut at, mut current) = (0, 0u32, None::<Handler>);
    for &(units, handler) in instructions {
        if handler.map(|handler| handler.label) != current.map(|handler| handler.label) {
            close(start, at, current);
            (start, current) = (at, handler);
        }
        at += units;
    }
    close(start, at, current);
    entries
}

/// The entries of a table in order; ends after the first error.
#[derive(Debug, Clone)]
pub struct Entries<'t> {
    table: &'t [u8],
    pos: usize,
}

/// Decodes a table.
pub fn entries(table: &[u8]) -> Entries<'_> {
    Entries { table, pos: 0 }
}

impl Entries<'_> {
    fn number(&mut self, is_first: bool) -> Result<u32, TableError> {
        let offset = self.pos;
        let mut value = 0u32;
        for at in 0..6 {
            let Some(&byte) = self.table.get(self.pos) else {
                return Err(TableError { offset: self.pos, expected: "more of an entry" });
            };
            if (byte & 0x80 != 0) != (is_first && at == 0) {
                return Err(TableError { offset: self.pos, expected: "bit 0x80 on the first byte of an entry alone" });
            }
            self.pos += 1;
            if value >= 1 << 24 {
                break;
            }
            value = value << 6 | u32::from(byte & 0x3f);
            if byte & 0x40 == 0 {
                return Ok(value);
            }
        }
        Err(TableError { offset, expected: "a number below 2**30" })
    }

    fn entry(&mut self) -> Result<Entry, TableError> {
        let start = self.number(true)?;
        let size = self.number(false)?;
        let target = self.number(false)?;
        let depth_lasti = self.number(false)?;
        Ok(Entry { start, end: start + size, target, depth: depth_lasti >> 1, lasti: depth_lasti & 1 != 0 })
    }
}

impl Iterator for Entries<'_> {
    type Item = Result<Entry, TableError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.pos >= self.table.len() {
            return None;
        }
        let entry = self.entry();
        if entry.is_err() {
            self.pos = self.table.len();
        }
        Some(entry)
    }
}

/// The entry that covers a code unit: the first one, as CPython finds it in a table that is in order.
pub fn find(table: &[u8], unit: u32) -> Option<Entry> {
    entries(table).map_while(Result::ok).find(|entry| (entry.start..entry.end).contains(&unit))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn runs_of_one_handler_are_one_entry() {
        let outer = Handler { label: 9, target: 100, start_depth: 1, preserve_lasti: false };
        let inner = Handler { label: 5, target: 70, start_depth: 4, preserve_lasti: true };
        let instructions =
            [(1, None), (2, Some(outer)), (3, Some(outer)), (1, Some(inner)), (1, Some(outer)), (4, None)];
        let entries = assemble(&instructions);
        let expected = [
            Entry { start: 1, end: 6, target: 100, depth: 0, lasti: false },
            Entry { start: 6, end: 7, target: 70, depth: 2, lasti: true },
            Entry { start: 7, end: 8, target: 100, depth: 0, lasti: false },
        ];
        assert_eq!(entries, expected);
        assert_eq!(encode(&entries), [0x81, 5, 0x41, 36, 0, 0x86, 1, 0x41, 6, 5, 0x87, 1, 0x41, 36, 0]);
        assert_eq!(find(&encode(&entries), 6), Some(expected[1]));
    }

    #[test]
    fn large_numbers_come_back() {
        let largest = (1 << 30) - 1;
        let entry = Entry { start: largest, end: 2 * largest, target: 1 << 24, depth: 1 << 18, lasti: true };
        let table = encode(&[entry]);
        assert_eq!(entries(&table).collect::<Vec<_>>(), [Ok(entry)]);
    }

    #[test]
    fn broken_tables_end_with_an_error() {
        for table in [&[0x01, 1, 1, 1][..], &[0x81, 1, 1], &[0x81, 0x81, 1, 1], &[0xc1, 0x7f, 0x7f, 0x7f, 0x7f, 0x7f]] {
            assert!(entries(table).last().is_some_and(|entry| entry.is_err()), "{table:?}");
        }
    }
}
