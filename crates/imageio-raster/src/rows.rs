//! Rows of fixed length, read straight into the memory of a frame.

use std::io::{IoSliceMut, Read, SeekFrom};

use imageio_core::resource::Ahead;
use imageio_core::{Error, ReadSeek, Request, Result};

/// Bytes read at a time. Larger than the first cache, smaller than the second: what was just read is still near
/// when it is converted, and the destination is touched once.
const BLOCK: usize = 128 * 1024;

/// Bytes read at a time of what is changed where it lies: one place instead of two, and fewer calls.
const CHANGED: usize = 256 * 1024;

/// Bytes read at a time of what is not converted.
const PIECE: usize = 2 << 20;

/// Rows that are read at a time, at most: systems take so many places for one read.
const MOST_ROWS: usize = 256;

/// Below this many bytes a second thread costs more than it saves.
const LARGE: u64 = 2 << 20;

/// One file, opened as often as there are threads to read it.
pub struct Streams<'r> {
    streams: Vec<Box<dyn ReadSeek + 'r>>,
    size: Option<u64>,
    ahead: Ahead,
}

impl<'r> Streams<'r> {
    /// Opens the file once.
    pub fn open(request: &mut dyn Request<'r>) -> Result<Self> {
        let size = request.size();
        Ok(Streams { streams: vec![request.stream()?], size, ahead: request.ahead() })
    }

    /// Opens the file a second time if `bytes` of pixels are worth it and it is a local file or memory.
    pub fn widen(&mut self, request: &mut dyn Request<'r>, bytes: u64) -> Result<()> {
        if cfg!(feature = "parallel") && bytes >= LARGE && self.streams.len() == 1 && request.has_cheap_streams() {
            self.streams.push(request.stream()?);
        }
        Ok(())
    }

    /// Whether two parts are read at the same time.
    pub fn is_wide(&self) -> bool {
        self.streams.len() > 1
    }

    /// The stream, wherever it stands.
    pub fn first(&mut self) -> Result<&mut (dyn ReadSeek + 'r)> {
        match self.streams.first_mut() {
            Some(stream) => Ok(stream.as_mut()),
            None => Err(Error::new(imageio_core::ErrorKind::Backend, "no stream is open")),
        }
    }

    /// The stream, standing at `offset`.
    pub fn at(&mut self, offset: u64) -> Result<&mut (dyn ReadSeek + 'r)> {
        let stream = self.first()?;
        stream.seek(SeekFrom::Start(offset))?;
        Ok(stream)
    }

    /// The stream, standing at `offset`, for a reader of everything from there on.
    pub fn all_from(&mut self, offset: u64) -> Result<&mut (dyn ReadSeek + 'r)> {
        self.ahead.announce(offset..u64::MAX);
        self.at(offset)
    }

    /// Says that most of `len` bytes from `offset` on are about to be read.
    pub fn expect(&self, offset: u64, len: u64) {
        self.ahead.announce(offset..offset.saturating_add(len));
    }

    /// Length of the file, where it is known.
    pub fn size(&self) -> Option<u64> {
        self.size
    }

    /// Finds out the length where nothing told it, which reads a pipe to its end.
    pub(crate) fn measure(&mut self) -> Result<()> {
        if let (None, Some(stream)) = (self.size, self.streams.first_mut()) {
            self.size = Some(stream.seek(SeekFrom::End(0))?);
        }
        Ok(())
    }

    /// `Malformed` if the file is known to end before `end`.
    pub fn expect_until(&self, end: u64) -> Result<()> {
        match self.size {
            Some(size) if size < end => {
                Err(Error::malformed(format!("the data end early: {end} bytes are needed, the file has {size}"))
                    .with("offset", size))
            }
            _ => Ok(()),
        }
    }

    /// Reads the rows of `raster` into `out`, whose rows have `out_row` elements; `convert` makes one of the
    /// other. The last row may be shorter in `out` than the others. Fails before it touches `out` if the file is known to be too short.
    pub fn read<T: Send>(
        &mut self,
        raster: &Raster,
        out: &mut [T],
        out_row: usize,
        convert: impl Fn(&[u8], &mut [T]) + Sync,
    ) -> Result<()> {
        self.side_by_side(raster, out, out_row, &|stream, raster, out| part(stream, raster, out, out_row, &convert))
    }

