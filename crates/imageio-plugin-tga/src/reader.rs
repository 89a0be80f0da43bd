use imageio_core::{Error, FrameSink, ImageProperties, ImageReader, Metadata, QueryCx, ReadCx, Request, Result};
use imageio_raster::rows::{Raster, read_exact};
use imageio_raster::{ByteSource, Streams};

use crate::extension::Extension;
use crate::header::{Header, Kind, LENGTH};
use crate::pixels::Convert;
use crate::rle;

/// An opened Targa file.
pub(crate) struct TgaReader<'r> {
    streams: Streams<'r>,
    header: Header,
}

impl<'r> TgaReader<'r> {
    pub fn open(request: &mut dyn Request<'r>, header: Header) -> Result<Self> {
        let mut streams = Streams::open(request)?;
        let (start, length) = (u32::from(header.palette_start), u32::from(header.palette_length));
        if header.is_indexed() && (length == 0 || (header.bits == 8 && start + length > 256)) {
            let message =
                format!("a palette of colours {start} to {} for indices of {} bits", start + length, header.bits);
            return Err(Error::malformed(message).with("offset", 3));
        }
        if !header.is_rle() {
            streams.widen(request, raster(&header).bytes())?;
        }
        Ok(TgaReader { streams, header })
    }

    fn convert(&mut self) -> Result<Convert> {
        let header = self.header;
        let mut palette = Vec::new();
        if header.is_indexed() {
            palette.resize(header.palette_bytes() as usize, 0);
            let at = header.palette_at();
            read_exact(self.streams.at(at)?, &mut palette, at)?;
        }
        let mut opaque = false;
        if header.kind() == Kind::Rgba && !header.is_indexed() {
            opaque = Extension::read(&mut self.streams)?.is_some_and(|e| e.is_opaque());
        }
        Ok(Convert::new(&header, &palette, opaque))
    }
}

fn raster(header: &Header) -> Raster {
    let used = (usize::from(header.width) * usize::from(header.bits)).div_ceil(8);
    let used = if header.bits == 15 { usize::from(header.width) * 2 } else { used };
    Raster::new(header.data_at(), used, header.height.into()).bottom_up(!header.top_down())
}

fn only_one(index: usize) -> Result<()> {
    if index == 0 { Ok(()) } else { Err(Error::index_out_of_range(index, Some(1))) }
}

impl ImageReader for TgaReader<'_> {
    fn properties(&mut self, cx: &QueryCx<'_>) -> Result<ImageProperties> {
        only_one(cx.index())?;
        Ok(self.header.properties().with_n_images(1))
    }

    fn read_frame(&mut self, cx: &mut ReadCx<'_, '_>) -> Result<()> {
        only_one(cx.index())?;
        let header = self.header;
        let shape = header.properties().shape;
        cx.sink().check(header.properties().dtype, &shape)?;
        let convert = self.convert()?;
        if header.is_rle() {
            return read_rle(&mut self.streams, &header, &convert, &shape, cx.sink());
        }
        let raster = raster(&header);
        raster.check(&self.streams)?;
        let row = shape.iter().skip(1).product();
        if header.kind() == Kind::Bool {
            let out = cx.sink().slice::<bool>(&shape)?;
            return self.streams.read(&raster, out, row, |from, to| convert.bools(from, to));
        }
        let out = cx.sink().slice::<u8>(&shape)?;
        match convert.in_place() {
            Some(change) => self.streams.read_in_place(&raster, out, change),
            None => self.streams.read(&raster, out, row, |from, to| convert.row(from, to)),
        }
    }

    fn metadata(&mut self, cx: &QueryCx<'_>) -> Result<Metadata> {
        only_one(cx.index())?;
        let header = self.header;
        let mut metadata = Metadata::new();
        metadata.insert("bits_per_pixel", u64::from(header.bits));
        if header.is_rle() {
            metadata.insert("compression", "tga_rle");
        }
        let origin = match (header.top_down(), header.right_to_left()) {
            (true, false) => "top left",
            (true, true) => "top right",
            (false, false) => "bottom left",
            (false, true) => "bottom right",
        };
        metadata.insert_applied("origin", origin);
        if header.id_length > 0 {
            let mut id = vec![0; header.id_length.into()];
            read_exact(self.streams.at(LENGTH)?, &mut id, LENGTH)?;
            metadata.insert("id_section", id);
        }
        if let Some(extension) = Extension::read(&mut self.streams)? {
            extension.describe(&mut metadata);
        }
        if header.is_indexed() {
            metadata.insert_applied("palette", self.convert()?.palette(&header));
        }
        Ok(metadata)
    }
}

fn read_rle(
    streams: &mut Streams<'_>,
    header: &Header,
    convert: &Convert,
    shape: &[usize],
    sink: &mut FrameSink<'_>,
) -> Result<()> {
    let (width, height) = (usize::from(header.width), usize::from(header.height));
    // A packet has a head and a pixel, and at most 128 pixels come of it.
    let packets = (width * height).div_ceil(128) as u64;
    streams.expect_until(header.data_at() + packets * (1 + header.pixel_bytes() as u64))?;
    let out = sink.slice::<u8>(shape)?;
    let row = shape.iter().skip(1).product::<usize>();
    let mut stream = streams.all_from(header.data_at())?;
    let mut source = ByteSource::new(&mut stream, header.data_at());
    let place = |y: usize, from: &[u8]| {
        let to = if header.top_down() { y } else { height - 1 - y };
        convert.row(from, &mut out[to * row..(to + 1) * row]);
    };
    match header.pixel_bytes() {
        1 => rle::decode::<1>(&mut source, width, height, place),
        2 => rle::decode::<2>(&mut source, width, height, place),
        3 => rle::decode::<3>(&mut source, width, height, place),
        _ => rle::decode::<4>(&mut source, width, height, place),
    }
}
