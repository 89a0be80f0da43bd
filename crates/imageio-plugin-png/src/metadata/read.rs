//! Chunks as metadata.

use imageio_core::{Limits, Metadata, Orientation, Result, Value};
use imageio_exif::photoshop;

use super::{RAW_PROFILE, XMP, text, trailing};
use crate::chunk::{Chunk, Fields, Source};
use crate::frames::Frames;
use crate::header::{Animation, Color, Dispose, FrameControl, Header};

/// Everything that the file says of its images.
pub(crate) fn read(
    source: &mut Source<'_>,
    header: &mut Header,
    limits: &Limits,
    gamma_applied: bool,
) -> Result<Metadata> {
    let mut metadata = Metadata::new();
    structure(header, &mut metadata);
    if header.trailing.is_none() {
        header.trailing = Some(trailing::trailing(source, header)?);
    }
    let chunks: Vec<Chunk> = header.others.iter().chain(header.trailing.iter().flatten()).copied().collect();
    let mut left = limits.max_metadata.unwrap_or(u64::MAX);
    let mut loose: Vec<Loose> = Vec::new();
    for chunk in chunks {
        let name = chunk.kind.escape_ascii().to_string();
        let (data, right) = match source.data(chunk, left) {
            Ok(read) => read,
            Err(e) if e.kind() == imageio_core::ErrorKind::Malformed => {
                header.note(format!("the file ends inside chunk {name}"));
                break;
            }
            Err(e) => return Err(e),
        };
        left -= u64::from(chunk.len);
        if !right {
            header.note(format!("chunk {name} is damaged (wrong checksum) and was ignored"));
            continue;
        }
        let room = usize::try_from(left).unwrap_or(usize::MAX);
        match one(chunk, &data, header, room, gamma_applied, &mut metadata, &mut loose) {
            Some(unpacked) => left = left.saturating_sub(unpacked as u64),
            None => header.note(format!("chunk {name} is invalid and was ignored")),
        }
    }
    settle(loose, header, &mut metadata);
    Ok(metadata)
}

/// What JPEG puts in front of a packet.
const XMP_SEGMENT: &[u8] = b"http://ns.adobe.com/xap/1.0/\0";

/// Metadata in a place of second choice: it counts if the first choice is empty.
enum Loose {
    Exif(Vec<u8>),
    Xmp(Vec<u8>),
    Iptc(Vec<u8>),
    Icc(Vec<u8>),
}

fn settle(loose: Vec<Loose>, header: &mut Header, metadata: &mut Metadata) {
    for item in loose {
        match item {
            Loose::Exif(block) if metadata.get_section("exif").is_none() => match imageio_exif::parse(&block) {
                Ok(tree) => metadata.insert_section("exif", tree),
                Err(e) => header.note(format!("EXIF could not be read: {}", e.message())),
            },
            Loose::Xmp(bytes) if metadata.get("xmp").is_none() => {
                metadata.insert("xmp", String::from_utf8_lossy(&bytes).into_owned());
            }
            Loose::Iptc(bytes) => metadata.insert("iptc", bytes),
            Loose::Icc(bytes) if metadata.get("icc").is_none() => metadata.insert("icc", bytes),
            _ => {}
        }
    }
}

fn structure(header: &Header, metadata: &mut Metadata) {
    let mode = match (header.color, header.depth) {
        (Color::Gray, 1) => "1",
        (Color::Gray, 16) => "I;16",
        (Color::Gray, _) => "L",
        (Color::GrayAlpha, _) => "LA",
        (Color::Rgb, _) => "RGB",
        (Color::Palette, _) => "P",
        (Color::Rgba, _) => "RGBA",
    };
    metadata.insert("mode", mode);
    metadata.insert("bit_depth", header.depth);
    metadata.insert("interlaced", header.interlaced);
    if header.color == Color::Palette {
        metadata.insert_applied("palette", header.palette.as_slice());
    }
    if !header.transparency.is_empty() {
        let value = match header.color {
            Color::Palette => Value::from(header.transparency.as_slice()),
            _ => numbers(header.transparency.chunks_exact(2).map(|c| u16::from_be_bytes([c[0], c[1]]))),
        };
        metadata.insert_applied("transparency", value);
    }
}

fn numbers<T: Into<Value>>(values: impl Iterator<Item = T>) -> Value {
    let mut values: Vec<Value> = values.map(Into::into).collect();
    match values.len() {
        1 => values.remove(0),
        _ => Value::List(values),
    }
}

