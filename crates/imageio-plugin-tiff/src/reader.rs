//! An opened TIFF file.

use std::any::Any;
use std::ops::Range;
use std::path::PathBuf;

use imageio_core::{
    Dtype, Error, FrameSink, ImageProperties, ImageReader, Limits, Metadata, NdImage, Orientation, QueryCx, ReadCx,
    Request, Result,
};

use crate::chain::Chain;
use crate::decode::{self, Cell};
use crate::ifd::{Tiff, Window};
use crate::listed;
use crate::metadata;
use crate::options::{OpenOptions, Palette, ReadOptions};
use crate::page::Page;
use crate::palette;
use crate::series::{self, Grouped, Pages, Place, Series};
use crate::spacing;
use crate::tags::tag;
use crate::target::Target;

/// An opened TIFF file, with what only TIFF has: series, pages, levels, parts of images, tiles.
///
/// Reached from a [`Reader`](imageio_core::Reader) by `reader.downcast_mut::<TiffReader>()`. Pixels that it returns
/// are those that the reader itself would return; limits given when the file was opened hold here as well.
///
/// ```
/// use imageio_core::{Reader, WriteOptions, ndarray::Array3, v3 as iio};
/// use imageio_plugin_tiff::TiffReader;
///
/// # fn main() -> imageio_core::Result<()> {
/// # imageio_plugin_tiff::register();
/// let stack = Array3::<u16>::from_shape_fn((5, 64, 96), |(z, y, x)| (z * 10_000 + y * 96 + x) as u16);
/// let tiled = imageio_plugin_tiff::WriteOptions::new().tile(vec![16, 16]);
/// let options = WriteOptions::new().with(tiled).extension("tif");
/// let file = iio::imwrite_with("<bytes>", &stack, &options)?.unwrap_or_default();
///
/// let mut reader = Reader::open(file)?;
/// let tiff = reader.downcast_mut::<TiffReader>().unwrap();
/// assert_eq!((tiff.n_series()?, tiff.n_pages()?), (1, 5));
/// assert_eq!(tiff.series()?[0].shape, [5, 64, 96]);
/// // Only the tiles that cover the part are read.
/// let part = tiff.read_region(10..20, 30..50)?;
/// assert_eq!(part.shape(), [5, 10, 20]);
/// # Ok(())
/// # }
/// ```
pub struct TiffReader<'r> {
    /// The header was read; directories are read as they are needed, and kept.
    pub(crate) tiff: Tiff<'r>,
    pub(crate) chain: Chain,
    pub(crate) window: Window,
    limits: Limits,
    /// The file, beside which the others of a set are.
    path: Option<PathBuf>,
    /// Every page is an image.
    by_page: bool,
    /// The one series that the file is opened for.
    only: Option<usize>,
    grouped: Option<Grouped>,
}

impl<'r> TiffReader<'r> {
    pub(crate) fn open(request: &mut dyn Request<'r>) -> Result<Self> {
        let options = OpenOptions::parse(request.options())?;
        let mut tiff = Tiff::open(request)?;
        tiff.allow_truncated = options.allow_truncated;
        let mut window = Window::default();
        tiff.recognise_ndpi(&mut window)?;
        let mut chain = Chain::new(tiff.header.first);
        // A file whose first directory can't be read is not opened.
        let Some(first) = chain.get(&tiff, 0, &mut window)? else {
            return Err(Error::malformed("the file holds no page"));
        };
        let first = Page::read(&tiff, first, &mut window).map_err(|e| e.with("page", 0))?;
        // Only files of OME and of Micro-Manager have others beside them.
        let texts = series::descriptions(&tiff, &first, &mut window)?;
        let of_a_set = texts.first().is_some_and(|t| series::is_ome(t)) || series::is_micromanager(&first);
        let path = match of_a_set && request.file().is_some() {
            true => Some(request.local_path()?.to_path_buf()),
            false => None,
        };
        let limits = request.limits().clone();
        Ok(TiffReader {
            tiff,
            chain,
            window,
            limits,
            path,
            by_page: options.pages,
            only: options.series,
            grouped: None,
        })
    }

