//! Undoing predictors (TIFF 6.0 section 14, TIFF Technical Note 3, DNG 1.4 for the wide ones).

use imageio_core::{Error, Result};

use crate::blame::Blame;
use crate::tags::tag;

/// What was done to rows before they were compressed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Predictor {
    None,
    /// Differences to the sample `stride` pixels to the left.
    Horizontal {
        stride: usize,
    },
    /// Bytes of real numbers sorted by significance, then differences.
    Float {
        stride: usize,
    },
}

impl Predictor {
    /// By the number of the tag.
    pub fn new(number: u16) -> Result<Self> {
        Ok(match number {
            0 | 1 => Predictor::None,
            2 => Predictor::Horizontal { stride: 1 },
            34892 => Predictor::Horizontal { stride: 2 },
            34893 => Predictor::Horizontal { stride: 4 },
            3 => Predictor::Float { stride: 1 },
            34894 => Predictor::Float { stride: 2 },
            34895 => Predictor::Float { stride: 4 },
            other => return Err(Error::unsupported(format!("predictor {other}")).tag(tag::PREDICTOR)),
        })
    }
}

/// Undoes differences in rows of native integers of `size` bytes; `step` samples lie between neighbours.
pub(crate) fn horizontal(rows: &mut [u8], row_bytes: usize, size: usize, step: usize) {
    macro_rules! run {
        ($ty:ty) => {
            for row in rows.chunks_exact_mut(row_bytes.max(1)) {
                match bytemuck::try_cast_slice_mut::<u8, $ty>(row) {
                    Ok(row) => sum(row, step, <$ty>::wrapping_add),
                    Err(_) => unaligned(row, step, size),
                }
            }
        };
    }
    match size {
        1 => {
            for row in rows.chunks_exact_mut(row_bytes.max(1)) {
                sum(row, step, u8::wrapping_add);
            }
        }
        2 => run!(u16),
        4 => run!(u32),
        _ => run!(u64),
    }
}

#[inline]
fn sum<T: Copy + Default>(row: &mut [T], step: usize, add: impl Fn(T, T) -> T) {
    // Running sums in registers for the usual numbers of samples.
    match step {
        1 => lanes::<T, 1>(row, add),
        2 => lanes::<T, 2>(row, add),
        3 => lanes::<T, 3>(row, add),
        4 => lanes::<T, 4>(row, add),
        _ => {
            for i in step..row.len() {
                if let (Some(left), Some(here)) = (row.get(i - step).copied(), row.get(i).copied()) {
                    if let Some(to) = row.get_mut(i) {
                        *to = add(left, here);
                    }
                }
            }
        }
    }
}

#[inline]
fn lanes<T: Copy + Default, const N: usize>(row: &mut [T], add: impl Fn(T, T) -> T) {
    let mut sums = [T::default(); N];
    for pixel in row.chunks_exact_mut(N) {
        for (sum, v) in sums.iter_mut().zip(pixel) {
            *sum = add(*sum, *v);
            *v = *sum;
        }
    }
}

fn unaligned(row: &mut [u8], step: usize, size: usize) {
    let wide = |bytes: &[u8]| {
        let mut all = [0; 8];
        for (to, from) in all.iter_mut().zip(bytes) {
            *to = *from;
        }
        u64::from_le_bytes(all)
    };
    let lag = step * size;
    let mut at = lag;
    while at + size <= row.len() {
        // Addition carries from low to high, so the order of bytes matters.
        let native = cfg!(target_endian = "little");
        let get = |row: &[u8], at: usize| {
            let mut bytes = row.get(at..at + size).unwrap_or_default().to_vec();
            if !native {
                bytes.reverse();
            }
            wide(&bytes)
        };
        let mut v = get(row, at).wrapping_add(get(row, at - lag)).to_le_bytes();
        if !native {
            if let Some(part) = v.get_mut(..size) {
                part.reverse();
            }
        }
        if let (Some(to), Some(from)) = (row.get_mut(at..at + size), v.get(..size)) {
            to.copy_from_slice(from);
        }
        at += size;
    }
}

