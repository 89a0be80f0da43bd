//! Several pictures of an animation: frames are decoded by two threads and put on the canvas in order.

use std::ops::Range;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};

use imageio_core::{Error, ErrorKind, Result, quietly};

use super::canvas::{Canvas, frame_size, zeros};
use super::image::Decoder;
use crate::codec::Codec;
use crate::container::{Container, Frame, Source, Span};

/// Threads that decode.
const WORKERS: usize = 2;
/// Frames that each of them may be ahead.
const AHEAD: usize = 2;

/// An animation whose pictures are wanted in order.
pub(super) struct Animation<'a, 'r> {
    pub canvas: &'a mut Canvas,
    pub source: &'a mut Source<'r>,
    pub codec: Option<&'static dyn Codec>,
    pub container: &'a Container,
}

/// One frame to be decoded: its part of the file, and memory for its pixels.
struct Job {
    frame: Frame,
    /// Where in the file the chunks begin.
    start: u64,
    chunks: Vec<u8>,
    pixels: Vec<u8>,
}

/// A thread that decodes, seen from outside.
struct Worker {
    jobs: SyncSender<Job>,
    done: Receiver<Result<Vec<u8>>>,
}

impl Animation<'_, '_> {
    /// Shows every picture of `range` in turn.
    pub(super) fn each(&mut self, range: Range<usize>, mut show: impl FnMut(&[u8])) -> Result<()> {
        let first = self.canvas.first(self.container, range.start);
        if first > range.start {
            // The canvas shows the first one already.
            show(self.canvas.pixels());
        }
        if let (Some(from), Some(to)) = (self.container.frames.get(first), self.container.frames.get(range.end - 1)) {
            self.source.announce(from.start(), to.data);
        }
        self.canvas.forget();
        std::thread::scope(|scope| {
            let workers: Vec<Worker> = (0..WORKERS)
                .map(|_| {
                    let (jobs, mine) = sync_channel::<Job>(AHEAD);
                    let (give, done) = sync_channel(AHEAD);
                    let codec = self.codec;
                    scope.spawn(move || quietly(|| work(&mine, &give, codec)));
                    Worker { jobs, done }
                })
                .collect();
            let mut spare: Vec<Vec<u8>> = Vec::new();
            let mut sent = first;
            for k in first..range.end {
                while sent < range.end && sent < k + WORKERS * AHEAD {
                    let job = self.job(sent, spare.pop())?;
                    workers[sent % WORKERS].jobs.send(job).map_err(|_| failed())?;
                    sent += 1;
                }
                let pixels = workers[k % WORKERS].done.recv().map_err(|_| failed())?.map_err(|e| e.with("frame", k))?;
                let picture = self.canvas.put(self.container, k, &pixels[..frame_size(&self.container.frames[k])]);
                if k >= range.start {
                    show(picture);
                }
                spare.push(pixels);
            }
            Ok(())
        })
        .inspect_err(|_: &Error| self.canvas.forget())
    }

    /// Reads what it takes to decode frame `k`.
    fn job(&mut self, k: usize, spare: Option<Vec<u8>>) -> Result<Job> {
        let frame = self.container.frames[k];
        let start = frame.start();
        let len = frame.data.start + u64::from(frame.data.len) - start;
        let len = u32::try_from(len).map_err(|_| Error::malformed("a frame of more than 4 GiB"))?;
        let mut chunks = Vec::new();
        self.source.chunk(Span { start, len }, &mut chunks)?;
        let size = frame_size(&frame);
        let pixels = match spare {
            Some(pixels) if pixels.len() >= size => pixels,
            _ => zeros(size)?,
        };
        Ok(Job { frame, start, chunks, pixels })
    }
}

fn failed() -> Error {
    Error::new(ErrorKind::Backend, "a decoding thread has ended early")
}

fn work(jobs: &Receiver<Job>, give: &SyncSender<Result<Vec<u8>>>, codec: Option<&'static dyn Codec>) {
    let mut buffer = Vec::new();
    for job in jobs {
        let Job { frame, start, chunks, mut pixels } = job;
        let mut source = Source::part(chunks, start);
        let mut decoder = Decoder { source: &mut source, codec, threads: false, buffer: &mut buffer };
        let result = decoder.decode(&frame, &mut pixels[..frame_size(&frame)], 4);
        if give.send(result.map(|()| pixels)).is_err() {
            return;
        }
    }
}
