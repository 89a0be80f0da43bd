//! Rasters of one byte per element as Huffman codes, of the values or of their differences.

use crate::error::Result;
use crate::header::{Format, Header};
use crate::huffman::Table;
use crate::mask::Mask;
use crate::reader::Reader;

/// Decodes a raster. Signed elements are counted from -128.
pub(crate) fn decode(
    r: &mut Reader<'_>,
    header: &Header,
    mask: Option<&Mask>,
    differs: bool,
    signed: bool,
    out: &mut [u8],
) -> Result<()> {
    let version = match header.format {
        Format::Lerc2(version) => version,
        Format::Lerc1 => 0,
    };
    let (table, mut stream) = Table::read(r, version)?;
    let bias = if signed { 128 } else { 0_u8 };
    let (width, depth) = (header.width.max(1), header.depth.max(1));
    match (differs, mask) {
        (false, None) => {
            table.symbols(&mut stream, out)?;
            if signed {
                out.iter_mut().for_each(|value| *value = value.wrapping_sub(bias));
            }
        }
        (false, Some(mask)) => {
            for (pixel, valid) in out.chunks_exact_mut(depth).zip(mask.iter()) {
                if valid {
                    for to in pixel {
                        *to = table.symbol(&mut stream)?.wrapping_sub(bias);
                    }
                }
            }
        }
        (true, None) if depth == 1 => {
            let mut before = 0_u8;
            let mut above: Option<&mut [u8]> = None;
            for row in out.chunks_exact_mut(width) {
                // The first pixel of a row differs from the one above.
                if let Some([start, ..]) = above {
                    before = *start;
                }
                table.symbols(&mut stream, row)?;
                for value in row.iter_mut() {
                    before = before.wrapping_add(value.wrapping_sub(bias));
                    *value = before;
                }
                above = Some(row);
            }
        }
        (true, _) => {
            let pitch = width * depth;
            for deep in 0..depth {
                let mut before = 0_u8;
                let (mut left, mut column) = (false, 0);
                for at in 0..out.len() / depth {
                    if column == width {
                        (left, column) = (false, 0);
                    }
                    column += 1;
                    let valid = mask.is_none_or(|mask| mask.is_valid(at));
                    if !valid {
                        left = false;
                        continue;
                    }
                    let place = at * depth + deep;
                    let symbol = table.symbol(&mut stream)?.wrapping_sub(bias);
                    let has_above = at >= width && mask.is_none_or(|mask| mask.is_valid(at - width));
                    if !left && has_above {
                        before = out.get(place.wrapping_sub(pitch)).copied().unwrap_or(0);
                    }
                    before = before.wrapping_add(symbol);
                    if let Some(to) = out.get_mut(place) {
                        *to = before;
                    }
                    left = true;
                }
            }
        }
    }
    stream.check()
}
