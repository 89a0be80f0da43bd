//! Times of frames as the fractions of seconds that a file holds.

use std::time::Duration;

use imageio_core::{Error, ErrorKind, Result};

/// Numerator and denominator of a time in seconds, both of 16 bits: exact milliseconds where possible, otherwise the
/// nearest fraction.
pub(crate) fn fraction(time: Duration) -> Result<(u16, u16)> {
    let seconds = time.as_secs_f64();
    let milliseconds = seconds * 1000.0;
    if milliseconds.fract() == 0.0 && milliseconds <= f64::from(u16::MAX) {
        return Ok((milliseconds as u16, 1000));
    }
    let refused = || {
        Error::new(ErrorKind::InvalidOption, format!("a frame can't be shown for {time:?}"))
            .with_hint("a frame of an APNG lasts 16 µs to 65 535 s")
    };
    if seconds >= f64::from(u16::MAX) + 0.5 {
        return Err(refused());
    }
    let best = nearest(seconds);
    if best.0 == 0 && !time.is_zero() { Err(refused()) } else { Ok(best) }
}

/// The last fraction in the continued expansion of `value` that fits.
fn nearest(value: f64) -> (u16, u16) {
    const MAX: f64 = u16::MAX as f64;
    let (mut before, mut current) = ((1.0, 0.0), (value.floor(), 1.0));
    let mut rest = value.fract();
    while rest > 1e-9 && (current.0 / current.1 - value).abs() > 1e-9 * value {
        let term = (1.0 / rest).floor();
        rest = (1.0 / rest).fract();
        let next = (term * current.0 + before.0, term * current.1 + before.1);
        if next.0 > MAX || next.1 > MAX {
            break;
        }
        (before, current) = (current, next);
    }
    (current.0 as u16, current.1 as u16)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_kept_or_refused() {
        let of = |seconds: f64| fraction(Duration::from_secs_f64(seconds));
        assert_eq!(of(0.2).unwrap(), (200, 1000));
        assert_eq!(of(0.0).unwrap(), (0, 1000));
        assert_eq!(of(0.0002).unwrap(), (1, 5000));
        assert_eq!(of(1.0 / 3.0).unwrap(), (1, 3));
        assert_eq!(of(1001.0 / 30_000.0).unwrap(), (1001, 30_000));
        assert_eq!(of(100.0).unwrap(), (100, 1));
        assert!(of(0.000_000_1).is_err());
        assert!(of(70_000.0).is_err());
        let (n, d) = of(0.033_37).unwrap();
        assert!((f64::from(n) / f64::from(d) - 0.033_37).abs() < 1e-6);
    }
}
