//! The six functions.
//!
//! Each has a `_with` form that takes [`ReadOptions`] or [`WriteOptions`]. Programs usually call them through
//! the umbrella crate, `use imageio::v3 as iio;`, which brings the plugins along.

use ndarray::ArrayD;

use crate::call_options::{ReadOptions, WriteOptions};
use crate::error::Result;
use crate::frames::IntoFrames;
use crate::image::{Element, NdImage};
use crate::images::IntoImages;
use crate::index::Index;
use crate::metadata::Metadata;
use crate::properties::ImageProperties;
use crate::reader::Reader;
use crate::resource::{IntoResource, IntoTarget};
use crate::writer::{self, Writer};

/// Reads an image: the plugin's default, which is the first image for stills and all frames, stacked, for
/// animations and video.
///
/// The array is `(height, width)` for grey, `(height, width, channels)` for colour, with a first axis of frames for a
/// stack; scientific formats have what axes they say ([`improps`]). Elements are those of the file: nothing is scaled,
/// turned or cut to 8 bits unless an option asks for it.
///
/// # Errors
/// `NotFound`, `Unrecognized` or `PluginMissing` if nobody can open it; `Malformed`, `Unsupported` or `LimitExceeded`
/// for what is in it; `Mismatch` where images of unlike shapes can't be stacked.
pub fn imread<'a>(resource: impl IntoResource<'a>) -> Result<NdImage> {
    imread_with(resource, &ReadOptions::default())
}

/// As [`imread`], with options: which image, plugin, extension, limits, and options of the plugin by name or type.
///
/// # Errors
/// As [`imread`]; `UnknownOption` or `InvalidOption` before anything is decoded; `IndexOutOfRange` with the count.
pub fn imread_with<'a>(resource: impl IntoResource<'a>, options: &ReadOptions) -> Result<NdImage> {
    Reader::open_with(resource, options)?.read_index(Index::Auto)
}

/// As [`imread`], as a typed array; `Mismatch` if the image is of another dtype.
pub fn imread_as<'a, T: Element>(resource: impl IntoResource<'a>) -> Result<ArrayD<T>> {
    imread_as_with(resource, &ReadOptions::default())
}

/// As [`imread_as`], with options.
pub fn imread_as_with<'a, T: Element>(resource: impl IntoResource<'a>, options: &ReadOptions) -> Result<ArrayD<T>> {
    Reader::open_with(resource, options)?.read_as(Index::Auto)
}

/// Every image of a resource in order, each decoded when it is asked for and held by nobody else.
///
/// # Errors
/// As [`imread`] if it can't be opened. Items are errors of their own; the first one ends the iteration.
pub fn imiter<'a>(resource: impl IntoResource<'a>) -> Result<IntoFrames<'a>> {
    imiter_with(resource, &ReadOptions::default())
}

/// As [`imiter`], with options; their index is not looked at.
pub fn imiter_with<'a>(resource: impl IntoResource<'a>, options: &ReadOptions) -> Result<IntoFrames<'a>> {
    Ok(Reader::open_with(resource, options)?.into_frames())
}

/// Shape, dtype and meaning of what [`imread`] returns, without decoding pixels.
///
/// # Errors
/// As [`imread`], as far as headers tell.
pub fn improps<'a>(resource: impl IntoResource<'a>) -> Result<ImageProperties> {
    improps_with(resource, &ReadOptions::default())
}

/// As [`improps`], with options: what [`imread_with`] returns with the same ones.
pub fn improps_with<'a>(resource: impl IntoResource<'a>, options: &ReadOptions) -> Result<ImageProperties> {
    Reader::open_with(resource, options)?.properties(Index::Auto)
}

/// What the resource says of its images, without decoding pixels. What was applied to the pixels is left out
/// unless [`ReadOptions::exclude_applied`] says otherwise. Where [`imread`] gives all frames these are the entries of the
/// whole. A file that says nothing gives an empty tree, not an error.
///
/// # Errors
/// As [`imread`], as far as headers tell.
pub fn immeta<'a>(resource: impl IntoResource<'a>) -> Result<Metadata> {
    immeta_with(resource, &ReadOptions::default())
}

/// As [`immeta`], with options; index `All` asks for the metadata of the whole.
pub fn immeta_with<'a>(resource: impl IntoResource<'a>, options: &ReadOptions) -> Result<Metadata> {
    Reader::open_with(resource, options)?.metadata(Index::Auto)
}

/// Writes one image or several; the format is chosen by extension. `Some(bytes)` for the target `"<bytes>"` alone.
///
/// Elements are written as they are: a dtype or shape that the format does not hold is refused, never converted.
///
/// # Errors
/// `Unrecognized` for an extension that nobody writes, with a list of those that can be written; `Mismatch` for images
/// that the format does not hold; `ReadOnly`, `NotFound` or `Io` for the target. Whatever goes wrong, the target is as it
/// was before.
pub fn imwrite<'a, 'b>(target: impl IntoTarget<'a>, images: impl IntoImages<'b>) -> Result<Option<Vec<u8>>> {
    imwrite_with(target, images, &WriteOptions::default())
}

/// As [`imwrite`], with options: plugin, extension, metadata, and options of the plugin by name or type.
///
/// # Errors
/// As [`imwrite`]; `UnknownOption` with the nearest name, or `InvalidOption`, before the target is touched.
pub fn imwrite_with<'a, 'b>(
    target: impl IntoTarget<'a>,
    images: impl IntoImages<'b>,
    options: &WriteOptions,
) -> Result<Option<Vec<u8>>> {
    writer::write_all(target.into_target()?, images.into_images(), options)
}

/// Opens a place for reading or writing: `imopen(p, Read)` gives a [`Reader`], `imopen(p, Write)` a [`Writer`];
/// references to [`ReadOptions`] and [`WriteOptions`] are modes as well.
///
/// # Errors
/// As [`imread`] or [`imwrite`] before the first image.
pub fn imopen<'a, P, M: OpenMode<'a, P>>(place: P, mode: M) -> Result<M::Handle> {
    mode.open(place)
}

/// Mode of [`imopen`]: for reading.
#[derive(Debug, Clone, Copy, Default)]
pub struct Read;

/// Mode of [`imopen`]: for writing.
#[derive(Debug, Clone, Copy, Default)]
pub struct Write;

/// What [`imopen`] accepts as its mode.
pub trait OpenMode<'a, P> {
    /// What is opened.
    type Handle;

    /// Opens.
    fn open(self, place: P) -> Result<Self::Handle>;
}

impl<'a, P: IntoResource<'a>> OpenMode<'a, P> for Read {
    type Handle = Reader<'a>;

    fn open(self, place: P) -> Result<Reader<'a>> {
        Reader::open(place)
    }
}

impl<'a, P: IntoResource<'a>> OpenMode<'a, P> for &ReadOptions {
    type Handle = Reader<'a>;

    fn open(self, place: P) -> Result<Reader<'a>> {
        Reader::open_with(place, self)
    }
}

impl<'a, P: IntoTarget<'a>> OpenMode<'a, P> for Write {
    type Handle = Writer<'a>;

    fn open(self, place: P) -> Result<Writer<'a>> {
        Writer::open(place)
    }
}

impl<'a, P: IntoTarget<'a>> OpenMode<'a, P> for &WriteOptions {
    type Handle = Writer<'a>;

    fn open(self, place: P) -> Result<Writer<'a>> {
        Writer::open_with(place, self)
    }
}
