//! Durations in whole milliseconds, without a drift.

use std::time::Duration;

use imageio_core::{Error, ErrorKind, Metadata, Result, Value};

use crate::options::WriteOptions;

/// Shown where nobody says how long.
const DEFAULT: Duration = Duration::from_millis(100);
/// The file has 24 bits for it.
const LONGEST: u128 = (1 << 24) - 1;

/// Turns durations into milliseconds so that their sum stays true.
#[derive(Debug, Default)]
pub(super) struct Clock {
    exact: Duration,
    milliseconds: u128,
}

impl Clock {
    /// The duration of frame `k`: options before the frame's own metadata before those of the file.
    pub(super) fn duration(
        &mut self,
        options: &WriteOptions,
        [own, of_file]: [Option<&Metadata>; 2],
        k: usize,
    ) -> Result<u32> {
        let said = match asked(options, k)? {
            Some(duration) => Some(duration),
            None => own.and_then(|m| told(m, k)).or_else(|| of_file.and_then(|m| told(m, k))),
        };
        self.exact = self.exact.saturating_add(said.unwrap_or(DEFAULT));
        let now = (self.exact.as_nanos() + 500_000) / 1_000_000;
        let duration = now - self.milliseconds;
        if duration > LONGEST {
            return Err(Error::new(ErrorKind::InvalidOption, format!("a frame can't be shown for {duration} ms"))
                .with_hint(format!("a frame of a WebP animation lasts at most {LONGEST} ms")));
        }
        self.milliseconds = now;
        Ok(duration as u32)
    }
}

fn asked(options: &WriteOptions, k: usize) -> Result<Option<Duration>> {
    match options.duration.as_slice() {
        [] => match options.fps.map(|fps| fps.period()) {
            None => Ok(None),
            Some(Some(period)) => Ok(Some(period)),
            Some(None) => Err(Error::new(ErrorKind::InvalidOption, "option `fps` is 0")
                .with_hint("say with `duration` how long a frame is shown")),
        },
        [one] => Ok(Some(*one)),
        list => list.get(k).copied().map(Some).ok_or_else(|| {
            let n = list.len();
            Error::new(ErrorKind::InvalidOption, format!("option `duration` lists {n} frames, this is frame {k}"))
                .with_hint("give one duration for each frame, or a single one for all")
        }),
    }
}

fn told(metadata: &Metadata, k: usize) -> Option<Duration> {
    let value = metadata.get("duration").or_else(|| metadata.get("durations"))?;
    let value = match value {
        Value::List(list) => list.get(k)?,
        one => one,
    };
    let milliseconds = value.as_f64().filter(|ms| ms.is_finite() && (0.0..1e12).contains(ms))?;
    Some(Duration::from_secs_f64(milliseconds / 1000.0))
}

#[cfg(test)]
mod tests {
    use super::*;
    use imageio_core::Rate;

    #[test]
    fn rounding_does_not_add_up() {
        let mut clock = Clock::default();
        let options = WriteOptions::new().fps(Rate::new(30, 1));
        let all: Vec<u32> = (0..30).map(|k| clock.duration(&options, [None, None], k).unwrap()).collect();
        assert_eq!(all[..6], [33, 34, 33, 33, 34, 33]);
        assert_eq!(all.iter().sum::<u32>(), 1000);
    }

    #[test]
    fn who_is_asked_first() {
        let of = |options: &WriteOptions, metadata: [Option<&Metadata>; 2], k| {
            Clock::default().duration(options, metadata, k).map_err(|e| e.kind())
        };
        let none = WriteOptions::new();
        let (mut file, mut own) = (Metadata::new(), Metadata::new());
        file.insert("duration", vec![Value::from(10), Value::from(20)]);
        own.insert("duration", 70);
        assert_eq!(of(&none, [None, None], 0), Ok(100));
        assert_eq!(of(&none, [None, Some(&file)], 1), Ok(20));
        assert_eq!(of(&none, [Some(&own), Some(&file)], 1), Ok(70));
        let list = WriteOptions::new().duration([Duration::from_millis(1), Duration::from_millis(2)]);
        assert_eq!(of(&list, [Some(&own), None], 1), Ok(2));
        assert_eq!(of(&list, [None, None], 2), Err(ErrorKind::InvalidOption));
        let never = WriteOptions::new().fps(Rate::new(0, 1));
        assert_eq!(of(&never, [Some(&own), None], 0), Err(ErrorKind::InvalidOption));
        let long = WriteOptions::new().duration([Duration::from_secs(20_000)]);
        assert_eq!(of(&long, [None, None], 0), Err(ErrorKind::InvalidOption));
    }
}
