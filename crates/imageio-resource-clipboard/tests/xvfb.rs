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
    held_by_another_process();
}

/// Processes on this screen that hold a picture.
fn holders() -> usize {
    let here = format!("DISPLAY={}", std::env::var("DISPLAY").unwrap());
    let all = std::fs::read_dir("/proc").unwrap().map(|entry| entry.unwrap().path());
    let says = |process: &std::path::Path, what: &str, text: &str| {
        let said = std::fs::read(process.join(what)).unwrap_or_default();
        said.split(|b| *b == 0).any(|part| part == text.as_bytes())
    };
    all.filter(|process| says(process, "cmdline", HOLDER) && says(process, "environ", &here)).count()
}

fn held_by_another_process() {
    let this = std::env::current_exe().unwrap().into_os_string();
    imageio_resource_clipboard::held_by([this, "--exact".into(), HOLDER.into(), "--nocapture".into()]);
    for level in [7, 8] {
        iio::imwrite("<clipboard>", &Array2::<u8>::from_elem((300, 400), level)).unwrap();
        let found = Command::new("xclip").args(["-selection", "clipboard", "-t", "image/png", "-o"]).output().unwrap();
        let found = iio::imread(&found.stdout).unwrap().into_array::<u8>().unwrap();
        assert_eq!((found.shape(), found[[299, 399, 0]]), (&[300, 400, 4][..], level));
        assert_eq!(iio::imread("<clipboard>").unwrap().shape(), [300, 400, 4]);
        soon(|| holders() == 1);
    }
    // Text takes its place.
    let mut xclip = Command::new("xclip");
    xclip.args(["-selection", "clipboard", "-i"]).stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null());
    let mut xclip = xclip.spawn().unwrap();
    xclip.stdin.take().unwrap().write_all(b"text").unwrap();
    xclip.wait().unwrap();
    soon(|| holders() == 0);
    assert_eq!(iio::imread("<clipboard>").unwrap_err().kind(), ErrorKind::NotFound);
    // A program that holds nothing.
    imageio_resource_clipboard::held_by(["true"]);
    let e = iio::imwrite("<clipboard>", &Array2::<u8>::zeros((3, 4))).unwrap_err();
    assert!(e.message().contains("ended early"), "{e}");
}

fn soon(what: impl Fn() -> bool) {
    for _ in 0..1000 {
        if what() {
            return;
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    panic!("it did not come about");
}

const HOLDER: &str = "holds_what_it_is_sent";

/// Run by the test above; by itself it does nothing.
#[test]
fn holds_what_it_is_sent() {
    if std::env::var_os("IMAGEIO_TEST_SCREEN").is_some() {
        imageio_resource_clipboard::hold().unwrap();
    }
}
