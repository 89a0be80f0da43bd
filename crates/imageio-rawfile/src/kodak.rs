//! The first Kodak cameras with a compression of their own (DC40, DC50), which rawloader does not know. Blocks of four
//! rows hold green at full and red and blue at half height; values are predicted from those above and to the right,
//! and the differences are coded with one of several fixed Huffman codes, chosen by what came before.

use imageio_core::{Error, Orientation, Result};
use imageio_demosaic::Cfa;
use imageio_demosaic::color::{Matrix, SRGB_TO_XYZ, invert, multiply};

use crate::facts::{Area, Facts};

const WIDTH: usize = 768;
const HEIGHT: usize = 512;

/// Where the samples of a model begin; `None` for other models.
pub(crate) fn offset(model: &str) -> Option<u64> {
    match () {
        () if model.contains("DC50") => Some(19712),
        () if model.contains("DC40") => Some(1152),
        () => None,
    }
}

/// What is known of them.
pub(crate) fn facts(make: String, model: String) -> Facts {
    let model_is_dc50 = model.contains("DC50");
    let whole = Area { top: 0, left: 0, height: HEIGHT, width: WIDTH };
    Facts {
        make,
        model,
        height: HEIGHT,
        width: WIDTH,
        channels: 1,
        float: false,
        cfa: Cfa::from_letters("GRBG").ok(),
        black: [0.0; 4],
        white: 16383.0,
        xyz_to_camera: if model_is_dc50 { xyz_to_camera() } else { None },
        as_shot: None,
        visible: whole,
        default_crop: whole,
        orientation: Orientation::Normal,
        mosaic_only: None,
    }
}

/// The DC50's colours to linear sRGB, as measured on pictures that others developed; rows sum to 1.
const DC50_TO_SRGB: Matrix = [[1.8124, -0.3364, -0.4760], [-0.4350, 1.8520, -0.4170], [-0.6760, -1.3929, 3.0689]];

fn xyz_to_camera() -> Option<Matrix> {
    Some(multiply(&invert(&DC50_TO_SRGB)?, &invert(&SRGB_TO_XYZ)?))
}

/// Codes as pairs of length and value, in the order in which codes are given out; 256 codes of 8 bits each in all.
const CODES: [&[(u8, i8)]; 18] = [
    &[(1, 1), (2, 3), (3, 4), (4, 2), (5, 7), (6, 5), (7, 6), (7, 8)],
    &[(1, 0), (2, 1), (3, 3), (4, 4), (5, 2), (6, 7), (7, 6), (8, 5), (8, 8)],
    &[(2, 1), (2, 3), (3, 0), (3, 2), (3, 4), (4, 6), (5, 5), (6, 7), (6, 8)],
    &[(2, 0), (2, 1), (2, 3), (3, 2), (4, 4), (5, 6), (6, 7), (7, 5), (7, 8)],
    &[(2, 1), (2, 4), (3, 0), (3, 2), (3, 3), (4, 7), (5, 5), (6, 6), (6, 8)],
    &[(2, 3), (3, 1), (3, 2), (3, 4), (3, 5), (3, 6), (4, 7), (5, 0), (5, 8)],
    &[(2, 3), (2, 6), (3, 0), (3, 1), (4, 4), (4, 5), (4, 7), (5, 2), (5, 8)],
    &[(2, 4), (2, 7), (3, 3), (3, 6), (4, 1), (4, 2), (4, 5), (5, 0), (5, 8)],
    &[(2, 6), (3, 1), (3, 3), (3, 5), (3, 7), (3, 8), (4, 0), (5, 2), (5, 4)],
    &[(2, 0), (2, 1), (3, 2), (3, 3), (4, 4), (4, 5), (5, 6), (5, 7), (4, 8)],
    &[(1, 0), (2, 2), (2, -2)],
    &[(1, -3), (1, 3)],
    &[(2, -17), (2, -5), (2, 5), (2, 17)],
    &[(2, -7), (2, 2), (2, 9), (2, 18)],
    &[(2, -18), (2, -9), (2, -2), (2, 7)],
    &[(2, -28), (2, 28), (3, -49), (3, -9), (3, 9), (4, 49), (5, -79), (5, 79)],
    &[(2, -1), (2, 13), (2, 26), (3, 39), (4, -16), (5, 55), (6, -37), (6, 76)],
    &[(2, -26), (2, -13), (2, 1), (3, -39), (4, 16), (5, -55), (6, -76), (6, 37)],
];

