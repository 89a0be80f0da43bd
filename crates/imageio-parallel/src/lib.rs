#![doc = include_str!("../README.md")]

use std::convert::Infallible;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// How many threads share the work: at least 1.
pub fn threads() -> usize {
    #[cfg(feature = "parallel")]
    return rayon::current_num_threads().max(1);
    #[cfg(not(feature = "parallel"))]
    1
}

/// Runs both, at the same time if that is `worth` it.
pub fn join<A: Send, B: Send>(worth: bool, a: impl FnOnce() -> A + Send, b: impl FnOnce() -> B + Send) -> (A, B) {
    if !worth || threads() == 1 {
        return (a(), b());
    }
    let (mut first, mut second) = (Once::Waiting(a), Once::Waiting(b));
    run_both(&mut || first.run(), &mut || second.run());
    (first.result(), second.result())
}

/// Calls `f` with each item; on several threads if that is `worth` it.
pub fn each<T: Send>(items: Vec<T>, worth: bool, f: impl Fn(T) + Sync) {
    let each = try_each_with(
        items,
        worth,
        || (),
        |(), item| {
            f(item);
            Ok::<(), Infallible>(())
        },
    );
    each.unwrap_or_else(|never| match never {});
}

/// What `f` makes of each item, in order; on several threads if that is `worth` it.
pub fn map<T: Send, R: Send>(items: Vec<T>, worth: bool, f: impl Fn(T) -> R + Sync) -> Vec<R> {
    let all = try_map_with(items, worth, || (), |(), item| Ok::<R, Infallible>(f(item)));
    all.unwrap_or_else(|never| match never {})
}

/// What `f` makes of each item, in order, with a tool that is made once for each thread and used again.
///
/// # Errors
/// The error of the first item, in their order, that failed. Items that no thread has begun by then are left out.
pub fn try_map_with<T: Send, S, R: Send, E: Send>(
    items: Vec<T>,
    worth: bool,
    tool: impl Fn() -> S + Sync,
    f: impl Fn(&mut S, T) -> Result<R, E> + Sync,
) -> Result<Vec<R>, E> {
    let mut results: Vec<Option<R>> = items.iter().map(|_| None).collect();
    try_each_with(items.into_iter().zip(&mut results), worth, tool, |tool, (item, place)| {
        *place = Some(f(tool, item)?);
        Ok(())
    })?;
    Ok(results.into_iter().flatten().collect())
}

/// Calls `f` with each item and a tool that is made once for each thread. Items are taken one at a time and in
/// order, when a thread is free for them: an iterator may read each from a file, and nothing of it lies in memory
/// for longer than it takes. It must not wait for other work of this crate, since the threads wait for it.
///
/// # Errors
/// The error of the first item, in their order, that failed. Items that no thread has begun by then are left out.
pub fn try_each_with<I: IntoIterator<IntoIter: Send>, S, E: Send>(
    items: I,
    worth: bool,
    tool: impl Fn() -> S + Sync,
    f: impl Fn(&mut S, I::Item) -> Result<(), E> + Sync,
) -> Result<(), E> {
    let mut items = items.into_iter();
    let most = if worth { items.size_hint().1.unwrap_or(usize::MAX) } else { 1 };
    // Asked only where it matters: the first who asks starts the threads.
    let workers = if most < 2 { 1 } else { most.min(threads()) };
    if workers < 2 {
        let mut tool = tool();
        return items.try_for_each(|item| f(&mut tool, item));
    }
    let items = Mutex::new(items.enumerate().fuse());
    let failed = AtomicBool::new(false);
    let first: Mutex<Option<(usize, E)>> = Mutex::new(None);
    on_threads(workers, &|| {
        let mut own = None;
        while !failed.load(Ordering::Relaxed) {
            let Some((at, item)) = lock(&items).next() else { return };
            if let Err(e) = f(own.get_or_insert_with(&tool), item) {
                failed.store(true, Ordering::Relaxed);
                // All items before this one have been begun and come to their end.
                let mut first = lock(&first);
                if first.as_ref().is_none_or(|(before, _)| at < *before) {
                    *first = Some((at, e));
                }
            }
        }
    });
    first.into_inner().unwrap_or_else(PoisonError::into_inner).map_or(Ok(()), |(_, e)| Err(e))
}

/// Something to be done once, and what came of it.
enum Once<F, R> {
    Waiting(F),
    Running,
    Done(R),
}

impl<R, F: FnOnce() -> R> Once<F, R> {
    fn run(&mut self) {
        if let Once::Waiting(f) = std::mem::replace(self, Once::Running) {
            *self = Once::Done(f());
        }
    }

