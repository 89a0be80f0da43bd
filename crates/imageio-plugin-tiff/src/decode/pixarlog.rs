//! PixarLog: logarithms of 11 bits as horizontal differences in a zlib stream.

use std::sync::OnceLock;

use imageio_core::{Dtype, Error, Result};

use super::chunk::{Context, Scratch, resize};
use super::image::Found;

/// Logarithmic codes.
const CODES: usize = 2048;
/// The code of 1.0.
const ONE: f64 = 1250.0;
/// Codes below this are linear; above, each is larger than the one before by the same factor.
const LINEAR: u32 = 250;

/// The value of every code, where 1.0 is white.
fn values() -> &'static [f32] {
    static VALUES: OnceLock<Vec<f32>> = OnceLock::new();
    VALUES.get_or_init(|| (0..CODES as u32).map(value).collect())
}

fn value(code: u32) -> f32 {
    let step = 1.0 / f64::from(LINEAR);
    let scale = (-step * ONE).exp();
    // The line meets the curve where it has the slope of the curve.
    let slope = scale * step * std::f64::consts::E;
    match code {
        0..LINEAR => (f64::from(code) * slope) as f32,
        _ => (scale * (step * f64::from(code)).exp()) as f32,
    }
}

/// Decodes a strip or tile of which `rows` rows are wanted.
pub(crate) fn decode(
    context: &Context,
    rows: usize,
    data: &[u8],
    plain: &mut Vec<u8>,
    scratch: &mut Scratch,
) -> Result<Found> {
    let [_, _, width] = context.layout.chunk_size();
    let contig = context.layout.contig();
    let row = width.saturating_mul(contig);
    let need = row.saturating_mul(2).saturating_mul(rows);
    let most = context.layout.bytes().unwrap_or(0).saturating_mul(8).max(super::bytes::MOST);
    if need > most {
        return Err(Error::limit(format!("a strip or tile of {need} bytes in a page of far fewer")));
    }
    let mut stored = std::mem::take(&mut scratch.row);
    let result = (|| {
        let codes = resize(&mut stored, need)?;
        let got = super::bytes::inflate(data, codes, scratch)?;
        if got < need {
            return Err(Error::malformed(format!("a strip or tile holds {got} of {need} bytes")));
        }
        if cfg!(target_endian = "little") == (context.endian == crate::ifd::Endian::Big) {
            super::unpack::swap(codes, 2);
        }
        let table = values();
        match (context.dtype, context.layout.bits.as_slice()) {
            (Dtype::U8, [8]) => {
                place(codes, row, contig, &bytes(table, |v| [(f64::from(v) * 255.0 + 0.5).min(255.0) as u8]), plain)
            }
            (Dtype::U16, [16]) => {
                let table = bytes(table, |v| ((f64::from(v) * 65_535.0 + 0.5).min(65_535.0) as u16).to_ne_bytes());
                place(codes, row, contig, &table, plain)
            }
            (Dtype::F32, [32]) => place(codes, row, contig, &bytes(table, f32::to_ne_bytes), plain),
            (other, bits) => Err(Error::unsupported(format!("PixarLog in an image of {other}, {bits:?} bits"))),
        }
    })();
    scratch.row = stored;
    result?;
    Ok(Found { planes: 1, width, height: rows, components: contig, size: context.dtype.size() })
}

fn bytes<const N: usize>(table: &[f32], f: impl Fn(f32) -> [u8; N]) -> Vec<[u8; N]> {
    table.iter().map(|v| f(*v)).collect()
}

/// Sums the differences of each row up and looks the values up.
fn place<const N: usize>(
    codes: &[u8],
    row: usize,
    contig: usize,
    table: &[[u8; N]],
    plain: &mut Vec<u8>,
) -> Result<()> {
    let out = resize(plain, codes.len() / 2 * N)?;
    let mut sums = vec![0u16; contig];
    for (codes, out) in codes.chunks_exact((row * 2).max(1)).zip(out.chunks_exact_mut((row * N).max(1))) {
        sums.fill(0);
        for (codes, out) in codes.chunks_exact((contig * 2).max(1)).zip(out.chunks_exact_mut((contig * N).max(1))) {
            for ((sum, code), to) in sums.iter_mut().zip(codes.chunks_exact(2)).zip(out.chunks_exact_mut(N)) {
                let code = code.try_into().map_or(0, u16::from_ne_bytes);
                *sum = sum.wrapping_add(code) & (CODES as u16 - 1);
                if let Some(value) = table.get(usize::from(*sum)) {
                    to.copy_from_slice(value);
                }
            }
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_is_one() {
        let values = values();
        assert_eq!((values[0], values[1250]), (0.0, 1.0));
        assert!(values.is_sorted() && (24.0..25.0).contains(&values[2047]), "{}", values[2047]);
    }
}
