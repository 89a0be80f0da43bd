//! What a container holds: read from its header, or as ffprobe tells it.

mod head;
mod json;
mod own;
mod packets;
mod places;

use std::collections::HashMap;
use std::ffi::OsString;
use std::io::Read;
use std::path::Path;
use std::process::Command;

use imageio_core::{Error, ErrorKind, Limits, Result};
use serde_json::Value;

pub(crate) use self::head::{confidence, is_container};
pub(crate) use self::json::{Container, Fraction, Kind, Stream};
pub(crate) use self::own::{Listing, OTHER_SIZE, Own, list, read as own};
pub(crate) use self::packets::{Index, instantaneous_refreshes, shown_vp8_frames};
pub(crate) use self::places::Places;
use crate::find::Tools;
use crate::process::{Pipes, Process};

/// What is asked of every packet.
const PACKET: &str = "packet=stream_index,pts,duration,size,flags";

/// Where ffmpeg reads from: what stands before `-i`, and the name itself.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Input {
    /// Options of the input.
    pub options: Vec<OsString>,
    /// The name.
    pub name: OsString,
}

impl Input {
    /// A local file. The protocol is named, because a colon in a file's name would be taken for one.
    pub fn file(path: &Path) -> Self {
        let mut name = OsString::from("file:");
        name.push(path);
        Input { options: Vec::new(), name }
    }

    /// What this process serves on loopback: never by way of a proxy, and leading nowhere else.
    pub fn url(url: &str) -> Self {
        let options = ["-http_proxy", "", "-protocol_whitelist", "http,tcp"];
        Input { options: options.map(OsString::from).into(), name: OsString::from(url) }
    }

    /// The arguments that name it.
    pub fn arguments(&self) -> impl Iterator<Item = OsString> + '_ {
        self.options.iter().cloned().chain([OsString::from("-i"), self.name.clone()])
    }
}

/// How far ffprobe looks into the streams.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Depth {
    /// No further than it takes to know the pictures: for what comes over a network.
    Shallow,
    /// As it does by itself.
    Usual,
    /// To the end, which lists the packets of every stream in the same run: starting a program costs more than
    /// reading a small file.
    Packets,
}

/// Packets that are listed in the same run at most: listing costs some 20 µs each.
const AT_ONCE: usize = packets::MANY;

/// Bytes of the streams that are looked at where every one of them comes over a network.
const SHALLOW: &str = "500000";

/// Asks ffprobe for the container, its streams and its chapters. Reads headers, and as much of the streams as it
/// takes to know them.
pub(crate) fn container(
    tools: &Tools,
    input: &Input,
    limits: &Limits,
    depth: Depth,
) -> Result<(Container, HashMap<u32, Index>)> {
    let and_packets = depth == Depth::Packets;
    let mut arguments = vec!["-show_format", "-show_streams", "-show_chapters", "-of", "json=c=1"];
    if depth == Depth::Shallow {
        arguments.extend(["-probesize", SHALLOW, "-fpsprobesize", "0"]);
    }
    let until = format!("%+#{AT_ONCE}");
    if and_packets {
        arguments.extend(["-show_packets", "-show_entries", PACKET, "-read_intervals", &until]);
    }
    let (text, log) = ask(tools, input, &arguments, limits.max_metadata.unwrap_or(u64::MAX))?;
    let mut printed = packets::parse(&text[..]).map_err(|e| strange(&e))?;
    let mut container = Container::new(&Value::Object(printed.rest));
    if container.streams.is_empty() {
        return Err(refused(&log));
    }
    let mut indices = HashMap::new();
    if and_packets && printed.packets.values().map(Vec::len).sum::<usize>() < AT_ONCE {
        for stream in &container.streams {
            let packets = printed.packets.remove(&stream.index).unwrap_or_default();
            indices.insert(stream.index, Index::new(packets, log.clone()));
        }
    }
    container.log = log;
    Ok((container, indices))
}

