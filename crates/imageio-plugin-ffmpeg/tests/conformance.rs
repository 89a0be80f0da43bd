//! Holds the plugin to what its descriptor claims.

imageio_testkit::conformance!(
    imageio_plugin_ffmpeg::DESCRIPTOR,
    "../../tests/corpus/ffmpeg",
    bad = "../../tests/bad/ffmpeg"
);
