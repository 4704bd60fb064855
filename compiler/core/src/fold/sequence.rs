//! Strings, bytes and tuples: concatenation, repetition, subscripts.
//!
//! Invariant: items of a new tuple are the operands' own objects.

use pyc_text::Wtf8;

use crate::ast::Int;
use crate::constants::{ObjId, Object, Objects};

/// Longest repeated tuple, in items (`MAX_COLLECTION_SIZE`).
const MAX_COLLECTION_SIZE: usize = 256;
/// Longest repeated string or bytes (`MAX_STR_SIZE`).
const MAX_STR_SIZE: usize = 4096;
/// Items of a repeated tuple, nested ones included (`MAX_TOTAL_ITEMS`).
const MAX_TOTAL_ITEMS: i64 = 1024;

pub(super) fn concat(objects: &mut Objects<'_>, left: ObjId, right: ObjId) -> Option<ObjId> {
    Some(match (objects.get(left), objects.get(right)) {
        (Object::Str(a), Object::Str(b)) => {
            if a.is_empty() {
                return Some(right);
            }
            if b.is_empty() {
                return Some(left);
            }
            let text = concat_in(objects, a.as_bytes(), b.as_bytes());
            objects.str(Wtf8::trusted(text))
        }
        (Object::Bytes(a), Object::Bytes(b)) => {
            if a.is_empty() {
                return Some(right);
            }
            if b.is_empty() {
                return Some(left);
            }
            let bytes = concat_in(objects, a, b);
            objects.bytes(bytes)
        }
        (Object::Tuple(a), Object::Tuple(b)) => {
            if a.is_empty() {
                return Some(right);
            }
            if b.is_empty() {
                return Some(left);
            }
            objects.tuple(&[a, b].concat())
        }
        _ => return None,
    })
}

fn concat_in<'a>(objects: &Objects<'a>, a: &[u8], b: &[u8]) -> &'a [u8] {
    let (head, tail) = (a.len(), b.len());
    let out = objects.arena.alloc_slice_fill_copy(head + tail, 0);
    let (first, second) = out.split_at_mut(head);
    first.copy_from_slice(a);
    second.copy_from_slice(b);
    out
}

/// The sequences' part of `const_folding_safe_multiply`.
pub(super) fn repeat(objects: &mut Objects<'_>, sequence: ObjId, times: Int<'_>) -> Option<ObjId> {
    let size = match objects.get(sequence) {
        Object::Str(text) => text.char_count(),
        Object::Bytes(bytes) => bytes.len(),
        Object::Tuple(items) => items.len(),
        _ => return None,
    };
    let limit = if matches!(objects.get(sequence), Object::Tuple(_)) { MAX_COLLECTION_SIZE } else { MAX_STR_SIZE };
    if size == 0 {
        // An index of any sign, but it must be one.
        return matches!(times, Int::Small(_)).then_some(sequence);
    }
    let Int::Small(times) = times else { return None };
    let n = usize::try_from(times).ok().filter(|&n| n <= limit / size)?;
    Some(match objects.get(sequence) {
        _ if n == 1 => sequence,
        Object::Str(text) => {
            let text = objects.arena.alloc_slice_copy(&text.as_bytes().repeat(n));
            objects.str(Wtf8::trusted(text))
        }
        Object::Bytes(bytes) => {
            let bytes = objects.arena.alloc_slice_copy(&bytes.repeat(n));
            // `bytes_repeat` makes a fresh object even of nothing.
            if bytes.is_empty() { objects.unshared_bytes(bytes) } else { objects.bytes(bytes) }
        }
        Object::Tuple(items) => {
            if n > 0 && complexity_left(objects, sequence, MAX_TOTAL_ITEMS / n as i64) < 0 {
                return None;
            }
            objects.tuple(&items.repeat(n))
        }
        _ => return None,
    })
}

/// `const_folding_check_complexity`: what is left of a limit after counting the items of a tuple, nested ones included.
fn complexity_left(objects: &Objects<'_>, id: ObjId, limit: i64) -> i64 {
    let Object::Tuple(items) = objects.get(id) else { return limit };
    let mut limit = limit - items.len() as i64;
    for &item in items {
        if limit < 0 {
            break;
        }
        limit = complexity_left(objects, item, limit);
    }
    limit
}

