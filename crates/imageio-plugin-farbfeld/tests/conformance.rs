//! Holds the plugin to what its descriptor claims.

imageio_testkit::conformance!(
    imageio_plugin_farbfeld::DESCRIPTOR,
    "../../tests/corpus/farbfeld",
    bad = "../../tests/bad/farbfeld"
);
