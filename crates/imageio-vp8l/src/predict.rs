//! Prediction of pixels from their neighbours, tile by tile.

/// The predictors in the order in which they are worth trying.
pub(crate) const ORDER: [u8; 14] = [11, 12, 7, 2, 1, 5, 13, 10, 9, 8, 6, 4, 3, 0];

#[inline(always)]
fn avg2(a: u32, b: u32) -> u32 {
    // Four bytes at once: what both have, and half of what they differ in.
    (a & b) + (((a ^ b) >> 1) & 0x7f7f_7f7f)
}

#[inline(always)]
fn each(f: impl Fn(usize) -> u8) -> u32 {
    u32::from_be_bytes(std::array::from_fn(f))
}

#[inline(always)]
fn select(left: u32, top: u32, corner: u32) -> u32 {
    let (l, t, c) = (left.to_be_bytes(), top.to_be_bytes(), corner.to_be_bytes());
    let distance = |a: [u8; 4]| (0..4).map(|i| i32::from(a[i].abs_diff(c[i]))).sum::<i32>();
    if distance(t) < distance(l) { left } else { top }
}

#[inline(always)]
fn predict(mode: u8, left: u32, top: u32, right: u32, corner: u32) -> u32 {
    let (l, t, c) = (left.to_be_bytes(), top.to_be_bytes(), corner.to_be_bytes());
    match mode {
        0 => 0xff00_0000,
        1 => left,
        2 => top,
        3 => right,
        4 => corner,
        5 => avg2(avg2(left, right), top),
        6 => avg2(left, corner),
        7 => avg2(left, top),
        8 => avg2(corner, top),
        9 => avg2(top, right),
        10 => avg2(avg2(left, corner), avg2(top, right)),
        11 => select(left, top, corner),
        12 => each(|i| (i16::from(l[i]) + i16::from(t[i]) - i16::from(c[i])).clamp(0, 255) as u8),
        _ => {
            let mean = avg2(left, top).to_be_bytes();
            each(|i| {
                let (m, c) = (i16::from(mean[i]), i16::from(c[i]));
                (m + (m - c) / 2).clamp(0, 255) as u8
            })
        }
    }
}

/// `a - b` in each byte.
#[inline(always)]
fn difference(a: u32, b: u32) -> u32 {
    let (a, b) = (a.to_be_bytes(), b.to_be_bytes());
    each(|i| a[i].wrapping_sub(b[i]))
}

/// What is left of a run of pixels of one row under a predictor; `x0` and `y` are not 0.
#[inline(always)]
fn row_residue(mode: u8, argb: &[u32], at: usize, width: usize, out: &mut [u32]) {
    let n = out.len();
    let own = &argb[at..at + n];
    let left = &argb[at - 1..at - 1 + n];
    let top = &argb[at - width..at - width + n];
    let corner = &argb[at - width - 1..at - width - 1 + n];
    let right = &argb[at - width + 1..at - width + 1 + n];
    macro_rules! all {
        ($($m:literal),*) => {
            match mode {
                $($m => for i in 0..n {
                    out[i] = difference(own[i], predict($m, left[i], top[i], right[i], corner[i]));
                },)*
                _ => for i in 0..n {
                    out[i] = difference(own[i], predict(13, left[i], top[i], right[i], corner[i]));
                },
            }
        };
    }
    all!(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12);
}

/// What is left of the first row and the first column, which have fixed predictors.
fn edge_residue(argb: &[u32], at: usize, width: usize, x: usize, y: usize) -> u32 {
    let prediction = match (x, y) {
        (0, 0) => 0xff00_0000,
        (_, 0) => argb[at - 1],
        _ => argb[at - width],
    };
    difference(argb[at], prediction)
}

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

#[inline(always)]
fn cost(residue: u32) -> u32 {
    residue.to_be_bytes().iter().map(|b| u32::from(COST[usize::from(*b)])).sum()
}

