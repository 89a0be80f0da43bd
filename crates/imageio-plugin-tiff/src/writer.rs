//! A TIFF file being written.

use std::io::{Seek, SeekFrom, Write};

use imageio_core::{Dtype, Error, ImageWriter, Metadata, Request, Result, Sink, Value, WriteCx};

use crate::encode::ifd::{Field, Format, layout, too_large};
use crate::encode::{Arrangement, Chunks, Scheme};
use crate::ifd::Endian;
use crate::json::quote;
use crate::metadata::PHOTOMETRICS;
use crate::options::{BigTiff, ByteOrder, Compression, Predictor, ResolutionUnit, WriteOptions};
use crate::store::Stored;
use crate::tags::tag;

/// Classic files stay below this, with some room for directories.
const CLASSIC: u64 = u32::MAX as u64 - (32 << 20);
/// Bytes of a strip that is compressed, about.
const STRIP: usize = 256 << 10;

/// A file to which images are appended; each becomes a series of pages.
pub(crate) struct TiffWriter {
    sink: Sink,
    /// Where the offset of the next directory is to be put; `None` before the header.
    link: Option<u64>,
    format: Format,
    end: u64,
    notes: Vec<String>,
}

impl TiffWriter {
    pub fn open(request: &mut dyn Request<'_>) -> Result<Self> {
        let format = Format { endian: Endian::Little, big: false };
        Ok(TiffWriter { sink: request.sink()?, link: None, format, end: 0, notes: Vec::new() })
    }

    /// Writes the header; everything that it depends on is known with the first image.
    fn header(&mut self, options: &WriteOptions, estimate: u64) -> Result<()> {
        if self.link.is_some() {
            return Ok(());
        }
        let endian = match options.byteorder {
            ByteOrder::Little => Endian::Little,
            ByteOrder::Big => Endian::Big,
        };
        let big = match options.bigtiff {
            BigTiff::Auto => estimate > CLASSIC,
            BigTiff::Always => true,
            BigTiff::Never => false,
        };
        self.format = Format { endian, big };
        let f = self.format;
        let mut head = if endian == Endian::Little { b"II".to_vec() } else { b"MM".to_vec() };
        if big {
            head.extend([f.uint(43, 2), f.uint(8, 2), f.uint(0, 2), f.uint(0, 8)].concat());
        } else {
            head.extend([f.uint(42, 2), f.uint(0, 4)].concat());
        }
        self.link = Some((head.len() - f.offset_size()) as u64);
        self.append(&head)
    }

    fn append(&mut self, bytes: &[u8]) -> Result<()> {
        self.sink.write_all(bytes)?;
        self.end += bytes.len() as u64;
        if !self.format.big && self.end > u64::from(u32::MAX) {
            return Err(too_large());
        }
        Ok(())
    }

    fn align(&mut self, to: u64) -> Result<()> {
        let gap = self.end.next_multiple_of(to) - self.end;
        self.append(&vec![0; gap as usize])
    }

    /// Appends a directory and links it to the chain.
    fn directory(&mut self, fields: Vec<Field>) -> Result<()> {
        self.align(2)?;
        let at = self.end;
        let (bytes, link) = layout(self.format, fields, at)?;
        let previous = self.link.replace(link).unwrap_or(0);
        self.sink.seek(SeekFrom::Start(previous))?;
        self.sink.write_all(&self.format.uint(at, self.format.offset_size()))?;
        self.sink.seek(SeekFrom::Start(at))?;
        self.append(&bytes)
    }
}

