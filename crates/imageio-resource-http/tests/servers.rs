//! Servers of other kinds than most: old ones, such that do not know a length, such that change their mind.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::print_stdout, reason = "a test that fails says so")]

mod common;

use std::io::{Read, Seek, SeekFrom, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::Arc;

use common::{all, at, error, file, resource};
use imageio_core::resource::IntoResource;
use imageio_testkit::web::{Answer, Server};

const MIB: usize = 1 << 20;

/// Answers every connection with what `say` makes of the head of its request, and closes it. Gives the port.
fn server(address: &str, say: impl Fn(&str) -> Vec<u8> + Send + 'static) -> Option<u16> {
    let listener = TcpListener::bind(address).ok()?;
    let port = listener.local_addr().ok()?.port();
    std::thread::spawn(move || {
        for mut stream in listener.incoming().flatten() {
            let head = head(&mut stream);
            let _ = stream.write_all(&say(&head));
            let _ = stream.shutdown(Shutdown::Write);
            let _ = std::io::copy(&mut stream, &mut std::io::sink());
        }
    });
    Some(port)
}

fn head(stream: &mut TcpStream) -> String {
    let (mut head, mut byte) = (Vec::new(), [0]);
    while !head.ends_with(b"\r\n\r\n") && stream.read(&mut byte).is_ok_and(|n| n == 1) {
        head.push(byte[0]);
    }
    String::from_utf8_lossy(&head).into_owned()
}

fn chunked(bytes: &[u8], cut: bool) -> Vec<u8> {
    let mut out = Vec::new();
    for chunk in bytes.chunks(70_001) {
        out.extend(format!("{:x}; kind=part\r\n", chunk.len()).bytes());
        out.extend_from_slice(chunk);
        out.extend_from_slice(b"\r\n");
    }
    if !cut {
        out.extend_from_slice(b"0\r\n\r\n");
    }
    out
}

#[test]
fn answers_in_chunks_without_a_length() {
    let bytes = file(MIB);
    let body = chunked(&bytes, false);
    let port = server("127.0.0.1:0", move |_| {
        [b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n".as_slice(), &body].concat()
    });
    let read = resource(&format!("http://127.0.0.1:{}/a.png", port.unwrap())).into_resource().unwrap();
    assert!(at(&read, 700_000, 100).unwrap() == bytes[700_000..700_100]);
    assert!(at(&read, 0, MIB).unwrap() == bytes);
    assert_eq!(read.open_read().unwrap().seek(SeekFrom::End(0)).unwrap(), MIB as u64);

    // Without the last chunk it is not the whole file, whatever came until then.
    let body = chunked(&bytes, true);
    let port = server("127.0.0.1:0", move |_| {
        [b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nETag: \"1\"\r\n\r\n".as_slice(), &body].concat()
    });
    let e = error(resource(&format!("http://127.0.0.1:{}/a.png", port.unwrap())).retries(1));
    assert_eq!(e.kind(), imageio_core::ErrorKind::Io, "{e}");
}

#[test]
fn parts_in_chunks() {
    let bytes = file(MIB);
    let served = bytes.clone();
    let port = server("127.0.0.1:0", move |head| {
        let range =
            head.lines().find_map(|line| line.to_ascii_lowercase().strip_prefix("range: bytes=").map(str::to_owned));
        let range = range.unwrap();
        let (first, last) = range.split_once('-').unwrap();
        let first: usize = first.parse().unwrap();
        let last = last.parse().unwrap_or(usize::MAX).min(MIB - 1);
        let head = format!(
            "HTTP/1.1 206 Partial\r\nTransfer-Encoding: chunked\r\nContent-Range: bytes {first}-{last}/{MIB}\r\n\
             ETag: \"1\"\r\nConnection: close\r\n\r\n"
        );
        [head.into_bytes(), chunked(&served[first..=last], false)].concat()
    });
    assert!(all(resource(&format!("http://127.0.0.1:{}/a.png", port.unwrap()))).unwrap() == bytes);
}

#[test]
fn servers_of_the_first_version() {
    let bytes = file(300_000);
    // The length is said, or it is the end of the connection that says it.
    for length in [true, false] {
        let body = bytes.clone();
        let port = server("127.0.0.1:0", move |_| {
            let length = if length { format!("Content-Length: {}\r\n", body.len()) } else { String::new() };
            [format!("HTTP/1.0 200 OK\r\n{length}\r\n").as_bytes(), &body].concat()
        });
        let url = format!("http://127.0.0.1:{}/a.png", port.unwrap());
        assert!(all(resource(&url)).unwrap() == bytes, "{length}");
    }
}

#[test]
fn addresses_of_the_sixth_version() {
    let bytes = file(100_000);
    let body = bytes.clone();
    let said = Arc::new(std::sync::Mutex::new(String::new()));
    let heard = Arc::clone(&said);
    let port = server("[::1]:0", move |head| {
        *heard.lock().unwrap() = head.to_ascii_lowercase();
        [format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n", body.len()).as_bytes(), &body].concat()
    });
    let Some(port) = port else { return println!("skipped: this machine has no IPv6") };
    assert!(all(resource(&format!("http://[::1]:{port}/a.png"))).unwrap() == bytes);
    assert!(said.lock().unwrap().contains(&format!("\r\nhost: [::1]:{port}\r\n")), "{said:?}");
}

#[test]
fn parts_at_first_and_everything_later() {
    let bytes = file(3 * MIB);
    let served = bytes.clone();
    let tagged = |answer: Answer| answer.header("ETag", "\"1\"");
    let whole = Server::start(move |asked| match asked.number {
        0 => tagged(Answer::file(asked, &served)),
        _ => tagged(Answer::ok(served.clone())),
    })
    .unwrap();
    // The tag says that it is the same file, so that it does as well.
    let read = resource(&whole.url("/a.tif")).into_resource().unwrap();
    assert!(at(&read, 2_000_000, 50_000).unwrap() == bytes[2_000_000..2_050_000]);
    assert!(at(&read, 0, 3 * MIB).unwrap() == bytes);
    // But not again and again.
    let few = |k: usize| at(&read, (3 * MIB - 300 * k) as u64, 10);
    let e = (1..200).find_map(|k| few(2 * k).err());
    assert!(whole.sent() < 200 << 20, "{}", whole.sent());
    assert!(e.is_none_or(|e| e.message().contains("serves no parts any more")));
    // Without anything that tells versions apart it may be another file.
    let served = bytes.clone();
    let untagged = Server::start(move |asked| match asked.number {
        0 => Answer::file(asked, &served),
        _ => Answer::ok(served.clone()),
    })
    .unwrap();
    let e = error(resource(&untagged.url("/a.tif")));
    assert!(e.message().contains("changed while"), "{e}");
}

#[test]
fn thousands_of_readers_of_one_address() {
    let bytes = file(2 * MIB);
    let server = Server::file(bytes.clone()).unwrap();
    let read = resource(&server.url("/a.tif")).into_resource().unwrap();
    let met = std::sync::atomic::AtomicUsize::new(0);
    std::thread::scope(|scope| {
        for thread in 0..50 {
            let (read, bytes, met) = (&read, &bytes, &met);
            scope.spawn(move || {
                let mut open: Vec<_> = (0..40).map(|_| read.clone().open_read().unwrap()).collect();
                for (k, stream) in open.iter_mut().enumerate() {
                    let offset = (thread * 40 + k) * 1000;
                    let mut few = [0; 500];
                    stream.seek(SeekFrom::Start(offset as u64)).unwrap();
                    stream.read_exact(&mut few).unwrap();
                    assert!(few[..] == bytes[offset..offset + 500], "{offset}");
                    met.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
                }
            });
        }
    });
    println!("2000 readers: {} requests, {} bytes", server.asked().len(), server.sent());
    assert_eq!(met.into_inner(), 2000);
    // None of them asked for the head of the file again.
    assert_eq!(server.asked().iter().filter(|asked| asked.header("range") == Some("bytes=0-16383")).count(), 1);
}
