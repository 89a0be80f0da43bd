//! Servers that are not what they say: what is read is the file, or an error.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test that fails says so")]

use std::io::{Read, SeekFrom};
use std::sync::Arc;
use std::time::Duration;

use imageio_core::resource::{ImageResource, ReadSeek};
use imageio_core::{Error, ErrorKind};
use imageio_resource_ftp::FtpResource;
use imageio_testkit::ftp::{Behaviour, Rest, Server};

/// Longer than what is fetched at once, and nowhere the same.
fn file(seed: u32) -> Vec<u8> {
    (0..300_000u32).flat_map(|i| (i.wrapping_mul(2_654_435_761) ^ seed).to_le_bytes()).collect()
}

fn resource(server: &Server) -> Arc<FtpResource> {
    let resource = FtpResource::new(&server.url("/a.bin")).unwrap();
    Arc::new(resource.retries(1).connect_timeout(Duration::from_secs(5)).idle_timeout(Duration::from_secs(5)))
}

fn all(resource: &Arc<FtpResource>) -> Result<Vec<u8>, Error> {
    let mut bytes = Vec::new();
    Arc::clone(resource).open_read()?.read_to_end(&mut bytes)?;
    Ok(bytes)
}

fn part(stream: &mut dyn ReadSeek, at: u64, len: usize) -> Result<Vec<u8>, Error> {
    let mut bytes = vec![0; len];
    stream.seek(SeekFrom::Start(at))?;
    stream.read_exact(&mut bytes)?;
    Ok(bytes)
}

/// Every part that is asked for is the file's, in any order.
fn is_the_file(server: &Server, file: &[u8]) {
    let resource = resource(server);
    let mut stream = Arc::clone(&resource).open_read().unwrap();
    for (at, len) in [(1_000_000, 4000), (5, 70_000), (file.len() - 3, 3), (0, 20), (600_000, 500_000)] {
        assert!(part(&mut *stream, at as u64, len).unwrap() == file[at..at + len], "{at}");
    }
    assert!(all(&resource).unwrap() == file);
}

#[test]
fn honest_servers_send_parts() {
    let file = file(1);
    let server = Server::start(file.clone(), Behaviour::default()).unwrap();
    is_the_file(&server, &file);
    let mut stream = resource(&server).open_read().unwrap();
    assert!(part(&mut *stream, 1_000_000, 100).unwrap() == file[1_000_000..1_000_100]);
    assert!(server.commands().iter().any(|c| c == "REST 1000000"), "{:?}", server.commands());
}

#[test]
fn rest_that_is_ignored_or_refused() {
    let file = file(2);
    for rest in [Rest::Ignored, Rest::Refused] {
        let server = Server::start(file.clone(), Behaviour { rest, ..Behaviour::default() }).unwrap();
        is_the_file(&server, &file);
        let silent = Behaviour { rest, tells_nothing: true, ..Behaviour::default() };
        is_the_file(&Server::start(file.clone(), silent).unwrap(), &file);
    }
    // Files of which there is no middle.
    for len in [0, 1, 2] {
        let ignores = Behaviour { rest: Rest::Ignored, ..Behaviour::default() };
        let server = Server::start(&file[..len], ignores).unwrap();
        assert_eq!(all(&resource(&server)).unwrap(), file[..len]);
    }
}

#[test]
fn servers_that_know_only_the_newer_passive_command() {
    let file = file(9);
    let newer = Behaviour { extended_alone: true, ..Behaviour::default() };
    let server = Server::start(file.clone(), newer).unwrap();
    is_the_file(&server, &file);
    // Asked once a session.
    let refused = server.commands().iter().filter(|c| *c == "PASV").count();
    let logins = server.commands().iter().filter(|c| c.starts_with("USER")).count();
    assert!(refused > 0 && refused <= logins, "{:?}", server.commands());
}

#[test]
fn transfers_that_break_off() {
    let file = file(3);
    // Taken up again where that can be.
    for says_complete in [false, true] {
        let cut = Behaviour { cut: Some(150_000), says_complete, ..Behaviour::default() };
        is_the_file(&Server::start(file.clone(), cut.clone()).unwrap(), &file);
        // An error where it can't.
        for rest in [Rest::Ignored, Rest::Refused] {
            let server = Server::start(file.clone(), Behaviour { rest, ..cut.clone() }).unwrap();
            let e = all(&resource(&server)).unwrap_err();
            assert!(e.message().contains("broke off"), "{rest:?}: {e}");
            assert_eq!((e.kind(), e.context_value("offset")), (ErrorKind::Io, Some("150000")), "{rest:?}");
        }
    }
    let silent = Behaviour { cut: Some(150_000), tells_nothing: true, ..Behaviour::default() };
    let e = all(&resource(&Server::start(file, silent).unwrap())).unwrap_err();
    assert!(e.message().contains("broke off"), "{e}");
}

#[test]
fn sizes_that_are_lies() {
    let file = file(4);
    for size in [1_000_000, 1_200_001, 5_000_000] {
        for rest in [Rest::Honest, Rest::Ignored] {
            let lies = Behaviour { size: Some(size), rest, ..Behaviour::default() };
            let server = Server::start(file.clone(), lies).unwrap();
            let e = all(&resource(&server)).unwrap_err();
            assert_eq!(e.kind(), ErrorKind::Io, "{size} {rest:?}: {e}");
        }
    }
}

#[test]
fn files_that_change_while_they_are_read() {
    // Of the same length, so that nothing but the date tells.
    let (old, new) = (file(5), file(6));
    let server = Server::start(old.clone(), Behaviour::default()).unwrap();
    let mut stream = resource(&server).open_read().unwrap();
    assert!(part(&mut *stream, 0, 30_000).unwrap() == old[..30_000]);
    server.replace(new.clone());
    let e = part(&mut *stream, 1_000_000, 100).unwrap_err();
    assert!(e.message().contains("changed while") && e.hint() == Some("read it again"), "{e}");
    assert!(all(&resource(&server)).unwrap() == new);
    // In the middle of a transfer.
    for rest in [Rest::Honest, Rest::Ignored] {
        let server = Server::start(old.clone(), Behaviour { rest, ..Behaviour::default() }).unwrap();
        server.replace_after(800_000, new.clone());
        let e = all(&resource(&server)).unwrap_err();
        assert!(e.message().contains("changed while"), "{rest:?}: {e}");
    }
    // By one that is shorter or longer.
    for len in [500_000, 1_100_000] {
        let server = Server::start(old.clone(), Behaviour::default()).unwrap();
        let mut stream = resource(&server).open_read().unwrap();
        part(&mut *stream, 0, 30_000).unwrap();
        server.replace(&new[..len]);
        assert!(part(&mut *stream, 400_000, 100).is_err(), "{len}");
    }
}

#[test]
fn who_is_not_let_in_learns_why() {
    let server = Server::start(file(1), Behaviour { refuses_login: true, ..Behaviour::default() }).unwrap();
    let rows = [("", "wants a user", "ftp://user:password@host"), ("me:hunter2@", "refuses the user", "%40")];
    for (user, message, hint) in rows {
        let url = server.url("/a.bin").replace("ftp://", &format!("ftp://{user}"));
        let resource = Arc::new(FtpResource::new(&url).unwrap());
        let e = resource.open_read().err().unwrap();
        assert!(e.message().contains(message), "{e}");
        assert!(e.hint().unwrap().contains(hint), "{e:?}");
        assert_eq!((e.context_value("status"), e.context_value("attempts")), (Some("530 not you"), Some("1")), "{e}");
        assert!(!format!("{e} {e:?}").contains("hunter2"), "{e:?}");
    }
}
