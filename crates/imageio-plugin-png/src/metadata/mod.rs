//! Chunks as metadata and metadata as chunks.

mod read;
mod text;
mod trailing;
mod write;

pub(crate) use self::read::{animation, frame, orientation, read};
pub(crate) use self::write::{Outgoing, Target, collect};

/// The keyword of the text chunk that holds XMP.
const XMP: &str = "XML:com.adobe.xmp";
/// What ImageMagick calls the text chunks in which it keeps foreign metadata.
const RAW_PROFILE: &str = "Raw profile type ";
