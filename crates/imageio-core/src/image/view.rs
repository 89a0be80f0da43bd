use std::borrow::Cow;

use half::f16;
use ndarray::{ArrayD, ArrayViewD, ArrayViewMutD, Axis};

use super::{C64, C128, Cast, Dtype, Element, NdImage, strided};
use crate::error::{Error, Result};

macro_rules! views {
    ($($variant:ident: $ty:ty),* $(,)?) => {
        /// A borrowed array of any [`Dtype`], possibly strided: what a writer is given.
        #[non_exhaustive]
        #[derive(Clone)]
        pub enum NdImageView<'a> {
            $(#[doc = concat!("A view of `", stringify!($ty), "`.")] $variant(ArrayViewD<'a, $ty>),)*
        }

        /// A mutably borrowed array of any [`Dtype`], possibly strided: what `read_into` fills.
        #[non_exhaustive]
        pub enum NdImageViewMut<'a> {
            $(#[doc = concat!("A view of `", stringify!($ty), "`.")] $variant(ArrayViewMutD<'a, $ty>),)*
        }

        impl<'a> NdImageView<'a> {
            /// The element type.
            pub fn dtype(&self) -> Dtype {
                match self { $(NdImageView::$variant(_) => Dtype::$variant,)* }
            }

            /// The shape, outermost axis first.
            pub fn shape(&self) -> &[usize] {
                match self { $(NdImageView::$variant(a) => a.shape(),)* }
            }

            /// A view of the same memory for a shorter time.
            pub fn reborrow(&self) -> NdImageView<'_> {
                match self { $(NdImageView::$variant(a) => NdImageView::$variant(a.view()),)* }
            }

            /// Sub-view `k` of the first axis; `None` without such.
            pub fn index_first(&self, k: usize) -> Option<NdImageView<'a>> {
                if self.shape().first().is_none_or(|n| k >= *n) {
                    return None;
                }
                Some(match self {
                    $(NdImageView::$variant(a) => NdImageView::$variant(a.clone().index_axis_move(Axis(0), k)),)*
                })
            }

            /// A copy that owns its elements, in row-major order.
            pub fn to_owned(&self) -> NdImage {
                match self { $(NdImageView::$variant(a) => NdImage::$variant(strided::to_rows(a.view())),)* }
            }

            /// The bytes in memory (native byte order), if the view is contiguous in row-major order.
            pub fn as_bytes(&self) -> Option<&[u8]> {
                match self { $(NdImageView::$variant(a) => a.as_slice().map(bytemuck::cast_slice),)* }
            }

            /// Converts every element; how values that do not fit are treated is said by `how`.
            pub fn cast<T: Element>(&self, how: Cast) -> Result<ArrayD<T>> {
                match self { $(NdImageView::$variant(a) => super::cast::cast(a.view(), how),)* }
            }
        }

        impl<'a> NdImageViewMut<'a> {
            /// The element type.
            pub fn dtype(&self) -> Dtype {
                match self { $(NdImageViewMut::$variant(_) => Dtype::$variant,)* }
            }

            /// The shape, outermost axis first.
            pub fn shape(&self) -> &[usize] {
                match self { $(NdImageViewMut::$variant(a) => a.shape(),)* }
            }

            /// `true` if the elements lie in row-major order without gaps.
            pub fn is_contiguous(&self) -> bool {
                match self { $(NdImageViewMut::$variant(a) => a.is_standard_layout(),)* }
            }

            /// A shorter borrow of the same memory.
            pub fn reborrow(&mut self) -> NdImageViewMut<'_> {
                match self { $(NdImageViewMut::$variant(a) => NdImageViewMut::$variant(a.view_mut()),)* }
            }

            /// A view for reading.
            pub fn view(&self) -> NdImageView<'_> {
                match self { $(NdImageViewMut::$variant(a) => NdImageView::$variant(a.view()),)* }
            }

            /// Sub-view `k` of the first axis; `None` without such.
            pub fn index_first(self, k: usize) -> Option<NdImageViewMut<'a>> {
                if self.shape().first().is_none_or(|n| k >= *n) {
                    return None;
                }
                Some(match self {
                    $(NdImageViewMut::$variant(a) => NdImageViewMut::$variant(a.index_axis_move(Axis(0), k)),)*
                })
            }

            /// Copies every element of `source`; `Mismatch` if dtype or shape differ.
            pub fn assign(&mut self, source: &NdImageView<'_>) -> Result<()> {
                if self.shape() != source.shape() {
                    return Err(Error::mismatch(format!(
                        "an image of shape {:?} does not fit an array of shape {:?}",
                        source.shape(),
                        self.shape()
                    )));
                }
                match (self, source) {
                    $((NdImageViewMut::$variant(to), NdImageView::$variant(from)) => strided::copy(to.view_mut(), from.view()),)*
                    (to, from) => return Err(Error::mismatch(format!(
                        "an image of {} does not fit an array of {}", from.dtype(), to.dtype()
                    ))),
                }
                Ok(())
            }
        }
    };
}

views! {
    Bool: bool, U8: u8, I8: i8, U16: u16, I16: i16, U32: u32, I32: i32, U64: u64, I64: i64,
    F16: f16, F32: f32, F64: f64, C64: C64, C128: C128,
}

impl<'a> NdImageView<'a> {
    /// A typed view, if `T` is the element type.
    pub fn as_array<T: Element>(&self) -> Option<ArrayViewD<'a, T>> {
        T::unwrap_view(self)
    }

    /// The elements in row-major order, copied only if the view is strided; `None` if `T` is another type.
    pub fn elements<T: Element>(&self) -> Option<Cow<'a, [T]>> {
        let array = T::unwrap_view(self)?;
        Some(match array.to_slice() {
            Some(slice) => Cow::Borrowed(slice),
            None => Cow::Owned(array.iter().copied().collect()),
        })
    }

    /// Number of axes.
    pub fn ndim(&self) -> usize {
        self.shape().len()
    }
}

impl std::fmt::Debug for NdImageView<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "NdImageView({} {:?})", self.dtype(), self.shape())
    }
}

impl std::fmt::Debug for NdImageViewMut<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "NdImageViewMut({} {:?})", self.dtype(), self.shape())
    }
}
