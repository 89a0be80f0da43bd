//! All frames of a video into one array.

use std::ops::Range;

use imageio_core::{Error, ErrorKind, Options, ReadCx, Result, Signals};

use super::decode::{Frame, ending, fill, stdout};
use super::plan::Plan;
use super::reader::{VideoReader, shape};
use super::seek::Attempt;
use crate::probe::Stream;

impl VideoReader {
    /// The frames that came before an early end, if that was none of a damaged file.
    fn shortened(&self, e: Error, options: &Options, cx: &mut ReadCx<'_, '_>) -> Result<bool> {
        let n = self.counts.iter().find(|(of, _)| of == options).and_then(|(_, n)| *n);
        match n {
            Some(n) if n > 0 && e.kind() == ErrorKind::IndexOutOfRange => cx.sink().shorten(n).map(|()| true),
            _ => Err(e),
        }
    }

    /// The first `n` frames into one array, by way of planes; `false` if ffmpeg has to convert them.
    #[allow(clippy::too_many_arguments, reason = "the memory is borrowed from the context, which can't come along")]
    fn batch_of_planes(
        &mut self,
        plan: &Plan,
        stream: &Stream,
        attempt: &Attempt,
        memory: &mut [u8],
        n: usize,
        options: &Options,
        signals: &Signals<'_>,
    ) -> Result<bool> {
        self.begin(plan, stream, options, attempt)?;
        let size = memory.len() / n.max(1);
        for (k, part) in memory.chunks_exact_mut(size.max(1)).enumerate() {
            let Some((_, decoder)) = self.decoder.as_mut() else { return Ok(false) };
            let planes = match decoder.frame(signals)? {
                Ok(Frame::Planes(planes)) => planes,
                Ok(Frame::Image(_)) => return Ok(false),
                Err(ended) => {
                    self.decoder = None;
                    return Err(self.ended(plan, stream, options, ended, k, k).with("index", k));
                }
            };
            let converter = self.converter(signals)?;
            let (Some(converter), Some(converting), Some((_, decoder))) = (converter, &self.planes, &self.decoder)
            else {
                self.foreign.push(stream.index);
                self.decoder = None;
                return Ok(false);
            };
            converting.planes.convert(&converter, &planes, part);
            decoder.reuse(planes);
            signals.report(imageio_core::Progress::new(k as u64 + 1, n as u64, "frames"));
        }
        self.decoder = None;
        Ok(true)
    }

    /// Frames `range` into one array, without a thread between the pipe and the caller's memory.
    pub fn batch(&mut self, range: Range<usize>, cx: &mut ReadCx<'_, '_>) -> Result<bool> {
        let (plan, stream) = self.plan(cx.options())?;
        if self.source.is_live || range.start != 0 || range.len() < 2 {
            return Ok(false);
        }
        let frame = shape(&plan)?;
        let mut whole = vec![range.len()];
        whole.extend(&frame);
        let (options, signals) = (cx.options(), cx.signals());
        let bytes = cx.sink().bytes(plan.format.dtype, &whole)?;
        let attempt = self.attempts(&plan, &stream, 0)?.into_iter().next_back().unwrap_or_else(Attempt::beginning);
        // One that is under way would compete for the processor.
        self.decoder = None;
        if self.planes(&plan, &stream, 0).is_some() {
            match self.batch_of_planes(&plan, &stream, &attempt, bytes, range.len(), options, &signals) {
                Ok(true) => return Ok(true),
                Ok(false) => {}
                Err(e) => return self.shortened(e, options, cx),
            }
        }
        let mut process = self.start(&plan, &stream, &attempt, None)?;
        let mut stdout = stdout(&mut process)?;
        let n = range.len();
        let size = bytes.len() / n;
        for (k, part) in bytes.chunks_exact_mut(size.max(1)).enumerate() {
            signals.check_cancelled()?;
            let filled = fill(&mut stdout, part)?;
            if filled < size {
                let ended = ending(&mut process, filled)?;
                let e = self.ended(&plan, &stream, options, ended, k, k);
                return self.shortened(e.with("index", k), options, cx);
            }
            signals.report(imageio_core::Progress::new(k as u64 + 1, n as u64, "frames"));
        }
        Ok(true)
    }
}
