//! What a file says of itself.

use std::time::Duration;

use imageio_core::{Metadata, Node, Value};

use crate::layout::Layout;
use crate::palette::Palette;

/// Hundredths of a second as a duration.
fn centiseconds(delay: u16) -> Duration {
    Duration::from_millis(u64::from(delay) * 10)
}

/// Metadata of the file as a whole; every frame is known.
pub(crate) fn of_file(layout: &Layout) -> Metadata {
    let mut out = Metadata::new();
    general(layout, &mut out);
    if let Some(first) = layout.frames.first() {
        out.insert_opt("duration", first.delay.map(centiseconds));
        out.insert_opt("transparency", first.transparent);
    }
    if layout.frames.iter().any(|f| f.delay.is_some()) {
        let all = layout.frames.iter().map(|f| Value::from(centiseconds(f.delay.unwrap_or(0))));
        out.insert("durations", all.collect::<Vec<_>>());
    }
    comment(layout, None, &mut out);
    palette(layout.screen.palette.as_deref(), &mut out);
    out
}

/// Metadata of frame `k`, whose own palette is `local`.
pub(crate) fn of_frame(layout: &Layout, k: usize, local: Option<Palette>) -> Metadata {
    let mut out = Metadata::new();
    general(layout, &mut out);
    let Some(frame) = layout.frames.get(k) else { return out };
    out.insert_opt("duration", frame.delay.map(centiseconds));
    out.insert(
        "disposal",
        match frame.stored_disposal {
            0 => "unspecified",
            1 => "keep",
            2 => "background",
            _ => "previous",
        },
    );
    let rect = [frame.rect.left, frame.rect.top, frame.rect.width, frame.rect.height];
    out.insert("rect", rect.map(Value::from).to_vec());
    out.insert_opt("transparency", frame.transparent);
    out.insert("interlaced", frame.interlaced);
    out.insert("local_palette", frame.local_colours > 0);
    comment(layout, Some(k), &mut out);
    palette(local.as_deref().or(layout.screen.palette.as_deref()), &mut out);
    out
}

fn general(layout: &Layout, out: &mut Metadata) {
    out.insert("version", String::from_utf8_lossy(&layout.screen.version).into_owned());
    out.insert_opt("loop_count", layout.extensions.loop_count);
    out.insert_opt("background", layout.screen.background);
    if let (Some(index), Some(palette)) = (layout.screen.background, &layout.screen.palette) {
        let colour = palette.get(usize::from(index)).map(|c| c.map(Value::from).to_vec());
        out.insert_opt("background_color", colour);
    }
    if layout.screen.aspect > 0 {
        // GIF89a, section 18: aspect ratio = (byte + 15) / 64.
        out.insert("pixel_aspect_ratio", (f64::from(layout.screen.aspect) + 15.0) / 64.0);
    }
    if let Some(xmp) = &layout.extensions.xmp {
        out.insert("xmp", String::from_utf8_lossy(xmp).into_owned());
    }
    out.insert_opt("icc", layout.extensions.icc.clone());
    if !layout.extensions.others.is_empty() {
        let names = layout.extensions.others.iter().map(|name| Value::from(name.as_str()));
        out.insert("extensions", names.collect::<Vec<_>>());
    }
}

/// The comments before frame `k`, or all of them, a line each; one that stands at every frame is told once.
fn comment(layout: &Layout, k: Option<usize>, out: &mut Metadata) {
    let comments = layout.extensions.comments.iter().filter(|(at, _)| k.is_none_or(|k| *at == k));
    let mut lines: Vec<&str> = comments.map(|(_, text)| text.as_str()).collect();
    lines.dedup();
    if !lines.is_empty() {
        out.insert("comment", lines.join("\n"));
    }
}

fn palette(palette: Option<&[[u8; 3]]>, out: &mut Metadata) {
    if let Some(palette) = palette {
        out.insert_applied("palette", palette.concat());
    }
}

/// Things worth telling that are no errors.
pub(crate) fn notes(layout: &Layout) -> Vec<String> {
    let mut out = Vec::new();
    if layout.no_trailer {
        out.push("the file ends without a trailer".to_owned());
    }
    if layout.junk > 0 {
        out.push(format!("{} bytes between blocks belong to none and were passed over", layout.junk));
    }
    let outside = |f: &&crate::layout::FrameInfo| f.rect.clipped(layout.width, layout.height) != f.rect;
    if let Some(n) = Some(layout.frames.iter().filter(outside).count()).filter(|n| *n > 0) {
        out.push(format!("{n} frames reach outside the canvas and were cut"));
    }
    if layout.extensions.plain_text > 0 {
        out.push(format!("{} plain text extensions were not drawn", layout.extensions.plain_text));
    }
    out
}

/// What of given metadata a file can hold.
#[derive(Debug, Default)]
pub(crate) struct Stored {
    pub loop_count: Option<u16>,
    pub comment: Option<String>,
    pub xmp: Option<String>,
    pub icc: Option<Vec<u8>>,
}

impl Stored {
    /// Takes out what GIF knows; the rest goes to `notes`.
    pub fn new(metadata: &Metadata, notes: &mut Vec<String>) -> Self {
        let mut out = Stored::default();
        for (key, node, _) in metadata.iter().filter(|(.., applied)| !applied) {
            let value = match node {
                Node::Value(value) => Some(value),
                Node::Section(_) => None,
            };
            let kept = match key {
                "loop_count" => {
                    out.loop_count = value.and_then(Value::as_u64).and_then(|n| u16::try_from(n).ok());
                    out.loop_count.is_some()
                }
                "comment" => {
                    out.comment = value.and_then(Value::as_str).map(str::to_owned);
                    out.comment.is_some()
                }
                "xmp" => {
                    out.xmp = value.and_then(Value::as_str).map(str::to_owned);
                    out.xmp.is_some()
                }
                "icc" => {
                    let profile = value.and_then(Value::as_bytes);
                    // Whatever the image, it is stored as colours of a palette.
                    let unfit = profile.and_then(|profile| Metadata::profile_unfit(profile, 3));
                    out.icc = profile.filter(|_| unfit.is_none()).map(<[u8]>::to_vec);
                    notes.extend(unfit);
                    profile.is_some()
                }
                "duration" | "durations" | "background" => true,
                _ => Metadata::describes_storage(key),
            };
            if !kept {
                notes.push(format!("metadata `{key}` has no place in a GIF and was not kept"));
            }
        }
        out
    }
}
