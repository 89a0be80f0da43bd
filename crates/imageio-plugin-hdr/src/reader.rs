use imageio_core::{Dtype, Error, ImageProperties, ImageReader, Metadata, QueryCx, ReadCx, Request, Result};
use imageio_raster::{ByteSource, Streams};

use crate::decode;
use crate::header::Header;

/// An opened picture.
pub(crate) struct HdrReader<'r> {
    streams: Streams<'r>,
    header: Header,
}

impl<'r> HdrReader<'r> {
    pub fn open(request: &mut dyn Request<'r>) -> Result<Self> {
        let mut streams = Streams::open(request)?;
        let mut stream = streams.at(0)?;
        let header = Header::parse(&mut ByteSource::new(&mut stream, 0))?;
        Ok(HdrReader { streams, header })
    }
}

fn only_one(index: usize) -> Result<()> {
    if index == 0 { Ok(()) } else { Err(Error::index_out_of_range(index, Some(1))) }
}

impl ImageReader for HdrReader<'_> {
    fn properties(&mut self, cx: &QueryCx<'_>) -> Result<ImageProperties> {
        only_one(cx.index())?;
        let channels = if self.header.xyz { "XYZ" } else { "RGB" };
        Ok(ImageProperties::picture(Dtype::F32, self.header.height, self.header.width, channels).with_n_images(1))
    }

    fn read_frame(&mut self, cx: &mut ReadCx<'_, '_>) -> Result<()> {
        only_one(cx.index())?;
        let header = &self.header;
        let shape = [header.height, header.width, 3];
        cx.sink().check(Dtype::F32, &shape)?;
        // A scanline starts with a pixel or a mark of four bytes, and no run is so long that more pixels than these
        // would come of a byte in a picture that is one.
        let (count, length) = header.scanlines();
        let pixels = (count as u64).saturating_mul(length as u64);
        let least = (4 * count as u64).max(pixels / 65_536);
        self.streams.expect_until(header.data + least)?;
        let out = cx.sink().slice::<f32>(&shape)?;
        let mut stream = self.streams.all_from(header.data)?;
        decode::decode(&mut ByteSource::new(&mut stream, header.data), header, out)
    }

    fn metadata(&mut self, cx: &QueryCx<'_>) -> Result<Metadata> {
        only_one(cx.index())?;
        Ok(self.header.metadata())
    }
}
