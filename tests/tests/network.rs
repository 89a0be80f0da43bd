//! What reading over the network costs, by the count of a real server, and what object stores do beyond reading.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::print_stdout, reason = "a test that fails says so")]

#[path = "network/formats.rs"]
mod formats;
#[path = "places/servers.rs"]
mod servers;
#[path = "network/socks.rs"]
mod socks;
#[path = "network/video.rs"]
mod video;

use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use imageio::http::HttpResource;
use imageio::resource::ImageResource as _;
use imageio::{ErrorKind, FrameIter, NdImage, ReadOptions, WriteOptions, v3 as iio};
use imageio_tests::Scratch;

use self::servers::{Bucket, Nginx, Script, certificate};

/// Pixels that no predictor guesses, so that files are as large as they look.
fn noise(shape: &[usize], seed: u32) -> NdImage {
    let mut state = seed.wrapping_mul(2_654_435_761) | 1;
    let bytes: Vec<u8> = std::iter::repeat_with(|| {
        state ^= state << 13;
        state ^= state >> 17;
        state ^= state << 5;
        (state >> 24) as u8
    })
    .take(shape.iter().product())
    .collect();
    NdImage::from(imageio::ndarray::ArrayD::from_shape_vec(shape, bytes).unwrap())
}

/// Puts a file as it is to where a target leads.
fn put<'a>(target: impl imageio::IntoTarget<'a>, bytes: &[u8]) {
    let target = target.into_target().unwrap();
    let mut transaction = target.begin(imageio::Atomic::Auto).unwrap();
    std::io::Write::write_all(&mut transaction.sink().unwrap(), bytes).unwrap();
    transaction.commit().unwrap();
}

struct Web {
    scratch: Scratch,
    nginx: Nginx,
}

impl Web {
    fn start() -> Option<Self> {
        imageio::install();
        let scratch = Scratch::new();
        let certificate = certificate(&scratch);
        let served = scratch.path("served");
        std::fs::create_dir_all(&served).unwrap();
        let nginx = Nginx::start(&scratch, &served, &certificate)?;
        Some(Web { scratch, nginx })
    }

    fn path(&self, name: &str) -> std::path::PathBuf {
        self.scratch.path("served").join(name)
    }

    fn url(&self, name: &str) -> String {
        format!("{}/ranges/{name}", self.nginx.http)
    }

    fn sent(&self, name: &str) -> (usize, u64) {
        self.nginx.sent(&format!("/ranges/{name}"))
    }
}

#[test]
fn properties_of_a_large_picture_cost_little() {
    let Some(web) = Web::start() else { return };
    iio::imwrite(web.path("large.tif"), &noise(&[6000, 8000, 3], 1)).unwrap();
    let size = web.path("large.tif").metadata().unwrap().len();
    let properties = iio::improps(web.url("large.tif")).unwrap();
    assert_eq!(properties.shape, [6000, 8000, 3]);
    let (requests, sent) = web.sent("large.tif");
    println!("improps of a 48 MP TIFF ({size} bytes): {sent} bytes in {requests} requests");
    assert!(sent < 256 * 1024, "{sent}");
    // Metadata as well, with a directory at the end, as other programs write it.
    let Some(python) = imageio_tests::peers() else { return };
    let script = "import sys, numpy, tifffile
with tifffile.TiffWriter(sys.argv[1], bigtiff=True) as f:
    f.write(numpy.zeros((6000, 8000, 3), 'u1') + 7, photometric='rgb', rowsperstrip=16, compression=None)
";
    let made = Command::new(python).args(["-c", script]).arg(web.path("other.tif")).status().unwrap();
    assert!(made.success());
    assert_eq!(iio::improps(web.url("other.tif")).unwrap().shape, [6000, 8000, 3]);
    iio::immeta(web.url("other.tif")).unwrap();
    let (requests, sent) = web.sent("other.tif");
    println!("improps and immeta of the same by tifffile: {sent} bytes in {requests} requests");
    assert!(sent < 2 * 256 * 1024, "{sent}");
}

