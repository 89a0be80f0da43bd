//! A TIFF file being written.

use std::io::{Seek, SeekFrom, Write};

use imageio_core::{Dtype, Error, ImageWriter, Request, Result, Sink, WriteCx};

use crate::append::Existing;
use crate::describe::{self, Kind, Ome, ome_type};
use crate::encode::ifd::{Field, Format, layout, too_large};
use crate::encode::{Arrangement, Chunks, halve};
use crate::fields::{extra_tags, page_fields, scheme, shaped_description};
use crate::ifd::Endian;
use crate::imagej_tag;
use crate::options::{BigTiff, ByteOrder, Compression, WriteOptions};
use crate::store::{Described, Stored, SubIfd};
use crate::tags::tag;

/// Classic files stay below this, with some room for directories.
const CLASSIC: u64 = u32::MAX as u64 - (32 << 20);
/// Pages smaller than this are encoded together.
const TOGETHER: usize = 8 << 20;

/// A file to which images are appended; each becomes a series of pages.
pub(crate) struct TiffWriter {
    sink: Sink,
    /// Where the offset of the next directory is to be put; `None` before the header.
    link: Option<u64>,
    format: Format,
    end: u64,
    notes: Vec<String>,
    /// The name asks for OME-TIFF.
    named_ome: bool,
    /// How the arrays are described; decided with the first.
    kind: Option<Kind>,
    /// OME's description, and where the first page's entry for it is.
    ome: (Ome, Option<u64>),
    /// Descriptions of shapes would not fit the file that is added to.
    unshaped: bool,
}

/// An array on its way into the file.
struct Array<'a> {
    options: &'a WriteOptions,
    bytes: &'a [u8],
    shape: &'a [usize],
    arrangement: &'a Arrangement,
    dtype: Dtype,
    kind: Kind,
    stored: Stored,
    /// Entries that every page has.
    page: Vec<Field>,
}

impl Array<'_> {
    /// Entries of page `k` but for those that locate its pixels.
    fn fields(&self, k: usize) -> Vec<Field> {
        let mut fields = self.page.clone();
        if k == 0 {
            fields.extend(self.stored.first.clone());
        }
        fields.extend(self.stored.every.clone());
        fields
    }
}

impl TiffWriter {
    pub fn open(request: &mut dyn Request<'_>) -> Result<Self> {
        let options = WriteOptions::parse(request.options())?;
        let named_ome = matches!(request.extension(), Some("ome.tif" | "ome.tiff"));
        let format = Format { endian: Endian::Little, big: false };
        let existing = if options.append { Existing::open(request)? } else { None };
        let mut writer = TiffWriter {
            sink: request.sink()?,
            link: None,
            format,
            end: 0,
            notes: Vec::new(),
            named_ome,
            kind: None,
            ome: (Ome::default(), None),
            unshaped: false,
        };
        if let Some(mut existing) = existing {
            // The target stays as it is until everything is written: what it holds is copied.
            writer.end = std::io::copy(&mut existing.file, &mut writer.sink)?;
            writer.format = existing.format;
            writer.link = Some(existing.link);
            writer.unshaped = !existing.is_shaped;
            writer.kind = Some(Kind::Plain);
        }
        Ok(writer)
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
        Ok(())
    }

    fn align(&mut self, to: u64) -> Result<()> {
        let gap = self.end.next_multiple_of(to) - self.end;
        self.append(&vec![0; gap as usize])
    }

    /// Refuses to go on beyond what offsets can say.
    fn within(&self) -> Result<()> {
        if !self.format.big && self.end > u64::from(u32::MAX) { Err(too_large()) } else { Ok(()) }
    }

    /// Appends a directory and links it to the chain; says where it is.
    fn directory(&mut self, fields: Vec<Field>) -> Result<u64> {
        self.align(2)?;
        self.within()?;
        let at = self.end;
        let (bytes, link) = layout(self.format, fields, at)?;
        let previous = self.link.replace(link).unwrap_or(0);
        self.patch(previous, &self.format.uint(at, self.format.offset_size()))?;
        self.append(&bytes)?;
        Ok(at)
    }

    /// Overwrites what was written.
    fn patch(&mut self, at: u64, bytes: &[u8]) -> Result<()> {
        self.sink.seek(SeekFrom::Start(at))?;
        self.sink.write_all(bytes)?;
        self.sink.seek(SeekFrom::Start(self.end))?;
        Ok(())
    }

