//! ffmpeg's pixel formats as arrays: dtype, planes and shape.
//!
//! | layout | shape | examples |
//! |---|---|---|
//! | one component | `(height, width)` | `gray`, `gray16le`, `grayf32` |
//! | packed | `(height, width, channels)` | `rgb24`, `rgba`, `ya8`, `rgb48le`, `yuyv422` (Y and U or V in turn) |
//! | planar, full size | `(channels, height, width)` | `gbrp` (G, B, R), `gbrpf32`, `yuv444p` |
//! | planar, chroma of fewer samples | `(rows, width)`, planes one below the other as in memory | `yuv420p` and `nv12`: `(height * 3 / 2, width)` |
//!
//! In the last row, sizes that the subsampling does not divide may leave no whole number of rows; the array has one
//! axis then, with all the samples of all planes. Samples of 9 to 16 bits are `uint16` (in their low bits, but for
//! `p010` and its kin, which use the high ones), `f32` formats are `float32`. Names come with or without `le` or
//! `be`; arrays are always in the byte order of the machine.

use imageio_core::{Axis, Dtype, Error, ErrorKind, ImageProperties, Result};

/// Where the samples of a picture lie.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Layout {
    /// Pixel after pixel; one letter for each component, as axes name them.
    Packed(&'static str),
    /// Plane after plane, all of the same size.
    Planar(&'static str),
    /// Plane after plane, with chroma planes of `>> log2_w` by `>> log2_h` samples (rounded up); whether the two
    /// chroma planes are interleaved makes no difference to their number. `alpha` adds a plane of full size.
    Subsampled { log2_w: u32, log2_h: u32, alpha: bool },
}

use Layout::{Packed, Planar, Subsampled};

const fn sub(log2_w: u32, log2_h: u32) -> Layout {
    Subsampled { log2_w, log2_h, alpha: false }
}

const fn sub_alpha(log2_w: u32, log2_h: u32) -> Layout {
    Subsampled { log2_w, log2_h, alpha: true }
}

/// Formats of 8 bits, whose names have no byte order.
const BYTES: &[(&[&str], Layout)] = &[
    (&["gray", "bayer_bggr8", "bayer_rggb8", "bayer_gbrg8", "bayer_grbg8"], Packed("L")),
    (&["ya8", "gray8a"], Packed("LA")),
    (&["rgb24"], Packed("RGB")),
    (&["bgr24"], Packed("BGR")),
    (&["rgba"], Packed("RGBA")),
    (&["bgra"], Packed("BGRA")),
    (&["argb"], Packed("ARGB")),
    (&["abgr"], Packed("ABGR")),
    (&["rgb0"], Packed("RGBX")),
    (&["bgr0"], Packed("BGRX")),
    (&["0rgb"], Packed("XRGB")),
    (&["0bgr"], Packed("XBGR")),
    (&["yuyv422"], Packed("YC")),
    (&["uyvy422"], Packed("CY")),
    (&["yvyu422"], Packed("YC")),
    (&["gbrp"], Planar("GBR")),
    (&["gbrap"], Planar("GBRA")),
    (&["yuv444p", "yuvj444p"], Planar("YUV")),
    (&["yuva444p"], Planar("YUVA")),
    (&["yuv440p", "yuvj440p"], sub(0, 1)),
    (&["yuv422p", "yuvj422p", "nv16"], sub(1, 0)),
    (&["yuv420p", "yuvj420p", "nv12", "nv21"], sub(1, 1)),
    (&["yuv411p", "yuvj411p"], sub(2, 0)),
    (&["yuv410p"], sub(2, 2)),
    (&["nv24", "nv42"], sub(0, 0)),
    (&["yuva422p"], sub_alpha(1, 0)),
    (&["yuva420p"], sub_alpha(1, 1)),
];

/// Formats of 9 to 16 bits, without their byte order.
const WORDS: &[(&[&str], Layout)] = &[
    (&["gray9", "gray10", "gray12", "gray14", "gray16"], Packed("L")),
    (&["bayer_bggr16", "bayer_rggb16", "bayer_gbrg16", "bayer_grbg16"], Packed("L")),
    (&["ya16"], Packed("LA")),
    (&["rgb48"], Packed("RGB")),
    (&["bgr48"], Packed("BGR")),
    (&["rgba64"], Packed("RGBA")),
    (&["bgra64"], Packed("BGRA")),
    (&["xyz12"], Packed("XYZ")),
    (&["ayuv64"], Packed("AYUV")),
    (&["gbrp9", "gbrp10", "gbrp12", "gbrp14", "gbrp16"], Planar("GBR")),
    (&["gbrap10", "gbrap12", "gbrap14", "gbrap16"], Planar("GBRA")),
    (&["yuv444p9", "yuv444p10", "yuv444p12", "yuv444p14", "yuv444p16"], Planar("YUV")),
    (&["yuva444p9", "yuva444p10", "yuva444p12", "yuva444p16"], Planar("YUVA")),
    (&["yuv440p10", "yuv440p12"], sub(0, 1)),
    (&["yuv422p9", "yuv422p10", "yuv422p12", "yuv422p14", "yuv422p16", "nv20", "p210", "p216"], sub(1, 0)),
    (&["yuv420p9", "yuv420p10", "yuv420p12", "yuv420p14", "yuv420p16", "p010", "p012", "p016"], sub(1, 1)),
    (&["p410", "p412", "p416"], sub(0, 0)),
    (&["yuva422p9", "yuva422p10", "yuva422p12", "yuva422p16"], sub_alpha(1, 0)),
    (&["yuva420p9", "yuva420p10", "yuva420p16"], sub_alpha(1, 1)),
];

/// Formats of real numbers, without their byte order.
const FLOATS: &[(&[&str], Layout)] = &[
    (&["grayf32"], Packed("L")),
    (&["gbrpf32"], Planar("GBR")),
    (&["gbrapf32"], Planar("GBRA")),
    (&["rgbf32"], Packed("RGB")),
    (&["rgbaf32"], Packed("RGBA")),
];

/// A pixel format whose pictures are arrays.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct PixelFormat {
    /// Name without byte order.
    base: &'static str,
    /// Element type.
    pub dtype: Dtype,
    /// Where the samples lie.
    pub layout: Layout,
}

