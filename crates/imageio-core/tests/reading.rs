//! What core promises to callers about reading, held against a plugin that behaves as its file says.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test that fails says so")]

mod fake;

use std::sync::Arc;
use std::sync::Mutex;
use std::sync::atomic::AtomicBool;

use fake::{FAKE, FakeReader, SHY, SINGLE, VIDEO};
use imageio_core::ndarray::{Array2, Array3};
use imageio_core::{ErrorKind, Index, Limits, NdImage, ReadOptions, Reader, Registry, v3};

fn options() -> ReadOptions {
    ReadOptions::new().registry(fake::registry(&[&FAKE]))
}

fn open(words: &str) -> Reader<'_> {
    Reader::open_with(words.as_bytes(), &options()).unwrap()
}

fn bytes(image: &NdImage) -> Vec<u8> {
    image.as_bytes().unwrap().to_vec()
}

#[test]
fn index_rules() {
    let mut reader = open("FAKE n=3");
    assert_eq!(bytes(&reader.read(Index::Auto).unwrap()), [0, 1, 2, 3, 4, 5]);
    assert_eq!(bytes(&reader.read(2).unwrap())[0], 20);
    assert_eq!(bytes(&reader.read(-1).unwrap())[0], 20);
    assert_eq!(bytes(&reader.read(-3).unwrap())[0], 0);
    assert_eq!(reader.read(..).unwrap().shape(), [3, 2, 3]);
    for index in [Index::from(3), Index::from(-4), Index::FromEnd(0)] {
        let e = reader.read(index).unwrap_err();
        assert_eq!(e.kind(), ErrorKind::IndexOutOfRange, "{index:?}");
        assert_eq!(e.count(), Some(3), "{e}");
        assert!(e.message().contains("the resource holds 3 images ("), "{e}");
    }
    // After errors the reader reads as before.
    assert_eq!(bytes(&reader.read(1).unwrap())[5], 15);
    assert_eq!(open("FAKE n=1").read(..).unwrap().shape(), [1, 2, 3]);
    assert_eq!(open("FAKE n=2 all").read(Index::Auto).unwrap().shape(), [2, 2, 3]);
}

#[test]
fn properties_equal_reads() {
    for words in ["FAKE", "FAKE n=4", "FAKE n=4 all", "FAKE turn=6"] {
        for rotate in [false, true] {
            let options = options().set("rotate", rotate);
            let mut reader = Reader::open_with(words.as_bytes(), &options).unwrap();
            for index in [Index::Auto, Index::At(0), Index::All] {
                let (props, image) = (reader.properties(index).unwrap(), reader.read(index).unwrap());
                assert_eq!((props.shape.as_slice(), props.dtype), (image.shape(), image.dtype()), "{words} {index:?}");
                assert_eq!(props.is_batch, image.ndim() == 3);
            }
        }
    }
}

#[test]
fn unknown_counts_grow() {
    let mut reader = open("FAKE n=5 unknown");
    let all = reader.read(..).unwrap();
    assert_eq!(all.shape(), [5, 2, 3]);
    assert_eq!(bytes(&all)[4 * 6], 40);
    assert_eq!(reader.properties(..).unwrap_err().kind(), ErrorKind::Unsupported);
    assert_eq!(reader.read(-1).unwrap_err().kind(), ErrorKind::Unsupported);
    assert_eq!(reader.frames().count(), 5);
}

#[test]
fn ragged_images_do_not_stack() {
    let mut reader = open("FAKE n=3 ragged");
    let e = reader.read(..).unwrap_err();
    assert_eq!(e.kind(), ErrorKind::Mismatch);
    assert!(e.hint().unwrap().contains("imiter"), "{e}");
    assert_eq!(reader.properties(..).unwrap_err().kind(), ErrorKind::Mismatch);
    let shapes: Vec<_> = reader.frames().map(|f| f.unwrap().shape()[0]).collect();
    assert_eq!(shapes, [2, 3, 4]);
}

#[test]
fn panics_become_errors_and_the_reader_goes_on() {
    let mut reader = open("FAKE n=3 panic=1");
    let e = reader.read(1).unwrap_err();
    assert_eq!(e.kind(), ErrorKind::Backend);
    assert!(e.to_string().contains("image 1 panics"), "{e}");
    assert_eq!(e.context_value("plugin"), Some("fake"));
    assert_eq!(bytes(&reader.read(2).unwrap())[0], 20);
    let frames: Vec<_> = reader.frames().map(|f| f.map_err(|e| e.kind())).collect();
    assert_eq!(frames.len(), 2);
    assert_eq!(frames[1].as_ref().unwrap_err(), &ErrorKind::Backend);
}

#[test]
fn a_plugin_that_gives_nothing_is_an_error() {
    let e = open("FAKE silent").read(0).unwrap_err();
    assert_eq!(e.kind(), ErrorKind::Backend);
}

