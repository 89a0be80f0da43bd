//! The one table of tags: number, name, home and kind of value (Exif 2.32 and 3.0, 4.6; TIFF 6.0; Windows' XP tags).

/// The directory that a tag belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Home {
    /// The first directory (and the thumbnail's, which has the same tags).
    Main,
    /// The Exif directory, shown beside the first.
    Exif,
    /// The GPS directory.
    Gps,
    /// The interoperability directory.
    Interop,
}

/// What the value of a tag is by the standard; reading and writing both bring values into this form.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Anything, as its TIFF type says.
    Any,
    /// Text.
    Ascii,
    /// BYTE that is a number.
    Byte,
    /// BYTE that is a list of numbers.
    Bytes,
    /// SHORT.
    Short,
    /// LONG.
    Long,
    /// SHORT, or LONG where that is too short.
    ShortLong,
    /// RATIONAL.
    Rational,
    /// SRATIONAL.
    SRational,
    /// UNDEFINED, kept as bytes.
    Opaque,
    /// UNDEFINED that is a number of one byte.
    Code,
    /// UNDEFINED that is a list of small numbers.
    Codes,
    /// UNDEFINED that is four characters, such as `0232`.
    Version,
    /// UNDEFINED that is text behind eight bytes that name its character set.
    Comment,
    /// BYTE that is text in UTF-16, little-endian.
    Utf16,
    /// BYTE that is text in UTF-8.
    Utf8,
}

pub(crate) struct Tag {
    pub number: u16,
    pub name: &'static str,
    pub home: Home,
    pub kind: Kind,
}

/// Pointers to other directories and to strips: positions in the block, which mean nothing outside it.
pub(crate) mod pointer {
    pub const EXIF: u16 = 0x8769;
    pub const GPS: u16 = 0x8825;
    pub const INTEROP: u16 = 0xA005;
    pub const STRIP_OFFSETS: u16 = 0x0111;
    pub const ROWS_PER_STRIP: u16 = 0x0116;
    pub const STRIP_BYTE_COUNTS: u16 = 0x0117;
    pub const JPEG_OFFSET: u16 = 0x0201;
    pub const JPEG_LENGTH: u16 = 0x0202;
    /// Tags that are never shown and never taken from a tree.
    pub const ALL: [u16; 12] = [
        EXIF,
        GPS,
        INTEROP,
        STRIP_OFFSETS,
        STRIP_BYTE_COUNTS,
        JPEG_OFFSET,
        JPEG_LENGTH,
        0x0120, // FreeOffsets
        0x0121, // FreeByteCounts
        0x0144, // TileOffsets
        0x0145, // TileByteCounts
        0x014A, // SubIFDs
    ];
}

const fn t(number: u16, name: &'static str, home: Home, kind: Kind) -> Tag {
    Tag { number, name, home, kind }
}

use Home::{Exif, Gps, Interop, Main};
use Kind::{
    Ascii, Byte, Bytes, Code, Codes, Comment, Long, Opaque, Rational, SRational, Short, ShortLong, Utf8, Utf16, Version,
};

