//! ImageJ hyperstacks: counts of channels, slices and frames in the description, pixels often stored in one piece
//! behind the first directory.

use imageio_core::{Error, Metadata, Result, Value};

use super::{Pages, Series, contiguous, product};
use crate::chain::Chain;
use crate::ifd::{Tiff, Window};
use crate::page::Page;

/// `true` for ImageJ's description.
pub(crate) fn is_imagej(text: &str) -> bool {
    text.starts_with("ImageJ=") || text.starts_with("SCIFIO=")
}

/// The description's lines: integers, numbers, truth values and text.
pub(crate) fn description(text: &str) -> Metadata {
    let mut metadata = Metadata::new();
    for (key, value) in text.lines().filter_map(|line| line.split_once('=')) {
        let (key, value) = (key.trim(), value.trim());
        let value = match value.to_ascii_lowercase().as_str() {
            "true" => Value::Bool(true),
            "false" => Value::Bool(false),
            _ => match (value.parse::<i64>(), value.parse::<f64>()) {
                (Ok(i), _) => Value::Int(i),
                (_, Ok(f)) => Value::Float(f),
                _ => Value::Str(unescape(value)),
            },
        };
        metadata.insert(key, value);
    }
    metadata
}

/// ImageJ writes `\u00B5m` for micrometres.
fn unescape(text: &str) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some(at) = rest.find("\\u") {
        let code = rest.get(at + 2..at + 6).and_then(|hex| u32::from_str_radix(hex, 16).ok()).and_then(char::from_u32);
        let Some(c) = code else { break };
        out.push_str(rest.get(..at).unwrap_or_default());
        out.push(c);
        rest = rest.get(at + 6..).unwrap_or_default();
    }
    out + rest
}

/// The one series of an ImageJ file; `None` if the description makes no sense.
pub(crate) fn group(
    tiff: &Tiff<'_>,
    chain: &mut Chain,
    window: &mut Window,
    first: &Page,
    text: &str,
    notes: &mut Vec<String>,
) -> Result<Option<Vec<Series>>> {
    let metadata = description(text);
    let count = |key: &str| match metadata.get(key) {
        None => Some(1),
        Some(v) => v.as_u64().and_then(|n| usize::try_from(n).ok()).filter(|n| *n > 0),
    };
    let counts = (count("images"), count("channels"), count("slices"), count("frames"));
    let (Some(images), Some(mut channels), Some(slices), Some(frames)) = counts else {
        notes.push("the ImageJ description counts fewer than one image".to_owned());
        return Ok(None);
    };
    let layout = &first.layout;
    let too_many = || Error::malformed("the ImageJ description counts too many images");
    let volume = frames.checked_mul(slices).ok_or_else(too_many)?;
    let mut images = if channels == 1 || (layout.planes() > 1 && layout.planes() == channels) {
        volume
    } else if images == volume && layout.contig() == channels {
        // Samples of a pixel that were counted as channels.
        channels = 1;
        images
    } else {
        volume.checked_mul(channels).ok_or_else(too_many)?
    };
    let second = chain.get(tiff, 1, window)?;
    if images == 1 && second.is_some() {
        images = chain.all(tiff, window)?.len();
    }
    let nbytes = layout.bytes().and_then(|n| n.checked_mul(images)).ok_or_else(too_many)? as u64;
    let stored = contiguous(tiff, first, window)?;
    let is_virtual = match stored {
        None => false,
        Some(offset) => {
            let end = offset.saturating_add(nbytes);
            let follows = second.is_some_and(|second| end > second);
            if tiff.source.size().is_some_and(|size| end > size) {
                notes.push("the ImageJ description counts more images than the file holds".to_owned());
                return Ok(None);
            }
            images <= 1 || !follows
        }
    };
    let order = metadata.get("order").map(ToString::to_string).unwrap_or_default().to_ascii_lowercase();
    let (mut shape, mut axes) = match order.as_str() {
        "ctz" => (vec![slices, frames, channels], String::from("ZTC")),
        "zct" => (vec![frames, channels, slices], String::from("TCZ")),
        "ztc" => (vec![channels, frames, slices], String::from("CTZ")),
        "tcz" => (vec![slices, channels, frames], String::from("ZCT")),
        "tzc" => (vec![channels, slices, frames], String::from("CZT")),
        _ => (vec![frames, slices, channels], String::from("TZC")),
    };
    let described = product(&shape).unwrap_or(1).max(1);
    if images / described > 1 {
        shape.insert(0, images / described);
        axes.insert(0, 'I');
    }
    let (page_shape, page_axes) = layout.shape();
    if layout.planes() > 1 {
        // Planes of samples are the channels themselves.
        if !axes.ends_with('C') {
            return Ok(None);
        }
        shape.pop();
        shape.extend(page_shape);
        axes.push_str(page_axes.get(1..).unwrap_or_default());
    } else {
        shape.extend(page_shape);
        axes.push_str(&page_axes);
    }
    let wanted = product(&shape).unwrap_or(0) / layout.elements().unwrap_or(1).max(1);
    let pages = match stored.filter(|_| is_virtual) {
        Some(offset) => Pages::Stored(offset),
        None => {
            let all = chain.all(tiff, window)?;
            if all.len() < wanted {
                notes.push(format!("the ImageJ description counts {wanted} images, there are {}", all.len()));
                return Ok(None);
            }
            Pages::here(all.iter().take(wanted).copied())
        }
    };
    Ok(Some(vec![Series::squeezed("imagej", "", (shape, axes), first.clone(), pages)]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn descriptions_are_typed() {
        let m = description("ImageJ=1.11a\nimages=510\nhyperstack=true\nspacing=0.5\nunit=\\u00B5m\nempty\n");
        assert_eq!(m.get("images"), Some(&Value::Int(510)));
        assert_eq!(m.get("hyperstack"), Some(&Value::Bool(true)));
        assert_eq!(m.get("spacing"), Some(&Value::Float(0.5)));
        assert_eq!(m.get("unit").and_then(Value::as_str), Some("µm"));
        assert_eq!(m.get("ImageJ").and_then(Value::as_str), Some("1.11a"));
        assert_eq!(m.len(), 5);
    }
}
