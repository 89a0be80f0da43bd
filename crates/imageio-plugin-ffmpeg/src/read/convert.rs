//! Frames that are converted to RGB here, rather than by ffmpeg: half as many bytes go through the pipe.
//!
//! The result has to be what ffmpeg's own conversion gives, to the last bit, and that depends on its version, on the
//! processor and on the size. So it is tried: a frame of noise of the very size and kind goes through the ffmpeg at
//! hand, once a process, and where a single byte differs, ffmpeg converts.

use std::collections::HashMap;
use std::io::{Read, Write};
use std::path::PathBuf;
use std::sync::{Mutex, PoisonError};
use std::time::SystemTime;

use ffmpeg_sidecar::command::FfmpegCommand;
use imageio_yuv::{Converter, Matrix, Subsampling};

use super::plan::Plan;
use crate::find::Tools;
use crate::pixel_format::PixelFormat;
use crate::probe::Stream;
use crate::process::{Pipes, Process};
use crate::read::options::Conversion;
use crate::watch::{self, Look, Watch};

/// Pixels of a video from which on a trial, which starts ffmpeg once more, is worth its while: some hundred frames of
/// 1920 by 1080.
const WORTH_A_TRIAL: u64 = 200_000_000;

/// Bytes that are compared at once.
const PIECE: usize = 1 << 18;

/// Frames of one size, in planes that can be converted.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Planes {
    width: usize,
    height: usize,
    /// How the frames should look, as far as the container says it.
    pub look: Look,
    /// Bytes of a frame.
    pub size: usize,
    /// However short the video.
    always: bool,
}

impl Planes {
    /// The planes that frames of this plan can be made of; `None` if ffmpeg has to convert, or does not have to.
    pub fn of(plan: &Plan, stream: &Stream) -> Option<Self> {
        let wanted = plan.options.convert != Conversion::Ffmpeg && plan.format == PixelFormat::RGB24;
        // Filters may ask for other formats, and frames of hardware come in theirs.
        let plain = plan.filters.is_empty() && plan.options.hwaccel.as_deref().is_none_or(|name| name == "none");
        let or_unknown = |text: &Option<String>| text.clone().unwrap_or_else(|| "unknown".to_owned());
        let look = Look {
            format: stream.pixel_format.clone()?,
            range: or_unknown(&stream.color_range),
            space: or_unknown(&stream.color_space),
        };
        let converter = converter(&look).filter(|_| wanted && plain && Converter::is_fast())?;
        let (width, height) = (stream.width, stream.height);
        let size = converter.size(width, height)?;
        // ffmpeg has another way for odd heights, which takes rows of colour to lie between those of light.
        let always = plan.options.convert == Conversion::Own;
        (width > 0 && height > 0 && height % 2 == 0).then_some(Planes { width, height, look, size, always })
    }

    /// Whether these planes can be used now, or after a [trial](Self::trial) that a video of so many frames is worth.
    pub fn are_worth_it(&self, tools: &Tools, frames: Option<u64>) -> bool {
        let pixels = (self.width as u64).saturating_mul(self.height as u64);
        match known(&self.key(tools, &self.look)) {
            Some(verdict) => verdict,
            None => self.always || frames.is_some_and(|n| n.saturating_mul(pixels) >= WORTH_A_TRIAL),
        }
    }

    /// The conversion of frames that look like this; `None` if ffmpeg's gives something else, or nobody knows.
    pub fn trial(&self, tools: &Tools, look: &Look) -> Option<Converter> {
        let converter = converter(look).filter(|c| c.size(self.width, self.height) == Some(self.size))?;
        let key = self.key(tools, look);
        let verdict = known(&key).unwrap_or_else(|| {
            let verdict = self.is_equal(tools, look, &converter).unwrap_or_else(|e| {
                log::debug!("ffmpeg's conversion could not be tried: {e}");
                false
            });
            log::debug!("converting {look:?} here gives what ffmpeg gives: {verdict}");
            let mut seen = SEEN.lock().unwrap_or_else(PoisonError::into_inner);
            seen.get_or_insert_with(HashMap::new).insert(key, verdict);
            verdict
        });
        verdict.then_some(converter)
    }

    fn key(&self, tools: &Tools, look: &Look) -> Key {
        let changed = tools.ffmpeg.metadata().and_then(|m| m.modified()).ok();
        (tools.ffmpeg.clone(), changed, look.clone(), self.width, self.height)
    }

