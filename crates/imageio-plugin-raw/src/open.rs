//! From a file to what decodes it: this crate's own readers where tags describe the samples, rawloader otherwise.

use imageio_core::{Error, ErrorKind, Limits, Orientation, Result};
use imageio_demosaic::Cfa;

use crate::decode;
use crate::dng::{self, Dng};
use crate::facts::{Area, Facts, Samples};
use crate::ifd::{Endian, Ifd, Tiff};
use crate::kodak;
use crate::source::Source;

/// What decodes a file.
pub(crate) enum Decoder {
    /// Directories that say everything.
    Dng { dng: Box<Dng>, endian: Endian },
    /// Kodak's own compression.
    Kodak { facts: Box<Facts>, offset: u64, fine: bool },
    /// rawloader.
    Loader { facts: Box<Facts> },
}

impl Decoder {
    pub fn facts(&self) -> &Facts {
        match self {
            Decoder::Dng { dng, .. } => &dng.facts,
            Decoder::Kodak { facts, .. } | Decoder::Loader { facts } => facts,
        }
    }

    /// Looks at headers; rawloader wants to see the whole file for that, but decodes nothing.
    pub fn find(source: &Source<'_>, limits: &Limits) -> Result<Self> {
        let tiff = Tiff::open(source)?;
        let mut own = None;
        let mut camera = (String::new(), String::new());
        if let Some(tiff) = &tiff {
            let all = tiff.all()?;
            camera = dng::camera(tiff, &all);
            if let Some(offset) = kodak::offset(&camera.1) {
                let fine = all.iter().any(|ifd| first_word(tiff, ifd, 37122) == Some(243));
                let facts = Box::new(kodak::facts(camera.0, camera.1));
                return Ok(Decoder::Kodak { facts, offset, fine });
            }
            let is_dng = all.first().is_some_and(|ifd| ifd.has(50706));
            match dng::find(tiff, &all) {
                Ok(Some(dng)) if is_dng => return Ok(Decoder::Dng { dng: Box::new(dng), endian: tiff.endian }),
                Ok(None) if is_dng => return Err(Error::malformed("a DNG without a raw image")),
                Err(e) if is_dng => return Err(e),
                Ok(found) => own = found.filter(|dng| matches!(dng.layout.compression, 1 | 7)),
                // Other makers' files need not be described by tags at all.
                Err(_) => {}
            }
        }
        let why = match loader(source, limits, true) {
            Ok(image) => return Ok(Decoder::Loader { facts: Box::new(loader_facts(&image)?) }),
            Err(e) if e.kind() == ErrorKind::LimitExceeded => return Err(e),
            Err(e) => e,
        };
        let name = format!("{} {}", camera.0, camera.1).trim().to_owned();
        let name = if name.is_empty() { "of unknown make and model".to_owned() } else { format!("`{name}`") };
        if let (Some(mut dng), Some(tiff)) = (own, tiff) {
            dng.facts.mosaic_only = Some(format!("the camera {name} is not known, so its colours and levels are not"));
            return Ok(Decoder::Dng { dng: Box::new(dng), endian: tiff.endian });
        }
        Err(Error::unsupported(format!("the camera {name} can't be read, and its mosaic can't either"))
            .with("decoder", "rawloader")
            .with_source(why)
            .with_hint("convert the file to DNG, which is read whatever camera it is from"))
    }

    /// The samples.
    pub fn decode(
        &self,
        source: &Source<'_>,
        limits: &Limits,
        stop: &(dyn Fn() -> Result<()> + Sync),
    ) -> Result<Samples> {
        let facts = self.facts();
        let bytes = (facts.width as u64)
            .saturating_mul(facts.height as u64)
            .saturating_mul(facts.channels as u64 * if facts.float { 4 } else { 2 });
        // Nothing compresses a sensor's noise to a thousandth.
        if limits.max_frame_bytes.is_some_and(|max| bytes > max) || bytes / 1000 > source.size().saturating_add(1 << 16)
        {
            return Err(Error::limit(format!(
                "{} × {} elements in a file of {} bytes",
                facts.width,
                facts.height,
                source.size()
            )));
        }
        match self {
            Decoder::Dng { dng, endian } => decode::decode(source, *endian, dng, stop),
            Decoder::Kodak { offset, fine, .. } => {
                let rest = source.size().saturating_sub(*offset);
                let data = source.read(*offset, usize::try_from(rest).unwrap_or(usize::MAX))?;
                kodak::decode(&data, *fine).map(Samples::U16)
            }
            Decoder::Loader { facts } => {
                let image = loader(source, limits, false)?;
                let len = facts.width * facts.height * facts.channels;
                match image.data {
                    rawloader::RawImageData::Integer(samples) if samples.len() == len => Ok(Samples::U16(samples)),
                    rawloader::RawImageData::Float(samples) if samples.len() == len => Ok(Samples::F32(samples)),
                    _ => Err(Error::new(ErrorKind::Backend, "rawloader gave another number of samples than it said")),
                }
            }
        }
    }
}

