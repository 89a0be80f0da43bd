//! From options and the first image to a command line.

use std::ffi::OsString;
use std::path::Path;
use std::time::Duration;

use ffmpeg_sidecar::command::FfmpegCommand;
use imageio_core::{Error, ErrorKind, Metadata, Result};

use super::container::{self, Container};
use super::encoder::{self, Family};
use super::input::Input;
use super::matroska;
use super::options::{ColorRange, ColorSpace, OddSize, WriteOptions};
use super::tags::{self, Tags};
use super::timing::{self, Timing};
use crate::find::Tools;
use crate::pixel_format::{Layout, PixelFormat};

/// How a video will be written.
pub(crate) struct Plan {
    pub command: FfmpegCommand,
    pub timing: Timing,
    /// What a time is counted in where frames have times of their own.
    pub tick: Duration,
    pub notes: Vec<String>,
}

/// What a plan is made from.
pub(crate) struct Wishes<'a> {
    pub tools: &'a Tools,
    pub options: &'a WriteOptions,
    /// What ffmpeg is told before its input.
    pub input_arguments: &'a [String],
    pub metadata: Option<&'a Metadata>,
    /// The target's extension.
    pub extension: Option<&'a str>,
    pub path: &'a Path,
}

impl Wishes<'_> {
    /// Where the video goes: the muxer's name for messages, and what the table knows of it.
    fn container(&self) -> Result<(String, Option<&'static Container>)> {
        let name = self.options.container.as_deref().or(self.extension).ok_or_else(|| {
            Error::new(ErrorKind::InvalidOption, "nothing says which container is wanted")
                .with_hint("give option `container`, or an extension with WriteOptions::extension")
        })?;
        Ok((name.to_owned(), container::find(name)))
    }

    /// The encoder; empty leaves it to ffmpeg.
    fn encoder(&self, container: Option<&Container>, name: &str, input: &Input) -> Result<String> {
        let o = self.options;
        let mut encoder = match (&o.codec, container) {
            (Some(codec), _) => encoder::resolve(self.tools, &[codec])?,
            (None, Some(c)) if o.lossless => match c.lossless {
                Some(codec) => encoder::resolve(self.tools, &[codec])?,
                None => {
                    return Err(Error::unsupported(format!("no lossless codec is usual in .{name}"))
                        .with_hint("write .mkv, .avi or .nut, which get FFV1, or name a codec"));
                }
            },
            (None, Some(c)) => encoder::resolve(self.tools, c.codecs)?,
            (None, None) => String::new(),
        };
        // x264 has its lossless RGB under a name of its own.
        if o.lossless && encoder == "libx264" && !input.gray && !input.yuv && o.pixel_format.is_none() {
            encoder = encoder::resolve(self.tools, &["libx264rgb"])?;
        }
        Ok(encoder)
    }

    /// Decides everything. May add padding to the input.
    pub fn plan(&self, input: &mut Input) -> Result<Plan> {
        let o = self.options;
        let (name, container) = self.container()?;
        let encoder = self.encoder(container, &name, input)?;
        let muxer = container.map(|c| c.muxer);
        let family = Family::of(&encoder);
        let mut rate = family.rate(&encoder, o)?;
        let pixel_format = match &o.pixel_format {
            Some(named) => Some(named.clone()),
            None => family.pixel_format(&encoder, input, o.lossless),
        };
        let target = pixel_format.as_deref().and_then(|name| PixelFormat::parse(name).ok());
        let mut notes = Vec::new();
        self.check_loss(input, target.as_ref(), family, &encoder, &mut notes)?;
        let sides = target.filter(|_| family.wants_even_sides(&encoder)).map(|t| subsampling(&t)).unwrap_or((1, 1));
        let size_filter = self.even(input, sides, &encoder, &mut notes)?;
        let tags = self.metadata.map(|metadata| Tags::new(metadata, muxer.unwrap_or_default()));
        notes.extend(tags.as_ref().and_then(|tags| tags.note(&format!(".{}", name.trim_start_matches('.')))));
        let timing = Timing::new(o, self.metadata)?;
        let whole = |d: &Duration| d.subsec_nanos() % 1_000_000 == 0;
        let tick = match &timing {
            Timing::Each(durations) if !durations.iter().all(whole) => Duration::from_micros(1),
            _ => Duration::from_millis(1),
        };

        let mut command = FfmpegCommand::new_with_path(&self.tools.ffmpeg);
        // Frames that ffmpeg could not write must not pass unnoticed.
        command.hide_banner().args(["-nostats", "-loglevel", "level+warning", "-xerror"]).overwrite();
        command.args(self.input_arguments);
        self.raw_input(&mut command, input, &timing)?;
        let mut inputs = 1;
        let mut maps: Vec<OsString> = vec!["-map".into(), "0:v:0".into()];
        if let Some(audio) = &o.audio {
            let mut path = OsString::from("file:");
            path.push(audio);
            command.input(if audio.contains("://") { OsString::from(audio) } else { path });
            maps.extend(["-map".into(), format!("{inputs}:a").into()]);
            inputs += 1;
        }
        // What the audio's file says of itself is not what this video is.
        maps.extend(["-map_metadata".into(), "-1".into(), "-map_chapters".into(), "-1".into()]);
        if let Some(file) = tags.as_ref().and_then(Tags::file) {
            command.args(["-f", "ffmetadata"]).input(tags::data_url(&file));
            maps.truncate(maps.len() - 4);
            maps.extend(
                ["-map_metadata", &inputs.to_string(), "-map_chapters", &inputs.to_string()].map(OsString::from),
            );
        }
        command.args(&maps);
        command.args(&o.output_arguments);
        if !encoder.is_empty() {
            command.codec_video(&encoder);
        }
        if o.audio.is_some() {
            command.codec_audio(o.audio_codec.as_deref().unwrap_or("copy"));
        }
        rate.extend(family.fixed(&encoder, muxer.unwrap_or_default(), input));
        command.args(&rate);
        if let Some(preset) = &o.preset {
            command.args(family.preset(&encoder, preset));
        }
        if let Some(gop) = o.gop {
            command.args(["-g", &gop.to_string()]);
        }
        if let Some(threads) = o.threads {
            command.args(["-threads:v", &threads.to_string()]);
        }
        let color = Color::new(o, family, input, target.as_ref());
        command.args(["-vf", &self.filters(input, &size_filter, &color, pixel_format.as_deref(), family)]);
        if let Some(pixel_format) = &pixel_format {
            command.pix_fmt(pixel_format);
        }
        command.args(color.tags());
        if let Timing::Each(durations) = &timing {
            self.own_times(&mut command, durations, tick, muxer);
        }
        if let Some(plays) = o.loop_count.or_else(|| self.plays_in_metadata()) {
            match muxer {
                Some("gif") => _ = command.args(["-loop", &plays.to_string()]),
                Some("apng") => _ = command.args(["-plays", &plays.to_string()]),
                _ if o.loop_count.is_some() => notes.push(format!(".{name} has no place for `loop_count`")),
                _ => {}
            }
        } else if muxer == Some("apng") {
            command.args(["-plays", "0"]);
        }
        if container.is_some_and(|c| c.faststart) {
            command.args(["-movflags", "+faststart"]);
        }
        // The same images give the same file: no dates, no random ids, no version of ffmpeg.
        command.args(["-fflags", "+bitexact"]);
        if let Some(muxer) = muxer.or(o.container.as_deref()) {
            command.format(muxer);
        }
        let mut path = OsString::from("file:");
        path.push(self.path);
        command.output(path);
        Ok(Plan { command, timing, tick, notes })
    }

    fn raw_input(&self, command: &mut FfmpegCommand, input: &Input, timing: &Timing) -> Result<()> {
        let name = input.format.ffmpeg_name();
        match timing {
            Timing::Constant(rate) => {
                let size = format!("{}x{}", input.width + input.pad.0, input.height + input.pad.1);
                let rate = format!("{}/{}", rate.numerator, rate.denominator);
                command.format("rawvideo").args(["-pixel_format", &name, "-video_size", &size, "-framerate", &rate]);
            }
            Timing::Each(_) if matroska::four_cc(&name).is_none() => {
                return Err(Error::unsupported(format!("{name} frames with a duration each"))
                    .with_hint("give `fps`, or one duration for all frames"));
            }
            Timing::Each(_) => _ = command.format("matroska"),
        }
        command.input("pipe:0");
        Ok(())
    }

    /// What is said so that frames keep times of their own.
    fn own_times(&self, command: &mut FfmpegCommand, durations: &[Duration], tick: Duration, muxer: Option<&str>) {
        let mode = if self.tools.is_at_least(5, 1) { "-fps_mode" } else { "-vsync" };
        let ticks = 1_000_000_000 / tick.as_nanos();
        command.args([mode, "vfr", "-enc_time_base", &format!("1:{ticks}")]);
        // Frames in the order in which they are shown, so that a frame's duration is that of its packet.
        command.args(["-bf", "0"]);
        let Some(last) = durations.last() else { return };
        if muxer == Some("gif") {
            command.args(["-final_delay", &(last.as_millis() / 10).to_string()]);
        }
        // The last frame has no successor. Before 6.0 it lasts as long as one of the output's rate; since then it
        // keeps what the input says, and a rate is refused.
        if let Some(rate) = timing::rate(*last).filter(|_| !self.tools.is_at_least(6, 0)) {
            command.args(["-r", &format!("{}/{}", rate.numerator, rate.denominator)]);
        }
    }

    fn plays_in_metadata(&self) -> Option<u16> {
        let value = self.metadata?.get("loop_count")?.as_i64()?;
        u16::try_from(value).ok()
    }

    /// What the format can't hold: a note, or an error where nothing may be lost.
    fn check_loss(
        &self,
        input: &Input,
        target: Option<&PixelFormat>,
        family: Family,
        encoder: &str,
        notes: &mut Vec<String>,
    ) -> Result<()> {
        let Some(target) = target else { return Ok(()) };
        let (bits, alpha) = encoder::holds(target);
        let mut lost = Vec::new();
        if input.alpha && !alpha {
            lost.push("alpha was left out".to_owned());
        }
        let (had, _) = encoder::holds(&input.format);
        if had > bits && !(bits == 10 && family == Family::ProRes) {
            lost.push(format!("samples of {had} bits became samples of {bits}"));
        }
        let exact = self.options.lossless;
        if exact && !input.yuv && (subsampling(target) != (1, 1) || target.ffmpeg_name().starts_with("yuv")) {
            lost.push(format!("{} does not hold every RGB colour", target.ffmpeg_name()));
        }
        if exact && !lost.is_empty() {
            return Err(Error::mismatch(format!("encoder `{encoder}` can't write these images without loss"))
                .with("lost", lost.join(", "))
                .with_hint("FFV1 can, in .mkv, .avi and .nut"));
        }
        notes.extend(lost.into_iter().map(|what| format!("{what}: {} holds no more", target.ffmpeg_name())));
        Ok(())
    }

    /// Sees to sides that the codec can hold; gives a filter where one is needed.
    fn even(
        &self,
        input: &mut Input,
        (x, y): (usize, usize),
        encoder: &str,
        notes: &mut Vec<String>,
    ) -> Result<String> {
        let filtered = self.options.filter.is_some();
        let odd = (input.width % x, input.height % y);
        if (x, y) == (1, 1) || !filtered && odd == (0, 0) {
            return Ok(String::new());
        }
        match self.options.odd_size {
            // ffmpeg will say so if what comes out of the filter does not fit.
            OddSize::Refuse if filtered => Ok(String::new()),
            OddSize::Refuse => {
                let (w, h) = (input.width, input.height);
                Err(Error::mismatch(format!("{encoder} wants sides that {x} by {y} divides, not {w} by {h} pixels"))
                    .with_hint(
                        "option `odd_size` = `pad` adds a column or row, `crop` leaves one out; `pixel_format` = \
                         `yuv444p` keeps the size, but not every player shows it",
                    ))
            }
            OddSize::Crop => Ok(format!("crop=trunc(iw/{x})*{x}:trunc(ih/{y})*{y}:0:0")),
            OddSize::Pad if !filtered && input.is_packed() => {
                input.pad = ((x - odd.0) % x, (y - odd.1) % y);
                let (w, h) = (input.width + input.pad.0, input.height + input.pad.1);
                notes.push(format!("the frames were padded to {w} by {h} pixels"));
                Ok(String::new())
            }
            OddSize::Pad => Ok(format!("pad=ceil(iw/{x})*{x}:ceil(ih/{y})*{y}")),
        }
    }

    fn filters(&self, input: &Input, size: &str, color: &Color, pixel_format: Option<&str>, family: Family) -> String {
        let mut chain = Vec::new();
        if !size.is_empty() {
            chain.push(size.to_owned());
        }
        chain.extend(color.filter(input));
        if let Some(pixel_format) = pixel_format {
            chain.push(format!("format={pixel_format}"));
            // Encoders of newer versions go by what frames say, and not by options.
            chain.extend(color.parameters());
        } else if family == Family::Gif {
            // A palette for each frame, since one for all would need to see them all first.
            let alpha = if input.alpha { "1" } else { "0" };
            chain.push(format!(
                "split[pa][pb];[pa]palettegen=stats_mode=single:reserve_transparent={alpha}[pc];[pb][pc]paletteuse=new=1:dither=sierra2_4a"
            ));
        }
        let ours = if chain.is_empty() { "null".to_owned() } else { chain.join(",") };
        match self.options.filter.as_deref().map(str::trim) {
            None | Some("") => ours,
            // A graph that names its output goes on from there.
            Some(graph) if graph.ends_with("[out]") => format!("{}[mid];[mid]{ours}", graph.trim_end_matches("[out]")),
            Some(chain) => format!("{chain},{ours}"),
        }
    }
}

