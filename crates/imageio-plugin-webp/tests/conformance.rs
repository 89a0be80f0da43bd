//! The conformance suite.

imageio_testkit::conformance!(imageio_plugin_webp::DESCRIPTOR, "../../tests/corpus/webp", bad = "../../tests/bad/webp");
