//! Options, their defaults and metadata as entries of a page's directory.

use imageio_core::{Dtype, Error, ErrorKind, Metadata, Result, Value};

use crate::encode::ifd::{Field, Format};
use crate::encode::{Arrangement, Jpeg, Scheme};
use crate::ifd::Endian;
use crate::json::quote;
use crate::metadata::PHOTOMETRICS;
use crate::options::{Compression, Predictor, ResolutionUnit, WriteOptions};
use crate::spacing::spacing;
use crate::tags::tag;

/// Bytes of a strip that is compressed, about.
const STRIP: usize = 256 << 10;
/// Sides of the tiles of a pyramid.
const PYRAMID_TILE: (usize, usize) = (256, 256);

/// How strips and tiles are stored, from options and their defaults.
pub(crate) fn scheme(options: &WriteOptions, a: &Arrangement, dtype: Dtype, endian: Endian) -> Result<Scheme> {
    let tile = match options.tile.as_slice() {
        [] if options.pyramid > 0 && options.rows_per_strip.is_none() => Some(PYRAMID_TILE),
        [] => None,
        &[length, width] if length > 0 && width > 0 && length % 16 == 0 && width % 16 == 0 => {
            Some((length as usize, width as usize))
        }
        &[side] if side > 0 && side % 16 == 0 => Some((side as usize, side as usize)),
        other => {
            return Err(Error::mismatch(format!("option `tile` is {other:?}"))
                .with_hint("it is length and width in pixels, multiples of 16"));
        }
    };
    if options.rows_per_strip.is_some() && tile.is_some() {
        return Err(Error::mismatch("options `tile` and `rows_per_strip` exclude each other"));
    }
    let runs = matches!(options.compression, Compression::None | Compression::PackBits | Compression::Jpeg);
    match options.predictor {
        // Few readers undo a predictor here, since there it only costs.
        Predictor::Horizontal | Predictor::Float if runs => {
            return Err(Error::mismatch(format!(
                "a predictor has no use with compression `{}`",
                options.compression.word()
            ))
            .with_hint("use it with lzw, deflate, zstd or lzma"));
        }
        Predictor::Horizontal if !dtype.is_integer() => {
            return Err(Error::mismatch(format!("the horizontal predictor is for integers, the image is {dtype}"))
                .with_hint("for floats, use `predictor=float`"));
        }
        Predictor::Float if !dtype.is_float() => {
            return Err(Error::mismatch(format!("the floating-point predictor is for floats, the image is {dtype}"))
                .with_hint("for integers, use `predictor=horizontal`"));
        }
        _ => {}
    }
    let jpeg = match options.compression {
        Compression::Jpeg => {
            let stored = match options.photometric.as_ref().map(|_| photometric(options, a)).transpose()? {
                None | Some(6) => false,
                Some(2) => true,
                Some(_) if a.contig() == 1 => true,
                Some(_) => return Err(Error::mismatch("three samples as JPEG are `photometric` rgb or ycbcr")),
            };
            Some(Jpeg::new(a, dtype, options.quality, &options.subsampling, stored)?)
        }
        _ => None,
    };
    let row = a.width * a.contig() * dtype.size();
    // Streams hold whole blocks, and only the last may end within one.
    let multiple = jpeg.map_or(1, Jpeg::rows);
    let rows_per_strip = match options.rows_per_strip {
        Some(0) => return Err(Error::mismatch("option `rows_per_strip` is 0")),
        Some(rows) if rows as usize >= a.length => a.length,
        Some(rows) if rows as usize % multiple != 0 => {
            return Err(Error::mismatch(format!("strips of {rows} rows as JPEG"))
                .with_hint(format!("`rows_per_strip` is a multiple of {multiple}")));
        }
        Some(rows) => rows as usize,
        None if options.compression == Compression::None => a.length,
        None => (STRIP / row.max(1) / multiple * multiple).max(multiple).min(a.length),
    };
    Ok(Scheme {
        compression: options.compression,
        level: level(options, dtype)?,
        predictor: options.predictor,
        jpeg,
        endian,
        tile,
        rows_per_strip,
    })
}

