use imageio_core::{Value, option_enum, plugin_options};

option_enum! {
    /// How strips and tiles are compressed.
    pub enum Compression {
        /// Not at all.
        None = "none" | "uncompressed" | "false" | "1",
        /// LZW.
        Lzw = "lzw" | "5",
        /// Deflate, as zlib streams.
        Deflate = "deflate" | "zlib" | "adobe_deflate" | "zip" | "8",
        /// PackBits run lengths.
        PackBits = "packbits" | "32773",
        /// Zstandard; needs the feature `zstd`.
        Zstd = "zstd" | "50000",
        /// LZMA, as XZ streams; needs the feature `lzma-write`.
        Lzma = "lzma" | "xz" | "34925",
        /// JPEG, lossy, of 8-bit samples; needs the feature `jpeg`.
        Jpeg = "jpeg" | "7",
    }
}

option_enum! {
    /// What is done to rows before they are compressed.
    pub enum Predictor {
        /// Nothing.
        None = "none" | "false" | "1",
        /// Differences to the pixel on the left; for integers.
        Horizontal = "horizontal" | "true" | "2",
        /// Bytes of real numbers sorted by significance, then differences; for floats.
        Float = "float" | "floatingpoint" | "3",
    }
}

option_enum! {
    /// What becomes of the indices of an image with a palette.
    pub enum Palette {
        /// They are given as they are; the palette is in the metadata.
        Raw = "raw" | "false",
        /// Their colours are given, as RGB.
        Apply = "apply" | "true",
    }
}

option_enum! {
    /// When a file becomes a BigTIFF file.
    pub enum BigTiff {
        /// Where its pixels would not fit into 4 GiB.
        Auto = "auto",
        /// Always.
        Always = "always" | "true",
        /// Never: more than 4 GiB is an error.
        Never = "never" | "false",
    }
}

option_enum! {
    /// Byte order of a file.
    pub enum ByteOrder {
        /// Least significant byte first.
        Little = "little" | "<",
        /// Most significant byte first.
        Big = "big" | ">",
    }
}

option_enum! {
    /// Unit of `resolution`.
    pub enum ResolutionUnit {
        /// No unit: only the ratio counts.
        None = "none" | "1",
        /// Pixels per inch.
        Inch = "inch" | "2",
        /// Pixels per centimetre.
        Centimetre = "cm" | "centimeter" | "centimetre" | "3",
    }
}

plugin_options! {
    /// How a TIFF file is opened.
    pub struct OpenOptions in Open {
        /// Take every page (directory of the file's chain) for an image of its own, instead of every series of pages
        /// that make up one array.
        pages: bool = false,
        /// One series, counted from 0, is all that the file holds: its array is the only image or, with `pages`, its
        /// pages are the images.
        series: Option<usize> = None,
        /// Give what there is of an image whose last strips or tiles are cut off by the end of the file, with 0 (or
        /// GDAL's nodata value) in the place of the rest. By default that is an error.
        allow_truncated: bool = false,
    }
}

plugin_options! {
    /// How an image of a TIFF file is read.
    pub struct ReadOptions in Read {
        /// One page of the series, counted from 0, instead of the whole array.
        page: Option<usize> = None,
        /// Some pages of the series along a new first axis: a slice as Python has it, such as `2:10:2` or `::-1`, or a
        /// list of numbers. A single number is one page, as with `page`.
        key: Option<Value> = None,
        /// A smaller version of a pyramid: 0 is the full size, 1 the next smaller one.
        level: usize = 0,
        /// Leave out axes of length 1 that a file's description has beside rows and columns.
        squeeze: bool = true,
        /// `raw` gives the indices of an image with a palette, `apply` their colours: RGB as a last axis, of uint8 if
        /// that loses nothing, else of uint16. Images without a palette are the same either way.
        palette: Palette = Palette::Raw,
        /// Some rows and columns: top, bottom, left, right; bottom and right are beyond the part. Only strips and
        /// tiles that hold them are read.
        region: Vec<usize> = Vec::new(),
    }
}

