use std::process::Stdio;

use crate::run::{Folder, command, has, run};

#[test]
fn colours_and_letters() {
    let folder = Folder::new("view");
    let picture = imageio::ndarray::Array2::<u8>::from_shape_fn((4, 4), |(_, x)| if x < 2 { 0 } else { 255 });
    let file = folder.image("x.png", &picture);
    let letters = run(&["view", &file, "--no-color"]).text();
    assert_eq!(letters, "  @@\n  @@\n4×4 uint8 (png)\n");
    let colours = run(&["view", &file]).text();
    assert!(colours.contains("\x1b[38;2;255;255;255m") && colours.contains('▀'), "{colours}");
    let quiet = command(&["view", &file]).env("NO_COLOR", "1").stdin(Stdio::null()).output().unwrap();
    assert_eq!(String::from_utf8(quiet.stdout).unwrap(), letters);
    let wide = run(&["view", &file, "--no-color", "--width", "8"]).text();
    assert_eq!(wide.lines().next(), Some("    @@@@"));
    assert_eq!(run(&["view", &file, "--width", "0"]).status, Some(2));
}

#[test]
fn values_are_scaled() {
    let text = run(&["view", "imageio:gray16.png", "--no-color", "--width", "40"]).text();
    assert!(text.contains("white is ") && text.ends_with("256×256 uint16 (png)\n"), "{text}");
    assert!(text.contains('@'), "{text}");
}

#[test]
fn many_pictures_make_a_sheet() {
    let volume = run(&["view", "imageio:volume.npy", "--no-color", "--width", "80"]).text();
    assert!(volume.contains("[0]") && volume.contains("[15]"), "{volume}");
    if has("gif") {
        let frames = run(&["view", "imageio:animation.gif", "--width", "80"]).text();
        assert!(frames.contains("#0") && frames.contains("#11"), "{frames}");
        assert!(frames.ends_with("12 images of 96×96×4 uint8 (gif)\n"), "{frames}");
        let one = run(&["view", "imageio:animation.gif", "--index", "5"]).text();
        assert!(!one.contains('#'), "{one}");
    }
}

#[test]
fn a_reader_that_goes_away_is_no_error() {
    let mut child = command(&["view", "imageio:test-card.png", "--width", "2000"])
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    drop(child.stdout.take());
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
    assert!(output.stderr.is_empty());
}
