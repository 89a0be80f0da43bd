//! References to earlier pixels.

/// One step of the coded picture.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Token {
    Pixel(u32),
    Copy { length: u16, distance: u32 },
}

/// Longest reference, and the farthest.
const MAX_LENGTH: usize = 4096;
const MAX_DISTANCE: usize = (1 << 20) - 120;
/// References are found by so many pixels.
const HASHED: usize = 3;
const NONE: u32 = u32::MAX;

/// Places that are near in two dimensions have short codes: column and row, counted backwards.
#[rustfmt::skip]
const NEAR: [(i32, i32); 120] = [
    (0, 1), (1, 0), (1, 1), (-1, 1), (0, 2), (2, 0), (1, 2), (-1, 2), (2, 1), (-2, 1),
    (2, 2), (-2, 2), (0, 3), (3, 0), (1, 3), (-1, 3), (3, 1), (-3, 1), (2, 3), (-2, 3),
    (3, 2), (-3, 2), (0, 4), (4, 0), (1, 4), (-1, 4), (4, 1), (-4, 1), (3, 3), (-3, 3),
    (2, 4), (-2, 4), (4, 2), (-4, 2), (0, 5), (3, 4), (-3, 4), (4, 3), (-4, 3), (5, 0),
    (1, 5), (-1, 5), (5, 1), (-5, 1), (2, 5), (-2, 5), (5, 2), (-5, 2), (4, 4), (-4, 4),
    (3, 5), (-3, 5), (5, 3), (-5, 3), (0, 6), (6, 0), (1, 6), (-1, 6), (6, 1), (-6, 1),
    (2, 6), (-2, 6), (6, 2), (-6, 2), (4, 5), (-4, 5), (5, 4), (-5, 4), (3, 6), (-3, 6),
    (6, 3), (-6, 3), (0, 7), (7, 0), (1, 7), (-1, 7), (5, 5), (-5, 5), (7, 1), (-7, 1),
    (4, 6), (-4, 6), (6, 4), (-6, 4), (2, 7), (-2, 7), (7, 2), (-7, 2), (3, 7), (-3, 7),
    (7, 3), (-7, 3), (5, 6), (-5, 6), (6, 5), (-6, 5), (8, 0), (4, 7), (-4, 7), (7, 4),
    (-7, 4), (8, 1), (8, 2), (6, 6), (-6, 6), (8, 3), (5, 7), (-5, 7), (7, 5), (-7, 5),
    (8, 4), (6, 7), (-6, 7), (7, 6), (-7, 6), (8, 5), (7, 7), (-7, 7), (8, 6), (8, 7),
];

/// The code of a distance in a picture of this width.
pub(crate) struct Distances {
    width: usize,
    /// Codes by row and column.
    near: [[u8; 16]; 8],
}

impl Distances {
    pub(crate) fn new(width: usize) -> Self {
        let mut near = [[0; 16]; 8];
        for (k, (x, y)) in NEAR.iter().enumerate().rev() {
            near[*y as usize][(x + 7) as usize] = k as u8 + 1;
        }
        Distances { width, near }
    }

    #[inline(always)]
    pub(crate) fn code(&self, distance: u32) -> u32 {
        let distance = distance as usize;
        let (row, column) = (distance / self.width, distance % self.width);
        // As columns to the left in that row, or as columns to the right in the row above it.
        if row < 8 && column <= 8 {
            let code = self.near[row][column + 7];
            if code > 0 {
                return u32::from(code);
            }
        }
        let beyond = self.width - column;
        if row + 1 < 8 && beyond <= 7 {
            let code = self.near[row + 1][7 - beyond];
            if code > 0 {
                return u32::from(code);
            }
        }
        distance as u32 + 120
    }
}

#[inline(always)]
fn hash(pixels: &[u32], at: usize, bits: u32) -> usize {
    let mix = |v: u32, by: u32| v.wrapping_mul(by);
    let h = mix(pixels[at], 0x9e37_79b1)
        ^ mix(pixels[at + 1], 0x85eb_ca6b).rotate_left(11)
        ^ mix(pixels[at + 2], 0xc2b2_ae35).rotate_left(21);
    (h.wrapping_mul(0x27d4_eb2f) >> (32 - bits)) as usize
}

