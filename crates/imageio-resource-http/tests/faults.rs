//! Servers that do what servers do when they are broken, overloaded or hostile: one test for each fault.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test that fails says so")]

mod common;

use std::io::Write as _;
use std::time::{Duration, Instant};

use common::{all, at, by_text, error, file, resource};
use imageio_core::ErrorKind;
use imageio_core::resource::IntoResource;
use imageio_testkit::web::{Answer, Server};

const MIB: usize = 1 << 20;

#[test]
fn nobody_listens() {
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let e = error(resource(&format!("http://127.0.0.1:{port}/a.png")));
    assert_eq!((e.kind(), e.context_value("attempts")), (ErrorKind::Io, Some("1")));
    assert!(e.message().contains("nothing answers"), "{e}");
}

#[test]
fn drops_mid_body_with_ranges_are_taken_up_where_they_were() {
    let bytes = file(9 * MIB);
    let served = bytes.clone();
    let server = Server::start(move |asked| {
        let answer = Answer::file(asked, &served).header("ETag", "\"1\"");
        // Every long answer loses its connection at some point.
        if asked.number % 2 == 1 { answer.cut(300_000) } else { answer }
    })
    .unwrap();
    assert_eq!(all(resource(&server.url("/a.tif"))).unwrap(), bytes);
    assert!(server.sent() < 12 * MIB as u64, "{} bytes were sent", server.sent());
}

#[test]
fn drops_mid_body_without_ranges_are_skipped_over() {
    let bytes = file(MIB);
    let served = bytes.clone();
    let server = Server::start(move |asked| {
        let answer = Answer::ok(served.clone()).header("ETag", "\"1\"");
        if asked.number < 2 { answer.cut(MIB / 2 + asked.number) } else { answer }
    })
    .unwrap();
    assert_eq!(all(resource(&server.url("/a.tif"))).unwrap(), bytes);
    assert_eq!(server.asked().len(), 3);
}

#[test]
fn a_drop_without_anything_to_tell_versions_apart_is_an_error() {
    let server = Server::start(|_| Answer::ok(file(MIB)).cut(MIB / 2)).unwrap();
    let e = error(resource(&server.url("/a.tif")));
    assert_eq!((e.kind(), e.context_value("offset")), (ErrorKind::Io, Some("524288")), "{e}");
    assert_eq!(server.asked().len(), 1);
}

#[test]
fn a_server_that_always_drops_is_given_up() {
    let server = Server::start(|asked| Answer::file(asked, &file(MIB)).cut(100)).unwrap();
    let e = error(resource(&server.url("/a.tif")).retries(2));
    assert_eq!((e.kind(), e.context_value("attempts")), (ErrorKind::Io, Some("3")), "{e}");
    assert_eq!(server.asked().len(), 3);
}

#[test]
fn a_length_that_is_too_long() {
    let server = Server::start(|_| Answer::ok(file(1000)).length(2000).header("ETag", "\"1\"")).unwrap();
    let e = error(resource(&server.url("/a.png")).retries(1));
    assert_eq!(e.kind(), ErrorKind::Io, "{e}");
    assert!(e.message().contains("broke off") || e.message().contains("shorter"), "{e}");
}

#[test]
fn a_length_that_is_too_short_ends_the_file() {
    // Nothing but the length says where a file ends; what comes after it is no part of it.
    let server = Server::start(|_| Answer::ok(file(2000)).length(1000)).unwrap();
    assert_eq!(all(resource(&server.url("/a.png"))).unwrap(), file(1000));
}

#[test]
fn a_part_that_is_shorter_than_it_says() {
    let bytes = file(100_000);
    let server = Server::start(move |asked| {
        let (first, last) = asked.range(bytes.len()).unwrap();
        Answer::status(206)
            .header("Content-Range", format!("bytes {first}-{last}/{}", bytes.len()))
            .length((last - first + 1) as u64)
            .header("ETag", "\"1\"")
    })
    .unwrap();
    let e = error(resource(&server.url("/a.png")).retries(1));
    assert_eq!((e.kind(), e.context_value("attempts")), (ErrorKind::Io, Some("2")), "{e}");
}

#[test]
fn slow_drip() {
    let server = Server::start(|asked| Answer::file(asked, &file(100_000)).drip(Duration::from_millis(50))).unwrap();
    let started = Instant::now();
    let e = error(resource(&server.url("/a.png")).idle_timeout(Duration::from_millis(600)));
    assert!(started.elapsed() < Duration::from_secs(5), "{:?}", started.elapsed());
    assert!(e.message().contains("bytes in"), "{e}");
    let started = Instant::now();
    let e = error(resource(&server.url("/a.png")).total_timeout(Duration::from_millis(700)));
    assert!(started.elapsed() < Duration::from_secs(5), "{:?}", started.elapsed());
    assert!(e.message().contains("total time"), "{e}");
}

