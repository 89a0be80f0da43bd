//! Tracks of pictures: H.264, HEVC, VP8, VP9 and AV1, from the headers of their codecs.

use std::io::{Read, Seek, SeekFrom};

use imageio_container::{Coded, Colour, Doubt, Movie, Sampling, Track, av1, h264, hevc, mpeg4, vp8, vp9};

use super::super::json::Stream;
use super::{Described, names, time};

/// A codec whose headers are known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Codec {
    H264,
    Hevc,
    Vp8,
    Vp9,
    Av1,
    Ffv1,
    Mpeg4,
    Mjpeg,
    Huffyuv,
    Raw,
}

/// A stream of pictures, and for H.264 how many bytes the length of a unit takes up.
pub(super) struct Pictures {
    pub inner: Described,
    pub nal_length: Option<usize>,
}

/// Units of a sample that come before its picture, and bytes of each that are compared.
const UNITS: usize = 64;
const UNIT: usize = 4096;

/// What the headers of a codec say, and for H.264 how many bytes the length of a unit takes up. `record` is the
/// decoder's configuration, and the first sample is at a place and has so many bytes.
pub(super) fn headers(
    codec: Codec,
    record: &[u8],
    file: &mut (impl Read + Seek),
    first: (u64, u64),
) -> Result<(Coded, Option<usize>), Doubt> {
    let mut head = || {
        let mut head = [0; 32];
        let n = first.1.min(32) as usize;
        let place = file.seek(SeekFrom::Start(first.0)).and_then(|_| file.read_exact(&mut head[..n]));
        place.map(|()| (head, n)).map_err(|_| Doubt("the first frame can't be read"))
    };
    match codec {
        Codec::H264 => {
            let (set, length) = h264::configuration(record)?;
            same_parameters(file, first, length, set, |byte| (byte & 0x1f == 7, matches!(byte & 0x1f, 1..=5)))?;
            Ok((h264::parameters(set)?, Some(length)))
        }
        Codec::Hevc => {
            let (set, length) = hevc::configuration(record)?;
            same_parameters(file, first, length, set, |byte| (byte >> 1 & 0x3f == 33, byte & 0x40 == 0))?;
            Ok((hevc::parameters(set)?, None))
        }
        Codec::Vp8 => head().and_then(|(head, n)| Ok((vp8::key_frame(&head[..n])?, None))),
        Codec::Vp9 => head().and_then(|(head, n)| Ok((vp9::key_frame(&head[..n])?, None))),
        Codec::Av1 => Ok((av1::configuration(record)?, None)),
        _ => Err(Doubt("the codec is not described here")),
    }
}

pub(super) fn describe(
    track: &Track,
    movie: &Movie,
    file: &mut (impl Read + Seek),
    stream: Stream,
) -> Result<Pictures, Doubt> {
    let entry = &track.entry;
    let configuration = entry.configuration.as_ref().map(|(name, content)| (name, &content[..]));
    let first = track.samples.first().ok_or(Doubt("a track has no samples"))?;
    let (codec, record) = match (&entry.format, configuration) {
        (b"avc1", Some((b"avcC", record))) => (Codec::H264, record),
        (b"hvc1" | b"hev1", Some((b"hvcC", record))) => (Codec::Hevc, record),
        (b"vp09", Some((b"vpcC", record))) => (Codec::Vp9, record),
        (b"av01", Some((b"av1C", record))) => (Codec::Av1, record),
        _ => return Err(Doubt("the codec is not described here")),
    };
    let (coded, nal_length) = headers(codec, record, file, (first.at, u64::from(first.size)))?;
    if (coded.width, coded.height) != (u32::from(entry.size.0), u32::from(entry.size.1)) {
        return Err(super::OTHER_SIZE);
    }
    let inner = merge(track, movie, codec, &coded, stream)?;
    Ok(Pictures { inner, nal_length })
}

