//! What is asked of an opened video besides frames, and whom: the header that was read, ffprobe, or ffmpeg.

use imageio_core::{ErrorKind, Metadata, QueryCx, Result};

use super::metadata;
use super::reader::VideoReader;
use crate::probe;

impl VideoReader {
    /// Does something with ffmpeg, and once more if that failed because the program was not what it was taken for.
    pub fn trusting<T>(&mut self, mut act: impl FnMut(&mut Self) -> Result<T>) -> Result<T> {
        match act(self) {
            Err(e) if e.kind() != ErrorKind::IndexOutOfRange && self.tools.check(&self.opened.0)? => {
                self.decoder = None;
                act(self)
            }
            result => result,
        }
    }

    /// Has ffprobe say everything of the container. Where there is no ffprobe, or it refuses the file for the sake of
    /// another stream than the one that is read, what is known has to do.
    pub fn complete(&mut self) -> Result<()> {
        if self.is_complete {
            return Ok(());
        }
        if let Err(e) = self.tools.ffprobe() {
            let line = "metadata is incomplete, since there is no ffprobe".to_owned();
            log::debug!("{line}: {e}");
            self.log.push(line);
            self.is_complete = true;
            return Ok(());
        }
        let limits = self.opened.1.clone();
        match self.trusting(|reader| super::ask(&reader.tools, &reader.source, &limits, false)) {
            Ok((container, _)) => {
                self.log.extend(container.log.iter().cloned());
                self.container = container;
            }
            Err(e) if e.kind() == ErrorKind::Malformed => {
                self.source.check()?;
                self.log.push(format!("metadata is incomplete: {}", e.message()));
            }
            Err(e) => return Err(e),
        }
        self.is_complete = true;
        Ok(())
    }

    /// Metadata of the whole, or of a frame.
    pub fn describe(&mut self, cx: &QueryCx<'_>) -> Result<Metadata> {
        let (plan, stream) = self.plan(cx.options())?;
        if cx.whole() {
            let n = self.known_count(&plan, &stream, cx.options());
            return Ok(metadata::whole(&self.container, &stream, n));
        }
        self.check_index(&plan, &stream, cx.options(), cx.index())?;
        if self.source.is_live || !plan.one_to_one {
            return Ok(Metadata::new());
        }
        let first = self.window(&plan, &stream)?.start;
        if !self.index(&stream)?.has_lengths {
            let index = probe::packets(&self.tools, &self.source.input, &stream)?;
            self.indices.insert(stream.index, index);
        }
        let index = self.index(&stream)?;
        Ok(metadata::frame(index, &stream, first + cx.index()))
    }
}
