//! Who gets to know what: redirects, credentials, certificates, proxies.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test that fails says so")]

mod common;

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};

use common::{all, error, file, resource};
use imageio_core::ErrorKind;
use imageio_testkit::web::{Answer, Server};

#[test]
fn redirects_stay_with_http() {
    let secret = std::env::temp_dir().join(format!("imageio-http-secret-{}", std::process::id()));
    std::fs::write(&secret, b"secret").unwrap();
    let local = format!("file://{}", secret.display());
    for target in
        [local.as_str(), "FILE:///etc/passwd", "ftp://127.0.0.1/x", "data:image/png;base64,AAAA", "imageio:chelsea.png"]
    {
        let location = target.to_owned();
        let server = Server::start(move |_| Answer::status(302).header("Location", location.clone())).unwrap();
        let e = error(resource(&server.url("/a.png")));
        assert_eq!(e.kind(), ErrorKind::Io, "{e}");
        assert!(e.message().contains("redirects to the scheme"), "{e}");
    }
    std::fs::remove_file(secret).unwrap();
}

#[test]
fn credentials_do_not_follow_to_other_hosts() {
    let other = Server::file(file(10)).unwrap();
    let location = other.url("/b.png").replace("http://", "http://evil:creds@");
    let server = Server::start(move |asked| match asked.path.as_str() {
        "/a.png" => Answer::status(302).header("Location", location.clone()),
        "/same.png" => Answer::status(302).header("Location", "/c.png"),
        _ => Answer::file(asked, &file(10)),
    })
    .unwrap();
    let asked = |path: &str| {
        all(resource(&server.url(path)).bearer_auth("secret").header("X-Api-Key", "secret").header("Cookie", "secret"))
            .unwrap();
    };
    asked("/a.png");
    let there = other.asked();
    assert_eq!(there.len(), 1);
    assert!(!format!("{there:?}").contains("secret"), "{there:?}");
    assert_eq!(there[0].header("authorization"), None);
    asked("/same.png");
    let here = server.asked();
    assert_eq!(here.last().unwrap().path, "/c.png");
    assert_eq!(here.last().unwrap().header("authorization"), Some("Bearer secret"));
}

#[test]
fn who_is_refused_learns_why() {
    let server = Server::start(|asked| match asked.path.split('?').next().unwrap() {
        "/moved.png" => Answer::status(302).header("Location", asked.path.replace("/moved.png?", "")),
        "/digest.png" => Answer::status(401).header("WWW-Authenticate", "Digest realm=\"x\", nonce=\"basic\""),
        "/both.png" => Answer::status(401).header("WWW-Authenticate", "Negotiate, Basic realm=\"x\""),
        "/signed.png" => Answer::status(403),
        _ => Answer::status(401).header("WWW-Authenticate", "Basic realm=\"x\""),
    })
    .unwrap();
    let other = Server::start(|_| Answer::status(401)).unwrap();
    let with_user = |path: &str| server.url(path).replace("http://", "http://me:hunter2@");
    let moved = with_user(&format!("/moved.png?{}", other.url("/a.png")));
    let refused = "refuses the credentials that were given";
    let wants = "the server wants credentials";
    let rows = [
        (resource(&server.url("/a.png")), wants, "user:password@host"),
        (resource(&with_user("/a.png")), refused, "%40"),
        (resource(&server.url("/a.png")).basic_auth("me", "hunter2"), refused, "%40"),
        (resource(&server.url("/a.png")).bearer_auth("hunter2"), refused, "%40"),
        (resource(&server.url("/a.png")).header("X-Api-Key", "hunter2"), refused, "%40"),
        (resource(&server.url("/a.png")).header("Accept", "image/png"), wants, "user:password@host"),
        (resource(&moved), wants, "for another server"),
        (resource(&with_user("/both.png")), refused, "%40"),
        (resource(&with_user("/digest.png")), "credentials by `Digest`", "basic and bearer"),
        (resource(&server.url("/signed.png?Expires=1&Signature=hunter2")), "refuses access", "may have expired"),
        (resource(&with_user("/signed.png")), "refuses access with the credentials that were given", ""),
    ];
    for (resource, message, hint) in rows {
        let e = error(resource);
        assert!(e.message().contains(message), "{e}");
        assert!(e.hint().unwrap_or_default().contains(hint), "{e:?}");
        assert!(e.context_value("status").is_some_and(|status| status.starts_with("40")), "{e}");
        assert_eq!(e.context_value("attempts"), Some("1"), "{e}");
        assert!(!format!("{e} {e:?}").contains("hunter2"), "{e:?}");
    }
    assert_eq!(other.asked().len(), 1);
    assert_eq!(other.asked()[0].header("authorization"), None);
}

