//! From strips and tiles to the array: what is read, decoded and put where, on as many threads as there are.

mod bytes;
mod ccitt;
mod ccitt_tables;
mod chunk;
mod codec;
mod eer;
mod image;
#[cfg(feature = "jpeg")]
mod jpeg;
#[cfg(feature = "jpeg2000")]
mod jpeg2000;
#[cfg(feature = "jpegxl")]
mod jpegxl;
#[cfg(feature = "jpegxr")]
mod jpegxr;
#[cfg(feature = "lerc")]
mod lerc;
mod lzw;
#[cfg(feature = "jpeg")]
mod old_jpeg;
mod packbits;
mod pixarlog;
mod plausible;
mod predictor;
mod region;
mod rows;
mod sgilog;
mod sgilog_gamut;
mod thunder;
mod unpack;
mod ycbcr;

use std::sync::Arc;

use imageio_core::{Error, Result};
use imageio_parallel as par;

#[cfg(all(feature = "fast-zstd", not(feature = "libzstd")))]
pub(crate) use self::bytes::fill;
pub(crate) use self::bytes::to_native;
pub(crate) use self::chunk::Context;
use self::chunk::{Scratch, Spot, Task};
pub(crate) use self::codec::compression_name;
#[cfg(feature = "jpeg")]
pub(crate) use self::jpeg::frame as jpeg_frame;
pub(crate) use self::region::region;
pub(crate) use self::rows::Cell;
use self::rows::Rows;
pub(crate) use self::sgilog::Coding as SgiLog;
use crate::blame::Blame;
use crate::ifd::{Tiff, Window};
use crate::page::Page;

/// Tasks that are prepared before they are carried out: bounds the memory for bookkeeping.
const BATCH: usize = 512;
/// Pixels that need no decoding are read in pieces of so many bytes.
const PIECE: usize = 4 << 20;
/// Below this, starting threads costs more than it saves.
const WORTH_THREADS: usize = 192 << 10;

/// Decodes pages into the array that they make up; each fills `page_elements` elements. `None` leaves zeros.
pub(crate) fn pages<'p, T: Cell>(
    tiff: &Tiff<'_>,
    pages: impl Iterator<Item = Result<Option<Page>>> + 'p,
    page_elements: usize,
    dest: &mut [T],
) -> Result<()> {
    let mut batch = Vec::new();
    let mut window = Window::default();
    let mut parts = dest.chunks_exact_mut(page_elements.max(1));
    let mut last: Option<Arc<Context>> = None;
    for page in pages {
        let Some(part) = parts.next() else { break };
        let Some(page) = page? else {
            part.fill(T::default());
            continue;
        };
        let chunks = page.chunks(tiff, &mut window)?;
        if chunks.len() > BATCH {
            announce(tiff, chunks.iter().copied());
        }
        let context = match last.take().filter(|c| c.fits(&page)) {
            Some(context) => context,
            None => Arc::new(Context::new(tiff, &page, &mut window)?),
        };
        last = Some(Arc::clone(&context));
        if context.codec.is_whole() {
            let row = context.layout.row_elements() * T::elements_per_sample(context.dtype);
            let inside = [1, context.layout.length, context.layout.width];
            batch.push(Task::chunk(context, Spot::whole(&page, &chunks), inside).with(Rows::Block { data: part, row }));
        } else if let (Some(offset), true) = (page.contiguous(&chunks), T::RAW) {
            raw(&mut batch, &context, (page.ifd.offset, offset), part, tiff)?;
        } else {
            split(&mut batch, &context, (page.ifd.offset, &chunks), part, tiff)?;
        }
        if batch.len() >= BATCH {
            run(tiff, &mut batch)?;
        }
    }
    if tiff.allow_truncated {
        parts.by_ref().for_each(|part| part.fill(T::default()));
    }
    if parts.next().is_some() {
        return Err(Error::malformed("the file holds fewer pages than its description says"));
    }
    run(tiff, &mut batch)
}

/// Reads pixels that lie in one piece at `offset`.
pub(crate) fn contiguous<T: Cell>(tiff: &Tiff<'_>, page: &Page, offset: u64, dest: &mut [T]) -> Result<()> {
    let mut batch = Vec::new();
    let context = Arc::new(Context::new(tiff, page, &mut Window::default())?);
    raw(&mut batch, &context, (page.ifd.offset, offset), dest, tiff)?;
    run(tiff, &mut batch)
}