#[test]
fn into_memory_of_the_caller() {
    let mut reader = open("FAKE n=2");
    let mut one = Array2::<u8>::zeros((2, 3));
    let at = one.as_ptr();
    reader.read_into(1, &mut one).unwrap();
    assert_eq!((one[[1, 2]], one.as_ptr()), (15, at));
    let mut both = Array3::<u8>::zeros((2, 2, 3));
    reader.read_into(.., &mut both).unwrap();
    assert_eq!(both[[1, 0, 0]], 10);
    let mut wrong = Array3::<u8>::zeros((3, 2, 3));
    assert_eq!(reader.read_into(.., &mut wrong).unwrap_err().kind(), ErrorKind::Mismatch);
    let mut wrong = Array2::<u16>::zeros((2, 3));
    assert_eq!(reader.read_into(0, &mut wrong).unwrap_err().kind(), ErrorKind::Mismatch);
}

#[test]
fn batches_may_be_the_plugins_own() {
    let mut reader = open("FAKE n=2 batch");
    assert_eq!(bytes(&reader.read(..).unwrap()), [99; 12]);
    let mut both = Array3::<u8>::zeros((2, 2, 3));
    reader.read_into(.., &mut both).unwrap();
    assert_eq!(both[[1, 1, 1]], 99);
}

#[test]
fn fewer_images_than_promised() {
    let mut reader = open("FAKE n=4 batch few=3");
    let image = reader.read(Index::All).unwrap();
    assert_eq!((image.shape(), bytes(&image)), (&[3, 2, 3][..], vec![99; 18]));
    // The caller's memory can't be made shorter.
    let mut array = imageio_core::ndarray::Array3::<u8>::zeros((4, 2, 3));
    let e = reader.read_into(Index::All, &mut array).unwrap_err();
    assert_eq!(e.kind(), ErrorKind::Mismatch);
    assert!(e.to_string().contains("there are 3 images, the array to read into has room for 4"), "{e}");
}

#[test]
fn a_short_video_may_hold_much() {
    // 1.5 GB out of 40 bytes, which are promised and not touched.
    let words = "FAKE n=1500 shape=1000x1000 batch idle".as_bytes();
    let e = Reader::open_with(words, &options()).unwrap().read(Index::All).unwrap_err();
    assert_eq!((e.kind(), e.context_value("limit")), (ErrorKind::LimitExceeded, Some("max_ratio = 10000")));
    let mut reader = Reader::open_with(words, &options().plugin(&VIDEO)).unwrap();
    assert_eq!(reader.read(Index::All).unwrap().shape(), [1500, 1000, 1000]);
    // Other limits hold, and each image is looked at.
    let small = options().plugin(&VIDEO).limits(Limits::default().max_alloc(1_400_000_000));
    let e = Reader::open_with(words, &small).unwrap().read(Index::All).unwrap_err();
    assert_eq!(e.context_value("limit"), Some("max_alloc = 1400000000"));
    let words = "FAKE n=2 shape=40000x40000 batch idle".as_bytes();
    let e = Reader::open_with(words, &options().plugin(&VIDEO)).unwrap().read(Index::All).unwrap_err();
    assert_eq!(e.context_value("limit"), Some("max_ratio = 10000"));
}

#[test]
fn turned_upright_on_request() {
    let words = "FAKE turn=6";
    let mut reader = open(words);
    assert_eq!(reader.read(0).unwrap().shape(), [2, 3]);
    assert_eq!(reader.metadata(0).unwrap().get("exif/Orientation").unwrap().as_i64(), Some(6));
    let options = options().set("rotate", true);
    let mut reader = Reader::open_with(words.as_bytes(), &options).unwrap();
    let upright = reader.read(0).unwrap();
    assert_eq!((upright.shape(), bytes(&upright)), (&[3, 2][..], vec![3, 0, 4, 1, 5, 2]));
    assert_eq!(reader.metadata(0).unwrap().get("exif/Orientation"), None);
    // For one call alone.
    assert_eq!(open(words).read_with(0, imageio_core::Options::new().set("rotate", true)).unwrap().shape(), [3, 2]);
}

#[test]
fn colour_mode_on_request() {
    let options = options().set("mode", "RGBA");
    let image = v3::imread_with(b"FAKE", &options).unwrap();
    assert_eq!((image.shape(), &bytes(&image)[4..8]), (&[2, 3, 4][..], &[1, 1, 1, 255][..]));
    let e = v3::imread_with(b"FAKE", &options.clone().set("mode", "CMYK")).unwrap_err();
    assert_eq!(e.kind(), ErrorKind::InvalidOption);
}

#[test]
fn metadata_without_what_was_applied() {
    let mut reader = open("FAKE");
    assert_eq!(reader.metadata(0).unwrap().get("palette"), None);
    assert_eq!(reader.metadata(..).unwrap().get("whole").unwrap().as_bool(), Some(true));
    let all = v3::immeta_with(b"FAKE", &options().exclude_applied(false)).unwrap();
    assert_eq!(all.get("palette").unwrap().as_str(), Some("used up"));
}

