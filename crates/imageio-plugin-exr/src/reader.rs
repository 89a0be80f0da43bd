use std::io::{Read, SeekFrom};
use std::sync::Mutex;

use imageio_core::half::f16;
use imageio_core::resource::Ahead;
use imageio_core::{
    Axis, Dtype, Error, ErrorKind, ImageProperties, ImageReader, Metadata, QueryCx, ReadCx, ReadSeek, Request, Result,
    Spacing, Unit,
};

use crate::decode::{Source, decode};
use crate::header::{File, Method, Part};
use crate::layout::{Grid, Lines, chunk_count};
use crate::metadata;
use crate::options::{ExrOpenOptions, ExrReadOptions};
use crate::select::Selection;

/// The parts of one file.
pub(crate) struct ExrReader<'r> {
    stream: Box<dyn ReadSeek + 'r>,
    file: File,
    size: Option<u64>,
    ahead: Ahead,
    images: Vec<Image>,
}

/// One image: a part, or a layer of channels within one.
struct Image {
    part: usize,
    layer: Option<String>,
    /// Positions of the blocks of the full-size level, once they were read.
    offsets: Option<Vec<u64>>,
}

impl<'r> ExrReader<'r> {
    pub(crate) fn open(request: &mut dyn Request<'r>, options: ExrOpenOptions) -> Result<Self> {
        let mut stream = request.stream()?;
        let file = File::read(&mut stream, request.limits())?;
        let images = match options.layer {
            None => (0..file.parts.len()).map(|part| Image { part, layer: None, offsets: None }).collect(),
            Some(layer) => vec![find_layer(&file.parts, layer)?],
        };
        Ok(ExrReader { stream, file, size: request.size(), ahead: request.ahead(), images })
    }

    fn image(&self, index: usize) -> Result<(&Image, &Part)> {
        let image = self.images.get(index).and_then(|image| Some((image, self.file.parts.get(image.part)?)));
        image.ok_or_else(|| Error::index_out_of_range(index, Some(self.images.len())))
    }

    fn selection(&self, cx: &QueryCx<'_>) -> Result<Selection> {
        let (image, part) = self.image(cx.index())?;
        if part.deep {
            return Err(Error::unsupported("deep data: any number of samples for each pixel"));
        }
        if let Method::Other(code) = part.compression {
            return Err(Error::unsupported(format!("OpenEXR compression number {code}")));
        }
        let options = ExrReadOptions::parse(cx.options())?;
        Selection::new(part, image.layer.as_deref(), &options.channels)
    }

    /// Reads the part's table of offsets: one number for each block, those of the full-size level first.
    fn read_offsets(&mut self, index: usize) -> Result<()> {
        let (image, part) = self.image(index)?;
        if image.offsets.is_some() {
            return Ok(());
        }
        let grid = Grid::new(part);
        let too_many = || Error::malformed("the part has more blocks than can be counted");
        let count = grid.columns().checked_mul(grid.rows()).ok_or_else(too_many)?;
        if chunk_count(part)? < count {
            return Err(Error::malformed(format!("the table of offsets has fewer than {count} entries")));
        }
        let mut at = self.file.tables_at;
        for before in self.file.parts.iter().take(image.part) {
            at = (chunk_count(before)? as u64)
                .checked_mul(8)
                .and_then(|len| at.checked_add(len))
                .ok_or_else(too_many)?;
        }
        let len = (count as u64).checked_mul(8).ok_or_else(too_many)?;
        let cut_off = || Error::malformed(format!("the table of offsets of {len} bytes is cut off")).with("offset", at);
        if self.size.is_some_and(|size| at.checked_add(len).is_none_or(|end| end > size)) {
            return Err(cut_off());
        }
        self.ahead.announce(at..at.saturating_add(len));
        self.stream.seek(SeekFrom::Start(at))?;
        let mut bytes = Vec::new();
        self.stream.by_ref().take(len).read_to_end(&mut bytes)?;
        if (bytes.len() as u64) < len {
            return Err(cut_off());
        }
        let offsets = bytes.as_chunks::<8>().0.iter().map(|bytes| u64::from_le_bytes(*bytes)).collect();
        if let Some(image) = self.images.get_mut(index) {
            image.offsets = Some(offsets);
        }
        Ok(())
    }
}

