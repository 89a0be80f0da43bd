//! What is sent, what is kept, and what answers mean.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test that fails says so")]

mod common;

use std::io::{BufRead, Read, Seek, SeekFrom};
use std::sync::{Arc, Mutex};

use common::{all, at, file, resource};
use imageio_core::resource::{Atomic, ImageResource, IntoResource, IntoTarget};
use imageio_core::{ErrorKind, Progress};
use imageio_testkit::web::{Answer, Server};

const MIB: usize = 1 << 20;

#[test]
fn reading_here_and_there_fetches_little() {
    let bytes = file(50 * MIB);
    let server = Server::file(bytes.clone()).unwrap();
    let resource = resource(&server.url("/a.tif")).into_resource().unwrap();
    let mut stream = resource.clone().open_read().unwrap();
    assert_eq!(stream.fill_buf().unwrap()[..8], bytes[..8]);
    for i in 0..500 {
        let offset = 100_000 * i + 7;
        stream.seek(SeekFrom::Start(offset as u64)).unwrap();
        let mut few = [0; 200];
        stream.read_exact(&mut few).unwrap();
        assert_eq!(few[..], bytes[offset..offset + 200], "{offset}");
    }
    let sent = server.sent();
    println!("500 directories of 200 bytes, 100 kB apart: {sent} bytes in {} requests", server.asked().len());
    assert!(sent < 600_000, "{sent}");
    assert_eq!(resource.size_hint(), Some(bytes.len() as u64));
    // The same again comes from memory.
    assert_eq!(at(&resource, 100_007, 200).unwrap(), bytes[100_007..100_207]);
    assert_eq!(server.sent(), sent);
}

#[test]
fn a_walk_over_short_ways_fetches_what_it_goes_over() {
    let bytes = file(12 * MIB);
    let server = Server::file(bytes.clone()).unwrap();
    let resource = resource(&server.url("/a.webp")).into_resource().unwrap();
    let mut stream = resource.clone().open_read().unwrap();
    let heads = |stream: &mut Box<dyn imageio_core::ReadSeek>| {
        for at in (20..bytes.len() - 100).step_by(50_000) {
            stream.seek(SeekFrom::Start(at as u64)).unwrap();
            let mut head = [0; 16];
            stream.read_exact(&mut head).unwrap();
            assert_eq!(head[..], bytes[at..at + 16], "{at}");
        }
    };
    heads(&mut stream);
    let (requests, sent) = (server.asked().len(), server.sent());
    println!("251 heads, 50 kB apart: {sent} bytes in {requests} requests");
    assert!(requests <= 16, "{requests}");
    assert!(sent <= bytes.len() as u64, "{sent}");
    // What was gone over is there when it is wanted.
    stream.seek(SeekFrom::Start(0)).unwrap();
    let mut all = Vec::new();
    stream.read_to_end(&mut all).unwrap();
    assert!(all == bytes);
    println!("and all of it: {} bytes in {} requests", server.sent(), server.asked().len());
    assert!(server.asked().len() <= requests + 8, "{}", server.asked().len());
    assert!(server.sent() <= bytes.len() as u64 * 21 / 20, "{}", server.sent());
    heads(&mut stream);
}

#[test]
fn reading_on_fetches_everything_once() {
    for len in [0, 1, 16_383, 16_384, 16_385, 100_000, 5 * MIB, 40 * MIB] {
        let bytes = file(len);
        let server = Server::file(bytes.clone()).unwrap();
        let resource = resource(&server.url("/a.tif")).into_resource().unwrap();
        let mut got = Vec::new();
        resource.clone().open_read().unwrap().read_to_end(&mut got).unwrap();
        assert!(got == bytes, "{len}");
        assert_eq!(server.sent(), len as u64, "{len}");
        let requests = server.asked().len();
        println!("{len} bytes: {requests} requests");
        assert!(requests <= 12, "{requests} requests for {len} bytes");
        if len <= 16 * MIB {
            let mut again = Vec::new();
            resource.open_read().unwrap().read_to_end(&mut again).unwrap();
            assert!(again == bytes && server.sent() == len as u64, "a second reading of {len} bytes fetches again");
        }
    }
}

#[test]
fn one_large_piece_is_one_request() {
    let bytes = file(50 * MIB);
    let server = Server::file(bytes.clone()).unwrap();
    let resource = resource(&server.url("/a.tif")).into_resource().unwrap();
    assert_eq!(at(&resource, 20 * MIB as u64, 600_000).unwrap(), bytes[20 * MIB..20 * MIB + 600_000]);
    assert_eq!((server.asked().len(), server.sent()), (2, 16_384 + 600_000));
}

