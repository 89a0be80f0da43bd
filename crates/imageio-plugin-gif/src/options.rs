use std::time::Duration;

use imageio_core::Rate;

imageio_core::option_enum! {
    /// How pixels between two colours of a palette are shown.
    pub enum Dither {
        /// By the nearest colour.
        None = "none",
        /// Floyd-Steinberg: the error goes on to the neighbours.
        FloydSteinberg = "floyd-steinberg" | "fs",
    }
}

imageio_core::option_enum! {
    /// How a palette is chosen for a frame of too many colours.
    pub enum Quantizer {
        /// Wu's variance cut, refined by k-means: the best quality.
        KMeans = "kmeans",
        /// Wu's variance cut alone: somewhat faster.
        Wu = "wu",
    }
}

imageio_core::option_enum! {
    /// What counts as transparent in the frames after the first.
    pub enum Compose {
        /// What each frame says, and what is cleared: as browsers do.
        Standard = "standard",
        /// The transparent index of the first frame as well, as long as no frame has colours of its own, and a cleared
        /// rectangle not always: as Pillow (and so Python's imageio) does.
        Pillow = "pillow",
    }
}

imageio_core::plugin_options! {
    /// How a GIF is opened.
    pub struct OpenOptions in Open {
        /// What counts as transparent in the frames after the first: what each says (`standard`), or the first one's index as well (`pillow`).
        compose: Compose = Compose::Pillow,
    }
}

imageio_core::plugin_options! {
    /// How a GIF is written.
    pub struct WriteOptions in Write {
        /// Time that a frame is shown, in milliseconds by name: one for all frames, or a list with one for each. GIF counts in hundredths of a second; the rounding does not add up over frames. Without this, `fps` and metadata count, then 100 ms.
        duration: Vec<Duration> = Vec::new(),
        /// Frames per second; `duration` goes before it.
        fps: Option<Rate> = None,
        /// How often the animation is played, as the file says it; 0 is for ever, which is the default for several frames.
        loop_count: Option<u16> = None,
        /// Colours in a palette at most, the transparent one among them. A frame with no more colours than this is kept exactly.
        #[range(2, 256)]
        #[alias("palettesize")]
        colors: u16 = 256,
        /// How a palette is chosen for a frame of more colours: `kmeans` or `wu`.
        quantizer: Quantizer = Quantizer::KMeans,
        /// Dithering where colours were reduced: `none` or `floyd-steinberg`.
        dither: Dither = Dither::None,
        /// One palette for all frames, chosen from the first eight and completed as long as there is room, instead of one for each.
        global_palette: bool = false,
        /// Store only what changes from frame to frame. The pixels that are read back are the same.
        #[alias("subrectangles")]
        optimize: bool = true,
        /// Store a frame that looks like the one before it as a longer duration of that one.
        merge_duplicates: bool = false,
        /// Pixels of RGBA images with less alpha than this become transparent, others opaque.
        #[range(1, 255)]
        alpha_threshold: u8 = 128,
        /// Store rows interlaced.
        #[alias("interlaced")]
        interlace: bool = false,
        /// A comment for the file.
        comment: Option<String> = None,
    }
}
