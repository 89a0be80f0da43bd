use std::any::Any;

use imageio_core::{
    Axis, Dtype, Error, ErrorKind, ImageProperties, ImageReader, Limits, Metadata, Orientation, QueryCx, ReadCx,
    Registry, Request, Result, Value,
};
use imageio_demosaic as demosaic;

use crate::cameras::Cameras;
use crate::develop::{self, Plan};
use crate::facts::{Area, Facts, Samples};
use crate::maker;
use crate::metadata;
use crate::open::Decoder;
use crate::options::{Crop, ReadOptions};
use crate::preview::{self, Preview, Thumbnail};
use crate::source::Source;

/// An opened raw file: image 0 is the picture or the mosaic, image 1 the preview, if there is one.
///
/// What only raw files have, for [`Reader::downcast_mut`](imageio_core::Reader::downcast_mut): see
/// [`thumbnail`](Self::thumbnail).
pub struct RawReader<'r> {
    source: Source<'r>,
    cameras: &'static dyn Cameras,
    decoder: Option<Decoder>,
    preview: Option<Option<Preview>>,
}

impl<'r> RawReader<'r> {
    pub(crate) fn open(request: &mut dyn Request<'r>, cameras: &'static dyn Cameras) -> Result<Self> {
        let mut reader = RawReader { source: Source::open(request)?, cameras, decoder: None, preview: None };
        // Whether the next plugin is to be asked has to be known now; else nothing is looked at before it is needed.
        if cameras.next().is_some_and(|id| Registry::global().get(id).is_some()) {
            match reader.decoder(request.limits()) {
                Err(e) if e.kind() == ErrorKind::Declined => return Err(e),
                _ => {}
            }
        }
        Ok(reader)
    }

    fn decoder(&mut self, limits: &Limits) -> Result<&Decoder> {
        let found = match self.decoder.take() {
            Some(found) => found,
            None => Decoder::find(&self.source, limits, self.cameras)?,
        };
        Ok(self.decoder.insert(found))
    }

    fn preview(&mut self) -> Option<Preview> {
        *self.preview.get_or_insert_with(|| preview::find(&self.source))
    }

    /// The largest picture that the camera put beside the samples, as the file has it: the bytes of a JPEG, which has
    /// neither to be decoded nor to be packed anew to be stored elsewhere, or pixels. `None` if there is none. Decoded
    /// it is image 1.
    ///
    /// rawpy's `extract_thumb` gives the same, but puts an EXIF block of its own into a JPEG that has none.
    ///
    /// # Errors
    /// What fails when the file is read.
    pub fn thumbnail(&mut self) -> Result<Option<Thumbnail>> {
        self.preview().map(|preview| preview.thumbnail(&self.source)).transpose()
    }

    fn count(&mut self) -> usize {
        1 + usize::from(self.preview().is_some())
    }

    /// The preview, if that is what is asked for.
    fn asked_for_preview(&mut self, index: usize) -> Result<Option<Preview>> {
        match index {
            0 => Ok(None),
            1 if self.preview().is_some() => Ok(self.preview()),
            _ => Err(Error::index_out_of_range(index, Some(self.count()))),
        }
    }
}

/// The part of the sensor that is read.
fn area(facts: &Facts, options: &ReadOptions) -> Area {
    match options.crop {
        Crop::Sensor => Area { top: 0, left: 0, height: facts.height, width: facts.width },
        Crop::Default => facts.default_crop,
        Crop::Auto if options.mosaic => Area { top: 0, left: 0, height: facts.height, width: facts.width },
        Crop::Visible | Crop::Auto => facts.visible,
    }
}

