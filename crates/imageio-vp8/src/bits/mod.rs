//! The boolean entropy coder (RFC 6386, section 7).

mod reader;
mod writer;

pub(crate) use self::reader::BoolReader;
pub(crate) use self::writer::BoolWriter;
