//! One write into an archive at a time within the program: each reads the old archive and replaces it.

use std::cell::Cell;
use std::sync::{Mutex, MutexGuard, PoisonError};

static WRITING: Mutex<()> = Mutex::new(());

thread_local! {
    static MINE: Cell<bool> = const { Cell::new(false) };
}

/// Held while an archive is replaced.
pub(crate) struct Turn {
    _guard: Option<MutexGuard<'static, ()>>,
}

/// Waits for the turn. The commit of an archive within an archive takes it a second time, and has it already.
pub(crate) fn take() -> Turn {
    if MINE.get() {
        return Turn { _guard: None };
    }
    let guard = WRITING.lock().unwrap_or_else(PoisonError::into_inner);
    MINE.set(true);
    Turn { _guard: Some(guard) }
}

impl Drop for Turn {
    fn drop(&mut self) {
        if self._guard.is_some() {
            MINE.set(false);
        }
    }
}
