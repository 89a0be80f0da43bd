//! Samples of raw images in TIFF directories: packed integers, lossless JPEG, deflate with integers or real numbers,
//! lossy JPEG.

use std::cell::RefCell;

use imageio_core::{Error, FrameSink, Limits, Result};
use imageio_jpeg::stream::{Color, Stream};
use imageio_parallel::try_each_with;

use crate::dng::Dng;
use crate::facts::Samples;
use crate::ifd::Endian;
use crate::sony;
use crate::source::Source;

/// Samples for which a second thread is worth its while.
const WORTH: usize = 1 << 16;

/// One strip or tile, decoded.
enum Chunk {
    U16(Vec<u16>),
    F32(Vec<f32>),
}

/// Decodes everything.
pub(crate) fn decode(
    source: &Source<'_>,
    endian: Endian,
    dng: &Dng,
    stop: &(dyn Fn() -> Result<()> + Sync),
) -> Result<Samples> {
    let (facts, layout) = (&dng.facts, &dng.layout);
    let row = facts.width * facts.channels;
    let across = facts.width.div_ceil(layout.chunk_width);
    let down = facts.height.div_ceil(layout.chunk_height);
    let chunk_row = layout.chunk_width * facts.channels;
    // Rows of chunks are apart in memory, so that each can be filled by a thread of its own.
    let work = |index: usize, band: Band<'_>| -> Result<()> {
        for column in 0..across {
            stop()?;
            let at = index * across + column;
            let n = row.saturating_sub(column * chunk_row).min(chunk_row);
            let rows = band.rows(row);
            let stored = if layout.tiled { layout.chunk_height } else { rows };
            let data = bytes(source, dng, at, stored)?;
            let chunk = chunk(&data, endian, dng, stored).map_err(|e| e.with("chunk", at))?;
            match (&chunk, &band) {
                (Chunk::U16(_), Band::U16(_)) | (Chunk::F32(_), Band::F32(_)) => {}
                _ => return Err(Error::malformed("samples of another kind than the directory says")),
            }
            match (chunk, &band) {
                (Chunk::U16(from), Band::U16(to)) => {
                    copy(&from, chunk_row, &mut to.borrow_mut(), row, column * chunk_row, n)?
                }
                (Chunk::F32(from), Band::F32(to)) => {
                    copy(&from, chunk_row, &mut to.borrow_mut(), row, column * chunk_row, n)?
                }
                _ => {}
            }
        }
        Ok(())
    };
    let total = row.checked_mul(facts.height).ok_or_else(|| Error::limit("the image is too large"))?;
    let band = layout.chunk_height.saturating_mul(row).max(1);
    debug_assert!(down * band >= total);
    if facts.float {
        let mut out = vec![0f32; total];
        let work = |(i, band)| work(i, Band::F32(RefCell::new(band)));
        try_each_with(out.chunks_mut(band).enumerate(), total > WORTH, || (), |(), item| work(item))?;
        Ok(Samples::F32(out))
    } else {
        let mut out = vec![0u16; total];
        let work = |(i, band)| work(i, Band::U16(RefCell::new(band)));
        try_each_with(out.chunks_mut(band).enumerate(), total > WORTH, || (), |(), item| work(item))?;
        Ok(Samples::U16(out))
    }
}

/// The rows of the result that a row of chunks fills.
enum Band<'a> {
    U16(RefCell<&'a mut [u16]>),
    F32(RefCell<&'a mut [f32]>),
}

impl Band<'_> {
    fn rows(&self, row: usize) -> usize {
        let len = match self {
            Band::U16(band) => band.borrow().len(),
            Band::F32(band) => band.borrow().len(),
        };
        len / row.max(1)
    }
}

fn copy<T: Copy>(from: &[T], from_row: usize, to: &mut [T], to_row: usize, column: usize, n: usize) -> Result<()> {
    for (from, to) in from.chunks_exact(from_row).zip(to.chunks_exact_mut(to_row)) {
        let part = to.get_mut(column..column + n).zip(from.get(..n));
        let (to, from) = part.ok_or_else(|| Error::malformed("a strip or tile is too short"))?;
        to.copy_from_slice(from);
    }
    Ok(())
}

/// The stored bytes of a chunk.
fn bytes(source: &Source<'_>, dng: &Dng, at: usize, rows: usize) -> Result<Vec<u8>> {
    let layout = &dng.layout;
    let short = || Error::malformed(format!("there is no strip or tile {at}"));
    let offset = *layout.offsets.get(at).ok_or_else(short)?;
    let packed = row_bytes(dng).saturating_mul(rows) as u64;
    let length = match layout.lengths.get(at) {
        _ if layout.compression == 1 => packed,
        Some(length) => *length,
        None => source.size().saturating_sub(offset),
    };
    source.read(offset, usize::try_from(length).map_err(|_| short())?)
}