    /// How the arrays of the file are described.
    fn kind(&mut self, options: &WriteOptions, dtype: Dtype) -> Result<Kind> {
        let wanted = match (options.imagej, options.ome) {
            (true, Some(true)) => return Err(Error::mismatch("options `imagej` and `ome` exclude each other")),
            (true, _) if options.pyramid > 0 => {
                return Err(
                    Error::mismatch("ImageJ's files have no pyramid").with_hint("write it with the option `ome`")
                );
            }
            (true, _) => Kind::ImageJ,
            (_, Some(true)) => Kind::Ome,
            (_, Some(false)) => Kind::Plain,
            (_, None) if self.named_ome && options.shaped && options.description.is_none() => match ome_type(dtype) {
                Some(_) => Kind::Ome,
                None => {
                    self.notes.push(format!("OME has no samples of {dtype}: the file is a plain TIFF file"));
                    Kind::Plain
                }
            },
            _ => Kind::Plain,
        };
        match self.kind {
            Some(kind) if kind == wanted || options.ome.is_none() && !options.imagej => Ok(kind),
            Some(_) if options.append => {
                Err(Error::unsupported("adding to a file as ImageJ or OME, whose descriptions are of the whole file")
                    .with_hint("leave the option away, or read the arrays that are there and write all together"))
            }
            Some(_) => Err(Error::mismatch("the arrays of one file are described in one way")),
            None => Ok(*self.kind.insert(wanted)),
        }
    }

    /// Pixels in one piece right behind the first directory, then the other directories.
    fn contiguous(&mut self, cx: &WriteCx<'_>, array: &Array<'_>, chunks: &Chunks<'_>) -> Result<()> {
        // Everything is known beforehand.
        let counts: Vec<u64> = (0..chunks.per_page()).map(|k| chunks.plain_bytes(k) as u64).collect();
        let page_bytes: u64 = counts.iter().sum();
        let is_tiled = chunks.scheme.tile.is_some();
        let located = |format: Format, start: u64| -> Result<[Field; 2]> {
            let mut at = start;
            let mut offsets = Vec::with_capacity(counts.len());
            for n in &counts {
                offsets.push(at);
                at += n;
            }
            let (offsets_tag, counts_tag) = location(is_tiled);
            Ok([format.offsets(offsets_tag, &offsets)?, format.offsets(counts_tag, &counts)?])
        };
        let format = self.format;
        let links = self.write_subs(&array.stored.sub_ifds)?;
        self.align(2)?;
        let mut first = array.fields(0);
        first.extend(links);
        let mut sized = first.clone();
        sized.extend(located(format, 0)?);
        let start = (self.end + layout(format, sized, self.end)?.0.len() as u64).next_multiple_of(16);
        first.extend(located(format, start)?);
        self.first_directory(array, first)?;
        self.align(16)?;
        if chunks.is_plain() {
            self.append(array.bytes)?;
        } else {
            chunks.each(0..array.arrangement.pages, |chunk| self.append(chunk))?;
        }
        // ImageJ finds the other pages of files that classic offsets can't reach behind the first.
        let beyond = array.kind == Kind::ImageJ && !format.big && self.end > CLASSIC;
        for k in 1..if beyond { 1 } else { array.arrangement.pages } {
            cx.check_cancelled()?;
            let mut fields = array.fields(k);
            fields.extend(located(format, start + page_bytes * k as u64)?);
            self.directory(fields)?;
        }
        Ok(())
    }

    /// Pages one after the other, each behind its pixels and its smaller versions.
    fn page_by_page(&mut self, cx: &WriteCx<'_>, array: &Array<'_>, chunks: &Chunks<'_>) -> Result<()> {
        let (pages, per_page) = (array.arrangement.pages, chunks.per_page());
        let page_bytes = (array.bytes.len() / pages.max(1)).max(1);
        // Some at a time, so that small ones share the threads.
        let together = (TOGETHER / page_bytes).clamp(1, 256);
        let mut links = Some(self.write_subs(&array.stored.sub_ifds)?);
        let mut k = 0;
        while k < pages {
            cx.check_cancelled()?;
            let last = (k + together).min(pages);
            let places = self.write_chunks(chunks, k..last)?;
            for part in places.chunks(per_page) {
                let mut fields = array.fields(k);
                fields.extend(links.take().unwrap_or_default());
                fields.extend(self.locate(part, chunks.scheme.tile.is_some())?);
                if array.options.pyramid > 0 {
                    let page = array.bytes.get(page_bytes * k..page_bytes * (k + 1)).unwrap_or_default();
                    fields.extend(self.pyramid(array, page, k)?);
                }
                match k {
                    0 => self.first_directory(array, fields)?,
                    _ => drop(self.directory(fields)?),
                }
                k += 1;
            }
        }
        Ok(())
    }

