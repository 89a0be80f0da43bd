//! A small web server on loopback for tests: it answers as the test says, also in ways no honest server would, and
//! remembers what it was asked and how much it sent.

use std::fmt::Write as _;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpStream};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use crate::listener::{Listener, lock};

/// One request as it came in.
#[derive(Debug, Clone, Default)]
pub struct Asked {
    /// `GET`, `PUT` …
    pub method: String,
    /// Path and query.
    pub path: String,
    /// Names in lower case.
    pub headers: Vec<(String, String)>,
    /// What was sent along.
    pub body: Vec<u8>,
    /// How many requests for any path came before this one.
    pub number: usize,
}

impl Asked {
    /// The value of a header; the name in lower case.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(n, _)| n == name).map(|(_, value)| value.as_str())
    }

    /// First and last byte of a `Range` over a file of `len` bytes, if one is asked for that the file has.
    pub fn range(&self, len: usize) -> Option<(usize, usize)> {
        let (first, last) = self.header("range")?.strip_prefix("bytes=")?.split_once('-')?;
        let first: usize = first.parse().ok()?;
        let last = last.parse().unwrap_or(usize::MAX).min(len.checked_sub(1)?);
        (first <= last).then_some((first, last))
    }
}

/// What is sent back. Lengths and bodies need not agree.
#[derive(Debug, Clone, Default)]
pub struct Answer {
    status: u16,
    headers: Vec<(String, String)>,
    body: Vec<u8>,
    length: Option<u64>,
    cut: Option<usize>,
    drip: Option<Duration>,
    endless: bool,
}

impl Answer {
    /// An answer with this status and no body.
    pub fn status(status: u16) -> Self {
        Answer { status, ..Answer::default() }
    }

    /// 200 with a body.
    pub fn ok(body: impl Into<Vec<u8>>) -> Self {
        Answer { status: 200, body: body.into(), ..Answer::default() }
    }

    /// The part of `file` that is asked for, as an honest server answers; all of it where no part is.
    pub fn file(asked: &Asked, file: &[u8]) -> Self {
        match asked.range(file.len()) {
            Some((first, last)) => Answer { status: 206, body: file[first..=last].to_vec(), ..Answer::default() }
                .header("Content-Range", format!("bytes {first}-{last}/{}", file.len())),
            None => Answer::ok(file),
        }
    }

    /// Adds a header.
    #[must_use]
    pub fn header(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.headers.push((name.into(), value.into()));
        self
    }

    /// The same with another status.
    #[must_use]
    pub fn status_code(mut self, status: u16) -> Self {
        self.status = status;
        self
    }

    /// The same with another body.
    #[must_use]
    pub fn body(mut self, body: impl Into<Vec<u8>>) -> Self {
        self.body = body.into();
        self
    }

    /// Says another length than the body has.
    #[must_use]
    pub fn length(mut self, length: u64) -> Self {
        self.length = Some(length);
        self
    }

    /// Closes the connection after so many bytes of the body.
    #[must_use]
    pub fn cut(mut self, after: usize) -> Self {
        self.cut = Some(after);
        self
    }

    /// Sends one byte in each such time.
    #[must_use]
    pub fn drip(mut self, every: Duration) -> Self {
        self.drip = Some(every);
        self
    }

    /// Sends the body over and over, and says no length.
    #[must_use]
    pub fn endless(mut self) -> Self {
        self.endless = true;
        self
    }
}

type Handler = Box<dyn Fn(&Asked) -> Answer + Send + Sync>;

struct Shared {
    handler: Handler,
    sent: AtomicU64,
    asked: Mutex<Vec<Asked>>,
}

/// A running server. It stops when this is dropped.
pub struct Server {
    listener: Listener,
    shared: Arc<Shared>,
}

impl Server {
    /// Starts one on a free port of loopback.
    ///
    /// # Errors
    /// What the system says if no port can be had.
    pub fn start(handler: impl Fn(&Asked) -> Answer + Send + Sync + 'static) -> io::Result<Self> {
        let shared =
            Arc::new(Shared { handler: Box::new(handler), sent: AtomicU64::new(0), asked: Mutex::new(Vec::new()) });
        let for_thread = Arc::clone(&shared);
        let listener = Listener::start(move |stream| serve(&for_thread, stream))?;
        Ok(Server { listener, shared })
    }

