//! Metadata on its way into a video: tags and chapters.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use imageio_core::{Metadata, Node, Value};

/// Names that stand for a tag where they lie at the top.
const TAGS: &[&str] = &[
    "album",
    "album_artist",
    "artist",
    "author",
    "comment",
    "composer",
    "copyright",
    "creation_time",
    "date",
    "description",
    "disc",
    "encoded_by",
    "episode_id",
    "genre",
    "grouping",
    "keywords",
    "language",
    "location",
    "lyrics",
    "network",
    "performer",
    "publisher",
    "show",
    "software",
    "synopsis",
    "title",
    "track",
    "year",
];

/// Tags that MP4 and QuickTime have places for.
const MP4: &[&str] = &[
    "album",
    "album_artist",
    "artist",
    "author",
    "comment",
    "composer",
    "copyright",
    "creation_time",
    "date",
    "description",
    "disc",
    "episode_id",
    "genre",
    "grouping",
    "keywords",
    "location",
    "lyrics",
    "network",
    "show",
    "synopsis",
    "title",
    "track",
    "year",
];

/// What says how a file is coded beside the names that all formats share; a copy is coded anew.
const CODING: &[&str] = &[
    "background",
    "codec_long_name",
    "duration",
    "durations",
    "format_name",
    "fps",
    "loop_count",
    "nframes",
    "orientation",
    "pix_fmt",
    "pixel_aspect_ratio",
    "rotate",
    "rotation",
    "size",
    "source_size",
    "start",
    "time",
    "video",
    "width",
];

/// A part of the video with a name.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Chapter {
    start: f64,
    end: f64,
    title: String,
}

/// What the video is told about itself.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct Tags {
    tags: BTreeMap<String, String>,
    chapters: Vec<Chapter>,
    /// Names of what has no place.
    lost: Vec<String>,
}

impl Tags {
    /// Takes what a container of this kind can hold.
    pub fn new(metadata: &Metadata, muxer: &str) -> Self {
        let mut out = Tags::default();
        for (name, node, _) in metadata.iter() {
            match node {
                Node::Value(value) if name == "chapters" => {
                    for chapter in value.as_list().unwrap_or_default() {
                        if let Value::Map(map) = chapter {
                            out.chapter(|key| map.get(key));
                        }
                    }
                }
                Node::Section(section) if name == "chapters" => {
                    for (_, node, _) in section.iter() {
                        if let Node::Section(chapter) = node {
                            out.chapter(|key| chapter.get(key));
                        }
                    }
                }
                Node::Value(value) if TAGS.contains(&name) => out.tag(name, value, muxer),
                Node::Section(section) if name == "tags" => {
                    for (name, value) in section.leaves() {
                        // The muxer writes its own.
                        if !is_coding(&name) && name != "handler_name" && name != "vendor_id" {
                            out.tag(&name, value, muxer);
                        }
                    }
                }
                _ if is_coding(name) => {}
                _ => out.lost.push(name.to_owned()),
            }
        }
        out
    }

    fn tag(&mut self, name: &str, value: &Value, muxer: &str) {
        let text = match value {
            Value::Bytes(_) | Value::List(_) | Value::Map(_) | Value::Null => None,
            value => Some(value.to_string()),
        };
        let mp4 = matches!(muxer, "mp4" | "mov" | "3gp" | "3g2" | "f4v");
        match text {
            Some(text) if !mp4 || MP4.contains(&name) => {
                self.tags.insert(name.to_owned(), text);
            }
            _ => self.lost.push(name.to_owned()),
        }
    }

    fn chapter<'v>(&mut self, get: impl Fn(&str) -> Option<&'v Value>) {
        let number = |key: &str| match get(key)? {
            Value::Str(text) => text.parse().ok(),
            value => value.as_f64(),
        };
        match (number("start"), number("end")) {
            (Some(start), Some(end)) if start >= 0.0 && end >= start => {
                let title = get("title").map_or_else(String::new, Value::to_string);
                self.chapters.push(Chapter { start, end, title });
            }
            _ => self.lost.push("a chapter without `start` and `end`".to_owned()),
        }
    }

    /// As a file in ffmpeg's format for metadata; `None` if there is nothing to tell.
    pub fn file(&self) -> Option<String> {
        if self.tags.is_empty() && self.chapters.is_empty() {
            return None;
        }
        let mut text = ";FFMETADATA1\n".to_owned();
        for (name, value) in &self.tags {
            let _ = writeln!(text, "{}={}", escape(name), escape(value));
        }
        for Chapter { start, end, title } in &self.chapters {
            let (start, end) = ((start * 1e6).round(), (end * 1e6).round());
            let _ = writeln!(text, "[CHAPTER]\nTIMEBASE=1/1000000\nSTART={start}\nEND={end}\ntitle={}", escape(title));
        }
        Some(text)
    }

    pub fn note(&self, container: &str) -> Option<String> {
        let names = self.lost.join(", ");
        (!names.is_empty()).then(|| format!("{container} has no place for this metadata: {names}"))
    }
}

fn is_coding(name: &str) -> bool {
    CODING.contains(&name) || Metadata::describes_storage(name)
}

fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        if matches!(c, '=' | ';' | '#' | '\\' | '\n') {
            out.push('\\');
        }
        // A zero byte would end the text.
        if c != '\0' {
            out.push(c);
        }
    }
    out
}

/// A file as an address that holds it, so that it need not lie anywhere.
pub(crate) fn data_url(text: &str) -> String {
    const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut out = "data:text/plain;base64,".to_owned();
    for chunk in text.as_bytes().chunks(3) {
        let group = chunk.iter().fold(0u32, |group, byte| group << 8 | u32::from(*byte)) << (8 * (3 - chunk.len()));
        for at in 0..4 {
            let letter = LETTERS[(group >> (18 - 6 * at) & 63) as usize];
            out.push(if at <= chunk.len() { char::from(letter) } else { '=' });
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn base64() {
        for (text, expected) in [("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foob", "Zm9vYg==")] {
            assert_eq!(data_url(text), format!("data:text/plain;base64,{expected}"));
        }
    }

    #[test]
    fn tags_chapters_and_what_is_lost() {
        let mut metadata = Metadata::new();
        metadata.insert("title", "a=b;c");
        metadata.insert("codec", "h264");
        metadata.insert("exposure", 3);
        metadata.section("tags").insert("comment", "two\nlines");
        metadata.section("tags").insert("mood", "calm");
        let chapter = |start: f64, title: &str| {
            Value::Map(
                [("start".into(), start.into()), ("end".into(), (start + 0.5).into()), ("title".into(), title.into())]
                    .into(),
            )
        };
        metadata.insert("chapters", Value::List(vec![chapter(0.0, "one"), chapter(0.5, "two")]));
        let mkv = Tags::new(&metadata, "matroska");
        let text = mkv.file().unwrap();
        for line in
            ["title=a\\=b\\;c\n", "comment=two\\\nlines\n", "mood=calm\n", "START=500000\nEND=1000000\ntitle=two\n"]
        {
            assert!(text.contains(line), "{text}");
        }
        assert_eq!(mkv.note(".mkv").unwrap(), ".mkv has no place for this metadata: exposure");
        let mp4 = Tags::new(&metadata, "mp4");
        assert!(mp4.note(".mp4").unwrap().contains("mood"));
        assert_eq!(Tags::new(&Metadata::new(), "mp4").file(), None);
    }
}
