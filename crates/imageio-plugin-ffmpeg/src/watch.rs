//! What ffmpeg says of each frame while it prints it: filter `showinfo` names its pixel format and what its samples
//! mean, on standard error, before the frame itself goes into the pipe.

use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use imageio_core::{Result, Signals};

/// The filter that makes ffmpeg speak. Checksums would cost more than the conversion.
pub(crate) const FILTER: &str = "showinfo=checksum=0";

/// Names the level of every message, and lets those of the filter through.
pub(crate) const LEVEL: &str = "level+info";

/// How long a frame's description may be behind the frame.
const PATIENCE: Duration = Duration::from_secs(10);

/// How the samples of a frame are to be understood, in ffmpeg's words.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub(crate) struct Look {
    pub format: String,
    pub range: String,
    pub space: String,
}

/// What was said so far, for the thread that reads the log and the one that reads frames.
#[derive(Debug, Clone, Default)]
pub(crate) struct Watch(Arc<(Mutex<Said>, Condvar)>);

#[derive(Debug, Default)]
struct Said {
    /// Frames that were described.
    frames: usize,
    /// From which frame on they look how.
    looks: Vec<(usize, Look)>,
    /// The pixel format of the frame whose description has begun.
    format: Option<String>,
    /// The last message is one to keep, in case it has further lines.
    keeping: bool,
    closed: bool,
}

impl Watch {
    fn said(&self) -> MutexGuard<'_, Said> {
        self.0.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes a line of the log; gives it back, without its level, if it is a complaint.
    pub fn line(&self, line: &str) -> Option<String> {
        let mut said = self.said();
        let (source, level, text) = take_apart(line);
        match level {
            Some("error" | "fatal" | "panic") => said.keeping = true,
            Some(_) => said.keeping = false,
            None => return said.keeping.then(|| line.to_owned()),
        }
        if said.keeping {
            return Some(format!("{source}{text}"));
        }
        if source.starts_with("[Parsed_showinfo_") {
            if said.take(text) {
                self.0.1.notify_all();
            }
        }
        None
    }

    /// There will be no more lines.
    pub fn close(&self) {
        self.said().closed = true;
        self.0.1.notify_all();
    }

    /// How frame `k` looks; `None` if that was not said.
    pub fn look(&self, k: usize, signals: Option<&Signals<'_>>) -> Result<Option<Look>> {
        let start = Instant::now();
        let mut said = self.said();
        while said.frames <= k && !said.closed && start.elapsed() < PATIENCE {
            let waited = self.0.1.wait_timeout(said, Duration::from_millis(50));
            said = waited.unwrap_or_else(PoisonError::into_inner).0;
            if let Some(signals) = signals {
                signals.check_cancelled()?;
            }
        }
        let at = said.looks.partition_point(|(from, _)| *from <= k);
        let look = at.checked_sub(1).and_then(|at| said.looks.get(at));
        Ok(look.filter(|_| said.frames > k).map(|(_, look)| look.clone()))
    }
}

impl Said {
    /// Takes what the filter says; `true` if it has described one more frame.
    fn take(&mut self, text: &str) -> bool {
        if text.starts_with("n:") {
            self.format = word(text, "fmt:").map(str::to_owned);
        }
        if !text.starts_with("color_range:") {
            return false;
        }
        let owned = |name| word(text, name).unwrap_or_default().to_owned();
        let format = self.format.take().unwrap_or_default();
        let look = Look { format, range: owned("color_range:"), space: owned("color_space:") };
        if self.looks.last().is_none_or(|(_, last)| *last != look) {
            self.looks.push((self.frames, look));
        }
        self.frames += 1;
        true
    }
}

/// The word behind a name: `tv` for `color_range:` in `color_range:tv color_space:bt709`.
fn word<'t>(text: &'t str, name: &str) -> Option<&'t str> {
    text.split(' ').find_map(|part| part.strip_prefix(name))
}

/// `[h264 @ 0x55] [error] text` as `[h264 @ 0x55] `, `error`, `text`.
fn take_apart(line: &str) -> (&str, Option<&str>, &str) {
    const LEVELS: [&str; 8] = ["panic", "fatal", "error", "warning", "info", "verbose", "debug", "trace"];
    let mut at = 0;
    // Before the level stands the part that speaks, and at times the part that this belongs to.
    for _ in 0..3 {
        let Some(inside) = line[at..].strip_prefix('[') else { break };
        let Some((tag, text)) = inside.split_once("] ").or_else(|| Some((inside.strip_suffix(']')?, ""))) else {
            break;
        };
        if let Some(level) = LEVELS.iter().find(|l| **l == tag) {
            return (&line[..at], Some(level), text);
        }
        at = line.len() - text.len();
    }
    ("", None, line)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn complaints_are_kept_and_the_rest_is_not() {
        let watch = Watch::default();
        for (line, kept) in [
            ("[info] Input #0, mov, from 'a.mp4':", None),
            ("[info]   Duration: 00:00:15.00", None),
            ("[h264 @ 0x5] [error] error while decoding MB 3 4", Some("[h264 @ 0x5] error while decoding MB 3 4")),
            ("of two lines", Some("of two lines")),
            ("[in#0 @ 0x1] [h264 @ 0x5] [error] twice", Some("[in#0 @ 0x1] [h264 @ 0x5] twice")),
            ("[swscaler @ 0x5] [warning] deprecated pixel format used", None),
            ("of two lines", None),
            ("[fatal] Conversion failed!", Some("Conversion failed!")),
            ("[info]", None),
            ("", None),
        ] {
            assert_eq!(watch.line(line).as_deref(), kept, "{line}");
        }
    }

    #[test]
    fn looks_of_frames() {
        let watch = Watch::default();
        let say = |text: &str| assert_eq!(watch.line(&format!("[Parsed_showinfo_1 @ 0x1] [info] {text}")), None);
        for (format, space) in [("yuv420p", "bt709"), ("yuv420p", "bt709"), ("yuvj420p", "unknown")] {
            say(&format!("n:   0 pts:      0 pts_time:0       pos:       48 fmt:{format} sar:0/1 s:64x48 i:P"));
            say("  side data - User Data Unregistered:");
            say("");
            say(&format!("color_range:tv color_space:{space} color_primaries:unknown color_trc:unknown"));
        }
        watch.close();
        let look = |k| watch.look(k, None).unwrap();
        let first = Look { format: "yuv420p".to_owned(), range: "tv".to_owned(), space: "bt709".to_owned() };
        assert_eq!((look(0), look(1)), (Some(first.clone()), Some(first)));
        assert_eq!(look(2).unwrap().space, "unknown");
        assert_eq!(look(3), None);
    }
}
