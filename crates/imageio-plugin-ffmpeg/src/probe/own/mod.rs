//! Headers that are read without ffprobe: MP4, QuickTime, Matroska, WebM and AVI with the usual
//! codecs.
//!
//! The rule is that nobody can tell who answered. Where what ffprobe would say is in any doubt, there is no answer
//! from here, or one that is marked as incomplete; ffprobe gives what lacks when somebody asks for it.

mod avi;
mod listing;
mod looks;
mod matroska;
mod names;
mod pictures;
mod sound;
mod time;

use std::collections::HashMap;
use std::io::{Read, Seek};
use std::sync::Arc;

use imageio_container::{Doubt, Movie, Track, read_mp4};
use imageio_core::{ImageResource, Limits};

pub(crate) use self::listing::Listing;
use super::json::{Container, Kind, Stream};
use super::packets::Index;

/// Bytes of a header that is read here.
const LARGEST: u64 = 64 << 20;

/// What a header says.
#[derive(Debug, Clone)]
pub(crate) struct Own {
    pub container: Container,
    /// The packets of the only video stream.
    pub indices: HashMap<u32, Index>,
    /// How packets are listed of which the header says nothing.
    pub listing: Option<Listing>,
    /// ffprobe would say no more than this. Otherwise only the video stream is described, as far as reading needs it.
    pub is_complete: bool,
}

/// What is known of a stream, and whether that is all that ffprobe would say.
struct Described {
    stream: Stream,
    is_complete: bool,
}

/// Pictures have another size than the container says. ffprobe repeats the container.
pub(crate) const OTHER_SIZE: Doubt = Doubt("the container and the codec disagree on the size");

/// Reads the header of a file; why not, with a word in the log, where ffprobe has to.
pub(crate) fn read(content: &Arc<dyn ImageResource>, limits: &Limits) -> Result<Own, Doubt> {
    let max = limits.max_metadata.unwrap_or(LARGEST).min(LARGEST);
    header(content, max, limits).inspect_err(|doubt| log::debug!("{} is left to ffprobe: {doubt}", content.name()))
}

fn header(content: &Arc<dyn ImageResource>, max: u64, limits: &Limits) -> Result<Own, Doubt> {
    let mut file = Arc::clone(content).open_read_within(limits).map_err(|_| Doubt("the file does not open"))?;
    let mut head = [0; 4];
    file.read_exact(&mut head).map_err(|_| Doubt("the file can't be read"))?;
    match &head {
        b"\x1a\x45\xdf\xa3" => matroska::read(&mut file, max),
        b"RIFF" => avi::read(&mut file, max),
        _ => movie(content, &mut file, max),
    }
}

/// Lists the packets of a stream; `None`, with a word in the log, where ffprobe has to. With `at_once`, the file is
/// read whole, which is less to wait for if it is small and far away.
pub(crate) fn list(
    content: &Arc<dyn ImageResource>,
    listing: &Listing,
    limits: &Limits,
    at_once: bool,
) -> Option<Index> {
    let doubt = |doubt: Doubt| log::debug!("packets of {} are left to ffprobe: {doubt}", content.name());
    packets(content, listing, limits, at_once).map_err(doubt).ok()
}

fn packets(
    content: &Arc<dyn ImageResource>,
    listing: &Listing,
    limits: &Limits,
    at_once: bool,
) -> Result<Index, Doubt> {
    let mut file = Arc::clone(content).open_read_within(limits).map_err(|_| Doubt("the file does not open"))?;
    if !at_once {
        return listing.index(&mut file);
    }
    let mut bytes = Vec::new();
    let done = file.by_ref().take(LARGEST).read_to_end(&mut bytes);
    done.map_err(|_| Doubt("the file can't be read"))?;
    listing.index(&mut std::io::Cursor::new(bytes))
}

fn movie(content: &Arc<dyn ImageResource>, file: &mut (impl Read + Seek), max: u64) -> Result<Own, Doubt> {
    let movie = read_mp4(file, max)?;
    let mut videos = movie.tracks.iter().filter(|track| &track.handler == b"vide");
    if videos.next().is_none() || videos.next().is_some() {
        return Err(Doubt("there is not one video track"));
    }
    let mut own = Own {
        container: Container::default(),
        indices: HashMap::new(),
        listing: None,
        is_complete: movie.unread.is_none(),
    };
    for (number, track) in movie.tracks.iter().enumerate() {
        let number = u32::try_from(number).map_err(|_| Doubt("there are very many tracks"))?;
        let mut stream = named(track, number, &movie);
        own.is_complete &= track.unread.is_none() && track.entry.unread.is_none();
        let described = match &track.handler {
            b"vide" => {
                let (index, start) = time::index(track, &movie)?;
                stream.start = time::printed(start, track.time_scale);
                let described = pictures::describe(track, &movie, file, stream)?;
                own.indices.insert(number, index.refreshing(content, track, described.nal_length));
                described.inner
            }
            b"soun" => sound::describe(track, &movie, stream)?,
            // Subtitles, time codes, chapters: no pictures, and nothing that is described here.
            b"text" | b"sbtl" | b"subt" | b"clcp" | b"tmcd" | b"meta" | b"hint" => {
                Described { stream, is_complete: false }
            }
            _ => return Err(Doubt("there is a track of an unknown kind")),
        };
        own.is_complete &= described.is_complete;
        own.container.streams.push(described.stream);
    }
    own.is_complete &= whole(&movie, &mut own.container);
    Ok(own)
}

/// What is said of the container as a whole; `true` if that is all.
fn whole(movie: &Movie, container: &mut Container) -> bool {
    container.format = "mov,mp4,m4a,3gp,3g2,mj2".to_owned();
    container.long_format = Some("QuickTime / MOV".to_owned());
    let starts: Option<Vec<f64>> = container.streams.iter().map(|stream| stream.start).collect();
    container.start = starts.and_then(|starts| starts.into_iter().reduce(f64::min));
    let micros = time::rescale(movie.duration, 1_000_000, movie.time_scale);
    container.duration = micros.filter(|n| *n > 0).and_then(|n| time::printed(n as i64, 1_000_000));
    let bits = u128::from(movie.size) * 8 * 1_000_000;
    container.bit_rate = micros.and_then(|n| u64::try_from(bits.checked_div(u128::from(n))?).ok());
    let tags = names::tags(movie);
    let is_complete = tags.is_some() && container.start.is_some() && container.bit_rate.is_some();
    container.tags = tags.unwrap_or_default();
    is_complete
}

/// A stream with what tracks of every kind say.
fn named(track: &Track, number: u32, movie: &Movie) -> Stream {
    let (kind, type_name) = match &track.handler {
        b"vide" => (Kind::Video, "video"),
        b"soun" => (Kind::Audio, "audio"),
        _ => (Kind::Other, "data"),
    };
    Stream {
        is_default: track.is_enabled,
        time_base: time::fraction(1, u64::from(track.time_scale)),
        duration: time::duration(track, movie).and_then(|n| time::printed(n as i64, track.time_scale)),
        n_frames: usize::try_from(track.n_samples).ok().filter(|n| *n > 0),
        codec_tag: names::four(&track.entry.format),
        bit_rate: time::bit_rate(track),
        ..Stream::empty(number, kind, type_name)
    }
}

#[cfg(test)]
mod tests;