    pub(crate) fn grouped(&mut self) -> Result<&Grouped> {
        if self.grouped.is_none() {
            let path = self.path.as_deref();
            let grouped = series::group(&self.tiff, &mut self.chain, &mut self.window, path);
            let mut grouped = grouped.map_err(|e| self.chain.locate(e))?;
            if let Some(only) = self.only {
                let count = grouped.series.len();
                if only >= count {
                    return Err(Error::mismatch(format!("the file has {count} series, there is no series {only}"))
                        .with("option", "series"));
                }
                grouped.series = grouped.series.drain(only..=only).collect();
            }
            self.grouped = Some(grouped);
        }
        self.grouped.as_ref().ok_or_else(|| Error::malformed("the file holds no page"))
    }

    /// Page `k` of the chain.
    pub(crate) fn page(&mut self, k: usize) -> Result<Page> {
        match self.chain.get(&self.tiff, k, &mut self.window)? {
            Some(offset) => Page::read(&self.tiff, offset, &mut self.window).map_err(|e| e.with("page", k)),
            None => {
                let count = self.chain.all(&self.tiff, &mut self.window)?.len();
                Err(Error::index_out_of_range(k, Some(count)))
            }
        }
    }

    fn target(&mut self, cx: &QueryCx<'_>) -> Result<Target> {
        let options = ReadOptions::parse(cx.options())?;
        let mut target = self.chosen(cx, &options)?;
        if options.palette == Palette::Apply {
            let palette = palette::Palette::read(&self.tiff, &mut self.window, &target.key);
            if let Some(palette) = palette.map_err(|e| self.chain.locate(e))? {
                target.colour(palette);
            }
        }
        Ok(target)
    }

    /// What index and options choose, as it is stored.
    fn chosen(&mut self, cx: &QueryCx<'_>, options: &ReadOptions) -> Result<Target> {
        if self.by_page {
            if options.page.is_some() || options.key.is_some() || options.level != 0 {
                return Err(Error::mismatch(
                    "with `pages`, an index names a page: `page`, `key` and `level` mean nothing",
                ));
            }
            let mut target = match self.only {
                None => {
                    let page = self.page(cx.index())?;
                    if series::is_lsm(&page) {
                        // Where its strips are depends on the other pages.
                        self.grouped()?;
                    }
                    Target::page(page)
                }
                Some(_) => {
                    let index = cx.index();
                    let series = self.series_at(0, 0)?;
                    if index >= series.len() {
                        return Err(Error::index_out_of_range(index, Some(series.len())));
                    }
                    let page = ReadOptions::new().page(index);
                    let target = Target::choose(series, 0, &page)?;
                    self.own_key(target)?
                }
            };
            target.crop(&options.region)?;
            return Ok(target);
        }
        let count = self.grouped()?.series.len();
        if cx.index() >= count {
            return Err(Error::index_out_of_range(cx.index(), Some(count)));
        }
        let found = self.series_at(cx.index(), options.level)?;
        let mut target = Target::choose(found, cx.index(), options)?;
        if options.level > 0 {
            // What is said of the pixels is said of those of the full size.
            let top = self.series_at(cx.index(), 0)?;
            let (length, width) = (top.key.layout.length as f64, top.key.layout.width as f64);
            target.reduced = (length / target.key.layout.length as f64, width / target.key.layout.width as f64);
            target.scale = top.scale.clone();
        }
        if options.page.is_some() { self.own_key(target) } else { Ok(target) }
    }

    /// Series `index`, or a level of it.
    pub(crate) fn series_at(&mut self, index: usize, level: usize) -> Result<&Series> {
        let grouped = self.grouped()?;
        let count = grouped.series.len();
        let top = grouped.series.get(index).ok_or_else(|| Error::index_out_of_range(index, Some(count)))?;
        match level {
            0 => Ok(top),
            level => top.levels.get(level - 1).ok_or_else(|| {
                Error::mismatch(format!("image {index} has {} levels, 0 is the full size", top.levels.len() + 1))
            }),
        }
    }

