#![doc = include_str!("../README.md")]

pub mod damage;
pub mod digest;
pub mod ftp;
pub mod fuzz;
mod listener;
pub mod manifest;
pub mod oracle;
pub mod profiles;
pub mod programs;
mod rules;
pub mod samples;
pub mod screen;
pub mod streams;
mod suite;
pub mod videos;
pub mod web;

pub use self::suite::{Suite, run};

/// Expands to a `main` that runs the conformance suite for a plugin; for a test target with `harness = false`.
///
/// Paths are relative to the crate's folder.
#[macro_export]
macro_rules! conformance {
    ($descriptor:path, $corpus:literal) => {
        $crate::conformance!($descriptor, $corpus, bad = "");
    };
    ($descriptor:path, $corpus:literal, bad = $bad:literal) => {
        fn main() {
            let root = env!("CARGO_MANIFEST_DIR");
            $crate::run($crate::Suite::new(&$descriptor, root, $corpus, $bad));
        }
    };
}
