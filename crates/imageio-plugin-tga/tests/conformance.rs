//! Holds the plugin to what its descriptor claims.

imageio_testkit::conformance!(imageio_plugin_tga::DESCRIPTOR, "../../tests/corpus/tga", bad = "../../tests/bad/tga");
