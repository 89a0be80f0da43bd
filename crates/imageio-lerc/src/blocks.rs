//! Pixels in small blocks: constant, plain, or as integers of few bits that count steps from an offset.

use crate::bits::{self, MOST, Quanta};
use crate::element::{Element, Kind};
use crate::error::Result;
use crate::header::{Format, Header};
use crate::mask::Mask;
use crate::reader::Reader;

const WHAT: &str = "a block";

/// How a block's integers become elements.
#[derive(Debug, Clone, Copy)]
pub enum Step {
    /// Integers without loss.
    Add { offset: u32 },
    /// Integers with loss, in steps of a power of two.
    Shift { offset: u32, by: u32 },
    /// Integers with loss, in other steps.
    Multiply { offset: u32, step: u32 },
    /// Real numbers, and integers of which some would be beyond the highest value.
    Real { offset: f64, step: f64, max: f64 },
}

impl Step {
    fn new(kind: Kind, [offset, step, max]: [f64; 3], most: u32, quanta: &[u32]) -> Self {
        let real = Step::Real { offset, step, max };
        if kind.is_float() {
            return real;
        }
        let whole = |v: f64| (v.fract() == 0.0 && v.abs() <= 4_294_967_296.0).then_some(v as i64);
        let (Some(offset), Some(step), Some(max)) = (whole(offset), whole(step), whole(max)) else { return real };
        match step {
            // What was not changed can't be beyond the highest value.
            1 => Step::Add { offset: offset as u32 },
            2..=0x8000_0000 if max >= offset => {
                let by = step.trailing_zeros();
                let is_power = step == 1 << by;
                if offset + step * i64::from(most) > max {
                    let limit = if is_power { (max - offset) >> by } else { (max - offset) / step };
                    let limit = limit.min(i32::MAX.into()) as i32;
                    // Quanta have 31 bits at most, and signed integers are compared faster.
                    if quanta.iter().fold(0, |any, q| any | u32::from(*q as i32 > limit)) != 0 {
                        return real;
                    }
                }
                match is_power {
                    true => Step::Shift { offset: offset as u32, by },
                    false => Step::Multiply { offset: offset as u32, step: step as u32 },
                }
            }
            _ => real,
        }
    }
}

/// Where a block's elements of one depth lie.
struct Spot {
    /// The first element.
    at: usize,
    /// The first pixel.
    pixel: usize,
    rows: usize,
    columns: usize,
    /// Pixels of a row of the raster.
    width: usize,
    depth: usize,
    /// Valid pixels.
    valid: usize,
}

impl Spot {
    fn is_full(&self) -> bool {
        self.valid == self.rows * self.columns
    }

    /// Elements that lie next to each other.
    fn is_plain(&self) -> bool {
        self.depth == 1 && self.is_full()
    }

    /// The block's rows, of a raster of depth 1.
    fn rows_of<'o, T>(&self, out: &'o mut [T]) -> impl Iterator<Item = &'o mut [T]> {
        let columns = self.columns;
        let rows = out.get_mut(self.at..).unwrap_or(&mut []).chunks_mut(self.width.max(1)).take(self.rows);
        rows.filter_map(move |row| row.get_mut(..columns))
    }

    /// The places of valid elements, in order.
    fn each(&self, mask: Option<&Mask>, mut visit: impl FnMut(usize)) {
        for row in 0..self.rows {
            let at = self.at + row * self.width * self.depth;
            match mask {
                Some(mask) if !self.is_full() => {
                    let mut bits = mask.row(self.pixel + row * self.width, self.columns) << (32 - self.columns);
                    while bits != 0 {
                        let column = bits.leading_zeros() as usize;
                        visit(at + column * self.depth);
                        bits &= !(0x8000_0000 >> column);
                    }
                }
                _ => (0..self.columns).for_each(|column| visit(at + column * self.depth)),
            }
        }
    }
}

