//! The clipboard of a real X server, shared with the program `xclip`.
#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, reason = "a test that fails says so")]

use std::io::Write;
use std::process::{Command, Stdio};
use std::time::Duration;

use imageio_core::ndarray::{Array2, Array3};
use imageio_core::{ErrorKind, NdImage, WriteOptions, v3 as iio};
use imageio_testkit::screen::with_screen;

#[test]
fn the_clipboard_both_ways() {
    with_screen("the_clipboard_both_ways", (64, 64), &["xclip"], with_a_clipboard);
}

/// xclip goes to the background before it owns the clipboard.
fn patiently<T>(read: impl Fn() -> imageio_core::Result<T>) -> T {
    for _ in 0..250 {
        match read() {
            Err(e) if e.kind() == ErrorKind::NotFound => std::thread::sleep(Duration::from_millis(20)),
            done => return done.unwrap(),
        }
    }
    read().unwrap()
}

fn with_a_clipboard() {
    imageio_resource_clipboard::register();
    imageio_plugin_png::register();
    let e = iio::imread("<clipboard>").unwrap_err();
    assert_eq!(e.kind(), ErrorKind::NotFound, "{e}");
    assert_eq!(e.context_value("resource"), Some("<clipboard>"));

    // What another program put there.
    let picture = Array3::<u8>::from_shape_fn((5, 7, 4), |(y, x, c)| (y * 40 + x * 5 + c * 60) as u8 | 1);
    let png = iio::imwrite_with("<bytes>", &picture, &WriteOptions::new().extension("png")).unwrap().unwrap();
    let mut xclip = Command::new("xclip");
    xclip.args(["-selection", "clipboard", "-t", "image/png", "-i"]);
    // It stays behind as the owner, and must not hold the pipes that this process was given.
    let mut xclip = xclip.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    xclip.stdin.take().unwrap().write_all(&png).unwrap();
    xclip.wait().unwrap();
    assert_eq!(patiently(|| iio::imread("<clipboard>")), picture.clone().into());
    assert_eq!(iio::improps("<clipboard>").unwrap().shape, [5, 7, 4]);

    // What others find there.
    let rows: [(NdImage, Array3<u8>); 3] = [
        (picture.clone().into(), picture),
        (
            Array2::<u8>::from_elem((3, 4), 7).into(),
            Array3::from_shape_fn((3, 4, 4), |(.., c)| if c < 3 { 7 } else { 255 }),
        ),
        (
            Array3::<u8>::from_shape_fn((2, 3, 3), |(.., c)| c as u8).into(),
            Array3::from_shape_fn((2, 3, 4), |(.., c)| if c < 3 { c as u8 } else { 255 }),
        ),
    ];
    for (written, expected) in rows {
        iio::imwrite("<clipboard>", &written).unwrap();
        let found = Command::new("xclip").args(["-selection", "clipboard", "-t", "image/png", "-o"]).output().unwrap();
        assert_eq!(iio::imread(&found.stdout).unwrap(), expected.clone().into());
        assert_eq!(iio::imread("<clipboard>").unwrap(), expected.into());
    }
    for wrong in [NdImage::from(Array2::<u16>::zeros((2, 2))), NdImage::from(Array3::<u8>::zeros((2, 2, 5)))] {
        assert_eq!(iio::imwrite("<clipboard>", &wrong).unwrap_err().kind(), ErrorKind::Mismatch);
    }
    assert_eq!(iio::imread("<clipboard2>").unwrap_err().kind(), ErrorKind::NotFound);
}
