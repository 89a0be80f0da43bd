//! Colour between the file's components and the array's channels, in 16-bit fixed point as libjpeg has it.

use super::frame::{Frame, Process};
use super::sample::Sample;

/// What happens to a pixel on its way out.
#[non_exhaustive]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Transform {
    /// Components are channels.
    Plain,
    /// Y'CbCr becomes RGB (BT.601, full range).
    YccToRgb,
    /// Inverted CMYK becomes CMYK.
    Invert,
    /// Inverted Y'CbCrK becomes CMYK.
    YcckToCmyk,
}

/// What the header says of the components' meaning.
#[derive(Debug, Clone, Copy, Default)]
pub struct ColorHints {
    /// There is a JFIF segment.
    pub jfif: bool,
    /// The transform byte of an Adobe segment.
    pub adobe: Option<u8>,
    /// Components are wanted as they are, whatever the header says.
    pub stored: bool,
}

impl Transform {
    /// libjpeg's rules, and Pillow's for four components.
    pub fn of(frame: &Frame, hints: ColorHints) -> Self {
        let ids: Vec<u8> = frame.components.iter().map(|c| c.id).collect();
        match (ids.as_slice(), hints.adobe) {
            _ if hints.stored => Transform::Plain,
            // Encoders put a JFIF segment before lossless RGB as well, and no other decoder converts such samples.
            ([_, _, _], None) if frame.process == Process::Lossless => Transform::Plain,
            ([_, _, _], _) if hints.jfif => Transform::YccToRgb,
            ([_, _, _], Some(0)) => Transform::Plain,
            ([_, _, _], Some(_)) => Transform::YccToRgb,
            ([b'R', b'G', b'B'], None) => Transform::Plain,
            ([_, _, _], None) => Transform::YccToRgb,
            // Programs that write CMYK write it inverted, as Adobe's do, marker or not; scientific 12-bit ones do not.
            ([_, _, _, _], None) if frame.precision == 8 => Transform::Invert,
            ([_, _, _, _], Some(0)) => Transform::Invert,
            ([_, _, _, _], Some(_)) => Transform::YcckToCmyk,
            _ => Transform::Plain,
        }
    }

    /// The colour model of the file's components.
    pub fn coded_as(self, frame: &Frame) -> &'static str {
        match (self, frame.components.len()) {
            (Transform::YccToRgb, _) => "YCbCr",
            (Transform::YcckToCmyk, _) => "YCCK",
            (_, 1) => "grayscale",
            (_, 2) => "two components",
            (_, 3) => "RGB",
            _ => "CMYK",
        }
    }

    /// One row of output from one row of each component.
    pub(crate) fn row<P: Sample>(self, rows: &[&[P]], out: &mut [P]) {
        match (self, rows) {
            (_, [only]) => {
                for (out, value) in out.iter_mut().zip(*only) {
                    *out = *value;
                }
            }
            (Transform::YccToRgb, [y, cb, cr]) => P::ycc_to_rgb(y, cb, cr, out),
            (Transform::YcckToCmyk, [y, cb, cr, k]) => {
                for ((((out, y), cb), cr), k) in out.chunks_exact_mut(4).zip(*y).zip(*cb).zip(*cr).zip(*k) {
                    let [r, g, b] = rgb(*y, *cb, *cr);
                    out.copy_from_slice(&[r, g, b, P::clamped(P::MAX - k.to_i32())]);
                }
            }
            (Transform::Invert, [c, m, y, k]) => {
                let invert = |v: &P| P::clamped(P::MAX - v.to_i32());
                for ((((out, c), m), y), k) in out.chunks_exact_mut(4).zip(*c).zip(*m).zip(*y).zip(*k) {
                    out.copy_from_slice(&[invert(c), invert(m), invert(y), invert(k)]);
                }
            }
            (_, [r, g, b]) => {
                for (((out, r), g), b) in out.chunks_exact_mut(3).zip(*r).zip(*g).zip(*b) {
                    out.copy_from_slice(&[*r, *g, *b]);
                }
            }
            _ => {
                for (x, out) in out.chunks_exact_mut(rows.len().max(1)).enumerate() {
                    for (out, row) in out.iter_mut().zip(rows) {
                        *out = row.get(x).copied().unwrap_or_default();
                    }
                }
            }
        }
    }
}

const HALF: i32 = 1 << 15;

#[inline(always)]
fn rgb<P: Sample>(y: P, cb: P, cr: P) -> [P; 3] {
    let (y, cb, cr) = (y.to_i32(), cb.to_i32() - P::CENTER, cr.to_i32() - P::CENTER);
    [
        P::clamped(y + ((91_881 * cr + HALF) >> 16)),
        P::clamped(y + ((-22_554 * cb - 46_802 * cr + HALF) >> 16)),
        P::clamped(y + ((116_130 * cb + HALF) >> 16)),
    ]
}

/// A row of Y'CbCr to RGB.
pub(crate) fn ycc_to_rgb<P: Sample>(y: &[P], cb: &[P], cr: &[P], out: &mut [P]) {
    for (((out, y), cb), cr) in out.chunks_exact_mut(3).zip(y).zip(cb).zip(cr) {
        out.copy_from_slice(&rgb(*y, *cb, *cr));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fast_rows_equal_plain_ones() {
        let mut seed = 1u32;
        let mut next = || {
            seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (seed >> 24) as u8
        };
        for n in [1, 15, 16, 17, 40, 4000] {
            let rows: [Vec<u8>; 3] = std::array::from_fn(|_| (0..n).map(|_| next()).collect());
            let (mut fast, mut plain) = (vec![0; 3 * n], vec![0; 3 * n]);
            <u8 as Sample>::ycc_to_rgb(&rows[0], &rows[1], &rows[2], &mut fast);
            ycc_to_rgb(&rows[0], &rows[1], &rows[2], &mut plain);
            assert_eq!(fast, plain, "{n}");
        }
    }

    #[test]
    fn lossless_colours_are_converted_for_adobe_alone() {
        let frame = |marker: u8, first: u8| {
            let mut payload = vec![8, 0, 4, 0, 4, 3];
            (0..3).for_each(|k| payload.extend([first + k, 0x11, 0]));
            Frame::parse(marker, &payload).unwrap()
        };
        let jfif = ColorHints { jfif: true, ..ColorHints::default() };
        for first in [0, 1] {
            assert_eq!(Transform::of(&frame(0xC3, first), jfif), Transform::Plain);
            assert_eq!(Transform::of(&frame(0xC3, first), ColorHints::default()), Transform::Plain);
        }
        let adobe = ColorHints { adobe: Some(1), ..jfif };
        assert_eq!(Transform::of(&frame(0xC3, 1), adobe), Transform::YccToRgb);
        assert_eq!(Transform::of(&frame(0xC0, 0), jfif), Transform::YccToRgb);
    }

    #[test]
    fn primaries() {
        assert_eq!(rgb(76u8, 85, 255), [254, 0, 0]);
        assert_eq!(rgb(128u8, 128, 128), [128, 128, 128]);
        assert_eq!(rgb(4095u16, 2048, 2048), [4095, 4095, 4095]);
    }
}
