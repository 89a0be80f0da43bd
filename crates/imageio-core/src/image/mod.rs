//! Arrays whose element type is known at run time.

mod cast;
mod dtype;
mod element;
mod ndimage;
mod strided;
mod view;

pub use self::cast::Cast;
pub use self::dtype::Dtype;
pub use self::element::Element;
pub use self::ndimage::NdImage;
pub(crate) use self::ndimage::try_zeros;
pub use self::view::{NdImageView, NdImageViewMut};

/// Complex number of two `f32`.
pub type C64 = num_complex::Complex<f32>;
/// Complex number of two `f64`.
pub type C128 = num_complex::Complex<f64>;

/// Runs a body with `$T` bound to the element type that `$dtype` names.
///
/// ```
/// use imageio_core::{dispatch, Dtype};
/// let size = dispatch!(Dtype::F16, T => size_of::<T>());
/// assert_eq!(size, 2);
/// ```
#[macro_export]
macro_rules! dispatch {
    ($dtype:expr, $T:ident => $body:expr) => {{
        macro_rules! __with {
            ($ty:ty) => {{
                #[allow(dead_code)]
                type $T = $ty;
                $body
            }};
        }
        match $dtype {
            $crate::Dtype::Bool => __with!(bool),
            $crate::Dtype::U8 => __with!(u8),
            $crate::Dtype::I8 => __with!(i8),
            $crate::Dtype::U16 => __with!(u16),
            $crate::Dtype::I16 => __with!(i16),
            $crate::Dtype::U32 => __with!(u32),
            $crate::Dtype::I32 => __with!(i32),
            $crate::Dtype::U64 => __with!(u64),
            $crate::Dtype::I64 => __with!(i64),
            $crate::Dtype::F16 => __with!($crate::half::f16),
            $crate::Dtype::F32 => __with!(f32),
            $crate::Dtype::F64 => __with!(f64),
            $crate::Dtype::C64 => __with!($crate::C64),
            $crate::Dtype::C128 => __with!($crate::C128),
        }
    }};
}
