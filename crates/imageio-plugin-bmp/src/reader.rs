use std::io::SeekFrom;

use imageio_core::{Error, ImageProperties, ImageReader, Metadata, QueryCx, ReadCx, Request, Result, Spacing, Unit};
use imageio_raster::Streams;
use imageio_raster::dib::Dib;
use imageio_raster::rows::read_exact;

use crate::metadata;
use crate::plugin::Start;

/// Bitmaps that one array may hold; OS/2 used a handful, one for each kind of screen.
const MOST: usize = 1024;

/// An opened bitmap file.
pub(crate) struct BmpReader<'r> {
    streams: Streams<'r>,
    images: Vec<(u64, Dib)>,
    notes: Vec<String>,
}

impl<'r> BmpReader<'r> {
    pub fn open(request: &mut dyn Request<'r>, start: Start) -> Result<Self> {
        let mut reader = BmpReader { streams: Streams::open(request)?, images: Vec::new(), notes: Vec::new() };
        match start {
            Start::Bare => {
                let dib = Dib::parse(reader.streams.at(0)?, 0, None)?;
                reader.images.push((0, dib));
            }
            Start::File => reader.file_header(0)?,
            Start::Array => reader.array()?,
        }
        let largest = reader.images.iter().filter_map(|(_, dib)| dib.stored_bytes()).max();
        reader.streams.widen(request, largest.unwrap_or(0))?;
        Ok(reader)
    }

    fn file_header(&mut self, at: u64) -> Result<()> {
        let stream = self.streams.at(at)?;
        let mut head = [0; 14];
        read_exact(stream, &mut head, at)?;
        if &head[..2] != b"BM" {
            return Err(Error::malformed("no bitmap where the array has one").with("offset", at));
        }
        let [.., a, b, c, d] = head;
        let data = u64::from(u32::from_le_bytes([a, b, c, d]));
        let dib = Dib::parse(stream, at + 14, Some(data))?;
        self.images.push((at + 14, dib));
        Ok(())
    }

    /// A chain of headers, each with the offset of the next.
    fn array(&mut self) -> Result<()> {
        let mut at = 0u64;
        loop {
            let mut head = [0; 14];
            read_exact(self.streams.at(at)?, &mut head, at)?;
            if &head[..2] != b"BA" {
                self.notes.push(format!("the array of bitmaps breaks off at offset {at}"));
                return if self.images.is_empty() {
                    Err(Error::malformed("an empty array of bitmaps"))
                } else {
                    Ok(())
                };
            }
            self.file_header(at + 14)?;
            let next = u64::from(u32::from_le_bytes([head[6], head[7], head[8], head[9]]));
            if next == 0 || self.images.len() == MOST {
                return Ok(());
            }
            if next <= at {
                return Err(Error::malformed("the array of bitmaps leads back into itself").with("offset", at + 6));
            }
            at = next;
        }
    }

    fn image(&self, index: usize) -> Result<&(u64, Dib)> {
        self.images.get(index).ok_or_else(|| Error::index_out_of_range(index, Some(self.images.len())))
    }

    fn profile(&mut self, index: usize) -> Result<Option<Vec<u8>>> {
        let (start, dib) = self.image(index)?;
        let (start, Some((offset, len))) = (*start, dib.header.profile) else { return Ok(None) };
        let at = start + u64::from(offset);
        if let Err(e) = self.streams.expect_until(at + u64::from(len)) {
            let note = format!("the ICC profile lies beyond the end of the file: {e}");
            if !self.notes.contains(&note) {
                self.notes.push(note);
            }
            return Ok(None);
        }
        let stream = self.streams.first()?;
        stream.seek(SeekFrom::Start(at))?;
        let mut profile = Vec::new();
        std::io::Read::read_to_end(&mut std::io::Read::take(stream, len.into()), &mut profile)?;
        Ok(Some(profile))
    }
}

impl ImageReader for BmpReader<'_> {
    fn properties(&mut self, cx: &QueryCx<'_>) -> Result<ImageProperties> {
        let (_, dib) = self.image(cx.index())?;
        let properties = dib.properties().with_n_images(self.images.len());
        let [x, y] = dib.header.per_metre;
        if x == 0 || y == 0 {
            return Ok(properties);
        }
        let step = |per_metre: u32| Spacing::new(1.0 / f64::from(per_metre), Unit::Metre);
        let mut spacing = vec![step(y), step(x)];
        spacing.resize(properties.shape.len(), Spacing::none());
        Ok(properties.with_spacing(spacing))
    }

    fn read_frame(&mut self, cx: &mut ReadCx<'_, '_>) -> Result<()> {
        let index = cx.index();
        let Some((_, dib)) = self.images.get(index) else {
            return Err(Error::index_out_of_range(index, Some(self.images.len())));
        };
        dib.read(&mut self.streams, cx.sink())
    }

    fn metadata(&mut self, cx: &QueryCx<'_>) -> Result<Metadata> {
        if let Some((_, len)) = self.image(cx.index())?.1.header.profile {
            cx.limits().check_metadata(len.into())?;
        }
        let profile = self.profile(cx.index())?;
        Ok(metadata::of(&self.image(cx.index())?.1, profile))
    }

    fn notes(&self) -> Vec<String> {
        self.notes.clone()
    }
}
