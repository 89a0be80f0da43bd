//! Writing: frames go through a pipe to an ffmpeg that encodes them into the staged file.

mod container;
mod encoder;
mod input;
mod matroska;
mod options;
mod plan;
mod tags;
mod timing;

use std::io::{self, Write};
use std::process::ChildStdin;
use std::time::Duration;

use imageio_core::{Error, ErrorKind, ImageWriter, LocalPath, Options, Request, Result, WriteCx};

use self::input::Input;
pub use self::options::{Bitrate, ColorRange, ColorSpace, OddSize, WriteOptions};
use self::plan::{Plan, Wishes};
use self::timing::Timing;
use crate::find::Tools;
use crate::process::{Pipes, Process};
use crate::read::SourceOptions;

/// Prepares to write a video. Nothing is started yet: the first frame says of what size it will be.
pub(crate) fn open(request: &mut dyn Request<'_>) -> Result<Box<dyn ImageWriter>> {
    let options = WriteOptions::parse(request.options())?;
    let SourceOptions { input_arguments, .. } = source_options(request.options())?;
    let tools = tools(request.options())?;
    let extension = request.extension().map(str::to_owned);
    Ok(Box::new(VideoWriter {
        path: request.local_path_for_write()?,
        options,
        input_arguments,
        tools,
        extension,
        running: None,
        notes: Vec::new(),
    }))
}

/// Finds ffmpeg, and has it list its encoders meanwhile: either takes as long as a small video.
fn tools(options: &Options) -> Result<Tools> {
    std::thread::scope(|scope| {
        if let Ok(presumed) = Tools::presume(options) {
            // What goes wrong is said by who needs the list.
            let _ = std::thread::Builder::new().spawn_scoped(scope, move || encoder::list(&presumed.ffmpeg).is_ok());
        }
        Tools::find_ffmpeg(options)
    })
}

/// Of the options for places that videos are read from, the one that holds for writing as well.
fn source_options(options: &Options) -> Result<SourceOptions> {
    let given = SourceOptions::parse(options)?;
    let known = SourceOptions { input_arguments: given.input_arguments.clone(), ..SourceOptions::default() };
    if given == known {
        return Ok(given);
    }
    let names: Vec<&str> = SourceOptions::SPECS.iter().map(|s| s.name).filter(|n| options.get(n).is_some()).collect();
    Err(Error::new(ErrorKind::InvalidOption, format!("for reading alone: {}", names.join(", ")))
        .with_hint("a video is written with `fps`, `container` and `in_pixel_format`"))
}

/// A video that is being written.
struct VideoWriter {
    // Before the path: what writes to it ends first.
    running: Option<Running>,
    path: LocalPath,
    options: WriteOptions,
    input_arguments: Vec<String>,
    tools: Tools,
    extension: Option<String>,
    notes: Vec<String>,
}

/// An ffmpeg that takes frames.
struct Running {
    process: Process,
    stdin: Option<ChildStdin>,
    input: Input,
    timing: Timing,
    tick: Duration,
    /// When the next frame is shown, where frames have times of their own.
    time: Duration,
}

impl VideoWriter {
    fn start(&mut self, cx: &WriteCx<'_>) -> Result<Running> {
        let mut input = Input::new(cx.image(), self.options.in_pixel_format.as_deref())?;
        let wishes = Wishes {
            tools: &self.tools,
            options: &self.options,
            input_arguments: &self.input_arguments,
            metadata: cx.metadata(),
            extension: self.extension.as_deref(),
            path: &self.path,
        };
        let Plan { mut command, timing, tick, notes } = wishes.plan(&mut input)?;
        self.notes = notes;
        log::debug!("{:?}", command.as_inner());
        let mut process = Process::start(&mut command, Pipes { stdin: true, stdout: false })?;
        let stdin = process.take_stdin();
        let mut running = Running { process, stdin, input, timing, tick, time: Duration::ZERO };
        if let (Timing::Each(_), Some(four_cc)) =
            (&running.timing, matroska::four_cc(&running.input.format.ffmpeg_name()))
        {
            let Input { width, height, pad, .. } = running.input;
            let head = matroska::head(width + pad.0, height + pad.1, four_cc, tick);
            running.send(&head, 0)?;
        }
        Ok(running)
    }
}

