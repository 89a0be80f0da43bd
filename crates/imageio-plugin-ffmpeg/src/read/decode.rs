//! A running ffmpeg that prints frames, and the thread that takes them up.

use std::io::{self, ErrorKind as IoKind, Read};
use std::process::ChildStdout;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, SyncSender, channel, sync_channel};
use std::thread::JoinHandle;
use std::time::Duration;

use imageio_core::{Dtype, Error, ErrorKind, FrameSink, Limits, NdImage, Result, Signals};

use super::plan::CHANGED;
use crate::process::Process;

/// Frames that wait to be asked for, besides the one being filled and the one that the caller has.
const WAITING: usize = 1;

/// The same for planes, which are half as large.
const WAITING_PLANES: usize = 2;

/// What comes of a frame.
pub(super) enum Frame {
    Image(NdImage),
    /// Still to be converted; then the memory goes [back](Decoder::reuse).
    Planes(Vec<u8>),
}

/// What the thread sends.
enum Message {
    Frame(Frame),
    /// The pipe ended, after so many bytes of another frame.
    End(usize),
    Failed(Error),
}

/// How a stream of frames ended.
#[derive(Debug)]
pub(super) enum Ending {
    /// Everything that there was has come; what ffmpeg complained of meanwhile.
    Clean(Vec<String>),
    /// It broke.
    Broken(Error),
}

/// A child that decodes, read by a thread so that it need not wait while the caller works.
pub(super) struct Decoder {
    /// Ended before the thread is waited for, since the thread waits for it.
    process: Process,
    frames: Option<Receiver<Message>>,
    thread: Option<JoinHandle<()>>,
    /// Memory of planes that were converted.
    spare: Option<Sender<Vec<u8>>>,
    /// Which frame comes next.
    pub next: usize,
    /// Frames that have come.
    pub delivered: usize,
}

impl Decoder {
    /// Takes over a child that prints frames of `shape`, the first of which is frame `next`.
    pub fn new(mut process: Process, dtype: Dtype, shape: &[usize], next: usize) -> Result<Self> {
        let stdout = stdout(&mut process)?;
        let (send, frames) = sync_channel(WAITING);
        let shape = shape.to_vec();
        let thread = std::thread::Builder::new()
            .name("ffmpeg frames".to_owned())
            .spawn(move || pump(stdout, dtype, &shape, &send))?;
        Ok(Decoder { process, frames: Some(frames), thread: Some(thread), spare: None, next, delivered: 0 })
    }

    /// As [`new`](Self::new) for frames that come as planes of `size` bytes.
    pub fn of_planes(mut process: Process, size: usize, next: usize) -> Result<Self> {
        let stdout = stdout(&mut process)?;
        let (send, frames) = sync_channel(WAITING_PLANES);
        let (spare, reused) = channel();
        let thread = std::thread::Builder::new()
            .name("ffmpeg frames".to_owned())
            .spawn(move || pump_planes(stdout, size, &send, &reused))?;
        let spare = Some(spare);
        Ok(Decoder { process, frames: Some(frames), thread: Some(thread), spare, next, delivered: 0 })
    }

    /// Takes memory of planes back.
    pub fn reuse(&self, memory: Vec<u8>) {
        if let Some(spare) = &self.spare {
            // The thread may be at its end.
            let _ = spare.send(memory);
        }
    }

    /// The next frame, or how the stream ended.
    pub fn frame(&mut self, signals: &Signals<'_>) -> Result<std::result::Result<Frame, Ending>> {
        let Some(frames) = &self.frames else {
            return Err(Error::new(ErrorKind::Backend, "the stream of frames has ended"));
        };
        let message = loop {
            match frames.recv_timeout(Duration::from_millis(50)) {
                Ok(message) => break message,
                Err(RecvTimeoutError::Timeout) => signals.check_cancelled()?,
                Err(RecvTimeoutError::Disconnected) => {
                    break Message::Failed(Error::new(ErrorKind::Backend, "the thread that reads frames ended"));
                }
            }
        };
        match message {
            Message::Frame(frame) => {
                self.next += 1;
                self.delivered += 1;
                Ok(Ok(frame))
            }
            Message::Failed(e) => Ok(Err(Ending::Broken(e))),
            Message::End(rest) => Ok(Err(ending(&mut self.process, rest)?)),
        }
    }
}

