use imageio_core::{Dtype, Error, ImageProperties, ImageReader, QueryCx, ReadCx, Request, Result};
use imageio_raster::rows::{Raster, read_exact};
use imageio_raster::{Streams, swizzle};

/// An opened farbfeld file.
pub(crate) struct FarbfeldReader<'r> {
    streams: Streams<'r>,
    width: usize,
    height: usize,
}

impl<'r> FarbfeldReader<'r> {
    pub fn open(request: &mut dyn Request<'r>) -> Result<Self> {
        let mut streams = Streams::open(request)?;
        let mut head = [0; 16];
        read_exact(streams.at(0)?, &mut head, 0)?;
        let [.., a, b, c, d, e, f, g, h] = head;
        let (width, height) = (u32::from_be_bytes([a, b, c, d]) as usize, u32::from_be_bytes([e, f, g, h]) as usize);
        if width == 0 || height == 0 {
            return Err(Error::malformed(format!("a picture of {width} × {height} pixels")).with("offset", 8));
        }
        let mut reader = FarbfeldReader { streams, width, height };
        let bytes = reader.raster().bytes();
        reader.streams.widen(request, bytes)?;
        Ok(reader)
    }

    fn raster(&self) -> Raster {
        Raster::new(16, self.width.saturating_mul(8), self.height)
    }
}

fn only_one(index: usize) -> Result<()> {
    if index == 0 { Ok(()) } else { Err(Error::index_out_of_range(index, Some(1))) }
}

impl ImageReader for FarbfeldReader<'_> {
    fn properties(&mut self, cx: &QueryCx<'_>) -> Result<ImageProperties> {
        only_one(cx.index())?;
        Ok(ImageProperties::picture(Dtype::U16, self.height, self.width, "RGBA").with_n_images(1))
    }

    fn read_frame(&mut self, cx: &mut ReadCx<'_, '_>) -> Result<()> {
        only_one(cx.index())?;
        let shape = [self.height, self.width, 4];
        cx.sink().check(Dtype::U16, &shape)?;
        let raster = self.raster();
        raster.check(&self.streams)?;
        let out = cx.sink().bytes(Dtype::U16, &shape)?;
        self.streams.read_in_place(&raster, out, Some(&swizzle::be_to_native))
    }

    fn metadata(&mut self, cx: &QueryCx<'_>) -> Result<imageio_core::Metadata> {
        only_one(cx.index())?;
        Ok(imageio_core::Metadata::new())
    }
}
