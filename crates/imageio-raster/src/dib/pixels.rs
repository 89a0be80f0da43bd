use imageio_core::{Error, Result};

use super::{Compression, Header, Kind};
use crate::swizzle::packed;

/// What a stored pixel is made of.
#[derive(Debug, Clone)]
pub(super) enum Source {
    /// An index into these 256 colours.
    Index(Vec<[u8; 3]>),
    /// Three bytes.
    Bgr,
    /// Four bytes, of which the last means nothing.
    Bgrx,
    /// Four bytes.
    Bgra,
    /// Anything else, said by masks.
    Masks(Box<Masks>),
}

const BGRX: [u32; 4] = [0xFF_0000, 0xFF00, 0xFF, 0];
const BGRA: [u32; 4] = [0xFF_0000, 0xFF00, 0xFF, 0xFF00_0000];

pub(super) fn kind(header: &Header, palette: &[[u8; 3]]) -> Result<(Kind, Source)> {
    match header.bits {
        ..=8 => Ok(indexed(header, palette)),
        24 if header.compression != Compression::Bitfields => Ok((Kind::Rgb, Source::Bgr)),
        32 if header.compression == Compression::None => Ok((Kind::Rgb, Source::Bgrx)),
        _ => masked(header),
    }
}

/// A palette that only says what the index says already is left out: black and white, or a ramp of greys.
fn indexed(header: &Header, palette: &[[u8; 3]]) -> (Kind, Source) {
    let mut table = palette.to_vec();
    table.resize(256, [0; 3]);
    let n = header.n_colors() as usize;
    let ramp = |i: usize| if n == 2 { [0, 255].get(i).copied().unwrap_or(0) } else { i as u8 };
    let gray = palette.len() == n && palette.iter().enumerate().all(|(i, c)| *c == [ramp(i); 3]);
    let kind = match gray {
        true if n <= 2 => Kind::Bool,
        true => Kind::Gray,
        false => Kind::Rgb,
    };
    (kind, Source::Index(table))
}

fn masked(header: &Header) -> Result<(Kind, Source)> {
    let bits = header.bits;
    let masks = match (bits, header.masks) {
        (16, None | Some([0, 0, 0, _])) => [0x7C00, 0x3E0, 0x1F, 0],
        (32, Some([0, 0, 0, 0])) => BGRA,
        (24, Some([0, 0, 0, _])) | (_, None) => BGRX,
        (_, Some(masks)) => masks,
    };
    match (bits, masks) {
        (32, BGRX) => return Ok((Kind::Rgb, Source::Bgrx)),
        (32, BGRA) => return Ok((Kind::Rgba, Source::Bgra)),
        (24, BGRX) => return Ok((Kind::Rgb, Source::Bgr)),
        _ => {}
    }
    if bits < 32 && masks.iter().any(|m| m >> bits != 0) {
        return Err(Error::malformed(format!("colour masks {masks:08x?} for pixels of {bits} bits")));
    }
    let masks = Masks::new(usize::from(bits / 8), masks);
    // One bit of alpha in 16 is as often left at 0 by those who write it as it is meant, so it is not taken.
    let alpha = masks.alpha.max > 1;
    let wide = masks.red.max > 255 || masks.green.max > 255 || masks.blue.max > 255;
    let kind = match (alpha, wide) {
        (false, false) => Kind::Rgb,
        (true, false) => Kind::Rgba,
        (false, true) => Kind::Rgb16,
        (true, true) => Kind::Rgba16,
    };
    Ok((kind, Source::Masks(Box::new(masks))))
}

/// Where each colour lies in a pixel.
#[derive(Debug, Clone)]
pub(super) struct Masks {
    bytes: usize,
    red: Channel,
    green: Channel,
    blue: Channel,
    alpha: Channel,
}

#[derive(Debug, Clone)]
struct Channel {
    mask: u32,
    shift: u32,
    max: u32,
    /// Values brought to 8 bits, where there are few.
    table: Option<Box<[u8; 256]>>,
}

impl Channel {
    fn new(mask: u32) -> Self {
        let shift = if mask == 0 { 0 } else { mask.trailing_zeros() };
        let max = mask >> shift;
        let table = (max <= 255).then(|| Box::new(std::array::from_fn(|v| scale(v as u32, max, 255) as u8)));
        Channel { mask, shift, max, table }
    }

