//! Metadata as chunks.

use std::time::Duration;

use imageio_core::{Metadata, Node, Value};

use super::text::{self, Text};
use super::{RAW_PROFILE, XMP};
use crate::chunk::{Kind, assemble, is_critical};

/// Metadata on its way into a file.
#[derive(Debug, Default)]
pub(crate) struct Outgoing {
    /// Chunks that belong before the palette.
    pub before_palette: Vec<u8>,
    /// Chunks that belong behind it.
    pub behind_palette: Vec<u8>,
    /// Times of the frames.
    pub durations: Vec<Duration>,
    pub loop_count: Option<u32>,
    /// What has no place in the file.
    pub notes: Vec<String>,
}

/// What has to be known of the image to write its metadata.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Target {
    /// Number of channels of the array.
    pub channels: usize,
    pub depth: u8,
    pub indexed: bool,
}

/// Turns metadata, in the form in which it is read, into chunks. What was applied to the pixels is left out.
pub(crate) fn collect(metadata: &Metadata, target: Target) -> Outgoing {
    let mut out = Outgoing::default();
    for (key, node, applied) in metadata.iter() {
        if applied || key == "text_info" {
            continue;
        }
        let kept = match node {
            Node::Value(value) => entry(key, value, metadata, target, &mut out),
            Node::Section(section) => whole_section(key, section, metadata, &mut out),
        };
        if kept.is_none() && !Metadata::describes_storage(key) {
            out.notes.push(format!("metadata `{key}` has no place in this PNG and was left out"));
        }
    }
    out
}

fn entry(key: &str, value: &Value, all: &Metadata, target: Target, out: &mut Outgoing) -> Option<()> {
    match key {
        "dpi" => {
            let (x, y) = pair(value)?;
            let per_metre = |dpi: f64| in_range(dpi / 0.0254, 1.0, f64::from(u32::MAX));
            density(per_metre(x)?, per_metre(y)?, 1, out);
        }
        "aspect" => {
            let (x, y) = pair(value)?;
            let whole = |v: f64| in_range(v, 1.0, f64::from(u32::MAX));
            density(whole(x)?, whole(y)?, 0, out);
        }
        "gamma" => {
            let stored = in_range(value.as_f64()? * 100_000.0, 1.0, f64::from(i32::MAX))?;
            assemble(*b"gAMA", &stored.to_be_bytes(), &mut out.before_palette);
        }
        "chromaticity" => {
            let points = scaled::<8>(value, 100_000.0, f64::from(i32::MAX))?;
            let data: Vec<u8> = points.iter().flat_map(|v| v.to_be_bytes()).collect();
            assemble(*b"cHRM", &data, &mut out.before_palette);
        }
        "srgb" => {
            let intent = value.as_u64().filter(|intent| *intent < 4)?;
            assemble(*b"sRGB", &[intent as u8], &mut out.before_palette);
        }
        "icc" => {
            let profile = value.as_bytes()?;
            let colors = if target.channels <= 2 && !target.indexed { 1 } else { 3 };
            if let Some(note) = Metadata::profile_unfit(profile, colors) {
                out.notes.push(note);
                return Some(());
            }
            let name = all.get("icc_name").and_then(Value::as_str).and_then(text::to_latin1);
            let fits = |name: &Vec<u8>| !name.is_empty() && name.len() < 80 && !name.contains(&0);
            let mut data = name.filter(fits).unwrap_or_else(|| b"ICC profile".to_vec());
            data.extend([0, 0]);
            data.extend(text::deflate(profile));
            assemble(*b"iCCP", &data, &mut out.before_palette);
        }
        "xmp" => {
            let xmp = value.as_str()?;
            // As the XMP specification wants it: not compressed, so that it can be found without decoding.
            let mut data = format!("{XMP}\0\0\0\0\0").into_bytes();
            data.extend(xmp.as_bytes());
            assemble(*b"iTXt", &data, &mut out.behind_palette);
        }
        "iptc" => {
            let profile = text::raw_profile("iptc", value.as_bytes()?);
            let text = Text { keyword: format!("{RAW_PROFILE}iptc"), text: profile, ..Text::default() };
            text::assemble(&text, true, &mut out.behind_palette)?;
        }
        "exif" => {
            let block = value.as_bytes()?;
            let block = block.strip_prefix(imageio_exif::PREFIX).unwrap_or(block);
            assemble(*b"eXIf", block, &mut out.behind_palette);
        }
        "time" => {
            assemble(*b"tIME", &time(value.as_str()?)?, &mut out.behind_palette);
        }
        "background" => {
            // An indexed image would need a palette entry for it.
            let wanted = if target.channels <= 2 { 1 } else { 3 };
            let values = list(value);
            if values.len() != wanted || target.indexed {
                return None;
            }
            let max = (1u32 << target.depth) - 1;
            let samples: Option<Vec<u16>> =
                values.iter().map(|v| in_range(v.as_f64()?, 0.0, f64::from(max)).map(|v| v as u16)).collect();
            let data: Vec<u8> = samples?.iter().flat_map(|v| v.to_be_bytes()).collect();
            assemble(*b"bKGD", &data, &mut out.behind_palette);
        }
        "significant_bits" => {
            let depth = if target.indexed { 8 } else { target.depth };
            let bits: Option<Vec<u8>> =
                list(value).iter().map(|v| in_range(v.as_f64()?, 1.0, f64::from(depth)).map(|v| v as u8)).collect();
            let wanted = if target.indexed { 3 } else { target.channels };
            let bits = bits.filter(|bits| bits.len() == wanted)?;
            assemble(*b"sBIT", &bits, &mut out.before_palette);
        }
        "duration" => {
            let times: Option<Vec<Duration>> = list(value).iter().map(|v| duration(v.as_f64()?)).collect();
            out.durations = times?;
        }
        "loop_count" => out.loop_count = Some(u32::try_from(value.as_u64()?).ok()?),
        _ => return None,
    }
    Some(())
}

