//! What core promises to callers about writing.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test that fails says so")]

mod fake;

use std::path::PathBuf;

use fake::{FAKE, SINGLE};
use imageio_core::ndarray::{Array2, Array3, arr2};
use imageio_core::resource::WriteTo;
use imageio_core::{Batch, ErrorKind, FrameIter, NdImage, WriteOptions, Writer, v3};

fn options() -> WriteOptions {
    WriteOptions::new().registry(fake::registry(&[&FAKE, &SINGLE]))
}

struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Self {
        let path = std::env::temp_dir().join(format!("imageio-core-{}-{name}", std::process::id()));
        std::fs::create_dir_all(&path).unwrap();
        Folder(path)
    }

    fn names(&self) -> Vec<String> {
        let mut names: Vec<String> =
            std::fs::read_dir(&self.0).unwrap().map(|e| e.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

fn text(bytes: Option<Vec<u8>>) -> String {
    String::from_utf8(bytes.unwrap()).unwrap()
}

#[test]
fn one_or_several_said_by_type() {
    let one = Array2::<u8>::zeros((2, 3));
    let three = Array3::<u8>::zeros((3, 2, 3));
    let to = || options().extension("fake");
    let rows: Vec<(Option<Vec<u8>>, &str)> = vec![
        (v3::imwrite_with("<bytes>", &one, &to()).unwrap(), "FAKE n=1 shape=2x3"),
        (v3::imwrite_with("<bytes>", &NdImage::from(one.clone()), &to()).unwrap(), "FAKE n=1 shape=2x3"),
        (v3::imwrite_with("<bytes>", one.clone(), &to()).unwrap(), "FAKE n=1 shape=2x3"),
        (v3::imwrite_with("<bytes>", &one.t(), &to()).unwrap(), "FAKE n=1 shape=3x2"),
        (v3::imwrite_with("<bytes>", one.t(), &to()).unwrap(), "FAKE n=1 shape=3x2"),
        (v3::imwrite_with("<bytes>", &vec![one.clone(), one.clone()], &to()).unwrap(), "FAKE n=2 shape=2x3"),
        (v3::imwrite_with("<bytes>", vec![one.clone(), one.clone()], &to()).unwrap(), "FAKE n=2 shape=2x3"),
        (v3::imwrite_with("<bytes>", vec![one.view(), one.view()], &to()).unwrap(), "FAKE n=2 shape=2x3"),
        (v3::imwrite_with("<bytes>", vec![NdImage::from(one.clone())], &to()).unwrap(), "FAKE n=1 shape=2x3"),
        (v3::imwrite_with("<bytes>", &[one.clone(), one.clone()], &to()).unwrap(), "FAKE n=2 shape=2x3"),
        (v3::imwrite_with("<bytes>", [one.t(), one.t()], &to()).unwrap(), "FAKE n=2 shape=3x2"),
        (v3::imwrite_with("<bytes>", &[one.t(), one.t()], &to()).unwrap(), "FAKE n=2 shape=3x2"),
        (v3::imwrite_with("<bytes>", Batch(&three), &to()).unwrap(), "FAKE n=3 shape=2x3"),
        (v3::imwrite_with("<bytes>", &three, &to().set("is_batch", true)).unwrap(), "FAKE n=3 shape=2x3"),
        (
            v3::imwrite_with("<bytes>", FrameIter((0..4).map(|_| Array2::<u8>::zeros((5, 6)))), &to()).unwrap(),
            "FAKE n=4 shape=5x6",
        ),
    ];
    for (bytes, expected) in rows {
        assert_eq!(text(bytes), expected);
    }
    let e = v3::imwrite_with("<bytes>", &three, &to()).unwrap_err();
    assert_eq!(e.kind(), ErrorKind::Mismatch);
}

#[test]
fn a_failure_leaves_what_the_user_had() {
    let folder = Folder::new("failure");
    let target = folder.0.join("a.fake");
    std::fs::write(&target, "old").unwrap();
    let image = arr2(&[[1u8]]);
    let rows = [
        (options().set("fail_after", 0), ErrorKind::Mismatch),
        (options().set("fail_after", 0).set("panic", true), ErrorKind::Backend),
        (options().set("fail_afte", 0), ErrorKind::UnknownOption),
        (options().set("fail_after", 12), ErrorKind::InvalidOption),
        (options().plugin("nobody"), ErrorKind::PluginMissing),
        (options().extension("xyz"), ErrorKind::Unrecognized),
        (options().extension("png"), ErrorKind::PluginMissing),
    ];
    for (options, kind) in rows {
        let e = v3::imwrite_with(&target, &image, &options).unwrap_err();
        assert_eq!(e.kind(), kind, "{e}");
        assert!(e.to_string().contains("a.fake"), "{e}");
        assert_eq!(std::fs::read_to_string(&target).unwrap(), "old");
        assert_eq!(folder.names(), ["a.fake"]);
    }
    let e = v3::imwrite_with(&target, &arr2(&[[1u16]]), &options()).unwrap_err();
    assert!(e.to_string().contains("it writes uint8"), "{e}");
    let images = [NdImage::from(image.clone()), NdImage::from(image.clone())];
    let e = v3::imwrite_with(&target, &images[..], &options().set("fail_after", 1)).unwrap_err();
    assert_eq!(e.context_value("index"), Some("1"));
    assert_eq!(folder.names(), ["a.fake"]);
    v3::imwrite_with(&target, &image, &options()).unwrap();
    assert_eq!(std::fs::read_to_string(&target).unwrap(), "FAKE n=1 shape=1x1");
    assert_eq!(folder.names(), ["a.fake"]);
}

#[test]
fn an_unknown_extension_lists_what_is_possible() {
    let e = v3::imwrite_with("a.xyz", &arr2(&[[1u8]]), &options()).unwrap_err();
    assert!(e.to_string().contains("can be written: .fake .one"), "{e}");
    let e = v3::imwrite_with("no-extension", &arr2(&[[1u8]]), &options()).unwrap_err();
    assert!(e.to_string().contains("WriteOptions::extension"), "{e}");
}

#[test]
fn handles_append_and_finish() {
    let folder = Folder::new("handle");
    let target = folder.0.join("a.fake");
    let mut writer = Writer::open_with(&target, &options()).unwrap();
    writer.write(&arr2(&[[1u8, 2]])).unwrap();
    writer.write(&arr2(&[[3u8, 4]])).unwrap();
    assert!(!target.exists());
    assert_eq!(writer.written(), 2);
    assert_eq!(writer.finish().unwrap(), None);
    assert_eq!(std::fs::read_to_string(&target).unwrap(), "FAKE n=2 shape=1x2");

    let mut writer = Writer::open_with(&target, &options()).unwrap();
    writer.write(&arr2(&[[1u8, 2]])).unwrap();
    drop(writer);
    assert_eq!(std::fs::read_to_string(&target).unwrap(), "FAKE n=2 shape=1x2");
    assert_eq!(folder.names(), ["a.fake"]);

    // Spent after an error; finishing it does not put half a file in place.
    let mut writer = Writer::open_with(&target, &options()).unwrap();
    assert!(writer.write(&arr2(&[[1u16]])).is_err());
    assert!(writer.write(&arr2(&[[1u8]])).is_err());
    assert!(writer.finish().is_err());
    assert_eq!(std::fs::read_to_string(&target).unwrap(), "FAKE n=2 shape=1x2");
}

#[test]
fn one_image_a_file_where_the_format_says_so() {
    let image = arr2(&[[1u8]]);
    let e = v3::imwrite_with("<bytes>", &vec![image.clone(), image.clone()], &options().extension("one")).unwrap_err();
    assert_eq!(e.kind(), ErrorKind::Mismatch);
    let mut writer = Writer::open_with("<bytes>", &options().extension("one")).unwrap();
    writer.write(&image).unwrap();
    assert!(writer.write(&image).is_err());
}

#[test]
fn every_kind_of_target() {
    let image = arr2(&[[1u8, 2]]);
    let to = options().extension("fake");
    let mut vec = b"before".to_vec();
    assert_eq!(v3::imwrite_with(&mut vec, &image, &to).unwrap(), None);
    assert_eq!(vec, b"FAKE n=1 shape=1x2");
    assert!(v3::imwrite_with(&mut vec, &arr2(&[[1u16]]), &to).is_err());
    assert_eq!(vec, b"FAKE n=1 shape=1x2");
    let mut out = Vec::new();
    v3::imwrite_with(WriteTo(&mut out), &image, &to).unwrap();
    assert_eq!(out, b"FAKE n=1 shape=1x2");
}

#[test]
fn an_iterator_that_fails_stops_the_write() {
    let folder = Folder::new("iterator");
    let target = folder.0.join("a.fake");
    let frames = (0..3).map(|k| match k {
        2 => Err(imageio_core::Error::malformed("frame 2 is damaged")),
        _ => Ok(NdImage::from(arr2(&[[k as u8]]))),
    });
    let e = v3::imwrite_with(&target, FrameIter(frames), &options()).unwrap_err();
    assert!(e.to_string().contains("frame 2 is damaged"), "{e}");
    assert!(folder.names().is_empty());
}

#[test]
fn a_writer_may_add_to_what_there_is() {
    let folder = Folder::new("existing");
    let path = folder.0.join("a.fake");
    let image = Array2::<u8>::zeros((2, 3));
    let append = || options().set("append", true);
    // Where there is nothing yet, there is nothing to add to.
    v3::imwrite_with(&path, &image, &append()).unwrap();
    v3::imwrite_with(&path, &image, &append()).unwrap();
    assert_eq!(std::fs::read_to_string(&path).unwrap(), "FAKE n=1 shape=2x3 n=1 shape=2x3");
    v3::imwrite_with(&path, &image, &append().set("fail_after", 0)).unwrap_err();
    assert_eq!(std::fs::read_to_string(&path).unwrap(), "FAKE n=1 shape=2x3 n=1 shape=2x3");
    assert_eq!(text(v3::imwrite_with("<bytes>", &image, &append().extension("fake")).unwrap()), "FAKE n=1 shape=2x3");
    assert_eq!(folder.names(), ["a.fake"]);
}

#[test]
fn refused_shapes_come_with_advice() {
    let hint = |shape: [usize; 3]| {
        let e = v3::imwrite_with("<bytes>", &Array3::<u8>::zeros(shape), &options().extension("fake")).unwrap_err();
        assert_eq!(e.kind(), ErrorKind::Mismatch);
        e.hint().unwrap_or_default().to_owned()
    };
    assert!(hint([5, 6, 1]).contains("drop it for a grey image"), "{}", hint([5, 6, 1]));
    assert!(hint([3, 20, 30]).contains("bring that axis to the end"), "{}", hint([3, 20, 30]));
    assert!(hint([9, 20, 30]).contains("counts grey images, write them with Batch(&array)"), "{}", hint([9, 20, 30]));
}
