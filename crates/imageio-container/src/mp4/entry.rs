//! How samples are coded: the box `stsd` (section 8.5.2).

use super::boxes::{Bytes, Name, children};
use crate::codec::Colour;
use crate::{Doubt, Result};

/// The description of a track's samples.
#[derive(Debug, Clone, Default)]
#[non_exhaustive]
pub struct Entry {
    /// Name of the codec: `avc1`, `mp4a`, …
    pub format: Name,
    /// Of the program that wrote it.
    pub vendor: Name,
    /// Width and height of pictures in pixels; zeros for others.
    pub size: (u16, u16),
    /// Name of the encoder, of up to 31 bytes.
    pub encoder: Vec<u8>,
    /// The decoder's configuration: content of `avcC`, `hvcC`, `vpcC`, `av1C`.
    pub configuration: Option<(Name, Vec<u8>)>,
    /// Width and height of a pixel, from `pasp`.
    pub pixel_aspect: Option<(u32, u32)>,
    /// From `colr`, with whether the full range is used, where that is said.
    pub colour: Option<(Colour, Option<bool>)>,
    /// Number of fields in a picture and their order, from `fiel`.
    pub fields: Option<(u8, u8)>,
    /// How sound is coded.
    pub sound: Option<Sound>,
    /// Something was not understood; its name.
    pub unread: Option<Name>,
}

/// Sound, as the configuration of MPEG-4 audio describes it (ISO/IEC 14496-3 section 1.6.2.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sound {
    /// Kind of the object: 2 is AAC LC.
    pub object: u32,
    /// Samples in a second.
    pub rate: u32,
    /// Configuration of channels, 0 to 15.
    pub channels: u32,
    /// Nothing follows that would change these.
    pub is_plain: bool,
}

/// Begins the extension that says that iPods can play it.
const IPOD: [u8; 4] = [0x6b, 0x68, 0x40, 0xf2];

/// Reads the box `stsd`, which has to hold one entry.
pub(super) fn read(content: &[u8], handler: &Name) -> Result<Entry> {
    let mut bytes = Bytes(content);
    bytes.full()?;
    if bytes.u32()? != 1 {
        return Err(Doubt("a track is coded in several ways"));
    }
    let mut list = children(bytes.0);
    let (format, content) = list.next().ok_or(Doubt("a track has no description"))??;
    let mut entry = Entry { format, ..Entry::default() };
    if [*b"encv", *b"enca", *b"drmi", *b"drms"].contains(&format) {
        return Err(Doubt("a track is encrypted"));
    }
    match handler {
        b"vide" => picture(content, &mut entry)?,
        b"soun" => sound(content, &mut entry),
        _ => {}
    }
    Ok(entry)
}

/// Section 12.1.3, and QuickTime's, which is the same.
fn picture(content: &[u8], entry: &mut Entry) -> Result<()> {
    let mut bytes = Bytes(content);
    bytes.take(6)?;
    if bytes.u16()? != 1 {
        return Err(Doubt("samples are in another file"));
    }
    bytes.take(4)?;
    entry.vendor = bytes.name()?;
    bytes.take(8)?;
    entry.size = (bytes.u16()?, bytes.u16()?);
    bytes.take(14)?;
    let name = bytes.take(32)?;
    let length = usize::from(name[0]).min(31);
    entry.encoder = name[1..=length].split(|byte| *byte == 0).next().unwrap_or_default().to_vec();
    bytes.take(4)?;
    for child in children(bytes.0) {
        let (name, content) = child?;
        let mut bytes = Bytes(content);
        match &name {
            b"avcC" | b"hvcC" | b"vpcC" | b"av1C" if entry.configuration.is_none() => {
                entry.configuration = Some((name, content.to_vec()));
            }
            b"pasp" => entry.pixel_aspect = Some((bytes.u32()?, bytes.u32()?)),
            b"fiel" => entry.fields = Some((bytes.u8()?, bytes.u8()?)),
            b"colr" if entry.colour.is_none() => match &bytes.name()? {
                kind @ (b"nclx" | b"nclc") => {
                    let mut code = || u8::try_from(bytes.u16()?).map_err(|_| Doubt("a colour has no known code"));
                    let colour = Colour { primaries: code()?, transfer: code()?, matrix: code()? };
                    let full = if kind == b"nclx" { Some(bytes.u8()? & 0x80 != 0) } else { None };
                    entry.colour = Some((colour, full));
                }
                _ => entry.unread = Some(name),
            },
            // Some versions of ffmpeg cut pictures to this, others do not.
            b"clap" => return Err(Doubt("the container cuts pictures")),
            b"sinf" => return Err(Doubt("a track is encrypted")),
            b"btrt" | b"free" | b"skip" => {}
            b"uuid" if content.starts_with(&IPOD) => {}
            _ => entry.unread = Some(name),
        }
    }
    Ok(())
}

