//! Every frame into one array. The LZW data of frames do not depend on each other, and the rows of a canvas do
//! not either: several threads decode some frames, then each composes a band of rows of all of these.

use imageio_core::{Progress, ReadCx, Result};

use crate::coded::Effect;
use crate::compose::row_of;
use crate::draw::Row;
use crate::geometry::Rect;
use crate::input::Input;
use crate::layout::Layout;
use crate::slots::{self, Slot};

/// Pixels of a whole animation below which threads cost more than they bring.
const SMALL: usize = 1 << 18;

/// Reads frames 0 to `n`, which are known, into the sink.
pub(crate) fn read<const C: usize>(
    input: &mut Input<'_>,
    layout: &mut Layout,
    n: usize,
    cx: &mut ReadCx<'_, '_>,
) -> Result<()> {
    let (width, height) = (layout.width, layout.height);
    let (limits, signals) = (cx.limits(), cx.signals());
    let threads = if n.saturating_mul(width * height) < SMALL { 1 } else { imageio_parallel::threads() };
    let most = if threads > 1 { slots::MOST } else { 1 };
    let mut spare = Vec::new();
    // Damage in the first frame shows before memory is asked for.
    let mut current = slots::load(input, layout, 0..1, &mut spare, limits)?;
    slots::decode(&mut current)?;
    let Some(first) = current.first() else { return Ok(()) };
    let mut composer = Composer {
        width,
        height,
        initial: layout.initial_colour(&first.coded.lut),
        bases: vec![Base { frame: None, fill: None }],
    };
    let mut shape = vec![n];
    shape.extend(layout.shape(C));
    let out = cx.sink().slice::<u8>(&shape)?;
    let frame_bytes = height * width * C;
    let mut start = 0;
    while !current.is_empty() {
        signals.check_cancelled()?;
        let end = start + current.len();
        composer.extend(layout, &current);
        let (done, rest) = out.split_at_mut(start * frame_bytes);
        let Some(fresh) = rest.get_mut(..current.len() * frame_bytes) else { break };
        let next = end..n.min(end + most);
        let work = || composer.compose::<C>(&current, start, done, fresh, threads);
        let (following, ()) =
            imageio_parallel::join(threads > 1, || slots::load(input, layout, next, &mut spare, limits), work);
        spare.append(&mut current);
        current = following?;
        slots::decode(&mut current)?;
        start = end;
        signals.report(Progress::new(end as u64, n as u64, "frames"));
    }
    Ok(())
}

/// What lies below a frame: an earlier frame as shown, and perhaps a rectangle of it filled.
#[derive(Clone, Copy)]
struct Base {
    /// `None` for the empty canvas.
    frame: Option<usize>,
    fill: Option<(Rect, [u8; 4])>,
}

struct Composer {
    width: usize,
    height: usize,
    /// Colour of the empty canvas.
    initial: [u8; 4],
    /// By frame; one more than the frames that were seen.
    bases: Vec<Base>,
}

impl Composer {
    /// Finds out what lies below the frames that follow.
    fn extend(&mut self, layout: &Layout, slots: &[Slot]) {
        for slot in slots {
            let k = slot.coded.k;
            let Some(below) = self.bases.last().copied() else { return };
            self.bases.push(match layout.effect(k) {
                Effect::Drawn => Base { frame: Some(k), fill: None },
                Effect::Filled => {
                    let rect = slot.frame.rect.clipped(self.width, self.height);
                    Base { frame: Some(k), fill: Some((rect, layout.fill_colour(k, &slot.coded.lut))) }
                }
                Effect::Nothing => below,
            });
        }
    }

    /// Composes decoded frames, the first of which is `start`, into `fresh`; `done` holds those before.
    fn compose<const C: usize>(&self, slots: &[Slot], start: usize, done: &[u8], fresh: &mut [u8], threads: usize) {
        let frame_bytes = self.width * self.height * C;
        let rows = self.height.div_ceil(threads.clamp(1, self.height));
        let mut bands: Vec<Band<'_>> =
            (0..self.height).step_by(rows).map(|top| Band { top, frames: Vec::with_capacity(slots.len()) }).collect();
        for frame in fresh.chunks_exact_mut(frame_bytes) {
            for (band, part) in bands.iter_mut().zip(frame.chunks_mut(rows * self.width * C)) {
                band.frames.push(part);
            }
        }
        let work = |band: Band<'_>| self.band::<C>(slots, start, done, band);
        imageio_parallel::each(bands, threads > 1, work);
    }

    fn band<const C: usize>(&self, slots: &[Slot], start: usize, done: &[u8], mut band: Band<'_>) {
        let row_bytes = self.width * C;
        for (i, slot) in slots.iter().enumerate() {
            let (before, now) = band.frames.split_at_mut(i);
            let (Some(base), Some(dst)) = (self.bases.get(start + i), now.first_mut()) else { return };
            for (y, row) in (band.top..).zip(dst.chunks_exact_mut(row_bytes)) {
                let below = base.frame.and_then(|j| match j.checked_sub(start) {
                    Some(j) => before.get(j)?.get((y - band.top) * row_bytes..)?.get(..row_bytes),
                    None => done.get((j * self.height + y) * row_bytes..)?.get(..row_bytes),
                });
                self.row::<C>(row, below, base.fill, slot, y);
            }
        }
    }

    fn row<const C: usize>(
        &self,
        row: &mut [u8],
        below: Option<&[u8]>,
        fill: Option<(Rect, [u8; 4])>,
        slot: &Slot,
        y: usize,
    ) {
        let rect = slot.frame.rect.clipped(self.width, self.height);
        let indices = match (rect.top..rect.bottom()).contains(&y) {
            true => row_of(&slot.coded.indices, &slot.frame, y, &rect).unwrap_or_default(),
            false => &[],
        };
        let (left, right) = (rect.left * C, (rect.left + indices.len()) * C);
        let fill = fill.filter(|(rect, _)| (rect.top..rect.bottom()).contains(&y));
        match (below, fill) {
            (Some(below), None) => {
                row[..left].copy_from_slice(&below[..left]);
                Row::<C>::merge(&mut row[left..right], &below[left..right], indices, &slot.coded.lut);
                row[right..].copy_from_slice(&below[right..]);
            }
            (below, fill) => {
                match below {
                    Some(below) => row.copy_from_slice(below),
                    None => Row::<C>::fill(row, self.initial),
                }
                if let Some((rect, colour)) = fill {
                    Row::<C>::fill(&mut row[rect.left * C..rect.right() * C], colour);
                }
                Row::<C>::over(&mut row[left..right], indices, &slot.coded.lut);
            }
        }
    }
}

/// The same rows of several frames.
struct Band<'f> {
    top: usize,
    frames: Vec<&'f mut [u8]>,
}
