//! A blob from its first byte to the last pixel.

use crate::element::{Element, Kind};
use crate::error::{Error, Result};
use crate::header::{BEFORE_SUM, Format, Header};
use crate::mask::Mask;
use crate::reader::Reader;
use crate::{blocks, bytes, checksum, float, lerc1};

/// Decodes the bands of a raster one after the other, as a band can have the mask of the one before.
#[derive(Debug, Clone, Default)]
pub struct Decoder {
    mask: Option<Mask>,
    /// `true` after the first band.
    begun: bool,
}

impl Decoder {
    /// A decoder that stands before a raster's first band.
    pub fn new() -> Self {
        Self::default()
    }

    /// Which pixels of the band that was decoded last hold values: `None` if all do.
    pub fn mask(&self) -> Option<&Mask> {
        self.mask.as_ref()
    }

    /// Decodes the blob at the start of `data` into `out`, row by row, the elements of a pixel next to each other. Pixels
    /// without values become `missing`. The next band starts [`Header::length`] bytes on.
    ///
    /// Nothing is allocated before the size of `out` proved to be the blob's.
    ///
    /// # Errors
    /// Those of [`Header::read`]; [`Error::Type`] and [`Error::Size`] for an array that does not fit; [`Error::Checksum`],
    /// [`Error::Truncated`] and [`Error::Malformed`] for damage. The array's content is undefined then.
    pub fn decode<T: Element>(&mut self, data: &[u8], out: &mut [T], missing: T) -> Result<Header> {
        let (mut header, mut r) = Header::start(data)?;
        if header.kind != T::KIND {
            return Err(Error::Type { stored: header.kind, given: T::KIND });
        }
        let expected = header.elements();
        if expected != out.len() as u64 {
            return Err(Error::Size { expected, given: out.len() });
        }
        let begun = std::mem::replace(&mut self.begun, true);
        if header.format == Format::Lerc1 {
            // Only the first band says which pixels are valid.
            if !begun {
                self.mask = lerc1::mask(&mut r, &header)?;
            }
            self.fits(&header)?;
            if self.mask.is_some() {
                out.fill(missing);
            }
            lerc1::values(&mut r, &header, self.mask.as_ref(), out)?;
            header.length = r.at();
            return Ok(header);
        }
        if let (Some(stored), Some(summed)) = (header.checksum, data.get(BEFORE_SUM..header.length)) {
            let computed = checksum::fletcher(summed);
            if stored != computed {
                return Err(Error::Checksum { stored, computed });
            }
        }
        let pixels = header.width * header.height;
        if header.valid == pixels {
            self.mask = None;
        } else if header.valid == 0 {
            self.mask = Some(Mask::none(pixels));
        } else if header.mask_bytes > 0 {
            let start = r.at();
            let mut encoded = Reader::within(r.take(header.mask_bytes, "the mask")?, start);
            self.mask = Some(Mask::read(&mut encoded, pixels)?);
        }
        self.fits(&header)?;
        let valid = self.mask.as_ref().map_or(pixels, Mask::count);
        if valid != header.valid {
            return Err(r.bad(match header.mask_bytes {
                0 => "the mask of the band before is another one's",
                _ => "a mask of another number of valid pixels",
            }));
        }
        if self.mask.is_some() {
            out.fill(missing);
        }
        if header.valid > 0 {
            values(&mut r, &header, self.mask.as_ref(), out)?;
            no_data(&header, self.mask.as_ref(), out);
        }
        // Bits of real numbers are decoded for all pixels.
        if let (Some(mask), true) = (&self.mask, T::KIND.is_float()) {
            for (pixel, valid) in out.chunks_exact_mut(header.depth).zip(mask.iter()) {
                if !valid {
                    pixel.fill(missing);
                }
            }
        }
        Ok(header)
    }

    fn fits(&self, header: &Header) -> Result<()> {
        match &self.mask {
            Some(mask) if mask.len() != header.width * header.height => {
                Err(Error::Malformed { what: "a band of another size than the one before", at: 0 })
            }
            _ => Ok(()),
        }
    }
}

