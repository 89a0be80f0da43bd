//! Buckets by way of a SOCKS proxy. It is named in the environment, so that the test starts itself again.

use std::io::{Read, Write};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use imageio::object_store::ObjectResource;
use imageio::v3 as iio;
use imageio_testkit::web::{Answer, Server};

use super::noise;

/// The part of a SOCKS 5 server that one connection needs (RFC 1928).
fn tunnel(mut client: TcpStream) -> Option<()> {
    fn take<const N: usize>(from: &mut TcpStream) -> Option<[u8; N]> {
        let mut bytes = [0; N];
        from.read_exact(&mut bytes).ok().map(|()| bytes)
    }
    let [5, methods] = take(&mut client)? else { return None };
    std::io::copy(&mut Read::by_ref(&mut client).take(methods.into()), &mut std::io::sink()).ok()?;
    client.write_all(&[5, 0]).ok()?;
    let [5, 1, 0, kind] = take(&mut client)? else { return None };
    let host = match kind {
        1 => Ipv4Addr::from(take::<4>(&mut client)?).to_string(),
        _ => {
            let [len] = take(&mut client)?;
            let mut name = String::new();
            Read::by_ref(&mut client).take(len.into()).read_to_string(&mut name).ok()?;
            name
        }
    };
    let mut server = TcpStream::connect((host, u16::from_be_bytes(take(&mut client)?))).ok()?;
    client.write_all(&[5, 0, 0, 1, 0, 0, 0, 0, 0, 0]).ok()?;
    let (mut from, mut to) = (client.try_clone().ok()?, server.try_clone().ok()?);
    std::thread::spawn(move || std::io::copy(&mut from, &mut to));
    std::io::copy(&mut server, &mut client).ok().map(drop)
}

#[test]
fn buckets_by_socks() {
    if let Ok(endpoint) = std::env::var("IMAGEIO_TEST_PROXIED") {
        imageio::install();
        let object = ObjectResource::new("s3://bucket/a.png").unwrap().option("aws_endpoint", endpoint);
        let object = object.option("aws_allow_http", "true").option("aws_region", "us-east-1");
        assert_eq!(iio::imread(object.option("aws_skip_signature", "true")).unwrap(), noise(&[300, 400, 3], 1));
        return;
    }
    imageio::install();
    let mut png = Vec::new();
    iio::imwrite_with(&mut png, &noise(&[300, 400, 3], 1), &imageio::WriteOptions::new().extension(".png")).unwrap();
    let server = Server::start(move |asked| {
        let answer = Answer::file(asked, &png);
        answer.header("ETag", "\"1\"").header("Last-Modified", "Mon, 01 Jan 2024 00:00:00 GMT")
    })
    .unwrap();
    let proxy = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = proxy.local_addr().unwrap();
    let seen = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&seen);
    std::thread::spawn(move || {
        for stream in proxy.incoming().flatten() {
            count.fetch_add(1, Ordering::SeqCst);
            std::thread::spawn(move || tunnel(stream));
        }
    });
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args(["--exact", "socks::buckets_by_socks"]).env("IMAGEIO_TEST_PROXIED", server.url(""));
    for name in ["http_proxy", "HTTP_PROXY", "https_proxy", "HTTPS_PROXY", "all_proxy", "no_proxy", "NO_PROXY"] {
        command.env_remove(name);
    }
    let output = command.env("ALL_PROXY", format!("socks5h://{address}")).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
    assert!(seen.load(Ordering::SeqCst) > 0 && !server.asked().is_empty());
}
