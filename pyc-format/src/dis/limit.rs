//! Output with an end.
//!
//! Invariant: once the limit is passed the marker is the last that is written, and every later write is an error, which
//! ends whoever writes.

use std::fmt::{self, Write};

/// What stands at the end of a text that was cut.
pub const CUT: &str = "\n... (cut here: the rest is too long)\n";

/// A writer that stops after `limit` bytes, with a marker.
#[derive(Debug)]
pub struct Limited<W> {
    inner: W,
    left: usize,
    cut: bool,
}

impl<W: Write> Limited<W> {
    pub fn new(inner: W, limit: usize) -> Limited<W> {
        Limited { inner, left: limit, cut: false }
    }

    /// Whether the limit was passed.
    pub fn is_cut(&self) -> bool {
        self.cut
    }

    pub fn into_inner(self) -> W {
        self.inner
    }
}

impl<W: Write> Write for Limited<W> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        if self.cut {
            return Err(fmt::Error);
        }
        if let Some(left) = self.left.checked_sub(text.len()) {
            self.left = left;
            return self.inner.write_str(text);
        }
        self.cut = true;
        let end = (0..=self.left).rev().find(|&end| text.is_char_boundary(end)).unwrap_or(0);
        self.inner.write_str(text.get(..end).unwrap_or_default())?;
        self.inner.write_str(CUT)?;
        Err(fmt::Error)
    }
}

/// A limit for the text of a file of `len` bytes that no file of a compiler reaches: over CPython's library the text is at
/// most 7 times as long as the file, with caches, offsets and positions 21 times.
pub fn output_limit(len: usize) -> usize {
    (16 << 20) + len.saturating_mul(24)
}
