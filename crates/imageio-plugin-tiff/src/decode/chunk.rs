//! One strip or tile, from the file to its rows of the array.

use std::sync::Arc;

use imageio_core::{Dtype, Error, ErrorKind, Result};

use super::codec::Codec;
use super::predictor::Predictor;
use super::rows::{Cell, Rows};
use super::{bytes, image};
use crate::blame::Blame;
use crate::ifd::{Endian, Tiff, Window};
use crate::layout::Layout;
use crate::page::Page;
use crate::source::ends_early;
use crate::tags::tag;
use crate::value::lenient;

/// What decoding a page's strips and tiles has in common.
pub(crate) struct Context {
    pub layout: Layout,
    pub endian: Endian,
    pub dtype: Dtype,
    pub codec: Codec,
    pub predictor: Predictor,
    /// The element that fills what is not stored, in native byte order.
    pub nodata: Vec<u8>,
    /// What the end of the file cuts off is no error.
    #[cfg_attr(not(feature = "jpeg"), allow(dead_code, reason = "only of JPEG is a part decoded"))]
    pub allow_truncated: bool,
    /// Offset of a directory whose pages share this.
    ifd: u64,
    /// Values that pages of one layout may have for themselves.
    own: Vec<(u16, [u8; 8])>,
}

/// Tags beyond the layout that decoding depends on.
const OWN: [u16; 13] = [
    tag::JPEG_TABLES,
    tag::T4_OPTIONS,
    tag::LERC_PARAMETERS,
    tag::GDAL_NODATA,
    tag::YCBCR_SUBSAMPLING,
    tag::YCBCR_COEFFICIENTS,
    tag::REFERENCE_BLACK_WHITE,
    tag::JPEG_Q_TABLES,
    tag::JPEG_DC_TABLES,
    tag::JPEG_AC_TABLES,
    tag::EER_SKIP_BITS,
    tag::EER_ACROSS_BITS,
    tag::EER_DOWN_BITS,
];

fn own(page: &Page) -> Vec<(u16, [u8; 8])> {
    let entries = page.ifd.entries.iter().filter(|e| OWN.contains(&e.tag));
    entries.map(|e| (e.tag, e.field)).collect()
}

impl Context {
    pub fn new(tiff: &Tiff<'_>, page: &Page, window: &mut Window) -> Result<Self> {
        Self::read(tiff, page, window).map_err(|e| page.ifd.blame(e))
    }

    fn read(tiff: &Tiff<'_>, page: &Page, window: &mut Window) -> Result<Self> {
        let layout = page.layout.clone();
        let dtype = layout.dtype()?;
        let codec = Codec::new(tiff, page, window)?;
        let predictor = match codec.is_image() {
            true => Predictor::None,
            // Nothing predicts what is not compressed: a number without a meaning is no reason to refuse it.
            false => match (Predictor::new(layout.predictor), &codec) {
                (Err(_), Codec::None) => Predictor::None,
                (predictor, _) => predictor?,
            },
        };
        match predictor {
            // tifffile sorts the bytes of integers and complex numbers as well.
            Predictor::Float { .. }
                if layout.format == 5
                    || !matches!((layout.bits.as_slice(), layout.format), ([16 | 32 | 64], _) | ([24], 3)) =>
            {
                let what = format!("the floating-point predictor on samples of {dtype}");
                return Err(Error::unsupported(what).tag(tag::PREDICTOR));
            }
            // libtiff takes complex numbers of up to 64 bits for integers of as many.
            Predictor::Horizontal { .. }
                if layout.bits == [128]
                    || dtype == Dtype::Bool
                    || layout.bits.len() > 1
                    || layout.bits == [24] && layout.format == 3 =>
            {
                let what = format!("the horizontal predictor on samples of {dtype}");
                return Err(Error::unsupported(what).tag(tag::PREDICTOR));
            }
            _ => {}
        }
        let text = match page.ifd.entry(tag::GDAL_NODATA) {
            Some(entry) => lenient(tiff.bytes(entry, window))?.map(|b| crate::value::text(&b)).unwrap_or_default(),
            None => String::new(),
        };
        let nodata = element(dtype, &text);
        let endian = tiff.header.endian;
        let (ifd, own) = (page.ifd.offset, own(page));
        let allow_truncated = tiff.allow_truncated;
        Ok(Context { layout, endian, dtype, codec, predictor, nodata, allow_truncated, ifd, own })
    }

