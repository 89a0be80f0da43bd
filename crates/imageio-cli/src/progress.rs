//! A bar on standard error for work that takes a while.

use std::fmt::Write;
use std::sync::atomic::{AtomicU8, Ordering};
use std::sync::{Arc, OnceLock};
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
            clear_transfers();
            self.bar.set_draw_target(ProgressDrawTarget::stderr_with_hz(10));
        }
    }
}

impl Drop for FrameBar {
    fn drop(&mut self) {
        self.bar.finish_and_clear();
    }
}

/// Counts bytes of a transfer: done, total, rate, time left. Silent where standard error is not a terminal.
pub struct ByteBar {
    bar: ProgressBar,
    begun: Instant,
    state: AtomicU8,
}

const WAITING: u8 = 0;
const SHOWN: u8 = 1;
const CLEARED: u8 = 2;

impl ByteBar {
    pub fn new() -> Self {
        let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::hidden());
        if let Ok(style) = ProgressStyle::with_template("{bar:32} {line}") {
            bar.set_style(style.with_key("line", |state: &ProgressState, out: &mut dyn Write| {
                let _ = write!(out, "{}", line(state.pos(), state.len(), state.per_sec()));
            }));
        }
        ByteBar { bar, begun: Instant::now(), state: AtomicU8::new(WAITING) }
    }

    /// How far it came. The bar appears if that takes a while.
    pub fn at(&self, done: u64, total: Option<u64>) {
        if self.state.load(Ordering::Relaxed) == CLEARED {
            return;
        }
        if let Some(total) = total {
            self.bar.set_length(total);
        }
        self.bar.set_position(done);
        let waiting = self.begun.elapsed() > QUIET;
        if waiting && self.state.compare_exchange(WAITING, SHOWN, Ordering::Relaxed, Ordering::Relaxed).is_ok() {
            self.bar.set_draw_target(ProgressDrawTarget::stderr_with_hz(10));
        }
    }

    /// Takes the bar away for good, so that results have the terminal for themselves.
    pub fn clear(&self) {
        self.state.store(CLEARED, Ordering::Relaxed);
        self.bar.finish_and_clear();
    }
}

impl Drop for ByteBar {
    fn drop(&mut self) {
        self.clear();
    }
}

/// `12.5 MiB/60.0 MiB  3.2 MiB/s  15 s left`, without what is not known.
fn line(done: u64, total: Option<u64>, rate: f64) -> String {
    let mut text = bytes(done as f64);
    if let Some(total) = total {
        let _ = write!(text, "/{}", bytes(total as f64));
    }
    if rate.is_finite() && rate >= 1.0 {
        let _ = write!(text, "  {}/s", bytes(rate));
        if let Some(left) = total.map(|total| total.saturating_sub(done)) {
            let _ = write!(text, "  {} left", time((left as f64 / rate).ceil()));
        }
    }
    text
}

fn bytes(n: f64) -> String {
    let (mut n, mut unit) = (n, 0);
    while n >= 1023.95 && unit < 4 {
        n /= 1024.0;
        unit += 1;
    }
    let name = ["B", "KiB", "MiB", "GiB", "TiB"].get(unit).copied().unwrap_or_default();
    if unit == 0 { format!("{n:.0} {name}") } else { format!("{n:.1} {name}") }
}

fn time(seconds: f64) -> String {
    // A conversion of a float ends at the largest number.
    let seconds = seconds as u64;
    match (seconds / 3600, seconds / 60 % 60, seconds % 60) {
        (0, 0, s) => format!("{s} s"),
        (0, m, s) => format!("{m} min {s} s"),
        (h, m, _) => format!("{h} h {m} min"),
    }
}

static TRANSFER: OnceLock<Arc<ByteBar>> = OnceLock::new();

/// Shows a bar for what comes from web servers from now on.
#[cfg(feature = "http")]
pub fn watch_transfers() {
    let bar = Arc::clone(TRANSFER.get_or_init(|| Arc::new(ByteBar::new())));
    imageio::http::on_transfer(Some(Arc::new(move |progress| bar.at(progress.done, progress.total))));
}

/// Takes the bar of transfers away, before results are printed.
pub fn clear_transfers() {
    if let Some(bar) = TRANSFER.get() {
        bar.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines() {
        const MIB: u64 = 1 << 20;
        let rows = [
            (0, None, 0.0, "0 B"),
            (1023, None, 0.0, "1023 B"),
            (1024, Some(MIB), 0.0, "1.0 KiB/1.0 MiB"),
            (12 * MIB + MIB / 2, Some(60 * MIB), 3.2 * MIB as f64, "12.5 MiB/60.0 MiB  3.2 MiB/s  15 s left"),
            (MIB, None, 512.0, "1.0 MiB  512 B/s"),
            (0, Some(600 * MIB), MIB as f64, "0 B/600.0 MiB  1.0 MiB/s  10 min 0 s left"),
            (0, Some(7300 * MIB), MIB as f64, "0 B/7.1 GiB  1.0 MiB/s  2 h 1 min left"),
            (5, Some(3), 1.0, "5 B/3 B  1 B/s  0 s left"),
            (MIB - 1, None, f64::INFINITY, "1.0 MiB"),
            (u64::MAX, Some(u64::MAX), f64::NAN, "16777216.0 TiB/16777216.0 TiB"),
        ];
        for (done, total, rate, expected) in rows {
            assert_eq!(line(done, total, rate), expected);
        }
    }
}
