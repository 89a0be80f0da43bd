//! Prediction from neighbouring pixels (RFC 6386, section 12).

/// Modes of a whole macroblock, luma and chroma, as the trees number them.
pub(crate) const DC: u8 = 0;
pub(crate) const VERTICAL: u8 = 1;
pub(crate) const HORIZONTAL: u8 = 2;
pub(crate) const TRUE_MOTION: u8 = 3;
/// Luma mode of a macroblock whose blocks have modes of their own.
pub(crate) const PER_BLOCK: u8 = 4;

/// Modes of a 4x4 block, in the order of their probabilities.
pub(crate) const B_DC: u8 = 0;
pub(crate) const B_TM: u8 = 1;
pub(crate) const B_VE: u8 = 2;
pub(crate) const B_HE: u8 = 3;
pub(crate) const B_LD: u8 = 4;
pub(crate) const B_RD: u8 = 5;
pub(crate) const B_VR: u8 = 6;
pub(crate) const B_VL: u8 = 7;
pub(crate) const B_HD: u8 = 8;
pub(crate) const B_HU: u8 = 9;

/// The mode that a neighbour's block counts as when its whole macroblock has mode `mode`.
pub(crate) fn block_mode_of(mode: u8) -> u8 {
    match mode {
        VERTICAL => B_VE,
        HORIZONTAL => B_HE,
        TRUE_MOTION => B_TM,
        _ => B_DC,
    }
}

/// Fills an `N` x `N` square at `at` from its neighbours. `above` and `left` tell whether those lie inside the
/// picture, which only the average cares about.
#[inline(always)]
#[allow(clippy::too_many_arguments)]
pub(crate) fn square<const N: usize>(
    mode: u8,
    top: &[u8; N],
    left: &[u8; N],
    corner: u8,
    (has_above, has_left): (bool, bool),
    out: &mut [u8],
    at: usize,
    stride: usize,
) {
    match mode {
        VERTICAL => {
            for y in 0..N {
                out[at + y * stride..][..N].copy_from_slice(top);
            }
        }
        HORIZONTAL => {
            for y in 0..N {
                out[at + y * stride..][..N].fill(left[y]);
            }
        }
        TRUE_MOTION => {
            for y in 0..N {
                let shift = i16::from(left[y]) - i16::from(corner);
                let row = &mut out[at + y * stride..][..N];
                for x in 0..N {
                    row[x] = (i16::from(top[x]) + shift).clamp(0, 255) as u8;
                }
            }
        }
        _ => {
            let sum = |edge: &[u8; N]| edge.iter().map(|v| u32::from(*v)).sum::<u32>();
            let n = N as u32;
            let value = match (has_above, has_left) {
                (true, true) => (sum(top) + sum(left) + n) / (2 * n),
                (true, false) => (sum(top) + n / 2) / n,
                (false, true) => (sum(left) + n / 2) / n,
                (false, false) => 128,
            };
            for y in 0..N {
                out[at + y * stride..][..N].fill(value as u8);
            }
        }
    }
}

#[inline(always)]
fn avg2(a: u8, b: u8) -> u8 {
    ((u16::from(a) + u16::from(b) + 1) >> 1) as u8
}

#[inline(always)]
fn avg3(a: u8, b: u8, c: u8) -> u8 {
    ((u16::from(a) + 2 * u16::from(b) + u16::from(c) + 2) >> 2) as u8
}

