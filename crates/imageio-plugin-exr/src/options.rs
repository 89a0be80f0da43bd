use crate::header::Method;

imageio_core::option_enum! {
    /// How blocks are compressed.
    pub enum Compression {
        /// Not at all.
        None = "none" | "uncompressed",
        /// Run lengths, line by line; lossless.
        Rle = "rle",
        /// Deflate, line by line; lossless.
        Zips = "zips",
        /// Deflate, 16 lines at a time; lossless.
        Zip = "zip",
        /// Wavelets, 32 lines at a time; lossless, best for photographs with grain.
        Piz = "piz",
        /// Deflate; `float32` is rounded to 24 bits, all else is lossless.
        Pxr24 = "pxr24",
        /// `float16` in blocks of four by four pixels at 44 % of the size, lossy; all else is stored.
        B44 = "b44",
        /// As `b44`, smaller where an area has one colour.
        B44a = "b44a",
        /// Lossy cosine transform, 32 lines at a time.
        Dwaa = "dwaa",
        /// Lossy cosine transform, 256 lines at a time.
        Dwab = "dwab",
    }
}

impl Compression {
    pub(crate) fn method(self) -> Method {
        Method::ALL.into_iter().find(|method| method.name() == self.word()).unwrap_or(Method::Zip)
    }
}

imageio_core::plugin_options! {
    /// Opening a file.
    pub struct ExrOpenOptions in Open {
        /// Name of the part to read, or of a layer of channels within a part (`diffuse` for `diffuse.R` and so on); it is image 0 then.
        layer: Option<String> = None,
    }
}

imageio_core::plugin_options! {
    /// Reading an image.
    pub struct ExrReadOptions in Read {
        /// Names of the channels that make the array, in order; R, G, B and A, else Y and A, else all of them if none is named.
        channels: Vec<String> = Vec::new(),
    }
}

imageio_core::plugin_options! {
    /// Writing an image.
    pub struct ExrWriteOptions in Write {
        /// How blocks are compressed.
        compression: Compression = Compression::Zip,
        /// Level of deflate for `zip` and `zips`: 1 (fastest) to 9 (smallest); below 6, blocks in which next to nothing repeats are not searched for it.
        #[range(1, 9)]
        level: u8 = 4,
        /// How much `dwaa` and `dwab` may lose: 0 (little) up; 45 is visually lossless.
        #[range(0, 100_000)]
        dwa_level: f64 = 45.0,
        /// Names of the channels; Y, YA, RGB or RGBA by their number if none is named.
        channels: Vec<String> = Vec::new(),
        /// Names of the parts when several images are written.
        #[alias("layer")]
        layers: Vec<String> = Vec::new(),
    }
}