/// How many pixels from `at` on are those from `from` on.
#[inline(always)]
fn common(pixels: &[u32], from: usize, at: usize) -> usize {
    let most = (pixels.len() - at).min(MAX_LENGTH);
    let (a, b) = (&pixels[from..from + most], &pixels[at..at + most]);
    a.iter().zip(b).position(|(a, b)| a != b).unwrap_or(most)
}

/// Bits that a reference takes, roughly.
#[inline(always)]
fn price(code: u32, length: usize) -> f32 {
    let log = |v: u32| (32 - v.leading_zeros()) as f32;
    6.0 + log(code) + 0.5 * log(length as u32)
}

/// What is known of the pixels so far.
struct Finder<'a> {
    pixels: &'a [u32],
    width: usize,
    hash_bits: u32,
    /// Last place of each hash.
    heads: Vec<u32>,
    /// The place before with the same hash, of each place.
    chains: Vec<u32>,
    chain: usize,
    distances: Distances,
    pixel_bits: f32,
}

/// A reference and the bits that it saves.
#[derive(Clone, Copy, Default)]
struct Found {
    saved: f32,
    length: usize,
    distance: usize,
}

impl Finder<'_> {
    /// Enters a place, which has to be done once for each and in order.
    #[inline(always)]
    fn enter(&mut self, at: usize) {
        if at + HASHED <= self.pixels.len() {
            let head = &mut self.heads[hash(self.pixels, at, self.hash_bits)];
            self.chains[at] = *head;
            *head = at as u32;
        }
    }

    #[inline(always)]
    fn consider(&self, from: usize, at: usize, best: &mut Found) {
        // To be better it has to be longer, or nearer.
        let pixels = self.pixels;
        let probe = at + best.length;
        if pixels[from] != pixels[at] || (probe < pixels.len() && pixels[from + best.length] != pixels[probe]) {
            return;
        }
        let length = common(pixels, from, at);
        if length < 2 {
            return;
        }
        let distance = at - from;
        let saved = self.pixel_bits * length as f32 - price(self.distances.code(distance as u32), length);
        if saved > best.saved {
            *best = Found { saved, length, distance };
        }
    }

    /// The best reference to the pixels around a place.
    #[inline(always)]
    fn near(&self, at: usize) -> Found {
        let mut best = Found::default();
        for distance in [1, self.width, self.width + 1, self.width.wrapping_sub(1)] {
            if (1..=at.min(MAX_DISTANCE)).contains(&distance) {
                self.consider(at - distance, at, &mut best);
            }
        }
        best
    }

    /// The best reference at a place that was entered.
    #[inline(always)]
    fn search(&self, at: usize) -> Found {
        let mut best = self.near(at);
        let mut candidate = self.chains[at];
        for _ in 0..self.chain {
            if candidate == NONE || at - candidate as usize > MAX_DISTANCE || best.length >= LONG_ENOUGH {
                break;
            }
            self.consider(candidate as usize, at, &mut best);
            candidate = self.chains[candidate as usize];
        }
        best
    }
}

/// Whether it is worth looking far: in photographs next to nothing repeats, and finding that out for each pixel takes
/// most of the time.
struct Hope {
    /// Pixels of a stretch that is looked at, and of one that is passed over if that had almost nothing.
    searched: usize,
    passed: usize,
    /// Where the present stretch ends.
    end: usize,
    lost: bool,
    /// Pixels in references of this stretch.
    covered: usize,
}

impl Hope {
    fn new(chain: usize) -> Self {
        let searched = 1 << 13;
        // Who asks for the smallest file gets no shortcut.
        let passed = if chain > 32 { 0 } else { 7 * searched };
        Hope { searched, passed, end: 2 * searched, lost: false, covered: 0 }
    }