#[test]
fn what_is_announced_comes_by_one_request() {
    let bytes = file(30 * MIB);
    let server = Server::file(bytes.clone()).unwrap();
    let resource = resource(&server.url("/a.tif")).into_resource().unwrap();
    // Nobody is asked for the sake of it.
    resource.ahead().announce(0..9);
    assert!(server.asked().is_empty() && !resource.ahead().is_of_use());
    let mut stream = resource.clone().open_read().unwrap();
    // A directory in the middle, which lies in memory from then on.
    let middle = 14 * MIB;
    stream.seek(SeekFrom::Start(middle as u64)).unwrap();
    stream.read_exact(&mut [0; 100]).unwrap();
    let before = server.asked().len();
    resource.ahead().announce_parts((0..200).map(|k| (4_000_000 + k * 100_000, 99_000)));
    for k in 0..200 {
        let start = 4_000_000 + k * 100_000;
        stream.seek(SeekFrom::Start(start as u64)).unwrap();
        let mut strip = vec![0; 99_000];
        stream.read_exact(&mut strip).unwrap();
        assert!(strip == bytes[start..start + 99_000], "{k}");
    }
    let asked = server.asked();
    let ranges: Vec<&str> = asked[before..].iter().filter_map(|asked| asked.header("range")).collect();
    assert_eq!(ranges, ["bytes=4000000-23998999"]);
    // It counts once; afterwards little is fetched again.
    stream.seek(SeekFrom::Start(5_000_000)).unwrap();
    stream.read_exact(&mut [0; 100]).unwrap();
    assert_eq!(server.asked().len(), before + 2);
    assert!(server.sent() < 21_000_000, "{}", server.sent());
    // Beyond the end there is nothing.
    resource.ahead().announce(29_000_000..u64::MAX);
    stream.seek(SeekFrom::Start(29_500_000)).unwrap();
    let mut rest = Vec::new();
    stream.read_to_end(&mut rest).unwrap();
    assert!(rest == bytes[29_500_000..] && server.asked().len() == before + 3);
}

#[test]
fn streams_are_independent() {
    let bytes = file(20 * MIB);
    let server = Server::file(bytes.clone()).unwrap();
    let resource = resource(&server.url("/a.tif")).into_resource().unwrap();
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                let mut got = Vec::new();
                resource.clone().open_read().unwrap().read_to_end(&mut got).unwrap();
                assert!(got == bytes);
            });
        }
    });
    let mut stream = resource.open_read().unwrap();
    assert_eq!(stream.seek(SeekFrom::End(-10)).unwrap(), bytes.len() as u64 - 10);
    let mut tail = Vec::new();
    stream.read_to_end(&mut tail).unwrap();
    assert_eq!(tail, bytes[bytes.len() - 10..]);
    assert!(stream.seek(SeekFrom::Current(-i64::MAX)).is_err());
    stream.seek(SeekFrom::Start(u64::MAX)).unwrap();
    assert_eq!(stream.read(&mut [0; 4]).unwrap(), 0);
}

#[test]
fn jumping_about_in_a_long_answer() {
    let bytes = file(40 * MIB);
    let server = Server::file(bytes.clone()).unwrap();
    let resource = resource(&server.url("/a.tif")).into_resource().unwrap();
    let mut stream = resource.open_read().unwrap();
    let mut position = 0_usize;
    let steps: &[(usize, usize)] =
        &[(6 * MIB, 0), (MIB, 10_000), (MIB, 60_000), (100_000, 5 * MIB), (6 * MIB, 100), (300_000, 0)];
    for &(len, gap) in steps {
        let mut got = vec![0; len];
        stream.read_exact(&mut got).unwrap();
        assert!(got == bytes[position..position + len], "{position}");
        position += len + gap;
        stream.seek(SeekFrom::Start(position as u64)).unwrap();
    }
    stream.seek(SeekFrom::Start(3)).unwrap();
    let mut few = [0; 3];
    stream.read_exact(&mut few).unwrap();
    assert_eq!(few[..], bytes[3..6]);
}

