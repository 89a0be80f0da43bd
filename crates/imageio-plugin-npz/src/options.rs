imageio_core::option_enum! {
    /// How arrays are stored in the archive.
    pub enum Compression {
        /// Deflate, as `numpy.savez_compressed` does.
        Deflate = "deflate" | "zip",
        /// As they are, as `numpy.savez` does.
        Stored = "stored" | "none",
    }
}

imageio_core::plugin_options! {
    /// Opening an archive.
    pub struct NpzOpenOptions in Open {
        /// Name of the one array to read, as numpy shows it (without `.npy`); it is image 0 then.
        name: Option<String> = None,
    }
}

imageio_core::plugin_options! {
    /// Writing an archive.
    pub struct NpzWriteOptions in Write {
        /// `deflate` or `stored`.
        compression: Compression = Compression::Deflate,
        /// 1 (fastest) to 9 (smallest); for `deflate`.
        #[range(1, 9)]
        level: u8 = 6,
        /// Names of the arrays in order; those without one are called `arr_0`, `arr_1` and so on.
        #[alias("name")]
        names: Vec<String> = Vec::new(),
    }
}