/// Plain pixels of the directory `ifd` at `offset`, in pieces that are read side by side.
fn raw<'d, T: Cell>(
    batch: &mut Vec<Task<'d, T>>,
    context: &Arc<Context>,
    (ifd, offset): (u64, u64),
    dest: &'d mut [T],
    tiff: &Tiff<'_>,
) -> Result<()> {
    // A part of a page is never taken for the whole: what lies beyond the file is known before a byte is read.
    let total = (dest.len() as u64).saturating_mul(T::SIZE as u64);
    if total >= PIECE as u64 {
        let end = offset.saturating_add(total);
        if let Some(size) = tiff.source.size().filter(|size| end > *size && !tiff.allow_truncated) {
            let error = crate::source::ends_early(offset, total, Some(size));
            return Err(error.tag(context.layout.offsets_tag()).ifd(ifd));
        }
    }
    let piece = if tiff.source.is_concurrent() { PIECE / T::SIZE } else { dest.len().max(1) };
    let mut at = offset;
    for part in dest.chunks_mut(piece) {
        let bytes = (part.len() * T::SIZE) as u64;
        let row = part.len();
        let spot = Spot { offset: at, count: bytes, number: None, ifd };
        batch.push(Task::raw(Arc::clone(context), spot, Rows::Block { data: part, row }));
        at += bytes;
        if batch.len() >= BATCH {
            run(tiff, batch)?;
        }
    }
    Ok(())
}

/// One task for each strip or tile of the page of directory `ifd`, with the rows of the array that it fills.
fn split<'d, T: Cell>(
    batch: &mut Vec<Task<'d, T>>,
    context: &Arc<Context>,
    (ifd, chunks): (u64, &[(u64, u64)]),
    dest: &'d mut [T],
    tiff: &Tiff<'_>,
) -> Result<()> {
    let layout = &context.layout;
    let [depth, length, width] = layout.chunk_size();
    let [_, down, across] = layout.grid();
    let row = layout.row_elements() * T::elements_per_sample(context.dtype);
    let pixel = layout.contig() * T::elements_per_sample(context.dtype);
    let plane = row * layout.length;
    let mut found = chunks.iter().enumerate();
    let mut next = || {
        let (number, (offset, count)) = found.next().unwrap_or((0, &(0, 0)));
        Spot { offset: *offset, count: *count, number: Some(number), ifd }
    };
    for volume in dest.chunks_exact_mut((plane * layout.depth).max(1)) {
        for group in volume.chunks_mut((plane * depth).max(1)) {
            let planes = group.len() / plane.max(1);
            if planes == 1 {
                // The usual case: bands of rows, each of one strip or of one row of tiles.
                for band in group.chunks_mut((row * length).max(1)) {
                    let rows = band.len() / row.max(1);
                    if across == 1 {
                        let task = Task::chunk(Arc::clone(context), next(), [1, rows, layout.width]);
                        batch.push(task.with(Rows::Block { data: band, row }));
                    } else {
                        tiles(batch, context, band, [1, rows], (row, pixel, width, across), &mut next);
                    }
                    if batch.len() >= BATCH {
                        run(tiff, batch)?;
                    }
                }
                continue;
            }
            // Tiles of several planes: their rows come from all of them.
            let mut bands: Vec<Vec<&'d mut [T]>> = (0..down).map(|_| Vec::new()).collect();
            for slice in group.chunks_exact_mut(plane.max(1)) {
                for (band, rows) in slice.chunks_mut((row * length).max(1)).zip(&mut bands) {
                    rows.push(band);
                }
            }
            for parts in bands {
                let rows = parts.first().map_or(0, |p| p.len() / row.max(1));
                let mut pieces: Vec<Vec<&'d mut [T]>> = (0..across).map(|_| Vec::new()).collect();
                for part in parts {
                    deal(part, row, pixel * width, &mut pieces);
                }
                for (k, rows_of_tile) in pieces.into_iter().enumerate() {
                    let columns = width.min(layout.width - k * width);
                    let task = Task::chunk(Arc::clone(context), next(), [planes, rows, columns]);
                    batch.push(task.with(Rows::Split(rows_of_tile)));
                }
                if batch.len() >= BATCH {
                    run(tiff, batch)?;
                }
            }
        }
    }
    Ok(())
}

