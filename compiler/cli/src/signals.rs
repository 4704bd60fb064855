//! SIGINT, SIGTERM and SIGHUP stop a run between files; SIGXFSZ becomes an error of the write.
//!
//! Invariant: an interrupted run removes its temporaries and then dies by the signal, so that a shell sees 130.

use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM, SIGXFSZ};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

/// Which signal came, if one came.
#[derive(Clone, Default)]
pub struct Interrupt(Arc<AtomicUsize>);

impl Interrupt {
    /// Installs the handlers. Where that fails, signals keep their default action.
    pub fn install() -> Interrupt {
        let interrupt = Interrupt::default();
        for signal in [SIGINT, SIGTERM, SIGHUP] {
            // A second one kills at once: whoever sends it does not want to wait.
            let again = Arc::new(AtomicBool::new(false));
            let _ = signal_hook::flag::register_conditional_default(signal, Arc::clone(&again));
            let _ = signal_hook::flag::register(signal, again);
            let _ = signal_hook::flag::register_usize(signal, Arc::clone(&interrupt.0), signal as usize);
        }
        // A handler that does nothing: the write then fails with EFBIG.
        let _ = signal_hook::flag::register(SIGXFSZ, Arc::new(AtomicBool::new(false)));
        interrupt
    }

    pub fn is_set(&self) -> bool {
        self.0.load(Ordering::Relaxed) != 0
    }

    /// Dies by the signal that came; the exit status if that fails.
    pub fn die(&self) -> u8 {
        let signal = self.0.load(Ordering::Relaxed);
        let _ = signal_hook::low_level::emulate_default_handler(signal as i32);
        128u8.wrapping_add(signal as u8)
    }
}