/// A doubt if the first sample brings parameters of its own. `kinds` tells by a unit's first byte whether it holds
/// parameters, and whether it is a part of a picture.
fn same_parameters(
    file: &mut (impl Read + Seek),
    (at, size): (u64, u64),
    length: usize,
    set: &[u8],
    kinds: impl Fn(u8) -> (bool, bool),
) -> Result<(), Doubt> {
    const FAILED: Doubt = Doubt("the first picture can't be read");
    let (mut at, end) = (at, at + size);
    for _ in 0..UNITS {
        let mut size = [0; 4];
        file.seek(SeekFrom::Start(at)).and_then(|_| file.read_exact(&mut size[4 - length..])).map_err(|_| FAILED)?;
        let size = u64::from(u32::from_be_bytes(size));
        at += length as u64;
        if size == 0 || at + size > end {
            return Err(FAILED);
        }
        let mut unit = vec![0; UNIT.min(size as usize)];
        file.read_exact(&mut unit).map_err(|_| FAILED)?;
        let (are_parameters, is_picture) = kinds(unit[0]);
        if are_parameters && (unit != set || size as usize != set.len()) {
            return Err(Doubt("the first picture changes the parameters"));
        }
        if is_picture {
            return Ok(());
        }
        at += size;
        if at + length as u64 >= end {
            break;
        }
    }
    Err(Doubt("there is no picture in the first sample"))
}

/// What codec and container say together.
fn merge(track: &Track, movie: &Movie, codec: Codec, coded: &Coded, stream: Stream) -> Result<Described, Doubt> {
    let (boxed, boxed_full) = track.entry.colour.map_or((None, None), |(colour, full)| (Some(colour), full));
    let full = match (codec, coded.full_range) {
        (_, Some(full)) => Some(full),
        // Of HEVC, what is not said is the small range.
        (Codec::Hevc, None) => Some(false),
        (_, None) if boxed_full == Some(true) => return Err(Doubt("only the container says that the range is full")),
        (_, None) => boxed_full,
    };
    let colour = coded.colour.or(if codec == Codec::H264 { boxed } else { None });
    let mut is_complete = boxed.is_none_or(|boxed| Some(boxed) == colour);
    is_complete &= boxed_full.is_none() || boxed_full == full;
    let pixel_format = pixel_format(codec, coded, colour, full.unwrap_or(false))?;
    let chroma = coded.chroma_location.map_or(Some("left"), names::location);
    let chroma = match codec {
        Codec::H264 | Codec::Hevc if coded.sampling == Sampling::Both => chroma,
        _ => None,
    };
    let profile = profile(codec, coded);
    // The order of fields, and levels of codecs other than these two, are found by decoding.
    is_complete &= profile.is_some() && chroma.is_some();
    is_complete &= match (codec, track.entry.fields) {
        (Codec::H264, None | Some((1, _))) => coded.is_progressive,
        (Codec::Hevc, Some((1, _))) => true,
        _ => false,
    };
    let word = |names: fn(u8) -> Option<Option<&'static str>>, code: Option<u8>| code.map_or(Some(None), names);
    let words = (
        word(names::primaries, colour.map(|c| c.primaries)),
        word(names::transfer, colour.map(|c| c.transfer)),
        word(names::matrix, colour.map(|c| c.matrix)),
    );
    is_complete &= words.0.is_some() && words.1.is_some() && words.2.is_some();
    let owned = |word: Option<Option<&'static str>>| word.flatten().map(str::to_owned);
    let rate = time::fraction(u64::from(track.time_scale).saturating_mul(track.n_samples), track.media_length);
    let rate = rate.ok_or(Doubt("the frame rate is unusual"))?;
    let base = track.sample_length.and_then(|n| time::fraction(u64::from(track.time_scale), u64::from(n)));
    let aspect = track.entry.pixel_aspect.filter(|(w, h)| *w > 0 && *h > 0).or(coded.pixel_aspect);
    let turned = track.matrix != IDENTITY;
    let tags = names::of_stream(track, movie);
    // Old versions repeat a rotation among the tags.
    is_complete &= base.is_some() && tags.is_some() && !turned;
    let (name, long) = codec_names(codec);
    let stream = Stream {
        codec: Some(name.to_owned()),
        long_codec: Some(long.to_owned()),
        profile: profile.map(str::to_owned),
        level: Some(i64::from(coded.level)),
        width: coded.width as usize,
        height: coded.height as usize,
        pixel_format: Some(pixel_format),
        color_range: full.map(|full| if full { "pc" } else { "tv" }.to_owned()),
        color_space: owned(words.2),
        color_transfer: owned(words.1),
        color_primaries: owned(words.0),
        chroma_location: chroma.map(str::to_owned),
        field_order: coded.is_progressive.then(|| "progressive".to_owned()),
        pixel_aspect: aspect.and_then(|(w, h)| time::fraction(u64::from(w), u64::from(h))),
        frame_rate: Some(rate),
        base_rate: base,
        matrix: turned.then(|| track.matrix.map(i64::from)),
        side_data: if turned { vec!["Display Matrix".to_owned()] } else { Vec::new() },
        tags: tags.unwrap_or_default(),
        ..stream
    };
    let field_order = match codec {
        Codec::Hevc => track.entry.fields.filter(|f| f.0 == 1).map(|_| "progressive".to_owned()),
        _ => stream.field_order.clone(),
    };
    Ok(Described { stream: Stream { field_order, ..stream }, is_complete })
}

