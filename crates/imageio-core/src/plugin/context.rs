use std::borrow::Cow;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use super::FrameSink;
use crate::error::{Error, ErrorKind, Result};
use crate::image::{Element, NdImageView};
use crate::limits::Limits;
use crate::metadata::Metadata;
use crate::options::Options;

/// How far a long operation has come.
#[non_exhaustive]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Progress {
    /// Units done.
    pub done: u64,
    /// Units in all, where known.
    pub total: Option<u64>,
    /// What is counted: `frames`, `bytes`.
    pub unit: &'static str,
}

impl Progress {
    /// `done` of `total` units.
    pub fn new(done: u64, total: impl Into<Option<u64>>, unit: &'static str) -> Self {
        Progress { done, total: total.into(), unit }
    }
}

/// A callback that is told about progress, from whichever thread does the work.
pub type ProgressFn = Arc<dyn Fn(Progress) + Send + Sync>;

/// What comes with a question about one image.
#[derive(Clone, Copy)]
pub struct QueryCx<'a> {
    pub(crate) index: usize,
    pub(crate) whole: bool,
    pub(crate) options: &'a Options,
    pub(crate) limits: &'a Limits,
}

impl<'a> QueryCx<'a> {
    /// A question about image `index`; for plugins that call themselves and for tests.
    pub fn new(index: usize, options: &'a Options, limits: &'a Limits) -> Self {
        QueryCx { index, whole: false, options, limits }
    }

    /// Position of the image, from 0.
    pub fn index(&self) -> usize {
        self.index
    }

    /// `true` if metadata of the whole resource is wanted rather than of one image; `index` is 0 then.
    pub fn whole(&self) -> bool {
        self.whole
    }

    /// Validated options of the read phase; parse them with your option struct.
    pub fn options(&self) -> &'a Options {
        self.options
    }

    /// Limits in force.
    pub fn limits(&self) -> &'a Limits {
        self.limits
    }
}

/// The caller's ears and voice during a read: see [`ReadCx::signals`].
#[derive(Clone, Copy)]
pub struct Signals<'a> {
    progress: Option<&'a ProgressFn>,
    cancel: Option<&'a AtomicBool>,
}

impl Signals<'_> {
    /// Tells how far the read has come.
    pub fn report(&self, progress: Progress) {
        if let Some(callback) = self.progress {
            callback(progress);
        }
    }

    /// An error if the caller has asked to stop; look at it between chunks of work.
    pub fn check_cancelled(&self) -> Result<()> {
        match self.cancel {
            Some(flag) if flag.load(Ordering::Relaxed) => {
                Err(Error::new(ErrorKind::Cancelled, "the caller asked to stop"))
            }
            _ => Ok(()),
        }
    }
}

/// What comes with the read of one frame.
pub struct ReadCx<'a, 'd> {
    pub(crate) query: QueryCx<'a>,
    pub(crate) sink: FrameSink<'d>,
    pub(crate) progress: Option<&'a ProgressFn>,
    pub(crate) cancel: Option<&'a AtomicBool>,
}

impl<'a, 'd> ReadCx<'a, 'd> {
    /// A read into `sink`; for plugins that call themselves and for tests.
    pub fn new(query: QueryCx<'a>, sink: FrameSink<'d>) -> Self {
        ReadCx { query, sink, progress: None, cancel: None }
    }

    /// Position of the image, from 0. In a batch, of its first image.
    pub fn index(&self) -> usize {
        self.query.index
    }

    /// Validated options of the read phase; parse them with your option struct.
    pub fn options(&self) -> &'a Options {
        self.query.options
    }

    /// Limits in force.
    pub fn limits(&self) -> &'a Limits {
        self.query.limits
    }

    /// The same question without the sink.
    pub fn query(&self) -> QueryCx<'a> {
        self.query
    }

    /// Where the frame goes.
    pub fn sink(&mut self) -> &mut FrameSink<'d> {
        &mut self.sink
    }

    /// Tells how far the read has come.
    pub fn report(&self, progress: Progress) {
        self.signals().report(progress);
    }

    /// An error if the caller has asked to stop; look at it between chunks of work.
    pub fn check_cancelled(&self) -> Result<()> {
        self.signals().check_cancelled()
    }

    /// Progress and cancellation apart from the sink, for use while the sink's memory is borrowed and from other
    /// threads.
    pub fn signals(&self) -> Signals<'a> {
        Signals { progress: self.progress, cancel: self.cancel }
    }

    /// Takes the context apart; gives back the sink.
    pub fn into_sink(self) -> FrameSink<'d> {
        self.sink
    }
}

/// What comes with the write of one frame.
#[derive(Clone, Copy)]
pub struct WriteCx<'a> {
    pub(crate) image: &'a NdImageView<'a>,
    pub(crate) index: usize,
    pub(crate) n_images: Option<usize>,
    pub(crate) options: &'a Options,
    pub(crate) metadata: Option<&'a Metadata>,
    pub(crate) cancel: Option<&'a AtomicBool>,
}

impl<'a> WriteCx<'a> {
    /// The image; it may be strided.
    pub fn image(&self) -> &NdImageView<'a> {
        self.image
    }

    /// The image's elements in row-major order, copied only if they are strided.
    /// `Mismatch` if the image holds another type than `T`.
    pub fn elements<T: Element>(&self) -> Result<Cow<'a, [T]>> {
        self.image
            .elements::<T>()
            .ok_or_else(|| Error::mismatch(format!("the image is {}, not {}", self.image.dtype(), T::DTYPE)))
    }

    /// Position of the image among those written, from 0.
    pub fn index(&self) -> usize {
        self.index
    }

    /// How many images will be written in all, where that is known beforehand.
    pub fn n_images(&self) -> Option<usize> {
        self.n_images
    }

    /// Validated options of the write phase.
    pub fn options(&self) -> &'a Options {
        self.options
    }

    /// Metadata to be stored with this image (for image 0: with the file).
    pub fn metadata(&self) -> Option<&'a Metadata> {
        self.metadata
    }

    /// An error if the caller has asked to stop.
    pub fn check_cancelled(&self) -> Result<()> {
        match self.cancel {
            Some(flag) if flag.load(Ordering::Relaxed) => {
                Err(Error::new(ErrorKind::Cancelled, "the caller asked to stop"))
            }
            _ => Ok(()),
        }
    }
}
