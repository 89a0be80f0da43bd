use imageio_core::{Error, ImageProperties, ImageReader, Metadata, QueryCx, ReadCx, Request, Result};
use imageio_npy::{Header, read_data};
use imageio_raster::{Raster, Streams, rows};

/// Bytes that are read as if they were a row: whole elements of every dtype.
const ROW: usize = 64 * 1024;

/// Bytes that are read before anybody may stop the read.
const WINDOW: usize = 1024 * ROW;

/// One array behind one header.
pub(crate) struct NpyReader<'r> {
    streams: Streams<'r>,
    header: Header,
    size: Option<u64>,
}

impl<'r> NpyReader<'r> {
    pub(crate) fn open(request: &mut dyn Request<'r>) -> Result<Self> {
        let mut streams = Streams::open(request)?;
        let header = Header::read(&mut streams.first()?, request.limits())?;
        if header.is_plain() {
            streams.widen(request, header.data_len().unwrap_or(0))?;
        }
        Ok(NpyReader { streams, header, size: request.size() })
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
        self.streams.expect(start, self.header.data_len().unwrap_or(0));
        let signals = cx.signals();
        if !self.streams.is_wide() {
            let mut stream = self.streams.at(start)?;
            return read_data(&self.header, &mut stream, cx.sink(), || signals.check_cancelled());
        }
        let header = &self.header;
        let order = |row: &mut [u8]| header.to_native(row);
        let change: Option<&rows::Change<'_>> = if header.swapped { Some(&order) } else { None };
        let bytes = cx.sink().bytes(header.dtype, &header.shape)?;
        for (window, offset) in bytes.chunks_mut(WINDOW).zip((start..).step_by(WINDOW)) {
            let (whole, rest) = window.split_at_mut(window.len() / ROW * ROW);
            if !whole.is_empty() {
                let raster = Raster::new(offset, ROW, whole.len() / ROW);
                self.streams.read_in_place(&raster, whole, change)?;
            }
            let offset = offset + whole.len() as u64;
            rows::read_exact(self.streams.at(offset)?, rest, offset)?;
            order(rest);
            signals.check_cancelled()?;
        }
        Ok(())
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