/// Chooses a predictor for each tile. Gives the tiles as the format stores them, and what is left of the picture.
pub(crate) fn run(
    argb: &[u32],
    (width, height): (usize, usize),
    tile_bits: u32,
    predictors: usize,
) -> (Vec<u32>, Vec<u32>) {
    let tile = 1usize << tile_bits;
    let (columns, rows) = (width.div_ceil(tile), height.div_ceil(tile));
    let mut modes = vec![0xff00_0000u32; columns * rows];
    let mut residue = vec![0u32; argb.len()];
    let threads = if cfg!(feature = "parallel") && argb.len() >= 1 << 16 { 2 } else { 1 };
    let per_part = rows.div_ceil(threads);
    let parts = modes.chunks_mut(per_part * columns).zip(residue.chunks_mut(per_part * tile * width)).enumerate();
    let work = |part: usize, modes: &mut [u32], residue: &mut [u32]| {
        for (k, (modes, residue)) in modes.chunks_mut(columns).zip(residue.chunks_mut(tile * width)).enumerate() {
            tile_row(argb, width, (part * per_part + k) * tile, tile, predictors, modes, residue);
        }
    };
    if threads == 1 {
        for (part, (modes, residue)) in parts {
            work(part, modes, residue);
        }
    } else {
        std::thread::scope(|scope| {
            for (part, (modes, residue)) in parts {
                let work = &work;
                scope.spawn(move || work(part, modes, residue));
            }
        });
    }
    (modes, residue)
}

/// One row of tiles, which begins with line `y0`.
fn tile_row(
    argb: &[u32],
    width: usize,
    y0: usize,
    tile: usize,
    predictors: usize,
    modes: &mut [u32],
    residue: &mut [u32],
) {
    let lines = residue.len() / width;
    let mut before = ORDER[0];
    let mut run = [0u32; 64];
    for (tx, stored) in modes.iter_mut().enumerate() {
        let (x0, x1) = (tx * tile, ((tx + 1) * tile).min(width));
        // The last column looks at the first pixel of its own row instead of one above to the right; the slices do
        // just that, since rows follow one another.
        let from = x0.max(1);
        let first = usize::from(y0 == 0);
        let mut best = (u32::MAX, before);
        if from < x1 && first < lines {
            for mode in &ORDER[..predictors.clamp(1, 14)] {
                // Keeping the neighbour's predictor saves the bits to say another one.
                let mut sum = if *mode == before { 0 } else { 64 };
                for line in first..lines {
                    let at = (y0 + line) * width + from;
                    let out = &mut run[..x1 - from];
                    row_residue(*mode, argb, at, width, out);
                    sum += out.iter().map(|r| cost(*r)).sum::<u32>();
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
        *stored = 0xff00_0000 | u32::from(best.1) << 8;
        for line in 0..lines {
            let y = y0 + line;
            let out = &mut residue[line * width..][..width];
            if y == 0 {
                for x in x0..x1 {
                    out[x] = edge_residue(argb, x, width, x, 0);
                }
                continue;
            }
            if x0 == 0 {
                out[0] = edge_residue(argb, y * width, width, 0, y);
            }
            if from < x1 {
                row_residue(best.1, argb, y * width + from, width, &mut out[from..x1]);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn averages_and_clamps() {
        assert_eq!(avg2(0xff01_0203, 0xff03_0405), 0xff02_0304);
        assert_eq!(avg2(0x0000_00ff, 0x0000_0000), 0x0000_007f);
        assert_eq!(predict(12, 0xff64_64c8, 0xff64_0ac8, 0, 0xff64_6432), 0xff64_0aff);
        assert_eq!(predict(13, 0xff10_0000, 0xff20_0000, 0, 0xff30_0000) >> 16 & 0xff, 0x18 - 0x0c);
        assert_eq!(select(0xff00_0010, 0xff00_0050, 0xff00_0052), 0xff00_0010);
        assert!(COST[0] < COST[1] && COST[255] == COST[1] && COST[100] < COST[128]);
    }
}
