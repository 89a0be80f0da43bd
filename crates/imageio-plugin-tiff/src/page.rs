//! One directory as an image: what its tags say about size, samples and storage (TIFF 6.0 sections 3 to 15).

use std::sync::Arc;

use imageio_core::{Error, Result};

use crate::blame::Blame;
use crate::decode::SgiLog;
use crate::ifd::{Entry, Ifd, Tiff, Window};
use crate::layout::Layout;
use crate::ndpi::{self, Parts};
use crate::tags::{self, tag};
use crate::value::lenient;

/// One directory of an image file: layout, and where the rest is found.
#[derive(Debug, Clone)]
pub(crate) struct Page {
    pub ifd: Ifd,
    pub layout: Layout,
    /// Bits of NewSubfileType: 1 reduced image, 2 page of several, 4 mask.
    pub subfile_type: u64,
    /// Horizontal and vertical chroma subsampling, where said.
    pub subsampling: Option<(u16, u16)>,
    pub sub_ifds: Vec<u64>,
    /// The stream of a slide, read in parts.
    pub parts: Option<Arc<Parts>>,
}

/// Largest size of a tile or image side that is believed.
const MAX_SIDE: u64 = i32::MAX as u64;

impl Page {
    /// Reads the directory at `offset`.
    pub fn read(tiff: &Tiff<'_>, offset: u64, window: &mut Window) -> Result<Self> {
        let ifd = tiff.read_ifd(offset, window)?;
        let parsed = Self::parse(tiff, &ifd, window).map_err(|e| ifd.blame(e));
        let (mut layout, subfile_type, subsampling, sub_ifds) = parsed?;
        let mut parts = None;
        if tiff.header.ndpi {
            ndpi::deepen(tiff, &ifd, window, &mut layout)?;
            if layout.compression == 7 && layout.tile.is_none() {
                parts = Parts::read(tiff, &ifd, window)?.map(Arc::new);
            }
        }
        if let Some(parts) = &parts {
            let [length, width] = parts.size;
            layout.tile = Some([1, length, width]);
            layout.rows_per_strip = 0;
        }
        Ok(Page { ifd, layout, subfile_type, subsampling, sub_ifds, parts })
    }

