use super::{distance, inside};
use crate::encode::{Colour, png};

const WIDTH: usize = 320;
const HEIGHT: usize = 240;

/// White to black, by falling brightness.
const BARS: [[u8; 3]; 8] =
    [[255, 255, 255], [255, 255, 0], [0, 255, 255], [0, 255, 0], [255, 0, 255], [255, 0, 0], [0, 0, 255], [0, 0, 0]];

/// Letters of 5 × 7 pixels, a row a number, the highest of 5 bits to the left.
const WORD: [[u8; 7]; 7] = [
    [14, 4, 4, 4, 4, 4, 14],      // I
    [17, 27, 21, 21, 17, 17, 17], // M
    [14, 17, 17, 31, 17, 17, 17], // A
    [14, 17, 16, 23, 17, 17, 14], // G
    [31, 16, 16, 30, 16, 16, 31], // E
    [14, 4, 4, 4, 4, 4, 14],      // I
    [14, 17, 17, 17, 17, 17, 14], // O
];

/// `uint8 (240, 320, 3)`: bars, ramps, fine lines and letters, a circle over all.
pub(crate) fn test_card() -> Vec<u8> {
    let mut pixels = Vec::with_capacity(WIDTH * HEIGHT * 3);
    for y in 0..HEIGHT {
        for x in 0..WIDTH {
            pixels.extend(with_circle(x, y, ground(x, y)));
        }
    }
    png(Colour::Rgb8, WIDTH as u32, HEIGHT as u32, &pixels)
}

fn ground(x: usize, y: usize) -> [u8; 3] {
    let ramp = (x * 255 / (WIDTH - 1)) as u8;
    match y {
        0..120 => BARS[x * BARS.len() / WIDTH],
        120..150 => [ramp; 3],
        150..160 => [ramp, 0, 0],
        160..170 => [0, ramp, 0],
        170..180 => [0, 0, ramp],
        _ => foot(x, y - 180),
    }
}

/// 60 rows: chequers and lines of 1, 2 and 4 pixels on both sides of the word.
fn foot(x: usize, y: usize) -> [u8; 3] {
    let size = 1 << (y / 20);
    let lit = match x {
        0..80 => (x / size + y / size).is_multiple_of(2),
        240.. => (x / size).is_multiple_of(2),
        _ => letter(x - 80, y),
    };
    if lit { [235; 3] } else { [16; 3] }
}

/// Seven letters of 15 × 21 pixels, 6 apart, in a field of 160 × 60.
fn letter(x: usize, y: usize) -> bool {
    let (Some(x), Some(y)) = (x.checked_sub(9), y.checked_sub(19)) else { return false };
    let (at, column, row) = (x / 21, x % 21 / 3, y / 3);
    at < WORD.len() && column < 5 && row < 7 && WORD[at][row] >> (4 - column) & 1 == 1
}

/// A ring of two pixels, white outside and black inside, seen on any ground.
fn with_circle(x: usize, y: usize, ground: [u8; 3]) -> [u8; 3] {
    let r = distance(x as f64 - 159.5, y as f64 - 119.5);
    let white = inside(r, 112.0) - inside(r, 111.0);
    let black = inside(r, 111.0) - inside(r, 110.0);
    ground.map(|v| (f64::from(v) * (1.0 - white - black) + 255.0 * white).round() as u8)
}
