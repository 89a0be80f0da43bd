use std::collections::VecDeque;
use std::io::{Seek, SeekFrom};
use std::sync::Arc;
use std::time::Duration;

use imageio_core::{Error, ImageWriter, Request, Result, Sink, WriteCx};

use crate::animation::{Planned, Planner, Reduced};
use crate::encode::{self, Head};
use crate::lzw::Encoder;
use crate::metadata::Stored as StoredMetadata;
use crate::options::WriteOptions;
use crate::palette::is_grey_ramp;
use crate::pixels::{Kind, Picture};
use crate::quantize::{CLEAR, ExactPalette, Reducer, Rules, join, split};
use crate::tables::{GlobalTable, Style};
use crate::timing::{self, Clock};
use crate::workers;

/// Pixels of the frames in flight, at most, unless one frame has more.
const PIXELS_IN_FLIGHT: usize = 1 << 24;

/// Frames that a palette for all frames is chosen from; a fixed number, so that no file depends on the machine.
const LEARNT: usize = 8;

/// A GIF that is being written. A few frames are in flight: they are reduced and encoded side by side, and one
/// waits for its successor, which tells what of it has to be disposed of.
pub(crate) struct GifWriter {
    sink: Sink,
    start: u64,
    options: WriteOptions,
    metadata: StoredMetadata,
    waiting: Vec<(Picture, Option<Duration>)>,
    reduced: VecDeque<Reduced>,
    shape: Option<(usize, usize, Kind)>,
    /// Some pixels were neither transparent nor opaque.
    partly: bool,
    /// More than one frame, as far as is known.
    several: bool,
    still: bool,
    planner: Option<Planner>,
    global: Option<GlobalTable>,
    shared: Option<SharedPalette>,
    clock: Clock,
    reducers: Vec<Reducer>,
    encoders: Vec<Encoder>,
    notes: Vec<String>,
}

/// One palette for all frames.
struct SharedPalette {
    exact: ExactPalette,
    palette: Vec<[u8; 3]>,
    /// Colours are not added any more: there were too many.
    full: bool,
}

impl GifWriter {
    /// Prepares to write; nothing is written yet.
    pub fn open(request: &mut dyn Request<'_>) -> Result<Self> {
        let options = WriteOptions::parse(request.options())?;
        let mut sink = request.sink()?;
        let start = sink.stream_position()?;
        Ok(GifWriter {
            sink,
            start,
            metadata: StoredMetadata::default(),
            waiting: Vec::new(),
            reduced: VecDeque::new(),
            shape: None,
            partly: false,
            several: false,
            still: false,
            planner: None,
            global: None,
            shared: options.global_palette.then(|| SharedPalette {
                exact: ExactPalette::new(),
                palette: Vec::new(),
                full: false,
            }),
            clock: Clock::default(),
            reducers: Vec::new(),
            encoders: Vec::new(),
            notes: Vec::new(),
            options,
        })
    }

    /// Colours that a palette may have beside a transparent index.
    fn most(&self, alpha: bool) -> usize {
        let colors = usize::from(self.options.colors.clamp(2, 256));
        if alpha || self.shared.is_some() { colors - 1 } else { colors }
    }

    fn rules(&self) -> Rules {
        Rules { quantizer: self.options.quantizer, dither: self.options.dither }
    }

    /// Takes the frames that wait through all stages; the last one of all only if it is known to be the last.
    fn advance(&mut self, last: bool) -> Result<()> {
        self.reduce()?;
        let Some((width, height, kind)) = self.shape else { return Ok(()) };
        let alpha = kind == Kind::Rgba;
        let optimize = self.options.optimize;
        let planner = self.planner.get_or_insert_with(|| Planner::new(width, height, alpha, optimize));
        let mut planned = Vec::new();
        while let Some(frame) = self.reduced.pop_front() {
            if self.reduced.is_empty() && !last {
                self.reduced.push_front(frame);
                break;
            }
            planned.push(planner.plan(frame, self.reduced.front()));
        }
        if planned.is_empty() {
            return Ok(());
        }
        if self.global.is_none() {
            self.begin(&planned, width, height, kind)?;
        }
        let Some(global) = &self.global else { return Ok(()) };
        let grey = kind == Kind::Grey;
        let shared = grey || self.shared.is_some();
        let style = Style { width, alpha, grey, interlace: self.options.interlace, global, shared };
        if self.encoders.len() < planned.len() {
            self.encoders.resize_with(planned.len(), Encoder::new);
        }
        let stored = workers::map(&mut planned, &mut self.encoders, |planned, encoder| style.store(planned, encoder));
        for (planned, stored) in planned.iter().zip(stored) {
            let stored = stored?;
            let timed = self.several || planned.frame.duration.is_some();
            let delay = self.clock.delay(planned.frame.duration, self.several);
            if timed || stored.transparent.is_some() {
                encode::write_control(&mut self.sink, planned.disposal, delay, stored.transparent)?;
            }
            std::io::Write::write_all(&mut self.sink, &stored.bytes)?;
        }
        Ok(())
    }

