//! The canvas of an animation, and how frames are put on it: as libwebp's animation decoder does, bit for bit.

use imageio_core::{Error, Limits, Result};

use super::batch::Animation;
use super::image::Decoder;
use crate::codec::Codec;
use crate::container::{Container, Frame, Source};

/// The picture after some frame.
#[derive(Default)]
pub(super) struct Canvas {
    /// RGBA, not premultiplied; empty until it is needed.
    pixels: Vec<u8>,
    /// The last frame that was put on it.
    at: Option<usize>,
    /// One frame.
    frame: Vec<u8>,
    buffer: Vec<u8>,
}

impl Canvas {
    /// The picture that frame `index` shows, in RGBA. Continues from where it stands where that is a shorter way
    /// than the last frame that needs nothing of what was before.
    pub(super) fn show(
        &mut self,
        (source, codec): (&mut Source<'_>, Option<&'static dyn Codec>),
        container: &Container,
        index: usize,
        limits: &Limits,
        check: impl Fn() -> Result<()>,
    ) -> Result<&[u8]> {
        self.prepare(source, container, limits)?;
        let first = self.first(container, index);
        // From the second picture on a reader goes on as it began, which streams see for themselves.
        if let (Some(from), Some(to), None) = (container.frames.get(first), container.frames.get(index), self.at) {
            source.announce(from.start(), to.data);
        }
        for k in first..=index {
            check()?;
            // A frame that fails leaves something in between.
            self.at = None;
            self.step(source, codec, container, k).map_err(|e| e.with("frame", k))?;
            self.at = Some(k);
        }
        Ok(&self.pixels)
    }

    /// For several pictures in order; see [`Animation`].
    pub(super) fn start<'a, 'r>(
        &'a mut self,
        (source, codec): (&'a mut Source<'r>, Option<&'static dyn Codec>),
        container: &'a Container,
        limits: &Limits,
    ) -> Result<Animation<'a, 'r>> {
        self.prepare(source, container, limits)?;
        Ok(Animation { canvas: self, source, codec, container })
    }

    /// The frame to begin with in order to show frame `index`.
    pub(super) fn first(&self, container: &Container, index: usize) -> usize {
        let fresh = || (0..=index).rev().find(|k| starts_anew(container, *k)).unwrap_or(0);
        match self.at {
            // In order, the usual way, nothing needs to be searched.
            Some(at) if at == index || at + 1 == index => at + 1,
            Some(at) if at < index => fresh().max(at + 1),
            _ => fresh(),
        }
    }

    fn prepare(&mut self, source: &Source<'_>, container: &Container, limits: &Limits) -> Result<()> {
        if !self.pixels.is_empty() {
            return Ok(());
        }
        let (height, width) = (container.height as usize, container.width as usize);
        limits.check_canvas((height, width), 4, || Some(source.len()))?;
        let bytes = limits.check(&[height, width, 4], 1, || Some(source.len()))?;
        self.pixels = zeros(bytes)?;
        Ok(())
    }

    fn step(
        &mut self,
        source: &mut Source<'_>,
        codec: Option<&'static dyn Codec>,
        container: &Container,
        k: usize,
    ) -> Result<()> {
        let mut decoder = Decoder { source, codec, threads: true, buffer: &mut self.buffer };
        let frame = &container.frames[k];
        if starts_anew(container, k) && container.is_full(frame) {
            return decoder.decode(frame, &mut self.pixels, 4);
        }
        let size = frame_size(frame);
        if self.frame.len() < size {
            self.frame = zeros(size)?;
        }
        decoder.decode(frame, &mut self.frame[..size], 4)?;
        put(&mut self.pixels, container, k, &self.frame[..size]);
        Ok(())
    }

    /// Puts the pixels of frame `k`, which follows the one that was put before.
    pub(super) fn put(&mut self, container: &Container, k: usize, pixels: &[u8]) -> &[u8] {
        put(&mut self.pixels, container, k, pixels);
        self.at = Some(k);
        &self.pixels
    }

    /// Forgets what it shows; for failures.
    pub(super) fn forget(&mut self) {
        self.at = None;
    }

    pub(super) fn pixels(&self) -> &[u8] {
        &self.pixels
    }
}

/// Bytes of a frame in four channels.
pub(super) fn frame_size(frame: &Frame) -> usize {
    4 * frame.width as usize * frame.height as usize
}

/// Puts the pixels of frame `k` on a canvas that shows frame `k - 1`.
fn put(canvas: &mut [u8], container: &Container, k: usize, pixels: &[u8]) {
    let frame = &container.frames[k];
    let stride = 4 * container.width as usize;
    let anew = starts_anew(container, k);
    if anew && container.is_full(frame) {
        canvas.copy_from_slice(pixels);
        return;
    }
    let cleared = match (anew, k.checked_sub(1).and_then(|k| container.frames.get(k))) {
        (true, _) => {
            canvas.fill(0);
            None
        }
        (false, Some(previous)) if previous.dispose => {
            for y in previous.y..previous.y + previous.height {
                row(canvas, stride, previous, y).fill(0);
            }
            Some(previous)
        }
        (false, _) => None,
    };
    let blend = frame.blend && frame.alpha && !anew;
    for (y, from) in (frame.y..).zip(pixels.chunks_exact(4 * frame.width as usize)) {
        let to = row(canvas, stride, frame, y);
        if !blend {
            to.copy_from_slice(from);
            continue;
        }
        // Where the frame before was cleared there is nothing to blend with.
        let (first, end) = match cleared.filter(|c| (c.y..c.y + c.height).contains(&y)) {
            Some(c) => {
                let inside = |x: u32| x.clamp(frame.x, frame.x + frame.width) - frame.x;
                (inside(c.x) as usize, inside(c.x + c.width) as usize)
            }
            None => (0, 0),
        };
        over(&from[..4 * first], &mut to[..4 * first]);
        to[4 * first..4 * end].copy_from_slice(&from[4 * first..4 * end]);
        over(&from[4 * end..], &mut to[4 * end..]);
    }
}

pub(super) fn zeros(bytes: usize) -> Result<Vec<u8>> {
    let mut pixels = Vec::new();
    pixels.try_reserve_exact(bytes).map_err(|_| Error::limit(format!("no memory for a canvas of {bytes} bytes")))?;
    pixels.resize(bytes, 0);
    Ok(pixels)
}

/// Line `y` of the canvas within the rectangle of a frame.
fn row<'c>(canvas: &'c mut [u8], stride: usize, frame: &Frame, y: u32) -> &'c mut [u8] {
    &mut canvas[y as usize * stride + 4 * frame.x as usize..][..4 * frame.width as usize]
}

