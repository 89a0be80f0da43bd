use imageio_core::half::f16;
use imageio_core::{
    Dtype, Error, ErrorKind, ImageProperties, ImageReader, Metadata, QueryCx, ReadCx, Request, Result, Value,
};
use imageio_raster::Streams;
use imageio_raster::rows::{Raster, read_exact};
use imageio_raster::swizzle::{bgra_to_rgba, bgrx_to_rgb};

use crate::format::Pixels;
use crate::header::{Kind, Raw, at_level};
use crate::options::ReadOptions;

/// An opened texture file.
pub(crate) struct DdsReader<'r> {
    streams: Streams<'r>,
    raw: Raw,
    pixels: Pixels,
    kind: Kind,
    /// Levels of each texture.
    levels: u32,
    /// Textures that the file has room for.
    chains: u64,
    /// Offset of the first surface.
    data: u64,
    notes: Vec<String>,
}

/// One surface.
struct Surface {
    height: u32,
    width: u32,
    offset: u64,
    bytes: u64,
}

impl<'r> DdsReader<'r> {
    pub fn open(request: &mut dyn Request<'r>) -> Result<Self> {
        let mut streams = Streams::open(request)?;
        let raw = Raw::read(streams.at(0)?)?;
        let pixels = Pixels::of(&raw)?;
        let kind = raw.kind();
        let deepest = if let Kind::Volume { depth } = kind { depth } else { 1 };
        // No more levels than it takes to come down to one pixel.
        let most = 32 - raw.width.max(raw.height).max(deepest).leading_zeros();
        let levels = raw.mipmaps.clamp(1, most);
        let data = raw.end + if matches!(pixels, Pixels::Palette) { 1024 } else { 0 };
        let mut reader =
            DdsReader { chains: kind.chains(), streams, raw, pixels, kind, levels, data, notes: Vec::new() };
        reader.fit();
        let bytes = reader.surface_bytes(0);
        reader.streams.widen(request, bytes)?;
        Ok(reader)
    }

    /// Arrays that claim more textures than the file can hold are cut down to those that it holds.
    fn fit(&mut self) {
        let Some(room) = self.streams.size().map(|size| size.saturating_sub(self.data)) else { return };
        let chain = self.chain_bytes();
        // The last one may lack its smallest levels.
        let fitting = room.saturating_sub(self.surface_bytes(0)) / chain.max(1) + 1;
        if self.chains > fitting {
            self.notes.push(format!("the header counts {} textures, the file has room for {fitting}", self.chains));
            self.chains = fitting;
        }
    }

    fn surface_bytes(&self, level: u32) -> u64 {
        let (width, height) = (at_level(self.raw.width, level), at_level(self.raw.height, level));
        self.pixels.bytes(width, height).unwrap_or(u64::MAX)
    }

    fn depth(&self, level: u32) -> u64 {
        match self.kind {
            Kind::Volume { depth } => at_level(depth, level).into(),
            _ => 1,
        }
    }

    fn chain_bytes(&self) -> u64 {
        (0..self.levels).fold(0, |sum, l| self.depth(l).saturating_mul(self.surface_bytes(l)).saturating_add(sum))
    }

    fn level(&self, options: &ReadOptions) -> Result<u32> {
        if options.mip_level < self.levels {
            return Ok(options.mip_level);
        }
        let message = format!("option `mip_level`: there are {} levels, counted from 0", self.levels);
        Err(Error::new(ErrorKind::InvalidOption, message))
    }

    fn images_at(&self, level: u32) -> usize {
        let n = if let Kind::Volume { .. } = self.kind { self.depth(level) } else { self.chains };
        usize::try_from(n).unwrap_or(usize::MAX)
    }

