//! A bar on standard error for work that takes a while.

use std::fmt::Write;
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressState, ProgressStyle};

/// Shorter work needs no bar.
const QUIET: Duration = Duration::from_millis(400);

/// Counts frames: done, rate, time left. Silent where standard error is not a terminal.
pub struct FrameBar {
    bar: ProgressBar,
    begun: Instant,
    shown: bool,
}

impl FrameBar {
    pub fn new(total: Option<usize>) -> Self {
        let bar = ProgressBar::with_draw_target(total.map(|n| n as u64), ProgressDrawTarget::hidden());
        let template = match total {
            Some(_) => "{bar:32} {pos}/{len} frames  {rate}  {eta} left",
            None => "{spinner} {pos} frames  {rate}",
        };
        if let Ok(style) = ProgressStyle::with_template(template) {
            bar.set_style(style.with_key("rate", |state: &ProgressState, out: &mut dyn Write| {
                // The tracker writes into memory, where nothing can fail.
                let _ = write!(out, "{:.1}/s", state.per_sec());
            }));
        }
        FrameBar { bar, begun: Instant::now(), shown: false }
    }

    /// One frame more is done.
    pub fn step(&mut self) {
        self.bar.inc(1);
        if !self.shown && self.begun.elapsed() > QUIET {
            self.shown = true;
            self.bar.set_draw_target(ProgressDrawTarget::stderr_with_hz(10));
        }
    }
}

impl Drop for FrameBar {
    fn drop(&mut self) {
        self.bar.finish_and_clear();
    }
}

/// Counts bytes of a download. Silent where standard error is not a terminal.
#[cfg(feature = "ffmpeg")]
pub struct ByteBar(ProgressBar);

#[cfg(feature = "ffmpeg")]
impl ByteBar {
    pub fn new() -> Self {
        let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr_with_hz(10));
        if let Ok(style) = ProgressStyle::with_template("{bar:32} {bytes}/{total_bytes}  {eta} left") {
            bar.set_style(style);
        }
        ByteBar(bar)
    }

    pub fn at(&self, done: u64, total: Option<u64>) {
        if let Some(total) = total {
            self.0.set_length(total);
        }
        self.0.set_position(done);
    }
}

#[cfg(feature = "ffmpeg")]
impl Drop for ByteBar {
    fn drop(&mut self) {
        self.0.finish_and_clear();
    }
}
