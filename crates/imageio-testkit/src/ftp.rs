//! A small FTP server on loopback for tests: one file at every path, served as the test says, also in ways no honest
//! server would.

use std::io::{self, BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use crate::listener::{Listener, lock};

/// What a server does with `REST`, which says where a transfer begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Rest {
    /// Begins there.
    #[default]
    Honest,
    /// Agrees, and begins at the first byte all the same.
    Ignored,
    /// Does not know the command.
    Refused,
}

/// How the server behaves.
#[derive(Debug, Clone, Default)]
pub struct Behaviour {
    /// What it does with `REST`.
    pub rest: Rest,
    /// Closes each transfer after so many bytes.
    pub cut: Option<usize>,
    /// Says of a transfer that was cut that it is complete.
    pub says_complete: bool,
    /// Says this length instead of the file's.
    pub size: Option<u64>,
    /// Knows neither `SIZE` nor `MDTM`.
    pub tells_nothing: bool,
    /// Lets nobody in.
    pub refuses_login: bool,
    /// Knows `EPSV` (RFC 2428) in place of `PASV`.
    pub extended_alone: bool,
}

struct Shared {
    behaviour: Behaviour,
    /// The file and its date.
    file: Mutex<(Arc<[u8]>, u64)>,
    /// What takes the file's place once so many bytes of it were sent.
    next: Mutex<Option<(u64, Arc<[u8]>)>>,
    sent: AtomicU64,
    commands: Mutex<Vec<String>>,
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
    pub fn start(file: impl Into<Vec<u8>>, behaviour: Behaviour) -> io::Result<Self> {
        let shared = Arc::new(Shared {
            behaviour,
            file: Mutex::new((file.into().into(), 0)),
            next: Mutex::new(None),
            sent: AtomicU64::new(0),
            commands: Mutex::default(),
        });
        let for_thread = Arc::clone(&shared);
        let listener = Listener::start(move |stream| serve(&for_thread, stream))?;
        Ok(Server { listener, shared })
    }

    /// `ftp://127.0.0.1:port` and the path.
    pub fn url(&self, path: &str) -> String {
        format!("ftp://{}{path}", self.listener.address())
    }

    /// Puts another file into the place of this one, with another date.
    pub fn replace(&self, file: impl Into<Vec<u8>>) {
        let mut guard = lock(&self.shared.file);
        *guard = (file.into().into(), guard.1 + 1);
    }

    /// The same once `sent` bytes in all were sent, also in the middle of a transfer.
    pub fn replace_after(&self, sent: u64, file: impl Into<Vec<u8>>) {
        *lock(&self.shared.next) = Some((sent, file.into().into()));
    }

    /// Bytes of files that it sent so far.
    pub fn sent(&self) -> u64 {
        self.shared.sent.load(Ordering::SeqCst)
    }

    /// The commands that it got so far, without passwords.
    pub fn commands(&self) -> Vec<String> {
        lock(&self.shared.commands).clone()
    }
}

fn serve(shared: &Shared, mut control: &TcpStream) -> io::Result<()> {
    control.set_nodelay(true)?;
    let mut reader = BufReader::new(control);
    let (mut offset, mut listener) = (0, None);
    let mut say = |text: &str| control.write_all(format!("{text}\r\n").as_bytes());
    say("220 ready")?;
    loop {
        let mut line = String::new();
        if reader.read_line(&mut line)? == 0 {
            return Ok(());
        }
        let (command, argument) = line.trim_end().split_once(' ').unwrap_or((line.trim_end(), ""));
        let kept = if command == "PASS" { command } else { line.trim_end() };
        lock(&shared.commands).push(kept.to_owned());
        let (file, date) = lock(&shared.file).clone();
        match command {
            "USER" => say("331 and the password")?,
            "PASS" if shared.behaviour.refuses_login => say("530 not you")?,
            "PASS" => say("230 welcome")?,
            "TYPE" | "NOOP" => say("200 yes")?,
            "SIZE" | "MDTM" if shared.behaviour.tells_nothing => say("502 what is that")?,
            "SIZE" => say(&format!("213 {}", shared.behaviour.size.unwrap_or(file.len() as u64)))?,
            "MDTM" => say(&format!("213 {}", 20_200_101_000_000 + date))?,
            "PASV" if shared.behaviour.extended_alone => say("502 what is that")?,
            "EPSV" => {
                let new = TcpListener::bind(("127.0.0.1", 0))?;
                say(&format!("229 here (|||{}|)", new.local_addr()?.port()))?;
                listener = Some(new);
            }
            "PASV" => {
                let new = TcpListener::bind(("127.0.0.1", 0))?;
                let port = new.local_addr()?.port();
                listener = Some(new);
                say(&format!("227 here (127,0,0,1,{},{})", port >> 8, port & 255))?;
            }
            "REST" => match shared.behaviour.rest {
                Rest::Refused => say("502 what is that")?,
                _ => {
                    offset = argument.parse().unwrap_or(0);
                    say("350 from there")?;
                }
            },
            "RETR" => {
                let Some(listener) = listener.take() else {
                    say("425 where to")?;
                    continue;
                };
                say("150 it comes")?;
                let from = if shared.behaviour.rest == Rest::Ignored { 0 } else { offset };
                let done = send(shared, &listener.accept()?.0, from);
                offset = 0;
                say(if done { "226 that was it" } else { "426 that was not all" })?;
            }
            "ABOR" => say("226 nothing goes on")?,
            "QUIT" => return say("221 goodbye"),
            _ => say("502 what is that")?,
        }
    }
}

/// Sends the file as it is at each moment; `true` if the client may take it for complete.
fn send(shared: &Shared, mut data: &TcpStream, from: usize) -> bool {
    let mut at = from;
    let end = shared.behaviour.cut.map_or(usize::MAX, |cut| from.saturating_add(cut));
    loop {
        let sent = shared.sent.load(Ordering::SeqCst);
        let next = lock(&shared.next).take_if(|(after, _)| sent >= *after);
        if let Some((_, file)) = next {
            let mut guard = lock(&shared.file);
            *guard = (file, guard.1 + 1);
        }
        let file = Arc::clone(&lock(&shared.file).0);
        let Some(rest) = file.get(at..end.min(file.len())).filter(|rest| !rest.is_empty()) else {
            return shared.behaviour.says_complete || at >= file.len();
        };
        let piece = &rest[..rest.len().min(16 * 1024)];
        if data.write_all(piece).is_err() {
            return false;
        }
        at += piece.len();
        shared.sent.fetch_add(piece.len() as u64, Ordering::SeqCst);
    }
}
