use std::fs;

use imageio::ndarray::{Array2, Array3, ArrayD};
use imageio::{Axis, Cast, WriteOptions, v3 as iio};

use crate::run::{Folder, has, imread, run, run_with};

/// Runs a conversion that must succeed and say nothing on standard output; gives what it said on standard error.
fn convert(args: &[&str]) -> String {
    let mut all = vec!["convert"];
    all.extend(args);
    let done = run(&all);
    assert_eq!((done.status, done.stdout.len()), (Some(0), 0), "{}", done.stderr);
    done.stderr
}

#[test]
fn pixels_survive() {
    let folder = Folder::new("pixels");
    let (bmp, npy, png) = (folder.file("a.bmp"), folder.file("b.npy"), folder.file("c.png"));
    convert(&["imageio:test-card.png", &bmp]);
    convert(&[&bmp, &npy]);
    convert(&[&npy, &png, "--write-option", "compression=9"]);
    assert_eq!(imread(&png), imread("imageio:test-card.png"));
    assert_eq!(folder.names(), ["a.bmp", "b.npy", "c.png"]);
    // The same file in place of itself.
    convert(&[&png, &png]);
    assert_eq!(imread(&png), imread("imageio:test-card.png"));
}

#[test]
fn metadata_goes_along() {
    let folder = Folder::new("title");
    let file = folder.titled("a.png");
    let (kept, left) = (folder.file("b.png"), folder.file("c.png"));
    convert(&[&file, &kept]);
    convert(&[&file, &left, "--no-metadata"]);
    let title = |file: &str| iio::immeta(file).unwrap().get("text/Title").and_then(|v| v.as_str().map(str::to_owned));
    assert_eq!(title(&kept).as_deref(), Some("Grey\u{1b}[31m"));
    assert_eq!(title(&left), None);
    // Upright pixels must not say that they lie.
    convert(&[&file, &kept, "-o", "rotate=true"]);
    assert_eq!(imread(&kept).shape(), [8, 4]);
    assert_eq!(iio::immeta(&kept).unwrap().get("exif/Orientation"), None);
}

/// Four channels are not always red, green, blue and alpha.
#[test]
fn inks_become_colours() {
    if !["jpeg", "png", "tiff", "npy"].into_iter().all(has) {
        return;
    }
    let folder = Folder::new("inks");
    let inks = Array3::<u8>::from_shape_fn((16, 16, 4), |(_, _, c)| [200, 30, 90, 10][c]);
    let options = WriteOptions::new().set("cmyk", true).set("quality", 100);
    let file = folder.image_with("a.jpg", &inks, &options);
    let (png, jpg, npy) = (folder.file("b.png"), folder.file("b.jpg"), folder.file("b.npy"));
    let said = convert(&[&file, &png]);
    assert!(said.contains("CMYK"), "{said}");
    // 255 - ink, less what black takes away.
    let image = imread(&png);
    assert_eq!((image.shape(), &image.as_bytes().unwrap()[..3]), (&[16, 16, 3][..], &[53, 216, 159][..]));
    for file_of_inks in [&jpg, &npy, &folder.file("b.tif")] {
        assert_eq!(convert(&[&file, file_of_inks, "--no-metadata"]), "");
        assert_eq!(imread(file_of_inks).shape(), [16, 16, 4]);
    }
    assert_eq!(iio::improps(&jpg).unwrap().axes.unwrap().last(), Some(&Axis::Channel("CMYK".into())));
    let photometric = iio::immeta(folder.file("b.tif")).unwrap().get("photometric").unwrap().to_string();
    assert_eq!(photometric, "separated");
}

#[test]
fn dtypes() {
    let folder = Folder::new("dtypes");
    let out = folder.file("x.bmp");
    let failed = run(&["convert", "imageio:gray16.png", &out]);
    assert!(failed.error(1).contains("uint16"), "{}", failed.stderr);
    assert!(failed.stderr.contains("--dtype"), "{}", failed.stderr);
    assert!(folder.names().is_empty());
    convert(&["imageio:gray16.png", &out, "--dtype", "uint8"]);
    let expected: ArrayD<u8> = imread("imageio:gray16.png").cast(Cast::Scale).unwrap();
    assert_eq!(imread(&out), expected.into());
    convert(&["imageio:gray16.png", &out, "--dtype", "uint8", "--fit", "clip"]);
    assert_eq!(imread(&out), imread("imageio:gray16.png").cast::<u8>(Cast::Clip).unwrap().into());
    let failed = run(&["convert", "imageio:gray16.png", &out, "--dtype", "uint8", "--fit", "exact"]);
    failed.error(1);
    assert_eq!(run(&["convert", "imageio:gray16.png", &out, "--dtype", "uint9"]).status, Some(2));
}

#[test]
fn pipes_on_both_sides() {
    let folder = Folder::new("pipes");
    let picture = Array3::<u8>::from_shape_fn((5, 7, 3), |(y, x, c)| (y * 50 + x * 7 + c) as u8);
    let png = fs::read(folder.image("x.png", &picture)).unwrap();
    let bmp = run_with(&["convert", "-", "-", "--extension", ".bmp"], &png);
    assert_eq!((bmp.status, &bmp.stdout[..2]), (Some(0), &b"BM"[..]), "{}", bmp.stderr);
    assert_eq!(iio::imread(&bmp.stdout).unwrap(), picture.clone().into());
    let npy = run(&["convert", &folder.file("x.png"), "-", "--out-extension", "npy"]);
    assert_eq!(iio::imread(&npy.stdout).unwrap(), picture.into());
    let failed = run_with(&["convert", "-", "-"], &png);
    assert!(failed.error(1).starts_with("imageio: <stdout>: "), "{}", failed.stderr);
    assert!(failed.stderr.contains("--out-extension"), "{}", failed.stderr);
}

