//! From arrays to chunks.

mod metadata;
mod pure;
mod riff;
mod timing;
mod writer;

pub(crate) use self::pure::PureCodec;
pub(crate) use self::writer::WebpWriter;
