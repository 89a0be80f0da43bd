//! How much a file may make us allocate.

use crate::error::{Error, Result};

const GIB: u64 = 1 << 30;

/// Bounds on what reading a resource may cost. The defaults are generous for science and still stop a bomb.
///
/// | limit | default |
/// |---|---|
/// | `max_frame_bytes` | 4 GiB for one image |
/// | `max_alloc` | 64 GiB for one call (a batch) |
/// | `max_dimension` | 2³¹ − 1 samples along one axis |
/// | `max_metadata` | 256 MiB |
/// | `max_ratio` | 10 000 bytes of array for one byte of file, looked at beyond 1 GiB; in videos for one image |
#[non_exhaustive]
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Limits {
    /// Bytes that one call may allocate for its result.
    pub max_alloc: Option<u64>,
    /// Bytes of one image.
    pub max_frame_bytes: Option<u64>,
    /// Samples along one axis.
    pub max_dimension: Option<u64>,
    /// Bytes of array for one byte of file; looked at only for images beyond 1 GiB.
    pub max_ratio: Option<u64>,
    /// Bytes of metadata.
    pub max_metadata: Option<u64>,
}

impl Default for Limits {
    fn default() -> Self {
        Limits {
            max_alloc: Some(64 * GIB),
            max_frame_bytes: Some(4 * GIB),
            max_dimension: Some(i32::MAX as u64),
            max_ratio: Some(10_000),
            max_metadata: Some(GIB / 4),
        }
    }
}

impl Limits {
    /// No limit at all; for files whose origin is trusted.
    pub fn none() -> Self {
        Limits { max_alloc: None, max_frame_bytes: None, max_dimension: None, max_ratio: None, max_metadata: None }
    }

    /// Sets the bytes that one call may allocate for its result.
    #[must_use]
    pub fn max_alloc(mut self, bytes: impl Into<Option<u64>>) -> Self {
        self.max_alloc = bytes.into();
        self
    }

    /// Sets the bytes of one image.
    #[must_use]
    pub fn max_frame_bytes(mut self, bytes: impl Into<Option<u64>>) -> Self {
        self.max_frame_bytes = bytes.into();
        self
    }

    /// Sets the samples along one axis.
    #[must_use]
    pub fn max_dimension(mut self, samples: impl Into<Option<u64>>) -> Self {
        self.max_dimension = samples.into();
        self
    }

    /// Sets the plausible ratio of array to file.
    #[must_use]
    pub fn max_ratio(mut self, ratio: impl Into<Option<u64>>) -> Self {
        self.max_ratio = ratio.into();
        self
    }

    /// Sets the bytes of metadata.
    #[must_use]
    pub fn max_metadata(mut self, bytes: impl Into<Option<u64>>) -> Self {
        self.max_metadata = bytes.into();
        self
    }

    /// Bytes of an array, if every bound holds; `source_size` is asked only where the ratio matters.
    pub fn check(&self, shape: &[usize], item_size: usize, source_size: impl FnOnce() -> Option<u64>) -> Result<usize> {
        if let (Some(max), Some(longest)) = (self.max_dimension, shape.iter().max())
            && *longest as u64 > max
        {
            return Err(self.exceeded(shape, "max_dimension", max));
        }
        let Some(bytes) = n_bytes(shape, item_size) else {
            return Err(Error::limit(format!("an array of shape {shape:?} does not fit into memory")));
        };
        for (name, max) in [("max_frame_bytes", self.max_frame_bytes), ("max_alloc", self.max_alloc)] {
            if let Some(max) = max.filter(|max| bytes as u64 > *max) {
                return Err(self.exceeded(shape, name, max));
            }
        }
        self.check_ratio(bytes as u64, source_size)?;
        Ok(bytes)
    }

    /// Whether `bytes` of array are plausible for the size of the source.
    pub fn check_ratio(&self, bytes: u64, source_size: impl FnOnce() -> Option<u64>) -> Result<()> {
        if let (Some(ratio), true) = (self.max_ratio, bytes > GIB)
            && let Some(source) = source_size().filter(|size| bytes / ratio > *size)
        {
            return Err(Error::limit(format!("{bytes} bytes of image out of a file of {source} bytes"))
                .with("limit", format!("max_ratio = {ratio}"))
                .with_hint("raise Limits::max_ratio if the file is trusted"));
        }
        Ok(())
    }

