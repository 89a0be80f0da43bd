//! Strips and tiles of plain samples: decompression, byte order, predictors, packed bits.

use imageio_core::{Dtype, Error, ErrorKind, Result};

use super::chunk::{Context, Scratch, resize};
use super::codec::Codec;
use super::predictor::{self, Predictor};
use super::rows::{Cell, Rows};
use super::{ccitt, eer, lzw, packbits, thunder, unpack};
use crate::blame::Blame;
use crate::ifd::Endian;

/// Strips and tiles may have so many bytes, however small the page is.
pub(crate) const MOST: usize = 128 << 20;

/// Bytes of the parts that change places with the byte order: half an element for complex numbers.
fn swapped_size(dtype: Dtype) -> usize {
    if dtype.is_complex() { dtype.size() / 2 } else { dtype.size() }
}

/// Brings elements of the file's byte order into the native one.
pub(crate) fn to_native(endian: Endian, dtype: Dtype, bytes: &mut [u8]) {
    let size = swapped_size(dtype);
    if !endian.is_native() && size > 1 {
        unpack::swap(bytes, size);
    }
}

/// How a row of samples becomes a row of elements.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Form {
    /// Bytes of elements.
    Plain,
    /// One bit a sample.
    Bits,
    /// Integers of other numbers of bits.
    Packed(u32),
    Float24,
    /// Complex numbers of two integers of so many bytes.
    ComplexIntegers(usize),
    Rgb565,
}

fn form(context: &Context) -> Form {
    match (context.layout.format, context.layout.bits.as_slice()) {
        (5, [bits]) => Form::ComplexIntegers(usize::from(*bits) / 16),
        (3, [24]) => Form::Float24,
        (_, [1]) => Form::Bits,
        (_, [8 | 16 | 32 | 64 | 128]) => Form::Plain,
        (_, [bits]) => Form::Packed(u32::from(*bits)),
        _ => Form::Rgb565,
    }
}

/// What the rows of a strip or tile look like when they are decompressed.
struct Stored {
    form: Form,
    /// Bytes of a stored row, of the whole width of the tile.
    row_bytes: usize,
    /// Rows of one plane of the tile.
    rows: usize,
    /// Planes, rows and columns within the image.
    inside: [usize; 3],
    need: usize,
}

fn stored(context: &Context, inside: [usize; 3]) -> Result<Stored> {
    let [_, length, width] = context.layout.chunk_size();
    let row_bits = width.checked_mul(context.layout.bits_per_pixel());
    let row_bytes = row_bits.ok_or_else(|| Error::malformed("rows of more bits than can be counted"))?.div_ceil(8);
    // Rows below the image are of no use, but between the planes of a tile they are in the way.
    let rows = if inside[0] > 1 { length } else { inside[1] };
    let need = rows.checked_mul(inside[0]).and_then(|n| n.checked_mul(row_bytes));
    let need = need.ok_or_else(|| Error::malformed("a tile of more bytes than can be counted"))?;
    let most = context.layout.bytes().unwrap_or(0).saturating_mul(4).max(MOST);
    if need > most {
        return Err(Error::limit(format!("a strip or tile of {need} bytes in a page of far fewer")));
    }
    Ok(Stored { form: form(context), row_bytes, rows, inside, need })
}

impl Stored {
    /// `true` if stored rows are rows of the array but for byte order and horizontal differences.
    fn is_direct(&self, context: &Context) -> bool {
        self.form == Form::Plain
            && self.row_bytes == context.layout.row_bytes()
            && !matches!(context.predictor, Predictor::Float { .. })
    }

    /// Refuses data that end before the rows of the image do; tiles may lack rows below it.
    fn check(&self, context: &Context, got: usize) -> Result<()> {
        let [planes, rows, _] = self.inside;
        let least = (planes.saturating_sub(1) * self.rows + rows) * self.row_bytes;
        if got < least {
            let what = format!("a strip or tile holds {got} of {least} bytes");
            return Err(Error::malformed(what).tag(context.layout.counts_tag()));
        }
        Ok(())
    }
}

/// A strip or tile that is not compressed; `read` fills a buffer from it and says how far.
pub(crate) fn uncompressed<T: Cell>(
    context: &Context,
    inside: [usize; 3],
    rows: &mut Rows<'_, T>,
    scratch: &mut Scratch,
    read: impl FnOnce(&mut [u8]) -> Result<usize>,
) -> Result<()> {
    let stored = stored(context, inside)?;
    place(context, &stored, rows, scratch, |to, _| read(to))
}

