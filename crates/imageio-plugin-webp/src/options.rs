use std::time::Duration;

use imageio_core::Rate;

imageio_core::plugin_options! {
    /// Writing WebP.
    pub struct WriteOptions in Write {
        /// 0 (smallest) to 100 (best); for lossy pictures.
        #[range(0, 100)]
        quality: f32 = 80.0,
        /// Keep every pixel exactly.
        lossless: bool = false,
        /// 0 (fastest) to 6 (smallest). Without it 4 for lossy pictures; lossless ones are coded as with 0 where they look
        /// like photographs, and as with 3 where they repeat themselves as drawings and screenshots do.
        #[range(0, 6)]
        #[alias("method")]
        effort: Option<u8> = None,
        /// Keep the colours of fully transparent pixels. Without it they become what compresses well.
        exact: bool = true,
        /// Time that each frame is shown, one for all or a list with one for each; milliseconds by name.
        duration: Vec<Duration> = Vec::new(),
        /// Frames per second, where `duration` is not given.
        fps: Option<Rate> = None,
        /// How often the animation plays; 0 is for ever. Without it what the metadata say, else for ever.
        #[range(0, 65535)]
        #[alias("loop")]
        loop_count: Option<u16> = None,
    }
}
