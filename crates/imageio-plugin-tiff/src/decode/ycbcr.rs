//! YCbCr with fewer samples of chroma than of luma, without JPEG (TIFF 6.0 section 21): data units become RGB.

use imageio_core::{Dtype, Error, Result, Value};

use super::chunk::{Context, Scratch, resize};
use super::codec::Codec;
use super::image::Found;
use crate::ifd::{Tiff, Window};
use crate::page::Page;
use crate::tags::tag;
use crate::value::lenient;

/// Bits behind the point of the products of chroma.
const POINT: u32 = 16;
const HALF: i32 = 1 << (POINT - 1);

/// How data units are compressed, how large they are, and what their values mean.
#[derive(Debug, Clone)]
pub(crate) struct Subsampled {
    codec: Codec,
    /// Pixels of a unit, across and down.
    across: usize,
    down: usize,
    tables: Tables,
}

impl Subsampled {
    /// What the tags of `page` say; `codec` is what its data are compressed with.
    pub fn new(tiff: &Tiff<'_>, page: &Page, codec: Codec, window: &mut Window) -> Result<Self> {
        let layout = &page.layout;
        let (h, v) = page.subsampling.unwrap_or((2, 2));
        let refuse = |what: &str| Err(Error::unsupported(format!("chroma subsampling without JPEG {what}")));
        if !matches!((h, v), (1 | 2 | 4, 1 | 2 | 4)) {
            return Err(Error::malformed(format!("chroma subsampling of {h} across and {v} down")));
        }
        if layout.samples != 3 || layout.dtype()? != Dtype::U8 || layout.bits != [8] {
            return refuse("in other pixels than three samples of 8 bits");
        }
        if layout.planar {
            return refuse("in planes of samples");
        }
        if layout.predictor > 1 {
            return refuse("with a predictor");
        }
        if layout.depth > 1 {
            return refuse("in volumes");
        }
        let (across, down) = (usize::from(h), usize::from(v));
        Ok(Subsampled { codec, across, down, tables: Tables::new(&Meaning::of(tiff, page, window)?) })
    }

    /// Decodes a strip or tile of which `rows` rows are wanted.
    pub fn decode(
        &self,
        context: &Context,
        rows: usize,
        data: &[u8],
        plain: &mut Vec<u8>,
        scratch: &mut Scratch,
    ) -> Result<Found> {
        let [_, _, width] = context.layout.chunk_size();
        let size = self.across * self.down;
        let (units, bands) = (width.div_ceil(self.across), rows.div_ceil(self.down));
        let band = units.saturating_mul(size + 2);
        let need = band.saturating_mul(bands);
        let most = context.layout.bytes().unwrap_or(0).saturating_mul(4).max(super::bytes::MOST);
        if need > most {
            return Err(Error::limit(format!("a strip or tile of {need} bytes in a page of far fewer")));
        }
        let mut stored = std::mem::take(&mut scratch.row);
        let turned;
        let data = if context.layout.reversed_bits {
            turned = data.iter().map(|b| b.reverse_bits()).collect::<Vec<u8>>();
            turned.as_slice()
        } else {
            data
        };
        let result = (|| {
            let buffer = resize(&mut stored, need)?;
            let got = super::bytes::decompress(&self.codec, width, data, buffer, scratch)?;
            if got < need {
                return Err(Error::malformed(format!("a strip or tile holds {got} of {need} bytes")));
            }
            let out = resize(plain, rows * width * 3)?;
            for (band, lines) in buffer.chunks_exact(band.max(1)).zip(out.chunks_mut((width * 3 * self.down).max(1))) {
                self.band(band, width, lines);
            }
            Ok(())
        })();
        scratch.row = stored;
        result?;
        Ok(Found { planes: 1, width, height: rows, components: 3, size: 1 })
    }

    /// A row of units becomes as many rows of pixels as units are high, less those below the strip.
    fn band(&self, band: &[u8], width: usize, lines: &mut [u8]) {
        let size = self.across * self.down;
        for (y, line) in lines.chunks_exact_mut((width * 3).max(1)).enumerate() {
            for (unit, pixels) in band.chunks_exact(size + 2).zip(line.chunks_mut(3 * self.across)) {
                let (luma, chroma) = unit.split_at(size);
                let &[cb, cr] = chroma else { continue };
                let colour = self.tables.colour(cb, cr);
                let luma = luma.get(y * self.across..).unwrap_or_default();
                for (pixel, y) in pixels.chunks_exact_mut(3).zip(luma) {
                    pixel.copy_from_slice(&self.tables.pixel(*y, colour));
                }
            }
        }
    }
}

/// What the tags of a page say of its colours.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Meaning {
    /// The weights of red, green and blue in luma.
    luma: [f32; 3],
    /// The codes of black and white of each component.
    range: [f32; 6],
}

impl Meaning {
    /// That of JFIF, which holds where nothing is said.
    pub const USUAL: Meaning = Meaning { luma: [0.299, 0.587, 0.114], range: [0.0, 255.0, 128.0, 255.0, 128.0, 255.0] };

