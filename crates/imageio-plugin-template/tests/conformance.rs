//! Holds the plugin to what its descriptor claims.

imageio_testkit::conformance!(
    imageio_plugin_template::DESCRIPTOR,
    "../../tests/corpus/toy",
    bad = "../../tests/bad/toy"
);