/// Undoes differences of unpacked samples of `bits` bits, which wrap within those bits.
pub(crate) fn horizontal_masked(row: &mut [u64], step: usize, bits: u32) {
    let mask = if bits >= 64 { u64::MAX } else { (1 << bits) - 1 };
    for i in step..row.len() {
        if let (Some(left), Some(here)) = (row.get(i - step).copied(), row.get(i).copied()) {
            if let Some(to) = row.get_mut(i) {
                *to = left.wrapping_add(here) & mask;
            }
        }
    }
}

/// Undoes the floating-point predictor: `row` is summed in place, `out` gets native numbers of `size` bytes.
pub(crate) fn float(row: &mut [u8], step: usize, size: usize, out: &mut [u8]) {
    sum(row, step, u8::wrapping_add);
    let n = row.len() / size.max(1);
    let row: &[u8] = row;
    let plane = |k: usize| row.get(k * n..(k + 1) * n).unwrap_or_default();
    // The planes come with the most significant byte first, whatever the byte order of the file.
    match size {
        2 => {
            for ((to, a), b) in out.chunks_exact_mut(2).zip(plane(0)).zip(plane(1)) {
                to.copy_from_slice(&u16::from_be_bytes([*a, *b]).to_ne_bytes());
            }
        }
        4 => {
            let planes = plane(0).iter().zip(plane(1)).zip(plane(2)).zip(plane(3));
            for (to, (((a, b), c), d)) in out.chunks_exact_mut(4).zip(planes) {
                to.copy_from_slice(&u32::from_be_bytes([*a, *b, *c, *d]).to_ne_bytes());
            }
        }
        _ => {
            for (i, to) in out.chunks_exact_mut(size.max(1)).enumerate() {
                for (k, byte) in to.iter_mut().enumerate() {
                    let k = if cfg!(target_endian = "little") { size - 1 - k } else { k };
                    *byte = row.get(k * n + i).copied().unwrap_or(0);
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sums_wrap() {
        let mut row = [250, 1, 2, 10, 0, 0, 20, 1, 1];
        horizontal(&mut row, 9, 1, 3);
        assert_eq!(row, [250, 1, 2, 4, 1, 2, 24, 2, 3]);
        let mut wide = [0xffffu16, 2, 3, 4];
        horizontal(bytemuck::cast_slice_mut(&mut wide), 4, 2, 1);
        assert_eq!(wide, [0xffff, 1, 3, 7]);
        let mut odd = [4095, 2, 4095];
        horizontal_masked(&mut odd, 1, 12);
        assert_eq!(odd, [4095, 1, 0]);
    }

    #[test]
    fn unaligned_rows_give_the_same() {
        let values = [1u32, 0xffff_ffff, 7, 0x8000_0000, 9];
        let mut bytes = vec![0u8];
        bytes.extend(values.iter().flat_map(|v| v.to_ne_bytes()));
        unaligned(&mut bytes[1..], 1, 4);
        let mut aligned = values;
        horizontal(bytemuck::cast_slice_mut(&mut aligned), 20, 4, 1);
        assert_eq!(bytes[1..], *bytemuck::cast_slice::<u32, u8>(&aligned));
    }

    #[test]
    fn real_numbers_come_back() {
        let values = [1.5f32, -2.25, 1e10, 0.0];
        for step in [1, 2] {
            let mut planes: Vec<u8> = (0..4).flat_map(|k| values.map(|v| v.to_be_bytes()[k])).collect();
            for i in (step..planes.len()).rev() {
                planes[i] = planes[i].wrapping_sub(planes[i - step]);
            }
            let mut out = [0; 16];
            float(&mut planes, step, 4, &mut out);
            assert_eq!(bytemuck::pod_collect_to_vec::<u8, f32>(&out), values);
        }
    }
}
