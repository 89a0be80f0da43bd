use imageio_core::{
    Error, ImageProperties, ImageReader, Index, Limits, Metadata, QueryCx, ReadCx, Request, Result, Value,
};
use imageio_raster::Streams;

use crate::directory::{self, Entry};
use crate::payload::Payload;

/// An opened icon or cursor: its list is read, its pictures are not.
pub(crate) struct IcoReader<'r> {
    streams: Streams<'r>,
    entries: Vec<Entry>,
    parsed: Vec<Option<Payload>>,
    cursor: bool,
    notes: Vec<String>,
}

impl<'r> IcoReader<'r> {
    pub fn open(request: &mut dyn Request<'r>) -> Result<Self> {
        let mut streams = Streams::open(request)?;
        let (entries, cursor) = directory::read(streams.at(0)?)?;
        let parsed = vec![None; entries.len()];
        Ok(IcoReader { streams, entries, parsed, cursor, notes: Vec::new() })
    }

    fn entry(&self, index: usize) -> Result<Entry> {
        self.entries.get(index).copied().ok_or_else(|| Error::index_out_of_range(index, Some(self.entries.len())))
    }

    fn payload(&mut self, index: usize, limits: &Limits) -> Result<(Entry, Payload)> {
        let entry = self.entry(index)?;
        if let Some(Some(payload)) = self.parsed.get(index) {
            return Ok((entry, payload.clone()));
        }
        // Pictures are small: where one is looked at, it is fetched.
        self.streams.expect(entry.offset.into(), entry.size.into());
        let payload = Payload::parse(&mut self.streams, &entry, self.cursor, limits)?;
        if let Some(slot) = self.parsed.get_mut(index) {
            *slot = Some(payload.clone());
        }
        Ok((entry, payload))
    }
}

impl ImageReader for IcoReader<'_> {
    fn properties(&mut self, cx: &QueryCx<'_>) -> Result<ImageProperties> {
        let (_, payload) = self.payload(cx.index(), cx.limits())?;
        Ok(payload.properties().with_n_images(self.entries.len()))
    }

    fn read_frame(&mut self, cx: &mut ReadCx<'_, '_>) -> Result<()> {
        let (entry, payload) = self.payload(cx.index(), cx.limits())?;
        payload.read(&mut self.streams, &entry, cx.sink(), &mut self.notes)
    }

    fn metadata(&mut self, cx: &QueryCx<'_>) -> Result<Metadata> {
        let (entry, payload) = self.payload(cx.index(), cx.limits())?;
        let mut metadata = Metadata::new();
        let sizes = |e: &Entry| Value::List(vec![Value::from(e.width), Value::from(e.height)]);
        metadata.insert("sizes", self.entries.iter().map(sizes).collect::<Vec<_>>());
        if self.cursor {
            metadata.insert("hotspot", vec![Value::from(entry.planes), Value::from(entry.bits)]);
        }
        match payload {
            Payload::Png { .. } => metadata.insert("bitmap_format", "png"),
            Payload::Dib { dib, .. } => {
                metadata.insert("bitmap_format", "bmp");
                metadata.insert("bits_per_pixel", u64::from(dib.header.bits));
                if !dib.palette.is_empty() {
                    metadata.insert_applied("palette", dib.palette.as_flattened());
                }
            }
        }
        Ok(metadata)
    }

    fn default_index(&self) -> Index {
        Index::At(directory::default_entry(&self.entries, self.cursor))
    }

    fn count(&mut self, _: &QueryCx<'_>) -> Result<Option<usize>> {
        Ok(Some(self.entries.len()))
    }

    fn notes(&self) -> Vec<String> {
        self.notes.clone()
    }
}