    /// As [`read`](Self::read) for rows that are as long in `out` as in the file: they are read to where they belong,
    /// and changed there, if at all, while they are in the cache. Memory beyond it is touched once less.
    pub fn read_in_place(&mut self, raster: &Raster, out: &mut [u8], change: Option<&Change<'_>>) -> Result<()> {
        self.side_by_side(raster, out, raster.used, &|stream, raster, out| in_place(stream, raster, out, change))
    }

    /// Calls `run` with a stream, rows of the file and the rows of `out` that they fill; with two halves at a time
    /// where that is worth a thread.
    fn side_by_side<T: Send>(
        &mut self,
        raster: &Raster,
        out: &mut [T],
        out_row: usize,
        run: &(impl Fn(&mut dyn ReadSeek, &Raster, &mut [T]) -> Result<()> + Sync),
    ) -> Result<()> {
        raster.check(self)?;
        if out_row == 0 || raster.rows == 0 || out.len().div_ceil(out_row) < raster.rows {
            return Ok(());
        }
        self.ahead.announce(raster.offset..raster.offset.saturating_add(raster.bytes()));
        let filled = out.len().min(raster.rows * out_row);
        let out = &mut out[..filled];
        #[cfg(feature = "parallel")]
        if let [first, second] = self.streams.as_mut_slice()
            && raster.bytes() >= LARGE
            && raster.rows > 1
        {
            let half = raster.rows / 2;
            let (mut top, mut bottom) = (raster.part(0, half), raster.part(half, raster.rows));
            let split = if raster.bottom_up { raster.rows - half } else { half };
            let (mut above, mut below) = out.split_at_mut(split * out_row);
            if raster.bottom_up {
                std::mem::swap(&mut above, &mut below);
            }
            top.last = false;
            bottom.last = raster.last;
            let (a, b) = imageio_parallel::join(
                true,
                || run(first.as_mut(), &top, above),
                || run(second.as_mut(), &bottom, below),
            );
            return a.and(b);
        }
        run(self.first()?, raster, out)
    }
}

/// Makes a row of the array of a row of the file, where it lies.
pub type Change<'c> = dyn Fn(&mut [u8]) + Sync + 'c;

/// Where the rows lie in a file.
#[derive(Debug, Clone, Copy)]
pub struct Raster {
    /// Offset of the first row that is stored.
    pub offset: u64,
    /// Bytes from one row to the next.
    pub stride: usize,
    /// Bytes of a row that mean something; the last row may end after them.
    pub used: usize,
    /// Number of rows.
    pub rows: usize,
    /// Whether the first row stored is the lowest one.
    pub bottom_up: bool,
    last: bool,
}

impl Raster {
    /// Rows of `used` bytes, one after the other from `offset`, the highest first.
    pub fn new(offset: u64, used: usize, rows: usize) -> Self {
        Raster { offset, stride: used, used, rows, bottom_up: false, last: true }
    }

    /// Sets the distance of rows.
    #[must_use]
    pub fn stride(mut self, stride: usize) -> Self {
        self.stride = stride.max(self.used);
        self
    }

    /// Sets the order of rows.
    #[must_use]
    pub fn bottom_up(mut self, bottom_up: bool) -> Self {
        self.bottom_up = bottom_up;
        self
    }

    /// Bytes of all rows.
    pub fn bytes(&self) -> u64 {
        (self.stride as u64).saturating_mul(self.rows.saturating_sub(1) as u64).saturating_add(self.used as u64)
    }

    /// `Malformed` if the file is known to be too short.
    pub fn check(&self, streams: &Streams<'_>) -> Result<()> {
        streams.expect_until(self.offset.saturating_add(self.bytes()))
    }

    #[cfg(feature = "parallel")]
    fn part(&self, from: usize, to: usize) -> Raster {
        Raster { offset: self.offset + (self.stride * from) as u64, rows: to - from, ..*self }
    }
}

