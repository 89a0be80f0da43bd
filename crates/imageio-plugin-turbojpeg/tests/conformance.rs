//! Holds the plugin to what its descriptor claims.

imageio_testkit::conformance!(
    imageio_plugin_turbojpeg::DESCRIPTOR,
    "../../tests/corpus/jpeg",
    bad = "../../tests/bad/jpeg"
);
