//! A track: the element `TrackEntry` (RFC 9559 section 5.1.4.1).

use super::ebml::{children, real, text, whole};
use crate::codec::Colour;
use crate::{Doubt, Result};

/// A track.
#[derive(Debug, Clone, Default)]
#[non_exhaustive]
pub struct Track {
    /// The number by which blocks name it.
    pub number: u64,
    /// The number by which tags name it.
    pub uid: u64,
    /// What kind it is: 1 is video, 2 is sound, 17 are subtitles.
    pub kind: u64,
    /// Name of the codec: `V_VP9`, `A_OPUS`, …
    pub codec: String,
    /// What the decoder needs.
    pub private: Vec<u8>,
    /// Nanoseconds of a frame.
    pub frame_duration: Option<u64>,
    /// Shown unless somebody chooses otherwise.
    pub is_default: bool,
    /// Its language, of which English need not be said.
    pub language: String,
    /// Its name.
    pub name: Option<String>,
    /// Nanoseconds by which the decoder is late.
    pub delay: u64,
    /// How pictures are.
    pub picture: Picture,
    /// Samples of sound in a second.
    pub sample_rate: f64,
    /// Channels of sound.
    pub channels: u64,
    /// Something was not understood; its name.
    pub unread: Option<u32>,
}

/// What a track says of its pictures (section 5.1.4.1.28).
#[derive(Debug, Clone, Default)]
#[non_exhaustive]
pub struct Picture {
    /// Width in pixels.
    pub width: u64,
    /// Height in pixels.
    pub height: u64,
    /// Width and height at which it is to be shown, in any unit.
    pub shown: Option<(u64, u64)>,
    /// 0 if nobody knows whether pictures are interlaced, 1 if they are, 2 if they are not.
    pub interlaced: u64,
    /// Transparency is beside the pictures.
    pub has_alpha: bool,
    /// What samples mean; 2 stands for what is not said.
    pub colour: Option<Colour>,
    /// Whether samples use their full range.
    pub full_range: Option<bool>,
    /// Where samples of colour lie: 1 is left or top, 2 is in the middle, 0 for what is not said.
    pub siting: (u64, u64),
}

/// Reads the element `TrackEntry`.
pub(super) fn read(content: &[u8]) -> Result<Track> {
    let mut track =
        Track { is_default: true, language: "eng".to_owned(), sample_rate: 8000.0, channels: 1, ..Track::default() };
    for (id, content) in children(content, &[])? {
        match id {
            0xd7 => track.number = whole(content)?,
            0x73c5 => track.uid = whole(content)?,
            0x83 => track.kind = whole(content)?,
            0x86 => track.codec = text(content)?,
            0x63a2 => track.private = content.to_vec(),
            0x23_e383 => track.frame_duration = Some(whole(content)?).filter(|n| *n > 0),
            0x88 => track.is_default = whole(content)? != 0,
            0x22_b59c => track.language = text(content)?,
            0x536e => track.name = Some(text(content)?),
            0x56aa => track.delay = whole(content)?,
            0xe0 => picture(content, &mut track)?,
            0xe1 => sound(content, &mut track)?,
            0x6d80 => return Err(Doubt("a track is compressed once more, or encrypted")),
            0xe2 => return Err(Doubt("a track is made of others")),
            0x23_314f if real(content)? != 1.0 => return Err(Doubt("a track has a speed of its own")),
            // Whether it is in use, forced, laced; caches; the length of fields; the name of the codec; preroll;
            // additions to blocks; purposes.
            0xb9 | 0x55aa | 0x9c | 0x6de7 | 0x6df8 | 0x23_314f | 0x23_4e7a | 0x25_8688 | 0xaa | 0x56bb | 0x55ee => {}
            0x55ab..=0x55af => {}
            _ => track.unread = Some(id),
        }
    }
    if track.number == 0 {
        return Err(Doubt("a track has no number"));
    }
    Ok(track)
}

fn picture(content: &[u8], track: &mut Track) -> Result<()> {
    let picture = &mut track.picture;
    let (mut width, mut height, mut unit) = (None, None, 0);
    for (id, content) in children(content, &[])? {
        match id {
            0xb0 => picture.width = whole(content)?,
            0xba => picture.height = whole(content)?,
            0x54b0 => width = Some(whole(content)?),
            0x54ba => height = Some(whole(content)?),
            0x54b2 => unit = whole(content)?,
            0x9a => picture.interlaced = whole(content)?,
            0x53c0 => picture.has_alpha = whole(content)? != 0,
            0x55b0 => {
                let unread = colour(content, picture)?;
                track.unread = track.unread.or(unread);
            }
            // Some versions of ffmpeg make something of these, others do not.
            0x54aa | 0x54bb | 0x54cc | 0x54dd if whole(content)? != 0 => {
                return Err(Doubt("the container cuts pictures"));
            }
            0x7670 => return Err(Doubt("pictures are a projection")),
            0x23_83e3 => return Err(Doubt("the frame rate is said in an old way")),
            0x54aa | 0x54bb | 0x54cc | 0x54dd | 0x9d | 0x54b3 => {}
            0x53b8 if whole(content)? == 0 => {}
            _ => track.unread = Some(id),
        }
    }
    picture.shown = match (width, height, unit) {
        (None, None, 0) => Some((picture.width, picture.height)),
        (Some(w), Some(h), 0..=3) => Some((w, h)),
        (_, _, 4) => None,
        _ => return Err(Doubt("only one side of pictures is said")),
    };
    Ok(())
}

/// Section 5.1.4.1.28.16; what was not understood of it.
fn colour(content: &[u8], picture: &mut Picture) -> Result<Option<u32>> {
    let mut colour = Colour { primaries: 2, transfer: 2, matrix: 2 };
    let mut unread = None;
    let code = |content| u8::try_from(whole(content)?).map_err(|_| Doubt("a colour has no known code"));
    for (id, content) in children(content, &[])? {
        match id {
            0x55b1 => colour.matrix = code(content)?,
            0x55ba => colour.transfer = code(content)?,
            0x55bb => colour.primaries = code(content)?,
            0x55b9 => {
                picture.full_range = match whole(content)? {
                    0 => None,
                    1 => Some(false),
                    2 => Some(true),
                    _ => return Err(Doubt("a range has no known code")),
                }
            }
            // Bits and sampling, which the codec says.
            0x55b2..=0x55b6 => {}
            0x55b7 => picture.siting.0 = whole(content)?,
            0x55b8 => picture.siting.1 = whole(content)?,
            _ => unread = Some(id),
        }
    }
    picture.colour = Some(colour);
    Ok(unread)
}

fn sound(content: &[u8], track: &mut Track) -> Result<()> {
    for (id, content) in children(content, &[])? {
        match id {
            0xb5 => track.sample_rate = real(content)?,
            0x9f => track.channels = whole(content)?,
            0x6264 => {}
            _ => track.unread = Some(id),
        }
    }
    Ok(())
}
