//! One answer of the server as it comes in: read by whoever wants the bytes, or ahead of them by a thread.

use std::io::{self, Read};
use std::sync::mpsc::{self, Receiver, Sender, SyncSender};
use std::thread;

/// Pieces of an answer.
pub(crate) const PORTION: usize = 256 * 1024;
/// So many pieces wait for their reader at most.
const AHEAD: usize = 16;
/// For less than this no thread is started.
const WORTH_A_THREAD: u64 = 2 * PORTION as u64;

type Body = Box<dyn Read + Send>;

/// An answer, and where in the file it stands.
pub(crate) struct Answer {
    feed: Feed,
    position: u64,
    end: u64,
}

enum Feed {
    Direct(Body),
    Ahead {
        portions: Receiver<io::Result<Vec<u8>>>,
        used: Sender<Vec<u8>>,
    },
    /// An error ended it.
    Over,
}

impl Answer {
    /// An answer that has the file's bytes from `position` to before `end`.
    pub fn new(body: Body, position: u64, end: u64) -> Self {
        Answer { feed: Feed::Direct(body), position, end }
    }

    pub fn position(&self) -> u64 {
        self.position
    }

    pub fn is_over(&self) -> bool {
        self.position >= self.end || matches!(self.feed, Feed::Over)
    }

    /// Whether [`read`](Self::read) gives the bytes without a detour.
    pub fn is_direct(&self) -> bool {
        matches!(self.feed, Feed::Direct(_))
    }

    /// The next bytes, straight from the body; only if it [is direct](Self::is_direct).
    pub fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        let left = usize::try_from(self.end - self.position).unwrap_or(usize::MAX);
        let n = left.min(buf.len());
        let Feed::Direct(body) = &mut self.feed else { return Ok(0) };
        let n = full(body, buf.get_mut(..n).unwrap_or_default())?;
        self.position += n as u64;
        Ok(n)
    }

    /// The next piece. `used` is a buffer that is no longer needed. What is long is fetched ahead from now on.
    pub fn portion(&mut self, used: Vec<u8>) -> io::Result<Vec<u8>> {
        let left = self.end - self.position;
        if left >= WORTH_A_THREAD {
            self.go_ahead();
        }
        let portion = match &mut self.feed {
            Feed::Direct(body) => take(body, used, left),
            Feed::Ahead { portions, used: back } => {
                if used.capacity() > 0 {
                    // A thread that has ended needs none.
                    let _ = back.send(used);
                }
                portions.recv().unwrap_or_else(|_| Err(io::Error::other("the thread that reads ahead ended early")))
            }
            Feed::Over => Ok(Vec::new()),
        };
        match portion {
            Ok(portion) => {
                self.position += portion.len() as u64;
                Ok(portion)
            }
            Err(e) => {
                self.feed = Feed::Over;
                Err(e)
            }
        }
    }

    fn go_ahead(&mut self) {
        if !self.is_direct() {
            return;
        }
        let (portions_in, portions) = mpsc::sync_channel(AHEAD);
        let (used, used_out) = mpsc::channel();
        let (bodies, bodies_out) = mpsc::sync_channel::<(Body, u64)>(1);
        let work = move || {
            if let Ok((body, left)) = bodies_out.recv() {
                fetch(body, left, &portions_in, &used_out);
            }
        };
        // Where there is no thread to be had, the reader does it alone.
        if thread::Builder::new().name("imageio-read-ahead".to_owned()).spawn(work).is_err() {
            return;
        }
        if let Feed::Direct(body) = std::mem::replace(&mut self.feed, Feed::Ahead { portions, used }) {
            let _ = bodies.send((body, self.end - self.position));
        }
    }
}

/// Reads a body to its end, or until nobody wants more of it.
fn fetch(mut body: Body, mut left: u64, portions: &SyncSender<io::Result<Vec<u8>>>, used: &Receiver<Vec<u8>>) {
    while left > 0 {
        let portion = take(&mut body, used.try_recv().unwrap_or_default(), left);
        left -= portion.as_ref().map_or(left, |portion| portion.len() as u64);
        if portions.send(portion).is_err() {
            return;
        }
    }
}

/// The next piece of a body that has `left` bytes to come, in a buffer that was used before.
fn take(body: &mut Body, mut buffer: Vec<u8>, left: u64) -> io::Result<Vec<u8>> {
    let len = PORTION.min(usize::try_from(left).unwrap_or(PORTION));
    // A new buffer of zeros costs nothing, and one that grows does.
    match buffer.capacity() < len {
        true => buffer = vec![0; len],
        false => buffer.resize(len, 0),
    }
    full(body, &mut buffer)?;
    Ok(buffer)
}

/// Fills the buffer. A body that ends before is one of a broken transfer.
fn full(body: &mut Body, buf: &mut [u8]) -> io::Result<usize> {
    body.read_exact(buf).map_err(|e| match e.kind() {
        io::ErrorKind::UnexpectedEof => io::Error::new(e.kind(), "the transfer ended before the file did"),
        _ => e,
    })?;
    Ok(buf.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bytes(len: usize) -> Vec<u8> {
        (0..len).map(|i| (i / 1000) as u8).collect()
    }

    fn answer(content: &[u8], end: u64) -> Answer {
        Answer::new(Box::new(io::Cursor::new(content.to_vec())), 0, end)
    }

    #[test]
    fn portions_are_the_file() {
        for len in [1, PORTION, PORTION + 1, 3 * PORTION, 40 * PORTION + 17] {
            let content = bytes(len);
            let mut answer = answer(&content, len as u64);
            let mut direct = vec![0; len.min(1000)];
            answer.read(&mut direct).unwrap();
            let (mut got, mut used) = (direct, Vec::new());
            while !answer.is_over() {
                used = answer.portion(used).unwrap();
                got.extend_from_slice(&used);
            }
            assert!(got == content, "{len}");
            assert_eq!(answer.position(), len as u64);
        }
    }

    #[test]
    fn an_end_before_the_end_is_an_error() {
        for (has, says) in [(10, 100), (5 * PORTION, 9 * PORTION)] {
            let mut answer = answer(&bytes(has), says as u64);
            let e = loop {
                match answer.portion(Vec::new()) {
                    Ok(portion) => assert!(!portion.is_empty()),
                    Err(e) => break e,
                }
            };
            assert_eq!(e.kind(), io::ErrorKind::UnexpectedEof);
            assert!(answer.is_over());
        }
    }

    #[test]
    fn what_is_dropped_is_not_read_on() {
        struct Endless(Sender<()>);
        impl Read for Endless {
            fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
                Ok(buf.len())
            }
        }
        impl Drop for Endless {
            fn drop(&mut self) {
                let _ = self.0.send(());
            }
        }
        let (dropped, seen) = mpsc::channel();
        let mut answer = Answer::new(Box::new(Endless(dropped)), 0, u64::MAX);
        answer.portion(Vec::new()).unwrap();
        drop(answer);
        seen.recv().unwrap();
    }
}