#[test]
fn one_page_of_many_costs_little_more_than_itself() {
    let Some(web) = Web::start() else { return };
    // 512 KiB a page: as much as 512 by 512 pixels of 16 bits, the size of a common stack.
    let shape = [512, 1024];
    let page = |k: usize| noise(&shape, k as u32 + 1);
    iio::imwrite_with(web.path("ours.tif"), FrameIter((0..500).map(page)), &WriteOptions::new()).unwrap();
    // Images of their own in the one, pages of one volume in the other.
    let mut files = vec![("ours.tif", ReadOptions::new().index(250))];
    if let Some(python) = imageio_tests::peers() {
        // Pages one by one, each with its own directory beside it.
        let script = "import sys, numpy, tifffile
frames = tifffile.imread(sys.argv[1], key=slice(0, 500))
with tifffile.TiffWriter(sys.argv[2]) as f:
    for frame in frames:
        f.write(frame, contiguous=False, metadata=None)
";
        let files_of = [web.path("ours.tif"), web.path("theirs.tif")];
        let made = Command::new(python).args(["-c", script]).args(files_of).status().unwrap();
        assert!(made.success());
        files.push(("theirs.tif", ReadOptions::new().set("page", 250)));
    }
    for (name, options) in files {
        let size = web.path(name).metadata().unwrap().len();
        let got = iio::imread_with(web.url(name), &options).unwrap();
        assert_eq!(got.as_bytes(), page(250).as_bytes(), "{name}");
        let (requests, sent) = web.sent(name);
        let pages = sent as f64 / (shape[0] * shape[1]) as f64;
        println!("page 250 of 500 of {name} ({size} bytes): {sent} bytes ({pages:.2} pages) in {requests} requests");
        assert!(sent < 2 * (shape[0] * shape[1]) as u64, "{name}: {sent}");
        // The walk along all directories costs as much beside a page of half the size, and less than that.
        assert!(sent < (shape[0] * shape[1] * 3 / 2) as u64, "{name}: {sent}");
    }
}

#[test]
fn a_whole_read_costs_one_transfer() {
    let Some(web) = Web::start() else { return };
    let picture = iio::imread_as::<u8>("imageio:test-card.png").unwrap();
    let tiles: Vec<_> = std::iter::repeat_n(picture.view(), 10).collect();
    let wide = imageio::ndarray::concatenate(imageio::ndarray::Axis(1), &tiles).unwrap();
    let tiles: Vec<_> = std::iter::repeat_n(wide.view(), 12).collect();
    let large = imageio::ndarray::concatenate(imageio::ndarray::Axis(0), &tiles).unwrap();
    let noisy = noise(&[2400, 3200, 3], 5);
    iio::imwrite(web.path("a.png"), &noisy).unwrap();
    iio::imwrite(web.path("a.jpg"), &noisy).unwrap();
    iio::imwrite_with(web.path("deflate.tif"), &large, &WriteOptions::new().set("compression", "deflate")).unwrap();
    iio::imwrite(web.path("plain.tif"), &noisy).unwrap();
    for name in ["a.png", "a.jpg", "deflate.tif", "plain.tif"] {
        let size = web.path(name).metadata().unwrap().len();
        let (mut by_file, mut by_http) = (Duration::MAX, Duration::MAX);
        let rounds = 5;
        for _ in 0..rounds {
            let start = Instant::now();
            let a = iio::imread(web.path(name)).unwrap();
            by_file = by_file.min(start.elapsed());
            let start = Instant::now();
            let b = iio::imread(web.url(name)).unwrap();
            by_http = by_http.min(start.elapsed());
            assert!(a == b, "{name}");
        }
        let (requests, sent) = web.sent(name);
        let ratio = by_http.as_secs_f64() / by_file.as_secs_f64();
        println!("{name} ({size} bytes): file {by_file:?}, HTTP {by_http:?}, ratio {ratio:.2}, {requests} requests");
        assert!(sent <= rounds as u64 * (size + size / 50), "{name}: {sent} bytes were sent for {rounds} x {size}");
    }
}

