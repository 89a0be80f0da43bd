//! From a file to what decodes it: this crate's own readers where tags describe the samples, the plugin's decoder of
//! makers' files otherwise.

use std::sync::Arc;

use imageio_core::{Error, ErrorKind, Limits, Registry, Result, Value, quietly};

use crate::cameras::Cameras;
use crate::decode;
use crate::dng::{self, Dng};
use crate::facts::{Facts, MosaicOnly, Samples};
use crate::headers;
use crate::ifd::{Endian, Ifd, Tiff};
use crate::kodak;
use crate::metadata;
use crate::named;
use crate::sony;
use crate::source::Source;

/// What decodes a file.
pub(crate) enum Decoder {
    /// Directories that say everything.
    Dng { dng: Box<Dng>, endian: Endian },
    /// Kodak's own compression.
    Kodak { facts: Box<Facts>, offset: u64, fine: bool },
    /// The decoder of makers' files, and the file once it was read.
    Maker { facts: Box<Facts>, file: Option<Arc<Vec<u8>>>, cameras: &'static dyn Cameras },
}

impl Decoder {
    pub fn facts(&self) -> &Facts {
        match self {
            Decoder::Dng { dng, .. } => &dng.facts,
            Decoder::Kodak { facts, .. } | Decoder::Maker { facts, .. } => facts,
        }
    }

    /// Looks at headers. Where decoders of makers' files fail and another plugin may know the camera, the error says
    /// `Declined`.
    pub fn find(source: &Source<'_>, limits: &Limits, cameras: &'static dyn Cameras) -> Result<Self> {
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
                Ok(found) => own = found.filter(|dng| matches!(dng.layout.compression, 1 | 7) || dng.is_sony()),
                // Other makers' files need not be described by tags at all.
                Err(_) => {}
            }
        }
        if camera == (String::new(), String::new()) {
            // Files that are not built like TIFF have EXIF in places of their own.
            let exif = metadata::exif(source, limits).unwrap_or_default();
            let text =
                |key| exif.get(key).and_then(Value::as_str).map(|text| text.trim().to_owned()).unwrap_or_default();
            camera = named::camera(source).unwrap_or_else(|| (text("Make"), text("Model")));
        }
        // Many makers repeat their name in that of the model.
        let repeated = camera.1.to_lowercase().starts_with(&camera.0.to_lowercase());
        let name = if repeated { camera.1.clone() } else { format!("{} {}", camera.0, camera.1).trim().to_owned() };
        let name = if name.is_empty() { "of unknown make and model".to_owned() } else { format!("`{name}`") };
        // What the camera is known for, and what the file says of itself.
        let known = |facts: Facts, file: Option<Arc<Vec<u8>>>, own: &Option<Dng>| match (own, &tiff) {
            (Some(own), Some(tiff)) if (own.facts.width, own.facts.height) == (facts.width, facts.height) => {
                let facts = own.facts.areas_for(facts);
                match own.is_sony() {
                    true => {
                        Decoder::Dng { dng: Box::new(Dng { facts, layout: own.layout.clone() }), endian: tiff.endian }
                    }
                    false => Decoder::Maker { facts: Box::new(facts), file, cameras },
                }
            }
            _ => Decoder::Maker { facts: Box::new(facts), file, cameras },
        };
        if let Some(file) = headers::read(source, limits)? {
            if let Ok(facts) = ask(cameras, &file) {
                return Ok(known(facts, None, &own));
            }
        }
        let file = Arc::new(source.whole(limits)?);
        let why = match ask(cameras, &file) {
            Ok(facts) => return Ok(known(facts, Some(file), &own)),
            Err(e) if e.kind() == ErrorKind::LimitExceeded => return Err(e),
            Err(e) => e,
        };
        let other = cameras.next().map(|id| (id, Registry::global().get(id).is_some()));
        if let Some((id, true)) = other {
            return Err(Error::declined(format!("the camera {name} is not known to {}", cameras.name()))
                .with_source(why)
                .with_hint(format!("plugin `{id}` may know it")));
        }
        let advice = match other {
            Some((id, _)) => format!("feature `{id}` knows more cameras; "),
            None => String::new(),
        };
        if let (Some(mut dng), Some(tiff)) = (own, tiff) {
            let reach = dng.layout.offsets.iter().zip(&dng.layout.lengths).map(|(at, n)| at.saturating_add(*n)).max();
            // Of a file that is cut off the decoder's word says nothing; that samples are missing is said when they are read.
            if reach.is_none_or(|reach| reach <= source.size()) {
                dng.facts.mosaic_only = Some(MosaicOnly {
                    why: format!("the camera {name} is not known, so its colours and levels are not"),
                    advice,
                });
            }
            return Ok(Decoder::Dng { dng: Box::new(dng), endian: tiff.endian });
        }
        // What the decoder says tells a camera that it does not know from a file that is cut off.
        let said = why.to_string();
        Err(Error::unsupported(format!("the camera {name} can't be read, and its mosaic can't either: {said}"))
            .with("decoder", cameras.name())
            .with_source(why)
            .with_hint(format!("{advice}convert the file to DNG, which is read whatever camera it is from")))
    }

    /// Reads what a decoder of makers' files needs for samples: all of the file.
    pub fn load(&mut self, source: &Source<'_>, limits: &Limits) -> Result<()> {
        if let Decoder::Maker { facts, file: file @ None, cameras } = self {
            let whole = Arc::new(source.whole(limits)?);
            // What holds is what the decoder says of the file as it is.
            let (visible, default_crop) = (facts.visible, facts.default_crop);
            let now = ask(*cameras, &whole)?;
            **facts = match (now.width, now.height) == (facts.width, facts.height) {
                true => Facts { visible, default_crop, ..now },
                false => now,
            };
            *file = Some(whole);
        }
        Ok(())
    }

    /// The samples, after [`load`](Self::load).
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
            Decoder::Maker { file: None, .. } => Err(Error::new(ErrorKind::Backend, "the file was not read")),
            Decoder::Maker { facts, file: Some(file), cameras } => {
                let len = facts.width * facts.height * facts.channels;
                match guard(|| on_quiet_threads(|| cameras.samples(file)))? {
                    Samples::U16(samples) if samples.len() == len && !facts.float => Ok(Samples::U16(samples)),
                    Samples::F32(samples) if samples.len() == len && facts.float => Ok(Samples::F32(samples)),
                    _ => Err(Error::new(
                        ErrorKind::Backend,
                        format!("{} gave other samples than it said", cameras.name()),
                    )),
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

/// What a decoder of makers' files knows of one.
fn ask(cameras: &dyn Cameras, file: &Arc<Vec<u8>>) -> Result<Facts> {
    guard(|| cameras.facts(file)).map(sony::full)
}

/// A decoder's panic is an error here already, for another decoder may be asked then.
fn guard<T>(work: impl FnOnce() -> Result<T>) -> Result<T> {
    std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| quietly(work)))
        .unwrap_or_else(|_| Err(Error::new(ErrorKind::Backend, "the decoder panicked; the file is probably damaged")))
}

/// Does the work on threads of its own: a decoder that splits its rows among threads would tell of each row of a file that
/// is cut off on the standard error of a program.
fn on_quiet_threads<T: Send>(work: impl FnOnce() -> Result<T> + Send) -> Result<T> {
    let pool = rayon::ThreadPoolBuilder::new()
        .num_threads(rayon::current_num_threads())
        .spawn_handler(|thread| std::thread::Builder::new().spawn(|| quietly(|| thread.run())).map(|_| ()))
        .build();
    match pool {
        Ok(pool) => pool.install(work),
        Err(_) => work(),
    }
}
