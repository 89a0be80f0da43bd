//! The loop filter (RFC 6386, section 15), sixteen samples of an edge at a time.

/// What a macroblock's edges are filtered with.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Strength {
    /// Limit of the step across an edge inside the macroblock; 0 for no filtering at all.
    pub limit: u8,
    /// Limit of the steps beside the edge.
    pub interior: u8,
    /// Steps beside the edge beyond which it counts as a real contour.
    pub contour: u8,
    /// Whether edges inside the macroblock are filtered too.
    pub inner: bool,
}

impl Strength {
    /// The strength for a level from 0 to 63 and a sharpness from 0 to 7, without `inner`.
    pub(crate) fn new(level: u8, sharpness: u8) -> Self {
        if level == 0 {
            return Strength::default();
        }
        let mut interior = level;
        if sharpness > 0 {
            interior >>= if sharpness > 4 { 2 } else { 1 };
            interior = interior.min(9 - sharpness);
        }
        let interior = interior.max(1);
        let contour = match level {
            40.. => 2,
            15.. => 1,
            _ => 0,
        };
        Strength { limit: 2 * level + interior, interior, contour, inner: false }
    }
}

/// Sixteen samples of each of the eight lines around an edge: four before, four behind.
pub(crate) type Lines = [[u8; 16]; 8];

#[inline(always)]
fn clamp8(v: i16) -> i16 {
    v.clamp(-128, 127)
}

#[inline(always)]
fn pixel(v: i16) -> u8 {
    v.clamp(0, 255) as u8
}

/// The filter of edges between macroblocks.
#[inline(always)]
pub(crate) fn macroblock_edge(lines: &mut Lines, strength: Strength) {
    let limit = 2 * (i16::from(strength.limit) + 4) + 1;
    filter::<true>(lines, limit, i16::from(strength.interior), i16::from(strength.contour));
}

/// The filter of edges between blocks of a macroblock.
#[inline(always)]
pub(crate) fn block_edge(lines: &mut Lines, strength: Strength) {
    let limit = 2 * i16::from(strength.limit) + 1;
    filter::<false>(lines, limit, i16::from(strength.interior), i16::from(strength.contour));
}

#[inline(always)]
fn filter<const WIDE: bool>(lines: &mut Lines, limit: i16, interior: i16, contour: i16) {
    let [l0, l1, l2, l3, l4, l5, l6, l7] = lines;
    for i in 0..16 {
        let p3 = i16::from(l0[i]);
        let p2 = i16::from(l1[i]);
        let p1 = i16::from(l2[i]);
        let p0 = i16::from(l3[i]);
        let q0 = i16::from(l4[i]);
        let q1 = i16::from(l5[i]);
        let q2 = i16::from(l6[i]);
        let q3 = i16::from(l7[i]);
        let (dp, dq) = ((p1 - p0).abs(), (q1 - q0).abs());
        let step = 4 * (p0 - q0).abs() + (p1 - q1).abs();
        let beside = (p3 - p2).abs().max((p2 - p1).abs()).max(dp).max((q3 - q2).abs()).max((q2 - q1).abs()).max(dq);
        // Masks of all ones or zeros, so that every lane does the same.
        let on = -((step <= limit && beside <= interior) as i16);
        let real = -((dp.max(dq) > contour) as i16);
        let outer = clamp8(p1 - q1);
        let across = 3 * (q0 - p0);
        if WIDE {
            let w = clamp8(outer + across) & on;
            let narrow = w & real;
            let wide = w & !real;
            let a1 = clamp8(narrow + 4) >> 3;
            let a2 = clamp8(narrow + 3) >> 3;
            let b0 = (27 * wide + 63) >> 7;
            let b1 = (18 * wide + 63) >> 7;
            let b2 = (9 * wide + 63) >> 7;
            l1[i] = pixel(p2 + b2);
            l2[i] = pixel(p1 + b1);
            l3[i] = pixel(p0 + a2 + b0);
            l4[i] = pixel(q0 - a1 - b0);
            l5[i] = pixel(q1 - b1);
            l6[i] = pixel(q2 - b2);
        } else {
            let w = clamp8((outer & real) + across) & on;
            let a1 = clamp8(w + 4) >> 3;
            let a2 = clamp8(w + 3) >> 3;
            let b = ((a1 + 1) >> 1) & !real;
            l2[i] = pixel(p1 + b);
            l3[i] = pixel(p0 + a2);
            l4[i] = pixel(q0 - a1);
            l5[i] = pixel(q1 - b);
        }
    }
}

