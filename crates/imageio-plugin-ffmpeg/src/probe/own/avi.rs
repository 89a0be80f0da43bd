//! AVI files with the usual codecs.

use std::collections::HashMap;
use std::io::{Read, Seek, SeekFrom};

use imageio_container::avi::{Bitmap, Chunk, Entry, Movie, Stream as Track, read as movie};
use imageio_container::{Coded, Doubt, mjpeg, mpeg4};

use super::super::json::{Container, Kind, Stream};
use super::listing::{Listing, What};
use super::pictures::{self, Codec};
use super::{Described, Own, names, time};

/// Chunks that are looked at to find the first picture.
const CHUNKS: usize = 64;
/// Bytes of a picture among which its headers are.
const HEADERS: u64 = 4096;
/// Bytes of an index that is read to find how many bits there are in a second.
const INDEX: u64 = 1 << 20;

/// Reads the header of a file.
pub(super) fn read(file: &mut (impl Read + Seek), max: u64) -> Result<Own, Doubt> {
    let movie = movie(file, max)?;
    let mut videos = movie.streams.iter().enumerate().filter(|(_, track)| &track.kind == b"vids");
    let (Some((at, video)), None) = (videos.next(), videos.next()) else {
        return Err(Doubt("there is not one video track"));
    };
    let bitmap = video.bitmap.as_ref().ok_or(Doubt("a stream has no description"))?;
    if movie.streams.iter().any(|track| track.start > 0) || video.length == 0 || video.length > i32::MAX as u32 {
        return Err(Doubt("a stream begins late, or has no length"));
    }
    let start = first(&movie, at, file)?;
    let codec = codec(bitmap)?;
    let is_extended = movie.is_extended || movie.streams.iter().any(|track| track.has_index);
    let mut own = Own {
        container: Container::default(),
        indices: HashMap::new(),
        listing: None,
        is_complete: movie.unread.is_none() && !is_extended,
    };
    let rates = if own.is_complete { rates(&movie, &start.chunk, file)? } else { None };
    own.is_complete &= rates.is_some();
    let mut is_in_order = true;
    for (number, track) in movie.streams.iter().enumerate() {
        let is_video = number == at;
        let (kind, type_name) = if is_video { (Kind::Video, "video") } else { (Kind::Audio, "audio") };
        let has_length = track.length > 0 && (is_video || track.sample_size == 0);
        let stream = Stream {
            time_base: time::fraction(u64::from(track.scale), u64::from(track.rate)),
            start: Some(0.0),
            duration: has_length.then(|| seconds(track)).flatten(),
            n_frames: (track.length > 0).then_some(track.length as usize),
            ..Stream::empty(number as u32, kind, type_name)
        };
        own.is_complete &= track.unread.is_none() && is_video;
        if is_video {
            let bit_rate = rates.as_ref().and_then(|rates| rates[number]);
            let (described, in_order) = picture(track, bitmap, codec, &start, Stream { bit_rate, ..stream })?;
            is_in_order = in_order;
            own.is_complete &= described.is_complete;
            own.container.streams.push(described.stream);
        } else {
            own.container.streams.push(stream);
        }
    }
    own.is_complete &= whole(&movie, &mut own.container)?;
    if is_in_order {
        let what = What::Avi { movie: Box::new(movie), codec };
        own.listing = Some(Listing { stream: at as u32, what });
    }
    Ok(own)
}

/// The start of the first picture.
struct First {
    /// The first chunk of all.
    chunk: Chunk,
    size: u64,
    head: Vec<u8>,
}

fn first(movie: &Movie, video: usize, file: &mut (impl Read + Seek)) -> Result<First, Doubt> {
    let mut chunks = movie.chunks();
    let mut all = None;
    for _ in 0..CHUNKS {
        let Some(chunk) = chunks.next(file)? else { break };
        let first = *all.get_or_insert(chunk);
        if chunk.stream != video {
            continue;
        }
        if chunk.size == 0 || !matches!(&chunk.kind, b"dc" | b"db") {
            return Err(Doubt("the first chunk of a stream is no picture"));
        }
        let mut head = vec![0; chunk.size.min(HEADERS) as usize];
        let done = file.seek(SeekFrom::Start(chunk.at)).and_then(|_| file.read_exact(&mut head));
        done.map_err(|_| Doubt("the first picture can't be read"))?;
        return Ok(First { chunk: first, size: chunk.size, head });
    }
    Err(Doubt("the first picture is far from the header"))
}

