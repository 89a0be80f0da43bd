//! What of a frame has to be stored, given what the one before it left on the canvas.

use std::sync::Arc;
use std::time::Duration;

use crate::geometry::Rect;
use crate::layout::Disposal;
use crate::quantize::{CLEAR, Pixel};

/// A frame whose colours are reduced.
pub(crate) struct Reduced {
    pub palette: Vec<[u8; 3]>,
    /// By pixel of the whole canvas; those of transparent pixels mean nothing.
    pub indices: Vec<u8>,
    /// What a reader will see.
    pub shown: Arc<Vec<Pixel>>,
    pub duration: Option<Duration>,
}

/// A frame of which is known what to store.
pub(crate) struct Planned {
    pub frame: Reduced,
    pub rect: Rect,
    pub disposal: Disposal,
    /// What lies below; `None` where nothing may be left out.
    pub base: Option<Arc<Vec<Pixel>>>,
    /// Position in the file.
    pub k: usize,
}

/// Plans frames in order.
pub(crate) struct Planner {
    pub width: usize,
    pub height: usize,
    /// Frames may be transparent.
    pub alpha: bool,
    /// Store only what changes.
    pub optimize: bool,
    base: Option<Arc<Vec<Pixel>>>,
    planned: usize,
}

impl Planner {
    pub fn new(width: usize, height: usize, alpha: bool, optimize: bool) -> Self {
        Planner { width, height, alpha, optimize, base: None, planned: 0 }
    }

    /// Plans a frame; `next` is the one that will follow it, if one does.
    pub fn plan(&mut self, frame: Reduced, next: Option<&Reduced>) -> Planned {
        let k = self.planned;
        self.planned += 1;
        let full = Rect::new(0, 0, self.width, self.height);
        if !self.optimize {
            // Pixels may become transparent only by disposal.
            let disposal = if self.alpha && next.is_some() { Disposal::Background } else { Disposal::Keep };
            return Planned { frame, rect: full, disposal, base: None, k };
        }
        let base = self.base.take();
        let mut rect = match &base {
            Some(base) => bounds(self.width, base, &frame.shown, |a, b| a != b),
            None => full,
        };
        let cleared = match next {
            Some(next) if self.alpha => bounds(self.width, &frame.shown, &next.shown, |a, b| a != CLEAR && b == CLEAR),
            _ => Rect::default(),
        };
        rect = rect.union(&cleared);
        if rect.is_empty() {
            // Nothing changes, but the frame has to be there: a pixel of it.
            rect = Rect::new(0, 0, 1, 1);
        }
        let disposal = if cleared.is_empty() { Disposal::Keep } else { Disposal::Background };
        self.base = Some(match disposal {
            Disposal::Background => Arc::new(self.without(&frame.shown, &rect)),
            _ => Arc::clone(&frame.shown),
        });
        Planned { frame, rect, disposal, base, k }
    }

    /// A canvas after its rectangle was disposed to background.
    fn without(&self, canvas: &[Pixel], rect: &Rect) -> Vec<Pixel> {
        let mut out = canvas.to_vec();
        for row in out.chunks_exact_mut(self.width).skip(rect.top).take(rect.height) {
            if let Some(part) = row.get_mut(rect.left..rect.right()) {
                part.fill(CLEAR);
            }
        }
        out
    }
}

/// The smallest rectangle that holds every pixel where `differs` is true.
fn bounds(width: usize, a: &[Pixel], b: &[Pixel], differs: impl Fn(Pixel, Pixel) -> bool) -> Rect {
    let mut out = Rect::default();
    let (mut left, mut right) = (width, 0);
    for (y, (a, b)) in a.chunks_exact(width).zip(b.chunks_exact(width)).enumerate() {
        if a == b {
            continue;
        }
        let differs = |x: &usize| matches!((a.get(*x), b.get(*x)), (Some(a), Some(b)) if differs(*a, *b));
        let Some(first) = (0..width).find(differs) else { continue };
        let last = (first..width).rev().find(differs).unwrap_or(first);
        left = left.min(first);
        right = right.max(last + 1);
        if out.is_empty() {
            out.top = y;
        }
        out = Rect::new(left, out.top, right - left, y + 1 - out.top);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn frame(shown: &[Pixel]) -> Reduced {
        Reduced { palette: Vec::new(), indices: Vec::new(), shown: Arc::new(shown.to_vec()), duration: None }
    }

    #[test]
    fn what_differs() {
        let a = vec![0; 12];
        let mut b = a.clone();
        assert!(bounds(4, &a, &b, |a, b| a != b).is_empty());
        b[5] = 1;
        b[10] = 1;
        assert_eq!(bounds(4, &a, &b, |a, b| a != b), Rect::new(1, 1, 2, 2));
        assert!(bounds(4, &a, &b, |a, b| a > b).is_empty());
    }

    #[test]
    fn pixels_that_become_transparent_are_disposed_of() {
        let mut planner = Planner::new(4, 1, true, true);
        let (a, b, c) = ([1, 2, 3, 4], [1, CLEAR, 3, 5], [1, CLEAR, 3, 5]);
        let first = planner.plan(frame(&a), Some(&frame(&b)));
        assert_eq!((first.rect, first.disposal), (Rect::new(0, 0, 4, 1), Disposal::Background));
        let second = planner.plan(frame(&b), Some(&frame(&c)));
        assert_eq!((second.rect, second.disposal), (Rect::new(0, 0, 4, 1), Disposal::Keep));
        assert_eq!(**second.base.as_ref().unwrap(), vec![CLEAR; 4]);
        let third = planner.plan(frame(&c), None);
        assert_eq!((third.rect, third.disposal), (Rect::new(0, 0, 1, 1), Disposal::Keep));
        assert_eq!(**third.base.as_ref().unwrap(), b);
    }
}
