//! An opened TIFF file.

use std::ops::Range;

use imageio_core::{
    Dtype, Error, ImageProperties, ImageReader, Metadata, Orientation, QueryCx, ReadCx, Request, Result,
};

use crate::chain::Chain;
use crate::decode::{self, Cell};
use crate::ifd::{Tiff, Window};
use crate::metadata;
use crate::options::{OpenOptions, ReadOptions};
use crate::page::Page;
use crate::series::{self, Grouped, Pages, Series};
use crate::tags::tag;

/// The header was read; directories are read as they are needed, and kept.
pub(crate) struct TiffReader<'r> {
    tiff: Tiff<'r>,
    chain: Chain,
    window: Window,
    /// Every page is an image.
    by_page: bool,
    grouped: Option<Grouped>,
}

/// What a read is about.
enum Target {
    Page(Box<Page>),
    Series(Box<Series>),
}

impl<'r> TiffReader<'r> {
    pub fn open(request: &mut dyn Request<'r>) -> Result<Self> {
        let options = OpenOptions::parse(request.options())?;
        let tiff = Tiff::open(request)?;
        let mut chain = Chain::new(tiff.header.first);
        let mut window = Window::default();
        // A file whose first directory can't be read is not opened.
        let Some(first) = chain.get(&tiff, 0, &mut window)? else {
            return Err(Error::malformed("the file holds no page"));
        };
        Page::read(&tiff, first, &mut window)?;
        Ok(TiffReader { tiff, chain, window, by_page: options.pages, grouped: None })
    }

    fn grouped(&mut self) -> Result<&Grouped> {
        if self.grouped.is_none() {
            self.grouped = Some(series::group(&self.tiff, &mut self.chain, &mut self.window)?);
        }
        self.grouped.as_ref().ok_or_else(|| Error::malformed("the file holds no page"))
    }

    fn page(&mut self, k: usize) -> Result<Page> {
        match self.chain.get(&self.tiff, k, &mut self.window)? {
            Some(offset) => Page::read(&self.tiff, offset, &mut self.window),
            None => {
                let count = self.chain.all(&self.tiff, &mut self.window)?.len();
                Err(Error::index_out_of_range(k, Some(count)))
            }
        }
    }

    fn target(&mut self, cx: &QueryCx<'_>) -> Result<Target> {
        let options = ReadOptions::parse(cx.options())?;
        if self.by_page {
            if options.page.is_some() || options.level != 0 {
                return Err(Error::mismatch("with `pages`, an index names a page: `page` and `level` mean nothing"));
            }
            return Ok(Target::Page(Box::new(self.page(cx.index())?)));
        }
        let grouped = self.grouped()?;
        let count = grouped.series.len();
        let top = grouped.series.get(cx.index()).ok_or_else(|| Error::index_out_of_range(cx.index(), Some(count)))?;
        let found = match options.level {
            0 => top,
            level => top.levels.get(level - 1).ok_or_else(|| {
                Error::mismatch(format!("image {} has {} levels, 0 is the full size", cx.index(), top.levels.len() + 1))
            })?,
        };
        let Some(k) = options.page else { return Ok(Target::Series(Box::new(found.clone()))) };
        let pages = found.len();
        let beyond = || Error::mismatch(format!("image {} has {pages} pages, there is no page {k}", cx.index()));
        match &found.pages {
            Pages::Listed(list) => match list.get(k).ok_or_else(beyond)? {
                Some(offset) => {
                    let offset = *offset;
                    Ok(Target::Page(Box::new(Page::read(&self.tiff, offset, &mut self.window)?)))
                }
                None => Err(Error::malformed(format!("page {k} is missing"))),
            },
            Pages::Stored(offset) => {
                if k >= pages {
                    return Err(beyond());
                }
                let size = found.key.layout.bytes().unwrap_or(0) as u64;
                let mut one = found.clone();
                (one.shape, one.axes) = found.key.layout.shape();
                one.pages = Pages::Stored(offset.saturating_add(size.saturating_mul(k as u64)));
                Ok(Target::Series(Box::new(one)))
            }
        }
    }

    fn count_images(&mut self) -> Result<usize> {
        if self.by_page {
            return Ok(self.chain.all(&self.tiff, &mut self.window)?.len());
        }
        Ok(self.grouped()?.series.len())
    }