    #[allow(clippy::type_complexity, reason = "the fields of a page beside its directory")]
    fn parse(tiff: &Tiff<'_>, ifd: &Ifd, window: &mut Window) -> Result<(Layout, u64, Option<(u16, u16)>, Vec<u64>)> {
        let mut width = 0;
        let mut length = 0;
        let mut depth = 1;
        let mut samples = None;
        let mut planar = 1;
        let mut bits: Vec<u64> = Vec::new();
        let mut formats: Vec<u64> = Vec::new();
        let mut photometric = None;
        let mut compression = 1;
        let mut predictor = 1;
        let mut fill_order = 1;
        let mut extra: Vec<u64> = Vec::new();
        let mut rows_per_strip = None;
        let (mut tile_width, mut tile_length, mut tile_depth) = (0, 0, 1);
        let mut subfile_type = None;
        let mut old_subfile_type = None;
        let mut subsampling = None;
        let mut sub_ifds = Vec::new();
        for entry in &ifd.entries {
            let mut one = || tiff.uint(entry, window);
            match entry.tag {
                tag::IMAGE_WIDTH => width = one()?,
                tag::IMAGE_LENGTH => length = one()?,
                tag::IMAGE_DEPTH => depth = one()?.max(1),
                tag::SAMPLES_PER_PIXEL => samples = Some(one()?),
                tag::PLANAR_CONFIGURATION => planar = one()?,
                tag::PHOTOMETRIC => photometric = Some(one()?),
                tag::COMPRESSION => compression = one()?,
                tag::PREDICTOR => predictor = one()?,
                tag::FILL_ORDER => fill_order = one()?,
                tag::ROWS_PER_STRIP if entry.count == 1 => rows_per_strip = Some(one()?),
                tag::TILE_WIDTH => tile_width = one()?,
                tag::TILE_LENGTH => tile_length = one()?,
                tag::TILE_DEPTH => tile_depth = one()?.max(1),
                tag::NEW_SUBFILE_TYPE => subfile_type = lenient(one())?,
                tag::SUBFILE_TYPE => old_subfile_type = lenient(one())?,
                tag::BITS_PER_SAMPLE if entry.count <= 65_536 => {
                    bits = tiff.uints(entry, window)?;
                    // Zeiss's microscopes store two values elsewhere although they would fit.
                    let odd = |bits: &[u64]| bits.iter().any(|b| !matches!(b, 1..=64));
                    if entry.count == 2 && odd(&bits) {
                        let mut elsewhere =
                            lenient(tiff.uints(&Entry { count: 3, ..*entry }, window))?.unwrap_or_default();
                        elsewhere.truncate(2);
                        if elsewhere.len() == 2 && !odd(&elsewhere) {
                            bits = elsewhere;
                        }
                    }
                }
                tag::SAMPLE_FORMAT if entry.count <= 65_536 => formats = tiff.uints(entry, window)?,
                tag::EXTRA_SAMPLES if entry.count <= 65_536 => extra = tiff.uints(entry, window)?,
                tag::YCBCR_SUBSAMPLING => {
                    if let [h, v, ..] = *tiff.uints(entry, window)?.as_slice() {
                        subsampling = Some((h.min(255) as u16, v.min(255) as u16));
                    }
                }
                // A thumbnail's directory that can't be found is no reason to refuse the image.
                tag::SUB_IFDS if entry.count <= 65_536 => {
                    sub_ifds = lenient(tiff.uints(entry, window))?.unwrap_or_default();
                }
                _ => {}
            }
        }
        #[cfg(feature = "jpeg")]
        if (width, length) == (0, 0) {
            // The thumbnails of cameras, which are a JPEG stream and no more: it says what they are.
            if let Some([precision, height, across, components]) = Self::stream_frame(tiff, ifd, window)? {
                (length, width, samples) = (height as u64, across as u64, Some(components as u64));
                let had = |tag: u16| ifd.entry(tag).is_some();
                if !had(tag::BITS_PER_SAMPLE) {
                    bits = vec![if precision <= 8 { 8 } else { 16 }];
                }
                if !had(tag::COMPRESSION) {
                    compression = 6;
                }
                if photometric.is_none() {
                    photometric = (components == 3).then_some(6).or(Some(0));
                }
            }
        }
        let compression = compression.min(0xffff) as u16;
        // Old-style JPEG leaves away what its own stream says.
        let old_jpeg = compression == 6;
        let photometric = match photometric {
            None | Some(2) if old_jpeg => 6,
            other => other.unwrap_or(0).min(0xffff) as u16,
        };
        let samples = samples.unwrap_or(if old_jpeg && matches!(photometric, 0..=2 | 6) { 3 } else { 1 });
        if bits.is_empty() {
            bits.push(if old_jpeg { 8 } else { 1 });
        }
        let side = |n: u64, number: u16| match n {
            1..=MAX_SIDE => Ok(n as usize),
            _ => Err(Error::malformed(format!("{} is {n}", tags::name(number).unwrap_or_default())).tag(number)),
        };
        let width = side(width, tag::IMAGE_WIDTH)?;
        let length = side(length, tag::IMAGE_LENGTH)?;
        let depth = side(depth, tag::IMAGE_DEPTH)?;
        let samples = side(samples, tag::SAMPLES_PER_PIXEL)?;
        if samples > 65_535 {
            return Err(Error::malformed(format!("{samples} samples in a pixel")).tag(tag::SAMPLES_PER_PIXEL));
        }
        if bits.contains(&0) {
            return Err(Error::malformed("BitsPerSample is 0").tag(tag::BITS_PER_SAMPLE));
        }
        let tile = match tile_width {
            0 => None,
            _ => {
                let [deep, down] = [side(tile_depth, tag::TILE_DEPTH)?, side(tile_length, tag::TILE_LENGTH)?];
                Some([deep, down, side(tile_width, tag::TILE_WIDTH)?])
            }
        };
        let rows_per_strip = match tile {
            Some(_) => 0,
            None => match rows_per_strip {
                Some(0) => return Err(Error::malformed("RowsPerStrip is 0").tag(tag::ROWS_PER_STRIP)),
                Some(rows) => usize::try_from(rows).unwrap_or(length).min(length),
                None => length,
            },
        };
        bits.truncate(samples);
        formats.truncate(samples);
        let mixed_formats = formats.iter().any(|f| Some(f) != formats.first());
        if bits.iter().all(|b| Some(b) == bits.first()) {
            bits.truncate(1);
        }
        let narrow = |values: Vec<u64>| values.into_iter().map(|v| v.min(0xffff) as u16).collect();
        let subfile_type = match (subfile_type.unwrap_or(0), old_subfile_type) {
            (0, Some(2)) => 1,
            (0, Some(3)) => 2,
            (new, _) => new,
        };
        let mut layout = Layout {
            width,
            length,
            depth,
            samples,
            planar: planar == 2,
            bits: narrow(bits),
            format: formats.first().map_or(1, |f| (*f).min(0xffff) as u16),
            mixed_formats,
            photometric,
            compression,
            predictor: predictor.min(0xffff) as u16,
            reversed_bits: fill_order == 2,
            extra_samples: narrow(extra),
            rows_per_strip,
            tile,
        };
        // Logarithms are given as what they stand for, whatever the writer took them from.
        if let Some(coding) = SgiLog::new(layout.compression, layout.photometric) {
            let extra_samples = Vec::new();
            let (samples, bits) = (coding.samples(), vec![32]);
            layout = Layout { samples, bits, format: 3, mixed_formats: false, planar: false, extra_samples, ..layout };
        }
        Ok((layout, subfile_type, subsampling, sub_ifds))
    }