    /// Sends a frame of noise through ffmpeg and compares.
    fn is_equal(&self, tools: &Tools, look: &Look, converter: &Converter) -> imageio_core::Result<bool> {
        let mut command = FfmpegCommand::new_with_path(&tools.ffmpeg);
        command.args(["-hide_banner", "-v", watch::LEVEL, "-nostats", "-f", "rawvideo"]);
        command.args(["-pixel_format", &look.format, "-video_size", &format!("{}x{}", self.width, self.height)]);
        for (option, value) in [("-colorspace", &look.space), ("-color_range", &look.range)] {
            if value != "unknown" {
                command.args([option, value]);
            }
        }
        command.args(["-i", "pipe:0", "-vf", watch::FILTER, "-f", "rawvideo", "-pix_fmt", "rgb24", "pipe:1"]);
        let watch = Watch::default();
        let pipes = Pipes { stdin: true, stdout: true };
        let mut process = Process::start_watched(&mut command, pipes, watch.clone())?;
        let noise = noise(self.size);
        if let Some(mut stdin) = process.take_stdin() {
            // It can't answer before it has the whole frame, so there is no need to read meanwhile.
            stdin.write_all(&noise)?;
        }
        // Meanwhile. Large frames are large: what comes is compared piece by piece.
        let mut converted = vec![0; 3 * self.width * self.height];
        converter.convert(&noise, self.width, self.height, &mut converted);
        drop(noise);
        let mut is_equal = true;
        if let Some(mut stdout) = process.take_stdout() {
            let mut piece = vec![0; PIECE];
            for part in converted.chunks(PIECE) {
                stdout.read_exact(&mut piece[..part.len()])?;
                is_equal &= piece[..part.len()] == *part;
            }
        }
        process.succeed("converting")?;
        Ok(is_equal && watch.look(0, None)?.as_ref() == Some(look))
    }

    /// Converts a frame.
    pub fn convert(&self, converter: &Converter, planes: &[u8], rgb: &mut [u8]) {
        converter.convert(planes, self.width, self.height, rgb);
    }
}

/// The conversion of frames that look like this, where its arithmetic is known.
fn converter(look: &Look) -> Option<Converter> {
    let subsampling = match look.format.as_str() {
        "yuv420p" | "yuvj420p" => Subsampling::Both,
        "yuv422p" | "yuvj422p" => Subsampling::Horizontal,
        _ => return None,
    };
    let matrix = match look.space.as_str() {
        "bt709" => Matrix::Bt709,
        "bt2020nc" => Matrix::Bt2020,
        "bt470bg" | "smpte170m" | "unknown" => Matrix::Bt601,
        _ => return None,
    };
    // The formats with a `j` are in full range by their name, so that another range contradicts them.
    let full = match (look.format.starts_with("yuvj"), look.range.as_str()) {
        (_, "pc") | (true, "unknown") => true,
        (false, "tv" | "unknown") => false,
        _ => return None,
    };
    Some(Converter::new(matrix, full, subsampling))
}

type Key = (PathBuf, Option<SystemTime>, Look, usize, usize);

/// What trials gave: a program that was replaced is tried again.
static SEEN: Mutex<Option<HashMap<Key, bool>>> = Mutex::new(None);

fn known(key: &Key) -> Option<bool> {
    SEEN.lock().unwrap_or_else(PoisonError::into_inner).as_ref()?.get(key).copied()
}

/// Bytes without a pattern, always the same.
fn noise(n: usize) -> Vec<u8> {
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    let mut bytes = Vec::with_capacity(n.next_multiple_of(8));
    while bytes.len() < n {
        // Marsaglia's xorshift of 64 bits.
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        bytes.extend_from_slice(&state.wrapping_mul(0x2545_f491_4f6c_dd1d).to_le_bytes());
    }
    bytes.truncate(n);
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn which_looks_are_known() {
        for (format, range, space, known) in [
            ("yuv420p", "tv", "bt709", true),
            ("yuv420p", "unknown", "unknown", true),
            ("yuv420p", "pc", "smpte170m", true),
            ("yuvj420p", "pc", "bt470bg", true),
            ("yuvj422p", "unknown", "bt470bg", true),
            ("yuv422p", "tv", "bt2020nc", true),
            ("yuvj420p", "tv", "bt470bg", false),
            ("yuv420p", "tv", "smpte240m", false),
            ("yuv444p", "tv", "bt709", false),
            ("yuv420p10le", "tv", "bt709", false),
            ("nv12", "tv", "bt709", false),
        ] {
            let look = Look { format: format.to_owned(), range: range.to_owned(), space: space.to_owned() };
            assert_eq!(converter(&look).is_some(), known, "{look:?}");
        }
    }

    #[test]
    fn noise_is_of_all_values() {
        let noise = noise(100_003);
        assert_eq!(noise.len(), 100_003);
        assert!((0..=255).all(|v| noise.iter().filter(|n| **n == v).count() > 250));
    }
}
