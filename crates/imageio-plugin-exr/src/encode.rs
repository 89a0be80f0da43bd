//! From an array to compressed blocks, on every core.

use imageio_core::{Element, Error, NdImageView, Result};

use crate::codec::Compressor;
use crate::header::{Channel, Method};
use crate::layout::Block;

/// How one image is packed.
pub(crate) struct Packing {
    /// In the order of the file, which is alphabetical.
    pub channels: Vec<Channel>,
    /// For each of these, its position in the array's last axis.
    pub order: Vec<usize>,
    pub size: (usize, usize),
    pub method: Method,
    pub level: u8,
    pub dwa_level: f32,
}

impl Packing {
    pub(crate) fn rows(&self) -> usize {
        self.size.1.div_ceil(self.method.lines())
    }

    fn block(&self, row: usize) -> Block {
        let y = row * self.method.lines();
        Block { x: 0, y, width: self.size.0, height: self.method.lines().min(self.size.1 - y) }
    }

    fn compressor(&self) -> Result<Compressor> {
        Compressor::new(self.method, &self.channels, self.size, self.level, self.dwa_level)
    }
}

/// The samples of a type in little-endian bytes.
pub(crate) trait Bits: Element {
    const SIZE: usize;
    fn put(self, place: &mut [u8]);
}

macro_rules! bits {
    ($($ty:ty),*) => {$(
        impl Bits for $ty {
            const SIZE: usize = size_of::<$ty>();
            #[inline]
            fn put(self, place: &mut [u8]) {
                place.copy_from_slice(&self.to_le_bytes());
            }
        }
    )*};
}

bits!(imageio_core::half::f16, f32, u32);

/// Packs block rows `rows` of an image.
pub(crate) fn pack<T: Bits>(
    image: &NdImageView<'_>,
    packing: &Packing,
    rows: std::ops::Range<usize>,
) -> Result<Vec<Vec<u8>>> {
    let array = image
        .as_array::<T>()
        .ok_or_else(|| Error::mismatch(format!("the image is {}, not {}", image.dtype(), T::DTYPE)))?;
    let slice = array.as_slice();
    let n = packing.channels.len();
    let work = |compressor: &mut Option<Compressor>, row: usize| -> Result<Vec<u8>> {
        let compressor = match compressor {
            Some(compressor) => compressor,
            None => compressor.insert(packing.compressor()?),
        };
        let block = packing.block(row);
        let len = block.width * T::SIZE;
        let mut lines = vec![0; block.height * n * len];
        for (k, place) in lines.chunks_exact_mut(len.max(1)).enumerate() {
            let (y, channel) = (block.y + k / n, packing.order.get(k % n).copied().unwrap_or(0));
            let places = place.chunks_exact_mut(T::SIZE);
            if let Some(slice) = slice {
                let start = y * block.width * n;
                let row = slice.get(start..start + block.width * n).unwrap_or_default();
                for (place, sample) in places.zip(row.iter().skip(channel).step_by(n)) {
                    sample.put(place);
                }
            } else {
                for (x, place) in places.enumerate() {
                    let at = [y, x, channel];
                    if let Some(sample) = array.get(&at[..array.ndim().min(3)]) {
                        sample.put(place);
                    }
                }
            }
        }
        compressor.compress(lines, &block)
    };
    let worth = rows.len() >= 4;
    imageio_parallel::try_map_with(rows.collect(), worth, || None, work)
}
