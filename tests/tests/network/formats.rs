//! How many requests each format takes: what a far place costs is above all the way there and back.

use imageio::{FrameIter, NdImage, WriteOptions, v3 as iio};
use imageio_testkit::web::Server;

use super::noise;

/// A file, and how many requests its properties and all of it may take.
struct Case {
    name: &'static str,
    bytes: Vec<u8>,
    properties: usize,
    whole: usize,
}

fn case(name: &'static str, image: &NdImage, properties: usize, whole: usize) -> Case {
    let mut bytes = Vec::new();
    let extension = name.rsplit('.').next().unwrap_or_default();
    iio::imwrite_with(&mut bytes, image, &WriteOptions::new().extension(format!(".{extension}"))).unwrap();
    Case { name, bytes, properties, whole }
}

fn frames(name: &'static str, shape: &[usize], options: &WriteOptions, properties: usize, whole: usize) -> Case {
    let mut bytes = Vec::new();
    let extension = name.rsplit('.').next().unwrap_or_default();
    let images = FrameIter((0..30).map(|k| noise(shape, k + 1)));
    iio::imwrite_with(&mut bytes, images, &options.clone().extension(format!(".{extension}"))).unwrap();
    Case { name, bytes, properties, whole }
}

fn cases() -> Vec<Case> {
    let rgb = noise(&[900, 1200, 3], 1);
    let floats = NdImage::from(rgb.clone().try_into_array::<u8>().unwrap().mapv(|v| f32::from(v) / 200.0));
    let plain = WriteOptions::new();
    let deflate = WriteOptions::new().set("compression", "deflate");
    vec![
        case("a.png", &rgb, 1, 2),
        case("a.jpg", &rgb, 2, 3),
        case("a.qoi", &rgb, 1, 2),
        case("a.bmp", &rgb, 1, 2),
        case("a.ppm", &rgb, 1, 2),
        case("a.tga", &rgb, 1, 2),
        case("a.webp", &rgb, 1, 2),
        case("a.dds", &rgb, 1, 2),
        case("a.npy", &rgb, 1, 2),
        case("a.npz", &rgb, 2, 3),
        case("a.hdr", &floats, 1, 2),
        case("a.exr", &floats, 1, 2),
        case("a.tif", &rgb, 1, 2),
        case("a.ico", &noise(&[256, 256, 4], 3), 2, 3),
        frames("animation.apng", &[200, 300, 3], &plain, 1, 24),
        frames("animation.gif", &[100, 150, 3], &plain, 2, 3),
        frames("animation.webp", &[100, 150, 3], &plain, 12, 13),
        frames("stack.tif", &[150, 200], &deflate, 12, 20),
        // Directories too far apart to fetch what lies between: a request for each.
        frames("pages.tif", &[300, 400], &plain, 31, 32),
    ]
}

#[test]
fn every_format_takes_a_handful_of_requests() {
    imageio::install();
    let cases = cases();
    for Case { name, bytes, properties, whole } in &cases {
        let size = bytes.len() as u64;
        let expected = iio::imread(bytes).unwrap();
        let cost = |read: &dyn Fn(&str)| {
            let server = Server::file(bytes.clone()).unwrap();
            read(&server.url(&format!("/{name}")));
            (server.asked().len(), server.sent())
        };
        let props = cost(&|url| assert_eq!(iio::improps(url).unwrap(), iio::improps(bytes).unwrap(), "{name}"));
        let meta = cost(&|url| assert_eq!(iio::immeta(url).unwrap(), iio::immeta(bytes).unwrap(), "{name}"));
        let read = cost(&|url| assert!(iio::imread(url).unwrap() == expected, "{name}"));
        println!("{name:15} {size:8} bytes; properties {props:?}, metadata {meta:?}, all of it {read:?}");
        assert!(props.0 <= *properties, "{name}: {} requests for its properties", props.0);
        assert!(read.0 <= *whole, "{name}: {} requests for all of it", read.0);
        assert!(read.1 <= size + size / 10 + 65_536, "{name}: {} of {size} bytes", read.1);
    }
    println!("{} files", cases.len());
    assert_eq!(cases.len(), 19);
}

/// The frames of a file, in order and from the middle, are those of the local file, however they are fetched.
#[test]
fn frames_from_far_are_those_of_the_file() {
    imageio::install();
    let mut met = 0;
    for Case { name, bytes, .. } in cases().into_iter().filter(|case| case.name.starts_with("animation")) {
        let server = Server::file(bytes.clone()).unwrap();
        let url = server.url(&format!("/{name}"));
        let (mut far, mut near) = (imageio::Reader::open(&url).unwrap(), imageio::Reader::open(&bytes).unwrap());
        for k in [20, 21, 3, 29, 0, 1, 2, 28] {
            assert!(far.read(k).unwrap() == near.read(k).unwrap(), "{name} {k}");
        }
        let all = iio::imiter(&url).unwrap().zip(iio::imiter(&bytes).unwrap());
        met += all.map(|(far, near)| assert!(far.unwrap() == near.unwrap(), "{name}")).count();
        // A frame that is not there is the same error.
        let missing = |mut reader: imageio::Reader<'_>| reader.read(30).unwrap_err().kind();
        assert_eq!(missing(far), missing(near), "{name}");
    }
    assert_eq!(met, 90);
    // Cut off in the last frame: what is there can be read, the rest is an error.
    let mut cut = cases().into_iter().find(|case| case.name == "animation.apng").unwrap().bytes;
    cut.truncate(cut.len() * 9 / 10);
    let server = Server::file(cut.clone()).unwrap();
    let url = server.url("/cut.apng");
    let mut far = imageio::Reader::open(&url).unwrap();
    assert!(far.read(10).unwrap() == imageio::Reader::open(&cut).unwrap().read(10).unwrap());
    assert_eq!(iio::imread(&url).unwrap_err().kind(), iio::imread(&cut).unwrap_err().kind());
}
