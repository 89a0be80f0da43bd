//! Options, properties, metadata, sources and processes of the reading half.
#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "a test that fails or is skipped says so")]

use std::path::Path;
use std::process::Command;

use imageio_core::ndarray::Array3;
use imageio_core::{Dtype, ErrorKind, Index, NdImage, ReadOptions, Reader, Registry, v3 as iio};
use imageio_plugin_ffmpeg::DESCRIPTOR;
use imageio_testkit::videos::Folder;

/// `None`, and a word about it, where there is no ffmpeg.
fn folder() -> Option<Folder> {
    imageio_testkit::programs::have(&["ffmpeg", "ffprobe"]).then(Folder::new)
}

fn options() -> ReadOptions {
    static EMPTY: Registry = Registry::empty();
    ReadOptions::new().registry(&EMPTY).plugin(&DESCRIPTOR)
}

/// What ffmpeg prints for a file with further arguments.
fn printed(path: &Path, arguments: &str) -> Vec<u8> {
    let mut command = Command::new("ffmpeg");
    command.args(["-v", "quiet", "-nostdin", "-i"]).arg(path).args(arguments.split_whitespace());
    command.args(["-f", "rawvideo", "-"]).output().unwrap().stdout
}

fn bytes(image: &NdImage) -> &[u8] {
    image.as_bytes().unwrap()
}

const SOURCE: &str = "-f lavfi -i testsrc2=s=96x64:r=25:d=2";
const X264: &str = "-c:v libx264 -preset veryfast -bf 2 -g 12";

/// Reads with options: the stack is what ffmpeg prints, and properties know its shape.
fn same(path: &Path, options: &ReadOptions, arguments: &str, shape: &[usize], dtype: Dtype) {
    let image = iio::imread_with(path, options).unwrap();
    assert_eq!((image.shape(), image.dtype()), (shape, dtype), "{arguments}");
    let expected = printed(path, &format!("-noautorotate {arguments}").replace("-noautorotate ", ""));
    assert!(bytes(&image) == expected, "{arguments}: the pixels differ");
    let props = Reader::open_with(path, options).unwrap().properties(0).unwrap();
    assert_eq!((&props.shape[..], props.dtype), (&shape[1..], dtype), "{arguments}");
}

#[test]
fn pixel_formats() {
    let Some(folder) = folder() else { return };
    let path = folder.made("deep.mkv", &format!("{SOURCE} -frames:v 3 -pix_fmt yuv420p10le -c:v ffv1"));
    let rows: [(&str, &[usize], Dtype); 12] = [
        ("rgb24", &[3, 64, 96, 3], Dtype::U8),
        ("rgba", &[3, 64, 96, 4], Dtype::U8),
        ("gray", &[3, 64, 96], Dtype::U8),
        ("ya8", &[3, 64, 96, 2], Dtype::U8),
        ("gray16le", &[3, 64, 96], Dtype::U16),
        ("rgb48le", &[3, 64, 96, 3], Dtype::U16),
        ("gbrp", &[3, 3, 64, 96], Dtype::U8),
        ("gbrpf32le", &[3, 3, 64, 96], Dtype::F32),
        ("yuv420p", &[3, 96, 96], Dtype::U8),
        ("yuv444p", &[3, 3, 64, 96], Dtype::U8),
        ("nv12", &[3, 96, 96], Dtype::U8),
        ("yuv420p10le", &[3, 96, 96], Dtype::U16),
    ];
    for (format, shape, dtype) in rows {
        same(&path, &options().set("pixel_format", format), &format!("-pix_fmt {format}"), shape, dtype);
    }
    same(&path, &options().set("pixel_format", "native"), "-pix_fmt yuv420p10le", &[3, 96, 96], Dtype::U16);
    let e = iio::imread_with(&path, &options().set("pixel_format", "rgb25")).unwrap_err();
    assert_eq!(e.kind(), ErrorKind::InvalidOption);
}