/// The level of the compression: the one asked for if it has that, else its usual one.
fn level(options: &WriteOptions, dtype: Dtype) -> Result<i32> {
    let (levels, usual) = match options.compression {
        // Fast levels look for matches of six bytes and more, which pictures have few of and numbers of four bytes many.
        Compression::Zstd => (-7..=22, if dtype.size() > 2 && options.predictor == Predictor::None { 3 } else { 1 }),
        _ => (0..=9, 6),
    };
    match options.level {
        None => Ok(usual),
        Some(level) if levels.contains(&level) => Ok(level),
        Some(level) => {
            let word = options.compression.word();
            let (low, high) = levels.into_inner();
            Err(Error::new(ErrorKind::InvalidOption, format!("option `level` is {level} with compression `{word}`"))
                .with_hint(format!("it is {low} to {high} with `{word}`, and -7 to 22 with `zstd`")))
        }
    }
}

/// The entries of every page.
pub(crate) fn page_fields(
    f: Format,
    options: &WriteOptions,
    a: &Arrangement,
    dtype: Dtype,
    scheme: &Scheme,
    metadata: Option<&Metadata>,
) -> Result<Vec<Field>> {
    let (bits, sample_format) = match dtype {
        Dtype::Bool => (1, 1),
        Dtype::U8 => (8, 1),
        Dtype::U16 => (16, 1),
        Dtype::U32 => (32, 1),
        Dtype::U64 => (64, 1),
        Dtype::I8 => (8, 2),
        Dtype::I16 => (16, 2),
        Dtype::I32 => (32, 2),
        Dtype::I64 => (64, 2),
        Dtype::F16 => (16, 3),
        Dtype::F32 => (32, 3),
        Dtype::F64 => (64, 3),
        Dtype::C64 => (64, 6),
        Dtype::C128 => (128, 6),
    };
    let map = colour_map(options, a, dtype, metadata)?;
    let photometric = match &map {
        Some(_) if scheme.jpeg.is_some() => {
            return Err(Error::mismatch("a palette with JPEG, which does not keep indices").with("option", "colormap"));
        }
        Some(_) => 3,
        None if scheme.jpeg.is_some_and(|jpeg| jpeg.chroma.is_some()) => 6,
        None => photometric(options, a)?,
    };
    let compression = match options.compression {
        Compression::None => 1,
        Compression::Lzw => 5,
        Compression::Deflate => 8,
        Compression::PackBits => 32773,
        Compression::Zstd => 50000,
        Compression::Lzma => 34925,
        Compression::Jpeg => 7,
    };
    let repeated = |v: u16| vec![v; a.samples];
    let mut fields = vec![
        f.long(tag::IMAGE_WIDTH, a.width as u64)?,
        f.long(tag::IMAGE_LENGTH, a.length as u64)?,
        f.short(tag::BITS_PER_SAMPLE, &repeated(bits)),
        f.short(tag::COMPRESSION, &[compression]),
        f.short(tag::PHOTOMETRIC, &[photometric]),
        f.short(tag::SAMPLES_PER_PIXEL, &[a.samples as u16]),
        f.short(tag::PLANAR_CONFIGURATION, &[if a.planar { 2 } else { 1 }]),
    ];
    if a.pages > 1 {
        fields.push(f.long(tag::NEW_SUBFILE_TYPE, 2)?);
    }
    if let Some(jpeg) = scheme.jpeg {
        fields.push(f.bytes(tag::JPEG_TABLES, 7, &jpeg.tables(a.contig())?));
        if let Some((h, v)) = jpeg.chroma {
            fields.push(f.short(tag::YCBCR_SUBSAMPLING, &[h, v]));
            // The full range; without it, values would be those of video.
            let range = [0.0, 255.0, 128.0, 255.0, 128.0, 255.0].map(|v| f.rational(tag::REFERENCE_BLACK_WHITE, v));
            let bytes = range.into_iter().flat_map(|v| v.bytes).collect();
            fields.push(Field { tag: tag::REFERENCE_BLACK_WHITE, kind: 5, count: 6, bytes });
        }
    }
    if let Some(map) = map {
        fields.push(f.short(tag::COLOR_MAP, &map));
    }
    if sample_format != 1 {
        fields.push(f.short(tag::SAMPLE_FORMAT, &repeated(sample_format)));
    }
    match options.predictor {
        Predictor::None => {}
        Predictor::Horizontal => fields.push(f.short(tag::PREDICTOR, &[2])),
        Predictor::Float => fields.push(f.short(tag::PREDICTOR, &[3])),
    }
    let colours = match photometric {
        2 | 6 | 8 => 3,
        5 => 4,
        _ => 1,
    };
    if a.samples > colours {
        let extra = a.samples - colours;
        // One sample more is transparency that was not multiplied in; more than one mean nothing in particular.
        let usual = if extra == 1 { vec![2] } else { vec![0; extra] };
        fields.push(f.short(tag::EXTRA_SAMPLES, &extra_samples_read(metadata, extra).unwrap_or(usual)));
    }
    match scheme.tile {
        Some((length, width)) => {
            fields.push(f.long(tag::TILE_WIDTH, width as u64)?);
            fields.push(f.long(tag::TILE_LENGTH, length as u64)?);
        }
        None => fields.push(f.long(tag::ROWS_PER_STRIP, scheme.rows_per_strip as u64)?),
    }
    Ok(fields)
}