/// `true` if frame `k` shows the same whatever was before it.
fn starts_anew(container: &Container, k: usize) -> bool {
    let mut k = k;
    loop {
        let frame = &container.frames[k];
        let Some(previous) = k.checked_sub(1).map(|p| &container.frames[p]) else { return true };
        if container.is_full(frame) && (!frame.alpha || !frame.blend) {
            return true;
        }
        if !previous.dispose {
            return false;
        }
        if container.is_full(previous) {
            return true;
        }
        // What the frame before put on an empty canvas is all cleared.
        k -= 1;
    }
}

/// Blends a row of `source` over `dest`, with libwebp's arithmetic.
fn over(source: &[u8], dest: &mut [u8]) {
    for (source, dest) in source.chunks_exact(4).zip(dest.chunks_exact_mut(4)) {
        let alpha = u32::from(source[3]);
        match alpha {
            255 => dest.copy_from_slice(source),
            0 => {}
            _ => {
                let below = (u32::from(dest[3]) * (256 - alpha)) >> 8;
                let both = alpha + below;
                let scale = (1 << 24) / both;
                for (d, s) in dest.iter_mut().zip(source).take(3) {
                    let mixed = u32::from(*s) * alpha + u32::from(*d) * below;
                    *d = (mixed.wrapping_mul(scale) >> 24) as u8;
                }
                dest[3] = both as u8;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::container::{Codec, Span};

    fn frame(x: u32, width: u32, blend: bool, dispose: bool, alpha: bool) -> Frame {
        let data = Span { start: 0, len: 0 };
        let codec = Codec::Lossless;
        Frame { x, y: 0, width, height: 4, duration: 0, blend, dispose, codec, alpha, data, alpha_data: None }
    }

    #[test]
    fn blends_as_libwebp_does() {
        let mut dest = [200, 100, 50, 255, 9, 9, 9, 9, 10, 20, 30, 0];
        over(&[100, 200, 255, 128, 1, 2, 3, 0, 50, 60, 70, 200], &mut dest);
        // Below: 255 * 128 >> 8 = 127, both: 255, scale: 65793.
        assert_eq!(dest, [149, 150, 152, 255, 9, 9, 9, 9, 49, 59, 69, 200]);
    }

    #[test]
    fn frames_that_start_anew() {
        let frames = vec![
            frame(0, 8, true, false, true),
            frame(2, 4, true, true, true),
            frame(0, 8, true, false, true),
            frame(0, 8, false, true, true),
            frame(2, 4, true, true, true),
            frame(0, 4, true, false, true),
            frame(0, 8, true, false, false),
        ];
        let container = Container {
            width: 8,
            height: 4,
            alpha: true,
            animated: true,
            frames,
            loop_count: 0,
            background: [0; 4],
            icc: None,
            exif: None,
            xmp: None,
            notes: Vec::new(),
        };
        let anew: Vec<bool> = (0..7).map(|k| starts_anew(&container, k)).collect();
        assert_eq!(anew, [true, false, false, true, true, true, true]);
    }
}
