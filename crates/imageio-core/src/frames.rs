//! Iterating over the images of a resource.

use std::fmt;

use crate::error::{Error, ErrorKind, Result};
use crate::image::NdImage;
use crate::reader::Reader;

/// Where an iteration stands. It ends at the first index that is out of range, and after any other error.
#[derive(Debug, Default)]
struct Cursor {
    next: usize,
    over: bool,
}

impl Cursor {
    fn step(&mut self, reader: &mut Reader<'_>) -> Option<Result<NdImage>> {
        if self.over {
            return None;
        }
        let k = self.next;
        self.next += 1;
        match reader.frame(k, None) {
            Ok(Some(image)) => Some(Ok(image)),
            Ok(None) => {
                self.over = true;
                Some(Err(Error::new(ErrorKind::Backend, "no image came of the read")))
            }
            Err(e) => {
                self.over = true;
                // Out of range for exactly this index is the end, unless it is the very first one.
                (e.kind() != ErrorKind::IndexOutOfRange).then_some(Err(e))
            }
        }
    }
}

/// Images in order, borrowed from a [`Reader`]; each is decoded when it is asked for.
pub struct Frames<'a, 'r> {
    reader: &'a mut Reader<'r>,
    cursor: Cursor,
}

impl<'a, 'r> Frames<'a, 'r> {
    pub(crate) fn new(reader: &'a mut Reader<'r>) -> Self {
        Frames { reader, cursor: Cursor::default() }
    }
}

impl Iterator for Frames<'_, '_> {
    type Item = Result<NdImage>;

    fn next(&mut self) -> Option<Self::Item> {
        self.cursor.step(self.reader)
    }
}

/// Images in order, owning the reader: what [`imiter`](crate::v3::imiter) returns.
pub struct IntoFrames<'r> {
    reader: Reader<'r>,
    cursor: Cursor,
}

impl<'r> IntoFrames<'r> {
    pub(crate) fn new(reader: Reader<'r>) -> Self {
        IntoFrames { reader, cursor: Cursor::default() }
    }

    /// The reader, for properties and metadata between frames.
    pub fn reader(&mut self) -> &mut Reader<'r> {
        &mut self.reader
    }
}

impl Iterator for IntoFrames<'_> {
    type Item = Result<NdImage>;

    fn next(&mut self) -> Option<Self::Item> {
        self.cursor.step(&mut self.reader)
    }
}

impl fmt::Debug for Frames<'_, '_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Frames").field("next", &self.cursor.next).finish_non_exhaustive()
    }
}

impl fmt::Debug for IntoFrames<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("IntoFrames").field("reader", &self.reader).field("next", &self.cursor.next).finish()
    }
}