    /// Writes what stands before the first frame.
    fn begin(&mut self, planned: &[Planned], width: usize, height: usize, kind: Kind) -> Result<()> {
        let Some(first) = planned.first() else { return Ok(()) };
        let alpha = kind == Kind::Rgba;
        let global = match &self.shared {
            Some(shared) => GlobalTable::new(&shared.palette, u8::try_from(self.most(alpha)).ok()),
            None => {
                let colours = &first.frame.palette;
                // A free index lets later frames leave out what does not change.
                let wanted = alpha || self.several && self.options.optimize;
                let slot = u8::try_from(colours.len()).ok().filter(|_| wanted);
                GlobalTable::new(colours, slot)
            }
        };
        let loop_count = self.options.loop_count.or(self.metadata.loop_count).or(self.several.then_some(0));
        let head = Head {
            width,
            height,
            background: if alpha { global.transparent.unwrap_or(0) } else { 0 },
            palette: &global.palette,
            loop_count,
            comment: self.options.comment.as_deref().or(self.metadata.comment.as_deref()),
            xmp: self.metadata.xmp.as_deref(),
            icc: self.metadata.icc.as_deref(),
        };
        head.write(&mut self.sink)?;
        self.global = Some(global);
        Ok(())
    }

    /// Reduces the colours of the frames that wait.
    fn reduce(&mut self) -> Result<()> {
        let Some((width, _, kind)) = self.shape else { return Ok(()) };
        let alpha = kind == Kind::Rgba;
        let mut waiting = std::mem::take(&mut self.waiting);
        if self.reducers.len() < waiting.len() {
            self.reducers.resize_with(waiting.len(), Reducer::new);
        }
        let (most, rules) = (self.most(alpha), self.rules());
        let reduced = match &mut self.shared {
            Some(shared) => {
                let first = self.planner.is_none() && self.reduced.is_empty();
                if shared.learn(&waiting, most, first, &mut self.reducers, rules) {
                    self.notes.push(format!("the palette is full: some colours are the nearest of {most}"));
                }
                let shared = &*shared;
                workers::map(&mut waiting, &mut self.reducers, |(picture, duration), reducer| {
                    let mut indices = vec![0; picture.pixels.len()];
                    if !shared.look_up(picture, &mut indices) {
                        reducer.map(&picture.pixels, width, &shared.palette, rules.dither, &mut indices);
                    }
                    finish(picture, *duration, shared.palette.clone(), indices)
                })
            }
            None => {
                let colors = usize::from(self.options.colors.clamp(2, 256));
                let still = self.still;
                workers::map(&mut waiting, &mut self.reducers, |(picture, duration), reducer| {
                    // A still without a transparent pixel does not need the index for it.
                    let spare = alpha && (!still || picture.pixels.contains(&CLEAR));
                    let most_exact = if spare { most } else { colors };
                    let (mut palette, mut indices) = reducer.reduce(&picture.pixels, width, most_exact, most, rules);
                    if picture.kind == Kind::Rgb && is_grey_ramp(&palette) {
                        no_ramp(&mut palette, &mut indices);
                    }
                    finish(picture, *duration, palette, indices)
                })
            }
        };
        for frame in reduced {
            match self.reduced.back_mut() {
                Some(before) if self.options.merge_duplicates && before.shown == frame.shown => {
                    let default = timing::DEFAULT;
                    let sum = before.duration.unwrap_or(default) + frame.duration.unwrap_or(default);
                    before.duration = Some(sum);
                }
                _ => self.reduced.push_back(frame),
            }
        }
        Ok(())
    }
}

/// What a frame looks like with its new palette.
fn finish(
    picture: &mut Picture,
    duration: Option<Duration>,
    mut palette: Vec<[u8; 3]>,
    mut indices: Vec<u8>,
) -> Reduced {
    let mut shown = std::mem::take(&mut picture.pixels);
    let mut colours = [0; 256];
    for (to, colour) in colours.iter_mut().zip(&palette) {
        *to = join(*colour);
    }
    for (pixel, index) in shown.iter_mut().zip(&indices) {
        if *pixel != CLEAR {
            *pixel = colours[usize::from(*index)];
        }
    }
    if picture.kind == Kind::Grey {
        // The grey ramp as palette is what makes a reader see grey.
        for (index, pixel) in indices.iter_mut().zip(&shown) {
            *index = split(*pixel)[0];
        }
        palette = (0..=255).map(|v| [v; 3]).collect();
    }
    Reduced { palette, indices, shown: Arc::new(shown), duration }
}

