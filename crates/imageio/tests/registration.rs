//! What a build with the default features brings along.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test that fails says so")]
#![cfg(feature = "default")]

use std::collections::BTreeSet;

use imageio::resource::scheme;
use imageio::{Registry, install, v3 as iio};

const EXPECTED: [&str; 17] = [
    "bmp", "dds", "exr", "farbfeld", "ffmpeg", "gif", "hdr", "ico", "jpeg", "npy", "npz", "png", "pnm", "qoi", "tga",
    "tiff", "webp",
];

#[test]
fn plugins_by_default() {
    install();
    let ids: BTreeSet<&str> = Registry::global().plugins().iter().map(|d| d.id()).collect();
    let missing: Vec<_> = EXPECTED.iter().filter(|id| !ids.contains(*id)).collect();
    assert!(missing.is_empty(), "not registered: {missing:?}");
    if cfg!(not(feature = "full")) {
        // Beside what is asked for, a workspace builds what other crates of it ask for.
        let asked: &[&str] = if cfg!(feature = "raw") { &["dng", "raw"] } else { &[] };
        assert_eq!(ids, EXPECTED.iter().chain(asked).copied().collect());
    }
    assert!(Registry::global().conflicts().is_empty());
}

#[test]
fn installing_again_changes_nothing() {
    install();
    let before = Registry::global().plugins().len();
    install();
    assert_eq!(Registry::global().plugins().len(), before);
}

#[test]
fn every_plugin_says_what_it_is() {
    install();
    for d in Registry::global().plugins() {
        assert!(d.can_read() || d.can_write(), "{} does nothing", d.id());
        assert!(!d.extension_list().is_empty(), "{} has no extension", d.id());
        assert_ne!(d.format_name(), "", "{}", d.id());
        for extension in d.extension_list() {
            assert_eq!(*extension, extension.to_ascii_lowercase().trim_start_matches('.'), "{}", d.id());
        }
        for spec in d.option_specs().iter().flat_map(|specs| specs.iter()) {
            assert!(spec.doc.trim().ends_with(['.', ':', ')']), "{}: `{}` lacks a sentence", d.id(), spec.name);
        }
    }
}

#[test]
fn the_schemes_are_there() {
    install();
    for id in ["standard", "zip", "sequence"] {
        assert!(scheme::schemes().iter().any(|d| d.id() == id), "{id}");
    }
    assert!(scheme::mounts().iter().any(|d| d.id() == "zip"));
}

#[test]
fn functions_install_by_themselves() {
    // In a process where nothing was installed before this would be the first call; the order of tests is open.
    assert_eq!(iio::improps("imageio:test-card.png").unwrap().shape, [240, 320, 3]);
}
