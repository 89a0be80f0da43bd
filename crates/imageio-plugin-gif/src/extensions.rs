//! Extension blocks: control, comments, and what applications add.

use imageio_core::{Limits, Result};

use crate::input::Input;

/// What a graphic control extension says of the image that follows.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Control {
    pub disposal: u8,
    pub delay: u16,
    pub transparent: Option<u8>,
}

/// Blocks that describe more than one frame.
#[derive(Debug, Clone, Default)]
pub(crate) struct Extensions {
    /// How often the animation is repeated, as stored; 0 is for ever.
    pub loop_count: Option<u16>,
    /// The frame that a comment precedes, and its text.
    pub comments: Vec<(usize, String)>,
    pub xmp: Option<Vec<u8>>,
    pub icc: Option<Vec<u8>>,
    /// Identifiers of application extensions that are not read.
    pub others: Vec<String>,
    /// Number of plain text extensions, which nobody draws.
    pub plain_text: usize,
    /// Bytes held here.
    pub bytes: u64,
}

impl Extensions {
    /// Takes over what was found before frame `k`.
    pub fn take(&mut self, found: Extensions, k: usize) {
        self.loop_count = self.loop_count.or(found.loop_count);
        self.comments.extend(found.comments.into_iter().map(|(_, text)| (k, text)));
        self.xmp = self.xmp.take().or(found.xmp);
        self.icc = self.icc.take().or(found.icc);
        for name in found.others {
            if !self.others.contains(&name) {
                self.others.push(name);
            }
        }
        self.plain_text += found.plain_text;
        self.bytes += found.bytes;
    }
}

/// What stands between two frames; taken over only once it is known to be whole.
#[derive(Default)]
pub(crate) struct Pending {
    pub control: Option<Control>,
    pub found: Extensions,
}

/// Reads one extension after its introducer; `false` if the data end inside it.
pub(crate) fn read(input: &mut Input<'_>, pending: &mut Pending, limits: &Limits) -> Result<bool> {
    let Some(label) = input.byte()? else { return Ok(false) };
    // One byte more than allowed, so that too much is noticed rather than cut off.
    let most =
        limits.max_metadata.map_or(usize::MAX, |max| usize::try_from(max.saturating_add(1)).unwrap_or(usize::MAX));
    match label {
        0xF9 => {
            let mut block = Vec::new();
            let whole = input.collect_blocks(&mut block, 255)?;
            if let [flags, low, high, index, ..] = *block.as_slice() {
                pending.control = Some(Control {
                    disposal: flags >> 2 & 7,
                    delay: u16::from_le_bytes([low, high]),
                    transparent: (flags & 1 != 0).then_some(index).or(pending.control.and_then(|c| c.transparent)),
                });
            }
            Ok(whole)
        }
        0xFE => {
            let mut block = Vec::new();
            let whole = input.collect_blocks(&mut block, most)?;
            hold(pending, block.len(), limits)?;
            pending.found.comments.push((0, text(block)));
            Ok(whole)
        }
        0xFF => application(input, pending, limits, most),
        _ => {
            pending.found.plain_text += usize::from(label == 0x01);
            input.skip_blocks()
        }
    }
}

fn application(input: &mut Input<'_>, pending: &mut Pending, limits: &Limits, most: usize) -> Result<bool> {
    let Some(length) = input.byte()? else { return Ok(false) };
    let mut id = vec![0u8; usize::from(length)];
    if !input.exact(&mut id)? {
        return Ok(false);
    }
    if length == 0 {
        return Ok(true);
    }
    let id: &[u8] = &id;
    if id.starts_with(b"NETSCAPE2.0") || id.starts_with(b"ANIMEXTS1.0") {
        let mut block = Vec::new();
        let whole = input.collect_blocks(&mut block, 255)?;
        if let [1, low, high, ..] = *block.as_slice() {
            pending.found.loop_count = Some(u16::from_le_bytes([low, high]));
        }
        return Ok(whole);
    }
    if id.starts_with(b"XMP DataXMP") {
        let mut raw = Vec::new();
        let whole = input.collect_raw(&mut raw, most)?;
        hold(pending, raw.len(), limits)?;
        pending.found.xmp = Some(xmp(raw));
        return Ok(whole);
    }
    if id.starts_with(b"ICCRGBG1012") {
        let mut profile = Vec::new();
        let whole = input.collect_blocks(&mut profile, most)?;
        hold(pending, profile.len(), limits)?;
        pending.found.icc = Some(profile);
        return Ok(whole);
    }
    hold(pending, id.len(), limits)?;
    pending.found.others.push(text(id.to_vec()));
    input.skip_blocks()
}

