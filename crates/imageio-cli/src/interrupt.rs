//! Ctrl-C, `kill` and a closed terminal: stop, leave no temporary file behind, and keep every target as it was.

use std::process;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};
use std::thread;
use std::time::Duration;

use imageio::resource::spool::remove_stale_temporaries;

static CANCELLED: OnceLock<Arc<AtomicBool>> = OnceLock::new();

/// The flag that every call is given; set once a signal has come.
pub fn flag() -> Arc<AtomicBool> {
    Arc::clone(CANCELLED.get_or_init(Arc::default))
}

/// Begins to watch for signals.
pub fn watch() {
    let flag = flag();
    let handler = move || {
        flag.store(true, Ordering::Relaxed);
        remove_stale_temporaries();
        // A file that was being created at that very moment is known a moment later.
        thread::sleep(Duration::from_millis(30));
        remove_stale_temporaries();
        process::exit(130);
    };
    // Without a handler a signal ends the program at once, which leaves targets whole as well.
    if let Err(e) = ctrlc::set_handler(handler) {
        log::warn!("signals will end the program without cleaning up: {e}");
    }
}
