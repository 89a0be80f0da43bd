//! One row of stored pixels to one row of the array.

use imageio_raster::rows::Change;
use imageio_raster::swizzle;

use crate::header::{Header, Kind};

/// Everything that a row needs to become pixels.
pub(crate) struct Convert {
    bits: u8,
    kind: Kind,
    /// Colours by index, in the channels of `kind`.
    palette: Vec<[u8; 4]>,
    indexed: bool,
    mirrored: bool,
    /// Alpha is stored, but means nothing.
    opaque: bool,
}

/// Blue, green, red of 5 bits and one of alpha, which is set where the pixel is clear, as Pillow takes it.
fn from_16(pixel: [u8; 2]) -> [u8; 4] {
    let v = u16::from_le_bytes(pixel);
    let full = |shift: u16| (((v >> shift) & 31) * 255 / 31) as u8;
    [full(10), full(5), full(0), if v & 0x8000 != 0 { 0 } else { 255 }]
}

impl Convert {
    pub fn new(header: &Header, palette: &[u8], opaque: bool) -> Self {
        let mut colors = Vec::new();
        if header.is_indexed() {
            let blank = if header.palette_bits == 32 { [0; 4] } else { [0, 0, 0, 255] };
            colors.resize(usize::from(header.palette_start), blank);
            let size = usize::from(header.palette_bits.div_ceil(8));
            colors.extend(palette.chunks_exact(size).map(|c| match *c {
                [a, b] => from_16([a, b]),
                [b, g, r] => [r, g, b, 255],
                [b, g, r, a] => [r, g, b, a],
                _ => [0; 4],
            }));
            colors.resize(if header.bits == 8 { 256 } else { 65_536 }, [0, 0, 0, 255]);
        }
        Convert {
            bits: header.bits,
            kind: header.kind(),
            palette: colors,
            indexed: header.is_indexed(),
            mirrored: header.right_to_left(),
            opaque: opaque && !header.is_indexed(),
        }
    }

    /// Colours as the metadata show them: red, green, blue (and alpha) of each entry in use.
    pub fn palette(&self, header: &Header) -> Vec<u8> {
        let n = if self.kind == Kind::Rgba { 4 } else { 3 };
        let used = usize::from(header.palette_start) + usize::from(header.palette_length);
        self.palette.iter().take(used).flat_map(|c| c[..n].iter().copied()).collect()
    }

    pub fn bools(&self, from: &[u8], to: &mut [bool]) {
        swizzle::bits(from, to, |b| b);
        if self.mirrored {
            to.reverse();
        }
    }

    /// What is to be done with rows that are as long in the array as in the file, if anything; `None` where they are
    /// not, or where more is to be done.
    pub fn in_place(&self) -> Option<Option<&'static Change<'static>>> {
        if self.indexed || self.mirrored || self.opaque {
            return None;
        }
        match (self.kind, self.bits) {
            (Kind::Gray, 8) | (Kind::GrayAlpha, 16) => Some(None),
            (Kind::Rgb, 24) => Some(Some(&swizzle::swap_red_and_blue)),
            (Kind::Rgba, 32) => Some(Some(&swizzle::swap_red_and_blue_of_4)),
            _ => None,
        }
    }

    pub fn row(&self, from: &[u8], to: &mut [u8]) {
        match self.kind {
            Kind::Bool => {}
            Kind::Gray | Kind::GrayAlpha => to.copy_from_slice(from),
            Kind::Rgb if self.indexed => self.index::<3>(from, to),
            Kind::Rgba if self.indexed => self.index::<4>(from, to),
            Kind::Rgb if self.bits == 24 => swizzle::bgr_to_rgb(from, to),
            Kind::Rgba if self.bits == 32 => swizzle::bgra_to_rgba(from, to),
            Kind::Rgb => small::<3>(from, to),
            Kind::Rgba => small::<4>(from, to),
        }
        if self.opaque && self.kind == Kind::Rgba {
            to.as_chunks_mut::<4>().0.iter_mut().for_each(|p| p[3] = 255);
        }
        if self.mirrored {
            match self.kind {
                Kind::Bool | Kind::Gray => to.reverse(),
                Kind::GrayAlpha => to.as_chunks_mut::<2>().0.reverse(),
                Kind::Rgb => to.as_chunks_mut::<3>().0.reverse(),
                Kind::Rgba => to.as_chunks_mut::<4>().0.reverse(),
            }
        }
    }

    fn index<const N: usize>(&self, from: &[u8], to: &mut [u8]) {
        let color = |at: usize| {
            let c = self.palette.get(at).copied().unwrap_or_default();
            std::array::from_fn(|i| c[i % 4])
        };
        let to = to.as_chunks_mut::<N>().0;
        if self.bits == 8 {
            to.iter_mut().zip(from).for_each(|(to, from)| *to = color(usize::from(*from)));
        } else {
            let indices = from.as_chunks::<2>().0.iter().map(|i| usize::from(u16::from_le_bytes(*i)));
            to.iter_mut().zip(indices).for_each(|(to, from)| *to = color(from));
        }
    }
}

fn small<const N: usize>(from: &[u8], to: &mut [u8]) {
    for (to, from) in to.as_chunks_mut::<N>().0.iter_mut().zip(from.as_chunks::<2>().0) {
        let color = from_16(*from);
        *to = std::array::from_fn(|i| color[i % 4]);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn five_bits_become_eight() {
        assert_eq!(from_16([0xFF, 0x7F]), [255, 255, 255, 255]);
        assert_eq!(from_16([0x00, 0xFC]), [255, 0, 0, 0]);
        assert_eq!(from_16([0x21, 0x04]), [8, 8, 8, 255]);
    }
}