impl PixelFormat {
    /// What is read by default, as in Python.
    pub const RGB24: PixelFormat = PixelFormat { base: "rgb24", dtype: Dtype::U8, layout: Packed("RGB") };

    /// Looks a name up, with or without byte order; `InvalidOption` if there is no such array.
    pub fn parse(name: &str) -> Result<PixelFormat> {
        let name = name.trim().to_ascii_lowercase();
        if let Some(found) = find(BYTES, &name, Dtype::U8) {
            return Ok(found);
        }
        let base = name.strip_suffix("le").or_else(|| name.strip_suffix("be")).unwrap_or(&name);
        let wide = find(WORDS, base, Dtype::U16).or_else(|| find(FLOATS, base, Dtype::F32));
        wide.ok_or_else(|| {
            let all = [BYTES, WORDS, FLOATS].into_iter().flatten().flat_map(|(names, _)| names.iter().copied());
            let near = imageio_core::nearest_name(&name, all)
                .map_or_else(String::new, |near| format!("did you mean `{near}`? "));
            Error::new(ErrorKind::InvalidOption, format!("`{name}` is no pixel format whose samples are whole bytes"))
                .with("option", "pixel_format")
                .with_hint(format!("{near}for example rgb24, rgba, gray, gray16le, rgb48le, gbrpf32, yuv420p, nv12"))
        })
    }

    /// The name that ffmpeg knows it by on this machine.
    pub fn ffmpeg_name(&self) -> String {
        let order = if cfg!(target_endian = "big") { "be" } else { "le" };
        match (self.dtype, self.base) {
            (_, "gray8a") => "ya8".to_owned(),
            (Dtype::U8, base) => base.to_owned(),
            (_, base) => format!("{base}{order}"),
        }
    }

    /// Shape of a picture of `height` by `width` pixels; `None` if it can't be counted.
    pub fn shape(&self, height: usize, width: usize) -> Option<Vec<usize>> {
        let samples = self.samples(height, width)?;
        Some(match self.layout {
            Packed(letters) if letters.len() == 1 => vec![height, width],
            Packed(letters) => vec![height, width, letters.len()],
            Planar(letters) => vec![letters.len(), height, width],
            Subsampled { .. } if width > 0 && samples % width == 0 => vec![samples / width, width],
            Subsampled { .. } => vec![samples],
        })
    }