/// Takes in one chunk; gives the number of bytes it unpacked to, `None` if it is invalid.
fn one(
    chunk: Chunk,
    data: &[u8],
    header: &mut Header,
    room: usize,
    gamma_applied: bool,
    out: &mut Metadata,
    loose: &mut Vec<Loose>,
) -> Option<usize> {
    let mut fields = Fields(data);
    match &chunk.kind {
        b"pHYs" => {
            let (x, y, unit) = (fields.u32()?, fields.u32()?, fields.u8()?);
            match unit {
                1 => {
                    let dpi = [x, y].map(|n| f64::from(n) * 0.0254);
                    out.insert("dpi", numbers(dpi.into_iter()));
                }
                _ => out.insert("aspect", numbers([x, y].into_iter())),
            }
        }
        b"gAMA" => {
            let gamma = f64::from(fields.u32().filter(|stored| *stored > 0)?) / 100_000.0;
            match gamma_applied {
                true => out.insert_applied("gamma", gamma),
                false => out.insert("gamma", gamma),
            }
        }
        b"cHRM" => {
            let mut points = Vec::new();
            for _ in 0..8 {
                points.push(f64::from(fields.u32()?) / 100_000.0);
            }
            out.insert("chromaticity", numbers(points.into_iter()));
        }
        b"sRGB" => out.insert("srgb", fields.u8().filter(|intent| *intent < 4)?),
        b"cICP" => {
            let section = out.section("cicp");
            section.insert("color_primaries", fields.u8()?);
            section.insert("transfer_function", fields.u8()?);
            section.insert("matrix_coefficients", fields.u8()?);
            section.insert("full_range", fields.u8()? != 0);
        }
        b"mDCV" => {
            let mut points = Vec::new();
            for _ in 0..8 {
                points.push(f64::from(fields.u16()?) / 50_000.0);
            }
            let (max, min) = (fields.u32()?, fields.u32()?);
            let section = out.section("mastering_display");
            section.insert("chromaticity", numbers(points.into_iter()));
            section.insert("max_luminance", f64::from(max) / 10_000.0);
            section.insert("min_luminance", f64::from(min) / 10_000.0);
        }
        b"cLLI" => {
            let (max, average) = (fields.u32()?, fields.u32()?);
            let section = out.section("content_light");
            section.insert("max", f64::from(max) / 10_000.0);
            section.insert("max_frame_average", f64::from(average) / 10_000.0);
        }
        b"iCCP" => {
            let (name, rest) = text::split(data)?;
            let profile = text::inflate_profile(rest.split_first().filter(|(method, _)| **method == 0)?.1, room)?;
            let len = profile.len();
            out.insert("icc", profile);
            out.insert("icc_name", text::latin1(name));
            return Some(len);
        }
        b"eXIf" => {
            let tree = imageio_exif::parse(data).ok()?;
            out.insert_section("exif", tree);
        }
        b"tIME" => {
            let year = fields.u16()?;
            let [month, day, hour, minute, second] = *fields.0 else { return None };
            let time = format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}Z");
            out.insert("time", time);
        }
        b"bKGD" => out.insert("background", background(header, data)?),
        b"sBIT" if !data.is_empty() && data.len() <= 4 => {
            out.insert("significant_bits", numbers(data.iter().copied()));
        }
        b"tEXt" | b"zTXt" | b"iTXt" => {
            let text = text::parse(chunk.kind, data, room)?;
            let len = text.text.len();
            take_text(text, out, loose);
            return Some(len);
        }
        _ => raw(chunk, data, out),
    }
    Some(0)
}

/// Chunks that this plugin has no name for keep their bytes.
fn raw(chunk: Chunk, data: &[u8], out: &mut Metadata) {
    let section = out.section("chunks");
    let name = chunk.kind.escape_ascii().to_string();
    let value = match section.get(&name).cloned() {
        None => Value::from(data),
        Some(Value::List(mut items)) => {
            items.push(data.into());
            Value::List(items)
        }
        Some(one) => Value::List(vec![one, data.into()]),
    };
    section.insert(name, value);
}

fn take_text(text: text::Text, out: &mut Metadata, loose: &mut Vec<Loose>) {
    if text.keyword == XMP {
        out.insert("xmp", text.text);
        return;
    }
    let profile = text.keyword.strip_prefix(RAW_PROFILE).map(str::to_ascii_lowercase);
    let bytes = profile.as_ref().and_then(|_| text::parse_raw_profile(&text.text));
    if let Some(found) = profile.zip(bytes).and_then(|(profile, bytes)| raw_profile(&profile, bytes)) {
        loose.push(found);
        return;
    }
    if !text.language.is_empty() || !text.translated.is_empty() {
        let mut info = Metadata::new();
        info.insert("language", text.language);
        info.insert("translated_keyword", text.translated);
        out.section("text_info").insert_section(&text.keyword, info);
    }
    let texts = out.section("text");
    let value = match texts.get(&text.keyword).cloned() {
        None => Value::from(text.text),
        Some(Value::List(mut items)) => {
            items.push(text.text.into());
            Value::List(items)
        }
        Some(one) => Value::List(vec![one, text.text.into()]),
    };
    texts.insert(text.keyword, value);
}

