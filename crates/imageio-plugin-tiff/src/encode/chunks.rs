//! Strips and tiles of an array, encoded on as many threads as there are.

use std::borrow::Cow;

use imageio_core::{Dtype, Error, Result};

use super::{Arrangement, Jpeg, deflate, jpeg, lzma, lzw, packbits, predictor};
use crate::ifd::Endian;
use crate::options::{Compression, Predictor};

/// Bytes of strips and tiles that are encoded before they are written.
const BATCH: usize = 32 << 20;

/// How strips and tiles are stored.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Scheme {
    pub compression: Compression,
    /// Of deflate and LZMA, 0 to 9; of Zstandard, -7 to 22.
    pub level: i32,
    pub predictor: Predictor,
    /// What JPEG needs to know.
    pub jpeg: Option<Jpeg>,
    pub endian: Endian,
    /// Length and width of tiles.
    pub tile: Option<(usize, usize)>,
    pub rows_per_strip: usize,
}

impl Scheme {
    /// The level of a compression that has those from 0 to 9.
    fn effort(&self) -> u8 {
        u8::try_from(self.level.clamp(0, 9)).unwrap_or(9)
    }
}

/// The strips or tiles of one array.
pub(crate) struct Chunks<'a> {
    pub arrangement: &'a Arrangement,
    pub dtype: Dtype,
    pub scheme: Scheme,
    /// The array in row-major order, native byte order; truth values are bytes.
    pub bytes: &'a [u8],
}

#[derive(Default)]
struct Scratch {
    plain: Vec<u8>,
    row: Vec<u8>,
    lzw: Option<lzw::Encoder>,
    deflate: Option<deflate::Encoder>,
    #[cfg(feature = "zstd")]
    zstd: crate::zstd::Encoder,
}