/// Sound is described as far as it is the usual; whatever else it is, is not read.
fn sound(content: &[u8], entry: &mut Entry) {
    entry.sound = mpeg4(content);
    if entry.sound.is_none() {
        entry.unread = Some(entry.format);
    }
}

/// Section 12.2.3, version 0, with `esds` alone.
fn mpeg4(content: &[u8]) -> Option<Sound> {
    let mut bytes = Bytes(content);
    bytes.take(8).ok()?;
    let version = bytes.u16().ok()?;
    bytes.take(18).ok()?;
    let mut found = None;
    for child in children(bytes.0) {
        let (name, content) = child.ok()?;
        match &name {
            b"esds" => found = Some(descriptor(content)?),
            b"btrt" | b"free" => {}
            _ => return None,
        }
    }
    found.filter(|_| version == 0)
}

/// Descriptors, ISO/IEC 14496-1 section 7.2.6: a stream, its decoder, what the decoder needs.
fn descriptor(content: &[u8]) -> Option<Sound> {
    let mut bytes = Bytes(content);
    bytes.full().ok()?;
    let mut stream = Bytes(tagged(&mut bytes, 3)?);
    stream.take(2).ok()?;
    if stream.u8().ok()? & 0xe0 != 0 {
        return None;
    }
    let mut decoder = Bytes(tagged(&mut stream, 4)?);
    // MPEG-4 audio.
    if decoder.u8().ok()? != 0x40 {
        return None;
    }
    decoder.take(12).ok()?;
    audio(tagged(&mut decoder, 5)?)
}

fn tagged<'b>(bytes: &mut Bytes<'b>, tag: u8) -> Option<&'b [u8]> {
    if bytes.u8().ok()? != tag {
        return None;
    }
    let mut length = 0_usize;
    for _ in 0..4 {
        let byte = bytes.u8().ok()?;
        length = length << 7 | usize::from(byte & 0x7f);
        if byte & 0x80 == 0 {
            break;
        }
    }
    bytes.take(length).ok()
}

/// Reads the configuration of a decoder of MPEG-4 audio (section 1.6.2.1).
pub fn audio(configuration: &[u8]) -> Option<Sound> {
    const RATES: [u32; 13] =
        [96_000, 88_200, 64_000, 48_000, 44_100, 32_000, 24_000, 22_050, 16_000, 12_000, 11_025, 8_000, 7_350];
    let mut bits = crate::bits::Bits::new(configuration);
    let object = bits.bits(5)?;
    let rate = *RATES.get(bits.bits(4)? as usize)?;
    let channels = bits.bits(4)?;
    // Three flags of AAC itself; then may come an extension that doubles the rate or the channels.
    bits.skip(3)?;
    let is_plain = match bits.bits(11) {
        Some(0x2b7) => bits.bits(5) == Some(5) && bits.bit() == Some(false),
        _ => true,
    };
    Some(Sound { object, rate, channels, is_plain })
}
