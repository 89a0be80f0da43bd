use half::f16;
use ndarray::{ArrayD, ArrayViewD, ArrayViewMutD};

use super::{C64, C128, Dtype, NdImage, NdImageView, NdImageViewMut};

mod sealed {
    pub trait Sealed {}
}

/// A Rust type that an array may hold; sealed, since [`Dtype`] is a closed list.
pub trait Element:
    sealed::Sealed
    + Copy
    + Default
    + PartialEq
    + std::fmt::Debug
    + bytemuck::NoUninit
    + bytemuck::Zeroable
    + Send
    + Sync
    + 'static
{
    /// The dtype of this type.
    const DTYPE: Dtype;

    #[doc(hidden)]
    fn wrap(array: ArrayD<Self>) -> NdImage;
    #[doc(hidden)]
    fn unwrap(image: NdImage) -> Result<ArrayD<Self>, NdImage>;
    #[doc(hidden)]
    fn peek(image: &NdImage) -> Option<&ArrayD<Self>>;
    #[doc(hidden)]
    fn peek_mut(image: &mut NdImage) -> Option<&mut ArrayD<Self>>;
    #[doc(hidden)]
    fn wrap_view(array: ArrayViewD<'_, Self>) -> NdImageView<'_>;
    #[doc(hidden)]
    fn unwrap_view<'a>(image: &NdImageView<'a>) -> Option<ArrayViewD<'a, Self>>;
    #[doc(hidden)]
    fn wrap_view_mut(array: ArrayViewMutD<'_, Self>) -> NdImageViewMut<'_>;
    #[doc(hidden)]
    fn unwrap_view_mut<'a>(image: NdImageViewMut<'a>) -> Option<ArrayViewMutD<'a, Self>>;
    #[doc(hidden)]
    fn peek_view_mut<'s>(image: &'s mut NdImageViewMut<'_>) -> Option<ArrayViewMutD<'s, Self>>;

    /// The bytes of a slice in memory, to be written to; `None` for `bool`, where not every byte is a value.
    #[doc(hidden)]
    fn bytes_mut(slice: &mut [Self]) -> Option<&mut [u8]>;

    /// The value as a complex number of two `f64`; exact but for 64-bit integers beyond 2⁵³.
    #[doc(hidden)]
    fn to_c128(self) -> C128;
    /// The value as a wide integer, for integers and `bool`.
    #[doc(hidden)]
    fn to_i128(self) -> Option<i128>;
    /// The nearest value to a real number, by Rust's saturating conversion; NaN becomes 0 for integers.
    #[doc(hidden)]
    fn from_f64(v: f64) -> Self;
    #[doc(hidden)]
    fn from_c128(v: C128) -> Self;
    /// The value of a wide integer: the flag says whether it was in range; out of range it wraps.
    #[doc(hidden)]
    fn from_i128(v: i128) -> (Self, bool);
}