impl ImageWriter for TiffWriter {
    fn write_frame(&mut self, cx: &WriteCx<'_>) -> Result<()> {
        let options = WriteOptions::parse(cx.options())?;
        let image = cx.image();
        let (shape, dtype) = (image.shape().to_vec(), image.dtype());
        let arrangement = Arrangement::new(&shape, options.axes.as_deref(), options.planar)?;
        let owned;
        let bytes = match image.as_bytes() {
            Some(bytes) => bytes,
            None => {
                owned = image.to_owned();
                owned.as_bytes().ok_or_else(|| Error::mismatch("the array is not contiguous"))?
            }
        };
        let images = cx.n_images().unwrap_or(1).max(1) as u64;
        self.header(&options, (bytes.len() as u64).saturating_mul(images))?;
        let scheme = scheme(&options, &arrangement, dtype, self.format.endian)?;
        let stored = Stored::new(self.format, &options, cx.metadata(), &shape)?;
        for note in &stored.notes {
            if !self.notes.contains(note) {
                self.notes.push(note.clone());
            }
        }
        let page = page_fields(self.format, &options, &arrangement, dtype, &scheme)?;
        let chunks = Chunks { arrangement: &arrangement, dtype, scheme, bytes };
        let fields = |k: usize| {
            let mut fields = page.clone();
            if k == 0 {
                fields.extend(stored.first.clone());
            }
            fields.extend(stored.every.clone());
            fields
        };
        let (offsets_tag, counts_tag) = match scheme.tile {
            Some(_) => (tag::TILE_OFFSETS, tag::TILE_BYTE_COUNTS),
            None => (tag::STRIP_OFFSETS, tag::STRIP_BYTE_COUNTS),
        };
        let subs = stored.sub_ifds;
        let per_page = chunks.per_page();
        if scheme.compression == Compression::None {
            // Everything is known beforehand: the first directory comes first, then the pixels in one piece, then the
            // other directories.
            let counts: Vec<u64> = (0..per_page).map(|k| chunks.plain_bytes(k) as u64).collect();
            let page_bytes: u64 = counts.iter().sum();
            let located = |format: Format, start: u64| -> Result<[Field; 2]> {
                let mut at = start;
                let mut offsets = Vec::with_capacity(counts.len());
                for n in &counts {
                    offsets.push(at);
                    at += n;
                }
                Ok([format.offsets(offsets_tag, &offsets)?, format.offsets(counts_tag, &counts)?])
            };
            let format = self.format;
            let links = self.write_subs(subs)?;
            self.align(2)?;
            let mut first = fields(0);
            first.extend(links);
            let mut sized = first.clone();
            sized.extend(located(format, 0)?);
            let start = (self.end + layout(format, sized, self.end)?.0.len() as u64).next_multiple_of(16);
            first.extend(located(format, start)?);
            self.directory(first)?;
            self.align(16)?;
            if chunks.is_plain() {
                self.append(bytes)?;
            } else {
                chunks.each(0..arrangement.pages, |chunk| self.append(chunk))?;
            }
            for k in 1..arrangement.pages {
                cx.check_cancelled()?;
                let mut fields = fields(k);
                fields.extend(located(format, start + page_bytes * k as u64)?);
                self.directory(fields)?;
            }
            return Ok(());
        }
        // Pages are encoded some at a time, so that small ones share the threads.
        let together = ((8 << 20) / (bytes.len() / arrangement.pages).max(1)).clamp(1, 256);
        let mut links = Some(self.write_subs(subs)?);
        let mut k = 0;
        while k < arrangement.pages {
            cx.check_cancelled()?;
            let last = (k + together).min(arrangement.pages);
            let mut places = Vec::with_capacity((last - k) * per_page);
            chunks.each(k..last, |chunk| {
                self.align(2)?;
                places.push((self.end, chunk.len() as u64));
                self.append(chunk)
            })?;
            for part in places.chunks(per_page) {
                let (offsets, counts): (Vec<u64>, Vec<u64>) = part.iter().copied().unzip();
                let mut fields = fields(k);
                fields.extend(links.take().unwrap_or_default());
                fields.push(self.format.offsets(offsets_tag, &offsets)?);
                fields.push(self.format.offsets(counts_tag, &counts)?);
                self.directory(fields)?;
                k += 1;
            }
        }
        Ok(())
    }

    fn finish(self: Box<Self>) -> Result<()> {
        Ok(())
    }

    fn notes(&self) -> Vec<String> {
        self.notes.clone()
    }
}

impl TiffWriter {
    /// Writes the directories below the first page, the innermost first; gives the entries that point to them.
    fn write_subs(&mut self, subs: Vec<crate::store::SubIfd>) -> Result<Vec<Field>> {
        let mut links = Vec::new();
        for sub in subs {
            let mut fields = sub.fields;
            fields.extend(self.write_subs(sub.subs)?);
            self.align(2)?;
            let at = self.end;
            let (bytes, _) = layout(self.format, fields, at)?;
            self.append(&bytes)?;
            let kind = if self.format.big { 18 } else { 4 };
            let width = self.format.offset_size();
            links.push(Field { tag: sub.tag, kind, count: 1, bytes: self.format.uint(at, width) });
        }
        Ok(links)
    }
}

