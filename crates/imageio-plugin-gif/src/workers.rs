//! Work on several frames side by side.

/// Runs `work` on each item with a tool of its own; results in order.
pub(crate) fn map<I: Send, W: Send, T: Send>(
    items: &mut [I],
    tools: &mut [W],
    work: impl Fn(&mut I, &mut W) -> T + Sync,
) -> Vec<T> {
    imageio_parallel::map(items.iter_mut().zip(tools).collect(), true, |(item, tool)| work(item, tool))
}
