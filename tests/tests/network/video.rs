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

/// Containers whose headers do not say where each picture is: what a header is worth is told from it, and counting is
/// left to who asks for it.
#[test]
fn headers_of_other_containers() {
    if !programs::have(&["ffmpeg", "ffprobe"]) {
        return;
    }
    let Some(web) = Web::start() else { return };
    let h264 = ["-c:v", "libx264", "-preset", "ultrafast", "-qp", "24", "-g", "12"];
    let mpeg4 = ["-c:v", "mpeg4", "-q:v", "2", "-g", "12"];
    let vp9 = ["-c:v", "libvpx-vp9", "-b:v", "90M", "-deadline", "realtime", "-cpu-used", "8"];
    let mjpeg = ["-c:v", "mjpeg", "-q:v", "3"];
    let files: [(&str, &[&str]); 5] =
        [("a.mkv", &h264), ("a.webm", &vp9), ("a.avi", &mpeg4), ("pictures.avi", &mjpeg), ("a.ts", &h264)];
    for (name, codec) in files {
        let path = web.path(name);
        let source = format!("testsrc2=size=1280x720:rate=24:duration={}", FRAMES / 24);
        let mut ffmpeg = Command::new("ffmpeg");
        ffmpeg.args(["-v", "error", "-y", "-f", "lavfi", "-i", &source, "-vf", "noise=alls=90:allf=t:all_seed=7"]);
        assert!(ffmpeg.args(codec).args(["-pix_fmt", "yuv420p"]).arg(&path).status().unwrap().success());
        let size = path.metadata().unwrap().len();
        assert!(size > 20_000_000, "{name}: {size}");
        let here = iio::improps(path.as_path()).unwrap();
        let mut before = 0;
        let mut sent = |what: &str| {
            let (requests, all) = web.sent(name);
            println!("{what} of {name} ({size} bytes): {} bytes, {requests} requests so far", all - before);
            let sent = all - before;
            before = all;
            sent
        };
        // Of a stream without a header, the first pictures have to do, of which each has up to a megabyte.
        let enough = if name == "a.ts" { size / 6 } else { 64 * 1024 };
        // An estimate, which says that it is one.
        let there = iio::improps(web.url(name)).unwrap();
        assert_eq!((&there.shape, there.dtype, there.n_images), (&here.shape, here.dtype, None), "{name}");
        assert!(there.is_batch && here.n_images == Some(FRAMES), "{name}");
        let bytes = sent("improps");
        assert!(bytes < enough, "{name}: {bytes} of {size}");
        let first = iio::improps_with(web.url(name), &ReadOptions::new().index(0)).unwrap();
        assert_eq!(first.shape, here.shape[1..], "{name}");
        let bytes = sent("improps of frame 0");
        assert!(bytes < enough, "{name}: {bytes} of {size}");
        let meta = iio::immeta(web.url(name)).unwrap();
        let text = |key: &str| meta.get(key).map(ToString::to_string);
        assert_eq!((text("n_images").as_deref(), text("n_images_is").as_deref()), (Some("96"), Some("estimated")));
        let here_meta = iio::immeta(path.as_path()).unwrap();
        for key in ["codec", "profile", "pixel_format", "fps", "duration", "streams/0/time_base", "container/format"] {
            assert_eq!(meta.get(key), here_meta.get(key), "{name}: {key}");
        }
        let bytes = sent("immeta");
        assert!(bytes < enough, "{name}: {bytes} of {size}");
        // Who asks for the number gets the exact one, and frames are what they are.
        if name == "a.webm" {
            assert_eq!(iio::imopen(web.url(name), iio::Read).unwrap().count().unwrap(), here.n_images);
            let second = ReadOptions::new().index(1);
            let frame = iio::imread_with(path.as_path(), &second).unwrap();
            assert!(iio::imread_with(web.url(name), &second).unwrap() == frame);
        }
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
