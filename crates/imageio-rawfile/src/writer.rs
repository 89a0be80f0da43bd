//! DNG from the samples of a sensor.

use std::io::Write;

use imageio_core::{Dtype, Error, ErrorKind, ImageWriter, Metadata, Plugin, Request, Result, Sink, Value, WriteCx};
use imageio_demosaic::Cfa;

use crate::ifd::{Content, Endian, Entry, Fields, Tiff, assemble};
use crate::ljpeg;
use crate::options::{Compression, WriteOptions};
use crate::source::Source;

/// The factory of writers.
pub struct Dng;

impl Plugin for Dng {
    fn open_writer(&self, request: &mut dyn Request<'_>) -> Result<Box<dyn ImageWriter>> {
        Ok(Box::new(DngWriter { sink: request.sink()?, written: false }))
    }
}

struct DngWriter {
    sink: Sink,
    written: bool,
}

/// Rows that are written at once.
const STRIP: usize = 64;
/// Sides of a tile that is packed by itself; readers expect tiles, not strips, of lossless JPEG.
const TILE: usize = 256;

/// What the file says of the sensor, from options first and then from the metadata.
struct Sensor {
    cfa: Option<Cfa>,
    black: Vec<f64>,
    white: f64,
    matrix: Vec<f64>,
    neutral: Option<Vec<f64>>,
    camera: (String, String),
    visible: Option<Vec<f64>>,
    crop: Option<Vec<f64>>,
}

impl ImageWriter for DngWriter {
    fn write_frame(&mut self, cx: &WriteCx<'_>) -> Result<()> {
        if self.written {
            return Err(Error::mismatch("a DNG holds one raw image"));
        }
        let options = WriteOptions::parse(cx.options())?;
        let (height, width, channels) = match *cx.image().shape() {
            [height, width] => (height, width, 1),
            [height, width, 3] => (height, width, 3),
            ref other => {
                return Err(Error::mismatch(format!(
                    "a DNG holds a mosaic (h, w) or linear colour (h, w, 3), not {other:?}"
                )));
            }
        };
        if height == 0 || width == 0 || height > 65_000 || width > 65_000 {
            return Err(Error::mismatch(format!("a DNG has sides of 1 to 65000, not {width} × {height}")));
        }
        let dtype = cx.image().dtype();
        let sensor = Sensor::new(&options, cx.metadata(), height, width, channels, dtype)?;
        match dtype {
            Dtype::U16 => {
                let samples = cx.elements::<u16>()?;
                self.write(cx, &options, &sensor, (height, width, channels), Samples::U16(&samples))?;
            }
            Dtype::F32 => {
                let samples = cx.elements::<f32>()?;
                self.write(cx, &options, &sensor, (height, width, channels), Samples::F32(&samples))?;
            }
            other => return Err(Error::mismatch(format!("a DNG holds uint16 or float32, not {other}"))),
        }
        self.written = true;
        Ok(())
    }

    fn finish(self: Box<Self>) -> Result<()> {
        match self.written {
            true => Ok(()),
            false => Err(Error::mismatch("a DNG holds one raw image, none was given")),
        }
    }
}

