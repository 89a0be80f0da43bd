//! What only TIFF offers: questions about series and pages, parts of images, tile by tile.

use std::ops::Range;

use imageio_core::{Dtype, Error, Metadata, NdImage, Result};

use crate::decode::compression_name;
use crate::layout::Layout;
use crate::metadata;
use crate::options::ReadOptions;
use crate::page::Page;
use crate::reader::TiffReader;
use crate::series::{Pages, Series};
use crate::target::{Region, Target};

/// An array that pages make up.
#[non_exhaustive]
#[derive(Debug, Clone, PartialEq)]
pub struct SeriesInfo {
    /// What told which pages belong together: `generic`, `shaped`, `imagej`, `ome`, `lsm`, `stk`, `fluoview`,
    /// `mmstack`, `ndtiff`, `scanimage`, `sis`, `svs`, `scn`, `qpi`, `ndpi`, `bif`, `avs`, `philips`, `indica`, `eer`,
    /// `nih` or `mdgel`.
    pub kind: &'static str,
    /// What the file calls it; may be empty.
    pub name: String,
    /// Shape of the array.
    pub shape: Vec<usize>,
    /// A letter for each axis, as tifffile has them: `TZCYXS`, `I` for a sequence, `Q` for anything else.
    pub axes: String,
    /// Element type; `None` if it can't be read.
    pub dtype: Option<Dtype>,
    /// Number of pages.
    pub n_pages: usize,
    /// Shapes of all levels of a pyramid, the full size first; one for what is no pyramid.
    pub levels: Vec<Vec<usize>>,
}

impl SeriesInfo {
    fn new(series: &Series) -> Self {
        SeriesInfo {
            kind: series.kind,
            name: series.name.clone(),
            shape: series.shape.clone(),
            axes: series.axes.clone(),
            dtype: series.dtype().ok(),
            n_pages: series.len(),
            levels: std::iter::once(series).chain(&series.levels).map(|s| s.shape.clone()).collect(),
        }
    }
}

/// One directory of the file's chain.
#[non_exhaustive]
#[derive(Debug, Clone, PartialEq)]
pub struct PageInfo {
    /// Position in the chain, from 0.
    pub index: usize,
    /// Offset of the directory in the file.
    pub offset: u64,
    /// Shape of the page's array.
    pub shape: Vec<usize>,
    /// A letter for each axis.
    pub axes: String,
    /// Element type; `None` if it can't be read.
    pub dtype: Option<Dtype>,
    /// Compression by name, or `unknown`.
    pub compression: &'static str,
    /// Bits of PhotometricInterpretation by name, or `unknown`.
    pub photometric: &'static str,
    /// Rows and columns of a strip or tile.
    pub chunk: (usize, usize),
    /// `true` for tiles, `false` for strips.
    pub is_tiled: bool,
    /// `true` if each sample has a plane of its own.
    pub is_planar: bool,
    /// `true` if the page says that it is a smaller version of another.
    pub is_reduced: bool,
    /// Number of directories below this one.
    pub n_sub_ifds: usize,
}

impl PageInfo {
    fn new(index: usize, page: &Page) -> Self {
        let layout = &page.layout;
        let (shape, axes) = layout.shape();
        let [_, rows, columns] = layout.chunk_size();
        PageInfo {
            index,
            offset: page.ifd.offset,
            shape,
            axes,
            dtype: layout.dtype().ok(),
            compression: compression_name(layout.compression).unwrap_or("unknown"),
            photometric: metadata::photometric_name(layout.photometric).unwrap_or("unknown"),
            chunk: (rows, columns),
            is_tiled: layout.tile.is_some(),
            is_planar: layout.planar,
            is_reduced: page.is_reduced(),
            n_sub_ifds: page.sub_ifds.len(),
        }
    }
}

/// Which array of a file is meant: by default the full size of series 0 with all its pages.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Part {
    series: usize,
    level: usize,
    page: Option<usize>,
}

impl Part {
    /// Series `k`, counted from 0.
    pub fn series(k: usize) -> Self {
        Part { series: k, ..Part::default() }
    }

    /// A smaller version of the pyramid; 0 is the full size.
    #[must_use]
    pub fn level(mut self, level: usize) -> Self {
        self.level = level;
        self
    }

    /// One page of the series.
    #[must_use]
    pub fn page(mut self, page: usize) -> Self {
        self.page = Some(page);
        self
    }
}

/// One strip or tile of an array.
#[non_exhaustive]
#[derive(Debug, Clone)]
pub struct Tile {
    /// The page of the series that it belongs to.
    pub page: usize,
    /// Its rows.
    pub rows: Range<usize>,
    /// Its columns; at the right edge only those within the image.
    pub columns: Range<usize>,
    /// Its pixels: the page's shape with these rows and columns.
    pub image: NdImage,
}

impl<'r> TiffReader<'r> {
    /// Number of series: of the images that the file has by default.
    pub fn n_series(&mut self) -> Result<usize> {
        Ok(self.grouped()?.series.len())
    }

    /// Every series in order.
    pub fn series(&mut self) -> Result<Vec<SeriesInfo>> {
        Ok(self.grouped()?.series.iter().map(SeriesInfo::new).collect())
    }

