//! The rules that every plugin keeps.

imageio_testkit::conformance!(imageio_plugin_gif::DESCRIPTOR, "../../tests/corpus/gif", bad = "../../tests/bad/gif");
