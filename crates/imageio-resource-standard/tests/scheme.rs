//! What `imageio:` names open, and what they say if they do not.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test that fails says so")]

use std::io::Read;
use std::sync::Arc;

use imageio_core::resource::{Atomic, IntoTarget, scheme};
use imageio_core::{Error, ErrorKind};
use imageio_resource_standard::{FOLDER_VARIABLE, SAMPLES, STANDARD_IMAGES};

fn failure(uri: &str) -> Error {
    scheme::open(uri).err().unwrap_or_else(|| panic!("{uri} was opened"))
}

/// FNV-1a, 64 bits: enough to see that a picture changed.
fn fingerprint(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, |hash, b| (hash ^ u64::from(*b)).wrapping_mul(0x0100_0000_01b3))
}

#[test]
fn samples_are_the_same_everywhere() {
    let expected = [
        ("test-card.png", 0xd4b3_0bc2_042c_2812_u64),
        ("gray16.png", 0xe1c8_6a83_488d_6f0e),
        ("rgba.png", 0x8b33_5507_78be_b340),
        ("animation.gif", 0x170c_03b8_c084_37b5),
        ("float.npy", 0x06bb_2741_531a_141c),
        ("volume.npy", 0xe104_a554_2634_fce7),
    ];
    assert_eq!(expected.map(|(name, _)| name), SAMPLES);
    for (name, expected) in expected {
        let bytes = scheme::open(&format!("imageio:{name}")).unwrap().in_memory().unwrap();
        assert_eq!(fingerprint(&bytes), expected, "{name}: {:#x}", fingerprint(&bytes));
    }
}

#[test]
fn samples_as_resources() {
    for name in SAMPLES {
        for uri in [format!("imageio:{name}"), format!("imageio://{name}"), format!("IMAGEIO:{name}")] {
            let resource = scheme::open(&uri).unwrap();
            assert_eq!(resource.name(), format!("imageio:{name}"));
            assert_eq!(resource.file_name().as_deref(), Some(*name));
            assert_eq!(resource.local_path(), None);
            let bytes = Arc::clone(&resource).in_memory().unwrap();
            assert_eq!(resource.size_hint(), Some(bytes.len() as u64));
            let mut read = Vec::new();
            Arc::clone(&resource).open_read().unwrap().read_to_end(&mut read).unwrap();
            assert_eq!(*read, *bytes);
            // In memory means the same memory each time.
            let again = scheme::open(&uri).unwrap().in_memory().unwrap();
            assert_eq!(again.as_ptr(), bytes.as_ptr());
        }
    }
}

#[test]
fn nothing_is_written() {
    for name in ["test-card.png", "new.png"] {
        let uri = format!("imageio:{name}");
        let e = match uri.as_str().into_target() {
            Ok(target) => target.begin(Atomic::Auto).unwrap_err(),
            Err(e) => e,
        };
        assert_eq!(e.kind(), ErrorKind::ReadOnly, "{e}");
        assert_eq!(e.context_value("resource"), Some(uri.as_str()));
    }
}

#[test]
fn unknown_names_get_advice() {
    let e = failure("imageio:testcard.png");
    assert_eq!(e.kind(), ErrorKind::NotFound);
    assert!(e.hint().unwrap().contains("did you mean `imageio:test-card.png`?"), "{e}");
    let e = failure("imageio:zzzzzzzz.q");
    assert!(!e.hint().unwrap().contains("did you mean"), "{e}");
    for name in SAMPLES.iter().chain(STANDARD_IMAGES) {
        assert!(e.hint().unwrap().contains(name), "{name}");
    }
}

/// An image that is not in the folder: in the cache, to be fetched when it is read, or an error that says where to put it.
fn absent(name: &str) {
    match scheme::open(&format!("imageio:{name}")) {
        Ok(resource) => {
            assert!(cfg!(feature = "download") || resource.local_path().is_some_and(|p| p.is_file()), "{name}")
        }
        Err(e) => {
            assert_eq!(e.kind(), ErrorKind::NotFound, "{name}");
            assert!(e.hint().unwrap().contains(FOLDER_VARIABLE), "{e}");
        }
    }
}

#[test]
fn standard_images_lie_in_a_folder() {
    assert_eq!(STANDARD_IMAGES.len(), 25);
    let Some(folder) = std::env::var_os(FOLDER_VARIABLE) else {
        absent("chelsea.png");
        println!("skipped: {FOLDER_VARIABLE} is not set, so no standard image was opened");
        return;
    };
    let folder = std::path::PathBuf::from(folder);
    let mut opened = 0;
    for name in STANDARD_IMAGES {
        let uri = format!("imageio:{name}");
        if !folder.join(name).is_file() {
            absent(name);
            continue;
        }
        let resource = scheme::open(&uri).unwrap();
        assert_eq!((resource.name().as_ref(), resource.file_name().as_deref()), (uri.as_str(), Some(*name)));
        assert_eq!(resource.local_path(), Some(folder.join(name).as_path()));
        assert!(resource.size_hint().unwrap() > 100, "{name}");
        opened += 1;
    }
    println!("{opened} of {} standard images opened", STANDARD_IMAGES.len());
    assert!(opened > 0, "there is no standard image in {}", folder.display());
}
