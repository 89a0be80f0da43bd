//! The conformance suite on this plugin's files.

imageio_testkit::conformance!(imageio_plugin_exr::DESCRIPTOR, "../../tests/corpus/exr", bad = "../../tests/bad/exr");
