//! Sorting: a stable merge sort over values, comparing with `<` only.
//!
//! Invariant: a comparison that raises stops the sort with that exception; the items are then unspecified in order but
//! complete.

use crate::error::{PyResult, Raised};
use crate::object::slots::Cmp;
use crate::vm::Vm;
use bunpy_heap::{Str, Value};

/// The items in order. `key` is called once an item.
pub fn sorted(vm: &Vm, items: Vec<Value>, key: Option<Value>, reverse: bool) -> PyResult<Vec<Value>> {
    let mut pairs: Vec<(Value, Value)> = Vec::with_capacity(items.len());
    for x in items {
        let k = match key {
            Some(f) => vm.call(f, &[x])?,
            None => x,
        };
        pairs.push((k, x));
    }
    // Reversing before and after keeps equal items in their order.
    if reverse {
        pairs.reverse();
    }
    if pairs.iter().all(|(k, _)| k.is_int()) {
        pairs.sort_by_key(|(k, _)| k.int_unchecked());
    } else if pairs.iter().all(|(k, _)| k.cast_exact::<Str>().is_some_and(|s| s.as_ascii().is_some())) {
        pairs.sort_by(|(a, _), (b, _)| match (a.cast::<Str>(), b.cast::<Str>()) {
            (Some(a), Some(b)) => a.raw().cmp(b.raw()),
            _ => std::cmp::Ordering::Equal,
        });
    } else {
        merge_sort(vm, &mut pairs)?;
    }
    if reverse {
        pairs.reverse();
    }
    Ok(pairs.into_iter().map(|(_, x)| x).collect())
}

const RUN: usize = 32;
fn less(vm: &Vm, a: Value, b: Value) -> PyResult<bool> {
    vm.compare_bool(a, b, Cmp::Lt)
}
fn merge_sort(vm: &Vm, v: &mut [(Value, Value)]) -> Result<(), Raised> {
    let n = v.len();
    // Ordered input, and strictly descending input, cost n comparisons.
    let mut run = 1;
    while run < n && !less(vm, v[run].0, v[run - 1].0)? {
        run += 1;
    }
    if run >= n {
        return Ok(());
    }
    let mut start = 0;
    while start < n {
        let end = (start + RUN).min(n);
        for i in start + 1..end {
            let x = v[i];
            let (mut lo, mut hi) = (start, i);
            while lo < hi {
                let mid = (lo + hi) / 2;
                if less(vm, x.0, v[mid].0)? { hi = mid } else { lo = mid + 1 }
            }
            v.copy_within(lo..i, lo + 1);
            v[lo] = x;
        }
        start = end;
    }
    let mut width = RUN;
    let mut spare: Vec<(Value, Value)> = Vec::with_capacity(n);
    while width < n {
        let mut start = 0;
        while start + width < n {
            let (mid, end) = (start + width, (start + 2 * width).min(n));
            if less(vm, v[mid].0, v[mid - 1].0)? {
                spare.clear();
                spare.extend_from_slice(&v[start..mid]);
                let (mut i, mut j, mut k) = (0, mid, start);
                while i < spare.len() && j < end {
                    if less(vm, v[j].0, spare[i].0)? {
                        v[k] = v[j];
                        j += 1;
                    } else {
                        v[k] = spare[i];
                        i += 1;
                    }
                    k += 1;
                }
                let rest = spare.len() - i;
                v[k..k + rest].copy_from_slice(&spare[i..]);
            }
            start = end;
        }
        width *= 2;
    }
    Ok(())
}
