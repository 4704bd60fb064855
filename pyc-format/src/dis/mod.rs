//! The text of CPython's `dis` for a code object.
//!
//! Invariant: pure and total; the same text as `dis.dis(code)` of CPython 3.14 for every code object that its compiler makes
//! (addresses are `0x...`). What a hostile file makes explode is cut by [`Limited`], and the work is in proportion to the text.
//!
//! ```text
//! 3   L1:   12       LOAD_FAST_BORROW         0 (x)
//! |   |     |        |                        | |
//! |   |     |        opcode             operand what it means: `argument`
//! |   |     offset in bytes, if asked for
//! |   label: a jump, or an entry of the exception table, has an end here
//! line, where one begins; or all four positions
//! ```
//! `listing` has the columns, `argument` the words in parentheses, [`repr`](mod@repr) the constants, [`info`] `dis.code_info`.

mod argument;
mod caches;
pub mod info;
mod limit;
mod listing;
pub mod repr;

pub use caches::cache_format;
pub use limit::{Limited, output_limit};

use std::collections::HashMap;
use std::fmt::{self, Write};

use crate::marshal::{Graph, ObjRef};

/// What the text shows; the default is `dis.dis(code)`'s.
#[derive(Clone, Copy, Debug, Default)]
pub struct Options {
    /// A line for each unit of cache.
    pub show_caches: bool,
    /// Offsets in bytes.
    pub show_offsets: bool,
    /// `line:column-end line:end column` in place of the line.
    pub show_positions: bool,
    /// The opcodes as stored, not their bases. A file of a compiler has no others.
    pub adaptive: bool,
    /// How deep to go into nested code objects; all the way if none.
    pub depth: Option<usize>,
    /// Elements of sets in the order of their text: their own order depends on hashes, which differ from run to run.
    pub sort_sets: bool,
}

/// Writes `code` and the code objects among its constants, each after a line that names it.
pub fn dis(graph: &Graph, code: ObjRef, options: &Options, out: &mut impl Write) -> fmt::Result {
    // Shared constants are searched once: a hostile file can have many code objects over one long tuple.
    let mut nested: HashMap<ObjRef, Vec<ObjRef>> = HashMap::new();
    let mut repr = repr::Repr::new(graph, options.sort_sets);
    // What is being listed, from the outside in, each with the next of its constants.
    let mut way: Vec<(ObjRef, usize)> = Vec::new();
    listing::write(graph, code, options, &mut repr, out)?;
    way.push((code, 0));
    while let Some((outer, next)) = way.last_mut() {
        let Some(consts) = graph.as_code(*outer).map(|code| code.consts) else { break };
        let inner = nested.entry(consts).or_insert_with(|| {
            let items = graph.as_tuple(consts).unwrap_or_default();
            items.iter().copied().filter(|&item| graph.as_code(item).is_some()).collect()
        });
        let Some(&child) = inner.get(*next) else {
            way.pop();
            continue;
        };
        *next += 1;
        if options.depth.is_some_and(|depth| way.len() > depth) {
            way.pop();
            continue;
        }
        out.write_str("\nDisassembly of ")?;
        repr.value(child, out)?;
        out.write_str(":\n")?;
        listing::write(graph, child, options, &mut repr, out)?;
        way.push((child, 0));
    }
    Ok(())
}

/// [`dis`] as text of at most about `limit` bytes.
pub fn dis_text(graph: &Graph, code: ObjRef, options: &Options, limit: usize) -> String {
    let mut out = Limited::new(String::new(), limit);
    // An error means that the limit was reached, which the text says itself.
    let _cut = dis(graph, code, options, &mut out);
    out.into_inner()
}

/// Text of a str object; lone surrogates, which no output can hold, as their escapes.
fn write_str(graph: &Graph, obj: ObjRef, out: &mut impl Write) -> fmt::Result {
    let Some(text) = graph.as_str(obj) else { return out.write_str("?") };
    if let Ok(text) = std::str::from_utf8(text.bytes) {
        return out.write_str(text);
    }
    let Ok(text) = pyc_text::Wtf8::new(text.bytes) else { return out.write_str("?") };
    for c in text.code_points() {
        match char::from_u32(c) {
            Some(c) => out.write_char(c)?,
            None => write!(out, "\\u{c:04x}")?,
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests;
