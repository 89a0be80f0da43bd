//! The user's handle over one target.

use std::fmt;

use crate::advice;
use crate::call_options::WriteOptions;
use crate::error::{Error, ErrorKind, Result};
use crate::guard;
use crate::image::{Dtype, NdImageView};
use crate::images::{Images, Inner, IntoImages};
use crate::metadata::Metadata;
use crate::open;
use crate::options::{CORE_WRITE, OptionSpec, OptionValue, Options, Phase};
use crate::plugin::{Capabilities, ImageWriter, PluginDescriptor, Progress, WriteCx};
use crate::request::WriteRequest;
use crate::resource::{IntoTarget, Target, Transaction};
use crate::select;

/// One target being written. What is written lies beside the target and takes its place with
/// [`finish`](Self::finish); dropping the writer without it leaves the target as it was.
pub struct Writer<'t> {
    target: Option<Target<'t>>,
    transaction: Option<Transaction>,
    inner: Option<Box<dyn ImageWriter>>,
    descriptor: &'static PluginDescriptor,
    name: String,
    options: WriteOptions,
    write_options: Options,
    metadata: Option<Metadata>,
    is_batch: bool,
    written: usize,
    expected: Option<usize>,
}

impl<'t> Writer<'t> {
    /// Opens with every default; the format is chosen by extension.
    pub fn open(target: impl IntoTarget<'t>) -> Result<Self> {
        Self::open_with(target, &WriteOptions::default())
    }

    /// Opens with options. Names of options and the range of their values are checked before anything is staged.
    ///
    /// # Errors
    /// `Unrecognized` or `PluginMissing` if nobody writes the extension, with a list of those that can be written;
    /// `UnknownOption` with the nearest name; `ReadOnly`, `NotFound` or `Io` if nothing can be staged beside the target.
    pub fn open_with(target: impl IntoTarget<'t>, options: &WriteOptions) -> Result<Self> {
        Self::open_target(target.into_target()?, options, None)
    }

    fn open_target(target: Target<'t>, options: &WriteOptions, expected: Option<usize>) -> Result<Self> {
        let name = target.name().into_owned();
        let named = |e: Error| e.with("resource", &name);
        let file_name = open::effective_name(target.file_name(), options.extension.as_deref());
        // A place without bytes brings the plugin that fills it.
        let own = target.resource().and_then(|resource| resource.plugin()).filter(|_| options.plugin.is_none());
        let descriptor = match own {
            Some(descriptor) => descriptor,
            None => open::find_writer(&name, file_name.as_deref(), options)?,
        };
        let named = |e: Error| named(e.with("plugin", descriptor.id()));
        if !descriptor.abilities().contains(Capabilities::FORWARDS) {
            let mut specs: Vec<&[OptionSpec]> = descriptor.option_specs().to_vec();
            specs.push(CORE_WRITE);
            options.options.check(&specs, &[Phase::Open, Phase::Write], descriptor.id()).map_err(named)?;
        }
        let is_batch = match options.options.get("is_batch").map(Option::<bool>::from_value) {
            Some(Ok(flag)) => flag.unwrap_or(false),
            Some(Err(why)) => {
                return Err(named(Error::new(ErrorKind::InvalidOption, format!("option `is_batch`: {why}"))));
            }
            None => false,
        };
        // Open and write options go to both calls: a writer's header often depends on what its frames are told.
        let mut write_options = open::plugin_options(descriptor, &options.options, &[Phase::Open, Phase::Write]);
        // Carried out here: images come one by one from now on.
        write_options.take("is_batch");
        let mut transaction = target.begin(options.atomic).map_err(named)?;
        let extension = match (&options.extension, file_name.as_deref()) {
            (Some(given), _) => Some(given.as_str()),
            (None, Some(file)) => select::longest_extension(&[descriptor], file),
            (None, None) => None,
        };
        let mut request = WriteRequest {
            name: name.as_str().into(),
            extension,
            limits: &options.limits,
            options: &write_options,
            metadata: options.metadata.as_ref(),
            path: target.local_path(),
            atomic: options.atomic,
            transaction: &mut transaction,
        };
        let (result, _) = guard::call(|| descriptor.plugin().open_writer(&mut request));
        let inner = result.map_err(named)?;
        Ok(Writer {
            target: Some(target),
            transaction: Some(transaction),
            inner: Some(inner),
            descriptor,
            options: options.clone(),
            write_options,
            metadata: options.metadata.clone(),
            is_batch,
            written: 0,
            expected,
            name,
        })
    }

