//! An opened video.

use std::collections::HashMap;
use std::ops::Range;

use ffmpeg_sidecar::command::FfmpegCommand;
use imageio_core::{
    Error, ErrorKind, ImageProperties, ImageReader, Index as Which, Limits, Metadata, Options, Orientation, QueryCx,
    ReadCx, Result, Signals,
};
use imageio_yuv::Converter;

use super::convert::Planes;
use super::decode::{Decoder, Frame};
use super::options::Count;
use super::plan::Plan;
use super::seek::{Attempt, Seeking};
use super::source::Source;
use super::{choose, count, metadata};
use crate::find::Tools;
use crate::probe::{self, Container, Index, Listing, Own, Stream};
use crate::process::{Pipes, Process};
use crate::watch::{self, Look, Watch};

/// Frames that are let pass by rather than starting ffmpeg anew: starting costs about as much.
const NEAR: usize = 12;

/// Frames on their way from planes to RGB.
pub(super) struct Converting {
    pub planes: Planes,
    watch: Watch,
    /// How the last frame looked, and its conversion.
    converter: Option<(Look, Converter)>,
}

/// An opened video. ffmpeg runs from the first frame that is asked for until another place is, or until this is
/// dropped.
pub(super) struct VideoReader {
    pub tools: Tools,
    pub source: Source,
    pub container: Container,
    /// The plan for the options that were asked for last.
    plan: Option<(Options, Plan)>,
    /// Packets of each stream that was asked for.
    pub indices: HashMap<u32, Index>,
    /// How packets are listed without ffprobe.
    listing: Option<Listing>,
    /// Where decoding may begin, for each stream.
    seekings: HashMap<u32, Seeking>,
    /// Numbers of frames that cost something to find, by what was asked.
    pub counts: Vec<(Options, Option<usize>)>,
    pub decoder: Option<(Options, Decoder)>,
    /// The decoder's frames are planes, and how they are converted.
    pub planes: Option<Converting>,
    /// Streams in which ffmpeg converted something that could not be converted here.
    pub foreign: Vec<u32>,
    /// Frames of a stream between two times that were asked for.
    window: Option<((u32, Option<f64>, Option<f64>), Range<usize>)>,
    pub log: Vec<String>,
    /// `container` is all that there is to say.
    pub is_complete: bool,
    /// Options with which this was opened, and its limits.
    pub opened: (Options, Limits),
}

impl VideoReader {
    pub fn new(tools: Tools, source: Source, own: Own, options: Options, limits: Limits) -> Self {
        let Own { container, indices, listing, is_complete } = own;
        let log = container.log.clone();
        VideoReader {
            tools,
            source,
            container,
            plan: None,
            indices,
            listing,
            seekings: HashMap::new(),
            counts: Vec::new(),
            decoder: None,
            planes: None,
            foreign: Vec::new(),
            window: None,
            log,
            is_complete,
            opened: (options, limits),
        }
    }

    /// What `options` ask for.
    pub fn plan(&mut self, options: &Options) -> Result<(Plan, Stream)> {
        let stream = {
            let nth = super::ReadOptions::parse(options)?.stream;
            choose(&self.container, nth)?.clone()
        };
        if let Some((of, plan)) = &self.plan
            && of == options
        {
            return Ok((plan.clone(), stream));
        }
        let plan = Plan::new(options, &self.tools, &stream)?;
        self.plan = Some((options.clone(), plan.clone()));
        Ok((plan, stream))
    }

    /// The packets of a stream, listed when they are first asked for.
    pub fn index(&mut self, stream: &Stream) -> Result<&Index> {
        use std::collections::hash_map::Entry;
        match self.indices.entry(stream.index) {
            Entry::Occupied(entry) => Ok(entry.into_mut()),
            Entry::Vacant(entry) => {
                let listing = self.listing.as_ref().filter(|l| l.stream == stream.index && !self.source.is_far());
                let content = self.source.plain.as_ref();
                let own = content.zip(listing).and_then(|(c, l)| probe::list(c, l, &self.opened.1, false));
                let index = own.map_or_else(|| probe::packets(&self.tools, &self.source.input, stream), Ok);
                self.source.check()?;
                let index = index?;
                for line in &index.log {
                    if !self.log.contains(line) {
                        self.log.push(line.clone());
                    }
                }
                Ok(entry.insert(index))
            }
        }
    }

    /// The packets of a stream, if they were listed already.
    pub fn known_index(&self, stream: &Stream) -> Option<&Index> {
        self.indices.get(&stream.index)
    }

