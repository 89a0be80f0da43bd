//! Prediction of pixels from their neighbours, tile by tile, as well as can be found out.

use crate::rows::{Band, MAX_TILE, Rows, size};
use crate::threads::{both, parts};

/// The predictors in the order in which they are worth trying.
const ORDER: [u8; 14] = [11, 12, 7, 2, 1, 5, 13, 10, 9, 8, 6, 4, 3, 0];

/// Roughly what a difference costs: more for larger ones, in 1/16 bits.
static COST: [u8; 256] = {
    let mut table = [0u8; 256];
    let mut v = 0usize;
    while v < 256 {
        let size = if v < 128 { v } else { 256 - v };
        // 16 * (1 + 2 * log2(1 + size)), by integers: log2 to sixteenths through repeated squaring.
        let mut mantissa = (1 + size as u64) << 24;
        let mut log = 0u32;
        while mantissa >= 2 << 24 {
            mantissa >>= 1;
            log += 16;
        }
        let mut step = 8;
        while step > 0 {
            mantissa = (mantissa * mantissa) >> 24;
            if mantissa >= 2 << 24 {
                mantissa >>= 1;
                log += step;
            }
            step /= 2;
        }
        table[v] = (8 + log * 3 / 2) as u8;
        v += 1;
    }
    table
};

/// What is left, in a guess at bits: all channels, or all but an alpha that is opaque.
#[inline(always)]
fn cost(residue: &[u8], alpha: bool) -> u32 {
    let of = |v: u8| u32::from(COST[usize::from(v)]);
    let pixels = residue.as_chunks::<4>().0.iter();
    match alpha {
        true => pixels.map(|[r, g, b, a]| of(*r) + of(*g) + of(*b) + of(*a)).sum(),
        false => pixels.map(|[r, g, b, _]| of(*r) + of(*g) + of(*b)).sum(),
    }
}

/// Chooses a predictor for each tile: of so many, so many are looked at closer. Gives the tiles as the format stores them, and what is left of the picture.
pub(crate) fn run(rows: Rows<'_>, tile_bits: u32, tried: (usize, usize)) -> (Vec<u32>, Vec<u32>) {
    let (width, tile) = (rows.width, 1usize << tile_bits);
    let height = rows.pixels.len() / rows.channels / width;
    let (columns, lines) = (width.div_ceil(tile), height.div_ceil(tile));
    let mut modes = vec![0xff00_0000u32; columns * lines];
    let mut residue = vec![0u32; width * height];
    let per_part = lines.div_ceil(parts(width * height));
    let halves = modes.chunks_mut(per_part * columns).zip(residue.chunks_mut(per_part * tile * width)).enumerate();
    let work = |(part, (modes, residue)): (usize, (&mut [u32], &mut [u32]))| {
        let mut band = Band::new(rows, tile);
        let mut chosen = vec![0; columns];
        for (k, (modes, residue)) in modes.chunks_mut(columns).zip(residue.chunks_mut(tile * width)).enumerate() {
            band.load((part * per_part + k) * tile);
            choose(&band, tried, rows.channels == 4, &mut chosen);
            band.predict(&chosen);
            for (stored, mode) in modes.iter_mut().zip(&chosen) {
                *stored |= u32::from(*mode) << 8;
            }
            for (out, [r, g, b, a]) in residue.iter_mut().zip(band.residue()) {
                *out = u32::from_be_bytes([*a, *r, *g, *b]);
            }
        }
    };
    both(halves.collect(), work);
    (modes, residue)
}

/// Chooses for one row of tiles.
fn choose(band: &Band<'_>, (predictors, finalists): (usize, usize), alpha: bool, modes: &mut [u8]) {
    let predictors = &ORDER[..predictors.clamp(1, ORDER.len())];
    let mut run = [0u8; 4 * MAX_TILE];
    let mut before = ORDER[0];
    for (tx, chosen) in modes.iter_mut().enumerate() {
        let (x0, x1) = band.columns(tx);
        let mut best = (u32::MAX, before);
        if x0 < x1 && !band.free_lines().is_empty() {
            let out = &mut run[..4 * (x1 - x0)];
            let mut sums = ORDER.map(|mode| (0, mode));
            let sums = &mut sums[..predictors.len()];
            if predictors.len() > finalists {
                for (sum, mode) in sums.iter_mut() {
                    for line in band.free_lines() {
                        band.left_over(*mode, line, x0, out);
                        *sum += size(out);
                    }
                }
                // Stable, so that the order decides between equals.
                sums.sort_by_key(|(sum, _)| *sum);
            }
            for (_, mode) in sums.iter().take(finalists) {
                // Keeping the neighbour's predictor saves the bits to say another one.
                let mut sum = if *mode == before { 0 } else { 64 };
                for line in band.free_lines() {
                    band.left_over(*mode, line, x0, out);
                    sum += cost(out, alpha);
                    if sum >= best.0 {
                        break;
                    }
                }
                if sum < best.0 {
                    best = (sum, *mode);
                }
            }
        }
        before = best.1;
        *chosen = best.1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn larger_differences_cost_more() {
        assert!(COST[0] < COST[1] && COST[255] == COST[1] && COST[100] < COST[128]);
        assert!(cost(&[1, 0, 0, 9], false) < cost(&[1, 0, 0, 9], true));
    }
}
