//! When samples are shown, as ffmpeg works it out from tables and edit lists.

use imageio_container::{Doubt, Movie, Track};

use super::super::json::Fraction;
use super::super::packets::{Index, Packet};

/// What is left of a fraction that may be reduced.
pub(super) fn fraction(numerator: u64, denominator: u64) -> Option<Fraction> {
    let (mut a, mut b) = (numerator, denominator);
    while b > 0 {
        (a, b) = (b, a % b);
    }
    let part = |n: u64| i32::try_from(n.checked_div(a)?).ok().map(i64::from).filter(|n| *n > 0);
    Some(Fraction { numerator: part(numerator)?, denominator: part(denominator)? })
}

/// The fraction with parts of at most `max` that is nearest to another one.
pub(super) fn reduced(numerator: u64, denominator: u64, max: u64) -> Option<Fraction> {
    if let Some(exact) = fraction(numerator, denominator)
        && exact.numerator.max(exact.denominator) as u64 <= max
    {
        return Some(exact);
    }
    let (mut n, mut d) = (u128::from(numerator), u128::from(denominator));
    let max = u128::from(max);
    // Two neighbours between which the fraction lies: each step of the continued fraction gives the next.
    let (mut before, mut last) = ((0, 1), (1, 0));
    while d > 0 {
        let whole = n / d;
        let next = (whole * last.0 + before.0, whole * last.1 + before.1);
        if next.0 > max || next.1 > max {
            // As many steps of the last kind as there is room for, if that is nearer.
            let room = |part: u128, from: u128| (max - from).checked_div(part).unwrap_or(whole);
            let steps = whole.min(room(last.0, before.0)).min(room(last.1, before.1));
            if d * (2 * steps * last.1 + before.1) > n * last.1 {
                last = (steps * last.0 + before.0, steps * last.1 + before.1);
            }
            break;
        }
        (before, last) = (last, next);
        (n, d) = (d, n % d);
    }
    fraction(u64::try_from(last.0).ok()?, u64::try_from(last.1).ok()?)
}

/// `n` units of which there are `from` in a second, in those of which there are `to`, to the nearest.
pub(super) fn rescale(n: u64, to: u32, from: u32) -> Option<u64> {
    let (n, to, from) = (u128::from(n), u128::from(to), u128::from(from));
    u64::try_from((n * to + from / 2).checked_div(from)?).ok().filter(|n| *n <= i64::MAX as u64)
}

/// Seconds, with as many digits as are printed.
pub(super) fn printed(n: i64, scale: u32) -> Option<f64> {
    format!("{:.6}", n as f64 / f64::from(scale)).parse().ok()
}

/// The length of a track's media: as its header says it, or as its samples do.
fn media(track: &Track) -> u64 {
    track.duration.min(track.media_length)
}

/// The length of a track, which an edit list may cut short.
pub(super) fn duration(track: &Track, movie: &Movie) -> Option<u64> {
    let shown = match &track.edits[..] {
        [] => u64::MAX,
        edits => edits.iter().try_fold(0_u64, |sum, edit| {
            sum.checked_add(rescale(edit.duration, track.time_scale, movie.time_scale)?)
        })?,
    };
    Some(media(track).min(shown)).filter(|n| *n > 0)
}

/// Bits in a second of a track.
pub(super) fn bit_rate(track: &Track) -> Option<u64> {
    let bits = u128::from(track.n_bytes) * 8 * u128::from(track.time_scale);
    u64::try_from(bits.checked_div(u128::from(media(track)))?).ok().filter(|n| *n > 0)
}

/// Whether the edit list of a track only says where its media begins.
pub(super) fn begins_at(track: &Track) -> Result<i64, Doubt> {
    match &track.edits[..] {
        [] => Ok(0),
        [edit] if edit.rate == 0x1_0000 && edit.media_time >= 0 && edit.duration > 0 => Ok(edit.media_time),
        _ => Err(Doubt("an edit list cuts the track")),
    }
}

/// The packets of a video track, and when its first picture is shown.
pub(super) fn index(track: &Track, movie: &Movie) -> Result<(Index, i64), Doubt> {
    let shown = |k: usize| track.samples[k].decoded + i64::from(track.samples[k].offset);
    let times = || (0..track.samples.len()).map(shown);
    let (Some(first), Some(last)) = (times().min(), times().max()) else {
        return Err(Doubt("a track has no samples"));
    };
    if duration(track, movie).is_none() {
        return Err(Doubt("a track has no length"));
    }
    let mut shift = 0;
    if let [edit, ..] = &track.edits[..] {
        shift = begins_at(track)?;
        let length = rescale(edit.duration, track.time_scale, movie.time_scale);
        let end = length.and_then(|n| i64::try_from(n).ok()).and_then(|n| n.checked_add(shift));
        // Samples outside of the list are dropped or hidden.
        if shift != first || end.is_none_or(|end| last >= end) {
            return Err(Doubt("an edit list cuts the track"));
        }
        // The list may end before samples that are decoded later than the last one shown.
        if first != last && times().skip_while(|t| *t != last).nth(1).is_some() && keys(track) == track.samples.len() {
            return Err(Doubt("samples that are all places to begin are out of order"));
        }
    }
    // With offsets, ffmpeg takes the length of a packet from the frame rate.
    let has_lengths = !track.has_offsets || track.sample_length.is_some();
    let packets = track.samples.iter().map(|sample| Packet {
        pts: Some(sample.decoded + i64::from(sample.offset) - shift),
        duration: has_lengths.then_some(i64::from(sample.length)),
        size: Some(sample.size.into()),
        is_key: sample.is_key,
        is_hidden: false,
        is_corrupt: false,
    });
    let packets: Vec<Packet> = packets.collect();
    let mut index = Index::new(packets, Vec::new());
    index.has_lengths = has_lengths;
    Ok((index, first - shift))
}

fn keys(track: &Track) -> usize {
    track.samples.iter().filter(|sample| sample.is_key).count()
}

#[cfg(test)]
mod tests {
    use imageio_container::Edit;

    use super::*;

    #[test]
    fn lengths_that_are_too_long() {
        let edit = |duration| Edit { duration, media_time: 0, rate: 0x1_0000 };
        let (mut track, mut movie) = (Track::default(), Movie::default());
        (track.time_scale, track.duration, track.media_length) = (1, 9, 7);
        movie.time_scale = 1;
        assert_eq!((duration(&track, &movie), bit_rate(&track)), (Some(7), None));
        track.edits = vec![edit(2), edit(3)];
        assert_eq!(duration(&track, &movie), Some(5));
        track.edits = vec![edit(i64::MAX as u64); 3];
        assert_eq!(duration(&track, &movie), None, "the sum is more than a number holds");
        movie.time_scale = 0;
        assert_eq!(duration(&track, &movie), None);
    }

    #[test]
    fn near_fractions() {
        let ask = |n, d| reduced(n, d, 30_000).map(|f| (f.numerator, f.denominator));
        assert_eq!(ask(1_000_000_000, 40_000_000), Some((25, 1)));
        assert_eq!(ask(1_000_000_000, 41_708_333), Some((24_000, 1001)));
        assert_eq!(ask(1_000_000_000, 33_366_667), Some((30_000, 1001)));
        assert_eq!(ask(1_000_000_000, 16_683_333), Some((19_001, 317)));
        assert_eq!((ask(1_000_000_000, 1), ask(0, 5), ask(5, 0)), (Some((30_000, 1)), None, None));
    }
}
