//! What may be written: one image, or several, said by type.

use ndarray::{ArrayBase, ArrayView, Data, Dimension, OwnedRepr};

use crate::error::Result;
use crate::image::{Element, NdImage, NdImageView};

/// One or several images on their way to a writer.
pub struct Images<'a>(pub(crate) Inner<'a>);

pub(crate) enum Inner<'a> {
    One(Frame<'a>),
    Many { frames: Box<dyn Iterator<Item = Result<Frame<'a>>> + 'a>, n: Option<usize> },
}

pub(crate) enum Frame<'a> {
    View(NdImageView<'a>),
    Owned(NdImage),
}

impl Frame<'_> {
    pub(crate) fn view(&self) -> NdImageView<'_> {
        match self {
            Frame::View(view) => view.reborrow(),
            Frame::Owned(image) => image.view(),
        }
    }
}

impl<'a> Images<'a> {
    /// One image.
    pub fn one(view: NdImageView<'a>) -> Self {
        Images(Inner::One(Frame::View(view)))
    }

    /// Several images, borrowed.
    pub fn many(views: impl IntoIterator<Item = NdImageView<'a>> + 'a) -> Self {
        let views: Vec<_> = views.into_iter().collect();
        let n = views.len();
        Images(Inner::Many { frames: Box::new(views.into_iter().map(|v| Ok(Frame::View(v)))), n: Some(n) })
    }

    /// One array taken as several images: its first axis counts them.
    pub(crate) fn split(self) -> Self {
        match self.0 {
            Inner::One(Frame::View(view)) => split_view(view),
            Inner::One(Frame::Owned(image)) => {
                let n = image.shape().first().copied().unwrap_or(0);
                let frames = (0..n).filter_map(move |k| image.index_first(k)).map(|i| Ok(Frame::Owned(i)));
                Images(Inner::Many { frames: Box::new(frames), n: Some(n) })
            }
            many => Images(many),
        }
    }
}

fn split_view(view: NdImageView<'_>) -> Images<'_> {
    let n = view.shape().first().copied().unwrap_or(0);
    let frames = (0..n).filter_map(move |k| view.index_first(k)).map(|v| Ok(Frame::View(v)));
    Images(Inner::Many { frames: Box::new(frames), n: Some(n) })
}

/// What [`imwrite`](crate::v3::imwrite) accepts.
///
/// | argument | meaning |
/// |---|---|
/// | an `NdImage`, an `Array…` or a view of one, by value or by reference | **one** image of that shape |
/// | a `Vec`, slice or Rust array of `Array…`, of views or of `NdImage`s, by value or by reference | several images, one each |
/// | [`Batch`]`(&array)` | several images: the first axis counts them |
/// | [`FrameIter`]`(iterator)` | several images, made while they are written |
pub trait IntoImages<'a> {
    /// Turns `self` into images; nothing is copied.
    fn into_images(self) -> Images<'a>;
}

impl<'a> IntoImages<'a> for Images<'a> {
    fn into_images(self) -> Images<'a> {
        self
    }
}

impl<'a> IntoImages<'a> for &'a NdImage {
    fn into_images(self) -> Images<'a> {
        Images::one(self.view())
    }
}

impl<'a> IntoImages<'a> for NdImage {
    fn into_images(self) -> Images<'a> {
        Images(Inner::One(Frame::Owned(self)))
    }
}

impl<'a> IntoImages<'a> for NdImageView<'a> {
    fn into_images(self) -> Images<'a> {
        Images::one(self)
    }
}

impl<'a, T: Element, S: Data<Elem = T>, D: Dimension> IntoImages<'a> for &'a ArrayBase<S, D> {
    fn into_images(self) -> Images<'a> {
        Images::one(self.into())
    }
}

impl<'a, T: Element, D: Dimension> IntoImages<'a> for ArrayBase<OwnedRepr<T>, D> {
    fn into_images(self) -> Images<'a> {
        NdImage::from(self).into_images()
    }
}

