//! What metadata say of a picture that was turned upright.

use super::{Metadata, Node};
use crate::properties::Orientation;
use crate::value::Value;

impl Metadata {
    /// Marks the orientation as applied wherever readers look for it, and has resolutions change places where height
    /// and width did. With `rewrite`, an XMP packet says that the picture is upright: entries within it have no mark.
    pub(crate) fn turned(&mut self, turn: Orientation, rewrite: bool) {
        self.mark_applied("exif/Orientation");
        self.mark_applied("orientation");
        if !rewrite {
            return;
        }
        for entry in &mut self.entries {
            match (entry.key.as_str(), &mut entry.node) {
                ("xmp", Node::Value(Value::Str(packet))) => *packet = upright(packet),
                ("xmp", Node::Value(Value::Bytes(packet))) => {
                    if let Ok(text) = std::str::from_utf8(packet) {
                        *packet = upright(text).into_bytes();
                    }
                }
                ("dpi" | "aspect" | "jfif_density", Node::Value(Value::List(both)))
                    if both.len() == 2 && turn.swaps_axes() =>
                {
                    both.swap(0, 1);
                }
                _ => {}
            }
        }
    }
}

/// The packet with 1 for each value of `tiff:Orientation`, which is an attribute or an element.
fn upright(packet: &str) -> String {
    const NAME: &str = "tiff:Orientation";
    let mut out = String::with_capacity(packet.len());
    let mut rest = packet;
    while let Some(at) = rest.find(NAME) {
        let (head, tail) = rest.split_at(at + NAME.len());
        out.push_str(head);
        let before = tail.len() - tail.trim_start_matches(['=', '"', '\'', '>', ' ', '\t', '\r', '\n']).len();
        out.push_str(&tail[..before]);
        rest = &tail[before..];
        let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
        if digits > 0 {
            out.push('1');
            rest = &rest[digits..];
        }
    }
    out.push_str(rest);
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn packets_say_upright() {
        let element = "<tiff:Orientation>6</tiff:Orientation><tiff:Make>6</tiff:Make>";
        assert_eq!(upright(element), "<tiff:Orientation>1</tiff:Orientation><tiff:Make>6</tiff:Make>");
        assert_eq!(upright("<d tiff:Orientation = '8' x=\"6\"/>"), "<d tiff:Orientation = '1' x=\"6\"/>");
        assert_eq!(upright("<d a='6'/>"), "<d a='6'/>");
    }

    #[test]
    fn resolutions_change_places_with_the_sides() {
        let mut metadata = Metadata::new();
        metadata.insert("dpi", Value::List(vec![Value::Int(300), Value::Int(150)]));
        metadata.section("exif").insert("Orientation", 6);
        metadata.insert("xmp", "<tiff:Orientation>6</tiff:Orientation>");
        let of = |turn, rewrite| {
            let mut turned = metadata.clone();
            turned.turned(turn, rewrite);
            let said = |key: &str| turned.get(key).unwrap().to_string();
            let words = (said("dpi"), said("xmp"));
            (words, turned.without_applied().get("exif/Orientation").is_some())
        };
        let one = "<tiff:Orientation>1</tiff:Orientation>".to_owned();
        assert_eq!(of(Orientation::Rotate90, true), (("[150, 300]".to_owned(), one.clone()), false));
        assert_eq!(of(Orientation::Rotate180, true), (("[300, 150]".to_owned(), one.clone()), false));
        assert_eq!(of(Orientation::Rotate90, false).0, ("[300, 150]".to_owned(), one.replace('1', "6")));
    }
}
