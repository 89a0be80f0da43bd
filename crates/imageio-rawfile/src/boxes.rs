//! Canon's CR3: boxes of ISO/IEC 14496-12 with blocks of EXIF among them.

use std::ops::Range;

use crate::source::Source;

/// Boxes past which a level is taken for damage.
const MAX_BOXES: usize = 256;

/// What the boxes say.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Canon {
    /// Blocks of EXIF: 1 the first directory, 2 the Exif directory, 3 the maker's, 4 GPS.
    pub blocks: Vec<(u8, Range<u64>)>,
    /// The first sample of each track.
    pub samples: Vec<Range<u64>>,
    /// JPEGs outside of tracks.
    pub previews: Vec<Range<u64>>,
    /// Where samples are.
    pub media: Vec<Range<u64>>,
}

/// Looks at the boxes; `None` if this is no CR3.
pub(crate) fn find(source: &Source<'_>) -> Option<Canon> {
    if source.read(4, 8).ok()? != b"ftypcrx " {
        return None;
    }
    let mut out = Canon::default();
    for (kind, content) in boxes(source, 0..source.size()) {
        match &kind {
            b"moov" => movie(source, content, &mut out),
            b"mdat" => out.media.push(content),
            // Behind the name and eight more bytes stands a box with the preview.
            b"uuid" => {
                let inner = boxes(source, content.start.saturating_add(24)..content.end);
                let previews = inner.into_iter().filter(|(kind, _)| kind == b"PRVW");
                out.previews.extend(previews.map(|(_, part)| part.start.saturating_add(16)..part.end));
            }
            _ => {}
        }
    }
    Some(out)
}

/// Blocks and tracks of the movie box.
fn movie(source: &Source<'_>, content: Range<u64>, out: &mut Canon) {
    for (kind, content) in boxes(source, content) {
        match &kind {
            b"uuid" => {
                for (kind, block) in boxes(source, content.start.saturating_add(16)..content.end) {
                    if let [b'C', b'M', b'T', number @ b'1'..=b'4'] = kind {
                        out.blocks.push((number - b'0', block));
                    }
                }
            }
            b"trak" => out.samples.extend(first_sample(source, content)),
            _ => {}
        }
    }
}

/// Place of a track's first sample.
fn first_sample(source: &Source<'_>, track: Range<u64>) -> Option<Range<u64>> {
    let mut at = track;
    for name in [b"mdia", b"minf", b"stbl"] {
        at = boxes(source, at).into_iter().find(|(kind, _)| kind == name)?.1;
    }
    let tables = boxes(source, at);
    let table = |name: &[u8; 4]| tables.iter().find(|(kind, _)| kind == name).map(|(_, content)| content.start);
    let number = |at: u64, n: usize| -> Option<u64> {
        Some(source.read(at, n).ok()?.iter().fold(0, |sum, byte| sum << 8 | u64::from(*byte)))
    };
    let sizes = table(b"stsz")?;
    // One size for all, or a list of them.
    let size = match number(sizes + 4, 4)? {
        0 => number(sizes + 12, 4)?,
        size => size,
    };
    let offset = match (table(b"co64"), table(b"stco")) {
        (Some(wide), _) => number(wide + 8, 8)?,
        (None, Some(narrow)) => number(narrow + 8, 4)?,
        _ => return None,
    };
    Some(offset..offset.checked_add(size)?)
}

/// Kinds and contents of the boxes in a range.
fn boxes(source: &Source<'_>, range: Range<u64>) -> Vec<([u8; 4], Range<u64>)> {
    let mut out = Vec::new();
    let mut at = range.start;
    let end = range.end.min(source.size());
    while out.len() < MAX_BOXES && at.checked_add(8).is_some_and(|head| head <= end) {
        let Ok(head) = source.read(at, 8) else { break };
        let kind = [head[4], head[5], head[6], head[7]];
        let (header, size) = match u32::from_be_bytes([head[0], head[1], head[2], head[3]]) {
            0 => (8, end - at),
            1 => match source.read(at + 8, 8).ok().and_then(|b| b.try_into().ok()) {
                Some(wide) => (16, u64::from_be_bytes(wide)),
                None => break,
            },
            size => (8, u64::from(size)),
        };
        let Some(next) = at.checked_add(size).filter(|next| size >= header && *next <= end) else {
            // What is cut off is shown as far as it goes.
            out.push((kind, (at + header).min(end)..end));
            break;
        };
        out.push((kind, at + header..next));
        at = next;
    }
    out
}