plugin_options! {
    /// How a TIFF file is written.
    pub struct WriteOptions in Write {
        /// `none`, `lzw`, `deflate`, `zstd`, `packbits`, `lzma` (with the feature `lzma-write`) or `jpeg` (uint8, grey or RGB).
        compression: Compression = Compression::None,
        /// Effort of deflate and LZMA, from 0 (fastest) to 9 (smallest), 6 unless said; level of Zstandard, from -7 and 1
        /// (fast) to 22 (smallest), 1 unless said, and 3 for samples of more than 16 bits without a predictor. Others
        /// have one level.
        #[range(-7, 22)]
        #[alias("compression_level")]
        level: Option<i32> = None,
        /// Quality of JPEG, 0 (smallest) to 100 (best), on the scale of the Independent JPEG Group.
        #[range(0, 100)]
        quality: u8 = 75,
        /// Pixels of a sample of colour in JPEG, across (1, 2 or 4) and down (1 or 2); `[2, 2]` unless said. RGB is
        /// stored as YCbCr, or as it is with `photometric=rgb`.
        subsampling: Vec<u32> = Vec::new(),
        /// `none`, `horizontal` (integers) or `float` (floats).
        predictor: Predictor = Predictor::None,
        /// Length and width of tiles in pixels, multiples of 16; strips unless said.
        tile: Vec<u32> = Vec::new(),
        /// Rows of a strip; by default one strip if uncompressed, else strips of about 256 KiB.
        #[alias("rowsperstrip")]
        rows_per_strip: Option<u32> = None,
        /// `auto`, `always` or `never`.
        #[phase(Open)]
        bigtiff: BigTiff = BigTiff::Auto,
        /// `little` or `big`.
        #[phase(Open)]
        byteorder: ByteOrder = ByteOrder::Little,
        /// Axes of the array, a letter each: `Y` and `X` for rows and columns, `S` or `C` last for samples of a pixel,
        /// `Z`, `T`, `C`, `I`, `Q` in front for pages. By default the last axis holds samples if it is 2 to 4 long.
        axes: Option<String> = None,
        /// The axis before rows and columns holds samples, each stored as a plane of its own.
        planar: bool = false,
        /// Pixels per unit along X and Y (one number for both).
        resolution: Vec<f64> = Vec::new(),
        /// `inch`, `cm` or `none`; `inch` if a resolution is given.
        #[alias("resolutionunit")]
        resolution_unit: Option<ResolutionUnit> = None,
        /// Text for the ImageDescription tag.
        description: Option<String> = None,
        /// Text for the Software tag.
        software: Option<String> = None,
        /// Text for the DateTime tag, `YYYY:MM:DD HH:MM:SS`.
        datetime: Option<String> = None,
        /// Value of PhotometricInterpretation where it is not to be guessed: `minisblack`, `miniswhite`, `rgb`,
        /// `separated`, `ycbcr`, `cielab`, or its number.
        photometric: Option<Value> = None,
        /// Store the array's shape in the description as tifffile does, so that it reads back with that shape.
        #[alias("metadata")]
        shaped: bool = true,
        /// Write an ImageJ hyperstack: axes in the order TZCYXS, uint8, uint16, int16 or float32 (RGB as uint8).
        imagej: bool = false,
        /// Write OME-XML as the description: axes X and Y, before them T, Z and C in any order. By default that is done
        /// where the name ends with `.ome.tif` and the dtype is one that OME has.
        ome: Option<bool> = None,
        /// So many smaller versions of each page, each half as large as the last, in directories below it (SubIFDs).
        /// Tiles of 256x256 pixels unless said.
        #[range(0, 24)]
        #[alias("subifds")]
        pyramid: u8 = 0,
        /// Width and height of a pixel and, for volumes, the distance of slices, in `pixel_unit`.
        pixel_size: Vec<f64> = Vec::new(),
        /// Unit of `pixel_size`: `µm` unless said; `nm`, `mm`, `m`, `inch` or any other word.
        pixel_unit: Option<String> = None,
        /// Seconds between frames, for ImageJ and OME.
        frame_interval: Option<f64> = None,
        /// Palette of an image of indices: all reds, then all greens, then all blues, 0 to 65535.
        colormap: Option<Value> = None,
        /// More tags for the first page: number, type (`byte`, `ascii`, `short`, `long`, `rational`, `float`, `double`
        /// …) and value, such as `65000:short:1,2,3`.
        #[alias("extratags")]
        extra_tags: Vec<Value> = Vec::new(),
        /// Add to the file that is there instead of replacing it.
        #[phase(Open)]
        append: bool = false,
    }
}
