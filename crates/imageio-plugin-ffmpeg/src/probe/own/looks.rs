//! How pictures of Matroska look, as codec and container say together.

use std::io::{Read, Seek, SeekFrom};

use imageio_container::matroska::Picture;
use imageio_container::{Coded, Colour, Doubt, Sampling, ffv1, mjpeg, mpeg4};

use super::super::json::Stream;
use super::names;
use super::pictures::{self, Codec};

/// Bytes of a picture among which its headers are.
const HEADERS: u64 = 4096;

const NOTHING: Colour = Colour { primaries: 2, transfer: 2, matrix: 2 };

/// How pictures look.
#[derive(Debug, Clone, Default)]
pub(super) struct Look {
    pixel_format: String,
    full: Option<bool>,
    colour: Option<Colour>,
    chroma: Option<&'static str>,
    profile: Option<String>,
    level: u32,
    is_progressive: bool,
    /// ffprobe would say no more.
    pub is_complete: bool,
}

impl Look {
    /// The stream with what this says.
    pub fn onto(self, stream: Stream) -> Stream {
        let colour = self.colour.unwrap_or(NOTHING);
        let owned = |word: Option<Option<&'static str>>| word.flatten().map(str::to_owned);
        Stream {
            profile: self.profile,
            level: Some(i64::from(self.level)).filter(|n| *n > 0),
            pixel_format: Some(self.pixel_format),
            color_range: self.full.map(|full| if full { "pc" } else { "tv" }.to_owned()),
            color_space: owned(names::matrix(colour.matrix)),
            color_transfer: owned(names::transfer(colour.transfer)),
            color_primaries: owned(names::primaries(colour.primaries)),
            chroma_location: self.chroma.map(str::to_owned),
            field_order: self.is_progressive.then(|| "progressive".to_owned()),
            ..stream
        }
    }
}

/// How the pictures of a codec look, whose first one is at a place and has so many bytes; for H.264 also how many bytes
/// the length of a unit takes up.
pub(super) fn of(
    said: &Picture,
    codec: Codec,
    private: &[u8],
    file: &mut (impl Read + Seek),
    place: (u64, u64),
) -> Result<(Look, Option<usize>), Doubt> {
    let siting = siting(said)?;
    let boxed = said.colour.unwrap_or(NOTHING);
    // Whether pictures are interlaced, where nobody but the container says so.
    let mut look = Look {
        full: said.full_range,
        colour: Some(boxed),
        chroma: siting,
        is_progressive: said.interlaced == 2,
        is_complete: matches!(said.interlaced, 0 | 2),
        ..Look::default()
    };
    let mut head = || {
        let mut head = vec![0; place.1.min(HEADERS) as usize];
        let done = file.seek(SeekFrom::Start(place.0)).and_then(|_| file.read_exact(&mut head));
        done.map(|()| head).map_err(|_| Doubt("the first picture can't be read"))
    };
    let mut length = None;
    let size = match codec {
        Codec::Ffv1 => {
            look.pixel_format = of_ffv1(&ffv1::configuration(private)?)?;
            None
        }
        Codec::Mjpeg => {
            let coded = mjpeg::frame(&head()?)?;
            look.pixel_format = pictures::of_mjpeg(coded.sampling).to_owned();
            (look.full, look.chroma) = (Some(true), Some("center"));
            look.colour = Some(Colour { matrix: 5, ..boxed });
            look.profile = Some("Baseline".to_owned());
            Some(coded)
        }
        Codec::Mpeg4 => {
            let layer = mpeg4::layer(private)?;
            // A layer before the first picture would count in its place.
            if head()?.windows(4).any(|code| code[..3] == [0, 0, 1] && matches!(code[3], 0x20..=0x2f)) {
                return Err(Doubt("the first picture changes the parameters"));
            }
            let (profile, level) = pictures::of_mpeg4(&layer);
            look.pixel_format = "yuv420p".to_owned();
            look.chroma = Some("left");
            look.is_complete &= profile.is_some();
            (look.profile, look.level) = (profile.map(str::to_owned), level);
            Some(layer.coded)
        }
        _ => {
            let (coded, of_unit) = pictures::headers(codec, private, file, place)?;
            length = of_unit;
            others(said, codec, &coded, siting, &mut look)?;
            Some(coded)
        }
    };
    if size.is_some_and(|coded| (u64::from(coded.width), u64::from(coded.height)) != (said.width, said.height)) {
        return Err(super::OTHER_SIZE);
    }
    let colour = look.colour.unwrap_or(NOTHING);
    look.is_complete &= names::primaries(colour.primaries).is_some()
        && names::transfer(colour.transfer).is_some()
        && names::matrix(colour.matrix).is_some();
    Ok((look, length))
}