/// What `extra` samples beyond the colours meant in the TIFF that the pixels come from, such as alpha that the colours
/// are multiplied by: the copy has the same samples.
fn extra_samples_read(metadata: Option<&Metadata>, extra: usize) -> Option<Vec<u16>> {
    let read = match metadata?.get("tags/ExtraSamples")? {
        Value::List(list) => list.iter().map(Value::as_u64).collect::<Option<Vec<_>>>()?,
        one => vec![one.as_u64()?],
    };
    let known = read.len() == extra && read.iter().all(|kind| *kind <= 2);
    known.then(|| read.into_iter().map(|kind| kind as u16).collect())
}

/// The palette of an image of indices: reds, then greens, then blues, of 16 bits each.
fn colour_map(
    options: &WriteOptions,
    a: &Arrangement,
    dtype: Dtype,
    metadata: Option<&Metadata>,
) -> Result<Option<Vec<u16>>> {
    let wanted = match dtype {
        Dtype::U8 => 3 << 8,
        Dtype::U16 => 3 << 16,
        _ => 0,
    };
    if let Some(value) = &options.colormap {
        let numbers: Option<Vec<u16>> = match value {
            Value::Bytes(bytes) => Some(bytes.iter().map(|v| u16::from(*v) * 257).collect()),
            Value::List(items) => items.iter().map(|v| v.as_u64().and_then(|v| u16::try_from(v).ok())).collect(),
            _ => None,
        };
        let fits = |map: &Vec<u16>| map.len() == wanted && a.samples == 1;
        return match numbers.filter(fits) {
            Some(map) => Ok(Some(map)),
            None => Err(Error::mismatch(format!("option `colormap` does not fit an image of {dtype} samples"))
                .with_hint(
                    "768 numbers of 0 to 65535 for uint8 (all reds, then greens, then blues), or as many bytes",
                )),
        };
    }
    // A palette that was read goes back with indices of the same kind.
    let of = |key: &str| metadata.and_then(|m| m.get(key));
    let is_palette = of("photometric").and_then(Value::as_str) == Some("palette") && options.photometric.is_none();
    let list =
        of("tags/ColorMap").and_then(Value::as_list).filter(|l| is_palette && l.len() == wanted && a.samples == 1);
    Ok(list.and_then(|l| l.iter().map(|v| v.as_u64().and_then(|v| u16::try_from(v).ok())).collect()))
}