/// An index: an int or bool. Those beyond `i64` are out of every range.
fn index(objects: &Objects<'_>, id: ObjId) -> Option<i64> {
    match objects.get(id) {
        Object::True => Some(1),
        Object::False => Some(0),
        Object::Int(Int::Small(value)) => Some(value),
        _ => None,
    }
}

pub(super) fn subscript(objects: &mut Objects<'_>, value: ObjId, key: ObjId) -> Option<ObjId> {
    let sequence = objects.get(value);
    if let Object::Slice(parts) = objects.get(key) {
        return slice(objects, value, parts);
    }
    let mut at = index(objects, key)?;
    let len = match sequence {
        Object::Str(text) => text.char_count(),
        Object::Bytes(bytes) => bytes.len(),
        Object::Tuple(items) => items.len(),
        _ => return None,
    };
    if at < 0 {
        at += len as i64;
    }
    let at = usize::try_from(at).ok().filter(|&at| at < len)?;
    match sequence {
        Object::Str(text) => {
            let (start, _) = text.code_point_indices().nth(at)?;
            let end = text.code_point_indices().nth(at + 1).map_or(text.len(), |(end, _)| end);
            Some(objects.str(text.slice(start, end)?))
        }
        Object::Bytes(bytes) => Some(objects.int(i64::from(*bytes.get(at)?))),
        Object::Tuple(items) => items.get(at).copied(),
        _ => None,
    }
}

/// A part of a slice: a number, clamped, or none.
fn slice_part(objects: &Objects<'_>, id: ObjId) -> Option<Option<i64>> {
    match objects.get(id) {
        Object::None => Some(None),
        Object::True => Some(Some(1)),
        Object::False => Some(Some(0)),
        Object::Int(Int::Small(value)) => Some(Some(value)),
        Object::Int(Int::Big { negative, .. }) => Some(Some(if negative { i64::MIN } else { i64::MAX })),
        _ => None,
    }
}

fn slice(objects: &mut Objects<'_>, value: ObjId, parts: [ObjId; 3]) -> Option<ObjId> {
    let sequence = objects.get(value);
    let len = match sequence {
        Object::Str(text) => text.char_count(),
        Object::Bytes(bytes) => bytes.len(),
        Object::Tuple(items) => items.len(),
        _ => return None,
    } as i64;
    let [start, stop, step] = parts;
    let step = slice_part(objects, step)?.unwrap_or(1).max(-i64::MAX);
    if step == 0 {
        return None;
    }
    // `PySlice_AdjustIndices`
    let (low, high) = if step < 0 { (-1, len - 1) } else { (0, len) };
    let clamp = |at: i64| if at < 0 { at.saturating_add(len).max(low) } else { at.min(high) };
    let start = slice_part(objects, start)?.map_or(if step < 0 { high } else { low }, clamp);
    let stop = slice_part(objects, stop)?.map_or(if step < 0 { low } else { high }, clamp);
    if step == 1 && start == 0 && stop == len {
        return Some(value);
    }
    let positions = || {
        let mut at = start;
        std::iter::from_fn(move || {
            let inside = if step < 0 { at > stop } else { at < stop };
            let here = inside.then_some(at as usize);
            at = at.saturating_add(step);
            here
        })
    };
    Some(match sequence {
        Object::Str(text) => {
            let starts: Vec<usize> = text.code_point_indices().map(|(at, _)| at).chain([text.len()]).collect();
            let mut out = Vec::new();
            for at in positions() {
                out.extend_from_slice(text.as_bytes().get(*starts.get(at)?..*starts.get(at + 1)?)?);
            }
            let out = objects.arena.alloc_slice_copy(&out);
            objects.str(Wtf8::trusted(out))
        }
        Object::Bytes(bytes) => {
            let out: Option<Vec<u8>> = positions().map(|at| bytes.get(at).copied()).collect();
            let out = objects.arena.alloc_slice_copy(&out?);
            objects.bytes(out)
        }
        Object::Tuple(items) => {
            let out: Option<Vec<ObjId>> = positions().map(|at| items.get(at).copied()).collect();
            objects.tuple(&out?)
        }
        _ => return None,
    })
}