#[test]
fn nginx_says_what_browsers_understand() {
    let Some(web) = Web::start() else { return };
    iio::imwrite(web.path("a.bmp"), &noise(&[300, 400, 3], 3)).unwrap();
    let expected = iio::imread(web.path("a.bmp")).unwrap();
    for folder in ["ranges", "plain", "packed"] {
        let url = format!("{}/{folder}/a.bmp", web.nginx.http);
        assert!(iio::imread(url.as_str()).unwrap() == expected, "{folder}");
    }
    let e = iio::imread(web.url("none.bmp")).unwrap_err();
    assert_eq!((e.kind(), e.context_value("status")), (ErrorKind::NotFound, Some("404 Not Found")));
    let e = iio::imread(format!("{}/ranges/a.bmp", web.nginx.https)).unwrap_err();
    assert!(e.message().contains("not trusted"), "{e}");
    // A file that is replaced while it is being read.
    let resource = HttpResource::new(&web.url("b.bmp")).unwrap();
    iio::imwrite(web.path("b.bmp"), &noise(&[1000, 1000, 3], 3)).unwrap();
    let resource = std::sync::Arc::new(resource);
    let mut stream = resource.open_read().unwrap();
    iio::imwrite(web.path("b.bmp"), &noise(&[1000, 1001, 3], 4)).unwrap();
    let e = imageio::Error::from(std::io::copy(&mut stream, &mut std::io::sink()).unwrap_err());
    assert!(e.message().contains("changed while"), "{e}");
}

#[test]
fn buckets_are_written_read_and_listed() {
    imageio::install();
    let buckets = Bucket::all();
    for bucket in &buckets {
        one_bucket(bucket);
    }
    println!("{} kinds of buckets", buckets.len());
}

fn one_bucket(bucket: &Bucket) {
    let label = bucket.label;
    // In one piece, and in several.
    let small = noise(&[40, 50, 3], 1);
    let large = noise(&[2500, 3000, 3], 2);
    iio::imwrite(bucket.object("scans/a 1.png"), &small).unwrap();
    iio::imwrite(bucket.object("scans/a10.tif"), &large).unwrap();
    iio::imwrite(bucket.object("scans/deeper/a2.png"), &small).unwrap();
    assert!(iio::imread(bucket.object("scans/a 1.png")).unwrap() == small, "{label}");
    assert!(iio::imread(bucket.object("scans/a10.tif")).unwrap() == large, "{label}");
    let folder = std::sync::Arc::new(bucket.object("scans/"));
    assert_eq!(folder.entries().unwrap().unwrap(), ["a 1.png", "a10.tif", "deeper/"], "{label}");
    let entry = folder.clone().entry("a 1.png").unwrap();
    assert!(iio::imread(entry).unwrap() == small, "{label}");
    assert_eq!(bucket.object("scans/a 1.png").entries().unwrap(), None, "{label}");
    assert_eq!(iio::imread(bucket.object("scans/")).unwrap_err().kind(), ErrorKind::Unsupported, "{label}");
    let e = iio::imread(bucket.object("scans/none.png")).unwrap_err();
    let missing = bucket.uri("scans/none.png");
    assert_eq!((e.kind(), e.context_value("resource")), (ErrorKind::NotFound, Some(missing.as_str())), "{label}: {e}");
    let e = iio::imread(bucket.object("a.png").option("nonsense", "x")).unwrap_err();
    assert_eq!(e.kind(), ErrorKind::UnknownOption, "{label}: {e}");
    // A write that fails leaves what was there.
    let wrong = imageio::NdImage::from(imageio::ndarray::ArrayD::<f64>::zeros(vec![3, 3]));
    assert!(iio::imwrite(bucket.object("scans/a 1.png"), &wrong).is_err(), "{label}");
    assert!(iio::imread(bucket.object("scans/a 1.png")).unwrap() == small, "{label}");
    // An object that is replaced while it is being read.
    let mut stream = std::sync::Arc::new(bucket.object("scans/a10.tif")).open_read().unwrap();
    iio::imwrite(bucket.object("scans/a10.tif"), &noise(&[2500, 3000, 3], 3)).unwrap();
    let e = imageio::Error::from(std::io::copy(&mut stream, &mut std::io::sink()).unwrap_err());
    assert!(e.message().contains("changed while"), "{label}: {e}");
    iio::imwrite(bucket.object("scans/a10.tif"), &large).unwrap();
    // Whoever may not have it learns how to be somebody who may, and no secret is told.
    if let Some((resource, secret)) = bucket.refused("scans/a 1.png") {
        assert!(!format!("{resource:?} {}", resource.name()).contains(secret), "{label}");
        let e = iio::imread(resource).unwrap_err();
        // Azure's word for what its emulator finds wrong with a key is that of its firewall.
        let told = match e.context_value("code") {
            Some("AuthorizationFailure") => "access is refused",
            _ => "credentials that were given are refused",
        };
        assert!(e.message().contains(told), "{label}: {e}");
        assert!(e.hint().is_some() && e.context_value("status").is_some(), "{label}: {e}");
        assert_eq!(e.context_value("attempts"), Some("1"), "{label}: {e}");
        assert!(!format!("{e} {e:?}").contains(secret), "{label}: {e:?}");
        let (resource, secret) = bucket.refused("scans/new.png").unwrap();
        let e = iio::imwrite(resource, &small).unwrap_err();
        assert!(!format!("{e} {e:?}").contains(secret), "{label}: {e:?}");
    }
    // By its name alone, as the environment says.
    let child = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "by_name", "--nocapture"])
        .envs(bucket.environment())
        .env("IMAGEIO_TEST_OBJECT", bucket.uri("scans/a10.tif"))
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&child.stdout);
    assert!(said.contains("shape: [2500, 3000, 3]"), "{label}: {said}{}", String::from_utf8_lossy(&child.stderr));
}