impl<'a, T: Element, D: Dimension> IntoImages<'a> for ArrayView<'a, T, D> {
    fn into_images(self) -> Images<'a> {
        Images::one(self.into())
    }
}

impl<'a, T: Element, S: Data<Elem = T>, D: Dimension> IntoImages<'a> for &'a [ArrayBase<S, D>] {
    fn into_images(self) -> Images<'a> {
        Images::many(self.iter().map(NdImageView::from))
    }
}

impl<'a, T: Element, S: Data<Elem = T>, D: Dimension> IntoImages<'a> for &'a Vec<ArrayBase<S, D>> {
    fn into_images(self) -> Images<'a> {
        self.as_slice().into_images()
    }
}

impl<'a> IntoImages<'a> for &'a [NdImage] {
    fn into_images(self) -> Images<'a> {
        Images::many(self.iter().map(NdImage::view))
    }
}

impl<'a> IntoImages<'a> for &'a Vec<NdImage> {
    fn into_images(self) -> Images<'a> {
        self.as_slice().into_images()
    }
}

impl<'a, T, const N: usize> IntoImages<'a> for &'a [T; N]
where
    &'a [T]: IntoImages<'a>,
{
    fn into_images(self) -> Images<'a> {
        self.as_slice().into_images()
    }
}

impl<'a, T: IntoFrame + 'a> IntoImages<'a> for Vec<T> {
    fn into_images(self) -> Images<'a> {
        FrameIter(self).into_images()
    }
}

impl<'a, T: IntoFrame + 'a, const N: usize> IntoImages<'a> for [T; N] {
    fn into_images(self) -> Images<'a> {
        FrameIter(self).into_images()
    }
}

/// Several images in one array, whose first axis counts them.
///
/// ```no_run
/// # fn main() -> imageio_core::Result<()> {
/// use imageio_core::{Batch, v3 as iio, ndarray::Array4};
/// let frames = Array4::<u8>::zeros((10, 64, 64, 3));
/// iio::imwrite("blank.gif", Batch(&frames))?;
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone, Copy)]
pub struct Batch<T>(pub T);

impl<'a, T: IntoImages<'a>> IntoImages<'a> for Batch<T> {
    fn into_images(self) -> Images<'a> {
        self.0.into_images().split()
    }
}

/// Images from an iterator of arrays, [`NdImage`]s or results of such; each is written before the next is made.
///
/// ```no_run
/// # fn main() -> imageio_core::Result<()> {
/// use imageio_core::{FrameIter, v3 as iio};
/// iio::imwrite("copy.gif", FrameIter(iio::imiter("original.gif")?))?;
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone)]
pub struct FrameIter<I>(pub I);

/// What a [`FrameIter`] may yield.
pub trait IntoFrame {
    /// The image, or why there is none.
    fn into_frame(self) -> Result<NdImage>;
}

impl IntoFrame for NdImage {
    fn into_frame(self) -> Result<NdImage> {
        Ok(self)
    }
}

impl IntoFrame for Result<NdImage> {
    fn into_frame(self) -> Result<NdImage> {
        self
    }
}

impl<T: Element, D: Dimension> IntoFrame for ArrayView<'_, T, D> {
    fn into_frame(self) -> Result<NdImage> {
        Ok(NdImageView::from(self).to_owned())
    }
}

impl<T: Element, D: Dimension> IntoFrame for ArrayBase<OwnedRepr<T>, D> {
    fn into_frame(self) -> Result<NdImage> {
        Ok(self.into())
    }
}

impl<'a, I> IntoImages<'a> for FrameIter<I>
where
    I: IntoIterator + 'a,
    I::Item: IntoFrame,
{
    fn into_images(self) -> Images<'a> {
        let frames = self.0.into_iter();
        let n = match frames.size_hint() {
            (low, Some(high)) if low == high => Some(low),
            _ => None,
        };
        Images(Inner::Many { frames: Box::new(frames.map(|f| f.into_frame().map(Frame::Owned))), n })
    }
}
