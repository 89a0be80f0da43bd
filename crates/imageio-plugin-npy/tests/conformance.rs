//! The conformance suite on this plugin's files.

imageio_testkit::conformance!(imageio_plugin_npy::DESCRIPTOR, "../../tests/corpus/npy", bad = "../../tests/bad/npy");
