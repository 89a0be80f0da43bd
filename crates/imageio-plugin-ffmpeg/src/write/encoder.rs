//! Encoders: which of them a codec's name means, and what each wants to be told.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::{Arc, Mutex, PoisonError};

use imageio_core::{Dtype, Error, ErrorKind, Result, nearest_name};

use super::input::Input;
use super::options::WriteOptions;
use crate::find::Tools;
use crate::pixel_format::{Layout, PixelFormat};

/// Encoders that stand for a codec, the preferred one first.
const CODECS: &[(&[&str], &[&str])] = &[
    (
        &["h264", "avc", "x264"],
        &["libx264", "libopenh264", "h264_videotoolbox", "h264_nvenc", "h264_qsv", "h264_mf", "h264_vaapi"],
    ),
    (&["hevc", "h265", "x265"], &["libx265", "hevc_videotoolbox", "hevc_nvenc", "hevc_qsv", "hevc_mf"]),
    (&["vp9"], &["libvpx-vp9"]),
    (&["vp8"], &["libvpx"]),
    (&["av1"], &["libsvtav1", "libaom-av1", "librav1e", "av1_nvenc", "av1_qsv"]),
    (&["prores"], &["prores_ks", "prores_aw", "prores"]),
    (&["theora"], &["libtheora"]),
    (&["jpeg", "motionjpeg"], &["mjpeg"]),
];

/// Encoders by what they want to be told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Family {
    X264,
    X264Rgb,
    X265,
    Vpx,
    SvtAv1,
    AomAv1,
    ProRes,
    Ffv1,
    /// Scale of quantisers from 1 to 31.
    Quantiser,
    Mjpeg,
    Theora,
    /// Frames that are pictures of their own, without loss: PNG, APNG.
    Png,
    Gif,
    /// Planar RGB without loss: FFVHuff, Ut Video, MagicYUV.
    PlanarRgb,
    Huffyuv,
    Raw,
    Other,
}

impl Family {
    pub fn of(encoder: &str) -> Self {
        match encoder {
            "libx264" => Family::X264,
            "libx264rgb" => Family::X264Rgb,
            "libx265" => Family::X265,
            "libvpx" | "libvpx-vp9" => Family::Vpx,
            "libsvtav1" => Family::SvtAv1,
            "libaom-av1" => Family::AomAv1,
            "prores_ks" | "prores_aw" | "prores" => Family::ProRes,
            "ffv1" => Family::Ffv1,
            "mpeg4" | "libxvid" | "mpeg1video" | "mpeg2video" | "wmv1" | "wmv2" | "msmpeg4" | "msmpeg4v2" | "flv"
            | "h263" | "h263p" => Family::Quantiser,
            "mjpeg" => Family::Mjpeg,
            "libtheora" => Family::Theora,
            "png" | "apng" => Family::Png,
            "gif" => Family::Gif,
            "ffvhuff" | "utvideo" | "magicyuv" => Family::PlanarRgb,
            "huffyuv" => Family::Huffyuv,
            "rawvideo" => Family::Raw,
            _ => Family::Other,
        }
    }

    /// Every sample that fits its pixel format comes back.
    pub fn is_lossless(self) -> bool {
        matches!(self, Family::Ffv1 | Family::Png | Family::PlanarRgb | Family::Huffyuv | Family::Raw)
    }

    /// Sides must be even where chroma is halved. The others hold any size.
    pub fn wants_even_sides(self, encoder: &str) -> bool {
        match self {
            Family::X264 | Family::X265 | Family::SvtAv1 | Family::PlanarRgb | Family::Huffyuv => true,
            Family::Quantiser => matches!(encoder, "wmv1" | "wmv2" | "libxvid" | "h263" | "h263p"),
            // Encoders in hardware and their like.
            Family::Other => ["h264", "hevc", "av1", "libopenh264", "librav1e"].iter().any(|p| encoder.starts_with(p)),
            _ => false,
        }
    }