#[test]
fn filters_sizes_and_times() {
    let Some(folder) = folder() else { return };
    let path = folder.made("a.mp4", &format!("{SOURCE} {X264}"));
    let rgb = "-pix_fmt rgb24 -vsync passthrough";
    let rows: [(ReadOptions, &str, usize, usize, usize); 6] = [
        (options().set("filter", "crop=40:20:8:4,hflip"), "-vf crop=40:20:8:4,hflip", 50, 20, 40),
        (options().set("filter", "split[a][b];[a][b]hstack"), "-vf split[a][b];[a][b]hstack", 50, 64, 192),
        (options().set("scale", "48x-2"), "-vf scale=48:-2", 50, 32, 48),
        (options().set("fps", 10), "-vf fps=10", 20, 64, 96),
        (options().set("filter", "framestep=5"), "-vf framestep=5", 10, 64, 96),
        (options().set("filter", "transpose=1").set("scale", "20x30"), "-vf transpose=1,scale=20:30", 50, 30, 20),
    ];
    for (how, arguments, n, h, w) in rows {
        same(&path, &how, &format!("{arguments} {rgb}"), &[n, h, w, 3], Dtype::U8);
        let exact = iio::improps_with(&path, &how.clone().set("count", "exact")).unwrap();
        assert_eq!(exact.shape, [n, h, w, 3], "{arguments}");
        // Any frame by index, without what comes before it where the filter allows that.
        let all = iio::imread_with(&path, &how).unwrap();
        let mut reader = Reader::open_with(&path, &how).unwrap();
        for k in [n - 1, n / 2, 0] {
            assert!(bytes(&reader.read(k).unwrap()) == bytes(&all.index_first(k).unwrap()), "{arguments}: frame {k}");
        }
    }
    let all = iio::imread_with(&path, &options()).unwrap();
    let part = iio::imread_with(&path, &options().set("start", 0.4).set("end", 1.2)).unwrap();
    assert_eq!(part.shape(), [20, 64, 96, 3]);
    for k in [0, 7, 19] {
        assert!(
            bytes(&part.index_first(k).unwrap()) == bytes(&all.index_first(10 + k).unwrap()),
            "frame {k} of a part"
        );
    }
    let window = || options().set("start", 0.4).set("end", 1.2);
    assert_eq!(iio::improps_with(&path, &window()).unwrap().shape, part.shape());
    let iterated: Vec<NdImage> = iio::imiter_with(&path, &window()).unwrap().map(Result::unwrap).collect();
    assert_eq!(iterated.len(), 20);
    assert!(iterated.iter().enumerate().all(|(k, frame)| bytes(frame) == bytes(&part.index_first(k).unwrap())));
    assert_eq!(iio::imiter_with(&path, &options().set("end", 0.2)).unwrap().count(), 5);
    let mut reader = Reader::open_with(&path, &window()).unwrap();
    assert!(bytes(&reader.read(19).unwrap()) == bytes(&iterated[19]));
    assert_eq!(reader.read(20).unwrap_err().kind(), ErrorKind::IndexOutOfRange);
    let few =
        iio::imread_with(&path, &options().set("start", 0.4).set("end", 1.2).set("filter", "framestep=4")).unwrap();
    assert_eq!(few.shape(), [5, 64, 96, 3]);
    assert!(bytes(&few.index_first(1).unwrap()) == bytes(&all.index_first(14).unwrap()));
    let e = iio::imread_with(&path, &options().set("filter", "no_such_filter")).unwrap_err();
    assert_eq!(e.kind(), ErrorKind::InvalidOption, "{e}");
    assert!(e.to_string().contains("no_such_filter"), "{e}");
}

#[test]
fn upright() {
    let Some(folder) = folder() else { return };
    folder.made("a.mp4", &format!("{SOURCE} -frames:v 4 {X264}"));
    for degrees in [90, 180, 270] {
        let path = folder.made("turned.mov", &format!("-i a.mp4 -c copy -metadata:s:v rotate={degrees}"));
        let plain = iio::imread_with(&path, &options()).unwrap();
        assert_eq!(plain.shape(), [4, 64, 96, 3]);
        let turned = iio::imread_with(&path, &options().set("rotate", true)).unwrap();
        let props = iio::improps_with(&path, &options().set("rotate", true)).unwrap();
        assert_eq!(props.shape, turned.shape());
        // ffmpeg turns by itself, before the colour conversion; the pictures agree but for rounding.
        let expected = printed(&path, "-pix_fmt rgb24");
        assert_eq!(expected.len(), bytes(&turned).len(), "{degrees}");
        let sum: u64 = expected.iter().zip(bytes(&turned)).map(|(a, b)| u64::from(a.abs_diff(*b))).sum();
        let mean = sum as f64 / expected.len() as f64;
        assert!(mean < 6.0, "turned by {degrees}: off by {mean}");
    }
}

