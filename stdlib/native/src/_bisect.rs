//! _bisect: binary search in sorted sequences.
//!
//! Invariant: comparisons may run Python, so the length is asked for once and items are fetched anew.

use bunpy_core::modules::ModuleSpec;
use bunpy_core::native::function;
use bunpy_core::object::slots::Cmp;
use bunpy_core::types::list::{self, List};
use bunpy_core::{PyResult, Vm};
use bunpy_heap::Value;

pub static MODULE: ModuleSpec = ModuleSpec {
    name: "_bisect",
    doc: "Bisection algorithms.\n\nThis module provides support for maintaining a list in sorted order without\nhaving to sort the list after each insertion. For long lists of items with\nexpensive comparison operations, this can be an improvement over the more\ncommon approach.\n",
    functions: &[
        function(
            "bisect_right",
            SIGNATURE,
            |vm: &Vm, a: Value, x: Value, lo: Option<isize>, hi: Option<Value>, key: Option<Value>| {
                search(vm, a, x, lo, hi, key, true)
            },
        )
        .doc("Return the index where to insert item x in list a, assuming a is sorted."),
        function(
            "bisect_left",
            SIGNATURE,
            |vm: &Vm, a: Value, x: Value, lo: Option<isize>, hi: Option<Value>, key: Option<Value>| {
                search(vm, a, x, lo, hi, key, false)
            },
        )
        .doc("Return the index where to insert item x in list a, assuming a is sorted."),
        function(
            "insort_right",
            SIGNATURE,
            |vm: &Vm, a: Value, x: Value, lo: Option<isize>, hi: Option<Value>, key: Option<Value>| {
                insort(vm, a, x, lo, hi, key, true)
            },
        )
        .doc("Insert item x in list a, and keep it sorted assuming a is sorted."),
        function(
            "insort_left",
            SIGNATURE,
            |vm: &Vm, a: Value, x: Value, lo: Option<isize>, hi: Option<Value>, key: Option<Value>| {
                insort(vm, a, x, lo, hi, key, false)
            },
        )
        .doc("Insert item x in list a, and keep it sorted assuming a is sorted."),
    ],
    ..ModuleSpec::EMPTY
};

const SIGNATURE: &str = "($module, /, a, x, lo=0, hi=None, *, key=None)";

/// Where `x` belongs: behind what equals it if `right`.
fn search(
    vm: &Vm,
    a: Value,
    x: Value,
    lo: Option<isize>,
    hi: Option<Value>,
    key: Option<Value>,
    right: bool,
) -> PyResult<isize> {
    let mut lo = lo.unwrap_or(0);
    if lo < 0 {
        return Err(vm.value_error("lo must be non-negative"));
    }
    let mut hi = match hi.filter(|h| !h.is_none()) {
        Some(h) => vm.index_as_isize(h)?,
        None => vm.len(a)? as isize,
    };
    let key = key.filter(|k| !k.is_none());
    while lo < hi {
        let middle = lo + (hi - lo) / 2;
        let mut item = vm.get_item(a, vm.int(middle as i64))?;
        if let Some(key) = key {
            item = vm.call(key, &[item])?;
        }
        let before = if right { vm.compare_bool(x, item, Cmp::Lt)? } else { vm.compare_bool(item, x, Cmp::Lt)? };
        if before == right {
            hi = middle;
        } else {
            lo = middle + 1;
        }
    }
    Ok(lo)
}

fn insort(
    vm: &Vm,
    a: Value,
    x: Value,
    lo: Option<isize>,
    hi: Option<Value>,
    key: Option<Value>,
    right: bool,
) -> PyResult<()> {
    let wanted = match key.filter(|k| !k.is_none()) {
        Some(key) => vm.call(key, &[x])?,
        None => x,
    };
    let at = search(vm, a, wanted, lo, hi, key, right)?;
    match a.cast_exact::<List>() {
        Some(l) => list::insert(vm, l, at, x),
        None => vm.call_method(a, "insert", &[vm.int(at as i64), x]).map(|_| ()),
    }
}
