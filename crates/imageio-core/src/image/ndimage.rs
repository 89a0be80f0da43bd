use half::f16;
use ndarray::{Array, ArrayBase, ArrayD, ArrayView, ArrayViewD, Axis, Data, Dimension, IxDyn, Slice};

use super::{C64, C128, Cast, Dtype, Element, NdImageView, NdImageViewMut, strided};
use crate::error::{Error, Result};

/// An n-dimensional array of any [`Dtype`]: what a read returns.
///
/// Typed access is one call away, without a copy:
///
/// ```
/// use imageio_core::NdImage;
/// use imageio_core::ndarray::{Array2, ArrayD};
/// let image = NdImage::from(Array2::<u16>::zeros((4, 6)));
/// assert_eq!((image.dtype().name(), image.shape()), ("uint16", &[4, 6][..]));
/// let array: ArrayD<u16> = image.into_array().unwrap();
/// assert_eq!(array[[3, 5]], 0);
/// ```
#[non_exhaustive]
#[derive(Clone)]
pub enum NdImage {
    /// `bool`.
    Bool(ArrayD<bool>),
    /// `uint8`.
    U8(ArrayD<u8>),
    /// `int8`.
    I8(ArrayD<i8>),
    /// `uint16`.
    U16(ArrayD<u16>),
    /// `int16`.
    I16(ArrayD<i16>),
    /// `uint32`.
    U32(ArrayD<u32>),
    /// `int32`.
    I32(ArrayD<i32>),
    /// `uint64`.
    U64(ArrayD<u64>),
    /// `int64`.
    I64(ArrayD<i64>),
    /// `float16`.
    F16(ArrayD<f16>),
    /// `float32`.
    F32(ArrayD<f32>),
    /// `float64`.
    F64(ArrayD<f64>),
    /// `complex64`.
    C64(ArrayD<C64>),
    /// `complex128`.
    C128(ArrayD<C128>),
}

/// Runs a body with `$a` bound to the typed array inside.
macro_rules! each {
    ($image:expr, $a:ident => $body:expr) => {
        match $image {
            NdImage::Bool($a) => $body,
            NdImage::U8($a) => $body,
            NdImage::I8($a) => $body,
            NdImage::U16($a) => $body,
            NdImage::I16($a) => $body,
            NdImage::U32($a) => $body,
            NdImage::I32($a) => $body,
            NdImage::U64($a) => $body,
            NdImage::I64($a) => $body,
            NdImage::F16($a) => $body,
            NdImage::F32($a) => $body,
            NdImage::F64($a) => $body,
            NdImage::C64($a) => $body,
            NdImage::C128($a) => $body,
        }
    };
}

impl NdImage {
    /// An array of zeros (`false` for `bool`) in row-major order; out of memory is an error, not an abort.
    pub fn zeros(dtype: Dtype, shape: &[usize]) -> Result<Self> {
        crate::dispatch!(dtype, T => Ok(T::wrap(try_zeros::<T>(shape)?)))
    }

    /// The elements that lie in `file` from `offset` on; `None` for `bool`, and where they can't be read.
    pub(crate) fn from_file(
        dtype: Dtype,
        shape: &[usize],
        file: &std::fs::File,
        offset: u64,
        spread: &dyn Fn(usize, &(dyn Fn(usize) + Sync)),
    ) -> Option<Self> {
        let len = crate::limits::n_bytes(shape, dtype.size())? / dtype.size();
        macro_rules! read {
            ($($kind:ident $T:ty),*) => {
                match dtype {
                    $(Dtype::$kind => {
                        let elements = imageio_pages::read_elements::<$T>(file, offset, len, spread)?;
                        ArrayD::from_shape_vec(IxDyn(shape), elements).ok().map(<$T>::wrap)
                    })*
                    Dtype::Bool => None,
                }
            };
        }
        read!(U8 u8, I8 i8, U16 u16, I16 i16, U32 u32, I32 i32, U64 u64, I64 i64, F16 f16, F32 f32, F64 f64,
            C64 super::C64, C128 super::C128)
    }

    /// Takes over `data` in row-major order; `Mismatch` if its length is not that of `shape`.
    pub fn from_vec<T: Element>(shape: &[usize], data: Vec<T>) -> Result<Self> {
        let len = data.len();
        match Array::from_shape_vec(IxDyn(shape), data) {
            Ok(array) => Ok(T::wrap(array)),
            Err(_) => Err(Error::mismatch(format!("{len} elements do not fill the shape {shape:?}"))),
        }
    }

    /// The element type.
    pub fn dtype(&self) -> Dtype {
        self.view().dtype()
    }

    /// The shape, outermost axis first.
    pub fn shape(&self) -> &[usize] {
        each!(self, a => a.shape())
    }