    /// What the JPEG stream of a directory without a size says in its frame header.
    #[cfg(feature = "jpeg")]
    fn stream_frame(tiff: &Tiff<'_>, ifd: &Ifd, window: &mut Window) -> Result<Option<[usize; 4]>> {
        /// The header comes before any picture, but may follow a profile.
        const HEAD: usize = 4096;
        let tags = [tag::TILE_OFFSETS, tag::STRIP_OFFSETS, tag::JPEG_INTERCHANGE_FORMAT];
        let Some(entry) = tags.iter().find_map(|tag| ifd.entry(*tag)) else { return Ok(None) };
        let Some(offset) = lenient(tiff.uint(entry, window))?.filter(|at| *at > 0) else { return Ok(None) };
        let mut head = [0; HEAD];
        let n = tiff.source.read_some(offset, &mut head)?;
        Ok(crate::decode::jpeg_frame(head.get(..n).unwrap_or_default()))
    }

    /// `true` if it is a smaller version of another page.
    pub fn is_reduced(&self) -> bool {
        self.subfile_type & 1 == 1
    }

    /// `true` if chroma is stored at a lower resolution.
    pub fn is_subsampled(&self) -> bool {
        self.subsampling.map_or(self.layout.photometric == 6, |s| s != (1, 1))
    }

    /// `true` if YCbCr becomes RGB when it is read: from JPEG, and where data units hold several pixels.
    pub fn becomes_rgb(&self) -> bool {
        const PLAIN: [u16; 8] = [1, 5, 8, 32773, 32946, 34925, 34926, 50000];
        let compression = self.layout.compression;
        self.layout.photometric == 6
            && (matches!(compression, 6 | 7) || self.is_subsampled() && PLAIN.contains(&compression))
    }

