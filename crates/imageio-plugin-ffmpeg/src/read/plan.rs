//! What a read with certain options asks of ffmpeg: filters, pixel format, size.

use ffmpeg_sidecar::command::FfmpegCommand;
use imageio_core::{Dtype, Error, ErrorKind, Options, Result};

use super::options::{Chroma, ReadOptions};
use crate::find::Tools;
use crate::pixel_format::{Layout, PixelFormat};
use crate::probe::{Fraction, Stream};
use crate::process::{Pipes, Process};
use crate::watch;

/// A width that no crop can have; it marks, in ffmpeg's log, frames that changed their size.
pub(super) const CHANGED: &str = "-7777";

/// Filters that give one frame for each, at once, and whose result depends on that frame alone: behind them, frame
/// `k` is still frame `k`, wherever decoding began.
const PLAIN: &[&str] = &[
    "scale",
    "crop",
    "hflip",
    "vflip",
    "transpose",
    "format",
    "noformat",
    "pad",
    "eq",
    "negate",
    "setsar",
    "setdar",
    "colorchannelmixer",
    "colorbalance",
    "colorlevels",
    "colorspace",
    "colormatrix",
    "curves",
    "lut",
    "lutrgb",
    "lutyuv",
    "lut3d",
    "lut1d",
    "hue",
    "boxblur",
    "gblur",
    "avgblur",
    "unsharp",
    "smartblur",
    "extractplanes",
    "alphaextract",
    "premultiply",
    "unpremultiply",
    "edgedetect",
    "sobel",
    "prewitt",
    "zscale",
    "swapuv",
    "drawbox",
    "drawgrid",
    "vignette",
    "null",
    "setparams",
    "setrange",
    "tonemap",
    "monochrome",
    "grayworld",
    "normalize_off",
    "histeq",
    "convolution",
    "erosion",
    "dilation",
    "lenscorrection",
    "perspective",
];

/// One way of reading.
#[derive(Debug, Clone)]
pub(super) struct Plan {
    pub options: ReadOptions,
    pub format: PixelFormat,
    /// The user's filters, in order.
    pub filters: Vec<String>,
    /// Frame `k` of the result is made of frame `k` of the stream alone.
    pub one_to_one: bool,
    /// Size of the result.
    pub width: usize,
    pub height: usize,
}

impl Plan {
    /// Works out what `options` mean for `stream`.
    pub fn new(options: &Options, tools: &Tools, stream: &Stream) -> Result<Self> {
        let options = ReadOptions::parse(options)?;
        let format = match options.pixel_format.as_deref() {
            None => PixelFormat::RGB24,
            Some("native") => PixelFormat::parse(stream.pixel_format.as_deref().unwrap_or("rgb24"))
                .map_err(|e| e.with_hint("this is the video's own format; name another one"))?,
            Some(name) => PixelFormat::parse(name)?,
        };
        let mut filters = Vec::new();
        if let Some(rate) = options.fps {
            filters.push(format!("fps={}/{}", rate.numerator, rate.denominator));
        }
        filters.extend(options.filter.as_deref().map(str::trim).filter(|f| !f.is_empty()).map(str::to_owned));
        if let Some(size) = &options.scale {
            let (w, h) = parse_size(size).ok_or_else(|| {
                Error::new(ErrorKind::InvalidOption, format!("`{size}` is no size such as 640x360 or 640x-1"))
                    .with("option", "scale")
            })?;
            filters.push(format!("scale={w}:{h}"));
        }
        let one_to_one = options.fps.is_none() && options.filter.as_deref().is_none_or(is_plain);
        let mut plan = Plan { options, format, filters, one_to_one, width: stream.width, height: stream.height };
        if !plan.filters.is_empty() {
            (plan.width, plan.height) = plan.filtered_size(tools, stream)?;
        }
        Ok(plan)
    }

    /// The size that comes out of the filters: found by sending a picture of nothing through them.
    fn filtered_size(&self, tools: &Tools, stream: &Stream) -> Result<(usize, usize)> {
        let rate = stream.rate().unwrap_or(Fraction { numerator: 25, denominator: 1 });
        let pixels = stream.pixel_format.as_deref().unwrap_or("yuv420p");
        let source = format!(
            "color=s={}x{}:r={}/{}:d=5,format={pixels}",
            stream.width, stream.height, rate.numerator, rate.denominator
        );
        let mut command = FfmpegCommand::new_with_path(&tools.ffmpeg);
        command.args(["-hide_banner", "-v", "error", "-nostdin", "-f", "lavfi", "-i", &source]);
        command.args(["-vf", &self.filters.join(","), "-frames:v", "1", "-c:v", "rawvideo", "-pix_fmt"]);
        command.args([&self.format.ffmpeg_name(), "-f", "framecrc", "pipe:1"]);
        let mut process = Process::start(&mut command, Pipes { stdout: true, ..Pipes::default() })?;
        let mut text = String::new();
        if let Some(mut stdout) = process.take_stdout() {
            std::io::Read::read_to_string(&mut stdout, &mut text)?;
        }
        process
            .succeed("trying the filter")
            .map_err(|e| e.with_kind(ErrorKind::InvalidOption).with("filter", self.filters.join(",")))?;
        let size = text.lines().find_map(|line| parse_size(line.strip_prefix("#dimensions 0:")?));
        let size = size.and_then(|(w, h)| Some((usize::try_from(w).ok()?, usize::try_from(h).ok()?)));
        size.filter(|(w, h)| *w > 0 && *h > 0).ok_or_else(|| {
            Error::new(ErrorKind::InvalidOption, "no frame comes out of the filter")
                .with("filter", self.filters.join(","))
        })
    }

