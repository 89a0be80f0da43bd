//! Folders, patterns and numbered files as one resource, read through every plugin and written as files.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test that fails says so")]

use imageio::ndarray::{Array2, Array3, Array4};
use imageio::sequence::Sequence;
use imageio::{
    Batch, ErrorKind, FrameIter, Index, IntoResource, Metadata, NdImage, ReadOptions, WriteOptions, v3 as iio,
};
use imageio_tests::Scratch;

/// A picture that tells its number.
fn picture(k: u8, height: usize, width: usize) -> Array3<u8> {
    Array3::from_shape_fn((height, width, 3), |(y, x, c)| (y * 31 + x * 7 + c * 11) as u8 ^ k)
}

fn names(scratch: &Scratch) -> Vec<String> {
    let folder = scratch.path("");
    let entries = std::fs::read_dir(folder).unwrap();
    let mut names: Vec<String> = entries.map(|e| e.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

fn text(scratch: &Scratch, name: &str) -> String {
    format!("sequence:{}", scratch.path(name).display())
}

#[test]
fn mixed_formats_in_natural_order() {
    let scratch = Scratch::new();
    let files = ["a10.png", "a2.tif", "a1.bmp", "b.qoi", ".hidden.png", "A0.ppm"];
    for (k, name) in files.iter().enumerate() {
        iio::imwrite(scratch.path(name), picture(k as u8, 6, 5)).unwrap();
    }
    std::fs::write(scratch.path("notes.txt"), "no picture").unwrap();
    std::fs::create_dir(scratch.path("sub.png")).unwrap();
    let expected: Vec<NdImage> = [5, 2, 1, 0, 3].map(|k| picture(k, 6, 5).into()).into();
    for place in [text(&scratch, ""), text(&scratch, "").replace("sequence:", "sequence://")] {
        let frames: Vec<NdImage> = iio::imiter(&place).unwrap().map(Result::unwrap).collect();
        assert_eq!(frames, expected, "{place}");
        let all = iio::imread(&place).unwrap();
        assert_eq!(all.shape(), [5, 6, 5, 3]);
        assert_eq!(all.index_first(2).unwrap(), expected[2]);
        let properties = iio::improps(&place).unwrap();
        assert_eq!((properties.shape.as_slice(), properties.n_images), ([5, 6, 5, 3].as_slice(), Some(5)));
        assert!(properties.is_batch);
    }
    // As a pattern, as a list, by index, and through the plugin on the folder itself.
    let two: Vec<NdImage> = iio::imiter(Sequence::glob(scratch.path("a[12]*.*").display().to_string()))
        .unwrap()
        .map(Result::unwrap)
        .collect();
    assert_eq!(two, [2, 1, 0].map(|k| NdImage::from(picture(k, 6, 5))));
    let list = Sequence::files(["b.qoi", "a1.bmp"].map(|name| scratch.path(name).display().to_string()));
    assert_eq!(iio::imread_with(list, &ReadOptions::new().index(-1)).unwrap(), picture(2, 6, 5).into());
    let by_plugin = ReadOptions::new().plugin(&imageio::sequence::DESCRIPTOR);
    assert_eq!(iio::imread_with(scratch.path(""), &by_plugin).unwrap().shape(), [5, 6, 5, 3]);
    let mut reader = iio::imopen(text(&scratch, "a*"), iio::Read).unwrap();
    assert_eq!(reader.count().unwrap(), Some(3));
    assert_eq!(reader.read(1).unwrap(), picture(1, 6, 5).into());
    assert_eq!(reader.read(3).unwrap_err().kind(), ErrorKind::IndexOutOfRange);
    let mut array = Array4::<u8>::zeros((3, 6, 5, 3));
    reader.read_into(Index::All, &mut array).unwrap();
    assert_eq!(array.index_axis(imageio::ndarray::Axis(0), 2), picture(0, 6, 5));
    let listed = reader.metadata(Index::All).unwrap();
    assert_eq!(listed.get("files").unwrap().as_list().unwrap().len(), 3);
}

#[test]
fn nothing_is_read_by_surprise() {
    let scratch = Scratch::new();
    iio::imwrite(scratch.path("x.png"), picture(0, 4, 4)).unwrap();
    let e = iio::imread(scratch.path("")).unwrap_err();
    assert_eq!(e.kind(), ErrorKind::Unsupported);
    assert!(e.hint().unwrap().contains("sequence:"), "{e}");
    let e = iio::imread(scratch.path("*.png")).unwrap_err();
    assert_eq!(e.kind(), ErrorKind::NotFound);
    assert!(e.hint().unwrap().contains("sequence:"), "{e}");
    // A file may have such a name, and is one file then.
    iio::imwrite(scratch.path("img_%04d.png"), picture(7, 4, 4)).unwrap();
    assert_eq!(iio::imread(scratch.path("img_%04d.png")).unwrap(), picture(7, 4, 4).into());
}

#[test]
fn what_does_not_fit_is_named() {
    let scratch = Scratch::new();
    iio::imwrite(scratch.path("1.png"), picture(1, 4, 5)).unwrap();
    iio::imwrite(scratch.path("2.png"), picture(2, 4, 6)).unwrap();
    iio::imwrite(scratch.path("3.tif"), Array2::<u16>::zeros((4, 5))).unwrap();
    let place = text(&scratch, "");
    assert_eq!(iio::imiter(&place).unwrap().filter(Result::is_ok).count(), 3);
    let e = iio::imread(&place).unwrap_err();
    assert_eq!(e.kind(), ErrorKind::Mismatch);
    let said = e.to_string();
    for part in ["1.png", "2.png", "uint8 [4, 5, 3]", "uint8 [4, 6, 3]", "imiter"] {
        assert!(said.contains(part), "{said}");
    }
    let e = iio::improps(&place).unwrap_err();
    assert!(e.to_string().contains("[4, 6, 3]"), "{e}");
    let e = iio::imread(text(&scratch, "[13].*")).unwrap_err();
    assert!(e.to_string().contains("uint16 [4, 5]"), "{e}");
    std::fs::write(scratch.path("2.png"), b"no picture at all").unwrap();
    let e = iio::imread(&place).unwrap_err();
    assert!(e.context_value("resource").unwrap().ends_with("2.png"), "{e}");
    for (name, kind) in [
        ("no/", ErrorKind::NotFound),
        ("x_*.png", ErrorKind::NotFound),
        ("x_%d.png", ErrorKind::NotFound),
        ("1.png", ErrorKind::Unsupported),
        ("a[.png", ErrorKind::InvalidOption),
    ] {
        let e = iio::imread(text(&scratch, name)).unwrap_err();
        assert_eq!(e.kind(), kind, "{name}: {e}");
    }
}

#[test]
fn numbered_files() {
    let scratch = Scratch::new();
    let frames: Vec<Array3<u8>> = (0..12).map(|k| picture(k, 5, 7)).collect();
    for (pattern, first, last) in [("img_%04d.png", "img_0000.png", "img_0011.png"), ("x##.tif", "x00.tif", "x11.tif")]
    {
        let place = text(&scratch, pattern);
        iio::imwrite(&place, &frames).unwrap();
        let have = names(&scratch);
        assert!(have.contains(&first.to_owned()) && have.contains(&last.to_owned()), "{have:?}");
        assert!(have.iter().all(|name| !name.starts_with('.')), "{have:?}");
        let back: Vec<NdImage> = iio::imiter(&place).unwrap().map(Result::unwrap).collect();
        assert!(back.iter().eq(frames.iter().map(|f| NdImage::from(f.clone())).collect::<Vec<_>>().iter()));
    }
    assert_eq!(names(&scratch).len(), 24);
    std::fs::remove_file(scratch.path("img_0004.png")).unwrap();
    std::fs::remove_file(scratch.path("img_0005.png")).unwrap();
    let reader = iio::imopen(text(&scratch, "img_%04d.png"), iio::Read).unwrap();
    assert_eq!(reader.notes(), ["numbers 4 to 5 are missing"]);
    // A batch, an animation, and options of the format.
    let batch = Array4::<u8>::from_shape_fn((3, 8, 8, 3), |(k, y, x, c)| (k * 60 + y * x + c) as u8);
    let low = WriteOptions::new().set("quality", 5);
    iio::imwrite_with(text(&scratch, "low_%d.jpg"), Batch(&batch), &low).unwrap();
    iio::imwrite(text(&scratch, "high_%d.jpg"), Batch(&batch)).unwrap();
    let size = |name: &str| std::fs::metadata(scratch.path(name)).unwrap().len();
    assert!(size("low_2.jpg") < size("high_2.jpg"));
    iio::imwrite(text(&scratch, "gif_%d.png"), FrameIter(iio::imiter("imageio:animation.gif").unwrap())).unwrap();
    let gif = iio::imread("imageio:animation.gif").unwrap();
    assert_eq!(iio::imread(text(&scratch, "gif_%d.png")).unwrap(), gif);
}

#[test]
fn options_go_to_each_file() {
    let scratch = Scratch::new();
    let mut metadata = Metadata::new();
    metadata.section("exif").insert("Orientation", 6);
    let turned = WriteOptions::new().metadata(&metadata);
    iio::imwrite_with(text(&scratch, "p_%d.png"), Batch(&Array4::<u8>::zeros((2, 4, 6, 3))), &turned).unwrap();
    let place = text(&scratch, "p_%d.png");
    let upright = ReadOptions::new().set("rotate", true).set("mode", "L");
    assert_eq!(iio::imread_with(&place, &upright).unwrap().shape(), [2, 6, 4]);
    assert_eq!(iio::improps_with(&place, &upright).unwrap().shape, [2, 6, 4]);
    let orientation = |o: &ReadOptions| iio::immeta_with(&place, o).unwrap().get("exif/Orientation").is_some();
    assert!(orientation(&ReadOptions::new().index(0)) && !orientation(&upright.index(1)));
    let wrong = ReadOptions::new().set("rotat", true);
    assert_eq!(iio::imread_with(&place, &wrong).unwrap_err().kind(), ErrorKind::UnknownOption);
    let wrong = WriteOptions::new().set("compresion", 3);
    let e = iio::imwrite_with(&place, Batch(&Array3::<u8>::zeros((2, 4, 6))), &wrong).unwrap_err();
    assert_eq!(e.kind(), ErrorKind::UnknownOption);
    assert_eq!(iio::imread(&place).unwrap().shape(), [2, 4, 6, 3]);
}

#[test]
fn a_failure_changes_no_file() {
    let scratch = Scratch::new();
    let place = text(&scratch, "p_%d.png");
    iio::imwrite(&place, &vec![picture(1, 4, 4), picture(2, 4, 4)]).unwrap();
    let before = iio::imread(&place).unwrap();
    let frames = vec![NdImage::from(picture(3, 4, 4)), NdImage::from(Array2::<f64>::zeros((4, 4)))];
    let e = iio::imwrite(&place, &frames).unwrap_err();
    assert!(e.to_string().contains("p_1.png"), "{e}");
    {
        let mut writer = iio::imopen(&place, iio::Write).unwrap();
        writer.write(&picture(9, 4, 4)).unwrap();
    }
    assert_eq!(iio::imread(&place).unwrap(), before);
    assert_eq!(names(&scratch), ["p_0.png", "p_1.png"]);
    for (name, kind) in
        [("*.png", ErrorKind::ReadOnly), ("", ErrorKind::ReadOnly), ("no/p_%d.png", ErrorKind::NotFound)]
    {
        assert_eq!(iio::imwrite(text(&scratch, name), picture(1, 4, 4)).unwrap_err().kind(), kind, "{name}");
    }
    std::fs::create_dir(scratch.path("d_1.png")).unwrap();
    let e = iio::imwrite(text(&scratch, "d_%d.png"), &vec![picture(1, 4, 4), picture(2, 4, 4)]).unwrap_err();
    assert_eq!(e.kind(), ErrorKind::Unsupported, "{e}");
    assert_eq!(names(&scratch), ["d_1.png", "p_0.png", "p_1.png"]);
}

#[test]
fn sequences_in_archives() {
    let scratch = Scratch::new();
    let zip = scratch.path("a.zip");
    for k in 0..4 {
        iio::imwrite(format!("{}/day/p{k}.png", zip.display()), picture(k, 4, 4)).unwrap();
    }
    iio::imwrite(format!("{}/top.png", zip.display()), picture(9, 3, 3)).unwrap();
    for (name, n) in
        [("a.zip/day/", 4), ("a.zip/day/p[12].png", 2), ("a.zip/day/p%d.png", 4), ("a.zip", 1), ("a.zip/*/*.png", 4)]
    {
        assert_eq!(iio::imiter(text(&scratch, name)).unwrap().count(), n, "{name}");
    }
    // As URIs, where `#` is between the archive and its members, and names are decoded.
    iio::imwrite(format!("{}/100%25.png", zip.display()), picture(7, 3, 3)).unwrap();
    for (inner, n) in
        [("#", 2), ("", 2), ("#day", 4), ("#*.png", 2), ("#t*.png", 1), ("#day/p#.png", 4), ("#*%25.png", 1)]
    {
        let name = format!("sequence:zip://{}{inner}", zip.display());
        assert_eq!(iio::imiter(&name).unwrap().count(), n, "{name}");
    }
    let place = text(&scratch, "a.zip/day/p%d.png");
    assert_eq!(iio::imwrite(&place, picture(1, 4, 4)).unwrap_err().kind(), ErrorKind::Unsupported);
    let resource = place.as_str().into_resource().unwrap();
    assert_eq!(resource.entries().unwrap().unwrap().len(), 4);
}

#[test]
fn more_files_than_a_process_may_open() {
    let scratch = Scratch::new();
    let place = text(&scratch, "many_%05d.pgm");
    let frames = Array3::<u8>::from_shape_fn((3000, 2, 3), |(k, y, x)| (k + y + x) as u8);
    iio::imwrite(&place, Batch(&frames)).unwrap();
    assert_eq!(iio::imread(&place).unwrap(), frames.into());
}

#[test]
fn errors_name_the_file_that_would_have_been() {
    let scratch = Scratch::new();
    // JPEG has no alpha: the second file can't be made.
    let frames = vec![NdImage::from(picture(0, 6, 5)), NdImage::from(Array3::<u8>::zeros((6, 5, 4)))];
    let e = iio::imwrite(text(&scratch, "img_%02d.jpg"), &frames).unwrap_err();
    assert_eq!(e.context_value("resource"), Some(scratch.path("img_01.jpg").to_str().unwrap()), "{e}");
    assert!(!e.to_string().contains(".tmp"), "{e}");
    assert!(names(&scratch).is_empty(), "{:?}", names(&scratch));
}
