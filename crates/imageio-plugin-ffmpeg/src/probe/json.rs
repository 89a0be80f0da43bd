//! ffprobe's JSON as types. Versions differ in which fields there are and whether numbers are quoted; what is
//! missing or odd is `None`, never an error.

use imageio_core::Orientation;
use serde_json::{Map, Value};

/// A fraction as ffmpeg writes it: `30000/1001`, `1/90000`, `16:9`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Fraction {
    pub numerator: i64,
    pub denominator: i64,
}

impl Fraction {
    /// Reads one; `0/0` and the like are `None`.
    pub fn parse(text: &str) -> Option<Fraction> {
        let (n, d) = text.split_once(['/', ':'])?;
        let (numerator, denominator) = (n.parse().ok()?, d.parse().ok()?);
        (numerator > 0 && denominator > 0).then_some(Fraction { numerator, denominator })
    }

    /// As a real number.
    pub fn as_f64(self) -> f64 {
        self.numerator as f64 / self.denominator as f64
    }
}

/// What a stream carries.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Video,
    Audio,
    Other,
}

/// A container as a whole.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Container {
    /// Short names of the format with commas between: `mov,mp4,m4a,3gp,3g2,mj2`.
    pub format: String,
    pub long_format: Option<String>,
    pub start: Option<f64>,
    pub duration: Option<f64>,
    pub bit_rate: Option<u64>,
    pub tags: Vec<(String, String)>,
    pub streams: Vec<Stream>,
    pub chapters: Vec<Chapter>,
    /// What ffprobe complained of.
    pub log: Vec<String>,
}

/// One stream.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Stream {
    pub index: u32,
    pub kind: Kind,
    pub type_name: String,
    pub codec: Option<String>,
    pub long_codec: Option<String>,
    pub codec_tag: Option<String>,
    pub profile: Option<String>,
    pub level: Option<i64>,
    pub width: usize,
    pub height: usize,
    pub pixel_format: Option<String>,
    pub color_range: Option<String>,
    pub color_space: Option<String>,
    pub color_transfer: Option<String>,
    pub color_primaries: Option<String>,
    pub chroma_location: Option<String>,
    pub field_order: Option<String>,
    pub pixel_aspect: Option<Fraction>,
    pub frame_rate: Option<Fraction>,
    pub base_rate: Option<Fraction>,
    pub time_base: Option<Fraction>,
    pub start: Option<f64>,
    pub duration: Option<f64>,
    pub bit_rate: Option<u64>,
    /// Number of frames, as the container says it.
    pub n_frames: Option<usize>,
    pub sample_rate: Option<u64>,
    pub channels: Option<u64>,
    pub channel_layout: Option<String>,
    pub is_default: bool,
    /// A cover picture rather than a video.
    pub is_attached: bool,
    pub matrix: Option<[i64; 9]>,
    /// Degrees counter-clockwise, as ffprobe says it.
    pub rotation: Option<f64>,
    pub side_data: Vec<String>,
    pub tags: Vec<(String, String)>,
}

/// A chapter.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Chapter {
    pub start: f64,
    pub end: f64,
    pub tags: Vec<(String, String)>,
}

impl Container {
    /// Takes apart what `-show_format -show_streams -show_chapters` printed.
    pub fn new(value: &Value) -> Self {
        let list = |name: &str| value.get(name).and_then(Value::as_array).into_iter().flatten();
        let empty = Value::Null;
        let format = value.get("format").unwrap_or(&empty);
        Container {
            format: text(format, "format_name").unwrap_or_default(),
            long_format: text(format, "format_long_name"),
            start: real(format, "start_time"),
            duration: real(format, "duration"),
            bit_rate: whole(format, "bit_rate"),
            tags: tags(format),
            streams: list("streams").filter_map(Stream::new).collect(),
            chapters: list("chapters").filter_map(chapter).collect(),
            log: Vec::new(),
        }
    }

    /// `true` if everything is there that pictures and sound are known by.
    pub fn is_clear(&self) -> bool {
        let seen = |s: &Stream| s.width > 0 && s.pixel_format.is_some() && s.rate().is_some();
        let heard = |s: &Stream| s.sample_rate.is_some() && s.channels.is_some();
        self.streams.iter().any(|s| s.kind == Kind::Video)
            && self.streams.iter().all(|s| match s.kind {
                Kind::Video => s.is_attached || (s.codec.is_some() && seen(s)),
                Kind::Audio => s.codec.is_some() && heard(s),
                Kind::Other => true,
            })
    }

