//! The plugin interface: what an author implements and what core promises to call, in which order.
//!
//! A plugin is data, a [`PluginDescriptor`], plus three small traits. The order of calls is part of the
//! contract:
//!
//! ```text
//! reading  =  probe*  open_reader  { properties | metadata | count | orientation | read_frame | read_batch }*  drop
//! writing  =  open_writer  write_frame*  ( finish | drop )
//! ```
//!
//! Between open and drop the reading calls come in any order, with any index, repeatedly, and give the same
//! answer each time. A failed call leaves the reader usable. A writer that is dropped without `finish` was
//! abandoned: it writes nothing more, and core removes what was staged.

mod context;
mod descriptor;
mod probe;
mod sink;

pub use self::context::{Progress, ProgressFn, QueryCx, ReadCx, Signals, WriteCx};
pub use self::descriptor::{Capabilities, Magic, PluginDescriptor, WriteShape};
pub use self::probe::{Confidence, Probe};
pub use self::sink::FrameSink;

use std::any::Any;
use std::ops::Range;

use crate::error::{Error, Result};
use crate::index::Index;
use crate::metadata::Metadata;
use crate::properties::{ImageProperties, Orientation};
use crate::request::Request;

/// A factory for readers and writers of one format: stateless, one static per plugin.
pub trait Plugin: Send + Sync + 'static {
    /// How sure the plugin is that `input` is its own. Pure, fast, and never fails; what the descriptor's magic
    /// and extensions say already counts, so the default adds nothing. The answer may also *lower* that:
    /// see [`Confidence`].
    fn probe(&self, input: &Probe<'_>) -> Option<Confidence> {
        let _ = input;
        None
    }

    /// Reads headers only. `Declined` means "not mine" and lets the next plugin try; nothing else may mean it.
    fn open_reader<'r>(&self, request: &mut dyn Request<'r>) -> Result<Box<dyn ImageReader + 'r>> {
        Err(Error::unsupported("this plugin does not read").with("resource", request.name()))
    }

    /// Prepares to write. Options are validated; the target is staged by core.
    fn open_writer(&self, request: &mut dyn Request<'_>) -> Result<Box<dyn ImageWriter>> {
        Err(Error::unsupported("this plugin does not write").with("resource", request.name()))
    }
}

/// One opened resource, being read.
///
/// # For implementors
/// `cx.index()` is a position counted from 0 that core has resolved: you never see `All` or a negative index.
/// A position past the end is [`Error::index_out_of_range`], with the count if you know it.
pub trait ImageReader: Send {
    /// Shape and dtype of one image, exactly as [`read_frame`](Self::read_frame) will give it with the same
    /// options, from headers alone. `n_images` carries the number of images if headers tell it exactly.
    fn properties(&mut self, cx: &QueryCx<'_>) -> Result<ImageProperties>;

    /// Decodes one image into `cx.sink()`.
    fn read_frame(&mut self, cx: &mut ReadCx<'_, '_>) -> Result<()>;

    /// What the file says of one image, or of the whole resource where `cx.whole()` is true. Entries that were
    /// applied to the pixels are inserted with [`Metadata::insert_applied`].
    fn metadata(&mut self, cx: &QueryCx<'_>) -> Result<Metadata> {
        let _ = cx;
        Ok(Metadata::new())
    }

    /// What [`Index::Auto`] means: `Index::At(0)` for stills, `Index::All` for animations.
    fn default_index(&self) -> Index {
        Index::At(0)
    }

    /// The exact number of images, even if finding it takes work (never decoding); `None` if only reading them
    /// all would tell. The default asks the properties of image 0.
    fn count(&mut self, cx: &QueryCx<'_>) -> Result<Option<usize>> {
        Ok(self.properties(cx)?.n_images)
    }

    /// About how many images there are, where [`count`](Self::count) would fetch all of something that is far away and
    /// the header tells this much. Only properties of the whole use it, and say so by leaving
    /// [`n_images`](ImageProperties::n_images) empty. The default is `None`, which has them count.
    fn estimate(&mut self, cx: &QueryCx<'_>) -> Result<Option<usize>> {
        let _ = cx;
        Ok(None)
    }

    /// `true` if every image has the shape and dtype of the first, so that core need not ask each.
    fn is_uniform(&self) -> bool {
        false
    }

    /// How the pixels of an image have to be turned to stand upright. Core turns them if the user asks for it.
    fn orientation(&mut self, cx: &QueryCx<'_>) -> Result<Orientation> {
        let _ = cx;
        Ok(Orientation::Normal)
    }

    /// Decodes `range` into one array of shape `(range.len(), …)` through `cx.sink()`, if the plugin can do
    /// that better than frame by frame; `Ok(false)` leaves it to core. Must give what the loop would give.
    fn read_batch(&mut self, range: Range<usize>, cx: &mut ReadCx<'_, '_>) -> Result<bool> {
        let _ = (range, cx);
        Ok(false)
    }

    /// Things worth telling that are no errors: damaged trailing data, an ignored chunk.
    fn notes(&self) -> Vec<String> {
        Vec::new()
    }

    /// `Some(self)` makes what only this backend offers reachable through `Reader::downcast_mut`.
    fn as_any_mut(&mut self) -> Option<&mut dyn Any>
    where
        Self: 'static,
    {
        None
    }
}

/// One target, being written.
pub trait ImageWriter: Send {
    /// Appends `cx.image()`. Called more than once only if the descriptor declares MULTI.
    fn write_frame(&mut self, cx: &WriteCx<'_>) -> Result<()>;

    /// Writes what the format needs at the end. Putting the result in place is core's business.
    fn finish(self: Box<Self>) -> Result<()>;

    /// What could not be kept, in words: metadata that the format has no place for, for example.
    fn notes(&self) -> Vec<String> {
        Vec::new()
    }

    /// `Some(self)` makes what only this backend offers reachable through `Writer::downcast_mut`.
    fn as_any_mut(&mut self) -> Option<&mut dyn Any> {
        None
    }
}
