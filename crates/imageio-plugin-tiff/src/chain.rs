//! The chain of directories, walked as far as it is needed.

use std::collections::HashSet;

use imageio_core::{Error, ErrorKind, Result};

use crate::blame::{Blame, named_ifd};
use crate::ifd::{Tiff, Window};

/// Directories beyond this number are taken for damage.
const MAX_PAGES: usize = 1 << 26;

/// Offsets of the directories found so far.
pub(crate) struct Chain {
    offsets: Vec<u64>,
    /// The largest of `offsets`: one beyond it is new.
    highest: u64,
    /// All of `offsets`, once one of them was not beyond those before it.
    seen: Option<HashSet<u64>>,
    /// The next directory; 0 at the end.
    next: u64,
    /// Why the chain ended before its end.
    pub note: Option<String>,
}

impl Chain {
    /// A chain that begins at `first`.
    pub fn new(first: u64) -> Self {
        Chain { offsets: Vec::new(), highest: 0, seen: None, next: first, note: None }
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

    /// Adds the number of the page whose directory an error names.
    pub fn locate(&self, error: Error) -> Error {
        let ifd = named_ifd(&error);
        match self.offsets.iter().position(|offset| Some(*offset) == ifd) {
            Some(k) => error.with("page", k),
            None => error,
        }
    }

    fn is_new(&mut self, offset: u64) -> bool {
        if self.seen.is_none() && offset > self.highest {
            self.highest = offset;
            return true;
        }
        self.seen.get_or_insert_with(|| self.offsets.iter().copied().collect()).insert(offset)
    }

    fn step(&mut self, tiff: &Tiff<'_>, window: &mut Window) -> Result<bool> {
        if self.next == 0 {
            return Ok(false);
        }
        let offset = std::mem::take(&mut self.next);
        let k = self.offsets.len();
        if !self.is_new(offset) {
            let last = self.offsets.last().copied().unwrap_or(0);
            self.note = Some(format!(
                "the chain of directories leads back to byte {offset} after page {} (ifd: {last})",
                k.saturating_sub(1)
            ));
            return Ok(false);
        }
        if k >= MAX_PAGES {
            return Err(Error::limit(format!("more than {MAX_PAGES} pages")).ifd(offset));
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