/// Width and height of the first picture of a stream, which is decoded for it; `None` if none comes.
pub(crate) fn first_size(
    tools: &Tools,
    input: &Input,
    stream: &Stream,
    limits: &Limits,
) -> Result<Option<(usize, usize)>> {
    let number = stream.index.to_string();
    let frames = ["-show_frames", "-show_entries", "frame=width,height", "-read_intervals", "%+#1", "-of", "json=c=1"];
    let arguments = [&["-select_streams", &number], &frames[..]].concat();
    let (text, _) = ask(tools, input, &arguments, limits.max_metadata.unwrap_or(u64::MAX))?;
    let value: Value = serde_json::from_slice(&text).map_err(|e| strange(&e))?;
    let side = |name: &str| value.pointer(&format!("/frames/0/{name}")).and_then(Value::as_u64);
    let sides = side("width").zip(side("height"));
    Ok(sides.and_then(|(w, h)| Some((usize::try_from(w).ok()?, usize::try_from(h).ok()?))))
}

/// Lists the packets of a stream: reads through the file, decodes nothing.
pub(crate) fn packets(tools: &Tools, input: &Input, stream: &Stream) -> Result<Index> {
    let mut command = Command::new(tools.ffprobe()?);
    command.args(["-hide_banner", "-v", "error", "-show_packets", "-of", "json=c=1"]);
    command.args(["-select_streams", &stream.index.to_string()]);
    command.args(["-show_entries", PACKET]);
    command.args(input.arguments());
    crate::process::hide_window(&mut command);
    let mut process = Process::start_command(&mut command, Pipes { stdout: true, ..Pipes::default() })?;
    let Some(stdout) = process.take_stdout() else {
        return Err(Error::new(ErrorKind::Backend, "ffprobe has no standard output"));
    };
    let printed = packets::parse(std::io::BufReader::with_capacity(1 << 16, stdout));
    if let Err(e) = &printed
        && packets::is_absurd(e)
    {
        // What is still to be printed is of no use; the program ends with its handle.
        return Err(Error::limit(format!("the file is listed to hold {}", packets::ABSURD))
            .with_hint("nothing that is a video has pictures of so few bytes: the file is damaged"));
    }
    if let Err(e) = process.succeed("listing packets") {
        return Err(e.with_kind(ErrorKind::Malformed));
    }
    let list = printed.map_err(|e| strange(&e))?.packets.remove(&stream.index).unwrap_or_default();
    Ok(Index::new(list, process.log()))
}

/// Runs ffprobe to its end; gives what it printed and what it complained of.
fn ask(tools: &Tools, input: &Input, arguments: &[&str], max: u64) -> Result<(Vec<u8>, Vec<String>)> {
    let mut command = Command::new(tools.ffprobe()?);
    command.args(["-hide_banner", "-v", "error"]).args(arguments).args(input.arguments());
    crate::process::hide_window(&mut command);
    let mut process = Process::start_command(&mut command, Pipes { stdout: true, ..Pipes::default() })?;
    let mut text = Vec::new();
    if let Some(stdout) = process.take_stdout() {
        stdout.take(max.saturating_add(1)).read_to_end(&mut text)?;
    }
    if text.len() as u64 > max {
        return Err(Error::limit(format!("more than {max} bytes of metadata")));
    }
    let status = process.wait()?;
    let log = process.log();
    if !status.success() {
        return Err(refused(&log));
    }
    Ok((text, log))
}

fn refused(log: &[String]) -> Error {
    let last = log.last().map_or("it holds no streams", String::as_str);
    // The line begins with the file's name, which the error names anyway.
    let why = last.rsplit_once(": ").map_or(last, |(_, why)| why);
    let e = Error::malformed(format!("ffmpeg can't read this: {why}"));
    match log.len() {
        0 | 1 => e,
        n => e.with("ffprobe", log[n - 2].trim()),
    }
}

fn strange(e: &serde_json::Error) -> Error {
    Error::new(ErrorKind::Backend, format!("ffprobe printed what is not the JSON that was asked for: {e}"))
}
