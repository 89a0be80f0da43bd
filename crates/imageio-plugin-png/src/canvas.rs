//! Putting the frames of an animation together (APNG specification, `dispose_op` and `blend_op`).

use imageio_core::{Element, Error, Result};

use crate::frames::Frames;
use crate::header::{Dispose, FrameControl, Header, Layout};
use crate::options::Compose;

/// Types that pixels have, with the rule for composing them.
pub(crate) trait Sample: Element {
    /// `top` composed over `below`; the last channel of each pixel is alpha.
    fn over(below: &mut [Self], top: &[Self], channels: usize);

    /// `top` mixed with `below` in proportion to its alpha, alpha like any other channel.
    fn mix(below: &mut [Self], top: &[Self], channels: usize);
}

impl Sample for bool {
    fn over(below: &mut [Self], top: &[Self], _: usize) {
        below.copy_from_slice(top);
    }

    fn mix(below: &mut [Self], top: &[Self], _: usize) {
        below.copy_from_slice(top);
    }
}

macro_rules! sample {
    ($ty:ty, $wide:ty) => {
        impl Sample for $ty {
            fn over(below: &mut [Self], top: &[Self], channels: usize) {
                const MAX: $wide = <$ty>::MAX as $wide;
                for (b, t) in below.chunks_exact_mut(channels).zip(top.chunks_exact(channels)) {
                    let (Some(&alpha), Some(&under)) = (t.last(), b.last()) else { continue };
                    if alpha == <$ty>::MAX || (under == 0 && alpha != 0) {
                        b.copy_from_slice(t);
                    } else if alpha != 0 {
                        let (alpha, under) = (alpha as $wide, under as $wide);
                        // Weights of the two colours, whose sum is the new alpha; both in units of 1 / MAX².
                        let (u, v) = (alpha * MAX, (MAX - alpha) * under);
                        for (b, t) in b.iter_mut().zip(t).take(channels - 1) {
                            *b = ((*t as $wide * u + *b as $wide * v + (u + v) / 2) / (u + v)) as $ty;
                        }
                        b[channels - 1] = ((u + v + MAX / 2) / MAX) as $ty;
                    }
                }
            }

            fn mix(below: &mut [Self], top: &[Self], channels: usize) {
                const MAX: $wide = <$ty>::MAX as $wide;
                for (b, t) in below.chunks_exact_mut(channels).zip(top.chunks_exact(channels)) {
                    let Some(&alpha) = t.last() else { continue };
                    let alpha = alpha as $wide;
                    for (b, t) in b.iter_mut().zip(t) {
                        *b = ((*t as $wide * alpha + *b as $wide * (MAX - alpha) + MAX / 2) / MAX) as $ty;
                    }
                }
            }
        }
    };
}

sample!(u8, u32);
sample!(u16, u64);

/// The picture as it stands after some frame.
pub(crate) struct Canvas<T> {
    pixels: Vec<T>,
    /// What was under the last frame, if that is to be brought back.
    saved: Vec<T>,
    scratch: Vec<T>,
    /// The frame that is shown; `None` if the pixels mean nothing.
    shown: Option<usize>,
    rule: Compose,
}

/// Decodes the data of a frame into memory of exactly its size.
pub(crate) type DecodeFrame<'a, T> = &'a mut dyn FnMut(usize, &mut [T]) -> Result<()>;

impl<T: Sample> Canvas<T> {
    /// An empty canvas.
    pub fn new(header: &Header, layout: Layout, rule: Compose) -> Result<Self> {
        let mut pixels = Vec::new();
        resize(&mut pixels, header.width as usize * header.height as usize * layout.channels)?;
        Ok(Canvas { pixels, saved: Vec::new(), scratch: Vec::new(), shown: None, rule })
    }

    /// How frames are put together.
    pub fn rule(&self) -> Compose {
        self.rule
    }

    /// Whether frame `k` is the one shown, or the next.
    pub fn goes_on_to(&self, k: usize) -> bool {
        self.shown.is_some_and(|shown| shown == k || shown + 1 == k)
    }

    /// The picture after frame `k`, made from the one shown if that is not a detour.
    pub fn show(
        &mut self,
        k: usize,
        frames: &Frames,
        header: &Header,
        layout: Layout,
        decode: DecodeFrame<'_, T>,
    ) -> Result<&[T]> {
        if self.shown != Some(k) {
            let from = match self.shown {
                Some(shown) if shown + 1 == k => k,
                shown => {
                    let start = frames.start(k, header, layout);
                    match shown {
                        Some(shown) if shown < k && shown + 1 >= start => shown + 1,
                        _ => {
                            self.pixels.fill(T::default());
                            self.shown = None;
                            start
                        }
                    }
                }
            };
            for at in from..=k {
                // A frame that fails half-way leaves nothing to go on from.
                let before = self.shown.take();
                self.draw(at, before, frames, header, layout, decode)?;
                self.shown = Some(at);
            }
        }
        Ok(&self.pixels)
    }