    /// Decodes `target` into an array of `shape`.
    fn fill<T: Cell>(&mut self, target: &Target, dest: &mut [T], dtype: Dtype) -> Result<()> {
        let per_sample = T::elements_per_sample(dtype);
        let elements = |page: &Page| page.layout.elements().unwrap_or(0).saturating_mul(per_sample);
        match target {
            Target::Page(page) => {
                decode::pages(&self.tiff, std::iter::once(Ok(Some((**page).clone()))), elements(page), dest)
            }
            Target::Series(series) => match &series.pages {
                Pages::Stored(offset) => decode::contiguous(&self.tiff, &series.key, *offset, dest),
                Pages::Listed(list) => {
                    let key = &series.key;
                    let mut window = Window::default();
                    let tiff = &self.tiff;
                    let pages = list.iter().map(move |offset| match offset {
                        None => Ok(None),
                        Some(offset) if *offset == key.ifd.offset => Ok(Some(key.clone())),
                        Some(offset) => {
                            let page = Page::read(tiff, *offset, &mut window)?;
                            same(key, &page)?;
                            Ok(Some(page))
                        }
                    });
                    decode::pages(&self.tiff, pages, elements(key), dest)
                }
            },
        }
    }
}

/// Refuses a page that does not fit the others of its array.
fn same(key: &Page, page: &Page) -> Result<()> {
    let (a, b) = (&key.layout, &page.layout);
    if a.shape() != b.shape() || a.dtype()? != b.dtype()? {
        return Err(Error::malformed(format!(
            "a page of shape {:?} in an array of pages of shape {:?}",
            b.shape().0,
            a.shape().0
        ))
        .with("offset", page.ifd.offset)
        .with_hint("read the pages one by one with the option `pages`"));
    }
    Ok(())
}

impl Target {
    fn shape(&self) -> Vec<usize> {
        match self {
            Target::Page(page) => page.layout.shape().0,
            Target::Series(series) => series.shape.clone(),
        }
    }

    fn axes(&self) -> String {
        match self {
            Target::Page(page) => page.layout.shape().1,
            Target::Series(series) => series.axes.clone(),
        }
    }

    fn key(&self) -> &Page {
        match self {
            Target::Page(page) => page,
            Target::Series(series) => &series.key,
        }
    }
}

impl ImageReader for TiffReader<'_> {
    fn properties(&mut self, cx: &QueryCx<'_>) -> Result<ImageProperties> {
        let target = self.target(cx)?;
        let dtype = target.key().layout.dtype()?;
        let axes = target.axes();
        let props = ImageProperties::new(dtype, target.shape())
            .with_n_images(self.count_images()?)
            .with_axes(metadata::axes(&axes, target.key()));
        Ok(match metadata::spacing(&self.tiff, &mut self.window, &axes, target.key())? {
            Some(spacing) => props.with_spacing(spacing),
            None => props,
        })
    }

    fn read_frame(&mut self, cx: &mut ReadCx<'_, '_>) -> Result<()> {
        let target = self.target(&cx.query())?;
        let dtype = target.key().layout.dtype()?;
        let shape = target.shape();
        if dtype == Dtype::Bool {
            return self.fill(&target, cx.sink().slice::<bool>(&shape)?, dtype);
        }
        self.fill(&target, cx.sink().bytes(dtype, &shape)?, dtype)
    }

    fn read_batch(&mut self, range: Range<usize>, cx: &mut ReadCx<'_, '_>) -> Result<bool> {
        if !self.by_page {
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
        decode::pages(&self.tiff, pages, elements, dest)?;
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
        metadata::image(
            &self.tiff,
            &mut self.window,
            target.key(),
            match &target {
                Target::Series(series) => Some(series),
                Target::Page(_) => None,
            },
        )
    }

    fn count(&mut self, _: &QueryCx<'_>) -> Result<Option<usize>> {
        self.count_images().map(Some)
    }

    fn orientation(&mut self, cx: &QueryCx<'_>) -> Result<Orientation> {
        let target = self.target(cx)?;
        Ok(match target.key().ifd.entry(tag::ORIENTATION) {
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
}
