#![doc = include_str!("../README.md")]

mod announced;
mod answer;
mod bridge;
mod cache;
mod handle;
mod remote;
mod stream;
mod timeout;

pub use self::bridge::Bridge;
pub use self::remote::{FIRST, Ranged, Remote};
pub use self::stream::RangedStream;
pub use self::timeout::{TIMEOUT_VARIABLE, timeout};
