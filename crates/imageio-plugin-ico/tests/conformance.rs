//! Holds the plugin to what its descriptor claims.

imageio_testkit::conformance!(imageio_plugin_ico::DESCRIPTOR, "../../tests/corpus/ico", bad = "../../tests/bad/ico");