/// The option `extra_tags`: lists of number, type and value, or texts `number:type:value`.
pub(crate) fn extra_tags(f: Format, options: &WriteOptions) -> Result<Vec<Field>> {
    let one = |item: &Value| -> Option<Field> {
        let (number, kind, value) = match item {
            Value::List(parts) => match parts.as_slice() {
                [number, kind, value] => (number.as_u64()?, kind.clone(), value.clone()),
                _ => return None,
            },
            Value::Str(text) => {
                let mut parts = text.splitn(3, ':');
                let (number, kind, value) = (parts.next()?.trim().parse().ok()?, parts.next()?.trim(), parts.next()?);
                let value = match kind {
                    "ascii" | "2" => Value::from(value),
                    _ if value.contains(',') => Value::List(value.split(',').map(|v| Value::parse(v.trim())).collect()),
                    _ => Value::parse(value.trim()),
                };
                (number, Value::parse(kind), value)
            }
            _ => return None,
        };
        let kind = match kind.as_u64() {
            Some(number) => u16::try_from(number).ok()?,
            None => match kind.as_str()? {
                "byte" => 1,
                "ascii" => 2,
                "short" => 3,
                "long" => 4,
                "rational" => 5,
                "undefined" => 7,
                "float" => 11,
                "double" => 12,
                "long8" => 16,
                _ => return None,
            },
        };
        let number = u16::try_from(number).ok().filter(|n| *n >= 270 && !STRUCTURE.contains(n))?;
        f.value(number, kind, &value)
    };
    let each = options.extra_tags.iter().map(|item| {
        one(item).ok_or_else(|| {
            Error::mismatch(format!("option `extra_tags`: `{item}` can't be written"))
                .with_hint("number, type and value, such as `65000:short:1,2,3`; tags that say how pixels are stored are not taken")
        })
    });
    each.collect()
}

/// Tags that say how pixels are stored.
const STRUCTURE: [u16; 21] = [
    tag::STRIP_OFFSETS,
    tag::SAMPLES_PER_PIXEL,
    tag::ROWS_PER_STRIP,
    tag::STRIP_BYTE_COUNTS,
    tag::PLANAR_CONFIGURATION,
    tag::PREDICTOR,
    tag::COLOR_MAP,
    tag::TILE_WIDTH,
    tag::TILE_LENGTH,
    tag::TILE_OFFSETS,
    tag::TILE_BYTE_COUNTS,
    tag::SUB_IFDS,
    tag::EXTRA_SAMPLES,
    tag::SAMPLE_FORMAT,
    tag::JPEG_TABLES,
    tag::IMAGE_DEPTH,
    tag::TILE_DEPTH,
    tag::EXIF_IFD,
    tag::GPS_IFD,
    tag::YCBCR_SUBSAMPLING,
    tag::IMAGE_DESCRIPTION,
];

fn photometric(options: &WriteOptions, a: &Arrangement) -> Result<u16> {
    let Some(value) = &options.photometric else {
        return Ok(if matches!(a.samples, 3 | 4) { 2 } else { 1 });
    };
    let word = value.to_string().to_ascii_lowercase();
    let found = match value.as_u64().and_then(|n| u16::try_from(n).ok()) {
        Some(number) => Some(number),
        None => PHOTOMETRICS.iter().find(|(_, name)| *name == word).map(|(number, _)| *number),
    };
    let needs = |n: u16| match n {
        2 | 6 | 8 => 3,
        5 => 4,
        _ => 1,
    };
    match found {
        Some(number @ (0 | 1 | 2 | 5 | 6 | 8 | 9 | 10 | 32803)) if a.samples >= needs(number) => Ok(number),
        Some(number @ (0 | 1 | 2 | 5 | 6 | 8)) => Err(Error::mismatch(format!(
            "photometric `{word}` needs {} samples in a pixel, there are {}",
            needs(number),
            a.samples
        ))),
        _ => Err(Error::mismatch(format!("option `photometric`: `{word}` can't be written"))
            .with_hint("minisblack, miniswhite, rgb, separated, ycbcr, cielab")),
    }
}

