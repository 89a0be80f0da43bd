//! What Targa 2.0 stores behind the pixels: the extension area and the footer that points to it.

use std::io::SeekFrom;

use imageio_core::{Metadata, Result, Value};
use imageio_raster::Streams;
use imageio_raster::rows::read_exact;

/// The footer's signature with its full stop and zero.
const SIGNATURE: &[u8; 18] = b"TRUEVISION-XFILE.\0";
/// Length of the extension area.
const LENGTH: usize = 495;

/// The extension area of a file.
pub(crate) struct Extension(Vec<u8>);

impl Extension {
    /// Reads it by way of the footer; `None` where there is no such thing.
    pub fn read(streams: &mut Streams<'_>) -> Result<Option<Self>> {
        let end = streams.first()?.seek(SeekFrom::End(0))?;
        let Some(at) = end.checked_sub(26) else { return Ok(None) };
        let mut footer = [0; 26];
        read_exact(streams.at(at)?, &mut footer, at)?;
        if footer[8..] != SIGNATURE[..] {
            return Ok(None);
        }
        let offset = u32::from_le_bytes([footer[0], footer[1], footer[2], footer[3]]);
        if offset == 0 || u64::from(offset) + LENGTH as u64 > end {
            return Ok(None);
        }
        let mut raw = vec![0; LENGTH];
        read_exact(streams.at(offset.into())?, &mut raw, offset.into())?;
        Ok(Some(Extension(raw)))
    }

    /// `true` if the area says that alpha means nothing.
    pub fn is_opaque(&self) -> bool {
        self.0.get(494) == Some(&0)
    }

    fn u16(&self, at: usize) -> u16 {
        self.0.get(at..).and_then(|rest| rest.first_chunk()).map_or(0, |b| u16::from_le_bytes(*b))
    }

    fn text(&self, at: usize, len: usize) -> Option<String> {
        let raw = self.0.get(at..at + len)?;
        let raw = raw.split(|b| *b == 0).next().unwrap_or(raw);
        let text = raw.iter().map(|b| char::from(*b)).collect::<String>().trim_end().to_owned();
        (!text.is_empty()).then_some(text)
    }

    pub fn describe(&self, metadata: &mut Metadata) {
        metadata.insert_opt("author", self.text(2, 41));
        let lines: Vec<String> = (0..4).map(|i| self.text(43 + 81 * i, 81).unwrap_or_default()).collect();
        let comment = lines.join("\n").trim_end().to_owned();
        metadata.insert_opt("comment", (!comment.is_empty()).then_some(comment));
        let date = [0, 2, 4, 6, 8, 10].map(|i| self.u16(367 + i));
        if date[2] > 0 {
            let [month, day, year, hour, minute, second] = date;
            metadata.insert("date", format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}"));
        }
        metadata.insert_opt("job", self.text(379, 41));
        metadata.insert_opt("software", self.text(426, 41));
        let ratio = |at: usize| (self.u16(at + 2) > 0).then(|| (i64::from(self.u16(at)), i64::from(self.u16(at + 2))));
        metadata.insert_opt("pixel_aspect_ratio", ratio(474).filter(|r| r.0 > 0).map(|(n, d)| Value::Rational(n, d)));
        metadata.insert_opt("gamma", ratio(478).filter(|r| r.0 > 0).map(|(n, d)| n as f64 / d as f64));
        let alpha = match self.0.get(494) {
            Some(0) => "none",
            Some(1) => "undefined, to be ignored",
            Some(2) => "undefined, to be kept",
            Some(3) => "straight",
            Some(4) => "premultiplied",
            _ => return,
        };
        metadata.insert("alpha", alpha);
    }

    /// The area for these metadata; `None` if there is nothing to say.
    pub fn write(metadata: Option<&Metadata>, has_alpha: bool) -> Option<Vec<u8>> {
        let metadata = metadata?;
        let mut raw = vec![0; LENGTH];
        let mut any = false;
        let mut text = |key: &str, at: usize, len: usize, lines: usize| {
            let Some(text) = metadata.get(key).and_then(Value::as_str) else { return };
            for (line, to) in text.lines().zip(raw[at..at + len * lines].chunks_exact_mut(len)) {
                let latin = line.chars().map(|c| u8::try_from(c).unwrap_or(b'?'));
                to[..len - 1].iter_mut().zip(latin).for_each(|(to, c)| *to = c);
            }
            any = true;
        };
        text("author", 2, 41, 1);
        text("comment", 43, 81, 4);
        text("job", 379, 41, 1);
        text("software", 426, 41, 1);
        if let Some(gamma) = metadata.get("gamma").and_then(Value::as_f64).filter(|g| (0.0..=10.0).contains(g)) {
            raw[478..480].copy_from_slice(&((gamma * 1000.0).round() as u16).to_le_bytes());
            raw[480..482].copy_from_slice(&1000u16.to_le_bytes());
            any = true;
        }
        raw[..2].copy_from_slice(&(LENGTH as u16).to_le_bytes());
        raw[494] = if has_alpha { 3 } else { 0 };
        any.then_some(raw)
    }
}

/// The footer of a file whose extension area lies at `extension` (0 for none).
pub(crate) fn footer(extension: u32) -> [u8; 26] {
    let mut footer = [0; 26];
    footer[..4].copy_from_slice(&extension.to_le_bytes());
    footer[8..].copy_from_slice(SIGNATURE);
    footer
}