/// The matrix that turns nothing.
const IDENTITY: [i32; 9] = [0x1_0000, 0, 0, 0, 0x1_0000, 0, 0, 0, 0x4000_0000];

pub(super) fn codec_names(codec: Codec) -> (&'static str, &'static str) {
    match codec {
        Codec::H264 => ("h264", "H.264 / AVC / MPEG-4 AVC / MPEG-4 part 10"),
        Codec::Hevc => ("hevc", "H.265 / HEVC (High Efficiency Video Coding)"),
        Codec::Vp8 => ("vp8", "On2 VP8"),
        Codec::Vp9 => ("vp9", "Google VP9"),
        Codec::Av1 => ("av1", "Alliance for Open Media AV1"),
        Codec::Ffv1 => ("ffv1", "FFmpeg video codec #1"),
        Codec::Mpeg4 => ("mpeg4", "MPEG-4 part 2"),
        Codec::Mjpeg => ("mjpeg", "Motion JPEG"),
        Codec::Huffyuv => ("huffyuv", "HuffYUV"),
        Codec::Raw => ("rawvideo", "raw video"),
    }
}

/// A profile by its name; `None` where it has none here.
pub(super) fn profile(codec: Codec, coded: &Coded) -> Option<&'static str> {
    let intra = coded.constraints & 0x10 != 0;
    Some(match (codec, coded.profile) {
        (Codec::H264, 66) if coded.constraints & 0x40 != 0 => "Constrained Baseline",
        (Codec::H264, 66) => "Baseline",
        (Codec::H264, 77) => "Main",
        (Codec::H264, 100) => "High",
        (Codec::H264, 110) if intra => "High 10 Intra",
        (Codec::H264, 110) => "High 10",
        (Codec::Hevc, 1) => "Main",
        (Codec::Hevc, 2) => "Main 10",
        _ => return None,
    })
}

/// What the decoder of Motion JPEG gives.
pub(super) fn of_mjpeg(sampling: Sampling) -> &'static str {
    match sampling {
        Sampling::Both => "yuvj420p",
        Sampling::Horizontal => "yuvj422p",
        Sampling::Full => "yuvj444p",
        Sampling::Vertical | Sampling::Gray => "gray",
    }
}

/// The profile of MPEG-4 by its name, if it has one here, and the level, 0 where it is not said.
pub(super) fn of_mpeg4(layer: &mpeg4::Layer) -> (Option<&'static str>, u32) {
    let profile = match layer.coded.profile {
        0 if layer.has_profile => Some("Simple Profile"),
        15 => Some("Advanced Simple Profile"),
        _ => None,
    };
    // The eighth level of the simple profile is the one before the first.
    (profile, if (layer.coded.profile, layer.coded.level) == (0, 8) { 0 } else { layer.coded.level })
}

/// The name of the format that decoders give.
pub(super) fn pixel_format(codec: Codec, coded: &Coded, colour: Option<Colour>, full: bool) -> Result<String, Doubt> {
    const OTHER: Doubt = Doubt("the pixel format is found by decoding");
    let known = match codec {
        Codec::H264 => [66, 77, 100, 110, 122, 244].contains(&coded.profile),
        Codec::Hevc => coded.profile <= 4,
        Codec::Vp8 | Codec::Vp9 | Codec::Av1 => true,
        _ => false,
    };
    let is_rgb = colour.is_some_and(|colour| colour.matrix == 0);
    let layout = match (coded.sampling, is_rgb) {
        (Sampling::Both, false) => "420",
        (Sampling::Horizontal, false) => "422",
        (Sampling::Full, false) => "444",
        _ => return Err(OTHER),
    };
    let name = match (coded.depth, codec) {
        // These have a name of their own where the range is full.
        (8, Codec::H264) if full => format!("yuvj{layout}p"),
        (8, Codec::Hevc) if full && layout == "420" => "yuvj420p".to_owned(),
        (8, Codec::Hevc) if full => return Err(OTHER),
        (8, _) => format!("yuv{layout}p"),
        // Where samples of colour lie matters to these, and is known of 4:2:0 alone.
        (10, Codec::H264 | Codec::Hevc) if layout != "422" => format!("yuv{layout}p10le"),
        _ => return Err(OTHER),
    };
    if known { Ok(name) } else { Err(OTHER) }
}
