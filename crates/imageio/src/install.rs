use std::sync::Once;

/// Registers every plugin and every place of this build; calling it again costs nothing.
///
/// The functions of [`v3`](crate::v3) call it themselves. Call it where linking alone registers nothing: from a
/// static library's init function, on WebAssembly, or before calling `imageio_core` directly.
pub fn install() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        #[cfg(feature = "png")]
        crate::png::register();
        #[cfg(feature = "jpeg")]
        crate::jpeg::register();
        #[cfg(feature = "gif")]
        crate::gif::register();
        #[cfg(feature = "tiff")]
        crate::tiff::register();
        #[cfg(feature = "turbojpeg")]
        crate::turbojpeg::register();
        #[cfg(feature = "libwebp")]
        crate::libwebp::register();
        #[cfg(feature = "webp")]
        crate::webp::register();
        #[cfg(feature = "bmp")]
        crate::bmp::register();
        #[cfg(feature = "ico")]
        crate::ico::register();
        #[cfg(feature = "pnm")]
        crate::pnm::register();
        #[cfg(feature = "tga")]
        crate::tga::register();
        #[cfg(feature = "hdr")]
        crate::hdr::register();
        #[cfg(feature = "exr")]
        crate::exr::register();
        #[cfg(feature = "qoi")]
        crate::qoi::register();
        #[cfg(feature = "dds")]
        crate::dds::register();
        #[cfg(feature = "farbfeld")]
        crate::farbfeld::register();
        #[cfg(feature = "ffmpeg")]
        crate::ffmpeg::register();
        #[cfg(feature = "npy")]
        crate::npy::register();
        #[cfg(feature = "npz")]
        crate::npz::register();
        #[cfg(feature = "ftp")]
        crate::ftp::register();
        #[cfg(feature = "object-store")]
        crate::object_store::register();
        #[cfg(feature = "http")]
        crate::http::register();
        #[cfg(feature = "raw")]
        crate::raw::register();
        #[cfg(feature = "rawler")]
        crate::rawler::register();
        #[cfg(feature = "standard")]
        crate::standard::register();
        #[cfg(feature = "zip")]
        crate::zip::register();
        #[cfg(feature = "sequence")]
        crate::sequence::register();
        #[cfg(feature = "screen")]
        crate::screen::register();
        #[cfg(feature = "clipboard")]
        crate::clipboard::register();
    });
}