/// Bytes of a row of a chunk, unpacked.
fn row_bytes(dng: &Dng) -> usize {
    let bits = dng.layout.bits.min(64) as usize;
    (dng.layout.chunk_width * dng.facts.channels).saturating_mul(bits).div_ceil(8)
}

fn chunk(data: &[u8], endian: Endian, dng: &Dng, rows: usize) -> Result<Chunk> {
    let layout = &dng.layout;
    let n = layout.chunk_width * dng.facts.channels;
    let samples = match layout.compression {
        1 => unpack(data, endian, dng, rows),
        8 | 32946 => {
            let mut out = vec![0; row_bytes(dng).saturating_mul(rows)];
            inflate(data, &mut out)?;
            undo_prediction(&mut out, endian, dng, rows)
        }
        7 | 34892 => jpeg(data, dng, rows),
        sony::COMPRESSION => sony::unpack(data, n, rows).map(Chunk::U16),
        52546 => Err(Error::unsupported("JPEG XL in DNG")),
        34713 => Err(Error::unsupported("Nikon's compression outside of the decoder's cameras")),
        other => Err(Error::unsupported(format!("compression {other}"))),
    }?;
    let samples = match samples {
        Chunk::U16(mut samples) if !layout.curve.is_empty() => {
            let last = layout.curve.len() - 1;
            samples.iter_mut().for_each(|v| *v = layout.curve[usize::from(*v).min(last)]);
            Chunk::U16(samples)
        }
        other => other,
    };
    let len = match &samples {
        Chunk::U16(samples) => samples.len(),
        Chunk::F32(samples) => samples.len(),
    };
    if len < n * rows {
        return Err(Error::malformed(format!("{len} samples in a strip or tile of {}", n * rows)));
    }
    Ok(samples)
}

fn inflate(data: &[u8], out: &mut [u8]) -> Result<()> {
    let mut inflate = zlib_rs::Inflate::new(true, 15);
    match inflate.decompress(data, out, zlib_rs::InflateFlush::Finish) {
        Err(e) => Err(Error::malformed(format!("deflate: {}", e.as_str()))),
        Ok(_) if inflate.total_out() < out.len() as u64 => Err(Error::malformed("the compressed data end early")),
        Ok(_) => Ok(()),
    }
}

/// Integers of any width, most significant bit first; those of 8, 16 and 32 bits in the file's byte order.
fn unpack(data: &[u8], endian: Endian, dng: &Dng, rows: usize) -> Result<Chunk> {
    let bits = dng.layout.bits;
    let n = dng.layout.chunk_width * dng.facts.channels;
    if dng.facts.float {
        return floats(data, endian, bits);
    }
    let row = row_bytes(dng);
    match bits {
        8 => Ok(Chunk::U16(data.iter().map(|v| u16::from(*v)).collect())),
        16 => Ok(Chunk::U16(match endian {
            Endian::Little => data.chunks_exact(2).map(|b| u16::from_le_bytes([b[0], b[1]])).collect(),
            Endian::Big => data.chunks_exact(2).map(|b| u16::from_be_bytes([b[0], b[1]])).collect(),
        })),
        1..=15 => {
            let mut out = Vec::with_capacity(n * rows);
            for row in data.chunks_exact(row.max(1)) {
                let (mut held, mut have) = (0u32, 0u64);
                let mut next = row.iter();
                for _ in 0..n {
                    while have < bits {
                        held = held << 8 | u32::from(next.next().copied().unwrap_or(0));
                        have += 8;
                    }
                    have -= bits;
                    out.push((held >> have & ((1 << bits) - 1)) as u16);
                }
            }
            Ok(Chunk::U16(out))
        }
        _ => Err(Error::unsupported(format!("samples of {bits} bits"))),
    }
}

/// Real numbers of 16, 24 or 32 bits (DNG 1.4: the 24-bit ones have 7 bits of exponent and 16 of fraction).
fn floats(data: &[u8], endian: Endian, bits: u64) -> Result<Chunk> {
    let word = |b: &[u8]| endian.uint(b) as u32;
    Ok(Chunk::F32(match bits {
        16 => data.chunks_exact(2).map(|b| half::f16::from_bits(word(b) as u16).to_f32()).collect(),
        24 => data.chunks_exact(3).map(|b| float24(word(b))).collect(),
        32 => data.chunks_exact(4).map(|b| f32::from_bits(word(b))).collect(),
        _ => return Err(Error::unsupported(format!("real numbers of {bits} bits"))),
    }))
}

fn float24(bits: u32) -> f32 {
    let sign = if bits >> 23 == 1 { -1.0 } else { 1.0 };
    let (exponent, fraction) = ((bits >> 16 & 0x7f) as i32, f64::from(bits & 0xffff) / 65536.0);
    let size = match exponent {
        0 => fraction * 2f64.powi(-62),
        127 => f64::INFINITY,
        e => (1.0 + fraction) * 2f64.powi(e - 63),
    };
    (sign * size) as f32
}

