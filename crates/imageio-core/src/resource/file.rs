//! A regular file as a buffered stream.

use std::fs::File;
use std::io::{self, BufRead, IoSliceMut, Read, Seek, SeekFrom};

use super::stream::BUFFER;

/// Bytes of the first read: most headers, and all of a tiny file, without copying what nobody will look at.
const FIRST: usize = 4096;

/// As a `BufReader`, but the first read is small, and the file can be had back.
pub(crate) struct FileStream {
    file: File,
    /// What was read of the file up to `end`.
    buf: Vec<u8>,
    /// Bytes of `buf` that are valid, and how many of them were taken.
    filled: usize,
    taken: usize,
    /// Where the file stands: behind the last valid byte.
    end: u64,
    len: u64,
}

impl FileStream {
    /// A file that stands at its start and is `len` bytes long.
    pub fn new(file: File, len: u64) -> Self {
        FileStream { file, buf: Vec::new(), filled: 0, taken: 0, end: 0, len }
    }

    /// Length when the file was opened.
    pub fn len(&self) -> u64 {
        self.len
    }

    /// The file, at its start.
    pub fn into_file(mut self) -> io::Result<File> {
        self.file.seek(SeekFrom::Start(0))?;
        Ok(self.file)
    }

    /// The first `n` bytes, or all that there are: before anything was taken. They are not taken.
    pub fn head(&mut self, n: usize) -> io::Result<&[u8]> {
        self.room(n.max(FIRST));
        while self.filled < n && self.refill()? > 0 {}
        Ok(self.buf.get(..n.min(self.filled)).unwrap_or_default())
    }

    fn room(&mut self, n: usize) {
        if self.buf.len() < n {
            self.buf.resize(n, 0);
        }
    }

    /// Reads behind what is there; returns how much.
    fn refill(&mut self) -> io::Result<usize> {
        loop {
            match self.file.read(self.buf.get_mut(self.filled..).unwrap_or_default()) {
                Ok(n) => {
                    self.filled += n;
                    self.end += n as u64;
                    return Ok(n);
                }
                Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
                Err(e) => return Err(e),
            }
        }
    }

    fn left(&self) -> &[u8] {
        self.buf.get(self.taken..self.filled).unwrap_or_default()
    }

    fn position(&self) -> u64 {
        self.end - self.left().len() as u64
    }

    fn empty(&mut self) {
        (self.filled, self.taken) = (0, 0);
    }
}

impl BufRead for FileStream {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        if self.taken == self.filled {
            self.empty();
            self.room(if self.end == 0 { FIRST } else { BUFFER });
            self.refill()?;
        }
        Ok(self.left())
    }

    fn consume(&mut self, n: usize) {
        self.taken = (self.taken + n).min(self.filled);
    }
}

impl Read for FileStream {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        // What is larger than the buffer goes past it.
        if self.taken == self.filled && out.len() >= BUFFER {
            self.empty();
            let n = self.file.read(out)?;
            self.end += n as u64;
            return Ok(n);
        }
        let n = self.fill_buf()?.read(out)?;
        self.consume(n);
        Ok(n)
    }

    fn read_vectored(&mut self, outs: &mut [IoSliceMut<'_>]) -> io::Result<usize> {
        // Many short rows are as good as a long one.
        if self.taken == self.filled && outs.iter().map(|out| out.len()).sum::<usize>() >= BUFFER {
            self.empty();
            let n = self.file.read_vectored(outs)?;
            self.end += n as u64;
            return Ok(n);
        }
        let n = self.fill_buf()?.read_vectored(outs)?;
        self.consume(n);
        Ok(n)
    }

    fn read_to_end(&mut self, out: &mut Vec<u8>) -> io::Result<usize> {
        let left = self.left();
        let had = left.len();
        out.try_reserve(had)?;
        out.extend_from_slice(left);
        self.empty();
        let n = self.file.read_to_end(out)?;
        self.end += n as u64;
        Ok(had + n)
    }
}

