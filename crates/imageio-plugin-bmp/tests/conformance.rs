//! Holds the plugin to what its descriptor claims.

imageio_testkit::conformance!(imageio_plugin_bmp::DESCRIPTOR, "../../tests/corpus/bmp", bad = "../../tests/bad/bmp");