    /// Number of directories in the file's chain; those below others are not counted.
    pub fn n_pages(&mut self) -> Result<usize> {
        Ok(self.chain.all(&self.tiff, &mut self.window)?.len())
    }

    /// Every page of the chain in order; an error in the place of each that can't be understood.
    ///
    /// `collect::<Result<Vec<_>>>()` takes all or none.
    pub fn pages(&mut self) -> Result<Vec<Result<PageInfo>>> {
        Ok((0..self.n_pages()?).map(|k| Ok(PageInfo::new(k, &self.page(k)?))).collect())
    }

    /// Metadata of page `k` of the chain, its tags among them.
    pub fn page_metadata(&mut self, k: usize) -> Result<Metadata> {
        let page = self.page(k)?;
        metadata::image(&self.tiff, &mut self.window, &page, None)
    }

    /// Where the array of series `k` begins in the file, if it lies there in one piece in the order of its axes, for
    /// mapping it into memory. Its samples are in the file's byte order.
    pub fn data_offset(&mut self, k: usize) -> Result<Option<u64>> {
        let series = self.series_at(k, 0)?.clone();
        let list = match series.pages {
            Pages::Stored(offset) => return Ok(Some(offset)),
            Pages::Planes(list) => {
                list.into_iter().map(|place| place.filter(|p| p.file == 0).map(|p| p.offset)).collect()
            }
            Pages::Listed(list) => {
                let mut offsets = Vec::with_capacity(list.len());
                for place in list {
                    let Some(place) = place.filter(|p| p.file == 0) else { return Ok(None) };
                    let page = Page::read(&self.tiff, place.offset, &mut self.window)?;
                    let chunks = page.chunks(&self.tiff, &mut self.window)?;
                    offsets.push(page.contiguous(&chunks));
                }
                offsets
            }
        };
        let size = series.key.layout.bytes().unwrap_or(0) as u64;
        let follow = |pair: &[Option<u64>]| matches!(pair, [Some(a), Some(b)] if a + size == *b);
        Ok(list.first().copied().flatten().filter(|_| list.windows(2).all(follow)))
    }

    /// Some rows and columns of series 0: its shape with these in place of Y and X. Only strips and tiles that hold
    /// them are read.
    pub fn read_region(&mut self, rows: Range<usize>, columns: Range<usize>) -> Result<NdImage> {
        self.read_region_of(Part::default(), rows, columns)
    }

    /// Some rows and columns of any array of the file; counted in its own pixels, so those of its level.
    pub fn read_region_of(&mut self, part: Part, rows: Range<usize>, columns: Range<usize>) -> Result<NdImage> {
        let mut target = self.part(part)?;
        target.crop_to(Region { rows, columns })?;
        self.decode(&target)
    }

    /// The strips or tiles of series 0, page by page in reading order; each is decoded when it is asked for, so one
    /// is in memory at a time.
    pub fn iter_tiles(&mut self) -> Result<Tiles<'_, 'r>> {
        self.iter_tiles_of(Part::default())
    }

    /// The strips or tiles of any array of the file.
    pub fn iter_tiles_of(&mut self, part: Part) -> Result<Tiles<'_, 'r>> {
        let series = self.series_at(part.series, part.level)?;
        let (layout, count) = (series.key.layout.clone(), series.len());
        let pages = match part.page {
            None => 0..count,
            Some(k) if k < count => k..k + 1,
            Some(k) => return Err(Error::mismatch(format!("the array has {count} pages, there is no page {k}"))),
        };
        Ok(Tiles { reader: self, part, layout, pages, at: 0 })
    }

    fn part(&mut self, part: Part) -> Result<Target> {
        let series = self.series_at(part.series, part.level)?;
        let mut options = ReadOptions::new();
        options.page = part.page;
        Target::choose(series, part.series, &options)
    }
}

/// Strips or tiles one after the other: see [`TiffReader::iter_tiles`].
pub struct Tiles<'a, 'r> {
    reader: &'a mut TiffReader<'r>,
    part: Part,
    layout: Layout,
    pages: Range<usize>,
    /// Position within the page.
    at: usize,
}

impl Tiles<'_, '_> {
    fn grid(&self) -> (usize, usize) {
        let [_, down, across] = self.layout.grid();
        (down, across)
    }
}

impl Iterator for Tiles<'_, '_> {
    type Item = Result<Tile>;

    fn next(&mut self) -> Option<Self::Item> {
        let (down, across) = self.grid();
        if self.at >= down * across {
            self.at = 0;
            self.pages.next();
        }
        let page = self.pages.clone().next()?;
        let [_, length, width] = self.layout.chunk_size();
        let (top, left) = (self.at / across.max(1) * length, self.at % across.max(1) * width);
        let rows = top..(top + length).min(self.layout.length);
        let columns = left..(left + width).min(self.layout.width);
        self.at += 1;
        let image = self.reader.read_region_of(self.part.page(page), rows.clone(), columns.clone());
        Some(image.map(|image| Tile { page, rows, columns, image }))
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        let (down, across) = self.grid();
        let left = (down * across * self.pages.len()).saturating_sub(self.at);
        (left, Some(left))
    }
}
