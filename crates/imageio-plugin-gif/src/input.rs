use std::io::{self, Cursor, Read, Seek, SeekFrom};

use imageio_core::resource::Ahead;
use imageio_core::{ReadSeek, Request, Result};

/// A stream that knows where it stands, so that going on where the last read ended costs no seek.
pub(crate) struct Input<'r> {
    stream: Box<dyn ReadSeek + 'r>,
    position: u64,
    /// Length of a file that is far away and may be held in memory, but is not yet.
    far: Option<usize>,
    ahead: Ahead,
}

/// A longer file is fetched again rather than held.
const HELD: u64 = 256 << 20;

/// Memory that is touched before anything has come.
const FIRST: usize = 1 << 20;

impl<'r> Input<'r> {
    /// A stream that stands at its beginning.
    pub fn new(stream: Box<dyn ReadSeek + 'r>) -> Self {
        Input { stream, position: 0, far: None, ahead: Ahead::default() }
    }

    /// The stream of a request.
    pub fn open(request: &mut dyn Request<'r>) -> Result<Self> {
        let stream = request.stream()?;
        let far = match request.has_cheap_streams() {
            true => None,
            false => request.size().filter(|size| *size <= request.limits().max_alloc.unwrap_or(HELD).min(HELD)),
        };
        let far = far.and_then(|size| usize::try_from(size).ok());
        Ok(Input { far, ahead: request.ahead(), ..Input::new(stream) })
    }

    /// Says that the file is about to be walked through to its end: one that is far away comes by one request then,
    /// and is held, since its pixels are wanted after its structure.
    pub fn fetch(&mut self) -> Result<()> {
        let Some(size) = self.far.take() else { return Ok(()) };
        let mut content = Vec::new();
        if content.try_reserve_exact(size).is_err() {
            return Ok(());
        }
        // Wherever this leaves the stream, the next read seeks.
        self.position = u64::MAX;
        self.stream.seek(SeekFrom::Start(0))?;
        self.ahead.announce(0..size as u64);
        let mut filled = 0;
        while filled < size {
            if filled == content.len() {
                // Touched as the bytes come: the size is a claim that the server may not keep.
                content.resize(size.min(filled + filled.max(FIRST)), 0);
            }
            match self.stream.read(&mut content[filled..]) {
                Ok(0) => break,
                Ok(n) => filled += n,
                Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
                Err(e) => return Err(e.into()),
            }
        }
        content.truncate(filled);
        // A file that is longer than was said is read as it comes.
        if filled < size || self.stream.fill_buf()?.is_empty() {
            self.stream = Box::new(Cursor::new(content));
        }
        Ok(())
    }

    /// Offset of the next byte.
    pub fn position(&self) -> u64 {
        self.position
    }

    /// Length of the file; a pipe is read to its end for it.
    pub fn measure(&mut self) -> Option<u64> {
        self.position = u64::MAX;
        self.stream.seek(SeekFrom::End(0)).ok()
    }

    /// Goes to an offset. Always a seek after a failed read, since the stream may stand anywhere then.
    pub fn go_to(&mut self, offset: u64) -> Result<()> {
        if self.position != offset {
            self.position = u64::MAX;
            self.stream.seek(SeekFrom::Start(offset))?;
            self.position = offset;
        }
        Ok(())
    }

    /// The next byte; `None` at the end.
    pub fn byte(&mut self) -> Result<Option<u8>> {
        let first = self.fill()?.first().copied();
        if first.is_some() {
            self.consume(1);
        }
        Ok(first)
    }

    /// Fills `out`; `false` if the data end before it is full.
    pub fn exact(&mut self, out: &mut [u8]) -> Result<bool> {
        let mut rest = out;
        while !rest.is_empty() {
            let buffer = self.fill()?;
            let n = buffer.len().min(rest.len());
            if n == 0 {
                return Ok(false);
            }
            let (now, later) = rest.split_at_mut(n);
            now.copy_from_slice(&buffer[..n]);
            rest = later;
            self.consume(n);
        }
        Ok(true)
    }

    /// Passes over sub-blocks up to and with their terminator; `false` if the data end before it.
    pub fn skip_blocks(&mut self) -> Result<bool> {
        self.each_block(|_| {}, |_| {})
    }