fn hold(pending: &mut Pending, bytes: usize, limits: &Limits) -> Result<()> {
    pending.found.bytes += bytes as u64;
    limits.check_metadata(pending.found.bytes)
}

/// XMP lies in the file without block lengths, followed by a trailer that brings any reader of blocks to its
/// end (XMP specification, part 3, section 1.1.2). Some writers use proper blocks all the same.
fn xmp(mut raw: Vec<u8>) -> Vec<u8> {
    if let Some(end) = raw.windows(3).rposition(|w| w == [0x01, 0xFF, 0xFE]) {
        raw.truncate(end);
        return raw;
    }
    let mut content = Vec::with_capacity(raw.len());
    let mut rest = raw.as_slice();
    while let Some((n, after)) = rest.split_first() {
        let (block, later) = after.split_at(usize::from(*n).min(after.len()));
        content.extend_from_slice(block);
        rest = later;
    }
    content
}

/// Text is ASCII by the standard; what is not is taken as UTF-8, else as Latin-1.
fn text(bytes: Vec<u8>) -> String {
    match String::from_utf8(bytes) {
        Ok(text) => text,
        Err(e) => e.as_bytes().iter().map(|b| char::from(*b)).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Cursor;

    fn parse(bytes: &[u8]) -> (bool, Pending) {
        let mut input = Input::new(Box::new(Cursor::new(bytes.to_vec())));
        let mut pending = Pending::default();
        let whole = read(&mut input, &mut pending, &Limits::default()).unwrap();
        (whole, pending)
    }

    #[test]
    fn control() {
        let (whole, pending) = parse(&[0xF9, 4, 0b0000_1001, 0x34, 0x12, 7, 0]);
        let control = pending.control.unwrap();
        assert!(whole);
        assert_eq!((control.disposal, control.delay, control.transparent), (2, 0x1234, Some(7)));
        assert!(!parse(&[0xF9, 4, 0]).0);
    }

    #[test]
    fn xmp_with_and_without_block_lengths() {
        let mut magic = b"\xFF\x0BXMP DataXMP<x:xmpmeta/>\x01".to_vec();
        magic.extend((0..=255u8).rev());
        magic.push(0);
        let (whole, pending) = parse(&magic);
        assert!(whole);
        assert_eq!(pending.found.xmp.as_deref(), Some(&b"<x:xmpmeta/>"[..]));
        let (whole, pending) = parse(b"\xFF\x0BXMP DataXMP\x05<x:xm\x07pmeta/>\0");
        assert!(whole);
        assert_eq!(pending.found.xmp.as_deref(), Some(&b"<x:xmpmeta/>"[..]));
    }

    #[test]
    fn texts() {
        let (_, pending) = parse(b"\xFE\x03abc\x02\xC3\xA9\0");
        assert_eq!(pending.found.comments, [(0, "abcé".to_owned())]);
        let (_, pending) = parse(b"\xFE\x02a\xE9\0");
        assert_eq!(pending.found.comments, [(0, "aé".to_owned())]);
    }

    #[test]
    fn metadata_are_limited() {
        for bytes in [&b"\xFE\x03abc\0"[..], b"\xFF\x0BICCRGBG1012\x03abc\0", b"\xFF\x04name\0"] {
            let mut input = Input::new(Box::new(Cursor::new(bytes.to_vec())));
            let limits = Limits::default().max_metadata(2);
            assert!(read(&mut input, &mut Pending::default(), &limits).is_err());
        }
    }
}