fn codec(bitmap: &Bitmap) -> Result<Codec, Doubt> {
    Ok(match &bitmap.codec {
        b"FMP4" | b"XVID" | b"xvid" | b"DIVX" | b"DX50" => Codec::Mpeg4,
        b"MJPG" => Codec::Mjpeg,
        b"HFYU" => Codec::Huffyuv,
        b"\0\0\0\0" | b"I420" | b"YUY2" | b"UYVY" => Codec::Raw,
        _ => return Err(Doubt("the codec is not described here")),
    })
}

fn seconds(track: &Track) -> Option<f64> {
    let base = time::fraction(u64::from(track.scale), u64::from(track.rate))?;
    format!("{:.6}", f64::from(track.length) * base.as_f64()).parse().ok()
}

/// What is said of the container as a whole; `true` if that is all.
fn whole(movie: &Movie, container: &mut Container) -> Result<bool, Doubt> {
    container.format = "avi".to_owned();
    container.long_format = Some("AVI (Audio Video Interleaved)".to_owned());
    container.start = Some(0.0);
    let timed = movie.streams.iter().filter(|t| &t.kind == b"vids" || t.sample_size == 0);
    let micros = timed.filter_map(|track| {
        let units = u64::from(track.length).checked_mul(u64::from(track.scale))?;
        time::rescale(units, 1_000_000, track.rate)
    });
    let micros = micros.max().filter(|n| *n > 0).ok_or(Doubt("the length of the file is not said"))?;
    container.duration = time::printed(micros as i64, 1_000_000);
    container.bit_rate = u64::try_from(u128::from(movie.size) * 8_000_000 / u128::from(micros)).ok();
    let mut tags: Vec<(String, String)> = Vec::new();
    for (letters, text) in &movie.tags {
        let name = match letters {
            b"INAM" => "title",
            b"IART" => "artist",
            b"ICMT" => "comment",
            b"ICOP" => "copyright",
            b"ICRD" => "date",
            b"IGNR" => "genre",
            b"ISFT" => "software",
            _ => return Ok(false),
        };
        if tags.iter().any(|(known, _)| known == name) {
            return Ok(false);
        }
        tags.push((name.to_owned(), text.clone()));
    }
    container.tags = tags;
    Ok(true)
}

/// Bits in a second of every stream, as the index has it; `None` where the index does not say so plainly.
fn rates(movie: &Movie, first: &Chunk, file: &mut (impl Read + Seek)) -> Result<Option<Vec<Option<u64>>>, Doubt> {
    if movie.index.is_none_or(|(_, size)| size > INDEX) {
        return Ok(None);
    }
    let Some(entries) = movie.entries(file, INDEX)? else { return Ok(None) };
    // Two that are at one place, or none that decoding begins with, make others guess.
    let is_plain = entries.windows(2).all(|pair| pair[0].at < pair[1].at) && entries.iter().any(|e| e.is_key);
    let Some(start) = entries.first().filter(|_| is_plain) else { return Ok(None) };
    let place = |entry: &Entry| first.at - 8 + u64::from(entry.at - start.at);
    let of = |stream: usize| entries.iter().filter(move |entry| entry.stream == stream);
    let bytes = |stream: usize| of(stream).map(|entry| u64::from(entry.size)).sum::<u64>();
    let lasts = (0..movie.streams.len()).filter_map(|stream| of(stream).rfind(|e| e.size > 0).map(place));
    let (last, all) = (lasts.max().unwrap_or(0), (0..movie.streams.len()).map(bytes).sum::<u64>());
    // An index that covers no more than a part says nothing of the whole.
    let covers = last >= tenths(movie.size, 9) && tenths(all, 9) <= last && all >= tenths(last, 9);
    let rate = |stream: usize| {
        let track = &movie.streams[stream];
        let mut filled = of(stream).enumerate().filter(|(_, entry)| entry.size > 0);
        let (begin, end) = (filled.next()?.0, filled.last()?.0);
        let units = ((end - begin) as u64).checked_mul(u64::from(track.scale))?;
        let bits = u128::from(bytes(stream)) * 8 * u128::from(track.rate);
        u64::try_from((bits + u128::from(units) / 2) / u128::from(units)).ok().filter(|n| *n > 0)
    };
    Ok(Some((0..movie.streams.len()).map(|stream| if covers { rate(stream) } else { None }).collect()))
}

fn tenths(n: u64, tenths: u64) -> u64 {
    (u128::from(n) * u128::from(tenths)).div_euclid(10) as u64
}

