//! Lossless scans (SOF3, T.81 Annex H): predicted samples, Huffman coded.

use imageio_core::{Error, Result};

use super::bits::Bits;
use super::frame::{Component, Frame};
use super::huffman::{Huffman, extend};
use super::sample::Sample;
use super::scan::{Outcome, Scan, Tables};

/// Decodes one scan into `out`, which holds all components of the frame interleaved.
pub(crate) fn scan<P: Sample>(
    data: &[u8],
    position: usize,
    frame: &Frame,
    scan: &Scan,
    tables: &Tables,
    out: &mut [P],
) -> Result<Outcome> {
    let channels = frame.components.len();
    let huffman: Vec<&Huffman> = scan.components.iter().map(|c| tables.dc_table(c.dc)).collect::<Result<_>>()?;
    if frame.components.iter().any(|c| (c.h, c.v) != (frame.hmax, frame.vmax)) {
        return subsampled(data, position, frame, scan, tables, &huffman, out);
    }
    let (width, n) = (frame.width, scan.components.len());
    let shift = scan.al;
    let middle = 1i32 << (u32::from(frame.precision) - shift - 1);
    let mut bits = Bits::new(data, position);
    let mut outcome = Outcome { mcus: width * frame.height, ..Outcome::default() };
    // The row above and the one in hand, of all components of the scan interleaved.
    let mut above = vec![0i32; width * n];
    let mut row = vec![0i32; width * n];
    let mut restarts = Restarts::new(tables);
    // After a restart prediction begins anew: from the left in that row, from above below it.
    let mut fresh = true;
    for line in out.chunks_exact_mut((width * channels).max(1)).take(frame.height) {
        let mut first = fresh;
        for x in 0..width {
            let is_due = restarts.pass(1, &mut bits, &mut outcome);
            first |= is_due;
            let restarted = first && (x == 0 || is_due);
            for (ci, table) in huffman.iter().enumerate() {
                let difference = difference(&mut bits, table, &mut outcome);
                let at = x * n + ci;
                let a = |row: &[i32]| if x == 0 { 0 } else { row[at - n] };
                let prediction = if restarted {
                    middle
                } else if first {
                    a(&row)
                } else if x == 0 {
                    above[at]
                } else {
                    predict(scan.ss, a(&row), above[at], a(&above))
                };
                row[at] = (prediction + difference) & 0xFFFF;
            }
            if bits.starved() {
                outcome.missing += 1;
                if bits.at_end_of_data() {
                    outcome.missing += width * frame.height;
                    outcome.at_end = true;
                    return Ok(outcome);
                }
            }
        }
        fresh = false;
        for (pixel, values) in line.chunks_exact_mut(channels).zip(row.chunks_exact(n)) {
            for (component, value) in scan.components.iter().zip(values) {
                if let Some(place) = pixel.get_mut(component.index) {
                    *place = P::exact((*value << shift) as u16);
                }
            }
        }
        std::mem::swap(&mut above, &mut row);
    }
    outcome.position = bits.position();
    outcome.at_end = bits.at_end_of_data();
    Ok(outcome)
}

/// The difference of the next sample from its prediction (H.1.2.2).
#[inline(always)]
fn difference(bits: &mut Bits<'_>, table: &Huffman, outcome: &mut Outcome) -> i32 {
    bits.refill();
    match u32::from(table.symbol(bits, &mut outcome.corrupt)) {
        size @ 0..=15 => {
            let value = extend(bits.peek(), size);
            bits.skip(size);
            value
        }
        _ => 32_768,
    }
}

/// Counts units up to the next restart marker.
struct Restarts {
    interval: usize,
    left: usize,
    next: u8,
}

impl Restarts {
    fn new(tables: &Tables) -> Self {
        Restarts { interval: tables.restart_interval, left: tables.restart_interval, next: 0 }
    }

    /// Goes past so many units, no more than there are in an interval; `true` if a marker stood before them.
    fn pass(&mut self, units: usize, bits: &mut Bits<'_>, outcome: &mut Outcome) -> bool {
        if self.interval == 0 {
            return false;
        }
        let is_due = self.left == 0;
        if is_due {
            outcome.lost_restarts += usize::from(!bits.restart(self.next));
            self.next = (self.next + 1) & 7;
            self.left = self.interval;
        }
        self.left -= units;
        is_due
    }
}

/// A component of a scan whose components have different resolutions.
struct Plane<'t> {
    index: usize,
    /// Samples of it in one unit of the scan, across and down.
    h: usize,
    v: usize,
    stride: usize,
    /// The last row of the units above, then the `v` rows of the units in hand.
    rows: Vec<i32>,
    table: &'t Huffman,
}