/// Where samples are, with room between the tracks' first ones so that the beginning of each counts by itself.
pub(crate) fn media(source: &Source<'_>, room: u64) -> Vec<Range<u64>> {
    let Some(canon) = find(source) else { return Vec::new() };
    let mut starts: Vec<u64> = canon.samples.iter().map(|part| part.start).collect();
    starts.sort_unstable();
    let mut out = Vec::new();
    for part in canon.media {
        let inside: Vec<u64> = starts.iter().copied().filter(|at| part.contains(at)).collect();
        let ends = inside.iter().map(|at| at.saturating_sub(room)).chain([part.end]);
        for (from, to) in std::iter::once(part.start).chain(inside.iter().copied()).zip(ends) {
            out.push(from..to.max(from));
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use imageio_core::{Limits, Metadata, Value};

    use super::*;
    use crate::{headers, metadata, preview};

    fn boxed(kind: &[u8; 4], content: &[u8]) -> Vec<u8> {
        [&(content.len() as u32 + 8).to_be_bytes(), &kind[..], content].concat()
    }

    /// A block of EXIF with one directory, as Canon has each of them.
    fn block(name: &str, value: impl Into<Value>) -> Vec<u8> {
        let mut tree = Metadata::new();
        tree.insert(name, value);
        imageio_exif::write(&tree).unwrap()
    }

    /// The directory that the first one points to, as the first of a file.
    fn below(mut block: Vec<u8>) -> Vec<u8> {
        let big = block.starts_with(b"MM");
        let at = block.windows(2).position(|w| w == if big { [0x87, 0x69] } else { [0x69, 0x87] }).unwrap();
        block.copy_within(at + 8..at + 12, 4);
        block
    }

    fn file() -> Vec<u8> {
        let offsets = |offset: u32| [&[0; 4], &1u32.to_be_bytes()[..], &offset.to_be_bytes()].concat();
        let sizes = [&[0; 4], &200_000u32.to_be_bytes()[..], &1u32.to_be_bytes()].concat();
        let track = |offset: u32| {
            let tables = [boxed(b"stsz", &sizes), boxed(b"stco", &offsets(offset))].concat();
            boxed(b"trak", &boxed(b"mdia", &boxed(b"minf", &boxed(b"stbl", &tables))))
        };
        let build = |media: u32| {
            let one = boxed(b"CMT1", &block("Model", "Example"));
            let two = boxed(b"CMT2", &below(block("LensModel", "Example 50mm")));
            let uuid = boxed(b"uuid", &[vec![7; 16], one, two].concat());
            let movie = boxed(b"moov", &[uuid, track(media), track(media + 200_000)].concat());
            let content: Vec<u8> = (0..400_000u32).map(|i| (i % 253) as u8 + 1).collect();
            [boxed(b"ftyp", b"crx \0\0\0\x01crx isom"), movie, boxed(b"mdat", &content)].concat()
        };
        let media = build(0).len() as u32 - 400_000;
        build(media)
    }

    #[test]
    fn blocks_and_samples_are_found() {
        let file = file();
        let media = file.len() as u64 - 400_000;
        let source = Source::memory(file.clone());
        let canon = find(&source).unwrap();
        assert_eq!(canon.samples, [media..media + 200_000, media + 200_000..media + 400_000]);
        assert_eq!(canon.blocks.iter().map(|block| block.0).collect::<Vec<_>>(), [1, 2]);
        let exif = metadata::exif(&source, &Limits::default()).unwrap();
        assert_eq!(exif.get("Model").and_then(Value::as_str), Some("Example"));
        assert_eq!(exif.get("LensModel").and_then(Value::as_str), Some("Example 50mm"));
        assert_eq!(preview::find(&source), None);
        // Headers and the beginning of each track are there, the rest is not.
        let headers = headers::read(&source, &Limits::default()).unwrap().unwrap();
        assert_eq!(headers.len(), file.len());
        let at = |offset: u64| headers[(media + offset) as usize];
        assert!(headers[..media as usize] == file[..media as usize]);
        assert!([0, 60_000, 200_000, 260_000].iter().all(|offset| at(*offset) != 0));
        assert_eq!((at(190_000 - 65_536), at(399_999)), (0, 0));
    }

    #[test]
    fn damage_is_no_panic() {
        let file = file();
        let headers = file.len() - 400_000;
        for at in 0..headers {
            for bytes in [file[..at].to_vec(), {
                let mut bytes = file.clone();
                bytes[at] ^= 0xff;
                bytes
            }] {
                let source = Source::memory(bytes);
                find(&source);
                preview::find(&source);
                metadata::exif(&source, &Limits::default());
                assert!(headers::read(&source, &Limits::default()).is_ok(), "{at}");
            }
        }
    }
}
