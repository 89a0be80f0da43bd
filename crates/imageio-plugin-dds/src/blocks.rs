//! Block formats: four by four pixels in 8 or 16 bytes ("Texture Block Compression in Direct3D 11").

use imageio_core::Dtype;

/// A format of blocks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Block {
    Bc1,
    Bc2,
    Bc3,
    Bc4,
    Bc5,
    /// Numbers beyond 1, with a sign or without.
    Bc6h {
        signed: bool,
    },
    Bc7,
}

impl Block {
    pub fn bytes(self) -> usize {
        if matches!(self, Block::Bc1 | Block::Bc4) { 8 } else { 16 }
    }

    /// Channels as they are read: BC1 may have a bit of alpha, and red and green come with a blue of 0.
    pub fn channels(self) -> usize {
        match self {
            Block::Bc1 | Block::Bc2 | Block::Bc3 | Block::Bc7 => 4,
            Block::Bc4 => 1,
            Block::Bc5 | Block::Bc6h { .. } => 3,
        }
    }

    pub fn dtype(self, hdr: bool) -> Dtype {
        if hdr && matches!(self, Block::Bc6h { .. }) { Dtype::F32 } else { Dtype::U8 }
    }

    pub fn name(self) -> &'static str {
        match self {
            Block::Bc1 => "bc1_unorm",
            Block::Bc2 => "bc2_unorm",
            Block::Bc3 => "bc3_unorm",
            Block::Bc4 => "bc4_unorm",
            Block::Bc5 => "bc5_unorm",
            Block::Bc6h { signed: false } => "bc6h_uf16",
            Block::Bc6h { signed: true } => "bc6h_sf16",
            Block::Bc7 => "bc7_unorm",
        }
    }

    /// Unpacks a row of blocks into up to four rows of pixels, as bytes.
    pub fn unpack(self, from: &[u8], to: &mut [u8], width: usize) {
        let n = self.channels();
        let mut pixels = [0; 64];
        each(from, to, self.bytes(), width * n, n, |block| {
            match self {
                Block::Bc1 => bcdec_rs::bc1(block, &mut pixels, 16),
                Block::Bc2 => bcdec_rs::bc2(block, &mut pixels, 16),
                Block::Bc3 => bcdec_rs::bc3(block, &mut pixels, 16),
                Block::Bc4 => bcdec_rs::bc4(block, &mut pixels, 4, false),
                Block::Bc5 => {
                    let mut pairs = [0; 32];
                    bcdec_rs::bc5(block, &mut pairs, 8, false);
                    for (pixel, pair) in pixels.chunks_exact_mut(3).zip(pairs.as_chunks::<2>().0) {
                        pixel[..2].copy_from_slice(pair);
                    }
                }
                Block::Bc6h { signed } => {
                    for (byte, v) in pixels.iter_mut().zip(floats(block, signed)) {
                        *byte = (v.clamp(0.0, 1.0) * 255.0 + 0.5) as u8;
                    }
                }
                Block::Bc7 => bcdec_rs::bc7(block, &mut pixels, 16),
            }
            pixels
        });
    }

    /// Unpacks a row of blocks of BC6H into up to four rows of pixels, as they are.
    pub fn unpack_floats(self, from: &[u8], to: &mut [f32], width: usize) {
        let signed = self == Block::Bc6h { signed: true };
        each(from, to, self.bytes(), width * 3, 3, |block| floats(block, signed));
    }
}

fn floats(block: &[u8], signed: bool) -> [f32; 48] {
    let mut pixels = [0.0; 48];
    bcdec_rs::bc6h_float(block, &mut pixels, 12, signed);
    pixels
}

/// Cuts what `unpack` makes of each block down to the part of it that lies in the picture.
fn each<T: Copy, const N: usize>(
    from: &[u8],
    to: &mut [T],
    bytes: usize,
    row: usize,
    n: usize,
    mut unpack: impl FnMut(&[u8]) -> [T; N],
) {
    for (k, block) in from.chunks_exact(bytes).enumerate() {
        let pixels = unpack(block);
        let start = k * 4 * n;
        let end = (start + 4 * n).min(row);
        for (line, pixels) in to.chunks_exact_mut(row).zip(pixels.chunks_exact(4 * n)) {
            if let Some(place) = line.get_mut(start..end) {
                place.copy_from_slice(&pixels[..end - start]);
            }
        }
    }
}