/// The first four bytes of a value, as older cameras write some numbers.
fn first_word(tiff: &Tiff<'_, '_>, ifd: &Ifd, tag: u16) -> Option<u64> {
    let bytes = tiff.bytes(ifd.entry(tag)?).ok()?;
    Some(tiff.endian.uint(bytes.get(..4)?))
}

/// rawloader catches most of its panics itself, but prints them; core silences and catches the rest.
fn loader(source: &Source<'_>, limits: &Limits, headers: bool) -> Result<rawloader::RawImage> {
    let content = source.whole(limits)?;
    let mut reader = content.as_slice();
    let result = match headers {
        true => rawloader::decode_dummy(&mut reader),
        false => rawloader::decode(&mut reader),
    };
    result.map_err(|e| {
        let text = e.to_string();
        let text = text.trim_start_matches("RawLoaderError: ").trim_matches('"');
        let text = text.split("\nPlease").next().unwrap_or(text).split("\\nPlease").next().unwrap_or(text);
        Error::malformed(text.to_owned()).with("decoder", "rawloader")
    })
}

fn loader_facts(image: &rawloader::RawImage) -> Result<Facts> {
    let (height, width) = (image.height, image.width);
    if height == 0 || width == 0 || !matches!(image.cpp, 1 | 3) {
        return Err(Error::unsupported(format!("a raw image of {width} × {height} × {} samples", image.cpp)));
    }
    let cfa = match image.cfa.is_valid() && image.cpp == 1 {
        true => Cfa::from_letters(&image.cfa.to_string()).ok(),
        false => None,
    };
    let [top, right, bottom, left] = image.crops;
    let visible = Area {
        top,
        left,
        height: height.saturating_sub(top).saturating_sub(bottom),
        width: width.saturating_sub(left).saturating_sub(right),
    }
    .within(height, width);
    let m = image.xyz_to_cam;
    let matrix = [0, 1, 2].map(|i| [0, 1, 2].map(|j| f64::from(m[i][j])));
    let known = matrix.iter().flatten().any(|v| *v != 0.0) && matrix.iter().flatten().all(|v| v.is_finite());
    // The table counts in thousandths of a thousand; only proportions matter to colours.
    let large = matrix.iter().flatten().fold(0.0f64, |a, b| a.max(b.abs())) > 50.0;
    let matrix = matrix.map(|row| row.map(|v| if large { v / 10_000.0 } else { v }));
    let wb = image.wb_coeffs;
    let fine = wb[..3].iter().all(|v| v.is_finite() && *v > 0.0);
    let level = |levels: [u16; 4]| levels.map(f32::from);
    let [r, g, b, e] = level(image.blacklevels);
    let float = matches!(image.data, rawloader::RawImageData::Float(_));
    Ok(Facts {
        make: image.clean_make.clone(),
        model: image.clean_model.clone(),
        height,
        width,
        channels: image.cpp,
        float,
        cfa,
        black: [r, g, b, if e > 0.0 { e } else { g }],
        white: image.whitelevels[..3].iter().copied().min().map_or(65535.0, f32::from),
        xyz_to_camera: known.then_some(matrix),
        as_shot: fine.then(|| [wb[0], wb[1], wb[2], if wb[3].is_finite() && wb[3] > 0.0 { wb[3] } else { wb[1] }]),
        visible,
        default_crop: visible,
        orientation: Orientation::from_exif(u64::from(image.orientation.to_u16())),
        mosaic_only: None,
    })
}