    /// Appends the content of sub-blocks to `out`, but no more than about `most` bytes of it.
    pub fn collect_blocks(&mut self, out: &mut Vec<u8>, most: usize) -> Result<bool> {
        let mut room = most;
        self.each_block(
            |_| {},
            |part| {
                let part = &part[..part.len().min(room)];
                room -= part.len();
                out.extend_from_slice(part);
            },
        )
    }

    /// As [`collect_blocks`](Self::collect_blocks), keeping the length bytes as well.
    pub fn collect_raw(&mut self, out: &mut Vec<u8>, most: usize) -> Result<bool> {
        let out = std::cell::RefCell::new(out);
        let push = |part: &[u8]| {
            let mut out = out.borrow_mut();
            if out.len() < most {
                out.extend_from_slice(part);
            }
        };
        self.each_block(|length| push(&[length]), push)
    }

    fn each_block(&mut self, mut length: impl FnMut(u8), mut content: impl FnMut(&[u8])) -> Result<bool> {
        let mut pending = 0usize;
        loop {
            let buffer = self.fill()?;
            let len = buffer.len();
            if len == 0 {
                return Ok(false);
            }
            let mut rest = buffer;
            let ended = loop {
                let (now, later) = rest.split_at(pending.min(rest.len()));
                content(now);
                pending -= now.len();
                let Some((n, later)) = later.split_first() else { break false };
                length(*n);
                pending = usize::from(*n);
                rest = later;
                if pending == 0 {
                    break true;
                }
            };
            let used = if ended { len - rest.len() } else { len };
            self.consume(used);
            if ended {
                return Ok(true);
            }
        }
    }

    fn fill(&mut self) -> io::Result<&[u8]> {
        loop {
            match self.stream.fill_buf() {
                Ok(_) => break,
                Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
                Err(e) => {
                    self.position = u64::MAX;
                    return Err(e);
                }
            }
        }
        // Asked twice since a borrow that is returned from inside a loop is not accepted; the second is free.
        self.stream.fill_buf()
    }

    fn consume(&mut self, n: usize) {
        self.stream.consume(n);
        self.position = self.position.saturating_add(n as u64);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::BufReader;

    #[test]
    fn blocks_across_any_buffer() {
        let mut data = vec![3, 1, 2, 3, 2, 4, 5, 0, 99];
        for capacity in 1..10 {
            let stream = BufReader::with_capacity(capacity, Cursor::new(data.clone()));
            let mut input = Input::new(Box::new(stream));
            let mut got = Vec::new();
            assert!(input.collect_blocks(&mut got, 4).unwrap());
            assert_eq!((got.as_slice(), input.position()), (&[1, 2, 3, 4][..], 8), "{capacity}");
            assert_eq!(input.byte().unwrap(), Some(99));
            assert_eq!(input.byte().unwrap(), None);
            input.go_to(4).unwrap();
            got.clear();
            assert!(input.collect_raw(&mut got, 100).unwrap());
            assert_eq!(got, [2, 4, 5, 0]);
            input.go_to(0).unwrap();
            assert!(input.skip_blocks().unwrap());
            assert_eq!(input.position(), 8);
        }
        data.truncate(7);
        let mut input = Input::new(Box::new(Cursor::new(data)));
        assert!(!input.skip_blocks().unwrap());
    }

    #[test]
    fn what_is_far_is_fetched_once() {
        let data: Vec<u8> = (0..100).collect();
        // As long as was said, longer, and shorter.
        for said in [100, 60, 140] {
            let stream = BufReader::with_capacity(8, Cursor::new(data.clone()));
            let mut input = Input { far: Some(said), ..Input::new(Box::new(stream)) };
            let mut few = [0; 10];
            assert!(input.exact(&mut few).unwrap());
            input.fetch().unwrap();
            assert_eq!(input.stream.fill_buf().unwrap().len() == 100, said != 60, "{said}");
            for offset in [10, 90, 3] {
                input.go_to(offset).unwrap();
                assert!(input.exact(&mut few).unwrap());
                assert_eq!(few[..], data[offset as usize..offset as usize + 10], "{said}");
            }
            input.go_to(95).unwrap();
            assert!(!input.exact(&mut few).unwrap(), "{said}");
            // Nothing is left to be done.
            input.fetch().unwrap();
        }
    }
}
