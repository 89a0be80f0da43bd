//! The six functions of imageio's v3 interface: read, write, iterate, open, properties, metadata.
//!
//! Those of [`imageio_core::v3`], with every plugin of this build installed.

use imageio_core::ndarray::ArrayD;
pub use imageio_core::v3::{OpenMode, Read, Write};
use imageio_core::{
    Element, ImageProperties, IntoFrames, IntoImages, IntoResource, IntoTarget, Metadata, NdImage, ReadOptions, Result,
    WriteOptions, v3 as core,
};

use crate::install;

macro_rules! reading {
    ($($(#[$meta:meta])* $name:ident, $with:ident -> $out:ty;)*) => {$(
        $(#[$meta])*
        pub fn $name<'a>(resource: impl IntoResource<'a>) -> Result<$out> {
            install();
            core::$name(resource)
        }

        #[doc = concat!("As [`", stringify!($name), "`], with options.")]
        pub fn $with<'a>(resource: impl IntoResource<'a>, options: &ReadOptions) -> Result<$out> {
            install();
            core::$with(resource, options)
        }
    )*};
}

reading! {
    /// Reads an image: the first one of stills, every frame (stacked) of animations.
    imread, imread_with -> NdImage;

    /// Every image in order, each decoded when it is asked for.
    imiter, imiter_with -> IntoFrames<'a>;

    /// Shape, dtype and meaning of what [`imread`] returns, without decoding pixels.
    improps, improps_with -> ImageProperties;

    /// What the resource says of its images, without decoding pixels.
    immeta, immeta_with -> Metadata;
}

/// As [`imread`], as a typed array; `Mismatch` if the image is of another dtype.
pub fn imread_as<'a, T: Element>(resource: impl IntoResource<'a>) -> Result<ArrayD<T>> {
    install();
    core::imread_as(resource)
}

/// As [`imread_as`], with options.
pub fn imread_as_with<'a, T: Element>(resource: impl IntoResource<'a>, options: &ReadOptions) -> Result<ArrayD<T>> {
    install();
    core::imread_as_with(resource, options)
}

/// Writes one image or several; returns the bytes for the target `"<bytes>"`.
pub fn imwrite<'a, 'b>(target: impl IntoTarget<'a>, images: impl IntoImages<'b>) -> Result<Option<Vec<u8>>> {
    install();
    core::imwrite(target, images)
}

/// As [`imwrite`], with options.
pub fn imwrite_with<'a, 'b>(
    target: impl IntoTarget<'a>,
    images: impl IntoImages<'b>,
    options: &WriteOptions,
) -> Result<Option<Vec<u8>>> {
    install();
    core::imwrite_with(target, images, options)
}

/// Opens a place for reading (`imopen(p, Read)`) or writing (`imopen(p, Write)`); options are modes as well.
pub fn imopen<'a, P, M: OpenMode<'a, P>>(place: P, mode: M) -> Result<M::Handle> {
    install();
    core::imopen(place, mode)
}
