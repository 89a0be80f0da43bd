//! From YUV 4:2:0 to RGB, with the arithmetic of libwebp so that both give the same pixels.

/// Scratch for one row.
#[derive(Default)]
pub(crate) struct RowConverter {
    mixed: Vec<u16>,
    u: Vec<u8>,
    v: Vec<u8>,
}

impl RowConverter {
    /// Converts one row of `y`. The chroma rows are the nearer and the farther one; `out` holds `CHANNELS` bytes a
    /// pixel, the fourth is set to 255.
    pub(crate) fn row<const CHANNELS: usize>(
        &mut self,
        y: &[u8],
        (near_u, far_u): (&[u8], &[u8]),
        (near_v, far_v): (&[u8], &[u8]),
        out: &mut [u8],
    ) {
        upsample(near_u, far_u, y.len(), &mut self.mixed, &mut self.u);
        upsample(near_v, far_v, y.len(), &mut self.mixed, &mut self.v);
        convert::<CHANNELS>(y, &self.u, &self.v, out);
    }
}

/// Doubles a row of chroma: each sample is 9/16 of the nearest, 3/16 of its two neighbours, 1/16 of the fourth.
fn upsample(near: &[u8], far: &[u8], width: usize, mixed: &mut Vec<u16>, out: &mut Vec<u8>) {
    let n = width.div_ceil(2);
    mixed.clear();
    mixed.extend(near[..n].iter().zip(&far[..n]).map(|(a, b)| 3 * u16::from(*a) + u16::from(*b)));
    out.resize(2 * n, 0);
    let (Some(first), Some(last)) = (mixed.first(), mixed.last()) else { return };
    out[0] = ((first + 2) >> 2) as u8;
    out[2 * n - 1] = ((last + 2) >> 2) as u8;
    let pairs = out[1..2 * n - 1].chunks_exact_mut(2);
    for ((pair, a), b) in pairs.zip(&mixed[..n - 1]).zip(&mixed[1..]) {
        pair[0] = ((3 * a + b + 8) >> 4) as u8;
        pair[1] = ((a + 3 * b + 8) >> 4) as u8;
    }
}

const BATCH: usize = 32;

fn convert<const CHANNELS: usize>(y: &[u8], u: &[u8], v: &[u8], out: &mut [u8]) {
    let n = y.len();
    let (u, v, out) = (&u[..n], &v[..n], &mut out[..n * CHANNELS]);
    let whole = n / BATCH * BATCH;
    let batches = y.chunks_exact(BATCH).zip(u.chunks_exact(BATCH)).zip(v.chunks_exact(BATCH));
    for (((y, u), v), out) in batches.zip(out.chunks_exact_mut(BATCH * CHANNELS)) {
        let (mut r, mut g, mut b) = ([0u8; BATCH], [0u8; BATCH], [0u8; BATCH]);
        for i in 0..BATCH {
            [r[i], g[i], b[i]] = rgb(y[i], u[i], v[i]);
        }
        for (i, pixel) in out.chunks_exact_mut(CHANNELS).enumerate() {
            pixel[0] = r[i];
            pixel[1] = g[i];
            pixel[2] = b[i];
            if CHANNELS == 4 {
                pixel[3] = 255;
            }
        }
    }
    let rest = y[whole..].iter().zip(&u[whole..]).zip(&v[whole..]);
    for (((y, u), v), pixel) in rest.zip(out[whole * CHANNELS..].chunks_exact_mut(CHANNELS)) {
        pixel[..3].copy_from_slice(&rgb(*y, *u, *v));
        if CHANNELS == 4 {
            pixel[3] = 255;
        }
    }
}

#[inline(always)]
fn scale(v: u8, by: u16) -> u16 {
    // The high half of a product of 16 bits, which processors have an instruction for.
    (((u32::from(v) << 8) * u32::from(by)) >> 16) as u16
}

#[inline(always)]
fn rgb(y: u8, u: u8, v: u8) -> [u8; 3] {
    let y = scale(y, 19077);
    let r = (y + scale(v, 26149)).saturating_sub(14234) >> 6;
    let g = (y + 8708).saturating_sub(scale(u, 6419) + scale(v, 13320)) >> 6;
    let b = (y + scale(u, 33050)).saturating_sub(17685) >> 6;
    [r.min(255) as u8, g.min(255) as u8, b.min(255) as u8]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_colours() {
        assert_eq!(rgb(16, 128, 128), [0, 0, 0]);
        assert_eq!(rgb(235, 128, 128), [255, 255, 255]);
        // What libwebp's VP8YUVToR, G, B give.
        assert_eq!(rgb(81, 90, 240), [254, 0, 0]);
        assert_eq!(rgb(145, 54, 34), [0, 255, 1]);
    }

    #[test]
    fn chroma_is_interpolated() {
        let (mut mixed, mut out) = (Vec::new(), Vec::new());
        upsample(&[0, 160, 80], &[0, 160, 80], 5, &mut mixed, &mut out);
        assert_eq!(out, [0, 40, 120, 140, 100, 80]);
        upsample(&[8], &[16], 1, &mut mixed, &mut out);
        assert_eq!(out, [10, 10]);
    }
}
