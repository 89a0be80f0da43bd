//! Text chunks: `tEXt`, `zTXt` and `iTXt` (PNG specification, section 11.3.3).

use std::io::{Read, Write};

use crate::chunk::{self, Kind};

/// One text with what is said about it.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Text {
    pub keyword: String,
    pub text: String,
    pub language: String,
    pub translated: String,
}

/// Reads a text chunk; `max` bounds what it may unpack to.
pub(super) fn parse(kind: Kind, data: &[u8], max: usize) -> Option<Text> {
    let (keyword, rest) = split(data)?;
    let mut out = Text { keyword: latin1(keyword), ..Text::default() };
    match &kind {
        b"tEXt" => out.text = latin1(rest),
        b"zTXt" => {
            let (method, packed) = rest.split_first()?;
            if *method != 0 {
                return None;
            }
            out.text = latin1(&inflate(packed, max)?);
        }
        _ => {
            let [packed, _method, rest @ ..] = rest else { return None };
            let (language, rest) = split(rest)?;
            let (translated, rest) = split(rest)?;
            out.language = latin1(language);
            out.translated = String::from_utf8_lossy(translated).into_owned();
            let unpacked;
            let bytes = match packed {
                0 => rest,
                _ => {
                    unpacked = inflate(rest, max)?;
                    &unpacked
                }
            };
            out.text = String::from_utf8_lossy(bytes).into_owned();
        }
    }
    Some(out)
}

/// Writes a text as the chunk that holds it, compressed if it is long; `None` if no chunk can.
pub(super) fn assemble(text: &Text, compress: bool, out: &mut Vec<u8>) -> Option<()> {
    let keyword = to_latin1(&text.keyword)?;
    if keyword.is_empty() || keyword.len() > 79 || keyword.contains(&0) {
        return None;
    }
    let compress = compress && text.text.len() > 1024;
    let mut data = keyword;
    data.push(0);
    let plain = text.language.is_empty() && text.translated.is_empty();
    match to_latin1(&text.text).filter(|latin| plain && !latin.contains(&0)) {
        Some(latin) if compress => {
            data.push(0);
            data.extend(deflate(&latin));
            chunk::assemble(*b"zTXt", &data, out);
        }
        Some(latin) => {
            data.extend(latin);
            chunk::assemble(*b"tEXt", &data, out);
        }
        None => {
            data.extend([u8::from(compress), 0]);
            for part in [&text.language, &text.translated] {
                if part.contains('\0') {
                    return None;
                }
                data.extend(part.as_bytes());
                data.push(0);
            }
            match compress {
                true => data.extend(deflate(text.text.as_bytes())),
                false => data.extend(text.text.as_bytes()),
            }
            chunk::assemble(*b"iTXt", &data, out);
        }
    }
    Some(())
}

/// The bytes that ImageMagick has written as hexadecimal digits after a name and a length.
pub(super) fn parse_raw_profile(text: &str) -> Option<Vec<u8>> {
    let mut words = text.split_ascii_whitespace();
    let (_name, len) = (words.next()?, words.next()?.parse::<usize>().ok()?);
    let mut bytes = Vec::new();
    let mut high = None;
    for digit in words.flat_map(str::chars) {
        let value = digit.to_digit(16)? as u8;
        match high.take() {
            None => high = Some(value << 4),
            Some(high) => bytes.push(high | value),
        }
    }
    (high.is_none() && bytes.len() == len).then_some(bytes)
}

/// The counterpart of [`parse_raw_profile`].
pub(super) fn raw_profile(name: &str, bytes: &[u8]) -> String {
    let mut text = format!("\n{name}\n{:8}\n", bytes.len());
    for line in bytes.chunks(36) {
        line.iter().for_each(|b| text.push_str(&format!("{b:02x}")));
        text.push('\n');
    }
    text
}

/// Unpacks a zlib stream of at most `max` bytes.
pub(super) fn inflate(packed: &[u8], max: usize) -> Option<Vec<u8>> {
    fdeflate::decompress_to_vec_bounded(packed, max).ok()
}

