//! Work on several threads where the `parallel` feature is on; in order on one thread otherwise.

/// Runs both, at the same time if possible.
#[cfg(feature = "parallel")]
pub(crate) fn join<A: Send, B: Send>(a: impl FnOnce() -> A + Send, b: impl FnOnce() -> B + Send) -> (A, B) {
    rayon::join(a, b)
}

/// Runs both, at the same time if possible.
#[cfg(not(feature = "parallel"))]
pub(crate) fn join<A: Send, B: Send>(a: impl FnOnce() -> A + Send, b: impl FnOnce() -> B + Send) -> (A, B) {
    (a(), b())
}

/// How many threads share the work.
pub(crate) fn threads() -> usize {
    #[cfg(feature = "parallel")]
    return rayon::current_num_threads().max(1);
    #[cfg(not(feature = "parallel"))]
    1
}

/// Calls `f` with each item of the list; `several` says whether that is worth more than one thread.
pub(crate) fn each<T: Send>(items: Vec<T>, several: bool, f: impl Fn(T) + Send + Sync) {
    #[cfg(feature = "parallel")]
    if several && items.len() > 1 {
        use rayon::prelude::*;
        return items.into_par_iter().for_each(f);
    }
    let _ = several;
    items.into_iter().for_each(f);
}

/// What `f` makes of each item, in order.
pub(crate) fn map<T: Send, R: Send>(items: Vec<T>, f: impl Fn(T) -> R + Send + Sync) -> Vec<R> {
    #[cfg(feature = "parallel")]
    if items.len() > 1 {
        use rayon::prelude::*;
        return items.into_par_iter().map(f).collect();
    }
    items.into_iter().map(f).collect()
}