    /// Number of axes.
    pub fn ndim(&self) -> usize {
        self.shape().len()
    }

    /// Number of elements.
    pub fn len(&self) -> usize {
        each!(self, a => a.len())
    }

    /// `true` if there is no element.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// A view of the whole.
    pub fn view(&self) -> NdImageView<'_> {
        each!(self, a => Element::wrap_view(a.view()))
    }

    /// A mutable view of the whole.
    pub fn view_mut(&mut self) -> NdImageViewMut<'_> {
        each!(self, a => Element::wrap_view_mut(a.view_mut()))
    }

    /// A typed view, if `T` is the element type.
    pub fn as_array<T: Element>(&self) -> Option<ArrayViewD<'_, T>> {
        T::peek(self).map(|a| a.view())
    }

    /// The typed array itself; gives `self` back if `T` is not the element type.
    #[allow(clippy::result_large_err)]
    pub fn into_array<T: Element>(self) -> Result<ArrayD<T>, NdImage> {
        T::unwrap(self)
    }

    /// The typed array, or a `Mismatch` that says which dtype it is and how to convert.
    pub fn try_into_array<T: Element>(self) -> Result<ArrayD<T>> {
        match T::unwrap(self) {
            Ok(array) => Ok(array),
            Err(image) => Err(not_of_dtype(image.dtype(), T::DTYPE)),
        }
    }

    /// Converts every element; how values that do not fit are treated is said by `how`.
    pub fn cast<T: Element>(&self, how: Cast) -> Result<ArrayD<T>> {
        self.view().cast(how)
    }

    /// The bytes in memory (native byte order), if the array is contiguous in row-major order.
    pub fn as_bytes(&self) -> Option<&[u8]> {
        each!(self, a => a.as_slice().map(bytemuck::cast_slice))
    }

    /// The bytes in memory, to be written to; as [`as_bytes`](Self::as_bytes), but not for `bool`.
    pub(crate) fn as_bytes_mut(&mut self) -> Option<&mut [u8]> {
        each!(self, a => a.as_slice_mut().and_then(Element::bytes_mut))
    }

    /// Keeps the first `n` entries of the first axis, in place; an array with fewer stays as it is.
    pub fn truncate(&mut self, n: usize) {
        if self.shape().first().is_some_and(|len| *len > n) {
            each!(self, a => a.slice_axis_inplace(Axis(0), Slice::from(..n)));
        }
    }

    /// Image `k` of a batch: a copy of the sub-array at position `k` of the first axis.
    pub fn index_first(&self, k: usize) -> Option<NdImage> {
        match self.shape().first() {
            Some(n) if k < *n => Some(each!(self, a => Element::wrap(strided::to_rows(a.index_axis(Axis(0), k))))),
            _ => None,
        }
    }
}

impl PartialEq for NdImage {
    fn eq(&self, other: &Self) -> bool {
        fn peer<T: Element>(a: &ArrayD<T>, other: &NdImage) -> bool {
            T::peek(other).is_some_and(|b| strided::same(a, b))
        }
        each!(self, a => peer(a, other))
    }
}

impl std::fmt::Debug for NdImage {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "NdImage({} {:?})", self.dtype(), self.shape())
    }
}

fn not_of_dtype(dtype: Dtype, wanted: Dtype) -> Error {
    Error::mismatch(format!("the image is {dtype}, not {wanted}"))
        .with_hint("read it as it is and convert with NdImage::cast")
}

fn not_of_ndim<D: Dimension>(shape: &[usize]) -> Error {
    let ndim = D::NDIM.map_or_else(String::new, |n| format!(", not {n}"));
    Error::mismatch(format!("the image has {} axes (shape {shape:?}){ndim}", shape.len()))
}

/// A zeroed array whose memory comes from the system zeroed already.
pub(crate) fn try_zeros<T: Element>(shape: &[usize]) -> Result<ArrayD<T>> {
    // Little here depends on the type: it is compiled for each.
    if let Some(bytes) = crate::limits::n_bytes(shape, size_of::<T>())
        && let Ok(mut data) = bytemuck::allocation::try_zeroed_vec::<T>(bytes / size_of::<T>())
    {
        if let Some(bytes) = T::bytes_mut(&mut data) {
            imageio_pages::prefer_large(bytes);
        }
        if let Ok(array) = ArrayD::from_shape_vec(IxDyn(shape), data) {
            return Ok(array);
        }
    }
    Err(no_memory(shape, T::DTYPE))
}

fn no_memory(shape: &[usize], dtype: Dtype) -> Error {
    Error::limit(format!("no memory for an array of shape {shape:?} and dtype {dtype}"))
}

