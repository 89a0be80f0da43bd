//! Raw images in TIFF directories: DNG (Adobe DNG Specification 1.6), and other makers' files that describe their
//! samples in the same tags.

use imageio_core::{Error, Orientation, Result};
use imageio_demosaic::Cfa;
use imageio_demosaic::color::{IDENTITY, Matrix, apply, multiply};

use crate::facts::{Area, Facts};
use crate::ifd::{Ifd, Tiff};
use crate::sony;

/// Values of PhotometricInterpretation.
pub(crate) const CFA: u64 = 32803;
pub(crate) const LINEAR_RAW: u64 = 34892;

/// How the samples are stored.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Layout {
    pub compression: u64,
    pub bits: u64,
    pub predictor: u64,
    /// Size of a strip or tile.
    pub chunk_width: usize,
    pub chunk_height: usize,
    /// Strips end with the image, tiles may reach beyond.
    pub tiled: bool,
    pub offsets: Vec<u64>,
    pub lengths: Vec<u64>,
    /// What stored values stand for, by value (LinearizationTable).
    pub curve: Vec<u16>,
    /// Curves of lossy 8-bit samples, by channel.
    pub lossy: Option<Vec<Vec<u16>>>,
}

/// A raw image that this crate decodes itself.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Dng {
    pub facts: Facts,
    pub layout: Layout,
}

impl Dng {
    /// `true` if the samples are packed as Sony does, with all that this takes.
    pub fn is_sony(&self) -> bool {
        let (layout, facts) = (&self.layout, &self.facts);
        let bytes = facts.width as u64 * facts.height as u64;
        layout.compression == sony::COMPRESSION
            && !layout.curve.is_empty()
            && facts.cfa.is_some()
            && facts.width % 32 == 0
            && layout.lengths.iter().sum::<u64>() == bytes
    }
}

/// Finds the raw image among the directories; `None` if none says that it is one.
pub(crate) fn find(tiff: &Tiff<'_, '_>, all: &[Ifd]) -> Result<Option<Dng>> {
    let Some(first) = all.first() else { return Ok(None) };
    let raw = all.iter().filter(|ifd| {
        let photometric = tiff.uint(ifd, 262);
        let main = tiff.uint(ifd, 254).unwrap_or(0) & 1 == 0;
        main && (photometric == Some(CFA) || photometric == Some(LINEAR_RAW))
    });
    let pixels = |ifd: &&Ifd| tiff.uint(ifd, 256).unwrap_or(0).saturating_mul(tiff.uint(ifd, 257).unwrap_or(0));
    match raw.max_by_key(pixels) {
        Some(raw) => Ok(Some(Dng { facts: facts(tiff, first, raw)?, layout: layout(tiff, raw)? })),
        None => Ok(None),
    }
}

/// Make and model as the first directory has them.
pub(crate) fn camera(tiff: &Tiff<'_, '_>, all: &[Ifd]) -> (String, String) {
    let find = |tag| all.iter().find_map(|ifd| tiff.text(ifd, tag)).unwrap_or_default();
    let (make, model) = (find(271), find(272));
    let model = if model.is_empty() { find(50708) } else { model };
    (make, model)
}

fn size(tiff: &Tiff<'_, '_>, ifd: &Ifd, tag: u16, what: &str) -> Result<usize> {
    let value = tiff.uint(ifd, tag).ok_or_else(|| Error::malformed(format!("the raw image has no {what}")))?;
    match usize::try_from(value) {
        Ok(n) if (1..=1 << 24).contains(&n) => Ok(n),
        _ => Err(Error::malformed(format!("{what} of {value}"))),
    }
}