/// What ImageMagick and its kin have stored as text, if it is of a kind that has a place here.
fn raw_profile(name: &str, bytes: Vec<u8>) -> Option<Loose> {
    let packet = bytes.strip_prefix(XMP_SEGMENT).unwrap_or(&bytes);
    let exif = [imageio_exif::PREFIX.as_slice(), b"II*\0", b"MM\0*"].iter().any(|start| bytes.starts_with(start));
    match name {
        "exif" => Some(Loose::Exif(bytes)),
        // What a JPEG had in one of its segments: some keep the name that stands in front of it, some do not.
        "app1" if exif => Some(Loose::Exif(bytes)),
        "xmp" => Some(Loose::Xmp(packet.to_vec())),
        "app1" if packet.trim_ascii_start().starts_with(b"<") => Some(Loose::Xmp(packet.to_vec())),
        // The records alone, or among the image resources of Photoshop.
        "iptc" | "8bim" if bytes.starts_with(b"8BIM") => {
            let records = photoshop::resources(&bytes).find(|r| r.id == photoshop::IPTC)?;
            Some(Loose::Iptc(records.data.to_vec()))
        }
        "iptc" => Some(Loose::Iptc(bytes)),
        "icc" | "icm" => Some(Loose::Icc(bytes)),
        _ => None,
    }
}

/// The background colour in the values that pixels have.
fn background(header: &Header, data: &[u8]) -> Option<Value> {
    if header.color == Color::Palette {
        let at = 3 * usize::from(*data.first()?);
        return Some(numbers(header.palette.get(at..at + 3)?.iter().copied()));
    }
    let mut fields = Fields(data);
    let samples = if matches!(header.color, Color::Gray | Color::GrayAlpha) { 1 } else { 3 };
    let mut values = Vec::new();
    for _ in 0..samples {
        let value = fields.u16()?;
        values.push(match header.depth {
            2 => value.min(3) * 85,
            4 => value.min(15) * 17,
            _ => value,
        });
    }
    Some(numbers(values.into_iter()))
}

/// What is said of an animation as a whole.
pub(crate) fn animation(frames: &Frames, declared: Animation, out: &mut Metadata) {
    out.insert("loop_count", declared.plays);
    if frames.list().is_empty() {
        return;
    }
    // A still image before the frames is not shown, but counts as an image: the list has a place for each of those.
    let still = frames.extra_still.then_some(0.0);
    let shown = frames.list().iter().map(|f| f.control.milliseconds());
    let durations: Vec<f64> = still.into_iter().chain(shown).collect();
    let Some(first) = durations.first() else { return };
    match durations.iter().all(|d| d == first) {
        true => out.insert("duration", *first),
        false => out.insert("duration", numbers(durations.iter().copied())),
    }
    if frames.extra_still {
        out.insert("default_image", true);
    }
}

/// What is said of one frame.
pub(crate) fn frame(control: &FrameControl, declared: Animation, out: &mut Metadata) {
    out.insert("loop_count", declared.plays);
    out.insert("duration", control.milliseconds());
    let disposal = match control.dispose {
        Dispose::Keep => "none",
        Dispose::Clear => "background",
        Dispose::Restore => "previous",
    };
    out.insert_applied("disposal", disposal);
    out.insert_applied("blend", if control.over { "over" } else { "source" });
    let corners = [control.x, control.y, control.x + control.width, control.y + control.height];
    out.insert_applied("bbox", numbers(corners.into_iter()));
}

/// How the picture has to be turned.
pub(crate) fn orientation(source: &mut Source<'_>, header: &mut Header, limits: &Limits) -> Result<Orientation> {
    let is_exif = |chunk: &&Chunk| &chunk.kind == b"eXIf";
    let chunk = match header.others.iter().find(is_exif) {
        Some(chunk) => Some(*chunk),
        None => {
            if header.trailing.is_none() {
                header.trailing = Some(trailing::trailing(source, header)?);
            }
            header.trailing.iter().flatten().find(is_exif).copied()
        }
    };
    if let Some(chunk) = chunk {
        let (block, right) = source.data(chunk, limits.max_metadata.unwrap_or(u64::MAX))?;
        let tag = imageio_exif::orientation(&block).filter(|_| right);
        return Ok(tag.map_or(Orientation::Normal, Orientation::from_exif));
    }
    // ImageMagick's way to keep EXIF is looked at only here, since it means reading the texts.
    let metadata = read(source, header, limits, false)?;
    let tag = metadata.get("exif/Orientation").and_then(Value::as_u64);
    Ok(tag.map_or(Orientation::Normal, Orientation::from_exif))
}
