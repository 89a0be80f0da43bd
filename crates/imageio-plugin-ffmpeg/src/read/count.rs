//! How many frames there are.

use std::ops::Range;

use ffmpeg_sidecar::command::FfmpegCommand;
use imageio_core::{Error, Options, Result};

use super::options::Count;
use super::plan::Plan;
use super::reader::VideoReader;
use crate::probe::{Index, Stream, shown_vp8_frames};
use crate::process::{Pipes, Process};

/// Frames of a stream whose times lie in `start..end`, in seconds after the first frame. Where frames have no times,
/// they are taken to follow each other evenly.
pub(super) fn window(index: &Index, stream: &Stream, start: Option<f64>, end: Option<f64>) -> Range<usize> {
    let n = index.len();
    let times = index.times().zip(stream.time_base);
    let at = |seconds: f64| match &times {
        Some((times, base)) => {
            let zero = times.first().copied().unwrap_or(0);
            // A frame that begins half a microsecond before the time asked for begins at it.
            times.partition_point(|t| (t - zero) as f64 * base.as_f64() < seconds - 5e-7)
        }
        None => {
            let rate = stream.rate().map_or(25.0, |r| r.as_f64());
            ((seconds * rate - 1e-6).ceil().max(0.0) as usize).min(n)
        }
    };
    let from = start.map_or(0, at);
    let to = end.map_or(n, at);
    from..to.max(from)
}

impl VideoReader {
    /// The number of frames, if it is exact and costs nothing any more.
    pub fn known_count(&mut self, plan: &Plan, stream: &Stream, options: &Options) -> Option<usize> {
        let is_counted = self.counts.iter().any(|(of, _)| of == options);
        let is_listed = plan.one_to_one && plan.options.count == Count::Auto && self.known_index(stream).is_some();
        // That a file ends early is said when all of it is asked for.
        if is_counted || is_listed { self.n_frames(plan, stream, options).unwrap_or(None) } else { None }
    }

    /// The exact number of frames of the result; `None` where it is not known without decoding, unless that is
    /// asked for.
    pub fn n_frames(&mut self, plan: &Plan, stream: &Stream, options: &Options) -> Result<Option<usize>> {
        if self.source.is_live {
            return Ok(None);
        }
        if let Some((_, n)) = self.counts.iter().find(|(of, _)| of == options) {
            return Ok(*n);
        }
        let mut n = if plan.one_to_one { self.from_packets(plan, stream)? } else { None };
        if n.is_none() && plan.options.count == Count::Exact {
            n = Some(self.by_decoding(plan, stream)?);
        }
        self.counts.push((options.clone(), n));
        Ok(n)
    }

    fn from_packets(&mut self, plan: &Plan, stream: &Stream) -> Result<Option<usize>> {
        let container = self.container.clone();
        let index = self.index(stream)?;
        truncated(index, stream)?;
        let window = window(index, stream, plan.options.start, plan.options.end);
        let is_whole = plan.options.start.is_none() && plan.options.end.is_none();
        if !is_whole {
            return Ok(index.n_frames(&container, stream).map(|_| window.len()));
        }
        self.frames_of_packets(stream)
    }

    /// Frames that come of the packets that are there; `None` where nobody knows without decoding.
    pub fn frames_of_packets(&mut self, stream: &Stream) -> Result<Option<usize>> {
        let container = self.container.clone();
        let index = self.index(stream)?;
        let is_vp8 = stream.codec.as_deref() == Some("vp8") && index.frame(0).is_some_and(|p| p.is_key);
        match (index.n_frames(&container, stream), index.n_shown) {
            (Some(n), _) => Ok(Some(n)),
            (None, Some(n)) if is_vp8 => Ok(Some(n)),
            (None, None) if is_vp8 => shown_vp8_frames(&self.tools, &self.source.input, stream).map(Some),
            _ => Ok(None),
        }
    }

    /// Decodes everything and counts.
    fn by_decoding(&self, plan: &Plan, stream: &Stream) -> Result<usize> {
        let mut command = FfmpegCommand::new_with_path(&self.tools.ffmpeg);
        command.args(["-hide_banner", "-v", "error", "-nostdin", "-noautorotate"]);
        command.args(self.source.input.arguments());
        let select = plan.options.start.or(plan.options.end).map(|_| {
            let from = plan.options.start.unwrap_or(0.0);
            let to = plan.options.end.map_or_else(String::new, |end| format!("*lt(t-start_t\\,{end})"));
            format!("select=gte(t-start_t\\,{from}){to}")
        });
        plan.output(&mut command, &self.tools, stream, select, false);
        command.args(["-f", "null", "-progress", "pipe:1", "-"]);
        let mut process = Process::start(&mut command, Pipes { stdout: true, ..Pipes::default() })?;
        let mut text = String::new();
        if let Some(mut stdout) = process.take_stdout() {
            std::io::Read::read_to_string(&mut stdout, &mut text)?;
        }
        process.succeed("counting frames")?;
        let last = text.lines().rev().find_map(|line| line.strip_prefix("frame=")?.trim().parse().ok());
        last.ok_or_else(|| Error::new(imageio_core::ErrorKind::Backend, "ffmpeg did not say how many frames there are"))
    }
}

/// An error if the container promises frames that are not in it.
fn truncated(index: &Index, stream: &Stream) -> Result<()> {
    let there = index.n_packets();
    match (stream.n_frames, index.log.last()) {
        (Some(said), Some(why)) if said > there => Err(Error::malformed(format!(
            "the file ends early: it promises {said} frames and holds {there}; ffprobe said: {why}"
        ))
        .with_hint("iterate to read the frames that are there")),
        (None, Some(why)) if why.contains("ended prematurely") => {
            Err(Error::malformed(format!("the file ends early, after {there} frames; ffprobe said: {why}"))
                .with_hint("iterate to read the frames that are there"))
        }
        _ => Ok(()),
    }
}