/// A scan of a frame whose components have different resolutions. Samples are repeated to the size of the frame,
/// as libjpeg-turbo does it: its filter is for what comes from a DCT.
fn subsampled<P: Sample>(
    data: &[u8],
    position: usize,
    frame: &Frame,
    scan: &Scan,
    tables: &Tables,
    huffman: &[&Huffman],
    out: &mut [P],
) -> Result<Outcome> {
    // A scan of one component has one sample in a unit, whatever its factors (A.2.2).
    let alone = scan.components.len() == 1;
    let mut units = (frame.mcus_w, frame.mcus_h);
    let mut planes = Vec::with_capacity(huffman.len());
    for (part, table) in scan.components.iter().zip(huffman) {
        let Some(component) = frame.components.get(part.index) else { continue };
        if alone {
            units = (component.width, component.height);
        }
        let (h, v) = if alone { (1, 1) } else { (component.h, component.v) };
        let stride = units.0 * h;
        planes.push(Plane { index: part.index, h, v, stride, rows: vec![0; stride * (v + 1)], table });
    }
    let (across, down) = units;
    let interval = tables.restart_interval;
    if interval % across.max(1) != 0 {
        // H.1.1 allows whole rows of units alone.
        return Err(Error::malformed(format!("restarts every {interval} units in a lossless scan of {across} a row")));
    }
    let middle = 1i32 << (u32::from(frame.precision) - scan.al - 1);
    let mut bits = Bits::new(data, position);
    let mut outcome = Outcome { mcus: across * down, ..Outcome::default() };
    let (mut restarts, mut fresh) = (Restarts::new(tables), true);
    for row in 0..down {
        fresh |= restarts.pass(across, &mut bits, &mut outcome);
        for unit in 0..across {
            for plane in &mut planes {
                for (line, column) in (0..plane.v).flat_map(|y| (0..plane.h).map(move |x| (y, x))) {
                    let difference = difference(&mut bits, plane.table, &mut outcome);
                    let x = unit * plane.h + column;
                    let at = (line + 1) * plane.stride + x;
                    let above = at - plane.stride;
                    let a = |at: usize| if x == 0 { 0 } else { plane.rows[at - 1] };
                    let prediction = match (fresh && line == 0, x) {
                        (true, 0) => middle,
                        (true, _) => a(at),
                        (false, 0) => plane.rows[above],
                        (false, _) => predict(scan.ss, a(at), plane.rows[above], a(above)),
                    };
                    plane.rows[at] = (prediction + difference) & 0xFFFF;
                }
            }
            if bits.starved() {
                outcome.missing += 1;
                if bits.at_end_of_data() {
                    outcome.missing += across * down;
                    outcome.at_end = true;
                    return Ok(outcome);
                }
            }
        }
        fresh = false;
        for plane in &mut planes {
            let Some(component) = frame.components.get(plane.index) else { continue };
            for line in 0..plane.v {
                let samples = plane.rows.get((line + 1) * plane.stride..).unwrap_or_default();
                spread(samples, row * plane.v + line, plane.index, frame, component, scan.al, out);
            }
            plane.rows.copy_within(plane.v * plane.stride.., 0);
        }
    }
    outcome.position = bits.position();
    outcome.at_end = bits.at_end_of_data();
    Ok(outcome)
}

/// Writes row `own` of a component to all the rows and columns of the frame that it stands for.
fn spread<P: Sample>(
    samples: &[i32],
    own: usize,
    index: usize,
    frame: &Frame,
    component: &Component,
    shift: u32,
    out: &mut [P],
) {
    let channels = frame.components.len();
    let first = (own * frame.vmax).div_ceil(component.v);
    let end = ((own + 1) * frame.vmax).div_ceil(component.v);
    let lines = out.chunks_exact_mut((frame.width * channels).max(1)).take(frame.height);
    for line in lines.skip(first).take(end - first) {
        for (x, place) in line.iter_mut().skip(index).step_by(channels).enumerate() {
            *place = P::exact((samples[x * component.h / frame.hmax] << shift) as u16);
        }
    }
}

/// Table H.1; `a` is to the left, `b` above, `c` above to the left.
#[inline(always)]
fn predict(selection: usize, a: i32, b: i32, c: i32) -> i32 {
    match selection {
        1 => a,
        2 => b,
        3 => c,
        4 => a + b - c,
        5 => a + ((b - c) >> 1),
        6 => b + ((a - c) >> 1),
        _ => (a + b) >> 1,
    }
}