    /// Where decoding may begin in a stream.
    fn seeking(&mut self, stream: &Stream) -> Result<&Seeking> {
        if !self.seekings.contains_key(&stream.index) {
            let index = self.index(stream)?.clone();
            // Where some packets give no frame, the time of a packet does not tell which frame it is.
            let is_sure = self.frames_of_packets(stream)? == Some(index.len());
            let seeking = match is_sure {
                true => Seeking::new(&self.tools, &self.source.input, stream, &index),
                false => Seeking::default(),
            };
            self.seekings.insert(stream.index, seeking);
        }
        self.seekings.get(&stream.index).ok_or_else(|| Error::new(ErrorKind::Backend, "the places to begin are lost"))
    }

    /// Starts ffmpeg so that the first frame that it prints is number `attempt.first` of the result.
    /// With `watch`, frames are planes.
    pub fn start(&self, plan: &Plan, stream: &Stream, attempt: &Attempt, watch: Option<&Watch>) -> Result<Process> {
        let mut command = FfmpegCommand::new_with_path(&self.tools.ffmpeg);
        let level = if watch.is_some() { watch::LEVEL } else { "error" };
        command.args(["-hide_banner", "-v", level, "-nostats", "-nostdin", "-noautorotate"]);
        if plan.options.threads > 0 {
            command.args(["-threads", &plan.options.threads.to_string()]);
        }
        if let Some(hardware) = &plan.options.hwaccel {
            command.args(["-hwaccel", hardware]);
        }
        if attempt.keeps_times {
            command.arg("-copyts");
        }
        if let Some(seconds) = &attempt.seek {
            command.args(["-noaccurate_seek", "-seek_timestamp", "1", "-ss", seconds]);
        }
        command.args(self.source.input.arguments());
        plan.output(&mut command, &self.tools, stream, attempt.select.clone(), watch.is_some());
        command.args(["-f", "rawvideo"]);
        if watch.is_none() {
            command.args(["-pix_fmt", &plan.format.ffmpeg_name()]);
        }
        command.arg("pipe:1");
        log::debug!("{:?}", command.as_inner());
        let pipes = Pipes { stdout: true, ..Pipes::default() };
        match watch {
            Some(watch) => Process::start_watched(&mut command, pipes, watch.clone()),
            None => Process::start(&mut command, pipes),
        }
    }

    /// The ways to come to frame `k` of the result, the quickest first.
    pub fn attempts(&mut self, plan: &Plan, stream: &Stream, k: usize) -> Result<Vec<Attempt>> {
        let (start, end) = (plan.options.start, plan.options.end);
        if self.source.is_live {
            return Ok(vec![Attempt::beginning()]);
        }
        if plan.one_to_one {
            let first = match start {
                Some(_) => self.window(plan, stream)?.start,
                None => 0,
            };
            if first + k == 0 {
                return Ok(vec![Attempt::beginning()]);
            }
            return Ok(self.seeking(stream)?.attempts(first + k, k));
        }
        if start.is_none() && end.is_none() {
            return Ok(vec![Attempt::beginning()]);
        }
        let window = self.window(plan, stream)?;
        Ok(self.seeking(stream)?.window(window))
    }

    /// Frames of the stream that lie between the options `start` and `end`.
    pub fn window(&mut self, plan: &Plan, stream: &Stream) -> Result<Range<usize>> {
        let asked = (stream.index, plan.options.start, plan.options.end);
        match &self.window {
            Some((of, window)) if *of == asked => Ok(window.clone()),
            _ => {
                let index = self.index(stream)?;
                let window = count::window(index, stream, asked.1, asked.2);
                self.window = Some((asked, window.clone()));
                Ok(window)
            }
        }
    }

    /// The planes that frames from number `first` on can come in.
    pub fn planes(&self, plan: &Plan, stream: &Stream, first: usize) -> Option<Planes> {
        if self.source.is_live || self.foreign.contains(&stream.index) {
            return None;
        }
        let planes = Planes::of(plan, stream)?;
        let seconds = stream.duration.or(self.container.duration);
        let by_time = || Some((seconds? * stream.rate()?.as_f64()) as u64);
        let frames = stream.n_frames.map(|n| n as u64).or_else(by_time);
        // Who begins elsewhere may want no more than one.
        planes.are_worth_it(&self.tools, frames.filter(|_| first == 0)).then_some(planes)
    }