fn facts(tiff: &Tiff<'_, '_>, first: &Ifd, raw: &Ifd) -> Result<Facts> {
    let (make, model) = camera(tiff, std::slice::from_ref(first));
    let (width, height) = (size(tiff, raw, 256, "width")?, size(tiff, raw, 257, "height")?);
    let channels = tiff.uint(raw, 277).unwrap_or(1) as usize;
    if !matches!(channels, 1 | 3) {
        return Err(Error::unsupported(format!("a raw image of {channels} samples a pixel")));
    }
    let float = tiff.uint(raw, 339) == Some(3);
    let cfa = match tiff.uint(raw, 262) {
        Some(CFA) if channels == 1 => Some(pattern(tiff, raw)?),
        _ => None,
    };
    let area = |v: &[u64]| v.iter().map(|n| usize::try_from(*n).unwrap_or(usize::MAX)).collect::<Vec<_>>();
    let whole = Area { top: 0, left: 0, height, width };
    let visible = match tiff.list(raw, 50829).map(|v| area(&v)).as_deref() {
        Some(&[top, left, bottom, right]) if bottom > top && right > left => {
            Area { top, left, height: bottom - top, width: right - left }.within(height, width)
        }
        _ => whole,
    };
    let pair = |tag| tiff.numbers(raw, tag).filter(|v| v.len() == 2);
    let default_crop = match (pair(50719), pair(50720)) {
        (Some(origin), Some(size)) => Area {
            top: visible.top.saturating_add(origin[1].max(0.0).round() as usize),
            left: visible.left.saturating_add(origin[0].max(0.0).round() as usize),
            height: size[1].max(0.0).round() as usize,
            width: size[0].max(0.0).round() as usize,
        }
        .within(height, width),
        _ => visible,
    };
    let bits = tiff.uint(raw, 258).unwrap_or(16);
    let lossy = tiff.uint(raw, 259) == Some(34892);
    let black = black(tiff, raw, cfa.as_ref(), visible).map(|v| if lossy { v * 257.0 } else { v });
    let full = if float { 1.0 } else { ((1u64 << bits.min(16)) - 1) as f32 };
    let white = match tiff.numbers(raw, 50717).and_then(|v| v.first().copied()) {
        _ if lossy => 65535.0,
        Some(white) => white as f32,
        None => match tiff.list(raw, 50712).and_then(|v| v.last().copied()) {
            Some(last) => last as f32,
            None => full,
        },
    };
    let (visible, default_crop) = match cfa.as_ref().is_some_and(Cfa::is_bayer) {
        true => (visible.even(), default_crop.even()),
        false => (visible, default_crop),
    };
    let color = color_matrix(tiff, first);
    let as_shot = as_shot(tiff, first, color.as_ref());
    Ok(Facts {
        make,
        model,
        height,
        width,
        channels,
        float,
        cfa,
        black,
        white,
        xyz_to_camera: color,
        as_shot,
        visible,
        default_crop,
        orientation: Orientation::from_exif(tiff.uint(first, 274).unwrap_or(1)),
        mosaic_only: None,
    })
}

/// The filters, moved from the active area (where the tag counts from) to the sensor's corner.
fn pattern(tiff: &Tiff<'_, '_>, raw: &Ifd) -> Result<Cfa> {
    let dims = tiff.list(raw, 33421).unwrap_or_else(|| vec![2, 2]);
    let &[rows, columns] = dims.as_slice() else { return Err(Error::malformed("the filters have no two dimensions")) };
    let colors = raw.entry(33422).map(|e| tiff.bytes(e)).transpose()?;
    let colors = colors.ok_or_else(|| Error::malformed("the raw image has no pattern of filters"))?;
    // The letters of CFAPlaneColor stand for 0, 1, 2 unless it says otherwise.
    let planes = raw.entry(50710).map(|e| tiff.bytes(e)).transpose()?.unwrap_or_else(|| vec![0, 1, 2]);
    if planes.iter().any(|c| *c > 2) {
        return Err(Error::unsupported("filters other than red, green and blue"));
    }
    let cfa = Cfa::new(columns.min(99) as usize, rows.min(99) as usize, &colors)
        .map_err(|e| Error::malformed(e.to_string()))?;
    let area = tiff.list(raw, 50829).unwrap_or_default();
    let (top, left) = match area.as_slice() {
        &[top, left, _, _] => (top as usize % 1024, left as usize % 1024),
        _ => (0, 0),
    };
    let back = |n: usize, period: usize| (period - n % period) % period;
    Ok(cfa.shifted(back(top, cfa.height()), back(left, cfa.width())))
}

