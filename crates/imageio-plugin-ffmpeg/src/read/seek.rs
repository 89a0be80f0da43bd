//! Where decoding may begin so that a given frame comes out exactly as if everything before it had been decoded.
//!
//! A container's index leads to a key frame, never to a frame. What is asked for is found by its time: ffmpeg is
//! told to let nothing pass until a frame of exactly that time has come by, so that a seek which led to a wrong
//! place gives nothing, instead of a wrong frame, and is tried again from further back.

use std::ops::Range;

use crate::find::Tools;
use crate::probe::{Index, Input, Places, Stream, instantaneous_refreshes};

/// One way to come to a frame.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Attempt {
    /// Time to seek to, in seconds.
    pub seek: Option<String>,
    /// A filter that lets nothing pass before the frame.
    pub select: Option<String>,
    /// Times are those of the container.
    pub keeps_times: bool,
    /// Which frame of the result is the first to come.
    pub first: usize,
}

impl Attempt {
    /// Everything, from the beginning.
    pub fn beginning() -> Self {
        Self::default()
    }
}

/// What is known of a stream's times.
#[derive(Debug, Clone, Default)]
pub(super) struct Seeking {
    /// Time of every frame; empty where there is no seeking.
    times: Vec<i64>,
    keys: Keys,
    /// Seconds of one unit.
    unit: (i64, i64),
}

/// Times where decoding may begin.
#[derive(Debug, Clone)]
enum Keys {
    /// All of them, in order.
    Known(Vec<i64>),
    /// Some of those that a container marks.
    Marked(Places),
}

impl Default for Keys {
    fn default() -> Self {
        Keys::Known(Vec::new())
    }
}

impl Keys {
    /// The last three that are not after a time, the latest first.
    fn before(&self, time: i64) -> Vec<i64> {
        match self {
            Keys::Known(keys) => {
                let end = keys.partition_point(|key| *key <= time);
                keys.iter().take(end).rev().take(3).copied().collect()
            }
            Keys::Marked(places) => places.before(time, 3).unwrap_or_else(|e| {
                log::debug!("decoding begins at the first frame, since key frames can't be told apart: {e}");
                Vec::new()
            }),
        }
    }
}

impl Seeking {
    /// Learns what the packets say; asks for more where that is not enough.
    pub fn new(tools: &Tools, input: &Input, stream: &Stream, index: &Index) -> Self {
        let (Some(times), Some(base)) = (index.times(), stream.time_base) else { return Seeking::default() };
        let mut keys = index.keys();
        let unit = (base.numerator, base.denominator);
        if stream.codec.as_deref() == Some("h264") && keys.len() > 1 {
            if let Some(places) = index.places() {
                return Seeking { times, keys: Keys::Marked(places.clone()), unit };
            }
            keys = instantaneous_refreshes(tools, input, stream).unwrap_or_else(|e| {
                log::debug!("decoding begins at the first frame, since key frames can't be told apart: {e}");
                Vec::new()
            });
            keys.sort_unstable();
        }
        Seeking { times, keys: Keys::Known(keys), unit }
    }

    /// The frame at which decoding begins if frame `k` is wanted; `None` where there is no seeking.
    pub fn begins(&self, k: usize) -> Option<usize> {
        let key = *self.keys.before(*self.times.get(k)?).first()?;
        Some(self.times.partition_point(|time| *time < key))
    }

    /// The ways to frame `k` of the stream, which is frame `first` of the result.
    pub fn attempts(&self, k: usize, first: usize) -> Vec<Attempt> {
        if k == 0 {
            return vec![Attempt { first, ..Attempt::beginning() }];
        }
        let Some(time) = self.times.get(k) else {
            // Without times, frames are counted.
            let select = Some(format!("select=gte(n\\,{k})"));
            return vec![Attempt { select, first, ..Attempt::beginning() }];
        };
        let select = format!("select=if(eq(pts\\,{time})\\,st(0\\,1))+ld(0)");
        let mut attempts = Vec::new();
        // First from the key frame itself; then from further back, where the demuxer went astray or the decoder
        // had no use for the first one.
        let keys = self.keys.before(*time);
        if let (Some(last), Some(earlier)) = (keys.first(), keys.last()) {
            for key in [*last, *earlier] {
                let seek = self.seconds(key).filter(|_| self.times.first().is_some_and(|t| key > *t));
                attempts.push(Attempt { seek, select: Some(select.clone()), keeps_times: true, first });
            }
        }
        attempts.push(Attempt { seek: None, select: Some(select), keeps_times: true, first });
        attempts.dedup();
        attempts
    }

    /// The way to let the frames of a window through filters that change their number.
    pub fn window(&self, window: Range<usize>) -> Vec<Attempt> {
        let Range { start, end } = window;
        let inside = format!("select=between(n\\,{start}\\,{})", end.saturating_sub(1));
        let inside = if start >= end { "select=0".to_owned() } else { inside };
        vec![Attempt { select: Some(inside), ..Attempt::beginning() }]
    }

    /// A time in seconds, rounded up to what ffmpeg reads, so that the key frame itself is not missed.
    fn seconds(&self, time: i64) -> Option<String> {
        let (n, d) = self.unit;
        let micros = (i128::from(time) * i128::from(n) * 1_000_000).div_euclid(i128::from(d));
        let exact = micros * i128::from(d) == i128::from(time) * i128::from(n) * 1_000_000;
        let micros = i64::try_from(if exact { micros } else { micros + 1 }).ok()?;
        let sign = if micros < 0 { "-" } else { "" };
        let micros = micros.unsigned_abs();
        Some(format!("{sign}{}.{:06}", micros / 1_000_000, micros % 1_000_000))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seeking() -> Seeking {
        Seeking {
            times: (0..10).map(|k| 3003 * k).collect(),
            keys: Keys::Known(vec![0, 12_012, 24_024]),
            unit: (1, 90_000),
        }
    }

    #[test]
    fn keys_before_frames() {
        let s = seeking();
        assert_eq!((s.begins(3), s.begins(4), s.begins(9), s.begins(10)), (Some(0), Some(4), Some(8), None));
        let ways = s.attempts(9, 5);
        assert_eq!(ways.len(), 2, "the key two before is the beginning: {ways:?}");
        assert_eq!(ways[0].seek.as_deref(), Some("0.266934"));
        assert!(ways[0].select.as_deref().is_some_and(|s| s.contains("eq(pts\\,27027)")));
        assert!(ways.iter().all(|w| w.first == 5 && w.keeps_times));
        assert_eq!(ways[1].seek, None);
    }

    #[test]
    fn seconds_are_rounded_up() {
        let s = seeking();
        assert_eq!(s.seconds(90_000).as_deref(), Some("1.000000"));
        assert_eq!(s.seconds(1).as_deref(), Some("0.000012"));
        assert_eq!(s.seconds(-90_000).as_deref(), Some("-1.000000"));
    }

    #[test]
    fn without_times_frames_are_counted() {
        let ways = Seeking::default().attempts(7, 7);
        assert_eq!(ways.len(), 1);
        assert_eq!(ways[0].select.as_deref(), Some("select=gte(n\\,7)"));
    }
}