fn values<T: Element>(r: &mut Reader<'_>, header: &Header, mask: Option<&Mask>, out: &mut [T]) -> Result<()> {
    let version = match header.format {
        Format::Lerc2(version) => version,
        Format::Lerc1 => 0,
    };
    let [min, max] = header.range;
    if min == max {
        constant(header, mask, &vec![T::from_f64(min); header.depth], out);
        return Ok(());
    }
    let mut tops = Vec::new();
    if version >= 4 {
        const WHAT: &str = "the ranges";
        let length = header.depth.saturating_mul(T::KIND.size());
        let (lows, highs) = (r.take(length, WHAT)?, r.take(length, WHAT)?);
        let read = |bytes: &[u8]| -> Vec<T> { bytes.chunks_exact(T::KIND.size()).map(T::read_le).collect() };
        let (lows, highs) = (read(lows), read(highs));
        if lows == highs {
            constant(header, mask, &lows, out);
            return Ok(());
        }
        // Of a single depth, the range of the whole is what counts.
        if header.depth > 1 {
            tops = highs.iter().map(|high| high.to_f64()).collect();
        }
    }
    if r.u8("the layout")? != 0 {
        return plain(r, header, mask, out);
    }
    let is_byte = version >= 2 && matches!(T::KIND, Kind::I8 | Kind::U8) && header.max_error == 0.5;
    let is_real = version >= 6 && T::KIND.is_float() && header.max_error == 0.0;
    if is_byte || is_real {
        let mode = r.u8("the layout")?;
        if mode != 0 {
            if let (Some(out), true) = (T::as_bytes(out), mode == 1 || mode == 2 && version >= 4) {
                return bytes::decode(r, header, mask, mode == 1, T::KIND == Kind::I8, out);
            }
            if let (Some(out), 3) = (T::as_bits32(out), mode) {
                return float::decode32(r, header, out);
            }
            if let (Some(out), 3) = (T::as_bits64(out), mode) {
                return float::decode64(r, header, out);
            }
            return Err(r.bad("a layout that is not known"));
        }
    }
    blocks::decode(r, header, mask, &tops, out)
}

/// Pixels that are all alike.
fn constant<T: Element>(header: &Header, mask: Option<&Mask>, pixel: &[T], out: &mut [T]) {
    if let (None, [value]) = (mask, pixel) {
        out.fill(*value);
        return;
    }
    for (at, to) in out.chunks_exact_mut(header.depth).enumerate() {
        if mask.is_none_or(|mask| mask.is_valid(at)) {
            to.copy_from_slice(pixel);
        }
    }
}

/// Valid pixels as they are.
fn plain<T: Element>(r: &mut Reader<'_>, header: &Header, mask: Option<&Mask>, out: &mut [T]) -> Result<()> {
    let pixel = header.depth * T::KIND.size();
    let data = r.take(header.valid.saturating_mul(pixel), "plain pixels")?;
    let Some(mask) = mask else {
        blocks::copy(data, out);
        return Ok(());
    };
    let valid = out.chunks_exact_mut(header.depth).zip(mask.iter()).filter(|(_, valid)| *valid);
    for ((to, _), from) in valid.zip(data.chunks_exact(pixel)) {
        blocks::copy(from, to);
    }
    Ok(())
}

/// Puts the caller's value for none where the blob has another one.
fn no_data<T: Element>(header: &Header, mask: Option<&Mask>, out: &mut [T]) {
    let Some(given) = header.no_data.map(T::from_f64) else { return };
    let stored = T::from_f64(header.stored_no_data);
    if given == stored {
        return;
    }
    for (at, pixel) in out.chunks_exact_mut(header.depth).enumerate() {
        if mask.is_none_or(|mask| mask.is_valid(at)) {
            pixel.iter_mut().filter(|value| **value == stored).for_each(|value| *value = given);
        }
    }
}
