//! A resource for programs on this machine that speak HTTP and read here and there, as ffmpeg does.

use std::fmt::{self, Debug};
use std::hash::{BuildHasher, RandomState};
use std::io::{self, BufRead, BufReader, Read, Seek, SeekFrom, Write};
use std::net::{Ipv4Addr, Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use imageio_core::resource::{ImageResource, ReadSeek};
use imageio_core::{Error, ErrorKind, Limits, Result};

/// Connections at the same time; a program needs one or two.
const MOST: usize = 16;
/// Of a request's head.
const HEAD: u64 = 16 * 1024;
/// The first portion of an answer. Each is twice as long as the one before, up to [`LARGEST`].
const SMALLEST: usize = 16 * 1024;
const LARGEST: usize = 256 * 1024;
/// So much is sent only after a look at whether the program still listens: many open, read a header and go.
const WARY: u64 = 512 * 1024;
/// How long that look takes.
const LOOK: Duration = Duration::from_millis(1);
/// What the system holds for a program that does not read.
#[cfg(unix)]
const HELD: usize = 64 * 1024;

/// Serves one resource by HTTP on loopback, in ranges, under an address that nobody can guess, until it is dropped.
///
/// What the resource needs (credentials, headers, a proxy) stays in this process. On Linux other users are turned away
/// even if they know the address, which a program's command line shows to everybody.
pub struct Bridge {
    address: SocketAddr,
    shared: Arc<Shared>,
    thread: Option<JoinHandle<()>>,
}

struct Shared {
    resource: Arc<dyn ImageResource>,
    limits: Limits,
    size: u64,
    path: String,
    port: u16,
    stop: AtomicBool,
    /// What went wrong with the resource first.
    error: Mutex<Option<Error>>,
    open: Mutex<Vec<(u64, TcpStream)>>,
}

impl Debug for Bridge {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Bridge").field("resource", &self.shared.resource.name()).finish_non_exhaustive()
    }
}

impl Bridge {
    /// Begins to serve the resource. `limits` are those of its reader; `extension` (without dot, may be empty) is what
    /// the address ends with.
    ///
    /// # Errors
    /// Those of opening the resource, and what the system says if there is no port to be had.
    pub fn new(resource: Arc<dyn ImageResource>, limits: &Limits, extension: &str) -> Result<Self> {
        let size = Arc::clone(&resource).open_read_within(limits)?.seek(SeekFrom::End(0))?;
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
        let address = listener.local_addr()?;
        let shared = Arc::new(Shared {
            resource,
            limits: limits.clone(),
            size,
            path: secret(extension),
            port: address.port(),
            stop: AtomicBool::new(false),
            error: Mutex::default(),
            open: Mutex::default(),
        });
        let for_thread = Arc::clone(&shared);
        let thread = thread::Builder::new().name("imageio-bridge".to_owned()).spawn(move || {
            for (number, stream) in (0..).zip(listener.incoming()) {
                if for_thread.stop.load(Ordering::SeqCst) {
                    break;
                }
                if let Ok(stream) = stream {
                    accept(&for_thread, number, stream);
                }
            }
        })?;
        Ok(Bridge { address, shared, thread: Some(thread) })
    }

    /// Where it is served.
    pub fn url(&self) -> String {
        format!("http://{}{}", self.address, self.shared.path)
    }

    /// What went wrong with the resource since the last call, which the program can only have seen as an end.
    pub fn take_error(&self) -> Option<Error> {
        lock(&self.shared.error).take()
    }
}

