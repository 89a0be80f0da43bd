//! Videos far away: ffmpeg gets the parts that it reads, through this process.

use std::process::Command;

use imageio::http::HttpResource;
use imageio::{ErrorKind, ReadOptions, v3 as iio};
use imageio_testkit::programs;
use imageio_testkit::web::{Answer, Server};

use super::servers::Bucket;
use super::{Web, noise};

const FRAMES: usize = 96;

/// A video that no encoder makes small, with its directory at the begin or at the end.
fn video(path: &std::path::Path, directory_first: bool) {
    let source = format!("testsrc2=size=1280x720:rate=24:duration={}", FRAMES / 24);
    let mut ffmpeg = Command::new("ffmpeg");
    ffmpeg.args(["-v", "error", "-y", "-f", "lavfi", "-i", &source, "-vf", "noise=alls=90:allf=t:all_seed=7"]);
    ffmpeg.args(["-c:v", "libx264", "-preset", "ultrafast", "-qp", "24", "-g", "12", "-pix_fmt", "yuv420p"]);
    if directory_first {
        ffmpeg.args(["-movflags", "+faststart"]);
    }
    assert!(ffmpeg.arg(path).status().unwrap().success());
}

#[test]
fn videos_come_in_parts() {
    if !programs::have(&["ffmpeg", "ffprobe"]) {
        return;
    }
    let Some(web) = Web::start() else { return };
    for (name, directory_first) in [("first.mp4", true), ("last.mp4", false)] {
        let path = web.path(name);
        video(&path, directory_first);
        let size = path.metadata().unwrap().len();
        let expected = iio::improps(path.as_path()).unwrap();
        assert_eq!(iio::improps(web.url(name)).unwrap(), expected, "{name}");
        let (requests, sent) = web.sent(name);
        println!("improps of {name} ({size} bytes): {sent} bytes in {requests} requests");
        assert!(size > 20_000_000 && sent < 256 * 1024, "{name}: {sent} of {size}");
        let before = sent;
        iio::immeta(web.url(name)).unwrap();
        let (requests, sent) = web.sent(name);
        println!("immeta of {name}: {} bytes in {requests} requests", sent - before);
        assert!(sent - before < size / 20, "{name}: {} of {size}", sent - before);
        // A frame in the middle, and then all of them.
        let middle = ReadOptions::new().index(30);
        let frame = iio::imread_with(path.as_path(), &middle).unwrap();
        let (_, before) = web.sent(name);
        assert!(iio::imread_with(web.url(name), &middle).unwrap() == frame, "{name}");
        let (requests, sent) = web.sent(name);
        println!("frame 30 of {FRAMES} of {name}: {} bytes in {requests} requests", sent - before);
        // From the key frame before it, number 24, as far as ffmpeg runs ahead; not from the beginning, and not to the end.
        assert!(sent - before < size / 2, "{name}: {} of {size}", sent - before);
        let mut frames = iio::imiter(web.url(name)).unwrap();
        for (k, expected) in iio::imiter(path.as_path()).unwrap().enumerate() {
            assert!(frames.next().unwrap().unwrap() == expected.unwrap(), "{name}, frame {k}");
        }
        assert!(frames.next().is_none(), "{name}");
        // A stored member, of an archive here and of one there.
        let zip = web.path("films.zip").display().to_string();
        let member = imageio::zip::NewMember::new(&zip, name).method(imageio::zip::Method::Stored);
        super::put(member, &std::fs::read(&path).unwrap());
        for place in [format!("{zip}/{name}"), web.url(&format!("films.zip/{name}"))] {
            assert!(iio::imread_with(place.as_str(), &middle).unwrap() == frame, "{place}");
        }
        // Without ranges it is copied first.
        let plain = format!("{}/plain/{name}", web.nginx.http);
        assert!(iio::imread_with(plain.as_str(), &middle).unwrap() == frame, "{name}");
    }
}

#[test]
fn videos_in_buckets() {
    if !programs::have(&["ffmpeg", "ffprobe"]) {
        return;
    }
    imageio::install();
    let scratch = imageio_tests::Scratch::new();
    let path = scratch.path("a.mp4");
    video(&path, false);
    let bytes = std::fs::read(&path).unwrap();
    let frame = iio::imread_with(path.as_path(), &ReadOptions::new().index(13)).unwrap();
    for bucket in Bucket::all() {
        super::put(bucket.object("films/a.mp4"), &bytes);
        let got = iio::imread_with(bucket.object("films/a.mp4"), &ReadOptions::new().index(13)).unwrap();
        assert!(got == frame, "{}", bucket.label);
    }
}

/// What goes wrong on the way is told as that, and not as a video that ends early.
#[test]
fn errors_on_the_way_of_a_video() {
    if !programs::have(&["ffmpeg", "ffprobe"]) {
        return;
    }
    imageio::install();
    let scratch = imageio_tests::Scratch::new();
    let path = scratch.path("a.mp4");
    video(&path, true);
    let bytes = std::fs::read(&path).unwrap();
    // A server that loses interest in the second half.
    let half = bytes.len() / 2;
    let server = Server::start(move |asked| match asked.range(bytes.len()) {
        Some((first, last)) if last >= half && first > 1_000_000 => Answer::status(403),
        Some((first, last)) if last >= half => Answer::file(asked, &bytes).header("ETag", "\"1\"").cut(half - first),
        _ => Answer::file(asked, &bytes).header("ETag", "\"1\""),
    })
    .unwrap();
    let resource = || HttpResource::new(&server.url("/a.mp4")).unwrap().retries(1);
    let first = ReadOptions::new().index(0);
    assert_eq!(iio::improps_with(resource(), &first).unwrap().shape, [720, 1280, 3]);
    let results: Vec<_> = iio::imiter(resource()).unwrap().take(FRAMES + 1).collect();
    let e = results.into_iter().find_map(Result::err).expect("an error");
    assert_eq!(e.context_value("status"), Some("403 Forbidden"), "{e}");
    // A picture that only its name calls a video stays what it is.
    let png = scratch.path("b.png");
    iio::imwrite(&png, noise(&[20, 30, 3], 1)).unwrap();
    let server = Server::file(std::fs::read(&png).unwrap()).unwrap();
    assert_eq!(iio::improps(server.url("/b.mp4").as_str()).unwrap().shape, [20, 30, 3]);
    let missing = Server::start(|_| Answer::status(404)).unwrap();
    assert_eq!(iio::improps(missing.url("/b.mp4").as_str()).unwrap_err().kind(), ErrorKind::NotFound);
}