impl Seek for FileStream {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        let target = match to {
            SeekFrom::Start(target) => target,
            SeekFrom::Current(0) => return Ok(self.position()),
            SeekFrom::Current(by) => self.position().checked_add_signed(by).ok_or_else(|| {
                io::Error::new(io::ErrorKind::InvalidInput, "a position before the start of the file")
            })?,
            SeekFrom::End(_) => {
                let at = self.file.seek(to)?;
                self.empty();
                self.end = at;
                return Ok(at);
            }
        };
        // What is in the buffer stays there.
        let start = self.end - self.filled as u64;
        if (start..=self.end).contains(&target) {
            self.taken = (target - start) as usize;
            return Ok(target);
        }
        self.end = self.file.seek(SeekFrom::Start(target))?;
        self.empty();
        Ok(target)
    }

    fn stream_position(&mut self) -> io::Result<u64> {
        Ok(self.position())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A file of `n` bytes, each of which says where it is.
    fn file(name: &str, n: usize) -> (FileStream, Vec<u8>) {
        let content: Vec<u8> = (0..n).map(|i| (i % 251) as u8).collect();
        let path = std::env::temp_dir().join(format!("imageio-file-{}-{name}", std::process::id()));
        std::fs::write(&path, &content).unwrap();
        let stream = FileStream::new(File::open(&path).unwrap(), n as u64);
        let _ = std::fs::remove_file(path);
        (stream, content)
    }

    #[test]
    fn reads_as_a_cursor_does() {
        let (mut stream, content) = file("cursor", 200_000);
        let mut cursor = io::Cursor::new(content);
        assert_eq!(stream.head(256).unwrap(), &cursor.get_ref()[..256]);
        let moves = [
            (SeekFrom::Start(0), 10),
            (SeekFrom::Current(0), 5_000),
            (SeekFrom::Current(-4_000), 300),
            (SeekFrom::Start(4_096), 1),
            (SeekFrom::Current(70_000), 40_000),
            (SeekFrom::End(-20), 100),
            (SeekFrom::Start(3), 150_000),
            (SeekFrom::Current(-150_003), 7),
            (SeekFrom::End(50), 10),
            (SeekFrom::Start(199_990), 4_096),
        ];
        for (to, n) in moves {
            assert_eq!(stream.seek(to).unwrap(), cursor.seek(to).unwrap(), "{to:?}");
            let (mut a, mut b) = (Vec::new(), Vec::new());
            stream.by_ref().take(n).read_to_end(&mut a).unwrap();
            cursor.by_ref().take(n).read_to_end(&mut b).unwrap();
            assert!(a == b, "{n} bytes after {to:?}");
            assert_eq!(stream.stream_position().unwrap(), cursor.stream_position().unwrap(), "{to:?}");
        }
        assert!(stream.seek(SeekFrom::Current(-300_000)).is_err());
    }

    #[test]
    fn several_places_at_once() {
        let (mut stream, content) = file("places", 200_000);
        let mut out = vec![0; 200_000];
        stream.read_exact(&mut out[..10]).unwrap();
        let mut done = 10;
        while done < out.len() {
            let mut places: Vec<_> = out[done..].chunks_mut(30_000).map(IoSliceMut::new).collect();
            let n = stream.read_vectored(&mut places).unwrap();
            assert!(n > 0, "{done}");
            done += n;
            assert_eq!(stream.stream_position().unwrap(), done as u64);
        }
        assert!(out == content);
        assert_eq!(stream.read_vectored(&mut [IoSliceMut::new(&mut [0; 8])]).unwrap(), 0);
    }

    #[test]
    fn the_rest_and_the_file_can_be_had() {
        for n in [0, 10, 4_096, 4_097, 100_000] {
            let (mut stream, content) = file("rest", n);
            assert_eq!(stream.head(5_000).unwrap(), &content[..n.min(5_000)]);
            let taken = n.min(3);
            stream.read_exact(&mut [0; 3][..taken]).unwrap();
            let mut rest = Vec::new();
            assert_eq!(stream.read_to_end(&mut rest).unwrap(), n - taken);
            assert!(rest == content[taken..], "{n}");
            assert_eq!((stream.len(), stream.read(&mut [0; 8]).unwrap()), (n as u64, 0));
            let mut whole = Vec::new();
            stream.into_file().unwrap().read_to_end(&mut whole).unwrap();
            assert!(whole == content, "{n}");
        }
    }
}
