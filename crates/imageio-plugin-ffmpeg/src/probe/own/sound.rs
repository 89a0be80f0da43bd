//! Tracks of sound: AAC in its usual form, which is described without a decoder.

use imageio_container::{Doubt, Movie, Track};

use super::super::json::Stream;
use super::{Described, names, time};

/// Channels by their configuration, ISO/IEC 14496-3 table 1.19.
const LAYOUTS: [(u64, &str); 7] =
    [(1, "mono"), (2, "stereo"), (3, "3.0"), (4, "4.0"), (5, "5.0"), (6, "5.1"), (8, "7.1(wide)")];

/// Number and names of the channels of a configuration.
pub(super) fn layout(channels: u32) -> Option<(u64, &'static str)> {
    LAYOUTS.get((channels as usize).checked_sub(1)?).copied()
}

pub(super) fn describe(track: &Track, movie: &Movie, stream: Stream) -> Result<Described, Doubt> {
    let plain = track.entry.sound.filter(|sound| {
        // Below this rate a decoder may find that the stream holds twice as much as it says.
        sound.object == 2 && sound.is_plain && sound.rate >= 32_000 && &track.entry.format == b"mp4a"
    });
    let layout = plain.and_then(|sound| layout(sound.channels));
    let (Some(sound), Some((channels, layout)), Ok(_)) = (plain, layout, time::begins_at(track)) else {
        return Ok(Described { stream, is_complete: false });
    };
    let tags = names::of_stream(track, movie);
    let is_complete = tags.is_some() && sound.rate == track.time_scale && stream.duration.is_some();
    let stream = Stream {
        codec: Some("aac".to_owned()),
        long_codec: Some("AAC (Advanced Audio Coding)".to_owned()),
        profile: Some("LC".to_owned()),
        sample_rate: Some(u64::from(sound.rate)),
        channels: Some(channels),
        channel_layout: Some(layout.to_owned()),
        start: Some(0.0),
        tags: tags.unwrap_or_default(),
        ..stream
    };
    Ok(Described { stream, is_complete })
}
