/// Lines above the new ones that a luma band keeps: the filter looks at four, conversion lags behind by seven.
pub(crate) const LUMA_KEPT: usize = 8;
/// The same for chroma.
pub(crate) const CHROMA_KEPT: usize = 4;

use crate::filter::Strength;

/// A row of macroblocks with room for the last lines of the row above.
pub(crate) struct Row {
    /// Distance from one luma line to the next.
    pub stride: usize,
    /// `LUMA_KEPT + 16` lines.
    pub y: Vec<u8>,
    /// `CHROMA_KEPT + 8` lines of half the stride.
    pub u: Vec<u8>,
    /// As `u`.
    pub v: Vec<u8>,
    /// How each macroblock is filtered.
    pub filters: Vec<Strength>,
}

impl Row {
    pub(crate) fn new(columns: usize) -> Self {
        let stride = columns * 16;
        Row {
            stride,
            y: vec![0; (LUMA_KEPT + 16) * stride],
            u: vec![0; (CHROMA_KEPT + 8) * stride / 2],
            v: vec![0; (CHROMA_KEPT + 8) * stride / 2],
            filters: vec![Strength::default(); columns],
        }
    }
}
