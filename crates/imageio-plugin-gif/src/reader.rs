use std::collections::VecDeque;
use std::ops::Range;

use imageio_core::{
    Dtype, Error, ImageProperties, ImageReader, Index, Limits, Metadata, QueryCx, ReadCx, Request, Result, Signals,
};

use crate::batch;
use crate::coded::{Coded, Effect, local_palette};
use crate::compose::{self, Canvas, Plan, Saved, Step};
use crate::draw::Row;
use crate::input::Input;
use crate::layout::Layout;
use crate::lzw::Decoder;
use crate::metadata;
use crate::options::OpenOptions;
use crate::slots;

/// An opened GIF: headers are known as far as they were asked for, and the canvas of the last frame is kept.
pub(crate) struct GifReader<'r> {
    input: Input<'r>,
    layout: Layout,
    channels: Option<usize>,
    coded: Coded,
    decoder: Decoder,
    canvas: Option<Canvas>,
    /// Length of the file, asked only where the canvas is large.
    size: Option<u64>,
}

/// Frames to be drawn from which on they are decoded several at a time.
const LONG: usize = 4;

impl<'r> GifReader<'r> {
    /// Reads headers up to the first frame.
    pub fn open(request: &mut dyn Request<'r>) -> Result<Self> {
        let options = OpenOptions::parse(request.options())?;
        let mut input = Input::open(request)?;
        let layout = Layout::open(&mut input, request.limits(), options.compose)?;
        let size = if layout.width * layout.height > Limits::LARGE_CANVAS { request.size() } else { None };
        Ok(GifReader {
            input,
            layout,
            channels: None,
            coded: Coded::new(),
            decoder: Decoder::new(),
            canvas: None,
            size,
        })
    }

    fn channels(&mut self) -> Result<usize> {
        if let Some(channels) = self.channels {
            return Ok(channels);
        }
        let channels = self.layout.channels(&mut self.input)?;
        self.channels = Some(channels);
        Ok(channels)
    }

    fn require(&mut self, k: usize) -> Result<()> {
        // Frames are composed from those before them, whose data are wanted after their headers.
        if k >= self.layout.frames.len() + LONG {
            self.input.fetch()?;
        }
        match self.layout.find(&mut self.input, k)? {
            true => Ok(()),
            false => Err(Error::index_out_of_range(k, Some(self.layout.frames.len()))),
        }
    }

    /// Loads and decodes frame `i`, unless that was the last thing done.
    fn decode(&mut self, i: usize, limits: &Limits) -> Result<()> {
        if self.coded.decoded == Some(i) {
            return Ok(());
        }
        self.coded.load(&mut self.input, &mut self.layout, i)?;
        let area = self.coded.check(&self.layout, limits)?;
        self.coded.decode(&mut self.decoder, area)
    }

    fn read<const C: usize>(&mut self, cx: &mut ReadCx<'_, '_>) -> Result<()> {
        let (k, limits, signals) = (cx.index(), cx.limits(), cx.signals());
        let shape = self.layout.shape(C);
        cx.sink().check(Dtype::U8, &shape)?;
        self.check_canvas(C, limits)?;
        if let Some(canvas) = self.canvas.as_ref().filter(|canvas| canvas.frame == k) {
            cx.sink().slice::<u8>(&shape)?.copy_from_slice(&canvas.pixels);
            return Ok(());
        }
        let plan = Plan::new(&self.layout, self.canvas.as_ref().map(|c| c.frame), k);
        // Damage and implausible sizes show before memory is asked for.
        if let Some(Step::Draw(i)) = plan.steps.iter().find(|step| matches!(step, Step::Draw(_))) {
            self.decode(*i, limits)?;
        }
        // A failure on the way leaves no canvas rather than a wrong one.
        let kept = self.canvas.take();
        let out = cx.sink().slice::<u8>(&shape)?;
        if let (Some(mut canvas), true) = (kept, plan.go_on) {
            let undo = canvas.undo.take();
            canvas.undo = self.run::<C>(&plan, &mut canvas.pixels, undo, k, limits, signals)?;
            canvas.frame = k;
            out.copy_from_slice(&canvas.pixels);
            self.canvas = Some(canvas);
            return Ok(());
        }
        if !matches!(plan.steps.first(), Some(Step::Draw(i)) if Plan::is_key(&self.layout, *i)) {
            Row::<C>::fill(out, self.initial_colour()?);
        }
        let undo = self.run::<C>(&plan, out, None, k, limits, signals)?;
        // A canvas is worth keeping only if a next frame shows something of it.
        let last = !self.layout.find(&mut self.input, k + 1).unwrap_or(true);
        if !last && !Plan::is_key(&self.layout, k + 1) {
            let mut pixels = Vec::new();
            if pixels.try_reserve_exact(out.len()).is_ok() {
                pixels.extend_from_slice(out);
                self.canvas = Some(Canvas { frame: k, pixels, undo });
            }
        }
        Ok(())
    }

