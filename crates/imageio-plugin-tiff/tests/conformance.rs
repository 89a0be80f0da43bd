//! Holds the plugin to what its descriptor claims.

imageio_testkit::conformance!(imageio_plugin_tiff::DESCRIPTOR, "../../tests/corpus/tiff", bad = "../../tests/bad/tiff");