    /// Offsets and byte counts of the strips or tiles, as many as the layout has; missing ones are (0, 0).
    pub fn chunks(&self, tiff: &Tiff<'_>, window: &mut Window) -> Result<Vec<(u64, u64)>> {
        if self.parts.is_some() {
            let wanted = self.layout.chunk_count();
            let found = wanted.and_then(|wanted| ndpi::chunks(tiff, &self.ifd, window, wanted));
            return found.map_err(|e| self.ifd.blame(e));
        }
        if let Some(places) = tiff.places.get().and_then(|all| all.get(&self.ifd.offset)) {
            return Ok(places.clone());
        }
        let entry = |tags: &[u16]| tags.iter().find_map(|tag| self.ifd.entry(*tag)).copied();
        // Tiles may have been written under the tags of strips, and old JPEG streams have tags of their own.
        let offsets = entry(&[tag::TILE_OFFSETS, tag::STRIP_OFFSETS, tag::JPEG_INTERCHANGE_FORMAT]);
        let counts = entry(&[tag::TILE_BYTE_COUNTS, tag::STRIP_BYTE_COUNTS, tag::JPEG_INTERCHANGE_FORMAT_LENGTH]);
        let Some(offsets) = offsets else {
            let number = self.layout.offsets_tag();
            return Err(self.ifd.blame(Error::malformed("neither strip nor tile offsets are given").tag(number)));
        };
        let blame = |e| self.ifd.blame(e);
        let wanted = self.layout.chunk_count().map_err(blame)?;
        let offsets = tiff.uints(&offsets, window).map_err(blame)?;
        let counts = match counts {
            Some(counts) => tiff.uints(&counts, window).map_err(blame)?,
            None => Vec::new(),
        };
        if offsets.len() < wanted {
            let have = offsets.len();
            let what = format!("{have} strips or tiles are located, the image has {wanted}");
            return Err(self.ifd.blame(Error::malformed(what).tag(self.layout.offsets_tag())));
        }
        let size = || tiff.source.size().unwrap_or(u64::MAX);
        let single = wanted == 1;
        let mut out = Vec::with_capacity(wanted);
        for (i, offset) in offsets.into_iter().take(wanted).enumerate() {
            let count = match counts.get(i) {
                // A fax page or a single strip without a length reaches as far as the file does.
                Some(0) | None if offset > 0 && (single || counts.is_empty()) => {
                    size().saturating_sub(offset).min(self.layout.plain_chunk_bytes())
                }
                Some(count) => *count,
                None => 0,
            };
            out.push((offset, count));
        }
        Ok(out)
    }

    /// Where the pixels are, if they lie in one piece in the order of the array, needing nothing but a change of
    /// byte order.
    pub fn contiguous(&self, chunks: &[(u64, u64)]) -> Option<u64> {
        let layout = &self.layout;
        if layout.compression != 1
            || layout.predictor != 1
            || layout.reversed_bits
            || layout.format == 5
            || !matches!(layout.bits.as_slice(), [8 | 16 | 32 | 64 | 128])
            || layout.dtype().is_err()
            || (self.is_subsampled() && layout.photometric == 6)
        {
            return None;
        }
        if let Some([depth, length, width]) = layout.tile {
            if width != layout.width
                || layout.length % length != 0
                || (layout.depth > 1 && depth > 1 && (layout.length != length || layout.depth % depth != 0))
            {
                return None;
            }
        }
        let &(first, _) = chunks.first()?;
        let bytes = layout.bytes()? as u64;
        if first == 0 {
            return None;
        }
        if chunks.len() == 1 {
            return Some(first);
        }
        let mut at = first;
        for (i, (offset, count)) in chunks.iter().enumerate() {
            if *offset != at || *count == 0 {
                return None;
            }
            let strip = layout.chunk_rows(i) * layout.row_bytes();
            if *count != strip as u64 {
                return None;
            }
            at = at.checked_add(*count)?;
        }
        (at - first == bytes).then_some(first)
    }
}