    /// A server with one honest file at every path, with ranges and a tag.
    ///
    /// # Errors
    /// What the system says if no port can be had.
    pub fn file(bytes: impl Into<Vec<u8>>) -> io::Result<Self> {
        let bytes = bytes.into();
        Self::start(move |asked| Answer::file(asked, &bytes).header("ETag", "\"1\""))
    }

    /// A server with one file at every path and no ranges.
    ///
    /// # Errors
    /// What the system says if no port can be had.
    pub fn plain(bytes: impl Into<Vec<u8>>) -> io::Result<Self> {
        let bytes = bytes.into();
        Self::start(move |_| Answer::ok(bytes.clone()))
    }

    /// `http://127.0.0.1:port` and the path.
    pub fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.listener.address())
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.listener.address()
    }

    /// Everything it was asked so far.
    pub fn asked(&self) -> Vec<Asked> {
        lock(&self.shared.asked).clone()
    }

    /// Bytes of bodies that it sent so far.
    pub fn sent(&self) -> u64 {
        self.shared.sent.load(Ordering::SeqCst)
    }
}

fn serve(shared: &Shared, stream: &TcpStream) -> io::Result<()> {
    stream.set_nodelay(true)?;
    let mut reader = BufReader::new(stream);
    while let Some(mut asked) = read_request(&mut reader)? {
        {
            let mut all = lock(&shared.asked);
            asked.number = all.len();
            all.push(asked.clone());
        }
        let answer = (shared.handler)(&asked);
        if !send(shared, stream, &answer)? {
            stream.shutdown(Shutdown::Both)?;
            break;
        }
    }
    Ok(())
}

fn read_request(reader: &mut impl BufRead) -> io::Result<Option<Asked>> {
    let mut line = String::new();
    if reader.read_line(&mut line)? == 0 {
        return Ok(None);
    }
    let mut parts = line.split_whitespace();
    let mut asked = Asked {
        method: parts.next().unwrap_or_default().to_owned(),
        path: parts.next().unwrap_or_default().to_owned(),
        ..Asked::default()
    };
    loop {
        let mut line = String::new();
        if reader.read_line(&mut line)? == 0 {
            return Ok(None);
        }
        let line = line.trim_end();
        if line.is_empty() {
            break;
        }
        if let Some((name, value)) = line.split_once(':') {
            asked.headers.push((name.trim().to_ascii_lowercase(), value.trim().to_owned()));
        }
    }
    let length: u64 = asked.header("content-length").and_then(|v| v.parse().ok()).unwrap_or(0);
    reader.take(length).read_to_end(&mut asked.body)?;
    Ok(Some(asked))
}

/// `false` if the connection has to be closed after it.
fn send(shared: &Shared, mut stream: &TcpStream, answer: &Answer) -> io::Result<bool> {
    let mut head = format!("HTTP/1.1 {} Answer\r\n", answer.status);
    for (name, value) in &answer.headers {
        let _ = write!(head, "{name}: {value}\r\n");
    }
    let has_body = answer.status >= 200 && answer.status != 204 && answer.status != 304;
    if has_body && !answer.endless {
        let _ = write!(head, "Content-Length: {}\r\n", answer.length.unwrap_or(answer.body.len() as u64));
    }
    head.push_str("\r\n");
    stream.write_all(head.as_bytes())?;
    let body = &answer.body[..answer.cut.unwrap_or(usize::MAX).min(answer.body.len())];
    loop {
        match answer.drip {
            None => {
                for piece in body.chunks(64 * 1024) {
                    // Counted first: a client that has it all may look at the count at once.
                    shared.sent.fetch_add(piece.len() as u64, Ordering::SeqCst);
                    stream.write_all(piece)?;
                }
            }
            Some(every) => {
                for byte in body {
                    shared.sent.fetch_add(1, Ordering::SeqCst);
                    stream.write_all(&[*byte])?;
                    thread::sleep(every);
                }
            }
        }
        if !answer.endless || body.is_empty() {
            break;
        }
    }
    let whole = answer.cut.is_none() && answer.length.is_none_or(|length| length == answer.body.len() as u64);
    Ok(whole && !answer.endless)
}
