use std::io::{Read, SeekFrom};

use imageio_core::{Dtype, Error, ImageProperties, ImageReader, Metadata, QueryCx, ReadCx, ReadSeek, Result};

use crate::header::{Header, LENGTH};

/// An opened toy file: its header is read, its pixels are not.
pub(crate) struct ToyReader<'r> {
    pub stream: Box<dyn ReadSeek + 'r>,
    pub header: Header,
}

impl ImageReader for ToyReader<'_> {
    fn properties(&mut self, cx: &QueryCx<'_>) -> Result<ImageProperties> {
        only_one(cx.index())?;
        let Header { width, height, .. } = self.header;
        let props = ImageProperties::picture(Dtype::U8, height as usize, width as usize, self.header.channels());
        Ok(props.with_n_images(1))
    }

    fn read_frame(&mut self, cx: &mut ReadCx<'_, '_>) -> Result<()> {
        only_one(cx.index())?;
        // The sink checks the limits, then lends the memory that the caller will get.
        let pixels = cx.sink().slice::<u8>(&self.header.shape())?;
        self.stream.seek(SeekFrom::Start(LENGTH))?;
        self.stream.read_exact(pixels)?;
        Ok(())
    }

    fn metadata(&mut self, cx: &QueryCx<'_>) -> Result<Metadata> {
        only_one(cx.index())?;
        let mut metadata = Metadata::new();
        metadata.insert("mode", self.header.channels());
        Ok(metadata)
    }
}

fn only_one(index: usize) -> Result<()> {
    if index == 0 { Ok(()) } else { Err(Error::index_out_of_range(index, Some(1))) }
}