fn find_layer(parts: &[Part], layer: String) -> Result<Image> {
    if let Some(part) = parts.iter().position(|part| part.name.as_ref() == Some(&layer)) {
        return Ok(Image { part, layer: None, offsets: None });
    }
    let of_layer = |name: &str| name.strip_prefix(layer.as_str()).is_some_and(|rest| rest.starts_with('.'));
    if let Some(part) = parts.iter().position(|part| part.channels.iter().any(|c| of_layer(&c.name))) {
        return Ok(Image { part, layer: Some(layer), offsets: None });
    }
    Err(Error::new(ErrorKind::InvalidOption, format!("there is no part or layer `{layer}`"))
        .with("option", "layer")
        .with_hint(format!("its layers are {}", metadata::layers(parts).join(", "))))
}

impl ImageReader for ExrReader<'_> {
    fn properties(&mut self, cx: &QueryCx<'_>) -> Result<ImageProperties> {
        let selection = self.selection(cx)?;
        let (_, part) = self.image(cx.index())?;
        let mut props = ImageProperties::new(selection.dtype, selection.shape()).with_n_images(self.images.len());
        let mut axes = vec![Axis::Y, Axis::X];
        if selection.names.len() > 1 {
            let single = selection.names.iter().all(|name| name.chars().count() == 1);
            axes.push(Axis::Channel(selection.names.join(if single { "" } else { "," })));
        }
        let n = axes.len();
        props = props.with_axes(axes);
        if let Some((x, y)) = metadata::density(part) {
            let mut spacing = vec![
                Spacing::new(selection.sampling.1 as f64 / y, Unit::Inch),
                Spacing::new(selection.sampling.0 as f64 / x, Unit::Inch),
            ];
            spacing.resize(n, Spacing::none());
            props = props.with_spacing(spacing);
        }
        Ok(props)
    }

    fn count(&mut self, _cx: &QueryCx<'_>) -> Result<Option<usize>> {
        Ok(Some(self.images.len()))
    }

    fn read_frame(&mut self, cx: &mut ReadCx<'_, '_>) -> Result<()> {
        let selection = self.selection(&cx.query())?;
        let shape = selection.shape();
        cx.sink().check(selection.dtype, &shape)?;
        self.read_offsets(cx.index())?;
        let ExrReader { stream, file, images, ahead, .. } = self;
        let image = images.get(cx.index());
        let (Some(image), Some(part)) = (image, image.and_then(|image| file.parts.get(image.part))) else {
            return Err(Error::index_out_of_range(cx.index(), Some(images.len())));
        };
        // One block is held beside the array, with all of its channels; a row of them where they come from far away.
        let grid = Grid::new(part);
        let held = if ahead.is_of_use() { grid.columns() } else { 1 };
        let block =
            Lines::new(part, &grid.at(0, 0)).and_then(|lines| lines.total.checked_mul(held)).unwrap_or(usize::MAX);
        cx.limits().check(&[1, block], 1, || None).map_err(|e| e.with("block", format!("{block} bytes")))?;
        let number = file.multi_part.then_some(image.part);
        let offsets = image.offsets.as_deref().unwrap_or_default();
        let source = Source { stream: Mutex::new(&mut **stream), part, number, offsets, ahead };
        let signals = cx.signals();
        let sink = cx.sink();
        match selection.dtype {
            Dtype::F16 => {
                let halves = sink.slice::<f16>(&shape)?;
                decode(&source, &selection, signals, bytemuck::cast_slice_mut::<_, u16>(halves))
            }
            Dtype::F32 => {
                let floats = sink.slice::<f32>(&shape)?;
                decode(&source, &selection, signals, bytemuck::cast_slice_mut::<_, u32>(floats))
            }
            Dtype::U32 => decode(&source, &selection, signals, sink.slice::<u32>(&shape)?),
            _ => decode(&source, &selection, signals, sink.slice::<f64>(&shape)?),
        }
    }

    fn metadata(&mut self, cx: &QueryCx<'_>) -> Result<Metadata> {
        if cx.whole() {
            return Ok(metadata::of_file(&self.file));
        }
        let (image, part) = self.image(cx.index())?;
        Ok(metadata::of_part(part, image.layer.as_deref()))
    }
}
