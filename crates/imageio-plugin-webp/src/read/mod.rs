//! From chunks to arrays.

mod alpha;
mod batch;
mod canvas;
mod image;
mod metadata;
mod reader;

pub(crate) use self::reader::WebpReader;
