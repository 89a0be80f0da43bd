//! All images of a resource as one array.

use std::ops::Range;

use super::Reader;
use crate::error::{Error, ErrorKind, Result};
use crate::image::{Element, NdImage, NdImageViewMut};
use crate::limits::Limits;
use crate::plugin::{Capabilities, Progress};
use crate::properties::{Axis, ImageProperties, Spacing};

impl Reader<'_> {
    pub(super) fn batch_properties(&mut self) -> Result<ImageProperties> {
        let first = self.frame_properties(0)?;
        let (count, is_exact) = match first.n_images {
            Some(n) => (Some(n), true),
            None => match self.call(|inner, cx| inner.estimate(&cx), 0, true)? {
                Some(n) => (Some(n), false),
                None => (self.count()?, true),
            },
        };
        let Some(n) = count else {
            return Err(self.context(
                Error::unsupported("the number of images is unknown without decoding them all")
                    .with_hint("ask for the properties of image 0, or iterate"),
            ));
        };
        let uniform = self.inner.as_ref().is_some_and(|inner| inner.is_uniform());
        if !uniform {
            for k in 1..n {
                let props = self.frame_properties(k)?;
                if props.shape != first.shape || props.dtype != first.dtype {
                    return Err(self.context(ragged(&first, k, &props.shape, props.dtype)));
                }
            }
        }
        let mut shape = vec![n];
        shape.extend(&first.shape);
        let mut props = ImageProperties::new(first.dtype, shape).with_n_images(is_exact.then_some(n));
        props.is_batch = true;
        props.axes = first.axes.map(|mut axes| {
            axes.insert(0, Axis::Batch);
            axes
        });
        props.spacing = first.spacing.map(|mut spacing| {
            spacing.insert(0, Spacing::none());
            spacing
        });
        Ok(props)
    }

    /// Reads every image into one array, into `dest` if there is one.
    pub(super) fn batch(&mut self, dest: Option<NdImageViewMut<'_>>) -> Result<Option<NdImage>> {
        let first = self.frame_properties(0)?;
        let count = match first.n_images {
            Some(n) => Some(n),
            None => self.count()?,
        };
        let Some(n) = count else {
            return self.grow(dest);
        };
        let mut shape = vec![n];
        shape.extend(&first.shape);
        self.check_batch(&first, &shape)?;
        let dest = match self.transform.is_identity() {
            true => match self.plugin_batch(0..n, dest)? {
                Batched::Done(image) => return Ok(image),
                Batched::NotOffered(dest) => dest,
            },
            false => dest,
        };
        match dest {
            Some(view) => {
                if view.shape() != shape || view.dtype() != first.dtype {
                    let (dtype, have) = (view.dtype(), view.shape().to_vec());
                    return Err(self.context(Error::mismatch(format!(
                        "the images are {} {shape:?} together, the array to read into is {dtype} {have:?}",
                        first.dtype
                    ))));
                }
                self.fill(view, n, &first)?;
                Ok(None)
            }
            None => {
                let mut image = NdImage::zeros(first.dtype, &shape).map_err(|e| self.context(e))?;
                self.fill(image.view_mut(), n, &first)?;
                Ok(Some(image))
            }
        }
    }

    fn check_batch(&self, first: &ImageProperties, shape: &[usize]) -> Result<()> {
        let limits = &self.options.limits;
        let size = || self.size();
        limits.check(&first.shape, first.dtype.size(), size).map_err(|e| self.context(e))?;
        self.batch_limits().check(shape, first.dtype.size(), size).map(|_| ()).map_err(|e| self.context(e))
    }

    /// A batch may be as large as one call may allocate; its frames were checked one by one.
    fn batch_limits(&self) -> Limits {
        let limits = self.options.limits.clone().max_frame_bytes(None);
        if self.descriptor.abilities().contains(Capabilities::VIDEO) { limits.max_ratio(None) } else { limits }
    }

    fn plugin_batch<'v>(&mut self, range: Range<usize>, mut dest: Option<NdImageViewMut<'v>>) -> Result<Batched<'v>> {
        let limits = self.batch_limits();
        let view = dest.as_mut().map(NdImageViewMut::reborrow);
        let image = self.fill_sink(range.start, &limits, view, |inner, cx| inner.read_batch(range, cx));
        Ok(match image.map_err(|e| self.context(e))? {
            Some(image) => Batched::Done(image),
            None => Batched::NotOffered(dest),
        })
    }

    fn fill(&mut self, mut view: NdImageViewMut<'_>, n: usize, first: &ImageProperties) -> Result<()> {
        for k in 0..n {
            let Some(part) = view.reborrow().index_first(k) else { break };
            self.frame(k, Some(part)).map_err(|e| match e.kind() {
                ErrorKind::Mismatch => e.with_hint(format!(
                    "the images differ (the first is {} {:?}): read them one by one with imiter",
                    first.dtype, first.shape
                )),
                _ => e,
            })?;
            if let Some(callback) = &self.options.progress {
                callback(Progress::new(k as u64 + 1, n as u64, "frames"));
            }
        }
        Ok(())
    }

    /// Reads images until there is none, into one buffer that grows: for resources that can't tell how many.
    fn grow(&mut self, dest: Option<NdImageViewMut<'_>>) -> Result<Option<NdImage>> {
        let first = self.frame_properties(0)?;
        let mut images: Box<dyn Growing> = crate::dispatch!(first.dtype, T => Box::new(Vec::<T>::new()));
        let mut n = 0;
        loop {
            let image = match self.frame(n, None) {
                Ok(Some(image)) => image,
                Ok(None) => break,
                Err(e) if e.kind() == ErrorKind::IndexOutOfRange => break,
                Err(e) => return Err(e),
            };
            if image.shape() != first.shape || image.dtype() != first.dtype {
                return Err(self.context(ragged(&first, n, image.shape(), image.dtype())));
            }
            let mut shape = vec![n + 1];
            shape.extend(&first.shape);
            self.check_batch(&first, &shape)?;
            images.push(image)?;
            n += 1;
        }
        let mut shape = vec![n];
        shape.extend(&first.shape);
        let image = images.finish(&shape)?;
        match dest {
            None => Ok(Some(image)),
            Some(mut view) => view.assign(&image.view()).map_err(|e| self.context(e)).map(|()| None),
        }
    }
}