fn part<T>(
    stream: &mut dyn ReadSeek,
    raster: &Raster,
    out: &mut [T],
    out_row: usize,
    convert: &impl Fn(&[u8], &mut [T]),
) -> Result<()> {
    stream.seek(SeekFrom::Start(raster.offset))?;
    let Raster { stride, used, rows, .. } = *raster;
    let mut at = raster.offset;
    let per_block = (BLOCK / stride.max(1)).clamp(1, rows);
    let mut block = vec![0; stride * per_block];
    let mut row = 0;
    while row < rows {
        let n = per_block.min(rows - row);
        // What lies between the last row and the end of its stride is often missing in files.
        let missing = if raster.last && row + n == rows { stride - used } else { 0 };
        let block = &mut block[..n * stride - missing];
        fill(stream, block, &mut at)?;
        for (k, from) in block.chunks(stride.max(1)).enumerate() {
            let to = if raster.bottom_up { rows - 1 - row - k } else { row + k };
            let end = out.len().min((to + 1) * out_row);
            convert(&from[..used], &mut out[to * out_row..end]);
        }
        row += n;
    }
    Ok(())
}

fn in_place(stream: &mut dyn ReadSeek, raster: &Raster, out: &mut [u8], change: Option<&Change<'_>>) -> Result<()> {
    stream.seek(SeekFrom::Start(raster.offset))?;
    let Raster { stride, used, .. } = *raster;
    let mut at = raster.offset;
    // Nothing need stay in the cache for what is left as it was read.
    let block = if change.is_some() || raster.bottom_up { CHANGED } else { PIECE };
    let per_block = (block / stride.max(1)).max(1);
    let change = |row: &mut [u8]| {
        if let Some(change) = change {
            change(row);
        }
    };
    let per_block = if stride == used { per_block } else { per_block.min(MOST_ROWS) };
    let size = per_block * used;
    let mut left = out.len();
    let blocks: &mut dyn Iterator<Item = &mut [u8]> =
        if raster.bottom_up { &mut out.rchunks_mut(size) } else { &mut out.chunks_mut(size) };
    if stride == used {
        for block in blocks {
            // One place costs the system less than many, and rows change places while they are in the cache.
            fill(stream, block, &mut at)?;
            if raster.bottom_up {
                turn_over(block, used, change);
            } else {
                block.chunks_mut(used).for_each(change);
            }
        }
        return Ok(());
    }
    let mut gaps = vec![0; (stride - used) * per_block];
    for block in blocks {
        left -= block.len();
        // In the order of the file.
        let mut block: Vec<&mut [u8]> = block.chunks_mut(used).collect();
        if raster.bottom_up {
            block.reverse();
        }
        let mut gaps = gaps.chunks_mut((stride - used).max(1));
        let mut parts = Vec::with_capacity(2 * block.len());
        for row in block.iter_mut() {
            parts.push(IoSliceMut::new(row));
            parts.extend(gaps.next().map(IoSliceMut::new));
        }
        // What lies between the last row and the end of its stride is often missing in files.
        if left == 0 {
            parts.pop();
        }
        fill_parts(stream, &mut parts, &mut at)?;
        block.iter_mut().for_each(|row| change(row));
    }
    Ok(())
}

/// Changes rows of `row` bytes and puts the last one first.
fn turn_over(block: &mut [u8], row: usize, change: impl Fn(&mut [u8])) {
    let mut rows = block.chunks_mut(row);
    while let Some(upper) = rows.next() {
        change(upper);
        if let Some(lower) = rows.next_back() {
            change(lower);
            upper.swap_with_slice(lower);
        }
    }
}