    /// A single page speaks for itself: its own tags are its metadata.
    pub(crate) fn own_key(&mut self, mut target: Target) -> Result<Target> {
        if let Some(place) = target.first().filter(|p| p.file == 0 && p.offset != target.key.ifd.offset) {
            let page = Page::read(&self.tiff, place.offset, &mut self.window)?;
            listed::same(&target.key, &page)?;
            target.key = page;
        }
        target.series = None;
        Ok(target)
    }

    fn count_images(&mut self) -> Result<usize> {
        match (self.by_page, self.only) {
            (true, None) => Ok(self.chain.all(&self.tiff, &mut self.window)?.len()),
            (true, Some(_)) => Ok(self.series_at(0, 0)?.len()),
            (false, _) => Ok(self.grouped()?.series.len()),
        }
    }

    /// Decodes `target` into memory of its own.
    pub(crate) fn decode(&mut self, target: &Target) -> Result<NdImage> {
        let limits = self.limits.clone();
        let mut sink = FrameSink::fresh(&limits);
        self.fill_sink(target, &mut sink)?;
        sink.finish()?.ok_or_else(|| Error::malformed("no image came of the read"))
    }

    fn fill_sink(&mut self, target: &Target, sink: &mut FrameSink<'_>) -> Result<()> {
        self.fill_memory(target, sink).map_err(|e| self.chain.locate(e))
    }

    fn fill_memory(&mut self, target: &Target, sink: &mut FrameSink<'_>) -> Result<()> {
        let dtype = target.key.layout.dtype().map_err(|e| target.key.ifd.blame(e))?;
        if let Some(palette) = &target.palette {
            let palettes = self.palettes(target, palette)?;
            let dest = sink.bytes(palette.dtype(), &target.shape)?;
            // Indices are decoded to the end of the memory that their colours fill from its beginning.
            let count = dest.len() / (3 * palette.dtype().size());
            let (_, indices) = dest.split_at_mut(dest.len() - count * dtype.size());
            self.fill(target, indices, dtype)?;
            palette::apply(&palettes, count / target.n_pages().max(1), dtype.size(), dest);
            return Ok(());
        }
        if let Some(gel) = target.gel {
            let dest = sink.bytes(Dtype::F32, &target.shape)?;
            // Samples are decoded to the end of the memory that intensities fill from its beginning.
            let count = dest.len() / Dtype::F32.size();
            let (_, samples) = dest.split_at_mut(dest.len() - count * dtype.size());
            self.fill(target, samples, dtype)?;
            gel.apply(dtype.size(), dest);
            return Ok(());
        }
        if self.read_plain(target, dtype, sink)? {
            return Ok(());
        }
        if dtype == Dtype::Bool {
            return self.fill(target, sink.slice::<bool>(&target.shape)?, dtype);
        }
        self.fill(target, sink.bytes(dtype, &target.shape)?, dtype)
    }

    /// Reads an array that lies in a local file in one piece, straight into memory that nobody has to clear; `false` if
    /// it is no such array.
    fn read_plain(&mut self, target: &Target, dtype: Dtype, sink: &mut FrameSink<'_>) -> Result<bool> {
        let Some(file) = self.tiff.source.local().filter(|_| target.region.is_none()) else { return Ok(false) };
        // Before anything is read that may be as large as the image claims to be.
        sink.check(dtype, &target.shape)?;
        let offset = match &target.pages {
            Pages::Stored(offset) => Some(*offset),
            Pages::Planes(list) => match list.as_slice() {
                [Some(place)] if place.file == 0 => Some(place.offset),
                _ => None,
            },
            Pages::Listed(list) => match list.as_slice() {
                [Some(place)] if place.file == 0 && place.offset == target.key.ifd.offset => {
                    target.key.contiguous(&target.key.chunks(&self.tiff, &mut self.window)?)
                }
                _ => None,
            },
        };
        let Some(offset) = offset else { return Ok(false) };
        let read = sink.read_file(dtype, &target.shape, (file, offset), &|n, f| {
            imageio_parallel::each((0..n).collect(), n > 2, f);
        })?;
        let Some(bytes) = read else { return Ok(false) };
        decode::to_native(self.tiff.header.endian, dtype, bytes);
        Ok(true)
    }

