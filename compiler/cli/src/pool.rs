//! A pool of threads that each take the next piece of work.
//!
//! Invariant: every index is worked on once, whatever becomes of the others; results do not depend on the number of threads.
//! Threads have stacks that carry the deepest tree the compiler accepts. Nobody is woken for a single piece: results stay
//! with their thread until it ends, and the caller looks at a counter.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use crate::host::STACK_SIZE;

/// Where an address space limit refuses the large stack.
const SMALL_STACK: usize = 64 << 20;

/// How often the caller hears of progress.
const TICK: Duration = Duration::from_millis(100);

/// Runs `work(i)` for every index in `order`, on up to `workers` threads. `stop` is asked before each piece; once it says
/// true, no more are begun. `progress` is told now and then how many are done. None: not one thread could be had.
pub fn run<T: Send>(
    order: &[usize],
    workers: usize,
    stop: &(dyn Fn() -> bool + Sync),
    work: &(dyn Fn(usize) -> T + Sync),
    mut progress: impl FnMut(usize),
) -> Option<Vec<(usize, T)>> {
    let (next, done) = (&AtomicUsize::new(0), &AtomicUsize::new(0));
    let body = &|| {
        let mut results = Vec::new();
        while !stop() {
            let Some(&index) = order.get(next.fetch_add(1, Ordering::Relaxed)) else { break };
            results.push((index, work(index)));
            done.fetch_add(1, Ordering::Relaxed);
        }
        results
    };
    thread::scope(|scope| {
        // Each thread holds a sender: the channel closes when the last one ends.
        let (alive, ended) = mpsc::channel::<()>();
        let mut threads = Vec::new();
        for n in 0..workers.min(order.len()).max(1) {
            let spawn = |stack: usize| {
                let alive = alive.clone();
                let builder = thread::Builder::new().name(format!("compile-{n}")).stack_size(stack);
                builder.spawn_scoped(scope, move || {
                    let _alive = alive;
                    body()
                })
            };
            threads.extend(spawn(STACK_SIZE).or_else(|_| spawn(SMALL_STACK)));
        }
        drop(alive);
        while ended.recv_timeout(TICK) == Err(mpsc::RecvTimeoutError::Timeout) {
            progress(done.load(Ordering::Relaxed));
        }
        if threads.is_empty() {
            return None;
        }
        Some(threads.into_iter().filter_map(|t| t.join().ok()).flatten().collect())
    })
}
