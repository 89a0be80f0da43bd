//! What reading and writing both understand.

imageio_core::plugin_options! {
    /// Which programs do the work.
    pub struct OpenOptions in Open {
        /// The ffmpeg program: a path, or a name that is looked up on the `PATH`. Without this the variable `IMAGEIO_FFMPEG_EXE` counts, then a program of that name beside the one that runs, on the `PATH`, and where `imageio install-ffmpeg` puts it.
        ffmpeg: Option<String> = None,
        /// The ffprobe program. Without this the variable `IMAGEIO_FFPROBE_EXE` counts, then a program of that name beside ffmpeg, and the places where ffmpeg is looked for.
        ffprobe: Option<String> = None,
    }
}