/// What codec and container say together, and whether pictures are shown in the order in which they are decoded.
fn picture(
    track: &Track,
    bitmap: &Bitmap,
    codec: Codec,
    first: &First,
    stream: Stream,
) -> Result<(Described, bool), Doubt> {
    let rate =
        time::fraction(u64::from(track.rate), u64::from(track.scale)).ok_or(Doubt("the frame rate is unusual"))?;
    let mut base = Some(rate);
    let mut is_complete = true;
    let mut is_in_order = true;
    let same_size = |coded: &Coded| {
        let same = (coded.width, coded.height) == (bitmap.width, bitmap.height);
        if same { Ok(()) } else { Err(super::OTHER_SIZE) }
    };
    let owned = |word: &str| Some(word.to_owned());
    let mut aspect = track.pixel_aspect;
    let mut of_codec = |coded: &Coded| {
        let own = coded.pixel_aspect.map(|(w, h)| (u64::from(w), u64::from(h)));
        aspect = aspect.filter(|(w, h)| *w > 0 && *h > 0).or(own);
    };
    let stream = match codec {
        Codec::Mpeg4 => {
            let layer = mpeg4::layer(&first.head).or_else(|_| mpeg4::layer(&bitmap.private))?;
            same_size(&layer.coded)?;
            of_codec(&layer.coded);
            is_in_order = layer.is_in_order;
            let own_rate = time::fraction(u64::from(layer.rate.0), u64::from(layer.rate.1));
            base = base.filter(|rate| Some(*rate) == own_rate);
            let (profile, level) = pictures::of_mpeg4(&layer);
            is_complete = profile.is_some() && is_in_order;
            Stream {
                profile: profile.map(str::to_owned),
                level: Some(i64::from(level)).filter(|n| *n > 0),
                pixel_format: owned("yuv420p"),
                chroma_location: owned("left"),
                ..stream
            }
        }
        Codec::Mjpeg => {
            let coded = mjpeg::frame(&first.head)?;
            same_size(&coded)?;
            of_codec(&coded);
            Stream {
                profile: owned("Baseline"),
                pixel_format: owned(pictures::of_mjpeg(coded.sampling)),
                color_range: owned("pc"),
                color_space: owned("bt470bg"),
                chroma_location: owned("center"),
                ..stream
            }
        }
        Codec::Huffyuv => {
            // The second version says how many bits there are before its tables.
            let pixel_format = match bitmap.private.get(..4) {
                Some([_, 16, _, 0]) if bitmap.bits == 16 => "yuv422p",
                Some([_, 24, _, 0]) if bitmap.bits == 24 => "bgr0",
                _ => return Err(Doubt("the pixel format is found by decoding")),
            };
            Stream { pixel_format: owned(pixel_format), ..stream }
        }
        _ => {
            let (w, h) = (u64::from(bitmap.width), u64::from(bitmap.height));
            let (pixel_format, bytes) = match (&bitmap.codec, bitmap.bits) {
                (b"\0\0\0\0", 24) => ("bgr24", w * h * 3),
                (b"\0\0\0\0", 16) => ("rgb555le", w * h * 2),
                (b"\0\0\0\0", 32) => ("bgra", w * h * 4),
                (b"I420", 12) if w % 2 == 0 && h % 2 == 0 => ("yuv420p", w * h * 3 / 2),
                (b"YUY2", 16) if w % 2 == 0 => ("yuyv422", w * h * 2),
                (b"UYVY", 16) if w % 2 == 0 => ("uyvy422", w * h * 2),
                _ => return Err(Doubt("the pixel format is not described here")),
            };
            if first.size < bytes || !bitmap.private.is_empty() {
                return Err(Doubt("a picture is smaller than it says"));
            }
            Stream { pixel_format: owned(pixel_format), ..stream }
        }
    };
    // Outside of this, it is found out.
    base = base.filter(|rate| rate.numerator < 101 * rate.denominator && rate.numerator >= 5 * rate.denominator);
    let (name, long) = pictures::codec_names(codec);
    let stream = Stream {
        codec: Some(name.to_owned()),
        long_codec: Some(long.to_owned()),
        codec_tag: names::four(&bitmap.codec),
        width: bitmap.width as usize,
        height: bitmap.height as usize,
        pixel_aspect: aspect.and_then(|(w, h)| time::fraction(w, h)),
        frame_rate: Some(rate),
        base_rate: base,
        ..stream
    };
    is_complete &= base.is_some();
    Ok((Described { stream, is_complete }, is_in_order))
}
