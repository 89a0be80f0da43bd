//! Holds the plugin to what its descriptor claims.

imageio_testkit::conformance!(imageio_plugin_jpeg::DESCRIPTOR, "../../tests/corpus/jpeg", bad = "../../tests/bad/jpeg");
