#![allow(dead_code, reason = "each test program uses a part of it")]
//! A format for tests: a line of words says how it behaves, so that every corner of core can be reached.
//!
//! `FAKE` then words: `n=3` images, `shape=2x3`, `unknown` count, `ragged`, `panic=1` at that image,
//! `turn=6` orientation, `all` by default, `silent` (never asks for memory), `batch` (reads batches itself; `few=2`: and
//! finds no more images than that; `idle`: and leaves the memory as it is).
//! Pixel `i` of image `k` is `10 * k + i`.

use std::io::{Read, Write};

use imageio_core::{
    Capabilities, Dtype, Error, ImageProperties, ImageReader, ImageWriter, Index, Magic, Metadata, Orientation, Plugin,
    PluginDescriptor, QueryCx, ReadCx, Registry, Request, Result, Sink, WriteCx, WriteShape,
};

pub static FAKE: PluginDescriptor = PluginDescriptor::new("fake", &Fake)
    .extensions(&["fake"])
    .magic(&[Magic::new(0, b"FAKE")])
    .capabilities(Capabilities::READ.write().multi().lossless())
    .writes(&[Dtype::U8], &[WriteShape::Gray])
    .options(&[ReadOptions::SPECS, WriteOptions::SPECS]);

/// The same as a video.
pub static VIDEO: PluginDescriptor =
    PluginDescriptor::new("video", &Fake).capabilities(Capabilities::READ.multi().and(Capabilities::VIDEO));

/// Claims the same files and declines them all.
pub static SHY: PluginDescriptor =
    PluginDescriptor::new("shy", &Shy).extensions(&["fake"]).magic(&[Magic::new(0, b"FAKE")]).priority(50);

/// Writes one image only, and fails while doing so if the option says so.
pub static SINGLE: PluginDescriptor = PluginDescriptor::new("single", &Fake)
    .extensions(&["one"])
    .capabilities(Capabilities::READ.write().lossless())
    .options(&[ReadOptions::SPECS, WriteOptions::SPECS]);

imageio_core::plugin_options! {
    /// Reading.
    pub struct ReadOptions in Read {
        /// Added to every pixel.
        add: u8 = 0,
    }
}

imageio_core::plugin_options! {
    /// Writing.
    pub struct WriteOptions in Write {
        /// Fails after so many images.
        #[range(0, 9)]
        fail_after: Option<u8> = None,
        /// Panics instead of failing.
        panic: bool = false,
        /// Adds to what the target holds.
        #[phase(Open)]
        append: bool = false,
    }
}

pub fn registry(plugins: &[&'static PluginDescriptor]) -> &'static Registry {
    let registry: &'static Registry = Box::leak(Box::new(Registry::empty()));
    for plugin in plugins {
        registry.register(plugin);
    }
    registry
}

struct Shy;

impl Plugin for Shy {
    fn open_reader<'r>(&self, request: &mut dyn Request<'r>) -> Result<Box<dyn ImageReader + 'r>> {
        // Reads a little first: the next plugin must get a stream at 0 all the same.
        let mut some = [0; 2];
        request.stream()?.read_exact(&mut some)?;
        Err(Error::declined("too shy"))
    }
}

struct Fake;

impl Plugin for Fake {
    fn open_reader<'r>(&self, request: &mut dyn Request<'r>) -> Result<Box<dyn ImageReader + 'r>> {
        let mut text = String::new();
        request.stream()?.read_to_string(&mut text)?;
        let words = text.strip_prefix("FAKE").ok_or_else(|| Error::declined("no FAKE signature"))?;
        if words.contains("broken") {
            return Err(Error::malformed("broken, as it says"));
        }
        Ok(Box::new(FakeReader { words: words.split_whitespace().map(str::to_owned).collect() }))
    }

    fn open_writer(&self, request: &mut dyn Request<'_>) -> Result<Box<dyn ImageWriter>> {
        let mut sink = request.sink()?;
        match request.existing()?.filter(|_| WriteOptions::parse(request.options()).is_ok_and(|o| o.append)) {
            Some(mut file) => drop(std::io::copy(&mut file, &mut sink)?),
            None => sink.write_all(b"FAKE")?,
        }
        Ok(Box::new(FakeWriter { sink, n: 0, shape: Vec::new() }))
    }
}