fn whole_section(key: &str, section: &Metadata, all: &Metadata, out: &mut Outgoing) -> Option<()> {
    let number = |key: &str| section.get(key).and_then(Value::as_f64);
    let byte = |key: &str| in_range(number(key)?, 0.0, 255.0).map(|v| v as u8);
    match key {
        "exif" => match imageio_exif::write(section) {
            Ok(block) => assemble(*b"eXIf", &block, &mut out.behind_palette),
            Err(e) => out.notes.push(format!("EXIF was left out: {}", e.message())),
        },
        "text" => {
            let info = all.get_section("text_info");
            for (keyword, node, _) in section.iter() {
                let Node::Value(value) = node else {
                    out.notes.push(format!("text `{keyword}` is a section and was left out"));
                    continue;
                };
                let told = info.and_then(|info| info.get_section(keyword));
                let said = |key: &str| told.and_then(|t| t.get(key)).map_or_else(String::new, Value::to_string);
                for value in list(value) {
                    let text = Text {
                        keyword: keyword.to_owned(),
                        text: value.to_string(),
                        language: said("language"),
                        translated: said("translated_keyword"),
                    };
                    if text::assemble(&text, true, &mut out.behind_palette).is_none() {
                        out.notes
                            .push(format!("text `{keyword}` was left out: keywords are 1 to 79 characters of Latin-1"));
                    }
                }
            }
        }
        "cicp" => {
            let full = section.get("full_range").and_then(Value::as_bool).unwrap_or(true);
            let data =
                [byte("color_primaries")?, byte("transfer_function")?, byte("matrix_coefficients")?, u8::from(full)];
            assemble(*b"cICP", &data, &mut out.before_palette);
        }
        "mastering_display" => {
            let points = scaled::<8>(section.get("chromaticity")?, 50_000.0, 65_535.0)?;
            let mut data: Vec<u8> = points.iter().flat_map(|v| (*v as u16).to_be_bytes()).collect();
            for key in ["max_luminance", "min_luminance"] {
                data.extend(in_range(number(key)? * 10_000.0, 0.0, f64::from(u32::MAX))?.to_be_bytes());
            }
            assemble(*b"mDCV", &data, &mut out.before_palette);
        }
        "content_light" => {
            let mut data = Vec::new();
            for key in ["max", "max_frame_average"] {
                data.extend(in_range(number(key)? * 10_000.0, 0.0, f64::from(u32::MAX))?.to_be_bytes());
            }
            assemble(*b"cLLI", &data, &mut out.before_palette);
        }
        "chunks" => {
            for (name, node, _) in section.iter() {
                let kind = Kind::try_from(name.as_bytes()).ok();
                let kind = kind.filter(|k| k.iter().all(u8::is_ascii_alphabetic) && !is_critical(*k));
                // Upper case in the last letter says that the chunk may not fit other pixels.
                match (kind.filter(|k| k[3].is_ascii_lowercase()), node) {
                    (Some(kind), Node::Value(value)) => {
                        for data in list(value).iter().filter_map(Value::as_bytes) {
                            assemble(kind, data, &mut out.before_palette);
                        }
                    }
                    _ => out.notes.push(format!("chunk `{name}` may not be copied to another image and was left out")),
                }
            }
        }
        _ => return None,
    }
    Some(())
}

