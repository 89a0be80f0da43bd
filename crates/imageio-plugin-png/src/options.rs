//! What a reader and a writer may be told.

use std::time::Duration;

use imageio_core::{OptionKind, OptionValue, Rate, Value};

/// Whether and how sample values are corrected by gamma when an image is read.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub enum ApplyGamma {
    /// Values as they are stored.
    #[default]
    Off,
    /// By the file's own `gAMA` value; files without one stay as they are.
    File,
    /// By this exponent.
    Exponent(f64),
}

impl From<bool> for ApplyGamma {
    fn from(on: bool) -> Self {
        if on { ApplyGamma::File } else { ApplyGamma::Off }
    }
}

impl From<f64> for ApplyGamma {
    fn from(exponent: f64) -> Self {
        ApplyGamma::Exponent(exponent)
    }
}

impl OptionValue for ApplyGamma {
    const KIND: OptionKind = OptionKind::Any;

    fn from_value(value: &Value) -> Result<Self, String> {
        match value {
            Value::Null => Ok(ApplyGamma::Off),
            Value::Bool(on) => Ok(ApplyGamma::from(*on)),
            _ => match value.as_f64() {
                Some(exponent) if exponent.is_finite() && exponent > 0.0 => Ok(ApplyGamma::Exponent(exponent)),
                _ => Err(format!("expected true, false or an exponent above 0, got `{value}`")),
            },
        }
    }

    fn into_value(self) -> Value {
        match self {
            ApplyGamma::Off => Value::Bool(false),
            ApplyGamma::File => Value::Bool(true),
            ApplyGamma::Exponent(exponent) => Value::Float(exponent),
        }
    }
}

imageio_core::option_enum! {
    /// How rows are filtered before they are compressed (PNG specification, section 9).
    pub enum Filter {
        /// `adaptive` for samples of 8 and 16 bits, `none` for palettes and single bits.
        Auto = "auto",
        /// For each row the filter whose output is smallest in sum.
        Adaptive = "adaptive",
        /// No filter.
        None = "none",
        /// Differences to the pixel on the left.
        Sub = "sub",
        /// Differences to the pixel above.
        Up = "up",
        /// Differences to the mean of both.
        Average = "average" | "avg",
        /// Differences to the nearest of left, above and above left.
        Paeth = "paeth",
    }
}

imageio_core::option_enum! {
    /// How translucent frames of an animation are put together.
    pub enum Compose {
        /// As the APNG specification says and browsers do.
        Standard = "standard",
        /// As Pillow (and so Python's imageio) does, which differs in two places: alpha is mixed like a colour, so that a
        /// translucent pixel makes what is below translucent too, and what a composed frame covered is not brought
        /// back when the frame asks for it.
        Pillow = "pillow",
    }
}

imageio_core::plugin_options! {
    /// Reading PNG.
    pub struct ReadOptions in Read {
        /// Correct sample values by gamma, keeping their type: `true` takes the exponent from the file, a number is
        /// the exponent itself. Alpha stays as it is.
        apply_gamma: ApplyGamma = ApplyGamma::Off,
        /// How translucent frames of an animation are put together.
        compose: Compose = Compose::Standard,
    }
}

imageio_core::plugin_options! {
    /// Writing PNG and APNG.
    pub struct WriteOptions in Write {
        /// 0 (none) to 9 (smallest). 1 is many times faster than the rest: a method made for PNG whose files are about
        /// 10 % larger than those of level 6, or light deflate where an image repeats itself as drawings do. 2 to 9 are
        /// deflate.
        #[range(0, 9)]
        #[alias("level", "compress_level", "compression_level")]
        compression: u8 = 1,
        /// How rows are filtered before they are compressed.
        filter: Filter = Filter::Auto,
        /// Store the image in seven passes of growing resolution (Adam7).
        #[alias("interlaced")]
        interlace: bool = false,
        /// Store 8-bit colour images of at most 256 colours as indices into a palette, which is smaller and
        /// reads back as the same array; others as they are.
        palette: bool = false,
        /// Write an animation (APNG). Without it several images go only into files called `.apng`.
        animation: bool = false,
        /// Time that each frame is shown, one for all or a list with one for each; milliseconds by name.
        duration: Vec<Duration> = Vec::new(),
        /// Frames per second, where `duration` is not given.
        fps: Option<Rate> = None,
        /// How often the animation plays; 0 is for ever.
        #[alias("loop")]
        loop_count: Option<u32> = None,
    }
}