    /// Writes the smaller versions of page `k`; gives the entry that points to them.
    fn pyramid(&mut self, array: &Array<'_>, page: &[u8], k: usize) -> Result<Option<Field>> {
        let mut offsets = Vec::new();
        let mut bytes = page.to_vec();
        let mut arrangement = array.arrangement.clone();
        for _ in 0..array.options.pyramid {
            if arrangement.length == 1 && arrangement.width == 1 {
                break;
            }
            (bytes, arrangement) = halve(&bytes, &arrangement, array.dtype);
            let scheme = scheme(array.options, &arrangement, array.dtype, self.format.endian)?;
            let chunks = Chunks { arrangement: &arrangement, dtype: array.dtype, scheme, bytes: &bytes };
            let places = self.write_chunks(&chunks, 0..1)?;
            let mut fields =
                page_fields(self.format, array.options, &arrangement, array.dtype, &scheme, array.stored.palette())?;
            fields.retain(|f| f.tag != tag::NEW_SUBFILE_TYPE);
            fields.push(self.format.long(tag::NEW_SUBFILE_TYPE, 1)?);
            if k == 0 && array.kind == Kind::Plain && array.options.shaped && !self.unshaped {
                let shape = reduced(array.shape, array.arrangement, &arrangement);
                let text = shaped_description(&shape, array.options.axes.as_deref());
                fields.push(self.format.text(tag::IMAGE_DESCRIPTION, &text));
            }
            fields.extend(self.locate(&places, scheme.tile.is_some())?);
            self.align(2)?;
            self.within()?;
            offsets.push(self.end);
            let (directory, _) = layout(self.format, fields, self.end)?;
            self.append(&directory)?;
        }
        if offsets.is_empty() {
            return Ok(None);
        }
        let mut field = self.format.offsets(tag::SUB_IFDS, &offsets)?;
        field.kind = if self.format.big { 18 } else { 13 };
        Ok(Some(field))
    }

    /// Encodes and appends strips or tiles; says where each is and how long.
    fn write_chunks(&mut self, chunks: &Chunks<'_>, pages: std::ops::Range<usize>) -> Result<Vec<(u64, u64)>> {
        let mut places = Vec::new();
        chunks.each(pages, |chunk| {
            self.align(2)?;
            places.push((self.end, chunk.len() as u64));
            self.append(chunk)
        })?;
        Ok(places)
    }

    fn locate(&self, places: &[(u64, u64)], is_tiled: bool) -> Result<[Field; 2]> {
        let (offsets, counts): (Vec<u64>, Vec<u64>) = places.iter().copied().unzip();
        let (offsets_tag, counts_tag) = location(is_tiled);
        Ok([self.format.offsets(offsets_tag, &offsets)?, self.format.offsets(counts_tag, &counts)?])
    }

    /// The first directory of an array; remembers where OME's description goes.
    fn first_directory(&mut self, array: &Array<'_>, fields: Vec<Field>) -> Result<()> {
        let before = fields.iter().filter(|f| f.tag < tag::IMAGE_DESCRIPTION).count() as u64;
        let at = self.directory(fields)?;
        if array.kind == Kind::Ome && self.ome.1.is_none() {
            let (lead, each) = if self.format.big { (8, 20) } else { (2, 12) };
            self.ome.1 = Some(at + lead + before * each);
        }
        Ok(())
    }

