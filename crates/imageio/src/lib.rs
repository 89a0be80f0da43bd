//! Reads and writes images of every kind as [`ndarray`]s: what `imageio.v3` is to Python.
//!
#![cfg_attr(all(feature = "png", feature = "standard"), doc = "```")]
#![cfg_attr(not(all(feature = "png", feature = "standard")), doc = "```ignore")]
//! use imageio::ndarray::Array3;
//! use imageio::v3 as iio;
//!
//! let image: Array3<u8> = iio::imread("imageio:test-card.png")?.try_into()?;
//! assert_eq!(image.dim(), (240, 320, 3)); // height, width, channels
//!
//! let negative = image.mapv(|v| 255 - v);
//! let bytes = iio::imwrite_with("<bytes>", &negative, &imageio::WriteOptions::new().extension(".png"))?;
//! assert_eq!(iio::improps(&bytes.unwrap_or_default())?.shape, [240, 320, 3]);
//! # Ok::<(), imageio::Error>(())
//! ```
//!
//! # The functions
//!
//! [`v3`] has six, and each has a form that takes options, [`imread_with`](v3::imread_with) for
//! [`imread`](v3::imread):
//!
//! | function | what it does |
//! |---|---|
//! | [`v3::imread`] | reads one image, or all frames of an animation stacked along a new first axis |
//! | [`v3::imiter`] | the images of a file in order, each decoded when it is asked for |
//! | [`v3::imwrite`] | writes one image or several; the format follows the extension |
//! | [`v3::improps`] | shape, dtype and spacing, without decoding pixels |
//! | [`v3::immeta`] | metadata: EXIF, text, profiles, durations |
//! | [`v3::imopen`] | keeps a file open, for several reads ([`Reader`]) or writes ([`Writer`]) |
//!
//! They read from paths, URIs (`imageio:…`), members of archives (`a.zip/b.png`), several files as one
//! (`sequence:img_%04d.png`), bytes (`&[u8]`, `Vec<u8>`), open files, seekable streams ([`Stream`]), pipes ([`Pipe`])
//! and [`Stdin`], and write to paths, archives, sequences, `"<bytes>"`, `&mut Vec<u8>`, writers and [`Stdout`].
//!
//! # Arrays
//!
//! Pixels come as the file has them: 16 bits stay 16 bits, and nothing is scaled. Grey is `(height, width)`, colour
//! `(height, width, 3)`, with alpha `(height, width, 4)`. [`NdImage`] is an array whose [`Dtype`] is known at run
//! time; `try_into()` or [`v3::imread_as`] make an `ndarray` of it without a copy, and [`NdImage::cast`] converts.
//!
//! A write leaves the target as it was unless it succeeds.
//!
//! # Formats
//!
//! Every format is a plugin in a crate of its own and a feature of this one, named alike ([`Registry::plugins`]
//! lists them). The feature `default-formats` has the everyday ones, `all-formats` every one that is pure Rust, and
//! `full` everything. Formats of your own need no change here: see the example `custom_plugin`.
//!
//! Plugins register themselves where the linker keeps them; the functions of [`v3`] make sure of it. Call
//! [`install`] before you use `imageio_core` or [`Reader::open`] directly.
#![cfg_attr(not(test), warn(unused_crate_dependencies))]

pub mod v3;

mod install;

#[cfg(feature = "bmp")]
pub use imageio_plugin_bmp as bmp;
#[cfg(feature = "dds")]
pub use imageio_plugin_dds as dds;
#[cfg(feature = "exr")]
pub use imageio_plugin_exr as exr;
#[cfg(feature = "farbfeld")]
pub use imageio_plugin_farbfeld as farbfeld;
#[cfg(feature = "ffmpeg")]
pub use imageio_plugin_ffmpeg as ffmpeg;
#[cfg(feature = "gif")]
pub use imageio_plugin_gif as gif;
#[cfg(feature = "hdr")]
pub use imageio_plugin_hdr as hdr;
#[cfg(feature = "ico")]
pub use imageio_plugin_ico as ico;
#[cfg(feature = "jpeg")]
pub use imageio_plugin_jpeg as jpeg;
#[cfg(feature = "libwebp")]
pub use imageio_plugin_libwebp as libwebp;
#[cfg(feature = "npy")]
pub use imageio_plugin_npy as npy;
#[cfg(feature = "npz")]
pub use imageio_plugin_npz as npz;
#[cfg(feature = "png")]
pub use imageio_plugin_png as png;
#[cfg(feature = "pnm")]
pub use imageio_plugin_pnm as pnm;
#[cfg(feature = "qoi")]
pub use imageio_plugin_qoi as qoi;
#[cfg(feature = "raw")]
pub use imageio_plugin_raw as raw;
#[cfg(feature = "rawler")]
pub use imageio_plugin_rawler as rawler;
#[cfg(feature = "tga")]
pub use imageio_plugin_tga as tga;
#[cfg(feature = "tiff")]
pub use imageio_plugin_tiff as tiff;
#[cfg(feature = "turbojpeg")]
pub use imageio_plugin_turbojpeg as turbojpeg;
#[cfg(feature = "webp")]
pub use imageio_plugin_webp as webp;

#[cfg(feature = "clipboard")]
pub use imageio_resource_clipboard as clipboard;
#[cfg(feature = "ftp")]
pub use imageio_resource_ftp as ftp;
#[cfg(feature = "http")]
pub use imageio_resource_http as http;
#[cfg(feature = "object-store")]
pub use imageio_resource_object_store as object_store;
#[cfg(feature = "screen")]
pub use imageio_resource_screen as screen;
#[cfg(feature = "sequence")]
pub use imageio_resource_sequence as sequence;
#[cfg(feature = "standard")]
pub use imageio_resource_standard as standard;
#[cfg(feature = "zip")]
pub use imageio_resource_zip as zip;

pub use imageio_core::*;

pub use self::install::install;

/// The examples of the README, compiled and run with the others.
#[cfg(doctest)]
#[doc = include_str!("../../../README.md")]
struct Readme;

/// The examples of the page on TIFF.
#[cfg(all(doctest, feature = "tiff", feature = "default-formats"))]
#[doc = include_str!("../../../docs/tiff.md")]
struct TiffPage;
/// The examples of the page on places.
#[cfg(doctest)]
#[doc = include_str!("../../../docs/resources.md")]
struct Resources;

/// The examples of the page on selection.
#[cfg(doctest)]
#[doc = include_str!("../../../docs/selection.md")]
struct Selection;

/// The examples of the page on video.
#[cfg(all(doctest, feature = "ffmpeg", feature = "gif"))]
#[doc = include_str!("../../../docs/video.md")]
struct Video;