impl Running {
    fn frame(&mut self, cx: &WriteCx<'_>) -> Result<()> {
        self.input.check(cx.image())?;
        let bytes = self.input.bytes(cx.image())?;
        if let Timing::Each(durations) = &self.timing {
            let Some(duration) = durations.get(cx.index()).copied() else {
                let n = durations.len();
                return Err(Error::mismatch(format!("there are {n} durations and more frames"))
                    .with_hint("`duration` has one for all frames, or one for each"));
            };
            let ticks = |d: Duration| u64::try_from(d.as_nanos() / self.tick.as_nanos().max(1)).unwrap_or(u64::MAX);
            let head = matroska::frame_head(ticks(self.time), ticks(duration), bytes.len());
            self.time += duration;
            self.send(&head, cx.index())?;
        }
        self.send(&bytes, cx.index())
    }

    fn send(&mut self, bytes: &[u8], index: usize) -> Result<()> {
        let sent = match &mut self.stdin {
            Some(stdin) => stdin.write_all(bytes),
            None => Err(io::ErrorKind::BrokenPipe.into()),
        };
        sent.map_err(|e| {
            self.stdin = None;
            match e.kind() {
                io::ErrorKind::BrokenPipe => explain(self.process.failure(&format!("frame {index} was written"))),
                _ => e.into(),
            }
        })
    }

    fn finish(mut self) -> Result<()> {
        // The end of its input is what tells it to end the file.
        self.stdin = None;
        self.process.succeed("the file was finished").map_err(explain)?;
        let log = self.process.log();
        for line in &log {
            log::debug!("ffmpeg: {line}");
        }
        // Some failures to write the end of a file are told in words alone.
        let failed = log.iter().any(|line| line.contains("[error]") || line.contains("[fatal]"));
        if failed { Err(explain(self.process.failure("the file was finished"))) } else { Ok(()) }
    }
}

/// Says what a failure means where its words tell.
fn explain(e: Error) -> Error {
    let text = e.to_string();
    if text.contains("No space left on device") || text.contains("File too large") {
        return e.with_kind(ErrorKind::Io).with_hint("the disk is full; the target is as it was");
    }
    if text.contains("matches no streams") {
        return e.with_kind(ErrorKind::InvalidOption).with_hint("the file of option `audio` has no audio");
    }
    if text.contains("not divisible by 2") || text.contains("must be a multiple of") || text.contains("must be even") {
        return e.with_kind(ErrorKind::Mismatch).with_hint("option `odd_size` = `pad` or `crop` gives it such a size");
    }
    if text.contains("not currently supported in container")
        || text.contains("could not find tag for codec")
        || text.contains("are supported for WebM")
        || text.contains("incompatible")
        || text.contains("Could not write header")
    {
        return e.with_kind(ErrorKind::Unsupported).with_hint("that container does not hold this codec");
    }
    if text.contains("Option") && text.contains("not found")
        || text.contains("No such filter")
        || text.contains("Error parsing")
        || text.contains("Error initializing")
        || text.contains("Unable to parse")
        || text.contains("Invalid argument")
    {
        return e.with_kind(ErrorKind::InvalidOption);
    }
    e
}

impl ImageWriter for VideoWriter {
    fn write_frame(&mut self, cx: &WriteCx<'_>) -> Result<()> {
        let mut running = match self.running.take() {
            Some(running) => running,
            None => self.start(cx)?,
        };
        // After a failure it is dropped, which ends ffmpeg.
        running.frame(cx)?;
        self.running = Some(running);
        Ok(())
    }

    fn finish(mut self: Box<Self>) -> Result<()> {
        match self.running.take() {
            Some(running) => running.finish(),
            None => Err(Error::mismatch("no frame was written")),
        }
    }

    fn notes(&self) -> Vec<String> {
        self.notes.clone()
    }
}
