//! Byte offsets of the source to CPython's lines and columns.
//!
//! Invariant: offsets asked for lie in the text; a tree is lowered nearly in source order, so the last line found is
//! tried first. Next: `lower.rs`.

use ruff_text_size::TextRange;

use crate::ast::Loc;

/// Where lines start, and a cursor.
pub struct Lines {
    starts: Vec<u32>,
    last: usize,
}

impl Lines {
    pub fn new(source: &str) -> Self {
        let mut starts = Vec::with_capacity(source.len() / 24 + 1);
        starts.push(0);
        starts.extend(memchr::memchr_iter(b'\n', source.as_bytes()).map(|i| i as u32 + 1));
        Lines { starts, last: 0 }
    }

    fn start(&self, line: usize) -> u32 {
        self.starts.get(line).copied().unwrap_or(u32::MAX)
    }

    /// Line (from 1) and column (bytes from 0) of an offset.
    #[inline]
    pub fn position(&mut self, offset: u32) -> (i32, i32) {
        let last = self.last;
        let start = self.start(last);
        if start <= offset && offset < self.start(last + 1) {
            return (last as i32 + 1, (offset - start) as i32);
        }
        self.search(offset)
    }

    fn search(&mut self, offset: u32) -> (i32, i32) {
        let next = self.start(self.last + 1);
        let line = if next <= offset && offset < self.start(self.last + 2) {
            self.last + 1
        } else {
            self.starts.partition_point(|&s| s <= offset).saturating_sub(1)
        };
        self.last = line;
        (line as i32 + 1, offset.saturating_sub(self.start(line)) as i32)
    }

    /// Like `position`, without moving the cursor off the line where a node starts.
    #[inline]
    pub fn loc(&mut self, range: TextRange) -> Loc {
        let (lineno, col_offset) = self.position(range.start().to_u32());
        let first = self.last;
        let (end_lineno, end_col_offset) = self.position(range.end().to_u32());
        self.last = first;
        Loc { lineno, end_lineno, col_offset, end_col_offset }
    }
}