impl Chunks<'_> {
    /// Length and width of a chunk.
    fn size(&self) -> (usize, usize) {
        self.scheme.tile.unwrap_or((self.scheme.rows_per_strip, self.arrangement.width))
    }

    fn grid(&self) -> (usize, usize) {
        let (length, width) = self.size();
        (self.arrangement.length.div_ceil(length), self.arrangement.width.div_ceil(width))
    }

    /// Chunks of one page.
    pub fn per_page(&self) -> usize {
        let (down, across) = self.grid();
        down * across * self.arrangement.planes()
    }

    /// Bytes of one row of samples as they are stored.
    fn row_bytes(&self, columns: usize) -> usize {
        let samples = columns * self.arrangement.contig();
        if self.dtype == Dtype::Bool { samples.div_ceil(8) } else { samples * self.dtype.size() }
    }

    /// Bytes of chunk `k` of a page before it is compressed.
    pub fn plain_bytes(&self, k: usize) -> usize {
        let (length, width) = self.size();
        let (down, across) = self.grid();
        let rows = match self.scheme.tile {
            Some(_) => length,
            None => length.min(self.arrangement.length - k / across % down * length),
        };
        rows * self.row_bytes(width)
    }

    /// `true` if the array's bytes are those of the file.
    pub fn is_plain(&self) -> bool {
        self.scheme.compression == Compression::None
            && self.scheme.tile.is_none()
            && self.dtype != Dtype::Bool
            && self.scheme.predictor == Predictor::None
            && (self.scheme.endian.is_native() || self.dtype.size() == 1)
    }

    /// Encodes the chunks of pages `first..last` in order and hands each to `write`.
    pub fn each(&self, pages: std::ops::Range<usize>, mut write: impl FnMut(&[u8]) -> Result<()>) -> Result<()> {
        let per_page = self.per_page();
        let whole = self.plain_bytes(0).max(1);
        let batch = (BATCH / whole).clamp(1, 4096);
        let all: Vec<(usize, usize)> = pages.flat_map(|page| (0..per_page).map(move |k| (page, k))).collect();
        for part in all.chunks(batch) {
            for chunk in self.encode(part)? {
                write(&chunk)?;
            }
        }
        Ok(())
    }

    fn encode(&self, part: &[(usize, usize)]) -> Result<Vec<Cow<'_, [u8]>>> {
        let worth = self.scheme.compression != Compression::None;
        imageio_parallel::try_map_with(part.to_vec(), worth, Scratch::default, |scratch, (page, k)| {
            self.chunk(page, k, scratch)
        })
    }

    fn chunk(&self, page: usize, k: usize, scratch: &mut Scratch) -> Result<Cow<'_, [u8]>> {
        let mut plain = std::mem::take(&mut scratch.plain);
        let stored = self.plain(page, k, &mut plain, &mut scratch.row)?;
        let result = match self.scheme.compression {
            Compression::None => match stored {
                None => Cow::Owned(std::mem::take(&mut plain)),
                Some(borrowed) => Cow::Borrowed(borrowed),
            },
            Compression::Jpeg => Cow::Owned(self.jpeg(k, stored, &mut plain)?),
            _ => {
                let (_, width) = self.size();
                Cow::Owned(self.compress(stored.unwrap_or(&plain), self.row_bytes(width), scratch)?)
            }
        };
        scratch.plain = plain;
        Ok(result)
    }

    /// Chunk `k` of a page as a JPEG stream; its samples are `stored`, or in `plain`.
    fn jpeg(&self, k: usize, stored: Option<&[u8]>, plain: &mut [u8]) -> Result<Vec<u8>> {
        let (a, (length, width), (down, across)) = (self.arrangement, self.size(), self.grid());
        let (top, left) = (k / across % down * length, k % across * width);
        let (rows, columns) = (length.min(a.length - top), width.min(a.width - left));
        let settings = self.scheme.jpeg.ok_or_else(|| Error::unsupported("JPEG without its settings"))?;
        if stored.is_none() {
            jpeg::extend(plain, self.row_bytes(width), rows, columns, a.contig());
        }
        settings.encode(stored.unwrap_or(plain), width, a.contig())
    }

    /// The samples of a chunk: borrowed where they need no change, else put into `out`.
    fn plain(&self, page: usize, k: usize, out: &mut Vec<u8>, row: &mut Vec<u8>) -> Result<Option<&[u8]>> {
        let a = self.arrangement;
        let (length, width) = self.size();
        let (down, across) = self.grid();
        let (plane, top, left) = (k / (down * across), k / across % down * length, k % across * width);
        let rows = length.min(a.length - top);
        let columns = width.min(a.width - left);
        let size = self.dtype.size();
        let full = a.width * a.contig() * size;
        let first = ((page * a.planes() + plane) * a.length + top) * full;
        let missing = || Error::mismatch("the array is shorter than its shape");
        let same_order = self.scheme.endian.is_native() || size == 1;
        let is_bool = self.dtype == Dtype::Bool;
        if self.scheme.tile.is_none() && self.scheme.predictor == Predictor::None && same_order && !is_bool {
            return Ok(Some(self.bytes.get(first..first + rows * full).ok_or_else(missing)?));
        }
        let row_bytes = self.row_bytes(width);
        out.clear();
        out.resize(self.plain_bytes(k), 0);
        let samples = columns * a.contig();
        for (y, to) in out.chunks_exact_mut(row_bytes.max(1)).take(rows).enumerate() {
            let start = first + y * full + left * a.contig() * size;
            let from = self.bytes.get(start..start + samples * size).ok_or_else(missing)?;
            if is_bool {
                for (byte, eight) in to.iter_mut().zip(from.chunks(8)) {
                    *byte = eight.iter().enumerate().fold(0, |v, (i, b)| v | (b & 1) << (7 - i));
                }
                continue;
            }
            let (part, _) = to.split_at_mut(from.len());
            part.copy_from_slice(from);
            match self.scheme.predictor {
                Predictor::None => {}
                Predictor::Horizontal => predictor::horizontal(to, size, a.contig()),
                Predictor::Float => {
                    row.clear();
                    row.extend_from_slice(to);
                    predictor::float(row, size, a.contig(), to);
                    continue;
                }
            }
            if !same_order {
                let part = if self.dtype.is_complex() { size / 2 } else { size };
                for number in to.chunks_exact_mut(part) {
                    number.reverse();
                }
            }
        }
        Ok(None)
    }

    fn compress(&self, data: &[u8], row_bytes: usize, scratch: &mut Scratch) -> Result<Vec<u8>> {
        let mut out = Vec::new();
        match self.scheme.compression {
            // JPEG is made of pixels and not of bytes.
            Compression::None | Compression::Jpeg => out.extend_from_slice(data),
            Compression::Lzw => {
                out.reserve(data.len() / 2);
                scratch.lzw.get_or_insert_default().encode(data, &mut out);
            }
            Compression::PackBits => {
                for row in data.chunks(row_bytes.max(1)) {
                    packbits::encode(row, &mut out);
                }
            }
            // Samples of several bytes as they are repeat in ways that the pictures' encoder is slower to find.
            Compression::Deflate if self.scheme.predictor == Predictor::None && self.dtype.size() > 1 => {
                out.resize(zlib_rs::compress_bound(data.len()), 0);
                let config = zlib_rs::DeflateConfig::new(self.scheme.level);
                let (compressed, code) = zlib_rs::compress_slice(&mut out, data, config);
                let n = compressed.len();
                if code != zlib_rs::ReturnCode::Ok {
                    return Err(Error::mismatch(format!("deflate fails on a strip or tile of {} bytes", data.len())));
                }
                out.truncate(n);
            }
            Compression::Deflate => {
                out.reserve(data.len() / 2);
                scratch.deflate.get_or_insert_default().encode(data, self.scheme.effort(), &mut out);
            }
            Compression::Lzma => out = lzma::encode(data, self.scheme.effort())?,
            #[cfg(feature = "zstd")]
            Compression::Zstd => {
                out = scratch.zstd.encode(data, self.scheme.level)?;
            }
            #[cfg(not(feature = "zstd"))]
            Compression::Zstd => {
                return Err(Error::unsupported("compression zstd")
                    .with_hint("enable the feature `zstd` of imageio-plugin-tiff"));
            }
        }
        Ok(out)
    }
}
