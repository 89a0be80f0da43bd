//! From RGB to YUV 4:2:0.

/// The three planes, filled up to whole macroblocks with their last pixels.
pub(super) struct Planes {
    /// Macroblocks in a row.
    pub columns: usize,
    /// Rows of macroblocks.
    pub rows: usize,
    pub y: Vec<u8>,
    pub u: Vec<u8>,
    pub v: Vec<u8>,
}

impl Planes {
    /// Converts rows of grey (1 channel), RGB (3) or RGBA (4, alpha left out).
    pub(super) fn new(pixels: &[u8], width: usize, height: usize, channels: usize, threads: usize) -> Self {
        let (columns, rows) = (width.div_ceil(16), height.div_ceil(16));
        let mut planes = Planes {
            columns,
            rows,
            y: vec![0; columns * rows * 256],
            u: vec![0; columns * rows * 64],
            v: vec![0; columns * rows * 64],
        };
        let per_part = rows.div_ceil(threads.max(1)).max(1);
        let parts = planes
            .y
            .chunks_mut(per_part * columns * 256)
            .zip(planes.u.chunks_mut(per_part * columns * 64))
            .zip(planes.v.chunks_mut(per_part * columns * 64));
        let work = |part: usize, y: &mut [u8], u: &mut [u8], v: &mut [u8]| {
            let first = part * per_part * 16;
            match channels {
                1 => convert::<1>(pixels, (width, height), first, columns, y, u, v),
                3 => convert::<3>(pixels, (width, height), first, columns, y, u, v),
                _ => convert::<4>(pixels, (width, height), first, columns, y, u, v),
            }
        };
        if threads < 2 {
            for (part, ((y, u), v)) in parts.enumerate() {
                work(part, y, u, v);
            }
        } else {
            std::thread::scope(|scope| {
                for (part, ((y, u), v)) in parts.enumerate() {
                    let work = &work;
                    scope.spawn(move || work(part, y, u, v));
                }
            });
        }
        planes
    }
}

fn convert<const CHANNELS: usize>(
    pixels: &[u8],
    (width, height): (usize, usize),
    first: usize,
    columns: usize,
    y: &mut [u8],
    u: &mut [u8],
    v: &mut [u8],
) {
    let bytes = width * CHANNELS;
    let row = |line: usize| &pixels[line.min(height - 1) * bytes..][..bytes];
    let (stride, half) = (16 * columns, 8 * columns);
    // Sums of two by two pixels, red, green, blue.
    let mut sums = vec![[0i32; 3]; width.div_ceil(2)];
    let lines = y.chunks_exact_mut(2 * stride).zip(u.chunks_exact_mut(half)).zip(v.chunks_exact_mut(half));
    for (pair, ((y, u), v)) in lines.enumerate() {
        let line = first + 2 * pair;
        let (upper, lower) = (row(line), row(line + 1));
        let (y_upper, y_lower) = y.split_at_mut(stride);
        luma::<CHANNELS>(upper, y_upper, width);
        luma::<CHANNELS>(lower, y_lower, width);
        let pairs = upper.chunks(2 * CHANNELS).zip(lower.chunks(2 * CHANNELS));
        for (sum, (a, b)) in sums.iter_mut().zip(pairs) {
            let value =
                |run: &[u8], x: usize, c: usize| i32::from(run[x * CHANNELS + if CHANNELS == 1 { 0 } else { c }]);
            // A last odd column counts twice.
            let next = usize::from(a.len() > CHANNELS);
            *sum = std::array::from_fn(|c| value(a, 0, c) + value(a, next, c) + value(b, 0, c) + value(b, next, c));
        }
        for ((u, v), [r, g, b]) in u.iter_mut().zip(v.iter_mut()).zip(&sums) {
            const HALF: i32 = (128 << 18) + (1 << 17);
            *u = ((-9719 * r - 19081 * g + 28800 * b + HALF) >> 18).clamp(0, 255) as u8;
            *v = ((28800 * r - 24116 * g - 4684 * b + HALF) >> 18).clamp(0, 255) as u8;
        }
        let n = sums.len();
        for plane in [u, v] {
            let last = plane[n - 1];
            plane[n..].fill(last);
        }
    }
}

fn luma<const CHANNELS: usize>(row: &[u8], y: &mut [u8], width: usize) {
    for (y, pixel) in y.iter_mut().zip(row.chunks_exact(CHANNELS)) {
        let c = |i: usize| u32::from(pixel[if CHANNELS == 1 { 0 } else { i }]);
        *y = ((16839 * c(0) + 33059 * c(1) + 6420 * c(2) + (16 << 16) + (1 << 15)) >> 16) as u8;
    }
    let last = y[width - 1];
    y[width..].fill(last);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn white_red_and_grey() {
        let pixels = [255, 255, 255, 255, 0, 0];
        let planes = Planes::new(&pixels, 1, 2, 3, 1);
        assert_eq!((planes.y[0], planes.y[16], planes.y[15 * 16 + 15]), (235, 82, 82));
        let grey = Planes::new(&[0, 128, 255], 3, 1, 1, 2);
        assert_eq!(grey.y[..4], [16, 126, 235, 235]);
        assert!(grey.u.iter().chain(&grey.v).all(|c| *c == 128));
    }
}