/// The simple filter: two samples on either side, luma alone. `lines` are the four around the edge.
#[inline(always)]
pub(crate) fn simple_edge(lines: &mut [[u8; 16]; 4], limit: u8, extra: i16) {
    let limit = 2 * (i16::from(limit) + extra) + 1;
    let [l0, l1, l2, l3] = lines;
    for i in 0..16 {
        let p1 = i16::from(l0[i]);
        let p0 = i16::from(l1[i]);
        let q0 = i16::from(l2[i]);
        let q1 = i16::from(l3[i]);
        let on = -((4 * (p0 - q0).abs() + (p1 - q1).abs() <= limit) as i16);
        let w = clamp8(clamp8(p1 - q1) + 3 * (q0 - p0)) & on;
        l1[i] = pixel(p0 + (clamp8(w + 3) >> 3));
        l2[i] = pixel(q0 - (clamp8(w + 4) >> 3));
    }
}

/// Exchanges rows and columns of eight by eight bytes.
#[inline(always)]
pub(crate) fn transpose(rows: [u64; 8]) -> [u64; 8] {
    const LOW1: u64 = 0x00ff_00ff_00ff_00ff;
    const LOW2: u64 = 0x0000_ffff_0000_ffff;
    const LOW4: u64 = 0x0000_0000_ffff_ffff;
    let mut r = rows;
    for i in [0, 2, 4, 6] {
        let (a, b) = (r[i], r[i + 1]);
        r[i] = (a & LOW1) | ((b & LOW1) << 8);
        r[i + 1] = ((a >> 8) & LOW1) | (b & !LOW1);
    }
    for i in [0, 1, 4, 5] {
        let (a, b) = (r[i], r[i + 2]);
        r[i] = (a & LOW2) | ((b & LOW2) << 16);
        r[i + 2] = ((a >> 16) & LOW2) | (b & !LOW2);
    }
    for i in 0..4 {
        let (a, b) = (r[i], r[i + 4]);
        r[i] = (a & LOW4) | (b << 32);
        r[i + 4] = (a >> 32) | (b & !LOW4);
    }
    r
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn transposes() {
        let rows: [u64; 8] = std::array::from_fn(|y| u64::from_le_bytes(std::array::from_fn(|x| (8 * y + x) as u8)));
        let columns = transpose(rows);
        for (x, column) in columns.iter().enumerate() {
            assert_eq!(column.to_le_bytes(), std::array::from_fn(|y| (8 * y + x) as u8));
        }
    }

    #[test]
    fn a_step_is_smoothed_and_a_contour_is_kept() {
        let strength = Strength::new(20, 0);
        assert_eq!(strength, Strength { limit: 60, interior: 20, contour: 1, inner: false });
        let mut lines: Lines = std::array::from_fn(|i| [if i < 4 { 100 } else { 110 }; 16]);
        macroblock_edge(&mut lines, strength);
        // w = clamp(-10 + 30) = 20: 27 * 20 + 63 >> 7 = 4, 18 -> 3, 9 -> 1.
        assert_eq!(lines.map(|l| l[7]), [100, 101, 103, 104, 106, 107, 109, 110]);
        let mut lines: Lines = std::array::from_fn(|i| [if i < 4 { 0 } else { 250 }; 16]);
        block_edge(&mut lines, strength);
        assert_eq!(lines.map(|l| l[0]), [0, 0, 0, 0, 250, 250, 250, 250]);
    }
}
