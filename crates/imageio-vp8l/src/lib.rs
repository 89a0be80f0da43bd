#![doc = include_str!("../README.md")]

mod bits;
mod color;
mod entropy;
mod groups;
mod huffman;
mod kind;
mod matches;
mod palette;
mod predict;
mod quick;
mod rows;
mod threads;

use std::cell::LazyCell;
use std::fmt;

use self::bits::BitWriter;
use self::entropy::Image;
use self::kind::{Kind, Way};
use self::quick::Quick;
use self::rows::Rows;

/// Largest width and height.
pub const MAX_SIDE: usize = 16_384;

/// Why a picture can't be encoded.
#[non_exhaustive]
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Error {
    /// Sides of 0 or beyond [`MAX_SIDE`], or a number of channels other than 1, 3 and 4.
    Unsupported(&'static str),
    /// The pixels do not have the length that the size asks for.
    Size {
        /// Bytes that are needed.
        expected: usize,
        /// Bytes that were given.
        given: usize,
    },
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Error::Unsupported(what) => f.write_str(what),
            Error::Size { expected, given } => write!(f, "a buffer of {given} bytes where {expected} are needed"),
        }
    }
}

impl std::error::Error for Error {}

/// How much is tried.
#[derive(Clone, Copy)]
pub(crate) struct Effort {
    /// Earlier places with the same hash that are compared.
    pub chain: usize,
    /// Predictors that are tried for each tile, in the order in which they are worth it.
    pub predictors: usize,
    /// So many of them, by the sum of what they leave, are looked at closer.
    pub finalists: usize,
    /// Whether what red and blue have in common with green is looked for, tile by tile.
    pub cross_color: bool,
    /// Whether parts of the picture may have codes of their own.
    pub groups: bool,
}

/// The levels where none is asked for: for pictures that repeat themselves, and for others.
const OF_DRAWN: u8 = 3;
const OF_PHOTOGRAPHS: u8 = 0;

impl Effort {
    fn new(level: u8) -> Self {
        match level {
            0 => Effort { chain: 0, predictors: 1, finalists: 6, cross_color: false, groups: false },
            1 => Effort { chain: 8, predictors: 1, finalists: 6, cross_color: false, groups: true },
            2 => Effort { chain: 8, predictors: 5, finalists: 6, cross_color: false, groups: true },
            3 => Effort { chain: 16, predictors: 5, finalists: 6, cross_color: true, groups: true },
            4 => Effort { chain: 32, predictors: 14, finalists: 6, cross_color: true, groups: true },
            5 => Effort { chain: 128, predictors: 14, finalists: 14, cross_color: true, groups: true },
            _ => Effort { chain: 512, predictors: 14, finalists: 14, cross_color: true, groups: true },
        }
    }
}

/// Transforms as the stream numbers them.
const PREDICTOR: u32 = 0;
const CROSS_COLOR: u32 = 1;
const SUBTRACT_GREEN: u32 = 2;
const COLOR_INDEXING: u32 = 3;

/// Encodes rows of grey (`channels` 1), RGB (3) or RGBA (4) as the content of a `VP8L` chunk. `effort` is 0 (fastest)
/// to 6 (smallest); without it the picture decides: what looks like a photograph is coded as with 0, since more makes
/// it little smaller, and what repeats itself as with 3.
///
/// # Errors
/// [`Error::Size`] if `pixels` is not `width * height * channels` bytes long, [`Error::Unsupported`] for other sides
/// and channels than the format has.
pub fn encode(
    pixels: &[u8],
    width: usize,
    height: usize,
    channels: usize,
    effort: Option<u8>,
) -> Result<Vec<u8>, Error> {
    if !(1..=MAX_SIDE).contains(&width) || !(1..=MAX_SIDE).contains(&height) {
        return Err(Error::Unsupported("a VP8L picture has sides of 1 to 16384 pixels"));
    }
    if !matches!(channels, 1 | 3 | 4) {
        return Err(Error::Unsupported("a picture to be encoded has 1, 3 or 4 channels"));
    }
    let expected = width * height * channels;
    if pixels.len() != expected {
        return Err(Error::Size { expected, given: pixels.len() });
    }
    // Looked at where it decides something: quick levels that are asked for go one way.
    let kind = LazyCell::new(|| Kind::of(pixels, channels, width));
    let level = effort.unwrap_or_else(|| if kind.is_drawn(channels) { OF_DRAWN } else { OF_PHOTOGRAPHS });
    let quick = (level <= 1).then(|| Quick::new(level));
    let mut effort = Effort::new(level);
    // Tile by tile other amounts of green are taken away, which hides what repeats.
    effort.cross_color = effort.cross_color && kind.repeated < 0.7;
    let start = |bytes: usize| {
        let mut w = BitWriter::with_capacity(bytes);
        w.put(0x2f, 8);
        w.put(width as u32 - 1, 14);
        w.put(height as u32 - 1, 14);
        w.put(u32::from(channels == 4), 1);
        w.put(0, 3);
        w
    };
    // In haste, greys are not sorted into a palette that has as many entries as they have values.
    let worth = |colors: &Vec<u32>| quick.is_none() || channels > 1 || colors.len() <= SURELY_DRAWN;
    let colors = palette::collect(argb(pixels, channels)).filter(worth);
    let by_index = colors.as_ref().map(|colors| {
        let argb: Vec<u32> = argb(pixels, channels).collect();
        let mut w = start(pixels.len() / 16);
        indexed(&mut w, &argb, (width, height), colors, effort);
        w.finish()
    });
    // A photograph in grey has few colours as well, but its neighbours tell more than a palette.
    let by_index = match (by_index, colors) {
        (Some(done), Some(colors)) if colors.len() <= SURELY_DRAWN => return Ok(done),
        (by_index, _) => by_index,
    };
    let by_color = if let Some(quick) = quick {
        quick::true_color(start(1 << 14), pixels, channels, width, quick)
    } else {
        let mut w = start(pixels.len() / 3);
        true_color(&mut w, Rows { pixels, channels, width }, height, kind.way(), effort);
        w.finish()
    };
    Ok(match by_index {
        Some(by_index) if by_index.len() <= by_color.len() => by_index,
        _ => by_color,
    })
}

