//! Holds the plugin to what its descriptor claims.

imageio_testkit::conformance!(imageio_plugin_rawler::DESCRIPTOR, "../../tests/corpus/raw", bad = "../../tests/bad/raw");
