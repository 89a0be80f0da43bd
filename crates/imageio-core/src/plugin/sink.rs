use std::fs::File;

use ndarray::ArrayViewMutD;

use crate::error::{Error, ErrorKind, Result};
use crate::image::{Dtype, Element, NdImage, NdImageViewMut};
use crate::limits::Limits;

/// Decides whose memory a frame lands in, and whether it may land at all.
///
/// # For implementors
/// Call exactly one of [`slice`](Self::slice), [`bytes`](Self::bytes), [`array`](Self::array) and
/// [`put`](Self::put), once the shape is known and before the codec allocates. Limits are checked there. Fresh
/// memory is zeroed; memory that the caller brought holds whatever it held, so fill all of it.
pub struct FrameSink<'d> {
    dest: Dest<'d>,
    limits: Limits,
    source_size: Option<u64>,
    filled: bool,
}

enum Dest<'d> {
    /// Core owns the result, which does not exist before the plugin asks for memory.
    Fresh(Option<NdImage>),
    /// The caller's memory, or a part of a batch; `scratch` stands in where it is strided.
    Lent { view: NdImageViewMut<'d>, scratch: Option<NdImage> },
}

impl<'d> FrameSink<'d> {
    /// A sink that makes its own memory.
    pub fn fresh(limits: &Limits) -> Self {
        imageio_pages::keep_freed_frames();
        FrameSink { dest: Dest::Fresh(None), limits: limits.clone(), source_size: None, filled: false }
    }

    /// A sink into memory that exists.
    pub fn into_view(view: NdImageViewMut<'d>, limits: &Limits) -> Self {
        FrameSink { dest: Dest::Lent { view, scratch: None }, limits: limits.clone(), source_size: None, filled: false }
    }

    pub(crate) fn source_size(mut self, size: Option<u64>) -> Self {
        self.source_size = size;
        self
    }

    /// Contiguous, row-major memory for a frame of `shape`.
    pub fn slice<T: Element>(&mut self, shape: &[usize]) -> Result<&mut [T]> {
        let image = self.prepare(T::DTYPE, shape)?;
        let array = T::unwrap_view_mut(image).and_then(|a| a.into_slice());
        array.ok_or_else(|| Error::new(ErrorKind::Backend, "the prepared memory is not contiguous"))
    }

    /// As [`slice`](Self::slice) for codecs that write bytes of a dtype known at run time, in native byte order.
    /// `bool` has no such form: use `slice::<bool>`.
    pub fn bytes(&mut self, dtype: Dtype, shape: &[usize]) -> Result<&mut [u8]> {
        let image = self.prepare(dtype, shape)?;
        let bytes = crate::dispatch!(dtype, T => {
            T::unwrap_view_mut(image).and_then(|a| a.into_slice()).and_then(T::bytes_mut)
        });
        bytes.ok_or_else(|| Error::new(ErrorKind::Backend, "bool memory can't be written as bytes"))
    }

