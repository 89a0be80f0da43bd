use imageio_core::Result;

use super::{Compression, Header};
use crate::source::ByteSource;

/// Decodes runs row by row; what is skipped keeps index 0. Runs that pass the end of a row are cut off there.
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
    let mut row = vec![0; width * unit];
    let (mut x, mut y) = (0, 0);
    let mut end_row = |row: &mut Vec<u8>, y: usize| {
        let to = if header.top_down { y } else { height - 1 - y };
        if let Some(to) = out.chunks_exact_mut(out_row).nth(to) {
            convert(row, to);
        }
        row.fill(0);
    };
    while y < height {
        let Some(count) = source.next_or_end()? else {
            // The mark of the end is often missing; the last row must be there.
            if y + 1 == height && x >= width {
                end_row(&mut row, y);
                return Ok(());
            }
            return Err(source.early_end());
        };
        if count > 0 {
            let n = usize::from(count).min(width.saturating_sub(x));
            if unit == 3 {
                let color = source.array::<3>()?;
                row[x * 3..(x + n) * 3].as_chunks_mut::<3>().0.fill(color);
            } else {
                let value = source.byte()?;
                if nibbles {
                    for (i, to) in row[x..x + n].iter_mut().enumerate() {
                        *to = if i % 2 == 0 { value >> 4 } else { value & 15 };
                    }
                } else {
                    row[x..x + n].fill(value);
                }
            }
            x += n;
            continue;
        }
        match source.byte()? {
            0 => {
                end_row(&mut row, y);
                (x, y) = (0, y + 1);
            }
            1 => {
                for y in y..height {
                    end_row(&mut row, y);
                }
                return Ok(());
            }
            2 => {
                let [right, up] = source.array::<2>()?;
                let to = (y + usize::from(up)).min(height);
                for y in y..to {
                    end_row(&mut row, y);
                }
                (x, y) = ((x + usize::from(right)).min(width), to);
            }
            n => {
                let n = usize::from(n);
                let mut raw = [0; 768];
                let len = if nibbles { n.div_ceil(2) } else { n * unit };
                source.fill(&mut raw[..len])?;
                let take = n.min(width.saturating_sub(x));
                if nibbles {
                    for (i, to) in row[x..x + take].iter_mut().enumerate() {
                        *to = if i % 2 == 0 { raw[i / 2] >> 4 } else { raw[i / 2] & 15 };
                    }
                } else {
                    row[x * unit..(x + take) * unit].copy_from_slice(&raw[..take * unit]);
                }
                x += take;
                if len % 2 == 1 {
                    // The last byte of a file is sometimes left out.
                    source.next_or_end()?;
                }
            }
        }
    }
    Ok(())
}
