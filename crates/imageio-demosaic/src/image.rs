//! The samples that come in.

use crate::cfa::Cfa;
use crate::{Error, Result};

/// Samples as the sensor or the file gives them.
#[derive(Debug, Clone, Copy)]
pub enum Samples<'a> {
    /// Integers of up to 16 bits.
    U16(&'a [u16]),
    /// Real numbers.
    F32(&'a [f32]),
}

impl Samples<'_> {
    pub(crate) fn at(&self, at: usize) -> f32 {
        match self {
            Samples::U16(samples) => f32::from(samples[at]),
            Samples::F32(samples) => samples[at],
        }
    }

    fn len(&self) -> usize {
        match self {
            Samples::U16(samples) => samples.len(),
            Samples::F32(samples) => samples.len(),
        }
    }
}

/// What the samples are.
#[derive(Debug, Clone, Copy)]
pub enum Layout<'a> {
    /// One sample a pixel, behind a colour filter each.
    Mosaic(&'a Cfa),
    /// Red, green and blue for each pixel.
    Rgb,
}

/// An image from a sensor, or a window of it.
#[derive(Debug, Clone, Copy)]
pub struct Image<'a> {
    pub(crate) samples: Samples<'a>,
    pub(crate) width: usize,
    pub(crate) height: usize,
    /// Samples from one row to the next.
    pub(crate) stride: usize,
    /// The first sample.
    pub(crate) offset: usize,
    pub(crate) layout: Layout<'a>,
}

impl<'a> Image<'a> {
    /// A window of `width` × `height` pixels whose first sample is `offset`, with `stride` samples from one row to
    /// the next. The pattern of a mosaic is as seen from the window's first pixel.
    pub fn new(
        samples: Samples<'a>,
        layout: Layout<'a>,
        width: usize,
        height: usize,
        stride: usize,
        offset: usize,
    ) -> Result<Self> {
        let channels = if matches!(layout, Layout::Rgb) { 3 } else { 1 };
        let end = height
            .checked_sub(1)
            .and_then(|rows| rows.checked_mul(stride))
            .and_then(|n| n.checked_add(offset)?.checked_add(width.checked_mul(channels)?));
        let row = width.checked_mul(channels);
        if width == 0 || end.is_none_or(|end| end > samples.len()) || row.is_none_or(|row| row > stride) {
            return Err(Error::Size(format!(
                "{width} × {height} pixels with rows of {stride} samples from {offset} on are not in {} samples",
                samples.len()
            )));
        }
        Ok(Image { samples, width, height, stride, offset, layout })
    }

    /// A whole mosaic of integers.
    pub fn mosaic_u16(samples: &'a [u16], width: usize, height: usize, cfa: &'a Cfa) -> Result<Self> {
        Self::new(Samples::U16(samples), Layout::Mosaic(cfa), width, height, width, 0)
    }
}
