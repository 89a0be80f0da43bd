//! The user's handle over one opened resource.

mod batch;

use std::cell::OnceCell;
use std::fmt;
use std::sync::Arc;

use ndarray::ArrayD;

use crate::call_options::ReadOptions;
use crate::error::{Error, ErrorKind, Result};
use crate::frames::{Frames, IntoFrames};
use crate::guard;
use crate::image::{Element, NdImage, NdImageViewMut};
use crate::index::Index;
use crate::limits::Limits;
use crate::metadata::Metadata;
use crate::open::{self, Opened};
use crate::options::{Options, Phase};
use crate::plugin::{Capabilities, FrameSink, ImageReader, PluginDescriptor, QueryCx, ReadCx};
use crate::properties::{Axis, ImageProperties, Orientation};
use crate::resource::{ImageResource, IntoResource};
use crate::transform::Transform;

/// One opened resource: reads, properties and metadata in any order, any number of times.
///
/// Opening reads headers only. After an error the reader is usable as before.
pub struct Reader<'r> {
    resource: Arc<dyn ImageResource + 'r>,
    descriptor: &'static PluginDescriptor,
    /// `None` after a panic of the codec; opened anew with the next call.
    inner: Option<Box<dyn ImageReader + 'r>>,
    options: ReadOptions,
    read_options: Options,
    transform: Transform,
    notes: Vec<String>,
    size: OnceCell<Option<u64>>,
}

impl<'r> Reader<'r> {
    /// Opens with every default.
    ///
    /// # Errors
    /// `NotFound`, `Unrecognized` or `PluginMissing` if nobody can open it, with a report of who was asked; `Malformed`,
    /// `Unsupported` or `LimitExceeded` for what the headers say.
    pub fn open(resource: impl IntoResource<'r>) -> Result<Self> {
        Self::open_with(resource, &ReadOptions::default())
    }

    /// Opens with options; their `index` is what [`Index::Auto`] will mean here.
    pub fn open_with(resource: impl IntoResource<'r>, options: &ReadOptions) -> Result<Self> {
        Self::open_resource(resource.into_resource()?, options)
    }

    fn open_resource(resource: Arc<dyn ImageResource + 'r>, options: &ReadOptions) -> Result<Self> {
        let transform = Transform::parse(&options.options).map_err(|e| e.with("resource", resource.name()))?;
        let Opened { descriptor, reader, notes, size } = open::open(&resource, options)?;
        let read_options = open::plugin_options(descriptor, &options.options, &[Phase::Read]);
        let transform = own_transform(descriptor, transform);
        Ok(Reader {
            resource,
            descriptor,
            inner: Some(reader),
            options: options.clone(),
            read_options,
            transform,
            notes,
            size: size.map_or_else(OnceCell::new, |size| OnceCell::from(Some(size))),
        })
    }