    /// `true` if the demuxer is called `name`.
    pub fn is(&self, name: &str) -> bool {
        self.format.split(',').any(|n| n == name)
    }
}

impl Stream {
    /// A stream of which nothing else is known.
    pub fn empty(index: u32, kind: Kind, type_name: &str) -> Self {
        Stream {
            index,
            kind,
            type_name: type_name.to_owned(),
            codec: None,
            long_codec: None,
            codec_tag: None,
            profile: None,
            level: None,
            width: 0,
            height: 0,
            pixel_format: None,
            color_range: None,
            color_space: None,
            color_transfer: None,
            color_primaries: None,
            chroma_location: None,
            field_order: None,
            pixel_aspect: None,
            frame_rate: None,
            base_rate: None,
            time_base: None,
            start: None,
            duration: None,
            bit_rate: None,
            n_frames: None,
            sample_rate: None,
            channels: None,
            channel_layout: None,
            is_default: false,
            is_attached: false,
            matrix: None,
            rotation: None,
            side_data: Vec::new(),
            tags: Vec::new(),
        }
    }

    fn new(value: &Value) -> Option<Self> {
        let type_name = text(value, "codec_type").unwrap_or_else(|| "unknown".to_owned());
        let kind = match type_name.as_str() {
            "video" => Kind::Video,
            "audio" => Kind::Audio,
            _ => Kind::Other,
        };
        let fraction = |name| text(value, name).and_then(|t| Fraction::parse(&t));
        let size = |name| whole(value, name).and_then(|n| usize::try_from(n).ok()).unwrap_or(0);
        let flag = |name| value.get("disposition").and_then(|d| whole(d, name)).is_some_and(|n| n != 0);
        let known = |name| text(value, name).filter(|t| t != "unknown");
        let side: Vec<&Value> = value.get("side_data_list").and_then(Value::as_array).into_iter().flatten().collect();
        let tags = tags(value);
        // ffmpeg before 5 wrote the rotation into a tag as well, clockwise.
        let tagged = tags.iter().find(|(k, _)| k == "rotate").and_then(|(_, v)| v.parse::<f64>().ok()).map(|r| -r);
        Some(Stream {
            index: whole(value, "index").and_then(|n| u32::try_from(n).ok())?,
            kind,
            type_name,
            codec: known("codec_name"),
            long_codec: known("codec_long_name"),
            codec_tag: text(value, "codec_tag_string").filter(|t| !t.starts_with("[0]")),
            profile: known("profile"),
            level: value.get("level").and_then(Value::as_i64).filter(|n| *n > 0),
            width: size("width"),
            height: size("height"),
            pixel_format: known("pix_fmt"),
            color_range: known("color_range"),
            color_space: known("color_space"),
            color_transfer: known("color_transfer"),
            color_primaries: known("color_primaries"),
            chroma_location: known("chroma_location").filter(|t| t != "unspecified"),
            field_order: known("field_order"),
            pixel_aspect: fraction("sample_aspect_ratio"),
            frame_rate: fraction("avg_frame_rate"),
            base_rate: fraction("r_frame_rate"),
            time_base: fraction("time_base"),
            start: real(value, "start_time"),
            duration: real(value, "duration"),
            bit_rate: whole(value, "bit_rate"),
            n_frames: whole(value, "nb_frames").and_then(|n| usize::try_from(n).ok()).filter(|n| *n > 0),
            sample_rate: whole(value, "sample_rate"),
            channels: whole(value, "channels"),
            channel_layout: known("channel_layout"),
            is_default: flag("default"),
            is_attached: flag("attached_pic"),
            matrix: side.iter().find_map(|s| text(s, "displaymatrix")).and_then(|t| matrix(&t)),
            rotation: side.iter().find_map(|s| real(s, "rotation")).or(tagged),
            side_data: side.iter().filter_map(|s| text(s, "side_data_type")).collect(),
            tags,
        })
    }

