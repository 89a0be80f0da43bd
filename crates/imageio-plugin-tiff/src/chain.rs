//! The chain of directories, walked as far as it is needed.

use std::collections::HashSet;

use imageio_core::{Error, ErrorKind, Result};

use crate::ifd::{Tiff, Window};

/// Directories beyond this number are taken for damage.
const MAX_PAGES: usize = 1 << 26;

/// Offsets of the directories found so far.
pub(crate) struct Chain {
    offsets: Vec<u64>,
    seen: HashSet<u64>,
    /// The next directory; 0 at the end.
    next: u64,
    /// Why the chain ended before its end.
    pub note: Option<String>,
}

impl Chain {
    /// A chain that begins at `first`.
    pub fn new(first: u64) -> Self {
        Chain { offsets: Vec::new(), seen: HashSet::new(), next: first, note: None }
    }

    /// Offset of page `k`; `None` past the end.
    pub fn get(&mut self, tiff: &Tiff<'_>, k: usize, window: &mut Window) -> Result<Option<u64>> {
        while self.offsets.len() <= k {
            if !self.step(tiff, window)? {
                return Ok(None);
            }
        }
        Ok(self.offsets.get(k).copied())
    }

    /// Every offset.
    pub fn all(&mut self, tiff: &Tiff<'_>, window: &mut Window) -> Result<&[u64]> {
        while self.step(tiff, window)? {}
        Ok(&self.offsets)
    }

    fn step(&mut self, tiff: &Tiff<'_>, window: &mut Window) -> Result<bool> {
        if self.next == 0 {
            return Ok(false);
        }
        let offset = std::mem::take(&mut self.next);
        let k = self.offsets.len();
        if !self.seen.insert(offset) {
            self.note = Some(format!("the chain of directories leads back to byte {offset} after page {}", k - 1));
            return Ok(false);
        }
        if k >= MAX_PAGES {
            return Err(Error::limit(format!("more than {MAX_PAGES} pages")));
        }
        match tiff.next_ifd(offset, window) {
            Ok(next) => {
                self.offsets.push(offset);
                self.next = next;
                Ok(true)
            }
            Err(e) if k == 0 || e.kind() != ErrorKind::Malformed => Err(e),
            Err(e) => {
                self.note = Some(format!("pages from number {k} on can't be read: {e}"));
                Ok(false)
            }
        }
    }
}