#[rustfmt::skip]
static TAGS: &[Tag] = &[
    t(0x000B, "ProcessingSoftware", Main, Ascii),
    t(0x00FE, "NewSubfileType", Main, Long),
    t(0x00FF, "SubfileType", Main, Short),
    t(0x0100, "ImageWidth", Main, ShortLong),
    t(0x0101, "ImageLength", Main, ShortLong),
    t(0x0102, "BitsPerSample", Main, Short),
    t(0x0103, "Compression", Main, Short),
    t(0x0106, "PhotometricInterpretation", Main, Short),
    t(0x0107, "Thresholding", Main, Short),
    t(0x0108, "CellWidth", Main, Short),
    t(0x0109, "CellLength", Main, Short),
    t(0x010A, "FillOrder", Main, Short),
    t(0x010D, "DocumentName", Main, Ascii),
    t(0x010E, "ImageDescription", Main, Ascii),
    t(0x010F, "Make", Main, Ascii),
    t(0x0110, "Model", Main, Ascii),
    t(0x0112, "Orientation", Main, Short),
    t(0x0115, "SamplesPerPixel", Main, Short),
    t(0x0116, "RowsPerStrip", Main, ShortLong),
    t(0x0118, "MinSampleValue", Main, Short),
    t(0x0119, "MaxSampleValue", Main, Short),
    t(0x011A, "XResolution", Main, Rational),
    t(0x011B, "YResolution", Main, Rational),
    t(0x011C, "PlanarConfiguration", Main, Short),
    t(0x011D, "PageName", Main, Ascii),
    t(0x011E, "XPosition", Main, Rational),
    t(0x011F, "YPosition", Main, Rational),
    t(0x0122, "GrayResponseUnit", Main, Short),
    t(0x0123, "GrayResponseCurve", Main, Short),
    t(0x0128, "ResolutionUnit", Main, Short),
    t(0x0129, "PageNumber", Main, Short),
    t(0x012D, "TransferFunction", Main, Short),
    t(0x0131, "Software", Main, Ascii),
    t(0x0132, "DateTime", Main, Ascii),
    t(0x013B, "Artist", Main, Ascii),
    t(0x013C, "HostComputer", Main, Ascii),
    t(0x013D, "Predictor", Main, Short),
    t(0x013E, "WhitePoint", Main, Rational),
    t(0x013F, "PrimaryChromaticities", Main, Rational),
    t(0x0140, "ColorMap", Main, Short),
    t(0x0141, "HalftoneHints", Main, Short),
    t(0x0142, "TileWidth", Main, ShortLong),
    t(0x0143, "TileLength", Main, ShortLong),
    t(0x014C, "InkSet", Main, Short),
    t(0x014D, "InkNames", Main, Ascii),
    t(0x0151, "TargetPrinter", Main, Ascii),
    t(0x0152, "ExtraSamples", Main, Short),
    t(0x0153, "SampleFormat", Main, Short),
    t(0x0156, "TransferRange", Main, Short),
    t(0x015B, "JPEGTables", Main, Opaque),
    t(0x0200, "JPEGProc", Main, Short),
    t(0x0211, "YCbCrCoefficients", Main, Rational),
    t(0x0212, "YCbCrSubSampling", Main, Short),
    t(0x0213, "YCbCrPositioning", Main, Short),
    t(0x0214, "ReferenceBlackWhite", Main, Rational),
    t(0x02BC, "XMLPacket", Main, Utf8),
    t(0x4746, "Rating", Main, Short),
    t(0x4749, "RatingPercent", Main, Short),
    t(0x800D, "ImageID", Main, Ascii),
    t(0x828D, "CFARepeatPatternDim", Main, Short),
    t(0x8298, "Copyright", Main, Ascii),
    t(0x83BB, "IPTCNAA", Main, Opaque),
    t(0x8649, "ImageResources", Main, Opaque),
    t(0x8773, "InterColorProfile", Main, Opaque),
    t(0x9C9B, "XPTitle", Main, Utf16),
    t(0x9C9C, "XPComment", Main, Utf16),
    t(0x9C9D, "XPAuthor", Main, Utf16),
    t(0x9C9E, "XPKeywords", Main, Utf16),
    t(0x9C9F, "XPSubject", Main, Utf16),
    t(0xC4A5, "PrintImageMatching", Main, Opaque),
    t(0xC612, "DNGVersion", Main, Bytes),
    t(0xC613, "DNGBackwardVersion", Main, Bytes),
    t(0xC614, "UniqueCameraModel", Main, Ascii),
    t(0xC615, "LocalizedCameraModel", Main, Ascii),
    t(0xC621, "ColorMatrix1", Main, SRational),
    t(0xC622, "ColorMatrix2", Main, SRational),
    t(0xC623, "CameraCalibration1", Main, SRational),
    t(0xC624, "CameraCalibration2", Main, SRational),
    t(0xC627, "AnalogBalance", Main, Rational),
    t(0xC628, "AsShotNeutral", Main, Rational),
    t(0xC62A, "BaselineExposure", Main, SRational),
    t(0xC62B, "BaselineNoise", Main, Rational),
    t(0xC62C, "BaselineSharpness", Main, Rational),
    t(0xC62E, "LinearResponseLimit", Main, Rational),
    t(0xC62F, "CameraSerialNumber", Main, Ascii),
    t(0xC630, "LensInfo", Main, Rational),
    t(0xC633, "ShadowScale", Main, Rational),
    t(0xC634, "DNGPrivateData", Main, Opaque),
    t(0xC635, "MakerNoteSafety", Main, Short),
    t(0xC65A, "CalibrationIlluminant1", Main, Short),
    t(0xC65B, "CalibrationIlluminant2", Main, Short),

    t(0x829A, "ExposureTime", Exif, Rational),
    t(0x829D, "FNumber", Exif, Rational),
    t(0x8822, "ExposureProgram", Exif, Short),
    t(0x8824, "SpectralSensitivity", Exif, Ascii),
    t(0x8827, "ISOSpeedRatings", Exif, Short),
    t(0x8828, "OECF", Exif, Opaque),
    t(0x882A, "TimeZoneOffset", Exif, Kind::Any),
    t(0x882B, "SelfTimerMode", Exif, Short),
    t(0x8830, "SensitivityType", Exif, Short),
    t(0x8831, "StandardOutputSensitivity", Exif, Long),
    t(0x8832, "RecommendedExposureIndex", Exif, Long),
    t(0x8833, "ISOSpeed", Exif, Long),
    t(0x8834, "ISOSpeedLatitudeyyy", Exif, Long),
    t(0x8835, "ISOSpeedLatitudezzz", Exif, Long),
    t(0x9000, "ExifVersion", Exif, Version),
    t(0x9003, "DateTimeOriginal", Exif, Ascii),
    t(0x9004, "DateTimeDigitized", Exif, Ascii),
    t(0x9010, "OffsetTime", Exif, Ascii),
    t(0x9011, "OffsetTimeOriginal", Exif, Ascii),
    t(0x9012, "OffsetTimeDigitized", Exif, Ascii),
    t(0x9101, "ComponentsConfiguration", Exif, Codes),
    t(0x9102, "CompressedBitsPerPixel", Exif, Rational),
    t(0x9201, "ShutterSpeedValue", Exif, SRational),
    t(0x9202, "ApertureValue", Exif, Rational),
    t(0x9203, "BrightnessValue", Exif, SRational),
    t(0x9204, "ExposureBiasValue", Exif, SRational),
    t(0x9205, "MaxApertureValue", Exif, Rational),
    t(0x9206, "SubjectDistance", Exif, Rational),
    t(0x9207, "MeteringMode", Exif, Short),
    t(0x9208, "LightSource", Exif, Short),
    t(0x9209, "Flash", Exif, Short),
    t(0x920A, "FocalLength", Exif, Rational),
    t(0x9211, "ImageNumber", Exif, Long),
    t(0x9212, "SecurityClassification", Exif, Ascii),
    t(0x9213, "ImageHistory", Exif, Ascii),
    t(0x9214, "SubjectArea", Exif, Short),
    t(0x927C, "MakerNote", Exif, Opaque),
    t(0x9286, "UserComment", Exif, Comment),
    t(0x9290, "SubsecTime", Exif, Ascii),
    t(0x9291, "SubsecTimeOriginal", Exif, Ascii),
    t(0x9292, "SubsecTimeDigitized", Exif, Ascii),
    t(0x9400, "AmbientTemperature", Exif, SRational),
    t(0x9401, "Humidity", Exif, Rational),
    t(0x9402, "Pressure", Exif, Rational),
    t(0x9403, "WaterDepth", Exif, SRational),
    t(0x9404, "Acceleration", Exif, Rational),
    t(0x9405, "CameraElevationAngle", Exif, SRational),
    t(0xA000, "FlashPixVersion", Exif, Version),
    t(0xA001, "ColorSpace", Exif, Short),
    t(0xA002, "ExifImageWidth", Exif, ShortLong),
    t(0xA003, "ExifImageHeight", Exif, ShortLong),
    t(0xA004, "RelatedSoundFile", Exif, Ascii),
    t(0xA20B, "FlashEnergy", Exif, Rational),
    t(0xA20C, "SpatialFrequencyResponse", Exif, Opaque),
    t(0xA20E, "FocalPlaneXResolution", Exif, Rational),
    t(0xA20F, "FocalPlaneYResolution", Exif, Rational),
    t(0xA210, "FocalPlaneResolutionUnit", Exif, Short),
    t(0xA214, "SubjectLocation", Exif, Short),
    t(0xA215, "ExposureIndex", Exif, Rational),
    t(0xA217, "SensingMethod", Exif, Short),
    t(0xA300, "FileSource", Exif, Code),
    t(0xA301, "SceneType", Exif, Code),
    t(0xA302, "CFAPattern", Exif, Opaque),
    t(0xA401, "CustomRendered", Exif, Short),
    t(0xA402, "ExposureMode", Exif, Short),
    t(0xA403, "WhiteBalance", Exif, Short),
    t(0xA404, "DigitalZoomRatio", Exif, Rational),
    t(0xA405, "FocalLengthIn35mmFilm", Exif, Short),
    t(0xA406, "SceneCaptureType", Exif, Short),
    t(0xA407, "GainControl", Exif, Short),
    t(0xA408, "Contrast", Exif, Short),
    t(0xA409, "Saturation", Exif, Short),
    t(0xA40A, "Sharpness", Exif, Short),
    t(0xA40B, "DeviceSettingDescription", Exif, Opaque),
    t(0xA40C, "SubjectDistanceRange", Exif, Short),
    t(0xA420, "ImageUniqueID", Exif, Ascii),
    t(0xA430, "CameraOwnerName", Exif, Ascii),
    t(0xA431, "BodySerialNumber", Exif, Ascii),
    t(0xA432, "LensSpecification", Exif, Rational),
    t(0xA433, "LensMake", Exif, Ascii),
    t(0xA434, "LensModel", Exif, Ascii),
    t(0xA435, "LensSerialNumber", Exif, Ascii),
    t(0xA436, "ImageTitle", Exif, Ascii),
    t(0xA437, "Photographer", Exif, Ascii),
    t(0xA438, "ImageEditor", Exif, Ascii),
    t(0xA439, "CameraFirmware", Exif, Ascii),
    t(0xA43A, "RAWDevelopingSoftware", Exif, Ascii),
    t(0xA43B, "ImageEditingSoftware", Exif, Ascii),
    t(0xA43C, "MetadataEditingSoftware", Exif, Ascii),
    t(0xA460, "CompositeImage", Exif, Short),
    t(0xA461, "CompositeImageCount", Exif, Short),
    t(0xA462, "CompositeImageExposureTimes", Exif, Opaque),
    t(0xA500, "Gamma", Exif, Rational),

    t(0x0000, "GPSVersionID", Gps, Bytes),
    t(0x0001, "GPSLatitudeRef", Gps, Ascii),
    t(0x0002, "GPSLatitude", Gps, Rational),
    t(0x0003, "GPSLongitudeRef", Gps, Ascii),
    t(0x0004, "GPSLongitude", Gps, Rational),
    t(0x0005, "GPSAltitudeRef", Gps, Byte),
    t(0x0006, "GPSAltitude", Gps, Rational),
    t(0x0007, "GPSTimeStamp", Gps, Rational),
    t(0x0008, "GPSSatellites", Gps, Ascii),
    t(0x0009, "GPSStatus", Gps, Ascii),
    t(0x000A, "GPSMeasureMode", Gps, Ascii),
    t(0x000B, "GPSDOP", Gps, Rational),
    t(0x000C, "GPSSpeedRef", Gps, Ascii),
    t(0x000D, "GPSSpeed", Gps, Rational),
    t(0x000E, "GPSTrackRef", Gps, Ascii),
    t(0x000F, "GPSTrack", Gps, Rational),
    t(0x0010, "GPSImgDirectionRef", Gps, Ascii),
    t(0x0011, "GPSImgDirection", Gps, Rational),
    t(0x0012, "GPSMapDatum", Gps, Ascii),
    t(0x0013, "GPSDestLatitudeRef", Gps, Ascii),
    t(0x0014, "GPSDestLatitude", Gps, Rational),
    t(0x0015, "GPSDestLongitudeRef", Gps, Ascii),
    t(0x0016, "GPSDestLongitude", Gps, Rational),
    t(0x0017, "GPSDestBearingRef", Gps, Ascii),
    t(0x0018, "GPSDestBearing", Gps, Rational),
    t(0x0019, "GPSDestDistanceRef", Gps, Ascii),
    t(0x001A, "GPSDestDistance", Gps, Rational),
    t(0x001B, "GPSProcessingMethod", Gps, Comment),
    t(0x001C, "GPSAreaInformation", Gps, Comment),
    t(0x001D, "GPSDateStamp", Gps, Ascii),
    t(0x001E, "GPSDifferential", Gps, Short),
    t(0x001F, "GPSHPositioningError", Gps, Rational),

    t(0x0001, "InteropIndex", Interop, Ascii),
    t(0x0002, "InteropVersion", Interop, Version),
    t(0x1000, "RelatedImageFileFormat", Interop, Ascii),
    t(0x1001, "RelatedImageWidth", Interop, ShortLong),
    t(0x1002, "RelatedImageHeight", Interop, ShortLong),
];

