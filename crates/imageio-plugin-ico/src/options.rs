imageio_core::option_enum! {
    /// How the pictures inside an icon are stored.
    pub enum BitmapFormat {
        /// As PNG files: small, for Windows Vista and later.
        Png = "png",
        /// As bitmaps with a mask: for every Windows. They read back as red, green, blue and alpha.
        Bmp = "bmp",
    }
}

imageio_core::plugin_options! {
    /// How an icon or a cursor is written.
    pub struct WriteOptions in Write {
        /// How pictures are stored; by default `png` in icons and `bmp` in cursors.
        bitmap_format: Option<BitmapFormat> = None,
        /// The point of a cursor that points, as `[x, y]`; by default what the metadata say under `hotspot`,
        /// else the upper left corner.
        hotspot: Vec<u16> = Vec::new(),
    }
}
