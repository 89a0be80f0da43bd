//! Images on their way in: one word a pixel, whatever they were.

use imageio_core::{Error, Result, WriteCx};

use crate::quantize::{CLEAR, Pixel, join};

/// A frame that is to be written.
#[derive(Debug, Clone)]
pub(crate) struct Picture {
    pub width: usize,
    pub height: usize,
    pub kind: Kind,
    /// Some pixels were neither transparent nor opaque.
    pub partly: bool,
    pub pixels: Vec<Pixel>,
}

/// What the pixels of an image are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Grey,
    Rgb,
    Rgba,
}

impl Picture {
    /// Takes an image of u8, of shape (height, width), (…, 3) or (…, 4).
    pub fn new(cx: &WriteCx<'_>, alpha_threshold: u8) -> Result<Self> {
        let shape = cx.image().shape();
        let (height, width, kind) = match *shape {
            [height, width] => (height, width, Kind::Grey),
            [height, width, 3] => (height, width, Kind::Rgb),
            [height, width, 4] => (height, width, Kind::Rgba),
            _ => {
                return Err(Error::mismatch(format!("an image of shape {shape:?}"))
                    .with_hint("GIF takes (height, width), (height, width, 3) and (height, width, 4)"));
            }
        };
        if ![height, width].iter().all(|n| (1..=65_535).contains(n)) {
            return Err(Error::mismatch(format!("an image of {width} x {height} pixels"))
                .with_hint("GIF takes 1 to 65535 pixels in each direction"));
        }
        let elements = cx.elements::<u8>()?;
        let n = width * height;
        let mut pixels = Vec::new();
        pixels.try_reserve_exact(n).map_err(|_| Error::limit(format!("no memory for {n} pixels")))?;
        let mut partly = false;
        match kind {
            Kind::Grey => pixels.extend(elements.iter().map(|v| join([*v; 3]))),
            Kind::Rgb => pixels.extend(elements.as_chunks::<3>().0.iter().copied().map(join)),
            Kind::Rgba => pixels.extend(elements.as_chunks::<4>().0.iter().map(|[r, g, b, a]| {
                partly |= (1..255).contains(a);
                if *a < alpha_threshold { CLEAR } else { join([*r, *g, *b]) }
            })),
        }
        Ok(Picture { width, height, kind, partly, pixels })
    }
}
