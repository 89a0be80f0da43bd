//! Holds the plugin to what its descriptor claims.

imageio_testkit::conformance!(imageio_plugin_hdr::DESCRIPTOR, "../../tests/corpus/hdr", bad = "../../tests/bad/hdr");
