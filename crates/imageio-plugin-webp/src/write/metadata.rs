//! Metadata as chunks.

use imageio_core::{Metadata, Node, Value};

/// Metadata on its way into a file.
#[derive(Debug, Default)]
pub(super) struct Outgoing {
    pub icc: Option<Vec<u8>>,
    pub exif: Option<Vec<u8>>,
    pub xmp: Option<Vec<u8>>,
    pub loop_count: Option<u16>,
    /// Red, green, blue, alpha.
    pub background: Option<[u8; 4]>,
    /// What has no place in the file.
    pub notes: Vec<String>,
}

/// Said of each frame where it is written.
const TIMES: &[&str] = &["duration", "durations", "timestamp"];

/// Turns metadata, in the form in which it is read, into chunks. What was applied to the pixels is left out.
pub(super) fn collect(metadata: &Metadata) -> Outgoing {
    let mut out = Outgoing::default();
    for (key, node, applied) in metadata.iter() {
        if applied || TIMES.contains(&key) {
            continue;
        }
        let kept = match node {
            Node::Value(value) => entry(key, value, &mut out),
            Node::Section(section) => whole_section(key, section, &mut out),
        };
        if kept.is_none() && !Metadata::describes_storage(key) {
            out.notes.push(format!("metadata `{key}` has no place in WebP and was left out"));
        }
    }
    out
}

fn entry(key: &str, value: &Value, out: &mut Outgoing) -> Option<()> {
    match (key, value) {
        // Grey is stored as colour.
        ("icc", Value::Bytes(profile)) => match Metadata::profile_unfit(profile, 3) {
            Some(note) => out.notes.push(note),
            None => out.icc = Some(profile.clone()),
        },
        ("exif", Value::Bytes(block)) => {
            let block = block.strip_prefix(imageio_exif::PREFIX).unwrap_or(block);
            out.exif = Some(block.to_vec());
        }
        ("xmp", Value::Str(text)) => out.xmp = Some(text.clone().into_bytes()),
        ("xmp", Value::Bytes(bytes)) => out.xmp = Some(bytes.clone()),
        ("loop_count", value) => out.loop_count = Some(u16::try_from(value.as_u64()?).ok()?),
        ("background", Value::List(values)) => {
            let values: Option<Vec<u8>> = values.iter().map(|v| u8::try_from(v.as_u64()?).ok()).collect();
            out.background = Some(values?.try_into().ok()?);
        }
        // The background of other formats is an index.
        ("background", _) => {}
        _ => return None,
    }
    Some(())
}

fn whole_section(key: &str, section: &Metadata, out: &mut Outgoing) -> Option<()> {
    if key != "exif" {
        return None;
    }
    match imageio_exif::write(section) {
        Ok(block) => out.exif = Some(block),
        Err(e) => out.notes.push(format!("EXIF was left out: {}", e.message())),
    }
    Some(())
}