/// Run by [`buckets_are_written_read_and_listed`]; by itself it does nothing.
#[test]
fn by_name() {
    let Ok(uri) = std::env::var("IMAGEIO_TEST_OBJECT") else { return };
    println!("shape: {:?}", iio::imread(uri.as_str()).unwrap().shape());
}

#[test]
fn ftp_errors_help() {
    imageio::install();
    let scratch = Scratch::new();
    let served = scratch.path("served");
    std::fs::create_dir_all(&served).unwrap();
    let certificate = certificate(&scratch);
    let Some(server) = Script::ftp(&served, None) else { return };
    iio::imwrite(served.join("a.png"), &noise(&[40, 50, 3], 1)).unwrap();
    let at = |user: &str, name: &str| format!("ftp://{user}127.0.0.1:{}/{name}", server.port);
    assert_eq!(iio::improps(at("", "a.png")).unwrap().shape, [40, 50, 3]);
    let e = iio::imread(at("", "none.png")).unwrap_err();
    assert_eq!(e.kind(), ErrorKind::NotFound, "{e}");
    let e = iio::imread(at("me:hunter2@", "a.png")).unwrap_err();
    assert!(
        e.message().contains("logging in: the server refuses the user and the password") && e.hint().is_some(),
        "{e}"
    );
    assert!(!format!("{e} {e:?}").contains("hunter2"), "{e:?}");
    let e = iio::imwrite(at("me:secret@", "b.png"), &noise(&[4, 5, 3], 1)).unwrap_err();
    assert_eq!(e.kind(), ErrorKind::ReadOnly, "{e}");
    let e = iio::imread(format!("ftps://me:secret@127.0.0.1:{}/a.png", server.port)).unwrap_err();
    assert!(e.message().starts_with("asking for TLS") && e.hint().is_some(), "{e}");
    if let Some(server) = Script::ftp(&served, Some(&certificate)) {
        let e = iio::imread(format!("ftps://me:secret@127.0.0.1:{}/a.png", server.port)).unwrap_err();
        assert!(e.to_string().contains("issuer that is not trusted"), "{e}");
        // Without TLS the server wants no password.
        let e = iio::imread(format!("ftp://me:secret@127.0.0.1:{}/a.png", server.port)).unwrap_err();
        assert_eq!(e.kind(), ErrorKind::Io, "{e}");
        assert!(e.hint().is_some_and(|hint| hint.contains("ftps:")), "{e}");
    }
    drop(server);
}

#[test]
fn parts_of_a_file_by_ftp() {
    imageio::install();
    let scratch = Scratch::new();
    let Some(server) = Script::ftp(Path::new(&scratch.path("")), None) else { return };
    let page = |k: usize| noise(&[256, 256], k as u32 + 1);
    iio::imwrite(scratch.path("pages.tif"), FrameIter((0..40).map(page))).unwrap();
    let url = format!("ftp://127.0.0.1:{}/pages.tif", server.port);
    let got = iio::imread_with(url.as_str(), &ReadOptions::new().index(-1)).unwrap();
    assert_eq!(got.as_bytes(), page(39).as_bytes());
    let mut large = iio::imiter(url.as_str()).unwrap();
    assert!((0..40).all(|k| large.next().unwrap().unwrap().as_bytes() == page(k).as_bytes()));
    // Longer than any single part, so that one transfer goes through to the end.
    let picture = noise(&[3000, 3000], 9);
    iio::imwrite(scratch.path("large.tif"), &picture).unwrap();
    let url = format!("ftp://127.0.0.1:{}/large.tif", server.port);
    assert!(iio::imread(url.as_str()).unwrap() == picture);
}
