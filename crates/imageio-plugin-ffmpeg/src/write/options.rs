use std::time::Duration;

use imageio_core::{OptionKind, OptionValue, Rate, Value};

imageio_core::option_enum! {
    /// What becomes of a picture whose size the codec can't hold: most hold chroma for 2 by 2 pixels, and want even sides.
    pub enum OddSize {
        /// It is an error that says what can be done.
        Refuse = "refuse",
        /// A column or row is added that repeats the last one.
        Pad = "pad",
        /// The last column or row is left out.
        Crop = "crop",
    }
}

imageio_core::option_enum! {
    /// Which colours YUV samples stand for.
    pub enum ColorSpace {
        /// By size as players guess it: BT.709 from 1280 by 720 pixels on, BT.601 below.
        Auto = "auto",
        /// ITU-R BT.601, of standard definition.
        Bt601 = "bt601" | "smpte170m",
        /// ITU-R BT.709, of high definition.
        Bt709 = "bt709",
        /// ITU-R BT.2020, non-constant luminance.
        Bt2020 = "bt2020" | "bt2020nc",
    }
}

imageio_core::option_enum! {
    /// Which part of their range YUV samples use.
    pub enum ColorRange {
        /// 16 to 235 of 255, as players expect.
        Limited = "limited" | "tv" | "mpeg",
        /// All of it.
        Full = "full" | "pc" | "jpeg",
    }
}

/// Bits in a second: a number, or a text such as `2M` or `800k`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bitrate(pub u64);

impl From<u64> for Bitrate {
    fn from(bits: u64) -> Self {
        Bitrate(bits)
    }
}

impl OptionValue for Bitrate {
    const KIND: OptionKind = OptionKind::Any;

    fn from_value(value: &Value) -> Result<Self, String> {
        let text = value.to_string();
        let (number, unit) = match text.trim().char_indices().next_back() {
            Some((at, 'k' | 'K')) => (&text.trim()[..at], 1e3),
            Some((at, 'm' | 'M')) => (&text.trim()[..at], 1e6),
            Some((at, 'g' | 'G')) => (&text.trim()[..at], 1e9),
            _ => (text.trim(), 1.0),
        };
        match number.parse::<f64>() {
            Ok(n) if n > 0.0 && n * unit < 1e15 => Ok(Bitrate((n * unit) as u64)),
            _ => Err(format!("`{text}` is no number of bits in a second, such as 2000000 or 2M")),
        }
    }

    fn into_value(self) -> Value {
        Value::UInt(self.0)
    }
}

imageio_core::plugin_options! {
    /// How a video is written.
    pub struct WriteOptions in Write {
        /// Frames per second, also as a fraction (`30000/1001`). Without this, `duration` and metadata count, then 24.
        fps: Option<Rate> = None,
        /// Time that a frame is shown, in milliseconds by name: one for all frames, or a list with one for each, which makes a video of variable frame rate. Exclusive with `fps`.
        duration: Vec<Duration> = Vec::new(),
        /// Codec (`h264`, `hevc`, `vp9`, `av1`, `ffv1`, `prores`, …) or ffmpeg's name of an encoder (`libx264`). The container decides unless this is given.
        codec: Option<String> = None,
        /// Pixel format to encode, in ffmpeg's words (`yuv420p`, `yuv444p`, `gbrp`, `gray16le`, …). The codec and the images decide unless this is given.
        #[alias("out_pixel_format", "pixelformat")]
        pixel_format: Option<String> = None,
        /// Pixel format of the arrays, in ffmpeg's words (`bgr24`, `yuv420p`, `nv12`, `gbrp`, …). By default the shape decides: grey, grey and alpha, RGB, RGBA.
        in_pixel_format: Option<String> = None,
        /// 0 (smallest) to 100 (best), on the codec's own scale. The codec's default is between 55 and 65.
        #[range(0, 100)]
        quality: Option<f64> = None,
        /// Constant rate factor of x264, x265, VP9 and AV1: smaller is better.
        #[range(0, 63)]
        crf: Option<f64> = None,
        /// Bits in a second, as a number or as `2M`.
        bitrate: Option<Bitrate> = None,
        /// Keep every pixel exactly. Chooses a codec that can unless `codec` is given: FFV1 where the container holds it.
        lossless: bool = false,
        /// Speed against size, in the encoder's words: `ultrafast` to `veryslow` for x264 and x265, a number for AV1 and VP9.
        preset: Option<String> = None,
        /// Frames between keyframes at most.
        #[alias("max_keyframe_interval")]
        gop: Option<u32> = None,
        /// Filter chain or graph that frames go through, in ffmpeg's words: `hflip`, `scale=640:-2,fps=10`.
        filter: Option<String> = None,
        /// Container: an extension (`mkv`) or ffmpeg's name (`matroska`). The target's extension decides unless this is given.
        container: Option<String> = None,
        /// What becomes of a picture of odd sides where the codec wants even ones: `refuse`, `pad` or `crop`.
        odd_size: OddSize = OddSize::Refuse,
        /// Matrix that RGB is turned into YUV with, and which the file is tagged with: `auto`, `bt601`, `bt709` or `bt2020`.
        color_space: ColorSpace = ColorSpace::Auto,
        /// Range of YUV samples: `limited` or `full`.
        color_range: ColorRange = ColorRange::Limited,
        /// A file whose audio is copied into the video.
        #[alias("audio_path")]
        audio: Option<String> = None,
        /// Codec to encode the audio with instead of copying it.
        audio_codec: Option<String> = None,
        /// Plays of an animation (GIF, APNG), as the file says it; 0 is for ever.
        loop_count: Option<u16> = None,
        /// Threads of the encoder; it decides unless this is given.
        threads: Option<u32> = None,
        /// More arguments for ffmpeg before its output; they go before what other options say.
        #[alias("output_params", "ffmpeg_params")]
        output_arguments: Vec<String> = Vec::new(),
    }
}