#[test]
fn silence() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/a.png", listener.local_addr().unwrap());
    let started = Instant::now();
    let e = error(resource(&url).idle_timeout(Duration::from_millis(200)).retries(1));
    assert!(started.elapsed() < Duration::from_secs(5));
    assert_eq!(e.context_value("attempts"), Some("2"), "{e}");
    assert!(e.message().contains("nothing came"), "{e}");
}

#[test]
fn redirects_in_a_circle() {
    let server = Server::start(|asked| {
        Answer::status(302).header("Location", if asked.path == "/a.png" { "/b.png" } else { "/a.png" })
    })
    .unwrap();
    let e = error(resource(&server.url("/a.png")));
    assert!(e.message().contains("in a circle"), "{e}");
    assert_eq!(server.asked().len(), 2);
}

#[test]
fn redirects_without_end() {
    let server =
        Server::start(|asked| Answer::status(307).header("Location", format!("/{}.png", asked.number))).unwrap();
    let e = error(resource(&server.url("/a.png")));
    assert!(e.message().contains("10 times"), "{e}");
}

fn status(status: u16, kind: ErrorKind, attempts: &str) {
    let server = Server::start(move |_| Answer::status(status)).unwrap();
    let url = server.url("/dir/a.png");
    let e = error(resource(&url).retries(1));
    assert_eq!((e.kind(), e.context_value("attempts")), (kind, Some(attempts)), "{e}");
    assert!(e.context_value("status").unwrap().starts_with(&status.to_string()), "{e}");
    assert_eq!(e.context_value("resource"), Some(url.as_str()));
    assert_eq!(e.context_value("request"), Some("GET of bytes 0-16383"));
    assert_eq!(server.asked().len().to_string(), attempts);
}

#[test]
fn status_401() {
    status(401, ErrorKind::Io, "1");
}

#[test]
fn status_403() {
    status(403, ErrorKind::Io, "1");
}

#[test]
fn status_404() {
    status(404, ErrorKind::NotFound, "1");
}

#[test]
fn status_410() {
    status(410, ErrorKind::NotFound, "1");
}

#[test]
fn status_429() {
    status(429, ErrorKind::Io, "2");
}

#[test]
fn status_500() {
    status(500, ErrorKind::Io, "2");
}

#[test]
fn a_failure_that_passes() {
    let server = Server::start(|asked| match asked.number {
        0 => Answer::status(503).header("Retry-After", "1"),
        1 => Answer::status(502),
        _ => Answer::file(asked, &file(5000)),
    })
    .unwrap();
    let started = Instant::now();
    assert_eq!(by_text(&server.url("/a.png")).unwrap(), file(5000));
    assert!(started.elapsed() >= Duration::from_millis(1200), "Retry-After was not waited for");
}

#[test]
fn a_wait_that_is_too_long_is_said() {
    let server = Server::start(|_| Answer::status(429).header("Retry-After", "3600")).unwrap();
    let e = error(resource(&server.url("/a.png")));
    assert_eq!((e.context_value("attempts"), e.hint()), (Some("1"), Some("the server asks to try again after 3600 s")));
}

#[test]
fn ranges_ignored() {
    let bytes = file(3 * MIB);
    let server = Server::plain(bytes.clone()).unwrap();
    let resource = resource(&server.url("/a.tif")).into_resource().unwrap();
    assert_eq!(at(&resource, 2_000_000, 100).unwrap(), bytes[2_000_000..2_000_100]);
    assert_eq!(at(&resource, 10, 100).unwrap(), bytes[10..110]);
    assert_eq!(server.asked().len(), 1, "one answer has it all");
}

#[test]
fn ranges_lied_about_from_the_start() {
    // A part of another file, a part at another place, and none at all.
    for lie in ["bytes 5-16388/100000", "bytes 0-9/100000", "bytes nonsense", "bytes 0-16383/*"] {
        let bytes = file(100_000);
        let served = bytes.clone();
        let server = Server::start(move |asked| match asked.header("range") {
            Some(_) => Answer::status(206).header("Content-Range", lie),
            None => Answer::ok(served.clone()),
        })
        .unwrap();
        assert_eq!(all(resource(&server.url("/a.tif"))).unwrap(), bytes, "{lie}");
    }
}

#[test]
fn ranges_lied_about_later() {
    let bytes = file(MIB);
    let server = Server::start(move |asked| match asked.number {
        0 => Answer::file(asked, &bytes),
        _ => Answer::status(206).header("Content-Range", format!("bytes 0-99/{MIB}")).header("X", "y"),
    })
    .unwrap();
    let e = error(resource(&server.url("/a.tif")).retries(1));
    assert!(e.message().contains("another part"), "{e}");
    assert_eq!(e.context_value("attempts"), Some("2"), "{e}");
}