#[test]
fn options_by_name() {
    let image = v3::imread_with(b"FAKE", &options().set("add", 7)).unwrap();
    assert_eq!(bytes(&image)[0], 7);
    let typed = v3::imread_with(b"FAKE", &options().with(fake::ReadOptions::new().add(9))).unwrap();
    assert_eq!(bytes(&typed)[0], 9);
    let e = v3::imread_with(b"FAKE", &options().set("ad", 7)).unwrap_err();
    assert_eq!(e.kind(), ErrorKind::UnknownOption);
    assert!(e.to_string().contains("did you mean `add`?"), "{e}");
    let e = v3::imread_with(b"FAKE", &options().set("fail_after", 7)).unwrap_err();
    assert!(e.to_string().contains("is for writing"), "{e}");
    let e = v3::imread_with(b"FAKE", &options().set("add", "many")).unwrap_err();
    assert_eq!(e.kind(), ErrorKind::InvalidOption);
}

#[test]
fn who_declines_is_passed_over() {
    let registry = fake::registry(&[&FAKE, &SHY]);
    let options = ReadOptions::new().registry(registry);
    assert_eq!(Reader::open_with(b"FAKE", &options).unwrap().plugin().id(), "fake");
    let e = Reader::open_with(b"FAKE", &options.clone().plugin("shy")).unwrap_err();
    assert_eq!(e.kind(), ErrorKind::Declined);
    let e = Reader::open_with(b"FAKE broken", &options).unwrap_err();
    assert_eq!(e.kind(), ErrorKind::Malformed);
    assert_eq!(e.report().unwrap().tried()[0].plugin, "shy");
    registry.block("fake");
    let e = Reader::open_with(b"FAKE", &options).unwrap_err();
    assert_eq!(e.kind(), ErrorKind::Unrecognized);
    assert!(e.to_string().contains("too shy"), "{e}");
}

#[test]
fn errors_say_what_would_help() {
    static EMPTY: Registry = Registry::empty();
    let rows: [(&[u8], ReadOptions, ErrorKind, &str); 8] = [
        (b"FAKE", ReadOptions::new().registry(&EMPTY), ErrorKind::Unrecognized, "install()"),
        (b"what", options(), ErrorKind::Unrecognized, "ReadOptions::plugin"),
        (b"PK\x03\x04\x14", options(), ErrorKind::Unrecognized, "archive.zip/picture.png"),
        (b"PK\x05\x06\0\0", options(), ErrorKind::Unrecognized, "archive.zip/picture.png"),
        (b"what", options().extension(".png"), ErrorKind::PluginMissing, "enable feature `png`"),
        (b"what", options().extension("cr2"), ErrorKind::PluginMissing, "Canon"),
        (b"", options(), ErrorKind::Malformed, "empty"),
        (b"FAKE", options().plugin("fakr"), ErrorKind::PluginMissing, "did you mean `fake`?"),
    ];
    for (content, options, kind, words) in rows {
        let e = Reader::open_with(content, &options).unwrap_err();
        assert_eq!(e.kind(), kind, "{e}");
        assert!(e.to_string().contains(words), "{e}");
        assert!(e.to_string().contains("<bytes>"), "{e}");
    }
    let e = Reader::open_with("/no/such/file.fake", &options()).unwrap_err();
    assert_eq!(e.kind(), ErrorKind::NotFound);
    assert!(e.to_string().contains("/no/such/file.fake"), "{e}");
    let e = Reader::open_with("<screen>", &options()).unwrap_err();
    assert!(e.hint().is_some_and(|hint| hint.contains("feature `screen`")), "{e}");
}

#[test]
fn a_plugin_need_not_be_registered() {
    static EMPTY: Registry = Registry::empty();
    let options = ReadOptions::new().registry(&EMPTY).plugin(&SINGLE);
    assert_eq!(v3::imread_with(b"FAKE n=1", &options).unwrap().shape(), [2, 3]);
}

#[test]
fn limits_hold_before_memory() {
    let rows = [
        ("FAKE shape=100000x100000", Limits::default()),
        ("FAKE shape=40000x40000", Limits::default()),
        ("FAKE n=1000 all", Limits::default().max_alloc(100)),
        ("FAKE", Limits::default().max_dimension(2)),
    ];
    for (words, limits) in rows {
        let e = v3::imread_with(words.as_bytes(), &options().limits(limits)).unwrap_err();
        assert_eq!(e.kind(), ErrorKind::LimitExceeded, "{words}: {e}");
    }
}

#[test]
fn progress_and_cancel() {
    let seen = Arc::new(Mutex::new(Vec::new()));
    let told = Arc::clone(&seen);
    let options = options().progress(Arc::new(move |p| told.lock().unwrap().push((p.done, p.total))));
    v3::imread_with(b"FAKE n=3 all", &options).unwrap();
    assert_eq!(*seen.lock().unwrap(), [(1, Some(3)), (2, Some(3)), (3, Some(3))]);
    let flag = Arc::new(AtomicBool::new(true));
    let e = v3::imread_with(b"FAKE", &options.cancel(flag)).unwrap_err();
    assert_eq!(e.kind(), ErrorKind::Cancelled);
}

#[test]
fn what_only_the_backend_offers() {
    let mut reader = Reader::open_with(b"FAKE a b".to_vec(), &options()).unwrap();
    assert_eq!(reader.downcast_mut::<FakeReader>().unwrap().special(), 2);
    assert!(reader.downcast_mut::<String>().is_none());
}