#[test]
fn headers_and_credentials() {
    let server = Server::file(file(10)).unwrap();
    let plain = server.url("/a.png");
    all(resource(&plain).header("X-Project", "lab")).unwrap();
    all(resource(&plain).user_agent("mine/1")).unwrap();
    all(resource(&plain).bearer_auth("tok")).unwrap();
    all(resource(&plain).basic_auth("Aladdin", "open sesame")).unwrap();
    let with_user = plain.replace("http://", "http://Aladdin:open%20sesame@");
    all(resource(&with_user)).unwrap();
    let asked = server.asked();
    assert!(asked[0].header("user-agent").unwrap().starts_with("imageio-rs/"));
    assert_eq!(asked[0].header("x-project"), Some("lab"));
    assert_eq!(asked[0].header("authorization"), None);
    assert_eq!(asked[0].header("accept-encoding"), Some("identity"));
    assert_eq!(asked[1].header("user-agent"), Some("mine/1"));
    assert_eq!(asked[2].header("authorization"), Some("Bearer tok"));
    for i in [3, 4] {
        assert_eq!(asked[i].header("authorization"), Some("Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ=="));
    }
    for (name, value) in [("Range", "bytes=0-1"), ("a b", "x"), ("X", "a\r\nEvil: yes")] {
        let e = all(resource(&plain).header(name, value)).unwrap_err();
        assert_eq!(e.kind(), ErrorKind::InvalidOption, "{e}");
        assert!(!e.to_string().contains("Evil"));
    }
    assert_eq!(server.asked().len(), 5);
}

#[test]
fn names_and_extensions() {
    let server = Server::start(|asked| {
        let answer = Answer::file(asked, &file(10));
        match asked.path.as_str() {
            "/typed" | "/typed/" => answer.header("Content-Type", "image/jpeg; q=1"),
            "/named?id=3" => answer.header("Content-Disposition", "attachment; filename=\"scan.tif\""),
            "/gone" => Answer::status(404),
            _ => answer,
        }
    })
    .unwrap();
    let rows = [
        ("/a%20b.png?x=.jpg", Some("a b.png"), 0),
        ("/typed", Some("typed.jpg"), 1),
        ("/typed/", Some("index.jpg"), 1),
        ("/named?id=3", Some("scan.tif"), 1),
        ("/x.php", Some("x.php"), 1),
        ("/", None, 1),
        ("/gone", Some("gone"), 1),
    ];
    for (path, name, requests) in rows {
        let before = server.asked().len();
        let resource = resource(&server.url(path)).into_resource().unwrap();
        assert_eq!(resource.file_name().as_deref(), name, "{path}");
        assert_eq!(server.asked().len() - before, requests, "{path}");
        // What was asked for the name is not asked again.
        let opened = resource.open_read();
        assert_eq!(opened.is_ok(), path != "/gone");
        assert_eq!(server.asked().len() - before, requests.max(1), "{path}");
    }
}

#[test]
fn progress_is_told() {
    for server in [Server::file(file(2 * MIB)).unwrap(), Server::plain(file(2 * MIB)).unwrap()] {
        let seen: Arc<Mutex<Vec<Progress>>> = Arc::default();
        let sink = Arc::clone(&seen);
        let callback = Arc::new(move |progress: Progress| sink.lock().unwrap().push(progress));
        all(resource(&server.url("/a.tif")).progress(callback)).unwrap();
        let seen = seen.lock().unwrap();
        assert!(seen.windows(2).all(|w| w[0].done < w[1].done));
        let last = seen.last().unwrap();
        assert_eq!((last.done, last.total, last.unit), (2 << 20, Some(2 << 20), "bytes"));
    }
}

#[test]
fn redirects_are_followed_and_remembered() {
    let server = Server::start(|asked| match asked.path.as_str() {
        "/a.tif" => Answer::status(302).header("Location", "b.tif?expires=1"),
        // Refused for a while, as signed addresses are when their minutes are over.
        "/b.tif?expires=1" if asked.number > 3 && asked.number < 6 => Answer::status(403),
        "/b.tif?expires=1" => Answer::file(asked, &file(MIB)).header("ETag", "\"1\""),
        _ => Answer::status(404),
    })
    .unwrap();
    let resource = resource(&server.url("/a.tif")).into_resource().unwrap();
    let bytes = file(MIB);
    for (offset, requests) in [(0, 2), (500_000, 3), (200_000, 4), (900_000, 7)] {
        // The last one finds the remembered address expired, and goes back to the one that was given.
        assert_eq!(at(&resource, offset, 10).unwrap(), bytes[offset as usize..offset as usize + 10]);
        assert_eq!(server.asked().len(), requests, "{offset}");
    }
    assert_eq!(at(&resource, 700_000, 10).unwrap(), bytes[700_000..700_010]);
}