    /// The plugin that writes.
    pub fn plugin(&self) -> &'static PluginDescriptor {
        self.descriptor
    }

    /// Number of images written so far.
    pub fn written(&self) -> usize {
        self.written
    }

    /// Says how many images will be written in all, before the first: formats that store the number at the front
    /// need it if images come one by one.
    pub fn expect_images(&mut self, n: usize) {
        self.expected = Some(n);
    }

    /// Metadata for the images that follow (and, before the first, for the file).
    pub fn set_metadata(&mut self, metadata: &Metadata) {
        self.metadata = Some(metadata.clone());
    }

    /// What the format could not keep, in words.
    pub fn notes(&self) -> Vec<String> {
        self.inner.as_ref().map_or_else(Vec::new, |inner| inner.notes())
    }

    /// Appends one image, or several. After an error the writer is spent and the target is as it was.
    ///
    /// # Errors
    /// `Mismatch` for a dtype, shape or number of images that the format does not hold, with what it does hold;
    /// `InvalidOption`; `Io`; what an iterator of images gave in place of one.
    pub fn write<'a>(&mut self, images: impl IntoImages<'a>) -> Result<()> {
        let images = if self.is_batch { images.into_images().split() } else { images.into_images() };
        self.append(images)
    }

    /// Ends the file and puts it in place. `Some` only for the target `"<bytes>"`.
    ///
    /// # Errors
    /// `Mismatch` if no image was written; `Io` if it can't be put in place. The target is as it was then.
    pub fn finish(mut self) -> Result<Option<Vec<u8>>> {
        let (Some(inner), Some(transaction), Some(target)) =
            (self.inner.take(), self.transaction.take(), self.target.take())
        else {
            return Err(self.context(Error::new(ErrorKind::Backend, "the writer is spent after an earlier error")));
        };
        if self.written == 0 {
            return Err(self.context(Error::mismatch("no image was written")));
        }
        let (result, _) = guard::call(|| inner.finish());
        let done = result.and_then(|()| transaction.commit()).and_then(|committed| target.deliver(committed));
        done.map_err(|e| self.context(e))
    }

    fn append(&mut self, images: Images<'_>) -> Result<()> {
        match images.0 {
            Inner::One(frame) => self.frame(&frame.view()),
            Inner::Many { frames, n } => {
                if n.is_some_and(|n| n > 1) {
                    self.check_many()?;
                }
                if self.written == 0 && self.expected.is_none() {
                    self.expected = n;
                }
                for frame in frames {
                    match frame {
                        Ok(frame) => self.frame(&frame.view())?,
                        Err(e) => {
                            self.abandon();
                            return Err(e);
                        }
                    }
                }
                Ok(())
            }
        }
    }

    fn frame(&mut self, image: &NdImageView<'_>) -> Result<()> {
        if self.written > 0 {
            self.check_many()?;
        }
        self.check_dtype(image)?;
        let view = image.reborrow();
        let cx = WriteCx {
            image: &view,
            index: self.written,
            n_images: self.expected,
            options: &self.write_options,
            metadata: self.metadata.as_ref(),
            cancel: self.options.cancel.as_deref(),
        };
        let Some(inner) = self.inner.as_mut() else {
            return Err(self.context(Error::new(ErrorKind::Backend, "the writer is spent after an earlier error")));
        };
        let (result, _) = guard::call(|| {
            cx.check_cancelled()?;
            inner.write_frame(&cx)
        });
        if let Err(e) = result {
            self.abandon();
            // Some plugins say so themselves.
            let open = e.kind() == ErrorKind::Mismatch && !e.hint().is_some_and(|hint| hint.contains("Batch("));
            let e = match advice::for_shape(image, self.descriptor).filter(|_| open) {
                Some(more) => e.with_more_advice(more),
                None => e,
            };
            return Err(self.context(e).with("index", self.written));
        }
        self.written += 1;
        if let Some(callback) = &self.options.progress {
            callback(Progress::new(self.written as u64, self.expected.map(|n| n as u64), "frames"));
        }
        Ok(())
    }

    fn check_many(&mut self) -> Result<()> {
        if self.descriptor.can_write_multi() {
            return Ok(());
        }
        self.abandon();
        let extension = select::longest_extension(&[self.descriptor], &self.name).unwrap_or("png");
        Err(self.context(
            Error::mismatch(format!("plugin `{}` writes one image to a file", self.descriptor.id()))
                .with_hint(format!(
                    "write each image to a file of its own, as in `sequence:image_%04d.{extension}`, or choose a format that holds several"
                )),
        ))
    }

    fn check_dtype(&mut self, image: &NdImageView<'_>) -> Result<()> {
        if self.descriptor.takes(image.dtype()) {
            return Ok(());
        }
        self.abandon();
        let taken = self.descriptor.write_dtypes().iter().chain(self.descriptor.converted_dtypes());
        let taken: Vec<Dtype> = taken.copied().collect();
        Err(self.context(
            Error::mismatch(format!(
                "plugin `{}` does not write {} (image of shape {:?})",
                self.descriptor.id(),
                image.dtype(),
                image.shape()
            ))
            .with_hint(advice::for_dtype(image.dtype(), &taken)),
        ))
    }

    /// Gives up: the plugin's writer first, since it may hold the lease of the staged file.
    fn abandon(&mut self) {
        self.inner = None;
        self.transaction = None;
    }

    fn context(&self, e: Error) -> Error {
        e.with("plugin", self.descriptor.id()).with("resource", &self.name)
    }

    /// What only this backend offers, if the plugin's writer is a `T`.
    pub fn downcast_mut<T: 'static>(&mut self) -> Option<&mut T> {
        self.inner.as_mut()?.as_any_mut()?.downcast_mut()
    }
}

/// Writes images in one go; the body of [`imwrite`](crate::v3::imwrite).
pub(crate) fn write_all(target: Target<'_>, images: Images<'_>, options: &WriteOptions) -> Result<Option<Vec<u8>>> {
    let batch = options.options.get("is_batch").and_then(crate::Value::as_bool) == Some(true);
    let images = if batch { images.split() } else { images };
    let expected = match &images.0 {
        Inner::One(_) => Some(1),
        Inner::Many { n, .. } => *n,
    };
    let mut writer = Writer::open_target(target, options, expected)?;
    writer.is_batch = false;
    writer.append(images)?;
    let notes = writer.notes();
    let done = writer.finish()?;
    for note in notes {
        log::warn!("{note}");
    }
    Ok(done)
}

impl Drop for Writer<'_> {
    fn drop(&mut self) {
        self.abandon();
    }
}

impl fmt::Debug for Writer<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Writer")
            .field("resource", &self.name)
            .field("plugin", &self.descriptor.id())
            .field("written", &self.written)
            .finish_non_exhaustive()
    }
}
