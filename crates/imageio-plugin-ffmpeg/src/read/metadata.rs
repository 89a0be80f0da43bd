//! Metadata: what the container says of itself, its streams and its frames.

use imageio_core::{Metadata, Orientation, Value};

use crate::probe::{Container, Fraction, Index, Kind, Stream};

fn rational(f: Fraction) -> Value {
    Value::Rational(f.numerator, f.denominator)
}

fn tags(list: &[(String, String)]) -> Metadata {
    let mut section = Metadata::new();
    for (key, value) in list {
        section.insert(key.clone(), value.as_str());
    }
    section
}

/// Of the resource as a whole: what matters of the stream that is read, then the container, every stream, chapters.
pub(super) fn whole(container: &Container, stream: &Stream, n: Option<usize>) -> Metadata {
    let mut m = Metadata::new();
    m.insert_opt("codec", stream.codec.as_deref());
    m.insert_opt("long_codec", stream.long_codec.as_deref());
    m.insert_opt("profile", stream.profile.as_deref());
    m.insert("video_format", container.format.as_str());
    m.insert_opt("pixel_format", stream.pixel_format.as_deref());
    m.insert("width", stream.width);
    m.insert("height", stream.height);
    m.insert_opt("fps", stream.rate().map(Fraction::as_f64));
    m.insert_opt("frame_rate", stream.rate().map(rational));
    let duration = stream.duration.or(container.duration);
    m.insert_opt("duration", duration);
    m.insert_opt("bit_rate", stream.bit_rate.or(container.bit_rate));
    let (n, how) = match (n, estimate(container, stream)) {
        (Some(n), _) => (Some(n), "exact"),
        (None, Some(n)) => (Some(n), "estimated"),
        (None, None) => (None, "unknown"),
    };
    m.insert_opt("n_images", n);
    m.insert("n_images_is", how);
    if let Some(degrees) = clockwise(stream.orientation()) {
        m.insert("orientation", exif(stream.orientation()));
        m.insert("rotate", degrees);
    }
    if !container.tags.is_empty() {
        m.insert_section("tags", tags(&container.tags));
    }
    let section = m.section("container");
    section.insert("format", container.format.as_str());
    section.insert_opt("long_format", container.long_format.as_deref());
    section.insert_opt("start", container.start);
    section.insert_opt("duration", container.duration);
    section.insert_opt("bit_rate", container.bit_rate);
    section.insert("n_streams", container.streams.len());
    let streams = m.section("streams");
    for stream in &container.streams {
        streams.insert_section(&stream.index.to_string(), one(stream));
    }
    if !container.chapters.is_empty() {
        let chapters = m.section("chapters");
        for (at, chapter) in container.chapters.iter().enumerate() {
            let section = chapters.section(&at.to_string());
            section.insert("start", chapter.start);
            section.insert("end", chapter.end);
            for (key, value) in &chapter.tags {
                section.insert(key.clone(), value.as_str());
            }
        }
    }
    m
}

/// The number of frames that the container promises, or that its length and rate come to.
pub(super) fn estimate(container: &Container, stream: &Stream) -> Option<usize> {
    stream.n_frames.or_else(|| {
        let frames = stream.duration.or(container.duration)? * stream.rate()?.as_f64();
        (0.0..1e12).contains(&frames).then(|| frames.round() as usize)
    })
}

fn one(s: &Stream) -> Metadata {
    let mut m = Metadata::new();
    m.insert("type", s.type_name.as_str());
    m.insert_opt("codec", s.codec.as_deref());
    m.insert_opt("long_codec", s.long_codec.as_deref());
    m.insert_opt("codec_tag", s.codec_tag.as_deref());
    m.insert_opt("profile", s.profile.as_deref());
    m.insert_opt("level", s.level);
    if s.kind == Kind::Video {
        m.insert("width", s.width);
        m.insert("height", s.height);
        m.insert_opt("pixel_format", s.pixel_format.as_deref());
        m.insert_opt("color_range", s.color_range.as_deref());
        m.insert_opt("color_space", s.color_space.as_deref());
        m.insert_opt("color_transfer", s.color_transfer.as_deref());
        m.insert_opt("color_primaries", s.color_primaries.as_deref());
        m.insert_opt("chroma_location", s.chroma_location.as_deref());
        m.insert_opt("field_order", s.field_order.as_deref());
        m.insert_opt("pixel_aspect", s.pixel_aspect.map(rational));
        m.insert_opt("frame_rate", s.frame_rate.map(rational));
        m.insert_opt("base_rate", s.base_rate.map(rational));
        m.insert_opt("n_frames", s.n_frames);
        m.insert_opt("rotation", s.rotation);
        m.insert("is_attached", s.is_attached);
    }
    m.insert_opt("sample_rate", s.sample_rate);
    m.insert_opt("channels", s.channels);
    m.insert_opt("channel_layout", s.channel_layout.as_deref());
    m.insert_opt("time_base", s.time_base.map(rational));
    m.insert_opt("start", s.start);
    m.insert_opt("duration", s.duration);
    m.insert_opt("bit_rate", s.bit_rate);
    m.insert("is_default", s.is_default);
    if !s.side_data.is_empty() {
        m.insert("side_data", Value::List(s.side_data.iter().map(|t| Value::from(t.as_str())).collect()));
    }
    if !s.tags.is_empty() {
        m.insert_section("tags", tags(&s.tags));
    }
    m
}

/// Of frame `k`: when it is shown, in seconds and in units of the stream, and whether it is a key frame.
pub(super) fn frame(index: &Index, stream: &Stream, k: usize) -> Metadata {
    let mut m = Metadata::new();
    let Some(packet) = index.frame(k) else { return m };
    let unit = stream.time_base.map(Fraction::as_f64);
    m.insert_opt("time", packet.pts.zip(unit).map(|(t, unit)| t as f64 * unit));
    m.insert_opt("pts", packet.pts);
    m.insert_opt("duration", packet.duration.zip(unit).map(|(t, unit)| t as f64 * unit));
    m.insert("key_frame", packet.is_key);
    m.insert_opt("time_base", stream.time_base.map(rational));
    m
}

fn exif(orientation: Orientation) -> u8 {
    match orientation {
        Orientation::Normal => 1,
        Orientation::FlipHorizontal => 2,
        Orientation::Rotate180 => 3,
        Orientation::FlipVertical => 4,
        Orientation::Transpose => 5,
        Orientation::Rotate90 => 6,
        Orientation::Transverse => 7,
        Orientation::Rotate270 => 8,
    }
}

/// Degrees clockwise by which frames have to be turned; `None` for upright ones.
fn clockwise(orientation: Orientation) -> Option<i64> {
    match orientation {
        Orientation::Normal => None,
        Orientation::Rotate90 | Orientation::Transpose => Some(90),
        Orientation::Rotate180 | Orientation::FlipVertical => Some(180),
        Orientation::Rotate270 | Orientation::Transverse => Some(270),
        Orientation::FlipHorizontal => Some(0),
    }
}
