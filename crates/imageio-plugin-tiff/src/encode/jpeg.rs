//! JPEG strips and tiles (TIFF Technical Note 2): streams whose tables are in the directory.

use imageio_core::{Dtype, Error, Result};

use super::Arrangement;

/// How strips and tiles become JPEG streams.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Jpeg {
    /// 0 to 100.
    pub quality: u8,
    /// Pixels of a sample of chroma, across and down, if RGB becomes YCbCr.
    pub chroma: Option<(u16, u16)>,
    /// Samples are in planes: without JFIF's marker tifffile takes each for all colours.
    pub jfif: bool,
}

impl Jpeg {
    /// Settings for arrays of that kind; `as_stored` keeps RGB.
    pub fn new(a: &Arrangement, dtype: Dtype, quality: u8, subsampling: &[u32], as_stored: bool) -> Result<Self> {
        if dtype != Dtype::U8 || !matches!(a.contig(), 1 | 3) {
            let n = a.contig();
            return Err(Error::mismatch(format!("JPEG in TIFF of {n} samples of {dtype} in a pixel"))
                .with_hint("uint8, one or three samples in a pixel; any number of samples with `planar`"));
        }
        let factors = match *subsampling {
            [] => (2, 2),
            [h @ (1 | 2 | 4), v @ (1 | 2)] => (h as u16, v as u16),
            ref other => {
                return Err(Error::mismatch(format!("option `subsampling` is {other:?}"))
                    .with_hint("pixels of a sample of chroma across (1, 2, 4) and down (1, 2), such as `[2, 1]`"));
            }
        };
        Ok(Jpeg { quality, chroma: (a.contig() == 3 && !as_stored).then_some(factors), jfif: a.planar })
    }

    /// Rows that a strip has to be a multiple of.
    pub fn rows(self) -> usize {
        8 * self.chroma.map_or(1, |(_, v)| usize::from(v))
    }

    /// The tables of every strip and tile, as a stream of its own.
    pub fn tables(self, contig: usize) -> Result<Vec<u8>> {
        let mut out = b"\xff\xd8".to_vec();
        let whole = stream(self, &vec![0; contig], 1, contig)?;
        for (marker, segment) in segments(&whole).0 {
            if is_table(marker) {
                out.extend_from_slice(segment);
            }
        }
        out.extend(b"\xff\xd9");
        Ok(out)
    }

    /// Rows of `width` pixels as a stream that needs those tables.
    pub fn encode(self, pixels: &[u8], width: usize, contig: usize) -> Result<Vec<u8>> {
        let whole = stream(self, pixels, width, contig)?;
        let (segments, rest) = segments(&whole);
        let mut out = b"\xff\xd8".to_vec();
        for (marker, segment) in segments {
            // Neither JFIF's nor Adobe's segment has a meaning here: tags say what colours are.
            let jfif = self.jfif && segment.get(4..).is_some_and(|body| body.starts_with(b"JFIF\0"));
            if !is_table(marker) && (jfif || !matches!(marker, 0xe0..=0xef)) {
                out.extend_from_slice(segment);
            }
        }
        out.extend_from_slice(rest);
        Ok(out)
    }
}

fn is_table(marker: u8) -> bool {
    matches!(marker, 0xdb | 0xc4)
}

/// The segments of a stream up to its scan, each with its marker, and the scan with all that follows.
fn segments(stream: &[u8]) -> (Vec<(u8, &[u8])>, &[u8]) {
    let mut list = Vec::new();
    let mut rest = stream.get(2..).unwrap_or_default();
    while let &[0xff, marker, high, low, ..] = rest {
        let length = 2 + usize::from(u16::from_be_bytes([high, low]));
        let Some((segment, behind)) = rest.split_at_checked(length).filter(|_| marker != 0xda) else { break };
        list.push((marker, segment));
        rest = behind;
    }
    (list, rest)
}

/// Fills what of a tile lies beyond the image with the pixels at its edge: a step there would show within it.
pub(crate) fn extend(tile: &mut [u8], row_bytes: usize, rows: usize, columns: usize, contig: usize) {
    let inside = columns * contig;
    for row in tile.chunks_exact_mut(row_bytes.max(1)).take(rows) {
        let (known, beyond) = row.split_at_mut(inside.min(row_bytes));
        if let Some(last) = known.len().checked_sub(contig).and_then(|at| known.get(at..)) {
            beyond.chunks_exact_mut(contig.max(1)).for_each(|pixel| pixel.copy_from_slice(last));
        }
    }
    let (known, below) = tile.split_at_mut((rows * row_bytes).min(tile.len()));
    if let Some(last) = known.len().checked_sub(row_bytes).and_then(|at| known.get(at..)) {
        below.chunks_exact_mut(row_bytes.max(1)).for_each(|row| row.copy_from_slice(last));
    }
}

#[cfg(feature = "jpeg")]
fn stream(settings: Jpeg, pixels: &[u8], width: usize, contig: usize) -> Result<Vec<u8>> {
    use imageio_jpeg::stream::{Encoding, encode};
    let height = pixels.len() / (width * contig).max(1);
    let chroma = settings.chroma.map(|(h, v)| (usize::from(h), usize::from(v)));
    encode(pixels, (height, width, contig), Encoding::new(settings.quality).subsampling(chroma))
}

#[cfg(not(feature = "jpeg"))]
fn stream(_: Jpeg, _: &[u8], _: usize, _: usize) -> Result<Vec<u8>> {
    Err(Error::unsupported("compression jpeg").with_hint("enable the feature `jpeg` of imageio-plugin-tiff"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn edges_go_on() {
        let mut tile = [1, 2, 0, 0, 3, 4, 0, 0, 0, 0, 0, 0];
        extend(&mut tile, 4, 2, 2, 1);
        assert_eq!(tile, [1, 2, 2, 2, 3, 4, 4, 4, 3, 4, 4, 4]);
    }

    #[cfg(feature = "jpeg")]
    #[test]
    fn tables_are_apart() {
        let jpeg = Jpeg { quality: 75, chroma: Some((2, 2)), jfif: false };
        let tables = jpeg.tables(3).unwrap();
        let stream = jpeg.encode(&[7; 16 * 16 * 3], 16, 3).unwrap();
        let markers = |data: &[u8]| segments(data).0.iter().map(|(marker, _)| *marker).collect::<Vec<u8>>();
        assert_eq!(markers(&tables), [0xdb, 0xdb, 0xc4, 0xc4, 0xc4, 0xc4]);
        assert_eq!(markers(&stream), [0xc0]);
    }
}