    /// `true` if it serves for `page` as well.
    pub fn fits(&self, page: &Page) -> bool {
        self.ifd == page.ifd.offset || (self.layout == page.layout && self.own == own(page) && page.parts.is_none())
    }
}

/// An element of `dtype` from text, 0 if it does not fit.
fn element(dtype: Dtype, text: &str) -> Vec<u8> {
    let text = text.trim().replace(',', ".");
    let real = text.parse::<f64>().unwrap_or(0.0);
    let whole = text.parse::<i128>().unwrap_or(if real.fract() == 0.0 { real as i128 } else { 0 });
    macro_rules! int {
        ($ty:ty) => {
            <$ty>::try_from(whole).unwrap_or(0).to_ne_bytes().to_vec()
        };
    }
    match dtype {
        Dtype::Bool => vec![u8::from(whole != 0)],
        Dtype::U8 => int!(u8),
        Dtype::I8 => int!(i8),
        Dtype::U16 => int!(u16),
        Dtype::I16 => int!(i16),
        Dtype::U32 => int!(u32),
        Dtype::I32 => int!(i32),
        Dtype::U64 => int!(u64),
        Dtype::I64 => int!(i64),
        Dtype::F16 => imageio_core::half::f16::from_f64(real).to_ne_bytes().to_vec(),
        Dtype::F32 => (real as f32).to_ne_bytes().to_vec(),
        Dtype::F64 => real.to_ne_bytes().to_vec(),
        Dtype::C64 => [(real as f32).to_ne_bytes(), [0; 4]].concat(),
        Dtype::C128 => [real.to_ne_bytes(), [0; 8]].concat(),
    }
}

/// Buffers that a thread keeps from one strip or tile to the next.
#[derive(Default)]
pub(crate) struct Scratch {
    /// As it is in the file.
    pub raw: Vec<u8>,
    /// Decompressed, not yet in its place.
    pub plain: Vec<u8>,
    /// Decompressed once, where there is more to decompress.
    #[cfg(feature = "lerc")]
    pub unpacked: Vec<u8>,
    /// One row.
    pub row: Vec<u8>,
    pub values: Vec<u64>,
    pub inflate: Option<zlib_rs::Inflate>,
    #[cfg(feature = "zstd")]
    pub zstd: crate::zstd::Decoder,
}

impl Scratch {
    /// Gives back what an unusually large strip took.
    fn trim(&mut self) {
        const KEEP: usize = 32 << 20;
        let buffers = [
            &mut self.raw,
            &mut self.plain,
            #[cfg(feature = "lerc")]
            &mut self.unpacked,
        ];
        for buffer in buffers {
            if buffer.capacity() > KEEP {
                *buffer = Vec::new();
            }
        }
        #[cfg(feature = "zstd")]
        self.zstd.trim(KEEP);
    }
}

/// Sets the length of a buffer; what is in it does not matter. Out of memory is an error.
pub(crate) fn resize(buffer: &mut Vec<u8>, len: usize) -> Result<&mut [u8]> {
    if buffer.capacity() < len {
        buffer.clear();
        buffer
            .try_reserve_exact(len)
            .map_err(|_| Error::limit(format!("no memory for a strip or tile of {len} bytes")))?;
    }
    buffer.resize(len, 0);
    Ok(buffer)
}

/// Cells for a strip or tile apart from the array: zeros that take no memory before they are used, since what is decoded
/// may be far less than a directory says.
pub(crate) fn room<T: bytemuck::Zeroable>(len: usize) -> Result<Vec<T>> {
    bytemuck::try_zeroed_vec(len).map_err(|()| Error::limit(format!("no memory for a strip or tile of {len} elements")))
}