    /// Starts decoding for [`frame`](Self::frame) and [`batch`](Self::batch).
    pub fn begin(&mut self, plan: &Plan, stream: &Stream, options: &Options, attempt: &Attempt) -> Result<()> {
        self.planes = None;
        let decoder = match self.planes(plan, stream, attempt.first) {
            Some(planes) => {
                let watch = Watch::default();
                let process = self.start(plan, stream, attempt, Some(&watch))?;
                let decoder = Decoder::of_planes(process, planes.size, attempt.first)?;
                // While the child gets going.
                let look = planes.look.clone();
                let converter = planes.trial(&self.tools, &look).map(|converter| (look, converter));
                self.planes = Some(Converting { planes, watch, converter });
                decoder
            }
            None => {
                let process = self.start(plan, stream, attempt, None)?;
                Decoder::new(process, plan.format.dtype, &shape(plan)?, attempt.first)?
            }
        };
        self.decoder = Some((options.clone(), decoder));
        Ok(())
    }

    /// How the frame that came last is converted; `None` if that is left to ffmpeg.
    pub fn converter(&mut self, signals: &Signals<'_>) -> Result<Option<Converter>> {
        let (Some(converting), Some((_, decoder))) = (&mut self.planes, &self.decoder) else { return Ok(None) };
        let last = decoder.delivered.saturating_sub(1);
        let look = match &converting.converter {
            // Nothing can be converted, so there is nothing to wait for.
            None => None,
            Some(_) => converting.watch.look(last, Some(signals))?,
        };
        let Some(look) = look else { return Ok(None) };
        match &converting.converter {
            Some((of, converter)) if *of == look => Ok(Some(*converter)),
            // Newer versions bring later frames to the look of the first, so that this is no longer theirs.
            _ if last > 0 => Ok(None),
            _ => {
                let converter = converting.planes.trial(&self.tools, &look);
                converting.converter = converter.map(|converter| (look, converter));
                Ok(converter)
            }
        }
    }

    /// Gives a frame that came to `rgb`; `false` if ffmpeg has to convert it instead.
    fn finish(&mut self, frame: Frame, cx: &mut ReadCx<'_, '_>, shape: &[usize]) -> Result<bool> {
        let planes = match frame {
            Frame::Image(image) => return cx.sink().put(image).map(|()| true),
            Frame::Planes(planes) => planes,
        };
        let Some(converter) = self.converter(&cx.signals())? else { return Ok(false) };
        if let (Some(converting), Some((_, decoder))) = (&self.planes, &self.decoder) {
            converting.planes.convert(&converter, &planes, cx.sink().bytes(imageio_core::Dtype::U8, shape)?);
            decoder.reuse(planes);
        }
        Ok(true)
    }

    /// Frame `k` of the result.
    fn frame(&mut self, plan: &Plan, stream: &Stream, k: usize, cx: &mut ReadCx<'_, '_>) -> Result<()> {
        let (shape, options, signals) = (shape(plan)?, cx.options(), cx.signals());
        // ffmpeg itself is not told of the end, since frames are found by where they begin.
        if plan.options.end.is_some() && plan.one_to_one && !self.source.is_live {
            let n = self.window(plan, stream)?.len();
            if k >= n {
                self.decoder = None;
                return Err(Error::index_out_of_range(k, Some(n)));
            }
        }
        let fits = match &self.decoder {
            Some((of, decoder)) => of == options && (self.source.is_live || decoder.next <= k),
            None => false,
        };
        if !fits || self.is_worth_seeking(plan, stream, k)? {
            self.decoder = None;
            if k > 0 {
                self.check_index(plan, stream, options, k)?;
            }
        }
        let mut attempts = Vec::new();
        if self.decoder.is_none() {
            attempts = self.attempts(plan, stream, k)?;
            attempts.reverse();
        }
        loop {
            if self.decoder.is_none() {
                let attempt = attempts.pop().unwrap_or_else(Attempt::beginning);
                self.begin(plan, stream, options, &attempt)?;
            }
            let Some((_, decoder)) = self.decoder.as_mut() else { continue };
            let at = decoder.next;
            let ended = match decoder.frame(&signals)? {
                Ok(frame) if at >= k || self.source.is_live => {
                    if self.finish(frame, cx, &shape)? {
                        return Ok(());
                    }
                    self.foreign.push(stream.index);
                    self.decoder = None;
                    // From the beginning: where frames change their format, filters begin to count anew.
                    attempts = self.attempts(plan, stream, 0)?;
                    attempts.reverse();
                    continue;
                }
                Ok(Frame::Planes(planes)) => {
                    decoder.reuse(planes);
                    continue;
                }
                Ok(Frame::Image(_)) => continue,
                Err(ended) => ended,
            };
            let (came, next) = (decoder.delivered, decoder.next);
            self.decoder = None;
            // A decoder that began at a place which was none gave nothing; one that began earlier will.
            if came == 0 && !attempts.is_empty() {
                continue;
            }
            return Err(self.ended(plan, stream, options, ended, next, k));
        }
    }

