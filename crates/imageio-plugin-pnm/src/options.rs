imageio_core::plugin_options! {
    /// How samples are read.
    pub struct ReadOptions in Read {
        /// Stretch samples from the file's own maximum to that of the dtype (255 or 65535). By default samples of
        /// 8 bits are stretched, as Pillow does, and those of 16 bits are given as they are stored.
        scale: Option<bool> = None,
    }
}

imageio_core::plugin_options! {
    /// How a picture is written.
    pub struct WriteOptions in Write {
        /// Write numbers as text (P1, P2, P3) instead of bytes.
        plain: bool = false,
        /// The maximum to store with samples of 16 bits; none may be larger. By default what the metadata say
        /// under `maxval` if it is large enough, else 65535.
        #[range(256, 65535)]
        maxval: Option<u16> = None,
    }
}
