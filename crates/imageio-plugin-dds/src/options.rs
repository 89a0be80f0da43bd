imageio_core::option_enum! {
    /// How pixels are stored.
    pub enum PixelFormat {
        /// Every sample as it is.
        Uncompressed = "uncompressed",
        /// Red, green, blue and one bit of alpha, 4 bits a pixel; also called DXT1.
        Bc1 = "bc1" | "dxt1",
        /// Red, green, blue and alpha, 8 bits a pixel; also called DXT5.
        Bc3 = "bc3" | "dxt5",
        /// One channel, 4 bits a pixel; also called ATI1.
        Bc4 = "bc4" | "ati1",
        /// Red and green, 8 bits a pixel; also called ATI2. Blue is lost.
        Bc5 = "bc5" | "ati2",
        /// Red, green, blue and alpha, 8 bits a pixel, of much better quality than BC3 and slower to write.
        Bc7 = "bc7",
    }
}

imageio_core::option_enum! {
    /// How much time a compressed format may take.
    pub enum Effort {
        /// Quick.
        Fast = "fast",
        /// In between.
        Normal = "normal",
        /// Thorough.
        High = "high",
    }
}

imageio_core::plugin_options! {
    /// Which part of a texture is read, and how.
    pub struct ReadOptions in Read {
        /// Which of the ever smaller copies to read: 0 is the full size.
        mip_level: u32 = 0,
        /// Read BC6H as float32. By default it is cut off at 1 and given as uint8, as Pillow does.
        hdr: bool = false,
    }
}

imageio_core::plugin_options! {
    /// How a texture is written.
    pub struct WriteOptions in Write {
        /// How pixels are stored; the block formats (`bc…`) take uint8.
        pixel_format: PixelFormat = PixelFormat::Uncompressed,
        /// How much time a block format may take.
        effort: Effort = Effort::Normal,
        /// Store ever smaller copies as well, down to one pixel.
        mipmaps: bool = false,
    }
}