#[test]
fn writing_is_for_those_who_ask() {
    let server = Server::start(|asked| match (asked.method.as_str(), asked.path.as_str()) {
        ("PUT", "/moved.png") => Answer::status(307).header("Location", "/a.png"),
        ("PUT", "/see-other.png") => Answer::status(303).header("Location", "/a.png"),
        ("PUT", "/full.png") => Answer::status(507),
        ("PUT", "/elsewhere.png") => Answer::status(308).header("Location", "http://localhost:1/a.png?token=hunter2"),
        ("PUT", path) if path.starts_with("/status/") => Answer::status(path[8..11].parse().unwrap()),
        ("PUT", "/flaky.png") if asked.number == 0 => Answer::status(503),
        ("PUT", _) => Answer::status(201),
        _ => Answer::file(asked, &file(10)),
    })
    .unwrap();
    let write = |target: imageio_core::resource::Target<'_>| {
        let mut transaction = target.begin(Atomic::Auto)?;
        std::io::Write::write_all(&mut transaction.sink()?, b"pixels")?;
        transaction.commit().map(drop)
    };
    imageio_resource_http::register();
    let e = write(server.url("/a.png").as_str().into_target().unwrap()).unwrap_err();
    assert_eq!(e.kind(), ErrorKind::ReadOnly, "{e}");
    assert!(e.hint().unwrap().contains(".put()"));
    assert!(server.asked().is_empty());

    for (path, requests) in [("/flaky.png", 2), ("/a.png", 1), ("/moved.png", 2)] {
        let before = server.asked().len();
        write(resource(&server.url(path)).put().into_target().unwrap()).unwrap();
        let asked = server.asked();
        assert_eq!(asked.len() - before, requests, "{path}");
        let last = asked.last().unwrap();
        assert_eq!((last.method.as_str(), last.body.as_slice()), ("PUT", &b"pixels"[..]));
        assert_eq!(last.header("content-type"), Some("image/png"));
    }
    for path in ["/see-other.png", "/full.png"] {
        let e = write(resource(&server.url(path)).put().into_target().unwrap()).unwrap_err();
        assert_eq!(e.kind(), ErrorKind::Io, "{e}");
        assert_eq!(e.context_value("request"), Some("PUT of 6 bytes"), "{e}");
    }
    let rows = [
        (203, None, ""),
        (205, None, ""),
        (404, Some(ErrorKind::NotFound), "no such folder"),
        (405, Some(ErrorKind::ReadOnly), "takes no files at this address"),
        (409, Some(ErrorKind::NotFound), "no such folder"),
        (413, Some(ErrorKind::LimitExceeded), "longer than the server takes"),
        (415, Some(ErrorKind::Io), "of this type"),
        (423, Some(ErrorKind::Io), "locked"),
        (507, Some(ErrorKind::Io), "no space left"),
    ];
    for (status, kind, message) in rows {
        let url = server.url(&format!("/status/{status}.png"));
        let done = write(resource(&url).put().into_target().unwrap());
        assert_eq!(done.as_ref().err().map(|e| e.kind()), kind, "{status}: {done:?}");
        assert!(done.err().is_none_or(|e| e.message().contains(message) && e.context_value("status").is_some()));
    }
    // Where it would have gone is said, for whoever means to send it there.
    let e = write(resource(&server.url("/elsewhere.png")).put().into_target().unwrap()).unwrap_err();
    assert_eq!(e.context_value("redirected to"), Some("http://localhost:1/a.png?token=***"), "{e}");
    // Abandoned, nothing is sent.
    let before = server.asked().len();
    let target = resource(&server.url("/a.png")).put().into_target().unwrap();
    let mut transaction = target.begin(Atomic::Auto).unwrap();
    std::io::Write::write_all(&mut transaction.sink().unwrap(), b"half").unwrap();
    drop(transaction);
    assert_eq!(server.asked().len(), before);
}

#[test]
fn nothing_is_asked_before_something_is_read() {
    let server = Server::file(file(10)).unwrap();
    let resource = Arc::new(resource(&server.url("/a.png")));
    let _ = (resource.name(), resource.file_name(), resource.size_hint(), resource.local_path().is_some());
    assert!(resource.entries().unwrap().is_none() && !resource.is_procedural());
    assert!(server.asked().is_empty());
}
