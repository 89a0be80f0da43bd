imageio_core::plugin_options! {
    /// How a toy file is written.
    pub struct WriteOptions in Write {
        /// Write each value as `255 - value`, as if the picture were a negative.
        invert: bool = false,
    }
}