#[test]
fn a_failure_leaves_the_target_alone() {
    let folder = Folder::new("target");
    let out = folder.file("old.bmp");
    fs::write(&out, b"what was here").unwrap();
    let short = folder.image("short.png", Array2::<u8>::from_shape_fn((64, 64), |(y, x)| (y * x) as u8));
    let bytes = fs::read(&short).unwrap();
    fs::write(&short, &bytes[..bytes.len() / 2]).unwrap();
    let rows: [&[&str]; 4] = [
        &["convert", "imageio:float.npy", &out],
        &["convert", &short, &out],
        &["convert", "imageio:test-card.png", &out, "-w", "no_such=1"],
        &["convert", "no-such-file.png", &out],
    ];
    for args in rows {
        run(args).error(1);
        assert_eq!(fs::read(&out).unwrap(), b"what was here", "{args:?}");
        assert_eq!(folder.names(), ["old.bmp", "short.png"], "{args:?}");
    }
}

#[test]
fn errors_with_advice() {
    let folder = Folder::new("advice");
    let (png, lost, odd) = (folder.file("x.png"), folder.file("no/such/x.png"), folder.file("x.pgn"));
    let rows: [(&[&str], &str); 4] = [
        (&["convert", "imageio:test-card.png", &png, "-w", "compresion=9"], "did you mean `compression`?"),
        (&["convert", "imageio:test-card.png", &png, "-w", "compression=12"], "not within 0 to 9"),
        (&["convert", "imageio:test-card.png", &lost], "does not exist"),
        (&["convert", "imageio:test-card.png", &odd], "can be written: "),
    ];
    for (args, advice) in rows {
        let failed = run(args);
        failed.error(1);
        assert!(failed.stderr.contains(advice), "{}", failed.stderr);
    }
    let failed = run(&["convert", "imageio:test-card.png", "imageio:new.png"]);
    assert!(failed.error(1).contains("read-only"), "{}", failed.stderr);
    assert!(folder.names().is_empty());
}

#[cfg(target_os = "linux")]
#[test]
fn names_that_are_no_text() {
    use std::ffi::OsStr;
    use std::os::unix::ffi::OsStrExt;

    let folder = Folder::new("bytes");
    let out = folder.path().join(OsStr::from_bytes(b"\xff.png"));
    let done = crate::run::command(&["convert", "imageio:test-card.png"]).arg(&out).output().unwrap();
    assert_eq!(done.status.code(), Some(0), "{}", String::from_utf8_lossy(&done.stderr));
    let read = crate::run::command(&["read", "--json"]).arg(&out).output().unwrap();
    assert_eq!(read.status.code(), Some(0), "{}", String::from_utf8_lossy(&read.stderr));
}

mod animations {
    use super::*;

    #[test]
    fn every_frame_with_its_time() {
        if !has("gif") {
            return;
        }
        let folder = Folder::new("frames");
        let apng = folder.file("x.apng");
        convert(&["imageio:animation.gif", &apng]);
        assert_eq!(imread(&apng), imread("imageio:animation.gif"));
        let json = run(&["meta", &apng, "--json", "--index", "5"]).json();
        assert_eq!(json["metadata"]["duration"].as_f64(), Some(80.0), "{json}");
        // One of them by index.
        let png = folder.file("y.png");
        convert(&["imageio:animation.gif", &png, "--index", "-1"]);
        assert_eq!(imread(&png), imread("imageio:animation.gif").index_first(11).unwrap());
    }

    #[test]
    fn into_one_array() {
        if !has("gif") {
            return;
        }
        let folder = Folder::new("stack");
        let npy = folder.file("x.npy");
        convert(&["imageio:animation.gif", &npy]);
        assert_eq!(imread(&npy), imread("imageio:animation.gif"));
    }

    #[test]
    fn into_a_format_of_one_image() {
        if !has("gif") {
            return;
        }
        let folder = Folder::new("first");
        let bmp = folder.file("x.bmp");
        let said = convert(&["imageio:animation.gif", &bmp]);
        assert!(said.contains("holds 12 images, image 0 is written"), "{said}");
        assert_eq!(imread(&bmp), imread("imageio:animation.gif").index_first(0).unwrap());
        let failed = run(&["convert", "imageio:animation.gif", &bmp, "--index", "all"]);
        assert!(failed.error(1).contains("one image to a file"), "{}", failed.stderr);
    }
}

#[test]
fn pages_on_request() {
    if !has("tiff") {
        return;
    }
    let folder = Folder::new("pages");
    let pages = Array3::<u16>::from_shape_fn((3, 8, 9), |(k, y, x)| (k * 1000 + y * 9 + x) as u16);
    let tif = folder.image("a.tif", imageio::Batch(&pages));
    let (one, all) = (folder.file("b.tif"), folder.file("c.tif"));
    let said = convert(&[&tif, &one]);
    assert!(said.contains("`--index all` writes every one"), "{said}");
    assert_eq!(iio::imiter(&one).unwrap().count(), 1);
    convert(&[&tif, &all, "--index", "all"]);
    assert_eq!(iio::imiter(&all).unwrap().count(), 3);
}
