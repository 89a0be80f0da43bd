use imageio_core::{Error, ImageProperties, ImageReader, Metadata, QueryCx, ReadCx, Request, Result};
use imageio_raster::Streams;
use imageio_raster::rows::read_exact;

use crate::decode;
use crate::header::{Header, LENGTH};

/// An opened QOI file.
pub(crate) struct QoiReader<'r> {
    streams: Streams<'r>,
    header: Header,
}

impl<'r> QoiReader<'r> {
    pub fn open(request: &mut dyn Request<'r>) -> Result<Self> {
        let mut streams = Streams::open(request)?;
        let mut raw = [0; LENGTH as usize];
        read_exact(streams.at(0)?, &mut raw, 0)?;
        Ok(QoiReader { streams, header: Header::parse(&raw)? })
    }
}

fn only_one(index: usize) -> Result<()> {
    if index == 0 { Ok(()) } else { Err(Error::index_out_of_range(index, Some(1))) }
}

impl ImageReader for QoiReader<'_> {
    fn properties(&mut self, cx: &QueryCx<'_>) -> Result<ImageProperties> {
        only_one(cx.index())?;
        Ok(self.header.properties().with_n_images(1))
    }

    fn read_frame(&mut self, cx: &mut ReadCx<'_, '_>) -> Result<()> {
        only_one(cx.index())?;
        let properties = self.header.properties();
        cx.sink().check(properties.dtype, &properties.shape)?;
        // A byte stands for 62 pixels at most.
        self.streams.expect_until(LENGTH + self.header.pixels() / 62)?;
        let out = cx.sink().slice::<u8>(&properties.shape)?;
        let mut stream = self.streams.all_from(LENGTH)?;
        match self.header.channels {
            3 => decode::decode(&mut stream, LENGTH, out.as_chunks_mut::<3>().0),
            _ => decode::decode(&mut stream, LENGTH, out.as_chunks_mut::<4>().0),
        }
    }

    fn metadata(&mut self, cx: &QueryCx<'_>) -> Result<Metadata> {
        only_one(cx.index())?;
        let mut metadata = Metadata::new();
        metadata.insert("color_space", if self.header.linear { "linear" } else { "srgb" });
        Ok(metadata)
    }
}
