//! Matroska and WebM files with the usual codecs.

use std::collections::HashMap;
use std::io::{Read, Seek};

use imageio_container::matroska::{Block, Segment, Track, read as segment};
use imageio_container::{Doubt, mpeg4_audio};

use super::super::json::{Container, Kind, Stream};
use super::listing::{Listing, What};
use super::looks::{self, Look};
use super::pictures::{self, Codec};
use super::{Described, Own, names, time};

/// Blocks that are looked at to find the first one of every track.
const BLOCKS: usize = 24;

/// Pictures that are fewer than what a decoder may wait for.
const FEW: f64 = 20.0;

/// Reads the header of a file.
pub(super) fn read(file: &mut (impl Read + Seek), max: u64) -> Result<Own, Doubt> {
    let segment = segment(file, max)?;
    let mut videos = segment.tracks.iter().enumerate().filter(|(_, track)| track.kind == 1);
    let (Some((at, video)), None) = (videos.next(), videos.next()) else {
        return Err(Doubt("there is not one video track"));
    };
    let number = u32::try_from(at).map_err(|_| Doubt("there are very many tracks"))?;
    let firsts = firsts(&segment, file)?;
    let mut own = Own {
        container: Container::default(),
        indices: HashMap::new(),
        listing: None,
        is_complete: segment.unread.is_none(),
    };
    let mut nal_length = None;
    let (codec, private, tag) = codec(video)?;
    for (at, track) in segment.tracks.iter().enumerate() {
        let (kind, type_name) = match track.kind {
            1 => (Kind::Video, "video"),
            2 => (Kind::Audio, "audio"),
            17 => (Kind::Other, "subtitle"),
            _ => return Err(Doubt("there is a track of an unknown kind")),
        };
        let first = firsts[at];
        let tags = tags_of(track, &segment);
        own.is_complete &= track.unread.is_none() && tags.is_some();
        let tags = tags.unwrap_or_default();
        // Old versions say a rotation in a tag.
        let turned = tags.iter().find(|(name, _)| name == "rotate").and_then(|(_, v)| v.parse::<f64>().ok());
        let stream = Stream {
            is_default: track.is_default,
            time_base: time::fraction(segment.time_scale, 1_000_000_000),
            start: first.and_then(|block| seconds(block.time - delay(track, &segment)?, &segment)),
            rotation: turned.map(|degrees| -degrees),
            tags,
            ..Stream::empty(at as u32, kind, type_name)
        };
        let described = match kind {
            Kind::Video => {
                let first = first.ok_or(Doubt("the first picture is far from the header"))?;
                if !first.is_key || first.is_laced || first.size == 0 {
                    return Err(Doubt("the first picture is none that decoding begins with"));
                }
                let place = (first.at, first.size);
                let (look, length) = looks::of(&track.picture, codec, private, file, place)?;
                nal_length = length;
                picture(track, codec, look, Stream { codec_tag: tag.as_ref().and_then(names::four), ..stream })?
            }
            Kind::Audio => sound(track, stream),
            Kind::Other => Described { stream, is_complete: false },
        };
        own.is_complete &= described.is_complete;
        own.container.streams.push(described.stream);
    }
    own.is_complete &= whole(&segment, &mut own.container);
    // Where decoding and showing have different orders, of a few pictures the first time is not found.
    let seconds = own.container.duration.unwrap_or_default();
    let rate = own.container.streams[at].rate().map_or(0.0, |rate| rate.as_f64());
    if matches!(codec, Codec::H264 | Codec::Hevc | Codec::Mpeg4) && seconds * rate < FEW {
        return Err(Doubt("there are very few pictures"));
    }
    let what = What::Matroska {
        length: video.frame_duration.map(|n| n / segment.time_scale).filter(|n| *n > 0),
        delay: delay(video, &segment).ok_or(Doubt("a decoder is very late"))?,
        track: video.number,
        segment: Box::new(segment.clone()),
        codec,
        nal_length,
    };
    own.listing = Some(Listing { stream: number, what });
    Ok(own)
}

/// The first block of every track, as far as they are near the first picture.
fn firsts(segment: &Segment, file: &mut (impl Read + Seek)) -> Result<Vec<Option<Block>>, Doubt> {
    let mut firsts = vec![None; segment.tracks.len()];
    // Subtitles come when they come.
    let mut missing = segment.tracks.iter().filter(|track| matches!(track.kind, 1 | 2)).count();
    let mut blocks = segment.blocks();
    for _ in 0..BLOCKS {
        let Some(block) = blocks.next(file)? else { break };
        let at = segment.tracks.iter().position(|track| track.number == block.track);
        let at = at.ok_or(Doubt("a block belongs to no track"))?;
        if firsts[at].is_none() {
            firsts[at] = Some(block);
            missing -= usize::from(matches!(segment.tracks[at].kind, 1 | 2));
        }
        if missing == 0 {
            break;
        }
    }
    Ok(firsts)
}