    /// The palette of each page, or one for all.
    fn palettes(&mut self, target: &Target, key: &palette::Palette) -> Result<Vec<palette::Palette>> {
        let Pages::Listed(list) = &target.pages else { return Ok(vec![key.clone()]) };
        let mut palettes = Vec::new();
        for place in list {
            let own = match place.filter(|p| p.file == 0 && p.offset != target.key.ifd.offset) {
                Some(place) => {
                    let page = Page::read(&self.tiff, place.offset, &mut self.window)?;
                    palette::Palette::read(&self.tiff, &mut self.window, &page)?
                }
                None => None,
            };
            let own = own.unwrap_or_else(|| key.clone());
            if own.dtype() != key.dtype() {
                return Err(Error::mismatch("the pages of an array have palettes of different depths")
                    .with("option", "palette")
                    .with_hint("read the pages one by one with the option `page`, or indices with `palette=raw`"));
            }
            palettes.push(own);
        }
        if palettes.iter().all(|p| p == key) {
            palettes.truncate(1);
        }
        Ok(palettes)
    }

    /// Decodes `target` into an array of its shape.
    fn fill<T: Cell>(&mut self, target: &Target, dest: &mut [T], dtype: Dtype) -> Result<()> {
        let (key, tiff) = (&target.key, &self.tiff);
        let per_sample = T::elements_per_sample(dtype);
        let whole = key.layout.elements().unwrap_or(0).saturating_mul(per_sample);
        let elements = match &target.region {
            None => whole,
            Some(part) => whole / (key.layout.length * key.layout.width).max(1) * part.rows.len() * part.columns.len(),
        };
        match &target.pages {
            Pages::Stored(offset) if target.region.is_none() => decode::contiguous(tiff, key, *offset, dest),
            Pages::Stored(offset) => {
                let size = key.layout.bytes().unwrap_or(0) as u64;
                let parts = dest.chunks_exact_mut(elements.max(1));
                for (k, part) in parts.enumerate() {
                    let at = offset.saturating_add(size.saturating_mul(k as u64));
                    decode::region(tiff, key, Some(at), target.region.as_ref(), part)?;
                }
                Ok(())
            }
            Pages::Planes(list) => {
                let mut other: Option<(usize, Tiff<'_>)> = None;
                for (part, place) in dest.chunks_exact_mut(elements.max(1)).zip(list) {
                    let Some(Place { file, offset }) = *place else {
                        part.fill(T::default());
                        continue;
                    };
                    if file > 0 && other.as_ref().is_none_or(|(open, _)| *open != file) {
                        other = Some((file, self.other(file)?));
                    }
                    let region = target.region.as_ref();
                    match &other {
                        Some((_, other)) if file > 0 => decode::region(other, key, Some(offset), region, part)?,
                        _ => decode::region(tiff, key, Some(offset), region, part)?,
                    }
                }
                Ok(())
            }
            Pages::Listed(list) => {
                let mut dest = dest;
                let mut rest = list.as_slice();
                // Pages of one file are decoded together.
                while let Some(file) = rest.first().map(|p| p.map_or(0, |p| p.file)) {
                    let n = rest.iter().take_while(|p| p.is_none_or(|p| p.file == file)).count();
                    let (now, later) = rest.split_at(n);
                    let (part, others) = dest.split_at_mut(dest.len().min(n.saturating_mul(elements)));
                    (rest, dest) = (later, others);
                    match file.checked_sub(1) {
                        None => listed::decode_all(tiff, key, true, now, target, elements, part)?,
                        Some(_) => {
                            let other = self.other(file)?;
                            listed::decode_all(&other, key, false, now, target, elements, part)
                                .map_err(|e| e.with("file", self.path(file).unwrap_or_default().display()))?;
                        }
                    }
                }
                Ok(())
            }
        }
    }

    /// Path of a file of the set, which are counted from 1.
    fn path(&self, file: usize) -> Option<PathBuf> {
        self.grouped.as_ref()?.files.get(file.checked_sub(1)?).cloned()
    }

    /// Another file of the set.
    fn other(&self, file: usize) -> Result<Tiff<'static>> {
        let path = self.path(file).ok_or_else(|| Error::malformed("a file of the set is not known"))?;
        let mut other = Tiff::at(&path)?;
        other.allow_truncated = self.tiff.allow_truncated;
        Ok(other)
    }
}

