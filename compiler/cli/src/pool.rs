//! A pool of threads that each take the next piece of work.
//!
//! Invariant: every index is worked on once, whatever becomes of the others; results do not depend on the number of threads.
//! Threads have stacks that carry the deepest tree the compiler accepts.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::Sender;
use std::thread;

use crate::host::STACK_SIZE;

/// Where an address space limit refuses the large stack.
const SMALL_STACK: usize = 64 << 20;

/// Runs `work(i)` for every index in `order`, on up to `workers` threads, and sends what it gives. `stop` is asked before
/// each piece; once it says true, no more are begun. False: not one thread could be had.
pub fn run<T: Send>(
    order: &[usize],
    workers: usize,
    stop: &(dyn Fn() -> bool + Sync),
    work: &(dyn Fn(usize) -> T + Sync),
    results: &Sender<(usize, T)>,
) -> bool {
    let next = AtomicUsize::new(0);
    let body = |results: Sender<(usize, T)>| {
        while !stop() {
            let Some(&index) = order.get(next.fetch_add(1, Ordering::Relaxed)) else { return };
            if results.send((index, work(index))).is_err() {
                return;
            }
        }
    };
    thread::scope(|scope| {
        let mut running = 0;
        for n in 0..workers.min(order.len()).max(1) {
            let spawn = |stack: usize| {
                let (results, body) = (results.clone(), &body);
                let builder = thread::Builder::new().name(format!("compile-{n}")).stack_size(stack);
                builder.spawn_scoped(scope, move || body(results)).is_ok()
            };
            running += usize::from(spawn(STACK_SIZE) || spawn(SMALL_STACK));
        }
        running > 0
    })
}
