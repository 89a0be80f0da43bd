//! Lossless scans (SOF3, T.81 Annex H): predicted samples, Huffman coded.

use imageio_core::{Error, Result};

use super::bits::Bits;
use super::frame::Frame;
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
        return Err(Error::unsupported("lossless JPEG with subsampled components"));
    }
    let (width, n) = (frame.width, scan.components.len());
    let shift = scan.al;
    let middle = 1i32 << (u32::from(frame.precision) - shift - 1);
    let mut bits = Bits::new(data, position);
    let mut outcome = Outcome { mcus: width * frame.height, ..Outcome::default() };
    // The row above and the one in hand, of all components of the scan interleaved.
    let mut above = vec![0i32; width * n];
    let mut row = vec![0i32; width * n];
    let (interval, mut left, mut next) = (tables.restart_interval, tables.restart_interval, 0u8);
    // After a restart prediction begins anew: from the left in that row, from above below it.
    let mut fresh = true;
    for line in out.chunks_exact_mut((width * channels).max(1)).take(frame.height) {
        let mut first = fresh;
        for x in 0..width {
            if interval > 0 {
                if left == 0 {
                    if !bits.restart(next) {
                        outcome.lost_restarts += 1;
                    }
                    next = (next + 1) & 7;
                    left = interval;
                    first = true;
                }
                left -= 1;
            }
            let restarted = first && (x == 0 || (interval > 0 && left + 1 == interval));
            for (ci, table) in huffman.iter().enumerate() {
                bits.refill();
                let size = u32::from(table.symbol(&mut bits, &mut outcome.corrupt));
                let difference = match size {
                    0..=15 => {
                        let value = extend(bits.peek(), size);
                        bits.skip(size);
                        value
                    }
                    _ => 32_768,
                };
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
