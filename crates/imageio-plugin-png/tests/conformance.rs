//! Runs the conformance suite.

imageio_testkit::conformance!(imageio_plugin_png::DESCRIPTOR, "../../tests/corpus/png", bad = "../../tests/bad/png");