    fn result(self) -> R {
        match self {
            Once::Done(result) => result,
            Once::Waiting(f) => f(),
            // A panic of the work goes through `run_both` to the caller, so that nobody comes here.
            Once::Running => unreachable!("work that did not end"),
        }
    }
}

fn lock<T>(cell: &Mutex<T>) -> MutexGuard<'_, T> {
    cell.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Runs `worker` on as many threads as are free of `count`, on one at least.
#[inline(never)]
fn on_threads(count: usize, worker: &(dyn Fn() + Sync)) {
    #[cfg(feature = "parallel")]
    rayon::scope(|scope| {
        (1..count).for_each(|_| scope.spawn(|_| worker()));
        worker();
    });
    #[cfg(not(feature = "parallel"))]
    (0..count.min(1)).for_each(|_| worker());
}

#[inline(never)]
fn run_both(a: &mut (dyn FnMut() + Send), b: &mut (dyn FnMut() + Send)) {
    #[cfg(feature = "parallel")]
    rayon::join(a, b);
    #[cfg(not(feature = "parallel"))]
    {
        a();
        b();
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::AtomicUsize;

    use super::*;

    #[test]
    fn results_are_in_order() {
        let squares = map((0..1000usize).collect(), true, |n| n * n);
        assert!(squares.iter().enumerate().all(|(k, v)| *v == k * k));
        assert_eq!(squares.len(), 1000);
        assert_eq!(map(vec![3, 4], false, |n| n + 1), [4, 5]);
        assert_eq!(map(Vec::<u8>::new(), true, |n| n), []);
    }

    #[test]
    fn each_item_once() {
        let mut places = vec![0u8; 257];
        each(places.iter_mut().collect(), true, |place| *place += 1);
        assert!(places.iter().all(|n| *n == 1));
    }

    #[test]
    fn the_first_error_by_order() {
        let made = AtomicUsize::new(0);
        let tool = || made.fetch_add(1, Ordering::Relaxed);
        let all = try_map_with((0..100).collect(), true, tool, |_, n| Ok::<i32, i32>(n * 2));
        assert_eq!(all.map(|v| (v.len(), v[99])), Ok((100, 198)));
        assert!(made.load(Ordering::Relaxed) <= threads());
        for _ in 0..50 {
            let one = try_map_with((0..100).collect(), true, || (), |(), n| if n == 7 { Err(n) } else { Ok(n) });
            assert_eq!(one, Err(7));
        }
    }

    #[test]
    fn items_are_made_when_they_are_wanted() {
        let (made, done) = (AtomicUsize::new(0), AtomicUsize::new(0));
        let most = AtomicUsize::new(0);
        let items = (0..500).inspect(|_| {
            let waiting = made.fetch_add(1, Ordering::SeqCst) + 1 - done.load(Ordering::SeqCst);
            most.fetch_max(waiting, Ordering::SeqCst);
        });
        let sum = AtomicUsize::new(0);
        let all = try_each_with(
            items,
            true,
            || (),
            |(), n| {
                sum.fetch_add(n, Ordering::SeqCst);
                done.fetch_add(1, Ordering::SeqCst);
                Ok::<(), ()>(())
            },
        );
        assert_eq!((all, sum.into_inner()), (Ok(()), 500 * 499 / 2));
        assert!(most.into_inner() <= threads());
        let until = AtomicUsize::new(0);
        let endless = try_each_with(
            0..,
            true,
            || (),
            |(), n| {
                until.fetch_max(n, Ordering::SeqCst);
                if n >= 20 { Err(n) } else { Ok(()) }
            },
        );
        assert_eq!(endless, Err(20));
        assert!(until.into_inner() < 20 + threads());
    }

    #[test]
    fn work_within_work() {
        let table = map((0..20usize).collect(), true, |a| map((0..20usize).collect(), true, move |b| a * b));
        assert!(table.iter().enumerate().all(|(a, row)| row.iter().enumerate().all(|(b, v)| *v == a * b)));
    }

    #[test]
    fn both_run() {
        let text = String::from("moved");
        assert_eq!(join(true, move || text.len(), || 7), (5, 7));
        assert_eq!(join(false, || 1, || 2), (1, 2));
    }

    #[test]
    fn a_panic_reaches_the_caller() {
        let all = std::panic::catch_unwind(|| each(vec![1, 2, 3], true, |n| assert!(n != 2, "two")));
        assert!(all.is_err());
        let both = std::panic::catch_unwind(|| join(true, || assert!(threads() == 0, "no threads"), || ()));
        assert!(both.is_err());
    }
}