/// The description that says what shape the array has.
pub(crate) fn shaped_description(shape: &[usize], axes: Option<&str>) -> String {
    let list: Vec<String> = shape.iter().map(usize::to_string).collect();
    let axes = axes.map_or_else(String::new, |a| format!(", \"axes\": {}", quote(&a.to_ascii_uppercase())));
    format!("{{\"shape\": [{}]{axes}}}", list.join(", "))
}

/// Width, height and unit of a pixel as the options have them.
pub(crate) fn pixel_size(options: &WriteOptions) -> Result<Option<(f64, f64, &str)>> {
    let unit = options.pixel_unit.as_deref().unwrap_or("µm");
    let good = options.pixel_size.iter().all(|v| v.is_finite() && *v > 0.0);
    match options.pixel_size.as_slice() {
        [] => Ok(None),
        [one] if good => Ok(Some((*one, *one, unit))),
        [x, y] | [x, y, _] if good => Ok(Some((*x, *y, unit))),
        other => Err(Error::mismatch(format!("option `pixel_size` is {other:?}"))
            .with_hint("width, height and, for volumes, the distance of slices, in `pixel_unit`")),
    }
}

/// Pixels per unit as options or metadata have them.
pub(crate) fn resolution(options: &WriteOptions, metadata: Option<&Metadata>) -> Result<Option<(f64, f64, u16)>> {
    let unit = |u: ResolutionUnit| match u {
        ResolutionUnit::None => 1,
        ResolutionUnit::Inch => 2,
        ResolutionUnit::Centimetre => 3,
    };
    let given = match options.resolution.as_slice() {
        [] => None,
        [one] => Some((*one, *one)),
        [x, y] => Some((*x, *y)),
        _ => return Err(Error::mismatch("option `resolution` is one number or two")),
    };
    if let Some((x, y)) = given {
        if !(x > 0.0 && y > 0.0 && x.is_finite() && y.is_finite()) {
            return Err(Error::mismatch("option `resolution` is not positive"));
        }
        return Ok(Some((x, y, options.resolution_unit.map_or(2, unit))));
    }
    if let Some((x, y, unit)) = pixel_size(options)? {
        // ImageJ says the unit in its description.
        if options.imagej {
            return Ok(Some((1.0 / x, 1.0 / y, 1)));
        }
        let size = spacing(1.0, unit);
        let centimetres = match size.unit {
            imageio_core::Unit::Metre => 100.0,
            imageio_core::Unit::Millimetre => 0.1,
            imageio_core::Unit::Micrometre => 1e-4,
            imageio_core::Unit::Nanometre => 1e-7,
            imageio_core::Unit::Inch => 2.54,
            _ => return Ok(Some((1.0 / x, 1.0 / y, 1))),
        } * size.value;
        return Ok(Some((1.0 / (x * centimetres), 1.0 / (y * centimetres), 3)));
    }
    let pair = |key: &str| {
        let value = metadata?.get(key)?;
        let (x, y) = match value {
            Value::List(items) => (items.first()?.as_f64()?, items.get(1)?.as_f64()?),
            one => (one.as_f64()?, one.as_f64()?),
        };
        (x > 0.0 && y > 0.0 && x.is_finite() && y.is_finite()).then_some((x, y))
    };
    if let Some((x, y)) = pair("resolution") {
        let stored = metadata.and_then(|m| m.get("resolution_unit")).and_then(Value::as_u64).unwrap_or(2);
        let unit = options.resolution_unit.map_or(stored.min(5) as u16, unit);
        return Ok(Some((x, y, unit)));
    }
    Ok(pair("dpi").map(|(x, y)| (x, y, 2)))
}