    /// Whether going to frame `k` by way of a key frame beats letting the frames before it pass by.
    fn is_worth_seeking(&mut self, plan: &Plan, stream: &Stream, k: usize) -> Result<bool> {
        let Some((_, decoder)) = &self.decoder else { return Ok(false) };
        let next = decoder.next;
        if self.source.is_live || !plan.one_to_one || k < next.saturating_add(NEAR) {
            return Ok(false);
        }
        let first = if plan.options.start.is_some() { self.window(plan, stream)?.start } else { 0 };
        let begins = self.seeking(stream)?.begins(first + k);
        Ok(begins.is_some_and(|at| at > first + next + NEAR))
    }

    /// An error if frame `k` is known not to be there.
    pub fn check_index(&mut self, plan: &Plan, stream: &Stream, options: &Options, k: usize) -> Result<()> {
        if self.source.is_live {
            return Ok(());
        }
        match self.n_frames(plan, stream, options) {
            Ok(Some(n)) if k < n => return Ok(()),
            Ok(Some(n)) => return Err(Error::index_out_of_range(k, Some(n))),
            Ok(None) => {}
            // Of a file that ends early, what is there can be read.
            Err(_) if k < self.index(stream)?.len() => return Ok(()),
            Err(e) => return Err(e),
        }
        // There are at most as many frames as packets, even where nobody knows how many.
        if plan.one_to_one && k >= self.index(stream)?.n_packets() {
            return Err(Error::index_out_of_range(k, None));
        }
        Ok(())
    }
}

/// Shape of a frame.
pub(super) fn shape(plan: &Plan) -> Result<Vec<usize>> {
    Ok(plan.format.properties(plan.height, plan.width)?.shape)
}

impl ImageReader for VideoReader {
    fn properties(&mut self, cx: &QueryCx<'_>) -> Result<ImageProperties> {
        self.trusting(|reader| {
            let (plan, stream) = reader.plan(cx.options())?;
            if cx.index() > 0 {
                reader.check_index(&plan, &stream, cx.options(), cx.index())?;
            }
            let n = reader.known_count(&plan, &stream, cx.options());
            Ok(plan.format.properties(plan.height, plan.width)?.with_n_images(n))
        })
    }

    fn read_frame(&mut self, cx: &mut ReadCx<'_, '_>) -> Result<()> {
        self.trusting(|reader| {
            let (plan, stream) = reader.plan(cx.options())?;
            cx.sink().check(plan.format.dtype, &shape(&plan)?)?;
            reader.frame(&plan, &stream, cx.index(), cx)
        })
    }

    fn metadata(&mut self, cx: &QueryCx<'_>) -> Result<Metadata> {
        if cx.whole() {
            self.complete()?;
        }
        self.trusting(|reader| reader.describe(cx))
    }

    fn count(&mut self, cx: &QueryCx<'_>) -> Result<Option<usize>> {
        self.trusting(|reader| {
            let (plan, stream) = reader.plan(cx.options())?;
            reader.n_frames(&plan, &stream, cx.options())
        })
    }

    fn estimate(&mut self, cx: &QueryCx<'_>) -> Result<Option<usize>> {
        let (plan, stream) = self.plan(cx.options())?;
        let counts = plan.options.count == Count::Exact || plan.options.start.is_some() || plan.options.end.is_some();
        if counts || !plan.one_to_one || !self.source.is_far() {
            return Ok(None);
        }
        Ok(metadata::estimate(&self.container, &stream))
    }

    fn default_index(&self) -> Which {
        // A camera has no end that could be read up to.
        if self.source.is_live { Which::At(0) } else { Which::All }
    }

    fn is_uniform(&self) -> bool {
        true
    }

    fn orientation(&mut self, cx: &QueryCx<'_>) -> Result<Orientation> {
        let (_, stream) = self.plan(cx.options())?;
        Ok(stream.orientation())
    }

    fn read_batch(&mut self, range: Range<usize>, cx: &mut ReadCx<'_, '_>) -> Result<bool> {
        self.trusting(|reader| reader.batch(range.clone(), cx))
    }

    fn notes(&self) -> Vec<String> {
        self.log.iter().map(|line| format!("ffmpeg: {line}")).collect()
    }
}