enum Samples<'a> {
    U16(&'a [u16]),
    F32(&'a [f32]),
}

impl DngWriter {
    fn write(
        &mut self,
        cx: &WriteCx<'_>,
        options: &WriteOptions,
        sensor: &Sensor,
        (height, width, channels): (usize, usize, usize),
        samples: Samples<'_>,
    ) -> Result<()> {
        let row = width * channels;
        let (size, float) = if matches!(samples, Samples::F32(_)) { (4, true) } else { (2, false) };
        let side = tile_width(width);
        let packed: Option<Vec<Vec<u8>>> = match (&samples, options.compression) {
            (Samples::U16(samples), Compression::Ljpeg) => {
                cx.check_cancelled()?;
                let components = if channels == 1 { 2 } else { channels };
                let tiles = height.div_ceil(TILE) * width.div_ceil(side);
                let pack =
                    |at| ljpeg::encode(&tile(samples, (height, width, channels), at), side * channels, components);
                Some(imageio_parallel::map((0..tiles).collect(), tiles > 1, pack))
            }
            (Samples::F32(_), Compression::Ljpeg) => {
                return Err(Error::new(ErrorKind::InvalidOption, "option `compression`: lossless JPEG packs integers")
                    .with_hint("compression = \"none\", or an array of uint16"));
            }
            _ => None,
        };
        let lengths: Vec<u64> = match &packed {
            Some(tiles) => tiles.iter().map(|s| s.len() as u64).collect(),
            None => vec![(row * height * size) as u64],
        };
        let total: u64 = lengths.iter().sum();
        if total > u64::from(u32::MAX) - (64 << 20) {
            return Err(Error::mismatch("the samples do not fit into a file of 4 GiB, which is all that DNG has"));
        }
        let mut offsets = Vec::new();
        let mut at = 0u64;
        for length in &lengths {
            offsets.push(at as u32);
            at += length;
        }
        let mut main = sensor.fields(height, width, channels, float);
        let long = |v: u64| Content::Bytes((v as u32).to_le_bytes().to_vec());
        main.push((259, 3, Content::Bytes((if packed.is_some() { 7u16 } else { 1 }).to_le_bytes().to_vec())));
        let places = match packed.is_some() {
            true => {
                main.push((322, 4, long(side as u64)));
                main.push((323, 4, long(TILE as u64)));
                (324, 325)
            }
            false => {
                main.push((278, 4, long(height as u64)));
                (273, 279)
            }
        };
        main.push((places.0, 4, Content::Data(offsets)));
        main.push((places.1, 4, Content::Bytes(lengths.iter().flat_map(|n| (*n as u32).to_le_bytes()).collect())));
        let directories = with_exif(main, cx.metadata())?;
        self.sink.write_all(&assemble(Endian::Little, directories))?;
        match (packed, samples) {
            (Some(strips), _) => {
                for strip in strips {
                    self.sink.write_all(&strip)?;
                }
            }
            (None, Samples::U16(samples)) => self.plain(cx, samples, row, |v| v.to_le_bytes())?,
            (None, Samples::F32(samples)) => self.plain(cx, samples, row, |v| v.to_le_bytes())?,
        }
        Ok(())
    }

    fn plain<T: Copy, const N: usize>(
        &mut self,
        cx: &WriteCx<'_>,
        samples: &[T],
        row: usize,
        bytes: impl Fn(T) -> [u8; N],
    ) -> Result<()> {
        let mut buffer = Vec::with_capacity(row * N * STRIP);
        for part in samples.chunks(row * STRIP) {
            cx.check_cancelled()?;
            buffer.clear();
            buffer.extend(part.iter().flat_map(|v| bytes(*v)));
            self.sink.write_all(&buffer)?;
        }
        Ok(())
    }
}

/// Columns of a tile: a multiple of 16, and no more than the image has, since some readers go to the next row there.
fn tile_width(width: usize) -> usize {
    TILE.min((width / 16 * 16).max(16))
}

/// Tile `at`; what lies beyond the edge repeats the elements of the same colour before it.
fn tile(samples: &[u16], (height, width, channels): (usize, usize, usize), at: usize) -> Vec<u16> {
    let side = tile_width(width);
    let across = width.div_ceil(side);
    let (top, left) = (at / across * TILE, at % across * side);
    let mut out = Vec::with_capacity(side * TILE * channels);
    let inside = |at: usize, n: usize| match at < n {
        true => at,
        false => (n - 1).saturating_sub((at - n + 1) % 2),
    };
    for y in top..top + TILE {
        let row = inside(y, height) * width;
        for x in left..left + side {
            let from = (row + inside(x, width)) * channels;
            out.extend_from_slice(&samples[from..from + channels]);
        }
    }
    out
}

fn numbers(value: Option<&Value>) -> Option<Vec<f64>> {
    let list = value?.as_list().map(|list| list.iter().map(Value::as_f64).collect::<Option<Vec<f64>>>());
    list.unwrap_or_else(|| value?.as_f64().map(|v| vec![v])).filter(|v| v.iter().all(|v| v.is_finite()))
}

impl Sensor {
    fn new(
        options: &WriteOptions,
        metadata: Option<&Metadata>,
        height: usize,
        width: usize,
        channels: usize,
        dtype: Dtype,
    ) -> Result<Self> {
        let wrong = |name: &str, why: String| Error::new(ErrorKind::InvalidOption, format!("option `{name}`: {why}"));
        let meta = |key: &str| metadata.and_then(|m| m.get(&format!("raw/{key}")));
        let text = |key: &str| meta(key).and_then(Value::as_str).map(str::to_owned);
        let list = |option: &Option<Vec<f64>>, key: &str| option.clone().or_else(|| numbers(meta(key)));
        let letters = options.cfa_pattern.clone().or_else(|| text("cfa_pattern"));
        let cfa = match (channels, letters) {
            (1, Some(letters)) => Some(
                Cfa::from_letters(&letters.to_ascii_uppercase()).map_err(|e| wrong("cfa_pattern", e.to_string()))?,
            ),
            (1, None) => {
                return Err(Error::mismatch("which filters the mosaic has is not known")
                    .with_hint("option `cfa_pattern`, such as \"RGGB\", or metadata with `raw/cfa_pattern`"));
            }
            _ => None,
        };
        let black = list(&options.black_level, "black_level").unwrap_or_else(|| vec![0.0]);
        if !matches!(black.len(), 1 | 4) || black.iter().any(|v| !v.is_finite() || !(0.0..=65535.0).contains(v)) {
            return Err(wrong("black_level", "one number or four, from 0 to 65535".to_owned()));
        }
        let full = if dtype == Dtype::F32 { 1.0 } else { 65535.0 };
        let white = options.white_level.map(f64::from).or_else(|| meta("white_level")?.as_f64()).unwrap_or(full);
        if !white.is_finite() || white <= black.iter().copied().fold(0.0, f64::max) {
            return Err(wrong("white_level", format!("{white} is not above black")));
        }
        // Without a camera's matrix its colours are taken to be those of linear sRGB.
        let unknown = || vec![3.2406, -1.5372, -0.4986, -0.9689, 1.8758, 0.0415, 0.0557, -0.2040, 1.0570];
        let matrix = list(&options.color_matrix, "color_matrix").unwrap_or_else(unknown);
        if matrix.len() != 9 || matrix.iter().any(|v| v.abs() > 1000.0) {
            return Err(wrong("color_matrix", "nine numbers".to_owned()));
        }
        let neutral = match list(&options.camera_whitebalance, "camera_whitebalance") {
            Some(v) if v.len() >= 3 && v[..3].iter().all(|m| *m > 0.0) => {
                Some(v[..3].iter().map(|m| v[1] / m).collect())
            }
            Some(_) => return Err(wrong("camera_whitebalance", "three or four numbers above 0".to_owned())),
            None => None,
        };
        let exif =
            |key: &str| metadata.and_then(|m| m.get(&format!("exif/{key}"))).and_then(Value::as_str).map(str::to_owned);
        let camera = match &options.camera {
            Some(name) => {
                let (make, _) = name.split_once(' ').unwrap_or((name, ""));
                (make.to_owned(), name.clone())
            }
            None => (
                exif("Make").or_else(|| text("make")).unwrap_or_default(),
                exif("Model").or_else(|| text("model")).unwrap_or_default(),
            ),
        };
        let inside = |v: &Vec<f64>| {
            v.len() == 4 && v.iter().all(|n| *n >= 0.0) && v[0] + v[2] <= height as f64 && v[1] + v[3] <= width as f64
        };
        let same_size = meta("raw_height").and_then(Value::as_u64) == Some(height as u64)
            && meta("raw_width").and_then(Value::as_u64) == Some(width as u64);
        let area = |key: &str| numbers(meta(key)).filter(|v| same_size && inside(v) && v[2] > 0.0 && v[3] > 0.0);
        let (visible, crop) = (area("visible_area"), area("default_crop"));
        Ok(Sensor { cfa, black, white, matrix, neutral, camera, visible, crop })
    }

    fn fields(&self, height: usize, width: usize, channels: usize, float: bool) -> Fields {
        let short = |v: &[u16]| Content::Bytes(v.iter().flat_map(|v| v.to_le_bytes()).collect());
        let long = |v: &[u32]| Content::Bytes(v.iter().flat_map(|v| v.to_le_bytes()).collect());
        let byte = |v: &[u8]| Content::Bytes(v.to_vec());
        let text = |s: &str| Content::Bytes([s.as_bytes(), &[0]].concat());
        let ratio = |v: f64| [((v * 1e6).round() as i32).to_le_bytes(), 1_000_000i32.to_le_bytes()].concat();
        let ratios = |v: &[f64]| Content::Bytes(v.iter().flat_map(|v| ratio(*v)).collect());
        let (make, model) = &self.camera;
        let (make, model) = (non_empty(make, "Unknown"), non_empty(model, "Unknown"));
        let bits = if float { 32u16 } else { 16 };
        let mut out: Fields = vec![
            (254, 4, long(&[0])),
            (256, 4, long(&[width as u32])),
            (257, 4, long(&[height as u32])),
            (258, 3, short(&vec![bits; channels])),
            (262, 3, short(&[if self.cfa.is_some() { 32803 } else { 34892 }])),
            (271, 2, text(make)),
            (272, 2, text(model)),
            (274, 3, short(&[1])),
            (277, 3, short(&[channels as u16])),
            (284, 3, short(&[1])),
            (339, 3, short(&vec![if float { 3 } else { 1 }; channels])),
            (50706, 1, byte(&[1, 4, 0, 0])),
            (50707, 1, byte(if float { &[1, 4, 0, 0] } else { &[1, 1, 0, 0] })),
            (50708, 2, text(&format!("{make} {model}"))),
            (50721, 10, ratios(&self.matrix)),
            (50778, 3, short(&[21])),
        ];
        if let Some(cfa) = &self.cfa {
            let area = self.visible.as_deref().unwrap_or(&[0.0; 4]);
            let seen = cfa.shifted(area[0] as usize, area[1] as usize);
            let colors: Vec<u8> = (0..cfa.height())
                .flat_map(|y| (0..cfa.width()).map(move |x| (y, x)))
                .map(|(y, x)| if seen.at(y, x) == 3 { 1 } else { seen.at(y, x) })
                .collect();
            out.push((33421, 3, short(&[cfa.height() as u16, cfa.width() as u16])));
            out.push((33422, 1, byte(&colors)));
            out.push((50711, 3, short(&[1])));
            // One level for each filter where they differ.
            let (rows, columns) = (cfa.height(), cfa.width());
            let level = |y: usize, x: usize| match &self.black[..] {
                [r, g, b, e] => {
                    let second = seen.at(y, x) == 3 || seen.at(y, x) == 1 && cfa.is_bayer() && y % 2 == 1;
                    if second { *e } else { [*r, *g, *b][usize::from(seen.at(y, x)) % 3] }
                }
                other => other.first().copied().unwrap_or(0.0),
            };
            let levels: Vec<f64> =
                (0..rows).flat_map(|y| (0..columns).map(move |x| (y, x))).map(|(y, x)| level(y, x)).collect();
            if levels.iter().any(|v| *v != levels[0]) {
                out.push((50713, 3, short(&[rows as u16, columns as u16])));
                out.push((50714, 5, level_ratios(&levels)));
            } else {
                out.push((50714, 5, level_ratios(&levels[..1])));
            }
        } else {
            let levels: Vec<f64> = (0..channels).map(|c| *self.black.get(c).unwrap_or(&self.black[0])).collect();
            out.push((50714, 5, level_ratios(&levels)));
        }
        out.push((50717, 4, long(&vec![self.white.round().clamp(1.0, 4e9) as u32; channels])));
        if let Some(neutral) = &self.neutral {
            out.push((50728, 5, ratios(neutral)));
        }
        if let Some(&[top, left, height, width]) = self.visible.as_deref() {
            out.push((50829, 4, long(&[top as u32, left as u32, (top + height) as u32, (left + width) as u32])));
        }
        if let Some(&[top, left, height, width]) = self.crop.as_deref() {
            let from = self.visible.as_deref().unwrap_or(&[0.0; 4]);
            let origin = [(left - from[1]).max(0.0) as u32, (top - from[0]).max(0.0) as u32];
            out.push((50719, 4, long(&origin)));
            out.push((50720, 4, long(&[width as u32, height as u32])));
        }
        out
    }
}

fn level_ratios(levels: &[f64]) -> Content {
    let one = |v: &f64| [((v * 256.0).round() as u32).to_le_bytes(), 256u32.to_le_bytes()].concat();
    Content::Bytes(levels.iter().flat_map(one).collect())
}

fn non_empty<'t>(text: &'t str, other: &'t str) -> &'t str {
    if text.trim().is_empty() { other } else { text }
}

/// The directory with what EXIF says, which the samples' own tags outrank, and the directories below.
fn with_exif(mut main: Fields, metadata: Option<&Metadata>) -> Result<Vec<Fields>> {
    let Some(tree) = metadata.and_then(|m| m.get_section("exif")) else { return Ok(vec![main]) };
    let mut tree = tree.clone();
    tree.remove("Thumbnail");
    let block = imageio_exif::write(&tree)?;
    let source = Source::memory(block);
    let Some(tiff) = Tiff::open(&source)? else { return Ok(vec![main]) };
    let first = tiff.directory(tiff.first)?;
    let little = |entry: &Entry| -> Result<Content> {
        let mut bytes = tiff.bytes(entry)?;
        if tiff.endian == Endian::Big {
            let unit = match entry.kind {
                3 | 8 => 2,
                4 | 9 | 11 | 5 | 10 | 13 => 4,
                12 => 8,
                _ => 1,
            };
            bytes.chunks_exact_mut(unit).for_each(<[u8]>::reverse);
        }
        Ok(Content::Bytes(bytes))
    };
    let own = |tag: u16| matches!(tag, 34665 | 34853 | 40965 | 513 | 514);
    for entry in first.entries.iter().filter(|e| !own(e.tag)) {
        // Orientation is the one tag of the samples' own that EXIF knows better.
        if entry.tag == 274 {
            main.retain(|f| f.0 != 274);
        }
        if !main.iter().any(|f| f.0 == entry.tag) && !(256..=284).contains(&entry.tag)
            || entry.tag == 274
            || entry.tag == 270
        {
            main.push((entry.tag, entry.kind, little(entry)?));
        }
    }
    let mut list = vec![main];
    for (from, tag) in [(0, 34665u16), (0, 34853)] {
        let Some(offset) = tiff.uint(&first, tag) else { continue };
        let ifd = tiff.directory(offset)?;
        let mut fields = Fields::new();
        for entry in ifd.entries.iter().filter(|e| !own(e.tag)) {
            fields.push((entry.tag, entry.kind, little(entry)?));
        }
        let to = list.len();
        list[from].push((tag, 4, Content::Link(to)));
        list.push(fields);
    }
    Ok(list)
}