fn density(x: u32, y: u32, unit: u8, out: &mut Outgoing) {
    let mut data = [0; 9];
    data[..4].copy_from_slice(&x.to_be_bytes());
    data[4..8].copy_from_slice(&y.to_be_bytes());
    data[8] = unit;
    assemble(*b"pHYs", &data, &mut out.behind_palette);
}

/// The values of a list; one value stands for a list of one.
fn list(value: &Value) -> &[Value] {
    value.as_list().unwrap_or(std::slice::from_ref(value))
}

fn pair(value: &Value) -> Option<(f64, f64)> {
    match list(value) {
        [both] => Some((both.as_f64()?, both.as_f64()?)),
        [x, y] => Some((x.as_f64()?, y.as_f64()?)),
        _ => None,
    }
}

/// The nearest integer, if it is in range.
fn in_range(value: f64, low: f64, high: f64) -> Option<u32> {
    let rounded = value.round();
    (rounded >= low && rounded <= high).then_some(rounded as u32)
}

fn scaled<const N: usize>(value: &Value, scale: f64, max: f64) -> Option<Vec<u32>> {
    let values: Option<Vec<u32>> = list(value).iter().map(|v| in_range(v.as_f64()? * scale, 0.0, max)).collect();
    values.filter(|values| values.len() == N)
}

fn duration(milliseconds: f64) -> Option<Duration> {
    Duration::try_from_secs_f64(milliseconds / 1000.0).ok()
}

/// `2024-05-06T07:08:09`, with or without a `Z`, and EXIF's `2024:05:06 07:08:09`.
fn time(text: &str) -> Option<[u8; 7]> {
    let mut parts = text.trim_end_matches('Z').split(['-', 'T', ':', ' ']).map(|part| part.parse::<u16>().ok());
    let mut next = || parts.next().flatten();
    let [high, low] = next()?.to_be_bytes();
    let mut data = [high, low, 0, 0, 0, 0, 0];
    for (slot, max) in data.iter_mut().skip(2).zip([12, 31, 23, 59, 60]) {
        *slot = u8::try_from(next()?).ok().filter(|v| *v <= max)?;
    }
    parts.next().is_none().then_some(data)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times() {
        assert_eq!(time("2023-07-20T22:09:45Z"), Some([7, 231, 7, 20, 22, 9, 45]));
        assert_eq!(time("2023:07:20 22:09:45"), Some([7, 231, 7, 20, 22, 9, 45]));
        assert_eq!(time("yesterday"), None);
        assert_eq!(time("2023-13-20T22:09:45"), None);
    }
}
