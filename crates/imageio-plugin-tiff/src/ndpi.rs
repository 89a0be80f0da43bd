//! Hamamatsu's slides: classic TIFF by their signature, in which every directory carries the upper halves of its
//! values behind its link, so that files may have more than 4 GiB; and JPEG streams that are read in parts, since tags
//! say where their restart markers are.

use imageio_core::{Error, Result};

use crate::blame::Blame;
use crate::ifd::{Endian, Ifd, Tiff, Window};
use crate::layout::Layout;
use crate::tags::tag;
use crate::value::lenient;

/// Bytes of the headers of a stream.
const HEAD: u64 = 64 << 10;

impl Tiff<'_> {
    /// Finds out whether the file is one of Hamamatsu's, which its first directory says. Before that, directories
    /// are taken for those of classic TIFF.
    pub fn recognise_ndpi(&mut self, window: &mut Window) -> Result<()> {
        if self.header.big || self.header.endian == Endian::Big {
            return Ok(());
        }
        let mut head = [0; 8];
        self.source.read_some(4, &mut head)?;
        let wide = u64::from_le_bytes(head);
        let mut header = self.header;
        if wide != header.first {
            // Any other data may follow the header of classic TIFF.
            if wide >> 48 != 0 || self.source.size().is_none_or(|size| wide >= size) {
                return Ok(());
            }
            header.first = wide;
        }
        if wide == header.first && !lenient(self.read_ifd(wide, window))?.is_some_and(|ifd| is_ndpi(&ifd)) {
            return Ok(());
        }
        header.ndpi = true;
        let plain = std::mem::replace(&mut self.header, header);
        let found = lenient(self.read_ifd(wide, window));
        if !found.as_ref().is_ok_and(|ifd| ifd.as_ref().is_some_and(|ifd| is_ndpi(ifd) && self.holds(ifd))) {
            self.header = plain;
        }
        found.map(drop)
    }

    /// `true` if everything that a directory points to is in the file. That of a file which only took over
    /// Hamamatsu's tags is followed by anything.
    fn holds(&self, ifd: &Ifd) -> bool {
        let Some(size) = self.source.size() else { return false };
        ifd.next < size
            && ifd.entries.iter().all(|entry| match self.place(entry) {
                Ok(Some((offset, len))) => offset.checked_add(len as u64).is_some_and(|end| end <= size),
                Ok(None) => entry.kind != 16 || u64::from_le_bytes(entry.field) < size,
                Err(_) => true,
            })
    }
}

/// `true` for a directory of such a file.
pub(crate) fn is_ndpi(ifd: &Ifd) -> bool {
    ifd.entry(tag::NDPI_VERSION).is_some() && ifd.entry(tag::MAKE).is_some()
}

/// Corrects what the tags of slides of 16 bits say of them.
pub(crate) fn deepen(tiff: &Tiff<'_>, ifd: &Ifd, window: &mut Window, layout: &mut Layout) -> Result<()> {
    let mut value = |number: u16| match ifd.entry(number) {
        Some(entry) => Ok::<_, Error>(lenient(tiff.value(entry, window))?.and_then(|v| v.as_f64())),
        None => Ok(None),
    };
    // From this mode on, the slide itself is fluorescence; label and map are not.
    let deep = value(tag::NDPI_CAPTURE_MODE)?.is_some_and(|mode| mode >= 6.0);
    if deep && value(tag::NDPI_MAGNIFICATION)?.is_none_or(|m| m > 0.0) {
        (layout.photometric, layout.format, layout.samples, layout.bits) = (1, 1, 1, vec![16]);
    }
    Ok(())
}

/// The headers of a stream that is read in parts, for one part, and rows and columns of that.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Parts {
    pub head: Vec<u8>,
    pub size: [usize; 2],
}

impl Parts {
    /// `None` if the page's stream has no restart markers, or tags don't say where they are.
    pub fn read(tiff: &Tiff<'_>, ifd: &Ifd, window: &mut Window) -> Result<Option<Self>> {
        let (Some(starts), Some(strip)) = (ifd.entry(tag::NDPI_MCU_STARTS), ifd.entry(tag::STRIP_OFFSETS)) else {
            return Ok(None);
        };
        let first = lenient(tiff.uint(starts, window))?.filter(|n| *n <= HEAD);
        let (Some(length), Some(offset)) = (first, lenient(tiff.uint(strip, window))?) else { return Ok(None) };
        let mut head = vec![0; length as usize];
        let n = tiff.source.read_some(offset, &mut head)?;
        head.truncate(n);
        Ok(Self::parse(head))
    }

