//! Reading stills and animations.

use imageio_core::{
    Dtype, Error, ImageProperties, ImageReader, Index, Limits, Metadata, Orientation, QueryCx, ReadCx, Request, Result,
};

use crate::canvas::{Canvas, Sample};
use crate::chunk::Source;
use crate::decode::{self, Pixels};
use crate::frames::Frames;
use crate::gamma;
use crate::header::{Header, Layout};
use crate::metadata;
use crate::options::{Compose, ReadOptions};

/// One opened file.
pub(crate) struct PngReader<'r> {
    source: Source<'r>,
    header: Header,
    layout: Layout,
    /// Found when they are first asked for.
    frames: Option<Frames>,
    canvas: Option<AnyCanvas>,
    open_end: bool,
}

enum AnyCanvas {
    Bool(Canvas<bool>),
    U8(Canvas<u8>),
    U16(Canvas<u16>),
}

/// What an index stands for.
#[derive(Clone, Copy)]
enum Image {
    Still,
    Frame(usize),
}

impl<'r> PngReader<'r> {
    /// Reads what stands before the pixels.
    pub fn open(request: &mut dyn Request<'r>) -> Result<Self> {
        let mut source = Source::open(request)?;
        let header = Header::read(&mut source, request.limits())?;
        let layout = header.layout();
        Ok(PngReader { source, header, layout, frames: None, canvas: None, open_end: false })
    }

    fn frames(&mut self, limits: &Limits) -> Result<Option<&Frames>> {
        if let (None, Some(declared)) = (&self.frames, self.header.animation) {
            self.frames = Some(Frames::scan(&mut self.source, &self.header, declared, limits)?);
        }
        Ok(self.frames.as_ref())
    }

    fn image(&mut self, index: usize, limits: &Limits) -> Result<Image> {
        let (count, image) = match self.frames(limits)? {
            None => (1, Image::Still),
            Some(frames) => match (frames.extra_still, index) {
                (true, 0) => (frames.images(), Image::Still),
                (true, k) => (frames.images(), Image::Frame(k - 1)),
                (false, k) => (frames.images(), Image::Frame(k)),
            },
        };
        if index >= count {
            return Err(Error::index_out_of_range(index, Some(count)));
        }
        Ok(image)
    }

    fn read_as<T: Sample>(
        &mut self,
        image: Image,
        cx: &mut ReadCx<'_, '_>,
        exponent: Option<f64>,
        rule: Compose,
        pixels: fn(&mut [T]) -> Pixels<'_>,
        canvas_of: fn(&mut AnyCanvas) -> Option<&mut Canvas<T>>,
        wrap: fn(Canvas<T>) -> AnyCanvas,
    ) -> Result<()> {
        let PngReader { source, header, layout, frames, canvas, open_end } = self;
        let layout = *layout;
        let shape = layout.shape(header.height, header.width);
        let size = (header.width, header.height);
        let correct = |out: &mut [T]| {
            if let Some(exponent) = exponent {
                gamma::apply(exponent, layout, pixels(out));
            }
        };
        match (image, frames) {
            (Image::Frame(k), Some(frames)) => {
                cx.sink().check(layout.dtype, &shape)?;
                if canvas.as_mut().and_then(canvas_of).is_none_or(|c| c.rule() != rule) {
                    let pixel = layout.channels * size_of::<T>();
                    let size = (header.height as usize, header.width as usize);
                    cx.limits().check_canvas(size, pixel, || source.len().ok())?;
                    *canvas = Some(wrap(Canvas::new(header, layout, rule)?));
                }
                let Some(canvas) = canvas.as_mut().and_then(canvas_of) else {
                    return Err(Error::new(imageio_core::ErrorKind::Backend, "the canvas is of another type"));
                };
                // From the second picture on a reader goes on as it began, which streams see for themselves.
                if source.is_far()
                    && !canvas.goes_on_to(k)
                    && let Ok(from) = frames.get(frames.start(k, header, layout))
                {
                    source.announce_part(from.data.at, frames.get(k + 1).map_or(u64::MAX, |next| next.data.at));
                }
                let mut decode = |at: usize, out: &mut [T]| {
                    let frame = frames.get(at)?;
                    let size = (frame.control.width, frame.control.height);
                    decode::decode(source, header, size, frame.data, pixels(out)).map(|_| ())
                };
                let shown = canvas.show(k, frames, header, layout, &mut decode)?;
                let out = cx.sink().slice::<T>(&shape)?;
                out.copy_from_slice(shown);
                correct(out);
            }
            _ => {
                let out = cx.sink().slice::<T>(&shape)?;
                if header.animation.is_none() {
                    source.announce(header.pixels.at);
                }
                *open_end |= decode::decode(source, header, size, header.pixels, pixels(out))?;
                correct(out);
            }
        }
        Ok(())
    }
}

