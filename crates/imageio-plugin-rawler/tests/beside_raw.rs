//! Both plugins in one program: `raw` is asked first, and passes on what rawloader does not know.
#![allow(clippy::unwrap_used, reason = "a test that fails says so")]

use std::path::Path;

use imageio_core::{ReadOptions, v3};
use imageio_plugin_raw as raw;
use imageio_plugin_rawler as rawler;

#[test]
fn unknown_cameras_are_passed_on() {
    raw::register();
    rawler::register();
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/corpus/raw/bayer16.dng");
    let dng = std::fs::read(path).unwrap();
    // Without the tag that makes it a DNG it is a file of a camera that neither knows.
    let mut bytes = dng.clone();
    let at = bytes.windows(4).position(|w| w == [0x12, 0xc6, 1, 0]).unwrap();
    bytes[at..at + 2].copy_from_slice(&50000u16.to_le_bytes());
    let options = ReadOptions::new().extension("nef");
    let e = v3::imread_with(&bytes[..], &options).unwrap_err().to_string();
    // rawler's plugin gives the answer, and does not advise to enable itself.
    assert!(e.contains("rawler") && e.contains("not known"), "{e}");
    assert!(!e.contains("feature `rawler`"), "{e}");
    let mosaic = || raw::ReadOptions::new().mosaic(true);
    let samples = v3::imread_with(&bytes[..], &options.clone().with(mosaic())).unwrap();
    assert_eq!(
        samples,
        v3::imread_with(&dng[..], &ReadOptions::new().plugin(&raw::DESCRIPTOR).with(mosaic())).unwrap()
    );
    // Who asks for `raw` by name is told who else there is.
    let e = v3::imread_with(&bytes[..], &options.plugin(&raw::DESCRIPTOR)).unwrap_err();
    assert!(e.hint().is_some_and(|hint| hint.contains("`rawler`")), "{e}");
}
