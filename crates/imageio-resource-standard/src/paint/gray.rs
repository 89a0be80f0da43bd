use crate::encode::{Colour, png};

const SIDE: usize = 256;

/// `uint16 (256, 256)`: each row of the upper half climbs by 1 from pixel to pixel over its own part of the range,
/// which only 16 bits can hold; the lower half is a zone plate.
pub(crate) fn gray16() -> Vec<u8> {
    let mut pixels = Vec::with_capacity(SIDE * SIDE * 2);
    for y in 0..SIDE {
        for x in 0..SIDE {
            let v = if y < 128 { ramp(x, y) } else { zone_plate(x, y) };
            pixels.extend(v.to_be_bytes());
        }
    }
    png(Colour::Gray16, SIDE as u32, SIDE as u32, &pixels)
}

fn ramp(x: usize, y: usize) -> u16 {
    (y * 65_280 / 127 + x) as u16
}

/// Rings about the middle of the lower half, finer and finer outwards.
fn zone_plate(x: usize, y: usize) -> u16 {
    let (dx, dy) = (x as i64 - 128, y as i64 - 192);
    // A turn of the wave is 65 536 steps; at the sides it lasts four pixels.
    let phase = (dx * dx + dy * dy) * 64 % 65_536;
    let triangle = if phase < 32_768 { phase * 2 } else { 131_070 - phase * 2 };
    triangle.clamp(0, 65_535) as u16
}