/// A strip or tile of compressed samples.
pub(crate) fn compressed<T: Cell>(
    context: &Context,
    inside: [usize; 3],
    rows: &mut Rows<'_, T>,
    scratch: &mut Scratch,
    data: &[u8],
    allow_truncated: bool,
) -> Result<()> {
    let stored = stored(context, inside)?;
    let columns = context.layout.chunk_size()[2] * context.layout.contig();
    place(context, &stored, rows, scratch, |to, scratch| {
        if !allow_truncated {
            return decompress(&context.codec, columns, data, to, scratch);
        }
        // What was decompressed before the data ended is there.
        to.fill(0);
        match decompress(&context.codec, columns, data, to, scratch) {
            Ok(got) => to.get_mut(got..).unwrap_or_default().fill(0),
            Err(e) if e.kind() == ErrorKind::Malformed => {}
            Err(e) => return Err(e),
        }
        Ok(to.len())
    })
}

/// Decompresses straight into the array where rows are stored as they are there, else by way of a buffer.
fn place<T: Cell>(
    context: &Context,
    stored: &Stored,
    rows: &mut Rows<'_, T>,
    scratch: &mut Scratch,
    fill: impl FnOnce(&mut [u8], &mut Scratch) -> Result<usize>,
) -> Result<()> {
    if stored.is_direct(context) && stored.inside[0] == 1 {
        let need = stored.inside[1] * stored.row_bytes;
        if let Some(to) = rows.block().and_then(T::bytes).filter(|to| to.len() == need) {
            let got = fill(to, scratch)?;
            stored.check(context, got)?;
            finish(context, stored, to);
            return Ok(());
        }
    }
    let mut plain = std::mem::take(&mut scratch.plain);
    let result = (|| {
        let buffer = resize(&mut plain, stored.need)?;
        let got = fill(buffer, scratch)?;
        stored.check(context, got)?;
        spread(context, stored, rows, buffer, scratch)
    })();
    scratch.plain = plain;
    result
}

/// Byte order and horizontal differences, in place.
fn finish(context: &Context, stored: &Stored, bytes: &mut [u8]) {
    let Predictor::Horizontal { stride } = context.predictor else {
        return to_native(context.endian, context.dtype, bytes);
    };
    let size = context.dtype.size();
    if !context.endian.is_native() && size > 1 {
        // What differs are numbers of the whole size, also where that of complex numbers is the size of both parts.
        unpack::swap(bytes, size);
    }
    predictor::horizontal(bytes, stored.row_bytes, size, context.layout.contig() * stride);
}

/// Puts the rows of a buffer in their places.
fn spread<T: Cell>(
    context: &Context,
    stored: &Stored,
    rows: &mut Rows<'_, T>,
    plain: &mut [u8],
    scratch: &mut Scratch,
) -> Result<()> {
    if stored.form == Form::Plain && !matches!(context.predictor, Predictor::Float { .. }) {
        finish(context, stored, plain);
    }
    let contig = context.layout.contig();
    let samples = context.layout.chunk_size()[2] * contig;
    let size = context.dtype.size();
    let [_, real, columns] = stored.inside;
    let wanted = columns * contig;
    let row_bytes = stored.row_bytes.max(1);
    let planes = plain.chunks_mut((row_bytes * stored.rows).max(1));
    let sources = planes.flat_map(|plane| plane.chunks_exact_mut(row_bytes).take(real));
    for (from, to) in sources.zip(rows.iter_mut()) {
        match (stored.form, context.predictor) {
            (Form::Plain, Predictor::Float { stride }) => {
                let out = resize(&mut scratch.row, samples * size)?;
                predictor::float(from, contig * stride, size, out);
                if context.dtype.is_complex() && context.endian == Endian::Big {
                    // The parts were not turned with the bytes of each.
                    out.chunks_exact_mut(size).for_each(|pair| pair.rotate_left(size / 2));
                }
                T::put(out, to);
            }
            (Form::Plain, _) => T::put(from, to),
            (Form::Bits, _) => {
                let out = resize(&mut scratch.row, wanted)?;
                for (chunk, byte) in out.chunks_mut(8).zip(&*from) {
                    for (k, bit) in chunk.iter_mut().enumerate() {
                        *bit = byte >> (7 - k) & 1;
                    }
                }
                T::put(out, to);
            }
            (Form::Packed(bits), predictor) => {
                scratch.values.resize(samples, 0);
                let values = &mut scratch.values;
                unpack::packed(from, bits, values);
                if let Predictor::Horizontal { stride } = predictor {
                    predictor::horizontal_masked(values, contig * stride, bits);
                }
                let signed = (context.layout.format == 2).then_some(bits);
                let out = resize(&mut scratch.row, samples * size)?;
                unpack::store(values, signed, size, out);
                T::put(out, to);
            }
            (Form::Float24, Predictor::Float { stride }) => {
                let out = resize(&mut scratch.row, samples * (size + 3))?;
                let (out, sorted) = out.split_at_mut(samples * size);
                predictor::float(from, contig * stride, 3, sorted);
                unpack::floats24(sorted, Endian::NATIVE, out);
                T::put(out, to);
            }
            (Form::Float24, _) => {
                let out = resize(&mut scratch.row, samples * size)?;
                unpack::floats24(from, context.endian, out);
                T::put(out, to);
            }
            (Form::ComplexIntegers(half), predictor) => {
                let mut endian = context.endian;
                if let Predictor::Horizontal { stride } = predictor {
                    // What differs are numbers as large as both parts.
                    if !endian.is_native() {
                        unpack::swap(from, 2 * half);
                        endian = Endian::NATIVE;
                    }
                    predictor::horizontal(from, row_bytes, 2 * half, contig * stride);
                }
                let out = resize(&mut scratch.row, samples * size)?;
                unpack::complex_integers(from, endian, half, size / 2, out);
                T::put(out, to);
            }
            (Form::Rgb565, _) => {
                let out = resize(&mut scratch.row, samples * size)?;
                unpack::rgb565(from, context.endian, out);
                T::put(out, to);
            }
        }
    }
    Ok(())
}

