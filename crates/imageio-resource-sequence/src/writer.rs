//! Writing numbered files: each beside its place, all moved there together at the end.

use imageio_core::resource::{PathResource, StagedFolder, scheme};
use imageio_core::{Atomic, Error, ErrorKind, ImageWriter, Result, WriteCx, WriteOptions, Writer};

use crate::listing;
use crate::pattern::Numbered;

pub(crate) struct SequenceWriter {
    folder: String,
    numbered: Numbered,
    staging: Option<StagedFolder>,
    written: u64,
    notes: Vec<String>,
}

impl SequenceWriter {
    /// Numbered files in `folder`, which is empty for the current one and must exist.
    pub(crate) fn new(folder: String, numbered: Numbered, how: Atomic) -> Result<Self> {
        let place = scheme::create(if folder.is_empty() { "." } else { &folder })?;
        let Some(path) = place.local_path() else {
            return Err(Error::unsupported("sequences are written into folders on the disk alone")
                .with("folder", place.name())
                .with_hint("write the files first, and pack them then"));
        };
        let staging = Some(StagedFolder::new(path)?.careful(how));
        Ok(SequenceWriter { folder, numbered, staging, written: 0, notes: Vec::new() })
    }

    fn staging(&self) -> Result<&StagedFolder> {
        self.staging.as_ref().ok_or_else(|| Error::new(ErrorKind::Backend, "the sequence is finished"))
    }
}

impl ImageWriter for SequenceWriter {
    fn write_frame(&mut self, cx: &WriteCx<'_>) -> Result<()> {
        let name = self.numbered.name(self.written);
        let mut options = WriteOptions::new().with(cx.options().clone());
        if let Some(metadata) = cx.metadata() {
            options = options.metadata(metadata);
        }
        // What is wrong with it is told under the name that it will have.
        let staged = PathResource::new(self.staging()?.file(&name)).shown_as(format!("{}{name}", self.folder));
        let mut writer = Writer::open_with(staged, &options)?;
        writer.write(cx.image().reborrow())?;
        let notes = writer.notes();
        writer.finish()?;
        self.notes.extend(notes);
        self.notes.sort();
        self.notes.dedup();
        self.written += 1;
        Ok(())
    }

    fn finish(mut self: Box<Self>) -> Result<()> {
        let Some(staging) = self.staging.take() else { return Ok(()) };
        staging.commit()?;
        // An earlier, longer sequence would go on behind this one.
        let later = listing::numbers(&self.folder, &self.numbered)?;
        let stale = later.iter().filter(|(n, _)| *n >= self.written).count();
        if stale > 0 {
            log::warn!("{stale} files of an earlier sequence stay behind the {} that were written", self.written);
        }
        Ok(())
    }

    fn notes(&self) -> Vec<String> {
        self.notes.clone()
    }
}
