use std::ops::Range;

use imageio_core::{
    Dtype, Error, ImageProperties, ImageReader, Metadata, Orientation, QueryCx, ReadCx, Request, Result,
};

use super::canvas::Canvas;
use super::{image, metadata};
use crate::codec::Codec;
use crate::container::{self, Container, Source};

/// An opened WebP file: its chunks are known, no pixel is decoded.
pub(crate) struct WebpReader<'r> {
    source: Source<'r>,
    container: Container,
    codec: Option<&'static dyn Codec>,
    canvas: Canvas,
    notes: Vec<String>,
}

impl<'r> WebpReader<'r> {
    /// Reads headers. Without a `codec` the one in pure Rust is used.
    pub(crate) fn open(request: &mut dyn Request<'r>, codec: Option<&'static dyn Codec>) -> Result<Self> {
        if !crate::MAGIC.matches(request.head()) {
            return Err(Error::declined("no RIFF signature of WebP"));
        }
        let size = request.size();
        let mut source = Source::new(request.stream()?, size, request.ahead())?;
        let mut container = container::parse(&mut source)?;
        let notes = std::mem::take(&mut container.notes);
        Ok(WebpReader { source, container, codec, canvas: Canvas::default(), notes })
    }

    fn check(&self, index: usize) -> Result<()> {
        let n = self.container.frames.len();
        if index < n { Ok(()) } else { Err(Error::index_out_of_range(index, Some(n))) }
    }
}

/// Copies a canvas of four channels to a picture of three or four.
fn copy(canvas: &[u8], to: &mut [u8], channels: usize) {
    if channels == 4 {
        to.copy_from_slice(canvas);
        return;
    }
    for (to, from) in to.chunks_exact_mut(3).zip(canvas.chunks_exact(4)) {
        to.copy_from_slice(&from[..3]);
    }
}

impl ImageReader for WebpReader<'_> {
    fn properties(&mut self, cx: &QueryCx<'_>) -> Result<ImageProperties> {
        self.check(cx.index())?;
        let [height, width, _] = self.container.shape();
        let props = ImageProperties::picture(Dtype::U8, height, width, self.container.mode());
        Ok(props.with_n_images(self.container.frames.len()))
    }

    fn is_uniform(&self) -> bool {
        true
    }

    fn read_frame(&mut self, cx: &mut ReadCx<'_, '_>) -> Result<()> {
        let index = cx.index();
        self.check(index)?;
        let (container, shape) = (&self.container, self.container.shape());
        if !container.animated {
            let pixels = cx.sink().slice::<u8>(&shape)?;
            let first = container.frames[0];
            self.source.announce(first.start(), first.data);
            let mut decoder =
                image::Decoder { source: &mut self.source, codec: self.codec, threads: true, buffer: &mut Vec::new() };
            return decoder.decode(&container.frames[0], pixels, shape[2]);
        }
        // The limits are checked before the canvas is made.
        cx.sink().check(Dtype::U8, &shape)?;
        let limits = cx.limits().clone();
        let place = (&mut self.source, self.codec);
        let canvas = self.canvas.show(place, container, index, &limits, || cx.check_cancelled())?;
        copy(canvas, cx.sink().slice::<u8>(&shape)?, shape[2]);
        Ok(())
    }

    fn read_batch(&mut self, range: Range<usize>, cx: &mut ReadCx<'_, '_>) -> Result<bool> {
        let container = &self.container;
        if !cfg!(feature = "parallel") || !container.animated || range.len() < 2 || range.end > container.frames.len() {
            return Ok(false);
        }
        let [height, width, channels] = container.shape();
        let shape = [range.len(), height, width, channels];
        cx.sink().check(Dtype::U8, &shape)?;
        let limits = cx.limits().clone();
        let picture = height * width * channels;
        let place = (&mut self.source, self.codec);
        let mut animation = self.canvas.start(place, container, &limits)?;
        let pixels = cx.sink().slice::<u8>(&shape)?;
        let mut pictures = pixels.chunks_exact_mut(picture);
        animation.each(range, |canvas| {
            if let Some(to) = pictures.next() {
                copy(canvas, to, channels);
            }
        })?;
        Ok(true)
    }

    fn metadata(&mut self, cx: &QueryCx<'_>) -> Result<Metadata> {
        self.check(cx.index())?;
        let which = (cx.index(), cx.whole());
        metadata::read(&mut self.source, &self.container, which, cx.limits(), &mut self.notes)
    }

    fn orientation(&mut self, cx: &QueryCx<'_>) -> Result<Orientation> {
        self.check(cx.index())?;
        metadata::orientation(&mut self.source, &self.container, cx.limits())
    }

    fn notes(&self) -> Vec<String> {
        self.notes.clone()
    }
}