/// Width and height of what shares one chroma sample.
fn subsampling(format: &PixelFormat) -> (usize, usize) {
    match format.layout {
        Layout::Subsampled { log2_w, log2_h, .. } => (1 << log2_w, 1 << log2_h),
        _ => (1, 1),
    }
}

/// How RGB becomes YUV, and what the file says about it.
struct Color {
    /// ffmpeg's names of the matrix, and of the primaries with which it goes.
    matrix: &'static str,
    primaries: &'static str,
    transfer: &'static str,
    full: bool,
    /// The encoded samples are luma and chroma.
    yuv: bool,
    /// They are grey alone.
    gray: bool,
}

impl Color {
    fn new(o: &WriteOptions, family: Family, input: &Input, target: Option<&PixelFormat>) -> Self {
        let name = target.map(PixelFormat::ffmpeg_name).unwrap_or_default();
        let hd = input.width >= 1280 || input.height >= 720;
        let mut space = o.color_space;
        if space == ColorSpace::Auto {
            space = if hd && family != Family::Mjpeg { ColorSpace::Bt709 } else { ColorSpace::Bt601 };
        }
        let (matrix, primaries, transfer) = match space {
            ColorSpace::Bt2020 => ("bt2020nc", "bt2020", "bt2020-10"),
            ColorSpace::Bt709 => ("bt709", "bt709", "bt709"),
            // The primaries of sRGB, which the images have, are those of BT.709.
            _ => ("smpte170m", "bt709", "bt709"),
        };
        let yuv = name.starts_with("yuv") || name.starts_with("nv") || name.starts_with("p0");
        Color {
            matrix,
            primaries,
            transfer,
            // JPEG knows no other range.
            full: o.color_range == ColorRange::Full || name.starts_with("yuvj"),
            yuv,
            gray: name.starts_with("gray"),
        }
    }

    fn range(&self) -> &'static str {
        if self.full { "pc" } else { "tv" }
    }

    fn filter(&self, input: &Input) -> Option<String> {
        if !self.yuv || input.yuv {
            return None;
        }
        let matrix = if self.matrix == "bt2020nc" { "bt2020" } else { self.matrix };
        // Arrays use the whole range, grey ones as well.
        Some(format!("scale=in_range=pc:out_range={}:out_color_matrix={matrix}", self.range()))
    }

    fn parameters(&self) -> Option<String> {
        let Color { matrix, primaries, transfer, .. } = self;
        let range = self.range();
        self.yuv.then(|| {
            format!("setparams=range={range}:color_primaries={primaries}:color_trc={transfer}:colorspace={matrix}")
        })
    }

    fn tags(&self) -> Vec<&'static str> {
        if self.yuv {
            return vec![
                "-colorspace",
                self.matrix,
                "-color_primaries",
                self.primaries,
                "-color_trc",
                self.transfer,
                "-color_range",
                self.range(),
            ];
        }
        if self.gray { vec!["-color_range", "pc"] } else { Vec::new() }
    }
}