pub struct FakeReader {
    words: Vec<String>,
}

impl FakeReader {
    fn has(&self, word: &str) -> bool {
        self.words.iter().any(|w| w == word)
    }

    fn number(&self, key: &str) -> Option<usize> {
        self.words.iter().find_map(|w| w.strip_prefix(key)?.strip_prefix('=')?.parse().ok())
    }

    fn n(&self) -> usize {
        self.number("n").unwrap_or(1)
    }

    fn shape(&self, k: usize) -> Result<Vec<usize>> {
        if k >= self.n() {
            return Err(Error::index_out_of_range(k, Some(self.n())));
        }
        let word = self.words.iter().find_map(|w| w.strip_prefix("shape=")).unwrap_or("2x3");
        let mut shape: Vec<usize> = word.split('x').filter_map(|n| n.parse().ok()).collect();
        if self.has("ragged") && k > 0 {
            shape[0] += k;
        }
        Ok(shape)
    }

    pub fn special(&self) -> usize {
        self.words.len()
    }
}

impl ImageReader for FakeReader {
    fn properties(&mut self, cx: &QueryCx<'_>) -> Result<ImageProperties> {
        let known = (!self.has("unknown")).then(|| self.n());
        Ok(ImageProperties::new(Dtype::U8, self.shape(cx.index())?).with_n_images(known))
    }

    fn read_frame(&mut self, cx: &mut ReadCx<'_, '_>) -> Result<()> {
        let k = cx.index();
        let shape = self.shape(k)?;
        let add = ReadOptions::parse(cx.options())?.add;
        if self.has("silent") {
            return Ok(());
        }
        let pixels = cx.sink().slice::<u8>(&shape)?;
        if self.number("panic") == Some(k) {
            panic!("image {k} panics, as it says");
        }
        for (i, pixel) in pixels.iter_mut().enumerate() {
            *pixel = (10 * k + i) as u8 + add;
        }
        Ok(())
    }

    fn metadata(&mut self, cx: &QueryCx<'_>) -> Result<Metadata> {
        self.shape(cx.index())?;
        let mut metadata = Metadata::new();
        metadata.insert("whole", cx.whole());
        metadata.insert_applied("palette", "used up");
        metadata.section("exif").insert("Orientation", self.number("turn").unwrap_or(1));
        Ok(metadata)
    }

    fn default_index(&self) -> Index {
        if self.has("all") { Index::All } else { Index::At(0) }
    }

    fn orientation(&mut self, _: &QueryCx<'_>) -> Result<Orientation> {
        Ok(Orientation::from_exif(self.number("turn").unwrap_or(1) as u64))
    }

    fn read_batch(&mut self, range: std::ops::Range<usize>, cx: &mut ReadCx<'_, '_>) -> Result<bool> {
        if !self.has("batch") {
            return Ok(false);
        }
        let mut shape = vec![range.len()];
        shape.extend(self.shape(0)?);
        let pixels = cx.sink().slice::<u8>(&shape)?;
        if !self.has("idle") {
            pixels.fill(99);
        }
        if let Some(n) = self.number("few") {
            cx.sink().shorten(n)?;
        }
        Ok(true)
    }

    fn as_any_mut(&mut self) -> Option<&mut dyn std::any::Any> {
        Some(self)
    }
}

struct FakeWriter {
    sink: Sink,
    n: usize,
    shape: Vec<usize>,
}

impl ImageWriter for FakeWriter {
    fn write_frame(&mut self, cx: &WriteCx<'_>) -> Result<()> {
        let options = WriteOptions::parse(cx.options())?;
        if options.fail_after.is_some_and(|n| usize::from(n) <= self.n) {
            assert!(!options.panic, "the writer panics, as it was told");
            return Err(Error::mismatch("told to fail"));
        }
        if cx.image().ndim() != 2 {
            return Err(Error::mismatch(format!("two axes, not {:?}", cx.image().shape())));
        }
        self.shape = cx.image().shape().to_vec();
        self.n += 1;
        assert_eq!(cx.index() + 1, self.n);
        Ok(())
    }

    fn finish(mut self: Box<Self>) -> Result<()> {
        write!(self.sink, " n={} shape={}x{}", self.n, self.shape[0], self.shape[1])?;
        Ok(())
    }
}