/// Undoes the differences of TIFF's predictors 2 and 3 and their wider variants of DNG 1.4.
fn undo_prediction(data: &mut [u8], endian: Endian, dng: &Dng, rows: usize) -> Result<Chunk> {
    let layout = &dng.layout;
    let (channels, bits) = (dng.facts.channels, layout.bits);
    let size = (bits / 8) as usize;
    let row = row_bytes(dng);
    match layout.predictor {
        1 => unpack(data, endian, dng, rows),
        2 | 34892 | 34893 => {
            let by = channels
                * match layout.predictor {
                    34892 => 2,
                    34893 => 4,
                    _ => 1,
                };
            let Chunk::U16(mut samples) = unpack(data, endian, dng, rows)? else {
                return Err(Error::unsupported("a predictor of integers with real numbers"));
            };
            let mask = if bits >= 16 { u16::MAX } else { (1 << bits) - 1 };
            for row in samples.chunks_exact_mut((layout.chunk_width * channels).max(1)) {
                for i in by..row.len() {
                    row[i] = row[i].wrapping_add(row[i - by]) & mask;
                }
            }
            Ok(Chunk::U16(samples))
        }
        3 | 34894 | 34895 if dng.facts.float && matches!(bits, 16 | 24 | 32) => {
            let by = channels
                * match layout.predictor {
                    34894 => 2,
                    34895 => 4,
                    _ => 1,
                };
            let n = layout.chunk_width * channels;
            let mut out = Vec::with_capacity(n * rows);
            let mut joined = vec![0u8; row];
            for row in data.chunks_exact_mut(row.max(1)) {
                for i in by..row.len() {
                    row[i] = row[i].wrapping_add(row[i - by]);
                }
                // The bytes of a row are sorted by their weight, the heaviest first.
                for i in 0..n {
                    for k in 0..size {
                        joined[i * size + k] = row[k * n + i];
                    }
                }
                match floats(&joined, Endian::Big, bits)? {
                    Chunk::F32(row) => out.extend(row),
                    Chunk::U16(_) => {}
                }
            }
            Ok(Chunk::F32(out))
        }
        other => Err(Error::unsupported(format!("predictor {other} with samples of {bits} bits"))),
    }
}

/// JPEG, lossless or not. Lossless ones often have two or more components a pixel that are neighbours in the mosaic.
fn jpeg(data: &[u8], dng: &Dng, rows: usize) -> Result<Chunk> {
    if dng.facts.float {
        return Err(Error::unsupported("real numbers as JPEG"));
    }
    let mut sink = FrameSink::fresh(&Limits::default());
    read_jpeg(data, &mut sink)?;
    let image = sink.finish()?.ok_or_else(|| Error::malformed("JPEG without pixels"))?;
    let lossy = dng.layout.lossy.as_ref();
    let n = dng.layout.chunk_width * dng.facts.channels;
    let channels = dng.facts.channels;
    let (height, per_row) = match *image.shape() {
        [height, width] => (height, width),
        [height, width, components] => (height, width * components),
        _ => return Err(Error::malformed("JPEG of a strange shape")),
    };
    let samples: Vec<u16> = if let Some(bytes) = image.view().elements::<u8>() {
        match lossy {
            Some(curves) => {
                let value = |(i, v): (usize, &u8)| curves.get(i % channels).map_or(0, |c| c[usize::from(*v)]);
                bytes.iter().enumerate().map(value).collect()
            }
            None => bytes.iter().map(|v| u16::from(*v)).collect(),
        }
    } else if let Ok(array) = image.try_into_array::<u16>() {
        array.into_raw_vec_and_offset().0
    } else {
        return Err(Error::malformed("JPEG samples of another kind"));
    };
    // Some writers put two rows of the mosaic into one of the JPEG, or pad the last tile.
    if per_row == n && height >= rows || per_row.saturating_mul(height) == n.saturating_mul(rows) {
        return Ok(Chunk::U16(samples));
    }
    if per_row > n && height >= rows {
        let cut = samples.chunks_exact(per_row).flat_map(|row| &row[..n]).copied();
        return Ok(Chunk::U16(cut.collect()));
    }
    Err(Error::malformed(format!("a JPEG of {per_row} × {height} samples in a strip or tile of {n} × {rows}")))
}

/// A JPEG as `(height, width)` or `(height, width, components)`, in RGB where it is YCbCr; more than 8 bits are
/// `uint16`.
pub(crate) fn read_jpeg(data: &[u8], sink: &mut FrameSink<'_>) -> Result<()> {
    let stream = Stream::parse(data)?;
    let shape = stream.array_shape();
    if stream.precision() <= 8 {
        stream.decode_u8(Color::Rgb, sink.slice::<u8>(&shape)?)
    } else {
        stream.decode_u16(Color::Rgb, sink.slice::<u16>(&shape)?)
    }
}