/// The code that counts repetitions, and that of small steps.
const REPEATS: usize = 9;
const STEPS: usize = 10;

/// For each code and next eight bits: length and value.
struct Tables(Vec<[(u8, i8); 256]>);

impl Tables {
    fn new() -> Self {
        let table = |code: &&[(u8, i8)]| {
            let mut table = [(8, 0); 256];
            let mut at = 0;
            for (length, value) in *code {
                let n = 256usize >> length;
                for slot in table.iter_mut().skip(at).take(n) {
                    *slot = (*length, *value);
                }
                at += n;
            }
            table
        };
        Tables(CODES.iter().map(table).collect())
    }
}

/// Bits, most significant first; zeros beyond the end.
struct Bits<'a> {
    data: &'a [u8],
    at: usize,
    held: u32,
    have: u32,
}

impl Bits<'_> {
    fn fill(&mut self) {
        while self.have <= 24 {
            self.held |= u32::from(self.data.get(self.at).copied().unwrap_or(0)) << (24 - self.have);
            self.at += 1;
            self.have += 8;
        }
    }

    fn take(&mut self, n: u32) -> u32 {
        self.fill();
        let out = self.held >> (32 - n);
        self.held <<= n;
        self.have -= n;
        out
    }

    fn token(&mut self, tables: &Tables, code: usize) -> i32 {
        self.fill();
        let (length, value) = tables.0[code][(self.held >> 24) as usize];
        self.take(u32::from(length));
        i32::from(value)
    }

    /// A value that is not predicted: its upper five or six bits, and the middle of what they leave open.
    fn literal(&mut self, fine: bool) -> i32 {
        let left = if fine { 2 } else { 3 };
        (self.take(8 - left) << left | 1 << (left - 1)) as i32
    }

    fn is_past_the_end(&self) -> bool {
        self.at > self.data.len() + 64
    }
}

/// Columns of a plane of half width, with one to the right from which the first prediction comes.
const HALF: usize = WIDTH / 2;
type Plane = [[i32; HALF + 2]; 3];

/// Decodes the samples; files of the fine quality have one bit more in values that are not predicted.
pub(crate) fn decode(data: &[u8], fine: bool) -> Result<Vec<u16>> {
    let tables = Tables::new();
    let mut bits = Bits { data, at: 0, held: 0, have: 0 };
    let mut planes: Vec<Plane> = vec![[[2048; HALF + 2]; 3]; 3];
    let mut last = [16i32; 3];
    let mut out = vec![0i32; WIDTH * HEIGHT];
    for block in (0..HEIGHT).step_by(4) {
        let multipliers: [i32; 3] = [bits.take(6) as i32, bits.take(6) as i32, bits.take(6) as i32];
        if multipliers.contains(&0) {
            return Err(Error::malformed("Kodak: a multiplier of zero").with("row", block));
        }
        for (c, plane) in planes.iter_mut().enumerate() {
            let multiplier = multipliers[c];
            rescale(plane, last[c], multiplier);
            last[c] = multiplier;
            // Green, the first plane, has two passes of two rows.
            for pass in 0..if c == 0 { 2 } else { 1 } {
                rows(&mut bits, &tables, plane, c == 0, multiplier, fine);
                if bits.is_past_the_end() {
                    return Err(Error::malformed("the Kodak data end early").with("row", block));
                }
                for y in 0..2 {
                    for x in 0..HALF {
                        let value = ((plane[y + 1][x] << 4) / multiplier).max(0);
                        let (row, column) = match c {
                            0 => (block + pass * 2 + y, 2 * x + y),
                            _ => (block + 2 * y + c - 1, 2 * x + 2 - c),
                        };
                        out[row * WIDTH + column] = value;
                    }
                }
                // The last row is what the next are predicted from; green's rows are shifted by one against it.
                let shift = usize::from(c == 0);
                let [first, _, bottom] = plane;
                first[shift..].copy_from_slice(&bottom[..HALF + 2 - shift]);
            }
        }
        // Red and blue are stored as differences to the greens beside them.
        for row in out[block * WIDTH..][..4 * WIDTH].chunks_exact_mut(WIDTH).enumerate() {
            let (y, row) = row;
            for x in (1 - y % 2..WIDTH).step_by(2) {
                let left = row[if x > 0 { x - 1 } else { x + 1 }];
                let right = row[if x + 1 < WIDTH { x + 1 } else { x - 1 }];
                row[x] = ((row[x] - 2048) * 2 + (left + right) / 2).max(0);
            }
        }
    }
    let curve = curve();
    Ok(out.iter().map(|v| curve[(*v).clamp(0, 65535) as usize]).collect())
}

