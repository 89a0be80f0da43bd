//! Holds the example's plugin to what its descriptor claims.

#[allow(dead_code, reason = "the example's main")]
#[path = "../examples/farbfeld.rs"]
mod example;

imageio_testkit::conformance!(example::DESCRIPTOR, "../../tests/corpus/farbfeld", bad = "../../tests/bad/farbfeld");