    /// Carries out the steps to frame `k`; gives back what lay below it, if it is to come back.
    fn run<const C: usize>(
        &mut self,
        plan: &Plan,
        pixels: &mut [u8],
        undo: Option<Saved>,
        k: usize,
        limits: &Limits,
        signals: Signals<'_>,
    ) -> Result<Option<Saved>> {
        let mut below = None;
        let (width, height) = (self.layout.width, self.layout.height);
        let draws: Vec<usize> = plan.steps.iter().filter_map(Step::drawn).collect();
        let mut ahead = VecDeque::new();
        let mut spare = Vec::new();
        let mut loaded = 0;
        for step in &plan.steps {
            match *step {
                Step::Undo => {
                    if let Some(saved) = &undo {
                        compose::restore::<C>(pixels, width, saved);
                    }
                }
                Step::Fill(i) => {
                    let colour = self.fill_colour(i)?;
                    if let Some(frame) = self.layout.frames.get(i) {
                        compose::fill::<C>(pixels, width, &frame.rect.clipped(width, height), colour);
                    }
                }
                Step::Draw(i) => {
                    signals.check_cancelled()?;
                    // On a long way several frames are decoded at a time; the last is left to be kept.
                    if ahead.is_empty() && draws.len() - loaded >= LONG && self.coded.decoded != Some(i) {
                        let next = draws.iter().skip(loaded).take(draws.len() - loaded - 1).copied();
                        let mut slots = slots::load(&mut self.input, &mut self.layout, next, &mut spare, limits)?;
                        slots::decode(&mut slots)?;
                        ahead.extend(slots);
                    }
                    loaded += 1;
                    if let Some(slot) = ahead.pop_front() {
                        compose::paint::<C>(pixels, &self.layout, &slot.coded);
                        spare.push(slot);
                        continue;
                    }
                    self.decode(i, limits)?;
                    let undone = i == k && self.layout.effect(i) == Effect::Nothing;
                    if let Some(frame) = self.layout.frames.get(i).filter(|_| undone) {
                        let rect = frame.rect.clipped(width, height);
                        below = Some(compose::save::<C>(pixels, width, rect));
                    }
                    compose::paint::<C>(pixels, &self.layout, &self.coded);
                }
            }
        }
        Ok(below)
    }

    /// A canvas that only a small file claims is refused well below the general limits.
    fn check_canvas(&mut self, channels: usize, limits: &Limits) -> Result<()> {
        let (size, input) = (&mut self.size, &mut self.input);
        limits.check_canvas((self.layout.height, self.layout.width), channels, || {
            *size = size.or_else(|| input.measure());
            *size
        })
    }

    fn initial_colour(&mut self) -> Result<[u8; 4]> {
        let local = local_palette(&mut self.input, &self.layout, 0)?;
        Ok(self.layout.initial_colour(&self.layout.lut(0, local.as_deref())))
    }

    fn fill_colour(&mut self, i: usize) -> Result<[u8; 4]> {
        let local = local_palette(&mut self.input, &self.layout, i)?;
        Ok(self.layout.fill_colour(i, &self.layout.lut(i, local.as_deref())))
    }
}

impl ImageReader for GifReader<'_> {
    fn properties(&mut self, cx: &QueryCx<'_>) -> Result<ImageProperties> {
        let n = self.layout.find_all(&mut self.input)?;
        if cx.index() >= n {
            return Err(Error::index_out_of_range(cx.index(), Some(n)));
        }
        let channels = match self.channels()? {
            1 => "L",
            3 => "RGB",
            _ => "RGBA",
        };
        Ok(ImageProperties::picture(Dtype::U8, self.layout.height, self.layout.width, channels).with_n_images(n))
    }

    fn count(&mut self, _: &QueryCx<'_>) -> Result<Option<usize>> {
        self.layout.find_all(&mut self.input).map(Some)
    }

    fn default_index(&self) -> Index {
        Index::All
    }

    fn is_uniform(&self) -> bool {
        true
    }

    fn read_frame(&mut self, cx: &mut ReadCx<'_, '_>) -> Result<()> {
        self.require(cx.index())?;
        match self.channels()? {
            1 => self.read::<1>(cx),
            3 => self.read::<3>(cx),
            _ => self.read::<4>(cx),
        }
    }

    fn read_batch(&mut self, range: Range<usize>, cx: &mut ReadCx<'_, '_>) -> Result<bool> {
        // From the middle of the file on, frame by frame does as well.
        if range.start != 0 || range.is_empty() {
            return Ok(false);
        }
        self.require(range.end - 1)?;
        let channels = self.channels()?;
        self.check_canvas(channels, cx.limits())?;
        match channels {
            1 => batch::read::<1>(&mut self.input, &mut self.layout, range.end, cx)?,
            3 => batch::read::<3>(&mut self.input, &mut self.layout, range.end, cx)?,
            _ => batch::read::<4>(&mut self.input, &mut self.layout, range.end, cx)?,
        }
        Ok(true)
    }

    fn metadata(&mut self, cx: &QueryCx<'_>) -> Result<Metadata> {
        self.layout.find_all(&mut self.input)?;
        if cx.whole() {
            return Ok(metadata::of_file(&self.layout));
        }
        self.require(cx.index())?;
        let local = local_palette(&mut self.input, &self.layout, cx.index())?;
        Ok(metadata::of_frame(&self.layout, cx.index(), local))
    }

    fn notes(&self) -> Vec<String> {
        metadata::notes(&self.layout)
    }
}
