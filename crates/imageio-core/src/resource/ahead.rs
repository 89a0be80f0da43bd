//! Telling a place that is far away what is about to be read of it.

use std::fmt;
use std::ops::Range;
use std::sync::Arc;

/// Places that are better off if they know what will be read next.
pub trait Announce: Send + Sync {
    /// Most of the bytes of `span` (which may reach beyond the end) are about to be read, in order, by a stream of this
    /// place. A hint: it fetches nothing by itself, and whoever gave it need not keep to it.
    fn announce(&self, span: Range<u64>);
}

/// Passes on what a reader is about to read to the place that it reads from, if that place wants to know.
///
/// Streams of remote files fetch no more at a time than was read already, since nothing tells them how much is wanted.
/// A plugin that is about to decode knows it: what is announced comes by one request rather than by many.
#[derive(Clone, Default)]
pub struct Ahead(Option<Arc<dyn Announce>>);

impl Ahead {
    /// For a place that wants to know.
    pub fn new(place: Arc<dyn Announce>) -> Self {
        Ahead(Some(place))
    }

    /// See [`Announce::announce`].
    pub fn announce(&self, span: Range<u64>) {
        if let Some(place) = self.0.as_ref().filter(|_| !span.is_empty()) {
            place.announce(span);
        }
    }

    /// Announces parts of a file, each by its offset and length, in the order of offsets: neighbours as one span.
    pub fn announce_parts(&self, parts: impl IntoIterator<Item = (u64, u64)>) {
        if self.0.is_none() {
            return;
        }
        let mut span = 0..0;
        for (start, len) in parts {
            let end = start.saturating_add(len);
            if span.is_empty() {
                span = start..end;
            } else if start >= span.start && start.saturating_sub(span.end) <= NEAR {
                span.end = span.end.max(end);
            } else {
                self.announce(std::mem::replace(&mut span, start..end));
            }
        }
        self.announce(span);
    }

    /// Whether anybody wants to know.
    pub fn is_of_use(&self) -> bool {
        self.0.is_some()
    }
}

/// Parts that are no farther from each other make up one span.
const NEAR: u64 = 16 * 1024;

impl fmt::Debug for Ahead {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Ahead").field(&self.is_of_use()).finish()
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use super::*;

    struct Heard(Mutex<Vec<Range<u64>>>);

    impl Announce for Heard {
        fn announce(&self, span: Range<u64>) {
            self.0.lock().unwrap().push(span);
        }
    }

    #[test]
    fn neighbours_are_one_span() {
        let heard = Arc::new(Heard(Mutex::default()));
        let ahead = Ahead::new(heard.clone());
        ahead.announce_parts([(100, 50), (150, 50), (300, 0), (5000, 10), (1 << 20, 7), (10, 3), (u64::MAX - 1, 9)]);
        let all = std::mem::take(&mut *heard.0.lock().unwrap());
        assert_eq!(all, [100..5010, 1 << 20..(1 << 20) + 7, 10..13, u64::MAX - 1..u64::MAX]);
        ahead.announce_parts([]);
        ahead.announce(7..7);
        assert!(heard.0.lock().unwrap().is_empty());
        Ahead::default().announce(0..10);
        assert!(ahead.is_of_use() && !Ahead::default().is_of_use());
    }
}
