//! Who is told of all transfers, such as a program with a bar at the foot of its terminal.

use std::sync::{PoisonError, RwLock};

use imageio_core::ProgressFn;

static HOOK: RwLock<Option<ProgressFn>> = RwLock::new(None);

/// Sets what is told how many bytes of a file came, and of how many, for files that were opened by their URL or whose
/// [`HttpResource`](crate::HttpResource) names no callback of its own. It counts for what is opened later; `None` takes
/// it away.
pub fn on_transfer(hook: Option<ProgressFn>) {
    *HOOK.write().unwrap_or_else(PoisonError::into_inner) = hook;
}

pub(crate) fn hook() -> Option<ProgressFn> {
    HOOK.read().unwrap_or_else(PoisonError::into_inner).clone()
}
