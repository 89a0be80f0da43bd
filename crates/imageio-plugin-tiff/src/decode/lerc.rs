//! Strips and tiles of LERC.

use imageio_core::{Dtype, Error, Result};
use imageio_lerc::{Decoder, Element, Header, Kind};

use super::chunk::{Context, Scratch, resize};
use super::image::{Found, check, place};
use super::rows::{Cell, Rows};

/// Pixels that a writer may have taken for one.
const MOST_DEEP: usize = 4;

/// Decodes what is in `scratch.raw`, which is compressed once more by deflate (`more` 1) or Zstandard (2), or not (0).
pub(crate) fn decode<T: Cell>(
    context: &Context,
    more: u32,
    inside: [usize; 3],
    rows: &mut Rows<'_, T>,
    scratch: &mut Scratch,
) -> Result<()> {
    let (mut raw, mut unpacked) = (std::mem::take(&mut scratch.raw), std::mem::take(&mut scratch.unpacked));
    let mut plain = std::mem::take(&mut scratch.plain);
    if context.layout.reversed_bits {
        super::unpack::reverse_bits(&mut raw);
    }
    let result = unpack(context, more, &raw, &mut unpacked, scratch).and_then(|blob| {
        let header = Header::read(blob).map_err(bad)?;
        check(context, header.width, header.height)?;
        // A pixel of more samples than the image has may be several pixels taken for one, but no memory without end.
        let contig = context.layout.contig();
        let all = context.layout.chunk_size().iter().fold(contig, |n, side| n.saturating_mul(*side));
        if header.depth > contig.saturating_mul(MOST_DEEP) && header.elements() != all as u64 {
            return Err(Error::malformed(format!("LERC of {} samples a pixel, where {contig} belong", header.depth)));
        }
        if header.kind.size() != context.dtype.size() {
            return Err(Error::malformed(format!("LERC of {} in an image of {}", header.kind, context.dtype)));
        }
        let band = Band { context, inside, header, blob };
        match band.header.kind {
            Kind::I8 => band.decode::<i8, T>(rows, &mut plain),
            Kind::U8 => band.decode::<u8, T>(rows, &mut plain),
            Kind::I16 => band.decode::<i16, T>(rows, &mut plain),
            Kind::U16 => band.decode::<u16, T>(rows, &mut plain),
            Kind::I32 => band.decode::<i32, T>(rows, &mut plain),
            Kind::U32 => band.decode::<u32, T>(rows, &mut plain),
            Kind::F32 => band.decode::<f32, T>(rows, &mut plain),
            Kind::F64 => band.decode::<f64, T>(rows, &mut plain),
        }
    });
    (scratch.raw, scratch.unpacked, scratch.plain) = (raw, unpacked, plain);
    result
}

fn bad(error: imageio_lerc::Error) -> Error {
    Error::malformed(format!("LERC: {error}"))
}

/// The blob itself, out of what it was compressed with.
fn unpack<'b>(
    context: &Context,
    more: u32,
    raw: &'b [u8],
    unpacked: &'b mut Vec<u8>,
    scratch: &mut Scratch,
) -> Result<&'b [u8]> {
    if more == 0 {
        return Ok(raw);
    }
    let [depth, length, width] = context.layout.chunk_size();
    let most = [length, width, context.layout.contig(), context.dtype.size(), 2]
        .iter()
        .fold(depth, |all, factor| all.saturating_mul(*factor))
        .saturating_add(64 << 10);
    let to = resize(unpacked, most)?;
    let got = match more {
        1 => super::bytes::inflate(raw, to, scratch)?,
        #[cfg(feature = "zstd")]
        2 => scratch.zstd.decode(raw, to)?,
        _ => return Err(Error::unsupported("LERC with Zstandard").with_hint("enable the feature `zstd`")),
    };
    Ok(to.get(..got).unwrap_or(&[]))
}

