use std::borrow::Cow;
use std::io::{Read, SeekFrom};

use imageio_core::resource::Ahead;
use imageio_core::{
    Dtype, Error, ImageProperties, ImageReader, Limits, Metadata, Orientation, QueryCx, ReadCx, ReadSeek, Request,
    Result,
};
use imageio_jpeg::{Job, Process};

use crate::backend::{Backend, Coded};
use crate::markers::Header;
use crate::options::{Damage, ReadOptions};
use crate::{metadata, mpf};

/// An opened file: its header is read, its pixels are not.
pub(crate) struct JpegReader<'r> {
    stream: Box<dyn ReadSeek + 'r>,
    ahead: Ahead,
    /// Where the images begin: one, or those of a Multi-Picture file.
    offsets: Vec<u64>,
    headers: Vec<Option<Header>>,
    notes: Vec<String>,
    backend: Option<&'static dyn Backend>,
}

impl<'r> JpegReader<'r> {
    /// Reads the header, and the index of a Multi-Picture file.
    pub(crate) fn open(request: &mut dyn Request<'r>, backend: Option<&'static dyn Backend>) -> Result<Self> {
        if !request.head().starts_with(&[0xFF, 0xD8]) {
            return Err(Error::declined("no start-of-image marker (FF D8)"));
        }
        let mut stream = request.stream()?;
        let limits = request.limits();
        let first = Header::read(&mut *stream, 0)?;
        let mut notes = first.notes.clone();
        let mut offsets = vec![0];
        if let Some(segment) = first.segments.iter().find(|s| s.is(2, b"MPF\0")) {
            limits.check_metadata(segment.len as u64)?;
            let payload = Header::payload(&mut *stream, segment)?;
            match mpf::offsets(&payload, segment.offset) {
                // A gain map belongs to the image before it and is none of its own.
                Some(found) if found.len() > 1 && !has_gain_map(&mut *stream, &first, limits)? => offsets = found,
                Some(_) => {}
                None => notes.push("the index of images (MPF) is damaged: only the first is read".into()),
            }
        }
        let mut headers = vec![None; offsets.len()];
        headers[0] = Some(first);
        Ok(JpegReader { stream, ahead: request.ahead(), offsets, headers, notes, backend })
    }

    fn header(&mut self, index: usize) -> Result<&Header> {
        let count = self.offsets.len();
        let (Some(offset), Some(slot)) = (self.offsets.get(index), self.headers.get_mut(index)) else {
            return Err(Error::index_out_of_range(index, Some(count)));
        };
        if slot.is_none() {
            *slot = Some(Header::read(&mut *self.stream, *offset)?);
        }
        slot.as_ref().ok_or_else(|| Error::index_out_of_range(index, Some(count)))
    }
}

impl ImageReader for JpegReader<'_> {
    fn properties(&mut self, cx: &QueryCx<'_>) -> Result<ImageProperties> {
        let count = self.offsets.len();
        let header = self.header(cx.index())?;
        let (height, width, _) = header.frame.shape();
        let mut properties =
            ImageProperties::picture(dtype(header), height, width, header.channels()).with_n_images(count);
        properties.spacing = header.spacing();
        Ok(properties)
    }

    fn read_frame(&mut self, cx: &mut ReadCx<'_, '_>) -> Result<()> {
        cx.check_cancelled()?;
        let options = ReadOptions::parse(cx.options())?;
        let max_alloc = cx.limits().max_alloc;
        let index = cx.index();
        let header = self.header(index)?.clone();
        let shape = header.frame.array_shape();
        let triple = header.frame.shape();
        cx.sink().check(dtype(&header), &shape)?;
        self.ahead.announce(header.start..u64::MAX);
        let data = remaining(&mut *self.stream, header.start, max_alloc)?;
        if let (Some(backend), Dtype::U8, (height, width, channels @ (1 | 3))) = (self.backend, dtype(&header), triple)
        {
            let image = Coded { data: &data, height, width, channels };
            let simple = header.frame.process() != Process::Lossless && options.damage == Damage::Conceal;
            if simple && backend.decode(&image, cx.sink().slice::<u8>(&shape)?) {
                return Ok(());
            }
        }
        let job = Job {
            data: &data,
            hints: header.hints(),
            tolerance: options.damage.tolerance(),
            salvage_hint: Some("read with damage=\"salvage\" to get what there is"),
            max_alloc,
        };
        let notes = match dtype(&header) {
            Dtype::U8 => job.decode_u8(triple, cx.sink().slice::<u8>(&shape)?),
            _ => job.decode_u16(triple, cx.sink().slice::<u16>(&shape)?),
        };
        for note in notes? {
            if !self.notes.contains(&note) {
                self.notes.push(note);
            }
        }
        Ok(())
    }

    fn metadata(&mut self, cx: &QueryCx<'_>) -> Result<Metadata> {
        let header = self.header(cx.index())?.clone();
        metadata::read(&mut *self.stream, &header, cx.limits(), &mut self.notes)
    }

    fn orientation(&mut self, cx: &QueryCx<'_>) -> Result<Orientation> {
        let header = self.header(cx.index())?;
        let Some(segment) = header.segments.iter().find(|s| s.is(1, imageio_exif::PREFIX)).cloned() else {
            return Ok(Orientation::Normal);
        };
        let payload = Header::payload(&mut *self.stream, &segment)?;
        Ok(imageio_exif::orientation(&payload).map_or(Orientation::Normal, Orientation::from_exif))
    }

    fn notes(&self) -> Vec<String> {
        self.notes.clone()
    }
}

/// The type of the samples.
fn dtype(header: &Header) -> Dtype {
    if header.frame.precision() <= 8 { Dtype::U8 } else { Dtype::U16 }
}

/// Whether the file says of itself that its second image is a gain map (Adobe's and ISO's way).
fn has_gain_map(stream: &mut dyn ReadSeek, header: &Header, limits: &Limits) -> Result<bool> {
    for segment in header.segments.iter().filter(|s| s.is(1, metadata::XMP)) {
        limits.check_metadata(segment.len as u64)?;
        let payload = Header::payload(stream, segment)?;
        if payload.windows(13).any(|w| w == b"hdrgm:Version") {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Everything from `start` on: without a copy if the stream holds it in memory.
fn remaining(stream: &mut dyn ReadSeek, start: u64, max_alloc: Option<u64>) -> Result<Cow<'_, [u8]>> {
    let end = stream.seek(SeekFrom::End(0))?;
    stream.seek(SeekFrom::Start(start))?;
    let length = end.saturating_sub(start);
    if stream.fill_buf()?.len() as u64 == length {
        return Ok(Cow::Borrowed(stream.fill_buf()?));
    }
    if let Some(max) = max_alloc.filter(|max| length > *max) {
        return Err(Error::limit(format!("{length} bytes of file to be held in memory"))
            .with("limit", format!("max_alloc = {max}")));
    }
    let mut data = Vec::new();
    let room = usize::try_from(length).ok().and_then(|length| data.try_reserve_exact(length.checked_add(1)?).ok());
    room.ok_or_else(|| Error::limit(format!("no memory for {length} bytes of file")))?;
    stream.take(length).read_to_end(&mut data)?;
    Ok(Cow::Owned(data))
}
