//! Standard input and output as places.

use std::io;
use std::sync::Arc;

use super::stream::{Named, PipeResource};
use super::{ImageResource, IntoResource, IntoTarget, Target};
use crate::error::Result;

/// Standard input, as a place to read from: a pipe named `<stdin>`, see [`Pipe`](super::Pipe).
///
/// What is read is kept by the resource, not by the process: to read more than once, keep a reader or the resource.
///
/// ```no_run
/// # fn main() -> imageio_core::Result<()> {
/// let picture = imageio_core::v3::imread(imageio_core::Stdin)?;
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone, Copy, Default)]
pub struct Stdin;

/// Standard output, as a place to write to: named `<stdout>`. It gets the file in one go when that is complete, and
/// nothing after a failure. Nothing says what is to be written, so give an extension.
///
/// ```no_run
/// # use imageio_core::ndarray::Array2;
/// # fn main() -> imageio_core::Result<()> {
/// let options = imageio_core::WriteOptions::new().extension(".png");
/// imageio_core::v3::imwrite_with(imageio_core::Stdout, &Array2::<u8>::zeros((4, 4)), &options)?;
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone, Copy, Default)]
pub struct Stdout;

impl Stdin {
    /// Standard input with a file name, from which the extension is taken.
    pub fn named(file_name: impl Into<String>) -> Named<Self> {
        Named { inner: Stdin, file_name: file_name.into() }
    }
}

impl Stdout {
    /// Standard output with a file name, from which the extension is taken.
    pub fn named(file_name: impl Into<String>) -> Named<Self> {
        Named { inner: Stdout, file_name: file_name.into() }
    }
}

impl<'a> IntoResource<'a> for Stdin {
    fn into_resource(self) -> Result<Arc<dyn ImageResource + 'a>> {
        Ok(Arc::new(PipeResource::new(io::stdin(), "<stdin>", None)))
    }
}

impl<'a> IntoResource<'a> for Named<Stdin> {
    fn into_resource(self) -> Result<Arc<dyn ImageResource + 'a>> {
        Ok(Arc::new(PipeResource::new(io::stdin(), "<stdin>", Some(self.file_name))))
    }
}

impl<'a> IntoTarget<'a> for Stdout {
    fn into_target(self) -> Result<Target<'a>> {
        Ok(Target::stdout(None))
    }
}

impl<'a> IntoTarget<'a> for Named<Stdout> {
    fn into_target(self) -> Result<Target<'a>> {
        Ok(Target::stdout(Some(self.file_name)))
    }
}
