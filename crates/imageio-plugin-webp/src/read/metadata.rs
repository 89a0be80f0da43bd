//! Chunks as metadata.

use imageio_core::{Limits, Metadata, Orientation, Result, Value};

use crate::container::{Codec, Container, Source};

/// Everything that the file says of image `index`, or of the whole.
pub(super) fn read(
    source: &mut Source<'_>,
    container: &Container,
    (index, whole): (usize, bool),
    limits: &Limits,
    notes: &mut Vec<String>,
) -> Result<Metadata> {
    let mut out = Metadata::new();
    out.insert("mode", container.mode());
    let lossless = container.frames.iter().all(|f| f.codec == Codec::Lossless);
    out.insert("compression", if lossless { "lossless" } else { "lossy" });
    if container.animated {
        animation(container, index, whole, &mut out);
    }
    if let Some(span) = container.icc {
        out.insert("icc", source.metadata(span, limits)?);
    }
    if let Some(span) = container.exif {
        let block = source.metadata(span, limits)?;
        match imageio_exif::parse(&block) {
            Ok(tree) => out.insert_section("exif", tree),
            Err(e) => note(notes, format!("the EXIF chunk is damaged and was ignored: {}", e.message())),
        }
    }
    if let Some(span) = container.xmp {
        let bytes = source.metadata(span, limits)?;
        match String::from_utf8(bytes) {
            Ok(text) => out.insert("xmp", text.trim_end_matches('\0')),
            Err(e) => out.insert("xmp", e.into_bytes()),
        }
    }
    Ok(out)
}

fn note(notes: &mut Vec<String>, text: String) {
    if !notes.contains(&text) {
        notes.push(text);
    }
}

fn animation(container: &Container, index: usize, whole: bool, out: &mut Metadata) {
    out.insert("loop_count", container.loop_count);
    let list = |values: &mut dyn Iterator<Item = u32>| Value::List(values.map(Value::from).collect());
    out.insert("background", list(&mut container.background.iter().map(|v| u32::from(*v))));
    let durations = || container.frames.iter().map(|f| f.duration);
    let Some(frame) = container.frames.get(index) else { return };
    if whole {
        match durations().all(|d| d == frame.duration) {
            true => out.insert("duration", frame.duration),
            false => out.insert("duration", list(&mut durations())),
        }
        return;
    }
    out.insert("duration", frame.duration);
    // When the frame appears, counted from the start of the animation.
    out.insert("timestamp", durations().take(index).map(u64::from).sum::<u64>());
    out.insert_applied("disposal", if frame.dispose { "background" } else { "none" });
    out.insert_applied("blend", if frame.blend { "over" } else { "source" });
    let corners = [frame.x, frame.y, frame.x + frame.width, frame.y + frame.height];
    out.insert_applied("bbox", list(&mut corners.into_iter()));
}

/// How the picture must be turned, by its EXIF chunk.
pub(super) fn orientation(source: &mut Source<'_>, container: &Container, limits: &Limits) -> Result<Orientation> {
    let Some(span) = container.exif else { return Ok(Orientation::Normal) };
    let block = source.metadata(span, limits)?;
    Ok(imageio_exif::orientation(&block).map_or(Orientation::Normal, Orientation::from_exif))
}
