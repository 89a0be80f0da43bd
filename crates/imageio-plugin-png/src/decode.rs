//! From compressed rows to the elements of an array.

use imageio_core::{Error, Result};
use png::{DecodeOptions, Decoder, Limits, Transformations};

use crate::chunk::{Chunk, Source};
use crate::error;
use crate::feed::Feed;
use crate::header::Header;

/// Memory for the pixels of one frame, in row-major order and of the header's [`Layout`](crate::header::Layout).
pub(crate) enum Pixels<'a> {
    Bool(&'a mut [bool]),
    U8(&'a mut [u8]),
    U16(&'a mut [u16]),
}

/// Decodes the frame of `size` (width, height) whose data begin with chunk `first`; fills all of `out`.
/// Returns `true` if the file ended right behind the pixels.
pub(crate) fn decode(
    source: &mut Source<'_>,
    header: &Header,
    size: (u32, u32),
    first: Chunk,
    out: Pixels<'_>,
) -> Result<bool> {
    let map = |e| error::decoding(e, first.at);
    let mut feed = Feed::new(source, header, size, first)?;
    // The only thing the decoder allocates for this stream is rows, whose size was checked with the frame's.
    let mut options = DecodeOptions::default();
    options.set_ignore_crc(true);
    options.set_ignore_adler32(false);
    let mut decoder = Decoder::new_with_options(&mut feed, options);
    decoder.set_limits(Limits { bytes: usize::MAX });
    let packed = matches!(out, Pixels::Bool(_));
    decoder.set_transformations(if packed { Transformations::IDENTITY } else { Transformations::EXPAND });
    let mut reader = decoder.read_info().map_err(map)?;
    let height = size.1 as usize;
    let row_bytes = reader.output_line_size(size.0).ok_or_else(|| map(png::DecodingError::LimitsExceeded))?;
    match out {
        Pixels::U8(out) if header.interlaced => {
            reader.next_frame(out).map_err(map)?;
        }
        Pixels::U8(out) => {
            for row in out.chunks_exact_mut(row_bytes).take(height) {
                reader.read_row(row).map_err(map)?;
            }
            reader.read_row(&mut []).map_err(map)?;
        }
        Pixels::U16(out) if header.interlaced => {
            reader.next_frame(bytemuck::cast_slice_mut(out)).map_err(map)?;
            native_order(out);
        }
        Pixels::U16(out) => {
            for row in out.chunks_exact_mut(row_bytes / 2).take(height) {
                reader.read_row(bytemuck::cast_slice_mut(row)).map_err(map)?;
                // While the row is still in the cache.
                native_order(row);
            }
            reader.read_row(&mut []).map_err(map)?;
        }
        Pixels::Bool(out) => {
            let rows = if header.interlaced { height } else { 1 };
            let no_memory = |_| Error::limit("no memory for the packed rows");
            let mut bits = Vec::new();
            bits.try_reserve_exact(row_bytes * rows).map_err(no_memory)?;
            bits.resize(row_bytes * rows, 0);
            if header.interlaced {
                reader.next_frame(&mut bits).map_err(map)?;
            }
            for (y, row) in out.chunks_exact_mut(size.0 as usize).enumerate() {
                match header.interlaced {
                    true => unpack(&bits[y * row_bytes..][..row_bytes], row),
                    false => {
                        reader.read_row(&mut bits).map_err(map)?;
                        unpack(&bits, row);
                    }
                }
            }
            if !header.interlaced {
                reader.read_row(&mut []).map_err(map)?;
            }
        }
    }
    drop(reader);
    Ok(feed.open_end)
}

fn native_order(samples: &mut [u16]) {
    for sample in samples {
        *sample = u16::from_be(*sample);
    }
}

/// The eight pixels of a byte, leftmost in the highest bit.
static EIGHT: [[bool; 8]; 256] = {
    let mut table = [[false; 8]; 256];
    let mut byte = 0;
    while byte < 256 {
        let mut shift = 0;
        while shift < 8 {
            table[byte][shift] = byte << shift & 0x80 != 0;
            shift += 1;
        }
        byte += 1;
    }
    table
};

fn unpack(bits: &[u8], row: &mut [bool]) {
    let (eights, rest) = row.as_chunks_mut::<8>();
    for (byte, pixels) in bits.iter().zip(eights.iter_mut()) {
        *pixels = EIGHT[usize::from(*byte)];
    }
    if let Some(byte) = bits.get(eights.len()) {
        rest.copy_from_slice(&EIGHT[usize::from(*byte)][..rest.len()]);
    }
}
