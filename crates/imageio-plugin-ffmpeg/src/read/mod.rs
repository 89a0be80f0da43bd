//! Reading.

mod ask;
mod batch;
mod convert;
mod count;
mod decode;
mod ended;
mod metadata;
mod options;
mod plan;
mod reader;
mod seek;
mod source;

use std::collections::HashMap;
use std::sync::Arc;

use imageio_container::Doubt;
use imageio_core::{Error, ImageReader, ImageResource, Limits, Request, Result};

pub use self::options::{Chroma, Conversion, Count, ReadOptions, SourceOptions};
use self::reader::VideoReader;
use self::source::Source;
use crate::find::Tools;
use crate::probe::{self, Container, Depth, Kind, Own, Stream};

/// Bytes of a file whose packets are listed at once.
const SMALL: u64 = 4 << 20;

/// Opens a video: reads its headers, or asks ffprobe for them.
pub(crate) fn open<'r>(request: &mut dyn Request<'r>) -> Result<Box<dyn ImageReader + 'r>> {
    let mut tools = Tools::presume(request.options())?;
    let options = SourceOptions::parse(request.options())?;
    let source = source::find(request, &options)?;
    let limits = request.limits().clone();
    let is_small = !source.is_live && request.size().is_some_and(|size| size <= SMALL);
    let mut is_of_other_size = false;
    if let Some(content) = &source.plain {
        match own(content, &limits, is_small, source.is_far()) {
            Ok(own) => return Ok(Box::new(VideoReader::new(tools, source, own, request.options().clone(), limits))),
            Err(doubt) => is_of_other_size = doubt == Some(probe::OTHER_SIZE),
        }
    }
    let mut asked = ask(&tools, &source, &limits, is_small);
    // A program that fails may be no ffprobe, or too old.
    if asked.is_err() && tools.check(request.options())? {
        asked = ask(&tools, &source, &limits, is_small);
    }
    source.check()?;
    let (mut container, indices) = asked?;
    if videos(&container).is_empty() {
        return Err(no_video(&container));
    }
    if is_of_other_size {
        for stream in container.streams.iter_mut().filter(|stream| stream.kind == Kind::Video) {
            if let Some(size) = probe::first_size(&tools, &source.input, stream, &limits)? {
                (stream.width, stream.height) = size;
            }
        }
        source.check()?;
    }
    let own = Own { container, indices, listing: None, is_complete: true };
    Ok(Box::new(VideoReader::new(tools, source, own, request.options().clone(), limits)))
}

/// What the header says, and of a small file all packets. Otherwise why not, if that is the header's fault.
fn own(
    content: &Arc<dyn ImageResource>,
    limits: &Limits,
    is_small: bool,
    is_far: bool,
) -> std::result::Result<Own, Option<Doubt>> {
    let mut own = probe::own(content, limits).map_err(Some)?;
    if is_small && own.indices.is_empty() {
        let listing = own.listing.as_ref().ok_or(None)?;
        let index = probe::list(content, listing, limits, is_far).ok_or(None)?;
        own.indices.insert(listing.stream, index);
    }
    Ok(own)
}

/// Asks ffprobe for the container; of what is far away only as much as it takes.
fn ask(
    tools: &Tools,
    source: &Source,
    limits: &Limits,
    is_small: bool,
) -> Result<(Container, HashMap<u32, probe::Index>)> {
    if is_small {
        return probe::container(tools, &source.input, limits, Depth::Packets);
    }
    if source.is_far() {
        let shallow = probe::container(tools, &source.input, limits, Depth::Shallow);
        if let Ok((container, _)) = &shallow
            && container.is_clear()
        {
            return shallow;
        }
    }
    probe::container(tools, &source.input, limits, Depth::Usual)
}

/// The video streams in the order in which ffmpeg would choose them.
fn videos(container: &Container) -> Vec<&Stream> {
    container.streams.iter().filter(|s| s.kind == Kind::Video).collect()
}

/// The stream to read: number `nth` of the video streams, or the one that ffmpeg chooses.
fn choose(container: &Container, nth: Option<u32>) -> Result<&Stream> {
    let videos = videos(container);
    let stream = match nth {
        Some(nth) => videos.get(nth as usize).copied().ok_or_else(|| {
            let n = videos.len();
            Error::new(imageio_core::ErrorKind::InvalidOption, format!("there is no video stream {nth}, there are {n}"))
                .with("option", "stream")
        })?,
        None => {
            // Covers last, then the largest picture, with a bonus for the default stream; the first of equals.
            let score = |s: &Stream| {
                let pixels = (s.width as u64).saturating_mul(s.height as u64);
                (!s.is_attached, pixels.saturating_add(if s.is_default { 5_000_000 } else { 0 }))
            };
            let best = videos.iter().copied().rev().max_by_key(|s| score(s));
            best.ok_or_else(|| no_video(container))?
        }
    };
    if stream.codec.is_none() {
        let tag = stream.codec_tag.as_deref().unwrap_or("without a name");
        return Err(Error::unsupported(format!("this ffmpeg does not know the video's codec ({tag})")));
    }
    if stream.width == 0 || stream.height == 0 || stream.pixel_format.is_none() {
        let codec = stream.codec.as_deref().unwrap_or_default();
        return Err(Error::malformed(format!(
            "no picture of the video (codec {codec}) could be decoded to tell its size"
        )));
    }
    Ok(stream)
}

fn no_video(container: &Container) -> Error {
    let held: Vec<String> = container
        .streams
        .iter()
        .map(|s| format!("{} ({})", s.type_name, s.codec.as_deref().unwrap_or("unknown codec")))
        .collect();
    Error::unsupported(format!("there is no video in it, only {}", held.join(", ")))
}
