//! Two halves of a picture at the same time.

/// How many parts a picture of so many pixels is worth.
pub(crate) fn parts(pixels: usize) -> usize {
    if cfg!(feature = "parallel") && pixels >= 1 << 16 { 2 } else { 1 }
}

/// What `f` makes of each of at most two items, at the same time.
pub(crate) fn both<T: Send, R: Send>(mut items: Vec<T>, f: impl Fn(T) -> R + Sync) -> Vec<R> {
    let Some(last) = items.pop() else { return Vec::new() };
    std::thread::scope(|scope| {
        let others: Vec<_> = items.into_iter().map(|item| scope.spawn(|| f(item))).collect();
        let last = f(last);
        let joined = others.into_iter().map(|other| other.join().unwrap_or_else(|e| std::panic::resume_unwind(e)));
        joined.collect::<Vec<R>>().into_iter().chain([last]).collect()
    })
}