    /// Writes the directories below the first page, the innermost first; gives the entries that point to them.
    fn write_subs(&mut self, subs: &[SubIfd]) -> Result<Vec<Field>> {
        let mut links = Vec::new();
        for sub in subs {
            let mut fields = sub.fields.clone();
            fields.extend(self.write_subs(&sub.subs)?);
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

/// Tags for the places and the lengths of tiles or strips.
fn location(is_tiled: bool) -> (u16, u16) {
    match is_tiled {
        true => (tag::TILE_OFFSETS, tag::TILE_BYTE_COUNTS),
        false => (tag::STRIP_OFFSETS, tag::STRIP_BYTE_COUNTS),
    }
}

/// The shape of an array with the rows and columns of a smaller version.
fn reduced(shape: &[usize], whole: &Arrangement, small: &Arrangement) -> Vec<usize> {
    let mut shape = shape.to_vec();
    let last = shape.len();
    // Rows and columns come last, but for samples.
    let behind = usize::from(
        !whole.planar
            && last > 2
            && shape.get(last - 2) == Some(&whole.width)
            && shape.get(last - 3) == Some(&whole.length)
            && shape.last() == Some(&whole.samples),
    );
    for (back, n) in [(2, small.length), (1, small.width)] {
        if let Some(slot) = last.checked_sub(back + behind).and_then(|at| shape.get_mut(at)) {
            *slot = n;
        }
    }
    shape
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
        let kind = self.kind(&options, dtype)?;
        let described = match kind {
            Kind::Plain if self.unshaped || !options.shaped => Described::Own,
            Kind::Plain => Described::Shaped,
            Kind::ImageJ if cx.index() > 0 || cx.n_images().is_some_and(|n| n > 1) => {
                return Err(Error::mismatch("an ImageJ file holds one hyperstack")
                    .with_hint("stack the images into one array, or write them without `imagej`"));
            }
            Kind::ImageJ => Described::As(describe::imagej(&shape, &arrangement, dtype, &options, cx.metadata())?),
            Kind::Ome => {
                self.ome.0.add(&shape, &arrangement, dtype, &options, cx.metadata())?;
                // The description is known when all arrays are.
                if self.ome.1.is_none() { Described::As(String::new()) } else { Described::Not }
            }
        };
        let images = cx.n_images().unwrap_or(1).max(1) as u64;
        let mut estimate = (bytes.len() as u64).saturating_mul(images);
        if options.pyramid > 0 {
            estimate += estimate / 3;
        }
        if kind == Kind::ImageJ && options.compression == Compression::None && options.bigtiff == BigTiff::Auto {
            estimate = 0;
        }
        self.header(&options, estimate)?;
        let scheme = scheme(&options, &arrangement, dtype, self.format.endian)?;
        let mut stored = Stored::new(self.format, &options, cx.metadata(), &shape, described)?;
        if kind == Kind::ImageJ {
            let channels = describe::channels(&shape, &arrangement);
            stored.first.extend(imagej_tag::fields(self.format, cx.metadata(), arrangement.pages, channels));
        }
        for field in extra_tags(self.format, &options)? {
            stored.first.retain(|f| f.tag != field.tag);
            stored.every.retain(|f| f.tag != field.tag);
            stored.first.push(field);
        }
        for note in &stored.notes {
            if !self.notes.contains(note) {
                self.notes.push(note.clone());
            }
        }
        let page = page_fields(self.format, &options, &arrangement, dtype, &scheme, cx.metadata())?;
        stored.keep_palette(cx.metadata());
        stored.first.retain(|kept| !page.iter().any(|own| own.tag == kept.tag));
        let chunks = Chunks { arrangement: &arrangement, dtype, scheme, bytes };
        let array =
            Array { options: &options, bytes, shape: &shape, arrangement: &arrangement, dtype, kind, stored, page };
        if scheme.compression == Compression::None && options.pyramid == 0 {
            return self.contiguous(cx, &array, &chunks);
        }
        self.page_by_page(cx, &array, &chunks)
    }

    fn finish(mut self: Box<Self>) -> Result<()> {
        if let (ome, Some(entry)) = (&self.ome.0, self.ome.1) {
            let mut text = ome.document().into_bytes();
            text.push(0);
            self.align(2)?;
            self.within()?;
            let (at, width) = (self.end, self.format.offset_size());
            let place = [self.format.uint(text.len() as u64, width), self.format.uint(at, width)].concat();
            self.append(&text)?;
            self.patch(entry + 4, &place)?;
        }
        Ok(())
    }

    fn notes(&self) -> Vec<String> {
        self.notes.clone()
    }
}
