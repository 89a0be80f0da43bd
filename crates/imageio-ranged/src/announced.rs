//! What readers said that they are about to read.

use std::collections::VecDeque;
use std::ops::Range;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// So many spans are kept; of more, the first ones are forgotten.
const MOST: usize = 64;

/// Spans that no request was made for yet.
#[derive(Debug, Default)]
pub(crate) struct Announced(Mutex<VecDeque<Range<u64>>>);

impl Announced {
    fn lock(&self) -> MutexGuard<'_, VecDeque<Range<u64>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub fn add(&self, span: Range<u64>) {
        let mut spans = self.lock();
        // What is said twice is asked for once.
        spans.retain(|other| !(span.start <= other.start && other.end <= span.end));
        spans.push_back(span);
        while spans.len() > MOST {
            spans.pop_front();
        }
    }

    /// Where the span ends in which `position` lies. It counts once: whoever jumps away and comes back is no longer
    /// trusted to read all of it.
    pub fn take(&self, position: u64) -> Option<u64> {
        let mut spans = self.lock();
        let at = spans.iter().position(|span| span.contains(&position))?;
        spans.remove(at).map(|span| span.end)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_counts_once() {
        let announced = Announced::default();
        announced.add(10..20);
        announced.add(5..30);
        announced.add(40..50);
        assert_eq!((announced.take(4), announced.take(30)), (None, None));
        assert_eq!((announced.take(12), announced.take(12)), (Some(30), None));
        assert_eq!(announced.take(40), Some(50));
        for i in 0..100 {
            announced.add(i * 10..i * 10 + 1);
        }
        assert_eq!((announced.take(350), announced.take(360)), (None, Some(361)));
    }
}