/// Black by colour: the mean of what the repeating levels say where that colour stands.
fn black(tiff: &Tiff<'_, '_>, raw: &Ifd, cfa: Option<&Cfa>, visible: Area) -> [f32; 4] {
    let Some(levels) = tiff.numbers(raw, 50714) else { return [0.0; 4] };
    let Some(cfa) = cfa else {
        let at = |c: usize| levels.get(c).or(levels.first()).map_or(0.0, |v| *v as f32);
        return [at(0), at(1), at(2), at(1)];
    };
    let dims = tiff.list(raw, 50713).unwrap_or_default();
    let (rows, columns) = match dims.as_slice() {
        &[rows, columns] if rows > 0 && rows.saturating_mul(columns) == levels.len() as u64 => {
            (rows as usize, columns as usize)
        }
        _ => (1, 1),
    };
    let (mut sum, mut n) = ([0.0f64; 4], [0.0f64; 4]);
    for y in 0..rows.max(cfa.height()) {
        for x in 0..columns.max(cfa.width()) {
            let mut color = usize::from(cfa.at(visible.top + y, visible.left + x));
            if color == 1 && (visible.top + y) % 2 == 1 && cfa.is_bayer() {
                color = 3;
            }
            sum[color] += levels[y % rows * columns + x % columns];
            n[color] += 1.0;
        }
    }
    let mean = |c: usize| if n[c] > 0.0 { (sum[c] / n[c]) as f32 } else { 0.0 };
    let mut out = [mean(0), mean(1), mean(2), mean(3)];
    // Pictures have one green; where the pattern does not name the second, both share their mean.
    let greens = (sum[1] + sum[3], n[1] + n[3]);
    if greens.1 > 0.0 && !cfa.letters().contains('E') {
        out[1] = (greens.0 / greens.1) as f32;
        out[3] = out[1];
    }
    out
}

/// XYZ to camera colours under D65, or what is nearest to it: analog balance × calibration × colour matrix.
fn color_matrix(tiff: &Tiff<'_, '_>, first: &Ifd) -> Option<Matrix> {
    let square = |tag: u16| -> Option<Matrix> {
        let v = tiff.numbers(first, tag).filter(|v| v.len() == 9)?;
        Some([[v[0], v[1], v[2]], [v[3], v[4], v[5]], [v[6], v[7], v[8]]])
    };
    // D65 first, then others of daylight, then the second, which is the cooler one by convention.
    let rank = |tag| match tiff.uint(first, tag) {
        Some(21) => 3,
        Some(1 | 4 | 9 | 10 | 20 | 22 | 23) => 2,
        _ => 1,
    };
    let second = square(50722).map(|m| (rank(50779), m, square(50724)));
    let one = square(50721).map(|m| (rank(50778), m, square(50723)));
    let (_, mut matrix, calibration) = match (one, second) {
        (Some(a), Some(b)) => {
            if a.0 > b.0 {
                a
            } else {
                b
            }
        }
        (a, b) => a.or(b)?,
    };
    if let Some(calibration) = calibration {
        matrix = multiply(&calibration, &matrix);
    }
    if let Some(balance) = tiff.numbers(first, 50727).filter(|v| v.len() == 3) {
        let mut diagonal = IDENTITY;
        (0..3).for_each(|i| diagonal[i][i] = balance[i]);
        matrix = multiply(&diagonal, &matrix);
    }
    Some(matrix)
}

fn as_shot(tiff: &Tiff<'_, '_>, first: &Ifd, color: Option<&Matrix>) -> Option<[f32; 4]> {
    let neutral = tiff.numbers(first, 50728).filter(|v| v.len() == 3).or_else(|| {
        let xy = tiff.numbers(first, 50729).filter(|v| v.len() == 2 && v[1] > 0.0)?;
        let xyz = [xy[0] / xy[1], 1.0, (1.0 - xy[0] - xy[1]) / xy[1]];
        Some(apply(color?, &xyz).to_vec())
    })?;
    neutral.iter().all(|v| *v > 1e-6).then(|| {
        let m = |i: usize| (1.0 / neutral[i]) as f32;
        [m(0), m(1), m(2), m(1)]
    })
}

