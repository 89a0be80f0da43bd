#![doc = include_str!("../README.md")]

mod decode;
mod encode;
mod error;

pub use self::decode::decode;
pub use self::encode::{Settings, encode};
pub use self::error::Error;

/// Version of the library that is linked in: major, minor, revision.
pub fn version() -> (u8, u8, u8) {
    // SAFETY: the function has no arguments and only returns a constant.
    let packed = unsafe { libwebp_sys::WebPGetEncoderVersion() } as u32;
    ((packed >> 16) as u8, (packed >> 8) as u8, packed as u8)
}