/// How strips and tiles are stored, from options and their defaults.
fn scheme(options: &WriteOptions, a: &Arrangement, dtype: Dtype, endian: Endian) -> Result<Scheme> {
    let tile = match options.tile.as_slice() {
        [] => None,
        &[length, width] if length > 0 && width > 0 && length % 16 == 0 && width % 16 == 0 => {
            Some((length as usize, width as usize))
        }
        &[side] if side > 0 && side % 16 == 0 => Some((side as usize, side as usize)),
        other => {
            return Err(Error::mismatch(format!("option `tile` is {other:?}"))
                .with_hint("it is length and width in pixels, multiples of 16"));
        }
    };
    if options.rows_per_strip.is_some() && tile.is_some() {
        return Err(Error::mismatch("options `tile` and `rows_per_strip` exclude each other"));
    }
    let runs = matches!(options.compression, Compression::None | Compression::PackBits);
    match options.predictor {
        // Few readers undo a predictor here, since there it only costs.
        Predictor::Horizontal | Predictor::Float if runs => {
            return Err(Error::mismatch(format!(
                "a predictor has no use with compression `{}`",
                options.compression.word()
            ))
            .with_hint("use it with lzw, deflate or zstd"));
        }
        Predictor::Horizontal if !dtype.is_integer() => {
            return Err(Error::mismatch(format!("the horizontal predictor is for integers, the image is {dtype}"))
                .with_hint("for floats, use `predictor=float`"));
        }
        Predictor::Float if !dtype.is_float() => {
            return Err(Error::mismatch(format!("the floating-point predictor is for floats, the image is {dtype}"))
                .with_hint("for integers, use `predictor=horizontal`"));
        }
        _ => {}
    }
    let row = a.width * a.contig() * dtype.size();
    let rows_per_strip = match options.rows_per_strip {
        Some(0) => return Err(Error::mismatch("option `rows_per_strip` is 0")),
        Some(rows) => (rows as usize).min(a.length),
        None if options.compression == Compression::None => a.length,
        None => (STRIP / row.max(1)).clamp(1, a.length),
    };
    Ok(Scheme {
        compression: options.compression,
        level: options.level.unwrap_or(6),
        predictor: options.predictor,
        endian,
        tile,
        rows_per_strip,
    })
}

/// The entries of every page.
fn page_fields(
    f: Format,
    options: &WriteOptions,
    a: &Arrangement,
    dtype: Dtype,
    scheme: &Scheme,
) -> Result<Vec<Field>> {
    let (bits, sample_format) = match dtype {
        Dtype::Bool => (1, 1),
        Dtype::U8 => (8, 1),
        Dtype::U16 => (16, 1),
        Dtype::U32 => (32, 1),
        Dtype::U64 => (64, 1),
        Dtype::I8 => (8, 2),
        Dtype::I16 => (16, 2),
        Dtype::I32 => (32, 2),
        Dtype::I64 => (64, 2),
        Dtype::F16 => (16, 3),
        Dtype::F32 => (32, 3),
        Dtype::F64 => (64, 3),
        Dtype::C64 => (64, 6),
        Dtype::C128 => (128, 6),
    };
    let photometric = photometric(options, a)?;
    let compression = match options.compression {
        Compression::None => 1,
        Compression::Lzw => 5,
        Compression::Deflate => 8,
        Compression::PackBits => 32773,
        Compression::Zstd => 50000,
    };
    let repeated = |v: u16| vec![v; a.samples];
    let mut fields = vec![
        f.long(tag::IMAGE_WIDTH, a.width as u64)?,
        f.long(tag::IMAGE_LENGTH, a.length as u64)?,
        f.short(tag::BITS_PER_SAMPLE, &repeated(bits)),
        f.short(tag::COMPRESSION, &[compression]),
        f.short(tag::PHOTOMETRIC, &[photometric]),
        f.short(tag::SAMPLES_PER_PIXEL, &[a.samples as u16]),
        f.short(tag::PLANAR_CONFIGURATION, &[if a.planar { 2 } else { 1 }]),
    ];
    if a.pages > 1 {
        fields.push(f.long(tag::NEW_SUBFILE_TYPE, 2)?);
    }
    if sample_format != 1 {
        fields.push(f.short(tag::SAMPLE_FORMAT, &repeated(sample_format)));
    }
    match options.predictor {
        Predictor::None => {}
        Predictor::Horizontal => fields.push(f.short(tag::PREDICTOR, &[2])),
        Predictor::Float => fields.push(f.short(tag::PREDICTOR, &[3])),
    }
    let colours = match photometric {
        2 | 6 | 8 => 3,
        5 => 4,
        _ => 1,
    };
    if a.samples > colours {
        let extra = a.samples - colours;
        // One sample more is transparency that was not multiplied in; more than one mean nothing in particular.
        fields.push(f.short(tag::EXTRA_SAMPLES, &if extra == 1 { vec![2] } else { vec![0; extra] }));
    }
    match scheme.tile {
        Some((length, width)) => {
            fields.push(f.long(tag::TILE_WIDTH, width as u64)?);
            fields.push(f.long(tag::TILE_LENGTH, length as u64)?);
        }
        None => fields.push(f.long(tag::ROWS_PER_STRIP, scheme.rows_per_strip as u64)?),
    }
    Ok(fields)
}

