use std::io::SeekFrom;

use imageio_core::resource::Ahead;
use imageio_core::{Error, ImageProperties, ImageReader, Metadata, QueryCx, ReadCx, ReadSeek, Request, Result};
use imageio_npy::{Header, read_data};

/// One array behind one header.
pub(crate) struct NpyReader<'r> {
    stream: Box<dyn ReadSeek + 'r>,
    header: Header,
    size: Option<u64>,
    ahead: Ahead,
}

impl<'r> NpyReader<'r> {
    pub(crate) fn open(request: &mut dyn Request<'r>) -> Result<Self> {
        let mut stream = request.stream()?;
        let header = Header::read(&mut stream, request.limits())?;
        Ok(NpyReader { stream, header, size: request.size(), ahead: request.ahead() })
    }

    /// A file is short if it says how long it is: known before anything is allocated.
    fn check_size(&self) -> Result<()> {
        let (Some(size), Some(needed)) = (self.size, self.header.data_len()) else { return Ok(()) };
        let there = size.saturating_sub(self.header.len as u64);
        if there < needed {
            return Err(Error::malformed(format!("the data ends after {there} of {needed} bytes of the array")));
        }
        Ok(())
    }
}

fn only_one(index: usize) -> Result<()> {
    if index > 0 { Err(Error::index_out_of_range(index, Some(1))) } else { Ok(()) }
}

impl ImageReader for NpyReader<'_> {
    fn properties(&mut self, cx: &QueryCx<'_>) -> Result<ImageProperties> {
        only_one(cx.index())?;
        Ok(ImageProperties::new(self.header.dtype, self.header.shape.clone()).with_n_images(1))
    }

    fn read_frame(&mut self, cx: &mut ReadCx<'_, '_>) -> Result<()> {
        only_one(cx.index())?;
        self.check_size()?;
        let start = self.header.len as u64;
        self.ahead.announce(start..start.saturating_add(self.header.data_len().unwrap_or(0)));
        self.stream.seek(SeekFrom::Start(start))?;
        let signals = cx.signals();
        read_data(&self.header, &mut self.stream, cx.sink(), || signals.check_cancelled())
    }

    fn metadata(&mut self, cx: &QueryCx<'_>) -> Result<Metadata> {
        only_one(cx.index())?;
        let mut meta = Metadata::new();
        meta.insert("descr", self.header.descr.as_str());
        meta.insert("fortran_order", self.header.fortran_order);
        let (major, minor) = self.header.version;
        meta.insert("version", format!("{major}.{minor}"));
        Ok(meta)
    }

    fn notes(&self) -> Vec<String> {
        let end = self.header.data_len().map(|data| self.header.len as u64 + data);
        match (self.size, end) {
            (Some(size), Some(end)) if size > end => {
                vec![format!("{} bytes after the array are not looked at", size - end)]
            }
            _ => Vec::new(),
        }
    }
}
