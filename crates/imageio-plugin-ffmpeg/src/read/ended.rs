//! Why there are no more frames: the end, a file that ends early, hardware that is not there.

use imageio_core::{Error, ErrorKind, Options};

use super::decode::Ending;
use super::plan::Plan;
use super::reader::VideoReader;
use crate::probe::Stream;

/// What ffmpeg says of a packet with nothing but an access unit delimiter or the end of a sequence (H.264 7.4.1.2.3).
const NO_PICTURE: &str = "missing picture in access unit";

impl VideoReader {
    /// Why there is no frame `k`: the stream gave `n` frames.
    pub fn ended(
        &mut self,
        plan: &Plan,
        stream: &Stream,
        options: &Options,
        ended: Ending,
        n: usize,
        k: usize,
    ) -> Error {
        if let Err(e) = self.source.check() {
            return e;
        }
        let log = match ended {
            Ending::Broken(e) => return of_hardware(e, plan, n),
            Ending::Clean(log) => log,
        };
        for line in &log {
            if !self.log.contains(line) {
                self.log.push(line.clone());
            }
        }
        if self.source.is_live {
            return Error::new(ErrorKind::Io, "the camera gives no more frames");
        }
        // A container that says what came, and no complaint: the end.
        let no_complaint = log.iter().all(|line| line.contains(NO_PICTURE));
        let as_said = no_complaint && stream.n_frames.is_none_or(|said| said == n);
        if plan.one_to_one && !(as_said && n > 0) {
            // An error if packets are missing.
            let expected = match self.n_frames(plan, stream, options) {
                Ok(expected) => expected,
                Err(e) => return e,
            };
            // Decoders may make no picture of some packets, and nobody can say so before.
            if let Some(expected) = expected.filter(|expected| *expected > n && !(no_complaint && n > 0)) {
                let said = log.last().map_or_else(String::new, |line| format!("; ffmpeg said: {line}"));
                return Error::malformed(format!("the video ends after {n} of {expected} frames{said}"));
            }
        }
        if n == 0 && plan.one_to_one && plan.options.start.is_none() && plan.options.end.is_none() {
            let said = log.last().map_or_else(String::new, |line| format!("; ffmpeg said: {line}"));
            return Error::malformed(format!("not one frame of the video could be decoded{said}"));
        }
        self.counts.retain(|(of, _)| of != options);
        self.counts.push((options.clone(), Some(n)));
        Error::index_out_of_range(k, Some(n))
    }
}

/// An error that says so if it was the hardware that could not be used, as option `hwaccel` asks for.
fn of_hardware(e: Error, plan: &Plan, n: usize) -> Error {
    let said = e.message();
    if plan.options.hwaccel.is_none() || n > 0 || !["hwaccel", "evice"].iter().any(|word| said.contains(word)) {
        return e;
    }
    let kind = if said.contains("Unrecognized hwaccel") { ErrorKind::InvalidOption } else { ErrorKind::Backend };
    e.with_kind(kind)
        .with("option", "hwaccel")
        .with_hint("`auto` for option `hwaccel` takes hardware where there is some, and without it software decodes")
}
