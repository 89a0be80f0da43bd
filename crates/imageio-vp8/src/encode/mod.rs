//! From pixels to a key frame.
//!
//! Each macroblock is predicted in the ways the format offers, and the way with the least sum of error and cost is
//! taken; what coefficients cost is learnt from the rows before. Probabilities are chosen by what was really
//! counted, then everything is written.

mod convert;
mod cost;
mod macroblock;
mod quant;
mod rows;
mod stream;
mod tokens;

use self::convert::Planes;
use self::macroblock::{Effort, Job};
use self::quant::Quantizer;
use crate::error::Error;

/// Largest width and height.
pub const MAX_SIDE: usize = 16_383;

/// How a picture is encoded.
#[non_exhaustive]
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct EncodeOptions {
    /// 0 (smallest) to 100 (best), on the scale of libwebp.
    pub quality: f32,
    /// 0 (fastest) to 6 (smallest).
    pub effort: u8,
    /// Whether a second thread may help with large pictures. The result is the same either way.
    pub threads: bool,
}

impl Default for EncodeOptions {
    fn default() -> Self {
        EncodeOptions { quality: 75.0, effort: 4, threads: true }
    }
}

/// Pixels from which on a second thread is started.
const WORTH_A_THREAD: usize = 128 * 128;

/// Encodes `pixels`, rows of grey (`channels` 1), RGB (3) or RGBA (4, where alpha is left out), as a key frame: the
/// content of a `VP8 ` chunk.
///
/// # Errors
/// [`Error::Size`] if `pixels` is not `width * height * channels` bytes long, [`Error::Unsupported`] for sides of 0
/// or beyond [`MAX_SIDE`] and for pictures that burst the format's partitions.
pub fn encode(
    pixels: &[u8],
    width: usize,
    height: usize,
    channels: usize,
    options: &EncodeOptions,
) -> Result<Vec<u8>, Error> {
    let side = |n: usize| match u16::try_from(n) {
        Ok(n) if (1..=MAX_SIDE).contains(&usize::from(n)) => Ok(n),
        _ => Err(Error::Unsupported("a VP8 picture has sides of 1 to 16383 pixels")),
    };
    let size = (side(width)?, side(height)?);
    if !matches!(channels, 1 | 3 | 4) {
        return Err(Error::Unsupported("a picture to be encoded has 1, 3 or 4 channels"));
    }
    let expected = width * height * channels;
    if pixels.len() != expected {
        return Err(Error::Size { expected, given: pixels.len() });
    }
    let threads = match cfg!(feature = "parallel") && options.threads && width * height >= WORTH_A_THREAD {
        true => 2,
        false => 1,
    };
    let planes = Planes::new(pixels, width, height, channels, threads);
    let quantizer = Quantizer::new(options.quality);
    let effort = match options.effort {
        0 => Effort { block_modes: 0, square_modes: 1 },
        1 => Effort { block_modes: 0, square_modes: 4 },
        2 => Effort { block_modes: 1, square_modes: 2 },
        3 => Effort { block_modes: 2, square_modes: 2 },
        4 => Effort { block_modes: 3, square_modes: 2 },
        5 => Effort { block_modes: 5, square_modes: 4 },
        _ => Effort { block_modes: 10, square_modes: 4 },
    };
    let mut effort = effort;
    loop {
        let job = Job { planes: &planes, quantizer: &quantizer, effort };
        let (rows, counts) = rows::encode_rows(&job, threads);
        match stream::write(size, &quantizer, &rows, &counts, threads) {
            // The modes of a huge picture may burst their partition; without modes per block they are far fewer.
            Err(Error::Unsupported(_)) if effort.block_modes > 0 => effort.block_modes = 0,
            result => return result,
        }
    }
}
