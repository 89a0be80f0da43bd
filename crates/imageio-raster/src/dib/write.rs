use std::io::Write;

use imageio_core::Result;

use crate::rows::write_rows;
use crate::swizzle;

/// Pixels to be written, row by row from the top.
#[derive(Debug, Clone, Copy)]
pub enum Body<'a> {
    /// Black and white, 1 bit a pixel.
    Bool(&'a [bool]),
    /// Greys with a ramp as the palette, 8 bits.
    Gray(&'a [u8]),
    /// Red, green, blue, 24 bits.
    Rgb(&'a [u8]),
    /// Red, green, blue, alpha, 32 bits.
    Rgba(&'a [u8]),
}

/// How a bitmap is written.
#[derive(Debug, Clone, Copy)]
pub struct Layout<'a> {
    /// Columns.
    pub width: usize,
    /// Rows.
    pub height: usize,
    /// The highest row first.
    pub top_down: bool,
    /// Pixels per metre.
    pub per_metre: [u32; 2],
    /// ICC profile, stored behind the pixels.
    pub icc: Option<&'a [u8]>,
    /// As in icons: the plain header with twice the height, and a mask behind the pixels.
    pub icon: bool,
}

impl Body<'_> {
    /// Bits of a pixel.
    pub fn bits(&self) -> u16 {
        match self {
            Body::Bool(_) => 1,
            Body::Gray(_) => 8,
            Body::Rgb(_) => 24,
            Body::Rgba(_) => 32,
        }
    }

    fn n_colors(&self) -> u32 {
        match self {
            Body::Bool(_) => 2,
            Body::Gray(_) => 256,
            _ => 0,
        }
    }
}

impl Layout<'_> {
    /// Bytes of a row.
    fn stride(&self, body: &Body<'_>) -> usize {
        (self.width * usize::from(body.bits())).div_ceil(32) * 4
    }

    /// Alpha needs the header that tells where it lies, a profile the one that points to it.
    fn header_size(&self, body: &Body<'_>) -> u32 {
        match body {
            _ if self.icon => 40,
            _ if self.icc.is_some() => 124,
            Body::Rgba(_) => 108,
            _ => 40,
        }
    }

    /// Bytes before the pixels.
    pub fn head_bytes(&self, body: &Body<'_>) -> u64 {
        u64::from(self.header_size(body)) + 4 * u64::from(body.n_colors())
    }

    /// Bytes in all.
    pub fn total_bytes(&self, body: &Body<'_>) -> u64 {
        let mask = if self.icon { self.mask_stride() * self.height } else { 0 };
        let icc = self.icc.map_or(0, <[u8]>::len);
        self.head_bytes(body) + (self.stride(body) * self.height + mask + icc) as u64
    }

    fn mask_stride(&self) -> usize {
        self.width.div_ceil(32) * 4
    }

    /// Writes header, palette, pixels and what lies behind them.
    pub fn write(&self, out: &mut dyn Write, body: &Body<'_>) -> Result<()> {
        let mut head = self.header(body);
        match body {
            Body::Bool(_) => head.extend([0, 0, 0, 0, 255, 255, 255, 0]),
            Body::Gray(_) => head.extend((0..=255u8).flat_map(|v| [v, v, v, 0])),
            _ => {}
        }
        out.write_all(&head)?;
        let (w, stride, up) = (self.width, self.stride(body), !self.top_down);
        match body {
            Body::Bool(p) => write_rows(out, p, w, stride, up, |from, to| swizzle::pack_bits(from, to, |b| b))?,
            Body::Gray(p) => write_rows(out, p, w, stride, up, |from, to| to[..w].copy_from_slice(from))?,
            Body::Rgb(p) => {
                write_rows(out, p, w * 3, stride, up, |from, to| swizzle::bgr_to_rgb(from, &mut to[..w * 3]))?
            }
            Body::Rgba(p) => write_rows(out, p, w * 4, stride, up, swizzle::bgra_to_rgba)?,
        }
        if self.icon {
            self.mask(out, body)?;
        }
        if let Some(icc) = self.icc {
            out.write_all(icc)?;
        }
        Ok(())
    }

    /// The mask of icons: set where nothing is to be drawn.
    fn mask(&self, out: &mut dyn Write, body: &Body<'_>) -> Result<()> {
        let clear: Vec<bool> = match body {
            Body::Rgba(p) => p.chunks_exact(4).map(|p| p[3] == 0).collect(),
            _ => vec![false; self.width * self.height],
        };
        write_rows(out, &clear, self.width, self.mask_stride(), !self.top_down, |from, to| {
            swizzle::pack_bits(from, to, |b| b);
        })
    }

    fn header(&self, body: &Body<'_>) -> Vec<u8> {
        let size = self.header_size(body);
        let rows = self.height * if self.icon { 2 } else { 1 };
        let height = if self.top_down { -(rows as i32) } else { rows as i32 };
        let masks = size > 40 && matches!(body, Body::Rgba(_));
        let pixels = self.stride(body) * self.height;
        let mut head = Vec::with_capacity(124);
        let mut put = |v: u32| head.extend(v.to_le_bytes());
        put(size);
        put(self.width as u32);
        put(height as u32);
        put(1 | u32::from(body.bits()) << 16);
        put(if masks { 3 } else { 0 });
        put(u32::try_from(pixels).unwrap_or(0));
        put(self.per_metre[0]);
        put(self.per_metre[1]);
        put(body.n_colors());
        put(0);
        if size > 40 {
            let all = [0xFF_0000, 0xFF00, 0xFF, 0xFF00_0000];
            all.into_iter().for_each(|m| put(if masks { m } else { 0 }));
            put(u32::from_be_bytes(*if self.icc.is_some() { b"MBED" } else { b"sRGB" }));
            (0..12).for_each(|_| put(0));
        }
        if size > 108 {
            let icc = self.icc.map_or(0, <[u8]>::len);
            put(4); // images: perceptual
            put((self.head_bytes(body) + pixels as u64) as u32);
            put(icc as u32);
            put(0);
        }
        head
    }
}
