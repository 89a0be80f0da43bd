//! What red and blue have in common with green, and blue with red, tile by tile.

use crate::threads::{both, parts};

#[inline(always)]
fn delta(element: i8, channel: u8) -> u8 {
    ((i32::from(element) * i32::from(channel as i8)) >> 5) as u8
}

/// Takes the common part out of `argb`; gives the tiles as the format stores them.
pub(crate) fn run(argb: &mut [u32], (width, height): (usize, usize), tile_bits: u32) -> Vec<u32> {
    let tile = 1usize << tile_bits;
    let (columns, lines) = (width.div_ceil(tile), height.div_ceil(tile));
    let mut elements = vec![0; columns * lines];
    let per_part = lines.div_ceil(parts(width * height));
    let halves = elements.chunks_mut(per_part * columns).zip(argb.chunks_mut(per_part * tile * width));
    both(halves.collect(), |(elements, argb): (&mut [u32], &mut [u32])| {
        for (elements, band) in elements.chunks_mut(columns).zip(argb.chunks_mut(tile * width)) {
            for (tx, stored) in elements.iter_mut().enumerate() {
                let (x0, x1) = (tx * tile, ((tx + 1) * tile).min(width));
                let element = best(band, width, x0, x1);
                for row in band.chunks_exact_mut(width) {
                    for pixel in &mut row[x0..x1] {
                        *pixel = element.apply(*pixel);
                    }
                }
                *stored = element.stored();
            }
        }
    });
    elements
}

#[derive(Clone, Copy, Default)]
struct Element {
    green_to_red: i8,
    green_to_blue: i8,
    red_to_blue: i8,
}

impl Element {
    fn stored(self) -> u32 {
        u32::from_be_bytes([0xff, self.red_to_blue as u8, self.green_to_blue as u8, self.green_to_red as u8])
    }

    #[inline(always)]
    fn apply(self, pixel: u32) -> u32 {
        let [a, r, g, b] = pixel.to_be_bytes();
        let red = r.wrapping_sub(delta(self.green_to_red, g));
        let blue = b.wrapping_sub(delta(self.green_to_blue, g)).wrapping_sub(delta(self.red_to_blue, r));
        u32::from_be_bytes([a, red, g, blue])
    }
}

/// The element by least squares, if it makes the differences smaller.
fn best(band: &[u32], width: usize, x0: usize, x1: usize) -> Element {
    let (mut gg, mut rr, mut gr, mut gb, mut rb) = (0i64, 0i64, 0i64, 0i64, 0i64);
    let pixels = || band.chunks_exact(width).flat_map(|row| &row[x0..x1]);
    for pixel in pixels() {
        let [_, r, g, b] = pixel.to_be_bytes().map(|v| i64::from(v as i8));
        gg += g * g;
        rr += r * r;
        gr += g * r;
        gb += g * b;
        rb += r * b;
    }
    let element = |value: f64| (value * 32.0).round().clamp(-127.0, 127.0) as i8;
    let (gg, rr, gr, gb, rb) = (gg as f64, rr as f64, gr as f64, gb as f64, rb as f64);
    let mut found = Element::default();
    if gg > 0.0 {
        found.green_to_red = element(gr / gg);
    }
    // Two unknowns for blue.
    let determinant = gg * rr - gr * gr;
    if determinant > 1e-3 * gg * rr {
        found.green_to_blue = element((gb * rr - rb * gr) / determinant);
        found.red_to_blue = element((rb * gg - gb * gr) / determinant);
    } else if gg > 0.0 {
        found.green_to_blue = element(gb / gg);
    }
    let size = |v: u8| u64::from((v as i8).unsigned_abs());
    let sum = |e: Element| -> u64 {
        pixels()
            .map(|p| {
                let [_, r, _, b] = e.apply(*p).to_be_bytes();
                size(r) + size(b)
            })
            .sum()
    };
    let (with, without) = (sum(found), sum(Element::default()));
    if with + with / 64 < without { found } else { Element::default() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_in_common_goes() {
        let mut argb: Vec<u32> =
            (0..256u32).map(|i| u32::from_be_bytes([255, (i % 16) as u8, (i % 16 * 2) as u8, 3])).collect();
        let elements = run(&mut argb, (16, 16), 4);
        assert_eq!(elements[0] & 0xff, 16);
        assert!(argb.iter().all(|p| p.to_be_bytes()[1] == 0));
    }
}