impl ImageReader for PngReader<'_> {
    fn properties(&mut self, cx: &QueryCx<'_>) -> Result<ImageProperties> {
        let count = match (&self.frames, self.header.animation) {
            // What the header says, where looking for every frame would fetch most of the file.
            (None, Some(declared)) if self.source.is_far() && declared.frames > 0 => {
                let images = declared.frames as usize + usize::from(self.header.first_frame.is_none());
                if cx.index() >= images {
                    return Err(Error::index_out_of_range(cx.index(), Some(images)));
                }
                images
            }
            _ => {
                self.image(cx.index(), cx.limits())?;
                self.frames.as_ref().map_or(1, Frames::images)
            }
        };
        Ok(self.header.properties().with_n_images(count))
    }

    fn read_frame(&mut self, cx: &mut ReadCx<'_, '_>) -> Result<()> {
        let options = ReadOptions::parse(cx.options())?;
        let image = self.image(cx.index(), cx.limits())?;
        let exponent = gamma::exponent(options.apply_gamma, &self.header, &mut self.source)?;
        match self.layout.dtype {
            Dtype::Bool => self.read_as::<bool>(
                image,
                cx,
                exponent,
                options.compose,
                |p| Pixels::Bool(p),
                |c| if let AnyCanvas::Bool(c) = c { Some(c) } else { None },
                AnyCanvas::Bool,
            ),
            Dtype::U16 => self.read_as::<u16>(
                image,
                cx,
                exponent,
                options.compose,
                |p| Pixels::U16(p),
                |c| if let AnyCanvas::U16(c) = c { Some(c) } else { None },
                AnyCanvas::U16,
            ),
            _ => self.read_as::<u8>(
                image,
                cx,
                exponent,
                options.compose,
                |p| Pixels::U8(p),
                |c| if let AnyCanvas::U8(c) = c { Some(c) } else { None },
                AnyCanvas::U8,
            ),
        }
    }

    fn metadata(&mut self, cx: &QueryCx<'_>) -> Result<Metadata> {
        let image = self.image(cx.index(), cx.limits())?;
        let options = ReadOptions::parse(cx.options())?;
        let exponent = gamma::exponent(options.apply_gamma, &self.header, &mut self.source)?;
        let mut metadata = metadata::read(&mut self.source, &mut self.header, cx.limits(), exponent.is_some())?;
        if let (Some(frames), Some(declared)) = (&self.frames, self.header.animation) {
            match (cx.whole(), image) {
                (true, _) => metadata::animation(frames, declared, &mut metadata),
                (false, Image::Frame(k)) => metadata::frame(&frames.get(k)?.control, declared, &mut metadata),
                (false, Image::Still) => metadata.insert("default_image", true),
            }
        }
        Ok(metadata)
    }

    fn default_index(&self) -> Index {
        if self.header.animation.is_some() { Index::All } else { Index::At(0) }
    }

    fn is_uniform(&self) -> bool {
        true
    }

    fn orientation(&mut self, cx: &QueryCx<'_>) -> Result<Orientation> {
        metadata::orientation(&mut self.source, &mut self.header, cx.limits())
    }

    fn notes(&self) -> Vec<String> {
        let mut notes = self.header.notes.clone();
        if self.open_end {
            notes.push("the file ends right behind the pixels, without an IEND chunk".to_owned());
        }
        notes
    }
}