    /// Number of samples of a picture.
    fn samples(&self, height: usize, width: usize) -> Option<usize> {
        let full = height.checked_mul(width)?;
        match self.layout {
            Packed(letters) | Planar(letters) => full.checked_mul(letters.len()),
            Subsampled { log2_w, log2_h, alpha } => {
                let chroma = width.div_ceil(1 << log2_w).checked_mul(height.div_ceil(1 << log2_h))?;
                full.checked_mul(if alpha { 2 } else { 1 })?.checked_add(chroma.checked_mul(2)?)
            }
        }
    }

    /// Properties of a picture of `height` by `width` pixels.
    pub fn properties(&self, height: usize, width: usize) -> Result<ImageProperties> {
        let shape = self
            .shape(height, width)
            .ok_or_else(|| Error::limit(format!("pictures of {width} by {height} pixels do not fit into memory")))?;
        let channel = |letters: &str| Axis::Channel(letters.to_owned());
        let axes = match self.layout {
            Packed(letters) if letters.len() == 1 => vec![Axis::Y, Axis::X],
            Packed(letters) => vec![Axis::Y, Axis::X, channel(letters)],
            Planar(letters) => vec![channel(letters), Axis::Y, Axis::X],
            Subsampled { .. } => return Ok(ImageProperties::new(self.dtype, shape)),
        };
        Ok(ImageProperties::new(self.dtype, shape).with_axes(axes))
    }
}

fn find(table: &[(&[&'static str], Layout)], name: &str, dtype: Dtype) -> Option<PixelFormat> {
    table.iter().find_map(|(names, layout)| {
        let base = names.iter().copied().find(|n| *n == name)?;
        Some(PixelFormat { base, dtype, layout: *layout })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shapes() {
        let rows: [(&str, Dtype, &[usize], &[usize]); 12] = [
            ("rgb24", Dtype::U8, &[48, 64, 3], &[5, 7, 3]),
            ("gray", Dtype::U8, &[48, 64], &[5, 7]),
            ("gray16le", Dtype::U16, &[48, 64], &[5, 7]),
            ("rgb48", Dtype::U16, &[48, 64, 3], &[5, 7, 3]),
            ("ya8", Dtype::U8, &[48, 64, 2], &[5, 7, 2]),
            ("gbrpf32le", Dtype::F32, &[3, 48, 64], &[3, 5, 7]),
            ("yuv444p", Dtype::U8, &[3, 48, 64], &[3, 5, 7]),
            ("yuv420p", Dtype::U8, &[72, 64], &[59]),
            ("nv12", Dtype::U8, &[72, 64], &[59]),
            ("p010le", Dtype::U16, &[72, 64], &[59]),
            ("yuv422p10be", Dtype::U16, &[96, 64], &[75]),
            ("yuva420p", Dtype::U8, &[120, 64], &[94]),
        ];
        for (name, dtype, even, odd) in rows {
            let format = PixelFormat::parse(name).unwrap();
            assert_eq!(format.dtype, dtype, "{name}");
            assert_eq!(format.shape(48, 64).unwrap(), even, "{name}");
            assert_eq!(format.shape(5, 7).unwrap(), odd, "{name}");
            let props = format.properties(48, 64).unwrap();
            assert!(props.axes.is_none_or(|axes| axes.len() == even.len()), "{name}");
        }
    }

    #[test]
    fn names() {
        assert_eq!(PixelFormat::parse("rgb24").unwrap(), PixelFormat::RGB24);
        let native = if cfg!(target_endian = "big") { "gray16be" } else { "gray16le" };
        for name in ["gray16", "gray16le", "gray16be"] {
            assert_eq!(PixelFormat::parse(name).unwrap().ffmpeg_name(), native);
        }
        let e = PixelFormat::parse("rgb25").unwrap_err();
        assert_eq!(e.kind(), ErrorKind::InvalidOption);
        assert!(e.to_string().contains("did you mean `rgb24`"), "{e}");
        assert!(PixelFormat::parse("monow").is_err() && PixelFormat::parse("vaapi").is_err());
        assert_eq!(PixelFormat::RGB24.shape(usize::MAX, 2), None);
    }
}