fn fill_parts(stream: &mut dyn ReadSeek, mut parts: &mut [IoSliceMut<'_>], at: &mut u64) -> Result<()> {
    // A part without bytes is passed over like one that is full.
    IoSliceMut::advance_slices(&mut parts, 0);
    while !parts.is_empty() {
        match stream.read_vectored(parts) {
            Ok(0) => return Err(Error::malformed("the data end early").with("offset", *at)),
            Ok(n) => {
                *at += n as u64;
                IoSliceMut::advance_slices(&mut parts, n);
            }
            Err(e) if e.kind() == std::io::ErrorKind::Interrupted => {}
            Err(e) => return Err(e.into()),
        }
    }
    Ok(())
}

fn fill(stream: &mut dyn ReadSeek, mut block: &mut [u8], at: &mut u64) -> Result<()> {
    while !block.is_empty() {
        match stream.read(block) {
            Ok(0) => return Err(Error::malformed("the data end early").with("offset", *at)),
            Ok(n) => {
                *at += n as u64;
                block = &mut block[n..];
            }
            Err(e) if e.kind() == std::io::ErrorKind::Interrupted => {}
            Err(e) => return Err(e.into()),
        }
    }
    Ok(())
}

/// Reads exactly `out`, telling where the data end if they end early.
pub fn read_exact(stream: &mut (impl Read + ?Sized), out: &mut [u8], offset: u64) -> Result<()> {
    let mut done = 0;
    while done < out.len() {
        match stream.read(&mut out[done..]) {
            Ok(0) => return Err(Error::malformed("the data end early").with("offset", offset + done as u64)),
            Ok(n) => done += n,
            Err(e) if e.kind() == std::io::ErrorKind::Interrupted => {}
            Err(e) => return Err(e.into()),
        }
    }
    Ok(())
}

/// Writes rows in large pieces: `convert` makes `bytes` bytes of each row of `row` elements.
pub fn write_rows<T>(
    out: &mut (impl std::io::Write + ?Sized),
    elements: &[T],
    row: usize,
    bytes: usize,
    bottom_up: bool,
    convert: impl Fn(&[T], &mut [u8]),
) -> Result<()> {
    if row == 0 || bytes == 0 {
        return Ok(());
    }
    let rows = elements.len() / row;
    let per_block = (BLOCK / bytes).clamp(1, rows.max(1));
    let mut block = vec![0; per_block * bytes];
    let mut at = 0;
    while at < rows {
        let n = per_block.min(rows - at);
        for (k, to) in block.chunks_exact_mut(bytes).take(n).enumerate() {
            let from = if bottom_up { rows - 1 - at - k } else { at + k };
            convert(&elements[from * row..(from + 1) * row], to);
        }
        out.write_all(&block[..n * bytes])?;
        at += n;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::{BufRead, Cursor, Seek};

    /// Gives little at a time, and to the first place alone, as streams may.
    struct Meagre(Cursor<Vec<u8>>);

    impl Read for Meagre {
        fn read(&mut self, buf: &mut [u8]) -> std::io::Result<usize> {
            let n = buf.len().min(7);
            self.0.read(&mut buf[..n])
        }
    }

    impl BufRead for Meagre {
        fn fill_buf(&mut self) -> std::io::Result<&[u8]> {
            self.0.fill_buf()
        }

        fn consume(&mut self, n: usize) {
            self.0.consume(n);
        }
    }

    impl Seek for Meagre {
        fn seek(&mut self, to: SeekFrom) -> std::io::Result<u64> {
            self.0.seek(to)
        }
    }

    #[test]
    fn in_place_is_what_a_copy_gives() {
        let file: Vec<u8> = (0..2000u32).map(|i| (i * 31 % 251) as u8).collect();
        for (used, gap) in [(30, 0), (30, 2), (1, 3), (31, 1)] {
            for bottom_up in [false, true] {
                let raster = Raster::new(5, used, 11).stride(used + gap).bottom_up(bottom_up);
                // The last row's gap is not there.
                let end = raster.offset + raster.bytes();
                let data = file[..end as usize].to_vec();
                let mut copied = vec![0; used * 11];
                let mut stream = Cursor::new(data.clone());
                part(&mut stream, &raster, &mut copied, used, &|from, to| {
                    to.iter_mut().zip(from).for_each(|(to, from)| *to = !from);
                })
                .unwrap();
                let mut plain: Box<dyn ReadSeek> = Box::new(Cursor::new(data.clone()));
                let mut meagre: Box<dyn ReadSeek> = Box::new(Meagre(Cursor::new(data)));
                for stream in [&mut plain, &mut meagre] {
                    let mut out = vec![0; used * 11];
                    let invert = |row: &mut [u8]| row.iter_mut().for_each(|b| *b = !*b);
                    in_place(stream.as_mut(), &raster, &mut out, Some(&invert)).unwrap();
                    assert_eq!(out, copied, "{used} {gap} {bottom_up}");
                    in_place(stream.as_mut(), &raster, &mut out, None).unwrap();
                    out.iter_mut().for_each(|b| *b = !*b);
                    assert_eq!(out, copied, "{used} {gap} {bottom_up}");
                }
                let mut short = Cursor::new(file[..end as usize - 1].to_vec());
                let e = in_place(&mut short, &raster, &mut vec![0; used * 11], None).unwrap_err();
                assert_eq!(e.context_value("offset"), Some((end - 1).to_string().as_str()));
            }
        }
    }
}