    /// How frames have to be turned to stand upright. Angles that are no quarter turns count as none.
    pub fn orientation(&self) -> Orientation {
        if let Some([a, b, _, c, d, ..]) = self.matrix {
            // A frame's point (x, y) is shown at (a x + c y, b x + d y); only the signs matter.
            return match (a.signum(), b.signum(), c.signum(), d.signum()) {
                (-1, 0, 0, 1) => Orientation::FlipHorizontal,
                (-1, 0, 0, -1) => Orientation::Rotate180,
                (1, 0, 0, -1) => Orientation::FlipVertical,
                (0, 1, 1, 0) => Orientation::Transpose,
                (0, 1, -1, 0) => Orientation::Rotate90,
                (0, -1, -1, 0) => Orientation::Transverse,
                (0, -1, 1, 0) => Orientation::Rotate270,
                _ => Orientation::Normal,
            };
        }
        match self.rotation.map(|r| r.rem_euclid(360.0)) {
            Some(90.0) => Orientation::Rotate270,
            Some(180.0) => Orientation::Rotate180,
            Some(270.0) => Orientation::Rotate90,
            _ => Orientation::Normal,
        }
    }

    /// Frames per second, on average or else nominally.
    pub fn rate(&self) -> Option<Fraction> {
        self.frame_rate.or(self.base_rate)
    }
}

fn chapter(value: &Value) -> Option<Chapter> {
    Some(Chapter { start: real(value, "start_time")?, end: real(value, "end_time")?, tags: tags(value) })
}

/// The nine numbers in `"\n00000000:  0  65536  0\n00000001: …"`.
fn matrix(text: &str) -> Option<[i64; 9]> {
    let numbers: Vec<i64> = text
        .lines()
        .filter_map(|line| line.split_once(':'))
        .flat_map(|(_, row)| row.split_whitespace())
        .map_while(|n| n.parse().ok())
        .collect();
    numbers.try_into().ok()
}

fn text(value: &Value, name: &str) -> Option<String> {
    match value.get(name)? {
        Value::String(s) => Some(s.clone()),
        Value::Number(n) => Some(n.to_string()),
        _ => None,
    }
}

fn real(value: &Value, name: &str) -> Option<f64> {
    let number = match value.get(name)? {
        Value::String(s) => s.parse().ok()?,
        other => other.as_f64()?,
    };
    f64::is_finite(number).then_some(number)
}

fn whole(value: &Value, name: &str) -> Option<u64> {
    match value.get(name)? {
        Value::String(s) => s.parse().ok(),
        other => other.as_u64(),
    }
}

fn tags(value: &Value) -> Vec<(String, String)> {
    let empty = Map::new();
    let map = value.get("tags").and_then(Value::as_object).unwrap_or(&empty);
    map.iter().filter_map(|(k, v)| Some((k.clone(), v.as_str()?.to_owned()))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_of_old_and_new_versions() {
        let value: Value = serde_json::from_str(
            r#"{"streams": [{"index": 0, "codec_name": "h264", "codec_type": "video", "width": 128, "height": "96",
                "avg_frame_rate": "30000/1001", "r_frame_rate": "0/0", "nb_frames": "7", "color_range": "unknown",
                "tags": {"rotate": "90", "language": "und"}, "disposition": {"default": 1, "attached_pic": 0}},
              {"index": 1, "codec_type": "video", "side_data_list": [{"side_data_type": "Display Matrix",
                "displaymatrix": "\n00000000:            0      -65536           0\n00000001:        65536           0           0\n00000002:            0           0  1073741824\n",
                "rotation": 90}]},
              {"codec_type": "data"}], "format": {"format_name": "mov,mp4", "duration": "N/A"}}"#,
        )
        .unwrap();
        let container = Container::new(&value);
        assert!(container.is("mp4") && !container.is("avi") && container.duration.is_none());
        assert_eq!(container.streams.len(), 2, "a stream without a number can't be asked for");
        let [old, new] = &container.streams[..] else { panic!() };
        assert_eq!((old.width, old.height, old.n_frames), (128, 96, Some(7)));
        assert_eq!((old.color_range.as_deref(), old.base_rate, old.is_default), (None, None, true));
        assert_eq!(old.rate().map(|r| (r.numerator, r.denominator)), Some((30_000, 1001)));
        assert_eq!(old.orientation(), Orientation::Rotate90);
        assert_eq!(new.orientation(), Orientation::Rotate270);
        assert!(Container::new(&Value::Null).streams.is_empty());
    }
}
