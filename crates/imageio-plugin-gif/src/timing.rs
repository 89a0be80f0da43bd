//! Durations in hundredths of a second, without a drift.

use std::time::Duration;

use imageio_core::{Error, ErrorKind, Metadata, Result, Value};

use crate::options::WriteOptions;

/// Shown where nobody says how long.
pub(crate) const DEFAULT: Duration = Duration::from_millis(100);
/// Most viewers show frames of less as if they had 100 ms.
const SHORT: Duration = Duration::from_millis(20);

/// The duration of frame `k`, if something says it: options before metadata.
pub(crate) fn of_frame(options: &WriteOptions, metadata: Option<&Metadata>, k: usize) -> Result<Option<Duration>> {
    match options.duration.as_slice() {
        [] => {}
        [one] => return Ok(Some(*one)),
        list => {
            return list.get(k).copied().map(Some).ok_or_else(|| {
                let n = list.len();
                Error::new(ErrorKind::InvalidOption, format!("option `duration` lists {n} frames, this is frame {k}"))
                    .with_hint("give one duration for each frame, or a single one for all")
            });
        }
    }
    if let Some(fps) = options.fps {
        let none = || {
            Error::new(ErrorKind::InvalidOption, "option `fps` is 0")
                .with_hint("say with `duration` how long a frame is shown")
        };
        return fps.period().map(Some).ok_or_else(none);
    }
    let Some(metadata) = metadata else { return Ok(None) };
    let listed = metadata.get("durations").and_then(Value::as_list).and_then(|list| list.get(k));
    let value = listed.or_else(|| metadata.get("duration"));
    let milliseconds = value.and_then(Value::as_f64).filter(|ms| ms.is_finite() && (0.0..1e12).contains(ms));
    Ok(milliseconds.map(|ms| Duration::from_secs_f64(ms / 1000.0)))
}

/// Turns durations into delays so that their sum stays true.
#[derive(Debug, Default)]
pub(crate) struct Clock {
    exact: Duration,
    ticks: u128,
    pub short: usize,
    pub long: usize,
}

impl Clock {
    /// The delay of the next frame, of several if so said.
    pub fn delay(&mut self, duration: Option<Duration>, several: bool) -> u16 {
        let duration = duration.unwrap_or(if several { DEFAULT } else { Duration::ZERO });
        self.short += usize::from(several && duration < SHORT);
        self.exact = self.exact.saturating_add(duration);
        let now = (self.exact.as_nanos() + 5_000_000) / 10_000_000;
        let delay = now - self.ticks;
        self.ticks = now;
        u16::try_from(delay).unwrap_or_else(|_| {
            self.long += 1;
            u16::MAX
        })
    }

    /// What has to be told about durations.
    pub fn notes(&self) -> Vec<String> {
        let mut out = Vec::new();
        if self.short > 0 {
            out.push(format!("{} frames have less than 20 ms: most viewers show them for longer", self.short));
        }
        if self.long > 0 {
            out.push(format!("{} frames were cut to 655.35 s, the longest that GIF can say", self.long));
        }
        out
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rounding_does_not_add_up() {
        let mut clock = Clock::default();
        let third = Duration::from_secs_f64(1.0 / 30.0);
        let delays: Vec<u16> = (0..30).map(|_| clock.delay(Some(third), true)).collect();
        assert_eq!(delays[..6], [3, 4, 3, 3, 4, 3]);
        assert_eq!(delays.iter().sum::<u16>(), 100);
        assert!(clock.notes().is_empty());
        assert_eq!(clock.delay(Some(Duration::from_secs(1000)), true), u16::MAX);
        assert_eq!(clock.delay(Some(Duration::from_millis(10)), true), 1);
        assert_eq!(clock.notes().len(), 2);
    }

    #[test]
    fn options_before_metadata() {
        let ms = |n| Some(Duration::from_millis(n));
        let mut metadata = Metadata::new();
        metadata.insert("duration", 70);
        let none = WriteOptions::new();
        assert_eq!(of_frame(&none, None, 0).unwrap(), None);
        assert_eq!(of_frame(&none, Some(&metadata), 3).unwrap(), ms(70));
        metadata.insert("durations", vec![Value::from(10), Value::from(20)]);
        assert_eq!(of_frame(&none, Some(&metadata), 1).unwrap(), ms(20));
        assert_eq!(of_frame(&none, Some(&metadata), 2).unwrap(), ms(70));
        let fps = WriteOptions::new().fps(imageio_core::Rate::new(25, 1));
        assert_eq!(of_frame(&fps, Some(&metadata), 1).unwrap(), ms(40));
        let never = WriteOptions::new().fps(imageio_core::Rate::new(0, 1));
        assert_eq!(of_frame(&never, Some(&metadata), 1).unwrap_err().kind(), ErrorKind::InvalidOption);
        let list = fps.duration([Duration::from_millis(1), Duration::from_millis(2)]);
        assert_eq!(of_frame(&list, Some(&metadata), 1).unwrap(), ms(2));
        assert_eq!(of_frame(&list, None, 2).unwrap_err().kind(), ErrorKind::InvalidOption);
    }
}
