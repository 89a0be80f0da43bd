//! Holds the plugin to what its descriptor claims.

imageio_testkit::conformance!(imageio_plugin_dds::DESCRIPTOR, "../../tests/corpus/dds", bad = "../../tests/bad/dds");
