//! Pixels in which the sensor was full.

use crate::levels::Levels;

/// Mixes the colour of a clipped pixel: lightness stays, the strength of the colour is that which the pixel has when
/// all channels are cut at the level where the first is full.
#[inline(always)]
pub(crate) fn blend(clip: f32, r: f32, g: f32, b: f32) -> [f32; 3] {
    if r.max(g).max(b) <= clip {
        return [r, g, b];
    }
    // Lightness, and two axes of colour at right angles to it.
    let axes = |r: f32, g: f32, b: f32| (r + g + b, 3f32.sqrt() * (r - g), 2.0 * b - r - g);
    let (light, u, v) = axes(r, g, b);
    let (_, cut_u, cut_v) = axes(r.min(clip), g.min(clip), b.min(clip));
    let strength = u * u + v * v;
    let ratio = if strength > 0.0 { ((cut_u * cut_u + cut_v * cut_v) / strength).sqrt() } else { 0.0 };
    let (u, v) = (u * ratio / 3f32.sqrt(), v * ratio);
    let blue = (light + v) / 3.0;
    let rest = light - blue;
    [0.5 * (rest + u), 0.5 * (rest - u), blue]
}

/// Cells of the map of ratios, in pixels.
const CELL: usize = 4;

/// Estimates full channels: their ratio to the channel that clips last is known around the highlight, spreads into
/// it, and gives the value that the sensor could not.
pub(crate) fn reconstruct(pixels: &mut [u16], width: usize, height: usize, levels: &Levels, level: u8) {
    let factors = levels.scale.factor;
    let most = factors.iter().copied().fold(f32::MIN, f32::max).max(1e-9);
    let full: [f32; 3] = std::array::from_fn(|c| 65535.0 * factors[c] / most * 0.995);
    let Some(reference) = (0..3).max_by(|a, b| full[*a].total_cmp(&full[*b])) else { return };
    let (rows, columns) = (height.div_ceil(CELL), width.div_ceil(CELL));
    // How much of the colour around a highlight goes on inside of it.
    let keep = 0.4 + 0.1 * f32::from(level.min(6));
    for c in (0..3).filter(|c| *c != reference) {
        let mut ratios = vec![0.0f32; rows * columns];
        let mut cells: Vec<(f32, f32)> = vec![(0.0, 0.0); rows * columns];
        for (at, pixel) in pixels.chunks_exact(3).enumerate() {
            let (value, other) = (f32::from(pixel[c]), f32::from(pixel[reference]));
            if value < full[c] && value > full[c] * 0.35 && other > 0.0 {
                let cell = &mut cells[at / width / CELL * columns + at % width / CELL];
                cell.0 += value;
                cell.1 += other;
            }
        }
        for (ratio, (value, other)) in ratios.iter_mut().zip(&cells) {
            if *other > 0.0 {
                *ratio = value / other;
            }
        }
        // What is known spreads one cell a round, each time nearer to neutral.
        for _ in 0..rows.max(columns).min(256) {
            let known = ratios.clone();
            let mut spread = false;
            for y in 0..rows {
                for x in 0..columns {
                    if known[y * columns + x] > 0.0 {
                        continue;
                    }
                    let (mut sum, mut n) = (0.0, 0.0);
                    for row in y.saturating_sub(1)..(y + 2).min(rows) {
                        for column in x.saturating_sub(1)..(x + 2).min(columns) {
                            let ratio = known[row * columns + column];
                            if ratio > 0.0 {
                                sum += ratio;
                                n += 1.0;
                            }
                        }
                    }
                    if n > 0.0 {
                        ratios[y * columns + x] = sum / n * keep + (1.0 - keep);
                        spread = true;
                    }
                }
            }
            if !spread {
                break;
            }
        }
        for (at, pixel) in pixels.chunks_exact_mut(3).enumerate() {
            if f32::from(pixel[c]) >= full[c] {
                let ratio = ratios[at / width / CELL * columns + at % width / CELL];
                let estimate = f32::from(pixel[reference]) * if ratio > 0.0 { ratio } else { 1.0 };
                pixel[c] = pixel[c].max(estimate.min(65535.0) as u16);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::blend;

    #[test]
    fn blending_keeps_lightness_and_weakens_color() {
        let [r, g, b] = blend(40000.0, 60000.0, 30000.0, 50000.0);
        assert!((r + g + b - 140_000.0).abs() < 1.0);
        assert!(r < 60000.0 && g > 30000.0);
        assert_eq!(blend(40000.0, 100.0, 200.0, 300.0), [100.0, 200.0, 300.0]);
    }
}