#[test]
fn metadata_of_files_and_frames() {
    let Some(folder) = folder() else { return };
    let path = folder.made(
        "a.mp4",
        "-f lavfi -i testsrc2=s=96x64:r=30000/1001:d=1 -f lavfi -i sine=d=1 -c:v libx264 -g 10 -bf 0 -c:a aac \
         -metadata title=Waves -metadata:s:a language=deu",
    );
    let meta = iio::immeta_with(&path, &options()).unwrap();
    let text = |key: &str| meta.get(key).and_then(|v| v.as_str()).map(str::to_owned);
    assert_eq!(text("codec").as_deref(), Some("h264"));
    assert_eq!(text("pixel_format").as_deref(), Some("yuv420p"));
    assert_eq!(text("tags/title").as_deref(), Some("Waves"));
    assert_eq!(text("streams/1/codec").as_deref(), Some("aac"));
    assert_eq!(text("streams/1/tags/language").as_deref(), Some("deu"));
    assert_eq!(text("n_images_is").as_deref(), Some("exact"));
    assert_eq!(meta.get("n_images").and_then(|v| v.as_i64()), Some(30));
    assert_eq!(meta.get("frame_rate"), Some(&imageio_core::Value::Rational(30_000, 1001)));
    let frame = |k: usize| iio::immeta_with(&path, &options().index(k)).unwrap();
    assert!((frame(10).get("time").and_then(|v| v.as_f64()).unwrap() - 10.0 * 1001.0 / 30_000.0).abs() < 1e-4);
    assert_eq!(frame(10).get("key_frame").and_then(|v| v.as_bool()), Some(true));
    assert_eq!(frame(11).get("key_frame").and_then(|v| v.as_bool()), Some(false));
}

#[test]
fn a_camera_that_is_none() {
    let Some(_folder) = folder() else { return };
    let camera = options().set("format", "lavfi").set("device", "testsrc2=s=80x60:r=200");
    let image = iio::imread_with("<video0>", &camera).unwrap();
    assert_eq!((image.shape(), image.dtype()), (&[60, 80, 3][..], Dtype::U8));
    let frames: Vec<NdImage> = iio::imiter_with("<video0>", &camera).unwrap().take(20).map(Result::unwrap).collect();
    assert_eq!(frames.len(), 20);
    assert!(bytes(&frames[0]) != bytes(&frames[19]));
    let mut reader = Reader::open_with("<video0>", &camera).unwrap();
    assert_eq!(reader.count().unwrap(), None);
    assert!(reader.read(0).is_ok() && reader.read(0).is_ok(), "the same index gives the next picture");
    // Without naming the plugin.
    static ONE: Registry = Registry::empty();
    ONE.register(&DESCRIPTOR);
    let unnamed = ReadOptions::new().registry(&ONE).set("format", "lavfi").set("device", "testsrc2=s=80x60:r=200");
    assert_eq!(iio::imread_with("<video0>", &unnamed).unwrap().shape(), [60, 80, 3]);
    let e = iio::imread_with("<video77>", &options()).unwrap_err();
    assert_eq!(e.kind(), ErrorKind::NotFound, "{e}");
    assert!(e.to_string().contains("no camera 77"), "{e}");
}

#[test]
fn a_sequence_of_pictures() {
    let Some(folder) = folder() else { return };
    folder.made("shot_%03d.png", &format!("{SOURCE} -frames:v 6 -start_number 5 -pix_fmt rgb24"));
    let first = folder.path("shot_005.png");
    let all = iio::imread_with(&first, &options().set("sequence", true)).unwrap();
    assert_eq!(all.shape(), [6, 64, 96, 3]);
    assert!(
        bytes(&all) == printed(&folder.path("shot_%03d.png"), "-pix_fmt rgb24") || {
            // The pattern needs its first number.
            let from = folder.path("shot_007.png");
            let rest = iio::imread_with(from, &options().set("sequence", true)).unwrap();
            bytes(&rest) == &bytes(&all)[2 * 64 * 96 * 3..]
        }
    );
}

#[test]
fn names_that_look_like_something_else() {
    let Some(folder) = folder() else { return };
    let made = folder.made("plain.mkv", &format!("{SOURCE} -frames:v 2 -c:v ffv1"));
    for name in ["with:colon.mkv", "http:x.mkv", "-dash.mkv", "50%03d.mkv", "caret^ and space.mkv", "ü.mkv"] {
        let path = folder.path(name);
        std::fs::copy(&made, &path).unwrap();
        assert_eq!(iio::imread_with(&path, &options()).unwrap().shape(), [2, 64, 96, 3], "{name}");
    }
}

#[test]
fn memory_of_the_caller() {
    let Some(folder) = folder() else { return };
    let path = folder.made("a.mkv", &format!("{SOURCE} -frames:v 3 -c:v ffv1"));
    let mut reader = Reader::open_with(&path, &options()).unwrap();
    let image = reader.read(1).unwrap();
    let mut frame = Array3::<u8>::zeros((64, 96, 3));
    reader.read_into(1, &mut frame).unwrap();
    assert_eq!(frame.as_slice().unwrap(), bytes(&image));
    assert_eq!(reader.default_index().unwrap(), Index::All);
}