/// Reads all blocks. `tops` are the highest values by depth.
pub(crate) fn decode<T: Element>(
    r: &mut Reader<'_>,
    header: &Header,
    mask: Option<&Mask>,
    tops: &[f64],
    out: &mut [T],
) -> Result<()> {
    let version = match header.format {
        Format::Lerc2(version) => version,
        Format::Lerc1 => 0,
    };
    let pattern = if version >= 5 { 14 } else { 15 };
    let (width, height, depth, size) = (header.width, header.height, header.depth, header.block.max(1));
    let mut quanta: Quanta = [0; MOST];
    for y in (0..height).step_by(size) {
        let rows = size.min(height - y);
        for x in (0..width).step_by(size) {
            let columns = size.min(width - x);
            let pixel = y * width + x;
            let valid = match mask {
                Some(mask) => (0..rows).map(|row| mask.row(pixel + row * width, columns).count_ones() as usize).sum(),
                None => rows * columns,
            };
            for deep in 0..depth {
                let spot = Spot { at: pixel * depth + deep, pixel, rows, columns, width, depth, valid };
                let head = r.u8(WHAT)?;
                let differs = version >= 5 && head & 4 != 0;
                if (head >> 2) & pattern != (x >> 3) as u8 & pattern {
                    return Err(r.bad("a block that belongs elsewhere"));
                }
                if differs && deep == 0 {
                    return Err(r.bad("a block that differs from none"));
                }
                match head & 3 {
                    2 if differs => each(&spot, mask, out, |before| before),
                    2 => fill(&spot, mask, out, T::default()),
                    0 if differs => return Err(r.bad("a plain block as a difference")),
                    0 => plain(r, &spot, mask, out)?,
                    mode => {
                        // Differences of integers are held in 32 bits.
                        let kind = if differs && !T::KIND.is_float() { Kind::I32 } else { T::KIND };
                        let Some(kind) = kind.reduced(head >> 6) else {
                            return Err(r.bad("an offset of a type that is none"));
                        };
                        let offset = r.element(kind, WHAT)?;
                        let max = tops.get(deep).copied().unwrap_or(header.range[1]);
                        let step = 2.0 * header.max_error;
                        match (mode, differs) {
                            (3, false) => fill(&spot, mask, out, T::from_f64(offset)),
                            (3, true) => {
                                each(&spot, mask, out, |before| T::from_f64(least(offset + before.to_f64(), max)));
                            }
                            (_, false) => {
                                let most = bits::read(r, version, valid, &mut quanta)?;
                                let found = quanta.get(..valid).unwrap_or(&[]);
                                let step = Step::new(T::KIND, [offset, step, max], most, found);
                                scale(&spot, mask, out, &quanta, &step);
                            }
                            (_, true) => {
                                bits::read(r, version, valid, &mut quanta)?;
                                let mut quanta = quanta.iter();
                                each(&spot, mask, out, |before| {
                                    let quantum = quanta.next().copied().unwrap_or(0);
                                    let value = offset + f64::from(quantum) * step + before.to_f64();
                                    T::from_f64(least(value, max))
                                });
                            }
                        }
                    }
                }
            }
        }
    }
    Ok(())
}

fn least(value: f64, max: f64) -> f64 {
    if max < value { max } else { value }
}

/// Sets elements from those of the depth before.
#[inline(always)]
fn each<T: Element>(spot: &Spot, mask: Option<&Mask>, out: &mut [T], mut value: impl FnMut(T) -> T) {
    spot.each(mask, |at| {
        if let Some([before, to]) = out.get_mut(at.wrapping_sub(1)..=at) {
            *to = value(*before);
        }
    });
}

fn fill<T: Element>(spot: &Spot, mask: Option<&Mask>, out: &mut [T], value: T) {
    if spot.is_plain() {
        for row in spot.rows_of(out) {
            match row.first_chunk_mut::<8>() {
                // Of a size known beforehand, the most frequent rows are no calls.
                Some(eight) if spot.columns == 8 => *eight = [value; 8],
                _ => row.fill(value),
            }
        }
        return;
    }
    spot.each(mask, |at| {
        if let Some(to) = out.get_mut(at) {
            *to = value;
        }
    });
}

fn plain<T: Element>(r: &mut Reader<'_>, spot: &Spot, mask: Option<&Mask>, out: &mut [T]) -> Result<()> {
    let size = T::KIND.size();
    let data = r.take(spot.valid * size, WHAT)?;
    if spot.is_plain() {
        for (row, data) in spot.rows_of(out).zip(data.chunks_exact((spot.columns * size).max(1))) {
            copy(data, row);
        }
        return Ok(());
    }
    let mut values = data.chunks_exact(size);
    spot.each(mask, |at| {
        if let (Some(to), Some(from)) = (out.get_mut(at), values.next()) {
            *to = T::read_le(from);
        }
    });
    Ok(())
}

/// Copies elements of little-endian bytes.
pub(crate) fn copy<T: Element>(data: &[u8], out: &mut [T]) {
    for (to, from) in out.iter_mut().zip(data.chunks_exact(T::KIND.size())) {
        *to = T::read_le(from);
    }
}

fn scale<T: Element>(spot: &Spot, mask: Option<&Mask>, out: &mut [T], quanta: &Quanta, step: &Step) {
    if spot.is_plain() && spot.columns % 8 == 0 {
        let mut quanta = quanta.as_chunks::<8>().0.iter();
        for row in spot.rows_of(out) {
            for (to, quanta) in row.as_chunks_mut::<8>().0.iter_mut().zip(&mut quanta) {
                *to = T::scale(quanta, step);
            }
        }
        return;
    }
    let mut values = [T::default(); MOST];
    let groups = spot.valid.div_ceil(8);
    for (to, quanta) in values.as_chunks_mut::<8>().0.iter_mut().zip(quanta.as_chunks::<8>().0).take(groups) {
        *to = T::scale(quanta, step);
    }
    let mut values = values.iter();
    spot.each(mask, |at| {
        if let (Some(to), Some(from)) = (out.get_mut(at), values.next()) {
            *to = *from;
        }
    });
}