/// Where the container says that samples of colour lie.
fn siting(said: &Picture) -> Result<Option<&'static str>, Doubt> {
    Ok(match said.siting {
        (0, _) | (_, 0) => None,
        (1, 2) => Some("left"),
        (2, 2) => Some("center"),
        (1, 1) => Some("topleft"),
        (2, 1) => Some("top"),
        _ => return Err(Doubt("where samples of colour lies has no known code")),
    })
}

fn of_ffv1(format: &ffv1::Format) -> Result<String, Doubt> {
    const OTHER: Doubt = Doubt("the pixel format is found by decoding");
    let depth = match format.depth {
        8 => String::new(),
        n @ (9 | 10 | 12 | 16) => format!("{n}le"),
        _ => return Err(OTHER),
    };
    let layout = match (format.is_rgb, format.has_chroma, format.shifts, format.has_alpha, format.depth) {
        (true, _, (0, 0), false, 8) => "bgr0",
        (true, _, (0, 0), true, 8) => "bgra",
        (true, _, (0, 0), false, _) => "gbrp",
        (false, false, _, false, _) => "gray",
        (false, true, (0, 0), false, _) => "yuv444p",
        (false, true, (1, 0), false, _) => "yuv422p",
        (false, true, (1, 1), false, _) => "yuv420p",
        (false, true, (0, 0), true, 8 | 10 | 16) => "yuva444p",
        (false, true, (1, 0), true, 8 | 10 | 16) => "yuva422p",
        (false, true, (1, 1), true, 8 | 10 | 16) => "yuva420p",
        _ => return Err(OTHER),
    };
    Ok(format!("{layout}{depth}"))
}

/// The codecs that MP4 has as well, and VP8.
fn others(
    said: &Picture,
    codec: Codec,
    coded: &Coded,
    siting: Option<&'static str>,
    look: &mut Look,
) -> Result<(), Doubt> {
    let boxed = said.colour.unwrap_or(NOTHING);
    let full = match (codec, coded.full_range) {
        (_, Some(full)) => Some(full),
        (Codec::Hevc, None) => Some(false),
        (Codec::H264, None) if said.full_range == Some(true) => {
            return Err(Doubt("only the container says that the range is full"));
        }
        (_, None) => said.full_range,
    };
    let colour = match codec {
        Codec::H264 => coded.colour.unwrap_or(boxed),
        Codec::Hevc | Codec::Av1 => coded.colour.unwrap_or(NOTHING),
        Codec::Vp9 => Colour { matrix: coded.colour.map_or(2, |colour| colour.matrix), ..boxed },
        _ => boxed,
    };
    let chroma = match (codec, coded.sampling) {
        (Codec::H264 | Codec::Hevc, Sampling::Both) => coded.chroma_location.map_or(Some("left"), names::location),
        _ => siting,
    };
    let is_sited = siting.is_none() || siting == chroma;
    if coded.depth > 8 && !is_sited {
        return Err(Doubt("container and codec disagree on where samples of colour lie"));
    }
    let is_deep_vp9 = codec == Codec::Vp9 && coded.depth == 10 && coded.sampling == Sampling::Both;
    look.pixel_format = match is_deep_vp9 && colour.matrix != 0 {
        true => "yuv420p10le".to_owned(),
        false => pictures::pixel_format(codec, coded, Some(colour), full.unwrap_or(false))?,
    };
    look.profile = match codec {
        Codec::Vp8 => Some(coded.profile.to_string()),
        Codec::Vp9 => Some(format!("Profile {}", coded.profile)),
        _ => pictures::profile(codec, coded).map(str::to_owned),
    };
    // The parsers of these two look for themselves.
    if matches!(codec, Codec::H264 | Codec::Vp8) {
        look.is_progressive = coded.is_progressive;
        look.is_complete &= coded.is_progressive;
    }
    // Of 4:2:0 alone is it known where samples of colour lie; AV1 has more than one decoder.
    look.is_complete &= look.profile.is_some()
        && is_sited
        && codec != Codec::Av1
        && coded.sampling == Sampling::Both
        && (chroma.is_some() || matches!(codec, Codec::Vp8 | Codec::Vp9));
    (look.full, look.colour, look.chroma, look.level) = (full, Some(colour), chroma, coded.level);
    Ok(())
}