impl<T: Element, D: Dimension> From<Array<T, D>> for NdImage {
    fn from(array: Array<T, D>) -> Self {
        T::wrap(array.into_dyn())
    }
}

impl<T: Element, D: Dimension> TryFrom<NdImage> for Array<T, D> {
    type Error = Error;

    /// Exact: dtype and number of axes must be those of the array type.
    fn try_from(image: NdImage) -> Result<Self> {
        let array = image.try_into_array::<T>()?;
        let shape = array.shape().to_vec();
        array.into_dimensionality::<D>().map_err(|_| not_of_ndim::<D>(&shape))
    }
}

impl<'a, T: Element, D: Dimension> TryFrom<&'a NdImage> for ArrayView<'a, T, D> {
    type Error = Error;

    /// A view, exact as the conversion of the whole is.
    fn try_from(image: &'a NdImage) -> Result<Self> {
        let view = image.as_array::<T>().ok_or_else(|| not_of_dtype(image.dtype(), T::DTYPE))?;
        view.into_dimensionality::<D>().map_err(|_| not_of_ndim::<D>(image.shape()))
    }
}

impl<'a, T: Element, D: Dimension> From<ArrayView<'a, T, D>> for NdImageView<'a> {
    fn from(view: ArrayView<'a, T, D>) -> Self {
        T::wrap_view(view.into_dyn())
    }
}

impl<'a, T: Element, S: Data<Elem = T>, D: Dimension> From<&'a ArrayBase<S, D>> for NdImageView<'a> {
    fn from(array: &'a ArrayBase<S, D>) -> Self {
        T::wrap_view(array.view().into_dyn())
    }
}

impl<'a> From<&'a NdImage> for NdImageView<'a> {
    fn from(image: &'a NdImage) -> Self {
        image.view()
    }
}

impl<'a, T: Element, D: Dimension> From<ndarray::ArrayViewMut<'a, T, D>> for NdImageViewMut<'a> {
    fn from(array: ndarray::ArrayViewMut<'a, T, D>) -> Self {
        T::wrap_view_mut(array.into_dyn())
    }
}

impl<'a> From<&'a mut NdImage> for NdImageViewMut<'a> {
    fn from(image: &'a mut NdImage) -> Self {
        image.view_mut()
    }
}

impl<'a, T: Element, D: Dimension> From<&'a mut Array<T, D>> for NdImageViewMut<'a> {
    fn from(array: &'a mut Array<T, D>) -> Self {
        T::wrap_view_mut(array.view_mut().into_dyn())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::{Array2, Array3, arr2};

    #[test]
    fn every_dtype_makes_zeros() {
        for dtype in Dtype::ALL {
            let image = NdImage::zeros(dtype, &[2, 3]).unwrap();
            assert_eq!((image.dtype(), image.shape()), (dtype, &[2, 3][..]));
            assert_eq!(image.as_bytes().unwrap(), vec![0u8; 6 * dtype.size()]);
        }
    }

    #[test]
    fn typed_and_back_without_a_copy() {
        let array = arr2(&[[1u16, 2], [3, 4]]);
        let at = array.as_ptr();
        let image = NdImage::from(array);
        let back: Array2<u16> = image.clone().try_into().unwrap();
        assert_eq!(back, arr2(&[[1, 2], [3, 4]]));
        assert_eq!(image.into_array::<u16>().unwrap().as_ptr(), at);
    }

    #[test]
    fn wrong_types_say_so() {
        let image = NdImage::zeros(Dtype::U8, &[2, 3]).unwrap();
        let e = Array2::<u16>::try_from(image.clone()).unwrap_err();
        assert!(e.to_string().contains("the image is uint8, not uint16"), "{e}");
        let e = Array3::<u8>::try_from(image).unwrap_err();
        assert!(e.to_string().contains("has 2 axes (shape [2, 3]), not 3"), "{e}");
    }

    #[test]
    fn views_of_a_known_dimension() {
        let image = NdImage::from(arr2(&[[1u16, 2], [3, 4]]));
        let view: ArrayView<'_, u16, ndarray::Ix2> = (&image).try_into().unwrap();
        assert_eq!(view, arr2(&[[1, 2], [3, 4]]));
        assert_eq!(NdImageView::from(view.column(1)).shape(), [2]);
        assert!(ArrayView::<u16, ndarray::Ix3>::try_from(&image).unwrap_err().message().contains("2 axes"));
        assert!(ArrayView::<u8, ndarray::Ix2>::try_from(&image).unwrap_err().message().contains("uint16"));
    }

    #[test]
    fn absurd_sizes_are_errors() {
        assert!(NdImage::zeros(Dtype::F64, &[usize::MAX / 16, 2]).is_err());
        assert!(NdImage::zeros(Dtype::U8, &[1 << 46]).is_err());
    }
}
