use super::{distance, smooth};
use crate::encode::{Colour, png};

const SIDE: usize = 128;

/// `uint8 (128, 128, 4)`: a red, a green and a blue disc whose alpha falls softly from 255 to 0.
pub(crate) fn rgba() -> Vec<u8> {
    let discs =
        [(44.0, 44.0, [255.0, 40.0, 30.0]), (84.0, 50.0, [30.0, 220.0, 60.0]), (62.0, 86.0, [40.0, 70.0, 255.0])];
    let mut pixels = Vec::with_capacity(SIDE * SIDE * 4);
    for y in 0..SIDE {
        for x in 0..SIDE {
            let weights = discs.map(|(cx, cy, _)| smooth(1.2 - distance(x as f64 - cx, y as f64 - cy) / 36.0));
            let total: f64 = weights.iter().sum();
            for channel in 0..3 {
                let sum: f64 = discs.iter().zip(weights).map(|((_, _, colour), w)| colour[channel] * w).sum();
                pixels.push(if total > 0.0 { (sum / total).round() as u8 } else { 0 });
            }
            pixels.push((total.min(1.0) * 255.0).round() as u8);
        }
    }
    png(Colour::Rgba8, SIDE as u32, SIDE as u32, &pixels)
}