#[test]
fn shorter_parts_than_asked_for_are_put_together() {
    let bytes = file(MIB);
    let served = bytes.clone();
    let server = Server::start(move |asked| {
        let (first, last) = asked.range(served.len()).unwrap();
        let last = if asked.number == 0 { last } else { last.min(first + 99_999) };
        Answer::status(206)
            .header("Content-Range", format!("bytes {first}-{last}/{}", served.len()))
            .header("X-Part", "short")
            .body(&served[first..=last])
    })
    .unwrap();
    assert_eq!(all(resource(&server.url("/a.tif"))).unwrap(), bytes);
}

#[test]
fn a_file_that_changes_meanwhile() {
    for tagged in [true, false] {
        let server = Server::start(move |asked| {
            let version = asked.number.min(1);
            let answer = match (version, asked.header("if-range")) {
                // What If-Range is for: the old part of a new file is not sent.
                (1, Some("\"0\"")) => Answer::ok(file(2 * MIB)),
                _ => Answer::file(asked, &file(MIB + version)),
            };
            if tagged { answer.header("ETag", format!("\"{version}\"")) } else { answer }
        })
        .unwrap();
        let e = error(resource(&server.url("/a.tif")));
        assert!(e.message().contains("changed while"), "{e}");
        let asked = server.asked();
        assert_eq!(asked[1].header("if-range"), tagged.then_some("\"0\""));
    }
}

/// What a server says by which its file's versions can be told.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Says {
    Tag,
    WeakTag,
    Date,
    Both,
}

impl Says {
    fn of(self, answer: Answer, version: usize) -> Answer {
        let (tag, date) = (format!("\"{version}\""), format!("Mon, 01 Jan 2024 00:00:0{version} GMT"));
        match self {
            Says::Tag => answer.header("ETag", tag),
            Says::WeakTag => answer.header("ETag", format!("W/{tag}")),
            Says::Date => answer.header("Last-Modified", date),
            Says::Both => answer.header("ETag", tag).header("Last-Modified", date),
        }
    }

    /// Whether an `If-Range` is about this version; none at all is about any.
    fn is_meant(self, if_range: Option<&str>, version: usize) -> bool {
        if_range.is_none_or(|validator| match self {
            Says::Tag | Says::WeakTag | Says::Both => validator == format!("\"{version}\""),
            Says::Date => validator.ends_with(&format!("0{version} GMT")),
        })
    }
}

/// A file that becomes another one of the same length after the first request: between two requests, or in the middle
/// of an answer that breaks off. Servers that heed `If-Range` and those that do not.
#[test]
fn parts_of_two_files_are_never_mixed() {
    let mut met = 0;
    for says in [Says::Tag, Says::WeakTag, Says::Date, Says::Both] {
        for heeds in [true, false] {
            for breaks in [true, false] {
                let files = [file(MIB), file(MIB).into_iter().map(|b| !b).collect::<Vec<u8>>()];
                let old = files[0].clone();
                let server = Server::start(move |asked| {
                    // The first answer and, where it is to break off, the second are of the old file.
                    let version = usize::from(asked.number > usize::from(breaks));
                    let current = &files[version];
                    let answer = match heeds && !says.is_meant(asked.header("if-range"), version) {
                        true => Answer::ok(current.clone()),
                        false => Answer::file(asked, current),
                    };
                    let answer = if breaks && asked.number == 1 { answer.cut(10_000) } else { answer };
                    says.of(answer, version)
                })
                .unwrap();
                let label = format!("{says:?}, heeds {heeds}, breaks {breaks}");
                let read = resource(&server.url("/a.tif")).into_resource().unwrap();
                assert!(at(&read, 0, 100).unwrap() == old[..100], "{label}");
                let e = at(&read, 500_000, 300_000).unwrap_err();
                assert!(e.message().contains("changed while") && e.hint().is_some(), "{label}: {e}");
                // Nobody gets the new file's bytes from the old one's resource later either.
                assert!(at(&read, 700_000, 1000).is_err(), "{label}");
                let validators: Vec<_> =
                    server.asked().iter().filter_map(|a| a.header("if-range").map(str::to_owned)).collect();
                assert_eq!(validators.is_empty(), says == Says::WeakTag, "{label}: {validators:?}");
                met += 1;
            }
        }
    }
    assert_eq!(met, 16);
}

