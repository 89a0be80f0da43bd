//! Packets of a stream: how many frames there are, when each is shown, and where decoding may begin.

use std::collections::HashMap;
use std::fmt;
use std::io::Read;
use std::marker::PhantomData;
use std::sync::Arc;

use ffmpeg_sidecar::command::FfmpegCommand;
use imageio_container::Track;
use imageio_core::{Error, ErrorKind, ImageResource};
use serde_core::de::{Deserialize, Deserializer, Error as _, IgnoredAny, MapAccess, SeqAccess, Visitor};

use super::places::Places;
use super::{Container, Fraction, Input, Stream};
use crate::find::Tools;
use crate::process::{Pipes, Process};

/// One packet, in the order in which they are decoded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Packet {
    pub pts: Option<i64>,
    pub duration: Option<i64>,
    /// Bytes.
    pub size: Option<u64>,
    /// Decoding may begin here, as the container says it.
    pub is_key: bool,
    /// Decoded, but not shown: before the start of an edit list.
    pub is_hidden: bool,
    pub is_corrupt: bool,
}

/// Bytes of the shortest picture of MPEG-4 that is certainly one, with a margin.
const SHORTEST_PICTURE: u64 = 24;

/// Packets from which on those of a file are held against [`SHORTEST`].
pub(super) const MANY: usize = 50_000;

/// Bytes of a packet, on average, that no stream of pictures gets below: those that say "as before" are about as long.
/// Each costs ffprobe some 20 µs, so that a table which lies could keep it busy for hours.
const SHORTEST: u64 = 8;

/// What is said of such a file.
pub(super) const ABSURD: &str = "more than 50000 packets of less than 8 bytes on average";

/// Whether the list was given up for having too many packets.
pub(super) fn is_absurd(e: &serde_json::Error) -> bool {
    e.to_string().starts_with(ABSURD)
}

/// What ffprobe prints. Lists of packets are long, and are taken apart as they are read.
#[derive(Default)]
pub(super) struct Printed {
    /// The packets of each stream.
    pub packets: HashMap<u32, Vec<Packet>>,
    /// Everything else.
    pub rest: serde_json::Map<String, serde_json::Value>,
}

/// The packets of each stream, from a list of those of all.
struct ByStream(HashMap<u32, Vec<Packet>>);

/// One packet as ffprobe prints it, without what nobody asks for: lists are long.
#[derive(Default)]
struct Raw {
    stream_index: u32,
    pts: Option<i64>,
    duration: Option<i64>,
    size: serde_json::Value,
    flags: String,
}

/// Reads an object of JSON member by member. Written by hand, since the macros that would write it cost every user's
/// build more than the rest of this file.
struct Members<T>(PhantomData<T>);

trait Object: Default {
    /// Takes the value of one member from the map, whatever it is.
    fn take<'de, A: MapAccess<'de>>(&mut self, name: &str, map: &mut A) -> Result<(), A::Error>;
}

impl<'de, T: Object> Visitor<'de> for Members<T> {
    type Value = T;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<T, A::Error> {
        let mut object = T::default();
        while let Some(name) = map.next_key::<String>()? {
            object.take(&name, &mut map)?;
        }
        Ok(object)
    }
}

impl Object for Printed {
    fn take<'de, A: MapAccess<'de>>(&mut self, name: &str, map: &mut A) -> Result<(), A::Error> {
        match name {
            "packets" => self.packets = map.next_value::<ByStream>()?.0,
            _ => {
                self.rest.insert(name.to_owned(), map.next_value()?);
            }
        }
        Ok(())
    }
}

impl<'de> Visitor<'de> for ByStream {
    type Value = Self;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list of packets")
    }

    fn visit_seq<A: SeqAccess<'de>>(mut self, mut list: A) -> Result<Self, A::Error> {
        let (mut n, mut bytes) = (0, 0_u64);
        while let Some(raw) = list.next_element::<Raw>()? {
            let stream = raw.stream_index;
            let packet = Packet::from(raw);
            n += 1;
            bytes = bytes.saturating_add(packet.size.unwrap_or(SHORTEST));
            if n > MANY && bytes < SHORTEST * n as u64 {
                return Err(A::Error::custom(ABSURD));
            }
            self.0.entry(stream).or_default().push(packet);
        }
        Ok(self)
    }
}

impl Object for Raw {
    fn take<'de, A: MapAccess<'de>>(&mut self, name: &str, map: &mut A) -> Result<(), A::Error> {
        match name {
            "stream_index" => self.stream_index = map.next_value()?,
            "pts" => self.pts = map.next_value()?,
            "duration" => self.duration = map.next_value()?,
            "size" => self.size = map.next_value()?,
            "flags" => self.flags = map.next_value()?,
            _ => {
                map.next_value::<IgnoredAny>()?;
            }
        }
        Ok(())
    }
}

impl<'de> Deserialize<'de> for Printed {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        from.deserialize_map(Members(PhantomData))
    }
}

