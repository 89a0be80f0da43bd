imageio_core::plugin_options! {
    /// How a bitmap is written.
    pub struct WriteOptions in Write {
        /// Store the highest row first instead of the lowest.
        top_down: bool = false,
        /// Resolution in dots per inch; by default what the metadata say under `dpi`, else none.
        dpi: Option<f64> = None,
    }
}
