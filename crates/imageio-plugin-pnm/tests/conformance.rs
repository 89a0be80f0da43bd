//! Holds the plugin to what its descriptor claims.

imageio_testkit::conformance!(imageio_plugin_pnm::DESCRIPTOR, "../../tests/corpus/pnm", bad = "../../tests/bad/pnm");