/// Names that the standard or other programs use for the same tags; understood when writing.
static ALIASES: &[(&str, &str)] = &[
    ("ImageHeight", "ImageLength"),
    ("ModifyDate", "DateTime"),
    ("CreateDate", "DateTimeDigitized"),
    ("ISO", "ISOSpeedRatings"),
    ("PhotographicSensitivity", "ISOSpeedRatings"),
    ("PixelXDimension", "ExifImageWidth"),
    ("PixelYDimension", "ExifImageHeight"),
    ("FlashpixVersion", "FlashPixVersion"),
    ("SubSecTime", "SubsecTime"),
    ("SubSecTimeOriginal", "SubsecTimeOriginal"),
    ("SubSecTimeDigitized", "SubsecTimeDigitized"),
    ("ExposureCompensation", "ExposureBiasValue"),
    ("FocalLengthIn35mmFormat", "FocalLengthIn35mmFilm"),
    ("LensInfo", "LensSpecification"),
    ("OwnerName", "CameraOwnerName"),
    ("SerialNumber", "BodySerialNumber"),
    ("YCbCrSubsampling", "YCbCrSubSampling"),
    ("InteroperabilityIndex", "InteropIndex"),
    ("InteroperabilityVersion", "InteropVersion"),
    ("RelatedImageLength", "RelatedImageHeight"),
];

