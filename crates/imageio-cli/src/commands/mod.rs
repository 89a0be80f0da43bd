//! One module a command.

pub mod completions;
pub mod convert;
pub mod formats;
mod inks;
#[cfg(feature = "ffmpeg")]
pub mod install_ffmpeg;
pub mod meta;
pub mod props;
pub mod read;
pub mod view;
