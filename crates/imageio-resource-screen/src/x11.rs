//! The X11 protocol: the root window's pixels.

use imageio_core::{Error, ErrorKind, Result};
use x11rb::connection::Connection;
use x11rb::protocol::randr::ConnectionExt as _;
use x11rb::protocol::xproto::{ConnectionExt as _, ImageFormat, ImageOrder, Visualtype};
use x11rb::rust_connection::RustConnection;

use crate::region::{Part, Region};

/// A connection to the X server that `DISPLAY` names.
pub(crate) struct Display {
    connection: RustConnection,
    screen: usize,
}

fn failed(e: impl std::error::Error + Send + Sync + 'static) -> Error {
    Error::new(ErrorKind::Backend, format!("the X server: {e}")).with_source(e)
}

impl Display {
    pub(crate) fn connect() -> Result<Self> {
        let (connection, screen) = x11rb::connect(None).map_err(|e| {
            Error::new(ErrorKind::NotFound, "there is no screen that can be read")
                .with("display", std::env::var("DISPLAY").unwrap_or_default())
                .with_hint("DISPLAY names the X server")
                .with_source(e)
        })?;
        Ok(Display { connection, screen })
    }

    fn root(&self) -> Result<&x11rb::protocol::xproto::Screen> {
        let gone = || Error::new(ErrorKind::Backend, "the X server has no such screen");
        self.connection.setup().roots.get(self.screen).ok_or_else(gone)
    }

    /// Where a region is; the screen may have changed since the last time.
    pub(crate) fn part(&self, region: &Region) -> Result<Part> {
        let root = self.root()?.root;
        let geometry = self.connection.get_geometry(root).map_err(failed)?.reply().map_err(failed)?;
        let whole = Part { x: 0, y: 0, width: geometry.width, height: geometry.height };
        let monitors = match region.monitor {
            None => Vec::new(),
            Some(_) => self.monitors(root)?,
        };
        region.within(whole, &monitors)
    }

    /// The monitors, the primary one first.
    fn monitors(&self, root: u32) -> Result<Vec<Part>> {
        let reply = self.connection.randr_get_monitors(root, true).map_err(failed)?.reply().map_err(failed)?;
        let mut monitors = reply.monitors;
        monitors.sort_by_key(|m| !m.primary);
        let part = |m: x11rb::protocol::randr::MonitorInfo| Part {
            x: m.x.into(),
            y: m.y.into(),
            width: m.width,
            height: m.height,
        };
        Ok(monitors.into_iter().map(part).collect())
    }

    /// Puts the pixels of `part` into `pixels`, three bytes each.
    pub(crate) fn grab(&self, part: Part, pixels: &mut [u8]) -> Result<()> {
        let root = self.root()?;
        let coordinate = |at: i32| i16::try_from(at).map_err(failed);
        let (x, y) = (coordinate(part.x)?, coordinate(part.y)?);
        let request =
            self.connection.get_image(ImageFormat::Z_PIXMAP, root.root, x, y, part.width, part.height, u32::MAX);
        let image = request.map_err(failed)?.reply().map_err(failed)?;
        let visual = root
            .allowed_depths
            .iter()
            .flat_map(|depth| &depth.visuals)
            .find(|visual| visual.visual_id == root.root_visual)
            .ok_or_else(|| Error::new(ErrorKind::Backend, "the X server does not say how its pixels are made"))?;
        let setup = self.connection.setup();
        let format = setup.pixmap_formats.iter().find(|format| format.depth == image.depth);
        let (bits, pad) = format.map_or((32, 32), |f| (usize::from(f.bits_per_pixel), usize::from(f.scanline_pad)));
        let layout = Layout::new(visual, bits, pad, setup.image_byte_order == ImageOrder::MSB_FIRST)?;
        layout.convert(&image.data, usize::from(part.width), pixels)
    }
}

/// How a server lays out pixels.
struct Layout {
    /// Bytes of a pixel.
    size: usize,
    /// Bits to which rows are filled up.
    pad: usize,
    big_endian: bool,
    /// Shift and highest value of red, green and blue.
    channels: [(u32, u32); 3],
}

impl Layout {
    fn new(visual: &Visualtype, bits: usize, pad: usize, big_endian: bool) -> Result<Self> {
        let masks = [visual.red_mask, visual.green_mask, visual.blue_mask];
        if !matches!(bits, 16 | 24 | 32) || masks.contains(&0) {
            return Err(Error::unsupported(format!("a screen of {bits} bits a pixel, or with a palette")));
        }
        let channels = masks.map(|mask| (mask.trailing_zeros(), mask >> mask.trailing_zeros()));
        Ok(Layout { size: bits / 8, pad: pad.max(8), big_endian, channels })
    }

    fn convert(&self, data: &[u8], width: usize, pixels: &mut [u8]) -> Result<()> {
        let row = (width * self.size * 8).div_ceil(self.pad) * self.pad / 8;
        let rows = pixels.chunks_exact_mut(width * 3);
        if data.len() < row * rows.len() {
            return Err(Error::new(ErrorKind::Backend, "the X server sent fewer pixels than it was asked for"));
        }
        for (line, out) in data.chunks_exact(row).zip(rows) {
            for (pixel, rgb) in line.chunks_exact(self.size).zip(out.chunks_exact_mut(3)) {
                let add = |value: u32, byte: &u8| value << 8 | u32::from(*byte);
                let value = if self.big_endian { pixel.iter().fold(0, add) } else { pixel.iter().rev().fold(0, add) };
                for (out, (shift, max)) in rgb.iter_mut().zip(self.channels) {
                    let sample = u64::from((value >> shift) & max);
                    // Fewer bits than eight are spread over the whole range, more are cut to it.
                    *out = u8::try_from((sample * 255 + u64::from(max) / 2) / u64::from(max)).unwrap_or(u8::MAX);
                }
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn layouts() {
        let visual =
            |red_mask, green_mask, blue_mask| Visualtype { red_mask, green_mask, blue_mask, ..Default::default() };
        let mut out = [0; 6];
        let common = visual(0xff_0000, 0xff00, 0xff);
        let layout = Layout::new(&common, 32, 32, false).unwrap();
        layout.convert(&[3, 2, 1, 0, 6, 5, 4, 0], 2, &mut out).unwrap();
        assert_eq!(out, [1, 2, 3, 4, 5, 6]);
        let layout = Layout::new(&common, 32, 32, true).unwrap();
        layout.convert(&[0, 1, 2, 3, 0, 4, 5, 6], 2, &mut out).unwrap();
        assert_eq!(out, [1, 2, 3, 4, 5, 6]);
        let layout = Layout::new(&visual(0xf800, 0x07e0, 0x001f), 16, 32, false).unwrap();
        layout.convert(&[0x00, 0xf8, 0xff, 0x07], 2, &mut out).unwrap();
        assert_eq!(out, [255, 0, 0, 0, 255, 255]);
        // Rows are filled up: three bytes a pixel, one pixel a row, four bytes a row.
        let layout = Layout::new(&common, 24, 32, false).unwrap();
        layout.convert(&[3, 2, 1, 9, 6, 5, 4, 9], 1, &mut out).unwrap();
        assert_eq!(out, [1, 2, 3, 4, 5, 6]);
        assert!(layout.convert(&[0; 7], 1, &mut out).is_err());
        assert!(Layout::new(&visual(0, 0, 0), 8, 32, false).is_err());
    }
}