/// Where a strip or tile is.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Spot {
    pub offset: u64,
    pub count: u64,
    /// Its number among those of its page; `None` for pixels that lie in one piece.
    pub number: Option<usize>,
    /// The directory of its page.
    pub ifd: u64,
}

impl Spot {
    /// For a page that is decoded as one, of which `chunks` are the parts.
    pub fn whole(page: &Page, chunks: &[(u64, u64)]) -> Self {
        let offset = chunks.first().map_or(1, |(offset, _)| (*offset).max(1));
        Spot { offset, count: 1, number: None, ifd: page.ifd.offset }
    }

    /// Names the strip or tile in an error.
    pub fn blame(&self, layout: &Layout, error: Error) -> Error {
        let word = if layout.tile.is_some() { "tile" } else { "strip" };
        let error = match (self.number, layout.chunk_count()) {
            (Some(k), Ok(count)) => error.with("chunk", format!("{word} {k} of {count}")),
            _ => error,
        };
        error.tag(layout.offsets_tag()).at(self.offset).ifd(self.ifd)
    }
}

/// What one strip or tile needs.
pub(crate) struct Task<'d, T> {
    context: Arc<Context>,
    spot: Spot,
    /// Planes, rows and columns within the image.
    pub inside: [usize; 3],
    plain: bool,
    /// The stored bytes, where they were read before.
    fetched: Option<Vec<u8>>,
    pub rows: Rows<'d, T>,
}

impl<'d, T: Cell> Task<'d, T> {
    /// Pixels that are read as they are.
    pub fn raw(context: Arc<Context>, spot: Spot, rows: Rows<'d, T>) -> Self {
        Task { context, spot, inside: [0; 3], plain: true, fetched: None, rows }
    }

    /// A strip or tile of which `inside` lies within the image.
    pub fn chunk(context: Arc<Context>, spot: Spot, inside: [usize; 3]) -> Self {
        Task { context, spot, inside, plain: false, fetched: None, rows: Rows::Split(Vec::new()) }
    }

    pub fn with(mut self, rows: Rows<'d, T>) -> Self {
        self.rows = rows;
        self
    }

    pub fn len(&self) -> usize {
        self.rows.len()
    }

    pub fn is_raw(&self) -> bool {
        self.plain
    }

    /// Where its bytes are in the file, if there is more to them than reading.
    pub fn packed(&self) -> Option<u64> {
        let codec = &self.context.codec;
        (!self.plain && !codec.is_whole() && !matches!(codec, Codec::None)).then_some(self.spot.offset)
    }

    /// Offset and length of its bytes in the file.
    pub fn extent(&self) -> (u64, u64) {
        (self.spot.offset, self.spot.count)
    }

    /// Reads the stored bytes before they are decoded. What goes wrong goes wrong again in [`run`](Self::run).
    pub fn fetch(mut self, tiff: &Tiff<'_>, mut buffer: Vec<u8>) -> Self {
        let packed = self.packed().is_some() && self.spot.offset != 0 && self.spot.count != 0;
        if packed && self.read_stored(tiff, &mut buffer).is_ok() {
            self.fetched = Some(buffer);
        }
        self
    }

    fn read_stored(&mut self, tiff: &Tiff<'_>, buffer: &mut Vec<u8>) -> Result<()> {
        if let Some(fetched) = self.fetched.take() {
            *buffer = fetched;
            return Ok(());
        }
        let codec = &self.context.codec;
        let len = self.stored(tiff, codec.is_image() && !(tiff.allow_truncated && codec.is_progressive()))?;
        tiff.source.read(self.spot.offset, resize(buffer, len)?)
    }

    pub fn run(mut self, tiff: &Tiff<'_>, scratch: &mut Scratch) -> Result<()> {
        let mut result = self.decode(tiff, scratch);
        if tiff.allow_truncated && result.as_ref().is_err_and(|e| e.kind() == ErrorKind::Malformed) {
            // Of most images, nothing can be told from a part.
            let context = Arc::clone(&self.context);
            self.fill(&context);
            result = Ok(());
        }
        scratch.trim();
        result.map_err(|e| {
            let Spot { offset, count, .. } = self.spot;
            let e = match tiff.source.size() {
                // Too little was decoded because too little is stored.
                Some(size) if e.kind() == ErrorKind::Malformed && offset.saturating_add(count) > size => {
                    ends_early(offset, count, Some(size))
                }
                _ => e,
            };
            self.spot.blame(&self.context.layout, e)
        })
    }

