//! The conformance suite on this plugin's files.

imageio_testkit::conformance!(imageio_plugin_npz::DESCRIPTOR, "../../tests/corpus/npz", bad = "../../tests/bad/npz");