    /// From the bytes before the data.
    fn parse(mut head: Vec<u8>) -> Option<Self> {
        let (mut at, mut frame, mut interval) = (2, None, 0);
        let mut unit = [8, 8];
        let word = |bytes: &[u8], at: usize| {
            bytes.get(at..).and_then(|b| b.first_chunk()).map(|b| usize::from(u16::from_be_bytes(*b)))
        };
        loop {
            let &[0xff, marker] = head.get(at..at + 2)? else { return None };
            let length = word(&head, at + 2)?.max(2);
            match marker {
                0xdd => interval = word(&head, at + 4)?,
                0xc0 => {
                    let components = head.get(at + 10..at + 2 + length)?;
                    let most = |shift: u8| components.chunks(3).filter_map(|c| c.get(1)).map(|f| f >> shift & 15).max();
                    unit = [8 * usize::from(most(0)?.max(1)), 8 * usize::from(most(4)?.max(1))];
                    frame = Some(at + 5);
                }
                _ => {}
            }
            at += 2 + length;
            if marker == 0xda {
                break;
            }
        }
        head.truncate(at);
        let size = [unit[0], unit[1] * interval];
        let sides = [u16::try_from(size[0]).ok()?, u16::try_from(size[1]).ok().filter(|n| *n > 0)?];
        head.get_mut(frame?..)?.get_mut(..4)?.copy_from_slice(&sides.map(u16::to_be_bytes).concat());
        Some(Parts { head, size })
    }

    /// One part as a stream of its own.
    #[cfg(feature = "jpeg")]
    pub fn join(&self, data: &[u8]) -> Vec<u8> {
        let data = match data {
            [data @ .., 0xff, 0xd0..=0xd7 | 0xd9] => data,
            data => data,
        };
        [&self.head, data, b"\xff\xd9"].concat()
    }
}

/// Offsets and byte counts of the parts.
pub(crate) fn chunks(tiff: &Tiff<'_>, ifd: &Ifd, window: &mut Window, wanted: usize) -> Result<Vec<(u64, u64)>> {
    let mut list = |number: u16| ifd.entry(number).map_or(Ok(Vec::new()), |entry| tiff.uints(entry, window));
    let starts = list(tag::NDPI_MCU_STARTS)?;
    let high = list(tag::NDPI_MCU_STARTS_HIGH)?;
    let (offset, count) = (list(tag::STRIP_OFFSETS)?, list(tag::STRIP_BYTE_COUNTS)?);
    let (Some(offset), Some(count)) = (offset.first(), count.first()) else {
        return Err(Error::malformed("the stream of a slide is not located").tag(tag::STRIP_OFFSETS));
    };
    if starts.len() < wanted {
        let what = format!("{} parts of the stream are located, the image has {wanted}", starts.len());
        return Err(Error::malformed(what).tag(tag::NDPI_MCU_STARTS));
    }
    let at = |k: usize| {
        let start = *starts.get(k)? & 0xffff_ffff | high.get(k).copied().unwrap_or(0) << 32;
        Some(start.min(*count))
    };
    let end = |k: usize| at(k + 1).unwrap_or(*count);
    let part = |k: usize| at(k).map(|start| (offset.saturating_add(start), end(k).saturating_sub(start)));
    Ok((0..wanted).filter_map(part).collect())
}

/// Hamamatsu's tags by name, but for the places within streams.
pub(crate) fn name(number: u16) -> Option<&'static str> {
    Some(match number {
        65420 => "FileFormat",
        65421 => "Magnification",
        65422 => "XOffsetFromSlideCenter",
        65423 => "YOffsetFromSlideCenter",
        65424 => "ZOffsetFromSlideCenter",
        65425 => "TissueIndex",
        65427 => "SlideLabel",
        65428 => "AuthCode",
        65434 => "Fluorescence",
        65435 => "ExposureRatio",
        65436 => "RedMultiplier",
        65437 => "GreenMultiplier",
        65438 => "BlueMultiplier",
        65439 => "FocusPoints",
        65440 => "FocusPointRegions",
        65441 => "CaptureMode",
        65442 => "ScannerSerialNumber",
        65444 => "JpegQuality",
        65445 => "RefocusInterval",
        65446 => "FocusOffset",
        65447 => "BlankLines",
        65448 => "FirmwareVersion",
        65449 => "Comments",
        65450 => "LabelObscured",
        65451 => "Wavelength",
        65453 => "LampAge",
        65454 => "ExposureTime",
        65455 => "FocusTime",
        65456 => "ScanTime",
        65457 => "WriteTime",
        65458 => "FullyAutoFocus",
        _ => return None,
    })
}