macro_rules! element {
    ($ty:ty, $variant:ident, bytes: $bytes:expr, to_c: $to_c:expr, to_i: $to_i:expr, from_f: $from_f:expr, from_c: $from_c:expr, from_i: $from_i:expr) => {
        impl sealed::Sealed for $ty {}
        impl Element for $ty {
            const DTYPE: Dtype = Dtype::$variant;
            fn wrap(array: ArrayD<Self>) -> NdImage {
                NdImage::$variant(array)
            }
            fn unwrap(image: NdImage) -> Result<ArrayD<Self>, NdImage> {
                match image {
                    NdImage::$variant(array) => Ok(array),
                    other => Err(other),
                }
            }
            fn peek(image: &NdImage) -> Option<&ArrayD<Self>> {
                match image {
                    NdImage::$variant(array) => Some(array),
                    _ => None,
                }
            }
            fn peek_mut(image: &mut NdImage) -> Option<&mut ArrayD<Self>> {
                match image {
                    NdImage::$variant(array) => Some(array),
                    _ => None,
                }
            }
            fn wrap_view(array: ArrayViewD<'_, Self>) -> NdImageView<'_> {
                NdImageView::$variant(array)
            }
            fn unwrap_view<'a>(image: &NdImageView<'a>) -> Option<ArrayViewD<'a, Self>> {
                match image {
                    NdImageView::$variant(array) => Some(array.clone()),
                    _ => None,
                }
            }
            fn wrap_view_mut(array: ArrayViewMutD<'_, Self>) -> NdImageViewMut<'_> {
                NdImageViewMut::$variant(array)
            }
            fn unwrap_view_mut<'a>(image: NdImageViewMut<'a>) -> Option<ArrayViewMutD<'a, Self>> {
                match image {
                    NdImageViewMut::$variant(array) => Some(array),
                    _ => None,
                }
            }
            fn peek_view_mut<'s>(image: &'s mut NdImageViewMut<'_>) -> Option<ArrayViewMutD<'s, Self>> {
                match image {
                    NdImageViewMut::$variant(array) => Some(array.view_mut()),
                    _ => None,
                }
            }
            fn bytes_mut(slice: &mut [Self]) -> Option<&mut [u8]> {
                let f: fn(&mut [Self]) -> Option<&mut [u8]> = $bytes;
                f(slice)
            }
            fn to_c128(self) -> C128 {
                let f: fn(Self) -> C128 = $to_c;
                f(self)
            }
            fn to_i128(self) -> Option<i128> {
                let f: fn(Self) -> Option<i128> = $to_i;
                f(self)
            }
            fn from_f64(v: f64) -> Self {
                let f: fn(f64) -> Self = $from_f;
                f(v)
            }
            fn from_c128(v: C128) -> Self {
                let f: fn(C128) -> Self = $from_c;
                f(v)
            }
            fn from_i128(v: i128) -> (Self, bool) {
                let f: fn(i128) -> (Self, bool) = $from_i;
                f(v)
            }
        }
    };
}

macro_rules! integers {
    ($($ty:ty => $variant:ident),*) => {$(
        element!($ty, $variant,
            bytes: |s| Some(bytemuck::cast_slice_mut(s)),
            to_c: |v| C128::new(v as f64, 0.0),
            to_i: |v| Some(v as i128),
            from_f: |v| v as $ty,
            from_c: |v| v.re as $ty,
            from_i: |v| (v as $ty, <$ty>::try_from(v).is_ok())
        );
    )*};
}

integers!(u8 => U8, i8 => I8, u16 => U16, i16 => I16, u32 => U32, i32 => I32, u64 => U64, i64 => I64);

element!(bool, Bool,
    bytes: |_| None,
    to_c: |v| C128::new(f64::from(u8::from(v)), 0.0),
    to_i: |v| Some(i128::from(v)),
    from_f: |v| v != 0.0,
    from_c: |v| v.re != 0.0 || v.im != 0.0,
    from_i: |v| (v != 0, v == 0 || v == 1)
);
element!(f16, F16,
    bytes: |s| Some(bytemuck::cast_slice_mut(s)),
    to_c: |v| C128::new(v.to_f64(), 0.0),
    to_i: |_| None,
    from_f: f16::from_f64,
    from_c: |v| f16::from_f64(v.re),
    from_i: |v| (f16::from_f64(v as f64), true)
);
element!(f32, F32,
    bytes: |s| Some(bytemuck::cast_slice_mut(s)),
    to_c: |v| C128::new(f64::from(v), 0.0),
    to_i: |_| None,
    from_f: |v| v as f32,
    from_c: |v| v.re as f32,
    from_i: |v| (v as f32, true)
);
element!(f64, F64,
    bytes: |s| Some(bytemuck::cast_slice_mut(s)),
    to_c: |v| C128::new(v, 0.0),
    to_i: |_| None,
    from_f: |v| v,
    from_c: |v| v.re,
    from_i: |v| (v as f64, true)
);
element!(C64, C64,
    bytes: |s| Some(bytemuck::cast_slice_mut(s)),
    to_c: |v| C128::new(f64::from(v.re), f64::from(v.im)),
    to_i: |_| None,
    from_f: |v| C64::new(v as f32, 0.0),
    from_c: |v| C64::new(v.re as f32, v.im as f32),
    from_i: |v| (C64::new(v as f32, 0.0), true)
);
element!(C128, C128,
    bytes: |s| Some(bytemuck::cast_slice_mut(s)),
    to_c: |v| v,
    to_i: |_| None,
    from_f: |v| C128::new(v, 0.0),
    from_c: |v| v,
    from_i: |v| (C128::new(v as f64, 0.0), true)
);
