//! The canvas of one frame, put together from as few earlier frames as will do.

use crate::coded::{Coded, Effect};
use crate::draw::Row;
use crate::geometry::{Rect, interlaced_row};
use crate::layout::{FrameInfo, Layout};

/// A canvas as frame `frame` shows it.
pub(crate) struct Canvas {
    pub frame: usize,
    pub pixels: Vec<u8>,
    /// What lay below the frame, if it is to come back.
    pub undo: Option<Saved>,
}

/// A rectangle of a canvas, kept for later.
pub(crate) struct Saved {
    rect: Rect,
    rows: Vec<u8>,
}

/// One change of the canvas.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Step {
    Draw(usize),
    Fill(usize),
    /// Bring back what lay below the frame that is shown.
    Undo,
}

impl Step {
    /// The frame that is drawn.
    pub fn drawn(&self) -> Option<usize> {
        match self {
            Step::Draw(i) => Some(*i),
            _ => None,
        }
    }
}

/// How to come to a frame.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Plan {
    /// Begin with the canvas at hand; otherwise with an empty one.
    pub go_on: bool,
    pub steps: Vec<Step>,
}

/// Rectangles that are remembered as drawn over later; more would cost more than they save.
const COVERS: usize = 32;

impl Plan {
    /// The shortest way to frame `k`, from the canvas that shows frame `shown` if there is one.
    pub fn new(layout: &Layout, shown: Option<usize>, k: usize) -> Plan {
        let full = Rect::new(0, 0, layout.width, layout.height);
        let shown = shown.filter(|shown| *shown < k);
        let first = shown.map_or(0, |shown| shown + 1);
        let mut covers: Vec<Rect> = Vec::new();
        let mut steps = Vec::new();
        let mut fresh = false;
        for i in (first..=k).rev() {
            let Some(frame) = layout.frames.get(i) else { continue };
            let rect = frame.rect.clipped(layout.width, layout.height);
            let (step, covering) = match layout.effect(i) {
                _ if i == k => (Step::Draw(i), i == 0 || frame.transparent.is_none()),
                Effect::Drawn => (Step::Draw(i), i == 0 || frame.transparent.is_none()),
                Effect::Filled => (Step::Fill(i), true),
                Effect::Nothing => continue,
            };
            if i != k && (rect.is_empty() || covers.iter().any(|cover| cover.contains(&rect))) {
                continue;
            }
            steps.push(step);
            if covering && rect.contains(&full) {
                fresh = true;
                break;
            }
            if covering && covers.len() < COVERS {
                covers.push(rect);
            }
        }
        let go_on = shown.is_some() && !fresh;
        if let (true, Some(shown)) = (go_on, shown) {
            match layout.effect(shown) {
                Effect::Drawn => {}
                Effect::Filled => steps.push(Step::Fill(shown)),
                Effect::Nothing => steps.push(Step::Undo),
            }
        }
        steps.reverse();
        Plan { go_on, steps }
    }

    /// `true` if frame `k` shows nothing of what was there before it.
    pub fn is_key(layout: &Layout, k: usize) -> bool {
        let full = Rect::new(0, 0, layout.width, layout.height);
        layout.frames.get(k).is_some_and(|f| (k == 0 || f.transparent.is_none()) && f.rect.contains(&full))
    }
}

/// Draws a decoded frame over a canvas of `C` bytes a pixel.
pub(crate) fn paint<const C: usize>(canvas: &mut [u8], layout: &Layout, coded: &Coded) {
    let Some(frame) = layout.frames.get(coded.k) else { return };
    let rect = frame.rect.clipped(layout.width, layout.height);
    if rect.is_empty() {
        return;
    }
    for y in rect.top..rect.bottom() {
        let Some(row) = row_mut::<C>(canvas, layout.width, y, &rect) else { return };
        let Some(indices) = row_of(&coded.indices, frame, y, &rect) else { return };
        Row::<C>::over(row, indices, &coded.lut);
    }
}

/// The indices that belong to canvas row `y`, as far as they are inside the canvas.
pub(crate) fn row_of<'i>(indices: &'i [u8], frame: &FrameInfo, y: usize, clipped: &Rect) -> Option<&'i [u8]> {
    let y = y.checked_sub(frame.rect.top)?;
    let y = if frame.interlaced { interlaced_row(y, frame.rect.height) } else { y };
    indices.get(y * frame.rect.width..)?.get(..clipped.width)
}

fn row_mut<'c, const C: usize>(canvas: &'c mut [u8], width: usize, y: usize, rect: &Rect) -> Option<&'c mut [u8]> {
    canvas.get_mut((y * width + rect.left) * C..)?.get_mut(..rect.width * C)
}

/// Fills a rectangle.
pub(crate) fn fill<const C: usize>(canvas: &mut [u8], width: usize, rect: &Rect, rgba: [u8; 4]) {
    for y in rect.top..rect.bottom() {
        let Some(row) = row_mut::<C>(canvas, width, y, rect) else { return };
        Row::<C>::fill(row, rgba);
    }
}

/// Keeps a rectangle.
pub(crate) fn save<const C: usize>(canvas: &[u8], width: usize, rect: Rect) -> Saved {
    let mut rows = Vec::with_capacity(rect.area() * C);
    for y in rect.top..rect.bottom() {
        let row = canvas.get((y * width + rect.left) * C..).and_then(|row| row.get(..rect.width * C));
        rows.extend_from_slice(row.unwrap_or_default());
    }
    Saved { rect, rows }
}

/// Puts a rectangle back.
pub(crate) fn restore<const C: usize>(canvas: &mut [u8], width: usize, saved: &Saved) {
    let rect = &saved.rect;
    if rect.is_empty() {
        return;
    }
    for (y, row) in (rect.top..rect.bottom()).zip(saved.rows.chunks_exact(rect.width * C)) {
        if let Some(to) = row_mut::<C>(canvas, width, y, rect) {
            to.copy_from_slice(row);
        }
    }
}