/// Decompresses into `to`; returns how many bytes there were. `columns` are the samples of a row.
pub(crate) fn decompress(
    codec: &Codec,
    columns: usize,
    data: &[u8],
    to: &mut [u8],
    scratch: &mut Scratch,
) -> Result<usize> {
    match codec {
        Codec::None => {
            let n = data.len().min(to.len());
            if let (Some(to), Some(from)) = (to.get_mut(..n), data.get(..n)) {
                to.copy_from_slice(from);
            }
            Ok(n)
        }
        Codec::Lzw => lzw::decode(data, to),
        Codec::Thunder => Ok(thunder::decode(data, columns, to)),
        Codec::Eer { step, within } => Ok(eer::decode(data, (*step, *within), columns, to)),
        Codec::PackBits => Ok(packbits::decode(data, to)),
        Codec::Deflate => inflate(data, to, scratch),
        #[cfg(feature = "zstd")]
        Codec::Zstd => scratch.zstd.decode(data, to),
        #[cfg(feature = "lzma")]
        Codec::Lzma => lzma(data, to),
        Codec::Ccitt(scheme) => {
            to.fill(0);
            ccitt::decode(data, *scheme, columns, to)?;
            Ok(to.len())
        }
        #[allow(unreachable_patterns)]
        _ => Err(Error::unsupported("this compression holds images, not samples")),
    }
}

/// Inflates a zlib stream into `to`; returns how many bytes there were.
pub(crate) fn inflate(data: &[u8], to: &mut [u8], scratch: &mut Scratch) -> Result<usize> {
    let inflate = scratch.inflate.get_or_insert_with(|| zlib_rs::Inflate::new(true, 15));
    inflate.reset(true);
    let result = inflate.decompress(data, to, zlib_rs::InflateFlush::Finish);
    let got = usize::try_from(inflate.total_out()).unwrap_or(usize::MAX).min(to.len());
    match result {
        // A stream that holds more than wanted is cut; one that ends early shows by its length.
        Ok(_) => Ok(got),
        Err(_) if got == to.len() && got > 0 => Ok(got),
        Err(e) => Err(Error::malformed(format!("deflate: {}", e.as_str())).with("byte", inflate.total_in())),
    }
}

/// Most memory for the dictionary of an LZMA stream, in KiB: that of the highest level of xz.
#[cfg(feature = "lzma")]
const LZMA_MEMORY: u32 = 96 << 10;

/// Decodes an XZ stream into `to`; returns how many bytes there were.
#[cfg(feature = "lzma")]
fn lzma(data: &[u8], to: &mut [u8]) -> Result<usize> {
    fill(&mut lzma_rust2::XzReader::new_mem_limit(data, false, LZMA_MEMORY), to, "LZMA")
}

/// Reads what the stream of a compression of that name holds, as far as there is room; returns how many bytes it was.
#[cfg(any(feature = "lzma", all(feature = "fast-zstd", not(feature = "libzstd"))))]
pub(crate) fn fill(stream: &mut impl std::io::Read, to: &mut [u8], name: &str) -> Result<usize> {
    let mut got = 0;
    while let Some(rest) = to.get_mut(got..).filter(|rest| !rest.is_empty()) {
        match stream.read(rest) {
            Ok(0) => break,
            Ok(n) => got += n,
            Err(e) => return Err(Error::malformed(format!("{name}: {e}"))),
        }
    }
    Ok(got)
}
