//! Holds the plugin to what its descriptor claims.

fn main() {
    if !imageio_testkit::programs::have(&["ffmpeg", "ffprobe"]) {
        return;
    }
    let root = env!("CARGO_MANIFEST_DIR");
    imageio_testkit::run(imageio_testkit::Suite::new(
        &imageio_plugin_ffmpeg::DESCRIPTOR,
        root,
        "../../tests/corpus/ffmpeg",
        "../../tests/bad/ffmpeg",
    ));
}
