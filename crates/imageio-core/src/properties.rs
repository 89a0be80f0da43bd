//! What a read would return, known without reading.

use crate::image::Dtype;

/// Shape, dtype and meaning of what a read with the same arguments returns.
#[non_exhaustive]
#[derive(Debug, Clone, PartialEq)]
pub struct ImageProperties {
    /// Shape of the array, outermost axis first; a batch has its frame axis in front. Of a batch whose `n_images` is
    /// `None` that axis is an estimate: counting would have fetched the whole of a file that is far away, which
    /// [`Reader::count`](crate::Reader::count) does.
    pub shape: Vec<usize>,
    /// Element type of the array.
    pub dtype: Dtype,
    /// Number of images in the resource, if it is known exactly without decoding.
    pub n_images: Option<usize>,
    /// `true` if the first axis of `shape` counts images.
    pub is_batch: bool,
    /// Distance between neighbouring samples for each axis of `shape`, where the file says it.
    pub spacing: Option<Vec<Spacing>>,
    /// What each axis of `shape` means, where the plugin knows.
    pub axes: Option<Vec<Axis>>,
}

impl ImageProperties {
    /// Properties of a single image.
    pub fn new(dtype: Dtype, shape: impl Into<Vec<usize>>) -> Self {
        ImageProperties { shape: shape.into(), dtype, n_images: None, is_batch: false, spacing: None, axes: None }
    }

    /// Properties of a picture: `(height, width)` for one channel of `channels` = `""` or `"L"`, otherwise
    /// `(height, width, channels)` with the axes named, for example `"RGBA"`.
    pub fn picture(dtype: Dtype, height: usize, width: usize, channels: &str) -> Self {
        if channels.chars().count() <= 1 {
            return Self::new(dtype, [height, width]).with_axes([Axis::Y, Axis::X]);
        }
        Self::new(dtype, [height, width, channels.chars().count()]).with_axes([
            Axis::Y,
            Axis::X,
            Axis::Channel(channels.to_owned()),
        ])
    }

    /// Sets the number of images.
    #[must_use]
    pub fn with_n_images(mut self, n: impl Into<Option<usize>>) -> Self {
        self.n_images = n.into();
        self
    }

    /// Sets the spacing, one entry per axis.
    #[must_use]
    pub fn with_spacing(mut self, spacing: impl Into<Vec<Spacing>>) -> Self {
        self.spacing = Some(spacing.into());
        self
    }

    /// Sets what the axes mean, one entry per axis.
    #[must_use]
    pub fn with_axes(mut self, axes: impl Into<Vec<Axis>>) -> Self {
        self.axes = Some(axes.into());
        self
    }

    /// Number of bytes of the array, if that is a number at all.
    pub fn n_bytes(&self) -> Option<usize> {
        crate::limits::n_bytes(&self.shape, self.dtype.size())
    }
}

/// What an axis of an array means.
#[non_exhaustive]
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Axis {
    /// Rows.
    Y,
    /// Columns.
    X,
    /// Slices.
    Z,
    /// Time points.
    Time,
    /// Colour or measurement channels; a letter for each where they are known, such as `RGBA`.
    Channel(String),
    /// Images that were stacked into a batch.
    Batch,
    /// Something else, by its name.
    Other(String),
}

impl Axis {
    /// The one-letter name that tifffile uses: `Y`, `X`, `Z`, `T`, `S` (samples), `I` (images), `Q` (other).
    pub fn letter(&self) -> char {
        match self {
            Axis::Y => 'Y',
            Axis::X => 'X',
            Axis::Z => 'Z',
            Axis::Time => 'T',
            Axis::Channel(_) => 'S',
            Axis::Batch => 'I',
            Axis::Other(_) => 'Q',
        }
    }
}

/// Distance between neighbouring samples along one axis.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Spacing {
    /// Distance in `unit`.
    pub value: f64,
    /// Unit of `value`.
    pub unit: Unit,
}

impl Spacing {
    /// `value` in `unit`.
    pub fn new(value: f64, unit: Unit) -> Self {
        Spacing { value, unit }
    }

    /// An axis without a distance, such as channels.
    pub fn none() -> Self {
        Spacing { value: 1.0, unit: Unit::None }
    }
}

/// Units of spacing.
#[non_exhaustive]
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Unit {
    /// No unit: an index, or a ratio between axes only.
    None,
    /// Metres.
    Metre,
    /// Millimetres.
    Millimetre,
    /// Micrometres.
    Micrometre,
    /// Nanometres.
    Nanometre,
    /// Inches.
    Inch,
    /// Seconds.
    Second,
    /// Degrees.
    Degree,
}

impl Unit {
    /// The usual symbol.
    pub fn symbol(self) -> &'static str {
        match self {
            Unit::None => "",
            Unit::Metre => "m",
            Unit::Millimetre => "mm",
            Unit::Micrometre => "µm",
            Unit::Nanometre => "nm",
            Unit::Inch => "in",
            Unit::Second => "s",
            Unit::Degree => "°",
        }
    }
}

/// How the pixels of a file must be turned to stand upright (EXIF tag 0x0112, TIFF tag 274).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Orientation {
    /// 1: as it is.
    #[default]
    Normal,
    /// 2: mirrored left to right.
    FlipHorizontal,
    /// 3: turned by 180°.
    Rotate180,
    /// 4: mirrored top to bottom.
    FlipVertical,
    /// 5: transposed.
    Transpose,
    /// 6: to be turned 90° clockwise.
    Rotate90,
    /// 7: transposed along the other diagonal.
    Transverse,
    /// 8: to be turned 90° counter-clockwise.
    Rotate270,
}

impl Orientation {
    /// From the EXIF value; anything but 1 to 8 counts as upright.
    pub fn from_exif(value: u64) -> Self {
        match value {
            2 => Orientation::FlipHorizontal,
            3 => Orientation::Rotate180,
            4 => Orientation::FlipVertical,
            5 => Orientation::Transpose,
            6 => Orientation::Rotate90,
            7 => Orientation::Transverse,
            8 => Orientation::Rotate270,
            _ => Orientation::Normal,
        }
    }

    /// `true` if turning the picture upright exchanges height and width.
    pub fn swaps_axes(self) -> bool {
        matches!(
            self,
            Orientation::Transpose | Orientation::Rotate90 | Orientation::Transverse | Orientation::Rotate270
        )
    }
}