    /// The pixel format that such images are encoded in; `None` leaves it to ffmpeg.
    pub fn pixel_format(self, encoder: &str, input: &Input, lossless: bool) -> Option<String> {
        let Input { gray, alpha, deep, yuv, .. } = *input;
        let name = match self {
            // As it is, where it is luma and chroma already.
            _ if yuv && (lossless || self.is_lossless()) => return Some(input.format.ffmpeg_name()),
            Family::X264 if lossless => "gray",
            Family::X264 => "yuv420p",
            Family::X264Rgb => "rgb24",
            Family::X265 | Family::AomAv1 if lossless && gray => "gray",
            Family::X265 | Family::AomAv1 if lossless => "gbrp",
            Family::X265 | Family::SvtAv1 | Family::AomAv1 => "yuv420p",
            Family::Vpx if lossless && !alpha && encoder == "libvpx-vp9" => "gbrp",
            Family::Vpx if alpha => "yuva420p",
            Family::Vpx => "yuv420p",
            Family::ProRes if alpha && encoder == "prores_ks" => "yuva444p10le",
            Family::ProRes => "yuv422p10le",
            Family::Ffv1 => match (gray, alpha, deep) {
                (true, false, false) => "gray",
                (true, true, false) => "ya8",
                (true, false, true) => "gray16le",
                (false, false, false) => "bgr0",
                (false, true, false) => "bgra",
                (false, false, true) => "rgb48le",
                (_, true, true) => "rgba64le",
            },
            Family::Png => match (gray, alpha, deep) {
                (true, false, false) => "gray",
                (true, true, false) => "ya8",
                (true, false, true) => "gray16be",
                (true, true, true) => "ya16be",
                (false, false, false) => "rgb24",
                (false, true, false) => "rgba",
                (false, false, true) => "rgb48be",
                (false, true, true) => "rgba64be",
            },
            Family::PlanarRgb if alpha => "gbrap",
            Family::PlanarRgb if encoder == "ffvhuff" => match (gray, deep) {
                (true, false) => "gray",
                (true, true) => "gray16le",
                (false, false) => "gbrp",
                (false, true) => "gbrp16le",
            },
            Family::PlanarRgb => "gbrp",
            Family::Huffyuv if alpha => "bgra",
            Family::Huffyuv => "rgb24",
            Family::Quantiser | Family::Theora => "yuv420p",
            Family::Mjpeg => "yuvj420p",
            Family::Raw => return Some(input.format.ffmpeg_name()),
            // The palette filter gives what it wants.
            Family::Gif => return None,
            Family::Other if encoder == "wrapped_avframe" => "yuv420p",
            Family::Other if encoder.starts_with("h264") || encoder == "libopenh264" => "yuv420p",
            Family::Other => return None,
        };
        Some(name.to_owned())
    }

    /// The arguments that say how good it is to be.
    pub fn rate(self, encoder: &str, o: &WriteOptions) -> Result<Vec<String>> {
        let given = [o.quality.is_some(), o.crf.is_some(), o.bitrate.is_some(), o.lossless];
        if given.iter().filter(|g| **g).count() > 1 {
            return Err(Error::new(
                ErrorKind::InvalidOption,
                "of `quality`, `crf`, `bitrate` and `lossless` one can be given",
            ));
        }
        let no = |option: &str, instead: &str| {
            Error::new(ErrorKind::InvalidOption, format!("encoder `{encoder}` has no `{option}`"))
                .with_hint(instead.to_owned())
        };
        if let Some(Bits(bits)) = o.bitrate.map(|b| Bits(b.0)) {
            if self.is_lossless() {
                return Err(no("bitrate", "it keeps every pixel, whatever that takes"));
            }
            return Ok(vec!["-b:v".into(), bits.to_string()]);
        }
        let crf = |value: f64| vec!["-crf".to_owned(), number(value)];
        if let Some(value) = o.crf {
            return match self {
                Family::X264 | Family::X264Rgb | Family::X265 | Family::SvtAv1 => Ok(crf(value)),
                Family::Vpx | Family::AomAv1 => Ok([crf(value), vec!["-b:v".into(), "0".into()]].concat()),
                _ => Err(no("crf", "use `quality` or `bitrate`")),
            };
        }
        if o.lossless {
            return match self {
                Family::X264 | Family::X264Rgb => Ok(vec!["-qp".into(), "0".into()]),
                Family::X265 => Ok(vec!["-x265-params".into(), "lossless=1:log-level=error".into()]),
                Family::Vpx if encoder == "libvpx-vp9" => Ok(vec!["-lossless".into(), "1".into()]),
                Family::AomAv1 => Ok(vec!["-aom-params".into(), "lossless=1".into()]),
                _ if self.is_lossless() => Ok(self.defaults(encoder)),
                _ => Err(Error::new(ErrorKind::InvalidOption, format!("encoder `{encoder}` is not lossless"))
                    .with_hint("ffv1 is, in .mkv and .avi; without `codec` one that fits the container is chosen")),
            };
        }
        let Some(quality) = o.quality else { return Ok(self.defaults(encoder)) };
        let worse = 1.0 - quality / 100.0;
        Ok(match self {
            // Rate factor 0 would be lossless, which is another profile that few players know.
            Family::X264 | Family::X264Rgb | Family::X265 => crf((51.0 * worse).round().max(1.0)),
            Family::SvtAv1 => crf((63.0 * worse).round().max(1.0)),
            Family::Vpx | Family::AomAv1 => [crf((63.0 * worse).round()), vec!["-b:v".into(), "0".into()]].concat(),
            Family::Quantiser | Family::Mjpeg => vec!["-q:v".into(), number((1.0 + 30.0 * worse).round().max(2.0))],
            Family::Theora => vec!["-q:v".into(), number((10.0 * (1.0 - worse)).round())],
            Family::ProRes if encoder == "prores_ks" => vec!["-q:v".into(), number((1.0 + 30.0 * worse).round())],
            _ if self.is_lossless() => return Err(no("quality", "it keeps every pixel, whatever that takes")),
            _ => return Err(no("quality", "use `bitrate`, or its own options in `output_arguments`")),
        })
    }