impl<'de> Deserialize<'de> for ByStream {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        from.deserialize_seq(ByStream(HashMap::new()))
    }
}

impl<'de> Deserialize<'de> for Raw {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        from.deserialize_map(Members(PhantomData))
    }
}

/// Reads what ffprobe prints.
pub(super) fn parse(from: impl Read) -> serde_json::Result<Printed> {
    serde_json::from_reader(from)
}

impl From<Raw> for Packet {
    fn from(raw: Raw) -> Self {
        Packet {
            pts: raw.pts,
            duration: raw.duration,
            size: raw.size.as_u64().or_else(|| raw.size.as_str()?.parse().ok()),
            is_key: raw.flags.contains('K'),
            is_hidden: raw.flags.contains('D'),
            is_corrupt: raw.flags.contains('C'),
        }
    }
}

/// What the packets say of the frames.
#[derive(Debug, Clone, Default)]
pub(crate) struct Index {
    packets: Vec<Packet>,
    /// Packets that are shown, as positions in `packets`, in the order in which they are shown.
    shown: Vec<usize>,
    /// What ffprobe complained of.
    pub log: Vec<String>,
    /// The lengths of packets are known, or known not to be said.
    pub has_lengths: bool,
    /// The number of frames that are shown, where not every packet is one and they were looked at.
    pub n_shown: Option<usize>,
    /// Where the pictures are from which decoding may begin, if that is known.
    places: Option<Places>,
}

impl Index {
    pub(super) fn new(packets: Vec<Packet>, log: Vec<String>) -> Self {
        let mut shown: Vec<usize> = (0..packets.len()).filter(|at| !packets[*at].is_hidden).collect();
        if shown.iter().all(|at| packets[*at].pts.is_some()) {
            shown.sort_by_key(|at| packets[*at].pts);
        }
        Index { packets, shown, log, has_lengths: true, n_shown: None, places: None }
    }

    /// The pictures that are marked, where the container's header told where they are.
    pub fn places(&self) -> Option<&Places> {
        self.places.as_ref()
    }

    /// Remembers where the packets of an H.264 track are, whose units have lengths of `length` bytes.
    pub(super) fn refreshing(mut self, content: &Arc<dyn ImageResource>, track: &Track, length: Option<usize>) -> Self {
        self.places = length.map(|length| Places::new(content, track, length, &self));
        self
    }

    /// Number of packets that are shown.
    pub fn len(&self) -> usize {
        self.shown.len()
    }

    /// Number of all packets.
    pub fn n_packets(&self) -> usize {
        self.packets.len()
    }

    /// A packet by its place in the order of decoding.
    pub(super) fn packet(&self, at: usize) -> Option<&Packet> {
        self.packets.get(at)
    }

    /// The packet of frame `k`.
    pub fn frame(&self, k: usize) -> Option<&Packet> {
        self.packets.get(*self.shown.get(k)?)
    }

    /// Time of every frame in units of the stream; `None` if one has none or two have the same.
    pub fn times(&self) -> Option<Vec<i64>> {
        let times: Vec<i64> = self.shown.iter().map(|at| self.packets[*at].pts).collect::<Option<_>>()?;
        times.windows(2).all(|pair| pair[0] < pair[1]).then_some(times)
    }

    /// Times of the packets where decoding may begin, in order.
    pub fn keys(&self) -> Vec<i64> {
        let mut keys: Vec<i64> = self.packets.iter().filter(|p| p.is_key).filter_map(|p| p.pts).collect();
        keys.sort_unstable();
        keys
    }

    /// The number of frames that decoding will give, where packets and frames are known to correspond.
    ///
    /// They do not where a decoder makes no picture of some packets, or one of two. `vp8` frames that are not
    /// shown are packets like any other; [`shown_vp8_frames`] tells them apart.
    pub fn n_frames(&self, container: &Container, stream: &Stream) -> Option<usize> {
        let first = self.packets.first()?;
        let codec = stream.codec.as_deref().unwrap_or_default();
        // Pictures before the first key frame may refer to what was cut away.
        let cut = !first.is_key || self.packets.iter().any(|p| p.pts < first.pts && !p.is_hidden);
        let damaged = self.packets.iter().any(|p| p.is_corrupt || p.size == Some(0));
        let interlaced = stream.field_order.as_deref().is_some_and(|f| f != "progressive");
        // Without a container that says what belongs together, two fields may be two packets.
        let fields =
            interlaced && matches!(codec, "h264" | "hevc") && !container.is("mp4") && !container.is("matroska");
        // Two frames in one packet, with one behind it that says "not coded" in their place, which is some eight bytes
        // long, as are frames that say "as before".
        let packed = matches!(codec, "mpeg4" | "msmpeg4v1" | "msmpeg4v2" | "msmpeg4v3")
            && container.is("avi")
            && self.packets.iter().any(|p| p.size.is_none_or(|size| size < SHORTEST_PICTURE));
        let known = !cut && !damaged && !fields && !packed && codec != "vp8";
        known.then_some(self.shown.len())
    }
}

