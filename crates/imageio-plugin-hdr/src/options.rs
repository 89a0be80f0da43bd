imageio_core::plugin_options! {
    /// How a picture is written.
    pub struct WriteOptions in Write {
        /// Write runs of equal bytes once (run-length encoding), where the width of the picture allows it.
        rle: bool = true,
    }
}
