//! How often, and after which waits.

use std::hash::{BuildHasher, RandomState};
use std::thread;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use imageio_core::{Error, Result};

use crate::failure::{Failure, Retry};

/// A server that asks for a longer wait than this is not waited for.
const LONGEST_WAIT: Duration = Duration::from_secs(30);
/// So much that arrived makes earlier failures forgotten.
const PROGRESS: u64 = 64 * 1024;

/// The attempts at one transfer.
#[derive(Debug)]
pub(crate) struct Attempts {
    /// Failures since something arrived.
    failures: u32,
    retries: u32,
    made: u32,
    arrived: u64,
    pub deadline: Option<Instant>,
}

impl Attempts {
    pub fn new(retries: u32, total: Option<Duration>) -> Self {
        let deadline = total.and_then(|total| Instant::now().checked_add(total));
        Attempts { failures: 0, retries, made: 1, arrived: 0, deadline }
    }

    /// Takes note of bytes that arrived: a long transfer may be interrupted more often than a short one.
    pub fn arrived(&mut self, n: u64) {
        self.arrived += n;
        if self.arrived >= PROGRESS {
            (self.failures, self.arrived) = (0, 0);
        }
    }

    /// Waits before the next attempt, or gives up with the error.
    pub fn failed(&mut self, failure: Failure, asked: &str) -> Result<()> {
        let wait = match failure.retry() {
            Retry::No => return Err(failure.into_error(asked, self.made)),
            Retry::Yes => backoff(self.failures),
            Retry::After(wait) => wait.max(backoff(0)),
        };
        let in_time = self.deadline.is_none_or(|deadline| Instant::now() + wait < deadline);
        if self.failures >= self.retries || wait > LONGEST_WAIT || !in_time {
            let e: Error = failure.into_error(asked, self.made);
            return Err(match wait > LONGEST_WAIT {
                true => e.with_hint(format!("the server asks to try again after {} s", wait.as_secs())),
                false => e,
            });
        }
        log::debug!("attempt {} failed, next one in {wait:?}: {asked}", self.made);
        self.failures += 1;
        self.made += 1;
        thread::sleep(wait);
        Ok(())
    }
}

/// 0.2 s, 0.4 s, 0.8 s … with a part left to chance, so that many clients do not come back together.
fn backoff(failures: u32) -> Duration {
    let base = 200 << failures.min(6);
    let chance = RandomState::new().hash_one(failures) % (base / 4 + 1);
    Duration::from_millis(base + chance)
}

/// The wait in a `Retry-After`: seconds, or a date (RFC 9110 10.2.3).
pub(crate) fn retry_after(text: &str) -> Option<Duration> {
    let text = text.trim();
    if let Ok(seconds) = text.parse() {
        return Some(Duration::from_secs(seconds));
    }
    let now = SystemTime::now().duration_since(UNIX_EPOCH).ok()?.as_secs();
    Some(Duration::from_secs(date(text)?.saturating_sub(now)))
}

/// Seconds since 1970 of `Sun, 06 Nov 1994 08:49:37 GMT`.
fn date(text: &str) -> Option<u64> {
    let mut parts = text.split_once(", ")?.1.split([' ', ':']);
    let number = |parts: &mut dyn Iterator<Item = &str>| parts.next()?.parse::<u64>().ok();
    let day = number(&mut parts)?;
    let name = parts.next()?;
    let month = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
        .iter()
        .position(|m| *m == name)? as u64
        + 1;
    let year = number(&mut parts).filter(|y| (1970..10_000).contains(y))?;
    let (hours, minutes, seconds) = (number(&mut parts)?, number(&mut parts)?, number(&mut parts)?);
    // Counted from March, so that the leap day is a year's last.
    let (y, m) = if month > 2 { (year, month - 3) } else { (year - 1, month + 9) };
    let days = 365 * y + y / 4 - y / 100 + y / 400 + (153 * m + 2) / 5 + day - 1;
    Some((days.checked_sub(719_468)? * 24 + hours) * 3600 + minutes * 60 + seconds)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits() {
        assert_eq!(retry_after("7"), Some(Duration::from_secs(7)));
        assert_eq!(retry_after("Sun, 06 Nov 1994 08:49:37 GMT"), Some(Duration::ZERO));
        assert_eq!(date("Sun, 06 Nov 1994 08:49:37 GMT"), Some(784_111_777));
        assert_eq!(date("Thu, 29 Feb 2024 00:00:00 GMT"), Some(1_709_164_800));
        assert_eq!(date("Thu, 01 Jan 1970 00:00:00 GMT"), Some(0));
        for text in ["soon", "", "-1", "Sun, 06 Foo 1994 08:49:37 GMT"] {
            assert_eq!(retry_after(text), None, "{text}");
        }
        assert!((200..=250).contains(&backoff(0).as_millis()));
        assert!((800..=1000).contains(&backoff(2).as_millis()));
    }
}
