imageio_core::option_enum! {
    /// What samples mean; it changes one byte of the header and no pixel.
    pub enum ColorSpace {
        /// sRGB with linear alpha.
        Srgb = "srgb",
        /// Every channel is linear.
        Linear = "linear",
    }
}

imageio_core::plugin_options! {
    /// How a picture is written.
    pub struct WriteOptions in Write {
        /// What the header says of the samples; by default what the metadata say under `color_space`, else `srgb`.
        color_space: Option<ColorSpace> = None,
    }
}