/// Times at which an H.264 stream starts afresh. Containers also mark recovery points as key frames, from which a
/// decoder can begin, but arrives at the exact pictures only later, if ever.
pub(crate) fn instantaneous_refreshes(tools: &Tools, input: &Input, stream: &Stream) -> imageio_core::Result<Vec<i64>> {
    let mut command = FfmpegCommand::new_with_path(&tools.ffmpeg);
    command.args(["-hide_banner", "-v", "error", "-nostdin", "-copyts"]).args(input.arguments());
    command.args(["-map", &format!("0:{}", stream.index), "-c", "copy"]);
    // Keeps units of type 5, a slice of such a picture, and drops packets without one.
    command.args(["-bsf:v", "filter_units=pass_types=5", "-f", "framecrc", "pipe:1"]);
    let mut process = Process::start(&mut command, Pipes { stdout: true, ..Pipes::default() })?;
    let mut text = String::new();
    if let Some(mut stdout) = process.take_stdout() {
        stdout.read_to_string(&mut text)?;
    }
    process.succeed("looking for key frames")?;
    let base = |t: Fraction| (t.numerator, t.denominator);
    let mut printed = None;
    let mut times = Vec::new();
    for line in text.lines() {
        if let Some(rest) = line.strip_prefix("#tb 0:") {
            printed = Fraction::parse(rest.trim());
        } else if !line.starts_with('#') {
            times.extend(line.split(',').nth(2).and_then(|pts| pts.trim().parse::<i64>().ok()));
        }
    }
    match (printed.map(base), stream.time_base.map(base)) {
        (Some(a), Some(b)) if a == b => Ok(times),
        _ => Err(Error::new(ErrorKind::Backend, "ffmpeg counts time in another unit than ffprobe")),
    }
}

/// Number of frames of a VP8 stream that are shown, from the first byte of each.
pub(crate) fn shown_vp8_frames(tools: &Tools, input: &Input, stream: &Stream) -> imageio_core::Result<usize> {
    let mut command = FfmpegCommand::new_with_path(&tools.ffmpeg);
    command.args(["-hide_banner", "-v", "error", "-nostdin", "-copyts"]).args(input.arguments());
    command.args(["-map", &format!("0:{}", stream.index), "-c", "copy", "-f", "ivf", "pipe:1"]);
    let mut process = Process::start(&mut command, Pipes { stdout: true, ..Pipes::default() })?;
    let mut shown = 0;
    if let Some(stdout) = process.take_stdout() {
        let mut stdout = std::io::BufReader::with_capacity(1 << 16, stdout);
        let mut header = [0; 32];
        stdout.read_exact(&mut header)?;
        // IVF: a frame is its length, its time, and its bytes. RFC 6386 section 9.1: bit 4 is show_frame.
        let mut frame = [0; 12];
        while stdout.read_exact(&mut frame).is_ok() {
            let length = u64::from(u32::from_le_bytes([frame[0], frame[1], frame[2], frame[3]]));
            let mut body = (&mut stdout).take(length);
            let mut first = [0; 1];
            if body.read(&mut first)? == 1 {
                shown += usize::from(first[0] & 0x10 != 0);
            }
            std::io::copy(&mut body, &mut std::io::sink())?;
        }
    }
    process.succeed("counting frames")?;
    Ok(shown)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn order_of_showing() {
        let json = r#"{"packets": [
            {"pts": 0, "dts": -2, "size": "10", "flags": "KD_"}, {"pts": 40, "dts": 0, "size": "9", "flags": "__"},
            {"pts": 20, "size": "9", "flags": "__"}, {"pts": 60, "size": "12", "flags": "K__", "side_data_list": []}]}"#;
        let list = |json: &str| parse(json.as_bytes()).unwrap().packets.remove(&0).unwrap_or_default();
        let index = Index::new(list(json), Vec::new());
        assert_eq!((index.n_packets(), index.len()), (4, 3));
        assert_eq!(index.times().unwrap(), [20, 40, 60]);
        assert_eq!(index.keys(), [0, 60]);
        assert!(index.frame(2).unwrap().is_key && index.frame(3).is_none());
        // Times that are missing leave the order of decoding, and no way to seek.
        let json = r#"{"packets": [{"size": "3", "flags": "K_"}, {"size": "0", "flags": "__"}]}"#;
        let index = Index::new(list(json), Vec::new());
        assert_eq!((index.len(), index.times()), (2, None));
        assert!(list("{}").is_empty());
        let json =
            r#"{"packets": [{"stream_index": 1}, {"stream_index": 0}, {"stream_index": 1}], "format": {"a": 1}}"#;
        let printed = parse(json.as_bytes()).unwrap();
        assert_eq!((printed.packets[&1].len(), printed.packets[&0].len(), printed.rest.len()), (2, 1, 1));
    }
}