    /// What it is told where nobody says how good it is to be.
    fn defaults(self, encoder: &str) -> Vec<String> {
        let words: &[&str] = match self {
            // Without a rate factor libvpx aims at 200 kbit/s, whatever the size.
            Family::Vpx if encoder == "libvpx-vp9" => &["-crf", "31", "-b:v", "0"],
            Family::Vpx => &["-crf", "10", "-b:v", "2M"],
            Family::AomAv1 => &["-crf", "32", "-b:v", "0"],
            Family::SvtAv1 => &["-crf", "35"],
            // ffmpeg's own default is 200 kbit/s here as well.
            Family::Quantiser => &["-q:v", "4"],
            Family::Mjpeg => &["-q:v", "3"],
            Family::Theora => &["-q:v", "7"],
            // Each frame for itself, with checksums: what archives do.
            Family::Ffv1 => &["-level", "3", "-g", "1", "-slicecrc", "1"],
            _ => &[],
        };
        words.iter().map(|w| (*w).to_owned()).collect()
    }

    /// What the encoder is told in any case.
    pub fn fixed(self, encoder: &str, muxer: &str, input: &Input) -> Vec<String> {
        let words: &[&str] = match self {
            Family::Vpx if encoder == "libvpx-vp9" => &["-row-mt", "1"],
            // Apple's players know HEVC by this tag only.
            Family::X265 if matches!(muxer, "mp4" | "mov") => &["-tag:v", "hvc1"],
            Family::ProRes if encoder != "prores_ks" => &[],
            Family::ProRes if input.alpha => &["-profile:v", "4444", "-vendor", "apl0"],
            Family::ProRes => &["-profile:v", "hq", "-vendor", "apl0"],
            // Experimental for ffmpeg, and what the container's own rules say since.
            Family::Ffv1 | Family::Png if matches!(muxer, "mp4") => &["-strict", "experimental"],
            _ => &[],
        };
        words.iter().map(|w| (*w).to_owned()).collect()
    }

    /// The speed, in the encoder's words.
    pub fn preset(self, encoder: &str, preset: &str) -> Vec<String> {
        let name = match self {
            Family::Vpx if preset.parse::<i32>().is_ok() => "-cpu-used",
            Family::Vpx => "-deadline",
            Family::AomAv1 => "-cpu-used",
            Family::Other if encoder == "librav1e" => "-speed",
            _ => "-preset",
        };
        vec![name.to_owned(), preset.to_owned()]
    }
}

struct Bits(u64);

/// Without a fraction of nothing.
pub(super) fn number(value: f64) -> String {
    format!("{value}")
}

/// Bits of a sample, and whether there is alpha, of a pixel format.
pub(super) fn holds(format: &PixelFormat) -> (u32, bool) {
    let name = format.ffmpeg_name();
    let alpha = match format.layout {
        Layout::Packed(letters) | Layout::Planar(letters) => letters.contains('A'),
        Layout::Subsampled { alpha, .. } => alpha,
    };
    let bits = match format.dtype {
        Dtype::U8 => 8,
        Dtype::F32 => 32,
        _ => [9, 10, 12, 14]
            .into_iter()
            .find(|b| name.trim_end_matches("le").trim_end_matches("be").ends_with(&b.to_string()))
            .unwrap_or(16),
    };
    (bits, alpha)
}

/// The encoder that a name stands for, of those that this ffmpeg has.
pub(crate) fn resolve(tools: &Tools, names: &[&str]) -> Result<String> {
    let all = list(&tools.ffmpeg)?;
    let has = |name: &str| all.iter().any(|e| e == name);
    for name in names {
        let lower = name.to_ascii_lowercase();
        let encoders = CODECS.iter().find(|(codecs, _)| codecs.contains(&lower.as_str())).map(|(_, e)| *e);
        match encoders {
            Some(encoders) => {
                if let Some(found) = encoders.iter().find(|e| has(e)) {
                    return Ok((*found).to_owned());
                }
            }
            None if has(name) => return Ok((*name).to_owned()),
            None => {}
        }
    }
    let name = names.first().copied().unwrap_or_default();
    if CODECS.iter().any(|(codecs, _)| codecs.contains(&name)) || crate::write::container::find(name).is_some() {
        return Err(Error::unsupported(format!("this ffmpeg has no encoder for {name}"))
            .with("ffmpeg", tools.ffmpeg.display())
            .with_hint("name another one with option `codec`, or use a fuller build of ffmpeg"));
    }
    let codecs = CODECS.iter().flat_map(|(codecs, _)| codecs.iter().copied());
    let near = nearest_name(name, codecs.chain(all.iter().map(String::as_str)))
        .map_or_else(String::new, |near| format!("did you mean `{near}`? "));
    Err(Error::new(ErrorKind::InvalidOption, format!("this ffmpeg has no video encoder `{name}`"))
        .with("option", "codec")
        .with("ffmpeg", tools.ffmpeg.display())
        .with_hint(format!("{near}`ffmpeg -encoders` lists them")))
}

