//! Holds the plugin to what its descriptor claims.

imageio_testkit::conformance!(imageio_plugin_qoi::DESCRIPTOR, "../../tests/corpus/qoi", bad = "../../tests/bad/qoi");