    fn surface(&self, index: usize, level: u32) -> Result<Surface> {
        let count = self.images_at(level);
        if index >= count {
            return Err(Error::index_out_of_range(index, Some(count)));
        }
        let bytes = self.surface_bytes(level);
        let larger =
            (0..level).fold(0u64, |sum, l| self.depth(l).saturating_mul(self.surface_bytes(l)).saturating_add(sum));
        let before = match self.kind {
            Kind::Volume { .. } => bytes.saturating_mul(index as u64),
            _ => self.chain_bytes().saturating_mul(index as u64),
        };
        Ok(Surface {
            height: at_level(self.raw.height, level),
            width: at_level(self.raw.width, level),
            offset: self.data.saturating_add(larger).saturating_add(before),
            bytes,
        })
    }

    fn shape(&self, surface: &Surface) -> Vec<usize> {
        let mut shape = vec![surface.height as usize, surface.width as usize];
        if self.pixels.channels() > 1 {
            shape.push(self.pixels.channels());
        }
        shape
    }
}

impl ImageReader for DdsReader<'_> {
    fn properties(&mut self, cx: &QueryCx<'_>) -> Result<ImageProperties> {
        let options = ReadOptions::parse(cx.options())?;
        let level = self.level(&options)?;
        let surface = self.surface(cx.index(), level)?;
        let pixels = self.pixels.with_hdr(options.hdr);
        let channels = match pixels.channels() {
            1 => "L",
            2 => "LA",
            3 => "RGB",
            _ => "RGBA",
        };
        let (height, width) = (surface.height as usize, surface.width as usize);
        Ok(ImageProperties::picture(pixels.dtype(), height, width, channels).with_n_images(self.images_at(level)))
    }

    fn read_frame(&mut self, cx: &mut ReadCx<'_, '_>) -> Result<()> {
        let options = ReadOptions::parse(cx.options())?;
        let surface = self.surface(cx.index(), self.level(&options)?)?;
        let pixels = self.pixels.with_hdr(options.hdr);
        let shape = self.shape(&surface);
        cx.sink().check(pixels.dtype(), &shape)?;
        self.streams.expect_until(surface.offset.saturating_add(surface.bytes))?;
        let (width, height) = (surface.width as usize, surface.height as usize);
        let row = width * pixels.channels();
        match &pixels {
            #[cfg(feature = "codecs")]
            Pixels::Codec(codec) => {
                let out = cx.sink().bytes(pixels.dtype(), &shape)?;
                codec.read(self.streams.at(surface.offset)?, out, surface.width, surface.height)
            }
            Pixels::Blocks { block, .. } => {
                let raster = Raster::new(surface.offset, width.div_ceil(4) * block.bytes(), height.div_ceil(4));
                if pixels.dtype() == Dtype::F32 {
                    let out = cx.sink().slice::<f32>(&shape)?;
                    return self.streams.read(&raster, out, 4 * row, |from, to| block.unpack_floats(from, to, width));
                }
                let out = cx.sink().slice::<u8>(&shape)?;
                self.streams.read(&raster, out, 4 * row, |from, to| block.unpack(from, to, width))
            }
            Pixels::Words { .. } => {
                let out = cx.sink().slice::<u16>(&shape)?;
                let raster = Raster::new(surface.offset, 2 * row, height);
                self.streams.read(&raster, out, row, |from, to| {
                    to.iter_mut().zip(from.as_chunks().0).for_each(|(to, from)| *to = u16::from_le_bytes(*from));
                })
            }
            Pixels::Halves { .. } => {
                let out = cx.sink().slice::<f32>(&shape)?;
                let raster = Raster::new(surface.offset, 2 * row, height);
                self.streams.read(&raster, out, row, |from, to| {
                    to.iter_mut()
                        .zip(from.as_chunks().0)
                        .for_each(|(to, from)| *to = f16::from_le_bytes(*from).to_f32());
                })
            }
            Pixels::Floats { .. } => {
                let out = cx.sink().slice::<f32>(&shape)?;
                let raster = Raster::new(surface.offset, 4 * row, height);
                self.streams.read(&raster, out, row, |from, to| {
                    to.iter_mut().zip(from.as_chunks().0).for_each(|(to, from)| *to = f32::from_le_bytes(*from));
                })
            }
            Pixels::Bgra | Pixels::Bgrx => {
                let swap = if matches!(pixels, Pixels::Bgra) { bgra_to_rgba } else { bgrx_to_rgb };
                let out = cx.sink().slice::<u8>(&shape)?;
                self.streams.read(&Raster::new(surface.offset, 4 * width, height), out, row, swap)
            }
            Pixels::Plain { .. } => {
                let out = cx.sink().slice::<u8>(&shape)?;
                let raster = Raster::new(surface.offset, row, height);
                self.streams.read_in_place(&raster, out, None)
            }
            Pixels::Palette => {
                let palette = palette(&mut self.streams, self.raw.end)?;
                let out = cx.sink().slice::<u8>(&shape)?;
                let raster = Raster::new(surface.offset, width, height);
                self.streams.read(&raster, out, row, |from, to| {
                    for (to, from) in to.as_chunks_mut::<4>().0.iter_mut().zip(from) {
                        *to = palette[usize::from(*from)];
                    }
                })
            }
            Pixels::Masks { bytes, channels } => {
                let out = cx.sink().slice::<u8>(&shape)?;
                let raster = Raster::new(surface.offset, width * bytes, height);
                self.streams.read(&raster, out, row, |from, to| {
                    for (to, from) in to.chunks_exact_mut(channels.len()).zip(from.chunks_exact(*bytes)) {
                        let mut word = [0; 4];
                        word[..*bytes].copy_from_slice(from);
                        let pixel = u32::from_le_bytes(word);
                        to.iter_mut().zip(channels).for_each(|(to, channel)| *to = channel.get(pixel));
                    }
                })
            }
        }
    }

    fn metadata(&mut self, cx: &QueryCx<'_>) -> Result<Metadata> {
        let options = ReadOptions::parse(cx.options())?;
        let level = self.level(&options)?;
        self.surface(cx.index(), level)?;
        let mut metadata = Metadata::new();
        metadata.insert("pixel_format", self.pixels.name());
        metadata.insert("mip_levels", u64::from(self.levels));
        metadata.insert("mip_level", u64::from(level));
        match &self.kind {
            Kind::Textures { .. } => {
                metadata.insert("kind", if self.chains > 1 { "array" } else { "texture" });
                metadata.insert("layers", self.chains as usize);
            }
            Kind::Cubes { faces, .. } => {
                metadata.insert("kind", "cube");
                metadata.insert("faces", faces.iter().map(|f| Value::from(*f)).collect::<Vec<_>>());
                metadata.insert("layers", (self.chains as usize).div_ceil(faces.len().max(1)));
                metadata.insert_opt("face", faces.get(cx.index() % faces.len().max(1)).copied());
                metadata.insert("layer", cx.index() / faces.len().max(1));
            }
            Kind::Volume { depth } => {
                metadata.insert("kind", "volume");
                metadata.insert("depth", u64::from(*depth));
            }
        }
        if let Some(dx10) = self.raw.dx10 {
            metadata.insert("dxgi_format", u64::from(dx10.format));
            if matches!(dx10.format, 29 | 72 | 75 | 78 | 91 | 93 | 99) {
                metadata.insert("gamma", 1.0 / 2.2);
                metadata.insert("color_space", "sRGB");
            }
            let alpha = match dx10.alpha_mode {
                1 => Some("straight"),
                2 => Some("premultiplied"),
                3 => Some("opaque"),
                4 => Some("custom"),
                _ => None,
            };
            metadata.insert_opt("alpha", alpha);
        }
        if matches!(self.pixels, Pixels::Palette) {
            let palette = palette(&mut self.streams, self.raw.end)?;
            metadata.insert_applied("palette", palette.as_flattened());
        }
        Ok(metadata)
    }

    fn is_uniform(&self) -> bool {
        true
    }

    fn notes(&self) -> Vec<String> {
        self.notes.clone()
    }
}

fn palette(streams: &mut Streams<'_>, at: u64) -> Result<[[u8; 4]; 256]> {
    let mut palette = [[0; 4]; 256];
    read_exact(streams.at(at)?, palette.as_flattened_mut(), at)?;
    Ok(palette)
}