impl Drop for Decoder {
    fn drop(&mut self) {
        // The order matters: nobody listens any more, nobody speaks any more, then the thread is at its end.
        self.frames = None;
        self.process.kill();
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

fn pump(mut stdout: ChildStdout, dtype: Dtype, shape: &[usize], send: &SyncSender<Message>) {
    loop {
        let message = match fresh(&mut stdout, dtype, shape) {
            Ok(message) => message,
            Err(e) => Message::Failed(e),
        };
        let over = !matches!(message, Message::Frame(_));
        // An error says that the decoder was dropped.
        if send.send(message).is_err() || over {
            return;
        }
    }
}

/// Uses no more buffers than there are places for frames: one that is filled, those that wait, one that is converted.
fn pump_planes(mut stdout: ChildStdout, size: usize, send: &SyncSender<Message>, reused: &Receiver<Vec<u8>>) {
    loop {
        let mut memory = reused.try_recv().unwrap_or_else(|_| vec![0; size]);
        let message = match fill(&mut stdout, &mut memory) {
            Ok(filled) if filled == size => Message::Frame(Frame::Planes(memory)),
            Ok(filled) => Message::End(filled),
            Err(e) => Message::Failed(e.into()),
        };
        let over = !matches!(message, Message::Frame(_));
        if send.send(message).is_err() || over {
            return;
        }
    }
}

fn fresh(stdout: &mut ChildStdout, dtype: Dtype, shape: &[usize]) -> Result<Message> {
    // Whoever asked has checked the limits; a sink of its own gives memory as core makes it.
    let mut sink = FrameSink::fresh(&Limits::none());
    let bytes = sink.bytes(dtype, shape)?;
    let filled = fill(stdout, bytes)?;
    if filled < bytes.len() {
        return Ok(Message::End(filled));
    }
    let image = sink.finish()?;
    image
        .map(|image| Message::Frame(Frame::Image(image)))
        .ok_or_else(|| Error::new(ErrorKind::Backend, "a frame has no memory of its own"))
}

/// Fills `bytes` as far as there is something; the number of bytes that there were.
pub(super) fn fill(from: &mut impl Read, bytes: &mut [u8]) -> io::Result<usize> {
    let mut at = 0;
    while at < bytes.len() {
        match from.read(&mut bytes[at..]) {
            Ok(0) => break,
            Ok(n) => at += n,
            Err(e) if e.kind() == IoKind::Interrupted => {}
            Err(e) => return Err(e),
        }
    }
    Ok(at)
}

/// The pipe that frames come through.
pub(super) fn stdout(process: &mut Process) -> Result<ChildStdout> {
    process.take_stdout().ok_or_else(|| Error::new(ErrorKind::Backend, "ffmpeg has no standard output"))
}

/// What the end of the pipe means: `rest` bytes of a frame were left.
pub(super) fn ending(process: &mut Process, rest: usize) -> Result<Ending> {
    let status = process.wait_for(Duration::from_secs(5))?;
    let log = process.log();
    if log.iter().any(|line| line.contains(CHANGED)) {
        return Ok(Ending::Broken(
            Error::unsupported("the size of the frames changes in the middle of the video")
                .with_hint("read up to there with option `end`, or convert the video to one size first"),
        ));
    }
    if !status.success() {
        let e = process.failure("decoding");
        // What a signal ended is no fault of the file.
        let kind = if status.code().is_some() { ErrorKind::Malformed } else { ErrorKind::Backend };
        return Ok(Ending::Broken(e.with_kind(kind)));
    }
    if rest > 0 {
        return Ok(Ending::Broken(Error::new(ErrorKind::Backend, format!("ffmpeg ended {rest} bytes into a frame"))));
    }
    Ok(Ending::Clean(log))
}
