//! The frame header (SOFn, T.81 B.2.2) and the geometry that follows from it.

use imageio_core::{Error, Result};

/// How the samples are coded.
#[non_exhaustive]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Process {
    /// DCT, each block whole in one scan.
    Sequential,
    /// DCT, each block spread over scans.
    Progressive,
    /// Predicted samples, no DCT.
    Lossless,
}

/// One colour component of a frame.
#[derive(Debug, Clone)]
pub(crate) struct Component {
    pub(crate) id: u8,
    /// Sampling factors, 1 to 4.
    pub(crate) h: usize,
    pub(crate) v: usize,
    /// Quantisation table.
    pub(crate) tq: usize,
    /// Samples that belong to the picture.
    pub(crate) width: usize,
    pub(crate) height: usize,
    /// Blocks that a scan of this component alone holds.
    pub(crate) scan_blocks_w: usize,
    pub(crate) scan_blocks_h: usize,
    /// Blocks with the padding of interleaved scans.
    pub(crate) blocks_w: usize,
    pub(crate) blocks_h: usize,
}

/// A parsed frame header.
#[derive(Debug, Clone)]
pub struct Frame {
    /// The marker's second byte, 0xC0 to 0xCF.
    pub(crate) marker: u8,
    pub(crate) process: Process,
    pub(crate) arithmetic: bool,
    /// Bits of a sample.
    pub(crate) precision: u8,
    pub(crate) width: usize,
    pub(crate) height: usize,
    pub(crate) components: Vec<Component>,
    pub(crate) hmax: usize,
    pub(crate) vmax: usize,
    pub(crate) mcus_w: usize,
    pub(crate) mcus_h: usize,
}

impl Frame {
    /// `true` for the second byte of a marker that starts a frame.
    pub fn is_sof(marker: u8) -> bool {
        matches!(marker, 0xC0..=0xCF) && !matches!(marker, 0xC4 | 0xC8 | 0xCC)
    }

    /// Parses what follows the length of an SOFn segment; `marker` is the marker's second byte.
    ///
    /// # Errors
    /// `Malformed` for a header that contradicts itself, `Unsupported` for hierarchical frames, lossless ones with
    /// arithmetic coding, more than four components, other numbers of bits, and heights left to a DNL marker.
    pub fn parse(marker: u8, payload: &[u8]) -> Result<Frame> {
        let (process, arithmetic) = match marker {
            0xC0..=0xC1 => (Process::Sequential, false),
            0xC2 => (Process::Progressive, false),
            0xC3 => (Process::Lossless, false),
            0xC9 => (Process::Sequential, true),
            0xCA => (Process::Progressive, true),
            0xCB => return Err(Error::unsupported("lossless JPEG with arithmetic coding (SOF11)")),
            0xC5..=0xC7 | 0xCD..=0xCF => {
                return Err(Error::unsupported(format!("hierarchical JPEG (SOF{})", marker & 15)));
            }
            _ => return Err(Error::malformed(format!("unknown frame type 0x{marker:02X}"))),
        };
        let &[precision, h1, h0, w1, w0, n, ref rest @ ..] = payload else {
            return Err(Error::malformed("the frame header is too short"));
        };
        let (width, height) = (usize::from(u16::from_be_bytes([w1, w0])), usize::from(u16::from_be_bytes([h1, h0])));
        let n = usize::from(n);
        if width == 0 || n == 0 {
            return Err(Error::malformed(format!("a frame of width {width} with {n} components")));
        }
        if height == 0 {
            return Err(Error::unsupported("the frame header gives no height (a DNL marker would)"));
        }
        if rest.len() < n * 3 {
            return Err(Error::malformed(format!("the frame header is too short for {n} components")));
        }
        if n > 4 {
            return Err(Error::unsupported(format!("a JPEG of {n} components")));
        }
        let fits = match process {
            Process::Lossless => (2..=16).contains(&precision),
            _ => precision == 8 || (precision == 12 && marker != 0xC0),
        };
        if !fits {
            return Err(Error::unsupported(format!(
                "{precision} bits per sample in a frame of type SOF{}",
                marker & 15
            )));
        }
        let mut components = Vec::with_capacity(n);
        for c in rest.chunks_exact(3).take(n) {
            let &[id, hv, tq] = c else { continue };
            let (h, v) = (usize::from(hv >> 4), usize::from(hv & 15));
            if !(1..=4).contains(&h) || !(1..=4).contains(&v) || tq > 3 {
                return Err(Error::malformed(format!("component {id}: sampling {h}x{v}, quantisation table {tq}")));
            }
            if components.iter().any(|c: &Component| c.id == id) {
                return Err(Error::malformed(format!("two components of number {id}")));
            }
            // A scan of one component is never interleaved, so that its factors mean nothing (A.2.2).
            let (h, v) = if n == 1 { (1, 1) } else { (h, v) };
            components.push(Component {
                id,
                h,
                v,
                tq: usize::from(tq),
                width: 0,
                height: 0,
                scan_blocks_w: 0,
                scan_blocks_h: 0,
                blocks_w: 0,
                blocks_h: 0,
            });
        }
        let hmax = components.iter().map(|c| c.h).max().unwrap_or(1);
        let vmax = components.iter().map(|c| c.v).max().unwrap_or(1);
        let unit = if process == Process::Lossless { 1 } else { 8 };
        let (mcus_w, mcus_h) = (width.div_ceil(unit * hmax), height.div_ceil(unit * vmax));
        for c in &mut components {
            c.width = (width * c.h).div_ceil(hmax);
            c.height = (height * c.v).div_ceil(vmax);
            c.scan_blocks_w = c.width.div_ceil(unit);
            c.scan_blocks_h = c.height.div_ceil(unit);
            c.blocks_w = mcus_w * c.h;
            c.blocks_h = mcus_h * c.v;
        }
        Ok(Frame { marker, process, arithmetic, precision, width, height, components, hmax, vmax, mcus_w, mcus_h })
    }

    /// Height and width in pixels, and the number of components, 1 to 4.
    pub fn shape(&self) -> (usize, usize, usize) {
        (self.height, self.width, self.components.len())
    }

    /// The shape of the array: `(height, width)`, and the number of components if there are several.
    pub fn array_shape(&self) -> Vec<usize> {
        match self.shape() {
            (height, width, 1) => vec![height, width],
            (height, width, components) => vec![height, width, components],
        }
    }

    /// Bits of a sample: 8 or 12, or 2 to 16 of lossless frames.
    pub fn precision(&self) -> u8 {
        self.precision
    }

    /// How the samples are coded.
    pub fn process(&self) -> Process {
        self.process
    }

    /// The chroma subsampling as photographers name it, for three components or four.
    pub fn subsampling(&self) -> Option<&'static str> {
        let [y, cb, cr, ..] = self.components.as_slice() else { return None };
        if (cb.h, cb.v) != (1, 1) || (cr.h, cr.v) != (1, 1) {
            return None;
        }
        match (y.h, y.v) {
            (1, 1) => Some("4:4:4"),
            (2, 1) => Some("4:2:2"),
            (2, 2) => Some("4:2:0"),
            (1, 2) => Some("4:4:0"),
            (4, 1) => Some("4:1:1"),
            (4, 2) => Some("4:1:0"),
            _ => None,
        }
    }

    /// What the frame type is called.
    pub fn process_name(&self) -> &'static str {
        match self.marker {
            0xC0 => "baseline",
            0xC1 => "extended",
            0xC2 => "progressive",
            0xC3 => "lossless",
            0xC9 => "extended arithmetic",
            _ => "progressive arithmetic",
        }
    }
}
