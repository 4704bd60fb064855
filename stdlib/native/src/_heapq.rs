//! _heapq: heaps in lists, smallest first, and largest first for the `_max` functions.
//!
//! Invariant: a comparison may change the list; each one is followed by a look at the length, and a change is a RuntimeError.

use bunpy_core::modules::ModuleSpec;
use bunpy_core::native::function;
use bunpy_core::object::slots::Cmp;
use bunpy_core::types::list::{self, List};
use bunpy_core::{PyResult, Vm};
use bunpy_heap::{Gc, Value};

pub static MODULE: ModuleSpec = ModuleSpec {
    name: "_heapq",
    doc: "Heap queue algorithm (a.k.a. priority queue).",
    functions: &[
        function("heappush", "($module, heap, item, /)", |vm: &Vm, h: Gc<List>, x: Value| push(vm, h, x, MIN))
            .doc("Push item onto heap, maintaining the heap invariant."),
        function("heappushpop", "($module, heap, item, /)", |vm: &Vm, h: Gc<List>, x: Value| pushpop(vm, h, x, MIN))
            .doc("Push item on the heap, then pop and return the smallest item from the heap.\n\nThe combined action runs more efficiently than heappush() followed by\na separate call to heappop()."),
        function("heappop", "($module, heap, /)", |vm: &Vm, h: Gc<List>| pop(vm, h, MIN))
            .doc("Pop the smallest item off the heap, maintaining the heap invariant."),
        function("heapreplace", "($module, heap, item, /)", |vm: &Vm, h: Gc<List>, x: Value| replace(vm, h, x, MIN))
            .doc("Pop and return the current smallest value, and add the new item."),
        function("heapify", "($module, heap, /)", |vm: &Vm, h: Gc<List>| heapify(vm, h, MIN))
            .doc("Transform list into a heap, in-place, in O(len(heap)) time."),
        function("heappush_max", "($module, heap, item, /)", |vm: &Vm, h: Gc<List>, x: Value| push(vm, h, x, MAX))
            .doc("Push item onto max heap, maintaining the heap invariant."),
        function("heappushpop_max", "($module, heap, item, /)", |vm: &Vm, h: Gc<List>, x: Value| pushpop(vm, h, x, MAX))
            .doc("Maxheap variant of heappushpop.\n\nThe combined action runs more efficiently than heappush_max() followed by\na separate call to heappop_max()."),
        function("heappop_max", "($module, heap, /)", |vm: &Vm, h: Gc<List>| pop(vm, h, MAX)).doc("Maxheap variant of heappop."),
        function("heapreplace_max", "($module, heap, item, /)", |vm: &Vm, h: Gc<List>, x: Value| replace(vm, h, x, MAX))
            .doc("Maxheap variant of heapreplace."),
        function("heapify_max", "($module, heap, /)", |vm: &Vm, h: Gc<List>| heapify(vm, h, MAX)).doc("Maxheap variant of heapify."),
    ],
    ..ModuleSpec::EMPTY
};

/// Which way a heap is ordered.
type Order = bool;
const MIN: Order = false;
const MAX: Order = true;

/// Whether `a` belongs above `b`.
fn above(vm: &Vm, a: Value, b: Value, order: Order) -> PyResult<bool> {
    if order == MIN { vm.compare_bool(a, b, Cmp::Lt) } else { vm.compare_bool(b, a, Cmp::Lt) }
}

fn at(vm: &Vm, h: Gc<List>, i: usize) -> PyResult<Value> {
    h.get(i).ok_or_else(|| vm.index_error("index out of range"))
}

fn unchanged(vm: &Vm, h: Gc<List>, length: usize) -> PyResult<()> {
    if h.len() == length { Ok(()) } else { Err(vm.runtime_error("list changed size during iteration")) }
}

/// Moves the item at `pos` up, not above `start`.
fn sift_up(vm: &Vm, h: Gc<List>, start: usize, mut pos: usize, order: Order) -> PyResult<()> {
    let length = h.len();
    while pos > start {
        let parent = (pos - 1) / 2;
        let (item, above_it) = (at(vm, h, pos)?, at(vm, h, parent)?);
        let up = above(vm, item, above_it, order)?;
        unchanged(vm, h, length)?;
        if !up {
            break;
        }
        let (item, above_it) = (at(vm, h, pos)?, at(vm, h, parent)?);
        list::store(h, parent, item);
        list::store(h, pos, above_it);
        pos = parent;
    }
    Ok(())
}

/// Moves the item at `start` to a leaf by way of the better children, then up to where it belongs.
fn sift_down(vm: &Vm, h: Gc<List>, start: usize, order: Order) -> PyResult<()> {
    let length = h.len();
    let limit = length / 2;
    let mut pos = start;
    while pos < limit {
        let mut child = 2 * pos + 1;
        if child + 1 < length {
            let (left, right) = (at(vm, h, child)?, at(vm, h, child + 1)?);
            let left_first = above(vm, left, right, order)?;
            unchanged(vm, h, length)?;
            child += usize::from(!left_first);
        }
        let (item, below) = (at(vm, h, pos)?, at(vm, h, child)?);
        list::store(h, pos, below);
        list::store(h, child, item);
        pos = child;
    }
    sift_up(vm, h, start, pos, order)
}

fn push(vm: &Vm, h: Gc<List>, x: Value, order: Order) -> PyResult<()> {
    list::append(vm, h, x)?;
    sift_up(vm, h, 0, h.len().saturating_sub(1), order)
}

fn pop(vm: &Vm, h: Gc<List>, order: Order) -> PyResult<Value> {
    if h.is_empty() {
        return Err(vm.index_error("index out of range"));
    }
    let last = list::pop(vm, h, None)?;
    if h.is_empty() {
        return Ok(last);
    }
    let first = at(vm, h, 0)?;
    list::store(h, 0, last);
    sift_down(vm, h, 0, order)?;
    Ok(first)
}

fn replace(vm: &Vm, h: Gc<List>, x: Value, order: Order) -> PyResult<Value> {
    let first = at(vm, h, 0)?;
    list::store(h, 0, x);
    sift_down(vm, h, 0, order)?;
    Ok(first)
}

fn pushpop(vm: &Vm, h: Gc<List>, x: Value, order: Order) -> PyResult<Value> {
    let Some(first) = h.get(0) else { return Ok(x) };
    if !above(vm, first, x, order)? {
        return Ok(x);
    }
    let first = at(vm, h, 0)?;
    list::store(h, 0, x);
    sift_down(vm, h, 0, order)?;
    Ok(first)
}

fn heapify(vm: &Vm, h: Gc<List>, order: Order) -> PyResult<()> {
    for i in (0..h.len() / 2).rev() {
        sift_down(vm, h, i, order)?;
    }
    Ok(())
}