    /// The conversion to RGB, told where the samples of colour lie. ffmpeg's own takes them to lie in the middle
    /// whatever the stream says; for 8 bits it has a way of its own that knows of no places.
    fn sited(&self, stream: &Stream) -> Option<String> {
        if self.options.chroma == Chroma::Ffmpeg || matches!(self.format.layout, Layout::Subsampled { .. }) {
            return None;
        }
        let from = PixelFormat::parse(stream.pixel_format.as_deref()?).ok()?;
        let Layout::Subsampled { log2_w: 1, log2_h, .. } = from.layout else { return None };
        if from.dtype == Dtype::U8 {
            return None;
        }
        // In 256ths of the distance between two samples of colour, as vf_scale has it.
        let vertical = |v: u32| if log2_h == 1 { format!(":in_v_chr_pos={v}") } else { String::new() };
        match stream.chroma_location.as_deref()? {
            "left" => Some("scale=in_h_chr_pos=0".to_owned()),
            "topleft" => Some(format!("scale=in_h_chr_pos=0{}", vertical(0))),
            "bottomleft" => Some(format!("scale=in_h_chr_pos=0{}", vertical(256))),
            _ => None,
        }
    }

    /// Adds what makes ffmpeg print the frames of this plan, from where `select` lets them pass.
    /// With `described`, frames come in the video's own format, and ffmpeg says how each of them looks.
    pub fn output(
        &self,
        command: &mut FfmpegCommand,
        tools: &Tools,
        stream: &Stream,
        select: Option<String>,
        described: bool,
    ) {
        let mut chain = Vec::new();
        // Formats of less than a byte a pixel can't be cropped without changing them.
        if !matches!(stream.pixel_format.as_deref(), Some("monow" | "monob")) {
            let (w, h) = (stream.width, stream.height);
            // A frame of another size fails here, instead of being scaled without a word.
            chain.push(format!("crop=w=if(eq(iw\\,{w})*eq(ih\\,{h})\\,iw\\,{CHANGED}):h=ih:x=0:y=0:exact=1"));
        }
        chain.extend(select);
        chain.extend(self.filters.iter().cloned());
        match described {
            true => chain.push(watch::FILTER.to_owned()),
            false => chain.extend(self.sited(stream)),
        }
        command.args(["-map", &format!("0:{}", stream.index)]);
        if !chain.is_empty() {
            command.args(["-vf", &chain.join(",")]);
        }
        // Frames as they are, neither dropped nor repeated.
        match tools.is_at_least(5, 1) {
            true => command.args(["-fps_mode", "passthrough"]),
            false => command.args(["-vsync", "passthrough"]),
        };
    }
}

fn is_plain(filter: &str) -> bool {
    filter.split([',', ';']).all(|f| {
        let f = f.trim();
        // Commas inside arguments make pieces that are no filters; those count as not plain, which is only slower.
        let name = f.split(['=', '@']).next().unwrap_or_default();
        PLAIN.contains(&name)
    }) && !filter.contains(['[', '\'', '\\'])
        && !filter.contains("eval=frame")
}

/// `640x360`, `640:360`.
pub(crate) fn parse_size(text: &str) -> Option<(i64, i64)> {
    let (w, h) = text.trim().split_once(['x', ':'])?;
    let (w, h): (i64, i64) = (w.trim().parse().ok()?, h.trim().parse().ok()?);
    let fine = |n: i64| n >= -16 && n != 0 && n <= 1 << 20;
    (fine(w) && fine(h) && (w > 0 || h > 0)).then_some((w, h))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_filters() {
        for plain in ["hflip", "crop=10:20, scale=5:-1", "format=gray,negate"] {
            assert!(is_plain(plain), "{plain}");
        }
        for other in ["fps=5", "select=gt(n\\,3)", "split[a][b];[a][b]hstack", "hflip,framestep=2", "rotate=t"] {
            assert!(!is_plain(other), "{other}");
        }
    }

    #[test]
    fn sizes() {
        assert_eq!(parse_size(" 128x96"), Some((128, 96)));
        assert_eq!(parse_size("640x-1"), Some((640, -1)));
        for bad in ["640", "0x5", "-1x-1", "axb", "5x5x5"] {
            assert_eq!(parse_size(bad), None, "{bad}");
        }
    }
}