/// The codec of a track, what the decoder needs, and the codec's four letters where it goes by those of AVI.
fn codec(track: &Track) -> Result<(Codec, &[u8], Option<[u8; 4]>), Doubt> {
    let codec = match track.codec.as_str() {
        "V_MPEG4/ISO/AVC" => Codec::H264,
        "V_MPEGH/ISO/HEVC" => Codec::Hevc,
        "V_MPEG4/ISO/SP" | "V_MPEG4/ISO/ASP" => Codec::Mpeg4,
        "V_VP8" => Codec::Vp8,
        "V_VP9" => Codec::Vp9,
        "V_AV1" => Codec::Av1,
        "V_FFV1" => Codec::Ffv1,
        "V_MJPEG" => Codec::Mjpeg,
        // A header as in AVI, with the letters at 16 and 40 bytes before what the decoder needs.
        "V_MS/VFW/FOURCC" => match track.private.split_at_checked(40).map(|(head, rest)| (&head[16..20], rest)) {
            Some((b"FFV1", rest)) => return Ok((Codec::Ffv1, rest, Some(*b"FFV1"))),
            Some((b"MJPG", rest)) => return Ok((Codec::Mjpeg, rest, Some(*b"MJPG"))),
            _ => return Err(Doubt("the codec is not described here")),
        },
        _ => return Err(Doubt("the codec is not described here")),
    };
    Ok((codec, &track.private, None))
}

/// By how many units of time a decoder is late.
fn delay(track: &Track, segment: &Segment) -> Option<i64> {
    let units = (track.delay.checked_add(segment.time_scale / 2)?) / segment.time_scale;
    i64::try_from(units).ok().filter(|n| *n < 1 << 52)
}

fn seconds(units: i64, segment: &Segment) -> Option<f64> {
    let base = time::fraction(segment.time_scale, 1_000_000_000)?;
    format!("{:.6}", units as f64 * base.as_f64()).parse().ok()
}

/// What is said of the container as a whole; `true` if that is all.
fn whole(segment: &Segment, container: &mut Container) -> bool {
    container.format = "matroska,webm".to_owned();
    container.long_format = Some("Matroska / WebM".to_owned());
    let starts: Option<Vec<f64>> = container.streams.iter().map(|stream| stream.start).collect();
    container.start = starts.and_then(|starts| starts.into_iter().reduce(f64::min));
    // In this order, since rounding depends on it.
    let micros = segment.duration * segment.time_scale as f64 * 1000.0 / 1_000_000.0;
    let micros = (1.0..1e15).contains(&micros).then_some(micros as u64);
    container.duration = micros.and_then(|n| time::printed(n as i64, 1_000_000));
    let bits = u128::from(segment.size) * 8 * 1_000_000;
    container.bit_rate = micros.and_then(|n| u64::try_from(bits.checked_div(u128::from(n))?).ok());
    let tags = tags(segment);
    let is_complete = tags.is_some() && container.start.is_some() && container.bit_rate.is_some();
    container.tags = tags.unwrap_or_default();
    is_complete
}

/// Adds a tag, which takes the place of one whose name differs in the size of letters at most.
fn add(tags: &mut Vec<(String, String)>, name: &str, text: &str) {
    tags.retain(|(known, _)| !known.eq_ignore_ascii_case(name));
    tags.push((name.to_owned(), text.to_owned()));
}

/// Tags of the whole; `None` if there are some that have another name elsewhere.
fn tags(segment: &Segment) -> Option<Vec<(String, String)>> {
    let mut tags = Vec::new();
    for (name, text) in [("title", &segment.title), ("encoder", &segment.muxer)] {
        if let Some(text) = text.as_ref().filter(|text| !text.is_empty()) {
            add(&mut tags, name, text);
        }
    }
    if let Some(nanos) = segment.created {
        add(&mut tags, "creation_time", &date(nanos)?);
    }
    said(&mut tags, segment, None)?;
    Some(tags)
}

/// Tags of a track.
fn tags_of(track: &Track, segment: &Segment) -> Option<Vec<(String, String)>> {
    let mut tags = Vec::new();
    if track.language != "und" {
        add(&mut tags, "language", &track.language);
    }
    if let Some(name) = track.name.as_ref().filter(|name| !name.is_empty()) {
        add(&mut tags, "title", name);
    }
    if track.picture.has_alpha {
        add(&mut tags, "alpha_mode", "1");
    }
    said(&mut tags, segment, Some(track.uid))?;
    Some(tags)
}