impl ImageReader for RawReader<'_> {
    fn properties(&mut self, cx: &QueryCx<'_>) -> Result<ImageProperties> {
        if let Some(preview) = self.asked_for_preview(cx.index())? {
            return Ok(preview.properties().with_n_images(self.count()));
        }
        let options = ReadOptions::parse(cx.options())?;
        let n = self.count();
        let facts = self.decoder(cx.limits())?.facts();
        let area = area(facts, &options);
        if options.mosaic {
            let dtype = if facts.float { Dtype::F32 } else { Dtype::U16 };
            let props = match facts.channels {
                1 => ImageProperties::new(dtype, [area.height, area.width]).with_axes([Axis::Y, Axis::X]),
                _ => ImageProperties::picture(dtype, area.height, area.width, "RGB"),
            };
            return Ok(props.with_n_images(n));
        }
        let plan = Plan::new(facts, &options, cx.options())?;
        let (height, width) = plan.size(facts, area);
        let dtype = if options.output_bps == 16 { Dtype::U16 } else { Dtype::U8 };
        let letters = if options.output_color == crate::OutputColor::Xyz { "XYZ" } else { "RGB" };
        Ok(ImageProperties::picture(dtype, height, width, letters).with_n_images(n))
    }

    fn read_frame(&mut self, cx: &mut ReadCx<'_, '_>) -> Result<()> {
        if let Some(preview) = self.asked_for_preview(cx.index())? {
            let props = preview.properties();
            cx.sink().check(props.dtype, &props.shape)?;
            return preview.decode(&self.source, cx.sink());
        }
        let options = ReadOptions::parse(cx.options())?;
        let limits = cx.limits().clone();
        let signals = cx.signals();
        let stop = move || signals.check_cancelled();
        // Whether the array fits is known before anything large is read.
        let props = self.properties(&cx.query())?;
        cx.sink().check(props.dtype, &props.shape)?;
        if let Some(decoder) = &mut self.decoder {
            decoder.load(&self.source, &limits)?;
        }
        let props = self.properties(&cx.query())?;
        let Some(decoder) = &self.decoder else { return Err(Error::new(ErrorKind::Backend, "no decoder")) };
        let facts = decoder.facts();
        let area = area(facts, &options);
        let samples = decoder.decode(&self.source, &limits, &stop)?;
        if options.mosaic {
            return mosaic(samples, facts, area, &props.shape, cx);
        }
        let plan = Plan::new(facts, &options, cx.options())?;
        let stopped = || stop().is_err();
        match options.output_bps {
            16 => {
                develop::run(samples, facts, area, &plan, &stopped, |n| check(cx.sink().slice::<u16>(&props.shape)?, n))
            }
            _ => {
                develop::run(samples, facts, area, &plan, &stopped, |n| check(cx.sink().slice::<u8>(&props.shape)?, n))
            }
        }
    }

    fn metadata(&mut self, cx: &QueryCx<'_>) -> Result<Metadata> {
        let preview = self.asked_for_preview(cx.index())?;
        let mut out = Metadata::new();
        if preview.is_some() && !cx.whole() {
            out.insert("preview", true);
            return Ok(out);
        }
        let options = ReadOptions::parse(cx.options())?;
        let limits = cx.limits().clone();
        if let Some(exif) = metadata::exif(&self.source, &limits) {
            out.insert_section("exif", exif);
        }
        let lens = out.get("exif/LensModel").and_then(Value::as_str).map(|name| name.trim().to_owned());
        let lens = lens.filter(|name| !name.is_empty());
        // EXIF is there to be read also where the camera is unknown.
        match self.decoder(&limits) {
            Ok(decoder) => {
                let facts = decoder.facts();
                let upright = !options.mosaic && develop::turns(cx.options())?;
                let mut sensor = metadata::sensor(facts, !options.mosaic);
                let orientation = facts.orientation;
                if let Some(lens) = lens.or_else(|| maker::lens(&self.source)) {
                    sensor.insert("lens", lens);
                }
                out.insert_section("raw", sensor);
                if orientation != Orientation::Normal && upright {
                    out.mark_applied("exif/Orientation");
                }
            }
            Err(e) if !out.is_empty() && matches!(e.kind(), ErrorKind::Unsupported) => {}
            Err(e) => return Err(e),
        }
        Ok(out)
    }

    fn count(&mut self, _: &QueryCx<'_>) -> Result<Option<usize>> {
        Ok(Some(RawReader::count(self)))
    }

    /// Pictures are made upright; what is left to turn is a mosaic, or a picture that is asked for as it lies.
    fn orientation(&mut self, cx: &QueryCx<'_>) -> Result<Orientation> {
        let options = ReadOptions::parse(cx.options())?;
        if cx.index() > 0 || options.mosaic {
            return Ok(self.decoder(cx.limits())?.facts().orientation);
        }
        Ok(Orientation::Normal)
    }

    fn as_any_mut(&mut self) -> Option<&mut dyn Any>
    where
        Self: 'static,
    {
        Some(self)
    }
}

fn check<T>(slice: &mut [T], n: usize) -> Result<&mut [T]> {
    match slice.len() == n {
        true => Ok(slice),
        false => Err(Error::new(ErrorKind::Backend, format!("memory for {} samples instead of {n}", slice.len()))),
    }
}

/// Hands the samples over: as they are where all of them are wanted, else the rows of the area.
fn mosaic(samples: Samples, facts: &Facts, area: Area, shape: &[usize], cx: &mut ReadCx<'_, '_>) -> Result<()> {
    fn part<T: imageio_core::Element>(
        samples: Vec<T>,
        facts: &Facts,
        area: Area,
        shape: &[usize],
        cx: &mut ReadCx<'_, '_>,
    ) -> Result<()> {
        if area.height == facts.height && area.width == facts.width {
            let array = imageio_core::ndarray::ArrayD::from_shape_vec(shape, samples);
            let array = array.map_err(|e| Error::new(ErrorKind::Backend, e.to_string()))?;
            return cx.sink().put(T::wrap(array));
        }
        let stride = facts.width * facts.channels;
        let n = area.width * facts.channels;
        let out = cx.sink().slice::<T>(shape)?;
        for (y, row) in out.chunks_exact_mut(n).enumerate() {
            let at = (area.top + y) * stride + area.left * facts.channels;
            let from = samples.get(at..at + n).ok_or_else(|| Error::malformed("the mosaic is too short"))?;
            row.clone_from_slice(from);
        }
        Ok(())
    }
    match samples {
        Samples::U16(samples) => part(samples, facts, area, shape, cx),
        Samples::F32(samples) => part(samples, facts, area, shape, cx),
    }
}

/// Errors of the development, as this project tells them.
pub(crate) fn demosaic_error(e: demosaic::Error) -> Error {
    match e {
        demosaic::Error::Cancelled => Error::new(ErrorKind::Cancelled, "the caller asked to stop"),
        demosaic::Error::Method(what) => Error::new(ErrorKind::InvalidOption, what)
            .with_hint("demosaic = \"xtrans\" or \"bilinear\" fit every pattern"),
        other => Error::malformed(other.to_string()),
    }
}