/// The profile of an `iCCP` chunk, of at most `max` bytes. A stream without its checksum, as some programs write it, is
/// good if it gives all the bytes that the profile says it has.
pub(super) fn inflate_profile(packed: &[u8], max: usize) -> Option<Vec<u8>> {
    if let Some(profile) = inflate(packed, max) {
        return Some(profile);
    }
    let mut profile = Vec::new();
    // An error comes behind what could be unpacked.
    let _ = flate2::read::ZlibDecoder::new(packed).take(max as u64 + 1).read_to_end(&mut profile);
    let size = u32::from_be_bytes(*profile.first_chunk()?);
    (profile.len() <= max && size as usize == profile.len()).then_some(profile)
}

/// Packs bytes as a zlib stream.
pub(super) fn deflate(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::default());
    // Writing to memory does not fail.
    let _ = encoder.write_all(bytes);
    encoder.finish().unwrap_or_default()
}

/// What stands before the first NUL, and what behind it.
pub(super) fn split(data: &[u8]) -> Option<(&[u8], &[u8])> {
    let at = data.iter().position(|b| *b == 0)?;
    Some((&data[..at], &data[at + 1..]))
}

/// Latin-1 as text.
pub(super) fn latin1(bytes: &[u8]) -> String {
    bytes.iter().map(|b| char::from(*b)).collect()
}

/// Text as Latin-1; `None` if a character is not in it.
pub(super) fn to_latin1(text: &str) -> Option<Vec<u8>> {
    text.chars().map(|c| u8::try_from(u32::from(c)).ok()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn trip(text: &Text, kind: &Kind) {
        let mut out = Vec::new();
        assemble(text, true, &mut out).unwrap();
        assert_eq!(&out[4..8], kind);
        assert_eq!(parse(*kind, &out[8..out.len() - 4], 1 << 20).as_ref(), Some(text));
    }

    #[test]
    fn each_text_finds_its_chunk() {
        let text = |keyword: &str, text: &str| Text { keyword: keyword.into(), text: text.into(), ..Text::default() };
        trip(&text("Author", "Grün"), b"tEXt");
        trip(&text("Long", &"abc ".repeat(1000)), b"zTXt");
        trip(&text("Title", "日本"), b"iTXt");
        trip(&text("Title", &"日本".repeat(1000)), b"iTXt");
        trip(&Text { language: "de".into(), translated: "Titel".into(), ..text("Title", "x") }, b"iTXt");
        assert!(assemble(&text("", "x"), true, &mut Vec::new()).is_none());
        assert!(assemble(&text(&"k".repeat(80), "x"), true, &mut Vec::new()).is_none());
    }

    #[test]
    fn unpacking_is_bounded() {
        let mut out = Vec::new();
        let long = Text { keyword: "a".into(), text: "x".repeat(100_000), ..Text::default() };
        assemble(&long, true, &mut out).unwrap();
        assert!(parse(*b"zTXt", &out[8..out.len() - 4], 99_999).is_none());
    }

    #[test]
    fn raw_profiles() {
        let bytes: Vec<u8> = (0..100).collect();
        assert_eq!(parse_raw_profile(&raw_profile("iptc", &bytes)), Some(bytes));
        assert_eq!(parse_raw_profile("exif\n 3\n0102"), None);
    }

    #[test]
    fn profiles_without_checksum() {
        let profile = [200u32.to_be_bytes().as_slice(), &[7; 196]].concat();
        let packed = deflate(&profile);
        let short = &packed[..packed.len() - 4];
        assert_eq!(inflate_profile(&packed, 200), Some(profile.clone()));
        assert_eq!(inflate_profile(short, 200), Some(profile));
        // Bounded as others are, and nothing that is not whole.
        assert_eq!(inflate_profile(short, 199), None);
        assert_eq!(inflate_profile(&packed[..packed.len() - 6], 200), None);
        let longer = deflate(&[201u32.to_be_bytes().as_slice(), &[7; 196]].concat());
        assert_eq!(inflate_profile(&longer[..longer.len() - 4], 300), None);
    }
}