    /// Pixels beyond which [`check_canvas`](Self::check_canvas) wants to know the size of the source.
    pub const LARGE_CANVAS: usize = 1 << 26;

    /// Whether a canvas, whose background costs no data at all, is plausible for the size of the source: `max_ratio`
    /// holds for it beyond [`LARGE_CANVAS`](Self::LARGE_CANVAS) pixels, since nothing else would notice.
    pub fn check_canvas(
        &self,
        (height, width): (usize, usize),
        pixel_bytes: usize,
        source_size: impl FnOnce() -> Option<u64>,
    ) -> Result<()> {
        let pixels = height.saturating_mul(width);
        if let (Some(ratio), true) = (self.max_ratio, pixels > Self::LARGE_CANVAS)
            && let Some(size) = source_size()
            && pixels.saturating_mul(pixel_bytes) as u64 / ratio.max(1) > size
        {
            return Err(Error::limit(format!("a canvas of {width} x {height} pixels out of a file of {size} bytes"))
                .with("limit", format!("max_ratio = {ratio}"))
                .with_hint("raise Limits::max_ratio if the file is trusted"));
        }
        Ok(())
    }

    /// Whether `bytes` of metadata are allowed.
    pub fn check_metadata(&self, bytes: u64) -> Result<()> {
        match self.max_metadata {
            Some(max) if bytes > max => Err(Error::limit(format!("{bytes} bytes of metadata"))
                .with("limit", format!("max_metadata = {max}"))
                .with_hint("raise Limits::max_metadata if the file is trusted")),
            _ => Ok(()),
        }
    }

    fn exceeded(&self, shape: &[usize], name: &'static str, max: u64) -> Error {
        Error::limit(format!("an array of shape {shape:?}"))
            .with("limit", format!("{name} = {max}"))
            .with_hint(format!("raise Limits::{name} if the file is trusted"))
    }
}

/// Bytes of an array of `shape`, if they can be counted and addressed.
pub(crate) fn n_bytes(shape: &[usize], item_size: usize) -> Option<usize> {
    // An axis of 0 must not hide an overflow of the others: strides are computed from those.
    let product = shape.iter().filter(|n| **n != 0).try_fold(item_size, |bytes, n| bytes.checked_mul(*n))?;
    if product > isize::MAX as usize {
        return None;
    }
    Some(if shape.contains(&0) { 0 } else { product })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ErrorKind;

    #[test]
    fn bounds() {
        let limits = Limits::default();
        assert_eq!(limits.check(&[3, 4], 2, || None).unwrap(), 24);
        assert_eq!(limits.check(&[0, 4], 2, || None).unwrap(), 0);
        let rows: [(&[usize], usize, Option<u64>); 4] = [
            (&[70_000, 70_000], 1, None),
            (&[1 << 40, 1 << 40], 1, None),
            (&[40_000, 40_000], 1, Some(1000)),
            (&[0, usize::MAX, 9], 1, None),
        ];
        for (shape, size, source) in rows {
            let e = limits.check(shape, size, || source).unwrap_err();
            assert_eq!(e.kind(), ErrorKind::LimitExceeded, "{shape:?}");
        }
        assert!(limits.check_canvas((8192, 8192), 4, || Some(1)).is_ok());
        assert!(limits.check_canvas((8192, 8193), 4, || Some(30_000)).is_ok());
        assert!(limits.check_canvas((8192, 8193), 4, || None).is_ok());
        assert!(Limits::none().check_canvas((usize::MAX, usize::MAX), 4, || Some(1)).is_ok());
        let e = limits.check_canvas((8192, 8193), 4, || Some(26_000)).unwrap_err();
        assert_eq!(e.kind(), ErrorKind::LimitExceeded);
        assert!(Limits::none().check(&[70_000, 70_000], 1, || Some(1)).is_ok());
    }
}
