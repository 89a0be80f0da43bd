//! Records of fields one after the other: NIH Image, TVIPS, Olympus SIS.

use imageio_core::Value;

use super::{Tree, text};
use crate::ifd::{Endian, Entry, Tiff, Window};
use crate::page::Page;
use crate::tags::tag;

/// What a field holds.
#[derive(Clone, Copy)]
enum Kind {
    U8,
    I16,
    U16,
    I32,
    F32,
    F64,
    /// Text of so many bytes, up to the first 0.
    Text(usize),
    /// Text that begins with its length, in so many bytes with that.
    Counted(usize),
    /// UTF-16 of so many bytes, up to the first 0.
    Wide(usize),
    /// So many bytes that mean nothing here.
    Skip(usize),
}

use Kind::{Counted, F32, F64, I16, I32, Skip, Text, U8, U16, Wide};

/// Fields of a record that lie one after the other: name, kind, and how many there are.
type Fields = [(&'static str, Kind, usize)];

/// Takes fields off the front of `bytes`, as far as there are any; returns how many bytes they have.
fn take(bytes: &[u8], endian: Endian, fields: &Fields, tree: &mut Tree) -> usize {
    let mut at = 0;
    for (name, kind, count) in fields {
        let size = match kind {
            U8 => 1,
            I16 | U16 => 2,
            I32 | F32 => 4,
            F64 => 8,
            Text(n) | Counted(n) | Wide(n) | Skip(n) => *n,
        };
        let Some(part) = bytes.get(at..at + size * count) else { break };
        at += size * count;
        let one = |bytes: &[u8]| match kind {
            U8 | U16 => Value::UInt(endian.uint(bytes)),
            I16 => Value::Int(i64::from(endian.uint(bytes) as u16 as i16)),
            I32 => Value::Int(i64::from(endian.uint(bytes) as u32 as i32)),
            F32 => Value::Float(f64::from(f32::from_bits(endian.uint(bytes) as u32))),
            F64 => Value::Float(f64::from_bits(endian.uint(bytes))),
            Counted(_) => {
                let (n, rest) = bytes.split_first().map_or((0, bytes), |(n, rest)| (usize::from(*n), rest));
                Value::from(crate::value::text(rest.get(..n.min(rest.len())).unwrap_or_default()))
            }
            Wide(_) => {
                let units = bytes.chunks_exact(2).map(|b| endian.uint(b) as u16).take_while(|unit| *unit != 0);
                Value::from(String::from_utf16_lossy(&units.collect::<Vec<u16>>()))
            }
            Text(_) | Skip(_) => {
                let end = bytes.iter().position(|b| *b == 0).unwrap_or(bytes.len());
                Value::from(crate::value::text(bytes.get(..end).unwrap_or_default()))
            }
        };
        if matches!(kind, Skip(_)) {
            continue;
        }
        let mut values: Vec<Value> = part.chunks_exact(size).map(one).collect();
        let value = if *count == 1 { values.pop().unwrap_or(Value::Null) } else { Value::List(values) };
        tree.insert((*name).to_owned(), value);
    }
    at
}

/// The header of NIH Image and its successor Scion Image.
#[rustfmt::skip]
const NIH: &Fields = &[
    ("FileID", Text(8), 1), ("nLines", I16, 1), ("PixelsPerLine", I16, 1), ("Version", I16, 1), ("OldLutMode", I16, 1),
    ("OldnColors", I16, 1), ("Colors", Skip(96), 1), ("OldColorStart", I16, 1), ("ColorWidth", I16, 1),
    ("ExtraColors", Skip(36), 1), ("nExtraColors", I16, 1), ("ForegroundIndex", I16, 1), ("BackgroundIndex", I16, 1),
    ("XScale", F64, 1), ("", Skip(4), 1), ("UnitsID", I16, 1), ("p1", I16, 2), ("p2", I16, 2),
    ("CurveFitType", I16, 1), ("nCoefficients", I16, 1), ("Coeff", F64, 6), ("UM", Counted(16), 1), ("", Skip(1), 1),
    ("BinaryPic", U8, 1), ("SliceStart", I16, 1), ("SliceEnd", I16, 1), ("ScaleMagnification", F32, 1),
    ("nSlices", I16, 1), ("SliceSpacing", F32, 1), ("CurrentSlice", I16, 1), ("FrameInterval", F32, 1),
    ("PixelAspectRatio", F32, 1), ("ColorStart", I16, 1), ("ColorEnd", I16, 1), ("nColors", I16, 1),
    ("Fill1", U16, 3), ("Fill2", U16, 3), ("Table", U8, 1), ("LutMode", U8, 1), ("InvertedTable", U8, 1),
    ("ZeroClip", U8, 1), ("XUnit", Counted(12), 1), ("StackType", I16, 1),
];

/// NIH Image's header.
pub(crate) fn nih(tiff: &Tiff<'_>, window: &mut Window, page: &Page) -> Option<Tree> {
    let bytes = tiff.bytes(page.ifd.entry(tag::NIH_IMAGE)?, window).ok()?;
    let mut tree = Tree::new();
    take(&bytes, tiff.header.endian, NIH, &mut tree);
    Some(tree)
}

/// TVIPS EM-MENU: the header of both versions.
#[rustfmt::skip]
const TVIPS_1: &Fields = &[
    ("Version", I32, 1), ("CommentV1", Text(80), 1), ("HighTension", I32, 1), ("SphericalAberration", I32, 1),
    ("IlluminationAperture", I32, 1), ("Magnification", I32, 1), ("PostMagnification", I32, 1),
    ("FocalLength", I32, 1), ("Defocus", I32, 1), ("Astigmatism", I32, 1), ("AstigmatismDirection", I32, 1),
    ("BiprismVoltage", I32, 1), ("SpecimenTiltAngle", I32, 1), ("SpecimenTiltDirection", I32, 1),
    ("IlluminationTiltDirection", I32, 1), ("IlluminationTiltAngle", I32, 1), ("ImageMode", I32, 1),
    ("EnergySpread", I32, 1), ("ChromaticAberration", I32, 1), ("ShutterType", I32, 1), ("DefocusSpread", I32, 1),
    ("CcdNumber", I32, 1), ("CcdSize", I32, 1), ("OffsetXV1", I32, 1), ("OffsetYV1", I32, 1),
    ("PhysicalPixelSize", I32, 1), ("Binning", I32, 1), ("ReadoutSpeed", I32, 1), ("GainV1", I32, 1),
    ("SensitivityV1", I32, 1), ("ExposureTimeV1", I32, 1), ("FlatCorrected", I32, 1), ("DeadPxCorrected", I32, 1),
    ("ImageMean", I32, 1), ("ImageStd", I32, 1), ("DisplacementX", I32, 1), ("DisplacementY", I32, 1),
    ("DateV1", I32, 1), ("TimeV1", I32, 1), ("ImageMin", I32, 1), ("ImageMax", I32, 1),
    ("ImageStatisticsQuality", I32, 1),
];

/// What the second version has behind that, up to what the camera says.
#[rustfmt::skip]
const TVIPS_2: &Fields = &[
    ("ImageName", Wide(160), 1), ("ImageFolder", Wide(160), 1), ("ImageSizeX", I32, 1), ("ImageSizeY", I32, 1),
    ("ImageSizeZ", I32, 1), ("ImageSizeE", I32, 1), ("ImageDataType", I32, 1), ("Date", I32, 1), ("Time", I32, 1),
    ("Comment", Wide(1024), 1), ("ImageHistory", Wide(1024), 1), ("Scaling", F32, 16), ("", Skip(256), 1),
    ("ImageType", I32, 1), ("ImageDisplayType", I32, 1), ("PixelSizeX", F32, 1), ("PixelSizeY", F32, 1),
    ("ImageDistanceZ", F32, 1), ("ImageDistanceE", F32, 1), ("ImageMisc", F32, 32), ("TemType", Wide(160), 1),
    ("TemHighTension", F32, 1), ("TemAberrations", F32, 32), ("TemEnergy", F32, 32), ("TemMode", I32, 1),
    ("TemMagnification", F32, 1), ("TemMagnificationCorrection", F32, 1), ("PostMagnification", F32, 1),
    ("TemStageType", I32, 1), ("TemStagePosition", F32, 5), ("TemImageShift", F32, 2), ("TemBeamShift", F32, 2),
    ("TemBeamTilt", F32, 2), ("TilingParameters", F32, 7), ("TemIllumination", F32, 3), ("TemShutter", I32, 1),
    ("TemMisc", F32, 32), ("CameraType", Wide(160), 1), ("PhysicalPixelSizeX", F32, 1),
    ("PhysicalPixelSizeY", F32, 1), ("OffsetX", I32, 1), ("OffsetY", I32, 1), ("BinningX", I32, 1),
    ("BinningY", I32, 1), ("ExposureTime", F32, 1), ("Gain", F32, 1), ("ReadoutRate", F32, 1),
    ("FlatfieldDescription", Wide(160), 1), ("Sensitivity", F32, 1), ("Dose", F32, 1), ("CamMisc", F32, 32),
    ("FeiMicroscopeInformation", Wide(1024), 1), ("FeiSpecimenInformation", Wide(1024), 1),
];

/// TVIPS's header.
pub(crate) fn tvips(tiff: &Tiff<'_>, window: &mut Window, page: &Page) -> Option<Tree> {
    let bytes = tiff.bytes(page.ifd.entry(tag::TVIPS)?, window).ok()?;
    let mut tree = Tree::new();
    let at = take(&bytes, tiff.header.endian, TVIPS_1, &mut tree);
    match tree.get("Version").and_then(Value::as_i64)? {
        1 => {}
        2 => {
            take(bytes.get(at..)?, tiff.header.endian, TVIPS_2, &mut tree);
        }
        _ => return None,
    }
    Some(tree)
}

/// The parts of Olympus's record that are known: names, time, calibration.
#[rustfmt::skip]
const SIS: &Fields = &[
    ("", Skip(10), 1), ("minute", I16, 1), ("hour", I16, 1), ("day", I16, 1), ("month", I16, 1), ("year", I16, 1),
    ("", Skip(6), 1), ("name", Text(32), 1), ("blocks", U16, 1),
];

/// The block of its calibration: sizes of a pixel as numbers of a power of ten, in metres.
#[rustfmt::skip]
const SIS_GENERAL: &Fields = &[
    ("", Skip(10), 1), ("exponent", I16, 1), ("pixelsizex", F64, 1), ("pixelsizey", F64, 1), ("", Skip(8), 1),
    ("magnification", F64, 1), ("", Skip(2), 1), ("cameraname", Text(34), 1), ("picturetype", Text(32), 1),
];

/// Olympus SIS: a record, whose bytes are in Intel's order whatever the file's, and a text in INI form. The sizes of
/// axes are a list of pairs, in the order of the text, below `Dimension`.
pub(crate) fn sis(tiff: &Tiff<'_>, window: &mut Window, page: &Page) -> Option<Tree> {
    let mut tree = Tree::new();
    if let Some(text) = super::field(tiff, window, page, tag::OLYMPUS_INI) {
        tree.extend(text::olympus(&text));
    }
    if let Some(record) = page.ifd.entry(tag::OLYMPUS_SIS).and_then(|entry| sis_record(tiff, window, entry)) {
        tree.extend(record);
    }
    Some(tree).filter(|tree| !tree.is_empty())
}

fn sis_record(tiff: &Tiff<'_>, window: &mut Window, entry: &Entry) -> Option<Tree> {
    // What the tag counts is not how long the record is.
    let (offset, _) = match tiff.place(entry).ok()? {
        Some(place) => place,
        None => (tiff.uint(entry, window).ok()?, 0),
    };
    let head = super::binary::stretch(tiff, offset, 60)?;
    head.starts_with(b"SIS0").then_some(())?;
    let mut tree = Tree::new();
    take(&head, Endian::Little, SIS, &mut tree);
    let mut number = |name: &str| tree.remove(name).and_then(|v| v.as_i64()).unwrap_or(0);
    let [minute, hour, day, month, year] = ["minute", "hour", "day", "month", "year"].map(&mut number);
    let blocks = number("blocks") as usize;
    tree.insert(
        "datetime".to_owned(),
        Value::from(format!("{:04}-{:02}-{day:02}T{hour:02}:{minute:02}:00", 1900 + year, month + 1)),
    );
    let list = super::binary::stretch(tiff, offset + 60, 8 * blocks).unwrap_or_default();
    for block in list.chunks_exact(8) {
        let (kind, at) = block.split_at(4);
        if Endian::Little.uint(kind.get(..2).unwrap_or_default()) != 1 {
            continue;
        }
        let Some(bytes) = super::binary::stretch(tiff, Endian::Little.uint(at), 112) else { continue };
        take(&bytes, Endian::Little, SIS_GENERAL, &mut tree);
        let exponent = tree.remove("exponent").and_then(|v| v.as_i64()).unwrap_or(0);
        for name in ["pixelsizex", "pixelsizey"] {
            if let Some(Value::Float(size)) = tree.get_mut(name) {
                *size *= 10f64.powi(exponent as i32);
            }
        }
    }
    Some(tree)
}
