//! From samples to text: half blocks in 24-bit colour, or letters.

use super::sample::Samples;

/// From dark to bright.
const RAMP: &[u8] = b" .:-=+*#%@";

/// How a picture becomes text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Palette {
    /// Two pixels a character, `▀` in one colour on another.
    Colours,
    /// One letter for two pixels, darker or brighter.
    Letters,
}

/// A picture as colours, ready to be drawn.
pub struct Tile {
    width: usize,
    height: usize,
    pixels: Vec<[u8; 3]>,
}

impl Tile {
    /// Scales samples to colours, and lays transparent ones over a chequerboard.
    pub fn new(grid: &Samples, range: Option<(f64, f64)>) -> Tile {
        let (low, factor) = match range {
            Some((low, high)) if high > low => (low, 255.0 / (high - low)),
            // One value everywhere: black if it is zero, else mid-grey.
            Some((low, _)) => (if low == 0.0 { 0.0 } else { low - 128.0 }, 1.0),
            None => (0.0, 1.0),
        };
        let pixel = |(i, (colour, alpha)): (usize, (&[f64; 3], &f64))| {
            let (x, y) = (i % grid.width, i / grid.width);
            let board = if (x / 2 + y / 2) % 2 == 0 { 102.0 } else { 153.0 };
            colour.map(|v| {
                let v = if v.is_finite() { ((v - low) * factor).clamp(0.0, 255.0) } else { 0.0 };
                (v * alpha + board * (1.0 - alpha)).round() as u8
            })
        };
        let pixels = grid.colours.iter().zip(&grid.alpha).enumerate().map(pixel).collect();
        Tile { width: grid.width, height: grid.height, pixels }
    }

    fn lines(&self) -> usize {
        self.height.div_ceil(2)
    }

    fn pixel(&self, x: usize, y: usize) -> Option<[u8; 3]> {
        self.pixels.get(y * self.width + x).copied()
    }

    /// One line of text, two rows of pixels.
    fn line(&self, line: usize, palette: Palette, out: &mut String) {
        let mut before = (None, None);
        for x in 0..self.width {
            let (upper, lower) = (self.pixel(x, 2 * line), self.pixel(x, 2 * line + 1));
            match palette {
                Palette::Letters => out.push(letter(upper, lower)),
                Palette::Colours => {
                    // Terminals are slow at colours: say only what changes.
                    if upper != before.0 {
                        colour(out, 38, upper);
                    }
                    if lower != before.1 {
                        colour(out, 48, lower);
                    }
                    before = (upper, lower);
                    out.push('▀');
                }
            }
        }
        if palette == Palette::Colours {
            out.push_str("\x1b[0m");
        }
    }
}

fn colour(out: &mut String, ground: u8, colour: Option<[u8; 3]>) {
    match colour {
        Some([r, g, b]) => out.push_str(&format!("\x1b[{ground};2;{r};{g};{b}m")),
        None => out.push_str(&format!("\x1b[{}m", ground + 1)),
    }
}

fn letter(upper: Option<[u8; 3]>, lower: Option<[u8; 3]>) -> char {
    let bright = |[r, g, b]: [u8; 3]| (u32::from(r) * 299 + u32::from(g) * 587 + u32::from(b) * 114) / 1000;
    let both: Vec<u32> = upper.into_iter().chain(lower).map(bright).collect();
    let mean = both.iter().sum::<u32>() / both.len().max(1) as u32;
    let at = (mean as usize * (RAMP.len() - 1) + 127) / 255;
    RAMP.get(at).map_or(' ', |c| char::from(*c))
}

/// Tiles in rows of `across`, each row above its labels.
pub fn sheet(tiles: &[Tile], labels: &[&str], across: usize, palette: Palette) -> String {
    let mut out = String::new();
    for (row, names) in tiles.chunks(across.max(1)).zip(labels.chunks(across.max(1))) {
        for line in 0..row.iter().map(Tile::lines).max().unwrap_or(0) {
            for (i, tile) in row.iter().enumerate() {
                if i > 0 {
                    out.push(' ');
                }
                if line < tile.lines() {
                    tile.line(line, palette, &mut out);
                } else {
                    out.push_str(&" ".repeat(tile.width));
                }
            }
            out.push('\n');
        }
        if names.iter().any(|name| !name.is_empty()) {
            let cells: Vec<String> =
                row.iter().zip(names).map(|(tile, name)| format!("{name:width$}", width = tile.width)).collect();
            out.push_str(cells.join(" ").trim_end());
            out.push('\n');
        }
    }
    out
}

/// A number with as many digits as help.
pub fn number(v: f64) -> String {
    if v.fract() == 0.0 && v.abs() < 1e15 { format!("{v}") } else { format!("{v:.4}") }
}