    /// The destination as an array: strided if the caller's is.
    pub fn array<T: Element>(&mut self, shape: &[usize]) -> Result<ArrayViewMutD<'_, T>> {
        self.check(T::DTYPE, shape)?;
        let missing = || Error::new(ErrorKind::Backend, "the prepared memory has another dtype");
        if matches!(self.dest, Dest::Fresh(_)) {
            return T::unwrap_view_mut(self.prepare(T::DTYPE, shape)?).ok_or_else(missing);
        }
        self.filled = true;
        match &mut self.dest {
            Dest::Lent { view, .. } => T::unwrap_view_mut(view.reborrow()).ok_or_else(missing),
            Dest::Fresh(_) => Err(missing()),
        }
    }

    /// Hands over an array that the codec made itself; copied only if the caller brought the memory.
    pub fn put(&mut self, image: impl Into<NdImage>) -> Result<()> {
        let image = image.into();
        self.check(image.dtype(), image.shape())?;
        self.filled = true;
        match &mut self.dest {
            Dest::Fresh(slot) => *slot = Some(image),
            Dest::Lent { view, .. } => view.assign(&image.view())?,
        }
        Ok(())
    }

    /// Leaves it at the first `n` images of a batch whose memory was asked for already: the codec made fewer than the
    /// container promised.
    ///
    /// # Errors
    /// [`Mismatch`](ErrorKind::Mismatch) if the caller brought the memory, which then holds those images.
    pub fn shorten(&mut self, n: usize) -> Result<()> {
        match &mut self.dest {
            Dest::Fresh(Some(image)) => {
                image.truncate(n);
                Ok(())
            }
            Dest::Fresh(None) => Err(Error::new(ErrorKind::Backend, "there is no batch to shorten")),
            Dest::Lent { view, .. } => Err(Error::mismatch(format!(
                "there are {n} images, the array to read into has room for {}",
                view.shape().first().copied().unwrap_or(1)
            ))),
        }
    }

    /// A frame whose elements lie in `file` from `offset` on, in native byte order: read into memory that need not be
    /// cleared before. Returns its bytes, for what is left to do; `None` where this can't be done, as for `bool`, for
    /// memory that the caller brought, where the file ends before, and on some systems: the ordinary way is taken then,
    /// and tells what is wrong.
    ///
    /// `spread(n, f)` calls `f` with every number below `n`, each on whatever thread.
    pub fn read_file(
        &mut self,
        dtype: Dtype,
        shape: &[usize],
        (file, offset): (&File, u64),
        spread: &dyn Fn(usize, &(dyn Fn(usize) + Sync)),
    ) -> Result<Option<&mut [u8]>> {
        self.check(dtype, shape)?;
        let Dest::Fresh(slot) = &mut self.dest else { return Ok(None) };
        let Some(image) = NdImage::from_file(dtype, shape, file, offset, spread) else { return Ok(None) };
        self.filled = true;
        let image = slot.insert(image).view_mut();
        Ok(crate::dispatch!(dtype, T => {
            T::unwrap_view_mut(image).and_then(|a| a.into_slice()).and_then(T::bytes_mut)
        }))
    }

    /// The limits of this read, for codecs that take some.
    pub fn limits(&self) -> &Limits {
        &self.limits
    }

    /// Whether a frame of this size would be accepted; for codecs that allocate before there is a frame.
    pub fn check(&self, dtype: Dtype, shape: &[usize]) -> Result<()> {
        self.limits.check(shape, dtype.size(), || self.source_size)?;
        if let Dest::Lent { view, .. } = &self.dest
            && (view.shape() != shape || view.dtype() != dtype)
        {
            return Err(Error::mismatch(format!(
                "the image is {dtype} {shape:?}, the array to read into is {} {:?}",
                view.dtype(),
                view.shape()
            )));
        }
        Ok(())
    }

    fn prepare(&mut self, dtype: Dtype, shape: &[usize]) -> Result<NdImageViewMut<'_>> {
        self.check(dtype, shape)?;
        self.filled = true;
        match &mut self.dest {
            Dest::Fresh(slot) => Ok(slot.insert(NdImage::zeros(dtype, shape)?).view_mut()),
            Dest::Lent { view, scratch } => {
                if view.is_contiguous() {
                    return Ok(view.reborrow());
                }
                Ok(scratch.insert(NdImage::zeros(dtype, shape)?).view_mut())
            }
        }
    }

    /// Ends the frame: the image, if core owned it; `Backend` if the plugin never came for memory.
    pub fn finish(self) -> Result<Option<NdImage>> {
        if !self.filled {
            return Err(Error::new(ErrorKind::Backend, "the plugin returned without giving an image"));
        }
        match self.dest {
            Dest::Fresh(image) => Ok(image),
            Dest::Lent { mut view, scratch } => {
                if let Some(scratch) = scratch {
                    view.assign(&scratch.view())?;
                }
                Ok(None)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::{Array2, Axis, Slice};

    #[test]
    fn fresh_memory_is_limited() {
        let limits = Limits::default().max_frame_bytes(10);
        let mut sink = FrameSink::fresh(&limits);
        assert_eq!(sink.slice::<u8>(&[4, 4]).unwrap_err().kind(), ErrorKind::LimitExceeded);
        sink.slice::<u8>(&[2, 5]).unwrap().fill(7);
        assert_eq!(sink.finish().unwrap().unwrap().as_bytes().unwrap(), [7; 10]);
    }

    #[test]
    fn strided_memory_is_filled_all_the_same() {
        let limits = Limits::default();
        let mut array = Array2::<u16>::zeros((4, 6));
        let mut view = array.slice_axis_mut(Axis(0), Slice::from(1..3));
        let view = view.slice_axis_mut(Axis(1), Slice::new(0, None, 2));
        let mut sink = FrameSink::into_view(view.into(), &limits);
        let slice = sink.slice::<u16>(&[2, 3]).unwrap();
        slice.copy_from_slice(&[1, 2, 3, 4, 5, 6]);
        assert!(sink.finish().unwrap().is_none());
        assert_eq!(array.row(2).to_vec(), [4, 0, 5, 0, 6, 0]);
    }

    #[test]
    fn wrong_shapes_and_silence_are_errors() {
        let limits = Limits::default();
        let mut array = Array2::<u16>::zeros((4, 6));
        let mut sink = FrameSink::into_view((&mut array).into(), &limits);
        assert_eq!(sink.slice::<u16>(&[4, 5]).unwrap_err().kind(), ErrorKind::Mismatch);
        assert_eq!(sink.bytes(Dtype::U8, &[4, 6]).unwrap_err().kind(), ErrorKind::Mismatch);
        assert_eq!(sink.finish().unwrap_err().kind(), ErrorKind::Backend);
    }
}