/// The prediction of a 4x4 block. `edge` runs from the lowest pixel on the left up to the corner (index 4) and on
/// to the eighth pixel above.
#[inline(always)]
pub(crate) fn block(mode: u8, edge: &[u8; 13]) -> [u8; 16] {
    let [l3, l2, l1, l0, p, a0, a1, a2, a3, a4, a5, a6, a7] = *edge;
    match mode {
        B_DC => {
            let sum: u16 = [a0, a1, a2, a3, l0, l1, l2, l3].iter().map(|v| u16::from(*v)).sum();
            [((sum + 4) >> 3) as u8; 16]
        }
        B_TM => {
            let mut out = [0; 16];
            for (y, l) in [l0, l1, l2, l3].into_iter().enumerate() {
                for (x, a) in [a0, a1, a2, a3].into_iter().enumerate() {
                    out[4 * y + x] = (i16::from(l) + i16::from(a) - i16::from(p)).clamp(0, 255) as u8;
                }
            }
            out
        }
        B_VE => {
            let [a, b, c, d] = [avg3(p, a0, a1), avg3(a0, a1, a2), avg3(a1, a2, a3), avg3(a2, a3, a4)];
            [a, b, c, d, a, b, c, d, a, b, c, d, a, b, c, d]
        }
        B_HE => {
            let [a, b, c, d] = [avg3(p, l0, l1), avg3(l0, l1, l2), avg3(l1, l2, l3), avg3(l2, l3, l3)];
            [a, a, a, a, b, b, b, b, c, c, c, c, d, d, d, d]
        }
        B_LD => {
            let d = [
                avg3(a0, a1, a2),
                avg3(a1, a2, a3),
                avg3(a2, a3, a4),
                avg3(a3, a4, a5),
                avg3(a4, a5, a6),
                avg3(a5, a6, a7),
                avg3(a6, a7, a7),
            ];
            [d[0], d[1], d[2], d[3], d[1], d[2], d[3], d[4], d[2], d[3], d[4], d[5], d[3], d[4], d[5], d[6]]
        }
        B_RD => {
            let d = [
                avg3(l3, l2, l1),
                avg3(l2, l1, l0),
                avg3(l1, l0, p),
                avg3(l0, p, a0),
                avg3(p, a0, a1),
                avg3(a0, a1, a2),
                avg3(a1, a2, a3),
            ];
            [d[3], d[4], d[5], d[6], d[2], d[3], d[4], d[5], d[1], d[2], d[3], d[4], d[0], d[1], d[2], d[3]]
        }
        B_VR => {
            let (t0, t1, t2, t3) = (avg2(p, a0), avg2(a0, a1), avg2(a1, a2), avg2(a2, a3));
            let (u0, u1, u2, u3) = (avg3(l0, p, a0), avg3(p, a0, a1), avg3(a0, a1, a2), avg3(a1, a2, a3));
            let (v, w) = (avg3(l1, l0, p), avg3(l2, l1, l0));
            [t0, t1, t2, t3, u0, u1, u2, u3, v, t0, t1, t2, w, u0, u1, u2]
        }
        B_VL => {
            let (t0, t1, t2, t3) = (avg2(a0, a1), avg2(a1, a2), avg2(a2, a3), avg2(a3, a4));
            let (u0, u1, u2, u3) = (avg3(a0, a1, a2), avg3(a1, a2, a3), avg3(a2, a3, a4), avg3(a3, a4, a5));
            let (v, w) = (avg3(a4, a5, a6), avg3(a5, a6, a7));
            [t0, t1, t2, t3, u0, u1, u2, u3, t1, t2, t3, v, u1, u2, u3, w]
        }
        B_HD => {
            let (t0, t1, t2, t3) = (avg2(l0, p), avg2(l1, l0), avg2(l2, l1), avg2(l3, l2));
            let (u0, u1, u2, u3) = (avg3(l0, p, a0), avg3(l1, l0, p), avg3(l2, l1, l0), avg3(l3, l2, l1));
            let (v, w) = (avg3(p, a0, a1), avg3(a0, a1, a2));
            [t0, u0, v, w, t1, u1, t0, u0, t2, u2, t1, u1, t3, u3, t2, u2]
        }
        _ => {
            let (t0, t1, t2) = (avg2(l0, l1), avg2(l1, l2), avg2(l2, l3));
            let (u0, u1, u2) = (avg3(l0, l1, l2), avg3(l1, l2, l3), avg3(l2, l3, l3));
            [t0, u0, t1, u1, t1, u1, t2, u2, t2, u2, l3, l3, l3, l3, l3, l3]
        }
    }
}
