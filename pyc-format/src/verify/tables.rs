//! The exception table and the line table.
//!
//! Invariant: every position that an accepted table names lies in the code. Next: [`crate::exceptiontable`] and
//! [`crate::linetable`] decode.

use super::{Fault, Handler, Parts, Rule, Unit, fault};
use crate::exceptiontable;

/// Decodes the exception table and marks handlers and boundaries in `units`.
pub(super) fn check_exceptions(parts: &Parts<'_>, units: &mut [Unit]) -> Result<Vec<Handler>, Box<Fault>> {
    // An entry has four bytes at least.
    let mut handlers: Vec<Handler> = Vec::with_capacity(parts.exceptiontable.len() / 4);
    for (index, entry) in exceptiontable::entries(parts.exceptiontable).enumerate() {
        let entry = match entry {
            Ok(entry) => entry,
            Err(e) => return fault(Rule::ExceptionTable, e.offset, format!("entry {index}: expected {}", e.expected)),
        };
        let Handler { start, end, target, depth, .. } = entry;
        let previous = handlers.last().map_or(0, |h| h.end);
        if start >= end || end as usize > units.len() || start < previous {
            let n = units.len();
            let text = format!("entry {index} covers units {start} to {end} of {n}, behind {previous}");
            return fault(Rule::ExceptionTable, None, text);
        }
        if depth > Unit::DEPTH - 2 {
            return fault(Rule::ExceptionTable, None, format!("entry {index} keeps {depth} items"));
        }
        let n = units.len();
        let Some(unit) = units.get_mut(target as usize) else {
            return fault(Rule::JumpTarget, None, format!("the handler of entry {index} is at unit {target} of {n}"));
        };
        unit.0 |= Unit::HANDLER;
        for boundary in [start, end] {
            if let Some(unit) = units.get_mut(boundary as usize) {
                unit.0 |= Unit::BOUNDARY;
            }
        }
        handlers.push(entry);
    }
    Ok(handlers)
}

/// Walks the line table over `n_units` code units. Only lengths matter: any numbers are a location.
pub(super) fn check_lines(parts: &Parts<'_>, n_units: usize) -> Result<(), Box<Fault>> {
    let table = parts.linetable;
    let (mut at, mut covered) = (0, 0);
    while let Some(&head) = table.get(at) {
        covered += usize::from(head & 7) + 1;
        // `linetable` has the grammar: short and one-line forms are plain bytes, the others varints.
        let end = match head >> 3 {
            0x1f => Some(at + 1),
            0x10..=0x19 => plain(table, at + 1, 1),
            0x1a..=0x1c => plain(table, at + 1, 2),
            0x1d => varints(table, at + 1, 1),
            0x1e => varints(table, at + 1, 4),
            _ => None,
        };
        match end {
            Some(end) => at = end,
            None => return fault(Rule::LineTable, at, format!("the entry {head:#04x} is cut off or malformed")),
        }
    }
    if covered != n_units {
        return fault(Rule::LineTable, None, format!("{covered} units are covered of {n_units}"));
    }
    Ok(())
}

/// Behind `count` bytes below 0x80.
#[inline]
fn plain(table: &[u8], at: usize, count: usize) -> Option<usize> {
    let bytes = table.get(at..at + count)?;
    (bytes.iter().fold(0, |all, byte| all | byte) < 0x80).then_some(at + count)
}

/// Behind `count` numbers of at most six bytes.
#[inline]
fn varints(table: &[u8], mut at: usize, count: usize) -> Option<usize> {
    for _ in 0..count {
        let mut length = 0;
        loop {
            let byte = *table.get(at)?;
            (at, length) = (at + 1, length + 1);
            match byte {
                0..0x40 => break,
                0x40..0x80 if length < 6 => (),
                _ => return None,
            }
        }
    }
    Some(at)
}
