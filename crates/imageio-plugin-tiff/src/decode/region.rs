//! A part of a page: strips and tiles that hold it, and nothing else.

use std::sync::Arc;

use imageio_core::{Error, Result};

use super::chunk::{Context, Spot, Task, room};
use super::rows::{Cell, Rows};
use super::{BATCH, raw, run};
use crate::ifd::{Tiff, Window};
use crate::page::Page;
use crate::target::Region;

/// Bytes of strips and tiles that are decoded before their parts are copied.
const TOGETHER: usize = 16 << 20;

/// Decodes some rows and columns of a page, or all. With `stored`, the page's pixels lie in one piece there.
pub(crate) fn region<T: Cell>(
    tiff: &Tiff<'_>,
    page: &Page,
    stored: Option<u64>,
    region: Option<&Region>,
    dest: &mut [T],
) -> Result<()> {
    let mut window = Window::default();
    let context = Arc::new(Context::new(tiff, page, &mut window)?);
    let layout = &context.layout;
    let whole = Region { rows: 0..layout.length, columns: 0..layout.width };
    let region = region.unwrap_or(&whole);
    let chunks = match stored {
        Some(_) => Vec::new(),
        None => page.chunks(tiff, &mut window)?,
    };
    if let (Some(offset), true) = (stored.or_else(|| page.contiguous(&chunks)), T::RAW) {
        return plain(tiff, &context, (page.ifd.offset, offset), region, dest);
    }
    if stored.is_some() {
        return Err(Error::unsupported("planes of samples that are no whole bytes"));
    }
    if context.codec.is_whole() {
        let row = layout.row_elements() * T::elements_per_sample(context.dtype);
        let (inside, spot) = ([1, layout.length, layout.width], Spot::whole(page, &chunks));
        let mut pixels = room_for(tiff, &context, &spot, inside, row.saturating_mul(layout.length))?;
        let rows = Rows::Block { data: &mut pixels, row };
        run(tiff, &mut vec![Task::chunk(Arc::clone(&context), spot, inside).with(rows)])?;
        cut(&pixels, row, (0, 0), &context, region, 0, dest);
        return Ok(());
    }
    pieces(tiff, &context, (page.ifd.offset, &chunks), region, dest)
}

/// Memory beside the array for what is at `spot`, once it is known that so much can come from it and is allowed.
fn room_for<T: Cell>(
    tiff: &Tiff<'_>,
    context: &Context,
    spot: &Spot,
    inside: [usize; 3],
    len: usize,
) -> Result<Vec<T>> {
    let blame = |e| spot.blame(&context.layout, e);
    context.plausible(tiff, spot, inside).map_err(blame)?;
    let bytes = len.saturating_mul(T::SIZE) as u64;
    if let Some(max) = tiff.max_alloc.filter(|max| bytes > *max) {
        let error = Error::limit(format!("a strip or tile of {bytes} bytes"));
        return Err(blame(error.with("limit", format!("max_alloc = {max}"))));
    }
    room(len)
}

/// Pixels that need no decoding: a read for each row, or for each plane if rows are whole.
fn plain<T: Cell>(
    tiff: &Tiff<'_>,
    context: &Arc<Context>,
    (ifd, offset): (u64, u64),
    region: &Region,
    dest: &mut [T],
) -> Result<()> {
    let layout = &context.layout;
    let pixel = layout.contig() * context.dtype.size();
    let row = (layout.width * pixel) as u64;
    let out = region.columns.len() * pixel;
    let mut batch = Vec::new();
    for (plane, part) in dest.chunks_exact_mut((out * region.rows.len()).max(1)).enumerate() {
        let top = offset + (plane * layout.length + region.rows.start) as u64 * row;
        if region.columns.len() == layout.width {
            raw(&mut batch, context, (ifd, top), part, tiff)?;
            continue;
        }
        let left = (region.columns.start * pixel) as u64;
        for (y, line) in part.chunks_exact_mut(out.max(1)).enumerate() {
            let at = top + y as u64 * row + left;
            let (bytes, row) = ((line.len() * T::SIZE) as u64, line.len());
            let spot = Spot { offset: at, count: bytes, number: None, ifd };
            batch.push(Task::raw(Arc::clone(context), spot, Rows::Block { data: line, row }));
            if batch.len() >= BATCH {
                run(tiff, &mut batch)?;
            }
        }
    }
    run(tiff, &mut batch)
}