enum Batched<'v> {
    Done(Option<NdImage>),
    NotOffered(Option<NdImageViewMut<'v>>),
}

fn ragged(first: &ImageProperties, k: usize, shape: &[usize], dtype: crate::Dtype) -> Error {
    Error::mismatch(format!(
        "the images can't be stacked: image 0 is {} {:?}, image {k} is {dtype} {shape:?}",
        first.dtype, first.shape
    ))
    .with_hint("read them one by one with imiter or an index")
}

/// Images of one shape and dtype, one after the other in memory that grows.
trait Growing {
    fn push(&mut self, image: NdImage) -> Result<()>;
    fn finish(self: Box<Self>, shape: &[usize]) -> Result<NdImage>;
}

impl<T: Element> Growing for Vec<T> {
    fn push(&mut self, image: NdImage) -> Result<()> {
        // A plugin may hand over an array whose rows lie otherwise.
        let image = if image.as_bytes().is_some() { image } else { image.view().to_owned() };
        let array = image.try_into_array::<T>()?;
        let elements = array.as_slice().unwrap_or_default();
        if self.try_reserve(elements.len()).is_err() {
            return Err(Error::limit(format!("no memory for one more image of {:?}", array.shape())));
        }
        self.extend_from_slice(elements);
        Ok(())
    }

    fn finish(self: Box<Self>, shape: &[usize]) -> Result<NdImage> {
        NdImage::from_vec(shape, *self)
    }
}
