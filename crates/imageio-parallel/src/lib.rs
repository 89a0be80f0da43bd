#![doc = include_str!("../README.md")]

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
    if !worth || items.len() < 2 || threads() == 1 {
        return items.into_iter().for_each(f);
    }
    let cells: Vec<_> = items.into_iter().map(|item| Mutex::new(Some(item))).collect();
    run(cells.len(), &|i| {
        let item = cells.get(i).and_then(|cell| lock(cell).take());
        if let Some(item) = item {
            f(item);
        }
    });
}

/// What `f` makes of each item, in order; on several threads if that is `worth` it.
pub fn map<T: Send, R: Send>(items: Vec<T>, worth: bool, f: impl Fn(T) -> R + Sync) -> Vec<R> {
    if !worth || items.len() < 2 || threads() == 1 {
        return items.into_iter().map(f).collect();
    }
    let cells: Vec<_> = items.iter().map(|_| Mutex::new(None)).collect();
    each(items.into_iter().zip(&cells).collect(), true, |(item, cell)| {
        let result = f(item);
        *lock(cell) = Some(result);
    });
    cells.into_iter().filter_map(|cell| cell.into_inner().unwrap_or_else(PoisonError::into_inner)).collect()
}

/// What `f` makes of each item, in order, with a tool that is made once for each thread and used again.
///
/// # Errors
/// The error of the first item, in their order, that failed. Items that no thread has begun by then are left out.
pub fn try_map_with<T: Send, S: Send, R: Send, E: Send>(
    items: Vec<T>,
    worth: bool,
    tool: impl Fn() -> S + Sync,
    f: impl Fn(&mut S, T) -> Result<R, E> + Sync,
) -> Result<Vec<R>, E> {
    if !worth || items.len() < 2 || threads() == 1 {
        let mut tool = tool();
        return items.into_iter().map(|item| f(&mut tool, item)).collect();
    }
    let tools = Mutex::new(Vec::new());
    let failed = AtomicBool::new(false);
    let results = map(items, true, |item| {
        if failed.load(Ordering::Relaxed) {
            return None;
        }
        let waiting = lock(&tools).pop();
        let mut own = waiting.unwrap_or_else(&tool);
        let result = f(&mut own, item);
        lock(&tools).push(own);
        failed.fetch_or(result.is_err(), Ordering::Relaxed);
        Some(result)
    });
    results.into_iter().flatten().collect()
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

/// The one place that rayon's loop is compiled for.
#[inline(never)]
fn run(n: usize, work: &(dyn Fn(usize) + Sync)) {
    #[cfg(feature = "parallel")]
    {
        use rayon::iter::{IntoParallelIterator, ParallelIterator};
        (0..n).into_par_iter().for_each(work);
    }
    #[cfg(not(feature = "parallel"))]
    (0..n).for_each(work);
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