/// `true` if tags of `home` may stand in a directory of `dir`: the first and the Exif directory share one list.
fn shares(home: Home, dir: Home) -> bool {
    home == dir || (matches!(home, Home::Main | Home::Exif) && matches!(dir, Home::Main | Home::Exif))
}

/// The tag of a number, as seen in a directory.
pub(crate) fn by_number(number: u16, dir: Home) -> Option<&'static Tag> {
    TAGS.iter().find(|tag| tag.number == number && shares(tag.home, dir))
}

/// Number, home and kind of a name: one of the table, an alias, or `0x` and four digits.
pub(crate) fn by_name(name: &str, dir: Home) -> Option<(u16, Home, Kind)> {
    let find = |name: &str| TAGS.iter().find(|tag| tag.name == name && shares(tag.home, dir));
    let alias = || ALIASES.iter().find(|(alias, _)| *alias == name).and_then(|(_, name)| find(name));
    if let Some(tag) = find(name).or_else(alias) {
        return Some((tag.number, tag.home, tag.kind));
    }
    let number = u16::from_str_radix(name.strip_prefix("0x")?, 16).ok()?;
    Some(home_and_kind(number, dir))
}

/// Where a number belongs and what its value is, known or not.
pub(crate) fn home_and_kind(number: u16, dir: Home) -> (u16, Home, Kind) {
    match by_number(number, dir) {
        Some(tag) => (number, tag.home, tag.kind),
        // The private tags of the Exif directory are numbered from 0x9000 on.
        None if dir == Home::Main && (0x9000..0xB000).contains(&number) => (number, Home::Exif, Kind::Any),
        None if dir == Home::Exif && !(0x9000..0xB000).contains(&number) => (number, Home::Main, Kind::Any),
        None => (number, dir, Kind::Any),
    }
}

