//! What is in the lists of pictures, one chunk after the other.

use std::io::{Read, Seek};

use super::{head, stream_of};
use crate::{Doubt, Result};

/// A chunk of a stream.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Chunk {
    /// The stream.
    pub stream: usize,
    /// What is in it: `dc` and `db` for pictures, `wb` for sound, `pc` for a change of the palette.
    pub kind: [u8; 2],
    /// Where its content begins in the file.
    pub at: u64,
    /// Bytes of its content.
    pub size: u64,
}

/// A place among the chunks of a file.
#[derive(Debug, Clone)]
pub struct Chunks {
    lists: Vec<(u64, u64)>,
    n_streams: usize,
    /// In which list this is, and where.
    list: usize,
    at: Option<u64>,
}

impl Chunks {
    pub(super) fn new(lists: Vec<(u64, u64)>, n_streams: usize) -> Self {
        Chunks { lists, n_streams, list: 0, at: None }
    }

    /// The next chunk, in the order in which they are in the file; `None` at the end.
    ///
    /// # Errors
    /// A [`Doubt`] about damage. Nothing follows it.
    pub fn next(&mut self, source: &mut (impl Read + Seek)) -> Result<Option<Chunk>> {
        loop {
            let Some((start, end)) = self.lists.get(self.list).copied() else { return Ok(None) };
            let at = self.at.unwrap_or(start);
            if at >= end {
                (self.list, self.at) = (self.list + 1, None);
                continue;
            }
            let (name, start, stop, next) = head(source, at, end)?;
            self.at = Some(next);
            if &name == b"JUNK" || (name[..2] == *b"ix" && stream_of([name[2], name[3]]).is_some()) {
                continue;
            }
            // Groups of chunks, and whatever else.
            let stream = stream_of([name[0], name[1]]).filter(|n| *n < self.n_streams);
            let stream = stream.ok_or(Doubt("there is an unknown part among the pictures"))?;
            return Ok(Some(Chunk { stream, kind: [name[2], name[3]], at: start, size: stop - start }));
        }
    }
}
