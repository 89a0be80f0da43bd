use imageio_core::Result;

use super::{Compression, Header};
use crate::source::ByteSource;

/// Decodes runs; what is skipped keeps index 0.
///
/// The format leaves open what a run means that passes the end of a row. As in Pillow, a run of one value is cut off
/// there, and so is what follows it up to the end of the line; pixels that are listed one by one, and jumps, go on
/// in the next row.
pub(super) fn decode<T>(
    source: &mut ByteSource<'_>,
    header: &Header,
    out: &mut [T],
    out_row: usize,
    convert: &impl Fn(&[u8], &mut [T]),
) -> Result<()> {
    let (width, height) = (header.width, header.height);
    let unit = if header.compression == Compression::Rle24 { 3 } else { 1 };
    let nibbles = header.compression == Compression::Rle4;
    let end_row = |row: &[u8], y: usize| {
        let to = if header.top_down { y } else { height - 1 - y };
        if let Some(to) = out.chunks_exact_mut(out_row).nth(to) {
            convert(row, to);
        }
    };
    let mut rows = Rows { row: vec![0; width * unit], unit, width, height, column: 0, y: 0, end_row };
    // Pixels since the last end of a line; more than a row has if they passed its end.
    let mut x = 0;
    // Nothing was said of this row yet: an end of line makes it an empty one.
    let mut untouched = true;
    while rows.y < height {
        let count = source.byte()?;
        if count > 0 {
            let n = usize::from(count).min(width.saturating_sub(x));
            if unit == 3 {
                let color = source.array::<3>()?;
                rows.put(n, |_, to| to.as_chunks_mut::<3>().0.fill(color));
            } else {
                let value = source.byte()?;
                rows.put(n, |done, to| {
                    if !nibbles {
                        return to.fill(value);
                    }
                    for (i, to) in (done..).zip(to) {
                        *to = if i % 2 == 0 { value >> 4 } else { value & 15 };
                    }
                });
            }
            x += n;
            untouched = false;
            continue;
        }
        match source.byte()? {
            0 => {
                if rows.column > 0 || untouched {
                    rows.skip(width - rows.column);
                }
                (x, untouched) = (0, true);
            }
            1 => {
                while rows.y < height {
                    rows.skip(width - rows.column);
                }
            }
            2 => {
                let [right, up] = source.array::<2>()?.map(usize::from);
                rows.skip(right + up * width);
                x = rows.column;
                untouched &= right == 0;
            }
            n => {
                let n = usize::from(n);
                let mut raw = [0; 768];
                let len = if nibbles { n.div_ceil(2) } else { n * unit };
                source.fill(&mut raw[..len])?;
                rows.put(n, |done, to| {
                    if nibbles {
                        for (i, to) in (done..).zip(to) {
                            *to = if i % 2 == 0 { raw[i / 2] >> 4 } else { raw[i / 2] & 15 };
                        }
                    } else {
                        to.copy_from_slice(&raw[done * unit..done * unit + to.len()]);
                    }
                });
                x += n;
                untouched = false;
                if len % 2 == 1 {
                    // The last byte of a file is sometimes left out.
                    source.next_or_end()?;
                }
            }
        }
    }
    Ok(())
}

/// The row that is being filled, and where it goes once it is full.
struct Rows<F> {
    row: Vec<u8>,
    /// Bytes of a pixel.
    unit: usize,
    width: usize,
    height: usize,
    /// Pixels of the row that are there.
    column: usize,
    /// Rows before it, in the order of the file.
    y: usize,
    end_row: F,
}

impl<F: FnMut(&[u8], usize)> Rows<F> {
    /// Stores `n` pixels, or as many as there is room for: `write` gets the number of those before and the place.
    fn put(&mut self, n: usize, mut write: impl FnMut(usize, &mut [u8])) {
        let mut done = 0;
        while done < n && self.y < self.height {
            let now = (n - done).min(self.width - self.column);
            write(done, &mut self.row[self.column * self.unit..][..now * self.unit]);
            done += now;
            self.column += now;
            if self.column == self.width {
                (self.end_row)(&self.row, self.y);
                self.row.fill(0);
                (self.column, self.y) = (0, self.y + 1);
            }
        }
    }

    fn skip(&mut self, n: usize) {
        self.put(n, |_, _| {});
    }
}