/// The name that a tag of a directory is shown by: `0x` and four digits if it is not in the table.
pub(crate) fn name_of(number: u16, dir: Home) -> String {
    by_number(number, dir).map_or_else(|| format!("0x{number:04X}"), |tag| tag.name.to_owned())
}

/// Every name of a directory, for suggestions.
pub(crate) fn names(dir: Home) -> impl Iterator<Item = &'static str> {
    TAGS.iter().filter(move |tag| shares(tag.home, dir)).map(|tag| tag.name)
}

/// The name of a tag of the first or the Exif directory, such as `Make` for 0x010F.
///
/// ```
/// assert_eq!(imageio_exif::tag_name(0x010F), Some("Make"));
/// assert_eq!(imageio_exif::tag_name(0x1234), None);
/// ```
pub fn tag_name(number: u16) -> Option<&'static str> {
    by_number(number, Home::Main).map(|tag| tag.name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_numbers_are_unique_where_they_are_seen() {
        for (i, a) in TAGS.iter().enumerate() {
            for b in &TAGS[i + 1..] {
                assert!(!shares(a.home, b.home) || (a.number != b.number && a.name != b.name), "{} {}", a.name, b.name);
            }
            assert!(!pointer::ALL.contains(&a.number) || !matches!(a.home, Home::Main | Home::Exif));
        }
    }

    #[test]
    fn aliases_lead_to_names() {
        for (alias, name) in ALIASES {
            assert!(TAGS.iter().any(|tag| tag.name == *name), "{alias}");
        }
        assert_eq!(by_name("ISO", Home::Main), Some((0x8827, Home::Exif, Kind::Short)));
        assert_eq!(by_name("0x8827", Home::Main), Some((0x8827, Home::Exif, Kind::Short)));
        assert_eq!(by_name("Nothing", Home::Main), None);
    }
}