    fn draw(
        &mut self,
        at: usize,
        before: Option<usize>,
        frames: &Frames,
        header: &Header,
        layout: Layout,
        decode: DecodeFrame<'_, T>,
    ) -> Result<()> {
        let stride = header.width as usize * layout.channels;
        if let Some(before) = before {
            let last = frames.get(before)?.control;
            let area = Area::new(&last, stride, layout.channels);
            match last.dispose {
                Dispose::Keep => {}
                Dispose::Restore if before > 0 && last.over && self.rule == Compose::Pillow => {}
                // There is nothing to bring back under the first frame.
                Dispose::Restore if before > 0 => {
                    for (row, saved) in area.rows(&mut self.pixels).zip(self.saved.chunks_exact(area.len)) {
                        row.copy_from_slice(saved);
                    }
                }
                Dispose::Clear | Dispose::Restore => area.rows(&mut self.pixels).for_each(|row| row.fill(T::default())),
            }
        }
        let control = frames.get(at)?.control;
        let area = Area::new(&control, stride, layout.channels);
        if control.dispose == Dispose::Restore && at > 0 {
            resize(&mut self.saved, area.len * area.height)?;
            for (row, saved) in area.rows(&mut self.pixels).zip(self.saved.chunks_exact_mut(area.len)) {
                saved.copy_from_slice(row);
            }
        }
        let compose = control.over && layout.has_alpha();
        if !compose && area.len * area.height == self.pixels.len() {
            return decode(at, &mut self.pixels);
        }
        resize(&mut self.scratch, area.len * area.height)?;
        decode(at, &mut self.scratch)?;
        for (row, new) in area.rows(&mut self.pixels).zip(self.scratch.chunks_exact(area.len)) {
            match (compose, self.rule) {
                (true, Compose::Standard) => T::over(row, new, layout.channels),
                (true, Compose::Pillow) => T::mix(row, new, layout.channels),
                (false, _) => row.copy_from_slice(new),
            }
        }
        Ok(())
    }
}

/// The part of the canvas that a frame covers.
struct Area {
    stride: usize,
    start: usize,
    len: usize,
    top: usize,
    height: usize,
}

impl Area {
    fn new(control: &FrameControl, stride: usize, channels: usize) -> Self {
        Area {
            stride,
            start: control.x as usize * channels,
            len: control.width as usize * channels,
            top: control.y as usize,
            height: control.height as usize,
        }
    }

    fn rows<'p, T>(&self, pixels: &'p mut [T]) -> impl Iterator<Item = &'p mut [T]> + use<'p, T> {
        let (start, len) = (self.start, self.len);
        let rows = pixels.chunks_exact_mut(self.stride).skip(self.top).take(self.height);
        rows.filter_map(move |row| row.get_mut(start..start + len))
    }
}

fn resize<T: Element>(pixels: &mut Vec<T>, len: usize) -> Result<()> {
    let missing = len.saturating_sub(pixels.len());
    pixels.try_reserve_exact(missing).map_err(|_| Error::limit("no memory for the canvas of the animation"))?;
    pixels.resize(len, T::default());
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Composing in real numbers, by the formula of the APNG specification.
    fn exact(below: [u8; 2], top: [u8; 2]) -> [f64; 2] {
        let [b, t] = [below, top].map(|p| p.map(|v| f64::from(v) / 255.0));
        let alpha = t[1] + b[1] * (1.0 - t[1]);
        if alpha == 0.0 {
            return [f64::from(below[0]), 0.0];
        }
        [(t[0] * t[1] + b[0] * b[1] * (1.0 - t[1])) / alpha * 255.0, alpha * 255.0]
    }

    #[test]
    fn composing_rounds_to_the_nearest() {
        for i in 0..20_000u32 {
            let noise = i.wrapping_mul(2_654_435_761);
            let [b, a, c, d] = noise.to_be_bytes();
            let (below, top) = ([b, a], [c, d]);
            let mut out = below;
            u8::over(&mut out, &top, 2);
            let wanted = exact(below, top);
            for (got, wanted) in out.iter().zip(wanted) {
                assert!((f64::from(*got) - wanted).abs() <= 0.501, "{below:?} under {top:?}: {out:?}, not {wanted}");
            }
        }
    }

    #[test]
    fn opaque_and_empty_pixels_are_exact() {
        let mut out = [10u16, 20, 30, 40, 1, 2, 3, 0];
        u16::over(&mut out, &[9, 9, 9, 0, 7, 8, 9, 65_535], 4);
        assert_eq!(out, [10, 20, 30, 40, 7, 8, 9, 65_535]);
        let mut out = [1u16, 2, 3, 0];
        u16::over(&mut out, &[7, 8, 9, 5], 4);
        assert_eq!(out, [7, 8, 9, 5]);
        // Half of nothing is a quarter under Pillow's rule.
        let mut out = [0u8, 0];
        u8::mix(&mut out, &[200, 128], 2);
        assert_eq!(out, [100, 64]);
    }
}