    /// The plugin that reads.
    pub fn plugin(&self) -> &'static PluginDescriptor {
        self.descriptor
    }

    /// The resource's name.
    pub fn name(&self) -> String {
        self.resource.name().into_owned()
    }

    /// Things worth telling that are no errors.
    pub fn notes(&self) -> Vec<String> {
        let mut notes = self.notes.clone();
        notes.extend(self.inner.iter().flat_map(|inner| inner.notes()));
        notes
    }

    /// Reads one image, or all stacked along a new first axis.
    ///
    /// # Errors
    /// `IndexOutOfRange` with the count past either end; `Mismatch` where unlike shapes can't be stacked; what is wrong
    /// with the file otherwise.
    pub fn read(&mut self, index: impl Into<Index>) -> Result<NdImage> {
        self.read_index(index.into())
    }

    /// As [`read`](Self::read), with the plugin's options and `rotate` and `mode` for this call alone. Options
    /// of the open phase belong to [`open_with`](Self::open_with).
    pub fn read_with(&mut self, index: impl Into<Index>, options: impl Into<Options>) -> Result<NdImage> {
        let options = options.into();
        if !self.descriptor.abilities().contains(Capabilities::FORWARDS) {
            let mut specs = self.descriptor.option_specs().to_vec();
            specs.push(crate::options::CORE_READ);
            let plugin = self.descriptor.id();
            options.check(&specs, &[Phase::Read], plugin).map_err(|e| e.with("resource", self.resource.name()))?;
        }
        let transform = own_transform(self.descriptor, Transform::parse(&options)?);
        let read_options = open::plugin_options(self.descriptor, &options, &[Phase::Read]);
        let kept = (std::mem::replace(&mut self.read_options, read_options), self.transform);
        self.transform = transform;
        let result = self.read_index(index.into());
        (self.read_options, self.transform) = kept;
        result
    }

    /// Reads as a typed array; `Mismatch` if the image is of another dtype.
    pub fn read_as<T: Element>(&mut self, index: impl Into<Index>) -> Result<ArrayD<T>> {
        let resource = Arc::clone(&self.resource);
        self.read(index)?.try_into_array().map_err(|e| e.with("resource", resource.name()))
    }

    /// Reads into memory that the caller brings, strided or not; dtype and shape must fit exactly. With `rotate` or `mode`
    /// each image is decoded beside it first.
    ///
    /// # Errors
    /// `Mismatch` for another dtype or shape, which leaves the memory as it was; otherwise as [`read`](Self::read), and
    /// the memory may hold a part of the image.
    ///
    /// ```no_run
    /// # fn main() -> imageio_core::Result<()> {
    /// use imageio_core::{Reader, ndarray::Array3};
    /// let mut reader = Reader::open("photo.bmp")?;
    /// let mut frame = Array3::<u8>::zeros((3000, 4000, 3));
    /// reader.read_into(0, &mut frame)?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn read_into<'v>(&mut self, index: impl Into<Index>, view: impl Into<NdImageViewMut<'v>>) -> Result<()> {
        let view = view.into();
        match self.resolve(index.into())? {
            Which::One(k) => {
                self.frame(k, Some(view))?;
            }
            Which::All => {
                self.batch(Some(view))?;
            }
        }
        Ok(())
    }

    /// Every image in order, one at a time.
    pub fn frames(&mut self) -> Frames<'_, 'r> {
        Frames::new(self)
    }

    /// Every image in order, keeping the reader.
    pub fn into_frames(self) -> IntoFrames<'r> {
        IntoFrames::new(self)
    }

    /// Shape, dtype and axes of what a read with the same index returns; decodes nothing.
    ///
    /// # Errors
    /// As [`read`](Self::read), as far as headers tell.
    pub fn properties(&mut self, index: impl Into<Index>) -> Result<ImageProperties> {
        match self.resolve(index.into())? {
            Which::One(k) => self.frame_properties(k),
            Which::All => self.batch_properties(),
        }
    }

    /// Metadata of one image, or of the whole resource with [`Index::All`] (and by default for animations); decodes
    /// nothing. Empty if the file says nothing.
    ///
    /// # Errors
    /// As [`read`](Self::read), as far as headers tell.
    pub fn metadata(&mut self, index: impl Into<Index>) -> Result<Metadata> {
        let which = self.resolve(index.into())?;
        let (k, whole) = match which {
            Which::One(k) => (k, false),
            Which::All => (0, true),
        };
        let rotate = self.transform.rotate;
        let mut metadata = self.call(|inner, cx| inner.metadata(&cx), k, whole)?;
        if rotate {
            let turn = self.orientation(k)?;
            metadata.turned(turn, !self.options.keep_applied);
        }
        Ok(if self.options.keep_applied { metadata } else { metadata.without_applied() })
    }

    /// What [`Index::Auto`] means here: the index of [`open_with`](Self::open_with), else the plugin's default.
    pub fn default_index(&mut self) -> Result<Index> {
        if self.options.index != Index::Auto {
            return Ok(self.options.index);
        }
        self.ready()?;
        Ok(self.inner.as_ref().map_or(Index::At(0), |inner| inner.default_index()))
    }

    /// The exact number of images, where it can be told without decoding.
    pub fn count(&mut self) -> Result<Option<usize>> {
        self.call(|inner, cx| inner.count(&cx), 0, true)
    }

    pub(crate) fn read_index(&mut self, index: Index) -> Result<NdImage> {
        let image = match self.resolve(index)? {
            Which::One(k) => self.frame(k, None)?,
            Which::All => self.batch(None)?,
        };
        image.ok_or_else(|| Error::new(ErrorKind::Backend, "no image came of the read"))
    }

    fn resolve(&mut self, index: Index) -> Result<Which> {
        let index = if index == Index::Auto { self.default_index()? } else { index };
        match index {
            Index::At(k) => Ok(Which::One(k)),
            Index::Auto => Ok(Which::One(0)),
            Index::All => Ok(Which::All),
            Index::FromEnd(back) => {
                let count = self.count()?.ok_or_else(|| {
                    self.context(Error::unsupported("the number of images is unknown, so nothing counts from the end"))
                })?;
                match count.checked_sub(back) {
                    Some(k) if back > 0 => Ok(Which::One(k)),
                    _ => {
                        Err(self.context(Error::index_before_start(back, count)).with("index", format_args!("-{back}")))
                    }
                }
            }
        }
    }

    fn frame_properties(&mut self, k: usize) -> Result<ImageProperties> {
        let props = self.call(|inner, cx| inner.properties(&cx), k, false)?;
        if self.transform.is_identity() {
            return Ok(props);
        }
        let turn = self.orientation(k)?;
        self.transform.apply_to_properties(props, turn).map_err(|e| self.context(e))
    }

    fn orientation(&mut self, k: usize) -> Result<Orientation> {
        if !self.transform.rotate {
            return Ok(Orientation::Normal);
        }
        self.call(|inner, cx| inner.orientation(&cx), k, false)
    }

    /// Reads image `k`, into `dest` if there is one.
    pub(crate) fn frame(&mut self, k: usize, dest: Option<NdImageViewMut<'_>>) -> Result<Option<NdImage>> {
        if !self.transform.is_identity() {
            let transform = self.transform;
            let turn = self.orientation(k)?;
            let image = self.decode(k, None)?;
            let mut image = image.ok_or_else(|| Error::new(ErrorKind::Backend, "no image came of the read"))?;
            // Four channels are not always red, green, blue and alpha.
            if transform.mode.is_some() && matches!(image.shape(), [_, _, 4]) {
                let props = self.call(|inner, cx| inner.properties(&cx), k, false)?;
                if props.axes.is_some_and(|axes| axes.last() == Some(&Axis::Channel("CMYK".into()))) {
                    image = crate::transform::ink_to_rgb(image)?;
                }
            }
            let image = transform.apply(image, turn).map_err(|e| self.context(e))?;
            return match dest {
                None => Ok(Some(image)),
                Some(mut view) => view.assign(&image.view()).map_err(|e| self.context(e)).map(|()| None),
            };
        }
        self.decode(k, dest)
    }

    fn decode(&mut self, k: usize, dest: Option<NdImageViewMut<'_>>) -> Result<Option<NdImage>> {
        let limits = self.options.limits.clone();
        let image = self.fill_sink(k, &limits, dest, |inner, cx| inner.read_frame(cx).map(|()| true));
        image.map(Option::flatten).map_err(|e| self.context(e).with("index", k))
    }

    /// Has the plugin fill a sink: the image, if there was no `dest`. `None` if `f` says that it filled nothing.
    fn fill_sink(
        &mut self,
        index: usize,
        limits: &Limits,
        dest: Option<NdImageViewMut<'_>>,
        f: impl FnOnce(&mut (dyn ImageReader + 'r), &mut ReadCx<'_, '_>) -> Result<bool>,
    ) -> Result<Option<Option<NdImage>>> {
        self.ready()?;
        let size = self.size();
        let sink = match dest {
            None => FrameSink::fresh(limits),
            Some(view) => FrameSink::into_view(view, limits),
        };
        let mut cx = ReadCx {
            query: QueryCx { index, whole: false, options: &self.read_options, limits },
            sink: sink.source_size(size),
            progress: self.options.progress.as_ref(),
            cancel: self.options.cancel.as_deref(),
        };
        let Some(inner) = self.inner.as_mut() else {
            return Err(Error::new(ErrorKind::Backend, "the reader is not open"));
        };
        let (result, panicked) = guard::call(|| {
            cx.check_cancelled()?;
            f(&mut **inner, &mut cx)
        });
        if panicked {
            self.inner = None;
        }
        if result? { cx.sink.finish().map(Some) } else { Ok(None) }
    }

    /// Length of the resource, asked once.
    fn size(&self) -> Option<u64> {
        *self.size.get_or_init(|| self.resource.size_hint())
    }

    fn call<T>(
        &mut self,
        f: impl FnOnce(&mut (dyn ImageReader + 'r), QueryCx<'_>) -> Result<T>,
        index: usize,
        whole: bool,
    ) -> Result<T> {
        self.ready()?;
        let cx = QueryCx { index, whole, options: &self.read_options, limits: &self.options.limits };
        let Some(inner) = self.inner.as_mut() else {
            return Err(Error::new(ErrorKind::Backend, "the reader is not open"));
        };
        let (result, panicked) = guard::call(|| f(&mut **inner, cx));
        if panicked {
            self.inner = None;
        }
        result.map_err(|e| self.context(e))
    }

    /// Opens the plugin's reader anew if a panic cost us the last one.
    fn ready(&mut self) -> Result<()> {
        if self.inner.is_none() {
            let options = self.options.clone().plugin(self.descriptor);
            self.inner = Some(open::open(&self.resource, &options)?.reader);
        }
        Ok(())
    }

    fn context(&self, e: Error) -> Error {
        let e = if e.kind() == ErrorKind::Declined { e.with_kind(ErrorKind::Malformed) } else { e };
        e.with("plugin", self.descriptor.id()).with("resource", self.resource.name())
    }
}

impl Reader<'static> {
    /// What only this backend offers, if the plugin's reader is a `T`.
    pub fn downcast_mut<T: 'static>(&mut self) -> Option<&mut T> {
        self.inner.as_mut()?.as_any_mut()?.downcast_mut()
    }
}

impl fmt::Debug for Reader<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Reader")
            .field("resource", &self.resource.name())
            .field("plugin", &self.descriptor.id())
            .finish_non_exhaustive()
    }
}

/// What core does to the pixels: nothing where the plugins below do it.
fn own_transform(descriptor: &PluginDescriptor, asked: Transform) -> Transform {
    if descriptor.abilities().contains(Capabilities::FORWARDS) { Transform::default() } else { asked }
}

enum Which {
    One(usize),
    All,
}