static LISTS: Mutex<Option<HashMap<PathBuf, Arc<Vec<String>>>>> = Mutex::new(None);

/// The names of the video encoders that an ffmpeg has.
pub(super) fn list(ffmpeg: &Path) -> Result<Arc<Vec<String>>> {
    let mut lists = LISTS.lock().unwrap_or_else(PoisonError::into_inner);
    let lists = lists.get_or_insert_with(HashMap::new);
    if let Some(list) = lists.get(ffmpeg) {
        return Ok(Arc::clone(list));
    }
    let mut command = Command::new(ffmpeg);
    command.args(["-hide_banner", "-loglevel", "error", "-encoders"]).stdin(Stdio::null()).stderr(Stdio::null());
    crate::process::hide_window(&mut command);
    let output = command.output()?;
    let list = Arc::new(parse(&String::from_utf8_lossy(&output.stdout)));
    if list.is_empty() {
        return Err(
            Error::new(ErrorKind::Backend, "ffmpeg does not list its encoders").with("ffmpeg", ffmpeg.display())
        );
    }
    lists.insert(ffmpeg.to_owned(), Arc::clone(&list));
    Ok(list)
}

/// Lines such as ` V....D libx264              H.264 …`, below a line of dashes.
fn parse(printed: &str) -> Vec<String> {
    let mut lines = printed.lines();
    lines.by_ref().find(|line| line.trim_start().starts_with("---"));
    lines
        .filter_map(|line| {
            let mut words = line.split_whitespace();
            (words.next()?.starts_with('V')).then(|| words.next().map(str::to_owned)).flatten()
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_of_encoders() {
        let printed = "Encoders:\n V..... = Video\n A..... = Audio\n ------\n V....D a64multi   x\n A....D aac   y\n V..... libx264    H.264 (codec h264)\n";
        assert_eq!(parse(printed), ["a64multi", "libx264"]);
        assert!(parse("").is_empty());
    }

    #[test]
    fn what_pixel_formats_hold() {
        for (name, bits, alpha) in [
            ("yuv420p", 8, false),
            ("yuv422p10le", 10, false),
            ("rgba64le", 16, true),
            ("yuva420p", 8, true),
            ("gray12", 12, false),
        ] {
            assert_eq!(holds(&PixelFormat::parse(name).unwrap()), (bits, alpha), "{name}");
        }
    }

    #[test]
    fn one_way_to_say_how_good() {
        let rows: [(Family, WriteOptions, &[&str]); 8] = [
            (Family::X264, WriteOptions::new(), &[]),
            (Family::X264, WriteOptions::new().crf(18.0), &["-crf", "18"]),
            (Family::X264, WriteOptions::new().quality(100.0), &["-crf", "1"]),
            (Family::X264, WriteOptions::new().quality(0.0), &["-crf", "51"]),
            (Family::Quantiser, WriteOptions::new().quality(50.0), &["-q:v", "16"]),
            (Family::Theora, WriteOptions::new().quality(70.0), &["-q:v", "7"]),
            (Family::AomAv1, WriteOptions::new().crf(30.5), &["-crf", "30.5", "-b:v", "0"]),
            (Family::X264, WriteOptions::new().bitrate(super::super::options::Bitrate(5)), &["-b:v", "5"]),
        ];
        for (family, options, expected) in rows {
            assert_eq!(family.rate("e", &options).unwrap(), expected, "{family:?} {options:?}");
        }
        let wrong = [
            (Family::X264, WriteOptions::new().crf(18.0).quality(5.0)),
            (Family::Ffv1, WriteOptions::new().quality(5.0)),
            (Family::Mjpeg, WriteOptions::new().lossless(true)),
            (Family::Theora, WriteOptions::new().crf(5.0)),
        ];
        for (family, options) in wrong {
            let e = family.rate("e", &options).unwrap_err();
            assert_eq!(e.kind(), ErrorKind::InvalidOption, "{e}");
        }
    }
}