#[test]
fn a_password_that_ends_nowhere_goes_nowhere() {
    let e = imageio_resource_http::HttpResource::new("http://me:hun@te/r2@127.0.0.1/a.png").unwrap_err();
    assert_eq!(e.kind(), ErrorKind::NotFound, "{e}");
    assert!(e.hint().unwrap().contains("%40"), "{e:?}");
    assert_eq!(e.context_value("resource"), Some("http://me:***@127.0.0.1/a.png"));
    assert!(!format!("{e} {e:?}").contains("te/r2"), "{e:?}");
}

struct Log(Mutex<String>);

impl log::Log for Log {
    fn enabled(&self, _: &log::Metadata<'_>) -> bool {
        true
    }

    fn log(&self, record: &log::Record<'_>) {
        let mut text = self.0.lock().unwrap();
        text.push_str(&format!("{} {}\n", record.target(), record.args()));
    }

    fn flush(&self) {}
}

static LOG: Log = Log(Mutex::new(String::new()));

#[test]
fn credentials_are_never_shown() {
    log::set_logger(&LOG).unwrap();
    // Below it, `trace` dumps what goes over the wire, which is what it is for; README.md says so.
    log::set_max_level(log::LevelFilter::Debug);
    let server = Server::start(|asked| match asked.path.split('?').next().unwrap() {
        "/moved.png" => Answer::status(302).header("Location", "/ok.png?token=hunter2"),
        "/ok.png" => Answer::file(asked, &file(100_000)).header("Set-Cookie", "hunter2"),
        "/flaky.png" if asked.number % 2 == 0 => Answer::status(500),
        "/flaky.png" => Answer::file(asked, &file(100_000)).cut(10),
        _ => Answer::status(403),
    })
    .unwrap();
    let mut shown = String::new();
    for path in ["/ok.png", "/moved.png", "/flaky.png", "/no.png"] {
        let url = server.url(&format!("{path}?X-Amz-Signature=hunter2&access_token=hunter2"));
        let url = url.replace("http://", "http://user:hunter2@");
        for n in 0..3 {
            let mut resource = resource(&url).retries(1).header("X-Key", "hunter2");
            if n == 1 {
                resource = resource.bearer_auth("hunter2");
            }
            if n == 2 {
                resource = resource.basic_auth("u", "hunter2");
            }
            shown.push_str(&format!("{resource:?}"));
            let resource = imageio_core::resource::IntoResource::into_resource(resource).unwrap();
            shown.push_str(&resource.name());
            match resource.clone().open_read() {
                Ok(mut stream) => {
                    if let Err(e) = stream.read_to_end(&mut Vec::new()) {
                        shown.push_str(&format!("{e} {e:?}"));
                    }
                }
                Err(e) => shown.push_str(&format!("{e} {e:?}")),
            }
            shown.push_str(&format!("{resource:?}"));
        }
    }
    shown.push_str(&LOG.0.lock().unwrap());
    assert!(shown.len() > 1000 && shown.contains("/no.png"));
    let encoded = "dTpodW50ZXIy";
    let leak = shown.lines().find(|line| line.contains("hunter2") || line.contains(encoded));
    assert_eq!(leak, None);
    // The server did get to know them.
    assert!(format!("{:?}", server.asked()).contains("hunter2"));
}

/// A server that speaks TLS with the given certificate, for one connection after another.
fn tls_server(names: &[&str], years: (i32, i32)) -> (std::net::SocketAddr, String) {
    let mut said = b"HTTP/1.1 206 OK\r\nContent-Range: bytes 0-9/10\r\nContent-Length: 10\r\n\r\n".to_vec();
    said.extend(file(10));
    tls_server_saying(names, years, said)
}

fn tls_server_saying(names: &[&str], years: (i32, i32), said: Vec<u8>) -> (std::net::SocketAddr, String) {
    let key = rcgen::KeyPair::generate().unwrap();
    let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
    let mut params = rcgen::CertificateParams::new(names).unwrap();
    params.not_before = rcgen::date_time_ymd(2026 + years.0, 1, 1);
    params.not_after = rcgen::date_time_ymd(2026 + years.1, 1, 1);
    let certificate = params.self_signed(&key).unwrap();
    let chain = vec![certificate.der().clone()];
    let private = rustls::pki_types::PrivateKeyDer::try_from(key.serialize_der()).unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = rustls::ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(chain, private)
        .unwrap();
    let config = Arc::new(config);
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let Ok(mut stream) = stream else { continue };
            let mut tls = rustls::ServerConnection::new(Arc::clone(&config)).unwrap();
            let mut tls = rustls::Stream::new(&mut tls, &mut stream);
            let mut asked = [0; 4096];
            if tls.read(&mut asked).is_ok() {
                let _ = tls.write_all(&said);
                let _ = tls.flush();
            }
        }
    });
    (address, certificate.pem())
}

