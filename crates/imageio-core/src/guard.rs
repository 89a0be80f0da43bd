//! Panics of codecs end here: they become errors, and print nothing.

use std::any::Any;
use std::cell::Cell;
use std::panic::{self, AssertUnwindSafe};
use std::sync::Once;

use crate::error::{Error, ErrorKind, Result};

thread_local! {
    static QUIET: Cell<u32> = const { Cell::new(0) };
}

/// Runs `f` so that a panic in it prints nothing; the panic itself goes on to the caller.
///
/// For plugins that decode on threads of their own: core does this already on the thread that calls a plugin.
pub fn quietly<T>(f: impl FnOnce() -> T) -> T {
    struct Restore;
    impl Drop for Restore {
        fn drop(&mut self) {
            QUIET.with(|q| q.set(q.get().saturating_sub(1)));
        }
    }
    install_hook();
    QUIET.with(|q| q.set(q.get() + 1));
    let _restore = Restore;
    f()
}

/// Runs a call into a plugin: a panic becomes a `Backend` error. The flag tells whether there was one.
pub(crate) fn call<T>(f: impl FnOnce() -> Result<T>) -> (Result<T>, bool) {
    match panic::catch_unwind(AssertUnwindSafe(|| quietly(f))) {
        Ok(result) => (result, false),
        Err(payload) => (Err(backend_error(&*payload)), true),
    }
}

fn backend_error(payload: &(dyn Any + Send)) -> Error {
    let said = payload
        .downcast_ref::<&str>()
        .copied()
        .or_else(|| payload.downcast_ref::<String>().map(String::as_str))
        .unwrap_or("no message");
    Error::new(ErrorKind::Backend, format!("the codec panicked: {said}"))
        .with_hint("the file is probably damaged; if it is not, please report it")
}

fn install_hook() {
    static ONCE: Once = Once::new();
    if ONCE.is_completed() || std::thread::panicking() {
        return;
    }
    ONCE.call_once(|| {
        let previous = panic::take_hook();
        panic::set_hook(Box::new(move |info| {
            if QUIET.with(Cell::get) == 0 {
                previous(info);
            }
        }));
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_is_an_error() {
        let (result, panicked) = call::<()>(|| panic!("index out of {}", "bounds"));
        let e = result.unwrap_err();
        assert!(panicked);
        assert_eq!(e.kind(), ErrorKind::Backend);
        assert!(e.to_string().contains("index out of bounds"));
    }
}