fn said(tags: &mut Vec<(String, String)>, segment: &Segment, track: Option<u64>) -> Option<()> {
    for tag in segment.tags.iter().filter(|tag| tag.track == track) {
        if ["LEAD_PERFORMER", "PART_NUMBER"].iter().any(|name| tag.name.eq_ignore_ascii_case(name)) {
            return None;
        }
        add(tags, &tag.name, &tag.text);
    }
    Some(())
}

/// Nanoseconds since 2001 as a date.
fn date(nanos: i64) -> Option<String> {
    let (seconds, micros) = (nanos.div_euclid(1_000_000_000), nanos.rem_euclid(1_000_000_000) / 1000);
    // Seconds between 1904 and 2001.
    let date = names::date(u64::try_from(seconds.checked_add(3_061_152_000)?).ok()?)?;
    let (date, _) = date.split_once('.')?;
    Some(format!("{date}.{micros:06}Z"))
}

/// What codec and container say together.
fn picture(track: &Track, codec: Codec, look: Look, stream: Stream) -> Result<Described, Doubt> {
    let said = &track.picture;
    let length = track.frame_duration.ok_or(Doubt("the frame rate is not said"))?;
    let rate = time::reduced(1_000_000_000, length, 30_000).ok_or(Doubt("the frame rate is unusual"))?;
    // Outside of this, it is found out.
    let base = Some(rate).filter(|r| r.numerator < 1000 * r.denominator && r.numerator > 5 * r.denominator);
    let aspect = said.shown.map(|(w, h)| (said.height.checked_mul(w), said.width.checked_mul(h)));
    let aspect = match aspect {
        Some((Some(w), Some(h))) => time::fraction(w, h).filter(|a| a.numerator.max(a.denominator) < 256),
        _ => None,
    };
    let side = |n: u64| usize::try_from(n).ok().filter(|n| *n > 0).ok_or(Doubt("a picture has no size"));
    let (name, long) = pictures::codec_names(codec);
    let is_complete = look.is_complete && base.is_some() && aspect.is_some();
    let stream = Stream {
        codec: Some(name.to_owned()),
        long_codec: Some(long.to_owned()),
        width: side(said.width)?,
        height: side(said.height)?,
        pixel_aspect: aspect,
        frame_rate: Some(rate),
        base_rate: base,
        ..look.onto(stream)
    };
    Ok(Described { stream, is_complete })
}

/// Sound that is described without a decoder.
fn sound(track: &Track, stream: Stream) -> Described {
    let whole = |rate: f64| (rate.fract() == 0.0 && (1.0..1e9).contains(&rate)).then_some(rate as u64);
    let rate = whole(track.sample_rate);
    let channels = match track.channels {
        1 => Some((1, "mono")),
        2 => Some((2, "stereo")),
        _ => None,
    };
    let known = match track.codec.as_str() {
        // Family 0 of the head of Opus has one or two channels, and decodes to this rate.
        "A_OPUS" if track.private.len() == 19 && track.private[18] == 0 => {
            let same = u64::from(track.private[9]) == track.channels;
            same.then_some(("opus", "Opus (Opus Interactive Audio Codec)", None, 48_000)).zip(channels)
        }
        "A_VORBIS" => rate.map(|rate| ("vorbis", "Vorbis", None, rate)).zip(channels),
        "A_AAC" => mpeg4_audio(&track.private).and_then(|sound| {
            let plain = sound.object == 2 && sound.is_plain && sound.rate >= 32_000;
            let same = rate == Some(u64::from(sound.rate)) && u64::from(sound.channels) == track.channels;
            let aac = ("aac", "AAC (Advanced Audio Coding)", Some("LC"), u64::from(sound.rate));
            (plain && same).then_some(aac).zip(super::sound::layout(sound.channels))
        }),
        _ => None,
    };
    let Some(((codec, long, profile, rate), (channels, layout))) = known else {
        return Described { stream, is_complete: false };
    };
    let is_complete = stream.start.is_some();
    let stream = Stream {
        codec: Some(codec.to_owned()),
        long_codec: Some(long.to_owned()),
        profile: profile.map(str::to_owned),
        sample_rate: Some(rate),
        channels: Some(channels),
        channel_layout: Some(layout.to_owned()),
        ..stream
    };
    Described { stream, is_complete }
}
