//! From coefficients to pixels, a few rows of MCUs at a time: inverse DCT, upsampling, colour.

use super::color::Transform;
use super::frame::{Component, Frame};
use super::sample::Sample;
use super::scan::Block;
use super::upsample;
use imageio_parallel as par;

/// How a component's rows are widened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Across {
    Same,
    Triangle,
    Repeat,
}

/// A component and a window of its samples.
struct Plane<P> {
    /// Sampling factors and those of the frame.
    v: usize,
    h: usize,
    across: Across,
    /// Rows are blended with their neighbours.
    blend_rows: bool,
    width: usize,
    height: usize,
    stride: usize,
    quant: [i16; 64],
    /// `2 * v` rows kept from before, then the rows of the MCUs in hand.
    samples: Vec<P>,
}

/// Turns rows of MCUs, from top to bottom, into rows of pixels. It stays one row of samples behind, since the
/// filter for chroma looks one row ahead.
pub(crate) struct Renderer<P> {
    planes: Vec<Plane<P>>,
    transform: Transform,
    width: usize,
    height: usize,
    hmax: usize,
    vmax: usize,
    mcus_h: usize,
    /// Rows of MCUs that were given last.
    previous: usize,
    several: bool,
}

impl<P: Sample> Renderer<P> {
    /// A renderer for `frame`; `quant[i]` is the table of component `i`.
    pub(crate) fn new(frame: &Frame, quant: &[[u16; 64]], transform: Transform) -> Self {
        let plane = |(c, quant): (&Component, &[u16; 64])| {
            let halved = 2 * c.h == frame.hmax && (c.v == frame.vmax || 2 * c.v == frame.vmax);
            // libjpeg leaves the filter out where a row has but one or two samples.
            let across = match c.h == frame.hmax {
                true => Across::Same,
                false if halved && c.width > 2 => Across::Triangle,
                false => Across::Repeat,
            };
            Plane {
                v: c.v,
                h: c.h,
                across,
                blend_rows: 2 * c.v == frame.vmax && across != Across::Repeat,
                width: c.width,
                height: c.height,
                stride: c.blocks_w * 8,
                quant: quant.map(|q| q as i16),
                samples: Vec::new(),
            }
        };
        Renderer {
            planes: frame.components.iter().zip(quant).map(plane).collect(),
            transform,
            width: frame.width,
            height: frame.height,
            hmax: frame.hmax,
            vmax: frame.vmax,
            mcus_h: frame.mcus_h,
            previous: 0,
            several: frame.width * frame.height > 1 << 16,
        }
    }

    /// Takes the blocks of rows `row` to `row + rows` of MCUs, which must follow those given before, and
    /// writes the pixels that are known by then into `out`, the whole picture.
    pub(crate) fn render(&mut self, blocks: &[&[Block]], row: usize, rows: usize, out: &mut [P]) {
        let mut work = Vec::new();
        for (plane, blocks) in self.planes.iter_mut().zip(blocks) {
            let (kept, stride) = (2 * plane.v * plane.stride, plane.stride);
            let before = kept + 8 * plane.v * self.previous * stride;
            let needed = kept + 8 * plane.v * rows * stride;
            if plane.samples.len() < needed {
                plane.samples.resize(needed, P::default());
            }
            if row > 0 {
                plane.samples.copy_within(before - kept..before, 0);
            }
            let quant = &plane.quant;
            let lines = plane.samples[kept..needed].chunks_exact_mut(8 * stride);
            work.extend(lines.zip(blocks.chunks_exact(stride / 8)).map(|(out, blocks)| (quant, stride, out, blocks)));
        }
        par::each(work, self.several, |(quant, stride, out, blocks)| {
            P::idct_row(blocks, quant, out, stride);
        });
        self.previous = rows;

        let last = row + rows >= self.mcus_h;
        let first_row = if row == 0 { 0 } else { (8 * row - 1) * self.vmax };
        let end_row = if last { self.height } else { ((8 * (row + rows) - 1) * self.vmax).min(self.height) };
        let channels = self.planes.len();
        let line = self.width * channels;
        let Some(out) = out.get_mut(first_row * line..end_row * line) else { return };
        let portion = 16;
        let jobs = out.chunks_mut(line * portion).enumerate().map(|(i, o)| (first_row + i * portion, o)).collect();
        let this = &*self;
        par::each(jobs, self.several, |(first, out): (usize, &mut [P])| {
            let mut scratch = Scratch::new(this);
            for (y, out) in (first..).zip(out.chunks_exact_mut(line)) {
                this.pixels(y, row, &mut scratch, out);
            }
        });
    }

    /// One row of pixels; the window of samples begins at row `row` of MCUs.
    fn pixels(&self, y: usize, row: usize, scratch: &mut Scratch<P>, out: &mut [P]) {
        let Scratch { wide, sums, blend } = scratch;
        let mut rows: [&[P]; 4] = [&[]; 4];
        for (((plane, wide), blend), slot) in self.planes.iter().zip(wide).zip(blend).zip(&mut rows) {
            let line = |at: usize| {
                let at = (at + 2 * plane.v).saturating_sub(8 * plane.v * row);
                plane.samples.get(at * plane.stride..).and_then(|s| s.get(..plane.width)).unwrap_or_default()
            };
            let own = y * plane.v / self.vmax;
            let neighbour = if y % 2 == 0 { own.saturating_sub(1) } else { (own + 1).min(plane.height - 1) };
            *slot = match (plane.across, plane.blend_rows) {
                (Across::Same, false) => line(own),
                (Across::Same, true) => {
                    upsample::h1v2(line(own), line(neighbour), 1 + (y % 2) as i32, blend);
                    blend
                }
                (Across::Triangle, false) => {
                    P::h2v1(line(own), wide);
                    wide
                }
                (Across::Triangle, true) => {
                    P::h2v2(line(own), line(neighbour), sums, wide);
                    wide
                }
                (Across::Repeat, _) => {
                    upsample::repeat(line(own), plane.h, self.hmax, wide);
                    wide
                }
            };
        }
        for slot in &mut rows {
            *slot = slot.get(..self.width).unwrap_or(slot);
        }
        if let Some(rows) = rows.get(..self.planes.len()) {
            self.transform.row(rows, out);
        }
    }
}

/// Rows that are made on the way; each thread has its own.
struct Scratch<P> {
    wide: Vec<Vec<P>>,
    blend: Vec<Vec<P>>,
    sums: Vec<i16>,
}

impl<P: Sample> Scratch<P> {
    fn new(renderer: &Renderer<P>) -> Self {
        let wide = |p: &Plane<P>| match p.across {
            Across::Same => Vec::new(),
            Across::Triangle => vec![P::default(); 2 * p.width],
            Across::Repeat => vec![P::default(); renderer.width],
        };
        let blend = |p: &Plane<P>| {
            let wanted = p.blend_rows && p.across == Across::Same;
            if wanted { vec![P::default(); p.width] } else { Vec::new() }
        };
        Scratch {
            wide: renderer.planes.iter().map(wide).collect(),
            blend: renderer.planes.iter().map(blend).collect(),
            sums: Vec::new(),
        }
    }
}