#[test]
fn certificates_are_checked_and_errors_say_what_failed() {
    let good = tls_server(&["127.0.0.1", "localhost"], (-1, 50));
    let other = tls_server(&["elsewhere.example"], (-1, 50));
    let old = tls_server(&["127.0.0.1"], (-9, -5));
    let early = tls_server(&["127.0.0.1"], (40, 50));
    let folder = std::env::temp_dir().join(format!("imageio-http-ca-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let url = |address: std::net::SocketAddr| format!("https://{address}/a.png");
    let e = error(resource(&url(good.0)));
    assert!(e.message().contains("not trusted"), "{e}");
    assert!(e.hint().unwrap().contains("SSL_CERT_FILE"), "{e}");
    let rows =
        [(&good, None), (&other, Some("another host")), (&old, Some("expired")), (&early, Some("not valid yet"))];
    for (i, (server, expected)) in rows.into_iter().enumerate() {
        let file_name = folder.join(format!("{i}.pem"));
        std::fs::write(&file_name, &server.1).unwrap();
        let got = all(resource(&url(server.0)).ca_file(&file_name));
        match expected {
            None => assert_eq!(got.unwrap(), file(10)),
            Some(message) => {
                let e = got.unwrap_err();
                assert!(e.message().contains(message), "{e}");
                assert_eq!(e.context_value("attempts"), Some("1"), "a bad certificate does not get better");
            }
        }
    }
    // http spoken to a server that wants TLS, and the other way round.
    assert_eq!(error(resource(&format!("http://{}/a.png", good.0)).retries(0)).kind(), ErrorKind::Io);
    let plain = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = plain.local_addr().unwrap();
    std::thread::spawn(move || {
        let (mut stream, _) = plain.accept().unwrap();
        let _ = stream.write_all(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n");
        let _ = std::io::copy(&mut stream, &mut std::io::sink());
    });
    let e = error(resource(&url(address)).retries(0));
    assert!(e.message().contains("secure connection"), "{e}");
    let bad = folder.join("bad.pem");
    std::fs::write(&bad, "no certificate").unwrap();
    // It is not the picture that is damaged or missing.
    for (name, message) in [("bad.pem", "has none in PEM form"), ("none.pem", "can't be read")] {
        let e = error(resource(&url(good.0)).ca_file(folder.join(name)));
        assert_eq!(e.kind(), ErrorKind::InvalidOption, "{e}");
        assert!(e.message().contains(message) && e.context_value("file").is_some_and(|f| f.ends_with(name)), "{e}");
    }
    std::fs::remove_dir_all(folder).unwrap();
}

#[test]
fn from_https_to_http_is_not_followed() {
    let plain = Server::file(file(10)).unwrap();
    let head = format!("HTTP/1.1 302 Found\r\nLocation: {}\r\nContent-Length: 0\r\n\r\n", plain.url("/a.png"));
    let (address, pem) = tls_server_saying(&["127.0.0.1"], (-1, 50), head.into_bytes());
    let ca = std::env::temp_dir().join(format!("imageio-http-ca-{}.pem", std::process::id()));
    std::fs::write(&ca, pem).unwrap();
    let e = error(resource(&format!("https://{address}/a.png")).ca_file(&ca));
    assert!(e.message().contains("from https to http"), "{e}");
    assert_eq!(e.context_value("redirected to"), Some(plain.url("/a.png").as_str()), "{e}");
    assert!(plain.asked().is_empty());
    std::fs::remove_file(ca).unwrap();
}

/// Set for the whole process, so this test runs in one of its own: it starts itself again.
#[test]
fn proxies_of_the_environment() {
    if let Ok(url) = std::env::var("IMAGEIO_TEST_PROXIED") {
        let got = all(resource(&url).retries(0));
        match std::env::var("IMAGEIO_TEST_EXPECT").unwrap().as_str() {
            "fails" => {
                let e = got.unwrap_err();
                assert!(!format!("{e} {e:?}").contains("hunter2"));
            }
            "works" => assert_eq!(got.unwrap(), file(10)),
            message => {
                let e = got.unwrap_err();
                assert!(e.to_string().contains(message) && !format!("{e} {e:?}").contains("hunter2"), "{e:?}");
            }
        }
        return;
    }
    let server = Server::file(file(10)).unwrap();
    let seen: Arc<Mutex<Vec<String>>> = Arc::default();
    let proxy = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = proxy.local_addr().unwrap();
    let log = Arc::clone(&seen);
    std::thread::spawn(move || {
        for stream in proxy.incoming() {
            let Ok(stream) = stream else { continue };
            let log = Arc::clone(&log);
            std::thread::spawn(move || tunnel(stream, &log));
        }
    });
    let run_for = |url: String, variables: &[(&str, String)], expect: &str| {
        let mut command = std::process::Command::new(std::env::current_exe().unwrap());
        command.args(["--exact", "proxies_of_the_environment"]);
        command.env("IMAGEIO_TEST_PROXIED", url).env("IMAGEIO_TEST_EXPECT", expect);
        for name in
            ["http_proxy", "HTTP_PROXY", "https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY", "no_proxy", "NO_PROXY"]
        {
            command.env_remove(name);
        }
        command.envs(variables.iter().map(|(name, value)| (*name, value.as_str())));
        let output = command.output().unwrap();
        assert!(output.status.success(), "{variables:?} {}", String::from_utf8_lossy(&output.stdout));
        std::mem::take(&mut *seen.lock().unwrap())
    };
    let run = |variables: &[(&str, String)], expect: &str| run_for(server.url("/a.png?b=c"), variables, expect);
    let by = format!("http://me:hunter2@{address}");
    // For plain addresses the proxy is asked itself, since many connect to no port but 443.
    let seen = run(&[("http_proxy", by.clone())], "works");
    assert_eq!(seen.len(), 1, "{seen:?}");
    assert!(seen[0].starts_with(&format!("GET {} HTTP/1.1\r\n", server.url("/a.png?b=c"))), "{seen:?}");
    let lower = seen[0].to_ascii_lowercase();
    assert!(lower.contains(&format!("\r\nhost: {}\r\n", server.address())), "{seen:?}");
    assert!(lower.contains("\r\nproxy-authorization: basic bwu6ahvudgvymg==\r\n"), "{seen:?}");
    // What came of it went to the server as any client's request does.
    assert_eq!(server.asked().last().map(|asked| asked.path.clone()), Some("/a.png?b=c".to_owned()));
    assert!(server.asked().iter().all(|asked| asked.header("proxy-authorization").is_none()));
    run(&[("http_proxy", format!("http://me:wrong-hunter2@{address}"))], "wants credentials");
    // The others are for the server alone.
    let (secure, pem) = tls_server(&["127.0.0.1"], (-1, 50));
    let ca = std::env::temp_dir().join(format!("imageio-http-proxied-{}.pem", std::process::id()));
    std::fs::write(&ca, pem).unwrap();
    let trusted = ("SSL_CERT_FILE", ca.display().to_string());
    let seen = run_for(format!("https://{secure}/a.png"), &[("https_proxy", by.clone()), trusted], "works");
    assert!(seen.len() == 1 && seen[0].starts_with(&format!("CONNECT {secure} HTTP/1.1\r\n")), "{seen:?}");
    assert!(seen[0].to_ascii_lowercase().contains("proxy-authorization: basic bwu6ahvudgvymg=="), "{seen:?}");
    std::fs::remove_file(ca).unwrap();
    assert_eq!(run(&[("ALL_PROXY", by.clone())], "works").len(), 1);
    assert_eq!(run(&[("https_proxy", by.clone())], "works").len(), 0);
    assert_eq!(run(&[("http_proxy", by.clone()), ("NO_PROXY", "127.0.0.1".into())], "works").len(), 0);
    assert_eq!(run(&[("HTTP_PROXY", by), ("REQUEST_METHOD", "GET".into())], "works").len(), 0);
    assert_eq!(run(&[("http_proxy", "http://me:hunter2@127.0.0.1:1".into())], "fails").len(), 0);
    assert_eq!(run(&[("http_proxy", "nonsense://hunter2".into())], "fails").len(), 0);
    // Blocks of addresses need no proxy either.
    let nowhere = || "http://127.0.0.1:1".to_owned();
    assert_eq!(run(&[("http_proxy", nowhere()), ("NO_PROXY", "10.0.0.0/8,127.0.0.0/8".into())], "works").len(), 0);

    // SOCKS, which desktops set for all programs.
    let socks = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = socks.local_addr().unwrap();
    std::thread::spawn(move || {
        for stream in socks.incoming().flatten() {
            std::thread::spawn(move || socks_tunnel(stream));
        }
    });
    for scheme in ["socks5", "socks5h", "socks"] {
        run(&[("ALL_PROXY", format!("{scheme}://me:hunter2@{address}"))], "works");
    }
    run(&[("ALL_PROXY", format!("socks5://me:wrong-hunter2@{address}"))], "wants credentials");
    run(&[("ALL_PROXY", format!("socks5://{address}"))], "wants credentials");
    run(&[("ALL_PROXY", "socks5://me:hunter2@127.0.0.1:1".to_owned())], "where the proxy should be");
}

/// The part of a SOCKS 5 server that one connection needs (RFC 1928, RFC 1929).
fn socks_tunnel(mut client: TcpStream) -> Option<()> {
    fn take<const N: usize>(from: &mut TcpStream) -> Option<[u8; N]> {
        let mut bytes = [0; N];
        from.read_exact(&mut bytes).ok().map(|()| bytes)
    }
    fn counted(from: &mut TcpStream) -> Option<Vec<u8>> {
        let [n] = take(from)?;
        let mut bytes = vec![0; usize::from(n)];
        from.read_exact(&mut bytes).ok().map(|()| bytes)
    }
    let [5] = take(&mut client)? else { return None };
    if !counted(&mut client)?.contains(&2) {
        return client.write_all(&[5, 0xff]).ok();
    }
    client.write_all(&[5, 2]).ok()?;
    let [1] = take(&mut client)? else { return None };
    let given = (counted(&mut client)?, counted(&mut client)?) == (b"me".to_vec(), b"hunter2".to_vec());
    client.write_all(&[1, u8::from(!given)]).ok()?;
    let [5, 1, 0, kind] = take(&mut client).filter(|_| given)? else { return None };
    let host = match kind {
        1 => std::net::Ipv4Addr::from(take::<4>(&mut client)?).to_string(),
        _ => String::from_utf8(counted(&mut client)?).ok()?,
    };
    let mut server = TcpStream::connect((host, u16::from_be_bytes(take(&mut client)?))).ok()?;
    client.write_all(&[5, 0, 0, 1, 0, 0, 0, 0, 0, 0]).ok()?;
    let (mut from, mut to) = (client.try_clone().ok()?, server.try_clone().ok()?);
    std::thread::spawn(move || std::io::copy(&mut from, &mut to));
    std::io::copy(&mut server, &mut client).ok().map(drop)
}

/// A proxy that connects to servers with TLS alone, as most do, and asks others itself.
fn tunnel(mut client: TcpStream, log: &Mutex<Vec<String>>) {
    let mut head = Vec::new();
    let mut byte = [0];
    while !head.ends_with(b"\r\n\r\n") && client.read(&mut byte).is_ok_and(|n| n == 1) {
        head.push(byte[0]);
    }
    let head = String::from_utf8_lossy(&head).into_owned();
    log.lock().unwrap().push(head.clone());
    if !head.to_ascii_lowercase().contains("proxy-authorization: basic bwu6ahvudgvymg==") {
        let refused = "HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n\r\n";
        return client.write_all(refused.as_bytes()).unwrap();
    }
    let (line, headers) = head.split_once("\r\n").unwrap();
    let mut words = line.split(' ');
    let (method, target) = (words.next().unwrap(), words.next().unwrap());
    let mut server = if method == "CONNECT" {
        let Ok(server) = TcpStream::connect(target) else { return };
        client.write_all(b"HTTP/1.1 200 OK\r\n\r\n").unwrap();
        server
    } else {
        let (host, path) = target.strip_prefix("http://").unwrap().split_once('/').unwrap();
        let own = |line: &&str| !line.to_ascii_lowercase().starts_with("proxy-");
        let headers: Vec<&str> = headers.split("\r\n").filter(own).collect();
        let mut server = TcpStream::connect(host).unwrap();
        server.write_all(format!("{method} /{path} HTTP/1.1\r\n{}", headers.join("\r\n")).as_bytes()).unwrap();
        server
    };
    let (mut from, mut to) = (client.try_clone().unwrap(), server.try_clone().unwrap());
    std::thread::spawn(move || std::io::copy(&mut from, &mut to));
    let _ = std::io::copy(&mut server, &mut client);
}