/// Changes the order of a palette, which alone would make a reader see a grey picture.
fn no_ramp(palette: &mut [[u8; 3]], indices: &mut [u8]) {
    if let [first, second, ..] = palette {
        std::mem::swap(first, second);
        for index in indices {
            *index = if *index < 2 { 1 - *index } else { *index };
        }
    }
}

impl SharedPalette {
    /// Takes in the colours of some frames; `true` if this is where they became too many.
    fn learn(
        &mut self,
        frames: &[(Picture, Option<Duration>)],
        most: usize,
        first: bool,
        reducers: &mut [Reducer],
        rules: Rules,
    ) -> bool {
        if self.full {
            return false;
        }
        let mut indices = Vec::new();
        let fits = frames.iter().all(|(picture, _)| {
            indices.resize(picture.pixels.len(), 0);
            self.exact.map(&picture.pixels, most, &mut indices)
        });
        self.full = !fits;
        if let (true, false, Some(reducer)) = (first, fits, reducers.first_mut()) {
            // Nothing is written yet: the palette may still be any.
            self.palette = reducer.choose(frames.iter().map(|(picture, _)| picture.pixels.as_slice()), most, rules);
            return false;
        }
        self.palette = self.exact.palette();
        self.full
    }

    /// Looks the colours up while all are known.
    fn look_up(&self, picture: &Picture, indices: &mut [u8]) -> bool {
        if self.full {
            return false;
        }
        let mut last = (CLEAR, 0);
        for (pixel, index) in picture.pixels.iter().zip(indices) {
            if *pixel != last.0 && *pixel != CLEAR {
                let Some(found) = self.exact.find(*pixel) else { return false };
                last = (*pixel, found);
            }
            *index = last.1;
        }
        true
    }
}

impl ImageWriter for GifWriter {
    fn write_frame(&mut self, cx: &WriteCx<'_>) -> Result<()> {
        let picture = Picture::new(cx, self.options.alpha_threshold)?;
        let shape = (picture.width, picture.height, picture.kind);
        self.partly |= picture.partly;
        match self.shape {
            None => {
                self.shape = Some(shape);
                self.still = cx.n_images() == Some(1);
                self.several = cx.n_images().is_some_and(|n| n > 1);
                if let Some(metadata) = cx.metadata() {
                    self.metadata = StoredMetadata::new(metadata, &mut self.notes);
                }
                if self.still || picture.kind == Kind::Grey {
                    self.shared = None;
                }
            }
            Some(first) if first != shape => {
                let (width, height, kind) = first;
                let kind = match kind {
                    Kind::Grey => "grey",
                    Kind::Rgb => "RGB",
                    Kind::Rgba => "RGBA",
                };
                return Err(Error::mismatch(format!("an image of shape {:?}", cx.image().shape()))
                    .with_hint(format!("the frames before it are {kind} of {width} x {height} pixels")));
            }
            Some(_) => self.several = true,
        }
        if self.still && cx.index() > 0 {
            self.still = false;
        }
        let duration = timing::of_frame(&self.options, cx.metadata(), cx.index())?;
        let area = picture.width * picture.height;
        self.waiting.push((picture, duration));
        let most = if self.shared.is_some() { LEARNT } else { 2 * imageio_parallel::threads() };
        let room = (PIXELS_IN_FLIGHT / area.max(1)).clamp(1, most);
        if self.waiting.len() >= room { self.advance(false) } else { Ok(()) }
    }

    fn finish(mut self: Box<Self>) -> Result<()> {
        self.advance(true)?;
        std::io::Write::write_all(&mut self.sink, &[0x3B])?;
        if let (Some(shared), Some(global)) = (&self.shared, &self.global) {
            // The table may have grown since it was written.
            let bits = encode::table_bits(global.palette.len());
            self.sink.seek(SeekFrom::Start(self.start + encode::PALETTE_AT))?;
            encode::write_palette(&mut self.sink, &shared.palette, bits)?;
            self.sink.seek(SeekFrom::End(0))?;
        }
        Ok(())
    }

    fn notes(&self) -> Vec<String> {
        let mut notes = self.notes.clone();
        if self.partly {
            let threshold = self.options.alpha_threshold;
            notes.push(format!("partly transparent pixels were made transparent below {threshold}, else opaque"));
        }
        notes.extend(self.clock.notes());
        notes
    }
}