    pub fn of(tiff: &Tiff<'_>, page: &Page, window: &mut Window) -> Result<Self> {
        let mut numbers = |tag: u16| -> Result<Option<Vec<f32>>> {
            let Some(entry) = page.ifd.entry(tag) else { return Ok(None) };
            let value = lenient(tiff.value(entry, window))?;
            Ok(value.as_ref().and_then(Value::as_list).map(|list| {
                list.iter().filter_map(Value::as_f64).map(|v| v as f32).filter(|v| v.is_finite()).collect()
            }))
        };
        let luma = match numbers(tag::YCBCR_COEFFICIENTS)?.as_deref() {
            Some(&[r, g, b]) if g != 0.0 => [r, g, b],
            _ => Meaning::USUAL.luma,
        };
        let range = match numbers(tag::REFERENCE_BLACK_WHITE)?.as_deref() {
            Some(&[a, b, c, d, e, f]) => [a, b, c, d, e, f],
            _ => Meaning::USUAL.range,
        };
        Ok(Meaning { luma, range })
    }
}

/// What each code adds to red, green and blue.
#[derive(Debug, Clone)]
pub(crate) struct Tables {
    y: Vec<i32>,
    red: Vec<i32>,
    blue: Vec<i32>,
    /// Parts of green by Cb and by Cr, with [`POINT`] bits behind the point.
    green: [Vec<i32>; 2],
}

impl Tables {
    /// Values are rounded as libtiff's RGBA interface rounds them, which every other program shows.
    pub fn new(meaning: &Meaning) -> Self {
        let Meaning { luma: [red, green, blue], range } = *meaning;
        let fixed = |v: f32| (f64::from(v) * f64::from(1u32 << POINT) + 0.5) as i32;
        let (r, b) = (2.0 - 2.0 * red, 2.0 - 2.0 * blue);
        let from_cr = fixed(r.clamp(0.0, 2.0));
        let from_cb = fixed(b.clamp(0.0, 2.0));
        let green_cr = -fixed((red * r / green).clamp(0.0, 2.0));
        let green_cb = -fixed((blue * b / green).clamp(0.0, 2.0));
        // The value that a code stands for: black is 0 and white is `full`.
        let value = |code: i32, black: f32, white: f32, full: f32| {
            let black_code = black as i32;
            let span = if white - black == 0.0 { 1.0 } else { white - black };
            (code.saturating_sub(black_code) as f32 * full / span).clamp(-4096.0, 4096.0) as i32
        };
        let [y0, y1, cb0, cb1, cr0, cr1] = range;
        let mut tables = Tables { y: Vec::new(), red: Vec::new(), blue: Vec::new(), green: [Vec::new(), Vec::new()] };
        for code in 0..256 {
            let cb = value(code - 128, cb0 - 128.0, cb1 - 128.0, 127.0);
            let cr = value(code - 128, cr0 - 128.0, cr1 - 128.0, 127.0);
            tables.y.push(value(code, y0, y1, 255.0));
            tables.red.push((from_cr * cr + HALF) >> POINT);
            tables.blue.push((from_cb * cb + HALF) >> POINT);
            let [by_cb, by_cr] = &mut tables.green;
            by_cb.push(green_cb * cb + HALF);
            by_cr.push(green_cr * cr);
        }
        tables
    }

    /// Y, Cb and Cr of each pixel become red, green and blue.
    #[cfg(feature = "jpeg")]
    pub fn convert(&self, pixels: &mut [u8]) {
        for pixel in pixels.chunks_exact_mut(3) {
            if let &mut [y, cb, cr] = pixel {
                pixel.copy_from_slice(&self.pixel(y, self.colour(cb, cr)));
            }
        }
    }

    /// What chroma adds to red, green and blue.
    fn colour(&self, cb: u8, cr: u8) -> [i32; 3] {
        let at = |table: &[i32], code: u8| table.get(usize::from(code)).copied().unwrap_or(0);
        let [by_cb, by_cr] = &self.green;
        [at(&self.red, cr), at(by_cb, cb).wrapping_add(at(by_cr, cr)) >> POINT, at(&self.blue, cb)]
    }

    fn pixel(&self, y: u8, colour: [i32; 3]) -> [u8; 3] {
        let y = self.y.get(usize::from(y)).copied().unwrap_or(0);
        colour.map(|c| (y + c).clamp(0, 255) as u8)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn primaries() {
        let tables = Tables::new(&Meaning::USUAL);
        let rows = [([255, 128, 128], [255, 255, 255]), ([0, 128, 128], [0, 0, 0]), ([76, 85, 255], [254, 0, 0])];
        for ([y, cb, cr], rgb) in rows {
            assert_eq!(tables.pixel(y, tables.colour(cb, cr)), rgb);
        }
        // Nothing that a file may say of its range makes the numbers overflow.
        for range in [[f32::MAX; 6], [0.0; 6], [255.0, 0.0, -1e30, 1e30, 5.0, 5.0]] {
            for luma in [[f32::MAX; 3], [-5.0, 1e-30, 7.0]] {
                let tables = Tables::new(&Meaning { luma, range });
                tables.pixel(255, tables.colour(255, 0));
            }
        }
    }
}
