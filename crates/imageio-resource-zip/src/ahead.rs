//! What is about to be read of a member, as a part of its archive.

use std::ops::Range;

use imageio_core::resource::{Ahead, Announce};

/// A member of an archive that wants to know what will be read of it.
pub(crate) struct InArchive {
    pub ahead: Ahead,
    /// Where its content begins.
    pub at: u64,
    pub compressed: u64,
    pub size: u64,
}

impl Announce for InArchive {
    fn announce(&self, span: Range<u64>) {
        let (size, compressed) = (self.size, self.compressed);
        if span.start >= size {
            return;
        }
        let (start, end) = (span.start.min(size), span.end.min(size));
        let (start, end) = match compressed == size {
            true => (start, end),
            // What is packed is unpacked from its begin, and takes about as large a part of what there is.
            false => (0, (u128::from(compressed) * u128::from(end) / u128::from(size.max(1))) as u64),
        };
        self.ahead.announce(self.at.saturating_add(start)..self.at.saturating_add(end));
    }
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};

    use super::*;

    #[derive(Default)]
    struct Heard(Mutex<Vec<Range<u64>>>);

    impl Announce for Heard {
        fn announce(&self, span: Range<u64>) {
            self.0.lock().unwrap().push(span);
        }
    }

    #[test]
    fn spans_of_members_are_spans_of_the_archive() {
        for (compressed, expected) in [(1000, vec![110..150, 1000..1100]), (500, vec![100..125, 100..600])] {
            let heard = Arc::new(Heard::default());
            let ahead = Ahead::new(heard.clone());
            let member = Ahead::new(Arc::new(InArchive { ahead, at: 100, compressed, size: 1000 }));
            member.announce(10..50);
            member.announce(900..u64::MAX);
            member.announce(2000..3000);
            let all = std::mem::take(&mut *heard.0.lock().unwrap());
            assert_eq!(all, expected, "{compressed}");
        }
    }
}