fn photometric(options: &WriteOptions, a: &Arrangement) -> Result<u16> {
    let Some(value) = &options.photometric else {
        return Ok(if matches!(a.samples, 3 | 4) { 2 } else { 1 });
    };
    let word = value.to_string().to_ascii_lowercase();
    let found = match value.as_u64().and_then(|n| u16::try_from(n).ok()) {
        Some(number) => Some(number),
        None => PHOTOMETRICS.iter().find(|(_, name)| *name == word).map(|(number, _)| *number),
    };
    let needs = |n: u16| match n {
        2 | 6 | 8 => 3,
        5 => 4,
        _ => 1,
    };
    match found {
        Some(number @ (0 | 1 | 2 | 5 | 6 | 8 | 9 | 10 | 32803)) if a.samples >= needs(number) => Ok(number),
        Some(number @ (0 | 1 | 2 | 5 | 6 | 8)) => Err(Error::mismatch(format!(
            "photometric `{word}` needs {} samples in a pixel, there are {}",
            needs(number),
            a.samples
        ))),
        _ => Err(Error::mismatch(format!("option `photometric`: `{word}` can't be written"))
            .with_hint("minisblack, miniswhite, rgb, separated, ycbcr, cielab")),
    }
}

/// The description that says what shape the array has.
pub(crate) fn shaped_description(shape: &[usize], axes: Option<&str>) -> String {
    let list: Vec<String> = shape.iter().map(usize::to_string).collect();
    let axes = axes.map_or_else(String::new, |a| format!(", \"axes\": {}", quote(&a.to_ascii_uppercase())));
    format!("{{\"shape\": [{}]{axes}}}", list.join(", "))
}

/// Pixels per unit as options or metadata have them.
pub(crate) fn resolution(options: &WriteOptions, metadata: Option<&Metadata>) -> Result<Option<(f64, f64, u16)>> {
    let unit = |u: ResolutionUnit| match u {
        ResolutionUnit::None => 1,
        ResolutionUnit::Inch => 2,
        ResolutionUnit::Centimetre => 3,
    };
    let given = match options.resolution.as_slice() {
        [] => None,
        [one] => Some((*one, *one)),
        [x, y] => Some((*x, *y)),
        _ => return Err(Error::mismatch("option `resolution` is one number or two")),
    };
    if let Some((x, y)) = given {
        if !(x > 0.0 && y > 0.0 && x.is_finite() && y.is_finite()) {
            return Err(Error::mismatch("option `resolution` is not positive"));
        }
        return Ok(Some((x, y, options.resolution_unit.map_or(2, unit))));
    }
    let pair = |key: &str| {
        let value = metadata?.get(key)?;
        let (x, y) = match value {
            Value::List(items) => (items.first()?.as_f64()?, items.get(1)?.as_f64()?),
            one => (one.as_f64()?, one.as_f64()?),
        };
        (x > 0.0 && y > 0.0 && x.is_finite() && y.is_finite()).then_some((x, y))
    };
    if let Some((x, y)) = pair("resolution") {
        let stored = metadata.and_then(|m| m.get("resolution_unit")).and_then(Value::as_u64).unwrap_or(2);
        let unit = options.resolution_unit.map_or(stored.min(5) as u16, unit);
        return Ok(Some((x, y, unit)));
    }
    Ok(pair("dpi").map(|(x, y)| (x, y, 2)))
}
