//! Work on several frames side by side.

/// Runs `work` on each item with a tool of its own; results in order.
#[cfg(feature = "parallel")]
pub(crate) fn map<I: Send, W: Send, T: Send>(
    items: &mut [I],
    tools: &mut [W],
    work: impl Fn(&mut I, &mut W) -> T + Send + Sync,
) -> Vec<T> {
    use rayon::prelude::*;
    if items.len() < 2 {
        return items.iter_mut().zip(tools).map(|(item, tool)| work(item, tool)).collect();
    }
    items.par_iter_mut().zip(tools).map(|(item, tool)| work(item, tool)).collect()
}

/// Runs `work` on each item with a tool of its own; results in order.
#[cfg(not(feature = "parallel"))]
pub(crate) fn map<I, W, T>(items: &mut [I], tools: &mut [W], work: impl Fn(&mut I, &mut W) -> T) -> Vec<T> {
    items.iter_mut().zip(tools).map(|(item, tool)| work(item, tool)).collect()
}

/// How many threads work.
pub(crate) fn count() -> usize {
    #[cfg(feature = "parallel")]
    return rayon::current_num_threads();
    #[cfg(not(feature = "parallel"))]
    1
}

/// Runs two things, side by side if so said.
#[cfg(feature = "parallel")]
pub(crate) fn both<A: Send, B: Send>(
    parallel: bool,
    a: impl FnOnce() -> A + Send,
    b: impl FnOnce() -> B + Send,
) -> (A, B) {
    if parallel { rayon::join(a, b) } else { (a(), b()) }
}

/// Runs two things one after the other.
#[cfg(not(feature = "parallel"))]
pub(crate) fn both<A, B>(_: bool, a: impl FnOnce() -> A, b: impl FnOnce() -> B) -> (A, B) {
    (a(), b())
}