/// Pictures of no more colours are only coded by palette.
const SURELY_DRAWN: usize = 16;

/// Alpha, red, green, blue, from the highest byte down.
fn argb(pixels: &[u8], channels: usize) -> impl Iterator<Item = u32> {
    pixels.chunks_exact(channels).map(|p| match *p {
        [v] => u32::from_be_bytes([255, v, v, v]),
        [r, g, b] => u32::from_be_bytes([255, r, g, b]),
        [r, g, b, a] => u32::from_be_bytes([a, r, g, b]),
        _ => 0,
    })
}

fn indexed(w: &mut BitWriter, argb: &[u32], (width, height): (usize, usize), colors: &[u32], effort: Effort) {
    w.put(1, 1);
    w.put(COLOR_INDEXING, 2);
    w.put(colors.len() as u32 - 1, 8);
    let differences = palette::differences(colors);
    entropy::write(w, &Image { width: colors.len(), pixels: &differences, top: false }, effort);
    w.put(0, 1);
    let (width, packed) = palette::pack(argb, (width, height), colors);
    entropy::write(w, &Image { width, pixels: &packed, top: true }, effort);
}

fn true_color(w: &mut BitWriter, rows: Rows<'_>, height: usize, way: Way, effort: Effort) {
    let width = rows.width;
    if way == Way::Plain {
        w.put(0, 1);
        let pixels: Vec<u32> = argb(rows.pixels, rows.channels).collect();
        return entropy::write(w, &Image { width, pixels: &pixels, top: true }, effort);
    }
    w.put(1, 1);
    w.put(SUBTRACT_GREEN, 2);
    if way == Way::LessGreen {
        w.put(0, 1);
        let pixels: Vec<u32> = argb(rows.pixels, rows.channels).map(less_green).collect();
        return entropy::write(w, &Image { width, pixels: &pixels, top: true }, effort);
    }
    let tile_bits = if width * height > 1 << 18 { 5 } else { 4 };
    let columns = width.div_ceil(1 << tile_bits);
    let (modes, mut residue) = predict::run(rows, tile_bits, (effort.predictors, effort.finalists));
    w.put(1, 1);
    w.put(PREDICTOR, 2);
    w.put(tile_bits - 2, 3);
    entropy::write(w, &Image { width: columns, pixels: &modes, top: false }, effort);
    if effort.cross_color {
        let elements = color::run(&mut residue, (width, height), tile_bits);
        w.put(1, 1);
        w.put(CROSS_COLOR, 2);
        w.put(tile_bits - 2, 3);
        entropy::write(w, &Image { width: columns, pixels: &elements, top: false }, effort);
    }
    w.put(0, 1);
    entropy::write(w, &Image { width, pixels: &residue, top: true }, effort);
}

/// Takes green from red and blue.
fn less_green(argb: u32) -> u32 {
    let [a, r, g, b] = argb.to_be_bytes();
    u32::from_be_bytes([a, r.wrapping_sub(g), g, b.wrapping_sub(g)])
}