#[test]
fn packets_without_a_picture() {
    let Some(folder) = folder() else { return };
    // One slice and one packet a frame, so that units of the file are frames.
    let video = "-t 1 -c:v libx264 -pix_fmt yuv420p -bf 0 -g 10 -threads 1";
    let path = folder.made("a.mp4", &format!("{SOURCE} {video}"));
    let all = iio::imread_with(&path, &options()).unwrap();
    assert_eq!(all.shape()[0], 25);
    let mut content = std::fs::read(&path).unwrap();
    let mdat = content.windows(4).position(|four| four == b"mdat").unwrap();
    let length = |at: usize| u32::from_be_bytes(content[at..at + 4].try_into().unwrap()) as usize;
    let (mut at, end) = (mdat + 4, mdat - 4 + length(mdat - 4));
    while at + 4 + length(at) < end {
        at += 4 + length(at);
    }
    // The last one says that the sequence ends (H.264 table 7-1), as some encoders say it in a packet of its own.
    content[at + 4] = 10;
    let path = folder.path("b.mp4");
    std::fs::write(&path, &content).unwrap();
    for convert in ["own", "ffmpeg"] {
        let options = options().set("convert", convert);
        let image = iio::imread_with(&path, &options).unwrap();
        assert_eq!(image.shape(), [24, 64, 96, 3], "{convert}");
        assert!(bytes(&image) == &bytes(&all)[..24 * 64 * 96 * 3], "{convert}");
        let mut reader = Reader::open_with(&path, &options).unwrap();
        assert_eq!(reader.properties(Index::All).unwrap().n_images, Some(25));
        reader.read(Index::All).unwrap();
        assert_eq!(reader.properties(Index::All).unwrap().n_images, Some(24));
        let frames: Vec<_> = iio::imiter_with(&path, &options).unwrap().collect();
        assert!(frames.len() == 24 && frames.iter().all(Result::is_ok));
    }
}

#[test]
fn a_file_that_ends_early_gives_what_it_has() {
    let Some(folder) = folder() else { return };
    let whole = folder.made("whole.mkv", &format!("{SOURCE} -pix_fmt bgr0 -c:v ffv1"));
    let content = std::fs::read(&whole).unwrap();
    let all = iio::imread_with(&whole, &options()).unwrap();
    let cut = folder.path("cut.mkv");
    std::fs::write(&cut, &content[..content.len() / 2]).unwrap();
    for result in [iio::imread_with(&cut, &options()).err(), iio::improps_with(&cut, &options()).err()] {
        let e = result.unwrap();
        assert_eq!(e.kind(), ErrorKind::Malformed, "{e}");
        assert!(e.to_string().contains("ends early") && e.to_string().contains("iterate"), "{e}");
    }
    let mut reader = Reader::open_with(&cut, &options()).unwrap();
    assert_eq!(reader.properties(0).unwrap().n_images, None);
    assert!(bytes(&reader.read(9).unwrap()) == bytes(&all.index_first(9).unwrap()));
    let frames: Vec<_> = iio::imiter_with(&cut, &options()).unwrap().collect();
    let good = frames.iter().take_while(|f| f.is_ok()).count();
    assert!((20..40).contains(&good), "{good}");
    for (k, frame) in frames[..good - 1].iter().enumerate() {
        assert!(bytes(frame.as_ref().unwrap()) == bytes(&all.index_first(k).unwrap()), "frame {k}");
    }
    let e = frames.last().unwrap().as_ref().unwrap_err();
    assert_eq!((e.kind(), frames.len()), (ErrorKind::Malformed, good + 1), "{e}");
}

/// Pictures are as large as their codec says, whatever the container says.
#[test]
fn pictures_of_another_size_than_the_container_says() {
    let Some(folder) = folder() else { return };
    let path = folder.made("a.webm", &format!("{SOURCE} -c:v libvpx"));
    let mut content = std::fs::read(&path).unwrap();
    // The element `PixelWidth` of RFC 9559, in a byte: 96 pixels become 48.
    let at = content.windows(3).position(|part| part == [0xb0, 0x81, 96]).unwrap();
    content[at + 2] = 48;
    let other = folder.path("b.webm");
    std::fs::write(&other, content).unwrap();
    let expected = iio::imread_with(&path, &options()).unwrap();
    let props = iio::improps_with(&other, &options()).unwrap();
    assert_eq!((&props.shape[..], props.n_images), (expected.shape(), Some(50)));
    assert!(iio::imread_with(&other, &options()).unwrap() == expected);
    assert!(iio::imread_with(&other, &options().index(30)).unwrap() == expected.index_first(30).unwrap());
    assert_eq!(iio::immeta_with(&other, &options()).unwrap().get("width").and_then(|w| w.as_i64()), Some(96));
}
