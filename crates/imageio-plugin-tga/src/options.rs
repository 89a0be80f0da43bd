imageio_core::plugin_options! {
    /// How a Targa file is written.
    pub struct WriteOptions in Write {
        /// Write runs of equal pixels once (run-length encoding).
        rle: bool = false,
        /// Store the highest row first instead of the lowest.
        top_down: bool = false,
    }
}
