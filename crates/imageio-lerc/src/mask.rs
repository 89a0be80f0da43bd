//! Which pixels a blob has.

use crate::error::Result;
use crate::reader::Reader;

/// Zero bytes after the last, so that a window of bits can always be read.
const PADDING: usize = 8;

/// Which pixels of a blob hold values; row by row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mask {
    bits: Vec<u8>,
    pixels: usize,
}

impl Mask {
    /// Pixels, with values or without.
    pub fn len(&self) -> usize {
        self.pixels
    }

    /// `true` if there are no pixels.
    pub fn is_empty(&self) -> bool {
        self.pixels == 0
    }

    /// `true` if the pixel holds values; `false` beyond the last.
    #[inline]
    pub fn is_valid(&self, pixel: usize) -> bool {
        pixel < self.pixels && self.bits.get(pixel / 8).is_some_and(|byte| byte >> (7 - pixel % 8) & 1 == 1)
    }

    /// For each pixel whether it holds values.
    pub fn iter(&self) -> impl Iterator<Item = bool> + '_ {
        self.bits.iter().flat_map(|byte| (0..8).rev().map(move |bit| byte >> bit & 1 == 1)).take(self.pixels)
    }

    pub(crate) fn none(pixels: usize) -> Self {
        Self { bits: vec![0; pixels.div_ceil(8) + PADDING], pixels }
    }

    pub(crate) fn set(&mut self, pixel: usize) {
        if let Some(byte) = self.bits.get_mut(pixel / 8) {
            *byte |= 0x80 >> (pixel % 8);
        }
    }

    pub(crate) fn count(&self) -> usize {
        self.bits.iter().map(|byte| byte.count_ones() as usize).sum()
    }

    /// Up to 32 bits from a pixel on, the first one the highest.
    #[inline]
    pub(crate) fn row(&self, pixel: usize, count: usize) -> u32 {
        let window =
            self.bits.get(pixel / 8..).and_then(|bits| bits.first_chunk()).map_or(0, |b| u64::from_be_bytes(*b));
        ((window << (pixel % 8)) >> 32) as u32 >> (32 - count.clamp(1, 32))
    }

    /// Reads runs of bytes until their end mark.
    pub(crate) fn read(encoded: &mut Reader<'_>, pixels: usize) -> Result<Self> {
        const WHAT: &str = "the mask";
        let mut mask = Self::none(pixels);
        let length = pixels.div_ceil(8);
        let mut done = 0;
        loop {
            let run = encoded.array(WHAT).map(i16::from_le_bytes)?;
            if run == i16::MIN {
                break;
            }
            let count = usize::from(run.unsigned_abs());
            let Some(to) = mask.bits.get_mut(..length).and_then(|bits| bits.get_mut(done..done + count)) else {
                return Err(encoded.bad("a mask of more pixels than the blob"));
            };
            match run > 0 {
                true => to.copy_from_slice(encoded.take(count, WHAT)?),
                false => to.fill(encoded.u8(WHAT)?),
            }
            done += count;
        }
        if done != length {
            return Err(encoded.bad("a mask of fewer pixels than the blob"));
        }
        if let (Some(last), 1..) = (mask.bits.get_mut(length.wrapping_sub(1)), pixels % 8) {
            *last &= !(0xff >> (pixels % 8));
        }
        Ok(mask)
    }
}
