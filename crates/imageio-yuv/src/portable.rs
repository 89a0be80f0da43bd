//! The conversion as plain arithmetic.

use crate::{BLOCK, Coefficients, HALF, MIDDLE, RGB, rest};

/// Converts rows of one length, which share their colour.
pub(crate) fn rows<const N: usize>(c: &Coefficients, y: [&[u8]; N], u: &[u8], v: &[u8], rgb: [&mut [u8]; N]) {
    let whole = y.first().map_or(0, |row| row.len()) / BLOCK;
    for (y, rgb) in y.iter().zip(rgb) {
        let (blocks, tail) = y.as_chunks::<BLOCK>();
        let (out, end) = rgb.split_at_mut(whole * RGB);
        let colours = u.as_chunks::<HALF>().0.iter().zip(v.as_chunks::<HALF>().0);
        for ((y, (u, v)), rgb) in blocks.iter().zip(colours).zip(out.as_chunks_mut::<RGB>().0) {
            block(c, y, u, v, rgb);
        }
        let at = whole * HALF;
        rest([tail], &u[at..], &v[at..], [end], |[y], u, v, [rgb]| block(c, y, u, v, rgb));
    }
}

fn block(c: &Coefficients, y: &[u8; BLOCK], u: &[u8; HALF], v: &[u8; HALF], rgb: &mut [u8; RGB]) {
    for (k, pixel) in rgb.as_chunks_mut::<3>().0.iter_mut().enumerate() {
        let (u, v) = (scaled(u[k / 2]) - MIDDLE, scaled(v[k / 2]) - MIDDLE);
        let y = upper(scaled(y[k]) - c.black, c.luma);
        let parts = [upper(v, c.v_red), upper(u, c.u_green) + upper(v, c.v_green), upper(u, c.u_blue)];
        *pixel = parts.map(|part| (y + part).clamp(0, 255) as u8);
    }
}

fn scaled(sample: u8) -> i16 {
    i16::from(sample) << 3
}

/// The upper half of a product.
fn upper(a: i16, b: i16) -> i16 {
    ((i32::from(a) * i32::from(b)) >> 16) as i16
}