/// The same without ranges: an answer that breaks off is not continued with another file's.
#[test]
fn a_whole_answer_is_not_continued_with_another_file() {
    for says in [Says::Tag, Says::WeakTag, Says::Date, Says::Both] {
        let server = Server::start(move |asked| {
            let version = asked.number.min(1);
            let body: Vec<u8> = file(MIB).into_iter().map(|b| if version == 0 { b } else { !b }).collect();
            let answer = Answer::ok(body);
            says.of(if version == 0 { answer.cut(MIB / 2) } else { answer }, version)
        })
        .unwrap();
        let e = error(resource(&server.url("/a.tif")));
        assert!(e.message().contains("changed while"), "{says:?}: {e}");
    }
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

#[test]
fn compressed_answers() {
    let bytes = file(200_000);
    let zlib = {
        let mut encoder = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::fast());
        encoder.write_all(&bytes).unwrap();
        encoder.finish().unwrap()
    };
    let raw = {
        let mut encoder = flate2::write::DeflateEncoder::new(Vec::new(), flate2::Compression::fast());
        encoder.write_all(&bytes).unwrap();
        encoder.finish().unwrap()
    };
    for (coding, body) in [("gzip", gzip(&bytes)), ("x-gzip", gzip(&bytes)), ("deflate", zlib), ("deflate", raw)] {
        // Once as a whole, once by a server that cuts parts out of the compressed file.
        for parts in [false, true] {
            let body = body.clone();
            let server = Server::start(move |asked| {
                let answer = if parts { Answer::file(asked, &body) } else { Answer::ok(body.clone()) };
                answer.header("Content-Encoding", coding)
            })
            .unwrap();
            assert_eq!(all(resource(&server.url("/a.bmp"))).unwrap(), bytes, "{coding} {parts}");
        }
    }
    let server = Server::start(|_| Answer::ok(file(10)).header("Content-Encoding", "br")).unwrap();
    assert_eq!(error(resource(&server.url("/a.bmp"))).kind(), ErrorKind::Unsupported);
    let server = Server::start(|_| Answer::ok(file(100)).header("Content-Encoding", "gzip")).unwrap();
    assert!(all(resource(&server.url("/a.bmp"))).is_err());
}

#[test]
fn gzip_bomb() {
    let bomb = gzip(&vec![0; 64 * MIB]);
    assert!(bomb.len() < 100_000);
    let server = Server::start(move |_| Answer::ok(bomb.clone()).header("Content-Encoding", "gzip")).unwrap();
    let e = error(resource(&server.url("/a.bmp")).max_size(10 * MIB as u64));
    assert_eq!(e.kind(), ErrorKind::LimitExceeded, "{e}");
}

#[test]
fn the_size_limit_holds_when_the_server_lies() {
    let max = 100_000;
    // Honest and too long: refused before anything is read.
    let server = Server::file(file(200_000)).unwrap();
    let e = error(resource(&server.url("/a.bmp")).max_size(max));
    assert_eq!(e.kind(), ErrorKind::LimitExceeded, "{e}");
    // The server counts a piece when it was sent, which may be after its refusal.
    let late = Instant::now() + Duration::from_secs(5);
    while server.sent() == 0 && Instant::now() < late {
        std::thread::sleep(Duration::from_millis(5));
    }
    assert_eq!(server.sent(), 16384);
    let server = Server::plain(file(200_000)).unwrap();
    assert_eq!(error(resource(&server.url("/a.bmp")).max_size(max)).kind(), ErrorKind::LimitExceeded);
    // No length, and no end.
    let server = Server::start(|_| Answer::ok(file(65536)).endless()).unwrap();
    let e = error(resource(&server.url("/a.bmp")).max_size(max));
    assert_eq!(e.kind(), ErrorKind::LimitExceeded, "{e}");
    // A part that is said to be small, with more behind it.
    let server = Server::start(|_| {
        Answer::ok(file(65536)).endless().status_code(206).header("Content-Range", "bytes 0-16383/16384")
    })
    .unwrap();
    assert_eq!(all(resource(&server.url("/a.bmp")).max_size(max)).unwrap(), file(16384));
}

#[test]
fn what_is_not_http() {
    use std::io::Write;
    for said in ["SSH-2.0-OpenSSH_9\r\n", "HTTP/1.1 banana\r\n\r\n", "\r\n\r\n\r\n"] {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}/a.png", listener.local_addr().unwrap());
        let thread = std::thread::spawn(move || {
            let (mut stream, _) = listener.accept().unwrap();
            let _ = stream.write_all(said.as_bytes());
            let _ = stream.shutdown(std::net::Shutdown::Write);
            let _ = std::io::copy(&mut stream, &mut std::io::sink());
        });
        let e = error(resource(&url).retries(0));
        assert_eq!(e.kind(), ErrorKind::Io, "{e}");
        thread.join().unwrap();
    }
}

#[test]
fn a_header_without_end() {
    let server = Server::start(|asked| Answer::file(asked, &file(10)).header("X", "y".repeat(10 * MIB))).unwrap();
    let e = error(resource(&server.url("/a.png")).retries(0));
    assert_eq!(e.kind(), ErrorKind::Io, "{e}");
}