/// A row of tiles.
fn tiles<'d, T: Cell>(
    batch: &mut Vec<Task<'d, T>>,
    context: &Arc<Context>,
    band: &'d mut [T],
    [planes, rows]: [usize; 2],
    (row, pixel, width, across): (usize, usize, usize, usize),
    next: &mut impl FnMut() -> Spot,
) {
    let mut pieces: Vec<Vec<&'d mut [T]>> = (0..across).map(|_| Vec::with_capacity(rows)).collect();
    deal(band, row, pixel * width, &mut pieces);
    for (k, rows_of_tile) in pieces.into_iter().enumerate() {
        let columns = width.min(context.layout.width - k * width);
        let task = Task::chunk(Arc::clone(context), next(), [planes, rows, columns]);
        batch.push(task.with(Rows::Split(rows_of_tile)));
    }
}

/// Deals the rows of a band out to the tiles that cross it.
fn deal<'d, T>(band: &'d mut [T], row: usize, piece: usize, pieces: &mut [Vec<&'d mut [T]>]) {
    for line in band.chunks_mut(row.max(1)) {
        for (part, list) in line.chunks_mut(piece.max(1)).zip(pieces.iter_mut()) {
            list.push(part);
        }
    }
}

/// Says that these parts of the file are about to be read.
fn announce(tiff: &Tiff<'_>, parts: impl Iterator<Item = (u64, u64)>) {
    let ahead = tiff.source.ahead();
    if ahead.is_of_use() {
        let mut parts: Vec<_> = parts.filter(|(offset, len)| *offset > 0 && *len > 0).collect();
        parts.sort_unstable();
        ahead.announce_parts(parts);
    }
}

/// Carries out what is in the batch and empties it.
fn run<T: Cell>(tiff: &Tiff<'_>, batch: &mut Vec<Task<'_, T>>) -> Result<()> {
    let tasks = std::mem::take(batch);
    announce(tiff, tasks.iter().map(Task::extent));
    let bytes: usize = tasks.iter().map(|t| t.len() * T::SIZE).sum();
    let plain = tasks.iter().all(Task::is_raw);
    let worth = if plain { tiff.source.is_concurrent() && bytes > 2 * PIECE } else { bytes > WORTH_THREADS };
    if worth && !tiff.source.is_concurrent() {
        return in_order(tiff, tasks);
    }
    par::try_each_with(tasks, worth, Scratch::default, |scratch, task| task.run(tiff, scratch))
}

/// For what is read by one reader at a time: in the order of the file, with all threads decoding what was read.
fn in_order<T: Cell>(tiff: &Tiff<'_>, mut tasks: Vec<Task<'_, T>>) -> Result<()> {
    use std::sync::{Mutex, PoisonError};

    if tasks.iter().any(|task| task.packed().is_none()) {
        // Reading is all there is to do.
        let mut scratch = Scratch::default();
        return tasks.into_iter().try_for_each(|task| task.run(tiff, &mut scratch));
    }
    tasks.sort_by_key(Task::packed);
    let buffers: Mutex<Vec<Vec<u8>>> = Mutex::default();
    let lock = || buffers.lock().unwrap_or_else(PoisonError::into_inner);
    let fetched = tasks.into_iter().map(|task| {
        let buffer = lock().pop().unwrap_or_default();
        task.fetch(tiff, buffer)
    });
    par::try_each_with(fetched, true, Scratch::default, |scratch, task| {
        task.run(tiff, scratch)?;
        lock().push(std::mem::take(&mut scratch.raw));
        Ok(())
    })
}

#[cfg(test)]
pub(crate) fn lzw_for_tests(data: &[u8], out: &mut [u8]) -> usize {
    lzw::decode(data, out).unwrap()
}

#[cfg(test)]
pub(crate) fn packbits_for_tests(data: &[u8], out: &mut [u8]) -> usize {
    packbits::decode(data, out)
}