impl ImageReader for TiffReader<'_> {
    fn properties(&mut self, cx: &QueryCx<'_>) -> Result<ImageProperties> {
        let target = self.target(cx)?;
        let dtype = target.dtype().map_err(|e| self.chain.locate(target.key.ifd.blame(e)))?;
        let spacing = spacing::of(&self.tiff, &mut self.window, &target)?;
        let props = ImageProperties::new(dtype, target.shape)
            .with_n_images(self.count_images()?)
            .with_axes(metadata::axes(&target.axes, &target.key));
        Ok(match spacing {
            Some(spacing) => props.with_spacing(spacing),
            None => props,
        })
    }

    fn read_frame(&mut self, cx: &mut ReadCx<'_, '_>) -> Result<()> {
        let target = self.target(&cx.query())?;
        self.fill_sink(&target, cx.sink())
    }

    fn read_batch(&mut self, range: Range<usize>, cx: &mut ReadCx<'_, '_>) -> Result<bool> {
        let options = ReadOptions::parse(cx.options())?;
        if !self.by_page || self.only.is_some() || !options.region.is_empty() || options.palette == Palette::Apply {
            return Ok(false);
        }
        let first = self.page(range.start)?;
        let dtype = first.layout.dtype()?;
        if dtype == Dtype::Bool || first.layout.elements().is_none() {
            return Ok(false);
        }
        let mut shape = first.layout.shape().0;
        shape.insert(0, range.len());
        // Every page is looked at before memory is taken: pages that differ are told apart by core.
        for k in range.clone().skip(1) {
            let page = self.page(k)?;
            if page.layout.shape() != first.layout.shape() || page.layout.dtype().ok() != Some(dtype) {
                return Ok(false);
            }
        }
        let offsets = self.chain.all(&self.tiff, &mut self.window)?.get(range).unwrap_or_default().to_vec();
        let elements = first.layout.bytes().unwrap_or(0);
        let dest = cx.sink().bytes(dtype, &shape)?;
        let mut window = Window::default();
        let tiff = &self.tiff;
        let pages = offsets.into_iter().map(move |offset| Page::read(tiff, offset, &mut window).map(Some));
        decode::pages(&self.tiff, pages, elements, dest).map_err(|e| self.chain.locate(e))?;
        Ok(true)
    }

    fn metadata(&mut self, cx: &QueryCx<'_>) -> Result<Metadata> {
        if cx.whole() {
            let key = self.page(0)?;
            let kinds: Vec<&'static str> = match self.by_page {
                true => Vec::new(),
                false => self.grouped()?.series.iter().map(|s| s.kind).collect(),
            };
            let pages = self.chain.all(&self.tiff, &mut self.window)?.len();
            return metadata::file(&self.tiff, &mut self.window, &key, &kinds, pages);
        }
        let target = self.target(cx)?;
        let mut out = metadata::image(&self.tiff, &mut self.window, &target.key, target.series.as_ref())?;
        if target.palette.is_some() {
            out.mark_applied("tags/ColorMap");
        }
        Ok(out)
    }

    fn count(&mut self, _: &QueryCx<'_>) -> Result<Option<usize>> {
        self.count_images().map(Some)
    }

    fn orientation(&mut self, cx: &QueryCx<'_>) -> Result<Orientation> {
        let target = self.target(cx)?;
        Ok(match target.key.ifd.entry(tag::ORIENTATION) {
            Some(entry) => Orientation::from_exif(self.tiff.uint(entry, &mut self.window).unwrap_or(1)),
            None => Orientation::Normal,
        })
    }

    fn notes(&self) -> Vec<String> {
        match &self.grouped {
            Some(grouped) => grouped.notes.clone(),
            None => self.chain.note.clone().into_iter().collect(),
        }
    }

    fn as_any_mut(&mut self) -> Option<&mut dyn Any>
    where
        Self: 'static,
    {
        Some(self)
    }
}