/// What is remembered is held to this: values have 16 bits, and those of damaged data would grow from block to block.
const MOST: i64 = 1 << 20;

/// Brings the remembered rows to the scale of another multiplier.
fn rescale(plane: &mut Plane, last: i32, multiplier: i32) {
    let ratio = ((0x0100_0000 / last + 0x7ff) >> 12) * multiplier;
    let shift = if ratio > 65564 { 10 } else { 12 };
    let half = (1 << (shift - 1)) - 1;
    let ratio = i64::from(ratio) << (12 - shift);
    for value in plane.iter_mut().flatten() {
        *value = ((i64::from(*value) * ratio + half) >> shift).clamp(-MOST, MOST) as i32;
    }
}

/// Two rows of a plane, in squares of two by two from the right.
fn rows(bits: &mut Bits<'_>, tables: &Tables, plane: &mut Plane, green: bool, multiplier: i32, fine: bool) {
    plane[1][HALF] = multiplier << 7;
    plane[2][HALF] = multiplier << 7;
    let predict = |plane: &Plane, y: usize, x: usize| match green {
        true => (plane[y - 1][x + 1] + 2 * plane[y - 1][x] + plane[y][x + 1]) / 4,
        false => (plane[y - 1][x] + plane[y][x + 1]) / 2,
    };
    let square = |column: usize| [(1, column + 1), (1, column), (2, column + 1), (2, column)];
    let mut tree = 1;
    let mut column = HALF;
    while column > 0 {
        tree = bits.token(tables, tree).clamp(0, 8) as usize;
        if tree > 0 {
            column -= 2;
            for (y, x) in square(column) {
                plane[y][x] = match tree {
                    8 => bits.literal(fine) * multiplier,
                    _ => bits.token(tables, tree + 10) * 16 + predict(plane, y, x),
                };
            }
            continue;
        }
        loop {
            let repeats = if column > 2 { bits.token(tables, REPEATS) + 1 } else { 1 };
            for k in 0..repeats.min(8) {
                if column == 0 {
                    break;
                }
                column -= 2;
                for (y, x) in square(column) {
                    plane[y][x] = predict(plane, y, x);
                }
                if k % 2 == 1 {
                    let step = bits.token(tables, STEPS) << 4;
                    for (y, x) in square(column) {
                        plane[y][x] += step;
                    }
                }
            }
            if repeats != 9 {
                break;
            }
        }
    }
}

/// From stored values to linear ones: straight lines between these points.
fn curve() -> Vec<u16> {
    const POINTS: [(u32, u32); 6] = [(0, 0), (1280, 1344), (2320, 3616), (3328, 8000), (4095, 16383), (65535, 16383)];
    let mut out = vec![0u16; 65536];
    for pair in POINTS.windows(2) {
        let [(x0, y0), (x1, y1)] = pair else { continue };
        for x in *x0..=*x1 {
            let part = (x - x0) as f32 / (x1 - x0) as f32;
            out[x as usize] = (part * (*y1 as f32 - *y0 as f32) + *y0 as f32 + 0.5) as u16;
        }
    }
    out
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test that fails says so")]
mod tests {
    use super::*;

    #[test]
    fn damaged_data_overflow_nothing() {
        // Pseudo-random bits: codes of every kind, and multipliers that let remembered values grow.
        for seed in 1..=40u32 {
            let mut state = seed.wrapping_mul(0x9E37_79B9);
            let data: Vec<u8> = (0..200_000)
                .map(|_| {
                    state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                    (state >> 24) as u8 | (seed as u8 & 1)
                })
                .collect();
            for fine in [false, true] {
                if let Ok(samples) = decode(&data, fine) {
                    assert_eq!(samples.len(), WIDTH * HEIGHT);
                }
            }
        }
    }
}
