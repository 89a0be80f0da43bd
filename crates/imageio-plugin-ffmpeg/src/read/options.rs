//! Options of reading.

use imageio_core::Rate;

imageio_core::option_enum! {
    /// How the number of frames is found.
    pub enum Count {
        /// From the packets, where these tell it exactly; unknown otherwise.
        Auto = "auto",
        /// From the packets where these tell it exactly, and by decoding the whole video otherwise.
        Exact = "exact",
    }
}

imageio_core::option_enum! {
    /// Where samples of colour lie between those of light when a video is converted to RGB.
    pub enum Chroma {
        /// Where the video says, as far as ffmpeg can be told.
        Stated = "stated",
        /// Wherever ffmpeg takes them to be by itself.
        Ffmpeg = "ffmpeg",
    }
}

imageio_core::option_enum! {
    /// Who makes RGB of the planes of a video. The result is the same, bit for bit.
    pub enum Conversion {
        /// As `own` for long videos, as `ffmpeg` for short ones.
        Auto = "auto",
        /// imageio where it was seen to give what ffmpeg gives, and ffmpeg otherwise.
        Own = "own",
        /// Always ffmpeg.
        Ffmpeg = "ffmpeg",
    }
}

imageio_core::plugin_options! {
    /// How a video is read.
    pub struct ReadOptions in Read {
        /// Layout of the samples, by ffmpeg's name: `rgb24` (the default), `rgba`, `gray`, `gray16le`, `rgb48le`, `gbrpf32`, `yuv420p`, `nv12` …; `native` for the video's own. Packed formats give `(height, width, channels)`, planar ones `(channels, height, width)`, those with fewer samples of colour the planes one below the other.
        pixel_format: Option<String> = None,
        /// Filters that frames go through, in ffmpeg's words: a chain such as `crop=100:100,hflip`, or a graph with one open input and one open output.
        filter: Option<String> = None,
        /// Size that frames are scaled to: `640x360`, or `640x-1` to keep the aspect.
        scale: Option<String> = None,
        /// Frames per second that the video is brought to by dropping and repeating frames.
        fps: Option<Rate> = None,
        /// Time in seconds from which on frames are read; the first frame of the video is at 0.
        #[range(0, 1e9)]
        start: Option<f64> = None,
        /// Time in seconds before which frames are read.
        #[range(0, 1e9)]
        end: Option<f64> = None,
        /// Which video stream, counted from 0; by default the one that ffmpeg chooses, the largest.
        stream: Option<u32> = None,
        /// Threads that decode; 0 lets ffmpeg choose.
        #[range(0, 1024)]
        threads: u32 = 0,
        /// Hardware that decodes, by ffmpeg's name: `auto`, `vaapi`, `cuda`, `videotoolbox` …. Results may differ from the software's in their lowest bits.
        hwaccel: Option<String> = None,
        /// Where samples of colour lie when videos of more than 8 bits become RGB: `stated`, where the video says; `ffmpeg`, where ffmpeg's own conversion takes them to be, which is in the middle. It makes no difference to videos of 8 bits.
        chroma: Chroma = Chroma::Stated,
        /// Who converts 8-bit 4:2:0 and 4:2:2 to `rgb24`: `own`, imageio itself, after it has seen once, on a frame of noise of the same size and kind, that this ffmpeg gives the very same bytes, and ffmpeg otherwise; `ffmpeg`, ffmpeg in every case; `auto`, `own` where a video is long enough for that to be faster. The frames are the same, bit for bit.
        convert: Conversion = Conversion::Auto,
        /// How the number of frames is found: `auto`, from packets where they tell it exactly; `exact`, by decoding everything where they do not.
        count: Count = Count::Auto,
    }
}

imageio_core::plugin_options! {
    /// Where a video is read from.
    pub struct SourceOptions in Open {
        /// Format of the source, by ffmpeg's name, where it can't be told from the content: `rawvideo`, `h264`, `v4l2`, `lavfi` ….
        format: Option<String> = None,
        /// The file is one of a sequence with numbers in their names, `shot_0001.png`: read all of them from this one on.
        sequence: bool = false,
        /// The camera's device, in place of the one with the number in `<video0>`: `/dev/video2`, `video=Name`.
        device: Option<String> = None,
        /// Size that a camera is asked for, and that of `rawvideo`: `640x480`.
        size: Option<String> = None,
        /// Frames per second that a camera is asked for, and that of sequences and raw streams.
        rate: Option<Rate> = None,
        /// Pixel format that a camera is asked for, and that of `rawvideo`.
        source_format: Option<String> = None,
        /// Further options of ffmpeg for the source, as they stand before `-i`.
        input_arguments: Vec<String> = Vec::new(),
    }
}