impl Drop for Bridge {
    fn drop(&mut self) {
        self.shared.stop.store(true, Ordering::SeqCst);
        // Wakes the thread that waits for connections.
        drop(TcpStream::connect(self.address));
        for (_, stream) in lock(&self.shared.open).drain(..) {
            let _ = stream.shutdown(Shutdown::Both);
        }
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// 128 bits of a keyed hash whose key comes from the system, so that nobody can guess them.
fn secret(extension: &str) -> String {
    let keyed = RandomState::new();
    let (a, b) = (keyed.hash_one("first half"), keyed.hash_one("second half"));
    let allowed = |c: &char| c.is_ascii_alphanumeric() || *c == '.';
    let extension: String = extension.chars().filter(allowed).take(16).collect();
    let dot = if extension.is_empty() { "" } else { "." };
    format!("/{a:016x}{b:016x}{dot}{extension}")
}

fn accept(shared: &Arc<Shared>, number: u64, stream: TcpStream) {
    {
        let mut open = lock(&shared.open);
        let Ok(copy) = stream.try_clone() else { return };
        if open.len() >= MOST {
            return;
        }
        open.push((number, copy));
    }
    let for_thread = Arc::clone(shared);
    let serve = move || {
        // A program that goes away is its own business.
        let _ = answer(&for_thread, &stream);
        let _ = stream.shutdown(Shutdown::Both);
        lock(&for_thread.open).retain(|(n, _)| *n != number);
    };
    if thread::Builder::new().name("imageio-bridge".to_owned()).spawn(serve).is_err() {
        lock(&shared.open).retain(|(n, _)| *n != number);
    }
}

/// One request and its answer.
fn answer(shared: &Shared, stream: &TcpStream) -> io::Result<()> {
    stream.set_nodelay(true)?;
    stream.set_read_timeout(Some(Duration::from_secs(30)))?;
    #[cfg(unix)]
    let _ = rustix::net::sockopt::set_socket_send_buffer_size(stream, HELD);
    let asked = Asked::read(&mut BufReader::new(stream.take(HEAD)))?;
    if asked.path != shared.path || !is_ours(stream, shared.port) {
        return refuse(stream, "404 Not Found", "");
    }
    if asked.method != "GET" && asked.method != "HEAD" {
        return refuse(stream, "405 Method Not Allowed", "Allow: GET, HEAD\r\n");
    }
    let size = shared.size;
    let (status, first, last) = match asked.range {
        None => ("200 OK", 0, size),
        Some((first, last)) if first < size => ("206 Partial Content", first, last.saturating_add(1).min(size)),
        Some(_) => return refuse(stream, "416 Range Not Satisfiable", &format!("Content-Range: bytes */{size}\r\n")),
    };
    let mut head = format!(
        "HTTP/1.1 {status}\r\nAccept-Ranges: bytes\r\nContent-Length: {}\r\nConnection: close\r\n",
        last - first
    );
    if asked.range.is_some() {
        head.push_str(&format!("Content-Range: bytes {first}-{}/{size}\r\n", last - 1));
    }
    head.push_str("\r\n");
    let mut out = stream;
    out.write_all(head.as_bytes())?;
    if asked.method == "HEAD" {
        return Ok(());
    }
    let opened = Arc::clone(&shared.resource).open_read_within(&shared.limits);
    match opened {
        Ok(source) => send(shared, stream, source, first, last),
        Err(e) => {
            remember(shared, e);
            Ok(())
        }
    }
}

fn refuse(mut stream: &TcpStream, status: &str, header: &str) -> io::Result<()> {
    stream.write_all(format!("HTTP/1.1 {status}\r\n{header}Content-Length: 0\r\nConnection: close\r\n\r\n").as_bytes())
}

/// The first error is the one that counts: those behind it follow from it.
fn remember(shared: &Shared, e: Error) {
    lock(&shared.error).get_or_insert(e);
}

fn send(
    shared: &Shared,
    mut stream: &TcpStream,
    mut source: Box<dyn ReadSeek>,
    first: u64,
    last: u64,
) -> io::Result<()> {
    let mut buffer = vec![0; LARGEST];
    let (mut at, mut portion) = (first, SMALLEST);
    let mut read = |at: u64, piece: &mut [u8]| {
        source.seek(SeekFrom::Start(at))?;
        source.read_exact(piece)
    };
    while at < last && !shared.stop.load(Ordering::SeqCst) {
        if at > first && at - first < WARY && is_gone(stream)? {
            return Ok(());
        }
        let len = portion.min(usize::try_from(last - at).unwrap_or(portion));
        let Some(piece) = buffer.get_mut(..len) else { break };
        if let Err(e) = read(at, piece) {
            let e = match e.kind() {
                io::ErrorKind::UnexpectedEof if e.get_ref().is_none() => {
                    Error::new(ErrorKind::Io, "the resource ended before its length")
                }
                _ => Error::from(e),
            };
            remember(shared, e);
            return Ok(());
        }
        stream.write_all(piece)?;
        at += len as u64;
        portion = (portion * 2).min(LARGEST);
    }
    Ok(())
}

/// Whether the program has hung up. Nothing more comes from one that waits for its answer.
fn is_gone(mut stream: &TcpStream) -> io::Result<bool> {
    stream.set_read_timeout(Some(LOOK))?;
    match stream.read(&mut [0; 64]) {
        Ok(n) => Ok(n == 0),
        Err(e) if matches!(e.kind(), io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut) => Ok(false),
        Err(e) => Err(e),
    }
}

/// What of a request counts here.
struct Asked {
    method: String,
    path: String,
    /// First and last byte.
    range: Option<(u64, u64)>,
}

impl Asked {
    fn read(reader: &mut impl BufRead) -> io::Result<Self> {
        let mut line = String::new();
        reader.read_line(&mut line)?;
        let mut words = line.split_whitespace().map(str::to_owned);
        let (method, path) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
        let mut range = None;
        loop {
            line.clear();
            // An end before the empty line is one of the connection, or of what a head may have.
            if reader.read_line(&mut line)? == 0 {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
            let Some((name, value)) = line.trim_end().split_once(':') else { break };
            if name.eq_ignore_ascii_case("range") {
                range = parse_range(value.trim());
            }
        }
        Ok(Asked { method, path, range })
    }
}

/// `bytes=5-` and `bytes=5-9`; other forms may be answered with everything (RFC 9110 14.2).
fn parse_range(value: &str) -> Option<(u64, u64)> {
    let (first, last) = value.strip_prefix("bytes=")?.split_once('-')?;
    let first = first.parse().ok()?;
    let last = if last.is_empty() { u64::MAX } else { last.parse().ok()? };
    (first <= last).then_some((first, last))
}

/// Whether whoever connected is this user, as far as the system tells.
#[cfg(target_os = "linux")]
fn is_ours(stream: &TcpStream, port: u16) -> bool {
    use std::os::unix::fs::MetadataExt;
    let Ok(peer) = stream.peer_addr() else { return false };
    let (Ok(table), Ok(own)) = (std::fs::read_to_string("/proc/net/tcp"), std::fs::metadata("/proc/self")) else {
        return true;
    };
    match owner(&table, peer.port(), port) {
        Some(user) => user == own.uid(),
        // A network name space of its own, or a program that has gone already.
        None => true,
    }
}

#[cfg(not(target_os = "linux"))]
fn is_ours(_stream: &TcpStream, _port: u16) -> bool {
    true
}

/// The user of the socket on loopback from port `from` to port `to`, in the form of `/proc/net/tcp`.
#[cfg(target_os = "linux")]
fn owner(table: &str, from: u16, to: u16) -> Option<u32> {
    let loopback = u32::from_ne_bytes(Ipv4Addr::LOCALHOST.octets());
    let (from, to) = (format!("{loopback:08X}:{from:04X}"), format!("{loopback:08X}:{to:04X}"));
    table.lines().find_map(|line| {
        let mut columns = line.split_whitespace().skip(1);
        let fits = columns.next()? == from && columns.next()? == to;
        // State, queues, timer, retransmissions, then the user.
        if fits { columns.nth(4)?.parse().ok() } else { None }
    })
}

#[cfg(test)]
mod tests {
    use imageio_core::resource::MemoryResource;

    use super::*;

    fn bridge(bytes: &[u8]) -> Bridge {
        Bridge::new(Arc::new(MemoryResource::new(bytes.to_vec())), &Limits::default(), "mp4").unwrap()
    }

    fn ask(bridge: &Bridge, request: &str) -> (String, Vec<u8>) {
        let mut stream = TcpStream::connect(bridge.address).unwrap();
        stream.write_all(request.replace('\n', "\r\n").as_bytes()).unwrap();
        let mut all = Vec::new();
        stream.read_to_end(&mut all).unwrap();
        let end = all.windows(4).position(|w| w == b"\r\n\r\n").unwrap() + 4;
        (String::from_utf8(all[..end].to_vec()).unwrap(), all[end..].to_vec())
    }

    #[test]
    fn ranges() {
        let bytes: Vec<u8> = (0..2_000_000u32).map(|i| (i / 7) as u8).collect();
        let bridge = bridge(&bytes);
        let path = bridge.url().split_once("127.0.0.1:").unwrap().1.split_once('/').unwrap().1.to_owned();
        assert!(path.ends_with(".mp4") && path.len() == 36, "{path}");
        let rows: [(&str, &str, &[u8]); 6] = [
            ("", "200 OK", &bytes),
            ("Range: bytes=0-\n", "206 Partial", &bytes),
            ("range: bytes=1000000-1300000\n", "206 Partial", &bytes[1_000_000..1_300_001]),
            ("Range: bytes=1999999-9999999\n", "206 Partial", &bytes[1_999_999..]),
            ("Range: bytes=2000000-\n", "416 ", &[]),
            ("Range: bytes=-5\n", "200 OK", &bytes),
        ];
        for (header, status, body) in rows {
            let (head, got) = ask(&bridge, &format!("GET /{path} HTTP/1.1\nHost: x\n{header}\n"));
            assert!(head.starts_with(&format!("HTTP/1.1 {status}")), "{header}: {head}");
            assert!(got == body, "{header}");
        }
        let (head, got) = ask(&bridge, &format!("HEAD /{path} HTTP/1.1\n\n"));
        assert!(head.contains("Content-Length: 2000000\r\n") && got.is_empty(), "{head}");
        assert!(ask(&bridge, &format!("PUT /{path} HTTP/1.1\n\n")).0.starts_with("HTTP/1.1 405"));
        for path in ["", "a.mp4", &path[1..], &format!("{path}x")] {
            let (head, got) = ask(&bridge, &format!("GET /{path} HTTP/1.1\n\n"));
            assert!(head.starts_with("HTTP/1.1 404") && got.is_empty(), "{path}");
        }
        assert!(bridge.take_error().is_none());
    }

    #[test]
    fn it_ends_with_its_handle() {
        let bridge = bridge(&[7; 9_000_000]);
        let (address, path) = (bridge.address, bridge.shared.path.clone());
        let mut stream = TcpStream::connect(address).unwrap();
        stream.write_all(format!("GET {path} HTTP/1.1\r\n\r\n").as_bytes()).unwrap();
        stream.read_exact(&mut [0; 1000]).unwrap();
        drop(bridge);
        assert!(TcpStream::connect(address).is_err());
        // Whatever was under way breaks off.
        let mut rest = Vec::new();
        let _ = stream.read_to_end(&mut rest);
        assert!(rest.len() < 8_999_000);
    }

    #[test]
    fn errors_are_kept_for_the_one_who_asks() {
        #[derive(Debug)]
        struct Broken;
        impl ImageResource for Broken {
            fn name(&self) -> std::borrow::Cow<'_, str> {
                "broken".into()
            }
            fn open_read<'r>(self: Arc<Self>) -> Result<Box<dyn ReadSeek + 'r>>
            where
                Self: 'r,
            {
                Ok(Box::new(BufReader::new(Half(0))))
            }
        }
        /// 100 000 bytes, of which the second half can't be read.
        struct Half(u64);
        impl Read for Half {
            fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
                if self.0 >= 50_000 {
                    return Err(Error::new(ErrorKind::Io, "the cable is cut").into());
                }
                let n = buf.len().min(50_000 - self.0 as usize);
                self.0 += n as u64;
                Ok(n)
            }
        }
        impl Seek for Half {
            fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
                self.0 = match to {
                    SeekFrom::Start(at) => at,
                    SeekFrom::End(_) => 100_000,
                    SeekFrom::Current(by) => self.0.saturating_add_signed(by),
                };
                Ok(self.0)
            }
        }
        let bridge = Bridge::new(Arc::new(Broken), &Limits::default(), "").unwrap();
        let (head, got) = ask(&bridge, &format!("GET {} HTTP/1.1\n\n", bridge.shared.path));
        assert!(head.contains("Content-Length: 100000") && got.len() < 100_000, "{head}");
        assert_eq!(bridge.take_error().unwrap().message(), "the cable is cut");
        assert!(bridge.take_error().is_none());
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn owners_of_sockets() {
        let table = "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
   0: 0100007F:9C40 0100007F:1F90 01 00000000:00000000 00:00000000 00000000  1000        0 27512 1 0000 20 4 30 10 -1
   1: 0100007F:1F90 0100007F:9C40 01 00000000:00000000 00:00000000 00000000     7        0 27513 1 0000 20 4 30 10 -1";
        assert_eq!(owner(table, 40000, 8080), Some(1000));
        assert_eq!(owner(table, 8080, 40000), Some(7));
        assert_eq!(owner(table, 40001, 8080), None);
    }
}
