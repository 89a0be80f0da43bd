#![doc = include_str!("../README.md")]

mod advice;
mod call_options;
mod error;
mod frames;
mod guard;
mod image;
mod images;
mod index;
pub mod known;
mod limits;
mod metadata;
mod open;
mod options;
pub mod plugin;
mod properties;
mod reader;
mod registry;
mod request;
pub mod resource;
pub mod select;
mod transform;
pub mod v3;
mod value;
mod writer;

#[doc(hidden)]
pub use inventory;
pub use {half, ndarray, num_complex};

pub use self::call_options::{PluginChoice, ReadOptions, WriteOptions};
pub use self::error::{Error, ErrorKind, Result};
pub use self::frames::{Frames, IntoFrames};
pub use self::guard::quietly;
pub use self::image::{C64, C128, Cast, Dtype, Element, NdImage, NdImageView, NdImageViewMut};
pub use self::images::{Batch, FrameIter, Images, IntoFrame, IntoImages};
pub use self::index::Index;
pub use self::limits::Limits;
pub use self::metadata::{Metadata, Node};
#[doc(hidden)]
pub use self::options::parse_option as __parse_option;
pub use self::options::{
    COMMON as COMMON_OPTIONS, CORE_READ as CORE_READ_OPTIONS, OptionKind, OptionSpec, OptionValue, Options, Phase,
    Rate, nearest_name,
};
pub use self::plugin::{
    Capabilities, Confidence, FrameSink, ImageReader, ImageWriter, Magic, Plugin, PluginDescriptor, Probe, Progress,
    ProgressFn, QueryCx, ReadCx, Signals, WriteCx, WriteShape,
};
pub use self::properties::{Axis, ImageProperties, Orientation, Spacing, Unit};
pub use self::reader::Reader;
pub use self::registry::Registry;
#[doc(hidden)]
pub use self::registry::Submitted;
pub use self::request::Request;
pub use self::resource::{
    Atomic, Bytes, ImageResource, IntoResource, IntoTarget, LocalPath, Pipe, ReadSeek, Sink, Stdin, Stdout, Stream,
    Target, WriteTo,
};
pub use self::transform::ColorMode;
pub use self::value::Value;
pub use self::writer::Writer;