/// The first band of a strip or tile, and what its layout asks for.
struct Band<'b> {
    context: &'b Context,
    /// Planes, rows and columns that the image has of the strip or tile.
    inside: [usize; 3],
    header: Header,
    blob: &'b [u8],
}

impl Band<'_> {
    fn decode<E: Element + bytemuck::Pod, T: Cell>(&self, rows: &mut Rows<'_, T>, plain: &mut Vec<u8>) -> Result<()> {
        let (context, header) = (self.context, &self.header);
        let contig = context.layout.contig();
        let [deep, length, width] = context.layout.chunk_size();
        if deep > 1 && (header.width, header.height, header.depth) == (width, length, contig) {
            return self.volume::<E, T>(rows, plain);
        }
        if header.depth == 1 && contig > 1 && self.others().next().is_some() {
            return self.bands::<E, T>(rows, plain);
        }
        // libtiff takes alpha that is all or nothing for the mask of the other samples.
        if header.depth + 1 == contig && self.has_alpha() {
            return self.masked::<E, T>(rows, plain);
        }
        let [planes, real, columns] = self.inside;
        let fits = header.depth == contig && header.width == columns && header.height == planes * real;
        if let Some(bytes) = rows.block().filter(|_| fits).and_then(|cells| T::bytes(cells)) {
            if let Ok(out) = bytemuck::try_cast_slice_mut::<u8, E>(bytes) {
                if out.len() as u64 == header.elements() {
                    Decoder::new().decode(self.blob, out, self.none()).map_err(bad)?;
                    super::bytes::to_native(context.endian, context.dtype, bytes);
                    return Ok(());
                }
            }
        }
        self.with::<E>(plain, header.depth, |out| {
            Decoder::new().decode(self.blob, out, self.none()).map(|_| ()).map_err(bad)
        })?;
        self.place(rows, plain, header.depth)
    }

    /// A band for each plane of the tile.
    fn volume<E: Element + bytemuck::Pod, T: Cell>(&self, rows: &mut Rows<'_, T>, plain: &mut Vec<u8>) -> Result<()> {
        let [planes, ..] = self.inside;
        let elements = usize::try_from(self.header.elements()).unwrap_or(usize::MAX);
        self.with::<E>(plain, self.header.depth.saturating_mul(planes), |out| {
            let (mut decoder, mut rest) = (Decoder::new(), self.blob);
            for plane in out.chunks_exact_mut(elements.max(1)) {
                let header = decoder.decode(rest, plane, self.none()).map_err(bad)?;
                rest = rest.get(header.length..).unwrap_or(&[]);
            }
            Ok(())
        })?;
        self.put(rows, plain, planes, self.header.depth)
    }

    /// The headers of the bands after the first.
    fn others(&self) -> impl Iterator<Item = Header> + '_ {
        let mut at = self.header.length;
        std::iter::from_fn(move || {
            let header = Header::read(self.blob.get(at..)?).ok()?;
            at += header.length;
            Some(header)
        })
    }

    fn has_alpha(&self) -> bool {
        self.context.layout.extra_samples == [2] && self.context.dtype.size() == 1
    }

    /// Bands one after the other, whose elements belong side by side.
    fn bands<E: Element + bytemuck::Pod, T: Cell>(&self, rows: &mut Rows<'_, T>, plain: &mut Vec<u8>) -> Result<()> {
        let contig = self.context.layout.contig();
        let count = (1 + self.others().count()).min(contig);
        let alpha = usize::from(count + 1 == contig && self.has_alpha());
        let components = count + alpha;
        let mut band = super::chunk::room::<E>(self.header.width.saturating_mul(self.header.height))?;
        self.with::<E>(plain, components, |out| {
            let (mut decoder, mut rest) = (Decoder::new(), self.blob);
            for k in 0..count {
                let header = decoder.decode(rest, &mut band, self.none()).map_err(bad)?;
                for (to, from) in out.iter_mut().skip(k).step_by(components).zip(&band) {
                    *to = *from;
                }
                rest = rest.get(header.length..).unwrap_or(&[]);
            }
            set_alpha(out, components, alpha, &decoder);
            Ok(())
        })?;
        self.place(rows, plain, components)
    }

    /// One band whose mask is the alpha of the image.
    fn masked<E: Element + bytemuck::Pod, T: Cell>(&self, rows: &mut Rows<'_, T>, plain: &mut Vec<u8>) -> Result<()> {
        let depth = self.header.depth;
        let elements = self.header.width.saturating_mul(self.header.height).saturating_mul(depth);
        let mut band = super::chunk::room::<E>(elements)?;
        self.with::<E>(plain, depth + 1, |out| {
            let mut decoder = Decoder::new();
            decoder.decode(self.blob, &mut band, self.none()).map_err(bad)?;
            for (to, from) in out.chunks_exact_mut(depth + 1).zip(band.chunks_exact(depth)) {
                if let Some(to) = to.get_mut(..depth) {
                    to.copy_from_slice(from);
                }
            }
            set_alpha(out, depth + 1, 1, &decoder);
            Ok(())
        })?;
        self.place(rows, plain, depth + 1)
    }

    /// Fills `plain` with so many elements to a pixel.
    fn with<E: Element + bytemuck::Pod>(
        &self,
        plain: &mut Vec<u8>,
        components: usize,
        decode: impl FnOnce(&mut [E]) -> Result<()>,
    ) -> Result<()> {
        let elements = self.header.width.saturating_mul(self.header.height).saturating_mul(components);
        let bytes = resize(plain, elements.saturating_mul(size_of::<E>()))?;
        match bytemuck::try_cast_slice_mut(bytes) {
            Ok(out) => decode(out)?,
            // An allocation that no element can lie at is unheard of, but would be in order.
            Err(_) => {
                let mut out = super::chunk::room::<E>(elements)?;
                decode(&mut out)?;
                bytes.copy_from_slice(bytemuck::cast_slice(&out));
            }
        }
        // What was compressed are the samples in the file's byte order, taken for native ones.
        super::bytes::to_native(self.context.endian, self.context.dtype, bytes);
        Ok(())
    }

    fn place<T: Cell>(&self, rows: &mut Rows<'_, T>, plain: &[u8], components: usize) -> Result<()> {
        self.put(rows, plain, 1, components)
    }

    fn put<T: Cell>(&self, rows: &mut Rows<'_, T>, plain: &[u8], planes: usize, components: usize) -> Result<()> {
        let Header { width, height, .. } = self.header;
        let found = Found { planes, width, height, components, size: self.context.dtype.size() };
        place(self.context, self.inside, rows, &found, plain)
    }

    /// What elements become that the blob leaves out: no number, or 0.
    fn none<E: Element + bytemuck::Pod>(&self) -> E {
        let mut bytes = [0; 8];
        match self.context.dtype {
            Dtype::F32 => bytes[..4].copy_from_slice(&f32::NAN.to_ne_bytes()),
            Dtype::F64 => bytes = f64::NAN.to_ne_bytes(),
            _ => return E::default(),
        }
        // It is brought into the native order with all others.
        super::bytes::to_native(self.context.endian, self.context.dtype, &mut bytes[..size_of::<E>()]);
        bytemuck::pod_read_unaligned(&bytes[..size_of::<E>()])
    }
}

/// Sets the last component of each pixel to whether it is valid.
fn set_alpha<E: bytemuck::Pod>(out: &mut [E], components: usize, alpha: usize, decoder: &Decoder) {
    if alpha == 0 {
        return;
    }
    let value = |valid: bool| bytemuck::pod_read_unaligned(&[if valid { 255_u8 } else { 0 }; 8][..size_of::<E>()]);
    let mut valid = decoder.mask().into_iter().flat_map(|mask| mask.iter()).chain(std::iter::repeat(true));
    for pixel in out.chunks_exact_mut(components) {
        if let ([.., to], Some(valid)) = (pixel, valid.next()) {
            *to = value(valid);
        }
    }
}
