use super::distance;
use crate::encode::gif;

const SIDE: usize = 96;

/// Where the disc is: the hours of a clock, as (sine, minus cosine).
const WAY: [(f64, f64); 12] = [
    (0.0, -1.0),
    (0.5, -0.866),
    (0.866, -0.5),
    (1.0, 0.0),
    (0.866, 0.5),
    (0.5, 0.866),
    (0.0, 1.0),
    (-0.5, 0.866),
    (-0.866, 0.5),
    (-1.0, 0.0),
    (-0.866, -0.5),
    (-0.5, -0.866),
];

/// 12 frames of 96 × 96: a shaded disc on a round way, all else transparent; 80 ms each, for ever.
pub(crate) fn animation() -> Vec<u8> {
    let mut palette = [[0u8; 3]; 128];
    for (i, colour) in palette.iter_mut().enumerate().skip(1) {
        let v = i * 2;
        *colour = [v.min(255) as u8, (v * v / 255) as u8, (255 - v) as u8];
    }
    let frames: Vec<Vec<u8>> = WAY.iter().map(|(dx, dy)| frame(48.0 + 30.0 * dx, 48.0 + 30.0 * dy)).collect();
    gif(SIDE as u16, &palette, 8, &frames)
}

fn frame(cx: f64, cy: f64) -> Vec<u8> {
    let mut pixels = Vec::with_capacity(SIDE * SIDE);
    for y in 0..SIDE {
        for x in 0..SIDE {
            let r = distance(x as f64 + 0.5 - cx, y as f64 + 0.5 - cy);
            // Index 0 is transparent; the shades 1 to 127 rise towards the middle.
            pixels.push(if r > 14.0 { 0 } else { (127.0 - r * 8.0).clamp(1.0, 127.0) as u8 });
        }
    }
    pixels
}