    #[inline]
    fn u8(&self, pixel: u32) -> u8 {
        let v = (pixel & self.mask) >> self.shift;
        match &self.table {
            Some(table) => table[(v & 255) as usize],
            None => scale(v, self.max, 255) as u8,
        }
    }

    #[inline]
    fn u16(&self, pixel: u32) -> u16 {
        scale((pixel & self.mask) >> self.shift, self.max, 65_535) as u16
    }
}

/// `v` of `max` as a part of `full`, rounded down as Pillow does.
fn scale(v: u32, max: u32, full: u64) -> u64 {
    if max == 0 { 0 } else { (u64::from(v.min(max)) * full) / u64::from(max) }
}

impl Masks {
    fn new(bytes: usize, masks: [u32; 4]) -> Self {
        let [red, green, blue, alpha] = masks.map(Channel::new);
        Masks { bytes, red, green, blue, alpha }
    }

    #[inline]
    fn each(&self, from: &[u8], mut take: impl FnMut(usize, u32)) {
        match self.bytes {
            2 => from.as_chunks::<2>().0.iter().enumerate().for_each(|(i, b)| take(i, u16::from_le_bytes(*b).into())),
            3 => from.as_chunks::<3>().0.iter().enumerate().for_each(|(i, b)| {
                take(i, u32::from_le_bytes([b[0], b[1], b[2], 0]));
            }),
            _ => from.as_chunks::<4>().0.iter().enumerate().for_each(|(i, b)| take(i, u32::from_le_bytes(*b))),
        }
    }

    pub(super) fn rgb(&self, from: &[u8], to: &mut [u8]) {
        let to = to.as_chunks_mut::<3>().0;
        self.each(from, |i, p| {
            if let Some(to) = to.get_mut(i) {
                *to = [self.red.u8(p), self.green.u8(p), self.blue.u8(p)];
            }
        });
    }

    pub(super) fn rgba(&self, from: &[u8], to: &mut [u8]) {
        let to = to.as_chunks_mut::<4>().0;
        let opaque = self.alpha.mask == 0;
        self.each(from, |i, p| {
            if let Some(to) = to.get_mut(i) {
                let alpha = if opaque { 255 } else { self.alpha.u8(p) };
                *to = [self.red.u8(p), self.green.u8(p), self.blue.u8(p), alpha];
            }
        });
    }

    pub(super) fn rgb16(&self, from: &[u8], to: &mut [u16]) {
        let to = to.as_chunks_mut::<3>().0;
        self.each(from, |i, p| {
            if let Some(to) = to.get_mut(i) {
                *to = [self.red.u16(p), self.green.u16(p), self.blue.u16(p)];
            }
        });
    }

    pub(super) fn rgba16(&self, from: &[u8], to: &mut [u16]) {
        let to = to.as_chunks_mut::<4>().0;
        self.each(from, |i, p| {
            if let Some(to) = to.get_mut(i) {
                *to = [self.red.u16(p), self.green.u16(p), self.blue.u16(p), self.alpha.u16(p)];
            }
        });
    }
}

pub(super) fn to_bool(from: &[u8], to: &mut [bool], bits: usize) {
    if bits == 1 {
        return crate::swizzle::bits(from, to, |b| b);
    }
    for (i, to) in to.iter_mut().enumerate() {
        // As everywhere, an index beyond the end of the palette is black.
        *to = packed(from, i, bits) == 1;
    }
}

pub(super) fn to_index(from: &[u8], to: &mut [u8], bits: usize) {
    if bits == 8 {
        let n = to.len().min(from.len());
        to[..n].copy_from_slice(&from[..n]);
        return;
    }
    for (i, to) in to.iter_mut().enumerate() {
        *to = packed(from, i, bits);
    }
}

pub(super) fn to_colors<const N: usize>(from: &[u8], to: &mut [u8], bits: usize, table: &[[u8; N]]) {
    // A table of a known length needs no check of the index.
    let mut colors = [[0; N]; 256];
    for (to, from) in colors.iter_mut().zip(table) {
        *to = *from;
    }
    let to = to.as_chunks_mut::<N>().0;
    if bits == 8 {
        for (to, from) in to.iter_mut().zip(from) {
            *to = colors[usize::from(*from)];
        }
        return;
    }
    for (i, to) in to.iter_mut().enumerate() {
        *to = colors[usize::from(packed(from, i, bits))];
    }
}