fn layout(tiff: &Tiff<'_, '_>, raw: &Ifd) -> Result<Layout> {
    let (width, height) = (size(tiff, raw, 256, "width")?, size(tiff, raw, 257, "height")?);
    let tiled = raw.has(324);
    let (chunk_width, chunk_height) = match tiled {
        true => (size(tiff, raw, 322, "tile width")?, size(tiff, raw, 323, "tile height")?),
        false => (width, tiff.uint(raw, 278).map_or(height, |n| (n as usize).clamp(1, height))),
    };
    let tags = if tiled { (324, 325) } else { (273, 279) };
    let offsets = tiff.list(raw, tags.0).ok_or_else(|| Error::malformed("the raw image says not where it is"))?;
    let lengths = tiff.list(raw, tags.1).unwrap_or_default();
    let chunks = width.div_ceil(chunk_width) * height.div_ceil(chunk_height);
    if offsets.len() < chunks {
        return Err(Error::malformed(format!("{} strips or tiles, {chunks} are needed", offsets.len())));
    }
    let compression = tiff.uint(raw, 259).unwrap_or(1);
    let bits = tiff.uint(raw, 258).unwrap_or(1);
    let curve = match compression {
        sony::COMPRESSION => sony::curve(tiff, raw).unwrap_or_default(),
        _ => tiff.list(raw, 50712).unwrap_or_default().iter().map(|v| (*v).min(65535) as u16).collect(),
    };
    let channels = tiff.uint(raw, 277).unwrap_or(1) as usize;
    Ok(Layout {
        compression,
        bits,
        predictor: tiff.uint(raw, 317).unwrap_or(1),
        chunk_width,
        chunk_height,
        tiled,
        offsets,
        lengths,
        curve,
        lossy: (compression == 34892).then(|| lossy_curves(tiff, raw, channels.min(4))),
    })
}

/// What lossy 8-bit samples stand for: polynomials of OpcodeList2 (DNG 1.6, MapPolynomial), else the curve of sRGB.
fn lossy_curves(tiff: &Tiff<'_, '_>, raw: &Ifd, channels: usize) -> Vec<Vec<u16>> {
    let srgb = |i: usize| {
        let v = i as f64 / 255.0;
        if v <= 0.04045 { v / 12.92 } else { ((v + 0.055) / 1.055).powf(2.4) }
    };
    let mut curves = vec![(0..256).map(|i| (srgb(i) * 65535.0) as u16).collect::<Vec<u16>>(); channels];
    let list = raw.entry(51009).and_then(|e| tiff.bytes(e).ok()).unwrap_or_default();
    let word = |at: usize| list.get(at..at + 4).map(|b| u32::from_be_bytes([b[0], b[1], b[2], b[3]]) as usize);
    let mut at = 4;
    for _ in 0..word(0).unwrap_or(0).min(64) {
        let (Some(id), Some(length)) = (word(at), word(at + 12)) else { break };
        let body = at + 16;
        at = body.saturating_add(length);
        if id != 8 {
            continue;
        }
        let (Some(plane), Some(planes), Some(degree)) = (word(body + 16), word(body + 20), word(body + 32)) else {
            break;
        };
        let number = |k: usize| {
            let b = list.get(body + 36 + 8 * k..body + 44 + 8 * k)?;
            Some(f64::from_be_bytes([b[0], b[1], b[2], b[3], b[4], b[5], b[6], b[7]]))
        };
        let Some(factors) = (0..=degree.min(8)).map(number).collect::<Option<Vec<f64>>>() else { break };
        for curve in curves.iter_mut().skip(plane).take(planes) {
            *curve = (0..256)
                .map(|i| {
                    let x = i as f64 / 255.0;
                    let sum = factors.iter().enumerate().map(|(k, f)| f * x.powi(k as i32)).sum::<f64>();
                    (sum * 65535.0).clamp(0.0, 65535.0) as u16
                })
                .collect();
        }
    }
    curves
}