    fn decode(&mut self, tiff: &Tiff<'_>, scratch: &mut Scratch) -> Result<()> {
        let context = Arc::clone(&self.context);
        if self.plain {
            let Some(to) = self.rows.block().and_then(T::bytes) else {
                return Err(Error::unsupported("plain pixels that are no numbers"));
            };
            if tiff.allow_truncated {
                let n = tiff.source.read_some(self.spot.offset, to)?;
                to.get_mut(n..).unwrap_or_default().fill(0);
            } else {
                tiff.source.read(self.spot.offset, to)?;
            }
            bytes::to_native(context.endian, context.dtype, to);
            return Ok(());
        }
        if self.spot.offset == 0 || self.spot.count == 0 {
            self.fill(&context);
            return Ok(());
        }
        if context.codec.is_whole() {
            return image::decode(&context, self.inside, &mut self.rows, scratch, tiff);
        }
        context.plausible(tiff, &self.spot, self.inside)?;
        if context.codec.is_image() {
            self.read_stored(tiff, &mut scratch.raw)?;
            return image::decode(&context, self.inside, &mut self.rows, scratch, tiff);
        }
        if matches!(context.codec, Codec::None) && !context.layout.reversed_bits {
            let len = self.stored(tiff, false)?;
            return bytes::uncompressed(&context, self.inside, &mut self.rows, scratch, |to| {
                let n = len.min(to.len());
                tiff.source.read(self.spot.offset, to.get_mut(..n).unwrap_or_default())?;
                if tiff.allow_truncated {
                    to.get_mut(n..).unwrap_or_default().fill(0);
                    return Ok(to.len());
                }
                Ok(n)
            });
        }
        let mut raw = std::mem::take(&mut scratch.raw);
        let result = (|| {
            self.read_stored(tiff, &mut raw)?;
            if context.layout.reversed_bits {
                super::unpack::reverse_bits(&mut raw);
            }
            bytes::compressed(&context, self.inside, &mut self.rows, scratch, &raw, tiff.allow_truncated)
        })();
        scratch.raw = raw;
        result
    }

    /// Bytes to be read: what the directory says, as far as the file and reason allow.
    fn stored(&self, tiff: &Tiff<'_>, exact: bool) -> Result<usize> {
        let [depth, length, width] = self.context.layout.chunk_size();
        let bits = self.context.layout.bits_per_pixel().max(self.context.dtype.size() * 8) as u64;
        let plain =
            ((width as u64).saturating_mul(bits) / 8 + 1).saturating_mul((depth as u64).saturating_mul(length as u64));
        let most = plain.saturating_mul(4).saturating_add(4 << 20);
        let mut count = self.spot.count;
        // The size costs a system call and matters only where the claim is large.
        if count > 1 << 16 || !exact {
            if let Some(size) = tiff.source.size() {
                if self.spot.offset >= size || (exact && self.spot.offset.saturating_add(count) > size) {
                    return Err(ends_early(self.spot.offset, count, Some(size)));
                }
                count = count.min(size - self.spot.offset);
            }
        }
        if count > most {
            if exact {
                let what = format!("a strip or tile of {count} bytes");
                return Err(Error::malformed(what).tag(self.context.layout.counts_tag()));
            }
            count = most;
        }
        usize::try_from(count).map_err(|_| Error::limit(format!("a strip or tile of {count} bytes")))
    }

    fn fill(&mut self, context: &Context) {
        let zero = context.nodata.iter().all(|b| *b == 0);
        for row in self.rows.iter_mut() {
            if zero {
                row.fill(T::default());
                continue;
            }
            for cell in row.chunks_mut(T::elements_per_sample(context.dtype)) {
                T::put(&context.nodata, cell);
            }
        }
    }
}