/// Where a strip or tile lies in the page.
struct Piece {
    spot: Spot,
    plane: usize,
    top: usize,
    left: usize,
    /// Planes, rows and columns that are decoded.
    inside: [usize; 3],
}

fn pieces<T: Cell>(
    tiff: &Tiff<'_>,
    context: &Arc<Context>,
    (ifd, chunks): (u64, &[(u64, u64)]),
    region: &Region,
    dest: &mut [T],
) -> Result<()> {
    let layout = &context.layout;
    let [depth, length, width] = layout.chunk_size();
    let [deep, down, across] = layout.grid();
    let pixel = layout.contig() * T::elements_per_sample(context.dtype);
    let mut todo = Vec::new();
    for plane in 0..layout.planes() {
        for z in 0..deep {
            for y in region.rows.start / length..region.rows.end.div_ceil(length) {
                for x in region.columns.start / width..region.columns.end.div_ceil(width) {
                    let index = ((plane * deep + z) * down + y) * across + x;
                    let planes = depth.min(layout.depth - z * depth);
                    // Rows below the part need not be decoded, where they come last.
                    let end = if planes == 1 { region.rows.end } else { layout.length };
                    let (offset, count) = chunks.get(index).copied().unwrap_or((0, 0));
                    todo.push(Piece {
                        spot: Spot { offset, count, number: Some(index), ifd },
                        plane: plane * layout.depth + z * depth,
                        top: y * length,
                        left: x * width,
                        inside: [planes, length.min(end - y * length), width.min(layout.width - x * width)],
                    });
                }
            }
        }
    }
    let largest = depth * length.min(layout.length) * width.min(layout.width) * pixel;
    let together = (TOGETHER / largest.max(1)).clamp(1, BATCH);
    for group in todo.chunks(together) {
        let mut buffers = Vec::with_capacity(group.len());
        for piece in group {
            let len = piece.inside.iter().fold(pixel, |n, side| n.saturating_mul(*side));
            buffers.push(room_for(tiff, context, &piece.spot, piece.inside, len)?);
        }
        let tasks = group.iter().zip(&mut buffers).map(|(piece, data)| {
            let row = piece.inside[2] * pixel;
            Task::chunk(Arc::clone(context), piece.spot, piece.inside).with(Rows::Block { data, row })
        });
        run(tiff, &mut tasks.collect())?;
        for (piece, data) in group.iter().zip(&buffers) {
            let [_, rows, columns] = piece.inside;
            for (k, plane) in data.chunks_exact((rows * columns * pixel).max(1)).enumerate() {
                cut(plane, columns * pixel, (piece.top, piece.left), context, region, piece.plane + k, dest);
            }
        }
    }
    Ok(())
}

/// Copies what of `data`, whose first pixel is at `(top, left)`, belongs to the part.
fn cut<T: Cell>(
    data: &[T],
    row: usize,
    (top, left): (usize, usize),
    context: &Context,
    region: &Region,
    plane: usize,
    dest: &mut [T],
) {
    let pixel = context.layout.contig() * T::elements_per_sample(context.dtype);
    let out = region.columns.len() * pixel;
    let first = region.columns.start.max(left);
    let last = region.columns.end.min(left + row / pixel.max(1));
    let n = last.saturating_sub(first) * pixel;
    for (y, line) in data.chunks_exact(row.max(1)).enumerate() {
        let Some(to) = (top + y).checked_sub(region.rows.start).filter(|k| *k < region.rows.len()) else { continue };
        let to = (plane * region.rows.len() + to) * out + (first - region.columns.start) * pixel;
        let from = (first - left) * pixel;
        if let (Some(to), Some(from)) = (dest.get_mut(to..to + n), line.get(from..from + n)) {
            to.copy_from_slice(from);
        }
    }
}
