//! When frames are shown.

use std::time::Duration;

use imageio_core::{Error, ErrorKind, Metadata, Rate, Result, Value};

use super::options::WriteOptions;

/// Frames per second where nobody says how many.
const DEFAULT: u32 = 24;

/// When frames are shown.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Timing {
    /// So many in a second.
    Constant(Rate),
    /// Each for a time of its own.
    Each(Vec<Duration>),
}

impl Timing {
    /// Options go before metadata.
    pub fn new(options: &WriteOptions, metadata: Option<&Metadata>) -> Result<Self> {
        if options.fps.is_some() && !options.duration.is_empty() {
            return Err(invalid("of `fps` and `duration` one can be given"));
        }
        if let Some(rate) = options.fps {
            return if rate.numerator == 0 { Err(invalid("`fps` is 0")) } else { Ok(Timing::Constant(rate)) };
        }
        if !options.duration.is_empty() {
            return Self::of(&options.duration).ok_or_else(|| invalid("`duration`: a frame is shown for some time"));
        }
        let from_metadata = metadata.and_then(|metadata| {
            let list = metadata.get("durations").and_then(Value::as_list);
            let one = metadata.get("duration").filter(|_| metadata.get("fps").is_none());
            let listed = list.and_then(|list| list.iter().map(milliseconds).collect::<Option<Vec<_>>>());
            listed.as_deref().and_then(Self::of).or_else(|| match metadata.get("frame_rate").or(metadata.get("fps")) {
                Some(Value::Rational(n, d)) => {
                    let (n, d) = (u32::try_from(*n).ok()?, u32::try_from(*d).ok()?);
                    (n > 0 && d > 0).then(|| Timing::Constant(Rate::new(n, d)))
                }
                Some(value) => value.as_f64().filter(|v| *v > 0.0).map(|v| Timing::Constant(Rate::from(v))),
                None => Self::of(&[milliseconds(one?)?]),
            })
        });
        Ok(from_metadata.unwrap_or(Timing::Constant(Rate::new(DEFAULT, 1))))
    }

    fn of(durations: &[Duration]) -> Option<Self> {
        let first = durations.first()?;
        if durations.iter().any(Duration::is_zero) {
            return None;
        }
        if durations.iter().all(|d| d == first) {
            rate(*first).map(Timing::Constant)
        } else {
            Some(Timing::Each(durations.to_vec()))
        }
    }
}

fn invalid(message: &'static str) -> Error {
    Error::new(ErrorKind::InvalidOption, message)
}

fn milliseconds(value: &Value) -> Option<Duration> {
    let ms = value.as_f64().filter(|ms| ms.is_finite() && (0.0..1e12).contains(ms))?;
    Some(Duration::from_secs_f64(ms / 1000.0))
}

/// The rate of which `period` is one frame: a broadcast rate where it is the period of one but for rounding.
pub(super) fn rate(period: Duration) -> Option<Rate> {
    let nanos = u32::try_from(period.as_nanos()).ok().filter(|n| *n > 0)?;
    let near = Rate::from(1e9 / f64::from(nanos));
    let usual = matches!(near.denominator, 1 | 1001);
    if usual && near.period().is_some_and(|p| p.abs_diff(period) <= Duration::from_nanos(1)) {
        return Some(near);
    }
    let (mut a, mut b) = (1_000_000_000u32, nanos);
    while b > 0 {
        (a, b) = (b, a % b);
    }
    Some(Rate::new(1_000_000_000 / a, nanos / a))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rates_of_durations() {
        let ms = Duration::from_millis;
        assert_eq!(rate(ms(40)), Some(Rate::new(25, 1)));
        assert_eq!(rate(ms(30)), Some(Rate::new(100, 3)));
        assert_eq!(rate(ms(2500)), Some(Rate::new(2, 5)));
        assert_eq!(rate(Duration::from_nanos(33_366_667)), Some(Rate::new(30_000, 1001)));
        assert_eq!(Timing::of(&[ms(40), ms(40)]), Some(Timing::Constant(Rate::new(25, 1))));
        assert_eq!(Timing::of(&[ms(40), ms(50)]), Some(Timing::Each(vec![ms(40), ms(50)])));
        assert_eq!(Timing::of(&[ms(40), ms(0)]), None);
    }

    #[test]
    fn options_before_metadata_before_the_default() {
        let ms = Duration::from_millis;
        let mut metadata = Metadata::new();
        assert_eq!(Timing::new(&WriteOptions::new(), Some(&metadata)).unwrap(), Timing::Constant(Rate::new(24, 1)));
        metadata.insert("duration", 100.0);
        assert_eq!(Timing::new(&WriteOptions::new(), Some(&metadata)).unwrap(), Timing::Constant(Rate::new(10, 1)));
        metadata.insert("durations", Value::List(vec![Value::Int(100), Value::Int(200)]));
        let both = Timing::Each(vec![ms(100), ms(200)]);
        assert_eq!(Timing::new(&WriteOptions::new(), Some(&metadata)).unwrap(), both);
        let fps = WriteOptions::new().fps(Rate::new(30_000, 1001));
        assert_eq!(Timing::new(&fps, Some(&metadata)).unwrap(), Timing::Constant(Rate::new(30_000, 1001)));
        // In a video's metadata `duration` is that of the whole.
        let mut video = Metadata::new();
        video.insert("duration", 10.0);
        video.insert("fps", 30.0);
        assert_eq!(Timing::new(&WriteOptions::new(), Some(&video)).unwrap(), Timing::Constant(Rate::new(30, 1)));
        let e = Timing::new(&fps.duration([ms(40)]), None).unwrap_err();
        assert_eq!(e.kind(), ErrorKind::InvalidOption);
        assert!(Timing::new(&WriteOptions::new().fps(Rate::from(0u32)), None).is_err());
    }
}