    #[inline(always)]
    fn is_lost(&mut self, at: usize) -> bool {
        if at >= self.end {
            self.lost = !self.lost && self.passed > 0 && self.covered < self.searched / 64;
            self.end = at + if self.lost { self.passed } else { self.searched };
            self.covered = 0;
        }
        self.lost
    }

    #[inline(always)]
    fn found(&mut self, length: usize) {
        self.covered += length;
    }
}

/// A reference of this length is taken without looking for a better one.
const LONG_ENOUGH: usize = 256;

/// Pixels and references for a picture; a pixel on its own takes about `pixel_bits`. Without a `chain`, only the pixels
/// around a place are looked at.
pub(crate) fn find(pixels: &[u32], width: usize, chain: usize, pixel_bits: f32) -> Vec<Token> {
    let n = pixels.len();
    let hash_bits = (usize::BITS - n.leading_zeros()).clamp(8, 20);
    let mut finder = Finder {
        pixels,
        width,
        hash_bits,
        heads: vec![NONE; if chain == 0 { 0 } else { 1 << hash_bits }],
        chains: vec![NONE; if chain == 0 { 0 } else { n }],
        chain,
        distances: Distances::new(width),
        pixel_bits,
    };
    let mut tokens = Vec::with_capacity(n / 2);
    let mut at = 0;
    let mut waiting: Option<Found> = None;
    let mut hope = Hope::new(chain);
    while at < n {
        let found = match waiting.take() {
            Some(found) => found,
            None if chain == 0 || hope.is_lost(at) => finder.near(at),
            None => {
                finder.enter(at);
                finder.search(at)
            }
        };
        hope.found(found.length);
        if found.length == 0 {
            tokens.push(Token::Pixel(pixels[at]));
            at += 1;
            continue;
        }
        // One pixel later there may be a reference that is worth the wait.
        let mut entered = at + 1;
        if found.length < LONG_ENOUGH && at + 1 < n && chain > 0 && !hope.lost {
            finder.enter(at + 1);
            entered = at + 2;
            let later = finder.search(at + 1);
            if later.saved > found.saved + pixel_bits {
                tokens.push(Token::Pixel(pixels[at]));
                at += 1;
                waiting = Some(later);
                continue;
            }
        }
        tokens.push(Token::Copy { length: found.length as u16, distance: found.distance as u32 });
        at += found.length;
        if chain > 0 && !hope.lost {
            for k in entered..at {
                finder.enter(k);
            }
        }
    }
    tokens
}

#[cfg(test)]
mod tests {
    use super::*;

    fn expand(tokens: &[Token]) -> Vec<u32> {
        let mut out = Vec::new();
        for token in tokens {
            match *token {
                Token::Pixel(p) => out.push(p),
                Token::Copy { length, distance } => {
                    for _ in 0..length {
                        out.push(out[out.len() - distance as usize]);
                    }
                }
            }
        }
        out
    }

    #[test]
    fn references_give_the_pixels_back() {
        let pixels: Vec<u32> = (0..5000u32).map(|i| (i % 37) * (i / 900) + u32::from(i % 501 == 0)).collect();
        let tokens = find(&pixels, 100, 32, 10.0);
        assert_eq!(expand(&tokens), pixels);
        assert!(tokens.len() < 700, "{}", tokens.len());
        assert_eq!(expand(&find(&pixels, 100, 0, 10.0)), pixels);
        for few in [vec![], vec![5], vec![5, 5], vec![1, 2, 1, 2, 1, 2]] {
            assert_eq!(expand(&find(&few, 1, 8, 10.0)), few);
        }
    }

    #[test]
    fn near_places_have_short_codes() {
        let distances = Distances::new(50);
        assert_eq!([50, 1, 51, 49].map(|d| distances.code(d)), [1, 2, 3, 4]);
        assert_eq!(distances.code(8 + 7 * 50), 120);
        assert_eq!(distances.code(1000), 1120);
        // In a picture of one column every distance is one of rows.
        assert_eq!([1, 2].map(|d| Distances::new(1).code(d)), [1, 5]);
    }
}
