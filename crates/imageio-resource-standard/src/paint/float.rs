use super::{distance, inside, smooth};
use crate::encode::npy;

const WIDTH: usize = 128;
const HEIGHT: usize = 96;

/// `float32 (96, 128, 3)`: a sky, a sun of 1000 with its glow, a dark ground down to 0.01; linear light.
pub(crate) fn float() -> Vec<u8> {
    let mut data = Vec::with_capacity(WIDTH * HEIGHT * 12);
    for y in 0..HEIGHT {
        for x in 0..WIDTH {
            for v in scene(x as f64, y as f64) {
                data.extend((v as f32).to_le_bytes());
            }
        }
    }
    npy("<f4", &[HEIGHT, WIDTH, 3], &data)
}

fn scene(x: f64, y: f64) -> [f64; 3] {
    if y >= 64.0 {
        let near = smooth((y - 64.0) / 31.0);
        return [0.05, 0.04, 0.01].map(|v| v + near * 0.1);
    }
    let r = distance(x - 92.0, y - 24.0);
    let glow = 40.0 / (1.0 + r * r / 16.0);
    let sun = 1000.0 * inside(r, 5.0);
    let height = 1.0 - y / 64.0;
    let sky = [0.3, 0.5, 0.9].map(|v| v * (0.4 + height));
    [sky[0] + glow, sky[1] + glow * 0.8, sky[2] + glow * 0.5].map(|v| v.max(sun))
}
